"""Calibrations of places: kept once, the newest of a place counts, names are encrypted, a removed place stays away."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.features.posture.desk import baseline, minute, stamp, upload
from tracker.accounts.models import AuditEvent
from tracker.posture import documents, service
from tracker.posture.models import PostureBaseline, PostureMinute

API = "/api/posture/baselines"


def listed(browser):
    return browser.get(API).get_json()["baselines"]


def test_a_baseline_comes_back_as_it_was_sent_to_the_browser_and_to_the_computer(browser, agent, clock):
    sent = baseline(clock.now())
    assert browser.post_json(API, sent).status_code == 201
    (found,) = listed(browser)
    assert {name: found[name] for name in ("id", "place", "name", "camera", "view", "confidence")} == {
        name: sent[name] for name in ("id", "place", "name", "camera", "view", "confidence")
    }
    assert found["document"].items() >= sent["document"].items()
    # The engine chooses among several by these, and the caller writes them in.
    assert (found["document"]["id"], found["document"]["place"]) == (sent["id"], sent["place"])
    assert agent.get("/api/watch/baselines").get_json()["baselines"] == [found]
    assert agent.get("/api/watch/state").get_json()["baselines"] == [found]


def test_sent_again_it_changes_nothing(browser, database, clock):
    sent = baseline(clock.now())
    assert browser.post_json(API, sent).status_code == 201
    assert browser.post_json(API, {**sent, "name": "Elsewhere"}).status_code == 200
    assert [each["name"] for each in listed(browser)] == ["Desk"]
    database.commit()
    lines = database.scalars(select(AuditEvent).where(AuditEvent.action == "baseline.received")).all()
    assert [line.subject for line in lines] == [f"baseline:{sent['id']}"]


def test_the_newest_of_a_place_counts_in_whatever_order_they_arrive(browser, agent, clock):
    old = baseline(clock.now() - timedelta(days=20))
    new = baseline(clock.now() - timedelta(days=1), place=old["place"], name="Desk by the window")
    other = baseline(clock.now() - timedelta(hours=1), name="Kitchen")
    assert agent.post("/api/watch/baselines", new).status_code == 201
    assert browser.post_json(API, old).status_code == 201
    assert browser.post_json(API, other).status_code == 201
    assert [each["id"] for each in listed(browser)] == [other["id"], new["id"]]


def test_a_removed_place_is_gone_and_a_late_calibration_of_it_does_not_bring_it_back(browser, clock):
    first = baseline(clock.now() - timedelta(hours=2))
    late = baseline(clock.now() - timedelta(hours=1), place=first["place"])
    browser.post_json(API, first)
    answer = browser.post_json(f"/api/posture/places/{first['place']}/forget", {})
    assert (answer.status_code, answer.get_json()) == (200, {"baselines": []})
    assert browser.post_json(API, late).status_code == 201
    assert listed(browser) == []
    assert browser.post_json(f"/api/posture/places/{first['place']}/forget", {}).status_code == 404
    clock.advance(timedelta(hours=1))
    fresh = baseline(clock.now(), place=first["place"])
    browser.post_json(API, fresh)
    assert [each["id"] for each in listed(browser)] == [fresh["id"]]


def test_what_was_measured_at_a_removed_place_stays(browser, database, clock):
    sent = baseline(clock.now())
    browser.post_json(API, sent)
    told = upload(str(uuid.uuid4()), minute(clock.now(), baseline_id=sent["id"]))
    browser.post_json("/api/posture/minutes", told)
    browser.post_json(f"/api/posture/places/{sent['place']}/forget", {})
    database.commit()
    assert str(database.scalars(select(PostureMinute.baseline_id)).one()) == sent["id"]


def test_a_clock_that_is_ahead_makes_no_calibration_the_newest_for_ever(browser, clock):
    ahead = baseline(clock.now() + timedelta(days=400))
    browser.post_json(API, ahead)
    assert listed(browser)[0]["made_at"] == clock.now().isoformat()
    clock.advance(timedelta(days=1))
    fresh = baseline(clock.now(), place=ahead["place"])
    browser.post_json(API, fresh)
    assert [each["id"] for each in listed(browser)] == [fresh["id"]]


def test_names_of_places_and_cameras_are_nowhere_in_plain_words(browser, database, clock):
    sent = baseline(clock.now(), name="Bedroom at Kim's", camera="Kim's webcam")
    sent["document"] |= {"name": "Bedroom at Kim's", "camera": "Kim's webcam"}
    assert browser.post_json(API, sent).status_code == 201
    database.commit()
    (row,) = database.execute(text("SELECT * FROM posture_baseline")).all()
    assert "Kim" not in str(row)
    assert listed(browser)[0]["document"]["name"] == "Bedroom at Kim's"


def test_an_id_of_somebody_else_leads_nowhere_and_says_nothing(browser, people, signed_in, database, clock):
    sent = baseline(clock.now())
    browser.post_json(API, sent)
    other = signed_in(people.patient())
    answer = other.post_json(API, {**sent, "name": "Mine"})
    assert (answer.status_code, answer.get_json()) == (409, {"error": "use_another_id"})
    assert listed(other) == []
    assert other.post_json(f"/api/posture/places/{sent['place']}/forget", {}).status_code == 404
    assert [each["name"] for each in listed(browser)] == ["Desk"]
    # The same place under another baseline is a place of the other person, and touches nobody's.
    mine = baseline(clock.now(), place=sent["place"], name="Mine")
    assert other.post_json(API, mine).status_code == 201
    assert other.post_json(f"/api/posture/places/{sent['place']}/forget", {}).status_code == 200
    assert [each["name"] for each in listed(browser)] == ["Desk"]
    assert database.scalar(select(func.count()).select_from(PostureBaseline)) == 2


def deep(levels):
    found = {}
    for _ in range(levels):
        found = {"a": found}
    return found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "7"),
        ("place", None),
        ("name", ""),
        ("name", "  "),
        ("name", "x" * 121),
        ("camera", "a\nb"),
        ("view", "above"),
        ("confidence", "high"),
        ("made_at", "2026-03-10T12:00:00"),
        ("made_at", "0001-01-01T00:00:00+05:00"),
        ("document", []),
        ("document", {}),
        ("document", {"engine_version": 1}),
        ("document", {"engine_version": "x" * 17}),
        ("document", {"engine_version": "1", "tall": "x" * 40_000}),
        ("document", {"engine_version": "1", "tall": "a\u0000b"}),
        ("document", {"engine_version": "1", "deep": deep(500)}),
        ("surprise", 1),
    ],
)
def test_a_baseline_that_does_not_fit_is_refused(browser, database, clock, field, value):
    answer = browser.post_json(API, {**baseline(clock.now()), field: value})
    assert answer.status_code == 422
    assert any(name.partition(".")[0] == field for name in answer.get_json()["fields"]), answer.get_json()
    assert database.scalar(select(func.count()).select_from(PostureBaseline)) == 0


def test_numbers_that_are_none_are_refused(browser, clock):
    headers = {**browser.headers, "X-CSRF-Token": browser.token()}
    for number in ("NaN", "Infinity", "1e999"):
        body = f"""{{"id": "{uuid.uuid4()}", "place": "{uuid.uuid4()}", "name": "Desk", "view": "front",
            "confidence": "low", "made_at": "{stamp(clock.now())}",
            "document": {{"engine_version": "1", "tall": {number}}}}}"""
        assert browser.client.post(API, data=body, headers=headers).status_code == 422, number


def test_a_script_that_calibrates_all_day_has_to_wait(browser, clock, monkeypatch):
    monkeypatch.setattr(service, "MOST_BASELINES_A_DAY", 3)
    answers = [browser.post_json(API, baseline(clock.now())).status_code for _ in range(4)]
    assert answers == [201, 201, 201, 429]
    clock.advance(timedelta(days=1))
    assert browser.post_json(API, baseline(clock.now())).status_code == 201


def test_a_script_that_says_it_calibrated_long_ago_has_an_end_as_well(browser, clock, monkeypatch):
    monkeypatch.setattr(service, "MOST_BASELINES", 3)
    long_ago = clock.now() - timedelta(days=400)
    answers = [browser.post_json(API, baseline(long_ago)).status_code for _ in range(4)]
    assert answers == [201, 201, 201, 429]


def test_a_document_that_is_nested_too_deeply_is_refused(browser, clock):
    """What the server keeps of one has to be read by every program of this person."""
    nested: object = 1
    for _ in range(documents.DEEPEST_BASELINE):
        nested = [nested]
    sent = baseline(clock.now())
    sent["document"]["tall"] = nested
    answer = browser.post_json(API, sent)
    assert answer.status_code == 422
    assert "too deep" in answer.get_json()["fields"]["document"]
