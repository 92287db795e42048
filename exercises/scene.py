"""A recorded demonstration as curves: one view, one near side, and every measure that is valid in it, smoothed.

Measuring and smoothing are what `exercises.coach` does live. Times in seconds from the first picture. Limits: one view
per recording, the one that the camera had most of the time; who turns round in front of it cannot be learned from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from exercises.body import Pose, Side
from exercises.measures import MEASURES, Frame, Proportions
from exercises.smoothing import OneEuro
from exercises.view import YAW_BANDS, YAW_HYSTERESIS_DEG, ViewMonitor

Timed = tuple[float, "Pose | None"]

SHORTEST_S = 2.0
"""Two repetitions of one second: shorter ones are not counted live either (CLINICAL 2.0 has 1.2 s)."""
FEWEST_POSES = 12
PERSON_SHARE = 0.3
"""Share of the pictures in which somebody must be found."""
STEADY_SHARE = 0.8
"""Share of the pictures that must fit the view."""
STEADY_SHARE_TURNING = 0.45
"""The same where turning the trunk is the exercise."""


class DemonstrationError(ValueError):
    """Nothing can be learned from a demonstration; ``key`` says why and ``data`` what was seen.

    Keys: ``too_short``, ``no_person``, ``unsteady_view``, ``nothing_moved``, ``not_repeated``, ``wrong_number`` (with
    ``found`` and ``asked``).
    """

    def __init__(self, key: str, **data: float | str | None) -> None:
        super().__init__(key)
        self.key = key
        self.data = data


@dataclass(frozen=True, slots=True)
class Sighting:
    """One picture with somebody in it: what the view monitor knew then."""

    time_s: float
    pose: Pose
    frame: Frame


@dataclass(frozen=True, slots=True)
class Scene:
    """The whole demonstration seen from one view. ``curves``: the smoothed values per measure and side."""

    view: str
    near: Side
    steady: bool
    sightings: tuple[Sighting, ...]
    times: tuple[float, ...]
    curves: Mapping[tuple[str, Side], tuple[float | None, ...]]
    noise: Mapping[tuple[str, Side], float]

    @property
    def sides(self) -> tuple[Side, ...]:
        return (Side.LEFT, Side.RIGHT) if self.view == "front" else (self.near,)

    def known(self, measure: str, side: Side) -> tuple[list[float], list[float]]:
        """Times and values of the pictures in which the measure was seen."""
        pairs = [(t, v) for t, v in zip(self.times, self.curves[measure, side], strict=True) if v is not None]
        return [t for t, _ in pairs], [v for _, v in pairs]


def see(timed: Sequence[Timed]) -> Scene:
    """View, curves and noise of the demonstration. Raises `DemonstrationError`."""
    seen = [(time_s, pose) for time_s, pose in timed if pose is not None]
    if not seen or len(seen) < PERSON_SHARE * len(timed):
        raise DemonstrationError("no_person")
    if len(seen) < FEWEST_POSES or seen[-1][0] - seen[0][0] < SHORTEST_S:
        raise DemonstrationError("too_short", seconds=round(seen[-1][0] - seen[0][0], 1))
    view, near, steady = _view(seen)
    monitor, own, first_s = ViewMonitor(), Proportions(), timed[0][0]
    far = None if view == "front" else near.other
    sightings = []
    for time_s, pose in seen:
        monitor.observe(pose, Frame(pose))
        frame = Frame(pose, 1.0 if far is None else monitor.facing, far, own)
        own.observe(frame)
        sightings.append(Sighting(time_s - first_s, pose, frame))
    curves: dict[tuple[str, Side], tuple[float | None, ...]] = {}
    noise: dict[tuple[str, Side], float] = {}
    for measure, known in MEASURES.items():
        if view not in known.error:
            continue
        for side in (Side.LEFT, Side.RIGHT) if far is None else (near,):
            raw = [known.function(sighting.frame, side) for sighting in sightings]
            smooth = OneEuro(known.smoothing_scale)
            curves[measure, side] = tuple(
                None if value is None else smooth(value, sighting.time_s)
                for value, sighting in zip(raw, sightings, strict=True)
            )
            noise[measure, side] = _noise(raw)
    times = tuple(sighting.time_s for sighting in sightings)
    return Scene(view, near, steady, tuple(sightings), times, curves, noise)


FACING_DEG = 20.0
_BEST_VIEWS = (("front", 28.0), ("oblique", 58.0), ("side", 90.0))
"""Up to which turn a view serves best. The monitor takes the smaller of two estimates, so it errs towards the front."""


def _view(seen: Sequence[tuple[float, Pose]]) -> tuple[str, Side, bool]:
    """The view that the camera had, the near side, and whether the view stayed. Raises `DemonstrationError`."""
    monitor = ViewMonitor()
    turns: list[float] = []
    near: Counter[Side] = Counter()
    for _, pose in seen:
        monitor.observe(pose, Frame(pose))
        near[monitor.near_side] += 1
        if monitor.yaw_deg is not None and not monitor.turned_away:
            turns.append(monitor.yaw_deg)
    if len(turns) < STEADY_SHARE_TURNING * len(seen):
        raise DemonstrationError("unsteady_view")
    shares = {
        view: sum(low - YAW_HYSTERESIS_DEG <= turn <= high + YAW_HYSTERESIS_DEG for turn in turns) / len(turns)
        for view, (low, high) in YAW_BANDS.items()
    }
    usual = median(turns)
    if shares["front"] < STEADY_SHARE and sorted(turns)[int(0.15 * len(turns))] < FACING_DEG:
        # Who faces the camera at times turns to and fro; whether that is the exercise shows later.
        if shares["front"] < STEADY_SHARE_TURNING:
            raise DemonstrationError("unsteady_view", view="front")
        return "front", near.most_common(1)[0][0], False
    view = next(view for view, limit in _BEST_VIEWS if usual <= limit or view == "side")
    if shares[view] < STEADY_SHARE:
        view = max(shares, key=lambda other: (shares[other] >= STEADY_SHARE, other == view, shares[other]))
    if shares[view] < STEADY_SHARE_TURNING:
        raise DemonstrationError("unsteady_view", view=view)
    side, times = near.most_common(1)[0]
    if view != "front" and times < STEADY_SHARE * len(seen):
        raise DemonstrationError("unsteady_view", view=view)
    return view, side, shares[view] >= STEADY_SHARE


def _noise(values: Sequence[float | None]) -> float:
    """Standard deviation of the noise, from the second differences: the movement itself is nearly straight there."""
    known = [value for value in values if value is not None]
    bends = [abs(a - 2 * b + c) for a, b, c in zip(known, known[1:], known[2:], strict=False)]
    return 1.48 * median(bends) / 2.45 if bends else 0.0  # the root of 1 + 4 + 1
