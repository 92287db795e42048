"""Heartbeat work of escalation. Everything repeats without effect, takes what it works on under a lock that others
skip, and is safe in several processes at once.

Evaluating those who are silent looks after its own transactions, a few patients in each: on SQLite a transaction holds
up every other writer, and after midnight thousands of days are over at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tracker.alerts.watch_service import evaluate_silent, re_escalate_unheard, tell_of_long_open, wake_due
from tracker.clock import stopwatch_s
from tracker.reminders.scheduler import Job, Round

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import sessionmaker

    from tracker.clock import Clock
    from tracker.db import Session

PATIENTS_AT_ONCE: Final = 5
LONGEST_ROUND_S: Final = 30.0
"""The rest waits for the next beat, so that a stop of the process never waits long."""


def look_at_silence(sessions: sessionmaker[Session], clock: Clock) -> int:
    """Evaluate those whose day is over without an answer. Returns how many were looked at."""
    started, looked_at = stopwatch_s(), 0
    while stopwatch_s() - started < LONGEST_ROUND_S:
        with sessions.begin() as session:
            done = evaluate_silent(session, clock.now(), limit=PATIENTS_AT_ONCE)
        looked_at += done
        if done < PATIENTS_AT_ONCE:
            break
    return looked_at


def morning_check(session: Session, now: datetime) -> int:
    """Ask again about urgent patients who have not been heard from by ten. Returns how many alerts were asked again."""
    return re_escalate_unheard(session, now)


def wake_snoozed(session: Session, now: datetime) -> int:
    """Bring back what was put off until now. Returns how many alerts are back."""
    return wake_due(session, now)


def look_at_long_open(session: Session, now: datetime) -> int:
    """Tell again of what has been open for two weeks. Returns how many alerts were told of."""
    return tell_of_long_open(session, now)


JOBS: Final = (
    Round("look at silence", timedelta(minutes=1), look_at_silence),
    Job("ask again in the morning", timedelta(minutes=5), morning_check),
    Job("wake snoozed alerts", timedelta(minutes=5), wake_snoozed),
    Job("tell of long open alerts", timedelta(hours=1), look_at_long_open),
)
"""All of it, for the heartbeat."""
