"""The physiotherapist's list: what is flagged and who stands on top."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tracker.clinic.rules import Facts, flags, sort_key

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
        ({"has_plan": False, "last_day": None, "adherence_28": None}, ("no_plan",)),
        ({"corrections": 1, "stopped_for_pain": 2}, ("pain", "corrections")),
        # Nothing that was recorded may show through while it is not shared.
        ({"shares": False, "stopped_for_pain": 3, "quality": 10}, ("not_shared",)),
        ({"shares": False, "has_plan": False}, ("no_plan", "not_shared")),
    ],
)
def test_flags_say_what_to_look_at_most_urgent_first(fields, expected):
    assert flags(Facts(**{**FINE, **fields}), TODAY) == expected


def test_rows_stand_by_urgency_then_by_silence_then_by_name():
    rows = [
        ((), TODAY, "Zoe"),
        ((), TODAY - timedelta(days=4), "Abe"),
        (("pain",), TODAY, "Mia"),
        ((), TODAY, "ada"),
    ]
    assert [row[2] for row in sorted(rows, key=lambda row: sort_key(*row))] == ["Mia", "Abe", "ada", "Zoe"]
