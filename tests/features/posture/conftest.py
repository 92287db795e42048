"""Somebody at a desk: Ada, her browser, and a computer that can be connected."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from tests.features.posture.desk import Program
from tracker.accounts.models import Person


@pytest.fixture
def ada(people: Any) -> Person:
    patient: Person = people.patient(people.physio(), name="Ada Field")
    return patient


@pytest.fixture
def browser(ada: Person, signed_in: Callable[[Person], Any]) -> Any:
    return signed_in(ada)


@pytest.fixture
def program(app: Any, database: Any) -> Callable[[], Program]:
    """`program()`: a computer that nobody has connected yet."""
    return lambda: Program(app.test_client(), database, str(uuid.uuid4()))


@pytest.fixture
def code_of() -> Callable[[Any], str]:
    """`code_of(browser)`: the code that the page shows this person."""

    def ask(browser: Any) -> str:
        assert browser.post("/posture/computers/code").status_code == 302
        found = re.search(r"<strong>([0-9A-Z]{5}-[0-9A-Z]{5})</strong>", browser.get("/posture/computers").text)
        assert found is not None
        return found.group(1)

    return ask


@pytest.fixture
def agent(program: Callable[[], Program], browser: Any, code_of: Callable[[Any], str]) -> Program:
    """Ada's computer, connected."""
    made = program()
    assert made.pair(code_of(browser)).status_code == 201
    return made
