"""Breaks: what to do in one, and what became of it. HTTP only.

A watcher offers a break and leads to its page by its id; whoever comes by themselves gets a page whose id is made
there. Looking changes nothing: the row of a break is made by what its watcher reports, or by the first answer.

posture/break.html and posture/break_one.html receive: `break_id`, `offer` (breaks_service.Offer), `dose` of the
exercise (None without one), `rest` (why there is none, a sentence), `another_url` (the next in turn, or None), `camera`
(whether the coach can watch), `gate_url` (what to do first, or None), `week_line` (what became of the breaks of seven
days), `stand` (whether there is a desk to stand at), and of a known break `said` (what became of it, or None).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError
from werkzeug.exceptions import TooManyRequests

from tracker.accounts.models import ConsentKind
from tracker.accounts.service import has_consent
from tracker.clock import local_date
from tracker.posture import breaks_service, rules_breaks, service, texts
from tracker.posture.api_views import INVALID, LATER_S, body_of, fields_of, without_consent
from tracker.posture.break_documents import LARGEST_DOCUMENT, BreakDoc
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.db import Session
    from tracker.posture.breaks_service import Offer

break_pages = Blueprint("break_pages", __name__)
break_api = Blueprint("break_api", __name__)

SNOOZE: Final = timedelta(hours=1)
_WEEK: Final = timedelta(days=6)
_WAYS: Final = ("camera", "manual")
_FIRST: Final = {
    rules_breaks.Rest.EMERGENCY: "help_pages.emergency",
    rules_breaks.Rest.URGENT: "help_pages.urgent",
    rules_breaks.Rest.CRISIS: "help_pages.crisis",
}
"""The page that comes first where somebody should not exercise."""


# ---------------------------------------------------------------------------------------------- what other rooms say

Readiness = Callable[["Session", "Person", datetime], str | None]
Cautions = Callable[["Session", UUID], Collection[str]]
_readiness: list[Readiness] = []
_cautions: list[Cautions] = []


def register_readiness(why_rest: Readiness) -> None:
    """Let breaks know who should not exercise now: `why_rest(session, person, at)` gives a key of `rules_breaks.Rest`,
    None where nothing speaks against it. As long as nobody is registered no exercise is offered.
    """
    _readiness[:] = [why_rest]


def register_cautions(cautions: Cautions) -> None:
    """Let breaks know what people have told about themselves: `cautions(session, patient_id)`, as definitions name it
    (`exercises.definition.CAUTION_FLAGS`).
    """
    _cautions[:] = [cautions]


def offer_to(session: Session, person: Person, at: datetime, wanted: str | None = None) -> Offer:
    """What a break brings this person now; `wanted`: rather this exercise, where it may be offered."""
    rest = _readiness[0](session, person, at) if _readiness else rules_breaks.Rest.INTAKE
    cautions = _cautions[0](session, person.id) if _cautions else ()
    return breaks_service.offer(session, person, rest=rest, cautions=cautions, wanted=wanted)


def may_do(session: Session, person: Person, at: datetime, exercise: str) -> rules_breaks.Candidate | None:
    """This exercise as a break brings it, None where a break would not bring it to this person now."""
    found = offer_to(session, person, at, exercise).candidate
    return found if found is not None and found.exercise == exercise else None


# ---------------------------------------------------------------------------------------------- pages


@break_pages.get("/posture/break")
def now_page() -> ResponseReturnValue:
    """A break now: the one that waits for an answer, or one of one's own accord."""
    waiting = breaks_service.open_break(db(), viewer().id, now())
    if waiting is not None:
        return redirect(url_for(".one", break_id=waiting.id, exercise=request.args.get("exercise")))
    return render_template("posture/break.html", **_page(uuid.uuid4(), url_for(".now_page")))


@break_pages.get("/posture/break/<uuid:break_id>")
def one(break_id: UUID) -> ResponseReturnValue:
    """One break. A watcher may lead here before its own report has arrived."""
    known = breaks_service.own_break(db(), viewer().id, break_id)
    said = known.outcome_at(now()) if known else None
    return render_template("posture/break_one.html", said=said, **_page(break_id, url_for(".one", break_id=break_id)))


def _page(break_id: UUID, here: str) -> dict[str, Any]:
    person = viewer()
    offer = offer_to(db(), person, now(), request.args.get("exercise"))
    day = local_date(now(), person.time_zone)
    week = sum(breaks_service.tallies(db(), person.id, day - _WEEK, day, now()).values(), rules_breaks.Tally())
    definition, candidate = offer.definition, offer.candidate
    return {
        "break_id": break_id,
        "offer": offer,
        "dose": texts.dose(candidate) if candidate else None,
        "rest": str(texts.REST[rules_breaks.Rest(offer.rest)]) if offer.rest else None,
        "another_url": _another(offer, here),
        "camera": bool(definition and definition.views and has_consent(db(), person.id, ConsentKind.CAMERA)),
        "gate_url": _gate_url(offer.rest),
        "week_line": texts.week_of_breaks(week),
        "stand": service.settings_of(db(), person.id).sit_stand,
    }


def _another(offer: Offer, here: str) -> str | None:
    """The address of the same page with the next exercise in turn."""
    if offer.candidate is None or len(offer.choices) < 2:  # noqa: PLR2004  # one is not another
        return None
    after = (offer.choices.index(offer.candidate.exercise) + 1) % len(offer.choices)
    return f"{here}?exercise={offer.choices[after]}"


def _gate_url(rest: str | None) -> str | None:
    if rest == rules_breaks.Rest.INTAKE:
        return url_for("check_in_pages.fill_in", form="intake", next=url_for(".now_page"))
    return url_for(_FIRST[rules_breaks.Rest(rest)]) if rest in _FIRST else None


@break_pages.post("/posture/break/<uuid:break_id>")
def answer(break_id: UUID) -> ResponseReturnValue:
    """What somebody says of a break: start the exercise, moved, not now, or not for a while."""
    did = request.form.get("did", "")
    try:
        return _answer(break_id, did)
    except breaks_service.RefusedBreakError:
        db().rollback()
        raise TooManyRequests(retry_after=LATER_S) from None


def _answer(break_id: UUID, did: str) -> ResponseReturnValue:
    offer = offer_to(db(), viewer(), now(), request.form.get("exercise"))
    exercise = offer.candidate.exercise if offer.candidate else None
    if did in _WAYS and exercise is not None:
        begun = breaks_service.begin(db(), viewer(), break_id, offer.candidate, at=now())
        where = url_for("today_pages.live_break", exercise_id=exercise, source=did, of=begun.id)
        db().commit()
        return redirect(where)
    if did == "moved":
        breaks_service.answer(db(), viewer(), break_id, "taken", exercise=exercise, at=now())
        flash(str(texts.MOVED), "success")
    elif did == "not_now":
        breaks_service.answer(db(), viewer(), break_id, "not_now", exercise=exercise, at=now())
        flash(str(texts.NOT_NOW), "info")
    elif did == "snooze":
        breaks_service.answer(db(), viewer(), break_id, "not_now", exercise=exercise, at=now())
        wanted = {"snoozed_until": now() + SNOOZE}
        service.change_settings(db(), patient=viewer(), wanted=wanted, at=now())
        flash(texts.silence(wanted), "info")
    else:
        return redirect(url_for(".one", break_id=break_id))
    db().commit()
    return redirect(url_for("posture_pages.day"))


# ---------------------------------------------------------------------------------------------- api


@break_api.post("/api/posture/breaks")
def receive() -> ResponseReturnValue:
    """Keep what a browser that watches reports of a break; sending it again changes nothing."""
    closed = without_consent(viewer())
    if closed is not None:
        return closed
    try:
        document = BreakDoc.model_validate_json(body_of(LARGEST_DOCUMENT))
    except ValidationError as error:
        return jsonify(error=_("This could not be stored."), fields=fields_of(error)), INVALID
    try:
        row = breaks_service.record(db(), viewer(), document, at=now())
    except breaks_service.RefusedBreakError as error:
        db().rollback()
        why = str(texts.BREAK_PROBLEMS[error.reason])
        return jsonify(error=why, fields={error.field: why}), INVALID
    db().commit()
    return jsonify(id=str(row.id), outcome=row.outcome)
