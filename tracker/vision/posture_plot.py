"""Pictures of a posture recording: the index over time with its labelled stretches, and the ROC curve.

Built like `tracker.vision.plot`, as Vega-Lite drawn to SVG without any network. Colour never stands alone: every
stretch carries its label, the curves of the ROC differ in line style. Limits: frames that are no film (shuffled,
cut together) are drawn in the order of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from gettext import gettext as _
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import altair as alt

from tracker.vision.outputs import write_text
from tracker.vision.plot import INK, QUIET, data_of, dressed, svg_of
from tracker.vision.posture_labels import Sat, meaning
from tracker.vision.posture_scoring import OPERATING_SCORE, Scored

if TYPE_CHECKING:
    from tracker.vision.posture_evaluation import Drawn

_COLOURS: Final = {
    Sat.GOOD: "#2f7d4f", Sat.SLOUCH: "#d1492e", Sat.SIDEWAYS: "#9a6400", Sat.BACK: "#5b676d", Sat.OUT: "#9aa3a7",
}  # fmt: skip
_WIDTH, _HEIGHT, _SQUARE = 960, 260, 420
_LETTER_PX = 6.2
_CUT = (-1.0, 3.0)
"""The index is drawn within this; a frame far outside lies at the edge."""
_INDEX, _GAP = "index", "ear-shoulder gap"


def save_posture_plots(entry: dict[str, Any], drawn: Drawn, folder: Path, number: int) -> list[str]:
    """Write the pictures of one recording; gives their names. Raises `OutputError`."""
    stem = f"{number}-{Path(entry['file']).stem}"
    names = [f"{stem}-index.svg"]
    write_text(folder / names[0], svg_of(_over_time(entry, drawn)))
    if entry["auroc"] is not None:
        names.append(f"{stem}-roc.svg")
        write_text(folder / names[1], svg_of(_roc(entry, drawn.scored)))
    return names


def _over_time(entry: dict[str, Any], drawn: Drawn) -> Any:
    times = drawn.recording.times_s - drawn.recording.times_s[0]
    last = max(float(times[-1]), 0.001)
    x = alt.X("t:Q", title=_("seconds"), scale=alt.Scale(domain=[0, last], nice=False))
    stretches = _stretches(drawn, times.tolist(), last)
    low, high = _CUT
    points = [
        {"t": float(times[one.frame]), "value": min(high, max(low, one.index))}
        for one in drawn.scored
        if one.index is not None
    ]
    layers = [
        alt.Chart(data_of(stretches)).mark_rect(opacity=0.14).encode(
            x=alt.X("from:Q", scale=alt.Scale(domain=[0, last], nice=False)), x2="to:Q",
            color=alt.Color("colour:N", scale=None),
        ),
        alt.Chart(data_of([one for one in stretches if one["fits"]])).mark_text(
            baseline="bottom", fontSize=11, color=INK, dy=-4
        ).encode(x=alt.X("middle:Q"), y=alt.value(0), text="name:N"),
        alt.Chart(data_of([one for one in stretches if not one["fits"]])).mark_text(
            angle=270, align="left", baseline="middle", fontSize=10, color=INK
        ).encode(x=alt.X("middle:Q"), y=alt.value(_HEIGHT - 6), text="name:N"),
        alt.Chart(data_of([{"y": 0.0, "said": _("calm pose")}, {"y": 1.0, "said": _("own slouch")}])).mark_rule(
            strokeDash=[5, 4], color=QUIET
        ).encode(y="y:Q"),
        alt.Chart(data_of(points)).mark_circle(size=10, color=INK, opacity=0.8).encode(
            x=x, y=alt.Y("value:Q", title=_("index: 0 calm pose, 1 own slouch"), scale=alt.Scale(domain=[low, high]))
        ),
    ]  # fmt: skip
    chart = alt.layer(*layers).properties(width=_WIDTH, height=_HEIGHT)
    blind = entry["cannot_tell"]["share"] or 0.0
    subtitle = _(
        "{scored} frames scored, {good} good and {slouch} slouch frames calibrated on · could not tell {blind:.1%}"
    )
    calibrated = entry["calibrated_frames"]
    told = subtitle.format(
        scored=entry["scored"], good=calibrated["good"], slouch=calibrated["slouch"], blind=blind
    )  # fmt: skip
    return dressed(chart, entry["file"], told, offset=24)


def _stretches(drawn: Drawn, times: list[float], last: float) -> list[dict[str, Any]]:
    """Runs of one label with their colour; ``fits``: the name is no wider than the stretch."""
    found: list[dict[str, Any]] = []
    start = 0
    for label, run in groupby(drawn.recording.labels):
        end = start + sum(1 for _one in run)
        if label is not None:
            until = times[end] if end < len(times) else last
            name = label.replace("_", " ")
            fits = len(name) * _LETTER_PX < (until - times[start]) / last * _WIDTH
            found.append({
                "from": times[start], "to": until, "middle": (times[start] + until) / 2,
                "colour": _COLOURS[meaning(label)], "name": name, "fits": fits,
            })  # fmt: skip
        start = end
    return found


def _roc(entry: dict[str, Any], scored: Sequence[Scored]) -> Any:
    asked = [one for one in scored if one.index is not None and one.sat in (Sat.GOOD, Sat.SLOUCH)]
    curves = {_INDEX: [(one.index or 0.0, one.sat is Sat.SLOUCH) for one in asked]}
    if entry["auroc_gap"] is not None:
        curves[_GAP] = [(-one.gap, one.sat is Sat.SLOUCH) for one in asked if one.gap is not None]
    rows = [
        {"fpr": fpr, "tpr": tpr, "by": _(name), "order": order}
        for name, values in curves.items()
        for order, (fpr, tpr) in enumerate(roc_points(values))
    ]
    names = [_(name) for name in curves]
    axis = alt.Scale(domain=[0, 1], nice=False)
    line = alt.Chart(data_of(rows)).mark_line(strokeWidth=2, interpolate="linear").encode(
        x=alt.X("fpr:Q", title=_("share of good frames told"), scale=axis),
        y=alt.Y("tpr:Q", title=_("share of slouch frames told"), scale=axis),
        order="order:Q",
        color=alt.Color("by:N", title=None, scale=alt.Scale(domain=names, range=["#0f5b5a", "#d1492e"])),
        strokeDash=alt.StrokeDash("by:N", title=None, scale=alt.Scale(domain=names, range=[[1, 0], [6, 3]])),
    )  # fmt: skip
    layers = [line]
    if entry["specificity"] is not None and entry["sensitivity"] is not None:
        point = {"fpr": 1 - entry["specificity"], "tpr": entry["sensitivity"]}
        layers.append(
            alt.Chart(data_of([point])).mark_point(size=90, filled=True, color=INK).encode(x="fpr:Q", y="tpr:Q")
        )
    chart = alt.layer(*layers).properties(width=_SQUARE, height=_SQUARE)
    gap = "" if entry["auroc_gap"] is None else _(" · ear-shoulder gap alone {auroc:.3f}").format(
        auroc=entry["auroc_gap"])  # fmt: skip
    told = _("AUROC {auroc:.3f}{gap} · dot: frame score below {score}").format(
        auroc=entry["auroc"], gap=gap, score=OPERATING_SCORE
    )
    return dressed(chart, entry["file"], told, offset=24)


def roc_points(values: Sequence[tuple[float, bool]]) -> list[tuple[float, float]]:
    """Corners of the ROC curve from (value, is a slouch); equal values are one step."""
    slouches = sum(1 for _value, slouch in values if slouch)
    goods = len(values) - slouches
    points = [(0.0, 0.0)]
    told_good = told_slouch = 0
    for _height, group in groupby(sorted(values, key=lambda one: -one[0]), key=lambda one: one[0]):
        for _same, slouch in group:
            told_slouch += slouch
            told_good += not slouch
        points.append((told_good / max(goods, 1), told_slouch / max(slouches, 1)))
    return points
