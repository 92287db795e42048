"""`tracker analyze` as a user meets it: through the command line, without any recording of a person."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from exercises.definition import load_library
from exercises.figure import synthetic_pose
from tracker.cli import main
from tracker.vision.estimator import BUNDLE_FOLDER

needs_model = pytest.mark.skipif(
    not (BUNDLE_FOLDER / "pose_landmarker_full.task").is_file(), reason="the pose bundles are not built (make setup)"
)

KEYS = {
    "file", "source", "timings", "exercise", "engine_version", "kind", "side", "view", "duration_s", "count", "counts",
    "partial", "target", "repetitions", "holds", "held_s", "gate", "quality", "trace", "personal_range",
}  # fmt: skip


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["analyze", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture
def empty_room(tmp_path: Path) -> Path:
    path = tmp_path / "room.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 64))
    for _ in range(5):
        writer.write(np.full((64, 96, 3), 120, np.uint8))
    writer.release()
    return path


@pytest.fixture
def three_presses(tmp_path: Path) -> Path:
    """Three ideal presses of four seconds, 20 frames a second, with a second of rest around them."""
    press = load_library()["overhead-press"]
    frames = []
    for index in range(14 * 20):
        time_s = index / 20 - 1
        progress = (1 - np.cos(2 * np.pi * time_s / 4)) / 2 if 0 <= time_s <= 12 else 0.0
        pose = synthetic_pose(press, float(progress), time_s=index / 20)
        frames.append([[p.x, p.y, p.z, p.visibility] if p else [np.nan] * 4 for p in pose.points])
    path = tmp_path / "presses.npz"
    np.savez(path, lm=np.array(frames), wh=np.array([pose.width, pose.height]), fps=np.array(20.0))
    return path


def test_json_on_stdout_is_all_there_is_on_stdout(three_presses: Path) -> None:
    result = run(three_presses, "--exercise", "overhead-press", "--json", "-")

    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert set(document) >= KEYS
    assert document["exercise"] == "overhead-press"
    assert document["count"] == 3
    assert document["file"] == str(three_presses)
    assert result.stderr == ""


def test_every_repetition_has_its_times_range_tempo_and_reason(three_presses: Path) -> None:
    document = json.loads(run(three_presses, "--exercise", "overhead-press", "--json", "-").stdout)

    for repetition in document["repetitions"]:
        assert repetition["start"] < repetition["peak"] < repetition["end"]
        assert repetition["counted"] is True
        assert {"number", "side", "range", "tempo", "score", "faults", "reason"} <= set(repetition)
        assert {"measure", "unit", "start", "peak", "value", "error"} <= set(repetition["range"])
    timings = document["timings"]
    assert set(timings) == {"decode_ms", "inference_ms", "engine_ms", "frames", "fps_processed", "wall_s"}
    assert timings["frames"] == 280
    assert timings["decode_ms"] is None  # a track has no pictures
    assert timings["inference_ms"] is None
    assert timings["engine_ms"] > 0


def test_the_table_goes_to_stdout_and_the_rest_where_it_was_asked_for(three_presses: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    result = run(
        three_presses, "--exercise", "overhead-press", "--json", out / "set.json", "--plot", out / "set.svg",
        "--annotate", out / "set.mp4",
    )  # fmt: skip

    assert result.exit_code == 0
    assert "overhead-press: 3 repetitions, 0 partial" in result.stdout
    assert json.loads((out / "set.json").read_text())["count"] == 3
    assert (out / "set.svg").read_text().startswith("<svg")
    assert (out / "set.mp4").stat().st_size > 10_000
    assert sorted(entry.name for entry in out.iterdir()) == ["set.json", "set.mp4", "set.svg"]


def test_an_unknown_exercise_is_answered_with_the_nearest_names(three_presses: Path) -> None:
    result = run(three_presses, "--exercise", "Overhead Pres")

    assert result.exit_code == 2
    assert "There is no exercise “Overhead Pres”. Did you mean overhead-press?" in result.stderr
    assert result.stdout == ""


def test_a_name_like_no_other_is_answered_with_all_names_that_can_be_counted(three_presses: Path) -> None:
    result = run(three_presses, "--exercise", "zzz")

    assert result.exit_code == 2
    named = result.stderr.partition("There are: ")[2].rstrip(".\n").split(", ")
    assert named == sorted(name for name, definition in load_library().items() if definition.views)


@needs_model
def test_a_video_without_a_person_is_an_error_of_its_own(empty_room: Path, tmp_path: Path) -> None:
    report = tmp_path / "set.json"
    result = run(empty_room, "--exercise", "overhead-press", "--json", report)

    assert result.exit_code == 4
    assert "no person found in 5 frames" in result.stderr
    assert not report.exists()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("clip.mp4", b"", "this file is empty"),
        ("clip.mp4", b"hello", "cannot be read as a video"),
        ("clip.npz", b"hello", "cannot be read as an .npz landmark track"),
        ("clip.webm", None, "there is no such file"),
    ],
)
def test_an_unreadable_file_is_named_with_the_reason(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)

    result = run(path, "--exercise", "overhead-press", "--json", "-")

    assert result.exit_code == 3
    assert str(path) in result.stderr
    assert reason in result.stderr
    assert result.stdout == ""


def test_an_output_that_cannot_be_is_told_before_the_work(three_presses: Path, tmp_path: Path) -> None:
    for option, name in (("--json", "a/b.json"), ("--plot", "a/b.svg"), ("--annotate", "a/b.mp4")):
        result = run(three_presses, "--exercise", "overhead-press", option, tmp_path / name)
        assert result.exit_code == 6, option
        assert "folder does not exist" in result.stderr
    result = run(three_presses, "--exercise", "overhead-press", "--annotate", tmp_path / "b.avi")
    assert result.exit_code == 6
    assert ".mp4 or .webm" in result.stderr


def test_a_missing_model_is_an_error_of_its_own(make_any_video: Callable[[], Path]) -> None:
    result = run(make_any_video(), "--exercise", "overhead-press", "--model", "nowhere.task")

    assert result.exit_code == 5
    assert "nowhere.task" in result.stderr


@pytest.fixture
def make_any_video(empty_room: Path) -> Callable[[], Path]:
    return lambda: empty_room


@pytest.mark.parametrize("arguments", [["--side", "up"], ["--no-such-option"], []])
def test_wrong_arguments_are_explained(arguments: list[str], three_presses: Path) -> None:
    exercise: list[str] = ["--exercise", "overhead-press"] if arguments else []

    assert run(three_presses, *exercise, *arguments).exit_code == 2


@needs_model
def test_the_real_program_says_one_clean_sentence_and_nothing_else(empty_room: Path) -> None:
    """In a process of its own, because native libraries write to the descriptor, not to Python's stderr."""
    finished = subprocess.run(
        [sys.executable, "-c", "from tracker.cli import main; main()", "analyze", str(empty_room), "--exercise",
         "overhead-press"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip

    assert finished.returncode == 4
    assert finished.stdout == ""
    assert finished.stderr.count("\n") == 1
    assert finished.stderr.startswith("Error: ")


def test_the_list_of_commands_needs_no_slow_library() -> None:
    program = (
        "import sys; from click.testing import CliRunner; from tracker.cli import main;"
        "r = CliRunner().invoke(main, ['--help']); assert 'analyze' in r.output and 'camera' in r.output, r.output;"
        "r = CliRunner().invoke(main, ['analyze', '--help']); assert 'Exit codes' in r.output, r.output;"
        "slow = {'cv2', 'mediapipe', 'altair', 'flask', 'sqlalchemy'} & set(sys.modules); assert not slow, slow"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_hold_is_reported_with_its_seconds(tmp_path: Path) -> None:
    stretch = load_library()["cross-body-stretch"]
    poses: list[Any] = [
        synthetic_pose(stretch, min(1.0, max(0.0, index / 25 - 1)), time_s=index / 25) for index in range(40 * 25)
    ]
    frames = [[[p.x, p.y, p.z, p.visibility] if p else [np.nan] * 4 for p in pose.points] for pose in poses]
    path = tmp_path / "stretch.npz"
    np.savez(path, lm=np.array(frames), wh=np.array([poses[0].width, poses[0].height]), fps=np.array(np.nan))

    document = json.loads(run(path, "--exercise", "cross-body-stretch", "--side", "left", "--json", "-").stdout)

    assert document["kind"] == "hold"
    assert document["count"] == 1
    assert document["holds"][0]["counted"] is True
    assert document["holds"][0]["held_s"] >= 15
    assert document["side"] == "left"
