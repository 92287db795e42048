"""What somebody sees in the application, how they put it off, and how they want to be reminded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from sqlalchemy import update

from tests.features.reminders.house import MORNING
from tests.features.reminders.test_planning import choose, exercise_at, plan, subscribe
from tests.features.reminders.test_reminder_queue import ask, at, with_phone
from tracker.accounts.models import Person
from tracker.diary.models import DiarySettings
from tracker.regimen.models import Standing
from tracker.reminders import calendar, service
from tracker.reminders.errors import ReminderError
from tracker.reminders.models import Delivery, ReminderSettings
from tracker.reminders.rules import Kind

MINUTE = timedelta(minutes=1)


def notices(house, person):
    with house.sessions() as session:
        return service.notices_of(session, person, house.clock.now())


def evening(house, **fields):
    """A patient who has just been reminded of the exercises, at seven in the evening."""
    patient = house.patient(**fields)
    with_phone(house, patient)
    choose(house, patient, exercise_at("19:00", "21:00"), channels=["push", "email"])
    at(house, 19)
    house.deliver()
    return patient


def first_notice(house, session, person):
    return service.own_notice(session, person, notices(house, person)[0].id)


# ---------------------------------------------------------------------------------------------- notices


def test_a_notice_says_what_it_is_about_and_where_it_leads(house):
    patient = evening(house)
    (notice,) = notices(house, patient)
    assert (notice.kind, notice.path, notice.can_snooze, notice.urgent) == (Kind.EXERCISE, "/today", True, False)
    assert notice.since == datetime(2026, 3, 10, 18, tzinfo=UTC)


def test_an_alert_leads_to_its_page_and_cannot_be_put_off(house):
    physio = house.physio()
    ask(house, physio, payload={"level": 4, "path": "/alerts/7"})
    house.deliver()
    (notice,) = notices(house, physio)
    assert (notice.path, notice.level, notice.urgent, notice.can_snooze) == ("/alerts/7", 4, True, False)
    with house.sessions.begin() as session:
        row = service.own_notice(session, physio, notice.id)
        assert service.snooze(session, row, house.clock.now()) is None
        assert service.not_today(session, row, house.clock.now()) is False


def test_a_path_that_leads_elsewhere_is_not_followed(house):
    physio = house.physio()
    ask(house, physio, payload={"path": "//evil.example/"})
    house.deliver()
    assert notices(house, physio)[0].path == "/alerts"


def test_a_notice_of_somebody_else_is_not_found(house):
    patient, other = evening(house), house.patient()
    with house.sessions() as session:
        assert service.own_notice(session, other, notices(house, patient)[0].id) is None


def test_a_notice_that_was_seen_goes_away(house):
    patient = evening(house)
    with house.sessions.begin() as session:
        service.dismiss(session, first_notice(house, session, patient), house.clock.now())
    assert notices(house, patient) == []


def test_yesterdays_reminder_is_not_shown_today(house):
    patient = evening(house)
    at(house, 1, day=11)
    assert notices(house, patient) == []


def test_the_newest_of_a_subject_is_shown(house):
    physio = house.physio()
    ask(house, physio, step=0)
    house.deliver()
    house.clock.advance(120 * MINUTE)
    ask(house, physio, step=1)
    house.deliver()
    assert [notice.since for notice in notices(house, physio)] == [MORNING + 120 * MINUTE]


# ---------------------------------------------------------------------------------------------- putting off


def test_a_snoozed_reminder_comes_back_over_the_same_channels(house):
    patient = evening(house)
    with house.sessions.begin() as session:
        back = service.snooze(session, first_notice(house, session, patient), house.clock.now(), 45)
    assert back == house.clock.now() + 45 * MINUTE
    assert notices(house, patient) == []
    assert house.deliver() == 0
    house.clock.advance(45 * MINUTE)
    assert house.deliver() == 3
    assert len(house.holes["push"].taken) == len(house.holes["email"].taken) == 2
    assert len(notices(house, patient)) == 1


def test_planning_neither_undoes_nor_repeats_a_snooze(house):
    patient = evening(house)
    with house.sessions.begin() as session:
        service.snooze(session, first_notice(house, session, patient), house.clock.now(), 60)
    plan(house, patient)
    house.clock.advance(60 * MINUTE)
    plan(house, patient)
    house.deliver()
    assert len(house.holes["email"].taken) == 2


def test_a_link_puts_off_once_and_a_reminder_is_put_off_three_times_at_most(house):
    patient = evening(house)
    with house.sessions.begin() as session:
        choose_email = Delivery.channel == "email"
        first = session.get(Delivery, house.rows(choose_email, Delivery.state == "sent")[0].id)
        assert service.snooze(session, first, house.clock.now(), 10) is not None
        assert service.snooze(session, first, house.clock.now(), 10) is None
    for _ in range(2):
        house.clock.advance(10 * MINUTE)
        house.deliver()
        with house.sessions.begin() as session:
            assert service.snooze(session, first_notice(house, session, patient), house.clock.now(), 10) is not None
    house.clock.advance(10 * MINUTE)
    house.deliver()
    assert [notice.can_snooze for notice in notices(house, patient)] == [False]
    with house.sessions.begin() as session:
        assert service.snooze(session, first_notice(house, session, patient), house.clock.now(), 10) is None


def test_a_snooze_into_the_quiet_hours_waits_for_their_end(house):
    patient = evening(house)
    at(house, 22, 30)
    with house.sessions.begin() as session:
        service.snooze(session, first_notice(house, session, patient), house.clock.now(), 60)
    row = house.rows(Delivery.step == 1, Delivery.channel == "email")[0]
    assert row.not_before == datetime(2026, 3, 11, 5, tzinfo=UTC)


def test_a_snooze_is_not_held_back_by_the_budget(house):
    patient = house.patient()
    choose(house, patient, exercise_at("19:00"), channels=["email"], daily_budget=1)
    at(house, 19)
    house.deliver()
    with house.sessions.begin() as session:
        service.snooze(session, first_notice(house, session, patient), house.clock.now(), 10)
    house.clock.advance(10 * MINUTE)
    house.deliver()
    assert len(house.holes["email"].taken) == 2


def test_not_today_means_no_more_of_it_today(house):
    patient = evening(house)
    with house.sessions.begin() as session:
        assert service.not_today(session, first_notice(house, session, patient), house.clock.now())
    for hour in (20, 21, 22):
        at(house, hour)
        plan(house, patient)
        house.deliver()
    assert len(house.holes["email"].taken) == 1
    assert notices(house, patient) == []
    at(house, 19, day=11)
    house.deliver()
    assert len(house.holes["email"].taken) == 2


# ---------------------------------------------------------------------------------------------- wishes


def test_what_was_chosen_is_kept_in_order(house):
    patient = house.patient()
    choose(house, patient, exercise_at("19:00", "08:00", weekdays="31"), channels=["email"], daily_budget=3)
    with house.sessions() as session:
        settings = service.settings_of(session, patient)
        assert (settings.quiet_from, settings.daily_budget, settings.channels) == ("23:00", 3, ["in_app", "email"])
        exercise = next(rule for rule in service.rules_of(session, patient) if rule.kind is Kind.EXERCISE)
        assert (exercise.times, exercise.weekdays) == (("08:00", "19:00"), "13")


def test_before_anything_is_chosen_the_defaults_show_and_nothing_is_stored(house):
    patient = house.patient()
    with house.sessions() as session:
        settings = service.settings_of(session, patient)
        assert (settings.quiet_from, settings.quiet_to, settings.daily_budget) == ("21:30", "07:30", 6)
        assert len(service.rules_of(session, patient)) == 5
        assert [item.kind for item in service.upcoming(session, patient, MORNING, hours=24)] == [
            Kind.MORNING,
            Kind.EXERCISE,
            Kind.CHECK_IN,
        ]
        assert session.query(ReminderSettings).count() == 0


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"quiet_from": "25:00"}, "quiet_from"),
        ({"quiet_to": "x"}, "quiet_to"),
        ({"daily_budget": 0}, "daily_budget"),
        ({"channels": ["apprise"]}, "channels"),
    ],
)
def test_what_makes_no_sense_is_refused(house, fields, problem):
    patient = house.patient()
    chosen = {"quiet_from": "22:00", "quiet_to": "07:00", "daily_budget": 5, "channels": ["email"], **fields}
    with house.sessions.begin() as session, pytest.raises(ReminderError) as caught:
        service.save_settings(session, patient, **chosen, at=MORNING)
    assert set(caught.value.fields) == {problem}


def test_a_rule_that_makes_no_sense_is_refused_and_one_that_is_off_may_be_anything(house):
    patient = house.patient()
    with house.sessions.begin() as session:
        with pytest.raises(ReminderError) as caught:
            service.save_rules(session, patient, [exercise_at("25:00")], MORNING)
        assert caught.value.fields == {"exercise.times": "not_a_time"}
        with pytest.raises(ReminderError) as caught:
            service.save_rules(session, patient, [service.RuleChoice(Kind.ESCALATION, enabled=False)], MORNING)
        assert caught.value.fields == {"escalation.kind": "no_such_kind"}
        service.save_rules(session, patient, [service.RuleChoice(Kind.EXERCISE, enabled=False)], MORNING)


def test_what_will_come_is_what_comes(house):
    patient = house.patient()
    choose(
        house,
        patient,
        exercise_at("19:00"),
        service.RuleChoice(Kind.POSTURE_BREAK, True, ("09:00", "17:00"), 30),
        daily_budget=4,
        channels=["email"],
    )
    with house.sessions() as session:
        promised = service.upcoming(session, patient, house.clock.now(), hours=24)
    while house.clock.now() < MORNING + timedelta(hours=24):
        plan(house, patient)
        house.deliver()
        house.clock.advance(10 * MINUTE)
    sent = [row.due_at for row in house.rows(Delivery.channel == "email", Delivery.state == "sent")]
    assert sent == [item.due_at for item in promised]
    assert len(sent) == 4
    assert {item.channels for item in promised} == {("in_app", "email")}


def test_a_test_message_goes_over_every_channel(house):
    patient = house.patient()
    with house.sessions.begin() as session:
        subscribe(session, patient)
        assert service.send_test(session, patient, house.clock.now()) == 3
    house.deliver()
    assert len(house.holes["push"].taken) == len(house.holes["email"].taken) == 1


# ---------------------------------------------------------------------------------------------- calendar


def feed(house, patient):
    with house.sessions() as session:
        built = calendar.build(
            service.calendar_of(session, session.get_one(Person, patient.id), house.clock.now()),
            host="clinic.example",
            locale="en",
        )
    return icalendar.Calendar.from_ical(built), built


def with_calendar(house, patient):
    with house.sessions.begin() as session:
        token = service.make_calendar(session, patient, house.clock.now())
        session.add(DiarySettings(patient_id=patient.id, rhythm="thrice", since=date(2026, 3, 1)))
    return token


def test_the_calendar_parses_and_says_nothing_about_anybody(house):
    patient = house.patient(name="Anna Lindqvist")
    with_calendar(house, patient)
    parsed, built = feed(house, patient)
    events = parsed.walk("VEVENT")
    assert {str(event["SUMMARY"]) for event in events} == {"Exercises", "Check-in"}
    exercises = [event["DTSTART"].dt for event in events if event["SUMMARY"] == "Exercises"]
    assert len(exercises) == 36
    assert exercises[7] == datetime(2026, 3, 10, 16, 30, tzinfo=UTC)
    # After the clocks have changed it is still half past five in Berlin.
    assert exercises[-1] == datetime(2026, 4, 7, 15, 30, tzinfo=UTC)
    check_ins = [event["DTSTART"].dt for event in events if event["SUMMARY"] == "Check-in"]
    assert {instant.astimezone(ZoneInfo("Europe/Berlin")).isoweekday() for instant in check_ins} == {1, 3, 5}
    assert b"VALARM" not in built
    assert b"Anna" not in built
    assert str(patient.id).encode() not in built
    assert len({str(event["UID"]) for event in events}) == len(events)


def test_the_same_entry_keeps_its_id(house):
    patient = house.patient()
    with_calendar(house, patient)
    before, built = feed(house, patient)
    assert feed(house, patient)[1] == built
    with house.sessions.begin() as session:
        service.save_rules(session, patient, [exercise_at("07:00")], house.clock.now())
    after, _ = feed(house, patient)

    def by_id(parsed):
        return {
            str(event["UID"]): event["DTSTART"].dt for event in parsed.walk("VEVENT") if event["SUMMARY"] == "Exercises"
        }

    assert by_id(before).keys() == by_id(after).keys()
    assert by_id(before) != by_id(after)
    house.clock.advance(timedelta(days=1))
    assert len(by_id(feed(house, patient)[0]).keys() & by_id(after).keys()) == 35


def test_without_reminders_exercise_days_are_whole_days(house):
    patient = house.patient()
    choose(house, patient)
    with_calendar(house, patient)
    parsed, _ = feed(house, patient)
    starts = [event["DTSTART"].dt for event in parsed.walk("VEVENT")]
    assert starts[7] == date(2026, 3, 10)
    assert len(starts) == 36


@pytest.mark.parametrize("fields", [{"locked": True}, {"intake_done": False}])
def test_nobody_is_sent_to_exercises_they_may_not_do(house, fields):
    patient = house.patient(**fields)
    with_calendar(house, patient)
    assert {str(event["SUMMARY"]) for event in feed(house, patient)[0].walk("VEVENT")} == {"Check-in"}
    with house.sessions.begin() as session:
        session.execute(update(Standing).values(locked=False, intake_done=True))
    assert "Exercises" in {str(event["SUMMARY"]) for event in feed(house, patient)[0].walk("VEVENT")}


def test_the_address_of_a_calendar_can_be_renewed_and_withdrawn(house):
    patient = house.patient()
    first = with_calendar(house, patient)

    def whose(token):
        with house.sessions() as session:
            found = service.person_of_calendar(session, token)
            return found.id if found else None

    assert whose(first) == patient.id
    assert whose("something") is None
    with house.sessions.begin() as session:
        second = service.make_calendar(session, patient, house.clock.now())
    assert (whose(first), whose(second)) == (None, patient.id)
    with house.sessions.begin() as session:
        session.get_one(Person, patient.id).active = False
    assert whose(second) is None
    with house.sessions.begin() as session:
        session.get_one(Person, patient.id).active = True
        service.withdraw_calendar(session, patient, house.clock.now())
    assert whose(second) is None
    with house.sessions() as session:
        assert first not in str(session.get(ReminderSettings, patient.id).__dict__)
