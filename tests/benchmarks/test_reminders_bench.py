"""Planning and sending a day of reminders is linear: what a row costs does not depend on how many there are.

Two databases beside each other, with 1,000 and 10,000 patients and their reminders of the last weeks; measured turn by
turn, in processor time of this process, because a machine that is busy with other things takes longer by the clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, update

from tests.features.conftest import KEYS
from tests.features.reminders.house import House, build_house
from tracker import schema
from tracker.accounts.models import Clinic, Person
from tracker.regimen.models import Standing
from tracker.reminders import jobs, rows_service
from tracker.reminders.models import Delivery, ReminderRule
from tracker.reminders.sending import deliver
from tracker.settings import Settings

pytestmark = pytest.mark.benchmark

FEW, MANY = 1_000, 10_000
PAST = 20
"""Old reminders of each patient."""
MOST = 1.3
EVENING = datetime(2026, 3, 10, 18, 30, tzinfo=UTC)


def inhabited(folder: Path, patients: int) -> tuple[House, Any]:
    """A database with patients, their rules, and reminders that were sent in the last weeks."""
    settings = Settings.load({"TRACKER_DATA": str(folder), "TRACKER_SMTP_HOST": "mail.example", **KEYS})
    schema.migrate(settings)
    house, engine = build_house(settings)
    at = house.clock.now()
    ids = [uuid4() for _ in range(patients)]
    with house.sessions.begin() as session:
        clinic = Clinic(name="Practice", created_at=at)
        session.add(clinic)
        session.flush()
        session.execute(
            insert(Person),
            [
                {
                    "id": person_id,
                    "clinic_id": clinic.id,
                    "role": "patient",
                    "name": "Somebody",
                    "email": "somebody@example.org",
                    "time_zone": "Europe/Berlin",
                    "created_at": at,
                }
                for person_id in ids
            ],
        )
        session.execute(
            insert(Standing),
            [{"patient_id": person_id, "since": at, "evaluated_at": at, "intake_done": True} for person_id in ids],
        )
        rows_service.ensure(session, ids, at)
        # One kind, so that the queue of the evening is what is measured and not the day that led to it.
        session.execute(update(ReminderRule).where(ReminderRule.kind != "check_in").values(enabled=False))
        rules = session.execute(select(ReminderRule.id, ReminderRule.person_id).where(ReminderRule.kind == "check_in"))
        session.execute(
            insert(Delivery),
            [
                {
                    "id": uuid4(),
                    "kind": "check_in",
                    "subject": f"rule:{rule_id}",
                    "person_id": person_id,
                    "due_at": EVENING - timedelta(days=day),
                    "not_before": EVENING - timedelta(days=day),
                    "step": 0,
                    "channel": "in_app",
                    "state": "sent",
                    "tries": 0,
                    "payload": {"day": (EVENING - timedelta(days=day)).date().isoformat(), "time": "19:30"},
                    "created_at": at - timedelta(days=day),
                    "finished_at": EVENING - timedelta(days=day),
                }
                for rule_id, person_id in rules
                for day in range(1, PAST + 1)
            ],
        )
    return house, engine


def spent_us(work: Callable[[], int]) -> float:
    """Microseconds of processor time for each row that `work` says it has dealt with."""
    before = time.process_time()
    rows = work()
    return (time.process_time() - before) / rows * 1e6


def plan(house: House) -> int:
    return jobs.plan_everybody(house.sessions, house.clock, house.settings)


def send(house: House) -> int:
    """Everything that is ready: taken, decided, handed over and written down."""
    office, done = house.office(), 0
    while True:
        some = deliver(office, urgent=False)
        if not some:
            return done
        done += some


def test_planning_and_sending_a_day_is_linear(tmp_path: Path) -> None:
    few, few_engine = inhabited(tmp_path / "few", FEW)
    many, many_engine = inhabited(tmp_path / "many", MANY)
    planned = spent_us(lambda: plan(few)), spent_us(lambda: plan(many))
    assert plan(few) == 0
    with many.sessions() as session:
        rows = session.scalar(select(func.count()).where(Delivery.state == "due"))
    assert rows == MANY * 2 * 2
    again = spent_us(lambda: plan(few) or FEW), spent_us(lambda: plan(many) or MANY)
    few.clock.instant = many.clock.instant = EVENING
    sent = spent_us(lambda: send(few)), spent_us(lambda: send(many))
    for house, people in ((few, FEW), (many, MANY)):
        with house.sessions() as session:
            went_out = select(func.count()).where(Delivery.state == "sent", Delivery.due_at == EVENING)
            assert session.scalar(went_out) == people * 2
    few_engine.dispose()
    many_engine.dispose()
    ratios = {}
    print(f"\nprocessor time, {FEW} and {MANY} patients, {PAST} old reminders each; bound on the ratio {MOST}")
    for name, (first, second), unit in (
        ("planning", planned, "row"),
        ("planning again", again, "patient"),
        ("sending", sent, "row"),
    ):
        ratios[name] = second / first
        print(f"  {name}: {first:.0f} and {second:.0f} us a {unit}, ratio {ratios[name]:.2f}")
    assert all(ratio <= MOST for ratio in ratios.values())
