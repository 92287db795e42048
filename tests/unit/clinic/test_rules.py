"""The physiotherapist's list: what is flagged, who is ready, and what counts as a change."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tracker.clinic.rules import Facts, age_band, flags, is_ready, quality_change

TODAY = date(2026, 3, 10)
FINE = {
    "shares": True,
    "has_plan": True,
    "last_day": TODAY,
    "plan_since": TODAY - timedelta(days=60),
    "adherence_28": 0.9,
    "quality": 90,
}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ()),
        ({"stopped_for_pain": 1}, ("pain",)),
        ({"last_day": TODAY - timedelta(days=9)}, ()),
        ({"last_day": TODAY - timedelta(days=10)}, ("silent",)),
        ({"last_day": None, "plan_since": TODAY - timedelta(days=3)}, ()),
        ({"last_day": None, "plan_since": TODAY - timedelta(days=10)}, ("silent",)),
        ({"adherence_28": 0.59}, ("low_adherence",)),
        ({"adherence_28": None}, ()),
        ({"quality": 59.9}, ("low_quality",)),
        ({"corrections": 2}, ("corrections",)),
        ({"medicine_days": 10}, ()),
        ({"medicine_days": 11}, ("medicine",)),
        ({"has_plan": False, "last_day": None, "adherence_28": None}, ("no_plan",)),
        ({"corrections": 1, "stopped_for_pain": 2}, ("pain", "corrections")),
        # Nothing that was recorded may show through while it is not shared.
        ({"shares": False, "stopped_for_pain": 3, "quality": 10}, ("not_shared",)),
        ({"shares": False, "has_plan": False}, ("no_plan", "not_shared")),
    ],
)
def test_flags_say_what_to_look_at_most_urgent_first(fields, expected):
    assert flags(Facts(**{**FINE, **fields}), TODAY) == expected


@pytest.mark.parametrize(
    ("improving", "averages", "ready"),
    [
        (True, [3, 2, 1, 0, 2, 3], True),
        (True, [3, 2, 4, 0, 2, 3], False),
        (False, [0] * 14, False),
        (True, [1] * 5, False),
        (True, [], False),
    ],
)
def test_ready_is_what_7_2_says(improving, averages, ready):
    assert is_ready(improving=improving, averages=averages) is ready


@pytest.mark.parametrize(
    ("now", "before", "change"), [(90, 80, 10), (80, 90, -10), (84.9, 80, None), (85, 80, 5), (None, 80, None)]
)
def test_a_change_of_quality_is_told_beyond_the_noise_only(now, before, change):
    assert quality_change(now, before) == change


@pytest.mark.parametrize(("born", "band"), [(1980, 40), (1977, 40), (1976, 50), (2026, 0), (None, None), (2030, None)])
def test_age_is_a_decade(born, band):
    assert age_band(born, 2026) == band
