"""What a decision was made from comes out of its package as it went in."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.alerts.evidence import UnreadableEvidenceError, pack, unpack
from tracker.alerts.rules import (
    DEFAULT,
    PRESETS,
    ClinicianEvent,
    DayFacts,
    Episode,
    ExercisePain,
    History,
    evaluate,
)
from tracker.regimen.rules_levels import Level

score = st.none() | st.integers(0, 10).map(float)
pains = st.builds(ExercisePain, before=score, during=score, next_morning=score, sharp=st.booleans())
facts = st.builds(
    DayFacts,
    average=score,
    worst=score,
    interference=score,
    worse_than_usual=st.booleans(),
    flare=st.booleans(),
    cannot_do_activities=st.booleans(),
    flags=st.dictionaries(st.sampled_from(["E_WEAK", "U_FEVER", "D_ARM"]), st.sampled_from(list(Level)[1:])),
    exercises=st.lists(pains, max_size=2).map(tuple),
    peg=score,
    mood=score,
    phq2=st.none() | st.integers(0, 6),
    self_harm=st.booleans(),
    medicine_taken=st.booleans(),
    expected=st.booleans(),
    received_day=st.none() | st.integers(0, 40),
)
events = st.builds(
    ClinicianEvent,
    day=st.integers(0, 40),
    kind=st.sampled_from(["closed", "confirmed"]),
    family=st.sampled_from(["trend", "red", None]),
    after_entry=st.booleans(),
)
episodes = st.builds(Episode, began_day=st.integers(-30, 0), intake_average=st.just(5.0), review_day=st.none())
histories = st.builds(
    History,
    intake_average=st.integers(0, 10).map(float),
    days=st.dictionaries(st.integers(0, 40), facts, max_size=25),
    last_day=st.integers(0, 40),
    events=st.lists(events, max_size=4).map(tuple),
    episode=st.none() | episodes,
    enrolment=st.booleans(),
)


@settings(max_examples=60, deadline=None)
@given(history=histories, parameters=st.sampled_from([DEFAULT, *PRESETS.values()]))
def test_the_engine_says_the_same_about_what_was_packed(history, parameters):
    kept = unpack(pack(history, parameters))
    assert kept.history == history
    assert kept.parameters == parameters
    assert evaluate(kept.history, kept.parameters) == evaluate(history, parameters)


def test_a_year_of_evidence_is_small():
    days = {day: DayFacts(average=3.0 + day % 3, worst=5.0, interference=2.0) for day in range(365)}
    assert len(pack(History(3.0, days, 364), DEFAULT)) < 6_000


def test_evidence_of_a_later_version_is_read_as_far_as_it_is_known():
    document = json.loads(zlib.decompress(pack(History(3.0, {0: DayFacts(average=4.0)}, 0), DEFAULT)))
    document["days"]["0"]["heartbeat"] = 80
    document["parameters"]["a_new_number"] = 1
    kept = unpack(zlib.compress(json.dumps(document).encode()))
    assert kept.history.days[0].average == 4.0
    assert kept.parameters == DEFAULT


@pytest.mark.parametrize("packed", [b"", b"nonsense", zlib.compress(b"[1]"), zlib.compress(b'{"format": 99}')])
def test_what_is_no_evidence_is_refused(packed):
    with pytest.raises(UnreadableEvidenceError):
        unpack(packed)
