"""What happens to an alert: by when somebody must look, who is next, what is told again, what may wait (CLINICAL 5.1,
5.6, 7.2).

Pure. Instants are aware and passed in; working hours are a clinic's local hours in its IANA time zone. Durations in
working time are counted on the instants themselves, so that a change to or from summer time neither adds nor loses
any. SLAs are `[design]` in CLINICAL 5.1 and need a clinician's agreement.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from tracker.alerts.rules_facts import USUAL_SETTLES, DayResult, Family, Firing
from tracker.regimen.rules_levels import Level

# ---------------------------------------------------------------------------------------------- working hours

_A_YEAR_OF_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class WorkingHours:
    """When somebody is there: on ISO `weekdays` (1 = Monday) from `opens` to `closes`, local time in `zone`.

    Raises ValueError for hours that never come, since an alert would then never be due.
    """

    weekdays: frozenset[int]
    opens: time
    closes: time
    zone: str

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= frozenset(range(1, 8)):
            raise ValueError("working hours need at least one weekday, each from 1 to 7")
        if self.opens >= self.closes:
            raise ValueError("working hours must open before they close, on the same day")

    @property
    def day_length(self) -> timedelta:
        """One working day, in working time."""
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)

    def spans_from(self, instant: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open spans from `instant` on, in UTC, the first cut to begin no earlier than `instant`."""
        if instant.tzinfo is None:
            raise ValueError("an instant must be aware")
        zone = ZoneInfo(self.zone)
        instant = instant.astimezone(UTC)
        # A day back, so that no time zone hides a span that is still open.
        day = instant.astimezone(zone).date() - timedelta(days=1)
        for _ in range(_A_YEAR_OF_DAYS):
            if day.isoweekday() in self.weekdays:
                begins = datetime.combine(day, self.opens, zone).astimezone(UTC)
                ends = datetime.combine(day, self.closes, zone).astimezone(UTC)
                if ends > instant and ends > begins:
                    yield max(begins, instant), ends
            day += timedelta(days=1)

    def is_open(self, instant: datetime) -> bool:
        begins, _ = next(self.spans_from(instant))
        return begins == instant.astimezone(UTC)

    def after(self, instant: datetime, working: timedelta) -> datetime:
        """The instant (UTC) when `working` has passed in working time since `instant`; the end of a span belongs to it.

        No working time gives the next instant at which somebody is there. Raises ValueError beyond a year.
        """
        left = working
        for begins, ends in self.spans_from(instant):
            if left <= ends - begins:
                return begins + left
            left -= ends - begins
        raise ValueError("no such instant within a year of working hours")


# ---------------------------------------------------------------------------------------------- who, and by when


class Owner(StrEnum):
    """Who is asked, in the order of 5.6: assigned physio, backup, team lead. L4 goes to all on duty at once."""

    PHYSIO = "physio"
    ALL_ON_DUTY = "all_on_duty"
    BACKUP = "backup"
    LEAD = "lead"


@dataclass(frozen=True, slots=True)
class Step:
    """From `at` on, unless acknowledged, the alert is `to`'s matter."""

    at: datetime
    to: Owner


EMERGENCY_ANSWER: Final = timedelta(minutes=15)
URGENT_ANSWER: Final = timedelta(hours=2)
REVIEW_WORKING_DAYS: Final = 2


def steps(level: Level, opened_at: datetime, hours: WorkingHours) -> tuple[Step, ...]:
    """Who is asked when, as long as nobody acknowledges (5.1). L0 and L1 ask nobody.

    L4 runs by the clock on the wall, day and night; L3 and L2 in working time. The patient's own advice at L3 and L4
    never waits for any of this: it "stands alone".
    """
    if level == Level.EMERGENCY:
        at = opened_at.astimezone(UTC)
        return (
            Step(at, Owner.ALL_ON_DUTY),
            Step(at + EMERGENCY_ANSWER, Owner.BACKUP),
            Step(at + 2 * EMERGENCY_ANSWER, Owner.LEAD),
        )
    if level == Level.URGENT:
        allowed = URGENT_ANSWER
    elif level == Level.REVIEW:
        allowed = REVIEW_WORKING_DAYS * hours.day_length
    else:
        return ()
    return (
        Step(opened_at.astimezone(UTC), Owner.PHYSIO),
        Step(hours.after(opened_at, allowed), Owner.BACKUP),
        Step(hours.after(opened_at, 2 * allowed), Owner.LEAD),
    )


def due_at(level: Level, opened_at: datetime, hours: WorkingHours) -> datetime | None:
    """By when the alert should be acknowledged (UTC), None where nobody is asked."""
    ladder = steps(level, opened_at, hours)
    return ladder[1].at if ladder else None


def owner_at(level: Level, opened_at: datetime, hours: WorkingHours, now: datetime) -> Owner | None:
    """Whose matter an unacknowledged alert is at `now`."""
    reached = [step.to for step in steps(level, opened_at, hours) if step.at <= now]
    return reached[-1] if reached else None


def call_back_by(opened_at: datetime, zone: str) -> datetime:
    """L3: the patient is called back by the next 10:00 of their own clock (UTC)."""
    local = opened_at.astimezone(ZoneInfo(zone))
    ten = datetime.combine(local.date(), time(10), local.tzinfo)
    if ten.astimezone(UTC) <= opened_at.astimezone(UTC):
        ten = datetime.combine(local.date() + timedelta(days=1), time(10), local.tzinfo)
    return ten.astimezone(UTC)


# ---------------------------------------------------------------------------------------------- telling again

OPEN_TOO_LONG: Final = timedelta(days=14)
E_RISE: Final = 1.0
_TINY: Final = 1e-9


class Reason(StrEnum):
    """Why a notification goes out (5.6, dedup)."""

    FIRST = "first"
    LEVEL_ROSE = "level_rose"
    NEW_RED_FLAG = "new_red_flag"
    PAIN_ROSE = "pain_rose"
    OPEN_TOO_LONG = "open_too_long"


@dataclass(frozen=True, slots=True)
class Notified:
    """What was known when somebody was last told, or when they acknowledged, if that was later."""

    at: datetime
    level: Level
    ewma: float | None = None
    red_codes: frozenset[str] = frozenset()


def reason_to_notify(
    last: Notified | None, *, level: Level, ewma: float | None, red_codes: Iterable[str], now: datetime
) -> Reason | None:
    """Why somebody must be told (again) of an open alert, None if there is nothing new. L1 is a badge, no message."""
    if level < Level.REVIEW:
        return None
    if last is None:
        return Reason.FIRST
    if level > last.level:
        return Reason.LEVEL_ROSE
    if not frozenset(red_codes) <= last.red_codes:
        return Reason.NEW_RED_FLAG
    if ewma is not None and last.ewma is not None and ewma - last.ewma >= E_RISE - _TINY:
        return Reason.PAIN_ROSE
    return Reason.OPEN_TOO_LONG if now - last.at >= OPEN_TOO_LONG else None


def should_notify(
    last: Notified | None, *, level: Level, ewma: float | None, red_codes: Iterable[str], now: datetime
) -> bool:
    return reason_to_notify(last, level=level, ewma=ewma, red_codes=red_codes, now=now) is not None


def red_codes(firings: Iterable[Firing]) -> frozenset[str]:
    """The red-flag codes behind `firings`."""
    found = [str(firing.values.get("codes", "")) for firing in firings if firing.family == Family.RED]
    return frozenset(code for codes in found for code in codes.split(", ") if code)


def newly_found(known: Iterable[DayResult], results: Iterable[DayResult], today: int) -> tuple[tuple[int, Firing], ...]:
    """What a late or edited entry brought to light on days before `today`: raised once, marked late (5.1, W10).

    A firing is new when the rule did not fire on that day before, fired at a lower level, or names new red flags.
    """
    before = {(result.day, firing.rule): firing for result in known for firing in result.firings}
    found = []
    for result in results:
        for firing in result.firings if result.day < today else ():
            old = before.get((result.day, firing.rule))
            if old is None or firing.level > old.level or not red_codes((firing,)) <= red_codes((old,)):
                found.append((result.day, firing))
    return tuple(found)


# ---------------------------------------------------------------------------------------------- waiting

SNOOZE_MOST_DAYS: Final = 14


class SnoozeRefusal(StrEnum):
    """Why an alert may not be snoozed."""

    RED_FLAG = "red_flag"
    TOO_URGENT = "too_urgent"
    DAYS = "days"
    NO_REASON = "no_reason"


def snooze_refusal(level: Level, family: Family, days: int, reason: str) -> SnoozeRefusal | None:
    """Why not; None if it may be snoozed. L1 and L2 only, 1 to 14 days, with a reason, never a red flag (5.6)."""
    if family == Family.RED:
        return SnoozeRefusal.RED_FLAG
    if level > Level.REVIEW:
        return SnoozeRefusal.TOO_URGENT
    if not 1 <= days <= SNOOZE_MOST_DAYS:
        return SnoozeRefusal.DAYS
    return None if reason.strip() else SnoozeRefusal.NO_REASON


def may_snooze(level: Level, family: Family, days: int, reason: str) -> bool:
    return snooze_refusal(level, family, days, reason) is None


def settled_by_usual(family: str, level: int) -> bool:
    """Whether accepting a usual level closes an open alert of this family and level (5.6: L2 and below)."""
    return family in USUAL_SETTLES and level <= Level.REVIEW


def breaks_snooze(snoozed_at_level: Level, fired: Iterable[Firing]) -> bool:
    """Whether what fired wakes a snoozed alert of this patient: any higher level, and any red flag (5.6, W07)."""
    return any(firing.level > snoozed_at_level or firing.family == Family.RED for firing in fired)


# ---------------------------------------------------------------------------------------------- a budget of attention

OPEN_REVIEWS_MOST: Final = 5
ALERTING_SHARE_MOST: Final = 0.10
PRECISION_LEAST: Final = 0.20


class Delivery(StrEnum):
    """How staff hear of an alert."""

    BADGE = "badge"
    MESSAGE = "message"
    DIGEST = "digest"
    PUSH = "push"


def over_budget(*, open_reviews: int, alerting_7d: int, caseload: int) -> bool:
    """Whether a physio has more than five open L2, or more than a tenth of the caseload alerted in seven days (5.6).

    One alerting patient is never a flood, although it is more than a tenth of a caseload of nine.
    """
    return open_reviews > OPEN_REVIEWS_MOST or (alerting_7d > 1 and alerting_7d > ALERTING_SHARE_MOST * caseload)


def delivery(level: Level, *, over: bool) -> Delivery | None:
    """How `level` reaches a physio; `over` says the budget guard is on. It never holds back L3 and L4."""
    if level >= Level.URGENT:
        return Delivery.PUSH
    if level == Level.REVIEW:
        return Delivery.DIGEST if over else Delivery.MESSAGE
    return Delivery.BADGE if level == Level.SELF_CARE else None


def retire_rule(*, acted_on: int, alerts: int, at_least: int = 20) -> bool:
    """Whether a rule should be looked at for retirement: fewer than a fifth of its alerts led to action (5.6).

    Below `at_least` alerts nothing can be said `[design]`.
    """
    return alerts >= at_least and acted_on < PRECISION_LEAST * alerts


# ---------------------------------------------------------------------------------------------- order of the worklist

_CLASSES: Final = {
    Family.RED: 0,
    Family.ACUTE: 1,
    Family.TREND: 3,
    Family.EXERCISE: 4,
    Family.TIME: 5,
    Family.WELLBEING: 6,
    Family.NONRESPONSE: 7,
}
_SILENT_AFTER_WORSENING: Final = 2


@dataclass(frozen=True, slots=True)
class Waiting:
    """One patient in the worklist. `severity` is (E - mu0) / g2, `function_loss` in MCIDs of PSFS or PEG."""

    name: str
    level: Level = Level.STEADY
    acknowledged: bool = False
    due_at: datetime | None = None
    family: Family | None = None
    silent_after_worsening: bool = False
    severity: float = 0.0
    function_loss: float = 0.0
    days_since_contact: float = 0.0


def triage_key(row: Waiting) -> tuple[int, bool, float, int, float, float, float, str]:
    """Sorts the most urgent first, by the eight criteria of 7.2 in their order. All due times must be aware."""
    due = float("inf") if row.due_at is None else row.due_at.timestamp()
    return (
        -int(row.level),
        row.acknowledged,
        due,
        reason_class(row.family, silent_after_worsening=row.silent_after_worsening),
        -row.severity,
        -row.function_loss,
        -row.days_since_contact,
        row.name.casefold(),
    )


def reason_class(family: Family | None, *, silent_after_worsening: bool = False) -> int:
    """The rank of a reason, 0 first (7.2, criterion 4)."""
    if family == Family.NONRESPONSE and silent_after_worsening:
        return _SILENT_AFTER_WORSENING
    return len(_CLASSES) + 1 if family is None else _CLASSES[family]
