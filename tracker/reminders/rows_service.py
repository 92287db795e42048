"""What the services of reminders share: adding deliveries that exist already without harm, changing waiting ones
without a deadlock, and reading people's wishes for many at once. Takes a database session; never commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import select, update

from tracker.accounts.models import Person
from tracker.clock import zone
from tracker.db import Base, insert_into, table_of
from tracker.reminders.models import Delivery, PushSubscription, ReminderRule, ReminderSettings
from tracker.reminders.rules import DEFAULTS, Quiet, Wishes, wall_time

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

KEY: Final = ("subject", "due_at", "step", "channel", "person_id")
"""What makes a delivery exist once."""

REPLANNED: Final = "replanned"
"""Why a planned delivery was taken back that may be planned again."""

DEFAULT_QUIET: Final = ("21:30", "07:30")
DEFAULT_BUDGET: Final = 6
DEFAULT_CHANNELS: Final = ("in_app", "push", "email")

_ROWS_AT_ONCE: Final = 500


def add_rows(session: Session, model: type[Base], rows: Sequence[Mapping[str, Any]], *, key: Sequence[str]) -> int:
    """Add rows; those whose key exists already are left out. Returns how many are new."""
    if not rows:
        return 0
    statement = insert_into(session, model).on_conflict_do_nothing(index_elements=list(key))
    return len(session.execute(statement.returning(table_of(model).c[key[0]]), [dict(row) for row in rows]).all())


def delivery_row(
    *,
    kind: str,
    subject: str,
    person_id: UUID,
    due_at: datetime,
    not_before: datetime,
    step: int,
    channel: str,
    payload: Mapping[str, Any] | None,
    at: datetime,
) -> dict[str, Any]:
    """A row of `delivery` that waits."""
    return {
        "id": uuid4(),
        "kind": kind,
        "subject": subject,
        "person_id": person_id,
        "due_at": due_at,
        "not_before": not_before,
        "step": step,
        "channel": channel,
        "state": "due",
        "tries": 0,
        "payload": dict(payload) if payload else None,
        "created_at": at,
    }


def finish_waiting(
    session: Session,
    *which: ColumnElement[bool],
    state: str,
    reason: str,
    at: datetime,
    wait: bool = True,
) -> int:
    """Take deliveries out of the queue that are `due` or `claimed`; returns how many.

    Rows are locked in the order of their ids before they change: two that want the same rows take turns instead of
    holding each other up. Without `wait`, rows that somebody else holds are left to them.
    """
    waiting = select(Delivery.id).where(Delivery.state.in_(("due", "claimed")), *which)
    locked = waiting.order_by(Delivery.id).with_for_update(skip_locked=not wait)
    ids = session.scalars(locked).all()
    for start in range(0, len(ids), _ROWS_AT_ONCE):
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(ids[start : start + _ROWS_AT_ONCE]), Delivery.state.in_(("due", "claimed")))
            .values(state=state, reason=reason, finished_at=at, lease=None, lease_until=None)
            .execution_options(synchronize_session=False)
        )
    return len(ids)


def ensure(session: Session, person_ids: Iterable[UUID], at: datetime) -> None:
    """Give people who have chosen nothing yet the settings and rules of the house."""
    ids = sorted(set(person_ids))
    add_rows(
        session,
        ReminderSettings,
        [
            {
                "person_id": person_id,
                "created_at": at,
                **default_choices(),
            }
            for person_id in ids
        ],
        key=("person_id",),
    )
    add_rows(
        session,
        ReminderRule,
        [
            {
                "id": uuid4(),
                "person_id": person_id,
                "kind": str(kind),
                "enabled": enabled,
                "times": list(times),
                "every_minutes": every_minutes,
                "weekdays": "1234567",
                "changed_at": at,
            }
            for person_id in ids
            for kind, (enabled, times, every_minutes) in DEFAULTS.items()
        ],
        key=("person_id", "kind"),
    )


def default_choices() -> dict[str, Any]:
    """The columns of the settings of somebody who has not chosen yet."""
    return {
        "quiet_from": DEFAULT_QUIET[0],
        "quiet_to": DEFAULT_QUIET[1],
        "daily_budget": DEFAULT_BUDGET,
        "channels": list(DEFAULT_CHANNELS),
    }


def wishes_of(person: Person, chosen: ReminderSettings | None) -> Wishes:
    """How this person wants to be reminded, in the zone they live in now."""
    quiet_from, quiet_to = (chosen.quiet_from, chosen.quiet_to) if chosen else DEFAULT_QUIET
    return Wishes(
        zone=zone(person.time_zone),
        quiet=Quiet(wall_time(quiet_from), wall_time(quiet_to)),
        budget=chosen.daily_budget if chosen else DEFAULT_BUDGET,
        paused_until=chosen.paused_until if chosen else None,
    )


def settings_by_person(session: Session, person_ids: Collection[UUID]) -> dict[UUID, ReminderSettings]:
    """What these people have chosen."""
    rows = session.scalars(
        select(ReminderSettings)
        .where(ReminderSettings.person_id.in_(person_ids))
        .execution_options(populate_existing=True)
    )
    return {row.person_id: row for row in rows}


def with_devices(session: Session, person_ids: Collection[UUID]) -> set[UUID]:
    """Who of these people has a browser that takes web push."""
    return set(
        session.scalars(select(PushSubscription.person_id).where(PushSubscription.person_id.in_(person_ids)).distinct())
    )
