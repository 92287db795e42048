"""`tracker evaluate-posture` as a user meets it: synthetic desks whose truth is known, and recordings of people."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from exercises.body import LANDMARK_COUNT
from exercises.posture_acting import Player
from exercises.posture_body import Sitting
from exercises.posture_desk import draw_desk
from tracker.cli import main
from tracker.vision.estimator import BUNDLE_FOLDER
from tracker.vision.posture_evaluation import Way, evaluate_posture

MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", Path(__file__).parents[3] / "shared" / "data"))
FPS = 5.0
CALM, SLUMP = Sitting(), Sitting(slump_deg=22, head_forward_deg=6)
LEANING = Sitting(side_lean_deg=14)

media = pytest.mark.skipif(not MEDIA.is_dir(), reason="the recordings are not in TRACKER_TEST_MEDIA")
needs_model = pytest.mark.skipif(
    not (BUNDLE_FOLDER / "pose_landmarker_full.task").is_file(), reason="the pose bundles are not built (make setup)"
)


def write_track(path: Path, *parts: tuple[str, Sitting, int], side: bool = False, seed: int = 5) -> None:
    """Somebody sits like this for so many frames each, under these labels."""
    desk = draw_desk(seed, side=side)
    player = Player(desk, seed)
    frames, labels = [], []
    for label, sitting, number in parts:
        for _ in range(number):
            values = player.sees(len(frames) / FPS, sitting)
            frames.append(np.full(LANDMARK_COUNT * 4, np.nan) if values is None else np.array(values))
            labels.append(label)
    np.savez(
        path, lm=np.array(frames).reshape(-1, LANDMARK_COUNT, 4), fps=np.array(FPS), labels=np.array(labels),
        wh=np.array([desk.camera.width, desk.camera.height]),
    )  # fmt: skip


def write_manifest(folder: Path, *entries: dict[str, Any]) -> Path:
    path = folder / "manifest.json"
    path.write_text(json.dumps({"recordings": entries}), encoding="utf-8")
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["evaluate-posture", *map(str, arguments)], catch_exceptions=False)


@pytest.fixture(scope="module")
def desk_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desks")
    write_track(
        folder / "front.npz", ("good", CALM, 150), ("slouch", SLUMP, 100), ("lean_left", LEANING, 60),
        ("standing", Sitting(rise_m=0.4), 30), ("good", CALM, 60),
    )  # fmt: skip
    write_track(folder / "side.npz", ("0", CALM, 150), ("1", SLUMP, 100), side=True)
    write_track(folder / "calm.npz", ("good", CALM, 120))
    write_track(folder / "slouched.npz", ("bad", SLUMP, 60))
    return folder


def test_a_slouch_is_told_from_calm_sitting_from_the_front_and_from_the_side(desk_folder: Path) -> None:
    manifest = write_manifest(desk_folder, {"file": "front.npz"}, {"file": "side.npz"})

    finished = run(manifest, "--json", "-")

    assert (finished.exit_code, finished.stderr) == (0, "")
    result = json.loads(finished.stdout)
    front, side = result["recordings"]
    assert (front["view"], side["view"]) == ("front", "side")
    assert front["calibrated_frames"] == {"good": 21, "slouch": 10}
    assert front["scored"] == 400 - 31
    for one in (front, side):
        assert one["auroc"] > 0.98, one["file"]
        assert one["sensitivity"] > 0.9
        assert one["specificity"] > 0.95
        assert one["false_alarms"] == 0
        assert one["watched_hours"] >= 0.5
        assert one["noticed_slouch"]["noticed"] == one["noticed_slouch"]["stretches"] == 1
        assert 100 < one["noticed_slouch"]["latest_s"] <= 150
    assert front["sideways"]["reported"] > 0.9
    assert front["sideways"]["by_label"]["lean_left"]["right"] == 0
    assert front["sideways"]["good_frames_reported"] < 0.05
    assert side["auroc_gap"] is None
    total = result["total"]
    assert (total["recordings"], total["failed"], total["false_alarms_per_hour"]) == (2, 0, 0)
    assert total["auroc_worst"] <= total["auroc"]
    assert result["calibration"] == {"calibrate": "first", "slouch_pose": True}


def test_a_view_that_is_said_wrongly_does_not_spoil_a_recording(desk_folder: Path) -> None:
    manifest = write_manifest(desk_folder, {"file": "side.npz", "view": "front"}, {"file": "front.npz", "view": "side"})
    for one, seen in zip(evaluate_posture(manifest)["recordings"], ("side", "front"), strict=True):
        assert one["view"] == seen
        assert one["auroc"] > 0.98
        assert one["notes"][-1].endswith(f"seen from the {seen}")


def test_only_one_class_gives_what_can_be_given(desk_folder: Path) -> None:
    manifest = write_manifest(desk_folder, {"file": "calm.npz"}, {"file": "slouched.npz"})

    result = evaluate_posture(manifest)

    calm, slouched = result["recordings"]
    assert (calm["auroc"], calm["sensitivity"], calm["noticed_slouch"]["stretches"]) == (None, None, 0)
    assert calm["specificity"] > 0.95
    assert calm["false_alarms"] == 0
    assert calm["confidence"] == "low"
    assert slouched["status"] == "not_calibrated"
    assert slouched["auroc"] is None
    assert (result["total"]["recordings"], result["total"]["not_calibrated"]) == (1, 1)


def test_the_way_of_calibrating_can_be_chosen(desk_folder: Path) -> None:
    manifest = write_manifest(desk_folder, {"file": "front.npz"})

    drawn = json.loads(run(manifest, "--json", "-", "--calibrate", "random", "--seed", "7").stdout)
    assert drawn["calibration"] == {"calibrate": "random", "slouch_pose": True, "seed": 7}
    assert drawn["recordings"][0]["auroc"] > 0.98

    alone = json.loads(run(manifest, "--json", "-", "--no-slouch-pose").stdout)
    assert alone["recordings"][0]["calibrated_frames"] == {"good": 21, "slouch": 0}
    assert alone["recordings"][0]["confidence"] == "low"
    assert alone["recordings"][0]["auroc"] > 0.95


def test_a_broken_recording_is_told_and_the_others_go_on(desk_folder: Path) -> None:
    (desk_folder / "broken.npz").write_bytes(b"hello")
    manifest = write_manifest(
        desk_folder, {"file": "gone.npz"}, {"file": "broken.npz"}, {"file": "calm.npz", "view": 3},
        {"file": "features.csv", "kind": "derived features"}, {"file": "calm.npz"},
    )  # fmt: skip

    finished = run(manifest, "--json", desk_folder / "out.json")

    assert finished.exit_code == 3
    document = json.loads((desk_folder / "out.json").read_text())
    statuses = [one["status"] for one in document["recordings"]]
    assert statuses == ["failed", "failed", "failed", "skipped", "evaluated"]
    assert document["recordings"][0]["problem"] == "there is no such file."
    assert "recording 3 (calm.npz): “view” should be front, side or null" in document["recordings"][2]["problem"]
    assert (document["total"]["failed"], document["total"]["skipped"]) == (3, 1)
    assert "3 recordings could not be read." in finished.stdout
    assert "1 recordings cannot be judged" in finished.stdout


def test_what_concerns_the_whole_run_ends_it_with_one_sentence(tmp_path: Path, desk_folder: Path) -> None:
    manifest = write_manifest(desk_folder, {"file": "calm.npz"})
    (tmp_path / "file").touch()
    for arguments, code, sentence in (
        ((tmp_path / "gone.json",), 3, "there is no such file."),
        ((manifest, "--json", tmp_path / "no" / "out.json"), 6, "its folder does not exist."),
        ((manifest, "--plots", tmp_path / "file" / "plots"), 6, "plots"),
        ((), 2, "Name a MANIFEST, or ask for --scenes."),
    ):
        finished = run(*arguments)
        assert (finished.exit_code, finished.stdout) == (code, "")
        assert sentence in finished.stderr


def test_every_recording_gets_its_pictures(tmp_path: Path, desk_folder: Path) -> None:
    manifest = write_manifest(desk_folder, {"file": "front.npz"}, {"file": "calm.npz"})

    result = json.loads(run(manifest, "--plots", tmp_path / "plots", "--json", "-").stdout)

    front, calm = result["recordings"]
    assert front["plots"] == ["1-front-index.svg", "1-front-roc.svg"]
    assert calm["plots"] == ["2-calm-index.svg"]  # one class makes no curve
    drawn = (tmp_path / "plots" / "1-front-index.svg").read_text()
    assert "own slouch" in drawn
    assert "lean left" in drawn
    assert "AUROC" in (tmp_path / "plots" / "1-front-roc.svg").read_text()


def test_scenes_need_no_manifest_and_are_the_same_every_time(tmp_path: Path) -> None:
    first = json.loads(run("--scenes", "--bodies", "1", "--json", "-").stdout)
    shown = run("--scenes", "--bodies", "1", "--json", tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == first
    assert first["recordings"] == []
    assert first["scenes"]["bodies"] == 1
    assert first["scenes"]["nuisances"]["keyboard_glance"]["hours"] > 0.1
    assert set(first["scenes"]["slumps"]) == {"slump_15", "slump_25", "forward_head", "lean_to_screen"}
    assert "false notices an hour" in shown.stdout
    assert "lean to screen" in shown.stdout


# -- recordings of people ---------------------------------------------------------------------------------------------


def recorded(tmp_path: Path, file: str) -> Path:
    """The manifest of the recordings as it is, with this one of posture only."""
    document = json.loads((MEDIA / "manifest.json").read_text())
    (entry,) = [one for one in document["posture"] if one["file"] == file]
    return write_manifest(tmp_path, {**entry, "file": str(MEDIA / file)})


@pytest.mark.media
@media
@pytest.mark.parametrize("way", [Way(), *(Way("random", seed) for seed in range(1, 6))], ids=str)
def test_front_5_class_is_told_apart_better_than_by_a_single_number(tmp_path: Path, way: Way) -> None:
    (one,) = evaluate_posture(recorded(tmp_path, "posture/front_5_class.npz"), way=way)["recordings"]
    assert one["auroc"] >= 0.975
    assert one["sideways"]["reported"] >= 0.8
    assert one["sideways"]["good_frames_reported"] <= 0.05
    assert one["cannot_tell"]["share"] <= 0.05
    assert one["noticed_slouch"]["noticed"] >= 4
    if way.calibrate == "first":  # as a person calibrates
        assert one["false_alarms"] == 0


@pytest.mark.media
@media
@pytest.mark.parametrize("calibrate", ["first", "random"])
def test_front_5_class_without_the_slouch_pose(tmp_path: Path, calibrate: str) -> None:
    way = Way(calibrate, slouch_pose=False)
    (one,) = evaluate_posture(recorded(tmp_path, "posture/front_5_class.npz"), way=way)["recordings"]
    assert one["auroc"] >= 0.95
    assert one["confidence"] == "low"


@pytest.mark.media
@media
@needs_model
def test_the_clip_whose_head_drops_is_noticed(tmp_path: Path) -> None:
    (one,) = evaluate_posture(recorded(tmp_path, "posture/good_to_bad_front.gif"))["recordings"]
    assert one["labels"] == {"good": 19, "bad": 12}
    assert one["auroc"] >= 0.9  # 17 frames, the head sinks before the label says so
    assert one["noticed_slouch"]["noticed"] == 1


@pytest.mark.media
@media
@needs_model
def test_the_manifest_of_the_recordings_works_as_it_is(tmp_path: Path) -> None:
    finished = run(MEDIA / "manifest.json", "--json", "-", "--tracks", tmp_path / "tracks")
    assert finished.exit_code == 0
    document = json.loads(finished.stdout)
    assert [one["status"] for one in document["recordings"]] == ["evaluated", "evaluated", "skipped"]
    assert document["total"]["auroc"] is not None
