"""What the agent must not lose, in one SQLite file: minutes, breaks, baselines, what was told, what is wished.

A minute exists once, under the UTC instant at which it starts; what is seen of it is added, never beyond 60 seconds,
so parts before and after a restart come together. A row is sent when it holds more than the server has confirmed.
Write-ahead logging with ``synchronous=NORMAL``: a killed program loses nothing that was committed; a computer whose
power fails may lose the last commits, never the file. Every thread and process opens a `Spool` of its own. Limits:
sent minutes are kept `KEPT_DAYS`, unsent ones as long as the server would still take them.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Self

from tracker.vision.errors import OutputError
from tracker.vision.watch.minutes import MINUTE_MS, PARTS, Part
from tracker.vision.watch.private import make_private, own_id

KEPT_DAYS: Final = 35
FUTURE: Final = "future"
"""The server's reason for refusing a minute that has not been yet; time mends it."""
_BUSY_S: Final = 10.0

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS minute (
    at TEXT PRIMARY KEY,
    comfort_ms INTEGER NOT NULL DEFAULT 0, slouch_ms INTEGER NOT NULL DEFAULT 0,
    away_ms INTEGER NOT NULL DEFAULT 0, unknown_ms INTEGER NOT NULL DEFAULT 0,
    changes INTEGER NOT NULL DEFAULT 0, stands INTEGER NOT NULL DEFAULT 0, still_s REAL NOT NULL DEFAULT 0,
    movement_sum REAL NOT NULL DEFAULT 0, score_sum REAL NOT NULL DEFAULT 0, score_ms INTEGER NOT NULL DEFAULT 0,
    view TEXT, baseline_id TEXT,
    sent_ms INTEGER NOT NULL DEFAULT 0, refused TEXT
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document (
    kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, changed INTEGER NOT NULL DEFAULT 1,
    sent INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS told (at TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS note (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Unsent:
    """A minute to send, and how much of it that is."""

    minute: dict[str, Any]
    total_ms: int


@dataclass(frozen=True, slots=True)
class Document:
    """A break or a baseline to send; ``changed`` tells this state of it from a later one."""

    id: str
    body: dict[str, Any]
    changed: int


def text_of(at: datetime) -> str:
    """An instant as the server reads it: UTC, to the second, with a Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_of(text: str) -> datetime:
    """The instant that `text_of` wrote, or any other aware ISO 8601 text. Raises `ValueError`."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text} lies outside the calendar") from error


class Spool:
    """An opened spool; use it in a ``with`` statement or close it. Raises `OutputError` when the file cannot be used.

    One `Spool` may be shared by threads; its calls then take turns.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._writes = 0
        try:
            # Made before SQLite opens it, which would follow a link and let others read. What SQLite puts beside it has
            # the same mode.
            make_private(path, own_id())
            self._database = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)
            self._database.row_factory = sqlite3.Row
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = NORMAL")
            self._database.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise OutputError(path, str(error)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            self._database.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def _rows(self, query: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(query, values).fetchall()

    # Minutes

    def add(self, parts: Iterable[tuple[datetime, Part]]) -> None:
        """Add what was seen of some minutes, all of it or (when the program is killed) nothing."""
        with self._transaction() as database:
            for starts_at, part in parts:
                _add(database, text_of(starts_at), part)

    def unsent(self, before: datetime, limit: int) -> list[Unsent]:
        """Minutes that were over at ``before``, oldest first, of which the server does not know all."""
        rows = self._rows(
            f"SELECT * FROM minute WHERE {_WAITS} AND (refused IS NULL OR refused = ?)"  # noqa: S608 - constants
            " AND at <= ? AND at > ? ORDER BY at LIMIT ?",
            FUTURE, text_of(before - timedelta(minutes=1)), text_of(before - timedelta(days=KEPT_DAYS)), limit,
        )  # fmt: skip
        return [Unsent(_as_minute(row), sum(row[f"{name}_ms"] for name in PARTS)) for row in rows]

    def confirm(self, sent: Iterable[Unsent], refused: Mapping[str, str]) -> None:
        """The server has answered: these are kept there, apart from those it refused, by minute and reason."""
        with self._transaction() as database:
            for each in sent:
                at = each.minute["at"]
                reason = refused.get(at)
                if reason is None:
                    database.execute(
                        "UPDATE minute SET sent_ms = max(sent_ms, ?), refused = NULL WHERE at = ?", (each.total_ms, at)
                    )
                else:
                    database.execute("UPDATE minute SET refused = ? WHERE at = ?", (reason, at))

    def move(self, after: datetime, by: timedelta) -> int:
        """Unsent minutes later than ``after`` cannot have been yet: the clock was wrong by ``by``. Gives how many."""
        with self._transaction() as database:
            found = database.execute(
                "SELECT * FROM minute WHERE at > ? AND sent_ms = 0 ORDER BY at", (text_of(after),)
            ).fetchall()
            for row in found:
                database.execute("DELETE FROM minute WHERE at = ?", (row["at"],))
            for row in found:
                moved = (instant_of(row["at"]) + by).replace(second=0, microsecond=0)
                _add(database, text_of(moved), _part_of(row))
        return len(found)

    def minute(self, starts_at: datetime) -> dict[str, Any] | None:
        """What is known of one minute."""
        rows = self._rows("SELECT * FROM minute WHERE at = ?", text_of(starts_at))
        return _as_minute(rows[0]) if rows else None

    def minutes(self) -> list[dict[str, Any]]:
        """All minutes there are, oldest first."""
        return [_as_minute(row) for row in self._rows("SELECT * FROM minute ORDER BY at")]

    def count_unsent(self) -> int:
        query = f"SELECT count(*) FROM minute WHERE {_WAITS} AND (refused IS NULL OR refused = ?)"  # noqa: S608
        return int(self._rows(query, FUTURE)[0][0])

    def forget_old(self, now: datetime) -> None:
        """Sent minutes and told notices have served their time; unsent ones go when nobody would take them."""
        oldest = text_of(now - timedelta(days=KEPT_DAYS))
        with self._transaction() as database:
            database.execute("DELETE FROM minute WHERE at < ?", (oldest,))
            database.execute("DELETE FROM told WHERE at < ?", (text_of(now - timedelta(hours=2)),))
            database.execute(
                "DELETE FROM document WHERE kind = 'break' AND sent >= changed"
                " AND json_extract(body, '$.offered_at') < ?",
                (oldest,),
            )

    # Breaks and baselines

    def put(self, kind: str, body: Mapping[str, Any], *, known: bool = False) -> None:
        """Keep the new state of a break or a baseline; ``known``: it came from the server."""
        self._writes += 1
        with self._transaction() as database:
            database.execute(
                "INSERT INTO document (kind, id, body) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body, changed = changed + 1",
                (kind, body["id"], json.dumps(body)),
            )
            if known:
                database.execute("UPDATE document SET sent = changed WHERE kind = ? AND id = ?", (kind, body["id"]))

    def documents(self, kind: str) -> list[dict[str, Any]]:
        return [json.loads(row["body"]) for row in self._rows("SELECT body FROM document WHERE kind = ?", kind)]

    def unsent_documents(self, kind: str) -> list[Document]:
        rows = self._rows("SELECT * FROM document WHERE kind = ? AND changed > sent ORDER BY id", kind)
        return [Document(row["id"], json.loads(row["body"]), row["changed"]) for row in rows]

    def confirm_document(self, kind: str, document: Document) -> None:
        with self._transaction() as database:
            database.execute(
                "UPDATE document SET sent = max(sent, ?) WHERE kind = ? AND id = ?",
                (document.changed, kind, document.id),
            )

    def keep_only(self, kind: str, ids: Iterable[str]) -> None:
        """Drop sent documents of a kind that the server no longer has."""
        kept = set(ids)
        with self._transaction() as database:
            for row in database.execute(
                "SELECT id FROM document WHERE kind = ? AND sent >= changed", (kind,)
            ).fetchall():
                if row["id"] not in kept:
                    database.execute("DELETE FROM document WHERE kind = ? AND id = ?", (kind, row["id"]))

    # Notices and notes

    def tell(self, at: datetime) -> None:
        """A notice was shown."""
        with self._transaction() as database:
            database.execute("INSERT OR IGNORE INTO told (at) VALUES (?)", (at.isoformat(),))

    def told_s_ago(self, now: datetime) -> list[float]:
        """How long ago each notice of the last hour was shown, in seconds."""
        ages = ((now - instant_of(row["at"])).total_seconds() for row in self._rows("SELECT at FROM told"))
        return sorted(age for age in ages if 0 <= age <= 3600)  # noqa: PLR2004 - an hour

    def note(self, name: str, value: Any) -> None:
        """Keep a small fact: a wish, the newest settings, what is going on."""
        self._writes += 1
        with self._transaction() as database:
            database.execute(
                "INSERT INTO note (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, json.dumps(value)),
            )

    def noted(self, name: str) -> Any:
        """The fact of that name, None when there is none."""
        rows = self._rows("SELECT value FROM note WHERE name = ?", name)
        return json.loads(rows[0]["value"]) if rows else None

    def status(self, facts: Mapping[str, Any]) -> None:
        """Keep what is going on, which is nobody's wish: the agent itself does not read it."""
        with self._transaction() as database:
            database.execute("INSERT OR REPLACE INTO note (name, value) VALUES ('status', ?)", (json.dumps(facts),))

    def renote(self, name: str, before: Any, after: Any) -> bool:
        """Change a fact unless somebody else has changed it since it was read as ``before``."""
        with self._transaction() as database:
            changed = database.execute(
                "UPDATE note SET value = ? WHERE name = ? AND value = ?", (json.dumps(after), name, json.dumps(before))
            )
        return changed.rowcount == 1

    def state(self) -> tuple[int, int]:
        """Differs once anything but minutes was written, here or by another program; asking costs next to nothing."""
        return int(self._rows("PRAGMA data_version")[0][0]), self._writes

    def forget_everything(self) -> None:
        """The computer is no longer paired: nothing about the person stays on it."""
        with self._transaction() as database:
            for table in ("minute", "document", "told", "note"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables
        with self._lock:
            self._database.execute("VACUUM")


_TOTAL: Final = "(" + " + ".join(f"{name}_ms" for name in PARTS) + ")"
_WAITS: Final = f"{_TOTAL} > sent_ms AND {_TOTAL} >= 500"
"""Less than half a second rounds to an empty minute, which the server does not take."""


def _add(database: sqlite3.Connection, at: str, part: Part) -> None:
    database.execute("INSERT OR IGNORE INTO minute (at) VALUES (?)", (at,))
    row = database.execute("SELECT * FROM minute WHERE at = ?", (at,)).fetchone()
    room_ms = MINUTE_MS - sum(row[f"{name}_ms"] for name in PARTS)
    fitting = part.cut(room_ms)
    database.execute(
        "UPDATE minute SET comfort_ms = comfort_ms + ?, slouch_ms = slouch_ms + ?, away_ms = away_ms + ?,"
        " unknown_ms = unknown_ms + ?, changes = changes + ?, stands = stands + ?, still_s = ?,"
        " movement_sum = movement_sum + ?, score_sum = score_sum + ?, score_ms = score_ms + ?,"
        " view = coalesce(?, view), baseline_id = coalesce(?, baseline_id), refused = NULL WHERE at = ?",
        (
            fitting.comfort_ms, fitting.slouch_ms, fitting.away_ms, fitting.unknown_ms, part.changes, part.stands,
            part.still_s, fitting.movement_sum, fitting.score_sum, fitting.score_ms, part.view, part.baseline_id, at,
        ),
    )  # fmt: skip


def _part_of(row: sqlite3.Row) -> Part:
    return Part(**{name: row[name] for name in Part.__dataclass_fields__})


def _as_minute(row: sqlite3.Row) -> dict[str, Any]:
    return {"at": row["at"], **_part_of(row).as_document()}
