"""What is fetched without anybody being signed in: the worker, its offline page, the manifest, the calendar."""

from __future__ import annotations

import json
import re

import icalendar
import pytest


def shell_of(answer):
    """What the worker was told."""
    first = answer.text.partition("\n")[0]
    assert first.startswith("self.SHELL = ")
    return json.loads(first.removeprefix("self.SHELL = ").rstrip(";"))


def test_the_worker_may_look_after_the_whole_application_and_is_never_kept_for_long(anonymous):
    answer = anonymous.get("/service-worker.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Service-Worker-Allowed"] == "/"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "worker-src 'self'" in answer.headers["Content-Security-Policy"]


def test_everything_the_worker_keeps_is_public_and_there(anonymous):
    shell = shell_of(anonymous.get("/service-worker.js"))
    assert shell["offline"] == "/offline"
    for path in [*shell["files"], shell["offline"], shell["icon"], shell["badge"]]:
        with anonymous.get(path) as answer:
            assert answer.status_code == 200, path
            assert "Set-Cookie" not in answer.headers, path


def test_the_worker_keeps_no_page_of_a_person(anonymous):
    shell = shell_of(anonymous.get("/service-worker.js"))
    assert all(path.startswith("/assets/") for path in shell["files"])


def test_below_the_root_the_worker_stays_there(anonymous):
    answer = anonymous.get("/service-worker.js", environ_overrides={"SCRIPT_NAME": "/rhomboid"})
    assert answer.headers["Service-Worker-Allowed"] == "/rhomboid/"
    shell = shell_of(answer)
    assert all(path.startswith("/rhomboid/") for path in [*shell["files"], shell["offline"], shell["notices"]])


def test_the_offline_page_is_the_same_for_everybody(people, anonymous, signed_in):
    page = anonymous.get("/offline").text
    assert signed_in(people.patient(name="Ada Berg")).get("/offline").text == page
    assert "csrf" not in page
    assert "viewer" not in page
    assert 'href="tel:112"' in page


def test_the_offline_page_needs_only_what_the_worker_keeps(anonymous):
    shell = shell_of(anonymous.get("/service-worker.js"))
    page = anonymous.get("/offline").text
    needed = set(re.findall(r'(?:href|src)="(/assets/[^"#]+)', page))
    assert needed
    assert needed <= set(shell["files"])


def test_it_can_be_put_on_a_home_screen(anonymous):
    answer = anonymous.get("/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    manifest = json.loads(answer.text)
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    purposes = {icon["purpose"] for icon in manifest["icons"] if icon["sizes"] == "512x512"}
    assert purposes == {"any", "maskable"}
    for icon in manifest["icons"]:
        with anonymous.get(icon["src"]) as picture:
            assert (picture.status_code, picture.mimetype) == (200, icon["type"])


@pytest.mark.parametrize("path", ["/calendar/not-a-token.ics", "/calendar/.ics"])
def test_a_calendar_nobody_made_is_not_there(anonymous, path):
    assert anonymous.get(path).status_code == 404


def test_the_private_calendar_opens_by_its_address_until_it_is_withdrawn(people, anonymous, signed_in):
    browser = signed_in(people.patient(name="Ada Berg"))
    page = browser.post("/reminders/calendar", {"calendar": "make"})
    address = re.search(r'value="http://[^/"]+(/calendar/[^"]+\.ics)"', page.text)
    assert address is not None
    feed = anonymous.get(address.group(1))
    assert (feed.status_code, feed.mimetype) == (200, "text/calendar")
    assert icalendar.Calendar.from_ical(feed.data).name == "VCALENDAR"
    assert "Ada" not in feed.text
    assert address.group(1) not in browser.get("/reminders").text, "the address is shown once"
    browser.post("/reminders/calendar", {"calendar": "withdraw"})
    assert anonymous.get(address.group(1)).status_code == 404


def test_a_new_address_ends_the_old_one(people, anonymous, signed_in):
    browser = signed_in(people.patient())
    made = [browser.post("/reminders/calendar", {"calendar": "make"}).text for _ in range(2)]
    old, new = (re.search(r"(/calendar/[^\"]+\.ics)", page).group(1) for page in made)
    assert (anonymous.get(old).status_code, anonymous.get(new).status_code) == (404, 200)
