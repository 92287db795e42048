"""A clinic, diaries told through the diary's own door and evaluated each time, and what follows: alerts, messages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tracker.accounts.models import CareLink, Clinic, Consent, Person
from tracker.alerts import service, worklist_service
from tracker.alerts.models import Alert, AlertEvent, ClinicDuty
from tracker.clock import FixedClock, local_date
from tracker.db import Session
from tracker.diary import documents
from tracker.diary import service as diary
from tracker.regimen.models import Standing
from tracker.reminders.models import Delivery
from tracker.training.models import TrainingSession

CALM = (3, 3, 4, 3, 2, 3, 3, 4, 3, 3, 3, 2, 3, 3, 3, 4, 3, 3, 2, 3, 3)
"""The history of CLINICAL 5.7: twenty-one ordinary days."""
STEP = (5, 5, 5, 6, 5, 5, 5, 5)
"""V03: a sustained step of two points; L1 on its third day, L2 on its fourth."""


@dataclass
class Told:
    """Tells things as a patient would. The clock stands where the test has put it; `days` moves it on."""

    session: Session
    clock: FixedClock
    ids: dict[str, uuid.UUID] = field(default_factory=dict)

    @property
    def at(self) -> datetime:
        return self.clock.now()

    def today(self, patient: Person) -> date:
        return local_date(self.at, patient.time_zone)

    def tell(
        self,
        patient: Person,
        form: str = "daily",
        *,
        about: date | None = None,
        answered_at: datetime | None = None,
        entry: str | None = None,
        session_id: uuid.UUID | None = None,
        **answers: Any,
    ) -> None:
        """One version of an entry, received now. `entry`: a name; the same name again is an edit."""
        entry_id = self.ids.setdefault(entry, uuid.uuid4()) if entry else uuid.uuid4()
        document = documents.parse(
            {
                "id": str(uuid.uuid4()),
                "entry_id": str(entry_id),
                "form": form,
                "local_date": (about or self.today(patient)).isoformat(),
                "answered_at": (answered_at or self.at).isoformat(),
                "source": "page",
                "session_id": str(session_id) if session_id else None,
                "answers": answers,
            }
        )
        diary.receive(self.session, patient=patient, document=document, received_at=self.at)
        self.look(patient)

    def look(self, patient: Person) -> None:
        service.record_changed(self.session, patient.id, self.at)
        self.session.commit()

    def day(self, patient: Person, average: int, **more: Any) -> None:
        """A complete daily entry; calm unless `more` says otherwise."""
        how = {key: more.pop(key) for key in ("about", "answered_at", "entry") if key in more}
        told = {
            "average": average,
            "worst": min(average + 1, 10),
            "interference": min(average, 4),
            "compared": "same",
            "none_of_these": not more.get("flags"),
        }
        self.tell(patient, "daily", **how, **(told | more))

    def days(self, patient: Person, averages: Sequence[int | None]) -> None:
        """A run of days, each on its evening, the last of them today. None: no entry."""
        for index, average in enumerate(averages):
            if index:
                self.clock.advance(timedelta(days=1))
            if average is not None:
                self.day(patient, average)

    def next_day(self, days: int = 1) -> None:
        self.clock.advance(timedelta(days=days))

    def intake(self, patient: Person, average: int = 3, **more: Any) -> None:
        """The first answers, of a spell of pain that a clinician has examined."""
        told = {
            "none_of_these": not more.get("flags"),
            "average_7d": average,
            "worst_7d": min(average + 1, 10),
            "began_on": (self.today(patient) - timedelta(days=30)).isoformat(),
            "examined": True,
        }
        self.tell(patient, "intake", **(told | more))

    def flag(self, patient: Person, code: str, answer: str = "new", **how: Any) -> None:
        """A red flag by itself."""
        self.tell(patient, "flags", flags={code: {"answer": answer}}, **how)

    def history(self, patient: Person, averages: Sequence[int | None] = CALM, intake: int = 3) -> None:
        """Intake and the days after it."""
        self.intake(patient, intake)
        self.days(patient, averages)

    def training(self, patient: Person, **fields: Any) -> TrainingSession:
        row = TrainingSession(
            **{
                "id": uuid.uuid4(),
                "patient_id": patient.id,
                "exercise": "wall-slide",
                "source": "manual",
                "started_at": self.at,
                "ended_at": self.at,
                "local_date": self.today(patient),
                "created_at": self.at,
                **fields,
            }
        )
        self.session.add(row)
        self.session.flush()
        self.look(patient)
        return row


@dataclass
class Office:
    """Looks at what the database says."""

    session: Session
    clock: FixedClock

    def alerts(self, patient: Person, family: str | None = None) -> list[Alert]:
        self.session.commit()
        found = self.session.scalars(
            select(Alert)
            .where(Alert.patient_id == patient.id)
            .order_by(Alert.opened_at, Alert.id)
            .execution_options(populate_existing=True)
        )
        return [alert for alert in found if family is None or alert.family == family]

    def alert(self, patient: Person, family: str | None = None) -> Alert:
        """The one open alert (of this family)."""
        found = [alert for alert in self.alerts(patient, family) if alert.closed_at is None]
        assert len(found) == 1, [(alert.family, alert.level) for alert in found]
        return found[0]

    def standing(self, patient: Person) -> Standing:
        self.session.commit()
        return self.session.get_one(Standing, patient.id, populate_existing=True)

    def events(self, alert: Alert) -> list[str]:
        rows = self.session.scalars(
            select(AlertEvent.kind).where(AlertEvent.alert_id == alert.id).order_by(AlertEvent.at, AlertEvent.id)
        )
        return sorted(rows)

    def deliveries(self, subject: str, *, state: str = "due") -> list[Delivery]:
        """What waits about a subject inside the application, in the order in which it is due."""
        self.session.commit()
        return list(
            self.session.scalars(
                select(Delivery)
                .where(Delivery.subject == subject, Delivery.channel == "in_app", Delivery.state == state)
                .order_by(Delivery.due_at, Delivery.step)
                .execution_options(populate_existing=True)
            )
        )

    def ladder(self, alert: Alert) -> list[tuple[uuid.UUID, timedelta]]:
        """Who is asked, and how long after now."""
        return [(row.person_id, row.due_at - self.clock.now()) for row in self.deliveries(f"alert:{alert.id}")]

    def view(self, physio: Person, alert: Alert) -> Alert:
        """The alert as the door to it gives it to a clinician."""
        found = worklist_service.alert_for(self.session, physio, alert.id, self.clock.now())
        return found.alert


def told_first(row: Delivery) -> bool:
    """Whether this is a word to the owner of an alert, and no later step."""
    return row.payload is not None and row.payload["role"] == "owner"


@pytest.fixture
def told(database: Session, clock: FixedClock) -> Told:
    return Told(database, clock)


@pytest.fixture
def office(database: Session, clock: FixedClock) -> Office:
    return Office(database, clock)


@pytest.fixture
def clinic(people: Any) -> Clinic:
    """Berlin, Monday to Friday from eight to six. The clock stands on a Tuesday, one in the afternoon there."""
    return people.clinic()


@pytest.fixture
def physio(people: Any, clinic: Clinic) -> Person:
    return people.physio(clinic, name="Jonas Berg")


@pytest.fixture
def backup(people: Any, clinic: Clinic) -> Person:
    return people.physio(clinic, name="Mara Holt")


@pytest.fixture
def lead(people: Any, clinic: Clinic) -> Person:
    return people.admin(clinic, name="Lea Stein")


@pytest.fixture
def patient(people: Any, physio: Person) -> Person:
    return people.patient(physio, name="Ada Field", intake_done=False)


@pytest.fixture
def duty(database: Session, clinic: Clinic, backup: Person, lead: Person) -> None:
    """The clinic has named who stands in and who leads."""
    database.add(ClinicDuty(clinic_id=clinic.id, backup_id=backup.id, lead_id=lead.id))
    database.commit()


@pytest.fixture
def withdraw(database: Session, clock: FixedClock) -> Callable[[Person], None]:
    """Somebody takes their consent to share back."""

    def do(patient: Person) -> None:
        row = database.scalars(
            select(Consent).where(
                Consent.person_id == patient.id, Consent.kind == "sharing", Consent.withdrawn_at.is_(None)
            )
        ).one()
        row.withdrawn_at = clock.now()
        database.flush()
        service.consent_withdrawn(database, patient.id, "sharing", clock.now())
        database.commit()

    return do


@pytest.fixture
def end_care(database: Session, clock: FixedClock) -> Callable[[Person, Person], None]:
    """A physio no longer looks after a patient."""

    def do(patient: Person, physio: Person) -> None:
        row = database.scalars(
            select(CareLink).where(CareLink.patient_id == patient.id, CareLink.physio_id == physio.id)
        ).one()
        row.until = clock.now()
        database.commit()

    return do
