"""The pictures of the desk as the templates draw them: the band of a day, the bars of a week.

Plain SVG that the server draws, so that it is there without a script. Along the page everything is in per cent, up and
down in pixels: so the band fills whatever width there is while its patterns and words keep their shape. Height and
pattern say the same as colour, and each picture has a sentence and a table beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask_babel import gettext

from tracker.clock import zone
from tracker.posture import rules_day, texts
from tracker.posture.rules_day import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from tracker.posture.day_service import Day, WeekDay

_EVERY_SECOND_LABEL_FROM: Final = 9
"""From so many full hours on, a phone has room for every second label only."""
_NARROWEST: Final = 0.1
"""Per cent: a single minute of a long day must still be there."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of the band; `x` and `width` in per cent."""

    kind: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A full hour. `minor`: a narrow page leaves its words out. `anchor`: as SVG's text-anchor."""

    x: str
    label: str
    minor: bool
    anchor: str


@dataclass(frozen=True, slots=True)
class BandView:
    """The band of a day, the same in a sentence, and by the hour as a table."""

    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    still: Bar | None
    """The longest spell without moving."""
    breaks: tuple[str, ...]
    """Where a break was taken."""
    text: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def band_view(day: Day, zone_name: str) -> BandView | None:
    """The band of a day; None where nobody watched."""
    band = day.band
    if band is None:
        return None
    taken = [each.taken_at for each in day.breaks if each.taken_at is not None]
    still = day.still
    return BandView(
        bars=tuple(_bar(band, run.kind, run.starts_at, run.ends_at) for run in band.runs),
        ticks=tuple(_ticks(band)),
        still=_bar(band, "still", still.starts_at, still.ends_at) if still and _is_worth_a_mark(still) else None,
        breaks=tuple(_percent(band.share(at)) for at in taken if band.first <= at <= band.last),
        text=texts.band_text(day.figures, band),
        columns=(gettext("Hour"), *(str(texts.KINDS[kind]) for kind in Kind), gettext("Changes of posture")),
        rows=tuple(_hour_row(hour, found) for hour, found in rules_day.by_hour(day.minutes, zone(zone_name))),
    )


def _is_worth_a_mark(still: rules_day.Still) -> bool:
    return still.seconds >= rules_day.TOLD_ENOUGH_S


def _bar(band: rules_day.Band, kind: str, starts_at: datetime, ends_at: datetime) -> Bar:
    left, right = band.share(starts_at) * 100, band.share(ends_at) * 100
    return Bar(str(kind), _number(left), _number(max(right - left, _NARROWEST)))


def _ticks(band: rules_day.Band) -> list[Tick]:
    crowded = len(band.hours) >= _EVERY_SECOND_LABEL_FROM
    ticks = []
    for number, hour in enumerate(band.hours):
        share = band.share(hour)
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        ticks.append(Tick(_percent(share), texts.hour(hour), crowded and number % 2 == 1, anchor))
    return ticks


def _percent(share: float) -> str:
    return _number(share * 100)


def _number(percent: float) -> str:
    return f"{percent:.3f}%"


def _hour_row(hour: datetime, found: rules_day.Figures) -> tuple[str, ...]:
    seconds = (found.comfort_s, found.slouch_s, found.unknown_s, found.away_s)
    return (texts.clock(hour), *(texts.duration(each) if each else "" for each in seconds), str(found.changes))


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day of a week: what stands beside the bar, and the bar's parts in per cent of the longest day."""

    iso: str
    name: str
    watched: str
    comfort: str
    still: str
    changes: str
    breaks: str
    bars: tuple[Bar, ...]


def day_row(each: WeekDay, longest_s: int) -> DayRow:
    """A day of a week as its row shows it; empty where nothing is known."""
    found = each.figures
    comfort = texts.percent(found.comfort_share)
    return DayRow(
        iso=each.day.isoformat(),
        name=texts.short_day(each.day),
        watched=texts.duration(found.at_desk_s) if found.at_desk_s else "",
        comfort=gettext("%(share)s %%", share=comfort) if comfort else "",
        still=texts.duration(found.longest_still_s) if found.longest_still_s else "",
        changes=texts.rate(found.changes_per_hour) or "",
        breaks=texts.of_offered(each.tally),
        bars=tuple(_stacked(found, longest_s)),
    )


def _stacked(found: rules_day.Figures, longest_s: int) -> list[Bar]:
    parts = ((Kind.COMFORT, found.comfort_s), (Kind.SLOUCH, found.slouch_s), (Kind.UNKNOWN, found.unknown_s))
    bars, left = [], 0.0
    for kind, seconds in parts:
        if not seconds:
            continue
        width = seconds / longest_s * 100
        bars.append(Bar(str(kind), _number(left), _number(width)))
        left += width
    return bars
