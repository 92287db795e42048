"""On SQLite and on PostgreSQL: the table of minutes is the same whatever the order, the parts and the repetitions in
which they arrive, also from several processes at once; a code lets one computer in.
"""

from __future__ import annotations

import multiprocessing
import random
import threading
import uuid
from collections.abc import Callable
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, event, func, select

from tests.features.posture import racing
from tracker.accounts.models import Clinic, Consent, Person
from tracker.clock import local_date
from tracker.learn import rules as desk_rules
from tracker.learn import service as desk_service
from tracker.posture import breaks_service, documents, pairing_service, rules, service
from tracker.posture.models import PostureMinute, PostureSettings, Watcher
from tracker.posture.rules import Minute

AT = datetime(2026, 3, 31, 12, 0, tzinfo=UTC)
WATCHERS = (uuid.UUID(int=11), uuid.UUID(int=12), uuid.UUID(int=13))


@pytest.fixture
def patient(sessions: Any) -> Person:
    with sessions.begin() as session:
        clinic = Clinic(name="Practice", created_at=AT)
        person = Person(clinic=clinic, role="patient", name="Ada", time_zone="Europe/Berlin", created_at=AT)
        session.add(person)
        session.flush()
        session.add(Consent(person_id=person.id, kind="camera", granted_at=AT))
    return person


def told(watcher_id: uuid.UUID, session: Any, patient: Person, minutes: list[Minute]) -> int:
    watcher = pairing_service.browser_of(session, patient, watcher_id, name="Firefox", version="1", at=AT)
    return service.receive_minutes(session, patient=patient, watcher=watcher, minutes=minutes, received_at=AT)


def table(session: Any) -> dict[tuple[uuid.UUID, datetime], Minute]:
    """What is stored, by watcher and minute."""
    names = Minute.__slots__
    rows = session.execute(select(PostureMinute.watcher_id, *(getattr(PostureMinute, name) for name in names)))
    return {(watcher, values[0]): Minute(*values) for watcher, *values in rows}


FEW = st.integers(0, 2)
REPORT = st.builds(
    Minute,
    starts_at=st.sampled_from([AT - timedelta(minutes=number) for number in range(4)]),
    comfort_s=FEW.map(lambda number: number * 10),
    slouch_s=FEW.map(lambda number: number * 10),
    away_s=FEW.map(lambda number: number * 10),
    unknown_s=st.just(5),
    changes=FEW,
    stands=FEW,
    movement=FEW.map(lambda number: number / 10),
    still_s=FEW,
    score=st.sampled_from([None, 0, 90]),
    view=st.sampled_from([None, "front", "side"]),
    baseline_id=st.sampled_from([None, uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)]),
)
UPLOADS = st.lists(st.tuples(st.sampled_from(WATCHERS), st.lists(REPORT, min_size=1, max_size=4)), max_size=6)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(uploads=UPLOADS, chance=st.randoms(use_true_random=False))
def test_any_order_and_repetition_of_overlapping_uploads_gives_the_same_table(sessions, patient, uploads, chance):
    """The expectation comes from the rule in Python, the table from the same rule in SQL."""
    expected = {
        (watcher, minute.starts_at): minute
        for watcher in WATCHERS
        for minute in rules.fullest(each for whose, part in uploads if whose == watcher for each in part)
    }
    mixed = [*uploads, *uploads[:2]]
    for again in range(2):
        if again:
            chance.shuffle(mixed)
        with sessions() as session:
            session.execute(delete(PostureMinute))
            kept = sum(told(watcher, session, patient, part) for watcher, part in mixed)
            assert table(session) == expected
            assert kept >= len(expected)
            assert sum(told(watcher, session, patient, part) for watcher, part in mixed) == 0
            day = local_date(AT, "Europe/Berlin")
            merged = service.minutes_of(session, patient.id, day - timedelta(days=1), day)
            assert merged == rules.merge(expected.values())
            session.rollback()


@pytest.mark.parametrize(
    ("less", "more"),
    [
        ({"comfort_s": 10}, {"comfort_s": 11}),
        ({"away_s": 30}, {"comfort_s": 30}),
        ({"slouch_s": 30}, {"comfort_s": 30}),
        ({"unknown_s": 30}, {"unknown_s": 0, "away_s": 30}),
        ({}, {"changes": 1}),
        ({}, {"stands": 1}),
        ({}, {"still_s": 1}),
        ({"movement": 0.1}, {"movement": 0.125}),
        ({"score": None}, {"score": 0}),
        ({"score": 9}, {"score": 10}),
        ({"view": None}, {"view": "front"}),
        ({"view": "front"}, {"view": "side"}),
        ({"baseline_id": None}, {"baseline_id": uuid.UUID(int=1)}),
        ({"baseline_id": uuid.UUID(int=255)}, {"baseline_id": uuid.UUID(int=2**127)}),
    ],
)
def test_one_difference_decides_which_report_is_kept_whichever_came_first(sessions, patient, less, more):
    first, second = (Minute(AT, **{"unknown_s": 5, **fields}) for fields in (less, more))
    assert rules.fullness(first) < rules.fullness(second)
    with sessions() as session:
        for order in ((first, second), (second, first)):
            session.execute(delete(PostureMinute))
            assert [told(WATCHERS[0], session, patient, [each]) for each in order] == (
                [1, 1] if order[0] == first else [1, 0]
            )
            assert list(table(session).values()) == [second]
        session.rollback()


def at_once(work: Callable[..., None], calls: list[tuple[Any, ...]], environ: dict[str, str], context: Any) -> None:
    """Run `work` in one process for each call, all let go in the same moment."""
    context.set_forkserver_preload(["tests.features.posture.racing"])
    barrier = context.Barrier(len(calls))
    processes = [context.Process(target=work, args=(environ, barrier, *call)) for call in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * len(calls)


def test_processes_that_send_the_same_minutes_at_once_lose_and_double_nothing(environ, sessions, patient):
    """Three processes, one watcher: growing reports of the same 400 minutes, in parts, each in another order."""
    chance = random.Random(7)
    everything = []
    calls = []
    for _process in range(3):
        mine = [
            Minute(AT - timedelta(minutes=number), comfort_s=chance.randint(1, 60), score=chance.choice([None, 50]))
            for number in range(400)
        ]
        chance.shuffle(mine)
        everything += mine
        parts = [[astuple(each) for each in mine[start : start + 50]] for start in range(0, 400, 50)]
        calls.append((patient.id, WATCHERS[0], parts, AT))
    at_once(racing.tell, calls, environ, multiprocessing.get_context("forkserver"))
    with sessions() as session:
        assert list(dict(sorted(table(session).items())).values()) == rules.fullest(everything)
        assert session.scalar(select(func.count()).select_from(Watcher)) == 1
        assert session.scalars(select(PostureSettings.began_on)).one().isoformat() == "2026-03-31"


def test_two_watchers_of_one_person_do_not_wait_for_each_other_for_ever(environ, sessions, patient):
    """Both make the row of the settings and set the first day, while each adds minutes of its own."""
    calls = []
    for watcher in WATCHERS[:2]:
        mine = [Minute(AT - timedelta(days=day, minutes=number), away_s=60) for day in range(5) for number in range(60)]
        parts = [[astuple(each) for each in mine[start : start + 30]] for start in range(0, len(mine), 30)]
        calls.append((patient.id, watcher, parts if watcher == WATCHERS[0] else parts[::-1], AT))
    at_once(racing.tell, calls, environ, multiprocessing.get_context("forkserver"))
    with sessions() as session:
        assert len(table(session)) == 2 * 300
        assert session.scalars(select(PostureSettings.began_on)).one().isoformat() == "2026-03-27"


def test_of_several_computers_with_the_same_code_one_gets_in(environ, sessions, patient):
    with sessions.begin() as session:
        code = pairing_service.open_code(session, session.get_one(Person, patient.id), AT)
    context = multiprocessing.get_context("forkserver")
    found = context.Value("i", 0)
    at_once(racing.pair, [(code, found, AT)] * 4, environ, context)
    assert found.value == 1
    with sessions() as session:
        assert len(pairing_service.computers_of(session, patient.id)) == 1


def test_fifteen_hundred_minutes_take_a_handful_of_statements(sessions, patient):
    first = AT - timedelta(minutes=documents.MOST_MINUTES)
    minutes = [Minute(first + timedelta(minutes=n), comfort_s=60) for n in range(documents.MOST_MINUTES)]
    with sessions() as session:
        counted = []
        event.listen(session.get_bind(), "before_cursor_execute", lambda *about: counted.append(about[2]))
        assert told(WATCHERS[0], session, patient, minutes) == documents.MOST_MINUTES
        session.commit()
        assert len(table(session)) == documents.MOST_MINUTES
    assert len(counted) <= 16, counted


def test_settings_and_calibrations_work_on_both(sessions, patient):
    sent = documents.BaselineDoc.model_validate(
        {
            "id": uuid.uuid4(),
            "place": uuid.uuid4(),
            "name": "Desk",
            "view": "side",
            "confidence": "low",
            "made_at": AT,
            "document": {"engine_version": "1.0", "tall": [0.25, None, "ü"], "deep": {"a": [1, 2]}},
        }
    )
    with sessions.begin() as session:
        person = session.get_one(Person, patient.id)
        assert service.receive_baseline(session, patient=person, document=sent, source="agent", at=AT)
        assert not service.receive_baseline(session, patient=person, document=sent, source="agent", at=AT)
        service.change_settings(session, patient=person, wanted={"quiet": True, "break_every_min": 40}, at=AT)
    with sessions.begin() as session:
        (row,) = service.baselines_of(session, patient.id)
        assert documents.baseline_json(row)["document"].items() >= sent.document.items()
        kept = service.settings_of(session, patient.id)
        assert (kept.quiet, kept.break_every_min, kept.break_rule) == (True, 40, "still")
        service.forget_place(session, patient=session.get_one(Person, patient.id), place_id=sent.place, at=AT)
        assert service.baselines_of(session, patient.id) == []
        code = pairing_service.open_code(session, session.get_one(Person, patient.id), AT)
        watcher, person, token = pairing_service.pair(
            session, code, watcher_id=uuid.uuid4(), name="Desk", version="1", at=AT
        )
        assert pairing_service.watcher_of_token(session, token, AT) == (watcher, person)
        assert pairing_service.disconnect_all(session, patient.id, AT, action="computer.revoked") == 1
        assert pairing_service.watcher_of_token(session, token, AT) is None
        assert pairing_service.clear_up_codes(session, AT + timedelta(days=9)) == 0


def check_the_desk(session: Any, person: Person, known: uuid.UUID) -> uuid.UUID:
    answers = dict.fromkeys(desk_rules.ITEMS, desk_rules.Answer.YES)
    return desk_service.save_check(session, patient=person, check_id=known, answers=answers, at=AT).id


def answer_a_break(session: Any, person: Person, known: uuid.UUID) -> uuid.UUID:
    return breaks_service.answer(session, person, known, "taken", exercise=None, at=AT).id


@pytest.mark.parametrize("send", [check_the_desk, answer_a_break])
def test_a_form_that_is_sent_twice_at_the_same_moment_is_kept_once(sessions, patient, send):
    known, second = uuid.uuid4(), []

    def send_again() -> None:
        with sessions.begin() as session:
            second.append(send(session, session.get_one(Person, patient.id), known))

    other = threading.Thread(target=send_again)
    with sessions.begin() as session:
        assert send(session, session.get_one(Person, patient.id), known) == known
        other.start()
        other.join(0.5)  # it has looked, found nothing, and waits for this transaction
        assert other.is_alive()
    other.join(20)
    assert second == [known]
