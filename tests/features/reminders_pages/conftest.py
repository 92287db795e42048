"""Notices that wait, without the loop that sends them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.features.notices import notice_row
from tracker.accounts.models import Person
from tracker.reminders.models import Delivery

Waiting = Callable[..., Delivery]


@pytest.fixture
def waiting(database, clock) -> Waiting:
    """`waiting(person, "check_in")`: a notice at the bell, since now."""

    def put(person: Person, kind: str, *, since: datetime | None = None, **fields: Any) -> Delivery:
        row = notice_row(person.id, kind, since or clock.now(), **fields)
        database.add(row)
        database.commit()
        return row

    return put
