"""The list of patients, and invitations. HTTP only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.access import NotFound, record_list
from tracker.accounts.forms import EmptyForm
from tracker.accounts.models import Role
from tracker.accounts.rules import normal_email
from tracker.accounts.service import invite, open_invitations, withdraw_invitation
from tracker.alerts import forms as alert_forms
from tracker.alerts import page_texts as alert_words
from tracker.alerts import texts as alert_texts
from tracker.alerts import worklist_service
from tracker.alerts.forms import BaselineForm, CloseForm, SnoozeForm
from tracker.clinic import caseload_service, note_service, note_texts, rules, texts, view_service
from tracker.clinic.forms import AppointmentForm, InviteForm, MessageForm
from tracker.clinic.room_views import INVALID, clinic_pages
from tracker.clock import local_date
from tracker.db import sealed, unsealed
from tracker.regimen import texts as plan_texts
from tracker.regimen.library import known
from tracker.regimen.rules_levels import Level
from tracker.web.context import db, now, settings, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.clinic.caseload_service import PatientRow

PATIENTS_PER_PAGE: Final = 25
LONGEST_WANTED: Final = 80


@clinic_pages.get("/patients")
def caseload() -> ResponseReturnValue:
    """My patients in the order of triage. `?find=` is a name as `find` has sealed it, `?show=` a filter, `?open=` opens
    a row in place.
    """
    entries = caseload_service.everybody(db(), viewer(), now())
    token = request.args.get("find", "")
    wanted = _looked_for(token)
    show = request.args.get("show", "all")
    show = show if show in rules.FILTERS else "all"
    named = [entry for entry in entries if wanted.casefold() in entry.person.name.casefold()]
    found = caseload_service.narrowed(db(), named, show, now())
    pages = max(-(-len(found) // PATIENTS_PER_PAGE), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    rows = caseload_service.rows(db(), found[(page - 1) * PATIENTS_PER_PAGE : page * PATIENTS_PER_PAGE], now())
    record_list(db(), viewer(), (row.id for row in rows), subject="caseload", at=now())
    opened = next((row for row in rows if str(row.id) == request.args.get("open")), None)
    return render_template(
        "clinic/caseload.html",
        rows=rows,
        opened=opened,
        counts=caseload_service.counts(entries, now()),
        total=len(entries),
        found=len(found),
        page=page,
        pages=pages,
        wanted=wanted,
        show=show,
        here=_address(token if wanted else "", show, page),
        saved=view_service.views_of(db(), viewer().id),
        most_saved=view_service.MOST_VIEWS,
        at=now(),
        today=local_date(now(), viewer().time_zone),
        year=now().year,
        texts=texts,
        rules=rules,
        alert_words=alert_words,
        title_of=partial(
            plan_texts.title_of,
            definitions=known(db(), {item.exercise for row in rows for item in row.programme}),
        ),
        waiting=open_invitations(db(), viewer().id, now()),
        button=EmptyForm(formdata=None),
        **(_actions(opened) if opened else {}),
    )


def _address(token: str, show: str, page: int = 1) -> dict[str, Any]:
    """What an address of the list holds: nothing that says what holds anyway."""
    return {"find": token or None, "show": show if show != "all" else None, "page": page if page > 1 else None}


@clinic_pages.post("/patients/find")
def find() -> ResponseReturnValue:
    """Look for a name. It is sealed in the address: addresses lie in clear in histories and in the logs of proxies."""
    wanted = request.form.get("q", "").strip()[:LONGEST_WANTED]
    token = sealed(db(), f"{viewer().id} {wanted}") if wanted else ""
    return redirect(url_for(".caseload", **_address(token, request.form.get("show", "all"))))


def _looked_for(token: str) -> str:
    """The name behind a token; nothing where it is somebody else's, or none."""
    owner, _space, wanted = (unsealed(db(), token) or "").partition(" ")
    return wanted if owner == str(viewer().id) else ""


def _actions(row: PatientRow) -> dict[str, Any]:
    """The forms of a row that is open. Each goes to the page that does it, and comes back here."""
    suggested = worklist_service.suggested_baseline(row.entry.standing)
    return {
        "snooze": SnoozeForm(formdata=None, prefix=alert_forms.SNOOZE),
        "close": CloseForm(formdata=None, prefix=alert_forms.CLOSE),
        "baseline": BaselineForm(formdata=None, prefix=alert_forms.BASELINE, data={"value": suggested}),
        "message": MessageForm(formdata=None),
        "begins": note_texts.templates(note_service.own_templates(db(), viewer().clinic_id)),
        "appointment": AppointmentForm(formdata=None),
        "urgent": Level.URGENT,
        "alert_texts": alert_texts,
        "plan_texts": plan_texts,
    }


@clinic_pages.post("/patients/views")
def save_view() -> ResponseReturnValue:
    """Keep the filters of the list under a name."""
    query = {name: request.form.get(name, "") for name in view_service.KEPT}
    try:
        view_service.save(db(), viewer(), name=request.form.get("name", ""), query=query, at=now())
    except view_service.ViewError as error:
        db().rollback()
        flash(texts.VIEW_ERRORS[error.key], "warning")
    else:
        db().commit()
        flash(_("Kept. It stands above the list."), "success")
    kept: dict[str, Any] = {name: value for name, value in query.items() if value}
    return redirect(url_for(".caseload", **kept))


@clinic_pages.post("/patients/views/<uuid:view_id>/delete")
def delete_view(view_id: UUID) -> ResponseReturnValue:
    """Forget a kept view; nothing else changes."""
    view_service.delete(db(), viewer(), view_id)
    db().commit()
    flash(_("The view is gone; the patients are not."), "success")
    return redirect(url_for(".caseload"))


@clinic_pages.route("/patients/invite", methods=["GET", "POST"])
def invite_patient() -> ResponseReturnValue:
    """Make an invitation. Its link is shown once, on the page that answers the form, and stored nowhere."""
    form = InviteForm()
    link = None
    if form.validate_on_submit():
        _invitation, token = invite(
            db(),
            inviter=viewer(),
            role=Role.PATIENT,
            name=form.name.data.strip(),
            email=normal_email(form.email.data) if form.email.data else None,
            at=now(),
            lifetime=settings().invitation_lifetime,
        )
        db().commit()
        # From the settings, never from the request: a link that is passed on must not follow a forged Host header.
        link = settings().base_url + url_for("accounts.invitation", token=token)
    status = INVALID if form.is_submitted() and link is None else 200
    return render_template(
        "clinic/invite.html",
        form=form,
        link=link,
        lifetime_days=settings().invitation_lifetime.days,
        waiting=open_invitations(db(), viewer().id, now()),
    ), status


@clinic_pages.post("/patients/invite/<uuid:invitation_id>/withdraw")
def withdraw(invitation_id: UUID) -> ResponseReturnValue:
    """Close an invitation that nobody has used."""
    if not withdraw_invitation(db(), viewer(), invitation_id, now()):
        raise NotFound
    db().commit()
    flash(_("The invitation is withdrawn; its link does not work any more."), "success")
    return redirect(url_for(".invite_patient"))
