"""Hand-over and absence: who looks after whom, who is asked first, and what cannot be."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tracker.accounts import care_service
from tracker.accounts.access import NotFound
from tracker.accounts.care_service import CareError
from tracker.accounts.models import AuditEvent, CareLink
from tracker.accounts.service import Newcomer, accept, cares_for, invite
from tracker.alerts.duty_service import crew_of

A_DAY = timedelta(days=1)


@pytest.fixture
def colleague(people, physio):
    return people.physio(physio.clinic, name="Tara Voss")


@pytest.fixture
def third(people, physio):
    return people.physio(physio.clinic, name="Ugo Riva")


@pytest.fixture
def plan(database, physio, colleague, clock):
    def work(first=0, last=10, *, whose=physio, backup=colleague, actor=None):
        return care_service.plan_absence(
            database,
            actor=actor or whose,
            physio=whose,
            backup=backup,
            since=clock.now() + first * A_DAY,
            until=clock.now() + last * A_DAY,
            note=None,
            at=clock.now(),
        )

    return work


def test_the_stand_in_is_asked_first_while_somebody_is_away(plan, database, patient, physio, colleague, clock):
    plan(1, 3)
    assert crew_of(database, patient, clock.now()).owner == physio
    during = clock.now() + 2 * A_DAY
    assert crew_of(database, patient, during).owner == colleague
    assert [person.id for person in crew_of(database, patient, during).watchers] == [colleague.id, physio.id]
    assert crew_of(database, patient, clock.now() + 3 * A_DAY).owner == physio


def test_a_patient_who_comes_during_the_absence_is_covered_too(plan, database, physio, colleague, clock):
    plan(0, 5)
    _invitation, token = invite(
        database, inviter=physio, role="patient", name="New", email=None, at=clock.now(), lifetime=A_DAY
    )
    fresh = accept(database, token, who=Newcomer("New", "new@example.org", "UTC"), hashed="x", at=clock.now())
    assert cares_for(database, colleague.id, fresh.id, clock.now())
    assert not cares_for(database, colleague.id, fresh.id, clock.now() + 5 * A_DAY)


def test_the_list_says_for_whom_and_until_when(plan, database, patient, physio, colleague, clock, signed_in):
    plan(0, 5)
    database.commit()
    assert care_service.standing_in_for(database, physio, clock.now()) == {}
    assert set(care_service.standing_in_for(database, colleague, clock.now())) == {patient.id}
    assert "for Jonas Berg until" in signed_in(colleague).get("/patients?show=stand_in").text
    assert "stands in for Jonas Berg until" in signed_in(patient).get("/account").text


@pytest.mark.parametrize(
    ("first", "last", "key"), [(3, 3, "bad_times"), (5, 3, "bad_times"), (-9, -1, "bad_times"), (0, 400, "too_long")]
)
def test_days_that_cannot_be_are_refused(plan, database, first, last, key):
    with pytest.raises(CareError) as refused:
        plan(first, last)
    assert refused.value.key == key
    assert database.query(CareLink).filter(CareLink.absence_id.is_not(None)).count() == 0


def test_two_absences_never_leave_nobody(plan, physio, colleague, third):
    plan(1, 5)
    for how, key in (
        ({"backup": third}, "away_already"),
        ({"whose": colleague, "backup": third}, "stands_in"),
        ({"whose": third, "backup": physio}, "backup_away"),
    ):
        with pytest.raises(CareError) as refused:
            plan(2, 3, **how)
        assert refused.value.key == key
    plan(5, 8, backup=third)  # the day after is free


def test_nobody_plans_for_others_but_who_runs_the_clinic(plan, people, physio, third):
    with pytest.raises(NotFound):
        plan(whose=physio, actor=third)
    with pytest.raises(NotFound):
        plan(whose=physio, actor=people.physio(is_admin=True))
    with pytest.raises(CareError):
        plan(backup=people.physio())
    assert plan(whose=physio, actor=people.admin(physio.clinic)).physio_id == physio.id


def test_the_last_one_cannot_leave_a_patient_alone(database, patient, physio, colleague, clock):
    with pytest.raises(CareError) as refused:
        care_service.end_care(database, actor=physio, patient_id=patient.id, at=clock.now())
    assert refused.value.key == "nobody_left"
    care_service.share_care(
        database, actor=physio, patient_id=patient.id, to=colleague, reason="Two of us", at=clock.now()
    )
    care_service.end_care(database, actor=physio, patient_id=patient.id, at=clock.now())
    assert not cares_for(database, physio.id, patient.id, clock.now())
    assert cares_for(database, colleague.id, patient.id, clock.now())


def test_a_stand_in_cannot_give_a_patient_away(plan, database, patient, colleague, third, clock):
    plan()
    with pytest.raises(NotFound):
        care_service.hand_over(database, actor=colleague, patient_id=patient.id, to=third, reason="x", at=clock.now())


def test_all_patients_of_somebody_who_leaves_are_handed_over_without_their_names(
    database, people, physio, colleague, clock, signed_in
):
    theirs = [people.patient(physio, name=f"Secret {number}") for number in range(3)]
    admin = people.admin(physio.clinic)
    fields = {"hand-whose": str(physio.id), "hand-to": str(colleague.id), "hand-reason": "She leaves."}
    browser = signed_in(admin)
    assert browser.post("/clinic-settings/hand-over", fields).status_code == 302
    database.commit()
    assert "Secret" not in browser.get("/clinic-settings").text
    assert all(cares_for(database, colleague.id, each.id, clock.now()) for each in theirs)
    assert not any(cares_for(database, physio.id, each.id, clock.now()) for each in theirs)
    lines = database.query(AuditEvent).filter(AuditEvent.action == "care.handed_over").all()
    assert {line.patient_id for line in lines} == {each.id for each in theirs}


def test_a_form_with_nobody_chosen_says_so_and_moves_nobody(desk, colleague, patient, physio, database, clock):
    answer = desk.post(
        "/team/hand-over", {"hand-how": "over", "hand-to": str(colleague.id), "hand-reason": "Away for good"}
    )
    assert answer.status_code == 422
    assert "at least one patient" in answer.text
    assert "Away for good" in answer.text
    assert cares_for(database, physio.id, patient.id, clock.now())


def test_several_are_handed_over_or_none(desk, people, colleague, patient, physio, database, clock):
    foreign = people.patient(colleague)
    answer = desk.post(
        "/team/hand-over",
        {
            "hand-patients": [str(patient.id), str(foreign.id)],
            "hand-how": "over",
            "hand-to": str(colleague.id),
            "hand-reason": "x",
        },
    )
    assert answer.status_code == 422, "somebody else's patient is no choice"
    database.commit()
    assert cares_for(database, physio.id, patient.id, clock.now())


def test_a_year_that_no_calendar_has_is_refused_kindly(desk, colleague, database):
    fields = {"away-backup": str(colleague.id), "away-first": "2026-03-11", "away-last": "9999-12-31"}
    answer = desk.post("/team/absences", fields)
    assert answer.status_code == 409
    assert "An absence of more than a year" in answer.text
    assert database.query(CareLink).filter(CareLink.absence_id.is_not(None)).count() == 0


def test_an_absence_is_planned_and_ended_by_hand(desk, colleague, database, clock):
    today = clock.now().date()
    fields = {
        "away-first": today.isoformat(),
        "away-last": (today + A_DAY).isoformat(),
        "away-backup": str(colleague.id),
    }
    assert desk.post("/team/absences", fields).status_code == 302
    page = desk.get("/team").text
    assert "Tara Voss stands in" in page
    assert desk.post("/team/absences", fields).status_code == 409
    absence = care_service.absences(database, colleague.clinic_id, clock.now())[0].absence
    assert desk.post(f"/team/absences/{absence.id}/end").status_code == 302
    assert "Tara Voss stands in" not in desk.get("/team").text
