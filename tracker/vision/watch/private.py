"""Folders and files that are this user's alone, however they came to be there.

A folder is used if it belongs to the user and nobody else may write into it: whoever may could plant a pairing with a
server of theirs, or a link that leads the program to another file. Where a symbolic link leads is looked at, and used
from then on. Files are opened without following links, and one that belongs to somebody else, or that others may write
to, is not used: it may have been put there before the folder was made private. Limits: the folders above are not looked
at (whoever may write there can take the whole folder away, but not put another one in its place unnoticed), nor are
access lists beyond the permission bits; Windows has no such bits, and there nothing of this is checked (folders below
the user's own profile are private there). The administrator of the computer can read and change everything.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from tracker.vision.errors import OutputError
from tracker.vision.watch.errors import ForeignFileError, ForeignFolderError, OpenFolderError

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
_WRITABLE_BY_OTHERS: Final = stat.S_IWGRP | stat.S_IWOTH
_NO_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)  # Windows has none


def own_id() -> int | None:
    """The user this program runs as; None where the system has no such number."""
    getuid = getattr(os, "getuid", None)
    return None if getuid is None else int(getuid())


def private_folder(path: Path, user: int | None) -> Path:
    """The folder itself, not a link to it; made if need be, for its owner alone. `user` None: whose it is does not
    matter. Raises `OutputError`, `ForeignFolderError` and `OpenFolderError`.
    """
    try:
        path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        folder = path.resolve(strict=True)
        found = folder.stat()
    except OSError as error:
        raise OutputError(path, error.strerror or str(error)) from error
    if user is not None and found.st_uid != user:
        raise ForeignFolderError(folder)
    if user is not None and found.st_mode & _WRITABLE_BY_OTHERS:
        raise OpenFolderError(folder)
    return folder


def open_private(path: Path, flags: int, user: int | None) -> int:
    """Open a file of a private folder, for its owner alone if it is made now. Gives its descriptor.

    Raises OSError, and `ForeignFileError` for a link, somebody else's file, and one that others may write to.
    """
    try:
        descriptor = os.open(path, flags | _NO_LINKS, FILE_MODE)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ForeignFileError(path) from error
        raise
    found = os.fstat(descriptor)
    ours = user is None or (found.st_uid == user and not found.st_mode & _WRITABLE_BY_OTHERS)
    if ours and stat.S_ISREG(found.st_mode):
        return descriptor
    os.close(descriptor)
    raise ForeignFileError(path)


def make_private(path: Path, user: int | None) -> None:
    """See to it that a file is there, for its owner alone, without opening one that exists: closing any descriptor of a
    file ends every lock of this process on it (POSIX), those of a database that is open meanwhile as well.

    Raises OSError, and `ForeignFileError` as `open_private` does.
    """
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | _NO_LINKS, FILE_MODE))
    except FileExistsError:
        found = os.lstat(path)
        ours = user is None or (found.st_uid == user and not found.st_mode & _WRITABLE_BY_OTHERS)
        if not (ours and stat.S_ISREG(found.st_mode)):
            raise ForeignFileError(path) from None
