"""What takes long for one person must not keep others from telling something."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from tests.features.conftest import People
from tracker.alerts import preview_service
from tracker.web.context import services_of


def test_while_a_preview_is_made_others_can_write(
    app: Any, people: People, signed_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chief = people.physio(is_admin=True)
    real = preview_service.preview
    wrote = []

    def slowly(*args: Any, **how: Any) -> Any:
        found = real(*args, **how)
        # Another process, which is not patient.
        with services_of(app).engine.connect().execution_options(reads_only=True) as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=50")
            connection.execute(text("UPDATE clinic SET name = name"))
            connection.commit()
            connection.exec_driver_sql("PRAGMA busy_timeout=15000")
        wrote.append(True)
        return found

    monkeypatch.setattr(preview_service, "preview", slowly)
    browser = signed_in(chief)

    answer = browser.post("/clinic-settings/alerts/preview", {"preset": "sensitive", "base_number": 0})

    assert answer.status_code == 200
    assert wrote
