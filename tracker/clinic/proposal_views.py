"""Steps forward and back that the rules propose, and what a physiotherapist makes of them. HTTP only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.access import patient_for, record_list
from tracker.accounts.forms import EmptyForm
from tracker.clinic import proposal_service, proposal_texts
from tracker.clinic.proposal_service import NotAnyMoreError, OutsideError
from tracker.clinic.room_views import clinic_pages
from tracker.diary.service import watched
from tracker.regimen import easing_service, easing_texts
from tracker.regimen import texts as plan_texts
from tracker.regimen.library import known
from tracker.regimen.service import InvalidPlanError, StalePlanError
from tracker.regimen.views import readable_flags
from tracker.web.context import db, now, viewer
from tracker.web.logs import error_fields, log

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.clinic.progression_service import Record
    from tracker.clinic.proposal_service import Offer
    from tracker.regimen.models import Easing
    from tracker.regimen.rules import Prescribed

LONGEST_NOTE: Final = 500
_FIELD_TO_LABEL: Final = ("reps", "hold_s", "sets")


@dataclass(frozen=True, slots=True)
class EasingLine:
    """An easing in force, as the panel shows it. `adopted`: the dose it would make of the plan, in words; None where it
    cannot be made the plan.
    """

    row: Easing
    title: str
    why: str
    adopted: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """An exercise without a step, and why."""

    title: str
    why: str


def panel(whom: Person) -> dict[str, Any]:
    """What the patient's page says of it: `offers`, `easings` (EasingLine), `waiting` (Waiting)."""
    empty: dict[str, Any] = {"offers": [], "easings": [], "waiting": [], **_words()}
    try:
        with db().begin_nested():
            record = proposal_service.look(db(), whom, now())
            offers = proposal_service.offers(db(), [whom], now())
    except Exception as error:  # noqa: BLE001  # the rest of the page is needed then
        log.error("progression failed", patient_id=str(whom.id), **error_fields(error))
        return empty
    offered = {offer.row.exercise for offer in offers}
    definitions = {exercise: line.definition for exercise, line in record.lines.items()}
    return empty | {
        "offers": offers,
        "easings": [_easing_line(record, row) for row in record.easings if easing_service.holds(row, record.today)],
        "waiting": [
            Waiting(plan_texts.title_of(exercise, definitions), str(proposal_texts.WHY_NOT[why]))
            for exercise, line in record.lines.items()
            if exercise not in offered and (why := proposal_service.outcome_of(record, line).why) is not None
        ]
        if watched(db(), whom, now())
        else [],
    }


def _words() -> dict[str, Any]:
    return {
        "proposal_texts": proposal_texts,
        "proposal_button": EmptyForm(formdata=None),
        "step_labels": {name: plan_texts.FIELDS[name] for name in _FIELD_TO_LABEL},
        "longest_note": LONGEST_NOTE,
    }


def _easing_line(record: Record, row: Easing) -> EasingLine:
    definitions = {exercise: line.definition for exercise, line in record.lines.items()}
    asked: Prescribed | None = proposal_service.adoptable(record, row.exercise) if row.exercise else None
    return EasingLine(
        row=row,
        title=plan_texts.title_of(row.exercise, definitions) if row.exercise else _("Everything that loads"),
        why=easing_texts.reason(row.cause, row.detail, easing_service.as_relief(row)),
        adopted=plan_texts.dose_text(asked) if asked else None,
    )


@clinic_pages.get("/proposals")
def proposals() -> ResponseReturnValue:
    """Everything that is proposed among one's patients, to go through in one go."""
    offers = proposal_service.offers_for(db(), viewer(), now())
    definitions = known(db(), {offer.row.exercise for offer in offers})
    people = {offer.person.id: offer.person for offer in offers}
    record_list(db(), viewer(), people, subject="proposals", at=now())
    return render_template(
        "clinic/proposals.html",
        groups=[(person, [offer for offer in offers if offer.person.id == person.id]) for person in people.values()],
        number=len(offers),
        title_of=partial(plan_texts.title_of, definitions=definitions),
        **_words(),
    )


@clinic_pages.post("/patients/<uuid:patient_id>/proposals/<uuid:proposal_id>")
def decide_proposal(patient_id: UUID, proposal_id: UUID) -> ResponseReturnValue:
    """Accept, change or decline one step. The rules are asked again at this instant."""
    whom = patient_for(db(), viewer(), patient_id, purpose="proposal.decide", at=now(), read_health=True)
    try:
        offer = proposal_service.open_offer(db(), whom, proposal_id, now())
        said = _decide(offer)
    except NotAnyMoreError as error:
        db().commit()  # what has lapsed stays lapsed
        flash(proposal_texts.refused(error.why), "warning")
    except StalePlanError:
        db().rollback()
        flash(_("Nothing was changed: the plan has changed in the meantime. Here is how it stands."), "warning")
    except InvalidPlanError:
        db().rollback()
        flash(
            _(
                "Nothing was changed: something speaks against this dose, or against an exercise of the plan. The "
                "editor of the plan says what."
            ),
            "warning",
        )
    except OutsideError as error:
        db().rollback()
        flash(
            _("Nothing was changed: choose another number, from %(low)d to %(high)d.", low=error.low, high=error.high),
            "warning",
        )
    else:
        db().commit()
        flash(said, "success")
    return _back(patient_id)


def _decide(offer: Offer) -> str:
    """Do what the form asks for; the sentence to say of it."""
    if request.form.get("decision") == "decline":
        words = (request.form.get("reason") or "").strip()[:LONGEST_NOTE]
        proposal_service.decline(db(), offer, physio=viewer(), words=words, at=now())
        return str(_("Declined. It is proposed again after two more good sessions."))
    if request.form.get("decision") not in {"accept", "change"}:
        raise NotAnyMoreError("changed")
    changing = request.form.get("decision") == "change"
    value = request.form.get("value", type=int)
    if changing and offer.range is not None and value is None:
        raise OutsideError(*offer.range)
    note = (request.form.get("note") or "").strip()[:LONGEST_NOTE]
    proposal_service.accept(
        db(),
        offer,
        physio=viewer(),
        base_number=request.form.get("base_number", -1, type=int),
        evidence=proposal_texts.evidence(offer),
        flags=readable_flags(offer.person),
        at=now(),
        value=value if changing else None,
        note=note or proposal_texts.note_for(offer),
    )
    return str(_("Changed. The patient sees it from now on, and why."))


@clinic_pages.post("/patients/<uuid:patient_id>/easings/<uuid:easing_id>")
def decide_easing(patient_id: UUID, easing_id: UUID) -> ResponseReturnValue:
    """End an easing, or make what it asks for the plan."""
    whom = patient_for(db(), viewer(), patient_id, purpose="easing.decide", at=now(), read_health=True)
    try:
        row = proposal_service.easing_of(db(), whom, easing_id)
        said = _decide_easing(whom, row)
    except NotAnyMoreError as error:
        db().rollback()
        flash(proposal_texts.refused(error.why), "warning")
    except (StalePlanError, InvalidPlanError):
        db().rollback()
        flash(_("Nothing was changed: the plan has changed in the meantime. Here is how it stands."), "warning")
    else:
        db().commit()
        flash(said, "success")
    return _back(patient_id)


def _decide_easing(whom: Person, row: Easing) -> str:
    decision = request.form.get("decision")
    if decision == "end":
        proposal_service.end_easing(db(), whom, row, physio=viewer(), at=now())
        return str(_("Ended. The full dose of the plan holds again."))
    if decision != "adopt":
        raise NotAnyMoreError("changed")
    why = easing_texts.reason(row.cause, row.detail, easing_service.as_relief(row))
    proposal_service.adopt_easing(
        db(),
        whom,
        row,
        physio=viewer(),
        base_number=request.form.get("base_number", -1, type=int),
        evidence=_("One step back: %(why)s.", why=why),
        at=now(),
    )
    return str(_("This is the plan now. The patient sees it, and why."))


def _back(patient_id: UUID) -> ResponseReturnValue:
    """To where the form was: the page of all proposals, or the patient's."""
    if request.form.get("from") == "proposals":
        return redirect(url_for(".proposals"))
    return redirect(url_for(".patient", patient_id=patient_id, _anchor="proposals"))
