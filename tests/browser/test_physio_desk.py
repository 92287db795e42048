"""Between two appointments: three tasks in under 20 seconds each, by mouse and by keyboard, and without scripts."""

from __future__ import annotations

import re
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from tests.browser import page_checks
from tracker.alerts.models import Alert
from tracker.clinic.models import Message
from tracker.clock import SystemClock
from tracker.regimen.models import Prescription

pytestmark = pytest.mark.browser

MOST_SECONDS = 20.0


def alert_about(clinic: Any, patient: Any, level: int, rule: str, **values: Any) -> str:
    at = SystemClock().now()
    with clinic.server.database() as session:
        row = Alert(
            patient_id=patient.id, family="red" if level >= 3 else "trend", level=level, first_day=at.date(),
            last_day=at.date(), sentence="", parameters_version="1", engine_version="1", opened_at=at,
            due_at=at + timedelta(hours=1),
            firings=[{"rule": rule, "level": level, "day": at.date().isoformat(), "values": values}] if rule else [],
        )  # fmt: skip
        session.add(row)
        session.commit()
        return str(row.id)


@pytest.fixture
def desk(clinic, visit):
    """A physiotherapist with four patients, two of whom need somebody; their browser is on the list."""
    physio = clinic.physio()
    calm, watched, urgent, other = (clinic.patient(physio) for _ in range(4))
    del calm, other
    alert_about(clinic, watched, 1, "")
    urgent_alert = alert_about(clinic, urgent, 3, "RED-U", codes="U_FEVER")
    there = visit(physio)
    return there, urgent, urgent_alert


def test_the_most_urgent_is_found_and_read(desk):
    there, urgent, _alert = desk
    page = there.page
    began = time.monotonic()
    page.goto("/patients")
    first = page.locator("tr[data-row]").first
    expect(first.get_by_role("link", name=urgent.name, exact=True)).to_be_visible()
    expect(first).to_contain_text("Today")
    expect(first).to_contain_text("Sign that a doctor should see the same day: fever")
    first.get_by_role("link", name="Open").click()
    expect(page.get_by_role("region", name=f"More about {urgent.name}")).to_be_visible()
    assert time.monotonic() - began < MOST_SECONDS
    assert not there.watcher.complaints


def test_a_dose_is_changed(desk, clinic):
    there, _urgent, _alert = desk
    page = there.page
    page.goto("/patients")
    began = time.monotonic()
    row = page.locator("tr[data-row]").first
    row.get_by_role("link", name="Open").click()
    page.get_by_role("link", name="Change the dose").click()
    line = page.locator("fieldset.plan-line", has=page.locator(".line-included:checked")).first
    line.get_by_label("Sets").fill("3")
    page.get_by_label("Why this change?").fill("One more set")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The plan is saved as version")).to_be_visible()
    assert time.monotonic() - began < MOST_SECONDS
    with clinic.server.database() as session:
        assert 3 in session.scalars(select(Prescription.sets)).all()


def test_an_alert_is_taken_and_a_message_sent_by_keyboard_alone(desk, clinic):
    there, urgent, alert_id = desk
    page = there.page
    page.goto("/patients")
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()
    began = time.monotonic()
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("tr[data-row]").first).to_contain_text("has it")
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.locator("#text")).to_be_focused()
    page.keyboard.type("Please call us today, we have a time for you.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("is reminded once")).to_be_visible()
    assert time.monotonic() - began < MOST_SECONDS
    with clinic.server.database() as session:
        found = session.scalars(select(Message).where(Message.patient_id == urgent.id)).all()
        assert [each.text for each in found] == ["Please call us today, we have a time for you."]
        kinds = {event.kind for event in session.get_one(Alert, uuid.UUID(alert_id)).events}
        assert {"acknowledged", "contacted"} <= kinds
    assert not there.watcher.complaints


def test_single_keys_can_be_turned_off_and_do_nothing_in_a_field(desk):
    there, _urgent, _alert = desk
    page = there.page
    page.goto("/patients")
    page.locator("#q").fill("j")
    page.keyboard.press("o")
    assert page.locator("tr.is-here").count() == 0
    expect(page.locator("#q")).to_have_value("jo")
    page.locator("#q").blur()
    page.keyboard.press("?")
    page.get_by_label("Single keys do something on this page").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.keyboard.press("j")
    assert page.locator("tr.is-here").count() == 0
    page.reload()
    page.keyboard.press("j")
    assert page.locator("tr.is-here").count() == 0


def test_a_row_opens_in_place_and_fits_a_phone(desk):
    there, urgent, _alert = desk
    page = there.page
    page.set_viewport_size(page_checks.PHONE)
    page.goto("/patients")
    page.locator("tr[data-row]").first.get_by_role("link", name="Open").click()
    opened = page.get_by_role("region", name=f"More about {urgent.name}")
    expect(opened).to_be_visible()
    opened.get_by_text("Write a message").click()
    opened.get_by_label("Begin with").select_option(label="Come and see me")
    expect(page.locator("#text")).to_have_value("I would like to see you. Please call the practice for an appointment.")
    page.set_viewport_size(page_checks.DESKTOP)
    assert page_checks.width(page) == []
    page.locator("tr[data-row]").first.get_by_role("link", name="Close").click()
    expect(opened).to_be_hidden()


def test_without_scripts_everything_is_a_link_or_a_form(desk, visit, clinic):
    there, urgent, _alert = desk
    del clinic
    plain = visit(java_script_enabled=False)
    plain.context.add_cookies(there.context.cookies())
    page = plain.page
    page.goto("/patients")
    page.locator("tr[data-row]").first.get_by_role("link", name="Open").click()
    expect(page.get_by_role("region", name=f"More about {urgent.name}")).to_be_visible()
    page.get_by_role("button", name="I take it").click()
    expect(page.locator("tr[data-row]").first).to_contain_text("has it")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_hand_over_is_asked_once_more_and_says_who_went_to_whom(clinic, visit, scripts):
    mine, colleague = clinic.physio(), clinic.physio("Tobias Acht")
    patients = [clinic.patient(mine, name=name) for name in ("Ada Berg", "Bo Cole", "Cy Dahl")]
    there = visit(mine, java_script_enabled=scripts, reduced_motion="reduce")
    page = there.page
    page.goto("/team")
    boxes = page.get_by_role("group", name="Patients")
    narrow = page.get_by_label("Find one by name")
    boxes.get_by_label(patients[0].name, exact=True).check()
    if scripts:
        narrow.fill("nobody is called so")
        expect(boxes.locator("input[type=checkbox]:visible")).to_have_count(1)
        narrow.press("Enter")
        expect(page).to_have_url(re.compile("/team$"))
        narrow.fill("")
    else:
        expect(narrow).to_be_hidden()
    page.get_by_label("Colleague", exact=True).select_option(str(colleague.id))
    page.get_by_label("Why", exact=True).fill("I move to Lisbon.")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hand over to Tobias Acht?")
    for name, check in page_checks.CHECKS.items() if scripts else ():
        assert check(page) == [], name
    page.get_by_role("button", name="Hand over").click()
    expect(page.locator(".flashes")).to_contain_text(f"Handed over to Tobias Acht: {patients[0].name}.")
