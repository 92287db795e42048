"""A process that sends, for tests that kill it. What leaves the house is written to a file, a line for each message, in
one write each: what a killed process has written stays written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select

from tracker.db import sessions_from
from tracker.reminders.channels.email import EmailChannel, message_id
from tracker.reminders.channels.push import topic_of
from tracker.reminders.models import Delivery
from tracker.reminders.outgoing import SENT, Outcome, Outgoing, Words
from tracker.reminders.sending import Office, deliver
from tracker.settings import Settings


@dataclass(frozen=True)
class Book:
    """A channel that writes down what it sends, by what a receiver would recognise it by."""

    settings: Settings
    descriptor: int

    @contextmanager
    def opened(self) -> Iterator[Book]:
        yield self

    def send(self, message: Outgoing, _words: Words, _at: datetime) -> Outcome:
        mark = message_id(self.settings, message) if message.channel == "email" else topic_of(message.id)
        os.write(self.descriptor, f"{message.channel} {mark}\n".encode())
        return SENT


@dataclass(frozen=True)
class ShiftedClock:
    """The time, and as many seconds more as whoever started us has said by now."""

    ahead_s: Any

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead_s.value)


def work(environ: Mapping[str, str], book: str, ahead_s: Any, idle_at_s: Any) -> None:
    """Send until nothing is left. `idle_at_s`: there was nothing to do when the clock was so far ahead; negative
    while at work.
    """
    settings = Settings.load(dict(environ))
    channel = Book(settings, os.open(Path(book), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600))
    # With a mail server in the settings, e-mail takes the real way.
    email = EmailChannel(settings) if settings.smtp_host == "127.0.0.1" else channel
    with sessions_from(settings) as sessions:
        office = Office(sessions, ShiftedClock(ahead_s), settings, channels={"email": email, "push": channel})
        while True:
            idle_at_s.value, looked_at_s = -1, ahead_s.value
            if not deliver(office, urgent=True) + deliver(office, urgent=False):
                idle_at_s.value = looked_at_s
                with sessions() as session:
                    if not session.scalar(select(exists().where(Delivery.state.in_(("due", "claimed"))))):
                        return
                time.sleep(0.02)
