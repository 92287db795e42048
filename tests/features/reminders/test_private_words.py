"""No health content leaves the house: no name, level, exercise, pain or reason, on any channel, of any kind."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import product
from uuid import uuid4

import pytest

from exercises.definition import load_library
from tests.features.reminders.house import MORNING
from tests.features.reminders.servers import PushBrowser, mail_server, web_server
from tests.features.reminders.test_push import subscribe
from tests.features.reminders.test_reminder_queue import ask
from tracker.reminders import service, texts
from tracker.reminders.channels.apprise import AppriseChannel
from tracker.reminders.channels.email import EmailChannel
from tracker.reminders.channels.push import PushChannel
from tracker.reminders.rules import GENTLE, Kind
from tracker.settings import Settings

SECRETS = ("Anna Lindqvist", "Lindqvist", "Dr Ruth Bader", "Practice by the river")
FORBIDDEN = re.compile(
    r"pain|hurt|exercis|physio|patient|alert|emergency|urgent|level|red.?flag|check-?in|diary|posture|break|therap|clinic|"
    r"doctor|health|symptom|crisis|welfare|digest|escalat|\bL[0-4]\b|back\b|neck|shoulder|spine",
    re.IGNORECASE,
)


@pytest.fixture
def outside(house, environ):
    """Everything a receiver sees of every kind of message, by channel: (channel, kind, text)."""
    physio = house.physio(name="Dr Ruth Bader", email="ruth@example.org")
    patient = house.patient(name="Anna Lindqvist", email="anna@example.org")
    browsers = {physio.id: PushBrowser(), patient.id: PushBrowser()}
    seen = []
    with mail_server() as box, web_server() as web:
        web.answer = lambda _path: (200, {})
        house.settings = Settings.load(
            {
                **environ,
                "TRACKER_SMTP_HOST": "127.0.0.1",
                "TRACKER_SMTP_PORT": str(box.port),
                "TRACKER_SMTP_SECURITY": "none",
            }
        )
        house.holes |= {
            "email": EmailChannel(house.settings),
            "push": PushChannel(house.settings),
            "apprise": AppriseChannel(),
        }
        for person in (physio, patient):
            subscribe(house, person, web.url(f"/push/{person.id}"), browsers[person.id])
        with house.sessions.begin() as session:
            service.save_clinic_channels(session, physio.clinic_id, f"json://127.0.0.1:{web.port}/hook", MORNING)
            service.save_settings(
                session,
                patient,
                quiet_from="00:00",
                quiet_to="00:00",
                daily_budget=30,
                channels=["push", "email"],
                at=MORNING,
            )
        # Several days, so that every wording has its turn; nothing is "done", nothing asked of the diary.
        for day, (kind, level) in product(range(4), [(kind, level) for kind in Kind for level in (0, 2, 4)]):
            house.clock.instant = MORNING + timedelta(days=day, minutes=day)
            person = patient if kind in GENTLE else physio
            subject = f"{'alert' if kind not in GENTLE else 'rule'}:{uuid4()}"
            payload = {"level": level, "path": f"/alerts/{uuid4()}", "wording": 1}
            ask(house, person, kind=kind, subject=subject, payload=payload)
            if kind in {Kind.MESSAGE, Kind.CHECK_IN, Kind.TEST, *set(Kind) - GENTLE}:
                house.deliver()
        for letter in box.letters:
            text = letter.get_body(("plain",)).get_content() + letter.get_body(("html",)).get_content()
            seen.append(("email", f"{letter.as_string()}\n{text}"))
        for request in web.requests:
            if request.path.startswith("/push/"):
                browser = next(browser for id_, browser in browsers.items() if str(id_) in request.path)
                seen.append(("push", str(browser.opened(request))))
            else:
                seen.append(("apprise", request.body.decode()))
    return seen


def test_whatever_leaves_says_only_that_there_is_something(outside):
    assert {channel for channel, _ in outside} == {"email", "push", "apprise"}
    assert len(outside) > 60
    titles = {title for definition in load_library().values() for title in [str(definition.title)]}
    for channel, text in outside:
        # Tokens are random letters; addresses are the receiver's own.
        plain = re.sub(r"/notices/[A-Za-z0-9_.-]+", "/notices/TOKEN", text)
        plain = re.sub(r"(ruth|anna|rhomboid)@\S+", "ADDRESS", plain)
        plain = re.sub(r"Content-Transfer-Encoding: \S+|=\n", "", plain)
        assert not any(secret in plain for secret in SECRETS), (channel, plain)
        assert not any(title in plain for title in titles), (channel, plain)
        found = FORBIDDEN.search(_without_markup(plain))
        assert found is None, (channel, found)


def _without_markup(text):
    """What is read: tags and headers are no words, except the subject and the sender of a letter."""
    kept = [
        line for line in text.splitlines() if not re.match(r"^(Message-ID|Date|MIME|Content-|X-|Auto-|List-)", line)
    ]
    return re.sub(r"<[^>]+>|Importance: high|'urgent': \w+", " ", "\n".join(kept))


def test_nothing_about_the_record_can_get_into_the_words():
    """The words depend on the kind of receiver, the language, and on whether it can wait; and that is all there is."""
    links = {"open_url": "O", "answer_url": "A", "settings_url": "S", "locale": "en"}
    said = {(kind in GENTLE, kind is Kind.TEST, urgent): set() for kind in Kind for urgent in (False, True)}
    for kind, urgent, wording in product(Kind, (False, True), range(12)):
        words = texts.outside_words(kind, wording, urgent=urgent, **links)
        said[kind in GENTLE, kind is Kind.TEST, urgent].add(words.body)
    assert {key: len(bodies) for key, bodies in said.items()} == {
        (True, False, False): 3,
        (True, False, True): 3,
        (False, False, False): 1,
        (False, False, True): 1,
        (False, True, False): 1,
        (False, True, True): 1,
    }


def test_the_tables_of_deliveries_hold_no_words(house):
    """What is stored about a message: ids, a level, a path, a day and a time."""
    patient = house.patient()
    from tests.features.reminders.test_planning import plan

    plan(house, patient)
    ask(house, patient, payload={"level": 3, "path": f"/outcome/{uuid4()}"})
    for row in house.rows():
        assert set(row.payload) <= {"day", "time", "level", "path", "message"}


def test_inside_there_are_several_ways_to_say_it():
    assert all(texts.wordings(kind) >= 2 for kind in (Kind.EXERCISE, Kind.CHECK_IN, Kind.POSTURE_BREAK, Kind.MORNING))
    for kind in Kind:
        pairs = [texts.notice_words(kind, number, locale="en") for number in range(texts.wordings(kind))]
        assert len(set(pairs)) == texts.wordings(kind)
        assert all(title and sentence for title, sentence in pairs)
    calm, now = (texts.notice_words(Kind.ESCALATION, urgent=urgent, locale="en") for urgent in (False, True))
    assert calm != now
