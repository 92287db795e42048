"""How somebody wants to be reminded, and of what; their private calendar; and where a clinic wants its alerts besides.
Takes a database session and an instant; never commits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update

from tracker.accounts.models import Person, Role
from tracker.accounts.service import new_token, token_hash
from tracker.clock import local_date
from tracker.diary.rules_timing import is_expected
from tracker.diary.service import settings_of as diary_settings_of
from tracker.regimen.rules import due_on
from tracker.regimen.service import current_plan, standing_of
from tracker.reminders import rows_service, rules, subscription_service
from tracker.reminders.calendar import Entry, Feed
from tracker.reminders.channels import apprise, link_local
from tracker.reminders.errors import ReminderError
from tracker.reminders.models import ClinicChannels, ReminderRule, ReminderSettings
from tracker.reminders.outgoing import CHOSEN_BY_PERSON, IN_APP
from tracker.reminders.planning_service import plan_people, planned_for
from tracker.reminders.rules import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.reminders.channels.link_local import Resolve

CALENDAR_DAYS: Final = (7, 28)
"""Days before and after today in the private calendar."""


@dataclass(frozen=True, slots=True)
class RuleChoice:
    """When somebody wants to be reminded of one kind of thing. A posture break has its first and last time."""

    kind: Kind
    enabled: bool
    times: tuple[str, ...] = ()
    every_minutes: int | None = None
    weekdays: str = "1234567"


@dataclass(frozen=True, slots=True)
class Upcoming:
    """A reminder that will come, unless it is done before."""

    kind: Kind
    due_at: datetime
    channels: tuple[str, ...]


def settings_of(session: Session, person: Person) -> ReminderSettings:
    """What this person has chosen; the defaults, not stored, while they have chosen nothing."""
    found = session.get(ReminderSettings, person.id)
    return found or ReminderSettings(person_id=person.id, **rows_service.default_choices())


def _stored_settings(session: Session, person: Person, at: datetime) -> ReminderSettings:
    rows_service.ensure(session, [person.id], at)
    return session.get_one(ReminderSettings, person.id)


def quiet_until(session: Session, person: Person, at: datetime) -> datetime | None:
    """The end of this person's quiet hours when `at` lies in them."""
    chosen = rows_service.settings_by_person(session, [person.id]).get(person.id)
    wishes = rows_service.wishes_of(person, chosen)
    until = rules.after_quiet(at, wishes.quiet, wishes.zone)
    return until if until > at else None


def save_settings(
    session: Session,
    person: Person,
    *,
    quiet_from: str,
    quiet_to: str,
    daily_budget: int,
    channels: Sequence[str],
    at: datetime,
) -> ReminderSettings:
    """Store how this person wants to be reminded; what is planned follows at once. Raises ReminderError."""
    problems: dict[str, str] = {}
    for name, text in (("quiet_from", quiet_from), ("quiet_to", quiet_to)):
        try:
            rules.wall_time(text)
        except ValueError:
            problems[name] = "not_a_time"
    least, most = rules.BUDGET
    if not least <= daily_budget <= most:
        problems["daily_budget"] = "not_in_range"
    if not set(channels) <= set(CHOSEN_BY_PERSON):
        problems["channels"] = "no_such_channel"
    if problems:
        raise ReminderError(problems)
    row = _stored_settings(session, person, at)
    row.quiet_from, row.quiet_to, row.daily_budget = quiet_from, quiet_to, daily_budget
    row.channels = [channel for channel in CHOSEN_BY_PERSON if channel == IN_APP or channel in channels]
    session.flush()
    plan_people(session, [person.id], at)
    return row


def pause(session: Session, person: Person, until: datetime | None, at: datetime) -> None:
    """No reminders until then; None: as usual again. Matters of safety still come."""
    _stored_settings(session, person, at).paused_until = until
    session.flush()


def rules_of(session: Session, person: Person) -> list[RuleChoice]:
    """When this person is reminded of what, in the order of importance."""
    rows = session.scalars(select(ReminderRule).where(ReminderRule.person_id == person.id))
    stored = {Kind(row.kind): _choice(row) for row in rows}
    return [
        stored.get(kind, RuleChoice(kind, enabled, times, every_minutes))
        for kind, (enabled, times, every_minutes) in rules.DEFAULTS.items()
    ]


def _choice(row: ReminderRule) -> RuleChoice:
    return RuleChoice(Kind(row.kind), row.enabled, tuple(row.times), row.every_minutes, row.weekdays)


def save_rules(session: Session, person: Person, choices: Sequence[RuleChoice], at: datetime) -> None:
    """Store when this person is reminded of what; the plan of the next days follows at once. A time of today that has
    passed already is not made up. Raises ReminderError.
    """
    problems = {
        f"{choice.kind}.{name}": key
        for choice in choices
        if choice.enabled
        for name, key in rules.problems_of_rule(
            choice.kind, choice.times, choice.weekdays, choice.every_minutes
        ).items()
    }
    problems |= {f"{choice.kind}.kind": "no_such_kind" for choice in choices if choice.kind not in rules.DEFAULTS}
    if problems:
        raise ReminderError(problems)
    rows_service.ensure(session, [person.id], at)
    rows = {
        Kind(row.kind): row for row in session.scalars(select(ReminderRule).where(ReminderRule.person_id == person.id))
    }
    for choice in choices:
        row = rows[choice.kind]
        times, weekdays = sorted(set(choice.times)), "".join(sorted(choice.weekdays))
        wanted = replace(choice, times=tuple(times), weekdays=weekdays)
        if wanted == _choice(row):
            continue
        row.enabled, row.times, row.every_minutes = choice.enabled, times, choice.every_minutes
        row.weekdays, row.changed_at = weekdays, at
    session.flush()
    plan_people(session, [person.id], at)


def upcoming(session: Session, person: Person, at: datetime, *, hours: int = 48) -> list[Upcoming]:
    """What will come in the next hours, with quiet hours and the daily budget applied."""
    until = at + timedelta(hours=hours)
    return [
        Upcoming(item.rule.kind, item.not_before, channels)
        for item, channels in planned_for(session, person, at)
        if at <= item.not_before < until
    ]


# ---------------------------------------------------------------------------------------------- calendar


def make_calendar(session: Session, person: Person, at: datetime) -> str:
    """A new address for the private calendar; an older one ends. The token is shown once and only its hash is kept."""
    token = new_token()
    row = _stored_settings(session, person, at)
    row.calendar_hash, row.calendar_since = token_hash(token), at
    session.flush()
    return token


def withdraw_calendar(session: Session, person: Person, at: datetime) -> None:
    """End the private calendar's address."""
    row = _stored_settings(session, person, at)
    row.calendar_hash = row.calendar_since = None
    session.flush()


def person_of_calendar(session: Session, token: str) -> Person | None:
    """Whose calendar this is; None for an address that is not, or no longer, in use."""
    return session.scalars(
        select(Person)
        .join(ReminderSettings, ReminderSettings.person_id == Person.id)
        .where(ReminderSettings.calendar_hash == token_hash(token), Person.active, Person.role == Role.PATIENT)
    ).one_or_none()


def calendar_of(session: Session, person: Person, at: datetime) -> Feed:
    """What the private calendar holds: exercise days and check-ins of the last week and the next four. While the
    programme is locked, or has not begun, there are no exercises to do.
    """
    today = local_date(at, person.time_zone)
    days = [today + timedelta(days=number) for number in range(-CALENDAR_DAYS[0], CALENDAR_DAYS[1] + 1)]
    choices = {choice.kind: choice for choice in rules_of(session, person)}
    standing = standing_of(session, person.id)
    may_exercise = standing is not None and standing.intake_done and not standing.locked
    items = current_plan(session, person.id).items if may_exercise else ()
    rhythm = diary_settings_of(session, person.id).rhythm
    wishes = rows_service.wishes_of(person, None)
    entries = [
        Entry(Kind.EXERCISE, day, _time_on(day, choices[Kind.EXERCISE], wishes)) for day in days if due_on(day, items)
    ]
    for day in days:
        starts_at = _time_on(day, choices[Kind.CHECK_IN], wishes)
        if starts_at is not None and is_expected(rhythm, day):
            entries.append(Entry(Kind.CHECK_IN, day, starts_at))
    row = session.get(ReminderSettings, person.id)
    stamp = row.calendar_since if row is not None and row.calendar_since is not None else at
    return Feed(person.id, stamp, tuple(entries))


def _time_on(day: date, choice: RuleChoice, wishes: rules.Wishes) -> datetime | None:
    """The instant of the first reminder of a kind on a day."""
    if not choice.enabled or not choice.times or str(day.isoweekday()) not in choice.weekdays:
        return None
    return rules.instant_of(day, rules.wall_time(min(choice.times)), wishes.zone)


# ---------------------------------------------------------------------------------------------- what others cause


def password_changed(session: Session, person_id: UUID, _at: datetime) -> None:
    """Whoever had got hold of the password may have turned notices on in a browser of theirs, or made an address of the
    calendar: both go on without anybody being signed in. Nobody can tell which of them are the person's own; all end.
    """
    subscription_service.forget_person(session, person_id)
    session.execute(
        update(ReminderSettings)
        .where(ReminderSettings.person_id == person_id)
        .values(calendar_hash=None, calendar_since=None)
    )


# ---------------------------------------------------------------------------------------------- a clinic's own channels


def clinic_channels_of(session: Session, clinic_id: UUID) -> str:
    """The Apprise addresses of a clinic, one a line."""
    row = session.get(ClinicChannels, clinic_id)
    return (row.apprise_urls if row else None) or ""


def save_clinic_channels(
    session: Session, clinic_id: UUID, urls: str, at: datetime, *, resolve: Resolve = link_local.addresses_of
) -> None:
    """Store the Apprise addresses of a clinic; nothing in it switches Apprise off. Their hosts are looked up with
    `resolve`. Raises ReminderError.
    """
    lines = apprise.addresses(urls)
    problem = next((found for found in map(apprise.problem_of, lines) if found), None)
    if problem is None and len(lines) > apprise.MOST_ADDRESSES:
        problem = "too_many"
    # Last, because it asks the name server.
    if problem is None:
        problem = next((found for line in lines if (found := apprise.problem_of_place(line, resolve))), None)
    if problem is not None:
        raise ReminderError({"urls": problem})
    row = session.get(ClinicChannels, clinic_id)
    if row is None:
        row = ClinicChannels(clinic_id=clinic_id, changed_at=at)
        session.add(row)
    row.apprise_urls, row.changed_at = "\n".join(lines) or None, at
    session.flush()
