"""A picture of one set: the measured angle over time, its phases, the repetitions and where we could not tell.

Built as Vega-Lite through Altair and drawn to SVG by vl-convert, without any network. The input is the summary that
`tracker.vision.analysis.analyze` returns, with or without ``gated`` (stretches with start, end and the reason why the
engine could not tell, as `tracker.vision.evaluation` adds them); times are seconds from the start of the recording.
Colour never stands alone: sides differ in line style, repetitions carry their number and a mark whose shape says
whether they counted, phases their name. Limits: reasons are written only where a stretch is wide enough for them.
"""

from __future__ import annotations

from gettext import gettext as _
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, Final

import altair as alt
import vl_convert

from exercises.repetitions import PARTIAL_REASONS
from tracker.vision.outputs import write_text
from tracker.vision.wording import GATE, PHASES, words

INK, QUIET, _GRID = "#1d2a30", "#5b676d", "#e3e0da"
_SIDES: Final = {"left": ("#0f5b5a", [1, 0]), "right": ("#d1492e", [6, 3]), "both": ("#0f5b5a", [1, 0])}
_COUNTED, _UNCOUNTED, _REFUSED, _CANNOT_TELL = "#2f7d4f", "#9a6400", "#a3302a", "#9aa3a7"
_MARKS: Final = {
    "counted": (_COUNTED, "circle", "{}"), "partial": (_UNCOUNTED, "triangle-up", "({})"),
    "not counted": (_REFUSED, "cross", "[{}]"),
}  # fmt: skip
"""Verdict on a repetition: colour, shape of its mark, and how its number is written."""
_PHASE_COLOURS: Final = {
    "idle": "#eceae5", "ready": "#dfe7e4", "start": "#cfe0dc", "out": "#8cc0b8", "peak": "#0f5b5a",
    "back": "#e6a897", "cannot_tell": _CANNOT_TELL,
}  # fmt: skip
_WIDTH, _HEIGHT = 960, 280
_SHORTEST_GAP_S = 0.25  # between points that lie 0.1 s apart
_LETTER_PX = 6.2  # mean width of a letter at 11 px, to know whether a reason fits into its stretch
_BARE = alt.Axis(labels=False, ticks=False)  # the strip of phases below carries the seconds


def save_plot(summary: dict[str, Any], path: Path, *, note: str | None = None) -> None:
    """Write the plot of ``summary`` as SVG. Raises `OutputError` when the file cannot be written."""
    write_text(path, plot_svg(summary, note=note))


def plot_svg(summary: dict[str, Any], *, note: str | None = None) -> str:
    """The plot of ``summary`` as SVG text; ``note`` begins its second line."""
    return svg_of(_chart(summary, note))


def svg_of(chart: Any) -> str:
    """A chart as SVG text."""
    with alt.data_transformers.enable("default", max_rows=None):  # a minute at 60 fps has more rows than the default
        return str(vl_convert.vegalite_to_svg(chart.to_dict()))


def _chart(summary: dict[str, Any], note: str | None) -> Any:
    trace = summary["trace"]
    times = trace["t"]
    last = max([times[-1] if times else 0.0, summary.get("duration_s") or 0.0, 0.001])
    x = alt.X("t:Q", title=None, axis=_BARE, scale=alt.Scale(domain=[0, last], nice=False))
    layers = [*_spans(summary, last), *_curves(trace, x)]
    above = alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT)
    below = _phases(trace, last).properties(width=_WIDTH, height=22)
    chart = alt.vconcat(above, below, spacing=6).resolve_scale(color="independent", strokeDash="independent")
    return dressed(chart, _headline(summary), _subtitle(summary, note), offset=20)


def dressed(chart: Any, headline: str, subtitle: Any, *, offset: int) -> Any:
    """A chart with its title ``offset`` pixels above it, in the looks of our pictures."""
    return (
        chart.properties(title=alt.Title(headline, subtitle=subtitle))
        .configure(font="Inter, Helvetica, Arial, sans-serif", background="#ffffff")
        .configure_view(stroke=None)
        .configure_axis(labelColor=QUIET, titleColor=QUIET, gridColor=_GRID, domainColor=_GRID, tickColor=_GRID)
        .configure_title(anchor="start", offset=offset, color=INK, subtitleColor=QUIET, fontSize=16)
        .configure_legend(labelColor=QUIET, titleColor=QUIET, orient="bottom")
    )


def data_of(rows: list[dict[str, Any]]) -> Any:
    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def _headline(summary: dict[str, Any]) -> str:
    if summary["kind"] == "hold":
        return _("{exercise}: {seconds:.0f} s held").format(exercise=summary["exercise"], seconds=summary["held_s"])
    return _("{exercise}: {count} repetitions").format(exercise=summary["exercise"], count=summary["count"])


def _subtitle(summary: dict[str, Any], note: str | None) -> str:
    seconds = sum(summary["gate"].values())
    parts = [note] if note else []
    parts += [_("engine {version}").format(version=summary["engine_version"])]
    if summary.get("partial"):
        parts.append(_("{count} partial").format(count=summary["partial"]))
    if seconds:
        told = _("{seconds:.1f} s could not tell").format(seconds=seconds)
        reasons = ", ".join(f"{words(GATE, reason)} {part:.1f} s" for reason, part in summary["gate"].items())
        parts.append(f"{told} ({reasons})")
    return " · ".join(parts)


def _curves(trace: dict[str, Any], x: alt.X) -> list[alt.Chart]:
    sides = [side for side in _SIDES if any(value is not None for value in trace.get(side) or ())]
    rows = [
        {"t": t, "value": value, "side": _(side)}
        for side in sides
        for t, value in zip(trace["t"], trace[side], strict=True)
    ]
    unit = "°" if trace["unit"] == "deg" else trace["unit"]
    names = [_(side) for side in sides]
    title = f"{trace['measure'].replace('_', ' ')} ({unit})"
    line = alt.Chart(data_of(rows)).mark_line(strokeWidth=2).encode(
        x=x,
        y=alt.Y("value:Q", title=title if sides else None, scale=alt.Scale(zero=False)),
        color=alt.Color("side:N", title=_("side"), scale=alt.Scale(domain=names, range=[_SIDES[s][0] for s in sides])),
        strokeDash=alt.StrokeDash(
            "side:N", title=_("side"), scale=alt.Scale(domain=names, range=[_SIDES[s][1] for s in sides])
        ),
    )  # fmt: skip
    return [line]


def _spans(summary: dict[str, Any], last: float) -> list[alt.Chart]:
    """Shaded spans of repetitions and holds with number and mark above, and grey where the engine could not tell."""
    rows = [_span(number, span) for number, span in enumerate([*summary["repetitions"], *summary["holds"]], start=1)]
    blind = _blind(summary, last)
    x = alt.X("from:Q", title=None, axis=_BARE, scale=alt.Scale(domain=[0, last], nice=False))
    colour = alt.Color("colour:N", scale=None)
    layers = [
        alt.Chart(data_of(values)).mark_rect(opacity=opacity).encode(x=x, x2="to:Q", color=colour)
        for values, opacity in ((blind, 0.25), (rows, 0.13))
        if values
    ]
    middle = alt.X("middle:Q", title=None, axis=_BARE)
    told = [stretch for stretch in blind if stretch["label"]]
    if told:
        layers.append(
            alt.Chart(data_of(told))
            .mark_text(baseline="bottom", fontSize=11, color=QUIET, dy=-4)
            .encode(x=middle, y=alt.value(_HEIGHT), text="label:N")
        )
    if rows:
        layers += [_numbers(rows, middle), _marks(rows, middle)]
    return layers


def _numbers(rows: list[dict[str, Any]], middle: alt.X) -> Any:
    return (
        alt.Chart(data_of(rows))
        .mark_text(baseline="bottom", fontSize=13, fontWeight="bold", dy=-3)
        .encode(x=middle, y=alt.value(0), text="label:N", color=alt.Color("colour:N", scale=None))
    )


def _marks(rows: list[dict[str, Any]], middle: alt.X) -> Any:
    names = [_(name) for name in _MARKS]
    shape = alt.Shape(
        "verdict:N", title=_("repetition"), scale=alt.Scale(domain=names, range=[mark[1] for mark in _MARKS.values()])
    )
    return (
        alt.Chart(data_of(rows))
        .mark_point(size=70, filled=True, opacity=1)
        .encode(x=middle, y=alt.value(9), shape=shape, color=alt.Color("colour:N", scale=None))
    )


def _span(number: int, judged: dict[str, Any]) -> dict[str, Any]:
    verdict = _verdict(judged)
    colour, _shape, label = _MARKS[verdict]
    return {
        "from": judged["start"],
        "to": judged["end"],
        "middle": (judged["start"] + judged["end"]) / 2,
        "colour": colour,
        "verdict": _(verdict),
        "label": label.format(number),
    }


def _verdict(judged: dict[str, Any]) -> str:
    """Counted, partial or not counted, as the engine's own totals have it (a broken hold is a partial one)."""
    if judged["counted"]:
        return "counted"
    partial = "held_s" in judged or judged["reason"] in PARTIAL_REASONS
    return "partial" if partial else "not counted"


def _blind(summary: dict[str, Any], last: float) -> list[dict[str, Any]]:
    """Where the engine could not tell, with the reason where the summary has it and the stretch is wide enough."""
    gated = summary.get("gated")
    bridged = [("", start, end) for start, end in _gaps(summary["trace"]["t"])]
    if gated is None:
        runs = [("", start, end) for phase, start, end in _runs(summary["trace"], last) if phase == "cannot_tell"]
    else:
        runs = [(words(GATE, stretch["reason"]), stretch["start"], stretch["end"]) for stretch in gated]
    return [
        {
            "from": start,
            "to": end,
            "middle": (start + end) / 2,
            "colour": _CANNOT_TELL,
            "label": reason if len(reason) * _LETTER_PX < (end - start) / last * _WIDTH else "",
        }
        for reason, start, end in (*bridged, *runs)
    ]


def _gaps(times: list[float]) -> list[tuple[float, float]]:
    """Stretches without a single point: short losses of sight, which the engine bridges without a word."""
    steps = [later - earlier for earlier, later in pairwise(times)]
    if not steps:
        return []
    longest = max(_SHORTEST_GAP_S, 2.5 * median(steps))
    return [(start, end) for start, end in pairwise(times) if end - start > longest]


def _phases(trace: dict[str, Any], last: float) -> Any:
    present = [*dict.fromkeys(trace["phase"])]
    rows = [{"from": a, "to": b, "phase": words(PHASES, phase)} for phase, a, b in _runs(trace, last)]
    scale = alt.Scale(
        domain=[words(PHASES, phase) for phase in present],
        range=[_PHASE_COLOURS.get(phase, _GRID) for phase in present],
    )
    return alt.Chart(data_of(rows)).mark_rect().encode(
        x=alt.X("from:Q", title=_("seconds"), scale=alt.Scale(domain=[0, last], nice=False)),
        x2="to:Q",
        color=alt.Color("phase:N", title=_("phase"), scale=scale),
    )  # fmt: skip


def _runs(trace: dict[str, Any], last: float) -> list[tuple[str, float, float]]:
    """The phases as (phase, from, to), neighbouring frames of one phase joined."""
    if not trace["t"]:
        return []
    starts = [
        (phase, time)
        for index, (phase, time) in enumerate(zip(trace["phase"], trace["t"], strict=True))
        if index == 0 or trace["phase"][index - 1] != phase
    ]
    return [(phase, start, end) for (phase, start), (_next, end) in pairwise([*starts, ("", last)])]
