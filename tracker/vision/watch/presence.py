"""Whether somebody can be at the desk at all: screen locked, nobody at keyboard and mouse, computer about to sleep.

How it is found out is another matter on each system: `presence_linux`, `other_systems`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

IDLE_S: Final = 300.0
"""Nobody has typed or moved the mouse for so long: the camera is released."""
POLL_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class Presence:
    """What the desktop says. Unknown is the same as "there": the camera will tell."""

    locked: bool = False
    idle: bool = False
    asleep: bool = False
