"""Notes, calls and appointments of a patient, and the clinic's message templates. HTTP only."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.access import patient_for
from tracker.accounts.forms import EmptyForm
from tracker.accounts.rules import safe_path
from tracker.clinic import note_service, note_texts
from tracker.clinic.forms import AppointmentForm, NoteForm, TemplateForm
from tracker.clinic.room_views import CONFLICT, INVALID, clinic_pages
from tracker.clock import zone
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person

NOTES_ON_THE_PAGE: Final = 5
MOST_SHOWN: Final = 200


def panel(whom: Person) -> dict[str, Any]:
    """What the patient's page says of it."""
    form = NoteForm(formdata=None)
    form.text.id = "note-text"  # a message is written on the same page, in a field of the same name
    return {
        "notes": note_service.notes_of(db(), whom.id, limit=NOTES_ON_THE_PAGE),
        "appointments": note_service.upcoming(db(), whom.id, now()),
        "note_form": form,
        "note_texts": note_texts,
    }


def _refusal(keep: Callable[..., Any], **what: Any) -> Any:
    """Keep it for good; None, or the sentence that says why it was not kept."""
    try:
        keep(db(), at=now(), **what)
    except note_service.NotKeptError as error:
        db().rollback()
        return note_texts.NOT_KEPT[error.key]
    db().commit()
    return None


def _back_to(whom: Person) -> str:
    """Where something kept leads: back to the list for whoever did it there, else to the patient."""
    return safe_path(request.form.get("next")) or url_for(".patient", patient_id=whom.id, _anchor="notes")


# ---------------------------------------------------------------------------------------------- notes and calls


@clinic_pages.route("/patients/<uuid:patient_id>/notes", methods=["GET", "POST"])
def notes(patient_id: UUID) -> ResponseReturnValue:
    """Every note and call about a patient, the newest first, and a place to write one."""
    whom = patient_for(db(), viewer(), patient_id, purpose="note.read", at=now())
    form = NoteForm()
    status = INVALID if form.is_submitted() else 200
    if form.validate_on_submit():
        refusal = _refusal(
            note_service.add_note, patient=whom, author=viewer(), kind=form.kind.data, text=form.text.data
        )
        if refusal is None:
            flash(_("Noted."), "success")
            return redirect(_back_to(whom))
        flash(refusal, "warning")
        status = CONFLICT
    lines = note_service.notes_of(db(), whom.id, limit=MOST_SHOWN)
    return render_template("clinic/notes.html", patient=whom, form=form, notes=lines, note_texts=note_texts), status


# ---------------------------------------------------------------------------------------------- appointments


@clinic_pages.route("/patients/<uuid:patient_id>/appointments", methods=["GET", "POST"])
def appointments(patient_id: UUID) -> ResponseReturnValue:
    """What lies ahead, and a place to note an appointment, by the clock of whoever notes it."""
    whom = patient_for(db(), viewer(), patient_id, purpose="appointment.read", at=now())
    form = AppointmentForm()
    status = INVALID if form.is_submitted() else 200
    if form.validate_on_submit():
        refusal = _refusal(
            note_service.book, patient=whom, physio=viewer(), starts_at=_instant(form), note=form.note.data
        )
        if refusal is None:
            flash(_("Noted. %(name)s sees it among the messages.", name=whom.name), "success")
            return redirect(_back_to(whom))
        form.day.errors = [refusal]
        status = INVALID
    return render_template(
        "clinic/appointments.html",
        patient=whom,
        form=form,
        appointments=note_service.upcoming(db(), whom.id, now()),
        button=EmptyForm(formdata=None),
    ), status


def _instant(form: AppointmentForm) -> datetime:
    """The instant that the form means where its writer is. In the hour that does not exist in spring, the one after
    it; in the hour that comes twice in autumn, the first.
    """
    there = datetime.combine(form.day.data, form.time.data, tzinfo=zone(viewer().time_zone))
    try:
        return there.astimezone(UTC)
    except OverflowError:  # at the very ends of the calendar, where a few hours make no difference
        return there.replace(tzinfo=UTC)


@clinic_pages.post("/patients/<uuid:patient_id>/appointments/<uuid:appointment_id>/cancel")
def cancel_appointment(patient_id: UUID, appointment_id: UUID) -> ResponseReturnValue:
    """Take an appointment back."""
    whom = patient_for(db(), viewer(), patient_id, purpose="appointment.write", at=now())
    note_service.cancel(db(), patient=whom, actor=viewer(), appointment_id=appointment_id, at=now())
    db().commit()
    flash(_("The appointment is taken back."), "success")
    return redirect(url_for(".patient", patient_id=whom.id, _anchor="notes"))


# ---------------------------------------------------------------------------------------------- words written often


@clinic_pages.route("/message-templates", methods=["GET", "POST"])
def message_templates() -> ResponseReturnValue:
    """The words that a message can begin with; own ones are the whole clinic's."""
    form = TemplateForm()
    status = INVALID if form.is_submitted() else 200
    if form.validate_on_submit():
        refusal = _refusal(note_service.save_template, author=viewer(), title=form.title.data, text=form.text.data)
        if refusal is None:
            flash(_("Kept. Every colleague of the practice finds it."), "success")
            return redirect(url_for(".message_templates"))
        flash(refusal, "warning")
        status = CONFLICT
    return render_template(
        "messages/templates.html",
        form=form,
        templates=note_texts.templates(note_service.own_templates(db(), viewer().clinic_id)),
        button=EmptyForm(formdata=None),
    ), status


@clinic_pages.post("/message-templates/<uuid:template_id>/archive")
def archive_template(template_id: UUID) -> ResponseReturnValue:
    """Offer these words no more; what was sent with them stays."""
    note_service.archive_template(db(), actor=viewer(), template_id=template_id, at=now())
    db().commit()
    flash(_("These words are no longer offered."), "success")
    return redirect(url_for(".message_templates"))
