"""Where somebody says how they want to be reminded."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tracker.accounts.models import AuditEvent
from tracker.reminders import service
from tracker.reminders.models import Delivery, ReminderRule, ReminderSettings
from tracker.reminders.rules import Kind
from tracker.reminders.sending import Office, deliver
from tracker.web.context import services_of

EVERY_DAY = [str(day) for day in range(1, 8)]
FILLED = {
    "exercise-enabled": "y",
    "exercise-time_1": "17:30",
    "exercise-weekdays": EVERY_DAY,
    "check_in-enabled": "y",
    "check_in-time_1": "19:30",
    "check_in-weekdays": EVERY_DAY,
    "morning-enabled": "y",
    "morning-time_1": "08:30",
    "posture_break-first": "09:00",
    "posture_break-last": "17:00",
    "posture_break-every": "45",
    "posture_break-weekdays": EVERY_DAY,
    "message-enabled": "y",
    "quiet_from": "21:30",
    "quiet_to": "07:30",
    "daily_budget": "6",
    "channels": ["push", "email"],
    "time_zone": "Europe/Berlin",
    "locale": "en",
}
STAFF = {name: FILLED[name] for name in ("quiet_from", "quiet_to", "time_zone", "locale")}


@pytest.fixture
def kept(database):
    """`kept(person)`: their rules by kind, read afresh."""

    def look(person):
        database.expire_all()
        return {choice.kind: choice for choice in service.rules_of(database, person)}

    return look


def without(fields, *names):
    return {name: value for name, value in fields.items() if name not in names}


def test_the_page_as_it_comes_saves_without_a_change(people, signed_in, kept):
    patient = people.patient()
    before = kept(patient)
    browser = signed_in(patient)
    page = browser.get("/reminders").text
    for name, value in FILLED.items():
        for each in value if isinstance(value, list) else [value]:
            assert re.search(rf'name="{name}"[^>]*value="{each}"|<option selected value="{each}"', page), name
    answer = browser.post("/reminders", FILLED)
    assert (answer.status_code, answer.location) == (302, "/reminders")
    assert kept(patient) == before


def test_times_days_and_minutes_are_kept(people, signed_in, kept):
    patient = people.patient()
    changed = {
        "exercise-time_1": "18:00",
        "exercise-time_2": "07:45",
        "exercise-time_3": "18:00",
        "exercise-weekdays": ["1", "3", "5"],
        "posture_break-enabled": "y",
        "posture_break-first": "08:00",
        "posture_break-last": "16:00",
        "posture_break-every": "30",
        "posture_break-weekdays": ["1", "2", "3", "4", "5"],
    }
    signed_in(patient).post("/reminders", FILLED | changed)
    exercise, breaks = kept(patient)[Kind.EXERCISE], kept(patient)[Kind.POSTURE_BREAK]
    assert (exercise.times, exercise.weekdays) == (("07:45", "18:00"), "135")
    assert (breaks.enabled, breaks.times, breaks.every_minutes) == (True, ("08:00", "16:00"), 30)
    assert breaks.weekdays == "12345"


def test_each_kind_says_in_one_line_when_it_comes(people, signed_in):
    browser = signed_in(people.patient())
    page = browser.get("/reminders").text
    for line in ("At 17:30, every day", "At 08:30<", "Every 45 minutes from 09:00 to 17:00, every day"):
        assert line in page
    changed = {"exercise-time_2": "07:45", "exercise-weekdays": ["1", "3", "5"]}
    browser.post("/reminders", FILLED | changed)
    assert "At 07:45 and 17:30, Mon, Wed, Fri" in browser.get("/reminders").text


def test_quiet_hours_budget_channels_and_language_are_kept(people, signed_in, database):
    patient = people.patient()
    signed_in(patient).post(
        "/reminders",
        FILLED | {"quiet_from": "20:00", "quiet_to": "09:00", "daily_budget": "2", "channels": ["email"]},
    )
    row = database.get_one(ReminderSettings, patient.id)
    assert (row.quiet_from, row.quiet_to, row.daily_budget) == ("20:00", "09:00", 2)
    assert row.channels == ["in_app", "email"], "the bell is always there"


def test_switched_off_means_off_and_may_stay_half_filled_in(people, signed_in, kept):
    patient = people.patient()
    fields = without(FILLED, "exercise-enabled", "exercise-time_1", "exercise-weekdays")
    assert signed_in(patient).post("/reminders", fields).status_code == 302
    assert kept(patient)[Kind.EXERCISE].enabled is False


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"check_in-time_1": ""}, "The check-in, At: Please choose a time."),
        ({"check_in-time_1": "25:00"}, "The check-in, At: Not a valid time value."),
        ({"exercise-weekdays": []}, "Your exercises, Days: Please choose a day."),
        ({"posture_break-enabled": "y", "posture_break-last": "08:00"}, "The end must be later than the beginning."),
        ({"posture_break-enabled": "y", "posture_break-first": ""}, "Breaks from sitting, From: Please choose a time."),
        ({"posture_break-enabled": "y", "posture_break-every": "1"}, "Breaks from sitting, Every: Not a valid choice."),
        ({"quiet_from": ""}, "Quiet from: Please choose a time."),
        ({"daily_budget": "1000"}, "At most per day: Not a valid choice."),
        ({"channels": ["carrier pigeon"]}, "How:"),
        ({"time_zone": "Mars/Olympus"}, "Time zone: Not a valid choice."),
        ({"locale": "tlh"}, "Language: Not a valid choice."),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_stored(people, signed_in, database, changed, problem):
    patient = people.patient()
    answer = signed_in(patient).post("/reminders", FILLED | {"exercise-time_1": "06:06"} | changed)
    assert answer.status_code == 422
    assert problem in answer.text
    stored = database.scalars(select(ReminderRule).where(ReminderRule.person_id == patient.id)).all()
    assert not any("06:06" in row.times for row in stored)
    # What was entered is still there, and what does not fit is unfolded.
    assert 'value="06:06"' in answer.text


def test_every_problem_leads_to_its_field(people, signed_in):
    page = signed_in(people.patient()).post("/reminders", FILLED | {"check_in-time_1": "", "quiet_to": ""}).text
    targets = re.findall(r'<li><a href="#([^"]+)">', page)
    assert targets
    for target in targets:
        assert f'id="{target}"' in page


def test_a_person_without_a_physiotherapist_is_not_asked_about_messages(people, signed_in):
    page = signed_in(people.solo()).get("/reminders").text
    assert "message-enabled" not in page
    assert "exercise-enabled" in page
    assert signed_in(people.solo()).post("/reminders", without(FILLED, "message-enabled")).status_code == 302


def test_staff_choose_only_when_it_is_quiet_and_read_that_urgent_alerts_come_all_the_same(people, signed_in, database):
    for person in (people.physio(), people.admin()):
        browser = signed_in(person)
        page = browser.get("/reminders").text
        assert "exercise-enabled" not in page
        assert "levels 3 and 4) come at any hour" in page
        assert "Make a calendar address" not in page
        assert browser.post("/reminders", STAFF | {"quiet_from": "19:00"}).status_code == 302
        assert database.get_one(ReminderSettings, person.id).quiet_from == "19:00"
        assert browser.post("/reminders/calendar", {"calendar": "make"}).status_code == 404


def test_the_next_one_is_announced(people, signed_in):
    patient = people.patient()
    page = signed_in(patient).get("/reminders").text
    assert re.search(r"Next: [^<]+, (today|tomorrow), ", page) or "Nothing comes in the next two days." in page


@pytest.mark.parametrize(("length", "days"), [("day", 1), ("week", 7)])
def test_a_pause_ends_by_itself_or_at_once(people, signed_in, database, clock, length, days):
    patient = people.patient()
    browser = signed_in(patient)
    browser.post("/reminders/pause", {"pause": length})
    row = database.get_one(ReminderSettings, patient.id)
    assert row.paused_until == clock.now() + timedelta(days=days)
    assert "Paused until" in browser.get("/reminders").text
    browser.post("/reminders/pause", {"pause": "end"})
    database.expire_all()
    assert row.paused_until is None
    assert "Pause a day" in browser.get("/reminders").text


def test_a_pause_that_is_over_is_not_shown(people, signed_in, clock):
    browser = signed_in(people.patient())
    browser.post("/reminders/pause", {"pause": "day"})
    clock.advance(timedelta(days=1, minutes=1))
    assert "Paused until" not in browser.get("/reminders").text


def test_a_pause_for_ever_is_not_offered(people, signed_in):
    assert signed_in(people.patient()).post("/reminders/pause", {"pause": "always"}).status_code == 422


def test_one_tap_follows_a_journey_and_is_written_down(people, signed_in, database):
    patient = people.patient()
    browser = signed_in(patient)
    answer = browser.post("/reminders/zone", {"zone": "America/New_York", "next": "/account"})
    assert (answer.status_code, answer.location) == (302, "/account")
    assert "Your times follow New York from now on." in browser.get("/account").text
    database.refresh(patient)
    assert patient.time_zone == "America/New_York"
    line = database.scalars(select(AuditEvent).where(AuditEvent.action == "profile.changed")).one()
    assert (line.actor_id, line.patient_id) == (patient.id, patient.id)


def test_what_is_planned_moves_along_at_once(people, signed_in, database):
    patient = people.patient()
    browser = signed_in(patient)
    browser.post("/reminders", FILLED | {"quiet_from": "00:00", "quiet_to": "00:00"})
    browser.post("/reminders/zone", {"zone": "America/New_York"})
    rows = database.scalars(
        select(Delivery).where(Delivery.person_id == patient.id, Delivery.state == "due", Delivery.kind == "check_in")
    ).all()
    assert {f"{row.due_at.astimezone(ZoneInfo('America/New_York')):%H:%M}" for row in rows} == {"19:30"}


def test_the_same_zone_again_is_no_change(people, signed_in, database):
    signed_in(people.patient()).post("/reminders/zone", {"zone": "Europe/Berlin"})
    assert database.scalars(select(AuditEvent).where(AuditEvent.action == "profile.changed")).all() == []


@pytest.mark.parametrize("wrong", ["Nowhere/Land", "../../etc/passwd", ""])
def test_a_zone_that_is_none_changes_nothing(people, signed_in, database, wrong):
    patient = people.patient()
    assert signed_in(patient).post("/reminders/zone", {"zone": wrong}).status_code == 422
    database.refresh(patient)
    assert patient.time_zone == "Europe/Berlin"


def test_after_the_tap_nobody_is_led_elsewhere(people, signed_in):
    answer = signed_in(people.patient()).post("/reminders/zone", {"zone": "Asia/Tokyo", "next": "//elsewhere.example/"})
    assert answer.location == "/reminders"


def test_send_me_one_now_goes_into_the_queue_of_all_others(people, signed_in, database, clock):
    patient = people.patient()
    browser = signed_in(patient)
    answer = browser.post("/reminders/test")
    assert answer.location == "/reminders#browsers"
    assert "on its way" in browser.get("/reminders").text
    rows = database.scalars(select(Delivery).where(Delivery.person_id == patient.id, Delivery.kind == "test")).all()
    assert {row.channel for row in rows} >= {"in_app", "email"}
    assert {(row.state, row.due_at) for row in rows} == {("due", clock.now())}


def test_the_loop_brings_it_to_the_bell(people, signed_in, app, clock, settings):
    patient = people.patient()
    browser = signed_in(patient)
    browser.post("/reminders/test")
    assert browser.get("/api/notices").json["count"] == 0
    deliver(Office(services_of(app).sessions, clock, settings, {}), urgent=False)
    answer = browser.get("/api/notices").json
    assert [each["title"] for each in answer["notices"]] == ["This is a test"]


def test_the_account_page_leads_here(people, signed_in):
    for person in (people.patient(), people.physio(), people.admin()):
        assert 'href="/reminders"' in signed_in(person).get("/account").text


def test_the_local_time_is_shown_with_the_zone(people, signed_in):
    patient = people.patient(time_zone="Asia/Tokyo")
    there = datetime(2026, 3, 10, 12, tzinfo=UTC) + timedelta(hours=9)
    assert f"It is {there:%H:%M}" in signed_in(patient).get("/reminders").text


def test_an_address_without_e_mail_says_so(people, signed_in):
    patient = people.solo(email=None)
    page = signed_in(patient).get("/reminders").text
    assert "Your account has no e-mail address." in page or "E-mail is not set up on this server yet." in page


def test_a_test_message_is_no_way_to_send_hundreds(people, signed_in, database):
    browser = signed_in(people.patient())
    for _ in range(15):
        assert browser.post("/reminders/test").status_code == 302
    assert "often enough" in browser.get("/reminders").text
    subjects = database.scalars(select(Delivery.subject).where(Delivery.kind == "test")).all()
    assert len(set(subjects)) == 10
