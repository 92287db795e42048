"""The filter sits in file descriptor 2 itself, so these tests run it in a process of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from tracker.vision.quiet import filtered_stderr
os.write(2, b"before\\n")
with filtered_stderr(), filtered_stderr():
    for chunk in {chunks!r}:
        os.write(2, chunk)
os.write(2, b"after\\n")
"""

NOTICES = (
    b"INFO: Created TensorFlow Lite XNNPACK delegate for CPU.\n",
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n",
    b"W0000 00:00:1795232913.659812    9343 inference_feedback_manager.cc:114] Feedback manager requires...\n",
    b"I20260101 10:00:00.000000  9343 task_runner.cc:85] GPU suport is not available\n",
    b"OpenCV: FFMPEG: tag 0x30385056/'VP80' is not supported with codec id 139 and format 'webm / WebM'\n",
)


def stderr_of(*chunks: bytes) -> bytes:
    program = PROGRAM.format(chunks=chunks)
    return subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, timeout=60).stderr


def test_known_notices_are_dropped() -> None:
    assert stderr_of(*NOTICES) == b"before\nafter\n"


@pytest.mark.parametrize(
    "line",
    [
        b"E0000 00:00:1795232913.659812    9343 graph.cc:10] Cannot allocate\n",
        b"F0000 00:00:1795232913.659812    9343 graph.cc:10] Check failed\n",
        b"ImportError: no such thing\n",
        b"Warning: disk nearly full\n",
        b"terminate called after throwing an instance of 'std::bad_alloc'\n",
    ],
)
def test_errors_come_through_between_notices(line: bytes) -> None:
    assert stderr_of(NOTICES[0], line, NOTICES[1]) == b"before\n" + line + b"after\n"


def test_a_notice_may_come_in_pieces() -> None:
    assert stderr_of(b"W00", b"00 00:00:1 2 file.cc:1] chat", b"ter\nreal\n") == b"before\nreal\nafter\n"


def test_an_unfinished_line_is_not_held_back() -> None:
    assert stderr_of(b"\r 12 %", b"\r 13 %") == b"before\n\r 12 %\r 13 %after\n"
