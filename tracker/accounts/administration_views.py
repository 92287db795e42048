"""The clinic's settings and its staff, for those who run it. No patient appears here."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from tracker.accounts import service
from tracker.accounts.forms import ClinicForm, EmptyForm, StaffInvitationForm, country_choices
from tracker.accounts.models import Person, Role
from tracker.accounts.rules import normal_email
from tracker.accounts.views import INVALID
from tracker.web.context import db, now, settings, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("administration", __name__)

_INVITE = "colleague-"
"""Two forms on one page have a name field each."""


def _page(
    *, form: Any = None, invitation: Any = None, link: str | None = None, status: int = 200
) -> ResponseReturnValue:
    person = viewer()
    clinic = person.clinic
    kept = {name: getattr(clinic, name) for name in _SETTINGS}
    return render_template(
        "accounts/clinic_settings.html",
        form=form or _clinic_form(formdata=None, data=kept),
        invitation=invitation or StaffInvitationForm(formdata=None, prefix=_INVITE),
        button=EmptyForm(formdata=None),
        staff=service.staff_of(db(), person.clinic_id),
        open_invitations=[
            each for each in service.open_invitations(db(), person.id, now()) if each.role != Role.PATIENT
        ],
        link=link,
    ), status


_NUMBERS = ("emergency_number", "urgent_number")
_SETTINGS = ("name", "time_zone", "country", *_NUMBERS, "require_totp")


def _clinic_form(**how: Any) -> Any:
    form = ClinicForm(**how)
    form.country.choices = country_choices(_("Not chosen: 112, 911 and 999 are shown"))
    return form


@blueprint.route("/clinic-settings", methods=["GET", "POST"])
def clinic() -> ResponseReturnValue:
    form = _clinic_form()
    if not form.is_submitted():
        return _page()
    if not form.validate():
        return _page(form=form, status=INVALID)
    person = viewer()
    for name in _SETTINGS:
        given = form[name].data
        # An emptied number means the country's own again.
        setattr(person.clinic, name, (given or None) if name in _NUMBERS else given)
    _audit("clinic.changed", f"clinic:{person.clinic_id}")
    db().commit()
    flash(_("Saved."), "success")
    return redirect(url_for("administration.clinic"))


@blueprint.post("/clinic-settings/invitations")
def invite() -> ResponseReturnValue:
    form = StaffInvitationForm(prefix=_INVITE)
    if not form.validate_on_submit():
        return _page(invitation=form, status=INVALID)
    _, token = service.invite(
        db(),
        inviter=viewer(),
        role=Role(form.role.data),
        name=form.name.data,
        email=normal_email(form.email.data),
        at=now(),
        lifetime=settings().invitation_lifetime,
    )
    db().commit()
    return _page(link=_link(token))


@blueprint.post("/clinic-settings/invitations/<uuid:invitation_id>/withdraw")
def withdraw(invitation_id: uuid.UUID) -> ResponseReturnValue:
    if not service.withdraw_invitation(db(), viewer(), invitation_id, now()):
        abort(404)
    db().commit()
    flash(_("The invitation is withdrawn."), "success")
    return redirect(url_for("administration.clinic"))


@blueprint.post("/clinic-settings/staff/<uuid:person_id>/reset-link")
def reset_link(person_id: uuid.UUID) -> ResponseReturnValue:
    """A link with which a colleague chooses a new password."""
    token = service.invite_to_reset(
        db(), actor=viewer(), whom=_colleague(person_id), at=now(), lifetime=settings().invitation_lifetime
    )
    db().commit()
    return _page(link=_link(token))


@blueprint.post("/clinic-settings/staff/<uuid:person_id>/<any(close, open):what>")
def set_active(person_id: uuid.UUID, what: str) -> ResponseReturnValue:
    """Close a colleague's account, or open it again. One's own stays open: somebody has to hold the keys."""
    whom = _colleague(person_id)
    service.set_active(db(), viewer(), whom, active=what == "open", at=now())
    db().commit()
    flash(_("Saved."), "success")
    return redirect(url_for("administration.clinic"))


def _colleague(person_id: uuid.UUID) -> Person:
    """Somebody else who works in the same clinic; 404 for everybody else."""
    whom = service.person(db(), person_id)
    if whom is None or not whom.is_staff or whom.clinic_id != viewer().clinic_id or whom.id == viewer().id:
        abort(404)
    return whom


def _link(token: str) -> str:
    # From the settings, never from the request: a link that is passed on must not follow a forged Host header.
    return settings().base_url + url_for("accounts.invitation", token=token)


def _audit(action: str, subject: str) -> None:
    service.record_audit(db(), actor=viewer(), patient=None, action=action, subject=subject, at=now())
