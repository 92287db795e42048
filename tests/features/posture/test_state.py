"""What a watcher asks about: settings with the first week, silence that ends by itself, who else watches."""

from __future__ import annotations

import uuid
from datetime import UTC, date, timedelta

import pytest
from sqlalchemy import select

from tests.features.posture.desk import minute, stamp, upload
from tracker.accounts.models import AuditEvent
from tracker.clock import zone
from tracker.posture import rules, service
from tracker.posture.models import PostureSettings
from tracker.reminders import wishes_service

API = "/api/posture/state"


def settings_of(answer):
    return answer.get_json()["settings"]


def test_somebody_who_has_chosen_nothing_is_told_every_45_minutes_in_the_first_week(browser, clock):
    found = browser.get(API).get_json()
    assert found == {
        "now": clock.now().isoformat(),
        "settings": {
            "break_rule": "still",
            "break_every_s": 2700,
            "notices_per_hour": 3,
            "quiet": False,
            "sit_stand": False,
            "snoozed_until": None,
            "paused_until": None,
            "quiet_hours_until": None,
        },
        "baselines": [],
        "other_watcher": None,
    }


def test_the_quiet_hours_of_the_reminders_hold_at_the_desk(browser, agent, database, ada, clock):
    here = clock.now().astimezone(zone(ada.time_zone))
    began, ends = here - timedelta(hours=1), (here + timedelta(hours=2)).replace(second=0, microsecond=0)
    chosen = {"quiet_from": f"{began:%H:%M}", "quiet_to": f"{ends:%H:%M}", "daily_budget": 6, "channels": []}
    wishes_service.save_settings(database, ada, **chosen, at=clock.now())
    database.commit()
    for answer in (browser.get(API), agent.get("/api/watch/state")):
        assert settings_of(answer)["quiet_hours_until"] == ends.astimezone(UTC).isoformat()
    clock.advance(timedelta(hours=3))
    assert settings_of(browser.get(API))["quiet_hours_until"] is None


def test_after_the_first_week_breaks_come_after_30_minutes(browser, clock):
    browser.post_json("/api/posture/minutes", upload(str(uuid.uuid4()), minute(clock.now())))
    clock.advance(timedelta(days=6))
    assert settings_of(browser.get(API))["break_every_s"] == 2700
    clock.advance(timedelta(days=1))
    assert settings_of(browser.get(API))["break_every_s"] == 1800


def test_the_first_week_ends_where_the_person_lives(browser, database, clock, ada):
    database.add(PostureSettings(patient_id=ada.id, began_on=date(2026, 3, 4), changed_at=clock.now()))
    ada.time_zone = "Pacific/Auckland"
    database.merge(ada)
    database.commit()
    assert settings_of(browser.get(API))["break_every_s"] == 1800


@pytest.mark.parametrize("name", ["snoozed_until", "paused_until"])
def test_silence_is_set_from_anywhere_and_ends_by_itself_or_at_once(browser, agent, clock, name):
    until = clock.now() + timedelta(hours=1)
    assert settings_of(agent.post("/api/watch/state", {name: stamp(until)}))[name] == until.isoformat()
    assert settings_of(browser.get(API))[name] == until.isoformat()
    clock.advance(timedelta(hours=1))
    assert settings_of(browser.get(API))[name] is None
    later = clock.now() + timedelta(minutes=20)
    browser.post_json(API, {name: stamp(later)})
    assert settings_of(browser.post_json(API, {name: None}))[name] is None
    assert settings_of(agent.get("/api/watch/state"))[name] is None


def test_silence_lasts_a_day_at_most(browser, clock):
    longest = clock.now() + timedelta(hours=24)
    # A clock that is a little ahead is forgiven, and the silence no longer for that.
    answer = browser.post_json(API, {"snoozed_until": stamp(longest + timedelta(minutes=4))})
    assert settings_of(answer)["snoozed_until"] == longest.isoformat()
    for too_far in (longest + timedelta(minutes=6), longest + timedelta(days=20)):
        answer = browser.post_json(API, {"paused_until": stamp(too_far)})
        assert (answer.status_code, list(answer.get_json()["fields"])) == (422, ["paused_until"])
    assert settings_of(browser.get(API))["paused_until"] is None


def test_what_is_not_said_stays_as_it_is(browser, clock):
    until = clock.now() + timedelta(hours=1)
    browser.post_json(API, {"snoozed_until": stamp(until), "quiet": True})
    found = settings_of(browser.post_json(API, {"paused_until": stamp(until)}))
    assert (found["snoozed_until"], found["quiet"]) == (until.isoformat(), True)
    assert settings_of(browser.post_json(API, {}))["quiet"] is True
    assert settings_of(browser.post_json(API, {"quiet": False}))["quiet"] is False


@pytest.mark.parametrize(
    "document",
    [
        [],
        {"quiet": None},
        {"quiet": "yes"},
        {"snoozed_until": "later"},
        {"snoozed_until": "2026-03-10T13:00:00"},
        {"break_every_min": 20},
        {"patient_id": str(uuid.UUID(int=0))},
    ],
)
def test_a_state_that_does_not_fit_is_refused(browser, document):
    assert browser.post_json(API, document).status_code == 422
    assert settings_of(browser.get(API))["quiet"] is False


@pytest.mark.parametrize("instant", ["9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00"])
def test_the_ends_of_the_calendar_break_nothing(browser, instant):
    assert browser.post_json(API, {"paused_until": instant}).status_code in {200, 422}
    assert settings_of(browser.get(API))["paused_until"] is None


def test_a_change_is_in_the_audit_trail_by_its_names_only(browser, database, clock):
    browser.post_json(API, {"quiet": True, "snoozed_until": stamp(clock.now() + timedelta(hours=1))})
    browser.post_json(API, {})
    database.commit()
    (line,) = database.scalars(select(AuditEvent).where(AuditEvent.action == "posture.settings")).all()
    assert line.detail == {"changed": ["quiet", "snoozed_until"]}


def changes_told(database):
    database.commit()
    lines = database.scalars(
        select(AuditEvent).where(AuditEvent.action == "posture.settings").order_by(AuditEvent.at, AuditEvent.id)
    )
    return [line.detail["changed"] for line in lines]


def test_what_is_said_again_is_no_change(browser, database, ada, clock):
    until = stamp(clock.now() + timedelta(hours=1))
    browser.post_json(API, {"quiet": False, "paused_until": None})
    assert changes_told(database) == []
    assert database.get(PostureSettings, ada.id) is None
    for _ in range(3):
        browser.post_json(API, {"quiet": True, "paused_until": until})
    assert changes_told(database) == [["paused_until", "quiet"]]
    # A pause that has ended by itself is none any more: ending it changes nothing.
    clock.advance(timedelta(days=2))
    browser.post_json(API, {"paused_until": None})
    assert len(changes_told(database)) == 1


def test_a_program_gone_wild_does_not_fill_the_audit_trail(browser, agent, database, clock):
    for number in range(40):
        clock.advance(timedelta(seconds=1))
        silence = stamp(clock.now() + timedelta(minutes=number + 1))
        agent.post("/api/watch/state", {"paused_until": silence if number % 2 else None, "quiet": not number % 2})
    assert changes_told(database) == [["quiet"], ["paused_until", "quiet"]]
    # Each change counts all the same, and another setting has a line of its own.
    assert settings_of(browser.get(API))["quiet"] is False
    browser.post_json(API, {"snoozed_until": stamp(clock.now() + timedelta(hours=1))})
    assert changes_told(database)[2:] == [["snoozed_until"]]


def test_on_another_day_a_change_is_told_again(browser, database, clock):
    for quiet in (True, False):
        browser.post_json(API, {"quiet": quiet})
        clock.advance(timedelta(hours=25))
    assert changes_told(database) == [["quiet"], ["quiet"]]


def test_one_persons_lines_keep_nobody_elses_out(browser, people, signed_in, database):
    browser.post_json(API, {"quiet": True})
    signed_in(people.patient(people.physio())).post_json(API, {"quiet": True})
    assert len(changes_told(database)) == 2


def test_who_else_watches_is_told_for_two_minutes(browser, agent, clock):
    own = str(uuid.uuid4())
    browser.post_json("/api/posture/minutes", upload(own, minute(clock.now()), name="Firefox"))
    seen = clock.now().isoformat()
    assert agent.get("/api/watch/state").get_json()["other_watcher"] == {
        "name": "Firefox",
        "kind": "browser",
        "seen_at": seen,
    }
    other = browser.get(f"{API}?watcher={own}").get_json()["other_watcher"]
    assert (other["name"], other["kind"]) == ("Ada's laptop", "agent")
    clock.advance(timedelta(minutes=2))
    assert browser.get(f"{API}?watcher={own}").get_json()["other_watcher"] is None
    assert agent.get("/api/watch/state").get_json()["other_watcher"] is None
    # The computer has just asked, so it is there.
    assert browser.get(f"{API}?watcher={own}").get_json()["other_watcher"]["kind"] == "agent"
    assert browser.get(f"{API}?watcher=nonsense").status_code == 200


def test_settings_are_changed_by_their_names_and_within_bounds(database, ada, clock):
    kept = service.change_settings(
        database, patient=ada, wanted={"break_rule": "both", "break_every_min": 20}, at=clock.now()
    )
    assert (kept.break_rule, kept.break_every_min, kept.notices_per_hour) == ("both", 20, 3)
    assert service.settings_of(database, ada.id) == kept
    for wrong in (
        {"break_rule": "never"},
        {"break_every_min": 19},
        {"break_every_min": 61},
        {"notices_per_hour": 4},
        {"notices_per_hour": None},
        {"quiet": "yes"},
        {"began_on": None},
        {"patient_id": ada.id},
    ):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            service.change_settings(database, patient=ada, wanted=wrong, at=clock.now())
    assert service.settings_of(database, ada.id) == kept


def test_who_has_no_row_has_the_defaults(database, ada):
    assert service.settings_of(database, ada.id) == rules.DEFAULTS


def test_a_tab_of_somebody_else_is_told_nothing(browser, ada, people, signed_in):
    """Ada's tab was left open, and now somebody else is signed in in her browser."""
    other = signed_in(people.patient(people.physio()))
    for path in (API, "/posture/watch/today"):
        assert browser.get(f"{path}?of={ada.id}").status_code == 200
        assert other.get(f"{path}?of={ada.id}").status_code == 401
        assert other.get(f"{path}?of=nonsense").status_code == 401
