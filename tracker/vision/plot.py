"""A picture of one set: the measured angle over time, its phases, the repetitions and where we could not tell.

Built as Vega-Lite through Altair and drawn to SVG by vl-convert, without any network. The input is the summary that
`tracker.vision.analysis.analyze` returns; times are seconds from the start of the recording. Colour never stands
alone: sides differ in line style, repetitions carry their number, phases their name.
"""

from __future__ import annotations

from gettext import gettext as _
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import altair as alt
import vl_convert

from tracker.vision.outputs import write_text
from tracker.vision.wording import PHASES, words

_INK, _QUIET, _GRID = "#1d2a30", "#5b676d", "#e3e0da"
_SIDES: Final = {"left": ("#0f5b5a", [1, 0]), "right": ("#d1492e", [6, 3]), "both": ("#0f5b5a", [1, 0])}
_COUNTED, _UNCOUNTED, _CANNOT_TELL = "#2f7d4f", "#9a6400", "#9aa3a7"
_PHASE_COLOURS: Final = {
    "idle": "#eceae5", "ready": "#dfe7e4", "start": "#cfe0dc", "out": "#8cc0b8", "peak": "#0f5b5a",
    "back": "#e6a897", "cannot_tell": _CANNOT_TELL,
}  # fmt: skip
_WIDTH = 960
_BARE = alt.Axis(labels=False, ticks=False)  # the strip of phases below carries the seconds


def save_plot(summary: dict[str, Any], path: Path) -> None:
    """Write the plot of ``summary`` as SVG. Raises `OutputError` when the file cannot be written."""
    write_text(path, plot_svg(summary))


def plot_svg(summary: dict[str, Any]) -> str:
    """The plot of ``summary`` as SVG text."""
    with alt.data_transformers.enable("default", max_rows=None):  # a minute at 60 fps has more rows than the default
        spec = _chart(summary).to_dict()
    return str(vl_convert.vegalite_to_svg(spec))


def _chart(summary: dict[str, Any]) -> Any:
    trace = summary["trace"]
    times = trace["t"]
    last = max([times[-1] if times else 0.0, summary.get("duration_s") or 0.0, 0.001])
    x = alt.X("t:Q", title=None, axis=_BARE, scale=alt.Scale(domain=[0, last], nice=False))
    layers = [*_spans(summary, last), *_curves(trace, x)]
    above = alt.layer(*layers).properties(width=_WIDTH, height=280)
    below = _phases(trace, last).properties(width=_WIDTH, height=22)
    return (
        alt.vconcat(above, below, spacing=6)
        .resolve_scale(color="independent", strokeDash="independent")
        .properties(title=alt.Title(_headline(summary), subtitle=_subtitle(summary)))
        .configure(font="Inter, Helvetica, Arial, sans-serif", background="#ffffff")
        .configure_view(stroke=None)
        .configure_axis(labelColor=_QUIET, titleColor=_QUIET, gridColor=_GRID, domainColor=_GRID, tickColor=_GRID)
        .configure_title(anchor="start", offset=20, color=_INK, subtitleColor=_QUIET, fontSize=16)
        .configure_legend(labelColor=_QUIET, titleColor=_QUIET, orient="bottom")
    )


def _data(rows: list[dict[str, Any]]) -> Any:
    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def _headline(summary: dict[str, Any]) -> str:
    if summary["kind"] == "hold":
        return _("{exercise}: {seconds:.0f} s held").format(exercise=summary["exercise"], seconds=summary["held_s"])
    return _("{exercise}: {count} repetitions").format(exercise=summary["exercise"], count=summary["count"])


def _subtitle(summary: dict[str, Any]) -> str:
    seconds = sum(summary["gate"].values())
    parts = [_("engine {version}").format(version=summary["engine_version"])]
    if summary.get("partial"):
        parts.append(_("{count} partial").format(count=summary["partial"]))
    if seconds:
        parts.append(_("{seconds:.1f} s could not tell").format(seconds=seconds))
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
    line = alt.Chart(_data(rows)).mark_line(strokeWidth=2).encode(
        x=x,
        y=alt.Y("value:Q", title=f"{trace['measure'].replace('_', ' ')} ({unit})", scale=alt.Scale(zero=False)),
        color=alt.Color("side:N", title=_("side"), scale=alt.Scale(domain=names, range=[_SIDES[s][0] for s in sides])),
        strokeDash=alt.StrokeDash(
            "side:N", title=_("side"), scale=alt.Scale(domain=names, range=[_SIDES[s][1] for s in sides])
        ),
    )  # fmt: skip
    return [line]


def _spans(summary: dict[str, Any], last: float) -> list[alt.Chart]:
    """Shaded spans of repetitions and holds with their number above, and grey where the engine could not tell."""
    rows = [
        {
            "from": span["start"],
            "to": span["end"],
            "middle": (span["start"] + span["end"]) / 2,
            "colour": _COUNTED if span["counted"] else _UNCOUNTED,
            "label": str(number) if span["counted"] else f"({number})",
        }
        for number, span in enumerate([*summary["repetitions"], *summary["holds"]], start=1)
    ]
    x = alt.X("from:Q", title=None, axis=_BARE, scale=alt.Scale(domain=[0, last], nice=False))
    blind = [
        {"from": start, "to": end, "colour": _CANNOT_TELL}
        for phase, start, end in _runs(summary["trace"], last)
        if phase == "cannot_tell"
    ]
    colour = alt.Color("colour:N", scale=None)
    bands = [
        alt.Chart(_data(values)).mark_rect(opacity=opacity).encode(x=x, x2="to:Q", color=colour)
        for values, opacity in ((blind, 0.25), (rows, 0.13))
        if values
    ]
    if not rows:
        return bands
    numbers = (
        alt.Chart(_data(rows))
        .mark_text(baseline="bottom", fontSize=13, fontWeight="bold", dy=-3)
        .encode(x=alt.X("middle:Q", title=None, axis=_BARE), y=alt.value(0), text="label:N", color=colour)
    )
    return [*bands, numbers]


def _phases(trace: dict[str, Any], last: float) -> Any:
    present = [*dict.fromkeys(trace["phase"])]
    rows = [{"from": a, "to": b, "phase": words(PHASES, phase)} for phase, a, b in _runs(trace, last)]
    scale = alt.Scale(
        domain=[words(PHASES, phase) for phase in present],
        range=[_PHASE_COLOURS.get(phase, _GRID) for phase in present],
    )
    return alt.Chart(_data(rows)).mark_rect().encode(
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
