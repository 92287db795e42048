"""The trend of a report: right on a line, calm about noise, honest about how little it knows."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.clinic.rules_report import FEWEST_DAYS, trend

FIRST = date(2026, 1, 5)


def by_day(values: list[float]) -> dict[date, float]:
    return {FIRST + timedelta(days=number): value for number, value in enumerate(values)}


def test_a_line_has_its_slope_and_no_doubt():
    found = trend(by_day([8 - 0.1 * day for day in range(40)]))
    assert found is not None
    assert (found.per_week, found.low, found.high) == pytest.approx((-0.7, -0.7, -0.7))
    assert found.is_told_apart


def test_too_few_days_say_nothing():
    assert trend(by_day([5.0] * (FEWEST_DAYS - 1))) is None
    assert trend(by_day([5.0] * FEWEST_DAYS)) is not None


def test_gaps_count_as_the_days_they_are():
    values = {FIRST + timedelta(days=7 * week): float(week) for week in range(12)}
    found = trend(values)
    assert found is not None
    assert found.per_week == pytest.approx(1.0)


def test_one_bad_day_does_not_make_a_trend():
    calm = [3.0, 4.0] * 15
    calm[20] = 10.0
    found = trend(by_day(calm))
    assert found is not None
    assert not found.is_told_apart


def autocorrelated(seed: int, days: int, phi: float) -> list[float]:
    """A stationary AR(1) around 4 with the spread of CLINICAL 4.4."""
    draw = random.Random(seed)
    value, series = 0.0, []
    for _ in range(days):
        value = phi * value + draw.gauss(0, 1.3 * (1 - phi**2) ** 0.5)
        series.append(round(min(max(4 + value, 0), 10)))
    return [float(each) for each in series]


def test_without_a_trend_the_interval_leaves_out_nothing_about_as_often_as_it_says():
    told_apart = sum(
        found.is_told_apart for seed in range(200) if (found := trend(by_day(autocorrelated(seed, 56, 0.35))))
    )
    # 5 % of 200 is 10; with the share of phi that a short series hides, up to twice that.
    assert told_apart <= 20


def test_a_trend_that_matters_is_found():
    found_all = 0
    for seed in range(50):
        series = [value - 2.5 * day / 56 for day, value in enumerate(autocorrelated(seed, 56, 0.35))]
        found = trend(by_day(series))
        found_all += bool(found and found.is_told_apart and found.per_week < 0)
    assert found_all >= 40


@given(st.lists(st.integers(0, 10), min_size=FEWEST_DAYS, max_size=40))
def test_the_interval_holds_the_slope(values):
    found = trend(by_day([float(value) for value in values]))
    assert found is not None
    assert found.low <= found.per_week <= found.high
