"""Links of an e-mail and buttons of a push: no sign-in, no secret told, nothing done by looking."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tracker.reminders.models import Delivery
from tracker.reminders.tokens import action_token

JSON = {"Accept": "application/json"}


@pytest.fixture
def link(waiting, settings, clock):
    """`link(person, kind)`: a notice and the address that a message about it carries."""

    def make(person, kind="check_in", **fields):
        row = waiting(person, kind, **fields)
        return row, f"/notices/{action_token(settings, row.id, clock.now())}"

    return make


def test_opening_the_link_changes_nothing(people, anonymous, link, database):
    row, address = link(people.patient())
    before = len(database.scalars(select(Delivery)).all())
    for path in (address, f"{address}/open", f"{address}?action=snooze", f"{address}?action=not_today"):
        assert anonymous.get(path).status_code in {200, 302}
        assert anonymous.client.head(path).status_code in {200, 302}
    database.expire_all()
    assert row.seen_at is None
    assert len(database.scalars(select(Delivery)).all()) == before


def test_the_page_says_neither_what_it_is_about_nor_whom(people, anonymous, link):
    patient = people.patient(name="Ada Berg")
    for kind in ("check_in", "exercise", "morning"):
        page = anonymous.get(link(patient, kind)[1]).text
        said = re.sub(r'value="[^"]*"', "", page[page.index("<main") : page.index("</main>")])
        assert "Remind me in an hour" in said
        assert not any(word in said for word in ("Ada", "pain", "heck-in", "xercise", "morning"))


def test_putting_it_off_needs_no_sign_in(people, anonymous, link, database):
    row, address = link(people.patient())
    page = anonymous.post(address, {"action": "snooze"})
    assert page.status_code == 200
    assert "Put off. It comes back in an hour." in page.text
    database.expire_all()
    assert row.seen_at is not None


def test_without_a_form_token_nothing_is_put_off(people, anonymous, link, database):
    row, address = link(people.patient())
    answer = anonymous.client.post(address, data={"action": "snooze"}, headers=anonymous.headers)
    assert answer.status_code == 400
    database.expire_all()
    assert row.seen_at is None


def test_the_worker_of_a_signed_out_browser_can_answer(people, anonymous, link):
    _, address = link(people.patient())
    asked = anonymous.get(address, headers=JSON)
    assert set(asked.json) == {"csrf"}
    headers = {**anonymous.headers, **JSON, "X-CSRF-Token": asked.json["csrf"]}
    answer = anonymous.client.post(address, data={"action": "not_today"}, headers=headers)
    assert (answer.status_code, answer.json) == (200, {"says": "Not again today."})


def test_a_choice_that_is_none_asks_again(people, anonymous, link):
    _, address = link(people.patient())
    assert anonymous.post(address, {"action": "open"}).status_code == 422
    assert anonymous.post(address, headers=JSON).status_code == 422


def test_an_alert_cannot_be_put_off_by_its_link(people, anonymous, link, database):
    row, address = link(people.physio(), "escalation", payload={"level": 3})
    assert "Not today" not in anonymous.get(address).text
    assert anonymous.post(address, {"action": "snooze"}).status_code == 409
    database.expire_all()
    assert row.seen_at is None


@pytest.mark.parametrize("spoil", [lambda address: address[:-2], lambda address: address[:-1] + "~"])
def test_a_changed_link_works_for_nothing(people, anonymous, link, spoil):
    _, address = link(people.patient())
    for answer in (anonymous.get(spoil(address)), anonymous.get(f"{spoil(address)}/open")):
        assert answer.status_code == 410
    assert anonymous.post(spoil(address), {"action": "snooze"}).status_code == 410


def test_an_old_link_says_that_it_is_too_old(people, anonymous, link, clock):
    _, address = link(people.patient())
    clock.advance(timedelta(days=4))
    assert anonymous.get(address).status_code == 410
    assert anonymous.get(address, headers=JSON).status_code == 410
    assert "does not work any more" in anonymous.post(address, {"action": "snooze"}).text


def test_where_it_leads_is_told_only_to_whom_it_is_for(people, anonymous, signed_in, link):
    patient = people.patient()
    _, address = link(patient, payload={"path": "/check-in/daily?source=notice"})
    assert anonymous.get(f"{address}/open").location == f"/sign-in?next={address}/open"
    assert signed_in(patient).get(f"{address}/open").location == "/check-in/daily?source=notice"
    assert signed_in(people.patient()).get(f"{address}/open").location == "/"


@pytest.mark.parametrize("kind", ["escalation", "digest", "message", "check_in"])
@pytest.mark.parametrize("action", ["dismiss", "open"])
def test_whoever_holds_a_link_takes_nothing_off_the_list(people, anonymous, link, database, kind, action):
    row, address = link(people.physio() if kind in {"escalation", "digest"} else people.patient(), kind)
    assert anonymous.post(address, {"action": action}).status_code == 422
    database.expire_all()
    assert row.seen_at is None
