"""Ideal motion with a known count, made from the definitions' own key poses (`exercises.synthetic`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from exercises.body import Pose, Side
from exercises.coach import Coach
from exercises.definition import Definition, load_library
from exercises.figure import HALF_SHOULDERS_M, ideal_progress, synthetic_pose
from exercises.synthetic import Conditions, Take
from exercises.wire import summary_to_dict

COUNTING = [d for d in load_library().values() if d.kind == "repetitions"]
HOLDING = [d for d in load_library().values() if d.kind == "hold"]


@dataclass(frozen=True)
class Motion:
    """A set of repetitions without a break between them; every default is the plain case."""

    definition: Definition
    repetitions: int = 4
    seconds: float = 3.0
    fps: float = 30.0
    rest_s: float = 1.0
    low: float = 0.0
    high: float = 1.0
    yaw_off: float = 0.0
    mirrored: bool = False
    noise_m: float = 0.0
    lost_frames: float = 0.0
    seed: int = 1
    start_s: float = 0.0

    @property
    def take(self) -> Take:
        conditions = Conditions(
            view=self.definition.figure.view,
            repetitions=self.repetitions,
            seconds=self.seconds,
            pause_s=0.0,
            rest_s=self.rest_s,
            fps=self.fps,
            yaw_off_deg=self.yaw_off,
            noise=self.noise_m / (2 * HALF_SHOULDERS_M),
            lost_pictures=self.lost_frames,
            low=self.low,
            high=self.high,
            mirrored=self.mirrored,
            seed=self.seed,
        )
        return Take(self.definition, conditions)

    def progress(self, time_s: float) -> float:
        moving = time_s - self.rest_s
        if not 0 <= moving < self.repetitions * self.seconds:
            return self.low if self.low <= 0 else 0.0
        return self.low + (self.high - self.low) * ideal_progress(moving, self.seconds)

    @property
    def length_s(self) -> float:
        return sum(seconds for seconds, _, _ in self.take.scenes())

    def frames(self) -> Iterator[tuple[float, Pose]]:
        for time_s, pose, _ in self.take.frames():
            assert pose is not None
            yield self.start_s + time_s, replace(pose, time_s=self.start_s + time_s)


def judge(motion: Motion, **options: Any) -> dict[str, Any]:
    """The summary of the set, as plain values."""
    coach = motion.take.coach(**options)
    for time_s, pose in motion.frames():
        coach.observe(pose, time_s)
    return summary_to_dict(coach.finish())


def coach_for(definition: Definition) -> Coach:
    """A coach for the ideal motion of this exercise: on the side that works in it."""
    return Motion(definition).take.coach()


def hold_poses(
    definition: Definition,
    inside: Callable[[float], bool],
    length_s: float,
    *,
    fps: float = 30.0,
    side: Side = Side.LEFT,
) -> Iterator[tuple[float, Pose]]:
    """A hold that is in the window whenever ``inside(time)`` says so; the arm takes half a second to get there."""
    progress = 0.0
    for n in range(int(length_s * fps) + 1):
        time_s = n / fps
        goal = 1.0 if inside(time_s) else 0.0
        step = 2.0 / fps
        progress += max(-step, min(step, goal - progress))
        yield time_s, synthetic_pose(definition, progress, time_s=time_s, side=side)


__all__ = ["COUNTING", "HOLDING", "Motion", "coach_for", "hold_poses", "judge", "replace"]
