"""Landmark tracks: only well-formed ones are kept, and none can fill the memory."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.training import tracks
from tracker.training.tracks import TrackError, TrackHeader, pack, read_header


def values(frames: int) -> list[int]:
    return [0] * (frames * tracks.JOINTS * 3)


@settings(deadline=None)
@given(st.integers(0, 20), st.integers(1, 4000), st.integers(1, 4000))
def test_a_packed_track_gives_its_header_back(frames, width, height):
    packed = pack([float(frame) for frame in range(frames)], values(frames), width=width, height=height)
    assert read_header(packed) == TrackHeader(frames, width, height)


def changed(**fields) -> bytes:
    header = {"frames": 1, "width": 640, "height": 480, **fields}
    return gzip.compress(json.dumps(header).encode() + b"\n" + bytes(tracks.BYTES_PER_FRAME))


@pytest.mark.parametrize(
    ("packed", "key"),
    [
        (b"", "track_not_gzip"),
        (b"not gzip at all", "track_not_gzip"),
        (changed()[:-5], "track_not_gzip"),
        (changed() + b"more", "track_not_gzip"),
        (gzip.compress(b"no line end"), "track_header"),
        (gzip.compress(b"[]\n"), "track_header"),
        (changed(frames=True), "track_header"),
        (changed(frames=-1), "track_header"),
        (changed(frames=10**9), "track_header"),
        (changed(width=0), "track_header"),
        (changed(frames=2), "track_size"),
        (pack([2.0, 1.0], values(2), width=640, height=480), "track_times"),
        (pack([float("nan")], values(1), width=640, height=480), "track_times"),
    ],
    # Not the bytes: gzip writes the time into them, and every test worker has to find the same names.
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_anything_else_is_refused_with_a_reason(packed, key):
    with pytest.raises(TrackError) as caught:
        read_header(packed)
    assert caught.value.key == key


def test_a_small_file_that_unpacks_to_a_huge_one_is_refused_before_it_does(monkeypatch):
    monkeypatch.setattr(tracks, "MOST_BYTES", 10_000)
    with pytest.raises(TrackError) as caught:
        read_header(gzip.compress(bytes(5_000_000)))
    assert caught.value.key == "track_too_large"
