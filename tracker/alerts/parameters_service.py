"""Whose numbers a patient is judged by: the clinic's, or a preset that their physiotherapist chose for them. Never
commits.

A set of numbers is never changed: saving makes the next version, which counts through the whole clinic, so that of two
people who edit at once the second one is told. A clinic that has saved nothing is judged by the defaults of the engine.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tracker.accounts.models import Person
from tracker.accounts.service import record_audit
from tracker.alerts.errors import ConflictError
from tracker.alerts.models import AlertParameters
from tracker.alerts.rules import DEFAULT, PRESETS, Parameters, ParametersError, parameters_from
from tracker.alerts.rules_parameters import PARAMETERS_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from tracker.db import Session

OWN: Final = "own"
THE_CLINICS: Final = "clinic"
CHOICES: Final = (*PRESETS, OWN)
CHOICES_FOR_A_PATIENT: Final = (THE_CLINICS, *PRESETS)


@dataclass(frozen=True, slots=True)
class InForce:
    """Numbers in force. `row` is None where nobody has saved any; `number` then is 0."""

    parameters: Parameters
    preset: str
    row: AlertParameters | None = None

    @property
    def version(self) -> str:
        """What is stored beside an alert."""
        return self.parameters.version

    @property
    def number(self) -> int:
        return self.row.number if self.row else 0


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version in the list of all of them."""

    row: AlertParameters
    author_name: str | None


def clinic_parameters(session: Session, clinic_id: UUID) -> InForce:
    """What the clinic's patients are judged by, unless one of them has something else."""
    row = session.scalar(
        select(AlertParameters)
        .where(AlertParameters.clinic_id == clinic_id, AlertParameters.patient_id.is_(None))
        .order_by(AlertParameters.number.desc())
        .limit(1)
    )
    return InForce(DEFAULT, "default") if row is None else _in_force(row)


def parameters_for(session: Session, patient: Person) -> InForce:
    """What this patient is judged by."""
    row = session.scalar(
        select(AlertParameters)
        .where(AlertParameters.patient_id == patient.id)
        .order_by(AlertParameters.number.desc())
        .limit(1)
    )
    if row is None or row.preset == THE_CLINICS:
        return clinic_parameters(session, patient.clinic_id)
    return _in_force(row)


def newest_number(session: Session, clinic_id: UUID) -> int:
    """The number of the clinic's latest version, whoever it is for; what `save_parameters` compares."""
    return session.scalar(select(func.max(AlertParameters.number)).where(AlertParameters.clinic_id == clinic_id)) or 0


def candidate(preset: str, values: Mapping[str, Any] | None = None) -> Parameters:
    """The numbers that `preset` stands for, or one's own. Raises ParametersError."""
    if preset == OWN:
        return parameters_from(values or {})
    if preset not in PRESETS:
        raise ParametersError((f"there is no preset called {preset!r}",))
    return PRESETS[preset]


def save_parameters(
    session: Session,
    clinic_id: UUID,
    *,
    preset: str,
    values: Mapping[str, Any] | None = None,
    base_number: int,
    actor: Person,
    at: datetime,
    patient_id: UUID | None = None,
) -> AlertParameters:
    """Write the next version. Raises ParametersError, and ConflictError("newer_version") when there is a version that
    the editor had not seen. Nobody is evaluated anew: that happens with the next entry, or the next day.
    """
    if preset == THE_CLINICS:
        if patient_id is None:
            raise ParametersError(("the clinic cannot go back to its own numbers",))
        parameters = clinic_parameters(session, clinic_id).parameters
    else:
        parameters = candidate(preset, values)
    number = base_number + 1
    row = AlertParameters(
        clinic_id=clinic_id,
        patient_id=patient_id,
        number=number,
        preset=preset,
        document=replace(parameters, version=f"{PARAMETERS_VERSION}-{preset}#{number}").to_dict(),
        author_id=actor.id,
        created_at=at,
    )
    if newest_number(session, clinic_id) != base_number or not _added(session, row):
        raise ConflictError("newer_version")
    record_audit(
        session,
        actor=actor,
        patient=patient_id,
        action="alert_parameters.saved",
        subject=f"alert_parameters:{row.id}",
        at=at,
        detail={"number": number, "preset": preset},
    )
    return row


def _added(session: Session, row: AlertParameters) -> bool:
    """Whether the row got its number; somebody who saves in the same moment may have taken it."""
    with suppress(IntegrityError), session.begin_nested():
        session.add(row)
        session.flush()
        return True
    return False


def parameter_history(session: Session, clinic_id: UUID, *, limit: int = 50) -> list[VersionLine]:
    """The clinic's own versions, newest first; those for single patients are theirs and not listed."""
    rows = session.execute(
        select(AlertParameters, Person.name)
        .outerjoin(Person, Person.id == AlertParameters.author_id)
        .where(AlertParameters.clinic_id == clinic_id, AlertParameters.patient_id.is_(None))
        .order_by(AlertParameters.number.desc())
        .limit(limit)
    )
    return [VersionLine(row, author_name) for row, author_name in rows]


def row_of(session: Session, clinic_id: UUID, version: str) -> AlertParameters | None:
    """The stored version behind the name beside an alert; None for one that is built in."""
    number = version.rpartition("#")[2]
    if "#" not in version or not number.isdecimal():
        return None
    return session.scalar(
        select(AlertParameters).where(AlertParameters.clinic_id == clinic_id, AlertParameters.number == int(number))
    )


def _in_force(row: AlertParameters) -> InForce:
    # A later engine may have dropped a number; the others still say what was meant.
    known = {each.name for each in fields(Parameters)}
    values = {name: value for name, value in row.document.items() if name in known}
    return InForce(parameters_from(values), row.preset, row)
