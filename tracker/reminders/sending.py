"""Sending what waits. Claim in one transaction, send outside of any, write down what became of it in another: a server
that takes its time holds no lock, and a process that dies repeats at most the one message it was at.

Each message is begun in the transaction that settles the one before it: there it is seen whether it is still ours and
still wanted, and its lease starts anew. So an alert that was acknowledged a moment ago is not sent any more, and a slow
batch loses none of its leases unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tracker.reminders import delivery_service, texts, tokens
from tracker.reminders.channels.apprise import AppriseChannel
from tracker.reminders.channels.email import EmailChannel
from tracker.reminders.channels.push import PushChannel
from tracker.reminders.outgoing import APPRISE, EMAIL, PUSH, Outcome
from tracker.reminders.planning_service import Outlets
from tracker.reminders.rules import URGENT, backoff
from tracker.web.logs import error_fields, log

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import sessionmaker

    from tracker.clock import Clock
    from tracker.db import Session
    from tracker.reminders.delivery_service import Wanted
    from tracker.reminders.outgoing import Channel, Line, Outgoing, Words
    from tracker.settings import Settings

BATCH: Final = 50
MOST_BATCHES: Final = 40
LONGEST_BEAT: Final = timedelta(seconds=30)
"""In one beat; what is left waits for the next one, so that a process that has to end does not go on for hours."""


def outlets_of(settings: Settings) -> Outlets:
    """Which ways out these settings open."""
    return Outlets(email=bool(settings.smtp_host), push=True)


def channels_of(settings: Settings) -> dict[str, Channel]:
    """The ways out, the quickest first."""
    return {PUSH: PushChannel(settings), APPRISE: AppriseChannel(), EMAIL: EmailChannel(settings)}


@dataclass(frozen=True, slots=True)
class Office:
    """All that sending needs. `wanted`: who is asked, by kind, whether a message is still wanted."""

    sessions: sessionmaker[Session]
    clock: Clock
    settings: Settings
    wanted: Mapping[str, Wanted] = field(default_factory=dict)
    channels: Mapping[str, Channel] | None = None
    lease: timedelta = delivery_service.LEASE
    batch: int = BATCH

    def lines(self) -> Mapping[str, Channel]:
        return channels_of(self.settings) if self.channels is None else self.channels


def deliver(office: Office, *, urgent: bool) -> int:
    """Send what is ready; returns how many messages were looked at. Safe in any number of processes at once."""
    at, done = office.clock.now(), 0
    for _ in range(MOST_BATCHES):
        if office.clock.now() - at > LONGEST_BEAT:
            break
        with office.sessions.begin() as session:
            batch = delivery_service.take_batch(
                session,
                at,
                urgent=urgent,
                limit=office.batch,
                outlets=outlets_of(office.settings),
                wanted=office.wanted,
                lease=office.lease,
            )
        if not batch.taken:
            break
        done += batch.taken
        _warn(batch.alone, "no channel")
        for name, channel in office.lines().items():
            messages = [message for message in batch.outgoing if message.channel == name]
            _send_all(office, channel, messages, until=at + LONGEST_BEAT)
    return done


def _warn(person_ids: Iterable[UUID], reason: str) -> None:
    """A matter of safety that stays inside the application must at least be seen by whoever runs it."""
    for person_id in person_ids:
        log.warning("alert reached nobody outside the application", person_id=str(person_id), reason=reason)


def _send_all(office: Office, channel: Channel, messages: list[Outgoing], *, until: datetime) -> None:
    """Send messages of one channel one after the other. What could not be tried goes back into the queue."""
    if not messages:
        return
    waiting = list(messages)
    settle: Callable[[Session], None] | None = None
    with channel.opened() as line:
        blocked = False
        while waiting and not blocked and office.clock.now() <= until:
            message = waiting.pop(0)
            now = office.clock.now()
            begun = _write_down(office, settle, _beginning(office, message, now))
            settle = None
            if begun:
                outcome = _try(line, message, words_of(office.settings, message, now), now)
                blocked = outcome.blocked
                settle = _settling(office, message, outcome)
    later = office.clock.now() + backoff(1) if blocked else None
    _write_down(office, settle, lambda session: delivery_service.put_back(session, waiting, later))


def _write_down(office: Office, settle: Callable[[Session], None] | None, then: Callable[[Session], int]) -> int:
    """Settle the message before and go on, in one transaction. What has left the house must be written down: a database
    that was away for a moment is asked a second time, on a new connection.
    """

    def both(session: Session) -> int:
        if settle is not None:
            settle(session)
        return then(session)

    try:
        with office.sessions.begin() as session:
            return both(session)
    except Exception as error:  # noqa: BLE001  # whatever it was, nothing is stored, and asking again does no harm
        log.error("writing down failed", **error_fields(error))
    with office.sessions.begin() as session:
        return both(session)


def _beginning(office: Office, message: Outgoing, now: datetime) -> Callable[[Session], int]:
    return lambda session: delivery_service.begin_try(session, message, now, wanted=office.wanted, lease=office.lease)


def _try(line: Line, message: Outgoing, words: Words, at: datetime) -> Outcome:
    try:
        return line.send(message, words, at)
    except Exception as error:  # noqa: BLE001  # one message that a channel stumbles over must not stop the others
        log.error("sending failed", **error_fields(error))
        return Outcome(again=True, reason="error")


def _settling(office: Office, message: Outgoing, outcome: Outcome) -> Callable[[Session], None]:
    def settle(session: Session) -> None:
        state = delivery_service.settle(session, message, outcome, office.clock.now())
        if state == "failed" and message.kind in URGENT:
            _warn([message.person_id], outcome.reason or message.channel)

    return settle


def words_of(settings: Settings, message: Outgoing, at: datetime) -> Words:
    """The words and links of a message. Every link goes through a token that says nothing about what it opens."""
    link = f"{settings.base_url}/notices/{tokens.action_token(settings, message.id, at)}"
    return texts.outside_words(
        message.kind,
        message.wording,
        urgent=message.urgent,
        locale=message.locale,
        open_url=f"{link}/open",
        answer_url=link if message.can_answer else None,
        settings_url=f"{settings.base_url}/reminders",
    )
