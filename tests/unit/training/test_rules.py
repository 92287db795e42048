"""Sessions: what is believed, and what a count is after corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.training import rules
from tracker.training.rules import Candidate, HoldFacts, SetFacts, Verdict

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
GOOD = SetFacts(
    engine_version="1.0.0",
    kind="repetitions",
    count=2,
    duration_s=12.0,
    held_s=0.0,
    candidates=(
        Candidate(1.0, 2.0, 3.0, "both", counted=True),
        Candidate(4.0, 5.0, 6.0, "both", counted=False),
        Candidate(7.0, 8.0, 9.0, "both", counted=True),
    ),
)
MANUAL = SetFacts(engine_version="manual", kind="repetitions", count=10, duration_s=0.0, held_s=0.0)


def with_candidate(**fields) -> SetFacts:
    return replace(GOOD, candidates=(replace(GOOD.candidates[0], **fields), *GOOD.candidates[1:]))


@pytest.mark.parametrize(
    "facts",
    [
        GOOD,
        MANUAL,
        replace(MANUAL, kind="hold", count=0, held_s=60.0),
        # The faster arm begins while the slower one still returns: neighbours may overlap.
        replace(GOOD, candidates=(GOOD.candidates[0], replace(GOOD.candidates[1], start_s=2.6), GOOD.candidates[2])),
        with_candidate(peak_s=None),
        replace(GOOD, kind="hold", count=1, held_s=10.0, candidates=(), holds=(HoldFacts(1.0, 11.2, 10.0),)),
    ],
)
def test_what_an_engine_or_a_person_can_report_is_believed(facts):
    assert rules.problems(facts) == ()


@pytest.mark.parametrize(
    ("facts", "field", "key"),
    [
        (replace(GOOD, count=3), "count", "count_disagrees"),
        (replace(GOOD, duration_s=8_000.0), "duration_s", "too_long"),
        (replace(GOOD, held_s=60.0), "held_s", "longer_than_set"),
        (replace(GOOD, duration_s=0.5), "repetitions", "implausible_count"),
        (with_candidate(end_s=0.5), "repetitions.0", "times_not_ordered"),
        (with_candidate(peak_s=3.5), "repetitions.0", "times_not_ordered"),
        (with_candidate(start_s=5.0, peak_s=5.5, end_s=6.0), "repetitions.1", "not_in_order"),
        (with_candidate(start_s=-1.0), "repetitions.0", "outside_set"),
        (replace(GOOD, duration_s=6.0), "repetitions.2", "outside_set"),
        (replace(MANUAL, count=501), "count", "implausible_count"),
        (replace(MANUAL, candidates=GOOD.candidates), "repetitions", "manual_has_no_ledger"),
        (replace(MANUAL, held_s=8_000.0), "held_s", "too_long"),
        (replace(GOOD, holds=(HoldFacts(4.0, 3.0, 0.0),)), "holds.0", "times_not_ordered"),
        (replace(GOOD, holds=(HoldFacts(1.0, 3.0, 9.0),)), "holds.0", "longer_than_set"),
    ],
)
def test_what_cannot_be_is_refused_with_field_and_reason(facts, field, key):
    assert (field, key) in [(problem.field, problem.key) for problem in rules.problems(facts)]


@pytest.mark.parametrize(
    ("offset", "expected"),
    [
        (timedelta(0), None),
        (timedelta(hours=14), None),
        (timedelta(hours=27), "clock_ahead"),
        (-timedelta(days=200), None),
        (-timedelta(days=367), "too_old"),
    ],
)
def test_a_clock_may_be_off_by_a_time_zone_and_an_upload_late_by_months(offset, expected):
    assert rules.problem_of_instant(NOW + offset, NOW) == expected


@pytest.mark.parametrize(
    ("counted", "wanted", "stored", "effective"),
    [
        (True, True, None, True),
        (True, False, False, False),
        (False, True, True, True),
        (False, False, None, False),
        (True, None, None, True),
    ],
)
def test_agreeing_with_the_engine_is_no_correction(counted, wanted, stored, effective):
    corrected = rules.correction(Verdict(counted), wanted)
    assert corrected is stored
    assert rules.effective(Verdict(counted, corrected)) is effective


@settings(deadline=None)
@given(st.lists(st.builds(Verdict, st.booleans(), st.sampled_from([None, True, False])), max_size=40))
def test_the_count_after_corrections_is_the_number_of_what_counts(verdicts):
    engine_count = sum(verdict.counted for verdict in verdicts)
    assert rules.effective_count(engine_count, verdicts) == sum(rules.effective(verdict) for verdict in verdicts)


def test_a_manual_count_stays_as_it_was_given():
    assert rules.effective_count(10, []) == 10


@pytest.mark.parametrize(("values", "median"), [([80.0], 80.0), ([70.0, 90.0], 80.0), ([10.0, 80.0, 82.0], 80.0)])
def test_one_half_repetition_does_not_hide_the_good_ones(values, median):
    found = rules.range_summary(values, unit="deg", error=8.0)
    assert found is not None
    assert (found.median, found.smallest, found.largest) == (median, min(values), max(values))


def test_without_values_there_is_no_range():
    assert rules.range_summary([], unit="deg", error=8.0) is None


@pytest.mark.parametrize(
    ("stop_reason", "pain", "expected"),
    [("pain", None, True), ("finished", 6, True), ("finished", 5, False), (None, None, False)],
)
def test_pain_as_a_reason_or_above_five_asks_for_a_look(stop_reason, pain, expected):
    assert rules.stopped_because_of_pain(stop_reason, pain) is expected


@pytest.mark.parametrize(
    ("hour", "expected"), [(4, "morning"), (11, "morning"), (12, "afternoon"), (18, "evening"), (3, "evening")]
)
def test_the_small_hours_belong_to_the_evening_before(hour, expected):
    assert rules.part_of_day(hour) == expected
