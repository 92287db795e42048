"""Every key of the rules has words, and no sentence blames."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask_babel import Babel

from tracker.posture import rules_breaks, rules_day, texts
from tracker.posture.rules import BREAK_RULES
from tracker.posture.rules_breaks import NextBreak, Position, Tally, When
from tracker.posture.rules_day import Figures, Kind, Saying, Still, Usual, Variety

NINE = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
DAY = Figures(comfort_s=7200, slouch_s=3600, changes=27, longest_still_s=4320)
NEVER = ("damage", "harm", "bad", "wrong", "should", "must", "failed", "pain", "!", "%(")


@pytest.fixture(autouse=True)
def _page():
    app = Flask(__name__)
    Babel(app, default_locale="en", default_timezone="UTC")
    with app.test_request_context():
        yield


def kind(sentence):
    assert sentence
    assert not [word for word in NEVER if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", sentence.lower())], sentence
    return sentence


@pytest.mark.parametrize("today", [True, False])
@pytest.mark.parametrize("saying", list(Saying))
def test_every_saying_about_a_day_has_a_kind_sentence(saying, today):
    still = Still(NINE, NINE + timedelta(seconds=4320))
    kind(texts.saying(saying, DAY, Usual(8.5, 6), still, today=today))


def test_a_day_is_told_with_its_numbers():
    said = texts.saying(Saying.LONG_STILL, DAY, None, Still(NINE, NINE + timedelta(minutes=72)), today=True)
    assert (
        said == "Your longest time without moving was 72 minutes, from 09:00. Any other way to sit would be a change."
    )
    said = texts.saying(Saying.MORE_THAN_USUAL, DAY, Usual(8.5, 6), None, today=False)
    assert said == "You changed your posture 9 times an hour, a little more than the 8.5 that were usual for you."


@pytest.mark.parametrize("variety", list(Variety))
def test_every_week_has_a_kind_sentence(variety):
    kind(texts.variety(variety, DAY, Usual(8.5, 6)))


@pytest.mark.parametrize("when", list(When))
@pytest.mark.parametrize("rule", ["still", "clock", None])
def test_whatever_is_known_of_the_next_break_has_a_kind_sentence(when, rule):
    kind(texts.next_break(NextBreak(when, NINE, rule)))


MIDNIGHT = NINE.replace(hour=0) + timedelta(days=1)


@pytest.mark.parametrize(
    ("setting", "until", "said"),
    [
        ("paused_until", NINE, "Watching is paused until 09:00."),
        ("paused_until", MIDNIGHT, "Watching is paused for the rest of the day."),
        ("paused_until", MIDNIGHT + timedelta(minutes=1), "Watching is paused until 00:01."),
        ("snoozed_until", NINE, "No notices until 09:00."),
        ("snoozed_until", MIDNIGHT, "No notices for the rest of the day."),
    ],
)
def test_a_silence_to_midnight_is_the_rest_of_the_day(setting, until, said):
    assert texts.silence({setting: until}) == said
    when = When.PAUSED if setting == "paused_until" else When.SNOOZED
    assert texts.next_break(NextBreak(when, until)) == said


def test_every_other_key_has_words():
    assert set(texts.KINDS) == set(Kind)
    assert set(texts.BREAK_RULES) == set(texts.BREAK_RULES_WHY) == set(BREAK_RULES)
    assert set(texts.REST) == set(rules_breaks.Rest)
    for position in Position:
        kind(texts.position(position, NINE))
    for table in (texts.KINDS, texts.BREAK_RULES, texts.BREAK_RULES_WHY):
        for words in table.values():
            kind(str(words))
    for words in (texts.NOT_NOW, texts.MOVED):
        kind(str(words))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 min"), (29, "0 min"), (90, "2 min"), (3600, "1 h"), (12_000, "3 h 20 min")]
)
def test_a_length_of_time(seconds, words):
    assert texts.duration(seconds) == words


@pytest.mark.parametrize(("rate", "words"), [(None, None), (8.46, "8.5"), (8.0, "8"), (12.4, "12")])
def test_a_rate_is_no_more_exact_than_it_is_worth(rate, words):
    assert texts.rate(rate) == words


@pytest.mark.parametrize(
    ("tally", "cell"),
    [
        (Tally(), ""),
        (Tally(own=2), "2"),
        (Tally(offered=5, taken=3), "3 of 5"),
        (Tally(offered=5, taken=0, own=1), "0 of 5 + 1"),
    ],
)
def test_breaks_in_a_cell(tally, cell):
    assert texts.of_offered(tally) == cell


def test_the_week_of_breaks_counts_without_a_score():
    assert "One a day is a beginning" in kind(texts.week_of_breaks(Tally()))
    said = kind(texts.week_of_breaks(Tally(offered=6, taken=3, not_now=2, passed=1, own=1)))
    assert said == (
        "In the last seven days 6 breaks were offered, and you took 3. One you took by yourself. "
        "2 times it was not the moment. One passed by."
    )


def test_days_and_spans():
    assert texts.day_name(date(2026, 3, 10), date(2026, 3, 10)) == "Today"
    assert texts.day_name(date(2026, 3, 9), date(2026, 3, 10)) == "Monday, 9 March"
    assert texts.span(date(2026, 2, 26), date(2026, 3, 4)) == "26 February to 4 March"


def test_usual_or_how_many_days_are_missing():
    assert texts.usual_line(None, 2) == "Not enough days yet to say what is usual for you: 2 of 5."
    assert texts.usual_line(Usual(10, 5), 5) == "Usual for you: 10. Aim for 12."
    assert rules_day.USUAL_NEEDS_DAYS == 5
