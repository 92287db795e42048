"""`tracker audit`: seal the audit trail, and check that it is whole."""

from __future__ import annotations

import sys

import click

from tracker.accounts import trail_service
from tracker.clock import SystemClock
from tracker.db import sessions_from
from tracker.settings import Settings, SettingsError

_FLAWS = {
    "changed": "lines were changed",
    "removed": "lines are missing",
    "no_seal": "the seal is missing, or does not follow the one before",
    "late": "a line says that it is older than it can be",
}


@click.group("audit")
def audit() -> None:
    """Seal the audit trail, and check that it is whole."""


def _settings() -> Settings:
    try:
        return Settings.load()
    except SettingsError as error:
        click.echo("\n".join(error.problems), err=True)
        sys.exit(2)


@audit.command("verify")
def verify() -> None:
    """Check every seal. Exit code 1: the trail is not what it was. Keep the last seal elsewhere: it shows a cut end."""
    settings = _settings()
    with sessions_from(settings) as sessions, sessions() as session:
        found = trail_service.verify(session, settings)
    click.echo(f"{found.lines} lines under {found.seals} seals, {found.unsealed} not sealed yet.")
    if found.newest is not None:
        click.echo(f"Newest seal: {found.newest[0]} {found.newest[1]}")
    for each in found.flaws:
        place = "" if each.position is None else f", place {each.position}"
        click.echo(f"Seal {each.seal}{place}: {_FLAWS[each.key]}.", err=True)
    if not found.whole:
        sys.exit(1)
    click.echo("The trail is whole." if found.seals else "Nothing is sealed yet, so there is nothing to check.")


@audit.command("seal")
def seal() -> None:
    """Seal what has no seal yet; the heartbeat does this every ten minutes."""
    settings = _settings()
    with sessions_from(settings) as sessions, sessions.begin() as session:
        sealed = trail_service.seal(session, SystemClock().now(), settings=settings)
    click.echo(f"{sealed} lines sealed.")
