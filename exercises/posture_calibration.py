"""The two-pose calibration (CLINICAL 3.5): from pictures of one's own calm pose and slouch to a baseline.

`baseline_from` takes pictures that are already told apart; `Calibrator` guides somebody through them, phase by phase:
look (find the view), tall, slouch, moves (chair, keyboard, leaning back). A phase only counts the time in which the
gate is open, so it waits for the person instead of failing them; it gives up after `PATIENCE_S`. Times in seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import log
from statistics import median, pstdev

from exercises.body import Pose
from exercises.posture_algebra import Vector, dot, median_of, minus, quadratic, second_moment
from exercises.posture_baseline import LOW, NORMAL, Baseline, FrontPose, SidePose, Zone
from exercises.posture_features import FRONT, SideView, Sight, front_features, side_view, sideways, sight, view_of
from exercises.posture_model import prior
from exercises.posture_weights import (
    MOST_NOTICED,
    SIDE_NUISANCE,
    SIDE_SLOUCH,
    Slouch,
    noticed_from,
    side_change,
    slouch_of,
    weights,
)

FEWEST = 5
"""Pictures that make a phase."""
TURN_DEG = 15.0
"""Pictures with the head turned further than this from its usual direction are left out (CLINICAL 3.5)."""
RESTLESS = 0.03
"""Standard deviation in shoulder widths from which a pose was not held (CLINICAL 3.5)."""
MOVED_AWAY = log(1.35)
"""Change of size between two poses beyond which it was the chair, not the back."""
DIFFERENT = 2.5
"""A slouch lies this many standard deviations of the calm pose away from it, or it was none."""
SMALLEST_SLOUCH = 0.025
"""... and moves some feature at least by this much."""


class CalibrationError(ValueError):
    """These pictures make no baseline: ``key`` says why, ``remedy`` what to do.

    Keys: ``too_few``, ``wrong_view``, ``restless``, ``same_pose``, ``moved_away``, ``not_finished``, or the reason for
    which the gate stayed shut.
    """

    def __init__(self, key: str, remedy: str) -> None:
        super().__init__(key)
        self.key = key
        self.remedy = remedy


def baseline_from(
    tall: Sequence[Pose], slouch: Sequence[Pose] = (), moves: Sequence[Pose] = (), *, view: str | None = None
) -> Baseline:
    """The baseline of pictures of the calm pose, of the own slouch, and of what is no slouching.

    Without ``slouch`` the direction is the model's and the confidence is low. Raises `CalibrationError`.
    """
    return baseline_of([sight(p) for p in tall], [sight(p) for p in slouch], [sight(p) for p in moves], view=view)


def baseline_of(
    tall: Sequence[Sight],
    slouch: Sequence[Sight] = (),
    moves: Sequence[Sight] = (),
    *,
    view: str | None = None,
    before: Sequence[Sight] = (),
    strict: bool = False,
) -> Baseline:
    """The same of pictures in pixels; ``strict`` also checks that the poses were held (a guided calibration);
    ``before`` shows how somebody sat before anything was asked.
    """
    if not tall:
        raise CalibrationError("too_few", "try_again")
    view = view or most_of(tall)
    if view is None:
        raise CalibrationError("wrong_view", "face_or_side")
    pose: FrontPose | SidePose
    if view == FRONT:
        pose = _front(tall, slouch, moves, before, strict=strict)
    else:
        pose = _side(tall, slouch, moves, strict=strict)
    confidence = NORMAL if slouch else LOW
    return Baseline(view, confidence, tall[0].width, tall[0].height, zone_of(tall), pose)


def most_of(seen: Sequence[Sight]) -> str | None:
    """The view that most pictures have."""
    views = Counter(view for view in map(view_of, seen) if view is not None)
    return views.most_common(1)[0][0] if views else None


def zone_of(seen: Sequence[Sight]) -> Zone:
    """Where head and shoulders are in these pictures, as shares of the picture."""
    spots = [
        spot for one in seen for spot in (one.left_ear, one.right_ear, one.left_shoulder, one.right_shoulder) if spot
    ]
    if not spots:
        return Zone(0.0, 0.0, 1.0, 1.0)
    width, height = seen[0].width, seen[0].height
    xs, ys = sorted(x for x, _ in spots), sorted(y for _, y in spots)
    low, high = len(xs) // 50, -1 - len(xs) // 50
    # A head reaches about as far above the ears as the shoulders are below them, and shoulders beyond their joints.
    tall = max(ys[high] - ys[low], 1.0)
    left, right = max(xs[low] - 0.35 * tall, 0.0), min(xs[high] + 0.35 * tall, width)
    top, bottom = max(ys[low] - 0.9 * tall, 0.0), min(ys[high] + 0.5 * tall, height)
    return Zone(left / width, top / height, max(right - left, 0.0) / width, max(bottom - top, 0.0) / height)


# -- front ------------------------------------------------------------------------------------------------------------


def _front(
    tall: Sequence[Sight], slouch: Sequence[Sight], moves: Sequence[Sight], before: Sequence[Sight], *, strict: bool
) -> FrontPose:
    whole = [one for one in tall if one.ears is not None and one.shoulder_width is not None]
    if len(whole) < FEWEST:
        raise CalibrationError("too_few", "try_again")
    turns = [one.turn_deg for one in whole if one.turn_deg is not None]
    usual = median(turns) if turns else 0.0
    calm_seen = _straight(whole, usual)
    if len(calm_seen) < FEWEST:
        raise CalibrationError("too_few", "look_ahead")
    unit = median(one.shoulder_width for one in calm_seen if one.shoulder_width is not None)
    features = _features(calm_seen, unit)
    calm = median_of(features)
    nose_drop = _median(one.nose_drop for one in calm_seen)
    expected = prior(unit / calm_seen[0].width, nose_drop, shown=bool(slouch), moved=bool(moves))
    noise = [minus(values, calm) for values in features]
    if strict:
        _held(features)
    slouched = Slouch(expected.slouch, None)
    if slouch:
        changes = [minus(values, calm) for values in _features(_straight(slouch, usual), unit)]
        if len(changes) < FEWEST and strict:
            raise CalibrationError("too_few", "try_again")
        if not changes:
            raise CalibrationError("too_few", "look_ahead")
        slouched = slouch_of(changes)
        if strict:
            _different(noise, slouched.middle)
    moved = [minus(values, calm) for values in _features(moves, unit)]
    sat = [minus(values, calm) for values in _features(_straight(before, usual), unit)]
    spans = [*noise, *moved]
    found = weights(noise, moved, expected.nuisance, slouched)
    return FrontPose(
        unit_px=unit,
        calm=calm,
        weights=found,
        noticed=noticed_from(found, expected.slump, noise, sat) if moved else MOST_NOTICED,
        x=median(one.shoulders[0] for one in calm_seen if one.shoulders is not None) / unit,
        sideways=_median(map(sideways, calm_seen)) or 0.0,
        head_tilt=_median(one.head_tilt_deg for one in calm_seen) or 0.0,
        shoulder_tilt=_median(one.shoulder_tilt_deg for one in calm_seen) or 0.0,
        size_span=_span([values[1] for values in spans]),
        height_span=_span([values[4] for values in spans]),
        turn=_median(one.turn for one in calm_seen),
        nose_drop=nose_drop,
        slouch_nose_drop=_median(one.nose_drop for one in slouch),
    )


def _straight(seen: Sequence[Sight], usual_deg: float) -> list[Sight]:
    """The pictures in which the head points where it usually does; an unknown turn is not held against them."""
    return [one for one in seen if one.turn_deg is None or abs(one.turn_deg - usual_deg) < TURN_DEG]


def _features(seen: Sequence[Sight], unit_px: float) -> list[Vector]:
    return [values for values in (front_features(one, unit_px) for one in seen) if values is not None]


def _span(values: Sequence[float]) -> Vector:
    ordered = sorted(values)
    cut = len(ordered) // 20
    return ordered[cut], ordered[-1 - cut]


def _median(values: object) -> float | None:
    known = [value for value in values if value is not None]  # type: ignore[attr-defined]
    return median(known) if known else None


def _held(features: Sequence[Vector]) -> None:
    """Raise when the calm pose was not held: size, height of the ears, height of the shoulders."""
    if max(pstdev(values[index] for values in features) for index in (1, 3, 4)) > RESTLESS:
        raise CalibrationError("restless", "sit_still")


def _different(noise: Sequence[Vector], slouch: Vector) -> None:
    """Raise when the slouch is no slouch, or somebody moved the chair instead."""
    if abs(slouch[1]) > MOVED_AWAY:
        raise CalibrationError("moved_away", "stay_on_chair")
    spread = second_moment(noise, [0.0] * len(slouch))
    length = dot(slouch, slouch)
    along = quadratic(spread, slouch) / length if length else 0.0
    if max(map(abs, slouch)) < SMALLEST_SLOUCH or length < DIFFERENT**2 * along:
        raise CalibrationError("same_pose", "slouch_more")


# -- side -------------------------------------------------------------------------------------------------------------


def _side(tall: Sequence[Sight], slouch: Sequence[Sight], moves: Sequence[Sight], *, strict: bool) -> SidePose:
    near = Counter(one.near for one in tall).most_common(1)[0][0]
    facings = [view.facing for view in map(side_view, tall) if view is not None]
    if len(facings) < FEWEST:
        raise CalibrationError("too_few", "try_again")
    facing = 1.0 if sum(facings) >= 0 else -1.0
    views = _views(tall, facing)
    if len(views) < FEWEST:
        raise CalibrationError("too_few", "try_again")
    unit = median(view.neck_px for view in views)
    pose = SidePose(
        facing=facing,
        near=near,
        unit_px=unit,
        neck=median(view.neck for view in views),
        ear_y=median(view.ear_y for view in views) / unit,
        shoulder_y=median(view.shoulder_y for view in views) / unit,
        shoulder_x=median(view.shoulder_x for view in views) / unit,
        weights=(),
        trunk=_mostly([view.trunk for view in views]),
        pitch=_mostly([view.pitch for view in views]),
        shoulder_ahead=_mostly([view.shoulder_ahead for view in views]),
        slouch_known=bool(slouch),
    )
    noise = [side_change(pose, view) for view in views]
    if strict and max(pstdev(view.ear_y / unit for view in views), pstdev(v.shoulder_y / unit for v in views)) > (
        2 * RESTLESS
    ):
        raise CalibrationError("restless", "sit_still")
    slouched = SIDE_SLOUCH
    if slouch:
        changes = [side_change(pose, view) for view in _views(slouch, facing)]
        if len(changes) < (FEWEST if strict else 1):
            raise CalibrationError("too_few", "try_again")
        slouched = slouch_of(changes)
        if strict:
            _different_side(noise, slouched.middle)
    moved = [side_change(pose, view) for view in _views(moves, facing)]
    found = weights(noise, moved, SIDE_NUISANCE, slouched)
    return SidePose(**{name: getattr(pose, name) for name in pose.__slots__} | {"weights": found})


def _views(seen: Sequence[Sight], facing: float) -> list[SideView]:
    views = (side_view(one, facing) for one in seen)
    return [view for view in views if view is not None and view.facing == facing]


def _mostly(values: Sequence[float | None]) -> float | None:
    """The median of what is seen most of the time: a hip that shows up now and then is no baseline."""
    known = [value for value in values if value is not None]
    return median(known) if len(known) * 2 > len(values) else None


def _different_side(noise: Sequence[Vector], slouch: Vector) -> None:
    spread = second_moment(noise, [0.0] * len(slouch))
    length = dot(slouch, slouch)
    if length < 0.15**2 or length < DIFFERENT**2 * quadratic(spread, slouch) / length:
        raise CalibrationError("same_pose", "slouch_more")
