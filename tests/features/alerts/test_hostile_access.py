"""Who gets at what through the doors of escalation without having any business there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from tests.features.alerts.conftest import Told
from tests.features.conftest import People
from tracker.accounts.models import CareLink, Person
from tracker.alerts import workflow_service, worklist_service
from tracker.alerts.errors import ConflictError
from tracker.alerts.models import Alert
from tracker.clock import FixedClock
from tracker.db import Session
from tracker.diary.models import CheckIn
from tracker.reminders.models import Delivery


@pytest.fixture
def alert(told: Told, patient: Person, duty: None, database: Session) -> Alert:  # noqa: ARG001
    told.flag(patient, "U_FEVER")
    return database.scalars(select(Alert).where(Alert.patient_id == patient.id)).one()


def test_an_old_escalation_does_not_open_a_record_that_somebody_has_taken_care_of_since(
    told: Told, patient: Person, physio: Person, backup: Person, alert: Alert, database: Session, clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=3))
    came = update(Delivery).where(Delivery.due_at <= clock.now(), Delivery.state == "due")
    database.execute(came.values(state="sent", finished_at=clock.now()))
    assert alert.id in workflow_service.escalations_to(database, backup, clock.now())
    workflow_service.acknowledge(database, alert, physio, clock.now())
    database.commit()
    clock.advance(timedelta(minutes=1))
    # It rises: its physiotherapist is asked anew, and has all the time there is to answer.
    told.flag(patient, "U_IMMUNE")
    database.refresh(alert)
    assert alert.acknowledged_at is None

    assert alert.id not in [each.alert_id for each in worklist_service.escalated_to(database, backup, clock.now())]
    with pytest.raises(ConflictError, match="not_escalated"):
        workflow_service.stand_in(database, backup, alert.id, clock.now())


def test_nobody_else_stands_in(
    people: People, alert: Alert, clinic: Any, signed_in: Any, database: Session, clock: FixedClock
) -> None:
    clock.advance(timedelta(hours=5))
    for stranger in (people.physio(clinic), people.physio(), people.physio(is_admin=True)):
        browser = signed_in(stranger)
        assert browser.post(f"/alerts/{alert.id}/stand-in").status_code == 404
        assert browser.get(f"/alerts/{alert.id}").status_code == 404
    database.commit()
    assert len(database.scalars(select(CareLink)).all()) == 1


def test_a_withdrawn_consent_hides_everything_from_everybody(
    told: Told, patient: Person, physio: Person, backup: Person, alert: Alert, signed_in: Any,
    database: Session, clock: FixedClock,
) -> None:  # fmt: skip
    clock.advance(timedelta(hours=3))
    assert signed_in(backup).post(f"/alerts/{alert.id}/stand-in").status_code == 302
    told.day(patient, 9)

    assert signed_in(patient).post("/account/consents/sharing/withdraw").status_code == 302

    database.commit()
    for member in (physio, backup):
        browser = signed_in(member)
        assert browser.get(f"/alerts/{alert.id}").status_code == 404
        for action in ("acknowledge", "snooze", "close", "baseline", "confirm", "called", "stand-in"):
            assert browser.post(f"/alerts/{alert.id}/{action}").status_code == 404
        assert patient.name not in browser.get("/alerts").text
        page = browser.get(f"/patients/{patient.id}").text
        assert not any(words in page for words in ("Usual", "fever", "Fever", "alert-line", f"/alerts/{alert.id}"))
        caseload = browser.get("/patients").text
        assert not any(words in caseload for words in ("ever", "sparkline", f"/alerts/{alert.id}"))
        assert browser.post(f"/patients/{patient.id}/alert-numbers", {"preset": "sensitive"}).status_code == 404
        assert browser.post(f"/patients/{patient.id}/examined", {}).status_code == 404
        answer = browser.post(f"/patients/{patient.id}/messages", {"text": "Hello", "alert": str(alert.id)})
        assert answer.status_code == 404
        assert f"/alerts/{alert.id}" not in browser.get("/notices").text


def test_one_patient_neither_reads_nor_overwrites_what_another_told(
    told: Told, people: People, patient: Person, alert: Alert, signed_in: Any, database: Session
) -> None:
    theirs = database.scalars(select(CheckIn).where(CheckIn.patient_id == patient.id)).one()
    browser = signed_in(people.patient(people.physio()))
    document = {
        "form": "flags",
        "local_date": told.today(patient).isoformat(),
        "answered_at": told.at.isoformat(),
        "answers": {"none_of_these": True},
    }
    for ids in (
        {"id": str(theirs.id), "entry_id": str(theirs.entry_id)},
        {"id": str(uuid4()), "entry_id": str(theirs.entry_id)},
        {"id": str(theirs.id), "entry_id": str(uuid4())},
    ):
        assert browser.post_json("/api/check-ins", {**document, **ids}).status_code == 404
    for path in (
        f"/check-in/done/{theirs.id}",
        f"/check-in/flags?entry={theirs.entry_id}",
        f"/outcome/{alert.id}",
    ):
        assert browser.get(path).status_code == 404
    assert browser.post(f"/outcome/{alert.id}", {"helped": "yes"}).status_code == 404
    assert browser.post(f"/outcome/{alert.id}/release", {"examined": "yes", "allowed": "yes"}).status_code == 404
    database.commit()
    assert len(database.scalars(select(CheckIn).where(CheckIn.entry_id == theirs.entry_id)).all()) == 1


def test_a_watched_patient_does_not_release_themselves(
    patient: Person, alert: Alert, signed_in: Any, database: Session
) -> None:
    answer = signed_in(patient).post(f"/outcome/{alert.id}/release", {"examined": "yes", "allowed": "yes"})

    assert answer.status_code == 409
    database.refresh(alert)
    assert alert.closed_at is None


@pytest.mark.usefixtures("alert")
def test_nobody_acts_on_the_notice_of_somebody_else(
    physio: Person, backup: Person, signed_in: Any, database: Session
) -> None:
    row = database.scalars(select(Delivery).where(Delivery.person_id == physio.id).limit(1)).one()
    browser = signed_in(backup)
    for action in ("dismiss", "snooze", "open", "not_today"):
        assert browser.post(f"/notices/mine/{row.id}", {"action": action}).status_code == 404
