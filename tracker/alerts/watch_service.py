"""What time alone brings: days that end without a word, mornings after an urgent sign, snoozes that are over, alerts
that stay open. Found with a few statements when there is nothing to do; the caller commits.

Whoever works on a patient locks their standing first, as everybody does; what another process holds is skipped and
found again at the next beat, so that a job never waits for somebody who may be waiting for it.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, or_, select

from tracker.accounts.models import Person
from tracker.alerts.models import Alert, AlertEvent
from tracker.alerts.notify_service import Messenger
from tracker.alerts.safety_service import evaluate
from tracker.alerts.store_service import open_alerts
from tracker.clock import local_date, zone
from tracker.diary.models import CheckIn
from tracker.regimen.models import Standing
from tracker.regimen.rules_levels import LOCKED_FROM, Level

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import ColumnElement

    from tracker.db import Session

MOST_AT_ONCE: Final = 100
SILENT_AT_MOST: Final = timedelta(days=90)
"""Somebody who has been silent for so long has been told of; their days go by without another look."""
MORNING: Final = time(10)
OPEN_TOO_LONG: Final = timedelta(days=14)


def evaluate_silent(session: Session, at: datetime, *, limit: int = MOST_AT_ONCE) -> int:
    """Evaluate patients whose local day has ended since the last look, those who wait longest first; how many."""
    due = _days_over(session, at)
    if due is None:
        return 0
    rows = session.execute(
        select(Standing, Person)
        .join(Person, Person.id == Standing.patient_id)
        .where(Person.active, Standing.last_check_in_on.is_not(None), due)
        .order_by(Standing.evaluated_through, Standing.patient_id)
        .limit(limit)
        .with_for_update(of=Standing, skip_locked=True)
    ).all()
    for standing, patient in rows:
        yesterday = local_date(at, patient.time_zone) - timedelta(days=1)
        last = standing.last_check_in_on
        if last is not None and yesterday - last > SILENT_AT_MOST:
            standing.evaluated_through = yesterday
        elif not evaluate(session, patient.id, at):
            # One record that the engine stumbles over must not hold up all the others: it is looked at again tomorrow,
            # or with the next entry. The log says so.
            standing.evaluated_through = yesterday
    session.flush()
    return len(rows)


def _days_over(session: Session, at: datetime) -> ColumnElement[bool] | None:
    """Which standings have not seen the end of yesterday, for every time zone that somebody lives in."""
    zones = session.scalars(select(Person.time_zone).join(Standing, Standing.patient_id == Person.id).distinct()).all()
    by_day: dict[date, list[str]] = {}
    for name in zones:
        by_day.setdefault(local_date(at, name) - timedelta(days=1), []).append(name)
    if not by_day:
        return None
    return or_(
        *(
            and_(
                Person.time_zone.in_(names),
                or_(Standing.evaluated_through.is_(None), Standing.evaluated_through < yesterday),
            )
            for yesterday, names in by_day.items()
        )
    )


def re_escalate_unheard(session: Session, at: datetime) -> int:
    """W15: an L3 or L4 is open, and by ten in the patient's morning there is no word of them. Their clinician is asked
    again, once each morning, unless somebody has spoken with them or the patient has said what came of it.
    """
    asked = 0
    for alert, patient in _free(session, _unheard(session, at)):
        if _dealt_with(session, alert, local_date(at, patient.time_zone)):
            continue  # Another process was faster.
        asked += Messenger(session, patient, at).ask_again(alert, why="no_check_in")
    session.flush()
    return asked


def _unheard(session: Session, at: datetime) -> list[UUID]:
    """The urgent alerts of patients who should have been heard from by now."""
    rows = session.execute(
        select(Alert, Person)
        .join(Person, Person.id == Alert.patient_id)
        .where(Alert.closed_at.is_(None), Alert.level >= LOCKED_FROM, Alert.outcome.is_(None), Person.active)
        .order_by(Alert.id)
    )
    found = []
    for alert, patient in rows.all():
        local = at.astimezone(zone(patient.time_zone))
        due = local.time() >= MORNING and local_date(alert.opened_at, patient.time_zone) < local.date()
        if due and not (_heard_from(session, patient.id, local.date()) or _dealt_with(session, alert, local.date())):
            found.append(alert.id)
    return found


def _free(session: Session, alert_ids: Sequence[UUID]) -> list[tuple[Alert, Person]]:
    """Those of these alerts, still open, that nobody else is working on; now nobody else can."""
    ids = list(alert_ids)[:MOST_AT_ONCE]
    if not ids:
        return []
    locked = session.scalars(
        select(Standing.patient_id)
        .where(Standing.patient_id.in_(select(Alert.patient_id).where(Alert.id.in_(ids))))
        .order_by(Standing.patient_id)
        .with_for_update(skip_locked=True)
    ).all()
    rows = session.execute(
        select(Alert, Person)
        .join(Person, Person.id == Alert.patient_id)
        .where(Alert.id.in_(ids), Alert.patient_id.in_(locked), Alert.closed_at.is_(None))
        .order_by(Alert.id)
        .execution_options(populate_existing=True)
    )
    return list(rows.all())


def _heard_from(session: Session, patient_id: UUID, today: date) -> bool:
    wanted = select(CheckIn.id).where(CheckIn.patient_id == patient_id, CheckIn.local_date == today).limit(1)
    return session.scalar(wanted) is not None


def _dealt_with(session: Session, alert: Alert, today: date) -> bool:
    """Whether somebody has contacted the patient, or has been asked again, today."""
    wanted = select(AlertEvent.id).where(
        AlertEvent.alert_id == alert.id,
        or_(
            AlertEvent.kind == "contacted",
            and_(AlertEvent.kind == "escalated", AlertEvent.local_date == today),
        ),
    )
    return session.scalar(wanted.limit(1)) is not None


def wake_due(session: Session, at: datetime) -> int:
    """Bring back alerts whose snooze is over, and ask from the start."""
    woken = 0
    over = session.scalars(
        select(Alert.id).where(Alert.closed_at.is_(None), Alert.snoozed_until <= at).order_by(Alert.snoozed_until)
    ).all()
    for alert, patient in _free(session, over):
        if alert.snoozed_until is None or alert.snoozed_until > at:
            continue
        messenger = Messenger(session, patient, at, _ewma(session, patient.id))
        messenger.wake(alert, why="over")
        messenger.tell(open_alerts(session, patient.id), ())
        woken += 1
    session.flush()
    return woken


def tell_of_long_open(session: Session, at: datetime) -> int:
    """5.6: an alert that has been open for 14 days since somebody last heard of it is told of again."""
    long_open = (
        Alert.closed_at.is_(None),
        Alert.resolved_at.is_(None),
        Alert.snoozed_until.is_(None),
        Alert.level >= Level.REVIEW,
        Alert.notified_at <= at - OPEN_TOO_LONG,
        or_(Alert.acknowledged_at.is_(None), Alert.acknowledged_at <= at - OPEN_TOO_LONG),
    )
    told = 0
    waiting = session.scalars(select(Alert.id).where(*long_open).order_by(Alert.notified_at)).all()
    for alert, patient in _free(session, waiting):
        Messenger(session, patient, at, _ewma(session, patient.id)).tell([alert], ())
        told += 1
    session.flush()
    return told


def _ewma(session: Session, patient_id: UUID) -> float | None:
    standing = session.get(Standing, patient_id)
    return standing.ewma if standing is not None else None
