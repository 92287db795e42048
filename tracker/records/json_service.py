"""The complete record of one person as JSON: everything that is stored about them, so that it can be read, kept, and
brought into another installation.

    {"format": "rhomboid-record", "version": 1, "person": id,
     "people":    [{"id", "role", "name"}, ...]                       who is named in the record
     "record":    {table: {"columns": [...], "rows": [[...], ...]}}   what an import takes
     "exercises": {the same: the clinic's own exercises that the record names}
     "here":      {"exported_at", "clinic", "people", "tables"}}      what happened in this installation; never imported

Tables, columns and rows have a stable order, so that two exports of the same record can be compared line by line; every
row is a line. Columns are named once and not in every row: a year at the desk has a hundred thousand minutes.

The text is made piece by piece from rows that are read piece by piece: how much memory it takes does not grow with the
record. Reading takes one transaction; on PostgreSQL the caller makes it one snapshot (`snapshot`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from tracker.accounts.models import ConsentKind, Person
from tracker.accounts.service import has_consent
from tracker.records.schema_service import people_named, rows_of, shape_of
from tracker.records.tables import EXERCISES, FORMAT, HERE, RECORD, VERSION, Part
from tracker.records.values import instant_text, row_writer, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from tracker.db import Session

ROWS_AT_ONCE: Final = 500
TRACKS: Final = "track"


def snapshot(session: Session) -> None:
    """Let everything that this session reads from now on be of one moment. SQLite does so anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def pieces(session: Session, person: Person, at: datetime) -> Iterator[str]:
    """The document of this person, piece by piece. Nothing is written to the database."""
    named = _people(session, people_named(session, person.id, (*RECORD, *EXERCISES)))
    yield f'{{"format":{text(FORMAT)},"version":{VERSION},"person":{text(str(person.id))},\n"people":[{named}],\n'
    yield '"record":{'
    yield from _tables(session, person, RECORD)
    yield '},\n"exercises":{'
    yield from _tables(session, person, EXERCISES)
    here = _people(session, people_named(session, person.id, HERE))
    yield f'}},\n"here":{{"exported_at":{text(instant_text(at))},"clinic":{text(person.clinic.name)},\n'
    yield f'"people":[{here}],\n"tables":{{'
    yield from _tables(session, person, HERE)
    yield "}}}\n"


def _tables(session: Session, person: Person, parts: Sequence[Part]) -> Iterator[str]:
    for number, part in enumerate(parts):
        shape = shape_of(part.table)
        yield f'{"," if number else ""}\n{text(part.table)}:{{"columns":{text(shape.names)},"rows":['
        before = "\n"
        for some in _rows(session, person, part):
            yield before + some
            before = ",\n"
        yield "]}"


def _rows(session: Session, person: Person, part: Part) -> Iterator[str]:
    """The rows of one table as text, as many in a piece as are read at once."""
    if part.table == TRACKS and not has_consent(session, person.id, ConsentKind.LANDMARKS):
        return  # They go when the consent goes; should one be left, it does not travel.
    shape = shape_of(part.table)
    write = row_writer([each.kind for each in shape.fields])
    found = session.execute(rows_of(shape, person.id), execution_options={"yield_per": ROWS_AT_ONCE})
    for rows in found.partitions():
        yield ",\n".join([write(row) for row in rows])


def _people(session: Session, ids: set[UUID]) -> str:
    """Those of these people who are still here, by id, as they are named in the document."""
    rows = session.execute(select(Person.id, Person.role, Person.name).where(Person.id.in_(ids)).order_by(Person.id))
    return ",".join(f"\n{text({'id': str(row.id), 'role': row.role, 'name': row.name})}" for row in rows)
