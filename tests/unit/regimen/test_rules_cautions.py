"""Cautions: every flag of every card, and what counts as looked at."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.definition import CAUTION_FLAGS
from tracker.regimen.library import library
from tracker.regimen.rules import Prescribed
from tracker.regimen.rules_cautions import answered, conflicts, unanswered

# CLINICAL 1 and 2: the flags on the cards, as printed there.
CARDS = {
    "seated-row": set(),
    "overhead-press": {"SH", "HT", "CX"},
    "bent-over-row": {"OP", "HT"},
    "band-pull-apart": {"SH"},
    "biceps-curl": {"WR"},
    "bird-dog": {"WR", "KN", "FL"},
    "cat-cow": {"WR", "KN", "OP"},
}


def line(exercise="overhead-press", overridden=(), reason=None):
    return Prescribed(
        "", exercise, 2, 10, None, frozenset({1}), overridden=frozenset(overridden), override_reason=reason
    )


@pytest.mark.parametrize("flag", CAUTION_FLAGS)
@pytest.mark.parametrize("exercise", sorted(library()))
def test_a_flag_of_the_card_is_a_conflict_and_no_other(exercise, flag):
    cautions = library()[exercise].cautions
    assert conflicts(cautions, {flag}) == ({flag} if flag in cautions else frozenset())
    found = unanswered([line(exercise)], {exercise: cautions}, {flag})
    assert [each.field for each in found] == (["override_reason"] if flag in cautions else [])


@pytest.mark.parametrize("exercise", ["bent-over-row", "band-pull-apart", "biceps-curl", "bird-dog", "cat-cow"])
def test_the_cards_hold_the_flags_of_the_clinical_text(exercise):
    assert set(library()[exercise].cautions) == CARDS[exercise]


@pytest.mark.parametrize(
    ("overridden", "reason", "fine"),
    [
        ((), None, False),
        ({"SH"}, None, False),
        ({"SH"}, "   ", False),
        ({"SH"}, "Operated 2010, full range, cleared by the surgeon", True),
        ({"HT"}, "another flag was looked at", False),
        ({"SH", "HT"}, "both", True),
    ],
)
def test_looked_at_needs_every_flag_and_a_reason(overridden, reason, fine):
    assert answered(line(overridden=overridden, reason=reason), frozenset({"SH"})) is fine


@given(
    flags=st.sets(st.sampled_from(CAUTION_FLAGS)),
    lines=st.lists(
        st.tuples(
            st.sampled_from(sorted(library())),
            st.sets(st.sampled_from(CAUTION_FLAGS)),
            st.sampled_from([None, "", " ", "why"]),
        ),
        max_size=6,
    ),
)
def test_nothing_without_a_violation_holds_an_unlooked_conflict(flags, lines):
    items = [line(exercise, overridden, reason) for exercise, overridden, reason in lines]
    cautions = {key: each.cautions for key, each in library().items()}
    refused = {each.exercise for each in unanswered(items, cautions, flags)}
    for item in items:
        if item.exercise not in refused:
            found = conflicts(cautions[item.exercise], flags)
            assert not found or (found <= item.overridden and item.override_reason.strip())
