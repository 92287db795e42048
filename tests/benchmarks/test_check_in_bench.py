"""What a check-in with its evaluation costs among ten thousand patients and among a hundred, each with a year of data.

Both databases are SQLite files with the same kind of year: a check-in every day, a weekly form, a session a week, two
closed alerts. They are filled with plain bulk inserts in the order of the keys (four million check-ins in about a
minute and a half on two cores) and not by the application, which would take hours. What is measured is the
application's own work, from the document to the commit, turn by turn on both, so that both meet the same load of the
machine. The first check-ins of each are not counted: they fill the page cache, which a running server has filled.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from tests.features.conftest import KEYS
from tracker import schema
from tracker.accounts.models import CareLink, Clinic, Consent, Person
from tracker.alerts import service
from tracker.alerts.models import Alert
from tracker.db import create_engine_from, session_factory
from tracker.diary import documents
from tracker.diary import service as diary
from tracker.diary.models import CheckIn, DiarySettings
from tracker.regimen.models import Standing
from tracker.settings import Settings
from tracker.training.models import TrainingSession

MOST = 2.0
FEW, MANY = 100, 10_000
DAYS = 365
AT = datetime(2026, 3, 10, 18, 0, tzinfo=UTC)
FIRST = AT.date() - timedelta(days=DAYS)
WARM_UP, MEASURED = 15, 60
PATIENTS_EACH = 40

pytestmark = pytest.mark.benchmark


def test_a_check_in_among_ten_thousand_patients_costs_at_most_twice_what_it_costs_among_a_hundred(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    few, many = (Town(tmp_path_factory.mktemp(f"town{size}"), size) for size in (FEW, MANY))
    spent: dict[int, list[float]] = {FEW: [], MANY: []}
    try:
        for turn in range(WARM_UP + MEASURED):
            for town in (few, many):
                seconds = town.check_in(turn)
                if turn >= WARM_UP:
                    spent[town.size].append(seconds)
    finally:
        few.close()
        many.close()
    ratio = median(spent[MANY]) / median(spent[FEW])
    print(
        f"\ncheck-in with evaluation, a year of data each: {1000 * median(spent[FEW]):.1f} ms among {FEW} patients, "
        f"{1000 * median(spent[MANY]):.1f} ms among {MANY:,}; ratio {ratio:.2f}, bound {MOST}. "
        f"The larger database has {many.rows:,} check-ins in {many.megabytes:,.0f} MB, built in {many.built_s:.0f} s."
    )
    assert ratio <= MOST


class Town:
    """A database with patients who have a year of data, and the application on it."""

    def __init__(self, folder: Path, size: int) -> None:
        self.size = size
        settings = Settings.load({"TRACKER_DATA": str(folder), **KEYS})
        schema.migrate(settings)
        file = folder / "rhomboid.sqlite3"
        self.engine = create_engine_from(settings)
        self.sessions = session_factory(self.engine)
        started = time.perf_counter()
        self.patients = self._people(size)
        self.engine.dispose()
        self.rows = fill(file, self.patients)
        self.built_s = time.perf_counter() - started
        self.megabytes = file.stat().st_size / 1e6
        self.folder = folder
        random.Random(size).shuffle(self.patients)

    def close(self) -> None:
        self.engine.dispose()
        shutil.rmtree(self.folder)

    def _people(self, size: int) -> list[uuid.UUID]:
        """One physio for forty patients; nobody signs in, so nobody has a password."""
        with self.sessions.begin() as session:
            clinic = Clinic(name="Town", created_at=AT)
            session.add(clinic)
            physios = [
                Person(clinic=clinic, role="physio", name=f"Physio {number}", created_at=AT)
                for number in range(0, size, PATIENTS_EACH)
            ]
            patients = [
                Person(id=uuid.UUID(int=number + 1), clinic=clinic, role="patient", name="P", created_at=AT)
                for number in range(size)
            ]
            session.add_all([*physios, *patients])
            session.flush()
            since = AT - timedelta(days=DAYS)
            for number, patient in enumerate(patients):
                physio = physios[number // PATIENTS_EACH]
                session.add_all(
                    [
                        CareLink(patient_id=patient.id, physio_id=physio.id, since=since),
                        Consent(person_id=patient.id, kind="sharing", granted_at=since),
                        DiarySettings(patient_id=patient.id, rhythm="daily", since=FIRST, earlier=[]),
                        Standing(patient_id=patient.id, since=AT, evaluated_at=AT, intake_done=True),
                        *(_closed_alert(patient.id, family) for family in ("trend", "acute")),
                    ]
                )
            return [patient.id for patient in patients]

    def check_in(self, turn: int) -> float:
        """Seconds for one check-in of today, as the API does it: receive, evaluate, commit."""
        document = {
            "id": str(uuid.uuid4()),
            "entry_id": str(uuid.uuid4()),
            "form": "daily",
            "local_date": AT.date().isoformat(),
            "answered_at": AT.isoformat(),
            "answers": {"average": 3, "worst": 4, "interference": 2, "compared": "same", "none_of_these": True},
        }
        started = time.perf_counter()
        with self.sessions.begin() as session:
            patient = session.get_one(Person, self.patients[turn % self.size])
            diary.receive(session, patient=patient, document=documents.parse(document), received_at=AT)
            service.record_changed(session, patient.id, AT)
        return time.perf_counter() - started


def _closed_alert(patient_id: uuid.UUID, family: str) -> Alert:
    day = AT.date() - timedelta(days=120)
    return Alert(
        patient_id=patient_id,
        family=family,
        level=2,
        first_day=day,
        last_day=day,
        sentence="Pain above the usual.",
        firings=[{"rule": "C2", "level": 2, "day": day.isoformat(), "values": {"average": 6}}],
        parameters_version="2026.1",
        engine_version="1.0.0",
        opened_at=AT - timedelta(days=120),
        notified_codes=[],
        closed_at=AT - timedelta(days=118),
        closed_on=day + timedelta(days=2),
        disposition="contacted",
    )


def fill(file: Path, patients: list[uuid.UUID]) -> int:
    """A year of check-ins and sessions for everybody, in the order of the keys; returns the number of check-ins."""
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA journal_mode=OFF")
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA cache_size=-400000")
    columns = [column.name for column in CheckIn.__table__.columns]
    rows = _insert(connection, "check_in", columns, _check_ins(patients, columns))
    columns = [column.name for column in TrainingSession.__table__.columns]
    _insert(connection, "training_session", columns, _sessions(patients, columns))
    connection.execute("ANALYZE")
    connection.commit()
    connection.execute("PRAGMA journal_mode=WAL")
    connection.close()
    return rows


def _insert(connection: sqlite3.Connection, table: str, columns: list[str], rows: Iterator[tuple[Any, ...]]) -> int:
    marks = ",".join("?" * len(columns))
    return connection.executemany(f"INSERT INTO {table} ({','.join(columns)}) VALUES ({marks})", rows).rowcount


def _check_ins(patients: list[uuid.UUID], columns: list[str]) -> Iterator[tuple[Any, ...]]:
    rng = random.Random(1)
    daily = [
        json.dumps(
            {"average": pain, "worst": pain + 1, "interference": 2, "sleep": 6, "compared": "same", "flare": False,
             "activities": "yes", "none_of_these": True}
        )
        for pain in (2, 3, 3, 4)
    ]  # fmt: skip
    weekly = json.dumps({"peg_pain": 3, "peg_enjoyment": 3, "peg_activity": 3, "mood": 6, "stress": 4})
    intake = json.dumps(
        {"none_of_these": True, "average_7d": 3, "worst_7d": 4, "began_on": str(FIRST), "examined": True}
    )
    calendar = [FIRST + timedelta(days=day) for day in range(DAYS)]
    told_at = [f"{day.isoformat()} 18:00:00.000000" for day in calendar]
    number = 0
    for patient in patients:
        for index, day in enumerate(calendar):
            entries = [("daily", rng.choice(daily))]
            if index == 0:
                entries.insert(0, ("intake", intake))
            elif index % 7 == 0:
                entries.append(("weekly", weekly))
            for form, answers in entries:
                number += 1
                row = {
                    "id": f"{number:032x}",
                    "entry_id": f"{number:032x}",
                    "patient_id": patient.hex,
                    "form": form,
                    "local_date": day.isoformat(),
                    "time_zone": "UTC",
                    "answered_at": told_at[index],
                    "received_at": told_at[index],
                    "late": 0,
                    "counts": 1,
                    "source": "page",
                    "answers": answers,
                }
                yield tuple(row.get(column) for column in columns)


def _sessions(patients: list[uuid.UUID], columns: list[str]) -> Iterator[tuple[Any, ...]]:
    weeks = [FIRST + timedelta(days=day) for day in range(0, DAYS, 7)]
    for patient, day, number in ((p, d, n) for n, (p, d) in enumerate(_pairs(patients, weeks), 1)):
        at = f"{day.isoformat()} 17:00:00.000000"
        row = {
            "id": f"{number:032x}",
            "patient_id": patient.hex,
            "exercise": "wall-slide",
            "source": "manual",
            "started_at": at,
            "ended_at": at,
            "local_date": day.isoformat(),
            "pain_before": 3,
            "pain_during": 3,
            "created_at": at,
        }
        yield tuple(row.get(column) for column in columns)


def _pairs(patients: list[uuid.UUID], days: list[date]) -> Iterator[tuple[uuid.UUID, date]]:
    return ((patient, day) for patient in patients for day in days)
