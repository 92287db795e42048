"""Small things that sessions and diaries of the invented clinic share: curves, scales, clock times, what happens when.

Days are counted back from today in the patient's own calendar.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import Final

from tracker.clock import zone

Curve = tuple[tuple[int, float], ...]
"""Values by days ago, oldest first; straight lines in between."""

SEED: Final = "Practice at the Old Lock, 1"
HISTORY_DAYS: Final = 90
_HIGHEST: Final = 10


def on(curve: Curve, days_ago: int) -> float:
    """The curve's value so many days ago; outside it, its nearest end."""
    if days_ago >= curve[0][0]:
        return curve[0][1]
    for (earlier, before), (later, after) in pairwise(curve):
        if days_ago >= later:
            return before + (after - before) * (earlier - days_ago) / (earlier - later)
    return curve[-1][1]


def scale(value: float) -> int:
    """The answer on a scale from 0 to 10."""
    return min(max(round(value), 0), _HIGHEST)


def instant(day: date, minute: int, zone_name: str) -> datetime:
    """The instant at which a clock in that zone shows this minute of the day."""
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone(zone_name)).astimezone(UTC)


Deed = Callable[[datetime], None]


@dataclass(slots=True)
class Agenda:
    """What happens in the clinic and at the patients' homes. Everything happens in the order of time, whoever does it,
    so that nobody acts on what they cannot know yet; what would come after `now` does not happen.
    """

    now: datetime
    _deeds: list[tuple[datetime, int, Deed]] = field(default_factory=list)

    def add(self, at: datetime, deed: Deed) -> None:
        if at <= self.now:
            self._deeds.append((at, len(self._deeds), deed))

    def run(self) -> None:
        for at, _number, deed in sorted(self._deeds, key=lambda each: each[:2]):
            deed(at)
