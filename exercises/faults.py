"""Form faults with severity, and the choice of the one cue to give.

A fault is a measure beyond a limit for a while, in the phases its definition names. The limit may be relative to the
person's own start pose, because bodies and cameras differ by more than the fault itself (CLINICAL 2.0, shrug rule).
Severity is 0 at the limit and 1 at the definition's worst. Limits: without a start pose seen, relative faults are not
judged, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from exercises.definition import Fault

HOLD_CUE_AFTER_S = 2.0
HOLD_CUE_PAUSE_S = 8.0
PHASE_REPETITIONS = 2
"""Good repetitions from which "the same phase" is learnt (CLINICAL 2.0, shrug rule)."""

_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True)
class FaultSeen:
    """A fault that lasted long enough: its key, its worst severity 0..1 and when it was worst (seconds)."""

    key: str
    severity: float
    at_s: float


@dataclass(slots=True)
class _Watch:
    since_s: float | None = None
    worst: float = 0.0
    worst_s: float = 0.0
    pending: float = 0.0
    pending_s: float = 0.0


class FaultWatch:
    """Watches one side's faults through the phases and remembers the start pose they are measured from."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self._faults = tuple(faults)
        self._watches = [_Watch() for _ in self._faults]
        self._start: dict[str, tuple[float, int]] = {}
        self._first: dict[str, float] = {}
        self._was_start = False
        self._by_phase: dict[tuple[str, int], tuple[float, int]] = {}
        self._seen_by_phase: dict[tuple[str, int], tuple[float, int]] = {}
        self._good_repetitions = 0

    def observe(
        self, time_s: float, phase: str, values: Mapping[str, float | None], progress: float | None = None
    ) -> None:
        """Take one frame into account; an unseen measure ends what it was watching.

        ``progress`` of the movement (0 start, 1 peak) is needed for faults that are relative to the same phase.
        """
        if phase == "start":
            self._remember_start(values)
        elif self._was_start:
            for measure, (value, _) in self._start.items():
                self._first.setdefault(measure, value)
        self._was_start = phase == "start"
        for fault, watch in zip(self._faults, self._watches, strict=True):
            now = values[fault.measure]
            severity = self._severity(fault, now, progress) if phase in fault.phases else None
            if now is not None and progress is not None and fault.relative == "phase_ratio":
                _add_to_mean(self._seen_by_phase, (fault.measure, _tenth(progress)), now)
            _follow(watch, fault, severity, time_s)

    def take(self, *, counted: bool = False) -> tuple[FaultSeen, ...]:
        """The faults since the last call, in the order of their priority.

        ``counted``: the repetition was a good one; the first ones show how this body moves through each phase.
        """
        if counted and self._good_repetitions < PHASE_REPETITIONS:
            self._good_repetitions += 1
            for key, (mean, count) in self._seen_by_phase.items():
                known, before = self._by_phase.get(key, (0.0, 0))
                self._by_phase[key] = ((known * before + mean * count) / (before + count), before + count)
        self._seen_by_phase = {}
        found = [
            (fault.priority, FaultSeen(fault.key, round(watch.worst, 2), watch.worst_s))
            for fault, watch in zip(self._faults, self._watches, strict=True)
            if watch.worst > 0
        ]
        for watch in self._watches:
            watch.worst = 0.0
        best: dict[str, tuple[int, FaultSeen]] = {}
        for priority, seen in sorted(found, key=lambda item: (item[0], -item[1].severity)):
            best.setdefault(seen.key, (priority, seen))
        return tuple(seen for _, seen in best.values())

    def active(self, time_s: float, at_least_s: float) -> Fault | None:
        """The most important fault that has lasted for ``at_least_s`` now."""
        lasting = [
            fault
            for fault, watch in zip(self._faults, self._watches, strict=True)
            if watch.since_s is not None and time_s - watch.since_s >= at_least_s
        ]
        return min(lasting, key=lambda fault: fault.priority, default=None)

    def _remember_start(self, values: Mapping[str, float | None]) -> None:
        if not self._was_start:
            self._start = {}
        for fault in self._faults:
            value = values[fault.measure]
            if value is None:
                continue
            _add_to_mean(self._start, fault.measure, value)

    def _severity(self, fault: Fault, value: float | None, progress: float | None) -> float | None:
        """Severity of ``value``, ``None`` when it cannot be judged, 0 or less within the limit."""
        if value is None:
            return None
        if fault.relative == "start":
            if fault.measure not in self._start:
                return None
            value -= self._start[fault.measure][0]
        elif fault.relative in ("first", "first_ratio"):
            first = self._first.get(fault.measure)
            if first is None or (fault.relative == "first_ratio" and first <= 0):
                return None
            value = value - first if fault.relative == "first" else value / first
        elif fault.relative == "phase_ratio":
            if progress is None or self._good_repetitions < PHASE_REPETITIONS:
                return None
            own, _ = self._by_phase.get((fault.measure, _tenth(progress)), (0.0, 0))
            if own <= 0:
                return None
            value /= own
        return (value - fault.limit) / (fault.full - fault.limit)


def _tenth(progress: float) -> int:
    """The tenth of the way from start to peak; everything beyond the peak threshold is one phase."""
    return min(int(progress * 10), 10)


def _add_to_mean(means: dict[_Key, tuple[float, int]], key: _Key, value: float) -> None:
    mean, count = means.get(key, (0.0, 0))
    means[key] = (mean + (value - mean) / (count + 1), count + 1)


def _follow(watch: _Watch, fault: Fault, severity: float | None, time_s: float) -> None:
    if severity is None or severity <= 0:
        watch.since_s, watch.pending = None, 0.0
        return
    if watch.since_s is None:
        watch.since_s = time_s
    if severity > watch.pending:
        watch.pending, watch.pending_s = min(severity, 1.0), time_s
    if time_s - watch.since_s >= fault.min_s and watch.pending > watch.worst:
        watch.worst, watch.worst_s = watch.pending, watch.pending_s


class CueChooser:
    """At most one cue per repetition: the most important fault that two repetitions running have shown."""

    def __init__(self) -> None:
        self._previous: frozenset[str] = frozenset()

    def after_repetition(self, cues: Sequence[str]) -> str | None:
        """``cues`` of the repetition that just ended, the most important first; returns the one to give, if any."""
        repeated = next((cue for cue in cues if cue in self._previous), None)
        # A cue that was given starts afresh: the person gets two repetitions to respond.
        self._previous = frozenset(cues) - ({repeated} if repeated else set())
        return repeated
