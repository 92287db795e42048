"""The queue: taking deliveries whose time has come, and writing down what became of them. Takes a database session and
an instant; never commits.

Any number of processes may take from the queue at once. A process that takes a row puts its lease on it; it may send
only while the lease is its own, and finishes only then. A lease that has run out, because its process died, is taken
over with the same id, which is the Message-ID. Rows that somebody else holds are skipped, never waited for, so that no
two processes can hold each other up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from sqlalchemy import and_, bindparam, delete, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from tracker.accounts.models import Person
from tracker.db import UtcDateTime, affected, table_of
from tracker.reminders import rows_service, rules, subscription_service
from tracker.reminders.models import Delivery
from tracker.reminders.outgoing import IN_APP, Outgoing
from tracker.reminders.rules import URGENT
from tracker.reminders.sorting_service import Context, decide, make_ready, replace_older, without_way_out

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import ColumnElement

    from tracker.reminders.outgoing import Outcome
    from tracker.reminders.planning_service import Outlets

LEASE: Final = timedelta(minutes=3)
"""Longer than the slowest server can make one message take (channels/*: timeouts)."""

Wanted = Callable[[Session, Delivery, datetime], bool]
"""Whether a delivery of a kind is still wanted, asked by the room that enqueued it."""


def _literally(column: str, *states: str) -> ColumnElement[bool]:
    # Written out rather than bound: only then do both engines see that the partial index `ix_delivery_waiting` fits.
    return literal_column(f"{column} IN ({', '.join(repr(state) for state in states)})")


def _waiting(at: datetime) -> ColumnElement[bool]:
    return and_(_literally("delivery.state", "due", "claimed"), Delivery.not_before <= at)


def _of_kind(*, urgent: bool) -> ColumnElement[bool]:
    return Delivery.kind.in_(sorted(URGENT)) if urgent else Delivery.kind.not_in(sorted(URGENT))


# ---------------------------------------------------------------------------------------------- claiming


@dataclass(frozen=True, slots=True)
class Batch:
    """What one process has taken. `taken`: how many rows it claimed. `outgoing` has to be sent. `alone`: who has a
    matter of safety waiting and no way to be told outside the application.
    """

    taken: int
    outgoing: tuple[Outgoing, ...]
    alone: tuple[UUID, ...] = ()


def claim(session: Session, at: datetime, *, urgent: bool, limit: int, lease: timedelta = LEASE) -> list[Delivery]:
    """Put a lease on up to `limit` rows whose time has come, the longest waiting first.

    A lease that ends later than any lease can was written by a clock that was wrong: it counts as run out.
    """
    ready = (
        select(Delivery.id)
        .where(
            _waiting(at),
            or_(Delivery.state == "due", Delivery.lease_until <= at, Delivery.lease_until > at + 2 * lease),
            _of_kind(urgent=urgent),
        )
        .order_by(Delivery.not_before)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("ready")
    )
    rows = session.scalars(
        update(Delivery)
        .where(Delivery.id.in_(select(ready.c.id)))
        .values(state="claimed", lease=uuid4(), lease_until=at + lease)
        .returning(Delivery)
        .execution_options(synchronize_session=False, populate_existing=True)
    ).all()
    return sorted(rows, key=lambda row: (row.not_before, row.id))


def take_batch(
    session: Session,
    at: datetime,
    *,
    urgent: bool,
    limit: int,
    outlets: Outlets,
    wanted: Mapping[str, Wanted],
    lease: timedelta = LEASE,
) -> Batch:
    """Claim rows, leave those that have lost their point, and make the others ready to be sent. Notices inside the
    application are done with that.
    """
    rows = claim(session, at, urgent=urgent, limit=limit, lease=lease)
    if not rows:
        return Batch(0, ())
    ids = {row.person_id for row in rows}
    people = {
        person.id: person
        for person in session.scalars(
            select(Person).where(Person.id.in_(ids)).execution_options(populate_existing=True)
        )
    }
    context = Context(session, at, outlets, people, rows_service.settings_by_person(session, ids))
    chosen = decide(context, rows, wanted)
    outgoing = make_ready(context, chosen)
    alone = without_way_out(session, [row for row in chosen if row.channel == IN_APP]) if urgent else ()
    session.flush()
    replace_older(context, chosen)
    return Batch(len(rows), tuple(outgoing), alone)


# ---------------------------------------------------------------------------------------------- sending one


# Written once and used for every message, so that they are compiled once. A row that somebody else holds at this moment
# is not waited for: whoever waits while holding another row may be waited for in turn.
_ROWS: Final = table_of(Delivery)
_OURS: Final = (_ROWS.c.id == bindparam("which"), _ROWS.c.lease == bindparam("ours"), _ROWS.c.state == "claimed")
_OURS_AND_FREE: Final = _ROWS.c.id.in_(
    select(_ROWS.c.id).where(*_OURS).with_for_update(skip_locked=True).scalar_subquery()
)
_BEGIN: Final = update(_ROWS).where(_OURS_AND_FREE).values(tries=_ROWS.c.tries + 1, lease_until=bindparam("until"))
_PUT_BACK: Final = (
    update(_ROWS)
    .where(_OURS_AND_FREE)
    .values(
        state="due",
        not_before=func.coalesce(bindparam("later", type_=UtcDateTime()), _ROWS.c.not_before),
        lease=None,
        lease_until=None,
    )
)
_SETTLE: Final = (
    update(_ROWS)
    .where(*_OURS)
    .values(
        state=bindparam("new_state"),
        reason=bindparam("why"),
        finished_at=bindparam("finished"),
        not_before=func.coalesce(bindparam("later", type_=UtcDateTime()), _ROWS.c.not_before),
        lease=None,
        lease_until=None,
    )
)
_TRIES: Final = select(_ROWS.c.tries).where(*_OURS)


def _whose(message: Outgoing) -> dict[str, Any]:
    return {"which": message.id, "ours": message.lease}


def begin_try(
    session: Session, message: Outgoing, at: datetime, *, wanted: Mapping[str, Wanted], lease: timedelta = LEASE
) -> bool:
    """Whether this message may be sent now: it is still ours, nobody has taken it back, and it is still wanted. Counts
    the try and renews the lease.
    """
    if message.kind in wanted:
        row = session.get(Delivery, message.id, populate_existing=True)
        if row is not None and not wanted[message.kind](session, row, at):
            _settle(session, message, "skipped", "not_wanted", finished=at)
            return False
    return affected(session, _BEGIN, {**_whose(message), "until": at + lease}) == 1


def settle(session: Session, message: Outgoing, outcome: Outcome, at: datetime) -> str | None:
    """Write down what became of a try, if the message is still ours; the state it is in now."""
    if outcome.gone:
        subscription_service.forget(session, outcome.gone)
    if outcome.sent:
        reached = {device.id for device in message.devices if device.long_unused} - {*outcome.gone}
        if reached:
            subscription_service.were_used(session, reached, at)
        return _settle(session, message, "sent", None, finished=at)
    if not outcome.again:
        return _settle(session, message, "failed", outcome.reason, finished=at)
    tries = session.execute(_TRIES, _whose(message)).scalar_one_or_none()
    if tries is None:
        return None
    if tries >= rules.most_tries(message.kind):
        return _settle(session, message, "failed", outcome.reason, finished=at)
    return _settle(session, message, "due", outcome.reason, later=at + rules.wait_after(tries, outcome.wait))


def put_back(session: Session, messages: Iterable[Outgoing], not_before: datetime | None) -> int:
    """Give back what was claimed and not tried; later, when a server is known to be down."""
    return sum(affected(session, _PUT_BACK, {**_whose(message), "later": not_before}) for message in messages)


def _settle(
    session: Session,
    message: Outgoing,
    state: str,
    reason: str | None,
    *,
    finished: datetime | None = None,
    later: datetime | None = None,
) -> str | None:
    values = {**_whose(message), "new_state": state, "why": reason, "finished": finished, "later": later}
    return state if affected(session, _SETTLE, values) else None


# ---------------------------------------------------------------------------------------------- clearing up

KEPT: Final = timedelta(days=60)
"""How long reminders are kept after they are over. Matters of safety are part of the record and stay."""


def clear_up(session: Session, at: datetime) -> int:
    """Delete reminders that were over long ago."""
    over = delete(_ROWS).where(
        _ROWS.c.state.not_in(("due", "claimed")), _ROWS.c.due_at < at - KEPT, _ROWS.c.kind.not_in(sorted(URGENT))
    )
    return affected(session, over, {})
