"""Erasing a record leaves no trace of the person but the lines that say so."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import func, select

from tests.features.conftest import NOON, PASSWORD
from tests.features.records.rich import Rich, rich_patient
from tracker.accounts import service as accounts
from tracker.accounts import sign_in_service
from tracker.accounts.models import AuditEvent, Clinic, Invitation, Person, RecoveryCode, SignInSession
from tracker.alerts import service as alerts
from tracker.alerts.models import Alert
from tracker.clinic import message_service
from tracker.db import Base, Session
from tracker.diary import documents
from tracker.diary import service as diary
from tracker.posture.models import Pairing
from tracker.records import erasure_service
from tracker.records.errors import NotTheirsError
from tracker.records.models import Erasure
from tracker.regimen.models import ClinicExercise, PlanTemplate
from tracker.reminders.models import ClinicChannels, Delivery, PushSubscription

STAYS = {"audit_event", "erasure"}
OF_STAFF = {"absence", "saved_view"}
"""Tables that name people of the staff only."""


def besides(session: Session, rich: Rich) -> None:
    """What there is of a person that is no part of their record."""
    who, at = rich.patient, rich.at
    session.add_all(
        [
            SignInSession(
                person_id=who.id, token_hash="t" * 64, created_at=at, last_seen_at=at, expires_at=at, device="Firefox"
            ),
            PushSubscription(
                person_id=who.id, endpoint="https://push.example.org/a", endpoint_hash="0" * 64, p256dh="x", auth="x",
                created_at=at,
            ),
            Pairing(code_hash="p" * 64, patient_id=who.id, created_at=at, expires_at=at),
            RecoveryCode(person_id=who.id, code_hash="r" * 64),
            Invitation(
                token_hash="i" * 64, clinic_id=rich.clinic.id, inviter_id=rich.physio.id, role="patient", name=who.name,
                email=who.email, created_at=at, expires_at=at, used_at=at, person_id=who.id,
            ),
        ]
    )  # fmt: skip
    sign_in_service.begin_attempt(session, who.email or "", "address", at)
    message_service.send(session, patient=who, author=who, text="for my physio", at=at)
    session.commit()


def traces(session: Session, ids: set[str]) -> dict[str, list[str]]:
    """Tables and columns in which one of these ids still stands, however it is written."""
    wanted = {*ids, *(each.replace("-", "") for each in ids)}
    metadata = sa.MetaData()
    metadata.reflect(session.connection())
    found: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        for row in session.execute(select(table)).mappings():
            for name, value in row.items():
                text = value if isinstance(value, str) else json.dumps(value, default=str)
                if any(each in text for each in wanted):
                    found.setdefault(table.name, []).append(name)
    return found


def tables_about_people() -> set[str]:
    """Every table from which foreign keys that delete lead to a person."""
    known = {"person"}
    while True:
        more = {
            table.name
            for table in Base.metadata.sorted_tables
            for key in table.foreign_keys
            if key.column.table.name in known and key.ondelete == "CASCADE"
        }
        if more <= known:
            return known
        known |= more


def test_nothing_is_left_on_either_engine(sessions):
    with sessions() as session:
        rich = rich_patient(session)
        besides(session, rich)
        who = rich.patient.id
        alert_ids = {str(each) for each in session.scalars(select(Alert.id))}
        before = traces(session, {str(who)})
        about = tables_about_people() - OF_STAFF - {"plan_revision"}
        rows = {name: session.scalar(select(func.count()).select_from(Base.metadata.tables[name])) for name in about}
        assert [name for name, count in rows.items() if not count] == [], "there was something to erase everywhere"
        assert "delivery" in traces(session, alert_ids), "staff had been told of this patient"
        done = erasure_service.erase(session, rich.patient, asked_by=rich.patient, at=rich.at)
        session.commit()
        after = traces(session, {str(who)})
        assert set(before) - STAYS, "the search finds ids"
        assert set(after) == STAYS
        assert set(traces(session, alert_ids)) <= {"audit_event"}
        staff = set(session.scalars(select(Person.role)))
        assert staff == {"physio"}
        proof = session.scalars(select(Erasure)).one()
        assert (proof.id, proof.person_id, proof.asked_by) == (done.erasure_id, who, who)
        assert proof.counts["check_in"] > 20
        assert proof.counts["track"] == 1
        assert "audit_event" not in proof.counts
        last = session.scalars(select(AuditEvent).where(AuditEvent.action == "record.erased")).one()
        assert last.detail == {"by": "self", "open_urgent": 0}
        assert session.scalar(select(func.count()).select_from(ClinicExercise)) == 1, "the clinic's own stay"


def test_only_patients_can_be_erased(sessions):
    with sessions() as session:
        clinic = Clinic(name="Practice", created_at=NOON)
        physio = Person(clinic=clinic, role="physio", name="Last One", created_at=NOON)
        session.add(physio)
        session.flush()
        with pytest.raises(NotTheirsError):
            erasure_service.erase(session, physio, asked_by=physio, at=NOON)


# ---------------------------------------------------------------------------------------------- by the patient


def erase(browser: Any, **fields: str) -> Any:
    return browser.post("/account/data/erase", {"word": "erase", "current": PASSWORD, **fields})


def test_a_patient_erases_everything_and_is_signed_out_everywhere(rich, signed_in, database, anonymous):
    here, elsewhere = signed_in(rich.patient), signed_in(rich.patient)
    physio = signed_in(rich.physio)
    assert physio.get(f"/patients/{rich.patient.id}").status_code == 200
    email, path = rich.patient.email, f"/patients/{rich.patient.id}"
    answer = erase(here)
    assert answer.status_code == 302
    assert answer.location.endswith("/sign-in")
    assert answer.headers["Clear-Site-Data"] == '"storage"'
    assert "erased" in here.get("/sign-in").text
    assert elsewhere.get("/today").location.startswith("/sign-in")
    assert physio.get(path).status_code == 404
    assert anonymous.post("/sign-in", {"email": email, "password": PASSWORD}).status_code == 422
    assert database.scalar(select(func.count()).where(Person.role == "patient")) == 0


@pytest.mark.parametrize("fields", [{"word": "yes"}, {"word": ""}, {"current": "not it"}, {"current": ""}])
def test_without_the_word_or_the_password_nothing_happens(rich, signed_in, database, fields):
    browser = signed_in(rich.patient)
    answer = erase(browser, **fields)
    assert answer.status_code == 422
    assert "errors-summary" in answer.text
    assert database.scalar(select(func.count()).where(Person.role == "patient")) == 1
    assert browser.get("/account/data").status_code == 200


def test_guessing_the_password_there_is_slowed_down(rich, signed_in):
    browser = signed_in(rich.patient)
    answers = [erase(browser, current=f"wrong {number}").status_code for number in range(12)]
    assert answers[0] == 422
    assert answers[-1] == 429


def urgent(database: Any, rich: Rich) -> None:
    document = documents.parse(
        {
            "id": str(uuid.uuid4()),
            "entry_id": str(uuid.uuid4()),
            "form": "flags",
            "local_date": rich.at.date().isoformat(),
            "answered_at": rich.at.isoformat(),
            "answers": {"flags": {"E_WEAK": {"answer": "new"}}},
        }
    )
    diary.receive(database, patient=rich.patient, document=document, received_at=rich.at)
    alerts.record_changed(database, rich.patient.id, rich.at)
    database.commit()


def test_with_something_urgent_open_the_page_says_so_and_those_who_could_see_it_are_told(rich, signed_in, database):
    urgent(database, rich)
    browser = signed_in(rich.patient)
    page = browser.get("/account/data/erase").text
    assert "Something urgent is still open" in page
    name = rich.patient.name
    assert erase(browser).status_code == 302
    rows = database.scalars(select(Delivery).where(Delivery.person_id == rich.physio.id)).all()
    assert {row.kind for row in rows} == {"erased"}
    for row in rows:
        row.state, row.finished_at = "sent", rich.at
    database.commit()
    notices = signed_in(rich.physio).get("/notices").text
    assert "A patient has erased their record" in notices
    assert name not in notices


def test_who_did_not_share_tells_nobody_by_erasing(rich, signed_in, database):
    urgent(database, rich)
    browser = signed_in(rich.patient)
    browser.post("/account/consents/sharing/withdraw")
    erase(browser)
    assert database.scalar(select(func.count()).where(Delivery.kind == "erased")) == 0


def test_somebody_alone_takes_the_household_along_and_the_installation_is_empty_again(
    people, signed_in, database, clock
):
    for each in database.scalars(select(Person)):
        database.delete(each)
    database.commit()
    alone = people.solo(name="Sol Winter")
    alone.clinic.name = "Sol Winter"
    clinic_id = alone.clinic_id
    database.add_all(
        [
            ClinicChannels(clinic_id=clinic_id, apprise_urls="tgram://secret", changed_at=clock.now()),
            ClinicExercise(clinic_id=clinic_id, slug="own-mine", title="Mine", created_at=clock.now()),
            PlanTemplate(clinic_id=clinic_id, name="Mine", items=[], created_at=clock.now()),
        ]
    )
    database.commit()
    assert erase(signed_in(alone)).status_code == 302
    database.expire_all()
    assert accounts.is_empty(database)
    assert accounts.renew_set_up_link(database, clock.now()) is not None
    clinic = database.get_one(Clinic, clinic_id)
    assert clinic.name == "-"
    for model in (ClinicChannels, ClinicExercise, PlanTemplate):
        assert database.scalar(select(func.count()).where(model.clinic_id == clinic_id)) == 0
    assert database.scalars(select(Erasure.clinic_id)).all() == [clinic_id]


# ---------------------------------------------------------------------------------------------- by the clinic


@pytest.fixture
def admin(rich, people) -> Any:
    return people.admin(rich.clinic)


@pytest.mark.parametrize("by", ["address", "number"])
def test_the_clinics_admin_erases_on_request_and_keeps_the_proof(rich, admin, signed_in, database, by):
    whom = rich.patient.email if by == "address" else str(rich.patient.id)
    who, name = rich.patient.id, rich.patient.name
    browser = signed_in(admin)
    fields = {"whom": f" {whom.upper() if by == 'address' else whom}", "word": "Erase", "current": PASSWORD}
    answer = browser.post("/clinic-settings/erasure", fields)
    assert answer.status_code == 302
    page = browser.get("/clinic-settings/erasure").text
    assert str(who) in page
    assert admin.name in page
    assert name not in page
    assert database.get(Person, who) is None


@pytest.mark.parametrize(
    "whom",
    ["nobody@example.org", "jonas@clinic.example", "67e54c91-5b45-4ae0-8a3d-a9ca402f0204", "", "ada", "elsewhere"],
)
def test_whoever_is_no_patient_of_the_clinic_cannot_be_named(rich, admin, people, signed_in, database, whom):
    elsewhere = people.patient(name="Elsewhere", email="elsewhere@example.org")
    number = database.scalar(select(func.count()).select_from(Person))
    for each in {whom, str(elsewhere.id) if whom == "elsewhere" else whom, str(rich.physio.id)}:
        fields = {"whom": each, "word": "erase", "current": PASSWORD}
        assert signed_in(admin).post("/clinic-settings/erasure", fields).status_code == 422
    assert database.scalar(select(func.count()).select_from(Person)) == number


def test_the_admins_own_password_is_needed(rich, admin, signed_in, database):
    fields = {"whom": rich.patient.email, "word": "erase", "current": "not it"}
    assert signed_in(admin).post("/clinic-settings/erasure", fields).status_code == 422
    assert database.get(Person, rich.patient.id) is not None
