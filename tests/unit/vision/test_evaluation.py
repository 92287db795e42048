"""What an evaluation reads, what it adds up, and what its table and pictures say. Counting itself: tests/features."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from exercises.body import LANDMARK_COUNT, Landmark, Point, Pose
from tracker.vision.errors import OutputError, SourceError
from tracker.vision.evaluation import EVALUATED, FAILED, NEGATIVE, NOT_IN_LIBRARY, picture_names, totals
from tracker.vision.evaluation_report import print_evaluation
from tracker.vision.manifest import Clip, read_manifest
from tracker.vision.plot import plot_svg
from tracker.vision.tracks import load_track, save_track, track_of


def entry(**changes: Any) -> dict[str, Any]:
    """A clip of five repetitions, counted exactly."""
    return {
        "file": "clip.mp4", "status": EVALUATED, "problem": None, "exercise": "overhead-press", "view": "front",
        "side": None, "reps": 5, "correct": None, "counted": 5, "partial": 0, "predicted": 5, "error": 0,
        "exact": True, "off_by_one": True, "relative_error": 0.0, "correct_error": None, "cannot_tell_share": 0.0,
        "gate": {}, "seconds": 10.0, "frames": 100, "frames_judged": 100, "ms_per_frame": 0.1, "inference_ms": 20.0,
        "view_seen": "front", "repetitions": [], "by_exercise": {}, "false_reps": None, "false_partials": None,
        "not_in_library": [], "plot": None, **changes,
    }  # fmt: skip


def negative(**changes: Any) -> dict[str, Any]:
    return entry(
        status=NEGATIVE, exercise=None, reps=None, counted=None, partial=None, predicted=None, error=None, exact=None,
        off_by_one=None, relative_error=None, false_reps=0, false_partials=0, inference_ms=None, **changes,
    )  # fmt: skip


MIXED = [
    entry(),
    entry(reps=4, correct=4, counted=3, predicted=5, partial=2, error=1, exact=False, relative_error=0.25,
          correct_error=-1, gate={"wrong_view": 2.0, "not_visible": 1.0}, cannot_tell_share=0.3),
    entry(reps=5, correct=0, counted=0, partial=2, predicted=2, error=-3, exact=False, off_by_one=False,
          relative_error=0.6, correct_error=0, seconds=20.0, frames=200, frames_judged=200, ms_per_frame=0.4,
          inference_ms=None),
    entry(reps=0, counted=0, predicted=0, relative_error=None, ms_per_frame=0.2),
    negative(by_exercise={"overhead-press": {"counted": 2, "partial": 0}, "seated-row": {"counted": 1, "partial": 4}},
             seconds=30.0, frames=300, frames_judged=600)
    | {"false_reps": 3, "false_partials": 4},
    entry(status=NOT_IN_LIBRARY, exact=None, predicted=None),
    entry(status=FAILED, exact=None, problem="there is no such file."),
]  # fmt: skip


def test_totals_by_hand() -> None:
    total = totals(MIXED)

    assert total["clips"] == 4
    assert total["exact"] == 0.5  # the first and the one without repetitions
    assert total["obo"] == 0.75
    assert total["mae"] == pytest.approx((0 + 0.25 + 0.6) / 3, abs=1e-4)  # nothing can be divided by no repetition
    assert total["correct_exact"] == 0.5
    assert total["correct_mae"] == pytest.approx((1 / 4 + 0 / 5) / 2)
    assert total["cannot_tell"] == pytest.approx(3 / (10 + 10 + 20 + 10))
    assert total["negatives"] == 1
    assert total["false_reps"] == 3
    assert total["false_partials"] == 4
    assert total["false_reps_per_min"] == 3.0  # half a minute, two coaches
    assert total["ms_per_frame"] == pytest.approx(
        (0.1 * 100 + 0.1 * 100 + 0.4 * 200 + 0.2 * 100 + 0.1 * 600) / 1100, abs=1e-4
    )
    assert total["inference_ms"] == 20.0
    assert total["not_in_library"] == 1
    assert total["failed"] == 1


def test_where_there_is_nothing_to_average_nothing_is_claimed() -> None:
    total = totals([])

    unknown = {"exact", "obo", "mae", "correct_mae", "correct_exact", "false_reps_per_min", "cannot_tell",
               "ms_per_frame", "inference_ms"}  # fmt: skip
    assert {name for name, value in total.items() if value is None} == unknown
    assert total["clips"] == total["false_reps"] == total["false_partials"] == 0


def manifest(folder: Path, document: Any) -> Path:
    path = folder / "manifest.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


PRESS = {"file": "press.npz", "exercise": "overhead-press", "view": "front", "reps": 5}


def test_a_manifest_is_an_object_with_clips_or_a_bare_list(tmp_path: Path) -> None:
    document = {**PRESS, "side": "both", "correct": 3, "fps": 30, "licence": "MIT", "notes": ["ignored"]}

    (clip,) = read_manifest(manifest(tmp_path, {"clips": [document], "pain": "ignored"}))

    assert clip == Clip("press.npz", tmp_path / "press.npz", "overhead-press", "front", None, 5, 3, (), 30.0)
    assert read_manifest(manifest(tmp_path, [document])) == (clip,)


@pytest.mark.parametrize("empty", [None, float("nan")], ids=["null", "NaN"])
def test_an_empty_cell_is_unknown(tmp_path: Path, empty: float | None) -> None:
    (clip,) = read_manifest(manifest(tmp_path, [PRESS | dict.fromkeys(("side", "correct", "fps", "view"), empty)]))

    assert (clip.side, clip.correct, clip.fps, clip.view) == (None, None, None, None)


def test_without_an_exercise_a_clip_is_a_negative_control(tmp_path: Path) -> None:
    (clip,) = read_manifest(manifest(tmp_path, [{"file": "squat.mp4", "negative_for": ["seated-row", "seated-row"]}]))

    assert clip.exercise is None
    assert clip.negative_for == ("seated-row",)
    assert clip.reps is None


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"videos": []}, "a manifest is an object with a list “clips”, or such a list itself."),
        (5, "a manifest is an object with a list “clips”, or such a list itself."),
        ([PRESS, "press.npz"], "clip 2 should be an object."),
        ([{"exercise": "overhead-press"}], "clip 1: “file” should be the path of a recording, not null."),
        ([PRESS, PRESS | {"reps": "five"}],
         'clip 2 (press.npz): “reps” should be a whole number of 0 or more, not "five".'),
        ([PRESS | {"reps": None}],
         "clip 1 (press.npz): “reps” should be the number of repetitions attempted, not null."),
        ([PRESS | {"reps": 2.5}], "clip 1 (press.npz): “reps” should be a whole number of 0 or more, not 2.5."),
        ([PRESS | {"reps": True}], "clip 1 (press.npz): “reps” should be a whole number of 0 or more, not true."),
        ([PRESS | {"correct": -1}], "clip 1 (press.npz): “correct” should be a whole number of 0 or more, not -1."),
        ([PRESS | {"side": "up"}], 'clip 1 (press.npz): “side” should be left, right, both or null, not "up".'),
        ([PRESS | {"exercise": 7}], "clip 1 (press.npz): “exercise” should be text, not 7."),
        ([PRESS | {"fps": 0}], "clip 1 (press.npz): “fps” should be a positive number or null, not 0."),
        ([{"file": "squat.mp4"}],
         "clip 1 (squat.mp4): “negative_for” should be a list of exercises, because “exercise” is null, not null."),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_manifest_is_said_with_entry_and_field(
    tmp_path: Path, document: Any, sentence: str
) -> None:
    path = manifest(tmp_path, document)

    with pytest.raises(SourceError) as caught:
        read_manifest(path)

    assert str(caught.value) == f"{path}: {sentence}"


@pytest.mark.parametrize("content", [b"hello", b'{"clips": [', b"\xff\xfe\x00"])
def test_what_is_not_json_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)

    with pytest.raises(SourceError, match="this manifest is not JSON"):
        read_manifest(path)
    with pytest.raises(SourceError, match="no such file"):
        read_manifest(tmp_path / "nothing.json")


def clip_of(file: str) -> Clip:
    return Clip(file, Path(file), "overhead-press", None, None, 5, None, (), None)


def test_pictures_have_the_name_of_their_clip_and_never_that_of_another() -> None:
    names = picture_names(
        tuple(map(clip_of, ("video/row.mp4", "video/press.mp4", "flip/press.mp4", "video/press.gif")))
    )

    assert names == ["row.svg", "2-video-press.svg", "flip-press.svg", "4-video-press.svg"]
    assert len(set(names)) == len(names)


def pose(time_s: float, *, without: tuple[Landmark, ...] = ()) -> Pose:
    """A pose of numbers that only 32-bit floats hold, as networks give them."""
    rng = np.random.default_rng(int(time_s * 1000))
    values = rng.random((LANDMARK_COUNT, 4), np.float32)
    points = tuple(
        None if index in without else Point(*map(float, values[index])) for index in range(LANDMARK_COUNT)
    )  # fmt: skip
    return Pose(time_s, points, 640, 360)


def test_a_kept_track_gives_back_exactly_the_same_poses(tmp_path: Path) -> None:
    seen = [(0.0, None), (1 / 3, pose(1 / 3)), (0.5, pose(0.5, without=(Landmark.NOSE,))), (0.7, None)]

    save_track(track_of(seen), tmp_path / "kept.npz")

    assert list(load_track(tmp_path / "kept.npz").poses()) == seen
    assert [file.name for file in tmp_path.iterdir()] == ["kept.npz"]


def test_a_track_of_an_empty_room_can_be_kept(tmp_path: Path) -> None:
    save_track(track_of([(0.0, None), (0.1, None)]), tmp_path / "kept.npz")

    assert list(load_track(tmp_path / "kept.npz").poses()) == [(0.0, None), (0.1, None)]


def test_a_track_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError):
        save_track(track_of([(0.0, None)]), tmp_path / "nowhere" / "kept.npz")


def printed(entries: list[dict[str, Any]]) -> str:
    console = Console(file=io.StringIO(), width=200, highlight=False)
    print_evaluation({"clips": entries, "total": totals(entries)}, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_table_has_a_row_per_clip_and_what_they_come_to() -> None:
    rows = printed(MIXED).splitlines()

    signs = [row[0] for row in rows[1 : 1 + len(MIXED)]]
    assert signs == ["✓", "±", "✗", "✓", "✗", "-", "!"]
    assert "wrong view 2.0 s, can't see 1.0 s" in rows[2]
    assert "30.0 %" in rows[2]
    assert "none: 2 tried" in rows[5]
    assert "counted as overhead-press, seated-row" in rows[5]
    assert "not in the library" in rows[6]
    assert "there is no such file." in rows[7]
    text = "\n".join(rows)
    assert "4 clips: 50.0 % exact, 75.0 % off by at most one, mean relative error 28.3 %, could not tell 6.0 %" in text
    assert "1 negative controls: 3 false repetitions, 4 false partial ones, 3.00 a minute" in text
    assert "1 clips could not be read." in text


def test_a_file_name_is_never_taken_for_markup() -> None:
    assert "[red]press.mp4" in printed([entry(file="[red]press.mp4")])


def test_an_empty_manifest_has_no_table_and_claims_nothing() -> None:
    assert "0 clips: - exact, - off by at most one" in printed([])


def judged(number: int, **changes: Any) -> dict[str, Any]:
    return {"start": 2.0 * number, "end": 2.0 * number + 1.5, "counted": True, "reason": "complete", **changes}


def drawn(**changes: Any) -> dict[str, Any]:
    times = [index / 10 for index in range(100) if not 20 < index < 30]
    return {
        "exercise": "overhead-press", "engine_version": "1", "kind": "repetitions", "duration_s": 10.0, "count": 1,
        "partial": 1, "repetitions": [
            judged(0), judged(1, counted=False, reason="partial_range"), judged(2, counted=False, reason="too_fast"),
        ],
        "holds": [], "gate": {"wrong_view": 3.0, "too_far": 0.1},
        "gated": [{"start": 6.0, "end": 9.0, "reason": "wrong_view"}, {"start": 9.0, "end": 9.1, "reason": "too_far"}],
        "trace": {"measure": "elbow_angle", "unit": "deg", "t": times, "left": [90.0] * len(times),
                  "right": [None] * len(times), "phase": ["start"] * len(times)},
        **changes,
    }  # fmt: skip


def test_a_picture_tells_counted_partial_and_not_counted_apart_without_colour() -> None:
    svg = plot_svg(drawn())

    for label in (">1<", ">(2)<", ">[3]<", ">counted<", ">partial<", ">not counted<"):
        assert label in svg


def test_a_picture_says_why_the_engine_could_not_tell() -> None:
    svg = plot_svg(drawn(), note="press.mp4 · truth 3")

    assert ">wrong view<" in svg  # in its stretch
    assert ">too far away<" not in svg  # no room there
    assert (
        "press.mp4 · truth 3 · engine 1 · 1 partial · 3.1 s could not tell (wrong view 3.0 s, too far away 0.1 s)"
        in svg
    )


def test_a_short_loss_of_sight_is_shaded_though_nothing_was_said_about_it() -> None:
    whole = [index / 10 for index in range(100)]
    column: list[Any] = [90.0] * len(whole)
    trace = drawn()["trace"] | {"t": whole, "left": column, "right": column, "phase": ["start"] * len(whole)}

    grey = "#9aa3a7"
    assert plot_svg(drawn()).count(grey) > plot_svg(drawn(trace=trace)).count(grey)
