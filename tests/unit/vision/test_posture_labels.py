"""What other people's labels mean, and where they lie: words, numbers, ranges in text, lists and files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exercises.body import LANDMARK_COUNT
from tracker.vision.errors import SourceError
from tracker.vision.posture_labels import (
    Interval,
    LabelError,
    Sat,
    intervals_from,
    intervals_in_text,
    labels_on,
    meaning,
)
from tracker.vision.posture_manifest import PostureClip, read_posture_manifest
from tracker.vision.posture_recordings import Labelled, read_recording

FPS = 10.0


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("good", Sat.GOOD), ("Upright", Sat.GOOD), ("neutral_posture", Sat.GOOD), ("TUP", Sat.GOOD), (0, Sat.GOOD),
        ("0", Sat.GOOD), ("0.0", Sat.GOOD), (np.int64(0), Sat.GOOD), ("sitting straight", Sat.GOOD),
        ("bad_forward", Sat.SLOUCH), ("hunched back", Sat.SLOUCH), ("rounded back", Sat.SLOUCH), ("TLF", Sat.SLOUCH),
        ("leanForward", Sat.SLOUCH), ("kyphosis", Sat.SLOUCH), (1, Sat.SLOUCH), ("2", Sat.SLOUCH), ("bad", Sat.SLOUCH),
        ("incorrect", Sat.SLOUCH), ("not good", Sat.SLOUCH), ("lean_to_screen", Sat.SLOUCH), (True, Sat.SLOUCH),
        ("bad_left", Sat.SIDEWAYS), ("lean right", Sat.SIDEWAYS), ("sideways", Sat.SIDEWAYS), ("TLL", Sat.SIDEWAYS),
        ("lean_back", Sat.BACK), ("backward", Sat.BACK), ("reclined", Sat.BACK),
        ("standing", Sat.OUT), ("away", Sat.OUT), ("", Sat.OUT), (-1, Sat.OUT), ("nan", Sat.OUT), ("drinking", Sat.OUT),
    ],
)  # fmt: skip
def test_the_meaning_of_a_label(label: object, expected: Sat) -> None:
    assert meaning(label) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("frames 0-18 good, 21-32 bad (head drops forward and down)", [(0, 18, "good"), (21, 32, "bad")]),
        ("good: frames 0-18; bad: frames 21-32", [(0, 18, "good"), (21, 32, "bad")]),
        ("frames 0 to 18 good and 21 to 32 bad", [(0, 18, "good"), (21, 32, "bad")]),
        ("frames 0\u201318 good, 21\u201332 bad", [(0, 18, "good"), (21, 32, "bad")]),
    ],
)
def test_ranges_in_text(text: str, expected: list[tuple[float, float, str]]) -> None:
    assert [(i.start, i.end, i.label) for i in intervals_in_text(text)] == expected
    assert {interval.unit for interval in intervals_in_text(text)} == {"frames"}


def test_seconds_are_told_from_frames() -> None:
    times = np.arange(100) / FPS
    assert intervals_in_text("0-2.5 s upright, 3-4 s slouched")[1] == Interval(3.0, 4.0, "slouched", "seconds")
    seconds = labels_on([Interval(0.0, 2.5, "a"), Interval(3.0, 9.0, "b")], times)
    assert (seconds[25], seconds[26], seconds[30]) == ("a", None, "b")
    whole_seconds = labels_on([Interval(0, 4, "a"), Interval(5, 9, "b")], times)
    assert (whole_seconds[40], whole_seconds[41], whole_seconds[90]) == ("a", None, "b")
    frames = labels_on([Interval(0, 40, "a"), Interval(41, 99, "b")], times)
    assert (frames[40], frames[41], frames[99]) == ("a", "b", "b")
    told = labels_on([Interval(0, 4, "a", "frames")], times)
    assert told.count("a") == 5


@pytest.mark.parametrize(
    "value",
    [
        [{"from": 0, "to": 18, "label": "good"}, {"from": 21, "to": 32, "label": "bad"}],
        [{"start_frame": 0, "end_frame": 18, "class": "good"}, {"start": 21, "end": 32, "label": "bad"}],
        [[0, 18, "good"], [21, 32, "bad"]],
        [["good", 0, 18], ["bad", 21, 32]],
        {"good": [[0, 18]], "bad": [21, 32]},
        {"good": {"from": 0, "to": 18}, "bad": [{"from": 21, "to": 32}], "unit": "frames"},
    ],
)
def test_ranges_as_lists_and_objects(value: Any) -> None:
    assert [(i.start, i.end, i.label) for i in intervals_from(value)] == [(0, 18, "good"), (21, 32, "bad")]


@pytest.mark.parametrize("value", [[{"from": 0, "label": "good"}], [[1, 2]], {"good": [1]}, 5])
def test_what_is_no_range_is_refused(value: Any) -> None:
    with pytest.raises(LabelError):
        intervals_from(value)


# -- in a manifest ----------------------------------------------------------------------------------------------------


def write_track(path: Path, frames: int = 40, **arrays: Any) -> None:
    landmarks = np.random.default_rng(1).uniform(0.2, 0.8, (frames, LANDMARK_COUNT, 4))
    np.savez(path, **{"lm": landmarks, "wh": np.array([640, 480]), "fps": np.array(FPS), **arrays})


def write_manifest(folder: Path, *entries: Any, name: str | None = "posture") -> Path:
    path = folder / "manifest.json"
    path.write_text(json.dumps(list(entries) if name is None else {name: entries}), encoding="utf-8")
    return path


def only(folder: Path, entry: Any) -> PostureClip:
    (clip,) = read_posture_manifest(write_manifest(folder, entry))
    return clip


def read(folder: Path, entry: dict[str, Any]) -> Labelled:
    clip = only(folder, entry)
    assert clip.broken is None, clip.broken
    return read_recording(clip, model="lite")


EXPECTED = ["good"] * 20 + ["bad"] * 20


@pytest.mark.parametrize(
    "fields",
    [
        {"labels": "frames 0-19 good, 20-39 bad"},
        {"labels": "good 0-1.95 s, bad 1.96-4 s"},
        {"labels": [{"from": 0, "to": 19, "label": "good"}, {"from": 20, "to": 39, "label": "bad"}]},
        {"intervals": [[0, 1.95, "good"], [1.96, 4, "bad"]]},
        {"labels": {"good": [[0, 19]], "bad": [[20, 39]]}, "unit": "frames"},
        {"labels": ["good"] * 20 + ["bad"] * 20},
        {"labels": [0] * 20 + [1] * 20, "names": ["good", "bad"]},
        {"labels": "beside.json"},
        {"labels_file": "beside.csv"},
        {"labels": "rows.csv"},
        {"labels": "ranges.csv"},
        {"labels": "beside.npz"},
    ],
)
def test_labels_come_in_any_form(tmp_path: Path, fields: dict[str, Any]) -> None:
    write_track(tmp_path / "sitting.npz")
    (tmp_path / "beside.json").write_text(json.dumps({"labels": EXPECTED}))
    (tmp_path / "beside.csv").write_text("\n".join(EXPECTED))
    (tmp_path / "rows.csv").write_text(
        "frame,label\n" + "\n".join(f"{n},{label}" for n, label in enumerate(EXPECTED))
    )  # fmt: skip
    (tmp_path / "ranges.csv").write_text("from_frame,to_frame,label\n0,19,good\n20,39,bad\n")
    np.savez(tmp_path / "beside.npz", labels=np.array(EXPECTED))

    assert list(read(tmp_path, {"file": "sitting.npz", **fields}).labels) == EXPECTED


@pytest.mark.parametrize(
    ("arrays", "fields", "expected"),
    [
        ({"labels": np.array(EXPECTED)}, {"labels": "good / bad per frame, one person"}, EXPECTED),
        ({"label": np.array([0] * 20 + [1] * 20)}, {}, ["0"] * 20 + ["1"] * 20),
        ({"y": np.array([1.0] * 20 + [0.0] * 20)}, {"labels": "1 = good, 0 = bad"}, EXPECTED),
        ({"y": np.array([0] * 20 + [1] * 20), "names": np.array(["good", "bad"])}, {}, EXPECTED),
        ({}, {"label": "upright"}, ["upright"] * 40),
        ({"y": np.array(["good"] * 40)}, {"slouch": [[20, 39]], "unit": "frames"}, ["good"] * 20 + ["slouch"] * 20),
        ({}, {"good": [[0, 19]], "bad": [[20, 39]]}, ["good"] * 20 + ["slouch"] * 20),
    ],
    ids=["words", "numbers", "named in text", "named in the file", "one for all", "ranges on top", "ranges of classes"],
)  # fmt: skip
def test_labels_in_the_track_and_ranges_on_top(
    tmp_path: Path, arrays: dict[str, Any], fields: dict[str, Any], expected: list[str]
) -> None:
    write_track(tmp_path / "sitting.npz", **arrays)
    recording = read(tmp_path, {"file": "sitting.npz", **fields})
    assert list(recording.labels) == expected


def test_what_a_track_leaves_out_is_assumed_and_told(tmp_path: Path) -> None:
    landmarks = np.random.default_rng(1).uniform(0.2, 0.8, (30, LANDMARK_COUNT, 2)) * [640, 480]
    landmarks[:, 5] = 0.0
    np.savez(tmp_path / "bare.npz", landmarks=landmarks, labels=np.array(["good"] * 30))

    recording = read(tmp_path, {"file": "bare.npz"})

    assert recording.times_s[-1] == pytest.approx(29 / 30)
    assert (recording.width, recording.height) == (640.0, 480.0)
    assert [note.split(",")[0] for note in recording.notes] == ["picture size not known", "frame rate not known"]
    pose = next(recording.poses())
    assert pose is not None
    assert pose.points[5] is None
    nose = pose.points[0]
    assert nose is not None
    assert 0.2 <= nose.x <= 0.8
    assert nose.visibility == pytest.approx(0.99)


def test_a_frame_without_joints_has_nobody_in_it(tmp_path: Path) -> None:
    landmarks = np.full((20, LANDMARK_COUNT, 4), 0.5)
    landmarks[3] = np.nan
    np.savez(tmp_path / "a.npz", lm=landmarks, wh=np.array([4, 3]), fps=np.array(5.0), labels=np.zeros(20, int))
    recording = read(tmp_path, {"file": "a.npz"})
    assert [n for n, pose in enumerate(recording.poses()) if pose is None] == [3]
    assert recording.values()[3] is None


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("sitting.npz", "recording 1 should be an object."),
        ({"labels": "good"}, "recording 1: “file” should be the path of a recording."),
        ({"file": "a.npz", "view": 3}, "recording 1 (a.npz): “view” should be front, side or null, not 3."),
        ({"file": "a.npz", "fps": 0}, "recording 1 (a.npz): “fps” should be a positive number or null, not 0."),
        ({"file": "a.npz", "wh": [1]}, "“wh” should be the picture's width and height"),
        ({"file": "a.npz", "labels": [{"from": 1}]}, "(an interval has “from”, “to” (numbers) and “label”)"),
        ({"file": "a.npz", "calibrate": {"good": 3}}, "“calibrate” should be shares between 0 and 1"),
        (
            {"file": "a.npz", "labels_file": 3},
            "“labels_file” should be the name of an .npz, .json or .csv file, not 3.",
        ),
    ],
)
def test_a_wrong_entry_is_told_by_number_and_field(tmp_path: Path, entry: Any, sentence: str) -> None:
    clip = only(tmp_path, entry)
    assert clip.broken is not None
    assert sentence in clip.broken


def test_derived_features_are_skipped_with_a_reason(tmp_path: Path) -> None:
    clip = only(tmp_path, {"file": "good.csv, bad.csv", "kind": "derived features, front", "labels": "good 3 / bad 4"})
    assert clip.broken is None
    assert "needs the landmarks" in str(clip.skipped)


@pytest.mark.parametrize(
    ("fields", "view"),
    [
        ({"view": "side"}, "side"),
        ({"kind": "front webcam clip"}, "front"),
        ({"kind": "profile"}, "side"),
        ({}, None),
        ({"view": "oblique"}, None),
    ],
)
def test_the_view_comes_from_the_entry_or_its_kind(tmp_path: Path, fields: dict[str, Any], view: str | None) -> None:
    assert only(tmp_path, {"file": "a.npz", **fields}).view == view


@pytest.mark.parametrize("name", ["posture", "recordings", None])
def test_a_manifest_is_an_object_or_a_list(tmp_path: Path, name: str | None) -> None:
    assert len(read_posture_manifest(write_manifest(tmp_path, {"file": "a.npz"}, {"file": "b.npz"}, name=name))) == 2


@pytest.mark.parametrize("text", ["{", '{"clips": []}', "3"])
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "m.json").write_text(text)
    with pytest.raises(SourceError):
        read_posture_manifest(tmp_path / "m.json")


@pytest.mark.parametrize(
    ("arrays", "reason"),
    [
        ({"labels": np.array(["good"] * 3)}, "it has 40 frames, but 3 labels."),
        ({}, "no frame of it has a label."),
        ({"lm": np.zeros((4, 5)), "labels": np.zeros(4)}, "“lm” should be frames x 33 x 4, but is 4 x 5."),
        ({"wh": np.array([0, 1]), "labels": np.zeros(40)}, "“wh” should be"),
    ],
)
def test_a_recording_that_does_not_fit_its_labels_is_refused(
    tmp_path: Path, arrays: dict[str, Any], reason: str
) -> None:
    write_track(tmp_path / "a.npz", **arrays)
    with pytest.raises(SourceError, match=reason.split("(", maxsplit=1)[0]):
        read(tmp_path, {"file": "a.npz"})
