"""The physiotherapist's pages: list of patients, invitation, one patient, one session. HTTP only.

One blueprint, `clinic_pages`, for clinicians. Whose record may be opened is decided by `accounts.access.patient_for`,
which also writes the audit line; sessions are opened with `read_health=True`, which needs the patient's consent.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.access import NotFound, patient_for, shares
from tracker.accounts.models import ConsentKind, Role
from tracker.accounts.rules import normal_email
from tracker.accounts.service import consents_of, invite, open_invitations, record_audit, withdraw_invitation
from tracker.clinic import service, texts
from tracker.clinic.forms import InviteForm
from tracker.regimen import texts as plan_texts
from tracker.regimen.library import known
from tracker.regimen.service import author_names, current_plan, history
from tracker.training import ledger
from tracker.training import texts as training_texts
from tracker.training.measured import measured
from tracker.training.service import measured_before, number_of_sessions, own_session, session_lines
from tracker.web.context import db, now, settings, viewer

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from tracker.training.service import SessionLine

clinic_pages = Blueprint("clinic_pages", __name__)

INVALID: Final = 422
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
        texts=texts,
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
    """One patient: plan, what came of it, sessions. Without the consent to share, the plan only."""
    whom = patient_for(db(), viewer(), patient_id, purpose="patient.read", at=now())
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
    )


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
