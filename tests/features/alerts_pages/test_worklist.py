"""The worklist: who needs somebody, most urgent first, in words a physiotherapist can act on."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.features.alerts_pages.conftest import CALM, RISE
from tests.features.training.test_clinic import statements_of
from tracker.accounts.models import AuditEvent, ConsentKind, Person
from tracker.accounts.service import set_consent
from tracker.alerts import service as alerts
from tracker.alerts.duty_service import save_duty
from tracker.reminders.models import Delivery


def rows(page: str) -> list[str]:
    """The rows of the board, as text."""
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    found = re.findall(r"<tr>(.*?)</tr>", body[1], re.DOTALL) if body else []
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in found]


def menu_count(page: str) -> str | None:
    """The number behind "Alerts" in the menu."""
    found = re.search(r'href="/alerts"[^>]*>.*?</a>', page, re.DOTALL)
    assert found is not None
    count = re.search(r'class="nav-count">(\d+)', found[0])
    return count[1] if count else None


def test_an_empty_board_says_what_will_be_here(physio, signed_in):
    page = signed_in(physio).get("/alerts").text
    assert "Nothing is open" in page
    assert "Nobody watches this list live." in page
    assert menu_count(page) is None


@pytest.mark.usefixtures("rising")
def test_a_row_says_who_why_since_when_and_by_when(physio, signed_in):
    (row,) = rows(signed_in(physio).get("/alerts").text)
    assert row.startswith("Look soon Ada Field")
    assert "points above the usual 3" in row
    assert "2 days ago" in row
    assert re.search(r"by [A-Z][a-z]{2} \d", row)
    assert "nobody yet" in row


@pytest.mark.usefixtures("emergency")
def test_an_emergency_says_so_in_words(physio, signed_in):
    (row,) = rows(signed_in(physio).get("/alerts").text)
    assert row.startswith("Emergency Ada Field")
    assert "within 15 minutes" in row


@pytest.mark.usefixtures("emergency")
def test_what_is_overdue_says_by_how_much(physio, signed_in, clock):
    clock.advance(timedelta(minutes=45))
    assert "overdue by 30 minutes" in rows(signed_in(physio).get("/alerts").text)[0]


def test_the_most_urgent_stands_on_top(people, physio, rising, told, signed_in):
    assert rising.level == 2
    other = people.patient(physio, name="Zoe Last")
    told.intake(other)
    told.flag(other, "U_FEVER")
    found = rows(signed_in(physio).get("/alerts").text)
    assert [re.search(r"Zoe Last|Ada Field", row)[0] for row in found] == ["Zoe Last", "Ada Field"]


@pytest.mark.usefixtures("rising")
def test_views_and_levels_narrow_the_board_down(physio, signed_in):
    doctor = signed_in(physio)
    assert len(rows(doctor.get("/alerts?show=new").text)) == 1
    assert "Nothing in hand" in doctor.get("/alerts?show=owned").text
    assert "Nothing is snoozed" in doctor.get("/alerts?show=snoozed").text
    assert "Nothing was closed" in doctor.get("/alerts?show=closed").text
    page = doctor.get("/alerts?from=3").text
    assert rows(page) == []
    assert "One alert below this level is not shown." in page
    assert len(rows(doctor.get("/alerts?show=nonsense&from=99").text)) == 1


def test_what_somebody_owns_or_lets_rest_moves_to_its_view(physio, rising, signed_in):
    doctor = signed_in(physio)
    doctor.post(f"/alerts/{rising.id}/acknowledge")
    page = doctor.get("/alerts?show=owned").text
    assert "Jonas Berg has it" in rows(page)[0]
    assert menu_count(page) is None, "it is in hand"
    assert rows(doctor.get("/alerts?show=new").text) == []
    doctor.post(f"/alerts/{rising.id}/snooze", {"snooze-days": "3", "snooze-reason": "on holiday"})
    assert "snoozed until" in rows(doctor.get("/alerts?show=snoozed").text)[0]


def test_what_was_closed_can_be_seen_for_two_weeks(physio, rising, signed_in, clock):
    doctor = signed_in(physio)
    doctor.post(f"/alerts/{rising.id}/close", {"close-disposition": "expected"})
    assert rows(doctor.get("/alerts").text) == []
    assert "Ada Field" in rows(doctor.get("/alerts?show=closed").text)[0]
    clock.advance(timedelta(days=15))
    assert rows(signed_in(physio).get("/alerts?show=closed").text) == []


@pytest.mark.usefixtures("rising")
def test_the_menu_counts_what_waits_on_every_page(physio, signed_in):
    for path in ("/patients", "/library", "/alerts"):
        assert menu_count(signed_in(physio).get(path).text) == "1", path


def test_menu_board_and_patients_count_the_same(people, physio, rising, told, signed_in, database):
    watched = people.patient(physio, name="Wilma Watch")
    told.intake(watched)
    told.day(watched, 3, flare=True)
    assert told.alert(watched).level == 1, "it asks for nothing"
    both = database.get_one(Person, rising.patient_id)
    told.flag(both, "D_ARM")
    doctor = signed_in(physio)

    def counts() -> tuple[str | None, str, int, str]:
        board, ward = doctor.get("/alerts?show=new").text, doctor.get("/patients").text
        tab = re.search(r'To acknowledge <span class="n">(\d+)', board)
        waiting = re.search(r'<strong class="num">(\d+)</strong> patients? with an alert that nobody has yet', ward)
        assert tab is not None
        assert waiting is not None
        return menu_count(board), tab[1], len(rows(board)), waiting[1]

    assert counts() == ("2", "2", 2, "1"), "two alerts, of one patient"
    doctor.post(f"/alerts/{rising.id}/acknowledge")
    assert counts() == ("1", "1", 1, "1")
    doctor.post(f"/alerts/{told.alert(both, 'red').id}/acknowledge")
    assert counts() == (None, "0", 0, "0")


@pytest.mark.usefixtures("rising")
@pytest.mark.parametrize("who", ["colleague", "stranger"])
def test_nobody_else_sees_a_row(people, physio, signed_in, who):
    other = people.physio(physio.clinic) if who == "colleague" else people.physio()
    page = signed_in(other).get("/alerts").text
    assert "Ada Field" not in page
    assert menu_count(page) is None


def test_who_stops_sharing_leaves_the_board(database, patient, physio, rising, signed_in, clock):
    assert len(rows(signed_in(physio).get("/alerts").text)) == 1
    set_consent(database, patient, ConsentKind.SHARING, agrees=False, at=clock.now())
    alerts.consent_withdrawn(database, patient.id, ConsentKind.SHARING, clock.now())
    database.commit()
    doctor = signed_in(physio)
    assert rows(doctor.get("/alerts").text) == []
    assert doctor.get(f"/alerts/{rising.id}").status_code == 404


def test_the_number_of_statements_does_not_grow_with_the_alerts(app, people, physio, told, signed_in):
    doctor = signed_in(physio)

    def add(number: int) -> None:
        for _ in range(number):
            each = people.patient(physio)
            told.intake(each)
            told.flag(each, "U_FEVER")
            told.flag(each, "D_ARM")

    add(1)
    for path in ("/alerts", "/patients"):
        doctor.get(path)
    few = {path: statements_of(app, lambda path=path: doctor.get(path)) for path in ("/alerts", "/patients")}
    add(6)
    for path, number in few.items():
        assert statements_of(app, lambda path=path: doctor.get(path)) == number, path


# Standing in


@pytest.fixture
def stand_in(people, database, physio, clock):
    """Somebody who stands in for others in the clinic."""
    other = people.physio(physio.clinic, name="Rosa Lind")
    save_duty(
        database,
        physio.clinic_id,
        backup_id=other.id,
        lead_id=None,
        weekdays="1234567",
        opens="00:01",
        closes="23:59",
        actor=physio,
        at=clock.now(),
    )
    database.commit()
    return other


def test_who_stands_in_learns_that_something_waits_and_not_whose_it_is(stand_in, told, patient, signed_in, clock):
    told.intake(patient)
    told.flag(patient, "U_FEVER")
    assert "Somebody has to stand in" not in signed_in(stand_in).get("/alerts").text
    clock.advance(timedelta(hours=3))
    page = signed_in(stand_in).get("/alerts").text
    assert "Somebody has to stand in" in page
    assert "A patient of Jonas Berg" in page
    assert "Ada Field" not in page
    assert "fever" not in page
    assert menu_count(page) == "1"
    assert 'To acknowledge <span class="n">1<' in page


def test_standing_in_opens_the_record_for_a_week_and_is_written_down(
    database, stand_in, told, patient, signed_in, clock
):
    told.intake(patient)
    told.flag(patient, "U_FEVER")
    alert = told.alert(patient, "red")
    browser = signed_in(stand_in)
    assert browser.post(f"/alerts/{alert.id}/stand-in").status_code == 404, "it has not come to them yet"
    clock.advance(timedelta(hours=3))
    browser = signed_in(stand_in)
    assert browser.get(f"/alerts/{alert.id}").status_code == 404
    answer = browser.post(f"/alerts/{alert.id}/stand-in")
    assert (answer.status_code, answer.location) == (302, f"/alerts/{alert.id}")
    assert "Ada Field" in browser.get(f"/alerts/{alert.id}").text
    database.commit()
    assert "care.stand_in" in set(database.scalars(select(AuditEvent.action)))
    clock.advance(timedelta(days=8))
    assert signed_in(stand_in).get(f"/alerts/{alert.id}").status_code == 404


def test_who_stands_in_too_late_is_told_kindly(database, stand_in, told, patient, physio, signed_in, clock):
    told.intake(patient)
    told.flag(patient, "U_FEVER")
    alert = told.alert(patient, "red")
    clock.advance(timedelta(hours=3))
    database.execute(update(Delivery).where(Delivery.due_at <= clock.now()).values(state="sent"))
    database.commit()
    browser = signed_in(stand_in)
    signed_in(physio).post(f"/alerts/{alert.id}/acknowledge")
    browser.post(f"/alerts/{alert.id}/stand-in")
    assert "This alert is with somebody else again." in browser.get("/alerts").text


# The list of patients


@pytest.mark.usefixtures("rising")
def test_the_list_of_patients_shows_level_reason_clock_and_pain(physio, people, signed_in):
    people.patient(physio, name="Aaron First")
    page = signed_in(physio).get("/patients").text
    assert page.index("Ada Field") < page.index("Aaron First"), "what is open comes before names"
    assert "level-2" in page
    assert "points above the usual 3" in page
    assert re.search(r'class="clock calm">.*?by [A-Z][a-z]{2} \d', page, re.DOTALL)
    assert re.search(r'class="spark"[^>]*aria-label="Pain, 28 days: last 5, from 2 to 6, usual 3', page)


def test_without_consent_the_list_shows_no_level_and_no_pain(people, physio, told, signed_in):
    closed = people.patient(physio, name="Cleo Marsh", consents=("camera",))
    told.intake(closed)
    told.days(closed, CALM + RISE)
    told.flag(closed, "E_CARDIAC")
    page = signed_in(physio).get("/patients").text
    assert "Cleo Marsh" in page
    assert "level-" not in page
    assert 'class="spark"' not in page
