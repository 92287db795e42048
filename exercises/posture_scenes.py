"""Scripted minutes at a desk with exact truth: what somebody does there, when, and whether it is a slump.

A `Scene` is a sum of `Move` (a change of one joint from here to there and back) on top of calm work with natural shifts
and fidgets: about 9 and 13 in a quarter of an hour, as office workers make (CLINICAL 3.6). Besides there are times in
which nobody sits there, somebody else passes, or the camera is bumped. A scene is drawn from a name and a seed and is
the same every time; `Player` lets a body act it before its camera. Times in seconds from the start of the scene.
Limits: the distributions are ours, stated here and drawn before the engine was tried on them; real desks have more.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import cos, pi

from exercises.posture_body import Physique, Sitting, Vector

SHIFTS_PER_S = 9 / 900
FIDGETS_PER_S = 13 / 900
CALM_FIRST_S = 60.0
"""Every scene begins with calm work."""


@dataclass(frozen=True, slots=True)
class Move:
    """``change`` of one joint (a field of `Sitting`), there ``ramp_s`` after ``from_s``, gone by ``to_s``."""

    joint: str
    change: float
    from_s: float
    to_s: float
    ramp_s: float = 1.0

    def at(self, time_s: float) -> float:
        if not self.from_s < time_s < self.to_s:
            return 0.0
        edge = min(time_s - self.from_s, self.to_s - time_s)
        return self.change if edge >= self.ramp_s else self.change * (1 - cos(pi * edge / self.ramp_s)) / 2


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody who walks past behind; ``taken`` means that the pose model follows them instead of the person."""

    from_s: float
    to_s: float
    behind_m: float
    leftward: bool
    taken: bool
    physique: Physique


@dataclass(frozen=True, slots=True)
class Bump:
    """From ``at_s`` on the camera looks elsewhere and stands elsewhere."""

    at_s: float
    pitch_deg: float
    yaw_deg: float
    shift_m: Vector


@dataclass(frozen=True, slots=True)
class Scene:
    """What happens at a desk. ``slump``: from when to when a slump is held, None in scenes without one.

    ``heights_m`` is the range of camera heights the scene is about, None for any. ``remade``: the picture changed so
    that a proposal to calibrate again is right.
    """

    name: str
    seconds: float
    moves: tuple[Move, ...]
    away: tuple[tuple[float, float], ...] = ()
    strangers: tuple[Stranger, ...] = ()
    bumps: tuple[Bump, ...] = ()
    slump: tuple[float, float] | None = None
    remade: bool = False

    def sitting(self, time_s: float) -> Sitting:
        """How the person sits then."""
        changes: dict[str, float] = {}
        for move in self.moves:
            if move.from_s < time_s < move.to_s:
                changes[move.joint] = changes.get(move.joint, 0.0) + move.at(time_s)
        return Sitting(**changes)


# -- calm work --------------------------------------------------------------------------------------------------------

_REST: tuple[tuple[str, float, float], ...] = (
    ("lean_deg", 2.0, 4.0),
    ("slump_deg", 1.5, 3.0),
    ("head_forward_deg", 1.2, 2.5),
    ("side_lean_deg", 1.5, 3.0),
    ("turn_deg", 2.0, 5.0),
    ("chair_forward_m", 0.012, 0.03),
    ("chair_side_m", 0.012, 0.03),
    ("shrug_m", 0.003, 0.006),
    ("head_yaw_deg", 3.0, 7.0),
    ("head_pitch_deg", 2.5, 5.0),
    ("head_roll_deg", 1.5, 4.0),
)
"""Where a natural shift ends: standard deviation and limit of each joint's change. Calm work stays calm."""
_SHIFT_S = 2.0


def calm_work(rng: random.Random, seconds: float) -> list[Move]:
    """Natural shifts, each held until the next, and fidgets; both come at random at their mean rate."""
    moves: list[Move] = []
    starts = [-_SHIFT_S, *_at_random(rng, SHIFTS_PER_S, seconds)]
    for start, end in zip(starts, [*starts[1:], seconds], strict=True):
        moves += [
            Move(joint, max(-limit, min(limit, rng.gauss(0, spread))), start, end + _SHIFT_S, _SHIFT_S)
            for joint, spread, limit in _REST
        ]
    for start in _at_random(rng, FIDGETS_PER_S, seconds):
        moves += rng.choice(_FIDGETS)(rng, start)
    return moves


def _at_random(rng: random.Random, rate_per_s: float, seconds: float) -> list[float]:
    times: list[float] = []
    time_s = rng.expovariate(rate_per_s)
    while time_s < seconds - 2 * _SHIFT_S:
        times.append(time_s)
        time_s += _SHIFT_S + rng.expovariate(rate_per_s)
    return times


def _look_aside(rng: random.Random, at: float) -> list[Move]:
    return [Move("head_yaw_deg", rng.choice((-1, 1)) * rng.uniform(10, 35), at, at + rng.uniform(1.5, 4), 0.5)]


def _stretch_neck(rng: random.Random, at: float) -> list[Move]:
    return [Move("head_roll_deg", rng.choice((-1, 1)) * rng.uniform(8, 25), at, at + rng.uniform(2, 5), 0.9)]


def _lift_shoulders(rng: random.Random, at: float) -> list[Move]:
    return [Move("shrug_m", rng.uniform(0.01, 0.03), at, at + rng.uniform(1.5, 4), 0.7)]


def _scratch(rng: random.Random, at: float) -> list[Move]:
    return [Move(f"{_side(rng)}_to_{rng.choice(('ear', 'mouth'))}", 1.0, at, at + rng.uniform(2, 6), 0.7)]


def _look_down(rng: random.Random, at: float) -> list[Move]:
    return [Move("head_pitch_deg", rng.uniform(10, 30), at, at + rng.uniform(1.5, 5), 0.5)]


_FIDGETS = (_look_aside, _stretch_neck, _lift_shoulders, _scratch, _look_down)


def _side(rng: random.Random) -> str:
    return rng.choice(("left", "right"))


# -- what happens on top of it ----------------------------------------------------------------------------------------

Script = Callable[[random.Random, float], Scene]


def _repeated(
    rng: random.Random, seconds: float, pause_s: tuple[float, float], make: Callable[[float], tuple[list[Move], float]]
) -> list[Move]:
    """``make`` gives moves and their end; it is called again after a random pause until the scene ends."""
    moves: list[Move] = []
    at = CALM_FIRST_S
    while at < seconds:
        made, end = make(at)
        moves += made
        at = end + rng.uniform(*pause_s)
    return moves


def _typing(rng: random.Random, seconds: float) -> Scene:
    return Scene("typing", seconds, tuple(calm_work(rng, seconds)))


def _laptop(rng: random.Random, seconds: float) -> Scene:
    return replace(_typing(rng, seconds), name="laptop_below_eye_level")


def _chair_moved(rng: random.Random, seconds: float) -> Scene:
    """The chair goes somewhere else and stays there; after a while it goes again."""
    moves = calm_work(rng, seconds)
    at = CALM_FIRST_S
    while at < seconds:
        until = at + rng.uniform(90, 240)
        moves += [
            Move("chair_forward_m", rng.uniform(-0.15, 0.12), at, until + 2, 2.0),
            Move("chair_side_m", rng.uniform(-0.10, 0.10), at, until + 2, 2.0),
            Move("turn_deg", rng.uniform(-8, 8), at, until + 2, 2.0),
        ]
        at = until
    return Scene("chair_moved", seconds, tuple(moves))


def _keyboard_glance(rng: random.Random, seconds: float) -> Scene:
    """Looks at the keyboard: short and often, as who types by sight, or now and then for up to a minute."""
    by_sight = rng.random() < 0.5  # noqa: PLR2004  # a coin
    pause_s = (2.0, 8.0) if by_sight else (20.0, 90.0)

    def glance(at: float) -> tuple[list[Move], float]:
        end = at + (rng.uniform(1.5, 6.0) if by_sight else rng.uniform(5.0, 60.0))
        return [Move("head_pitch_deg", rng.uniform(18, 35), at, end, 0.6)], end

    return Scene("keyboard_glance", seconds, (*calm_work(rng, seconds), *_repeated(rng, seconds, pause_s, glance)))


def _turned_head(rng: random.Random, seconds: float) -> Scene:
    """A second monitor: head and a little of the trunk turned for minutes, always to the same side."""
    side = rng.choice((-1, 1))
    yaw = side * rng.uniform(25, 60)

    def look(at: float) -> tuple[list[Move], float]:
        end = at + rng.uniform(20, 240)
        turn = Move("turn_deg", side * rng.uniform(0, 15), at, end, 1.2)
        return [Move("head_yaw_deg", yaw + rng.gauss(0, 4), at, end, 0.8), turn], end

    return Scene("turned_head", seconds, (*calm_work(rng, seconds), *_repeated(rng, seconds, (15, 90), look)))


def _drink(rng: random.Random, seconds: float) -> Scene:
    hand = _side(rng)

    def sip(at: float) -> tuple[list[Move], float]:
        end = at + rng.uniform(4, 9)
        tilt = Move("head_pitch_deg", -rng.uniform(5, 25), at + 1.2, end - 0.8, 0.7)
        return [Move(f"{hand}_to_mouth", 1.0, at, end, 1.2), tilt], end

    return Scene("drink", seconds, (*calm_work(rng, seconds), *_repeated(rng, seconds, (15, 70), sip)))


def _phone(rng: random.Random, seconds: float) -> Scene:
    """A call with the phone at the ear for minutes, or messages read at chest height for up to 75 seconds."""
    hand = _side(rng)
    roll = 1 if hand == "left" else -1

    def call(at: float) -> tuple[list[Move], float]:
        end = at + rng.uniform(40, 240)
        tilt = Move("head_roll_deg", roll * rng.uniform(0, 15), at + 1, end, 1.0)
        return [Move(f"{hand}_to_ear", 1.0, at, end, 1.2), tilt, *_wandering_gaze(rng, at, end)], end

    def read(at: float) -> tuple[list[Move], float]:
        end = at + rng.uniform(8, 75)
        look = Move("head_pitch_deg", rng.uniform(15, 35), at + 0.5, end, 0.9)
        return [Move(f"{hand}_to_chest", 1.0, at, end, 1.2), look], end

    happens = call if rng.random() < 0.5 else read  # noqa: PLR2004  # a coin
    return Scene("phone", seconds, (*calm_work(rng, seconds), *_repeated(rng, seconds, (20, 90), happens)))


def _wandering_gaze(rng: random.Random, start: float, end: float) -> list[Move]:
    moves: list[Move] = []
    at = start + 2
    while at < end - 8:
        until = at + rng.uniform(3, 8)
        moves.append(Move("head_yaw_deg", rng.uniform(-30, 30), at, until, 1.0))
        at = until + rng.uniform(1, 6)
    return moves


def _stand_up(rng: random.Random, seconds: float) -> Scene:
    """Up, sometimes seen standing for a while, away, and back on a chair that stands a little elsewhere."""
    moves = calm_work(rng, seconds)
    away: list[tuple[float, float]] = []
    at = CALM_FIRST_S
    while at < seconds - 60:
        lingers = rng.uniform(2, 90) if rng.random() < 0.4 else 1.0  # noqa: PLR2004  # now and then
        gone = at + 2.5 + lingers
        back = gone + rng.uniform(5, 150)
        moves += [
            Move("lean_deg", rng.uniform(15, 30), at, at + 2.2, 1.1),
            Move("rise_m", rng.uniform(0.35, 0.50), at + 0.6, back + 2.0, 1.5),
            Move("lean_deg", rng.uniform(12, 25), back, back + 2.4, 1.1),
            Move("chair_forward_m", rng.uniform(-0.05, 0.05), back, seconds + 5, 1.5),
            Move("chair_side_m", rng.uniform(-0.05, 0.05), back, seconds + 5, 1.5),
        ]
        away.append((gone, back))
        at = back + rng.uniform(60, 180)
    return Scene("stand_up_and_back", seconds, tuple(moves), away=tuple(away))


def _passer_by(rng: random.Random, seconds: float) -> Scene:
    """People cross behind, and now and then the pose model follows them; sometimes the chair is empty meanwhile."""
    strangers: list[Stranger] = []
    away: list[tuple[float, float]] = []
    at = CALM_FIRST_S
    while at < seconds - 10:
        end = at + rng.uniform(2, 7)
        if rng.random() < 0.2:  # noqa: PLR2004  # now and then
            away.append((at - rng.uniform(5, 30), end + rng.uniform(5, 30)))
        size = rng.uniform(0.9, 1.1)
        body = Physique(half_shoulders_m=0.18 * size, head_m=0.152 * size, torso_m=0.54 * size)
        strangers.append(
            Stranger(at, end, rng.uniform(0.6, 2.0), rng.random() < 0.5, rng.random() < 0.4, body)  # noqa: PLR2004
        )
        at = end + rng.uniform(15, 70)
    return Scene("passer_by", seconds, tuple(calm_work(rng, seconds)), tuple(away), tuple(strangers))


def _camera_bumped(rng: random.Random, seconds: float) -> Scene:
    """The lid or the camera is moved once or twice, and nothing else."""
    bumps: list[Bump] = []
    at = CALM_FIRST_S
    while at < seconds - 60:
        shift = (rng.uniform(-0.02, 0.02), rng.uniform(-0.02, 0.02), rng.uniform(-0.03, 0.03))
        bumps.append(Bump(at, rng.choice((-1, 1)) * rng.uniform(2, 7), rng.uniform(-5, 5), shift))
        at += rng.uniform(180, 400)
    return Scene("camera_bumped", seconds, tuple(calm_work(rng, seconds)), bumps=tuple(bumps), remade=True)


def _held(rng: random.Random, seconds: float, joint: str, change: tuple[float, float]) -> list[Move]:
    """One joint's change, held for minutes, with pauses."""

    def hold(at: float) -> tuple[list[Move], float]:
        end = at + rng.uniform(60, 300)
        return [Move(joint, rng.uniform(*change), at, end, rng.uniform(1.0, 4.0))], end

    return [*calm_work(rng, seconds), *_repeated(rng, seconds, (20, 90), hold)]


def _leaning_back(rng: random.Random, seconds: float) -> Scene:
    return Scene("leaning_back", seconds, tuple(_held(rng, seconds, "lean_deg", (-14, -7))))


def _shrug(rng: random.Random, seconds: float) -> Scene:
    return Scene("shrug", seconds, tuple(_held(rng, seconds, "shrug_m", (0.015, 0.03))))


NUISANCES: Mapping[str, Script] = {
    "typing": _typing,
    "laptop_below_eye_level": _laptop,
    "chair_moved": _chair_moved,
    "keyboard_glance": _keyboard_glance,
    "turned_head": _turned_head,
    "drink": _drink,
    "phone": _phone,
    "stand_up_and_back": _stand_up,
    "passer_by": _passer_by,
    "camera_bumped": _camera_bumped,
    "leaning_back": _leaning_back,
    "shrug": _shrug,
}
"""Scenes without a slump: every slump that is told in them is told wrongly."""
LAPTOP_HEIGHTS_M = (-0.30, -0.20)
"""Camera heights of the scene with the low laptop; the other scenes have any height."""

SLUMPS: Mapping[str, tuple[tuple[str, float], ...]] = {
    "slump_15": (("slump_deg", 15.0),),
    "slump_25": (("slump_deg", 25.0),),
    "forward_head": (("head_forward_deg", 10.0),),
    "lean_to_screen": (("lean_deg", 15.0),),
}
"""Held changes of posture that should be told. Only the first two are the slump that the promise is about."""
SLUMP_HELD_S = 240.0


def scene_of(name: str, seed: int, seconds: float = 600.0) -> Scene:
    """The scene of this name and seed; a slump is held for four minutes within its last six, whatever ``seconds``."""
    rng = random.Random(f"{name} {seed}")  # noqa: S311  # a repeatable scene, no secret
    if name in NUISANCES:
        return NUISANCES[name](rng, seconds)
    start = CALM_FIRST_S + rng.uniform(0, 30)
    ramp_s = rng.uniform(1.0, 20.0)
    end = start + ramp_s + SLUMP_HELD_S
    moves = calm_work(rng, end + 60)
    # The slump itself is exactly as large as its name says; the shifts before and after it go on.
    steady = {joint for joint, _ in SLUMPS[name]} | {"slump_deg", "head_forward_deg", "lean_deg"}
    moves = [move for move in moves if not (move.joint in steady and move.to_s > start and move.from_s < end)]
    moves += [Move(joint, change, start, end + ramp_s, ramp_s) for joint, change in SLUMPS[name]]
    return Scene(name, end + 60, tuple(moves), slump=(start + ramp_s, end))
