"""Tokens in the links of a message: whoever holds one may put off that one reminder, until it expires, and learns
nothing. Entering an answer needs to be signed in.

A token is the id of a delivery and an expiry, signed with the signing keys (all of them are accepted, so that a key can
be rotated). It does not name a person.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from itsdangerous import BadData, URLSafeSerializer

if TYPE_CHECKING:
    from tracker.settings import Settings

_SALT: Final = "reminders.action"
LIFETIME: Final = timedelta(days=3)


def _serializer(settings: Settings) -> URLSafeSerializer:
    # itsdangerous wants the newest key last, and signs with that one.
    return URLSafeSerializer(list(reversed(settings.signing_keys)), salt=_SALT)


def action_token(settings: Settings, delivery_id: UUID, at: datetime) -> str:
    """A token for the links of one delivery."""
    return str(_serializer(settings).dumps([delivery_id.hex, int((at + LIFETIME).timestamp())]))


def read_action_token(settings: Settings, token: str, at: datetime) -> UUID | None:
    """The delivery a token speaks for; None when it is not ours or its time is over."""
    try:
        hexadecimal, expires = _serializer(settings).loads(token)
        over = at >= datetime.fromtimestamp(expires, UTC)
        return None if over else UUID(hex=hexadecimal)
    except (BadData, ValueError, TypeError, OverflowError):
        return None
