"""The result of `tracker evaluate-posture` as tables for a terminal: recordings, and synthetic scenes.

Signs have a meaning of their own, so nothing depends on colour: ✓ scored, - not judged, ! could not be read. Shares in
per cent, AUROC 0 to 1, times in seconds.
"""

from __future__ import annotations

import sys
from gettext import gettext as _
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tracker.vision.evaluation_report import percent
from tracker.vision.posture_evaluation import EVALUATED, FAILED
from tracker.vision.wording import GATE, words

_WIDTH = 200  # columns for a file or a pipe, where nothing is too wide
_STYLES = {"!": "red", "-": "dim"}
_WORTH_TELLING = 0.005


def print_posture(result: dict[str, Any], console: Console | None = None) -> None:
    """Print the result of `tracker.vision.posture_evaluation.evaluate_posture`, with or without scenes."""
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    if result["recordings"]:
        console.print(_recordings(result["recordings"]))
    if result["total"] is not None:
        for line in _lines(result):
            console.print(line, markup=False)
    scenes = result.get("scenes")
    if scenes is not None:
        if result["recordings"]:
            console.print()
        console.print(_nuisances(scenes))
        console.print()
        console.print(_slumps(scenes))
        for line in _scene_lines(scenes):
            console.print(line, markup=False)


def _table(texts: tuple[str, ...], numbers: tuple[str, ...], last: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in texts:
        table.add_column(title, overflow="fold")
    for title in numbers:
        table.add_column(title, justify="right")
    for title in last:
        table.add_column(title, overflow="fold")
    return table


def _recordings(entries: list[dict[str, Any]]) -> Table:
    table = _table(
        ("", _("recording"), _("view")),
        (_("scored"), "AUROC", _("gap alone"), _("sensitivity"), _("specificity"), _("can't tell"), _("sideways"),
         _("false/h"), _("hours"), _("noticed")),
        (_("notes"),),
    )  # fmt: skip
    for entry in entries:
        sign = "✓" if entry["status"] == EVALUATED else "!" if entry["status"] == FAILED else "-"
        judged = entry["status"] == EVALUATED
        cells = (
            sign,
            entry["file"],
            entry["view"] or "",
            _number(entry["scored"], "d"),
            _number(entry["auroc"], ".3f"),
            _number(entry["auroc_gap"], ".3f"),
            percent(entry["sensitivity"]),
            percent(entry["specificity"]),
            percent(entry["cannot_tell"]["share"]) if judged else "",
            percent(entry["sideways"]["reported"]) if judged else "",
            _number(entry["false_alarms_per_hour"], ".2f"),
            _number(entry["watched_hours"], ".2f"),
            _noticed(entry["noticed_slouch"]) if judged else "",
            _notes(entry),
        )
        table.add_row(*map(escape, cells), style=_STYLES.get(sign))
    return table


def _noticed(told: dict[str, Any]) -> str:
    if not told["stretches"]:
        return ""
    after = "" if told["median_s"] is None else f", {told['median_s']:.0f} s"
    return f"{told['noticed']}/{told['stretches']}{after}"


def _notes(entry: dict[str, Any]) -> str:
    notes = [str(entry["problem"])] if entry["problem"] else []
    if entry["status"] == EVALUATED:
        notes += [
            f"{words(GATE, reason)} {percent(share)}"
            for reason, share in entry["cannot_tell"]["by_reason"].items()
            if share >= _WORTH_TELLING
        ]
        if entry["confidence"] == "low":
            notes.append(_("low confidence"))
    return ", ".join([*notes, *entry["notes"]])


def _lines(result: dict[str, Any]) -> list[str]:
    total, way = result["total"], result["calibration"]
    told = _("a random tenth, seed {seed}").format(seed=way["seed"]) if "seed" in way else _("the first tenth")
    pose = "" if way["slouch_pose"] else _(", without the slouch pose")
    lines = [
        _("Calibrated on {part} of the good frames and of each kind of slouch{pose}, where an entry says nothing else")
        .format(part=told, pose=pose),
        _("{recordings} recordings: AUROC {mean} on average, {worst} at worst; the ear-shoulder gap alone {gap}")
        .format(recordings=total["recordings"], mean=_number(total["auroc"], ".3f") or "-",
                worst=_number(total["auroc_worst"], ".3f") or "-", gap=_number(total["auroc_gap"], ".3f") or "-"),
        _("At the operating point: sensitivity {sensitivity}, specificity {specificity}; could not tell {blind}")
        .format(sensitivity=percent(total["sensitivity"]) or "-", specificity=percent(total["specificity"]) or "-",
                blind=percent(total["cannot_tell"]) or "-"),
        _("{alarms} false alarms in {hours} hours of good stretches; {noticed} of {stretches} slouches noticed")
        .format(alarms=total["false_alarms"], hours=f"{total['watched_hours']:.1f}",
                noticed=total["slouch_stretches_noticed"], stretches=total["slouch_stretches"]),
    ]  # fmt: skip
    for key, text in (
        ("skipped", _("{number} recordings cannot be judged and are no part of the totals.")),
        ("not_calibrated", _("{number} recordings could not be calibrated.")),
        ("failed", _("{number} recordings could not be read.")),
    ):
        if total[key]:
            lines.append(text.format(number=total[key]))
    return lines


# -- scenes -----------------------------------------------------------------------------------------------------------


def _nuisances(scenes: dict[str, Any]) -> Table:
    table = _table(
        (_("scene without a slump"),),
        (_("hours"), _("false"), _("an hour"), _("calibrate again"), _("can't tell")),
        (_("seeds with a false notice"),),
    )
    for name, one in [*scenes["nuisances"].items(), (_("in total"), scenes["nuisances_total"])]:
        table.add_row(
            name.replace("_", " "), f"{one['hours']:.1f}", str(one["false_notices"]), _number(one["per_hour"], ".2f"),
            str(one["recalibrate"]), percent(one["cannot_tell"]), " ".join(map(str, one["seeds_with_false"][:12])),
        )  # fmt: skip
    return table


def _slumps(scenes: dict[str, Any]) -> Table:
    table = _table(
        (_("held for four minutes"),),
        (_("bodies"), _("in 150 s"), _("median s"), _("95 % s")),
        (_("seeds missed or late"),),
    )
    for name, one in scenes["slumps"].items():
        table.add_row(
            name.replace("_", " "), str(one["trials"]), percent(one["share_in_time"]), _number(one["median_s"], ".0f"),
            _number(one["p95_s"], ".0f"), " ".join(map(str, one["missed_seeds"][:12])),
        )  # fmt: skip
    return table


def _scene_lines(scenes: dict[str, Any]) -> list[str]:
    total = scenes["nuisances_total"]
    lines = [
        _("{bodies} bodies, {hours} hours without a slump: {rate} false notices an hour").format(
            bodies=scenes["bodies"], hours=f"{total['hours']:.1f}", rate=_number(total["per_hour"], ".2f") or "-"
        ),
        _("Asked to calibrate again without a reason: {number} times").format(
            number=total["recalibrate_without_reason"]
        ),
    ]
    heights = {name: percent(share) for name, share in scenes["slump_15_by_height"].items() if share is not None}
    if heights:
        told = ", ".join(f"{name.replace('_', ' ')} {share}" for name, share in heights.items())
        lines.append(_("Slumps of 15 degrees noticed in time by the camera's height: {told}").format(told=told))
    if scenes["not_calibrated"]:
        lines.append(_("{number} bodies could not be calibrated.").format(number=len(scenes["not_calibrated"])))
    return lines


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
