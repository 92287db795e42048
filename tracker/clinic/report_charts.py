"""The chart of a report: pain by day, black on white, so that it survives a photocopier. An SVG of our own, because a
report is printed from the same page that is read, and nothing in it may need a script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask_babel import format_date, gettext
from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

WIDTH: Final = 680
HEIGHT: Final = 190
_LEFT, _RIGHT, _TOP, _BOTTOM = 28, 8, 10, 24
_HIGHEST: Final = 10
_DATES: Final = 4
_LONGEST_GAP: Final = 3
"""Days: over a longer gap the line is not drawn on."""


def pain_svg(
    average: Mapping[date, float],
    worst: Mapping[date, float],
    *,
    first: date,
    last: date,
    usual: tuple[float, float] | None,
    marks: Mapping[date, str],
) -> Markup:
    """Daily average as a line, the worst as rings, what is usual as a band, changes of the plan as dashed lines."""
    span = max((last - first).days, 1)

    def x(day: date) -> float:
        return _LEFT + (day - first).days / span * (WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _TOP + (1 - value / _HIGHEST) * (HEIGHT - _TOP - _BOTTOM)

    parts = [_grid(y), _band(usual, y), _marks(marks, x), _dates(first, last, x)]
    parts += [
        f'<circle cx="{x(day):.1f}" cy="{y(value):.1f}" r="2.4" fill="none" stroke="#555"/>'
        for day, value in sorted(worst.items())
    ]
    parts += [
        f'<polyline points="{line}" fill="none" stroke="#000" stroke-width="1.6"/>' for line in _lines(average, x, y)
    ]
    text = gettext("Pain by day from %(first)s to %(last)s: line average, rings worst.", **_said(first, last))
    return Markup(  # noqa: S704 - numbers of ours, and words that are escaped
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="100%" role="img" aria-label="{escape(text)}" '
        f'font-size="10" font-family="inherit">{"".join(parts)}</svg>'
    )


def _said(first: date, last: date) -> dict[str, str]:
    return {"first": format_date(first, "d MMM yyyy"), "last": format_date(last, "d MMM yyyy")}


def _grid(y: Callable[[float], float]) -> str:
    right = WIDTH - _RIGHT
    return "".join(
        f'<line x1="{_LEFT}" x2="{right}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#bbb" stroke-width="0.6"/>'
        f'<text x="{_LEFT - 6}" y="{y(value) + 3:.1f}" text-anchor="end" fill="#333">{value}</text>'
        for value in (0, 3, 7, 10)
    )


def _band(usual: tuple[float, float] | None, y: Callable[[float], float]) -> str:
    if usual is None:
        return ""
    middle, spread = usual
    top, bottom = y(min(middle + spread, _HIGHEST)), y(max(middle - spread, 0))
    return (
        f'<rect x="{_LEFT}" width="{WIDTH - _LEFT - _RIGHT}" y="{top:.1f}" height="{bottom - top:.1f}" fill="#000" '
        'fill-opacity="0.08"/>'
    )


def _marks(marks: Mapping[date, str], x: Callable[[date], float]) -> str:
    return "".join(
        f'<g><title>{escape(words)}</title><line x1="{x(day):.1f}" x2="{x(day):.1f}" y1="{_TOP}" '
        f'y2="{HEIGHT - _BOTTOM}" stroke="#000" stroke-width="0.8" stroke-dasharray="3 3"/></g>'
        for day, words in sorted(marks.items())
    )


def _dates(first: date, last: date, x: Callable[[date], float]) -> str:
    span = (last - first).days
    days = [first + (last - first) * step // _DATES for step in range(_DATES + 1)] if span else [first]
    texts = []
    for number, day in enumerate(days):
        anchor = "start" if number == 0 else "end" if number == len(days) - 1 else "middle"
        texts.append(
            f'<text x="{x(day):.1f}" y="{HEIGHT - 8}" text-anchor="{anchor}" fill="#333">'
            f"{escape(format_date(day, 'd MMM'))}</text>"
        )
    return "".join(texts)


def _lines(values: Mapping[date, float], x: Callable[[date], float], y: Callable[[float], float]) -> list[str]:
    """The points of each stretch without a long gap."""
    lines: list[list[str]] = []
    before: date | None = None
    for day in sorted(values):
        if before is None or (day - before).days > _LONGEST_GAP:
            lines.append([])
        lines[-1].append(f"{x(day):.1f},{y(values[day]):.1f}")
        before = day
    return [" ".join(line) if len(line) > 1 else f"{line[0]} {line[0]}" for line in lines]
