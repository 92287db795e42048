"""Presence on Linux: the desktop is asked over D-Bus.

Asked are systemd-logind (LockedHint, IdleHint, Lock, PrepareForSleep), the screen
savers of GNOME, KDE, Cinnamon and MATE, and for how long nothing was typed (Mutter's idle monitor, or the freedesktop
screen saver). What is not there is not asked again before the next poll; with nothing there, presence is unknown and
only the camera tells. While watching, a *delay* lock of logind gives the program a moment to release the camera before
the computer sleeps. Limits: KDE and others disagree whether idle time is in seconds or milliseconds; it is taken for
milliseconds until it is seen to grow by one a second, which errs on the side of "there".
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from dbus_fast import BusType, Message

from tracker.clock import steady_s
from tracker.vision.watch.bus import Bus
from tracker.vision.watch.presence import IDLE_S, Presence

_LOGIND: Final = "org.freedesktop.login1"
_MANAGER: Final = "org.freedesktop.login1.Manager"
_MANAGER_PATH: Final = "/org/freedesktop/login1"
_USER: Final = "org.freedesktop.login1.User"
_USER_PATH: Final = "/org/freedesktop/login1/user/self"
_SESSION: Final = "org.freedesktop.login1.Session"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_SAVERS: Final = (
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    ("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    ("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
)
"""Name and path; the interface is called like the name."""
_MUTTER: Final = ("org.gnome.Mutter.IdleMonitor", "/org/gnome/Mutter/IdleMonitor/Core")


@dataclass(slots=True)
class IdleClock:
    """Idle times of a source that does not say whether it counts seconds or milliseconds."""

    in_seconds: bool = False
    _last: tuple[float, float] | None = None

    def seconds(self, value: float, now_s: float) -> float:
        """The idle time ``value``, asked at ``now_s``, in seconds."""
        if self._last is not None:
            asked_s, before = self._last
            grown, passed_s = value - before, now_s - asked_s
            if passed_s >= 1 and grown > 0:
                self.in_seconds = grown < 2 * passed_s + 2
        self._last = (now_s, value)
        return value if self.in_seconds else value / 1000


class LinuxPresence:
    """Asks and listens; ``changed`` is called, in the event loop, whenever the answer is another one."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.now = Presence()
        self._changed = changed
        self._system: Bus | None = None
        self._session: Bus | None = None
        self._login_path = ""
        self._logind: str | None = None
        self._login: dict[str, Any] = {}
        self._savers: set[str] = set()
        self._idle_s = 0.0
        self._idle_clock = IdleClock()
        self._delay: int | None = None

    async def start(self) -> None:
        self._system = await Bus.connected(BusType.SYSTEM)
        self._session = await Bus.connected(BusType.SESSION)
        if self._session is not None:
            rules = [f"interface='{name}',member='ActiveChanged'" for name, _path in _SAVERS]
            await self._session.listen(self._saver_signal, *rules)
        if self._system is not None:
            await self._follow_login(self._system)
        await self.poll()

    async def poll(self) -> None:
        """Ask what no signal tells."""
        if self._session is not None:
            await self._ask_desktop(self._session)
        if self._system is not None and self._login_path:
            await self._ask_login(self._system)
        self._judge()

    def ready_to_sleep(self) -> None:
        """The camera is released: the computer may sleep now."""
        if self._delay is not None:
            with suppress(OSError):
                os.close(self._delay)
            self._delay = None

    async def close(self) -> None:
        self.ready_to_sleep()
        for bus in (self._system, self._session):
            if bus is not None:
                await bus.close()

    async def _follow_login(self, bus: Bus) -> None:
        path = await bus.ask(_LOGIND, _MANAGER_PATH, f"{_MANAGER}.GetSession", "auto", signature="s")
        if not path:
            # A service of the user is in no session; then the user's own display is meant.
            shown = await bus.ask(_LOGIND, _USER_PATH, f"{_PROPERTIES}.Get", _USER, "Display", signature="ss")
            path = shown.value[1] if shown is not None else ""
        self._login_path = path
        self._logind = await bus.owner(_LOGIND)
        await bus.listen(
            self._login_signal,
            f"sender='{_LOGIND}',interface='{_MANAGER}',member='PrepareForSleep'",
            f"sender='{_LOGIND}',path='{path or _MANAGER_PATH}'",
        )
        await self._delay_sleep(bus)

    async def _delay_sleep(self, bus: Bus) -> None:
        self.ready_to_sleep()
        self._delay = await bus.ask(
            _LOGIND, _MANAGER_PATH, f"{_MANAGER}.Inhibit", "sleep", "Rhomboid", "The camera is released", "delay",
            signature="ssss",
        )  # fmt: skip

    async def _ask_login(self, bus: Bus) -> None:
        self._logind = await bus.owner(_LOGIND)
        answer = await bus.ask(_LOGIND, self._login_path, f"{_PROPERTIES}.GetAll", _SESSION, signature="s")
        if answer:
            self._login |= {name: value.value for name, value in answer.items()}

    async def _ask_desktop(self, bus: Bus) -> None:
        for name, path in _SAVERS:
            active = await bus.ask(name, path, f"{name}.GetActive")
            self._note_saver(name, active=active is True)
        idle_ms = await bus.ask(*_MUTTER, f"{_MUTTER[0]}.GetIdletime")
        if idle_ms is not None:
            self._idle_s = idle_ms / 1000
            return
        name, path = _SAVERS[0]
        idle = await bus.ask(name, path, f"{name}.GetSessionIdleTime")
        self._idle_s = 0.0 if idle is None else self._idle_clock.seconds(idle, steady_s())

    def _note_saver(self, name: str, *, active: bool) -> None:
        (self._savers.add if active else self._savers.discard)(name)

    def _saver_signal(self, message: Message) -> None:
        if message.member == "ActiveChanged" and message.interface in dict(_SAVERS):
            self._note_saver(message.interface, active=bool(message.body[0]))
            self._judge()

    def _login_signal(self, message: Message) -> None:
        # A signal that is sent to this program alone passes every rule, and anybody on the system's bus may send one.
        if message.sender != self._logind:
            return
        member = message.member
        if member == "PrepareForSleep":
            self._sleep(begins=bool(message.body[0]))
        elif message.path == self._login_path and member in {"Lock", "Unlock"}:
            self._login["LockedHint"] = member == "Lock"
        elif message.path == self._login_path and member == "PropertiesChanged" and message.body[0] == _SESSION:
            self._login |= {name: value.value for name, value in message.body[1].items()}
        self._judge()

    def _sleep(self, *, begins: bool) -> None:
        self.now = replace(self.now, asleep=begins)
        self._changed()
        if not begins and self._system is not None:
            self._renewing = asyncio.ensure_future(self._delay_sleep(self._system))

    def _judge(self) -> None:
        judged = replace(
            self.now,
            locked=bool(self._savers) or bool(self._login.get("LockedHint")),
            idle=self._idle_s >= IDLE_S or bool(self._login.get("IdleHint")),
        )
        if judged != self.now:
            self.now = judged
            self._changed()
