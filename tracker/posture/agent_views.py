"""What `tracker watch` sends and asks, signed in with the token of its pairing. HTTP only.

The token goes as `Authorization: Bearer` and nowhere else; cookies are not looked at, so there is nothing that a page
of somebody else could ride on (`Guard.PROGRAM`). Answers are keys, not sentences: a program reads them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from flask import Blueprint, g, jsonify, request
from pydantic import ValidationError

from tracker.accounts import sign_in_service
from tracker.accounts.access import NotFound
from tracker.accounts.rules import PER_ADDRESS
from tracker.accounts.views import address, guarded_try
from tracker.posture import breaks_service, pairing_service
from tracker.posture.api_views import (
    CREATED,
    baselines_of,
    body_of,
    keep_baseline,
    keep_minutes,
    keep_state,
    malformed,
    parsed_minutes,
    refused,
    state_of,
    use_another_id,
    without_consent,
)
from tracker.posture.break_documents import BreakDoc
from tracker.posture.documents import MinutesDoc, PairDoc
from tracker.web.context import db, now, settings

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.posture.models import Watcher

watch_api = Blueprint("watch_api", __name__)

UNAUTHORIZED: Final = 401
NOT_FOUND: Final = 404
_PAIRING: Final = "watch_api.pair"
_KEY: Final = "rhomboid_watcher"


@watch_api.before_request
def recognise_program() -> ResponseReturnValue | None:
    """Find the computer behind the token before any view runs."""
    if request.endpoint == _PAIRING:
        return None
    sent = request.authorization
    token = sent.token if sent is not None and sent.type == "bearer" else None
    found = pairing_service.watcher_of_token(db(), token or "", now())
    # Nothing else has happened in this request's transaction yet: keep "last seen", and let go of the write lock.
    db().commit()
    if found is None:
        return jsonify(error="not_paired"), UNAUTHORIZED, {"WWW-Authenticate": "Bearer"}
    setattr(g, _KEY, found)
    return without_consent(found[1])


def _program() -> tuple[Watcher, Person]:
    """The computer that asks, and its person."""
    return cast("tuple[Watcher, Person]", g.get(_KEY))


@watch_api.post("/api/watch/pair")
def pair() -> ResponseReturnValue:
    """Connect a computer with the code that its person sees."""
    try:
        document = PairDoc.model_validate_json(body_of())
    except ValidationError as error:
        return malformed(error)
    # Whose code is tried is not known. Counted together for everybody, wrong codes of a stranger would keep everybody
    # from connecting a computer; so they are counted by address alone, and the length of a code does the rest.
    attempt = guarded_try(f"pairing from {address()}", PER_ADDRESS)
    try:
        watcher, person, token = pairing_service.pair(
            db(),
            document.code,
            watcher_id=document.watcher,
            name=document.name,
            version=document.version,
            at=now(),
        )
    except pairing_service.CodeNotOpenError:
        db().rollback()
        return jsonify(error="no_such_code"), NOT_FOUND
    except pairing_service.OtherIdError:
        return use_another_id()
    sign_in_service.settle_succeeded(db(), attempt, forgive=False)
    db().commit()
    first_name = next(iter(person.name.split()), "")
    body = jsonify(token=token, person=first_name, server=settings().base_url, watcher=str(watcher.id))
    return body, CREATED


@watch_api.post("/api/watch/leave")
def leave() -> ResponseReturnValue:
    """The computer takes itself off the list; its token is worthless from now on."""
    watcher, person = _program()
    pairing_service.disconnect(db(), person, watcher.id, now(), action="computer.left")
    db().commit()
    return jsonify(left=True)


@watch_api.post("/api/watch/minutes")
def receive_minutes() -> ResponseReturnValue:
    """Keep minutes; sending them again changes nothing."""
    watcher, person = _program()
    document = parsed_minutes()
    if not isinstance(document, MinutesDoc):
        return document
    if document.watcher != watcher.id:
        return use_another_id()
    pairing_service.touch(db(), watcher, now(), version=document.version)
    return keep_minutes(person, watcher, document)


@watch_api.get("/api/watch/baselines")
def baselines() -> ResponseReturnValue:
    return baselines_of(_program()[1])


@watch_api.post("/api/watch/baselines")
def receive_baseline() -> ResponseReturnValue:
    return keep_baseline(_program()[1], "agent")


@watch_api.get("/api/watch/state")
def state() -> ResponseReturnValue:
    """Settings, baselines, and whether something else watches."""
    watcher, person = _program()
    return state_of(person, watcher.id)


@watch_api.post("/api/watch/state")
def change_state() -> ResponseReturnValue:
    watcher, person = _program()
    return keep_state(person, watcher.id)


@watch_api.post("/api/watch/breaks")
def receive_break() -> ResponseReturnValue:
    """A break that was offered here, and what became of it."""
    watcher, person = _program()
    try:
        document = BreakDoc.model_validate_json(body_of())
        kept = breaks_service.record(db(), person, document, watcher_id=watcher.id, at=now())
    except ValidationError as error:
        return malformed(error)
    except NotFound:
        return use_another_id()
    except breaks_service.RefusedBreakError as error:
        db().rollback()
        return refused({error.field: error.reason})
    db().commit()
    return jsonify(id=str(kept.id), outcome=kept.outcome)
