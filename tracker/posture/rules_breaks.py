"""Decisions about breaks: when the next one is due, which exercise is offered, what became of the offers.

Pure: no clock, no database, no web. The watchers offer the breaks, because they see the person; this page must say the
same, so the rules are written down once more for what the server knows (minutes, breaks, settings). CLINICAL 3.7: after
30 minutes without a change of posture (20 to 60, in the first week 45), 1 to 2 minutes, one drill of plan D; none
within 10 minutes of standing up; two minutes away are a break; a missed one is no failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from tracker.posture.rules import MINUTE_S, Minute, Settings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

CAUSES: Final = ("still", "clock", "asked")

AFTER_STANDING_UP: Final = timedelta(minutes=10)
"""No break is due within this time of a detected stand-up."""
AWAY_IS_A_BREAK_S: Final = 120
"""Idle or away for this long counts as a break."""
OPEN_FOR: Final = timedelta(minutes=15)
"""An offer that nobody answers has passed after this time."""
AN_EXERCISE_ANSWERS_WITHIN: Final = timedelta(hours=1)
"""A session that begins this soon after an offer was the answer to it, even when the offer had been given up."""
STILL_WATCHING: Final = timedelta(minutes=3)
"""Whatever sent a minute this shortly ago tells about breaks itself."""

_MINUTE: Final = timedelta(seconds=MINUTE_S)


# ---------------------------------------------------------------------------------------------- offers


@dataclass(frozen=True, slots=True)
class Break:
    """A break that was offered or taken; `outcome` as it is stored, None while nobody has said anything."""

    id: UUID
    cause: str
    offered_at: datetime
    outcome: str | None = None
    credited_by: str | None = None
    ended_at: datetime | None = None
    exercise: str | None = None

    def outcome_at(self, at: datetime) -> str | None:
        """What became of it by then; None while it is open."""
        if self.outcome is not None:
            return self.outcome
        return "passed" if at - self.offered_at > OPEN_FOR else None

    @property
    def taken_at(self) -> datetime | None:
        """When somebody moved, None when they did not."""
        return (self.ended_at or self.offered_at) if self.outcome == "taken" else None


def outcome_after(before: str | None, told: str | None) -> str | None:
    """What is kept of two answers, in whichever order they arrive: an outcome is never taken back, but somebody who
    moves after an offer has passed has taken it.
    """
    if before is None or (before == "passed" and told == "taken"):
        return told
    return before


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the breaks of some days. `offered`: those that something offered; of these `taken`, `not_now` and
    `passed`, the rest is open. `own`: taken of one's own accord.
    """

    offered: int = 0
    taken: int = 0
    not_now: int = 0
    passed: int = 0
    own: int = 0

    @property
    def moved(self) -> int:
        """Breaks that were taken, offered or not."""
        return self.taken + self.own

    def __add__(self, other: Tally) -> Tally:
        """Both as one."""
        return Tally(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


def tally(breaks: Iterable[Break], at: datetime) -> Tally:
    """Count them. Where somebody asked for a break and then did not take it, nothing was offered and nothing missed."""
    found = list(breaks)
    offered = [each.outcome_at(at) for each in found if each.cause != "asked"]
    return Tally(
        offered=len(offered),
        taken=offered.count("taken"),
        not_now=offered.count("not_now"),
        passed=offered.count("passed"),
        own=sum(each.cause == "asked" and each.outcome == "taken" for each in found),
    )


# ---------------------------------------------------------------------------------------------- the next break


class When(StrEnum):
    """What can be said about the next break."""

    OFF = "off"
    PAUSED = "paused"
    SNOOZED = "snoozed"
    QUIET_MODE = "quiet_mode"
    QUIET_HOURS = "quiet_hours"
    NOT_WATCHED = "not_watched"
    AWAY = "away"
    NOW = "now"
    AT = "at"


@dataclass(frozen=True, slots=True)
class NextBreak:
    """`at`: when it is due, or until when nothing comes; None where nobody can say."""

    when: When
    at: datetime | None = None
    rule: str | None = None
    """still or clock: which of the two makes it due."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What is known about somebody who is being watched. Instants are None where nothing is known."""

    still_since: datetime
    sitting_since: datetime
    """Since the last break: an offered one that was taken, two minutes away, or the beginning of watching."""
    stood_at: datetime | None
    away: bool


def desk_of(minutes: Sequence[Minute], breaks: Iterable[Break], at: datetime) -> Desk | None:
    """What the minutes of a day (in the order of time) and its breaks say about now; None when nobody watches."""
    known = [minute for minute in minutes if minute.starts_at <= at]
    if not known or at - known[-1].starts_at > STILL_WATCHING + _MINUTE:
        return None
    last = known[-1]
    moved = [each.taken_at for each in breaks if each.taken_at is not None and each.taken_at <= at]
    stood = [minute.starts_at for minute in known if minute.stands]
    still_since = last.starts_at + _MINUTE - timedelta(seconds=last.still_s)
    return Desk(
        still_since=max([still_since, *moved]),
        sitting_since=max([_sitting_since(known), *moved]),
        stood_at=max(stood, default=None),
        away=last.away_s >= MINUTE_S / 2,
    )


def _sitting_since(minutes: Sequence[Minute]) -> datetime:
    """The end of the last stretch of two minutes in which nobody sat there: away, or not watched."""
    since = minutes[0].starts_at
    away_s = 0
    before = minutes[0].starts_at
    for minute in minutes:
        gap_s = (minute.starts_at - before).total_seconds()
        mostly_away = minute.away_s > (minute.comfort_s + minute.slouch_s + minute.unknown_s)
        away_s = away_s + minute.away_s if mostly_away else minute.away_s
        if gap_s >= AWAY_IS_A_BREAK_S:
            since = minute.starts_at
        if away_s >= AWAY_IS_A_BREAK_S:
            since = minute.starts_at + _MINUTE
        before = minute.starts_at + _MINUTE
    return since


def next_break(
    settings: Settings,
    desk: Desk | None,
    *,
    last_offered_at: datetime | None,
    quiet_until: datetime | None,
    today: date,
    at: datetime,
) -> NextBreak:
    """When the next break is due, or why none is. `quiet_until`: the end of the quiet hours when `at` lies in them."""
    silence = _silence(settings, quiet_until, at)
    if silence is not None:
        return silence
    if desk is None or desk.away:
        return NextBreak(When.NOT_WATCHED if desk is None else When.AWAY)
    every = timedelta(seconds=settings.break_every_s(today))
    since = {"still": desk.still_since, "clock": desk.sitting_since}
    asked = since if settings.break_rule == "both" else {settings.break_rule: since[settings.break_rule]}
    rule = min(asked, key=lambda name: asked[name])
    # What was answered with "not now" comes again after another spell, not at once.
    due = max([asked[rule], *([last_offered_at] if last_offered_at else [])]) + every
    if desk.stood_at is not None:
        due = max(due, desk.stood_at + AFTER_STANDING_UP)
    return NextBreak(When.NOW if due <= at else When.AT, due, rule)


def _silence(settings: Settings, quiet_until: datetime | None, at: datetime) -> NextBreak | None:
    """Why no break is offered whatever happens, None when one may be."""
    if settings.paused_until is not None and settings.paused_until > at:
        return NextBreak(When.PAUSED, settings.paused_until)
    if settings.break_rule == "off":
        return NextBreak(When.OFF)
    if settings.snoozed_until is not None and settings.snoozed_until > at:
        return NextBreak(When.SNOOZED, settings.snoozed_until)
    if quiet_until is not None:
        return NextBreak(When.QUIET_HOURS, quiet_until)
    return NextBreak(When.QUIET_MODE) if settings.quiet else None


# ---------------------------------------------------------------------------------------------- a desk to stand at


class Position(StrEnum):
    """The part of the half hour one is in."""

    SIT = "sit"
    STAND = "stand"
    MOVE = "move"


RHYTHM: Final = ((Position.SIT, 20), (Position.STAND, 8), (Position.MOVE, 2))
"""Minutes of each half hour: a goal in the right region, not a rule (CLINICAL 3.7, Hedge)."""
_ROUND: Final = timedelta(minutes=sum(minutes for _, minutes in RHYTHM))


def position_at(since: datetime, at: datetime) -> tuple[Position, datetime]:
    """Where in the rhythm somebody is who began at `since`, and until when."""
    begun = since + max(at - since, timedelta()) // _ROUND * _ROUND
    for position, minutes in RHYTHM:
        begun += timedelta(minutes=minutes)
        if at < begun:
            return position, begun
    return Position.SIT, begun + timedelta(minutes=RHYTHM[0][1])


# ---------------------------------------------------------------------------------------------- which exercise


PLAN_D: Final[Mapping[str, int]] = {
    "scapular-retraction": 8,
    "chin-tuck": 8,
    "seated-thoracic-rotation": 5,
    "thoracic-extension": 8,
    "sit-to-stand": 5,
}
"""CLINICAL 2.2, plan D: E11, E12, E14, E13, E25, with the repetitions (a side) that fit one to two minutes."""

LONGEST_SET_S: Final = 130
_A_REPETITION_S: Final = 4.0
_BETWEEN_HOLDS_S: Final = 3.0
_WITHOUT_KIT: Final = frozenset({"none", "chair"})
_AT_A_DESK: Final = frozenset({"sitting", "standing"})


class Rest(StrEnum):
    """Why a break brings no exercise; the first six are what training knows (`register_readiness`)."""

    EMERGENCY = "emergency"
    URGENT = "urgent"
    CRISIS = "crisis"
    LOCKED = "locked"
    INTAKE = "intake"
    HURT = "hurt"
    NOTHING_FITS = "nothing_fits"


@dataclass(frozen=True, slots=True)
class Candidate:
    """An exercise that may be offered: once, one set. `sides`: how many sides are done one after the other;
    `prescription_id`: the line of the physiotherapist's plan it comes from.
    """

    exercise: str
    goal: str
    posture: str
    equipment: Collection[str]
    cautions: Collection[str]
    reps: int | None
    hold_s: float | None
    sides: int = 1
    prescription_id: str | None = None

    @property
    def seconds(self) -> float:
        """About how long one set takes."""
        reps = self.reps or 1
        held = self.hold_s or 0.0
        pace = held + _BETWEEN_HOLDS_S if held else _A_REPETITION_S
        return reps * pace * self.sides


def fits_break(candidate: Candidate) -> bool:
    """Whether it can be done at a desk in a minute or two, without anything but a chair."""
    kit = set(candidate.equipment)
    return (
        candidate.goal != "test"
        and candidate.posture in _AT_A_DESK
        and ("none" in kit or kit <= _WITHOUT_KIT)
        and candidate.seconds <= LONGEST_SET_S
    )


def offers(
    planned: Iterable[Candidate],
    drills: Iterable[Candidate],
    *,
    cautions: Collection[str],
    drills_allowed: bool,
    lately: Sequence[str],
) -> tuple[Candidate, ...]:
    """What may be offered, the one whose turn it is first. `lately`: exercises of the last breaks, newest first.

    What the physiotherapist prescribed comes before the drills where both wait equally long. `cautions`: what the
    person has told; nothing that any of them speaks against is offered, whoever prescribed it. `drills_allowed`: plan D
    is for whoever needs nobody's look (CLINICAL 2.2: levels 0 and 1).
    """
    fitting = [each for each in planned if fits_break(each)]
    known = {each.exercise for each in fitting}
    fitting += [each for each in drills if drills_allowed and each.exercise not in known]
    allowed = [each for each in fitting if not set(each.cautions) & set(cautions)]
    newest: dict[str, int] = {}
    for turns_ago, exercise in enumerate(lately):
        newest.setdefault(exercise, turns_ago)
    # Longest ago first; what was never offered waits longest. Sorting keeps the order of equals.
    return tuple(sorted(allowed, key=lambda each: -newest.get(each.exercise, len(lately))))
