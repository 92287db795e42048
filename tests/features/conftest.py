"""An application on a database of its own, a clock that stands still, people, and browsers for them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy.orm import sessionmaker
from werkzeug.test import TestResponse

from tracker import schema
from tracker.accounts import service, sign_in_service
from tracker.accounts.models import CareLink, Clinic, Consent, Person, Role
from tracker.accounts.service import Passwords
from tracker.accounts.sign_in_service import Lifetimes
from tracker.app import create_app
from tracker.clock import FixedClock
from tracker.db import Session, blind_index, create_engine_from, session_factory
from tracker.regimen.models import Standing
from tracker.settings import Settings
from tracker.web.context import services_of

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PASSWORD = "six quiet herons"
KEYS = {
    "TRACKER_SIGNING_KEYS": "s" * 40,
    "TRACKER_FIELD_KEYS": "A" * 43 + "=",
    "TRACKER_INDEX_KEY": "B" * 43 + "=",
    # As cheap as argon2 goes: what is tested is that it is used, not that it is slow.
    "TRACKER_PASSWORD_MEMORY_KIB": "64",
    "TRACKER_PASSWORD_ROUNDS": "1",
}


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database with all tables, made once by the migrations and copied for each test."""
    folder = tmp_path_factory.mktemp("migrated")
    schema.migrate(Settings.load({"TRACKER_DATA": str(folder), **KEYS}))
    return folder / "rhomboid.sqlite3"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def environ(request: pytest.FixtureRequest, tmp_path: Path, migrated_file: Path) -> dict[str, str]:
    """Settings for a migrated database: a test that asks for it runs once on each engine."""
    found = {"TRACKER_DATA": str(tmp_path), **KEYS}
    if request.param == "postgresql":
        found["DATABASE_URL"] = request.getfixturevalue("postgres_url")
        schema.migrate(Settings.load(found))
    else:
        shutil.copy(migrated_file, tmp_path / "rhomboid.sqlite3")
    return found


@pytest.fixture
def sessions(environ: dict[str, str]) -> Iterator[sessionmaker[Session]]:
    """Sessions on the database of `environ`."""
    engine = create_engine_from(Settings.load(environ))
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def settings(tmp_path: Path, migrated_file: Path) -> Settings:
    shutil.copy(migrated_file, tmp_path / "rhomboid.sqlite3")
    return Settings.load({"TRACKER_DATA": str(tmp_path), **KEYS})


@pytest.fixture
def clock() -> FixedClock:
    """Noon in UTC on a Tuesday; `clock.advance(timedelta(...))` moves it."""
    return FixedClock(NOON)


@pytest.fixture
def new_app(settings: Settings, clock: FixedClock, compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    """An application for this test alone, which may add to it."""
    made = _wired(settings, clock, compiled_templates)
    yield made
    services_of(made).engine.dispose()


def _wired(settings: Settings, clock: FixedClock, compiled_templates: FileSystemBytecodeCache) -> Flask:
    made = create_app(settings, clock=clock)
    made.testing = True
    made.jinja_env.bytecode_cache = compiled_templates
    return made


@pytest.fixture(scope="session")
def wired_apps() -> dict[Settings, Flask]:
    """Applications by the settings they were wired with, but for the folder of their data."""
    return {}


@pytest.fixture
def app(
    settings: Settings,
    clock: FixedClock,
    compiled_templates: FileSystemBytecodeCache,
    wired_apps: dict[Settings, Flask],
) -> Iterator[Flask]:
    """The application, on this test's database and clock. Wiring it takes longer than most tests do, because of its
    many routes; so it is wired once, and each test brings services of its own: nothing else in it knows the folder or
    the clock.
    """
    nowhere = replace(settings, data_folder=Path(), database_url="", vapid_key="")
    if nowhere not in wired_apps:
        wired_apps[nowhere] = _wired(settings, clock, compiled_templates)
        services_of(wired_apps[nowhere]).engine.dispose()
    made = wired_apps[nowhere]
    engine = create_engine_from(settings)
    # `init_context` keeps the services here; tests/features/test_attacks.py breaks them in the same way.
    made.extensions["rhomboid"] = replace(
        services_of(made),
        settings=settings,
        clock=clock,
        engine=engine,
        sessions=session_factory(engine),
        passwords=Passwords(settings),
    )
    made.testing = True
    yield made
    engine.dispose()


@pytest.fixture
def database(app: Flask) -> Iterator[Session]:
    """A session beside the application's own, for preparing and looking. Browsers commit it before each request, so
    that they see what was prepared and the test sees afterwards what they did.
    """
    with session_factory(services_of(app).engine, reads_only=True)(expire_on_commit=True) as session:
        yield session


@dataclass
class People:
    """Makes people with complete defaults and commits them."""

    session: Session
    passwords: Passwords
    at: datetime
    numbers: Iterator[int]

    def clinic(self, **fields: Any) -> Clinic:
        clinic = Clinic(
            **{"name": "Practice by the river", "time_zone": "Europe/Berlin", "created_at": self.at, **fields}
        )
        self.session.add(clinic)
        self.session.commit()
        return clinic

    def person(self, role: str, clinic: Clinic | None = None, **fields: Any) -> Person:
        number = next(self.numbers)
        email = fields.pop("email", f"{role}{number}@example.org")
        password = fields.pop("password", PASSWORD)
        person = Person(
            **{
                "clinic": clinic or self.clinic(),
                "role": role,
                "name": f"{role.capitalize()} {number}",
                "email": email,
                "email_hash": blind_index(self.session, email) if email else None,
                "password_hash": self.passwords.hash(password),
                "time_zone": "Europe/Berlin",
                "created_at": self.at,
                **fields,
            }
        )
        self.session.add(person)
        self.session.commit()
        return person

    def physio(self, clinic: Clinic | None = None, **fields: Any) -> Person:
        return self.person(Role.PHYSIO, clinic, **fields)

    def admin(self, clinic: Clinic | None = None, **fields: Any) -> Person:
        return self.person(Role.ADMIN, clinic, **{"is_admin": True, **fields})

    def patient(
        self,
        physio: Person | None = None,
        *,
        clinic: Clinic | None = None,
        consents: tuple[str, ...] = ("camera", "landmarks", "sharing"),
        intake_done: bool = True,
        **fields: Any,
    ) -> Person:
        """A patient; with `physio`, in their clinic and care. `intake_done`: the red-flag screen has been answered, so
        that exercises may be started.
        """
        patient = self.person(Role.PATIENT, clinic or (physio.clinic if physio else None), **fields)
        if physio is not None:
            self.session.add(CareLink(patient_id=patient.id, physio_id=physio.id, since=self.at))
        self.session.add_all(Consent(person_id=patient.id, kind=kind, granted_at=self.at) for kind in consents)
        if intake_done:
            at = self.at
            self.session.add(Standing(patient_id=patient.id, since=at, evaluated_at=at, intake_done=True))
        self.session.commit()
        return patient

    def care(self, patient: Person, physio: Person, **fields: Any) -> CareLink:
        """A care link; `until=` for one that has ended."""
        link = CareLink(**{"patient_id": patient.id, "physio_id": physio.id, "since": self.at, **fields})
        self.session.add(link)
        self.session.commit()
        return link

    def solo(self, **fields: Any) -> Person:
        return self.patient(consents=("camera", "landmarks"), **{"solo": True, **fields})


@pytest.fixture
def people(app: Flask, database: Session, clock: FixedClock) -> People:
    return People(database, services_of(app).passwords, clock.now(), count(1))


class Browser:
    """A browser: keeps cookies, says where its requests come from, and sends the form token of the last page."""

    def __init__(self, client: FlaskClient, database: Session) -> None:
        self.client = client
        self.database = database
        self.headers = {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}

    def get(self, path: str, **how: Any) -> TestResponse:
        self.database.commit()
        return self.client.get(path, **how)

    def token(self) -> str:
        """The form token, as a page of ours shows it."""
        page = self.get("/no-such-page").text
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found is not None
        return found.group(1)

    def post(self, path: str, data: dict[str, Any] | None = None, **how: Any) -> TestResponse:
        """Send a form; the token is added unless `data` has one."""
        fields = {"csrf_token": self.token(), **(data or {})}
        return self.client.post(path, data=fields, headers={**self.headers, **how.pop("headers", {})}, **how)

    def post_json(self, path: str, document: Any, **how: Any) -> TestResponse:
        headers = {**self.headers, "X-CSRF-Token": self.token(), **how.pop("headers", {})}
        return self.client.post(path, json=document, headers=headers, **how)


@pytest.fixture
def anonymous(app: Flask, database: Session) -> Browser:
    return Browser(app.test_client(), database)


@pytest.fixture
def signed_in(app: Flask, database: Session, settings: Settings, clock: FixedClock) -> Callable[[Person], Browser]:
    """`signed_in(person)`: a browser in which this person is signed in."""

    def open_browser(person: Person) -> Browser:
        _, token = sign_in_service.start(
            database, person, device="Firefox · Linux", at=clock.now(), lifetimes=Lifetimes.from_settings(settings)
        )
        database.commit()
        browser = Browser(app.test_client(), database)
        browser.client.set_cookie("rhomboid_sign_in", token)
        return browser

    return open_browser


@pytest.fixture
def set_up_token(app: Flask, clock: FixedClock) -> str:
    """The token of the set-up link of the empty installation."""
    with services_of(app).sessions.begin() as session:
        token = service.renew_set_up_link(session, clock.now())
    assert token is not None
    return token
