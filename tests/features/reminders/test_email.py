"""E-mail, read back from a real SMTP server."""

from __future__ import annotations

import socket
from datetime import timedelta
from uuid import UUID

import pytest

from tests.features.reminders.house import MORNING
from tests.features.reminders.servers import certificate, mail_server
from tests.features.reminders.test_reminder_queue import ask
from tracker.reminders import tokens
from tracker.reminders.channels.email import EmailChannel
from tracker.reminders.models import Delivery
from tracker.settings import Settings


@pytest.fixture(scope="session")
def tls(tmp_path_factory):
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def connect(house, environ):
    """`connect(box)`: send e-mail to this server from now on."""

    def to(box, tls=None, timeout_s=10.0, **changes):
        settings = Settings.load(
            {
                **environ,
                "TRACKER_SMTP_HOST": "localhost" if tls else "127.0.0.1",
                "TRACKER_SMTP_PORT": str(box.port),
                "TRACKER_SMTP_SECURITY": "starttls" if tls else "none",
                "TRACKER_BASE_URL": "https://clinic.example",
                "TRACKER_MAIL_FROM": "rhomboid@clinic.example",
                **changes,
            }
        )
        house.settings = settings
        house.holes["email"] = EmailChannel(settings, tls, timeout_s)

    return to


def emails(house):
    return [(row.state, row.reason) for row in house.rows(Delivery.channel == "email")]


def test_a_letter_arrives_with_text_and_html_and_the_id_of_its_delivery(house, connect):
    patient = house.patient(email="anna@example.org")
    with mail_server() as box:
        connect(box)
        house.clock.advance(timedelta(hours=3))
        ask(house, patient, kind="message", subject="message:1")
        house.deliver()
    (letter,) = box.letters
    (row,) = house.rows(Delivery.channel == "email")
    assert box.recipients == ["anna@example.org"]
    assert letter["Message-ID"] == f"<{row.id}@clinic.example>"
    assert letter["From"] == "Rhomboid <rhomboid@clinic.example>"
    assert letter["Subject"] == "Rhomboid"
    assert letter["List-Unsubscribe"] == "<https://clinic.example/reminders>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime == house.clock.now()
    text = letter.get_body(("plain",)).get_content()
    html = letter.get_body(("html",)).get_content()
    token = tokens.action_token(house.settings, row.id, house.clock.now())
    for body in (text, html):
        assert f"https://clinic.example/notices/{token}/open" in body
        assert "https://clinic.example/reminders" in body
    assert row.state == "sent"


def test_a_link_speaks_for_one_reminder_and_for_a_while(house):
    delivery = UUID(int=7)
    token = tokens.action_token(house.settings, delivery, MORNING)
    assert tokens.read_action_token(house.settings, token, MORNING + timedelta(days=2)) == delivery
    assert tokens.read_action_token(house.settings, token, MORNING + timedelta(days=3)) is None
    assert tokens.read_action_token(house.settings, token[:-1] + ("A" if token[-1] != "A" else "B"), MORNING) is None
    assert tokens.read_action_token(house.settings, "", MORNING) is None


def test_a_link_outlives_the_rotation_of_keys(house, environ):
    token = tokens.action_token(house.settings, UUID(int=7), MORNING)
    old = environ["TRACKER_SIGNING_KEYS"]
    rotated = Settings.load({**environ, "TRACKER_SIGNING_KEYS": f"{'n' * 40},{old}"})
    assert tokens.read_action_token(rotated, token, MORNING) == UUID(int=7)
    fresh = tokens.action_token(rotated, UUID(int=7), MORNING)
    assert tokens.read_action_token(house.settings, fresh, MORNING) is None


def test_it_goes_over_an_encrypted_line_with_a_password(house, connect, tls):
    ask(house, house.physio())
    with mail_server(tls[0], login=True) as box:
        connect(box, tls[1], TRACKER_SMTP_USER="rhomboid", TRACKER_SMTP_PASSWORD="open sesame")
        house.deliver()
    assert emails(house) == [("sent", None)]
    assert box.encrypted == [True]
    assert box.users == ["rhomboid"]


def test_a_password_that_was_changed_loses_nothing(house, connect, tls):
    physio = house.physio()
    for number in range(3):
        ask(house, physio, subject=f"alert:{number}")
    with mail_server(tls[0], login=True) as box:
        connect(box, tls[1], TRACKER_SMTP_USER="rhomboid", TRACKER_SMTP_PASSWORD="open barley")
        house.deliver()
        assert [state for state, _ in emails(house)] == ["due", "due", "due"]
        assert ("due", "sign_in_refused") in emails(house)
        house.clock.advance(timedelta(minutes=1))
        connect(box, tls[1], TRACKER_SMTP_USER="rhomboid", TRACKER_SMTP_PASSWORD="open sesame")
        house.deliver()
    assert emails(house) == [("sent", None)] * 3


def test_a_certificate_nobody_knows_is_not_trusted(house, connect, tls):
    ask(house, house.physio())
    with mail_server(tls[0]) as box:
        connect(box, TRACKER_SMTP_HOST="localhost", TRACKER_SMTP_SECURITY="starttls")
        house.deliver()
    assert emails(house) == [("due", "no_tls")]
    assert box.letters == []


def test_a_server_that_cannot_encrypt_is_not_talked_to_in_clear(house, connect, tls):
    ask(house, house.physio())
    with mail_server() as box:
        connect(box, tls[1])
        house.deliver()
    assert emails(house) == [("due", "no_tls")]
    assert box.letters == []


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("550 no such user", ("failed", "address_refused")),
        ("450 mailbox busy", ("due", "address_deferred")),
    ],
)
def test_an_address_is_refused_for_good_or_for_now(house, connect, answer, expected):
    gone, there = house.physio(email="gone@example.org"), house.physio(email="there@example.org")
    ask(house, gone, subject="alert:1")
    ask(house, there, subject="alert:2")
    with mail_server() as box:
        connect(box)
        box.answer = lambda address: answer if address.startswith("gone") else None
        house.deliver()
    states = {row.person_id: (row.state, row.reason) for row in house.rows(Delivery.channel == "email")}
    assert states == {gone.id: expected, there.id: ("sent", None)}


def test_one_connection_serves_a_batch(house, connect):
    physio = house.physio()
    for number in range(5):
        ask(house, physio, subject=f"alert:{number}")
    with mail_server() as box:
        connect(box)
        house.deliver()
    assert len(box.letters) == 5
    assert emails(house) == [("sent", None)] * 5


def test_a_server_that_is_not_there_costs_one_try(house, connect):
    physio = house.physio()
    for number in range(3):
        ask(house, physio, subject=f"alert:{number}")
    with mail_server() as box:
        connect(box)
    house.deliver()
    assert sorted(row.tries for row in house.rows(Delivery.channel == "email")) == [0, 0, 1]
    assert {state for state, _ in emails(house)} == {"due"}


def test_a_server_that_accepts_and_says_nothing_does_not_hold_us_up(house, connect):
    ask(house, house.physio())
    with socket.create_server(("127.0.0.1", 0)) as silent:
        connect(type("Box", (), {"port": silent.getsockname()[1]}), timeout_s=0.2)
        house.deliver()
    assert emails(house) == [("due", "network")]


@pytest.mark.parametrize("address", ["anna@example.org\nBcc: all@example.org", "anna@example.org\r\nSubject: x"])
def test_an_address_cannot_smuggle_headers(house, connect, address):
    ask(house, house.physio(email=address))
    with mail_server() as box:
        connect(box)
        house.deliver()
    assert (box.letters, box.recipients) == ([], [])
    assert emails(house) == [("failed", "bad_address")]
