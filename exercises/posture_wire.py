"""The posture coach's door for other languages: flat numbers in, plain JSON values out.

The browser's worker, the desktop agent and the command line use these shapes. ``values`` is 33 x (x, y, z, visibility),
normalised to the picture, NaN for a joint that the source does not have, ``None`` when nobody was found. Times are
seconds on a clock that does not jump; ``light`` is the picture's mean luma, 0..1.

Error and gate keys with their remedies, for whoever words them: `exercises.posture_gate`, `exercises.posture_guide` and
`exercises.posture_calibration`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exercises.body import Pose
from exercises.posture_baseline import BaselineError, Zone, baseline_from_dict, baseline_to_dict
from exercises.posture_calibration import CalibrationError
from exercises.posture_guide import AUTO, Calibrator, Guidance
from exercises.posture_judge import NECK_LEAN_ERROR_DEG
from exercises.posture_verdict import Notice, Options, Tally, Verdict
from exercises.posture_watch import Watch
from exercises.view import Gate
from exercises.wire import JsonObject, pose_from_flat

Values = Sequence[float] | None
_OPTIONS = ("break_rule", "break_every_s", "notices_per_hour", "quiet", "days_old")


class CalibrationSession:
    """One guided calibration, driven by pictures."""

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """``options``: ``view`` (auto, front, side), ``slouch`` (False: without that pose), ``made_at`` (kept as is),
        ``pace`` (share of its usual time that every phase lasts).
        """
        given = dict(options or {})
        self._calibrator = Calibrator(
            view=given.get("view") or AUTO,
            slouch=given.get("slouch", True),
            made_at=given.get("made_at"),
            pace=given.get("pace") or 1.0,
        )

    def frame(
        self, time_s: float, values: Values, width: float, height: float, light: float | None = None
    ) -> JsonObject:
        """Where the calibration is after this picture."""
        return guidance_to_dict(self._calibrator.observe(_pose(time_s, values, width, height), time_s, light))

    def skip(self) -> None:
        """Leave out the present phase where that is allowed (slouch, moves); the confidence is then low."""
        self._calibrator.skip()

    def result(self) -> JsonObject:
        """``{"baseline": document}``, or ``{"error": {"key", "remedy"}}``."""
        try:
            return {"baseline": baseline_to_dict(self._calibrator.result())}
        except CalibrationError as error:
            return {"error": {"key": error.key, "remedy": error.remedy}}


def is_readable(document: Mapping[str, Any]) -> bool:
    """Whether this engine can watch with a baseline."""
    try:
        baseline_from_dict(document)
    except BaselineError:
        return False
    return True


class WatchSession:
    """Watching one person at the desk."""

    def __init__(self, baselines: Sequence[Mapping[str, Any]], options: Mapping[str, Any] | None = None) -> None:
        """``baselines``: documents, one per place; ``options``: break_rule, break_every_s, notices_per_hour, quiet,
        days_old, and told_s_ago (how long ago notices were told before the first picture).

        Raises `exercises.posture_baseline.BaselineError` for a broken document.
        """
        given = dict(options or {})
        self._options = Options(**{name: given[name] for name in _OPTIONS if given.get(name) is not None})
        self._told_s_ago = tuple(given.get("told_s_ago") or ())
        self._watch = Watch([baseline_from_dict(document) for document in baselines], self._options)
        self._unread: tuple[str, ...] = ()

    @classmethod
    def of_readable(
        cls, baselines: Sequence[Mapping[str, Any]], options: Mapping[str, Any] | None = None
    ) -> WatchSession:
        """The same without the documents that this engine cannot read, another version's perhaps: one place that is to
        be calibrated again is no reason to watch at none.
        """
        readable: list[Mapping[str, Any]] = []
        unread: list[str] = []
        for document in baselines:
            if is_readable(document):
                readable.append(document)
            else:
                unread.append(str(document.get("place")))
        session = cls(readable, options)
        session._unread = tuple(unread)
        return session

    def unread(self) -> list[str]:
        """The places that were left out."""
        return list(self._unread)

    def set_options(self, options: Mapping[str, Any]) -> None:
        """Other options from now on; those that are not given stay."""
        known = {name: getattr(self._options, name) for name in _OPTIONS}
        self._options = Options(**{**known, **{name: options[name] for name in _OPTIONS if name in options}})
        self._watch.set_options(self._options)

    def frame(
        self, time_s: float, values: Values, width: float, height: float, light: float | None = None
    ) -> JsonObject:
        """The verdict on one picture."""
        self._remember(time_s)
        pose = _pose(time_s, values, width, height)
        return verdict_to_dict(self._watch.observe(pose, time_s, width, height, light))

    def away(self, time_s: float) -> None:
        """The caller knows that the person is away: the screen is locked, the camera is off."""
        self._remember(time_s)
        self._watch.away(time_s)

    def gap(self, time_s: float) -> None:
        """Nothing was watched until now (sleep, pause, the camera given away): it counts as nothing."""
        self._remember(time_s)
        self._watch.gap(time_s)

    def moved(self, time_s: float, by: str) -> None:
        """A break was taken: ``stand``, ``shift``, ``exercise`` or ``said``."""
        self._watch.moved(time_s, by)

    def hush(self, until_time_s: float) -> None:
        """Watch, and say nothing until then."""
        self._watch.hush(until_time_s)

    def take(self) -> JsonObject:
        """The tally since the last call, and a new one begins."""
        return tally_to_dict(self._watch, self._watch.take())

    def _remember(self, time_s: float) -> None:
        # Ages become times with the first picture, which is the first to say what time it is.
        self._watch.remember_told([time_s - ago for ago in self._told_s_ago])
        self._told_s_ago = ()


def _pose(time_s: float, values: Values, width: float, height: float) -> Pose | None:
    return None if values is None else pose_from_flat(time_s, values, width, height)


def _gate(gate: Gate | None) -> JsonObject | None:
    return None if gate is None else {"reason": gate.reason, "remedy": gate.remedy, "parts": list(gate.parts)}


def _zone(zone: Zone | None) -> JsonObject | None:
    return None if zone is None else {name: round(value, 4) for name, value in zone._asdict().items()}


def _notice(notice: Notice | None) -> JsonObject | None:
    return None if notice is None else {"key": notice.key, "reason": notice.reason}


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits)


def guidance_to_dict(guidance: Guidance) -> JsonObject:
    """Where a calibration is, as plain JSON values."""
    error = guidance.error
    return {
        "phase": guidance.phase,
        "done_share": round(guidance.done_share, 3),
        "left_s": round(guidance.left_s, 2),
        "can_tell": guidance.gate is None,
        "gate": _gate(guidance.gate),
        "view": guidance.view,
        "zone": _zone(guidance.zone),
        "error": None if error is None else {"key": error.key, "remedy": error.remedy},
    }


def verdict_to_dict(verdict: Verdict) -> JsonObject:
    """The verdict on one picture as plain JSON values.

    ``score`` is calmed, 0..100; ``index`` 0 calm pose, 1 own slouch; ``movement`` in thousandths of a shoulder width
    per second; ``neck_lean`` the lean of the ear-shoulder line from the side with the half width of its 95 % band, and
    no craniovertebral angle; ``tilt_deg`` the shoulder line against the calm pose, positive with the subject's left
    lower; ``break_in_s`` the seconds at the desk until a break is offered, if nothing is changed.
    """
    neck = verdict.neck_lean_deg
    return {
        "time_s": round(verdict.time_s, 3),
        "state": verdict.state,
        "can_tell": verdict.gate is None,
        "gate": _gate(verdict.gate),
        "score": None if verdict.score is None else round(verdict.score),
        "index": _rounded(verdict.index, 3),
        "view": verdict.view,
        "confidence": verdict.confidence,
        "place_id": verdict.place_id,
        "baseline_id": verdict.baseline_id,
        "lean": verdict.lean,
        "neck_lean": None if neck is None else {"deg": round(neck, 1), "error_deg": NECK_LEAN_ERROR_DEG},
        "tilt_deg": _rounded(verdict.tilt_deg, 1),
        "slouch_s": round(verdict.slouch_s, 1),
        "hint": verdict.hint,
        "still_s": round(verdict.still_s, 1),
        "break_in_s": _rounded(verdict.break_in_s, 1),
        "changes": verdict.changes,
        "stands": verdict.stands,
        "changes_per_hour": _rounded(verdict.changes_per_hour, 1),
        "moving": verdict.moving,
        "movement": round(verdict.movement, 2),
        "notice": _notice(verdict.notice),
        "credit": verdict.credit,
        "recalibrate": verdict.recalibrate,
        "zone": _zone(verdict.zone),
        "look_again_s": verdict.look_again_s,
    }


def tally_to_dict(watch: Watch, tally: Tally) -> JsonObject:
    """The tally of a stretch of time as plain JSON values."""
    baseline = watch.baseline
    return {
        "comfort_s": tally.comfort_s,
        "slouch_s": tally.slouch_s,
        "away_s": tally.away_s,
        "unknown_s": tally.unknown_s,
        "changes": tally.changes,
        "stands": tally.stands,
        "movement": round(watch.movement, 2),
        "still_s": round(watch.still_s, 1),
        "score": None if tally.score is None else round(tally.score),
        "view": watch.view,
        "baseline_id": None if baseline is None else baseline.id,
    }
