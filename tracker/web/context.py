"""What a request can ask for: its database session, its instant, who is signed in, the settings.

The database session opens on first use and is rolled back and closed at the end of the request; a view commits what
it changed. A page leaves an audit line about a patient's record without thinking of it: on a successful GET that line
is committed here. An answer that refuses what was sent, or asks once more, shows the record as well; there, what was
not committed is undone and the look alone is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from flask import Flask, Response, current_app, g, request
from flask_login import UserMixin, current_user
from werkzeug.exceptions import Unauthorized

from tracker.accounts.access import keep_looks

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.engine import Engine
    from sqlalchemy.orm import sessionmaker

    from tracker.accounts.models import Person, SignInSession
    from tracker.accounts.service import Passwords
    from tracker.clock import Clock
    from tracker.db import Session
    from tracker.settings import Settings

_KEY = "rhomboid"
_FIRST_ERROR_STATUS = 400
_SHOWS_NOTHING = frozenset({400, 401, 403, 404, 500})
"""Answers that are pages of errors: nobody's record is on them."""


@dataclass(frozen=True, slots=True)
class Services:
    """What `create_app` wires together. Nothing in it remembers anything that matters."""

    settings: Settings
    clock: Clock
    engine: Engine
    sessions: sessionmaker[Session]
    passwords: Passwords
    consent_withdrawn: tuple[Callable[[Session, uuid.UUID, str, datetime], None], ...] = field(default=())
    """Called in the same transaction when a person takes a consent back."""
    password_changed: tuple[Callable[[Session, uuid.UUID, datetime], None], ...] = field(default=())
    """Called in the same transaction when a person has a new password: what else was let in with the old one ends."""
    record_changed: tuple[Callable[[Session, uuid.UUID, datetime], None], ...] = field(default=())
    """Called in the same transaction, with the patient's id, when the diary or a session has told something new."""
    cautions_since: Callable[[Session, uuid.UUID], Mapping[str, datetime | None]] = field(
        default=lambda _session, _id: {}
    )
    """The caution flags that a person has told of, and since when; None where that is not known."""
    bests_of: Callable[[Session, uuid.UUID, datetime], Mapping[str, Mapping[str, float]]] = field(
        default=lambda _session, _id, _at: {}
    )
    """How far a person got lately, in degrees by exercise and side."""
    counts: Mapping[str, Callable[[Session, Person, datetime], int]] = field(default_factory=dict)
    """What waits for somebody behind an entry of the menu, by the entry's endpoint."""


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """The person behind a request and the sign-in session that proves it."""

    person: Person
    session: SignInSession
    person_id: str
    """Known without asking the database, which may be what has just failed."""

    def get_id(self) -> str:
        return self.person_id


def services() -> Services:
    """What this application was wired with."""
    return cast("Services", current_app.extensions[_KEY])


def services_of(app: Flask) -> Services:
    """What an application was wired with, outside a request."""
    return cast("Services", app.extensions[_KEY])


def settings() -> Settings:
    return services().settings


def db() -> Session:
    """The database session of this request."""
    if "db" not in g:
        g.db = services().sessions()
    return cast("Session", g.db)


def now() -> datetime:
    """The instant of this request: the same for everything it does."""
    if "now" not in g:
        g.now = services().clock.now()
    return cast("datetime", g.now)


def signed_in() -> SignedIn | None:
    """Who is signed in, or None. Decided once, before the view runs."""
    return current_user._get_current_object() if current_user.is_authenticated else None  # noqa: SLF001  # the way out of the proxy


def viewer_or_none() -> Person | None:
    found = signed_in()
    return found.person if found else None


def viewer() -> Person:
    """The person who is signed in. Raises 401 where nobody is, which a guarded page never sees."""
    found = viewer_or_none()
    if found is None:
        raise Unauthorized
    return found


def person_id_or_none() -> str | None:
    """Who is signed in, for the log. Does not look again where nobody looked: the database may be what failed."""
    found = signed_in() if "_login_user" in g else None
    return found.person_id if found else None


def record_changed(patient_id: uuid.UUID) -> None:
    """Let whoever watches over a patient's record look at it again, in the transaction that changed it."""
    for watcher in services().record_changed:
        watcher(db(), patient_id, now())


def password_changed(person_id: uuid.UUID) -> None:
    """End what was let in with the password that this person had until now."""
    for effect in services().password_changed:
        effect(db(), person_id, now())


def abandon() -> None:
    """Give up what this request has done to the database; afterwards it can be asked again."""
    session: Session | None = g.get("db")
    if session is not None:
        session.rollback()


def wants_json() -> bool:
    """Whether this request expects JSON rather than a page."""
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def init_context(app: Flask, wired: Services) -> None:
    """Give the application its services and close what a request opened."""
    app.extensions[_KEY] = wired

    @app.after_request
    def keep_what_was_read(response: Response) -> Response:
        session: Session | None = g.get("db")
        if session is None or response.status_code in _SHOWS_NOTHING:
            return response
        reading = request.method in {"GET", "HEAD"} and response.status_code < _FIRST_ERROR_STATUS
        if reading and session.in_transaction():
            session.commit()
        elif not reading and "Location" not in response.headers:
            keep_looks(session)
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        session: Session | None = g.pop("db", None)
        if session is not None:
            session.close()
