"""A migrated database on either engine, and a house around it."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.features.conftest import KEYS
from tests.features.reminders.house import House, build_house
from tracker import schema
from tracker.settings import Settings


@pytest.fixture(scope="session")
def migrated_postgres(postgres_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a PostgreSQL database with all tables, made once and copied for each test."""
    name = f"migrated_{uuid.uuid4().hex}"
    with psycopg.connect(_admin(postgres_server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    folder = str(tmp_path_factory.mktemp("migrated_postgres"))
    schema.migrate(Settings.load({"TRACKER_DATA": folder, "DATABASE_URL": f"{postgres_server}/{name}", **KEYS}))
    return name


def _admin(server: str) -> str:
    return server.replace("+psycopg", "") + "/postgres"


@pytest.fixture
def ready_postgres(postgres_server: str, migrated_postgres: str) -> Iterator[str]:
    """A PostgreSQL database with all tables, for one test."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(_admin(postgres_server), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {migrated_postgres}")
    yield f"{postgres_server}/{name}"
    with psycopg.connect(_admin(postgres_server), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def environ(request: pytest.FixtureRequest, tmp_path: Path) -> dict[str, str]:
    """Settings for a migrated database; `@pytest.mark.parametrize("environ", ENGINES, indirect=True)` for both."""
    given = {"TRACKER_DATA": str(tmp_path), "TRACKER_SMTP_HOST": "mail.example", **KEYS}
    if getattr(request, "param", "sqlite") == "postgresql":
        given["DATABASE_URL"] = request.getfixturevalue("ready_postgres")
    else:
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "rhomboid.sqlite3")
    return given


@pytest.fixture
def house(environ: dict[str, str]) -> Iterator[House]:
    made, engine = build_house(Settings.load(environ))
    yield made
    engine.dispose()
