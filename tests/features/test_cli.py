from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import urllib.request

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from tracker.accounts.models import Person
from tracker.cli import main
from tracker.db import sessions_from
from tracker.settings import Settings


@pytest.fixture
def run(tmp_path, monkeypatch):
    """`run("migrate")`: a command with its own data folder; gives click's result."""
    for name in [name for name in os.environ if name.startswith("TRACKER_") or name == "DATABASE_URL"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRACKER_DATA", str(tmp_path / "data"))
    before = os.umask(0o022)
    yield lambda *arguments: CliRunner().invoke(main, arguments)
    os.umask(before)


def person_in(folder, **fields):
    """Somebody in the database of this folder."""
    settings = Settings.load({"TRACKER_DATA": str(folder)})
    with sessions_from(settings) as sessions, sessions.begin() as session:
        from tracker.accounts import service
        from tracker.clock import SystemClock

        at = SystemClock().now()
        token = service.renew_set_up_link(session, at)
        who = service.Newcomer("Jo", fields.get("email"), "UTC")
        service.set_up_solo(session, token, who=who, hashed="x", at=at)


def test_help_lists_everything_without_loading_the_pose_model():
    script = "import sys; from tracker.cli import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    for command in ("serve", "scheduler", "migrate", "demo", "analyze", "camera", "settings", "backup", "assets"):
        assert f"\n  {command} " in done.stdout
    loaded = done.stdout.rpartition("\n")[0].splitlines()[-1].split()
    assert not {"mediapipe", "cv2", "numpy", "scipy", "sqlalchemy", "flask"} & set(loaded)


def test_migrating_makes_a_private_database(run, tmp_path):
    result = run("migrate")
    assert result.exit_code == 0, result.output
    database = tmp_path / "data" / "rhomboid.sqlite3"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert run("migrate", "--to", "base").exit_code == 0


def test_a_bad_setting_is_explained(run, monkeypatch):
    monkeypatch.setenv("TRACKER_PORT", "many")
    result = run("migrate")
    assert result.exit_code == 2
    assert "TRACKER_PORT must be a whole number" in result.output


def test_settings_are_listed_without_secrets(run, tmp_path):
    rows = {row["env"]: row for row in json.loads(run("settings", "--json").output)}
    assert rows["TRACKER_DATA"]["source"] == "environment"
    assert rows["TRACKER_FIELD_KEYS"]["value"] is None
    shown = run("settings").output
    assert "TRACKER_PORT" in shown
    key = (tmp_path / "data" / "secrets" / "field-keys").read_text().strip()
    assert key not in shown


def test_a_slip_of_the_pen_is_mentioned(run, monkeypatch):
    monkeypatch.setenv("TRACKER_PROT", "80")
    assert "TRACKER_PROT is set but is no setting" in run("migrate").output


def test_a_reset_link_for_an_address_or_the_lone_person(run, tmp_path):
    run("migrate")
    assert run("reset-link", "nobody@example.org").exit_code == 1
    person_in(tmp_path / "data")
    assert re.fullmatch(r"http://127\.0\.0\.1:8000/invitation/\S{43}\n", run("reset-link").output)


def test_keys_are_rotated(run, tmp_path):
    run("migrate")
    person_in(tmp_path / "data", email="jo@example.org")
    keys = tmp_path / "data" / "secrets" / "field-keys"
    fresh = Fernet.generate_key().decode()
    keys.write_text(f"{fresh}\n{keys.read_text()}")
    assert "are encrypted" in run("rotate-keys").output
    keys.write_text(f"{fresh}\n")
    with sessions_from(Settings.load({"TRACKER_DATA": str(tmp_path / "data")})) as sessions, sessions() as session:
        assert session.query(Person).one().email == "jo@example.org"


def test_a_backup_can_be_used_as_a_data_folder_and_is_never_overwritten(run, tmp_path):
    assert run("backup", str(tmp_path / "copy")).exit_code == 1
    run("migrate")
    person_in(tmp_path / "data")
    assert run("backup", str(tmp_path / "copy")).exit_code == 0
    with sessions_from(Settings.load({"TRACKER_DATA": str(tmp_path / "copy")})) as sessions, sessions() as session:
        assert session.query(Person).one().name == "Jo"
    assert run("backup", str(tmp_path / "copy")).exit_code == 1


def test_the_demo_keeps_its_hands_off_real_data(run, tmp_path):
    run("migrate")
    person_in(tmp_path / "data")
    result = run("demo", "--prepare-only")
    assert result.exit_code == 1
    assert "holds real data" in result.output


def test_serving_creates_the_database_prints_the_link_once_and_stops_politely(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")},
        "TRACKER_DATA": str(tmp_path / "data"),
        "TRACKER_PORT": str(port),
        "PYTHONUNBUFFERED": "1",
    }
    server = subprocess.Popen(
        [sys.executable, "-m", "tracker.cli", "serve"], env=environ, stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    try:
        lines = []
        while not lines or not lines[-1].startswith("Stop it"):
            line = server.stdout.readline()
            assert line, "the server ended early"
            lines.append(line)
        assert f"Rhomboid is at http://127.0.0.1:{port}" in lines[0]
        link = re.search(r"http\S+/set-up/\S+", "".join(lines)).group(0)
        with urllib.request.urlopen(link, timeout=30) as page:
            assert b"Just me" in page.read()
    finally:
        server.send_signal(signal.SIGTERM)
        server.stdout.close()
        assert server.wait(timeout=30) == 0
    with sqlite3.connect(tmp_path / "data" / "rhomboid.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()
