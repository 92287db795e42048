"""Steps forward: they appear when two sessions were good, are decided by a physiotherapist, and never stand in the way
of an alert.
"""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from tests.features.clinic.doing import Doing, Fresh, begin
from tests.features.training.conftest import Training
from tracker.accounts.models import AuditEvent, Consent
from tracker.alerts.models import Alert
from tracker.clinic import proposal_service
from tracker.clinic.models import Proposal
from tracker.diary.models import CheckIn
from tracker.regimen.models import Easing
from tracker.regimen.service import current_plan, history
from tracker.web.context import services_of


@pytest.fixture
def desk(physio, signed_in, clock):
    return Fresh(signed_in, physio, clock)


@pytest.fixture
def doing(database, clock, patient, physio, signed_in) -> Doing:
    return begin(database, clock, Fresh(signed_in, patient, clock), physio)


def proposed(database) -> list[Proposal]:
    database.commit()
    return list(database.scalars(select(Proposal).order_by(Proposal.made_at).execution_options(populate_existing=True)))


def decide(desk, patient, row, decision="accept", *, base=1, **fields):
    return desk.post(
        f"/patients/{patient.id}/proposals/{row.id}", {"decision": decision, "base_number": base, **fields}
    )


def open_alert(database, patient, clock, level=2) -> None:
    at = clock.now()
    database.add(
        Alert(
            patient_id=patient.id,
            family="acute",
            level=level,
            first_day=at.date(),
            last_day=at.date(),
            sentence="x",
            firings=[],
            parameters_version="x",
            engine_version="x",
            opened_at=at,
        )
    )
    database.commit()


def test_a_step_appears_on_the_morning_after_the_second_good_session(doing, desk, patient, database):
    doing.good_day()
    assert proposed(database) == []
    second = doing.session()
    doing.next_day()
    page = desk.get(f"/patients/{patient.id}").text
    assert "The morning after has not been told yet." in page
    doing.tell("morning", second, pain=2)
    (row,) = proposed(database)
    assert row.change == {"field": "reps", "before": 10, "after": 12}
    assert [each["pain_during"] for each in row.evidence["occasions"]] == [2, 2]
    for address in (f"/patients/{patient.id}", "/proposals"):
        page = desk.get(address).text
        assert re.search(r"Two sessions at quality [\d and]+, pain 2, effort 5: 2 more repetitions \(10 → 12\)", page)
    assert proposal_service.counts(database, [patient.id]) == {patient.id: 1}
    (line,) = database.scalars(select(AuditEvent).where(AuditEvent.action == "proposals.read"))
    assert line.detail == {"patients": [str(patient.id)]}


def test_the_link_and_the_page_say_what_they_count(doing, desk):
    doing.two_good_days()
    assert "One step for one patient." in desk.get("/proposals").text
    page = desk.get("/patients").text
    assert '</svg>Proposed steps <span class="count">1 patient</span>' in page
    assert "patients with a proposed step" in page


def test_accepting_writes_a_revision_that_says_why_and_needs_two_more_sessions(doing, desk, patient, physio, database):
    doing.two_good_days()
    (row,) = proposed(database)
    answer = decide(desk, patient, row)
    assert answer.location.endswith("#proposals")
    assert [item.reps for item in current_plan(database, patient.id).items] == [12]
    story = history(database, patient.id, shared=True)[0]
    assert story.author_id == physio.id
    assert story.reason.startswith("It went well: two sessions at quality")
    assert history(database, patient.id, shared=False)[0].reason is None
    (row,) = proposed(database)
    assert (row.decision, row.decided_by) == ("accepted", physio.id)
    written = set(database.scalars(select(AuditEvent.action)))
    assert {"proposal.accepted", "plan.saved", "proposal.decide"} <= written
    doing.day()
    assert len(proposed(database)) == 1
    assert "Needs two sessions at the dose it has now." in desk.get(f"/patients/{patient.id}").text
    assert "12" in doing.browser.get("/today").text


@pytest.mark.parametrize(("value", "plan", "decision"), [(11, 11, "changed"), (12, 12, "accepted"), (8, 8, "changed")])
def test_another_number_within_the_library_can_be_chosen(doing, desk, patient, database, value, plan, decision):
    doing.two_good_days()
    decide(desk, patient, proposed(database)[0], "change", value=value)
    assert [item.reps for item in current_plan(database, patient.id).items] == [plan]
    assert proposed(database)[0].decision == decision


@pytest.mark.parametrize("value", ["16", "3", "10", "", "many"])
def test_a_number_outside_the_library_changes_nothing_and_is_said(doing, desk, patient, database, value):
    doing.two_good_days()
    decide(desk, patient, proposed(database)[0], "change", value=value)
    assert "choose another number, from 4 to 15" in desk.get("/proposals").text
    assert current_plan(database, patient.id).number == 1
    assert proposed(database)[0].decided_at is None


def test_a_declined_step_comes_back_after_two_more_good_sessions(doing, desk, patient, database):
    doing.two_good_days()
    decide(desk, patient, proposed(database)[0], "decline", reason="Starts a new job this week")
    (row,) = proposed(database)
    assert (row.decision, row.note) == ("declined", "Starts a new job this week")
    assert current_plan(database, patient.id).number == 1
    lines = database.scalars(select(AuditEvent)).all()
    assert all("new job" not in f"{line.subject}{line.detail}" for line in lines)
    doing.clock.advance(timedelta(hours=1))
    doing.good_day()
    assert len(proposed(database)) == 1
    doing.good_day()
    assert [each.decision for each in proposed(database)] == ["declined", None]


def test_more_load_is_a_note_to_the_patient(database, clock, patient, physio, signed_in, desk):
    training = Training(database, clock)
    line = training.line(sets=4, reps=15, note="Sit tall.")
    doing = begin(database, clock, Fresh(signed_in, patient, clock), physio, line)
    for _ in range(2):
        doing.good_day(reps=15, sets=4)
    (row,) = proposed(database)
    assert row.change == {"field": "load", "before": None, "after": None}
    assert "the next band, or 2 to 10 % more weight" in desk.get("/proposals").text
    decide(desk, patient, row, note="Take the red band now.")
    (item,) = current_plan(database, patient.id).items
    assert (item.sets, item.reps, item.note) == (4, 15, "Take the red band now.")


# ---------------------------------------------------------------------------------------------- not any more


def test_an_alert_of_level_two_lapses_what_is_proposed(doing, desk, patient, database):
    doing.two_good_days()
    doing.day(activities="no")
    assert [each.decision for each in proposed(database)] == ["lapsed"]
    assert "An alert of level 2 or higher is open" in desk.get(f"/patients/{patient.id}").text
    assert proposal_service.counts(database, [patient.id]) == {}


def test_an_alert_that_opens_meanwhile_is_told_and_nothing_is_changed(doing, desk, patient, database, clock):
    doing.two_good_days()
    (row,) = proposed(database)
    open_alert(database, patient, clock)
    assert proposal_service.counts(database, [patient.id]) == {}
    assert "10 → 12" not in desk.get("/proposals").text
    decide(desk, patient, row)
    assert "an alert of level 2 or higher has opened in the meantime" in desk.get("/proposals").text
    assert current_plan(database, patient.id).number == 1
    assert proposed(database)[0].decision == "lapsed"


def test_a_plan_that_changed_meanwhile_is_told_and_nothing_is_changed(doing, desk, patient, physio, database, clock):
    doing.two_good_days()
    (row,) = proposed(database)
    training = Training(database, clock)
    training.plan(patient, training.line(), training.line("band-pull-apart"), author=physio, number=1)
    decide(desk, patient, row, base=1)
    assert "the plan has changed in the meantime" in desk.get("/proposals").text
    assert current_plan(database, patient.id).number == 2
    # The line itself is as it was, so the step still holds, on top of the new plan.
    decide(desk, patient, row, base=2)
    assert {item.exercise: item.reps for item in current_plan(database, patient.id).items}["overhead-press"] == 12


def test_a_line_that_changed_takes_its_proposal_with_it(doing, desk, patient, physio, database, clock):
    doing.two_good_days()
    (row,) = proposed(database)
    training = Training(database, clock)
    training.plan(patient, training.line(reps=8), author=physio, number=1)
    decide(desk, patient, row, base=2)
    assert "this step is no longer proposed" in desk.get("/proposals").text
    assert [item.reps for item in current_plan(database, patient.id).items] == [8]


def test_two_clicks_are_one_step(doing, desk, patient, database):
    doing.two_good_days()
    (row,) = proposed(database)
    decide(desk, patient, row)
    decide(desk, patient, row, base=2)
    assert "Somebody has decided this already" in desk.get("/proposals").text
    assert current_plan(database, patient.id).number == 2


def test_a_bad_session_lapses_what_is_proposed(doing, database):
    doing.two_good_days()
    doing.session(pain_during=4)
    assert [each.decision for each in proposed(database)] == ["lapsed"]


def test_sessions_that_no_camera_has_seen_propose_nothing(doing, desk, patient, database):
    for _ in range(2):
        session_id = doing.by_hand()
        doing.day()
        doing.next_day()
        doing.tell("morning", session_id, pain=2)
    assert proposed(database) == []
    assert "Quality is not known" in desk.get(f"/patients/{patient.id}").text


def test_two_halves_of_a_day_are_one_session_and_what_one_of_them_does_not_tell_is_not_known(
    doing, desk, patient, database
):
    doing.good_day()
    doing.session(sets=1, pain_during=None)
    second = doing.session(sets=1)
    doing.day()
    doing.next_day()
    doing.tell("morning", second, pain=2)
    assert proposed(database) == []
    assert "Pain during was not told." in desk.get(f"/patients/{patient.id}").text


# ---------------------------------------------------------------------------------------------- whose it is


def test_nobody_else_sees_or_decides_it(doing, patient, people, database, signed_in, physio):
    doing.two_good_days()
    (row,) = proposed(database)
    for other in (people.physio(physio.clinic), people.physio()):
        stranger = signed_in(other)
        assert decide(stranger, patient, row).status_code == 404
        assert "Ada Field" not in stranger.get("/proposals").text
    someone_else = people.patient(physio)
    assert decide(signed_in(physio), someone_else, row).status_code == 404
    assert proposed(database)[0].decided_at is None


def test_without_the_consent_to_share_there_is_nothing_to_see_or_decide(doing, desk, patient, database, clock):
    doing.two_good_days()
    (row,) = proposed(database)
    consent = database.scalars(select(Consent).where(Consent.person_id == patient.id, Consent.kind == "sharing")).one()
    consent.withdrawn_at = clock.now()
    database.commit()
    assert decide(desk, patient, row).status_code == 404
    assert "Ada Field" not in desk.get("/proposals").text
    assert "10 → 12" not in desk.get(f"/patients/{patient.id}").text
    doing.day()
    assert [each.decision for each in proposed(database)] == ["lapsed"]


def test_what_was_told_leaves_the_plans_history_with_the_consent_and_the_patient_keeps_it(
    doing, desk, patient, database, clock
):
    doing.two_good_days()
    decide(desk, patient, proposed(database)[0])
    pages = (f"/patients/{patient.id}", f"/patients/{patient.id}/plan")
    assert all("two sessions at quality" in desk.get(page).text for page in pages)
    consent = database.scalars(select(Consent).where(Consent.person_id == patient.id, Consent.kind == "sharing")).one()
    consent.withdrawn_at = clock.now()
    database.commit()
    assert all("two sessions at quality" not in desk.get(page).text for page in pages)
    stale = desk.post(f"/patients/{patient.id}/plan", {"base_number": 1})
    assert "two sessions at quality" not in stale.text
    assert "two sessions at quality" in doing.browser.get("/today").text


def test_a_step_is_not_taken_over_a_caution_that_nobody_has_looked_at(doing, desk, patient, database, clock):
    doing.two_good_days()
    row = proposed(database)[0]
    at = clock.now()
    database.add(
        CheckIn(
            id=uuid.uuid4(), entry_id=uuid.uuid4(), patient_id=patient.id, form="intake", local_date=at.date(),
            time_zone="Europe/Berlin", answered_at=at, received_at=at, late=False, counts=True, source="page",
            answers={"none_of_these": True, "cautions": ["SH", "HT"]},
        )
    )  # fmt: skip
    database.commit()
    answer = decide(desk, patient, row)
    assert "something speaks against this dose" in desk.get(answer.location).text
    assert [item.reps for item in current_plan(database, patient.id).items] == [10]
    assert proposed(database)[0].decided_at is None


def test_nothing_is_proposed_to_somebody_without_a_physiotherapist(database, clock, people, signed_in):
    person = people.solo()
    doing = begin(database, clock, Fresh(signed_in, person, clock), person)
    doing.two_good_days()
    assert proposed(database) == []


# ---------------------------------------------------------------------------------------------- what it must not break


def test_a_mistake_in_the_rules_loses_neither_a_session_nor_a_red_flag(doing, database, patient, monkeypatch):
    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(proposal_service, "look_again", broken)
    doing.session(pain_during=7)
    doing.tell("flags", flags={"E_BLADDER_BOWEL": {"answer": "new"}})
    database.commit()
    assert database.scalars(select(Alert.level).where(Alert.patient_id == patient.id, Alert.level == 4)).all() == [4]
    assert database.scalars(select(Easing)).all() == []


def test_the_page_of_all_proposals_takes_as_many_statements_for_four_patients_as_for_one(
    app, database, clock, people, physio, signed_in, desk
):
    def with_proposals(number: int) -> None:
        for _ in range(number):
            person = people.patient(physio)
            begin(database, clock, Fresh(signed_in, person, clock), physio).two_good_days()
            clock.advance(-timedelta(days=3))

    def statements() -> int:
        clock.advance(timedelta(days=3))
        seen: list[str] = []
        engine = services_of(app).engine
        event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        page = desk.get("/proposals").text
        clock.advance(-timedelta(days=3))
        counted.append(page.count("10 → 12"))
        return len(seen)

    counted: list[int] = []
    with_proposals(1)
    one = statements()
    with_proposals(3)
    assert statements() <= one
    assert counted == [1, 4]
