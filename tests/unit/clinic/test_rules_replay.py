"""Where the ideal figure stands during a repetition, what deserves a look, and whether a set can be replayed at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.clinic.rules_replay import SetFacts, Tempo, flags, hold_keys, repetition_keys, standing

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
KEPT = timedelta(days=30)


def test_with_its_tempo_a_repetition_has_a_pause_as_long_as_the_persons_own():
    keys = repetition_keys(10.0, 11.5, 15.0, Tempo(1.0, 2.0, 2.0))
    assert keys == ((10.0, 0.05), (11.0, 0.45), (13.0, 0.55), (15.0, 0.95))


def test_without_a_tempo_the_figure_turns_where_the_person_turned():
    assert repetition_keys(10.0, 11.0, 15.0, Tempo()) == ((10.0, 0.05), (11.0, 0.45), (11.0, 0.55), (15.0, 0.95))


def test_without_a_turning_point_it_takes_half_the_time_for_each_way():
    assert [moment for moment, _share in repetition_keys(10.0, None, 14.0, Tempo())] == [10.0, 12.0, 12.0, 14.0]


def test_a_tempo_that_does_not_fit_into_the_repetition_is_not_believed():
    assert repetition_keys(0.0, 1.0, 3.0, Tempo(2.0, 1.0, 2.0))[1] == (1.0, 0.45)


def test_a_hold_stands_at_the_turning_point_for_as_long_as_it_was_held():
    assert hold_keys(5.0, 25.0) == ((4.0, 0.05), (5.0, 0.45), (25.0, 0.55), (26.0, 0.95))


times = st.floats(min_value=0, max_value=600)
maybe = st.none() | st.floats(min_value=0, max_value=60)


@given(start=times, peak=st.none() | times, end=times, out_s=maybe, back_s=maybe)
def test_moments_and_shares_never_go_back(start, peak, end, out_s, back_s):
    keys = repetition_keys(start, peak, end, Tempo(out_s, None, back_s))
    assert (keys == ()) == (end <= start)
    assert list(keys) == sorted(keys)
    assert all(start <= moment <= end for moment, _share in keys)


@pytest.mark.parametrize(
    ("counted", "corrected", "faults", "expected"),
    [
        (True, False, False, ()),
        (False, False, False, ("partial",)),
        (True, False, True, ("fault",)),
        (True, True, False, ("corrected",)),
        (False, True, True, ("corrected", "partial", "fault")),
    ],
)
def test_what_is_partial_faulty_or_corrected_is_flagged(counted, corrected, faults, expected):
    assert flags(counted=counted, corrected=corrected, faults=faults) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "kept"),
        ({"consents": False}, "no_consent"),
        ({"by_hand": True}, "by_hand"),
        ({"by_hand": True, "consents": False}, "by_hand"),
        ({"expires_at": NOON}, "expired"),
        ({"expires_at": NOON - timedelta(seconds=1)}, "expired"),
        ({"expires_at": None}, "missing"),
        ({"expires_at": None, "done_at": NOON - KEPT}, "expired"),
        ({"expires_at": None, "consents": False}, "no_consent"),
    ],
)
def test_a_set_is_shown_only_with_consent_and_before_its_time_is_over(changes, expected):
    facts = {
        "by_hand": False,
        "consents": True,
        "done_at": NOON - timedelta(days=2),
        "expires_at": NOON + timedelta(days=28),
        **changes,
    }
    assert standing(SetFacts(**facts), at=NOON, kept=KEPT) == expected
