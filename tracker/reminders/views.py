"""The page on which somebody says how they want to be reminded, and the blueprints of this room: HTTP only.

`reminder_pages` (settings, notices) and `push_api` are for everybody who is signed in, `open_pages` are public; the
latter two are filled in `notice_views`, `push_views` and `open_views`.

reminders/reminders.html receives: `form` (ReminderForm; `kinds` says which of its kinds are asked), `problems`,
`kinds` (KindViews; none for staff), `paused_until` and `next_line` (texts or None), `local_time`, `channel_names`,
`channel_hints`, `subscriptions`, `has_calendar`, `calendar_since`, `calendar_address` and `calendar_webcal` (only just
after it was made), `button` (a form without fields).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import format_date, format_datetime, format_time, ngettext
from flask_babel import gettext as _
from wtforms.fields import FormField, SelectChoice

from tracker.accounts.forms import EmptyForm
from tracker.accounts.models import Role
from tracker.accounts.rules import safe_path
from tracker.accounts.service import record_audit
from tracker.reminders import page_texts, planning_service, service, subscription_service
from tracker.reminders.forms import (
    CHANNELS,
    KIND_FORMS,
    TIME_FIELDS,
    BreakForm,
    CalendarForm,
    PauseForm,
    ReminderForm,
    ZoneForm,
    shown,
)
from tracker.reminders.notice_views import INVALID, reminder_pages
from tracker.reminders.open_views import open_pages
from tracker.reminders.outgoing import IN_APP
from tracker.reminders.push_views import push_api
from tracker.reminders.rules import Kind
from tracker.reminders.service import ReminderError, RuleChoice
from tracker.web.context import db, now, settings, viewer
from tracker.web.locale import language_choices

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person

__all__ = ["open_pages", "push_api", "reminder_pages"]

_PAUSES: Final = {"day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class KindView:
    """One kind of reminder on the page: its part of the form is `form[key]`. `line`: when it comes as it is kept."""

    key: str
    name: str
    hint: str
    line: str
    open: bool
    """Whether something in it has to be looked at again."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something of the form that does not fit, and where."""

    field_id: str
    label: str
    sentence: str


# The page


@reminder_pages.get("/reminders")
def settings_page() -> ResponseReturnValue:
    return _page()


def _page(
    *, form: Any = None, problems: tuple[Problem, ...] = (), calendar_token: str | None = None, status: int = 200
) -> ResponseReturnValue:
    person = viewer()
    kept = service.settings_of(db(), person)
    is_patient = person.role == Role.PATIENT
    paused = kept.paused_until if kept.paused_until and kept.paused_until > now() else None
    address = _calendar_address(calendar_token) if calendar_token else None
    shown_form = form or _form(person, filled=False)
    page = render_template(
        "reminders/reminders.html",
        form=shown_form,
        problems=problems,
        kinds=_kinds(person, shown_form),
        paused_until=page_texts.when(paused, now(), person.time_zone) if paused else None,
        next_line=_next_line(person) if is_patient and not paused else None,
        local_time=format_time(now(), "HH:mm"),
        channel_names=CHANNELS,
        channel_hints=_channel_hints(person),
        subscriptions=subscription_service.subscriptions_of(db(), person.id),
        has_calendar=is_patient,
        calendar_since=format_date(kept.calendar_since, "d MMMM yyyy") if kept.calendar_since else None,
        calendar_address=address,
        calendar_webcal=address and f"webcal://{address.partition('://')[2]}",
        button=EmptyForm(formdata=None),
    )
    return page, status


def _calendar_address(token: str) -> str:
    # From the settings, never from the request: an address that is kept must not follow a forged Host header.
    return settings().base_url + url_for("open_pages.calendar_feed", token=token)


def _kinds(person: Person, form: Any) -> list[KindView]:
    """What the form asks this person, in the order of importance."""
    return [
        KindView(
            key=choice.kind.value,
            name=str(page_texts.KINDS[choice.kind][0]),
            hint=str(page_texts.KINDS[choice.kind][1]),
            line=page_texts.when_line(choice),
            open=bool(form[choice.kind].errors),
        )
        for choice in service.rules_of(db(), person)
        if choice.kind in form
    ]


def _asked(person: Person) -> frozenset[Kind]:
    """What this person can be reminded of. Staff hear of alerts by rules of their own."""
    if person.role != Role.PATIENT:
        return frozenset()
    return frozenset(Kind(kind) for kind in KIND_FORMS) - ({Kind.MESSAGE} if person.solo else set())


def _next_line(person: Person) -> str | None:
    coming = service.upcoming(db(), person, now())
    if not coming:
        return None
    first = min(coming, key=lambda each: each.due_at)
    name = page_texts.KINDS[first.kind][0]
    when = page_texts.when(first.due_at, now(), person.time_zone)
    return str(_("Next: %(what)s, %(when)s.", what=name, when=when))


def _channel_hints(person: Person) -> dict[str, str]:
    browsers = len(subscription_service.subscriptions_of(db(), person.id))
    mail = _("To %(address)s.", address=person.email) if person.email else _("Your account has no e-mail address.")
    if not settings().smtp_host:
        mail = _("E-mail is not set up on this server yet.")
    return {
        "push": ngettext("%(num)d browser, see below.", "%(num)d browsers, see below.", browsers)
        if browsers
        else _("No browser yet. Turn it on below, on each device by itself."),
        "email": mail,
    }


# The form


def _form(person: Person, *, filled: bool) -> Any:
    """The form as it is kept; `filled`: with what was sent instead."""
    kept = service.settings_of(db(), person)
    choices = {choice.kind: choice for choice in service.rules_of(db(), person)}
    data: dict[str, Any] = {
        "quiet_from": time.fromisoformat(kept.quiet_from),
        "quiet_to": time.fromisoformat(kept.quiet_to),
        "daily_budget": kept.daily_budget,
        "channels": [channel for channel in kept.channels if channel != IN_APP],
        "time_zone": person.time_zone,
        "locale": person.locale,
        **{kind: _kept_rule(choice) for kind, choice in choices.items()},
    }
    form = ReminderForm(data=data) if filled else ReminderForm(formdata=None, data=data)
    asked = _asked(person)
    for kind in set(KIND_FORMS) - asked:
        delattr(form, kind)
    if not asked:
        # Staff hear of alerts on every way there is; what they choose is when not to hear of anything else.
        del form.daily_budget, form.channels
    form.locale.choices = [SelectChoice(code, name) for code, name in language_choices()]
    return form


def _kept_rule(choice: RuleChoice) -> dict[str, Any]:
    times = [time.fromisoformat(at) for at in choice.times]
    kept: dict[str, Any] = {"enabled": choice.enabled, "weekdays": list(choice.weekdays)}
    if KIND_FORMS[choice.kind] is BreakForm:
        first, last = (times[0], times[-1]) if times else (None, None)
        return {**kept, "first": first, "last": last, "every": choice.every_minutes}
    return {**kept, **dict(zip(TIME_FIELDS, times, strict=False))}


@reminder_pages.post("/reminders")
def save() -> ResponseReturnValue:
    person = viewer()
    kept = service.settings_of(db(), person)
    form = _form(person, filled=True)
    if not form.validate_on_submit():
        return _page(form=form, problems=_problems(form), status=INVALID)
    try:
        service.save_rules(db(), person, [_chosen(kind, form[kind].form) for kind in sorted(_asked(person))], now())
        service.save_settings(
            db(),
            person,
            quiet_from=shown(form.quiet_from.data),
            quiet_to=shown(form.quiet_to.data),
            daily_budget=form.daily_budget.data if "daily_budget" in form else kept.daily_budget,
            channels=[IN_APP, *form.channels.data] if "channels" in form else kept.channels,
            at=now(),
        )
    except ReminderError as error:
        db().rollback()
        return _page(form=form, problems=_told(form, error), status=INVALID)
    _move(person, form.time_zone.data)
    person.locale = form.locale.data
    db().commit()
    flash(_("Saved."), "success")
    return redirect(url_for("reminder_pages.settings_page"))


def _chosen(kind: Kind, part: Any) -> RuleChoice:
    times = [shown(at) for at in part.times] if not isinstance(part, BreakForm) else _span(part)
    return RuleChoice(
        kind=kind,
        enabled=part.enabled.data,
        times=tuple(times),
        every_minutes=part.every.data if isinstance(part, BreakForm) else None,
        weekdays="".join(sorted(part.weekdays.data)) if "weekdays" in part else "1234567",
    )


def _span(part: BreakForm) -> list[str]:
    return [shown(at) for at in (part.first.data, part.last.data) if at is not None]


def _problems(form: Any) -> tuple[Problem, ...]:
    """What does not fit, kind by kind and field by field."""
    found: list[Problem] = []
    for field in form:
        if isinstance(field, FormField):
            name = str(page_texts.KINDS[field.short_name][0])
            wrong = (part for part in field if part.errors)
            found += [Problem(part.id, f"{name}, {part.label.text}", str(part.errors[0])) for part in wrong]
        elif field.errors:
            found.append(Problem(field.id, str(field.label.text), str(field.errors[0])))
    return tuple(found)


def _told(form: Any, error: ReminderError) -> tuple[Problem, ...]:
    """What the service would not store; its keys are "field" or "kind.field"."""
    found: list[Problem] = []
    for name, key in error.fields.items():
        kind = name.partition(".")[0]
        label = page_texts.KINDS[kind][0] if kind in page_texts.KINDS else form[kind].label.text
        part = form[kind].form.enabled if kind in page_texts.KINDS else form[kind]
        found.append(Problem(part.id, str(label), page_texts.problem(key)))
    return tuple(found)


# Single taps


@reminder_pages.post("/reminders/zone")
def change_zone() -> ResponseReturnValue:
    """On a journey: from now on the person's times follow the zone they are in."""
    form = ZoneForm()
    back = safe_path(request.form.get("next")) or url_for("reminder_pages.settings_page")
    if not form.validate_on_submit():
        abort(INVALID)
    _move(viewer(), form.zone.data)
    db().commit()
    flash(_("Your times follow %(place)s from now on.", place=page_texts.place(form.zone.data)), "success")
    return redirect(back)


def _move(person: Person, zone_name: str) -> None:
    if zone_name == person.time_zone:
        return
    person.time_zone = zone_name
    patient = person if person.role == Role.PATIENT else None
    if patient is not None:
        db().flush()
        planning_service.plan_people(db(), [patient.id], now())
    record_audit(db(), actor=person, patient=patient, action="profile.changed", subject=f"person:{person.id}", at=now())


@reminder_pages.post("/reminders/pause")
def pause() -> ResponseReturnValue:
    form = PauseForm()
    if not form.validate_on_submit():
        abort(INVALID)
    length = _PAUSES.get(form.pause.data)
    until = now() + length if length else None
    service.pause(db(), viewer(), until, now())
    db().commit()
    if until:
        flash(_("No reminders until %(when)s.", when=format_datetime(until, "EEEE, d MMMM, HH:mm")), "success")
    else:
        flash(_("Reminders come again."), "success")
    return redirect(url_for("reminder_pages.settings_page"))


@reminder_pages.post("/reminders/test")
def send_test() -> ResponseReturnValue:
    """A message that goes the way of all others: through the queue, not from here."""
    ways = service.send_test(db(), viewer(), now())
    db().commit()
    if ways:
        flash(
            _("It is on its way and should arrive within a minute: at the bell, and wherever else you hear of things.")
        )
    else:
        flash(_("That was tried often enough for now. Try again in an hour."), "warning")
    return redirect(url_for("reminder_pages.settings_page") + "#browsers")


@reminder_pages.post("/reminders/browsers/<uuid:subscription_id>/remove")
def remove_browser(subscription_id: UUID) -> ResponseReturnValue:
    if not subscription_service.unsubscribe(db(), viewer(), subscription_id=subscription_id):
        abort(404)
    db().commit()
    flash(_("That browser gets no notices any more."), "success")
    return redirect(url_for("reminder_pages.settings_page") + "#browsers")


@reminder_pages.post("/reminders/calendar")
def calendar() -> ResponseReturnValue:
    """Make an address (shown this once; an older one stops working) or withdraw it."""
    person = viewer()
    if person.role != Role.PATIENT:
        abort(404)
    form = CalendarForm()
    if not form.validate_on_submit():
        abort(INVALID)
    if form.calendar.data == "make":
        token = service.make_calendar(db(), person, now())
        db().commit()
        return _page(calendar_token=token)
    service.withdraw_calendar(db(), person, now())
    db().commit()
    flash(_("The calendar address does not work any more."), "success")
    return redirect(url_for("reminder_pages.settings_page") + "#calendar")
