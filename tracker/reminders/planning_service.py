"""Rules become rows: what is due in the next 48 hours is written down, as often as one likes. Takes a database session
and an instant; never commits.

A fixed number of statements for a batch of people, however many there are. A row that is wanted and there stays as it
is; one that is no longer wanted (another time, another zone, a channel that went away) is taken back as `replanned`,
which is the one cancelled state that may be planned again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, text

from tracker.accounts.models import Person, Role
from tracker.db import insert_into, table_of
from tracker.reminders import rows_service, rules
from tracker.reminders.models import Delivery, ReminderRule, ReminderSettings
from tracker.reminders.outgoing import CHANNELS, EMAIL, IN_APP, PUSH
from tracker.reminders.rows_service import KEY, REPLANNED
from tracker.reminders.rules import TIMED, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.reminders.rules import Planned, Rule

LOOK_BACK: Final = timedelta(days=4)
"""How far back served slots are read: the local date of somebody who travels moves by two days at most."""


@dataclass(frozen=True, slots=True)
class Outlets:
    """Which ways out this installation has, besides the notice inside the application."""

    email: bool = True
    push: bool = True


EVERY_OUTLET: Final = Outlets()


def people_to_plan(session: Session, *, after: UUID | None, limit: int) -> list[UUID]:
    """The next active patients in the order of their ids."""
    wanted = select(Person.id).where(Person.active, Person.role == Role.PATIENT)
    if after is not None:
        wanted = wanted.where(Person.id > after)
    return list(session.scalars(wanted.order_by(Person.id).limit(limit)))


def plan_people(session: Session, ids: Collection[UUID], at: datetime, outlets: Outlets = EVERY_OUTLET) -> int:
    """Write down what is due for these people; returns how many rows changed."""
    people = _people(session, ids)
    without = [person.id for person, chosen in people if chosen is None]
    if without:
        rows_service.ensure(session, without, at)
        people = _people(session, ids)
    ids = [person.id for person, _ in people]
    rules_of_person = _rules(session, ids)
    devices = rows_service.with_devices(session, ids) if outlets.push else set()
    known = _known(session, ids, at)
    fresh: list[dict[str, Any]] = []
    stale: list[UUID] = []
    for person, chosen in people:
        channels = _channels(person, chosen, outlets, with_push=person.id in devices)
        rows = known.get(person.id, [])
        served, live = _sorted_out(rows, at)
        wishes = rows_service.wishes_of(person, chosen)
        wanted = {
            (subject_of(item.rule), item.slot.due_at, channel): item
            for item in rules.plan(rules_of_person.get(person.id, ()), wishes, at, served=served)
            for channel in channels
        }
        stale.extend(row.id for key, row in live.items() if key not in wanted)
        fresh.extend(
            _row(person.id, item, channel, at)
            for (_, _, channel), item in wanted.items()
            if not _is_there(live.get((subject_of(item.rule), item.slot.due_at, channel)), item)
        )
    taken_back = (
        rows_service.finish_waiting(
            session,
            Delivery.id.in_(stale),
            Delivery.state == "due",
            state="cancelled",
            reason=REPLANNED,
            at=at,
            wait=False,
        )
        if stale
        else 0
    )
    return _write(session, fresh) + taken_back


def planned_for(session: Session, person: Person, at: datetime) -> list[tuple[Planned, tuple[str, ...]]]:
    """What will come for one person, whether it is written down yet or not."""
    chosen = session.get(ReminderSettings, person.id)
    channels = _channels(person, chosen, EVERY_OUTLET, with_push=bool(rows_service.with_devices(session, [person.id])))
    served, _ = _sorted_out(_known(session, [person.id], at).get(person.id, []), at)
    stored = _rules(session, [person.id]).get(person.id) or [
        rules.Rule(str(kind), kind, times, "1234567", at, every_minutes)
        for kind, (enabled, times, every_minutes) in rules.DEFAULTS.items()
        if enabled and kind in TIMED
    ]
    return [(item, channels) for item in rules.plan(stored, rows_service.wishes_of(person, chosen), at, served=served)]


def subject_of(rule: Rule) -> str:
    """What a planned delivery is about."""
    return f"rule:{rule.key}"


def _people(session: Session, ids: Collection[UUID]) -> list[tuple[Person, ReminderSettings | None]]:
    rows = session.execute(
        select(Person, ReminderSettings)
        .outerjoin(ReminderSettings, ReminderSettings.person_id == Person.id)
        .where(Person.id.in_(ids), Person.active, Person.role == Role.PATIENT)
        .order_by(Person.id)
        .execution_options(populate_existing=True)
    )
    return [(person, chosen) for person, chosen in rows]


def _rules(session: Session, ids: Collection[UUID]) -> dict[UUID, list[Rule]]:
    rows = session.scalars(
        select(ReminderRule)
        .where(ReminderRule.person_id.in_(ids), ReminderRule.enabled, ReminderRule.kind.in_(TIMED))
        .execution_options(populate_existing=True)
    )
    found: dict[UUID, list[Rule]] = defaultdict(list)
    for row in rows:
        rule = rules.Rule(
            str(row.id), Kind(row.kind), tuple(row.times), row.weekdays, row.changed_at, row.every_minutes
        )
        found[row.person_id].append(rule)
    return found


def _known(session: Session, ids: Collection[UUID], at: datetime) -> dict[UUID, list[Any]]:
    """What has been planned for these people lately and for later."""
    rows = session.execute(
        select(
            Delivery.id,
            Delivery.person_id,
            Delivery.subject,
            Delivery.due_at,
            Delivery.not_before,
            Delivery.channel,
            Delivery.state,
            Delivery.reason,
            Delivery.payload,
        ).where(
            Delivery.person_id.in_(ids),
            Delivery.due_at > at - LOOK_BACK,
            Delivery.kind.in_(TIMED),
            Delivery.step == 0,
        )
    )
    found: dict[UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.person_id].append(row)
    return found


def _sorted_out(
    rows: Iterable[Any], at: datetime
) -> tuple[set[tuple[str, date, str]], dict[tuple[str, datetime, str], Any]]:
    """Slots that have had their turn, and rows that still wait for theirs."""
    served: set[tuple[str, date, str]] = set()
    live: dict[tuple[str, datetime, str], Any] = {}
    for row in rows:
        if row.state == "due" and row.due_at > at:
            live[row.subject, row.due_at, row.channel] = row
        elif row.reason != REPLANNED:
            served.add((row.subject.removeprefix("rule:"), *_slot(row)))
    return served, live


def _slot(row: Any) -> tuple[date, str]:
    return date.fromisoformat(row.payload["day"]), str(row.payload["time"])


def _is_there(row: Any, item: Planned) -> bool:
    return row is not None and row.not_before == item.not_before and _slot(row) == (item.slot.day, item.slot.time)


def _channels(person: Person, chosen: ReminderSettings | None, outlets: Outlets, *, with_push: bool) -> tuple[str, ...]:
    wanted = set(chosen.channels if chosen else rows_service.DEFAULT_CHANNELS)
    available = {IN_APP}
    if outlets.email and person.email:
        available.add(EMAIL)
    if outlets.push and with_push:
        available.add(PUSH)
    return tuple(channel for channel in CHANNELS if channel in available and (channel in wanted or channel == IN_APP))


def _row(person_id: UUID, item: Planned, channel: str, at: datetime) -> dict[str, Any]:
    return rows_service.delivery_row(
        kind=item.rule.kind,
        subject=subject_of(item.rule),
        person_id=person_id,
        due_at=item.slot.due_at,
        not_before=item.not_before,
        step=0,
        channel=channel,
        payload={"day": item.slot.day.isoformat(), "time": item.slot.time},
        at=at,
    )


def _write(session: Session, rows: list[dict[str, Any]]) -> int:
    """Add rows in the order of their key, so that two planners never wait for each other in a circle. A row that is
    there is changed only while it waits, or when planning itself has taken it back.
    """
    if not rows:
        return 0
    table = table_of(Delivery)
    rows.sort(key=lambda row: (row["person_id"], row["subject"], row["due_at"], row["channel"]))
    statement = insert_into(session, Delivery)
    # Without bound values in this clause all rows go in one statement (SQLAlchemy sends them one by one otherwise).
    fresh = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=list(KEY),
        set_={name: fresh[name] for name in ("state", "reason", "finished_at", "not_before", "payload")},
        where=text(
            f"delivery.state = 'cancelled' AND delivery.reason = '{REPLANNED}'"
            " OR delivery.state = 'due' AND delivery.tries = 0"
        ),
    )
    return len(session.execute(statement.returning(table.c.id), rows).all())
