"""The live loop with a camera and an estimator that are not there."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Self

import numpy as np
import pytest

from tracker.vision import camera, estimator
from tracker.vision.camera import watch_camera
from tracker.vision.errors import CameraError, UnknownExerciseError
from tracker.vision.video import Frame


class FakeCapture:
    """Gives ``pictures`` pictures, then none."""

    pictures = 4
    opened = True

    def __init__(self, _device: int) -> None:
        self._left = self.pictures

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return self.opened

    def read(self) -> tuple[bool, np.ndarray | None]:
        self._left -= 1
        return (True, np.zeros((48, 64, 3), np.uint8)) if self._left >= 0 else (False, None)

    def release(self) -> None: ...


class FakeEstimator:
    def __init__(self, _model: str) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def pose(self, _picture: object, _time_s: float) -> None:
        return None


@pytest.fixture(autouse=True)
def _no_hardware(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(camera.cv2, "VideoCapture", FakeCapture)
    monkeypatch.setattr(estimator, "Estimator", FakeEstimator)
    monkeypatch.setattr(camera, "Estimator", FakeEstimator, raising=False)


def watch() -> dict[str, Any]:
    return watch_camera("overhead-press", side=None, device=0, model="lite", window=False)


def test_a_camera_that_stops_is_an_error_with_its_number() -> None:
    with pytest.raises(CameraError, match=r"Camera 0: it stopped giving pictures"):
        watch()


def test_no_camera_is_an_error_that_says_what_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeCapture, "opened", False)

    with pytest.raises(CameraError, match="--device"):
        watch()


def test_an_unknown_exercise_is_told_before_the_camera_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeCapture, "opened", False)

    with pytest.raises(UnknownExerciseError):
        watch_camera("overhead-pres", side=None, device=0, model="lite", window=False)


def test_ctrl_c_ends_the_set_with_its_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    def two_pictures_then_ctrl_c(_self: camera.Camera) -> Generator[Frame]:
        yield Frame(0.0, np.zeros((48, 64, 3), np.uint8))
        raise KeyboardInterrupt

    monkeypatch.setattr(camera.Camera, "frames", two_pictures_then_ctrl_c)

    result = watch()

    assert result["exercise"] == "overhead-press"
    assert result["file"] is None
    assert result["count"] == 0
    assert result["source"] == {"kind": "camera", "device": 0, "model": "lite", "frames": 1}
    assert result["timings"]["decode_ms"] is None
    assert result["timings"]["frames"] == 1
