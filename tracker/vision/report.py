"""The result of one set as a table for a terminal: what counted, what did not and why. Seconds and degrees."""

from __future__ import annotations

import sys
from gettext import gettext as _
from typing import Any

from rich.console import Console
from rich.table import Table

from tracker.vision.wording import GATE, REASONS, words

_WIDTH = 120  # columns for a file or a pipe, where nothing is too wide
_WORTH_TELLING_S = 0.1


def print_report(result: dict[str, Any], console: Console | None = None) -> None:
    """Print the result of `tracker.vision.analysis.analyze`."""
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    is_hold = result["kind"] == "hold"
    if result["holds"] or result["repetitions"]:
        console.print(_hold_table(result) if is_hold else _repetition_table(result))
    for line in _lines(result):
        console.print(line, markup=False)


def _repetition_table(result: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (_("no."), _("start"), _("peak"), _("end")):
        table.add_column(title, justify="right")
    for title in (_("side"), _("range"), _("tempo"), _("score"), _("verdict")):
        table.add_column(title, justify="right" if title == _("score") else "left")
    for repetition in result["repetitions"]:
        reached, tempo = repetition["range"], repetition["tempo"]
        unit = "°" if reached["unit"] == "deg" else f" {reached['unit']}"
        table.add_row(
            str(repetition["number"]),
            *(f"{repetition[key]:.1f}" for key in ("start", "peak", "end")),
            repetition["side"],
            f"{_number(reached['start'])} → {_number(reached['peak'])}{unit}",
            " / ".join(f"{tempo[key]:.1f}" for key in ("out_s", "peak_s", "back_s")),
            str(repetition["score"]),
            _verdict(repetition),
            style=None if repetition["counted"] else "yellow",
        )
    return table


def _hold_table(result: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (_("no."), _("start"), _("end"), _("held")):
        table.add_column(title, justify="right")
    for title in (_("side"), _("verdict")):
        table.add_column(title)
    for number, hold in enumerate(result["holds"], start=1):
        table.add_row(
            str(number),
            f"{hold['start']:.1f}",
            f"{hold['end']:.1f}",
            f"{hold['held_s']:.1f} s",
            hold["side"],
            _verdict(hold),
            style=None if hold["counted"] else "yellow",
        )
    return table


def _verdict(judged: dict[str, Any]) -> str:
    faults = [fault["key"].replace("_", " ") for fault in judged["faults"]]
    mark = "✓" if judged["counted"] else "✗"
    return f"{mark} {words(REASONS, judged['reason'])}" + (f" ({', '.join(faults)})" if faults else "")


def _lines(result: dict[str, Any]) -> list[str]:
    lines = [_headline(result)]
    blind = ", ".join(
        f"{words(GATE, reason)} {seconds:.1f} s"
        for reason, seconds in result["gate"].items()
        if seconds >= _WORTH_TELLING_S
    )
    if blind:
        lines.append(_("Could not tell: {blind}").format(blind=blind))
    if result.get("source", {}).get("broken_off"):
        lines.append(_("The file breaks off before its stated end; what is there was counted."))
    timings = result["timings"]
    lines.append(
        _("{frames} frames in {wall:.1f} s ({fps:.0f} a second), engine {version}").format(
            frames=timings["frames"], wall=timings["wall_s"], fps=timings["fps_processed"],
            version=result["engine_version"],
        )
    )  # fmt: skip
    return lines


def _headline(result: dict[str, Any]) -> str:
    if result["kind"] == "hold":
        text = _("{exercise}: {count} holds, {held:.1f} s held")
    else:
        text = _("{exercise}: {count} repetitions, {partial} partial")
    return text.format(
        exercise=result["exercise"], count=result["count"], held=result["held_s"], partial=result["partial"]
    )


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2f}"  # noqa: PLR2004 - degrees, or shares of a body length
