"""A patient's course: one time line, the calendar, ranges with their error, each exercise, and what a change means."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta

import pytest

from tracker.clinic import course_service, course_texts, note_service
from tracker.clinic.course_service import Reading
from tracker.diary.models import CheckIn
from tracker.regimen.models import Standing
from tracker.regimen.rules import Prescribed
from tracker.regimen.service import save_revision
from tracker.training.models import Repetition, SetResult, TrainingSession

A_DAY = timedelta(days=1)


@pytest.fixture
def told(database, patient, clock):
    """`told(5, 4)`: average pain of the last days, today last."""

    def tell(*averages):
        for ago, average in enumerate(reversed(averages)):
            at = clock.now() - ago * A_DAY
            answers = {
                "none_of_these": True, "average": average, "worst": average + 1, "interference": 2, "compared": "same",
                "flare": False, "activities": "yes",
            }  # fmt: skip
            database.add(
                CheckIn(
                    id=uuid.uuid4(), entry_id=uuid.uuid4(), patient_id=patient.id, form="daily", local_date=at.date(),
                    time_zone="Europe/Berlin", answered_at=at, received_at=at, late=False, counts=True, source="page",
                    answers=answers,
                )
            )  # fmt: skip
        database.commit()

    return tell


@pytest.fixture
def trained(database, patient, clock):
    """`trained("seated-row", ago=3, quality=80)`: one session of one set, so many days ago."""

    def train(exercise, *, ago=0, quality=90.0, faults=(), reach=None, side="both", pain=None, stopped="finished"):
        at = clock.now() - ago * A_DAY
        session = TrainingSession(
            id=uuid.uuid4(), patient_id=patient.id, exercise=exercise, source="camera", started_at=at,
            local_date=at.date(), created_at=at, stop_reason=stopped, pain_during=pain,
        )  # fmt: skip
        done = SetResult(
            id=uuid.uuid4(), session_id=session.id, number=1, side=side, started_at=at, engine_version="2.0.0",
            duration_s=30, count=2, partial=1, held_s=0, quality=quality, summary={},
        )  # fmt: skip
        database.add(session)
        database.flush()
        database.add(done)
        database.flush()
        for position in range(1, 3):
            database.add(
                Repetition(
                    id=uuid.uuid4(), set_id=done.id, position=position, number=position, side=side, start_s=0.0,
                    peak_s=1.0, end_s=2.0, faults=[{"key": key, "share": 1.0} for key in faults], counted=True,
                    reason="complete", range_value=reach, range_error=10.0 if reach else None,
                    range_measure="shoulder_abduction" if reach else None, range_unit="deg" if reach else None,
                )
            )  # fmt: skip
        database.commit()

    return train


@pytest.fixture
def plan(database, patient, physio, clock):
    save_revision(
        database,
        patient_id=patient.id,
        author_id=physio.id,
        base_number=0,
        items=[
            Prescribed("", "seated-row", 2, 10, None, frozenset({1, 2, 3, 4, 5, 6, 7})),
            Prescribed("", "shoulder-abduction-rom", 1, 3, None, frozenset({7}), sided=True),
        ],
        reason="First plan",
        at=clock.now() - 20 * A_DAY,
    )
    database.commit()


def read(database, patient, clock, days=84):
    return course_service.read(database, patient, days, clock.now())


@pytest.mark.usefixtures("plan")
def test_every_lane_and_what_happened_share_one_axis(desk, told, trained, patient, physio, database, clock):
    told(5, 5, 4, 3, 3)
    trained("seated-row", ago=2)
    note_service.add_note(database, patient=patient, author=physio, kind="call", text="SECRET", at=clock.now())
    database.commit()
    page = desk.get(f"/patients/{patient.id}/course").text
    for title in ("Pain, 0 to 10", "Gets in the way", "Sets done of sets due", "Quality, 0 to 100"):
        assert title in page, title
    assert "The plan was changed: First plan" in page
    assert "Call" in page
    assert "SECRET" not in page, "the words of a note are on the notes' page"
    assert page.count('<svg class="course-line"') == 1
    table = page[page.index("Time line as a table") :]
    assert "100 %" not in table[: table.index("</table>")].split("<tr>")[1], "today is not over"


@pytest.mark.usefixtures("plan")
def test_a_gap_is_a_gap(told, patient, physio, clock, signed_in):
    told(5, 5)
    clock.advance(4 * A_DAY)
    told(3, 3)
    page = signed_in(physio).get(f"/patients/{patient.id}/course?period=28").text
    assert page.count('<polyline class="line"') == 4, "two stretches of pain, two of interference"


@pytest.mark.usefixtures("plan")
def test_a_year_is_told_by_week(told, patient, desk):
    told(*[4] * 60)
    page = desk.get(f"/patients/{patient.id}/course?period=365").text
    assert 8 <= len(re.findall(r'<th scope="row" class="text-nowrap">', page)) <= 11


@pytest.mark.usefixtures("plan")
def test_the_calendar_says_what_was_due_and_done_in_shape_and_words(desk, trained, patient, clock):
    for _set in range(2):
        trained("seated-row", ago=1)
    trained("seated-row", ago=3)
    month = clock.now().date().strftime("%Y-%m")
    page = desk.get(f"/patients/{patient.id}/course?month={month}").text
    calendar = page[page.index('class="calendar"') :]
    assert re.search(r'<td class="done">.*?done: 2 of 2 sets', calendar, re.DOTALL)
    assert re.search(r'<td class="part">.*?partly done: 1 of 2 sets', calendar, re.DOTALL)
    assert "not done: 0 of 2 sets" in calendar
    assert "still to come" in calendar
    for odd in ("2026-13", "x", "9999-01", "0001-01"):
        assert desk.get(f"/patients/{patient.id}/course?month={odd}&period=7").status_code == 200


@pytest.mark.usefixtures("plan")
def test_each_exercise_is_told_with_faults_and_reasons_what_hurt_first(trained, patient, database, clock):
    trained("overhead-press", ago=60, faults=("shrug",), pain=6, stopped="pain")
    trained("overhead-press", ago=2)
    trained("seated-row", ago=3, quality=70.0)
    trained("seated-row", ago=1, quality=90.0)
    press, row = read(database, patient, clock).exercises
    assert (press.exercise, press.highest_pain, press.reasons) == ("overhead-press", 6, (("pain", 1),))
    (fault,) = press.faults
    assert (fault.name, fault.share, fault.earlier, fault.later) == ("shrug", 0.5, 1.0, 0.0)
    assert (row.sessions, row.counted, row.partial, row.quality) == (2, 4, 2, (80.0, 70.0, 90.0))


@pytest.mark.usefixtures("plan")
def test_a_range_changes_only_beyond_its_error(trained, patient, desk):
    for side, first, last in (("left", 120.0, 128.0), ("right", 120.0, 145.0)):
        trained("shoulder-abduction-rom", ago=14, reach=first, side=side)
        trained("shoulder-abduction-rom", ago=1, reach=last, side=side)
    page = desk.get(f"/patients/{patient.id}/course").text
    assert "no change that can be told from the error of ±10°" in page
    assert "25° more" in page
    assert "right goes 17° further" in page
    assert page.count('<svg class="range-line"') == 2


@pytest.mark.parametrize(
    ("values", "words"),
    [([120], "measured once"), ([120, 110], "no change that can be told"), ([120, 100], "20° less")],
)
def test_words_of_a_change(app, values, words):
    found = [Reading(date(2026, 1, 1) + number * A_DAY, value, 10.0) for number, value in enumerate(values)]
    with app.test_request_context():
        assert words in course_texts.changed(found)


def test_better_and_worse_are_said_beyond_the_smallest_difference_that_matters(told, patient, database, clock, app):
    told(*[6] * 7, *[3] * 7)
    with app.test_request_context():
        (change,) = course_texts.changes(read(database, patient, clock))
    assert (change.first, change.last, change.mcid) == (6.0, 3.0, 2.0)
    assert change.meaning == "better by more than can be noticed"


def test_the_last_week_is_of_calendar_days_as_everywhere_else(told, patient, physio, database, clock, signed_in):
    told(*[1] * 14, *[4] * 5)
    clock.advance(2 * A_DAY)
    standing = database.get(Standing, patient.id)
    standing.baseline, standing.spread = 1.0, 1.0
    database.commit()
    desk = signed_in(physio)
    page = desk.get(f"/patients/{patient.id}/course").text
    assert "Now: average pain 4 of 10 in the last 7 days (5 told; 1 the week before), 3 above the usual 1 ± 1." in page
    (panel_week,) = re.findall(r"Average, 7 days</dt><dd>([\d.]+)", desk.get(f"/patients/{patient.id}").text)
    (first, last) = re.findall(r"Average pain, first and last 7 days</th>.*?([\d.]+)</td>.*?([\d.]+)</td>", page)[0]
    assert (float(first), float(last)) == (1.0, float(panel_week))


def test_a_small_change_since_the_beginning_does_not_hide_that_it_is_above_the_usual(
    told, patient, database, clock, app
):
    told(*[3] * 7, *[1] * 21, *[3] * 7)
    standing = database.get(Standing, patient.id)
    standing.baseline, standing.spread = 1.2, 1.0
    with app.test_request_context():
        (change,) = course_texts.changes(read(database, patient, clock))
    assert change.meaning == "no change that can be noticed, but the last 7 days lie above the usual"


@pytest.mark.usefixtures("plan")
def test_days_with_data_are_said_by_what_they_hold_whatever_the_period(told, trained, patient, desk):
    told(*[3] * 40)
    for days_ago in (0, 5, 29, 30):
        trained("seated-row", ago=days_ago)
    for period in (28, 84):
        page = desk.get(f"/patients/{patient.id}/course?period={period}").text
        assert "Of the last 30 days: check-ins on 30, sessions on 3, posture on 0; any of these on 30." in page


def test_nothing_yet_is_said_and_nothing_shared_is_shut(desk, people, patient, physio):
    page = desk.get(f"/patients/{patient.id}/course").text
    assert "Nothing was told or done in this time." in page
    private = people.patient(physio, consents=())
    assert desk.get(f"/patients/{private.id}/course").status_code == 404


@pytest.mark.usefixtures("plan")
def test_the_sessions_of_one_exercise_are_a_step_away(desk, trained, patient):
    trained("overhead-press", ago=3)
    trained("seated-row", ago=1)
    page = desk.get(f"/patients/{patient.id}?exercise=overhead-press").text
    sessions = page[page.index('id="sessions"') :]
    table = sessions[sessions.index("<tbody>") : sessions.index("</tbody>")]
    assert table.count("<tr>") == 1
    assert "Only" in sessions
