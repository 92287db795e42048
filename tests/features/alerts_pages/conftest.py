"""Diaries as people would keep them: told through the diary's service, day by day, and evaluated each time."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tracker.accounts.models import Person
from tracker.alerts import service as alerts
from tracker.alerts.models import Alert
from tracker.clock import FixedClock, local_date
from tracker.db import Session
from tracker.diary import documents
from tracker.diary import service as diary

CALM = (3, 3, 4, 3, 2, 3, 3, 4, 3, 3, 3, 2, 3, 3, 3, 4, 3, 3, 2, 3, 3)
"""The history of CLINICAL 5.7: twenty-one ordinary days."""
RISE = (5, 5, 5, 6, 5)
"""A rise of two points, found on its third and fourth day (V03)."""


class Diary:
    """Writes the diary of a patient. The clock moves with the days that are told."""

    def __init__(self, database: Session, clock: FixedClock) -> None:
        self.database = database
        self.clock = clock

    def tell(self, patient: Person, form: str = "daily", *, about: date | None = None, **answers: Any) -> None:
        """One entry about `about`, today by default. `note`: in the patient's own words."""
        at = self.clock.now()
        note = {"note": answers.pop("note")} if "note" in answers else {}
        document = documents.parse(
            {
                "id": str(uuid.uuid4()),
                "entry_id": str(uuid.uuid4()),
                "form": form,
                "local_date": (about or local_date(at, patient.time_zone)).isoformat(),
                "answered_at": at.isoformat(),
                "source": "page",
                "answers": answers,
                **note,
            }
        )
        diary.receive(self.database, patient=patient, document=document, received_at=at)
        alerts.record_changed(self.database, patient.id, at)
        self.database.commit()

    def day(self, patient: Person, average: int, **more: Any) -> None:
        """A complete daily entry of today."""
        told = {
            "average": average,
            "worst": min(average + 1, 10),
            "interference": average,
            "compared": "same",
            "none_of_these": not more.get("flags"),
        }
        self.tell(patient, **(told | more))

    def days(self, patient: Person, averages: Sequence[int | None]) -> None:
        """A run of days that ends today; None is a day without an entry."""
        for index, average in enumerate(averages):
            if index:
                self.clock.advance(timedelta(days=1))
            if average is not None:
                self.day(patient, average)

    def intake(self, patient: Person, average: int = 3) -> None:
        """The answers at the start, of an examined spell of pain, so that no rule of time speaks up."""
        today = local_date(self.clock.now(), patient.time_zone)
        self.tell(
            patient,
            "intake",
            none_of_these=True,
            average_7d=average,
            worst_7d=min(average + 1, 10),
            began_on=(today - timedelta(days=30)).isoformat(),
            examined=True,
            examined_on=(today - timedelta(days=10)).isoformat(),
        )

    def flag(self, patient: Person, code: str, answer: str = "new") -> None:
        """A red flag, at this moment."""
        self.tell(patient, "flags", flags={code: {"answer": answer}})

    def alert(self, patient: Person, family: str | None = None) -> Alert:
        """The one alert of the patient (of this family)."""
        self.database.commit()
        rows = self.database.scalars(select(Alert).where(Alert.patient_id == patient.id)).all()
        found = [row for row in rows if family is None or row.family == family]
        assert len(found) == 1, [(row.family, row.level) for row in rows]
        return found[0]


@pytest.fixture
def told(database: Session, clock: FixedClock) -> Diary:
    return Diary(database, clock)


@pytest.fixture
def physio(people: Any) -> Person:
    return people.physio(name="Jonas Berg")


@pytest.fixture
def patient(people: Any, physio: Person) -> Person:
    return people.patient(physio, name="Ada Field")


@pytest.fixture
def rising(patient: Person, told: Diary) -> Alert:
    """An open alert of level 2: pain that has lain two points above the usual for days."""
    told.intake(patient)
    told.days(patient, CALM + RISE)
    return told.alert(patient, "trend")


@pytest.fixture
def urgent(patient: Person, told: Diary) -> Alert:
    """An open alert of level 3: fever with back pain."""
    told.intake(patient)
    told.flag(patient, "U_FEVER")
    return told.alert(patient, "red")


@pytest.fixture
def emergency(patient: Person, told: Diary) -> Alert:
    """An open alert of level 4: chest pressure."""
    told.intake(patient)
    told.flag(patient, "E_CARDIAC")
    return told.alert(patient, "red")
