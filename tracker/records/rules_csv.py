"""One cell of a table that somebody will open in a spreadsheet. Pure.

Text is guarded (`web.cells`). Numbers are ours and stay numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final

from tracker.records.values import instant_text
from tracker.web.cells import guarded


def cell(value: Any) -> str:
    """The text of a cell; None is empty, yes and no are words, instants are UTC."""
    write = _WRITE.get(type(value))
    return guarded(str(value)) if write is None else write(value)


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
