"""What people do with their own account: profile, consents, password, second factor, signed-in browsers."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import segno
from flask import Blueprint, abort, flash, jsonify, redirect, render_template, url_for
from flask import session as page_session
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from wtforms.fields import SelectChoice

from tracker.accounts import care_service, service, sign_in_service, team_texts
from tracker.accounts.forms import (
    ConfirmForm,
    ConsentsForm,
    EmptyForm,
    EnrolForm,
    PasswordForm,
    ProfileForm,
    check_new_password,
    country_choices,
)
from tracker.accounts.models import ConsentKind, Person, Role
from tracker.accounts.rules import SHORTEST_PATIENT_PASSWORD, SHORTEST_STAFF_PASSWORD
from tracker.accounts.views import INVALID, is_own_password
from tracker.web import sign_in as browser
from tracker.web.context import db, now, password_changed, record_changed, services, signed_in, viewer
from tracker.web.locale import language_choices

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("account", __name__)

_ENROL = "enrol"


@blueprint.get("/account")
def overview() -> ResponseReturnValue:
    return _overview()


def _overview(*, profile: Any = None, password: Any = None, status: int = 200) -> ResponseReturnValue:
    person = viewer()
    found = signed_in()
    return render_template(
        "accounts/account.html",
        profile=profile or _profile_form(person),
        password=password or PasswordForm(formdata=None),
        button=EmptyForm(formdata=None),
        kinds=_kinds(person),
        consents=service.consents_of(db(), person.id),
        devices=sign_in_service.living_sessions(db(), person, now(), browser.lifetimes()),
        this_device=found.session.id if found else None,
        shortest=_shortest(person),
        team_texts=team_texts,
        carers=care_service.carers(db(), person.id, now()) if person.role == Role.PATIENT else [],
    ), status


def _profile_form(person: Person, **how: Any) -> Any:
    form = ProfileForm(
        **how,
        data={
            name: getattr(person, name)
            for name in ("name", "time_zone", "country", "birth_year", "phone", "locale", "theme")
        },
    )
    if person.role != Role.PATIENT or person.solo:
        del form.phone
        del form.birth_year
    form.country.choices = country_choices(_("Where my clinic is") if not person.solo else _("Not chosen"))
    form.locale.choices = [SelectChoice(code, name) for code, name in language_choices()]
    return form


def _shortest(person: Person) -> int:
    return SHORTEST_STAFF_PASSWORD if person.is_staff else SHORTEST_PATIENT_PASSWORD


def _kinds(person: Person) -> list[ConsentKind]:
    """What this person can be asked: staff nothing, a person without a physio not whether to share with one."""
    if person.role != Role.PATIENT:
        return []
    return [kind for kind in ConsentKind if not (person.solo and kind is ConsentKind.SHARING)]


def _was_born(form: Any) -> bool:
    """Whether the year of birth has come; the form does not know what year it is."""
    if "birth_year" not in form or (form.birth_year.data or 0) <= now().year:
        return True
    form.birth_year.errors = [_("This year has not come yet.")]
    return False


@blueprint.post("/account/profile")
def profile() -> ResponseReturnValue:
    person = viewer()
    form = _profile_form(person)
    if not form.validate_on_submit() or not _was_born(form):
        return _overview(profile=form, status=INVALID)
    person.name = form.name.data
    person.time_zone = form.time_zone.data
    person.country = form.country.data
    if "phone" in form:
        person.phone = form.phone.data or None
        person.birth_year = form.birth_year.data
    person.locale = form.locale.data
    person.theme = form.theme.data
    patient = person if person.role == Role.PATIENT else None
    subject = f"person:{person.id}"
    service.record_audit(db(), actor=person, patient=patient, action="profile.changed", subject=subject, at=now())
    db().commit()
    flash(_("Saved."), "success")
    return redirect(url_for("account.overview"))


# Consent


@blueprint.route("/welcome", methods=["GET", "POST"])
def welcome() -> ResponseReturnValue:
    """The three questions after joining, each by itself, none answered beforehand."""
    person = viewer()
    kinds = _kinds(person)
    if not kinds:
        abort(404)
    form = ConsentsForm()
    for kind in set(ConsentKind) - set(kinds):
        delattr(form, kind.value)
    if person.solo:
        del form.phone
    if not form.validate_on_submit():
        page = render_template("accounts/welcome.html", form=form, kinds=kinds, physios=_physios(person))
        return page, INVALID if form.is_submitted() else 200
    if "phone" in form:
        person.phone = form.phone.data or None
    for kind in kinds:
        _set_consent(person, kind, agrees=form[kind.value].data)
    db().commit()
    return redirect(url_for("accounts.home"))


@blueprint.post("/account/consents/<any(camera, landmarks, sharing):kind>/<any(grant, withdraw):what>")
def consent(kind: str, what: str) -> ResponseReturnValue:
    person = viewer()
    if ConsentKind(kind) not in _kinds(person):
        abort(404)
    _set_consent(person, ConsentKind(kind), agrees=what == "grant")
    db().commit()
    flash(_("Your choice is in effect from now on."), "success")
    return redirect(url_for("account.overview") + "#consents")


def _set_consent(person: Person, kind: ConsentKind, *, agrees: bool) -> None:
    changed = service.set_consent(db(), person, kind, agrees=agrees, at=now())
    if changed and not agrees:
        for effect in services().consent_withdrawn:
            effect(db(), person.id, kind.value, now())
    elif changed and kind == ConsentKind.SHARING:
        # What is open already is told to whoever may see it from now on.
        record_changed(person.id)


def _physios(person: Person) -> list[Person]:
    return service.physios_of(db(), person.id, now())


# Password


@blueprint.post("/account/password")
def change_password() -> ResponseReturnValue:
    person = viewer()
    form = PasswordForm()
    fits = form.validate_on_submit() and is_own_password(person, form.current)
    about = [person.name, person.email, person.clinic.name]
    if not (fits and check_new_password(form.password, shortest=_shortest(person), about=about)):
        return _overview(password=form, status=INVALID)
    hashed = services().passwords.hash(form.password.data)
    found = signed_in()
    service.change_password(db(), person, hashed, now(), except_session=found.session.id if found else None)
    password_changed(person.id)
    db().commit()
    if person.is_staff:
        flash(_("Your password is changed. Other browsers are signed out."), "success")
    else:
        flash(
            _(
                "Your password is changed. Other browsers are signed out, computers are disconnected; notices in "
                "browsers and the address of your calendar have to be set up again."
            ),
            "success",
        )
    return redirect(url_for("account.overview"))


# Second factor


@blueprint.route("/account/second-factor", methods=["GET", "POST"])
def second_factor() -> ResponseReturnValue:
    """Set up the second step, or, where there is one, offer to renew codes or remove it."""
    person = viewer()
    if not person.is_staff:
        abort(404)
    if person.totp_secret is not None:
        return render_template("accounts/second_factor_on.html", form=ConfirmForm(formdata=None))
    form = EnrolForm()
    secret = _enrolment_secret(person)
    if form.validate_on_submit() and is_own_password(person, form.current):
        codes = sign_in_service.enrol(db(), person, secret, form.code.data, now())
        if codes is not None:
            page_session.pop(_ENROL, None)
            db().commit()
            return render_template("accounts/recovery_codes.html", codes=codes)
        form.code.errors = [_("This code does not fit. Check the clock of your phone and use the newest code.")]
    uri = sign_in_service.totp_uri(secret, person.email or person.name)
    picture = segno.make(uri, error="m").svg_data_uri(scale=5, border=2, light="#fff")
    page = render_template("accounts/second_factor.html", form=form, picture=picture, secret=secret)
    return page, INVALID if form.is_submitted() else 200


def _enrolment_secret(person: Person) -> str:
    """The secret on offer. It waits in the signed page cookie of the very person who is about to scan it."""
    waiting = page_session.get(_ENROL)
    if isinstance(waiting, dict) and waiting.get("person") == str(person.id):
        return str(waiting["secret"])
    secret = sign_in_service.new_totp_secret()
    page_session[_ENROL] = {"person": str(person.id), "secret": secret}
    return secret


@blueprint.post("/account/second-factor/<any(codes, remove):what>")
def change_second_factor(what: str) -> ResponseReturnValue:
    person = viewer()
    form = ConfirmForm()
    if not person.is_staff or person.totp_secret is None:
        abort(404)
    if not (form.validate_on_submit() and is_own_password(person, form.current)):
        return render_template("accounts/second_factor_on.html", form=form), INVALID
    if what == "codes":
        codes = sign_in_service.renew_recovery_codes(db(), person)
        db().commit()
        return render_template("accounts/recovery_codes.html", codes=codes)
    sign_in_service.remove_second_factor(db(), person, now())
    db().commit()
    flash(_("The second step is off."), "warning")
    return redirect(url_for("account.overview"))


# Signed-in browsers


@blueprint.post("/account/devices/<uuid:session_id>/revoke")
def revoke_device(session_id: uuid.UUID) -> ResponseReturnValue:
    if not sign_in_service.revoke(db(), viewer(), session_id, now()):
        abort(404)
    db().commit()
    flash(_("That browser is signed out."), "success")
    return redirect(url_for("account.overview") + "#devices")


@blueprint.get("/api/csrf-token")
def csrf_token() -> ResponseReturnValue:
    """A fresh form token, for a page whose own has become stale while sets waited in its outbox.

    `person` lets it hold back what somebody else did in this browser.
    """
    return jsonify(token=generate_csrf(), person=str(viewer().id))
