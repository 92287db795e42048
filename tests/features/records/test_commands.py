"""`tracker records`: out of one data folder and into another."""

from __future__ import annotations

import json
import os
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from tests.features.conftest import KEYS
from tests.features.records.rich import staff
from tracker.accounts.models import Clinic, Person
from tracker.cli import main
from tracker.db import sessions_from
from tracker.settings import Settings


def run(folder: Path, *arguments: str) -> Any:
    return CliRunner().invoke(main, ["records", *arguments], env={**KEYS, "TRACKER_DATA": str(folder)})


@pytest.fixture
def old(tmp_path: Path, rich_file: tuple[Path, Any]) -> Path:
    folder = tmp_path / "old"
    folder.mkdir()
    shutil.copy(rich_file[0], folder / "rhomboid.sqlite3")
    return folder


@pytest.fixture
def new(tmp_path: Path, migrated_file: Path) -> Path:
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copy(migrated_file, folder / "rhomboid.sqlite3")
    return folder


@pytest.fixture
def with_physio(new: Path, rich_file: tuple[Path, Any]) -> Path:
    with sessions_from(Settings.load({**KEYS, "TRACKER_DATA": str(new)})) as sessions, sessions.begin() as session:
        clinic = Clinic(name="Practice on the hill", created_at=rich_file[1])
        session.add(clinic)
        staff(session, clinic, rich_file[1], email="vera@hill.example")
    return new


def test_a_record_moves(old: Path, with_physio: Path, tmp_path: Path):
    file, again = tmp_path / "record.json", tmp_path / "again.json"
    out = run(old, "export", "ada@example.org", str(file))
    assert out.exit_code == 0, out.output
    assert "Ada" not in out.output
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    done = run(with_physio, "import", str(file), "--physio", "Vera@hill.example")
    assert done.exit_code == 0, done.output
    assert "/invitation/" in done.output
    assert "alerts are open" in done.output
    assert "Ada" not in done.output
    assert run(with_physio, "export", "ada@example.org", str(again)).exit_code == 0
    first, second = (json.loads(path.read_text("utf-8")) for path in (file, again))
    assert {**first, "here": None} == {**second, "here": None}


def test_somebody_alone_starts_an_empty_installation(old: Path, new: Path, tmp_path: Path):
    file = tmp_path / "record.json"
    run(old, "export", "ada@example.org", str(file))
    assert run(new, "import", str(file), "--alone").exit_code == 0
    with sessions_from(Settings.load({**KEYS, "TRACKER_DATA": str(new)})) as sessions, sessions() as session:
        alone = session.scalars(select(Person).where(Person.role == "patient")).one()
        assert alone.solo
        assert alone.clinic.name == alone.name
    refused = run(new, "import", str(file), "--alone")
    assert refused.exit_code == 1
    assert "empty installation" in refused.output


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--physio", "nobody@hill.example"], 1, "no physiotherapist"),
        (["--physio", "not an address"], 1, "no physiotherapist"),
        ([], 2, "Say either"),
        (["--physio", "vera@hill.example", "--alone"], 2, "Say either"),
    ],
)
def test_an_import_says_what_is_missing(with_physio: Path, old: Path, tmp_path: Path, arguments, code, sentence):
    file = tmp_path / "record.json"
    run(old, "export", "ada@example.org", str(file))
    done = run(with_physio, "import", str(file), *arguments)
    assert done.exit_code == code
    assert sentence in done.output


def test_a_broken_file_changes_nothing_and_is_not_quoted(with_physio: Path, tmp_path: Path):
    file = tmp_path / "record.json"
    file.write_text('{"format": "rhomboid-record", "version": 1, "person": "Ada Field"}', encoding="utf-8")
    done = run(with_physio, "import", str(file), "--physio", "vera@hill.example")
    assert done.exit_code == 1
    assert done.output.startswith("Nothing was imported. ")
    assert "Ada" not in done.output


@pytest.mark.parametrize(
    "whom", ["nobody@example.org", "jonas@clinic.example", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "x"]
)
def test_only_patients_are_exported(old: Path, tmp_path: Path, whom):
    done = run(old, "export", whom, str(tmp_path / "record.json"))
    assert done.exit_code == 1
    assert "no patient" in done.output
    assert not (tmp_path / "record.json").exists()


def test_an_export_overwrites_nothing(old: Path, tmp_path: Path):
    file = tmp_path / "record.json"
    file.write_text("mine", encoding="utf-8")
    assert run(old, "export", "ada@example.org", str(file)).exit_code == 1
    assert file.read_text("utf-8") == "mine"
