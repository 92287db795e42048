"""Invented movement, judged by the real engine.

A *style* says how somebody moves: how far, how fast, with which faults. A *take* is one set in that style, in one of a
few variations: the definition's own key poses are bent accordingly, seen by a synthetic camera with landmark noise, and
go through `exercises.coach.Coach`. So everything the demo stores about a set (ledger, curve, counts, reasons, scores)
is what the engine said about one and the same movement. Times in seconds, lengths in metres, angles in degrees; all of
it is a pure function of its arguments.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from itertools import cycle
from math import cos, inf, pi
from typing import TYPE_CHECKING, Any, Final

from exercises.body import LANDMARK_COUNT, Landmark, Pose, Side
from exercises.coach import Coach, SetSummary, Trace
from exercises.figure import TORSO_M, VIEW_YAW_DEG, Camera, Vector, body, centre_of, key_pose_at, project, swap_sides
from exercises.repetitions import personal_peak
from exercises.wire import summary_to_dict
from tracker.regimen.library import library
from tracker.training.tracks import pack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from exercises.coach import Feedback
    from exercises.definition import Definition, KeyPose

FRAMES_PER_S: Final = 10.0
"""Slower than most cameras, well above what the engine needs, and it keeps the build quick."""
MOVEMENTS: Final = 13
"""Movements of a take; more than any set of the stories asks for."""
LEAD_S: Final = 1.6
"""In the start pose before the first movement."""
TAIL_S: Final = 0.7
"""What a set still shows after the movement it ended with."""
PICTURE: Final = (640, 480)
_NOISE_PERIOD: Final = 4_099
"""Landmark noise repeats after so many draws: a prime, so that no joint meets its own noise again soon."""
_TRACK_SCALE: Final = 10_000
_TRACK_UNSEEN: Final = -32_768
_VALUES_PER_FRAME: Final = LANDMARK_COUNT * 3
_TO_KNOW_RANGE: Final = 5  # counted repetitions; the engine wants three
_TRUNK_FROM_M: Final = 0.05
"""Landmarks higher than this over the hips sway with the trunk."""


@dataclass(frozen=True, slots=True)
class Style:
    """How somebody moves. `reach` 1 is the key pose of the definition; shares are parts of all movements.

    Faults (`lean_deg` to `turn_deg`) grow with the movement and show in `fault_share` of the movements.
    """

    name: str
    reach: float = 1.0
    spread: float = 0.02
    tiring: float = 0.03  # reach lost until the last movement
    short_peaks: float = 0.0
    short_bottoms: float = 0.0
    out_s: float = 1.3
    peak_s: float = 0.6
    back_s: float = 1.7
    rest_s: float = 0.6
    fault_share: float = 0.5
    lean_deg: float = 0.0  # trunk, positive forward
    chin_deg: float = 0.0  # neck, positive forward
    shrug_m: float = 0.0
    uneven_deg: float = 0.0  # how much lower the right arm stays
    sway_m: float = 0.0  # trunk to the subject's left
    turn_deg: float = 0.0  # trunk with the arm that crosses over
    yaw_off: float = 0.0
    noise_m: float = 0.003  # 1 % of the shoulder width
    away_s: float = 0.0  # out of the picture for so long, once


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of a take that ends at `until_s`: progress goes from `start` to `end`; `fault` scales the faults."""

    until_s: float
    start: float
    end: float
    fault: float = 0.0
    away: bool = False


class Score:
    """What a take does, leg by leg."""

    def __init__(self) -> None:
        self.legs: list[Leg] = []
        self._ends: list[float] = []

    @property
    def length_s(self) -> float:
        return self._ends[-1] if self._ends else 0.0

    def add(self, seconds: float, end: float, *, fault: float = 0.0, away: bool = False) -> None:
        start = self.legs[-1].end if self.legs else end
        self.legs.append(Leg(self.length_s + seconds, start, end, fault, away))
        self._ends.append(self.legs[-1].until_s)

    def at(self, time_s: float) -> tuple[float, float, bool]:
        """Progress, strength of the faults, and whether nobody is in the picture."""
        index = min(bisect_right(self._ends, time_s), len(self.legs) - 1)
        leg = self.legs[index]
        since = self._ends[index - 1] if index else 0.0
        part = min(max((time_s - since) / (leg.until_s - since), 0.0), 1.0)
        progress = leg.start + (leg.end - leg.start) * (1 - cos(pi * part)) / 2
        return progress, leg.fault * min(max(progress, 0.0), 1.0), leg.away


@dataclass(frozen=True, eq=False)
class Moment:
    """The engine's summary at one moment of a take, with the part of the shared curve that existed then."""

    summary: SetSummary
    points: int

    @cached_property
    def document(self) -> dict[str, Any]:
        """As a browser would report it. Many sets share one: not to be changed."""
        trace = self.summary.trace
        until = slice(None, self.points)
        shown = Trace(
            trace.measure, trace.unit, trace.t[until], trace.left[until], trace.right[until], trace.phase[until]
        )
        return summary_to_dict(replace(self.summary, trace=shown))


class Take:
    """One set as the engine saw it, at every moment at which somebody might have stopped.

    It is played only as far as somebody asks; what the engine says about a moment does not depend on what comes later.
    """

    def __init__(
        self, definition: Definition, style: Style, variation: int, side: str, score: Score, coach: Coach
    ) -> None:
        self.side = side
        frames = partial(_frames, definition, style, variation, side, score)
        self._moments: list[Moment] = []
        self._unseen = _play(coach, frames())
        # Few takes are asked for their track, so it has frames of its own; those are, more than once.
        self._unpacked = frames()
        self._times: list[float] = []
        self._values: list[int] = []

    def ending(self, *, counted: int | None = None, movements: int | None = None) -> Moment:
        """The set that ended once the engine had counted so many repetitions or holds, or after so many movements;
        where it never came so far, the set to its end.
        """
        for moment in self._played():
            if counted is not None and moment.summary.count >= counted:
                return moment
            if movements is not None and len(moment.summary.repetitions) >= movements:
                return moment
        return self._moments[-1]

    def _played(self) -> Iterator[Moment]:
        yield from self._moments
        for moment in self._unseen:
            self._moments.append(moment)
            yield moment

    def packed_track(self, moment: Moment) -> bytes:
        """The landmarks of the set up to this moment, as a browser would send them."""
        until_s = moment.summary.duration_s
        while not self._times or self._times[-1] <= until_s:
            time_s, pose = next(self._unpacked, (inf, None))
            self._times.append(time_s)
            self._values.extend(_flat(pose))
        frames = bisect_right(self._times, until_s)
        values = self._values[: frames * _VALUES_PER_FRAME]
        return pack(self._times[:frames], values, width=PICTURE[0], height=PICTURE[1])


def repetitions_take(exercise: str, style: Style, variation: int, *, knows_range: bool, side: str = "both") -> Take:
    """A set of an exercise that is counted. `knows_range`: the engine is told the range it measured in this style."""
    own = _range_of(exercise, style) if knows_range and side == "both" else {}
    return _repetitions_take(exercise, style, variation, side, tuple(sorted(own.items())))


@cache
def _repetitions_take(
    exercise: str, style: Style, variation: int, side: str, own: tuple[tuple[str, float], ...]
) -> Take:
    definition = library()[exercise]
    score = _repetitions_score(style, _rng("score", exercise, style, variation))
    coach = Coach(definition, side=side, personal_range=dict(own) or None)
    return Take(definition, style, variation, side, score, coach)


@cache
def hold_take(exercise: str, style: Style, variation: int, *, side: str, hold_s: float, held_s: float) -> Take:
    """A hold of one side, asked for `hold_s`; the person lets go after `held_s`."""
    definition = library()[exercise]
    rng = _rng("hold", exercise, style, variation, side, hold_s, held_s)
    score = _hold_score(style, rng, min(held_s, hold_s))
    return Take(definition, style, variation, side, score, Coach(definition, side=side, hold_target_s=hold_s))


@cache
def _range_of(exercise: str, style: Style) -> dict[str, float]:
    """The personal range the engine found in this person's set before; only where it makes counting any easier, so
    that takes which would come out the same are judged once.
    """
    before = repetitions_take(exercise, style, 0, knows_range=False).ending(counted=_TO_KNOW_RANGE).summary
    if before.view is None or not before.personal_range:
        return {}
    view = library()[exercise].views[before.view]
    zones = (personal_peak(view, own) for own in before.personal_range.values())
    easier = any(zone.primary.enter != view.peak.primary.enter for zone in zones)
    return dict(before.personal_range) if easier else {}


def _rng(*about: object) -> random.Random:
    return random.Random("|".join(map(str, about)))  # noqa: S311  # invented people, not secrets


def _repetitions_score(style: Style, rng: random.Random) -> Score:
    score = Score()
    score.add(LEAD_S + rng.uniform(0, 0.8), 0.0)
    gap_after = rng.randint(3, 6) if style.away_s else None
    for number in range(MOVEMENTS):
        reach = style.reach + rng.gauss(0, style.spread) - style.tiring * number / MOVEMENTS
        if rng.random() < style.short_peaks:
            reach *= rng.uniform(0.62, 0.74)
        bottom = rng.uniform(0.42, 0.52) if rng.random() < style.short_bottoms else 0.0
        fault = rng.uniform(0.8, 1.2) if rng.random() < style.fault_share else 0.0
        score.add(style.out_s * rng.uniform(0.88, 1.12), reach, fault=fault)
        score.add(style.peak_s * rng.uniform(0.85, 1.25), reach, fault=fault)
        score.add(style.back_s * rng.uniform(0.85, 1.15) * (1 - bottom / 2), bottom, fault=fault)
        if not bottom:
            score.add(style.rest_s * rng.uniform(0.8, 1.3), 0.0)
        if number == gap_after:
            score.add(style.away_s, 0.0, away=True)
            score.add(1.5, 0.0)
    score.add(2.0, 0.0)
    return score


def _hold_score(style: Style, rng: random.Random, held_s: float) -> Score:
    score = Score()
    score.add(LEAD_S + rng.uniform(0, 1.5), 0.0)
    score.add(style.out_s, style.reach)
    wanted_s = score.length_s + held_s + 0.4
    while score.length_s < wanted_s:
        fault = rng.uniform(0.8, 1.2) if rng.random() < style.fault_share else 0.0
        score.add(min(rng.uniform(2.0, 4.0), wanted_s - score.length_s), style.reach + rng.gauss(0, 0.02), fault=fault)
    score.add(style.back_s, 0.0)
    score.add(0.8, 0.0)
    return score


def _play(coach: Coach, frames: Iterator[tuple[float, Pose | None]]) -> Iterator[Moment]:
    """The summary a moment after each repetition or hold, and at the end."""
    due_s: float | None = None
    for time_s, pose in frames:
        feedback = coach.observe(pose, time_s)
        if due_s is not None and time_s >= due_s:
            yield _moment(coach.snapshot())
            due_s = None
        if _something_ended(feedback):
            due_s = time_s + TAIL_S
    yield _moment(coach.finish())


def _something_ended(feedback: Feedback) -> bool:
    return feedback.event is not None and feedback.event.kind != "hold_broken"


def _moment(summary: SetSummary) -> Moment:
    return Moment(summary, len(summary.trace.t))


def _frames(
    definition: Definition, style: Style, variation: int, side: str, score: Score
) -> Iterator[tuple[float, Pose | None]]:
    rng = _rng("noise", definition.id, style, variation, side)
    figure = definition.figure
    mirrored = definition.sided and side == Side.RIGHT.value
    turn_deg = -style.turn_deg if mirrored else style.turn_deg
    yaw_deg = VIEW_YAW_DEG[figure.view] + style.yaw_off + rng.uniform(-4, 4)
    standing_x = rng.uniform(-0.04, 0.04)
    noise = cycle([rng.gauss(0, style.noise_m) for _ in range(_NOISE_PERIOD)]).__next__
    for number in range(int(score.length_s * FRAMES_PER_S)):
        time_s = number / FRAMES_PER_S
        progress, fault, away = score.at(time_s)
        if away:
            yield time_s, None
            continue
        key_pose = _bent(key_pose_at(figure, progress), style, fault)
        if mirrored:
            key_pose = swap_sides(key_pose)
        points = _swayed(body(key_pose, figure.posture), style.sway_m * fault)
        camera = Camera(yaw_deg + turn_deg * fault, float(PICTURE[0]), float(PICTURE[1]), shift_x=standing_x)
        yield time_s, project(points, camera, centre_of(figure), time_s=time_s, noise=noise)


def _bent(pose: KeyPose, style: Style, fault: float) -> KeyPose:
    """The key pose with the faults of the style, as strong as they are now."""
    if not fault:
        return pose
    return replace(
        pose,
        right=replace(pose.right, elevation=pose.right.elevation - style.uneven_deg * fault),
        trunk_lean=pose.trunk_lean + style.lean_deg * fault,
        neck_lean=pose.neck_lean + style.chin_deg * fault,
        shrug=pose.shrug + style.shrug_m * fault,
    )


def _swayed(points: list[Vector], sway_m: float) -> list[Vector]:
    if not sway_m:
        return points
    return [(x + sway_m * y / TORSO_M if y > _TRUNK_FROM_M else x, y, z) for x, y, z in points]


def _flat(pose: Pose | None) -> list[int]:
    """x, y and visibility of every joint in ten-thousandths of the picture."""
    if pose is None:
        return [_TRACK_UNSEEN] * _VALUES_PER_FRAME
    values: list[int] = []
    for landmark in Landmark:
        point = pose.points[landmark]
        seen = (point.x, point.y, point.visibility) if point else None
        values.extend([_TRACK_UNSEEN] * 3 if seen is None else [round(value * _TRACK_SCALE) for value in seen])
    return values
