"""Web push, received and opened by a peer that speaks the protocol."""

from __future__ import annotations

import socket
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidSignature

from tests.features.reminders.house import MORNING
from tests.features.reminders.servers import PushBrowser, vapid_claims, web_server
from tests.features.reminders.test_reminder_queue import ask
from tracker.reminders import subscription_service
from tracker.reminders.channels import connections, push
from tracker.reminders.channels.push import PushChannel, application_server_key
from tracker.reminders.errors import ReminderError
from tracker.reminders.models import Delivery, PushSubscription
from tracker.settings import Settings

LOOPBACK = "http://127.0.0.1:8000"
PUBLIC = "https://clinic.example"


@pytest.fixture
def service_of_browsers(house):
    """A push service; the house sends to it."""
    house.holes["push"] = PushChannel(house.settings, timeout_s=5)
    with web_server() as server:
        yield server


def subscribe(house, person, endpoint, browser=None, base_url=LOOPBACK):
    browser = browser or PushBrowser()
    with house.sessions.begin() as session:
        return subscription_service.subscribe(
            session,
            person,
            endpoint=endpoint,
            p256dh=browser.p256dh,
            auth=browser.auth,
            device="Firefox on Linux",
            base_url=base_url,
            at=house.clock.now(),
        )


def pushes(house):
    return [(row.state, row.reason) for row in house.rows(Delivery.channel == "push")]


def devices(house):
    with house.sessions() as session:
        return session.query(PushSubscription).count()


def test_a_push_arrives_encrypted_signed_and_says_nothing(house, service_of_browsers):
    physio, browser = house.physio(name="Dr Ruth Bader"), PushBrowser()
    subscribe(house, physio, service_of_browsers.url("/push/abc"), browser)
    ask(house, physio, payload={"level": 4, "path": "/alerts/7"})
    house.deliver()
    (request,) = service_of_browsers.requests
    (row,) = house.rows(Delivery.channel == "push")
    assert request.path == "/push/abc"
    assert request.headers["Topic"] == row.id.hex
    assert request.headers["Urgency"] == "high"
    assert request.headers["TTL"] == "86400"
    assert b"Rhomboid" not in request.body
    claims = vapid_claims(request, application_server_key(house.settings.vapid_key))
    assert claims["aud"] == f"http://127.0.0.1:{service_of_browsers.port}"
    assert claims["sub"] == house.settings.vapid_subject
    assert claims["exp"] - house.clock.now().timestamp() == 12 * 3600
    document = browser.opened(request)
    assert document["id"] == document["tag"] == str(row.id)
    assert document["title"] == "Rhomboid"
    assert document["url"].startswith("/notices/")
    assert document["url"].endswith("/open")
    assert document["actions_url"] is None
    assert document["urgent"] is True
    assert row.state == "sent"


def test_a_signature_by_another_key_would_be_noticed(house, service_of_browsers):
    physio = house.physio()
    subscribe(house, physio, service_of_browsers.url("/push/abc"))
    ask(house, physio)
    house.deliver()
    (request,) = service_of_browsers.requests
    token, _, key = request.headers["Authorization"].partition(",k=")
    request.headers.replace_header("Authorization", f"{token[:-8]}AAAAAAAA,k={key}")
    with pytest.raises(InvalidSignature):
        vapid_claims(request, key)


def test_a_reminder_can_wait_and_can_be_put_off(house, service_of_browsers):
    patient, browser = house.patient(), PushBrowser()
    subscribe(house, patient, service_of_browsers.url("/push/abc"), browser)
    house.clock.advance(timedelta(hours=6))
    ask(house, patient, kind="check_in", subject="rule:1")
    house.deliver()
    (request,) = service_of_browsers.requests
    assert (request.headers["Urgency"], request.headers["TTL"]) == ("normal", "14400")
    document = browser.opened(request)
    assert document["actions_url"] + "/open" == document["url"]


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(house, service_of_browsers, status):
    physio = house.physio()
    subscribe(house, physio, service_of_browsers.url("/old"))
    subscribe(house, physio, service_of_browsers.url("/new"))
    service_of_browsers.answer = lambda path: (status if path == "/old" else 201, {})
    ask(house, physio)
    house.deliver()
    assert pushes(house) == [("sent", None)]
    with house.sessions() as session:
        assert [row.endpoint for row in session.query(PushSubscription)] == [service_of_browsers.url("/new")]


def test_when_every_browser_is_gone_there_is_nobody_to_push_to(house, service_of_browsers):
    physio = house.physio()
    subscribe(house, physio, service_of_browsers.url("/old"))
    service_of_browsers.answer = lambda _path: (410, {})
    ask(house, physio)
    house.deliver()
    assert pushes(house) == [("failed", "no_device")]
    assert devices(house) == 0


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_service_that_is_busy_is_asked_again_with_the_same_topic(house, service_of_browsers, status):
    physio = house.physio()
    subscribe(house, physio, service_of_browsers.url("/push"))
    service_of_browsers.answer = lambda _path: (status, {"Retry-After": "120"})
    ask(house, physio)
    house.deliver()
    assert pushes(house) == [("due", "busy")]
    service_of_browsers.answer = lambda _path: (201, {})
    house.clock.advance(timedelta(minutes=1))
    assert house.deliver() == 0  # it has asked for two minutes
    house.clock.advance(timedelta(minutes=1))
    house.deliver()
    assert pushes(house) == [("sent", None)]
    first, second = service_of_browsers.requests
    assert first.headers["Topic"] == second.headers["Topic"]
    assert devices(house) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_what_a_service_refuses_is_not_repeated(house, service_of_browsers, status):
    physio = house.physio()
    subscribe(house, physio, service_of_browsers.url("/push"))
    service_of_browsers.answer = lambda _path: (status, {})
    ask(house, physio)
    house.deliver()
    assert pushes(house) == [("failed", "refused")]
    assert devices(house) == 1


def test_one_browser_that_was_reached_is_enough(house, service_of_browsers):
    physio = house.physio()
    for path in ("/a", "/b"):
        subscribe(house, physio, service_of_browsers.url(path))
    service_of_browsers.answer = lambda path: (503 if path == "/a" else 201, {})
    ask(house, physio)
    house.deliver()
    assert pushes(house) == [("sent", None)]


def test_a_service_that_is_not_there_is_tried_once_a_batch(house):
    house.holes["push"] = PushChannel(house.settings, timeout_s=1)
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound, and nobody listens
        physio = house.physio()
        for number in range(3):
            subscribe(house, physio, f"http://127.0.0.1:{closed.getsockname()[1]}/{number}")
        ask(house, physio)
        house.deliver()
    assert pushes(house) == [("due", "network")]


def test_when_a_browser_was_reached_is_kept_once_a_day(house, service_of_browsers):
    physio = house.physio()
    subscribe(house, physio, service_of_browsers.url("/push"))

    def used():
        with house.sessions() as session:
            return session.query(PushSubscription).one().used_at

    ask(house, physio, subject="alert:1")
    house.deliver()
    assert used() == MORNING
    house.clock.advance(timedelta(hours=23))
    ask(house, physio, subject="alert:2")
    house.deliver()
    assert used() == MORNING
    house.clock.advance(timedelta(hours=2))
    ask(house, physio, subject="alert:3")
    house.deliver()
    assert used() == MORNING + timedelta(hours=25)


# ---------------------------------------------------------------------------------------------- strangers' addresses


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example/1",
        "ftp://push.example/1",
        "https://user:secret@push.example/1",
        "https://localhost/1",
        "https://intranet/1",
        "https://127.0.0.1/1",
        "https://10.0.0.1/1",
        "https://192.168.1.1:8443/1",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/1",
        "https://[fd00::1]/1",
        "https://[::ffff:10.0.0.1]/1",
        "https://push.example:0/1",
        "https://push.example:99999/1",
        "https:///1",
        "javascript:alert(1)",
        "https://push.example/" + "x" * 1_000,
    ],
)
def test_addresses_that_are_no_push_service_are_refused(house, endpoint):
    physio = house.physio()
    with pytest.raises(ReminderError, match="bad_endpoint"):
        subscribe(house, physio, endpoint, base_url=PUBLIC)


def test_a_name_that_leads_into_our_own_network_is_not_talked_to(house, environ, monkeypatch):
    """The address looks public, its name server says otherwise: the connection is closed before a byte is sent."""
    with web_server() as inside:
        real = socket.getaddrinfo

        def rebound(host, _port, *rest, **how):
            return real("127.0.0.1" if host == "push.example" else host, inside.port, *rest, **how)

        monkeypatch.setattr(socket, "getaddrinfo", rebound)
        house.settings = Settings.load({**environ, "TRACKER_BASE_URL": PUBLIC})
        house.holes["push"] = PushChannel(house.settings, timeout_s=5)
        physio = house.physio()
        subscribe(house, physio, "https://push.example/1", base_url=PUBLIC)
        ask(house, physio)
        house.deliver()
        assert inside.requests == []
    assert pushes(house) == [("failed", "refused")]


def test_a_push_service_cannot_send_us_elsewhere(house, service_of_browsers):
    physio = house.physio()
    subscribe(house, physio, service_of_browsers.url("/push"))
    service_of_browsers.answer = lambda path: (307, {"Location": "/elsewhere"}) if path == "/push" else (201, {})
    ask(house, physio)
    house.deliver()
    assert [request.path for request in service_of_browsers.requests] == ["/push"]
    assert pushes(house) == [("failed", "refused")]


def test_an_address_of_this_machine_is_refused_where_the_application_is_public(house, environ, service_of_browsers):
    """A subscription from the days when the application was on loopback."""
    physio = house.physio()
    subscribe(house, physio, service_of_browsers.url("/push"))
    house.holes["push"] = PushChannel(Settings.load({**environ, "TRACKER_BASE_URL": PUBLIC}), timeout_s=5)
    ask(house, physio)
    house.deliver()
    assert service_of_browsers.requests == []
    assert pushes(house) == [("failed", "refused")]


@pytest.mark.parametrize(
    ("address", "loopback_too", "allowed"),
    [
        ("93.184.215.14", False, True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", False, True),
        ("127.0.0.1", False, False),
        ("127.0.0.1", True, True),
        ("::ffff:127.0.0.1", False, False),
        ("10.1.2.3", True, False),
        ("fe80::1%eth0", True, False),
        ("169.254.169.254", False, False),
        ("100.64.0.1", False, False),
        ("224.0.0.1", False, False),
        ("0.0.0.0", True, False),
    ],
)
def test_whom_a_connection_may_reach(address, loopback_too, allowed):
    closed = []
    connected = SimpleNamespace(getpeername=lambda: (address, 443), close=lambda: closed.append(True))
    if allowed:
        assert connections._refuse_private(connected, loopback_too=loopback_too) is connected
    else:
        with pytest.raises(connections.PrivateAddressError):
            connections._refuse_private(connected, loopback_too=loopback_too)
    assert bool(closed) is not allowed


# ---------------------------------------------------------------------------------------------- subscriptions


@pytest.mark.parametrize(
    "wrong",
    [
        {"p256dh": "AAAA"},
        {"p256dh": "B" + "A" * 86},  # as long as a point, and not on the curve
        {"auth": "AAAA"},
        {"auth": "not base64!"},
    ],
)
def test_keys_that_open_nothing_are_refused(house, wrong):
    browser = PushBrowser()
    with pytest.raises(ReminderError, match="bad_keys"), house.sessions.begin() as session:
        subscription_service.subscribe(
            session,
            house.physio(),
            **{
                "endpoint": "https://push.example/1",
                "p256dh": browser.p256dh,
                "auth": browser.auth,
                "device": "",
                "base_url": PUBLIC,
                "at": MORNING,
                **wrong,
            },
        )


def test_subscribing_again_renews_and_a_browser_belongs_to_who_uses_it_now(house):
    first, second = house.patient(), house.patient()
    subscribe(house, first, "https://push.example/1")
    subscribe(house, first, "https://push.example/1")
    assert devices(house) == 1
    subscribe(house, second, "https://push.example/1")
    with house.sessions.begin() as session:
        assert subscription_service.subscriptions_of(session, first.id) == []
        (row,) = subscription_service.subscriptions_of(session, second.id)
        assert not subscription_service.unsubscribe(session, first, subscription_id=row.id)
        assert subscription_service.unsubscribe(session, second, subscription_id=row.id)
    assert devices(house) == 0


def test_nobody_has_more_browsers_than_ten(house):
    patient = house.patient()
    for number in range(12):
        house.clock.advance(timedelta(minutes=1))
        subscribe(house, patient, f"https://push.example/{number}")
    with house.sessions() as session:
        kept = [row.endpoint for row in subscription_service.subscriptions_of(session, patient.id)]
    assert kept == [f"https://push.example/{number}" for number in range(11, 1, -1)]


def test_the_public_key_is_the_point_of_the_private_one():
    """RFC 8291, appendix A: the application server's keys of the example."""
    private = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    public = "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
    assert application_server_key(private) == public


def test_the_topic_fits_into_its_header():
    assert len(push.topic_of(UUID(int=2**128 - 1))) == 32


def test_keys_do_not_show_in_what_a_log_might_print():
    from tracker.reminders.outgoing import Device

    shown = repr(replace(Device(UUID(int=1), "https://push.example/secret", "point", "password"), long_unused=True))
    assert not any(word in shown for word in ("secret", "point", "password"))
