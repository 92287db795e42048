"""The cookie of a browser in which somebody has signed in before.

Tries from anywhere are counted against an account as a whole, so whoever knows an address could keep its owner out by
guessing. Tries from a browser that has proved itself are counted by themselves: a stranger's guesses do not make its
owner wait, and the cookie gives no more than a few more guesses before the same wait. It is signed, names nobody (it
holds keyed fingerprints of accounts) and signs nobody in. It stays after signing out; that is what it is for.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Final

from flask import request
from itsdangerous import BadData, URLSafeTimedSerializer

from tracker.web.context import settings
from tracker.web.sign_in import cookie_name

if TYPE_CHECKING:
    from flask import Response

_COOKIE: Final = "rhomboid_known"
_LIFETIME_S: Final = 180 * 24 * 60 * 60
_MOST_ACCOUNTS: Final = 8
"""People who share a browser; the one who signed in longest ago is forgotten."""
_NUMBER_BYTES: Final = 9


def number_for(mark: str) -> str | None:
    """The random number of this browser for the account with this fingerprint; None where nobody signed in to it."""
    return _known().get(mark)


def remember(response: Response, mark: str) -> Response:
    """Note in the browser that the owner of this account has signed in here."""
    known = _known()
    number = known.pop(mark, None) or secrets.token_urlsafe(_NUMBER_BYTES)
    newest_last = {**known, mark: number}
    response.set_cookie(
        cookie_name(_COOKIE, https=settings().https),
        _signer().dumps(dict(list(newest_last.items())[-_MOST_ACCOUNTS:])),
        max_age=_LIFETIME_S,
        secure=settings().https,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    return response


def _known() -> dict[str, str]:
    cookie = request.cookies.get(cookie_name(_COOKIE, https=settings().https), "")
    try:
        found: Any = _signer().loads(cookie, max_age=_LIFETIME_S)
    except BadData:
        return {}
    return found if isinstance(found, dict) else {}


def _signer() -> URLSafeTimedSerializer:
    # The last key signs, all of them are accepted; our settings have the newest first.
    return URLSafeTimedSerializer(list(reversed(settings().signing_keys)), salt="known browser")
