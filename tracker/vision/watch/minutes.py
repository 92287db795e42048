"""Seconds watched, put under the UTC minute in which they were.

Conventions: the engine's tally covers a stretch of time between two instants; a stretch that crosses the full minute
is shared out by time. Lengths are whole milliseconds, so that adding parts of a minute loses nothing; whole seconds,
which is what the server takes, are made once, at the end, and never exceed 60. Limits: events (changes, stand-ups) of
a shared stretch go to its first minute.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

MINUTE_MS: Final = 60_000
PARTS: Final = ("comfort", "slouch", "away", "unknown")
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a minute. The sums weigh the mean movement and the mean score by the milliseconds they stand for."""

    comfort_ms: int = 0
    slouch_ms: int = 0
    away_ms: int = 0
    unknown_ms: int = 0
    changes: int = 0
    stands: int = 0
    still_s: float = 0.0
    movement_sum: float = 0.0
    score_sum: float = 0.0
    score_ms: int = 0
    view: str | None = None
    baseline_id: str | None = None

    @property
    def total_ms(self) -> int:
        return self.comfort_ms + self.slouch_ms + self.away_ms + self.unknown_ms

    def scaled(self, share: float) -> Part:
        """That share of the lengths; counts stay."""
        return replace(
            self,
            comfort_ms=round(self.comfort_ms * share),
            slouch_ms=round(self.slouch_ms * share),
            away_ms=round(self.away_ms * share),
            unknown_ms=round(self.unknown_ms * share),
            movement_sum=self.movement_sum * share,
            score_sum=self.score_sum * share,
            score_ms=round(self.score_ms * share),
        )

    def cut(self, room_ms: int) -> Part:
        """As much of it as fits into ``room_ms``."""
        total_ms = self.total_ms
        if total_ms <= room_ms:
            return self
        cut = self.scaled(max(room_ms, 0) / total_ms)
        over_ms = cut.total_ms - max(room_ms, 0)  # rounding may leave a millisecond too much
        longest = max(PARTS, key=lambda name: int(getattr(cut, f"{name}_ms")))
        return replace(cut, **{f"{longest}_ms": getattr(cut, f"{longest}_ms") - over_ms}) if over_ms > 0 else cut

    def as_document(self) -> dict[str, Any]:
        """The minute as the server takes it, without its instant."""
        seconds = whole_seconds([getattr(self, f"{name}_ms") for name in PARTS])
        return {
            **{f"{name}_s": length for name, length in zip(PARTS, seconds, strict=True)},
            "changes": self.changes,
            "stands": self.stands,
            "still_s": int(self.still_s),
            "movement": round(self.movement_sum / self.total_ms, 4) if self.total_ms else 0.0,
            "score": round(self.score_sum / self.score_ms) if self.score_ms else None,
            "view": self.view,
            "baseline_id": self.baseline_id,
        }


def part_of(tally: Mapping[str, Any]) -> Part:
    """The engine's tally (see `exercises.posture_wire`) as a part of a minute."""
    lengths = {f"{name}_ms": round(tally[f"{name}_s"] * 1000) for name in PARTS}
    scored_ms = lengths["comfort_ms"] + lengths["slouch_ms"] if tally["score"] is not None else 0
    return Part(
        **lengths,
        changes=tally["changes"],
        stands=tally["stands"],
        still_s=tally["still_s"],
        movement_sum=tally["movement"] * sum(lengths.values()),
        score_sum=(tally["score"] or 0) * scored_ms,
        score_ms=scored_ms,
        view=tally["view"],
        baseline_id=tally["baseline_id"],
    )


def minute_of(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def shared_out(part: Part, began_at: datetime, ended_at: datetime) -> Iterator[tuple[datetime, Part]]:
    """The part under the minute, or the minutes, between two instants."""
    minute = minute_of(began_at)
    length_s = (ended_at - began_at).total_seconds()
    if length_s <= 0 or ended_at <= minute + _MINUTE:
        yield minute, part
        return
    first = True
    while minute < ended_at:
        inside_s = (min(ended_at, minute + _MINUTE) - max(began_at, minute)).total_seconds()
        share = part.scaled(inside_s / length_s)
        yield minute, share if first else replace(share, changes=0, stands=0)
        first = False
        minute += _MINUTE


def whole_seconds(lengths_ms: list[int]) -> list[int]:
    """Whole seconds whose sum is the rounded sum: those with the largest remainders are rounded up."""
    seconds = [length // 1000 for length in lengths_ms]
    missing = round(sum(lengths_ms) / 1000) - sum(seconds)
    by_remainder = sorted(range(len(lengths_ms)), key=lambda index: lengths_ms[index] % 1000, reverse=True)
    for index in by_remainder[: max(missing, 0)]:
        seconds[index] += 1
    return seconds
