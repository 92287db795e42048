"""Synthetic recordings with exact truth: any definition, seen by an imperfect camera, with other movements between.

The body moves between the definition's own key poses; `Conditions` says how it is seen and how it moves; distractors
are movements of daily life that are no repetition (walking off, sitting down, reaching for the camera, scratching the
head, somebody passing by). Times in seconds, angles in degrees, noise as a share of the shoulder width. The same seed
gives the same recording. Limits: rigid limbs of one average adult, white noise, joints lost independently: real
trackers fail in longer and more confusing ways, so this set proves the counting, not the tracking.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from math import cos, pi, sin
from typing import Any

from exercises.body import Pose, Side
from exercises.coach import Coach, SetSummary
from exercises.definition import Arm, Definition, KeyPose, Leg, View
from exercises.figure import (
    HALF_SHOULDERS_M,
    VIEW_YAW_DEG,
    Camera,
    blend,
    body,
    centre_of,
    ideal_progress,
    key_pose_at,
    project,
    swap_sides,
)

AFTER_DISTRACTOR_S = 2.0
"""Who comes back takes this long to settle: the view must be known again and the start pose held."""
HOLD_S = 4.0
"""Asked duration of a hold in these recordings: long enough to break, short enough to make many."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """How one recording is made. ``noise`` is a share of the shoulder width; ``lost_pictures`` and ``lost_joints`` are
    shares of the pictures and, in each, of the joints; ``high`` is the progress at the peak, ``asymmetry`` how much
    less the second arm makes; ``yaw_off_deg`` how far the body is turned off the view.
    """

    view: str
    repetitions: int = 4
    seconds: float = 3.0
    pause_s: float = 0.3
    rest_s: float = 1.2
    fps: float = 30.0
    yaw_off_deg: float = 0.0
    noise: float = 0.01
    lost_pictures: float = 0.05
    lost_joints: float = 0.0
    low: float = 0.0
    high: float = 1.0
    asymmetry: float = 0.0
    mirrored: bool = False
    distractors: tuple[str, ...] = ()
    seed: int = 1


def any_conditions(definition: Definition, seed: int) -> Conditions:
    """Conditions drawn at random within what the engine promises to cope with."""
    rng = random.Random(seed)  # noqa: S311  # a repeatable recording, no secret
    names = [name for name, distractor in DISTRACTORS.items() if distractor.suits(definition)]
    return Conditions(
        view=rng.choice(definition.view_names),
        repetitions=rng.randint(1, 4),
        seconds=rng.uniform(1.6, 6.0),
        pause_s=rng.uniform(0.0, 0.8),
        fps=rng.uniform(10, 60),
        yaw_off_deg=rng.uniform(-15, 15),
        high=rng.uniform(0.97, 1.05),
        asymmetry=rng.uniform(0.0, 0.03),
        mirrored=rng.random() < 0.5,  # noqa: PLR2004  # a coin
        distractors=tuple(rng.sample(names, k=min(2, len(names)))),
        seed=seed,
    )


@dataclass(frozen=True, slots=True)
class Scene:
    """One moment: the body's key pose and where the camera finds it; ``zoom`` and shifts come on top.

    ``camera_plane`` is the plane of a right arm that points at the camera, see `exercises.definition.Arm`.
    """

    pose: KeyPose
    posture: str
    yaw_deg: float = 0.0
    zoom: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    camera_plane: float = 90.0


@dataclass(frozen=True, slots=True)
class Distractor:
    """A movement that is no repetition. ``scene(rest, part)``: the moment at ``part`` 0..1 of it.

    ``moves`` names the primary measures for which it would be a fair repetition, so that it proves nothing there;
    ``is_like`` says the same of a definition.
    """

    seconds: float
    scene: Callable[[Scene, float], Scene]
    moves: frozenset[str] = frozenset()
    postures: frozenset[str] = frozenset({"standing", "sitting"})
    is_like: Callable[[Definition], bool] = lambda _: False

    def suits(self, definition: Definition) -> bool:
        """Whether it is clearly something else than this exercise."""
        primaries = {view.primary for view in definition.views.values()}
        if self.is_like(definition) or primaries & self.moves:
            return False
        return definition.figure.posture in self.postures


@dataclass(frozen=True, slots=True)
class Take:
    """A recording that can be played: its definition, its conditions and the side that works (of a sided one)."""

    definition: Definition
    conditions: Conditions
    side: Side = Side.LEFT

    @property
    def view(self) -> View:
        return self.definition.views[self.conditions.view]

    @property
    def hold_s(self) -> float:
        """How long the peak is held: what the definition asks, and a little more."""
        if self.definition.kind == "hold":
            return HOLD_S + 1.0
        asked = self.view.peak.hold_s
        return 0.0 if asked < 0.5 else asked * 1.15 + 0.4  # noqa: PLR2004  # shorter ones fit into the turning round

    def working_side(self) -> Side:
        """The side that works: the one near the camera where only that is judged."""
        if self.view.sides == "near":
            return Side.RIGHT  # the side views are drawn from the right
        return self.side

    def coach(self, **options: Any) -> Coach:
        """A coach for this recording; ``options`` as for `Coach`."""
        side = self.working_side()
        if self.conditions.mirrored:
            side = side.other
        if self.definition.sided:
            options.setdefault("side", side.value)
        if self.definition.kind == "hold":
            options.setdefault("target", self.conditions.repetitions)
            options.setdefault("hold_target_s", HOLD_S)
        return Coach(self.definition, **options)

    def pose_at(self, progress: float, time_s: float = 0.0) -> Pose:
        """The body at ``progress`` as a perfect camera sees it."""
        c, scene = self.conditions, self._at(progress)
        camera = Camera(VIEW_YAW_DEG[c.view] + c.yaw_off_deg, mirrored=c.mirrored)
        return project(body(scene.pose, scene.posture), camera, centre_of(self.definition.figure), time_s=time_s)

    def scenes(self) -> Iterator[tuple[float, str, Callable[[float], Scene]]]:
        """The parts of the recording: seconds, what it is, and the scene at 0..1 of it."""
        spread = _spread(self.conditions.distractors, self.conditions.repetitions)
        rest_s, rest = self.conditions.rest_s, min(self.conditions.low, 0.0)
        yield rest_s, "rest", lambda _: self._at(rest)
        for number in range(self.conditions.repetitions + 1):
            for name in spread[number]:
                distractor = DISTRACTORS[name]
                yield distractor.seconds, name, lambda part, d=distractor: d.scene(self._at(0.0), part)  # type: ignore[misc]
                yield AFTER_DISTRACTOR_S, "rest", lambda _: self._at(0.0)
            if number < self.conditions.repetitions:
                seconds = self.conditions.seconds + self.hold_s
                yield seconds, "repetition", self._repetition
                yield self.conditions.pause_s, "rest", lambda _: self._at(self.conditions.low)
        yield rest_s, "rest", lambda _: self._at(rest)

    def frames(self) -> Iterator[tuple[float, Pose | None, str]]:
        """Time, pose and what is going on, picture by picture, as the camera delivers them."""
        c = self.conditions
        rng = random.Random(c.seed)  # noqa: S311  # a repeatable recording, no secret
        sigma = c.noise * 2 * HALF_SHOULDERS_M
        noise = (lambda: rng.gauss(0.0, sigma)) if sigma else None
        dropout = (lambda _: rng.random() < c.lost_joints) if c.lost_joints else None
        centre = centre_of(self.definition.figure)
        began, n = 0.0, 0
        for seconds, kind, scene in self.scenes():
            while n / c.fps < began + seconds:
                time_s = n / c.fps
                n += 1
                if rng.random() < c.lost_pictures:
                    continue
                now = scene((time_s - began) / seconds)
                camera = Camera(
                    VIEW_YAW_DEG[c.view] + c.yaw_off_deg + now.yaw_deg,
                    zoom=now.zoom,
                    shift_x=now.shift_x,
                    shift_y=now.shift_y,
                    mirrored=c.mirrored,
                )
                pose = project(body(now.pose, now.posture), camera, centre, time_s=time_s, noise=noise, dropout=dropout)
                yield time_s, _gone(pose), kind
            began += seconds

    def _repetition(self, part: float) -> Scene:
        c = self.conditions
        at, hold = part * (c.seconds + self.hold_s), self.hold_s
        half = c.seconds / 2
        moving = at if at < half else max(half, at - hold)
        return self._at(c.low + (c.high - c.low) * ideal_progress(moving, c.seconds))

    def _at(self, progress: float) -> Scene:
        figure = self.definition.figure
        pose = key_pose_at(figure, progress)
        if self.conditions.asymmetry and not self.definition.sided:
            pose = replace(pose, right=key_pose_at(figure, progress * (1 - self.conditions.asymmetry)).right)
        if self.definition.sided and self.working_side() is Side.RIGHT:
            pose = swap_sides(pose)
        return Scene(pose, figure.posture, camera_plane=90.0 + VIEW_YAW_DEG[self.conditions.view])


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the engine made of one recording."""

    counted: int
    partial: int
    expected: int
    false: int
    """Counted repetitions whose turning point lies in a distractor."""
    summary: SetSummary = field(repr=False)

    @property
    def exact(self) -> bool:
        return self.counted == self.expected


def judge(take: Take) -> Verdict:
    """Play the recording to a coach and compare."""
    coach = take.coach()
    spans: list[tuple[float, float]] = []
    before = ""
    for time_s, pose, kind in take.frames():
        coach.observe(pose, time_s)
        if kind in DISTRACTORS:
            spans = [*spans[:-1], (spans[-1][0], time_s)] if kind == before else [*spans, (time_s, time_s)]
        before = kind
    summary = coach.finish()
    peaks = [r.peak_s for r in summary.repetitions if r.counted]
    peaks += [(h.hold.start_s + h.hold.end_s) / 2 for h in summary.holds if h.hold.counted]
    false = sum(any(start <= peak <= end for start, end in spans) for peak in peaks)
    return Verdict(summary.count, summary.partial, take.conditions.repetitions, false, summary)


def _spread(names: tuple[str, ...], repetitions: int) -> list[list[str]]:
    """Distractors by place: before the first repetition, between, and after the last."""
    places: list[list[str]] = [[] for _ in range(repetitions + 1)]
    for n, name in enumerate(names):
        places[(n * max(1, repetitions // 2)) % (repetitions + 1)].append(name)
    return places


def _gone(pose: Pose) -> Pose | None:
    """``None`` when the middle of the body has left the picture: no estimator finds a person there."""
    shoulders = [pose.points[11], pose.points[12]]
    inside = [p for p in shoulders if p is not None and -0.1 <= p.x <= 1.1]  # noqa: PLR2004  # the picture and a margin
    return pose if inside else None


def _there_and_back(part: float) -> float:
    """0 to 1 in the first third, stay, and back in the last third."""
    edge = min(part, 1 - part) * 3
    return (1 - cos(pi * min(edge, 1.0))) / 2


def _posed(trunk_lean: float = 0.0, **changes: Any) -> Callable[[Scene, float], Scene]:
    """Into another pose and back; the lean is added, the arms and the head are replaced."""

    def scene(rest: Scene, part: float) -> Scene:
        goal = replace(rest.pose, trunk_lean=rest.pose.trunk_lean + trunk_lean, **changes)
        return replace(rest, pose=blend(rest.pose, goal, _there_and_back(part)))

    return scene


def _reach(rest: Scene, part: float) -> Scene:
    """Leans to the camera and reaches for it."""
    share = _there_and_back(part)
    goal = replace(rest.pose, right=Arm(75, rest.camera_plane, 20), trunk_lean=12.0 if rest.camera_plane > 0 else 0.0)
    return replace(rest, pose=blend(rest.pose, goal, share), zoom=1.0 + 0.25 * share)


def _walk(rest: Scene, part: float) -> Scene:
    """Turns aside, walks out of the picture with swinging arms, comes back."""
    turned = min(1.0, min(part, 1 - part) * 8)
    way = max(0.0, min(part, 1 - part) - 0.1) * 2
    swing = 28 * sin(2 * pi * part * 6) * turned
    walking = replace(
        rest.pose,
        left=Arm(elevation=swing, plane=90, elbow=15),
        right=Arm(elevation=-swing, plane=90, elbow=15),
        left_leg=Leg(-swing, 10),
        right_leg=Leg(swing, 10),
    )
    rises = -0.18 * turned if rest.posture == "sitting" else 0.0
    return Scene(blend(rest.pose, walking, turned), rest.posture, 70 * turned, shift_x=way * 1.2, shift_y=rises)


def _sit(rest: Scene, part: float) -> Scene:
    """Sits down and stands up again, or the other way round."""
    share = _there_and_back(part)
    standing = rest.posture == "standing"
    legs = Leg(85, 90) if standing else Leg(5, 5)
    lean = rest.pose.trunk_lean + 30 * sin(pi * share)
    goal = replace(rest.pose, left_leg=legs, right_leg=legs, left=Arm(), right=Arm())
    return replace(
        rest,
        pose=replace(blend(rest.pose, goal, share), trunk_lean=lean),
        posture="standing" if standing else rest.posture,
        shift_y=0.0 if standing else -0.18 * share,
    )


def _passer_by(rest: Scene, part: float) -> Scene:
    """The estimator's skeleton leaps to somebody who walks past, and back."""
    swing = 30 * sin(2 * pi * part * 4)
    left, right = Arm(swing, 90, 20), Arm(-swing, 90, 20)
    walker = replace(
        rest.pose, left=left, right=right, left_leg=Leg(-swing, 10), right_leg=Leg(swing, 10), trunk_lean=0.0
    )
    return Scene(walker, "standing", yaw_deg=80, zoom=0.62, shift_x=0.42 - 0.75 * part, shift_y=-0.05)


def _bends_hanging_arm(definition: Definition) -> bool:
    """Whether the exercise is to bend the elbow beside the trunk: bringing a glass to the mouth is the same."""
    start, peak = definition.figure.start, definition.figure.peak
    arms = ((start.left, peak.left), (start.right, peak.right))
    return any(b.elbow - a.elbow > 80 and max(a.elevation, b.elevation) < 50 for a, b in arms)  # noqa: PLR2004  # as said


_HEAD = frozenset({"head_tilt", "head_turn", "head_pitch", "head_nod", "neck_lean", "neck_angle", "head_forward"})
_TRUNK = frozenset({"trunk_lean", "trunk_side_lean", "trunk_turn", "hip_angle", "ear_over_hip", "shoulder_forward"})
_LEGS = frozenset({"knee_angle", "hip_angle"})
_ANY_POSTURE = frozenset({"standing", "sitting", "kneeling", "all_fours", "supine", "plank"})

DISTRACTORS: dict[str, Distractor] = {
    "walk_off": Distractor(8.0, _walk, _LEGS),
    "sit_or_stand": Distractor(5.0, _sit, _LEGS | _TRUNK),
    "reach_for_camera": Distractor(3.0, _reach, _TRUNK | _HEAD),
    "scratch_head": Distractor(4.0, _posed(right=Arm(105, 35, 140)), is_like=_bends_hanging_arm),
    "drink": Distractor(4.0, _posed(right=Arm(35, 75, 135)), is_like=_bends_hanging_arm),
    "look_round": Distractor(3.0, _posed(head_turn=45.0, head_pitch=10.0), _HEAD | {"ear_over_hip"}, _ANY_POSTURE),
    "pick_up": Distractor(4.0, _posed(trunk_lean=55, left=Arm(60, 90, 5), right=Arm(60, 90, 5)), _TRUNK | _HEAD),
    "fold_arms": Distractor(4.0, _posed(left=Arm(30, 100, 105), right=Arm(30, 100, 105)), is_like=_bends_hanging_arm),
    "passer_by": Distractor(3.0, _passer_by),
}
"""Movements that are no repetition, by name."""
