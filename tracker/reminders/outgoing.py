"""What leaves the house, and what became of it: the words between the queue and the channels. An `Outgoing` holds all
that a channel needs, so that nothing is asked of the database while a slow server is waited for. Addresses and keys do
not show in its repr.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tracker.reminders.rules import Kind

IN_APP: Final = "in_app"
EMAIL: Final = "email"
PUSH: Final = "push"
APPRISE: Final = "apprise"

CHANNELS: Final = (IN_APP, PUSH, APPRISE, EMAIL)
"""Every channel, the quickest first."""

CHOSEN_BY_PERSON: Final = (IN_APP, PUSH, EMAIL)
"""What a person may choose from for their own reminders."""


@dataclass(frozen=True, slots=True)
class Device:
    """A browser that takes web push."""

    id: UUID
    endpoint: str = field(repr=False)
    p256dh: str = field(repr=False)
    auth: str = field(repr=False)
    long_unused: bool = False
    """It has not been reached for a day; that it has been now is worth writing down."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One delivery that this process has claimed. `id` is the Message-ID and the idempotency key, `lease` the proof
    that it is still ours.
    """

    id: UUID
    lease: UUID
    kind: Kind
    channel: str
    person_id: UUID
    locale: str
    wording: int
    urgent: bool
    can_answer: bool
    """Whether the person may snooze it or say "not today"."""
    due_at: datetime
    address: str | None = field(default=None, repr=False)
    devices: tuple[Device, ...] = ()
    addresses: tuple[str, ...] = field(default=(), repr=False)
    """Apprise URLs."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said outside, the same for everybody: no name, no level, no exercise, no reason."""

    subject: str
    body: str
    open_label: str
    answer_label: str
    why: str
    open_url: str
    answer_url: str | None
    settings_url: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one try. `again`: it may work later, not before `wait` has passed. `blocked`: the whole line is
    down, so what waits behind it is not tried now. `gone`: devices that no longer exist.
    """

    sent: bool = False
    again: bool = False
    reason: str | None = None
    blocked: bool = False
    gone: tuple[UUID, ...] = ()
    wait: timedelta = timedelta(0)


SENT: Final = Outcome(sent=True)


class Line(Protocol):
    """An open way out."""

    def send(self, message: Outgoing, words: Words, at: datetime) -> Outcome:
        """Try once. Raises nothing that is expected to happen."""


class Channel(Protocol):
    """A way out, opened for a handful of messages and closed again."""

    def opened(self) -> AbstractContextManager[Line]:
        """A line; nothing is connected before the first message."""
