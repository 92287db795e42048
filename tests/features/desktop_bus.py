"""A desktop for tests: a D-Bus daemon of its own, with small real services that speak the protocols of logind, the
screen saver, Mutter's idle monitor and the notification service.
"""

from __future__ import annotations

# ruff: noqa: F722, F821, N802, UP037 - methods have D-Bus names, and annotations are D-Bus types
import asyncio
import os
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property, dbus_signal

SESSION_PATH = "/org/freedesktop/login1/session/_31"


class Manager(ServiceInterface):
    """org.freedesktop.login1.Manager."""

    def __init__(self) -> None:
        super().__init__("org.freedesktop.login1.Manager")
        self.delays: list[int] = []
        self._sent: list[int] = []

    @dbus_method()
    def GetSession(self, _name: "s") -> "o":
        return SESSION_PATH

    @dbus_method()
    def Inhibit(self, _what: "s", _who: "s", _why: "s", _mode: "s") -> "h":
        reading, writing = os.pipe()
        os.set_blocking(reading, False)
        self.delays.append(reading)
        self._sent.append(writing)
        return writing

    @dbus_signal()
    def PrepareForSleep(self, begins: "b") -> "b":
        return begins

    def is_delayed(self) -> bool:
        """Whether somebody still holds the newest delay."""
        while self._sent:
            os.close(self._sent.pop())  # our own copies of what was sent
        try:
            return os.read(self.delays[-1], 1) != b""
        except BlockingIOError:
            return True


class Session(ServiceInterface):
    """org.freedesktop.login1.Session."""

    def __init__(self) -> None:
        super().__init__("org.freedesktop.login1.Session")
        self.locked = self.idle = False

    @dbus_property(access=PropertyAccess.READ)
    def LockedHint(self) -> "b":
        return self.locked

    @dbus_property(access=PropertyAccess.READ)
    def IdleHint(self) -> "b":
        return self.idle

    def change(self, **hints: bool) -> None:
        for name, value in hints.items():
            setattr(self, name, value)
        names = {"locked": "LockedHint", "idle": "IdleHint"}
        self.emit_properties_changed({names[name]: value for name, value in hints.items()})

    @dbus_signal()
    def Lock(self): ...


class ScreenSaver(ServiceInterface):
    """org.freedesktop.ScreenSaver."""

    def __init__(self) -> None:
        super().__init__("org.freedesktop.ScreenSaver")
        self.active = False
        self.idle = 0

    @dbus_method()
    def GetActive(self) -> "b":
        return self.active

    @dbus_method()
    def GetSessionIdleTime(self) -> "u":
        return self.idle

    @dbus_signal()
    def ActiveChanged(self, active: "b") -> "b":
        self.active = active
        return active


class IdleMonitor(ServiceInterface):
    """org.gnome.Mutter.IdleMonitor."""

    def __init__(self) -> None:
        super().__init__("org.gnome.Mutter.IdleMonitor")
        self.idle_ms = 0

    @dbus_method()
    def GetIdletime(self) -> "t":
        return self.idle_ms


@dataclass
class Told:
    """A notice as the notification service received it."""

    id: int
    app: str
    title: str
    text: str
    actions: dict[str, str]


class Notifications(ServiceInterface):
    """org.freedesktop.Notifications."""

    def __init__(self) -> None:
        super().__init__("org.freedesktop.Notifications")
        self.told: list[Told] = []
        self.closed: list[int] = []

    @dbus_method()
    def Notify(
        self,
        app: "s",
        _replaces: "u",
        _icon: "s",
        title: "s",
        text: "s",
        actions: "as",
        _hints: "a{sv}",
        _expire: "i",
    ) -> "u":
        number = len(self.told) + 1
        self.told.append(Told(number, app, title, text, dict(zip(actions[::2], actions[1::2], strict=True))))
        return number

    @dbus_method()
    def CloseNotification(self, number: "u"):
        self.closed.append(number)
        self.NotificationClosed(number, 3)

    @dbus_method()
    def GetCapabilities(self) -> "as":
        return ["actions", "body"]

    @dbus_method()
    def GetServerInformation(self) -> "ssss":
        return ["tests", "Rhomboid", "1", "1.2"]

    @dbus_signal()
    def ActionInvoked(self, number: "u", action: "s") -> "us":
        return [number, action]

    @dbus_signal()
    def NotificationClosed(self, number: "u", reason: "u") -> "uu":
        return [number, reason]


@dataclass
class Desktop:
    """A running desktop. Its services are changed with `do`, in the thread they live in."""

    address: str
    manager: Manager = field(default_factory=Manager)
    session: Session = field(default_factory=Session)
    saver: ScreenSaver = field(default_factory=ScreenSaver)
    idle: IdleMonitor = field(default_factory=IdleMonitor)
    notifications: Notifications = field(default_factory=Notifications)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def environment(self) -> dict[str, str]:
        return {"DBUS_SESSION_BUS_ADDRESS": self.address, "DBUS_SYSTEM_BUS_ADDRESS": self.address}

    def do(self, work: Callable[[], Any]) -> Any:
        async def inside() -> Any:
            return work()

        return self._run(inside()).result(10)

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    async def _serve(self) -> MessageBus:
        bus = await MessageBus(self.address, negotiate_unix_fd=True).connect()
        bus.export("/org/freedesktop/login1", self.manager)
        bus.export(SESSION_PATH, self.session)
        bus.export("/org/freedesktop/ScreenSaver", self.saver)
        bus.export("/org/gnome/Mutter/IdleMonitor/Core", self.idle)
        bus.export("/org/freedesktop/Notifications", self.notifications)
        for name in (
            "org.freedesktop.login1",
            "org.freedesktop.ScreenSaver",
            "org.gnome.Mutter.IdleMonitor",
            "org.freedesktop.Notifications",
        ):
            await bus.request_name(name)
        return bus

    def stranger(self, path: str, interface: str, member: str, signature: str = "", *values: Any) -> None:
        """Another program sends this signal, to everybody on the bus by name: no rule keeps such a one away."""

        async def send() -> None:
            bus = await MessageBus(self.address).connect()
            names = await bus.call(
                Message(
                    destination="org.freedesktop.DBus", path="/org/freedesktop/DBus",
                    interface="org.freedesktop.DBus", member="ListNames",
                )
            )  # fmt: skip
            for name in names.body[0]:
                if name.startswith(":") and name != bus.unique_name:
                    signal = Message.new_signal(path, interface, member, signature, list(values))
                    signal.destination = name
                    await bus.send(signal)
            bus.disconnect()
            await bus.wait_for_disconnect()

        self._run(send()).result(10)

    def start(self) -> None:
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self._bus = self._run(self._serve()).result(10)

    def stop(self) -> None:
        self.do(self._bus.disconnect)
        self._run(self._bus.wait_for_disconnect()).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()
        for delay in self.manager.delays:
            os.close(delay)


class Daemon:
    """A D-Bus daemon for these tests alone."""

    def __enter__(self) -> str:
        self._process = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1"], stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        return self._process.stdout.readline().decode().strip()

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


def until(condition: Callable[[], Any], *, within_s: float = 15.0) -> Any:
    """Ask again until it is true."""
    give_up_s = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < give_up_s, "waited in vain"
        time.sleep(0.01)
    return value


__all__ = ["Daemon", "Desktop", "Variant", "until"]
