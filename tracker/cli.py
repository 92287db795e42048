"""The command line: `tracker serve`, `migrate`, `analyze` and the others.

Commands import what they need when they run: the program answers `--help` and starts serving without loading the pose
model, and counting a video needs no web server.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import signal
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from tracker.settings import PROJECT_ROOT, Settings, SettingsError, describe, unknown_variables

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import FrameType

    from tracker.reminders.scheduler import Job, Round

_PRIVATE_UMASK: Final = 0o077
_NEWEST: Final = "head"

_ELSEWHERE: Final = {
    "alerts": ("tracker.alerts.commands", "Replay or simulate the rules of escalation."),
    "analyze": ("tracker.vision.commands", "Count an exercise in a video or a landmark track."),
    "camera": ("tracker.vision.commands", "Count an exercise live in front of a local webcam."),
    "evaluate": ("tracker.vision.commands", "Measure the engine on recordings whose truth is known."),
    "evaluate-posture": ("tracker.vision.posture_commands", "Measure the posture coach on labelled recordings."),
    "learn": ("tracker.vision.learning", "Learn an exercise from a demonstration."),
    "audit": ("tracker.accounts.commands", "Seal the audit trail, and check that it is whole."),
    "records": ("tracker.records.commands", "Take a patient's complete record along, or bring it in."),
    "watch": ("tracker.vision.watch_commands", "Watch how you sit at the desk, through this computer's webcam."),
}
"""Commands that live in other rooms and load slow libraries: module, and the sentence for the list."""

_NEED_ALL_TABLES: Final = frozenset({"records"})
"""Commands that work on tables of rooms which theirs does not see."""


class _LazyGroup(click.Group):
    """A group that lists the commands of other rooms without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_ELSEWHERE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _ELSEWHERE:
            return super().get_command(ctx, cmd_name)
        module, _ = _ELSEWHERE[cmd_name]
        if cmd_name in _NEED_ALL_TABLES:
            importlib.import_module("tracker.schema")
        command = getattr(importlib.import_module(module), cmd_name.replace("-", "_"))
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{cmd_name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            own = super().get_command(ctx, name)
            rows.append((name, _ELSEWHERE[name][1] if own is None else own.get_short_help_str(90)))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=_LazyGroup)
def main() -> None:
    """Rhomboid: a physiotherapy exercise and posture tracker."""


def _settings(*, private: bool = True) -> Settings:
    """The settings, or an explanation and exit code 2. What a `private` command writes is for its owner only."""
    if private and os.name == "posix":
        os.umask(_PRIVATE_UMASK)
    try:
        settings = Settings.load()
    except SettingsError as error:
        for problem in error.problems:
            click.echo(f"Setting {problem}.", err=True)
        sys.exit(2)
    for name in unknown_variables():
        click.echo(f"Note: {name} is set but is no setting of this program. See `tracker settings`.", err=True)
    return settings


def _jobs(settings: Settings) -> tuple[Job | Round, ...]:
    from tracker.app import heartbeat

    return heartbeat(settings)


@main.command()
@click.option("--host", help="Address to listen on, instead of TRACKER_HOST.")
@click.option("--port", type=click.IntRange(1, 65_535), help="Port to listen on, instead of TRACKER_PORT.")
def serve(host: str | None, port: int | None) -> None:
    """Serve the application on this machine, with the heartbeat inside."""
    _override(host, port)
    settings = _settings()
    if settings.embedded_database:
        _migrate(settings)
    _serve(settings)


def _override(host: str | None, port: int | None) -> None:
    """Options win over the environment; the addresses that derive from them follow."""
    for name, value in (("TRACKER_HOST", host), ("TRACKER_PORT", port)):
        if value is not None:
            os.environ[name] = str(value)


def _serve(settings: Settings, notes: Iterable[str] = ()) -> None:
    import waitress

    from tracker.app import create_app
    from tracker.clock import SystemClock
    from tracker.reminders.scheduler import start_beside
    from tracker.web.context import services_of
    from tracker.web.logs import configure_logging

    configure_logging(settings)
    app = create_app(settings)
    wired = services_of(app)
    _check_schema(wired.engine)
    try:
        server = waitress.create_server(
            app,
            host=settings.host,
            port=settings.port,
            threads=settings.threads,
            ident=None,
            max_request_body_size=settings.body_limit_bytes + 1,
            clear_untrusted_proxy_headers=settings.proxies == 0,
        )
    except OSError as error:
        click.echo(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
            "Choose another one with --port or TRACKER_PORT.",
            err=True,
        )
        sys.exit(1)
    heart = start_beside(_jobs(settings), wired.sessions, SystemClock()) if settings.heartbeat else None
    click.echo(f"Rhomboid is at {settings.base_url}")
    for note in (*notes, *_set_up_note(settings, wired)):
        click.echo(note)
    click.echo("Stop it with Ctrl+C.")
    signal.signal(signal.SIGTERM, _stop)
    try:
        server.run()
    finally:
        if heart is not None:
            heart.shutdown(wait=False)
        server.close()
        wired.engine.dispose()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """A polite request to end (systemd, docker, make) ends the same way as Ctrl+C."""
    raise SystemExit(0)


def _set_up_note(settings: Settings, wired: Any) -> list[str]:
    """The one-time link, while nobody is set up."""
    from tracker.accounts import service

    with wired.sessions.begin() as session:
        token = service.renew_set_up_link(session, wired.clock.now())
    if token is None:
        return []
    return [f"Nobody is set up yet. Open this link once: {settings.base_url}/set-up/{token}"]


def _check_schema(engine: Any) -> None:
    from tracker import schema

    with engine.connect() as connection:
        if not schema.is_current(connection):
            click.echo("The database does not have the newest tables. Run `tracker migrate` first.", err=True)
            sys.exit(1)


def _migrate(settings: Settings, revision: str = _NEWEST) -> None:
    from tracker import schema

    schema.migrate(settings, revision)


@main.command()
def scheduler() -> None:
    """Run the regular jobs only, beside web processes elsewhere."""
    from tracker.clock import SystemClock
    from tracker.db import sessions_from
    from tracker.reminders.scheduler import run_alone
    from tracker.web.logs import configure_logging

    settings = _settings()
    configure_logging(settings)
    with sessions_from(settings) as sessions:
        click.echo("The heartbeat runs. Stop it with Ctrl+C.")
        signal.signal(signal.SIGTERM, _stop)
        try:
            run_alone(_jobs(settings), sessions, SystemClock())
        except (KeyboardInterrupt, SystemExit):
            click.echo("Stopped.")


@main.command()
@click.option("--to", "revision", default=_NEWEST, show_default=True, help="Revision to go to; 'base' for none.")
def migrate(revision: str) -> None:
    """Bring the database to the tables of this version."""
    _migrate(_settings(), revision)
    click.echo("The database is up to date." if revision == _NEWEST else f"The database is at {revision}.")


@main.command()
@click.option("--port", type=click.IntRange(1, 65_535), help="Port to listen on, instead of TRACKER_PORT.")
@click.option("--prepare-only", is_flag=True, help="Fill the data folder and stop.")
def demo(port: int | None, *, prepare_only: bool) -> None:
    """Serve a believable clinic: fills an empty data folder with made-up people, then serves it."""
    from tracker.accounts import service
    from tracker.clock import SystemClock
    from tracker.db import sessions_from

    _override(None, port)
    settings = _settings()
    _migrate(settings)
    ledger = settings.data_folder / "demo-sign-ins.json"
    with sessions_from(settings) as sessions, sessions() as session:
        empty = service.is_empty(session)
        if not empty and not ledger.exists():
            click.echo(
                f"{settings.data_folder} holds real data. Choose another folder with TRACKER_DATA for the demo.",
                err=True,
            )
            sys.exit(1)
        if empty:
            from tracker.demo import build_demo
            from tracker.demo.crowd import crowd

            click.echo("Making up a clinic, 40 patients with a year and 8 newcomers: two or three minutes ...")
            result = build_demo(session, SystemClock().now(), service.Passwords(settings), crowd=crowd())
            session.commit()
            ledger.write_text(json.dumps(list(result.accounts)), encoding="utf-8")
    accounts = json.loads(ledger.read_text(encoding="utf-8"))
    notes = [
        "Demo sign-ins (made-up people):",
        *(f"  {role:<8} {email}  {secret}  {name}" for role, name, email, secret in accounts),
        "  Everybody else on the list of patients has the same password.",
    ]
    if prepare_only:
        click.echo("\n".join(notes))
        return
    _serve(settings, notes)


@main.command()
def assets() -> None:
    """Build the files that browsers load (style, scripts, models, engine)."""
    from tracker.web.assets import AssetsMissingError, build_assets

    try:
        build_assets(PROJECT_ROOT, _settings(private=False).assets_folder)
    except AssetsMissingError as error:
        click.echo(str(error), err=True)
        sys.exit(1)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def settings(*, as_json: bool) -> None:
    """List every setting with its variable, default and present source. Secrets are not shown."""
    present = _settings()
    rows = describe(present)
    if as_json:
        click.echo(
            json.dumps([{field: getattr(row, field) for field in row.__dataclass_fields__} for row in rows], indent=1)
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("Variable", "Value", "From", "Default", "What it does", show_lines=True)
    for row in rows:
        table.add_row(row.env, row.value if row.value is not None else "(secret)", row.source, row.default, row.about)
    Console(width=max(120, shutil.get_terminal_size().columns)).print(table)


@main.command("reset-link")
@click.argument("email", required=False)
def reset_link(email: str | None) -> None:
    """Print a link for choosing a new password. Without EMAIL: for the one person of a just-me installation."""
    from tracker.accounts import service
    from tracker.accounts.rules import normal_email
    from tracker.clock import SystemClock
    from tracker.db import sessions_from

    present = _settings()
    with sessions_from(present) as sessions, sessions.begin() as session:
        address = normal_email(email) if email else None
        whom = service.person_by_email(session, address) if address else service.lone_person(session)
        if whom is None:
            click.echo("There is nobody with this address.", err=True)
            sys.exit(1)
        at = SystemClock().now()
        token = service.invite_to_reset(session, actor=None, whom=whom, at=at, lifetime=present.invitation_lifetime)
    click.echo(f"{present.base_url}/invitation/{token}")


@main.command("rotate-keys")
def rotate_keys() -> None:
    """Encrypt everything anew with the first key in the field-keys file (add a new one on top of it first)."""
    from tracker.db import reencrypt, sessions_from

    with sessions_from(_settings()) as sessions, sessions.begin() as session:
        rows = reencrypt(session)
    click.echo(f"{rows} rows are encrypted with the newest key. The older keys can be removed now.")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def backup(folder: Path) -> None:
    """Copy the embedded database and its keys into a new FOLDER, while the server may be running."""
    present = _settings()
    if not present.embedded_database:
        click.echo("This database is PostgreSQL: use pg_dump, and copy the secrets folder.", err=True)
        sys.exit(1)
    source = Path(present.database_url.removeprefix("sqlite:///"))
    if not source.is_file():
        click.echo(f"There is no database at {source} yet.", err=True)
        sys.exit(1)
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        click.echo(f"{folder} exists already. A backup never overwrites anything.", err=True)
        sys.exit(1)
    with closing(sqlite3.connect(source)) as original, closing(sqlite3.connect(folder / source.name)) as copy:
        original.backup(copy)
        healthy = copy.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    shutil.copytree(present.data_folder / "secrets", folder / "secrets")
    if not healthy:
        click.echo("The copy failed its check: look at the disk.", err=True)
        sys.exit(1)
    click.echo(f"Backed up to {folder}. It holds the keys as well: keep it as safe as the original.")


if __name__ == "__main__":
    main()
