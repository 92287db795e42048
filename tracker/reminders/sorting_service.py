"""What has been claimed is looked at once more: is it still needed, does it fit the day, is there a newer one, and is
there a way to send it? For any number of rows with a fixed number of statements. Never commits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update

from tracker.clock import local_date
from tracker.reminders import rows_service, rules
from tracker.reminders.channels import apprise
from tracker.reminders.done_service import reasons_not_to_send
from tracker.reminders.models import ClinicChannels, Delivery, PushSubscription
from tracker.reminders.outgoing import APPRISE, EMAIL, IN_APP, PUSH, Device, Outgoing
from tracker.reminders.rules import GENTLE, URGENT, Kind
from tracker.reminders.service import URGENT_LEVEL, may_be_answered, wording_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.accounts.models import Person
    from tracker.reminders.delivery_service import Wanted
    from tracker.reminders.models import ReminderSettings
    from tracker.reminders.planning_service import Outlets

NEWEST_WINS: Final = "newer"
SAYS_IT_ALL: Final = frozenset({Kind.DIGEST})
"""Kinds that open the same list whatever their day: only the newest of them waits at the bell."""
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Context:
    """What is known about the people of a batch."""

    session: Session
    at: datetime
    outlets: Outlets
    people: Mapping[UUID, Person]
    chosen: Mapping[UUID, ReminderSettings]


def decide(context: Context, rows: Sequence[Delivery], wanted: Mapping[str, Wanted]) -> list[Delivery]:
    """The rows to send; the others are put back or finished with a reason."""
    session, at = context.session, context.at
    reasons = reasons_not_to_send(session, rows, context.people, at)
    superseded = _superseded(session, rows, at)
    sent = _sent_today(context, rows)
    kept = []
    for row in rows:
        kind = Kind(row.kind)
        if row.tries >= rules.most_tries(kind):
            _finish(row, "failed", "too_many_tries", at)
            continue
        if row.id in superseded:
            _finish(row, "merged", NEWEST_WINS, at)
            continue
        why = reasons.get(row.id)
        if why is None and row.kind in wanted and not wanted[row.kind](session, row, at):
            why = "not_wanted"
        person = context.people.get(row.person_id)
        if person is None:
            continue  # deleted between the two statements, and the delivery with them
        before = sent[row.person_id]
        others = Counter(kind for key, kind in before.items() if key != _occasion(row)) if row.step == 0 else Counter()
        wishes = rows_service.wishes_of(person, context.chosen.get(person.id))
        verdict = rules.verdict(kind, row.due_at, wishes, at, done=why, sent_today=others)
        if verdict.skip is not None:
            _finish(row, "skipped", verdict.skip, at)
        elif verdict.wait_until is not None:
            _put_back(row, verdict.wait_until)
        else:
            before[_occasion(row)] = row.kind
            kept.append(row)
    return kept


def _superseded(session: Session, rows: Sequence[Delivery], at: datetime) -> set[UUID]:
    """Which of these have a newer one about the same subject that is ready for the same person on the same channel.
    Only the newest is sent: after days without power nobody finds forty reminders. What was asked for only after the
    newer one had gone out is news, and is sent.
    """
    newer = session.execute(
        select(
            Delivery.subject,
            Delivery.person_id,
            Delivery.channel,
            Delivery.due_at,
            Delivery.step,
            Delivery.state,
            Delivery.finished_at,
        ).where(
            Delivery.subject.in_({row.subject for row in rows}),
            Delivery.due_at >= min(row.due_at for row in rows),
            Delivery.person_id.in_({row.person_id for row in rows}),
            Delivery.state.in_(("due", "claimed", "sent")),
            Delivery.not_before <= at,
        )
    )
    known: dict[tuple[str, UUID, str], list[Any]] = defaultdict(list)
    for other in newer:
        known[other.subject, other.person_id, other.channel].append(other)
    return {
        row.id
        for row in rows
        if any(
            (other.due_at, other.step) > (row.due_at, row.step)
            and (other.state != "sent" or other.finished_at >= row.created_at)
            for other in known[row.subject, row.person_id, row.channel]
        )
    }


def _occasion(row: Any) -> tuple[str, datetime]:
    """One reminder, however many channels it goes over."""
    return row.subject, row.due_at


def _sent_today(context: Context, rows: Sequence[Delivery]) -> dict[UUID, dict[tuple[str, datetime], str]]:
    """Reminders sent on each person's local day so far: kind by occasion. What was put off does not count twice."""
    found: dict[UUID, dict[tuple[str, datetime], str]] = defaultdict(dict)
    ids = {row.person_id for row in rows if row.kind in GENTLE and row.person_id in context.people}
    if not ids:
        return found
    lately = context.session.execute(
        select(Delivery.person_id, Delivery.kind, Delivery.subject, Delivery.due_at, Delivery.finished_at).where(
            Delivery.person_id.in_(ids),
            Delivery.due_at > context.at - 3 * _DAY,
            Delivery.state == "sent",
            Delivery.kind.in_(sorted(GENTLE)),
            Delivery.step == 0,
        )
    )
    for row in lately:
        zone_name = context.people[row.person_id].time_zone
        if row.finished_at and local_date(row.finished_at, zone_name) == local_date(context.at, zone_name):
            found[row.person_id][_occasion(row)] = row.kind
    return found


def _finish(row: Delivery, state: str, reason: str | None, at: datetime) -> None:
    row.state, row.reason, row.finished_at, row.lease, row.lease_until = state, reason, at, None, None


def _put_back(row: Delivery, not_before: datetime) -> None:
    row.state, row.not_before, row.lease, row.lease_until = "due", not_before, None, None


def make_ready(context: Context, rows: Sequence[Delivery]) -> list[Outgoing]:
    """Messages with all that their channels need. What has no way to go is finished with the reason."""
    devices = _devices(context.session, {row.person_id for row in rows if row.channel == PUSH}, context.at)
    urls = _apprise_urls(context, {row.person_id for row in rows if row.channel == APPRISE})
    outgoing = []
    for row in rows:
        person = context.people[row.person_id]
        if row.channel == IN_APP:
            _finish(row, "sent", None, context.at)
            continue
        found = devices.get(person.id, ())
        addresses = urls.get(person.clinic_id, ())
        problem = _no_way(row.channel, person, context.outlets, found, addresses)
        if problem is not None:
            _finish(row, "skipped", problem, context.at)
            continue
        assert row.lease is not None  # `claim` has put it on
        outgoing.append(
            Outgoing(
                id=row.id,
                lease=row.lease,
                kind=Kind(row.kind),
                channel=row.channel,
                person_id=person.id,
                locale=person.locale,
                wording=wording_of(row, person),
                urgent=is_urgent(row),
                can_answer=may_be_answered(row),
                due_at=row.due_at,
                address=person.email if row.channel == EMAIL else None,
                devices=found if row.channel == PUSH else (),
                addresses=addresses if row.channel == APPRISE else (),
            )
        )
    return outgoing


def replace_older(context: Context, rows: Sequence[Delivery]) -> None:
    """A notice that says it all takes the place of the unread ones of the days before, whose subjects name their day.
    Asked when the new one is shown, not when it is planned: until then the older one still holds.
    """
    for row in rows:
        if row.channel != IN_APP or row.kind not in SAYS_IT_ALL:
            continue
        context.session.execute(
            update(Delivery)
            .where(
                Delivery.person_id == row.person_id,
                Delivery.kind == row.kind,
                Delivery.channel == IN_APP,
                Delivery.state == "sent",
                Delivery.due_at < row.due_at,
                Delivery.seen_at.is_(None),
            )
            .values(seen_at=context.at)
            .execution_options(synchronize_session=False)
        )


def is_urgent(row: Delivery) -> bool:
    """Whether the message says "now"."""
    return row.kind in URGENT and ((row.payload or {}).get("level") or 0) >= URGENT_LEVEL


def _no_way(
    channel: str, person: Person, outlets: Outlets, devices: Sequence[Device], addresses: Sequence[str]
) -> str | None:
    if channel == EMAIL:
        return "not_configured" if not outlets.email else None if person.email else "no_address"
    if channel == PUSH:
        return "not_configured" if not outlets.push else None if devices else "no_device"
    return None if addresses else "no_address"


def _devices(session: Session, ids: set[UUID], at: datetime) -> dict[UUID, tuple[Device, ...]]:
    if not ids:
        return {}
    found: dict[UUID, list[Device]] = defaultdict(list)
    for row in session.scalars(select(PushSubscription).where(PushSubscription.person_id.in_(ids))):
        unused = row.used_at is None or row.used_at < at - _DAY
        found[row.person_id].append(Device(row.id, row.endpoint, row.p256dh, row.auth, long_unused=unused))
    return {person_id: tuple(devices) for person_id, devices in found.items()}


def _apprise_urls(context: Context, ids: set[UUID]) -> dict[UUID, tuple[str, ...]]:
    clinics = {context.people[person_id].clinic_id for person_id in ids}
    if not clinics:
        return {}
    rows = context.session.scalars(select(ClinicChannels).where(ClinicChannels.clinic_id.in_(clinics)))
    return {row.clinic_id: tuple(apprise.addresses(row.apprise_urls or "")) for row in rows}


def without_way_out(session: Session, notices: Sequence[Delivery]) -> tuple[UUID, ...]:
    """Who of these has nothing but the notice: no other channel that was, or still may be, successful."""
    if not notices:
        return ()
    others = session.execute(
        select(Delivery.subject, Delivery.due_at, Delivery.step, Delivery.person_id).where(
            Delivery.subject.in_({row.subject for row in notices}),
            Delivery.channel != IN_APP,
            Delivery.state.in_(("due", "claimed", "sent")),
        )
    )
    outside = {(subject, due_at, step, person_id) for subject, due_at, step, person_id in others}
    return tuple(row.person_id for row in notices if (row.subject, row.due_at, row.step, row.person_id) not in outside)
