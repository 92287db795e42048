"""Forms of the account pages. They check shape; whether a password is good enough is in `rules`."""

from __future__ import annotations

import unicodedata
from typing import Any, Final
from zoneinfo import available_timezones

from babel import Locale
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional, ValidationError

from tracker.accounts.emergency import COUNTRIES, LONGEST_NUMBER, is_phone_number, numbers_of
from tracker.accounts.models import Role
from tracker.accounts.rules import LONGEST_PASSWORD, PasswordProblem, normal_email, password_problem

_LONGEST_NAME: Final = 100
_LONGEST_ADDRESS: Final = 254
_LONGEST_CODE: Final = 40
LARGEST_NUMBER: Final = 10_000
_FIRST_BIRTH_YEAR: Final = 1880

ZONES: Final = sorted(name for name in available_timezones() if "/" in name or name == "UTC")

PASSWORD_TEXTS: Final = {
    PasswordProblem.TOO_SHORT: _l("Use more characters. A few words in a row are easy to remember."),
    PasswordProblem.TOO_LONG: _l("Use fewer characters."),
    PasswordProblem.TOO_COMMON: _l("Many people use this one, so it is guessed first. Choose another."),
    PasswordProblem.ABOUT_YOU: _l("This is mostly your name or address. Choose something others do not know."),
}

_filled = InputRequired(_l("Please fill this in."))
_not_blank = DataRequired(_l("Please fill this in."))


def _trim(value: str | None) -> str | None:
    return " ".join(value.split()) if value else value


def _is_address(_form: FlaskForm, field: Any) -> None:
    if field.data and normal_email(field.data) is None:
        raise ValidationError(_l("This does not look like an e-mail address."))


def _name(label: Any) -> StringField:
    return StringField(label, filters=[_trim], validators=[_not_blank, Length(max=_LONGEST_NAME)])


def _email(*, required: bool = True) -> StringField:
    first = _filled if required else Optional()
    return StringField(_l("E-mail address"), validators=[first, Length(max=_LONGEST_ADDRESS), _is_address])


def _password(label: Any) -> PasswordField:
    # Longer input is answered by the password rule with a sentence; the bound here only spares the server.
    return PasswordField(label, validators=[_filled, Length(max=LONGEST_PASSWORD * 4)])


def _zone() -> SelectField:
    return SelectField(
        _l("Time zone"),
        choices=[SelectChoice(name, name.replace("_", " ")) for name in ZONES],
        description=_l("Your day begins at midnight there."),
    )


def country_choices(first: Any) -> list[SelectChoice]:
    """Every country by its name in the reader's language; `first` is what not choosing means. Those whose emergency
    number is known say it, so that who chooses sees whether it is right.
    """
    locale = get_locale() or Locale("en")
    names = {code: name for code, name in locale.territories.items() if len(code) == 2 and code.isalpha()}  # noqa: PLR2004  # ISO 3166
    named = sorted(((name, code) for code, name in names.items() if code not in _NO_COUNTRY), key=_by_letter)
    return [SelectChoice("", first), *(SelectChoice(code, _with_number(name, code)) for name, code in named)]


_NO_COUNTRY: Final = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})
"""Codes of the same shape that are no country to live in."""


def _by_letter(entry: tuple[str, str]) -> str:
    decomposed = unicodedata.normalize("NFD", entry[0])
    return "".join(char for char in decomposed if not unicodedata.combining(char)).casefold()


def _with_number(name: str, code: str) -> str:
    return f"{name} ({numbers_of(code).emergency})" if code in COUNTRIES else name


def _country() -> SelectField:
    # The choices depend on the reader's language, so a view sets them.
    return SelectField(_l("Country"), default="", choices=[SelectChoice("", "")])


def _phone(label: Any, description: Any) -> StringField:
    return StringField(
        label, filters=[_trim], validators=[Optional(), Length(max=LONGEST_NUMBER), _is_phone], description=description
    )


def _own_phone() -> StringField:
    return _phone(
        _l("Your telephone number"),
        _l("Your physiotherapist sees it and can call when something you told is urgent. You can leave it empty."),
    )


def _is_phone(_form: FlaskForm, field: Any) -> None:
    if field.data and not is_phone_number(field.data):
        raise ValidationError(_l("A telephone number has digits, spaces and + ( ) / - only."))


def check_new_password(field: Any, *, shortest: int, about: list[str | None]) -> bool:
    """Whether the new password in `field` is good enough; if not, the field says why."""
    problem = password_problem(field.data or "", shortest=shortest, about=[text for text in about if text])
    if problem is None:
        return True
    field.errors = [*field.errors, PASSWORD_TEXTS[problem]]
    return False


class SignInForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    email = StringField(_l("E-mail address"), validators=[_filled, Length(max=_LONGEST_ADDRESS)])
    password = _password(_l("Password"))


class CodeForm(FlaskForm):  # type: ignore[misc]
    code = StringField(
        _l("Code"),
        validators=[_filled, Length(max=_LONGEST_CODE)],
        description=_l("Six digits from your authenticator app, or one of your recovery codes."),
    )


class ClinicSetUpForm(FlaskForm):  # type: ignore[misc]
    clinic_name = _name(_l("Name of the clinic"))
    name = _name(_l("Your name"))
    email = _email()
    password = _password(_l("Password"))
    time_zone = _zone()


class SoloSetUpForm(FlaskForm):  # type: ignore[misc]
    name = _name(_l("Your name"))
    email = _email(required=False)
    password = _password(_l("Password"))
    time_zone = _zone()


class JoinForm(FlaskForm):  # type: ignore[misc]
    name = _name(_l("Your name"))
    email = _email()
    password = _password(_l("Password"))
    time_zone = _zone()


class NewPasswordForm(FlaskForm):  # type: ignore[misc]
    password = _password(_l("New password"))


class ConsentsForm(FlaskForm):  # type: ignore[misc]
    camera = BooleanField(_l("Use my camera"))
    landmarks = BooleanField(_l("Store how my joints moved"))
    sharing = BooleanField(_l("Share my results with my physiotherapist"))
    phone = _own_phone()


def bounded(number: int | None) -> int | None:
    """A filter for whole numbers: what lies far outside every bound stays outside, and fits arithmetic again. Python's
    integers have no end, and WTForms' own NumberRange breaks down on those that no float can hold.
    """
    return None if number is None else max(-LARGEST_NUMBER, min(number, LARGEST_NUMBER))


class ProfileForm(FlaskForm):  # type: ignore[misc]
    name = _name(_l("Your name"))
    time_zone = _zone()
    country = _country()
    birth_year = IntegerField(
        _l("Year of birth"),
        [Optional(), NumberRange(_FIRST_BIRTH_YEAR, message=_l("A year with four digits, such as 1975."))],
        filters=[bounded],
    )
    phone = _own_phone()
    locale = SelectField(_l("Language"))
    theme = RadioField(
        _l("Colours"),
        choices=[
            SelectChoice("auto", _l("Like the device")),
            SelectChoice("light", _l("Light")),
            SelectChoice("dark", _l("Dark")),
        ],
    )


class PasswordForm(FlaskForm):  # type: ignore[misc]
    current = _password(_l("Present password"))
    password = _password(_l("New password"))


class EnrolForm(FlaskForm):  # type: ignore[misc]
    current = _password(_l("Your password"))
    code = StringField(
        _l("Code from the app"), validators=[_filled, Length(max=_LONGEST_CODE)], description=_l("Six digits.")
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    current = _password(_l("Your password"))


class ClinicForm(FlaskForm):  # type: ignore[misc]
    name = _name(_l("Name of the clinic"))
    time_zone = _zone()
    country = _country()
    emergency_number = _phone(
        _l("Emergency number"), _l("Only if another one than the country's own should be shown in an emergency.")
    )
    urgent_number = _phone(
        _l("Number for medical advice out of hours"), _l("Shown when a doctor should look at something today.")
    )
    require_totp = BooleanField(
        _l("Everybody who works here needs a second step at sign-in"),
        description=_l("Whoever has not set it up yet is asked to when they sign in next."),
    )


class StaffInvitationForm(FlaskForm):  # type: ignore[misc]
    name = _name(_l("Name"))
    email = _email()
    role = RadioField(
        _l("What they do"),
        choices=[
            SelectChoice(Role.PHYSIO.value, _l("Treats patients")),
            SelectChoice(Role.ADMIN.value, _l("Runs the clinic's settings")),
        ],
        default=Role.PHYSIO.value,
    )


def _reason() -> StringField:
    return StringField(
        _l("Why"),
        [DataRequired(_l("Please say in a few words why: the colleague reads it.")), Length(max=500)],
        filters=[_trim],
    )


class HandOverForm(FlaskForm):  # type: ignore[misc]
    """Who looks after these patients from now on. Choices are set by whoever shows it."""

    patients = SelectMultipleField(_l("Patients"))
    to = SelectField(_l("Colleague"), coerce=str)
    how = RadioField(
        _l("What happens"),
        choices=[
            SelectChoice("over", _l("Hand over: the colleague looks after them, I do not any more")),
            SelectChoice("also", _l("Share: we both look after them")),
            SelectChoice("stop", _l("Stop: I do not look after them any more, somebody else already does")),
        ],
        default="over",
    )
    reason = _reason()

    def validate_patients(self, field: Any) -> None:
        if not field.data:
            raise ValidationError(_l("Please choose at least one patient."))


class HandAllOverForm(FlaskForm):  # type: ignore[misc]
    """Every patient of one colleague goes to another."""

    whose = SelectField(_l("Patients of"), coerce=str)
    to = SelectField(_l("To"), coerce=str)
    reason = _reason()


class AbsenceForm(FlaskForm):  # type: ignore[misc]
    """When somebody is away, whole days by the clinic's calendar of whoever writes, and who stands in."""

    physio = SelectField(_l("Who is away"), coerce=str)
    first = DateField(_l("First day"), [InputRequired(_l("Please choose a day."))])
    last = DateField(_l("Last day"), [InputRequired(_l("Please choose a day."))])
    backup = SelectField(_l("Who stands in"), coerce=str)
    note = StringField(_l("Note"), [Optional(), Length(max=500)], filters=[_trim])


class EmptyForm(FlaskForm):  # type: ignore[misc]
    """A button: nothing but the form token."""
