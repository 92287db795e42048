"""One value of a record in JSON and back. Pure.

Ids are lower-case UUIDs with dashes; instants are UTC, `2026-03-10T12:00:00Z`, with a fraction only where there is one;
days are `2026-03-10`; bytes are base64. Reading is strict: a value of another type is refused, never guessed, and a
number is finite and not larger than any of ours.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

LARGEST_WHOLE: Final = 2**31 - 1
"""What a column of whole numbers holds on either engine."""
LARGEST_NUMBER: Final = 1e15
"""Larger numbers would come back from one engine as whole ones and from the other not."""
LONGEST_TEXT: Final = 200_000
DEEPEST: Final = 12
"""Documents of ours are six deep."""
MOST_BYTES: Final = 8_000_000
"""A packed track of an hour has five million."""
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200


class ValueKind(StrEnum):
    """What a column holds."""

    ID = "id"
    INSTANT = "instant"
    DAY = "day"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes_no"
    TEXT = "text"
    DOCUMENT = "document"
    BYTES = "bytes"


class WrongValueError(ValueError):
    """A value that cannot be what its column holds. The message is a sentence without the value itself."""


def row_writer(kinds: Sequence[ValueKind]) -> Callable[[Sequence[Any]], str]:
    """What writes the rows of one table, whose columns are of these kinds, as JSON text. Years go through it: only what
    JSON does not know is looked at value by value.
    """
    said = [(place, _WRITE[kind]) for place, kind in enumerate(kinds) if kind in _WRITE]

    def write(row: Sequence[Any]) -> str:
        values = list(row)
        for place, say in said:
            if values[place] is not None:
                values[place] = say(values[place])
        written = text(values)
        # PostgreSQL keeps no sign of zero in a document. It is rare; looking for it in the text is cheap.
        return text(_without_signed_zero(values)) if "-0.0" in written else written

    return write


def from_json(kind: ValueKind, value: Any) -> Any:
    """As the database takes it. Raises WrongValueError; None is not looked at here."""
    return _READ[kind](value)


def instant_text(value: datetime) -> str:
    """An instant as it is written everywhere in an export."""
    return value.astimezone(UTC).isoformat()[: -len("+00:00")] + "Z"


def text(value: Any) -> str:
    """Any plain value as JSON text, keys in their order: PostgreSQL keeps none of its own."""
    return _ENCODER.encode(value)


def _without_signed_zero(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_signed_zero(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_signed_zero(each) for each in value]
    return 0.0 if isinstance(value, float) and value == 0 else value


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))

_WRITE: Final[Mapping[ValueKind, Callable[[Any], str]]] = MappingProxyType(
    {
        ValueKind.ID: str,
        ValueKind.INSTANT: instant_text,
        ValueKind.DAY: date.isoformat,
        ValueKind.BYTES: lambda value: base64.b64encode(value).decode("ascii"),
    }
)
"""Of what JSON has no kind of its own for."""


def _id(value: Any) -> UUID:
    try:
        found = UUID(value)
    except (ValueError, AttributeError, TypeError):
        found = None
    if found is None or str(found) != value:
        raise WrongValueError("is not an id (a UUID in lower case)")
    return found


def _instant(value: Any) -> datetime:
    if not isinstance(value, str) or not value.endswith("Z"):
        raise WrongValueError("is not an instant in UTC such as 2026-03-10T12:00:00Z")
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise WrongValueError("is not an instant in UTC such as 2026-03-10T12:00:00Z") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR or instant_text(found) != value:
        raise WrongValueError("is not an instant in UTC such as 2026-03-10T12:00:00Z")
    return found


def _day(value: Any) -> date:
    try:
        found = date.fromisoformat(value)
    except (ValueError, TypeError):
        raise WrongValueError("is not a day such as 2026-03-10") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR or found.isoformat() != value:
        raise WrongValueError("is not a day such as 2026-03-10")
    return found


def _whole(value: Any) -> int:
    if type(value) is not int or abs(value) > LARGEST_WHOLE:
        raise WrongValueError("is not a whole number within bounds")
    return value


def _number(value: Any) -> float:
    if type(value) not in (int, float) or not _is_bounded(value):
        raise WrongValueError("is not a number within bounds")
    return float(value)


def _is_bounded(value: float) -> bool:
    # Compared before anything is converted: a whole number of four hundred digits has no float.
    return -LARGEST_NUMBER <= value <= LARGEST_NUMBER and (isinstance(value, int) or math.isfinite(value))


def _yes_no(value: Any) -> bool:
    if type(value) is not bool:
        raise WrongValueError("is neither true nor false")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise WrongValueError("is not a text")
    if len(value) > LONGEST_TEXT:
        raise WrongValueError("is longer than any text of ours")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise WrongValueError("holds half a character") from None
    if "\0" in value:
        raise WrongValueError("holds a character that no database keeps")
    return value


def _document(value: Any) -> Any:
    _check_document(value, DEEPEST)
    return value


def _check_document(value: Any, deeper: int) -> None:
    if deeper < 0:
        raise WrongValueError("is nested more deeply than any document of ours")
    if isinstance(value, dict):
        for key, each in value.items():
            _text(key)
            _check_document(each, deeper - 1)
    elif isinstance(value, list):
        for each in value:
            _check_document(each, deeper - 1)
    elif isinstance(value, str):
        _text(value)
    elif type(value) in (int, float) and not _is_bounded(value):
        raise WrongValueError("holds a number that is not within bounds")


def _bytes(value: Any) -> bytes:
    if not isinstance(value, str):
        raise WrongValueError("is not base64")
    try:
        found = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise WrongValueError("is not base64") from None
    if len(found) > MOST_BYTES:
        raise WrongValueError("is larger than anything of ours")
    return found


_READ: Final[Mapping[ValueKind, Callable[[Any], Any]]] = MappingProxyType(
    {
        ValueKind.ID: _id,
        ValueKind.INSTANT: _instant,
        ValueKind.DAY: _day,
        ValueKind.WHOLE: _whole,
        ValueKind.NUMBER: _number,
        ValueKind.YES_NO: _yes_no,
        ValueKind.TEXT: _text,
        ValueKind.DOCUMENT: _document,
        ValueKind.BYTES: _bytes,
    }
)
