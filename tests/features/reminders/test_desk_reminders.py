"""Breaks by the clock, for somebody whose desk is watched: who has moved, or is told by what watches, is left alone."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from tests.features.reminders.house import ENGINES, MORNING
from tracker.posture.models import PostureBreak, PostureMinute, PostureSettings, Watcher
from tracker.reminders import service
from tracker.reminders.models import Delivery

MINUTE = timedelta(minutes=1)
NINE = MORNING + timedelta(hours=2)
"""Nine in the morning in Berlin."""

pytestmark = pytest.mark.parametrize("environ", ENGINES, indirect=True)


@pytest.fixture
def patient(house):
    """Somebody who wants a break every hour from nine to ten, and has nothing else to do."""
    person = house.patient(exercises=0)
    with house.sessions.begin() as session:
        choice = service.RuleChoice(service.Kind.POSTURE_BREAK, True, ("09:00", "10:00"), 60)
        service.save_rules(session, person, [choice], MORNING)
    house.clock.instant = NINE
    return person


def add(house, *rows):
    with house.sessions.begin() as session:
        session.add_all(rows)


def choose(house, patient, **fields):
    add(house, PostureSettings(patient_id=patient.id, changed_at=MORNING, **fields))


def watched(house, patient, *, seen_at=NINE - 30 * MINUTE, **minute):
    """A computer heard of at `seen_at`; with fields, its minute ten minutes ago."""
    computer = Watcher(
        id=uuid.uuid4(), patient_id=patient.id, kind="agent", name="Desk", created_at=MORNING, seen_at=seen_at
    )
    add(house, computer)
    if minute:
        usual = {"comfort_s": 60, "slouch_s": 0, "away_s": 0, "unknown_s": 0, "changes": 0, "stands": 0}
        at = minute.pop("at", NINE - 10 * MINUTE)
        add(
            house,
            PostureMinute(
                watcher_id=computer.id,
                patient_id=patient.id,
                starts_at=at,
                local_date=at.date(),
                still_s=600,
                movement=0.1,
                received_at=at,
                **{**usual, **minute},
            ),
        )


def moved(house, patient, at, outcome="taken"):
    add(
        house,
        PostureBreak(
            id=uuid.uuid4(),
            patient_id=patient.id,
            cause="still",
            offered_at=at,
            ended_at=at,
            local_date=at.date(),
            outcome=outcome,
        ),
    )


def told(house):
    house.deliver()
    row = house.rows(Delivery.kind == "posture_break", Delivery.channel == "in_app")[0]
    return row.state, row.reason


def test_without_a_watched_desk_the_clock_reminds(house, patient):
    choose(house, patient)
    assert told(house) == ("sent", None)


@pytest.mark.parametrize("seen", [{"changes": 1}, {"changes": 1, "stands": 1}, {"comfort_s": 0, "away_s": 60}])
def test_who_moved_at_the_desk_lately_is_left_alone(house, patient, seen):
    watched(house, patient, **seen)
    watched(house, patient, at=NINE - 12 * MINUTE, **seen)
    assert told(house) == ("skipped", "moved")


def test_who_moved_longer_ago_or_not_at_all_is_reminded(house, patient):
    watched(house, patient, at=NINE - 31 * MINUTE, changes=3)
    watched(house, patient, changes=0)
    assert told(house) == ("sent", None)


@pytest.mark.parametrize(
    ("minutes_ago", "outcome", "found"),
    [(5, "taken", ("skipped", "moved")), (31, "taken", ("sent", None)), (5, "not_now", ("sent", None))],
)
def test_a_break_that_was_taken_counts_and_one_that_was_not_does_not(house, patient, minutes_ago, outcome, found):
    moved(house, patient, NINE - minutes_ago * MINUTE, outcome)
    assert told(house) == found


@pytest.mark.parametrize("rule", ["still", "clock", "both"])
def test_what_watches_asks_by_itself(house, patient, rule):
    choose(house, patient, break_rule=rule)
    watched(house, patient, seen_at=NINE - 2 * MINUTE)
    assert told(house) == ("skipped", "watched")


def test_who_has_chosen_nothing_is_told_by_what_watches_too(house, patient):
    watched(house, patient, seen_at=NINE - 2 * MINUTE)
    assert told(house) == ("skipped", "watched")


def test_where_what_watches_should_not_ask_the_clock_still_does(house, patient):
    choose(house, patient, break_rule="off")
    watched(house, patient, seen_at=NINE - 2 * MINUTE)
    assert told(house) == ("sent", None)


def test_a_watcher_that_was_not_heard_of_for_three_minutes_is_not_relied_on(house, patient):
    watched(house, patient, seen_at=NINE - 4 * MINUTE)
    assert told(house) == ("sent", None)


def test_a_disconnected_computer_is_not_relied_on(house, patient):
    computer = Watcher(
        id=uuid.uuid4(),
        patient_id=patient.id,
        kind="agent",
        name="Desk",
        created_at=MORNING,
        seen_at=NINE - MINUTE,
        revoked_at=NINE - MINUTE,
    )
    add(house, computer)
    assert told(house) == ("sent", None)


def test_who_has_put_breaks_off_at_the_desk_is_not_reminded_by_the_clock(house, patient):
    choose(house, patient, snoozed_until=NINE + MINUTE)
    assert told(house) == ("skipped", "put_off")


def test_somebody_elses_desk_changes_nothing(house, patient):
    other = house.patient(exercises=0)
    watched(house, other, seen_at=NINE - MINUTE, changes=2)
    moved(house, other, NINE - MINUTE)
    assert told(house) == ("sent", None)
    with house.sessions() as session:
        (notice,) = service.notices_of(session, patient, house.clock.now())
    assert notice.path == "/posture/break"
