"""The desk check: ten things about a workstation, what to change first, what has changed, and when to look again.

Pure. A check is one answer to each item: yes (it is so), no, or not_here (it does not apply). What is asked is common
practice for computer workplaces, chosen for this application; nothing here is evidence that pain gets less
(CLINICAL 1.1, P07; 3.1). Every item holds still in an address, a database row and a drawing by its key, so a key never
changes its meaning; an item that is dropped later stays in old rows and is passed over.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REPEAT_AFTER: Final = timedelta(days=90)
"""CLINICAL 1.1, P07."""

OFFERED_FOR: Final = timedelta(days=14)
"""How long a check that has come round again stands on the page of the day; after that it waits on the desk's own."""

MOST_AT_ONCE: Final = 3
"""How many changes are proposed first. More is a list that nobody begins."""


class Answer(StrEnum):
    """What somebody says about one item."""

    YES = "yes"
    NO = "no"
    NOT_HERE = "not_here"


ITEMS: Final = (
    "screen_height",
    "screen_distance",
    "laptop",
    "keyboard_mouse",
    "chair_height",
    "back_support",
    "armrests",
    "light",
    "phone",
    "room_to_move",
)
"""In the order they are asked: from the screen down to the floor, then what is around."""

FIRST: Final = (
    "room_to_move",
    "laptop",
    "screen_height",
    "chair_height",
    "screen_distance",
    "keyboard_mouse",
    "phone",
    "light",
    "back_support",
    "armrests",
)
"""In the order of what to change first: what lets one move at all, then what holds head and body in one place all day,
then the rest. Our own order; a clinician has to confirm it.
"""


@dataclass(frozen=True, slots=True)
class Check:
    """One look at a desk. `answers`: by item; an item that was not asked then is missing."""

    on: date
    answers: Mapping[str, Answer]

    @property
    def apply(self) -> int:
        """How many items have a say here."""
        return sum(each is not Answer.NOT_HERE for each in self.answers.values())

    @property
    def fine(self) -> int:
        return sum(each is Answer.YES for each in self.answers.values())


@dataclass(frozen=True, slots=True)
class Result:
    """What follows from a check. `first`: at most three to change now; `later`: what can wait; `fine`, `not_here`: the
    others; `settled`: what was open at the check before and is fine now; `still`: what was open then as well.
    """

    first: tuple[str, ...]
    later: tuple[str, ...]
    fine: tuple[str, ...]
    not_here: tuple[str, ...]
    settled: tuple[str, ...] = ()
    still: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Due:
    """A check that may be made now. `last`: when the last one was, None for never; `since`: the day it came round."""

    last: date | None
    since: date | None

    def offered(self, today: date) -> bool:
        """Whether the page of the day still mentions it: only a repetition, and only for two weeks."""
        return self.since is not None and today < self.since + OFFERED_FOR


def read(answers: Mapping[str, str]) -> dict[str, Answer]:
    """Stored answers, by the items there are now; what nobody knows any more is left out."""
    known = {each.value: each for each in Answer}
    return {item: known[answers[item]] for item in ITEMS if answers.get(item) in known}


def result(now: Check, before: Check | None = None) -> Result:
    """What to change first, what can wait, and what has changed since `before`."""
    open_now = [item for item in FIRST if now.answers.get(item) is Answer.NO]
    open_then = {item for item, answer in before.answers.items() if answer is Answer.NO} if before else set()
    return Result(
        first=tuple(open_now[:MOST_AT_ONCE]),
        later=tuple(open_now[MOST_AT_ONCE:]),
        fine=_with(now, Answer.YES),
        not_here=_with(now, Answer.NOT_HERE),
        settled=tuple(item for item in _with(now, Answer.YES) if item in open_then),
        still=frozenset(open_now) & open_then,
    )


def _with(check: Check, answer: Answer) -> tuple[str, ...]:
    return tuple(item for item in ITEMS if check.answers.get(item) is answer)


def next_on(check: Check) -> date:
    """The day on which to look again."""
    return check.on + REPEAT_AFTER


def due(last: date | None, today: date) -> Due | None:
    """Whether a check may be made now: never made, or the last one is 90 days old. None: nothing is due."""
    if last is None:
        return Due(None, None)
    since = last + REPEAT_AFTER
    return Due(last, since) if today >= since else None


def missing(answers: Mapping[str, str | None]) -> Sequence[str]:
    """The items without an answer, in the order they are asked."""
    known = {each.value for each in Answer}
    return [item for item in ITEMS if answers.get(item) not in known]
