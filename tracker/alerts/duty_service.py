"""Who answers for a patient: who looks after them, who stands in, who leads, and when somebody is there. Never commits.

Whoever may see a patient's record has an open care link and the patient's consent to share; without both nobody is
asked and nobody is told (`Crew.watchers` is empty). A stand-in or a lead without a care link is told that an alert is
waiting, not whose it is: `worklist_service.escalated_to` and `workflow_service.stand_in`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import select

from tracker.accounts import care_service
from tracker.accounts.access import shares
from tracker.accounts.models import CareLink, Clinic, Person, Role
from tracker.accounts.service import holds, record_audit
from tracker.alerts.models import ClinicDuty
from tracker.alerts.rules_workflow import Owner, WorkingHours
from tracker.clock import zone

if TYPE_CHECKING:
    from datetime import datetime

    from tracker.db import Session

_DEFAULTS: Final = ("12345", "08:00", "18:00")


class DutyError(ValueError):
    """A choice that cannot be kept; `field` says which."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True, slots=True)
class Duty:
    """A clinic's choices, with the defaults where it has made none."""

    backup_id: UUID | None = None
    lead_id: UUID | None = None
    weekdays: str = _DEFAULTS[0]
    opens: str = _DEFAULTS[1]
    closes: str = _DEFAULTS[2]

    def hours(self, zone_name: str) -> WorkingHours:
        """The hours for the engine; a zone that this machine does not know counts as UTC."""
        return WorkingHours(
            weekdays=frozenset(int(digit) for digit in self.weekdays),
            opens=time.fromisoformat(self.opens),
            closes=time.fromisoformat(self.closes),
            zone=zone(zone_name).key,
        )


@dataclass(frozen=True, slots=True)
class Crew:
    """The people behind one patient at one instant. `watchers`: the longest care first; empty where nobody may see."""

    watchers: tuple[Person, ...]
    backup: Person | None
    lead: Person | None
    hours: WorkingHours

    @property
    def owner(self) -> Person | None:
        return self.watchers[0] if self.watchers else None

    def people(self, to: Owner) -> tuple[UUID, ...]:
        """Who is meant by a step. A step to somebody the clinic has not got goes to the next one up, in the end back
        to the owner: an alert never waits for nobody.
        """
        if self.owner is None:
            return ()
        if to is Owner.ALL_ON_DUTY:
            return tuple(person.id for person in self.watchers)
        wanted = {
            Owner.PHYSIO: (self.owner,),
            Owner.BACKUP: (self.backup, self.lead, self.owner),
            Owner.LEAD: (self.lead, self.backup, self.owner),
        }[to]
        return (next(person.id for person in wanted if person is not None),)


def duty_of(session: Session, clinic_id: UUID) -> Duty:
    """Who stands in, and the hours, of a clinic."""
    row = session.get(ClinicDuty, clinic_id)
    if row is None:
        return Duty()
    return Duty(row.backup_id, row.lead_id, row.weekdays, row.opens, row.closes)


def save_duty(
    session: Session,
    clinic_id: UUID,
    *,
    backup_id: UUID | None,
    lead_id: UUID | None,
    weekdays: str,
    opens: str,
    closes: str,
    actor: Person,
    at: datetime,
) -> None:
    """Keep a clinic's choices. Raises DutyError for somebody who does not work there, and for hours that never come."""
    for field, person_id in (("backup_id", backup_id), ("lead_id", lead_id)):
        if person_id is not None and not _works_in(session, person_id, clinic_id):
            raise DutyError(field)
    _check_hours(weekdays, opens, closes)
    row = session.get(ClinicDuty, clinic_id)
    if row is None:
        row = ClinicDuty(clinic_id=clinic_id)
        session.add(row)
    row.backup_id, row.lead_id = backup_id, lead_id
    row.weekdays, row.opens, row.closes = "".join(sorted(set(weekdays))), opens, closes
    session.flush()
    record_audit(session, actor=actor, patient=None, action="duty.changed", subject=f"clinic:{clinic_id}", at=at)


def _check_hours(weekdays: str, opens: str, closes: str) -> None:
    if not weekdays or not set(weekdays) <= set("1234567"):
        raise DutyError("weekdays")
    for field, text in (("opens", opens), ("closes", closes)):
        try:
            kept = time.fromisoformat(text).strftime("%H:%M")
        except ValueError:
            raise DutyError(field) from None
        if kept != text:
            raise DutyError(field)
    if opens >= closes:
        raise DutyError("closes")


def _works_in(session: Session, person_id: UUID, clinic_id: UUID) -> bool:
    found = session.get(Person, person_id)
    return found is not None and found.clinic_id == clinic_id and found.is_staff and found.active


def watchers_of(session: Session, patient: Person, at: datetime) -> tuple[Person, ...]:
    """Who may see what this patient tells: physios of the clinic with an open care link, the longest care first
    and who is away last. Nobody, where the patient does not share.
    """
    if not shares(session, patient.id):
        return ()
    found = session.scalars(
        select(Person)
        .join(CareLink, CareLink.physio_id == Person.id)
        .where(
            CareLink.patient_id == patient.id,
            holds(at),
            Person.active,
            Person.role == Role.PHYSIO,
            Person.clinic_id == patient.clinic_id,
        )
        .order_by(CareLink.since, CareLink.id)
    )
    people = list(dict.fromkeys(found))
    absent = care_service.away(session, [person.id for person in people], at)
    # Whoever is away is asked last, so that their stand-in is the owner for that time.
    return tuple(sorted(people, key=lambda person: person.id in absent))


def crew_of(session: Session, patient: Person, at: datetime) -> Crew:
    """Everybody who may have to be asked about a patient, and when."""
    watchers = watchers_of(session, patient, at)
    clinic = session.get_one(Clinic, patient.clinic_id)
    duty = duty_of(session, clinic.id)
    hours = duty.hours(clinic.time_zone)
    if not watchers:
        return Crew((), None, None, hours)
    owner = watchers[0]
    backup = _colleague(session, duty.backup_id, clinic.id, other_than=owner)
    if backup is None:
        backup = next((person for person in watchers if person is not owner), None)
    lead = _colleague(session, duty.lead_id, clinic.id, other_than=None) or _an_admin(session, clinic.id, owner)
    return Crew(watchers, backup, lead, hours)


def _colleague(
    session: Session, person_id: UUID | None, clinic_id: UUID, *, other_than: Person | None
) -> Person | None:
    if person_id is None or not _works_in(session, person_id, clinic_id):
        return None
    person = session.get_one(Person, person_id)
    return None if person is other_than else person


def _an_admin(session: Session, clinic_id: UUID, owner: Person) -> Person | None:
    """Who runs the clinic's settings leads where nobody was named; somebody other than the owner, if there is."""
    admins = session.scalars(
        select(Person)
        .where(Person.clinic_id == clinic_id, Person.active, Person.is_admin, Person.role != Role.PATIENT)
        .order_by(Person.created_at, Person.id)
    ).all()
    return next((person for person in admins if person is not owner), None)
