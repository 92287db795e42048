"""Pages about what is kept of somebody: take it along, see what stays and why, erase it. For the patient, for the
physiotherapist who cares for them, and for whoever runs the clinic.

Every export is a line in the audit trail, written before the first byte leaves. The complete record is sent while it is
read, on a connection of its own. Names of files hold a date and the beginning of an id, no name: they end up in lists
of downloads, on shared computers and in e-mails.
"""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, flash, make_response, redirect, render_template, send_file, url_for
from flask import session as page_session
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from tracker.accounts import access
from tracker.accounts import service as accounts
from tracker.accounts.models import Person
from tracker.accounts.rules import normal_email
from tracker.accounts.views import INVALID, is_own_password
from tracker.clock import local_date
from tracker.db import session_factory
from tracker.records import csv_service, erasure_service, fhir_service, json_service
from tracker.records.forms import EraseForm, EraseForSomebodyForm
from tracker.web import sign_in as browser
from tracker.web.context import db, now, services, viewer

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue

record_pages = Blueprint("record_pages", __name__)
my_record_pages = Blueprint("my_record_pages", __name__)
erasure_pages = Blueprint("erasure_pages", __name__)

NOT_YOURS: Final = lazy_gettext("This is not your password.")

EXPORTED: Final = "record.exported"
_SHORT_ID: Final = 8


# ---------------------------------------------------------------------------------------------- for a clinician


@record_pages.get("/patients/<uuid:patient_id>/exports")
def patient_exports(patient_id: uuid.UUID) -> ResponseReturnValue:
    """What can be taken out of a patient's record."""
    patient = _theirs(patient_id, "record.read")
    return render_template("records/exports.html", patient=patient)


@record_pages.get("/patients/<uuid:patient_id>/exports/record.json")
def patient_json(patient_id: uuid.UUID) -> ResponseReturnValue:
    return _json(_theirs(patient_id, EXPORTED))


@record_pages.get("/patients/<uuid:patient_id>/exports/tables.zip")
def patient_tables(patient_id: uuid.UUID) -> ResponseReturnValue:
    return _tables(_theirs(patient_id, EXPORTED))


@record_pages.get("/patients/<uuid:patient_id>/exports/fhir.json")
def patient_fhir(patient_id: uuid.UUID) -> ResponseReturnValue:
    return _fhir(_theirs(patient_id, EXPORTED))


def _theirs(patient_id: uuid.UUID, purpose: str) -> Person:
    return access.patient_for(db(), viewer(), patient_id, purpose=purpose, at=now(), read_health=True)


# ---------------------------------------------------------------------------------------------- for the patient


@my_record_pages.get("/account/data")
def own() -> ResponseReturnValue:
    """One's data: take it along, what is kept and why, take consents back, erase everything."""
    return render_template("records/data.html")


@my_record_pages.get("/account/data/record.json")
def own_json() -> ResponseReturnValue:
    return _json(_mine())


@my_record_pages.get("/account/data/tables.zip")
def own_tables() -> ResponseReturnValue:
    return _tables(_mine())


@my_record_pages.get("/account/data/fhir.json")
def own_fhir() -> ResponseReturnValue:
    return _fhir(_mine())


def _mine() -> Person:
    return access.patient_for(db(), viewer(), viewer().id, purpose=EXPORTED, at=now())


@my_record_pages.route("/account/data/erase", methods=["GET", "POST"])
def erase_own() -> ResponseReturnValue:
    """Erase everything, after a word and the password: what an open browser can do must not be undone by nobody."""
    person = viewer()
    form = EraseForm()
    if not (form.validate_on_submit() and is_own_password(person, form.current, NOT_YOURS)):
        urgent = erasure_service.open_urgent_of(db(), person.id)
        page = render_template("records/erase.html", form=form, urgent=urgent)
        return page, INVALID if form.is_submitted() else 200
    erasure_service.erase(db(), person, asked_by=person, at=now())
    db().commit()
    page_session.clear()
    flash(_("Your record is erased and you are signed out everywhere. Goodbye, and all the best."), "success")
    answer = browser.clear_cookies(make_response(redirect(url_for("accounts.sign_in"))))
    # What this browser still holds: sessions that waited to be sent, pages for when there is no connection.
    answer.headers["Clear-Site-Data"] = '"storage"'
    return answer


# ---------------------------------------------------------------------------------------------- for the clinic


@erasure_pages.route("/clinic-settings/erasure", methods=["GET", "POST"])
def erase_for_somebody() -> ResponseReturnValue:
    """Erase a patient's record on their request. They are named by their address: no list of patients is shown to those
    who treat nobody.
    """
    admin = viewer()
    form = EraseForSomebodyForm()
    patient = _named_patient(form) if form.validate_on_submit() else None
    if patient is None or not is_own_password(admin, form.current, NOT_YOURS):
        return _erasure_page(form, INVALID if form.is_submitted() else 200)
    done = erasure_service.erase(db(), patient, asked_by=admin, at=now())
    db().commit()
    flash(_("The record is erased. The list below keeps the proof."), "success")
    if done.open_urgent:
        flash(_("Something urgent was open in it. Whoever cared for the patient has been told."), "warning")
    return redirect(url_for(".erase_for_somebody"))


def _named_patient(form: Any) -> Person | None:
    named = form.whom.data.strip()
    found = erasure_service.patient_to_erase(db(), viewer().clinic_id, normal_email(named) or named)
    if found is None:
        form.whom.errors = [*form.whom.errors, _("There is no patient with this address or number in your clinic.")]
    return found


def _erasure_page(form: Any, status: int) -> ResponseReturnValue:
    rows = erasure_service.erasures_of(db(), viewer().clinic_id)
    names: dict[uuid.UUID | None, str] = {each.id: each.name for each in accounts.staff_of(db(), viewer().clinic_id)}
    lines = [
        {
            "day": local_date(row.at, viewer().time_zone),
            "id": row.person_id,
            "rows": sum(row.counts.values()),
            "by": names.get(row.asked_by) if row.asked_by != row.person_id else _("the patient"),
        }
        for row in rows
    ]
    return render_template("records/erasure.html", form=form, lines=lines), status


# ---------------------------------------------------------------------------------------------- files


def _json(person: Person) -> ResponseReturnValue:
    """The complete record, sent while it is read. What has been read so far is in nobody's memory any more."""
    engine, at, whose = services().engine, now(), person.id

    def pieces() -> Iterator[str]:
        with session_factory(engine, reads_only=True)() as session:
            json_service.snapshot(session)
            yield from json_service.pieces(session, session.get_one(Person, whose), at)

    return _as_file(Response(pieces(), mimetype="application/json"), person, "json")


def _tables(person: Person) -> ResponseReturnValue:
    out = BytesIO()
    with session_factory(services().engine, reads_only=True)() as session:
        json_service.snapshot(session)
        csv_service.write_zip(session, session.get_one(Person, person.id), now(), out)
    out.seek(0)
    return _as_file(send_file(out, mimetype="application/zip"), person, "zip")


def _fhir(person: Person) -> ResponseReturnValue:
    found = fhir_service.checked_bundle(db(), person, now())
    return _as_file(Response(found, mimetype="application/fhir+json"), person, "fhir.json")


def _as_file(answer: Response, person: Person, ending: str) -> Response:
    day = local_date(now(), viewer().time_zone).isoformat()
    name = f"rhomboid-{day}-{person.id.hex[:_SHORT_ID]}.{ending}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
