"""Whether another program wants or has the camera (Linux).

Two programs cannot stream from one camera there, so the agent gives way: as soon as another program opens the device's
file, the camera is wanted; it is free again once no program of this user holds the file. Programs that only look which
cameras there are open it for a moment as well; each further time within ten minutes the agent waits twice as long
before it comes back. Limits: programs of other users are not seen in /proc; then opening the camera simply fails and is
tried again. On macOS programs share a camera, and on Windows the system decides.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_FIRST_WAIT_S: Final = 3.0
_LONGEST_WAIT_S: Final = 60.0
_FORGIVEN_AFTER_S: Final = 600.0
_ASK_AGAIN_S: Final = 15.0
_PROCESSES: Final = Path("/proc")


class OtherPrograms:
    """Watches the file of a device; with None nothing can be known, and nobody wants it."""

    def __init__(self, node: Path | None) -> None:
        self._node = node if sys.platform.startswith("linux") else None
        self._reading = threading.Lock()
        self._opened = self._closed = False
        self._away_until_s: float | None = None
        self._freed_at_s: float | None = None
        self._wait_s = _FIRST_WAIT_S
        self._notify = _Inotify() if self._node is not None else None
        self._follow()

    @property
    def fileno(self) -> int | None:
        """Becomes readable when something happens to the device: time to call `read`."""
        return None if self._notify is None else self._notify.fileno

    def read(self) -> bool:
        """Take in what happened to the device; true when that was anything."""
        with self._reading:
            return self._read()

    @contextmanager
    def ourselves(self) -> Iterator[None]:
        """What is opened inside is opened by this program."""
        with self._reading:
            self._read()
            opened, closed = self._opened, self._closed
            self._follow()  # a camera that was unplugged has a new file
            try:
                yield
            finally:
                self._read()
                self._opened, self._closed = opened, closed

    def wanted(self, now_s: float) -> bool:
        """Whether the camera should be left to another program."""
        if self._node is None:
            return False
        self._judge(now_s)
        if self._away_until_s is None:
            return False
        if now_s >= self._away_until_s:
            self.look_for_holders(now_s)
        return self._away_until_s is not None

    def look_for_holders(self, now_s: float) -> bool:
        """Whether a program of this user holds the device at this moment. Costs some 30 ms: not for every look."""
        if self._node is None:
            return False
        if holders_of(self._node):
            self._away_until_s = now_s + _ASK_AGAIN_S
            return True
        if self._away_until_s is not None:
            self._away_until_s, self._freed_at_s = None, now_s
        return False

    def close(self) -> None:
        if self._notify is not None:
            self._notify.close()

    def _judge(self, now_s: float) -> None:
        with self._reading:
            self._read()
            opened, closed, self._opened, self._closed = self._opened, self._closed, False, False
        if opened and self._away_until_s is None:
            again = self._freed_at_s is not None and now_s - self._freed_at_s < _FORGIVEN_AFTER_S
            self._wait_s = min(2 * self._wait_s, _LONGEST_WAIT_S) if again else _FIRST_WAIT_S
            self._away_until_s = now_s + self._wait_s
        elif closed and self._away_until_s is not None:
            self._away_until_s = min(self._away_until_s, now_s + self._wait_s)

    def _read(self) -> bool:
        if self._notify is None:
            return False
        opened, closed = self._notify.events()
        self._opened, self._closed = self._opened or opened, self._closed or closed
        return opened or closed

    def _follow(self) -> None:
        if self._notify is not None and self._node is not None:
            self._notify.follow(self._node)


class _Inotify:
    """Opening and closing of one file."""

    def __init__(self) -> None:
        from inotify_simple import INotify, flags

        self._notify = INotify(nonblocking=True)
        self._open, self._close = flags.OPEN, flags.CLOSE_WRITE | flags.CLOSE_NOWRITE

    @property
    def fileno(self) -> int:
        return int(self._notify.fileno())

    def follow(self, node: Path) -> None:
        with suppress(OSError):  # not plugged in
            self._notify.add_watch(node, self._open | self._close)

    def events(self) -> tuple[bool, bool]:
        """Whether the file was opened, and whether it was closed, since the last call."""
        masks = [event.mask for event in self._notify.read(timeout=0)]
        return any(mask & self._open for mask in masks), any(mask & self._close for mask in masks)

    def close(self) -> None:
        self._notify.close()


def holders_of(node: Path) -> set[int]:
    """The other processes of this user that have the file open."""
    try:
        wanted = node.stat()
    except OSError:
        return set()
    own = os.getpid()
    processes = (int(entry.name) for entry in _PROCESSES.iterdir() if entry.name.isdecimal())
    return {process for process in processes if process != own and _holds(process, wanted)}


def _holds(process: int, wanted: os.stat_result) -> bool:
    try:
        with os.scandir(_PROCESSES / str(process) / "fd") as entries:
            return any(_is_same(entry, wanted) for entry in entries)
    except OSError:
        return False  # another user's, or gone


def _is_same(entry: os.DirEntry[str], wanted: os.stat_result) -> bool:
    try:
        held = entry.stat()
    except OSError:
        return False
    return (held.st_dev, held.st_ino) == (wanted.st_dev, wanted.st_ino)
