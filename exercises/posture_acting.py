"""Bodies that act scenes, and the calibration before them, in front of their camera.

What comes out is what a pose model would hand on: 132 numbers a picture, or None where nobody is found. Limits: a
stranger is either ignored by the pose model or taken for the person; real ones also mix the two.
"""

from __future__ import annotations

from dataclasses import replace

from exercises.posture_body import CALM, JOINT_CHANGES, DeskCamera, Sitting, Vector, body_at_desk
from exercises.posture_desk import Desk, Tracker
from exercises.posture_scenes import Scene, Stranger


class Player:
    """Lets somebody act scenes, and the calibration before them, in front of their camera.

    One player is one sitting: the noise of its tracker goes on over calls, whose times must not go back.
    """

    def __init__(self, desk: Desk, seed: int) -> None:
        self._desk = desk
        self._tracker = Tracker(desk.jitter, seed)

    def sees(self, time_s: float, sitting: Sitting) -> list[float] | None:
        """What the tracker gives of somebody who sits like this."""
        points = body_at_desk(self._desk.physique, sitting)
        return self._tracker.see(time_s, points, self._desk.camera, sitting.head_yaw_deg)

    def acts(self, scene: Scene, at_s: float, time_s: float) -> list[float] | None:
        """What the tracker gives at ``at_s`` of the scene; ``time_s`` is the watcher's clock."""
        camera = bumped(self._desk.camera, scene, at_s)
        empty = any(start <= at_s < end for start, end in scene.away)
        for stranger in scene.strangers:
            if stranger.from_s <= at_s < stranger.to_s and (stranger.taken or empty):
                return self._tracker.see(time_s, _passing(stranger, at_s), camera)
        if empty:
            return None
        sitting = scene.sitting(at_s)
        return self._tracker.see(time_s, body_at_desk(self._desk.physique, sitting), camera, sitting.head_yaw_deg)


def bumped(camera: DeskCamera, scene: Scene, at_s: float) -> DeskCamera:
    """The camera after the bumps that happened until ``at_s``."""
    for bump in scene.bumps:
        if bump.at_s <= at_s:
            x, y, z = camera.position_m
            camera = replace(
                camera,
                position_m=(x + bump.shift_m[0], y + bump.shift_m[1], z + bump.shift_m[2]),
                pitch_deg=camera.pitch_deg + bump.pitch_deg,
                yaw_deg=camera.yaw_deg + bump.yaw_deg,
            )
    return camera


def _passing(stranger: Stranger, at_s: float) -> list[Vector | None]:
    """Somebody on their feet, behind the chair, on the way from one side of the room to the other."""
    part = (at_s - stranger.from_s) / (stranger.to_s - stranger.from_s)
    across = 1.6 * (part - 0.5) * (1 if stranger.leftward else -1)
    turn = 70.0 if stranger.leftward else -70.0
    walking = Sitting(turn_deg=turn, head_yaw_deg=turn, rise_m=0.35)
    return [
        None if point is None else (point[0] + across, point[1], point[2] - stranger.behind_m)
        for point in body_at_desk(stranger.physique, walking)
    ]


# -- calibrating ------------------------------------------------------------------------------------------------------

_REACTS_S = 0.8
_CHANGES_S = 1.5
_MOVES: tuple[Sitting, ...] = (
    Sitting(chair_forward_m=-0.08),
    Sitting(chair_forward_m=0.07),
    Sitting(head_pitch_deg=25.0),
    Sitting(lean_deg=-10.0),
    CALM,
)
_EACH_MOVE_S = 2.0


class Calibrating:
    """How somebody follows the guidance: a moment after each request they sit as asked, as exactly as people do."""

    def __init__(self, desk: Desk) -> None:
        self._asked = {"look": CALM, "tall": desk.tall, "slouch": desk.late, "moves": CALM}
        self._phase = "look"
        self._since_s = 0.0
        self._was = CALM
        self._now = CALM

    def sitting(self, phase: str, time_s: float) -> Sitting:
        """How they sit ``time_s`` into the calibration, while ``phase`` is asked."""
        if phase != self._phase:
            self._phase, self._since_s, self._was = phase, time_s, self._now
        passed = time_s - self._since_s - _REACTS_S
        asked = self._asked.get(phase, CALM)
        if phase == "moves" and passed > 0:
            asked = _MOVES[min(int(passed / _EACH_MOVE_S), len(_MOVES) - 1)]
            passed %= _EACH_MOVE_S
        self._now = _mixed(self._was, asked, min(1.0, max(0.0, passed / _CHANGES_S)))
        if phase == "moves" and passed >= _CHANGES_S:
            self._was = asked
        return self._now


def _mixed(a: Sitting, b: Sitting, share: float) -> Sitting:
    return Sitting(**{
        joint: getattr(a, joint) + share * (getattr(b, joint) - getattr(a, joint)) for joint in JOINT_CHANGES
    })  # fmt: skip
