"""What every test shares: how the suite is spread over workers, and a PostgreSQL server of its own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

# Several workers share two cores: how long an example takes says nothing about it.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
if not os.environ.get("CI"):  # hypothesis has a profile of its own there, which says the same
    settings.load_profile("shared machine")

_ESTIMATE_POSES = (
    "tests/browser/test_own_exercise.py",
    "tests/browser/test_model_agreement.py",
    "tests/browser/test_posture_",
)


_WALKS = "tests/browser/test_pages.py::test_every_page_is_in_order"
_LONG_WALKS = ("-physio]", "-patient]")
_LONG = (*_ESTIMATE_POSES, _WALKS, "tests/features/test_demo_year.py", "tests/browser/")
"""What takes longest, in this order: begun last, it would be waited for."""


class _OneEstimatorAtATime(LoadFileScheduling):
    """A worker takes a file at a time, and one worker takes all browser tests that estimate poses: two Chromiums that
    both do would starve each other on two cores. (xdist's own `loadgroup` has no effect with pytest 9.2: it writes the
    group into an attribute that pytest no longer reads.) The two longest walks through all pages are apart.
    """

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(_ESTIMATE_POSES):
            return "estimates poses"
        if nodeid.startswith(_WALKS) and nodeid.endswith(_LONG_WALKS):
            return nodeid.rpartition("-")[2]
        return super()._split_scope(nodeid)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first; among equals the order stays."""
    items.sort(key=lambda item: next((n for n, start in enumerate(_LONG) if item.nodeid.startswith(start)), len(_LONG)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadFileScheduling:
    return _OneEstimatorAtATime(config, log)


def _postgres_programs() -> Path | None:
    """The folder with PostgreSQL's server programs: newest Debian package, Homebrew, or whatever is on the path."""
    packaged = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: float(folder.parent.name))
    brewed = sorted(Path("/opt/homebrew/opt").glob("postgresql*/bin"))
    on_path = [Path(found).parent for found in [shutil.which("initdb")] if found]
    return next(
        (folder for folder in [*reversed(packaged), *reversed(brewed), *on_path] if (folder / "initdb").exists()), None
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server for this test run only: own folder, free port on loopback. Gives the URL without database."""
    programs = _postgres_programs()
    if programs is None:
        reason = "PostgreSQL's server programs (initdb, pg_ctl) are not installed"
        if os.environ.get("CI"):
            pytest.fail(f"{reason}; under CI both engines are tested")
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="rhomboid-postgres-"))
    # The server refuses to run as root.
    as_its_user: list[str] = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_its_user = ["runuser", "-u", "postgres", "--"]
    data, port = folder / "data", _free_port()

    def run(*command: str) -> None:
        # The output goes to a file: the server inherits it and would keep a pipe open for ever.
        with (folder.parent / f"{folder.name}.log").open("ab") as log:
            subprocess.run([*as_its_user, *command], check=True, stdout=log, stderr=log, cwd="/", timeout=120)

    run(
        str(programs / "initdb"),
        "-D",
        str(data),
        "-U",
        "tester",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    )
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"
    try:
        run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-t", "60", "-o", options, "start")
        yield f"postgresql+psycopg://tester@127.0.0.1:{port}"
    finally:
        run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)
        (folder.parent / f"{folder.name}.log").unlink()


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """An empty PostgreSQL database for one test."""
    name = f"test_{uuid.uuid4().hex}"
    admin = postgres_server.replace("+psycopg", "") + "/postgres"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield f"{postgres_server}/{name}"
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
