"""Which measure moves in a demonstration, on which side, and how many times.

A measure is a candidate when its curve holds a row of alike movements (`exercises.cycles`). Its clarity, 0 to 1, says
how well it would serve as the primary measure: the size of the movement over the measure's error, the likeness of the
movements, rest at the start, little other movement, big joints first. Limits: a movement that goes to the left and to
the right in turn is two rows of half as many.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from exercises.body import Side
from exercises.cycles import Row, rows
from exercises.measures import MEASURES
from exercises.scene import DemonstrationError, Scene

MOST_REPETITIONS = 20
SMALLEST = 1.0
"""Smallest movement in error bands: what is smaller cannot be told from noise in somebody else."""
SMALLEST_IN_NOISE = 5.0
WIDE_TURN_DEG = 30.0
"""Twice the error of the turn: arms before the chest make half of it."""
KNOWN_SHARE = 0.6
"""Share of the pictures in which a measure must have been seen."""
PLAUSIBLE = 2
"""How many numbers of repetitions are tried when the number is not known."""
ENOUGH_SUPPORT = 0.4
"""Clarity for the asked number of repetitions over the greatest clarity for any number."""

CLEAR: Mapping[str, float] = {
    "elbow_angle": 1.0,
    "arm_to_trunk": 1.0,
    "arm_forward": 1.0,
    "hip_angle": 0.95,
    "knee_angle": 1.0,
    "trunk_lean": 0.95,
    "trunk_side_lean": 0.95,
    "trunk_turn": 0.8,
    "arm_elevation": 0.8,
    "body_line": 0.7,
    "neck_lean": 0.8,
    "neck_angle": 0.75,
    "head_tilt": 0.85,
    "head_nod": 0.7,
    "head_turn": 0.75,
    "head_pitch": 0.65,
    "wrist_above_ear": 0.75,
    "wrist_across": 0.65,
    "wrist_height": 0.75,
    "wrist_over_elbow": 0.65,
    "wrist_separation": 0.75,
    "elbow_separation": 0.65,
    "elbow_height": 0.7,
    "elbow_behind": 0.65,
    "elbow_behind_trunk": 0.7,
    "wrist_to_knee": 0.6,
    "head_forward": 0.65,
    "shoulder_forward": 0.6,
    "ear_over_hip": 0.5,
    "hip_off_line": 0.6,
    "ankle_over_hip": 0.5,
    "shoulder_ear_gap": 0.5,
    "trunk_side_shift": 0.5,
}
"""How well a measure serves as the one that moves. Those that are missing are either-way distances or serve faults."""
JOINT_ANGLES = frozenset({
    "elbow_angle", "arm_to_trunk", "arm_forward", "hip_angle", "knee_angle", "body_line", "neck_angle", "arm_elevation",
})  # fmt: skip
"""Angles between parts of the body; everything else depends on the camera's height or the body's proportions."""
_TURNING = frozenset({"trunk_turn", "head_turn"})
ONE_FOR_BOTH = frozenset({"wrist_separation", "elbow_separation", "trunk_side_shift", "head_pitch"})
"""Measures that are the same for the left and the right side."""
_LEAPS: Mapping[str, float] = {"arm_forward": 150.0}
"""Beyond this a small movement changes the sign."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A measure that could be the one that moves: its row on each side that moves, and how clear it is."""

    measure: str
    rows: Mapping[Side, Row]
    sided: bool
    clarity: float

    @property
    def count(self) -> int:
        return self.row.count

    @property
    def side(self) -> str:
        """The side that works, "both" when both do."""
        return next(iter(self.rows)).value if self.sided else "both"

    @property
    def row(self) -> Row:
        return next(iter(self.rows.values()))


def candidates(scene: Scene) -> list[Candidate]:
    """Every measure that repeats a movement. Raises `DemonstrationError` when none does."""
    found: list[Candidate] = []
    moved = False
    for measure, weight in CLEAR.items():
        if not usable(scene, measure):
            continue
        sides = list(scene.sides)
        if measure in ONE_FOR_BOTH:
            sides = sides[:1]
        by_side: dict[Side, list[Row]] = {}
        for side in sides:
            times, values = scene.known(measure, side)
            if len(values) < KNOWN_SHARE * len(scene.times):
                continue
            smallest = max(
                SMALLEST * MEASURES[measure].error[scene.view], SMALLEST_IN_NOISE * scene.noise[measure, side]
            )
            moved = moved or max(values) - min(values) > 2 * smallest
            by_side[side] = [row for row in rows(times, values, smallest) if row.count <= MOST_REPETITIONS]
        found += _joined(scene, measure, weight, by_side)
    turns = [c for c in found if c.measure == "trunk_turn" and c.row.size >= WIDE_TURN_DEG]
    if turns:
        # A turning trunk narrows every width in the picture; what turns is the exercise, not what seems narrower.
        found = [c if c.measure == "trunk_turn" else replace(c, clarity=c.clarity * 0.5) for c in found]
    if not scene.steady:
        found = [candidate for candidate in found if candidate.measure in _TURNING]
        if not found:
            raise DemonstrationError("unsteady_view", view=scene.view)
    if not found:
        raise DemonstrationError("not_repeated" if moved else "nothing_moved")
    return found


def usable(scene: Scene, measure: str) -> bool:
    """Valid in this view, and without the leap that a signed angle makes behind the head."""
    if scene.view not in MEASURES[measure].error:
        return False
    limit = _LEAPS.get(measure)
    return limit is None or all(abs(value) < limit for side in scene.sides for value in scene.known(measure, side)[1])


def _joined(scene: Scene, measure: str, weight: float, by_side: Mapping[Side, list[Row]]) -> Iterator[Candidate]:
    """The rows of both sides, together where they move together; otherwise each side that moves alone."""
    error = MEASURES[measure].error[scene.view]
    paired = scene.view == "front" and measure not in ONE_FOR_BOTH
    if not paired or MEASURES[measure].towards_side:
        for side, found in by_side.items():
            for row in found:
                yield Candidate(measure, {side: row}, paired, weight * _clarity([row], error))
        return
    left, right = by_side.get(Side.LEFT, []), by_side.get(Side.RIGHT, [])
    together: set[int] = set()
    for a in left:
        for b in right:
            if _alike(a, b):
                together |= {id(a), id(b)}
                yield Candidate(
                    measure, {Side.LEFT: a, Side.RIGHT: b}, sided=False, clarity=weight * _clarity([a, b], error)
                )
    for side, found in by_side.items():
        times, values = scene.known(measure, side.other) if (measure, side.other) in scene.curves else ([], [])
        for row in found:
            during = [v for t, v in zip(times, values, strict=True) if row.begins_s <= t <= row.ends_s]
            still = not during or max(during) - min(during) < 0.4 * row.size
            if id(row) not in together and still:
                yield Candidate(measure, {side: row}, sided=True, clarity=0.9 * weight * _clarity([row], error))


def _alike(a: Row, b: Row) -> bool:
    """Whether both sides make the same movements at the same time."""
    if a.count != b.count or a.sign != b.sign or not 0.5 < a.size / b.size < 2:  # noqa: PLR2004  # half and double
        return False
    if min(a.peak * a.sign, b.peak * b.sign) <= max(a.start * a.sign, b.start * b.sign):
        return False
    step = (a.peaks[-1].time_s - a.peaks[0].time_s) / (a.count - 1)
    return all(abs(p.time_s - q.time_s) < step / 2 for p, q in zip(a.peaks, b.peaks, strict=True))


def _clarity(found: Sequence[Row], error: float) -> float:
    """0 to 1: size over error, likeness of the movements, rest at the start, a return after the last, little else."""
    values = []
    for row in found:
        strength = row.size / (row.size + 2 * error)
        even = 1 / (1 + 1.5 * row.unlikeness)
        rest = 0.55 + 0.45 * row.rest_share
        values.append(strength * even * rest * (1.0 if row.closed else 0.75) * row.coverage**1.5)
    return fmean(values)


def numbers(candidates: Sequence[Candidate], asked: int | None) -> list[int]:
    """How many repetitions there may be: the number first for which most and the clearest measures speak.

    Raises `DemonstrationError` when nearly nothing speaks for the number that was asked.
    """
    clearest: dict[str, Candidate] = {}
    support: dict[int, float] = {}
    for candidate in candidates:
        known = clearest.get(candidate.measure)
        if known is None or (candidate.clarity, candidate.count) > (known.clarity, known.count):
            clearest[candidate.measure] = candidate
        support[candidate.count] = max(support.get(candidate.count, 0.0), candidate.clarity)
    votes = dict.fromkeys(support, 0.0)
    for candidate in clearest.values():
        votes[candidate.count] += candidate.clarity
    likely = sorted(votes, key=lambda count: (-votes[count], -support[count]))
    if asked is None:
        return likely[:PLAUSIBLE]
    if support.get(asked, 0.0) < ENOUGH_SUPPORT * max(support.values()):
        raise DemonstrationError("wrong_number", found=likely[0], asked=asked)
    return [asked]
