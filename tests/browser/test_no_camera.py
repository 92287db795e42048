"""Exercising without a camera, and what becomes of it on a bad connection. Quick to do, so the many ways in which a
connection can fail are tried here.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.house import plan_of_every_exercise, sign_in, until
from tests.browser.live_page import LivePage, outbox_of
from tracker.regimen.library import library

pytestmark = pytest.mark.browser


def one_of_each(kind: str) -> list[str]:
    """Exercises of this kind that differ for somebody who counts: one side or both, training or a test."""
    found = {(each.sided, each.goal == "test"): each.id for each in library().values() if each.kind == kind}
    return sorted(found.values())


COUNTED = one_of_each("repetitions")
HELD = one_of_each("hold")
SESSIONS = "**/api/sessions"


@pytest.fixture
def by_hand(clinic, visit):
    """`by_hand(exercise)`: a patient's browser in the middle of a set without camera."""

    def start(exercise, *, hold_s=None, **who):
        plan = tuple(
            replace(item, hold_s=hold_s) if hold_s and item.hold_s else item for item in plan_of_every_exercise()
        )
        patient = clinic.patient(plan=plan, **who)
        there = visit(patient)
        live = LivePage(there.page)
        live.open_from_today(clinic.prescription_of(patient, exercise), "Without camera")
        live.start()
        live.in_mode("active")
        return patient, there, live

    return start


def count(there: Visit, times: int) -> None:
    button = there.page.get_by_role("button", name="Count one")
    for _ in range(times):
        button.click()


def on_the_summary(there: Visit) -> None:
    there.page.wait_for_url(re.compile(r"/sessions/[0-9a-f-]{36}$"))


@pytest.mark.parametrize("exercise", COUNTED)
def test_counting_by_hand(by_hand, clinic, exercise):
    patient, there, live = by_hand(exercise)
    count(there, 4)
    there.page.get_by_role("button", name="One less").click()
    there.page.keyboard.press("+")
    there.page.keyboard.press("+")
    assert live.shown_count() == 5
    there.page.get_by_role("button", name="Set done").click()
    live.answer(pain=2, effort=6)
    on_the_summary(there)
    expect(there.page.locator("output.big")).to_have_text("5")
    (stored,) = clinic.sessions_of(patient)
    assert (stored.source, stored.pain_before, stored.pain_during, stored.effort) == ("manual", 2, 2, 6)
    assert [(each.count, each.engine_version) for each in stored.sets] == [(5, "manual")]
    there.watcher.check()


@pytest.mark.parametrize("exercise", HELD)
def test_a_hold_with_the_timer(by_hand, clinic, exercise):
    patient, there, live = by_hand(exercise, hold_s=10.0)
    there.page.get_by_role("button", name="Start the hold").click()
    expect(there.page.get_by_role("button", name="Stop the hold")).to_be_visible()
    expect(live.count).to_have_text("0", timeout=30_000)
    there.page.get_by_role("button", name="Set done").click()
    live.answer(pain=0, effort=1)
    on_the_summary(there)
    (stored,) = clinic.sessions_of(patient)
    (only_set,) = stored.sets
    assert only_set.held_s == pytest.approx(10.0, abs=0.3)
    assert only_set.count == 1
    there.watcher.check()


def test_stopping_early_says_why(by_hand, clinic):
    patient, there, live = by_hand("overhead-press")
    count(there, 2)
    live.stop_because("It hurt")
    expect(there.page.get_by_text("With pain it is right to stop")).to_be_visible()
    live.answer(pain=7, effort=5)
    on_the_summary(there)
    (stored,) = clinic.sessions_of(patient)
    assert (stored.stop_reason, stored.pain_during) == ("pain", 7)
    assert [each.count for each in stored.sets] == [2]
    there.watcher.check()


def test_going_on_after_asking_to_stop_loses_nothing(by_hand):
    _, there, live = by_hand("overhead-press")
    count(there, 3)
    live.stop_button().click()
    there.page.get_by_role("dialog").get_by_role("button", name="Go on").click()
    count(there, 1)
    assert live.shown_count() == 4


def test_the_camera_is_not_even_asked_for_without_consent(clinic, visit):
    patient = clinic.patient(consents=())
    there = visit(patient)
    there.page.goto(f"/live/{clinic.prescription_of(patient, 'overhead-press')}?source=camera")
    live = LivePage(there.page)
    live.start()
    live.in_mode("active")
    count(there, 1)
    assert not [asked for asked in there.watcher.requests if asked.path.endswith(".task")]
    there.watcher.check()


def test_a_machine_without_a_camera_says_so_and_offers_the_other_ways(clinic, visit):
    patient = clinic.patient()
    there = visit(patient)
    LivePage(there.page).open_from_today(clinic.prescription_of(patient, "overhead-press"), "With the camera")
    expect(there.page.get_by_role("alert").filter(has_text="camera")).to_be_visible()
    there.page.get_by_role("button", name="Without camera").click()
    expect(LivePage(there.page).start_button).to_be_enabled()
    there.watcher.check()


# The connection


def test_offline_the_set_waits_on_the_device_and_goes_out_when_the_connection_is_back(by_hand, clinic):
    patient, there, live = by_hand("overhead-press")
    count(there, 3)
    there.context.set_offline(True)
    there.page.get_by_role("button", name="Set done").click()
    live.answer(pain=0, effort=2)
    live.in_mode("saved")
    assert clinic.sessions_of(patient) == []
    there.context.set_offline(False)
    until(there.page, "the set is stored", lambda: clinic.sets_of(patient))
    assert [each.count for each in clinic.sets_of(patient)] == [3]
    there.watcher.check(offline=True)


def test_a_page_opened_while_the_set_waits_says_so_and_sends_it_when_it_can(by_hand, clinic):
    patient, there, live = by_hand("overhead-press")
    count(there, 3)
    there.context.route(SESSIONS, lambda route: route.abort("internetdisconnected"))
    there.page.get_by_role("button", name="Set done").click()
    live.answer(pain=0, effort=2)
    live.in_mode("saved")
    waiting = there.page.locator("#outbox-status")
    there.page.goto("/today")
    expect(waiting).to_contain_text("1 set is waiting")
    there.page.reload()
    expect(waiting).to_contain_text("1 set is waiting")

    # It may have reached the server already: what a page sends while it is left behind, nobody can hold back here,
    # and its answer is heard by nobody. Sending it again must do no harm.
    there.context.unroute(SESSIONS)
    waiting.get_by_role("button", name="Try again").click()
    expect(waiting).to_be_hidden()
    there.page.reload()
    (stored,) = clinic.sessions_of(patient)
    assert [each.count for each in stored.sets] == [3]
    assert stored.effort == 2
    there.watcher.check(offline=True)


def test_an_answer_that_is_lost_on_the_way_doubles_nothing(by_hand, clinic):
    patient, there, live = by_hand("overhead-press")
    lost = []

    def lose_the_answer(route: Route) -> None:
        if len(lost) >= 2:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort("internetdisconnected")

    there.context.route(SESSIONS, lose_the_answer)
    count(there, 4)
    there.page.get_by_role("button", name="Set done").click()
    live.answer(pain=0, effort=2)
    live.in_mode("saved", "afterwards")
    until(there.page, "the server has stored it twice without being heard", lambda: len(lost) == 2, within_s=30)
    there.page.goto("/today")
    until(there.page, "everything is sent", lambda: sent_or_retried(there), within_s=30)
    assert set(lost) <= {200, 201}
    (stored,) = clinic.sessions_of(patient)
    assert [each.count for each in stored.sets] == [4]
    there.watcher.check(offline=True)


def sent_or_retried(there: Visit) -> bool:
    """Whether nothing waits any more; if something does, ask to send it now. In one step in the page: the line may go
    between looking and clicking.
    """
    there.page.evaluate("document.querySelector('#outbox-status button')?.click()")
    return outbox_of(there.page) == []


def test_the_same_document_twice_is_stored_once(by_hand, clinic):
    patient, there, live = by_hand("overhead-press")
    count(there, 3)
    there.page.get_by_role("button", name="Set done").click()
    live.answer(pain=0, effort=2)
    on_the_summary(there)
    sent = there.watcher.posted("/api/sessions")[-1]
    before = clinic.sessions_of(patient)
    answers = [
        there.page.evaluate(
            """async (body) => {
              const token = document.querySelector('meta[name="csrf-token"]').content;
              const headers = { "Content-Type": "application/json", "X-CSRF-Token": token };
              const answer = await fetch("/api/sessions", { method: "POST", body, headers });
              return [answer.status, await answer.json()];
            }""",
            sent.body.decode(),
        )
        for _ in range(2)
    ]
    document = json.loads(sent.body)
    assert [(status, answer["id"]) for status, answer in answers] == [(200, document["id"])] * 2
    (stored,) = clinic.sessions_of(patient)
    assert [each.id for each in stored.sets] == [each.id for each in before[0].sets]
    there.watcher.check()


def test_a_tab_closed_in_the_middle_of_counting_leaves_the_set_behind(by_hand, clinic):
    patient, there, live = by_hand("seated-row")
    count(there, 6)
    assert live.shown_count() == 6
    until(there.page, "the sixth is written down", lambda: counted_on_device(there.page) == 6)
    there.page.close()
    page = there.context.new_page()
    page.goto("/today")
    until(page, "the set is stored", lambda: clinic.sets_of(patient))
    page.reload()
    expect(page.locator("#outbox-status")).to_be_hidden()
    assert [each.count for each in clinic.sets_of(patient)] == [6]
    there.watcher.check()


def counted_on_device(page: Page) -> int:
    """The count of the set under way, as this browser has written it down."""
    (entry,) = outbox_of(page)
    return entry["checkpoint"]["summary"]["count"]


def test_another_person_on_the_same_browser_neither_sees_nor_sends_what_waits(by_hand, clinic):
    patient, there, live = by_hand("overhead-press")
    count(there, 3)
    there.context.route(SESSIONS, lambda route: route.abort("internetdisconnected"))
    there.page.get_by_role("button", name="Set done").click()
    live.answer(pain=0, effort=2)
    live.in_mode("saved")
    there.page.goto("/today")
    expect(there.page.locator("#outbox-status")).to_be_visible()
    there.page.get_by_role("button", name="Sign out").click()
    there.context.unroute(SESSIONS)
    other = clinic.patient(name="Bo Dahl")
    sign_in(there.page, other)
    expect(there.page.get_by_role("heading", level=1)).to_be_visible()
    there.page.wait_for_load_state("networkidle")
    expect(there.page.locator("#outbox-status")).to_be_hidden()
    assert clinic.sessions_of(other) == []
    there.page.get_by_role("button", name="Sign out").click()
    sign_in(there.page, patient)
    until(there.page, "the first person's set is stored", lambda: clinic.sets_of(patient))
    assert clinic.sessions_of(other) == []
