"""The database: engine, sessions and the column types the tables share.

Conventions: primary keys are random UUIDs; instants are aware UTC (`UtcDateTime`); names, addresses and free text
are encrypted (`EncryptedText`); documents are JSON (`JsonDocument`). Two engines are supported: SQLite, the
embedded default, and PostgreSQL through psycopg 3.

SQLite: write-ahead log, foreign keys on, and transactions that *we* begin (the driver's own rule would leave out
DDL and savepoints). A transaction that reads first and writes later fails at once when somebody else wrote in
between, no matter how long it would be willing to wait; so sessions take the write lock at their beginning
(`BEGIN IMMEDIATE`), except those that promise only to read.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import (
    JSON,
    DateTime,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    Uuid,
    create_engine,
    event,
    make_url,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import CursorResult, Delete, Update
    from sqlalchemy.engine import Connection, Dialect, Engine
    from sqlalchemy.pool import ConnectionPoolEntry

    from tracker.settings import Settings

__all__ = [
    "Base",
    "EncryptedText",
    "JsonDocument",
    "Keyring",
    "Session",
    "UndecipherableError",
    "UtcDateTime",
    "affected",
    "blind_index",
    "create_engine_from",
    "insert_into",
    "reencrypt",
    "sealed",
    "session_factory",
    "sessions_from",
    "table_of",
    "unsealed",
    "unsettled",
]

BUSY_TIMEOUT_MS: Final = 15_000
"""How long a writer waits for the one before it. Requests hold the lock for milliseconds."""

_NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UndecipherableError(Exception):
    """A stored text cannot be read with any of the field keys: a key is missing or the row was altered."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The keys of one database. `fernet` encrypts with its first key and reads with all of them."""

    fernet: MultiFernet
    index_key: bytes

    @classmethod
    def from_settings(cls, settings: Settings) -> Keyring:
        return cls(MultiFernet([Fernet(key) for key in settings.field_keys]), settings.index_key)

    def blind_index(self, text: str) -> str:
        """A keyed fingerprint (HMAC-SHA-256, hex) by which an encrypted text can be found again."""
        return hmac.new(self.index_key, text.encode(), hashlib.sha256).hexdigest()


# A type is declared with its table, long before there are settings; a dialect exists once for each engine and is
# handed to every conversion. So the keys hang on the dialect, and two applications in one process keep theirs apart.
_keyrings: WeakKeyDictionary[Dialect, Keyring] = WeakKeyDictionary()


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values; always gives back aware UTC, also where the engine stores no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is not an instant")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class EncryptedText(TypeDecorator[str]):
    """Text that is encrypted at rest (Fernet: AES-128-CBC with HMAC-SHA-256).

    It cannot be searched or sorted by the database; see `blind_index` for finding it again.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return _keyrings[dialect].fernet.encrypt(value.encode()).decode("ascii")

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        try:
            return _keyrings[dialect].fernet.decrypt(value.encode("ascii")).decode()
        except InvalidToken as error:
            raise UndecipherableError("a stored text cannot be read with the present field keys") from error


JsonDocument: Final = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""A JSON document; None is SQL NULL. Numbers must be finite."""


class Base(DeclarativeBase):
    """What every table shares: names of constraints that migrations can rely on, and the types of this module."""

    metadata = MetaData(naming_convention=_NAMING)
    type_annotation_map = {datetime: UtcDateTime, uuid.UUID: Uuid, dict[str, Any]: JsonDocument}  # noqa: RUF012


def create_engine_from(settings: Settings, *, foreign_keys: bool = True) -> Engine:
    """The engine for the database the settings name.

    `foreign_keys=False` is for migrations only: SQLite changes a table by copying it and dropping the original,
    which with foreign keys on would delete everything that refers to it.
    """
    url = make_url(settings.database_url)
    shared: dict[str, Any] = {
        # Parameters hold names and tokens; they must not reach a log through an error message.
        "hide_parameters": True,
        "json_serializer": _to_json,
    }
    if url.get_backend_name() == "sqlite":
        engine = create_engine(url, connect_args={"isolation_level": None, "check_same_thread": False}, **shared)
        _prepare_sqlite(engine, foreign_keys=foreign_keys)
    else:
        engine = create_engine(url, pool_pre_ping=True, **shared)
    _keyrings[engine.dialect] = Keyring.from_settings(settings)
    return engine


def _to_json(document: Any) -> str:
    return json.dumps(document, allow_nan=False, separators=(",", ":"), ensure_ascii=False)


def _prepare_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _entry: ConnectionPoolEntry) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute(f"PRAGMA foreign_keys={'ON' if foreign_keys else 'OFF'}")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("reads_only", False)
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def session_factory(engine: Engine, *, reads_only: bool = False) -> sessionmaker[Session]:
    """Makes sessions. `reads_only` ones do not wait for writers on SQLite; they may still write where nobody else does.

    Objects stay usable after a commit (they are not expired): a request commits once, and what it shows afterwards
    is what it wrote.
    """
    return sessionmaker(engine.execution_options(reads_only=reads_only), expire_on_commit=False)


_UNSETTLED: Final = "unsettled"


def unsettled(session: Session) -> list[Any]:
    """What is to be remembered until this session commits, also when it is rolled back: a commit empties the list."""
    return cast("list[Any]", session.info.setdefault(_UNSETTLED, []))


@event.listens_for(Session, "after_commit")
def _settle(session: Session) -> None:
    # The end of a savepoint is told as well, and settles nothing.
    if not session.in_nested_transaction():
        session.info.pop(_UNSETTLED, None)


@contextmanager
def sessions_from(settings: Settings, *, reads_only: bool = False) -> Iterator[sessionmaker[Session]]:
    """A session factory for a job outside the web application; closes its connections at the end."""
    engine = create_engine_from(settings)
    try:
        yield session_factory(engine, reads_only=reads_only)
    finally:
        engine.dispose()


def blind_index(session: Session, text: str) -> str:
    """The keyed fingerprint under which `text` is found in this session's database."""
    return _keyrings[session.get_bind().dialect].blind_index(text)


def sealed(session: Session, text: str) -> str:
    """`text` as nobody without the field keys can read it, of letters that an address takes."""
    return _keyrings[session.get_bind().dialect].fernet.encrypt(text.encode()).decode("ascii")


def unsealed(session: Session, token: str) -> str | None:
    """What `sealed` was given; None for anything else."""
    try:
        return _keyrings[session.get_bind().dialect].fernet.decrypt(token.encode()).decode()
    except InvalidToken:
        return None


def table_of(model: type[Base]) -> Table:
    return cast("Table", model.__table__)


def insert_into(session: Session, model: type[Base]) -> Any:
    """INSERT in the dialect of this database, for its ON CONFLICT."""
    maker = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return maker(table_of(model))


def affected(session: Session, statement: Update | Delete, values: Mapping[str, Any] | None = None) -> int:
    """Run an UPDATE or DELETE; how many rows it found. Objects that the session holds do not follow."""
    done = session.execute(statement, values, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", done).rowcount


def reencrypt(session: Session) -> int:
    """Encrypt every encrypted text anew with the newest field key; returns the number of rows. Does not commit."""
    rows = 0
    for table in Base.metadata.sorted_tables:
        columns = [column for column in table.columns if isinstance(column.type, EncryptedText)]
        if not columns:
            continue
        key = next(iter(table.primary_key.columns))
        for identity, *values in session.execute(select(key, *columns)).all():
            fresh = dict(zip((column.name for column in columns), values, strict=True))
            session.execute(table.update().where(key == identity).values(fresh))
            rows += 1
    return rows
