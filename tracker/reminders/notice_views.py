"""Notices: the bell on every page, the list behind it, and what can be done with each, signed in or by the token of a
message. HTTP only.

What templates receive. Every page: `bell` (Bell). reminders/notices.html: `items` (NoticeLines, newest first), `state`
(changes whenever the list does). reminders/action.html: `heading`, `done` (a sentence, or None: nothing was asked yet),
`open_url`, `can_put_off`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf.csrf import generate_csrf

from tracker.accounts.emergency import numbers_for
from tracker.reminders import page_texts, service, texts, tokens
from tracker.reminders.forms import NoticeForm
from tracker.reminders.rules import TIMED, Kind
from tracker.web.context import db, now, settings, viewer, viewer_or_none, wants_json

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.reminders.models import Delivery
    from tracker.reminders.service import Notice

reminder_pages = Blueprint("reminder_pages", __name__)
open_pages = Blueprint("open_pages", __name__)

CONFLICT: Final = 409
GONE: Final = 410
INVALID: Final = 422
_NOTICE: Final = "/notices/<string(maxlength=200):token>"
_SEEN_WHEN_OPENED: Final = frozenset(
    {Kind.POSTURE_BREAK, Kind.MESSAGE, Kind.ESCALATION, Kind.DIGEST, Kind.WELFARE, Kind.ERASED, Kind.TEST}
)
"""What is settled by looking at it. Exercises and check-ins wait until they are done."""
_BY_TOKEN: Final = frozenset({"snooze", "not_today"})
_FIRST_QUESTIONS: Final = {
    Kind.CHECK_IN: ("/check-in/daily/begin", "now", lazy_gettext("How strong is your pain right now?")),
    Kind.MORNING: ("/check-in/morning/begin", "pain", lazy_gettext("How strong is your pain this morning?")),
}
"""What can be answered in the notice: the form, the name of its first number, the question."""


# What a notice looks like


@dataclass(frozen=True, slots=True)
class Scale:
    """A row of numbers from 0 to 10 with which a notice is answered where it stands."""

    question: str
    name: str
    action: str
    hidden: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One notice, ready to be drawn."""

    id: str
    kind: str
    title: str
    body: str
    icon: str
    since: datetime
    when: str
    path: str
    do: str
    action_url: str
    scale: Scale | None
    open_marks: bool
    can_snooze: bool
    can_skip: bool
    urgent: bool


def _line(notice: Notice) -> NoticeLine:
    kind = notice.kind
    title, body = texts.notice_words(kind, notice.wording, urgent=notice.urgent)
    return NoticeLine(
        id=str(notice.id),
        kind=kind.value,
        title=title,
        body=body,
        icon=page_texts.ICONS[kind],
        since=notice.since,
        when=page_texts.when(notice.since, now(), viewer().time_zone),
        path=request.script_root + notice.path,
        do=str(page_texts.DO[kind]),
        action_url=url_for("reminder_pages.act", notice_id=notice.id),
        scale=_scale(kind, notice.path),
        open_marks=kind in _SEEN_WHEN_OPENED,
        can_snooze=notice.can_snooze,
        can_skip=kind in TIMED,
        urgent=notice.urgent,
    )


def _scale(kind: Kind, path: str) -> Scale | None:
    """A check-in begins with its first answer: a tap on a number opens the form with that answer in it."""
    if kind not in _FIRST_QUESTIONS:
        return None
    action, name, question = _FIRST_QUESTIONS[kind]
    return Scale(str(question), name, request.script_root + action, tuple(parse_qsl(urlsplit(path).query)))


def _lines() -> list[NoticeLine]:
    return [_line(notice) for notice in service.notices_of(db(), viewer(), now())]


def _state(lines: list[NoticeLine]) -> str:
    return " ".join(line.id for line in lines) or "nothing"


# The bell


class Bell:
    """What the frame of a page knows of notices. Asks the database only when a page draws it."""

    @cached_property
    def waiting(self) -> list[Notice]:
        person = viewer_or_none()
        return list(service.notices_of(db(), person, now())) if person else []

    @cached_property
    def urls(self) -> dict[str, str]:
        """Addresses for the frame and its scripts."""
        return {
            "page": url_for("reminder_pages.notices"),
            "settings": url_for("reminder_pages.settings_page"),
            "zone": url_for("reminder_pages.change_zone"),
            "notices": url_for("reminder_pages.waiting"),
            "manifest": url_for("open_pages.manifest"),
            "service_worker": url_for("open_pages.service_worker"),
            "push_key": url_for("push_api.key"),
            "push_subscriptions": url_for("push_api.subscribe"),
        }

    @cached_property
    def numbers(self) -> dict[str, dict[str, str]]:
        """Whom a patient calls, for the page without connection: the number to read and the number to dial."""
        person = viewer_or_none()
        return _numbers(person) if person and not person.is_staff else {}


def _numbers(person: Person) -> dict[str, dict[str, str]]:
    known = numbers_for(person)
    shown = {"emergency": known.emergency, "urgent": known.urgent}
    return {name: {"text": text, "tel": known.calls[name]} for name, text in shown.items() if text}


@reminder_pages.app_context_processor
def bell() -> dict[str, Any]:
    return {"bell": Bell()}


# One's own notices


@reminder_pages.get("/notices")
def notices() -> ResponseReturnValue:
    lines = _lines()
    return render_template("reminders/notices.html", items=lines, state=_state(lines))


@reminder_pages.get("/api/notices")
def waiting() -> ResponseReturnValue:
    """What waits, for the bell of an open page: asked once a minute, and no sign that somebody is there."""
    return jsonify(_waiting())


def _waiting() -> dict[str, Any]:
    lines = _lines()
    return {
        "count": len(lines),
        "state": _state(lines),
        "notices": [{"id": line.id, "title": line.title, "path": line.path, "urgent": line.urgent} for line in lines],
        "html": render_template("reminders/_list.html", items=lines),
    }


@reminder_pages.post("/notices/mine/<uuid:notice_id>")
def act(notice_id: UUID) -> ResponseReturnValue:
    """Open, put off or dismiss one of one's own notices. A script gets the list as it is afterwards."""
    delivery = service.own_notice(db(), viewer(), notice_id)
    if delivery is None:
        abort(404)
    form = NoticeForm()
    if not form.validate_on_submit():
        abort(INVALID)
    if form.action.data == "open":
        service.dismiss(db(), delivery, now())
        db().commit()
        return redirect(_path_of(delivery))
    says = _do(delivery, form.action.data)
    if says is None:
        db().rollback()
        return _not_possible()
    db().commit()
    if wants_json():
        return jsonify(says=says, **_waiting())
    flash(says, "success")
    return redirect(url_for("reminder_pages.notices"))


def _do(delivery: Delivery, action: str) -> str | None:
    """Put it off; what to tell then, or None when that is not possible any more."""
    if action == "snooze":
        back_at = service.snooze(db(), delivery, now())
        return str(_("Put off. It comes back %(when)s.", when=_when(back_at, delivery))) if back_at else None
    if action == "not_today":
        return str(_("Not again today.")) if service.not_today(db(), delivery, now()) else None
    service.dismiss(db(), delivery, now())
    return str(_("Dismissed."))


def _when(instant: datetime, delivery: Delivery) -> str:
    person = viewer_or_none()
    # Whoever only holds the link is not told in which zone the person lives.
    if person is None or person.id != delivery.person_id:
        return str(_("in an hour"))
    return page_texts.when(instant, now(), person.time_zone)


def _not_possible_text() -> str:
    return str(_("That is not possible any more: it has been done, put off often enough, or taken back."))


def _not_possible() -> ResponseReturnValue:
    sentence = _not_possible_text()
    if wants_json():
        return jsonify(error=sentence), CONFLICT
    flash(sentence, "warning")
    return redirect(url_for("reminder_pages.notices"))


def _path_of(delivery: Delivery) -> str:
    return request.script_root + service.path_of(delivery)


# By the token of a message


def _by_token(token: str) -> Delivery | None:
    delivery_id = tokens.read_action_token(settings(), token, now())
    return service.notice_by_id(db(), delivery_id) if delivery_id else None


def _too_old() -> ResponseReturnValue:
    if wants_json():
        return jsonify(error=_("This link does not work any more.")), GONE
    page = render_template(
        "reminders/action.html",
        heading=_("This link does not work any more"),
        done=_("It was meant for a few days. What waits for you is shown when you are signed in."),
    )
    return page, GONE


@open_pages.get(_NOTICE)
def notice(token: str) -> ResponseReturnValue:
    """Asks what to do. Changes nothing: programs that check mail open every address in it. JSON: the form token that
    the service worker needs to answer.
    """
    delivery = _by_token(token)
    if delivery is None:
        return _too_old()
    if wants_json():
        return jsonify(csrf=generate_csrf())
    return _ask(delivery, token)


def _ask(delivery: Delivery, token: str, *, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "reminders/action.html",
        heading=_("A reminder"),
        done=None,
        open_url=url_for("open_pages.open_notice", token=token),
        can_put_off=Kind(delivery.kind) in TIMED,
    ), status


@open_pages.get(f"{_NOTICE}/open")
def open_notice(token: str) -> ResponseReturnValue:
    """To the page it is about. Sign-in comes first: where it leads says what it is about."""
    delivery = _by_token(token)
    person = viewer_or_none()
    if delivery is None:
        return _too_old()
    if person is None:
        return redirect(url_for("accounts.sign_in", next=request.path))
    return redirect(_path_of(delivery) if person.id == delivery.person_id else url_for("accounts.home"))


@open_pages.post(_NOTICE)
def answer_notice(token: str) -> ResponseReturnValue:
    delivery = _by_token(token)
    if delivery is None:
        return _too_old()
    form = NoticeForm()
    # A forwarded message must not take anything off somebody's list, an alert least of all: it only puts off.
    if not form.validate_on_submit() or form.action.data not in _BY_TOKEN:
        if wants_json():
            return jsonify(error=_("Nothing was chosen.")), INVALID
        return _ask(delivery, token, status=INVALID)
    says = _do(delivery, form.action.data)
    if says is not None:
        db().commit()
        done, status = jsonify(says=says), 200
    else:
        db().rollback()
        says = _not_possible_text()
        done, status = jsonify(error=says), CONFLICT
    if wants_json():
        return done, status
    return render_template("reminders/action.html", heading=_("A reminder"), done=says), status
