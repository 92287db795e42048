"""What can be wrong with a record that somebody wants to bring in, or with what somebody asks of one."""

from __future__ import annotations


class RefusedRecordError(ValueError):
    """The record cannot be taken; nothing of it was. `place` says where in the document, `reason` what is wrong;
    neither holds anything that was told.
    """

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place} {reason}")
        self.place = place
        self.reason = reason


class NotTheirsError(ValueError):
    """Only the record of a patient can be erased; staff close an account instead."""
