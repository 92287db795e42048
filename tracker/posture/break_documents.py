"""A break as a watcher or a page sends it, checked at the edge."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, model_validator

from tracker.posture.documents import Strict
from tracker.posture.rules import CLOCK_AHEAD, OLDEST

LARGEST_DOCUMENT: Final = 4_096


class BreakDoc(Strict):
    """One break: offered, and perhaps answered. Sent again with the same id it adds what is new."""

    id: UUID
    cause: Literal["still", "clock", "asked"]
    offered_at: AwareDatetime
    outcome: Literal["taken", "not_now", "passed"] | None = None
    credited_by: Literal["stand", "shift", "exercise", "said"] | None = None
    ended_at: AwareDatetime | None = None
    watcher: UUID | None = None

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> BreakDoc:
        if self.credited_by is not None and self.outcome != "taken":
            raise ValueError("only a break that was taken is credited")
        if self.ended_at is not None and self.ended_at < self.offered_at:
            raise ValueError("the break ends before it is offered")
        return self

    def problem_of_time(self, received_at: datetime) -> str | None:
        """The field whose instant cannot be believed, None when all can."""
        if self.offered_at < received_at - OLDEST or self.offered_at > received_at + CLOCK_AHEAD:
            return "offered_at"
        if self.ended_at is not None and self.ended_at > received_at + CLOCK_AHEAD:
            return "ended_at"
        return None
