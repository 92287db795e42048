"""What a plain form says, read into the answers that `documents` describes: the way in without JavaScript.

Pure. Fields that are none of the form's are ignored, answers that are none of the choices are told as errors. What was
ticked among the warning signs is read first and from wherever it stands, so that no mistake elsewhere can hide it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Protocol

from tracker.diary import rules_forms as forms
from tracker.diary.documents import MOST_ACTIVITIES, MOST_MEDICINES
from tracker.diary.rules import SPOTS
from tracker.diary.rules_flags import RED_FLAGS
from tracker.diary.rules_forms import Form, Question

MISSING: Final = "missing"
INVALID: Final = "invalid"
_TEN: Final = 10
_WEEK: Final = 7
_LONGEST_NOTE: Final = 2_000


class Fields(Protocol):
    """The fields of a form, as the web framework gives them."""

    def get(self, name: str) -> str | None: ...

    def getlist(self, name: str) -> list[str]: ...


@dataclass(slots=True)
class Said:
    """The answers that could be read, and what is wrong, by question: the key of a sentence (texts.PROBLEMS)."""

    answers: dict[str, Any] = field(default_factory=dict)
    note: str | None = None
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def screened(self) -> bool:
        """Whether the question about red flags was answered."""
        return bool(self.answers.get("flags") or self.answers.get("none_of_these"))


def read(form: Form, fields: Fields, new_id: Callable[[], str]) -> Said:
    """Everything the form says. `new_id` names activities that are new."""
    said = Said()
    for question in form.questions:
        if question.kind == forms.FLAGS:
            _read_flags(fields, said)
    for question in form.questions:
        if question.kind != forms.FLAGS and _is_asked(question, fields, said):
            _read_one(question, fields, said, new_id)
    if form.note:
        note = (fields.get("note") or "").strip()
        if len(note) > _LONGEST_NOTE:
            said.errors["note"] = INVALID
        said.note = note[:_LONGEST_NOTE] or None
    return said


def _is_asked(question: Question, fields: Fields, said: Said) -> bool:
    """Whether the answers before it make this a question. A yes to self-harm is one wherever it comes from."""
    if question.only_if is None:
        return True
    other, value = question.only_if
    if other == "phq2":
        return sum(said.answers.get("phq2") or ()) >= int(value) or fields.get(question.key) == "yes"
    return fields.get(other) == value


def _read_flags(fields: Fields, said: Said) -> None:
    flags = {}
    for code in RED_FLAGS:
        answer = _flag_answer(fields, code)
        if answer in {"new", "checked"}:
            detail = fields.get(f"flag-{code}-detail")
            flags[code] = {"answer": answer} | ({"detail": detail == "yes"} if detail in {"yes", "no"} else {})
    every_no = all(fields.get(f"flag-{code}") == "no" for code, flag in RED_FLAGS.items() if not flag.crisis)
    if flags:
        said.answers["flags"] = flags
    elif fields.get("none_of_these") or every_no:
        said.answers["none_of_these"] = True
    else:
        said.errors["flags"] = "flags_missing"


def _flag_answer(fields: Fields, code: str) -> str | None:
    given = fields.get(f"flag-{code}")
    if given in {None, "", "no"}:
        return None
    # Anything else that a tick box may say is a yes.
    return "checked" if given == "checked" or fields.get(f"flag-{code}-checked") else "new"


def _read_one(question: Question, fields: Fields, said: Said, new_id: Callable[[], str]) -> None:
    problem: str | None
    value: Any
    if question.kind == forms.MULTI:
        value, problem = [each for each in question.choices if each in fields.getlist(question.key)] or None, None
    elif question.kind == forms.BODY_MAP:
        value, problem = _marks(fields)
    elif question.kind == forms.MEDICINES:
        value, problem = _medicines(fields)
    elif question.kind == forms.ACTIVITY_WORDS:
        value, problem = list(named(fields, new_id)) or None, None
    elif question.kind == forms.ACTIVITIES:
        value, problem = _scored(fields)
    else:
        value, problem = _simple(question, (fields.get(question.key) or "").strip())
    if value is None and problem is None and question.required:
        problem = MISSING
    if problem is not None:
        said.errors[question.key] = problem
    if value is not None:
        _put(question.key, value, said)


def _put(key: str, value: Any, said: Said) -> None:
    name, _dash, place = key.partition("-")
    if name == "phq2":
        said.answers.setdefault(name, []).insert(int(place), value)
    else:
        said.answers[key] = value


def _simple(question: Question, given: str) -> tuple[Any, str | None]:
    if not given:
        return None, None
    if question.kind == forms.SCALE:
        return _whole(given, 0, _TEN)
    if question.kind == forms.DATE:
        return _date(given)
    known = {"yes": True, "no": False} if question.kind == forms.YES_NO else {key: key for key in question.choices}
    if given not in known:
        return None, INVALID
    return (int(given) if question.numeric else known[given]), None


def _date(given: str) -> tuple[str | None, str | None]:
    try:
        return date.fromisoformat(given).isoformat(), None
    except ValueError:
        return None, "not_a_date"


def _whole(given: str | None, lowest: int, highest: int) -> tuple[int | None, str | None]:
    text = (given or "").strip()
    if not text:
        return None, None
    if not text.isascii() or not text.isdigit() or len(text) > 2 or not lowest <= int(text) <= highest:  # noqa: PLR2004  # two digits
        return None, INVALID
    return int(text), None


def _marks(fields: Fields) -> tuple[list[dict[str, Any]] | None, str | None]:
    marks = []
    for spot in SPOTS:
        intensity, problem = _whole(fields.get(f"body-{spot}"), 0, _TEN)
        if problem:
            return None, problem
        if intensity:
            marks.append({"spot": spot, "intensity": intensity})
    return marks or None, None


def _medicines(fields: Fields) -> tuple[list[dict[str, Any]] | None, str | None]:
    medicines = []
    for number in range(1, MOST_MEDICINES + 1):
        name = (fields.get(f"medicine-{number}-name") or "").strip()
        days, problem = _whole(fields.get(f"medicine-{number}-days"), 0, _WEEK)
        if problem or (name and days is None):
            return None, problem or MISSING
        if name:
            medicines.append({"name": name, "days": days})
    return medicines or None, None


def named(fields: Fields, new_id: Callable[[], str]) -> Iterator[dict[str, Any]]:
    """The activities that have words; a new one gets an id."""
    for number in range(1, MOST_ACTIVITIES + 1):
        words = " ".join((fields.get(f"activity-{number}-words") or "").split())
        if words:
            yield {"id": fields.get(f"activity-{number}-id") or new_id(), "words": words}


def _scored(fields: Fields) -> tuple[list[dict[str, Any]] | None, str | None]:
    scored = []
    for number in range(1, MOST_ACTIVITIES + 1):
        activity = fields.get(f"activity-{number}-id")
        score, problem = _whole(fields.get(f"activity-{number}-score"), 0, _TEN)
        if problem:
            return None, problem
        if activity and score is not None:
            scored.append({"id": activity, "score": score})
    return scored or None, None
