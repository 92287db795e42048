"""Many people's desks: a body, a camera that has it in the picture, and a pose model that misplaces its joints.

Everything is drawn from the distributions written here, by a seed: bodies of adults of 1.5 to 1.95 m, cameras 50 to 90
cm away (from the side 1.2 to 2.2 m) and 30 cm below to 20 cm above the eyes. Noise is white plus wandering, as shares
of the shoulder width. Limits: joints are misplaced independently of the posture; a real pose model errs the same way
each time somebody does the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle
from math import exp, hypot, inf, nan, sqrt

from exercises.body import Landmark
from exercises.posture_body import (
    DeskCamera,
    Physique,
    Sitting,
    Vector,
    body_at_desk,
    camera_before,
    distance_m,
    project_at_desk,
)

_FACE = range(Landmark.NOSE, Landmark.LEFT_SHOULDER)
_EARS = (Landmark.LEFT_EAR, Landmark.RIGHT_EAR)
_HIPS = (Landmark.LEFT_HIP, Landmark.RIGHT_HIP)
_SHOULDERS = (Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER)


@dataclass(frozen=True, slots=True)
class Jitter:
    """How a tracker misplaces joints, as shares of the shoulder width (standard deviations).

    White noise comes anew with every picture; wandering keeps for ``wander_s`` (clothes, light, another crop). Both are
    larger far away. ``lost`` is the share of pictures in which nobody is found.
    """

    white: float = 0.006
    wander: float = 0.008
    wander_s: float = 12.0
    lost: float = 0.02


class Tracker:
    """The pose model's place: projects a body and misplaces its joints. The same seed misplaces them the same way."""

    def __init__(self, jitter: Jitter, seed: int) -> None:
        self._jitter = jitter
        self._rng = random.Random(seed)  # noqa: S311  # repeatable noise, no secret
        # Drawn once and gone through again and again: a number of noise costs more than the body's geometry otherwise.
        self._noise = cycle([self._rng.gauss(0, 1) for _ in range(_NOISE)])
        self._wander: dict[int, tuple[float, float]] = {}
        self._time_s = -inf

    def see(
        self, time_s: float, points: Sequence[Vector | None], camera: DeskCamera, head_yaw_deg: float = 0.0
    ) -> list[float] | None:
        """33 x (x, y, z, visibility) as the engine's JSON door takes them, NaN without a joint; None: nobody found."""
        noise, jitter = self._noise, self._jitter
        self._drift(time_s)
        if self._rng.random() < jitter.lost:
            return None
        seen = project_at_desk(points, camera)
        left, right = (seen[joint] for joint in _SHOULDERS)
        if left is None or right is None:
            return None
        wide, high = camera.width, camera.height
        # A side camera sees no shoulder width: the upper arm stands in for it.
        neck_px = _span(left, seen[Landmark.LEFT_EAR], wide, high)
        unit_px = max(hypot((left[0] - right[0]) * wide, (left[1] - right[1]) * high), 1.6 * neck_px)
        far = 0.7 + 0.3 * distance_m(camera.position_m, points[Landmark.NOSE] or (0.0, 0.0, 0.0)) / 0.6
        unit_x, unit_y = unit_px / wide * far, unit_px / high * far
        facing = camera.yaw_deg - head_yaw_deg
        flat: list[float] = []
        for joint, spot in enumerate(seen):
            if spot is None:
                flat += (nan, nan, nan, nan)
                continue
            group = 0 if joint < Landmark.LEFT_SHOULDER else joint
            wander = self._wander.get(group, (0.0, 0.0))
            white = jitter.white * (0.6 if group == 0 else 1.0)
            own = 0.5 if group == 0 else 1.0
            x = spot[0] + unit_x * (white * next(noise) + own * wander[0])
            y = spot[1] + unit_y * (white * next(noise) + own * wander[1])
            z = spot[2] + unit_x * _DEPTH * next(noise)
            flat += (x, y, z, self._visibility(joint, x, y, facing, camera.yaw_deg))
        return flat

    def _drift(self, time_s: float) -> None:
        keep = exp(-max(0.0, time_s - self._time_s) / self._jitter.wander_s)
        self._time_s = time_s
        new = self._jitter.wander * sqrt(1 - keep * keep)
        noise = self._noise
        for group in _WANDERING:
            x, y = self._wander.get(group, (0.0, 0.0))
            self._wander[group] = (keep * x + new * next(noise), keep * y + new * next(noise))

    def _visibility(self, joint: int, x: float, y: float, facing_deg: float, camera_yaw_deg: float) -> float:
        if not (0 <= x <= 1 and 0 <= y <= 1):
            return self._rng.uniform(0.05, 0.35)
        if joint in _HIPS and abs(camera_yaw_deg) < _SIDE_DEG:
            return self._rng.uniform(0.05, 0.4)  # behind the desk
        hidden = (
            joint in _EARS and abs(facing_deg) > _EAR_HIDDEN_DEG and (joint == Landmark.LEFT_EAR) != (facing_deg > 0)
        )
        if hidden:
            return self._rng.uniform(0.2, 0.5)
        if abs(camera_yaw_deg) > _SIDE_DEG and joint >= Landmark.LEFT_SHOULDER:
            odd = joint % 2 == 1  # left joints have odd numbers from the ears on
            return self._rng.uniform(0.85, 0.99) if odd == (camera_yaw_deg > 0) else self._rng.uniform(0.4, 0.8)
        return self._rng.uniform(0.9, 0.99)


_NOISE = 7919
"""A prime, so that the noise does not come round with the joints."""
_DEPTH = 0.05
_EAR_HIDDEN_DEG = 40.0
_SIDE_DEG = 50.0
_WANDERING = (0, *range(Landmark.LEFT_SHOULDER, Landmark.LEFT_PINKY), Landmark.LEFT_HIP, Landmark.RIGHT_HIP)
"""The face wanders as one; every other joint by itself."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody's place: body, camera, tracker, how they sit when asked to sit tall, and how they end up late.

    ``height_m`` of the camera over the eyes and ``distance_m`` are kept, so that results can be told apart by them.
    """

    seed: int
    physique: Physique
    camera: DeskCamera
    jitter: Jitter
    tall: Sitting
    late: Sitting
    height_m: float
    distance_m: float


HEIGHTS_M = (-0.30, 0.20)
"""Camera height over the eyes: from a laptop on a low table to a camera on a high monitor."""
_IN_PICTURE = 0.04
_TRIES = 400


def draw_desk(
    seed: int, *, heights_m: tuple[float, float] = HEIGHTS_M, side: bool = False
) -> Desk:  # fmt: skip
    """Somebody at random, and a camera that has their head and shoulders in the picture when they sit calmly."""
    rng = random.Random(f"desk {seed}")  # noqa: S311  # a repeatable body, no secret
    physique = Physique(
        half_shoulders_m=rng.uniform(0.155, 0.205),
        head_m=rng.uniform(0.140, 0.165),
        neck_m=rng.uniform(0.140, 0.172),
        torso_m=rng.uniform(0.49, 0.60),
        shoulder_ahead_m=rng.uniform(0.04, 0.06),
        shoulder_below_m=rng.uniform(0.060, 0.085),
        cva_deg=rng.uniform(44.0, 54.0),
        trunk_lean_deg=rng.uniform(-8.0, 5.0),
        head_pitch_deg=rng.uniform(-2.0, 10.0),
        hinge=rng.uniform(0.36, 0.48),
        neck_follows=rng.uniform(0.2, 0.6),
        pelvis_rolls=rng.uniform(0.0, 0.4),
    )
    tall = Sitting(slump_deg=rng.uniform(-3.0, 0.0), head_forward_deg=rng.uniform(-2.0, 0.0))
    late = Sitting(
        slump_deg=rng.uniform(14.0, 26.0), head_forward_deg=rng.uniform(0.0, 8.0), lean_deg=rng.uniform(-4.0, 4.0),
        round_m=rng.uniform(0.0, 0.015), head_pitch_deg=rng.uniform(-2.0, 4.0),
    )  # fmt: skip
    jitter = Jitter(
        white=rng.uniform(0.003, 0.009), wander=rng.uniform(0.004, 0.011), wander_s=rng.uniform(5.0, 30.0),
        lost=rng.uniform(0.0, 0.03),
    )  # fmt: skip
    height_m = rng.uniform(*heights_m)
    for _ in range(_TRIES):
        away_m = rng.uniform(1.2, 2.2) if side else rng.uniform(0.5, 0.9)
        width, height = rng.choice(((640.0, 480.0), (1280.0, 720.0)))
        camera = camera_before(
            physique, distance_m=away_m, height_m=height_m, yaw_deg=_side_yaw(rng) if side else rng.uniform(-8, 8),
            aim_below_m=rng.uniform(0.02, 0.16), field_of_view_deg=rng.uniform(55.0, 80.0), width=width, height=height,
            roll_deg=rng.uniform(-2.0, 2.0), side_m=0.0 if side else rng.uniform(-0.08, 0.08),
        )  # fmt: skip
        if _fits(physique, camera):
            return Desk(seed, physique, camera, jitter, tall, late, height_m, away_m)
    raise ValueError(f"no camera has the head and shoulders of desk {seed} in the picture")


def _side_yaw(rng: random.Random) -> float:
    return rng.choice((-1.0, 1.0)) * rng.uniform(80.0, 100.0)


def _fits(physique: Physique, camera: DeskCamera) -> bool:
    seen = project_at_desk(body_at_desk(physique), camera)
    spots = [seen[joint] for joint in (*_FACE, *_SHOULDERS)]
    low, high = _IN_PICTURE, 1 - _IN_PICTURE
    return all(spot is not None and low < spot[0] < high and low < spot[1] < high for spot in spots)


def _span(a: Vector, b: Vector | None, wide: float, high: float) -> float:
    return 0.0 if b is None else hypot((a[0] - b[0]) * wide, (a[1] - b[1]) * high)
