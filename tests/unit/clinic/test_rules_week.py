"""The last seven days are calendar days, and lie above, within or below what is usual for this person."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tracker.clinic.rules_week import Place, Week, in_days, now, week

TODAY = date(2026, 11, 27)


def ago(**values: float) -> dict[date, float]:
    """`ago(d0=3, d6=5)`: values by day, counted back from today."""
    return {TODAY - timedelta(days=int(name[1:])): value for name, value in values.items()}


def test_a_week_is_seven_local_days_and_not_seven_answers():
    assert week(ago(d0=6, d6=2, d7=0, d8=0), TODAY) == Week(4.0, 2)
    assert week(ago(d7=5), TODAY) == Week(None, 0)
    assert week({TODAY + timedelta(days=1): 9.0}, TODAY) == Week(None, 0)


def test_days_are_counted_back_from_the_last_one():
    assert sorted(in_days(ago(d0=1, d13=2, d14=3), TODAY, 14).values()) == [1, 2]


@pytest.mark.parametrize(
    ("mean", "usual", "place"),
    [
        (4.3, (2.1, 1.0), Place.ABOVE),
        (3.0, (2.0, 1.0), Place.WITHIN),
        (1.0, (2.0, 1.0), Place.WITHIN),
        (0.5, (2.0, 1.0), Place.BELOW),
        (0.5, None, Place.UNKNOWN),
    ],
)
def test_the_week_lies_against_the_band_of_what_is_usual(mean, usual, place):
    found = now(ago(d0=mean, d8=2), TODAY, usual)
    assert found.place is place
    assert found.before == Week(2.0, 1)


def test_of_a_week_without_a_word_nothing_is_said():
    assert now(ago(d9=5), TODAY, (2.0, 1.0)).place is Place.UNKNOWN
