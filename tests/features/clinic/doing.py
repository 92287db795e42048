"""Somebody who exercises and tells how it was, day by day, through the doors that their browser uses."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.features.conftest import Browser
from tests.features.training.conftest import Training
from tracker.accounts.models import Person
from tracker.clock import FixedClock, local_date
from tracker.db import Session
from tracker.regimen.models import Prescription
from tracker.regimen.rules import Prescribed


class Fresh:
    """A browser in which somebody signs in again whenever time has passed."""

    def __init__(self, signed_in: Callable[[Person], Browser], person: Person, clock: FixedClock) -> None:
        self.signed_in, self.person, self.clock = signed_in, person, clock
        self.at: datetime | None = None

    @property
    def now(self) -> Browser:
        if self.at != self.clock.now():
            self.at, self.browser = self.clock.now(), self.signed_in(self.person)
        return self.browser

    def get(self, *what: Any) -> Any:
        return self.now.get(*what)

    def post(self, *what: Any) -> Any:
        return self.now.post(*what)

    def post_json(self, *what: Any) -> Any:
        return self.now.post_json(*what)


@dataclass
class Doing:
    """One patient. `plan` is the newest revision's prescriptions by exercise."""

    database: Session
    clock: FixedClock
    patient: Person
    browser: Fresh
    plan: dict[str, Prescription]

    @property
    def today(self) -> str:
        return local_date(self.clock.now(), self.patient.time_zone).isoformat()

    def next_day(self, days: int = 1) -> None:
        self.clock.advance(timedelta(days=days))

    def session(self, exercise: str = "overhead-press", *, reps: int = 10, sets: int = 2, **told: Any) -> str:
        """A session that a camera has seen; good unless `told` says otherwise. Its id."""
        training = Training(self.database, self.clock)
        made = [training.set(exercise, reaches=(1.0,) * reps, number=number + 1) for number in range(sets)]
        fields = {"pain_before": 2, "pain_during": 2, "effort": 5, **told}
        document = training.document(self.plan[exercise], *made, **fields)
        answer = self.browser.post_json("/api/sessions", document)
        assert answer.status_code == 201, answer.text
        return str(document["id"])

    def by_hand(self, exercise: str = "overhead-press", *, count: int = 10, **told: Any) -> str:
        """A session that nobody has seen."""
        training = Training(self.database, self.clock)
        made = [training.manual_set(exercise, count=count, number=number + 1) for number in range(2)]
        fields = {"source": "manual", "pain_before": 2, "pain_during": 2, "effort": 5, **told}
        document = training.document(self.plan[exercise], *made, **fields)
        answer = self.browser.post_json("/api/sessions", document)
        assert answer.status_code == 201, answer.text
        return str(document["id"])

    def tell(self, form: str, session_id: str | None = None, **answers: Any) -> None:
        document = {
            "id": str(uuid.uuid4()),
            "entry_id": str(uuid.uuid4()),
            "form": form,
            "local_date": self.today,
            "answered_at": self.clock.now().isoformat(),
            "source": "page",
            "answers": answers,
        } | ({"session_id": session_id} if session_id else {})
        answer = self.browser.post_json("/api/check-ins", document)
        assert answer.status_code == 201, answer.text

    def day(self, average: int = 2, **more: Any) -> None:
        """A complete daily check-in."""
        calm = {"average": average, "worst": average, "interference": 1, "compared": "same", "none_of_these": True}
        self.tell("daily", **{**calm, **more})

    def good_day(self, **told: Any) -> None:
        """A session today, and the morning after it, which is then today."""
        session_id = self.session(**told)
        self.day()
        self.next_day()
        self.tell("morning", session_id, pain=2)

    def two_good_days(self) -> None:
        self.good_day()
        self.good_day()


def begin(database: Session, clock: FixedClock, browser: Fresh, author: Person, *lines: Prescribed) -> Doing:
    """A patient with a plan since yesterday. Without lines: two sets of ten presses."""
    training = Training(database, clock)
    plan = training.plan(browser.person, *lines, author=author)
    doing = Doing(database, clock, browser.person, browser, plan)
    doing.next_day()
    return doing
