"""What a record can be taken along as, for its owner and for who cares for them; and what nobody else gets."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest
from fhir.resources.R4B.bundle import Bundle
from sqlalchemy import select

from tracker.accounts.models import AuditEvent, Consent
from tracker.clinic.models import Message
from tracker.posture.models import Watcher
from tracker.records import csv_service


def tables_in(content: bytes) -> dict[str, list[dict[str, str]]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {
            name.removesuffix(".csv"): list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))
            for name in archive.namelist()
        }


FILES = {
    "record.json": ("application/json", "json"),
    "tables.zip": ("application/zip", "zip"),
    "fhir.json": ("application/fhir+json", "fhir.json"),
}


@pytest.mark.parametrize("file", FILES)
def test_a_file_comes_as_a_download_without_a_name_in_it_and_is_written_down(rich, signed_in, database, file):
    kind, ending = FILES[file]
    for person, path in (
        (rich.patient, "/account/data"),
        (rich.physio, f"/patients/{rich.patient.id}/exports"),
    ):
        answer = signed_in(person).get(f"{path}/{file}")
        assert answer.status_code == 200
        assert answer.mimetype == kind
        assert answer.headers["Cache-Control"] == "no-store"
        name = f"rhomboid-2026-03-02-{rich.patient.id.hex[:8]}.{ending}"
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
        last = database.scalars(
            select(AuditEvent).where(AuditEvent.action == "record.exported", AuditEvent.actor_id == person.id)
        ).all()
        assert [line.patient_id for line in last] == [rich.patient.id]


def test_the_complete_record_holds_what_was_told_and_no_secret(rich, signed_in, database):
    text = signed_in(rich.patient).get("/account/data/record.json").text
    document = json.loads(text)
    for told in (
        "carrying my daughter",
        "Ibuprofen",
        "How is the arm?",
        "Called, all well",
        "+49 30 123456",
        "Mara Holt",
    ):
        assert told in text
    here = document["here"]["tables"]
    assert "patient.read" in json.dumps(here["audit_event"])
    computer = database.scalars(select(Watcher).where(Watcher.token_hash.is_not(None))).one()
    for secret in (rich.patient.password_hash, computer.token_hash, "c" * 64, rich.patient.email_hash):
        assert secret
        assert secret not in text


def test_no_tracks_travel_without_the_consent_to_them(rich, signed_in, database):
    browser = signed_in(rich.patient)
    assert len(browser.get("/account/data/record.json").get_json()["record"]["track"]["rows"]) == 1
    consent = database.scalars(
        select(Consent).where(Consent.person_id == rich.patient.id, Consent.kind == "landmarks")
    ).one()
    consent.withdrawn_at = rich.at
    database.commit()
    assert browser.get("/account/data/record.json").get_json()["record"]["track"]["rows"] == []


def test_without_the_consent_to_share_a_physio_gets_no_file(rich, signed_in, database):
    for consent in database.scalars(select(Consent).where(Consent.kind == "sharing")):
        consent.withdrawn_at = consent.withdrawn_at or rich.at
    database.commit()
    browser = signed_in(rich.physio)
    for file in ("", *(f"/{each}" for each in FILES)):
        assert browser.get(f"/patients/{rich.patient.id}/exports{file}").status_code == 404
    assert signed_in(rich.patient).get("/account/data/record.json").status_code == 200


# ---------------------------------------------------------------------------------------------- tables


def test_tables_have_a_header_and_what_was_told(rich, signed_in):
    found = tables_in(signed_in(rich.patient).get("/account/data/tables.zip").data)
    assert set(found) == set(csv_service.TABLES)
    assert all(found.values()), "there is something in every table of this patient"
    daily = [row for row in found["check-ins"] if row["form"] == "daily"]
    assert daily[0]["average_0_10"] == "3"
    assert daily[0]["worst_0_10"] == "4"
    twice = [row["holds"] for row in daily if row["local_date"] == daily[-1]["local_date"]]
    assert twice.count("no") == 1
    [fortnight] = [row for row in found["check-ins"] if row["form"] == "fortnight"]
    assert fortnight["own_activities_0_10"] == "carrying my daughter: 6"
    [session] = found["sessions"]
    repetitions = found["repetitions"]
    assert session["repetitions"] == str(sum(row["counts"] == "yes" for row in repetitions))
    assert repetitions[0]["counted_by_camera"] == "yes"
    assert repetitions[0]["counts"] == "no", "the patient has corrected it"
    assert found["posture-days"][0]["comfortable_s"] == "200"
    assert {row["revision"] for row in found["plan"]} == {"1", "2"}
    assert found["plan"][0]["author"] == "Jonas Berg"


def test_what_somebody_wrote_is_never_run_by_a_spreadsheet(rich, signed_in):
    [session] = tables_in(signed_in(rich.patient).get("/account/data/tables.zip").data)["sessions"]
    assert session["note"] == "'=went well"


# ---------------------------------------------------------------------------------------------- FHIR


def test_the_bundle_is_fhir_and_says_what_the_record_says(rich, signed_in):
    content = signed_in(rich.physio).get(f"/patients/{rich.patient.id}/exports/fhir.json").data
    Bundle.model_validate_json(content)
    resources = [entry["resource"] for entry in json.loads(content)["entry"]]
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for each in resources:
        by_kind.setdefault(each["resourceType"], []).append(each)
    assert set(by_kind) == {
        "Patient", "CarePlan", "ServiceRequest", "Observation", "QuestionnaireResponse", "DetectedIssue",
    }  # fmt: skip
    assert len({each["id"] for each in resources}) == len(resources)
    assert sorted(each["status"] for each in by_kind["ServiceRequest"]) == ["active"] * 2 + ["revoked"] * 3
    pains = [each for each in by_kind["Observation"] if each["code"].get("coding")]
    assert {each["code"]["coding"][0]["code"] for each in pains} == {"72514-3"}
    first = [each for each in pains if each["effectiveDateTime"] == "2026-02-02"]
    assert sorted(each["valueQuantity"]["value"] for each in first) == [3, 4]
    assert all(each["code"]["text"] and "coding" not in each["code"] for each in by_kind["DetectedIssue"])
    assert by_kind["Patient"][0]["birthDate"] == "1980"


def test_every_reference_in_the_bundle_leads_to_something_in_it(rich, signed_in):
    document = signed_in(rich.patient).get("/account/data/fhir.json").get_json()
    there = {entry["fullUrl"] for entry in document["entry"]}
    named = set(references(document))
    assert named
    assert named <= there


def references(value: Any) -> Any:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def test_a_patient_with_nothing_yet_gets_files_as_well(people, signed_in):
    browser = signed_in(people.patient(intake_done=False, consents=()))
    assert all(rows == [] for rows in tables_in(browser.get("/account/data/tables.zip").data).values())
    [entry] = browser.get("/account/data/fhir.json").get_json()["entry"]
    assert entry["resource"]["resourceType"] == "Patient"
    assert browser.get("/account/data/record.json").get_json()["record"]["plan"]["rows"] == []


def test_a_message_of_another_patient_is_in_nobody_elses_file(rich, signed_in, database, people):
    other = people.patient(rich.physio, name="Other Person")
    database.add(Message(patient_id=other.id, author_id=other.id, text="not yours", sent_at=rich.at))
    database.commit()
    text = signed_in(rich.patient).get("/account/data/record.json").text
    assert "not yours" not in text
    assert str(other.id) not in text
