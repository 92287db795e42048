"""Cautions: every flag of every card, and what counts as looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exercises.definition import CAUTION_FLAGS
from tracker.regimen.library import library
from tracker.regimen.rules import Prescribed
from tracker.regimen.rules_cautions import (
    Reason,
    Standing,
    conflicts,
    new_reasons,
    to_answer,
    unanswered,
    with_answer,
)

PRESCRIBED = datetime(2026, 3, 1, 10, tzinfo=UTC)
BEFORE, AFTER = PRESCRIBED - timedelta(days=1), PRESCRIBED + timedelta(days=30)
WHY = "Full range, cleared by the surgeon"

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
    found = unanswered([line(exercise)], {exercise: cautions}, {flag: BEFORE}, {})
    assert [each.field for each in found] == (["override_reason"] if flag in cautions else [])


@pytest.mark.parametrize(
    ("standing", "known", "asked"),
    [
        (Standing(line(overridden={"SH"}, reason=WHY), PRESCRIBED, AFTER), BEFORE, False),
        (Standing(line(overridden={"SH"}, reason=WHY), PRESCRIBED, PRESCRIBED), AFTER, True),  # taken back, told anew
        (Standing(line(overridden={"SH"}, reason=WHY), PRESCRIBED, AFTER + timedelta(days=1)), AFTER, False),
        (Standing(line(), PRESCRIBED, None, AFTER), BEFORE, True),  # the card was changed since
        (Standing(line(), PRESCRIBED, None, BEFORE), BEFORE, False),
        (Standing(line(overridden={"SH"}, reason=WHY), PRESCRIBED, AFTER, BEFORE), BEFORE, False),
    ],
)
def test_what_was_decided_before_the_flag_or_the_card_was_what_it_is_now_is_asked_again(standing, known, asked):
    assert to_answer(frozenset({"SH"}), standing, {"SH": known}) == (frozenset({"SH"}) if asked else frozenset())


@pytest.mark.parametrize("exercise", ["bent-over-row", "band-pull-apart", "biceps-curl", "bird-dog", "cat-cow"])
def test_the_cards_hold_the_flags_of_the_clinical_text(exercise):
    assert set(library()[exercise].cautions) == CARDS[exercise]


def standing(overridden=(), reason=None, exercise="overhead-press"):
    return Standing(line(exercise, overridden, reason), PRESCRIBED)


@pytest.mark.parametrize(
    ("before", "known_since", "asked"),
    [
        # New in the plan: whoever prescribes it decides, however long the flag has been known.
        (None, {"SH": BEFORE}, {"SH"}),
        (None, {"SH": BEFORE, "HT": None}, {"SH", "HT"}),
        # It stands in the plan, and the flag could be read when it was prescribed: no new decision.
        (standing(), {"SH": BEFORE}, set()),
        (standing(), {"SH": PRESCRIBED}, set()),
        # It became known afterwards, or nobody knows when: shown and answered, once.
        (standing(), {"SH": AFTER}, {"SH"}),
        (standing(), {"SH": None}, {"SH"}),
        (standing({"SH"}, WHY), {"SH": AFTER}, set()),
        (standing({"SH"}, WHY), {"SH": None}, set()),
        # Another flag than the one that was answered.
        (standing({"SH"}, WHY), {"SH": BEFORE, "HT": AFTER}, {"HT"}),
        (standing({"SH"}, WHY), {"SH": BEFORE, "HT": BEFORE}, set()),
        # A tick without words is no answer.
        (standing({"SH"}, "  "), {"SH": AFTER}, {"SH"}),
    ],
)
def test_what_is_asked_is_what_nobody_can_have_decided(before, known_since, asked):
    assert to_answer(frozenset(known_since), before, known_since) == asked


CARD = {"overhead-press": {"SH", "HT", "CX"}}


@pytest.mark.parametrize(
    ("words", "before", "known_since", "key"),
    [
        (None, None, {"SH": BEFORE}, "caution"),
        ("   ", None, {"SH": BEFORE}, "caution"),
        (WHY, None, {"SH": BEFORE}, None),
        (None, standing(), {"SH": BEFORE}, None),
        (None, standing(), {"SH": AFTER}, "caution_new"),
        (WHY, standing(), {"SH": AFTER}, None),
        (None, standing({"SH"}, WHY), {"SH": AFTER}, None),
        (WHY, standing({"SH"}, WHY), {"SH": AFTER}, None),
        # The editor shows the old words; they were written before the other flag was known.
        (WHY, standing({"SH"}, WHY), {"SH": BEFORE, "HT": AFTER}, "caution_since"),
        ("And no long holds", standing({"SH"}, WHY), {"SH": BEFORE, "HT": AFTER}, None),
        (None, None, {"KN": AFTER}, None),
    ],
)
def test_a_line_is_refused_only_for_what_is_to_be_answered(words, before, known_since, key):
    lines = {"overhead-press": before} if before else {}
    found = unanswered([line(reason=words)], CARD, known_since, lines)
    assert [each.key for each in found] == ([key] if key else [])


@pytest.mark.parametrize(
    ("words", "before", "known_since", "kept"),
    [
        (WHY, None, {"SH": BEFORE}, ({"SH"}, WHY)),
        (WHY, None, {"KN": BEFORE}, (set(), None)),
        # A dose changes: the answer stays, also where the field came back empty.
        (None, standing({"SH"}, WHY), {"SH": BEFORE}, ({"SH"}, WHY)),
        (WHY, standing({"SH"}, WHY), {"SH": BEFORE, "HT": BEFORE}, ({"SH"}, WHY)),
        ("Other words", standing({"SH"}, WHY), {"SH": BEFORE, "HT": AFTER}, ({"SH", "HT"}, "Other words")),
        (None, standing(), {"SH": BEFORE}, (set(), None)),
        # The person has taken it back.
        (WHY, standing({"SH"}, WHY), {}, (set(), None)),
        # Nothing may be read: nothing is known to have changed.
        (None, standing({"SH"}, WHY), None, ({"SH"}, WHY)),
        (None, None, None, (set(), None)),
    ],
)
def test_an_answer_stays_with_its_line(words, before, known_since, kept):
    item = with_answer(line(reason=words), CARD["overhead-press"], known_since, before)
    assert (item.overridden, item.override_reason) == kept


def test_a_step_that_carries_its_answer_along_keeps_it():
    item = line(overridden={"SH"}, reason=WHY)
    assert with_answer(item, CARD["overhead-press"], None, standing({"SH"}, "older words")) == item


def test_only_what_is_said_anew_is_told_as_new():
    old, new = line(overridden={"SH"}, reason=WHY), line("plank", {"HT"}, "Breathes on")
    assert new_reasons([], [old]) == (Reason("overhead-press", frozenset({"SH"}), WHY),)
    assert new_reasons([old], [old, new, line("seated-row")]) == (Reason("plank", frozenset({"HT"}), "Breathes on"),)
    assert new_reasons([old, new], [old]) == ()


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
    known_since = dict.fromkeys(flags)
    refused = {each.exercise for each in unanswered(items, cautions, known_since, {})}
    for item in items:
        if item.exercise in refused:
            continue
        kept = with_answer(item, cautions[item.exercise], known_since, None)
        found = conflicts(cautions[item.exercise], flags)
        assert not found or (found <= kept.overridden and kept.override_reason.strip())
        # And whoever saves the same again is not asked again.
        stands = {item.exercise: Standing(kept, PRESCRIBED)}
        assert unanswered([replace(item, override_reason=None)], cautions, known_since, stands) == ()
