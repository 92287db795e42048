"""The physiotherapist's pages: list of patients, invitation, one patient with messages and examination, one session.
HTTP only.

One blueprint, `clinic_pages`, for clinicians. Whose record may be opened is decided by `accounts.access.patient_for`,
which also writes the audit line; sessions are opened with `read_health=True`, which needs the patient's consent.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.access import NotFound, patient_for, shares
from tracker.accounts.forms import EmptyForm
from tracker.accounts.models import ConsentKind, Role
from tracker.accounts.rules import normal_email
from tracker.accounts.service import consents_of, invite, open_invitations, record_audit, withdraw_invitation
from tracker.alerts import charts, parameters_service, workflow_service, worklist_service
from tracker.alerts import page_texts as alert_words
from tracker.alerts.errors import ConflictError
from tracker.alerts.forms import PresetForm
from tracker.clinic import diary_panel, message_service, service, texts
from tracker.clinic.forms import ExaminedForm, InviteForm, MessageForm
from tracker.clock import local_date
from tracker.diary import service as diary
from tracker.regimen import texts as plan_texts
from tracker.regimen.library import known
from tracker.regimen.service import author_names, current_plan, history
from tracker.training import ledger
from tracker.training import texts as training_texts
from tracker.training.measured import measured
from tracker.training.service import measured_before, number_of_sessions, own_session, session_lines
from tracker.web.context import db, now, record_changed, settings, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.training.service import SessionLine

clinic_pages = Blueprint("clinic_pages", __name__)

CONFLICT: Final = 409
INVALID: Final = 422
MESSAGES_ON_THE_PAGE: Final = 3
PATIENTS_PER_PAGE: Final = 50
SESSIONS_PER_PAGE: Final = 20


@clinic_pages.get("/patients")
def caseload() -> ResponseReturnValue:
    """My patients, those who need a look first; `?q=` finds a name."""
    rows = service.caseload(db(), viewer(), now())
    wanted = request.args.get("q", "").strip()
    found = [row for row in rows if wanted.casefold() in row.name.casefold()]
    pages = max(-(-len(found) // PATIENTS_PER_PAGE), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    shown = found[(page - 1) * PATIENTS_PER_PAGE : page * PATIENTS_PER_PAGE]
    # One line for the list, with the ids of those whose figures were on it: "who saw my record" has an answer.
    seen = {"patients": [str(row.id) for row in shown]}
    record_audit(db(), actor=viewer(), patient=None, action="caseload.read", subject="caseload", at=now(), detail=seen)
    return render_template(
        "clinic/caseload.html",
        rows=shown,
        found=len(found),
        total=len(rows),
        page=page,
        pages=pages,
        wanted=wanted,
        sparklines=service.sparklines(db(), shown, now()),
        at=now(),
        texts=texts,
        alert_words=alert_words,
        title_of=partial(
            plan_texts.title_of,
            definitions=known(db(), {item.exercise for row in shown for item in row.programme}),
        ),
        waiting=open_invitations(db(), viewer().id, now()),
    )


@clinic_pages.route("/patients/invite", methods=["GET", "POST"])
def invite_patient() -> ResponseReturnValue:
    """Make an invitation. Its link is shown once, on the page that answers the form, and stored nowhere."""
    form = InviteForm()
    link = None
    if form.validate_on_submit():
        _invitation, token = invite(
            db(),
            inviter=viewer(),
            role=Role.PATIENT,
            name=form.name.data.strip(),
            email=normal_email(form.email.data) if form.email.data else None,
            at=now(),
            lifetime=settings().invitation_lifetime,
        )
        db().commit()
        # From the settings, never from the request: a link that is passed on must not follow a forged Host header.
        link = settings().base_url + url_for("accounts.invitation", token=token)
    status = INVALID if form.is_submitted() and link is None else 200
    return render_template(
        "clinic/invite.html",
        form=form,
        link=link,
        lifetime_days=settings().invitation_lifetime.days,
        waiting=open_invitations(db(), viewer().id, now()),
    ), status


@clinic_pages.post("/patients/invite/<uuid:invitation_id>/withdraw")
def withdraw(invitation_id: UUID) -> ResponseReturnValue:
    """Close an invitation that nobody has used."""
    if not withdraw_invitation(db(), viewer(), invitation_id, now()):
        raise NotFound
    db().commit()
    flash(_("The invitation is withdrawn; its link does not work any more."), "success")
    return redirect(url_for(".invite_patient"))


@clinic_pages.get("/patients/<uuid:patient_id>")
def patient(patient_id: UUID) -> ResponseReturnValue:
    """One patient: what is open, pain and plan on one time line, what came of it, sessions. Without the consent to
    share, the plan and the messages only.
    """
    whom = patient_for(db(), viewer(), patient_id, purpose="patient.read", at=now())
    return _patient_page(whom)


def _patient_page(whom: Person, *, examined: ExaminedForm | None = None, status: int = 200) -> ResponseReturnValue:
    shared = shares(db(), whom.id)
    total = number_of_sessions(db(), whom.id) if shared else 0
    pages = max(-(-total // SESSIONS_PER_PAGE), 1)
    page = min(max(request.args.get("page", 1, type=int), 1), pages)
    stories = history(db(), whom.id)
    since = now() - timedelta(days=service.LONG_WINDOW_DAYS)
    plan = current_plan(db(), whom.id)
    lines = _lines(whom.id, page) if shared else []
    corrections = service.corrected_sessions(db(), whom.id, since=since) if shared else []
    shown = {item.exercise for item in plan.items} | {line.exercise for line in lines}
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
        **_messages(whom),
        examined=examined or _examined_form(whom),
    ), status


def _watch(whom: Person, stories: Any, *, shared: bool) -> dict[str, Any]:
    """What the diary and its alerts say; nothing of it without the consent to share."""
    if not shared:
        return {"alerts": [], "diary": None, "intake": None, "told": (), "episode": None, "preset": None}
    row = parameters_service.parameters_for(db(), whom).row
    own = row is not None and row.patient_id == whom.id
    return {
        "alerts": [line for line in worklist_service.worklist(db(), viewer(), now()) if line.patient_id == whom.id],
        "diary": diary_panel.panel(db(), whom, stories, now()),
        "intake": diary_panel.intake(db(), whom),
        "told": diary_panel.recent(db(), whom, now()),
        "episode": diary.episode_of(db(), whom.id),
        "preset": PresetForm(
            formdata=None,
            data={
                "preset": row.preset if row is not None and own else "clinic",
                "base_number": parameters_service.newest_number(db(), whom.clinic_id),
            },
        ),
    }


def _messages(whom: Person) -> dict[str, Any]:
    newest = message_service.thread(db(), whom.id, viewer().id, limit=MESSAGES_ON_THE_PAGE)
    return {
        "messages": newest,
        "unread": message_service.unread_answers(db(), [whom.id]).get(whom.id, 0),
        "write": MessageForm(formdata=None),
        "button": EmptyForm(formdata=None),
    }


def _lines(patient_id: UUID, page: int) -> list[SessionLine]:
    return session_lines(db(), patient_id, limit=SESSIONS_PER_PAGE, offset=(page - 1) * SESSIONS_PER_PAGE)


@clinic_pages.get("/patients/<uuid:patient_id>/sessions/<uuid:session_id>")
def session(patient_id: UUID, session_id: UUID) -> ResponseReturnValue:
    """One session: the repetition ledger, the chart, what the camera could not tell. Never any picture."""
    whom = patient_for(db(), viewer(), patient_id, purpose="session.read", at=now(), read_health=True)
    row = own_session(db(), whom.id, session_id)
    definitions = known(db(), [row.exercise])
    return render_template(
        "clinic/session.html",
        patient=whom,
        session=ledger.session_view(row, definitions),
        measured=measured(row, definitions.get(row.exercise), measured_before(db(), row)),
    )


# ---------------------------------------------------------------------------------------------- messages


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
            db().commit()
            flash(_("Sent. %(name)s is reminded once.", name=whom.name), "success")
            return answer
    return render_template(
        "messages/thread.html",
        patient=whom,
        form=form,
        alert_id=_as_id(request.values.get("alert", "")),
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


# ---------------------------------------------------------------------------------------------- diary and its alerts


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
