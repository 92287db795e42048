"""The list of patients, and invitations. HTTP only."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.access import NotFound
from tracker.accounts.models import Role
from tracker.accounts.rules import normal_email
from tracker.accounts.service import invite, open_invitations, record_audit, withdraw_invitation
from tracker.alerts import page_texts as alert_words
from tracker.clinic import service, texts
from tracker.clinic.forms import InviteForm
from tracker.clinic.room_views import INVALID, clinic_pages
from tracker.regimen import texts as plan_texts
from tracker.regimen.library import known
from tracker.web.context import db, now, settings, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

PATIENTS_PER_PAGE: Final = 50


@clinic_pages.get("/patients")
def caseload() -> ResponseReturnValue:
    """My patients, those who need a look first; `?q=` finds a name."""
    rows = service.caseload(db(), viewer(), now())
    wanted = request.args.get("q", "").strip()
    found = [row for row in rows if wanted.casefold() in row.name.casefold()]
    pages = max(-(-len(found) // PATIENTS_PER_PAGE), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    shown = found[(page - 1) * PATIENTS_PER_PAGE : page * PATIENTS_PER_PAGE]
    # One line for the list, with the ids of those whose figures were on it: "who saw my record" has an answer.
    seen = {"patients": [str(row.id) for row in shown]}
    record_audit(db(), actor=viewer(), patient=None, action="caseload.read", subject="caseload", at=now(), detail=seen)
    return render_template(
        "clinic/caseload.html",
        rows=shown,
        found=len(found),
        total=len(rows),
        page=page,
        pages=pages,
        wanted=wanted,
        sparklines=service.sparklines(db(), shown, now()),
        at=now(),
        texts=texts,
        alert_words=alert_words,
        title_of=partial(
            plan_texts.title_of,
            definitions=known(db(), {item.exercise for row in shown for item in row.programme}),
        ),
        waiting=open_invitations(db(), viewer().id, now()),
    )


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
