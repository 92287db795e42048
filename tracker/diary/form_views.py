"""The forms of the diary, what is open, and the entries one has told. HTTP only; see `views`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4, uuid5

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import session as page_session
from flask_babel import format_date, format_datetime
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from pydantic import ValidationError
from werkzeug.exceptions import BadRequest, TooManyRequests
from werkzeug.exceptions import NotFound as NoSuchPage

from tracker.accounts.emergency import numbers_for
from tracker.accounts.rules import safe_path
from tracker.diary import documents, fields, pages, service, texts
from tracker.diary.rules import Entry
from tracker.diary.rules_forms import FORMS, MEDICINES, SCALE, Form
from tracker.diary.rules_timing import RHYTHMS, days_open, next_expected
from tracker.diary.telling_views import (
    INVALID,
    RETRY_AFTER_S,
    Outcome,
    keep,
    keep_flags,
    matter_of,
    outcome_of,
    sessions_of_yesterday,
    today_here,
)
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.db import Session

check_in_pages = Blueprint("check_in_pages", __name__)

DAYS_PER_PAGE: Final = 20
_TEN: Final = 10

_TAPPED: Final = "check_in_tapped"
"""Where in the page cookie a number waits that was tapped on another page."""
_NEXT: Final = "check_in_next"
"""Where in the page cookie it stands where somebody was going when they were asked."""


@check_in_pages.get("/check-in")
def overview() -> ResponseReturnValue:
    """What is open today, and what can be told at any time."""
    open_now = service.forms_due(db(), viewer(), now(), sessions_of_yesterday())
    found = outcome_of({})
    settings = service.settings_of(db(), viewer().id)
    return render_template(
        "diary/index.html",
        due=tuple(card_of(form) for form in open_now),
        other=tuple(card_of(form) for form in ("daily", "flags", "weekly") if form not in open_now),
        # Who has answered the first questions is past "before you start", but may have news: pregnant, operated.
        first_url=None if "intake" in open_now else url_for(".fill_in", form="intake"),
        rhythm=pages.rhythm_view(settings, today_here(), offer=service.may_taper(db(), viewer(), now())),
        rhythm_url=url_for(".rhythm"),
        entries_url=url_for(".entries"),
        progress_url=url_for("progress_pages.progress"),
        help_url=url_for("help_pages.help_now"),
        page=found.page,
        page_url=found.page_url,
    )


def card_of(key: str) -> pages.Card:
    """A form as a list shows it."""
    form = FORMS[key]
    return pages.Card(
        form=key,
        title=texts.say(texts.FORM_TITLES, key),
        why=texts.say(texts.FORM_WHY, key),
        minutes=pages.minutes_text(form),
        url=url_for("check_in_pages.fill_in", form=key),
    )


def today_row(session: Session, person: Person, at: datetime) -> dict[str, Any]:
    """The diary as the page Today shows it (templates/diary/_today.html), for `training.views.register_check_in`:
    `due` (Cards of what is open), `main` (the first of them, or None), `daily_done`, `scale_url` (one tap on a number
    posts `average` there), `check_in_url`, `entries_url`, `mornings` (session_id, title, url, local_date of the
    session to ask about; at most one), `matter` (what stays open and who looks at it by when, or None).
    """
    matter = matter_of(person)
    mornings = sessions_of_yesterday()
    open_now = service.forms_due(session, person, at, mornings)
    cards = tuple(card_of(form) for form in open_now if form != "intake")
    asked = service.open_mornings(session, person.id, mornings)[:1] if "morning" in open_now else ()
    return {
        "due": cards,
        "main": next(iter(cards), None),
        "daily_done": service.told_on(session, person, today_here()),
        "scale_url": url_for("check_in_pages.begin", form="daily"),
        "check_in_url": url_for("check_in_pages.overview"),
        "entries_url": url_for("check_in_pages.entries"),
        "matter": matter if matter and matter.lasting else None,
        "mornings": [
            {
                "session_id": str(each),
                "title": None,
                "url": url_for("check_in_pages.send", form="morning"),
                "local_date": today_here().isoformat(),
            }
            for each in asked
        ],
    }


@check_in_pages.post("/check-in/rhythm")
def rhythm() -> ResponseReturnValue:
    """Daily, or three times a week where that is on offer."""
    wanted = request.form.get("rhythm", "")
    if wanted not in RHYTHMS:
        raise BadRequest
    granted = service.choose_rhythm(db(), viewer(), wanted, now())
    db().commit()
    if granted:
        flash(_("Saved."), "success")
    else:
        flash(_("Three times a week is on offer after two steady weeks with a check-in on most days."), "warning")
    return redirect(url_for(".overview"))


# ---------------------------------------------------------------------------------------------- forms


@check_in_pages.get("/check-in/<any(intake, daily, weekly, fortnight, monthly, morning, flags):form>")
def fill_in(form: str) -> ResponseReturnValue:
    """A form: empty, or with `?entry=` the entry it corrects."""
    _remember_where_to(request.args.get("next"))
    entry = _entry_to_correct(form)
    if entry is not None and not _may_change(entry):
        flash(_("This was too long ago to change it. What is new today, tell today."), "warning")
        return redirect(url_for(".entries"))
    filled = _filled(FORMS[form], entry)
    return _form_page(FORMS[form], filled, entry=entry)


def _remember_where_to(path: str | None) -> None:
    found = safe_path(path)
    if found:
        page_session[_NEXT] = found


def _entry_to_correct(form: str) -> Entry | None:
    given = request.args.get("entry", type=UUID)
    if given is None:
        return None
    entry = service.entry_of(db(), viewer().id, given)
    if entry.form != form:
        raise NoSuchPage
    return entry


def _may_change(entry: Entry) -> bool:
    return entry.form == "intake" or entry.local_date >= days_open(today_here())[-1]


def _filled(form: Form, entry: Entry | None, said: fields.Said | None = None) -> pages.Filled:
    """The form with what was told before: just now, in the entry it corrects, or (one number) on the page Today."""
    has_medicines = any(question.kind == MEDICINES for question in form.questions)
    answers: Mapping[str, Any] = entry.answers if entry else _tapped(form)
    return pages.Filled(
        answers=said.answers if said else answers,
        note=said.note if said else (entry.note if entry else None),
        errors=said.errors if said else None,
        activities=service.activities_of(db(), viewer().id),
        medicines=service.medicine_names(db(), viewer().id) if has_medicines else (),
    )


def _tapped(form: Form) -> dict[str, int]:
    """What was tapped on another page; once."""
    kept = page_session.pop(_TAPPED, None)
    if not isinstance(kept, dict) or kept.get("person") != str(viewer().id) or kept.get("form") != form.key:
        return {}
    return {str(key): int(value) for key, value in kept["answers"].items()}


@check_in_pages.post("/check-in/<any(daily, morning):form>/begin")
def begin(form: str) -> ResponseReturnValue:
    """A check-in that begins with a number tapped on another page. It is never part of an address: those end up in the
    history of a browser and in the logs of whatever stands between. It waits in the page cookie for one request.
    """
    scales = [question.key for question in FORMS[form].questions if question.kind == SCALE]
    given = {key: request.form.get(key, type=int) for key in scales if key in request.form}
    answers = {key: value for key, value in given.items() if value is not None and 0 <= value <= _TEN}
    page_session[_TAPPED] = {"person": str(viewer().id), "form": form, "answers": answers}
    return redirect(url_for(".fill_in", form=form))


def _form_page(
    form: Form, filled: pages.Filled, *, entry: Entry | None = None, hidden: Mapping[str, str] | None = None,
    status: int = 200,
) -> ResponseReturnValue:  # fmt: skip
    today = today_here()
    told_about = entry.local_date if entry else None
    days = days_open(today) if form.any_day else ()
    session_id = _session_asked_about(form, entry)
    fixed = {
        "entry_id": str(entry.entry_id if entry else uuid4()),
        "id": str(uuid4()),
        "session_id": str(session_id) if session_id else "",
        **({} if days else {"local_date": (told_about or today).isoformat()}),
        **(hidden or {}),
    }
    view = pages.form_view(
        form, filled, action=url_for(".send", form=form.key), hidden=fixed, days=pages.day_choices(days)
    )
    return render_template(
        "diary/form.html",
        form=view,
        errors={key: texts.say(texts.PROBLEMS, problem) for key, problem in (filled.errors or {}).items()},
        numbers=numbers_for(viewer()),
        config={
            "form": form.key,
            "person": str(viewer().id),
            "today": today.isoformat(),
            "time_zone": viewer().time_zone,
            "first_day": days_open(today)[-1].isoformat(),
            "id": None,
            "entry_id": fixed["entry_id"] if entry or hidden else None,
            "local_date": (hidden or {}).get("local_date") or (told_about.isoformat() if told_about else None),
            "session_id": fixed["session_id"] or None,
            "answers": dict(filled.answers),
            "note": filled.note,
            "next": page_session.get(_NEXT),
            "plain": form.key == "fortnight" and not filled.activities,
            "flags": pages.flag_config(),
            "chest_band": pages.chest_band(),
            "pages": {
                "4": url_for("help_pages.emergency"),
                "3": url_for("help_pages.urgent"),
                "crisis": url_for("help_pages.crisis"),
            },
            "urls": {
                "save": url_for("diary_api.receive"),
                "check_in": url_for(".overview"),
                "emergency": url_for("help_pages.emergency"),
                "urgent": url_for("help_pages.urgent"),
                "crisis": url_for("help_pages.crisis"),
            },
            "csrf": generate_csrf(),
        },
    ), status


def _session_asked_about(form: Form, entry: Entry | None) -> UUID | None:
    if form.key != "morning":
        return None
    if entry is not None:
        return entry.session_id
    open_now = service.open_mornings(db(), viewer().id, sessions_of_yesterday())
    if not open_now:
        raise NoSuchPage
    return open_now[0]


@check_in_pages.post("/check-in/<any(intake, daily, weekly, fortnight, monthly, morning, flags):form>")
def send(form: str) -> ResponseReturnValue:
    """The same entry as the API takes, from a plain form."""
    definition = FORMS[form]
    said = fields.read(definition, request.form, lambda: str(uuid4()))
    if form == "fortnight" and not service.activities_of(db(), viewer().id):
        return _name_activities(said)
    data = _document(form, said)
    if not said.errors:
        outcome = _try(data, said)
        if outcome is not None:
            return outcome
    return _ask_again(definition, said, data)


def _document(form: str, said: fields.Said) -> dict[str, Any]:
    # A row of buttons on another page has no ids; then a second tap is a second entry.
    identity = str(uuid4())
    return {
        "id": request.form.get("id") or identity,
        "entry_id": request.form.get("entry_id") or identity,
        "form": form,
        "local_date": request.form.get("local_date") or today_here().isoformat(),
        "answered_at": now(),
        "session_id": request.form.get("session_id") or None,
        "note": said.note,
        "answers": said.answers,
    }


def _try(data: Mapping[str, Any], said: fields.Said) -> ResponseReturnValue | None:
    """Store it and lead on; None, with the errors noted, where it was refused."""
    try:
        document = documents.parse(data)
        saved = keep(document)
    except ValidationError as error:
        said.errors |= dict.fromkeys(_keys(documents.problems_of(error)), fields.INVALID)
        return None
    except service.RejectedError as error:
        db().rollback()
        said.errors |= {field.removeprefix("answers."): key for field, key in error.fields.items()}
        return None
    except service.TooManyError:
        db().rollback()
        outcome = outcome_of(service.flags_of(document))
        if outcome.page_url:
            return redirect(outcome.page_url)
        raise TooManyRequests(retry_after=RETRY_AFTER_S) from None
    db().commit()
    outcome = outcome_of(saved.news)
    if outcome.page_url is None and "pain" in said.answers:
        flash(_("Noted. Thank you."), "success")
        return redirect(url_for("today_pages.today"))
    return redirect(outcome.page_url or url_for(".done", version_id=saved.id))


def _keys(problems: Mapping[str, str]) -> list[str]:
    return [field.removeprefix("answers.").partition(".")[0] for field in problems]


def _ask_again(form: Form, said: fields.Said, data: dict[str, Any]) -> ResponseReturnValue:
    """Show the form with what is wrong. The red flags do not wait for it: they are stored now, and come first."""
    outcome = _keep_screen(said, data) if said.screened else keep_flags(data)
    if outcome is not None and outcome.page_url:
        return redirect(outcome.page_url)
    hidden = {key: str(data[key]) for key in ("entry_id", "local_date") if _is_plain(str(data[key]))}
    return _form_page(form, _filled(form, None, said), hidden=hidden, status=INVALID)


def _is_plain(text: str) -> bool:
    """An id or a date: nothing else comes back into a form's hidden fields."""
    for kind in (UUID, date.fromisoformat):
        try:
            kind(text)
        except ValueError:
            continue
        return True
    return False


def _keep_screen(said: fields.Said, data: Mapping[str, Any]) -> Outcome | None:
    """Store the answers to the red flags by themselves, as the first version of this entry, where its form can."""
    answers = {key: said.answers[key] for key in ("flags", "none_of_these", "self_harm") if key in said.answers}
    try:
        identity = uuid5(UUID(data["id"]), json.dumps(answers, sort_keys=True))
        saved = keep(documents.parse({**data, "id": identity, "note": None, "answers": answers}))
    except (ValueError, service.RejectedError, service.TooManyError):
        db().rollback()
        return keep_flags(data)
    db().commit()
    return outcome_of(saved.news)


def _name_activities(said: fields.Said) -> ResponseReturnValue:
    """The first time, the person's own activities get their words; the next page asks how well they go."""
    named = fields.named(request.form, lambda: str(uuid4()))
    activities = [service.Activity(each["id"], each["words"]) for each in named]
    if not activities:
        said.errors["activities"] = fields.MISSING
        return _form_page(FORMS["fortnight"], _filled(FORMS["fortnight"], None, said), status=INVALID)
    service.save_activities(db(), viewer(), activities, now())
    db().commit()
    return redirect(url_for(".fill_in", form="fortnight"))


@check_in_pages.get("/check-in/done/<uuid:version_id>")
def done(version_id: UUID) -> ResponseReturnValue:
    """After an entry: what it means for now, what to do, and when the next contact is."""
    person, today = viewer(), today_here()
    entry = service.version_of(db(), person.id, version_id)
    found = outcome_of({})
    watched = service.watched(db(), person, now())
    numbers = numbers_for(person)
    settings = service.settings_of(db(), person.id)
    open_now = service.forms_due(db(), person, now(), sessions_of_yesterday())
    came_from = safe_path(page_session.pop(_NEXT, None))
    matter = matter_of(person)
    return render_template(
        "diary/done.html",
        level=int(found.level),
        says=texts.stored(entry.form, late=entry.late, counts=entry.counts),
        advice=matter.sentences if matter else texts.advice(found.level, watched=watched, numbers=numbers),
        next_contact=texts.next_contact(
            found.level, watched=watched, next_day=next_expected(settings.rhythm, today), today=today
        ),
        worried=texts.worried(numbers),
        watched=watched,
        late=entry.late,
        numbers=numbers,
        due=tuple(card_of(form) for form in open_now),
        next_url=came_from or url_for("today_pages.today"),
        next_label=_("Back to where you were") if came_from else _("To today"),
        page_url=found.page_url,
    )


@check_in_pages.get("/check-in/entries")
def entries() -> ResponseReturnValue:
    """Everything one has told, newest day first."""
    versions = service.all_versions(db(), viewer().id)
    last: dict[UUID, Entry] = {}
    times: dict[UUID, int] = {}
    for version in sorted(versions, key=lambda each: each.order):
        last[version.entry_id] = version
        times[version.entry_id] = times.get(version.entry_id, 0) + 1
    by_day: dict[date, list[Entry]] = {}
    for entry in sorted(last.values(), key=lambda each: each.order, reverse=True):
        by_day.setdefault(entry.local_date, []).append(entry)
    pages_in_all = max(1, -(-len(by_day) // DAYS_PER_PAGE))
    page = min(max(request.args.get("page", 1, type=int), 1), pages_in_all)
    shown = sorted(by_day, reverse=True)[(page - 1) * DAYS_PER_PAGE : page * DAYS_PER_PAGE]
    activities = service.activities_of(db(), viewer().id)
    return render_template(
        "diary/entries.html",
        days=tuple(
            pages.DayOfEntries(
                format_date(day, "EEEE, d MMMM yyyy"),
                tuple(_line(entry, times[entry.entry_id], activities) for entry in by_day[day]),
            )
            for day in shown
        ),
        page=page,
        pages=pages_in_all,
    )


def _line(entry: Entry, versions: int, activities: Sequence[service.Activity]) -> pages.EntryLine:
    return pages.EntryLine(
        title=texts.say(texts.FORM_TITLES, entry.form),
        facts=pages.facts_of(entry, activities),
        flags=pages.flags_told(entry),
        note=entry.note,
        told=_("told on %(when)s", when=format_datetime(entry.answered_at, "d MMM yyyy, HH:mm")),
        late=entry.late,
        versions=versions,
        edit_url=url_for(".fill_in", form=entry.form, entry=entry.entry_id) if _may_change(entry) else None,
    )
