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
