"""The clinic's settings and its staff, for those who run it. No patient appears here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from tracker.accounts import care_service, service, team_texts
from tracker.accounts.care_service import CareError
from tracker.accounts.forms import (
    AbsenceForm,
    ClinicForm,
    EmptyForm,
    HandAllOverForm,
    StaffInvitationForm,
    country_choices,
)
from tracker.accounts.models import Person, Role
from tracker.accounts.rules import normal_email
from tracker.accounts.views import INVALID
from tracker.web.context import db, now, settings, viewer

if TYPE_CHECKING:
    import uuid

    from flask.typing import ResponseReturnValue

blueprint = Blueprint("administration", __name__)

CONFLICT: Final = 409

_INVITE = "colleague-"
"""Two forms on one page have a name field each."""


def _page(
    *,
    form: Any = None,
    invitation: Any = None,
    hand: Any = None,
    absence: Any = None,
    link: str | None = None,
    status: int = 200,
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
        hand=hand or _hand_all_form(formdata=None),
        absence=absence or _absence_form(formdata=None),
        absences=care_service.absences(db(), person.clinic_id, now()),
        team_texts=team_texts,
    ), status


_HAND, _AWAY = "hand-", "away-"


def _physios() -> list[tuple[str, str]]:
    return [(str(each.person.id), each.person.name) for each in care_service.team(db(), viewer().clinic_id, now())]


def _hand_all_form(**how: Any) -> Any:
    """Also from somebody whose account is closed: that is when it is needed most."""
    form = HandAllOverForm(prefix=_HAND, **how)
    everybody = [each for each in service.staff_of(db(), viewer().clinic_id) if each.role == Role.PHYSIO]
    form.whose.choices = [(str(each.id), each.name) for each in everybody]
    form.to.choices = _physios()
    return form


def _absence_form(**how: Any) -> Any:
    form = AbsenceForm(prefix=_AWAY, **how)
    form.physio.choices = form.backup.choices = _physios()
    return form


@blueprint.post("/clinic-settings/hand-over")
def hand_all_over() -> ResponseReturnValue:
    """Every patient of one colleague goes to another; their names are not shown for it."""
    form = _hand_all_form()
    if not form.validate_on_submit():
        return _page(hand=form, status=INVALID)
    try:
        number = care_service.hand_over_all(
            db(),
            actor=viewer(),
            whose=care_service.chosen(db(), form.whose.data),
            to=care_service.chosen(db(), form.to.data),
            reason=form.reason.data,
            at=now(),
        )
    except CareError as error:
        db().rollback()
        team_texts.mark(form, error)
        return _page(hand=form, status=CONFLICT)
    db().commit()
    flash(ngettext("One patient was handed over.", "%(num)d patients were handed over.", number), "success")
    return redirect(url_for("administration.clinic", _anchor="content"))


@blueprint.post("/clinic-settings/absences")
def plan_absence() -> ResponseReturnValue:
    """A colleague is away (ill, for one), and somebody stands in."""
    form = _absence_form()
    if not form.validate_on_submit():
        return _page(absence=form, status=INVALID)
    try:
        care_service.plan_days(
            db(),
            actor=viewer(),
            physio=care_service.chosen(db(), form.physio.data),
            backup=care_service.chosen(db(), form.backup.data),
            first=form.first.data,
            last=form.last.data,
            note=form.note.data,
            at=now(),
        )
    except CareError as error:
        db().rollback()
        team_texts.mark(form, error)
        return _page(absence=form, status=CONFLICT)
    db().commit()
    flash(_("Noted."), "success")
    return redirect(url_for("administration.clinic", _anchor="content"))


@blueprint.post("/clinic-settings/absences/<uuid:absence_id>/end")
def end_absence(absence_id: uuid.UUID) -> ResponseReturnValue:
    """Back earlier, or not away after all."""
    care_service.end_absence(db(), actor=viewer(), absence_id=absence_id, at=now())
    db().commit()
    flash(_("The absence has ended."), "success")
    return redirect(url_for("administration.clinic", _anchor="content"))


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
