"""What a replay needs to know about a set's movements: which of them deserve a look, and where in the movement the
ideal figure stands at each moment. Pure.

A *share* is a place in one cycle of the figure that `exercises.figure.figure_frames` draws: 0 at rest, 0.05 to 0.45 the
way out, 0.45 to 0.55 at the turning point, 0.55 to 0.95 the way back. Times are seconds since the set began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime, timedelta

OUT: Final = (0.05, 0.45)
BACK: Final = (0.55, 0.95)
LET_GO_S: Final = 1.0
"""The ideal figure takes this long into a hold and out of it; no camera says how long the person took."""

Key = tuple[float, float]
"""A moment and the share of the movement there; between two of them the share goes evenly."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """Seconds on the way out, at the turning point and on the way back, where the engine could tell."""

    out_s: float | None = None
    peak_s: float | None = None
    back_s: float | None = None


def repetition_keys(start: float, peak: float | None, end: float, tempo: Tempo) -> tuple[Key, ...]:
    """The ideal figure through one repetition of this length, in the person's own phases.

    With the tempo the pause at the turning point is as long as theirs; with the turning point alone there is none;
    without either the figure takes half of the time for each way.
    """
    if end <= start:
        return ()
    leaves, returns = _turning(start, peak, end, tempo)
    return ((start, OUT[0]), (leaves, OUT[1]), (returns, BACK[0]), (end, BACK[1]))


def _turning(start: float, peak: float | None, end: float, tempo: Tempo) -> Key:
    """When the pause at the turning point begins and ends."""
    if tempo.out_s is not None and tempo.back_s is not None:
        arrives, departs = start + tempo.out_s, end - tempo.back_s
        if start < arrives <= departs < end:
            return arrives, departs
    middle = (start + end) / 2 if peak is None else min(max(peak, start), end)
    return middle, middle


def hold_keys(start: float, end: float) -> tuple[Key, ...]:
    """The ideal figure through one hold: there when it begins, at the turning point until it ends."""
    if end <= start:
        return ()
    return ((start - LET_GO_S, OUT[0]), (start, OUT[1]), (end, BACK[0]), (end + LET_GO_S, BACK[1]))


def flags(*, counted: bool, corrected: bool, faults: bool) -> tuple[str, ...]:
    """Why a movement deserves a look, the most telling first; empty where it does not."""
    found = {"corrected": corrected, "partial": not counted, "fault": faults}
    return tuple(name for name, holds in found.items() if holds)


@dataclass(frozen=True, slots=True)
class SetFacts:
    """What is known about the joint positions of one set. `expires_at` is None where none are stored."""

    by_hand: bool
    consents: bool
    done_at: datetime
    expires_at: datetime | None


def standing(facts: SetFacts, *, at: datetime, kept: timedelta) -> str:
    """Whether the joint positions of a set can be shown now ("kept"), or why not.

    The consent is asked first: without it nothing is shown, whatever is still stored. "missing": the set is recent and
    the consent is there, but it came later, or the browser could not pack them.
    """
    if facts.by_hand:
        return "by_hand"
    if not facts.consents:
        return "no_consent"
    if facts.expires_at is not None:
        return "kept" if facts.expires_at > at else "expired"
    return "expired" if facts.done_at + kept <= at else "missing"
