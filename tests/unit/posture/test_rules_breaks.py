from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from exercises.definition import load_library
from tracker.posture import rules_breaks as rules
from tracker.posture.rules import Minute, Settings
from tracker.posture.rules_breaks import Break, Candidate, Desk, Position, When

NINE = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
MINUTE = timedelta(minutes=1)
USED_TO_IT = date(2026, 1, 1)


def minutes(start=NINE, *, of=30, still_from=0, **fields):
    """Minutes at the desk, one after the other, in a spell without a change that began `still_from` seconds before."""
    seconds = fields or {"comfort_s": 60}
    return [Minute(start + n * MINUTE, still_s=still_from + (n + 1) * 60, **seconds) for n in range(of)]


def offered(at=NINE, outcome=None, **fields):
    return Break(**{"id": uuid.uuid4(), "cause": "still", "offered_at": at, "outcome": outcome, **fields})


def settings(**fields):
    return Settings(**{"began_on": USED_TO_IT, **fields})


def next_break(chosen=None, desk=None, at=NINE, *, last_offered_at=None, quiet_until=None):
    return rules.next_break(
        chosen or settings(), desk, last_offered_at=last_offered_at, quiet_until=quiet_until, today=TODAY, at=at
    )


def desk(**fields):
    return Desk(
        **{
            "still_since": NINE - 10 * MINUTE,
            "sitting_since": NINE - 20 * MINUTE,
            "stood_at": None,
            "away": False,
            **fields,
        }
    )


# ---------------------------------------------------------------------------------------------- the next break


def test_the_still_rule_asks_thirty_minutes_after_the_last_change():
    found = next_break(desk=desk())
    assert (found.when, found.at, found.rule) == (When.AT, NINE + 20 * MINUTE, "still")


def test_the_clock_rule_asks_thirty_minutes_after_the_last_break_whatever_moved():
    found = next_break(settings(break_rule="clock"), desk())
    assert (found.at, found.rule) == (NINE + 10 * MINUTE, "clock")


def test_with_both_rules_the_earlier_one_asks():
    assert next_break(settings(break_rule="both"), desk()).rule == "clock"
    later = desk(sitting_since=NINE - 5 * MINUTE)
    assert next_break(settings(break_rule="both"), later).rule == "still"


def test_in_the_first_week_a_break_comes_after_forty_five_minutes_and_never_earlier_than_chosen():
    new = settings(began_on=TODAY - timedelta(days=6))
    assert next_break(new, desk()).at == NINE + 35 * MINUTE
    assert next_break(settings(began_on=TODAY - timedelta(days=7)), desk()).at == NINE + 20 * MINUTE
    slow = settings(began_on=TODAY, break_every_min=60)
    assert next_break(slow, desk()).at == NINE + 50 * MINUTE


def test_a_spell_that_is_over_asks_now():
    assert next_break(desk=desk(still_since=NINE - 31 * MINUTE)).when is When.NOW


def test_nothing_is_asked_within_ten_minutes_of_standing_up():
    stood = desk(sitting_since=NINE - 40 * MINUTE, stood_at=NINE - 4 * MINUTE)
    found = next_break(settings(break_rule="clock"), stood)
    assert (found.when, found.at) == (When.AT, NINE + 6 * MINUTE)


def test_after_not_now_it_asks_again_after_another_spell_and_not_at_once():
    still = desk(still_since=NINE - 40 * MINUTE)
    found = next_break(desk=still, last_offered_at=NINE - 10 * MINUTE)
    assert (found.when, found.at) == (When.AT, NINE + 20 * MINUTE)


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        (settings(break_rule="off"), When.OFF),
        (settings(quiet=True), When.QUIET_MODE),
        (settings(snoozed_until=NINE + MINUTE), When.SNOOZED),
        (settings(paused_until=NINE + MINUTE), When.PAUSED),
        (settings(break_rule="off", paused_until=NINE + MINUTE), When.PAUSED),
        (settings(snoozed_until=NINE, paused_until=NINE - MINUTE), When.AT),
    ],
)
def test_nothing_is_asked_while_it_should_be_silent(chosen, found):
    assert next_break(chosen, desk()).when is found


def test_quiet_hours_say_until_when():
    found = next_break(desk=desk(), quiet_until=NINE + 60 * MINUTE)
    assert (found.when, found.at) == (When.QUIET_HOURS, NINE + 60 * MINUTE)


def test_nobody_knows_the_next_break_of_somebody_whom_nothing_watches():
    assert next_break(desk=None).when is When.NOT_WATCHED
    assert next_break(desk=desk(away=True)).when is When.AWAY


# ---------------------------------------------------------------------------------------------- what is known of now


def test_the_desk_knows_since_when_somebody_sits_and_since_when_they_are_still():
    seen = rules.desk_of([*minutes(of=10), *minutes(NINE + 10 * MINUTE, of=5)], (), NINE + 15 * MINUTE)
    assert seen is not None
    assert seen.sitting_since == NINE
    assert seen.still_since == NINE + 10 * MINUTE
    assert not seen.away


def test_without_a_minute_of_the_last_three_nobody_is_watched():
    seen = minutes(of=5)
    assert rules.desk_of(seen, (), NINE + 8 * MINUTE) is not None
    assert rules.desk_of(seen, (), NINE + 9 * MINUTE) is None
    assert rules.desk_of([], (), NINE) is None


def test_two_minutes_away_count_as_a_break_and_one_does_not():
    short = [*minutes(of=10), *minutes(NINE + 10 * MINUTE, of=1, away_s=60), *minutes(NINE + 11 * MINUTE, of=5)]
    long = [*minutes(of=10), *minutes(NINE + 10 * MINUTE, of=2, away_s=60), *minutes(NINE + 12 * MINUTE, of=5)]
    assert rules.desk_of(short, (), NINE + 16 * MINUTE).sitting_since == NINE
    assert rules.desk_of(long, (), NINE + 17 * MINUTE).sitting_since == NINE + 12 * MINUTE


def test_two_minutes_that_nobody_watched_count_as_a_break():
    seen = [*minutes(of=10), *minutes(NINE + 12 * MINUTE, of=5)]
    assert rules.desk_of(seen, (), NINE + 17 * MINUTE).sitting_since == NINE + 12 * MINUTE


def test_a_break_that_was_taken_begins_the_time_anew_and_one_that_was_not_does_not():
    at = NINE + 30 * MINUTE
    taken = offered(NINE + 20 * MINUTE, "taken", ended_at=NINE + 22 * MINUTE)
    refused = offered(NINE + 25 * MINUTE, "not_now", ended_at=NINE + 25 * MINUTE)
    seen = rules.desk_of(minutes(of=30), (taken, refused), at)
    assert seen.still_since == seen.sitting_since == NINE + 22 * MINUTE


def test_a_stand_up_is_known_and_minutes_of_the_future_are_not():
    seen = [*minutes(of=5), Minute(NINE + 5 * MINUTE, comfort_s=60, changes=1, stands=1), *minutes(NINE + 90 * MINUTE)]
    assert rules.desk_of(seen, (), NINE + 6 * MINUTE).stood_at == NINE + 5 * MINUTE


# ---------------------------------------------------------------------------------------------- what became of them


@pytest.mark.parametrize(
    ("before", "told", "kept"),
    [
        (None, None, None),
        (None, "not_now", "not_now"),
        ("taken", None, "taken"),
        ("taken", "not_now", "taken"),
        ("not_now", "taken", "not_now"),
        ("not_now", "passed", "not_now"),
        ("passed", "not_now", "passed"),
        ("passed", "taken", "taken"),
    ],
)
def test_an_outcome_is_never_taken_back_but_a_passed_break_can_still_be_taken(before, told, kept):
    assert rules.outcome_after(before, told) == kept


def test_an_offer_is_open_for_a_quarter_of_an_hour_and_then_has_passed():
    each = offered()
    assert each.outcome_at(NINE + 15 * MINUTE) is None
    assert each.outcome_at(NINE + 16 * MINUTE) == "passed"


def test_breaks_are_counted_by_what_became_of_them_and_own_ones_beside():
    found = rules.tally(
        [
            offered(outcome="taken"),
            offered(outcome="not_now", cause="clock"),
            offered(outcome="passed"),
            offered(),
            offered(NINE + 50 * MINUTE),
            offered(outcome="taken", cause="asked"),
            offered(outcome="not_now", cause="asked"),
        ],
        NINE + 60 * MINUTE,
    )
    assert (found.offered, found.taken, found.not_now, found.passed, found.own) == (5, 1, 1, 2, 1)
    assert found.moved == 2


# ---------------------------------------------------------------------------------------------- a desk to stand at


@pytest.mark.parametrize(
    ("after_min", "position", "until_min"),
    [
        (0, Position.SIT, 20),
        (19, Position.SIT, 20),
        (20, Position.STAND, 28),
        (28, Position.MOVE, 30),
        (30, Position.SIT, 50),
        (119, Position.MOVE, 120),
        (-5, Position.SIT, 20),
    ],
)
def test_twenty_minutes_sitting_eight_standing_two_moving(after_min, position, until_min):
    assert rules.position_at(NINE, NINE + after_min * MINUTE) == (position, NINE + until_min * MINUTE)


# ---------------------------------------------------------------------------------------------- which exercise


def drill(exercise, **fields):
    return Candidate(
        **{
            "exercise": exercise,
            "goal": "mobility",
            "posture": "sitting",
            "equipment": ("chair",),
            "cautions": (),
            "reps": 8,
            "hold_s": None,
            **fields,
        }
    )


def turn(planned=(), drills=(), *, cautions=(), drills_allowed=True, lately=()):
    found = rules.offers(planned, drills, cautions=cautions, drills_allowed=drills_allowed, lately=lately)
    return [each.exercise for each in found]


DRILLS = [drill("a"), drill("b", cautions=("OP",)), drill("c")]


def test_the_drills_take_turns():
    assert turn(drills=DRILLS) == ["a", "b", "c"]
    assert turn(drills=DRILLS, lately=["a"]) == ["b", "c", "a"]
    assert turn(drills=DRILLS, lately=["b", "a"]) == ["c", "a", "b"]
    assert turn(drills=DRILLS, lately=["a", "c", "b", "a"]) == ["b", "c", "a"]


def test_what_the_physiotherapist_prescribed_comes_before_a_drill_that_waits_as_long():
    assert turn([drill("c"), drill("p")], DRILLS)[:2] == ["c", "p"]
    assert turn([drill("p")], DRILLS, lately=["p"])[-1] == "p"


def test_nothing_is_offered_that_a_caution_speaks_against_whoever_prescribed_it():
    assert turn([drill("p", cautions=("SH", "OP"))], DRILLS, cautions={"OP"}) == ["a", "c"]


def test_above_level_one_only_the_plan_itself_is_offered():
    assert turn([drill("p")], DRILLS, drills_allowed=False) == ["p"]
    assert turn([], DRILLS, drills_allowed=False) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"goal": "test"},
        {"posture": "supine"},
        {"posture": "all_fours"},
        {"equipment": ("band",)},
        {"equipment": ("wall",)},
        {"reps": 15, "hold_s": 10.0},
        {"reps": 10, "hold_s": 5.0, "sides": 2},
    ],
)
def test_what_is_long_needs_kit_or_a_mat_is_no_break(fields):
    assert turn([drill("p", **fields)]) == []


@pytest.mark.parametrize("equipment", [("none", "band"), ("chair",), ("none",), ("chair", "none")])
def test_what_works_without_kit_is_a_break(equipment):
    assert turn([drill("p", equipment=equipment)]) == ["p"]


def test_plan_d_is_what_the_clinical_specification_says_and_fits_a_break():
    library = load_library()
    assert {library[exercise].card for exercise in rules.PLAN_D} == {"E11", "E12", "E13", "E14", "E25"}
    for exercise, reps in rules.PLAN_D.items():
        definition = library[exercise]
        low, high = definition.dose.reps_range
        assert low <= reps <= high
        candidate = Candidate(
            exercise=exercise,
            goal=definition.goal,
            posture=definition.figure.posture,
            equipment=definition.equipment,
            cautions=definition.cautions,
            reps=reps,
            hold_s=definition.dose.hold_s or None,
            sides=2 if definition.sided else 1,
        )
        assert rules.fits_break(candidate), exercise
        assert candidate.seconds >= 20
