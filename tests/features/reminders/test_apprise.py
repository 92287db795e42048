"""A clinic's own channels, through Apprise, to a real web server."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta

import pytest

from tests.features.reminders.house import MORNING
from tests.features.reminders.servers import web_server
from tests.features.reminders.test_reminder_queue import ask
from tracker.reminders import service
from tracker.reminders.channels import apprise
from tracker.reminders.errors import ReminderError
from tracker.reminders.models import Delivery


def save(house, physio, urls):
    with house.sessions.begin() as session:
        service.save_clinic_channels(session, physio.clinic_id, urls, MORNING)


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
