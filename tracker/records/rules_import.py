"""Reads the document that `json_service` writes, strictly: what it is, which version, every table, column, row and
value, and that whatever it refers to is in it. Pure: no database, no clock.

What a document may cost is bounded before anything is made of it: its size, how deep it is nested, how long its numbers
are, how many rows a table has. A key that is there twice, a table or column too many or too few, a value of another
type: each is refused with its place. `here` is what happened in another installation; it is not looked at.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tracker.records.errors import RefusedRecordError
from tracker.records.tables import EXERCISES, FORMAT, PERSON, RECORD, VERSION, Part
from tracker.records.values import ValueKind, WrongValueError, from_json

LARGEST_FILE: Final = 256_000_000
"""Bytes. A year of everything has some fifty million."""
MOST_ROWS: Final = 1_000_000
MOST_PEOPLE: Final = 500
LONGEST_NAME: Final = 200
STAFF_ROLES: Final = ("physio", "admin")
_TOP: Final = frozenset({"format", "version", "person", "people", "record", "exercises"})
_READ_ONLY: Final = "here"


@dataclass(frozen=True, slots=True)
class Column:
    """What one column of a document must hold. `refers`: whose ids; `length`: of its text, None where nobody says."""

    name: str
    kind: ValueKind
    optional: bool
    refers: str | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody of the staff whom the record names."""

    id: UUID
    role: str
    name: str


Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Incoming:
    """A document that can be believed as far as it goes by itself: typed rows by table, in the document's order."""

    person_id: UUID
    people: tuple[Named, ...]
    rows: Mapping[str, Sequence[Row]]


def read(content: bytes, columns: Mapping[str, Sequence[Column]]) -> Incoming:
    """The document in these bytes. `columns`: of every table that may come. Raises RefusedRecordError."""
    document = _parsed(content)
    _check_envelope(document)
    person_id = _value(ValueKind.ID, document["person"], "person")
    people = _people(document["people"], person_id)
    found: dict[str, Sequence[Row]] = {}
    for section, parts in (("record", RECORD), ("exercises", EXERCISES)):
        found |= _section(section, document[section], parts, columns)
    incoming = Incoming(person_id, people, found)
    _check_person(incoming)
    _check_references(incoming, columns)
    return incoming


# ---------------------------------------------------------------------------------------------- the document


def _parsed(content: bytes) -> dict[str, Any]:
    if len(content) > LARGEST_FILE:
        raise RefusedRecordError("The file", f"is larger than {LARGEST_FILE // 1_000_000} megabytes")
    try:
        document = json.loads(content.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_once)
    except UnicodeDecodeError:
        raise RefusedRecordError("The file", "is not UTF-8") from None
    except RecursionError:
        raise RefusedRecordError("The file", "is nested too deeply") from None
    except RefusedRecordError:
        raise
    except ValueError:
        # The message of the reader would quote the document.
        raise RefusedRecordError("The file", "is not JSON that this program reads") from None
    if not isinstance(document, dict):
        raise RefusedRecordError("The file", "does not hold a record")
    return document


def _refuse_constant(_name: str) -> Any:
    raise RefusedRecordError("The file", "holds a number that is none (NaN or infinity)")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RefusedRecordError("The file", "says something twice: a key comes up again in the same object")
    return found


def _check_envelope(document: Mapping[str, Any]) -> None:
    if document.get("format") != FORMAT:
        raise RefusedRecordError("format", f"is not {FORMAT}: this is no record of this program")
    if type(document.get("version")) is not int or document["version"] != VERSION:
        raise RefusedRecordError("version", f"is not {VERSION}, the one that this program reads")
    missing = sorted(_TOP - document.keys())
    if missing:
        raise RefusedRecordError(missing[0], "is missing")
    if document.keys() - _TOP - {_READ_ONLY}:
        raise RefusedRecordError("The file", "has a part that no record has")


def _people(given: Any, person_id: UUID) -> tuple[Named, ...]:
    if not isinstance(given, list) or len(given) > MOST_PEOPLE:
        raise RefusedRecordError("people", f"is not a list of at most {MOST_PEOPLE}")
    found = [_named(each, f"people, entry {number}") for number, each in enumerate(given, start=1)]
    ids = {each.id for each in found}
    if len(ids) != len(found) or person_id in ids:
        raise RefusedRecordError("people", "names somebody twice")
    return tuple(found)


def _named(given: Any, place: str) -> Named:
    if not isinstance(given, dict) or given.keys() != {"id", "role", "name"}:
        raise RefusedRecordError(place, "is not an id, a role and a name")
    identity = _value(ValueKind.ID, given["id"], f"{place}, id")
    name = _value(ValueKind.TEXT, given["name"], f"{place}, name")
    if given["role"] not in STAFF_ROLES:
        raise RefusedRecordError(f"{place}, role", "is neither physio nor admin")
    if not name.strip() or len(name) > LONGEST_NAME:
        raise RefusedRecordError(f"{place}, name", f"is empty or longer than {LONGEST_NAME} characters")
    return Named(identity, given["role"], name)


# ---------------------------------------------------------------------------------------------- tables


def _section(
    section: str, given: Any, parts: Sequence[Part], columns: Mapping[str, Sequence[Column]]
) -> dict[str, list[Row]]:
    if not isinstance(given, dict):
        raise RefusedRecordError(section, "is not an object of tables")
    wanted = {part.table for part in parts}
    missing = sorted(wanted - given.keys())
    if missing:
        raise RefusedRecordError(f"{section}.{missing[0]}", "is missing")
    if given.keys() - wanted:
        raise RefusedRecordError(section, "has a table that this program does not know")
    return {part.table: _table(f"{section}.{part.table}", given[part.table], columns[part.table]) for part in parts}


def _table(place: str, given: Any, columns: Sequence[Column]) -> list[Row]:
    if not isinstance(given, dict) or given.keys() != {"columns", "rows"}:
        raise RefusedRecordError(place, "is not columns and rows")
    if given["columns"] != [each.name for each in columns]:
        raise RefusedRecordError(f"{place}, columns", "are not the ones of this version")
    rows = given["rows"]
    if not isinstance(rows, list) or len(rows) > MOST_ROWS:
        raise RefusedRecordError(f"{place}, rows", f"is not a list of at most {MOST_ROWS}")
    return [_row(f"{place}, row {number}", row, columns) for number, row in enumerate(rows, start=1)]


def _row(place: str, given: Any, columns: Sequence[Column]) -> Row:
    if not isinstance(given, list) or len(given) != len(columns):
        raise RefusedRecordError(place, "does not have one value for each column")
    found: Row = {}
    for column, value in zip(columns, given, strict=True):
        if value is None:
            if not column.optional:
                raise RefusedRecordError(f"{place}, {column.name}", "is missing")
            found[column.name] = None
            continue
        try:
            taken = from_json(column.kind, value)
        except WrongValueError as error:
            raise RefusedRecordError(f"{place}, {column.name}", str(error)) from None
        if column.length is not None and len(taken) > column.length:
            raise RefusedRecordError(f"{place}, {column.name}", f"is longer than {column.length} characters")
        found[column.name] = taken
    return found


def _value(kind: ValueKind, given: Any, place: str) -> Any:
    try:
        return from_json(kind, given)
    except WrongValueError as error:
        raise RefusedRecordError(place, str(error)) from None


# ---------------------------------------------------------------------------------------------- what refers to what


def _check_person(incoming: Incoming) -> None:
    rows = incoming.rows[PERSON]
    if len(rows) != 1 or rows[0]["id"] != incoming.person_id:
        raise RefusedRecordError("record.person", "is not the one row of the person whose record it is")


def _check_references(incoming: Incoming, columns: Mapping[str, Sequence[Column]]) -> None:
    """Every id that must be there is there: in the document, or among the people it names."""
    known: dict[str, set[Any]] = {
        PERSON: {incoming.person_id, *(each.id for each in incoming.people)},
    }
    named: set[Any] = set()
    for section, parts in (("exercises", EXERCISES), ("record", RECORD)):
        for part in parts:
            refers = [each for each in columns[part.table] if each.refers is not None]
            for number, row in enumerate(incoming.rows[part.table], start=1):
                place = f"{section}.{part.table}, row {number}"
                for column in refers:
                    value = row[column.name]
                    if value is not None and value not in known.get(column.refers or "", ()):
                        raise RefusedRecordError(f"{place}, {column.name}", "refers to something outside the record")
                    if column.refers == PERSON:
                        named.add(value)
            if part.table != PERSON and any(each.name == "id" for each in columns[part.table]):
                known[part.table] = _ids(f"{section}.{part.table}", incoming.rows[part.table])
    if {each.id for each in incoming.people} - named:
        raise RefusedRecordError("people", "names somebody who is not in the record")


def _ids(place: str, rows: Sequence[Row]) -> set[Any]:
    found = {row["id"] for row in rows}
    if len(found) != len(rows):
        raise RefusedRecordError(place, "has two rows with the same id")
    return found
