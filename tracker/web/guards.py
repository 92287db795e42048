"""Who may open which page. Default deny: a page without a declared guard is refused.

A guard belongs to a blueprint and is declared where the blueprint is registered, in `tracker/app.py`. It says what
*kind* of person may come in; whose record they may see is decided by `tracker.accounts.access`.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Flask, current_app, redirect, request, url_for
from werkzeug.exceptions import Forbidden, SecurityError, Unauthorized

from tracker.accounts.models import Person, Role
from tracker.web.context import viewer_or_none, wants_json
from tracker.web.sign_in import recognise, recognise_nobody

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

_KEY: Final = "rhomboid_guards"
_ENROL_ENDPOINTS: Final = frozenset(
    {"account.second_factor", "account.recovery_codes", "account.csrf_token", "accounts.sign_out"}
)
"""What staff can reach before they have the second factor their clinic asks for."""


class Guard(Enum):
    """Who may come in."""

    PUBLIC = "public"
    PROGRAM = "program"
    """A program that signs in by itself, with a token in the Authorization header that the blueprint looks at. Who is
    signed in by a cookie counts for nothing here, so there is no form token to ask for."""
    SIGNED_IN = "signed in"
    PATIENT = "patient"
    CLINICIAN = "clinician"
    PLANNER = "planner"
    """Whoever has a say in what the clinic's exercises are: its staff, and a person without a physiotherapist."""
    ADMIN = "admin"

    def admits(self, person: Person | None) -> bool:
        """Whether this person (None: nobody is signed in) may come in."""
        if self in {Guard.PUBLIC, Guard.PROGRAM}:
            return True
        if person is None:
            return False
        return {
            Guard.SIGNED_IN: True,
            Guard.PATIENT: person.role == Role.PATIENT,
            Guard.CLINICIAN: person.role == Role.PHYSIO,
            Guard.PLANNER: person.is_staff or person.solo,
            Guard.ADMIN: person.is_staff and person.is_admin,
        }[self]


def register(app: Flask, blueprint: Blueprint, guard: Guard, url_prefix: str | None = None) -> None:
    """Register a blueprint and say who may open its pages."""
    app.extensions.setdefault(_KEY, {})[blueprint.name] = guard
    app.register_blueprint(blueprint, url_prefix=url_prefix)
    if guard is Guard.PROGRAM:
        # The one exemption there is. A request with an Authorization header cannot be made by a page of somebody else;
        # without that header, nothing is let in.
        app.extensions["csrf"].exempt(blueprint)


def declare(app: Flask, endpoint: str, guard: Guard) -> None:
    """Say who may open an endpoint that belongs to no blueprint of ours."""
    app.extensions.setdefault(_KEY, {})[endpoint] = guard


def guard_of(endpoint: str) -> Guard | None:
    """The guard of an endpoint; None if nobody declared one."""
    declared: Mapping[str, Guard] = current_app.extensions.get(_KEY, {})
    return declared.get(endpoint) or declared.get(endpoint.rpartition(".")[0])


def init_guards(app: Flask) -> None:
    """Check every request before its view runs."""
    app.extensions.setdefault(_KEY, {})

    @app.before_request
    def check() -> ResponseReturnValue | None:
        if request.endpoint is None:
            # Flask answers this itself: no such page, wrong method, untrusted host. The error page greets whom it
            # knows, except under a host name that is none of ours.
            if not isinstance(request.routing_exception, SecurityError):
                recognise()
            return None
        guard = guard_of(request.endpoint)
        if guard is None:
            raise Forbidden("this page has no guard")
        if request.endpoint.startswith("assets."):
            return None
        if guard is Guard.PROGRAM:
            recognise_nobody()
            return None
        recognise()
        return _decide(guard, viewer_or_none(), request.endpoint)


def _decide(guard: Guard, person: Person | None, endpoint: str) -> ResponseReturnValue | None:
    if not guard.admits(person):
        return _refuse(person)
    if guard is Guard.PUBLIC or person is None or endpoint in _ENROL_ENDPOINTS:
        return None
    if person.is_staff and person.clinic.require_totp and person.totp_secret is None:
        if wants_json():
            raise Forbidden
        return redirect(url_for("account.second_factor"))
    return None


def _refuse(person: Person | None) -> ResponseReturnValue:
    if person is not None:
        raise Forbidden
    if wants_json() or request.method not in {"GET", "HEAD"}:
        raise Unauthorized
    return redirect(url_for("accounts.sign_in", next=request.full_path.rstrip("?")))
