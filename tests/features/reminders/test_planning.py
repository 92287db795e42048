"""Rules become rows: once, for everybody, with a fixed number of statements, and again after a journey."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select, update

from tests.features.reminders.house import ENGINES, MORNING
from tracker.accounts.models import Person
from tracker.reminders import jobs, service, subscription_service
from tracker.reminders.models import Delivery, ReminderRule, ReminderSettings
from tracker.reminders.planning_service import EVERY_OUTLET, plan_people
from tracker.reminders.rules import Kind
from tracker.reminders.scheduler import beat

HOUR = timedelta(hours=1)
both_engines = pytest.mark.parametrize("environ", ENGINES, indirect=True)


def plan(house, *people, outlets=EVERY_OUTLET):
    with house.sessions.begin() as session:
        return plan_people(session, [person.id for person in people], house.clock.now(), outlets)


def choose(house, person, *choices, **settings):
    with house.sessions.begin() as session:
        chosen = {"quiet_from": "23:00", "quiet_to": "06:00", "daily_budget": 6, "channels": [], **settings}
        service.save_settings(session, person, **chosen, at=house.clock.now())
        off = [service.RuleChoice(kind, enabled=False) for kind in Kind if kind in service.rules.DEFAULTS]
        wanted = {choice.kind: choice for choice in [*off, *choices]}
        service.save_rules(session, person, list(wanted.values()), house.clock.now())


def exercise_at(*times, **fields):
    return service.RuleChoice(Kind.EXERCISE, enabled=True, times=times, **fields)


def waiting(house, kind="exercise", channel="in_app"):
    return [row.due_at for row in house.rows(Delivery.kind == kind, Delivery.channel == channel) if row.state == "due"]


def move(house, person, zone):
    with house.sessions.begin() as session:
        session.get_one(Person, person.id).time_zone = zone


@both_engines
def test_planning_again_changes_nothing(house):
    patients = [house.patient() for _ in range(3)]
    first = plan(house, *patients)
    assert first == len(house.rows()) == 3 * 3 * 2 * 2  # people, kinds, days, channels
    before = [(row.id, row.created_at) for row in house.rows()]
    assert plan(house, *patients) == 0
    assert [(row.id, row.created_at) for row in house.rows()] == before


@both_engines
def test_as_time_goes_on_the_next_days_follow_and_nothing_comes_twice(house):
    patient = house.patient()
    choose(house, patient, exercise_at("19:00"))
    for _ in range(24 * 4):
        plan(house, patient)
        house.deliver()
        house.clock.advance(HOUR)
    rows = house.rows(Delivery.kind == "exercise", Delivery.channel == "in_app", Delivery.state != "cancelled")
    assert [row.due_at for row in rows] == [datetime(2026, 3, 10 + day, 18, tzinfo=UTC) for day in range(6)]
    assert [row.state for row in rows] == ["sent"] * 4 + ["due"] * 2


def test_somebody_who_has_chosen_nothing_gets_the_rules_of_the_house_and_nothing_for_the_past(house):
    patient = house.patient()
    house.clock.instant = datetime(2026, 3, 10, 17, tzinfo=UTC)  # 18:00 in Berlin: the exercises' time is over
    plan(house, patient)
    first = house.rows(Delivery.channel == "in_app")[0]
    assert (first.kind, first.due_at) == ("check_in", datetime(2026, 3, 10, 18, 30, tzinfo=UTC))
    with house.sessions() as session:
        assert {rule.kind: rule.enabled for rule in service.rules_of(session, patient)} == {
            "exercise": True,
            "check_in": True,
            "morning": True,
            "posture_break": False,
            "message": True,
        }


def test_nobody_of_the_staff_and_nobody_whose_account_is_closed_is_reminded(house):
    physio, closed = house.physio(), house.patient(active=False)
    assert plan(house, physio, closed) == 0
    with house.sessions() as session:
        assert session.scalars(select(ReminderSettings)).all() == []


@both_engines
def test_a_new_time_replaces_the_old_one_and_the_old_one_may_come_back(house):
    patient = house.patient()
    choose(house, patient, exercise_at("19:00"))
    choose(house, patient, exercise_at("20:00"))
    assert waiting(house) == [datetime(2026, 3, day, 19, tzinfo=UTC) for day in (10, 11)]
    choose(house, patient, exercise_at("19:00"))
    assert waiting(house) == [datetime(2026, 3, day, 18, tzinfo=UTC) for day in (10, 11)]
    assert {row.reason for row in house.rows() if row.state == "cancelled"} == {"replanned"}


def test_a_rule_that_is_switched_off_falls_silent(house):
    patient = house.patient()
    choose(house, patient, exercise_at("19:00"))
    choose(house, patient)
    assert waiting(house) == []


def test_quiet_hours_move_what_is_planned(house):
    patient = house.patient()
    choose(house, patient, exercise_at("19:00"))
    choose(house, patient, exercise_at("19:00"), quiet_from="18:30", quiet_to="20:30")
    assert {row.not_before - row.due_at for row in house.rows() if row.state == "due"} == {timedelta(minutes=90)}
    choose(house, patient, exercise_at("19:00"))
    assert {row.not_before - row.due_at for row in house.rows() if row.state == "due"} == {timedelta(0)}


def test_a_browser_that_subscribes_is_told_about_what_comes_and_not_about_what_was(house):
    patient = house.patient()
    choose(house, patient, exercise_at("08:00", "19:00"), channels=["push"])
    house.clock.instant = datetime(2026, 3, 10, 8, tzinfo=UTC)
    plan(house, patient)
    house.deliver()
    with house.sessions.begin() as session:
        subscribe(session, patient)
    plan(house, patient)
    assert waiting(house, channel="push") == [
        datetime(2026, 3, 10, 18, tzinfo=UTC),
        datetime(2026, 3, 11, 7, tzinfo=UTC),
        datetime(2026, 3, 11, 18, tzinfo=UTC),
        datetime(2026, 3, 12, 7, tzinfo=UTC),
    ]
    with house.sessions.begin() as session:
        subscription_service.unsubscribe(session, patient, endpoint="https://push.example/1")
    plan(house, patient)
    assert waiting(house, channel="push") == []


def subscribe(session, person):
    return subscription_service.subscribe(
        session,
        person,
        endpoint="https://push.example/1",
        p256dh="BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
        auth="BTBZMqHH6r4Tts7J_aSIgg",
        device="Firefox",
        base_url="https://clinic.example",
        at=MORNING,
    )


# ---------------------------------------------------------------------------------------------- journeys


@both_engines
def test_flying_west_after_the_reminder_does_not_bring_it_again_that_day(house):
    patient = house.patient()
    choose(house, patient, exercise_at("19:00"))
    live(house, patient, datetime(2026, 3, 10, 19, tzinfo=UTC))
    move(house, patient, "America/New_York")
    live(house, patient, datetime(2026, 3, 12, 0, tzinfo=UTC))
    assert sent(house) == [datetime(2026, 3, 10, 18, tzinfo=UTC), datetime(2026, 3, 11, 23, tzinfo=UTC)]


@both_engines
def test_flying_east_past_the_time_brings_the_reminder_on_arrival(house):
    patient = house.patient(time_zone="America/New_York")
    choose(house, patient, exercise_at("19:00"))
    live(house, patient, datetime(2026, 3, 10, 20, tzinfo=UTC))  # 16:00 there
    move(house, patient, "Europe/Berlin")  # 21:00 here
    live(house, patient, datetime(2026, 3, 12, 0, tzinfo=UTC))
    assert [row.finished_at.replace(minute=0) for row in house.rows(Delivery.state == "sent")] == [
        datetime(2026, 3, 10, 20, tzinfo=UTC),
        datetime(2026, 3, 11, 18, tzinfo=UTC),
    ]


def test_there_and_back_again(house):
    """Planned, taken back, planned again: the same row lives on."""
    patient = house.patient()
    choose(house, patient, exercise_at("19:00"))
    for zone in ("Asia/Tokyo", "America/New_York", "Europe/Berlin"):
        move(house, patient, zone)
        plan(house, patient)
    assert waiting(house) == [datetime(2026, 3, day, 18, tzinfo=UTC) for day in (10, 11)]


def live(house, patient, until):
    while house.clock.now() < until:
        plan(house, patient)
        house.deliver()
        house.clock.advance(HOUR)


def sent(house):
    return [row.due_at for row in house.rows(Delivery.channel == "in_app", Delivery.state == "sent")]


# ---------------------------------------------------------------------------------------------- clocks that jump


def test_a_clock_that_jumps_ahead_and_back_sends_nothing_twice(house):
    patient = house.patient()
    choose(house, patient, exercise_at("19:00"))
    live(house, patient, MORNING + 2 * HOUR)
    house.clock.advance(timedelta(days=1, hours=12))
    live(house, patient, house.clock.now() + HOUR)  # Wednesday evening, by mistake
    house.clock.advance(-timedelta(days=1, hours=12))
    live(house, patient, datetime(2026, 3, 13, 0, tzinfo=UTC))
    slots = [row.payload["day"] for row in house.rows(Delivery.channel == "in_app", Delivery.state == "sent")]
    assert sorted(slots) == sorted(set(slots))
    assert "2026-03-12" in slots  # and life goes on


def test_a_clock_that_is_set_back_by_a_day_sends_nothing_twice(house):
    patient = house.patient()
    choose(house, patient, exercise_at("19:00"))
    live(house, patient, datetime(2026, 3, 11, 20, tzinfo=UTC))
    house.clock.advance(-timedelta(days=1))
    live(house, patient, datetime(2026, 3, 12, 20, tzinfo=UTC))
    assert sent(house) == [datetime(2026, 3, day, 18, tzinfo=UTC) for day in (10, 11, 12)]


# ---------------------------------------------------------------------------------------------- many people


@both_engines
def test_the_number_of_statements_does_not_depend_on_the_number_of_people(house):
    def statements_for(number):
        patients = [house.patient() for _ in range(number)]
        counted = []
        engine = house.sessions.kw["bind"]

        def count(_connection, _cursor, statement, *_rest):
            counted.append(statement)

        event.listen(engine, "before_cursor_execute", count)
        plan(house, *patients)
        first = len(counted)
        plan(house, *patients)
        house.clock.advance(12 * HOUR)
        with house.sessions.begin() as session:
            session.execute(update(ReminderRule).values(changed_at=MORNING))
        del counted[:]
        plan(house, *patients)
        event.remove(engine, "before_cursor_execute", count)
        house.clock.advance(-12 * HOUR)
        return first, len(counted)

    assert statements_for(2) == statements_for(20)


def test_everybody_is_planned_however_many_fit_into_a_transaction(house, monkeypatch):
    monkeypatch.setattr(jobs, "PEOPLE_AT_ONCE", 2)
    patients = [house.patient() for _ in range(5)]
    first, *_ = jobs.rounds(house.settings, {})
    assert beat(first, house.sessions, house.clock) == len(house.rows())
    assert {row.person_id for row in house.rows()} == {patient.id for patient in patients}
    assert beat(first, house.sessions, house.clock) == 0


@pytest.mark.postgres
@pytest.mark.parametrize("environ", ENGINES[1:], indirect=True)
def test_several_planners_at_once_do_no_harm(house):
    from concurrent.futures import ThreadPoolExecutor

    patients = [house.patient() for _ in range(30)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda _: jobs.plan_everybody(house.sessions, house.clock, house.settings), range(12)))
    assert len(house.rows()) == len(patients) * 3 * 2 * 2
    keys = {(row.subject, row.due_at, row.step, row.channel) for row in house.rows()}
    assert len(keys) == len(house.rows())
