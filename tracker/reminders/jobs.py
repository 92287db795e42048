"""Heartbeat work of reminders: planning, sending, and clearing up. Planning and sending look after their transactions
themselves; each is safe in several processes at once and repeats without effect.

What is urgent is sent by a job of its own: no queue of reminders and no slow mail server is ever in front of an alert.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tracker.reminders import delivery_service, planning_service, sending
from tracker.reminders.scheduler import Round

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import sessionmaker

    from tracker.clock import Clock
    from tracker.db import Session
    from tracker.reminders.delivery_service import Wanted
    from tracker.settings import Settings

PLAN_EVERY: Final = timedelta(minutes=15)
SEND_EVERY: Final = timedelta(seconds=15)
PEOPLE_AT_ONCE: Final = 200
"""In one transaction: on SQLite nobody else can write meanwhile."""


def rounds(settings: Settings, wanted: Mapping[str, Wanted]) -> tuple[Round, ...]:
    """The regular work. `wanted`: who is asked, by kind, whether a message is still wanted."""

    def send(sessions: sessionmaker[Session], clock: Clock, *, urgent: bool) -> int:
        return sending.deliver(sending.Office(sessions, clock, settings, wanted), urgent=urgent)

    return (
        Round("plan reminders", PLAN_EVERY, lambda sessions, clock: plan_everybody(sessions, clock, settings)),
        Round("send alerts", SEND_EVERY, lambda sessions, clock: send(sessions, clock, urgent=True)),
        Round("send reminders", SEND_EVERY, lambda sessions, clock: send(sessions, clock, urgent=False)),
    )


def plan_everybody(sessions: sessionmaker[Session], clock: Clock, settings: Settings) -> int:
    """Plan the next days of every patient, some hundred in a transaction; returns how many rows changed."""
    outlets = sending.outlets_of(settings)
    changed, last = 0, None
    while True:
        with sessions.begin() as session:
            ids: list[UUID] = planning_service.people_to_plan(session, after=last, limit=PEOPLE_AT_ONCE)
            changed += planning_service.plan_people(session, ids, clock.now(), outlets) if ids else 0
        if len(ids) < PEOPLE_AT_ONCE:
            return changed
        last = ids[-1]


def clear_up_reminders(session: Session, now: datetime) -> int:
    """Delete reminders that were over long ago; the caller commits. Returns how many."""
    return delivery_service.clear_up(session, now)
