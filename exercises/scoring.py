"""Quality of a repetition, a hold and a set, 0 to 100.

Quality = 100 x (0.5 range + 0.3 (1 - fault severity) + 0.2 tempo), as CLINICAL 2.0 specifies. Range is the reached
share of the clinical target, tempo the reached share of the shortest comfortable times. Limits: it says how the
movement looked to one camera, nothing about load, effort or pain.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import fmean

from exercises.definition import Tempo, Threshold
from exercises.faults import FaultSeen

RANGE_WEIGHT = 0.5
FAULT_WEIGHT = 0.3
TEMPO_WEIGHT = 0.2


def range_share(start_value: float, peak_value: float, start: Threshold, peak: Threshold) -> float:
    """Share of the asked movement that was made; 1 when it went from the start to the target, more beyond it.

    It is measured from where the person began, or from the start's clinical value when they began short of it: then
    the missing piece at the start shortens the movement, as it should.
    """
    asked = (peak.target - start.target) * peak.sign
    reached = (peak_value - start_value) * peak.sign
    before = max(0.0, (start.target - start_value) * peak.sign)
    return max(0.0, min(reached / asked, reached / (asked + before)))


def repetition_score(share: float, faults: Sequence[FaultSeen], out_s: float, back_s: float, tempo: Tempo) -> int:
    """Quality of one repetition, 0..100."""
    pace = fmean((_reached(out_s, tempo.out_s), _reached(back_s, tempo.back_s)))
    worst = max((fault.severity for fault in faults), default=0.0)
    return round(100 * (RANGE_WEIGHT * min(share, 1.0) + FAULT_WEIGHT * (1 - worst) + TEMPO_WEIGHT * pace))


def hold_score(held_s: float, target_s: float, faults: Sequence[FaultSeen]) -> int:
    """Quality of one hold, 0..100: the range weight goes to the time held, and there is no pace to judge."""
    worst = max((fault.severity for fault in faults), default=0.0)
    held = min(held_s / target_s, 1.0) if target_s else 1.0
    return round(100 * ((RANGE_WEIGHT + TEMPO_WEIGHT) * held + FAULT_WEIGHT * (1 - worst)))


def set_quality(scores: Iterable[int]) -> int | None:
    """Mean quality of what counted; ``None`` when nothing did."""
    values = list(scores)
    return round(fmean(values)) if values else None


def _reached(seconds: float, wanted_s: float) -> float:
    return min(seconds / wanted_s, 1.0) if wanted_s > 0 else 1.0
