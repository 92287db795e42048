"""The time line: gaps stay gaps, and the sentence and the table say what the picture shows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from flask_babel import Babel

from tracker.diary.charts import ChartView, Span, progress_charts, progress_table
from tracker.diary.rules import DiaryDay

TODAY = date(2026, 3, 10)


@pytest.fixture(autouse=True)
def words():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def day(back: int, **fields) -> tuple[date, DiaryDay]:
    on = TODAY - timedelta(days=back)
    return on, DiaryDay(on, **{"complete": True, "average": 3, "worst": 5, "interference": 2, "sleep": 7, **fields})


def span(*days, **fields) -> Span:
    return Span(**{"first": TODAY - timedelta(days=27), "last": TODAY, "days": dict(days), **fields})


def by_id(charts: tuple[ChartView, ...]) -> dict[str, ChartView]:
    return {chart.id: chart for chart in charts}


def layers_with(spec, mark):
    return [layer for layer in spec["layer"] if layer["mark"]["type"] == mark]


def values_of(layer):
    return layer["data"]["values"]


def test_nothing_told_draws_nothing():
    assert progress_charts(span()) == ()
    assert progress_table(span())[1] == ()


def test_the_line_has_a_gap_where_nothing_was_told():
    charts = by_id(progress_charts(span(day(0), day(2))))
    (line,) = layers_with(charts["progress-pain"].spec, "line")
    values = {each["day"]: each["value"] for each in values_of(line)}
    assert len(values) == 28
    assert values["2026-03-10T00:00:00"] == 3
    assert values["2026-03-09T00:00:00"] is None
    assert line["mark"]["invalid"] == "break-paths-show-path-domains"


def test_average_and_worst_differ_in_shape_and_not_only_in_colour():
    (points,) = [
        layer
        for layer in layers_with(by_id(progress_charts(span(day(0))))["progress-pain"].spec, "point")
        if "shape" in layer["encoding"]
    ]
    assert points["encoding"]["shape"]["scale"]["range"] == ["circle", "triangle-up"]
    assert {each["series"] for each in values_of(points)} == {"Pain, on average", "Pain, at its worst"}


def test_flares_and_plan_changes_are_marked_and_said():
    changed = (TODAY - timedelta(days=3), TODAY - timedelta(days=90))
    charts = by_id(progress_charts(span(day(0), day(1, flare=True), plan_changes=changed)))
    pain = charts["progress-pain"]
    (rule,) = layers_with(pain.spec, "rule")
    assert [each["day"] for each in values_of(rule)] == ["2026-03-07T00:00:00"]
    assert "One day with a flare." in pain.text
    assert "The plan changed once." in pain.text
    assert ("Mon, 9 Mar 2026", "3", "5", "flare") in pain.rows
    assert ("Sat, 7 Mar 2026", "", "", "plan changed") in pain.rows


def test_every_picture_shows_the_same_days_one_below_the_other():
    charts = progress_charts(span(day(0), others={"exercise": {TODAY: 12.5}, "breaks": {}}))
    assert [chart.id for chart in charts] == [
        "progress-pain", "progress-interference", "progress-sleep", "progress-exercise",
    ]  # fmt: skip

    def x_of(spec):
        views = spec.get("layer", [spec])
        return next(each["encoding"]["x"] for each in views if "scale" in each["encoding"]["x"])

    assert len({str(x_of(chart.spec)["scale"]["domain"]) for chart in charts}) == 1
    assert all(chart.spec["width"] == "container" for chart in charts)


def test_what_another_room_knows_is_drawn_within_the_days_shown():
    others = {"exercise": {TODAY: 12.5, TODAY - timedelta(days=400): 99.0}}
    exercise = by_id(progress_charts(span(day(0), others=others)))["progress-exercise"]
    assert exercise.text == "Exercise (minutes): 12.5 on one day."
    assert exercise.rows == (("Tue, 10 Mar 2026", "12.5"),)


def test_a_zero_is_a_dot_and_what_was_not_told_is_nothing():
    told = span(day(0, interference=0), day(1), day(2, interference=None))
    chart = by_id(progress_charts(told))["progress-interference"]
    (dots,) = layers_with(chart.spec, "point")
    assert [each["day"] for each in values_of(dots)] == ["2026-03-10T00:00:00"]
    assert "A dot on the line is a 0" in chart.text
    without = by_id(progress_charts(span(day(1))))["progress-interference"]
    assert "layer" not in without.spec
    assert "dot" not in without.text


def test_the_last_date_has_room_beside_the_axis():
    specs = [chart.spec for chart in progress_charts(span(day(0), others={"exercise": {TODAY: 3.0}}))]
    assert {spec["padding"]["right"] for spec in specs} == {22}
    assert all(spec["autosize"]["contains"] == "padding" for spec in specs)


def test_the_sentence_says_mean_lowest_highest_and_worst():
    pain = by_id(progress_charts(span(day(0, average=2, worst=9), day(1, average=5))))["progress-pain"]
    assert "On 2 days with a check-in it was 3.5 of 10 on average, between 2 and 5." in pain.text
    assert "The worst moment was 9 of 10." in pain.text


def test_the_table_has_every_day_about_which_anything_is_known():
    table = progress_table(span(day(0), day(5, average=None, worst=None), others={"exercise": {TODAY: 4.0}}))
    columns, rows = table
    assert columns[-2:] == ("Exercise (minutes)", "Marks")
    assert [row[0] for row in rows] == ["Tue, 10 Mar 2026", "Thu, 5 Mar 2026"]
    assert rows[0] == ("Tue, 10 Mar 2026", "3", "5", "2", "7", "4", "")
