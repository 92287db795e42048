"""The desk check's form: ten questions, each yes, no or does not apply here; nothing is chosen beforehand."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from tracker.learn import texts
from tracker.learn.rules import ITEMS, Answer

_answered = InputRequired(_l("Please choose an answer."))


class DeskCheckForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """One field for each item, by its key. `check_id` makes a form that is sent twice one check."""

    check_id = HiddenField()

    @property
    def questions(self) -> list[Any]:
        """The fields of the items, in the order they are asked."""
        return [self[item] for item in ITEMS]

    @property
    def answers(self) -> dict[str, Answer]:
        """What was chosen; only after `validate`."""
        return {item: Answer(self[item].data) for item in ITEMS}

    @property
    def identity(self) -> UUID:
        """The id the page was given; a new one where none came back."""
        try:
            return UUID(self.check_id.data or "")
        except ValueError:
            return uuid4()


for _item in ITEMS:
    setattr(
        DeskCheckForm,
        _item,
        RadioField(
            texts.ITEMS[_item].question,
            validators=[_answered],
            choices=[SelectChoice(value, name) for value, name in texts.ANSWERS.items()],
        ),
    )
