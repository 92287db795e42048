"""The only door live code uses: poses go in, feedback comes out, and a summary at the end. One coach is one set.

A frame passes: same person, view and visibility gate, measures, smoothing, rest, faults, phases, repetition or hold,
cue. Time comes from the poses' time stamps (seconds), never from the number of frames. While the gate is shut nothing
is counted, scored or guessed; the feedback says why and what to do. Limits: one person at a time; who that is at the
beginning, is the pose estimator's choice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import hypot
from statistics import fmean
from typing import NamedTuple

from exercises import ENGINE_VERSION
from exercises.body import Joint, Pose, Side, landmark
from exercises.definition import Definition, View
from exercises.faults import HOLD_CUE_AFTER_S, HOLD_CUE_PAUSE_S, CueChooser, FaultSeen, FaultWatch
from exercises.geometry import midpoint
from exercises.holds import Hold, HoldTimer
from exercises.measures import MEASURES, Frame, Measure, Proportions
from exercises.person import PersonLock, place_of
from exercises.repetitions import (
    COMPLETE_AT_END,
    MAX_AWAY_S,
    MOVED_AWAY,
    NO_PEAK_HOLD,
    ONE_SIDE_ONLY,
    PARTIAL_RANGE,
    PARTIAL_REASONS,
    PARTIAL_RETURN,
    PARTIAL_START,
    SHORT_RANGE_REASONS,
    TOO_FAST,
    Candidate,
    RepetitionCounter,
)
from exercises.rest import Rest
from exercises.scoring import hold_score, range_share, repetition_score, set_quality
from exercises.smoothing import OneEuro
from exercises.view import (
    MAX_ROLL_DEG,
    MIN_FRAMES_PER_S,
    MIN_TORSO_SHARE,
    PATIENCE_S,
    FrameRate,
    Gate,
    ViewMonitor,
    camera_roll_deg,
    seen,
)

GIVE_UP_S = 3.0
"""Out of sight for longer than this, a movement is given up and the start pose is asked for again."""
SHORTEST_HOLD_S = 3.0
"""A broken hold shorter than this (or than half of what is asked) was no hold, just a pose on the way to another."""
PARTNER_WAIT_S = 1.2
"""How long the repetition of one arm waits for the other arm's when both should move together."""
TRACE_STEP_S = 0.1
"""Spacing of the stored angle curve: ten points a second show every phase and keep a set under 20 kB."""

_REASON_CUES = {
    PARTIAL_RANGE: "reach_further",
    NO_PEAK_HOLD: "hold_peak",
    PARTIAL_RETURN: "return_fully",
    PARTIAL_START: "return_fully",
    TOO_FAST: "slower",
    ONE_SIDE_ONLY: "even_sides",
}


class RangeReached(NamedTuple):
    """The primary measure at start and peak, the difference, its error band, and the share of the target."""

    measure: str
    unit: str
    start: float
    peak: float
    value: float
    error: float
    share: float


@dataclass(frozen=True, slots=True)
class Repetition:
    """One judged movement; ``side`` is "left", "right" or "both". Times in seconds from the start of the set."""

    number: int
    side: str
    start_s: float
    peak_s: float
    end_s: float
    range: RangeReached
    out_s: float
    hold_s: float
    back_s: float
    score: int
    faults: tuple[FaultSeen, ...]
    reason: str
    counted: bool
    by_side: Mapping[str, RangeReached] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HoldResult:
    """One judged hold of one side."""

    side: str
    hold: Hold
    score: int
    faults: tuple[FaultSeen, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in this frame: "repetition", "partial", "hold_complete", "hold_broken" or "done"."""

    kind: str
    number: int
    side: str
    reason: str
    score: int | None


@dataclass(frozen=True, slots=True)
class AngleMark:
    """The working joint for the overlay: three landmark indices, value and target in the measure's unit."""

    points: tuple[int, int, int]
    value: float
    target: float
    unit: str


@dataclass(frozen=True, slots=True)
class HoldState:
    """The hold ring: seconds held and asked, and whether the person is inside the window now."""

    held_s: float
    target_s: float
    inside: bool


@dataclass(frozen=True, slots=True)
class Feedback:
    """What to show for one frame. ``state``: waiting, ready, active, cannot_tell or done."""

    time_s: float
    state: str
    gate: Gate | None
    count: int
    partial: int
    counts: Mapping[str, int]
    phase: str
    progress: float
    hold: HoldState | None
    angle: AngleMark | None
    event: Event | None
    cue: str | None


class Asymmetry(NamedTuple):
    """How far each side went on average, in the unit of the primary measure, and the error of their difference.

    ``difference`` is left minus right; it says something only when it is larger than ``error``.
    """

    measure: str
    unit: str
    left: float
    right: float
    difference: float
    error: float


@dataclass(frozen=True, slots=True)
class SetSummary:
    """Everything that is known about one set when it is over."""

    exercise: str
    revision: int
    engine_version: str
    kind: str
    side: str
    view: str | None
    duration_s: float
    count: int
    counts: Mapping[str, int]
    partial: int
    target: int | None
    repetitions: tuple[Repetition, ...]
    holds: tuple[HoldResult, ...]
    held_s: float
    gate: Mapping[str, float]
    quality: int | None
    trace: Trace
    personal_range: Mapping[str, float] | None
    asymmetry: Asymmetry | None = None


@dataclass(slots=True)
class Trace:
    """The primary measure over time, thinned to one point per `TRACE_STEP_S`."""

    measure: str = ""
    unit: str = ""
    t: list[float] = field(default_factory=list)
    left: list[float | None] = field(default_factory=list)
    right: list[float | None] = field(default_factory=list)
    phase: list[str] = field(default_factory=list)

    def add(self, time_s: float, values: Mapping[Side, float | None], phase: str) -> None:
        """Append a point unless the last one is too recent."""
        if self.t and time_s - self.t[-1] < TRACE_STEP_S * 0.95:
            return
        self.t.append(round(time_s, 3))
        for side, column in ((Side.LEFT, self.left), (Side.RIGHT, self.right)):
            value = values.get(side)
            column.append(None if value is None else round(value, 2))
        self.phase.append(phase)


class _SideJudge:
    """One side seen from one view: its filters, faults, and its repetition counter or hold timer."""

    def __init__(
        self, definition: Definition, view: View, *, own_peak: float | None, find_range: bool, hold_s: float
    ) -> None:
        self.view = view
        self._functions = [(name, MEASURES[name]) for name in view.measures]
        self._filters = {name: OneEuro(measure.smoothing_scale) for name, measure in self._functions}
        self._zone_measures = {t.measure for zone in (view.start, view.peak) for t in zone.thresholds}
        self.values: dict[str, float | None] = {}
        self.forget_rest()
        self.faults = FaultWatch(view.faults)
        primary = MEASURES[view.primary]
        neutral = 0.0 if primary.towards_side and view.primary not in view.rest_measures else None
        self.counter = RepetitionCounter(view, own_peak=own_peak, find_range=find_range, neutral=neutral)
        self.timer = HoldTimer(hold_s) if definition.kind == "hold" else None
        self._in_window = False

    def forget_rest(self) -> None:
        """Who comes back sits down anew: the rest of before says nothing."""
        self._rests = {name: Rest(MEASURES[name].unit, _towards(self.view, name)) for name in self.view.rest_measures}
        self.rested = not self._rests

    def measure(self, frame: Frame, side: Side) -> bool:
        """Measure and smooth; ``False`` when a measure the zones need is missing in this frame."""
        raw = {name: _measured(name, measure, frame, side) for name, measure in self._functions}
        if any(raw[name] is None for name in self._zone_measures):
            return False
        self.values = {
            name: None if value is None else self._filters[name](value, frame.time_s) for name, value in raw.items()
        }
        for name, rest in self._rests.items():
            value = self.values[name]
            assert value is not None, "a measure of the zones, checked above"
            start = rest.observe(frame.time_s, value)
            self.rested = start is not None
            self.values[name] = None if start is None else value - start
        return True

    def in_window(self) -> bool:
        """Whether the hold's window is met (with hysteresis)."""
        self._in_window = self.view.peak.holds(self.values, inside=self._in_window)
        return self._in_window

    @property
    def primary(self) -> float | None:
        return self.values.get(self.view.primary)

    def range_of(self, candidate: Candidate) -> RangeReached:
        measure = MEASURES[self.view.primary]
        return RangeReached(
            measure=self.view.primary,
            unit=measure.unit,
            start=candidate.start_value,
            peak=candidate.peak_value,
            value=abs(candidate.peak_value - candidate.start_value),
            error=measure.error[self.view.name] if self.view.range_error is None else self.view.range_error,
            share=range_share(
                candidate.start_value, candidate.peak_value, self.view.start.primary, self.view.peak.primary
            ),
        )


class _Finished(NamedTuple):
    """A side's candidate, waiting for the other arm's."""

    side: Side
    candidate: Candidate
    range: RangeReached
    faults: tuple[FaultSeen, ...]


class Coach:
    """Coaches one set of one exercise."""

    def __init__(
        self,
        definition: Definition,
        *,
        side: str | None = None,
        target: int | None = None,
        hold_target_s: float | None = None,
        personal_range: Mapping[str, float] | None = None,
        find_range: bool = False,
    ) -> None:
        """``side`` "left"/"right" for exercises done one side at a time; ``target`` repetitions (or holds) of the set;
        ``hold_target_s`` seconds per hold; ``personal_range`` the person's own peak value by side, in the unit of the
        primary measure. Raises `ValueError` for an unknown side or a guided timer, which has nothing to judge.
        """
        if side not in (None, "both", "left", "right"):
            raise ValueError(f"side must be left, right or both, not {side!r}")
        if not definition.views:
            raise ValueError(f"{definition.id} is a guided timer: the camera cannot judge it")
        self._definition = definition
        self._asked = None if side in (None, "both") else Side(side)
        self._target = target
        self._hold_target_s = hold_target_s or definition.dose.hold_s
        self._personal = dict(personal_range or {})
        self._find_range = find_range
        self._monitor = ViewMonitor()
        self._person = PersonLock()
        self._own = Proportions()
        self._places: deque[tuple[float, float, float, float]] = deque()
        self._in_view_s = 0.0
        self._rate = FrameRate()
        self._judges: dict[tuple[str, Side], _SideJudge] = {}
        self._active: list[tuple[Side, _SideJudge]] = []
        self._first_s: float | None = None
        self._time_s = 0.0
        self._blind_since: float | None = None
        self._gave_up = False
        self._gate_s: dict[str, float] = {}
        self._views_s: dict[str, float] = {}
        self._waiting: list[tuple[float, _Finished]] = []
        self._repetitions: list[Repetition] = []
        self._holds: list[HoldResult] = []
        self._cues = CueChooser()
        self._last_hold_cue_s = -HOLD_CUE_PAUSE_S
        self._trace = Trace()
        self._done = False

    @property
    def count(self) -> int:
        """Repetitions (or holds) that counted so far."""
        if self._definition.kind == "hold":
            return sum(result.hold.counted for result in self._holds)
        return sum(repetition.counted for repetition in self._repetitions)

    def observe(self, pose: Pose | None, time_s: float) -> Feedback:
        """Take the picture at ``time_s``; ``pose`` is ``None`` when nobody was found in it.

        A picture that is not later than the one before is ignored (a camera may repeat a frame).
        """
        if self._first_s is None:
            self._first_s = time_s
        elif time_s - self._first_s <= self._time_s:
            return self._feedback(None, None, None)
        now = time_s - self._first_s
        step, self._time_s = now - self._time_s, now
        if step > PATIENCE_S:
            # No picture for so long is the same as not seeing the body.
            self._lose_sight(long=step > GIVE_UP_S)
        gate = self._look(pose, now)
        if gate is not None:
            return self._blind(gate, now, min(step, GIVE_UP_S))
        self._blind_since, self._gave_up = None, False
        view = self._active[0][1].view
        self._views_s[view.name] = self._views_s.get(view.name, 0.0) + step
        event, cue = self._judge_hold(now) if self._definition.kind == "hold" else self._judge_repetition(now)
        if not self._trace.measure:
            self._trace.measure, self._trace.unit = view.primary, MEASURES[view.primary].unit
        self._trace.add(now, {side: judge.primary for side, judge in self._active}, self._phase())
        return self._feedback(None, event, cue)

    def snapshot(self) -> SetSummary:
        """The set as it stands, without closing what is under way (for a copy that survives a closed tab)."""
        return self._summary()

    def finish(self) -> SetSummary:
        """Close the set: what is under way is judged as far as it came."""
        for side, judge in self._active:
            if judge.timer is not None:
                hold = None if self._done else judge.timer.finish()
                if hold is not None:
                    self._add_hold(side, judge, hold)
            else:
                self._collect(side, judge, judge.counter.finish())
        self._settle(force=True)
        return self._summary()

    # -- seeing ---------------------------------------------------------------------------------------------------

    def _look(self, pose: Pose | None, now: float) -> Gate | None:
        """Gate, view and measures of this frame; ``None`` when everything needed is there."""
        rate = self._rate.observe(now)
        if pose is None:
            return Gate("no_person", "step_into_view")
        view = self._watched(pose, Frame(pose), now)
        if isinstance(view, Gate):
            return view
        if rate is not None and rate < MIN_FRAMES_PER_S:
            return Gate("too_few_frames", "close_programs")
        near = self._monitor.near_side
        far = None if view.name == "front" else near.other
        frame = Frame(pose, 1.0 if far is None else self._monitor.facing, far, self._own)
        sides = self._sides(view)
        gate = self._placed(frame, pose, view) or seen(frame, view.needs, sides)
        if gate is not None:
            return gate
        self._own.observe(frame)
        self._remember_place(frame, now)
        self._activate(view.name, view, sides)
        missing = tuple(
            f"{side.value}_{view.primary}" for side, judge in self._active if not judge.measure(frame, side)
        )
        return Gate("not_visible", "show_part", missing) if missing else None

    def _watched(self, pose: Pose, frame: Frame, now: float) -> View | Gate:
        """The view to judge this body from, or why it is not the one to judge."""
        if not self._person.same(place_of(frame)):
            return Gate("other_person", "stand_alone")
        self._monitor.observe(pose, frame)
        view = self._view(now)
        if view is None or self._monitor.turned_away:
            return Gate("wrong_view", f"turn_{self._definition.view_names[0]}")
        near = self._monitor.near_side
        if view.name != "front" and view.sides == "near" and self._definition.sided and self._asked is near.other:
            return Gate("wrong_side", "turn_round", (near.other.value,))
        return view

    def _view(self, now: float) -> View | None:
        """The view to judge from. Where the trunk turns as part of the movement, it is the one the set began with."""
        active = self._active[0][1] if self._active else None
        if active is not None and active.view.turns and now - self._in_view_s <= MAX_AWAY_S:
            if self._monitor.fits(active.view.name):
                self._in_view_s = now
            return active.view
        moving = any(judge.counter.moving for _, judge in self._active)
        name = self._monitor.choose(self._definition.view_names, moving=moving)
        if name is not None:
            self._in_view_s = now
        return None if name is None else self._definition.views[name]

    def _remember_place(self, frame: Frame, now: float) -> None:
        """Where the hips are, and the torso to measure their way by: somebody who walks off repeats nothing."""
        middle, torso = midpoint(*frame.pair(Joint.HIP)), frame.torso
        if middle is None or torso is None:
            return
        places = self._places
        places.append((now, middle[0], middle[1], torso))
        while now - places[0][0] > 2 * MAX_AWAY_S:
            places.popleft()

    def _moved_away(self, candidate: Candidate, travel: float) -> bool:
        """Whether the hips went further than ``travel`` torso lengths from where they began the movement."""
        during = [place for place in self._places if candidate.start_s <= place[0] <= candidate.end_s]
        if not during:
            return False
        _, x, y, size = during[0]
        far = max(hypot(place[1] - x, place[2] - y) for place in during) / size
        return far > travel

    def _placed(self, frame: Frame, pose: Pose, view: View) -> Gate | None:
        torso = frame.torso
        if torso is not None and torso < MIN_TORSO_SHARE * pose.height:
            return Gate("too_far", "come_closer")
        if view.name != "front" or self._phase() not in ("idle", "start"):
            return None
        roll = camera_roll_deg(frame)
        return Gate("camera_tilted", "level_camera") if roll is not None and abs(roll) > MAX_ROLL_DEG else None

    def _sides(self, view: View) -> tuple[Side, ...]:
        if self._definition.sided and self._asked is not None:
            return (self._asked,)
        if view.sides == "near":
            return (self._monitor.near_side,)
        return (Side.LEFT, Side.RIGHT)

    def _activate(self, name: str, view: View, sides: tuple[Side, ...]) -> None:
        active = [side for side, judge in self._active if judge.view is view]
        if active == list(sides):
            return
        # At the very beginning, too, the start pose counts as held: how long it was held before nobody knows.
        resting = all(judge.counter.resting for _, judge in self._active) if self._active else not self._judges
        self._lose_sight(long=True)  # what was under way was seen from another side, or of another arm
        self._active = []
        for side in sides:
            key = (name, side)
            if key not in self._judges:
                self._judges[key] = _SideJudge(
                    self._definition,
                    view,
                    own_peak=self._personal.get(side.value),
                    find_range=self._find_range,
                    hold_s=self._hold_target_s,
                )
            if resting:
                self._judges[key].counter.begin_at_rest()
            self._active.append((side, self._judges[key]))

    def _blind(self, gate: Gate, now: float, step: float) -> Feedback:
        self._gate_s[gate.reason] = self._gate_s.get(gate.reason, 0.0) + step
        if self._blind_since is None:
            self._blind_since = now
        blind_s = now - self._blind_since
        if blind_s > PATIENCE_S or not self._active:
            self._trace.add(now, {}, "cannot_tell")
            self._lose_sight(long=blind_s > GIVE_UP_S and not self._gave_up)
            self._gave_up = self._gave_up or blind_s > GIVE_UP_S
            self._settle(force=False)
            return self._feedback(gate, None, None)
        return self._feedback(None, None, None)

    def _lose_sight(self, *, long: bool) -> None:
        for side, judge in self._active:
            self._collect(side, judge, judge.counter.interrupt(long=long))
            if long:
                judge.forget_rest()

    # -- repetitions ----------------------------------------------------------------------------------------------

    def _judge_repetition(self, now: float) -> tuple[Event | None, str | None]:
        for side, judge in self._active:
            if not judge.rested:
                continue
            candidate = judge.counter.observe(now, judge.values)
            judge.faults.observe(now, judge.counter.phase, judge.values, judge.counter.progress)
            self._collect(side, judge, candidate)
        before = len(self._repetitions)
        cue = self._settle(force=False)
        if len(self._repetitions) == before:
            return None, None
        return self._event_of(self._repetitions[-1]), cue

    def _collect(self, side: Side, judge: _SideJudge, candidate: Candidate | None) -> None:
        if candidate is not None:
            if self._moved_away(candidate, judge.view.travel):
                candidate = replace(candidate, reason=MOVED_AWAY)
            faults = judge.faults.take(counted=candidate.counted)
            finished = _Finished(side, candidate, judge.range_of(candidate), faults)
            self._waiting.append((self._time_s, finished))

    def _settle(self, *, force: bool) -> str | None:
        """Turn waiting candidates into repetitions, pairing the arms where both work together."""
        cue = None
        while self._waiting:
            since, first = self._waiting[0]
            if not self._paired():
                partners: list[_Finished] = []
            else:
                partners = [other for _, other in self._waiting[1:] if _together(first, other)][:1]
                partner_moving = any(judge.counter.moving for side, judge in self._active if side is not first.side)
                patience = PARTNER_WAIT_S if partner_moving else PARTNER_WAIT_S / 2
                if not partners and not force and self._time_s - since < patience:
                    break
            self._waiting = [item for item in self._waiting if item[1] is not first and item[1] not in partners]
            if partners or not self._paired() or first.candidate.counted or self._other_moved(first):
                cue = self._add([first, *partners]) or cue
        return cue

    def _other_moved(self, one: _Finished) -> bool:
        """Whether the other arm moved as well, if only a little; one arm alone half the way is a gesture."""
        start_s, end_s = one.candidate.start_s, one.candidate.end_s
        for side, judge in self._active:
            fidget = judge.counter.fidget
            if side is not one.side and (
                judge.counter.moving or (fidget is not None and fidget[0] <= end_s and fidget[1] >= start_s)
            ):
                return True
        return False

    def _paired(self) -> bool:
        """Both arms are watched and belong to one repetition."""
        return len(self._active) == 2 and not self._definition.sided  # noqa: PLR2004  # two arms

    def _add(self, parts: list[_Finished]) -> str | None:
        repetition = self._merge(parts)
        self._repetitions.append(repetition)
        cues = [self._cue_of(fault.key) for fault in repetition.faults]
        if repetition.reason in _REASON_CUES:
            cues.insert(0, _REASON_CUES[repetition.reason])
        elif repetition.counted and repetition.back_s < self._definition.tempo.back_s:
            cues.append("slow_return")
        return self._cues.after_repetition(cues)

    def _merge(self, parts: list[_Finished]) -> Repetition:
        candidates = [part.candidate for part in parts]
        worst = next((c for c in candidates if not c.counted), candidates[-1])
        reason = worst.reason
        if len(parts) == 1 and self._paired() and worst.counted:
            reason = ONE_SIDE_ONLY
        reached = min((part.range for part in parts), key=lambda r: r.share)
        if len(parts) > 1:
            reached = reached._replace(
                start=fmean(p.range.start for p in parts),
                peak=fmean(p.range.peak for p in parts),
                value=fmean(p.range.value for p in parts),
            )
        faults = _worst_of(parts)
        out_s, back_s = fmean(c.out_s for c in candidates), fmean(c.back_s for c in candidates)
        counted = all(c.counted for c in candidates) and reason != ONE_SIDE_ONLY
        return Repetition(
            number=len(self._repetitions) + 1,
            side=parts[0].side.value if len(parts) == 1 else "both",
            start_s=min(c.start_s for c in candidates),
            peak_s=fmean(c.peak_s for c in candidates),
            end_s=max(c.end_s for c in candidates),
            range=reached,
            out_s=out_s,
            hold_s=fmean(c.hold_s for c in candidates),
            back_s=back_s,
            score=repetition_score(
                reached.share, faults, out_s, back_s if reason != COMPLETE_AT_END else 10.0, self._definition.tempo
            ),
            faults=faults,
            reason=reason,
            counted=counted,
            by_side={part.side.value: part.range for part in parts},
        )

    def _cue_of(self, fault_key: str) -> str:
        for _, judge in self._active:
            for fault in judge.view.faults:
                if fault.key == fault_key:
                    return fault.cue
        return fault_key

    def _event_of(self, repetition: Repetition) -> Event:
        if repetition.counted:
            reached = self._target is not None and self.count >= self._target and not self._done
            self._done = self._done or reached
            return Event(
                "done" if reached else "repetition", self.count, repetition.side, repetition.reason, repetition.score
            )
        return Event("partial", repetition.number, repetition.side, repetition.reason, repetition.score)

    # -- holds ----------------------------------------------------------------------------------------------------

    def _judge_hold(self, now: float) -> tuple[Event | None, str | None]:
        event = None
        cue = None
        if self._done:
            return None, None  # the set is complete; holding on is welcome and needs no record
        for side, judge in self._active:
            assert judge.timer is not None
            inside = judge.in_window()
            other_runs = any(j.timer.running for s, j in self._active if s is not side and j.timer is not None)
            judge.faults.observe(now, "peak" if inside else "start", judge.values)
            hold = judge.timer.observe(now, inside=inside and not other_runs)
            if hold is not None:
                event = self._add_hold(side, judge, hold)
            lasting = judge.faults.active(now, HOLD_CUE_AFTER_S)
            if lasting is not None and now - self._last_hold_cue_s >= HOLD_CUE_PAUSE_S:
                self._last_hold_cue_s, cue = now, lasting.cue
        return event, cue

    def _add_hold(self, side: Side, judge: _SideJudge, hold: Hold) -> Event | None:
        faults = judge.faults.take()
        if not hold.counted and hold.held_s < min(SHORTEST_HOLD_S, self._hold_target_s / 2):
            return None  # passing through
        score = hold_score(hold.held_s, self._hold_target_s, faults)
        self._holds.append(HoldResult(side.value, hold, score, faults))
        if not hold.counted:
            return Event("hold_broken", len(self._holds), side.value, hold.reason, score)
        reached = self._done = self.count >= (self._target or 1)
        return Event("done" if reached else "hold_complete", self.count, side.value, hold.reason, score)

    # -- telling --------------------------------------------------------------------------------------------------

    def _phase(self) -> str:
        if not self._active:
            return "idle"
        if self._definition.kind == "hold":
            return "peak" if any(j.timer is not None and j.timer.inside for _, j in self._active) else "start"
        return max((judge for _, judge in self._active), key=lambda j: j.counter.progress).counter.phase

    def _state(self, gate: Gate | None) -> str:
        if self._done:
            return "done"
        if gate is not None:
            return "cannot_tell"
        if self._definition.kind == "hold":
            return "active" if any(j.timer is not None and j.timer.running for _, j in self._active) else "ready"
        # Where both arms make one repetition, one arm in the start position is not yet where it counts from.
        enough = all if self._paired() else any
        if not self._active or not enough(judge.counter.ready for _, judge in self._active):
            return "waiting"
        return "active" if self._repetitions or any(j.counter.moving for _, j in self._active) else "ready"

    def _feedback(self, gate: Gate | None, event: Event | None, cue: str | None) -> Feedback:
        progress = min((judge.counter.progress for _, judge in self._active), default=0.0)
        return Feedback(
            time_s=self._time_s,
            state=self._state(gate),
            gate=gate,
            count=self.count,
            partial=self._partial(),
            counts=self._counts(),
            phase="cannot_tell" if gate is not None else self._phase(),
            progress=min(progress, 1.0),
            hold=self._hold_state(),
            angle=None if gate is not None else self._angle(),
            event=event,
            cue=cue,
        )

    def _hold_state(self) -> HoldState | None:
        if self._definition.kind != "hold":
            return None
        timers = [judge.timer for _, judge in self._active if judge.timer is not None]
        timer = max(timers, key=lambda t: t.held_s, default=None)
        if timer is None:
            return HoldState(0.0, self._hold_target_s, inside=False)
        held = self._hold_target_s if self._done else timer.held_s
        return HoldState(held, self._hold_target_s, timer.inside)

    def _angle(self) -> AngleMark | None:
        if not self._active:
            return None
        side, judge = min(self._active, key=lambda item: item[1].counter.progress)
        joints = MEASURES[judge.view.primary].joints
        value = judge.primary
        measure = judge.view.primary
        if value is None or measure in judge.view.rest_measures or MEASURES[measure].unit != "deg":
            return None
        if len(joints) != _ANGLE_JOINTS:
            return None
        a, b, c = (int(landmark(joint, side)) for joint in joints)
        return AngleMark((a, b, c), round(value, 1), judge.counter.peak_zone.primary.enter, "deg")

    def _partial(self) -> int:
        if self._definition.kind == "hold":
            return sum(not result.hold.counted for result in self._holds)
        return sum(r.reason in PARTIAL_REASONS for r in self._repetitions)

    def _counts(self) -> Mapping[str, int]:
        counts = {"left": 0, "right": 0, "both": 0}
        for repetition in self._repetitions:
            if repetition.counted:
                counts[repetition.side] += 1
        for result in self._holds:
            if result.hold.counted:
                counts[result.side] += 1
        return counts

    def _summary(self) -> SetSummary:
        scores = [r.score for r in self._repetitions if r.counted]
        scores += [result.score for result in self._holds if result.hold.counted]
        own = {side.value: judge.counter.own_range() for (_, side), judge in self._judges.items()}
        known = {side: round(value, 1) for side, value in own.items() if value is not None}
        return SetSummary(
            exercise=self._definition.id,
            revision=self._definition.revision,
            engine_version=ENGINE_VERSION,
            kind=self._definition.kind,
            side=self._asked.value if self._asked else "both",
            view=max(self._views_s, key=self._views_s.__getitem__, default=None),
            duration_s=self._time_s,
            count=self.count,
            counts=self._counts(),
            partial=self._partial(),
            target=self._target,
            repetitions=tuple(self._repetitions),
            holds=tuple(self._holds),
            held_s=sum(result.hold.held_s for result in self._holds),
            gate=dict(self._gate_s),
            quality=set_quality(scores),
            trace=self._trace,
            personal_range=known or None,
            asymmetry=_asymmetry(self._repetitions),
        )


_ANGLE_JOINTS = 3
"""A measure of three joints in degrees is the angle at the middle one (`exercises.measures`)."""


def _measured(name: str, measure: Measure, frame: Frame, side: Side) -> float | None:
    """The measure in this frame; one that is the same for both sides is computed once."""
    if not measure.same_for_both:
        return measure.function(frame, side)
    shared = frame.shared
    if name not in shared:
        shared[name] = measure.function(frame, side)
    return shared[name]


def _towards(view: View, measure: str) -> int:
    """+1 when the peak lies at larger values of ``measure``, -1 at smaller ones; the start says it where it must."""
    for zone, sign in ((view.peak, 1), (view.start, -1)):
        for threshold in zone.thresholds:
            if threshold.measure == measure:
                return threshold.sign * sign
    return 1


def _together(a: _Finished, b: _Finished) -> bool:
    """Whether two arms' movements overlap by at least half of the shorter one."""
    if a.side is b.side:
        return False
    overlap = min(a.candidate.end_s, b.candidate.end_s) - max(a.candidate.start_s, b.candidate.start_s)
    shorter = min(a.candidate.end_s - a.candidate.start_s, b.candidate.end_s - b.candidate.start_s)
    return overlap >= shorter / 2


def _asymmetry(repetitions: list[Repetition]) -> Asymmetry | None:
    """Left against right over what both sides did, ``None`` when only one was seen."""
    judged = [r for r in repetitions if r.counted or r.reason in SHORT_RANGE_REASONS]
    reached = [r.by_side for r in judged]
    left = [sides["left"] for sides in reached if "left" in sides]
    right = [sides["right"] for sides in reached if "right" in sides]
    if not left or not right or left[0].measure != right[0].measure:
        return None
    means = fmean(r.value for r in left), fmean(r.value for r in right)
    error = hypot(left[0].error, right[0].error)
    return Asymmetry(left[0].measure, left[0].unit, means[0], means[1], means[0] - means[1], error)


def _worst_of(parts: list[_Finished]) -> tuple[FaultSeen, ...]:
    worst: dict[str, FaultSeen] = {}
    for part in parts:
        for fault in part.faults:
            if fault.key not in worst or fault.severity > worst[fault.key].severity:
                worst[fault.key] = fault
    return tuple(worst.values())
