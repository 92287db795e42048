"""A patient about whom something is stored in every table there is, told through the doors of the rooms where they have
one, and the same record read back.
"""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from tests.features.alerts.conftest import CALM, STEP, Told
from tests.features.own import own_document
from tests.features.posture import desk
from tests.features.training.conftest import Training
from tracker.accounts import service as accounts
from tracker.accounts.models import CareLink, Clinic, Consent, Person
from tracker.alerts import parameters_service, workflow_service
from tracker.alerts.models import Alert
from tracker.clinic.models import Appointment, Message, PatientNote, Proposal
from tracker.clock import FixedClock
from tracker.db import Session, blind_index
from tracker.diary.models import Episode
from tracker.diary.rules import SPOTS
from tracker.learn.models import DeskCheck
from tracker.posture.models import PostureBaseline, PostureBreak, PostureMinute, PostureSettings, Watcher
from tracker.records import json_service
from tracker.regimen import own_service
from tracker.regimen.models import Easing
from tracker.regimen.rules import Prescribed
from tracker.reminders.models import Delivery, ReminderRule, ReminderSettings
from tracker.training import service as training_service
from tracker.training.documents import SessionDoc
from tracker.training.tracks import pack

BEGAN = datetime(2026, 2, 2, 17, 0, tzinfo=UTC)


@dataclass
class Rich:
    """The patient, who cares for them, and how late it has become."""

    patient: Person
    physio: Person
    clinic: Clinic
    clock: FixedClock

    @property
    def at(self) -> datetime:
        return self.clock.now()


def staff(session: Session, clinic: Clinic, at: datetime, **fields: Any) -> Person:
    email = fields.pop("email", f"{uuid.uuid4().hex[:8]}@clinic.example")
    person = Person(
        **{
            "clinic": clinic,
            "role": "physio",
            "name": "Jonas Berg",
            "email": email,
            "email_hash": blind_index(session, email),
            "time_zone": "Europe/Berlin",
            "created_at": at,
            **fields,
        }
    )
    session.add(person)
    session.flush()
    return person


def rich_patient(session: Session, **fields: Any) -> Rich:
    """Five weeks of a patient, committed."""
    clock = FixedClock(BEGAN)
    clinic = Clinic(name="Practice by the river", time_zone="Europe/Berlin", created_at=BEGAN)
    session.add(clinic)
    physio = staff(session, clinic, BEGAN, email="jonas@clinic.example")
    email = fields.pop("email", "ada@example.org")
    patient = staff(
        session, clinic, BEGAN, role="patient", name="Ada Field", email=email, phone="+49 30 123456", birth_year=1980,
        password_hash="$argon2id$secret-hash", **fields,
    )  # fmt: skip
    session.add(CareLink(patient_id=patient.id, physio_id=physio.id, since=BEGAN, reason="hand-over"))
    session.add_all(Consent(person_id=patient.id, kind=kind, granted_at=BEGAN) for kind in ("camera", "landmarks"))
    session.add(Consent(person_id=patient.id, kind="sharing", granted_at=BEGAN, withdrawn_at=BEGAN))
    session.add(Consent(person_id=patient.id, kind="sharing", granted_at=BEGAN))
    parameters_service.save_parameters(
        session, clinic.id, preset="sensitive", base_number=0, actor=physio, at=BEGAN, patient_id=patient.id
    )
    session.commit()
    rich = Rich(patient, physio, clinic, clock)
    told = Told(session, clock)
    told.history(patient, CALM)
    told.next_day()
    told.days(patient, STEP)
    _more_forms(told, patient)
    _alerts(session, told, rich)
    _training(session, rich)
    _at_the_desk(session, rich)
    _the_clinics_side(session, rich)
    session.commit()
    return rich


def _more_forms(told: Told, patient: Person) -> None:
    told.intake(patient, activities=[{"id": "a0", "words": "gardening"}], cautions=["OP"])
    medicines = [{"name": "Ibuprofen", "days": 2}]
    told.tell(patient, "weekly", peg_pain=4, peg_enjoyment=3, peg_activity=5, mood=6, stress=2, medicines=medicines)
    activity = {"id": "a1", "score": 6, "words": "carrying my daughter"}
    told.tell(patient, "fortnight", activities=[activity])
    told.tell(patient, "monthly", phq2=[1, 0])
    told.day(patient, 5, entry="again", body=[{"spot": _spot(), "intensity": 4}])
    told.day(patient, 6, entry="again")
    told.session.add(
        Episode(
            patient_id=patient.id, began_on=BEGAN.date() - timedelta(days=400), created_at=BEGAN, ended_on=BEGAN.date()
        )
    )


def _spot() -> str:
    return min(SPOTS)


def _alerts(session: Session, told: Told, rich: Rich) -> None:
    told.flag(rich.patient, "D_ARM")
    alerts = session.scalars(select(Alert).where(Alert.patient_id == rich.patient.id, Alert.closed_at.is_(None))).all()
    for alert in alerts:
        if alert.level >= 2:
            workflow_service.acknowledge(session, alert, rich.physio, rich.at)
            workflow_service.note_contact(session, alert, rich.physio, rich.at, how="call")
    session.commit()
    assert any(alert.level >= 2 for alert in alerts)


def _training(session: Session, rich: Rich) -> None:
    own = own_service.save_new(session, author=rich.physio, document=own_document(), at=rich.at)
    training = Training(session, rich.clock)
    lines = [training.line(), training.line("wall-angel", note="slowly")]
    lines.append(Prescribed("", own.slug, 2, 8, None, frozenset({1, 3, 5})))
    rows = training.plan(rich.patient, *lines, author=rich.physio)
    rows = training.plan(rich.patient, *lines[:2], author=rich.physio, number=1)
    track = pack([0.0, 0.05], [5000, 5000, 10000] * 33 * 2, width=640, height=480)
    document = training.document(
        rows["overhead-press"],
        training.set(reaches=(1.0, 0.5, 1.0), track=base64.b64encode(track).decode()),
        pain_before=3, pain_during=4, effort=5, note="=went well", stop_reason="finished",
        started_at=rich.at - timedelta(minutes=9), ended_at=(rich.at - timedelta(minutes=2)).isoformat(),
    )  # fmt: skip
    saved = training_service.receive(
        session,
        patient=rich.patient,
        document=SessionDoc.model_validate(document),
        keep_tracks=True,
        received_at=rich.at,
    )
    repetition = uuid.UUID(document["sets"][0]["repetition_ids"][0])
    training_service.correct(session, patient=rich.patient, repetition_id=repetition, wanted=False, at=rich.at)
    Told(session, rich.clock).tell(rich.patient, "morning", session_id=saved.session_id, pain=4)
    session.add(
        Easing(
            patient_id=rich.patient.id, exercise="overhead-press", factor=0.5, from_on=rich.at.date(),
            until_on=rich.at.date() + timedelta(days=7), cause="pain_during", detail={"pain": 6}, created_at=rich.at,
        )
    )  # fmt: skip
    session.add(
        Proposal(
            patient_id=rich.patient.id, exercise="overhead-press", plan_number=2, kind="progress",
            change={"field": "reps", "before": 10, "after": 12}, evidence={"sessions": [str(saved.session_id)]},
            made_at=rich.at, decided_at=rich.at, decided_by=rich.physio.id, decision="accepted", note="good",
        )
    )  # fmt: skip


def _at_the_desk(session: Session, rich: Rich) -> None:
    who, at = rich.patient.id, rich.at
    browser = Watcher(id=uuid.uuid4(), patient_id=who, kind="browser", name="Firefox", created_at=at, seen_at=at)
    computer = Watcher(
        id=uuid.uuid4(), patient_id=who, kind="agent", name="Desk", token_hash="a" * 64, created_at=at, seen_at=at
    )
    session.add_all([browser, computer])
    document = desk.baseline(at)
    place = PostureBaseline(
        id=uuid.uuid4(), patient_id=who, place_id=uuid.uuid4(), place_name="Desk", camera="Webcam", view="front",
        confidence="normal", engine_version="1.0.0", document=document["document"],
        source="browser", made_at=at,
    )  # fmt: skip
    session.add(place)
    session.flush()
    session.add_all(
        PostureMinute(
            watcher_id=browser.id, starts_at=at - timedelta(minutes=number), patient_id=who, local_date=at.date(),
            comfort_s=40, slouch_s=10, away_s=5, unknown_s=5, changes=number, stands=1, still_s=20,
            movement=0.1 + number, score=70, view="front", baseline_id=place.id if number % 2 else uuid.uuid4(),
            received_at=at,
        )
        for number in range(5)
    )  # fmt: skip
    session.add(PostureSettings(patient_id=who, sit_stand=True, began_on=at.date(), changed_at=at))
    session.add(
        PostureBreak(
            id=uuid.uuid4(), patient_id=who, watcher_id=browser.id, cause="still", offered_at=at, local_date=at.date(),
            exercise="wall-angel", outcome="taken", credited_by="exercise", ended_at=at,
        )
    )  # fmt: skip
    session.add(
        DeskCheck(patient_id=who, local_date=at.date(), answers={"laptop": "no", "light": "yes"}, created_at=at)
    )


def _the_clinics_side(session: Session, rich: Rich) -> None:
    who, physio, at = rich.patient.id, rich.physio, rich.at
    colleague = staff(session, rich.clinic, at, name="Mara Holt")
    session.add_all(
        [
            Message(patient_id=who, author_id=physio.id, text="How is the arm?", sent_at=at),
            Message(
                patient_id=who, author_id=who, text="Better “today” 🙂\r\nthanks", sent_at=at + timedelta(minutes=1)
            ),
            PatientNote(patient_id=who, author_id=colleague.id, kind="call", at=at, text="Called, all well"),
            Appointment(
                patient_id=who, physio_id=physio.id, starts_at=at + timedelta(days=7), note="room 2", created_at=at
            ),
        ]
    )
    session.add(ReminderSettings(person_id=who, channels=["in_app", "email"], calendar_hash="c" * 64, created_at=at))
    session.add(ReminderRule(person_id=who, kind="exercise", times=["08:30", "18:00"], changed_at=at))
    session.add(
        Delivery(
            kind="exercise", subject="rule:x", person_id=who, due_at=at, not_before=at, channel="in_app", created_at=at,
            payload={"day": "2026-03-10", "time": "08:30"},
        )
    )  # fmt: skip
    session.flush()
    accounts.record_audit(session, actor=physio, patient=who, action="patient.read", subject="patient", at=at)


def text_of(session: Session, patient: Person, at: datetime) -> str:
    """The complete record as it would be downloaded."""
    return "".join(json_service.pieces(session, session.get_one(Person, patient.id), at))


def document_of(session: Session, patient: Person, at: datetime) -> dict[str, Any]:
    return json.loads(text_of(session, patient, at))


def travels(document: dict[str, Any]) -> dict[str, Any]:
    """What an import takes: everything but what happened in one installation."""
    return {key: value for key, value in document.items() if key != "here"}
