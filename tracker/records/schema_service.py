"""The declared record (`tables.py`) as the schema knows it: columns with their kinds, and which rows are whose.

The tables come from the metadata that all rooms share, by name. Importing their classes is not possible for all of
them: the physiotherapist's room and this one do not see each other, and neither may.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import JSON, Boolean, Date, Float, Integer, LargeBinary, String, Uuid, or_, select

from tracker.db import Base, EncryptedText, UtcDateTime
from tracker.records.tables import EXERCISES, MENTIONS_EXERCISES, PARTS, PERSON, Part, part_of
from tracker.records.values import ValueKind

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Column, ColumnElement, Select, Table
    from sqlalchemy.orm import Session

_KINDS: Final[tuple[tuple[type[Any], ValueKind], ...]] = (
    (UtcDateTime, ValueKind.INSTANT),
    (EncryptedText, ValueKind.TEXT),
    (Uuid, ValueKind.ID),
    (Boolean, ValueKind.YES_NO),
    (Integer, ValueKind.WHOLE),
    (Float, ValueKind.NUMBER),
    (Date, ValueKind.DAY),
    (JSON, ValueKind.DOCUMENT),
    (LargeBinary, ValueKind.BYTES),
    (String, ValueKind.TEXT),
)


@dataclass(frozen=True, slots=True)
class Field:
    """One column that travels. `refers`: the table whose row must be there (a foreign key); `length`: of a text that is
    not encrypted.
    """

    name: str
    kind: ValueKind
    optional: bool
    refers: str | None
    length: int | None


@dataclass(frozen=True, slots=True)
class Shape:
    """One part of a record with its columns, in the order of the table."""

    part: Part
    fields: tuple[Field, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields)

    @property
    def people(self) -> tuple[str, ...]:
        """The columns that name somebody: who wrote, decided, corrected."""
        return tuple(each.name for each in self.fields if PERSON in {each.refers, self.part.loose.get(each.name)})


def table(name: str) -> Table:
    """The table with this name. Raises KeyError where the rooms of the application are not loaded."""
    return Base.metadata.tables[name]


@cache
def shape_of(name: str) -> Shape:
    """The columns of one part that travel."""
    part = part_of(name)
    left_out = {*part.omitted, *({part.whose} if part.is_the_persons else ())}
    return Shape(part, tuple(_field(column) for column in table(name).columns if column.name not in left_out))


def shapes(parts: Sequence[Part] = PARTS) -> tuple[Shape, ...]:
    """The same of several parts."""
    return tuple(shape_of(part.table) for part in parts)


def _field(column: Column[Any]) -> Field:
    refers = next((key.column.table.name for key in column.foreign_keys), None)
    kind = next(kind for of, kind in _KINDS if isinstance(column.type, of))
    length = None if isinstance(column.type, EncryptedText) else getattr(column.type, "length", None)
    return Field(column.name, kind, bool(column.nullable), refers, length if kind is ValueKind.TEXT else None)


def key_of(name: str) -> Column[Any]:
    """The column by which rows of other tables refer to rows of this one."""
    return next(iter(table(name).primary_key.columns))


def theirs(part: Part, person_id: UUID) -> ColumnElement[bool]:
    """Which rows of a part are this person's."""
    if part.table == EXERCISES[0].table:
        return _mentioned_exercises(person_id)
    column = table(part.table).c[part.whose]
    if part.of is None:
        return or_(column == person_id, *(table(part.table).c[name] == person_id for name in part.also))
    return column.in_(select(key_of(part.of)).where(theirs(part_of(part.of), person_id)))


def _mentioned_exercises(person_id: UUID) -> ColumnElement[bool]:
    """The own exercises of the person's clinic that their record names."""
    exercise, person = table(EXERCISES[0].table), table(PERSON)
    named = [
        exercise.c.slug.in_(select(table(name).c[column]).where(theirs(part_of(name), person_id)))
        for name, column in MENTIONS_EXERCISES
    ]
    clinic = select(person.c.clinic_id).where(person.c.id == person_id).scalar_subquery()
    return (exercise.c.clinic_id == clinic) & or_(*named)


def rows_of(shape: Shape, person_id: UUID) -> Select[Any]:
    """The rows of one part that are this person's, in their stable order."""
    there = table(shape.part.table)
    order = [there.c[name] for name in shape.part.order]
    return select(*(there.c[name] for name in shape.names)).where(theirs(shape.part, person_id)).order_by(*order)


def people_named(session: Session, person_id: UUID, parts: Sequence[Part]) -> set[UUID]:
    """Everybody else whom these parts of the record name."""
    found: set[UUID] = set()
    for part in parts:
        for name in shape_of(part.table).people:
            column = table(part.table).c[name]
            found.update(session.scalars(select(column).where(theirs(part, person_id), column.is_not(None)).distinct()))
    return found - {person_id}
