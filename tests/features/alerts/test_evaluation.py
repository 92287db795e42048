"""Looking at a record again: the standing it leaves, what training adds, silence, and making a decision again later."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select

from tests.features.alerts.conftest import CALM, STEP, told_first
from tracker.alerts import (
    jobs,
    parameters_service,
    preview_service,
    service,
    watch_service,
    workflow_service,
    worklist_service,
)
from tracker.alerts.errors import ConflictError
from tracker.alerts.models import Alert, AlertEvent, AlertParameters, AppendOnlyEventError
from tracker.alerts.notify_service import wanted
from tracker.alerts.rules import DEFAULT, ENGINE_VERSION, PRESETS, ParametersError
from tracker.diary.models import CheckIn, DiarySettings
from tracker.regimen.models import Standing
from tracker.web.context import services_of


def test_somebody_without_a_diary_keeps_their_standing(people, told, office, physio):
    patient = people.patient(physio)
    before = office.standing(patient).evaluated_at
    told.clock.advance(timedelta(days=3))
    told.look(patient)
    standing = office.standing(patient)
    assert (standing.intake_done, standing.level, standing.evaluated_at) == (True, 0, before)
    assert service.evaluation_of(office.session, patient, told.at) is None


def test_an_unknown_patient_and_a_physio_are_nobody_to_evaluate(office, physio, told):
    service.record_changed(office.session, uuid.uuid4(), told.at)
    service.record_changed(office.session, physio.id, told.at)
    assert office.session.scalars(select(Standing)).all() == []


def test_the_standing_says_what_the_engine_says_about_the_last_day(told, office, patient):
    told.history(patient)
    standing = office.standing(patient)
    evaluation = service.evaluation_of(office.session, patient, told.at)
    assert (standing.baseline, standing.ewma) == (evaluation.last.baseline, evaluation.last.ewma)
    assert (standing.intake_done, standing.level, standing.locked) == (True, 0, False)
    assert standing.last_check_in_on == standing.evaluated_through == told.today(patient)
    assert evaluation.day_of(0) == evaluation.first_day
    assert len(evaluation.results) == len(CALM)


def test_a_step_of_two_points_is_said_in_a_sentence(told, office, patient):  # V03
    told.history(patient, (*CALM, *STEP[:3]))
    assert office.alert(patient, "trend").level == 1
    told.next_day()
    told.day(patient, 6)
    alert = office.alert(patient, "trend")
    assert (alert.level, office.standing(patient).level) == (2, 2)
    assert alert.sentence.startswith("Average pain has been about 2 points above the usual 3.0 for 4 days.")
    assert alert.firings[-1]["values"]["baseline"] == pytest.approx(3, abs=0.1)


def test_the_reason_with_the_highest_level_wins_and_each_family_has_one_alert(told, office, patient):  # V30
    told.history(patient)
    told.next_day()
    told.day(patient, 8, interference=8, worst=9, flags={"U_FEVER": {"answer": "new"}})
    assert {alert.family: alert.level for alert in office.alerts(patient)} == {"acute": 3, "red": 3}
    assert office.standing(patient).alert_id == office.alert(patient, "red").id


def test_days_without_an_answer_are_missed_when_they_are_over_and_not_before(told, office, patient, app):  # V21
    told.history(patient)
    sessions = services_of(app).sessions
    for _ in range(3):
        told.next_day()
        jobs.look_at_silence(sessions, told.clock)
    assert office.alerts(patient) == [], "two days are over, the third is not"
    told.next_day()
    assert jobs.look_at_silence(sessions, told.clock) == 1
    alert = office.alert(patient, "nonresponse")
    assert (alert.level, alert.firings[-1]["rule"], alert.late) == (1, "N1", False)
    assert jobs.look_at_silence(sessions, told.clock) == 0, "once a day"
    told.next_day(2)
    jobs.look_at_silence(sessions, told.clock)
    assert office.alert(patient, "nonresponse").level == 2


def test_an_answer_today_leaves_the_heartbeat_nothing_to_do(told, patient, app):
    told.history(patient)
    told.clock.instant = told.at.replace(hour=22, minute=59)
    told.day(patient, 3)
    told.clock.advance(timedelta(minutes=2))  # after midnight in Berlin
    assert jobs.look_at_silence(services_of(app).sessions, told.clock) == 0


def test_somebody_silent_for_a_season_is_not_looked_at_any_more(told, patient, app, monkeypatch):
    told.history(patient)
    told.next_day(200)
    looked = []
    monkeypatch.setattr(watch_service, "evaluate", lambda *args: looked.append(args))
    assert jobs.look_at_silence(services_of(app).sessions, told.clock) == 1
    assert looked == []
    assert jobs.look_at_silence(services_of(app).sessions, told.clock) == 0


def test_days_on_which_no_check_in_is_expected_are_not_missed(told, office, patient, app, database):
    told.history(patient)
    row = database.get_one(DiarySettings, patient.id)
    row.earlier, row.rhythm = [{"rhythm": "daily", "since": row.since.isoformat()}], "thrice"
    row.since = told.today(patient) + timedelta(days=1)
    database.commit()
    # The 30th of March 2026 is a Monday: Wednesday and Friday are expected until the next Monday.
    told.next_day(7)
    jobs.look_at_silence(services_of(app).sessions, told.clock)
    assert office.alerts(patient) == []


def test_a_worsening_brings_daily_check_ins_back(told, office, patient, database):
    told.history(patient)
    row = database.get_one(DiarySettings, patient.id)
    row.rhythm = "thrice"
    database.commit()
    told.next_day()
    told.day(patient, 6, compared="worse")
    assert office.standing(patient).level == 1
    assert database.get_one(DiarySettings, patient.id, populate_existing=True).rhythm == "daily"


# ---------------------------------------------------------------------------------------------- training


def test_pain_in_the_red_zone_with_an_exercise_three_times_is_a_review(told, office, patient):  # V19
    told.history(patient)
    for wait in (1, 2, 2):
        told.next_day(wait)
        told.day(patient, 3)
        told.training(patient, pain_before=3, pain_during=6)
    alert = office.alert(patient, "exercise")
    assert (alert.level, alert.firings[-1]["values"]["times"]) == (2, 3)
    assert "on 3 days in two weeks" in alert.sentence


def test_stopping_because_it_hurt_is_the_red_zone(told, office, patient):
    told.history(patient)
    told.training(patient, stop_reason="pain", pain_during=3)
    assert office.alert(patient, "exercise").level == 1


def test_pain_on_the_next_morning_belongs_to_the_day_of_the_exercise(told, office, patient):
    told.history(patient)
    session = told.training(patient, pain_before=2, pain_during=3)
    assert office.alerts(patient) == []
    trained_on = told.today(patient)
    told.next_day()
    told.tell(patient, "morning", session_id=session.id, pain=5)
    alert = office.alert(patient, "exercise")
    assert (alert.level, alert.first_day, alert.late) == (1, trained_on, False)


def test_one_answer_in_the_morning_is_about_every_exercise_of_the_day_before(told, office, patient):
    told.history(patient)
    told.training(patient, pain_before=4, pain_during=3)
    session = told.training(patient, pain_before=6, pain_during=3)
    told.next_day()
    told.tell(patient, "morning", session_id=session.id, pain=6)
    assert office.alert(patient, "exercise").firings[0]["values"]["why"] == "next morning"


def test_only_the_morning_form_says_how_the_next_morning_was(told, office, patient):
    told.history(patient)
    told.training(patient, pain_before=2, pain_during=3)
    told.next_day()
    told.day(patient, 3, now=6)
    assert office.alerts(patient, "exercise") == []


# ---------------------------------------------------------------------------------------------- weekly forms


def test_a_function_score_that_falls_is_a_review(told, office, patient):  # W13
    told.history(patient)

    def peg(value):
        told.tell(patient, "weekly", peg_pain=value, peg_enjoyment=value, peg_activity=value, mood=6)

    peg(4)
    for value in (5, 5):
        told.next_day(7)
        told.day(patient, 3)
        peg(value)
    alert = office.alert(patient, "wellbeing")
    assert (alert.level, alert.firings[0]["rule"]) == (2, "P1")
    assert "PEG 5.0, at first 4.0" in alert.sentence


def test_a_flare_on_three_of_seven_days_is_a_review_without_more_pain(told, office, patient):  # W14
    told.history(patient)
    for _ in range(3):
        told.next_day()
        told.day(patient, 3, flare=True)
        told.next_day()
        told.day(patient, 3)
    assert [alert.level for alert in office.alerts(patient, "acute")] == [2]


def test_medicine_of_the_weekly_form_counts_on_days_without_an_answer_about_it(told, office, patient):
    told.history(patient, (*CALM, 4, 4, 4, 4, 4, 4, 4))
    told.tell(
        patient,
        "weekly",
        peg_pain=3,
        peg_enjoyment=3,
        peg_activity=3,
        mood=6,
        medicines=[{"name": "Ibuprofen", "days": 5}],
    )
    evaluation = service.evaluation_of(office.session, patient, told.at)
    taken = [day for day, facts in evaluation.reading.history.days.items() if facts.medicine_taken]
    assert len(taken) == 5
    assert max(taken) == evaluation.reading.history.last_day


# ---------------------------------------------------------------------------------------------- explaining it later


def test_a_decision_can_be_made_again_after_the_diary_and_the_numbers_have_changed(
    told, office, patient, people, clinic
):
    told.history(patient, (*CALM, *STEP))
    alert = office.alert(patient, "trend")
    first = service.replay_alert(office.session, alert)
    assert [(each.kind, each.same) for each in first] == [("raised", True), ("rose", True)]
    assert first[0].stored[0].startswith("C1:L1@")
    parameters_service.save_parameters(
        office.session,
        clinic.id,
        preset="own",
        values={"h1": 15, "h2": 20},
        base_number=0,
        actor=people.admin(clinic),
        at=told.at,
    )
    office.session.execute(CheckIn.__table__.delete().where(CheckIn.form == "daily"))
    office.session.commit()
    assert service.replay_alert(office.session, alert) == first
    now = service.evaluation_of(office.session, patient, told.at)
    assert {firing.rule for firing in now.last.firings} == {"N2"}, "the diary of today says something else"


def test_every_alert_carries_rules_values_sentence_and_versions(told, office, patient):
    told.history(patient, (*CALM, *STEP))
    told.flag(patient, "U_FEVER")
    for alert in office.alerts(patient):
        assert alert.sentence
        assert (alert.parameters_version, alert.engine_version) == (DEFAULT.version, ENGINE_VERSION)
        assert all({"rule", "level", "day", "values"} <= set(firing) for firing in alert.firings)
        assert all(each.same for each in service.replay_alert(office.session, alert))


def test_an_event_of_an_alert_cannot_be_changed(told, office, patient):
    told.flag(patient, "U_FEVER")
    row = office.session.scalars(select(AlertEvent)).first()
    row.kind = "closed"
    with pytest.raises(AppendOnlyEventError):
        office.session.flush()
    office.session.rollback()


# ---------------------------------------------------------------------------------------------- numbers


def test_a_clinics_numbers_and_a_patients_preset_are_versions_of_one_count(people, office, patient, clinic, told):
    admin = people.admin(clinic)

    def save(preset, base, **more):
        row = parameters_service.save_parameters(
            office.session, clinic.id, preset=preset, base_number=base, actor=admin, at=told.at, **more
        )
        office.session.commit()
        return row

    assert parameters_service.parameters_for(office.session, patient).version == DEFAULT.version
    save("own", 0, values={"h2": 6})
    in_force = parameters_service.parameters_for(office.session, patient)
    assert (in_force.parameters.h2, in_force.number, in_force.preset) == (6, 1, "own")
    assert parameters_service.row_of(office.session, clinic.id, in_force.version).number == 1
    save("sensitive", 1, patient_id=patient.id)
    assert parameters_service.parameters_for(office.session, patient).parameters.h2 == PRESETS["sensitive"].h2
    assert parameters_service.clinic_parameters(office.session, clinic.id).parameters.h2 == 6
    save("clinic", 2, patient_id=patient.id)
    assert parameters_service.parameters_for(office.session, patient).parameters.h2 == 6
    with pytest.raises(ConflictError, match="newer_version"):
        save("default", 1)
    office.session.rollback()
    with pytest.raises(ParametersError):
        save("own", 3, values={"h2": -1})
    with pytest.raises(ParametersError):
        save("nonsense", 3)
    with pytest.raises(ParametersError):
        save("clinic", 3)
    lines = parameters_service.parameter_history(office.session, clinic.id)
    assert [(line.row.number, line.author_name) for line in lines] == [(1, admin.name)]


def test_an_alert_names_the_version_it_was_judged_by(people, office, patient, physio, clinic, told):
    parameters_service.save_parameters(
        office.session, clinic.id, preset="sensitive", base_number=0, actor=people.admin(clinic), at=told.at
    )
    office.session.commit()
    told.history(patient, (*CALM, *STEP))
    view = worklist_service.alert_for(office.session, physio, office.alert(patient, "trend").id, told.at)
    assert (view.parameters.number, view.parameters.preset) == (1, "sensitive")


def test_the_preview_says_what_other_numbers_would_have_raised(told, office, people, patient, physio, clinic):
    told.history(patient, (*CALM, *STEP))
    calm = people.patient(physio, intake_done=False)
    told.intake(calm)
    told.day(calm, 3)
    hidden = people.patient(physio, consents=(), intake_done=False)
    told.intake(hidden)
    deaf = parameters_service.candidate("own", {"h1": 15, "h2": 20, "trend_rise1": 9, "trend_rise2": 10})
    seen = preview_service.preview(office.session, clinic.id, deaf, told.at)
    by_patient = {line.patient_id: line for line in seen.patients}
    assert set(by_patient) == {patient.id, calm.id}
    assert by_patient[patient.id].now.levels == {1: 1, 2: 1}
    assert by_patient[patient.id].then.levels == {}
    assert "C2" in seen.now.rules
    assert seen.then.levels == {}
    same = preview_service.preview(office.session, clinic.id, DEFAULT, told.at)
    assert same.now == same.then


def test_a_preview_stores_nothing(told, office, patient, clinic):
    told.history(patient, (*CALM, *STEP))
    before = [(alert.id, alert.level, alert.days) for alert in office.alerts(patient)]
    preview_service.preview(office.session, clinic.id, PRESETS["sensitive"], told.at)
    assert [(alert.id, alert.level, alert.days) for alert in office.alerts(patient)] == before
    assert office.session.scalars(select(AlertParameters)).all() == []


# ---------------------------------------------------------------------------------------------- the worklist


def test_the_worklist_has_the_order_of_triage(told, office, people, physio):
    def somebody(name):
        return people.patient(physio, name=name, intake_done=False)

    fever, weak, unable, rising = (somebody(name) for name in ("Fay", "Wim", "Uma", "Ria"))
    told.history(rising, (*CALM, *STEP))
    told.intake(unable)
    told.day(unable, 4, activities="no")
    told.flag(fever, "U_FEVER")
    told.flag(weak, "E_WEAK")
    lines = worklist_service.worklist(office.session, physio, told.at)
    assert [line.patient_name for line in lines] == ["Wim", "Fay", "Ria", "Uma"], "the older review is due sooner"
    assert [line.alert.level for line in lines] == [4, 3, 2, 2]
    assert worklist_service.open_count(office.session, physio, told.at) == 4
    assert worklist_service.lines_by_patient(office.session, physio, told.at)[weak.id][0].alert.family == "red"


def test_the_worklist_takes_as_many_statements_for_twenty_patients_as_for_two(told, office, people, physio, app):
    statements = []
    engine = services_of(app).engine
    event.listen(engine, "before_cursor_execute", lambda *args: statements.append(args[2]))

    def count():
        statements.clear()
        worklist_service.worklist(office.session, physio, told.at)
        return len(statements)

    for _ in range(2):
        told.flag(people.patient(physio, intake_done=False), "U_FEVER")
    few = count()
    for _ in range(18):
        told.flag(people.patient(physio, intake_done=False), "U_FEVER")
    assert count() == few <= 4


def test_what_was_closed_lately_is_listed_the_latest_first(told, office, patient, physio):
    told.history(patient, (*CALM, *STEP))
    workflow_service.close(
        office.session, office.alert(patient, "trend"), physio, told.at, disposition="contacted", note="spoke with her"
    )
    office.session.commit()
    assert worklist_service.worklist(office.session, physio, told.at) == []
    lines = worklist_service.recently_closed(office.session, physio, told.at)
    assert [(line.alert.disposition, line.alert.note) for line in lines] == [("contacted", "spoke with her")]
    told.clock.advance(timedelta(days=15))
    assert worklist_service.recently_closed(office.session, physio, told.at) == []


def test_one_alert_tells_its_story(told, office, patient, physio):
    told.history(patient, (*CALM, *STEP))
    view = worklist_service.alert_for(office.session, physio, office.alert(patient, "trend").id, told.at)
    assert [line.kind for line in view.events][:2] == ["raised", "rose"]
    assert {line.rule for line in view.firings} >= {"C1", "C2"}
    assert (view.suggested_baseline, view.watchers) == (5.0, (physio.name,))
    assert view.line.minutes_left is not None
    assert view.parameters.number == 0


# ---------------------------------------------------------------------------------------------- who is asked


@pytest.mark.usefixtures("duty")
def test_a_message_that_is_no_longer_needed_is_not_sent(told, office, people, patient, withdraw):
    told.flag(patient, "E_WEAK")
    alert = office.alert(patient)
    first, second = office.deliveries(f"alert:{alert.id}")[:2]
    asked = office.deliveries(f"welfare:{alert.id}")[0]
    session, at = office.session, told.at
    assert wanted(session, first, at)
    assert wanted(session, second, at), "a stand-in without a care link is told that something waits"
    alert.acknowledged_at = at
    session.flush()
    assert not wanted(session, second, at)
    assert wanted(session, asked, at)
    alert.acknowledged_at = None
    session.flush()
    stranger = SimpleNamespace(
        kind="escalation", subject=first.subject, payload=first.payload, person_id=people.physio().id
    )
    assert not wanted(session, stranger, at)
    session.commit()
    withdraw(patient)
    assert not wanted(session, first, at)
    assert not wanted(session, second, at)
    assert wanted(session, asked, at)
    assert not wanted(session, SimpleNamespace(kind="escalation", subject="alert:?", payload={}, person_id=None), at)
    workflow_service.patient_outcome(session, patient, office.alert(patient), helped="yes", at=at)
    assert not wanted(session, asked, at)


def test_a_clinic_without_anybody_to_stand_in_asks_the_same_person_again(told, office, patient, physio):
    told.flag(patient, "E_WEAK")
    assert [person for person, _span in office.ladder(office.alert(patient))] == [physio.id] * 3


def test_a_review_in_the_night_waits_for_the_clinic_to_open(told, office, patient):
    told.clock.instant = datetime(2026, 3, 13, 20, 0, tzinfo=UTC)  # a Friday evening
    told.intake(patient)
    told.day(patient, 4, activities="no")
    row = office.deliveries(f"alert:{office.alert(patient, 'acute').id}")[0]
    assert row.due_at == datetime(2026, 3, 16, 7, 0, tzinfo=UTC)


def test_two_reviews_of_one_patient_at_once_are_one_message(told, office, patient):
    told.history(patient)
    told.next_day()
    told.day(patient, 4, activities="no", flags={"D_ARM": {"answer": "new"}})
    alerts = office.alerts(patient)
    assert {alert.family for alert in alerts} == {"acute", "red"}
    first_words = [row for alert in alerts for row in office.deliveries(f"alert:{alert.id}") if told_first(row)]
    assert len(first_words) == 1
    assert all(alert.due_at is not None for alert in alerts)


def test_alerts_of_the_database_hold_no_free_text_of_the_patient(told, office, patient):
    told.tell(patient, "flags", flags={"U_FEVER": {"answer": "new"}})
    rows = office.session.scalars(select(Alert)).all()
    assert all("note" not in firing["values"] for row in rows for firing in row.firings)
