"""What a hostile or broken client can send, and that nothing of it loses a red flag or breaks the page."""

from __future__ import annotations

import itertools
import json
import uuid
from typing import Any

import pytest
from sqlalchemy import select

from tests.features.conftest import Browser, People
from tests.features.diary.conftest import Diary
from tracker.accounts.models import Person
from tracker.db import Session
from tracker.diary import service
from tracker.diary.models import CheckIn
from tracker.regimen.models import Standing

URL = "/api/check-ins"


@pytest.fixture
def patient(people: People) -> Person:
    return people.patient(people.physio())


def post_raw(browser: Browser, body: bytes) -> Any:
    headers = {**browser.headers, "X-CSRF-Token": browser.token(), "Content-Type": "application/json"}
    return browser.client.post(URL, data=body, headers=headers)


BODIES = {
    "deep lists": b"[" * 60_000,
    "deep objects": b'{"answers":' * 5_000,
    "deep in a flag": b'{"form":"flags","answers":{"flags":{"E_SADDLE":' + b"[" * 50_000,
    "closed deep lists": b"[" * 30_000 + b"]" * 30_000,
    "a deep note": b'{"form":"flags","note":' + b"[" * 20_000 + b"]" * 20_000 + b',"answers":{}}',
    "nan": b'{"form":"daily","answers":{"average":NaN,"worst":Infinity}}',
    "huge number": b'{"form":"daily","local_date":1' + b"0" * 5_000 + b',"answers":{}}',
    "huge exponent": b'{"form":"daily","local_date":1e400,"answered_at":1e308,"answers":'
    b'{"flags":{"E_SADDLE":{"answer":"new"}}}}',
    "no utf-8": b'{"form":"\xff\xfe"}',
    "lone surrogate": b'{"id":"\\ud800","note":"\\udfff","answers":{"flags":{"E_SADDLE":{"answer":"new"}}}}',
    "many keys": json.dumps({f"k{n}": n for n in range(5_000)}).encode(),
    "null": b"null",
    "empty": b"",
    "number keys": b'{"form":["daily"],"answers":{"flags":{"E_SADDLE":{"answer":["new"]}}}}',
    "ids of no kind": b'{"id":{"a":1},"form":7,"answers":{"flags":{"E_SADDLE":{"answer":"new"}},"self_harm":true}}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_no_body_breaks_the_door(signed_in: Any, patient: Person, body: bytes) -> None:
    assert post_raw(signed_in(patient), body).status_code in {400, 413, 422}


INSTANTS = (
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "1969-12-31T23:59:59Z", 0, -62135596800, 253402300799, 99999999999999, -1,
)  # fmt: skip


DAYS = ("0001-01-01", "9999-12-31", "2026-03-10", "2024-02-29", 0)


@pytest.mark.parametrize("form", ["daily", "flags", "intake"])
def test_no_clock_however_wrong_loses_a_red_flag(
    signed_in: Any, database: Session, diary: Diary, patient: Person, form: str
) -> None:
    browser = signed_in(patient)
    for told, (instant, day) in enumerate(itertools.product(INSTANTS, DAYS), start=1):
        document = {**diary.flagged("E_SADDLE", form=form), "answered_at": instant, "local_date": day}

        answer = browser.post_json(URL, document)

        assert answer.status_code in {200, 201, 422}, (instant, day)
        assert answer.json["page"] == "/help/emergency", (instant, day)
        database.commit()
        kept = database.scalars(select(CheckIn).where(CheckIn.patient_id == patient.id)).all()
        assert ["E_SADDLE" in row.answers["flags"] for row in kept] == [True] * told, (instant, day)
    assert database.get_one(Standing, patient.id).locked


def test_a_flag_is_taken_out_of_a_document_that_is_too_large(
    signed_in: Any, database: Session, diary: Diary, patient: Person
) -> None:
    answer = signed_in(patient).post_json(URL, {**diary.flagged("D_ARM", "E_SADDLE"), "note": "x" * 100_000})

    assert (answer.status_code, answer.json["page"]) == (413, "/help/emergency")
    database.commit()
    assert "E_SADDLE" in database.scalars(select(CheckIn)).one().answers["flags"]


def test_one_flag_that_cannot_be_read_does_not_hide_another(
    signed_in: Any, database: Session, diary: Diary, patient: Person
) -> None:
    document = diary.flagged("E_SADDLE")
    document["answers"]["flags"]["D_ARM"] = {"answer": ["new"]}

    answer = signed_in(patient).post_json(URL, document)

    assert (answer.status_code, answer.json["page"]) == (422, "/help/emergency")
    database.commit()
    assert "E_SADDLE" in database.scalars(select(CheckIn)).one().answers["flags"]


def test_of_two_documents_with_one_id_at_the_same_moment_both_are_kept(
    database: Session, diary: Diary, patient: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = diary.document("flags")
    second = {**diary.flagged("E_SADDLE", form="flags"), "id": first["id"], "entry_id": first["entry_id"]}
    diary.tell(patient, first)
    # The second request has looked before the first one was there.
    real, looks = service._identity, iter([(uuid.UUID(first["id"]), None)])
    monkeypatch.setattr(service, "_identity", lambda *args: next(looks, None) or real(*args))
    patient_id = patient.id
    database.expunge_all()

    saved = diary.tell(database.get_one(Person, patient_id), second)

    assert saved.created
    assert set(saved.news) == {"E_SADDLE"}
    assert len(database.scalars(select(CheckIn)).all()) == 2
