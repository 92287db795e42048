"""The curve of a long set stays light without losing a turning point or a gap."""

from __future__ import annotations

from math import sin

import pytest

from tracker.clinic.replay_charts import _DEGREES, _LENGTHS, _extremes, _nice


def test_a_short_curve_is_drawn_as_it_was_measured():
    points = [(number / 10, float(number)) for number in range(100)]
    assert list(_extremes(points)) == points


def test_of_a_long_curve_the_turning_points_are_kept_in_their_order():
    points = [(number / 10, 90 + 60 * sin(number / 7)) for number in range(2_000)]
    points[777] = (77.7, 179.0)
    drawn = list(_extremes(points))
    assert len(drawn) <= 600
    assert (77.7, 179.0) in drawn
    assert drawn == sorted(drawn)
    assert min(value for _moment, value in drawn) == min(value for _moment, value in points)


def test_a_gap_in_a_long_curve_stays_one():
    points = [(number / 10, None if 900 <= number < 1_000 else 90.0) for number in range(2_000)]
    blind = [moment for moment, value in _extremes(points) if value is None]
    assert blind
    assert not [moment for moment, value in _extremes(points) if value is not None and 90.0 <= moment < 100.0]


@pytest.mark.parametrize(
    ("low", "high", "steps", "expected"),
    [
        (36.0, 181.0, _DEGREES, ["60", "90", "120", "150", "180"]),
        (-4.0, 21.0, _DEGREES, ["0", "5", "10", "15", "20"]),
        (-0.95, 0.76, _LENGTHS, ["-0.5", "0", "0.5"]),
        (0.0, 900.0, _DEGREES, [str(number) for number in range(0, 901, 90)]),
    ],
)
def test_round_numbers_lie_inside_the_scale(low, high, steps, expected):
    assert [f"{value:g}" for value in _nice(low, high, steps)] == expected
