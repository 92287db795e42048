"""The library's pages: looking for exercises without scripts, what each reader is told, and the way into a plan."""

from __future__ import annotations

import gzip
import json
import re
from html import unescape

import pytest

from exercises.definition import load_library
from tracker.accounts.models import Person

TITLE = re.compile(r'<h3><a href="/library/([^"]+)"')


def found(page: str) -> list[str]:
    return TITLE.findall(page)


@pytest.fixture
def patient(people):
    return people.patient(people.physio())


@pytest.fixture
def browser(patient, signed_in):
    return signed_in(patient)


def test_every_exercise_is_there_once_under_its_goal(browser):
    page = browser.get("/library").text
    assert sorted(found(page)) == sorted(load_library())
    for goal in {definition.goal for definition in load_library().values()}:
        assert f'id="goal-{goal}"' in page


@pytest.mark.parametrize(
    ("question", "fits"),
    [
        ("goal=stretch", lambda each: each.goal == "stretch"),
        ("goal=stretch&goal=core", lambda each: each.goal in {"stretch", "core"}),
        ("view=side", lambda each: "side" in each.views),
        ("view=without", lambda each: not each.views),
        ("leave=SH&leave=OP", lambda each: not {"SH", "OP"} & set(each.cautions)),
        ("kit=none", lambda each: "none" in each.equipment),
        ("q=press", lambda each: "press" in each.title.lower() or each.id != "seated-row"),
    ],
)
def test_the_address_says_what_is_looked_for(browser, question, fits):
    page = browser.get(f"/library?{question}").text
    shown = found(page)
    assert shown
    assert all(fits(load_library()[each]) for each in shown)
    if not question.startswith("q="):
        assert sorted(shown) == sorted(each.id for each in load_library().values() if fits(each))
    assert f"{len(shown)} exercise" in page


def test_an_active_filter_can_be_taken_back_by_itself(browser):
    page = unescape(browser.get("/library?q=row&goal=strength&leave=OP").text)
    assert 'href="/library?q=row&goal=strength" data-question="leave" data-value="OP"' in page
    assert 'href="/library?goal=strength&leave=OP" data-question="words"' in page


def test_when_nothing_fits_the_page_says_what_to_take_away(browser):
    page = browser.get("/library?q=trampoline&goal=stretch").text
    assert "Nothing fits all of this" in page
    stretches = sum(each.goal == "stretch" for each in load_library().values())
    assert f"{stretches} exercises" in page
    assert "Try a shorter word" in browser.get("/library?q=trampoline").text


@pytest.mark.parametrize("question", ["goal=flying&kit=%00&view=<b>&leave=ZZ", "q=" + "x" * 5000, "q=%25%28num%29s"])
def test_strange_questions_do_no_harm(browser, question):
    assert browser.get(f"/library?{question}").status_code == 200


def test_every_exercise_page_opens_for_both_readers(browser, people, signed_in):
    doctor = signed_in(people.physio())
    for exercise, definition in load_library().items():
        for reader in (browser, doctor):
            answer = reader.get(f"/library/{exercise}")
            assert answer.status_code == 200, exercise
            page = unescape(answer.text)
            assert definition.steps[0] in page
            assert definition.blind in page
            assert definition.dose.progression in page


def test_a_patient_reads_no_jargon_and_a_physio_finds_the_numbers(browser, people, signed_in):
    page = browser.get("/library/overhead-press").text
    assert "Measuring error" not in page
    assert "Draft" not in page
    assert "Leaning back" in page
    page = unescape(signed_in(people.physio()).get("/library/overhead-press").text)
    assert "at least 155°" in page
    assert "± 8°" in page
    assert "card E06" in page
    assert "Stay tall, ribs down." in page


def test_a_timer_says_that_no_camera_judges_it(browser):
    timer = next(each for each in load_library().values() if each.kind == "timer")
    assert "No camera can judge this exercise" in browser.get(f"/library/{timer.id}").text
    assert "Without camera: a timer" in browser.get("/library?view=without").text


def test_cautions_are_in_plain_words(browser):
    page = unescape(browser.get("/library/overhead-press").text)
    assert "Osteoporosis" in page
    assert "brittle bones or a broken vertebra" in page


def test_a_figure_is_packed_for_those_who_can_unpack_it(browser):
    plain = browser.get("/library/bird-dog/figure.json")
    packed = browser.get("/library/bird-dog/figure.json", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < len(plain.data) / 10
    assert json.loads(gzip.decompress(packed.data)) == plain.get_json()
    assert plain.get_json()["kit"] == ["mat"]


def test_only_the_physio_learns_how_far_an_exercise_is_checked(browser, people, signed_in):
    assert "What draft, reviewed and validated mean" not in browser.get("/library").text
    assert "What draft, reviewed and validated mean" in signed_in(people.physio()).get("/library").text


# The way into a plan


def test_a_physio_adds_an_exercise_to_the_plan_of_somebody_in_their_care(people, signed_in):
    physio = people.physio()
    mine = people.patient(physio, name="Ada Field")
    people.patient(people.physio(), name="Somebody Else")
    doctor = signed_in(physio)
    page = doctor.get("/library/chin-tuck").text
    assert f"/patients/{mine.id}/plan?add=chin-tuck" in page
    assert "Somebody Else" not in page
    editor = doctor.get(f"/patients/{mine.id}/plan?add=chin-tuck").text
    assert re.search(r'id="chin-tuck-included"[^>]*checked', editor)
    assert len(re.findall(r"line-included[^>]*checked", editor)) == 1
    assert "is ticked below" in editor


def test_nobody_prescribes_for_a_closed_account_but_its_record_stays_in_the_list(people, signed_in, database):
    physio = people.physio()
    gone = people.patient(physio, name="Ada Field")
    database.get_one(Person, gone.id).active = False
    database.commit()
    doctor = signed_in(physio)
    assert "Ada Field" not in doctor.get("/library/chin-tuck").text
    assert "Ada Field" in doctor.get("/patients").text


def test_a_patient_is_offered_nothing_to_prescribe_with(browser):
    page = browser.get("/library/chin-tuck").text
    assert "/plan?add=" not in page
    assert "/programme?add=" not in page


def test_a_person_of_their_own_adds_it_to_their_programme(people, signed_in):
    alone = signed_in(people.solo())
    assert "/programme?add=chin-tuck" in alone.get("/library/chin-tuck").text
    assert re.search(r'id="chin-tuck-included"[^>]*checked', alone.get("/programme?add=chin-tuck").text)


def test_adding_what_is_planned_already_or_unknown_changes_nothing(people, signed_in):
    physio = people.physio()
    patient = people.patient(physio)
    doctor = signed_in(physio)
    for strange in ("no-such-thing", "%00", ""):
        editor = doctor.get(f"/patients/{patient.id}/plan?add={strange}")
        assert editor.status_code == 200
        assert not re.findall(r"line-included[^>]*checked", editor.text)


def test_the_editor_groups_what_is_not_planned_by_goal(people, signed_in):
    physio = people.physio()
    patient = people.patient(physio)
    page = signed_in(physio).get(f"/patients/{patient.id}/plan").text
    assert page.count('class="plan-line"') == len(load_library())
    assert "<h3>Stretch</h3>" in page
