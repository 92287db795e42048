"""Migrations up and down, step by step, with rows in every table, on both engines; and the models match them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError

from tracker import schema
from tracker.db import create_engine_from
from tracker.settings import Settings

REVISIONS = [
    each.revision for each in reversed(list(ScriptDirectory.from_config(schema.alembic_config()).walk_revisions()))
]
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

# Columns whose values a constraint limits.
SPECIAL: dict[tuple[str, str], Any] = {
    ("person", "role"): "patient",
    ("invitation", "role"): "patient",
    ("invitation", "purpose"): "join",
    ("consent", "kind"): "camera",
    ("set_up_link", "id"): 1,
    ("check_in", "form"): "daily",
    ("reminder_rule", "kind"): "exercise",
    ("delivery", "state"): "due",
    ("alert", "level"): 1,
    ("posture_baseline", "view"): "front",
    ("posture_baseline", "confidence"): "normal",
    ("posture_break", "cause"): "still",
    ("posture_break", "outcome"): "taken",
    ("posture_settings", "break_rule"): "still",
    ("posture_settings", "break_every_min"): 30,
    ("posture_watcher", "kind"): "agent",
    ("patient_note", "kind"): "note",
    ("proposal", "kind"): "progress",
    ("proposal", "decision"): "accepted",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Any) -> Settings:
    environ = {"TRACKER_DATA": str(tmp_path)}
    if request.param == "postgresql":
        environ["DATABASE_URL"] = request.getfixturevalue("postgres_url")
    return Settings.load(environ)


@pytest.fixture
def engine(settings: Settings) -> Iterator[sa.Engine]:
    made = create_engine_from(settings)
    yield made
    made.dispose()


def tables_of(connection: sa.Connection) -> list[sa.Table]:
    metadata = sa.MetaData()
    metadata.reflect(connection)
    return [table for table in metadata.sorted_tables if table.name != "alembic_version"]


def example(table: sa.Table, column: sa.Column[Any], made: dict[str, dict[str, Any]], sqlite: bool) -> Any:
    """A value for a column of a row: what it refers to, what a constraint wants, or something of its type."""
    for key in column.foreign_keys:
        return made[key.column.table.name][key.column.name]
    if (table.name, column.name) in SPECIAL:
        return SPECIAL[table.name, column.name]
    if isinstance(column.type, sa.Uuid) or (isinstance(column.type, sa.CHAR) and column.type.length == 32):
        return uuid.uuid4().hex if sqlite else uuid.uuid4()
    examples: list[tuple[type[sa.types.TypeEngine[Any]], Any]] = [
        (sa.Boolean, True),
        (sa.DateTime, NOON.replace(tzinfo=None) if sqlite else NOON),
        (sa.Date, date(2026, 3, 10)),
        (sa.Integer, 3),
        (sa.Numeric, 1.5),
        (sa.Float, 1.5),
        (sa.JSON, {"a": [1, 2]}),
        (sa.LargeBinary, b"\x00\x01"),
        (sa.String, "text"[: getattr(column.type, "length", None)]),
    ]
    return next(value for kind, value in examples if isinstance(column.type, kind))


def fill(engine: sa.Engine, made: dict[str, dict[str, Any]]) -> None:
    """One row in every table that has none yet, remembered in `made`."""
    sqlite = engine.dialect.name == "sqlite"
    with engine.begin() as connection:
        for table in tables_of(connection):
            if table.name not in made:
                made[table.name] = {column.name: example(table, column, made, sqlite) for column in table.columns}
                connection.execute(table.insert().values(made[table.name]))


def rows_of(engine: sa.Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table))] for table in tables_of(connection)
        }


def test_up_and_down_step_by_step_keeps_the_rows(settings: Settings, engine: sa.Engine) -> None:
    made: dict[str, dict[str, Any]] = {}
    snapshots = {}
    for revision in REVISIONS:
        before = rows_of(engine)
        schema.migrate(settings, revision)
        after = rows_of(engine)
        assert {name: len(after[name]) for name in before} == {name: len(rows) for name, rows in before.items()}
        fill(engine, made)
        snapshots[revision] = rows_of(engine)
    for revision in reversed(REVISIONS):
        schema.migrate(settings, revision)
        assert {name: len(rows) for name, rows in rows_of(engine).items()} == {
            name: len(rows) for name, rows in snapshots[revision].items()
        }
    schema.migrate(settings, "base")
    assert rows_of(engine) == {}
    schema.migrate(settings)
    assert set(rows_of(engine)) == set(snapshots[REVISIONS[-1]])


def test_what_a_patient_told_leaves_the_reasons_and_programmes_forget_notes(
    settings: Settings, engine: sa.Engine
) -> None:
    schema.migrate(settings, "0006")
    made: dict[str, dict[str, Any]] = {}
    fill(engine, made)
    told = made["plan_revision"]["reason"]
    lines = [{"exercise": "seated-row", "note": "Mind the left shoulder, Ada"}, {"exercise": "chin-tuck", "note": None}]
    with engine.begin() as connection:
        tables = {table.name: table for table in tables_of(connection)}
        revision = tables["plan_revision"]
        # A version that somebody wrote by hand, at another time than the step that was accepted.
        own = {**made["plan_revision"], "id": uuid.uuid4().hex, "number": 4, "created_at": datetime(2026, 4, 1)}  # noqa: DTZ001
        if engine.dialect.name == "postgresql":
            own |= {"id": uuid.uuid4(), "created_at": datetime(2026, 4, 1, tzinfo=UTC)}
        connection.execute(revision.insert().values(own))
        connection.execute(tables["plan_template"].update().values(items=lines))
    schema.migrate(settings, "0007")
    with engine.connect() as connection:
        tables = {table.name: table for table in tables_of(connection)}
        revision = tables["plan_revision"]
        columns = (revision.c.number, revision.c.reason, revision.c.evidence)
        assert set(map(tuple, connection.execute(sa.select(*columns)))) == {(3, None, told), (4, told, None)}
        kept = connection.execute(sa.select(tables["plan_template"].c["items"])).scalar_one()
        assert [line["note"] for line in kept] == [None, None]
        assert [line["exercise"] for line in kept] == ["seated-row", "chin-tuck"]
        assert connection.execute(sa.select(tables["audit_seal"].c.scheme)).scalar_one() == 1
    schema.migrate(settings, "0006")
    with engine.connect() as connection:
        revision = {table.name: table for table in tables_of(connection)}["plan_revision"]
        assert set(connection.execute(sa.select(revision.c.reason)).scalars()) == {told}


def test_the_models_are_what_the_migrations_make(settings: Settings, engine: sa.Engine) -> None:
    schema.migrate(settings)
    with engine.connect() as connection:
        command.check(schema.alembic_config(connection))


def test_migrating_again_changes_nothing(settings: Settings, engine: sa.Engine) -> None:
    schema.migrate(settings)
    with engine.connect() as connection:
        assert schema.is_current(connection)
    schema.migrate(settings)


@pytest.mark.parametrize("statement", ["UPDATE audit_event SET action = 'x'", "DELETE FROM audit_event"])
def test_the_audit_trail_is_append_only_in_the_database(settings: Settings, engine: sa.Engine, statement: str) -> None:
    schema.migrate(settings)
    fill(engine, {})
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text(statement))
    assert len(rows_of(engine)["audit_event"]) == 1


@pytest.mark.postgres
def test_the_audit_trail_cannot_be_truncated(postgres_url: str, tmp_path: Any) -> None:
    settings = Settings.load({"TRACKER_DATA": str(tmp_path), "DATABASE_URL": postgres_url})
    schema.migrate(settings)
    engine = create_engine_from(settings)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text("TRUNCATE audit_event"))
    engine.dispose()


def test_there_is_one_line_of_revisions() -> None:
    assert ScriptDirectory.from_config(schema.alembic_config()).get_heads() == [schema.newest_revision()]
