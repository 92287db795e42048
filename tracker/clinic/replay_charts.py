"""The angle of one set over time, as an SVG of our own: phases behind it, repetitions and faults on it, and room for
the line that moves with the replay.

Its width is all time, from the first to the last second, whatever the width of the page: horizontal places are
percent, so a script finds the moment under a finger by a division. Only the curve is stretched, with a pen that is not.
No colour is named here (static/css/replay.css); shape, dash and words say the same as colour.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_decimal, gettext
from markupsafe import Markup, escape

from tracker.training import texts
from tracker.training.charts import BANDS, chart_words, phase_runs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tracker.clinic.replay_data import Move
    from tracker.training.ledger import SetView

HEIGHT: Final = 220
_TOP: Final = 26
_BOTTOM: Final = 24
_PLOT_BOTTOM: Final = HEIGHT - _BOTTOM
_FAULTS_AT: Final = 13
_MOST_TICKS: Final = 5
_MOST_MOMENTS: Final = 6
_MOST_POINTS: Final = 600
"""Of a drawn curve: about one for each pixel beside the figures."""
_SECONDS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600)
_DEGREES: Final = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 45.0, 90.0)
_LENGTHS: Final = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_STRETCHED: Final = 10_000
"""Units of the curve's own width."""


_Point = tuple[float, "float | None"]


@dataclass(frozen=True, slots=True)
class SetChart:
    """The picture, and everything that it says in words. `until_s`: the moment at its right edge."""

    svg: Markup
    axis: str
    until_s: float
    text: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[tuple[str, str], ...]
    """What is in it: class of the sample, and its name."""


@dataclass(frozen=True, slots=True)
class _Scale:
    until_s: float
    low: float
    high: float

    def x(self, moment: float) -> float:
        """Percent of the width."""
        return min(max(moment / self.until_s, 0.0), 1.0) * 100

    def y(self, value: float) -> float:
        part = (value - self.low) / (self.high - self.low)
        return _PLOT_BOTTOM - min(max(part, 0.0), 1.0) * (_PLOT_BOTTOM - _TOP)


def set_chart(view: SetView, summary: Mapping[str, Any], trace: Mapping[str, Any], moves: Sequence[Move]) -> SetChart:
    """The chart of one set. `trace`: its curve, light enough for a page (training.charts.curve_of)."""
    words = chart_words(summary, trace, view.repetitions, view.holds)
    scale = _scale(trace, view.duration_s)
    inner = "".join(
        (
            *_bands(trace, scale, holding=bool(view.holds)),
            *_ticks(trace, scale),
            *_curves(trace, scale),
            *_marks(trace, moves, scale),
            *_faults(moves, scale),
        )
    )
    svg = Markup(  # noqa: S704  # numbers of ours, and words that are escaped
        f'<svg class="plot" width="100%" height="{HEIGHT}" role="img" aria-label="{escape(words.text)}">{inner}'
        f'<line class="playhead" x1="0" x2="0" y1="4" y2="{_PLOT_BOTTOM}"/></svg>'
    )
    legend = tuple(_legend(trace, moves, holding=bool(view.holds)))
    return SetChart(svg, _axis(trace), scale.until_s, words.text, words.columns, words.rows, legend)


def until_s(view: SetView, trace: Mapping[str, Any] | None) -> float:
    """The last moment of a set, in seconds since it began."""
    return max(view.duration_s, trace["t"][-1] if trace else 0.0, 1.0)


def sides_in(trace: Mapping[str, Any]) -> list[str]:
    """The sides that were measured."""
    return [side for side in ("left", "right") if any(value is not None for value in trace.get(side) or ())]


def _scale(trace: Mapping[str, Any], duration_s: float) -> _Scale:
    values = [value for side in sides_in(trace) for value in trace[side] if value is not None] or [0.0]
    low, high = min(values), max(values)
    room = max((high - low) * 0.08, 1.0 if trace["unit"] == "deg" else 0.02)
    return _Scale(max(duration_s, trace["t"][-1], 1.0), low - room, high + room)


def _bands(trace: Mapping[str, Any], scale: _Scale, *, holding: bool) -> Iterator[str]:
    for phase, start, end in phase_runs(trace):
        if phase not in BANDS or end <= start:
            continue
        left, width = scale.x(start), scale.x(end) - scale.x(start)
        yield (
            f'<rect class="band {phase}" x="{left:.2f}%" width="{width:.2f}%" y="{_TOP}" '
            f'height="{_PLOT_BOTTOM - _TOP}"><title>{escape(_phase_name(phase, holding=holding))}</title></rect>'
        )


def _phase_name(phase: str, *, holding: bool) -> str:
    return texts.say(texts.PHASES, "hold" if holding and phase == "peak" else phase)


def _axis(trace: Mapping[str, Any]) -> str:
    """What the values are; degrees carry their sign themselves."""
    measure = texts.say(texts.MEASURES, trace["measure"])
    return measure if trace["unit"] == "deg" else f"{measure} ({texts.say(texts.UNITS, trace['unit'])})"


def _value(value: float, unit: str) -> str:
    return texts.amount(value, unit) if unit == "deg" else str(format_decimal(value, format="0.00"))


def _ticks(trace: Mapping[str, Any], scale: _Scale) -> Iterator[str]:
    for value in _nice(scale.low, scale.high, _DEGREES if trace["unit"] == "deg" else _LENGTHS):
        y = scale.y(value)
        yield (
            f'<line class="grid" x1="0" x2="100%" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text class="value" x="-6" y="{y + 4:.1f}">{escape(_value(value, trace["unit"]))}</text>'
        )
    yield f'<line class="base" x1="0" x2="100%" y1="{_PLOT_BOTTOM}" y2="{_PLOT_BOTTOM}"/>'
    step = next((each for each in _SECONDS if scale.until_s / each <= _MOST_MOMENTS), _SECONDS[-1])
    for moment in range(step, int(scale.until_s) + 1, step):
        x = scale.x(moment)
        if x > 97:  # noqa: PLR2004  # its words would lie outside
            continue
        yield f'<text class="moment" x="{x:.2f}%" y="{HEIGHT - 7}">{escape(texts.duration(moment))}</text>'


def _nice(low: float, high: float, steps: Sequence[float]) -> Iterator[float]:
    """Round numbers between two values, a few of them."""
    step = next((each for each in steps if (high - low) / each <= _MOST_TICKS), steps[-1])
    for number in range(ceil(low / step), floor(high / step) + 1):
        yield number * step


def _curves(trace: Mapping[str, Any], scale: _Scale) -> Iterator[str]:
    paths = "".join(
        f'<path class="curve {side}" vector-effect="non-scaling-stroke" d="{_path(trace["t"], trace[side], scale)}"/>'
        for side in sides_in(trace)
    )
    yield (
        f'<svg x="0" y="0" width="100%" height="{HEIGHT}" viewBox="0 0 {_STRETCHED} {HEIGHT}" '
        f'preserveAspectRatio="none" aria-hidden="true">{paths}</svg>'
    )


def _path(times: Sequence[float], values: Sequence[float | None], scale: _Scale) -> str:
    """The curve, with a gap wherever the camera could not tell."""
    parts: list[str] = []
    pen = "M"
    for moment, value in _extremes(list(zip(times, values, strict=True))):
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{scale.x(moment) * _STRETCHED / 100:.0f} {scale.y(value):.1f}")
        pen = "L"
    return "".join(parts)


def _extremes(points: list[_Point]) -> Iterator[_Point]:
    """Of a long set the lowest and the highest of every few points, so that no turning point is lost; the picture has
    no room for more. A gap stays one.
    """
    few = -(-len(points) * 2 // _MOST_POINTS)
    if few <= 2:  # noqa: PLR2004  # two of two are all
        yield from points
        return
    for first in range(0, len(points), few):
        group = points[first : first + few]
        seen = [(value, moment) for moment, value in group if value is not None]
        if len(seen) < len(group):
            yield group[0][0], None
        if seen:
            yield from sorted((moment, value) for value, moment in {min(seen), max(seen)})


def _marks(trace: Mapping[str, Any], moves: Sequence[Move], scale: _Scale) -> Iterator[str]:
    """A ring where a counted repetition turned back, a cross where one did not count."""
    for move in moves:
        if move.peak is None or move.reached is None or move.measure != trace["measure"]:
            continue
        x, y = scale.x(move.peak), scale.y(move.reached)
        title = f"<title>{escape(move.words)}</title>"
        if move.counted:
            yield f'<circle class="mark counted" cx="{x:.2f}%" cy="{y:.1f}" r="5">{title}</circle>'
        else:
            yield (
                f'<svg class="mark missed" x="{x:.2f}%" y="{y:.1f}" width="1" height="1" overflow="visible">{title}'
                '<path d="M-5 -5L5 5M5 -5L-5 5"/></svg>'
            )


def _faults(moves: Sequence[Move], scale: _Scale) -> Iterator[str]:
    for move in moves:
        for moment, name in move.faults:
            yield (
                f'<svg class="mark fault" x="{scale.x(moment):.2f}%" y="{_FAULTS_AT}" width="1" height="1" '
                f'overflow="visible"><title>{escape(name)}</title><path d="M0 6L-6 -5H6Z"/></svg>'
            )


def _legend(trace: Mapping[str, Any], moves: Sequence[Move], *, holding: bool) -> Iterator[tuple[str, str]]:
    for side in sides_in(trace):
        yield f"curve {side}", texts.say(texts.SIDES, side)
    present = {phase for phase, start, end in phase_runs(trace) if end > start}
    for phase in BANDS:
        if phase in present:
            yield f"band {phase}", _phase_name(phase, holding=holding)
    if any(move.counted and move.reached is not None for move in moves):
        yield "mark counted", gettext("Counted")
    if any(not move.counted and move.reached is not None for move in moves):
        yield "mark missed", gettext("Not counted")
    if any(move.faults for move in moves):
        yield "mark fault", gettext("Form")
