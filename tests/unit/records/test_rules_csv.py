"""No cell of a table is run by the spreadsheet that opens it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.records.rules_csv import cell
from tracker.web.cells import RUNS, guarded


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (3, "3"),
        (-3, "-3"),
        (2.5, "2.5"),
        (-0.25, "-0.25"),
        (date(2026, 3, 10), "2026-03-10"),
        (datetime(2026, 3, 10, 12, tzinfo=UTC), "2026-03-10T12:00:00Z"),
        ("well", "well"),
        ("a = b", "a = b"),
        ('=HYPERLINK("https://example.org")', '\'=HYPERLINK("https://example.org")'),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("  =1", "'  =1"),
        ("\t=1", "'\t=1"),
        ("\uff1d1", "'\uff1d1"),
        ("\ufeff=1", "'\ufeff=1"),
    ],
)
def test_a_cell(value, text):
    assert cell(value) == text


@given(st.text(max_size=30))
def test_no_text_begins_like_a_formula(text):
    assert not guarded(text).lstrip(" \u00a0\ufeff").startswith(RUNS)
    assert guarded(text).removeprefix("'") == text or not text.startswith("'") or guarded(text) == text
