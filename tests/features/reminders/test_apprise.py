"""A clinic's own channels, through Apprise, to a real web server."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.features.reminders.house import MORNING
from tests.features.reminders.servers import web_server
from tests.features.reminders.test_reminder_queue import ask
from tracker.reminders import service
from tracker.reminders.channels import apprise, link_local
from tracker.reminders.errors import ReminderError
from tracker.reminders.models import Delivery

NAMES = {"host": ("10.0.0.7",), "127.0.0.1": ("127.0.0.1",), "two-faced.example": ("203.0.113.7", "169.254.169.254")}
"""Whom names lead to; nobody but this table is asked."""


def resolve(host):
    return NAMES.get(host, ())


def save(house, physio, urls, **how):
    with house.sessions.begin() as session:
        service.save_clinic_channels(session, physio.clinic_id, urls, MORNING, **{"resolve": resolve, **how})


def told(house):
    return [(row.state, row.reason) for row in house.rows(Delivery.channel == "apprise")]


@pytest.fixture
def with_apprise(house):
    house.holes["apprise"] = apprise.AppriseChannel()
    with web_server() as server:
        server.answer = lambda _path: (200, {})
        yield server


def test_a_clinic_hears_of_an_alert_where_it_wants_to(house, with_apprise):
    physio = house.physio(name="Dr Ruth Bader")
    save(house, physio, f"json://127.0.0.1:{with_apprise.port}/hook\n\n")
    ask(house, physio, payload={"level": 3})
    house.deliver()
    (request,) = with_apprise.requests
    document = json.loads(request.body)
    assert document["title"] == "Rhomboid"
    assert document["message"].startswith("Please open Rhomboid now")
    assert "Bader" not in request.body.decode()
    assert told(house) == [("sent", None)]


def test_without_addresses_there_is_no_such_channel(house):
    physio = house.physio()
    ask(house, physio, subject="alert:1")
    save(house, physio, "json://127.0.0.1/hook")
    save(house, physio, " \n")
    ask(house, physio, subject="alert:2")
    assert told(house) == []


def test_what_does_not_answer_is_told_again(house, with_apprise):
    physio = house.physio()
    save(house, physio, f"json://127.0.0.1:{with_apprise.port}/hook")
    with_apprise.answer = lambda _path: (500, {})
    ask(house, physio)
    house.deliver()
    assert told(house) == [("due", "not_reached")]
    with_apprise.answer = lambda _path: (200, {})
    house.clock.advance(timedelta(minutes=1))
    house.deliver()
    assert told(house) == [("sent", None)]


def test_one_of_several_is_enough(house, with_apprise):
    physio = house.physio()
    port = with_apprise.port
    save(house, physio, f"json://127.0.0.1:{port}/bad\njson://127.0.0.1:{port}/good")
    with_apprise.answer = lambda path: (500 if "bad" in path else 200, {})
    ask(house, physio)
    house.deliver()
    assert told(house) == [("sent", None)]


def test_a_host_that_leads_to_this_wire_or_nowhere_is_not_stored(house):
    physio = house.physio()
    for url, problem in (
        ("json://two-faced.example/", "not_an_address"),
        ("json://nowhere.example/", "unknown_host"),
        ("json://host/ok\njson://nowhere.example/", "unknown_host"),
    ):
        with pytest.raises(ReminderError, match=problem):
            save(house, physio, url)
    with house.sessions() as session:
        assert service.clinic_channels_of(session, physio.clinic_id) == ""


@pytest.mark.parametrize("leads_to", ["169.254.169.254", None])
def test_a_name_that_leads_elsewhere_when_it_is_sent_is_tried_again_like_any_failure(house, with_apprise, leads_to):
    physio = house.physio()
    found = ["127.0.0.1"]
    house.holes["apprise"] = apprise.AppriseChannel(resolve=lambda _host: tuple(found))
    save(house, physio, f"json://localhost:{with_apprise.port}/hook", resolve=lambda _host: ("127.0.0.1",))
    found[:] = [leads_to] if leads_to else []
    ask(house, physio)
    house.deliver()
    assert told(house) == [("due", "not_reached")]
    assert with_apprise.requests == []
    found[:] = ["127.0.0.1"]
    house.clock.advance(timedelta(minutes=1))
    house.deliver()
    assert told(house) == [("sent", None)]


def test_while_a_message_is_sent_no_connection_goes_to_this_wire():
    """Whatever leads there after the host was looked up: another answer of the name server, a redirect."""
    tried = []

    class Led:
        template_tokens = ()

        def notify(self, **_words):
            with pytest.raises(link_local.LinkLocalError):
                socket.create_connection(("169.254.169.254", 80), timeout=1)
            with pytest.raises(link_local.LinkLocalError):
                socket.create_connection(("::ffff:169.254.169.254", 80), timeout=1)
            with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
                tried.append("loopback")
            return True

    assert apprise._notify(Led(), resolve, body="", title="")
    assert tried == ["loopback"]


def test_a_redirect_to_this_wire_is_not_followed(house, with_apprise, monkeypatch):
    physio = house.physio()
    is_link_local, refused = link_local.is_link_local, []

    def watched(address):
        found = is_link_local(address)
        refused.extend([address] * found)
        return found

    monkeypatch.setattr(link_local, "is_link_local", watched)
    save(house, physio, f"json://127.0.0.1:{with_apprise.port}/hook")
    with_apprise.answer = lambda _path: (307, {"Location": "http://169.254.169.254/latest/"})
    ask(house, physio)
    house.deliver()
    assert told(house) == [("due", "not_reached")]
    assert len(with_apprise.requests) == 1
    assert refused == ["169.254.169.254"]


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("file:///etc/passwd", "scheme_not_allowed"),
        ("syslog://", "scheme_not_allowed"),
        ("dbus://", "scheme_not_allowed"),
        ("windows://", "scheme_not_allowed"),
        ("macosx://", "scheme_not_allowed"),
        ("gnome://", "scheme_not_allowed"),
        ("exec://rm", "scheme_not_allowed"),
        ("vapid://a@b.example/c@d.example?keyfile=/etc/shadow", "scheme_not_allowed"),
        ("fcm://project/device?keyfile=/etc/shadow", "scheme_not_allowed"),
        ("slack://token-a/token-b/token-c/?template=/etc/passwd", "file_not_allowed"),
        ("json://host/?attach=/etc/passwd", "file_not_allowed"),
        ("mailto://user:pass@host.example?pgpkey=/etc/passwd", "file_not_allowed"),
        ("no address", "not_an_address"),
        ("json://", "not_an_address"),
        ("ntfys://ntfy.example/topic", None),
        ("jsons://hook.example/alerts", None),
    ],
)
def test_which_addresses_may_be_used(url, problem):
    assert apprise.problem_of(url) == problem


def test_what_may_not_be_used_is_not_stored(house):
    physio = house.physio()
    with pytest.raises(ReminderError, match="scheme_not_allowed"):
        save(house, physio, "json://host/ok\nsyslog://")
    with pytest.raises(ReminderError, match="too_many"):
        save(house, physio, "\n".join(f"json://host/{number}" for number in range(6)))
    with house.sessions() as session:
        assert service.clinic_channels_of(session, physio.clinic_id) == ""
    save(house, physio, " json://host/ok \n")
    with house.sessions() as session:
        assert service.clinic_channels_of(session, physio.clinic_id) == "json://host/ok"


def test_every_allowed_scheme_is_one_that_apprise_knows():
    known = {
        scheme
        for each in apprise._library().Apprise().details()["schemas"]
        for scheme in (*(each["protocols"] or ()), *(each["secure_protocols"] or ()))
    }
    assert known >= apprise.ALLOWED


def test_the_library_is_not_loaded_before_it_is_needed():
    script = "import sys, tracker.app; print(*{name.partition('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert not {"apprise", "pywebpush", "aiohttp", "requests"} & set(done.stdout.split())
