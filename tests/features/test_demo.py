from __future__ import annotations

import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from tests.features.conftest import KEYS, NOON
from tracker.accounts import access, service
from tracker.accounts.models import AuditEvent, CareLink, ConsentKind, Invitation, Person
from tracker.accounts.rules import SHORTEST_STAFF_PASSWORD, password_problem
from tracker.accounts.service import Passwords
from tracker.clinic.service import caseload
from tracker.clock import local_date, zone
from tracker.db import sessions_from
from tracker.demo import NotADemoError, build_demo, stories
from tracker.demo.build import TRACKS_OF_LAST_DAYS
from tracker.regimen.rules import weekdays_from_text
from tracker.regimen.service import current_plan, history
from tracker.settings import Settings
from tracker.training.models import Repetition, SetResult, Track, TrainingSession
from tracker.training.service import count_of, day_of, session_lines
from tracker.training.tracks import read_header

# Everything looks at one clinic, which takes some seconds to build: one worker does it once.
pytestmark = pytest.mark.xdist_group("demo")

BY_KEY = {story.key: story for story in stories.PATIENTS}


def build_in(folder, migrated_file, now, **how):
    shutil.copy(migrated_file, folder / "rhomboid.sqlite3")
    settings = Settings.load({"TRACKER_DATA": str(folder), **KEYS})
    with sessions_from(settings) as sessions, sessions() as session:
        made = build_demo(session, now, Passwords(settings), **how)
        session.commit()
    return settings, made


@pytest.fixture(scope="module")
def demo(tmp_path_factory, migrated_file):
    """(settings, what build_demo returned) of the whole clinic at NOON. Tests only look at it."""
    return build_in(tmp_path_factory.mktemp("demo"), migrated_file, NOON)


@pytest.fixture
def settings(tmp_path, demo):
    """The application of these tests runs on a copy of the clinic."""
    shutil.copy(demo[0].data_folder / "rhomboid.sqlite3", tmp_path / "rhomboid.sqlite3")
    return Settings.load({"TRACKER_DATA": str(tmp_path), **KEYS})


@pytest.fixture
def somebody(database):
    """`somebody("amara.applewood")`: the person with this story."""
    return lambda key: service.person_by_email(database, f"{key}@example.org")


@pytest.fixture
def sets(database):
    return database.scalars(select(SetResult).options(selectinload(SetResult.repetitions))).all()


@pytest.fixture
def sessions_done(database):
    """Every session with its sets, person by person, in the order of time."""
    return database.scalars(
        select(TrainingSession)
        .order_by(TrainingSession.patient_id, TrainingSession.started_at)
        .options(selectinload(TrainingSession.sets), selectinload(TrainingSession.prescription))
    ).all()


def lines_of(database, person):
    return session_lines(database, person.id, limit=1000)


def mean(values):
    values = list(values)
    return sum(values) / len(values)


# ---------------------------------------------------------------------------------------------- sign-ins


def test_everybody_can_sign_in_with_what_is_printed(demo, database):
    settings, made = demo
    assert made.created
    assert Counter(role for role, *_ in made.accounts) == {"physio": 2, "patient": 8}
    for role, name, email, password in made.accounts:
        person = service.person_by_email(database, email)
        assert (person.role, person.name) == (role, name)
        assert email.endswith("@example.org")
        assert Passwords(settings).matches(person.password_hash, password)
        assert password_problem(password, shortest=SHORTEST_STAFF_PASSWORD, about=(name, email)) is None


def test_building_again_changes_nothing(settings, database, demo):
    def size():
        return [
            database.scalar(select(func.count()).select_from(table))
            for table in (Person, TrainingSession, SetResult, Repetition, AuditEvent)
        ]

    before = size()
    again = build_demo(database, NOON + timedelta(days=3), Passwords(settings))
    assert not again.created
    assert again.accounts == demo[1].accounts
    assert size() == before


def test_it_keeps_its_hands_off_other_people(tmp_path, migrated_file):
    shutil.copy(migrated_file, tmp_path / "rhomboid.sqlite3")
    settings = Settings.load({"TRACKER_DATA": str(tmp_path), **KEYS})
    with sessions_from(settings) as sessions, sessions.begin() as session:
        token = service.renew_set_up_link(session, NOON)
        who = service.Newcomer("Jo", None, "UTC")
        service.set_up_solo(session, token, who=who, hashed="x", at=NOON)
        with pytest.raises(NotADemoError):
            build_demo(session, NOON, Passwords(settings))


# ---------------------------------------------------------------------------------------------- the clinic


def test_the_physio_sees_eight_patients_and_the_stories_show(database, somebody):
    rows = {row.name: row for row in caseload(database, somebody("mirela.castellane"), NOON)}
    assert len(rows) == 8
    assert rows["Priya Lanternwala"].flags[0] == "pain"
    assert "low_adherence" in rows["Jonas Feldhase"].flags
    assert rows["Mateo Ventisca"].flags == ("corrections",)
    assert rows["Safiya Sternberg"].flags == ("not_shared",)
    for calm in ("Amara Applewood", "Tomasz Himmelreich", "Ingrid Osei-Nordlicht", "Yuki Morgentau"):
        assert rows[calm].flags == (), calm
    assert rows["Tomasz Himmelreich"].month.share > rows["Amara Applewood"].month.share - 0.01
    assert next(iter(rows)) == "Priya Lanternwala"  # pain comes first


def test_the_second_physio_shares_some_of_them_and_somebody_is_invited(database, somebody):
    rows = caseload(database, somebody("tobias.achterberg"), NOON)
    assert {row.name for row in rows} == {"Jonas Feldhase", "Mateo Ventisca"}
    waiting = service.open_invitations(database, somebody("mirela.castellane").id, NOON)
    assert [(each.name, each.person_id) for each in waiting] == [("Edda Wolkenstein", None)]
    assert database.scalar(select(func.count()).select_from(CareLink)) == 10
    assert database.scalar(select(func.count()).select_from(Invitation)) == 10


def test_consents_follow_the_stories(database, somebody):
    for key, story in BY_KEY.items():
        assert set(service.consents_of(database, somebody(key).id)) == story.consents
    assert not access.shares(database, somebody("safiya.sternberg").id)


def test_plans_have_revisions_with_reasons(database, somebody):
    for key, story in BY_KEY.items():
        found = history(database, somebody(key).id)
        assert [each.reason for each in reversed(found)] == [step.reason for step in story.plan]
        assert all(each.changes for each in found)
        assert all(each.created_at < NOON for each in found)
        written = [each.created_at.astimezone(zone(stories.BERLIN)) for each in found]
        assert all(each.isoweekday() <= 5 and 9 <= each.hour < 18 for each in written)
    assert sum(len(story.plan) >= 3 for story in stories.PATIENTS) >= 4


# ---------------------------------------------------------------------------------------------- sessions


def test_sessions_lie_in_the_last_ninety_days_at_waking_hours(database):
    rows = database.execute(select(TrainingSession, Person.time_zone).join(Person)).all()
    assert len(rows) > 300
    for row, zone_name in rows:
        assert NOON - timedelta(days=90) <= row.started_at < row.ended_at < NOON
        assert row.local_date == local_date(row.started_at, zone_name)
        assert 4 <= row.started_at.astimezone(zone(zone_name)).hour < 23
    assert {zone_name for _row, zone_name in rows} == {"Europe/Berlin", "America/Toronto"}
    assert {row.exercise for row, _zone in rows} == {"seated-row", "overhead-press", "cross-body-stretch"}


def test_sessions_are_mostly_on_prescribed_days_with_the_plan_of_that_moment(database):
    rows = database.scalars(select(TrainingSession)).all()
    asked = [row.local_date.isoweekday() in weekdays_from_text(row.prescription.weekdays) for row in rows]
    assert 0.85 < mean(asked) < 1
    for row in rows:
        revision = row.prescription.revision
        later = [each for each in revision.plan.revisions if each.number > revision.number]
        assert revision.created_at <= row.started_at
        assert all(each.created_at > row.started_at for each in later)


def test_nobody_is_in_two_places_at_once(sessions_done):
    for _person, theirs in groupby(sessions_done, key=lambda row: row.patient_id):
        ordered = list(theirs)
        assert all(a.ended_at < b.started_at for a, b in pairwise(ordered))
        for row in ordered:
            for a, b in pairwise(row.sets):
                assert a.started_at + timedelta(seconds=a.duration_s) < b.started_at
            last = row.sets[-1]
            assert last.started_at + timedelta(seconds=last.duration_s) <= row.ended_at


def test_ledger_curve_and_counts_agree(sets):
    for row in sets:
        summary = row.summary
        assert row.count == summary["count"]
        if row.engine_version == "manual":
            assert not row.repetitions
            continue
        trace = summary["trace"]
        assert len(trace["t"]) > 10
        assert trace["t"][-1] <= row.duration_s + 0.01
        assert len(trace["t"]) == len(trace["phase"])
        if summary["kind"] == "hold":
            assert row.count == sum(hold["counted"] for hold in summary["holds"])
            assert row.side in {"left", "right"}
            assert {hold["side"] for hold in summary["holds"]} == {row.side}
            continue
        assert row.count == sum(each.counted for each in row.repetitions)
        assert len(row.repetitions) == len(summary["repetitions"])
        assert all(each.end_s <= row.duration_s for each in row.repetitions)
        lowest, highest = extent(trace)
        for each in row.repetitions:
            # The curve is thinned to ten points a second, the peak is not.
            assert lowest - 5 <= each.range_peak <= highest + 5


def extent(trace):
    values = [value for side in ("left", "right") for value in trace[side] if value is not None]
    return min(values), max(values)


def test_two_sets_of_a_session_are_not_copies(sessions_done):
    for row in (each for each in sessions_done if each.source == "camera"):
        seen = [(each.summary["repetitions"], each.summary["holds"], each.side) for each in row.sets]
        assert all(a != b for a, b in pairwise(seen))


def test_finished_means_everything_was_done(sessions_done):
    for row in sessions_done:
        sides = {each.side for each in row.sets}
        whole = len(row.sets) == row.prescription.sets * len(sides)
        if row.stop_reason == "finished":
            assert whole
    assert {row.stop_reason for row in sessions_done} == {"finished", "pain", "no_time", "tired"}


# ---------------------------------------------------------------------------------------------- stories


def test_the_one_who_improves_has_less_pain_more_range_and_better_quality(database, somebody):
    amara = somebody("amara.applewood")
    rows = database.scalars(
        select(TrainingSession)
        .where(TrainingSession.patient_id == amara.id, TrainingSession.exercise == "seated-row")
        .order_by(TrainingSession.started_at)
    ).all()
    early, late = rows[:6], rows[-6:]
    assert mean(r.pain_before for r in early if r.pain_before is not None) > 3
    assert mean(r.pain_before for r in late if r.pain_before is not None) < 2.5
    assert quality(late) > quality(early) + 4
    # The elbow bends further, so the angle at the peak gets smaller.
    assert own_range(late) < own_range(early) - 5
    assert late[-1].sets[0].count > early[0].sets[0].count


def quality(rows):
    return mean(each.quality for row in rows for each in row.sets)


def own_range(rows):
    known = [each.summary["personal_range"] for row in rows for each in row.sets]
    return mean(value for found in known if found for value in found.values())


def test_the_one_in_pain_stopped_and_the_plan_answered(database, somebody):
    priya = somebody("priya.lanternwala")
    stopped = [line for line in lines_of(database, priya) if line.stop_reason == "pain"]
    assert [line.exercise for line in stopped] == ["overhead-press"]
    later = [line for line in lines_of(database, priya) if line.started_at > stopped[0].started_at]
    assert {line.exercise for line in later} == {"seated-row", "cross-body-stretch"}
    plan = current_plan(database, priya.id)
    assert stopped[0].started_at < plan.created_at
    assert "overhead-press" not in {item.exercise for item in plan.items}
    row = database.get(TrainingSession, stopped[0].id)
    assert row.pain_during == 6
    assert row.note.startswith("Sharp")
    assert row.sets[0].count == 4 < row.sets[0].summary["target"]


def test_the_one_with_partial_repetitions_turns_round_at_the_bottom_and_disagrees_sometimes(database, somebody):
    mateo = somebody("mateo.ventisca")
    rows = database.scalars(
        select(Repetition).join(SetResult).join(TrainingSession).where(TrainingSession.patient_id == mateo.id)
    ).all()
    reasons = Counter(row.reason for row in rows if not row.counted)
    assert sum(reasons.values()) > len(rows) / 4
    assert reasons["partial_return"] + reasons["partial_start"] > 0.9 * sum(reasons.values())
    corrected = [row for row in rows if row.corrected_to is not None]
    assert len(corrected) >= 3
    for row in corrected:
        assert row.corrected_to is not row.counted
        assert row.corrected_by == mateo.id
    for each in {row.set_id: row.set for row in corrected}.values():
        assert count_of(each) > each.count


def test_the_others_are_as_told(database, somebody):
    assert lines_of(database, somebody("yuki.morgentau")) == []
    manual = lines_of(database, somebody("ingrid.osei-nordlicht"))
    assert {line.source for line in manual} == {"manual"}
    assert {line.exercise for line in manual} == {"seated-row", "overhead-press", "cross-body-stretch"}
    assert all(line.quality is None and line.sets for line in manual)
    assert len(lines_of(database, somebody("safiya.sternberg"))) > 10
    quiet = [line.local_date for line in lines_of(database, somebody("jonas.feldhase"))]
    gaps = [(later - earlier).days for later, earlier in pairwise(quiet)]
    assert max(gaps) >= 7
    excellent = lines_of(database, somebody("tomasz.himmelreich"))
    assert mean(line.quality for line in excellent) > 93


def test_landmarks_are_kept_for_the_last_sessions_of_two_who_agreed(database):
    rows = database.execute(
        select(Track, SetResult, TrainingSession).join(SetResult, Track.set_id == SetResult.id).join(TrainingSession)
    ).all()
    theirs = {database.get(Person, session.patient_id).email for _track, _set, session in rows}
    assert theirs == {"mateo.ventisca@example.org", "tomasz.himmelreich@example.org"}
    for track, row, session in rows:
        header = read_header(track.blob)
        assert (header.frames, header.width, header.height) == (track.frames, track.width, track.height)
        assert header.frames == pytest.approx(row.duration_s * 10, abs=2)
        assert track.expires_at > NOON
        assert row.started_at > NOON - timedelta(days=TRACKS_OF_LAST_DAYS + 1)
        assert service.has_consent(database, session.patient_id, ConsentKind.LANDMARKS)


# ---------------------------------------------------------------------------------------------- any day


def test_the_same_moment_gives_the_same_clinic(tmp_path, migrated_file, demo):
    del demo  # the takes are judged by now
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        settings, _made = build_in(tmp_path / name, migrated_file, NOON, days=10)
        with sessions_from(settings) as sessions, sessions() as session:
            rows = session.execute(
                select(
                    TrainingSession.id,
                    TrainingSession.started_at,
                    TrainingSession.pain_before,
                    TrainingSession.note,
                    SetResult.id,
                    SetResult.summary,
                )
                .join(SetResult)
                .order_by(SetResult.id)
            ).all()
            contents.append([tuple(row) for row in rows])
    assert contents[0]
    assert contents[0] == contents[1]


MOMENTS = [
    datetime(2026, 3, 8, 23, 30, tzinfo=UTC),  # Monday half past midnight in Berlin; clocks changed today in Toronto
    datetime(2026, 1, 17, 4, 50, tzinfo=UTC),  # Saturday before dawn in Berlin, Friday's last minutes in Toronto
    datetime(2026, 7, 1, 15, 0, tzinfo=UTC),  # Wednesday
]


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_it_looks_current_whenever_it_is_built(tmp_path, migrated_file, now):
    settings, _made = build_in(tmp_path, migrated_file, now, days=14)
    with sessions_from(settings) as sessions, sessions() as session:
        first = service.person_by_email(session, stories.FIRST_PHYSIO.email)
        rows = caseload(session, first, now)
        assert len(rows) == 8
        assert any(row.days_since_last == 0 for row in rows), "somebody exercised today"
        yuki = service.person_by_email(session, "yuki.morgentau@example.org")
        todo = day_of(session, yuki, now).today
        assert len(todo.items) == 2
        assert not todo.complete
        assert "pain" in next(row for row in rows if row.name == "Priya Lanternwala").flags
        priya = service.person_by_email(session, "priya.lanternwala@example.org")
        stopped = [line for line in lines_of(session, priya) if line.stop_reason == "pain"]
        assert stopped[0].started_at < current_plan(session, priya.id).created_at
        assert session.scalar(select(func.max(TrainingSession.ended_at))) < now


# ---------------------------------------------------------------------------------------------- pages


def test_its_pages_open(signed_in, somebody, database):
    physio = signed_in(somebody("mirela.castellane"))
    assert physio.get("/patients").status_code == 200
    for key, story in BY_KEY.items():
        person = somebody(key)
        page = physio.get(f"/patients/{person.id}")
        assert page.status_code == 200
        assert story.name in page.text
        newest = lines_of(database, person)[:1]
        for line in newest:
            status = physio.get(f"/patients/{person.id}/sessions/{line.id}").status_code
            assert status == (200 if "sharing" in story.consents else 404)
        patient = signed_in(person)
        assert patient.get("/today").status_code == 200
        assert patient.get("/sessions").status_code == 200
        for line in newest:
            assert patient.get(f"/sessions/{line.id}").status_code == 200


def test_a_corrected_session_opens_for_both(signed_in, somebody, database):
    mateo = somebody("mateo.ventisca")
    line = next(line for line in lines_of(database, mateo) if line.corrections)
    assert signed_in(mateo).get(f"/sessions/{line.id}").status_code == 200
    page = signed_in(somebody("mirela.castellane")).get(f"/patients/{mateo.id}/sessions/{line.id}")
    assert page.status_code == 200
    assert "Corrected" in page.text
