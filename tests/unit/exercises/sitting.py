"""Builders for tests of posture: somebody at a desk, without any noise."""

from __future__ import annotations

from dataclasses import replace
from math import nan

from exercises.body import TWINS, Pose
from exercises.posture import baseline_from, baseline_to_dict
from exercises.posture_body import CALM, Physique, Sitting, body_at_desk, camera_before, project_at_desk
from exercises.posture_wire import CalibrationSession, WatchSession
from exercises.wire import pose_from_flat

BODY = Physique()
EYE_LEVEL = camera_before(BODY)
LOW_LAPTOP = camera_before(BODY, height_m=-0.28)
BESIDE = camera_before(BODY, distance_m=1.6, yaw_deg=90.0, aim_below_m=0.25)
SLOUCH = Sitting(slump_deg=20, head_forward_deg=3)
LIGHT = 0.45


def values(sitting=CALM, camera=EYE_LEVEL, *, without=(), body=BODY):
    """132 numbers of this sitting; ``without`` landmarks (numbers) nobody sees."""
    flat = []
    for number, spot in enumerate(project_at_desk(body_at_desk(body, sitting), camera)):
        flat += (nan,) * 4 if spot is None or number in without else (*spot, 0.95)
    return flat


def pose(sitting=CALM, camera=EYE_LEVEL, at=0.0, **kwargs):
    return pose_from_flat(at, values(sitting, camera, **kwargs), camera.width, camera.height)


def mirrored(one: Pose) -> Pose:
    points = tuple(one.points[twin] for twin in TWINS)
    return replace(one, points=tuple(None if p is None else p._replace(x=1 - p.x) for p in points))


MOVES = (
    Sitting(chair_forward_m=-0.08),
    Sitting(chair_forward_m=0.07),
    Sitting(head_pitch_deg=20),
    Sitting(lean_deg=-10),
    CALM,
)


def baseline(camera=EYE_LEVEL, slouch=SLOUCH, **kwargs):
    """The baseline of pictures without noise."""
    poses = [pose(CALM, camera, **kwargs)] * 12
    slouched = [] if slouch is None else [pose(slouch, camera, **kwargs)] * 12
    moves = [pose(move, camera, **kwargs) for move in MOVES]
    return baseline_from(poses, slouched, moves)


def document(place="desk", camera=EYE_LEVEL, **kwargs):
    return {**baseline_to_dict(baseline(camera, **kwargs)), "id": place, "place": place, "name": place}


class Day:
    """A watch that is driven: what somebody does, for how long, at how many pictures a second."""

    def __init__(self, documents=None, options=None, *, every_s=0.5, camera=EYE_LEVEL, start_s=1000.0):
        self.session = WatchSession([document()] if documents is None else documents, options)
        self.every_s, self.camera, self.time_s = every_s, camera, start_s
        self.verdicts: list[dict] = []

    def does(self, sitting, seconds, *, camera=None, light=LIGHT, without=(), body=BODY):
        """Sits like this (``None``: is not there) for so long; the last verdict."""
        seen_by = camera or self.camera
        flat = None if sitting is None else values(sitting, seen_by, without=without, body=body)
        for _ in range(round(seconds / self.every_s)):
            self.time_s += self.every_s
            self.verdicts.append(self.session.frame(self.time_s, flat, seen_by.width, seen_by.height, light))
        return self.verdicts[-1]

    @property
    def notices(self):
        return [(v["time_s"], v["notice"]["key"]) for v in self.verdicts if v["notice"]]

    @property
    def last(self):
        return self.verdicts[-1]


def guided(session: CalibrationSession, acts, *, camera=EYE_LEVEL, fps=5.0, longest_s=120.0, light=LIGHT):
    """Drive a guided calibration: ``acts(phase, time in it)`` gives a sitting or ``None``; all guidance given."""
    told, at, since, phase = [], 0.0, 0.0, "look"
    while at < longest_s:
        sitting = acts(phase, at - since)
        flat = None if sitting is None else values(sitting, camera)
        told.append(session.frame(at, flat, camera.width, camera.height, light))
        if told[-1]["phase"] != phase:
            phase, since = told[-1]["phase"], at
        if phase in {"done", "failed"}:
            break
        at += 1 / fps
    return told


def obedient(phase, passed_s):
    """Does what is asked."""
    if phase == "slouch":
        return SLOUCH
    if phase == "moves":
        return MOVES[min(int(passed_s / 2), len(MOVES) - 1)]
    return CALM
