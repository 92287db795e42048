"""Learns an exercise from a demonstration: two to five repetitions in front of the camera become a definition.

Method. The view is the one the camera had most of the time; every measure that is valid in it becomes a curve
(`exercises.scene`), which is searched for rows of alike movements (`exercises.cycles`). Measures vote for the number of
repetitions, and the clearest movement becomes the primary measure (`exercises.moving`); one more measure that also
tells start from peak is a condition beside it (`exercises.drafting`). A draft is kept only when the coach, given the
same demonstration, counts exactly it, and exactly its mirror image with the other side; the tolerance is widened, and
other measures are tried, until that is so.

The result is the document of a library file with neutral texts, tier ``draft``: numbers and words are there to be
edited. Times in seconds from the first picture. Limits: movement in the picture's plane only; one person; the spine is
a line from hips to shoulders; a movement that goes to the left and to the right in turn is not one repetition; nothing
is known about load, effort, or whether the demonstration was good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import NamedTuple

from exercises.body import TWINS, Pose, Side
from exercises.coach import Coach, SetSummary
from exercises.definition import Definition, definition_from_document
from exercises.drafting import (
    TOLERANCES,
    Document,
    Draft,
    Identity,
    beside,
    document,
    figure_of,
    slug,
    way_of,
)
from exercises.moving import Candidate, candidates, numbers
from exercises.scene import DemonstrationError, Scene, Timed, see

COMFORT = 0.4
"""Share of the demonstrated times that is still comfortable."""
CANDIDATES = 5
"""How many measures are tried before the demonstration is called not alike."""

__all__ = ["DemonstrationError", "Learned", "Recount", "learn", "mirrored", "recount"]


class Recount(NamedTuple):
    """What the coach counts in a demonstration and in its mirror image; ``reasons`` of what did not count."""

    counted: int
    partial: int
    mirrored_counted: int
    mirrored_partial: int
    reasons: tuple[str, ...]
    segments: tuple[tuple[float, float, float], ...]
    side: str


@dataclass(frozen=True, slots=True)
class Learned:
    """A learned exercise. ``segments``: start, peak and end of every repetition in seconds from the first picture.

    ``side``: the side that moved, "both" when both did. ``curve``: times and the primary measure of each side.
    """

    document: Document
    repetitions: int
    segments: tuple[tuple[float, float, float], ...]
    view: str
    side: str
    measures: tuple[str, ...]
    check: Mapping[str, int]
    curve: Mapping[str, tuple[float | None, ...]]


def learn(
    frames: Iterable[Timed], *, name: str, repetitions: int | None = None, exercise_id: str | None = None
) -> Learned:
    """The definition that counts this demonstration.

    ``frames``: time in seconds and pose of every picture, None where nobody was found; ``repetitions``: how many were
    shown, if that is known; ``exercise_id``: otherwise "own-" and the name. Raises `DemonstrationError`.
    """
    timed = list(frames)
    scene = see(timed)
    found = candidates(scene)
    counts = numbers(found, repetitions)
    both = (timed, _turned_over(timed))
    identity = Identity(exercise_id or f"own-{slug(name)}", name)
    kept: _Kept | None = None
    for count in counts:
        for candidate in _clearest(found, count):
            kept = _better(kept, _kept(scene, candidate, both, identity))
            if kept is not None and not kept.leftover:
                return _learned(scene, kept)
    if kept is None or kept.leftover > 2 * (1 if repetitions is None else repetitions):
        if not scene.steady:
            raise DemonstrationError("unsteady_view", view=scene.view)
        raise DemonstrationError("not_repeated", found=counts[0])
    return _learned(scene, kept)


class _Kept(NamedTuple):
    """A draft that counts the demonstration and its mirror image exactly."""

    draft: Draft
    document: Document
    check: Recount
    summary: SetSummary

    @property
    def leftover(self) -> int:
        """Movements that were seen but not counted: fewer are better, none is best."""
        return self.check.partial + self.check.mirrored_partial


def _clearest(found: Sequence[Candidate], count: int) -> list[Candidate]:
    """The clearest candidate of every measure with this number of repetitions."""
    chosen: dict[tuple[str, int], Candidate] = {}
    for candidate in sorted(found, key=lambda c: -c.clarity):
        if candidate.count == count:
            chosen.setdefault((candidate.measure, candidate.row.sign), candidate)
    return list(chosen.values())[:CANDIDATES]


def _better(a: _Kept | None, b: _Kept | None) -> _Kept | None:
    if a is None or b is None:
        return a or b
    return min(a, b, key=lambda kept: kept.leftover)


def _kept(
    scene: Scene, candidate: Candidate, both: tuple[Sequence[Timed], Sequence[Timed]], identity: Identity
) -> _Kept | None:
    """The strictest draft of this candidate that counts exactly, with a condition beside it if there can be one."""
    best: _Kept | None = None
    beside_it = beside(scene, candidate)
    for also in (tuple(beside_it[:1]), ()) if beside_it else ((),):
        for tolerance in TOLERANCES:
            draft = Draft(candidate, way_of(candidate), also, tolerance)
            written = document(scene, draft, identity)
            definition = definition_from_document(written, f"{identity.id}.toml")
            summary = _judged(definition, both[0], candidate.side)
            if summary.count > candidate.count:
                break  # a wider tolerance cannot mend that
            if summary.count < candidate.count:
                continue
            mirror = _judged(definition, both[1], _other(candidate.side))
            if mirror.count == candidate.count:
                best = _better(best, _Kept(draft, written, _compared(summary, mirror, candidate.side), summary))
                break
        if best is not None and not best.leftover:
            break
    return best


def _learned(scene: Scene, kept: _Kept) -> Learned:
    draft, check, measure = kept.draft, kept.check, kept.draft.way.measure
    written = kept.document | {"tempo": _tempo(kept.summary), "figure": figure_of(scene, draft)}
    definition_from_document(written, f"{written['id']}.toml")  # the figure is checked like everything else
    curve: dict[str, tuple[float | None, ...]] = {"t": scene.times}
    curve |= {side.value: scene.curves[measure, side] for side in scene.sides if (measure, side) in scene.curves}
    return Learned(
        document=written,
        repetitions=check.counted,
        segments=check.segments,
        view=scene.view,
        side=check.side,
        measures=(measure, *(way.measure for way in draft.also)),
        check={
            "counted": check.counted,
            "partial": check.partial,
            "mirrored_counted": check.mirrored_counted,
            "mirrored_partial": check.mirrored_partial,
        },
        curve=curve,
    )


def recount(definition: Definition, frames: Iterable[Timed], *, side: str | None = None) -> Recount:
    """What the coach counts in ``frames`` and in their mirror image.

    ``side`` is the side that works in ``frames``; of an exercise done one side at a time it is otherwise the side that
    counts more. In the mirror image it is the other one.
    """
    timed = list(frames)
    sides = [side or "both"]
    if definition.sided and sides == ["both"]:
        sides = [Side.LEFT.value, Side.RIGHT.value]
    summaries = {asked: _judged(definition, timed, asked) for asked in sides}
    working = max(sides, key=lambda asked: (summaries[asked].count, summaries[asked].partial))
    mirror = _judged(definition, _turned_over(timed), _other(working))
    return _compared(summaries[working], mirror, working)


def _compared(summary: SetSummary, mirror: SetSummary, side: str) -> Recount:
    return Recount(
        counted=summary.count,
        partial=summary.partial,
        mirrored_counted=mirror.count,
        mirrored_partial=mirror.partial,
        reasons=tuple(r.reason for r in summary.repetitions if not r.counted),
        segments=tuple((r.start_s, r.peak_s, r.end_s) for r in summary.repetitions if r.counted),
        side=side,
    )


def _other(side: str) -> str:
    return side if side == "both" else Side(side).other.value


def _turned_over(timed: Sequence[Timed]) -> list[Timed]:
    return [(time_s, None if pose is None else mirrored(pose)) for time_s, pose in timed]


def _judged(definition: Definition, timed: Sequence[Timed], side: str) -> SetSummary:
    coach = Coach(definition, side=side)
    for time_s, pose in timed:
        coach.observe(pose, time_s)
    return coach.finish()


def mirrored(pose: Pose) -> Pose:
    """The pose as a mirror shows it: the picture is turned over, and left and right change names."""
    turned = [None if point is None else point._replace(x=1.0 - point.x) for point in pose.points]
    return replace(pose, points=tuple(turned[twin] for twin in TWINS))


def _tempo(summary: SetSummary) -> Document:
    """Shortest comfortable times from the demonstrated ones, measured as the coach measures them."""
    counted = [repetition for repetition in summary.repetitions if repetition.counted]
    return {
        "out_s": round(min(COMFORT * median(r.out_s for r in counted), 10.0), 2),
        "back_s": round(min(COMFORT * median(r.back_s for r in counted), 10.0), 2),
    }
