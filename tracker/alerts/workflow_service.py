"""What people do about an alert: own it, put it off, close it, say what came of it (CLINICAL 5.6). Never commits.

Every action locks the patient's standing first, as the evaluation does, so that two people who act at once take turns
and the second one is told (`ConflictError`). Every action leaves a line in the audit trail and an event with the alert.
A clinician may act on what they may see: an open care link and the patient's consent to share, asked again each time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import func, select

from tracker.accounts.access import NotFound, patient_for, shares
from tracker.accounts.models import CareLink, Person, Role
from tracker.accounts.service import cares_for, record_audit
from tracker.alerts import rules_workflow
from tracker.alerts.duty_service import watchers_of
from tracker.alerts.errors import ConflictError
from tracker.alerts.models import Alert, AlertEvent
from tracker.alerts.notify_service import Messenger, subject_of
from tracker.alerts.rules import ACCEPTED_BASELINE, CLOSED, CONFIRMED, Family
from tracker.alerts.rules_workflow import SnoozeRefusal, settled_by_usual
from tracker.alerts.safety_service import record_changed
from tracker.alerts.service import locked_standing, open_alerts
from tracker.alerts.store_service import add_event
from tracker.clock import local_date
from tracker.diary import service as diary_service
from tracker.regimen.rules_levels import Level, locks
from tracker.reminders import service as reminders
from tracker.reminders.models import Delivery

if TYPE_CHECKING:
    from datetime import date, datetime

    from tracker.db import Session
    from tracker.regimen.models import Standing

__all__ = [
    "DISPOSITIONS",
    "ConflictError",
    "Outcome",
    "accept_baseline",
    "acknowledge",
    "close",
    "closed_by_accepting",
    "confirm_resolved",
    "escalations_to",
    "nobody_watches",
    "note_contact",
    "patient_alert",
    "patient_outcome",
    "release_self",
    "snooze",
    "stand_in",
]

DISPOSITIONS: Final = ("contacted", "plan_changed", "expected", "referred", "false_alarm", "resolved")
"""What somebody can say when closing. `new_baseline`, `released` and `settled` come from what they do."""

SEEN_BY: Final = ("doctor", "emergency", "physio", "other", "nobody")
HELPED: Final = ("yes", "no", "waiting")

STANDS_IN_FOR: Final = timedelta(days=7)
_REFUSALS: Final = {
    SnoozeRefusal.RED_FLAG: "cannot_snooze",
    SnoozeRefusal.TOO_URGENT: "cannot_snooze",
    SnoozeRefusal.DAYS: "bad_days",
    SnoozeRefusal.NO_REASON: "reason_needed",
}
_WORST: Final = 10
_NOT_SENT: Final = ("cancelled", "merged", "skipped")
_ROLES_BEYOND_CARE: Final = frozenset({"backup", "lead"})
_OWNED: Final = ("acknowledged", "snoozed")
_ESCALATIONS_LOOK_BACK: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Who has seen the patient, and what was found. `what` is free text."""

    seen_by: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class _Locked:
    """An alert that nobody else can change now."""

    patient: Person
    standing: Standing


def _locked(session: Session, alert: Alert, at: datetime) -> _Locked:
    """Lock the patient's standing and read the alert as it is now. Raises ConflictError("closed")."""
    standing = locked_standing(session, alert.patient_id, at)
    session.refresh(alert)
    if alert.closed_at is not None:
        raise ConflictError("closed")
    return _Locked(session.get_one(Person, alert.patient_id), standing)


def _for_clinician(session: Session, alert: Alert, actor: Person, action: str, at: datetime) -> _Locked:
    """The alert, locked, if this clinician may act on it; with the audit line. Raises NotFound."""
    patient = patient_for(session, actor, alert.patient_id, purpose=f"alert.{action}", at=at, read_health=True)
    if actor.id == patient.id:
        raise NotFound
    return _locked(session, alert, at)


# ---------------------------------------------------------------------------------------------- clinicians


def acknowledge(session: Session, alert: Alert, actor: Person, at: datetime) -> None:
    """Own it: stops the clock, not the alert. Raises ConflictError("acknowledged") when somebody was faster."""
    locked = _for_clinician(session, alert, actor, "acknowledged", at)
    if alert.acknowledged_at is not None:
        raise ConflictError("acknowledged")
    _own(session, alert, actor, locked, at)
    add_event(session, alert, "acknowledged", at, actor=actor)


def _own(session: Session, alert: Alert, actor: Person, locked: _Locked, at: datetime) -> None:
    alert.acknowledged_at, alert.acknowledged_by, alert.owner_id = at, actor.id, actor.id
    # From here on a rise is measured from what they have seen (W06).
    alert.notified_ewma = locked.standing.ewma
    Messenger(session, locked.patient, at).stop_clock(alert, reason="acknowledged")


def snooze(session: Session, alert: Alert, actor: Person, at: datetime, *, days: int, reason: str) -> None:
    """Put off an L1 or L2 for some days. Whoever does so owns it; any higher level and any red flag brings it back."""
    locked = _for_clinician(session, alert, actor, "snoozed", at)
    refusal = rules_workflow.snooze_refusal(Level(alert.level), Family(alert.family), days, reason)
    if refusal is not None:
        raise ConflictError(_REFUSALS[refusal])
    _own(session, alert, actor, locked, at)
    alert.snoozed_until = at + timedelta(days=days)
    alert.notified_level = alert.notified_level or alert.level
    add_event(session, alert, "snoozed", at, actor=actor, detail={"days": days}, note=reason.strip())


def note_contact(session: Session, alert: Alert, actor: Person, at: datetime, *, how: str) -> None:
    """Somebody has called or written to the patient about this."""
    locked = _for_clinician(session, alert, actor, "contacted", at)
    reminders.cancel(session, subject=subject_of(alert, "callback"), at=at, reason="contacted")
    today = local_date(at, locked.patient.time_zone)
    add_event(session, alert, "contacted", at, actor=actor, local_date=today, detail={"how": how})


def close(
    session: Session,
    alert: Alert,
    actor: Person,
    at: datetime,
    *,
    disposition: str,
    outcome: Outcome | None = None,
    note: str | None = None,
) -> None:
    """Close an alert with what came of it. L3 and L4 need to know whether the patient was seen, from the clinician or
    from an earlier answer of the patient.
    """
    if disposition not in DISPOSITIONS or (outcome is not None and outcome.seen_by not in SEEN_BY):
        raise ConflictError("unknown_disposition")
    locked = _for_clinician(session, alert, actor, "closed", at)
    if locks(Level(alert.level)) and outcome is None and not _answered(alert):
        raise ConflictError("outcome_needed")
    if outcome is not None:
        alert.outcome = {**(alert.outcome or {}), "seen_by": outcome.seen_by, "by": "clinician"}
    text = " ".join(part for part in (outcome.what.strip() if outcome else "", (note or "").strip()) if part)
    _close(session, alert, actor, locked.patient, at, disposition=disposition, note=text or None)
    record_changed(session, alert.patient_id, at)


def _answered(alert: Alert) -> bool:
    """Whether the patient has said whether help was there."""
    return (alert.outcome or {}).get("helped") in {"yes", "no"}


def _close(
    session: Session,
    alert: Alert,
    actor: Person,
    patient: Person,
    at: datetime,
    *,
    disposition: str,
    kind: str = CLOSED,
    value: float | None = None,
    note: str | None = None,
) -> None:
    today = local_date(at, patient.time_zone)
    alert.closed_at, alert.closed_by, alert.closed_on = at, actor.id, today
    alert.disposition, alert.snoozed_until = disposition, None
    if note:
        alert.note = note
    Messenger(session, patient, at).stop_everything(alert, reason="closed")
    detail: dict[str, Any] = {"disposition": disposition}
    add_event(
        session,
        alert,
        kind,
        at,
        actor=actor,
        local_date=today,
        detail=detail if value is None else detail | {"value": value},
        note=note,
    )


def accept_baseline(
    session: Session, alert: Alert, actor: Person, at: datetime, *, value: float, note: str | None = None
) -> None:
    """This much pain is the usual from now on (W18). Closes what `closed_by_accepting` names, and nothing else.
    Raises ConflictError("not_for_this") for an alert about something else, or an urgent one.
    """
    if not 0 <= value <= _WORST:
        raise ConflictError("bad_value")
    locked = _for_clinician(session, alert, actor, "accepted_baseline", at)
    settled = closed_by_accepting(session, alert)
    if not settled:
        raise ConflictError("not_for_this")
    _close(
        session,
        alert,
        actor,
        locked.patient,
        at,
        disposition="new_baseline",
        kind=ACCEPTED_BASELINE,
        value=round(value, 1),
        note=note,
    )
    for other in settled:
        if other.id != alert.id:
            _close(session, other, actor, locked.patient, at, disposition="new_baseline")
    record_changed(session, alert.patient_id, at)


def closed_by_accepting(session: Session, alert: Alert) -> list[Alert]:
    """What accepting a usual level about this alert closes, the most urgent first: what is open about pain and
    interference, at L2 or below. Nothing where the alert itself is about something else.
    """
    settled = [each for each in open_alerts(session, alert.patient_id) if settled_by_usual(each.family, each.level)]
    return settled if any(each.id == alert.id for each in settled) else []


def confirm_resolved(session: Session, alert: Alert, actor: Person, at: datetime, *, note: str | None = None) -> None:
    """Agree that an L2 has settled by itself."""
    locked = _for_clinician(session, alert, actor, "confirmed", at)
    if alert.resolved_at is None:
        raise ConflictError("not_resolved")
    _close(session, alert, actor, locked.patient, at, disposition="resolved", kind=CONFIRMED, note=note)
    record_changed(session, alert.patient_id, at)


# ---------------------------------------------------------------------------------------------- standing in


def escalations_to(session: Session, person: Person, at: datetime) -> list[UUID]:
    """The alerts that wait for this person as a stand-in or lead, the latest first. What somebody has owned since they
    were asked has to come to them anew: being asked once is no key for a month.
    """
    asked = _asked_beyond_care(session, person, at)
    owned = dict(
        session.execute(
            select(AlertEvent.alert_id, func.max(AlertEvent.at))
            .where(AlertEvent.alert_id.in_(asked), AlertEvent.kind.in_(_OWNED))
            .group_by(AlertEvent.alert_id)
        ).all()
    )
    return [alert_id for alert_id, due_at in asked.items() if alert_id not in owned or due_at > owned[alert_id]]


def _asked_beyond_care(session: Session, person: Person, at: datetime) -> dict[UUID, datetime]:
    """The alerts about which this person was asked without caring for the patient, and when last; the latest first."""
    rows = session.execute(
        select(Delivery.subject, Delivery.payload, Delivery.due_at)
        .where(
            Delivery.person_id == person.id,
            Delivery.kind == "escalation",
            Delivery.channel == "in_app",
            Delivery.due_at <= at,
            Delivery.due_at > at - _ESCALATIONS_LOOK_BACK,
            Delivery.state.not_in(_NOT_SENT),
        )
        .order_by(Delivery.due_at.desc())
    )
    found: dict[UUID, datetime] = {}
    for subject, payload, due_at in rows:
        if (payload or {}).get("role") in _ROLES_BEYOND_CARE:
            found.setdefault(UUID(subject.partition(":")[2]), due_at)
    return found


def stand_in(session: Session, actor: Person, alert_id: UUID, at: datetime) -> Alert:
    """Take over a patient for a week, when an alert about them was not answered and has come to `actor`.

    The care link is what opens the record, here as everywhere; it ends by itself, and the patient sees who it is.
    Raises NotFound for what did not come to them, ConflictError("not_escalated") when it is in hand again.
    """
    alert = session.get(Alert, alert_id)
    if alert is None or actor.role != Role.PHYSIO or alert_id not in _asked_beyond_care(session, actor, at):
        raise NotFound
    locked = _locked(session, alert, at)
    if locked.patient.clinic_id != actor.clinic_id or not shares(session, locked.patient.id):
        raise NotFound
    if cares_for(session, actor.id, locked.patient.id, at):
        return alert
    if alert.acknowledged_at is not None or alert_id not in escalations_to(session, actor, at):
        raise ConflictError("not_escalated")
    link = CareLink(patient_id=locked.patient.id, physio_id=actor.id, since=at, until=at + STANDS_IN_FOR)
    session.add(link)
    session.flush()
    record_audit(
        session,
        actor=actor,
        patient=locked.patient,
        action="care.stand_in",
        subject=f"alert:{alert.id}",
        at=at,
        detail={"care_link": str(link.id), "days": STANDS_IN_FOR.days},
    )
    return alert


# ---------------------------------------------------------------------------------------------- the patient


def nobody_watches(session: Session, patient: Person, at: datetime) -> bool:
    """Whether no physiotherapist may see what this person tells: they are on their own, or do not share it."""
    return not watchers_of(session, patient, at)


def patient_alert(session: Session, patient: Person, alert_id: UUID) -> Alert:
    """An alert about the person themselves. Raises NotFound for everybody else's."""
    alert = session.get(Alert, alert_id)
    if alert is None or alert.patient_id != patient.id:
        raise NotFound
    return alert


def patient_outcome(
    session: Session,
    patient: Person,
    alert: Alert,
    *,
    helped: str,
    seen_by: str | None = None,
    said: str | None = None,
    at: datetime,
) -> None:
    """The patient says whether help was there. "No" asks their clinician again at once; "waiting" asks the patient
    again the next morning. Neither closes anything.
    """
    patient_alert(session, patient, alert.id)
    _locked(session, alert, at)
    if helped not in HELPED or (seen_by is not None and seen_by not in SEEN_BY):
        raise ConflictError("unknown_disposition")
    alert.outcome = {"helped": helped, "seen_by": seen_by, "by": "patient", "at": at.isoformat()}
    today = local_date(at, patient.time_zone)
    add_event(
        session,
        alert,
        "outcome",
        at,
        actor=patient,
        local_date=today,
        detail={"helped": helped, "seen_by": seen_by},
        note=(said or "").strip() or None,
    )
    record_audit(session, actor=patient, patient=patient, action="alert.outcome", subject=f"alert:{alert.id}", at=at)
    messenger = Messenger(session, patient, at)
    reminders.cancel(session, subject=subject_of(alert, "welfare"), at=at, reason="answered")
    if locks(Level(alert.level)):
        if helped == "waiting":
            messenger.ask_for_outcome(alert)
        elif helped == "no":
            messenger.ask_again(alert, why="no_help")
    record_changed(session, patient.id, at)


def release_self(
    session: Session,
    patient: Person,
    alert: Alert,
    *,
    examined: bool,
    allowed: bool,
    at: datetime,
    examined_on: date | None = None,
) -> bool:
    """Somebody whom nobody watches says that a clinician has examined them and allowed exercise; whether that lifts it.

    Raises ConflictError("watched") where a physiotherapist looks after them, who must close it, and
    ("examination_needed") for a day that has not come yet.
    """
    patient_alert(session, patient, alert.id)
    _locked(session, alert, at)
    today = local_date(at, patient.time_zone)
    if not nobody_watches(session, patient, at):
        raise ConflictError("watched")
    if examined_on is not None and examined_on > today:
        raise ConflictError("examination_needed")
    said = {"examined": examined, "allowed": allowed}
    action = "alert.released" if examined and allowed else "alert.release_refused"
    record_audit(session, actor=patient, patient=patient, action=action, subject=f"alert:{alert.id}", at=at)
    if not (examined and allowed):
        add_event(session, alert, "release_refused", at, actor=patient, local_date=today, detail=said)
        return False
    alert.outcome = {"helped": "yes", "seen_by": "doctor", "by": "patient", **said, "at": at.isoformat()}
    _close(session, alert, patient, patient, at, disposition="released")
    _note_examination(session, patient, examined_on or today, at)
    record_changed(session, patient.id, at)
    return True


def _note_examination(session: Session, patient: Person, examined_on: date, at: datetime) -> None:
    """From the first examination on, the time rules give way (1.8 Q1)."""
    episode = diary_service.episode_of(session, patient.id)
    if episode is None or episode.examined_on is None:
        review_on = episode.review_on if episode else None
        diary_service.set_examined(session, patient, examined_on, review_on, patient, at)
