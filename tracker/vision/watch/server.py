"""Questions to the server, with the token of the pairing. Results of posture go out, and nothing else: no picture, no
landmark, no name.

Every answer is an object or one of the errors below; what the caller does about them is its own matter. Redirects are
not followed (the token would go along), certificates are checked, and nothing is read from the environment's netrc.
"""

from __future__ import annotations

from collections.abc import Mapping
from gettext import gettext as _
from http import HTTPStatus
from typing import Any, Final

import requests
from requests.auth import AuthBase

from tracker.vision.watch.errors import NoConsentError, PairingError, ServerUnreachableError

_TIMEOUT_S: Final = (5.0, 20.0)  # to connect, to answer
_DONE: Final = {HTTPStatus.OK, HTTPStatus.CREATED}
_FOR_GOOD: Final = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}


class NotPairedError(PairingError):
    """The server does not know this computer (any more)."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "This computer is no longer connected with your account. Pair it again: open Posture, Computers on "
                "the server and start “tracker watch --server ADDRESS --pair CODE”."
            )
        )


class RefusedError(ServerUnreachableError):
    """The server answers, but not to that; sending the same again would not help."""


class _Bearer(AuthBase):
    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token is not None:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class Server:
    """One server, by its address."""

    def __init__(self, address: str, token: str | None = None) -> None:
        self.address = address.rstrip("/")
        self._http = requests.Session()
        self._http.auth = _Bearer(token)

    def close(self) -> None:
        self._http.close()

    def get(self, path: str) -> dict[str, Any]:
        return self._ask("GET", path, None)

    def post(self, path: str, document: Mapping[str, Any]) -> dict[str, Any]:
        return self._ask("POST", path, document)

    def _ask(self, method: str, path: str, document: Mapping[str, Any] | None) -> dict[str, Any]:
        try:
            answer = self._http.request(
                method, f"{self.address}{path}", json=document, timeout=_TIMEOUT_S, allow_redirects=False
            )
        except (requests.RequestException, ValueError) as error:
            raise ServerUnreachableError(self.address, _reason(error)) from error
        if answer.status_code == HTTPStatus.UNAUTHORIZED:
            raise NotPairedError
        body = _object(answer)
        if answer.status_code == HTTPStatus.FORBIDDEN and body.get("error") == "no_consent":
            raise NoConsentError
        if answer.status_code in _DONE and body:
            return body
        # A redirect or a page instead of an answer comes from something in between, such as a hotel's sign-in.
        kind = RefusedError if answer.status_code in _FOR_GOOD else ServerUnreachableError
        raise kind(self.address, _("answer {status}").format(status=answer.status_code), answer.status_code)


def _object(answer: requests.Response) -> dict[str, Any]:
    """The answer's object; an empty one when it is none."""
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _reason(error: Exception) -> str:
    match error:
        case requests.exceptions.SSLError():
            return _("its certificate cannot be trusted")
        case requests.ConnectionError():
            return _("no connection")
        case requests.Timeout():
            return _("too slow")
        case _:
            return _("this is not an address of a server")
