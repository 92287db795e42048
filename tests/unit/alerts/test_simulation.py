"""The yardstick itself: virtual patients are what they claim to be, and the limit is CLINICAL's."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise
from statistics import fmean, pstdev

import pytest

from tracker.alerts.rules import DEFAULT, DayFacts, DayResult, evaluate
from tracker.alerts.simulation import (
    CHANGE_DAY,
    CHANGES,
    Change,
    Population,
    SeriesError,
    _detection,
    _false_alarms,
    _Found,
    _Steady,
    least_mean_delay,
    read_series,
    rises,
    run_series,
    simulate,
    virtual_patient,
)
from tracker.regimen.rules_levels import Level

HEADER = "participant,site,date,intensity\n"


@pytest.mark.parametrize(("step", "days"), [(1.5, 11.1), (2.0, 7.2), (3.0, 3.8)])
def test_the_limit_is_the_one_of_clinical_5_4(step, days):
    assert least_mean_delay(step, Population(), 277) == pytest.approx(days, abs=0.06)


def test_virtual_patients_vary_as_asked():
    population = Population(sd=1.0, phi=0.5, missing=0.2, lowest_mean=5, highest_mean=5)
    history = virtual_patient(random.Random(1), population, Change("steady"), 20_000)
    pains = [facts.average for facts in history.days.values()]
    answered = [pain for pain in pains if pain is not None]
    assert len(answered) / len(pains) == pytest.approx(0.8, abs=0.02)
    assert fmean(answered) == pytest.approx(5, abs=0.1)
    assert pstdev(answered) == pytest.approx(1.04, abs=0.06)  # rounding adds a twelfth to the variance
    pairs = [(a - 5, b - 5) for a, b in pairwise(pains) if a is not None and b is not None]
    assert fmean(a * b for a, b in pairs) == pytest.approx(0.5, abs=0.06)
    assert {pain % 1 for pain in answered} == {0}


def test_changes_begin_on_their_day():
    step, ramp = CHANGES[1], CHANGES[-1]
    assert [step.at(CHANGE_DAY - 1), step.at(CHANGE_DAY), step.at(99)] == [0, 2, 2]
    assert [ramp.at(CHANGE_DAY - 1), ramp.at(CHANGE_DAY + 9)] == [0, pytest.approx(1)]


def test_an_episode_is_a_rise_of_the_state():
    blank = evaluate(virtual_patient(random.Random(1), Population(), Change("steady"), 1))[0]

    def day(number: int, state: int) -> DayResult:
        return replace(blank, day=number, state=Level(state))

    results = [day(number, state) for number, state in enumerate([0, 1, 2, 2, 1, 2, 0, 2, 3])]
    assert rises(results, Level.SELF_CARE) == [1, 7]
    assert rises(results, Level.REVIEW) == [2, 5, 7]


def test_the_result_does_not_depend_on_the_number_of_processes():
    one, two = (simulate(Population(), patients=6, seed=3, jobs=jobs) for jobs in (1, 2))
    assert one == two
    assert one != simulate(Population(), patients=6, seed=4)
    assert len(one.to_dict()["detections"]) == len(CHANGES)


def test_delays_count_those_never_found_as_later_and_leave_out_who_was_there_before():
    found = [_Found(1, 4), _Found(2, 6), _Found(2, None), _Found(-1, -1)]
    result = _detection(CHANGES[1], found, Population(), 277)
    assert (result.patients, result.l1_median, result.l2_median, result.l2_p90) == (3, 2, 6, None)
    assert (result.l2_mean, result.l2_found) == (5, pytest.approx(2 / 3))
    nobody = _detection(CHANGES[1], [_Found(-1, -1)], Population(), None)
    assert (nobody.l2_median, nobody.l2_mean, nobody.l2_found, nobody.limit_mean) == (None, None, 0, None)


def test_no_false_review_at_all_has_no_rate():
    alarms = _false_alarms([_Steady(1, 0, early2=False, active1=10)] * 2)
    assert (alarms.arl0_days, alarms.l1_per_year, alarms.patient_years) == (None, 1, 2)


def test_real_series_begin_after_the_week_that_is_their_intake():
    rows = "".join(f"P1,back,2024-01-{day:02d},{3 if day < 20 else 8}\n" for day in range(1, 29) if day != 10)
    series = read_series(HEADER + rows + "P2,knee,2024-01-01,2\n")
    assert list(series["P1 back"])[:2] == [0, 1]
    (only,) = run_series(series, DEFAULT)
    assert (only.name, only.days, only.answered, only.l2_episodes) == ("P1 back", 21, 20, 1)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "first line"),
        ("a,b\n", "first line"),
        (HEADER + "P1,back,2024-13-01,3\n", "line 2"),
        (HEADER + "P1,back,2024-01-01,x\n", "line 2"),
        (HEADER + "P1,back,2024-01-01,11\n", "line 2"),
        (HEADER + "P1,back\n", "line 2"),
        (HEADER + "P1,back,2024-01-01,nan\n", "line 2"),
    ],
)
def test_a_series_that_cannot_be_read_is_refused_by_line(text, word):
    with pytest.raises(SeriesError, match=word):
        read_series(text)


def test_missing_days_are_no_silence_in_a_simulation():
    history = virtual_patient(random.Random(2), Population(missing=0.9), Change("steady"), 200)
    assert not any(rule.startswith("N") for result in evaluate(history) for rule in result.rules)
    assert DayFacts(expected=False) in history.days.values()
