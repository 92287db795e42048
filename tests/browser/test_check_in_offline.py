"""The check-in on a bad connection: written down first, sent once, and only by whose it is."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Route, expect

from tests.browser.check_in_page import API, CheckInPage, at_home, finish, told_by
from tests.browser.house import sign_in, until
from tests.browser.live_page import outbox_of

pytestmark = pytest.mark.browser


@pytest.fixture
def there(clinic, visit):
    """A patient who lives in Germany, in their browser."""
    return at_home(clinic, visit)


@pytest.fixture
def form(there):
    return CheckInPage(there.page)


def test_offline_the_check_in_is_finished_kept_and_sent_later(form, there, clinic):
    form.open().daily_up_to("average")
    there.context.set_offline(True)
    finish(form)
    kept = form.page.get_by_role("region", name="Kept on this device")
    expect(kept).to_be_visible()
    expect(kept).to_contain_text("If you are worried, or it gets worse suddenly, call 112.")
    expect(form.page.locator("#outbox-status")).to_contain_text("A check-in is waiting to be sent")
    assert told_by(clinic, there.patient) == []
    there.context.set_offline(False)
    form.page.wait_for_url("**/check-in/done/**")
    assert [row.answers["average"] for row in told_by(clinic, there.patient)] == [4]
    there.watcher.check(offline=True)


def test_an_answer_lost_on_the_way_doubles_nothing(form, there, clinic):
    lost = []

    def lose_the_answer(route: Route) -> None:
        if len(lost) >= 2:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort("internetdisconnected")

    there.context.route(API, lose_the_answer)
    form.open().daily_up_to("body")
    form.send.click()
    until(form.page, "the server has it twice without being heard", lambda: len(lost) == 2, within_s=30)
    form.page.goto("/library")
    until(form.page, "nothing waits", lambda: outbox_of(form.page) == [])
    assert lost == [201, 200]
    assert len(told_by(clinic, there.patient)) == 1


def test_another_person_on_the_same_browser_neither_sees_nor_sends_it(form, there, clinic):
    form.open()
    there.context.route(API, lambda route: route.abort("internetdisconnected"))
    form.tick("E_WEAK")
    until(form.page, "it is written down", lambda: len(outbox_of(form.page)) == 1)
    page = form.page
    page.goto("/today")
    page.get_by_role("button", name="Sign out").click()
    there.context.unroute(API)
    other = clinic.patient(name="Bo Dahl")
    sign_in(page, other)
    page.wait_for_load_state("networkidle")
    expect(page.locator("#outbox-status")).to_be_hidden()
    assert told_by(clinic, other) == []
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, there.patient)
    page.wait_for_url("**/help/emergency")
    assert len(told_by(clinic, there.patient)) == 1
    assert told_by(clinic, other) == []


def test_what_the_server_refuses_says_so_and_stays(form, there):
    there.context.route(
        API, lambda route: route.fulfill(status=422, content_type="application/json", body='{"error": "Too long ago."}')
    )
    form.open().daily_up_to("body")
    form.send.click()
    expect(form.page.get_by_role("status").filter(has_text="Too long ago.").first).to_be_visible()
    expect(form.page.locator("#outbox-status")).to_contain_text("could not accept this check-in")
    assert len(outbox_of(form.page)) == 1
    there.context.unroute(API)
    form.send.click()
    form.page.wait_for_url("**/check-in/done/**")
    assert outbox_of(form.page) == [], "a corrected version takes the place of the one that was refused"


def test_the_morning_after_is_one_tap_on_today_also_without_a_connection(form, there):
    page = form.page
    page.goto("/today")
    session_id = str(uuid.uuid4())
    # The row as the page brings it on the morning after a session that hurt.
    page.evaluate(
        """([id, module]) => {
          document.querySelector("main").insertAdjacentHTML("beforeend", `<form method="post" action="/check-in/morning"
            data-morning="${id}" data-thanks="Noted. Thank you."><button name="pain" value="3">3</button></form>`);
          return import(module);
        }""",
        [session_id, page.locator('script[src*="page.js"]').get_attribute("src").replace("page.js", "morning_row.js")],
    )
    there.context.set_offline(True)
    page.locator("form[data-morning]").get_by_role("button", name="3").click()
    expect(page.get_by_text("Noted. Thank you.")).to_be_focused()
    (entry,) = outbox_of(page)
    assert (entry["document"]["form"], entry["document"]["session_id"]) == ("morning", session_id)
    assert entry["document"]["answers"] == {"pain": 3}


def test_a_browser_that_keeps_nothing_sends_at_once(clinic, visit):
    there = at_home(clinic, visit)
    there.context.add_init_script("indexedDB.open = () => { throw new Error('a private window'); };")
    form = CheckInPage(there.page).open()
    form.none_of_these.check()
    finish(form)
    there.page.wait_for_url("**/check-in/done/**")
    assert [row.answers["average"] for row in told_by(clinic, there.patient)] == [4]
    there.watcher.check()
