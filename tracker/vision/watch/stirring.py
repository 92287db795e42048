"""Whether anything stirred between two small grey pictures: cheap enough to ask while the pose model rests.

The person's surroundings do not matter, so only the zone of head and shoulders is compared, when it is known. A change
of light moves all cells alike and is taken out first. The threshold follows from sizes: a head that moves by 3 cm
changes some twenty of 1,728 cells by far more than the noise of a webcam that is averaged over a cell (below 2 of 255).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, Final

import numpy as np

from tracker.vision.watch.cameras import Glimpse

_CHANGED: Final = 8.0  # of 255
_CELLS: Final = 12
_MARGIN: Final = 0.15  # of the zone's size, on every side


def stirred(before: Glimpse, after: Glimpse, zone: Mapping[str, Any] | None = None) -> bool:
    """Whether enough cells changed. ``zone``: x, y, w, h as shares of the picture; None compares all of it."""
    if before.shape != after.shape:
        return True
    part = _cells(before.shape, zone)
    difference = after[part] - before[part]
    difference -= np.median(difference)
    return int(np.count_nonzero(np.abs(difference) > _CHANGED)) >= _CELLS


def _cells(shape: tuple[int, ...], zone: Mapping[str, Any] | None) -> tuple[slice, slice]:
    if zone is None:
        return slice(None), slice(None)
    rows, columns = shape
    return _span(zone["y"], zone["h"], rows), _span(zone["x"], zone["w"], columns)


def _span(start: float, length: float, cells: int) -> slice:
    margin = _MARGIN * length
    first = min(max(int((start - margin) * cells), 0), cells - 1)
    last = min(max(ceil((start + length + margin) * cells), first + 1), cells)
    return slice(first, last)
