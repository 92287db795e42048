"""What watching needs to know, and what it says: options in, a verdict per picture and a tally per stretch of time out.

The meaning of every field of a verdict is in `exercises.posture_wire`. Times in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from exercises.posture_baseline import Zone
from exercises.posture_breaks import RULES
from exercises.view import Gate


@dataclass(frozen=True, slots=True)
class Options:
    """What the person chose. ``days_old``: age in days by baseline id."""

    break_rule: str = "still"
    break_every_s: float = 1800.0
    notices_per_hour: int = 3
    quiet: bool = False
    days_old: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if self.break_rule not in RULES:
            raise ValueError(f"there is no break rule {self.break_rule!r}")


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that is said now. ``reason`` says more of ``recalibrate``."""

    key: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one picture comes to; see `exercises.posture_wire` for the meaning of every field."""

    time_s: float
    state: str
    gate: Gate | None
    score: float | None
    index: float | None
    view: str | None
    confidence: str
    place_id: str | None
    baseline_id: str | None
    lean: str | None
    neck_lean_deg: float | None
    tilt_deg: float | None
    slouch_s: float
    hint: bool
    still_s: float
    break_in_s: float | None
    changes: int
    stands: int
    changes_per_hour: float | None
    moving: bool
    movement: float
    notice: Notice | None
    credit: str | None
    recalibrate: str | None
    zone: Zone | None
    look_again_s: float


@dataclass(slots=True)
class Tally:
    """Seconds by state since the last look, and what happened in them."""

    comfort_s: float = 0.0
    slouch_s: float = 0.0
    away_s: float = 0.0
    unknown_s: float = 0.0
    changes: int = 0
    stands: int = 0
    scored_s: float = 0.0
    score_sum: float = 0.0

    def add(self, state: str, seconds: float, score: float | None) -> None:
        name = f"{state}_s" if state in {"comfort", "slouch", "away"} else "unknown_s"
        setattr(self, name, getattr(self, name) + seconds)
        if score is not None and state in {"comfort", "slouch"}:
            self.scored_s += seconds
            self.score_sum += score * seconds

    @property
    def score(self) -> float | None:
        return self.score_sum / self.scored_s if self.scored_s else None
