"""Prescribing: every save is a new version, and nobody's work is lost."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tracker.accounts.models import AuditEvent
from tracker.regimen.models import ImmutableRowError, Plan, PlanRevision, Prescription, Standing
from tracker.regimen.rules import PROGRAMMES
from tracker.regimen.service import current_plan


def form(base_number: int = 0, *, exercise: str = "overhead-press", **fields) -> dict:
    data = {
        "base_number": str(base_number),
        "reason": "",
        f"{exercise}-included": "y",
        f"{exercise}-sets": "2",
        f"{exercise}-weekdays": ["1", "3", "5"],
        f"{exercise}-side": "both",
        f"{exercise}-note": "",
    }
    if exercise == "cross-body-stretch":
        data[f"{exercise}-hold_s"] = "20"
    else:
        data[f"{exercise}-reps"] = "10"
    return {**data, **{f"{exercise}-{name}" if name != "reason" else name: value for name, value in fields.items()}}


@pytest.fixture
def physio(people):
    return people.physio(name="Jonas Berg")


@pytest.fixture
def patient(people, physio):
    return people.patient(physio)


def test_a_physio_prescribes_and_the_patient_sees_it_at_once(patient, physio, signed_in):
    doctor = signed_in(physio)
    data = form() | form(exercise="cross-body-stretch", weekdays=["2"])
    answer = doctor.post(f"/patients/{patient.id}/plan", data)
    assert answer.status_code == 302
    page = signed_in(patient).get("/today").text
    assert "Cross-body shoulder stretch" in page
    assert "Overhead press" not in page  # Tuesday


def test_a_new_version_leaves_the_old_one_as_it_was(patient, physio, signed_in, database):
    doctor = signed_in(physio)
    doctor.post(f"/patients/{patient.id}/plan", form())
    doctor.post(f"/patients/{patient.id}/plan", form(1, reps="12", reason="Going well."))
    assert [
        row.reps for row in database.scalars(select(Prescription).join(PlanRevision).order_by(PlanRevision.number))
    ] == [10, 12]
    page = doctor.get(f"/patients/{patient.id}/plan").text
    assert "repetitions 10 → 12" in page
    assert "Going well." in page
    assert "Jonas Berg" in page


def test_saving_without_a_change_makes_no_version(patient, physio, signed_in, database):
    doctor = signed_in(physio)
    doctor.post(f"/patients/{patient.id}/plan", form())
    doctor.post(f"/patients/{patient.id}/plan", form(1))
    assert current_plan(database, patient.id).number == 1


def test_a_stale_editor_is_told_kindly_and_keeps_what_was_typed(patient, physio, signed_in, database):
    doctor = signed_in(physio)
    doctor.post(f"/patients/{patient.id}/plan", form())
    doctor.post(f"/patients/{patient.id}/plan", form(1, reps="12"))
    answer = doctor.post(f"/patients/{patient.id}/plan", form(1, reps="8", note="Easy does it"))
    assert answer.status_code == 409
    assert "Somebody saved this plan while you were working on it." in answer.text
    assert 'value="8"' in answer.text
    assert "Easy does it" in answer.text
    assert "repetitions 10 → 12" in answer.text
    assert 'name="base_number" value="2"' in answer.text
    assert current_plan(database, patient.id).number == 2
    assert doctor.post(f"/patients/{patient.id}/plan", form(2, reps="8")).status_code == 302


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reps": "99"}, "Between 4 and 15."),
        ({"reps": ""}, "Between 4 and 15."),
        ({"sets": "0"}, "Between 1 and 4."),
        ({"weekdays": []}, "Choose at least one day."),
        ({"sets": "many"}, "Not a valid integer value."),
        ({"note": "x" * 501}, "500"),
    ],
)
def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_saved(
    patient, physio, signed_in, database, fields, sentence
):
    answer = signed_in(physio).post(f"/patients/{patient.id}/plan", form(**fields))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert current_plan(database, patient.id).number == 0


def test_the_order_typed_is_the_order_kept(patient, physio, signed_in, database):
    data = form(order="2") | form(exercise="seated-row", order="1")
    signed_in(physio).post(f"/patients/{patient.id}/plan", data)
    assert [item.exercise for item in current_plan(database, patient.id).items] == ["seated-row", "overhead-press"]


def test_an_emptied_plan_is_a_version_too(patient, physio, signed_in, database):
    doctor = signed_in(physio)
    doctor.post(f"/patients/{patient.id}/plan", form())
    doctor.post(f"/patients/{patient.id}/plan", {"base_number": "1", "reason": "Pause"})
    plan = current_plan(database, patient.id)
    assert (plan.number, plan.items) == (2, ())


def test_every_save_is_in_the_audit_trail(patient, physio, signed_in, database):
    signed_in(physio).post(f"/patients/{patient.id}/plan", form())
    actions = set(database.scalars(select(AuditEvent.action).where(AuditEvent.patient_id == patient.id)))
    assert {"plan.write", "plan.saved"} <= actions


def test_a_revision_cannot_be_changed(patient, training, database):
    training.plan(patient)
    database.scalars(select(Prescription)).one().reps = 3
    with pytest.raises(ImmutableRowError):
        database.flush()
    database.rollback()
    database.scalars(select(PlanRevision)).one().reason = "no"
    with pytest.raises(ImmutableRowError):
        database.flush()


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_the_physio_in_charge_can_open_the_plan(people, patient, physio, signed_in, method):
    path = f"/patients/{patient.id}/plan"
    colleague = signed_in(people.physio(physio.clinic))
    assert getattr(colleague, method)(path).status_code == 404
    assert getattr(signed_in(patient), method)(path).status_code == 403


def test_a_person_without_a_physio_picks_a_programme_and_changes_it(people, signed_in, database):
    alone = people.solo()
    browser = signed_in(alone)
    page = browser.get("/programme?start=build").text
    assert "Filled in below" in page
    assert current_plan(database, alone.id).number == 0  # nothing is saved by looking
    browser.post("/programme", form())
    assert [item.reps for item in current_plan(database, alone.id).items] == [10]
    assert "Overhead press" not in browser.get("/today").text
    browser.post("/programme", form(1, weekdays=["2"]))
    assert "Overhead press" in browser.get("/today").text


def test_a_programme_says_who_should_ask_first_before_it_is_picked(people, signed_in):
    page = signed_in(people.solo()).get("/programme").text
    settle = page.partition("start=settle")[2].partition("</a>")[0]
    assert "Not without asking first: osteoporosis, shoulder trouble, nerve pain from the neck." in settle
    assert page.count("Not without asking first:") == len(PROGRAMMES)


@pytest.mark.parametrize(
    ("exercise", "sentence"),
    [
        ("upper-trapezius-stretch", "The side your head goes to; the other side is stretched."),
        ("levator-scapulae-stretch", "The side your head goes to; the other side is stretched."),
        ("neck-side-flexion-rom", "The side you move to."),
        ("trunk-rotation-rom", "The side you move to."),
        ("seated-thoracic-rotation", "The side you move to."),
        ("cross-body-stretch", None),
        ("shoulder-flexion-rom", None),
        ("bird-dog", None),
        ("thread-the-needle", None),
    ],
)
def test_the_editor_says_which_side_is_meant_where_that_is_a_question(patient, physio, signed_in, exercise, sentence):
    page = signed_in(physio).get(f"/patients/{patient.id}/plan").text
    line = page.partition(f'id="line-{exercise}"')[2].partition('id="line-')[0]
    described = f'id="{exercise}-side-help">'
    assert f'id="{exercise}-side"' in line
    if sentence is None:
        assert described not in line
    else:
        assert f"{described}{sentence}</div>" in line
        assert f'aria-describedby="{exercise}-side-help"' in line


def test_a_patient_with_a_physio_has_no_programme_page_of_their_own(patient, signed_in, database):
    browser = signed_in(patient)
    assert browser.get("/programme").status_code == 404
    assert browser.post("/programme", form()).status_code == 404
    assert database.scalars(select(Plan)).all() == []


def test_ones_own_editor_says_nothing_of_a_lock(people, signed_in, database):
    whom = people.solo()
    database.get(Standing, whom.id).locked = True
    database.commit()
    assert "are locked" not in signed_in(whom).get("/programme").text
