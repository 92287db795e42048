"""What watches in these tests: minutes and baselines with complete defaults, and a program with a token."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tracker.db import Session
from tracker.posture.models import PostureMinute


def stamp(at: datetime) -> str:
    """An instant as a program writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def minute(at: datetime, **fields: Any) -> dict[str, Any]:
    """A minute in comfort."""
    return {
        "at": stamp(at),
        "comfort_s": 60,
        "slouch_s": 0,
        "away_s": 0,
        "unknown_s": 0,
        "changes": 1,
        "stands": 0,
        "movement": 0.25,
        "still_s": 300,
        "score": 88,
        "view": "front",
        "baseline_id": None,
        **fields,
    }


def minutes(first: datetime, count: int, **fields: Any) -> list[dict[str, Any]]:
    return [minute(first + timedelta(minutes=number), **fields) for number in range(count)]


def upload(watcher: str, *told: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"watcher": watcher, "version": "1.2.0", "minutes": list(told), **fields}


def baseline(made_at: datetime, **fields: Any) -> dict[str, Any]:
    """A calibration of a place called Desk."""
    return {
        "id": str(uuid.uuid4()),
        "place": str(uuid.uuid4()),
        "name": "Desk",
        "camera": "Built-in camera",
        "view": "front",
        "confidence": "normal",
        "made_at": stamp(made_at),
        "document": {"version": 1, "engine_version": "1.2.0", "view": "front", "tall": [0.4, 1.2], "width": 640},
        **fields,
    }


@dataclass
class Program:
    """`tracker watch` as far as the server sees it: a token and no cookies."""

    client: FlaskClient
    database: Session
    watcher: str
    token: str | None = None

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def get(self, path: str, **how: Any) -> TestResponse:
        self.database.commit()
        return self.client.get(path, headers=self._headers(), **how)

    def post(self, path: str, document: Any = None, **how: Any) -> TestResponse:
        self.database.commit()
        return self.client.post(path, json=document, headers={**self._headers(), **how.pop("headers", {})}, **how)

    def pair(self, code: str, **fields: Any) -> TestResponse:
        document = {"code": code, "name": "Ada's laptop", "watcher": self.watcher, "version": "1.2.0", **fields}
        answer = self.post("/api/watch/pair", document)
        if answer.status_code == 201:
            self.token = answer.get_json()["token"]
        return answer

    def tell(self, *told: dict[str, Any]) -> TestResponse:
        return self.post("/api/watch/minutes", upload(self.watcher, *told))


def stored(database: Session) -> list[PostureMinute]:
    """Every minute of the table, in the order of time."""
    database.commit()
    return list(database.scalars(select(PostureMinute).order_by(PostureMinute.starts_at, PostureMinute.watcher_id)))
