"""The desktop around the agent, in a thread of its own: presence, notices, and the camera's file.

One event loop waits for all three. What happens is put where the loop of the agent reads it (`presence`, `answers`),
and the agent is woken. Notices go through desktop-notifier; without a notification service they are not shown, and the
agent says so once. Limits: on macOS notices need a signed application bundle around Python and their buttons the main
thread, so there the terminal (and the page) speaks instead.
"""

from __future__ import annotations

import asyncio
import logging
import platform
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Final, Protocol

from desktop_notifier import Button, DesktopNotifier, Icon, Notification, Urgency

from tracker.vision.watch.notices import Answer, Notice, label_of
from tracker.vision.watch.other_systems import PolledPresence
from tracker.vision.watch.presence import POLL_S, Presence
from tracker.vision.watch.taken import OtherPrograms

_ICON: Final = Path(__file__).resolve().parents[2] / "web" / "static" / "img" / "app-192.png"
_LINUX: Final = platform.system() == "Linux"
_START_WITHIN_S: Final = 15.0
_END_WITHIN_S: Final = 5.0


class Desk:
    """Start it with `start`, end it with `close`; ``wake`` is called from its thread."""

    def __init__(self, wake: Callable[[], None], others: OtherPrograms, *, notices: bool) -> None:
        self.answers: SimpleQueue[tuple[str, Answer]] = SimpleQueue()
        """Ids of notices and what was answered."""
        self.can_tell = notices
        """Whether notices reach the person, as far as it is known."""
        self._wake = wake
        self._others = others
        self._notices = notices
        self._presence = _presence_here(wake)
        self._notifier = DesktopNotifier(app_name="Rhomboid", app_icon=Icon(path=_ICON))
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)

    @property
    def presence(self) -> Presence:
        return self._presence.now

    def start(self) -> None:
        """Begin, and wait for the first answers of the desktop, within reason."""
        self._thread.start()
        self._ready.wait(_START_WITHIN_S)

    def tell(self, notice: Notice) -> None:
        """Show a notice."""
        if self._notices:
            asyncio.run_coroutine_threadsafe(self._show(notice), self._loop)

    def take_back(self, notice_id: str) -> None:
        """The notice is settled: it need not be on the screen any more."""
        if self._notices:
            asyncio.run_coroutine_threadsafe(self._clear(notice_id), self._loop)

    def ready_to_sleep(self) -> None:
        self._loop.call_soon_threadsafe(self._presence.ready_to_sleep)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_END_WITHIN_S)

    def _run(self) -> None:
        # The library warns when nobody receives notices; the agent says it in its own words.
        logging.getLogger("desktop_notifier").setLevel(logging.CRITICAL)
        asyncio.set_event_loop(self._loop)
        begun = self._loop.create_task(self._begin())
        try:
            self._loop.run_forever()
        finally:
            begun.cancel()
            self._loop.run_until_complete(self._end())
            self._loop.close()

    async def _end(self) -> None:
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await self._presence.close()
        bus = getattr(self._notifier._backend, "bus", None)  # noqa: SLF001 - the library never ends its connection
        if bus is not None and _LINUX:
            from tracker.vision.watch.bus import disconnect

            await disconnect(bus)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _begin(self) -> None:
        if self._others.fileno is not None:
            self._loop.add_reader(self._others.fileno, self._device_news)
        await self._presence.start()
        self._ready.set()
        while True:
            await asyncio.sleep(POLL_S)
            await self._presence.poll()

    def _device_news(self) -> None:
        if self._others.read():
            self._wake()

    async def _show(self, notice: Notice) -> None:
        shown = asyncio.Event()
        await self._notifier.send_notification(
            Notification(
                notice.title,
                notice.text,
                urgency=Urgency.Normal,
                buttons=tuple(
                    Button(label_of(answer), on_pressed=self._answered(notice.id, answer), identifier=answer)
                    for answer in notice.answers
                ),
                on_clicked=self._answered(notice.id, notice.answers[0]) if notice.answers else None,
                on_dispatched=shown.set,
                identifier=notice.id,
            )
        )
        self.can_tell = shown.is_set()
        self._wake()

    def _answered(self, notice_id: str, answer: Answer) -> Callable[[], None]:
        def note() -> None:
            self.answers.put((notice_id, answer))
            self._wake()

        return note

    async def _clear(self, notice_id: str) -> None:
        with suppress(KeyError):
            await self._notifier.clear(notice_id)


class _Presence(Protocol):
    """How presence is found out on this system."""

    now: Presence

    async def start(self) -> None: ...
    async def poll(self) -> None: ...
    def ready_to_sleep(self) -> None: ...
    async def close(self) -> None: ...


def _presence_here(wake: Callable[[], None]) -> _Presence:
    if _LINUX:
        from tracker.vision.watch.presence_linux import LinuxPresence

        return LinuxPresence(wake)
    return PolledPresence(wake)
