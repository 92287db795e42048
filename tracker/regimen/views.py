"""Pages of plans and of the exercise library: HTTP only.

Blueprints: `library_pages` (everybody who is signed in), `plan_pages` (physiotherapists, a patient's plan),
`programme_pages` (a person without a physiotherapist, their own programme). Both editors are the same page.
"""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from uuid import UUID

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from tracker.accounts.access import NotFound, patient_for, record_names, shares
from tracker.accounts.models import ConsentKind
from tracker.accounts.rules import safe_path
from tracker.accounts.service import consents_of, record_audit
from tracker.regimen import finding, own_service, service, template_service, texts
from tracker.regimen.forms import Editor
from tracker.regimen.library import figure_of, find, known, library, limits, offered, suggested
from tracker.regimen.numbers import numbers_of
from tracker.regimen.rules import PROGRAMMES, Prescribed, difference
from tracker.regimen.rules_cautions import new_reasons
from tracker.web.context import db, now, services, viewer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from exercises.definition import Definition
    from tracker.accounts.models import Person
    from tracker.regimen.rules import Change
    from tracker.regimen.rules_cautions import Reason
    from tracker.regimen.service import CurrentPlan, RevisionStory

library_pages = Blueprint("library_pages", __name__)
plan_pages = Blueprint("plan_pages", __name__)
programme_pages = Blueprint("programme_pages", __name__)

CONFLICT: Final = 409
INVALID: Final = 422
_DIGITS: Final = 7
"""Of a version's number, and one more."""


# ---------------------------------------------------------------------------------------------- library


@library_pages.app_template_filter("library")
def translated(text: str) -> str:
    """A text of a definition in the reader's language. Not `_()` of the template: that would read a percent sign in
    the text as a placeholder.
    """
    return str(_(text))


@library_pages.get("/library")
def index() -> ResponseReturnValue:
    """The exercises that answer the wish in the address, by what they are for; all of them without a wish."""
    wish = finding.Wish.read(request.args.get("q", ""), request.args.getlist)
    everything = list(offered(db(), viewer().clinic_id).values())
    exercises = finding.found(wish, everything, texts.said_about)
    return render_template(
        "regimen/library.html",
        wish=wish,
        groups=finding.by_goal(exercises),
        number=len(exercises),
        total=len(everything),
        ways_out=_ways_out(wish, everything) if wish.chosen and not exercises else (),
        choices=finding.CHOICES,
        names={"goal": texts.GOALS, "kit": texts.EQUIPMENT, "view": texts.VIEWS, "leave": texts.CAUTIONS},
        usual={each.id: texts.dose_text(suggested(each)) for each in exercises},
        texts=texts,
        staff=viewer().is_staff,
    )


def _ways_out(wish: finding.Wish, everything: Sequence[Definition]) -> list[tuple[str, str | None, finding.Wish, int]]:
    """When nothing is found: each single thing that can be taken back, and how many exercises there are then."""
    asked: list[tuple[str, str | None]] = [("words", None)] if wish.words else []
    smaller = [(name, answer, wish.without(name, answer)) for name, answer in [*asked, *wish.answers]]
    counted = [(*each, len(finding.found(each[2], everything, texts.said_about))) for each in smaller]
    return [each for each in counted if each[3]]


@library_pages.get("/library/<exercise_id>")
def exercise(exercise_id: str) -> ResponseReturnValue:
    """One exercise: what it is for, how it is done, what the camera can and cannot see."""
    definition = find(db(), exercise_id, viewer().clinic_id)
    if definition is None:
        raise NotFound
    staff = viewer().is_staff
    patients = service.patients_of(db(), viewer().id, now()) if staff else []
    record_names(db(), viewer(), (each.id for each in patients), subject="library", at=now())
    return render_template(
        "regimen/exercise.html",
        definition=definition,
        limits=limits(definition),
        usual=texts.dose_text(suggested(definition)),
        texts=texts,
        staff=staff,
        numbers=numbers_of(definition) if staff else (),
        own=own_service.is_own(definition.id) and (staff or viewer().solo),
        patients=patients,
    )


@library_pages.get("/library/<exercise_id>/figure.json")
def figure_json(exercise_id: str) -> ResponseReturnValue:
    """The frames of the moving figure (exercises.figure.figure_frames). Packed to a twentieth where the browser can
    unpack it: a phone that scrolls through the library fetches one for each exercise.
    """
    definition = find(db(), exercise_id, viewer().clinic_id)
    if definition is None:
        raise NotFound
    response = jsonify(figure_of(definition))
    response.headers["Cache-Control"] = "private, max-age=3600"
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] > 0:
        response.set_data(gzip.compress(response.get_data(), mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    return response


# ---------------------------------------------------------------------------------------------- a patient's plan


@plan_pages.get("/patients/<uuid:patient_id>/plan")
def edit(patient_id: UUID) -> ResponseReturnValue:
    """The plan editor with the plan as it is now. `?add=chin-tuck` ticks one more exercise, `?start=build` and
    `?template=` fill it with a programme, `?version=3` with an earlier version; all are saved only by the button.
    """
    patient = patient_for(db(), viewer(), patient_id, purpose="plan.read", at=now())
    plan = service.current_plan(db(), patient.id)
    items, reason, picked = _beginning(patient, plan)
    return _page(_editor_of(patient, items, plan, reason), patient, picked=picked)


def _beginning(patient: Person, plan: CurrentPlan) -> tuple[Sequence[Prescribed], str, str | None]:
    """What the editor is filled with: the lines, the reason that goes with it, and which programme it is."""
    start, template, version = (request.args.get(name, "") for name in ("start", "template", "version"))
    programme = _ready_made(start)
    if programme is not None:
        return programme, "", start
    if template:
        template_id = _as_id(template)
        return template_service.items_of(db(), patient.clinic_id, template_id), "", template
    if version.isdecimal() and len(version) < _DIGITS:
        earlier = service.items_of_version(db(), patient.id, int(version))
        if earlier is not None:
            # What was said about cautions then was said to what was known then: it is asked again, or stands as it is.
            earlier = tuple(replace(item, overridden=frozenset(), override_reason=None) for item in earlier)
            return earlier, _("Back to version %(number)s", number=version), None
    return plan.items, "", None


def _ready_made(key: str) -> list[Prescribed] | None:
    picked = next((each for each in PROGRAMMES if each.key == key), None)
    if picked is None:
        return None
    return [
        Prescribed("", line.exercise, line.sets, line.reps, line.hold_s, line.weekdays)
        for line in picked.lines
        if line.exercise in library()
    ]


def _as_id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


@plan_pages.post("/patients/<uuid:patient_id>/plan/template")
def save_template(patient_id: UUID) -> ResponseReturnValue:
    """Keep the plan as it is now as a programme of the clinic."""
    patient = patient_for(db(), viewer(), patient_id, purpose="plan.read", at=now())
    plan = service.current_plan(db(), patient.id)
    try:
        template_service.save(db(), author=viewer(), name=request.form.get("name", ""), items=plan.items, at=now())
    except template_service.TemplateError as error:
        db().rollback()
        flash(texts.TEMPLATE_ERRORS[error.key], "warning")
    else:
        db().commit()
        flash(_("Kept. Every colleague of the clinic can begin a plan with it."), "success")
    return redirect(url_for(".edit", patient_id=patient.id))


@plan_pages.post("/plan-templates/<uuid:plan_template_id>/archive")
def archive_template(plan_template_id: UUID) -> ResponseReturnValue:
    """Offer a programme no more."""
    template_service.archive(db(), actor=viewer(), template_id=plan_template_id, at=now())
    db().commit()
    flash(_("The programme is no longer offered; plans that began with it stay as they are."), "success")
    return redirect(safe_path(request.form.get("next")) or url_for("clinic_pages.caseload"))


@plan_pages.post("/patients/<uuid:patient_id>/plan")
def save(patient_id: UUID) -> ResponseReturnValue:
    """Save a new revision; nothing is ever overwritten."""
    patient = patient_for(db(), viewer(), patient_id, purpose="plan.write", at=now())
    return _save(patient, after=url_for("clinic_pages.patient", patient_id=patient.id))


# ---------------------------------------------------------------------------------------------- one's own programme


def _alone() -> Person:
    """The viewer, if they have no physiotherapist to write their plan."""
    if not viewer().solo:
        raise NotFound
    return viewer()


@programme_pages.get("/programme")
def own() -> ResponseReturnValue:
    """The same editor for oneself. `?start=build` fills it with a ready-made programme, `?add=chin-tuck` ticks one more
    exercise; both are saved only by the button.
    """
    whom = _alone()
    plan = service.current_plan(db(), whom.id)
    start = request.args.get("start", "")
    programme = _ready_made(start)
    return _page(_editor_of(whom, plan.items if programme is None else programme, plan), whom, picked=start or None)


@programme_pages.post("/programme")
def save_own() -> ResponseReturnValue:
    """Save one's own programme as a new revision."""
    return _save(_alone(), after=url_for("today_pages.today"))


# ---------------------------------------------------------------------------------------------- both editors


def _editor_of(patient: Person, items: Sequence[Prescribed], plan: CurrentPlan, reason: str = "") -> Editor:
    definitions = service.prescribable(db(), patient.id, plan)
    flags, bests = _told_by(patient)
    return Editor.showing(
        _with_one_more(items),
        base_number=plan.number,
        definitions=definitions,
        flags=flags,
        bests=bests,
        standing=service.standing_lines(db(), patient.id, plan),
        reason=reason,
    )


def _shows(patient: Person) -> bool:
    """Whether the viewer sees what this patient has told: one's own always."""
    return patient.id == viewer().id or shares(db(), patient.id)


def _told_by(patient: Person) -> tuple[Mapping[str, datetime | None] | None, Mapping[str, Mapping[str, float]]]:
    """The caution flags that somebody has told of, with the instant from which the viewer can read them, and how far
    they got lately by exercise and side. None and nothing where neither is shown.
    """
    if not _shows(patient):
        return None, {}
    return readable_flags(patient), services().bests_of(db(), patient.id, now())


def readable_flags(patient: Person) -> dict[str, datetime | None]:
    """The caution flags of somebody who shares them, each with the instant from which the viewer can read it."""
    told = services().cautions_since(db(), patient.id)
    agreed = None if patient.id == viewer().id else consents_of(db(), patient.id).get(ConsentKind.SHARING)
    return {flag: _later(at, agreed) for flag, at in told.items()}


def _later(told_at: datetime | None, agreed_at: datetime | None) -> datetime | None:
    """Since when something told can be read by somebody else: both have to have happened."""
    if told_at is None or agreed_at is None:
        return told_at
    return max(told_at, agreed_at)


def _with_one_more(items: Sequence[Prescribed]) -> Sequence[Prescribed]:
    """The plan and, at its end, the exercise that the address asks to add, in the library's own dose."""
    wanted = offered(db(), viewer().clinic_id).get(request.args.get("add", ""))
    if wanted is None or any(item.exercise == wanted.id for item in items):
        return items
    return [*items, suggested(wanted)]


def _save(patient: Person, *, after: str) -> ResponseReturnValue:
    plan = service.current_plan(db(), patient.id)
    flags, bests = _told_by(patient)
    definitions = service.prescribable(db(), patient.id, plan)
    standing = service.standing_lines(db(), patient.id, plan)
    editor = Editor.typed(request.form, definitions, flags, bests, standing)
    if not editor.validate():
        return _page(editor, patient), INVALID
    items = editor.items()
    try:
        revision = service.save_revision(
            db(),
            patient_id=patient.id,
            author_id=viewer().id,
            base_number=editor.base_number,
            items=items,
            reason=editor.reason,
            at=now(),
            flags=flags,
        )
    except service.InvalidPlanError as error:
        editor.show(error.violations)
        return _page(editor, patient), INVALID
    except service.StalePlanError as error:
        return _stale(editor, error.current, patient)
    if revision is None:
        db().commit()
        flash(_("Nothing has changed, so nothing was saved."), "info")
        return redirect(after)
    record_audit(
        db(), actor=viewer(), patient=patient, action="plan.saved", subject=f"plan_revision:{revision.id}", at=now()
    )
    db().commit()
    flash(_("The plan is saved as version %(number)d. It holds from now on.", number=revision.number), "success")
    return redirect(after)


def _compared(patient: Person) -> tuple[int, int, tuple[Change, ...], tuple[Reason, ...]] | None:
    """What differs between two versions that the address names, and what is said about cautions in the second only."""
    numbers = [request.args.get(name, "") for name in ("from", "to")]
    if not all(number.isdecimal() and len(number) < _DIGITS for number in numbers):
        return None
    before, after = (service.items_of_version(db(), patient.id, int(number)) for number in numbers)
    if before is None or after is None:
        return None
    reasons = new_reasons(before, after) if _shows(patient) else ()
    return int(numbers[0]), int(numbers[1]), difference(before, after), reasons


def _stale(editor: Editor, current: CurrentPlan, patient: Person) -> ResponseReturnValue:
    """Somebody else saved in between: keep what was typed, say what changed, and let the person decide."""
    stories = service.history(db(), patient.id, shared=_shows(patient))
    meanwhile = [story for story in stories if story.number > editor.base_number]
    editor.base_number = current.number
    return _page(editor, patient, meanwhile=meanwhile), CONFLICT


def _page(
    editor: Editor, patient: Person, *, meanwhile: Sequence[RevisionStory] = (), picked: str | None = None
) -> str:
    own_plan = patient.id == viewer().id
    stories = service.history(db(), patient.id, shared=_shows(patient))
    names = service.author_names(db(), stories)
    compared = _compared(patient)
    in_history = {change.exercise for story in stories for change in story.changes}
    in_history |= {change.exercise for change in compared[2]} if compared else set()
    definitions = {**known(db(), in_history), **{line.definition.id: line.definition for line in editor.lines}}
    return render_template(
        "regimen/plan.html",
        editor=editor,
        patient=patient,
        own_plan=own_plan,
        stories=stories,
        meanwhile=meanwhile,
        names=names,
        programmes=PROGRAMMES,
        templates=() if own_plan else template_service.templates_of(db(), patient.clinic_id),
        unknown_cautions=not _shows(patient),
        lock=service.lock_of(service.standing_of(db(), patient.id)) if not own_plan and _shows(patient) else None,
        compared=compared,
        picked=picked,
        texts=texts,
        limits={line.definition.id: limits(line.definition) for line in editor.lines},
        added=definitions.get(request.args.get("add", "")),
        definitions=definitions,
    )
