"""What a range-of-motion test says: the middle of the tries, and a difference only beyond the error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.training.rules import Reading, Try, readings, telling, tells_apart


def tries(side: str, *values: float, error: float = 8.0, measure: str = "arm_to_trunk") -> list[Try]:
    return [Try(side, measure, value, error, "deg") for value in values]


def reading(
    side: str, value: float, *, error: float = 8.0, unit: str = "deg", measure: str = "arm_to_trunk"
) -> Reading:
    return Reading(side, measure, value, error, unit, (value,))


def test_each_side_is_read_by_itself_left_first():
    left, right = readings([*tries("right", 140, 150, 145), *tries("left", 120, 100)])
    assert (left.side, left.value, left.tries) == ("left", 110, (120, 100))
    assert (right.side, right.value, right.error) == ("right", 145, 8)


def test_nothing_measured_reads_nothing():
    assert readings([]) == ()


@pytest.mark.parametrize(("other", "apart"), [(150, False), (161, False), (162, True), (138, True)])
def test_a_difference_counts_beyond_both_errors_together(other, apart):
    assert tells_apart(reading("left", 150), reading("right", other)) is apart


def test_different_units_cannot_be_compared():
    assert not tells_apart(reading("left", 150, error=1), reading("left", 1, error=0, unit="torso"))


def test_the_same_movement_by_another_measure_is_read_by_itself_and_not_compared():
    made = [*tries("left", 120, 124), *tries("left", 160, measure="arm_elevation"), *tries("right", 122)]
    found = {(each.measure, each.side): each for each in readings(made)}
    assert {key: each.tries for key, each in found.items()} == {
        ("arm_to_trunk", "left"): (120, 124),
        ("arm_to_trunk", "right"): (122,),
        ("arm_elevation", "left"): (160,),
    }
    assert not tells_apart(found["arm_elevation", "left"], found["arm_to_trunk", "left"])


@pytest.mark.parametrize(("value", "error", "tells"), [(90, 30, True), (90, 31, False), (-90, 30, True), (20, 8, True)])
def test_a_view_that_cannot_tell_the_range_gives_no_measurement_and_a_small_range_does(value, error, tells):
    (made,) = tries("left", value, error=error)
    assert telling(made) is tells


@given(st.lists(st.floats(0, 180), min_size=3, max_size=9), st.floats(0, 180))
def test_one_slip_does_not_carry_the_reading_outside_the_other_tries(values, slip):
    (read,) = readings(tries("left", *values, slip))
    assert min(values) <= read.value <= max(values)
