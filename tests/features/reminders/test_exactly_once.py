"""Acceptance 4: one delivery for each reminder, step and channel, whatever happens to the processes."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import exists, func, insert, select

from tests.features.reminders import worker
from tests.features.reminders.house import ENGINES, build_house
from tests.features.reminders.servers import mail_server
from tracker.clock import SystemClock
from tracker.reminders import delivery_service
from tracker.reminders.models import Delivery, PushSubscription
from tracker.settings import Settings

PROCESSES = 6
ROWS = 20_000
KILLS = 12
PATIENCE_S = 900  # on two idle cores it takes half a minute


def fill(house, rows):
    """Rows that are due: alerts with a step for each of three people, and test messages; by e-mail and by push."""
    at = SystemClock().now()
    physios = [house.physio() for _ in range(30)]
    with house.sessions.begin() as session:
        session.add_all(
            PushSubscription(
                person_id=physio.id,
                endpoint="https://push.example/1",
                endpoint_hash=uuid4().hex,
                p256dh="x",
                auth="y",
                created_at=at,
            )
            for physio in physios
        )
        made = []
        for number in range(rows // 2):
            alert = number % 2 == 0
            step = number // 2 % 3
            made.extend(
                {
                    "id": uuid4(),
                    "kind": "escalation" if alert else "test",
                    "subject": f"alert:{number // 6}" if alert else f"test:{number}",
                    "person_id": physios[(number // 6 * 3 + step) % len(physios)].id,
                    "due_at": at - timedelta(seconds=60 - step),
                    "not_before": at - timedelta(seconds=60 - step),
                    "step": step if alert else 0,
                    "channel": channel,
                    "state": "due",
                    "tries": 0,
                    "created_at": at,
                }
                for channel in ("email", "push")
            )
        for start in range(0, len(made), 1_000):
            session.execute(insert(Delivery), made[start : start + 1_000])


def anything_due(house):
    with house.sessions() as session:
        return session.scalar(select(exists().where(Delivery.state == "due")))


class Crew:
    """Processes that send, some of which die. `progress` says how much has left the house."""

    def __init__(self, house, environ, book, processes):
        self.house, self.environ, self.book = house, environ, book
        self.nursery = multiprocessing.get_context("forkserver")
        self.nursery.set_forkserver_preload(["tests.features.reminders.worker"])
        self.ahead_s = self.nursery.RawValue("d", 0)
        self.members = [self.start() for _ in range(processes)]
        self.killed = 0

    def start(self):
        idle_at_s = self.nursery.RawValue("d", -1)
        process = self.nursery.Process(target=worker.work, args=(self.environ, str(self.book), self.ahead_s, idle_at_s))
        process.start()
        return process, idle_at_s

    def kill(self, victim):
        process, _ = self.members[victim]
        if process.is_alive():
            process.kill()
            process.join()
            self.members[victim] = self.start()
            self.killed += 1

    def all_idle(self):
        return all(idle_at_s.value == self.ahead_s.value for _, idle_at_s in self.members)

    def work_off(self, progress, *, kills, each):
        """Until nothing is left. A process is killed whenever another part of `each`, of random size, has gone out:
        only one that is at work can lose something.
        """
        dice, seen = random.Random(4), 0
        give_up = time.monotonic() + PATIENCE_S
        try:
            while any(process.is_alive() for process, _ in self.members):
                assert time.monotonic() < give_up, "the queue does not get empty"
                self.members[0][0].join(0.01)
                now = progress()
                if self.killed < kills and now > seen + each * dice.random():
                    seen = now
                    self.kill(dice.randrange(len(self.members)))
                # What is claimed when the living have nothing to do belongs to the dead: let their leases run out. Each
                # must have looked since the clock was last put forward, or it may be about to claim with a lease that
                # runs out under its hands.
                elif self.all_idle() and not anything_due(self.house):
                    self.ahead_s.value += delivery_service.LEASE.total_seconds() + 1
            assert all(process.exitcode == 0 for process, _ in self.members)
            assert self.killed == kills
        finally:
            for process, _ in self.members:
                process.kill()
                process.join()


@pytest.mark.parametrize("environ", ENGINES, indirect=True)
def test_six_processes_that_are_killed_at_random_send_everything_once(house, environ, tmp_path):
    """Nothing is lost. Nothing is doubled but the one message a process was at when it was killed, between sending it
    and writing that down; and a receiver recognises that by its Message-ID or topic.
    """
    fill(house, ROWS)
    book = tmp_path / "book"
    crew = Crew(house, environ, book, PROCESSES)
    crew.work_off(lambda: book.stat().st_size if book.exists() else 0, kills=KILLS, each=80_000)
    sent = Counter(book.read_text().split("\n")[:-1])
    with house.sessions() as session:
        states = dict(session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all())
        rows = session.execute(select(Delivery.id, Delivery.channel)).all()
    expected = {f"email <{row.id}@127.0.0.1>" if row.channel == "email" else f"push {row.id.hex}" for row in rows}
    again = sum(times - 1 for times in sent.values())
    print(f"\n{len(rows)} rows, {crew.killed} processes killed, {again} sent twice")
    assert states == {"sent": ROWS}
    assert set(sent) == expected
    assert again <= crew.killed


def test_the_same_with_a_real_mail_server(environ, tmp_path):
    """What a crash repeats carries the same Message-ID, as the mail server saw it."""
    with mail_server() as box:
        environ |= {
            "TRACKER_SMTP_HOST": "127.0.0.1",
            "TRACKER_SMTP_PORT": str(box.port),
            "TRACKER_SMTP_SECURITY": "none",
        }
        house, engine = build_house(Settings.load(environ))
        fill(house, 600)
        crew = Crew(house, environ, tmp_path / "book", 3)
        crew.work_off(lambda: len(box.letters), kills=6, each=80)
    rows = house.rows(Delivery.channel == "email")
    engine.dispose()
    seen = Counter(letter["Message-ID"] for letter in box.letters)
    assert set(seen) == {f"<{row.id}@127.0.0.1>" for row in rows}
    assert sum(times - 1 for times in seen.values()) <= crew.killed
    assert {row.state for row in rows} == {"sent"}
