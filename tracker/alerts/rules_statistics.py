"""The arithmetic of CLINICAL 5.3, on plain sequences. No state, no thresholds of its own.

Theil-Sen and Mann-Kendall are written out here because scipy has no Mann-Kendall test that corrects its variance for
ties *and* inflates it for serial correlation, and because both need the same pairs; a test compares them with
`scipy.stats.theilslopes` and the tie-corrected variance behind `scipy.stats.kendalltau`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


def trimmed_mean(values: Sequence[float], share: float) -> float:
    """The mean without the lowest and the highest `share` of `values`, each rounded down to whole values.

    A median of whole numbers jumps by one when a single answer changes; this does not. `values` must not be empty.
    """
    cut = int(share * len(values))
    kept = sorted(values)[cut : len(values) - cut] if cut else values
    return sum(kept) / len(kept)


def spread(values: Sequence[float], centre: float, *, prior: float, weight: float, least: float, most: float) -> float:
    """The day-to-day standard deviation around `centre`, drawn towards `prior` as if it came from `weight` days."""
    squares = sum((value - centre) ** 2 for value in values)
    return min(most, max(least, math.sqrt((weight * prior**2 + squares) / (weight + len(values) - 1))))


@dataclass(frozen=True, slots=True)
class Trend:
    """Mann-Kendall `z` (upward positive) and the Theil-Sen `rise` in points from the first to the last day."""

    z: float
    rise: float


def trend(days: Sequence[int], values: Sequence[float], autocorrelation: float) -> Trend:
    """The trend of `values` on increasing `days`, at least two of them.

    The variance is corrected for ties and inflated by (1 + phi) / (1 - phi) for the lag-one `autocorrelation` phi,
    because Mann-Kendall assumes independent days (same idea as Hamed-Rao and Yue-Wang, F67). All tied: z = 0.
    """
    count = len(values)
    score = 0
    slopes: list[float] = []
    for later in range(1, count):
        day, value = days[later], values[later]
        for earlier in range(later):
            difference = value - values[earlier]
            if difference > 0:
                score += 1
            elif difference < 0:
                score -= 1
            slopes.append(difference / (day - days[earlier]))
    slopes.sort()
    middle = len(slopes) // 2
    slope = slopes[middle] if len(slopes) % 2 else (slopes[middle - 1] + slopes[middle]) / 2
    return Trend(mann_kendall_z(score, values, autocorrelation), slope * (days[-1] - days[0]))


def mann_kendall_z(score: int, values: Sequence[float], autocorrelation: float) -> float:
    """The standardised, continuity-corrected Mann-Kendall score S of `values`."""
    variance = tied_variance(values) * (1 + autocorrelation) / (1 - autocorrelation)
    if variance <= 0 or score == 0:
        return 0.0
    return (score - math.copysign(1, score)) / math.sqrt(variance)


def tied_variance(values: Sequence[float]) -> float:
    """The variance of S for independent values with ties."""
    count = len(values)
    ties = sum(size * (size - 1) * (2 * size + 5) for size in Counter(values).values() if size > 1)
    return (count * (count - 1) * (2 * count + 5) - ties) / 18


def days_between_runs(miss: float, run: int) -> float:
    """How many expected check-ins pass on average until `run` misses in a row happen by chance, when each is missed
    with probability `miss`: (1 - p^r) / (p^r (1 - p)) (CLINICAL 5.3).
    """
    power = miss**run
    return (1 - power) / (power * (1 - miss))


def shortest_run(miss: float, interval_days: float, *, least: int, most: int) -> int:
    """The smallest run of misses, within `least` and `most`, that chance makes less often than `interval_days`."""
    return next((run for run in range(least, most) if days_between_runs(miss, run) > interval_days), most)
