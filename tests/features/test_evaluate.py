"""`tracker evaluate` as a user meets it: manifests of synthetic tracks whose truth is known, through the command."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from exercises.body import Landmark
from exercises.definition import load_library
from exercises.figure import ideal_progress, synthetic_pose
from tracker.cli import main
from tracker.vision.estimator import BUNDLE_FOLDER
from tracker.vision.evaluation import evaluate

MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", Path(__file__).parents[3] / "shared" / "data"))
REPETITION_S = 4.0

needs_model = pytest.mark.skipif(
    not all((BUNDLE_FOLDER / f"pose_landmarker_{variant}.task").is_file() for variant in ("lite", "full")),
    reason="the pose bundles are not built (make setup)",
)


def write_track(
    path: Path, *, exercise: str = "overhead-press", reps: int = 3, fps: float = 20.0, stated_fps: float | None = None,
    high: float = 1.0, unseen: Iterable[Landmark] = (), nobody: bool = False,
) -> None:  # fmt: skip
    """Ideal repetitions of four seconds with a second of rest around them; joints can be missing altogether."""
    definition = load_library()[exercise]
    frames = []
    for index in range(int((2 + REPETITION_S * reps) * fps)):
        moving = index / fps - 1
        progress = high * ideal_progress(moving, REPETITION_S) if 0 <= moving <= REPETITION_S * reps else 0.0
        pose = synthetic_pose(definition, progress, time_s=index / fps)
        frames.append([list(point) if point else [np.nan] * 4 for point in pose.points])
    landmarks = np.array(frames)
    landmarks[:, [int(joint) for joint in unseen]] = np.nan
    if nobody:
        landmarks[:] = np.nan
    np.savez(
        path, lm=landmarks, wh=np.array([pose.width, pose.height]),
        fps=np.array(fps if stated_fps is None else stated_fps),
    )  # fmt: skip


def clip(file: str, **fields: Any) -> dict[str, Any]:
    return {"file": file, "exercise": "overhead-press", "view": "front", "reps": 3, **fields}


def negative(file: str, *exercises: str) -> dict[str, Any]:
    return {"file": file, "exercise": None, "negative_for": list(exercises)}


def write_manifest(folder: Path, *clips: dict[str, Any]) -> Path:
    path = folder / "manifest.json"
    path.write_text(json.dumps({"clips": clips}), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["evaluate", *map(str, arguments)], catch_exceptions=False)


def without_costs(result: dict[str, Any]) -> dict[str, Any]:
    """A result without what depends on the machine and on whether poses had to be estimated."""
    costs = ("ms_per_frame", "inference_ms")
    return {
        "clips": [{key: value for key, value in one.items() if key not in costs} for one in result["clips"]],
        "total": {key: value for key, value in result["total"].items() if key not in costs},
    }


def test_an_exercise_may_be_a_file_beside_the_manifest(tmp_path: Path) -> None:
    """As `tracker learn` writes it: no id of the library, and found from wherever the command runs."""
    write_track(tmp_path / "presses.npz")
    write_track(tmp_path / "rows.npz", exercise="seated-row")
    source = resources.files("exercises") / "library" / "overhead-press.toml"
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "shelf.toml").write_text(source.read_text("utf-8"), encoding="utf-8")
    manifest = write_manifest(
        tmp_path,
        clip("presses.npz", exercise="own/shelf.toml"),
        negative("rows.npz", "own/shelf.toml", "overhead-press"),
        clip("rows.npz", exercise="seated-row"),
    )

    whole = json.loads(run(manifest, "--json", "-").stdout)
    presses, against, _ = whole["clips"]
    assert (presses["exercise"], presses["counted"], presses["exact"]) == ("own/shelf.toml", 3, True)
    assert list(against["by_exercise"]) == ["own/shelf.toml", "overhead-press"]
    assert (whole["total"]["clips"], whole["total"]["false_reps"], whole["total"]["not_in_library"]) == (2, 0, 0)

    only = json.loads(run(manifest, "--json", "-", "--only", tmp_path / "own" / "shelf.toml").stdout)
    assert [one["file"] for one in only["clips"]] == ["presses.npz", "rows.npz"]


def test_a_broken_file_of_an_exercise_is_named_before_anything_is_evaluated(tmp_path: Path) -> None:
    write_track(tmp_path / "presses.npz")
    (tmp_path / "broken.toml").write_text("title = ", encoding="utf-8")
    manifest = write_manifest(tmp_path, clip("presses.npz"), clip("presses.npz", exercise="broken.toml"))

    finished = run(manifest)

    assert (finished.exit_code, finished.stdout) == (2, "")
    assert str(tmp_path / "broken.toml") in finished.stderr


def test_exact_and_off_by_one_in_one_manifest(tmp_path: Path) -> None:
    write_track(tmp_path / "three.npz")
    write_track(tmp_path / "short.npz", high=0.75)
    manifest = write_manifest(
        tmp_path, clip("three.npz", correct=3), clip("three.npz", reps=4), clip("short.npz", reps=3, correct=0)
    )

    finished = run(manifest, "--json", "-")

    assert finished.exit_code == 0
    assert finished.stderr == ""
    document = json.loads(finished.stdout)
    exact, short_by_one, partial = document["clips"]
    assert (exact["counted"], exact["partial"], exact["error"], exact["exact"]) == (3, 0, 0, True)
    assert (exact["relative_error"], exact["correct_error"], exact["view_seen"]) == (0, 0, "front")
    assert (short_by_one["error"], short_by_one["exact"], short_by_one["off_by_one"]) == (-1, False, True)
    assert (short_by_one["relative_error"], short_by_one["correct_error"]) == (0.25, None)
    assert (partial["counted"], partial["partial"], partial["predicted"], partial["correct_error"]) == (0, 3, 3, 0)
    assert exact["frames"] == 280
    assert exact["seconds"] == pytest.approx(13.95)
    assert exact["inference_ms"] is None
    for repetition in exact["repetitions"]:
        assert repetition["start"] < repetition["peak"] < repetition["end"]
        assert repetition["counted"] is True
        assert {"value", "error"} <= set(repetition["range"])
    total = document["total"]
    assert total["clips"] == 3
    assert total["exact"] == pytest.approx(2 / 3, abs=1e-4)
    assert total["obo"] == 1.0
    assert total["mae"] == pytest.approx(0.25 / 3, abs=1e-4)
    assert total["correct_mae"] == 0
    assert total["correct_exact"] == 1.0
    assert total["ms_per_frame"] > 0
    assert set(total) >= {"exact", "obo", "mae", "correct_mae", "false_reps", "false_reps_per_min", "cannot_tell",
                          "ms_per_frame"}  # fmt: skip


def test_a_negative_control_is_tried_against_every_exercise_named(tmp_path: Path) -> None:
    write_track(tmp_path / "still.npz", reps=2, high=0.0)
    write_track(tmp_path / "press.npz", reps=3)
    manifest = write_manifest(
        tmp_path,
        negative("still.npz", "overhead-press", "seated-row", "no-such-exercise"),
        negative("press.npz", "overhead-press"),
    )

    result = evaluate(manifest)

    still, press = result["clips"]
    nothing = {"counted": 0, "partial": 0}
    assert still["by_exercise"] == {"overhead-press": nothing, "seated-row": nothing}
    assert (still["false_reps"], still["false_partials"], still["not_in_library"]) == (0, 0, ["no-such-exercise"])
    assert press["by_exercise"] == {"overhead-press": {"counted": 3, "partial": 0}}
    total = result["total"]
    assert (total["clips"], total["exact"], total["negatives"], total["false_reps"]) == (0, None, 2, 3)
    minutes = (2 * still["seconds"] + press["seconds"]) / 60
    assert total["false_reps_per_min"] == pytest.approx(3 / minutes, abs=1e-3)


def test_a_missing_file_is_told_and_the_others_are_still_evaluated(tmp_path: Path) -> None:
    write_track(tmp_path / "press.npz")
    (tmp_path / "broken.npz").write_bytes(b"hello")
    manifest = write_manifest(tmp_path, clip("gone.mp4"), clip("press.npz"), clip("broken.npz"))

    finished = run(manifest, "--json", tmp_path / "out.json")

    assert finished.exit_code == 3
    assert "there is no such file." in finished.stdout
    assert "2 clips could not be read." in finished.stdout
    document = json.loads((tmp_path / "out.json").read_text())
    gone, press, broken = document["clips"]
    assert (gone["status"], gone["problem"], gone["counted"]) == ("failed", "there is no such file.", None)
    assert press["exact"] is True
    assert "cannot be read as an .npz" in broken["problem"]
    assert (document["total"]["clips"], document["total"]["exact"], document["total"]["failed"]) == (1, 1.0, 2)


def test_joints_that_are_missing_shut_the_gate_and_count_nothing(tmp_path: Path) -> None:
    elbows = (Landmark.LEFT_ELBOW, Landmark.RIGHT_ELBOW)
    write_track(tmp_path / "elbows.npz", unseen=elbows)
    write_track(tmp_path / "hands.npz", unseen=range(Landmark.LEFT_PINKY, Landmark.RIGHT_THUMB + 1))
    write_track(tmp_path / "nobody.npz", nobody=True)
    manifest = write_manifest(tmp_path, clip("elbows.npz"), clip("hands.npz"), clip("nobody.npz", reps=0))

    blind, whole, nobody = evaluate(manifest)["clips"]

    assert blind["predicted"] == 0
    assert blind["cannot_tell_share"] > 0.95
    assert sum(blind["gate"].values()) == pytest.approx(blind["seconds"], rel=0.05)
    assert whole["counted"] == 3  # fingers are not needed
    assert nobody["predicted"] == 0
    assert nobody["exact"] is True
    assert nobody["relative_error"] is None
    assert set(nobody["gate"]) == {"no_person"}


def test_an_exercise_that_is_not_in_the_library_is_no_part_of_the_totals(tmp_path: Path) -> None:
    write_track(tmp_path / "press.npz")
    manifest = write_manifest(
        tmp_path, clip("press.npz", exercise="no-such-exercise"), negative("press.npz", "no-such-exercise")
    )

    finished = run(manifest)

    assert finished.exit_code == 0
    assert finished.stdout.count("not in the library") == 3  # two rows and the sum
    assert "0 clips: - exact" in finished.stdout


@pytest.mark.parametrize(
    ("stated", "manifest_fps", "seconds"),
    [(float("nan"), float("nan"), 3.36), (float("nan"), None, 3.36), (float("nan"), 10.0, 8.4), (20.0, 10.0, 4.2)],
    ids=["unknown is 25", "null is 25", "the manifest knows", "the file knows better"],
)
def test_the_frame_rate(tmp_path: Path, stated: float, manifest_fps: float | None, seconds: float) -> None:
    write_track(tmp_path / "press.npz", reps=1, fps=14.2, stated_fps=stated)
    manifest = write_manifest(tmp_path, clip("press.npz", reps=1, fps=manifest_fps))

    (judged,) = evaluate(manifest)["clips"]

    assert judged["frames"] == 85
    assert judged["seconds"] == pytest.approx(seconds)


def test_a_hold_is_compared_by_its_holds(tmp_path: Path) -> None:
    stretch = load_library()["cross-body-stretch"]
    poses = [
        synthetic_pose(stretch, min(1.0, max(0.0, index / 25 - 1)), time_s=index / 25) for index in range(40 * 25)
    ]  # fmt: skip
    frames = [[list(point) if point else [np.nan] * 4 for point in pose.points] for pose in poses]
    np.savez(
        tmp_path / "stretch.npz", lm=np.array(frames), wh=np.array([poses[0].width, poses[0].height]),
        fps=np.array(np.nan),
    )  # fmt: skip
    manifest = write_manifest(tmp_path, clip("stretch.npz", exercise="cross-body-stretch", side="left", reps=1))

    (held,) = evaluate(manifest)["clips"]

    assert (held["counted"], held["exact"]) == (1, True)
    assert held["repetitions"][0]["held_s"] >= 15
    assert held["repetitions"][0]["range"] is None


def test_only_one_exercise_and_the_negative_controls_for_it(tmp_path: Path) -> None:
    write_track(tmp_path / "press.npz", reps=1)
    write_track(tmp_path / "row.npz", exercise="seated-row", reps=1)
    manifest = write_manifest(
        tmp_path,
        clip("press.npz", reps=1),
        clip("row.npz", exercise="seated-row", reps=1),
        negative("row.npz", "overhead-press", "seated-row"),
        negative("press.npz", "cross-body-stretch"),
    )

    document = json.loads(run(manifest, "--only", "overhead-press", "--json", "-").stdout)

    assert [one["file"] for one in document["clips"]] == ["press.npz", "row.npz"]
    assert list(document["clips"][1]["by_exercise"]) == ["overhead-press"]
    unknown = run(manifest, "--only", "overhead-pres")
    assert unknown.exit_code == 2
    assert "Did you mean overhead-press?" in unknown.stderr


def test_every_clip_gets_its_picture(tmp_path: Path) -> None:
    write_track(tmp_path / "press.npz", reps=2)
    write_track(tmp_path / "row.npz", exercise="seated-row", reps=1)
    manifest = write_manifest(
        tmp_path, clip("press.npz", reps=2), negative("row.npz", "overhead-press", "seated-row"), clip("gone.npz")
    )

    finished = run(manifest, "--plots", tmp_path / "new" / "plots", "--json", "-")

    assert sorted(file.name for file in (tmp_path / "new" / "plots").iterdir()) == ["press.svg", "row.svg"]
    press, row, gone = json.loads(finished.stdout)["clips"]
    assert press["plot"] == {"file": "press.svg", "exercise": "overhead-press"}
    assert row["plot"] == {"file": "row.svg", "exercise": "seated-row"}  # the one that counted
    assert gone["plot"] is None
    assert "press.npz · truth 2" in (tmp_path / "new" / "plots" / "press.svg").read_text()
    picture = (tmp_path / "new" / "plots" / "row.svg").read_text()
    assert "row.npz · negative control, the nearest of 2 exercises: seated-row" in picture


def test_what_concerns_the_whole_run_ends_it_with_one_sentence(tmp_path: Path) -> None:
    write_track(tmp_path / "press.npz", reps=1)
    manifest = write_manifest(tmp_path, clip("press.npz", reps=1))
    wrong = tmp_path / "wrong.json"
    wrong.write_text(json.dumps([clip("press.npz", reps="one")]))
    (tmp_path / "file").touch()

    for arguments, code, sentence in (
        ((tmp_path / "gone.json",), 3, "there is no such file."),
        ((wrong,), 3, "clip 1 (press.npz): “reps”"),
        ((manifest, "--json", tmp_path / "no" / "out.json"), 6, "its folder does not exist."),
        ((manifest, "--plots", tmp_path / "file" / "plots"), 6, "plots"),
        ((manifest, "--tracks", tmp_path / "file" / "tracks"), 6, "tracks"),
    ):
        finished = run(*arguments)
        assert finished.exit_code == code, arguments
        assert sentence in finished.stderr
        assert finished.stdout == ""


@pytest.fixture
def empty_room(tmp_path: Path) -> Path:
    path = tmp_path / "room.avi"
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10, (96, 64))
    for _ in range(5):
        writer.write(np.full((64, 96, 3), 120, np.uint8))
    writer.release()
    return path


@needs_model
def test_landmarks_of_a_video_are_kept_and_used_again(tmp_path: Path, empty_room: Path) -> None:
    manifest = write_manifest(tmp_path, clip(empty_room.name, reps=0))
    kept = tmp_path / "tracks"

    plain, first, second = (evaluate(manifest, tracks=folder) for folder in (None, kept, kept))

    assert without_costs(plain) == without_costs(first) == without_costs(second)
    assert plain["clips"][0]["counted"] == 0
    assert first["clips"][0]["inference_ms"] > 0
    assert second["clips"][0]["inference_ms"] is None
    (track,) = kept.iterdir()
    assert track.name.startswith("room.full.")

    track.write_bytes(b"damaged")
    assert evaluate(manifest, tracks=kept)["clips"][0]["inference_ms"] > 0
    assert evaluate(manifest, tracks=kept, model="lite")["clips"][0]["inference_ms"] > 0
    assert len(list(kept.iterdir())) == 2  # each model has its own

    missing = run(manifest, "--model", "nowhere.task")
    assert missing.exit_code == 5
    assert "nowhere.task" in missing.stderr


@needs_model
@pytest.mark.media
@pytest.mark.skipif(not MEDIA.is_dir(), reason="the recordings are not in TRACKER_TEST_MEDIA")
@pytest.mark.parametrize("model", ["full", "lite"])
def test_kept_landmarks_of_a_person_are_judged_the_same(tmp_path: Path, model: str) -> None:
    shutil.copy(MEDIA / "rejected" / "squat.mp4", tmp_path / "squat.mp4")
    manifest = write_manifest(tmp_path, clip("squat.mp4", reps=0), negative("squat.mp4", "seated-row"))

    results = [
        evaluate(manifest, model=model, tracks=folder) for folder in (None, tmp_path / "kept", tmp_path / "kept")
    ]

    assert without_costs(results[0]) == without_costs(results[1]) == without_costs(results[2])
    assert results[0]["clips"][0]["inference_ms"] > 0
    assert results[2]["clips"][0]["inference_ms"] is None
    assert results[0]["clips"][0]["frames"] == 35
