"""The time line of pain as a physiotherapist reads it: averages, worst, what is usual (mu0 +- s0) and the smoothed line
(EWMA) that the rules look at, with a mark on each day that asked for somebody.

The definition is Vega-Lite through Altair and names no colour of the page; the series' colours keep 3:1 against both
grounds, and shape or dash says the same. The key is the page's own (`alerts/_parts.html`), since it has to fit a phone.
A sentence and a table carry the same content. Days are the patient's own
calendar days: they are drawn in UTC, so that no browser's zone moves them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_date, format_decimal, gettext, ngettext

from tracker.alerts import texts
from tracker.regimen.rules_levels import Level
from tracker.training.charts import ChartView

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tracker.alerts.service import Evaluation

HEIGHT: Final = 220
AVERAGE_COLOUR: Final = "#1d8a83"
WORST_COLOUR: Final = "#c9683a"
SMOOTHED_COLOUR: Final = "#6b7fb3"
USUAL_COLOUR: Final = "#8a8f94"
PLAN_COLOUR: Final = "#8a8f94"
LEVEL_COLOURS: Final = {Level.SELF_CARE: "#b8741a", Level.REVIEW: "#b8741a", Level.URGENT: "#c8453c"}


@dataclass(frozen=True, slots=True)
class PainDay:
    """One of the patient's days: what was told, what is usual, and which rules were in force. None: not told."""

    day: date
    average: float | None
    worst: float | None
    interference: float | None
    baseline: float
    spread: float
    smoothed: float | None
    trigger: Level
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened on a day besides pain: a change of the plan, a disposition."""

    day: date
    text: str


def pain_days(evaluation: Evaluation, first: date, last: date) -> tuple[PainDay, ...]:
    """The days of an evaluation from `first` to `last`, both included."""
    found = []
    for result in evaluation.results:
        day = evaluation.day_of(result.day)
        if not first <= day <= last:
            continue
        told = evaluation.reading.history.days.get(result.day)
        found.append(
            PainDay(
                day=day,
                average=told.average if told else None,
                worst=told.worst if told else None,
                interference=told.interference if told else None,
                baseline=result.baseline,
                spread=result.spread,
                smoothed=result.ewma,
                trigger=result.trigger,
                rules=result.rules,
            )
        )
    return tuple(found)


def pain_chart(chart_id: str, days: Sequence[PainDay], marks: Sequence[Mark] = ()) -> ChartView | None:
    """The time line; None where nobody has told anything in these days."""
    if not any(each.average is not None or each.worst is not None for each in days):
        return None
    return ChartView(
        id=chart_id,
        spec=_spec(days, marks),
        text=_sentence(days),
        columns=(
            gettext("Day"),
            gettext("Average"),
            gettext("Worst"),
            gettext("Interference"),
            gettext("Usual"),
            gettext("Smoothed"),
            gettext("Level"),
            gettext("Rules"),
        ),
        rows=tuple(_row(each) for each in reversed(days)),
    )


def _spec(days: Sequence[PainDay], marks: Sequence[Mark]) -> dict[str, Any]:
    import altair as alt

    x = alt.X(
        "day:T",
        title=None,
        scale=alt.Scale(type="utc", nice=False),
        axis=alt.Axis(format="%-d %b", labelOverlap=True, tickCount=8, grid=False),
    )
    y = alt.Y("value:Q", title=gettext("Pain, 0 to 10"), scale=alt.Scale(domain=[0, 10]), axis=alt.Axis(tickCount=6))
    layers = [_usual(alt, days, x), *_lines(alt, days, x, y)]
    if any(each.trigger > Level.STEADY for each in days):
        layers.append(_levels(alt, days, x))
    first, last = days[0].day, days[-1].day
    shown = [each for each in marks if first <= each.day <= last]
    if shown:
        layers.append(_marks(alt, shown, x))
    chart = alt.layer(*layers).resolve_scale(color="independent").properties(width="container", height=HEIGHT)
    spec: dict[str, Any] = chart.to_dict()
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    spec["config"] = {}
    return spec


def _usual(alt: Any, days: Sequence[PainDay], x: Any) -> Any:
    rows = [
        {
            "day": each.day.isoformat(),
            "low": max(0.0, round(each.baseline - each.spread, 2)),
            "high": min(10.0, round(each.baseline + each.spread, 2)),
        }
        for each in days
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_area(opacity=0.18, interpolate="step-after", line=False, color=USUAL_COLOUR)
        .encode(x=x, y=alt.Y("low:Q", title=None), y2="high:Q")
    )


def _lines(alt: Any, days: Sequence[PainDay], x: Any, y: Any) -> list[Any]:
    tooltip = [
        alt.Tooltip("date:N", title=gettext("Day")),
        alt.Tooltip("what:N", title=gettext("Pain")),
        alt.Tooltip("value:Q", title=gettext("Value"), format=".1f"),
    ]

    def drawn(rows: list[dict[str, Any]]) -> Any:
        return alt.Chart(alt.Data(values=rows)).encode(x=x, y=y, tooltip=tooltip)

    averages = drawn([_point(each, each.average, gettext("Average")) for each in days])
    found = [
        averages.mark_line(strokeWidth=2, invalid="break-paths-show-path-domains", color=AVERAGE_COLOUR),
        averages.mark_point(size=22, filled=True, opacity=1, invalid="filter", color=AVERAGE_COLOUR),
    ]
    worsts = [_point(each, each.worst, gettext("Worst")) for each in days if each.worst is not None]
    if worsts:
        found.append(
            drawn(worsts).mark_point(size=26, shape="triangle-up", filled=True, opacity=0.9, color=WORST_COLOUR)
        )
    curve = [_point(each, each.smoothed, gettext("Smoothed")) for each in days if each.smoothed is not None]
    if curve:
        found.append(drawn(curve).mark_line(strokeWidth=1.6, strokeDash=[5, 3], color=SMOOTHED_COLOUR))
    return found


def _point(each: PainDay, value: float | None, what: str) -> dict[str, Any]:
    shown = None if value is None else round(value, 2)
    return {"day": each.day.isoformat(), "date": format_date(each.day, "EEE d MMM"), "value": shown, "what": what}


def _levels(alt: Any, days: Sequence[PainDay], x: Any) -> Any:
    """Along the upper edge: which days asked for somebody. The number is the level, so colour says nothing alone."""
    rows = [
        {
            "day": each.day.isoformat(),
            "date": format_date(each.day, "EEE d MMM"),
            "y": 10,
            "number": str(int(each.trigger)),
            "level": str(texts.say(texts.LEVELS, int(each.trigger))),
            "rules": ", ".join(each.rules),
            "urgent": each.trigger >= Level.URGENT,
        }
        for each in days
        if each.trigger > Level.STEADY
    ]
    colours = [LEVEL_COLOURS[Level.REVIEW], LEVEL_COLOURS[Level.URGENT]]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_text(dy=-9, fontWeight="bold", fontSize=11)
        .encode(
            x=x,
            y=alt.Y("y:Q", title=None),
            text="number:N",
            color=alt.Color("urgent:N", scale=alt.Scale(domain=[False, True], range=colours), legend=None),
            tooltip=[
                alt.Tooltip("date:N", title=gettext("Day")),
                alt.Tooltip("level:N", title=gettext("Level")),
                alt.Tooltip("rules:N", title=gettext("Rules")),
            ],
        )
    )


def _marks(alt: Any, marks: Sequence[Mark], x: Any) -> Any:
    rows = [
        {"day": each.day.isoformat(), "date": format_date(each.day, "EEE d MMM"), "text": each.text} for each in marks
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_rule(strokeDash=[2, 3], strokeWidth=1.5, color=PLAN_COLOUR)
        .encode(
            x=x,
            tooltip=[
                alt.Tooltip("date:N", title=gettext("Day")),
                alt.Tooltip("text:N", title=gettext("Happened")),
            ],
        )
    )


def _sentence(days: Sequence[PainDay]) -> str:
    """The chart in words."""
    told = [each for each in days if each.average is not None]
    parts = [
        gettext(
            "Pain from %(first)s to %(last)s: %(told)d of %(days)d days told.",
            first=format_date(days[0].day, "d MMM"),
            last=format_date(days[-1].day, "d MMM"),
            told=len(told),
            days=len(days),
        )
    ]
    if told:
        values = [each.average for each in told if each.average is not None]
        newest = told[-1]
        parts.append(
            gettext(
                "The average went from %(low)s to %(high)s and was last %(now)s on %(day)s.",
                low=number(min(values)),
                high=number(max(values)),
                now=number(newest.average),
                day=format_date(newest.day, "d MMM"),
            )
        )
    worsts = [each.worst for each in days if each.worst is not None]
    if worsts:
        parts.append(gettext("The worst told is %(worst)s.", worst=number(max(worsts))))
    parts.append(
        gettext(
            "Usual for this person: %(usual)s ± %(spread)s.",
            usual=number(days[-1].baseline),
            spread=number(days[-1].spread),
        )
    )
    asked = sum(each.trigger > Level.STEADY for each in days)
    if asked:
        parts.append(ngettext("A rule was in force on one day.", "Rules were in force on %(num)d days.", asked))
    return " ".join(parts)


def number(value: float | None) -> str:
    """A score with at most one decimal; a dash where there is none."""
    return "\N{EN DASH}" if value is None else str(format_decimal(value, format="0.#"))


def _row(each: PainDay) -> tuple[str, ...]:
    return (
        format_date(each.day, "EEE d MMM"),
        number(each.average),
        number(each.worst),
        number(each.interference),
        f"{number(each.baseline)} ± {number(each.spread)}",
        number(each.smoothed),
        str(texts.say(texts.LEVELS, int(each.trigger))) if each.trigger else "\N{EN DASH}",
        ", ".join(each.rules),
    )


# ---------------------------------------------------------------------------------------------- sparkline


SPARK_WIDTH: Final = 132
SPARK_HEIGHT: Final = 38
_HIGHEST: Final = 10


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A small time line for one row of a list: SVG path data and points in a box of 132 x 38; `text` says the same."""

    text: str
    paths: tuple[str, ...]
    worst: tuple[tuple[float, float], ...]
    last: tuple[float, float] | None
    band: tuple[float, float] | None
    """Top and height of the usual range; None while nothing is known of it."""


def sparkline(
    days: Sequence[date],
    averages: dict[date, float],
    worsts: dict[date, float],
    *,
    baseline: float | None = None,
    spread: float | None = None,
) -> Sparkline | None:
    """The averages of these days as a line with gaps, the worst as dots; None where nothing was told."""
    told = [day for day in days if day in averages]
    if not told:
        return None
    step = SPARK_WIDTH / max(len(days) - 1, 1)
    place = {day: round(index * step, 1) for index, day in enumerate(days)}
    runs: list[list[str]] = []
    previous: date | None = None
    for day in told:
        # A line bridges a single missed day; a longer silence is a gap.
        if previous is None or (day - previous).days > 2:  # noqa: PLR2004
            runs.append([])
        runs[-1].append(f"{place[day]:g} {_height(averages[day]):g}")
        previous = day
    band = None
    if baseline is not None and spread is not None:
        top = _height(min(baseline + spread, _HIGHEST))
        band = (top, round(_height(max(baseline - spread, 0)) - top, 1))
    newest = told[-1]
    return Sparkline(
        text=gettext(
            "Pain, %(days)d days: last %(now)s, from %(low)s to %(high)s",
            days=len(days),
            now=number(averages[newest]),
            low=number(min(averages[day] for day in told)),
            high=number(max(averages[day] for day in told)),
        )
        + ("" if baseline is None else gettext(", usual %(usual)s", usual=number(baseline))),
        paths=tuple("M" + "L".join(run) for run in runs),
        worst=tuple((place[day], _height(worsts[day])) for day in days if day in worsts),
        last=(place[newest], _height(averages[newest])),
        band=band,
    )


def _height(value: float) -> float:
    return round(SPARK_HEIGHT - 1 - value / _HIGHEST * (SPARK_HEIGHT - 2), 1)
