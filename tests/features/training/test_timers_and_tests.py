"""What no camera judges, from the plan to the physiotherapist; and tests of range, whose result is the range."""

from __future__ import annotations

import json
import re
import uuid
from datetime import timedelta

import pytest

from exercises.definition import load_library
from tracker.regimen.models import Prescription

TIMER = "cat-cow"
SIDED_TIMER = "thread-the-needle"
TEST = "shoulder-flexion-rom"


@pytest.fixture
def physio(people):
    return people.physio()


@pytest.fixture
def patient(people, physio):
    return people.patient(physio)


def config(page: str) -> dict:
    found = re.search(r'id="live-config">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


# Timers


def test_a_physio_prescribes_rounds_and_seconds(patient, physio, signed_in, database):
    doctor = signed_in(physio)
    fields = {
        "base_number": "0",
        f"{TIMER}-included": "y",
        f"{TIMER}-sets": "1",
        f"{TIMER}-reps": "6",
        f"{TIMER}-hold_s": "8",
        f"{TIMER}-weekdays": ["2"],
    }
    refused = doctor.post(f"/patients/{patient.id}/plan", {**fields, f"{TIMER}-hold_s": "900"})
    assert refused.status_code == 422
    assert "Between 6 and 15." in refused.text
    assert doctor.post(f"/patients/{patient.id}/plan", fields).status_code == 302
    row = database.query(Prescription).one()
    assert (row.reps, row.hold_s) == (6, 8)
    assert "1 set of 6 times 8 s" in doctor.get(f"/patients/{patient.id}").text


def test_the_patient_is_led_to_the_timer_and_to_nothing_else(patient, signed_in, training):
    plan = training.plan(patient, training.line(TIMER, sets=1))
    browser = signed_in(patient)
    assert "1 set of 8 times 8 s" in browser.get("/today").text
    page = browser.get(f"/today/{plan[TIMER].id}").text
    assert "Start the timer" in page
    assert 'value="camera"' not in page
    assert 'value="file"' not in page
    answer = browser.get(f"/live/{plan[TIMER].id}?source=camera")
    assert answer.status_code == 302
    live = config(browser.get(f"/live/{plan[TIMER].id}?source=manual").text)
    assert live["exercise"]["kind"] == "timer"
    assert live["exercise"]["views"] == []
    assert (live["prescription"]["reps"], live["prescription"]["hold_s"]) == (8, 8)


def test_a_sided_timer_is_done_on_both_sides_in_turn(patient, signed_in, training):
    plan = training.plan(patient, training.line(SIDED_TIMER, sets=1))
    live = config(signed_in(patient).get(f"/live/{plan[SIDED_TIMER].id}?source=manual").text)
    assert [each["side"] for each in live["sets"]] == ["left", "right"]


def test_what_was_done_with_the_timer_is_seen_by_both(patient, physio, signed_in, training):
    plan = training.plan(patient, training.line(TIMER, sets=1))
    browser = signed_in(patient)
    done = training.manual_set(TIMER, count=6, held_s=51.0)
    done["summary"]["target"] = 8
    document = training.document(plan[TIMER], done, source="manual")
    assert browser.post_json("/api/sessions", document).status_code == 201
    page = browser.get(f"/sessions/{document['id']}").text
    assert "You exercised for 51 s in one set." in page
    assert "of 8 rounds, 51 s in all" in page
    assert "with the timer" in browser.get("/sessions").text
    assert "All done for today" in browser.get("/today").text
    page = signed_in(physio).get(f"/patients/{patient.id}/sessions/{document['id']}").text
    assert "6 of 8 rounds" in page
    assert "which no camera watches" in page


def test_every_timer_of_the_library_goes_all_the_way(patient, physio, signed_in, training):
    timers = [each for each in load_library().values() if each.kind == "timer"]
    plan = training.plan(patient, *(training.line(each.id) for each in timers), author=physio)
    browser, doctor = signed_in(patient), signed_in(physio)
    for timer in timers:
        document = training.document(plan[timer.id], training.manual_set(timer.id, count=2, held_s=12), source="manual")
        assert browser.post_json("/api/sessions", document).status_code == 201
        for reader, page in (
            (browser, f"/sessions/{document['id']}"),
            (browser, f"/today/{plan[timer.id].id}"),
            (doctor, f"/patients/{patient.id}/sessions/{document['id']}"),
        ):
            assert reader.get(page).status_code == 200


# Tests of range


def candidate(
    side: str,
    value: float,
    start: float,
    *,
    counted: bool = True,
    reason: str = "complete",
    measure: str = "arm_to_trunk",
    error: float = 8.0,
) -> dict:
    reach = {"measure": measure, "unit": "deg", "start": 8.0, "peak": 8.0 + value, "value": value, "error": error}
    return {
        "number": None,
        "start": start,
        "peak": start + 1.5,
        "end": start + 3.0,
        "side": side,
        "range": {**reach, "share": 1.0},
        "counted": counted,
        "reason": reason,
    }


def measuring(training, side: str, *values: float, measure: str = "arm_to_trunk", error: float = 8.0, **last) -> dict:
    made = [candidate(side, value, 4.0 * n, measure=measure, error=error) for n, value in enumerate(values)]
    if last:
        of_last = last.pop("error_of_last", error)
        made.append(candidate(side, start=4.0 * len(values), measure=measure, error=of_last, **last))
    summary = {
        "exercise": TEST,
        "engine_version": "1.0.0",
        "kind": "repetitions",
        "side": side,
        "view": "side",
        "duration_s": 60.0,
        "count": sum(each["counted"] for each in made),
        "repetitions": made,
    }
    return training.set(TEST, summary=summary, side=side, number=1)


def test_a_test_reads_as_a_measurement_before_it_is_done(patient, signed_in, training):
    plan = training.plan(patient, training.line(TEST, sets=1))
    browser = signed_in(patient)
    assert "Measure 3 times on each side" in browser.get("/today").text
    page = browser.get(f"/today/{plan[TEST].id}").text
    assert "How should it be measured?" in page
    assert "Nothing is measured then." in page


def test_the_result_is_the_range_of_each_side_with_its_error(patient, physio, signed_in, training):
    plan = training.plan(patient, training.line(TEST, sets=1))
    document = training.document(
        plan[TEST], measuring(training, "left", 118, 122, 120), measuring(training, "right", 150, 149, 152)
    )
    browser = signed_in(patient)
    assert browser.post_json("/api/sessions", document).status_code == 201
    for page in (
        browser.get(f"/sessions/{document['id']}").text,
        signed_in(physio).get(f"/patients/{patient.id}/sessions/{document['id']}").text,
    ):
        assert re.search(r"Left</h3>\s*<p[^>]*><strong>120°</strong> <span>± 8°", page)
        assert re.search(r"Right</h3>\s*<p[^>]*><strong>150°</strong> <span>± 8°", page)
        assert "3 tries: 118°, 122°, 120°" in page
        assert "The right side goes 30° further than the left." in page
    assert "This is how far you got." in browser.get(f"/sessions/{document['id']}").text


def test_a_stiff_shoulder_is_measured_though_it_does_not_count_and_what_was_unseen_is_not(patient, signed_in, training):
    plan = training.plan(patient, training.line(TEST, sets=1))
    browser = signed_in(patient)
    stiff = measuring(training, "left", 62, value=60, counted=False, reason="partial_range")
    unseen = measuring(training, "right", 100, value=10, counted=False, reason="lost_sight")
    document = training.document(plan[TEST], stiff, unseen)
    browser.post_json("/api/sessions", document)
    page = browser.get(f"/sessions/{document['id']}").text
    assert "2 tries: 62°, 60°" in page
    assert "one try" in page


def test_a_change_is_called_one_only_beyond_the_error(patient, signed_in, training, clock):
    plan = training.plan(patient, training.line(TEST, sets=1))
    browser = signed_in(patient)
    first = training.document(plan[TEST], measuring(training, "left", 100), measuring(training, "right", 140))
    browser.post_json("/api/sessions", first)
    clock.advance(timedelta(days=7))
    again = training.document(plan[TEST], measuring(training, "left", 125), measuring(training, "right", 145))
    browser.post_json("/api/sessions", again)
    page = browser.get(f"/sessions/{again['id']}").text
    assert "25° further than on 10 Mar (100°)." in page
    assert "On 10 Mar it was 140°: no difference the camera can tell." in page
    assert "last time" in page
    assert "last time" not in browser.get(f"/sessions/{first['id']}").text


def test_another_view_is_another_measure_and_is_not_compared(patient, signed_in, training, clock):
    plan = training.plan(patient, training.line(TEST, sets=1))
    browser = signed_in(patient)
    first = training.document(plan[TEST], measuring(training, "left", 100), measuring(training, "right", 140))
    browser.post_json("/api/sessions", first)
    clock.advance(timedelta(days=7))
    again = training.document(
        plan[TEST], measuring(training, "left", 160, measure="arm_elevation"), measuring(training, "right", 141)
    )
    browser.post_json("/api/sessions", again)
    page = browser.get(f"/sessions/{again['id']}").text
    assert "further than" not in page
    assert "less far than" not in page
    assert "On 10 Mar it was 140°: no difference the camera can tell." in page
    assert page.count("On 10 Mar") == 1


def test_a_view_that_counts_but_cannot_measure_says_so(patient, physio, signed_in, training):
    plan = training.plan(patient, training.line(TEST, sets=1))
    browser = signed_in(patient)
    document = training.document(plan[TEST], measuring(training, "left", 120, 130, error=60.0))
    assert browser.post_json("/api/sessions", document).status_code == 201
    for page in (
        browser.get(f"/sessions/{document['id']}").text,
        signed_in(physio).get(f"/patients/{patient.id}/sessions/{document['id']}").text,
    ):
        assert "From this side the camera can count, but not measure" in page
        assert "± 60°</span>" not in page


def test_what_could_not_be_measured_does_not_blur_what_was(patient, signed_in, training):
    plan = training.plan(patient, training.line(TEST, sets=1))
    browser = signed_in(patient)
    document = training.document(plan[TEST], measuring(training, "left", 120, 122, value=90.0, error_of_last=60.0))
    browser.post_json("/api/sessions", document)
    page = browser.get(f"/sessions/{document['id']}").text
    assert "2 tries: 120°, 122°" in page


def test_training_has_no_result_and_a_test_by_hand_measures_nothing(patient, signed_in, training):
    plan = training.plan(patient, training.line(), training.line(TEST, sets=1))
    browser = signed_in(patient)
    trained = training.document(plan["overhead-press"], training.manual_set(), source="manual")
    by_hand = training.document(plan[TEST], training.manual_set(TEST, count=3), source="manual", id=str(uuid.uuid4()))
    for document in (trained, by_hand):
        assert browser.post_json("/api/sessions", document).status_code == 201
        assert "how far you got" not in browser.get(f"/sessions/{document['id']}").text
