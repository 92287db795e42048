"""Whose computer this is: the token of the pairing, in a file that only its owner may read.

The folder is the operating system's own place for settings, or the one given with ``--folder``, which then holds the
spool as well; one that others may write into is refused (`private`). The token is as good as a password for minutes and
settings of the desk, and for nothing else. It goes to a server that was looked at when the computer was paired, and is
looked at again whenever the file is read: a file can be changed, and a program may be older than a rule.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Final, Self

import platformdirs

from tracker.vision.errors import OutputError
from tracker.vision.watch.addresses import checked_address
from tracker.vision.watch.errors import ForeignFileError, PairingError, RunningError
from tracker.vision.watch.private import open_private, own_id, private_folder

_APP: Final = "rhomboid"


@dataclass(frozen=True, slots=True)
class Pairing:
    """The account this computer watches for. Raises TypeError for anything but texts: a file may hold whatever."""

    server: str
    token: str
    watcher: str
    person: str

    def __post_init__(self) -> None:
        if not all(isinstance(getattr(self, name), str) for name in self.__slots__):
            raise TypeError("a pairing consists of texts")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the agent keeps its two files and its lock."""

    settings: Path
    state: Path

    @classmethod
    def of(cls, folder: Path | None) -> Self:
        """The folders, made if need be. Raises `OutputError` where they cannot be used, or others may write there."""
        found = (
            cls(folder, folder)
            if folder is not None
            else cls(Path(platformdirs.user_config_dir(_APP)), Path(platformdirs.user_state_dir(_APP)))
        )
        return cls(*(private_folder(each, own_id()) for each in (found.settings, found.state)))

    @property
    def pairing(self) -> Path:
        return self.settings / "pairing.json"

    @property
    def spool(self) -> Path:
        return self.state / "watch.sqlite3"

    @property
    def lock(self) -> Path:
        return self.state / "watch.lock"


def read_pairing(path: Path) -> Pairing | None:
    """The pairing, None when there is none. Raises `PairingError` for a file that makes no sense, that is a link or
    somebody else's, or that names a server to which nothing may be sent.
    """
    try:
        with os.fdopen(open_private(path, os.O_RDONLY, own_id()), encoding="utf-8") as file:
            pairing = Pairing(**json.load(file))
        checked_address(pairing.server)
    except FileNotFoundError:
        return None
    except PairingError as error:
        raise PairingError(
            _("{reason} This address is in {path}: remove that file, then pair this computer again.").format(
                reason=error, path=path
            )
        ) from error
    except (OSError, ValueError, TypeError, RecursionError, ForeignFileError) as error:
        raise PairingError(
            _("{path} cannot be read. Remove it, then pair this computer again.").format(path=path)
        ) from error
    return pairing


def write_pairing(path: Path, pairing: Pairing) -> None:
    """Keep the pairing; the file is private from its first byte on, and complete or not there. Raises `OutputError`."""
    partial = path.with_suffix(".partial")
    try:
        partial.unlink(missing_ok=True)
        # O_EXCL: what lies there is not written to, not even through a link. Renaming replaces a link, too.
        descriptor = open_private(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, own_id())
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(pairing), file)
        partial.replace(path)
    except OSError as error:
        raise OutputError(path, error.strerror or str(error)) from error


def forget_pairing(path: Path) -> None:
    path.unlink(missing_ok=True)


def new_watcher() -> str:
    return str(uuid.uuid4())


def is_running(places: Places) -> bool:
    """Whether an agent holds the lock of these folders."""
    try:
        with only_one(places):
            return False
    except RunningError:
        return True


@contextmanager
def only_one(places: Places) -> Iterator[None]:
    """Be the one agent of these folders. Raises `RunningError`.

    The lock belongs to the open file, so the system takes it back however the program ends.
    """
    try:
        # Private as well: whoever may open it could hold the lock, and nothing would watch.
        file = os.fdopen(open_private(places.lock, os.O_RDWR | os.O_APPEND | os.O_CREAT, own_id()), "a+b")
    except OSError as error:
        raise OutputError(places.lock, error.strerror or str(error)) from error
    with file:
        try:
            _lock(file.fileno())
        except OSError as error:
            raise RunningError(places.state) from error
        yield


def _lock(file: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
