"""A physiotherapist at their desk, and a patient of theirs."""

from __future__ import annotations

import pytest


@pytest.fixture
def physio(people):
    return people.physio(name="Jonas Berg")


@pytest.fixture
def patient(people, physio):
    return people.patient(physio, name="Ada Field")


@pytest.fixture
def desk(physio, signed_in):
    return signed_in(physio)
