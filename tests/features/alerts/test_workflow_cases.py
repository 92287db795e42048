"""The workflow cases of CLINICAL 5.7 that need a database: who is told again, what wakes what, what closes what."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.features.alerts.conftest import CALM, STEP, told_first
from tracker.accounts.access import NotFound
from tracker.accounts.models import AuditEvent, CareLink
from tracker.alerts import jobs, workflow_service, worklist_service
from tracker.alerts.errors import ConflictError
from tracker.alerts.models import Alert
from tracker.alerts.notify_service import wanted
from tracker.alerts.workflow_service import Outcome
from tracker.diary.models import Episode
from tracker.reminders.models import Delivery


@pytest.fixture
def rising(told, office, patient):
    """V03: an L2 of the trend family, open since the fourth day of a step of two points."""
    told.history(patient, (*CALM, *STEP[:4]))
    return office.alert(patient, "trend")


def act(office, action, alert, physio, **how):
    action(office.session, office.view(physio, alert), physio, office.clock.now(), **how)
    office.session.commit()


# ---------------------------------------------------------------------------------------------- time rules


def new_episode(told, patient, averages):
    """A spell of pain that began with the diary and that no clinician has examined."""
    told.intake(patient, averages[0], began_on=told.today(patient).isoformat(), examined=False)
    for index, average in enumerate(averages):
        if index:
            told.next_day()
        told.day(patient, average)


def test_no_improvement_by_day_four_is_a_self_care_prompt(told, office, patient):  # W01
    new_episode(told, patient, (6, 6, 6, 6, 6))
    alert = office.alert(patient, "time")
    assert (alert.level, alert.firings[-1]["rule"]) == (1, "TM4")
    assert office.ladder(alert) == []


def test_little_improvement_by_day_seven_is_a_review(told, office, patient):  # W02
    new_episode(told, patient, (6, 6, 5, 5, 5, 5, 5, 5))
    alert = office.alert(patient, "time")
    assert (alert.level, alert.firings[-1]["rule"]) == (2, "TM7")


def test_pain_after_two_weeks_sends_to_a_doctor(told, office, patient):  # W03
    new_episode(told, patient, (6, 6, 5, 5, 4, 4, 4, 3, 3, 3, 3, 2, 2, 2, 2))
    alert = office.alert(patient, "time")
    assert (alert.level, alert.firings[-1]["rule"]) == (2, "TM14")
    assert "No clinician has examined it." in alert.sentence


def test_under_a_clinicians_care_the_review_date_governs(told, office, patient, database):  # W04
    told.intake(patient, 4, began_on=told.today(patient).isoformat(), examined=True)
    database.execute(Episode.__table__.update().values(review_on=told.today(patient) + timedelta(days=20)))
    database.commit()
    told.days(patient, (4, 4, 3, 4, 3, 3, 4, 3, 3, 3, 4, 3, 3, 3, 3, 3))
    assert office.alerts(patient, "time") == []
    told.next_day()
    told.days(patient, (3, 3, 3, 3, 3))
    assert office.alert(patient, "time").firings[-1]["rule"] == "TMR"


# ---------------------------------------------------------------------------------------------- who is told again


@pytest.mark.usefixtures("duty")
def test_an_unchanged_review_is_told_once_and_goes_to_the_stand_in_after_two_working_days(  # W05
    told, office, patient, physio, backup, lead, rising
):
    opened = told.at
    assert [(row.person_id, row.due_at) for row in office.deliveries(f"alert:{rising.id}")] == [
        (physio.id, opened),
        (backup.id, opened + timedelta(days=4)),  # a Friday; the weekend does not count
        (lead.id, opened + timedelta(days=6)),
    ]
    for average in (5, 5, 5, 5, 5, 5):
        told.next_day()
        told.day(patient, average)
    assert office.events(office.alert(patient, "trend")).count("notified") == 1
    assert len(office.deliveries(f"alert:{rising.id}")) == 3


def test_pain_that_rises_a_point_after_the_acknowledgement_is_told_again(  # W06
    told, office, patient, physio, rising
):
    act(office, workflow_service.acknowledge, rising, physio)
    seen = office.standing(patient).ewma
    told.next_day()
    told.day(patient, 6)
    assert office.standing(patient).ewma < seen + 1
    assert office.deliveries(f"alert:{rising.id}") == []
    for average in (7, 7, 6):
        told.next_day()
        told.day(patient, average)
    assert office.standing(patient).ewma >= seen + 1
    alert = office.alert(patient, "trend")
    assert [row.payload["again"] for row in office.deliveries(f"alert:{alert.id}")] == [True]
    assert alert.acknowledged_by == physio.id, "the same alert, and still theirs"


def test_a_fever_wakes_a_snoozed_review(told, office, patient, physio, rising):  # W07
    act(office, workflow_service.snooze, rising, physio, days=7, reason="new job, expected")
    assert office.deliveries(f"alert:{rising.id}") == []
    told.next_day(2)
    told.flag(patient, "U_FEVER")
    assert office.alert(patient, "trend").snoozed_until is None
    assert office.alert(patient, "red").level == 3
    assert office.standing(patient).level == 3


def test_a_self_care_prompt_that_was_put_off_wakes_when_it_rises(told, office, patient, physio):
    told.history(patient, (*CALM, *STEP[:3]))
    prompt = office.alert(patient, "trend")
    assert prompt.level == 1
    act(office, workflow_service.snooze, prompt, physio, days=7, reason="moving house")
    told.next_day()
    told.day(patient, 6)
    alert = office.alert(patient, "trend")
    assert (alert.level, alert.snoozed_until) == (2, None)
    assert len(office.deliveries(f"alert:{alert.id}")) == 3


def test_a_snooze_that_is_over_asks_from_the_start(told, office, patient, physio, rising):
    act(office, workflow_service.snooze, rising, physio, days=3, reason="waiting for the scan")
    told.clock.advance(timedelta(days=3, minutes=1))
    assert jobs.wake_snoozed(office.session, told.at) == 1
    office.session.commit()
    alert = office.alert(patient, "trend")
    assert (alert.snoozed_until, alert.acknowledged_at) == (None, None)
    assert office.deliveries(f"alert:{alert.id}")[0].person_id == physio.id
    assert jobs.wake_snoozed(office.session, told.at) == 0


def test_an_alert_that_stays_open_for_two_weeks_is_told_again(told, office, patient, physio, rising):
    act(office, workflow_service.acknowledge, rising, physio)
    told.clock.advance(timedelta(days=13))
    assert jobs.look_at_long_open(office.session, told.at) == 0
    told.clock.advance(timedelta(days=1))
    assert jobs.look_at_long_open(office.session, told.at) == 1
    office.session.commit()
    assert jobs.look_at_long_open(office.session, told.at) == 0
    assert office.events(office.alert(patient, "trend")).count("notified") == 2


def test_two_entries_on_one_day_are_one_day(told, office, patient):  # W09
    told.history(patient)
    told.next_day()
    told.day(patient, 3, worst=7)
    told.clock.advance(timedelta(hours=9))
    told.day(patient, 6, worst=6, compared="worse", flags={"U_NIGHT": {"answer": "new"}})
    told.day(patient, 6, worst=6, compared="worse")
    bad_day = office.alert(patient, "acute").firings
    assert [(firing["rule"], firing["values"]["average"]) for firing in bad_day] == [("A3", 6)]
    assert office.standing(patient).level == 3, "the flag of the entry in between still counts"


def test_a_flight_over_eight_time_zones_neither_doubles_nor_loses_a_day(told, office, patient, database):  # W12
    told.history(patient)
    told.clock.instant = datetime(2026, 3, 31, 18, 0, tzinfo=UTC)  # eight in the evening in Berlin
    told.day(patient, 3)
    patient.time_zone = "America/Los_Angeles"
    database.commit()
    told.clock.advance(timedelta(hours=14))  # one in the night, the next day
    told.day(patient, 4)
    standing = office.standing(patient)
    assert standing.last_check_in_on.isoformat() == "2026-04-01"
    assert [alert.family for alert in office.alerts(patient)] == []


@pytest.mark.usefixtures("duty")
def test_an_urgent_patient_without_a_word_by_ten_is_asked_for_again(  # W15
    told, office, patient, physio, backup
):
    told.history(patient)
    told.flag(patient, "U_FEVER")
    alert = office.alert(patient, "red")
    act(office, workflow_service.acknowledge, alert, physio)
    told.clock.instant = datetime(2026, 3, 31, 7, 55, tzinfo=UTC)
    assert jobs.morning_check(office.session, told.at) == 0, "five to ten in Berlin"
    told.clock.advance(timedelta(minutes=5))
    assert jobs.morning_check(office.session, told.at) == 1
    office.session.commit()
    assert office.ladder(alert)[:2] == [(physio.id, timedelta(0)), (backup.id, timedelta(0))]
    assert office.alert(patient, "red").acknowledged_at is None
    assert worklist_service.worklist(office.session, physio, told.at)[0].phone_list
    assert jobs.morning_check(office.session, told.at) == 0, "once a morning"


def test_an_urgent_patient_who_has_checked_in_is_not_asked_for_again(told, office, patient):
    told.history(patient)
    told.flag(patient, "U_FEVER")
    told.clock.instant = datetime(2026, 3, 31, 6, 0, tzinfo=UTC)
    told.day(patient, 3)
    told.clock.advance(timedelta(hours=3))
    assert jobs.morning_check(office.session, told.at) == 0


def test_somebody_stable_at_eight_is_looked_at_once(told, office, patient, physio):  # W17
    told.intake(patient, 8)
    told.day(patient, 8)
    start = office.alert(patient, "time")
    assert (start.level, start.firings[0]["rule"]) == (2, "EN")
    act(office, workflow_service.close, start, physio, disposition="expected")
    told.next_day()
    told.days(patient, [8] * 41)
    assert [alert.closed_at is None for alert in office.alerts(patient)] == [False]


def test_accepting_a_new_usual_closes_the_matter_and_the_same_pain_is_calm(  # W18
    told, office, patient, physio, rising
):
    act(office, workflow_service.accept_baseline, rising, physio, value=5)
    standing = office.standing(patient)
    assert (standing.level, standing.baseline) == (0, 5)
    assert office.alerts(patient, "trend")[0].disposition == "new_baseline"
    told.next_day()
    told.days(patient, [5] * 10)
    assert office.standing(patient).level == 0
    assert [alert for alert in office.alerts(patient) if alert.closed_at is None] == []


# ---------------------------------------------------------------------------------------------- the actions


def test_acknowledging_stops_the_clock_and_only_the_first_one_owns_it(office, people, patient, physio, backup, rising):
    people.care(patient, backup)
    act(office, workflow_service.acknowledge, rising, backup)
    alert = office.alert(patient, "trend")
    assert (alert.owner_id, alert.acknowledged_by) == (backup.id, backup.id)
    assert office.deliveries(f"alert:{alert.id}") == []
    with pytest.raises(ConflictError, match="acknowledged"):
        act(office, workflow_service.acknowledge, alert, physio)


@pytest.mark.parametrize(
    ("days", "reason", "refusal"), [(0, "x", "bad_days"), (15, "x", "bad_days"), (3, "  ", "reason_needed")]
)
def test_a_snooze_needs_a_reason_and_lasts_a_fortnight_at_most(office, physio, rising, days, reason, refusal):
    with pytest.raises(ConflictError, match=refusal):
        act(office, workflow_service.snooze, rising, physio, days=days, reason=reason)


@pytest.mark.parametrize("code", ["D_ARM", "U_FEVER", "E_WEAK"])
def test_a_red_flag_cannot_be_put_off(told, office, patient, physio, code):
    told.flag(patient, code)
    with pytest.raises(ConflictError, match="cannot_snooze"):
        act(office, workflow_service.snooze, office.alert(patient), physio, days=1, reason="later")


def test_an_urgent_alert_closes_only_with_an_outcome_and_then_the_lock_lifts(told, office, patient, physio):
    told.flag(patient, "U_FEVER")
    alert = office.alert(patient)
    with pytest.raises(ConflictError, match="outcome_needed"):
        act(office, workflow_service.close, alert, physio, disposition="contacted")
    office.session.rollback()
    act(office, workflow_service.close, alert, physio, disposition="referred", outcome=Outcome("doctor", "a virus"))
    standing = office.standing(patient)
    assert (standing.level, standing.locked, standing.page, standing.alert_id) == (0, False, None, None)
    closed = office.alerts(patient)[0]
    assert (closed.closed_by, closed.outcome["seen_by"], closed.note) == (physio.id, "doctor", "a virus")
    for kind in ("alert", "callback", "welfare"):
        assert office.deliveries(f"{kind}:{alert.id}") == []


def test_the_lock_lifts_only_with_the_last_urgent_alert(told, office, patient, physio):
    told.history(patient)
    told.next_day()
    told.day(patient, 9, interference=9, flags={"U_FEVER": {"answer": "new"}})
    assert {alert.family: alert.level for alert in office.alerts(patient)} == {"red": 3, "acute": 3}
    red = office.alert(patient, "red")
    act(office, workflow_service.close, red, physio, disposition="referred", outcome=Outcome("doctor"))
    assert office.standing(patient).locked
    acute = office.alert(patient, "acute")
    act(office, workflow_service.close, acute, physio, disposition="referred", outcome=Outcome("doctor"))
    assert not office.standing(patient).locked


def test_what_the_patient_said_is_outcome_enough(told, office, patient, physio):
    told.flag(patient, "E_WEAK")
    alert = office.alert(patient)
    workflow_service.patient_outcome(
        office.session, patient, alert, helped="yes", seen_by="emergency", said="scanned", at=told.at
    )
    office.session.commit()
    standing = office.standing(patient)
    assert (standing.page, standing.locked) == (None, True), "helped, and still locked until a clinician closes it"
    assert office.deliveries(f"welfare:{alert.id}") == []
    act(office, workflow_service.close, office.alert(patient), physio, disposition="contacted")
    assert not office.standing(patient).locked


@pytest.mark.usefixtures("duty")
def test_no_help_so_far_asks_the_clinician_again_at_once(told, office, patient, physio, backup):
    told.flag(patient, "E_WEAK")
    alert = office.alert(patient)
    act(office, workflow_service.acknowledge, alert, physio)
    told.next_day()
    workflow_service.patient_outcome(office.session, patient, alert, helped="no", at=told.at)
    office.session.commit()
    assert office.ladder(alert)[:2] == [(physio.id, timedelta(0)), (backup.id, timedelta(0))]
    assert office.standing(patient).page == "emergency"


def test_somebody_who_still_waits_is_asked_again_the_next_morning(told, office, patient):
    told.flag(patient, "E_WEAK")
    alert = office.alert(patient)
    told.next_day()
    workflow_service.patient_outcome(office.session, patient, alert, helped="waiting", at=told.at)
    office.session.commit()
    assert [row.due_at.date() for row in office.deliveries(f"welfare:{alert.id}")] == [
        told.at.date() + timedelta(days=1)
    ]
    assert office.standing(patient).page == "emergency"


def test_a_review_that_settles_by_itself_waits_for_somebody_to_agree(told, office, patient, physio, rising):
    with pytest.raises(ConflictError, match="not_resolved"):
        act(office, workflow_service.confirm_resolved, rising, physio)
    office.session.rollback()
    told.next_day()
    told.days(patient, [3] * 10)
    alert = office.alert(patient, "trend")
    assert alert.resolved_at is not None
    assert office.standing(patient).level == 0
    act(office, workflow_service.confirm_resolved, alert, physio)
    assert office.alerts(patient, "trend")[0].disposition == "resolved"
    assert office.session.scalars(select(AuditEvent).where(AuditEvent.action == "alert.confirmed")).all()


def test_a_review_that_settled_and_fires_again_is_the_same_alert_and_is_told_again(
    told, office, patient, physio, rising
):
    act(office, workflow_service.acknowledge, rising, physio)
    told.next_day()
    told.days(patient, [3] * 10)
    told.next_day()
    told.days(patient, [6, 7, 7, 7])
    alert = office.alert(patient, "trend")
    assert (alert.id, alert.resolved_at) == (rising.id, None)
    assert "returned" in office.events(alert)
    assert alert.acknowledged_at is None
    assert [row.person_id for row in office.deliveries(f"alert:{alert.id}")] == [physio.id] * 3


def test_a_self_care_prompt_ends_by_itself(told, office, patient):
    told.history(patient)
    told.next_day()
    told.day(patient, 6, compared="worse")
    assert office.standing(patient).level == 1
    told.next_day()
    told.days(patient, [3, 3, 3, 3])
    alert = office.alerts(patient, "acute")[0]
    assert (alert.disposition, alert.closed_by) == ("settled", None)
    assert office.standing(patient).level == 0


def test_a_bad_evening_after_a_prompt_has_ended_in_the_morning_is_another_prompt(told, office, patient):
    told.history(patient)
    told.next_day()
    told.day(patient, 6, compared="worse")
    told.next_day()
    told.days(patient, [3, 3, 3, 3])
    assert [alert.disposition for alert in office.alerts(patient)] == ["settled"]
    told.clock.advance(timedelta(hours=6))
    told.day(patient, 7, compared="worse")
    assert office.alert(patient, "acute").level == 1
    assert office.standing(patient).level == 1


def test_a_rise_after_a_closing_is_another_alert(told, office, patient, physio, rising):
    act(office, workflow_service.close, rising, physio, disposition="plan_changed")
    assert office.standing(patient).level == 0
    told.next_day()
    told.days(patient, [6, 6, 7, 7])
    first, second = office.alerts(patient, "trend")
    assert (first.id, first.closed_at is not None, second.closed_at) == (rising.id, True, None)


def test_a_late_entry_about_a_day_that_was_dealt_with_raises_nothing(told, office, patient, physio, rising):
    act(office, workflow_service.close, rising, physio, disposition="plan_changed")
    told.next_day()
    yesterday = told.today(patient) - timedelta(days=1)
    told.day(patient, 6, about=yesterday)
    assert [alert.id for alert in office.alerts(patient, "trend")] == [rising.id]


def test_a_late_entry_that_brings_a_bad_day_to_light_is_raised_once_and_marked_late(told, office, patient):
    told.history(patient, (*CALM, None, 3))
    yesterday = told.today(patient) - timedelta(days=1)
    told.day(patient, 8, about=yesterday, entry="yesterday")
    alert = office.alert(patient, "acute")
    assert (alert.level, alert.late, alert.first_day) == (1, True, yesterday)
    told.day(patient, 8, about=yesterday, entry="yesterday", sleep=4)
    assert office.events(office.alert(patient, "acute")) == ["raised"]


def test_accepting_a_usual_closes_every_matter_of_pain_and_no_red_flag(told, office, patient, physio, rising):
    told.next_day()
    told.day(patient, 6, activities="no", flags={"D_ARM": {"answer": "new"}})
    act(office, workflow_service.accept_baseline, rising, physio, value=5.5)
    still_open = [alert.family for alert in office.alerts(patient) if alert.closed_at is None]
    assert still_open == ["red"]
    assert office.standing(patient).baseline == 5.5


def test_accepting_a_usual_leaves_low_mood_and_silence_open(told, office, patient, physio, rising):
    told.tell(patient, "monthly", phq2=[2, 2], self_harm=False)
    told.next_day(9)
    told.look(patient)
    families = {alert.family for alert in office.alerts(patient) if alert.closed_at is None}
    assert families == {"trend", "wellbeing", "nonresponse"}
    for family in ("wellbeing", "nonresponse"):
        with pytest.raises(ConflictError, match="not_for_this"):
            act(office, workflow_service.accept_baseline, office.alert(patient, family), physio, value=5)
        office.session.rollback()
    act(office, workflow_service.accept_baseline, rising, physio, value=5)
    still_open = {alert.family: alert.level for alert in office.alerts(patient) if alert.closed_at is None}
    assert set(still_open) == {"wellbeing", "nonresponse"}
    assert office.standing(patient).level == max(still_open.values()), "the engine leaves them open as well"


@pytest.mark.parametrize(
    ("action", "fields", "counts"),
    [
        ("note_contact", {"how": "call"}, True),
        ("close", {"disposition": "contacted"}, True),
        ("close", {"disposition": "expected"}, False),
        ("acknowledge", {}, False),
        ("accept_baseline", {"value": 5}, False),
        ("snooze", {"days": 3, "reason": "Seen on Monday"}, False),
    ],
)
def test_only_a_contact_is_a_contact(told, office, patient, physio, rising, action, fields, counts):
    told.next_day()
    told.flag(patient, "D_ARM")
    act(office, getattr(workflow_service, action), rising, physio, **fields)
    (line,) = (
        line
        for line in worklist_service.worklist(office.session, physio, told.at)
        if line.alert.id == office.alert(patient, "red").id
    )
    assert line.last_contact_on == (told.today(patient) if counts else None)


@pytest.mark.parametrize("value", [-1, 10.5])
def test_a_usual_level_lies_on_the_scale(office, physio, rising, value):
    with pytest.raises(ConflictError, match="bad_value"):
        act(office, workflow_service.accept_baseline, rising, physio, value=value)


def test_a_red_flag_and_an_urgent_pain_are_no_usual(told, office, patient, physio):
    told.history(patient)
    told.next_day()
    told.day(patient, 9, interference=9, flags={"D_ARM": {"answer": "new"}})
    for family in ("red", "acute"):
        with pytest.raises(ConflictError, match="not_for_this"):
            act(office, workflow_service.accept_baseline, office.alert(patient, family), physio, value=5)
        office.session.rollback()


def test_what_nobody_can_say_is_refused(told, office, patient, physio, rising):
    with pytest.raises(ConflictError, match="unknown_disposition"):
        act(office, workflow_service.close, rising, physio, disposition="settled")
    with pytest.raises(ConflictError, match="unknown_disposition"):
        act(office, workflow_service.close, rising, physio, disposition="expected", outcome=Outcome("a friend"))
    with pytest.raises(ConflictError, match="unknown_disposition"):
        workflow_service.patient_outcome(office.session, patient, rising, helped="maybe", at=told.at)


def test_what_is_closed_stays_closed(told, office, patient, physio, rising):
    act(office, workflow_service.close, rising, physio, disposition="expected")
    for action, how in (
        (workflow_service.acknowledge, {}),
        (workflow_service.snooze, {"days": 1, "reason": "x"}),
        (workflow_service.close, {"disposition": "expected"}),
        (workflow_service.note_contact, {"how": "call"}),
    ):
        with pytest.raises(ConflictError, match="closed"):
            act(office, action, rising, physio, **how)
        office.session.rollback()
    with pytest.raises(ConflictError, match="closed"):
        workflow_service.patient_outcome(office.session, patient, rising, helped="yes", at=told.at)


def test_a_patient_does_not_act_as_their_own_clinician(told, office, patient):
    told.flag(patient, "E_WEAK")
    alert = office.alert(patient)
    with pytest.raises(NotFound):
        worklist_service.alert_for(office.session, patient, alert.id, told.at)
    with pytest.raises(NotFound):
        workflow_service.close(
            office.session, alert, patient, told.at, disposition="expected", outcome=Outcome("doctor")
        )


# ---------------------------------------------------------------------------------------------- who may


def test_only_who_looks_after_a_patient_who_shares_may_see_or_act(
    told, office, people, patient, physio, backup, withdraw, rising
):
    with pytest.raises(NotFound):
        office.view(backup, rising)
    with pytest.raises(NotFound):
        office.view(people.physio(), rising)
    with pytest.raises(NotFound):
        workflow_service.acknowledge(office.session, rising, backup, told.at)
    office.session.rollback()
    withdraw(patient)
    with pytest.raises(NotFound):
        office.view(physio, rising)
    with pytest.raises(NotFound):
        workflow_service.close(office.session, rising, physio, told.at, disposition="expected")
    assert worklist_service.worklist(office.session, physio, told.at) == []


def test_taking_the_consent_back_takes_back_what_waits_for_staff_and_giving_it_again_tells_them(
    told, office, patient, physio, signed_in
):
    told.flag(patient, "E_WEAK")
    alert = office.alert(patient)
    browser = signed_in(patient)
    browser.post("/account/consents/sharing/withdraw")
    assert office.deliveries(f"alert:{alert.id}") == []
    assert len(office.deliveries(f"welfare:{alert.id}")) == 1, "the patient is still asked"
    assert office.alert(patient).owner_id is None
    assert office.standing(patient).locked
    told.clock.advance(timedelta(hours=1))
    browser.post("/account/consents/sharing/grant")
    assert office.ladder(alert)[0] == (physio.id, timedelta(0))


def test_when_care_ends_the_alert_goes_to_whoever_looks_after_the_patient_now(
    told, office, people, patient, physio, backup, end_care, rising
):
    act(office, workflow_service.acknowledge, rising, physio)
    end_care(patient, physio)
    people.care(patient, backup, since=told.at)
    told.next_day()
    told.day(patient, 5)
    alert = office.alert(patient, "trend")
    assert (alert.owner_id, alert.acknowledged_at) == (backup.id, None)
    assert office.deliveries(f"alert:{alert.id}")[0].person_id == backup.id


def test_nobody_is_told_of_somebody_on_their_own_who_may_lift_the_lock_themselves(told, office, people):
    alone = people.solo(intake_done=False)
    told.intake(alone)
    told.flag(alone, "U_FEVER")
    alert = office.alert(alone)
    assert (alert.owner_id, alert.due_at) == (None, None)
    assert office.deliveries(f"alert:{alert.id}") == []
    assert office.standing(alone).page == "urgent"
    refused = workflow_service.release_self(office.session, alone, alert, examined=True, allowed=False, at=told.at)
    assert not refused
    office.session.commit()
    assert office.standing(alone).locked
    assert workflow_service.release_self(office.session, alone, alert, examined=True, allowed=True, at=told.at)
    office.session.commit()
    assert not office.standing(alone).locked
    assert office.alerts(alone)[0].disposition == "released"


def test_an_examination_cannot_lie_in_the_future_and_ends_the_rules_of_time(told, office, people, database):
    alone = people.solo(intake_done=False)
    told.intake(alone, 5, began_on=told.today(alone).isoformat(), examined=False)
    told.flag(alone, "U_FEVER")
    alert, today = office.alert(alone), told.today(alone)
    with pytest.raises(ConflictError, match="examination_needed"):
        workflow_service.release_self(
            office.session,
            alone,
            alert,
            examined=True,
            allowed=True,
            examined_on=today + timedelta(days=1),
            at=told.at,
        )
    office.session.rollback()
    workflow_service.release_self(office.session, alone, alert, examined=True, allowed=True, at=told.at)
    database.commit()
    assert database.scalars(select(Episode.examined_on)).one() == today


def test_a_patient_whom_somebody_watches_cannot_lift_the_lock(told, office, patient):
    told.flag(patient, "U_FEVER")
    with pytest.raises(ConflictError, match="watched"):
        workflow_service.release_self(
            office.session, patient, office.alert(patient), examined=True, allowed=True, at=told.at
        )


def test_nobody_answers_for_another_patient(told, office, people, patient):
    told.flag(patient, "U_FEVER")
    other = people.patient()
    with pytest.raises(NotFound):
        workflow_service.patient_alert(office.session, other, office.alert(patient).id)
    with pytest.raises(NotFound):
        workflow_service.patient_outcome(office.session, other, office.alert(patient), helped="yes", at=told.at)


@pytest.mark.usefixtures("duty")
def test_a_stand_in_takes_over_for_a_week_once_it_has_come_to_them(told, office, backup, lead, rising):
    with pytest.raises(NotFound):
        workflow_service.stand_in(office.session, backup, rising.id, told.at)
    assert worklist_service.escalated_to(office.session, backup, told.at) == []
    told.clock.advance(timedelta(days=4, minutes=1))
    with pytest.raises(NotFound):
        workflow_service.stand_in(office.session, lead, rising.id, told.at)  # no physio, and not asked yet
    waiting = worklist_service.escalated_to(office.session, backup, told.at)
    assert [(each.alert_id, each.owner_name) for each in waiting] == [(rising.id, "Jonas Berg")]
    assert worklist_service.open_count(office.session, backup, told.at) == 1
    for _ in range(2):  # once is enough, twice does no harm
        workflow_service.stand_in(office.session, backup, rising.id, told.at)
    office.session.commit()
    act(office, workflow_service.acknowledge, rising, backup)
    link = office.session.scalars(select(CareLink).where(CareLink.physio_id == backup.id)).one()
    assert link.until - link.since == timedelta(days=7)
    told.clock.advance(timedelta(days=8))
    with pytest.raises(NotFound):
        office.view(backup, rising)


@pytest.mark.usefixtures("duty")
def test_nobody_stands_in_for_what_is_in_hand_again_or_no_longer_shared(
    told, office, patient, physio, backup, rising, withdraw
):
    told.clock.advance(timedelta(days=4, minutes=1))
    act(office, workflow_service.acknowledge, rising, physio)
    with pytest.raises(NotFound):
        workflow_service.stand_in(office.session, backup, rising.id, told.at)
    row = office.deliveries(f"alert:{rising.id}", state="cancelled")[1]
    row.state = "sent"
    office.session.commit()
    with pytest.raises(ConflictError, match="not_escalated"):
        workflow_service.stand_in(office.session, backup, rising.id, told.at)
    office.session.rollback()
    withdraw(patient)
    with pytest.raises(NotFound):
        workflow_service.stand_in(office.session, backup, rising.id, told.at)


def test_every_action_is_in_the_audit_trail(office, patient, physio, rising):
    act(office, workflow_service.acknowledge, rising, physio)
    act(office, workflow_service.note_contact, rising, physio, how="call")
    act(office, workflow_service.close, rising, physio, disposition="contacted")
    actions = [
        row.action
        for row in office.session.scalars(select(AuditEvent).where(AuditEvent.actor_id == physio.id))
        if row.patient_id == patient.id and row.action.startswith("alert.")
    ]
    assert {"alert.read", "alert.acknowledged", "alert.contacted", "alert.closed"} <= set(actions)


# ---------------------------------------------------------------------------------------------- a budget of attention


def test_more_reviews_than_anybody_can_look_at_come_as_one_message_a_day(told, office, people, physio):
    patients = [people.patient(physio, intake_done=False) for _ in range(7)]
    for each in patients:
        told.intake(each)
        told.day(each, 3, activities="no")
    digest = office.session.scalars(select(Delivery).where(Delivery.kind == "digest")).all()
    assert len({(row.subject, row.due_at) for row in digest}) == 1
    told_one_by_one = {row.subject for row in office.session.scalars(select(Delivery)) if row.kind == "escalation"}
    alerts = [office.alert(each, "acute") for each in patients]
    assert {f"alert:{alert.id}" for alert in alerts} >= told_one_by_one
    at_once = [alert for alert in alerts if any(told_first(row) for row in office.deliveries(f"alert:{alert.id}"))]
    assert 1 <= len(at_once) < 7
    assert wanted(office.session, digest[0], told.at)
    for alert in office.session.scalars(select(Alert)).all():
        alert.acknowledged_at = told.at
    assert not wanted(office.session, digest[0], told.at), "nothing is left in it"
    office.session.rollback()
    told.flag(patients[0], "E_WEAK")
    emergency = office.alert(patients[0], "red")
    assert office.ladder(emergency)[0] == (physio.id, timedelta(0)), "what is urgent never waits for a digest"


def test_an_unknown_alert_is_nobodys(office, physio):
    with pytest.raises(NotFound):
        worklist_service.alert_for(office.session, physio, uuid.uuid4(), office.clock.now())
