"""`tracker records export` and `tracker records import`: a person's complete record out of one installation and into
another.

For whoever runs the installation. Results go to a file, everything else to stderr. Exit codes: 0 done, 1 refused
(nothing was changed), 2 wrong settings or arguments. What is printed holds no name and nothing that was told.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn
from uuid import UUID

import click

from tracker.accounts import service as accounts
from tracker.accounts.models import Clinic, Person, Role
from tracker.accounts.rules import normal_email
from tracker.clock import SystemClock
from tracker.db import sessions_from
from tracker.records import import_service, json_service
from tracker.records.errors import RefusedRecordError
from tracker.records.rules_import import LARGEST_FILE
from tracker.records.tables import PERSON
from tracker.settings import Settings, SettingsError

if TYPE_CHECKING:
    from datetime import datetime

    from tracker.db import Session
    from tracker.records.import_service import Imported
    from tracker.records.rules_import import Incoming

_PRIVATE_UMASK: Final = 0o077


@click.group("records")
def records() -> None:
    """Take a patient's complete record along, or bring it in."""


@records.command("export")
@click.argument("whom", metavar="EMAIL|ID")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def export_command(whom: str, file: Path) -> None:
    """Write the complete record of the patient with this address (or id) into a new FILE.

    It holds everything that is stored about them, in clear. A file that exists is not overwritten.
    """
    settings = _settings()
    at = SystemClock().now()
    with sessions_from(settings) as sessions, sessions() as session:
        json_service.snapshot(session)
        patient = _patient(session, whom)
        try:
            with file.open("x", encoding="utf-8") as out:
                out.writelines(json_service.pieces(session, patient, at))
        except FileExistsError:
            _refuse(f"{file} exists already. An export never overwrites anything.")
        accounts.record_audit(session, actor=None, patient=patient, action="record.exported", subject="json", at=at)
        session.commit()
    click.echo(f"Written to {file}. It holds everything in clear: keep it as safe as the record itself.", err=True)


@records.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--physio", "email", metavar="EMAIL", help="Who cares for them from now on; their clinic takes them in.")
@click.option("--alone", is_flag=True, help="For somebody without a physiotherapist, into an empty installation.")
def import_command(file: Path, email: str | None, *, alone: bool) -> None:
    """Bring the record in FILE (of `tracker records export`, or downloaded by the patient) into this installation.

    All of it or nothing. Who the record names (who wrote, decided, corrected) becomes a closed account of the clinic.
    """
    if (email is None) is not alone:
        raise click.UsageError("Say either --physio EMAIL or --alone.")
    settings = _settings()
    at = SystemClock().now()
    try:
        incoming = import_service.understood(_content(file))
        with sessions_from(settings) as sessions, sessions.begin() as session:
            done = _take_in_alone(session, incoming, at) if email is None else _take_in(session, incoming, email, at)
            token = accounts.invite_to_reset(
                session, actor=None, whom=done.person, at=at, lifetime=settings.invitation_lifetime
            )
    except RefusedRecordError as error:
        _refuse(f"Nothing was imported. {error}.")
    click.echo(
        f"Imported as {done.person.id}: {done.rows} rows; {done.people} closed accounts for who is named.", err=True
    )
    if done.open_alerts:
        click.echo(f"{done.open_alerts} alerts are open. They are in the physiotherapist's list now.", err=True)
    click.echo("They choose a password with this link, which works once:", err=True)
    click.echo(f"{settings.base_url}/invitation/{token}")


def _take_in(session: Session, incoming: Incoming, email: str, at: datetime) -> Imported:
    address = normal_email(email)
    physio = accounts.person_by_email(session, address) if address else None
    if physio is None or physio.role != Role.PHYSIO or not physio.active:
        _refuse("There is no physiotherapist with this address.")
    return import_service.take_in(session, incoming, clinic=physio.clinic, physio=physio, at=at)


def _take_in_alone(session: Session, incoming: Incoming, at: datetime) -> Imported:
    if not accounts.is_empty(session):
        _refuse("There are people here already. --alone is for an empty installation.")
    row = incoming.rows[PERSON][0]
    household = Clinic(name=row["name"], time_zone=row["time_zone"], created_at=at)
    session.add(household)
    session.flush()
    return import_service.take_in(session, incoming, clinic=household, physio=None, at=at)


def _patient(session: Session, whom: str) -> Person:
    address = normal_email(whom)
    found = accounts.person_by_email(session, address) if address else None
    if found is None:
        try:
            found = accounts.person(session, UUID(whom))
        except ValueError:
            found = None
    if found is None or found.role != Role.PATIENT:
        _refuse("There is no patient with this address or id.")
    return found


def _content(file: Path) -> bytes:
    # One byte more than is taken: a file that is too large is refused without being read to its end.
    with file.open("rb") as source:
        return source.read(LARGEST_FILE + 1)


def _settings() -> Settings:
    if os.name == "posix":
        os.umask(_PRIVATE_UMASK)
    try:
        return Settings.load()
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"Setting {problem}.", err=True)
        sys.exit(2)


def _refuse(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(1)
