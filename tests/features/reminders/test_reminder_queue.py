"""The queue: what is asked to be sent is sent once, unless it has lost its point."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from tests.features.reminders.house import ENGINES, MORNING
from tracker.accounts.models import Person
from tracker.diary.models import CheckIn, DiarySettings
from tracker.regimen.models import Prescription
from tracker.reminders import delivery_service, service
from tracker.reminders.models import ClinicChannels, Delivery, PushSubscription
from tracker.reminders.outgoing import Outcome
from tracker.reminders.planning_service import EVERY_OUTLET, Outlets
from tracker.training.models import SetResult, TrainingSession

MINUTE = timedelta(minutes=1)
both_engines = pytest.mark.parametrize("environ", ENGINES, indirect=True)


def ask(house, person, *, kind="escalation", subject="alert:1", due_at=None, **fields):
    with house.sessions.begin() as session:
        return service.enqueue(
            session,
            kind=kind,
            subject=subject,
            person_ids=[person.id],
            due_at=due_at or house.clock.now(),
            at=house.clock.now(),
            **fields,
        )


def with_phone(house, person):
    with house.sessions.begin() as session:
        session.add(
            PushSubscription(
                person_id=person.id,
                endpoint="https://push.example/1",
                endpoint_hash=uuid.uuid4().hex,
                p256dh="x",
                auth="y",
                created_at=house.clock.now(),
            )
        )


# ---------------------------------------------------------------------------------------------- asking


@both_engines
def test_asking_twice_makes_one_message_on_each_channel(house):
    physio = house.physio()
    with_phone(house, physio)
    assert ask(house, physio) == 3
    assert ask(house, physio) == 0
    assert [row.channel for row in house.rows()] == ["email", "in_app", "push"]
    assert ask(house, physio, step=1) == 3


@both_engines
def test_what_is_asked_for_is_sent_once(house):
    physio = house.physio()
    with_phone(house, physio)
    ask(house, physio, payload={"level": 4, "path": "/alerts/7"})
    assert house.deliver() == 3
    assert house.deliver() == 0
    assert house.holes["email"].ids + house.holes["push"].ids == [
        row.id for row in house.rows() if row.channel != "in_app"
    ]
    assert {state for _, state, _ in house.states()} == {"sent"}
    assert house.holes["email"].taken[0][0].urgent


def test_nobody_is_written_to_who_has_no_address(house):
    ask(house, house.physio(email=None))
    assert [row.channel for row in house.rows()] == ["in_app"]


def test_a_closed_account_gets_nothing(house):
    physio = house.physio()
    ask(house, physio)
    with house.sessions.begin() as session:
        session.get_one(Person, physio.id).active = False
    house.deliver()
    assert {(state, why) for _, state, why in house.states()} == {("skipped", "closed")}
    assert ask(house, physio, subject="alert:2") == 0


def test_a_clinic_is_told_over_its_own_channels_once(house):
    first = house.physio()
    second = house.physio(clinic=first.clinic)
    elsewhere = house.physio()
    with house.sessions.begin() as session:
        session.add(
            ClinicChannels(clinic_id=first.clinic_id, apprise_urls="json://127.0.0.1/", changed_at=house.clock.now())
        )
        service.enqueue(
            session,
            kind="escalation",
            subject="alert:1",
            person_ids=[first.id, second.id, elsewhere.id],
            due_at=MORNING,
            at=MORNING,
        )
    told = [row for row in house.rows() if row.channel == "apprise"]
    assert [row.person_id for row in told] == [first.id]
    house.deliver()
    assert house.holes["apprise"].taken[0][0].addresses == ("json://127.0.0.1/",)


def test_a_patient_hears_over_the_channels_they_chose(house):
    patient = house.patient()
    with house.sessions.begin() as session:
        service.save_settings(
            session, patient, quiet_from="22:00", quiet_to="07:00", daily_budget=4, channels=["push"], at=MORNING
        )
    assert ask(house, patient, kind="message", subject="message:1") == 1
    assert [row.channel for row in house.rows(Delivery.kind == "message")] == ["in_app"]


def test_who_switched_messages_off_finds_them_in_the_application_only(house):
    patient = house.patient()
    with house.sessions.begin() as session:
        service.save_rules(session, patient, [service.RuleChoice(service.Kind.MESSAGE, enabled=False)], MORNING)
    ask(house, patient, kind="message", subject="message:1")
    assert [row.channel for row in house.rows(Delivery.kind == "message")] == ["in_app"]


# ---------------------------------------------------------------------------------------------- taking back


@both_engines
def test_what_is_taken_back_is_not_sent_and_its_notice_closes(house):
    physio = house.physio()
    ask(house, physio)
    ask(house, physio, step=1, due_at=MORNING + 120 * MINUTE)
    house.deliver()
    with house.sessions.begin() as session:
        assert len(service.notices_of(session, physio, house.clock.now())) == 1
        assert service.cancel(session, subject="alert:1", at=house.clock.now(), reason="acknowledged", from_step=1) == 2
        assert len(service.notices_of(session, physio, house.clock.now())) == 1
        assert service.cancel(session, subject="alert:1", at=house.clock.now(), reason="acknowledged") == 0
        assert service.notices_of(session, physio, house.clock.now()) == []
    house.clock.advance(150 * MINUTE)
    assert house.deliver() == 0
    assert len(house.holes["email"].taken) == 1


@both_engines
def test_an_alert_that_is_acknowledged_while_the_queue_is_worked_off_is_not_sent(house):
    """Two e-mails are claimed together; while the first one is on its way, somebody takes over the other alert."""
    physio = house.physio()
    for number in (1, 2):
        ask(house, physio, subject=f"alert:{number}")
    email = house.holes["email"]

    def acknowledge_the_other(message):
        with house.sessions.begin() as session:
            other = session.scalars(
                select(Delivery.subject).where(Delivery.channel == "email", Delivery.id != message.id)
            ).one()
            service.cancel(session, subject=other, at=house.clock.now(), reason="acknowledged")
        return Outcome(sent=True)

    email.answer = acknowledge_the_other
    house.deliver()
    assert len(email.taken) == 1
    assert sorted(state for channel, state, _ in house.states() if channel == "email") == ["cancelled", "sent"]


def test_the_room_that_asked_is_asked_again_before_sending(house):
    physio = house.physio()
    for number in (1, 2):
        ask(house, physio, subject=f"alert:{number}")
    asked = []

    def wanted(_session, delivery, at):
        asked.append((delivery.subject, delivery.channel, at))
        return delivery.subject == "alert:2"

    house.deliver(wanted={"escalation": wanted})
    assert {(row.subject, row.state, row.reason) for row in house.rows()} == {
        ("alert:1", "skipped", "not_wanted"),
        ("alert:2", "sent", None),
    }
    assert len([each for each in asked if each[:2] == ("alert:2", "email")]) == 2  # when claimed, and right before


# ---------------------------------------------------------------------------------------------- leases


@both_engines
def test_two_who_claim_get_different_rows(house):
    physio = house.physio()
    for number in range(10):
        ask(house, physio, subject=f"alert:{number}")
    with house.sessions.begin() as session:
        first = {row.id for row in delivery_service.claim(session, MORNING, urgent=True, limit=15)}
    with house.sessions.begin() as session:
        second = {row.id for row in delivery_service.claim(session, MORNING, urgent=True, limit=15)}
    assert (len(first), len(second), first & second) == (15, 5, set())


@pytest.mark.postgres
@pytest.mark.parametrize("environ", ENGINES[1:], indirect=True)
def test_on_postgresql_nobody_waits_for_a_row_that_is_being_claimed(house):
    physio = house.physio()
    for number in range(4):
        ask(house, physio, subject=f"alert:{number}", channels=[])
    with house.sessions.begin() as one, house.sessions.begin() as other:
        first = {row.id for row in delivery_service.claim(one, MORNING, urgent=True, limit=2)}
        second = {row.id for row in delivery_service.claim(other, MORNING, urgent=True, limit=9)}
        assert (len(first), len(second), first & second) == (2, 2, set())


def take(house, **fields):
    with house.sessions.begin() as session:
        return delivery_service.take_batch(
            session, house.clock.now(), urgent=True, limit=10, outlets=EVERY_OUTLET, wanted={}, **fields
        ).outgoing


def begin(house, message):
    with house.sessions.begin() as session:
        return delivery_service.begin_try(session, message, house.clock.now(), wanted={})


def finish(house, message, outcome):
    with house.sessions.begin() as session:
        return delivery_service.settle(session, message, outcome, house.clock.now())


@both_engines
def test_a_lease_that_has_run_out_is_taken_over_and_its_first_owner_can_do_nothing_more(house):
    ask(house, house.physio())
    (mine,) = take(house)
    assert begin(house, mine)
    assert take(house) == ()
    house.clock.advance(delivery_service.LEASE)
    (theirs,) = take(house)
    assert theirs.id == mine.id  # the same Message-ID
    assert theirs.lease != mine.lease
    assert not begin(house, mine)
    assert finish(house, mine, Outcome(reason="refused")) is None
    assert begin(house, theirs)
    assert finish(house, theirs, Outcome(sent=True)) == "sent"
    assert finish(house, theirs, Outcome(reason="refused")) is None
    assert ("email", "sent", None) in house.states()


def test_each_try_renews_the_lease(house):
    ask(house, house.physio())
    (mine,) = take(house)
    house.clock.advance(delivery_service.LEASE - MINUTE)
    assert begin(house, mine)
    house.clock.advance(delivery_service.LEASE - MINUTE)
    assert take(house) == ()


def test_a_lease_from_a_clock_that_was_wrong_does_not_hold_for_years(house):
    ask(house, house.physio())
    house.clock.advance(timedelta(days=400))
    assert len(take(house)) == 1
    house.clock.advance(timedelta(days=-400) + MINUTE)
    assert len(take(house)) == 1


# ---------------------------------------------------------------------------------------------- failures


@both_engines
def test_what_fails_for_now_is_tried_again_later_and_with_the_same_id(house):
    physio = house.physio()
    ask(house, physio)
    email = house.holes["email"]
    email.answer = lambda _message: Outcome(again=True, reason="deferred")
    house.deliver()
    assert ("email", "due", "deferred") in house.states()
    assert house.deliver() == 0
    house.clock.advance(MINUTE)
    email.answer = lambda _message: Outcome(sent=True)
    house.deliver()
    assert len(email.ids) == 2
    assert len(set(email.ids)) == 1
    assert ("email", "sent", None) in house.states()


def test_what_fails_for_good_is_not_tried_again(house, capsys):
    ask(house, house.physio())
    house.holes["email"].answer = lambda _message: Outcome(reason="address_refused")
    house.deliver()
    house.clock.advance(timedelta(days=1))
    assert house.deliver() == 0
    assert ("email", "failed", "address_refused") in house.states()
    assert "alert reached nobody outside" in "".join(capsys.readouterr())


def test_it_is_given_up_in_the_end(house):
    ask(house, house.physio())
    email = house.holes["email"]
    email.answer = lambda _message: Outcome(again=True, reason="network")
    for _ in range(40):
        house.deliver()
        house.clock.advance(timedelta(hours=1))
    assert ("email", "failed", "network") in house.states()
    assert len(email.ids) == 16


def test_a_message_that_kills_its_process_again_and_again_is_given_up(house):
    ask(house, house.physio())
    for _ in range(20):
        for message in take(house):
            begin(house, message)  # and then the process dies
        house.clock.advance(delivery_service.LEASE)
    assert ("email", "failed", "too_many_tries") in house.states()


def test_a_channel_that_stumbles_over_one_message_sends_the_others(house, capsys):
    physio = house.physio()
    for number in range(3):
        ask(house, physio, subject=f"alert:{number}")
    email = house.holes["email"]
    bad = house.rows(Delivery.channel == "email")[1].id

    def stumble(message):
        if message.id == bad:
            raise RuntimeError("about anna")
        return Outcome(sent=True)

    email.answer = stumble
    house.deliver()
    assert sorted(state for channel, state, _ in house.states() if channel == "email") == ["due", "sent", "sent"]
    printed = "".join(capsys.readouterr())
    assert "sending failed" in printed
    assert "anna" not in printed


def test_a_mail_server_that_is_down_is_asked_once_a_batch_and_costs_no_tries(house):
    physio = house.physio()
    for number in range(5):
        ask(house, physio, subject=f"alert:{number}")
    email = house.holes["email"]
    email.answer = lambda _message: Outcome(again=True, reason="network", blocked=True)
    house.deliver()
    rows = house.rows(Delivery.channel == "email")
    assert len(email.ids) == 1
    assert sorted(row.tries for row in rows) == [0, 0, 0, 0, 1]
    assert {row.state for row in rows} == {"due"}
    assert {row.not_before for row in rows} == {MORNING + MINUTE}
    assert {row.state for row in house.rows(Delivery.channel == "in_app")} == {"sent"}


@both_engines
def test_a_database_that_is_away_for_a_moment_makes_nobody_write_twice(house, monkeypatch, capsys):
    physio = house.physio()
    for number in range(3):
        ask(house, physio, subject=f"alert:{number}")
    settle, failed = delivery_service.settle, []

    def fail_once(session, *rest):
        if len(failed) < 2 and len(house.holes["email"].taken) == len(failed) + 1:
            failed.append(True)
            session.connection().invalidate()
            raise ConnectionError("about anna")
        return settle(session, *rest)

    monkeypatch.setattr(delivery_service, "settle", fail_once)
    house.deliver()
    assert len(failed) == 2
    assert [row.state for row in house.rows(Delivery.channel == "email")] == ["sent"] * 3
    assert len(house.holes["email"].taken) == 3
    assert "anna" not in "".join(capsys.readouterr())


def test_an_alert_with_no_way_out_stays_visible_and_is_logged(house, capsys):
    physio = house.physio(email=None)
    ask(house, physio)
    house.deliver()
    with house.sessions() as session:
        assert [notice.kind for notice in service.notices_of(session, physio, MORNING)] == ["escalation"]
    printed = "".join(capsys.readouterr())
    assert "alert reached nobody outside" in printed
    assert str(physio.id) in printed


def test_without_a_mail_server_an_alert_is_shown_and_logged(house, environ, capsys):
    from tracker.settings import Settings

    house.settings = Settings.load({**environ, "TRACKER_SMTP_HOST": ""})
    ask(house, house.physio())
    house.deliver()
    house.deliver()
    assert house.states() == [("email", "skipped", "not_configured"), ("in_app", "sent", None)]
    assert house.holes["email"].taken == []
    assert "alert reached nobody outside" in "".join(capsys.readouterr())


# ---------------------------------------------------------------------------------------------- merging


@both_engines
def test_after_two_days_down_only_the_newest_of_each_subject_goes_out(house):
    """Planned for two days, then nothing runs; on the third day there is one reminder of each kind, not eight."""
    patient = house.patient()
    plan(house, patient)
    assert len(house.rows()) > 8
    house.clock.advance(timedelta(days=2, hours=12))  # Thursday, 19:00 in Berlin
    plan(house, patient)
    house.deliver()
    sent = [row for row in house.rows() if row.state == "sent"]
    assert {(row.kind, row.channel) for row in sent} == {("exercise", "in_app"), ("exercise", "email")}
    assert {row.payload["day"] for row in sent} == {"2026-03-12"}
    merged = [row for row in house.rows() if row.state == "merged"]
    assert {row.reason for row in merged} == {"newer"}
    assert {(row.state, row.reason) for row in house.rows() if row.state == "skipped"} == {
        ("skipped", "late"),  # yesterday's check-in
        ("skipped", "nothing_due"),  # no session to ask about in the morning
    }


@both_engines
def test_a_new_digest_takes_the_place_of_the_unread_ones_of_the_days_before(house):
    first, second = house.physio(), house.physio()

    def sent_today() -> None:
        day = house.clock.now().date().isoformat()
        for person in (first, second):
            ask(house, person, kind="digest", subject=f"digest:{person.id}:{day}", payload={"path": "/alerts"})
        house.deliver()

    def waiting(person):
        with house.sessions() as session:
            found = service.notices_of(session, session.get_one(Person, person.id), house.clock.now())
        return [(notice.kind, notice.since) for notice in found]

    ask(house, first, subject="alert:1", payload={"level": 2})
    sent_today()
    monday = house.clock.now()
    house.clock.advance(timedelta(days=1))
    later = house.clock.now() + timedelta(days=1)
    ask(house, first, kind="digest", subject=f"digest:{first.id}:{later.date()}", due_at=later)
    house.deliver()
    assert ("digest", monday) in waiting(first), "what is only planned takes no place"
    house.clock.advance(timedelta(days=1))
    with house.sessions.begin() as session:
        session.execute(update(Delivery).where(Delivery.person_id == second.id).values(seen_at=monday))
    sent_today()
    assert [when for kind, when in waiting(first) if kind == "digest"] == [house.clock.now()]
    assert {kind for kind, _when in waiting(first)} == {"digest", "escalation"}
    (old,) = house.rows(Delivery.person_id == second.id, Delivery.channel == "in_app", Delivery.due_at == monday)
    assert old.seen_at == monday, "what was read is left as it was"


def test_digests_that_piled_up_leave_one_notice(house):
    physio = house.physio()
    for day in range(3):
        ask(house, physio, kind="digest", subject=f"digest:{day}", due_at=MORNING + timedelta(days=day))
    house.clock.advance(timedelta(days=2))
    house.deliver()
    rows = house.rows(Delivery.channel == "in_app")
    assert [row.seen_at is None for row in rows] == [False, False, True]


def test_steps_of_an_alert_that_piled_up_reach_each_person_once(house):
    owner, backup = house.physio(), house.physio()
    ask(house, owner, step=0)
    ask(house, backup, step=1, due_at=MORNING + 120 * MINUTE)
    ask(house, backup, step=2, due_at=MORNING + 240 * MINUTE)
    house.clock.advance(timedelta(days=2))
    house.deliver()
    sent = [(row.person_id, row.step) for row in house.rows(Delivery.channel == "email") if row.state == "sent"]
    assert sent == [(owner.id, 0), (backup.id, 2)]


def test_news_is_not_swallowed_by_what_was_sent_before_it(house):
    """An alert that rises is told with the instant it opened; that is older than the step that has gone out."""
    physio = house.physio()
    ask(house, physio, step=1)
    house.deliver()
    house.clock.advance(MINUTE)
    ask(house, physio, step=0, due_at=MORNING - MINUTE)
    house.deliver()
    assert len(house.holes["email"].taken) == 2


@both_engines
def test_merging_works_across_batches_and_processes(house):
    """Each of two processes holds some of them; each looks at what the other one has."""
    physio = house.physio()
    for step in range(7):
        ask(house, physio, step=step, due_at=MORNING + step * MINUTE, channels=[])
    house.clock.advance(60 * MINUTE)
    with house.sessions.begin() as session:
        delivery_service.claim(session, house.clock.now(), urgent=True, limit=3)  # by a process that dies with them
    house.deliver(batch=2)
    house.clock.advance(delivery_service.LEASE)
    house.deliver(batch=2)
    assert sorted(row.state for row in house.rows()) == ["merged"] * 6 + ["sent"]
    assert house.rows()[-1].state == "sent"


# ---------------------------------------------------------------------------------------------- not needed any more


def plan(house, *people, outlets=EVERY_OUTLET):
    from tracker.reminders.planning_service import plan_people

    with house.sessions.begin() as session:
        return plan_people(session, [person.id for person in people], house.clock.now(), outlets)


def at(house, hour, minute=0, day=10):
    """Set the clock to an hour of Berlin's winter."""
    house.clock.instant = datetime(2026, 3, day, hour - 1, minute, tzinfo=UTC)


def reminded(house, kind):
    first = house.rows(Delivery.kind == kind, Delivery.channel == "in_app")[0]
    return first.state, first.reason


def exercise(house, patient, *, sets=2, day=date(2026, 3, 10), pain=None, exercise="chin-tuck"):
    now = house.clock.now()
    with house.sessions.begin() as session:
        row = TrainingSession(
            id=uuid.uuid4(),
            patient_id=patient.id,
            exercise=exercise,
            source="manual",
            started_at=now,
            local_date=day,
            pain_during=pain,
            created_at=now,
        )
        row.sets = [
            SetResult(
                id=uuid.uuid4(),
                number=number,
                side="both",
                started_at=now,
                engine_version="1",
                duration_s=30,
                count=8,
                partial=0,
                held_s=0,
                summary={},
            )
            for number in range(1, sets + 1)
        ]
        session.add(row)
        return row.id


def check_in(house, patient, form="daily", day=date(2026, 3, 10), session_id=None):
    now = house.clock.now()
    with house.sessions.begin() as session:
        session.add(
            CheckIn(
                id=uuid.uuid4(),
                entry_id=uuid.uuid4(),
                patient_id=patient.id,
                form=form,
                local_date=day,
                time_zone="Europe/Berlin",
                answered_at=now,
                received_at=now,
                answers={},
                session_id=session_id,
            )
        )


def test_who_has_not_exercised_is_reminded_in_the_evening(house):
    patient = house.patient()
    plan(house, patient)
    at(house, 17, 29)
    assert house.deliver() == 2  # the morning after, of which there was none
    at(house, 17, 30)
    house.deliver()
    assert reminded(house, "exercise") == ("sent", None)
    assert [words.body for _, words in house.holes["email"].taken] != []


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (exercise, "done"),
        (lambda house, patient: exercise(house, patient, sets=1, pain=8), "hurt"),
        (lambda house, patient: exercise(house, patient, sets=1), None),
    ],
    ids=["all sets", "pain", "half"],
)
def test_what_is_done_needs_no_reminder(house, prepare, why):
    patient = house.patient()
    plan(house, patient)
    at(house, 17)
    prepare(house, patient)
    at(house, 17, 30)
    house.deliver()
    assert reminded(house, "exercise") == (("skipped", why) if why else ("sent", None))


@pytest.mark.parametrize(
    ("fields", "why"),
    [({"locked": True}, "locked"), ({"intake_done": False}, "no_intake"), ({"exercises": 0}, "nothing_due")],
)
def test_nobody_is_sent_to_exercises_they_may_not_or_need_not_do(house, fields, why):
    patient = house.patient(**fields)
    plan(house, patient)
    at(house, 17, 30)
    house.deliver()
    assert reminded(house, "exercise") == ("skipped", why)


def test_no_reminder_on_a_day_without_exercises(house):
    patient = house.patient()
    with house.sessions.begin() as session:
        session.execute(update(Prescription).values(weekdays="3").execution_options(synchronize_session=False))
    plan(house, patient)
    at(house, 17, 30)
    house.deliver()
    assert reminded(house, "exercise") == ("skipped", "nothing_due")


def test_a_check_in_that_is_done_needs_no_reminder(house):
    early, late = house.patient(), house.patient()
    plan(house, early, late)
    at(house, 18)
    check_in(house, early)
    at(house, 19, 30)
    house.deliver()
    rows = house.rows(Delivery.kind == "check_in", Delivery.channel == "email", Delivery.due_at == house.clock.now())
    assert {row.person_id: (row.state, row.reason) for row in rows} == {
        early.id: ("skipped", "done"),
        late.id: ("sent", None),
    }


def test_who_checks_in_thrice_a_week_is_reminded_on_those_days(house):
    patient = house.patient()
    with house.sessions.begin() as session:
        session.add(DiarySettings(patient_id=patient.id, rhythm="thrice", since=date(2026, 3, 1)))
    plan(house, patient)
    at(house, 19, 30)  # a Tuesday
    house.deliver()
    assert reminded(house, "check_in") == ("skipped", "nothing_due")
    plan(house, patient)
    at(house, 19, 30, day=11)
    house.deliver()
    wednesday = house.rows(Delivery.kind == "check_in", Delivery.channel == "in_app")[1]
    assert wednesday.state == "sent"


def test_the_morning_after_is_asked_about_once(house):
    patient = house.patient()
    session_id = exercise(house, patient, day=date(2026, 3, 9), pain=2)
    exercise(house, patient, day=date(2026, 3, 9), pain=3, exercise="plank")
    plan(house, patient)
    at(house, 8, 30)
    house.deliver()
    assert reminded(house, "morning") == ("sent", None)
    with house.sessions() as session:
        assert [notice.kind for notice in service.notices_of(session, patient, house.clock.now())] == ["morning"]
    check_in(house, patient, "morning", session_id=session_id)
    with house.sessions() as session:  # what has been answered is not shown any more
        assert service.notices_of(session, patient, house.clock.now()) == []


def test_the_morning_after_is_not_asked_about_where_no_pain_was_told(house):
    patient = house.patient()
    exercise(house, patient, day=date(2026, 3, 9))
    plan(house, patient)
    at(house, 8, 30)
    house.deliver()
    assert reminded(house, "morning") == ("skipped", "nothing_due")


def test_a_break_is_not_offered_to_somebody_who_just_moved(house):
    patient = house.patient()
    with house.sessions.begin() as session:
        choice = service.RuleChoice(service.Kind.POSTURE_BREAK, True, ("09:00", "10:00"), 60)
        service.save_rules(session, patient, [choice], MORNING)
    at(house, 8, 50)
    exercise(house, patient)
    at(house, 9)
    house.deliver()
    assert reminded(house, "posture_break") == ("skipped", "moved")


def test_a_break_that_comes_too_late_does_not_come(house):
    patient = house.patient()
    with house.sessions.begin() as session:
        choice = service.RuleChoice(service.Kind.POSTURE_BREAK, True, ("09:00", "10:00"), 60)
        service.save_rules(session, patient, [choice], MORNING)
    at(house, 9, 10)
    house.deliver()
    assert reminded(house, "posture_break") == ("skipped", "late")


# ---------------------------------------------------------------------------------------------- gentleness


def test_nothing_comes_during_a_pause_but_alerts_do(house):
    patient = house.patient()
    with house.sessions.begin() as session:
        service.pause(session, patient, MORNING + timedelta(days=1), MORNING)
    plan(house, patient)
    at(house, 17, 30)
    ask(house, patient)
    house.deliver()
    assert reminded(house, "exercise") == ("skipped", "paused")
    assert reminded(house, "escalation") == ("sent", None)


def test_in_quiet_hours_a_message_waits_for_the_morning_and_an_alert_does_not(house):
    patient = house.patient()
    at(house, 23)
    ask(house, patient, kind="message", subject="message:1")
    ask(house, patient)
    house.deliver()
    assert reminded(house, "escalation") == ("sent", None)
    assert reminded(house, "message") == ("due", None)
    at(house, 7, 30, day=11)
    house.deliver()
    assert reminded(house, "message") == ("sent", None)


def test_quiet_hours_that_were_chosen_later_hold_as_well(house):
    patient = house.patient()
    ask(house, patient, kind="message", subject="message:1", due_at=MORNING + 60 * MINUTE)
    with house.sessions.begin() as session:
        service.save_settings(
            session, patient, quiet_from="07:00", quiet_to="12:00", daily_budget=6, channels=["email"], at=MORNING
        )
    house.clock.advance(90 * MINUTE)
    house.deliver()
    row = house.rows(Delivery.kind == "message", Delivery.channel == "email")[0]
    assert (row.state, row.not_before) == ("due", datetime(2026, 3, 10, 11, tzinfo=UTC))


def test_the_budget_of_the_day_counts_reminders_and_not_their_channels(house):
    patient = house.patient()
    with house.sessions.begin() as session:
        service.save_settings(
            session, patient, quiet_from="22:00", quiet_to="06:00", daily_budget=2, channels=["email"], at=MORNING
        )
    for number in range(4):
        house.clock.advance(MINUTE)
        ask(house, patient, kind="message", subject=f"message:{number}")
        house.deliver()
    states = [(row.subject, row.channel, row.state, row.reason) for row in house.rows(Delivery.kind == "message")]
    assert [each for each in states if each[1] == "email"] == [
        ("message:0", "email", "sent", None),
        ("message:1", "email", "sent", None),
        ("message:2", "email", "skipped", "budget"),
        ("message:3", "email", "skipped", "budget"),
    ]
    at(house, 9, day=11)
    ask(house, patient, kind="message", subject="message:9")
    house.deliver()
    assert house.states(Delivery.subject == "message:9") == [("email", "sent", None), ("in_app", "sent", None)]


def test_outlets_that_are_closed_are_not_planned(house):
    patient = house.patient()
    plan(house, patient, outlets=Outlets(email=False))
    assert {row.channel for row in house.rows()} == {"in_app"}


# ---------------------------------------------------------------------------------------------- clearing up


def test_old_reminders_are_deleted_and_alerts_are_kept(house):
    patient, physio = house.patient(), house.physio()
    at(house, 9)
    ask(house, patient, kind="message", subject="message:1")
    ask(house, physio)
    ask(house, patient, kind="message", subject="message:2", due_at=MORNING + timedelta(days=59))
    house.deliver()
    house.clock.advance(timedelta(days=61))
    with house.sessions.begin() as session:
        assert delivery_service.clear_up(session, house.clock.now()) == 2
    assert {row.subject for row in house.rows()} == {"alert:1", "message:2"}
