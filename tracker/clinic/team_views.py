"""The team as a physiotherapist sees it: hand-over and absence. HTTP only. The rules are in `accounts.care_service`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts import care_service, team_texts
from tracker.accounts.access import record_list, record_names
from tracker.accounts.care_service import CareError
from tracker.accounts.forms import AbsenceForm, EmptyForm, HandOverForm
from tracker.clinic.room_views import CONFLICT, INVALID, clinic_pages
from tracker.regimen.service import patients_of
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person

_HAND, _AWAY = "hand-", "away-"
"""Two forms on one page."""


@clinic_pages.get("/team")
def team() -> ResponseReturnValue:
    """Who looks after how many, who is away, and a place to hand over or to plan an absence."""
    return _page()


def _page(*, hand: Any = None, absence: Any = None, status: int = 200) -> ResponseReturnValue:
    hand = hand or _hand_form(formdata=None)
    record_names(db(), viewer(), (UUID(key) for key, _name in hand.patients.choices), subject="team", at=now())
    return render_template(
        "clinic/team.html",
        colleagues=care_service.team(db(), viewer().clinic_id, now()),
        absences=care_service.absences(db(), viewer().clinic_id, now()),
        hand=hand,
        absence=absence or _absence_form(formdata=None),
        team_texts=team_texts,
        button=EmptyForm(formdata=None),
    ), status


def _colleagues() -> list[Person]:
    found = care_service.team(db(), viewer().clinic_id, now())
    return [each.person for each in found if each.person.id != viewer().id]


def _hand_form(**how: Any) -> Any:
    form = HandOverForm(prefix=_HAND, **how)
    own = care_service.own_patients(db(), viewer().id)
    mine = patients_of(db(), viewer().id, now(), with_closed=True)
    form.patients.choices = [(str(each.id), each.name) for each in mine if each.id in own]
    form.to.choices = [(str(each.id), each.name) for each in _colleagues()]
    return form


def _absence_form(**how: Any) -> Any:
    form = AbsenceForm(prefix=_AWAY, **how)
    del form.physio
    form.backup.choices = [(str(each.id), each.name) for each in _colleagues()]
    return form


@clinic_pages.post("/team/hand-over")
def hand_over() -> ResponseReturnValue:
    """Give patients to a colleague, share them, or stop looking after them: all of those chosen, or none. First it asks
    whether that is meant, and keeps nothing of it: the answer brings the whole form along once more.
    """
    form = _hand_form()
    if not form.validate_on_submit():
        return _page(hand=form, status=INVALID)
    answer = request.form.get("sure", "")
    if answer == "no":
        return _page(hand=form)
    if answer != "yes":
        return _ask(form)
    try:
        _hand(form)
    except CareError as error:
        db().rollback()
        team_texts.mark(form, error)
        return _page(hand=form, status=CONFLICT)
    db().commit()
    flash(team_texts.done(form.how.data, _names(form), _colleague(form)), "success")
    return redirect(url_for(".team", _anchor="content"))


def _ask(form: Any) -> ResponseReturnValue:
    """Who goes to whom, and what changes with it."""
    record_list(db(), viewer(), (UUID(key) for key in form.patients.data), subject="team", at=now())
    return render_template(
        "clinic/hand_over.html", hand=form, names=_names(form), colleague=_colleague(form), team_texts=team_texts
    )


def _names(form: Any) -> list[str]:
    """The patients that were chosen, as the form lists them."""
    return [name for key, name in form.patients.choices if key in form.patients.data]


def _colleague(form: Any) -> str:
    return str(dict(form.to.choices)[form.to.data])


def _hand(form: Any) -> None:
    for text in form.patients.data:
        patient_id = UUID(text)
        if form.how.data == "stop":
            care_service.end_care(db(), actor=viewer(), patient_id=patient_id, at=now(), reason=form.reason.data)
            continue
        work = care_service.share_care if form.how.data == "also" else care_service.hand_over
        work(
            db(),
            actor=viewer(),
            patient_id=patient_id,
            to=care_service.chosen(db(), form.to.data),
            reason=form.reason.data,
            at=now(),
        )


@clinic_pages.post("/team/absences")
def plan_absence() -> ResponseReturnValue:
    """Say when one is away, and who stands in: they see one's patients for exactly that time."""
    form = _absence_form()
    if not form.validate_on_submit():
        return _page(absence=form, status=INVALID)
    try:
        care_service.plan_days(
            db(),
            actor=viewer(),
            physio=viewer(),
            backup=care_service.chosen(db(), form.backup.data),
            first=form.first.data,
            last=form.last.data,
            note=form.note.data,
            at=now(),
        )
    except CareError as error:
        db().rollback()
        team_texts.mark(form, error)
        return _page(absence=form, status=CONFLICT)
    db().commit()
    flash(_("Noted. Whoever stands in sees your patients for exactly that time."), "success")
    return redirect(url_for(".team", _anchor="content"))


@clinic_pages.post("/team/absences/<uuid:absence_id>/end")
def end_absence(absence_id: UUID) -> ResponseReturnValue:
    """Back earlier, or not away after all."""
    care_service.end_absence(db(), actor=viewer(), absence_id=absence_id, at=now())
    db().commit()
    flash(_("The absence has ended: your patients are with you alone again."), "success")
    return redirect(url_for(".team"))
