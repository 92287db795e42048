"""What is open about a patient, for the patient: who looks at it by when, and when to see a doctor (CLINICAL 5.1, 5.6).

The two highest levels have pages of their own, which depend on nobody (`diary.help_views`); this is about the two
below. Silence is left out: somebody who is back needs no word about having been away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from tracker.alerts import patient_texts
from tracker.alerts.models import Alert, AlertEvent
from tracker.alerts.rules import Family
from tracker.alerts.store_service import open_alerts
from tracker.alerts.workflow_service import nobody_watches
from tracker.regimen.models import Standing
from tracker.regimen.rules_levels import Level, locks

if TYPE_CHECKING:
    from datetime import datetime

    from tracker.accounts.models import Person
    from tracker.db import Session


@dataclass(frozen=True, slots=True)
class Matter:
    """`headline` for the page Today, `sentences` what to do and who looks. `lasting`: it stays there until somebody has
    looked; otherwise it is said once, after the check-in.
    """

    headline: str
    sentences: tuple[str, ...]
    lasting: bool


def matter(session: Session, patient: Person, at: datetime) -> Matter | None:
    """What is open, or None when nothing is, or when it is so urgent that another page comes first."""
    standing = session.get(Standing, patient.id)
    if standing is None or locks(Level(standing.level)):
        return None
    alerts = [
        alert
        for alert in open_alerts(session, patient.id)
        if alert.family != Family.NONRESPONSE and alert.resolved_at is None
    ]
    level = max((Level(alert.level) for alert in alerts), default=Level.STEADY)
    alerts = [alert for alert in alerts if alert.level == level]
    rules = {firing["rule"] for alert in alerts for firing in alert.firings if firing["level"] == level}
    if level == Level.STEADY:
        return None
    words = patient_texts.patient_words(level, watched=not nobody_watches(session, patient, at), rules=rules)
    contact = words.contact and _contact(session, patient, alerts, at, nobody=words.contact)
    waits = (patient_texts.waits_for_examination(),) if standing.locked else ()
    return Matter(
        headline=words.headline,
        sentences=tuple(filter(None, (*waits, contact, words.what, *patient_texts.doctor(level, rules)))),
        lasting=level == Level.REVIEW,
    )


def _contact(session: Session, patient: Person, alerts: list[Alert], at: datetime, *, nobody: str) -> str:
    """Who looks by when, as long as that is true; `nobody` where it is nobody's to look."""
    if nobody_watches(session, patient, at):
        return nobody
    waiting = [alert for alert in alerts if alert.acknowledged_at is None]
    if not waiting:
        return patient_texts.taken_up()
    asked_again = session.scalar(
        select(AlertEvent.id)
        .where(AlertEvent.alert_id.in_([alert.id for alert in waiting]), AlertEvent.kind == "escalated")
        .limit(1)
    )
    due = [alert.due_at for alert in waiting if alert.due_at is not None]
    if asked_again is not None or (due and min(due) < at):
        return patient_texts.not_reviewed_yet()
    return patient_texts.looked_at(watched=True, by=min(due, default=None))
