"""Documents at the edge: bounds, nothing unknown, and no red flag lost with the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tracker.diary import rules_forms
from tracker.diary.documents import parse, parse_json, problems_of, salvage, with_words, without_words
from tracker.diary.rules import FORMS, SPOTS
from tracker.diary.rules_flags import RED_FLAGS

AT = datetime(2026, 3, 10, 19, tzinfo=UTC)
TODAY = date(2026, 3, 10)


def document(form="daily", answers=None, **fields):
    identity = str(uuid4())
    return {
        "id": identity,
        "entry_id": identity,
        "form": form,
        "local_date": "2026-03-10",
        "answered_at": "2026-03-10T19:00:00Z",
        "answers": {"none_of_these": True} if answers is None else answers,
        **fields,
    }


def problems(data):
    with pytest.raises(ValidationError) as caught:
        parse(data)
    return problems_of(caught.value)


@pytest.mark.parametrize(
    ("form", "answers"),
    [
        ("intake", {"none_of_these": True}),
        ("intake", {"none_of_these": True, "average_7d": 4, "began_on": "2026-03-01", "examined": True,
                    "causes": ["stress"], "activities": [{"id": "a", "words": "Swim"}]}),
        ("daily", {"none_of_these": True, "average": 0, "worst": 10}),
        ("daily", {"flags": {"E_TRAUMA": {"answer": "checked", "detail": True}}}),
        ("weekly", {"peg_pain": 1, "peg_enjoyment": 2, "peg_activity": 3, "medicines": [{"name": "Ibu", "days": 3}]}),
        ("fortnight", {"activities": [{"id": "a", "score": 4}]}),
        ("monthly", {"phq2": [0, 2]}),
        ("monthly", {"phq2": [1, 2], "self_harm": False}),
        ("flags", {"self_harm": True}),
    ],
)  # fmt: skip
def test_what_the_page_sends_is_read(form, answers):
    assert parse(document(form, answers)).form == form


def test_a_morning_needs_its_session():
    assert "session_id" in problems(document("morning", {"pain": 3}))
    assert parse(document("morning", {"pain": 3}, session_id=str(uuid4()))).session_id is not None


@pytest.mark.parametrize(
    ("form", "answers"),
    [
        ("daily", {}),  # the question about red flags is never skipped
        ("daily", {"average": 3}),
        ("daily", {"none_of_these": True, "average": 11}),
        ("daily", {"none_of_these": True, "average": -1}),
        ("daily", {"none_of_these": True, "average": 3.5}),
        ("daily", {"none_of_these": True, "average": "3"}),
        ("daily", {"none_of_these": True, "average": True}),
        ("daily", {"none_of_these": "yes"}),
        ("daily", {"none_of_these": True, "mood": 3}),
        ("daily", {"flags": {"E_FUTURE": {"answer": "new"}}}),
        ("daily", {"flags": {"E_NUMB": {"answer": "no"}}}),
        ("daily", {"none_of_these": True, "body": [{"spot": "back-knee-left", "intensity": 3}]}),
        ("daily", {"none_of_these": True, "body": [{"spot": SPOTS[0], "intensity": 0}]}),
        ("daily", {"none_of_these": True, "body": [{"spot": SPOTS[0], "intensity": 3}] * 60}),
        ("monthly", {"phq2": [2, 1]}),  # from 3 on, the question about self-harm has to be answered
        ("monthly", {"phq2": [2]}),
        ("monthly", {"phq2": [4, 0]}),
        ("weekly", {"peg_pain": 1, "peg_enjoyment": 2}),
        (
            "weekly",
            {"peg_pain": 1, "peg_enjoyment": 2, "peg_activity": 3, "medicines": [{"name": "x" * 61, "days": 1}]},
        ),
        ("fortnight", {"activities": []}),
        ("fortnight", {"activities": [{"id": "a", "score": 1}, {"id": "a", "score": 2}]}),
        ("intake", {"none_of_these": True, "causes": ["bad posture"]}),
        ("intake", {"none_of_these": True, "examined": False, "examined_on": "2026-03-01"}),
        ("flags", {"now": 3}),
    ],
)
def test_what_no_page_of_ours_sends_is_refused(form, answers):
    assert problems(document(form, answers))


@pytest.mark.parametrize(
    "fields",
    [{"form": "diary"}, {"answered_at": "2026-03-10T19:00:00"}, {"local_date": "yesterday"}, {"extra": 1}, {"id": "x"},
     {"source": "demo"}, {"note": "x" * 2_001}],
)  # fmt: skip
def test_an_envelope_that_is_wrong_is_refused(fields):
    assert problems(document(**fields))


def test_a_refused_document_names_the_field_and_not_the_form():
    assert list(problems(document(answers={"none_of_these": True, "average": 11}))) == ["answers.average"]


def test_whoever_ticks_a_flag_and_none_of_these_has_ticked_a_flag():
    told = parse(document(answers={"flags": {"E_NUMB": {"answer": "new"}}, "none_of_these": True}))
    assert told.answers.stored() == {"flags": {"E_NUMB": {"answer": "new"}}, "none_of_these": False}


def test_what_was_not_answered_is_not_stored():
    assert parse(document()).answers.stored() == {"none_of_these": True}


def test_a_huge_object_is_not_looked_at():
    assert problems(document(answers={f"key{number}": 1 for number in range(100)}))
    assert problems(document(answers={"flags": {f"E_{number}": {"answer": "new"} for number in range(100)}}))
    with pytest.raises(ValidationError):
        parse_json(b"[" * 100_000)


# ---------------------------------------------------------------------------------------------- salvage


def test_a_red_flag_is_saved_from_a_document_that_is_refused():
    broken = document(answers={"average": 99, "flags": {"E_NUMB": {"answer": "new"}, "D_ARM": {"answer": "checked"}}})
    saved = salvage(broken, at=AT, today=TODAY)
    assert saved is not None
    assert saved.answers.stored()["flags"] == {"E_NUMB": {"answer": "new"}, "D_ARM": {"answer": "checked"}}
    assert (saved.form, saved.local_date) == ("flags", TODAY)
    assert saved.id == salvage(broken, at=AT, today=TODAY).id


@pytest.mark.parametrize(
    "broken",
    [
        {"answers": {"flags": {"E_NUMB": {"answer": "new", "detail": "perhaps"}}}},
        {"answers": {"flags": {"E_NUMB": {"answer": "new"}, "E_FUTURE": {"answer": "new"}, "U_FEVER": 7}}},
        document(answers={"flags": {"E_NUMB": {"answer": "new"}}}, local_date="soon", answered_at=None, entry_id=None),
        document("no such form", {"flags": {"E_NUMB": {"answer": "new"}}, "x": [1] * 500}),
    ],
)
def test_whatever_else_is_wrong_the_flag_that_can_be_read_is_saved(broken):
    saved = salvage(broken, at=AT, today=TODAY)
    assert saved is not None
    assert list(saved.answers.stored()["flags"]) == ["E_NUMB"]


def test_thoughts_of_self_harm_are_saved_as_well():
    saved = salvage(document("monthly", {"phq2": [9, 9], "self_harm": True}), at=AT, today=TODAY)
    assert saved is not None
    assert saved.answers.has_red_flag


@pytest.mark.parametrize("nothing", [None, 7, [], {}, {"answers": 3}, document(), document(answers={"flags": []})])
def test_where_there_is_no_flag_there_is_nothing_to_save(nothing):
    assert salvage(nothing, at=AT, today=TODAY) is None


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(junk, st.sampled_from(sorted(RED_FLAGS)), junk, junk)
def test_no_rubbish_around_it_hides_a_red_flag(rest, code, detail, envelope):
    data = {"answers": {"flags": {code: {"answer": "new", "detail": detail}}, "average": rest}, "local_date": envelope}
    saved = salvage(data, at=AT, today=TODAY)
    assert saved is not None
    assert code in saved.answers.stored()["flags"]


# ---------------------------------------------------------------------------------------------- free text


def test_the_names_of_medicines_are_kept_apart_and_come_back():
    answers = {"medicines": [{"name": "Ibuprofen", "days": 3}, {"name": "Paracetamol", "days": 1}], "peg_pain": 4}
    kept, words = without_words(answers)
    assert "Ibuprofen" not in str(kept)
    assert with_words(kept, words) == answers


def test_the_words_of_activities_are_not_kept_with_the_answers():
    kept, words = without_words({"activities": [{"id": "a", "words": "Swim", "score": 3}]})
    assert (kept, words) == ({"activities": [{"id": "a", "score": 3}]}, None)


def test_what_the_page_asks_and_what_is_read_are_the_same_forms():
    assert set(rules_forms.FORMS) == set(FORMS)
