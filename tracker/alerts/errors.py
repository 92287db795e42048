"""What can go wrong between people who work on the same alert, by name."""

from __future__ import annotations


class ConflictError(Exception):
    """What somebody wants to do does not fit any more, or never did; `reason` is a key for a sentence."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
