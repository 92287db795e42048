"""A text that somebody will open in a spreadsheet. Pure.

A spreadsheet runs what begins with one of a few signs as a formula, wherever it came from: a note that begins with "="
could send the rest of the table elsewhere. Text that begins so gets an apostrophe in front, which a spreadsheet takes
for "this is text".
"""

from __future__ import annotations

from typing import Final

RUNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""Signs with which a formula or a command begins, in full width as well."""


def guarded(text: str) -> str:
    """A text that no spreadsheet runs."""
    bare = text.lstrip(" \u00a0\ufeff")
    return f"'{text}" if bare.startswith(RUNS) or text.startswith(RUNS) else text
