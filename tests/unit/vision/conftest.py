"""Small recordings made on the spot: a red bar that walks to the right, one step a frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

WIDTH, HEIGHT, STEP = 96, 64, 12
CODECS = {".avi": "MJPG", ".mov": "mp4v", ".mp4": "mp4v", ".webm": "VP80"}


def bar(index: int) -> np.ndarray:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    picture[:, index * STEP : (index + 1) * STEP] = (0, 0, 255)  # BGR
    return picture


@pytest.fixture
def make_clip(tmp_path: Path) -> Callable[..., Path]:
    """Writes ``frames`` pictures into ``clip<suffix>`` at 10 a second (a gif: with the given durations in ms)."""

    def make(suffix: str, frames: int = 6, durations_ms: list[int] | None = None) -> Path:
        path = tmp_path / f"clip{suffix}"
        if suffix == ".gif":
            animation = cv2.Animation()
            animation.frames = [bar(index % 8) for index in range(frames)]
            animation.durations = np.array(durations_ms or [100] * frames, dtype=np.int32)
            assert cv2.imwriteanimation(str(path), animation)
            return path
        codec = cv2.VideoWriter.fourcc(*CODECS[suffix])
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, codec, 10, (WIDTH, HEIGHT))
        assert writer.isOpened()
        for index in range(frames):
            writer.write(bar(index % 8))
        writer.release()
        return path

    return make
