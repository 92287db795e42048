"""Every rule, flag and event has words, and the words say what the values say."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_babel import Babel

import tracker.alerts
from tracker.alerts import patient_texts, rule_texts, texts, workflow_service
from tracker.alerts.rules import Family
from tracker.diary.rules_flags import RED_FLAGS
from tracker.regimen.rules_levels import Level

SEEN = {"average": 6.0, "baseline": 3.04, "spread": 1.2}
TREND = {**SEEN, "ewma": 5.1, "cusum": 4.7}
TIME = {"average": 4.0, "intake_average": 6.0, "days": 7}

SENTENCES: list[tuple[str, dict[str, Any], str]] = [
    ("RED-E", {"codes": "E_WEAK, E_NUMB"}, "Emergency sign reported: weakness in arms or legs; numbness or tingling."),
    (
        "RED-U",
        {"codes": "U_FEVER"},
        "Sign that a doctor should see the same day: fever, chills or feeling very ill.",
    ),
    (
        "RED-D",
        {"codes": "D_ARM"},
        "Sign that a doctor should see soon: pain shooting down an arm, or headache from the base of the skull.",
    ),
    ("CRISIS", {"codes": "C_MOOD"}, "Thoughts of self-harm."),
    (
        "A1",
        {**SEEN, "average": 9.0, "interference": 8},
        "Average pain 9 of 10 and interference 8 of 10; the usual pain is 3.0.",
    ),
    ("A2", {**SEEN, "needed": 3, "again": False}, "Average pain 6 of 10; the usual is 3.0."),
    (
        "A2",
        {**SEEN, "needed": 3, "again": True},
        "Average pain 6 of 10, the second severe day within three days; the usual is 3.0.",
    ),
    ("A3", {**SEEN, "flare": False}, "A day worse than usual: average pain 6 of 10, the usual is 3.0."),
    ("A3", {**SEEN, "flare": True}, "A flare; average pain 6 of 10, the usual is 3.0."),
    ("A3", {"flare": True}, "A flare."),
    ("A4", {"flares": 3, "days": 7}, "A flare on 3 of the last 7 days."),
    ("F1", SEEN, "Cannot do normal activities; average pain 6 of 10."),
    ("F1", {}, "Cannot do normal activities."),
    ("C1", TREND, "Average pain has been about 2 points above the usual 3.0."),
    (
        "C2",
        {**TREND, "days_above": 4, "mean_above": 5.25},
        "Average pain has been about 2 points above the usual 3.0 for 4 days.",
    ),
    ("C1", {**TREND, "ewma": 4.3}, "Average pain has been about 1.3 points above the usual 3.0."),
    ("IC1", TREND, "Interference with activities has been about 2 points above the usual 3.0."),
    ("WC1", TREND, "Worst pain has been about 2 points above the usual 3.0."),
    ("C3", {"days": 7, "of": 10}, "Above the usual on 7 of the last 10 days: self-care has not helped so far."),
    ("T1", {**TREND, "rise": 1.24, "z": 1.9}, "Average pain has risen by about 1.2 points in three weeks."),
    ("IT1", {**TREND, "rise": 1.24}, "Interference with activities has risen by about 1.2 points in three weeks."),
    ("WT1", {**TREND, "rise": 1.24}, "Worst pain has risen by about 1.2 points in three weeks."),
    ("I2", {"both": True}, "Pain and interference both stay above the usual."),
    ("X1", {"why": "during", "times": 1}, "Pain with exercise, above the safe zone during the exercise."),
    (
        "X1",
        {"why": "next morning, sharp", "times": 3},
        "Pain with exercise, not settled by the next morning; stopped because of pain; on 3 days in two weeks.",
    ),
    ("P1", {"peg": 5.33, "peg_base": 4.0}, "Function has become worse: PEG 5.3, at first 4.0."),
    (
        "P1",
        {"psfs": 4.0, "psfs_base": 6.0, "ndi": 20, "ndi_base": 9},
        "Function has become worse: own activities (PSFS) 4.0, at first 6.0; NDI 20, at first 9.",
    ),
    (
        "M1",
        {"phq2": 4, "mood": 1, "low_days": 3},
        "Low mood: PHQ-2 4 of 6; mood 1 of 10, low on 3 days.",
    ),
    ("K1", {"medicine_days": 11, "rise": 0.7}, "Pain medicine on 11 of 14 days while pain rises."),
    ("K1", {"over_label": True}, "Takes more pain medicine than the label says."),
    ("N1", {"missed": 3, "worsening": False, "urgent": False}, "3 expected check-ins missed in a row."),
    ("N1", {"missed": 1, "worsening": False, "urgent": True}, "1 expected check-in missed. An urgent alert is open."),
    (
        "N2",
        {"missed": 3, "worsening": True, "urgent": False},
        "3 expected check-ins missed in a row. Pain was rising before.",
    ),
    (
        "TM7",
        TIME,
        "Day 7 of the episode, average pain 4 of 10 (6 at the start). No clinician has examined it.",
    ),
    ("TM28", TIME, "Day 7 of the episode, average pain 4 of 10: assess again. No clinician has examined it."),
    ("TM84", TIME, "Three months of pain: from here on it is watched against the personal usual."),
    ("TMR", TIME, "The review date has come; average pain 4 of 10."),
    (
        "EN",
        {"intake_average": 8.0},
        "Pain 8 of 10 at the start: a rise would hardly show, so somebody should look once.",
    ),
]


@pytest.fixture
def reader():
    """Somebody reads a page, in English."""
    app = Flask("reader")
    Babel(app)
    with app.test_request_context():
        yield


@pytest.mark.parametrize(("rule", "values", "sentence"), SENTENCES)
def test_a_sentence_says_what_the_rule_saw(rule, values, sentence):
    assert rule_texts.firing_sentence({"rule": rule, "level": 2, "values": values}, english=True) == sentence


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(("rule", "values", "sentence"), SENTENCES)
def test_whoever_reads_english_reads_what_is_stored(rule, values, sentence):
    assert rule_texts.firing_sentence({"rule": rule, "level": 2, "values": values}) == sentence


def test_every_rule_that_has_a_name_has_a_sentence():
    said = {rule for rules, _sentence in rule_texts._SENTENCES for rule in rules}
    assert texts.RULES.keys() - {texts.FALLBACK} <= said
    assert {rule for rule, _values, _sentence in SENTENCES} <= said


def test_every_rule_of_the_engine_has_a_name():
    source = "".join(path.read_text() for path in Path(tracker.alerts.__path__[0]).glob("rules*.py"))
    named = set(re.findall(r'Firing\("([A-Z][A-Z0-9-]*)"', source)) | set(re.findall(r'"((?:C|T)[12])"', source))
    named |= {f"TM{day}" for day in (4, 7, 14, 28, 84)} | {"RED-E", "RED-U", "RED-D"}
    assert len(named) > 15
    assert named <= texts.RULES.keys()


def test_every_red_flag_family_disposition_and_level_has_words():
    assert texts.FLAGS.keys() - {texts.FALLBACK} == RED_FLAGS.keys()
    assert texts.FAMILIES.keys() - {texts.FALLBACK} == {str(family) for family in Family}
    assert set(workflow_service.DISPOSITIONS) <= texts.DISPOSITIONS.keys()
    assert set(Level) <= texts.LEVELS.keys()


def test_what_nobody_knows_still_has_words():
    assert rule_texts.firing_sentence({"rule": "Z9", "level": 1, "values": {}}, english=True) == "Another rule"


def test_an_alert_says_the_most_urgent_first_and_nothing_twice():
    def firing(rule, level, day, **values):
        return {"rule": rule, "level": level, "day": day, "values": values}

    sentence = rule_texts.sentence_of(
        [
            firing("C1", 1, "2026-03-09", **TREND),
            firing("C1", 1, "2026-03-10", **TREND),
            firing("C2", 2, "2026-03-10", **TREND),
            firing("F1", 2, "2026-03-10"),
            firing("RED-U", 3, "2026-03-10", codes="U_FEVER"),
            firing("N1", 1, "2026-03-10", missed=3),
        ],
        english=True,
    )
    assert sentence == (
        "Sign that a doctor should see the same day: fever, chills or feeling very ill. "
        "Average pain has been about 2 points above the usual 3.0. Cannot do normal activities."
    )


def test_the_same_sign_on_several_days_is_said_once():
    days = [
        {"rule": "RED-U", "level": 3, "day": f"2026-03-1{n}", "values": {"codes": "U_FEVER"}, "told": [str(n)]}
        for n in range(3)
    ]
    assert rule_texts.sentence_of(days, english=True).count("fever") == 1


# ---------------------------------------------------------------------------------------------- for patients


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("watched", [True, False])
def test_what_to_do_in_an_emergency_never_depends_on_staff(watched):
    for level in (Level.URGENT, Level.EMERGENCY):
        words = patient_texts.patient_words(level, watched=watched)
        assert "call" in f"{words.headline} {words.what}".lower()
        assert "physio" not in f"{words.headline} {words.what}".lower()
    assert ("do not wait" in words.contact) is watched


@pytest.mark.usefixtures("reader")
def test_a_crisis_has_words_of_its_own():
    words = patient_texts.patient_words(Level.EMERGENCY, watched=False, crisis=True)
    assert "alone" in words.headline
    assert "crisis line" in words.what


@pytest.mark.usefixtures("reader")
def test_a_review_says_who_looks_by_when_or_that_nobody_does():
    by = datetime(2026, 3, 12, 15, 0, tzinfo=UTC)
    assert "Thursday, 15:00" in patient_texts.patient_words(Level.REVIEW, watched=True, by=by).contact
    assert "will look at this." in patient_texts.patient_words(Level.REVIEW, watched=True).contact
    assert "Nobody" in patient_texts.patient_words(Level.REVIEW, watched=False).contact
    assert "doctor" in patient_texts.patient_words(Level.REVIEW, watched=True, rules=("TM14",)).what
    assert "doctor" not in patient_texts.patient_words(Level.REVIEW, watched=True, rules=("C2",)).what
    assert "call the practice" in patient_texts.not_reviewed_yet()


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize("level", list(Level))
def test_nobody_is_told_that_they_are_fine(level):
    words = patient_texts.patient_words(level, watched=True)
    whole = f"{words.headline} {words.what} {words.contact} {words.worry}".lower()
    assert "fine" not in whole
    assert "nothing serious" not in whole
    assert words.worry
