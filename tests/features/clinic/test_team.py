"""Hand-over and absence: who looks after whom, who is asked first, and what cannot be."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from flask_babel import Babel

from tracker.accounts import care_service, team_texts
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


# ---------------------------------------------------------------------------------------------- days as people say them


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (datetime(2026, 11, 29, 23, tzinfo=UTC), datetime(2026, 12, 4, 23, tzinfo=UTC), "Mon 30 Nov to Fri 4 Dec"),
        (datetime(2026, 11, 30, 13, tzinfo=UTC), datetime(2026, 12, 4, 23, tzinfo=UTC), "Mon 30 Nov to Fri 4 Dec"),
        (datetime(2026, 11, 29, 23, tzinfo=UTC), datetime(2026, 11, 30, 23, tzinfo=UTC), "on Mon 30 Nov"),
        (
            datetime(2026, 11, 30, 5, tzinfo=UTC),
            datetime(2026, 12, 5, 5, tzinfo=UTC),
            "Mon 30 Nov, 06:00 to Sat 5 Dec, 06:00",
        ),
    ],
)
def test_an_absence_of_whole_days_ends_with_its_last_day(since, until, said):
    app = Flask(__name__)
    Babel(app, default_locale="en", default_timezone="Europe/Berlin")
    with app.test_request_context():
        assert team_texts.span(since, until) == said


def test_wherever_the_end_of_an_absence_stands_it_is_the_day_that_was_entered(
    desk, colleague, patient, physio, people, database, clock, signed_in
):
    first = clock.now().date()
    last = first + 4 * A_DAY
    fields = {"away-first": first.isoformat(), "away-last": last.isoformat(), "away-backup": str(colleague.id)}
    assert desk.post("/team/absences", fields).status_code == 302
    database.commit()
    wanted, wrong = f"{last.day} {last:%b}", f"{last.day + 1} {last:%b}"
    pages = [
        desk.get("/team").text,
        signed_in(people.admin(physio.clinic)).get("/clinic-settings").text,
        signed_in(colleague).get("/patients?show=stand_in").text,
        signed_in(patient).get("/account").text,
    ]
    for page in pages:
        assert wanted in page
        assert wrong not in page
        assert "00:00" not in page
    found = care_service.standing_in_for(database, colleague, clock.now())
    assert {day for _name, day in found.values()} == {date(last.year, last.month, last.day)}


@pytest.mark.parametrize(
    ("first", "last", "status", "field"), [(3, 1, 409, "last"), (0, 400, 409, "last"), (None, 1, 422, "first")]
)
@pytest.mark.parametrize("where", ["/team/absences", "/clinic-settings/absences"])
def test_a_refused_absence_stays_open_with_what_was_typed_and_the_field_marked(
    desk, people, physio, colleague, clock, signed_in, where, first, last, status, field
):
    today = clock.now().date()
    days = {"first": first, "last": last}
    fields = {f"away-{key}": (today + ahead * A_DAY).isoformat() for key, ahead in days.items() if ahead is not None}
    browser = signed_in(people.admin(physio.clinic)) if where.startswith("/clinic") else desk
    answer = browser.post(where, {**fields, "away-backup": str(colleague.id), "away-physio": str(physio.id)})
    assert answer.status_code == status
    assert '<details id="away" open>' in answer.text
    box = re.search(rf'<input[^>]*id="away-{field}"[^>]*>', answer.text)[0]
    assert 'aria-invalid="true"' in box
    assert f'aria-describedby="away-{field}-error"' in box
    assert f'href="#away-{field}"' in answer.text
    assert fields["away-last"] in answer.text


# ---------------------------------------------------------------------------------------------- asked once more


def hand_fields(colleague, *patients, how="over", **more):
    return {
        "hand-patients": [str(each.id) for each in patients],
        "hand-how": how,
        "hand-to": str(colleague.id),
        "hand-reason": "I move to Lisbon.",
        **more,
    }


@pytest.mark.parametrize(
    ("how", "asked", "changes"),
    [
        ("over", "Hand over to Tara Voss?", "you do not any more: their records close for you"),
        ("also", "Share with Tara Voss?", "both of you look after them"),
        ("stop", "Stop looking after them?", "alerts go to whoever else looks after them"),
    ],
)
def test_before_a_hand_over_it_says_who_goes_to_whom_and_keeps_nothing(
    desk, colleague, patient, physio, database, clock, how, asked, changes
):
    before = database.query(CareLink).count()
    answer = desk.post("/team/hand-over", hand_fields(colleague, patient, how=how))
    assert answer.status_code == 200
    page = unescape(answer.text)
    assert asked in page
    assert changes in page
    assert f"<li>{patient.name}</li>" in page
    assert "I move to Lisbon." in page
    database.commit()
    assert database.query(CareLink).count() == before
    assert cares_for(database, physio.id, patient.id, clock.now())
    assert not cares_for(database, colleague.id, patient.id, clock.now())
    kept = dict(re.findall(r'<input type="hidden" name="(hand-[^"]+)" value="([^"]*)"', answer.text))
    assert desk.post("/team/hand-over", {**kept, "sure": "yes"}).status_code == (409 if how == "stop" else 302)


def test_who_changes_their_mind_finds_the_form_as_it_was(desk, colleague, patient, physio, database, clock):
    answer = desk.post("/team/hand-over", hand_fields(colleague, patient, sure="no"))
    assert answer.status_code == 200
    assert re.search(rf'value="{patient.id}" checked', answer.text)
    assert 'value="I move to Lisbon."' in answer.text
    assert cares_for(database, physio.id, patient.id, clock.now())


def test_the_answer_names_up_to_three_and_the_colleague(desk, people, colleague, physio, database, clock):
    five = [people.patient(physio, name=name) for name in ("Ana", "Bo", "Cy", "Di", "Eli")]
    desk.post("/team/hand-over", hand_fields(colleague, *five, sure="yes"))
    assert "Handed over to Tara Voss: Ana, Bo, Cy and 2 more." in desk.get("/team").text
    assert all(cares_for(database, colleague.id, each.id, clock.now()) for each in five)


def test_a_patient_whom_nobody_else_looks_after_is_named_beside_the_field(desk, colleague, patient):
    answer = desk.post("/team/hand-over", hand_fields(colleague, patient, how="stop", sure="yes"))
    assert answer.status_code == 409
    assert f"Nobody else looks after {patient.name}" in unescape(answer.text)
    assert 'id="hand-patients-error"' in answer.text


@pytest.mark.usefixtures("colleague")
def test_names_can_be_narrowed_down_where_there_is_javascript(desk, patient):
    page = desk.get("/team").text
    assert 'class="line-picker" data-picker hidden' in page
    assert f'data-words="{patient.name}"' in page
