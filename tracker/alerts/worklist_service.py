"""What a physiotherapist reads: the worklist in the order of triage (CLINICAL 7.2), and one alert with its story.

The list takes a fixed number of statements whatever the number of patients. Only alerts of patients with an open care
link who share what they tell are in it; what has escalated to somebody without a care link is listed apart, without the
patient's name and without the reason (`escalated_to`). Nothing here changes an alert; `alert_for` writes an audit line.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from tracker.accounts.access import NotFound, patient_for
from tracker.accounts.models import CareLink, Consent, ConsentKind, Person
from tracker.accounts.service import holds
from tracker.alerts import rule_texts
from tracker.alerts.duty_service import watchers_of
from tracker.alerts.models import Alert, AlertEvent
from tracker.alerts.parameters_service import row_of
from tracker.alerts.rules import DEFAULT, Family
from tracker.alerts.rules_workflow import Waiting, triage_key
from tracker.alerts.workflow_service import escalations_to
from tracker.clock import local_date
from tracker.regimen.models import Standing
from tracker.regimen.rules_levels import Level, locks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import ColumnElement

    from tracker.accounts.models import Person as PersonRow
    from tracker.db import Session

CONTACTS: Final = ("contacted",)
"""Events by which somebody of the clinic has reached the patient: a message, a call. What a patient answers about the
outcome is none: it says as well that nobody has helped.
"""
SPOKEN: Final = ("contacted", "referred")
"""What somebody says at closing who has spoken with the patient."""
NO_CONTACT_DAYS: Final = 365.0
PSFS_MCID, PEG_MCID = 2.0, 1.0
"""CLINICAL 4.2: the smallest differences that matter, PSFS (F27) and PEG (F25)."""
_HALF: Final = 2
_FOUND: Final = {kind: rank for rank, kind in enumerate(("raised", "rose", "returned", "woken", "outcome", "closed"))}


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One open (or lately closed) alert in a list. `excess`: E - mu0 in points. `phone_list`: somebody has to call."""

    alert: Alert
    patient_id: UUID
    patient_name: str
    sentence: str
    state: Level
    rules: tuple[str, ...]
    acknowledged_by_name: str | None
    overdue: bool
    snoozed: bool
    asks: bool
    """It asks for an acknowledgement, and nobody has given one: what the badge counts. “Watch” asks for none (5.1)."""
    minutes_left: int | None
    excess: float | None
    last_contact_on: date | None
    phone_list: bool


@dataclass(frozen=True, slots=True)
class Escalated:
    """An alert that waits for a stand-in. Whose it is, and why, is not said before somebody stands in."""

    alert_id: UUID
    level: Level
    owner_name: str | None
    opened_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class FiringLine:
    """One rule on one day, in words."""

    rule: str
    level: Level
    day: date
    sentence: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """Something that happened to an alert. `actor_name` None: it happened by itself."""

    at: datetime
    kind: str
    actor_name: str | None
    detail: Mapping[str, Any]
    note: str | None


@dataclass(frozen=True, slots=True)
class ParametersInfo:
    """The numbers an alert was judged by. `number` 0: those that are built in."""

    version: str
    preset: str
    number: int
    author_name: str | None
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class AlertView:
    """One alert with everything a page shows of it."""

    alert: Alert
    patient: PersonRow
    line: AlertLine
    firings: tuple[FiringLine, ...]
    events: tuple[EventLine, ...]
    parameters: ParametersInfo
    suggested_baseline: float | None
    watchers: tuple[str, ...]
    outcome: Mapping[str, Any] | None


# ---------------------------------------------------------------------------------------------- lists


def worklist(session: Session, physio: Person, at: datetime) -> list[AlertLine]:
    """Everything that is open among one's patients, the most urgent first."""
    found = _lines(session, physio, at, Alert.closed_at.is_(None))
    return [line for _key, line in sorted(found, key=lambda pair: pair[0])]


def recently_closed(
    session: Session, physio: Person, at: datetime, *, days: int = 14, limit: int = 50
) -> list[AlertLine]:
    """What was closed lately, the latest first."""
    lines = [line for _key, line in _lines(session, physio, at, Alert.closed_at > at - timedelta(days=days))]
    lines.sort(key=lambda line: line.alert.closed_at or at, reverse=True)
    return lines[:limit]


def lines_by_patient(session: Session, physio: Person, at: datetime) -> dict[UUID, list[AlertLine]]:
    """Everything that is open of each patient, the most urgent first; the patients in the order of triage."""
    found: dict[UUID, list[AlertLine]] = {}
    for line in worklist(session, physio, at):
        found.setdefault(line.patient_id, []).append(line)
    return found


def _in_care(physio_id: UUID, at: datetime) -> ColumnElement[bool]:
    return (
        select(CareLink.id)
        .where(
            CareLink.physio_id == physio_id,
            CareLink.patient_id == Alert.patient_id,
            holds(at),
        )
        .exists()
    )


def _is_shared() -> ColumnElement[bool]:
    return (
        select(Consent.id)
        .where(
            Consent.person_id == Alert.patient_id,
            Consent.kind == ConsentKind.SHARING,
            Consent.withdrawn_at.is_(None),
        )
        .exists()
    )


_Key = tuple[int, bool, float, int, float, float, float, str]


def _lines(session: Session, physio: Person, at: datetime, which: ColumnElement[bool]) -> list[tuple[_Key, AlertLine]]:
    """Alerts of one's patients, with what the order of triage needs."""
    keeper = aliased(Person)
    rows = session.execute(
        select(Alert, Person, Standing, keeper.name)
        .join(Person, and_(Person.id == Alert.patient_id, Person.clinic_id == physio.clinic_id))
        .outerjoin(Standing, Standing.patient_id == Alert.patient_id)
        .outerjoin(keeper, keeper.id == Alert.acknowledged_by)
        .where(which, _in_care(physio.id, at), _is_shared())
    ).all()
    patients = {patient.id for _alert, patient, _standing, _keeper in rows}
    contacts = _last_contacts(session, patients)
    losses = _function_losses(alert for alert, _patient, _standing, _keeper in rows)
    return [
        _line(alert, patient, standing, keeper_name, contacts.get(patient.id), losses.get(patient.id, 0.0), at)
        for alert, patient, standing, keeper_name in rows
    ]


def _line(
    alert: Alert,
    patient: Person,
    standing: Standing | None,
    keeper_name: str | None,
    contact: datetime | None,
    function_loss: float,
    at: datetime,
) -> tuple[_Key, AlertLine]:
    snoozed = alert.snoozed_until is not None and alert.snoozed_until > at
    waits = alert.acknowledged_at is None and alert.closed_at is None and alert.due_at is not None
    excess = _excess(standing)
    line = AlertLine(
        alert=alert,
        patient_id=patient.id,
        patient_name=patient.name,
        sentence=rule_texts.alert_sentence(alert),
        state=Level(standing.level) if standing is not None else Level.STEADY,
        rules=tuple(dict.fromkeys(firing["rule"] for firing in reversed(alert.firings))),
        acknowledged_by_name=keeper_name,
        overdue=waits and alert.due_at is not None and alert.due_at < at,
        snoozed=snoozed,
        asks=_asks(alert, at),
        minutes_left=int((alert.due_at - at).total_seconds() // 60) if waits and alert.due_at is not None else None,
        excess=excess,
        last_contact_on=local_date(contact, patient.time_zone) if contact is not None else None,
        phone_list=locks(Level(alert.level))
        and alert.closed_at is None
        and (alert.outcome or {}).get("helped") != "yes",
    )
    rests = snoozed or alert.resolved_at is not None
    waiting = Waiting(
        name=patient.name,
        level=Level.STEADY if rests else Level(alert.level),
        acknowledged=alert.acknowledged_at is not None,
        due_at=alert.due_at,
        family=Family(alert.family),
        silent_after_worsening=any(bool(firing["values"].get("worsening")) for firing in alert.firings),
        severity=severity_of(standing),
        function_loss=function_loss,
        days_since_contact=(at - contact).total_seconds() / 86400 if contact is not None else NO_CONTACT_DAYS,
    )
    return triage_key(waiting), line


def _asks(alert: Alert, at: datetime) -> bool:
    """As `_waits` and the level of `open_count` say it in SQL."""
    resting = alert.snoozed_until is not None and alert.snoozed_until > at
    waits = alert.closed_at is None and alert.acknowledged_at is None and alert.resolved_at is None and not resting
    return waits and alert.level >= Level.REVIEW


def _excess(standing: Standing | None) -> float | None:
    if standing is None or standing.ewma is None or standing.baseline is None:
        return None
    return standing.ewma - standing.baseline


def severity_of(standing: Standing | None) -> float:
    """(E - mu0) / g2, by the default gates: it only orders lists. 0 where it is not known."""
    excess = _excess(standing)
    if standing is None or excess is None or standing.baseline is None or standing.spread is None:
        return 0.0
    if standing.baseline > DEFAULT.ceiling:
        gate = max(DEFAULT.ceiling_gate, DEFAULT.ceiling_headroom * (_WORST - standing.baseline))
    else:
        gate = max(DEFAULT.gate2_least, DEFAULT.gate2_spreads * standing.spread)
    return excess / gate


_WORST: Final = 10


def _last_contacts(session: Session, patients: Iterable[UUID]) -> dict[UUID, datetime]:
    """When each of these patients and somebody of the clinic last heard of each other, as far as alerts know."""
    ids = list(patients)
    if not ids:
        return {}
    rows = session.execute(
        select(Alert.patient_id, func.max(AlertEvent.at))
        .join(AlertEvent, AlertEvent.alert_id == Alert.id)
        .where(Alert.patient_id.in_(ids), is_contact())
        .group_by(Alert.patient_id)
    )
    return dict(rows.all())


def is_contact() -> ColumnElement[bool]:
    """Which events of an alert are a contact with the patient. Taking an alert, accepting a usual level, confirming and
    closing without a word are none.
    """
    spoken = and_(AlertEvent.kind == "closed", Alert.disposition.in_(SPOKEN))
    return or_(AlertEvent.kind.in_(CONTACTS), spoken)


def _function_losses(alerts: Iterable[Alert]) -> dict[UUID, float]:
    """How far function has fallen, in the smallest differences that matter, from what fired."""
    found: dict[UUID, float] = {}
    for alert in alerts:
        for firing in alert.firings:
            values = firing["values"]
            losses = [
                (values["psfs_base"] - values["psfs"]) / PSFS_MCID if "psfs" in values else 0.0,
                (values["peg"] - values["peg_base"]) / PEG_MCID if "peg" in values else 0.0,
            ]
            found[alert.patient_id] = max(found.get(alert.patient_id, 0.0), *losses)
    return found


# ---------------------------------------------------------------------------------------------- the badge, stand-ins


def open_count(session: Session, person: Person, at: datetime) -> int:
    """How many alerts wait for this person: of their own patients and of those that have escalated to them."""
    mine = session.scalar(
        select(func.count())
        .select_from(Alert)
        .where(_waits(at), Alert.level >= Level.REVIEW, _in_care(person.id, at), _is_shared())
    )
    return (mine or 0) + len(escalated_to(session, person, at))


def _waits(at: datetime) -> ColumnElement[bool]:
    return and_(
        Alert.closed_at.is_(None),
        Alert.acknowledged_at.is_(None),
        Alert.resolved_at.is_(None),
        or_(Alert.snoozed_until.is_(None), Alert.snoozed_until <= at),
    )


def escalated_to(session: Session, person: Person, at: datetime) -> list[Escalated]:
    """What waits for this person as a stand-in or lead, and is nobody's of theirs."""
    ids = escalations_to(session, person, at)
    if not ids:
        return []
    owner = aliased(Person)
    rows = session.execute(
        select(Alert, owner.name)
        .outerjoin(owner, owner.id == Alert.owner_id)
        .where(Alert.id.in_(ids), _waits(at), _is_shared(), ~_in_care(person.id, at))
    ).all()
    found = [
        Escalated(
            alert_id=alert.id,
            level=Level(alert.level),
            owner_name=owner_name,
            opened_at=alert.opened_at,
            due_at=alert.due_at,
        )
        for alert, owner_name in rows
    ]
    return sorted(found, key=lambda each: (-each.level, each.opened_at))


# ---------------------------------------------------------------------------------------------- one alert


def alert_for(session: Session, viewer: Person, alert_id: UUID, at: datetime) -> AlertView:
    """One alert with its story. Raises NotFound for what this viewer may not see, whether it exists or not."""
    alert = session.get(Alert, alert_id, populate_existing=True)
    if alert is None:
        raise NotFound
    patient = patient_for(session, viewer, alert.patient_id, purpose="alert.read", at=at, read_health=True)
    if viewer.id == patient.id:
        raise NotFound
    standing = session.get(Standing, patient.id)
    keeper = session.get(Person, alert.acknowledged_by) if alert.acknowledged_by else None
    contact = _last_contacts(session, [patient.id]).get(patient.id)
    _key, line = _line(alert, patient, standing, keeper.name if keeper is not None else None, contact, 0.0, at)
    return AlertView(
        alert=alert,
        patient=patient,
        line=line,
        firings=firing_lines(alert),
        events=event_lines(session, alert),
        parameters=_parameters_info(session, alert, patient),
        suggested_baseline=suggested_baseline(standing),
        watchers=tuple(person.name for person in watchers_of(session, patient, at)),
        outcome=alert.outcome,
    )


def firing_lines(alert: Alert) -> tuple[FiringLine, ...]:
    """What fired, the newest day first and the most urgent first in it."""
    lines = [
        FiringLine(
            rule=firing["rule"],
            level=Level(firing["level"]),
            day=date.fromisoformat(firing["day"]),
            sentence=rule_texts.firing_sentence(firing),
        )
        for firing in alert.firings
    ]
    return tuple(sorted(lines, key=lambda line: (line.day, line.level, line.rule), reverse=True))


def _told_in_order(event: AlertEvent) -> tuple[datetime, int, str]:
    return event.at, _FOUND.get(event.kind, len(_FOUND)), event.kind


def event_lines(session: Session, alert: Alert) -> tuple[EventLine, ...]:
    """What happened to it, the first thing first; of one instant, what was found before what was done about it."""
    actor = aliased(Person)
    rows = session.execute(
        select(AlertEvent, actor.name)
        .outerjoin(actor, actor.id == AlertEvent.actor_id)
        .where(AlertEvent.alert_id == alert.id)
    ).all()
    return tuple(
        EventLine(
            at=event.at,
            kind=event.kind,
            actor_name=actor_name,
            detail=event.detail or {},
            note=event.note,
        )
        for event, actor_name in sorted(rows, key=lambda row: _told_in_order(row[0]))
    )


def _parameters_info(session: Session, alert: Alert, patient: Person) -> ParametersInfo:
    row = row_of(session, patient.clinic_id, alert.parameters_version)
    if row is None:
        return ParametersInfo(alert.parameters_version, "default", 0, None, None)
    author = session.get(Person, row.author_id) if row.author_id else None
    return ParametersInfo(
        version=alert.parameters_version,
        preset=row.preset,
        number=row.number,
        author_name=author.name if author is not None else None,
        created_at=row.created_at,
    )


def suggested_baseline(standing: Standing | None) -> float | None:
    """What "usual" would be if somebody accepted it now: the smoothed pain, to the nearest half."""
    if standing is None or standing.ewma is None:
        return None
    return round(standing.ewma * _HALF) / _HALF
