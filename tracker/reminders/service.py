"""Use cases of reminders: what the other rooms ask to be sent, what somebody sees in the application, how they want to
be reminded, and their private calendar. Takes a database session and an instant; never commits.

This is the door of the room for others: what people wish is in `wishes_service`, planning in `planning_service`, taking
from the queue in `delivery_service`, web push browsers in `subscription_service`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import func, select, update

from tracker.accounts.models import Person
from tracker.accounts.rules import safe_path
from tracker.clock import local_date
from tracker.reminders import rows_service, rules
from tracker.reminders.done_service import reasons_not_to_send
from tracker.reminders.errors import ReminderError
from tracker.reminders.models import ClinicChannels, Delivery, ReminderRule, ReminderSettings
from tracker.reminders.outgoing import APPRISE, CHANNELS, EMAIL, IN_APP, PUSH
from tracker.reminders.rules import GENTLE, TIMED, URGENT, Kind
from tracker.reminders.texts import wordings
from tracker.reminders.wishes_service import (
    RuleChoice,
    Upcoming,
    calendar_of,
    clinic_channels_of,
    make_calendar,
    pause,
    person_of_calendar,
    rules_of,
    save_clinic_channels,
    save_rules,
    save_settings,
    settings_of,
    upcoming,
    withdraw_calendar,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

__all__ = [
    "Notice",
    "ReminderError",
    "RuleChoice",
    "Upcoming",
    "calendar_of",
    "cancel",
    "clinic_channels_of",
    "dismiss",
    "enqueue",
    "make_calendar",
    "may_be_answered",
    "not_today",
    "notice_by_id",
    "notices_of",
    "own_notice",
    "path_of",
    "pause",
    "person_of_calendar",
    "rules",
    "rules_of",
    "save_clinic_channels",
    "save_rules",
    "save_settings",
    "send_test",
    "settings_of",
    "snooze",
    "upcoming",
    "withdraw_calendar",
]

URGENT_LEVEL: Final = 3
"""From this level of escalation on, a message says "now" (CLINICAL 5.1)."""

LONGEST_REASON: Final = 32
_SHOWN_AT_MOST: Final = 50
_SHOWN_FOR: Final = timedelta(days=30)

PATHS: Final[Mapping[Kind, str]] = {
    Kind.EXERCISE: "/today",
    Kind.CHECK_IN: "/check-in/daily?source=notice",
    Kind.MORNING: "/check-in?source=notice",
    Kind.POSTURE_BREAK: "/posture/break",
    Kind.MESSAGE: "/messages",
    Kind.ESCALATION: "/alerts",
    Kind.DIGEST: "/alerts",
    Kind.WELFARE: "/help",
    Kind.ERASED: "/patients",
    Kind.TEST: "/reminders",
}
"""What a notice opens when whoever asked for it did not say."""


# ---------------------------------------------------------------------------------------------- asking to be sent


def enqueue(
    session: Session,
    *,
    kind: str,
    subject: str,
    person_ids: Iterable[UUID],
    due_at: datetime,
    at: datetime,
    step: int = 0,
    channels: Sequence[str] | None = None,
    payload: Mapping[str, Any] | None = None,
) -> int:
    """Ask for one message to each of these people over each of their channels; returns how many are new.

    The same subject, instant, step, channel and person exists once: asking again is harmless. The notice inside the
    application always comes. `channels`: instead of the person's own; somebody of the staff and every matter of safety
    takes all there are. A clinic's Apprise addresses are told once, with the first of its people. `payload` holds ids,
    `level` and `path`, never health content.
    """
    what = Kind(kind)
    ids = list(dict.fromkeys(person_ids))
    people = {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(ids), Person.active))}
    chosen = rows_service.settings_by_person(session, ids)
    devices = rows_service.with_devices(session, ids)
    told = _clinics_with_apprise(session, {person.clinic_id for person in people.values()})
    silenced = _switched_off(session, what, ids)
    rows: list[dict[str, Any]] = []
    for person in (people[person_id] for person_id in ids if person_id in people):
        wishes = rows_service.wishes_of(person, chosen.get(person.id))
        wanted = _wanted_channels(person, what, chosen.get(person.id), channels)
        available = {IN_APP}
        if person.id not in silenced:
            available |= {EMAIL} if person.email else set()
            available |= {PUSH} if person.id in devices else set()
            if person.is_staff and person.clinic_id in told and APPRISE in wanted:
                available.add(APPRISE)
                told.discard(person.clinic_id)
        not_before = rules.after_quiet(due_at, wishes.quiet, wishes.zone) if what in GENTLE else due_at
        rows.extend(
            rows_service.delivery_row(
                kind=what,
                subject=subject,
                person_id=person.id,
                due_at=due_at,
                not_before=not_before,
                step=step,
                channel=channel,
                payload=payload,
                at=at,
            )
            for channel in CHANNELS
            if channel in wanted and channel in available
        )
    return rows_service.add_rows(session, Delivery, rows, key=rows_service.KEY)


def _wanted_channels(
    person: Person, kind: Kind, chosen: ReminderSettings | None, asked: Sequence[str] | None
) -> frozenset[str]:
    if asked is not None:
        return frozenset({IN_APP, *asked})
    if kind in URGENT or kind is Kind.TEST or person.is_staff:
        return frozenset(CHANNELS)
    return frozenset({IN_APP, *(chosen.channels if chosen else rows_service.DEFAULT_CHANNELS)})


def _clinics_with_apprise(session: Session, clinic_ids: set[UUID]) -> set[UUID]:
    return set(
        session.scalars(
            select(ClinicChannels.clinic_id).where(
                ClinicChannels.clinic_id.in_(clinic_ids), ClinicChannels.apprise_urls.is_not(None)
            )
        )
    )


def _switched_off(session: Session, kind: Kind, person_ids: Sequence[UUID]) -> set[UUID]:
    """Who does not want to be reminded of this kind; they find it in the application."""
    if kind not in GENTLE:
        return set()
    return set(
        session.scalars(
            select(ReminderRule.person_id).where(
                ReminderRule.person_id.in_(person_ids), ReminderRule.kind == kind, ReminderRule.enabled.is_(False)
            )
        )
    )


def cancel(session: Session, *, subject: str, at: datetime, reason: str, from_step: int = 0) -> int:
    """Take back what waits about this subject from a step on; notices of it that are showing are closed. Returns how
    many messages will not be sent.
    """
    about = (Delivery.subject == subject, Delivery.step >= from_step)
    taken_back = rows_service.finish_waiting(
        session, *about, state="cancelled", reason=reason[:LONGEST_REASON], at=at, wait=True
    )
    session.execute(
        update(Delivery)
        .where(*about, Delivery.channel == IN_APP, Delivery.state == "sent", Delivery.seen_at.is_(None))
        .values(seen_at=at)
        .execution_options(synchronize_session=False)
    )
    return taken_back


MOST_TESTS_AN_HOUR: Final = 10


def send_test(session: Session, person: Person, at: datetime) -> int:
    """Ask for a test message on every channel this person has; returns on how many. None, where somebody has asked for
    so many that it is no test any more.
    """
    lately = session.scalar(
        select(func.count(func.distinct(Delivery.subject))).where(
            Delivery.person_id == person.id, Delivery.kind == Kind.TEST, Delivery.created_at > at - timedelta(hours=1)
        )
    )
    if (lately or 0) >= MOST_TESTS_AN_HOUR:
        return 0
    return enqueue(session, kind=Kind.TEST, subject=f"test:{uuid4()}", person_ids=[person.id], due_at=at, at=at)


# ---------------------------------------------------------------------------------------------- inside the application


@dataclass(frozen=True, slots=True)
class Notice:
    """What the bell shows. `wording` chooses among the sentences of `texts.notice_words`."""

    id: UUID
    kind: Kind
    level: int | None
    path: str
    wording: int
    since: datetime
    can_snooze: bool

    @property
    def urgent(self) -> bool:
        return self.level is not None and self.level >= URGENT_LEVEL


def path_of(delivery: Delivery) -> str:
    """The page a notice opens."""
    asked = (delivery.payload or {}).get("path")
    return safe_path(asked) or PATHS[Kind(delivery.kind)]


def wording_of(delivery: Delivery, person: Person) -> int:
    """Which of the wordings holds: another one every local day."""
    kind = Kind(delivery.kind)
    return rules.wording_number(kind, local_date(delivery.due_at, person.time_zone), wordings(kind))


def notices_of(session: Session, person: Person, at: datetime) -> list[Notice]:
    """What waits to be seen, newest first: one for each subject, nothing that is over or done."""
    rows = session.scalars(
        select(Delivery)
        .where(
            Delivery.person_id == person.id,
            Delivery.channel == IN_APP,
            Delivery.state == "sent",
            Delivery.seen_at.is_(None),
            Delivery.due_at > at - _SHOWN_FOR,
        )
        .order_by(Delivery.due_at.desc(), Delivery.step.desc())
        .limit(_SHOWN_AT_MOST)
        .execution_options(populate_existing=True)
    ).all()
    newest = list({row.subject: row for row in reversed(rows)}.values())
    wishes = rows_service.wishes_of(person, session.get(ReminderSettings, person.id))
    current = [row for row in newest if not rules.is_too_late(Kind(row.kind), row.due_at, wishes, at)]
    over = reasons_not_to_send(session, current, {person.id: person}, at)
    shown = [row for row in current if row.id not in over]
    return [
        Notice(
            id=row.id,
            kind=Kind(row.kind),
            level=(row.payload or {}).get("level"),
            path=path_of(row),
            wording=wording_of(row, person),
            since=row.due_at,
            can_snooze=may_be_answered(row) and row.step < rules.MOST_SNOOZES,
        )
        for row in sorted(shown, key=lambda row: row.due_at, reverse=True)
    ]


def own_notice(session: Session, person: Person, delivery_id: UUID) -> Delivery | None:
    """A delivery to this person; None when it is somebody else's."""
    return session.scalars(
        select(Delivery).where(Delivery.id == delivery_id, Delivery.person_id == person.id)
    ).one_or_none()


def notice_by_id(session: Session, delivery_id: UUID) -> Delivery | None:
    """A delivery by the id that a signed token named."""
    return session.get(Delivery, delivery_id)


def may_be_answered(delivery: Delivery) -> bool:
    """Whether it can be put off or declined for today: reminders by the clock, and nothing that matters for safety."""
    return delivery.kind in TIMED


def dismiss(session: Session, delivery: Delivery, at: datetime) -> None:
    """Seen: the notice goes away, on whatever channel it was answered."""
    session.execute(
        update(Delivery)
        .where(
            Delivery.subject == delivery.subject,
            Delivery.person_id == delivery.person_id,
            Delivery.channel == IN_APP,
            Delivery.state == "sent",
            Delivery.due_at <= delivery.due_at,
            Delivery.seen_at.is_(None),
        )
        .values(seen_at=at)
        .execution_options(synchronize_session=False)
    )


def _about(delivery: Delivery) -> tuple[Any, Any]:
    return Delivery.subject == delivery.subject, Delivery.person_id == delivery.person_id


def snooze(session: Session, delivery: Delivery, at: datetime, minutes: int = 60) -> datetime | None:
    """Remind again later, over the same channels; when. None when it has been put off often enough, or there is
    nothing to put off.
    """
    if not may_be_answered(delivery) or delivery.step >= rules.MOST_SNOOZES:
        return None
    if _was_snoozed(session, delivery):
        return None
    later = rules.snoozed_until(at, minutes)
    person = session.get_one(Person, delivery.person_id)
    wishes = rows_service.wishes_of(person, session.get(ReminderSettings, person.id))
    same = select(Delivery).where(*_about(delivery), Delivery.due_at == delivery.due_at, Delivery.step == delivery.step)
    rows_service.finish_waiting(
        session, *_about(delivery), Delivery.due_at <= at, state="cancelled", reason="snoozed", at=at
    )
    dismiss(session, delivery, at)
    rows = [
        rows_service.delivery_row(
            kind=row.kind,
            subject=row.subject,
            person_id=row.person_id,
            due_at=later,
            not_before=rules.after_quiet(later, wishes.quiet, wishes.zone),
            step=row.step + 1,
            channel=row.channel,
            payload=row.payload,
            at=at,
        )
        for row in session.scalars(same)
    ]
    rows_service.add_rows(session, Delivery, rows, key=rows_service.KEY)
    return later


def _was_snoozed(session: Session, delivery: Delivery) -> bool:
    """Whether this one has been put off already, here or on another device: a link works once."""
    later = session.scalars(
        select(Delivery.payload).where(
            *_about(delivery), Delivery.due_at > delivery.due_at, Delivery.step > delivery.step
        )
    )
    return any(payload == delivery.payload for payload in later)


def not_today(session: Session, delivery: Delivery, at: datetime) -> bool:
    """No more reminders of this rule on this local day; whether that was possible. Nobody counts it as missed."""
    if not may_be_answered(delivery):
        return False
    person = session.get_one(Person, delivery.person_id)
    wishes = rows_service.wishes_of(person, session.get(ReminderSettings, person.id))
    tomorrow = rules.midnight_after(at, wishes.zone)
    rows_service.finish_waiting(
        session, *_about(delivery), Delivery.due_at < tomorrow, state="cancelled", reason="not_today", at=at
    )
    dismiss(session, delivery, at)
    return True
