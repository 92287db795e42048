"""The last seven days, by the patient's calendar, and how they lie against what is usual for this person. Pure.

One definition for the patient's page, the course and the report: seven local days that end with today, of which those
are counted that were told. What is usual is the baseline of escalation with its spread (CLINICAL 4.2), as an alert
judges by it; where the sensitivity of a rule finds more than the spread does, the alert's own sentence says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

WEEK_DAYS: Final = 7
Each = TypeVar("Each")


@dataclass(frozen=True, slots=True)
class Week:
    """Seven days: the mean of those that were told, and how many they are."""

    mean: float | None
    days: int


def in_days(values: Mapping[date, Each], last: date, length: int) -> dict[date, Each]:
    """Of a value by day, the `length` days that end with `last`."""
    return {day: value for day, value in values.items() if last - timedelta(days=length) < day <= last}


def week(values: Mapping[date, float], last: date) -> Week:
    """The seven days that end with `last`."""
    found = in_days(values, last, WEEK_DAYS).values()
    return Week(sum(found) / len(found) if found else None, len(found))


class Place(StrEnum):
    """Where the last seven days lie."""

    UNKNOWN = "unknown"
    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Now:
    """Pain at this moment, 0..10. `usual`: the baseline and its spread, None before it is known."""

    week: Week
    before: Week
    usual: tuple[float, float] | None

    @property
    def place(self) -> Place:
        """Against the band of what is usual."""
        if self.week.mean is None or self.usual is None:
            return Place.UNKNOWN
        level, spread = self.usual
        if abs(self.week.mean - level) <= spread:
            return Place.WITHIN
        return Place.ABOVE if self.week.mean > level else Place.BELOW


def now(values: Mapping[date, float], today: date, usual: tuple[float, float] | None) -> Now:
    """The seven days up to today and the seven before."""
    return Now(week(values, today), week(values, today - timedelta(days=WEEK_DAYS)), usual)
