"""Who is told of an alert, and when (CLINICAL 5.1, 5.6). Everything is a row that waits (`reminders.service.enqueue`),
written in the transaction that raised the alert and taken back in the one that answers it. Never commits.

Subjects: `alert:<id>` the steps of escalation, `callback:<id>` calling an L3 patient back by the next 10:00,
`welfare:<id>` asking an L4 patient whether they got help, `digest:<physio>:<day>` the day's reviews in one message.
Payloads hold ids, the level and a path; no health content. Where nobody may see the record nobody is told; only the
patient is asked. L4 runs by the clock on the wall; L3 is sent at once and, outside the clinic's hours, again when it
opens; L2 waits for the clinic's hours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import func, select

from tracker.accounts.access import shares
from tracker.accounts.models import CareLink, Consent, ConsentKind, Person
from tracker.accounts.service import holds
from tracker.alerts import rules_workflow as workflow
from tracker.alerts.duty_service import Crew, crew_of, watchers_of
from tracker.alerts.models import Alert
from tracker.alerts.records import codes_of
from tracker.alerts.rules import Family
from tracker.alerts.rules_workflow import Notified, Owner, Reason
from tracker.alerts.store_service import add_event
from tracker.clock import local_date
from tracker.regimen.rules_levels import Level
from tracker.reminders import service as reminders
from tracker.reminders.models import Delivery

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tracker.db import Session

ESCALATION: Final = "escalation"
DIGEST: Final = "digest"
WELFARE: Final = "welfare"

REMINDED_BEFORE: Final = timedelta(hours=1)
"""The call-back is due by 10:00 (5.1); whoever makes it is reminded so long before."""
TOO_SOON_TO_ASK: Final = timedelta(hours=6)
"""Nobody who is on the way to hospital is asked whether they got help; it is the next morning then."""
A_WEEK: Final = timedelta(days=7)

_RESTARTS: Final = frozenset({Reason.FIRST, Reason.LEVEL_ROSE, Reason.NEW_RED_FLAG})
"""Reasons for which nobody has said "I own it" yet."""
_ROLES: Final = {
    Owner.PHYSIO: "owner",
    Owner.ALL_ON_DUTY: "duty",
    Owner.BACKUP: "backup",
    Owner.LEAD: "lead",
}
_BEYOND_CARE: Final = frozenset({"backup", "lead"})


def subject_of(alert: Alert, kind: str = "alert") -> str:
    return f"{kind}:{alert.id}"


@dataclass(slots=True)
class Messenger:
    """Tells people about one patient's alerts at one instant."""

    session: Session
    patient: Person
    at: datetime
    ewma: float | None = None
    _crew: Crew | None = None
    _told: set[Level] = field(default_factory=set)

    @property
    def crew(self) -> Crew:
        if self._crew is None:
            self._crew = crew_of(self.session, self.patient, self.at)
        return self._crew

    # ------------------------------------------------------------------------------------------ what is new

    def tell(self, open_alerts: Iterable[Alert], louder: Iterable[Alert]) -> None:
        """Tell whoever must be told of what is open, the most urgent first; wakes what was put off for less."""
        loud = tuple(louder)
        for alert in open_alerts:
            if alert.snoozed_until is not None and _breaks(alert, loud):
                self.wake(alert, why="higher_level")
            if alert.level == Level.EMERGENCY and alert in loud:
                # Whoever watches or not, the person is asked.
                self.ask_for_outcome(alert)
            if alert.level >= Level.REVIEW:
                self._look_at(alert)

    def _look_at(self, alert: Alert) -> None:
        crew = self.crew
        if crew.owner is None:
            self.withhold(alert)
            return
        if alert.owner_id not in {person.id for person in crew.watchers}:
            # Nobody had it, or whoever had it no longer looks after the patient: from the start, for somebody else.
            self.withhold(alert)
            alert.acknowledged_at = alert.acknowledged_by = None
        reason = workflow.reason_to_notify(
            _last(alert), level=Level(alert.level), ewma=self.ewma, red_codes=codes_of(alert), now=self.at
        )
        if reason is None or (alert.snoozed_until is not None and reason not in _RESTARTS):
            return
        if alert.resolved_at is not None and reason not in {Reason.FIRST, Reason.LEVEL_ROSE}:
            return
        if reason in _RESTARTS:
            self.start_clock(alert, why=reason)
        else:
            self._tell_owner(alert, why=reason)

    def wake(self, alert: Alert, *, why: str) -> None:
        """A snooze is over: it is nobody's again, and asked from the start."""
        alert.snoozed_until = None
        alert.acknowledged_at = alert.acknowledged_by = None
        alert.notified_at = alert.notified_level = None
        add_event(self.session, alert, "woken", self.at, detail={"why": why})

    # ------------------------------------------------------------------------------------------ the clock

    def start_clock(self, alert: Alert, *, why: str) -> None:
        """Ask from the start: owner, then whoever stands in, then who leads."""
        crew, level = self.crew, Level(alert.level)
        if crew.owner is None:
            return
        self.stop_clock(alert, reason="asked_anew")
        alert.acknowledged_at = alert.acknowledged_by = alert.snoozed_until = None
        alert.owner_id = crew.owner.id
        alert.due_at = workflow.due_at(level, self.at, crew.hours)
        ladder = workflow.steps(level, self.at, crew.hours)
        told = self._first_word(alert, crew)
        if level == Level.URGENT and not crew.hours.is_open(self.at):
            opening = crew.hours.after(self.at, timedelta(0))
            self._send(alert, crew.people(Owner.PHYSIO), role="owner", due_at=opening)
        for step in ladder[1:]:
            people = crew.people(step.to)
            if level == Level.URGENT and step.to is Owner.LEAD:
                people = (*crew.people(Owner.BACKUP), *people)  # "backup at 2 h and 4 h"
            self._send(alert, people, role=_ROLES[step.to], due_at=step.at)
        if level == Level.URGENT:
            self._call_back(alert, crew)
        self._remember(alert, why=why, told=told)

    def _first_word(self, alert: Alert, crew: Crew) -> tuple[UUID, ...]:
        """What is sent before any time has passed; returns who hears it."""
        level = Level(alert.level)
        to = Owner.ALL_ON_DUTY if level == Level.EMERGENCY else Owner.PHYSIO
        people = crew.people(to)
        if level >= Level.URGENT:
            self._send(alert, people, role=_ROLES[to], due_at=self.at)
        elif any(told >= level for told in self._told):
            pass  # They are hearing of this patient this very moment; its own clock runs.
        elif workflow.delivery(level, over=self._over_budget(people[0])) is workflow.Delivery.DIGEST:
            self._add_to_digest(people[0], crew)
        else:
            due_at = crew.hours.after(self.at, timedelta(0))
            self._send(alert, people, role=_ROLES[to], due_at=due_at)
        self._told.add(level)
        return people

    def ask_again(self, alert: Alert, *, why: str) -> bool:
        """W15: nobody has heard from an urgent patient, so the owner and whoever stands in are told at once, whatever
        was acknowledged before. Whether there was anybody to tell.
        """
        crew = self.crew
        if crew.owner is None:
            return False
        self.stop_clock(alert, reason="asked_anew")
        alert.acknowledged_at = alert.acknowledged_by = None
        alert.due_at = workflow.due_at(Level(alert.level), self.at, crew.hours)
        owner, backup = crew.people(Owner.PHYSIO), crew.people(Owner.BACKUP)
        self._send(alert, owner, role="owner", due_at=self.at)
        self._send(alert, [person for person in backup if person not in owner], role="backup", due_at=self.at)
        for step in workflow.steps(Level(alert.level), self.at, crew.hours)[1:]:
            self._send(alert, crew.people(step.to), role=_ROLES[step.to], due_at=step.at)
        today = local_date(self.at, self.patient.time_zone)
        add_event(self.session, alert, "escalated", self.at, local_date=today, detail={"why": why})
        return True

    def stop_clock(self, alert: Alert, *, reason: str) -> None:
        """Nobody has to be asked any more."""
        reminders.cancel(self.session, subject=subject_of(alert), at=self.at, reason=reason)

    def stop_everything(self, alert: Alert, *, reason: str) -> None:
        """The alert is closed: nothing about it is sent any more."""
        for kind in ("alert", "callback", "welfare"):
            reminders.cancel(self.session, subject=subject_of(alert, kind), at=self.at, reason=reason)

    def withhold(self, alert: Alert) -> None:
        """Nobody may see it: what waits for staff is taken back, and whoever may see it later is told anew."""
        if alert.notified_at is None and alert.owner_id is None:
            return
        for kind in ("alert", "callback"):
            reminders.cancel(self.session, subject=subject_of(alert, kind), at=self.at, reason="nobody_watches")
        alert.owner_id = alert.due_at = alert.notified_at = alert.notified_level = alert.notified_ewma = None
        alert.notified_codes = []

    # ------------------------------------------------------------------------------------------ messages

    def _tell_owner(self, alert: Alert, *, why: str) -> None:
        """Something has changed about an alert that somebody knows: they are told, the clock is left as it is."""
        crew = self.crew
        people = (alert.owner_id,) if alert.owner_id else crew.people(Owner.PHYSIO)
        due_at = self.at if alert.level >= Level.URGENT else crew.hours.after(self.at, timedelta(0))
        self._send(alert, people, role="owner", due_at=due_at, again=True)
        self._remember(alert, why=why, told=people)

    def _remember(self, alert: Alert, *, why: str, told: Iterable[UUID]) -> None:
        alert.notified_at, alert.notified_level, alert.notified_ewma = self.at, alert.level, self.ewma
        alert.notified_codes = sorted(codes_of(alert))
        detail = {"reason": str(why), "level": alert.level, "to": [str(person_id) for person_id in told]}
        add_event(self.session, alert, "notified", self.at, detail=detail)
        self.session.flush()

    def _send(
        self,
        alert: Alert,
        people: Iterable[UUID],
        *,
        role: str,
        due_at: datetime,
        again: bool = False,
        kind: str = "alert",
    ) -> None:
        subject = subject_of(alert, kind)
        payload: dict[str, Any] = {
            "alert": str(alert.id),
            "level": alert.level,
            "role": role,
            "path": f"/alerts/{alert.id}",
        }
        reminders.enqueue(
            self.session,
            kind=ESCALATION,
            subject=subject,
            person_ids=people,
            due_at=due_at,
            at=self.at,
            step=self._next_step(subject),
            payload=payload | ({"again": True} if again else {}),
        )

    def _next_step(self, subject: str) -> int:
        """Steps count through the life of an alert. What was taken back keeps its place: asking anew at the same
        instant must not fall on a cancelled row.
        """
        latest = self.session.scalar(select(func.max(Delivery.step)).where(Delivery.subject == subject))
        return 0 if latest is None else latest + 1

    def _call_back(self, alert: Alert, crew: Crew) -> None:
        by = workflow.call_back_by(self.at, self.patient.time_zone)
        due_at = max(self.at, by - REMINDED_BEFORE)
        self._send(alert, crew.people(Owner.PHYSIO), role="callback", due_at=due_at, kind="callback")

    def ask_for_outcome(self, alert: Alert) -> None:
        """Ask the patient what came of it, the next morning; once, however often it became louder until then."""
        subject = subject_of(alert, "welfare")
        waiting = select(Delivery.id).where(Delivery.subject == subject, Delivery.state.in_(("due", "claimed")))
        if self.session.scalar(waiting.limit(1)) is not None:
            return
        reminders.enqueue(
            self.session,
            kind=WELFARE,
            subject=subject,
            person_ids=[self.patient.id],
            due_at=workflow.call_back_by(self.at + TOO_SOON_TO_ASK, self.patient.time_zone),
            at=self.at,
            step=self._next_step(subject),
            payload={"alert": str(alert.id), "path": f"/outcome/{alert.id}"},
        )

    # ------------------------------------------------------------------------------------------ a budget of attention

    def _over_budget(self, physio_id: UUID) -> bool:
        """The guard of 5.6: more reviews than anybody can look at one by one."""
        open_reviews = self.session.scalar(
            select(func.count())
            .select_from(Alert)
            .where(Alert.owner_id == physio_id, Alert.closed_at.is_(None), Alert.level == Level.REVIEW)
        )
        alerting = self.session.scalar(
            select(func.count(func.distinct(Alert.patient_id))).where(
                Alert.owner_id == physio_id, Alert.opened_at > self.at - A_WEEK, Alert.level >= Level.REVIEW
            )
        )
        caseload = self.session.scalar(
            select(func.count(func.distinct(CareLink.patient_id))).where(
                CareLink.physio_id == physio_id,
                holds(self.at),
            )
        )
        return workflow.over_budget(open_reviews=open_reviews or 0, alerting_7d=alerting or 0, caseload=caseload or 0)

    def _add_to_digest(self, physio_id: UUID, crew: Crew) -> None:
        """One message when the clinic opens next, however many reviews come together in it."""
        spans = crew.hours.spans_from(self.at)
        begins = next(begins for begins, _ends in spans if begins > self.at)
        day = local_date(begins, crew.hours.zone)
        reminders.enqueue(
            self.session,
            kind=DIGEST,
            subject=f"digest:{physio_id}:{day.isoformat()}",
            person_ids=[physio_id],
            due_at=begins,
            at=self.at,
            payload={"path": "/alerts"},
        )


def _breaks(alert: Alert, louder: Iterable[Alert]) -> bool:
    """Whether what has just come up wakes a snoozed alert: a higher level, or any red flag (W07)."""
    return any(other.level > (alert.notified_level or alert.level) or other.family == Family.RED for other in louder)


def _last(alert: Alert) -> Notified | None:
    """What was known when somebody was last told, or acknowledged, if that was later (W06)."""
    if alert.notified_at is None or alert.notified_level is None:
        return None
    return Notified(
        at=max(alert.notified_at, alert.acknowledged_at or alert.notified_at),
        level=Level(alert.notified_level),
        ewma=alert.notified_ewma,
        red_codes=frozenset(alert.notified_codes),
    )


# ---------------------------------------------------------------------------------------------- right before sending


def wanted(session: Session, delivery: Delivery, at: datetime) -> bool:
    """Whether this message is still needed, and may still be sent to this person."""
    if delivery.kind == DIGEST:
        return _digest_wanted(session, delivery.person_id)
    alert = _alert_of(session, delivery)
    if alert is None or alert.closed_at is not None:
        return False
    if delivery.kind == WELFARE:
        return alert.outcome is None or alert.outcome.get("helped") == "waiting"
    return _escalation_wanted(session, delivery, alert, at)


def _escalation_wanted(session: Session, delivery: Delivery, alert: Alert, at: datetime) -> bool:
    payload = delivery.payload or {}
    role = payload.get("role")
    owned = alert.acknowledged_at is not None and role != "callback" and not payload.get("again")
    resting = alert.snoozed_until is not None and alert.snoozed_until > at
    if owned or resting:
        return False
    patient = session.get_one(Person, alert.patient_id)
    if role in _BEYOND_CARE:
        return shares(session, patient.id)
    return delivery.person_id in {person.id for person in watchers_of(session, patient, at)}


def _alert_of(session: Session, delivery: Delivery) -> Alert | None:
    try:
        alert_id = UUID(delivery.subject.partition(":")[2])
    except ValueError:
        return None
    return session.get(Alert, alert_id, populate_existing=True)


def _digest_wanted(session: Session, physio_id: UUID) -> bool:
    found = session.scalar(
        select(Alert.id)
        .join(Consent, Consent.person_id == Alert.patient_id)
        .where(
            Alert.owner_id == physio_id,
            Alert.closed_at.is_(None),
            Alert.level == Level.REVIEW,
            Alert.acknowledged_at.is_(None),
            Alert.snoozed_until.is_(None),
            Consent.kind == ConsentKind.SHARING,
            Consent.withdrawn_at.is_(None),
        )
        .limit(1)
    )
    return found is not None
