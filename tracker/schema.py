"""The tables of all features together, and bringing a database to them.

Importing this module is what makes every table known; only the command line, the tests and the migrations do so.
Alembic is loaded only when there is something to migrate: a start that changes nothing should be quick.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import inspect, text

import tracker.accounts.models
import tracker.alerts.models
import tracker.clinic.models
import tracker.diary.models
import tracker.learn.models
import tracker.posture.models
import tracker.records.models
import tracker.regimen.models
import tracker.reminders.models
import tracker.training.models  # noqa: F401
from tracker.db import Base, create_engine_from
from tracker.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import MetaData
    from sqlalchemy.engine import Connection

    from tracker.settings import Settings

metadata: Final[MetaData] = Base.metadata

NEWEST: Final = "head"
_ONE_AT_A_TIME: Final = 7_451_983_201
"""An arbitrary number under which PostgreSQL keeps our advisory lock."""


def newest_revision() -> str:
    """The revision of the newest migration. Their files are numbered, one after the other."""
    scripts = (PROJECT_ROOT / "migrations" / "versions").glob("[0-9]*_*.py")
    return max(script.name.partition("_")[0] for script in scripts)


def is_current(connection: Connection) -> bool:
    """Whether the database has every migration."""
    if not inspect(connection).has_table("alembic_version"):
        return False
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == newest_revision()


def alembic_config(connection: Connection | None = None) -> Config:
    """Alembic's configuration from pyproject.toml, on this connection."""
    from alembic.config import Config

    config = Config(toml_file=str(PROJECT_ROOT / "pyproject.toml"))
    config.attributes["connection"] = connection
    return config


def migrate(settings: Settings, revision: str = NEWEST) -> None:
    """Bring the database up or down to `revision`. Nothing happens where it is there already."""
    engine = create_engine_from(settings, foreign_keys=False)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Several machines may start at once: the others wait here and then find nothing left to do.
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _ONE_AT_A_TIME})
            if revision == NEWEST and is_current(connection):
                return
            _move(connection, revision)
    finally:
        engine.dispose()


def _move(connection: Connection, revision: str) -> None:
    from alembic import command

    config = alembic_config(connection)
    if revision.startswith("-") or _is_behind(connection, revision):
        command.downgrade(config, revision)
    else:
        command.upgrade(config, revision)


def _is_behind(connection: Connection, revision: str) -> bool:
    """Whether `revision` lies before where the database is."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    if revision == "base":
        return True
    script = ScriptDirectory.from_config(alembic_config())
    here = MigrationContext.configure(connection).get_current_heads()
    passed = {each.revision for each in script.iterate_revisions(here, "base")} if here else set()
    return revision in passed
