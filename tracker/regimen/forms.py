"""The plan editor's form: one line for each exercise of the library. What fits together is checked by the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext, lazy_gettext
from wtforms import BooleanField, Form, IntegerField, SelectField, SelectMultipleField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import Length, Optional

from tracker.accounts.forms import bounded
from tracker.regimen import texts
from tracker.regimen.finding import by_goal
from tracker.regimen.library import suggested
from tracker.regimen.rules import Prescribed, reach_from
from tracker.regimen.rules_cautions import conflicts, to_answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from exercises.definition import Definition
    from tracker.regimen.rules import Violation
    from tracker.regimen.rules_cautions import Standing

LONGEST_NOTE = 500
LONGEST_REASON = 500
_DIGITS_OF_A_REVISION = 9


class LineForm(Form):  # type: ignore[misc]  # WTForms ships no types
    """One exercise: whether it is in the plan, and its dose."""

    included = BooleanField(lazy_gettext("In the plan"))
    order = IntegerField(lazy_gettext("Order"), [Optional()], filters=[bounded])
    sets = IntegerField(lazy_gettext("Sets"), [Optional()], filters=[bounded])
    reps = IntegerField(lazy_gettext("Repetitions"), [Optional()], filters=[bounded])
    hold_s = IntegerField(lazy_gettext("Seconds to hold"), [Optional()], filters=[bounded])
    reach = IntegerField(lazy_gettext("Degrees to reach"), [Optional()], filters=[bounded])
    weekdays = SelectMultipleField(
        lazy_gettext("Days"), choices=[SelectChoice(str(day), name) for day, name in texts.WEEKDAYS.items()]
    )
    side = SelectField(
        lazy_gettext("Side"), choices=[SelectChoice(key, name) for key, name in texts.SIDES.items()], default="both"
    )
    note = StringField(lazy_gettext("Note"), [Optional(), Length(max=LONGEST_NOTE)])
    override_reason = StringField(lazy_gettext("Why it fits all the same"), [Optional(), Length(max=LONGEST_NOTE)])


class EditorLine:
    """A line of the editor: the exercise and its form."""

    def __init__(
        self,
        definition: Definition,
        form: LineForm,
        flags: Mapping[str, datetime | None] | None = None,
        best: Mapping[str, float] | None = None,
        standing: Standing | None = None,
    ) -> None:
        self.definition = definition
        self.form = form
        self.conflicts = conflicts(definition.cautions, flags or {})
        """The caution flags of the person that speak against it."""
        self.to_answer = to_answer(self.conflicts, standing, flags or {})
        """Those of them that need a reason now."""
        self.new_flags = self.to_answer if standing is not None else frozenset()
        """Those that became known after it was prescribed."""
        self.best = dict(best or {})
        """How far the person got lately, in degrees by side; empty where nothing was measured."""

    @property
    def counted(self) -> bool:
        return self.definition.kind != "hold"

    @property
    def timed(self) -> bool:
        return self.definition.kind != "repetitions"

    @property
    def aimed(self) -> bool:
        """Whether a target makes sense: something was measured, or there is one."""
        return bool(self.best) or self.form.reach.data is not None

    @property
    def suggested_reach(self) -> int | None:
        """What the person's own best suggests, of the side that got less far."""
        return reach_from(min(self.best.values())) if self.best else None

    def prescribed(self) -> Prescribed:
        """What was typed. Missing numbers become 0, which the rules refuse with the bounds that fit."""
        form = self.form
        return Prescribed(
            id="",
            exercise=self.definition.id,
            sets=form.sets.data or 0,
            reps=(form.reps.data or 0) if self.counted else None,
            hold_s=float(form.hold_s.data or 0) if self.timed else None,
            weekdays=frozenset(int(day) for day in form.weekdays.data or ()),
            side=form.side.data if self.definition.sided else "both",
            sided=self.definition.sided,
            note=(form.note.data or "").strip() or None,
            reach=form.reach.data,
            override_reason=(form.override_reason.data or "").strip() or None,
        )


class Editor:
    """The whole form: a line per exercise, the reason of the change, and the revision it is based on."""

    def __init__(self, lines: Sequence[EditorLine], *, base_number: int, reason: str = "") -> None:
        self.lines = list(lines)
        self.base_number = base_number
        self.reason = reason
        self.errors: list[tuple[str, str]] = []

    @classmethod
    def showing(
        cls,
        items: Sequence[Prescribed],
        *,
        base_number: int,
        definitions: Mapping[str, Definition],
        flags: Mapping[str, datetime | None] | None = None,
        bests: Mapping[str, Mapping[str, float]] | None = None,
        standing: Mapping[str, Standing] | None = None,
        reason: str = "",
    ) -> Editor:
        """The editor filled with a plan; exercises outside it carry their usual dose. `definitions`: the choice;
        `standing`: the lines of the plan in force, whose answers stay beside them.
        """
        stand = standing or {}
        planned = {item.exercise: item for item in items}
        order = {item.exercise: place for place, item in enumerate(items, start=1)}
        lines = [
            EditorLine(
                definition,
                LineForm(prefix=f"{key}-", data=_data(planned.get(key), definition, order.get(key), stand.get(key))),
                flags,
                (bests or {}).get(key),
                stand.get(key),
            )
            for key, definition in definitions.items()
        ]
        lines.sort(key=lambda line: order.get(line.definition.id, len(lines) + 1))
        return cls(lines, base_number=base_number, reason=reason)

    @classmethod
    def typed(
        cls,
        formdata: Any,
        definitions: Mapping[str, Definition],
        flags: Mapping[str, datetime | None] | None = None,
        bests: Mapping[str, Mapping[str, float]] | None = None,
        standing: Mapping[str, Standing] | None = None,
    ) -> Editor:
        """The editor as it was sent."""
        stand = standing or {}
        lines = [
            EditorLine(definition, LineForm(formdata, prefix=f"{key}-"), flags, (bests or {}).get(key), stand.get(key))
            for key, definition in definitions.items()
        ]
        lines.sort(key=_typed_place)
        number = formdata.get("base_number", "")[:_DIGITS_OF_A_REVISION]
        reason = formdata.get("reason", "").strip()[:LONGEST_REASON]
        return cls(lines, base_number=int(number) if number.isdecimal() else -1, reason=reason)

    @property
    def chosen(self) -> list[EditorLine]:
        return [line for line in self.lines if line.form.included.data]

    @property
    def groups(self) -> list[tuple[str, list[EditorLine]]]:
        """The lines that are not chosen, by what the exercises are for."""
        lines = {line.definition.id: line for line in self.lines if not line.form.included.data}
        grouped = by_goal([line.definition for line in lines.values()])
        return [(goal, [lines[definition.id] for definition in members]) for goal, members in grouped]

    def items(self) -> list[Prescribed]:
        """The plan as typed, in the order asked for."""
        return [line.prescribed() for line in self.chosen]

    def validate(self) -> bool:
        """Whether every chosen line was typed as numbers and texts that can be read."""
        valid = [line.form.validate() for line in self.chosen]
        for line in self.chosen:
            for field in line.form:
                title = texts.title_in_words(line.definition)
                self.errors.extend((field.id, f"{title}: {each}") for each in field.errors)
        return all(valid)

    def show(self, violations: Sequence[Violation]) -> None:
        """Put what the rules found next to the fields it is about."""
        lines: Mapping[str, EditorLine] = {line.definition.id: line for line in self.lines}
        for violation in violations:
            sentence = texts.violation_text(violation)
            field = getattr(lines[violation.exercise].form, violation.field, None)
            if field is not None:
                field.errors = [*field.errors, sentence]
            where = texts.FIELDS.get(violation.field, gettext("Exercise"))
            title = texts.title_in_words(lines[violation.exercise].definition)
            self.errors.append((field.id if field is not None else "content", f"{title}, {where}: {sentence}"))


def _data(
    item: Prescribed | None, definition: Definition, place: int | None, standing: Standing | None
) -> dict[str, Any]:
    dose = item or suggested(definition)
    return {
        "included": item is not None,
        "order": place,
        "sets": dose.sets,
        "reps": dose.reps,
        "hold_s": None if dose.hold_s is None else round(dose.hold_s),
        "weekdays": [str(day) for day in sorted(dose.weekdays)],
        "side": dose.side,
        "reach": dose.reach,
        "note": dose.note or "",
        "override_reason": dose.override_reason or (standing.reason if standing else ""),
    }


def _typed_place(line: EditorLine) -> tuple[bool, int]:
    """Chosen lines first, by the number typed; lines without a number keep the library's order behind the others."""
    number = line.form.order.data
    return (not line.form.included.data, number if number is not None else 10_000)
