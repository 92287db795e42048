"""The score of one picture: a table, a formula, and no cliffs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.posture import baseline_from, frame_score
from exercises.posture_body import Sitting
from exercises.posture_score import TERMS, Term, evened, penalty, score_of
from exercises.posture_weights import noticed_from
from tests.unit.exercises.sitting import BESIDE, EYE_LEVEL, LOW_LAPTOP, SLOUCH, baseline, mirrored, pose

TERM = st.sampled_from(sorted(TERMS))
VALUE = st.floats(-50, 100, allow_nan=False)


@given(TERM, VALUE, VALUE)
def test_a_larger_fault_never_scores_better(name, one, other):
    low, high = sorted((one, other))
    assert score_of({name: low}) >= score_of({name: high})


@given(TERM, VALUE)
def test_the_score_has_no_cliffs(name, value):
    term = TERMS[name]
    step = (term.full - term.dead) / 1000
    assert abs(score_of({name: value}) - score_of({name: value + step})) < 0.5


@given(st.dictionaries(TERM, VALUE))
def test_the_score_stays_between_0_and_100(values):
    assert 0.0 <= score_of(values) <= 100.0


@pytest.mark.parametrize(
    ("values", "score"),
    [
        ({}, 100.0),
        ({"side_neck": 4.0}, 100.0),
        ({"side_neck": 16.0}, 0.0),
        ({"front_slouch": 1.0}, 0.0),
        ({"front_slouch": 0.625}, 50.0),
        ({"front_too_close": 0.40}, 100 * (1 - 0.5**0.5)),
        ({"head_tilt": 20.0}, 100 * (1 - 0.4**0.5)),
        ({"shoulder_tilt": 15.0, "head_tilt": 20.0}, 100 * (1 - 0.7**0.5)),
    ],
)
def test_the_table_of_the_clinical_design(values, score):
    assert score_of(values) == pytest.approx(score)


def test_a_penalty_is_half_in_the_middle():
    assert penalty(Term(4.0, 16.0, 1.0), 10.0) == pytest.approx(0.5)


NOTICED = st.floats(0.2, 0.575)


@given(st.floats(-2, 3), st.floats(-2, 3), NOTICED)
def test_the_index_grows_with_what_is_measured(one, other, noticed):
    low, high = sorted((one, other))
    assert evened(low, noticed) <= evened(high, noticed)


@given(NOTICED)
def test_the_index_is_continuous_and_keeps_calm_the_noticeable_and_the_own_slouch(noticed):
    for raw in (0.6 * noticed, noticed):
        assert evened(raw, noticed) == pytest.approx(evened(raw + 1e-9, noticed), abs=1e-6)
    assert evened(0.0, noticed) == 0.0
    assert evened(noticed, noticed) == pytest.approx(0.575)
    assert evened(1.0, noticed) == pytest.approx(1.0)


def test_the_index_at_which_something_is_noticed_is_the_score_of_sixty():
    assert score_of({"front_slouch": 0.575}) == pytest.approx(60, abs=1.5)


def test_of_a_deeper_own_slouch_a_smaller_share_is_noticed_but_never_the_noise_of_calm_sitting():
    quiet, loud = [(0.01,)] * 20, [(0.3,)] * 20
    shallow, deep = noticed_from((1.0,), (0.9,), quiet), noticed_from((1.0,), (0.4,), quiet)
    assert 0.2 < deep < shallow < 0.575
    assert noticed_from((1.0,), (0.4,), loud) == pytest.approx(0.3)


@pytest.mark.parametrize("camera", [EYE_LEVEL, LOW_LAPTOP], ids=["eye level", "low laptop"])
class TestFromTheFront:
    def test_calm_reads_0_and_the_own_slouch_1(self, camera):
        own = baseline(camera)
        assert frame_score(own, pose(camera=camera)).index == pytest.approx(0.0, abs=0.01)
        assert frame_score(own, pose(SLOUCH, camera)).index == pytest.approx(1.0, abs=0.01)

    def test_the_deeper_the_slump_the_lower_the_score(self, camera):
        own = baseline(camera)
        scores = [frame_score(own, pose(Sitting(slump_deg=deg), camera)).score for deg in range(0, 26, 5)]
        assert scores == sorted(scores, reverse=True)
        assert scores[0] > 95
        assert scores[-1] < 40

    @pytest.mark.parametrize(
        "sitting",
        [
            Sitting(chair_forward_m=-0.1),
            Sitting(chair_forward_m=0.07),
            Sitting(chair_side_m=0.08),
            Sitting(lean_deg=-10),
            Sitting(rise_m=0.02),
            Sitting(turn_deg=6),
        ],
        ids=["chair back", "chair forward", "chair aside", "leaning back", "chair higher", "turned a little"],
    )
    def test_what_is_no_slouching_keeps_a_good_score(self, camera, sitting):
        judged = frame_score(baseline(camera), pose(sitting, camera))
        assert judged.score > 60

    def test_the_mirrored_picture_reads_the_same_and_leans_the_other_way_in_the_picture(self, camera):
        own = baseline(camera)
        reflected = baseline_from([mirrored(pose(camera=camera))] * 8, [mirrored(pose(SLOUCH, camera))] * 8)
        plain = baseline_from([pose(camera=camera)] * 8, [pose(SLOUCH, camera)] * 8)
        aside = Sitting(slump_deg=10, side_lean_deg=12)
        there, here = frame_score(reflected, mirrored(pose(aside, camera))), frame_score(plain, pose(aside, camera))
        assert there.index == pytest.approx(here.index)
        assert there.score == pytest.approx(here.score)
        assert frame_score(own, pose(aside, camera)).lean == "left"

    @pytest.mark.parametrize(("degrees", "lean"), [(12, "left"), (-12, "right"), (0, None), (3, None)])
    def test_leaning_sideways_is_told_by_the_own_side(self, camera, degrees, lean):
        assert frame_score(baseline(camera), pose(Sitting(side_lean_deg=degrees), camera)).lean == lean

    def test_a_chair_that_rolled_aside_is_no_leaning(self, camera):
        assert frame_score(baseline(camera), pose(Sitting(chair_side_m=0.1), camera)).lean is None


def test_without_the_own_slouch_a_slump_still_reads_worse_than_calm():
    own = baseline(slouch=None)
    assert own.confidence == "low"
    calm, slumped = (frame_score(own, pose(Sitting(slump_deg=deg))) for deg in (0, 20))
    assert slumped.index > calm.index + 0.4


def test_ears_and_shoulders_alone_are_enough():
    only = [number for number in range(33) if number not in (7, 8, 11, 12)]
    own = baseline(without=only)
    assert frame_score(own, pose(SLOUCH, without=only)).index == pytest.approx(1.0, abs=0.01)


class TestFromTheSide:
    def test_the_view_is_found_by_itself(self):
        assert baseline(BESIDE).view == "side"

    def test_calm_scores_full_and_a_slump_low(self):
        own = baseline(BESIDE)
        assert frame_score(own, pose(camera=BESIDE)).score > 95
        assert frame_score(own, pose(SLOUCH, BESIDE)).score < 50

    def test_a_forward_head_lowers_the_score_by_its_degrees(self):
        own = baseline(BESIDE, slouch=None)
        scores = [frame_score(own, pose(Sitting(head_forward_deg=deg), BESIDE)).score for deg in (0, 5, 10, 15)]
        assert scores == sorted(scores, reverse=True)
        assert scores[-1] < 60

    def test_hips_may_be_hidden_by_the_desk(self):
        own = baseline(BESIDE, without=(23, 24))
        assert own.view == "side"
        assert frame_score(own, pose(SLOUCH, BESIDE, without=(23, 24))).score < 60

    def test_the_neck_leans_by_degrees_from_upright(self):
        own = baseline(BESIDE)
        calm, forward = (frame_score(own, pose(Sitting(head_forward_deg=deg), BESIDE)) for deg in (0, 10))
        assert 10 < calm.neck_lean_deg < 25
        assert 4 < forward.neck_lean_deg - calm.neck_lean_deg < 14
