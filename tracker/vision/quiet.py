"""Keeps the chatter of native libraries off the terminal without losing their errors.

MediaPipe writes start-up notices straight to file descriptor 2, before any setting of its own could stop them;
`filtered_stderr` therefore puts a filter into that descriptor and lets everything through that is not a known notice
(information or warning lines of absl, TensorFlow Lite's delegate line, OpenCV's choice of a container tag). OpenCV and
FFmpeg can be told to be silent: their failures reach us as return values, which `tracker.vision` turns into sentences.
Limits: a line that a crashing process writes with its last breath may be lost while the filter is in place.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2
_NOTICE = re.compile(rb"[IW]\d{4,8} \d|INFO: |WARNING: All log messages before absl|OpenCV: FFMPEG: (?:tag|fallback)")
_MAY_BECOME_NOTICE = (b"I", b"W", b"O")


def silence_opencv() -> None:
    """Stop OpenCV and the FFmpeg inside it from printing; call before the first file is opened."""
    os.putenv("OPENCV_FFMPEG_LOGLEVEL", "-8")  # FFmpeg's "quiet"; OpenCV offers no call for it
    import cv2

    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)


@contextmanager
def filtered_stderr() -> Iterator[None]:
    """While active, known notices of native libraries written to file descriptor 2 are dropped.

    Nested and concurrent uses share one filter, which goes when the last of them ends.
    """
    _FILTER.acquire()
    try:
        yield
    finally:
        _FILTER.release()


class _StderrFilter:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._real = -1
        self._pump: threading.Thread | None = None

    def acquire(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                self._install()

    def release(self) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                self._remove()

    def _install(self) -> None:
        try:
            self._real = os.dup(_STDERR)
        except OSError:
            return  # a service without stderr: nothing to keep clean
        reading, writing = os.pipe()
        os.dup2(writing, _STDERR)
        os.close(writing)
        self._pump = threading.Thread(target=_pump, args=(reading, self._real), name="stderr filter", daemon=True)
        self._pump.start()

    def _remove(self) -> None:
        if self._pump is None:
            return
        os.dup2(self._real, _STDERR)  # closes the last writing end, which ends the pump
        self._pump.join()
        os.close(self._real)
        self._pump = None


_FILTER = _StderrFilter()


def _pump(reading: int, real: int) -> None:
    pending = b""
    with open(reading, "rb", buffering=0) as pipe:
        while chunk := pipe.read(4096):
            pending = _forward(pending + chunk, real)
    if pending and not _NOTICE.match(pending):
        os.write(real, pending)


def _forward(text: bytes, real: int) -> bytes:
    """Write what is not a notice; give back an unfinished line that may still turn out to be one."""
    *lines, rest = text.split(b"\n")
    for line in lines:
        if not _NOTICE.match(line):
            os.write(real, line + b"\n")
    if rest.startswith(_MAY_BECOME_NOTICE):
        return rest
    if rest:
        os.write(real, rest)  # a progress bar never ends its line
    return b""
