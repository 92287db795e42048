"""`tracker watch` as a person types it, against the real server."""

from __future__ import annotations

import json
import plistlib
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from tests.browser.house import Account, Clinic, Server, set_up_clinic, start_server, stop_server
from tests.features.watch_house import CLIP, still_recording
from tracker.accounts.models import Person
from tracker.cli import main
from tracker.clock import SystemClock
from tracker.posture import pairing_service
from tracker.posture.models import PostureBaseline, PostureMinute, Watcher
from tracker.settings import PROJECT_ROOT
from tracker.vision.estimator import BUNDLE_FOLDER
from tracker.vision.watch.minutes import Part
from tracker.vision.watch.spool import Spool

needs_model = pytest.mark.skipif(
    not (BUNDLE_FOLDER / "pose_landmarker_lite.task").is_file(), reason="the pose bundles are not built (make setup)"
)
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("DBUS_SESSION_BUS_ADDRESS", "DBUS_SYSTEM_BUS_ADDRESS"):
        monkeypatch.setenv(name, "unix:path=/nowhere")

    def run_it(*words: object) -> Result:
        return CliRunner().invoke(main, ["watch", "--folder", str(tmp_path / "state"), *map(str, words)])

    return run_it


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start_server(tmp_path_factory.mktemp("data"))
    yield running
    stop_server(running)


@pytest.fixture(scope="module")
def clinic(server: Server) -> Clinic:
    return set_up_clinic(server)


@pytest.fixture
def patient(clinic: Clinic) -> Account:
    return clinic.patient()


def code_for(server: Server, account: Account) -> str:
    with server.database() as session:
        code = pairing_service.open_code(session, session.get_one(Person, account.id), SystemClock().now())
        session.commit()
    return code


def status_of(run: Run) -> dict[str, object]:
    result = run("--status", "--json")
    assert result.exit_code == 0
    facts: dict[str, object] = json.loads(result.stdout)
    return facts


@needs_model
def test_paired_calibrated_and_watched_it_is_all_on_the_server(
    run: Run, server: Server, patient: Account, tmp_path: Path
):
    clip = still_recording(tmp_path / "still.avi", seconds=24)
    began = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=30)
    options = ("--source", clip, "--speed", "max", "--no-notices", "--recorded-at", began.isoformat())

    paired = run("--server", server.url, "--pair", code_for(server, patient), *options)
    assert paired.exit_code == 0, paired.output
    assert "is connected with the account of" in paired.stderr
    assert status_of(run)["unsent_minutes"] == 0

    with server.database() as session:
        (minute,) = session.scalars(select(PostureMinute).where(PostureMinute.patient_id == patient.id)).all()
        assert minute.starts_at == began
        assert 21 <= minute.unknown_s + minute.away_s <= 24

    if CLIP.is_file():
        calibrated = run("--calibrate", "--without-slouch", "--place", "My kitchen", *options)
        assert calibrated.exit_code == 0, calibrated.output
        with server.database() as session:
            row = session.scalars(select(PostureBaseline).where(PostureBaseline.patient_id == patient.id)).one()
            assert (row.place_name, row.confidence, row.source) == ("My kitchen", "low", "agent")
        assert status_of(run)["places"] == ["My kitchen"]

    assert run("--leave").exit_code == 0
    with server.database() as session:
        watcher = session.scalars(select(Watcher).where(Watcher.patient_id == patient.id)).one()
        assert watcher.revoked_at is not None
    assert status_of(run)["paired"] is None
    assert status_of(run)["places"] == []


def test_a_code_works_once(run: Run, server: Server, patient: Account, tmp_path: Path):
    code = code_for(server, patient)
    missing = tmp_path / "no.avi"
    assert run("--server", server.url, "--pair", code, "--source", missing).exit_code == 3  # paired, no such recording
    again = run("--server", server.url, "--pair", code)
    assert again.exit_code == 9
    assert "This code does not work" in again.stderr


def test_another_account_on_the_same_computer_starts_with_nothing(
    run: Run, server: Server, clinic: Clinic, tmp_path: Path
):
    first, second = clinic.patient(name="Ada Moss"), clinic.patient(name="Ben Moss")
    run("--server", server.url, "--pair", code_for(server, first), "--source", "/nowhere.avi")
    with Spool(tmp_path / "state" / "watch.sqlite3") as spool:
        spool.add([(datetime(2026, 11, 1, tzinfo=UTC), Part(comfort_ms=60_000))])
    run("--server", server.url, "--pair", code_for(server, second), "--source", "/nowhere.avi")
    assert status_of(run)["unsent_minutes"] == 0


def test_alone_it_says_so_and_names_what_is_wrong(run: Run, tmp_path: Path):
    result = run("--source", tmp_path / "no.avi")
    assert result.exit_code == 3
    assert "This computer is not paired: it watches for you alone" in result.stderr
    assert "there is no such file" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("--server", "https://x"),
        ("--pair", "ABCD"),
        ("--pause", "soon"),
        ("--speed", "0"),
        ("--speed", "fast"),
        ("--recorded-at", "yesterday"),
        ("--recorded-at", "2026-11-26T09:00:00"),
        ("--status", "--pause", "30m"),
        ("--server", "https://x", "--pair", "A", "--leave"),
    ],
)
def test_wrong_words_are_explained(run: Run, words: tuple[str, ...]):
    result = run(*words)
    assert result.exit_code == 2
    assert "Error:" in result.stderr


def test_wishes_without_a_running_agent_wait_for_it(run: Run):
    assert "Not running." in run("--pause", "30m").stdout
    assert "Snoozed until" in run("--snooze", "1h").stdout
    assert "Quiet: nothing is said." in run("--quiet").stdout
    facts = status_of(run)
    assert facts["quiet"]
    assert facts["paused_until"]
    assert facts["snoozed_until"]

    resumed = json.loads(run("--resume", "--json").stdout)

    assert not resumed["quiet"]
    assert resumed["paused_until"] is None
    assert resumed["snoozed_until"] is None


def test_leaving_when_not_paired_is_an_error(run: Run):
    assert run("--leave").exit_code == 9


@pytest.mark.parametrize("text", ["no json", "[]", "{}"])
def test_a_baseline_that_is_none(run: Run, tmp_path: Path, text: str):
    (tmp_path / "baseline.json").write_text(text)
    (tmp_path / "clip.avi").write_text("x")
    result = run("--source", tmp_path / "clip.avi", "--baseline", tmp_path / "baseline.json")
    assert result.exit_code == 3
    assert "this is not a baseline" in result.stderr


GUIDE = (PROJECT_ROOT / "docs" / "desktop.md").read_text(encoding="utf-8")


def block(language: str, marker: str) -> str:
    return next(found for found in re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL) if marker in found)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze")
def test_the_systemd_unit_of_the_guide_is_valid(tmp_path: Path):
    program = tmp_path / "tracker"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "rhomboid-watch.service"
    unit.write_text(block("ini", "[Unit]").replace("/opt/rhomboid/.venv/bin/tracker", str(program)))
    checked = subprocess.run(
        ["systemd-analyze", "--user", "verify", str(unit)],
        capture_output=True, text=True, check=False, env={"XDG_RUNTIME_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    assert "rhomboid-watch.service:" not in checked.stderr, checked.stderr
    assert checked.returncode == 0, checked.stderr


def test_the_launch_agent_of_the_guide_is_a_property_list():
    agent = plistlib.loads(block("xml", "<plist").encode())
    assert agent["ProgramArguments"][-1] == "watch"
    assert agent["RunAtLoad"] is True
    assert agent["KeepAlive"] == {"SuccessfulExit": False}


def test_the_guide_names_every_option_that_a_person_needs():
    shown = CliRunner().invoke(main, ["watch", "--help"]).output
    for option in re.findall(r"--[a-z][a-z-]*", GUIDE):
        assert option in shown or option in {"--user", "--now"}
