"""Forms of the physiotherapist's room: who is invited, a message, and when somebody was examined."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import DateField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional, ValidationError

from tracker.accounts.rules import normal_email
from tracker.clinic.message_service import LONGEST

if TYPE_CHECKING:
    from datetime import date

_LONGEST_NAME: Final = 100
_LONGEST_ADDRESS: Final = 254


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


class MessageForm(FlaskForm):  # type: ignore[misc]
    """A word from one person to another."""

    text = TextAreaField(
        lazy_gettext("Message"),
        [
            DataRequired(lazy_gettext("Please write something.")),
            Length(max=LONGEST, message=lazy_gettext("At most %(max)d characters.")),
        ],
        filters=[_stripped],
    )


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
