"""No record without a care link: every route about somebody's record, before, during and after an absence, and around a
hand-over. Who gets in otherwise is walked in `test_every_door`, whose world and expectations this uses.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.features.test_every_door import OPENS, concrete, send, world
from tracker.accounts import care_service
from tracker.accounts.models import Absence, CareLink

__all__ = ["world"]

A_DAY = timedelta(days=1)
OF_THE_PHYSIO = "patient_id", "alert_id"
"""Whoever looks after the patient gets in where these stand in the address; their own things have other names."""


def routes_to_the_record(world):
    found = [
        (endpoint, method, rule)
        for endpoint, method, rule in world.routes
        if OPENS[endpoint] == frozenset({"physio"}) and any(name in rule.arguments for name in OF_THE_PHYSIO)
    ]
    assert len(found) > 25, "the walk is about something"
    # What ends the record's state for whoever comes later goes last.
    return sorted(found, key=lambda route: route[1] != "GET")


def shut_to(world, browser):
    """The routes to the record that do not open."""
    wrong = []
    for _endpoint, method, rule in routes_to_the_record(world):
        answer = send(browser, method, concrete(world.path(rule, world.ids)))
        if answer.status_code in {403, 404}:
            wrong.append(f"{method} {rule.rule}")
    return wrong


def everything(world):
    return [f"{method} {rule.rule}" for _endpoint, method, rule in routes_to_the_record(world)]


@pytest.fixture
def away(world, database, clock):
    """`away(first, last)`: days from now on which the physiotherapist is away and the colleague stands in."""

    def plan(first: int, last: int) -> Absence:
        physio = world.persons["physio"]
        for other in care_service.absences(database, physio.clinic_id, clock.now()):
            care_service.end_absence(database, actor=physio, absence_id=other.absence.id, at=clock.now())
        absence = care_service.plan_absence(
            database,
            actor=physio,
            physio=physio,
            backup=world.persons["colleague"],
            since=clock.now() + first * A_DAY,
            until=clock.now() + last * A_DAY,
            note=None,
            at=clock.now(),
        )
        database.commit()
        return absence

    return plan


def test_a_stand_in_gets_in_for_exactly_the_time_of_the_absence(world, away, clock, signed_in):
    away(1, 3)
    colleague = world.persons["colleague"]
    assert shut_to(world, signed_in(colleague)) == everything(world), "before"
    clock.advance(A_DAY)
    assert shut_to(world, signed_in(colleague)) == [], "during"
    clock.advance(2 * A_DAY)
    assert shut_to(world, signed_in(colleague)) == everything(world), "after"
    assert shut_to(world, signed_in(world.persons["physio"])) == [], "whose patient it is"


def test_coming_back_early_shuts_the_record_at_once(world, away, database, signed_in):
    absence = away(0, 30)
    browser = signed_in(world.persons["colleague"])
    path = f"/patients/{world.ids['patient_id']}"
    assert browser.get(path).status_code == 200
    assert signed_in(world.persons["physio"]).post(f"/team/absences/{absence.id}/end").status_code == 302
    database.commit()
    assert browser.get(path).status_code == 404
    assert shut_to(world, browser) == everything(world)


def test_a_hand_over_moves_every_door_at_once(world, database, signed_in):
    old, new = signed_in(world.persons["physio"]), signed_in(world.persons["colleague"])
    assert shut_to(world, new) == everything(world)
    answer = old.post(
        "/team/hand-over",
        {
            "hand-patients": world.ids["patient_id"],
            "hand-how": "over",
            "hand-to": str(world.persons["colleague"].id),
            "hand-reason": "I move to Lisbon.",
            "sure": "yes",
        },
    )
    assert answer.status_code == 302, answer.text
    database.commit()
    assert shut_to(world, old) == everything(world)
    assert shut_to(world, new) == []
    links = database.query(CareLink).filter(CareLink.until.is_(None), CareLink.patient_id == world.persons["owner"].id)
    assert [link.physio_id for link in links] == [world.persons["colleague"].id]


def test_whoever_stood_in_for_the_old_one_does_not_keep_the_patient(world, away, clock, database, signed_in):
    away(0, 30)
    third = world.persons["former physio"]
    care_service.hand_over(
        database,
        actor=world.persons["physio"],
        patient_id=world.persons["owner"].id,
        to=third,
        reason="x",
        at=clock.now(),
    )
    database.commit()
    assert shut_to(world, signed_in(world.persons["colleague"])) == everything(world)
    assert shut_to(world, signed_in(third)) == []
