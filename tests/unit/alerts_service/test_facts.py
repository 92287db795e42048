"""A day of the diary as the engine is told it, and who is meant by a step of escalation."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import pytest

from tracker.alerts.diary_facts import U_SEVERE, facts_from
from tracker.alerts.duty_service import Crew, Duty, DutyError, _check_hours
from tracker.alerts.rules import ExercisePain
from tracker.alerts.rules_workflow import Owner
from tracker.diary.rules import DiaryDay
from tracker.diary.rules_flags import Answer, FlagAnswer
from tracker.regimen.rules_levels import Level

DAY = date(2026, 3, 10)


def test_a_day_of_the_diary_becomes_facts():
    told = DiaryDay(
        DAY,
        complete=True,
        told=True,
        average=6,
        worst=8,
        interference=5,
        compared="worse",
        flare=True,
        activities="no",
        medicine=True,
        flags={"U_FEVER": FlagAnswer(Answer.NEW)},
        levels={"U_FEVER": Level.URGENT},
        peg=4.5,
        mood=3,
        psfs=6.0,
        phq2=2,
        over_label=True,
    )
    facts = facts_from(told, (ExercisePain(before=2, during=3),))
    assert (facts.average, facts.worst, facts.interference) == (6, 8, 5)
    assert facts.worse_than_usual
    assert facts.flare
    assert facts.cannot_do_activities
    assert facts.medicine_taken
    assert facts.medicine_over_label
    assert (facts.flags, facts.peg, facts.mood, facts.psfs, facts.phq2) == ({"U_FEVER": Level.URGENT}, 4.5, 3, 6.0, 2)
    assert facts.exercises == (ExercisePain(before=2, during=3),)
    assert not facts.expected, "a day that was told about is not missed"


def test_a_day_that_says_nothing_is_missed_where_a_check_in_was_expected():
    assert facts_from(DiaryDay(DAY)).expected
    assert not facts_from(DiaryDay(DAY), expected=False).expected
    assert facts_from(DiaryDay(DAY)).average is None


@pytest.mark.parametrize(
    ("average", "activities", "severe"),
    [(8, "new_no", True), (7, "new_no", False), (8, "no", False), (8, "yes", False)],
)
def test_new_severe_pain_that_stops_everything_is_a_red_flag(average, activities, severe):
    facts = facts_from(DiaryDay(DAY, told=True, average=average, activities=activities))
    assert (U_SEVERE in facts.flags) is severe


@dataclass
class Somebody:
    """As much of a person as a crew asks for."""

    id: uuid.UUID = field(default_factory=uuid.uuid4)


OWNER, COLLEAGUE, BACKUP, LEAD = (Somebody() for _ in range(4))
HOURS = Duty().hours("Europe/Berlin")


@pytest.mark.parametrize(
    ("backup", "lead", "asked"),
    [
        (BACKUP, LEAD, [OWNER, BACKUP, LEAD]),
        (None, LEAD, [OWNER, LEAD, LEAD]),
        (BACKUP, None, [OWNER, BACKUP, BACKUP]),
        (None, None, [OWNER, OWNER, OWNER]),
    ],
)
def test_a_step_to_somebody_the_clinic_has_not_got_goes_to_the_next(backup, lead, asked):
    crew = Crew((OWNER, COLLEAGUE), backup, lead, HOURS)
    steps = (Owner.PHYSIO, Owner.BACKUP, Owner.LEAD)
    assert [crew.people(step) for step in steps] == [(person.id,) for person in asked]
    assert crew.people(Owner.ALL_ON_DUTY) == (OWNER.id, COLLEAGUE.id)


def test_nobody_is_asked_where_nobody_may_see():
    crew = Crew((), BACKUP, LEAD, HOURS)
    assert [crew.people(step) for step in Owner] == [()] * len(Owner)


def test_hours_are_the_clinics_local_ones_and_a_zone_nobody_knows_is_utc():
    assert HOURS.is_open(datetime(2026, 3, 10, 7, 30, tzinfo=UTC))
    assert not HOURS.is_open(datetime(2026, 3, 10, 6, 30, tzinfo=UTC))
    assert Duty().hours("Nowhere/Atlantis").zone == "UTC"


@pytest.mark.parametrize(
    ("weekdays", "opens", "closes", "wrong"),
    [
        ("", "08:00", "18:00", "weekdays"),
        ("18", "08:00", "18:00", "weekdays"),
        ("12345", "8", "18:00", "opens"),
        ("12345", "08:00:00", "18:00", "opens"),
        ("12345", "08:00", "late", "closes"),
        ("12345", "18:00", "08:00", "closes"),
        ("12345", "08:00", "08:00", "closes"),
    ],
)
def test_hours_that_never_come_are_refused(weekdays, opens, closes, wrong):
    with pytest.raises(DutyError) as refused:
        _check_hours(weekdays, opens, closes)
    assert refused.value.field == wrong
