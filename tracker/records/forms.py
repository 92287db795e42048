"""Forms of the pages about one's data."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from tracker.accounts.rules import LONGEST_PASSWORD

WORD: Final = _l("ERASE")
"""What somebody types to say that they mean it; in the language of the page."""
_LONGEST_WORD: Final = 40
_LONGEST_ADDRESS: Final = 254

_filled = InputRequired(_l("Please fill this in."))


def _is_the_word(_form: FlaskForm, field: Any) -> None:
    if " ".join((field.data or "").split()).casefold() != str(WORD).casefold():
        raise ValidationError(_("Type the word %(word)s.", word=WORD))


class EraseForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    word = StringField(_l("Type the word ERASE"), validators=[_filled, Length(max=_LONGEST_WORD), _is_the_word])
    current = PasswordField(_l("Your password"), validators=[_filled, Length(max=LONGEST_PASSWORD * 4)])


class EraseForSomebodyForm(EraseForm):
    whom = StringField(_l("Whose record"), validators=[_filled, Length(max=_LONGEST_ADDRESS)])
