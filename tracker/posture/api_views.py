"""What a browser that watches sends and asks: baselines, minutes, settings. HTTP only.

`tracker watch` asks the same of `agent_views`; what both do is written here once, for a person and a watcher whoever
they were found by.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import Blueprint, jsonify, request
from pydantic import ValidationError
from werkzeug.exceptions import RequestEntityTooLarge, TooManyRequests, Unauthorized

from tracker.accounts.access import NotFound
from tracker.accounts.models import ConsentKind
from tracker.accounts.rules import device_name
from tracker.accounts.service import has_consent
from tracker.clock import local_date
from tracker.posture import documents, pairing_service, service
from tracker.posture.documents import BaselineDoc, MinutesDoc, StateDoc
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.db import Session
    from tracker.posture.models import Watcher

posture_api = Blueprint("posture_api", __name__)

CREATED: Final = 201
FORBIDDEN: Final = 403
CONFLICT: Final = 409
INVALID: Final = 422
LATER_S: Final = 3600


@posture_api.before_request
def ask_for_consent() -> ResponseReturnValue | None:
    return without_consent(viewer())


@posture_api.post("/api/posture/minutes")
def receive_minutes() -> ResponseReturnValue:
    """Keep minutes; sending them again changes nothing."""
    document = parsed_minutes()
    if not isinstance(document, MinutesDoc):
        return document
    try:
        watcher = pairing_service.browser_of(
            db(),
            viewer(),
            document.watcher,
            name=document.name or device_name(request.user_agent.string),
            version=document.version,
            at=now(),
        )
    except pairing_service.OtherIdError:
        return use_another_id()
    except pairing_service.TooManyWatchersError:
        db().rollback()
        raise TooManyRequests(retry_after=LATER_S) from None
    return keep_minutes(viewer(), watcher, document)


@posture_api.get("/api/posture/baselines")
def baselines() -> ResponseReturnValue:
    return baselines_of(viewer())


@posture_api.post("/api/posture/baselines")
def receive_baseline() -> ResponseReturnValue:
    return keep_baseline(viewer(), "browser")


@posture_api.post("/api/posture/places/<uuid:place_id>/forget")
def forget_place(place_id: UUID) -> ResponseReturnValue:
    """Stop using a place."""
    service.forget_place(db(), patient=viewer(), place_id=place_id, at=now())
    db().commit()
    return baselines_of(viewer())


@posture_api.get("/api/posture/state")
def state() -> ResponseReturnValue:
    """Settings, baselines, and whether something else watches; `watcher` in the query: who asks; `of`: about whom."""
    refuse_tab_of_another()
    return state_of(viewer(), request.args.get("watcher", type=UUID))


@posture_api.post("/api/posture/state")
def change_state() -> ResponseReturnValue:
    return keep_state(viewer(), request.args.get("watcher", type=UUID))


def refuse_tab_of_another() -> None:
    """A tab that was left open asks by itself, while somebody else has signed in: it is told what it would be told if
    nobody had. `of` in the query: whose tab it is.
    """
    if request.args.get("of", str(viewer().id)) != str(viewer().id):
        raise Unauthorized


# ---------------------------------------------------------------------------------------------- for both doors


def without_consent(person: Person) -> ResponseReturnValue | None:
    """The answer to somebody who has not agreed to the camera, None for who has."""
    if has_consent(db(), person.id, ConsentKind.CAMERA):
        return None
    return jsonify(error="no_consent"), FORBIDDEN


def body_of(most: int = documents.LARGEST_DOCUMENT) -> bytes:
    """What was sent; 413 when it is more than `most` bytes. The check of the form token has read it by then, with the
    general limit, so its length is looked at once more.
    """
    request.max_content_length = most
    body = request.get_data(cache=False)
    if len(body) > most:
        raise RequestEntityTooLarge
    return body


def parsed_minutes() -> MinutesDoc | ResponseReturnValue:
    try:
        return MinutesDoc.model_validate_json(body_of(documents.LARGEST_MINUTES))
    except ValidationError as error:
        return malformed(error)


def keep_minutes(person: Person, watcher: Watcher, document: MinutesDoc) -> ResponseReturnValue:
    """Minutes of this watcher; each that cannot be kept is refused with a reason and takes no other with it."""
    minutes, refused = document.believable(now())
    try:
        kept = service.receive_minutes(db(), patient=person, watcher=watcher, minutes=minutes, received_at=now())
    except service.TooManyError:
        db().rollback()
        raise TooManyRequests(retry_after=LATER_S) from None
    db().commit()
    return jsonify(
        kept=kept,
        known=len(minutes) - kept,
        refused=[{"at": each.at, "reason": each.reason} for each in refused],
    )


def baselines_of(person: Person) -> ResponseReturnValue:
    return jsonify(baselines=[documents.baseline_json(row) for row in service.baselines_of(db(), person.id)])


def keep_baseline(person: Person, source: str) -> ResponseReturnValue:
    """Keep a calibration; 201 when new, 200 when known."""
    try:
        document = BaselineDoc.model_validate_json(body_of())
    except ValidationError as error:
        return malformed(error)
    try:
        created = service.receive_baseline(db(), patient=person, document=document, source=source, at=now())
    except NotFound:
        return use_another_id()
    except service.TooManyError:
        db().rollback()
        raise TooManyRequests(retry_after=LATER_S) from None
    db().commit()
    return jsonify(id=str(document.id)), CREATED if created else 200


QuietUntil = Callable[["Session", "Person", "datetime"], "datetime | None"]
_quiet_until: list[QuietUntil] = []


def register_quiet_hours(quiet_until: QuietUntil) -> None:
    """Let the desk know quiet hours: `quiet_until(session, person, at)` gives their end when `at` lies in them."""
    _quiet_until[:] = [quiet_until]


def quiet_until(person: Person) -> datetime | None:
    """The end of this person's quiet hours when it is quiet now."""
    return _quiet_until[0](db(), person, now()) if _quiet_until else None


def state_of(person: Person, own_id: UUID | None) -> ResponseReturnValue:
    others = [row for row in pairing_service.watching(db(), person.id, now()) if row.id != own_id]
    return jsonify(
        documents.state_json(
            service.settings_of(db(), person.id),
            service.baselines_of(db(), person.id),
            others[0] if others else None,
            today=local_date(now(), person.time_zone),
            quiet_until=quiet_until(person),
            at=now(),
        )
    )


def keep_state(person: Person, own_id: UUID | None) -> ResponseReturnValue:
    """Change what was said and answer with the whole state."""
    try:
        wanted = StateDoc.model_validate_json(body_of()).wanted()
        service.change_settings(db(), patient=person, wanted=wanted, at=now())
    except ValidationError as error:
        return malformed(error)
    except ValueError as error:
        return refused({str(error): "longer than a day"})
    db().commit()
    return state_of(person, own_id)


def malformed(error: ValidationError) -> ResponseReturnValue:
    return refused(fields_of(error))


def fields_of(error: ValidationError) -> dict[str, str]:
    """What is wrong with which field; nothing of what was sent."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return {".".join(map(str, each["loc"])) or "document": each["msg"] for each in found}


def refused(fields: dict[str, Any]) -> ResponseReturnValue:
    """A document that cannot be kept, for a program: which fields, and why."""
    return jsonify(error="refused", fields=fields), INVALID


def use_another_id() -> ResponseReturnValue:
    """Says nothing of why: the id may be somebody else's."""
    db().rollback()
    return jsonify(error="use_another_id"), CONFLICT
