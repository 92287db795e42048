"""Alembic's door to the database. Run by `tracker migrate`, by the tests, and by the `alembic` command.

The first two hand over a connection; the command line has none, so it is opened from the settings. On SQLite a table is
changed by copying it (`render_as_batch`), with foreign keys off: dropping the original would otherwise delete what
refers to it. They are checked again before the transaction ends.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from alembic import context
from sqlalchemy import JSON, text

from tracker import schema
from tracker.db import EncryptedText, UtcDateTime, create_engine_from
from tracker.settings import Settings

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy.engine import Connection


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types as what they are in the database: a migration must not change when the code does."""
    if kind == "type" and isinstance(item, JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), 'postgresql')"
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, EncryptedText):
        return "sa.Text()"
    return False


def run(connection: Connection) -> None:
    """Run the migrations that were asked for over this connection."""
    sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=schema.metadata,
        render_as_batch=sqlite,
        render_item=render_item,
        compare_type=True,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite and (broken := connection.execute(text("PRAGMA foreign_key_check")).first()):
            raise RuntimeError(f"a migration left a row of table {broken[0]} that refers to nothing")


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    engine = create_engine_from(Settings.load(), foreign_keys=False)
    with engine.connect() as opened:
        run(opened)
    engine.dispose()
