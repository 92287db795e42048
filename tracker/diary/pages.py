"""What pages of the diary show, put together from rules, texts and answers. Values only: no request, no database.

The shapes are described in `views`, which hands them to templates; everything in them is ready to print.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask_babel import format_date, gettext, lazy_gettext

from tracker.diary import rules_forms as forms
from tracker.diary import texts
from tracker.diary.rules import SPOTS, Entry
from tracker.diary.rules_flags import RED_FLAGS, WITH_CHEST_BAND, RedFlag
from tracker.diary.rules_forms import Form, Question
from tracker.diary.rules_timing import DAILY
from tracker.diary.service import Activity, Settings
from tracker.regimen.rules_levels import Level

DETAIL_WHEN: Final = {"E_GAIT": "new", "E_TRAUMA": "checked", "D_ORGAN": "yes"}
"""After which answer a red flag's second question is asked."""

_GROUPS: Final = {Level.EMERGENCY: "emergency", Level.URGENT: "urgent", Level.REVIEW: "doctor"}


@dataclass(frozen=True, slots=True)
class FlagView:
    code: str
    label: str
    group: str
    group_label: str
    answer: str | None
    detail: str | None
    detail_when: str | None
    detail_answer: bool | None


@dataclass(frozen=True, slots=True)
class QuestionView:
    key: str
    kind: str
    label: str
    help: str = ""
    required: bool = False
    low: str = ""
    high: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    value: Any = None
    error: str = ""
    only_if: tuple[str, str] | None = None
    flags: tuple[FlagView, ...] = ()
    none_label: str = ""
    none_value: bool = False


@dataclass(frozen=True, slots=True)
class StepView:
    key: str
    title: str
    questions: tuple[QuestionView, ...]


@dataclass(frozen=True, slots=True)
class FormView:
    key: str
    title: str
    lead: str
    minutes: str
    action: str
    steps: tuple[StepView, ...]
    hidden: Mapping[str, str]
    submit: str
    days: tuple[tuple[str, str], ...] = ()
    note: QuestionView | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """A form that is open, or that can be filled in at any time."""

    form: str
    title: str
    why: str
    minutes: str
    url: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class RhythmView:
    kind: str
    text: str
    offer: bool


@dataclass(frozen=True, slots=True)
class MeaningView:
    key: str
    series: str
    sentence: str
    detail: str


@dataclass(frozen=True, slots=True)
class EntryLine:
    title: str
    facts: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    note: str | None
    told: str
    late: bool
    versions: int
    edit_url: str | None


@dataclass(frozen=True, slots=True)
class DayOfEntries:
    date_text: str
    entries: tuple[EntryLine, ...]


# ---------------------------------------------------------------------------------------------- forms


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form already holds: answers in the shape of `documents`, and what is wrong with them."""

    answers: Mapping[str, Any]
    note: str | None = None
    errors: Mapping[str, str] | None = None
    activities: Sequence[Activity] = ()
    medicines: Sequence[str] = ()


def form_view(
    form: Form, filled: Filled, *, action: str, hidden: Mapping[str, str], days: tuple[tuple[str, str], ...] = ()
) -> FormView:
    """A form with its questions in words."""
    naming = form.key == "fortnight" and not filled.activities
    steps = tuple(
        StepView(
            step.key,
            texts.say(texts.STEP_TITLES, step.key),
            tuple(
                _naming(filled)
                if naming and question.kind == forms.ACTIVITIES
                else question_view(form, question, filled)
                for question in step.questions
            ),
        )
        for step in form.steps
    )
    note = QuestionView(
        "note", forms.TEXT, texts.say(texts.QUESTIONS, f"{form.key}.note"), value=filled.note or "",
        error=_error(filled, "note"),
    )  # fmt: skip
    return FormView(
        key=form.key,
        title=texts.say(texts.FORM_TITLES, form.key),
        lead=texts.say(texts.FORM_LEADS, form.key),
        minutes=minutes_text(form),
        action=action,
        steps=steps,
        hidden=hidden,
        submit=gettext("Go on") if naming else gettext("Send"),
        days=days,
        note=note if form.note else None,
    )


def minutes_text(form: Form) -> str:
    """How long it takes, "" for less than a minute."""
    return "" if form.minutes is None else gettext("about %(num)d min", num=form.minutes)


def _error(filled: Filled, key: str) -> str:
    problem = (filled.errors or {}).get(key)
    return texts.say(texts.PROBLEMS, problem) if problem else ""


def question_view(form: Form, question: Question, filled: Filled) -> QuestionView:
    """One question in words, with what was answered before."""
    words = f"{form.key}.{question.key}"
    return QuestionView(
        key=question.key,
        kind=question.kind,
        label=texts.say(texts.QUESTIONS, words),
        help=texts.say(texts.HELPS, words),
        required=question.required,
        low=texts.say(texts.ANCHORS, question.low) if question.low else "",
        high=texts.say(texts.ANCHORS, question.high) if question.high else "",
        choices=_choices(question, filled),
        value=_value(question, filled),
        error=_error(filled, question.key),
        only_if=question.only_if,
        flags=tuple(flag_views(filled.answers)) if question.kind == forms.FLAGS else (),
        none_label=str(texts.NONE_OF_THESE) if question.kind == forms.FLAGS else "",
        none_value=bool(filled.answers.get("none_of_these")) if question.kind == forms.FLAGS else False,
    )


def _naming(filled: Filled) -> QuestionView:
    """In place of the activities, while none has a name."""
    return QuestionView(
        "activities", forms.ACTIVITY_WORDS, texts.say(texts.QUESTIONS, "fortnight.naming"),
        help=texts.say(texts.HELPS, "intake.activities"), required=True, error=_error(filled, "activities"),
    )  # fmt: skip


def _choices(question: Question, filled: Filled) -> tuple[tuple[str, str], ...]:
    if question.kind == forms.FLAGS:
        return tuple((key, str(words)) for key, words in texts.FLAG_ANSWERS)
    if question.kind == forms.YES_NO:
        return tuple((key, str(words)) for key, words in texts.YES_NO)
    if question.kind == forms.BODY_MAP:
        return tuple((spot, texts.spot_text(spot)) for spot in SPOTS)
    if question.kind == forms.MEDICINES:
        return tuple((name, name) for name in filled.medicines)
    return tuple((key, texts.say(texts.CHOICES, f"{question.key}.{key}")) for key in question.choices)


def _value(question: Question, filled: Filled) -> Any:
    answers = filled.answers
    if question.kind == forms.ACTIVITY_WORDS:
        return answers.get("activities") or [{"id": each.id, "words": each.words} for each in filled.activities]
    if question.kind == forms.ACTIVITIES:
        scores = {each["id"]: each.get("score") for each in answers.get("activities") or ()}
        return [{"id": each.id, "words": each.words, "score": scores.get(each.id)} for each in filled.activities]
    name, dash, place = question.key.partition("-")
    if dash:
        told = answers.get(name) or []
        return told[int(place)] if int(place) < len(told) else None
    return answers.get(question.key)


def flag_views(answers: Mapping[str, Any]) -> Iterator[FlagView]:
    """The red-flag questions, the most urgent first. The question about self-harm is asked elsewhere (CLINICAL 1.4)."""
    given = answers.get("flags") or {}
    for code, flag in RED_FLAGS.items():
        if flag.crisis:
            continue
        told = given.get(code) or {}
        group = _GROUPS[flag.level]
        yield FlagView(
            code=code,
            label=texts.say(texts.FLAGS, code),
            group=group,
            group_label=texts.say(texts.FLAG_GROUPS, group),
            answer=told.get("answer"),
            detail=texts.say(texts.FLAG_DETAILS, flag.detail) if flag.detail else None,
            detail_when=DETAIL_WHEN.get(code),
            detail_answer=told.get("detail"),
        )


def flag_config() -> dict[str, Any]:
    """The rules of the red flags for the page, which must know an emergency without a connection."""
    return {code: _flag_rule(flag) for code, flag in RED_FLAGS.items()}


def _flag_rule(flag: RedFlag) -> dict[str, Any]:
    return {
        "new": int(flag.level),
        "checked": int(flag.checked),
        "detail": flag.detail,
        "detail_when": DETAIL_WHEN.get(flag.code),
        "detail_is": flag.detail_is,
        "level_then": None if flag.level_then is None else int(flag.level_then),
        "crisis": flag.crisis,
    }


def chest_band() -> dict[str, Any]:
    """A tight band round the chest is an emergency with any of these."""
    return {"code": "E_SPREAD_CHEST", "with": sorted(WITH_CHEST_BAND)}


def day_choices(days: Sequence[date]) -> tuple[tuple[str, str], ...]:
    """The days an entry may be about; `days` with today first."""
    names = (gettext("Today"), gettext("Yesterday"))
    return tuple(
        (day.isoformat(), names[index] if index < len(names) else format_date(day, "EEEE"))
        for index, day in enumerate(days)
    )


def rhythm_view(settings: Settings, today: date, *, offer: bool) -> RhythmView:
    """How often a check-in is asked for, and whether three times a week is on offer."""
    kind = settings.rhythm.kind_on(today) or DAILY
    text = (
        gettext("You are asked once a day.")
        if kind == DAILY
        else gettext("You are asked on Monday, Wednesday and Friday. When it gets worse, daily again.")
    )
    return RhythmView(kind, text, offer=offer)


# ---------------------------------------------------------------------------------------------- entries

_FACTS: Final = {
    "average": lazy_gettext("On average"),
    "worst": lazy_gettext("At its worst"),
    "now": lazy_gettext("Right then"),
    "pain": lazy_gettext("Pain that morning"),
    "interference": lazy_gettext("In the way of activities"),
    "sleep": lazy_gettext("Sleep"),
    "average_7d": lazy_gettext("On average in 7 days"),
    "worst_7d": lazy_gettext("At its worst in 7 days"),
    "peg_pain": lazy_gettext("Pain in the week"),
    "peg_enjoyment": lazy_gettext("Enjoyment of life"),
    "peg_activity": lazy_gettext("General activity"),
    "mood": lazy_gettext("Mood"),
    "stress": lazy_gettext("Stress"),
}
"""Numbers of 0 to 10."""


def facts_of(entry: Entry, activities: Sequence[Activity]) -> tuple[tuple[str, str], ...]:
    """The answers of an entry, as pairs of words."""
    return tuple(_facts(entry.answers, {each.id: each.words for each in activities}))


def _facts(answers: Mapping[str, Any], activities: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, label in _FACTS.items():
        if answers.get(key) is not None:
            yield str(label), _of_ten(answers[key])
    if answers.get("compared"):
        yield gettext("Compared with usual"), texts.say(texts.CHOICES, f"compared.{answers['compared']}")
    for key, label in (("flare", gettext("Flare")), ("medicine", gettext("Medicine"))):
        if answers.get(key) is not None:
            yield label, gettext("Yes") if answers[key] else gettext("No")
    yield from _activity_facts(answers.get("activities"), activities)
    for each in answers.get("medicines") or ():
        yield each["name"], gettext("on %(days)d of 7 days", days=each["days"])
    for mark in answers.get("body") or ():
        yield texts.spot_text(mark["spot"]), _of_ten(mark["intensity"])


def _activity_facts(told: Any, words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Whether the normal activities were done (daily), or how well one's own ones go (fortnight)."""
    if isinstance(told, str):
        yield gettext("Normal activities"), texts.say(texts.CHOICES, f"activities.{told}")
    elif told:
        for each in told:
            if each.get("score") is not None and each["id"] in words:
                yield words[each["id"]], _of_ten(each["score"])


def _of_ten(number: int) -> str:
    return str(gettext("%(number)d of 10", number=number))


def flags_told(entry: Entry) -> tuple[str, ...]:
    """The red flags of an entry in words."""
    answers = {key: str(words) for key, words in texts.FLAG_ANSWERS}
    return tuple(
        gettext("%(question)s %(answer)s", question=texts.say(texts.FLAGS, code), answer=answers[given.answer.value])
        for code, given in entry.flags.items()
    )
