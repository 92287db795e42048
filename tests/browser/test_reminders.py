"""Reminders as a browser has them: the bell, the worker that shows a push, no connection, another time zone."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, Worker, expect
from sqlalchemy import select

from tests.browser.house import Account, Server, sign_in, until
from tests.features.notices import notice_row
from tracker.accounts.models import Person
from tracker.clock import SystemClock
from tracker.reminders.models import Delivery, PushSubscription
from tracker.reminders.subscription_service import subscribe
from tracker.reminders.tokens import action_token

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


def put_notice(server: Server, account: Account, kind: str, **fields: Any) -> uuid.UUID:
    """A notice at the bell since a moment ago."""
    with server.database() as session:
        row = notice_row(account.id, kind, SystemClock().now() - timedelta(seconds=1), **fields)
        session.add(row)
        session.commit()
        return row.id


def seen(server: Server, notice_id: uuid.UUID) -> bool:
    with server.database() as session:
        return session.get_one(Delivery, notice_id).seen_at is not None


def worker_of(page: Page, context: BrowserContext) -> Worker:
    """The service worker, in charge of the page."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    # A page that was on its way while the worker started is looked after from its next visit on.
    if page.evaluate("navigator.serviceWorker.controller === null"):
        page.reload()
    until(page, "the worker controls the page", lambda: page.evaluate("navigator.serviceWorker.controller !== null"))
    worker: Worker = until(page, "the worker is known", lambda: next(iter(context.service_workers), None))
    return worker


# The bell


def test_the_bell_opens_a_panel_in_which_things_are_put_off(visit, clinic, server):
    patient = clinic.patient()
    first = put_notice(server, patient, "test")
    second = put_notice(server, patient, "message")
    there = visit(patient)
    page = there.page
    bell = page.locator("#bell")
    expect(bell).to_have_accessible_name("Notices: 2 are waiting")
    bell.focus()
    page.keyboard.press("Enter")
    panel = page.get_by_role("region", name="Notices", exact=True)
    expect(panel).to_be_visible()
    expect(bell).to_have_attribute("aria-expanded", "true")
    expect(panel.get_by_role("heading", name="Notices", exact=True)).to_be_focused()
    panel.get_by_role("button", name="Dismiss: This is a test").click()
    expect(panel.get_by_text("Dismissed.")).to_be_visible()
    expect(bell).to_have_accessible_name("Notices: 1 is waiting")
    assert (seen(server, first), seen(server, second)) == (True, False)
    expect(panel.get_by_role("heading", name="Notices", exact=True)).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(bell).to_be_focused()
    expect(bell).to_have_attribute("aria-expanded", "false")
    there.watcher.check()


def test_a_second_click_closes_the_panel(visit, clinic):
    page = visit(clinic.patient()).page
    panel = page.locator("#notices-panel")
    page.locator("#bell").click()
    expect(panel).to_be_visible()
    page.locator("#bell").click()
    expect(panel).to_be_hidden()
    page.locator("#bell").click()
    expect(panel).to_be_visible()
    page.mouse.click(200, 500)
    expect(panel).to_be_hidden()


def test_on_a_phone_the_bell_leads_to_the_list(visit, clinic, server):
    patient = clinic.patient()
    put_notice(server, patient, "message", payload={"path": "/account"})
    page = visit(patient, viewport=PHONE).page
    page.locator("#bell").click()
    page.wait_for_url("**/notices")
    page.get_by_role("button", name=re.compile("Read it ?: A message for you")).click()
    page.wait_for_url("**/account")
    expect(page.locator("#bell")).to_have_accessible_name("Notices: nothing is waiting")


def test_without_scripts_everything_at_the_bell_works(visit, clinic, server):
    patient = clinic.patient()
    notice = put_notice(server, patient, "message")
    page = visit(patient, java_script_enabled=False).page
    page.locator("#bell").click()
    page.get_by_role("button", name="Dismiss: A message for you").click()
    expect(page.get_by_text("Nothing is waiting for you.")).to_be_visible()
    assert seen(server, notice)


def test_what_arrives_while_the_page_is_open_is_said(visit, clinic, server):
    physio = clinic.physio()
    there = visit()
    there.page.clock.install()
    sign_in(there.page, physio)
    page = there.page
    expect(page.locator("#bell")).to_have_accessible_name("Notices: nothing is waiting")
    put_notice(server, physio, "escalation", payload={"level": 4, "path": "/alerts"})
    page.clock.run_for(61_000)
    expect(page.locator("#bell")).to_have_accessible_name("Notices: 1 is waiting")
    expect(page.locator("[data-notices-say]")).to_have_text("New notice: An urgent alert needs you now")
    toast = page.get_by_role("alert")
    expect(toast).to_contain_text("An urgent alert needs you now")
    expect(toast.get_by_role("link", name="Open")).to_have_attribute("href", "/alerts")
    toast.get_by_role("button", name="Close").click()
    expect(toast).to_be_hidden()


def test_a_page_nobody_looks_at_does_not_ask(visit, clinic):
    there = visit()
    there.page.clock.install()
    sign_in(there.page, clinic.patient())
    page = there.page

    def asked() -> int:
        return sum(each.path == "/api/notices" for each in there.watcher.requests)

    page.evaluate("Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true })")
    page.clock.run_for(300_000)
    assert asked() == 0
    page.evaluate("Object.defineProperty(document, 'visibilityState', { value: 'visible', configurable: true })")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    until(page, "it asks when it is looked at again", lambda: asked() == 1)


# Push


@pytest.fixture
def pushed(visit, server) -> Callable[..., tuple[Any, Worker, Callable[[str], None]]]:
    """`pushed(account)`: a page, its worker, and a way to let a push arrive there, as the browser itself does it."""

    def make(account: Account) -> tuple[Any, Worker, Callable[[str], None]]:
        there = visit(account, permissions=["notifications"])
        worker = worker_of(there.page, there.context)
        devtools: CDPSession = there.context.new_cdp_session(there.page)
        registrations: dict[str, bool] = {}
        devtools.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: registrations.update(
                {each["registrationId"]: not each["isDeleted"] for each in event["registrations"]}
            ),
        )
        devtools.send("ServiceWorker.enable")
        until(there.page, "the registration is known", lambda: any(registrations.values()))

        def deliver(data: str) -> None:
            for registration in [each for each, alive in registrations.items() if alive]:
                devtools.send(
                    "ServiceWorker.deliverPushMessage",
                    {"origin": server.url, "registrationId": registration, "data": data},
                )

        return there, worker, deliver

    return make


SHOWN = """() => navigator.serviceWorker.ready.then((registration) => registration.getNotifications()).then((all) =>
  all.map(({ title, body, tag, data, actions, requireInteraction }) =>
    ({ title, body, tag, data, actions: actions.map(({ action }) => action), requireInteraction })))"""


def what_is_shown(there: Any, deliver: Callable[[str], None], data: str) -> list[dict[str, Any]]:
    """The notices after this push. The browser's tools drop one without a word while the worker is being started, so
    it is delivered again until something is there; the same notice takes the place of the one before.
    """

    def ask() -> Any:
        deliver(data)
        there.page.wait_for_timeout(500)
        return there.page.evaluate(SHOWN)

    found: list[dict[str, Any]] = until(there.page, "it is shown", ask, within_s=30.0)
    return found


def test_a_push_is_shown_in_words_that_say_nothing(pushed, clinic):
    there, _, deliver = pushed(clinic.patient())
    push = {
        "id": "1",
        "title": "Rhomboid",
        "body": "There is something for you in Rhomboid.",
        "url": "/notices/abc/open",
        "actions_url": "/notices/abc",
        "tag": "1",
        "urgent": False,
    }
    [shown] = what_is_shown(there, deliver, json.dumps(push))
    assert shown == {
        "title": "Rhomboid",
        "body": "There is something for you in Rhomboid.",
        "tag": "1",
        "data": {"url": "/notices/abc/open", "answers": "/notices/abc"},
        "actions": ["snooze", "not_today"],
        "requireInteraction": False,
    }


@pytest.mark.parametrize("data", ["", "not JSON", "[1, 2]", '{"title": 5, "url": 7, "actions_url": {}}', "null"])
def test_a_push_that_cannot_be_read_is_shown_all_the_same(pushed, clinic, data):
    there, _, deliver = pushed(clinic.patient())
    [shown] = what_is_shown(there, deliver, data)
    assert (shown["title"], shown["body"]) == ("Rhomboid", "There is something for you in Rhomboid.")
    assert shown["data"] == {"url": "/notices", "answers": ""}
    assert shown["actions"] == []


def test_an_urgent_one_stays_and_cannot_be_put_off(pushed, clinic):
    there, _, deliver = pushed(clinic.physio())
    push = {"title": "Rhomboid", "body": "Now", "url": "/x", "actions_url": None, "urgent": True}
    [shown] = what_is_shown(there, deliver, json.dumps(push))
    assert (shown["requireInteraction"], shown["actions"]) == (True, [])


def test_a_push_renews_the_bell_of_an_open_page(pushed, clinic, server):
    patient = clinic.patient()
    there, _, deliver = pushed(patient)
    put_notice(server, patient, "message")
    deliver("{}")
    expect(there.page.locator("#bell")).to_have_accessible_name("Notices: 1 is waiting")


# A browser lets a worker open or focus a page only after a real tap, which cannot be made from outside. So these two
# calls are replaced by ones that write down; everything else is the worker itself.
WITHOUT_A_TAP = """() => {
  self.opened = [];
  self.clients.openWindow = async (url) => { self.opened.push(url); return null; };
  WindowClient.prototype.focus = async function () {
    self.opened.push(`focus ${new URL(this.url).pathname}`);
    return this;
  };
}"""


def tap(worker: Worker, action: str, data: dict[str, Any]) -> list[str]:
    """A tap on a notice or on one of its buttons; what was opened or focused then."""
    worker.evaluate(WITHOUT_A_TAP)
    worker.evaluate("([action, data]) => answer(action, data)", [action, data])
    found: list[str] = worker.evaluate("() => self.opened")
    return found


def test_a_tap_takes_the_open_tab_to_the_right_page(pushed, clinic, server):
    patient = clinic.patient()
    there, worker, _ = pushed(patient)
    there.page.goto("/reminders")
    notice = put_notice(server, patient, "message", payload={"path": "/account"})
    token = action_token(server.settings, notice, SystemClock().now())
    opened = tap(worker, "", {"url": f"/notices/{token}/open", "answers": ""})
    there.page.wait_for_url("**/account")
    assert len(opened) == 1
    assert opened[0].startswith("focus ")


def test_a_tab_in_which_something_is_entered_is_left_alone(pushed, clinic, server):
    there, worker, _ = pushed(clinic.patient())
    there.page.goto("/account")
    assert tap(worker, "", {"url": "/notices", "answers": ""}) == [f"{server.url}/notices"]
    assert there.page.url.endswith("/account")


def test_a_tab_that_shows_it_already_comes_to_the_front(pushed, clinic):
    there, worker, _ = pushed(clinic.patient())
    there.page.goto("/notices")
    assert tap(worker, "", {"url": "/notices", "answers": ""}) == ["focus /notices"]


@pytest.mark.parametrize("elsewhere", ["https://elsewhere.example/", "//elsewhere.example/x", "javascript:alert(1)"])
def test_a_push_never_leads_out_of_the_application(pushed, clinic, server, elsewhere):
    there, worker, _ = pushed(clinic.patient())
    there.page.goto("/account")
    assert tap(worker, "", {"url": elsewhere, "answers": elsewhere}) == [f"{server.url}/notices"]
    assert tap(worker, "snooze", {"url": elsewhere, "answers": elsewhere}) == [f"{server.url}/notices"]


def test_not_today_is_answered_without_opening_anything(pushed, clinic, server):
    patient = clinic.patient()
    _, worker, _ = pushed(patient)
    notice = put_notice(server, patient, "check_in")
    address = f"/notices/{action_token(server.settings, notice, SystemClock().now())}"
    assert tap(worker, "not_today", {"url": f"{address}/open", "answers": address}) == []
    assert seen(server, notice)


def test_an_answer_that_did_not_get_through_says_so_where_it_can_be_tried_again(pushed, clinic, server):
    there, worker, _ = pushed(clinic.patient())
    there.page.goto("/account")
    assert tap(worker, "snooze", {"url": "/x", "answers": "/notices/too-old"}) == [f"{server.url}/notices/too-old"]


FAKE_PUSH_SERVICE = """(key) => {
  // No push service can be reached from here: this one hands out an address and keeps it in this browser.
  const fake = (endpoint, applicationServerKey) => ({
    endpoint,
    options: { applicationServerKey },
    toJSON: () => ({ endpoint, expirationTime: null, keys: KEYS }),
    unsubscribe: async () => { localStorage.removeItem("fake"); return true; },
  });
  const KEYS = { p256dh: key, auth: "MDEyMzQ1Njc4OWFiY2RlZg" };
  const bytes = (text) => text && Uint8Array.from(text.split(","), Number).buffer;
  PushManager.prototype.getSubscription = async () => {
    const [endpoint, used] = (localStorage.getItem("fake") ?? "").split(" ");
    return endpoint ? fake(endpoint, bytes(used)) : null;
  };
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    const found = localStorage.getItem("fake") ?? `https://push.example/${Math.random()} ${[...applicationServerKey]}`;
    localStorage.setItem("fake", found);
    const [endpoint, used] = found.split(" ");
    return fake(endpoint, bytes(used));
  };
}"""
POINT = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"


@pytest.fixture
def browsers_of(server) -> Callable[[Account], list[str]]:
    def look(account: Account) -> list[str]:
        with server.database() as session:
            found = session.scalars(select(PushSubscription).where(PushSubscription.person_id == account.id))
            return [row.endpoint for row in found]

    return look


def with_push_service(there: Any) -> Page:
    there.context.add_init_script(f"({FAKE_PUSH_SERVICE})({json.dumps(POINT)})")
    page: Page = there.page
    return page


def test_turned_on_turned_off(visit, clinic, browsers_of):
    patient = clinic.patient()
    there = visit(patient, permissions=["notifications"])
    page = with_push_service(there)
    page.goto("/reminders")
    expect(page.get_by_text("Off in this browser.")).to_be_visible()
    page.get_by_role("button", name="Turn on here").click()
    expect(page.get_by_text("On in this browser.")).to_be_visible()
    assert len(browsers_of(patient)) == 1
    expect(page.locator(".reminder-browsers li")).to_contain_text("this one")
    page.get_by_role("button", name="Turn off here").click()
    expect(page.get_by_text("Off in this browser.")).to_be_visible()
    assert browsers_of(patient) == []
    there.watcher.check()


def test_taken_off_the_list_it_knows_so_itself(visit, clinic, browsers_of):
    patient = clinic.patient()
    there = visit(patient, permissions=["notifications"])
    page = with_push_service(there)
    page.goto("/reminders")
    page.get_by_role("button", name="Turn on here").click()
    expect(page.get_by_text("On in this browser.")).to_be_visible()
    page.locator(".reminder-browsers").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("That browser gets no notices any more.")).to_be_visible()
    expect(page.get_by_text("Off in this browser.")).to_be_visible()
    assert browsers_of(patient) == []
    assert page.evaluate("localStorage.getItem('fake')") is None


def test_a_browser_taken_off_the_list_from_elsewhere_stays_off(visit, clinic, browsers_of, server):
    patient = clinic.patient()
    there = visit(patient, permissions=["notifications"])
    page = with_push_service(there)
    page.goto("/reminders")
    page.get_by_role("button", name="Turn on here").click()
    expect(page.get_by_text("On in this browser.")).to_be_visible()
    with server.database() as session:
        session.query(PushSubscription).filter_by(person_id=patient.id).delete()
        session.commit()
    page.evaluate(
        """() => localStorage.setItem("rhomboid.push",
             JSON.stringify({ ...JSON.parse(localStorage.getItem("rhomboid.push")), told: 0 }))"""
    )
    page.goto("/account")
    until(page, "the browser gave up", lambda: page.evaluate("localStorage.getItem('fake')") is None)
    assert browsers_of(patient) == []


def test_a_browser_that_gets_a_new_address_tells_it(pushed, clinic, browsers_of, server):
    patient, other = clinic.patient(), clinic.patient(name="Bo Lind")
    _, worker, _ = pushed(patient)
    keys = {"p256dh": POINT, "auth": "MDEyMzQ1Njc4OWFiY2RlZg"}

    def renew(old: str, new: str) -> None:
        worker.evaluate(
            "([endpoint, after]) => renew({ endpoint }, { toJSON: () => after })",
            [old, {"endpoint": new, "expirationTime": None, "keys": keys}],
        )

    for who, address in ((patient, "mine"), (other, "theirs")):
        with server.database() as session:
            subscribe(
                session,
                session.get_one(Person, who.id),
                endpoint=f"https://push.example/{address}",
                device="",
                base_url=server.url,
                at=SystemClock().now(),
                **keys,
            )
            session.commit()
    renew("https://push.example/mine", "https://push.example/new")
    assert browsers_of(patient) == ["https://push.example/new"]
    # The one of somebody who was signed in here before is not taken over.
    renew("https://push.example/theirs", "https://push.example/another")
    assert (browsers_of(patient), browsers_of(other)) == (["https://push.example/new"], ["https://push.example/theirs"])


def test_somebody_else_in_the_same_browser_is_told_whose_notices_it_shows(visit, clinic, browsers_of):
    first, second = clinic.patient(), clinic.patient(name="Bo Lind")
    there = visit(first, permissions=["notifications"])
    page = with_push_service(there)
    page.goto("/reminders")
    page.get_by_role("button", name="Turn on here").click()
    expect(page.get_by_text("On in this browser.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, second)
    page.goto("/reminders")
    expect(page.get_by_text("This browser shows notices for another person.", exact=False)).to_be_visible()
    assert (len(browsers_of(first)), browsers_of(second)) == (1, [])
    page.get_by_role("button", name="Turn on here").click()
    expect(page.get_by_text("On in this browser.")).to_be_visible()
    assert (browsers_of(first), len(browsers_of(second))) == ([], 1)


def test_a_push_service_that_does_not_answer_is_no_riddle(visit, clinic, browsers_of):
    patient = clinic.patient()
    page = visit(patient, permissions=["notifications"]).page
    page.goto("/reminders")
    page.get_by_role("button", name="Turn on here").click()
    expect(page.get_by_text("It could not be turned on", exact=False)).to_be_visible()
    assert browsers_of(patient) == []


# Without a connection


def kept_in(page: Page) -> dict[str, list[str]]:
    """Every address that the browser keeps, by cache."""
    found: dict[str, list[str]] = page.evaluate(
        """async () => Object.fromEntries(await Promise.all((await caches.keys()).map(async (name) =>
             [name, (await (await caches.open(name)).keys()).map(({ url }) => new URL(url).pathname)])))"""
    )
    return found


def test_without_a_connection_there_is_a_page_with_the_number_to_call(visit, clinic, server):
    patient = clinic.patient()
    with server.database() as session:
        session.get_one(Person, patient.id).country = "CH"
        session.commit()
    there = visit(patient)
    page = there.page
    page.goto("/account")
    worker_of(page, there.context)
    until(page, "the number is kept", lambda: "rhomboid-numbers" in kept_in(page))
    there.context.set_offline(True)
    page.goto("/today")
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    expect(page.get_by_role("link", name="Call 144")).to_have_attribute("href", "tel:144")
    assert page.url.endswith("/today")
    there.context.set_offline(False)
    # By itself, without a tap.
    expect(page.get_by_role("heading", name="No connection")).to_be_hidden()
    assert page.url.endswith("/today")
    there.watcher.check(offline=True)


def test_on_the_way_to_help_the_number_comes_first(visit, clinic):
    there = visit(clinic.patient())
    page = there.page
    worker_of(page, there.context)
    there.context.set_offline(True)
    page.goto("/help/emergency")
    assert page.locator("main > *").nth(1).get_by_role("link", name=re.compile("Call")).count() == 1


def test_the_browser_keeps_no_page_and_no_answer_of_a_person(visit, clinic):
    patient = clinic.patient()
    there = visit(patient)
    page = there.page
    worker_of(page, there.context)
    for path in ("/today", "/sessions", "/notices", "/account", "/api/notices", "/reminders"):
        page.goto(path)
    page.goto("/account")
    kept = kept_in(page)
    shells = {name: paths for name, paths in kept.items() if name.startswith("rhomboid-shell-")}
    assert len(shells) == 1
    [paths] = shells.values()
    assert [path for path in paths if not path.startswith("/assets/")] == ["/offline"]
    assert set(kept) - set(shells) <= {"rhomboid-numbers"}


def test_after_signing_out_the_browser_knows_nobodys_number(visit, clinic, server):
    patient = clinic.patient()
    with server.database() as session:
        session.get_one(Person, patient.id).country = "CH"
        session.commit()
    there = visit(patient)
    page = there.page
    page.goto("/account")
    worker_of(page, there.context)
    until(page, "the number is kept", lambda: "rhomboid-numbers" in kept_in(page))
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    until(page, "the number is gone", lambda: "rhomboid-numbers" not in kept_in(page))
    there.context.set_offline(True)
    page.goto("/today")
    expect(page.get_by_role("link", name="Call 112")).to_be_visible()


# On a journey


def test_in_another_time_zone_one_tap_follows(visit, clinic, server):
    patient = clinic.patient()
    there = visit(patient, timezone_id="America/New_York")
    page = there.page
    page.goto("/account")
    hint = page.get_by_role("region", name="Time zone")
    expect(hint).to_contain_text("You seem to be on New York time")
    hint.get_by_role("button", name="Use New York time").click()
    expect(page.get_by_text("Your times follow New York from now on.")).to_be_visible()
    expect(hint).to_be_hidden()
    assert page.url.endswith("/account")
    with server.database() as session:
        assert session.get_one(Person, patient.id).time_zone == "America/New_York"
    there.watcher.check()


def test_whoever_keeps_their_own_is_not_asked_on_every_page(visit, clinic):
    page = visit(clinic.patient(), timezone_id="America/New_York").page
    page.goto("/account")
    page.get_by_role("button", name="Keep Berlin time").click()
    expect(page.get_by_role("region", name="Time zone")).to_be_hidden()
    page.goto("/notices")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("region", name="Time zone")).to_be_hidden()


def test_zones_with_the_same_time_are_no_journey(visit, clinic):
    page = visit(clinic.patient(), timezone_id="Europe/Vienna").page
    page.goto("/account")
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("region", name="Time zone")).to_be_hidden()


# The page of settings


def test_a_reminder_is_set_with_the_keyboard_alone(visit, clinic):
    patient = clinic.patient()
    page = visit(patient).page
    page.goto("/reminders")
    breaks = page.get_by_role("switch", name="Breaks from sitting")
    expect(page.get_by_text("Every 45 minutes from 09:00 to 17:00, every day")).to_be_hidden()
    breaks.focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("Every 45 minutes from 09:00 to 17:00, every day")).to_be_visible()
    page.locator("summary", has_text="At 17:30, every day").focus()
    page.keyboard.press("Enter")
    add = page.get_by_role("button", name=re.compile("Another time ?: Your exercises"))
    add.focus()
    page.keyboard.press("Enter")
    second = page.get_by_role("group", name="Your exercises").locator('input[name="exercise-time_2"]')
    expect(second).to_be_focused()
    second.fill("07:15")
    page.get_by_role("button", name="Save", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved.")).to_be_visible()
    expect(page.locator('input[name="exercise-time_1"]')).to_have_value("07:15")
    expect(breaks).to_be_checked()
    assert re.search(r"Next: ", page.locator(".reminder-now").inner_text()) is not None
