"""The arithmetic behind the rules, against scipy and the tables of CLINICAL."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tracker.alerts.rules_channel import Channel, gates
from tracker.alerts.rules_parameters import DEFAULT
from tracker.alerts.rules_statistics import (
    days_between_runs,
    mann_kendall_z,
    shortest_run,
    spread,
    tied_variance,
    trend,
    trimmed_mean,
)

pains = st.lists(st.integers(0, 10), min_size=3, max_size=21)


@settings(deadline=None)
@given(pains)
def test_the_trimmed_mean_is_scipys(values):
    assert trimmed_mean(values, 0.2) == pytest.approx(stats.trim_mean(values, 0.2))


@settings(deadline=None)
@given(pains, st.data())
def test_the_slope_is_scipys_theil_sen(values, data):
    days = sorted(data.draw(st.sets(st.integers(0, 40), min_size=len(values), max_size=len(values))))
    slope = stats.theilslopes(values, days).slope
    assert trend(days, values, 0.35).rise == pytest.approx(slope * (days[-1] - days[0]))


@settings(deadline=None)
@given(pains.filter(lambda values: len(set(values)) > 1))
def test_mann_kendall_without_correlation_is_kendalls_tau_b_with_ties(values):
    count = len(values)
    pairs = [(i, j) for j in range(count) for i in range(j)]
    score = sum((values[j] > values[i]) - (values[j] < values[i]) for i, j in pairs)
    tied = len([1 for i, j in pairs if values[i] == values[j]])
    tau = score / math.sqrt(len(pairs) * (len(pairs) - tied))
    assert stats.kendalltau(range(count), values).statistic == pytest.approx(tau)
    # The asymptotic p value of scipy uses the same tie-corrected variance, without continuity correction.
    asymptotic = stats.kendalltau(range(count), values, method="asymptotic").pvalue
    assert 2 * stats.norm.sf(abs(score) / math.sqrt(tied_variance(values))) == pytest.approx(asymptotic)


def test_mann_kendall_is_zero_where_everything_is_tied_and_inflated_for_autocorrelation():
    assert trend(range(8), [4] * 8, 0.35).z == 0
    plain, inflated = (mann_kendall_z(28, range(8), phi) for phi in (0.0, 0.35))
    assert plain / inflated == pytest.approx(math.sqrt(1.35 / 0.65))
    assert mann_kendall_z(-28, range(8), 0.0) == -plain


def test_the_spread_is_drawn_to_its_prior_and_clipped():
    bounds = {"prior": 1.3, "weight": 10.0, "least": 0.8, "most": 2.0}
    assert spread([4] * 35, 4, **bounds) == 0.8
    assert spread([0, 10] * 20, 5, **bounds) == 2.0
    assert spread([3, 5], 4, **bounds) == pytest.approx(math.sqrt((16.9 + 2) / 11))


@pytest.mark.parametrize(
    ("miss", "run", "days"),
    [(0.15, 2, 51), (0.15, 3, 347), (0.15, 5, 15_491), (0.4, 3, 24), (0.4, 5, 161), (0.4, 7, 1016)],
)
def test_how_often_chance_makes_a_run_of_misses(miss, run, days):
    assert days_between_runs(miss, run) == pytest.approx(days, abs=0.5)


@pytest.mark.parametrize(("miss", "first", "second"), [(0.02, 2, 3), (0.15, 3, 4), (0.4, 5, 7), (0.7, 5, 7)])
def test_the_limits_of_silence_follow_the_own_share_of_misses(miss, first, second):
    assert shortest_run(miss, 100, least=2, most=5) == first
    assert shortest_run(miss, 1000, least=3, most=7) == second


@pytest.mark.parametrize(
    ("baseline", "usual", "expected"),
    [(3, 0.8, (1.0, 1.5)), (3, 2.0, (1.6, 2.5)), (7, 1.0, (1.0, 1.5)), (7.5, 2.0, (0.75, 1.25)), (9, 1, (0.75, 0.75))],
)
def test_gates_follow_the_spread_and_shrink_near_the_ceiling(baseline, usual, expected):
    assert gates(baseline, usual) == pytest.approx(expected)


def test_a_channel_without_an_intake_answer_says_nothing_until_it_knows_enough():
    channel = Channel(DEFAULT, None)
    assert channel.recent_trend() is None
    for day in range(21):
        channel.begin_day(day)
        channel.take(day, 9.0)
        assert (channel.ready, channel.excess, channel.cusum) == (False, 0.0, 0.0)
    channel.begin_day(21)
    assert channel.ready
    assert channel.baseline == 9
