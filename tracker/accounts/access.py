"""Whose record somebody may open. The one door to a patient's data, for every feature.

A patient sees themselves. A physio sees the patients they have an open care link with, in their own clinic; what the
camera and the diary recorded only while the patient shares it. Everybody else gets the same answer as for a patient who
does not exist. Each time the door opens, a line goes to the audit trail in the same transaction.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tracker.accounts import service
from tracker.accounts.models import ConsentKind, Person, Role
from tracker.db import unsettled

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tracker.db import Session


class NotFound(LookupError):  # noqa: N818  # reads as the answer the visitor gets
    """There is no such record for this visitor: it does not exist, or it is not theirs to see (404 for both)."""


class NotShared(NotFound):
    """The patient does not share what was recorded. The physio still sees name and plan."""


def patient_for(
    session: Session,
    viewer: Person,
    patient_id: uuid.UUID | str,
    *,
    purpose: str,
    at: datetime,
    read_health: bool = False,
) -> Person:
    """The patient with this id, if `viewer` may open the record now; writes the audit line.

    `purpose` names what is done, such as "plan.read" or "session.correct". With `read_health` the patient's consent to
    share is needed as well (a patient needs none for themselves). Raises NotFound, or NotShared where only that
    consent is missing.
    """
    patient = service.person(session, _as_id(patient_id))
    if patient is None or patient.role != Role.PATIENT or not _may_open(session, viewer, patient, at):
        raise NotFound
    if read_health and viewer.id != patient.id and not shares(session, patient.id):
        raise NotShared
    _write(session, viewer, _Look(viewer.id, patient.id, (), purpose, "patient", at))
    return patient


def shares(session: Session, patient_id: uuid.UUID) -> bool:
    """Whether the patient shares what was recorded with their physio."""
    return service.has_consent(session, patient_id, ConsentKind.SHARING)


def _may_open(session: Session, viewer: Person, patient: Person, at: datetime) -> bool:
    if not viewer.active:
        return False
    if viewer.id == patient.id:
        return True
    if viewer.role != Role.PHYSIO or viewer.clinic_id != patient.clinic_id:
        return False
    return service.cares_for(session, viewer.id, patient.id, at)


def _as_id(value: uuid.UUID | str) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    try:
        return uuid.UUID(value)
    except ValueError:
        raise NotFound from None


# ---------------------------------------------------------------------------------------------- what is written down


@dataclass(frozen=True, slots=True)
class _Look:
    """A look at somebody's record, or at a list of several, as it is written down."""

    actor_id: uuid.UUID
    patient_id: uuid.UUID | None
    listed: tuple[uuid.UUID, ...]
    action: str
    subject: str
    at: datetime


LISTED: Final = "patients"
"""Under this key the detail of a line says whose figures were on a list."""


def record_list(session: Session, actor: Person, patients: Iterable[uuid.UUID], *, subject: str, at: datetime) -> None:
    """Write down that somebody reads a list: one line, with the id of everybody whose figures were on it, so that "who
    saw my record" has an answer. Nothing for a list that is empty of patients.
    """
    listed = tuple(dict.fromkeys(patients))
    if listed:
        _write(session, actor, _Look(actor.id, None, listed, f"{subject}.read", subject, at))


NAMES_TOLD_FOR: Final = timedelta(hours=12)


def record_names(session: Session, actor: Person, patients: Iterable[uuid.UUID], *, subject: str, at: datetime) -> None:
    """The same for a page on which names stand to choose from and nothing else: one line in half a day. Somebody who
    leafs through the library would bury everything else in every patient's log.
    """
    listed = tuple(dict.fromkeys(patients))
    told = service.audit_details(session, actor, f"{subject}.read", since=at - NAMES_TOLD_FOR)
    if {str(each) for each in listed} - {each for detail in told for each in detail.get(LISTED, ())}:
        record_list(session, actor, listed, subject=subject, at=at)


def _write(session: Session, actor: Person, look: _Look) -> None:
    unsettled(session).append(look)
    service.record_audit(
        session,
        actor=actor,
        patient=look.patient_id,
        action=look.action,
        subject=look.subject,
        at=look.at,
        detail={LISTED: [str(each) for each in look.listed]} if look.listed else None,
    )


def keep_looks(session: Session) -> None:
    """Undo what this session has changed and not committed, but not that it has looked: the first look at each record
    is written again, and committed.

    For an answer that changes nothing and shows the record all the same.
    """
    looks: list[_Look] = unsettled(session)
    if not looks:
        return
    first: dict[object, _Look] = {}
    for look in looks:
        first.setdefault((look.patient_id, look.listed), look)
    session.rollback()
    looks.clear()
    for look in first.values():
        actor = session.get(Person, look.actor_id)
        if actor is not None:
            _write(session, actor, look)
    session.commit()
