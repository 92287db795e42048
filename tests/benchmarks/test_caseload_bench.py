"""What the list of patients costs at 500 patients with a year of data against 25: server time of a request, and the
number of statements. Both clinics are filled by bulk inserts; requests take turns, so that both meet the same load of
the machine, and the first ones of each are not counted, since a running server has its page cache filled.
"""

from __future__ import annotations

import json
import random
import sqlite3
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import pytest
from sqlalchemy import event

from tests.features.conftest import KEYS
from tracker import schema
from tracker.accounts import sign_in_service
from tracker.accounts.models import CareLink, Clinic, Consent, ConsentKind, Person, Role
from tracker.accounts.sign_in_service import Lifetimes
from tracker.alerts.models import Alert
from tracker.app import create_app
from tracker.clock import SystemClock
from tracker.regimen.models import Standing
from tracker.regimen.rules import Prescribed
from tracker.regimen.service import save_revision
from tracker.settings import Settings
from tracker.web.context import services_of

pytestmark = pytest.mark.benchmark

FEW, MANY = 25, 500
MOST = 3.0
DAYS = 365
WARM_UP, MEASURED = 3, 12
EVERY_DAY = frozenset(range(1, 8))


def test_the_list_of_500_costs_at_most_three_times_that_of_25(tmp_path_factory: pytest.TempPathFactory) -> None:
    desks = {size: Desk(tmp_path_factory.mktemp(f"clinic{size}"), size) for size in (FEW, MANY)}
    spent, asked = in_turns({size: desk.look for size, desk in desks.items()})
    ratio = spent[MANY] / spent[FEW]
    print(
        f"\nlist of patients, a year of data each: {1000 * spent[FEW]:.0f} ms and {asked[FEW]} statements at "
        f"{FEW}, {1000 * spent[MANY]:.0f} ms and {asked[MANY]} statements at {MANY}; ratio {ratio:.2f}, "
        f"bound {MOST}. The larger database has {desks[MANY].megabytes:.0f} MB, filled in {desks[MANY].filled_s:.0f} s."
    )
    assert asked[MANY] == asked[FEW]
    assert ratio <= MOST


def in_turns(looks: Mapping[int, Callable[[], tuple[float, int]]]) -> tuple[dict[int, float], dict[int, int]]:
    """Several ways to look, each in its turn: the median of the seconds of each, and its statements."""
    spent: dict[int, list[float]] = {key: [] for key in looks}
    asked: dict[int, int] = {}
    for turn in range(WARM_UP + MEASURED):
        for key, look in looks.items():
            seconds, asked[key] = look()
            if turn >= WARM_UP:
                spent[key].append(seconds)
    return {key: median(seconds) for key, seconds in spent.items()}, asked


class Desk:
    """A clinic with one physiotherapist and their browser."""

    def __init__(self, folder: Path, size: int, days: int = DAYS) -> None:
        settings = Settings.load({"TRACKER_DATA": str(folder), **KEYS})
        schema.migrate(settings)
        file = folder / "rhomboid.sqlite3"
        self.app = create_app(settings)
        self.services = services_of(self.app)
        at = SystemClock().now()
        began = time.perf_counter()
        with self.services.sessions.begin() as session:
            clinic = Clinic(name="Town", created_at=at)
            physio = Person(clinic=clinic, role=Role.PHYSIO, name="Physio", created_at=at - timedelta(days=DAYS))
            session.add(physio)
            session.flush()
            ids = [_patient(session, clinic, physio, number, at) for number in range(size)]
            _row, token = sign_in_service.start(
                session, physio, device="x", at=at, lifetimes=Lifetimes.from_settings(settings)
            )
        _fill(file, ids, at, days)
        self.patients = [patient_id for patient_id, _prescription in ids]
        self.filled_s = time.perf_counter() - began
        self.megabytes = file.stat().st_size / 1e6
        self.client = self.app.test_client()
        self.client.set_cookie("rhomboid_sign_in", token, domain="localhost")

    def look(self, path: str = "/patients") -> tuple[float, int]:
        """One request: seconds of the server, and statements."""
        seen: list[int] = []

        def note(*_args: Any) -> None:
            seen.append(1)

        event.listen(self.services.engine, "before_cursor_execute", note)
        began = time.perf_counter()
        answer = self.client.get(path, base_url="http://localhost")
        seconds = time.perf_counter() - began
        event.remove(self.services.engine, "before_cursor_execute", note)
        assert answer.status_code == 200, answer.location
        assert path != "/patients" or answer.text.count("data-row ") == FEW
        return seconds, len(seen)


def _patient(session: Any, clinic: Clinic, physio: Person, number: int, at: datetime) -> tuple[uuid.UUID, str]:
    """Somebody with a plan, consents, a standing and, one in five, something open. Their id and prescription."""
    long_ago = at - timedelta(days=DAYS)
    person = Person(clinic=clinic, role=Role.PATIENT, name=f"Patient {number:03}", created_at=long_ago, birth_year=1980)
    session.add(person)
    session.flush()
    session.add(CareLink(patient_id=person.id, physio_id=physio.id, since=long_ago))
    session.add_all(Consent(person_id=person.id, kind=kind.value, granted_at=long_ago) for kind in ConsentKind)
    session.add(
        Standing(
            patient_id=person.id, since=at, evaluated_at=at, intake_done=True, baseline=3.0, spread=1.0,
            ewma=3.0 + number % 4, last_check_in_on=at.date(),
        )
    )  # fmt: skip
    for revision in range(3):
        saved = save_revision(
            session,
            patient_id=person.id,
            author_id=physio.id,
            base_number=revision,
            items=[
                Prescribed("", "seated-row", 2, 8 + revision, None, EVERY_DAY),
                Prescribed("", "overhead-press", 2, 8 + revision, None, EVERY_DAY),
            ],
            reason=None,
            at=at - timedelta(days=300 - 100 * revision),
        )
    if number % 5 == 0:
        session.add(
            Alert(
                patient_id=person.id, family="trend", level=1 + number % 3, first_day=at.date(), last_day=at.date(),
                sentence="Going up", firings=[], parameters_version="1", engine_version="1", opened_at=at,
                due_at=at + timedelta(hours=4),
            )
        )  # fmt: skip
    return person.id, str(saved.prescriptions[0].id)


def _fill(file: Path, patients: list[tuple[uuid.UUID, str]], at: datetime, days: int) -> None:
    """So many days of check-ins and sessions, as rows."""
    chance = random.Random(len(patients))
    database = sqlite3.connect(file)
    database.execute("PRAGMA synchronous = OFF")
    for patient_id, prescription in patients:
        check_ins, sessions, sets = [], [], []
        for ago in range(days):
            when = (at - timedelta(days=ago, hours=1)).astimezone(UTC)
            day, instant = when.date().isoformat(), when.strftime("%Y-%m-%d %H:%M:%S.%f")
            average = chance.randint(1, 6)
            answers = {
                "none_of_these": True, "average": average, "worst": average + 1, "interference": 2, "compared": "same",
                "flare": False, "activities": "yes", "medicine": False,
            }  # fmt: skip
            check_ins.append(
                (_id(chance), _id(chance), patient_id.hex, "daily", day, "UTC", instant, instant, json.dumps(answers))
            )
            if ago % 2:
                session_id = _id(chance)
                sessions.append(
                    (session_id, patient_id.hex, prescription.replace("-", ""), "seated-row", instant, day, instant)
                )
                sets += [(_id(chance), session_id, number, instant, chance.randint(70, 99)) for number in (1, 2)]
        database.executemany(
            "INSERT INTO check_in (id, entry_id, patient_id, form, local_date, time_zone, answered_at, received_at,"
            " late, counts, source, answers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 1, 'page', ?)",
            check_ins,
        )
        database.executemany(
            "INSERT INTO training_session (id, patient_id, prescription_id, exercise, source, started_at, local_date,"
            " created_at) VALUES (?, ?, ?, ?, 'camera', ?, ?, ?)",
            sessions,
        )
        database.executemany(
            "INSERT INTO set_result (id, session_id, number, side, started_at, engine_version, duration_s, count,"
            " partial, held_s, quality, summary) VALUES (?, ?, ?, 'both', ?, '2.0.0', 40, 10, 1, 0, ?, '{}')",
            sets,
        )
    database.commit()
    database.close()


def _id(chance: random.Random) -> str:
    return uuid.UUID(int=chance.getrandbits(128), version=4).hex
