"""How somebody wants to be told, silence for a while, and erasing it all."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.features.posture.desk import baseline, minutes, stamp, upload
from tracker.accounts.models import AuditEvent
from tracker.posture import rules, service
from tracker.posture.models import PostureBaseline, PostureBreak, PostureMinute

CHOSEN = {
    "break_rule": "both",
    "break_every_min": "40",
    "notices_per_hour": "2",
    "quiet": "y",
    "sit_stand": "y",
}


def kept(database, ada):
    database.commit()
    return service.settings_of(database, ada.id)


def test_the_page_begins_with_what_holds_for_everybody(browser):
    page = browser.get("/posture/settings").text
    assert 'value="30"' in page
    assert "In your first week it is at least 45" in page
    assert "Nothing is kept of your desk." in page


def test_what_is_chosen_holds_and_is_shown_again(browser, database, ada):
    assert browser.post("/posture/settings", CHOSEN).status_code == 302
    found = kept(database, ada)
    assert (found.break_rule, found.break_every_min, found.notices_per_hour) == ("both", 40, 2)
    assert found.quiet
    assert found.sit_stand
    assert 'value="40"' in browser.get("/posture/settings").text
    browser.post("/posture/settings", {**CHOSEN, "quiet": "", "sit_stand": ""})
    assert not kept(database, ada).quiet


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("break_every_min", "19", "Please choose between 20 and 60 minutes."),
        ("break_every_min", "61", "Please choose between 20 and 60 minutes."),
        ("break_every_min", "9" * 400, "Please choose between 20 and 60 minutes."),
        ("break_every_min", "", "Please write a number of minutes."),
        ("break_every_min", "soon", "Not a valid integer value."),
        ("break_rule", "hourly", "Not a valid choice."),
        ("notices_per_hour", "4", "Not a valid choice."),
        ("notices_per_hour", "-1", "Not a valid choice."),
    ],
)
def test_what_cannot_be_is_said_kindly_and_changes_nothing(browser, database, ada, field, value, sentence):
    answer = browser.post("/posture/settings", {**CHOSEN, field: value})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert kept(database, ada) == rules.DEFAULTS


@pytest.mark.parametrize(
    ("asked", "setting", "minutes"),
    [("snooze", "snoozed_until", 60), ("pause", "paused_until", 60), ("today", "paused_until", 11 * 60)],
)
def test_one_tap_asks_for_silence_and_one_ends_it(browser, database, ada, clock, asked, setting, minutes):
    # Noon in UTC is one o'clock in Berlin; the day there ends eleven hours later.
    answer = browser.post("/posture/silence", {"for": asked, "back": "settings"})
    assert answer.location == "/posture/settings"
    assert getattr(kept(database, ada), setting) == clock.now() + timedelta(minutes=minutes)
    assert "Go on now" in browser.get("/posture").text
    browser.post("/posture/silence", {"for": "end"})
    found = kept(database, ada)
    assert (found.snoozed_until, found.paused_until) == (None, None)


def test_the_rest_of_the_day_is_said_so_and_not_as_midnight(browser):
    browser.post("/posture/silence", {"for": "today", "back": "settings"})
    pages = browser.get("/posture/settings").text, browser.get("/posture").text
    assert all("Watching is paused for the rest of the day." in page for page in pages)
    assert not any("00:00" in page for page in pages)


def test_the_rest_of_a_day_of_twenty_five_hours_can_be_silent(signed_in, ada, database, clock):
    clock.advance(timedelta(days=228, hours=10, minutes=1))  # 00:01 in Berlin on 25 October
    browser = signed_in(ada)
    assert browser.post("/posture/silence", {"for": "today"}).status_code == 302
    assert kept(database, ada).paused_until == clock.now() + timedelta(hours=24)


def test_an_unknown_silence_changes_nothing(browser, database, ada):
    assert browser.post("/posture/silence", {"for": "ever", "back": "//elsewhere.example"}).location == "/posture"
    assert kept(database, ada) == rules.DEFAULTS


def number_of(database, table):
    database.commit()
    return database.scalar(select(func.count()).select_from(table))


def test_everything_of_the_desk_can_be_erased_and_only_ones_own(browser, database, ada, people, signed_in, clock):
    other = people.patient(people.physio())
    for each in (browser, signed_in(other)):
        told = upload(str(uuid.uuid4()), *minutes(clock.now() - timedelta(minutes=9), 5))
        each.post_json("/api/posture/minutes", told)
        each.post_json("/api/posture/baselines", baseline(clock.now()))
        each.post(f"/posture/break/{uuid.uuid4()}", {"did": "moved"})
    tables = (PostureMinute, PostureBaseline, PostureBreak)
    assert [number_of(database, table) for table in tables] == [10, 2, 2]

    assert browser.post("/posture/erase").location == "/posture/settings#erase"
    assert [number_of(database, table) for table in tables] == [10, 2, 2]

    assert browser.post("/posture/erase", {"sure": "yes"}).location == "/posture"
    assert [number_of(database, table) for table in tables] == [5, 1, 1]
    assert "First, let something watch" in browser.get("/posture").text
    line = database.scalars(select(AuditEvent).where(AuditEvent.action == "posture.erased")).one()
    assert (line.actor_id, line.patient_id) == (ada.id, ada.id)
    assert line.detail == {"rows": 7}
    assert kept(database, ada).began_on is None


def test_what_was_erased_does_not_come_back_from_a_watcher_that_still_holds_it(browser, database, clock):
    watcher, before = str(uuid.uuid4()), clock.now() - timedelta(minutes=5)
    calibrated, asked = baseline(before), {"id": str(uuid.uuid4()), "cause": "still", "offered_at": stamp(before)}
    browser.post("/posture/erase", {"sure": "yes"})

    answer = browser.post_json("/api/posture/minutes", upload(watcher, *minutes(before, 3)))
    assert (answer.status_code, answer.json["refused"]) == (200, [])
    assert browser.post_json("/api/posture/baselines", calibrated).status_code == 200
    assert browser.post_json("/api/posture/breaks", asked).status_code == 422
    tables = (PostureMinute, PostureBaseline, PostureBreak)
    assert [number_of(database, table) for table in tables] == [0, 0, 0]

    clock.advance(timedelta(minutes=3))
    browser.post_json("/api/posture/minutes", upload(watcher, *minutes(clock.now() - timedelta(minutes=1), 1)))
    assert number_of(database, PostureMinute) == 1
