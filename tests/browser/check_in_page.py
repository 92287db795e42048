"""The check-in as a person uses it, and what the server has stored of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect
from sqlalchemy import select

from tests.browser.house import Account, Clinic, Watcher, until
from tracker.accounts.models import Person
from tracker.diary.models import CheckIn

API = "**/api/check-ins"


class CheckInPage:
    """One form, a question at a time."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, form: str = "daily", query: str = "") -> CheckInPage:
        self.page.goto(f"/check-in/{form}{query}")
        expect(self.progress).to_have_text(re.compile(r"Question 1 of \d+"))
        return self

    @property
    def progress(self) -> Locator:
        return self.page.locator("#check-in-progress")

    @property
    def shown(self) -> Locator:
        """The question in sight; the free word below the last one is not meant."""
        return self.page.locator(".question:not([hidden]):not(.companion)")

    @property
    def none_of_these(self) -> Locator:
        return self.page.get_by_role("checkbox", name="None of these")

    @property
    def next(self) -> Locator:
        return self.page.locator("#check-in-next")

    @property
    def back(self) -> Locator:
        return self.page.get_by_role("button", name="Back", exact=True)

    @property
    def send(self) -> Locator:
        return self.page.get_by_role("button", name="Send", exact=True)

    def at(self, question: str) -> None:
        """Wait until this question is the one in sight."""
        expect(self.shown).to_have_attribute("data-question", question)

    def tap(self, answer: int | str) -> None:
        """Answer the question in sight with one tap."""
        number = isinstance(answer, int)
        name = re.compile(rf"^{answer}\b") if number else answer
        self.shown.get_by_role("radio", name=name, exact=not number).click()

    def flag(self, code: str) -> Locator:
        return self.page.locator(f'[data-flag="{code}"]')

    def tick(self, code: str, answer: str = "Yes, new or worse") -> None:
        item = self.flag(code)
        if item.get_attribute("open") is None:
            item.locator("summary").click()
        item.get_by_role("radio", name=answer, exact=True).check()

    def detail(self, code: str, answer: str) -> None:
        """The second question of a red flag."""
        self.flag(code).locator(".flag-detail").get_by_role("radio", name=answer, exact=True).check()

    def daily_up_to(self, last: str) -> None:
        """Answer the daily form until the question `last` is in sight."""
        answers: tuple[tuple[str, int | str], ...] = (
            ("average", 4), ("worst", 6), ("now", 3), ("interference", 2), ("compared", "About the same"),
            ("activities", "Yes"), ("flare", "No"), ("sleep", 7), ("medicine", "No"), ("body", ""),
        )  # fmt: skip
        self.none_of_these.check()
        for question, answer in answers:
            self.at(question)
            if question == last:
                return
            self.tap(answer)

    def dialog(self, kind: str) -> Locator:
        return self.page.locator(f"#help-{kind}")


def live_in(clinic: Clinic, person: Account, country: str) -> Account:
    """Whose emergency number it is."""
    with clinic.server.database() as session:
        session.get_one(Person, person.id).country = country
        session.commit()
    return person


def told_by(clinic: Clinic, person: Account) -> list[CheckIn]:
    """Every version of every entry of a person, in the order in which they came."""
    with clinic.server.database() as session:
        rows = session.scalars(
            select(CheckIn).where(CheckIn.patient_id == person.id).order_by(CheckIn.answered_at, CheckIn.received_at)
        ).all()
        session.expunge_all()
        return list(rows)


def answers_of(clinic: Clinic, person: Account) -> list[dict[str, Any]]:
    return [row.answers for row in told_by(clinic, person)]


@dataclass
class AtHome:
    """A patient in front of their browser."""

    patient: Account
    context: BrowserContext
    page: Page
    watcher: Watcher


def at_home(clinic: Clinic, visit: Callable[..., Any], *, country: str = "DE", **options: Any) -> AtHome:
    """Somebody new, signed in. `options`: of the browser."""
    patient = live_in(clinic, clinic.patient(), country)
    opened = visit(patient, **options)
    return AtHome(patient, opened.context, opened.page, opened.watcher)


def stored(there: AtHome, clinic: Clinic, *, count: int = 1) -> list[CheckIn]:
    """The versions that the server has, once there are so many."""

    def found() -> list[CheckIn] | None:
        rows = told_by(clinic, there.patient)
        return rows if len(rows) >= count else None

    rows: list[CheckIn] = until(there.page, f"{count} versions are stored", found)
    return rows


def finish(form: CheckInPage) -> None:
    """The rest of the daily form after the warning signs, leaving out what can be left out."""
    for question, answer in (
        ("average", 4), ("worst", 6), ("now", 3), ("interference", 2), ("compared", "About the same"),
    ):  # fmt: skip
        form.at(question)
        form.tap(answer)
    for question in ("activities", "flare", "sleep", "medicine"):
        form.at(question)
        form.next.click()
    form.at("body")
    form.send.click()
