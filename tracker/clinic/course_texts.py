"""The words of a course: what a change means, and whether it is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from flask_babel import gettext, lazy_gettext

from tracker.alerts.worklist_service import PEG_MCID, PSFS_MCID
from tracker.clinic import course_charts, rules_course, rules_week

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from tracker.clinic.course_service import Course, Reading

PERIODS: Final[dict[int, Any]] = {
    28: lazy_gettext("4 weeks"),
    84: lazy_gettext("12 weeks"),
    365: lazy_gettext("A year"),
}

CELLS: Final[dict[str, Any]] = {
    "rest": lazy_gettext("nothing due"),
    "missed": lazy_gettext("not done"),
    "part": lazy_gettext("partly done"),
    "done": lazy_gettext("done"),
    "open": lazy_gettext("today, still open"),
    "ahead": lazy_gettext("still to come"),
    "outside": "",
}

SIDES: Final[dict[str, Any]] = {
    "left": lazy_gettext("left"),
    "right": lazy_gettext("right"),
    "both": lazy_gettext("both sides"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """First against latest of something, and what it means against the smallest difference that matters (MCID)."""

    name: str
    first: float
    last: float
    mcid: float
    meaning: str


def changes(course: Course) -> list[Change]:
    """Pain and function, first against latest in the period."""
    found = []
    told = course.material.told
    found += _pain_change(course)
    for name, better, mcid, label in (
        ("peg", -1, PEG_MCID, gettext("PEG, less is better")),
        ("psfs", 1, PSFS_MCID, gettext("Own activities (PSFS), 10 is as before")),
    ):
        values = [value for each in told if (value := getattr(each, name)) is not None]
        if len(values) > 1:
            gain = (values[-1] - values[0]) * better
            found.append(Change(label, values[0], values[-1], mcid, meaning(gain, mcid)))
    return found


def _pain_change(course: Course) -> list[Change]:
    """The first seven days of what was told in the period against the last seven days up to today."""
    material = course.material
    average = material.average
    if not average:
        return []
    first_week = rules_week.week(average, min(average) + timedelta(days=rules_week.WEEK_DAYS - 1))
    now = material.now
    apart = material.period.last - min(average) >= timedelta(days=2 * rules_week.WEEK_DAYS - 1)
    if first_week.mean is None or now.week.mean is None or not apart:
        return []
    mcid = rules_course.pain_mcid(first_week.mean)
    gain = first_week.mean - now.week.mean
    said = meaning(gain, mcid)
    if now.place is rules_week.Place.ABOVE and gain > -mcid:
        said = gettext("%(change)s, but the last 7 days lie above the usual", change=said)
    label = gettext("Average pain, first and last 7 days")
    return [Change(label, first_week.mean, now.week.mean, mcid, said)]


def meaning(gain: float, mcid: float) -> str:
    """What a gain means against the smallest difference that matters."""
    if abs(gain) < mcid:
        return str(gettext("no change that can be noticed"))
    return str(
        gettext("better by more than can be noticed") if gain > 0 else gettext("worse by more than can be noticed")
    )


@dataclass(frozen=True, slots=True)
class Range:
    """One range over time: readings, and whether it changed beyond its error."""

    title: str
    side: str
    latest: str
    best: str
    change: str
    chart: Markup


def ranges(course: Course) -> list[Range]:
    """Each range that was tested in the period."""
    return [_range(course, exercise, side, found) for (exercise, side), found in course.ranges.items()]


def _range(course: Course, exercise: str, side: str, found: Sequence[Reading]) -> Range:
    title = course.material.title(exercise)
    best = max(found, key=lambda each: each.value)
    said = str(SIDES.get(side, side))
    return Range(
        title=title,
        side=said,
        latest=f"{found[-1].value:.0f}° ± {found[-1].error:.0f}°",
        best=f"{best.value:.0f}°",
        change=changed(found),
        chart=course_charts.range_chart(f"{title}, {said}", found),
    )


def changed(found: Sequence[Reading]) -> str:
    """The change from the first reading to the last, said only beyond the error of both."""
    if len(found) == 1:
        return str(gettext("measured once"))
    difference, error = found[-1].value - found[0].value, max(found[0].error, found[-1].error)
    if abs(difference) <= error:
        return str(gettext("no change that can be told from the error of ±%(error).0f°", error=error))
    words = gettext("%(by).0f° more") if difference > 0 else gettext("%(by).0f° less")
    return str(words % {"by": abs(difference)})


def differences(course: Course) -> list[str]:
    """Left against right of each test, in the latest readings, said only beyond the error."""
    found = []
    for exercise, group in groupby(course.ranges.items(), key=lambda each: each[0][0]):
        sides = {side: readings[-1] for (_exercise, side), readings in group}
        if not {"left", "right"} <= set(sides):
            continue
        left, right = sides["left"], sides["right"]
        title, error = course.material.title(exercise), max(left.error, right.error)
        by = left.value - right.value
        if abs(by) <= error:
            found.append(gettext("%(title)s: left and right are alike within ±%(error).0f°.", title=title, error=error))
        elif by > 0:
            found.append(gettext("%(title)s: left goes %(by).0f° further.", title=title, by=by))
        else:
            found.append(gettext("%(title)s: right goes %(by).0f° further.", title=title, by=-by))
    return found
