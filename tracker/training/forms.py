"""The questions after a session. All of them may stay empty."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import Length, NumberRange, Optional

from tracker.accounts.forms import bounded
from tracker.training import texts
from tracker.training.documents import STOP_REASONS

LONGEST_NOTE = 2_000


class FeedbackForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """How it was: pain and effort 0..10, why it ended, and a word to add."""

    pain_during = IntegerField(
        lazy_gettext("Pain during the exercise"), [Optional(), NumberRange(0, 10)], filters=[bounded]
    )
    effort = IntegerField(lazy_gettext("Effort"), [Optional(), NumberRange(0, 10)], filters=[bounded])
    stop_reason = SelectField(
        lazy_gettext("Why did you stop?"),
        [Optional()],
        choices=[
            SelectChoice("", lazy_gettext("Choose")),
            *(SelectChoice(key, texts.STOP_REASONS[key]) for key in STOP_REASONS),
        ],
    )
    note = TextAreaField(lazy_gettext("Anything to add?"), [Optional(), Length(max=LONGEST_NOTE)])
