"""Finding exercises: each question by itself, all together, and what nobody asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.definition import CAUTION_FLAGS, EQUIPMENT, GOALS, load_library
from tracker.regimen import finding
from tracker.regimen.finding import CHOICES, Wish

PRESS = load_library()["overhead-press"]
TIMER = replace(PRESS, id="timer", kind="timer", views={}, goal="mobility", equipment=("mat",), cautions=("KN",))
ROW = replace(PRESS, id="row", equipment=("band", "chair"), cautions=("SH",))
EASY = replace(PRESS, id="easy", equipment=("none", "band"), cautions=())
ALL = (PRESS, TIMER, ROW, EASY)


def wish(words: str = "", **chosen: tuple[str, ...]) -> Wish:
    return Wish.read(words, lambda name: chosen.get(name, ()))


def ids(asked: Wish) -> list[str]:
    return [each.id for each in finding.found(asked, ALL, lambda each: f"{each.title} {each.id}")]


def test_without_a_wish_everything_is_there_in_its_order():
    assert ids(wish()) == [each.id for each in ALL]
    assert not wish()


def test_answers_that_are_no_choice_are_as_if_not_given():
    asked = wish(goal=("strength", "flying"), kit=("trampoline",))
    assert asked.answers == (("goal", "strength"),)
    assert asked.address == {"goal": ["strength"]}


@pytest.mark.parametrize(
    ("kit", "expected"),
    [
        (("none",), ["easy"]),
        (("weights",), ["overhead-press", "easy"]),
        (("band",), ["overhead-press", "easy"]),
        (("band", "chair"), ["overhead-press", "row", "easy"]),
        (("chair", "mat"), ["timer", "easy"]),
    ],
)
def test_kit_is_what_a_person_has_and_a_band_does_for_weights(kit, expected):
    assert ids(wish(kit=kit)) == expected


def test_what_no_camera_judges_can_be_asked_for():
    assert ids(wish(view=("without",))) == ["timer"]
    assert "timer" not in ids(wish(view=("front", "side")))


def test_a_caution_leaves_out_what_has_its_flag():
    assert ids(wish(leave=("SH",))) == ["timer", "easy"]
    assert ids(wish(leave=("SH", "KN"))) == ["easy"]


def test_words_are_found_in_any_order_without_capitals_and_accents():
    assert ids(wish("PRESS tímer")) == ["timer"]
    assert ids(wish("press nothing")) == []


def test_taking_one_thing_back_leaves_the_rest():
    asked = wish("press", goal=("strength", "core"), leave=("SH",))
    assert asked.without("goal", "core").address == {"q": "press", "goal": ["strength"], "leave": ["SH"]}
    assert asked.without("words").address == {"goal": ["strength", "core"], "leave": ["SH"]}
    assert asked.without("leave", "SH").of("leave") == frozenset()


answers = st.fixed_dictionaries({name: st.frozensets(st.sampled_from(values)) for name, values in CHOICES.items()})


@settings(deadline=None)
@given(answers, st.text(max_size=20))
def test_an_address_asks_the_same_again_and_less_asked_never_finds_less(given_answers, words):
    asked = Wish.read(words, lambda name: given_answers[name])
    again = Wish.read(str(asked.address.get("q", "")), lambda name: asked.address.get(name, ()))
    assert again == asked
    there = set(ids(asked))
    for name, value in asked.answers:
        # One caution less finds more; one aim, thing or view less finds more only when it was the last.
        if name == "leave" or len(asked.of(name)) == 1:
            assert there <= set(ids(asked.without(name, value)))


def test_groups_follow_the_goals_and_hold_everything_once():
    library = list(load_library().values())
    groups = finding.by_goal(library)
    assert [goal for goal, _ in groups] == [goal for goal in GOALS if any(each.goal == goal for each in library)]
    assert sorted(each.id for _, members in groups for each in members) == sorted(each.id for each in library)


def test_every_choice_has_words():
    from exercises.definition import TIERS
    from exercises.view import YAW_BANDS
    from tracker.regimen import numbers, texts

    assert set(texts.GOALS) == set(texts.GOAL_WHY) == set(GOALS)
    assert set(texts.EQUIPMENT) == set(EQUIPMENT)
    assert set(texts.VIEWS) == set(CHOICES["view"])
    assert set(texts.SHORT_VIEWS) == set(YAW_BANDS)
    assert set(texts.CAUTIONS) == set(texts.CAUTION_WHY) == set(CAUTION_FLAGS)
    assert set(texts.TIERS) == set(texts.TIER_WHY) == set(TIERS)
    assert "_" in numbers.MEASURES
