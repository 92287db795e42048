"""The five levels of CLINICAL 5.1, by which every room says how urgent something is.

They live with the regimen because the lowest room that must obey them is here: at the two highest the programme is
locked until somebody who examined the person, or their clinician, says otherwise.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Level(IntEnum):
    """How urgent it is; a higher one wins (CLINICAL 5.1)."""

    STEADY = 0
    SELF_CARE = 1
    REVIEW = 2
    URGENT = 3
    EMERGENCY = 4


LOCKED_FROM: Final = Level.URGENT
"""CLINICAL 2.0: "L3/L4: programme locked"."""


def locks(level: Level) -> bool:
    """Whether nobody should exercise at this level."""
    return level >= LOCKED_FROM


def lock_reason(*, locked: bool, page: str | None, level: int) -> str | None:
    """Why somebody's exercises are locked (`Standing`): "urgent" while something urgent is open, "examination" where
    one has to come first. None: they are not. Today's gate (`training.rules.gate`) closes for exactly these.
    """
    if page is None and not locked:
        return None
    return "urgent" if page is not None or level >= LOCKED_FROM else "examination"
