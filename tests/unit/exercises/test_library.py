"""The library is whole: every exercise that was asked for, every text, every figure inside its own zones."""

from __future__ import annotations

import pytest

from exercises.body import Side
from exercises.definition import CAUTION_FLAGS, COMMON_CUES, load_library
from exercises.figure import figure_frames
from exercises.measures import MEASURES, Frame, Proportions
from exercises.synthetic import Conditions, Take

CARDS = [
    "seated-row",
    "bent-over-row",
    "band-pull-apart",
    "external-rotation",
    "wall-push-up",
    "overhead-press",
    "y-raise",
    "t-raise",
    "w-squeeze",
    "wall-angel",
    "scapular-retraction",
    "chin-tuck",
    "thoracic-extension",
    "seated-thoracic-rotation",
    "doorway-pec-stretch",
    "cross-body-stretch",
    "upper-trapezius-stretch",
    "levator-scapulae-stretch",
    "cat-cow",
    "childs-pose",
    "thread-the-needle",
    "plank",
    "dead-bug",
    "bird-dog",
    "sit-to-stand",
]
OTHERS = [
    "lateral-raise",
    "front-raise",
    "biceps-curl",
    "squat",
    "chest-opening",
    "dynamic-chest-stretch",
    "upper-back-stretch",
]
TESTS = [
    "shoulder-flexion-rom",
    "shoulder-abduction-rom",
    "shoulder-forward-elevation-rom",
    "elbow-flexion-rom",
    "trunk-side-flexion-rom",
    "trunk-rotation-rom",
    "neck-side-flexion-rom",
]
LIBRARY = load_library()
every = pytest.mark.parametrize("definition", LIBRARY.values(), ids=lambda d: d.id)
every_view = pytest.mark.parametrize(
    ("definition", "view"),
    [pytest.param(d, view, id=f"{d.id}-{view.name}") for d in LIBRARY.values() for view in d.views.values()],
)


def test_the_library_has_what_was_asked_for():
    assert set(LIBRARY) == {*CARDS, *OTHERS, *TESTS}
    assert [LIBRARY[name].card for name in CARDS] == [f"E{n:02}" for n in range(1, 26)]
    assert {name for name, d in LIBRARY.items() if d.goal == "test"} == set(TESTS)
    assert {name for name, d in LIBRARY.items() if d.kind == "timer"} == {"cat-cow", "thread-the-needle"}


FLAGS = {
    "E01": "SH", "E02": "OP HT", "E03": "SH", "E04": "SH", "E05": "WR SH", "E06": "SH CX HT OP", "E07": "SH PG",
    "E08": "SH", "E09": "SH", "E10": "SH", "E11": "", "E12": "CX", "E13": "OP CX", "E14": "OP", "E15": "SH",
    "E16": "SH", "E17": "CX", "E18": "CX", "E19": "WR KN OP", "E20": "KN PG OP", "E21": "WR KN OP SH",
    "E22": "HT WR SH PG", "E23": "PG", "E24": "WR KN FL", "E25": "KN FL",
}  # fmt: skip
"""Caution flags of the cards in the clinical specification."""


@pytest.mark.parametrize("name", CARDS)
def test_no_caution_of_a_card_is_missing(name):
    assert set(FLAGS[LIBRARY[name].card].split()) <= set(LIBRARY[name].cautions)


@every
def test_every_text_is_there_and_speaks_to_a_person(definition):
    assert 3 <= len(definition.steps) <= 7
    for text in (definition.aim, definition.start, definition.movement, definition.camera, definition.blind):
        assert text[0].isupper()
        assert text.endswith((".", "?"))
    for text in (*definition.steps, definition.caution_text, definition.dose.progression, definition.dose.regression):
        assert text[0].isupper()
        assert "!" not in text
        assert "bad posture" not in text.lower()
    assert set(definition.cautions) <= set(CAUTION_FLAGS)
    assert definition.muscles
    assert definition.kit
    assert definition.equipment
    assert definition.evidence
    assert (definition.tier == "validated") == bool(definition.validation)


@every
def test_every_fault_has_a_name_and_a_cue_and_none_is_left_over(definition):
    faults = [fault for view in definition.views.values() for fault in view.faults]
    assert {fault.key for fault in faults} == set(definition.fault_names)
    own = set(definition.cues) - set(COMMON_CUES)
    assert own == {fault.cue for fault in faults} - set(COMMON_CUES)


@every
def test_the_dose_lies_inside_its_bounds(definition):
    dose = definition.dose
    assert dose.sets_range[0] <= dose.sets <= dose.sets_range[1]
    if definition.kind == "repetitions":
        assert dose.reps_range[0] <= dose.reps <= dose.reps_range[1]
    else:
        assert dose.hold_s_range[0] <= dose.hold_s <= dose.hold_s_range[1]


@every_view
def test_the_figure_begins_in_the_start_zone_and_ends_in_the_peak_zone(definition, view):
    """The same key poses are the synthetic bodies: a figure outside its zones shows something that does not count."""
    take = Take(definition, Conditions(view.name, noise=0, lost_pictures=0))
    own = Proportions()
    for n in range(60):
        own.observe(Frame(take.pose_at(n % 10 / 9, n / 5)))
    side = take.working_side() if definition.sided or view.sides == "near" else Side.LEFT

    def values(progress):
        far = Side.LEFT if view.name != "front" else None
        frame = Frame(take.pose_at(progress, 12.0), 1.0, far, own)
        return {name: MEASURES[name].function(frame, side) for name in view.measures}

    start, peak = values(0.0), values(1.0)
    for found, zone in ((dict(start), view.start), (dict(peak), view.peak)):
        for name in view.rest_measures:
            found[name] -= start[name]
        for threshold in zone.thresholds:
            assert threshold.holds(found[threshold.measure], inside=False), (threshold, found[threshold.measure])


@every
def test_the_figure_can_be_drawn(definition):
    frames = figure_frames(definition)
    assert len(frames["points"]) == len(frames["depth"]) == len(frames["bend"])
    assert frames["highlight"]
