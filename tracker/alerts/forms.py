"""Forms of the pages of escalation: what is done about an alert, what a patient says afterwards, and the numbers by
which a clinic's alerts are raised. They check shape; whether an action still fits is the service's decision.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    DecimalField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from tracker.alerts import page_texts, parameter_texts, texts
from tracker.alerts.workflow_service import DISPOSITIONS
from tracker.regimen.texts import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tracker.accounts.models import Person

LONGEST_NOTE: Final = 2_000
_LONGEST_SNOOZE: Final = 14
SNOOZE, CLOSE, BASELINE, CONFIRM = "snooze-", "close-", "baseline-", "confirm-"
"""Several forms on one page have a note each."""
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

_filled = InputRequired(_l("Please fill this in."))


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


def _note(label: Any, *, required: bool = False) -> TextAreaField:
    first = DataRequired(_l("Please fill this in.")) if required else Optional()
    return TextAreaField(label, [first, Length(max=LONGEST_NOTE)], filters=[_stripped])


class ActionForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """A button with an optional word: acknowledge, confirm, called."""

    note = _note(_l("Note"))


class SnoozeForm(FlaskForm):  # type: ignore[misc]
    """Let it rest; a reason is part of it."""

    days = IntegerField(
        _l("Days"),
        [_filled, NumberRange(1, _LONGEST_SNOOZE, message=_l("It can rest for 1 to 14 days."))],
        default=3,
    )
    reason = _note(_l("Why it can rest"), required=True)


class CloseForm(FlaskForm):  # type: ignore[misc]
    """What came of it. The outcome is asked at the urgent levels only."""

    disposition = RadioField(
        _l("What came of it"),
        [InputRequired(_l("Choose what came of it."))],
        choices=[SelectChoice(key, texts.DISPOSITIONS[key]) for key in DISPOSITIONS],
    )
    seen_by = SelectField(
        _l("Who has seen the patient?"),
        [Optional()],
        choices=[
            SelectChoice("", _l("Choose")),
            *(SelectChoice(key, words) for key, words in page_texts.SEEN_BY.items()),
        ],
    )
    what = StringField(_l("What did they find or say?"), [Optional(), Length(max=500)], filters=[_stripped])
    note = _note(_l("Note for the record"))


class BaselineForm(FlaskForm):  # type: ignore[misc]
    """A new usual level of pain."""

    value = DecimalField(
        _l("New usual level"),
        [_filled, NumberRange(0, 10, message=_l("A number from 0 to 10."))],
        places=1,
    )
    note = _note(_l("Note"))


class OutcomeForm(FlaskForm):  # type: ignore[misc]
    """What a patient says after they were told to get help."""

    helped = RadioField(
        _l("Did you get help?"),
        [InputRequired(_l("Please choose."))],
        choices=[SelectChoice(key, words) for key, words in page_texts.HELPED.items()],
    )
    seen_by = SelectField(
        _l("Who has seen you?"),
        [Optional()],
        choices=[
            SelectChoice("", _l("Choose")),
            *(SelectChoice(key, words) for key, words in page_texts.SEEN_BY.items() if key != "nobody"),
        ],
    )
    said = _note(_l("What did they say?"))


def _yes_no(label: Any) -> RadioField:
    return RadioField(
        label,
        [InputRequired(_l("Please choose."))],
        choices=[SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No"))],
    )


class ReleaseForm(FlaskForm):  # type: ignore[misc]
    """Somebody whom nobody watches says that they were examined and may exercise."""

    examined = _yes_no(_l("Has a doctor or physiotherapist examined you, in person, because of this?"))
    allowed = _yes_no(_l("Did they say that you may exercise?"))
    examined_on = DateField(_l("When was that?"), [Optional()])


# ---------------------------------------------------------------------------------------------- settings


class NumbersForm(FlaskForm):  # type: ignore[misc]
    """A preset or one's own numbers; `number` is every one of them as text, by name, read by `values`."""

    preset = RadioField(
        _l("How quickly to raise"),
        [InputRequired(_l("Please choose."))],
        choices=[SelectChoice(key, words[0]) for key, words in parameter_texts.PRESETS.items()],
    )
    base_number = IntegerField(validators=[InputRequired(), NumberRange(0)])


class DutyForm(FlaskForm):  # type: ignore[misc]
    """Who stands in, and when somebody is there."""

    backup_id = SelectField(
        _l("Stands in first"),
        description=_l("Told when the patient's own physiotherapist has not acknowledged in time."),
    )
    lead_id = SelectField(_l("Team lead"), description=_l("Told after that."))
    weekdays = SelectMultipleField(
        _l("Working days"),
        choices=[SelectChoice(str(day), words) for day, words in WEEKDAYS.items()],
        validators=[InputRequired(_l("Choose at least one day."))],
    )
    opens = StringField(_l("From"), [_filled])
    closes = StringField(_l("Until"), [_filled])

    def staffed_by(self, people: Iterable[Person]) -> None:
        """Who can be chosen."""
        choices = [SelectChoice("", _l("Nobody")), *(SelectChoice(str(each.id), each.name) for each in people)]
        self.backup_id.choices = choices
        self.lead_id.choices = choices

    def validate_opens(self, field: Any) -> None:
        _is_time(field)

    def validate_closes(self, field: Any) -> None:
        _is_time(field)
        if not field.errors and self.opens.data and field.data <= self.opens.data:
            raise ValidationError(_l("This lies before the beginning."))


def _is_time(field: Any) -> None:
    if not _TIME.fullmatch(field.data or ""):
        raise ValidationError(_l("Hours and minutes, such as 08:00."))


class PresetForm(FlaskForm):  # type: ignore[misc]
    """Which numbers one patient is judged by."""

    preset = SelectField(
        _l("How quickly to raise for this patient"),
        choices=[
            SelectChoice("clinic", _l("Like the clinic")),
            *(SelectChoice(key, parameter_texts.PRESETS[key][0]) for key in ("default", "sensitive", "specific")),
        ],
    )
    base_number = IntegerField(validators=[InputRequired(), NumberRange(0)])
