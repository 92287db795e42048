"""The guided calibration, and the baseline it leaves: a document that is read back exactly or refused by name."""

from __future__ import annotations

import copy
import json
import random

import pytest

from exercises.posture import (
    BaselineError,
    CalibrationError,
    baseline_from,
    baseline_from_dict,
    baseline_to_dict,
    frame_score,
)
from exercises.posture_algebra import diagonal, dot, outer, plus, solve
from exercises.posture_body import CALM, Sitting
from exercises.posture_calibration import baseline_of
from exercises.posture_features import sight
from exercises.posture_model import prior
from exercises.posture_weights import slouch_of
from exercises.posture_wire import CalibrationSession, WatchSession
from tests.unit.exercises.sitting import (
    BESIDE,
    EYE_LEVEL,
    LOW_LAPTOP,
    baseline,
    document,
    guided,
    obedient,
    pose,
    values,
)


@pytest.mark.parametrize(
    ("camera", "view"), [(EYE_LEVEL, "front"), (LOW_LAPTOP, "front"), (BESIDE, "side")], ids=["eyes", "laptop", "side"]
)
def test_who_does_what_is_asked_has_a_baseline_after_half_a_minute(camera, view):
    session = CalibrationSession({"made_at": "2026-11-26T09:00:00Z"})
    told = guided(session, obedient, camera=camera)
    made = session.result()["baseline"]
    assert told[-1]["phase"] == "done"
    assert len(told) / 5.0 == pytest.approx(29, abs=2)
    assert (made["view"], made["confidence"], made["made_at"]) == (view, "normal", "2026-11-26T09:00:00Z")
    assert (made["width"], made["height"]) == (camera.width, camera.height)


def test_the_phases_come_in_order_and_say_how_far_they_are():
    told = guided(CalibrationSession(), obedient)
    assert list(dict.fromkeys(t["phase"] for t in told)) == ["look", "tall", "slouch", "moves", "done"]
    tall = [t for t in told if t["phase"] == "tall"]
    shares = [t["done_share"] for t in tall]
    assert shares == sorted(shares)
    assert tall[0]["left_s"] > tall[-1]["left_s"]


def test_the_zone_holds_head_and_shoulders():
    zone = guided(CalibrationSession(), obedient)[-1]["zone"]
    for number in (0, 7, 8, 11, 12):
        x, y, *_ = pose().points[number]
        assert zone["x"] < x < zone["x"] + zone["w"]
        assert zone["y"] < y < zone["y"] + zone["h"]


def test_a_phase_waits_while_nobody_is_there_and_goes_on_afterwards():
    told = guided(CalibrationSession(), lambda phase, at: None if phase == "tall" and at < 20 else obedient(phase, at))
    assert told[-1]["phase"] == "done"
    waiting = [t for t in told if t["gate"]]
    assert {t["gate"]["reason"] for t in waiting} == {"nobody"}
    assert {t["done_share"] for t in waiting} == {0.0}


def test_waiting_has_an_end_that_says_why():
    told = guided(CalibrationSession(), lambda phase, _: None if phase == "tall" else CALM)
    assert told[-1]["phase"] == "failed"
    assert told[-1]["error"] == {"key": "nobody", "remedy": "come_into_view"}


@pytest.mark.parametrize(
    ("acts", "error"),
    [
        (lambda *_: CALM, "same_pose"),
        (
            lambda phase, at: (
                Sitting(rise_m=0.04 * (int(at * 2) % 2), lean_deg=6 * (int(at) % 2)) if phase == "tall" else CALM
            ),
            "restless",
        ),
        (lambda phase, _: Sitting(chair_forward_m=0.25) if phase == "slouch" else CALM, "moved_away"),
    ],
    ids=["did not slouch", "did not sit still", "came closer instead"],
)
def test_a_pose_that_was_not_held_fails_at_once_and_by_name(acts, error):
    session = CalibrationSession()
    told = guided(session, acts)
    assert told[-1]["phase"] == "failed"
    assert told[-1]["error"]["key"] == error
    assert session.result()["error"]["key"] == error


def test_the_slouch_may_be_left_out_and_the_confidence_says_so():
    session = CalibrationSession({"slouch": False})
    told = guided(session, obedient)
    assert "slouch" not in {t["phase"] for t in told}
    assert session.result()["baseline"]["confidence"] == "low"


def test_a_phase_can_be_skipped_where_that_is_allowed():
    session = CalibrationSession()
    session.skip()  # looking for the person cannot be left out

    def acts(phase, at):
        if phase == "slouch" and at > 1:
            session.skip()
        return obedient(phase, at)

    assert guided(session, acts)[-1]["phase"] == "done"
    assert session.result()["baseline"]["confidence"] == "low"


def test_a_wrong_view_is_told_and_not_judged():
    told = guided(CalibrationSession({"view": "side"}), lambda *_: CALM, longest_s=5)
    assert told[-1]["gate"]["reason"] == "other_view"


def test_there_is_no_result_before_the_end():
    assert CalibrationSession().result()["error"]["key"] == "not_finished"


def test_the_pace_can_be_quickened():
    assert len(guided(CalibrationSession({"pace": 0.5}), obedient)) / 5.0 == pytest.approx(14.5, abs=1.5)


# -- the document -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("camera", [EYE_LEVEL, BESIDE], ids=["front", "side"])
def test_a_baseline_survives_json_exactly(camera):
    own = baseline(camera)
    assert baseline_from_dict(json.loads(json.dumps(baseline_to_dict(own)))) == own


def broken(path, value):
    made = copy.deepcopy(document())
    *parents, last = path.split(".")
    inner = made
    for key in parents:
        inner = inner[key]
    inner[last] = value
    return made


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("version", 99, "version"),
        ("view", "above", "view"),
        ("confidence", "certain", "confidence"),
        ("width", 0, "width"),
        ("height", "tall", "height"),
        ("zone", None, "zone"),
        ("zone.x", float("nan"), "zone.x"),
        ("pose", [], "pose"),
        ("pose.unit_px", -3, "pose.unit_px"),
        ("pose.weights", [1, 2], "pose.weights"),
        ("pose.calm", [1, 2, 3, 4, "five"], "pose.calm.4"),
        ("pose.turn", "left", "pose.turn"),
        ("pose.noticed", True, "pose.noticed"),
        ("pose.noticed", 1.0, "pose.noticed"),
        ("id", 7, "id"),
        ("width", 10**400, "width"),
        ("view", [], "view"),
        ("confidence", {}, "confidence"),
    ],
)
def test_a_broken_document_is_refused_with_the_field_that_is_wrong(path, value, field):
    with pytest.raises(BaselineError) as refused:
        WatchSession([broken(path, value)])
    assert refused.value.field == field


def test_a_place_that_cannot_be_read_is_left_out_and_named_and_the_others_are_watched():
    session = WatchSession.of_readable([{"engine_version": "1.0.0", "view": "front", "place": "kitchen"}, document()])
    assert session.unread() == ["kitchen"]
    told = session.frame(0.0, values(), EYE_LEVEL.width, EYE_LEVEL.height, 0.45)
    assert told["place_id"] == "desk"
    nothing = WatchSession.of_readable([{"place": "kitchen"}])
    assert nothing.frame(0.0, values(), EYE_LEVEL.width, EYE_LEVEL.height, 0.45)["gate"]["reason"] == "no_baseline"


@pytest.mark.parametrize(("key", "value"), [("near", "front"), ("facing", 0)])
def test_a_broken_side_document_is_refused_as_well(key, value):
    made = document(camera=BESIDE)
    made["pose"][key] = value
    with pytest.raises(BaselineError, match=f"pose.{key}"):
        baseline_from_dict(made)


def test_no_document_at_all_is_refused():
    with pytest.raises(BaselineError):
        baseline_from_dict([])


# -- the numbers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("poses", [[], [pose()] * 3], ids=["none", "three"])
def test_too_few_pictures_make_no_baseline(poses):
    with pytest.raises(CalibrationError) as refused:
        baseline_from(poses, view="front")
    assert refused.value.key == "too_few"


def test_two_slouched_poses_count_the_same_however_long_each_was_held():
    sunk, craned = (0.0, -0.02, -0.06, 0.2, 0.13), (-0.1, 0.13, -0.09, 0.0, -0.06)
    rng = random.Random(1)
    cloud = [tuple(v + rng.gauss(0, 0.005) for v in centre) for centre in [sunk] * 8 + [craned] * 40]
    middle, apart = slouch_of(cloud)
    assert middle == pytest.approx([(a + b) / 2 for a, b in zip(sunk, craned, strict=True)], abs=0.01)
    assert apart is not None


def test_one_slouched_pose_stays_one():
    rng = random.Random(2)
    cloud = [tuple(v + rng.gauss(0, 0.01) for v in (0.05, 0.06, -0.05, 0.1, 0.08)) for _ in range(40)]
    assert slouch_of(cloud).apart is None


def test_the_index_reads_about_the_same_in_both_of_two_slouched_poses():
    tall = [pose()] * 10
    sunk, craned = pose(Sitting(slump_deg=20)), pose(Sitting(head_forward_deg=12))
    made = baseline_of([sight(p) for p in tall], [sight(sunk)] * 8 + [sight(craned)] * 8)

    assert 0.5 < frame_score(made, sunk).index < 1.6
    assert 0.5 < frame_score(made, craned).index < 1.6


def test_solving_undoes_multiplying():
    matrix = plus(outer((1.0, 2.0, -1.0)), outer((0.0, 1.0, 3.0)), diagonal((0.5, 0.1, 2.0)))
    found = solve(matrix, (1.0, -2.0, 0.5))
    assert [dot(row, found) for row in matrix] == pytest.approx([1.0, -2.0, 0.5])


def test_a_matrix_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match="positive definite"):
        solve(diagonal((1.0, 0.0)), (1.0, 1.0))


def test_the_model_knows_that_a_low_camera_turns_the_gap_round():
    level, low = prior(0.45, 0.1), prior(0.45, -0.25)
    assert level.slouch[2] < -0.02 < low.slouch[2]
    assert all(p.slouch[0] > 0.03 for p in (level, low)), "the head grows against the shoulders either way"
