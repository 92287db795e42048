"""Statistics of a report: the trend of a series of days with its uncertainty. Pure, standard library only.

The slope is the median of the slopes between all pairs of days (Theil 1950, Sen 1968), which a single bad day does not
move; its 95 % interval is Sen's, from the variance of Kendall's S without correction for ties (which makes it wider,
never narrower), times (1 + phi) / (1 - phi) for the lag-1 autocorrelation phi of what is left when the trend is taken
away: pain today resembles pain yesterday (CLINICAL 4.4), and without it the interval would promise too much.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import fmean, median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

FEWEST_DAYS: Final = 10
"""Below this a trend is not said; the variance of S is that of the normal approximation from about ten values on."""
_Z: Final = 1.959964
_HIGHEST_PHI: Final = 0.9
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Trend:
    """Points a week, and the 95 % interval around it; `days`: of how many days it is."""

    per_week: float
    low: float
    high: float
    days: int

    @property
    def is_told_apart(self) -> bool:
        """Whether the interval leaves out "no change"."""
        return self.low > 0 or self.high < 0


def trend(values: Mapping[date, float]) -> Trend | None:
    """The trend of a value by day; None for fewer than `FEWEST_DAYS` days."""
    if len(values) < FEWEST_DAYS:
        return None
    days = sorted(values)
    x = [float((day - days[0]).days) for day in days]
    y = [float(values[day]) for day in days]
    slopes = sorted((y[j] - y[i]) / (x[j] - x[i]) for i in range(len(x)) for j in range(i + 1, len(x)))
    middle = median(slopes)
    n = len(x)
    inflation = _inflation([value - middle * at for at, value in zip(x, y, strict=True)])
    reach = _Z * sqrt(n * (n - 1) * (2 * n + 5) / 18 * inflation)
    low = max(int((len(slopes) - reach) / 2), 0)
    high = min(int((len(slopes) + reach) / 2) + 1, len(slopes) - 1)
    return Trend(middle * _WEEK, slopes[low] * _WEEK, slopes[high] * _WEEK, n)


def _inflation(rest: Sequence[float]) -> float:
    """How much wider autocorrelation makes the variance; 1 without any."""
    mean = fmean(rest)
    off = [value - mean for value in rest]
    power = sum(value * value for value in off)
    if not power:
        return 1.0
    phi = sum(a * b for a, b in pairwise(off)) / power
    phi = min(max(phi, 0.0), _HIGHEST_PHI)
    return (1 + phi) / (1 - phi)
