"""The part of web push that a browser talks to: the server's public key, and where this browser is reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, jsonify, request
from flask_babel import gettext as _
from pydantic import ValidationError

from tracker.accounts.rules import device_name
from tracker.reminders import subscription_service
from tracker.reminders.channels import push
from tracker.reminders.documents import EndpointDoc, SubscriptionDoc
from tracker.reminders.service import ReminderError
from tracker.web.context import db, now, settings, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

push_api = Blueprint("push_api", __name__)

CREATED: Final = 201
CONFLICT: Final = 409
INVALID: Final = 422


@push_api.get("/api/push/key")
def key() -> ResponseReturnValue:
    """What a browser needs to accept pushes from this server and from no other."""
    return jsonify(key=push.application_server_key(settings().vapid_key))


@push_api.post("/api/push/subscriptions")
def subscribe() -> ResponseReturnValue:
    """Reach this browser from now on; telling it again changes nothing. A browser that changes its address names the
    old one, and that must be this person's: nobody inherits the browser of whoever was signed in before, and one that
    was taken off the list does not put itself back.
    """
    try:
        document = SubscriptionDoc.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        return _refused()
    known = {each.endpoint for each in subscription_service.subscriptions_of(db(), viewer().id)}
    if document.old_endpoint is not None and document.old_endpoint not in known:
        return jsonify(error=_("This browser is not on your list.")), CONFLICT
    try:
        kept = subscription_service.subscribe(
            db(),
            viewer(),
            endpoint=document.endpoint,
            p256dh=document.keys.p256dh,
            auth=document.keys.auth,
            device=device_name(request.user_agent.string),
            base_url=settings().base_url,
            at=now(),
        )
    except ReminderError:
        db().rollback()
        return _refused()
    if document.old_endpoint not in {None, document.endpoint}:
        subscription_service.unsubscribe(db(), viewer(), endpoint=document.old_endpoint)
    db().commit()
    return jsonify(id=str(kept.id)), 200 if document.endpoint in known else CREATED


@push_api.delete("/api/push/subscriptions")
def unsubscribe() -> ResponseReturnValue:
    """Do not reach this browser any more; unknown ones are gone already."""
    try:
        document = EndpointDoc.model_validate_json(request.get_data(cache=False))
    except ValidationError:
        return _refused()
    removed = subscription_service.unsubscribe(db(), viewer(), endpoint=document.endpoint)
    db().commit()
    return jsonify(removed=removed)


def _refused() -> ResponseReturnValue:
    return jsonify(error=_("This browser's address for notices could not be stored.")), INVALID
