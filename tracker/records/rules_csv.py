"""One cell of a table that somebody will open in a spreadsheet. Pure.

A spreadsheet runs what begins with one of a few signs as a formula, wherever it came from: a note that begins with "="
could send the rest of the table elsewhere. Text that begins so gets an apostrophe in front, which a spreadsheet takes
for "this is text". Numbers are ours and stay numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from tracker.records.values import instant_text

RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Signs with which a formula or a command begins, in full width as well."""


def cell(value: Any) -> str:
    """The text of a cell; None is empty, yes and no are words, instants are UTC."""
    write = _WRITE.get(type(value))
    return guarded(str(value)) if write is None else write(value)


def guarded(text: str) -> str:
    """A text that no spreadsheet runs."""
    bare = text.lstrip(" \u00a0\ufeff")
    return f"'{text}" if bare.startswith(RUNS) or text.startswith(RUNS) else text


_WRITE: Final[Mapping[type[Any], Callable[[Any], str]]] = MappingProxyType(
    {
        type(None): lambda _value: "",
        bool: lambda value: "yes" if value else "no",
        datetime: instant_text,
        date: date.isoformat,
        float: lambda value: f"{value:.6g}",
        int: str,
    }
)
