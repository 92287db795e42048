"""Push services that take their time on purpose: anybody may name an address, and nobody may hold up the others."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.features.reminders.servers import PushBrowser
from tracker.reminders.channels import apprise, connections, push
from tracker.reminders.channels.connections import careful_session
from tracker.reminders.outgoing import Device

A_MOMENT_S = 10
"""Whoever waited for one of these servers would wait for 20 s or longer; giving up takes about one second on an idle
machine.
"""


@contextmanager
def server(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connected, _ = listening.accept()
                    threading.Thread(target=handle, args=(connected,), daemon=True).start()

        def handle(connected: socket.socket) -> None:
            with connected, suppress(OSError):
                connected.recv(65536)
                serve(connected)

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/push"


def drip_headers(connected: socket.socket) -> None:
    connected.sendall(b"HTTP/1.1 201 Created\r\n")
    for _ in range(200):
        connected.sendall(b"X")
        time.sleep(0.1)


def endless_body(connected: socket.socket) -> None:
    connected.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(200):
        connected.sendall(b"1\r\nx\r\n")
        time.sleep(0.1)


def test_an_answer_that_drips_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "ANSWER_WITHIN_S", 0.7)
    with server(drip_headers) as url, careful_session(on_loopback=True) as session:
        began = time.monotonic()
        with pytest.raises(requests.RequestException):
            session.post(url, data=b"x", timeout=5)

    assert time.monotonic() - began < A_MOMENT_S


def test_the_body_of_an_answer_is_not_waited_for() -> None:
    with server(endless_body) as url, careful_session(on_loopback=True) as session:
        began = time.monotonic()
        assert session.post(url, data=b"x", timeout=5).status_code == 201

    assert time.monotonic() - began < A_MOMENT_S


def test_the_secret_address_of_a_browser_is_not_logged_when_an_answer_is_odd(caplog: pytest.LogCaptureFixture) -> None:
    def odd(connected: socket.socket) -> None:
        connected.sendall(b"HTTP/1.1 201 Created\r\nno colon here\r\n\r\n")

    with server(odd) as url, careful_session(on_loopback=True) as session, suppress(requests.RequestException):
        session.post(f"{url}/SECRET", data=b"x", timeout=5)

    assert "SECRET" not in caplog.text


def test_many_slow_addresses_of_one_person_have_one_time_together(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = PushBrowser()
    devices = tuple(Device(uuid4(), f"https://push{n}.example/x", browser.p256dh, browser.auth) for n in range(10))
    clock = [0.0]

    def slow(*_: Any) -> str:
        clock[0] += 8
        return "network"

    monkeypatch.setattr(push, "stopwatch_s", lambda: clock[0])
    monkeypatch.setattr(push.PushLine, "_to", slow)
    line = push.PushLine(push.PushChannel(None), None)  # type: ignore[arg-type]
    outcome = line.send(SimpleNamespace(devices=devices), None, None)  # type: ignore[arg-type]

    assert outcome.again
    assert clock[0] <= push.TIME_FOR_ONE_S + 8


def test_a_slow_service_of_one_clinic_does_not_hold_up_the_alerts_of_others() -> None:
    words = SimpleNamespace(body="There is something for you.", subject="Rhomboid", open_url="https://clinic.example/")

    with server(endless_body) as url:
        address = url.replace("http://", "json://")
        channel = apprise.AppriseChannel(time_for_one_s=1.0)
        began = time.monotonic()
        outcome = channel.send(SimpleNamespace(addresses=(address, address, address)), words, None)  # type: ignore[arg-type]

    assert outcome.again
    assert time.monotonic() - began < A_MOMENT_S


@pytest.mark.parametrize(
    "address",
    ["64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:c0a8:1::", "::ffff:10.0.0.1", "fe80::1%eth0", "100.64.0.1", "fec0::1"],
)
def test_a_private_network_is_private_however_it_is_written(address: str) -> None:
    closed = []
    connected = SimpleNamespace(getpeername=lambda: (address, 443), close=lambda: closed.append(True))

    with pytest.raises(connections.PrivateAddressError):
        connections._refuse_private(connected, loopback_too=False)  # type: ignore[arg-type]

    assert closed
