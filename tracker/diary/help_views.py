"""Help at once: the pages with the numbers, and "I need help now". HTTP only; see `views`."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from flask import Blueprint, redirect, render_template, request, url_for

from tracker.accounts.emergency import numbers_for
from tracker.diary import documents, service
from tracker.diary.telling_views import keep, today_here
from tracker.regimen.service import standing_of
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

help_pages = Blueprint("help_pages", __name__)


@help_pages.get("/help/emergency")
def emergency() -> ResponseReturnValue:
    """One sentence and the number. Asks nothing."""
    return render_template("diary/emergency.html", numbers=numbers_for(viewer()))


@help_pages.get("/help/urgent")
def urgent() -> ResponseReturnValue:
    """A doctor today; stands alone."""
    return render_template(
        "diary/urgent.html",
        numbers=numbers_for(viewer()),
        outcome_url=url_for(".outcome"),
        watched=service.watched(db(), viewer(), now()),
    )


@help_pages.get("/help/crisis")
def crisis() -> ResponseReturnValue:
    """Somebody to talk to."""
    return render_template(
        "diary/crisis.html",
        numbers=numbers_for(viewer()),
        watched=service.watched(db(), viewer(), now()),
        told="told" in request.args,
    )


@help_pages.get("/help/outcome")
def outcome() -> ResponseReturnValue:
    """From a page that knows nothing but numbers to the questions about what came of it; without an alert to today."""
    standing = standing_of(db(), viewer().id)
    if standing is None or standing.alert_id is None:
        return redirect(url_for("today_pages.today"))
    return redirect(f"{request.script_root}/outcome/{standing.alert_id}")


@help_pages.get("/help")
def help_now() -> ResponseReturnValue:
    """The page behind "I need help now": the numbers first, nothing asked; then two doors."""
    return render_template(
        "diary/help.html",
        numbers=numbers_for(viewer()),
        physical_url=url_for("check_in_pages.fill_in", form="flags"),
        mood_action=url_for(".help_mood"),
    )


@help_pages.post("/help")
def help_mood() -> ResponseReturnValue:
    """Through the door "my mood": what was told is stored, and the page with somebody to talk to comes either way."""
    answer = {"yes": True, "no": False}.get(request.form.get("self_harm", ""))
    if answer is None:
        return redirect(url_for(".help_now"))
    identity = uuid4()
    told = documents.parse(
        {
            "id": identity,
            "entry_id": identity,
            "form": "flags",
            "local_date": today_here(),
            "answered_at": now(),
            "answers": {"self_harm": answer},
        }
    )
    try:
        keep(told)
        db().commit()
    except service.TooManyError:
        db().rollback()
    return redirect(url_for(".crisis", told=1))
