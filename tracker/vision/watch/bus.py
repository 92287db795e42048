"""One D-Bus message bus: questions that have an answer or none, and signals.

Whatever is missing on a desktop (no bus, no such service, no answer within seconds) is None and no error: the agent
works without it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Self

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import DBusError

_ANSWER_WITHIN_S: Final = 5.0
_DAEMON: Final = ("org.freedesktop.DBus", "/org/freedesktop/DBus")
_NO_ANSWER: Final = (DBusError, OSError, ValueError, TimeoutError, EOFError)


class Bus:
    """A connected bus. Make it with `connected`."""

    def __init__(self, bus: MessageBus) -> None:
        self._bus = bus

    @classmethod
    async def connected(cls, which: BusType) -> Self | None:
        """The session's or the system's bus; None when there is none."""
        try:
            bus = MessageBus(bus_type=which, negotiate_unix_fd=True)
            return cls(await asyncio.wait_for(bus.connect(), _ANSWER_WITHIN_S))
        except _NO_ANSWER:
            return None

    async def ask(self, name: str, path: str, member: str, *values: Any, signature: str = "") -> Any:
        """The first value of the answer, None when nobody answers that. ``member``: interface, dot, method."""
        interface, _dot, method = member.rpartition(".")
        question = Message(
            destination=name, path=path, interface=interface, member=method, signature=signature, body=list(values)
        )
        try:
            answer = await asyncio.wait_for(self._bus.call(question), _ANSWER_WITHIN_S)
        except _NO_ANSWER:
            return None
        if answer.message_type is not MessageType.METHOD_RETURN:
            return None
        if answer.unix_fds:
            return answer.unix_fds[0]
        return answer.body[0] if answer.body else None

    async def owner(self, name: str) -> str | None:
        """The connection behind a name, as signals have it for a sender; None when nobody has the name."""
        found = await self.ask(*_DAEMON, "org.freedesktop.DBus.GetNameOwner", name, signature="s")
        return found if isinstance(found, str) else None

    async def listen(self, handler: Callable[[Message], None], *rules: str) -> None:
        """Call ``handler`` for the signals that ``rules`` ask the bus for."""

        def pass_on(message: Message) -> None:
            if message.message_type is MessageType.SIGNAL:
                handler(message)

        self._bus.add_message_handler(pass_on)
        for rule in rules:
            await self.ask(*_DAEMON, "org.freedesktop.DBus.AddMatch", f"type='signal',{rule}", signature="s")

    async def close(self) -> None:
        await disconnect(self._bus)


async def disconnect(bus: MessageBus) -> None:
    """End a connection and wait until its socket is closed."""
    if bus.connected:
        bus.disconnect()
        with suppress(*_NO_ANSWER):
            await asyncio.wait_for(bus.wait_for_disconnect(), _ANSWER_WITHIN_S)  # type: ignore[no-untyped-call]
