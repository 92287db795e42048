"""Video encoders, best first, for what browsers play: H.264 in ``.mp4``, VP8 in ``.webm``.

OpenCV's own FFmpeg may not carry an H.264 encoder (its licence), so on most Linux machines ``.mp4`` is handed to the
``ffmpeg`` program where that is installed. Without it OpenCV writes VP9 into the ``.mp4``: it plays everywhere, but
writing takes ten times as long. ``.webm`` gets VP8, which every OpenCV writes quickly. Pictures are RGB with even width
and height. Limits: no sound.
"""

from __future__ import annotations

import shutil
import subprocess
from contextlib import suppress
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import cv2

from tracker.vision.errors import OutputError
from tracker.vision.quiet import filtered_stderr, silence_opencv

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.vision.video import Picture

Size = tuple[int, int]
_WAIT_S = 60  # for the last pictures to be written


class Encoder(Protocol):
    """Writes pictures of one size to one file."""

    def write(self, picture: Picture) -> None: ...

    def close(self) -> None:
        """Finish the file. Raises `OutputError` when it could not be written."""


def open_encoder(path: Path, size: Size, fps: float) -> Encoder:
    """The best encoder this machine has for the suffix of ``path``. Raises `OutputError` when there is none."""
    silence_opencv()
    for open_one in _BY_SUFFIX[path.suffix.lower()]:
        encoder = open_one(path, size, fps)
        if encoder is not None:
            return encoder
    raise OutputError(path, _("the video cannot be written here: no permission, or no encoder for it."))


class _OpenCvEncoder:
    def __init__(self, writer: cv2.VideoWriter) -> None:
        self._writer = writer

    def write(self, picture: Picture) -> None:
        self._writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))

    def close(self) -> None:
        self._writer.release()


class _FfmpegEncoder:
    def __init__(self, path: Path, process: subprocess.Popen[bytes]) -> None:
        self._path = path
        self._process = process

    def write(self, picture: Picture) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(picture.tobytes())
        except BrokenPipeError as error:
            raise self._failure() from error

    def close(self) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            code = self._process.wait(_WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        if code != 0:
            raise self._failure()

    def _failure(self) -> OutputError:
        return OutputError(self._path, _("ffmpeg could not write the video (disk full, or no permission)."))


def _opencv(codec: str) -> Callable[[Path, Size, float], Encoder | None]:
    def open_one(path: Path, size: Size, fps: float) -> Encoder | None:
        with filtered_stderr():  # OpenCV announces a container tag that it replaces by itself
            writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*codec), fps, size)
        return _OpenCvEncoder(writer) if writer.isOpened() else None

    return open_one


def _ffmpeg(path: Path, size: Size, fps: float) -> Encoder | None:
    program = shutil.which("ffmpeg")
    if program is None:
        return None
    arguments = [
        program, "-loglevel", "quiet", "-y",
        "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{size[0]}x{size[1]}", "-r", str(fps), "-i", "-",
        "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
        str(path.resolve()),
    ]  # fmt: skip
    process = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - fixed arguments
    return _FfmpegEncoder(path, process)


_MP4: Final = (_opencv("avc1"), _ffmpeg, _opencv("vp09"))
_BY_SUFFIX: Final = {".mp4": _MP4, ".m4v": _MP4, ".webm": (_opencv("VP80"),)}

SUFFIXES: Final = tuple(_BY_SUFFIX)
