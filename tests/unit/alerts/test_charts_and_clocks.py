"""Sparklines and clocks of the pages of escalation, without any page."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from tracker.alerts.charts import SPARK_HEIGHT, SPARK_WIDTH, PainDay, pain_chart, sparkline
from tracker.alerts.page_texts import clock_kind, clock_text
from tracker.regimen.rules_levels import Level

FIRST = date(2026, 3, 1)
DAYS = [FIRST + timedelta(days=index) for index in range(28)]
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _words():
    """Words need an application to say in which language; this one knows English only."""
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def pain_day(index: int, average: float | None, **more) -> PainDay:
    told = {"worst": None, "interference": None, "baseline": 3.0, "spread": 1.0, "smoothed": None}
    return PainDay(
        day=FIRST + timedelta(days=index), average=average, **(told | {"trigger": Level.STEADY, "rules": ()} | more)
    )


def test_nothing_told_draws_nothing():
    assert sparkline(DAYS, {}, {}) is None
    assert pain_chart("pain", [pain_day(0, None), pain_day(1, None)]) is None


def test_a_single_missed_day_is_bridged_and_a_silence_is_a_gap():
    told = dict.fromkeys([DAYS[0], DAYS[2], DAYS[6], DAYS[7]], 4)
    drawn = sparkline(DAYS, told, {})
    assert drawn is not None
    assert [path.count("L") for path in drawn.paths] == [1, 1]


@given(
    st.dictionaries(st.sampled_from(DAYS), st.integers(0, 10), min_size=1),
    st.floats(0, 10),
    st.floats(0, 5),
)
def test_a_sparkline_stays_in_its_box(told, baseline, spread):
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        drawn = sparkline(DAYS, told, told, baseline=baseline, spread=spread)
    assert drawn is not None
    points = [*drawn.worst, drawn.last]
    for path in drawn.paths:
        points += [tuple(map(float, pair.split())) for pair in path[1:].split("L")]
    for x, y in points:
        assert 0 <= x <= SPARK_WIDTH
        assert 0 <= y <= SPARK_HEIGHT
    top, height = drawn.band
    assert 0 <= top <= top + height <= SPARK_HEIGHT


def test_the_chart_says_in_words_and_in_its_table_what_it_draws():
    days = [
        pain_day(0, 2.0, worst=4.0, smoothed=2.0),
        pain_day(1, None),
        pain_day(2, 6.0, worst=8.0, smoothed=3.0, trigger=Level.REVIEW, rules=("C1:L1", "C2:L2")),
    ]
    chart = pain_chart("pain", days)
    assert chart is not None
    assert "2 of 3 days told" in chart.text
    assert "from 2 to 6" in chart.text
    assert "The worst told is 8" in chart.text
    assert "A rule was in force on one day." in chart.text
    assert len(chart.rows) == 3
    assert chart.rows[0][1:3] == ("6", "8"), "the newest day stands on top"
    assert chart.rows[0][-1] == "C1:L1, C2:L2"
    assert chart.rows[1][1] == "\N{EN DASH}"


@pytest.mark.parametrize(
    ("minutes", "kind", "words"),
    [
        (-180, "overdue", "overdue by 3 hours"),
        (-1, "overdue", "overdue by 1 minute"),
        (15, "soon", "within 15 minutes"),
        (119, "soon", "within 2 hours"),
        (180, "calm", "within 3 hours"),
        (24 * 60, "calm", "within 24 hours"),
        (49 * 60, "calm", "by Thu 12 Mar, 13:00"),
    ],
)
def test_the_clock_says_the_same_in_words_as_it_looks(minutes, kind, words):
    due_at = NOON + timedelta(minutes=minutes)
    assert clock_kind(due_at, NOON) == kind
    assert clock_text(due_at, NOON) == words
