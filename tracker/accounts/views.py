"""Pages before and around signing in: set-up link, sign-in, sign-out, invitation. Open to everybody.

What a person does with their own account is in `account_views`, the clinic's settings in `administration_views`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask import session as page_session
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from werkzeug.exceptions import TooManyRequests

from tracker.accounts import service, sign_in_service
from tracker.accounts.forms import (
    ClinicSetUpForm,
    CodeForm,
    JoinForm,
    NewPasswordForm,
    SignInForm,
    SoloSetUpForm,
    check_new_password,
)
from tracker.accounts.models import InvitationPurpose, Person, Role
from tracker.accounts.rules import (
    PER_ACCOUNT,
    SHORTEST_PATIENT_PASSWORD,
    SHORTEST_STAFF_PASSWORD,
    ThrottleRule,
    normal_email,
    safe_path,
    throttled_address,
)
from tracker.accounts.service import AddressTakenError, AlreadySetUpError, LinkNotOpenError, Newcomer
from tracker.web import known_browser
from tracker.web import sign_in as browser
from tracker.web.context import db, now, password_changed, services, settings, signed_in, viewer_or_none
from tracker.web.locale import page_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Response
    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Invitation, SignInAttempt

blueprint = Blueprint("accounts", __name__)

NOT_THE_PRESENT_ONE: Final = lazy_gettext("This is not your present password.")

INVALID = 422
GONE = 410
_LINK = "<string(maxlength=64):token>"
_NOBODY = "nobody"
"""The account of tries without an address: of the one person of a just-me installation, or of a slip of the pen."""
_HOMES = {Role.PATIENT: "/today", Role.PHYSIO: "/patients", Role.ADMIN: "/clinic-settings"}


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """To where this person starts, or to sign-in; an empty installation explains itself."""
    person = viewer_or_none()
    if person is not None:
        return redirect(_HOMES[Role(person.role)])
    if service.is_empty(db()):
        return render_template("accounts/not_set_up.html")
    return redirect(url_for("accounts.sign_in"))


# Sign-in


def address() -> str:
    """Where the request comes from, for the throttle only."""
    return throttled_address(request.remote_addr or "unknown")


def guarded_try(account: str, rule: ThrottleRule = PER_ACCOUNT) -> SignInAttempt:
    """Write the try down and make sure it may go on; 429 with the seconds to wait otherwise. `rule`: how many wrong
    tries of this account are free; those of an address are always counted as well.

    Commits at once, so that tries at the same moment see each other, and no lock is held while a password is hashed.
    """
    attempt = sign_in_service.begin_attempt(db(), account, address(), now())
    db().commit()
    wait = sign_in_service.wait_before(db(), attempt, rule)
    if wait:
        sign_in_service.settle_blocked(attempt)
        db().commit()
        raise TooManyRequests(retry_after=int(wait.total_seconds()) + 1)
    db().commit()
    return attempt


def is_own_password(person: Person, field: Any, otherwise: Any = NOT_THE_PRESENT_ONE) -> bool:
    """Whether the present password is right; if not, the field says so.

    Throttled like a sign-in, because an open browser is no proof, but counted by itself: who guesses at the sign-in
    page must not keep its owner from changing the password.
    """
    attempt = guarded_try(f"present password:{person.id}")
    if services().passwords.matches(person.password_hash, field.data):
        sign_in_service.settle_succeeded(db(), attempt)
        db().commit()
        return True
    sign_in_service.audit_failure(db(), person, now())
    db().commit()
    field.errors = [*field.errors, otherwise]
    return False


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    target = safe_path(request.args.get("next"))
    if viewer_or_none() is not None:
        return redirect(target or url_for("accounts.home"))
    alone = service.lone_person(db())
    form = SignInForm()
    if alone is not None:
        # One person on their own machine who gave no address: the password is all there is to ask for.
        del form.email
    if not form.validate_on_submit():
        return render_template("accounts/sign_in.html", form=form, alone=alone), _status(form)
    return _check_password(form, alone, target)


def _sign_in_try(account: str) -> SignInAttempt:
    """A try of the password of `account`; a browser that has proved itself is counted by itself."""
    number = known_browser.number_for(sign_in_service.account_mark(db(), account))
    return guarded_try(account if number is None else f"{account} in {number}")


def _check_password(form: Any, alone: Person | None, target: str | None) -> ResponseReturnValue:
    email = "" if alone else normal_email(form.email.data) or ""
    attempt = _sign_in_try(email or _NOBODY)
    person = alone or (service.person_by_email(db(), email) if email else None)
    stored = person.password_hash if person and person.active else None
    db().commit()
    passwords = services().passwords
    if not passwords.matches(stored, form.password.data) or person is None:
        sign_in_service.audit_failure(db(), person, now())
        db().commit()
        form.password.errors = [_("Address and password do not fit together.") if not alone else _("This is not it.")]
        return render_template("accounts/sign_in.html", form=form, alone=alone), INVALID
    if stored and passwords.is_outdated(stored):
        person.password_hash = passwords.hash(form.password.data)
    sign_in_service.settle_succeeded(db(), attempt)
    if person.totp_secret is not None:
        return _open_browser(person, url_for("accounts.second_step", next=target), complete=False)
    return _open_browser(person, target or url_for("accounts.home"))


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
def second_step() -> ResponseReturnValue:
    """The code from the app, within ten minutes of the password."""
    waiting = browser.pending()
    if waiting is None:
        return redirect(url_for("accounts.sign_in"))
    form = CodeForm()
    if not form.validate_on_submit():
        return render_template("accounts/second_step.html", form=form), _status(form)
    attempt = guarded_try(f"second:{waiting.person_id}")
    if not sign_in_service.use_second_factor(db(), waiting.person, form.code.data, now()):
        sign_in_service.audit_failure(db(), waiting.person, now())
        db().commit()
        form.code.errors = [_("This code does not fit, or was used before. Wait for the next one.")]
        return render_template("accounts/second_step.html", form=form), INVALID
    sign_in_service.settle_succeeded(db(), attempt)
    sign_in_service.end(db(), waiting, now())
    return _open_browser(waiting.person, safe_path(request.args.get("next")) or url_for("accounts.home"))


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    found = signed_in()
    if found is not None:
        sign_in_service.end(db(), found.session, now())
        db().commit()
    page_session.clear()
    return browser.clear_cookies(make_response(redirect(url_for("accounts.sign_in"))))


def _open_browser(person: Person, target: str, *, complete: bool = True) -> Response:
    """Sign this browser in (with a new token), commit, and go to `target`."""
    token = browser.begin(person, complete=complete)
    mark = sign_in_service.account_mark(db(), person.email or _NOBODY)
    db().commit()
    response = browser.set_cookie(make_response(redirect(target)), person, token, complete=complete)
    return known_browser.remember(response, mark) if complete else response


def _status(form: Any) -> int:
    return INVALID if form.is_submitted() else 200


# Set-up


@blueprint.get(f"/set-up/{_LINK}")
def set_up(token: str) -> ResponseReturnValue:
    """The first page of a new installation: a clinic, or just me."""
    if not service.set_up_link_is_open(db(), token):
        return _closed()
    return render_template("accounts/set_up.html", token=token)


@blueprint.route(f"/set-up/{_LINK}/clinic", methods=["GET", "POST"])
def set_up_clinic(token: str) -> ResponseReturnValue:
    form = ClinicSetUpForm(data={"time_zone": settings().default_time_zone})

    def create(who: Newcomer, hashed: str) -> Person:
        clinic_name = form.clinic_name.data
        return service.set_up_clinic(db(), token, clinic_name=clinic_name, who=who, hashed=hashed, at=now())

    return _set_up(token, form, create, shortest=SHORTEST_STAFF_PASSWORD, template="accounts/set_up_clinic.html")


@blueprint.route(f"/set-up/{_LINK}/alone", methods=["GET", "POST"])
def set_up_alone(token: str) -> ResponseReturnValue:
    form = SoloSetUpForm(data={"time_zone": settings().default_time_zone})

    def create(who: Newcomer, hashed: str) -> Person:
        return service.set_up_solo(db(), token, who=who, hashed=hashed, at=now())

    return _set_up(token, form, create, shortest=SHORTEST_PATIENT_PASSWORD, template="accounts/set_up_alone.html")


def _set_up(
    token: str, form: Any, create: Callable[[Newcomer, str], Person], *, shortest: int, template: str
) -> ResponseReturnValue:
    if not service.set_up_link_is_open(db(), token):
        return _closed()
    if not (form.validate_on_submit() and _good_password(form, shortest)):
        return render_template(template, form=form, token=token, shortest=shortest), _status(form)
    try:
        person = create(*_newcomer(form))
    except (LinkNotOpenError, AlreadySetUpError):
        db().rollback()
        return _closed()
    return _open_browser(person, url_for("account.welcome") if person.solo else url_for("accounts.home"))


# Invitation


@blueprint.route(f"/invitation/{_LINK}", methods=["GET", "POST"])
def invitation(token: str) -> ResponseReturnValue:
    """Join a clinic, or choose a new password, by a link that works once."""
    try:
        found = service.open_invitation(db(), token, now())
    except LinkNotOpenError:
        return _closed()
    staff = found.role != Role.PATIENT
    shortest = SHORTEST_STAFF_PASSWORD if staff else SHORTEST_PATIENT_PASSWORD
    if found.purpose == InvitationPurpose.RESET:
        return _reset(token, shortest)
    return _join(token, found, shortest)


def _join(token: str, found: Invitation, shortest: int) -> ResponseReturnValue:
    inviter = service.person(db(), found.inviter_id) if found.inviter_id else None
    zone = inviter.clinic.time_zone if inviter else settings().default_time_zone
    form = JoinForm(data={"name": found.name, "email": found.email, "time_zone": zone})
    page = {"form": form, "inviter": inviter, "invitation": found, "shortest": shortest}
    if not (form.validate_on_submit() and _good_password(form, shortest)):
        return render_template("accounts/invitation.html", **page), _status(form)
    who, hashed = _newcomer(form)
    try:
        person = service.accept(db(), token, who=who, hashed=hashed, at=now())
    except LinkNotOpenError:
        db().rollback()
        return _closed()
    except AddressTakenError:
        db().rollback()
        form.email.errors = [_("This address cannot be used here. Sign in with it, or use another one.")]
        return render_template("accounts/invitation.html", **page), INVALID
    patient = person.role == Role.PATIENT
    return _open_browser(person, url_for("account.welcome") if patient else url_for("accounts.home"))


def _reset(token: str, shortest: int) -> ResponseReturnValue:
    form = NewPasswordForm()
    if not (form.validate_on_submit() and _good_password(form, shortest)):
        return render_template("accounts/reset.html", form=form, shortest=shortest), _status(form)
    hashed = services().passwords.hash(form.password.data)
    try:
        whom = service.reset_password(db(), token, hashed, now())
    except LinkNotOpenError:
        db().rollback()
        return _closed()
    password_changed(whom.id)
    db().commit()
    # Not signed in by the link alone: whoever has a second factor still needs it.
    return browser.clear_cookies(make_response(redirect(url_for("accounts.sign_in"))))


def _closed() -> ResponseReturnValue:
    return render_template("accounts/link_closed.html"), GONE


def _good_password(form: Any, shortest: int) -> bool:
    about = [getattr(form, name).data for name in ("name", "email", "clinic_name") if name in form]
    return check_new_password(form.password, shortest=shortest, about=about)


def _newcomer(form: Any) -> tuple[Newcomer, str]:
    """Who joins, and the hash of their password, made while no lock is held."""
    db().commit()
    hashed = services().passwords.hash(form.password.data)
    email = normal_email(form.email.data) if form.email.data else None
    language = page_language()
    return Newcomer(form.name.data, email, form.time_zone.data, language), hashed
