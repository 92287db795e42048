"""The result of `tracker evaluate` as a table for a terminal: a row per clip and what they come to. Shares in percent.

Verdicts are signs with a meaning of their own, so nothing depends on colour: ✓ exact, ± off by one, ✗ worse, - not
judged, ! could not be read.
"""

from __future__ import annotations

import sys
from gettext import gettext as _
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tracker.vision.evaluation import EVALUATED, FAILED, NEGATIVE, NOT_IN_LIBRARY
from tracker.vision.wording import GATE, words

_WIDTH = 200  # columns for a file or a pipe, where nothing is too wide
_WORTH_TELLING_S = 0.1
_STYLES = {"±": "yellow", "✗": "red", "!": "red", "-": "dim"}


def print_evaluation(result: dict[str, Any], console: Console | None = None) -> None:
    """Print the result of `tracker.vision.evaluation.evaluate`."""
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    if result["clips"]:
        console.print(_table(result["clips"]))
    for line in _lines(result["total"]):
        console.print(line, markup=False)


def _table(entries: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("")
    for title in (_("clip"), _("exercise")):
        table.add_column(title, overflow="fold")
    for title in (_("true"), _("counted"), _("partial"), _("correct"), _("can't tell"), _("ms/frame")):
        table.add_column(title, justify="right")
    table.add_column(_("notes"), overflow="fold")
    for entry in entries:
        sign = _sign(entry)
        cells = (
            sign,
            entry["file"],
            _exercise(entry),
            _whole(entry["reps"]),
            _whole(entry["false_reps"] if entry["status"] == NEGATIVE else entry["counted"]),
            _whole(entry["false_partials"] if entry["status"] == NEGATIVE else entry["partial"]),
            _whole(entry["correct"]),
            percent(entry["cannot_tell_share"]),
            "" if entry["ms_per_frame"] is None else f"{entry['ms_per_frame']:.3f}",
            _notes(entry),
        )
        table.add_row(*map(escape, cells), style=_STYLES.get(sign))
    return table


def _sign(entry: dict[str, Any]) -> str:
    if entry["status"] == FAILED:
        return "!"
    if entry["status"] == NOT_IN_LIBRARY:
        return "-"
    if entry["status"] == NEGATIVE:
        return "✗" if entry["false_reps"] else "✓"
    return "✓" if entry["exact"] else "±" if entry["off_by_one"] else "✗"


def _exercise(entry: dict[str, Any]) -> str:
    if entry["exercise"] is None:
        return _("none: {number} tried").format(number=len(entry["by_exercise"]))
    return f"{entry['exercise']} ({entry['side']})" if entry["side"] else str(entry["exercise"])


def _notes(entry: dict[str, Any]) -> str:
    if entry["status"] == FAILED:
        return str(entry["problem"])
    if entry["status"] == NOT_IN_LIBRARY:
        return _("not in the library")
    false = [name for name, one in entry["by_exercise"].items() if one["counted"]]
    notes = [_("counted as {names}").format(names=", ".join(false))] if false else []
    if entry["status"] == EVALUATED:
        notes += [
            f"{words(GATE, reason)} {seconds:.1f} s"
            for reason, seconds in entry["gate"].items()
            if seconds >= _WORTH_TELLING_S
        ]
    if entry["not_in_library"]:
        notes.append(_("{number} not in the library").format(number=len(entry["not_in_library"])))
    return ", ".join(notes)


def _lines(total: dict[str, Any]) -> list[str]:
    lines = [
        _("{clips} clips: {exact} exact, {obo} off by at most one, mean relative error {mae}, could not tell {blind}")
        .format(clips=total["clips"], exact=_known(total["exact"]), obo=_known(total["obo"]),
                mae=_known(total["mae"]), blind=_known(total["cannot_tell"])),
        _("Good full repetitions: {exact} of the clips exact, mean error {mae} of the repetitions attempted")
        .format(exact=_known(total["correct_exact"]), mae=_known(total["correct_mae"])),
        _("{negatives} negative controls: {reps} false repetitions, {partials} false partial ones, {rate} a minute")
        .format(negatives=total["negatives"], reps=total["false_reps"], partials=total["false_partials"],
                rate="-" if total["false_reps_per_min"] is None else f"{total['false_reps_per_min']:.2f}"),
    ]  # fmt: skip
    if total["ms_per_frame"] is not None:
        lines.append(_("Engine: {ms:.3f} ms a frame").format(ms=total["ms_per_frame"]))
    for key, text in (
        ("not_in_library", _("{number} clips are not in the library and not part of the totals.")),
        ("failed", _("{number} clips could not be read.")),
    ):
        if total[key]:
            lines.append(text.format(number=total[key]))
    return lines


def percent(share: float | None) -> str:
    """0.125 as “12.5 %”; nothing where it is not known."""
    return "" if share is None else f"{100 * share:.1f} %"


def _known(share: float | None) -> str:
    return percent(share) or "-"


def _whole(number: int | None) -> str:
    return "" if number is None else str(number)
