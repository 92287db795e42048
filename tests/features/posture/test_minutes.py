"""Minutes exist once: however often, in whatever order and from whichever watcher they are sent."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.features.posture.desk import minute, minutes, stamp, stored, upload
from tracker.accounts.models import AuditEvent, SignInSession
from tracker.posture import pairing_service, service
from tracker.posture.models import PostureMinute, PostureSettings, Watcher

WATCHER = "6f7de0c5-94a4-4d6f-8f55-0d4b0c3b6a11"
API = "/api/posture/minutes"


def test_a_minute_sent_again_changes_nothing(browser, database, clock):
    document = upload(WATCHER, *minutes(clock.now() - timedelta(minutes=5), 5))
    first = browser.post_json(API, document).get_json()
    again = browser.post_json(API, document).get_json()
    assert first == {"kept": 5, "known": 0, "refused": []}
    assert again == {"kept": 0, "known": 5, "refused": []}
    assert len(stored(database)) == 5


def test_a_minute_grows_and_never_shrinks(browser, database, clock):
    at = clock.now() - timedelta(minutes=1)
    begun, whole = minute(at, comfort_s=20), minute(at, comfort_s=50, slouch_s=10)
    assert browser.post_json(API, upload(WATCHER, begun)).get_json()["kept"] == 1
    assert browser.post_json(API, upload(WATCHER, whole)).get_json()["kept"] == 1
    assert browser.post_json(API, upload(WATCHER, begun)).get_json() == {"kept": 0, "known": 1, "refused": []}
    (row,) = stored(database)
    assert (row.comfort_s, row.slouch_s) == (50, 10)


def test_the_same_minute_twice_in_one_upload_is_one(browser, database, clock):
    at = clock.now() - timedelta(minutes=1)
    answer = browser.post_json(API, upload(WATCHER, minute(at, comfort_s=60), minute(at, comfort_s=10)))
    assert answer.get_json() == {"kept": 1, "known": 1, "refused": []}
    assert stored(database)[0].comfort_s == 60


def test_everything_that_was_told_is_kept(browser, database, clock, ada):
    at = clock.now() - timedelta(minutes=1)
    place = str(uuid.uuid4())
    told = minute(at, comfort_s=20, slouch_s=15, away_s=12, unknown_s=8, changes=4, stands=1, baseline_id=place)
    browser.post_json(API, upload(WATCHER, told, name="Kitchen"))
    (row,) = stored(database)
    assert (row.comfort_s, row.slouch_s, row.away_s, row.unknown_s) == (20, 15, 12, 8)
    assert (row.changes, row.stands, row.movement, row.still_s, row.score) == (4, 1, 0.25, 300, 88)
    assert (row.view, str(row.baseline_id), row.starts_at, row.patient_id) == ("front", place, at, ada.id)
    watcher = database.get(Watcher, uuid.UUID(WATCHER))
    assert (watcher.kind, watcher.name, watcher.version, watcher.patient_id) == ("browser", "Kitchen", "1.2.0", ada.id)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"comfort_s": 61}, "malformed"),
        ({"comfort_s": -1}, "malformed"),
        ({"comfort_s": 30.5}, "malformed"),
        ({"comfort_s": None}, "malformed"),
        ({"comfort_s": 40, "slouch_s": 21}, "too_many_seconds"),
        ({"comfort_s": 0}, "empty"),
        ({"score": 101}, "malformed"),
        ({"movement": -0.1}, "malformed"),
        ({"view": "above"}, "malformed"),
        ({"baseline_id": "7"}, "malformed"),
        ({"mood": "fine"}, "malformed"),
        ({"at": "2026-03-10T11:30:00"}, "malformed"),
        ({"at": "soon"}, "malformed"),
        ({"at": 7}, "malformed"),
        ({"at": None}, "malformed"),
        ({"at": "0001-01-01T00:00:00+02:00"}, "malformed"),
        ({"at": "9999-12-31T23:59:00-02:00"}, "malformed"),
        ({"at": "2026-03-10T11:30:30Z"}, "not_a_minute"),
        ({"at": "2026-03-10T12:06:00Z"}, "future"),
        ({"at": "2026-02-03T11:59:00Z"}, "old"),
    ],
)
def test_a_minute_that_cannot_be_kept_is_refused_with_a_reason_and_takes_no_other_with_it(
    browser, database, clock, fields, reason
):
    good = minute(clock.now() - timedelta(minutes=2))
    bad = {**minute(clock.now() - timedelta(minutes=1)), **fields}
    answer = browser.post_json(API, upload(WATCHER, bad, good))
    assert answer.status_code == 200
    echo = bad["at"] if isinstance(bad["at"], str) else ""
    assert answer.get_json() == {"kept": 1, "known": 0, "refused": [{"at": echo, "reason": reason}]}
    assert len(stored(database)) == 1


@pytest.mark.parametrize("entry", [None, 3, "x", [], [[]], {}, {"at": "x" * 5_000}])
def test_nonsense_instead_of_a_minute_is_refused_and_echoed_shortly(browser, entry):
    answer = browser.post_json(API, upload(WATCHER, entry)).get_json()
    assert (answer["kept"], answer["refused"][0]["reason"]) == (0, "malformed")
    assert len(answer["refused"][0]["at"]) <= 40


def test_a_clock_a_little_ahead_and_five_weeks_of_spool_are_believed(browser, clock):
    newest, oldest = clock.now() + timedelta(minutes=5), clock.now() - timedelta(days=35)
    answer = browser.post_json(API, upload(WATCHER, minute(newest), minute(oldest))).get_json()
    assert answer == {"kept": 2, "known": 0, "refused": []}


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        {"watcher": "7", "minutes": []},
        {"watcher": WATCHER},
        {"watcher": WATCHER, "minutes": {}},
        {"watcher": WATCHER, "minutes": [], "person": "somebody"},
        {"watcher": WATCHER, "minutes": [None] * 1_501},
        {"watcher": WATCHER, "minutes": [], "name": "x" * 121},
        {"watcher": WATCHER, "minutes": [], "name": "a\x00b"},
        {"watcher": WATCHER, "minutes": [], "version": "1.2 beta"},
    ],
)
def test_an_envelope_that_does_not_fit_is_refused_as_a_whole(browser, database, document):
    answer = browser.post_json(API, document)
    assert answer.status_code == 422
    assert answer.get_json()["error"] == "refused"
    assert database.scalar(select(func.count()).select_from(Watcher)) == 0


def test_nonsense_instead_of_json_is_refused(browser):
    headers = {**browser.headers, "X-CSRF-Token": browser.token()}
    for body in (b"", b"{", b'"', b"\xff", b'{"watcher": NaN}', b"[" * 5_000):
        answer = browser.client.post(API, data=body, headers=headers, content_type="application/json")
        assert answer.status_code == 422, body[:20]


def test_a_day_and_a_half_fits_into_one_upload_and_more_than_a_megabyte_does_not(browser, database, clock):
    first = clock.now() - timedelta(minutes=1_500)
    assert browser.post_json(API, upload(WATCHER, *minutes(first, 1_500))).get_json()["kept"] == 1_500
    assert len(stored(database)) == 1_500
    headers = {**browser.headers, "X-CSRF-Token": browser.token()}
    body = b'{"watcher": "' + b" " * (1024 * 1024)
    assert browser.client.post(API, data=body, headers=headers, content_type="application/json").status_code == 413


def test_the_day_of_a_minute_is_the_day_where_the_person_lives(browser, database, clock, ada):
    ada.time_zone = "Pacific/Auckland"
    database.merge(ada)
    database.commit()
    # Noon in UTC is an hour past midnight in Auckland.
    browser.post_json(API, upload(WATCHER, *minutes(clock.now() - timedelta(hours=2), 2), *minutes(clock.now(), 1)))
    days = [row.local_date.isoformat() for row in stored(database)]
    assert days == ["2026-03-10", "2026-03-10", "2026-03-11"]


def test_the_first_day_at_the_desk_is_the_day_of_the_earliest_minute(browser, database, clock):
    def began_on():
        database.commit()
        return database.scalars(select(PostureSettings.began_on)).one()

    browser.post_json(API, upload(WATCHER, minute(clock.now())))
    assert began_on().isoformat() == "2026-03-10"
    browser.post_json(API, upload(WATCHER, minute(clock.now() - timedelta(days=3))))
    assert began_on().isoformat() == "2026-03-07"
    browser.post_json(API, upload(WATCHER, minute(clock.now() - timedelta(days=1))))
    assert began_on().isoformat() == "2026-03-07"


def test_two_watchers_are_one_person(browser, database, clock, ada):
    at = clock.now() - timedelta(minutes=3)
    seen_by_one = [minute(at, comfort_s=30, away_s=30), minute(at + timedelta(minutes=1), comfort_s=0, away_s=60)]
    seen_by_other = [minute(at, comfort_s=20, slouch_s=20), minute(at + timedelta(minutes=2))]
    browser.post_json(API, upload(WATCHER, *seen_by_one))
    browser.post_json(API, upload(str(uuid.uuid4()), *seen_by_other))
    assert len(stored(database)) == 4
    day = clock.now().date()
    merged = service.minutes_of(database, ada.id, day, day)
    assert [(each.comfort_s, each.slouch_s, each.away_s) for each in merged] == [(20, 20, 0), (0, 0, 60), (60, 0, 0)]
    assert [each.starts_at for each in merged] == [at + timedelta(minutes=number) for number in range(3)]


def test_a_watcher_id_of_somebody_else_leads_nowhere(browser, database, clock, people, signed_in):
    browser.post_json(API, upload(WATCHER, minute(clock.now(), comfort_s=10)))
    stranger = people.patient()
    other = signed_in(stranger)
    answer = other.post_json(API, upload(WATCHER, minute(clock.now(), comfort_s=60)))
    assert (answer.status_code, answer.get_json()) == (409, {"error": "use_another_id"})
    assert [row.comfort_s for row in stored(database)] == [10]
    assert database.scalars(select(Watcher)).one().patient_id != stranger.id
    assert other.get(f"/api/posture/state?watcher={WATCHER}").get_json()["other_watcher"] is None


def test_the_id_of_a_connected_computer_is_no_id_for_a_browser(browser, agent, clock):
    answer = browser.post_json(API, upload(agent.watcher, minute(clock.now())))
    assert (answer.status_code, answer.get_json()) == (409, {"error": "use_another_id"})


def test_a_browser_without_a_name_is_called_what_it_is(browser, database, clock):
    headers = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
    browser.post_json(API, upload(WATCHER, minute(clock.now())), headers=headers)
    assert database.scalars(select(Watcher)).one().name == "Firefox · Linux"


def test_a_computer_tells_its_minutes_with_its_token(agent, database, clock, ada):
    answer = agent.tell(*minutes(clock.now() - timedelta(minutes=3), 3))
    assert answer.get_json() == {"kept": 3, "known": 0, "refused": []}
    assert {(row.patient_id, str(row.watcher_id)) for row in stored(database)} == {(ada.id, agent.watcher)}
    answer = agent.post("/api/watch/minutes", upload(str(uuid.uuid4()), minute(clock.now())))
    assert (answer.status_code, answer.get_json()) == (409, {"error": "use_another_id"})


def test_a_computer_that_was_brought_up_to_date_says_so(agent, database, clock):
    agent.post("/api/watch/minutes", upload(agent.watcher, minute(clock.now()), version="1.3.0"))
    database.commit()
    assert database.get(Watcher, uuid.UUID(agent.watcher)).version == "1.3.0"


def test_the_audit_trail_has_one_line_for_each_day_of_a_watcher(browser, database, clock):
    for hours in (30, 29, 2, 1):
        browser.post_json(API, upload(WATCHER, minute(clock.now() - timedelta(hours=hours))))
    database.commit()
    lines = database.scalars(select(AuditEvent).where(AuditEvent.action == "minutes.received")).all()
    assert sorted(line.detail["day"] for line in lines) == ["2026-03-09", "2026-03-10"]
    assert {line.subject for line in lines} == {f"watcher:{WATCHER}"}


def test_without_the_consent_to_the_camera_nothing_is_kept(people, signed_in, database, clock):
    browser = signed_in(people.patient(consents=("landmarks", "sharing")))
    for answer in (
        browser.post_json(API, upload(WATCHER, minute(clock.now()))),
        browser.get("/api/posture/state"),
        browser.get("/api/posture/baselines"),
        browser.post_json("/api/posture/baselines", {}),
        browser.post_json("/api/posture/state", {"quiet": True}),
        browser.post_json(f"/api/posture/places/{uuid.uuid4()}/forget", {}),
    ):
        assert (answer.status_code, answer.get_json()) == (403, {"error": "no_consent"})
    assert stored(database) == []


def test_more_than_anybody_can_watch_has_to_wait(browser, database, clock, monkeypatch):
    monkeypatch.setattr(service, "MOST_MINUTES", 10)
    assert browser.post_json(API, upload(WATCHER, *minutes(clock.now() - timedelta(hours=1), 8))).status_code == 200
    answer = browser.post_json(API, upload(WATCHER, *minutes(clock.now() - timedelta(hours=2), 3)))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3600")
    assert len(stored(database)) == 8


def test_a_script_that_makes_up_watchers_has_to_wait_and_a_real_one_goes_on(browser, database, clock):
    browser.post_json(API, upload(WATCHER, minute(clock.now())))
    answers = [
        browser.post_json(API, upload(str(uuid.uuid4()), minute(clock.now()))).status_code
        for _ in range(pairing_service.MOST_NEW_BROWSERS_A_DAY)
    ]
    assert (answers[-2:], len(stored(database))) == ([200, 429], pairing_service.MOST_NEW_BROWSERS_A_DAY)
    clock.advance(timedelta(minutes=1))
    assert browser.post_json(API, upload(WATCHER, minute(clock.now()))).status_code == 200
    clock.advance(timedelta(days=1))
    assert browser.post_json(API, upload(str(uuid.uuid4()), minute(clock.now()))).status_code == 200


def test_a_page_that_watches_by_itself_does_not_put_off_the_end_of_an_unused_sign_in(browser, database, clock):
    def last_seen():
        database.commit()
        return database.scalars(select(SignInSession.last_seen_at)).one()

    begun = last_seen()
    clock.advance(timedelta(hours=1))
    browser.client.get("/api/posture/state")
    assert last_seen() == begun
    token = browser.token()  # a page, which somebody has opened
    opened = last_seen()
    assert opened == clock.now()
    clock.advance(timedelta(hours=1))
    headers = {**browser.headers, "X-CSRF-Token": token}
    assert browser.client.post(API, json=upload(WATCHER, minute(clock.now())), headers=headers).status_code == 200
    assert last_seen() == opened
    browser.client.post("/api/posture/state", json={"quiet": True}, headers=headers)
    assert last_seen() == clock.now()


def test_deleting_a_person_deletes_what_they_told(browser, agent, database, clock, ada):
    browser.post_json(API, upload(WATCHER, minute(clock.now())))
    agent.tell(minute(clock.now()))
    database.commit()
    database.delete(database.merge(ada))
    database.commit()
    assert database.scalar(select(func.count()).select_from(PostureMinute)) == 0
    assert database.scalar(select(func.count()).select_from(Watcher)) == 0


def test_the_instant_of_a_minute_may_be_written_in_any_zone(browser, database, clock):
    here = (clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    there = (clock.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%S+02:00")
    at = clock.now() - timedelta(hours=1)
    told = [{**minute(at), "at": here}, {**minute(at), "at": there}, minute(at)]
    answer = browser.post_json(API, upload(WATCHER, *told)).get_json()
    assert answer == {"kept": 1, "known": 2, "refused": []}
    assert stored(database)[0].starts_at == at, stamp(at)
