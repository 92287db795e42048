"""The time line of a person's own weeks: pain above, what they did below, plan changes and flares as marks.

Vega-Lite through Altair, as in training: no colour of the page is named, shape says the same as colour, and every chart
carries a sentence and a table with the same content. Vega-Lite cannot fit charts stacked in one picture to the width of
a page, so each series is a picture of its own; they share one range of days and one width of the left axis, so that one
day stands below the other. A day without an answer is a gap in the line, never a zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from flask_babel import format_date, format_decimal, gettext, ngettext

from tracker.diary import texts
from tracker.diary.rules import DiaryDay

TALL: Final = 220
LOW: Final = 110
_AXIS_WIDTH: Final = 44
_TEN: Final = 10
_HALF_A_DAY_H: Final = 12
_PADDING: Final = {"left": 0, "right": 22, "top": 5, "bottom": 5}
"""Pixels. The last day stands half a day from the end of the axis, and its date is wider than that."""
_ZERO_SIZE: Final = 40
"""Area in pixels of the dot that stands for a 0: taller than a line, narrower than a day on a phone."""

RATES: Final = frozenset({"posture"})
"""Series of which only the mean says something, not the sum."""

# Chosen to keep 3:1 against both grounds (#faf8f5 and #12181d).
AVERAGE_COLOUR: Final = "#1d8a83"
WORST_COLOUR: Final = "#c9683a"
OTHER_COLOUR: Final = "#6b7fb3"
MARK_COLOUR: Final = "#8a8f94"


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart ready for a page: `spec` (Vega-Lite), `text` (the alternative) and the same content as a table."""

    id: str
    title: str
    spec: dict[str, Any]
    text: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Span:
    """What is drawn: every day from `first` to `last`, the diary's days, the days on which the plan changed, and what
    other rooms know, by name and day (`texts.SERIES`).
    """

    first: date
    last: date
    days: Mapping[date, DiaryDay]
    plan_changes: Sequence[date] = ()
    others: Mapping[str, Mapping[date, float]] = field(default_factory=dict)

    def all_days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


def progress_charts(span: Span) -> tuple[ChartView, ...]:
    """Pain first, then what it got in the way of, sleep, and what was done. A series without a value is left out."""
    import altair as alt

    charts = [
        _pain_chart(alt, span),
        _bars(alt, span, "interference", _of(span, "interference"), ten=True),
        _bars(alt, span, "sleep", _of(span, "sleep"), ten=True),
        *(_bars(alt, span, name, values, ten=False) for name, values in span.others.items()),
    ]
    return tuple(chart for chart in charts if chart is not None)


def progress_table(span: Span) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Everything by day, newest first: columns and rows. Days about which nothing is known are left out."""
    names = ("average", "worst", "interference", "sleep")
    columns = (
        gettext("Day"),
        *(str(texts.SERIES[name]) for name in (*names, *span.others)),
        gettext("Marks"),
    )
    rows = []
    for day in reversed(span.all_days()):
        told = span.days.get(day)
        cells = [_number(getattr(told, name) if told else None) for name in names]
        cells += [_number(values.get(day)) for values in span.others.values()]
        marks = ", ".join(_marks_of(span, day))
        if any(cells) or marks:
            rows.append((_day_text(day), *cells, marks))
    return columns, tuple(rows)


def _of(span: Span, name: str) -> dict[date, float]:
    found = {day: getattr(told, name) for day, told in span.days.items() if span.first <= day <= span.last}
    return {day: value for day, value in found.items() if value is not None}


def _marks_of(span: Span, day: date) -> list[str]:
    told = span.days.get(day)
    marks = [gettext("flare")] if told is not None and told.flare else []
    return [*marks, gettext("plan changed")] if day in span.plan_changes else marks


def _pain_chart(alt: Any, span: Span) -> ChartView | None:
    average, worst = _of(span, "average"), _of(span, "worst")
    if not average and not worst:
        return None
    names = {"average": str(texts.SERIES["average"]), "worst": str(texts.SERIES["worst"])}
    line = (
        alt.Chart(alt.Data(values=[{"day": _midnight(day), "value": average.get(day)} for day in span.all_days()]))
        .mark_line(strokeWidth=2, color=AVERAGE_COLOUR, invalid="break-paths-show-path-domains")
        .encode(x=_day_axis(alt, span), y=_value_axis(alt, gettext("Pain, 0 to 10"), ten=True))
    )
    dots = [
        {"day": _midnight(day), "value": value, "series": names[name]}
        for name, values in (("worst", worst), ("average", average))
        for day, value in values.items()
    ]
    order = [names["average"], names["worst"]]
    legend = alt.Legend(orient="bottom", direction="vertical", title=None)
    point = (
        alt.Chart(alt.Data(values=dots))
        .mark_point(size=40, filled=True, opacity=1)
        .encode(
            x="day:T",
            y="value:Q",
            color=alt.Color(
                "series:N", scale=alt.Scale(domain=order, range=[AVERAGE_COLOUR, WORST_COLOUR]), legend=legend
            ),
            shape=alt.Shape("series:N", scale=alt.Scale(domain=order, range=["circle", "triangle-up"]), legend=legend),
            tooltip=[
                alt.Tooltip("day:T", title=gettext("Day")),
                alt.Tooltip("value:Q", title=gettext("Points of 10")),
                alt.Tooltip("series:N", title=gettext("What")),
            ],
        )
    )
    rows = tuple(
        (_day_text(day), _number(average.get(day)), _number(worst.get(day)), ", ".join(_marks_of(span, day)))
        for day in reversed(span.all_days())
        if day in average or day in worst or _marks_of(span, day)
    )
    return ChartView(
        id="progress-pain",
        title=gettext("Pain"),
        spec=_finished(alt.layer(*_mark_layers(alt, span), line, point), TALL),
        text=_pain_sentence(span, average, worst),
        columns=(gettext("Day"), names["average"], names["worst"], gettext("Marks")),
        rows=rows,
    )


def _mark_layers(alt: Any, span: Span) -> list[Any]:
    """Flares as crosses on the upper edge, plan changes as upright lines."""
    layers = []
    changes = [{"day": _midnight(day)} for day in span.plan_changes if span.first <= day <= span.last]
    if changes:
        layers.append(
            alt.Chart(alt.Data(values=[{**each, "mark": gettext("plan changed")} for each in changes]))
            .mark_rule(strokeDash=[4, 3], color=MARK_COLOUR)
            .encode(x="day:T", tooltip=[alt.Tooltip("day:T", title=gettext("Plan changed"))])
        )
    flares = [{"day": _midnight(day), "value": _TEN} for day in _flares(span)]
    if flares:
        layers.append(
            alt.Chart(alt.Data(values=flares))
            .mark_point(shape="cross", size=60, filled=True, color=WORST_COLOUR)
            .encode(x="day:T", y="value:Q", tooltip=[alt.Tooltip("day:T", title=gettext("Flare"))])
        )
    return layers


def _flares(span: Span) -> list[date]:
    return [day for day in span.all_days() if day in span.days and span.days[day].flare]


def _bars(alt: Any, span: Span, name: str, values: Mapping[date, float], *, ten: bool) -> ChartView | None:
    values = {day: value for day, value in values.items() if span.first <= day <= span.last}
    if not values:
        return None
    title = str(texts.SERIES[name])
    colour = OTHER_COLOUR if ten else AVERAGE_COLOUR
    bars = (
        alt.Chart(alt.Data(values=[{"day": _midnight(day), "value": value} for day, value in sorted(values.items())]))
        .mark_bar(color=colour, width={"band": 0.7})
        .encode(
            x=_day_axis(alt, span),
            y=_value_axis(alt, str(texts.AXES.get(name, title)), ten=ten),
            tooltip=[alt.Tooltip("day:T", title=gettext("Day")), alt.Tooltip("value:Q", title=title)],
        )
    )
    zeros = [day for day, value in sorted(values.items()) if not value]
    chart = alt.layer(bars, _zero_dots(alt, span, zeros, title, colour)) if zeros else bars
    return ChartView(
        id=f"progress-{name}",
        title=title,
        spec=_finished(chart, LOW),
        text=" ".join([_bars_sentence(name, title, values), *([_zeros_sentence(ten=ten)] if zeros else [])]),
        columns=(gettext("Day"), title),
        rows=tuple((_day_text(day), _number(values[day])) for day in sorted(values, reverse=True)),
    )


def _zero_dots(alt: Any, span: Span, zeros: Sequence[date], title: str, colour: str) -> Any:
    """A bar of no height looks like a day of which nothing is known: a dot on the axis says that it was 0."""
    return (
        alt.Chart(alt.Data(values=[{"day": _midnight(day), "value": 0} for day in zeros]))
        .mark_point(shape="circle", size=_ZERO_SIZE, filled=True, opacity=1, color=colour)
        .encode(
            x=_day_axis(alt, span),
            y="value:Q",
            tooltip=[alt.Tooltip("day:T", title=gettext("Day")), alt.Tooltip("value:Q", title=title)],
        )
    )


def _midnight(day: date) -> str:
    """A day as Vega reads it in the reader's own zone; without the time it would be midnight in Greenwich."""
    return f"{day.isoformat()}T00:00:00"


def _day_axis(alt: Any, span: Span) -> Any:
    # Half a day more on both sides, so that the first and the last bar are whole.
    before = span.first - timedelta(days=1)
    domain = [
        alt.DateTime(year=day.year, month=day.month, date=day.day, hours=_HALF_A_DAY_H) for day in (before, span.last)
    ]
    return alt.X(
        "day:T",
        title=None,
        timeUnit="yearmonthdate",
        bandPosition=0,
        scale=alt.Scale(domain=domain, nice=False),
        axis=alt.Axis(format="%-d %b", labelOverlap=True, grid=False),
    )


def _value_axis(alt: Any, title: str, *, ten: bool) -> Any:
    scale = alt.Scale(domain=[0, _TEN]) if ten else alt.Scale(zero=True, nice=True)
    axis = alt.Axis(minExtent=_AXIS_WIDTH, maxExtent=_AXIS_WIDTH, tickCount=5 if ten else 3)
    return alt.Y("value:Q", title=title, scale=scale, axis=axis)


def _finished(chart: Any, height: int) -> dict[str, Any]:
    spec: dict[str, Any] = chart.properties(width="container", height=height).to_dict()
    spec["padding"] = _PADDING
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    # Instead of Altair's own defaults: one legend per line, so that they fit a phone. All else is the page's theme.
    spec["config"] = {"legend": {"layout": {"bottom": {"direction": "vertical", "anchor": "start"}}}}
    return spec


# ---------------------------------------------------------------------------------------------- words


def _day_text(day: date) -> str:
    return str(format_date(day, "EEE, d MMM yyyy"))


def _number(value: float | None) -> str:
    return "" if value is None else str(format_decimal(value, format="0.#"))


def _pain_sentence(span: Span, average: Mapping[date, float], worst: Mapping[date, float]) -> str:
    parts = [
        gettext(
            "Pain from %(first)s to %(last)s.",
            first=format_date(span.first, "d MMM"),
            last=format_date(span.last, "d MMM"),
        )
    ]
    if average:
        values = average.values()
        parts.append(
            ngettext(
                "On one day with a check-in it was %(mean)s of 10 on average.",
                "On %(num)d days with a check-in it was %(mean)s of 10 on average, between %(low)s and %(high)s.",
                len(average),
                mean=_number(sum(values) / len(average)),
                low=_number(min(values)),
                high=_number(max(values)),
            )
        )
    if worst:
        parts.append(gettext("The worst moment was %(worst)s of 10.", worst=_number(max(worst.values()))))
    flares = len(_flares(span))
    if flares:
        parts.append(ngettext("One day with a flare.", "%(num)d days with a flare.", flares))
    changes = sum(span.first <= day <= span.last for day in span.plan_changes)
    if changes:
        parts.append(ngettext("The plan changed once.", "The plan changed %(num)d times.", changes))
    return " ".join(parts)


def _zeros_sentence(*, ten: bool) -> str:
    if ten:
        return str(gettext("A dot on the line is a 0; a day with neither bar nor dot was not told."))
    return str(gettext("A dot on the line is a 0; of a day with neither bar nor dot nothing is known."))


def _bars_sentence(name: str, title: str, values: Mapping[date, float]) -> str:
    if name in RATES:
        return str(
            ngettext(
                "%(title)s: %(mean)s on one day.",
                "%(title)s: %(mean)s on average, on %(num)d days.",
                len(values),
                title=title,
                mean=_number(sum(values.values()) / len(values)),
            )
        )
    if name in {"interference", "sleep"}:
        return str(
            ngettext(
                "%(title)s: %(mean)s of 10 on one day.",
                "%(title)s: %(mean)s of 10 on average, on %(num)d days.",
                len(values),
                title=title,
                mean=_number(sum(values.values()) / len(values)),
            )
        )
    return str(
        ngettext(
            "%(title)s: %(total)s on one day.",
            "%(title)s: %(total)s in all, on %(num)d days.",
            len(values),
            title=title,
            total=_number(sum(values.values())),
        )
    )
