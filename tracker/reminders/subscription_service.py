"""Browsers that take web push. Takes a database session and an instant; never commits."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update

from tracker.reminders.channels import push
from tracker.reminders.errors import ReminderError
from tracker.reminders.models import PushSubscription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.accounts.models import Person

MOST_DEVICES: Final = 10
"""Of one person; a new one takes the place of the one that was added first."""

LONGEST_DEVICE: Final = 120
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def endpoint_hash(endpoint: str) -> str:
    """How a subscription is found again: its address itself is a secret and encrypted."""
    return hashlib.sha256(endpoint.encode()).hexdigest()


def subscribe(
    session: Session,
    person: Person,
    *,
    endpoint: str,
    p256dh: str,
    auth: str,
    device: str,
    base_url: str,
    at: datetime,
) -> PushSubscription:
    """Reach this browser from now on. One that somebody else had used before belongs to whoever uses it now.

    Raises ReminderError when the address or the keys cannot be used.
    """
    problem = push.problem_of(endpoint, p256dh, auth, on_loopback=urlsplit(base_url).hostname in _LOOPBACK)
    if problem is not None:
        raise ReminderError({"subscription": problem})
    mark = endpoint_hash(endpoint)
    row = session.scalars(select(PushSubscription).where(PushSubscription.endpoint_hash == mark)).one_or_none()
    if row is None:
        row = PushSubscription(endpoint_hash=mark, created_at=at)
        session.add(row)
    row.person_id, row.endpoint, row.p256dh, row.auth = person.id, endpoint, p256dh, auth
    row.device = device[:LONGEST_DEVICE]
    session.flush()
    for old in subscriptions_of(session, person.id)[MOST_DEVICES:]:
        session.delete(old)
    session.flush()
    return row


def subscriptions_of(session: Session, person_id: UUID) -> Sequence[PushSubscription]:
    """The browsers of a person, the newest first."""
    return session.scalars(
        select(PushSubscription)
        .where(PushSubscription.person_id == person_id)
        .order_by(PushSubscription.created_at.desc(), PushSubscription.id)
    ).all()


def unsubscribe(
    session: Session, person: Person, *, endpoint: str | None = None, subscription_id: UUID | None = None
) -> bool:
    """Do not reach this browser any more; whether it was one of this person's."""
    mark = endpoint_hash(endpoint) if endpoint is not None else None
    found = [
        row
        for row in subscriptions_of(session, person.id)
        if row.id == subscription_id or (mark is not None and row.endpoint_hash == mark)
    ]
    for row in found:
        session.delete(row)
    session.flush()
    return bool(found)


def were_used(session: Session, device_ids: Iterable[UUID], at: datetime) -> None:
    """Remember that these browsers could be reached."""
    session.execute(
        update(PushSubscription)
        .where(PushSubscription.id.in_(list(device_ids)))
        .values(used_at=at)
        .execution_options(synchronize_session=False)
    )


def forget(session: Session, device_ids: Iterable[UUID]) -> None:
    """Delete browsers that their push service no longer knows."""
    session.execute(
        delete(PushSubscription)
        .where(PushSubscription.id.in_(list(device_ids)))
        .execution_options(synchronize_session=False)
    )


def forget_person(session: Session, person_id: UUID) -> None:
    """Reach no browser of this person any more. One that still thinks it is on the list finds out on the page of
    reminders, and within a day on any other (static/js/push.js).
    """
    session.execute(delete(PushSubscription).where(PushSubscription.person_id == person_id))
