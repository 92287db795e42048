"""When nothing can be told: every reason, with what to do, and never because something unimportant is not seen."""

from __future__ import annotations

import pytest

from exercises.posture_body import CALM, Sitting, camera_before
from exercises.posture_wire import WatchSession
from tests.unit.exercises.sitting import BODY, EYE_LEVEL, Day, document, values

GATES = [
    ("nobody", "come_into_view", {"sitting": None}),
    ("too_dark", "more_light", {"sitting": CALM, "light": 0.03}),
    ("too_dark", "more_light", {"sitting": CALM, "light": 0.15, "without": (12,)}),
    ("cut_off", "show_part", {"sitting": CALM, "without": (12,)}),
    ("cut_off", "whole_head_and_shoulders", {"sitting": Sitting(chair_side_m=0.42)}),
    ("turned", "face_camera", {"sitting": Sitting(head_yaw_deg=40)}),
    ("turned", "face_camera", {"sitting": CALM, "without": (8,)}),
    ("tilted", "head_upright", {"sitting": Sitting(head_roll_deg=32)}),
    ("tilted", "straighten_camera", {"sitting": CALM, "camera": camera_before(BODY, roll_deg=21)}),
    ("hand_at_face", "hand_down", {"sitting": Sitting(right_to_ear=1)}),
    ("hand_at_face", "hand_down", {"sitting": Sitting(left_to_mouth=1)}),
    ("looking_down", "look_ahead", {"sitting": Sitting(head_pitch_deg=28)}),
    ("standing", "sit_down", {"sitting": Sitting(rise_m=0.24)}),
    ("other_view", "view_as_calibrated", {"sitting": CALM, "camera": camera_before(BODY, yaw_deg=90.0)}),
]


@pytest.mark.parametrize(
    ("reason", "remedy", "scene"), GATES, ids=[f"{reason}: {n}" for n, (reason, _, _) in enumerate(GATES)]
)
def test_what_stands_in_the_way_is_named_with_a_remedy_and_nothing_is_scored(reason, remedy, scene):
    day = Day()
    assert day.does(CALM, 4)["can_tell"]
    scene = dict(scene)
    verdict = day.does(scene.pop("sitting"), 1, **scene)
    assert verdict["gate"]["reason"] == reason
    assert verdict["gate"]["remedy"] == remedy
    assert (verdict["can_tell"], verdict["score"], verdict["index"]) == (False, None, None)
    assert verdict["notice"] is None


def test_an_arm_in_the_air_is_busy():
    day = Day()
    day.does(CALM, 4)
    flat = values()
    flat[15 * 4 : 15 * 4 + 2] = 0.95, 0.15  # the left wrist, beside the head
    verdict = day.session.frame(day.time_s + 0.5, flat, EYE_LEVEL.width, EYE_LEVEL.height, 0.4)
    assert verdict["gate"]["reason"] == "arms_busy"
    assert verdict["gate"]["parts"] == ["left_hand"]


@pytest.mark.parametrize("missing", [(0,), (0, 9, 10), (15, 16), (23, 24), range(13, 33)], ids=str)
def test_what_is_not_compulsory_may_be_missing(missing):
    assert Day().does(CALM, 4, without=tuple(missing))["can_tell"]


def test_unknown_light_is_no_darkness():
    assert Day().does(CALM, 3, light=None)["can_tell"]


def test_without_a_baseline_it_says_so_and_still_counts_time_and_movement():
    day = Day([])
    verdict = day.does(CALM, 60)
    assert verdict["gate"] == {"reason": "no_baseline", "remedy": "calibrate", "parts": []}
    assert verdict["still_s"] == pytest.approx(60, abs=1)


def test_somebody_who_walks_past_behind_is_not_the_person():
    day = Day(every_s=0.25)
    day.does(CALM, 10)
    behind = Sitting(rise_m=0.3, turn_deg=60, chair_forward_m=-1.2, chair_side_m=0.5)
    told = day.does(behind, 2)
    assert told["gate"]["reason"] == "two_people"
    back = day.does(CALM, 2)
    assert back["can_tell"]
    assert back["stands"] == 0


def test_a_camera_beside_the_screen_sees_the_head_turned_and_can_tell_nevertheless():
    aside = camera_before(BODY, yaw_deg=16.0)
    day = Day([document(camera=aside)], camera=aside)
    assert day.does(CALM, 3)["can_tell"]
    assert day.does(Sitting(head_yaw_deg=-45), 2)["gate"]["reason"] == "turned"


def test_a_picture_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="132 values"):
        WatchSession([document()]).frame(0.0, [0.0] * 99, 640, 480)
