"""The angle chart stays light however long the set was."""

from __future__ import annotations

import pytest

from tracker.training.charts import MOST_CHART_POINTS, _thinned


@pytest.mark.parametrize("points", [1, MOST_CHART_POINTS, MOST_CHART_POINTS + 1, 20_000])
def test_a_curve_is_thinned_evenly_and_all_columns_alike(points):
    trace = {
        "measure": "elbow_angle",
        "unit": "deg",
        "t": [n / 10 for n in range(points)],
        "left": [float(n) for n in range(points)],
        "right": [None] * points,
        "phase": ["out"] * points,
    }
    thin = _thinned(trace)
    assert 1 <= len(thin["t"]) <= MOST_CHART_POINTS
    assert len(thin["t"]) >= min(points, MOST_CHART_POINTS / 2)
    assert {len(thin[key]) for key in ("t", "left", "right", "phase")} == {len(thin["t"])}
    assert thin["t"][0] == 0
