"""A folder that others prepared is not trusted, nor is a file that they put there."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest

from tracker.vision.errors import OutputError
from tracker.vision.watch.errors import ForeignFileError, ForeignFolderError, OpenFolderError, PairingError
from tracker.vision.watch.pairing import Pairing, Places, only_one, read_pairing, write_pairing
from tracker.vision.watch.private import open_private, own_id, private_folder
from tracker.vision.watch.spool import Spool

ME = os.getuid()
SOMEBODY_ELSE = ME + 1
PAIRING = {"server": "https://clinic.example", "token": "t", "watcher": "w", "person": "Jo"}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Places.of(tmp_path / "mine").settings


def test_a_new_folder_and_what_is_kept_in_it_are_for_their_owner_only(tmp_path: Path):
    before = os.umask(0)
    try:
        places = Places.of(tmp_path / "new")
        write_pairing(places.pairing, Pairing(**PAIRING))
        with only_one(places), Spool(places.spool) as spool:
            spool.note("a", 1)
            modes = {path.name: mode_of(path) for path in places.state.iterdir()}
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "new") == 0o700
    assert set(modes.values()) == {0o600}
    assert {"pairing.json", "watch.sqlite3", "watch.sqlite3-wal", "watch.lock"} <= set(modes)


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_a_folder_that_others_may_write_into_is_refused_and_it_is_said_what_to_do(tmp_path: Path, mode: int):
    tmp_path.chmod(mode)
    with pytest.raises(OpenFolderError, match=r"chmod 700 .*or give another one with --folder") as caught:
        Places.of(tmp_path)
    assert caught.value.exit_code == OutputError.exit_code
    tmp_path.chmod(0o755)
    assert Places.of(tmp_path).settings == tmp_path


def test_a_folder_of_somebody_else_is_refused(tmp_path: Path):
    with pytest.raises(ForeignFolderError, match="belongs to another user of this computer"):
        private_folder(tmp_path, SOMEBODY_ELSE)


def test_a_link_is_judged_by_where_it_leads(tmp_path: Path):
    there, link = tmp_path / "there", tmp_path / "link"
    there.mkdir()
    link.symlink_to(there)
    assert Places.of(link) == Places(there, there)  # so that turning the link round later changes nothing
    there.chmod(0o777)
    with pytest.raises(OpenFolderError):
        Places.of(link)
    with pytest.raises(ForeignFolderError):
        private_folder(link, SOMEBODY_ELSE)


def test_where_users_have_no_numbers_nobody_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delattr(os, "getuid")
    tmp_path.chmod(0o777)
    assert own_id() is None
    write_pairing(Places.of(tmp_path).pairing, Pairing(**PAIRING))
    assert read_pairing(Places.of(tmp_path).pairing) == Pairing(**PAIRING)


@pytest.mark.parametrize(
    "server", ["http://clinic.example", "https://me:there@evil.example", "ftp://clinic.example", ""]
)
def test_the_address_in_the_file_is_looked_at_like_one_that_is_typed(folder: Path, server: str):
    file = folder / "pairing.json"
    file.write_text(json.dumps({**PAIRING, "server": server}))
    with pytest.raises(PairingError, match="remove that file, then pair this computer again"):
        read_pairing(file)


@pytest.mark.parametrize("server", ["https://clinic.example", "http://127.0.0.1:8000", "http://localhost:8000"])
def test_an_address_that_may_be_paired_with_may_be_read(folder: Path, server: str):
    file = folder / "pairing.json"
    write_pairing(file, Pairing(**{**PAIRING, "server": server}))
    found = read_pairing(file)
    assert found is not None
    assert found.server == server


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "\x00",
        '{"server": 7}',
        json.dumps({**PAIRING, "token": 7}),
        json.dumps({**PAIRING, "more": ""}),
        "[" * 10**5,
    ],
    ids=range(8),
)
def test_a_file_that_makes_no_sense_is_said(folder: Path, text: str):
    file = folder / "pairing.json"
    file.write_text(text)
    with pytest.raises(PairingError, match="cannot be read"):
        read_pairing(file)


def test_a_pairing_behind_a_link_is_not_read(folder: Path, tmp_path: Path):
    planted = tmp_path / "planted.json"
    planted.write_text(json.dumps(PAIRING))
    (folder / "pairing.json").symlink_to(planted)
    with pytest.raises(PairingError, match="cannot be read"):
        read_pairing(folder / "pairing.json")


def test_what_others_may_write_to_or_own_is_not_read(folder: Path):
    file = folder / "pairing.json"
    file.write_text(json.dumps(PAIRING))
    with pytest.raises(ForeignFileError, match="Remove it"):
        open_private(file, os.O_RDONLY, SOMEBODY_ELSE)
    file.chmod(0o622)
    with pytest.raises(PairingError, match="cannot be read"):
        read_pairing(file)


@pytest.mark.parametrize("name", ["pairing.json", "pairing.partial"])
def test_writing_a_pairing_goes_through_no_link(folder: Path, tmp_path: Path, name: str):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (folder / name).symlink_to(victim)
    write_pairing(folder / "pairing.json", Pairing(**PAIRING))
    assert victim.read_text() == "precious"
    assert read_pairing(folder / "pairing.json") == Pairing(**PAIRING)


def test_neither_spool_nor_lock_goes_through_a_link(folder: Path, tmp_path: Path):
    places = Places(folder, folder)
    for file, victim in ((places.spool, tmp_path / "one"), (places.lock, tmp_path / "two")):
        file.symlink_to(victim)
    with pytest.raises(ForeignFileError):
        Spool(places.spool)
    with pytest.raises(ForeignFileError), only_one(places):
        pass
    assert not (tmp_path / "one").exists()
    assert not (tmp_path / "two").exists()


def test_a_spool_that_others_may_write_to_is_not_used(folder: Path):
    with Spool(folder / "watch.sqlite3") as spool:
        spool.note("a", 1)
    (folder / "watch.sqlite3").chmod(0o666)
    with pytest.raises(ForeignFileError, match="Remove it"):
        Spool(folder / "watch.sqlite3")


def test_no_device_or_queue_is_taken_for_a_file(folder: Path):
    os.mkfifo(folder / "watch.sqlite3", 0o600)
    with pytest.raises(ForeignFileError):
        Spool(folder / "watch.sqlite3")
