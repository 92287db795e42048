"""What the numbers of four weeks may mean: a change is called one only beyond what people notice (CLINICAL 4.2)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.diary.rules_meaning import better_by, meaning

TODAY = date(2026, 3, 10)


def series(earlier, recent):
    """Values by day: `recent` for the last 14 days, `earlier` for the 14 before."""
    days = {TODAY - timedelta(days=back): recent for back in range(14)}
    return days | {TODAY - timedelta(days=back): earlier for back in range(14, 28)}


@pytest.mark.parametrize(
    ("earlier", "recent", "key"),
    [
        (4, 4, "steady"),
        (4, 3, "improving"),  # 1 point is enough from 1 to 4
        (6, 5, "steady"),  # from 5 to 7 it takes 2
        (6, 4, "improving"),
        (8, 6, "steady"),  # from 8 on it takes 3
        (8, 5, "improving"),
        (4, 5, "rising"),  # getting worse is called so earlier
        (8, 9, "rising"),
        (0, 0, "steady"),
    ],
)
def test_a_difference_is_a_change_only_when_it_is_large_enough(earlier, recent, key):
    assert meaning(series(earlier, recent), TODAY).key == key


def test_with_few_answers_nothing_is_concluded():
    values = series(6, 2)
    few = {day: value for day, value in values.items() if (TODAY - day).days not in range(4, 14)}
    found = meaning(few, TODAY)
    assert (found.key, found.recent, found.recent_days, found.earlier_days) == ("too_few", None, 4, 14)
    assert meaning({}, TODAY).key == "too_few"


def test_days_before_and_after_the_four_weeks_do_not_count():
    values = series(4, 4)
    values |= {TODAY + timedelta(days=ahead): 10 for ahead in range(1, 9)}
    values |= {TODAY - timedelta(days=back): 10 for back in range(28, 60)}
    assert meaning(values, TODAY).key == "steady"


@pytest.mark.parametrize(("earlier", "points"), [(1, 1), (4, 1), (5, 2), (7, 2), (8, 3), (10, 3)])
def test_how_much_better_it_must_be_depends_on_where_it_came_from(earlier, points):
    assert better_by(earlier) == points


@settings(deadline=None)
@given(st.lists(st.integers(0, 10), min_size=14, max_size=14), st.lists(st.integers(0, 10), min_size=14, max_size=14))
def test_whatever_is_called_better_is_lower_and_whatever_is_called_worse_is_higher(earlier, recent):
    values = {TODAY - timedelta(days=back): value for back, value in enumerate([*recent, *earlier])}
    found = meaning(values, TODAY)
    assert found.recent is not None
    assert found.earlier is not None
    difference = found.recent - found.earlier
    assert {"improving": difference <= -1, "rising": difference >= 1, "steady": -3 < difference < 1}[found.key]
