"""Repetitions in one curve: alike movements from a start level to a peak level and back.

Turning points are found by prominence (a turn counts when the curve has gone back by at least that much), on several
scales, because a demonstration also holds the way into the start pose and out of it. Of every scale the longest row of
alike movements is kept. Times in seconds, values in the curve's own unit, ``sign`` +1 when the peak lies above the
start and -1 below it. Limits: two movements that differ by less than `UNLIKE` of their size are alike; a movement
without a turning point before it has no start and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log
from statistics import median
from typing import NamedTuple

SCALES = (0.6, 0.42, 0.3, 0.2, 0.12)
"""Prominences that are tried, as shares of the whole range of the curve."""
UNLIKE = 0.45
"""Peaks (or returns) that lie further apart than this share of the movement are not the same movement."""
UNEVEN = 1.3
"""The same for the logarithm of the time from peak to peak: one takes nearly four times as long as another."""
NEAR_START = 0.35
"""A movement begins and ends within this share of its size from the start level, or beyond it."""


class Turn(NamedTuple):
    """A turning point of the curve."""

    time_s: float
    value: float


@dataclass(frozen=True, slots=True)
class Row:
    """Alike movements in a row. ``turns``: start, peak, return, peak, ... ; ``closed``: the last one came back.

    ``unlikeness`` is 0 for equal movements; ``rest_share`` the time spent near the start over that near either end;
    ``coverage`` the share of the curve's turning points that belong to the row.
    """

    sign: int
    turns: tuple[Turn, ...]
    start: float
    peak: float
    closed: bool
    unlikeness: float
    rest_share: float = 0.5
    coverage: float = 1.0

    @property
    def count(self) -> int:
        return len(self.turns) // 2

    @property
    def size(self) -> float:
        return abs(self.peak - self.start)

    @property
    def peaks(self) -> tuple[Turn, ...]:
        return self.turns[1::2]

    @property
    def begins_s(self) -> float:
        return self.turns[0].time_s

    @property
    def ends_s(self) -> float:
        return self.turns[-1].time_s


def turning_points(values: Sequence[float], prominence: float) -> list[int]:
    """Indices of the alternating extremes that lie at least ``prominence`` apart, the outermost ones included."""
    turns: list[int] = []
    low = high = 0
    rising: bool | None = None
    for index, value in enumerate(values):
        low = index if value < values[low] else low
        high = index if value > values[high] else high
        if rising is not False and values[high] - value >= prominence:
            turns.append(high)
            rising, low = False, index
        elif rising is not True and value - values[low] >= prominence:
            turns.append(low)
            rising, high = True, index
    if rising is not None:
        turns.append(high if rising else low)
    return turns


def rows(times: Sequence[float], values: Sequence[float], smallest: float) -> Iterator[Row]:
    """Every row of two or more alike movements of at least ``smallest``, in either direction.

    A row whose last movement did not come back is also given without that movement.
    """
    ordered = sorted(values)
    spread = ordered[int(0.98 * (len(ordered) - 1))] - ordered[int(0.02 * (len(ordered) - 1))]
    known: set[tuple[int, float, int]] = set()
    for scale in SCALES:
        if spread * scale < smallest / 2:
            return
        turns = [Turn(times[n], values[n]) for n in turning_points(values, spread * scale)]
        for sign in (1, -1):
            longest = _longest(turns, sign, smallest)
            while longest is not None:
                key = (sign, round(longest.begins_s, 3), longest.count)
                if key in known:
                    break
                known.add(key)
                yield _with_rest(longest, len(turns), times, values)
                if longest.closed or longest.count <= 2:  # noqa: PLR2004  # one movement is no row
                    break
                longest = _row(list(longest.turns[:-1]), sign, smallest)


def _longest(turns: list[Turn], sign: int, smallest: float) -> Row | None:
    """The longest row among ``turns``; of equally long ones the one that is most alike."""
    first_start = next((n for n in (0, 1) if n + 1 < len(turns) and (turns[n + 1][1] - turns[n][1]) * sign > 0), None)
    if first_start is None:
        return None
    best: Row | None = None
    starts = range(first_start, len(turns), 2)
    for begin in starts:
        for end in range(len(turns), begin + 3, -1):
            row = _row(turns[begin:end], sign, smallest)
            if row is None:
                continue
            better = best is None or (row.count, row.closed, -row.unlikeness) > (
                best.count,
                best.closed,
                -best.unlikeness,
            )
            best = row if better else best
    return best


def _row(turns: list[Turn], sign: int, smallest: float) -> Row | None:
    """The turns as a row, or ``None`` when they are not alike."""
    peaks = [turn.value for turn in turns[1::2]]
    between = [turn.value for turn in turns[2:-1:2]]
    if len(peaks) < 2 or not between:  # noqa: PLR2004  # one movement is no row
        return None
    start, peak = median(between), median(peaks)
    size = (peak - start) * sign
    if size < smallest:
        return None
    far = (max(peaks) - min(peaks)) / size
    near = (max(between) - min(between)) / size
    steps = [b.time_s - a.time_s for a, b in pairwise(turns[1::2])]
    uneven = log(max(steps) / min(steps)) if min(steps) > 0 else UNEVEN
    if far > UNLIKE or near > UNLIKE or uneven > UNEVEN:
        return None
    if (turns[0].value - start) * sign > NEAR_START * size:
        return None
    closed = len(turns) % 2 == 1
    if closed and (turns[-1].value - start) * sign > NEAR_START * size:
        return None
    return Row(sign, tuple(turns), start, peak, closed, far + near + uneven / 4)


def _with_rest(row: Row, turns: int, times: Sequence[float], values: Sequence[float]) -> Row:
    """The row with the share of time that the person rested at its start, and its share of all the ``turns``."""
    at_start = at_peak = 0.0
    for (before, now), value in zip(pairwise(times), values[1:], strict=True):
        progress = (value - row.start) * row.sign / row.size
        step = min(now - before, 0.25)
        if abs(progress) <= 0.2:  # noqa: PLR2004  # near the start
            at_start += step
        elif abs(progress - 1) <= 0.2:  # noqa: PLR2004  # near the peak
            at_peak += step
    share = at_start / (at_start + at_peak) if at_start + at_peak else 0.5
    return replace(row, rest_share=share, coverage=len(row.turns) / turns)
