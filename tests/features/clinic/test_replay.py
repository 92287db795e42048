"""The stored joint positions of a set: who gets them, until when, and what the page says where there are none."""

from __future__ import annotations

import base64
import gzip
import json
import re
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from tests.features.conftest import KEYS
from tests.features.training.conftest import Training
from tracker.accounts.models import AuditEvent, ConsentKind
from tracker.accounts.service import set_consent
from tracker.settings import Settings, SettingsError
from tracker.training.jobs import expire_tracks
from tracker.training.models import Track
from tracker.training.tracks import JOINTS, pack
from tracker.web.context import services_of

FRAMES = 40
PACKED = pack(
    [number / 10 for number in range(FRAMES)],
    [number % 9_000 for number in range(FRAMES * JOINTS * 3)],
    width=640,
    height=480,
)
UNPACKED = gzip.decompress(PACKED)


@pytest.fixture
def training(database, clock):
    return Training(database, clock)


@pytest.fixture
def send(training, physio, signed_in):
    """`send(patient, **set fields)`: a session of one set with joint positions; its address for the physiotherapist."""

    def send_one(patient, **fields):
        plan = training.plan(patient, author=physio)
        line = plan["overhead-press"]
        made = fields.pop("made", None) or training.set(
            reaches=(1.0, 0.75, 1.0), **{"track": base64.b64encode(PACKED).decode(), **fields}
        )
        source = "manual" if made["summary"]["engine_version"] == "manual" else "camera"
        document = training.document(line, made, source=source)
        answer = signed_in(patient).post_json("/api/sessions", document)
        assert answer.status_code == 201, answer.text
        return f"/patients/{patient.id}/sessions/{document['id']}", made

    return send_one


@pytest.fixture
def stored(send, patient):
    """The address of a session with joint positions, and of these."""
    address, made = send(patient)
    return address, f"{address}/sets/{made['id']}/track"


def told_on(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="told-[^"]+">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def actions(database):
    database.commit()
    return list(database.scalars(select(AuditEvent.action)))


# ---------------------------------------------------------------------------------------------- who gets them


def test_the_physio_gets_what_was_stored_and_nothing_on_the_way_keeps_it(desk, stored, database):
    answer = desk.get(stored[1], headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == 200
    assert answer.data == PACKED
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content_type == "application/octet-stream"
    assert actions(database).count("track.read") == 1


def test_a_program_that_cannot_unpack_gets_them_unpacked(desk, stored):
    answer = desk.get(stored[1], headers={"Accept-Encoding": "identity"})
    assert answer.data == UNPACKED
    assert "Content-Encoding" not in answer.headers


def test_nobody_else_gets_them_and_ids_lead_to_ones_own_patients_only(people, physio, stored, patient, signed_in, send):
    address, track = stored
    others = people.patient(physio)
    other_address, other_set = send(others)
    session_id, set_id = address.rsplit("/", 1)[1], track.split("/")[-2]
    for whom in (people.physio(physio.clinic), people.physio(), people.admin(physio.clinic), patient):
        assert signed_in(whom).get(track).status_code in {403, 404}, whom.role
    desk = signed_in(physio)
    for wrong in (
        f"/patients/{others.id}/sessions/{session_id}/sets/{set_id}/track",
        f"{other_address}/sets/{set_id}/track",
        f"{address}/sets/{other_set['id']}/track",
        f"{address}/sets/{uuid.uuid4()}/track",
    ):
        assert desk.get(wrong).status_code == 404, wrong


@pytest.mark.parametrize("kind", [ConsentKind.LANDMARKS, ConsentKind.SHARING])
def test_taking_back_either_consent_ends_it_at_once(desk, stored, patient, signed_in, database, kind):
    assert desk.get(stored[1]).status_code == 200
    signed_in(patient).post(f"/account/consents/{kind}/withdraw")
    assert desk.get(stored[1]).status_code == 404
    database.commit()
    left = database.scalar(select(func.count()).select_from(Track))
    assert left == (0 if kind == ConsentKind.LANDMARKS else 1)


def test_agreeing_again_does_not_bring_back_what_was_deleted(desk, stored, patient, signed_in):
    browser = signed_in(patient)
    browser.post("/account/consents/landmarks/withdraw")
    browser.post("/account/consents/landmarks/grant")
    assert desk.get(stored[1]).status_code == 404
    page = desk.get(stored[0]).text
    assert "no joint positions came with this set" in page
    assert "data-replay" not in page


def test_positions_that_outlived_their_consent_are_not_shown(desk, stored, patient, database, clock):
    # As after a restored backup: the consent is gone, the row is there.
    set_consent(database, patient, ConsentKind.LANDMARKS, agrees=False, at=clock.now())
    database.commit()
    assert desk.get(stored[1]).status_code == 404
    assert "the patient does not agree to joint positions being stored" in desk.get(stored[0]).text


# ---------------------------------------------------------------------------------------------- until when


def test_they_are_kept_thirty_days_and_gone_afterwards_whether_or_not_the_job_has_run(
    stored, database, clock, signed_in, physio
):
    assert "Kept until 9 April 2026" in signed_in(physio).get(stored[0]).text
    clock.advance(timedelta(days=29, hours=23))
    assert signed_in(physio).get(stored[1]).status_code == 200
    clock.advance(timedelta(hours=1))
    desk = signed_in(physio)
    assert desk.get(stored[1]).status_code == 404
    page = desk.get(stored[0]).text
    assert "joint positions are deleted after 30 days, and this set is older" in page
    assert "data-replay" not in page
    assert expire_tracks(database, clock.now()) == 1
    assert database.scalars(select(Track)).all() == []


def test_an_installation_may_keep_them_shorter_but_not_longer_than_patients_were_told(app, send, patient, desk):
    with pytest.raises(SettingsError, match="TRACKER_TRACK_DAYS"):
        Settings.load({**KEYS, "TRACKER_TRACK_DAYS": "31"})
    week = timedelta(days=7)
    app.extensions["rhomboid"] = replace(
        services_of(app), settings=replace(services_of(app).settings, tracks_kept=week)
    )
    address, _made = send(patient)
    assert "Kept until 17 March 2026" in desk.get(address).text


# ---------------------------------------------------------------------------------------------- the page


def test_the_page_brings_chart_movements_and_controls_but_no_joint_positions(desk, stored):
    page = desk.get(stored[0]).text
    assert 'data-track="' + stored[1] in page
    assert page.count('data-position="') == 3
    assert page.count('data-move="') == 3
    for words in ("Overhead press", "Replay this set", "As it is meant", "Elbow angle", "The same as a table"):
        assert words in page, words
    told = told_on(page)
    moves = told["moves"]
    assert [move["flags"] for move in moves] == [[], ["partial"], []]
    assert "turned back early" in moves[1]["words"]
    assert moves[0]["keys"][0] == [moves[0]["start"], 0.05]
    assert told["angle"]["left"] == [11, 13, 15]
    assert "<img" not in page
    assert "<video" not in page


def test_a_correction_is_flagged_and_the_patients_word_stands_beside_the_engines(desk, send, patient, signed_in):
    address, made = send(patient)
    signed_in(patient).post_json(f"/api/repetitions/{made['repetition_ids'][1]}/correction", {"counted": True})
    move = told_on(desk.get(address).text)["moves"][1]
    assert move["flags"] == ["corrected"]
    assert "not counted" in move["words"]
    assert "The patient says that it counts." in move["words"]


def test_a_set_counted_by_hand_has_nothing_to_replay_and_no_excuse(desk, send, patient, training):
    address, _made = send(patient, made=training.manual_set())
    page = desk.get(address).text
    assert "Counted by the patient, without a camera." in page
    assert "No replay" not in page
    assert "data-replay" not in page


def test_without_stored_positions_chart_and_ledger_are_there_all_the_same(desk, send, patient):
    address, _made = send(patient, track=None)
    page = desk.get(address).text
    assert "no joint positions came with this set" in page
    assert '<svg class="plot"' in page
    assert "replay.js" not in page
    assert "turned back early" in page


def test_what_is_stored_but_cannot_be_read_gets_a_kind_answer_and_breaks_no_page(desk, stored, database):
    database.execute(update(Track).values(blob=PACKED[:-9]))
    database.commit()
    assert desk.get(stored[0]).status_code == 200
    answer = desk.get(stored[1])
    assert answer.status_code == 422
    assert "This set cannot be replayed" in answer.text
    assert "complete; go back to the session" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert "track.read" in actions(database)  # it was opened, whatever came of it
