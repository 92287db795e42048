"""Forms of the reminder pages. They check shape; what a rule allows besides is said by the service."""

from __future__ import annotations

from datetime import time
from typing import Any, Final

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, FormField, SelectField, SelectMultipleField, TextAreaField, TimeField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from tracker.accounts.forms import ZONES
from tracker.reminders.page_texts import WEEKDAYS

_MINUTES: Final = range(20, 61, 5)
_BUDGETS: Final = range(1, 13)
_LONGEST_ADDRESSES: Final = 4_000
TIME_FIELDS: Final = ("time_1", "time_2", "time_3", "time_4")

CHANNELS: Final = {"push": _l("In a browser or on a phone"), "email": _l("By e-mail")}
"""What can be chosen besides the bell, which is always there."""


def _time(label: Any, *, needed: bool = False) -> TimeField:
    first = InputRequired(_l("Please choose a time.")) if needed else Optional()
    # Some browsers send seconds.
    return TimeField(label, format=["%H:%M", "%H:%M:%S"], validators=[first])


def _weekdays() -> SelectMultipleField:
    return SelectMultipleField(_l("Days"), choices=[SelectChoice(day, name) for day, name in WEEKDAYS.items()])


def shown(at: time | None) -> str:
    """A time as a rule keeps it."""
    return at.strftime("%H:%M") if at else ""


class SwitchForm(Form):  # type: ignore[misc]  # WTForms ships no types
    """A kind that comes when something happens: on or off."""

    enabled = BooleanField(_l("Remind me"))

    @property
    def times(self) -> list[time]:
        """What is filled in, once each and in order."""
        fields = (self._fields.get(name) for name in TIME_FIELDS)
        return sorted({at.data for at in fields if at is not None and at.data is not None})

    def validate(self, extra_validators: Any = None) -> bool:
        """What is switched off may stay half filled in."""
        fits = bool(super().validate(extra_validators))
        return fits and not (self.enabled.data and self._lacks_something())

    def _lacks_something(self) -> bool:
        """Whether something is missing for a kind that is switched on; the field says what."""
        return False


def _complain(field: Any, sentence: Any) -> bool:
    field.errors = [*field.errors, sentence]
    return True


class MorningForm(SwitchForm):
    """The question on the morning after a session: one time, on the days that follow one."""

    time_1 = _time(_l("At"))

    def _lacks_something(self) -> bool:
        return not self.times and _complain(self.time_1, _l("Please choose a time."))


class TimesForm(SwitchForm):
    """A kind that comes at set times on set days."""

    time_1 = _time(_l("At"))
    time_2 = _time(_l("and at"))
    time_3 = _time(_l("and at"))
    time_4 = _time(_l("and at"))
    weekdays = _weekdays()

    def _lacks_something(self) -> bool:
        no_time = not self.times and _complain(self.time_1, _l("Please choose a time."))
        no_day = not self.weekdays.data and _complain(self.weekdays, _l("Please choose a day."))
        return no_time or no_day


class BreakForm(SwitchForm):
    """Breaks from sitting: every so many minutes between two times."""

    first = _time(_l("From"))
    last = _time(_l("To"))
    every = SelectField(_l("Every"), coerce=int, choices=[])
    weekdays = _weekdays()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # What is stored can be kept, also where this page would not offer it.
        minutes = sorted({*_MINUTES, *filter(None, [self.every.object_data])})
        self.every.choices = [SelectChoice(number, _l("%(num)d minutes", num=number)) for number in minutes]

    def _lacks_something(self) -> bool:
        begins, ends = self.first.data, self.last.data
        no_span = False
        if begins is None or ends is None:
            no_span = _complain(self.first if begins is None else self.last, _l("Please choose a time."))
        elif ends <= begins:
            no_span = _complain(self.last, _l("The end must be later than the beginning."))
        no_day = not self.weekdays.data and _complain(self.weekdays, _l("Please choose a day."))
        return no_span or no_day


KIND_FORMS: Final = {
    "exercise": TimesForm,
    "check_in": TimesForm,
    "morning": MorningForm,
    "posture_break": BreakForm,
    "message": SwitchForm,
}


class ReminderForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """Everything about reminders that one button saves. A page takes away what somebody is never asked."""

    exercise = FormField(TimesForm)
    check_in = FormField(TimesForm)
    morning = FormField(MorningForm)
    posture_break = FormField(BreakForm)
    message = FormField(SwitchForm)
    quiet_from = _time(_l("Quiet from"), needed=True)
    quiet_to = _time(_l("until"), needed=True)
    daily_budget = SelectField(_l("At most per day"), coerce=int, choices=[])
    channels = SelectMultipleField(_l("How"), choices=[SelectChoice(key, name) for key, name in CHANNELS.items()])
    time_zone = SelectField(_l("Time zone"), choices=[SelectChoice(name, name.replace("_", " ")) for name in ZONES])
    locale = SelectField(_l("Language"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        numbers = sorted({*_BUDGETS, *filter(None, [self.daily_budget.object_data])})
        self.daily_budget.choices = [SelectChoice(number, str(number)) for number in numbers]


class ZoneForm(FlaskForm):  # type: ignore[misc]
    """One tap on a journey."""

    zone = SelectField(_l("Time zone"), choices=[SelectChoice(name, name) for name in ZONES])


class PauseForm(FlaskForm):  # type: ignore[misc]
    pause = SelectField(choices=[SelectChoice(key, key) for key in ("day", "week", "end")])


class CalendarForm(FlaskForm):  # type: ignore[misc]
    calendar = SelectField(choices=[SelectChoice(key, key) for key in ("make", "withdraw")])


class NoticeForm(FlaskForm):  # type: ignore[misc]
    """What to do with a notice."""

    action = SelectField(choices=[SelectChoice(key, key) for key in ("open", "snooze", "not_today", "dismiss")])


class ChannelsForm(FlaskForm):  # type: ignore[misc]
    """Where a clinic wants its alerts besides: Apprise addresses, one a line. For the page of alert settings."""

    addresses = TextAreaField(
        _l("Further places for alerts"),
        validators=[Optional(), Length(max=_LONGEST_ADDRESSES)],
        description=_l(
            "Apprise addresses, one a line, for instance of a chat or a pager. Messages say only that an alert waits."
        ),
    )
