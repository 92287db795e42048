"""How urgent the answers to the red-flag questions are: CLINICAL 1.4 and 1.8, row by row."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.diary.rules_flags import RED_FLAGS, WITH_CHEST_BAND, Answer, FlagAnswer, UnknownFlagError, flag_levels
from tracker.regimen.rules_levels import Level

E, U, D = Level.EMERGENCY, Level.URGENT, Level.REVIEW
NEW, CHECKED, NO = Answer.NEW, Answer.CHECKED, Answer.NO


@pytest.mark.parametrize(
    ("code", "new", "checked"),
    [
        ("E_CARDIAC", E, E),
        ("E_TEARING", E, E),
        ("E_BREATH", E, E),
        ("E_BLADDER_BOWEL", E, D),
        ("E_SADDLE", E, D),
        ("E_WEAK", E, D),
        ("E_NUMB", E, D),  # W11: "old and checked" is noted, no emergency
        ("E_GAIT", E, D),
        ("E_TRAUMA", E, E),
        ("E_SPREAD_CHEST", U, U),
        ("U_FEVER", U, U),
        ("U_WEIGHT_LOSS", U, U),
        ("U_CANCER", U, U),
        ("U_IMMUNE", U, U),
        ("U_NIGHT", U, U),
        ("U_BREATH_PAIN", U, D),
        ("U_LUNG", U, U),
        ("U_OSTEO", U, U),
        ("U_SHAPE", U, U),
        ("U_SEVERE", U, U),
        ("D_ARM", D, D),
        ("D_ORGAN", D, D),
        ("D_AGE", D, D),
        ("D_PREG", D, D),
        ("C_MOOD", E, E),
    ],
)
def test_each_question_has_its_urgency(code, new, checked):
    assert flag_levels({code: FlagAnswer(NEW)}) == {code: new}
    assert flag_levels({code: FlagAnswer(CHECKED)}) == {code: checked}
    assert flag_levels({code: FlagAnswer(NO)}) == {}


def test_every_question_is_in_the_table_above():
    assert len(RED_FLAGS) == 25


@pytest.mark.parametrize(
    ("code", "answer", "detail", "level"),
    [
        ("E_GAIT", NEW, True, E),  # sudden
        ("E_GAIT", NEW, False, U),
        ("E_GAIT", NEW, None, E),  # not told: the graver one
        ("E_TRAUMA", CHECKED, True, D),  # older than 14 days and assessed
        ("E_TRAUMA", CHECKED, False, E),
        ("E_TRAUMA", CHECKED, None, E),
        ("E_TRAUMA", NEW, True, E),  # old, but nobody has looked
        ("D_ORGAN", NEW, True, E),  # severe
        ("D_ORGAN", CHECKED, True, E),
        ("D_ORGAN", NEW, False, D),
    ],
)
def test_the_second_question_decides_where_there_is_one(code, answer, detail, level):
    assert flag_levels({code: FlagAnswer(answer, detail)}) == {code: level}


@pytest.mark.parametrize("code", sorted(WITH_CHEST_BAND))
def test_a_band_round_the_chest_with_a_new_sign_of_heart_or_nerves_is_an_emergency(code):
    both = {"E_SPREAD_CHEST": FlagAnswer(NEW), code: FlagAnswer(NEW)}
    assert flag_levels(both)["E_SPREAD_CHEST"] is E


def test_a_band_round_the_chest_with_a_nerve_sign_that_was_checked_stays_urgent():
    both = {"E_SPREAD_CHEST": FlagAnswer(NEW), "E_NUMB": FlagAnswer(CHECKED)}
    assert flag_levels(both) == {"E_SPREAD_CHEST": U, "E_NUMB": D}


def test_a_question_that_nobody_knows_is_an_error_and_not_ignored():
    with pytest.raises(UnknownFlagError):
        flag_levels({"E_FUTURE": FlagAnswer(NEW)})


answers = st.builds(FlagAnswer, st.sampled_from([NEW, CHECKED, NO]), st.sampled_from([True, False, None]))


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(RED_FLAGS)), answers))
def test_another_answer_never_makes_the_others_less_urgent(given_answers):
    whole = flag_levels(given_answers)
    for code in given_answers:
        rest = {other: answer for other, answer in given_answers.items() if other != code}
        for other, level in flag_levels(rest).items():
            assert whole[other] >= level
