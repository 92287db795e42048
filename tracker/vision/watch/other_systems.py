"""Presence on macOS and Windows, with what the system itself offers. Limits: written from the systems' documentation
and checked with answers as documented, never run on a Mac or on Windows.

macOS: ``ioreg`` tells for how long nothing was typed (HIDIdleTime, nanoseconds) and whether the console's session is
locked (CGSSessionScreenIsLocked). Windows: GetLastInputInfo, and a desktop that cannot be switched to is locked.
A computer that slept is noticed by the loop itself: more time has passed than it waited.
"""

from __future__ import annotations

import asyncio
import ctypes
import plistlib
import sys
from collections.abc import Callable
from typing import Any, Final
from xml.parsers.expat import ExpatError

from tracker.vision.watch.presence import IDLE_S, Presence

_IOREG: Final = "/usr/sbin/ioreg"
_IDLE_QUESTION: Final = (_IOREG, "-c", "IOHIDSystem", "-d", "4", "-r", "-a")
_LOCK_QUESTION: Final = (_IOREG, "-n", "Root", "-d", "1", "-a")
_READ_OBJECTS: Final = 0x0001


class PolledPresence:
    """Presence of a system that tells nothing by itself."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.now = Presence()
        self._changed = changed

    async def start(self) -> None:
        await self.poll()

    async def poll(self) -> None:
        if sys.platform == "darwin":
            presence = macos_presence(await _answer(_IDLE_QUESTION), await _answer(_LOCK_QUESTION))
        elif sys.platform == "win32":
            presence = windows_presence(ctypes.windll.user32, ctypes.windll.kernel32)
        else:
            presence = Presence()
        if presence != self.now:
            self.now = presence
            self._changed()

    def ready_to_sleep(self) -> None:
        """Nobody waits for it here."""

    async def close(self) -> None:
        """Nothing is open."""


async def _answer(question: tuple[str, ...]) -> bytes:
    try:
        asked = await asyncio.create_subprocess_exec(
            *question, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        return b""
    answer, _errors = await asked.communicate()
    return answer


def macos_presence(idle_answer: bytes, lock_answer: bytes) -> Presence:
    """What ``ioreg`` says, as property lists; an answer that is none says nothing."""
    idle_ns = _found(_property_list(idle_answer), "HIDIdleTime")
    locked = _found(_property_list(lock_answer), "CGSSessionScreenIsLocked")
    return Presence(locked=locked is True, idle=isinstance(idle_ns, int) and idle_ns / 1e9 >= IDLE_S)


def _property_list(text: bytes) -> Any:
    try:
        return plistlib.loads(text)
    except (plistlib.InvalidFileException, ExpatError, ValueError, OverflowError):
        return None


def _found(tree: Any, name: str) -> Any:
    """The value of the first such key, however deep."""
    waiting = [tree]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, dict):
            if name in node:
                return node[name]
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return None


class _LastInput(ctypes.Structure):
    """LASTINPUTINFO."""

    _fields_ = (("size", ctypes.c_uint), ("tick_ms", ctypes.c_uint))


def windows_presence(user32: Any, kernel32: Any) -> Presence:
    """What the two system libraries say."""
    last = _LastInput(ctypes.sizeof(_LastInput), 0)
    user32.GetLastInputInfo(ctypes.byref(last))
    idle_ms = (kernel32.GetTickCount() - last.tick_ms) & 0xFFFFFFFF  # the counter wraps around after 49 days
    desktop = user32.OpenInputDesktop(0, False, _READ_OBJECTS)
    if desktop:
        user32.CloseDesktop(desktop)
    return Presence(locked=not desktop, idle=idle_ms / 1000 >= IDLE_S)
