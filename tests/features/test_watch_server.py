"""The agent and its server: what is carried, when, and what happens when the server says no."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.features.desktop_bus import until
from tests.features.watch_house import TOKEN, WATCHER, Peer, pair_with
from tests.unit.vision.watch.doubles import Ear, Screen
from tracker.clock import FixedClock, SystemClock
from tracker.vision.watch.courier import WORTHLESS, Courier, Link
from tracker.vision.watch.errors import PairingError, ServerUnreachableError
from tracker.vision.watch.joining import leave, pair
from tracker.vision.watch.minutes import Part
from tracker.vision.watch.notices import Answer
from tracker.vision.watch.pairing import Pairing, Places, read_pairing, write_pairing
from tracker.vision.watch.places import BASELINE, days_old, for_engine, newest_per_place
from tracker.vision.watch.server import LARGEST_ANSWER, Server
from tracker.vision.watch.speaking import Speaker
from tracker.vision.watch.spool import Spool
from tracker.vision.watch.wishes import Wanted, wanted_of, wish

Known = list[dict[str, Any]]
AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def folders(peer: Peer, tmp_path: Path) -> Places:
    return pair_with(peer, tmp_path / "state")


@pytest.fixture
def spool(folders: Places) -> Iterator[Spool]:
    with Spool(folders.spool) as opened:
        yield opened


@contextmanager
def something_that_answers(status: int, body: bytes, port: int = 0) -> Iterator[str]:
    """A server that says the same to everybody; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self._answer()

        def _answer(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # whoever asked has heard enough
                self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def courier(folders: Places, at: datetime = AT + timedelta(days=1)) -> Courier:
    return Courier(folders.pairing, folders.spool, FixedClock(at), lambda: None)


def fill(spool: Spool, minutes: int) -> None:
    spool.add((AT + timedelta(minutes=number), Part(comfort_ms=60_000)) for number in range(minutes))


def test_a_day_goes_in_batches_and_once(peer: Peer, folders: Places, spool: Spool):
    fill(spool, 1100)
    assert courier(folders).carry_once() is Link.FINE
    assert courier(folders).carry_once() is Link.FINE

    batches = [len(body["minutes"]) for path, body in peer.received if path == "/api/watch/minutes"]
    assert batches == [500, 500, 100]
    assert len(peer.minutes) == 1100
    assert spool.count_unsent() == 0


def test_a_wish_made_here_reaches_the_server_and_its_settings_come_back(peer: Peer, folders: Places, spool: Spool):
    peer.settings = {"break_rule": "clock", "break_every_s": 2400, "quiet": False}
    wish(spool, quiet=True)
    assert courier(folders).carry_once() is Link.FINE

    assert peer.settings["quiet"] is True
    wanted = wanted_of(spool)
    assert (wanted.break_rule, wanted.break_every_s, wanted.quiet) == ("clock", 2400, True)

    peer.settings["quiet"] = False  # changed on the page later on
    courier(folders).carry_once()
    assert not wanted_of(spool).quiet


def test_a_server_that_comes_back_is_found_again_by_itself(peer: Peer, folders: Places, spool: Spool):
    peer.stop()
    fill(spool, 3)
    news = threading.Event()
    running = Courier(folders.pairing, folders.spool, FixedClock(AT + timedelta(hours=1)), news.set)
    running.start()
    until(lambda: running.link is Link.UNREACHABLE)
    peer.start()
    until(lambda: len(peer.minutes) == 3)
    until(lambda: running.link is Link.FINE)
    running.stop(10)


@pytest.mark.parametrize(
    ("status", "error", "link"), [(401, "not_paired", Link.NOT_PAIRED), (403, "no_consent", Link.NO_CONSENT)]
)
def test_a_server_that_says_no_is_not_asked_again_until_paired_anew(
    peer: Peer, folders: Places, spool: Spool, status: int, error: str, link: Link
):
    fill(spool, 2)
    peer.status, peer.error = status, error
    asking = courier(folders)
    assert asking.carry_once() is link
    peer.error = ""
    assert asking.carry_once() is link
    assert spool.count_unsent() == 2
    assert spool.noted(WORTHLESS) == link

    pairing = read_pairing(folders.pairing)
    assert pairing is not None
    write_pairing(folders.pairing, replace(pairing, token="another"))
    assert asking.carry_once() is Link.NOT_PAIRED  # this peer knows one token only
    write_pairing(folders.pairing, pairing)
    assert courier(folders).carry_once() is Link.FINE
    assert len(peer.minutes) == 2


@pytest.mark.parametrize(("status", "error"), [(500, "broken"), (404, "old"), (429, "later"), (302, "sign in here")])
def test_an_answer_from_something_in_between_loses_nothing(
    peer: Peer, folders: Places, spool: Spool, status: int, error: str
):
    fill(spool, 2)
    peer.status, peer.error = status, error
    assert courier(folders).carry_once() is Link.UNREACHABLE
    assert spool.count_unsent() == 2


def test_baselines_and_breaks_are_carried_until_they_are_known(peer: Peer, folders: Places, spool: Spool):
    spool.put(BASELINE, {"id": "b", "place": "p", "made_at": AT.isoformat()})
    spool.put("break", {"id": "x", "outcome": None, "offered_at": "2026-11-26T09:00:00Z"})
    courier(folders).carry_once()
    spool.put("break", {"id": "x", "outcome": "taken", "offered_at": "2026-11-26T09:00:00Z"})
    courier(folders).carry_once()

    assert peer.baselines.keys() == {"b"}
    assert peer.breaks["x"]["outcome"] == "taken"
    assert spool.unsent_documents("break") == spool.unsent_documents(BASELINE) == []


def test_the_token_goes_nowhere_but_to_the_server_and_not_along_a_redirect(peer: Peer):
    peer.status, peer.error = 307, "elsewhere"
    server = Server(peer.url, TOKEN)
    with pytest.raises(ServerUnreachableError):
        server.get("/api/watch/state")
    server.close()


@pytest.mark.parametrize(
    "address",
    [
        "clinic.example",
        "ftp://clinic.example",
        "http://",
        "http://clinic.example",
        "http://clinic.example\\@127.0.0.1",
        "http://127.0.0.1@clinic.example",
        "https://name:password@clinic.example",
        "https://clinic.example/#there",
        "http://[::1",
    ],
)
def test_an_address_that_is_none_or_would_send_in_the_clear(address: str, tmp_path: Path):
    with pytest.raises(PairingError):
        pair(Places.of(tmp_path), address, "ACDEF-GHJKM")


@pytest.mark.parametrize(
    "state",
    [
        b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
        b'{"settings": "x"}',
        b'{"settings": {"break_rule": [], "break_every_s": 1%b, "notices_per_hour": 1e999}}' % (b"0" * 400),
        b'{"settings": {"notices_per_hour": NaN, "snoozed_until": "0001-01-01T00:00:00+14:00"}}',
        b'{"baselines": "abc"}',
        b'{"baselines": [1, {}, {"id": {}}]}',
        b'{"baselines": [{"id": "x", "place": "y", "name": "", "camera": "", "made_at": "now", "document": {}}]}',
        b'{"baselines": [{"id": "x", "place": "y", "name": "", "camera": "", "made_at": "2026-11-26T09:00Z",'
        b' "document": {"version": 1, "view": "front", "confidence": "low", "width": 1%b, "zone": {}, "pose": {}}}]}'
        % (b"0" * 400),
        b'{"baselines": [{"id": "x", "place": "y", "name": "", "camera": "", "made_at": "2026-11-26T09:00Z",'
        b' "document": {"version": 1, "view": [%b]}}]}' % b"",
        b'{"refused": ["x"], "padding": "%b"}' % (b"x" * LARGEST_ANSWER),
        (
            b'{"baselines": [{"id": "\\ud800", "place": "y", "name": "", "camera": "", "made_at": "2026-11-26T09:00Z",'
            b' "document": {}}]}'
        ),
        b'{"baselines": [{"id": "x", "place": "y", "name": "", "camera": "", "made_at": "2026-11-26T09:00Z",'
        b' "document": {"a": %b%b}}]}' % (b"[" * 900, b"]" * 900),
    ],
    ids=lambda state: state[:40].decode(),
)
def test_nothing_that_a_server_says_stops_the_agent(state: bytes, tmp_path: Path):
    with something_that_answers(200, state) as address:
        folders = Places.of(tmp_path)
        write_pairing(folders.pairing, Pairing(address, TOKEN, WATCHER, "Jo"))
        assert courier(folders).carry_once() in {Link.FINE, Link.UNREACHABLE}
    with Spool(folders.spool) as spool:
        wanted = wanted_of(spool)
        known = from_deep_within(lambda: newest_per_place(spool))
        assert for_engine(known) == []
        assert len(days_old(known, AT)) == len(known)
    assert wanted == Wanted()


def from_deep_within(read: Callable[[], Known], levels: int = 80) -> Known:
    """As the loop reads it, which is called from further up than what carries."""
    return read() if levels == 0 else from_deep_within(read, levels - 1)


def test_an_answer_that_does_not_end_is_not_read_to_its_end():
    with something_that_answers(200, b'{"padding": "%b"}' % (b"x" * LARGEST_ANSWER)) as address:
        server = Server(address, TOKEN)
        with pytest.raises(ServerUnreachableError):
            server.get("/api/watch/state")
        server.close()


def test_a_pairing_that_makes_no_sense_is_none(tmp_path: Path):
    with something_that_answers(201, b'{"token": "t", "person": "Jo", "watcher": "x"}') as address:
        folders = Places.of(tmp_path)
        with pytest.raises(ServerUnreachableError):
            pair(folders, address, "ACDEF-GHJKM")
    assert read_pairing(folders.pairing) is None


def test_minutes_of_somebody_with_the_same_first_name_are_not_sent_as_ones_own(tmp_path: Path):
    """Ada Field's computer is connected with the account of Ada Stone, without being disconnected first."""
    folders = Places.of(tmp_path)
    with something_that_answers(201, b'{"token": "a", "person": "Ada", "watcher": "%b"}' % WATCHER.encode()) as address:
        pair(folders, address, "ACDEF-GHJKM")
        with Spool(folders.spool) as spool:
            fill(spool, 3)
        pair(folders, address, "ACDEF-GHJKM")  # the same account: the server gives it the same watcher
    with Spool(folders.spool) as spool:
        assert spool.count_unsent() == 3

    port = int(address.rpartition(":")[2])
    # The server lets nobody have the watcher of somebody else.
    other = b'{"token": "b", "person": "Ada", "watcher": "%b"}' % str(uuid.UUID(int=8)).encode()
    with something_that_answers(201, other, port):
        pair(folders, address, "ACDEF-GHJKM")
    with Spool(folders.spool) as spool:
        assert spool.minutes() == []


def test_a_server_that_is_not_there(tmp_path: Path):
    with pytest.raises(ServerUnreachableError, match="no connection"):
        pair(Places.of(tmp_path), "http://127.0.0.1:9", "ACDEF-GHJKM")


def test_leaving_without_a_server_forgets_all_the_same(peer: Peer, folders: Places, spool: Spool):
    fill(spool, 2)
    peer.stop()
    assert leave(folders) is False
    assert read_pairing(folders.pairing) is None
    assert spool.minutes() == []
    with pytest.raises(PairingError):
        leave(folders)
    peer.start()


# Notices and breaks


def verdict(notice: str | None = None, credit: str | None = None) -> dict[str, object]:
    return {"notice": None if notice is None else {"key": notice, "reason": None}, "credit": credit}


@pytest.fixture
def pages() -> list[str]:
    return []


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def speaker(spool: Spool, screen: Screen, pages: list[str]) -> Speaker:
    return Speaker(spool, screen, Ear(), lambda: pages.append)


def outcomes(spool: Spool) -> list[tuple[str, str | None, str | None]]:
    return [(each["cause"], each["outcome"], each["credited_by"]) for each in spool.documents("break")]


def test_a_notice_offers_a_break_that_getting_up_takes(speaker: Speaker, screen: Screen, spool: Spool):
    speaker.speak(verdict("still"), AT)
    assert [notice.title for notice in screen.told] == ["Time to move"]
    assert outcomes(spool) == [("still", None, None)]

    speaker.speak(verdict(credit="stand"), AT + timedelta(minutes=1))

    assert screen.settled == [screen.told[0].id]
    assert outcomes(spool) == [("still", "taken", "stand")]
    assert spool.told_s_ago(AT + timedelta(minutes=1)) == [60]


def test_answers_are_followed(speaker: Speaker, screen: Screen, spool: Spool, pages: list[str]):
    speaker.speak(verdict("clock"), AT)
    screen.answers.put((screen.told[0].id, Answer.BREAK))
    speaker.hear(AT)
    assert pages == [f"/posture/break/{screen.told[0].id}"]
    assert outcomes(spool) == [("clock", None, None)]  # the page tells what became of it

    screen.answers.put((screen.told[0].id, Answer.SNOOZE))
    speaker.hear(AT)
    assert wanted_of(spool).snoozed_s(AT) == 3600
    assert outcomes(spool) == [("clock", "not_now", None)]


def test_an_answer_to_an_older_notice_leaves_the_open_break_alone(speaker: Speaker, screen: Screen, spool: Spool):
    speaker.speak(verdict("slouch"), AT)
    speaker.speak(verdict("still"), AT)
    screen.answers.put((screen.told[0].id, Answer.NOT_NOW))
    speaker.hear(AT)
    assert outcomes(spool) == [("still", None, None)]


def test_no_notice_speaks_of_health_or_scolds(speaker: Speaker, screen: Screen):
    for key in ("still", "clock", "slouch", "recalibrate", "not_paired"):
        speaker.say(key, SystemClock().now())
    words = " ".join(f"{notice.title} {notice.text}" for notice in screen.told).lower()
    for never in ("pain", "damage", "bad", "wrong", "harm", "injur", "spine", "!"):
        assert never not in words
