"""The engine's door for other languages: flat numbers in, plain JSON values out.

The browser's worker, the command line and the server all use these shapes, so a set looks the same wherever it was
judged. Learning from a demonstration has its own door, `exercises.learning_wire`, because no live page needs it.
``values`` is 33 x (x, y, z, visibility), normalised to the picture; NaN marks a joint that the source does not have.
All times are seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from exercises.body import LANDMARK_COUNT, Point, Pose
from exercises.coach import Coach, Feedback, HoldResult, RangeReached, Repetition, SetSummary, Trace
from exercises.definition import definition_from_document, load_library
from exercises.faults import FaultSeen

VALUES_PER_POINT = 4
JsonObject = dict[str, Any]


def pose_from_flat(time_s: float, values: Sequence[float], width: float, height: float) -> Pose:
    """A pose from 132 numbers. Raises `ValueError` when there are not exactly that many."""
    if len(values) != LANDMARK_COUNT * VALUES_PER_POINT:
        raise ValueError(f"a pose has {LANDMARK_COUNT * VALUES_PER_POINT} values, not {len(values)}")
    points = tuple(map(_point, values[0::4], values[1::4], values[2::4], values[3::4]))
    return Pose(time_s, points, width, height)


def _point(x: float, y: float, z: float, visibility: float) -> Point | None:
    if isnan(x) or isnan(y) or isnan(visibility):
        return None
    return Point(x, y, 0.0 if isnan(z) else z, visibility)


class Session:
    """One set, driven by name and plain values: what the browser's worker and the command line use."""

    def __init__(
        self,
        exercise_id: str,
        options: Mapping[str, Any] | None = None,
        definition: Mapping[str, Any] | None = None,
    ) -> None:
        """``options``: side, target, hold_target_s, personal_range, find_range (see `exercises.coach.Coach`);
        ``definition``: the document of an exercise that is not in the library, instead of it.

        Raises `KeyError` for an exercise that is not in the library, `DefinitionError` for a broken document.
        """
        known = load_library()[exercise_id] if definition is None else definition_from_document(definition, exercise_id)
        self._coach = Coach(known, **dict(options or {}))

    def frame(self, time_s: float, values: Sequence[float] | None, width: float, height: float) -> JsonObject:
        """Feedback for one picture; ``values`` is ``None`` when nobody was found in it."""
        pose = None if values is None else pose_from_flat(time_s, values, width, height)
        return feedback_to_dict(self._coach.observe(pose, time_s))

    def snapshot(self) -> JsonObject:
        """The summary so far; the set goes on."""
        return summary_to_dict(self._coach.snapshot())

    def finish(self) -> JsonObject:
        """The summary of the set."""
        return summary_to_dict(self._coach.finish())


def feedback_to_dict(feedback: Feedback) -> JsonObject:
    """The feedback of one frame as plain JSON values."""
    gate, hold, angle, event = feedback.gate, feedback.hold, feedback.angle, feedback.event
    return {
        "time_s": round(feedback.time_s, 3),
        "state": feedback.state,
        "can_tell": gate is None,
        "gate": None if gate is None else {"reason": gate.reason, "parts": list(gate.parts), "remedy": gate.remedy},
        "count": feedback.count,
        "partial": feedback.partial,
        "counts": dict(feedback.counts),
        "phase": feedback.phase,
        "progress": round(feedback.progress, 3),
        "hold": None
        if hold is None
        else {"held_s": round(hold.held_s, 2), "target_s": hold.target_s, "inside": hold.inside},
        "angle": None
        if angle is None
        else {"points": list(angle.points), "value": angle.value, "target": angle.target, "unit": angle.unit},
        "event": None
        if event is None
        else {
            "kind": event.kind,
            "number": event.number,
            "side": event.side,
            "reason": event.reason,
            "score": event.score,
        },
        "cue": feedback.cue,
    }


def summary_to_dict(summary: SetSummary) -> JsonObject:
    """The summary of one set as plain JSON values; the shape that is stored and that ``tracker analyze`` prints."""
    return {
        "exercise": summary.exercise,
        "revision": summary.revision,
        "engine_version": summary.engine_version,
        "kind": summary.kind,
        "side": summary.side,
        "view": summary.view,
        "duration_s": round(summary.duration_s, 3),
        "count": summary.count,
        "counts": dict(summary.counts),
        "partial": summary.partial,
        "target": summary.target,
        "repetitions": [_repetition(repetition) for repetition in summary.repetitions],
        "holds": [_hold(result) for result in summary.holds],
        "held_s": round(summary.held_s, 2),
        "gate": {reason: round(seconds, 2) for reason, seconds in summary.gate.items()},
        "quality": summary.quality,
        "trace": _trace(summary.trace),
        "personal_range": None if summary.personal_range is None else dict(summary.personal_range),
        "asymmetry": None
        if summary.asymmetry is None
        else {key: round(v, 2) if isinstance(v, float) else v for key, v in summary.asymmetry._asdict().items()},
    }


def _repetition(repetition: Repetition) -> JsonObject:
    return {
        "number": repetition.number,
        "start": round(repetition.start_s, 3),
        "peak": round(repetition.peak_s, 3),
        "end": round(repetition.end_s, 3),
        "side": repetition.side,
        "range": _range(repetition.range),
        "by_side": {side: _range(reached) for side, reached in repetition.by_side.items()},
        "tempo": {
            "out_s": round(repetition.out_s, 2),
            "peak_s": round(repetition.hold_s, 2),
            "back_s": round(repetition.back_s, 2),
        },
        "score": repetition.score,
        "faults": _faults(repetition.faults),
        "counted": repetition.counted,
        "reason": repetition.reason,
    }


def _range(reached: RangeReached) -> JsonObject:
    return {
        "measure": reached.measure,
        "unit": reached.unit,
        "start": round(reached.start, 2),
        "peak": round(reached.peak, 2),
        "value": round(reached.value, 2),
        "error": reached.error,
        "share": round(reached.share, 3),
    }


def _hold(result: HoldResult) -> JsonObject:
    return {
        "start": round(result.hold.start_s, 3),
        "end": round(result.hold.end_s, 3),
        "side": result.side,
        "held_s": round(result.hold.held_s, 2),
        "score": result.score,
        "faults": _faults(result.faults),
        "counted": result.hold.counted,
        "reason": result.hold.reason,
    }


def _faults(faults: Sequence[FaultSeen]) -> list[JsonObject]:
    return [{"key": f.key, "severity": round(f.severity, 2), "at": round(f.at_s, 2)} for f in faults]


def _trace(trace: Trace) -> JsonObject:
    return {
        "measure": trace.measure,
        "unit": trace.unit,
        "t": trace.t,
        "left": trace.left,
        "right": trace.right,
        "phase": trace.phase,
    }
