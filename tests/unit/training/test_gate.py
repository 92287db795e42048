"""Who may exercise now."""

from __future__ import annotations

import pytest

from tracker.regimen.rules_levels import Level, lock_reason
from tracker.training.rules import gate


@pytest.mark.parametrize(
    ("locked", "page", "screened", "why"),
    [
        (False, None, True, None),
        (False, None, False, "intake"),
        (True, "emergency", False, "emergency"),  # help comes before any question
        (True, "urgent", True, "urgent"),
        (True, "crisis", True, "crisis"),
        (True, None, True, "locked"),
        (True, None, False, "locked"),
    ],
)
def test_what_keeps_somebody_from_exercising(locked, page, screened, why):
    assert gate(locked=locked, page=page, screened=screened) == why


@pytest.mark.parametrize("locked", [False, True])
@pytest.mark.parametrize("page", [None, "emergency", "urgent", "crisis"])
@pytest.mark.parametrize("level", Level)
def test_a_physiotherapist_is_told_of_a_lock_whenever_today_has_one(locked, page, level):
    closed = gate(locked=locked, page=page, screened=True) is not None
    assert (lock_reason(locked=locked, page=page, level=level) is not None) is closed


@pytest.mark.parametrize(
    ("locked", "page", "level", "why"),
    [
        (False, None, 2, None),
        (True, "urgent", 3, "urgent"),
        (True, None, 3, "urgent"),  # help was there, the alert is still open
        (True, None, 2, "examination"),
    ],
)
def test_what_opens_locked_exercises(locked, page, level, why):
    assert lock_reason(locked=locked, page=page, level=level) == why
