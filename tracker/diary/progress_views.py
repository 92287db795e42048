"""One's own time line. HTTP only; see `views`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.emergency import numbers_for
from tracker.diary import charts, pages, rules_meaning, service, texts
from tracker.diary.telling_views import sources, today_here
from tracker.regimen.service import revisions_in_force
from tracker.web.context import db, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

progress_pages = Blueprint("progress_pages", __name__)

SPANS: Final = (28, 84, 365)


@progress_pages.get("/progress")
def progress() -> ResponseReturnValue:
    """One's own time line, and what it may mean."""
    person, today = viewer(), today_here()
    length = request.args.get("days", SPANS[0], type=int)
    length = length if length in SPANS else SPANS[0]
    first = today - timedelta(days=length - 1)
    comparing = today - timedelta(days=2 * rules_meaning.STRETCH_DAYS)
    days = service.day_facts(db(), person, since=min(first, comparing))
    revisions = revisions_in_force(db(), {person.id: person.time_zone}).get(person.id, [])
    span = charts.Span(
        first=first,
        last=today,
        days=days,
        plan_changes=tuple(sorted({each.since for each in revisions[1:]})),
        others={name: values for name, source in sources.items() if (values := source(db(), person.id, first, today))},
    )
    drawn = charts.progress_charts(span)
    numbers = numbers_for(person)
    return render_template(
        "diary/progress.html",
        charts=drawn,
        meaning=tuple(_meaning(name, days, today) for name in ("average", "interference")),
        caution=texts.caution(),
        worried=texts.worried_about_progress(numbers),
        days=length,
        spans=tuple((each, _span_label(each), url_for(".progress", days=each), each == length) for each in SPANS),
        empty=not drawn,
        check_in_url=url_for("check_in_pages.overview"),
        table=charts.progress_table(span),
    )


def _meaning(name: str, days: Mapping[date, Any], today: date) -> pages.MeaningView:
    values = {day: getattr(told, name) for day, told in days.items()}
    found = rules_meaning.meaning({day: value for day, value in values.items() if value is not None}, today)
    return pages.MeaningView(found.key, name, texts.meaning_sentence(name, found), texts.meaning_detail(found))


def _span_label(days: int) -> str:
    return str({28: _("4 weeks"), 84: _("12 weeks"), 365: _("1 year")}[days])
