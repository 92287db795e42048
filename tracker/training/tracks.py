"""The landmark track of one set, as the browser packs it.

gzip of a JSON header line `{"frames":N,"width":W,"height":H}`, then N little-endian float64 times (seconds), then
N x 33 x 3 little-endian int16 (x, y, visibility, each times 10,000 of the image size; -32768 means the joint was not
seen). Landmarks only, never pixels.

Pure. `read_header` checks everything that can be checked without interpreting the movement, and never unpacks more than
`MOST_BYTES`, whatever the compressed data claims.
"""

from __future__ import annotations

import json
import math
import operator
import struct
import zlib
from dataclasses import dataclass
from typing import Final

JOINTS: Final = 33
BYTES_PER_FRAME: Final = 8 + JOINTS * 3 * 2
MOST_FRAMES: Final = 60 * 60 * 30  # an hour at 30 frames a second
MOST_HEADER_BYTES: Final = 200
MOST_BYTES: Final = MOST_HEADER_BYTES + MOST_FRAMES * BYTES_PER_FRAME
LARGEST_SIDE: Final = 16_384
GZIP: Final = 31  # zlib's number for "gzip wrapper, largest window"


class TrackError(ValueError):
    """The track cannot be read; `key` names the sentence."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class TrackHeader:
    """Number of frames and size of the picture the landmarks belong to, in pixels."""

    frames: int
    width: int
    height: int


def read_header(packed: bytes) -> TrackHeader:
    """The header of a well-formed track; raises TrackError for anything else."""
    raw = _unpack(packed)
    line_end = raw.find(b"\n", 0, MOST_HEADER_BYTES)
    if line_end < 0:
        raise TrackError("track_header")
    header = _parse_header(raw[:line_end])
    body = memoryview(raw)[line_end + 1 :]
    if len(body) != header.frames * BYTES_PER_FRAME:
        raise TrackError("track_size")
    times = struct.unpack_from(f"<{header.frames}d", body)
    if not all(map(math.isfinite, times)) or not all(map(operator.le, times, times[1:])):
        raise TrackError("track_times")
    return header


def pack(times_s: list[float], values: list[int], *, width: int, height: int) -> bytes:
    """The inverse, for demo data and tests: `values` are N x 33 x 3 numbers as described above."""
    header = json.dumps({"frames": len(times_s), "width": width, "height": height}, separators=(",", ":"))
    body = struct.pack(f"<{len(times_s)}d", *times_s) + struct.pack(f"<{len(values)}h", *values)
    compressor = zlib.compressobj(6, zlib.DEFLATED, GZIP)
    return compressor.compress(header.encode() + b"\n" + body) + compressor.flush()


def _unpack(packed: bytes) -> bytes:
    unpacker = zlib.decompressobj(GZIP)
    try:
        raw = unpacker.decompress(packed, MOST_BYTES + 1)
    except zlib.error as error:
        raise TrackError("track_not_gzip") from error
    if len(raw) > MOST_BYTES:
        raise TrackError("track_too_large")
    if not unpacker.eof or unpacker.unused_data:
        raise TrackError("track_not_gzip")
    return raw


def _parse_header(line: bytes) -> TrackHeader:
    try:
        parsed = json.loads(line)
        numbers = [parsed[key] for key in ("frames", "width", "height")]
    except (ValueError, KeyError, TypeError) as error:
        raise TrackError("track_header") from error
    if not all(type(number) is int for number in numbers):
        raise TrackError("track_header")
    header = TrackHeader(*numbers)
    if not (
        0 <= header.frames <= MOST_FRAMES and 0 < header.width <= LARGEST_SIDE and 0 < header.height <= LARGEST_SIDE
    ):
        raise TrackError("track_header")
    return header
