"""Breaks: what is offered to whom, what becomes of an offer, and who says so."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.features.diary.conftest import Diary
from tests.features.posture.desk import minutes, stamp, upload
from tests.features.training.conftest import Training
from tracker.posture import breaks_service, rules_breaks
from tracker.posture.break_documents import BreakDoc
from tracker.posture.models import PostureBreak
from tracker.regimen.models import Standing
from tracker.training.models import TrainingSession

MINUTE = timedelta(minutes=1)


@pytest.fixture
def training(database, clock):
    return Training(database, clock)


def report(offered_at, **fields):
    return {"id": str(uuid.uuid4()), "cause": "still", "offered_at": stamp(offered_at), **fields}


def breaks(database):
    database.commit()
    return list(database.scalars(select(PostureBreak).order_by(PostureBreak.offered_at)))


def the_break(database):
    (found,) = breaks(database)
    return found


def exercise_on(page):
    """The exercise that a page of a break offers; None without one."""
    return page.partition('name="exercise" value="')[2].partition('"')[0] or None


def set_standing(database, ada, **fields):
    row = database.get(Standing, ada.id)
    for name, value in fields.items():
        setattr(row, name, value)
    database.commit()


# ---------------------------------------------------------------------------------------------- what is offered


def test_a_break_brings_one_exercise_with_its_figure_and_every_answer_is_one_tap(browser, database):
    page = browser.get("/posture/break").text
    assert exercise_on(page) == "scapular-retraction"
    assert "/library/scapular-retraction/figure.json" in page
    for words in ("Start with the coach", "Without the camera", "I moved", "Not now", "Nothing for an hour"):
        assert words in page
    assert "Stop with dizziness" in page
    assert breaks(database) == []  # looking changes nothing


def test_exercises_take_turns_and_another_one_can_be_chosen(browser, clock):
    seen = []
    for _ in range(6):
        page = browser.get("/posture/break").text
        seen.append(exercise_on(page))
        clock.advance(MINUTE)
        browser.post(f"/posture/break/{uuid.uuid4()}", {"did": "moved", "exercise": seen[-1]})
    assert seen[:5] == [
        "scapular-retraction",
        "chin-tuck",
        "seated-thoracic-rotation",
        "thoracic-extension",
        "sit-to-stand",
    ]
    assert seen[5] == "scapular-retraction"
    page = browser.get("/posture/break?exercise=sit-to-stand").text
    assert exercise_on(page) == "sit-to-stand"
    assert "/posture/break?exercise=" in page


def test_what_the_physiotherapist_prescribed_is_offered_where_it_fits_a_break(browser, ada, training):
    training.plan(ada, training.line("t-raise"), training.line("plank"), training.line("squat", reps=8))
    page = browser.get("/posture/break").text
    assert exercise_on(page) == "t-raise"
    assert "From your plan" in page
    assert exercise_on(browser.get("/posture/break?exercise=squat").text) == "squat"
    assert exercise_on(browser.get("/posture/break?exercise=plank").text) == "t-raise"


@pytest.mark.parametrize(
    ("cautions", "left"),
    [
        (("OP",), {"scapular-retraction", "chin-tuck", "sit-to-stand"}),
        (("CX", "KN"), {"scapular-retraction", "seated-thoracic-rotation"}),
        (
            ("SH", "PG"),
            set(rules_breaks.PLAN_D),
        ),
    ],
)
def test_what_somebody_has_told_about_themselves_takes_exercises_out(browser, database, ada, clock, cautions, left):
    Diary(database, clock).tell(ada, form="intake", answers={"cautions": list(cautions)})
    shown = {
        exercise
        for exercise in rules_breaks.PLAN_D
        if exercise_on(browser.get(f"/posture/break?exercise={exercise}").text) == exercise
    }
    assert shown == left
    for exercise in rules_breaks.PLAN_D.keys() - left:
        answer = browser.get(f"/live/break/{exercise}?source=manual")
        assert answer.location == "/posture/break"


GATES = [
    ({"page": "emergency", "level": 4, "locked": True}, "No exercises until somebody has looked"),
    ({"page": "urgent", "level": 3, "locked": True}, "No exercises until somebody has looked"),
    ({"page": "crisis", "level": 4, "locked": True}, "The exercises can wait."),
    ({"level": 3, "locked": True}, "paused until a clinician"),
    ({"intake_done": False}, "when you have answered the first questions"),
]


@pytest.mark.parametrize(("standing", "why"), GATES)
def test_who_should_not_exercise_is_only_asked_to_stand_up(browser, database, ada, training, standing, why):
    training.plan(ada, training.line("t-raise"))
    set_standing(database, ada, **standing)
    for path in ("/posture/break", f"/posture/break/{uuid.uuid4()}", "/posture/break?exercise=t-raise"):
        page = browser.get(path).text
        assert "Stand up, and walk a little if that feels all right" in page
        assert why in page
        assert exercise_on(page) is None
        assert "coach" not in page
    for source in ("camera", "manual"):
        begun = browser.post(f"/posture/break/{uuid.uuid4()}", {"did": source, "exercise": "chin-tuck"})
        assert "/live/" not in begun.location
        assert browser.get(f"/live/break/chin-tuck?source={source}").status_code == 302
    assert breaks(database) == []


def test_after_a_session_that_hurt_no_exercise_is_offered_that_day(browser, ada, training):
    plan = training.plan(ada)
    document = training.document(plan["overhead-press"], training.set(), stop_reason="pain")
    browser.post_json("/api/sessions", document)
    page = browser.get("/posture/break").text
    assert "It hurt today" in page
    assert exercise_on(page) is None


def test_at_level_two_only_what_the_physiotherapist_prescribed_is_offered(browser, database, ada, training):
    set_standing(database, ada, level=2)
    assert "Stand up, and walk a little" in browser.get("/posture/break").text
    training.plan(ada, training.line("t-raise"))
    page = browser.get("/posture/break").text
    assert exercise_on(page) == "t-raise"
    assert "Another exercise" not in page


def test_without_the_camera_consent_there_is_no_coach(people, signed_in):
    shy = people.patient(people.physio(), consents=())
    browser = signed_in(shy)
    page = browser.get("/posture/break").text
    assert "Start with the coach" not in page
    assert 'value="manual"' in page
    answer = browser.get("/live/break/chin-tuck?source=camera")
    assert answer.location == "/live/break/chin-tuck?source=manual"


# ---------------------------------------------------------------------------------------------- what becomes of it


def test_i_moved_is_believed(browser, database, clock):
    own = uuid.uuid4()
    answer = browser.post(f"/posture/break/{own}", {"did": "moved", "exercise": "chin-tuck"}, follow_redirects=True)
    assert "Good. Every change counts." in answer.text
    row = the_break(database)
    assert (row.id, row.cause, row.outcome, row.credited_by) == (own, "asked", "taken", "said")
    assert row.exercise == "chin-tuck"
    assert row.ended_at == clock.now()


def test_not_now_gets_one_calm_sentence(browser, database):
    answer = browser.post(f"/posture/break/{uuid.uuid4()}", {"did": "not_now"}, follow_redirects=True)
    assert "All right. It comes again later." in answer.text
    assert (the_break(database).outcome, the_break(database).credited_by) == ("not_now", None)


def test_nothing_for_an_hour_snoozes_whatever_watches(browser, database):
    browser.post(f"/posture/break/{uuid.uuid4()}", {"did": "snooze"})
    assert the_break(database).outcome == "not_now"
    assert "No notices until 14:00." in browser.get("/posture").text
    assert browser.get("/api/posture/state").get_json()["settings"]["snoozed_until"] is not None


def test_a_break_that_waits_is_the_one_that_is_shown(browser, clock):
    document = report(clock.now() - MINUTE)
    assert browser.post_json("/api/posture/breaks", document).status_code == 200
    answer = browser.get("/posture/break")
    assert answer.location == f"/posture/break/{document['id']}"
    assert "Time to move" in browser.get(answer.location).text
    clock.advance(timedelta(minutes=20))
    assert browser.get("/posture/break").status_code == 200


def test_an_answered_break_says_so_and_is_not_asked_again(browser, clock):
    document = report(clock.now(), outcome="taken", credited_by="stand", ended_at=stamp(clock.now()))
    browser.post_json("/api/posture/breaks", document)
    assert "This break is done" in browser.get(f"/posture/break/{document['id']}").text
    document = report(clock.now(), outcome="not_now", ended_at=stamp(clock.now()))
    browser.post_json("/api/posture/breaks", document)
    assert "That is all right" in browser.get(f"/posture/break/{document['id']}").text


def test_a_page_may_be_answered_before_the_watchers_report_arrives(browser, database, clock):
    own, offered_at = uuid.uuid4(), clock.now() - 2 * MINUTE
    assert browser.get(f"/posture/break/{own}").status_code == 200
    browser.post(f"/posture/break/{own}", {"did": "moved"})
    late = report(offered_at, id=str(own), cause="clock", watcher=str(uuid.uuid4()))
    assert browser.post_json("/api/posture/breaks", late).get_json()["outcome"] == "taken"
    row = the_break(database)
    assert (row.cause, row.offered_at, row.credited_by) == ("clock", offered_at, "said")


def test_the_coach_gets_one_set_and_the_session_credits_the_break(browser, database, training, clock):
    own = uuid.uuid4()
    begun = browser.post(f"/posture/break/{own}", {"did": "camera", "exercise": "seated-thoracic-rotation"})
    assert begun.location == f"/live/break/seated-thoracic-rotation?source=camera&of={own}"
    page = browser.get(begun.location)
    assert page.status_code == 200
    assert "camera=(self)" in page.headers["Permissions-Policy"]
    for words in ('"id": null', '"number": 1, "side": "left"', '"number": 1, "side": "right"', f"/posture/break/{own}"):
        assert words in page.text
    assert the_break(database).outcome is None

    clock.advance(3 * MINUTE)
    document = training.document(
        type("Line", (), {"id": None, "exercise": "seated-thoracic-rotation"}),
        training.manual_set("seated-thoracic-rotation", count=5),
        prescription_id=None,
        source="manual",
        started_at=clock.now() - 2 * MINUTE,
    )
    clock.advance(timedelta(hours=5))  # it waited on the device for a connection
    assert browser.post_json("/api/sessions", document).status_code == 201
    row = the_break(database)
    assert (row.outcome, row.credited_by) == ("taken", "exercise")
    assert row.ended_at == clock.now() - timedelta(hours=5, minutes=2)
    session = database.scalars(select(TrainingSession)).one()
    assert session.prescription_id is None
    assert browser.get(f"/sessions/{session.id}").status_code == 200
    assert browser.post_json("/api/sessions", document).status_code == 200


def test_an_exercise_of_the_plan_in_a_break_counts_for_the_plan(browser, ada, training):
    plan = training.plan(ada, training.line("t-raise"))
    page = browser.get("/live/break/t-raise?source=manual").text
    assert f'"id": "{plan["t-raise"].id}"' in page
    assert page.count('"number": 1') == 1


@pytest.mark.parametrize("exercise", ["plank", "overhead-press", "sit-to-stand-rom", "own-nothing"])
def test_the_live_page_opens_only_for_what_a_break_brings(browser, exercise):
    assert browser.get(f"/live/break/{exercise}").status_code in {302, 404}


def test_a_session_outside_the_plan_is_taken_for_exercises_that_exist_only(browser, training):
    for exercise, status in (("chin-tuck", 201), ("no-such-thing", 422)):
        line = type("Line", (), {"id": None, "exercise": exercise})
        made = training.manual_set("chin-tuck", count=5)
        made["summary"]["exercise"] = exercise
        document = training.document(line, made, prescription_id=None, source="manual")
        assert browser.post_json("/api/sessions", document).status_code == status


# ---------------------------------------------------------------------------------------------- reports


def test_reports_of_one_break_end_the_same_in_any_order(ada, database, clock):
    offered_at = clock.now() - 5 * MINUTE
    first = report(offered_at)
    known = [
        first,
        {**first, "outcome": "taken", "credited_by": "shift", "ended_at": stamp(offered_at + MINUTE)},
        {**first, "outcome": "passed", "ended_at": stamp(offered_at + 2 * MINUTE)},
    ]
    for order in ((0, 1, 2), (2, 1, 0), (0, 2, 1), (1, 1, 0)):
        for number in order:
            breaks_service.record(database, ada, BreakDoc.model_validate(known[number]), at=clock.now())
        row = the_break(database)
        assert (row.outcome, row.credited_by, row.ended_at) == ("taken", "shift", offered_at + MINUTE)
        database.delete(row)
        database.commit()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"cause": "slouch"}, "cause"),
        ({"outcome": "refused"}, "outcome"),
        ({"credited_by": "stand"}, "document"),
        ({"offered_at": "2025-01-01T00:00:00Z"}, "offered_at"),
        ({"offered_at": "2026-03-10T12:06:00Z"}, "offered_at"),
        ({"offered_at": "2026-03-10T12:00:00"}, "offered_at"),
        ({"ended_at": "2026-03-10T11:00:00Z", "outcome": "taken"}, "document"),
        ({"picture": "none"}, "picture"),
    ],
)
def test_what_cannot_be_believed_is_refused_with_the_field(browser, database, clock, change, field):
    answer = browser.post_json("/api/posture/breaks", {**report(clock.now()), **change})
    assert answer.status_code == 422
    assert list(answer.get_json()["fields"]) == [field]
    assert breaks(database) == []


def test_the_break_of_somebody_else_is_like_one_that_nobody_knows(browser, people, signed_in, database, clock):
    document = report(clock.now())
    browser.post_json("/api/posture/breaks", document)
    stranger = people.patient(people.physio())
    other = signed_in(stranger)
    assert other.post_json("/api/posture/breaks", {**document, "outcome": "not_now"}).status_code == 404
    for identity in (document["id"], str(uuid.uuid4())):
        assert "I moved" in other.get(f"/posture/break/{identity}").text
        assert other.post(f"/posture/break/{identity}", {"did": "moved"}).location == "/posture"
    mine, *theirs = sorted(breaks(database), key=lambda row: row.patient_id == stranger.id)
    assert (str(mine.id), mine.outcome) == (document["id"], None)
    assert {row.patient_id for row in theirs} == {stranger.id}
    assert len(theirs) == 2


def test_without_the_consent_no_report_is_kept(people, signed_in, clock):
    shy = people.patient(people.physio(), consents=())
    answer = signed_in(shy).post_json("/api/posture/breaks", report(clock.now()))
    assert (answer.status_code, answer.get_json()) == (403, {"error": "no_consent"})


def test_a_flood_of_breaks_is_stopped(browser, ada, database, clock):
    day = clock.now().date()
    database.add_all(
        PostureBreak(id=uuid.uuid4(), patient_id=ada.id, cause="clock", offered_at=clock.now(), local_date=day)
        for _ in range(breaks_service.MOST_BREAKS_A_DAY)
    )
    database.commit()
    assert browser.post_json("/api/posture/breaks", report(clock.now())).status_code == 422
    assert browser.post(f"/posture/break/{uuid.uuid4()}", {"did": "moved"}).status_code == 429
    assert len(breaks(database)) == breaks_service.MOST_BREAKS_A_DAY


def test_a_stand_up_that_the_watcher_saw_credits_the_break_on_the_day_page(browser, clock):
    browser.post_json("/api/posture/minutes", upload(str(uuid.uuid4()), *minutes(clock.now() - 9 * MINUTE, 9)))
    document = report(clock.now() - 5 * MINUTE)
    browser.post_json("/api/posture/breaks", document)
    assert '<span class="value">0 of 1</span>' in browser.get("/posture").text
    browser.post_json("/api/posture/breaks", {**document, "outcome": "taken", "credited_by": "stand"})
    assert '<span class="value">1 of 1</span>' in browser.get("/posture").text


def test_breaks_that_a_page_reports_by_itself_do_not_put_off_the_idle_time_out(browser, clock):
    """A page that watches sees somebody, and cannot tell whom."""
    headers = {**browser.headers, "X-CSRF-Token": browser.token()}
    answers = []
    for _ in range(31):
        clock.advance(timedelta(days=1))
        document = report(clock.now())
        answers.append(browser.client.post("/api/posture/breaks", json=document, headers=headers).status_code)
    assert (answers[0], answers[-1]) == (200, 401)
