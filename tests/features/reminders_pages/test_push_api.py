"""A browser says where it is reached."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from tests.features.conftest import PASSWORD
from tracker.accounts import service as accounts
from tracker.reminders.models import PushSubscription, ReminderSettings

URL = "/api/push/subscriptions"


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def subscription(name: str = "one", **more):
    """What a browser hands out: an address, a public key of its own, a secret."""
    key = ec.derive_private_key(sum(name.encode()) + 1, ec.SECP256R1()).public_key()
    return {
        "endpoint": f"https://push.example/{name}",
        "expirationTime": None,
        "keys": {
            "p256dh": text(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)),
            "auth": text(b"0123456789abcdef"),
        },
        **more,
    }


@pytest.fixture
def listed(database):
    """Whose browsers the server knows: {endpoint: person id}."""

    def look():
        database.expire_all()
        database.commit()
        return {row.endpoint: row.person_id for row in database.scalars(select(PushSubscription))}

    return look


def delete(browser, document):
    headers = {**browser.headers, "X-CSRF-Token": browser.token()}
    return browser.client.delete(URL, json=document, headers=headers)


def test_the_key_is_a_point_of_the_curve(people, signed_in):
    key = signed_in(people.patient()).get("/api/push/key").json["key"]
    assert len(key) == 87  # 65 bytes
    assert key.startswith("B")  # 0x04: uncompressed


def test_telling_it_twice_is_telling_it_once(people, signed_in, listed):
    patient = people.patient()
    browser = signed_in(patient)
    first, again = browser.post_json(URL, subscription()), browser.post_json(URL, subscription())
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json["id"] == again.json["id"]
    assert listed() == {"https://push.example/one": patient.id}


def test_it_appears_on_the_page_with_a_name_one_recognises(people, signed_in):
    browser = signed_in(people.patient())
    chrome = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"
    browser.post_json(URL, subscription(), headers={"User-Agent": chrome})
    assert "Chrome · Android" in browser.get("/reminders").text


def test_whoever_turns_it_on_in_a_shared_browser_has_it(people, signed_in, listed):
    first, second = people.patient(), people.patient()
    signed_in(first).post_json(URL, subscription())
    assert signed_in(second).post_json(URL, subscription()).status_code in {200, 201}
    assert listed() == {"https://push.example/one": second.id}


def test_a_browser_that_changed_its_address_replaces_the_old_one(people, signed_in, listed):
    patient = people.patient()
    browser = signed_in(patient)
    browser.post_json(URL, subscription())
    renewed = subscription("two", old_endpoint="https://push.example/one")
    assert browser.post_json(URL, renewed).status_code == 201
    assert listed() == {"https://push.example/two": patient.id}


def test_nobody_inherits_the_browser_of_somebody_who_was_signed_in_before(people, signed_in, listed):
    first, second = people.patient(), people.patient()
    signed_in(first).post_json(URL, subscription())
    renewed = subscription("two", old_endpoint="https://push.example/one")
    assert signed_in(second).post_json(URL, renewed).status_code == 409
    assert listed() == {"https://push.example/one": first.id}


def test_a_browser_that_was_removed_does_not_put_itself_back(people, signed_in, listed):
    browser = signed_in(people.patient())
    kept = browser.post_json(URL, subscription()).json["id"]
    browser.post(f"/reminders/browsers/{kept}/remove")
    again = subscription(old_endpoint="https://push.example/one")
    assert browser.post_json(URL, again).status_code == 409
    assert listed() == {}


def test_it_is_given_up(people, signed_in, listed):
    browser = signed_in(people.patient())
    browser.post_json(URL, subscription())
    assert delete(browser, {"endpoint": "https://push.example/one"}).json == {"removed": True}
    assert delete(browser, {"endpoint": "https://push.example/one"}).json == {"removed": False}
    assert listed() == {}


def test_nobody_gives_up_the_browser_of_somebody_else(people, signed_in, listed):
    patient = people.patient()
    kept = signed_in(patient).post_json(URL, subscription()).json["id"]
    other = signed_in(people.patient())
    assert delete(other, {"endpoint": "https://push.example/one"}).json == {"removed": False}
    assert other.post(f"/reminders/browsers/{kept}/remove").status_code == 404
    assert listed() == {"https://push.example/one": patient.id}


NEW_PASSWORD = "nine loud geese by night"


def make_calendar(browser):
    page = browser.post("/reminders/calendar", {"calendar": "make"}).text
    return re.search(r"(/calendar/[^\"]+\.ics)", page).group(1)


def change_password(browser):
    return browser.post("/account/password", {"current": PASSWORD, "password": NEW_PASSWORD})


def test_a_new_password_forgets_browsers_and_the_calendar_of_this_person_alone(people, signed_in, anonymous, listed):
    patient, other = people.patient(), people.patient()
    browser, theirs = signed_in(patient), signed_in(other)
    for name in ("one", "two"):
        browser.post_json(URL, subscription(name))
    theirs.post_json(URL, subscription("three"))
    address, their_address = make_calendar(browser), make_calendar(theirs)

    assert change_password(browser).status_code == 302

    assert listed() == {"https://push.example/three": other.id}
    assert anonymous.get(address).status_code == 404
    assert anonymous.get(their_address).status_code == 200
    # The page says how it stands, and the browser that still thinks it is on the list is told that it is not.
    page = browser.get("/reminders").text
    assert "No browser yet" in page
    assert "data-fingerprint" not in page
    assert "Make a calendar address" in page
    assert browser.post_json(URL, subscription("one", old_endpoint="https://push.example/one")).status_code == 409
    assert listed() == {"https://push.example/three": other.id}
    # A tap turns it on again.
    assert browser.post_json(URL, subscription("one")).status_code == 201


def test_a_password_that_was_reset_forgets_browsers_and_the_calendar(
    people, signed_in, anonymous, listed, database, clock
):
    patient = people.patient()
    browser = signed_in(patient)
    browser.post_json(URL, subscription())
    address = make_calendar(browser)
    token = accounts.invite_to_reset(
        database, actor=None, whom=database.merge(patient), at=clock.now(), lifetime=timedelta(days=1)
    )
    database.commit()
    assert "the address of your own calendar" in anonymous.get(f"/invitation/{token}").text
    assert anonymous.post(f"/invitation/{token}", {"password": NEW_PASSWORD}).status_code == 302
    assert listed() == {}
    assert anonymous.get(address).status_code == 404


def test_a_password_that_is_not_changed_forgets_nothing(people, signed_in, anonymous, listed):
    patient = people.patient()
    browser = signed_in(patient)
    browser.post_json(URL, subscription())
    address = make_calendar(browser)
    browser.post("/account/password", {"current": "not the present one", "password": NEW_PASSWORD})
    assert listed() == {"https://push.example/one": patient.id}
    assert anonymous.get(address).status_code == 200


def test_staff_who_chose_nothing_can_change_their_password(people, signed_in, listed, database):
    physio = people.physio()
    browser = signed_in(physio)
    browser.post_json(URL, subscription())
    assert "turns off the notices of every browser" in browser.get("/account").text
    assert change_password(browser).status_code == 302
    assert listed() == {}
    database.commit()
    assert database.get(ReminderSettings, physio.id) is None


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        subscription(endpoint="http://push.example/plain"),
        subscription(endpoint="ftp://push.example/x-file"),
        subscription(endpoint="https://" + "x" * 3000),
        subscription(keys={"p256dh": "AAAA", "auth": "AAAA"}),
        subscription(keys={"p256dh": text(b"\4" + b"\0" * 64), "auth": text(b"0123456789abcdef")}),
    ],
)
def test_what_cannot_be_an_address_for_pushes_is_refused(people, signed_in, listed, document):
    answer = signed_in(people.patient()).post_json(URL, document)
    assert answer.status_code == 422
    assert answer.json["error"]
    assert listed() == {}
