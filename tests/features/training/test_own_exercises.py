"""A clinic's own exercises: saved, revised, prescribed, done and seen like any other; broken ones refused by field."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest
from sqlalchemy import func, select

from exercises.coach import Coach
from exercises.definition import definition_from_document
from exercises.figure import ideal_progress, synthetic_pose
from exercises.wire import summary_to_dict
from tests.features.own import own_document
from tracker.accounts.models import AuditEvent
from tracker.regimen import own_service
from tracker.regimen.models import ClinicExercise, ClinicExerciseRevision, ImmutableRowError
from tracker.regimen.rules import EVERY_DAY, Prescribed
from tracker.regimen.service import InvalidPlanError, current_plan, save_revision
from tracker.training.models import SetResult


@pytest.fixture
def physio(people):
    return people.physio(name="Jonas Berg")


@pytest.fixture
def patient(people, physio):
    return people.patient(physio)


@pytest.fixture
def saved(physio, signed_in):
    """`saved(title)`: an own exercise of the physio's clinic; its id."""

    def save(title: str = "Reach for the shelf", browser=None, **changes: Any) -> str:
        answer = (browser or signed_in(physio)).post_json(
            "/api/own-exercises", {"document": own_document(title, **changes)}
        )
        assert answer.status_code == 201, answer.text
        return answer.json["id"]

    return save


def page_config(page: str) -> dict[str, Any]:
    block = page.partition('<script type="application/json" id="live-config">')[2].partition("</script>")[0]
    return json.loads(block)


def plan_form(exercise: str, base_number: int = 0) -> dict[str, Any]:
    return {
        "base_number": str(base_number),
        "reason": "",
        f"{exercise}-included": "y",
        f"{exercise}-sets": "1",
        f"{exercise}-reps": "10",
        f"{exercise}-weekdays": list("1234567"),
        f"{exercise}-side": "both",
    }


def test_what_is_recorded_can_be_found_prescribed_done_and_seen(physio, patient, signed_in, saved, database, training):
    own = saved()
    desk, home = signed_in(physio), signed_in(patient)
    assert "Reach for the shelf" in desk.get("/library").text
    assert "Reach for the shelf" in desk.get(f"/library/{own}").text
    assert desk.get(f"/library/{own}/figure.json").json["exercise"] == own

    assert desk.post(f"/patients/{patient.id}/plan", plan_form(own)).status_code == 302
    (item,) = current_plan(database, patient.id).items
    assert "Reach for the shelf" in home.get("/today").text
    assert "Reach for the shelf" in home.get(f"/today/{item.id}").text
    config = page_config(home.get(f"/live/{item.id}").text)
    definition = definition_from_document(config["exercise"]["document"], "page")
    assert (definition.id, definition.revision, definition.tier) == (own, 1, "draft")

    document = session_of(training, item, definition)
    assert home.post_json("/api/sessions", document).status_code == 201
    assert database.scalars(select(SetResult)).one().summary["revision"] == 1
    for page in (
        home.get("/sessions"),
        home.get(f"/sessions/{document['id']}"),
        desk.get("/patients"),
        desk.get(f"/patients/{patient.id}"),
        desk.get(f"/patients/{patient.id}/sessions/{document['id']}"),
        desk.get(f"/patients/{patient.id}/plan"),
    ):
        assert page.status_code == 200
        assert "Reach for the shelf" in page.text
        assert own not in visible(page.text)
    ledger = desk.get(f"/patients/{patient.id}/sessions/{document['id']}").text
    assert "exercise version 1" in ledger


def visible(page: str) -> str:
    """The page without addresses, names of fields and data: an id in words is an exercise that was not found."""
    return "".join(part.rpartition(">")[2] for part in page.partition("<main")[2].partition("</main>")[0].split("<"))


def session_of(training, item: Prescribed, definition) -> dict[str, Any]:
    coach = Coach(definition, target=2)
    for tick in range(20 * 11):
        time_s = tick / 20
        moved = max(0.0, time_s - 1.5)
        progress = ideal_progress(moved, 4.0) if moved < 8 else 0.0
        coach.observe(synthetic_pose(definition, progress, time_s=time_s), time_s)
    summary = summary_to_dict(coach.finish())
    assert summary["count"] == 2
    one_set = {
        "id": "6a2f7d1e-0000-4000-8000-000000000001",
        "number": 1,
        "side": "both",
        "started_at": training.clock.now().isoformat(),
        "summary": summary,
        "track": None,
        "repetition_ids": [f"6a2f7d1e-0000-4000-8000-0000000001{n:02}" for n in range(len(summary["repetitions"]))],
    }

    class Row:
        id, exercise = item.id, item.exercise

    return training.document(Row, one_set)


def test_a_new_revision_goes_on_in_the_plan_and_the_old_one_stays(physio, patient, signed_in, saved, database):
    own = saved()
    desk = signed_in(physio)
    desk.post(f"/patients/{patient.id}/plan", plan_form(own))
    changed = own_document("Reach for the top shelf")
    changed["view"][0]["peak"]["at_least"] = 150
    answer = desk.post_json(f"/api/own-exercises/{own}", {"document": changed, "base_number": 1})
    assert (answer.status_code, answer.json["number"]) == (200, 2)
    (item,) = current_plan(database, patient.id).items
    config = page_config(signed_in(patient).get(f"/live/{item.id}").text)
    assert config["exercise"]["document"]["revision"] == 2
    assert config["exercise"]["document"]["view"][0]["peak"]["at_least"] == 150
    first, second = database.scalars(select(ClinicExerciseRevision).order_by(ClinicExerciseRevision.number))
    assert (first.document["text"]["title"], second.document["text"]["title"]) == (
        "Reach for the shelf",
        "Reach for the top shelf",
    )
    first.number = 7
    with pytest.raises(ImmutableRowError):
        database.flush()


def test_saving_without_a_change_makes_no_revision_and_a_stale_editor_is_told(physio, signed_in, saved, database):
    own = saved()
    desk = signed_in(physio)
    same = desk.post_json(f"/api/own-exercises/{own}", {"document": own_document(), "base_number": 1})
    assert (same.status_code, same.json["number"]) == (200, 1)
    other = {"document": own_document("Another"), "base_number": 1}
    assert desk.post_json(f"/api/own-exercises/{own}", other).status_code == 200
    late = desk.post_json(f"/api/own-exercises/{own}", {"document": own_document("Late"), "base_number": 1})
    assert late.status_code == 409
    assert "Somebody saved this exercise" in late.json["error"]
    assert database.scalar(select(func.count(ClinicExerciseRevision.id))) == 2


def test_an_archived_one_stays_in_its_plans_and_can_go_into_no_other(
    physio, patient, people, signed_in, saved, database, clock
):
    own = saved()
    desk = signed_in(physio)
    desk.post(f"/patients/{patient.id}/plan", plan_form(own))
    assert desk.post(f"/own-exercises/{own}/archive").status_code == 302
    assert "Reach for the shelf" in signed_in(patient).get("/today").text
    assert desk.post(f"/patients/{patient.id}/plan", {**plan_form(own, 1), f"{own}-sets": "2"}).status_code == 302
    another = people.patient(physio)
    assert f"{own}-included" not in desk.get(f"/patients/{another.id}/plan").text
    with pytest.raises(InvalidPlanError):
        save_revision(
            database,
            patient_id=another.id,
            author_id=physio.id,
            base_number=0,
            items=[Prescribed("", own, 1, 10, None, EVERY_DAY)],
            reason=None,
            at=clock.now(),
        )
    database.rollback()
    desk.post(f"/own-exercises/{own}/restore")
    assert f"{own}-included" in desk.get(f"/patients/{another.id}/plan").text


def test_another_clinic_neither_sees_nor_prescribes_it(people, signed_in, saved, database, clock):
    own = saved()
    stranger = people.physio(is_admin=True)
    browser = signed_in(stranger)
    for path in (f"/library/{own}", f"/library/{own}/figure.json", f"/own-exercises/{own}"):
        assert browser.get(path).status_code == 404
    assert "Reach for the shelf" not in browser.get("/library").text + browser.get("/own-exercises").text
    revised = browser.post_json(f"/api/own-exercises/{own}", {"document": own_document("Mine"), "base_number": 1})
    assert revised.status_code == 404
    with pytest.raises(InvalidPlanError):
        save_revision(
            database,
            patient_id=people.patient(stranger).id,
            author_id=stranger.id,
            base_number=0,
            items=[Prescribed("", own, 1, 10, None, EVERY_DAY)],
            reason=None,
            at=clock.now(),
        )


def test_a_patient_of_a_clinic_does_not_record(patient, signed_in, saved):
    own = saved()
    home = signed_in(patient)
    for path in ("/own-exercises", "/own-exercises/record", f"/own-exercises/{own}"):
        assert home.get(path).status_code == 403
    assert home.post_json("/api/own-exercises", {"document": own_document()}).status_code == 403


def test_somebody_on_their_own_records_and_plans_it(people, signed_in, saved):
    alone = people.solo()
    browser = signed_in(alone)
    own = saved("My own stretch", browser=browser)
    assert browser.post("/programme", plan_form(own)).status_code == 302
    assert "My own stretch" in browser.get("/today").text
    assert "My own stretch" in browser.get("/own-exercises").text


def broken(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    document = deepcopy(own_document())
    *way, last = path
    owner: Any = document
    for part in way:
        owner = owner[part]
    if value is None:
        del owner[last]
    else:
        owner[last] = value
    return document


@pytest.mark.parametrize(
    ("path", "value", "key", "words"),
    [
        (("text", "title"), "", "text.title", "Name"),
        (("text", "title"), "x" * 121, "text.title", "Name"),
        (("text", "aim"), None, "text.aim", "What it is for"),
        (("dose", "sets"), 99, "dose.sets", "Sets"),
        (("dose", "reps"), 40, "dose.reps", "Repetitions"),
        (("view", 0, "peak", "at_least"), 400, "view[0].peak.at_least", "Turning point: at least"),
        (("view", 0, "peak", "release"), 170, "view[0].peak.release", "Turning point: lets go at"),
        (("view", 0, "start", "measure"), "no_such", "view[0].start.measure", "Start"),
        (("cautions",), ["ZZ"], "cautions", "Not for"),
        (("goal",), "fame", "goal", "Aim"),
        (("tempo", "out_s"), "quick", "tempo.out_s", "Quickest way out"),
        (("figure",), None, "figure", "The figure"),
        (("surprise",), 1, "surprise", "The recording"),
        (("text", "aim"), "with a \x00 in it", "text", "The words"),
        (("text", "title"), "a\nb", "text.title", "Name"),
        (("text", "title"), "\u200b", "text.title", "Name"),
        (("text", "title"), "\u202ea", "text", "The words"),
        (("goal",), "test", "goal", "Aim"),
        (("dose", "sets_range"), [-1000, 30], "dose.sets", "Sets may be prescribed from 1 to 10"),
        (("cautions",), [], "cautions", "Not for has no answer yet"),
    ],
)
def test_a_broken_definition_is_refused_with_its_field_and_nothing_is_stored(
    physio, signed_in, database, path, value, key, words
):
    answer = signed_in(physio).post_json("/api/own-exercises", {"document": broken(path, value)})
    assert answer.status_code == 422
    ((where, sentence),) = answer.json["fields"].items()
    assert where == key
    assert sentence.startswith(words)
    assert database.scalar(select(func.count(ClinicExercise.id))) == 0


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"document": 3}', b'{"document": {}, "more": 1}', b"[" * 5000, b'{"document": NaN}']
)
def test_what_is_no_document_is_refused(physio, signed_in, database, body):
    browser = signed_in(physio)
    headers = {**browser.headers, "X-CSRF-Token": browser.token(), "Content-Type": "application/json"}
    answer = browser.client.post("/api/own-exercises", data=body, headers=headers)
    assert answer.status_code == 422
    assert database.scalar(select(func.count(ClinicExercise.id))) == 0


@pytest.mark.parametrize("pair", ["[1, 1e999]", "[NaN, NaN]", "[1, Infinity]", f"[1, 1{'0' * 400}]"])
def test_numbers_that_are_none_are_refused_with_their_field(physio, signed_in, database, pair):
    browser = signed_in(physio)
    sent = json.dumps({"document": broken(("dose", "sets_range"), ["HERE"])}).replace('["HERE"]', pair)
    headers = {**browser.headers, "X-CSRF-Token": browser.token(), "Content-Type": "application/json"}
    answer = browser.client.post("/api/own-exercises", data=sent.encode(), headers=headers)
    assert answer.status_code == 422
    ((where, sentence),) = answer.json["fields"].items()
    assert where.startswith("dose.sets_range")
    assert sentence.startswith("Dose")
    assert database.scalar(select(func.count(ClinicExercise.id))) == 0


def test_for_everybody_is_an_answer_and_no_answer_is_refused(physio, signed_in, database):
    desk = signed_in(physio)
    free = own_document(cautions=[])
    unanswered = desk.post_json("/api/own-exercises", {"document": free})
    assert unanswered.status_code == 422
    assert "tick at least one, or “none of these”" in unanswered.json["fields"]["cautions"]
    both = desk.post_json("/api/own-exercises", {"document": own_document(), "for_everybody": True})
    assert (both.status_code, list(both.json["fields"])) == (422, ["cautions"])
    saved = desk.post_json("/api/own-exercises", {"document": free, "for_everybody": True})
    assert saved.status_code == 201
    own = saved.json["id"]
    renamed = {"document": own_document("Another", cautions=[]), "base_number": 1}
    assert desk.post_json(f"/api/own-exercises/{own}", renamed).status_code == 422
    assert desk.post_json(f"/api/own-exercises/{own}", {**renamed, "for_everybody": True}).status_code == 200
    newest = database.scalars(select(ClinicExerciseRevision).order_by(ClinicExerciseRevision.number.desc())).first()
    assert newest is not None
    assert newest.document["cautions"] == []
    assert "for_everybody" not in newest.document


def test_a_clinic_saves_only_so_many_versions_a_day(physio, signed_in, saved, monkeypatch, clock):
    own = saved()
    monkeypatch.setattr(own_service, "MOST_VERSIONS_A_DAY", 1)
    changed = {"document": own_document("Another"), "base_number": 1}
    desk = signed_in(physio)
    assert desk.post_json(f"/api/own-exercises/{own}", changed).status_code == 429
    clock.advance(own_service.A_DAY)
    assert signed_in(physio).post_json(f"/api/own-exercises/{own}", changed).status_code == 200


def test_a_document_of_any_size_is_not_taken(physio, signed_in):
    large = own_document(text={**own_document()["text"], "aim": "x" * own_service.LARGEST_DOCUMENT})
    assert signed_in(physio).post_json("/api/own-exercises", {"document": large}).status_code == 413


def test_a_clinic_cannot_fill_the_disk(physio, signed_in, saved, monkeypatch):
    monkeypatch.setattr(own_service, "MOST_OF_A_CLINIC", 1)
    saved()
    answer = signed_in(physio).post_json("/api/own-exercises", {"document": own_document()})
    assert answer.status_code == 429


def test_what_claims_to_be_validated_is_a_draft_with_our_own_id(saved, database):
    own = saved(id="seated-row", tier="validated", validation="everybody", revision=12, card="E01")
    (row,) = database.scalars(select(ClinicExerciseRevision))
    assert (row.document["id"], row.document["tier"], row.document["revision"], row.document["card"]) == (
        own,
        "draft",
        1,
        "",
    )
    assert "validation" not in row.document


def test_what_this_engine_cannot_read_any_more_breaks_no_page(physio, patient, signed_in, saved, database, clock):
    own = saved()
    desk = signed_in(physio)
    desk.post(f"/patients/{patient.id}/plan", plan_form(own))
    exercise = database.scalars(select(ClinicExercise)).one()
    database.add(
        ClinicExerciseRevision(
            exercise_id=exercise.id, number=2, document={"from": "a later version"}, created_at=clock.now()
        )
    )
    database.commit()
    assert "cannot read it" in desk.get("/own-exercises").text
    for browser, path in (
        (desk, "/library"),
        (desk, f"/patients/{patient.id}"),
        (desk, f"/patients/{patient.id}/plan"),
        (desk, "/patients"),
        (signed_in(patient), "/today"),
    ):
        assert browser.get(path).status_code == 200, path
    assert desk.get(f"/library/{own}").status_code == 404


def test_who_recorded_and_changed_it_is_written_down(physio, signed_in, saved, database):
    own = saved()
    desk = signed_in(physio)
    desk.post_json(f"/api/own-exercises/{own}", {"document": own_document("Another"), "base_number": 1})
    desk.post(f"/own-exercises/{own}/archive")
    desk.post(f"/own-exercises/{own}/archive")
    lines = database.scalars(
        select(AuditEvent).where(AuditEvent.subject == f"exercise:{own}").order_by(AuditEvent.at)
    ).all()
    assert sorted(line.action for line in lines) == ["exercise.archived", "exercise.recorded", "exercise.revised"]
    assert {line.actor_id for line in lines} == {physio.id}
