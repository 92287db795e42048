"""The escalation engine, rule by rule: the vignettes of CLINICAL 5.7 and what they leave out."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.alerts.histories import (
    EMERGENCY,
    REVIEW,
    SELF_CARE,
    STEADY,
    URGENT,
    USUAL,
    after_usual,
    history,
    states,
    triggers,
)
from tracker.alerts.replay import differences, load, replay
from tracker.alerts.rules import (
    DEFAULT,
    ClinicianEvent,
    DayFacts,
    Episode,
    ExercisePain,
    Family,
    History,
    evaluate,
    severity,
)
from tracker.regimen.rules_levels import Level

MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", Path(__file__).parents[4] / "shared" / "data"))
VIGNETTES = MEDIA / "escalation" / "vignettes.json"


@pytest.mark.media
@pytest.mark.skipif(not VIGNETTES.is_file(), reason="the vignettes are not in TRACKER_TEST_MEDIA")
def test_every_vignette_comes_out_as_the_reference_says():
    document = load(VIGNETTES.read_text(encoding="utf-8"))
    assert not document.remarks
    assert not document.parameters.personal_silence
    assert len(document.histories) >= 20
    assert differences(document, replay(document)) == []


@pytest.mark.media
@pytest.mark.skipif(not VIGNETTES.is_file(), reason="the vignettes are not in TRACKER_TEST_MEDIA")
def test_the_vignettes_do_not_depend_on_the_rules_the_reference_lacks():
    document = json.loads(VIGNETTES.read_text(encoding="utf-8"))
    del document["params"]
    plain = load(json.dumps(document))
    assert plain.parameters == DEFAULT
    assert differences(plain, replay(plain)) == []


# ------------------------------------------------------------------------------------------------ some of 5.7


def test_a_step_of_two_points_is_found_on_the_fourth_day():  # V03
    results = after_usual([5, 5, 5, 6, 5])
    assert [result.rules for result in results] == [(), (), ("C1:L1",), ("C1:L1", "C2:L2"), ("C1:L1", "C2:L2")]
    assert results[3].firings[0].values["baseline"] == results[3].baseline


def test_one_bad_day_is_no_trend():  # V02
    assert states(after_usual([3, 6, 4, 3, 3, 3], {1: {"worse_than_usual": True}})) == [0, 1, 1, 1, 1, 1]


def test_constant_pain_has_no_trend_and_a_floor_under_its_spread():  # V09
    results = evaluate(history([4] * 60, intake=4))
    assert {result.trigger for result in results} == {STEADY}
    assert results[-1].spread == pytest.approx(0.8)


def test_a_relapse_after_recovery_is_measured_against_the_recovery():
    results = evaluate(history([6] * 21 + [5] * 7 + [3] * 7 + [2] * 28 + [5] * 5, intake=6))
    assert results[40].improving
    assert results[62].baseline == pytest.approx(2)
    assert results[-1].state == REVIEW
    assert "C2:L2" in results[-1].rules


def test_a_creeping_worsening_does_not_become_usual():  # V05
    results = evaluate(history([3 + day // 14 for day in range(70)]))
    assert results[69].baseline < 5
    assert max(triggers(results)) == REVIEW


@pytest.mark.parametrize(("gap", "cusum"), [(7, 1.0), (8, 0.5), (14, 0.5), (15, 0.0)])
def test_a_long_gap_halves_the_cusum_and_a_longer_one_ends_it(gap, cusum):
    before = after_usual([5, 5])
    after = after_usual([5, 5, *[None] * (gap - 1), 0])
    restarted = after_usual([5, 5, *[None] * (gap - 1), 5])[-1]
    assert after[-2].cusum == before[-1].cusum
    z = (5 - restarted.baseline) / restarted.spread
    assert restarted.cusum == pytest.approx(max(0, before[-1].cusum * cusum + z - DEFAULT.k))
    assert after[-1].provisional == (gap > 14)
    if gap > 14:
        assert after[-1].ewma == 0


def test_the_baseline_survives_a_silence_of_months_until_it_is_known_again():
    results = evaluate(history([2] * 42 + [None] * 90 + [2] * 30, intake=7))
    assert results[131].baseline == results[60].baseline == pytest.approx(2)
    assert results[132].provisional
    assert not results[-1].provisional
    assert results[-1].baseline == pytest.approx(2)


def test_the_floor_has_absolute_gates():
    results = evaluate(history([0, 1, 0, 0, 1, 0, 0] * 3 + [2] * 7, intake=0))
    assert results[20].state == STEADY
    assert results[-1].state == REVIEW


def test_trend_rules_wait_a_week_and_acute_rules_do_not():  # V25
    results = evaluate(history([4, 4, 7, 8, 7, 7, 7, 7], intake=4))
    assert [result.rules for result in results[:4]] == [(), (), ("A2:L1",), ("A2:L2",)]
    assert not any(firing.family is Family.TREND for result in results[:7] for firing in result.firings)


def test_somebody_stable_at_eight_is_looked_at_once():  # W17
    results = evaluate(history([8] * 42, intake=8, enrolment=True))
    assert results[0].rules == ("EN:L2",)
    assert {result.trigger for result in results[1:]} == {STEADY}
    assert [results[6].state, results[7].state] == [REVIEW, STEADY]
    assert results[-1].resolved
    assert evaluate(history([8] * 3, intake=8))[0].trigger == STEADY
    assert evaluate(history([6] * 3, intake=6, enrolment=True))[0].trigger == STEADY
    assert evaluate(history([8] * 42 + [10, 10], intake=8))[-1].state == REVIEW


def test_severe_pain_with_severe_interference_is_urgent():
    assert after_usual([8], {0: {"interference": 8}})[0].rules == ("A1:L3", "A2:L1")
    assert after_usual([8], {0: {"interference": 7}})[0].rules == ("A2:L1",)


def test_a_second_severe_day_counts_within_three_days():
    assert states(after_usual([8, 3, 3, 8]))[-1] == REVIEW
    assert after_usual([8, 3, 3, 3, 8])[-1].rules == ("A2:L1",)


# ------------------------------------------------------------------------------------------------ red flags


def test_every_level_of_red_flag_has_its_name_and_names_its_codes():
    flags = {"E_NUMB": EMERGENCY, "E_WEAK": EMERGENCY, "U_FEVER": URGENT, "D_ARM": REVIEW}
    result = after_usual([1], {0: {"flags": flags}})[0]
    assert result.rules == ("RED-D:L2", "RED-E:L4", "RED-U:L3")
    assert result.firings[0].values["codes"] == "E_NUMB, E_WEAK"


def test_a_red_flag_counts_without_any_pain_score():
    result = after_usual([None], {0: {"flags": {"E_NUMB": EMERGENCY}}})[0]
    assert (result.answered, result.state) == (False, EMERGENCY)


def test_an_emergency_stays_open_when_the_next_day_says_none():  # W08
    assert states(after_usual([4, 3, 3, 3], {0: {"flags": {"E_CARDIAC": EMERGENCY}}})) == [4, 4, 4, 4]


def test_a_flag_found_late_is_an_emergency_now():  # W10
    results = after_usual([3, 3, 3], {0: {"flags": {"E_NUMB": EMERGENCY}, "received_day": 23}})
    assert results[-1].state == EMERGENCY


def test_closing_before_a_late_entry_came_did_not_mean_it():  # W10
    past = history([*USUAL, 3, 3, 3], {21: {"flags": {"E_NUMB": EMERGENCY}, "received_day": 23}})
    closed = replace(past, events=(ClinicianEvent(22, "closed", "red"),))
    assert evaluate(closed)[-1].state == EMERGENCY
    knowing = replace(past, events=(ClinicianEvent(23, "closed", "red", after_entry=True),))
    assert evaluate(knowing)[-1].state == STEADY


def test_old_and_checked_is_noted_and_worse_is_an_emergency():  # W11
    results = after_usual([3, 3], {0: {"flags": {"E_NUMB": REVIEW}}, 1: {"flags": {"E_NUMB": EMERGENCY}}})
    assert [result.rules for result in results] == [("RED-D:L2",), ("RED-E:L4",)]


@pytest.mark.parametrize("answer", [{"self_harm": True, "phq2": 4}, {"flags": {"C_MOOD": EMERGENCY}}])
def test_thoughts_of_self_harm_are_a_crisis(answer):  # W16
    result = after_usual([3], {0: answer})[0]
    assert "CRISIS:L4" in result.rules
    assert result.families[Family.RED] == EMERGENCY


def test_unable_and_in_severe_pain_is_urgent_when_it_is_new_or_worse():
    unable = {"cannot_do_activities": True}
    results = evaluate(history([8, 8, 8, 9, 8], dict.fromkeys(range(1, 5), unable), intake=8))
    assert [result.rules for result in results] == [
        (), ("F1:L2", "RED-U:L3"), ("F1:L2",), ("F1:L2", "RED-U:L3"), ("F1:L2",),
    ]  # fmt: skip
    assert after_usual([5], {0: unable})[0].rules == ("F1:L2",)
    assert after_usual([None], {0: unable})[0].rules == ("F1:L2",)


# ------------------------------------------------------------------------------------------------ flares, exercise


def test_a_flare_without_a_rise_is_self_care_and_the_third_in_a_week_a_review():  # W14
    flare = {"flare": True}
    results = after_usual([3] * 9, {0: flare, 3: flare, 6: flare})
    assert [result.rules for result in results if result.rules] == [("A3:L1",), ("A3:L1",), ("A3:L1", "A4:L2")]
    assert max(triggers(after_usual([3] * 9, {0: flare, 3: flare, 7: flare}))) == SELF_CARE
    assert after_usual([None], {0: flare})[0].rules == ("A3:L1",)


@pytest.mark.parametrize(
    ("pain", "why"),
    [
        (ExercisePain(3, 5, 3), None),
        (ExercisePain(3, 6, 3), "during"),
        (ExercisePain(3, 2, 5), "next morning"),
        (ExercisePain(3, 2, 4), None),
        (ExercisePain(3, 2, 3, settled=False), "next morning"),
        (ExercisePain(3, 2, 3, settled=True), None),
        (ExercisePain(3, 2, 3, sharp=True), "sharp"),
        (ExercisePain(3, 2, 3, neurological=True), "neurological"),
        (ExercisePain(None, None, 9), None),
        (ExercisePain(), None),
    ],
)
def test_the_zones_of_the_pain_monitoring_model(pain, why):
    result = after_usual([3], {0: {"exercises": (pain,)}})[0]
    assert result.rules == (() if why is None else ("X1:L1",))
    assert why is None or result.firings[0].values["why"] == why


@pytest.mark.parametrize(
    ("before", "during", "red"), [(6, 8, False), (6, 9, True), (7, 9, True), (2, 5, False), (2, 6, True)]
)
def test_a_high_baseline_moves_the_red_limit_to_two_above_the_start(before, during, red):
    past = history([6] * 22, {21: {"exercises": (ExercisePain(before, during, before),)}}, intake=6)
    assert (evaluate(past)[-1].rules == ("X1:L1",)) == red


def test_the_third_red_session_within_two_weeks_is_a_review():
    red = {"exercises": (ExercisePain(3, 7, 3), ExercisePain(3, 7, 3))}
    assert [r.rules for r in after_usual([3] * 6, {0: red, 2: red, 5: red}) if r.rules] == [
        ("X1:L1",), ("X1:L1",), ("X1:L2",),
    ]  # fmt: skip
    assert max(triggers(after_usual([3] * 15, {0: red, 2: red, 14: red}))) == SELF_CARE


def test_pain_in_a_session_counts_without_a_check_in_and_is_no_check_in():
    results = after_usual([None] * 3, {2: {"exercises": (ExercisePain(3, 7, 3),)}})
    assert results[-1].rules == ("N1:L1", "X1:L1")


# ------------------------------------------------------------------------------------------------ silence


def test_silence_speaks_on_the_third_and_the_fifth_day():  # V21
    assert [r.rules for r in after_usual([None] * 6)] == [(), (), ("N1:L1",), ("N1:L1",), ("N2:L2",), ("N2:L2",)]


def test_silence_after_a_worsening_speaks_sooner():  # V22
    results = after_usual([5, 5, 5, None, None, None])
    assert [r.rules for r in results[3:]] == [(), ("N1:L1",), ("N2:L2",)]


def test_one_missed_day_is_enough_while_something_urgent_is_open():
    results = after_usual([3, None], {0: {"flags": {"U_FEVER": URGENT}}})
    assert (results[1].rules, results[1].state) == (("N2:L2",), URGENT)


def test_days_of_the_taper_neither_count_nor_end_a_silence():
    free = {"expected": False}
    results = after_usual([None] * 7, {1: free, 3: free, 5: free})
    assert [r.rules for r in results if r.rules] == [("N1:L1",)] * 2
    assert next(result.day for result in results if result.rules) == 25


def test_somebody_who_never_misses_is_missed_sooner_and_somebody_who_often_does_later():
    faithful = evaluate(history([3] * 60 + [None] * 6))
    assert [r.rules for r in faithful[60:63]] == [(), ("N1:L1",), ("N2:L2",)]
    unsteady = evaluate(history([3, 3, None, 3, None] * 12 + [None] * 9))
    assert unsteady[59].trigger == STEADY
    first = next(r.day for r in unsteady if r.rules == ("N1:L1",))
    second = next(r.day for r in unsteady if r.rules == ("N2:L2",))
    assert (first - 58, second - 58) == (4, 6)


def test_a_silence_does_not_raise_the_limit_it_is_measured_by():
    results = evaluate(history([3] * 40 + [None] * 40))
    limits = {firing.values["limit"] for r in results for firing in r.firings if firing.rule == "N2"}
    assert limits == {3}
    assert results[-1].state == REVIEW


def test_a_silence_that_began_before_four_weeks_keeps_the_fixed_limits():
    results = evaluate(history([3] * 27 + [None] * 10))
    assert [r.rules for r in results[27:32]] == [(), (), ("N1:L1",), ("N1:L1",), ("N2:L2",)]


def test_a_red_flag_or_a_weekly_form_is_a_sign_of_life():
    results = after_usual([None] * 4, {2: {"peg": 3.0}})
    assert {r.trigger for r in results} == {STEADY}


# ------------------------------------------------------------------------------------- function, mood, medicine


def test_two_weeks_of_worse_function_are_a_review():  # W13
    results = after_usual([3] * 15, {0: {"peg": 4.0}, 7: {"peg": 5.2}, 14: {"peg": 5.0}})
    assert [r.rules for r in results if r.rules] == [("P1:L2",)]
    assert results[14].firings[0].values == {"peg": 5.0, "peg_base": 4.0}


@pytest.mark.parametrize(
    ("first", "then", "fires"),
    [
        ({"peg": 4.0}, {"peg": 6.0}, True),
        ({"peg": 4.0}, {"peg": 5.5}, False),
        ({"psfs": 7.0}, {"psfs": 5.0}, True),
        ({"psfs": 5.0}, {"psfs": 7.0}, False),
        ({"ndi": 12.0}, {"ndi": 22.0}, True),
        ({"ndi": 12.0}, {"ndi": 21.0}, False),
    ],
)
def test_one_strong_loss_of_function_is_enough(first, then, fires):
    assert bool(after_usual([3] * 8, {0: first, 7: then})[7].rules) == fires


def test_low_mood_on_three_of_five_days_is_a_review():
    low = {"mood": 2}
    assert after_usual([3] * 5, {0: low, 2: low, 4: low})[4].rules == ("M1:L2",)
    assert after_usual([3] * 6, {0: low, 2: low, 5: low})[5].rules == ()
    assert after_usual([3], {0: {"phq2": 3}})[0].rules == ("M1:L2",)
    assert after_usual([3], {0: {"phq2": 2, "mood": 5}})[0].rules == ()


def test_much_medicine_while_pain_rises_is_a_review_and_more_than_the_label_at_once():
    taken = {day: {"medicine_taken": True} for day in range(12)}
    assert not any("K1:L2" in r.rules for r in after_usual([3] * 12, taken))
    rising = after_usual([3] * 9 + [5] * 3, taken)
    assert ["K1:L2" in r.rules for r in rising[9:]] == [False, True, True]
    assert after_usual([3], {0: {"medicine_over_label": True}})[0].rules == ("K1:L2",)


# ------------------------------------------------------------------------------------------------ time rules


def episode(averages, **fields):
    return evaluate(history([None, *averages], {0: {"expected": False}}, intake=6, episode=Episode(0, 6.0, **fields)))


def test_no_improvement_by_day_four_says_consider_a_doctor():  # W01
    results = episode([6, 6, 6, 6])
    assert [r.rules for r in results] == [(), (), (), (), ("TM4:L1",)]


def test_little_improvement_by_day_seven_says_book_an_appointment():  # W02
    results = episode([6, 6, 5, 5, 5, 5, 5])
    assert [r.rules for r in results if r.rules] == [("TM7:L2",)]
    assert results[-1].firings[0].values["days"] == 7


def test_any_pain_at_two_weeks_says_see_a_doctor():  # W03
    results = episode([6, 6, 5, 5, 4, 4, 3, 3, 3, 3, 3, 2, 2, 2])
    assert [r.rules for r in results if r.rules] == [("TM14:L2",)]
    assert episode([6, 6, 5, 5, 4, 4, 3, 3, 3, 3, 3, 2, 2, 1])[-1].trigger == STEADY


def test_under_care_only_the_review_date_counts():  # W04
    results = episode([6] * 13 + [3], seen_by_clinician_day=0, review_day=21)
    assert {r.trigger for r in results} == {STEADY}
    due = episode([4] * 22, seen_by_clinician_day=0, review_day=21)
    assert [r.rules for r in due if r.rules] == [("TMR:L2",), ("TMR:L2",)]
    assert episode([6] * 8, seen_by_clinician_day=0)[-1].trigger == STEADY


def test_being_seen_ends_the_time_rules():
    results = episode([6] * 12, seen_by_clinician_day=9)
    assert [r.day for r in results if r.trigger >= REVIEW] == [7, 8]


def test_a_closed_time_rule_waits_for_its_next_stage_and_becomes_chronic_once():
    past = history([6] * 90, intake=6, episode=Episode(0, 6.0))
    results = evaluate(replace(past, events=(ClinicianEvent(16, "closed", "time", after_entry=True),)))
    rules = {r.day: r.rules for r in results if r.rules}
    assert rules[16] == ("TM14:L2",)
    assert 17 not in rules
    assert rules[28] == ("TM28:L2",)
    assert [day for day, shown in rules.items() if shown == ("TM84:L1",)] == [84]
    assert results[-1].baseline == pytest.approx(6)  # weeks of "see a doctor" are still usual pain


# ------------------------------------------------------------------------------------------------ other channels


def test_interference_alone_raises_to_self_care_and_no_further():
    extra = {day: {"interference": 2 if day < 42 else 6} for day in range(60)}
    results = evaluate(history([3] * 60, extra))
    assert max(triggers(results)) == SELF_CARE
    assert {shown for r in results for shown in r.rules} <= {"IC1:L1", "IT1:L1"}
    assert max(triggers(evaluate(history([3] * 60, extra), replace(DEFAULT, second_channel=False)))) == STEADY


def test_interference_needs_enough_answers_of_its_own():
    extra = {day: {"interference": 2 if day < 35 else 8} for day in range(0, 60, 5)}
    assert max(triggers(evaluate(history([3] * 60, extra)))) == STEADY


def test_both_channels_on_one_day_are_a_review_only_where_a_clinic_says_so():
    averages = [3] * 42 + [4, 4, 5, 4, 5, 4]
    extra = {day: {"interference": 2 if day < 42 else 6} for day in range(48)}
    past = history(averages, extra)
    assert not any("I2:L2" in r.rules for r in evaluate(past))
    assert any("I2:L2" in r.rules for r in evaluate(past, replace(DEFAULT, both_channels_raise=True)))


def test_near_the_ceiling_worst_pain_is_watched_too():
    extra = {day: {"worst": 8 if day < 42 else 10} for day in range(50)}
    assert any(r.rules == ("WC1:L1",) for r in evaluate(history([7.5] * 50, extra, intake=7.5)))
    assert max(triggers(evaluate(history([5] * 50, extra, intake=5)))) == STEADY


# ------------------------------------------------------------------------------------------------ state


def test_a_review_settles_by_itself_after_seven_quiet_check_ins_and_waits_to_be_confirmed():
    past = history([*USUAL, 5, 5, 5, 6, 5, *[3] * 14])
    results = evaluate(past)
    settled = next(r.day for r in results if r.resolved)
    assert results[settled - 1].state == REVIEW
    assert results[settled].state == STEADY
    quiet = [r for r in results[settled - 6 : settled + 1] if r.trigger <= SELF_CARE and r.ewma - r.baseline < 0.75]
    assert len(quiet) == 7
    assert results[-1].resolved
    assert not evaluate(replace(past, events=(ClinicianEvent(39, "confirmed"),)))[-1].resolved
    assert evaluate(replace(past, events=(ClinicianEvent(39, "confirmed", "red"),)))[-1].resolved


def test_self_care_ends_after_three_quiet_check_ins_in_a_row():
    flare = {"flare": True}
    assert states(after_usual([3] * 5, {0: flare})) == [1, 1, 1, 0, 0]
    assert states(after_usual([3] * 6, {0: flare, 2: flare})) == [1, 1, 1, 1, 1, 0]
    assert states(after_usual([3, 3, None, None, 3], {0: flare})) == [1, 1, 1, 1, 1]


def test_closing_one_family_leaves_the_others_open():
    extra = {21: {"flags": {"U_FEVER": URGENT}, "cannot_do_activities": True}}
    past = history([*USUAL, 3, 3], extra)
    one = evaluate(replace(past, events=(ClinicianEvent(22, "closed", "red"),)))
    assert one[-1].families == {Family.ACUTE: REVIEW}
    low = evaluate(replace(past, events=(ClinicianEvent(22, "level_closed", value=2),)))
    assert low[-1].families == {Family.RED: URGENT}
    every = evaluate(replace(past, events=(ClinicianEvent(22, "closed"),)))
    assert every[-1].state == STEADY


def test_a_day_closed_before_its_check_in_still_counts_and_after_it_does_not():
    past = history([*USUAL, 3], {21: {"flags": {"U_FEVER": URGENT}}})
    assert evaluate(replace(past, events=(ClinicianEvent(21, "closed"),)))[-1].state == URGENT
    assert evaluate(replace(past, events=(ClinicianEvent(21, "closed", after_entry=True),)))[-1].state == STEADY


def test_old_evidence_does_not_fire_again_after_closing():
    past = history([*USUAL, *[5, 6] * 10])
    open_results = evaluate(past)
    assert "C3:L2" in open_results[33].rules
    closed = evaluate(replace(past, events=(ClinicianEvent(33, "closed", "trend", after_entry=True),)))
    assert closed[33].state == STEADY
    assert closed[34].rules == ()
    assert closed[34].cusum < 2.5


@pytest.mark.parametrize(
    ("family", "extra", "averages"),
    [
        ("acute", {d: {"flare": True} for d in (0, 1, 2)}, [3] * 3),
        ("exercise", {d: {"exercises": (ExercisePain(3, 7, 3),)} for d in (0, 1, 2)}, [3] * 3),
        ("wellbeing", {d: {"mood": 1} for d in (0, 1, 2)}, [3] * 3),
        ("nonresponse", {}, [None] * 5),
    ],
)
def test_counts_begin_anew_after_closing(family, extra, averages):
    last = len(USUAL) + len(averages) - 1
    shifted = {day + len(USUAL): facts for day, facts in extra.items()}
    more = {last + 1: next(iter(extra.values()))} if extra else {}
    past = history([*USUAL, *averages, 3 if extra else None], shifted | more)
    assert evaluate(past)[last].trigger == REVIEW
    assert evaluate(past)[-1].trigger == REVIEW
    closed = evaluate(replace(past, events=(ClinicianEvent(last, "closed", family, after_entry=True),)))
    assert closed[-1].trigger < REVIEW


def test_an_accepted_baseline_is_usual_from_then_on():  # W18
    past = history([*USUAL, 5, 5, 5, 6, 5, 5, 5, 5, *[5, 5, 6, 5, 4, 5, 5] * 6])
    results = evaluate(replace(past, events=(ClinicianEvent(28, "accepted_baseline", value=5, after_entry=True),)))
    assert (results[28].baseline, results[28].cusum, results[28].state) == (5, 0, STEADY)
    assert {r.trigger for r in results[29:]} == {STEADY}
    assert results[-1].baseline == pytest.approx(5, abs=0.2)


def test_accepting_a_baseline_leaves_red_flags_and_urgent_matters_open():
    extra = {21: {"flags": {"D_ARM": REVIEW}, "interference": 9}, 14: {"peg": 3.0}, 15: {"peg": 6.0}}
    past = history([*USUAL, 9, 9], extra)
    results = evaluate(replace(past, events=(ClinicianEvent(22, "accepted_baseline", value=8),)))
    assert results[-1].families == {Family.RED: REVIEW, Family.ACUTE: URGENT, Family.WELLBEING: REVIEW}
    later = history([*USUAL, 3, 3], {**extra, 22: {"peg": 6.0}})
    assert "P1:L2" not in evaluate(replace(later, events=(ClinicianEvent(22, "accepted_baseline", value=3),)))[22].rules


@pytest.mark.parametrize(
    ("said_about", "still_open"),
    [
        (None, {Family.WELLBEING, Family.EXERCISE}),
        ("trend", {Family.WELLBEING, Family.EXERCISE}),
        ("wellbeing", {Family.EXERCISE}),
    ],
)
def test_accepting_a_baseline_closes_what_is_about_pain_and_what_it_was_said_about(said_about, still_open):
    extra = {day: {"mood": 1, "exercises": (ExercisePain(during=8),)} for day in range(24, 29)}
    past = history([*USUAL, 5, 5, 5, 6, 5, 5, 5, 5], extra)
    assert set(evaluate(past)[-1].families) == {Family.TREND, Family.WELLBEING, Family.EXERCISE}
    accepted = ClinicianEvent(28, "accepted_baseline", said_about, 5, after_entry=True)
    assert set(evaluate(replace(past, events=(accepted,)))[-1].families) == still_open


@pytest.mark.parametrize(
    "event",
    [
        ClinicianEvent(3, "forgotten"),
        ClinicianEvent(3, "accepted_baseline"),
        ClinicianEvent(3, "level_closed"),
    ],
)
def test_an_event_the_engine_cannot_obey_is_refused(event):
    with pytest.raises(ValueError, match=r"event|value"):
        evaluate(history([3] * 5, events=(event,)))


def test_nothing_known_is_nothing_said():
    assert evaluate(History(3, {}, -1)) == ()
    only = evaluate(History(3, {-4: DayFacts(average=9), 7: DayFacts(average=9)}, 0))
    assert [(r.ewma, r.state) for r in only] == [(None, Level.STEADY)]
    assert severity(only[0]) == 0


def test_severity_is_one_where_the_review_gate_is():
    result = after_usual([5] * 8)[-1]
    assert severity(result) == pytest.approx((result.ewma - result.baseline) / max(1.5, 1.25 * result.spread))
    high = evaluate(history([9] * 22, intake=9))[-1]
    assert severity(replace(high, ewma=high.baseline + 0.75)) == pytest.approx(1)
