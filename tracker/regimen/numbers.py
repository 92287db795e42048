"""The numbers of an exercise in words: what the engine's measures and units are called, and by which thresholds and
faults an exercise is judged, as a physiotherapist reads them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_decimal, gettext, lazy_gettext

from exercises.measures import MEASURES as MOTION_MEASURES
from tracker.regimen.texts import VIEWS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from exercises.definition import Definition, Fault, Threshold, View

MEASURES: Final[dict[str, Any]] = {
    "elbow_angle": lazy_gettext("Elbow angle"),
    "arm_to_trunk": lazy_gettext("Angle between arm and trunk"),
    "arm_forward": lazy_gettext("Arm in front of the trunk"),
    "trunk_lean": lazy_gettext("Lean of the trunk"),
    "neck_lean": lazy_gettext("Lean of the neck"),
    "shoulder_ear_gap": lazy_gettext("Distance from shoulder to ear"),
    "wrist_above_ear": lazy_gettext("Height of the hand over the ear"),
    "wrist_across": lazy_gettext("Hand past the middle of the chest"),
    "elbow_height": lazy_gettext("Height of the elbow"),
    "elbow_off_level": lazy_gettext("Elbow off shoulder height"),
    "shoulder_tilt": lazy_gettext("Tilt of the shoulders"),
    "shoulder_breadth": lazy_gettext("Breadth of the shoulders"),
    "trunk_side_shift": lazy_gettext("Shift of the trunk to the side"),
    "arm_difference": lazy_gettext("Difference between the arms"),
    "arm_elevation": lazy_gettext("Elevation of the arm"),
    "wrist_height": lazy_gettext("Height of the hand over the shoulder"),
    "wrist_over_elbow": lazy_gettext("Height of the hand over the elbow"),
    "wrist_separation": lazy_gettext("Distance between the hands"),
    "elbow_separation": lazy_gettext("Distance between the elbows"),
    "hand_difference": lazy_gettext("Difference between the hands"),
    "head_tilt": lazy_gettext("Tilt of the head"),
    "head_turn": lazy_gettext("Turn of the head"),
    "head_pitch": lazy_gettext("Nose below the ears"),
    "head_nod": lazy_gettext("Nod of the head"),
    "head_forward": lazy_gettext("Ear in front of the shoulder"),
    "trunk_side_lean": lazy_gettext("Lean of the trunk to the side"),
    "trunk_turn": lazy_gettext("Turn of the shoulders"),
    "hip_breadth": lazy_gettext("Breadth of the hips"),
    "knee_spread": lazy_gettext("Knees over ankles, apart"),
    "hip_angle": lazy_gettext("Hip angle"),
    "knee_angle": lazy_gettext("Knee angle"),
    "body_line": lazy_gettext("Line of the body at the hip"),
    "neck_angle": lazy_gettext("Angle between neck and trunk"),
    "elbow_behind_trunk": lazy_gettext("Elbow behind the trunk"),
    "elbow_behind": lazy_gettext("Elbow behind the shoulder"),
    "elbow_off_shoulder": lazy_gettext("Elbow off the shoulder"),
    "hip_off_line": lazy_gettext("Hip off the line from shoulder to ankle"),
    "shoulder_forward": lazy_gettext("Shoulder in front of the hip"),
    "ear_over_hip": lazy_gettext("Height of the ear over the hip"),
    "hip_over_ankle": lazy_gettext("Height of the hip over the foot"),
    "ankle_over_hip": lazy_gettext("Height of the foot over the hip"),
    "wrist_to_knee": lazy_gettext("Distance from hand to knee"),
    "other_arm_to_trunk": lazy_gettext("Angle between the other arm and the trunk"),
    "_": lazy_gettext("Measure"),
}

UNITS: Final[dict[str, Any]] = {
    "deg": lazy_gettext("degrees"),
    "torso": lazy_gettext("torso lengths"),
    "shoulders": lazy_gettext("shoulder widths"),
    "ears": lazy_gettext("ear distances"),
    "ratio": "",
    "_": "",
}


def amount(value: float | None, unit: str | None) -> str:
    """A measured number with its unit: "80°", "0.42 torso lengths"; empty when it is not known."""
    if value is None:
        return ""
    if unit == "deg":
        return f"{format_decimal(round(value), format='#,##0')}°"
    return f"{format_decimal(value, format='0.00')} {UNITS.get(unit or '_', '')}".strip()


@dataclass(frozen=True, slots=True)
class MeasureRow:
    """One measure of an exercise from one view, as a physiotherapist reads it; empty where it says nothing."""

    measure: str
    start: str
    peak: str
    tolerance: str
    error: str


@dataclass(frozen=True, slots=True)
class FaultRow:
    """One departure from the form: what it is called, when it is one, and what is then said."""

    name: str
    condition: str
    cue: str


@dataclass(frozen=True, slots=True)
class ViewNumbers:
    """Everything an exercise is judged by from one view of the camera."""

    name: str
    measures: tuple[MeasureRow, ...]
    faults: tuple[FaultRow, ...]


def numbers_of(definition: Definition) -> tuple[ViewNumbers, ...]:
    """The numbers of an exercise by view, the preferred one first; none for a timer."""
    return tuple(
        ViewNumbers(
            name=str(VIEWS[view.name]),
            measures=tuple(_measure_rows(view)),
            faults=tuple(_fault_rows(definition, view.faults)),
        )
        for view in definition.views.values()
    )


def _measure_rows(view: View) -> Iterator[MeasureRow]:
    zones = (view.start.thresholds, view.peak.thresholds)
    for name in dict.fromkeys(threshold.measure for zone in zones for threshold in zone):
        start, peak = ([each for each in zone if each.measure == name] for zone in zones)
        unit = MOTION_MEASURES[name].unit
        granted = max(abs(each.target - each.enter) for each in (*start, *peak))
        yield MeasureRow(
            measure=str(MEASURES.get(name, MEASURES["_"])),
            start=_conditions(start, unit),
            peak=_conditions(peak, unit),
            tolerance=amount(granted, unit) if granted else "",
            error=f"± {amount(MOTION_MEASURES[name].error[view.name], unit)}",
        )


def _conditions(thresholds: Sequence[Threshold], unit: str) -> str:
    return f" {gettext('and')} ".join(_condition(each, unit) for each in thresholds)


def _condition(threshold: Threshold, unit: str) -> str:
    value = amount(threshold.target, unit)
    if threshold.from_rest:
        value = gettext("%(value)s from rest", value=value)
    return str(
        gettext("at least %(value)s", value=value) if threshold.sign > 0 else gettext("at most %(value)s", value=value)
    )


BASELINES: Final[dict[str, Any]] = {
    "start": lazy_gettext("from the start of the movement"),
    "first": lazy_gettext("from the first repetitions"),
    "first_ratio": lazy_gettext("of the first repetitions"),
    "phase_ratio": lazy_gettext("of the same phase of the first repetitions"),
}


def _fault_rows(definition: Definition, faults: Sequence[Fault]) -> Iterator[FaultRow]:
    """One row a fault; two that mirror each other, such as leaning left and leaning right, are one."""
    shown: set[tuple[str, str, str, float]] = set()
    for fault in faults:
        same = (fault.key, fault.measure, fault.relative, abs(fault.limit))
        if same in shown:
            continue
        shown.add(same)
        mirrored = any(
            (other.key, other.measure, other.relative, other.limit, other.sign)
            == (fault.key, fault.measure, fault.relative, -fault.limit, -fault.sign)
            for other in faults
        )
        yield _fault_row(definition, fault, mirrored=mirrored)


def _fault_row(definition: Definition, fault: Fault, *, mirrored: bool) -> FaultRow:
    if fault.relative.endswith("_ratio"):
        value = format_decimal(fault.limit * 100, format="0") + " %"
    else:
        value = amount(abs(fault.limit) if mirrored else fault.limit, MOTION_MEASURES[fault.measure].unit)
    said = {"measure": str(MEASURES.get(fault.measure, MEASURES["_"])), "value": value}
    if mirrored:
        condition = gettext("%(measure)s beyond %(value)s either way", **said)
    elif fault.sign > 0:
        condition = gettext("%(measure)s above %(value)s", **said)
    else:
        condition = gettext("%(measure)s below %(value)s", **said)
    return FaultRow(
        name=str(gettext(definition.fault_names[fault.key])),
        condition=f"{condition} {BASELINES.get(fault.relative, '')}".strip(),
        cue=str(gettext(definition.cues[fault.cue])),
    )
