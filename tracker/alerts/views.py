"""Pages of escalation: HTTP only.

Blueprints: `alert_pages` for clinicians (the worklist, one alert and what is done about it), `outcome_pages` for
patients (what came of it), `alert_settings_pages` for who runs the clinic (in `settings_views`). Whose alert may be
opened is decided by `worklist_service.alert_for`, which also writes the audit line; an action asks it again before it
does anything. When somebody else was faster, the answer is the page as it stands now, with a sentence (409).

What templates receive:

alerts/worklist.html: `lines` (worklist_service.AlertLine), `counts` (by view), `view`, `from_level`, `escalated`
(worklist_service.Escalated, which wait for a stand-in), `at`, `texts`, `page_texts`.

alerts/alert.html: `view` (worklist_service.AlertView), `events` (its events in order), `chart`
(training.charts.ChartView or None), `forms` (by action), `opened` (the action whose form has to be looked at again, or
None), `replays` (service.Replay, when asked for), `settled` (the alerts that accepting a usual level closes; empty
where it is not offered), `told` (told_words.Told of the days it is about), `at`, `texts`, `page_texts`.

alerts/outcome.html: `alert`, `form`, `release` (forms.ReleaseForm, or None while somebody watches), `alone` (nobody
watches), `numbers`, `page_texts`.

The pages of `alert_settings_pages` are in `settings_views`.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_datetime
from flask_babel import gettext as _

from tracker.accounts.access import record_list
from tracker.accounts.emergency import numbers_for
from tracker.accounts.forms import EmptyForm
from tracker.accounts.rules import safe_path
from tracker.alerts import charts, page_texts, safety_service, service, texts, workflow_service, worklist_service
from tracker.alerts.errors import ConflictError
from tracker.alerts.forms import (
    BASELINE,
    CLOSE,
    CONFIRM,
    SNOOZE,
    ActionForm,
    BaselineForm,
    CloseForm,
    OutcomeForm,
    ReleaseForm,
    SnoozeForm,
)
from tracker.alerts.settings_views import alert_settings_pages
from tracker.alerts.workflow_service import Outcome
from tracker.clock import local_date
from tracker.diary import told_words
from tracker.regimen.rules_levels import Level
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from tracker.alerts.models import Alert
    from tracker.alerts.worklist_service import AlertLine, AlertView
    from tracker.training.charts import ChartView

__all__ = ["alert_pages", "alert_settings_pages", "outcome_pages"]

alert_pages = Blueprint("alert_pages", __name__)
outcome_pages = Blueprint("outcome_pages", __name__)

CONFLICT: Final = 409
INVALID: Final = 422
CHART_DAYS: Final = timedelta(days=42)
"""How far before an alert its chart begins: the run-in and as much again, so that "usual" can be seen to be usual."""
CHART_DAYS_AFTER: Final = timedelta(days=14)


# ---------------------------------------------------------------------------------------------- worklist


@alert_pages.get("/alerts")
def worklist() -> ResponseReturnValue:
    """What is open, the most urgent first; `?show=` and `?from=` narrow it down."""
    view = request.args.get("show", "open")
    view = view if view in page_texts.VIEWS else "open"
    from_level = request.args.get("from", 1, type=int)
    from_level = from_level if from_level in page_texts.FROM_LEVEL else 1
    lines = worklist_service.worklist(db(), viewer(), now())
    escalated = worklist_service.escalated_to(db(), viewer(), now())
    counts = {key: sum(_belongs(key, line) for line in lines) for key in page_texts.VIEWS if key != "closed"}
    # They stand above the list and wait for an acknowledgement as well: the badge in the menu counts them too.
    counts["new"] += len(escalated)
    shown = (
        worklist_service.recently_closed(db(), viewer(), now())
        if view == "closed"
        else [line for line in lines if _belongs(view, line)]
    )
    urgent_enough = [line for line in shown if line.alert.level >= from_level]
    record_list(db(), viewer(), (line.patient_id for line in urgent_enough), subject="worklist", at=now())
    return render_template(
        "alerts/worklist.html",
        lines=urgent_enough,
        hidden=sum(line.alert.level < from_level for line in shown),
        counts=counts,
        view=view,
        from_level=from_level,
        escalated=escalated,
        at=now(),
        button=EmptyForm(formdata=None),
        texts=texts,
        page_texts=page_texts,
    )


def _belongs(view: str, line: AlertLine) -> bool:
    """Whether a line of the worklist belongs into this view of it."""
    alert = line.alert
    return {
        "open": True,
        "new": line.asks,
        "owned": alert.acknowledged_at is not None,
        "snoozed": line.snoozed,
        "settled": alert.resolved_at is not None,
    }[view]


@alert_pages.post("/alerts/<uuid:alert_id>/stand-in")
def stand_in(alert_id: UUID) -> ResponseReturnValue:
    """Take over, for a week, a patient whose alert nobody has acknowledged."""
    try:
        workflow_service.stand_in(db(), viewer(), alert_id, now())
    except ConflictError as error:
        db().rollback()
        flash(page_texts.conflict_text(error.reason), "warning")
        return redirect(url_for(".worklist"))
    db().commit()
    flash(_("You stand in for seven days and see this patient's record. Everybody can see that you do."), "success")
    return redirect(url_for(".alert", alert_id=alert_id))


# ---------------------------------------------------------------------------------------------- one alert


@alert_pages.get("/alerts/<uuid:alert_id>")
def alert(alert_id: UUID) -> ResponseReturnValue:
    """Why it was raised, what happened since, and what can be done about it."""
    return _page(worklist_service.alert_for(db(), viewer(), alert_id, now()))


def _page(view: AlertView, *, bad: tuple[str, Any] | None = None, status: int = 200) -> ResponseReturnValue:
    """The page of an alert; `bad`: the action whose form has to be looked at again."""
    forms: dict[str, Any] = {
        "snooze": SnoozeForm(formdata=None, prefix=SNOOZE),
        "close": CloseForm(formdata=None, prefix=CLOSE),
        "baseline": BaselineForm(formdata=None, prefix=BASELINE, data={"value": view.suggested_baseline}),
        "confirm": ActionForm(formdata=None, prefix=CONFIRM),
    }
    if bad is not None:
        forms[bad[0]] = bad[1]
    replays = service.replay_alert(db(), view.alert) if request.args.get("replay") else None
    return render_template(
        "alerts/alert.html",
        view=view,
        # In one transaction everything happens at the same instant; what was raised comes before who was told.
        events=sorted(view.events, key=lambda line: (line.at, line.kind not in {"raised", "rose"})),
        chart=_chart(view),
        forms=forms,
        opened=bad[0] if bad else None,
        button=EmptyForm(formdata=None),
        replays=replays,
        settled=workflow_service.closed_by_accepting(db(), view.alert),
        told=told_words.of_days(db(), view.patient, {line.day for line in view.firings}),
        urgent=Level.URGENT,
        at=now(),
        charts=charts,
        texts=texts,
        page_texts=page_texts,
    ), status


def _chart(view: AlertView) -> ChartView | None:
    evaluation = safety_service.evaluation_of(db(), view.patient, now())
    if evaluation is None:
        return None
    until = view.alert.closed_on or evaluation.last_day
    days = charts.pain_days(
        evaluation,
        view.alert.first_day - CHART_DAYS,
        min(evaluation.last_day, until + CHART_DAYS_AFTER),
    )
    marks = [
        charts.Mark(local_date(line.at, view.patient.time_zone), str(texts.say(texts.EVENTS, line.kind)))
        for line in view.events
    ]
    return charts.pain_chart("pain", days, marks)


def _act(alert_id: UUID, name: str, form: Any, work: Callable[[Alert], None], done: str) -> ResponseReturnValue:
    """Do one thing about an alert, or show its page again with what stood in the way."""
    view = worklist_service.alert_for(db(), viewer(), alert_id, now())
    if not form.validate_on_submit():
        return _page(view, bad=(name, form), status=INVALID)
    try:
        work(view.alert)
    except ConflictError as error:
        db().rollback()
        flash(page_texts.conflict_text(error.reason), "warning")
        fresh = worklist_service.alert_for(db(), viewer(), alert_id, now())
        return _page(fresh, bad=(name, form), status=CONFLICT)
    db().commit()
    flash(done, "success")
    # Whoever did it in the list of patients comes back to the list.
    return redirect(safe_path(request.form.get("next")) or url_for(".alert", alert_id=alert_id))


@alert_pages.post("/alerts/<uuid:alert_id>/acknowledge")
def acknowledge(alert_id: UUID) -> ResponseReturnValue:
    """Say "I own it": the clock stops, the alert stays."""
    return _act(
        alert_id,
        "acknowledge",
        ActionForm(),
        lambda row: workflow_service.acknowledge(db(), row, viewer(), now()),
        _("It is yours: nobody is reminded of it any more. It stays open until you close it."),
    )


@alert_pages.post("/alerts/<uuid:alert_id>/snooze")
def snooze(alert_id: UUID) -> ResponseReturnValue:
    """Let it rest for some days."""
    form = SnoozeForm(prefix=SNOOZE)
    return _act(
        alert_id,
        "snooze",
        form,
        lambda row: workflow_service.snooze(
            db(), row, viewer(), now(), days=form.days.data, reason=form.reason.data or ""
        ),
        _("It rests. Anything more urgent wakes it."),
    )


@alert_pages.post("/alerts/<uuid:alert_id>/close")
def close(alert_id: UUID) -> ResponseReturnValue:
    """Close it with what came of it."""
    form = CloseForm(prefix=CLOSE)

    def work(row: Alert) -> None:
        seen_by = form.seen_by.data
        workflow_service.close(
            db(),
            row,
            viewer(),
            now(),
            disposition=form.disposition.data,
            outcome=Outcome(seen_by, form.what.data or "") if seen_by else None,
            note=form.note.data or None,
        )

    return _act(alert_id, "close", form, work, _("Closed."))


@alert_pages.post("/alerts/<uuid:alert_id>/baseline")
def baseline(alert_id: UUID) -> ResponseReturnValue:
    """Take the present pain as the new usual level."""
    form = BaselineForm(prefix=BASELINE)
    return _act(
        alert_id,
        "baseline",
        form,
        lambda row: workflow_service.accept_baseline(
            db(), row, viewer(), now(), value=float(form.value.data), note=form.note.data or None
        ),
        _("From now on this level is the usual one. Alerts about anything but pain, and urgent ones, stay open."),
    )


@alert_pages.post("/alerts/<uuid:alert_id>/confirm")
def confirm(alert_id: UUID) -> ResponseReturnValue:
    """Agree that it has settled by itself."""
    form = ActionForm(prefix=CONFIRM)
    return _act(
        alert_id,
        "confirm",
        form,
        lambda row: workflow_service.confirm_resolved(db(), row, viewer(), now(), note=form.note.data or None),
        _("Confirmed and closed."),
    )


@alert_pages.post("/alerts/<uuid:alert_id>/called")
def called(alert_id: UUID) -> ResponseReturnValue:
    """Note that the patient was called."""
    return _act(
        alert_id,
        "called",
        ActionForm(),
        lambda row: workflow_service.note_contact(db(), row, viewer(), now(), how="call"),
        _("The call is noted."),
    )


# ---------------------------------------------------------------------------------------------- the patient


@outcome_pages.route("/outcome/<uuid:alert_id>", methods=["GET", "POST"])
def outcome(alert_id: UUID) -> ResponseReturnValue:
    """Ask whether help was found, and what was said."""
    row = workflow_service.patient_alert(db(), viewer(), alert_id)
    form = OutcomeForm()
    if not form.validate_on_submit():
        return _outcome_page(row, form=form, status=INVALID if form.is_submitted() else 200)
    try:
        workflow_service.patient_outcome(
            db(),
            viewer(),
            row,
            helped=form.helped.data,
            seen_by=form.seen_by.data or None,
            said=form.said.data or None,
            at=now(),
        )
    except ConflictError:
        db().rollback()
        flash(_("This is settled already. Nothing was changed."), "info")
        return redirect(url_for(".outcome", alert_id=alert_id))
    db().commit()
    flash(_("Thank you, that is noted."), "success")
    return redirect(url_for(".outcome", alert_id=alert_id))


@outcome_pages.post("/outcome/<uuid:alert_id>/release")
def release(alert_id: UUID) -> ResponseReturnValue:
    """Lift the lock oneself, where nobody watches: only after an examination that allowed it."""
    row = workflow_service.patient_alert(db(), viewer(), alert_id)
    form = ReleaseForm()
    if not form.validate_on_submit():
        return _outcome_page(row, release_form=form, status=INVALID)
    try:
        lifted = workflow_service.release_self(
            db(),
            viewer(),
            row,
            examined=form.examined.data == "yes",
            allowed=form.allowed.data == "yes",
            examined_on=form.examined_on.data,
            at=now(),
        )
    except ConflictError as error:
        db().rollback()
        flash(page_texts.conflict_text(error.reason), "warning")
        return _outcome_page(
            workflow_service.patient_alert(db(), viewer(), alert_id), release_form=form, status=CONFLICT
        )
    db().commit()
    if lifted:
        flash(_("The lock is lifted. Begin gently, and stop if it gets worse."), "success")
        return redirect(url_for("today_pages.today"))
    flash(_("The exercises stay locked. Please have it looked at first; then come back here."), "warning")
    return redirect(url_for(".outcome", alert_id=alert_id))


def _outcome_page(row: Alert, *, form: Any = None, release_form: Any = None, status: int = 200) -> ResponseReturnValue:
    alone = workflow_service.nobody_watches(db(), viewer(), now())
    open_and_locking = row.closed_at is None and row.level >= Level.URGENT
    return render_template(
        "alerts/outcome.html",
        alert=row,
        form=form or OutcomeForm(formdata=None),
        release=(release_form or ReleaseForm(formdata=None)) if alone and open_and_locking else None,
        alone=alone,
        numbers=numbers_for(viewer()),
        when=partial(format_datetime, format="EEE d MMM, HH:mm"),
        page_texts=page_texts,
        texts=texts,
        level=Level,
    ), status
