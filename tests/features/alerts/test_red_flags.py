"""Red flags with the database: whatever way one is told, it leads to its level, the page, the lock and the messages."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.features.alerts.conftest import CALM, STEP
from tracker.alerts import service, workflow_service
from tracker.alerts.workflow_service import Outcome
from tracker.diary import service as diary_service

MINUTES = timedelta(minutes=1)


@pytest.mark.usefixtures("duty")
def test_an_emergency_locks_shows_its_page_and_tells_everybody_in_turn(told, office, patient, physio, backup, lead):
    told.intake(patient)
    told.flag(patient, "E_CARDIAC")
    alert, standing = office.alert(patient), office.standing(patient)
    assert (alert.family, alert.level, alert.late) == ("red", 4, False)
    assert (standing.level, standing.locked, standing.page, standing.alert_id) == (4, True, "emergency", alert.id)
    assert office.ladder(alert) == [
        (physio.id, timedelta(0)),
        (backup.id, 15 * MINUTES),
        (lead.id, 30 * MINUTES),
    ]
    assert alert.due_at == told.at + 15 * MINUTES
    assert alert.owner_id == physio.id
    asked = office.deliveries(f"welfare:{alert.id}")
    assert [(row.person_id, row.payload["path"]) for row in asked] == [(patient.id, f"/outcome/{alert.id}")]
    assert asked[0].due_at.date() > told.at.date()


def test_an_emergency_goes_to_everybody_who_looks_after_the_patient(told, office, people, patient, physio, backup):
    people.care(patient, backup)
    told.flag(patient, "E_WEAK")
    at_once = {row.person_id for row in office.deliveries(f"alert:{office.alert(patient).id}") if row.step == 0}
    assert at_once == {physio.id, backup.id}


@pytest.mark.usefixtures("duty")
def test_an_urgent_sign_in_hours_goes_to_the_owner_then_twice_to_whoever_stands_in(
    told, office, patient, physio, backup, lead
):
    told.flag(patient, "U_FEVER")
    alert, standing = office.alert(patient), office.standing(patient)
    assert (standing.level, standing.locked, standing.page) == (3, True, "urgent")
    ladder = office.ladder(alert)
    assert ladder[:2] == [(physio.id, timedelta(0)), (backup.id, timedelta(hours=2))]
    assert sorted(ladder[2:]) == sorted([(backup.id, timedelta(hours=4)), (lead.id, timedelta(hours=4))])
    callback = office.deliveries(f"callback:{alert.id}")
    assert [(row.person_id, row.payload["role"]) for row in callback] == [(physio.id, "callback")]


@pytest.mark.usefixtures("duty")
def test_an_urgent_sign_at_night_is_told_again_when_the_clinic_opens_and_its_clock_runs_from_there(
    told, office, clock, patient, physio, backup
):
    clock.advance(timedelta(hours=10))  # eleven at night in Berlin
    told.flag(patient, "U_FEVER")
    ladder = office.ladder(office.alert(patient))
    assert [(person, span) for person, span in ladder[:3]] == [
        (physio.id, timedelta(0)),
        (physio.id, timedelta(hours=9)),
        (backup.id, timedelta(hours=11)),
    ]


def test_thoughts_of_self_harm_lead_to_the_crisis_page(told, office, patient):  # W16
    told.tell(patient, "monthly", phq2=[2, 2], self_harm=True)
    assert (office.standing(patient).page, office.standing(patient).level) == ("crisis", 4)
    assert office.alert(patient, "red").firings[0]["rule"] == "CRISIS"


def test_a_physical_emergency_comes_before_the_crisis_page(told, office, patient):
    told.tell(patient, "flags", self_harm=True)
    told.flag(patient, "E_BREATH")
    assert office.standing(patient).page == "emergency"


def test_a_later_no_clears_nothing(told, office, patient):  # W08
    told.history(patient)
    told.flag(patient, "E_CARDIAC")
    told.next_day()
    told.day(patient, 3)
    assert (office.standing(patient).level, office.standing(patient).locked) == (4, True)
    assert office.alert(patient, "red").closed_at is None


def test_an_edit_that_takes_a_flag_out_clears_nothing(told, office, patient):
    told.day(patient, 3, entry="today", flags={"E_SADDLE": {"answer": "new"}})
    told.day(patient, 3, entry="today")
    assert office.standing(patient).level == 4
    assert office.alert(patient, "red").level == 4


def test_a_late_entry_with_a_flag_is_an_emergency_now_and_marked_late(told, office, patient):  # W10
    told.history(patient)
    told.next_day(2)
    answered = told.at - timedelta(days=2)
    told.day(patient, 3, about=answered.date(), answered_at=answered, flags={"E_NUMB": {"answer": "new"}})
    alert = office.alert(patient, "red")
    assert (alert.level, alert.late, alert.first_day) == (4, True, answered.date())
    assert office.standing(patient).locked


def test_old_and_checked_is_noted_and_worse_later_is_an_emergency(told, office, patient):  # W11
    told.history(patient)
    told.flag(patient, "E_NUMB", "checked")
    alert = office.alert(patient, "red")
    assert (alert.level, office.standing(patient).level, office.standing(patient).locked) == (2, 2, False)
    told.next_day()
    told.flag(patient, "E_NUMB")
    alert = office.alert(patient, "red")
    assert (alert.level, office.standing(patient).page) == (4, "emergency")
    assert office.events(alert).count("rose") == 1


@pytest.mark.parametrize("code", ["D_AGE", "D_PREG"])
def test_who_needs_clearance_first_starts_no_programme_before_an_examination(told, office, patient, physio, code):
    told.intake(patient, examined=False, flags={code: {"answer": "new"}})
    standing = office.standing(patient)
    assert (standing.level, standing.locked, standing.page) == (2, True, None)
    today = told.today(patient)
    diary_service.set_examined(office.session, patient, today, None, physio, told.at)
    service.record_changed(office.session, patient.id, told.at)
    office.session.commit()
    assert not office.standing(patient).locked


def test_a_doctor_soon_sign_that_asks_for_no_clearance_closes_no_exercises(told, office, patient):
    told.intake(patient, examined=False, flags={"D_ARM": {"answer": "new"}})
    assert (office.standing(patient).level, office.standing(patient).locked) == (2, False)


def test_the_same_checked_sign_is_not_raised_again_every_evening(told, office, patient, physio):
    told.history(patient)
    told.flag(patient, "E_NUMB", "checked")
    workflow_service.close(office.session, office.alert(patient, "red"), physio, told.at, disposition="expected")
    told.next_day()
    told.flag(patient, "E_NUMB", "checked")
    assert len(office.alerts(patient, "red")) == 1
    told.next_day(30)
    told.flag(patient, "E_NUMB", "checked")
    assert len(office.alerts(patient, "red")) == 2


def test_a_flag_told_after_a_closing_on_the_same_day_is_another_alert(told, office, patient, physio):
    told.flag(patient, "U_FEVER")
    workflow_service.close(
        office.session,
        office.alert(patient),
        physio,
        told.at,
        disposition="referred",
        outcome=Outcome("doctor", "a cold"),
    )
    office.session.commit()
    assert not office.standing(patient).locked
    told.clock.advance(timedelta(hours=1))
    told.flag(patient, "U_FEVER")
    assert [alert.closed_at is None for alert in office.alerts(patient)] == [False, True]
    assert office.standing(patient).locked


def test_sending_the_rest_of_an_entry_after_a_closing_raises_nothing_new(told, office, patient, physio):
    told.day(patient, 3, entry="today", flags={"U_FEVER": {"answer": "new"}})
    workflow_service.close(
        office.session, office.alert(patient), physio, told.at, disposition="referred", outcome=Outcome("doctor")
    )
    told.clock.advance(timedelta(hours=1))
    told.day(patient, 4, entry="today", sleep=5, flags={"U_FEVER": {"answer": "new"}})
    assert len(office.alerts(patient)) == 1
    assert not office.standing(patient).locked


def test_another_flag_in_an_edit_after_a_closing_is_an_alert(told, office, patient, physio):
    told.day(patient, 3, entry="today", flags={"U_FEVER": {"answer": "new"}})
    workflow_service.close(
        office.session, office.alert(patient), physio, told.at, disposition="referred", outcome=Outcome("doctor")
    )
    told.clock.advance(timedelta(hours=1))
    told.day(patient, 3, entry="today", flags={"U_FEVER": {"answer": "new"}, "E_WEAK": {"answer": "new"}})
    alert = office.alert(patient)
    assert (alert.level, alert.firings[0]["values"]["codes"]) == (4, "E_WEAK")


def test_severe_pain_that_stops_normal_activities_is_urgent_without_a_tick(told, office, patient):
    told.history(patient)
    told.next_day()
    told.day(patient, 8, activities="new_no", worst=9)
    assert office.alert(patient, "red").firings[0]["values"]["codes"] == "U_SEVERE"
    assert (office.standing(patient).level, office.standing(patient).page) == (3, "urgent")


def test_a_flag_before_the_intake_is_an_emergency_too(told, office, patient):
    told.flag(patient, "E_TEARING")
    standing = office.standing(patient)
    assert (standing.level, standing.locked, standing.intake_done) == (4, True, False)


@pytest.mark.parametrize("code", ["D_AGE", "D_PREG", "D_ARM"])
def test_a_sign_for_a_doctor_soon_does_not_lock(told, office, patient, code):
    told.intake(patient, flags={code: {"answer": "new"}})
    standing = office.standing(patient)
    assert (standing.level, standing.locked, standing.intake_done) == (2, False, True)


def test_a_flag_with_a_date_from_before_the_diary_is_an_emergency_and_moves_nothing(told, office, patient):
    told.history(patient)
    first = service.evaluation_of(office.session, patient, told.at).first_day
    told.flag(patient, "E_WEAK", about=first - timedelta(days=60))
    assert office.standing(patient).level == 4
    evaluation = service.evaluation_of(office.session, patient, told.at)
    assert evaluation.first_day == first
    assert service.replay_alert(office.session, office.alert(patient))[0].stored[0].startswith("RED-E:L4")


def test_a_flag_told_again_after_help_was_there_shows_the_page_and_tells_staff_anew(told, office, patient, physio):
    told.flag(patient, "E_WEAK")
    alert = office.alert(patient)
    workflow_service.acknowledge(office.session, office.view(physio, alert), physio, told.at)
    workflow_service.patient_outcome(office.session, patient, alert, helped="yes", at=told.at)
    office.session.commit()
    assert office.standing(patient).page is None
    told.clock.advance(timedelta(hours=3))
    told.flag(patient, "E_WEAK")
    assert office.standing(patient).page == "emergency"
    assert office.ladder(alert)[0] == (physio.id, timedelta(0))
    assert len(office.deliveries(f"welfare:{alert.id}")) == 1


def test_a_defect_in_the_statistics_does_not_keep_a_red_flag_from_being_acted_upon(
    told, office, patient, physio, monkeypatch, capsys
):
    told.history(patient, (*CALM, *STEP[:4]))
    review = office.alert(patient, "trend")

    def broken(*_args):
        raise ZeroDivisionError("pain 7 of Ada")

    monkeypatch.setattr("tracker.alerts.rules.evaluate", broken)
    told.next_day()
    told.flag(patient, "E_WEAK")
    standing = office.standing(patient)
    assert (standing.level, standing.locked, standing.page) == (4, True, "emergency")
    assert office.ladder(office.alert(patient, "red"))[0] == (physio.id, timedelta(0))
    unchanged = office.alert(patient, "trend")
    assert (unchanged.id, unchanged.level, unchanged.resolved_at) == (review.id, 2, None)
    printed = "".join(capsys.readouterr())
    assert "ZeroDivisionError" in printed
    assert "Ada" not in printed
