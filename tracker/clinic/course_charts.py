"""The time line of a course: lanes over one axis of days, and small charts of ranges. SVG of our own, drawn on the
server, so that it is there without scripts, prints, and takes its colours from the page (`course.css`). A table says
the same in words. What is missing is a gap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask_babel import format_date, gettext
from markupsafe import Markup, escape

from tracker.clinic import rules_course
from tracker.clinic.texts import NOTHING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from tracker.clinic.course_service import Course, Event, Reading
    from tracker.clinic.rules_course import Bin

WIDTH: Final = 760
_LEFT, _RIGHT = 34, 8
_LANE, _TALL, _GAP = 46, 110, 16
_HEAD: Final = 18.0
"""Room for the name of a lane: clear of the dots of its highest value."""
_FOOT: Final = 22
_DATES: Final = 5
_SIGNS: Final = {"plan": "P", "note": "N", "call": "C", "appointment": "A"}
_SIGN_ROOM: Final = 13


@dataclass(frozen=True, slots=True)
class Lane:
    """A strip of the time line. `form`: line, bars or dots; values from 0 to `highest`."""

    title: str
    values: Mapping[date, float]
    highest: float
    form: str
    worst: Mapping[date, float] | None = None
    band: tuple[float, float] | None = None


def lanes_of(course: Course) -> list[Lane]:
    """The lanes that have anything in them, in the order in which one asks."""
    material = course.material
    interference = {each.day: float(each.interference) for each in material.told if each.interference is not None}
    comfort = {day: found.comfort_share for day, found in material.posture.items() if found.comfort_share is not None}
    still = {day: found.longest_still_s / 60 for day, found in material.posture.items() if found.at_desk_s}
    lanes = [
        Lane(gettext("Pain, 0 to 10"), material.average, 10, "line", worst=material.worst, band=material.usual),
        Lane(gettext("Gets in the way, 0 to 10"), interference, 10, "line"),
        Lane(gettext("Sets done of sets due"), course.dose, 1, "bars"),
        Lane(gettext("Quality, 0 to 100"), course.quality, 100, "dots"),
        Lane(gettext("Near the own calm pose"), comfort, 1, "bars"),
        Lane(gettext("Longest without a change, minutes"), still, max([60.0, *still.values()]), "dots"),
    ]
    return [lane for lane in lanes if lane.values or lane.worst]


def time_line(course: Course) -> Markup:
    """The lanes over one axis, and what happened under them."""
    period = course.period
    bins = rules_course.bins(period.first, period.last)
    span = max((period.last - period.first).days, 1)

    def x(day: date) -> float:
        return _LEFT + ((day - period.first).days + 0.5) / (span + 1) * (WIDTH - _LEFT - _RIGHT)

    parts: list[str] = []
    top = 4.0
    plans = [each.day for each in course.events if each.kind == "plan"]
    for number, lane in enumerate(lanes_of(course)):
        tall = _TALL if number == 0 else _LANE
        parts.append(_drawn(lane, bins, x, top + _HEAD, tall))
        top += _HEAD + tall + _GAP
    signs, room = _signs(course.events, x, top)
    parts.append(signs)
    bottom = top + room
    changed = [
        f'<line class="plan-line" x1="{x(day):.1f}" x2="{x(day):.1f}" y1="4" y2="{bottom:.0f}"/>' for day in plans
    ]
    parts.append(_dates(period.first, period.last, x, bottom + 16))
    height = bottom + _FOOT
    return _svg(WIDTH, height, _sentence(course), [*changed, *parts], "course-line")


def _svg(width: float, height: float, text: str, parts: Sequence[str], name: str) -> Markup:
    return Markup(  # noqa: S704 - numbers of ours, and words that are escaped
        f'<svg class="{name}" viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{escape(text)}" '
        f'focusable="false">{"".join(parts)}</svg>'
    )


def _drawn(lane: Lane, bins: Sequence[Bin], x: Callable[[date], float], top: float, height: float) -> str:
    def y(value: float) -> float:
        return top + (1 - min(value, lane.highest) / lane.highest) * height

    right = WIDTH - _RIGHT
    parts = [
        f'<text class="lane" x="{_LEFT}" y="{top - 7:.1f}">{escape(lane.title)}</text>',
        # Once more at the newest days, where a phone begins; `course.css` shows it only there.
        f'<text class="lane end" x="{right}" y="{top - 7:.1f}">{escape(lane.title)}</text>',
        f'<line class="floor" x1="{_LEFT}" x2="{right}" y1="{top + height:.1f}" y2="{top + height:.1f}"/>',
        f'<text class="scale" x="{_LEFT - 6}" y="{top + 4:.1f}">{_scale(lane.highest)}</text>',
        f'<text class="scale" x="{_LEFT - 6}" y="{top + height:.1f}">0</text>',
    ]
    if lane.band:
        middle, spread = lane.band
        low, high = y(max(middle - spread, 0)), y(min(middle + spread, lane.highest))
        parts.append(
            f'<rect class="band" x="{_LEFT}" width="{right - _LEFT}" y="{high:.1f}" height="{low - high:.1f}"/>'
        )
    points = [(each, each.mean(lane.values)) for each in bins]
    if lane.form == "bars":
        wide = max((right - _LEFT) / len(bins) - 1.2, 1.2)
        parts += [
            f'<rect class="bar" x="{_middle(each, x) - wide / 2:.1f}" width="{wide:.1f}" y="{y(value):.1f}" '
            f'height="{max(top + height - y(value), 0.6):.1f}"/>'
            for each, value in points
            if value is not None
        ]
        return "".join(parts)
    if lane.worst:
        worst = [(each, each.highest(lane.worst)) for each in bins]
        parts += [
            f'<circle class="worst" cx="{_middle(each, x):.1f}" cy="{y(value):.1f}" r="1.8"/>'
            for each, value in worst
            if value is not None
        ]
    if lane.form == "line":
        parts += [f'<polyline class="line" points="{line}"/>' for line in _stretches(points, x, y)]
    radius = 1.6 if lane.form == "line" else 2.2
    parts += [
        f'<circle class="dot" cx="{_middle(each, x):.1f}" cy="{y(value):.1f}" r="{radius}"/>'
        for each, value in points
        if value is not None
    ]
    return "".join(parts)


def _scale(highest: float) -> str:
    return "100 %" if highest == 1 else f"{highest:.0f}"


def _middle(each: Bin, x: Callable[[date], float]) -> float:
    return (x(each.first) + x(each.last)) / 2


def _stretches(
    points: Sequence[tuple[Bin, float | None]], x: Callable[[date], float], y: Callable[[float], float]
) -> list[str]:
    """The line, broken where something is missing."""
    lines: list[list[str]] = [[]]
    for each, value in points:
        if value is None:
            lines.append([])
        else:
            lines[-1].append(f"{_middle(each, x):.1f},{y(value):.1f}")
    return [" ".join(line) for line in lines if len(line) > 1]


def _signs(events: Sequence[Event], x: Callable[[date], float], top: float) -> tuple[str, float]:
    """Alerts as diamonds with their level, the rest as letters; what would overlap goes a line lower."""
    parts, ends, lowest = [], [0.0] * 4, 0
    for each in events:
        at = x(each.day)
        row = next((row for row, end in enumerate(ends) if at - end >= _SIGN_ROOM), len(ends) - 1)
        ends[row], lowest = at, max(lowest, row)
        y = top + 8 + row * _SIGN_ROOM
        sign = str(each.level) if each.kind == "alert" else _SIGNS[each.kind]
        shape = (
            f'<path class="alert level-{each.level}" d="M{at:.1f} {y - 7:.1f}l7 7l-7 7l-7 -7z"/>'
            if each.kind == "alert"
            else f'<rect class="sign {each.kind}" x="{at - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" rx="3"/>'
        )
        words = escape(f"{format_date(each.day, 'd MMM')}: {event_words(each)}")
        parts.append(f'<g><title>{words}</title>{shape}<text x="{at:.1f}" y="{y + 3.4:.1f}">{sign}</text></g>')
    return "".join(parts), 8.0 + (lowest + 1) * _SIGN_ROOM if events else 0.0


def event_words(each: Event) -> str:
    """What happened, in words."""
    names: dict[str, str] = {
        "alert": gettext("Alert, level %(level)d", level=each.level),
        "plan": gettext("The plan was changed"),
        "note": gettext("Note"),
        "call": gettext("Call"),
        "appointment": gettext("Appointment"),
    }
    name = names[each.kind]
    return f"{name}: {each.words}" if each.words else name


def _dates(first: date, last: date, x: Callable[[date], float], y: float) -> str:
    days = [first + (last - first) * step // _DATES for step in range(_DATES + 1)]
    anchors = ["start", *["middle"] * (_DATES - 1), "end"]
    return "".join(_date(x(day), y, anchor, day) for day, anchor in zip(days, anchors, strict=True))


def _date(x: float, y: float, anchor: str, day: date) -> str:
    words = str(escape(format_date(day, "d MMM")))
    return f'<text class="date" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{words}</text>'


def _sentence(course: Course) -> str:
    period = course.period
    text: str = gettext(
        "From %(first)s to %(last)s: %(lanes)s, and %(events)d events. The table below says the same.",
        first=format_date(period.first, "d MMM yyyy"),
        last=format_date(period.last, "d MMM yyyy"),
        lanes="; ".join(lane.title for lane in lanes_of(course)) or gettext("nothing was told or done"),
        events=len(course.events),
    )
    return text


def table(course: Course) -> tuple[list[str], list[list[str]]]:
    """The same as a table, the newest first."""
    lanes = lanes_of(course)
    columns = [gettext("Days"), *(lane.title for lane in lanes), gettext("What happened")]
    rows = []
    for each in reversed(rules_course.bins(course.period.first, course.period.last)):
        values = [each.mean(lane.values) for lane in lanes]
        events = [event_words(event) for event in course.events if each.first <= event.day <= each.last]
        if all(value is None for value in values) and not events:
            continue
        day = format_date(each.first, "d MMM yyyy")
        days = day if each.first == each.last else f"{day} \N{EN DASH} {format_date(each.last, 'd MMM')}"
        rows.append([days, *(_told(value, lane) for value, lane in zip(values, lanes, strict=True)), "; ".join(events)])
    return columns, rows


def _told(value: float | None, lane: Lane) -> str:
    if value is None:
        return NOTHING
    return f"{value * 100:.0f} %" if lane.highest == 1 else f"{value:.1f}"


def range_chart(title: str, readings: Sequence[Reading]) -> Markup:
    """One range over time, each reading with its error as a line."""
    width, height, left = 260.0, 90.0, 30.0
    low = min(each.value - each.error for each in readings)
    high = max(each.value + each.error for each in readings)
    first, last = readings[0].day, readings[-1].day
    span = max((last - first).days, 1)

    def x(day: date) -> float:
        return left + 6 + (day - first).days / span * (width - left - 16)

    def y(value: float) -> float:
        return 8 + (high - value) / max(high - low, 1) * (height - 30)

    parts = [
        f'<text class="scale" x="{left - 4:.0f}" y="{y(value) + 3:.1f}">{value:.0f}</text>' for value in (low, high)
    ]
    for each in readings:
        at, top, bottom = x(each.day), y(each.value + each.error), y(each.value - each.error)
        parts.append(f'<line class="error" x1="{at:.1f}" x2="{at:.1f}" y1="{bottom:.1f}" y2="{top:.1f}"/>')
        parts.append(f'<circle class="dot" cx="{at:.1f}" cy="{y(each.value):.1f}" r="2.4"/>')
    parts += [_date(left, height - 4, "start", first), _date(width, height - 4, "end", last)]
    said = gettext(
        "%(title)s: from %(first).0f to %(last).0f, %(number)d readings",
        title=title,
        first=readings[0].value,
        last=readings[-1].value,
        number=len(readings),
    )
    return _svg(width, height, said, parts, "range-line")
