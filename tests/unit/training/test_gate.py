"""Who may exercise now."""

from __future__ import annotations

import pytest

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
