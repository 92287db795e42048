"""Receiving entries: once is once, an edit is a new version, late is marked, and no red flag is ever lost."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select, text

from tracker.accounts.models import AuditEvent
from tracker.diary import service
from tracker.diary.documents import parse
from tracker.diary.models import CheckIn, UnchangeableRowError
from tracker.regimen.rules_levels import Level


@pytest.fixture
def patient(people):
    return people.patient(people.physio())


@pytest.fixture
def browser(patient, signed_in):
    return signed_in(patient)


def rows(database) -> list[CheckIn]:
    database.commit()
    return list(database.scalars(select(CheckIn).order_by(CheckIn.answered_at, CheckIn.received_at)))


def send(browser, document, status=201):
    answer = browser.post_json("/api/check-ins", document)
    assert answer.status_code == status, answer.text
    return answer.get_json()


def test_a_check_in_is_stored_and_answered_with_where_to_go(browser, diary, patient, database):
    document = diary.document()
    answer = send(browser, document)
    assert (answer["id"], answer["entry_id"]) == (document["id"], document["entry_id"])
    assert (answer["late"], answer["level"], answer["page"]) == (False, 0, None)
    assert answer["next"] == f"/check-in/done/{document['id']}"
    assert answer["says"]
    (row,) = rows(database)
    assert (row.patient_id, row.form, row.answers["average"], row.late, row.counts) == (
        patient.id, "daily", 3, False, True,
    )  # fmt: skip


def test_sending_the_same_document_again_changes_nothing(browser, diary, database):
    document = diary.document("weekly", answers={"medicines": [{"name": "Ibu", "days": 2}]}, note="So so.")
    send(browser, document)
    assert send(browser, document, status=200)["id"] == document["id"]
    assert len(rows(database)) == 1


def test_the_same_id_with_other_answers_is_a_version_of_its_own_and_that_too_only_once(browser, diary, database):
    """No client of ours does this; if one ever does, what it tells is not dropped."""
    document = diary.document()
    send(browser, document)
    changed = {**document, "answers": {**document["answers"], "flags": {"E_NUMB": {"answer": "new"}}}}
    answer = send(browser, changed)
    assert answer["id"] != document["id"]
    assert answer["page"] == "/help/emergency"
    send(browser, changed, status=200)
    assert len(rows(database)) == 2


def test_an_edit_is_a_new_version_and_the_history_stays(browser, diary, patient, database, clock):
    document = diary.document()
    send(browser, document)
    clock.advance(timedelta(hours=1))
    send(browser, diary.document(entry_id=document["entry_id"], answers={"average": 6}))
    assert [row.answers["average"] for row in rows(database)] == [3, 6]
    (holding,) = service.entries_in_force(database, patient.id)
    assert holding.answers["average"] == 6
    assert [each.answers["average"] for each in service.all_versions(database, patient.id)] == [3, 6]
    actions = database.scalars(
        select(AuditEvent.action).where(AuditEvent.patient_id == patient.id).order_by(AuditEvent.at)
    ).all()
    assert [action for action in actions if action.startswith("check_in")] == ["check_in.received", "check_in.changed"]


def test_a_row_is_never_changed(diary, patient, database):
    diary.tell(patient)
    row = rows(database)[0]
    row.answers = {"average": 0}
    with pytest.raises(UnchangeableRowError):
        database.flush()
    database.rollback()


def test_two_entries_of_one_day_are_two_entries(browser, diary, patient, database, clock):
    send(browser, diary.document(answers={"average": 3, "worst": 8}))
    clock.advance(timedelta(hours=9))
    send(browser, diary.document(answers={"average": 6, "worst": 7}))
    (day,) = service.day_facts(database, patient).values()
    assert (day.average, day.worst) == (6, 8)
    assert len(service.entries_in_force(database, patient.id)) == 2


def test_what_somebody_writes_is_encrypted_at_rest(browser, diary, database, patient):
    send(browser, diary.document(note="My neighbour Hedwig drove me."))
    send(browser, diary.document("weekly", answers={"medicines": [{"name": "Wonderpill", "days": 2}]}))
    send(browser, diary.document("fortnight"))
    database.commit()
    stored = str(database.execute(text("SELECT answers, words, note FROM check_in")).all())
    stored += str(database.execute(text("SELECT activities FROM diary_settings")).all())
    for words in ("Hedwig", "Wonderpill", "shopping.", "Carry"):
        assert words not in stored
    (weekly,) = service.entries_in_force(database, patient.id, forms=("weekly",))
    assert weekly.answers["medicines"] == [{"name": "Wonderpill", "days": 2}]
    assert service.activities_of(database, patient.id)[0].words == "Carry the shopping"
    assert service.medicine_names(database, patient.id) == ("Wonderpill",)


# ---------------------------------------------------------------------------------------------- late


@pytest.mark.parametrize("days_ago", [1, 2])
def test_yesterday_and_the_day_before_can_be_filled_in_and_are_marked(browser, diary, days_ago, database):
    assert send(browser, diary.document(days_ago=days_ago))["late"] is True
    (row,) = rows(database)
    assert (row.late, row.counts) == (True, True)


def test_a_day_longer_ago_is_refused_kindly(browser, diary, database):
    answer = send(browser, diary.document(days_ago=3), status=422)
    assert "too long ago to remember well" in answer["error"]
    assert answer["page"] is None
    assert rows(database) == []


def test_an_old_entry_with_a_red_flag_is_kept_and_only_the_flag_counts(browser, diary, patient, database):
    answer = send(browser, diary.flagged("E_NUMB", days_ago=9, answers={"average": 9}))
    assert (answer["late"], answer["page"], answer["level"]) == (True, "/help/emergency", 4)
    assert "too long ago to be used" in answer["says"]
    (row,) = rows(database)
    assert (row.late, row.counts) == (True, False)
    (day,) = service.day_facts(database, patient).values()
    assert (day.level, day.average, day.complete) == (Level.EMERGENCY, None, False)


def test_what_was_told_in_time_without_a_connection_counts_weeks_later(browser, diary, database, clock):
    document = diary.document()
    clock.advance(timedelta(days=20))
    assert send(browser, document)["late"] is True
    assert rows(database)[0].counts is True


def test_a_clock_that_is_years_ahead_is_told_but_keeps_no_flag_back(browser, diary, patient, database, clock):
    ahead = clock.now() + timedelta(days=900)
    answer = send(browser, diary.document(answered_at=ahead), status=422)
    assert "clock of your device" in answer["error"]
    assert send(browser, diary.flagged("E_WEAK", answered_at=ahead))["page"] == "/help/emergency"
    (row,) = rows(database)
    assert (row.answered_at, row.local_date, row.counts) == (clock.now(), diary.today(patient), False)


def test_an_edit_that_comes_too_late_changes_nothing_and_says_so(browser, diary, patient, database, clock):
    document = diary.document()
    send(browser, document)
    clock.advance(timedelta(days=4))
    again = diary.document(entry_id=document["entry_id"], local_date=document["local_date"], answers={"average": 9})
    send(browser, again, status=422)
    (holding,) = service.entries_in_force(database, patient.id)
    assert holding.answers["average"] == 3


def test_the_day_is_the_persons_own(people, signed_in, diary, database):
    """It is 01:00 on the 11th in Auckland when it is noon of the 10th in UTC."""
    patient = people.patient(people.physio(), time_zone="Pacific/Auckland")
    answer = send(signed_in(patient), diary.document(local_date="2026-03-11"))
    assert answer["late"] is False
    assert rows(database)[0].time_zone == "Pacific/Auckland"


# ---------------------------------------------------------------------------------------------- refused


def test_a_refused_document_says_which_field_and_stores_nothing(browser, diary, database):
    answer = send(browser, diary.document(answers={"average": 11}), status=422)
    assert list(answer["fields"]) == ["answers.average"]
    assert rows(database) == []


@pytest.mark.parametrize("body", ["", "[]", "null", "{", '{"form": "daily"}'])
def test_what_is_no_document_is_refused(browser, body):
    answer = browser.client.post(
        "/api/check-ins", data=body, headers={**browser.headers, "X-CSRF-Token": browser.token()}
    )
    assert answer.status_code == 422


def test_a_document_that_is_too_large_is_not_read(browser, diary):
    answer = browser.post_json("/api/check-ins", diary.document(note="x" * 100_000))
    assert answer.status_code == 413


def test_the_red_flags_of_a_refused_document_are_stored_all_the_same(browser, diary, database):
    broken = diary.flagged("E_SADDLE", answers={"average": 99})
    answer = send(browser, broken, status=422)
    assert (answer["page"], answer["level"]) == ("/help/emergency", 4)
    send(browser, broken, status=422)
    (row,) = rows(database)
    assert (row.form, row.answers["flags"]) == ("flags", {"E_SADDLE": {"answer": "new"}})


def test_the_red_flags_of_an_intake_with_an_impossible_date_are_stored(browser, diary, database):
    broken = diary.flagged("U_FEVER", form="intake", answers={"began_on": "2031-01-01"})
    assert send(browser, broken, status=422)["page"] == "/help/urgent"
    assert [row.form for row in rows(database)] == ["flags"]


def test_an_id_of_somebody_else_does_not_exist(browser, diary, people, signed_in, database):
    document = diary.document()
    send(browser, document)
    other = signed_in(people.patient(people.physio()))
    assert other.post_json("/api/check-ins", document).status_code == 404
    edit = diary.document(entry_id=document["entry_id"])
    assert other.post_json("/api/check-ins", edit).status_code == 404
    assert other.get(f"/check-in/done/{document['id']}").status_code == 404
    assert other.get(f"/check-in/daily?entry={document['entry_id']}").status_code == 404
    assert len(rows(database)) == 1


def test_an_entry_does_not_become_another_form(browser, diary):
    document = diary.document()
    send(browser, document)
    answer = send(browser, diary.document("weekly", entry_id=document["entry_id"]), status=422)
    assert "another form" in answer["error"]


def test_an_activity_that_nobody_named_is_refused(browser, diary):
    send(browser, diary.document("fortnight", only={"activities": [{"id": "unknown", "score": 3}]}), status=422)


def test_a_flood_is_stopped_and_a_red_flag_still_gets_through(browser, diary, database, monkeypatch):
    monkeypatch.setattr(service, "MOST_VERSIONS_A_DAY", 3)
    for _ in range(3):
        send(browser, diary.document())
    answer = browser.post_json("/api/check-ins", diary.document())
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "3600"
    assert send(browser, diary.flagged("E_NUMB"))["page"] == "/help/emergency"
    assert len(rows(database)) == 4


def test_the_flood_is_over_after_a_day(browser, diary, monkeypatch, clock):
    monkeypatch.setattr(service, "MOST_VERSIONS_A_DAY", 1)
    send(browser, diary.document())
    assert browser.post_json("/api/check-ins", diary.document()).status_code == 429
    clock.advance(timedelta(days=1, minutes=1))
    send(browser, diary.document())


@pytest.mark.parametrize("role", ["physio", "admin"])
def test_nobody_but_a_patient_tells_anything(people, signed_in, diary, role):
    browser = signed_in(getattr(people, role)())
    assert browser.post_json("/api/check-ins", diary.document()).status_code == 403
    assert browser.get("/check-in").status_code == 403


# ---------------------------------------------------------------------------------------------- what follows


def test_an_intake_begins_the_rhythm_the_spell_of_pain_and_names_the_activities(diary, patient, database):
    diary.tell(patient, form="intake", answers={"activities": [{"id": "a", "words": "Swim"}]}, note="Swim again.")
    intake = service.intake_of(database, patient.id)
    assert intake is not None
    assert (intake.average_7d, intake.began_on, intake.examined, intake.goals) == (
        4, date(2026, 3, 1), False, "Swim again.",
    )  # fmt: skip
    assert intake.complete
    episode = service.episode_of(database, patient.id)
    assert (episode.began_on, episode.examined_on) == (date(2026, 3, 1), None)
    settings = service.settings_of(database, patient.id)
    assert settings.rhythm.began_on == diary.today(patient)
    assert [each.words for each in settings.activities] == ["Swim"]


def test_a_screen_alone_is_an_intake_that_is_not_complete(diary, patient, database):
    diary.tell(patient, diary.document("intake", only={"none_of_these": True}))
    intake = service.intake_of(database, patient.id)
    assert not intake.complete
    assert service.screened_on(database, patient) == diary.today(patient)
    assert service.episode_of(database, patient.id) is None


def test_a_later_screen_does_not_push_the_baseline_out(diary, patient, database, clock):
    diary.tell(patient, form="intake")
    clock.advance(timedelta(days=3))
    diary.tell(patient, diary.document("intake", only={"none_of_these": True}))
    assert service.intake_of(database, patient.id).average_7d == 4


def test_what_a_clinician_says_about_an_episode_is_not_undone_by_the_next_intake(
    diary, patient, people, database, clock
):
    diary.tell(patient, form="intake", answers={"examined": True, "examined_on": "2026-03-05"})
    assert service.episode_of(database, patient.id).examined_on == date(2026, 3, 5)
    physio = people.physio()
    service.set_examined(database, patient, date(2026, 3, 9), date(2026, 4, 1), physio, clock.now())
    database.commit()
    clock.advance(timedelta(days=1))
    diary.tell(patient, form="intake", answers={"began_on": "2026-02-20"})
    episode = service.episode_of(database, patient.id)
    assert (episode.began_on, episode.examined_on, episode.review_on) == (
        date(2026, 2, 20), date(2026, 3, 5), date(2026, 4, 1),
    )  # fmt: skip
    assert database.scalar(select(func.count()).where(AuditEvent.action == "episode.examined")) == 1


def test_pain_that_began_much_later_is_another_episode(diary, patient, database, clock):
    diary.tell(patient, form="intake")
    clock.advance(timedelta(days=120))
    diary.tell(patient, form="intake", answers={"began_on": "2026-07-01"})
    episode = service.episode_of(database, patient.id)
    assert episode.began_on == date(2026, 7, 1)


def test_a_second_examination_does_not_turn_the_weeks_before_it_into_unseen_ones(patient, people, database, clock):
    physio = people.physio()
    service.set_examined(database, patient, date(2026, 1, 5), None, physio, clock.now())
    assert service.set_examined(database, patient, date(2026, 3, 9), None, physio, clock.now()).examined_on == date(
        2026, 1, 5
    )
    service.set_examined(database, patient, None, None, physio, clock.now())
    corrected = service.set_examined(database, patient, date(2026, 3, 9), None, physio, clock.now())
    assert corrected.examined_on == date(2026, 3, 9)


def test_an_examination_can_be_noted_without_an_intake(patient, people, database, clock):
    episode = service.set_examined(database, patient, date(2026, 3, 9), None, people.physio(), clock.now())
    assert episode.began_on == date(2026, 3, 9)


def test_scores_of_an_activity_keep_their_line_when_others_are_named(diary, patient, database):
    diary.tell(patient, form="fortnight")
    diary.tell(
        patient,
        diary.document(
            "fortnight",
            only={"activities": [{"id": "shopping", "score": 7}, {"id": "swim", "score": 2, "words": "Swim"}]},
        ),
    )
    assert [each.id for each in service.activities_of(database, patient.id)] == ["shopping", "swim"]


def test_three_check_ins_a_week_are_granted_after_two_steady_weeks_and_end_with_the_first_trouble(
    diary, patient, database, clock
):
    diary.tell(patient, form="intake")
    assert not service.choose_rhythm(database, patient, "thrice", clock.now())
    for _ in range(15):
        diary.tell(patient)
        clock.advance(timedelta(days=1))
    assert service.may_taper(database, patient, clock.now())
    assert service.choose_rhythm(database, patient, "thrice", clock.now())
    database.commit()
    settings = service.settings_of(database, patient.id)
    first = diary.today(patient)
    assert len(service.expected_days(settings, first, first + timedelta(days=6))) == 3
    assert len(service.expected_days(settings, first - timedelta(days=7), first - timedelta(days=1))) == 7
    standing = service.standing_of(database, patient.id)
    standing.level = 1
    clock.advance(timedelta(days=2))
    assert service.return_to_daily(database, patient, clock.now())
    assert not service.return_to_daily(database, patient, clock.now())
    after = service.settings_of(database, patient.id)
    assert len(service.expected_days(after, first + timedelta(days=2), first + timedelta(days=8))) == 7


def test_forms_open_one_after_the_other(people, diary, database, clock):
    patient = people.patient(people.physio(), intake_done=False)

    def due(*mornings):
        return service.forms_due(database, patient, clock.now(), mornings)

    assert due() == ("intake",)
    diary.tell(patient, form="intake")
    assert due() == ("daily",)
    diary.tell(patient)
    assert due() == ()
    clock.advance(timedelta(days=1))
    session = uuid.uuid4()
    assert due(session) == ("morning", "daily", "weekly")
    diary.tell(patient, form="morning", session_id=str(session))
    diary.tell(patient, form="weekly")
    assert due(session, uuid.uuid4()) == ("daily",)


def test_a_document_of_the_wrong_shape_never_reaches_the_database(diary):
    with pytest.raises(ValueError, match="red flags"):
        parse(diary.document("daily", only={}))
