"""Questions to the server, with the token of the pairing. Results of posture go out, and nothing else: no picture, no
landmark, no name.

Every answer is an object or one of the errors below; what the caller does about them is its own matter. Redirects are
not followed (the token would go along), certificates are checked, and nothing is read from the environment's netrc.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from gettext import gettext as _
from http import HTTPStatus
from typing import Any, Final

import requests
from requests.auth import AuthBase

from tracker.vision.watch.errors import NoConsentError, PairingError, ServerUnreachableError

_TIMEOUT_S: Final = (5.0, 20.0)  # to connect, to answer
LARGEST_ANSWER: Final = 8 * 1024 * 1024
"""Bytes; twenty places have less than one million. Whatever says more is no server of ours."""
DEEPEST_ANSWER: Final = 50
"""Objects and lists within each other; a calibration has six. What is read here is written and read again from deeper
in the program, where one that just fitted would not."""
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
            with self._http.request(
                method, f"{self.address}{path}", json=document, timeout=_TIMEOUT_S, allow_redirects=False, stream=True
            ) as answer:
                status, body = answer.status_code, _object(_bytes_of(answer))
        except (requests.RequestException, ValueError) as error:
            raise ServerUnreachableError(self.address, _reason(error)) from error
        if status == HTTPStatus.UNAUTHORIZED:
            raise NotPairedError
        if status == HTTPStatus.FORBIDDEN and body.get("error") == "no_consent":
            raise NoConsentError
        if status in _DONE and body:
            return body
        # A redirect or a page instead of an answer comes from something in between, such as a hotel's sign-in.
        kind = RefusedError if status in _FOR_GOOD else ServerUnreachableError
        raise kind(self.address, _("answer {status}").format(status=status), status)


def _bytes_of(answer: requests.Response) -> bytes:
    """The answer's body; nothing when it does not end within bounds."""
    body = bytearray()
    for part in answer.iter_content(64 * 1024):
        body += part
        if len(body) > LARGEST_ANSWER:
            return b""
    return bytes(body)


def _object(body: bytes) -> dict[str, Any]:
    """The answer's object; an empty one when it is none, or one that could not be kept."""
    try:
        found = json.loads(body)
        json.dumps(found, ensure_ascii=False).encode()  # half of a surrogate pair is no text: no file takes it
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) and not _is_too_deep(found) else {}


def _is_too_deep(found: object) -> bool:
    level = [found]
    for _level in range(DEEPEST_ANSWER):
        level = [inner for each in level if isinstance(each, dict | list) for inner in _inside(each)]
        if not level:
            return False
    return True


def _inside(found: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return found.values() if isinstance(found, dict) else found


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
