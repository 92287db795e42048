"""Brings a record that was exported elsewhere into this installation: all of it or nothing. Never commits.

What is decided here and not by the document: the clinic, the physiotherapist who cares for the person from now on, that
the person has no password yet, that computers which were connected elsewhere are not, and the numbers by which the
clinic counts its sets of alert parameters. People whom the record names (who wrote, decided, corrected) become closed
accounts of the clinic without address and password, under their own ids, so that who said what stays true and a second
patient of theirs finds them; somebody with such an id who is here already has to be of this clinic's staff.

An id that exists here is refused, whatever it is: the same record twice, or a document that reaches for somebody else's
rows. Only the clinic's own exercises may be here already, and then they have to be the very same.

Nothing is evaluated. Alerts, their events and the standing come as they were; the regular look finds the record as one
that it has not seen yet, within a minute, and raises nothing a second time (`alerts.store_service`). What was open is
open, and whoever cares now is told of it then, as of any alert whose owner is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import select
from sqlalchemy.exc import DataError, IntegrityError

from tracker.accounts.models import Clinic, Person, Role
from tracker.accounts.service import open_care, record_audit
from tracker.alerts.parameters_service import newest_number
from tracker.db import blind_index
from tracker.records.checks import problem
from tracker.records.errors import RefusedRecordError
from tracker.records.rules_import import Column, Incoming, Named, Row, read
from tracker.records.schema_service import key_of, shape_of, shapes, table
from tracker.records.tables import EXERCISES, PERSON, RECORD, Part

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

IDS_AT_ONCE: Final = 500
ROWS_AT_ONCE: Final = 1_000
_T = TypeVar("_T")
_EXERCISE, _REVISION = (part.table for part in EXERCISES)


@dataclass(frozen=True, slots=True)
class Imported:
    """Who came, and with how much. `open_alerts`: how many alerts wait for somebody."""

    person: Person
    rows: int
    people: int
    open_alerts: int


def columns() -> Mapping[str, Sequence[Column]]:
    """What the schema says about every table that can be imported."""
    return {
        shape.part.table: tuple(
            Column(each.name, each.kind, each.optional, each.refers, each.length) for each in shape.fields
        )
        for shape in shapes((*RECORD, *EXERCISES))
    }


def understood(content: bytes) -> Incoming:
    """A document that holds a record this program could have written. Raises RefusedRecordError; asks no database."""
    incoming = read(content, columns())
    for section, parts in (("exercises", EXERCISES), ("record", RECORD)):
        for part in parts:
            for number, row in enumerate(incoming.rows[part.table], start=1):
                wrong = problem(part.table, row)
                if wrong is not None:
                    raise RefusedRecordError(f"{section}.{part.table}, row {number}", wrong)
    return incoming


def take_in(session: Session, incoming: Incoming, *, clinic: Clinic, physio: Person | None, at: datetime) -> Imported:
    """Write the record for a patient of this clinic, in the care of `physio`; without one they are on their own.

    Raises RefusedRecordError; the caller rolls back.
    """
    _refuse_known(session, incoming)
    fresh_people = _people_to_add(session, incoming, clinic)
    session.add_all(
        Person(
            id=each.id, clinic=clinic, role=each.role, name=each.name, active=False, time_zone=clinic.time_zone,
            created_at=at,
        )
        for each in fresh_people
    )  # fmt: skip
    session.flush()
    decided = _decided_here(session, incoming, clinic, physio, at)
    written = _write(
        session, PERSON, _section_of(RECORD, PERSON), [dict(incoming.rows[PERSON][0]) | decided[PERSON][0]]
    )
    written += _write_exercises(session, incoming, clinic)
    for part in RECORD:
        if part.table == PERSON:
            continue
        own = {part.whose: incoming.person_id} if part.is_the_persons else {}
        rows = incoming.rows[part.table]
        more = decided.get(part.table, [{}] * len(rows))
        complete = [dict(row) | own | extra for row, extra in zip(rows, more, strict=True)]
        written += _write(session, part.table, f"record.{part.table}", complete)
    person = session.get_one(Person, incoming.person_id)
    if physio is not None:
        open_care(session, person.id, physio.id, at)
    record_audit(
        session,
        actor=physio,
        patient=person,
        action="record.imported",
        subject=f"person:{person.id}",
        at=at,
        detail={"rows": written, "people": len(fresh_people)},
    )
    open_alerts = sum(row["closed_at"] is None for row in incoming.rows["alert"])
    return Imported(person, written, len(fresh_people), open_alerts)


def _batches(values: Iterable[_T], size: int) -> Iterator[list[_T]]:
    rest = iter(values)
    while some := list(islice(rest, size)):
        yield some


# ---------------------------------------------------------------------------------------------- what is here already


def _refuse_known(session: Session, incoming: Incoming) -> None:
    email = incoming.rows[PERSON][0]["email"]
    if email is not None:
        taken = select(Person.id).where(Person.email_hash == blind_index(session, email))
        if session.scalar(taken) is not None:
            raise RefusedRecordError("record.person, email", "is the address of somebody who signs in here already")
    for part in RECORD:
        _refuse_known_ids(session, incoming, part)
    _refuse_strange_loose_ids(session, incoming)


def _refuse_known_ids(session: Session, incoming: Incoming, part: Part) -> None:
    rows = incoming.rows[part.table]
    for name in (*(["id"] if "id" in shape_of(part.table).names else []), *part.fresh):
        if _known(session, part.table, name, {row[name] for row in rows}):
            raise RefusedRecordError(
                f"record.{part.table}, {name}", "exists here already: the record has been imported"
            )


def _refuse_strange_loose_ids(session: Session, incoming: Incoming) -> None:
    """An id that nothing guards may point at nothing, as after something was deleted, but not at somebody else's."""
    for part in RECORD:
        for name, of in part.loose.items():
            own = {row["id"] for row in incoming.rows[of]}
            strange = {row[name] for row in incoming.rows[part.table]} - own - {None}
            if _known(session, of, key_of(of).name, strange):
                raise RefusedRecordError(f"record.{part.table}, {name}", "refers to something outside the record")


def _known(session: Session, name: str, column: str, ids: Iterable[Any]) -> bool:
    """Whether a row of this table has one of these ids."""
    there = table(name).c[column]
    return any(
        session.scalar(select(there).where(there.in_(some)).limit(1)) is not None
        for some in _batches(sorted(ids), IDS_AT_ONCE)
    )


def _people_to_add(session: Session, incoming: Incoming, clinic: Clinic) -> list[Named]:
    """Who of those the record names is not here yet."""
    ids = [each.id for each in incoming.people]
    here = {each.id: each for each in session.scalars(select(Person).where(Person.id.in_(ids)))}
    if any(each.clinic_id != clinic.id or not each.is_staff for each in here.values()):
        raise RefusedRecordError("people", "names somebody who is here, but not as staff of this clinic")
    return [each for each in incoming.people if each.id not in here]


# ---------------------------------------------------------------------------------------------- writing


def _decided_here(
    session: Session, incoming: Incoming, clinic: Clinic, physio: Person | None, at: datetime
) -> dict[str, list[Row]]:
    """Values of columns that do not travel, by table, one for each row."""
    email = incoming.rows[PERSON][0]["email"]
    number = newest_number(session, clinic.id)
    return {
        PERSON: [
            {
                "clinic_id": clinic.id,
                "role": Role.PATIENT,
                "is_admin": False,
                "solo": physio is None,
                "active": True,
                "email_hash": blind_index(session, email) if email else None,
                "password_hash": None,
                "totp_secret": None,
                "totp_last_step": 0,
            }
        ],
        "alert_parameters": [
            {"clinic_id": clinic.id, "number": number + place}
            for place in range(1, len(incoming.rows["alert_parameters"]) + 1)
        ],
        "posture_watcher": [
            {"token_hash": None, "revoked_at": at if row["kind"] == "agent" else None}
            for row in incoming.rows["posture_watcher"]
        ],
    }


def _section_of(parts: Sequence[Part], name: str) -> str:
    return f"{'record' if parts is RECORD else 'exercises'}.{name}"


def _write(session: Session, name: str, place: str, rows: Sequence[Row]) -> int:
    try:
        with session.begin_nested():
            for some in _batches(rows, ROWS_AT_ONCE):
                session.execute(table(name).insert(), some)
    except (IntegrityError, DataError):
        raise RefusedRecordError(
            place, "contradicts itself or what is here: a rule of the database is broken"
        ) from None
    return len(rows)


def _write_exercises(session: Session, incoming: Incoming, clinic: Clinic) -> int:
    """The own exercises that are not here yet. One that is here has to be the same, revision by revision: a record must
    not change what somebody else's plan asks for.
    """
    new = [row for row in incoming.rows[_EXERCISE] if not _is_here(session, row, clinic)]
    ids = {row["id"] for row in new}
    revisions = [row for row in incoming.rows[_REVISION] if row["exercise_id"] in ids]
    for row in incoming.rows[_REVISION]:
        if row["exercise_id"] not in ids:
            _refuse_another_revision(session, row)
    if ids - {row["exercise_id"] for row in revisions}:
        raise RefusedRecordError(f"exercises.{_EXERCISE}", "has an exercise without a definition")
    place = _section_of(EXERCISES, _EXERCISE)
    written = _write(session, _EXERCISE, place, [dict(row) | {"clinic_id": clinic.id} for row in new])
    return written + _write(session, _REVISION, _section_of(EXERCISES, _REVISION), revisions)


def _is_here(session: Session, row: Row, clinic: Clinic) -> bool:
    there = table(_EXERCISE)
    found = session.execute(
        select(there.c.id, there.c.slug, there.c.clinic_id).where(
            (there.c.id == row["id"]) | (there.c.slug == row["slug"])
        )
    ).all()
    if not found:
        return False
    if [tuple(each) for each in found] != [(row["id"], row["slug"], clinic.id)]:
        raise RefusedRecordError(f"exercises.{_EXERCISE}", "has the id of another exercise that is here")
    return True


def _refuse_another_revision(session: Session, row: Row) -> None:
    there = table(_REVISION)
    found = session.execute(
        select(there.c.exercise_id, there.c.number, there.c.document).where(there.c.id == row["id"])
    ).one_or_none()
    if found is None or tuple(found) != (row["exercise_id"], row["number"], row["document"]):
        raise RefusedRecordError(f"exercises.{_REVISION}", "differs from the same exercise as it is here")
