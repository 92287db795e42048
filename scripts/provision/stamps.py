"""What is already done. A step leaves a stamp: the fingerprint of everything it was made from.

The step is done when the stamp equals today's fingerprint and its outputs are still there. A stamp is written only
after the work succeeded, so an interrupted set-up goes on where it was.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

IGNORED_FOLDERS = frozenset({"__pycache__"})


def fingerprint(*, files: Iterable[Path] = (), words: Iterable[str] = (), root: Path) -> str:
    """SHA-256 over the words, and over name and content of the files (folders: of every file below them).

    A file that does not exist counts as a fact of its own, so that its appearance changes the fingerprint.
    """
    digest = hashlib.sha256()
    for word in words:
        digest.update(f"word\0{word}\0".encode())
    for path in _every_file(files):
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "absent"
        digest.update(f"file\0{path.relative_to(root).as_posix()}\0{content}\0".encode())
    return digest.hexdigest()


def _every_file(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for found in sorted(path.rglob("*")):
            if found.is_file() and not IGNORED_FOLDERS.intersection(found.parts):
                yield found


def is_done(stamp: Path, expected: str, outputs: Iterable[Path]) -> bool:
    """Whether the step that left `stamp` was made from the `expected` things and its `outputs` still exist."""
    try:
        found = stamp.read_text(encoding="ascii").strip()
    except OSError:
        return False
    return found == expected and all(path.exists() for path in outputs)


def write(stamp: Path, value: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    partial = stamp.with_suffix(".partial")
    partial.write_text(value + "\n", encoding="ascii")
    partial.replace(stamp)


@contextlib.contextmanager
def only_one(lock: Path, on_wait: Callable[[], None]) -> Iterator[int]:
    """Hold the set-up lock of this checkout; call `on_wait` once when another ``make`` holds it, then wait.

    Yields the lock's file descriptor. The operating system drops the lock when the last process that has it open
    ends, however it ends: there is no stale lock to remove, and an installer that got the descriptor and outlives a
    killed set-up is waited for instead of raced against.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_wait()
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
