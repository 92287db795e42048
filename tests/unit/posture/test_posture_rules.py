"""Minutes, settings and codes by themselves."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.posture import rules
from tracker.posture.rules import Minute

AT = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
TODAY = AT.date()


@st.composite
def reports(draw: st.DrawFn) -> list[Minute]:
    """Reports of three minutes that agree and disagree."""
    few = st.integers(0, 2)

    def report() -> Minute:
        return Minute(
            AT + timedelta(minutes=draw(few)),
            comfort_s=draw(few) * 10,
            slouch_s=draw(few) * 10,
            away_s=draw(few) * 10,
            changes=draw(few),
            movement=draw(few) / 4,
            score=draw(st.sampled_from([None, 40, 90])),
            view=draw(st.sampled_from([None, "front", "side"])),
            baseline_id=draw(st.sampled_from([None, UUID(int=5), UUID(int=9)])),
        )

    return [report() for _ in range(draw(st.integers(0, 8)))]


@given(reports(), st.randoms(use_true_random=False))
def test_the_order_of_reports_and_repeating_them_changes_nothing(told: list[Minute], chance: random.Random):
    mixed = [*told, *told[:3]]
    chance.shuffle(mixed)
    assert rules.fullest(mixed) == rules.fullest(told)
    assert rules.merge(mixed) == rules.merge(told)


@given(reports(), st.integers(0, 8))
def test_reports_may_come_in_any_number_of_parts(told: list[Minute], cut: int):
    parts = [*rules.fullest(told[:cut]), *rules.fullest(told[cut:])]
    assert rules.fullest(parts) == rules.fullest(told)


@given(reports())
def test_a_minute_is_one_report_as_it_was_told_and_comes_once(told: list[Minute]):
    for found in (rules.fullest(told), rules.merge(told)):
        assert [each.starts_at for each in found] == sorted({each.starts_at for each in told})
        assert set(found) <= set(told)


@given(reports())
def test_of_several_watchers_none_saw_more_of_the_person_than_the_one_that_counts(told: list[Minute]):
    for kept in rules.merge(told):
        others = [each for each in told if each.starts_at == kept.starts_at]
        assert kept.seen_s == max(each.seen_s for each in others)
        longest = max(each.watched_s for each in others if each.seen_s == kept.seen_s)
        assert kept.watched_s == longest


def test_the_watcher_that_saw_the_person_beats_the_one_that_watched_an_empty_chair():
    chair, person = Minute(AT, away_s=60), Minute(AT, comfort_s=10, slouch_s=10)
    assert rules.merge([chair, person]) == [person]
    # For one watcher, the longer report is the later one.
    assert rules.fullest([chair, person]) == [chair]


@pytest.mark.parametrize(
    ("minute", "problem"),
    [
        (Minute(AT, comfort_s=60), None),
        (Minute(AT, unknown_s=1), None),
        (Minute(AT), "empty"),
        (Minute(AT, comfort_s=60, away_s=1), "too_many_seconds"),
        (Minute(AT + timedelta(seconds=1), comfort_s=1), "not_a_minute"),
        (Minute(AT + timedelta(microseconds=1), comfort_s=1), "not_a_minute"),
        (Minute(AT + timedelta(minutes=5), comfort_s=1), None),
        (Minute(AT + timedelta(minutes=6), comfort_s=1), "future"),
        (Minute(AT - timedelta(days=35), comfort_s=1), None),
        (Minute(AT - timedelta(days=35, minutes=1), comfort_s=1), "old"),
    ],
)
def test_what_a_minute_may_claim(minute, problem):
    assert rules.problem_of(minute, AT) == problem


@pytest.mark.parametrize(
    ("began_on", "every_min", "expected_min"),
    [
        (None, 30, 45),
        (TODAY, 30, 45),
        (TODAY - timedelta(days=6), 20, 45),
        (TODAY - timedelta(days=7), 30, 30),
        (TODAY - timedelta(days=7), 20, 20),
        (TODAY, 60, 60),
        (TODAY + timedelta(days=1), 30, 45),
    ],
)
def test_breaks_come_later_in_the_first_week_and_never_sooner_than_was_chosen(began_on, every_min, expected_min):
    settings = rules.Settings(break_every_min=every_min, began_on=began_on)
    assert settings.break_every_s(TODAY) == expected_min * 60


def test_the_defaults_are_the_ones_of_the_break_schedule():
    assert (rules.DEFAULTS.break_rule, rules.DEFAULTS.break_every_min, rules.DEFAULTS.notices_per_hour) == (
        "still",
        30,
        3,
    )
    assert rules.DEFAULTS.break_every_s(date(2026, 1, 1)) == 45 * 60


def test_silence_ends():
    assert rules.later(None, AT) is None
    assert rules.later(AT, AT) is None
    assert rules.later(AT + timedelta(seconds=1), AT) == AT + timedelta(seconds=1)


@given(st.timedeltas(min_value=timedelta(days=-400), max_value=timedelta(days=400)))
def test_silence_never_lasts_longer_than_a_day(ahead: timedelta):
    try:
        (until,) = rules.checked({"snoozed_until": AT + ahead}, AT).values()
    except ValueError:
        assert ahead > timedelta(hours=24)
        return
    assert (until is None) == (ahead <= timedelta(0))
    assert until is None or AT < until <= AT + timedelta(hours=24)


@given(st.lists(st.integers(0, len(rules.CODE_ALPHABET) - 1), min_size=rules.CODE_LENGTH, max_size=rules.CODE_LENGTH))
def test_a_code_is_understood_however_it_is_typed(numbers: list[int]):
    code = rules.code_from(numbers)
    assert len(code) == 11
    for typed in (code, code.lower(), code.replace("-", ""), f" {code.replace('-', ' / ')}\n"):
        assert rules.plain_code(typed) == code.replace("-", "")


def test_no_two_letters_of_a_code_look_alike():
    assert len(set(rules.CODE_ALPHABET)) == len(rules.CODE_ALPHABET)
    for alike in ("0O", "1IL", "2Z", "5S", "8B"):
        assert len(set(alike) & set(rules.CODE_ALPHABET)) <= 1, alike


def test_guessing_a_code_is_hopeless_from_any_number_of_addresses():
    guesses_a_second, codes_alive = 1_000, 100
    codes = len(rules.CODE_ALPHABET) ** rules.CODE_LENGTH
    mean = timedelta(seconds=codes / (guesses_a_second * codes_alive))
    assert mean > timedelta(days=50 * 365)


@pytest.mark.parametrize("typed", ["", "ACDE", "ACDEF-GHJK0", "ACDEF-GHJKMN", "ACDE-FGHJ", "\uff21" * 10, "ß" * 10])
def test_what_cannot_be_a_code_is_none(typed):
    assert rules.plain_code(typed) is None
