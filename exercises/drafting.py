"""Writes a demonstrated movement down as the document of a library file.

Thresholds lie at `REACH` of the way that was seen, less a tolerance; a condition beside the primary measure is loose,
because each one is a way to lose repetitions. Fault limits lie beyond everything the demonstration itself showed.
Limits: texts are neutral sentences for a person to edit; dose and goal are the usual ones, nobody demonstrated them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot
from statistics import fmean, median
from typing import Any, NamedTuple

from exercises.body import Joint, Side
from exercises.cycles import Row
from exercises.definition import DEFAULT_TRAVEL
from exercises.geometry import midpoint
from exercises.likeness import Likeness, key_poses
from exercises.measures import MEASURES
from exercises.moving import CLEAR, JOINT_ANGLES, ONE_FOR_BOTH, Candidate, usable
from exercises.scene import Scene

Document = dict[str, Any]

SMALL = 3.0
"""A length or tilt that moves less than this many error bands is taken from the person's own rest."""
SEPARATION = 2.0
"""Error bands between the start and the peak values of a condition beside the primary one."""
REACH = 0.87
"""Where the target lies on the way from start to peak: the demonstration is good, others may be a little shorter."""
TOLERANCES = (0.15, 0.19, 0.23)
"""Shares of the way that are granted as tolerance, tried in this order; more would count halves."""
LOOSE = 0.08
"""How far beyond the middle of its way a condition beside the primary one still holds."""
PAUSE_S = 1.0
PAUSE_SHARE = 0.25
_NATURAL: Mapping[str, tuple[float, float]] = dict.fromkeys(JOINT_ANGLES - {"arm_forward"}, (0.0, 180.0))


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where a measure goes; ``middle`` is the share of the way that tells one end from the other."""

    measure: str
    start: float
    peak: float
    middle: float = 0.5

    @property
    def sign(self) -> int:
        return 1 if self.peak > self.start else -1

    @property
    def size(self) -> float:
        return abs(self.peak - self.start)

    def at(self, share: float) -> float:
        return self.start + share * (self.peak - self.start)


class Identity(NamedTuple):
    """What the exercise is called."""

    id: str
    title: str


class Draft(NamedTuple):
    """One way to write the demonstration down."""

    candidate: Candidate
    way: Way
    also: tuple[Way, ...]
    tolerance: float


def way_of(candidate: Candidate) -> Way:
    """Start and peak of the primary measure; of two sides the start of the higher and the peak of the lower one."""
    sign = candidate.row.sign
    return Way(
        candidate.measure,
        max(row.start * sign for row in candidate.rows.values()) * sign,
        min(row.peak * sign for row in candidate.rows.values()) * sign,
    )


def beside(scene: Scene, candidate: Candidate) -> list[Way]:
    """Other measures that are at one end whenever the primary one is at its start, and at the other at its peak."""
    found: list[tuple[float, Way]] = []
    ends = {side: at_ends(scene, candidate.measure, side, row) for side, row in candidate.rows.items()}
    if candidate.measure in ONE_FOR_BOTH:
        ends |= {side: next(iter(ends.values())) for side in scene.sides}
    for measure, weight in CLEAR.items():
        if not usable(scene, measure) or MEASURES[measure].joints == MEASURES[candidate.measure].joints:
            continue
        error = MEASURES[measure].error[scene.view]
        starts: list[float] = []
        peaks: list[float] = []
        for side, (at_start, at_peak) in ends.items():
            curve = scene.curves.get((measure, side), ())
            if not curve:
                continue
            starts += [value for n in at_start if (value := curve[n]) is not None]
            peaks += [value for n in at_peak if (value := curve[n]) is not None]
        needed = 0.9 * sum(len(at_start) + len(at_peak) for at_start, at_peak in ends.values())
        if not starts or not peaks or len(starts) + len(peaks) < needed:
            continue
        way = Way(measure, median(starts), median(peaks))
        gap = (_edge(peaks, -way.sign) - _edge(starts, way.sign)) * way.sign / error
        if gap > SEPARATION and not _small(scene, way):
            middle = (_edge(starts, way.sign) + _edge(peaks, -way.sign)) / 2
            found.append(
                (
                    min(gap, 8.0) * weight,
                    Way(measure, way.start, way.peak, (middle - way.start) / (way.peak - way.start)),
                )
            )
    return [way for _, way in sorted(found, key=lambda item: -item[0])]


def _edge(values: Sequence[float], sign: int) -> float:
    """The value that nine in ten lie below (``sign`` +1) or above (-1)."""
    ordered = sorted(values, key=lambda value: value * sign)
    return ordered[int(0.9 * (len(ordered) - 1))]


def at_ends(scene: Scene, measure: str, side: Side, row: Row) -> tuple[list[int], list[int]]:
    """Indices of the pictures in which the movement was at its start and at its peak."""
    at_start, at_peak = [], []
    size = row.peak - row.start
    for n, (time_s, value) in enumerate(zip(scene.times, scene.curves[measure, side], strict=True)):
        if value is None or not row.begins_s <= time_s <= row.ends_s:
            continue
        progress = (value - row.start) / size
        if progress <= 0.15:  # noqa: PLR2004  # near the start
            at_start.append(n)
        elif progress >= 0.85:  # noqa: PLR2004  # near the peak
            at_peak.append(n)
    return at_start, at_peak


def document(scene: Scene, draft: Draft, identity: Identity) -> Document:
    """The draft as the tables of a library file; tempo and figure are placeholders until it is kept."""
    candidate, way, tolerance = draft.candidate, draft.way, draft.tolerance
    pause_s, dwell_s = _pause(scene, candidate)
    from_rest = _small(scene, way)
    origin = way.start if from_rest else 0.0
    unit = MEASURES[way.measure].unit
    start = _condition(way, 1 - REACH, tolerance, -1, origin, unit, release=1 - REACH + tolerance + 0.13)
    peak = _condition(way, REACH, tolerance, 1, origin, unit, release=REACH - tolerance - 0.15)
    if from_rest:
        start["from_rest"] = peak["from_rest"] = True
    start["hold_s"] = 0.2
    peak["hold_s"] = round(min(pause_s / 2, 8.0), 1) if pause_s > PAUSE_S else round(min(0.15, dwell_s / 3), 2)
    low, high = _NATURAL.get(way.measure, (-360.0, 360.0))
    peak["safe_maximum"] = _rounded(min(max(way.at(1.1) - origin, low), high), unit)
    for other in draft.also:
        middle, of = other.middle, MEASURES[other.measure].unit
        start.setdefault("also", []).append(
            _condition(other, middle + LOOSE, 0.0, -1, 0.0, of, release=middle + 2.5 * LOOSE)
        )
        peak.setdefault("also", []).append(
            _condition(other, middle - LOOSE, 0.0, 1, 0.0, of, release=middle - 2.5 * LOOSE)
        )
    view: Document = {
        "name": scene.view,
        "sides": "asked" if candidate.sided else "both" if scene.view == "front" else "near",
        "needs": _needs(way.measure, *(other.measure for other in draft.also)),
        "start": start,
        "peak": peak,
        "turns": not scene.steady or way.measure == "trunk_turn",
        "travel": round(min(max(DEFAULT_TRAVEL, 1.5 * _travel(scene, candidate)), 5.0), 2),
    }
    faults, cues, names = faults_beyond(scene, draft)
    return {
        "id": identity.id,
        "revision": 1,
        "tier": "draft",
        "kind": "repetitions",
        "sided": candidate.sided,
        "goal": "strength",
        "equipment": ["none"],
        "cautions": [],
        "text": texts(identity.title, scene.view),
        "dose": {
            "sets": 2,
            "reps": 8,
            "rest_s": 60,
            "days_per_week": 3,
            "sets_range": [1, 5],
            "reps_range": [2, 20],
            "progression": "Two more repetitions, then one more set.",
            "regression": "Fewer repetitions, or a smaller movement.",
        },
        "tempo": {"out_s": 0.0, "back_s": 0.0},
        "cues": cues,
        "fault_names": names,
        "view": [view],
        "fault": faults,
        "figure": {"posture": "standing", "view": scene.view, "seconds": 4.0, "start": _HANGING, "peak": _HANGING},
    }


def _small(scene: Scene, way: Way) -> bool:
    """Whether bodies and cameras differ by more than this measure moves."""
    return way.measure not in JOINT_ANGLES and way.size < SMALL * MEASURES[way.measure].error[scene.view]


_HANGING: Document = {"arms": {"elevation": 5.0, "plane": 60.0, "elbow": 10.0}}


def figure_of(scene: Scene, draft: Draft) -> Document:
    """The figure's table: the mean poses at start and peak, showing what the measures of the zones showed."""
    candidate = draft.candidate
    moments = [at_ends(scene, candidate.measure, side, row) for side, row in candidate.rows.items()]
    poses = [sighting.pose for sighting in scene.sightings]
    found = candidate.rows.values()
    wanted = {way.measure: (way.start, way.peak) for way in draft.also}
    wanted[candidate.measure] = (fmean(row.start for row in found), fmean(row.peak for row in found))
    figure = key_poses(
        Likeness.of(poses, scene.view, scene.near),
        [poses[n] for at_start, _ in moments for n in at_start],
        [poses[n] for _, at_peak in moments for n in at_peak],
        working=next(iter(candidate.rows)) if candidate.sided else None,
        wanted=wanted,
    )
    steps_s = [b.time_s - a.time_s for row in found for a, b in pairwise(row.peaks)]
    return figure | {"seconds": round(min(max(median(steps_s), 2.0), 12.0), 1)}


def _condition(
    way: Way, share: float, tolerance: float, end: int, origin: float, unit: str, *, release: float
) -> Document:
    """One threshold of a zone; ``end`` is +1 for the peak and -1 for the start."""
    sign = way.sign * end
    return {
        "measure": way.measure,
        "at_least" if sign > 0 else "at_most": _rounded(way.at(share) - origin, unit),
        **({"tolerance": _rounded(tolerance * way.size, unit)} if tolerance else {}),
        "release": _rounded(way.at(release) - origin, unit),
    }


def _rounded(value: float, unit: str) -> float:
    return round(value, 1 if unit == "deg" else 3)


def _needs(*measures: str) -> list[str]:
    return list(dict.fromkeys(str(joint) for measure in measures for joint in MEASURES[measure].joints))


def _pause(scene: Scene, candidate: Candidate) -> tuple[float, float]:
    """How long the person paused at the peak (0 when they turned round at once), and how long they were near it.

    A smooth swing of any speed spends a sixth of its time within 6 % of its peak, so a pause is longer than that.
    """
    pauses, dwells, cycles = [], [], []
    for side, row in candidate.rows.items():
        times, values = scene.known(candidate.measure, side)
        for turn, (before, after) in zip(row.peaks, zip(row.turns[::2], row.turns[2::2], strict=False), strict=False):
            inside = [t for t, v in zip(times, values, strict=True) if before.time_s <= t <= after.time_s]
            held = [t for t in inside if (turn.value - values[times.index(t)]) * row.sign <= 0.06 * row.size]
            near = [t for t in inside if (turn.value - values[times.index(t)]) * row.sign <= 0.3 * row.size]
            pauses.append(held[-1] - held[0] if held else 0.0)
            dwells.append(near[-1] - near[0] if near else 0.0)
            cycles.append(after.time_s - before.time_s)
    if not pauses:
        return 0.0, 0.0
    pause_s = median(pauses)
    return (pause_s if pause_s > max(PAUSE_S, PAUSE_SHARE * median(cycles)) else 0.0), median(dwells)


def _travel(scene: Scene, candidate: Candidate) -> float:
    """How far the hips went during the repetitions, in torso lengths."""
    places = []
    for sighting in scene.sightings:
        middle, torso = midpoint(*sighting.frame.pair(Joint.HIP)), sighting.frame.torso
        if middle is not None and torso and candidate.row.begins_s <= sighting.time_s <= candidate.row.ends_s:
            places.append((middle[0] / torso, middle[1] / torso))
    if not places:
        return 0.0
    return max(hypot(x - places[0][0], y - places[0][1]) for x, y in places)


def slug(name: str) -> str:
    """The name in small letters, digits and hyphens; "exercise" when nothing is left of it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = "".join(letter if letter.isalnum() else " " for letter in plain).split()
    return "-".join(words)[:40].strip("-") or "exercise"


_CAMERA = {
    "front": "Face the camera, about 2 metres away, with everything that moves in the picture.",
    "oblique": "Turn halfway to the side, about 2 metres from the camera, with everything that moves in the picture.",
    "side": "Turn your side to the camera, about 2 metres away, with everything that moves in the picture.",
}


def texts(name: str, view: str) -> Document:
    return {
        "title": name,
        "aim": "To practise the movement that was shown.",
        "muscles": [],
        "kit": [],
        "start": "Take the start pose that was shown.",
        "movement": "Move as it was shown, and come all the way back.",
        "steps": [
            "Take the start pose and stay calm for a moment.",
            "Move as far as it was shown, as far as it is comfortable.",
            "Come all the way back to the start pose.",
        ],
        "camera": _CAMERA[view],
        "caution": "Stop when it hurts, and ask a doctor or physiotherapist before you go on.",
        "blind": "The camera sees the movement in the plane of the picture only. It does not see load, effort or pain.",
        "evidence": ["Recorded from a demonstration; thresholds come from it and have not been reviewed."],
    }


class _FaultRule(NamedTuple):
    key: str
    cue: str
    cue_text: str
    name: str
    views: tuple[str, ...]
    measure: str
    relative: str
    limit: float
    full: float
    both_ways: bool


_FAULT_RULES = (
    _FaultRule(
        "lean", "stay_upright", "Keep your trunk still.", "moving the trunk", ("side", "oblique"), "trunk_lean",
        "start",        12.0, 18.0, both_ways=True,
    ),
    _FaultRule(
        "side_shift", "centre", "Keep your weight in the middle.", "leaning to one side", ("front",),
        "trunk_side_shift", "start", 0.1, 0.15, both_ways=True,
    ),
    _FaultRule(
        "uneven", "even_sides", "", "one arm ahead of the other", ("front",), "arm_difference", "none", 20.0, 30.0,
        both_ways=False,
    ),
)  # fmt: skip
_WITH_THE_TRUNK = frozenset({
    "trunk_lean", "trunk_side_lean", "trunk_side_shift", "trunk_turn", "hip_angle", "body_line", "shoulder_forward",
    "ear_over_hip", "hip_off_line",
})  # fmt: skip
"""Measures that move because the trunk does: then a moving trunk is no fault."""


def faults_beyond(scene: Scene, draft: Draft) -> tuple[list[Document], dict[str, str], dict[str, str]]:
    """Faults that the demonstration did not show itself: each limit lies beyond what was seen in it."""
    faults: list[Document] = []
    cues: dict[str, str] = {}
    names: dict[str, str] = {}
    for rule in _FAULT_RULES:
        if scene.view not in rule.views or (rule.key != "uneven" and draft.way.measure in _WITH_THE_TRUNK):
            continue
        if rule.key == "uneven" and (draft.candidate.sided or len(draft.candidate.rows) < 2):  # noqa: PLR2004  # arms
            continue
        side, row = next(iter(draft.candidate.rows.items()))
        times, values = scene.known(rule.measure, side)
        during = [v for t, v in zip(times, values, strict=True) if row.begins_s <= t <= row.ends_s]
        if not during:
            continue
        usual = 0.0 if rule.relative == "none" else median(during)
        unit = MEASURES[rule.measure].unit
        error = MEASURES[rule.measure].error[scene.view]
        limit = max(rule.limit, max(abs(value - usual) for value in during) + error / 2)
        if limit > 3 * rule.limit:
            continue  # the trunk moves with the exercise
        names[rule.key] = rule.name
        if rule.cue_text:
            cues[rule.cue] = rule.cue_text
        shared: Document = {"key": rule.key, "cue": rule.cue, "views": [scene.view], "measure": rule.measure}
        shared |= {"relative": rule.relative, "priority": len(names)}
        faults.append(shared | {"more_than": _rounded(limit, unit), "full": _rounded(limit + rule.full, unit)})
        if rule.both_ways:
            faults.append(shared | {"less_than": _rounded(-limit, unit), "full": _rounded(-limit - rule.full, unit)})
    return faults, cues, names
