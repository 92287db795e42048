"""The forms of the diary as data: which question, of which kind, in which step (CLINICAL 4.1, 1.4, 1.6, 1.7).

Pure. A question's `key` is the name of its answer in `documents` and of its sentence in `texts.QUESTIONS`; anchors and
choices are keys of `texts` as well. `required` is what a finished form must hold; red flags come first and wait for
nothing else, so the first step of the intake, and a daily entry with nothing but them, is kept at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

SCALE: Final = "scale"
CHOICE: Final = "choice"
YES_NO: Final = "yes_no"
FLAGS: Final = "flags"
BODY_MAP: Final = "body_map"
MEDICINES: Final = "medicines"
ACTIVITY_WORDS: Final = "activity_words"
ACTIVITIES: Final = "activities"
DATE: Final = "date"
MULTI: Final = "multi"
TEXT: Final = "text"

KINDS: Final = (
    SCALE, CHOICE, YES_NO, FLAGS, BODY_MAP, MEDICINES, ACTIVITY_WORDS, ACTIVITIES, DATE, MULTI, TEXT,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `low` and `high`: the words at the ends of a scale. `only_if`: (key, value) of another question of
    the form that must have been answered so; then, if `required`, it has to be answered too. `numeric` choices are
    stored as integers.
    """

    key: str
    kind: str
    required: bool = False
    low: str | None = None
    high: str | None = None
    choices: tuple[str, ...] = ()
    only_if: tuple[str, str] | None = None
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """Questions that belong together; on a phone each is a view of its own."""

    key: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """`minutes`: how long it takes, None for less than one. `any_day`: it may be about one of the last days, not only
    about today. `note`: a word may be added.
    """

    key: str
    steps: tuple[Step, ...]
    minutes: int | None = None
    any_day: bool = False
    note: bool = False

    @property
    def questions(self) -> tuple[Question, ...]:
        return tuple(question for step in self.steps for question in step.questions)


def _scale(key: str, low: str, high: str, *, required: bool = True) -> Question:
    return Question(key, SCALE, required, low, high)


AGE_BANDS: Final = ("under_20", "20_50", "over_50")
WORK: Final = ("sitting", "standing", "lifting", "mixed", "none")
CAUTIONS: Final = ("OP", "SH", "CX", "HT", "PG", "WR", "KN", "FL")
KIT: Final = ("band", "dumbbell", "bottle", "mat", "chair", "wall", "stick", "table", "towel")
COMPARED: Final = ("better", "same", "worse")
ABLE: Final = ("yes", "no", "new_no")

CAUSES: Final = (
    "overuse", "sprain", "workstation", "sports_injury", "accident", "fracture", "osteoporosis", "arthritis", "disc",
    "stenosis", "scoliosis", "myofascial", "pinched_nerve", "organ", "cancer_infection", "stress", "inactivity",
    "overweight", "smoking", "heavy_bags", "weak_core", "unknown",
)  # fmt: skip
"""CLINICAL 1.6."""

SYMPTOMS: Final = (
    "dull", "burning", "sharp", "shooting", "spasm", "stiffness", "less_movement", "tender", "tender_ribs", "headache",
    "chest_band", "deep_breath", "arm_pain", "hand_numbness", "widespread", "prickling", "radiating", "bent",
)  # fmt: skip
"""CLINICAL 1.7."""

_FLAGS: Final = Step("flags", (Question("flags", FLAGS, required=True),))
_NO_PAIN: Final = ("no_pain", "worst_pain")

_INTAKE: Final = Form(
    "intake",
    (
        _FLAGS,
        Step("pain", (
            _scale("average_7d", *_NO_PAIN),
            _scale("worst_7d", *_NO_PAIN),
            Question("body", BODY_MAP),
            Question("symptoms", MULTI, choices=SYMPTOMS),
        )),
        Step("episode", (
            Question("began_on", DATE, required=True),
            Question("examined", YES_NO, required=True),
            Question("examined_on", DATE, only_if=("examined", "yes")),
            Question("causes", MULTI, choices=CAUSES),
        )),
        Step("person", (
            Question("age_band", CHOICE, required=True, choices=AGE_BANDS),
            Question("cautions", MULTI, choices=CAUTIONS),
            Question("work", CHOICE, choices=WORK),
            Question("kit", MULTI, choices=KIT),
        )),
        Step("goals", (Question("activities", ACTIVITY_WORDS),)),
    ),
    minutes=4,
    note=True,
)  # fmt: skip

_DAILY: Final = Form(
    "daily",
    (
        _FLAGS,
        Step("pain", (
            _scale("average", *_NO_PAIN),
            _scale("worst", *_NO_PAIN),
            _scale("now", *_NO_PAIN, required=False),
            _scale("interference", "not_at_all", "completely"),
            Question("compared", CHOICE, required=True, choices=COMPARED),
            Question("activities", CHOICE, choices=ABLE),
            Question("flare", YES_NO),
        )),
        Step("night", (
            _scale("sleep", "very_bad", "very_good", required=False),
            Question("medicine", YES_NO),
        )),
        Step("body", (Question("body", BODY_MAP),)),
    ),
    any_day=True,
    note=True,
)  # fmt: skip

_WEEKLY: Final = Form(
    "weekly",
    (
        Step("peg", (
            _scale("peg_pain", *_NO_PAIN),
            _scale("peg_enjoyment", "no_interference", "full_interference"),
            _scale("peg_activity", "no_interference", "full_interference"),
        )),
        Step("mood", (
            _scale("mood", "bad_mood", "good_mood"),
            _scale("stress", "no_stress", "most_stress", required=False),
        )),
        Step("medicines", (
            Question("medicines", MEDICINES),
            Question("over_label", YES_NO),
        )),
        Step("body", (Question("body", BODY_MAP),)),
    ),
    minutes=2,
    note=True,
)  # fmt: skip

_FORTNIGHT: Final = Form(
    "fortnight", (Step("activities", (Question("activities", ACTIVITIES, True, "unable", "as_before"),)),), minutes=1
)

_PHQ_CHOICES: Final = ("0", "1", "2", "3")
_MONTHLY: Final = Form(
    "monthly",
    (
        Step("phq2", (
            Question("phq2-0", CHOICE, required=True, choices=_PHQ_CHOICES, numeric=True),
            Question("phq2-1", CHOICE, required=True, choices=_PHQ_CHOICES, numeric=True),
        )),
        Step("self_harm", (Question("self_harm", YES_NO, required=True, only_if=("phq2", "3")),)),
    ),
    minutes=1,
)  # fmt: skip
"""`self_harm` is asked from a sum of 3 on, and then it has to be answered."""

_MORNING: Final = Form("morning", (Step("pain", (_scale("pain", *_NO_PAIN),)),))

_ANYTHING_NEW: Final = Form("flags", (_FLAGS, Step("pain", (_scale("now", *_NO_PAIN, required=False),))), note=True)

FORMS: Final[Mapping[str, Form]] = MappingProxyType(
    {form.key: form for form in (_INTAKE, _DAILY, _WEEKLY, _FORTNIGHT, _MONTHLY, _MORNING, _ANYTHING_NEW)}
)

PHQ_ASKS_FROM: Final = 3
"""CLINICAL 4.2: the sum of the PHQ-2 from which the question about self-harm is asked."""


def asked_alone(form: Form) -> Iterator[Question]:
    """The questions of a form without its red flags."""
    return (question for question in form.questions if question.kind != FLAGS)
