"""Use cases of escalation: look at a patient's record again whenever it has changed, and keep what follows from it.

The evaluation is a pure function of the whole record (`rules.evaluate`); it is done anew each time, under a lock on the
patient's `Standing`, so that of two processes that store something at once the second one sees what the first one
stored. Nothing here commits: what was told, what follows from it and whom to tell are one transaction.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import undefer

from tracker.accounts.models import ConsentKind, Person, Role
from tracker.alerts import rules, store_service
from tracker.alerts.evidence import unpack
from tracker.alerts.history_service import read
from tracker.alerts.models import Alert, AlertEvent
from tracker.alerts.notify_service import Messenger
from tracker.alerts.parameters_service import parameters_for
from tracker.alerts.records import codes_of
from tracker.alerts.rules import Family
from tracker.alerts.store_service import Evaluation, Stored, open_alerts, urgency
from tracker.clock import local_date
from tracker.diary import service as diary_service
from tracker.diary.models import CheckIn
from tracker.diary.rules import SELF_HARM
from tracker.diary.rules_flags import CLEARANCE_FIRST
from tracker.regimen.models import Standing
from tracker.regimen.rules_levels import Level, locks
from tracker.web.logs import error_fields, log

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from tracker.db import Session

__all__ = [
    "Evaluation",
    "Replay",
    "consent_withdrawn",
    "evaluation_of",
    "locked_standing",
    "open_alerts",
    "record_changed",
    "replay_alert",
]

EMERGENCY_PAGE, URGENT_PAGE, CRISIS_PAGE = "emergency", "urgent", "crisis"


# ---------------------------------------------------------------------------------------------- looking again


def record_changed(session: Session, patient_id: UUID, at: datetime) -> None:
    """Evaluate the patient's record anew and store what follows, in the transaction that changed it.

    Somebody who has told nothing in the diary keeps the standing they have.
    """
    patient = session.get(Person, patient_id)
    if patient is None or patient.role != Role.PATIENT:
        return
    if session.scalar(select(CheckIn.id).where(CheckIn.patient_id == patient_id).limit(1)) is None:
        return
    standing = locked_standing(session, patient.id, at)
    evaluation = _evaluated(session, patient, at, what_fails_is_logged=True)
    if evaluation is None:
        return
    stored = store_service.store(session, patient, evaluation, at)
    if evaluation.results:
        _write_numbers(standing, evaluation)
    Messenger(session, patient, at, standing.ewma).tell(stored.open, stored.louder)
    _write_standing(standing, evaluation, stored, at, today=local_date(at, patient.time_zone))
    session.flush()
    diary_service.return_to_daily(session, patient, at)


def evaluation_of(session: Session, patient: Person, at: datetime) -> Evaluation | None:
    """What the engine says about the record as it is now; None for somebody who has told nothing. Stores nothing."""
    return _evaluated(session, patient, at)


def _evaluated(
    session: Session, patient: Person, at: datetime, *, what_fails_is_logged: bool = False
) -> Evaluation | None:
    reading = read(session, patient, at)
    if reading is None:
        return None
    in_force = parameters_for(session, patient)
    try:
        results = rules.evaluate(reading.history, in_force.parameters)
    except Exception as error:
        if not what_fails_is_logged:
            raise
        # A defect in the statistics must not keep a red flag from being acted upon: those need no statistics.
        log.error("evaluation failed", patient_id=str(patient.id), **error_fields(error))
        results = ()
    return Evaluation(reading, results, in_force)


def locked_standing(session: Session, patient_id: UUID, at: datetime) -> Standing:
    """The patient's standing, made if need be, locked until the end of the transaction."""
    wanted = (
        select(Standing)
        .where(Standing.patient_id == patient_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = session.scalars(wanted).one_or_none()
    if row is not None:
        return row
    # Refused when another process made it a moment ago; the statement below then waits for that one.
    with suppress(IntegrityError), session.begin_nested():
        session.add(Standing(patient_id=patient_id, since=at, evaluated_at=at))
        session.flush()
    return session.scalars(wanted).one()


def _write_standing(standing: Standing, evaluation: Evaluation, stored: Stored, at: datetime, *, today: date) -> None:
    reading = evaluation.reading
    level = _level(evaluation, stored.open)
    if level != standing.level:
        standing.level, standing.since = level, at
    standing.locked = locks(level) or _waits_for_clearance(evaluation, stored.open)
    standing.page = page_of(stored.open)
    first = min(stored.open, key=urgency, default=None)
    standing.alert_id = first.id if first is not None else None
    standing.intake_done = standing.intake_done or reading.screened
    standing.last_check_in_on = reading.last_told_on
    standing.evaluated_at = at
    # Today's answer is there: the end of the day brings nothing new, and the heartbeat need not look.
    today_index = (today - reading.first_day).days
    facts = reading.history.days.get(today_index)
    answered = facts is not None and facts.answered
    standing.evaluated_through = today if answered else today - timedelta(days=1)


def _write_numbers(standing: Standing, evaluation: Evaluation) -> None:
    last = evaluation.last
    standing.baseline, standing.spread, standing.ewma = last.baseline, last.spread, last.ewma
    standing.improving = last.improving


def _level(evaluation: Evaluation, alerts: Iterable[Alert]) -> Level:
    """How urgent the patient's state is: L3, L4 and red flags as long as their alert is open, whatever was said since;
    everything else as the engine lets it rise and fall (5.6).
    """
    families = evaluation.last.families if evaluation.results else {}
    levels = [
        Level(alert.level)
        if locks(Level(alert.level)) or alert.family == Family.RED or not evaluation.results
        else families.get(Family(alert.family), Level.STEADY)
        for alert in alerts
    ]
    return max(levels, default=Level.STEADY)


def _waits_for_clearance(evaluation: Evaluation, alerts: Iterable[Alert]) -> bool:
    """Whether somebody should be examined before a programme starts, and nobody has done so yet."""
    episode = evaluation.reading.history.episode
    if episode is not None and episode.seen_by_clinician_day is not None:
        return False
    return any(codes_of(alert) & CLEARANCE_FIRST for alert in alerts)


def page_of(alerts: Iterable[Alert]) -> str | None:
    """What the patient has to see first, until help was there or a clinician has closed it. Physical emergencies come
    before everything.
    """
    pages = set()
    for alert in alerts:
        if not locks(Level(alert.level)) or (alert.outcome or {}).get("helped") == "yes":
            continue
        codes = _codes_at(alert, Level(alert.level))
        if alert.level < Level.EMERGENCY:
            pages.add(URGENT_PAGE)
        elif codes and codes <= {SELF_HARM}:
            pages.add(CRISIS_PAGE)
        else:
            pages.add(EMERGENCY_PAGE)
    return next((page for page in (EMERGENCY_PAGE, CRISIS_PAGE, URGENT_PAGE) if page in pages), None)


def _codes_at(alert: Alert, level: Level) -> set[str]:
    """The red flags that made it as urgent as it is."""
    return {
        code
        for firing in alert.firings
        if firing["level"] == level
        for code in str(firing["values"].get("codes", "")).split(", ")
        if code and code in codes_of(alert)
    }


# ---------------------------------------------------------------------------------------------- who may see it


def consent_withdrawn(session: Session, person_id: UUID, kind: str, at: datetime) -> None:
    """Somebody no longer shares what they tell: staff see nothing from now on, and what waited for them is not sent.
    The rules go on, and speak to the person alone. Sharing again evaluates the record anew (`record_changed`), which
    tells whoever may see it then.
    """
    patient = session.get(Person, person_id)
    if kind != ConsentKind.SHARING or patient is None:
        return
    locked_standing(session, person_id, at)
    messenger = Messenger(session, patient, at)
    for alert in open_alerts(session, person_id):
        messenger.withhold(alert)
    session.flush()


# ---------------------------------------------------------------------------------------------- explaining it later


@dataclass(frozen=True, slots=True)
class Replay:
    """One decision made again. `stored`: what fired when the alert was raised or rose; `again`: what the engine says
    about the same days today, from the history and parameters that were kept with the decision.
    """

    event_id: UUID
    at: datetime
    kind: str
    stored: tuple[str, ...]
    again: tuple[str, ...]
    parameters_version: str
    engine_version: str

    @property
    def same(self) -> bool:
        return set(self.stored) <= set(self.again)


def replay_alert(session: Session, alert: Alert) -> tuple[Replay, ...]:
    """Make every decision about an alert again, the first one first."""
    events = session.scalars(
        select(AlertEvent)
        .where(AlertEvent.alert_id == alert.id, AlertEvent.evidence.is_not(None))
        .order_by(AlertEvent.at, AlertEvent.id)
        .options(undefer(AlertEvent.evidence))
    )
    return tuple(_replay(event, Family(alert.family)) for event in events)


def _replay(event: AlertEvent, family: Family) -> Replay:
    assert event.evidence is not None
    assert event.detail is not None
    kept = unpack(event.evidence)
    first_day = date.fromisoformat(event.detail["first_day"])
    again = [
        f"{firing.rule}:L{int(firing.level)}@{(first_day + timedelta(days=result.day)).isoformat()}"
        for result in rules.evaluate(kept.history, kept.parameters)
        for firing in result.firings
        if firing.family == family
    ]
    stored = tuple(event.detail["firings"])
    days = {text.rpartition("@")[2] for text in stored}
    return Replay(
        event_id=event.id,
        at=event.at,
        kind=event.kind,
        stored=stored,
        again=tuple(text for text in again if text.rpartition("@")[2] in days),
        parameters_version=event.detail["parameters"],
        engine_version=event.detail["engine"],
    )
