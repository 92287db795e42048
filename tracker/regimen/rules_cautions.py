"""Whether an exercise fits somebody's caution flags (CLINICAL 1 and 2: the flags of each card). Pure.

A flag of the card that the person has is a conflict: the exercise may be prescribed only by somebody who has looked at
it and says why. A card says *ask first*, never *never*; what must not happen at all is locked elsewhere, by the red
flags. The camera cannot know better, so every conflict is for a person to decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.regimen.rules import Prescribed, Violation

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


def conflicts(cautions: Collection[str], flags: Collection[str]) -> frozenset[str]:
    """The flags of a card that this person has."""
    return frozenset(cautions) & frozenset(flags)


def unanswered(
    items: Sequence[Prescribed], cautions: Mapping[str, Collection[str]], flags: Collection[str]
) -> tuple[Violation, ...]:
    """A violation for every line with a conflict that nobody has looked at, with a reason. `cautions`: the flags of
    each exercise's card, by the exercise; `flags`: the person's.
    """
    return tuple(
        Violation(item.exercise, "override_reason", "caution")
        for item in items
        if not answered(item, conflicts(cautions.get(item.exercise, ()), flags))
    )


def answered(item: Prescribed, found: frozenset[str]) -> bool:
    """Whether every conflict of a line has been looked at, and the reason is there."""
    return not found or (found <= item.overridden and bool((item.override_reason or "").strip()))
