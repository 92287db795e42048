"""`tracker learn` as a user meets it: a demonstration becomes a file that `tracker analyze` counts with."""

from __future__ import annotations

import json
import os
import tomllib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from exercises.definition import load_library
from exercises.demonstration import mirrored
from exercises.figure import synthetic_pose
from tracker.cli import main
from tracker.vision.estimator import BUNDLE_FOLDER
from tracker.vision.tracks import load_track, save_track, track_of

MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", Path(__file__).parents[3] / "shared" / "data"))

media = pytest.mark.skipif(not MEDIA.is_dir(), reason="the recordings are not in TRACKER_TEST_MEDIA")
needs_model = pytest.mark.skipif(
    not (BUNDLE_FOLDER / "pose_landmarker_full.task").is_file(), reason="the pose bundles are not built (make setup)"
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [*map(str, arguments)], catch_exceptions=False)


def count(recording: Path, exercise: Path) -> tuple[int, int]:
    """Counted and partial repetitions as `tracker analyze` sees them."""
    document = json.loads(run("analyze", recording, "--exercise", exercise, "--json", "-").stdout)
    return document["count"], document["partial"]


@pytest.fixture
def presses(tmp_path: Path) -> Path:
    """Five ideal presses of three seconds with rests of a second between them, 20 pictures a second."""
    press = load_library()["overhead-press"]
    frames = []
    for index in range(22 * 20):
        at = (index / 20 - 1) % 4
        progress = (1 - np.cos(2 * np.pi * at / 3)) / 2 if at < 3 and 20 <= index < 420 else 0.0
        pose = synthetic_pose(press, float(progress), time_s=index / 20)
        frames.append([[p.x, p.y, p.z, p.visibility] if p else [np.nan] * 4 for p in pose.points])
    path = tmp_path / "presses.npz"
    np.savez(path, lm=np.array(frames), wh=np.array([pose.width, pose.height]), fps=np.array(20.0))
    return path


def turned_over(track: Path, path: Path) -> Path:
    """The mirror image of a recording."""
    poses = ((t, None if pose is None else mirrored(pose)) for t, pose in load_track(track).poses())
    save_track(track_of(poses), path)
    return path


def test_what_is_learned_from_the_first_repetitions_counts_all(presses: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.toml"

    result = run("learn", presses, "--name", "My press", "--reps", "2", "--to", "8.7", "--out", out)

    assert result.exit_code == 0, result.stderr
    assert "My press: 2 repetitions, front view, both sides" in result.stdout
    assert "Counted again with what was learned: 2; as its mirror image: 2" in result.stdout
    assert str(out) in result.stdout
    assert count(presses, out) == (5, 0)
    assert count(turned_over(presses, tmp_path / "mirror.npz"), out) == (5, 0)


def test_a_part_of_the_recording_can_be_chosen(presses: Path) -> None:
    result = run("learn", presses, "--name", "Press", "--from", "8.7", "--to", "21", "--out", "-")

    assert result.exit_code == 0, result.stderr
    document = tomllib.loads(result.stdout)
    assert document["text"]["title"] == "Press"
    assert document["id"] == "own-press"
    assert document["tier"] == "draft"


def test_without_a_place_it_is_written_beside_and_never_over_something(
    presses: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(presses.parent)

    assert run("learn", presses, "--name", "Über Kopf drücken").exit_code == 0
    assert (presses.parent / "own-uber-kopf-drucken.toml").is_file()

    again = run("learn", presses, "--name", "Über Kopf drücken")
    assert again.exit_code == 6
    assert "exists already" in again.stderr


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--reps", "3"], 8, "5 repetitions were found, not 3."),
        (["--to", "1.5"], 8, "too short"),
        (["--from", "5", "--to", "4"], 3, "nothing is left"),
        (["--reps", "1"], 2, "--reps"),
        (["--out", "no/such/folder.toml"], 6, "folder does not exist"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(
    presses: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: int, sentence: str
) -> None:
    monkeypatch.chdir(presses.parent)

    result = run("learn", presses, "--name", "Press", *options)

    assert result.exit_code == code
    assert sentence in result.stderr
    assert result.stdout == ""
    assert list(presses.parent.glob("*.toml")) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "there is no such file"), ("a = ", "is not valid TOML"), ("kind = 'dance'", "kind: is 'dance'")],
)
def test_a_broken_exercise_file_is_named_with_the_reason(
    presses: Path, tmp_path: Path, text: str | None, reason: str
) -> None:
    path = tmp_path / "broken.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")

    result = run("analyze", presses, "--exercise", path)

    assert result.exit_code == 2
    assert str(path) in result.stderr
    assert reason in result.stderr


@media
@pytest.mark.media
@pytest.mark.parametrize(
    ("track", "repetitions", "first"),
    [
        ("keraal_CTK", 2, 2),
        ("irds_s215_shoulder_abduction_left_stand", 10, 3),
        ("irds_s215_shoulder_abduction_right_stand", 9, 2),
        ("irds_s215_elbow_flexion_left_stand", 6, 3),
    ],
)
def test_real_people_teach_their_own_exercise(track: str, repetitions: int, first: int, tmp_path: Path) -> None:
    """Learned from the first repetitions, the whole recording and its mirror image are counted exactly."""
    recording = MEDIA / "landmarks" / f"{track}.npz"
    whole = tmp_path / "whole.toml"
    assert run("learn", recording, "--name", "All", "--reps", str(repetitions), "--out", whole).exit_code == 0
    counted = json.loads(run("analyze", recording, "--exercise", whole, "--json", "-").stdout)["repetitions"]
    ends = [(before["end"] + after["start"]) / 2 for before, after in pairwise(counted)]
    cut = [] if first == repetitions else ["--to", f"{ends[first - 1]:.2f}"]

    out = tmp_path / "first.toml"
    learned = run("learn", recording, "--name", "First", "--reps", str(first), *cut, "--out", out)

    assert learned.exit_code == 0, learned.stderr
    assert count(recording, out) == (repetitions, 0)
    assert count(turned_over(recording, tmp_path / "mirror.npz"), out) == (repetitions, 0)


@media
@needs_model
@pytest.mark.media
def test_a_video_teaches_its_exercise(tmp_path: Path) -> None:
    video, out = MEDIA / "flipbook" / "seated_row_side_x5.mp4", tmp_path / "row.toml"

    result = run("learn", video, "--name", "Row", "--reps", "2", "--to", "4.4", "--out", out)

    assert result.exit_code == 0, result.stderr
    assert count(video, out) == (5, 0)
