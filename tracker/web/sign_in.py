"""The cookie that says who is signed in, and Flask-Login on top of it.

The cookie holds a random token and nothing else; what it stands for is a row in the database that can be revoked. It is
HttpOnly and SameSite=Lax, Secure under https, and then carries the `__Host-` prefix, so that no sibling domain can set
it. Flask-Login only carries the result: its own cookie and its "remember me" are not used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Flask, Request, Response, g, request
from flask import session as page_session
from flask_login import LoginManager, current_user

from tracker.accounts import sign_in_service
from tracker.accounts.rules import device_name
from tracker.accounts.sign_in_service import Lifetimes
from tracker.web.context import SignedIn, db, now, settings, signed_in

if TYPE_CHECKING:
    from tracker.accounts.models import Person, SignInSession

_COOKIE: Final = "rhomboid_sign_in"
_PENDING_COOKIE: Final = "rhomboid_second_step"
_COOKIES_COUNT_FOR_NOTHING: Final = "rhomboid_no_cookies"
_UNATTENDED: Final = frozenset(
    {
        "reminder_pages.waiting",
        "open_pages.service_worker",
        "break_api.receive",
        "posture_api.receive_minutes",
        "posture_api.state",
        "watch_pages.today",
    }
)
"""What an open page asks and tells by itself: no sign that somebody is there, so it does not put off the idle time-out.
A page that watches sees somebody, and cannot tell whom.
"""


def cookie_name(plain: str, *, https: bool) -> str:
    """The name under which a cookie is set; with `__Host-` only this very host over TLS can set it."""
    return f"__Host-{plain}" if https else plain


def init_sign_in(app: Flask) -> None:
    """Let Flask-Login find the visitor by our cookie."""
    manager = LoginManager(app)
    manager.session_protection = None

    def load(_request: Request) -> SignedIn | None:
        if _COOKIES_COUNT_FOR_NOTHING in g:
            return None
        found = _resume(_COOKIE, complete=True)
        return SignedIn(found.person, found, str(found.person_id)) if found else None

    manager.request_loader(load)


def recognise() -> None:
    """Find out who visits, before any view runs. Looking is what makes Flask-Login load."""
    bool(current_user.is_authenticated)


def recognise_nobody() -> None:
    """Decide that nobody is signed in, whatever cookies came along."""
    setattr(g, _COOKIES_COUNT_FOR_NOTHING, True)
    recognise()


def lifetimes() -> Lifetimes:
    return Lifetimes.from_settings(settings())


def pending() -> SignInSession | None:
    """The sign-in that waits for its second factor."""
    return _resume(_PENDING_COOKIE, complete=False)


def _resume(cookie: str, *, complete: bool) -> SignInSession | None:
    token = request.cookies.get(cookie_name(cookie, https=settings().https))
    if not token:
        return None
    touch = request.endpoint not in _UNATTENDED
    found = sign_in_service.resume(db(), token, at=now(), lifetimes=lifetimes(), complete=complete, touch=touch)
    # Nothing else has happened in this request's transaction yet: keep "last seen", and let go of the write lock.
    db().commit()
    return found


def begin(person: Person, *, complete: bool = True) -> str:
    """Start a sign-in for this browser and return the token for its cookie; the one before, if any, ends.

    The caller commits and then sets the cookie with `set_cookie` on its response.
    """
    before = signed_in()
    if before is not None:
        sign_in_service.end(db(), before.session, now())
    device = device_name(request.user_agent.string)
    _, token = sign_in_service.start(db(), person, device=device, at=now(), lifetimes=lifetimes(), complete=complete)
    # The form token and anything else a stranger could have planted in this browser starts afresh.
    page_session.clear()
    return token


def set_cookie(response: Response, person: Person, token: str, *, complete: bool = True) -> Response:
    """Put the token into the browser. A sign-in that waits for its second factor has a cookie of its own."""
    https = settings().https
    lifetime = lifetimes().of(person).absolute if complete else sign_in_service.BETWEEN_FACTORS
    response.set_cookie(
        cookie_name(_COOKIE if complete else _PENDING_COOKIE, https=https),
        token,
        max_age=int(lifetime.total_seconds()),
        secure=https,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    if complete:
        _forget(response, _PENDING_COOKIE)
    return response


def clear_cookies(response: Response) -> Response:
    """Take the tokens out of the browser."""
    _forget(response, _COOKIE)
    _forget(response, _PENDING_COOKIE)
    return response


def _forget(response: Response, cookie: str) -> None:
    https = settings().https
    response.delete_cookie(cookie_name(cookie, https=https), path="/", secure=https, httponly=True, samesite="Lax")
