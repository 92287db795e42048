"""The form of how somebody wants to be told at the desk. It checks shape; the bounds are those of `rules`."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from tracker.accounts.forms import bounded
from tracker.posture import rules, texts

_EVERY: Final = (rules.SHORTEST_BREAK_EVERY_MIN, rules.LONGEST_BREAK_EVERY_MIN)


class SettingsForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """When a break is offered, how often anything may speak, and whether there is a desk to stand at."""

    break_rule = RadioField(
        _l("When should a break be offered?"),
        choices=[SelectChoice(key, texts.BREAK_RULES[key]) for key in rules.BREAK_RULES],
        validators=[InputRequired(_l("Please choose one of these."))],
    )
    break_every_min = IntegerField(
        _l("After how many minutes?"),
        filters=[bounded],
        validators=[
            InputRequired(_l("Please write a number of minutes.")),
            NumberRange(*_EVERY, message=_l("Please choose between %(min)d and %(max)d minutes.")),
        ],
    )
    sit_stand = BooleanField(_l("I can raise my desk and stand at it"))
    notices_per_hour = RadioField(
        _l("How many notices an hour at most?"),
        coerce=int,
        choices=[
            SelectChoice(0, _l("None")),
            *(SelectChoice(number, str(number)) for number in range(1, rules.MOST_NOTICES_PER_HOUR + 1)),
        ],
        validators=[InputRequired(_l("Please choose one of these."))],
    )
    quiet = BooleanField(_l("Quiet mode: keep my minutes, say nothing"))
