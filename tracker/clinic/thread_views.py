"""What patient and physiotherapist write to each other, as the physiotherapist sees it. HTTP only."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.access import NotFound, patient_for
from tracker.accounts.forms import EmptyForm
from tracker.accounts.rules import safe_path
from tracker.alerts import workflow_service, worklist_service
from tracker.alerts.errors import ConflictError
from tracker.clinic import message_service, note_service, note_texts
from tracker.clinic.forms import MessageForm
from tracker.clinic.room_views import CONFLICT, INVALID, clinic_pages
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person

MESSAGES_ON_THE_PAGE: Final = 3


def panel(whom: Person) -> dict[str, Any]:
    newest = message_service.thread(db(), whom.id, viewer().id, limit=MESSAGES_ON_THE_PAGE)
    return {
        "messages": newest,
        "unread": message_service.unread_answers(db(), [whom.id]).get(whom.id, 0),
        "write": MessageForm(formdata=None),
        "button": EmptyForm(formdata=None),
    }


@clinic_pages.route("/patients/<uuid:patient_id>/messages", methods=["GET", "POST"])
def messages(patient_id: UUID) -> ResponseReturnValue:
    """Everything that was written, and a place to write. A message about an alert leads back to it."""
    purpose = "message.write" if request.method == "POST" else "message.read"
    whom = patient_for(db(), viewer(), patient_id, purpose=purpose, at=now())
    form = MessageForm()
    status = INVALID if form.is_submitted() else 200
    if form.validate_on_submit():
        try:
            message_service.send(db(), patient=whom, author=viewer(), text=form.text.data, at=now())
        except message_service.TooManyMessagesError:
            db().rollback()
            flash(_("That is a lot for one day, so this one was not sent. Please call instead."), "warning")
            status = CONFLICT
        else:
            answer = _note_contact(request.form.get("alert", ""), whom)
            back = safe_path(request.form.get("next"))
            db().commit()
            flash(_("Sent. %(name)s is reminded once.", name=whom.name), "success")
            return redirect(back) if back else answer
    begins = note_texts.templates(note_service.own_templates(db(), whom.clinic_id))
    picked = next((each for each in begins if each.key == request.args.get("template")), None)
    if picked is not None and not form.is_submitted():
        form.text.data = str(picked.text)
    return render_template(
        "messages/thread.html",
        patient=whom,
        form=form,
        alert_id=_as_id(request.values.get("alert", "")),
        begins=begins,
        picked=picked,
        lines=message_service.thread(db(), whom.id, viewer().id),
        waiting=message_service.unread_answers(db(), [whom.id]).get(whom.id, 0),
    ), status


def _note_contact(alert: str, whom: Person) -> ResponseReturnValue:
    """Where a message leads. One about an open alert is noted there, so that colleagues see that contact was made."""
    alert_id = _as_id(alert)
    if alert_id is None:
        return redirect(url_for(".patient", patient_id=whom.id, _anchor="messages"))
    view = worklist_service.alert_for(db(), viewer(), alert_id, now())
    if view.patient.id != whom.id:
        raise NotFound
    # Where it was closed meanwhile, the message goes out all the same, and the record of messages says so.
    with suppress(ConflictError):
        workflow_service.note_contact(db(), view.alert, viewer(), now(), how="message")
    return redirect(url_for("alert_pages.alert", alert_id=alert_id))


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@clinic_pages.post("/patients/<uuid:patient_id>/messages/read")
def messages_read(patient_id: UUID) -> ResponseReturnValue:
    """What the patient wrote has been read; the list does not mention it any more."""
    whom = patient_for(db(), viewer(), patient_id, purpose="message.marked_read", at=now())
    message_service.mark_answers_read(db(), whom.id, now())
    db().commit()
    return redirect(url_for(".patient", patient_id=whom.id, _anchor="messages"))
