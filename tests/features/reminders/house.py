"""A house without pages: a database on either engine, people, and an office that sends through a channel of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from tracker.accounts.models import Clinic, Person
from tracker.clock import FixedClock
from tracker.db import Session, create_engine_from, session_factory
from tracker.regimen.models import Plan, PlanRevision, Prescription, Standing
from tracker.reminders.models import Delivery
from tracker.reminders.outgoing import SENT, Outcome, Outgoing, Words
from tracker.reminders.sending import Office, deliver
from tracker.settings import Settings

MORNING = datetime(2026, 3, 10, 6, 0, tzinfo=UTC)
"""Seven in the morning in Berlin, on a Tuesday."""

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@dataclass
class Pigeonhole:
    """A channel that keeps what it is given, and answers as it is told."""

    answer: Callable[[Outgoing], Outcome] = lambda _message: SENT
    taken: list[tuple[Outgoing, Words]] = field(default_factory=list)

    @contextmanager
    def opened(self) -> Iterator[Pigeonhole]:
        yield self

    def send(self, message: Outgoing, words: Words, _at: datetime) -> Outcome:
        self.taken.append((message, words))
        return self.answer(message)

    @property
    def ids(self) -> list[UUID]:
        return [message.id for message, _ in self.taken]


@dataclass
class House:
    """A database with people, and the time."""

    settings: Settings
    sessions: sessionmaker[Session]
    clock: FixedClock
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    holes: dict[str, Pigeonhole] = field(
        default_factory=lambda: {name: Pigeonhole() for name in ("push", "apprise", "email")}
    )

    def office(self, **fields: Any) -> Office:
        return Office(
            **{
                "sessions": self.sessions,
                "clock": self.clock,
                "settings": self.settings,
                "channels": self.holes,
                **fields,
            }
        )

    def deliver(self, **fields: Any) -> int:
        """One beat of both senders."""
        office = self.office(**fields)
        return deliver(office, urgent=True) + deliver(office, urgent=False)

    def patient(
        self, *, intake_done: bool = True, locked: bool = False, role: str = "patient", **fields: Any
    ) -> Person:
        """A patient with an address; with `exercises` of every day, if asked for."""
        number = next(self.numbers)
        exercises = fields.pop("exercises", 1)
        at = self.clock.now()
        given = {"email": f"person{number}@example.org", "time_zone": "Europe/Berlin", "name": f"Person {number}"}
        with self.sessions.begin() as session:
            clinic = fields.pop("clinic", None) or Clinic(name="Practice", created_at=at)
            person = Person(clinic=session.merge(clinic), role=role, created_at=at, **{**given, **fields})
            session.add(person)
            session.flush()
            if role == "patient":
                session.add(
                    Standing(patient_id=person.id, since=at, evaluated_at=at, intake_done=intake_done, locked=locked)
                )
            if role == "patient" and exercises:
                plan = Plan(patient_id=person.id, created_at=at)
                revision = PlanRevision(number=1, created_at=at)
                revision.prescriptions = [
                    Prescription(
                        position=number,
                        exercise=name,
                        sets=2,
                        reps=8,
                        weekdays="1234567",
                        side="both",
                        targets={},
                    )
                    for number, name in enumerate(("chin-tuck", "wall-angel")[:exercises])
                ]
                plan.revisions = [revision]
                session.add(plan)
            return person

    def physio(self, **fields: Any) -> Person:
        return self.patient(role="physio", **fields)

    def rows(self, *which: Any) -> list[Delivery]:
        with self.sessions() as session:
            wanted = select(Delivery).where(*which).order_by(Delivery.due_at, Delivery.step, Delivery.channel)
            return list(session.scalars(wanted))

    def states(self, *which: Any) -> list[tuple[str, str, str | None]]:
        return [(row.channel, row.state, row.reason) for row in self.rows(*which)]


def build_house(settings: Settings) -> tuple[House, Any]:
    engine = create_engine_from(settings)
    return House(settings, session_factory(engine), FixedClock(MORNING)), engine
