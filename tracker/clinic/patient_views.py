"""One patient: what is open, pain and plan, what came of it; the examination and the numbers of alerts. HTTP only.

Every other room of the clinic that shows something on this page has a function `panel(whom)` that gives its part of the
page's words, and a template of its own that the page includes.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts import care_service
from tracker.accounts.access import patient_for, shares
from tracker.accounts.models import ConsentKind
from tracker.accounts.service import consents_of
from tracker.alerts import charts, parameters_service, worklist_service
from tracker.alerts import page_texts as alert_words
from tracker.alerts.errors import ConflictError
from tracker.alerts.forms import PresetForm
from tracker.clinic import diary_panel, note_views, proposal_views, service, texts, thread_views
from tracker.clinic.forms import ExaminedForm
from tracker.clinic.room_views import INVALID, clinic_pages
from tracker.clock import local_date
from tracker.diary import service as diary
from tracker.regimen import texts as plan_texts
from tracker.regimen.library import known
from tracker.regimen.service import author_names, current_plan, history, lock_of, standing_of
from tracker.training import ledger
from tracker.training import texts as training_texts
from tracker.training.service import number_of_sessions, session_lines
from tracker.web.context import db, now, record_changed, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.training.service import SessionLine

SESSIONS_PER_PAGE: Final = 20


@clinic_pages.get("/patients/<uuid:patient_id>")
def patient(patient_id: UUID) -> ResponseReturnValue:
    """One patient: what is open, pain and plan on one time line, what came of it, sessions. Without the consent to
    share, the plan and the messages only.
    """
    whom = patient_for(db(), viewer(), patient_id, purpose="patient.read", at=now())
    return _patient_page(whom)


def _patient_page(whom: Person, *, examined: ExaminedForm | None = None, status: int = 200) -> ResponseReturnValue:
    shared = shares(db(), whom.id)
    only = request.args.get("exercise") or None
    total = number_of_sessions(db(), whom.id, exercise=only) if shared else 0
    pages = max(-(-total // SESSIONS_PER_PAGE), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    stories = history(db(), whom.id, shared=shared)
    since = now() - timedelta(days=service.LONG_WINDOW_DAYS)
    plan = current_plan(db(), whom.id)
    lines = _lines(whom.id, page, only) if shared else []
    corrections = service.corrected_sessions(db(), whom.id, since=since) if shared else []
    shown = {only} if only else set()
    shown |= {item.exercise for item in plan.items} | {line.exercise for line in lines}
    shown |= {change.exercise for story in stories for change in story.changes} | {row[1] for row in corrections}
    definitions = known(db(), shown)
    return render_template(
        "clinic/patient.html",
        patient=whom,
        shared=shared,
        consents=consents_of(db(), whom.id),
        consent_kinds=list(ConsentKind),
        plan=plan,
        stories=stories,
        names=author_names(db(), stories),
        figures=service.figures(db(), whom, now()) if shared else None,
        lines=lines,
        corrections=corrections,
        page=page,
        pages=pages,
        total=total,
        only=only,
        handed=care_service.handed_over(db(), whom.id, viewer().id, now()),
        texts=texts,
        plan_texts=plan_texts,
        training_texts=training_texts,
        title_of=partial(ledger.title_of, definitions=definitions),
        kind_of=partial(ledger.kind_of, definitions=definitions),
        definitions=definitions,
        at=now(),
        alert_words=alert_words,
        charts=charts,
        **_watch(whom, stories, shared=shared),
        **thread_views.panel(whom),
        **note_views.panel(whom),
        **(proposal_views.panel(whom) if shared else {}),
        examined=examined or _examined_form(whom),
    ), status


def _watch(whom: Person, stories: Any, *, shared: bool) -> dict[str, Any]:
    """What the diary and its alerts say; nothing of it without the consent to share."""
    if not shared:
        nothing = {"diary": None, "intake": None, "episode": None, "preset": None, "lock": None}
        return {"alerts": [], "told": (), **nothing}
    row = parameters_service.parameters_for(db(), whom).row
    own = row is not None and row.patient_id == whom.id
    return {
        "alerts": [line for line in worklist_service.worklist(db(), viewer(), now()) if line.patient_id == whom.id],
        "diary": diary_panel.panel(db(), whom, stories, now()),
        "intake": diary_panel.intake(db(), whom),
        "told": diary_panel.recent(db(), whom, now()),
        "episode": diary.episode_of(db(), whom.id),
        "lock": lock_of(standing_of(db(), whom.id)),
        "preset": PresetForm(
            formdata=None,
            data={
                "preset": row.preset if row is not None and own else "clinic",
                "base_number": parameters_service.newest_number(db(), whom.clinic_id),
            },
        ),
    }


def _lines(patient_id: UUID, page: int, only: str | None) -> list[SessionLine]:
    first = (page - 1) * SESSIONS_PER_PAGE
    return session_lines(db(), patient_id, limit=SESSIONS_PER_PAGE, offset=first, exercise=only)


@clinic_pages.post("/patients/<uuid:patient_id>/examined")
def examined(patient_id: UUID) -> ResponseReturnValue:
    """Note an examination and the day of the next look: from then on that day governs, not the rules of time."""
    whom = patient_for(db(), viewer(), patient_id, purpose="episode.examine", at=now(), read_health=True)
    form = ExaminedForm()
    today = local_date(now(), whom.time_zone)
    if not form.validate_on_submit() or not form.fits(today):
        return _patient_page(whom, examined=form, status=INVALID)
    diary.set_examined(db(), whom, form.examined_on.data, form.review_on.data, viewer(), now())
    record_changed(whom.id)
    db().commit()
    flash(_("Noted."), "success")
    return redirect(url_for(".patient", patient_id=whom.id))


def _examined_form(whom: Person) -> ExaminedForm:
    episode = diary.episode_of(db(), whom.id)
    kept = {"examined_on": episode.examined_on, "review_on": episode.review_on} if episode else {}
    return ExaminedForm(formdata=None, data=kept)


@clinic_pages.post("/patients/<uuid:patient_id>/alert-numbers")
def alert_numbers(patient_id: UUID) -> ResponseReturnValue:
    """How quickly alerts are raised for this patient."""
    whom = patient_for(db(), viewer(), patient_id, purpose="alert_parameters.write", at=now(), read_health=True)
    form = PresetForm()
    if not form.validate_on_submit():
        flash(_("Nothing was changed. Please choose again."), "warning")
        return redirect(url_for(".patient", patient_id=whom.id))
    try:
        parameters_service.save_parameters(
            db(),
            whom.clinic_id,
            preset=form.preset.data,
            base_number=form.base_number.data,
            actor=viewer(),
            at=now(),
            patient_id=whom.id,
        )
    except ConflictError as error:
        db().rollback()
        flash(alert_words.conflict_text(error.reason), "warning")
        return redirect(url_for(".patient", patient_id=whom.id))
    record_changed(whom.id)
    db().commit()
    flash(_("Saved. It counts from now on; what is open stays open."), "success")
    return redirect(url_for(".patient", patient_id=whom.id))
