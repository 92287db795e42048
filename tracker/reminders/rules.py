"""When somebody is reminded of what: wall-clock times on weekdays become instants, quiet hours and a daily budget take
some away, and what nobody was awake for is not made up.

Conventions: a *slot* is one wall-clock time ("HH:MM") on one local day; its instant follows from the IANA zone the
person lives in. A time that a change of the clocks leaves out is due at the first instant after it; a time that happens
twice is due the first time only; a local day that does not exist at all has no slots. Days are ISO weekdays as in
"1234567". A slot is remembered by day and time, not by instant: somebody who travels is reminded once a local day,
however the zones fall. Nothing here reads a clock; `at` and `now` are aware instants.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

AHEAD: Final = timedelta(hours=48)
"""How far slots are planned."""

BREAK_HOLDS: Final = timedelta(minutes=10)
"""A posture break that comes later than this is no break any more."""
MESSAGE_HOLDS: Final = timedelta(days=7)
TEST_HOLDS: Final = timedelta(hours=1)

LONGEST_WAIT: Final = timedelta(hours=1)
"""Between two tries."""

SNOOZE_MINUTES: Final = (10, 240)
MOST_SNOOZES: Final = 3

_WALL_TIME: Final = re.compile(r"[0-9]{2}:[0-9]{2}")
_WHOLE_DAY: Final = timedelta(days=1)
_MIDNIGHT: Final = time(0)


class Kind(StrEnum):
    """What a delivery is about."""

    EXERCISE = "exercise"
    CHECK_IN = "check_in"
    MORNING = "morning"
    POSTURE_BREAK = "posture_break"
    MESSAGE = "message"
    ESCALATION = "escalation"
    DIGEST = "digest"
    WELFARE = "welfare"
    ERASED = "erased"
    TEST = "test"


TIMED: Final = (Kind.CHECK_IN, Kind.EXERCISE, Kind.MORNING, Kind.POSTURE_BREAK)
"""Kinds that come by the clock, the most important first: what the daily budget is spent on first."""

GENTLE: Final = frozenset({*TIMED, Kind.MESSAGE})
"""Kinds that keep quiet hours, the daily budget and a pause. Matters of safety keep none of them."""

URGENT: Final = frozenset({Kind.ESCALATION, Kind.DIGEST, Kind.WELFARE})
"""What is sent by a job of its own, so that no queue of reminders is ever in front of it."""

FOR_STAFF: Final = frozenset({Kind.ESCALATION, Kind.DIGEST, Kind.ERASED})
"""What goes to those who work here; a patient is asked how they are (`WELFARE`)."""

BUDGET_ORDER: Final = (*TIMED[:3], Kind.MESSAGE, Kind.POSTURE_BREAK)


def wall_time(text: str) -> time:
    """The wall-clock time "HH:MM". Raises ValueError for anything else."""
    if not _WALL_TIME.fullmatch(text):
        raise ValueError(f"{text!r} is not a time of the day")
    return time(int(text[:2]), int(text[3:]))


def instant_of(day: date, at: time, zone: ZoneInfo) -> datetime | None:
    """The instant of a wall-clock time in UTC: the first of two, the first valid one after a gap, or None when the
    whole day is missing in this zone (Samoa had no 30 December 2011).
    """
    wall = datetime.combine(day, at)
    first = wall.replace(tzinfo=zone)
    early, late = first.replace(fold=1).astimezone(UTC), first.astimezone(UTC)
    if _wall(late, zone) == wall:
        return late
    # A gap: with the offset before it the time comes out behind the gap, with the one after it in front of it.
    if late - early >= _WHOLE_DAY:
        return None
    seconds = int((late - early).total_seconds())
    low, high = 0, seconds  # at `low` the clock has not reached the time, at `high` it has
    while high - low > 1:
        middle = (low + high) // 2
        if _wall(early + timedelta(seconds=middle), zone) >= wall:
            high = middle
        else:
            low = middle
    return early + timedelta(seconds=high)


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def midnight_after(instant: datetime, zone: ZoneInfo) -> datetime:
    """The first instant of the next local day that exists."""
    return _next_instant_of(instant.astimezone(zone).date() + _WHOLE_DAY, _MIDNIGHT, zone)


def _next_instant_of(day: date, at: time, zone: ZoneInfo) -> datetime:
    """The instant of a wall-clock time on a day, or on the first day after it that exists."""
    found = instant_of(day, at, zone)
    return found if found is not None else _next_instant_of(day + _WHOLE_DAY, at, zone)


@dataclass(frozen=True, slots=True)
class Slot:
    """One wall-clock time on one local day, and the instant it is."""

    day: date
    time: str
    due_at: datetime


def slots(times: Sequence[str], weekdays: str, zone: ZoneInfo, first: date, last: date) -> list[Slot]:
    """The slots of these local days (ends included), by instant. Two times that a gap pushes onto the same instant
    are one slot.
    """
    found: dict[datetime, Slot] = {}
    for ahead in range((last - first).days + 1):
        day = first + timedelta(days=ahead)
        if str(day.isoweekday()) not in weekdays:
            continue
        for text in sorted(set(times)):
            due_at = instant_of(day, wall_time(text), zone)
            if due_at is not None:
                found.setdefault(due_at, Slot(day, text, due_at))
    return [found[instant] for instant in sorted(found)]


def due_between(times: Sequence[str], weekdays: str, zone: ZoneInfo, start: datetime, end: datetime) -> list[Slot]:
    """The slots whose instant lies in [start, end)."""
    first, last = start.astimezone(zone).date() - _WHOLE_DAY, end.astimezone(zone).date()
    return [slot for slot in slots(times, weekdays, zone, first, last) if start <= slot.due_at < end]


def break_times(first: str, last: str, every_minutes: int) -> tuple[str, ...]:
    """Wall-clock times from `first` to `last`, one every so many minutes."""
    start, end = _minutes(first), _minutes(last)
    return tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in range(start, end + 1, every_minutes))


def _minutes(text: str) -> int:
    at = wall_time(text)
    return at.hour * 60 + at.minute


# ---------------------------------------------------------------------------------------------- quiet hours


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nothing gentle is sent, from `start` until just before `end`, across midnight when `end` is
    earlier. The same time twice: no quiet hours.
    """

    start: time
    end: time

    def holds(self, at: time) -> bool:
        if self.start <= self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end


NO_QUIET: Final = Quiet(_MIDNIGHT, _MIDNIGHT)


def after_quiet(instant: datetime, quiet: Quiet, zone: ZoneInfo) -> datetime:
    """The instant itself, or the end of the quiet hours it lies in."""
    local = instant.astimezone(zone)
    if not quiet.holds(local.time()):
        return instant
    over_midnight = quiet.start > quiet.end and local.time() >= quiet.start
    day = local.date() + (_WHOLE_DAY if over_midnight else timedelta())
    # In the hour that happens twice the quiet time may end once and seem to go on: it has ended.
    return max(_next_instant_of(day, quiet.end, zone), instant)


# ---------------------------------------------------------------------------------------------- planning


@dataclass(frozen=True, slots=True)
class Rule:
    """When somebody is reminded of one kind of thing. `changed_at`: what it asked for before then is over."""

    key: str
    kind: Kind
    times: tuple[str, ...]
    weekdays: str
    changed_at: datetime
    every_minutes: int | None = None

    @property
    def all_times(self) -> tuple[str, ...]:
        if self.kind is Kind.POSTURE_BREAK and self.every_minutes and self.times:
            return break_times(self.times[0], self.times[-1], self.every_minutes)
        return self.times


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody wants to be reminded at all."""

    zone: ZoneInfo
    quiet: Quiet = NO_QUIET
    budget: int = 6
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A slot of a rule. `not_before` is later than `due_at` when the slot lies in the quiet hours."""

    rule: Rule
    slot: Slot
    not_before: datetime


def plan(
    rules: Iterable[Rule], wishes: Wishes, now: datetime, *, served: Collection[tuple[str, date, str]] = ()
) -> list[Planned]:
    """What is due from the beginning of the local day until `AHEAD`, without the slots that were `served`
    (rule, local day, time) and those that are too late.

    The day's budget is shared out over the whole day, whatever the time is now, so planning again changes nothing. A
    slot of today whose time the person flew across is due at once.
    """
    today, until = now.astimezone(wishes.zone).date(), now + AHEAD
    found: list[Planned] = []
    by_day: dict[date, list[Planned]] = {}
    last = until.astimezone(wishes.zone).date()
    for rule in rules:
        for slot in slots(rule.all_times, rule.weekdays, wishes.zone, today, last):
            not_before = after_quiet(slot.due_at, wishes.quiet, wishes.zone)
            if rule.kind is Kind.POSTURE_BREAK and not_before != slot.due_at:
                continue
            by_day.setdefault(slot.day, []).append(Planned(rule, slot, not_before))
    for day in sorted(by_day):
        found.extend(
            item
            for item in within_budget(by_day[day], wishes.budget)
            if item.slot.due_at < until
            and item.slot.due_at >= item.rule.changed_at
            and (item.rule.key, day, item.slot.time) not in served
            and not is_too_late(item.rule.kind, item.slot.due_at, wishes, now)
        )
    return found


def within_budget(items: Sequence[Planned], budget: int) -> list[Planned]:
    """At most `budget` of a day's slots: the important kinds first, posture breaks share evenly what is left."""
    kept: list[Planned] = []
    for kind in TIMED:
        of_kind = sorted((item for item in items if item.rule.kind is kind), key=lambda item: item.slot.due_at)
        room = max(0, budget - len(kept))
        kept.extend(of_kind if len(of_kind) <= room else _spread(of_kind, room))
    return sorted(kept, key=lambda item: (item.slot.due_at, item.rule.kind, item.rule.key))


def _spread(items: Sequence[Planned], room: int) -> Iterator[Planned]:
    """`room` of the items, evenly."""
    return (items[(2 * index + 1) * len(items) // (2 * room)] for index in range(room))


# ---------------------------------------------------------------------------------------------- at the time of sending


def expires_at(kind: Kind, due_at: datetime, wishes: Wishes) -> datetime | None:
    """When a message is of no use any more: a break after minutes, something for today at the end of the day on which
    it may first be sent, a matter of safety never.
    """
    effective = after_quiet(due_at, wishes.quiet, wishes.zone)
    match kind:
        case Kind.POSTURE_BREAK:
            return due_at + BREAK_HOLDS
        case Kind.EXERCISE | Kind.CHECK_IN | Kind.MORNING:
            return midnight_after(effective, wishes.zone)
        case Kind.MESSAGE:
            return effective + MESSAGE_HOLDS
        case Kind.TEST:
            return due_at + TEST_HOLDS
        case _:
            return None


def is_too_late(kind: Kind, due_at: datetime, wishes: Wishes, now: datetime) -> bool:
    """Whether a message that was due then has lost its point."""
    end = expires_at(kind, due_at, wishes)
    return end is not None and now >= end


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a message whose time has come: send it, wait, or leave it with a reason."""

    send: bool = False
    wait_until: datetime | None = None
    skip: str | None = None


SEND: Final = Verdict(send=True)


def verdict(
    kind: Kind,
    due_at: datetime,
    wishes: Wishes,
    now: datetime,
    *,
    done: str | None = None,
    sent_today: Mapping[str, int] | None = None,
) -> Verdict:
    """`done`: why it is not needed any more, if so. `sent_today`: other reminders sent on this local day, by kind.

    What is not sent is not counted as missed by anybody.
    """
    if is_too_late(kind, due_at, wishes, now):
        return Verdict(skip="late")
    if done is not None:
        return Verdict(skip=done)
    return _gently(kind, wishes, now, sent_today or {}) if kind in GENTLE else SEND


def _gently(kind: Kind, wishes: Wishes, now: datetime, sent_today: Mapping[str, int]) -> Verdict:
    if wishes.paused_until is not None and now < wishes.paused_until:
        return Verdict(skip="paused")
    quiet_until = after_quiet(now, wishes.quiet, wishes.zone)
    if quiet_until > now:
        return Verdict(skip="quiet") if kind is Kind.POSTURE_BREAK else Verdict(wait_until=quiet_until)
    return SEND if fits_budget(kind, sent_today, wishes.budget) else Verdict(skip="budget")


def fits_budget(kind: Kind, sent_today: Mapping[str, int], budget: int) -> bool:
    """Whether one more of this kind fits: only what is at least as important has used up its budget."""
    before = BUDGET_ORDER[: BUDGET_ORDER.index(kind) + 1]
    return sum(sent_today.get(each, 0) for each in before) < budget


def snoozed_until(at: datetime, minutes: int) -> datetime:
    """When a snoozed reminder comes back."""
    least, most = SNOOZE_MINUTES
    return at + timedelta(minutes=min(max(minutes, least), most))


def backoff(tries: int) -> timedelta:
    """How long to wait after the given number of failed tries: a minute, doubled each time, at most an hour."""
    return min(timedelta(minutes=2 ** (max(tries, 1) - 1)), LONGEST_WAIT)


def wait_after(tries: int, asked: timedelta) -> timedelta:
    """How long to wait when the other side has asked for a time of its own: that, unless it is shorter than ours or
    longer than we ever wait.
    """
    return max(backoff(tries), min(asked, LONGEST_WAIT))


def most_tries(kind: Kind) -> int:
    """A reminder is given up after about half an hour, a matter of safety after about half a day."""
    return 6 if kind in GENTLE else 16


def wording_number(kind: Kind, day: date, wordings: int) -> int:
    """Which of several wordings is used on a day: another one every day, the same one all day."""
    return (day.toordinal() + list(Kind).index(kind)) % wordings


# ---------------------------------------------------------------------------------------------- what may be chosen

MOST_TIMES: Final = 4
BREAK_MINUTES: Final = (20, 120)  # CLINICAL 3.7: 20 to 60; longer for those who want less
BUDGET: Final = (1, 30)


def problems_of_rule(kind: Kind, times: Sequence[str], weekdays: str, every_minutes: int | None) -> dict[str, str]:
    """What keeps a rule from being saved: field -> key."""
    problems: dict[str, str] = {}
    try:
        parsed = [wall_time(text) for text in times]
    except ValueError:
        return {"times": "not_a_time"}
    if not set(weekdays) <= set("1234567") or len(set(weekdays)) != len(weekdays):
        problems["weekdays"] = "not_weekdays"
    if kind is Kind.POSTURE_BREAK:
        least, most = BREAK_MINUTES
        if len(parsed) != 2 or parsed[0] >= parsed[1]:  # noqa: PLR2004  # from, until
            problems["times"] = "not_a_span"
        if every_minutes is None or not least <= every_minutes <= most:
            problems["every_minutes"] = "not_in_range"
    elif kind is not Kind.MESSAGE and not 1 <= len(set(times)) <= MOST_TIMES:
        problems["times"] = "number_of_times"
    return problems


DEFAULTS: Final[Mapping[Kind, tuple[bool, tuple[str, ...], int | None]]] = {
    Kind.EXERCISE: (True, ("17:30",), None),
    Kind.CHECK_IN: (True, ("19:30",), None),  # CLINICAL 4.1: in the evening
    Kind.MORNING: (True, ("08:30",), None),
    Kind.POSTURE_BREAK: (False, ("09:00", "17:00"), 45),  # CLINICAL 3.7: 45 minutes in the first week
    Kind.MESSAGE: (True, (), None),
}
"""Enabled, times and minutes of somebody who has not chosen yet."""
