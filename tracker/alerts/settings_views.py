"""By which numbers alerts are raised in this clinic, who stands in, and where they are sent besides: HTTP only.

Open to who runs the clinic. Numbers are saved in two steps: the first shows what the last 90 days would have raised by
them, next to the present ones, and saves nothing; the second saves exactly those. Who runs the clinic without treating
anybody sees counts and never a patient's name; who does both sees the names of their own patients.

What templates receive:

alerts/settings.html: `form` (forms.NumbersForm), `lines` (Line by name), `groups` (parameter_texts.GROUPS), `presets`,
`in_force` (parameters_service.InForce), `number` (its version in this clinic, 0 for none), `versions`, `duty`
(forms.DutyForm), `channels` (reminders.forms.ChannelsForm), `problems` (sentences about numbers that do not fit each
other), `wrong` and `different` (names of numbers with an error, or unlike those Rhomboid comes with).

alerts/preview.html: `form`, `values` (name and text of every number, to be sent again), `changes` (Change, what differs
from the present numbers), `comparison` (Comparison).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_decimal
from flask_babel import gettext as _

from tracker.accounts.models import Role
from tracker.accounts.service import record_audit, staff_of
from tracker.alerts import duty_service, page_texts, parameter_texts, parameters_service, preview_service, texts
from tracker.alerts.errors import ConflictError
from tracker.alerts.forms import DutyForm, NumbersForm
from tracker.alerts.rules_parameters import BOUNDS, ORDERED, Parameters
from tracker.db import session_factory
from tracker.regimen.service import patients_of
from tracker.reminders import service as reminders
from tracker.reminders.forms import ChannelsForm
from tracker.web.context import db, now, services, viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from tracker.alerts.preview_service import Counts

alert_settings_pages = Blueprint("alert_settings_pages", __name__)

CONFLICT: Final = 409
INVALID: Final = 422
PREVIEW_DAYS: Final = 90
OWN: Final = "own"
LEVELS: Final = (4, 3, 2, 1)
_PREFIX: Final = "n-"


@dataclass(frozen=True, slots=True)
class Line:
    """One number as the page asks for it."""

    field: str
    text: str
    low: str
    high: str
    step: str
    is_switch: bool
    on: bool
    usual: str
    changed: bool
    error: str


@dataclass(frozen=True, slots=True)
class Change:
    """One number that differs from the present ones."""

    label: str
    unit: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Row:
    """What the numbers do to one patient, or to all whose names this viewer does not see. By level: (now, then)."""

    name: str
    levels: tuple[tuple[int, int], ...]
    patients: int = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """The last days by the present numbers and by those that are about to be saved."""

    rows: tuple[Row, ...]
    total: Row
    rules: tuple[tuple[str, int, int], ...]


# ---------------------------------------------------------------------------------------------- numbers


@alert_settings_pages.get("/clinic-settings/alerts")
def overview() -> ResponseReturnValue:
    """The numbers in force, duty and channels."""
    return _page()


@alert_settings_pages.post("/clinic-settings/alerts/preview")
def preview() -> ResponseReturnValue:
    """What the last days would have raised by these numbers. Saves nothing."""
    form = NumbersForm()
    values, errors = _read(request.form) if form.preset.data == OWN else ({}, {})
    problems = () if errors else _problems(values)
    if not form.validate_on_submit() or errors or problems:
        return _page(form=form, given=request.form, errors=errors, problems=problems, status=INVALID)
    if "change" in request.form:
        return _page(form=form, given=request.form)
    wanted = parameters_service.candidate(form.preset.data, values)
    present = parameters_service.clinic_parameters(db(), viewer().clinic_id).parameters
    found = _looked_back(wanted)
    record_audit(
        db(),
        actor=viewer(),
        patient=None,
        action="alerts.preview",
        subject=f"clinic:{viewer().clinic_id}",
        at=now(),
        detail={"patients": [str(patient_id) for patient_id in _own_patients()]},
    )
    db().commit()
    return render_template(
        "alerts/preview.html",
        form=form,
        preset=parameter_texts.PRESETS[form.preset.data],
        values={name: value for name, value in request.form.items() if name.startswith(_PREFIX)},
        changes=_changes(present, wanted),
        comparison=_comparison(found),
        days=PREVIEW_DAYS,
        levels=LEVELS,
        texts=texts,
    )


def _looked_back(wanted: Parameters) -> preview_service.Preview:
    """The preview, which takes its time with many patients: in a session of its own that only reads, so that nobody's
    check-in waits for it.
    """
    db().commit()
    with session_factory(services().engine, reads_only=True)() as session:
        return preview_service.preview(session, viewer().clinic_id, wanted, now(), days=PREVIEW_DAYS)


@alert_settings_pages.post("/clinic-settings/alerts")
def save() -> ResponseReturnValue:
    """Save numbers that were looked at before; a new version with its author."""
    form = NumbersForm()
    values, errors = _read(request.form) if form.preset.data == OWN else ({}, {})
    problems = () if errors else _problems(values)
    if not form.validate_on_submit() or errors or problems:
        return _page(form=form, given=request.form, errors=errors, problems=problems, status=INVALID)
    try:
        row = parameters_service.save_parameters(
            db(),
            viewer().clinic_id,
            preset=form.preset.data,
            values=values,
            base_number=form.base_number.data,
            actor=viewer(),
            at=now(),
        )
    except ConflictError as error:
        db().rollback()
        flash(page_texts.conflict_text(error.reason), "warning")
        return _page(form=form, given=request.form, status=CONFLICT)
    db().commit()
    flash(_("Saved as version %(number)d. It counts from the next look at each patient.", number=row.number), "success")
    return redirect(url_for(".overview"))


def _page(
    *,
    form: NumbersForm | None = None,
    given: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    problems: tuple[str, ...] = (),
    duty: DutyForm | None = None,
    channels: ChannelsForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    in_force = parameters_service.clinic_parameters(db(), viewer().clinic_id)
    newest = parameters_service.newest_number(db(), viewer().clinic_id)
    if form is None:
        form = NumbersForm(formdata=None, data={"preset": in_force.preset, "base_number": newest})
    else:
        # Whoever sends it again has seen what is shown now.
        form.base_number.data = newest
        form.base_number.raw_data = None
    # A preset brings its own numbers; what stands in the fields is where one's own would begin.
    given = given if given is not None and _PREFIX + "h1" in given else None
    lines = {name: _line(name, in_force.parameters, given, errors or {}) for name in parameter_texts.NAMES}
    return render_template(
        "alerts/settings.html",
        form=form,
        lines=lines,
        wrong=[name for name, line in lines.items() if line.error],
        different=[name for name, line in lines.items() if line.changed],
        names=parameter_texts.NAMES,
        groups=parameter_texts.GROUPS,
        presets=parameter_texts.PRESETS,
        in_force=in_force,
        versions=parameters_service.parameter_history(db(), viewer().clinic_id),
        problems=problems,
        days=PREVIEW_DAYS,
        duty=duty or _duty_form(),
        channels=channels or _channels_form(),
        texts=texts,
    ), status


def _line(name: str, present: Parameters, given: Mapping[str, str] | None, errors: Mapping[str, str]) -> Line:
    value, usual = getattr(present, name), getattr(Parameters(), name)
    switch = isinstance(usual, bool)
    low, high = BOUNDS.get(name, (0.0, 1.0))
    return Line(
        field=_PREFIX + name,
        text=_plain(value) if given is None else given.get(_PREFIX + name, ""),
        low=_plain(low),
        high=_plain(high),
        step="1" if isinstance(usual, int) else "any",
        is_switch=switch,
        on=bool(value) if given is None else _PREFIX + name in given,
        usual=_said(usual),
        changed=value != usual,
        error=errors.get(name, ""),
    )


def _plain(value: float) -> str:
    """As a number field of HTML wants it, whatever the language."""
    return f"{value:g}"


def _said(value: float) -> str:
    """As a person reads it."""
    if isinstance(value, bool):
        return str(_("on") if value else _("off"))
    return str(format_decimal(value))


def _read(given: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The numbers of a form by name, and what is wrong with those that cannot be used."""
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in fields(Parameters):
        name = field.name
        if name not in parameter_texts.NAMES:
            continue
        usual = getattr(Parameters(), name)
        text = given.get(_PREFIX + name, "").strip()
        if isinstance(usual, bool):
            values[name] = bool(text)
            continue
        low, high = BOUNDS[name]
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            errors[name] = _("Please enter a number.")
            continue
        # Not `low > number`: what is not a number at all fails every comparison.
        if not low <= number <= high:
            errors[name] = _("From %(low)s to %(high)s.", low=_said(low), high=_said(high))
        elif isinstance(usual, int) and number != int(number):
            errors[name] = _("A whole number, please.")
        else:
            values[name] = int(number) if isinstance(usual, int) else number
    return values, errors


def _problems(values: Mapping[str, Any]) -> tuple[str, ...]:
    """Pairs of numbers that contradict each other, in words."""
    names = parameter_texts.NAMES
    return tuple(
        _("“%(low)s” must not be larger than “%(high)s”.", low=names[low].label, high=names[high].label)
        for low, high in ORDERED
        if low in values and high in values and values[low] > values[high]
    )


def _changes(before: Parameters, after: Parameters) -> tuple[Change, ...]:
    return tuple(
        Change(
            label=str(number.label),
            unit=str(number.unit),
            before=_said(getattr(before, name)),
            after=_said(getattr(after, name)),
        )
        for name, number in parameter_texts.NAMES.items()
        if getattr(before, name) != getattr(after, name)
    )


# ---------------------------------------------------------------------------------------------- preview


def _own_patients() -> dict[UUID, str]:
    """Whose names this viewer may see: those they care for."""
    if viewer().role != Role.PHYSIO:
        return {}
    return {each.id: each.name for each in patients_of(db(), viewer().id, now())}


def _comparison(found: preview_service.Preview) -> Comparison:
    names = _own_patients()
    own = [line for line in found.patients if line.patient_id in names]
    others = [line for line in found.patients if line.patient_id not in names]
    rows = [
        Row(names[line.patient_id], _levels(line.now, line.then))
        for line in own
        if any(line.now.levels.values()) or any(line.then.levels.values())
    ]
    rows.sort(key=lambda row: (*(-then for _now, then in row.levels), row.name.casefold()))
    quiet = len(own) - len(rows)
    if quiet:
        rows.append(Row(_("Your other patients"), _sum([]), quiet))
    if others:
        name = _("Patients of colleagues") if names else _("All patients")
        rows.append(Row(name, _sum([_levels(line.now, line.then) for line in others]), len(others)))
    rules = sorted({*found.now.rules, *found.then.rules})
    return Comparison(
        rows=tuple(rows),
        total=Row(_("Together"), _levels(found.now, found.then), len(found.patients)),
        rules=tuple((rule, found.now.rules.get(rule, 0), found.then.rules.get(rule, 0)) for rule in rules),
    )


def _levels(present: Counts, wanted: Counts) -> tuple[tuple[int, int], ...]:
    return tuple((present.levels.get(level, 0), wanted.levels.get(level, 0)) for level in LEVELS)


def _sum(many: list[tuple[tuple[int, int], ...]]) -> tuple[tuple[int, int], ...]:
    return tuple(
        (sum(each[index][0] for each in many), sum(each[index][1] for each in many)) for index in range(len(LEVELS))
    )


# ---------------------------------------------------------------------------------------------- duty


@alert_settings_pages.post("/clinic-settings/alerts/duty")
def save_duty() -> ResponseReturnValue:
    """Who stands in, and when somebody is there."""
    form = DutyForm()
    form.staffed_by(_physios())
    if not form.validate_on_submit():
        return _page(duty=form, status=INVALID)
    try:
        duty_service.save_duty(
            db(),
            viewer().clinic_id,
            backup_id=_chosen(form.backup_id.data),
            lead_id=_chosen(form.lead_id.data),
            weekdays="".join(sorted(form.weekdays.data)),
            opens=form.opens.data,
            closes=form.closes.data,
            actor=viewer(),
            at=now(),
        )
    except duty_service.DutyError as error:
        db().rollback()
        field = getattr(form, error.field, form.backup_id)
        field.errors = [*field.errors, _("This cannot be chosen any more.")]
        return _page(duty=form, status=INVALID)
    db().commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".overview"))


def _duty_form() -> DutyForm:
    kept = duty_service.duty_of(db(), viewer().clinic_id)
    form = DutyForm(
        formdata=None,
        data={
            "backup_id": str(kept.backup_id or ""),
            "lead_id": str(kept.lead_id or ""),
            "weekdays": list(kept.weekdays),
            "opens": kept.opens,
            "closes": kept.closes,
        },
    )
    form.staffed_by(_physios())
    return form


def _physios() -> list[Any]:
    """Who can be asked to look at a patient: whoever treats patients here and can sign in."""
    return [each for each in staff_of(db(), viewer().clinic_id) if each.active and each.role == Role.PHYSIO]


def _chosen(text: str | None) -> UUID | None:
    return UUID(text) if text else None


# ---------------------------------------------------------------------------------------------- channels


@alert_settings_pages.post("/clinic-settings/alerts/channels")
def save_channels() -> ResponseReturnValue:
    """Where the clinic's alerts are sent besides. The addresses hold secrets and are encrypted."""
    form = ChannelsForm()
    if not form.validate_on_submit():
        return _page(channels=form, status=INVALID)
    try:
        reminders.save_clinic_channels(db(), viewer().clinic_id, form.addresses.data or "", now())
    except reminders.ReminderError as error:
        db().rollback()
        form.addresses.errors = [*form.addresses.errors, *map(page_texts.channel_problem, error.fields.values())]
        return _page(channels=form, status=INVALID)
    record_audit(
        db(),
        actor=viewer(),
        patient=None,
        action="channels.changed",
        subject=f"clinic:{viewer().clinic_id}",
        at=now(),
    )
    db().commit()
    flash(_("Saved."), "success")
    return redirect(url_for(".overview"))


def _channels_form() -> ChannelsForm:
    return ChannelsForm(formdata=None, data={"addresses": reminders.clinic_channels_of(db(), viewer().clinic_id)})
