"""What people see of a summary: the table in the terminal and the plot."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tracker.vision import wording
from tracker.vision.camera import has_display, status_line
from tracker.vision.errors import OutputError
from tracker.vision.plot import plot_svg, save_plot
from tracker.vision.report import print_report
from tracker.vision.wording import GATE, gate_sentence, words


def repetition(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "number": number, "start": 2.0 * number, "peak": 2.0 * number + 0.8, "end": 2.0 * number + 1.6, "side": "both",
        "range": {"measure": "elbow_angle", "unit": "deg", "start": 44.0, "peak": 164.0, "value": 120.0,
                  "error": 8.0, "share": 1.0},
        "tempo": {"out_s": 0.8, "peak_s": 0.2, "back_s": 0.8}, "score": 92, "faults": [], "counted": True,
        "reason": "complete", **changes,
    }  # fmt: skip


def summary(**changes: Any) -> dict[str, Any]:
    times = [index / 10 for index in range(80)]
    return {
        "file": "clip.mp4", "exercise": "overhead-press", "engine_version": "1.0.0", "kind": "repetitions",
        "side": "both", "view": "front", "duration_s": 8.0, "count": 1, "counts": {}, "partial": 1, "target": None,
        "repetitions": [
            repetition(1),
            repetition(2, counted=False, reason="partial_start", faults=[{"key": "lean", "severity": 0.4, "at": 5.0}]),
        ],
        "holds": [], "held_s": 0.0, "gate": {"not_visible": 1.25, "no_person": 0.01}, "quality": 90,
        "trace": {"measure": "elbow_angle", "unit": "deg", "t": times, "left": [90.0 + t for t in times],
                  "right": [None if 3 < t < 4 else 80.0 for t in times],
                  "phase": ["cannot_tell" if 3 < t < 4 else "out" for t in times]},
        "personal_range": None, "source": {"broken_off": False},
        "timings": {"frames": 80, "wall_s": 2.0, "fps_processed": 40.0}, **changes,
    }  # fmt: skip


HOLD = summary(
    kind="hold", exercise="cross-body-stretch", repetitions=[], count=1, held_s=20.0,
    holds=[{"start": 1.0, "end": 7.0, "side": "left", "held_s": 20.0, "score": 90, "counted": True,
            "reason": "complete", "faults": []}],
)  # fmt: skip


def printed(result: dict[str, Any]) -> str:
    console = Console(file=io.StringIO(), width=120, highlight=False)
    print_report(result, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_says_what_counted_what_did_not_and_why() -> None:
    text = printed(summary())

    assert "✓ counted" in text
    assert "✗ partial: short of the start position (lean)" in text
    assert "44 → 164°" in text
    assert "overhead-press: 1 repetitions, 1 partial" in text
    assert "Could not tell: can't see 1.2 s" in text
    assert "nobody" not in text  # a hundredth of a second is not worth a word
    assert "breaks off" not in text


def test_a_hold_and_a_broken_file_are_told() -> None:
    text = printed(HOLD | {"source": {"broken_off": True}})

    assert "cross-body-stretch: 1 holds, 20.0 s held" in text
    assert "The file breaks off" in text


@pytest.mark.parametrize("result", [summary(), HOLD], ids=["repetitions", "hold"])
def test_the_plot_is_svg_with_numbers_and_phases(result: dict[str, Any]) -> None:
    svg = plot_svg(result)

    assert svg.startswith("<svg")
    assert result["exercise"] in svg
    assert "elbow angle" in svg
    assert "can't tell" in svg.replace("&#39;", "'").replace("&apos;", "'")


def test_uncounted_repetitions_carry_their_number_in_brackets() -> None:
    svg = plot_svg(summary())

    assert ">1<" in svg
    assert ">(2)<" in svg


def test_a_set_in_which_nothing_could_be_told_is_plotted_too() -> None:
    empty = {"measure": "", "unit": "", "t": [], "left": [], "right": [], "phase": []}

    assert plot_svg(summary(trace=empty, repetitions=[], count=0, partial=0, gate={})).startswith("<svg")


def test_the_plot_appears_complete_or_not_at_all(tmp_path: Path) -> None:
    save_plot(summary(), tmp_path / "plot.svg")
    assert [entry.name for entry in tmp_path.iterdir()] == ["plot.svg"]

    with pytest.raises(OutputError):
        save_plot(summary(), tmp_path / "nowhere" / "plot.svg")


def test_a_gate_names_what_is_missing_and_what_to_do() -> None:
    gate = {"reason": "not_visible", "parts": ["left_elbow"], "remedy": "step_back"}

    assert gate_sentence(gate) == "can't see left elbow: step back"
    assert gate_sentence({"reason": "no_person", "parts": [], "remedy": None}) == "nobody in the picture"


def test_a_key_without_words_reads_as_its_own() -> None:
    assert words(GATE, "lens_covered") == "lens covered"


def test_every_reason_of_the_engine_has_words() -> None:
    from exercises import repetitions

    reasons = {
        value for name, value in vars(repetitions).items() if name.isupper() and isinstance(value, str)
    }  # fmt: skip
    assert reasons <= set(wording.REASONS)


def test_the_terminal_line_of_the_camera() -> None:
    feedback = {"gate": None, "hold": None, "count": 3, "phase": "out", "angle": {"value": 121.2}}

    assert status_line(feedback) == "3 · out · 121°"
    assert status_line(feedback | {"hold": {"held_s": 7.4}, "angle": None}) == "7 s · out"
    assert status_line(feedback | {"gate": {"reason": "too_far", "remedy": "come_closer"}}) == (
        "too far away: come closer"
    )


def test_a_window_needs_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    assert has_display(":0")
    assert not has_display(None)
    assert not has_display("")
    monkeypatch.setattr("sys.platform", "darwin")
    assert has_display(None)
