"""The whole way over HTTP: from a tick in the check-in to the physiotherapist's bell, and back to an open programme."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest

from tracker.app import heartbeat
from tracker.reminders import service as reminders
from tracker.reminders.scheduler import beat
from tracker.web.context import services_of


@pytest.fixture
def send(app, settings, clock):
    """One round of sending what is urgent."""

    def do():
        (job,) = [each for each in heartbeat(settings) if each.name == "send alerts"]
        return beat(job, services_of(app).sessions, clock)

    return do


def entry(told, patient, **answers):
    return {
        "id": str(uuid.uuid4()),
        "entry_id": str(uuid.uuid4()),
        "form": "daily",
        "local_date": told.today(patient).isoformat(),
        "answered_at": told.at.isoformat(),
        "answers": answers,
    }


def test_a_tick_becomes_a_page_a_lock_a_bell_and_ends_with_a_clinician(
    told, office, patient, physio, signed_in, send, database
):
    told.intake(patient)
    at_home, at_work = signed_in(patient), signed_in(physio)
    answer = at_home.post_json("/api/check-ins", entry(told, patient, flags={"E_SADDLE": {"answer": "new"}}))
    assert (answer.json["level"], answer.json["page"]) == (4, "/help/emergency")
    assert office.standing(patient).locked

    assert send() >= 1
    alert = office.alert(patient)
    notices = reminders.notices_of(database, physio, told.at)
    assert [(notice.path, notice.level) for notice in notices] == [(f"/alerts/{alert.id}", 4)]
    assert "Ada Field" in at_work.get("/alerts").text

    at_work.post(f"/alerts/{alert.id}/acknowledge")
    assert office.alert(patient).acknowledged_by == physio.id
    assert office.deliveries(f"alert:{alert.id}") == []
    told.clock.advance(timedelta(hours=1))
    send()
    database.commit()
    assert reminders.notices_of(database, physio, told.at) == []

    told.next_day()
    send()
    database.commit()
    assert [notice.path for notice in reminders.notices_of(database, patient, told.at)] == [f"/outcome/{alert.id}"]
    at_home.post(f"/outcome/{alert.id}", {"helped": "yes", "seen_by": "emergency"})
    assert (office.standing(patient).page, office.standing(patient).locked) == (None, True)
    next_morning = signed_in(physio)
    next_morning.post(f"/alerts/{alert.id}/close", {"close-disposition": "contacted", "close-seen_by": "emergency"})
    assert not office.standing(patient).locked
