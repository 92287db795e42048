"""The evaluation may fail, by a mistake of ours: what was told is kept all the same, and a red flag in it counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.features.alerts.conftest import Told
from tests.features.conftest import People
from tracker.alerts import jobs, rules, watch_service
from tracker.alerts.models import Alert
from tracker.clock import FixedClock
from tracker.db import Session
from tracker.diary.models import CheckIn
from tracker.regimen.models import Standing
from tracker.regimen.rules_levels import Level
from tracker.reminders.models import Delivery
from tracker.web.context import services_of

URL = "/api/check-ins"


class BrokenEngineError(RuntimeError):
    """Something nobody has thought of."""


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Breaks the engine; `broken(now=False)` mends it."""
    real = rules.evaluate

    def set_broken(*, now: bool = True, only: int | None = None) -> None:
        def evaluate(history: Any, *rest: Any) -> Any:
            if now and (only is None or history.intake_average == only):
                raise BrokenEngineError
            return real(history, *rest)

        monkeypatch.setattr(rules, "evaluate", evaluate)

    return set_broken


def flagged(told: Told, patient: Any, code: str = "E_SADDLE") -> dict[str, Any]:
    return {
        "id": "0d1f7a54-98a1-4a8e-9d6b-0f4f4a8f0001",
        "entry_id": "0d1f7a54-98a1-4a8e-9d6b-0f4f4a8f0002",
        "form": "flags",
        "local_date": told.today(patient).isoformat(),
        "answered_at": told.at.isoformat(),
        "answers": {"flags": {code: {"answer": "new"}}},
    }


def test_a_red_flag_is_kept_locks_and_is_told_though_the_engine_fails(
    people: People, told: Told, database: Session, signed_in: Any, broken: Any
) -> None:
    physio = people.physio()
    patient = people.patient(physio)
    broken()

    answer = signed_in(patient).post_json(URL, flagged(told, patient))

    assert answer.status_code == 201
    assert answer.json["page"] == "/help/emergency"
    database.commit()
    assert database.scalar(select(CheckIn.id).where(CheckIn.patient_id == patient.id)) is not None
    standing = database.get_one(Standing, patient.id)
    assert (standing.level, standing.locked, standing.page) == (Level.EMERGENCY, True, "emergency")
    alert = database.scalars(select(Alert).where(Alert.patient_id == patient.id)).one()
    assert standing.alert_id == alert.id
    asked = database.scalars(select(Delivery.person_id).where(Delivery.subject == f"alert:{alert.id}")).all()
    assert physio.id in asked
    browser = signed_in(physio)
    assert browser.get(f"/alerts/{alert.id}").status_code == 200
    assert browser.get(f"/patients/{patient.id}").status_code == 200
    assert browser.post(f"/alerts/{alert.id}/acknowledge").status_code == 302


def test_once_the_engine_works_again_the_same_flag_raises_nothing_a_second_time(
    people: People, told: Told, database: Session, signed_in: Any, broken: Any, app: Any, clock: FixedClock
) -> None:
    patient = people.patient(people.physio())
    broken()
    assert signed_in(patient).post_json(URL, flagged(told, patient)).status_code == 201
    database.commit()
    before = len(database.scalars(select(Delivery)).all())
    broken(now=False)

    jobs.look_at_silence(services_of(app).sessions, clock)

    database.commit()
    database.expire_all()
    alert = database.scalars(select(Alert).where(Alert.patient_id == patient.id)).one()
    assert alert.level == Level.EMERGENCY
    assert len([firing for firing in alert.firings if firing.get("told")]) == 1
    assert database.get_one(Standing, patient.id).evaluated_through is not None
    assert len(database.scalars(select(Delivery)).all()) == before


def test_an_entry_without_a_flag_is_kept_though_the_engine_fails(
    people: People, told: Told, database: Session, signed_in: Any, broken: Any
) -> None:
    patient = people.patient(people.physio())
    broken()
    document = {**flagged(told, patient), "answers": {"none_of_these": True}}

    assert signed_in(patient).post_json(URL, document).status_code == 201
    database.commit()
    assert database.scalar(select(CheckIn.id).where(CheckIn.patient_id == patient.id)) is not None
    assert not database.get_one(Standing, patient.id).locked


def test_a_flag_told_on_top_of_an_open_alert_raises_it_though_the_engine_fails(
    people: People, told: Told, database: Session, signed_in: Any, broken: Any
) -> None:
    patient = people.patient(people.physio())
    told.flag(patient, "D_ARM")
    broken()

    assert signed_in(patient).post_json(URL, flagged(told, patient)).status_code == 201

    database.commit()
    database.expire_all()
    alert = database.scalars(select(Alert).where(Alert.patient_id == patient.id)).one()
    assert alert.level == Level.EMERGENCY
    assert {"D_ARM", "E_SADDLE"} == {firing["values"]["codes"] for firing in alert.firings}


def test_one_record_that_the_engine_stumbles_over_does_not_hold_up_the_silence_of_others(
    people: People, told: Told, database: Session, broken: Any, app: Any, clock: FixedClock
) -> None:
    physio = people.physio()
    patients = [people.patient(physio) for _ in range(jobs.PATIENTS_AT_ONCE + 3)]
    for number, patient in enumerate(patients):
        told.intake(patient, average=9 if number < len(patients) - 1 else 3)
    broken(only=9)
    clock.advance(timedelta(days=2))

    jobs.look_at_silence(services_of(app).sessions, clock)

    database.commit()
    database.expire_all()
    healthy = database.get_one(Standing, patients[-1].id)
    assert healthy.evaluated_at == clock.now()
    with services_of(app).sessions.begin() as session:
        assert watch_service.evaluate_silent(session, clock.now()) == 0
