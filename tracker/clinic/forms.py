"""The form that invites a patient."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from tracker.accounts.rules import normal_email

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
