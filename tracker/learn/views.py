"""Cards and the desk check. HTTP only.

Blueprints: `learn_pages` (everybody who is signed in; staff see the same cards without the pages that only patients
have), `desk_pages` (patients). Other rooms do not know this one: `app.py` hands them `desk_check_row` and
`desk_check_row_today`.

What the templates receive: `card` (library.Card), `parts` ((key, heading, HTML), ...), `doors` (Doors that this reader
may open), `definitions` (the exercises the card names), `related`, `before`, `after` (Cards or None), `numbers`
(whom to call; on cards of the group "hurts"), `sure`; learn/index.html: `words`, `groups` ((key, Cards), ...),
`number`, `total`. learn/desk_check.html: `checks` (newest first), `found` (rules.Result of the newest), `next_on`,
`due`; learn/desk_form.html: `form`, `last` (answers of the check before, by item).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape
from werkzeug.exceptions import TooManyRequests

from tracker.accounts.access import NotFound
from tracker.accounts.emergency import numbers_for
from tracker.clock import local_date
from tracker.learn import library, rules, service, texts
from tracker.learn.forms import DeskCheckForm
from tracker.regimen.library import library as exercises
from tracker.web.context import db, now, viewer
from tracker.web.guards import guard_of
from tracker.web.locale import page_language

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.db import Session

learn_pages = Blueprint("learn_pages", __name__)
desk_pages = Blueprint("desk_pages", __name__)

INVALID = 422
LONGEST_WORDS = 80
A_DAY_S = 86_400


@desk_pages.app_template_filter("desk_name")
def _desk_name(item: str) -> str:
    """The short name of an item of the desk check."""
    return str(texts.ITEMS[item].name)


@dataclass(frozen=True, slots=True)
class Door:
    """A page of the application, as a card offers it."""

    label: str
    why: str
    icon: str
    href: str


# ---------------------------------------------------------------------------------------------- cards


@learn_pages.get("/learn")
def index() -> ResponseReturnValue:
    """All cards by group; with `?q=` those that have the words."""
    words = " ".join(request.args.get("q", "").replace("\0", " ").split())[:LONGEST_WORDS]
    everything = tuple(library.cards(page_language()).values())
    matching = library.found(words, everything)
    return render_template(
        "learn/index.html",
        words=words,
        groups=library.by_group(matching),
        number=len(matching),
        total=len(everything),
        texts=texts,
    )


@learn_pages.get("/learn/<card_id>")
def card(card_id: str) -> ResponseReturnValue:
    """One card."""
    everything = library.cards(page_language())
    shown = everything.get(card_id)
    if shown is None:
        raise NotFound
    before, after = library.beside(card_id, tuple(everything.values()))
    return render_template(
        "learn/card.html",
        card=shown,
        # What the reader makes is HTML of paragraphs, lists, emphasis and links of ours; everything else is escaped.
        parts=[(key, texts.PARTS[key], Markup(library.html(shown.parts[key], _address))) for key in library.PARTS],  # noqa: S704
        doors=[door for key in shown.doors if (door := _door(key))],
        definitions=[exercises()[each] for each in shown.exercises],
        related=[everything[each] for each in shown.related],
        before=before,
        after=after,
        numbers=numbers_for(viewer()) if shown.group == "hurts" else None,
        may_ask_for_help=_opens("help_pages.help_now"),
        texts=texts,
    )


def _address(kind: str, target: str) -> str:
    if kind == "exercise":
        return str(escape(url_for("library_pages.exercise", exercise_id=target)))
    return str(escape(url_for("learn_pages.card", card_id=target)))


def _door(key: str) -> Door | None:
    """None where this reader may not go: staff have no diary of their own."""
    words = texts.DOORS[key]
    if not _opens(words.endpoint):
        return None
    return Door(str(words.label), str(words.why), words.icon, url_for(words.endpoint))


def _opens(endpoint: str) -> bool:
    guard = guard_of(endpoint)
    return guard is not None and guard.admits(viewer())


# ---------------------------------------------------------------------------------------------- desk check


@desk_pages.get("/desk-check")
def desk_check() -> ResponseReturnValue:
    """What to change first, and the checks so far; the questions where there is none yet."""
    checks = service.checks_of(db(), viewer().id)
    if not checks:
        return _form_page(DeskCheckForm(formdata=None))
    newest, before = checks[0], checks[1] if len(checks) > 1 else None
    return render_template(
        "learn/desk_check.html",
        checks=checks,
        found=rules.result(newest, before),
        next_on=rules.next_on(newest),
        due=rules.due(newest.on, _today()),
        rules=rules,
        texts=texts,
    )


@desk_pages.get("/desk-check/questions")
def questions() -> ResponseReturnValue:
    """The ten questions, with what was answered last time beside them."""
    return _form_page(DeskCheckForm(formdata=None))


@desk_pages.post("/desk-check")
def save() -> ResponseReturnValue:
    """Keep a check. What is missing is said, and what was answered stays."""
    form = DeskCheckForm()
    if not form.validate():
        return _form_page(form), INVALID
    try:
        service.save_check(db(), patient=viewer(), check_id=form.identity, answers=form.answers, at=now())
    except service.TooManyError:
        raise TooManyRequests(retry_after=A_DAY_S) from None
    db().commit()
    flash(_("Your desk check is saved."), "success")
    return redirect(url_for(".desk_check"))


def _form_page(form: DeskCheckForm) -> str:
    form.check_id.data = form.check_id.data or str(uuid4())
    newest = service.checks_of(db(), viewer().id, most=1)
    last: Mapping[str, rules.Answer] = newest[0].answers if newest else {}
    return render_template("learn/desk_form.html", form=form, last=last, checks=newest, rules=rules, texts=texts)


def _today() -> date:
    return local_date(now(), viewer().time_zone)


# ---------------------------------------------------------------------------------------------- for other rooms


def desk_check_row(session: Session, person: Person, at: datetime) -> dict[str, Any] | None:
    """The desk check as a row of the page about the desk (templates/learn/_row.html): `title`, `text`, `url`, `first`
    (never done). None where nothing is due.
    """
    due = service.desk_check_due(session, person.id, local_date(at, person.time_zone))
    return _row(due) if due else None


def desk_check_row_today(session: Session, person: Person, at: datetime) -> dict[str, Any] | None:
    """The same for the page of the day: only a check that comes round again, and only for two weeks. Not everybody has
    a desk.
    """
    today = local_date(at, person.time_zone)
    due = service.desk_check_due(session, person.id, today)
    return _row(due) if due and due.offered(today) else None


def _row(due: rules.Due) -> dict[str, Any]:
    title, text = texts.due_row(due)
    return {
        "title": title,
        "text": text,
        "url": url_for("desk_pages.questions"),
        "first": due.last is None,
    }
