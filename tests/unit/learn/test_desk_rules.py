"""The desk check's rules: what first, what later, what has changed, and when to look again."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tracker.learn
from tracker.learn import rules, texts
from tracker.learn.rules import FIRST, ITEMS, MOST_AT_ONCE, Answer, Check, due, missing, next_on, read, result

DAY = date(2026, 3, 10)
answers = st.fixed_dictionaries({item: st.sampled_from(Answer) for item in ITEMS})


def check(on: date = DAY, **said: str) -> Check:
    return Check(on, {item: Answer(said.get(item, "yes")) for item in ITEMS})


def test_there_are_ten_items_each_with_words_a_drawing_and_a_rank():
    assert len(ITEMS) == 10
    assert sorted(ITEMS) == sorted(FIRST)
    assert set(texts.ITEMS) == set(ITEMS)
    drawn = (Path(tracker.learn.__file__).parents[1] / "web" / "static" / "img" / "learn.svg").read_text()
    assert all(f'id="{item}"' in drawn for item in ITEMS)


@given(answers)
def test_every_item_has_one_place_in_the_result(said):
    found = result(Check(DAY, said))
    assert sorted([*found.first, *found.later, *found.fine, *found.not_here]) == sorted(ITEMS)
    assert len(found.first) <= MOST_AT_ONCE
    assert not found.later or len(found.first) == MOST_AT_ONCE


@given(answers)
def test_what_comes_first_outranks_what_can_wait(said):
    found = result(Check(DAY, said))
    ranks = [FIRST.index(item) for item in (*found.first, *found.later)]
    assert ranks == sorted(ranks)


@given(answers, answers)
def test_what_has_changed_is_told_by_the_check_before(then, now):
    found = result(Check(DAY, now), Check(DAY - timedelta(days=90), then))
    for item in ITEMS:
        was_open, is_open = then[item] is Answer.NO, now[item] is Answer.NO
        assert (item in found.still) == (was_open and is_open)
        assert (item in found.settled) == (was_open and now[item] is Answer.YES)


def test_a_first_check_has_nothing_to_compare_with():
    found = result(check(light="no"))
    assert (found.first, found.settled, found.still) == (("light",), (), frozenset())


def test_what_does_not_apply_has_no_say():
    seen = check(laptop="not_here", light="no")
    assert (seen.fine, seen.apply) == (8, 9)


@pytest.mark.parametrize(
    ("days", "is_due", "is_offered"),
    [
        (0, False, False),
        (89, False, False),
        (90, True, True),
        (103, True, True),
        (104, True, False),
        (1000, True, False),
    ],
)
def test_a_check_comes_round_after_ninety_days_and_is_offered_for_two_weeks(days, is_due, is_offered):
    found = due(DAY, DAY + timedelta(days=days))
    assert (found is not None) == is_due
    assert (found is not None and found.offered(DAY + timedelta(days=days))) == is_offered


def test_a_desk_never_looked_at_may_be_and_is_not_pressed():
    found = due(None, DAY)
    assert found is not None
    assert found.last is None
    assert not found.offered(DAY)


def test_the_next_day_is_the_one_it_becomes_due_on():
    assert due(DAY, next_on(check()) - timedelta(days=1)) is None
    assert due(DAY, next_on(check())) is not None


def test_a_day_in_the_future_is_not_due():
    assert due(DAY + timedelta(days=5), DAY) is None


def test_stored_answers_that_nobody_knows_any_more_are_passed_over():
    stored = {"light": "no", "ashtray": "yes", "phone": "perhaps"}
    assert read(stored) == {"light": Answer.NO}
    assert result(Check(DAY, read(stored))).first == ("light",)


@pytest.mark.parametrize("said", [{}, {"light": "maybe"}, {"light": None}])
def test_what_has_no_answer_is_missing(said):
    assert "light" in missing(said)
    assert missing(dict.fromkeys(ITEMS, "yes")) == []


def test_no_words_of_the_check_frighten_or_promise():
    words = " ".join(str(text) for item in texts.ITEMS.values() for text in (item.name, item.question, item.remedy))
    assert not any(bad in words.lower() for bad in ("damage", "bad posture", "pain", "injur", "!"))
    assert timedelta(days=90) == rules.REPEAT_AFTER
