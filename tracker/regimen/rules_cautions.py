"""Whether an exercise fits somebody's caution flags (CLINICAL 1 and 2: the flags of each card). Pure.

A flag of the card that the person has is a conflict: the exercise may be prescribed only by somebody who has looked at
it and says why. A card says *ask first*, never *never*; what must not happen at all is locked elsewhere, by the red
flags. The camera cannot know better, so every conflict is for a person to decide.

A conflict is decided once. Whoever changes a dose is not asked again for what stands in the plan: for a flag that was
answered there, or that could be read already when the exercise was prescribed. Asked too often, people write a dot.
What is asked for is what nobody can have decided yet: a line that is new, or that comes back after it was gone; a flag
that became known, or was told anew, after that; and a clinic's own exercise whose card was changed since. Where it is
not known since when a flag can be read, it counts as new; its answer stands with the line, so that also this is asked
once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tracker.regimen.rules import Prescribed, Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """A line as it stands in the plan in force, and since when the exercise has been in it without a gap.

    `answered_at`: when its present answer was first given (None: not known, so it stands). `card_since`: when the card
    got as it is, for an own exercise of a clinic, which can be given a caution later (None: as long as anybody knows).
    """

    item: Prescribed
    since: datetime
    answered_at: datetime | None = None
    card_since: datetime | None = None

    @property
    def reason(self) -> str:
        return (self.item.override_reason or "").strip()

    @property
    def answered(self) -> frozenset[str]:
        """The flags that somebody has looked at, and said why."""
        return self.item.overridden if self.reason else NOTHING

    def settles(self, flag: str, known_since: datetime | None) -> bool:
        """Whether somebody has decided about this flag already: told anew later, it is another one."""
        if flag in self.answered:
            return known_since is None or self.answered_at is None or known_since <= self.answered_at
        later_card = self.card_since is not None and self.card_since > self.since
        return known_since is not None and known_since <= self.since and not later_card


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an exercise was prescribed although these flags speak against it."""

    exercise: str
    flags: frozenset[str]
    words: str


def conflicts(cautions: Collection[str], flags: Collection[str]) -> frozenset[str]:
    """The flags of a card that this person has."""
    return frozenset(cautions) & frozenset(flags)


def to_answer(
    found: frozenset[str], standing: Standing | None, known_since: Mapping[str, datetime | None]
) -> frozenset[str]:
    """The conflicts of a line that nobody can have decided yet. `standing`: the line in the plan in force, None where
    it is new there; `known_since`: the person's flags, and since when they can be read (None: not known).
    """
    if standing is None:
        return found
    return frozenset(flag for flag in found if not standing.settles(flag, known_since.get(flag)))


def unanswered(
    items: Sequence[Prescribed],
    cautions: Mapping[str, Collection[str]],
    known_since: Mapping[str, datetime | None],
    standing: Mapping[str, Standing],
) -> tuple[Violation, ...]:
    """A violation for every line with a conflict to answer and no reason for it. `cautions`: the flags of each
    exercise's card, by the exercise; `standing`: the lines of the plan in force.
    """
    found: list[Violation] = []
    for item in items:
        before = standing.get(item.exercise)
        asked = to_answer(conflicts(cautions.get(item.exercise, ()), known_since), before, known_since)
        words = (item.override_reason or "").strip()
        if asked and not words:
            found.append(Violation(item.exercise, "override_reason", "caution" if before is None else "caution_new"))
        elif asked and before is not None and before.answered and words == before.reason:
            # The editor shows the old answer; it was given before this flag was known.
            found.append(Violation(item.exercise, "override_reason", "caution_since"))
    return tuple(found)


def with_answer(
    item: Prescribed,
    cautions: Collection[str],
    known_since: Mapping[str, datetime | None] | None,
    standing: Standing | None,
) -> Prescribed:
    """The line with the flags that are answered and why. What was left empty keeps the answer that it had; so does
    everything where the flags may not be read (`known_since` None).
    """
    if known_since is None:
        kept = standing is not None and not item.overridden
        return _answered(item, standing.answered, standing.reason) if kept and standing is not None else item
    found = conflicts(cautions, known_since)
    words = (item.override_reason or "").strip()
    if standing is not None and words in {"", standing.reason}:
        return _answered(item, found & standing.answered, standing.reason)
    return _answered(item, found, words)


def _answered(item: Prescribed, flags: frozenset[str], words: str) -> Prescribed:
    said = bool(flags and words)
    return replace(item, overridden=flags if said else NOTHING, override_reason=words if said else None)


def new_reasons(before: Sequence[Prescribed], after: Sequence[Prescribed]) -> tuple[Reason, ...]:
    """The answers of the later plan that the earlier one did not have, in its order."""
    told = {_reason(item) for item in before}
    reasons = (_reason(item) for item in after)
    return tuple(reason for reason in reasons if reason is not None and reason not in told)


def _reason(item: Prescribed) -> Reason | None:
    words = (item.override_reason or "").strip()
    return Reason(item.exercise, item.overridden, words) if item.overridden and words else None
