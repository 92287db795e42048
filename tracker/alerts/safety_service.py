"""What happens when the evaluation itself fails: nothing that a person told may be lost for it. Never commits.

A record that the engine stumbles over is a mistake of ours. It must not take the entry with it that was just told,
least of all a red flag. So the evaluation runs inside a savepoint; when it fails, what it did is undone, the entry
stays, and the red flags in it raise an alert by themselves, without statistics. The heartbeat looks again. When the
database itself is gone, nothing was stored, the sender is told so, and the outbox tries again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.accounts.models import Person, Role
from tracker.alerts import rule_texts, service
from tracker.alerts.diary_facts import tellings_in
from tracker.alerts.models import Alert
from tracker.alerts.notify_service import Messenger
from tracker.alerts.records import Record, records_of
from tracker.alerts.rules import ENGINE_VERSION, Family
from tracker.alerts.rules_parameters import PARAMETERS_VERSION
from tracker.alerts.store_service import add_event, open_alerts, urgency
from tracker.clock import local_date
from tracker.diary import service as diary_service
from tracker.diary.models import CheckIn
from tracker.regimen.rules_levels import Level, locks
from tracker.web.logs import error_fields, log

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from tracker.alerts.service import Evaluation
    from tracker.db import Session


def record_changed(session: Session, patient_id: UUID, at: datetime) -> None:
    """As `service.record_changed`, whatever the engine does: what was told stays, and a red flag in it counts."""
    if not _try(session, patient_id, at):
        _stay_safe(session, patient_id, at)


def evaluate(session: Session, patient_id: UUID, at: datetime) -> bool:
    """Evaluate a record in which nothing is new; whether it could be."""
    return _try(session, patient_id, at)


def evaluation_of(session: Session, patient: Person, at: datetime) -> Evaluation | None:
    """What the engine says, for a page that shows it; None also where it fails: the rest of the page is needed then."""
    try:
        return service.evaluation_of(session, patient, at)
    except Exception as error:  # noqa: BLE001  # as above
        log.error("evaluation failed", patient_id=str(patient.id), **error_fields(error))
        return None


def _try(session: Session, patient_id: UUID, at: datetime) -> bool:
    session.flush()
    try:
        with session.begin_nested():
            service.record_changed(session, patient_id, at)
    except Exception as error:  # noqa: BLE001  # whatever it is, it must not undo what was told
        log.error("evaluation failed", patient_id=str(patient_id), **error_fields(error))
        return False
    return True


def _stay_safe(session: Session, patient_id: UUID, at: datetime) -> None:
    """Without the engine: lock and tell by the red flags that were told just now; let the heartbeat look again."""
    patient = session.get(Person, patient_id)
    if patient is None or patient.role != Role.PATIENT:
        return
    told = diary_service.versions_without_words(session, patient_id, CheckIn.received_at == at)
    standing = service.locked_standing(session, patient_id, at)
    standing.evaluated_through = None
    standing.last_check_in_on = standing.last_check_in_on or local_date(at, patient.time_zone)
    standing.intake_done = standing.intake_done or any(each.form == "intake" and each.screened for each in told)
    records = [record for telling in tellings_in(told) for record in records_of(telling, telling.levels)]
    if not records:
        return
    alert = _alert(session, patient, records, at)
    level = max(Level(standing.level), Level(alert.level))
    if level != standing.level:
        standing.level, standing.since = level, at
    opened = open_alerts(session, patient_id)
    standing.locked = standing.locked or locks(level)
    standing.page = service.page_of(opened)
    standing.alert_id = min(opened, key=urgency).id
    session.flush()
    try:
        with session.begin_nested():
            Messenger(session, patient, at, standing.ewma).tell(opened, [alert])
    except Exception as error:  # noqa: BLE001  # the lock and the alert stay, whoever could not be told
        log.error("alert reached nobody", patient_id=str(patient_id), **error_fields(error))


def _alert(session: Session, patient: Person, records: Sequence[Record], at: datetime) -> Alert:
    """The open alert about red flags with these in it. The tellings are named in it as the store names them, so that
    the next evaluation knows them.
    """
    level = max(record.level for record in records)
    stored = [record.stored() for record in records]
    alert = next((each for each in open_alerts(session, patient.id) if each.family == Family.RED), None)
    kind = "raised" if alert is None else "rose"
    if alert is None:
        alert = Alert(
            patient_id=patient.id,
            family=Family.RED,
            level=level,
            first_day=min(record.day for record in records),
            last_day=max(record.day for record in records),
            days=len({record.day for record in records}),
            late=all(record.late for record in records),
            sentence=rule_texts.sentence_of(stored, english=True),
            firings=stored,
            parameters_version=PARAMETERS_VERSION,
            engine_version=ENGINE_VERSION,
            opened_at=at,
            notified_codes=[],
        )
        session.add(alert)
    else:
        known = {identity for firing in alert.firings for identity in firing.get("told", ())}
        alert.firings = sorted(
            [*alert.firings, *(each for each in stored if not known & set(each["told"]))],
            key=lambda firing: firing["day"],
        )
        alert.level = max(alert.level, level)
        alert.first_day = min(alert.first_day, *(record.day for record in records))
        alert.last_day = max(alert.last_day, *(record.day for record in records))
        alert.sentence = rule_texts.sentence_of(alert.firings, english=True)
        if locks(level):
            # Help may have been there for what was told before. This is told since.
            alert.outcome, alert.notified_codes = None, []
    session.flush()
    detail = {
        "level": alert.level,
        "firings": [str(record) for record in records],
        "first_day": alert.first_day.isoformat(),
        "parameters": PARAMETERS_VERSION,
        "engine": ENGINE_VERSION,
        "late": alert.late,
    }
    add_event(session, alert, kind, at, detail=detail)
    return alert
