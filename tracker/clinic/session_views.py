"""One session: the replay of stored joint positions beside the ideal movement, the chart, the ledger, and what the
camera could not tell. Never any picture. HTTP only.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING
from uuid import UUID

from flask import make_response, render_template, request
from flask_babel import gettext as _

from tracker.accounts.access import patient_for
from tracker.clinic import replay_service, texts
from tracker.clinic.replay_data import review_of
from tracker.clinic.room_views import clinic_pages
from tracker.regimen.library import known
from tracker.training import ledger
from tracker.training.measured import measured
from tracker.training.service import measured_before, own_session
from tracker.training.tracks import TrackError
from tracker.web.context import db, now, settings, viewer
from tracker.web.logs import log

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

UNREADABLE = 422


@clinic_pages.get("/patients/<uuid:patient_id>/sessions/<uuid:session_id>")
def session(patient_id: UUID, session_id: UUID) -> ResponseReturnValue:
    """One session, set by set. The joint positions themselves come when a set is opened for replay (`track`)."""
    whom = patient_for(db(), viewer(), patient_id, purpose="session.read", at=now(), read_health=True)
    row = own_session(db(), whom.id, session_id)
    definitions = known(db(), [row.exercise])
    definition = definitions.get(row.exercise)
    view = ledger.session_view(row, definitions, charts=False)
    kept_for = settings().tracks_kept
    kept = replay_service.kept_of(db(), row, at=now(), kept=kept_for)
    return render_template(
        "clinic/session.html",
        patient=whom,
        session=view,
        reviews=[
            review_of(each, shown, definition, kept[each.id], kept_for=kept_for)
            for each, shown in zip(row.sets, view.sets, strict=True)
        ],
        has_figure=definition is not None,
        measured=measured(row, definition, measured_before(db(), row)),
        texts=texts,
    )


@clinic_pages.get("/patients/<uuid:patient_id>/sessions/<uuid:session_id>/sets/<uuid:set_id>/track")
def track(patient_id: UUID, session_id: UUID, set_id: UUID) -> ResponseReturnValue:
    """The joint positions of one set (training/tracks.py), as they are stored: packed, so that nothing has to be done
    to them here; a program that cannot unpack gets them unpacked. Nothing on the way may keep them.
    """
    whom = patient_for(db(), viewer(), patient_id, purpose="track.read", at=now(), read_health=True)
    try:
        packed = replay_service.packed_track(db(), whom.id, session_id, set_id, at=now())
    except TrackError as error:
        log.warning("stored track unreadable", patient_id=str(whom.id), reason=error.key)
        return _unreadable()
    takes_gzip = request.accept_encodings["gzip"] > 0
    response = make_response(packed if takes_gzip else gzip.decompress(packed))
    response.content_type = "application/octet-stream"
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("Accept-Encoding")
    if takes_gzip:
        response.headers["Content-Encoding"] = "gzip"
    return response


def _unreadable() -> ResponseReturnValue:
    page = render_template(
        "errors/page.html",
        status=UNREADABLE,
        title=_("This set cannot be replayed"),
        text=_(
            "The stored joint positions cannot be read. The chart and the list of repetitions do not need them and are "
            "complete; go back to the session."
        ),
    )
    return page, UNREADABLE
