"""The guided calibration, picture by picture: what is asked now, how far it is, what stands in the way.

Phases: ``look`` (find the person and the view), ``tall`` (sit tall and comfortable), ``slouch`` (as you end up late in
the day), ``moves`` (chair forward and back, look at the keyboard, lean back once). Only time in which the gate is open
counts, so a phase waits for the person; the first moments of a phase are for changing the pose and are not kept. Times
in seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from types import MappingProxyType

from exercises.body import Pose
from exercises.person import PersonLock
from exercises.posture_baseline import LOW, Baseline, Zone
from exercises.posture_calibration import TURN_DEG, CalibrationError, baseline_of, most_of, zone_of
from exercises.posture_features import FRONT, SIDE, Sight, sight, view_of
from exercises.posture_gate import SITTING, found, hands, place_of, seen_enough
from exercises.view import Gate

LASTS_S: Mapping[str, float] = MappingProxyType({"look": 2.0, "tall": 8.0, "slouch": 8.0, "moves": 10.0})
"""CLINICAL 3.5: 30 seconds in all."""
SETTLES_S = 2.5
"""Of each held pose: hearing the request, and getting there."""
PATIENCE_S = 45.0
"""So long a phase waits in all for a gate to open."""
LONGEST_INTERVAL_S = 1.0
SKIPPABLE = ("slouch", "moves")
DONE = "done"
FAILED = "failed"
AUTO = "auto"


@dataclass(frozen=True, slots=True)
class Guidance:
    """Where the calibration is. ``done_share`` and ``left_s`` are of the present phase."""

    phase: str
    done_share: float
    left_s: float
    gate: Gate | None
    view: str | None
    zone: Zone | None
    error: CalibrationError | None


class Calibrator:
    """Guides one person through one calibration."""

    def __init__(self, *, view: str = AUTO, slouch: bool = True, made_at: str | None = None, pace: float = 1.0) -> None:
        """``pace``: share of its usual time that every phase lasts."""
        self._lasts_s = {phase: lasts * pace for phase, lasts in LASTS_S.items()}
        self._settles_s = SETTLES_S * pace
        self._phases = [phase for phase in LASTS_S if slouch or phase != "slouch"]
        self._view = None if view == AUTO else view
        self._asked_view = self._view
        self._made_at = made_at
        self._low = not slouch
        self._kept: dict[str, list[Sight]] = {phase: [] for phase in LASTS_S}
        self._spent_s = 0.0
        self._shut_s = 0.0
        self._last_s: float | None = None
        self._lock = PersonLock(SITTING)
        self._zone: Zone | None = None
        self._baseline: Baseline | None = None
        self._error: CalibrationError | None = None

    def observe(self, pose: Pose | None, time_s: float, light: float | None = None) -> Guidance:
        """Take one picture into account."""
        interval = 0.0 if self._last_s is None else min(max(time_s - self._last_s, 0.0), LONGEST_INTERVAL_S)
        self._last_s = time_s
        if not self._phases or self._error is not None:
            return self._guidance(None)
        gate, seen = self._look(pose, light)
        if gate is not None or seen is None:
            self._shut_s += interval
            if self._shut_s > PATIENCE_S and gate is not None:
                self._error = CalibrationError(gate.reason, gate.remedy)
            return self._guidance(gate)
        self._spent_s += interval
        phase = self._phases[0]
        if phase in {"look", "moves"} or self._spent_s >= self._settles_s:
            self._kept[phase].append(seen)
        if self._spent_s >= self._lasts_s[phase]:
            self._finish_phase()
        return self._guidance(None)

    def skip(self) -> None:
        """Leave out the present phase where that is allowed; the baseline's confidence is then low."""
        if self._phases and self._phases[0] in SKIPPABLE and self._error is None:
            self._low = True
            self._kept[self._phases[0]].clear()
            self._next()

    def result(self) -> Baseline:
        """The baseline. Raises `CalibrationError` when there is none (yet)."""
        if self._error is not None:
            raise self._error
        if self._baseline is None:
            raise CalibrationError("not_finished", "go_on")
        return self._baseline

    def _look(self, pose: Pose | None, light: float | None) -> tuple[Gate | None, Sight | None]:
        gate = found(pose, light)
        if gate is not None or pose is None:
            return gate, None
        seen = sight(pose)
        view = self._view or view_of(seen)
        gate = seen_enough(pose, seen, view, light) or hands(seen)
        if gate is not None:
            return gate, None
        if not self._lock.same(place_of(seen)):
            return Gate("two_people", "alone_in_picture"), None
        now = view_of(seen)
        if view is None or (now is not None and now != view):
            return Gate("other_view", "face_or_side" if self._view is None else f"turn_{view}"), None
        if view == FRONT and self._phases[0] != "moves" and self._turned(seen):
            return Gate("turned", "face_camera"), None
        return None, seen

    def _turned(self, seen: Sight) -> bool:
        """Whether the head points elsewhere than in the first moments: a camera may stand beside the screen."""
        turn = seen.turn_deg
        usual = [one.turn_deg for one in self._kept["look"] if one.turn_deg is not None]
        if turn is None:
            return False
        return abs(turn - median(usual)) > TURN_DEG if usual else turn > 2 * TURN_DEG

    def _finish_phase(self) -> None:
        phase, kept = self._phases[0], self._kept
        try:
            if phase == "look":
                self._view = self._asked_view or most_of(kept["look"])
                self._zone = zone_of(kept["look"])
            else:
                # Each pose is judged when it is finished, not half a minute later.
                self._baseline = self._made(kept["slouch"], kept["moves"])
                self._zone = self._baseline.zone
        except CalibrationError as error:
            self._error = error
            return
        self._next()

    def _made(self, slouch: Sequence[Sight], moves: Sequence[Sight]) -> Baseline:
        made = baseline_of(self._kept["tall"], slouch, moves, view=self._view, before=self._kept["look"], strict=True)
        return replace(made, made_at=self._made_at, confidence=LOW if self._low else made.confidence)

    def _next(self) -> None:
        self._phases.pop(0)
        self._spent_s = self._shut_s = 0.0
        if not self._phases and self._baseline is not None:
            self._baseline = replace(self._baseline, confidence=LOW if self._low else self._baseline.confidence)

    def _guidance(self, gate: Gate | None) -> Guidance:
        if self._error is not None:
            phase, lasts = FAILED, 0.0
        elif not self._phases:
            phase, lasts = DONE, 0.0
        else:
            phase = self._phases[0]
            lasts = self._lasts_s[phase]
        return Guidance(
            phase=phase,
            done_share=min(self._spent_s / lasts, 1.0) if lasts else float(phase == DONE),
            left_s=max(lasts - self._spent_s, 0.0),
            gate=gate,
            view=self._view,
            zone=self._zone,
            error=self._error,
        )


__all__ = ["AUTO", "DONE", "FAILED", "FRONT", "LASTS_S", "SIDE", "Calibrator", "Guidance"]
