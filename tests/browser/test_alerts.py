"""Alerts and messages in a browser: from a word of the patient to the physiotherapist's board and back, by keyboard and
without scripts.
"""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser import page_checks
from tests.browser.house import Account, Clinic, Server
from tracker.accounts.models import Person
from tracker.alerts import service as alerts
from tracker.clock import SystemClock, local_date
from tracker.diary import documents
from tracker.diary import service as diary

pytestmark = pytest.mark.browser

CALM = (3, 3, 4, 3, 2, 3, 3, 4, 3, 3, 3, 2, 3, 3, 3, 4, 3, 3, 2, 3, 3)


def tell(server: Server, patient: Account, form: str, days_ago: int = 0, **answers: object) -> None:
    """Something the patient told that day, looked at as it came in."""
    at = SystemClock().now() - timedelta(days=days_ago, minutes=1)
    with server.database() as session:
        person = session.get_one(Person, patient.id)
        document = documents.parse(
            {
                "id": str(uuid.uuid4()),
                "entry_id": str(uuid.uuid4()),
                "form": form,
                "local_date": local_date(at, person.time_zone).isoformat(),
                "answered_at": at.isoformat(),
                "answers": answers,
            }
        )
        diary.receive(session, patient=person, document=document, received_at=at)
        if days_ago == 0:
            alerts.record_changed(session, person.id, at)
        session.commit()


def tell_days(server: Server, patient: Account, averages: tuple[int, ...]) -> None:
    """A diary that ends today; what it says is looked at at the end."""
    for index, average in enumerate(averages):
        tell(
            server,
            patient,
            "daily",
            len(averages) - 1 - index,
            average=average,
            worst=average + 1,
            interference=average,
            compared="same",
            none_of_these=True,
        )


@pytest.fixture
def physio(clinic: Clinic) -> Account:
    return clinic.physio(name="Rosa Lind")


def looked_at(page: Page, name: str) -> list[str]:
    found: dict[str, list[str]] = defaultdict(list)
    for check in ("structure", "accessibility", "width", "keyboard"):
        found[check] += [f"{name}: {sentence}" for sentence in page_checks.CHECKS[check](page)]
    return [sentence for sentences in found.values() for sentence in sentences]


def test_a_warning_sign_reaches_the_board_is_owned_answered_and_closed(visit, server, clinic, physio):
    patient = clinic.patient(physio, name="Ada Berg")
    tell(server, patient, "flags", flags={"U_FEVER": {"answer": "new"}})
    doctor = visit(physio).page
    menu = doctor.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="Alerts")
    expect(menu).to_contain_text("1")
    menu.click()
    row = doctor.get_by_role("row").filter(has_text="Ada Berg")
    expect(row).to_contain_text("Today")
    expect(row).to_contain_text("fever")
    row.get_by_role("link", name="Ada Berg").click()
    doctor.get_by_role("button", name="Acknowledge").click()
    expect(doctor.get_by_text("It is yours")).to_be_visible()
    doctor.get_by_text("Write to the patient").click()
    doctor.get_by_label("Message").fill("Did you see the doctor?")
    doctor.get_by_role("button", name="Send").click()
    expect(doctor.get_by_text("Contacted the patient")).to_be_visible()

    there = visit(patient).page
    there.goto("/messages")
    expect(there.get_by_text("Did you see the doctor?")).to_be_visible()
    there.goto(doctor.url.replace("/alerts/", "/outcome/"))
    there.get_by_role("radio", name="Yes, I got help").check()
    there.get_by_label("Who has seen you?").select_option("doctor")
    there.get_by_label("What did they say?").fill("A virus.")
    there.get_by_role("button", name="Save my answer").click()
    expect(there.get_by_text("You told us: Yes, I got help.")).to_be_visible()

    doctor.reload()
    expect(doctor.get_by_text("A virus.")).to_be_visible()
    doctor.get_by_role("group").filter(has_text="Close").get_by_text("Close", exact=True).click()
    doctor.get_by_label("Sent on to a doctor").check()
    doctor.get_by_role("button", name="Close the alert").click()
    expect(doctor.get_by_role("heading", name="Closed")).to_be_visible()
    expect(menu).not_to_contain_text("1")


def test_the_time_line_is_drawn_and_the_page_complains_about_nothing(visit, server, clinic, physio):
    patient = clinic.patient(physio, name="Ben Okafor")
    tell_days(server, patient, (*CALM, 5, 5, 5, 6, 5))
    there = visit(physio)
    there.page.goto(f"/patients/{patient.id}")
    chart = there.page.locator("figure.chart[data-drawn=true] .canvas")
    expect(chart.locator("svg")).to_be_visible()
    expect(there.page.locator(".open-alerts")).to_contain_text("points above the usual")
    there.page.goto("/patients")
    expect(there.page.get_by_role("img", name=re.compile("^Pain, 28 days"))).to_be_visible()
    there.watcher.check()


def test_the_pages_are_in_order_also_where_only_a_form_leads(visit, server, clinic, physio):
    patient = clinic.patient(physio, name="Cleo Marsh")
    tell_days(server, patient, (*CALM, 5, 5, 5, 6, 5))
    page = visit(physio, reduced_motion="reduce", viewport=page_checks.DESKTOP).page
    page.goto("/alerts")
    page.get_by_role("link", name="Cleo Marsh").click()
    page.get_by_text("Let it rest").click()
    page.get_by_role("button", name="Snooze").click()
    expect(page.get_by_role("alert")).to_contain_text("Please look at this again")
    wrong = looked_at(page, "an action refused")
    admin = visit(clinic.admin, reduced_motion="reduce", viewport=page_checks.DESKTOP).page
    admin.goto("/clinic-settings/alerts")
    admin.get_by_role("radio", name="Our own numbers").check(force=True)
    admin.get_by_text("Pain that stays above the usual").click()
    admin.get_by_label("Sum for “look soon”").fill("99")
    admin.get_by_role("button", name="Show what the last 90 days").click()
    expect(admin.get_by_label("Sum for “look soon”")).to_be_visible()
    wrong += looked_at(admin, "a number refused")
    admin.get_by_label("Sum for “look soon”").fill("3.5")
    admin.get_by_role("button", name="Show what the last 90 days").click()
    expect(admin.get_by_role("heading", name="Before you save")).to_be_visible()
    wrong += looked_at(admin, "the preview")
    assert wrong == []
    admin.get_by_role("button", name="Change them again").click()
    expect(admin.get_by_label("Sum for “look soon”")).to_have_value("3.5")


def test_an_alert_can_be_worked_on_by_keyboard(visit, server, clinic, physio):
    patient = clinic.patient(physio, name="Dag Nilsen")
    tell(server, patient, "flags", flags={"D_ARM": {"answer": "new"}})
    page = visit(physio).page
    page.goto("/alerts")
    page.get_by_role("link", name="Dag Nilsen").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Acknowledge").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is yours")).to_be_visible()
    page.locator("summary", has_text=re.compile("^Close$")).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Close the alert").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Closed")).to_be_visible()


def test_everything_works_without_scripts(visit, server, clinic, physio):
    patient = clinic.patient(physio, name="Eve Sandoval")
    tell(server, patient, "flags", flags={"D_ARM": {"answer": "new"}})
    page = visit(physio, java_script_enabled=False).page
    page.goto("/alerts")
    page.get_by_role("link", name="Eve Sandoval").click()
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("It is yours")).to_be_visible()
    page.get_by_text("Write to the patient").click()
    page.get_by_label("Message").fill("How is the arm?")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("Contacted the patient")).to_be_visible()
    there = visit(patient, java_script_enabled=False).page
    there.goto("/messages")
    there.get_by_label("To Rosa Lind").fill("Better.")
    there.get_by_role("button", name="Send").click()
    expect(there.get_by_text("Better.")).to_be_visible()
