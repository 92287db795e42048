"""`tracker audit`: seal the audit trail, and check that it is whole."""

from __future__ import annotations

import re
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
    "not_as_kept": "it is not the seal that was kept",
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


def _kept(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[int, str] | None:
    """A seal as `verify` prints it, with a colon or a space between number and digest."""
    if value is None:
        return None
    number, _mark, digest = value.strip().replace(" ", ":").partition(":")
    if not number.isdecimal() or not re.fullmatch(r"[0-9a-f]{64}", digest.strip().lower()):
        raise click.BadParameter("give it as it was printed, NUMBER:DIGEST, with the 64 characters of the digest.")
    return int(number), digest.strip().lower()


@audit.command("verify")
@click.option("--expect", metavar="NUMBER:DIGEST", callback=_kept, help="A seal that was kept elsewhere, to compare.")
def verify(expect: tuple[int, str] | None) -> None:
    """Check every seal. Exit code 1: the trail is not what it was. Keep the newest seal elsewhere, or the log in which
    each seal stands: it alone shows an end that was cut off, and seals that were all made anew.
    """
    settings = _settings()
    with sessions_from(settings, reads_only=True) as sessions, sessions() as session:
        found = trail_service.verify(session, settings, kept=expect)
    click.echo(f"{found.lines} lines under {found.seals} seals, {found.unsealed} not sealed yet.")
    if found.since is not None:
        click.echo(f"Sealed since {found.since:%Y-%m-%d %H:%M} UTC.")
    if found.sealed_late:
        click.echo(
            f"{found.sealed_late} lines were more than an hour old when they were sealed: as after an update or a stop "
            "of the scheduler."
        )
    if found.newest is not None:
        click.echo(f"Newest seal: {found.newest[0]}:{found.newest[1]}")
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
        made = trail_service.seal(session, SystemClock().now(), settings=settings)
    for each in made:
        click.echo(f"Seal {each.number}:{each.digest}")
    click.echo(f"{sum(each.events for each in made)} lines sealed.")
