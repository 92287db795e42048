"""How a long time is told: days, or weeks where there are many, and what a change means. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

PERIODS: Final = (28, 84, 365)
"""Days that the course can show: four weeks, twelve weeks, a year."""
WEEKLY_FROM: Final = 120
"""Days from which on a value is the mean of a week: a day would be narrower than a line."""
_WEEK: Final = 7

# CLINICAL 4.2 (F20): the smallest change of average pain that matters, by the pain one began with.
_PAIN_MCIDS: Final = ((4.0, 1.0), (7.0, 2.0), (10.0, 3.0))


def pain_mcid(began: float) -> float:
    """The smallest change of average pain that matters to somebody who began there (NPRS back, F20)."""
    return next(mcid for highest, mcid in _PAIN_MCIDS if began <= highest)


@dataclass(frozen=True, slots=True)
class Bin:
    """Some days as one point: the days themselves, or a week of them."""

    first: date
    last: date

    def mean(self, values: Mapping[date, float]) -> float | None:
        """The mean of what there is; None where there is nothing. What is missing is never 0."""
        found = [value for day, value in values.items() if self.first <= day <= self.last]
        return sum(found) / len(found) if found else None

    def highest(self, values: Mapping[date, float]) -> float | None:
        """The highest of what there is."""
        return max((value for day, value in values.items() if self.first <= day <= self.last), default=None)


def bins(first: date, last: date) -> list[Bin]:
    """The days of a period, or its weeks where it is long; the last week ends with the period."""
    days = (last - first).days + 1
    if days < WEEKLY_FROM:
        return [Bin(day, day) for day in (first + timedelta(days=ahead) for ahead in range(days))]
    found = []
    end = last
    while end >= first:
        found.append(Bin(max(end - timedelta(days=_WEEK - 1), first), end))
        end -= timedelta(days=_WEEK)
    return found[::-1]


def halves(shares: Mapping[date, tuple[int, int]], first: date, last: date) -> tuple[float | None, float | None]:
    """The share of something in the earlier and in the later half of a period. `shares`: how many of how many, by
    day.
    """
    middle = first + (last - first) / 2
    parts = ([0, 0], [0, 0])
    for day, (some, of) in shares.items():
        part = parts[day > middle]
        part[0] += some
        part[1] += of
    earlier, later = (part[0] / part[1] if part[1] else None for part in parts)
    return earlier, later


def month_weeks(first_of_month: date) -> list[list[date]]:
    """The weeks of a month, Monday first, with the days of the months around it that belong to them."""
    begin = first_of_month - timedelta(days=first_of_month.isoweekday() - 1)
    after = (first_of_month + timedelta(days=32)).replace(day=1)
    weeks = []
    while begin < after:
        weeks.append([begin + timedelta(days=ahead) for ahead in range(_WEEK)])
        begin += timedelta(days=_WEEK)
    return weeks
