"""Forms, their words, and a plain form read back: all that is asked can be said, and all that is said is stored."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from exercises.definition import CAUTION_FLAGS
from tests.unit.diary.builders import entry
from tracker.accounts.emergency import Numbers, numbers_of
from tracker.diary import documents, fields, pages, rules_meaning, rules_timing, texts
from tracker.diary import rules_forms as forms
from tracker.diary.rules import SPOTS
from tracker.diary.rules_flags import RED_FLAGS
from tracker.diary.service import Activity, Settings
from tracker.regimen.rules_levels import Level

ANSWERS = {
    "intake": documents.IntakeAnswers,
    "daily": documents.DailyAnswers,
    "flags": documents.FlagsAnswers,
    "weekly": documents.WeeklyAnswers,
    "fortnight": documents.FortnightAnswers,
    "monthly": documents.MonthlyAnswers,
    "morning": documents.MorningAnswers,
}
ALL = list(forms.FORMS.values())
IDS = [form.key for form in ALL]


@pytest.fixture(autouse=True)
def words():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize("form", ALL, ids=IDS)
def test_every_question_has_words_and_every_scale_has_ends(form):
    assert texts.FORM_TITLES.keys() >= {form.key}
    assert texts.FORM_LEADS.keys() >= {form.key}
    assert texts.FORM_WHY.keys() >= {form.key}
    for question in form.questions:
        assert f"{form.key}.{question.key}" in texts.QUESTIONS
        assert question.kind in forms.KINDS
        if question.kind in {forms.SCALE, forms.ACTIVITIES}:
            assert {question.low, question.high} <= texts.ANCHORS.keys()
        for choice in question.choices:
            assert f"{question.key}.{choice}" in texts.CHOICES
    assert not form.note or f"{form.key}.note" in texts.QUESTIONS


@pytest.mark.parametrize("form", ALL, ids=IDS)
def test_every_question_of_a_form_is_an_answer_of_its_document(form):
    known = ANSWERS[form.key].model_fields
    asked = {question.key.partition("-")[0] for question in form.questions}
    assert asked <= known.keys()
    assert known.keys() - asked <= {"none_of_these", "self_harm", "now"}


def test_no_words_are_left_over():
    asked = {f"{form.key}.{question.key}" for form in ALL for question in form.questions}
    asked |= {f"{form.key}.note" for form in ALL if form.note} | {"fortnight.naming"}
    assert asked == texts.QUESTIONS.keys()
    offered = {f"{q.key}.{choice}" for form in ALL for q in form.questions for choice in q.choices}
    assert offered == texts.CHOICES.keys()
    assert {step.key for form in ALL for step in form.steps} == texts.STEP_TITLES.keys()


def test_every_red_flag_and_every_second_question_has_words():
    assert texts.FLAGS.keys() == RED_FLAGS.keys()
    assert {flag.detail for flag in RED_FLAGS.values() if flag.detail} == texts.FLAG_DETAILS.keys()
    assert {code for code, flag in RED_FLAGS.items() if flag.detail} == pages.DETAIL_WHEN.keys()


def test_every_place_of_the_body_map_has_a_name_of_its_own():
    assert len(SPOTS) == len(set(SPOTS)) == 41
    names = [texts.spot_text(spot) for spot in SPOTS]
    assert len(set(names)) == len(names)
    assert {spot.rpartition("-")[0] for spot in SPOTS} == texts.REGIONS.keys()


def test_the_body_map_knows_the_levels_of_the_spine_its_sides_and_the_shoulder_blades():
    for region in ("upper_thoracic", "middle_thoracic", "lower_thoracic"):
        assert {f"back-{region}-{side}" for side in ("left", "centre", "right")} <= set(SPOTS)
    assert {"back-shoulder_blade-left", "back-shoulder_blade-right"} <= set(SPOTS)


def test_the_cautions_are_those_that_exercises_know():
    assert set(forms.CAUTIONS) == set(CAUTION_FLAGS)


@pytest.mark.parametrize("form", [form for form in ALL if any(q.kind == forms.FLAGS for q in form.questions)])
def test_the_red_flags_come_first_and_are_required(form):
    assert form.questions[0].kind == forms.FLAGS
    assert form.questions[0].required


def test_the_wording_of_the_daily_questions_is_that_of_the_specification():
    assert str(texts.QUESTIONS["daily.average"]) == (
        "On a scale from 0 (no pain) to 10 (worst pain you can imagine), how strong was your upper back pain "
        "**on average in the last 24 hours**?"
    )
    assert "hard to tolerate" in str(texts.HELPS["daily.flare"])


# ---------------------------------------------------------------------------------------------- what a level means


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("watched", [True, False])
@pytest.mark.parametrize("numbers", [Numbers(), numbers_of("DE")])
def test_after_an_entry_there_is_advice_a_next_contact_and_a_number_and_never_an_all_clear(level, watched, numbers):
    today = date(2026, 3, 10)
    said = [
        *texts.advice(level, watched=watched, numbers=numbers),
        texts.next_contact(level, watched=watched, next_day=today + timedelta(days=1), today=today),
        texts.worried(numbers),
    ]
    assert all(said)
    whole = " ".join(said).casefold()
    assert "fine" not in whole
    assert "nothing to worry" not in whole
    assert numbers.emergency_text.casefold() in whole


def test_the_urgent_advice_depends_on_nobody():
    for level in (Level.URGENT, Level.EMERGENCY):
        for watched in (True, False):
            advice = " ".join(texts.advice(level, watched=watched, numbers=numbers_of("DE")))
            assert "physiotherapist" not in advice
    assert "116117" in texts.advice(Level.URGENT, watched=True, numbers=numbers_of("DE"))[0]
    assert "Call 112 now." in texts.advice(Level.EMERGENCY, watched=True, numbers=numbers_of("DE"))


def test_whoever_nobody_watches_is_told_so():
    today = date(2026, 3, 10)
    for level in (Level.URGENT, Level.EMERGENCY):
        assert "Nobody else" in texts.next_contact(level, watched=False, next_day=today, today=today)
    assert "Nobody else" in texts.advice(Level.REVIEW, watched=False, numbers=Numbers())[0]


def test_every_meaning_has_a_sentence_and_none_of_them_is_an_all_clear():
    for series in ("average", "interference"):
        for key in (rules_meaning.TOO_FEW, rules_meaning.IMPROVING, rules_meaning.STEADY, rules_meaning.RISING):
            found = rules_meaning.Meaning(key, 10, 10, 3.0, 4.0, 1.0)
            sentence = texts.meaning_sentence(series, found) + texts.meaning_detail(found)
            assert sentence
            assert "fine" not in sentence
    assert "one in the last" in texts.meaning_detail(rules_meaning.Meaning(rules_meaning.TOO_FEW, 1, 0))


# ---------------------------------------------------------------------------------------------- a page, and back


def read(form, **given):
    numbers = count(1)
    values = MultiDict([(key.replace("__", "-"), value) for key, value in given.items()])
    return fields.read(forms.FORMS[form], values, lambda: f"new-{next(numbers)}")


DAILY = {"none_of_these": "yes", "average": "3", "worst": "5", "interference": "2", "compared": "same"}


def test_a_daily_form_becomes_the_answers_of_its_document():
    said = read("daily", **DAILY, flare="no", activities="new_no", medicine="yes", sleep="", note="  Slept badly. ")
    assert said.errors == {}
    assert said.answers == {
        "none_of_these": True, "average": 3, "worst": 5, "interference": 2, "compared": "same", "flare": False,
        "activities": "new_no", "medicine": True,
    }  # fmt: skip
    assert said.note == "Slept badly."


@pytest.mark.parametrize("given", ["11", "-1", "3.5", "x", "٣", "1e1", "999999999999"])
def test_a_number_outside_the_scale_is_an_error(given):
    assert read("daily", **{**DAILY, "average": given}).errors == {"average": "invalid"}


def test_what_is_required_is_missed():
    assert read("daily").errors == {
        "flags": "flags_missing", "average": "missing", "worst": "missing", "interference": "missing",
        "compared": "missing",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        ({"flag__E_NUMB": "new"}, {"E_NUMB": {"answer": "new"}}),
        ({"flag__E_NUMB": "on"}, {"E_NUMB": {"answer": "new"}}),
        ({"flag__E_NUMB": "checked"}, {"E_NUMB": {"answer": "checked"}}),
        ({"flag__E_NUMB": "new", "flag__E_NUMB__checked": "yes"}, {"E_NUMB": {"answer": "checked"}}),
        ({"flag__E_GAIT": "new", "flag__E_GAIT__detail": "no"}, {"E_GAIT": {"answer": "new", "detail": False}}),
        ({"flag__E_NUMB": "new", "none_of_these": "yes"}, {"E_NUMB": {"answer": "new"}}),
    ],
)
def test_red_flags_are_read_in_every_shape_a_page_may_have(given, flags):
    said = read("flags", **given)
    assert said.answers["flags"] == flags
    assert "none_of_these" not in said.answers
    assert said.errors == {}


def test_a_no_to_every_question_is_none_of_these():
    every = {f"flag__{code}": "no" for code, flag in RED_FLAGS.items() if not flag.crisis}
    assert read("flags", **every).answers == {"none_of_these": True}
    every.popitem()
    assert read("flags", **every).errors == {"flags": "flags_missing"}


def test_a_question_that_depends_on_another_is_read_only_then():
    intake = {
        "none_of_these": "yes", "average_7d": "4", "worst_7d": "6", "began_on": "2026-03-01", "age_band": "over_50",
    }  # fmt: skip
    assert "examined_on" not in read("intake", **intake, examined="no", examined_on="2026-03-02").answers
    assert read("intake", **intake, examined="yes", examined_on="2026-03-02").answers["examined_on"] == "2026-03-02"
    assert read("intake", **intake, examined="yes", examined_on="soon").errors == {"examined_on": "not_a_date"}


def test_the_question_about_self_harm_is_asked_from_three_on_and_a_yes_is_never_dropped():
    assert read("monthly", **{"phq2-0": "1", "phq2-1": "1"}).errors == {}
    assert read("monthly", **{"phq2-0": "1", "phq2-1": "2"}).errors == {"self_harm": "missing"}
    assert read("monthly", **{"phq2-0": "1", "self_harm": "yes"}).answers["self_harm"] is True
    assert read("monthly", **{"phq2-0": "2", "phq2-1": "3", "self_harm": "no"}).answers == {
        "phq2": [2, 3], "self_harm": False,
    }  # fmt: skip


def test_medicines_activities_and_the_body_map_are_read():
    week = read(
        "weekly",
        **{"peg_pain": "1", "peg_enjoyment": "2", "peg_activity": "3", "mood": "4", "medicine-1-name": " Ibu ",
           "medicine-1-days": "3", "medicine-2-name": "", "body-back-neck-left": "4", "body-back-lumbar-right": ""},
    )  # fmt: skip
    assert week.errors == {}
    assert week.answers["medicines"] == [{"name": "Ibu", "days": 3}]
    assert week.answers["body"] == [{"spot": "back-neck-left", "intensity": 4}]
    assert read("weekly", **{"medicine-1-name": "Ibu"}).errors["medicines"] == "missing"
    scored = read("fortnight", **{"activity-1-id": "a", "activity-1-score": "7", "activity-2-id": "b"})
    assert scored.answers == {"activities": [{"id": "a", "score": 7}]}


def test_activities_get_an_id_when_they_are_new():
    said = read(
        "intake",
        **{"activity-1-words": "Carry  the shopping", "activity-1-id": "", "activity-2-words": "Swim",
           "activity-2-id": "known"},
    )  # fmt: skip
    assert said.answers["activities"] == [
        {"id": "new-1", "words": "Carry the shopping"},
        {"id": "known", "words": "Swim"},
    ]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["average", "compared", "flag-E_NUMB", "note", "body-back-neck-left", "x"]),
                       st.text(max_size=20)))  # fmt: skip
def test_no_field_whatever_is_in_it_breaks_the_reading(given_fields):
    said = fields.read(forms.FORMS["daily"], MultiDict(given_fields), lambda: "new")
    assert said.errors or said.answers


@pytest.mark.parametrize("form", ALL, ids=IDS)
def test_a_form_shows_what_was_answered_before_and_nothing_else(form):
    empty = pages.form_view(form, pages.Filled({}, activities=(Activity("a", "Swim"),)), action="/", hidden={})
    for step in empty.steps:
        for question in step.questions:
            if question.kind == forms.ACTIVITIES:
                assert [each["score"] for each in question.value] == [None]
            elif question.kind != forms.ACTIVITY_WORDS:
                assert question.value in (None, [], "")
            assert not any(flag.answer for flag in question.flags)
            assert question.none_value is False


def test_an_entry_that_is_corrected_shows_its_answers():
    told = {
        "flags": {"E_GAIT": {"answer": "new", "detail": True}}, "average": 0, "flare": False, "compared": "worse",
        "body": [{"spot": "back-neck-left", "intensity": 3}],
    }  # fmt: skip
    view = pages.form_view(forms.FORMS["daily"], pages.Filled(told, note="Hm."), action="/", hidden={})
    values = {question.key: question for step in view.steps for question in step.questions}
    assert (values["average"].value, values["flare"].value, values["compared"].value) == (0, False, "worse")
    gait = next(flag for flag in values["flags"].flags if flag.code == "E_GAIT")
    assert (gait.answer, gait.detail_answer) == ("new", True)
    assert view.note is not None
    assert view.note.value == "Hm."
    phq = pages.form_view(forms.FORMS["monthly"], pages.Filled({"phq2": [2, 0]}), action="/", hidden={})
    assert [question.value for question in phq.steps[0].questions] == [2, 0]


def test_the_question_about_self_harm_is_not_in_the_list_of_warning_signs():
    assert "C_MOOD" not in {flag.code for flag in pages.flag_views({})}


def test_the_groups_of_warning_signs_stand_together_the_most_urgent_first():
    groups = [flag.group for flag in pages.flag_views({})]
    assert list(dict.fromkeys(groups)) == ["emergency", "urgent", "doctor"]
    assert groups == sorted(groups, key=["emergency", "urgent", "doctor"].index)


def test_an_entry_is_told_back_in_words():
    told = {
        "average": 3, "compared": "worse", "flare": True, "activities": "new_no",
        "flags": {"E_NUMB": {"answer": "checked"}}, "body": [{"spot": "back-neck-left", "intensity": 4}],
    }  # fmt: skip
    facts = pages.facts_of(entry(answers=told), ())
    assert ("On average", "3 of 10") in facts
    assert ("Flare", "Yes") in facts
    assert ("Neck, back, left", "4 of 10") in facts
    (flag,) = pages.flags_told(entry(answers=told))
    assert flag.endswith("Yes, old and already checked by a clinician")
    scored = entry("fortnight", answers={"activities": [{"id": "a", "score": 6}, {"id": "gone", "score": 1}]})
    assert pages.facts_of(scored, (Activity("a", "Swim"),)) == (("Swim", "6 of 10"),)


def test_the_rhythm_is_said_in_words():
    daily = Settings(rules_timing.Rhythm((rules_timing.Spell(date(2026, 1, 1), "daily"),)))
    assert pages.rhythm_view(daily, date(2026, 3, 10), offer=True).text == "You are asked once a day."
    thrice = Settings(daily.rhythm.changed("thrice", date(2026, 3, 1)))
    assert "Monday, Wednesday and Friday" in pages.rhythm_view(thrice, date(2026, 3, 10), offer=False).text
