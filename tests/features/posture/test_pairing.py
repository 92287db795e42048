"""A computer is connected with a code, once and within ten minutes, and disconnected in every way there is."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from tests.features.conftest import PASSWORD
from tests.features.posture.desk import minute, stored
from tracker.accounts import service as accounts
from tracker.accounts.models import AuditEvent, SignInAttempt
from tracker.posture import pairing_service, rules
from tracker.posture.jobs import clear_up_codes
from tracker.posture.models import Pairing, Watcher

NOT_PAIRED = (401, {"error": "not_paired"})
NO_SUCH_CODE = (404, {"error": "no_such_code"})
PAGE = "/posture/computers"


def said(answer):
    return answer.status_code, answer.get_json()


def actions(database):
    database.commit()
    lines = database.scalars(select(AuditEvent).where(AuditEvent.action.startswith("computer.")))
    return sorted(line.action for line in lines)


def test_a_computer_is_connected_with_the_code_on_the_page(browser, program, code_of, database, ada):
    computer = program()
    answer = computer.pair(code_of(browser))
    assert answer.status_code == 201
    body = answer.get_json()
    assert (body["person"], body["server"], body["watcher"]) == ("Ada", "http://127.0.0.1:8000", computer.watcher)
    assert len(body["token"]) >= 43  # 256 bits in base64
    assert computer.get("/api/watch/state").status_code == 200
    page = browser.get(PAGE).text
    assert "Ada&#39;s laptop" in page
    assert "Connected. The code has done its work" in page
    database.commit()
    row = database.get(Watcher, uuid.UUID(computer.watcher))
    assert (row.kind, row.patient_id, row.version) == ("agent", ada.id, "1.2.0")
    assert actions(database) == ["computer.paired"]


def test_neither_code_nor_token_is_stored_in_plain_words(browser, program, code_of, database):
    code = code_of(browser)
    computer = program()
    computer.pair(code)
    database.commit()
    rows = [database.execute(text(f"SELECT * FROM {table}")).all() for table in ("posture_pairing", "posture_watcher")]
    for secret in (code, rules.plain_code(code), computer.token, "Ada's laptop"):
        assert secret not in str(rows)


def test_a_code_may_be_typed_in_any_way(browser, program, code_of):
    code = code_of(browser)
    assert program().pair(f"  {code.lower().replace('-', ' ')} ").status_code == 201


def test_a_code_works_once(browser, program, code_of):
    code = code_of(browser)
    assert program().pair(code).status_code == 201
    assert said(program().pair(code)) == NO_SUCH_CODE


def test_a_code_lasts_ten_minutes(browser, program, code_of, clock):
    code = code_of(browser)
    clock.advance(timedelta(minutes=10))
    assert said(program().pair(code)) == NO_SUCH_CODE
    assert "The code you had is over" in browser.get(PAGE).text


def test_a_new_code_ends_the_one_before(browser, program, code_of):
    old, new = code_of(browser), code_of(browser)
    assert said(program().pair(old)) == NO_SUCH_CODE
    assert program().pair(new).status_code == 201


def test_the_page_shows_the_code_again_until_it_is_over_and_only_to_whom_it_belongs(
    browser, code_of, people, signed_in, clock
):
    code = code_of(browser)
    clock.advance(timedelta(minutes=9, seconds=30))
    page = browser.get(PAGE).text
    assert code in page
    assert "for another minute" in page
    assert f"--pair {code}" in page
    other = signed_in(people.patient())
    # Even with the page cookie of the first person, as on a shared computer.
    cookie = browser.client.get_cookie("rhomboid_page")
    other.client.set_cookie("rhomboid_page", cookie.value)
    assert code not in other.get(PAGE).text


@pytest.mark.parametrize(
    "code", ["", "ACDE", "ACDE-FGHJ", "ACDEF-GHJK0", "ACDEF-GHJKMN", "x" * 32, "ÄÖÜß2-12345", "NONE", "None"]
)
def test_a_wrong_code_is_no_code(browser, program, code_of, code):
    code_of(browser)
    assert said(program().pair(code)) == NO_SUCH_CODE


@pytest.mark.parametrize(
    "fields",
    [
        {"code": None},
        {"code": "x" * 33},
        {"name": ""},
        {"name": "x" * 121},
        {"name": "a\nb"},
        {"watcher": "7"},
        {"version": "1 2"},
        {"person": "Ada"},
    ],
)
def test_a_request_that_does_not_fit_uses_no_code_up(browser, program, code_of, fields):
    code = code_of(browser)
    computer = program()
    assert computer.post("/api/watch/pair", {**pairing(code), **fields}).status_code == 422
    assert computer.pair(code).status_code == 201


def test_wrong_codes_are_throttled_by_address(browser, program, code_of):
    code = code_of(browser)
    computer = program()
    answers = [computer.pair("AAAAA-AAAAA").status_code for _ in range(31)]
    assert answers == [404] * 30 + [429]
    blocked = computer.pair(code)
    assert blocked.status_code == 429
    assert int(blocked.headers["Retry-After"]) > 0


def try_code(program, code, address):
    answer = program().post("/api/watch/pair", pairing(code), environ_overrides={"REMOTE_ADDR": address})
    return answer.status_code


def test_no_number_of_wrong_codes_from_elsewhere_keeps_anybody_waiting(browser, program, code_of, database, clock):
    """The tries of a crowd are written down here as its requests would write them; it would take hours to send them."""
    code = code_of(browser)
    assert try_code(program, "AAAAA-AAAAA", "198.51.100.1") == 404
    database.commit()
    tried = database.scalars(select(SignInAttempt)).one()
    for _ in range(500):
        database.add(
            SignInAttempt(
                account_hash=tried.account_hash, address_hash=tried.address_hash, at=clock.now(), outcome="failed"
            )
        )
    database.commit()
    assert try_code(program, "AAAAA-AAAAA", "198.51.100.1") == 429
    assert try_code(program, code, "203.0.113.9") == 201


def test_a_code_that_was_right_does_not_wipe_out_wrong_ones(browser, program, code_of, database):
    for _ in range(3):
        assert try_code(program, "AAAAA-AAAAA", "198.51.100.1") == 404
    assert try_code(program, code_of(browser), "198.51.100.1") == 201
    database.commit()
    failed = select(func.count()).where(SignInAttempt.outcome == "failed")
    assert database.scalar(failed) == 3


def pairing(code):
    return {"code": code, "name": "Desk", "watcher": str(uuid.uuid4()), "version": "1"}


def test_guessing_codes_keeps_nobody_from_signing_in(program, people, anonymous):
    patient = people.patient()
    for _ in range(10):
        program().pair("AAAAA-AAAAA")
    answer = anonymous.post("/sign-in", {"email": patient.email, "password": PASSWORD})
    assert answer.status_code == 302


def test_a_computer_that_is_disconnected_is_out_at_once_and_its_minutes_stay(browser, agent, database, clock):
    agent.tell(minute(clock.now()))
    answer = browser.post(f"{PAGE}/{agent.watcher}/disconnect")
    assert answer.status_code == 302
    assert said(agent.get("/api/watch/state")) == NOT_PAIRED
    assert said(agent.tell(minute(clock.now()))) == NOT_PAIRED
    assert len(stored(database)) == 1
    assert "laptop" not in browser.get(PAGE).text
    assert browser.post(f"{PAGE}/{agent.watcher}/disconnect").status_code == 404
    assert actions(database) == ["computer.paired", "computer.revoked"]


def test_a_computer_can_leave_by_itself(browser, agent, database):
    assert said(agent.post("/api/watch/leave", {})) == (200, {"left": True})
    assert said(agent.post("/api/watch/leave", {})) == NOT_PAIRED
    assert "laptop" not in browser.get(PAGE).text
    assert actions(database) == ["computer.left", "computer.paired"]


def test_a_computer_that_comes_back_keeps_its_minutes_and_the_old_token_stays_worthless(
    browser, agent, code_of, database, clock
):
    agent.tell(minute(clock.now(), comfort_s=10))
    old = agent.token
    browser.post(f"{PAGE}/{agent.watcher}/disconnect")
    assert agent.pair(code_of(browser), name="Ada's new laptop").status_code == 201
    assert agent.tell(minute(clock.now(), comfort_s=60)).get_json()["kept"] == 1
    assert len(stored(database)) == 1
    agent.token = old
    assert said(agent.get("/api/watch/state")) == NOT_PAIRED


def test_connecting_again_without_disconnecting_ends_the_token_before(browser, agent, code_of):
    old = agent.token
    assert agent.pair(code_of(browser)).status_code == 201
    agent.token, new = old, agent.token
    assert said(agent.get("/api/watch/state")) == NOT_PAIRED
    agent.token = new
    assert agent.get("/api/watch/state").status_code == 200
    assert browser.get(PAGE).text.count("<h3>Ada&#39;s laptop</h3>") == 1


def test_the_id_of_somebody_elses_computer_cannot_be_taken_over(agent, people, signed_in, program, code_of, database):
    stranger = signed_in(people.patient())
    code = code_of(stranger)
    thief = program()
    thief.watcher = agent.watcher
    assert said(thief.pair(code)) == (409, {"error": "use_another_id"})
    assert agent.get("/api/watch/state").status_code == 200
    # The code was not used up: with an id of its own the computer is welcome.
    thief.watcher = str(uuid.uuid4())
    assert thief.pair(code).status_code == 201
    assert actions(database) == ["computer.paired", "computer.paired"]


def test_nobody_disconnects_the_computer_of_somebody_else(agent, people, signed_in):
    stranger = signed_in(people.patient())
    assert stranger.post(f"{PAGE}/{agent.watcher}/disconnect").status_code == 404
    assert agent.get("/api/watch/state").status_code == 200


def test_taking_back_the_consent_to_the_camera_disconnects_computers_and_ends_the_code(
    browser, agent, program, code_of, database, clock
):
    agent.tell(minute(clock.now()))
    code = code_of(browser)
    browser.post("/account/consents/camera/withdraw")
    assert said(agent.tell(minute(clock.now()))) == NOT_PAIRED
    assert said(program().pair(code)) == NO_SUCH_CODE
    page = browser.get(PAGE).text
    assert "needs your agreement" in page
    assert "Show a code" not in page
    assert browser.post(f"{PAGE}/code").status_code == 302
    database.commit()
    assert database.scalar(select(func.count()).select_from(Pairing)) == 0
    assert len(stored(database)) == 1
    # Agreeing again connects nothing by itself.
    browser.post("/account/consents/camera/grant")
    assert said(agent.get("/api/watch/state")) == NOT_PAIRED


def test_taking_back_another_consent_disconnects_nothing(browser, agent):
    browser.post("/account/consents/landmarks/withdraw")
    browser.post("/account/consents/sharing/withdraw")
    assert agent.get("/api/watch/state").status_code == 200


def test_a_new_password_disconnects_computers(browser, agent, program, code_of):
    code = code_of(browser)
    new = {"current": PASSWORD, "password": "nine loud geese by night"}
    answer = browser.post("/account/password", new, follow_redirects=True)
    assert "computers are disconnected" in answer.text
    assert said(agent.get("/api/watch/state")) == NOT_PAIRED
    assert said(program().pair(code)) == NO_SUCH_CODE


def test_a_password_that_was_reset_disconnects_computers(agent, database, ada, anonymous, clock):
    token = accounts.invite_to_reset(
        database, actor=None, whom=database.merge(ada), at=clock.now(), lifetime=timedelta(days=1)
    )
    database.commit()
    answer = anonymous.post(f"/invitation/{token}", {"password": "nine loud geese by night"})
    assert answer.status_code == 302
    assert said(agent.get("/api/watch/state")) == NOT_PAIRED


def test_a_new_password_of_somebody_else_disconnects_nothing(agent, people, signed_in):
    other = signed_in(people.patient())
    other.post("/account/password", {"current": PASSWORD, "password": "nine loud geese by night"})
    assert agent.get("/api/watch/state").status_code == 200


def test_signing_out_disconnects_nothing(browser, agent):
    browser.post("/sign-out")
    assert agent.get("/api/watch/state").status_code == 200


def test_a_person_who_was_deactivated_is_out(agent, program, browser, code_of, database, ada):
    code = code_of(browser)
    person = database.merge(ada)
    person.active = False
    database.commit()
    assert said(agent.get("/api/watch/state")) == NOT_PAIRED
    assert said(program().pair(code)) == NO_SUCH_CODE
    person.active = True
    database.commit()
    assert agent.get("/api/watch/state").status_code == 200


def test_ten_computers_are_enough(browser, program, code_of, monkeypatch):
    monkeypatch.setattr(pairing_service, "MOST_COMPUTERS", 2)
    computers = [program() for _ in range(2)]
    for each in computers:
        assert each.pair(code_of(browser)).status_code == 201
    page = browser.post(f"{PAGE}/code", follow_redirects=True).text
    assert "The list is full" in page
    assert "Disconnect one that you do not use any more" in page
    computers[0].post("/api/watch/leave", {})
    assert program().pair(code_of(browser)).status_code == 201


def test_codes_that_are_over_are_cleared_up(browser, code_of, database, clock):
    code_of(browser)
    assert clear_up_codes(database, clock.now() + timedelta(hours=24)) == 0
    assert clear_up_codes(database, clock.now() + timedelta(hours=25)) == 1
    database.commit()
    assert browser.get(PAGE).status_code == 200


def test_last_seen_is_kept_to_the_half_minute(agent, database, clock):
    def seen_at():
        database.commit()
        return database.get(Watcher, uuid.UUID(agent.watcher), populate_existing=True).seen_at

    paired = seen_at()
    clock.advance(timedelta(seconds=10))
    agent.get("/api/watch/state")
    assert seen_at() == paired
    clock.advance(timedelta(seconds=20))
    agent.get("/api/watch/state")
    assert seen_at() == clock.now()


@pytest.mark.usefixtures("agent")
def test_the_page_says_what_a_computer_sends_and_lists_it_with_what_is_known(browser):
    page = browser.get(PAGE).text
    assert "Never a picture" in page
    assert re.search(r"Last heard of .* · connected since .* · version 1\.2\.0", page)
    assert "tracker watch --server http://127.0.0.1:8000 --pair CODE" in page


def test_a_break_of_a_computer_is_kept_as_one_of_its_own(agent, clock):
    told = {"id": str(uuid.uuid4()), "cause": "still", "offered_at": clock.now().isoformat()}
    taken = {**told, "outcome": "taken", "credited_by": "stand", "ended_at": clock.now().isoformat()}
    assert agent.post("/api/watch/breaks", told).status_code == 200
    assert agent.post("/api/watch/breaks", taken).get_json() == {"id": told["id"], "outcome": "taken"}
    assert agent.post("/api/watch/breaks", {**told, "cause": "boredom"}).status_code == 422
    future = {**told, "id": str(uuid.uuid4()), "offered_at": (clock.now() + timedelta(days=2)).isoformat()}
    assert agent.post("/api/watch/breaks", future).status_code == 422


def test_a_break_of_somebody_else_leads_nowhere(agent, program, people, signed_in, code_of, clock):
    told = {"id": str(uuid.uuid4()), "cause": "still", "offered_at": clock.now().isoformat()}
    agent.post("/api/watch/breaks", told)
    other = program()
    other.pair(code_of(signed_in(people.patient())))
    answer = other.post("/api/watch/breaks", {**told, "outcome": "not_now"})
    assert said(answer) == (409, {"error": "use_another_id"})


def test_uploading_with_a_token_needs_no_cookie_and_sets_none(agent, clock):
    answer = agent.tell(minute(clock.now()))
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
