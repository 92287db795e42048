"""What the loop says about itself while it runs; who listens is the terminal, a log, or a script."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, Protocol

from tracker.vision.watch.notices import Notice


class Hold(StrEnum):
    """Why the camera is not used at the moment."""

    NO_CONSENT = "no_consent"
    NOT_PAIRED = "not_paired"
    PAUSED = "paused"
    ASLEEP = "asleep"
    LOCKED = "locked"
    IDLE = "idle"
    LENT = "lent"
    TAKEN = "taken"
    UNPLUGGED = "unplugged"
    NOBODY = "nobody"


COUNT_AS_AWAY: Final = frozenset({Hold.LOCKED, Hold.IDLE, Hold.NOBODY})
"""Then the person is known not to be there; for all others nothing is known."""


class Listener(Protocol):
    """Somebody who is told."""

    def verdict(self, verdict: Mapping[str, Any]) -> None:
        """The engine's verdict on a picture."""

    def minute(self, minute: Mapping[str, Any]) -> None:
        """A minute is over."""

    def hold(self, hold: Hold | None) -> None:
        """The camera is released, and why; None: it is used (again)."""

    def notice(self, notice: Notice) -> None:
        """Something is said to the person."""

    def checkpoint(self) -> None:
        """Everything up to now is in the spool; time to refresh what is shown."""
