"""By when somebody must look, who is next, what is told again, what may wait, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alerts.histories import EMERGENCY, REVIEW, SELF_CARE, STEADY, URGENT, USUAL, after_usual, history
from tracker.alerts import rules_workflow as workflow
from tracker.alerts.rules import Family, Firing, evaluate
from tracker.alerts.rules_workflow import (
    Delivery,
    Notified,
    Owner,
    Reason,
    SnoozeRefusal,
    Waiting,
    WorkingHours,
    breaks_snooze,
    call_back_by,
    delivery,
    due_at,
    may_snooze,
    newly_found,
    over_budget,
    owner_at,
    reason_class,
    reason_to_notify,
    red_codes,
    retire_rule,
    should_notify,
    snooze_refusal,
    steps,
    triage_key,
)

BERLIN = WorkingHours(frozenset({1, 2, 3, 4, 5}), time(8), time(18), "Europe/Berlin")
MONDAY_10 = datetime(2026, 3, 9, 9, tzinfo=UTC)  # 10:00 in Berlin


def berlin(day: int, hour: int, minute: int = 0, month: int = 3) -> datetime:
    offset = 2 if (month, day) >= (3, 29) else 1  # summer time begins on 29 March 2026
    return datetime(2026, month, day, hour - offset, minute, tzinfo=UTC)


# ------------------------------------------------------------------------------------------------ working hours


@pytest.mark.parametrize(
    ("opened", "level", "due"),
    [
        (berlin(9, 10), URGENT, berlin(9, 12)),
        (berlin(9, 17), URGENT, berlin(10, 9)),
        (berlin(9, 20), URGENT, berlin(10, 10)),
        (berlin(13, 17), URGENT, berlin(16, 9)),  # Friday evening, Monday morning
        (berlin(14, 12), URGENT, berlin(16, 10)),
        (berlin(9, 10), REVIEW, berlin(11, 10)),
        (berlin(13, 10), REVIEW, berlin(17, 10)),
        (berlin(14, 12), REVIEW, berlin(17, 18)),
        (berlin(27, 10), REVIEW, berlin(31, 10)),  # over the change to summer time
        (berlin(14, 12), EMERGENCY, berlin(14, 12, 15)),
    ],
)
def test_by_when_somebody_must_have_looked(opened, level, due):
    assert due_at(level, opened, BERLIN) == due


@pytest.mark.parametrize("level", [STEADY, SELF_CARE])
def test_nobody_is_asked_below_a_review(level):
    assert due_at(level, MONDAY_10, BERLIN) is None
    assert owner_at(level, MONDAY_10, BERLIN, MONDAY_10) is None


def test_an_alert_goes_from_physio_to_backup_to_lead():
    assert [step.to for step in steps(URGENT, MONDAY_10, BERLIN)] == [Owner.PHYSIO, Owner.BACKUP, Owner.LEAD]
    later = [owner_at(URGENT, MONDAY_10, BERLIN, MONDAY_10 + timedelta(hours=h)) for h in (0, 1.9, 2, 4)]
    assert later == [Owner.PHYSIO, Owner.PHYSIO, Owner.BACKUP, Owner.LEAD]
    assert owner_at(REVIEW, MONDAY_10, BERLIN, MONDAY_10 + timedelta(days=2)) == Owner.BACKUP  # W05


def test_an_emergency_goes_to_all_at_once_day_and_night():
    night = berlin(14, 3)
    assert [(step.at - night, step.to) for step in steps(EMERGENCY, night, BERLIN)] == [
        (timedelta(0), Owner.ALL_ON_DUTY),
        (timedelta(minutes=15), Owner.BACKUP),
        (timedelta(minutes=30), Owner.LEAD),
    ]


@pytest.mark.parametrize(("opened", "by"), [(berlin(9, 8), berlin(9, 10)), (berlin(9, 10), berlin(10, 10))])
def test_an_urgent_patient_is_called_back_by_the_next_ten_oclock(opened, by):
    assert call_back_by(opened, "Europe/Berlin") == by


@settings(deadline=None)
@given(
    opened=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001  # made aware below
    minutes=st.integers(0, 6000),
    zone=st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "Pacific/Apia"]),
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
)
def test_working_time_passes_only_while_somebody_is_there(opened, minutes, zone, weekdays):
    hours = WorkingHours(weekdays, time(8, 30), time(17), zone)
    opened = opened.replace(tzinfo=UTC)
    end = hours.after(opened, timedelta(minutes=minutes))
    spent = timedelta()
    for begins, ends in hours.spans_from(opened):
        if begins >= end:
            break
        spent += min(ends, end) - begins
    assert spent == timedelta(minutes=minutes)
    assert end >= opened
    assert hours.after(opened, timedelta(minutes=minutes + 1)) > end


def test_hours_on_the_night_the_clocks_change_lose_no_time():
    night = WorkingHours(frozenset({7}), time(0), time(6), "Europe/Berlin")
    (begins, ends) = next(night.spans_from(datetime(2026, 3, 28, 12, tzinfo=UTC)))
    assert ends - begins == timedelta(hours=5)
    (begins, ends) = next(night.spans_from(datetime(2026, 10, 24, 12, tzinfo=UTC)))
    assert ends - begins == timedelta(hours=7)


def test_whether_somebody_is_there():
    assert BERLIN.is_open(berlin(9, 8))
    assert not BERLIN.is_open(berlin(9, 18))
    assert not BERLIN.is_open(berlin(14, 12))


@pytest.mark.parametrize(
    ("weekdays", "opens", "closes"),
    [(set(), time(8), time(18)), ({0}, time(8), time(18)), ({1}, time(18), time(8)), ({1}, time(8), time(8))],
)
def test_hours_that_never_come_are_refused(weekdays, opens, closes):
    with pytest.raises(ValueError, match="working hours"):
        WorkingHours(frozenset(weekdays), opens, closes, "UTC")


def test_an_instant_must_be_aware_and_within_reach():
    with pytest.raises(ValueError, match="aware"):
        BERLIN.after(datetime(2026, 3, 9), timedelta(hours=1))  # noqa: DTZ001  # naive on purpose
    with pytest.raises(ValueError, match="within a year"):
        BERLIN.after(MONDAY_10, timedelta(days=2000))


# ------------------------------------------------------------------------------------------------ telling again

TOLD = Notified(MONDAY_10, REVIEW, ewma=4.0, red_codes=frozenset({"D_ARM"}))


@pytest.mark.parametrize(
    ("last", "changed", "expected"),
    [
        (None, {}, Reason.FIRST),
        (None, {"level": SELF_CARE}, None),
        (TOLD, {}, None),
        (TOLD, {"now": MONDAY_10 + timedelta(days=6)}, None),  # W05
        (TOLD, {"level": URGENT}, Reason.LEVEL_ROSE),
        (TOLD, {"ewma": 5.2}, Reason.PAIN_ROSE),  # W06
        (TOLD, {"ewma": 4.9}, None),
        (TOLD, {"ewma": 5.0 - 1e-12}, Reason.PAIN_ROSE),
        (TOLD, {"ewma": None}, None),
        (TOLD, {"red_codes": ["D_ARM", "D_PREG"]}, Reason.NEW_RED_FLAG),
        (TOLD, {"red_codes": []}, None),
        (TOLD, {"now": MONDAY_10 + timedelta(days=14)}, Reason.OPEN_TOO_LONG),
    ],
)
def test_somebody_is_told_again_only_of_something_new(last, changed, expected):
    now = {"level": REVIEW, "ewma": 4.0, "red_codes": ["D_ARM"], "now": MONDAY_10 + timedelta(hours=1)} | changed
    assert reason_to_notify(last, **now) == expected
    assert should_notify(last, **now) == (expected is not None)


def test_what_a_late_entry_brings_to_light_is_found_once():
    known = evaluate(history([*USUAL, 3, 3]))
    flagged = evaluate(history([*USUAL, 3, 3], {21: {"flags": {"U_FEVER": URGENT}}}))
    assert [(day, str(firing)) for day, firing in newly_found(known, flagged, today=22)] == [(21, "RED-U:L3")]
    assert newly_found(flagged, flagged, today=22) == ()
    assert newly_found(known, flagged, today=21) == ()
    both = evaluate(history([*USUAL, 3, 3], {21: {"flags": {"U_FEVER": URGENT, "U_LUNG": URGENT}}}))
    assert red_codes(both[21].firings) == {"U_FEVER", "U_LUNG"}
    assert len(newly_found(flagged, both, today=22)) == 1


# ------------------------------------------------------------------------------------------------ waiting


@pytest.mark.parametrize(
    ("level", "family", "days", "reason", "refusal"),
    [
        (REVIEW, Family.TREND, 7, "on holiday", None),
        (SELF_CARE, Family.EXERCISE, 1, "known", None),
        (REVIEW, Family.TREND, 14, "known", None),
        (REVIEW, Family.TREND, 15, "known", SnoozeRefusal.DAYS),
        (REVIEW, Family.TREND, 0, "known", SnoozeRefusal.DAYS),
        (REVIEW, Family.TREND, 7, "  ", SnoozeRefusal.NO_REASON),
        (URGENT, Family.ACUTE, 1, "known", SnoozeRefusal.TOO_URGENT),
        (REVIEW, Family.RED, 1, "known", SnoozeRefusal.RED_FLAG),
    ],
)
def test_what_may_be_snoozed(level, family, days, reason, refusal):
    assert snooze_refusal(level, family, days, reason) == refusal
    assert may_snooze(level, family, days, reason) == (refusal is None)


def test_anything_higher_and_any_red_flag_breaks_a_snooze():  # W07
    fever = after_usual([3], {0: {"flags": {"U_FEVER": URGENT}}})[0].firings
    assert breaks_snooze(REVIEW, fever)
    assert breaks_snooze(REVIEW, [Firing("RED-D", REVIEW, Family.RED, {})])
    assert breaks_snooze(SELF_CARE, [Firing("C2", REVIEW, Family.TREND, {})])
    assert not breaks_snooze(REVIEW, [Firing("C2", REVIEW, Family.TREND, {})])
    assert not breaks_snooze(REVIEW, [])


# ------------------------------------------------------------------------------------------------ budget


@pytest.mark.parametrize(
    ("open_reviews", "alerting", "caseload", "over"),
    [(5, 4, 40, False), (6, 0, 40, True), (0, 5, 40, True), (1, 1, 3, False), (2, 2, 3, True), (0, 0, 0, False)],
)
def test_when_reviews_become_a_digest(open_reviews, alerting, caseload, over):
    assert over_budget(open_reviews=open_reviews, alerting_7d=alerting, caseload=caseload) == over


@pytest.mark.parametrize("over", [False, True])
def test_the_budget_never_holds_back_what_is_urgent(over):
    assert delivery(URGENT, over=over) == delivery(EMERGENCY, over=over) == Delivery.PUSH
    assert delivery(REVIEW, over=over) == (Delivery.DIGEST if over else Delivery.MESSAGE)
    assert delivery(SELF_CARE, over=over) == Delivery.BADGE
    assert delivery(STEADY, over=over) is None


def test_a_rule_that_rarely_leads_to_action_is_looked_at():
    assert retire_rule(acted_on=3, alerts=20)
    assert not retire_rule(acted_on=4, alerts=20)
    assert not retire_rule(acted_on=0, alerts=19)


# ------------------------------------------------------------------------------------------------ worklist


def test_the_worklist_is_sorted_by_the_eight_criteria_in_their_order():
    soon, later = MONDAY_10, MONDAY_10 + timedelta(hours=1)
    base = {"level": REVIEW, "due_at": later, "family": Family.TREND}
    ordered = [
        Waiting("Zoe", EMERGENCY, acknowledged=True, family=Family.RED),
        Waiting("Yan", URGENT, family=Family.RED),
        Waiting("Xia", **{**base, "due_at": soon, "family": Family.WELLBEING}),
        Waiting("Wim", **{**base, "family": Family.RED}),
        Waiting("Val", **{**base, "family": Family.ACUTE}),
        Waiting("Udo", **{**base, "family": Family.NONRESPONSE}, silent_after_worsening=True),
        Waiting("Tom", **base, severity=2.0),
        Waiting("Sue", **base, severity=1.0, function_loss=2.0),
        Waiting("Ron", **base, severity=1.0, function_loss=1.0, days_since_contact=9),
        Waiting("ben", **base, severity=1.0, function_loss=1.0),
        Waiting("Cem", **base, severity=1.0, function_loss=1.0),
        Waiting("Pam", **{**base, "family": Family.EXERCISE}),
        Waiting("Oda", **{**base, "family": Family.TIME}),
        Waiting("Nia", **{**base, "family": Family.WELLBEING}),
        Waiting("Max", **{**base, "family": Family.NONRESPONSE}),
        Waiting("Leo", REVIEW, family=Family.RED),
        Waiting("Kai", **{**base, "family": Family.RED}, acknowledged=True),
        Waiting("Jim", SELF_CARE, family=Family.EXERCISE),
        Waiting("Ida"),
    ]
    assert sorted(Random(1).sample(ordered, len(ordered)), key=triage_key) == ordered


def test_every_family_has_a_rank_of_its_own():
    ranks = [reason_class(family) for family in Family]
    assert len(set(ranks)) == len(Family)
    assert max(ranks) < reason_class(None)
    assert workflow.reason_class(Family.NONRESPONSE, silent_after_worsening=True) not in ranks
