from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tracker.vision.errors import ModelError
from tracker.vision.estimator import BUNDLE_FOLDER, Estimator, model_path

LITE = BUNDLE_FOLDER / "pose_landmarker_lite.task"
needs_model = pytest.mark.skipif(not LITE.is_file(), reason="the pose bundles are not built (make setup)")

EMPTY_ROOM = np.full((240, 320, 3), 127, np.uint8)


def test_a_missing_model_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.vision.estimator.BUNDLE_FOLDER", tmp_path)

    with pytest.raises(ModelError, match="make setup"):
        model_path("full")
    with pytest.raises(ModelError, match="no such model"):
        model_path("fulll")


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "pose_landmarker_heavy.task"
    path.write_bytes(b"model")

    assert model_path(str(path)) == path


@pytest.mark.parametrize("content", [b"", b"not a model at all", b"PK\x03\x04 torn"])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "mine.task"
    path.write_bytes(content)

    with pytest.raises(ModelError, match="not a pose model"):
        Estimator(str(path))


@needs_model
def test_an_empty_room_has_nobody_in_it() -> None:
    with Estimator("lite") as estimator:
        assert estimator.pose(EMPTY_ROOM, 0.0) is None
        assert estimator.pose(EMPTY_ROOM, 0.1) is None


@needs_model
def test_pictures_closer_than_a_millisecond_are_estimated_all_the_same() -> None:
    with Estimator("lite") as estimator:
        for time_s in (0.0, 0.0001, 0.0002, 0.0002):
            assert estimator.pose(EMPTY_ROOM, time_s) is None


@needs_model
def test_single_pictures_need_no_order_in_time() -> None:
    with Estimator("lite", stills=True) as estimator:
        assert estimator.pose(EMPTY_ROOM, 5.0) is None
        assert estimator.pose(EMPTY_ROOM, 1.0) is None
