"""The heartbeat. APScheduler ticks a few fixed jobs; what is due lives in the database, never in its memory.

Three of its defaults do harm here and are changed: a tick that comes late still runs (`misfire_grace_time=None`),
several missed ticks run once (`coalesce`), and a slow job is not started a second time beside itself
(`max_instances=1`). Every job is safe to run in several processes at once and repeats without effect.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.interval import IntervalTrigger

from tracker.db import Session
from tracker.web.logs import error_fields, log

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import sessionmaker

    from tracker.clock import Clock

SOON: Final = timedelta(seconds=10)
JITTER_S: Final = 5

Work = Callable[[Session, datetime], int]
"""What a job does: gets a session and the instant, returns how many rows it dealt with, does not commit."""


@dataclass(frozen=True, slots=True)
class Job:
    """One regular piece of work, in one transaction."""

    name: str
    every: timedelta
    work: Work

    def run(self, sessions: sessionmaker[Session], clock: Clock) -> int:
        with sessions.begin() as session:
            return self.work(session, clock.now())


@dataclass(frozen=True, slots=True)
class Round:
    """Regular work that must not be one transaction, such as talking to a mail server. `go` gets the sessions and the
    clock, opens its own transactions, and may be stopped between any two of them. Its first turn comes soon after the
    start: on a laptop that is open for minutes a day nothing waits for tomorrow.
    """

    name: str
    every: timedelta
    go: Callable[[sessionmaker[Session], Clock], int]

    def run(self, sessions: sessionmaker[Session], clock: Clock) -> int:
        return self.go(sessions, clock)


def beat(job: Job | Round, sessions: sessionmaker[Session], clock: Clock) -> int | None:
    """Run a job once. A failure is logged and waits for the next beat; None then."""
    try:
        rows = job.run(sessions, clock)
    except Exception as error:  # noqa: BLE001  # the heart beats on, whatever one job does
        log.error("job failed", job=job.name, **error_fields(error))
        return None
    if rows:
        log.info("job done", job=job.name, rows=rows)
    return rows


def start_beside(jobs: Sequence[Job | Round], sessions: sessionmaker[Session], clock: Clock) -> BackgroundScheduler:
    """Let the heart beat in a thread of this process. The caller shuts it down."""
    scheduler = BackgroundScheduler(timezone=UTC, job_defaults=_defaults())
    _add(scheduler, jobs, sessions, clock)
    scheduler.start()
    return scheduler


def run_alone(jobs: Sequence[Job | Round], sessions: sessionmaker[Session], clock: Clock) -> None:
    """Let the heart beat in this process until it is interrupted."""
    scheduler = BlockingScheduler(timezone=UTC, job_defaults=_defaults())
    _add(scheduler, jobs, sessions, clock)
    scheduler.start()


def _defaults() -> dict[str, Any]:
    return {"misfire_grace_time": None, "coalesce": True, "max_instances": 1}


def _add(scheduler: Any, jobs: Sequence[Job | Round], sessions: sessionmaker[Session], clock: Clock) -> None:
    for job in jobs:
        # Not at once: a start must not wait for it. The jitter keeps several machines from beating together.
        first = clock.now() + SOON if isinstance(job, Round) else None
        trigger = IntervalTrigger(
            seconds=int(job.every.total_seconds()), start_date=first, timezone=UTC, jitter=JITTER_S
        )
        scheduler.add_job(beat, trigger, args=(job, sessions, clock), id=job.name)
