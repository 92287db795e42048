"""The table of decision record 0011: two estimates of the trunk's turn, and their minimum, on the recordings."""

from __future__ import annotations

import os
from pathlib import Path
from statistics import median

import pytest

from exercises.measures import Frame
from exercises.view import YAW_BANDS, turn_estimates
from tracker.vision.analysis import DEFAULT_MODEL, open_source

MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", Path(__file__).parents[3] / "shared" / "data"))
RECORDINGS = [
    ("video/overhead_press_front_x5.mp4", "front"),
    ("flipbook/lateral_raise_front_x5.mp4", "front"),
    ("video/seated_row_oblique_x4.mp4", "oblique"),
    ("flipbook/seated_row_side_x5.mp4", "side"),
    ("video/overhead_press_short_range_side_x5.mp4", "side"),
]

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.media,
    pytest.mark.skipif(not MEDIA.is_dir(), reason="the recordings are not in TRACKER_TEST_MEDIA"),
]


@pytest.mark.parametrize(("file", "view"), RECORDINGS, ids=[Path(file).stem for file, _ in RECORDINGS])
def test_the_smaller_estimate_names_the_view(file: str, view: str) -> None:
    from_width: list[float] = []
    from_depth: list[float] = []
    with open_source(MEDIA / file, DEFAULT_MODEL) as source:
        for seen in source.seen():
            if seen.pose is None:
                continue
            width, depth = turn_estimates(seen.pose, Frame(seen.pose))
            if width is not None and depth is not None:
                from_width.append(width)
                from_depth.append(depth)
    widest = sorted(from_width)[int(0.95 * len(from_width))]
    smaller = median(map(min, from_width, from_depth))
    print(
        f"\n{Path(file).stem:42} {view:8} width {median(from_width):3.0f} (95 %: {widest:3.0f})"
        f"  depth {median(from_depth):3.0f}  smaller {smaller:3.0f}"
    )
    low, high = YAW_BANDS[view]
    assert low <= smaller <= high
