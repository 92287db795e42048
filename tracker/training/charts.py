"""The chart of one set: the measured angle over time, the phases behind it, the repetitions on it.

The definition is Vega-Lite through Altair. It names no colour of the page (text, grid and axes come from the page's own
theme); the colours of the series read on both grounds, and shape or dash says the same as colour. Every chart carries a
sentence and a table with the same content.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_decimal, gettext, ngettext

from tracker.training import texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tracker.training.ledger import Bead, HoldLine

HEIGHT: Final = 240
MOST_CHART_POINTS: Final = 2_000

# Chosen to keep 3:1 against both grounds (#faf8f5 and #12181d).
LEFT_COLOUR: Final = "#1d8a83"
RIGHT_COLOUR: Final = "#c9683a"
MARKS: Final = ("#2f8d59", "#b8741a")  # counted, not counted
BANDS: Final = {"out": "#1d8a83", "peak": "#b8860b", "back": "#6b7fb3", "cannot_tell": "#8a8f94"}


@dataclass(frozen=True, slots=True)
class ChartWords:
    """What a chart says without a picture: a sentence, and the repetitions as a table."""

    text: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart ready for a page: `spec` (Vega-Lite), `text` (the alternative) and the same content as a table."""

    id: str
    spec: dict[str, Any]
    text: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def angle_chart(
    chart_id: str, summary: Mapping[str, Any], beads: Sequence[Bead], holds: Sequence[HoldLine]
) -> ChartView | None:
    """The chart of a stored SetSummary; None where there is no curve (a set without camera, or nobody seen)."""
    trace = curve_of(summary)
    if trace is None:
        return None
    words = chart_words(summary, trace, beads, holds)
    return ChartView(
        id=chart_id,
        spec=_spec(trace, beads, holding=bool(holds)),
        text=words.text,
        columns=words.columns,
        rows=words.rows,
    )


def curve_of(summary: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The measure over time as the engine stored it, light enough for a page; None where there is no curve."""
    trace = summary.get("trace")
    return _thinned(trace) if trace and trace["t"] else None


def chart_words(
    summary: Mapping[str, Any], trace: Mapping[str, Any], beads: Sequence[Bead], holds: Sequence[HoldLine]
) -> ChartWords:
    """The words of the chart of this curve."""
    return ChartWords(
        text=_sentence(summary, trace, beads, holds),
        columns=_columns(),
        rows=tuple(_bead_row(bead) for bead in beads) + tuple(_hold_row(hold) for hold in holds),
    )


def _thinned(trace: Mapping[str, Any]) -> Mapping[str, Any]:
    """Every n-th point, so that a page with many long sets stays light; a chart is some 1,000 pixels wide."""
    every = -(-len(trace["t"]) // MOST_CHART_POINTS)
    if every <= 1:
        return trace
    return {key: value[::every] if isinstance(value, list) else value for key, value in trace.items()}


def _spec(trace: Mapping[str, Any], beads: Sequence[Bead], *, holding: bool) -> dict[str, Any]:
    import altair as alt

    measure = f"{texts.say(texts.MEASURES, trace['measure'])} ({texts.say(texts.UNITS, trace['unit'])})"
    time = alt.X("t:Q", title=gettext("Seconds"), scale=alt.Scale(nice=False, zero=False))
    layers = [_bands(alt, trace, holding=holding), _curves(alt, trace, time, measure)]
    if beads:
        layers.append(_marks(alt, trace, beads))
    chart = (
        alt.layer(*layers)
        .resolve_scale(color="independent", shape="independent")
        .properties(width="container", height=HEIGHT)
    )
    spec: dict[str, Any] = chart.to_dict()
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    # Instead of Altair's own defaults: one legend per line, so that they fit a phone. All else is the page's theme.
    spec["config"] = {"legend": {"layout": {"bottom": {"direction": "vertical", "anchor": "start"}}}}
    return spec


def _bands(alt: Any, trace: Mapping[str, Any], *, holding: bool) -> Any:
    names = {phase: texts.say(texts.PHASES, "hold" if holding and phase == "peak" else phase) for phase in BANDS}
    rows = [
        {"t": start, "end": end, "phase": names[phase]} for phase, start, end in phase_runs(trace) if phase in names
    ]
    present = [phase for phase in BANDS if any(row["phase"] == names[phase] for row in rows)]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_rect(opacity=0.16)
        .encode(
            x="t:Q",
            x2="end:Q",
            color=alt.Color(
                "phase:N",
                title=None,
                scale=alt.Scale(domain=[names[phase] for phase in present], range=[BANDS[phase] for phase in present]),
                legend=alt.Legend(orient="bottom", titleOrient="left"),
            ),
            tooltip=[alt.Tooltip("phase:N", title=gettext("Phase"))],
        )
    )


def _curves(alt: Any, trace: Mapping[str, Any], time: Any, measure: str) -> Any:
    sides = [side for side in ("left", "right") if any(value is not None for value in trace.get(side) or ())]
    names = {side: texts.say(texts.SIDES, side) for side in sides}
    rows = [
        {"t": moment, "value": value, "side": names[side]}
        for side in sides
        for moment, value in zip(trace["t"], trace[side], strict=True)
    ]
    order = [names[side] for side in sides]
    colours = {"left": LEFT_COLOUR, "right": RIGHT_COLOUR}
    dashes: dict[str, list[int]] = {"left": [1, 0], "right": [6, 3]}
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_line(strokeWidth=2, invalid="break-paths-show-path-domains")
        .encode(
            x=time,
            y=alt.Y("value:Q", title=measure, scale=alt.Scale(zero=False)),
            color=alt.Color(
                "side:N",
                title=gettext("Side"),
                scale=alt.Scale(domain=order, range=[colours[side] for side in sides]),
                legend=alt.Legend(orient="bottom", titleOrient="left"),
            ),
            strokeDash=alt.StrokeDash(
                "side:N", scale=alt.Scale(domain=order, range=[dashes[side] for side in sides]), legend=None
            ),
        )
    )


def _marks(alt: Any, trace: Mapping[str, Any], beads: Sequence[Bead]) -> Any:
    counted, partial = gettext("Counted"), gettext("Not counted")
    rows = [
        {
            "t": bead.peak_s,
            "value": bead.range_peak,
            "number": bead.position,
            "verdict": counted if bead.counted else partial,
            "why": bead.reason_text,
        }
        for bead in beads
        if bead.peak_s is not None and bead.range_peak is not None and bead.measure == trace["measure"]
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_point(size=90, filled=True, opacity=1)
        .encode(
            x="t:Q",
            y="value:Q",
            shape=alt.Shape(
                "verdict:N",
                title=gettext("Repetition"),
                scale=alt.Scale(domain=[counted, partial], range=["circle", "cross"]),
                legend=alt.Legend(orient="bottom", titleOrient="left"),
            ),
            color=alt.Color(
                "verdict:N",
                title=gettext("Repetition"),
                scale=alt.Scale(domain=[counted, partial], range=list(MARKS)),
                legend=alt.Legend(orient="bottom", titleOrient="left"),
            ),
            tooltip=[
                alt.Tooltip("number:Q", title=gettext("Number")),
                alt.Tooltip("verdict:N", title=gettext("Repetition")),
                alt.Tooltip("why:N", title=gettext("Why")),
            ],
        )
    )


def phase_runs(trace: Mapping[str, Any]) -> Iterator[tuple[str, float, float]]:
    """Stretches of one phase: (phase, from, to) in seconds; a stretch ends where the next one begins."""
    points = list(zip(trace["phase"], trace["t"], strict=True))
    starts = [(phase, next(run)[1]) for phase, run in groupby(points, key=lambda point: point[0])]
    ends = [start for _phase, start in starts[1:]] + [trace["t"][-1]]
    for (phase, start), end in zip(starts, ends, strict=True):
        yield phase, start, end


def _sentence(
    summary: Mapping[str, Any], trace: Mapping[str, Any], beads: Sequence[Bead], holds: Sequence[HoldLine]
) -> str:
    values = [value for side in ("left", "right") for value in trace.get(side) or () if value is not None]
    parts = [
        gettext(
            "%(measure)s over %(duration)s.",
            measure=texts.say(texts.MEASURES, trace["measure"]),
            duration=texts.duration(summary["duration_s"]),
        )
    ]
    if values:
        low, high = texts.amount(min(values), trace["unit"]), texts.amount(max(values), trace["unit"])
        parts.append(gettext("It went from %(low)s to %(high)s.", low=low, high=high))
    if beads:
        counted = sum(bead.counted for bead in beads)
        parts.append(ngettext("%(num)d repetition counted.", "%(num)d repetitions counted.", counted))
        if counted < len(beads):
            parts.append(ngettext("%(num)d not counted.", "%(num)d not counted.", len(beads) - counted))
    if holds:
        parts.append(gettext("Held for %(duration)s.", duration=texts.duration(summary["held_s"])))
    blind = sum(end - start for phase, start, end in phase_runs(trace) if phase == "cannot_tell")
    if blind >= 1:
        parts.append(gettext("For %(duration)s the camera could not tell.", duration=texts.duration(blind)))
    return " ".join(parts)


def _columns() -> tuple[str, ...]:
    return (
        gettext("No."),
        gettext("Side"),
        gettext("Start (s)"),
        gettext("Turning point (s)"),
        gettext("End (s)"),
        gettext("From"),
        gettext("To"),
        gettext("Counted"),
    )


def _seconds(value: float | None) -> str:
    return "" if value is None else str(format_decimal(value, format="0.0"))


def _bead_row(bead: Bead) -> tuple[str, ...]:
    return (
        str(bead.position),
        bead.side_text,
        _seconds(bead.start_s),
        _seconds(bead.peak_s),
        _seconds(bead.end_s),
        texts.amount(bead.range_start, bead.unit),
        texts.amount(bead.range_peak, bead.unit),
        gettext("Yes") if bead.counted else gettext("No"),
    )


def _hold_row(hold: HoldLine) -> tuple[str, ...]:
    return (
        str(hold.number),
        hold.side_text,
        _seconds(hold.start),
        "",
        _seconds(hold.end),
        "",
        "",
        gettext("Yes") if hold.counted else gettext("No"),
    )
