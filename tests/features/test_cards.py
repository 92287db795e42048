"""The cards' pages: everything is there, can be found without scripts, leads to what the reader may open, and what must
not wait stands first.
"""

from __future__ import annotations

import re
from html import unescape

import pytest

from tracker.learn.library import cards

CARD = re.compile(r'href="/learn/([a-z-]+)"')


@pytest.fixture
def browser(people, signed_in):
    return signed_in(people.patient(people.physio(), country="DE"))


@pytest.fixture
def doctor(people, signed_in):
    return signed_in(people.physio())


def test_every_card_is_listed_under_its_group_and_opens_for_both_readers(browser, doctor):
    page = browser.get("/learn").text
    assert CARD.findall(page) == list(cards("en"))
    for group in ("At the desk", "In the day", "At night", "When it hurts", "Stronger"):
        assert f">{group}</h2>" in page
    for card_id, card in cards("en").items():
        for reader in (browser, doctor):
            answer = reader.get(f"/learn/{card_id}")
            assert answer.status_code == 200, card_id
            shown = unescape(answer.text)
            assert f"<h1>{card.title}</h1>" in shown
            assert all(source.text in shown for source in card.sources)
            for heading in ("What to do", "How", "What it will not do", "When to stop or ask", "How sure is this?"):
                assert re.search(f"<h2[^>]*>{re.escape(heading)}</h2>", shown), (card_id, heading)


@pytest.mark.parametrize("strange", ["no-such-card", "..%2f..%2fsources", "sources", "POSTURE", "%00"])
def test_a_card_that_does_not_exist_is_not_found(browser, strange):
    assert browser.get(f"/learn/{strange}").status_code == 404


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("pillow", "sleep-position"),
        ("ICE", "cold"),
        ("hip hinge", "lifting"),
        ("paracetamol", "pain-relief"),
        ("ergonomic", "desk-set-up"),
    ],
)
def test_a_card_is_found_by_words_in_it_and_by_words_people_use(browser, words, first):
    page = browser.get("/learn", query_string={"q": words}).text
    assert first in CARD.findall(page)
    assert len(CARD.findall(page)) < len(cards("en"))
    assert f'value="{words}"' in page
    assert f"of {len(cards('en'))} " in page


def test_nothing_found_teaches_the_next_step(browser):
    page = browser.get("/learn?q=trampoline").text
    assert "No card has all of this" in page
    assert "Try one word" in page


@pytest.mark.parametrize("strange", ["x" * 5000, "%25%28num%29s", "<script>alert(1)</script>", "%00", "\u0130"])
def test_strange_words_do_no_harm(browser, strange):
    answer = browser.get("/learn", query_string={"q": strange})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


def test_what_must_not_wait_stands_first_where_something_hurts(browser, doctor):
    for card_id, card in cards("en").items():
        page = browser.get(f"/learn/{card_id}").text
        first = page.index("What to do</h2>")
        assert ("Call for help at once" in page[:first]) == (card.group == "hurts"), card_id
        assert 'href="/help"' in page[first:], card_id
        if card.group == "hurts":
            assert 'href="tel:112"' in page[:first]
    assert 'href="/help"' not in doctor.get("/learn/cold").text, "staff have no page for help of their own"


def test_a_card_leads_to_the_exercise_and_the_page_it_speaks_of(browser):
    page = browser.get("/learn/movement-breaks").text
    assert page.count('href="/library/scapular-retraction"') == 2, "in the words, and in the list below"
    assert 'href="/posture"' in page
    assert 'href="/reminders"' in page


def test_staff_are_led_to_no_page_that_only_patients_have(doctor):
    for card_id in cards("en"):
        page = doctor.get(f"/learn/{card_id}").text
        for address in ("/posture", "/check-in", "/progress", "/today", "/desk-check"):
            assert f'href="{address}"' not in page, (card_id, address)


def test_one_reads_on_to_the_next_card_and_back(browser):
    order = list(cards("en"))
    here = browser.get(f"/learn/{order[0]}").text
    seen = [order[0]]
    while following := re.search(r'href="/learn/([a-z-]+)" rel="next"', here):
        here = browser.get(f"/learn/{following[1]}").text
        assert f'href="/learn/{seen[-1]}" rel="prev"' in here
        seen.append(following[1])
    assert seen == order


def test_the_breathing_exercise_can_be_done_without_scripts(browser):
    page = browser.get("/learn/stress").text
    assert "count to four" in page
    assert "count to six" in page
    assert re.search(r'<div class="breathing"[^>]* hidden', page), "the part that needs a script is hidden without one"


def test_learn_is_reached_from_today_and_from_the_exercises(browser):
    for page in ("/today", "/library"):
        assert 'href="/learn"' in browser.get(page).text
