"""Prescribing: cautions, programmes, versions, and what the patient sees of it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.features.clinic.doing import Fresh
from tracker.accounts.models import Consent
from tracker.diary.models import CheckIn
from tracker.regimen.models import PlanTemplate, Prescription
from tracker.regimen.rules import PROGRAMMES, Prescribed
from tracker.regimen.service import current_plan, items_of_version, save_revision
from tracker.training.models import Repetition, SetResult, TrainingSession

EVERY_DAY = frozenset(range(1, 8))


@pytest.fixture
def desk(physio, signed_in, clock):
    """Signed in anew after weeks."""
    return Fresh(signed_in, physio, clock)


@pytest.fixture
def flagged(database, clock):
    """`flagged(patient, "SH")`: they said so in the first questions."""

    def tell(patient, *flags):
        at = clock.now()
        database.add(
            CheckIn(
                id=uuid.uuid4(), entry_id=uuid.uuid4(), patient_id=patient.id, form="intake", local_date=at.date(),
                time_zone="Europe/Berlin", answered_at=at, received_at=at, late=False, counts=True, source="page",
                answers={"none_of_these": True, "cautions": list(flags)},
            )
        )  # fmt: skip
        database.commit()

    return tell


@pytest.fixture
def plan(database, patient, physio, clock):
    def save(number, *lines, reason=None):
        save_revision(
            database,
            patient_id=patient.id,
            author_id=physio.id,
            base_number=number,
            items=[Prescribed("", exercise, 2, reps, None, EVERY_DAY) for exercise, reps in lines],
            reason=reason,
            at=clock.now(),
        )
        database.commit()

    return save


def fields(base, *lines, **more):
    form = {"base_number": str(base)}
    for exercise, reps in lines:
        form |= {
            f"{exercise}-included": "y", f"{exercise}-sets": "2", f"{exercise}-reps": str(reps),
            f"{exercise}-weekdays": ["1", "3"],
        }  # fmt: skip
    return form | more


def test_a_conflict_is_refused_until_somebody_says_why(desk, patient, flagged, database):
    flagged(patient, "SH")
    path = f"/patients/{patient.id}/plan"
    assert "Shoulder trouble" in desk.get(path).text
    refused = desk.post(path, fields(0, ("band-pull-apart", 12)))
    assert refused.status_code == 422
    assert "Please say why it fits all the same." in refused.text
    assert current_plan(database, patient.id).number == 0
    why = "Full range since March, cleared by Dr. Lind"
    assert (
        desk.post(path, fields(0, ("band-pull-apart", 12), **{"band-pull-apart-override_reason": why})).status_code
        == 302
    )
    database.commit()
    (row,) = database.query(Prescription).all()
    assert (row.overridden, row.override_reason) == (["SH"], why)
    assert why in desk.get(path).text


def refusals(answer):
    return re.findall(r'<li><a href="#([a-z-]+)-override_reason">', answer.text)


def test_a_dose_changes_without_old_cautions_being_justified_again(desk, plan, patient, flagged, database, clock):
    flagged(patient, "SH")
    plan(0, ("seated-row", 8), ("band-pull-apart", 12))
    clock.advance(timedelta(weeks=12))
    path = f"/patients/{patient.id}/plan"
    page = desk.get(path).text
    assert "Shoulder trouble" in page, "what speaks against it stays in sight"
    assert "you need not answer again" in page
    answer = desk.post(path, fields(1, ("seated-row", 6), ("band-pull-apart", 12)))
    assert answer.status_code == 302
    database.commit()
    assert {item.exercise: item.reps for item in current_plan(database, patient.id).items}["seated-row"] == 6


def test_only_what_is_new_in_the_plan_is_asked_about(desk, plan, patient, flagged, clock):
    flagged(patient, "SH")
    plan(0, ("seated-row", 8))
    clock.advance(timedelta(weeks=12))
    answer = desk.post(f"/patients/{patient.id}/plan", fields(1, ("seated-row", 6), ("band-pull-apart", 12)))
    assert answer.status_code == 422
    assert refusals(answer) == ["band-pull-apart"]


def test_a_caution_that_is_newer_than_the_prescription_is_shown_and_answered_once(
    desk, plan, patient, flagged, database, clock
):
    plan(0, ("seated-row", 8), ("band-pull-apart", 12))
    clock.advance(timedelta(weeks=4))
    plan(1, ("seated-row", 9), ("band-pull-apart", 12))
    flagged(patient, "SH")
    clock.advance(timedelta(weeks=1))
    path = f"/patients/{patient.id}/plan"
    assert desk.get(path).text.count("Known only since it was prescribed.") == 2
    answer = desk.post(path, fields(2, ("seated-row", 10), ("band-pull-apart", 12)))
    assert answer.status_code == 422
    assert set(refusals(answer)) == {"seated-row", "band-pull-apart"}
    why = {f"{each}-override_reason": "Examined today, full range" for each in ("seated-row", "band-pull-apart")}
    assert desk.post(path, fields(2, ("seated-row", 10), ("band-pull-apart", 12), **why)).status_code == 302
    # Also with the field left empty: the answer that it had stays.
    assert desk.post(path, fields(3, ("seated-row", 8), ("band-pull-apart", 12))).status_code == 302
    database.commit()
    kept = {item.exercise: item.override_reason for item in current_plan(database, patient.id).items}
    assert set(kept.values()) == {"Examined today, full range"}
    assert "Known only since" not in desk.get(path).text


def test_a_step_that_nobody_looked_at_cautions_for_does_not_answer_them(desk, plan, patient, flagged, clock):
    plan(0, ("seated-row", 8))
    clock.advance(timedelta(weeks=4))
    flagged(patient, "SH")
    clock.advance(timedelta(weeks=1))
    plan(1, ("seated-row", 10))  # as an accepted step does: newer than the flag, and nobody was shown it
    assert refusals(desk.post(f"/patients/{patient.id}/plan", fields(2, ("seated-row", 9)))) == ["seated-row"]


def test_what_was_told_and_not_shared_when_it_was_prescribed_is_new(desk, plan, patient, flagged, database, clock):
    flagged(patient, "SH")
    plan(0, ("seated-row", 8))
    clock.advance(timedelta(weeks=4))
    for consent in database.scalars(select(Consent).where(Consent.person_id == patient.id)):
        consent.granted_at = clock.now()
    database.commit()
    assert refusals(desk.post(f"/patients/{patient.id}/plan", fields(1, ("seated-row", 9)))) == ["seated-row"]


def test_a_caution_told_again_in_a_correction_is_as_old_as_it_was(desk, plan, patient, flagged, clock):
    flagged(patient, "SH")
    plan(0, ("seated-row", 8))
    clock.advance(timedelta(weeks=4))
    flagged(patient, "SH", "KN")
    assert desk.post(f"/patients/{patient.id}/plan", fields(1, ("seated-row", 9))).status_code == 302
    clock.advance(timedelta(weeks=1))
    flagged(patient, "KN")
    clock.advance(timedelta(weeks=1))
    flagged(patient, "SH")
    assert refusals(desk.post(f"/patients/{patient.id}/plan", fields(2, ("seated-row", 8)))) == ["seated-row"]


def test_colleagues_read_the_reason_beside_the_exercise_in_the_changes_and_in_comparisons(
    desk, plan, patient, flagged, database, clock
):
    plan(0, ("seated-row", 8))
    clock.advance(timedelta(days=1))
    flagged(patient, "SH")
    clock.advance(timedelta(days=1))
    why = "Cleared by Dr. Lind"
    desk.post(f"/patients/{patient.id}/plan", fields(1, ("seated-row", 8), **{"seated-row-override_reason": why}))
    said = f"fits all the same (Shoulder trouble): {why}"
    page = desk.get(f"/patients/{patient.id}").text
    assert page.count(said.split(" ", 1)[1]) == 2, "beside the exercise, and among the changes"
    editor = desk.get(f"/patients/{patient.id}/plan?from=1&to=2").text
    assert editor.count(said) == 2, "in the history, and in the comparison"
    assert said not in desk.get(f"/patients/{patient.id}/plan?from=2&to=1").text.partition('id="compared"')[2]
    for consent in database.scalars(select(Consent).where(Consent.person_id == patient.id)):
        consent.withdrawn_at = clock.now()
    database.commit()
    assert why not in desk.get(f"/patients/{patient.id}").text
    assert why not in desk.get(f"/patients/{patient.id}/plan?from=1&to=2").text
    # And when it is shared again the answer is still there: a save in between took nothing away.
    assert desk.post(f"/patients/{patient.id}/plan", fields(2, ("seated-row", 6))).status_code == 302
    database.commit()
    assert current_plan(database, patient.id).items[0].override_reason == why


def test_what_does_not_concern_the_person_needs_no_reason(desk, patient, flagged):
    flagged(patient, "KN")
    assert desk.post(f"/patients/{patient.id}/plan", fields(0, ("band-pull-apart", 12))).status_code == 302


def test_the_reason_is_for_colleagues_not_for_the_patient(desk, patient, flagged, signed_in):
    flagged(patient, "SH")
    why = "SECRET WORDS"
    desk.post(
        f"/patients/{patient.id}/plan", fields(0, ("band-pull-apart", 12), **{"band-pull-apart-override_reason": why})
    )
    browser = signed_in(patient)
    assert all(why not in browser.get(path).text for path in ("/today", "/sessions", "/library/band-pull-apart"))


def test_without_sharing_the_flags_stay_unknown_and_the_page_says_so(desk, people, physio, flagged):
    private = people.patient(physio, consents=())
    flagged(private, "SH")
    page = desk.get(f"/patients/{private.id}/plan").text
    assert "cautions cannot be checked here" in page
    assert "caution-note" not in page


def test_the_programmes_of_the_house_can_begin_a_plan(desk, patient):
    for programme in PROGRAMMES:
        page = desk.get(f"/patients/{patient.id}/plan?start={programme.key}").text
        ticked = re.findall(
            r'line-included" type="checkbox" id="[^"]+" name="([a-z-]+)-included" value="y" checked', page
        )
        assert ticked == [line.exercise for line in programme.lines]


def test_a_clinics_own_programme_is_kept_begun_with_and_put_away(
    desk, plan, patient, people, physio, signed_in, database
):
    plan(0, ("seated-row", 9), ("overhead-press", 7))
    path = f"/patients/{patient.id}/plan"
    assert desk.post(f"{path}/template", {"name": " Desk workers "}).status_code == 302
    (row,) = database.query(PlanTemplate).all()
    assert row.name == "Desk workers"
    assert str(patient.id) not in str(row.items)
    assert desk.post(f"{path}/template", {"name": "desk WORKERS"}).status_code == 302
    assert database.query(PlanTemplate).count() == 1
    other = people.patient(physio)
    assert not any("note" in line for line in row.items), "what is written to one patient is not the clinic's"
    page = desk.get(f"/patients/{other.id}/plan?template={row.id}").text
    assert 'name="seated-row-reps" type="number" inputmode="numeric" min="4" max="20" step="1" value="9"' in page
    stranger = people.physio()
    theirs = people.patient(stranger)
    assert signed_in(stranger).get(f"/patients/{theirs.id}/plan?template={row.id}").status_code == 404
    assert "Desk workers" not in signed_in(stranger).get(f"/patients/{theirs.id}/plan").text
    assert desk.post(f"/plan-templates/{row.id}/archive").status_code == 302
    assert "Desk workers" not in desk.get(path).text
    assert desk.get(f"{path}?template={row.id}").status_code == 404


def test_an_answer_of_an_earlier_version_is_no_answer_to_what_became_known_since(desk, plan, patient, flagged, clock):
    flagged(patient, "HT")
    why = {"bent-over-row-override_reason": "Healed long ago"}
    assert desk.post(f"/patients/{patient.id}/plan", fields(0, ("bent-over-row", 8), **why)).status_code == 302
    plan(1, ("seated-row", 12))
    clock.advance(timedelta(days=1))
    flagged(patient, "HT", "OP")
    page = desk.get(f"/patients/{patient.id}/plan?version=1").text
    assert "Healed long ago" not in page.split("bent-over-row-included")[1].split("</fieldset>")[0]
    again = fields(2, ("bent-over-row", 8))
    assert desk.post(f"/patients/{patient.id}/plan", again).status_code == 422


def test_any_two_versions_are_compared_in_sentences(desk, plan, patient):
    plan(0, ("seated-row", 8))
    plan(1, ("seated-row", 10))
    plan(2, ("seated-row", 12), ("overhead-press", 8))
    page = desk.get(f"/patients/{patient.id}/plan?from=1&to=3").text
    told = page[page.index("From version 1 to version 3") :]
    assert "12" in told
    assert "is new" in told
    assert "ask for the same" in desk.get(f"/patients/{patient.id}/plan?from=2&to=2").text
    assert desk.get(f"/patients/{patient.id}/plan?from=9&to=zz&version=999999999999").status_code == 200


def test_going_back_is_a_new_version_that_says_so_and_is_checked_again(desk, plan, patient, flagged, database):
    plan(0, ("band-pull-apart", 8))
    plan(1, ("seated-row", 10))
    flagged(patient, "SH")
    page = desk.get(f"/patients/{patient.id}/plan?version=1").text
    assert 'value="Back to version 1"' in page
    back = fields(2, ("band-pull-apart", 8), reason="Back to version 1")
    assert desk.post(f"/patients/{patient.id}/plan", back).status_code == 422
    assert (
        desk.post(
            f"/patients/{patient.id}/plan", back | {"band-pull-apart-override_reason": "Shoulder is fine again"}
        ).status_code
        == 302
    )
    assert [item.exercise for item in items_of_version(database, patient.id, 3)] == ["band-pull-apart"]


def test_the_patient_sees_what_changed_and_why_for_a_week(plan, patient, signed_in, clock):
    plan(0, ("seated-row", 8))
    browser = signed_in(patient)
    assert "Your plan has changed" not in browser.get("/today").text, "the first plan is no change"
    clock.advance(timedelta(days=1))
    plan(1, ("seated-row", 12), reason="You are stronger now.")
    page = browser.get("/today").text
    assert "Your plan has changed" in page
    assert "You are stronger now." in page
    assert "12" in page[page.index("You are stronger now.") :]
    clock.advance(timedelta(days=8))
    assert "Your plan has changed" not in signed_in(patient).get("/today").text


# ---------------------------------------------------------------------------------------------- targets


@pytest.fixture
def reached(database, patient, clock):
    """`reached("shoulder-abduction-rom", "left", 131, 134)`: repetitions that counted, three days ago."""

    def measure(exercise, side, *degrees, ago=3):
        at = clock.now() - timedelta(days=ago)
        session = TrainingSession(
            id=uuid.uuid4(), patient_id=patient.id, exercise=exercise, source="camera", started_at=at,
            local_date=at.date(), created_at=at,
        )  # fmt: skip
        done = SetResult(
            id=uuid.uuid4(), session_id=session.id, number=1, side=side, started_at=at, engine_version="2.0.0",
            duration_s=30, count=len(degrees), partial=0, held_s=0, quality=90, summary={},
        )  # fmt: skip
        database.add(session)
        database.flush()
        database.add(done)
        database.flush()
        for position, value in enumerate(degrees, start=1):
            database.add(
                Repetition(
                    id=uuid.uuid4(), set_id=done.id, position=position, number=position, side=side, start_s=0.0,
                    peak_s=1.0, end_s=2.0, faults=[], counted=True, reason="complete", range_value=float(value),
                    range_error=10.0, range_measure="shoulder_abduction", range_unit="deg",
                )
            )  # fmt: skip
        database.commit()

    return measure


def test_a_target_is_suggested_from_what_the_person_has_reached(desk, patient, reached):
    reached("shoulder-abduction-rom", "left", 130, 134, 179)
    reached("shoulder-abduction-rom", "right", 141)
    reached("lateral-raise", "both", 88, ago=200)
    page = desk.get(f"/patients/{patient.id}/plan").text
    assert "own range: left 134°, right 141°; suggested 130" in page
    assert page.count("own range:") == 1, "what is older than a range holds suggests nothing"


def test_a_target_is_kept_told_to_the_patient_and_part_of_the_difference(desk, patient, reached, database, signed_in):
    reached("lateral-raise", "both", 80, 82)
    path = f"/patients/{patient.id}/plan"
    assert (
        desk.post(
            path,
            fields(
                0, ("lateral-raise", 10), **{"lateral-raise-reach": "80", "lateral-raise-weekdays": list("1234567")}
            ),
        ).status_code
        == 302
    )
    assert current_plan(database, patient.id).items[0].reach == 80
    assert "aim for 80°" in desk.get(f"/patients/{patient.id}").text
    assert "aim for 80°" in signed_in(patient).get("/today").text
    assert desk.post(path, fields(1, ("lateral-raise", 10), **{"lateral-raise-reach": "85"})).status_code == 302
    assert "degrees to reach 80 → 85" in desk.get(path).text


@pytest.mark.parametrize("bad", ["4", "181", "-5", "x", "9999999999999"])
def test_a_target_that_cannot_be_is_refused_and_nothing_is_lost(desk, patient, reached, database, bad):
    reached("lateral-raise", "both", 80)
    form = fields(0, ("lateral-raise", 10), **{"lateral-raise-reach": bad, "lateral-raise-note": "Slowly"})
    answer = desk.post(f"/patients/{patient.id}/plan", form)
    assert answer.status_code == 422
    assert "Slowly" in answer.text
    assert current_plan(database, patient.id).number == 0
