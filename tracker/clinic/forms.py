"""Forms of the physiotherapist's room: who is invited, messages and what they begin with, notes, appointments, and when
somebody was examined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateField, RadioField, SelectField, SelectMultipleField, StringField, TextAreaField, TimeField
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from tracker.accounts.rules import normal_email
from tracker.clinic import note_service, report_texts
from tracker.clinic.message_service import LONGEST
from tracker.clinic.note_texts import KINDS

if TYPE_CHECKING:
    from datetime import date

_LONGEST_NAME: Final = 100
_LONGEST_ADDRESS: Final = 254
_LONGEST_ADDRESSEE: Final = 400
LONGEST_LETTER: Final = 5_000


class InviteForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Who is invited. The address is only a note for the patient's own sign-in; no message is sent."""

    name = StringField(
        lazy_gettext("Name of the patient"),
        [InputRequired(lazy_gettext("Please fill this in.")), Length(max=_LONGEST_NAME)],
    )
    email = StringField(lazy_gettext("E-mail address"), [Optional(), Length(max=_LONGEST_ADDRESS)])

    def validate_email(self, field: Any) -> None:
        if normal_email(field.data) is None:
            raise ValidationError(lazy_gettext("This does not look like an e-mail address."))


def _stripped(value: str | None) -> str | None:
    return value.strip() if value else value


def _words(label: Any, longest: int) -> TextAreaField:
    return TextAreaField(
        label,
        [
            DataRequired(lazy_gettext("Please write something.")),
            Length(max=longest, message=lazy_gettext("At most %(max)d characters.")),
        ],
        filters=[_stripped],
    )


class MessageForm(FlaskForm):  # type: ignore[misc]
    """A word from one person to another."""

    text = _words(lazy_gettext("Message"), LONGEST)


class NoteForm(FlaskForm):  # type: ignore[misc]
    """A note, or a call and what was said."""

    kind = RadioField(
        lazy_gettext("What it is"), choices=[SelectChoice(*each) for each in KINDS.items()], default="note"
    )
    text = _words(lazy_gettext("What to remember"), note_service.LONGEST)


class AppointmentForm(FlaskForm):  # type: ignore[misc]
    """When the two see each other, by the clock of whoever notes it."""

    day = DateField(lazy_gettext("Day"), [InputRequired(lazy_gettext("Please choose a day."))])
    time = TimeField(lazy_gettext("Time"), [InputRequired(lazy_gettext("Please choose a time."))])
    note = StringField(
        lazy_gettext("What for"),
        [Optional(), Length(max=_LONGEST_NAME, message=lazy_gettext("At most %(max)d characters."))],
        filters=[_stripped],
    )


class TemplateForm(FlaskForm):  # type: ignore[misc]
    """Words that a clinic writes often."""

    title = StringField(
        lazy_gettext("Title"),
        [
            DataRequired(lazy_gettext("Please fill this in.")),
            Length(max=note_service.LONGEST_TITLE, message=lazy_gettext("At most %(max)d characters.")),
        ],
        filters=[_stripped],
    )
    text = _words(lazy_gettext("Words"), LONGEST)


class ExaminedForm(FlaskForm):  # type: ignore[misc]
    """When a clinician examined the patient for this episode, and when they want to look again."""

    examined_on = DateField(lazy_gettext("Examined on"), [InputRequired(lazy_gettext("Please fill this in."))])
    review_on = DateField(lazy_gettext("Look again on"), [Optional()])

    def validate_review_on(self, field: Any) -> None:
        if self.examined_on.data and field.data < self.examined_on.data:
            raise ValidationError(lazy_gettext("This lies before the examination."))

    def fits(self, today: date) -> bool:
        """Whether the examination lies in the past and the next look in the future; if not, the field says so."""
        if self.examined_on.data > today:
            self.examined_on.errors = [lazy_gettext("This day has not come yet.")]
            return False
        if self.review_on.data and self.review_on.data < today:
            self.review_on.errors = [lazy_gettext("This day is over.")]
            return False
        return True


class ReportForm(FlaskForm):  # type: ignore[misc]
    """What a report or a letter holds."""

    kind = RadioField(
        lazy_gettext("What it is"),
        choices=[SelectChoice(*each) for each in report_texts.KINDS.items()],
        default="report",
    )
    period = SelectField(
        lazy_gettext("Period"),
        choices=[SelectChoice(*each) for each in report_texts.PERIODS.items()],
        default="84",
    )
    sections = SelectMultipleField(
        lazy_gettext("Contents"),
        choices=[SelectChoice(*each) for each in report_texts.SECTIONS.items()],
        default=list(report_texts.SECTIONS),
    )
    addressee = TextAreaField(
        lazy_gettext("To"),
        [Optional(), Length(max=_LONGEST_ADDRESSEE, message=lazy_gettext("At most %(max)d characters."))],
        filters=[_stripped],
    )
    words = TextAreaField(
        lazy_gettext("What you write"),
        [Length(max=LONGEST_LETTER, message=lazy_gettext("At most %(max)d characters."))],
        filters=[_stripped],
    )

    def validate_sections(self, field: Any) -> None:
        if not field.data and self.kind.data == "report":
            raise ValidationError(lazy_gettext("Please choose at least one part."))

    def validate_words(self, field: Any) -> None:
        if not field.data and self.kind.data == "letter":
            raise ValidationError(lazy_gettext("A letter needs some words of yours: what do you ask of the reader?"))
