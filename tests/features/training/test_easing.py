"""Steps back by themselves: on Today, on the page before a session and in the live page, for as long as they should be,
whether somebody looks or not, and never held against whoever does what is asked.
"""

from __future__ import annotations

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.features.clinic.doing import Doing, Fresh, begin
from tests.features.training.conftest import Training
from tracker.accounts.models import AuditEvent
from tracker.clinic.caseload_service import everybody, rows
from tracker.regimen.models import Easing, Standing
from tracker.regimen.service import current_plan, history

LINES = ("overhead-press", "seated-row", "thoracic-extension", "doorway-pec-stretch")


@pytest.fixture
def physio(people):
    return people.physio()


@pytest.fixture
def desk(physio, signed_in, clock):
    return Fresh(signed_in, physio, clock)


@pytest.fixture(params=["clinic", "solo"])
def doing(request, people, physio, database, clock, signed_in) -> Doing:
    """With a press and a row that load, an extension and a stretch that only move."""
    patient = people.patient(physio) if request.param == "clinic" else people.solo()
    author = physio if request.param == "clinic" else patient
    training = Training(database, clock)
    lines = [training.line(exercise) for exercise in LINES]
    return begin(database, clock, Fresh(signed_in, patient, clock), author, *lines)


@pytest.fixture
def watched(people, physio, database, clock, signed_in) -> Doing:
    return begin(database, clock, Fresh(signed_in, people.patient(physio), clock), physio)


def easings(database) -> list[Easing]:
    database.commit()
    return list(database.scalars(select(Easing).order_by(Easing.created_at).execution_options(populate_existing=True)))


def asked(doing: Doing, exercise: str = "overhead-press") -> dict[str, object]:
    """The prescription as the live page gets it."""
    page = doing.browser.get(f"/live/{doing.plan[exercise].id}?source=manual").text
    found = re.search(r'<script type="application/json" id="live-config">(.*?)</script>', page, re.DOTALL)
    assert found is not None, page[:300]
    config = json.loads(found.group(1))
    assert isinstance(config, dict)
    return dict(config["prescription"])


def told(doing: Doing) -> str:
    page = doing.browser.get("/today").text
    found = re.search(r'<section class="panel easier".*?</section>', page, re.DOTALL)
    return re.sub(r"<[^>]+>", " ", found.group(0)) if found else ""


@pytest.mark.parametrize(
    ("how", "cause"),
    [({"pain_during": 6}, "pain_during"), ({"stop_reason": "pain"}, "pain_during"), ({"effort": 8}, "effort")],
)
def test_a_session_that_was_too_much_takes_that_exercise_one_step_back(doing, database, how, cause):
    doing.session(reps=3, **how)
    (row,) = easings(database)
    assert (row.exercise, row.cause, row.factor, row.until_on) == ("overhead-press", cause, 0.7, None)
    doing.next_day()
    assert asked(doing)["reps"] == 7
    assert current_plan(database, doing.patient.id).items[0].reps == 10
    if cause == "effort":  # pain raises an alert of level 1, which eases everything that loads
        assert asked(doing, "seated-row")["reps"] == 10


def test_today_and_the_page_before_say_why_and_until_when(doing):
    doing.session(reps=3, effort=9)
    until = "at least a week" if doing.patient.solo else "until your physiotherapist has looked at it"
    assert "7 repetitions instead of 10, because it was very hard on Wednesday, 11 March." in told(doing)
    assert until in told(doing)
    doing.next_day()
    assert "2 sets of 7" in doing.browser.get("/today").text
    assert "7 repetitions instead of 10" in doing.browser.get(f"/today/{doing.plan['overhead-press'].id}").text


def test_a_morning_two_above_before_takes_a_step_back(doing, database):
    session_id = doing.session(pain_before=2)
    doing.day()
    doing.next_day()
    doing.tell("morning", session_id, pain=3)
    assert easings(database) == []
    doing.next_day()
    session_id = doing.session(pain_before=2)
    doing.day()
    doing.next_day()
    doing.tell("morning", session_id, pain=4)
    assert [row.cause for row in easings(database) if row.exercise] == ["next_morning"]


def test_the_same_bad_day_counts_once_and_the_next_one_again(doing, database):
    doing.session(reps=3, effort=9)
    doing.session(reps=3, effort=8)
    doing.day()
    assert len(easings(database)) == 1
    doing.next_day()
    doing.session(reps=3, effort=9)
    assert len(easings(database)) == 2
    assert asked(doing)["reps"] == 5


def test_at_level_one_what_loads_is_eased_for_five_days_and_what_moves_goes_on(doing, database):
    doing.day(flare=True)  # A3: level 1
    (row,) = easings(database)
    assert (row.exercise, row.cause, (row.until_on - row.from_on).days) == (None, "level_1", 4)
    assert "Your last check-ins ask for some easier days" in told(doing)
    assert [asked(doing, exercise)["reps"] for exercise in LINES[:3]] == [7, 7, 10]
    assert asked(doing, "doorway-pec-stretch")["hold_s"] == 20.0
    doing.next_day(4)
    assert asked(doing)["reps"] == 7
    doing.next_day()
    assert asked(doing)["reps"] == 10


def test_level_one_eases_at_once_even_where_nothing_has_looked_at_the_record(doing, database):
    standing = database.get_one(Standing, doing.patient.id)
    standing.level, standing.since = 1, doing.clock.now()
    database.commit()
    assert asked(doing)["reps"] == 7
    assert easings(database) == []


def test_after_more_than_a_week_off_one_begins_two_steps_lower_and_climbs_with_every_two_green_days(doing, database):
    doing.session()
    doing.next_day(8)
    assert asked(doing)["reps"] == 5
    assert asked(doing, "thoracic-extension")["reps"] == 10
    assert "Welcome back" in told(doing)
    doing.good_day(reps=5)
    assert asked(doing)["reps"] == 5
    doing.good_day(reps=5)
    assert asked(doing)["reps"] == 7
    doing.good_day(reps=7)
    doing.good_day(reps=7)
    assert asked(doing)["reps"] == 10
    assert [(row.cause, row.factor, row.ended_at is not None) for row in easings(database)] == [
        ("away", 0.49, True),
        ("away", 0.7, True),
    ]


def test_a_step_back_ends_by_itself_only_where_nobody_looks(doing):
    doing.session(reps=3, effort=9)
    doing.next_day()
    doing.good_day(reps=7)
    doing.good_day(reps=7)
    assert asked(doing)["reps"] == 7
    for _ in range(4):
        doing.next_day()
        doing.day()
    assert asked(doing)["reps"] == (10 if doing.patient.solo else 7)


def test_who_does_what_is_asked_has_done_everything(doing, database, physio):
    doing.next_day()
    for _ in range(3):
        doing.session(reps=3, effort=9)
        doing.next_day()
    assert asked(doing)["reps"] == 3
    progress = re.sub(r"<[^>]+>", " ", doing.browser.get("/today").text)
    assert "2 sets of 3" in progress
    if not doing.patient.solo:
        at = doing.clock.now()
        (row,) = rows(database, everybody(database, physio, at), at)
        # Of four exercises on each of the days that are over, the one that was eased is done in full.
        assert row.week.sets_done == 6


def test_a_broken_camera_day_is_no_bad_quality(watched, database):
    for _ in range(2):
        watched.by_hand(count=3)
        watched.next_day()
    assert easings(database) == []


# ---------------------------------------------------------------------------------------------- the physiotherapist


def decide(desk, doing, row, decision, *, base=1):
    return desk.post(f"/patients/{doing.patient.id}/easings/{row.id}", {"decision": decision, "base_number": base})


def test_a_physiotherapist_sees_why_and_ends_it(watched, desk, database, physio):
    watched.session(reps=3, effort=9)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", desk.get(f"/patients/{watched.patient.id}").text))
    assert "since 11 Mar, because: effort 9 of 10 on 11 Mar. Until you decide." in page
    (row,) = easings(database)
    decide(desk, watched, row, "end")
    (row,) = easings(database)
    assert row.ended_by == physio.id
    watched.next_day()
    assert asked(watched)["reps"] == 10
    watched.day()
    assert len(easings(database)) == 1
    assert "easing.ended" in set(database.scalars(select(AuditEvent.action)))


def test_a_physiotherapist_makes_it_the_plan(watched, desk, database):
    watched.session(reps=3, effort=9)
    assert "Make it the plan: 2 sets of 7" in desk.get(f"/patients/{watched.patient.id}").text
    (row,) = easings(database)
    decide(desk, watched, row, "adopt")
    plan = current_plan(database, watched.patient.id)
    assert (plan.number, plan.items[0].reps) == (2, 7)
    newest = history(database, watched.patient.id, shared=True)[0]
    assert newest.reason == "One step back: effort 9 of 10 on 11 Mar."
    assert easings(database)[0].ended_at is not None
    assert asked(watched)["reps"] == 7


def test_a_dose_set_since_counts_in_full(watched, database, physio, clock):
    watched.session(reps=3, effort=9)
    clock.advance(timedelta(hours=1))
    training = Training(database, clock)
    watched.plan = training.plan(watched.patient, training.line(reps=8), author=physio, number=1)
    assert asked(watched)["reps"] == 8
    watched.day()
    assert easings(database)[0].ended_by == physio.id


def test_a_dose_that_somebody_alone_sets_for_themselves_does_not(people, database, clock, signed_in):
    person = people.solo()
    doing = begin(database, clock, Fresh(signed_in, person, clock), person)
    doing.session(reps=3, effort=9)
    clock.advance(timedelta(hours=1))
    training = Training(database, clock)
    doing.plan = training.plan(person, training.line(reps=12), number=1)
    assert asked(doing)["reps"] == 8


def test_a_plan_that_moved_on_is_told(watched, desk, database, physio, clock):
    watched.session(reps=3, effort=9)
    training = Training(database, clock)
    training.plan(watched.patient, training.line(), training.line("seated-row"), author=physio, number=1)
    decide(desk, watched, easings(database)[0], "adopt")
    assert "the plan has changed in the meantime" in desk.get(f"/patients/{watched.patient.id}").text
    assert current_plan(database, watched.patient.id).number == 2
    assert easings(database)[0].ended_at is None


def test_it_is_nobody_elses(watched, people, physio, database, signed_in):
    watched.session(reps=3, effort=9)
    (row,) = easings(database)
    for other in (people.physio(physio.clinic), people.physio()):
        assert decide(signed_in(other), watched, row, "end").status_code == 404
    assert easings(database)[0].ended_at is None


def test_a_physiotherapist_reads_the_level_by_its_name(watched, desk):
    watched.day(flare=True)
    page = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", desk.get(f"/patients/{watched.patient.id}").text))
    assert "because: the level has been “Watch” since 11 Mar." in page
    assert "L1" not in page.partition("Dose")[2]
