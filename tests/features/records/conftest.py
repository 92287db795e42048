"""One patient with something in every table, made once; every test gets a copy of the database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.features.conftest import KEYS, PASSWORD
from tests.features.records.rich import Rich, rich_patient
from tracker.accounts.models import Person
from tracker.accounts.service import Passwords
from tracker.clock import FixedClock
from tracker.db import Session, create_engine_from, session_factory
from tracker.settings import Settings


@pytest.fixture(scope="session")
def rich_file(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> tuple[Path, Any]:
    """A database with the rich patient, and the instant at which it ends."""
    folder = tmp_path_factory.mktemp("rich")
    shutil.copy(migrated_file, folder / "rhomboid.sqlite3")
    settings = Settings.load({**KEYS, "TRACKER_DATA": str(folder)})
    engine = create_engine_from(settings)
    with session_factory(engine)() as session:
        rich = rich_patient(session)
        for person in (rich.patient, rich.physio):
            person.password_hash = Passwords(settings).hash(PASSWORD)
        session.commit()
    engine.dispose()
    return folder / "rhomboid.sqlite3", rich.at


def found_in(session: Session, at: Any) -> Rich:
    """The rich patient in a copy."""
    patient = session.scalars(select(Person).where(Person.role == "patient")).one()
    physio = session.scalars(select(Person).where(Person.role == "physio")).all()
    treating = next(each for each in physio if each.name == "Jonas Berg")
    return Rich(patient, treating, patient.clinic, FixedClock(at))


@pytest.fixture
def settings(tmp_path: Path, rich_file: tuple[Path, Any]) -> Settings:
    shutil.copy(rich_file[0], tmp_path / "rhomboid.sqlite3")
    return Settings.load({"TRACKER_DATA": str(tmp_path), **KEYS})


@pytest.fixture
def rich(database: Session, clock: FixedClock, rich_file: tuple[Path, Any]) -> Rich:
    """The rich patient in the application's database; it is as late there as when their record ends."""
    clock.instant = rich_file[1]
    return found_in(database, rich_file[1])


@pytest.fixture
def source(tmp_path: Path, rich_file: tuple[Path, Any]) -> Iterator[Session]:
    """The installation that a record comes from: an SQLite database of its own."""
    folder = tmp_path / "source"
    folder.mkdir()
    shutil.copy(rich_file[0], folder / "rhomboid.sqlite3")
    engine = create_engine_from(Settings.load({**KEYS, "TRACKER_DATA": str(folder)}))
    with session_factory(engine)() as session:
        yield session
    engine.dispose()


@pytest.fixture
def leaving(source: Session, rich_file: tuple[Path, Any]) -> Rich:
    """The rich patient where the record comes from."""
    return found_in(source, rich_file[1])
