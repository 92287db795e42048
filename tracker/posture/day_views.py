"""The day at the desk, the week, and how somebody wants to be told. HTTP only.

posture/day.html receives: `day` (day_service.Day), `band` (charts.BandView or None), `today` (bool), `name` (of the
day), `sentence`, `figures` (`FigureLines`), `next_line`, `position` (a sentence, or None without a desk to stand at),
`watching` (Watchers alive, today only), `since` (since when, or None), `known` (whether anything was
ever watched), `consent` (to the camera), `earlier` and `later` (addresses of the days beside it, or None), `last_day`
(for the day picker), `desk_check` (a row of learn, or None), `silenced` (until when it is silent, or None).

posture/week.html receives: `rows` (charts.DayRow, oldest first), `sentence`, `totals` (WeekTotals), `name`, `earlier`,
`later`, `known`, `columns` and `table`.

posture/settings.html receives: `form` (forms.SettingsForm), `first_week` (bool), `settings` (rules.Settings),
`silenced` (until when it is silent, in words, or None), `known`, `why` (what each rule of breaks means, by its key).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.models import ConsentKind
from tracker.accounts.service import has_consent
from tracker.clock import day_begins, local_date
from tracker.posture import charts, day_service, pairing_service, rules, rules_breaks, rules_day, service, texts
from tracker.posture.api_views import quiet_until
from tracker.posture.forms import SettingsForm
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.db import Session
    from tracker.posture.day_service import Day, Week

posture_pages = Blueprint("posture_pages", __name__)

INVALID: Final = 422
_SILENCES: Final = {
    "snooze": ("snoozed_until", timedelta(hours=1)),
    "pause": ("paused_until", timedelta(hours=1)),
    "today": ("paused_until", None),
}
"""What can be asked for with one tap: which setting, and for how long (None: the rest of the local day)."""
_BACK: Final = {"day": "posture_pages.day", "settings": "posture_pages.settings", "break": "break_pages.now"}


# ---------------------------------------------------------------------------------------------- what other rooms say

DeskCheckRow = Callable[["Session", Any, datetime], dict[str, Any] | None]
_desk_check: list[DeskCheckRow] = []


def register_desk_check(row: DeskCheckRow) -> None:
    """Let the page mention the desk check where it is due: `row(session, person, at)`."""
    _desk_check[:] = [row]


# ---------------------------------------------------------------------------------------------- a day


@dataclass(frozen=True, slots=True)
class FigureLines:
    """The four figures of a day: a large one each (None: not known yet), and the line below it."""

    comfort: str | None
    comfort_line: str
    still: str | None
    still_line: str
    changes: str | None
    changes_line: str
    breaks: str | None
    breaks_line: str


def _figures(day: Day) -> FigureLines:
    found, still = day.figures, day.still
    return FigureLines(
        comfort=texts.percent(found.comfort_share),
        comfort_line=_("of %(time)s in which it could tell", time=texts.duration(found.told_s)),
        still=texts.duration(still.seconds) if still else None,
        still_line=_("%(first)s to %(last)s", first=texts.clock(still.starts_at), last=texts.clock(still.ends_at))
        if still
        else "",
        changes=texts.rate(found.changes_per_hour),
        changes_line=texts.usual_line(day.usual, day.usual_days),
        breaks=texts.taken_of_offered(day.tally),
        breaks_line=texts.breaks_line(day.tally),
    )


def _today() -> date:
    return local_date(now(), viewer().time_zone)


def _asked_day(name: str) -> date:
    """The day in the address, today where there is none that has been."""
    try:
        asked = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return _today()
    # Years at the very ends of the calendar have no weeks around them.
    return asked if date(2000, 1, 1) <= asked <= _today() else _today()


@posture_pages.get("/posture")
def day() -> ResponseReturnValue:
    """A day at the desk: today, or `?day=` an earlier one."""
    person, today = viewer(), _today()
    asked = _asked_day("day")
    found = day_service.day_of(db(), person, asked, now(), quiet_until=quiet_until(person))
    is_today = asked == today
    return render_template(
        "posture/day.html",
        day=found,
        band=charts.band_view(found, person.time_zone),
        today=is_today,
        name=texts.day_name(asked, today),
        sentence=texts.saying(found.saying, found.figures, found.usual, found.still, today=is_today),
        figures=_figures(found),
        next_line=texts.next_break(found.next_break) if found.next_break else None,
        position=_position(found),
        watching=pairing_service.watching(db(), person.id, now()) if is_today else (),
        since=rules_day.watched_since(found.minutes) if found.desk else None,
        known=day_service.anything_known(db(), person.id),
        consent=has_consent(db(), person.id, ConsentKind.CAMERA),
        earlier=url_for(".day", day=asked - timedelta(days=1)),
        later=None if is_today else url_for(".day", day=asked + timedelta(days=1)),
        last_day=today,
        desk_check=_desk_check[0](db(), person, now()) if _desk_check and is_today else None,
        silenced=_silenced(found.settings),
    )


def _position(day: Day) -> str | None:
    """What suits now at a desk to stand at; None where there is none, or nobody is at it."""
    if not day.settings.sit_stand or day.desk is None or day.desk.away:
        return None
    position, until = rules_breaks.position_at(day.desk.sitting_since, now())
    return texts.position(position, until)


def _silenced(settings: rules.Settings) -> datetime | None:
    return rules.later(settings.paused_until, now()) or rules.later(settings.snoozed_until, now())


# ---------------------------------------------------------------------------------------------- a week


@dataclass(frozen=True, slots=True)
class WeekTotals:
    """The week in four figures; None: not known."""

    watched: str
    comfort: str | None
    still: str | None
    changes: str | None
    breaks: str | None
    breaks_line: str


def _totals(week: Week) -> WeekTotals:
    found = week.figures
    return WeekTotals(
        watched=texts.duration(found.at_desk_s),
        comfort=texts.percent(found.comfort_share),
        still=texts.duration(found.longest_still_s) if found.longest_still_s else None,
        changes=texts.rate(found.changes_per_hour),
        breaks=texts.taken_of_offered(week.tally),
        breaks_line=texts.breaks_line(week.tally),
    )


@posture_pages.get("/posture/week")
def week() -> ResponseReturnValue:
    """Seven days: those up to today, or up to `?to=` an earlier one."""
    last = _asked_day("to")
    found = day_service.week_of(db(), viewer(), last, now())
    rows = [charts.day_row(each, found.longest_day_s) for each in found.days]
    earlier, later = last - timedelta(days=day_service.WEEK), last + timedelta(days=day_service.WEEK)
    return render_template(
        "posture/week.html",
        rows=rows,
        sentence=texts.variety(found.variety, found.figures, found.usual),
        totals=_totals(found),
        name=texts.span(found.days[0].day, last),
        earlier=url_for(".week", to=earlier) if found.earlier else None,
        later=url_for(".week", to=min(later, _today())) if last < _today() else None,
        known=found.figures.at_desk_s or found.earlier or found.tally.offered or found.tally.own,
    )


# ---------------------------------------------------------------------------------------------- settings


@posture_pages.route("/posture/settings", methods=["GET", "POST"])
def settings() -> ResponseReturnValue:
    """When breaks are offered and how often anything may speak; be silent for a while; erase it all."""
    chosen = service.settings_of(db(), viewer().id)
    form = SettingsForm(obj=chosen)
    if form.validate_on_submit():
        wanted = {name: form[name].data for name in ("break_rule", "break_every_min", "sit_stand", "quiet")}
        wanted["notices_per_hour"] = form.notices_per_hour.data
        service.change_settings(db(), patient=viewer(), wanted=wanted, at=now())
        db().commit()
        flash(_("That is how it will be."), "success")
        return redirect(url_for(".settings"))
    silences = {name: rules.later(getattr(chosen, name), now()) for name in ("paused_until", "snoozed_until")}
    return render_template(
        "posture/settings.html",
        form=form,
        first_week=chosen.first_week(_today()),
        settings=chosen,
        silenced=texts.silence(silences) if any(silences.values()) else None,
        known=day_service.anything_stored(db(), viewer().id),
        why=texts.BREAK_RULES_WHY,
    ), INVALID if form.is_submitted() else 200


@posture_pages.post("/posture/silence")
def silence() -> ResponseReturnValue:
    """Be silent, or do not watch, for a while; or end that."""
    back = url_for(_BACK.get(request.form.get("back", ""), "posture_pages.day"))
    asked = request.form.get("for", "")
    if asked == "end":
        wanted: dict[str, datetime | None] = {"snoozed_until": None, "paused_until": None}
    elif asked in _SILENCES:
        setting, length = _SILENCES[asked]
        wanted = {setting: now() + length if length else _end_of_day()}
    else:
        return redirect(back)
    service.change_settings(db(), patient=viewer(), wanted=wanted, at=now())
    db().commit()
    flash(texts.silence(wanted), "success")
    return redirect(back)


def _end_of_day() -> datetime:
    tomorrow = day_begins(_today() + timedelta(days=1), viewer().time_zone)
    # A day may have twenty-five hours; a silence has at most twenty-four.
    return min(tomorrow, now() + rules.LONGEST_SILENCE)


@posture_pages.post("/posture/erase")
def erase() -> ResponseReturnValue:
    """Forget every minute, break and baseline; only with the tick that says so."""
    if request.form.get("sure") != "yes":
        flash(_("Nothing was erased. Tick the box to say that you mean it."), "warning")
        return redirect(url_for(".settings") + "#erase")
    day_service.erase(db(), viewer(), now())
    db().commit()
    flash(_("Your minutes, breaks and places at the desk are erased."), "success")
    return redirect(url_for(".day"))
