"""A patient reads what their physiotherapist wrote and answers: HTTP only.

Opening the page is reading: what was new is shown as new this once. The physiotherapist's side of a thread is with the
patient's page, in `views`.

messages/inbox.html: `lines` (message_service.Line, newest first), `form`, `readers` (names of who cares for the
patient; empty: nobody would read an answer), `numbers` (accounts.emergency.Numbers), `appointments` (the next one).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.emergency import numbers_for
from tracker.accounts.service import physios_of
from tracker.clinic import message_service, note_service
from tracker.clinic.forms import MessageForm
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

message_pages = Blueprint("message_pages", __name__)

CONFLICT: Final = 409
INVALID: Final = 422


@message_pages.route("/messages", methods=["GET", "POST"])
def inbox() -> ResponseReturnValue:
    """One's messages, the newest first, and a place to answer."""
    form = MessageForm()
    if form.validate_on_submit():
        try:
            message_service.send(db(), patient=viewer(), author=viewer(), text=form.text.data, at=now())
        except message_service.TooManyMessagesError:
            flash(_("That is a lot for one day. Nothing was sent; please call the practice instead."), "warning")
            return _page(form, CONFLICT)
        except message_service.NobodyReadsError:
            flash(_("Nobody cares for you in this programme at the moment, so nobody would read it."), "warning")
            return _page(form, CONFLICT)
        db().commit()
        flash(_("Sent. Nobody watches this live; an answer can take some days."), "success")
        return redirect(url_for(".inbox"))
    return _page(form, INVALID if form.is_submitted() else 200)


def _page(form: MessageForm, status: int) -> ResponseReturnValue:
    lines = message_service.thread(db(), viewer().id, viewer().id)
    if request.method == "GET":
        message_service.read_by_patient(db(), viewer(), now())
    return render_template(
        "messages/inbox.html",
        lines=lines,
        form=form,
        readers=[each.name for each in physios_of(db(), viewer().id, now())],
        numbers=numbers_for(viewer()),
        appointments=note_service.upcoming(db(), viewer().id, now())[:1],
    ), status
