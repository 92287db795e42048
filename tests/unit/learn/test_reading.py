"""Cards are short and in plain words, and keep to the wording rules. The yardstick itself is checked on known texts."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from tracker.learn.library import PARTS, cards

_place = Path(__file__).with_name("reading.py")
_spec = importlib.util.spec_from_file_location("reading", _place)
assert _spec is not None
assert _spec.loader is not None
reading = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(reading)

CARDS = list(cards("en").values())
IDS = [card.id for card in CARDS]
each_card = pytest.mark.parametrize("card", CARDS, ids=IDS)

EASE_OF_PLAIN_ENGLISH = 60
LONGEST_GRADE = 8
WORDS_A_MINUTE = 238
"""Silent reading of English, adults: Brysbaert 2019, Journal of Memory and Language 109:104047."""
LONGEST_SENTENCE = 25


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("back", 1), ("water", 2), ("table", 2), ("move", 1), ("moved", 1), ("lifted", 2), ("shoulder", 2),
        ("exercise", 3), ("position", 3), ("medicine", 3), ("going", 2), ("idea", 3), ("action", 2), ("breathes", 1),
        ("bodies", 2), ("pharmacist", 3), ("serious", 3), ("don't", 1),
    ],
)  # fmt: skip
def test_syllables_are_counted_as_they_are_spoken(word, number):
    assert reading.syllables(word) == number


def test_the_yardstick_tells_a_hard_text_from_a_plain_one():
    hard = (
        "Musculoskeletal rehabilitation necessitates individualised multidisciplinary consideration of biomechanical, "
        "psychological and occupational determinants of persistent thoracic symptomatology."
    )
    plain = "The cat sat on the mat. Then it got up and went out to play in the sun."
    assert reading.reading_ease(hard) < 0
    assert reading.grade(hard) > 20
    assert reading.reading_ease(plain) > 100
    assert reading.grade(plain) < 2


@each_card
def test_a_card_is_plain_english(card):
    assert reading.reading_ease(card.text) > EASE_OF_PLAIN_ENGLISH
    assert reading.grade(card.text) <= LONGEST_GRADE


@each_card
def test_a_card_is_read_in_less_than_a_minute(card):
    assert len(card.text.split()) < WORDS_A_MINUTE


@each_card
def test_sentences_are_short(card):
    too_long = [" ".join(words) for words in reading.sentences(card.text) if len(words) > LONGEST_SENTENCE]
    assert not too_long


# Words that frighten, blame, promise or prescribe, and marks of excitement.
FORBIDDEN = re.compile(
    r"damag|bad posture|poor posture|wrong posture|guarantee|cures? your|will cure|you are fine|lazy|must not forget"
    r"|\bmg\b|milligram|\biu\b|microgram|calori|\bkcal\b|\bbmi\b|chiropract|decompression|injection|surgeon"
    r"|book now|buy now|!",
    re.IGNORECASE,
)


@each_card
def test_a_card_neither_frightens_nor_promises_nor_prescribes(card):
    words = f"{card.text}\n{card.sure_note}"
    assert not FORBIDDEN.findall(words)


@each_card
def test_a_card_speaks_to_its_reader(card):
    assert re.search(r"\byour?\b", card.text)


def test_the_limits_of_cold_and_heat_are_all_there():
    for name in ("cold", "heat"):
        text = " ".join(cards("en")[name].text.split())
        for said in ("15 or 20 minutes", "Look at your skin", "less than you used to", "does not heal"):
            assert said in text, (name, said)
    assert "in a cloth" in cards("en")["cold"].text
    assert "Never go to sleep with it" in cards("en")["heat"].text


def test_rest_ends_after_two_days_and_time_is_given_in_weeks():
    assert "48 hours at most" in cards("en")["rest-and-return"].text
    assert "within a few weeks" in cards("en")["healing-takes-time"].text
    assert "No one exercise will stop the pain at once" in cards("en")["healing-takes-time"].text


def test_the_safest_times_to_see_a_doctor_are_given():
    text = cards("en")["when-to-see-a-doctor"].text
    same_day, _, later = text.partition("In all other cases")
    for said in ("Fever", "8 to 10", "wakes you every night", "breathe deeply", "cancer", "weak bones", "lung disease"):
        assert said in same_day, said
    for said in ("without trying: within a day or two", "four days", "a week", "two weeks", "Three months"):
        assert said in later, said


def test_nothing_is_said_of_amounts_of_medicines_or_supplements():
    for name in ("pain-relief", "calcium-and-vitamin-d"):
        assert not re.search(r"\d", "".join(cards("en")[name].parts[part] for part in PARTS)), name


@each_card
def test_a_card_that_is_not_sure_says_what_is_not(card):
    kinds = {source.kind for source in card.sources}
    if card.sure in {"contested", "studied", "own"}:
        assert card.sure_note
    if card.sure == "studied":
        assert "study" in kinds
    if card.sure == "memory":
        assert "memory" in kinds
