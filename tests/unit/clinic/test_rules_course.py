"""A course in days or weeks: gaps stay gaps, and a change is one only beyond what can be noticed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tracker.clinic.rules_course import Bin, bins, halves, month_weeks, pain_mcid

FIRST = date(2026, 1, 1)


def test_short_periods_are_told_by_day_and_long_ones_by_week():
    assert [(each.first, each.last) for each in bins(FIRST, FIRST + timedelta(days=2))] == [
        (FIRST + timedelta(days=ahead),) * 2 for ahead in range(3)
    ]
    weeks = bins(FIRST, FIRST + timedelta(days=364))
    assert len(weeks) == 53
    assert weeks[-1].last == FIRST + timedelta(days=364)
    days = [each.first + timedelta(days=ahead) for each in weeks for ahead in range((each.last - each.first).days + 1)]
    assert days == [FIRST + timedelta(days=ahead) for ahead in range(365)], "every day once"


def test_what_is_missing_is_no_zero():
    week = Bin(FIRST, FIRST + timedelta(days=6))
    assert week.mean({FIRST: 4.0, FIRST + timedelta(days=3): 6.0, FIRST + timedelta(days=9): 0.0}) == 5.0
    assert week.mean({}) is None
    assert week.highest({FIRST + timedelta(days=9): 9.0}) is None


@pytest.mark.parametrize(("began", "mcid"), [(1, 1), (4, 1), (4.1, 2), (7, 2), (7.5, 3), (10, 3)])
def test_what_matters_depends_on_where_somebody_began(began, mcid):
    assert pain_mcid(began) == mcid


def test_halves_are_shares_of_what_was_done_in_each():
    shares = {FIRST: (5, 10), FIRST + timedelta(days=1): (1, 10), FIRST + timedelta(days=9): (0, 20)}
    assert halves(shares, FIRST, FIRST + timedelta(days=10)) == (0.3, 0.0)
    assert halves({}, FIRST, FIRST) == (None, None)


@pytest.mark.parametrize("month", [date(2026, 2, 1), date(2026, 11, 1), date(2024, 2, 1), date(2026, 12, 1)])
def test_a_month_is_whole_weeks_from_monday(month):
    weeks = month_weeks(month)
    assert all(len(week) == 7 and week[0].isoweekday() == 1 for week in weeks)
    inside = [day for week in weeks for day in week if day.month == month.month]
    assert inside[0] == month
    assert (inside[-1] + timedelta(days=1)).day == 1
