"""An entry of the diary as a client sends it, checked at the edge: types, bounds, and nothing unknown.

Every form has its own answers. Numbers are whole, 0 to 10, and never guessed: what was not answered is absent. Two
things are decided on the safe side. Whoever ticks a red flag *and* "none of these" has ticked a red flag. And when
the rest of a document cannot be believed, `salvage` still takes its red flags out, so that no slip of the finger in a
date keeps an emergency from being seen; the sender is told that the rest was refused.

As in training, a list is given up at its first wrong entry and an object with more entries than any of ours is not
looked at.
"""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID, uuid5

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from tracker.diary import rules_forms
from tracker.diary.rules import SELF_HARM, SPOTS
from tracker.diary.rules_flags import RED_FLAGS

Score = Annotated[int, Field(ge=0, le=10, strict=True)]
Intensity = Annotated[int, Field(ge=1, le=10, strict=True)]
DaysAWeek = Annotated[int, Field(ge=0, le=7, strict=True)]
Frequency = Annotated[int, Field(ge=0, le=3, strict=True)]
Yes = Annotated[bool, Field(strict=True)]
ShortText = Annotated[str, StringConstraints(min_length=1, max_length=60, strip_whitespace=True)]
ActivityWords = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
ActivityId = Annotated[str, StringConstraints(pattern=r"^[0-9a-z-]{1,40}$")]
Note = Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)]

MOST_KEYS: Final = 60
MOST_MEDICINES: Final = 8
MOST_ACTIVITIES: Final = 3
LARGEST_DOCUMENT: Final = 64 * 1024
"""Bytes. The largest honest one has a few thousand."""

_SALVAGED: Final = UUID("0f6f1f0e-6a58-5f3b-9b1c-2f3a1d6c7e11")
"""Names the ids of entries that were taken out of a document whose rest was refused."""


def _few_keys(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > MOST_KEYS:
        raise ValueError("too many entries")
    return value


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _few(cls, data: Any) -> Any:
        return _few_keys(data)


class FlagDoc(_Strict):
    """Yes to one red flag; a no is not sent. `detail` answers the second question that some of them have."""

    answer: Literal["new", "checked"]
    detail: Yes | None = None


class MarkDoc(_Strict):
    """How much it hurts at one place of the body map."""

    spot: str
    intensity: Intensity

    @field_validator("spot")
    @classmethod
    def _known(cls, spot: str) -> str:
        if spot not in SPOTS:
            raise ValueError("no place of the body map")
        return spot


Body = Annotated[list[MarkDoc], Field(fail_fast=True, max_length=len(SPOTS))]


class MedicineDoc(_Strict):
    """On how many of the last seven days it was taken. Never a dose."""

    name: ShortText
    days: DaysAWeek


class ActivityDoc(_Strict):
    """One of the person's own activities, in their words."""

    id: ActivityId
    words: ActivityWords


class ActivityScoreDoc(_Strict):
    """How well it goes, 10 = as before. `words` may come with it, when it was named just now."""

    id: ActivityId
    score: Score
    words: ActivityWords | None = None


class Answers(_Strict):
    """What every form's answers have in common."""

    def stored(self) -> dict[str, Any]:
        """As it is kept: without what was not answered."""
        told = self.model_dump(mode="json", exclude_none=True)
        return {key: value for key, value in told.items() if value not in ([], {})}

    @property
    def has_red_flag(self) -> bool:
        return bool(getattr(self, "flags", None)) or getattr(self, "self_harm", None) is True


class _Screen(Answers):
    """Answers with the question about red flags. `none_of_these` is the explicit no."""

    flags: dict[str, FlagDoc] = {}
    none_of_these: Yes = False

    @field_validator("flags", mode="before")
    @classmethod
    def _few_flags(cls, value: Any) -> Any:
        return _few_keys(value)

    @field_validator("flags")
    @classmethod
    def _known(cls, flags: dict[str, FlagDoc]) -> dict[str, FlagDoc]:
        unknown = sorted(flags.keys() - RED_FLAGS.keys())
        if unknown:
            raise ValueError(f"no red flag: {unknown[0][:40]}")
        return flags

    @model_validator(mode="before")
    @classmethod
    def _a_flag_outweighs_none_of_these(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("flags") and data.get("none_of_these") is True:
            return {**data, "none_of_these": False}
        return data

    @property
    def screened(self) -> bool:
        return bool(self.flags) or self.none_of_these


class _RequiredScreen(_Screen):
    @model_validator(mode="after")
    def _answered(self) -> _RequiredScreen:
        if not self.screened:
            raise ValueError("the question about red flags was not answered")
        return self


class DailyAnswers(_RequiredScreen):
    """The daily check-in. It may arrive with the red flags alone; the statistics need more (`rules.COMPLETE_DAILY`)."""

    average: Score | None = None
    worst: Score | None = None
    now: Score | None = None
    interference: Score | None = None
    sleep: Score | None = None
    compared: Literal["better", "same", "worse"] | None = None
    flare: Yes | None = None
    activities: Literal["yes", "no", "new_no"] | None = None
    medicine: Yes | None = None
    body: Body = []


class WeeklyAnswers(Answers):
    """PEG, mood and stress, medicines."""

    peg_pain: Score
    peg_enjoyment: Score
    peg_activity: Score
    mood: Score | None = None
    stress: Score | None = None
    medicines: Annotated[list[MedicineDoc], Field(fail_fast=True, max_length=MOST_MEDICINES)] = []
    over_label: Yes | None = None
    body: Body = []


class FortnightAnswers(Answers):
    """PSFS."""

    activities: Annotated[list[ActivityScoreDoc], Field(fail_fast=True, min_length=1, max_length=MOST_ACTIVITIES)]

    @field_validator("activities")
    @classmethod
    def _once(cls, activities: list[ActivityScoreDoc]) -> list[ActivityScoreDoc]:
        if len({each.id for each in activities}) != len(activities):
            raise ValueError("the same activity twice")
        return activities


class MonthlyAnswers(Answers):
    """PHQ-2; from a sum of 3 on with the question about harming oneself."""

    phq2: Annotated[list[Frequency], Field(fail_fast=True, min_length=2, max_length=2)]
    self_harm: Yes | None = None

    @model_validator(mode="after")
    def _asked_when_low(self) -> MonthlyAnswers:
        if sum(self.phq2) >= rules_forms.PHQ_ASKS_FROM and self.self_harm is None:
            raise ValueError("the question about self-harm was not answered")
        return self


class MorningAnswers(Answers):
    """Pain on the morning after a session."""

    pain: Score


class FlagsAnswers(_Screen):
    """Anything new: before exercise, at any time, or from "I need help now"."""

    now: Score | None = None
    self_harm: Yes | None = None

    @model_validator(mode="after")
    def _answered(self) -> FlagsAnswers:
        if not self.screened and self.self_harm is None:
            raise ValueError("the question about red flags was not answered")
        return self


class IntakeAnswers(_RequiredScreen):
    """The first questions. The red-flag screen may come alone, and the rest later."""

    average_7d: Score | None = None
    worst_7d: Score | None = None
    began_on: date | None = None
    examined: Yes | None = None
    examined_on: date | None = None
    age_band: Literal["under_20", "20_50", "over_50"] | None = None
    causes: Annotated[list[Literal[rules_forms.CAUSES]], Field(fail_fast=True, max_length=len(rules_forms.CAUSES))] = []  # type: ignore[valid-type]  # the list is data
    symptoms: Annotated[list[Literal[rules_forms.SYMPTOMS]], Field(fail_fast=True, max_length=40)] = []  # type: ignore[valid-type]
    kit: Annotated[list[Literal[rules_forms.KIT]], Field(fail_fast=True, max_length=20)] = []  # type: ignore[valid-type]
    work: Literal["sitting", "standing", "lifting", "mixed", "none"] | None = None
    cautions: Annotated[list[Literal[rules_forms.CAUTIONS]], Field(fail_fast=True, max_length=20)] = []  # type: ignore[valid-type]
    activities: Annotated[list[ActivityDoc], Field(fail_fast=True, max_length=MOST_ACTIVITIES)] = []
    body: Body = []

    @model_validator(mode="after")
    def _examined_after_it_began(self) -> IntakeAnswers:
        if self.examined is not True and self.examined_on is not None:
            raise ValueError("a date of an examination that did not take place")
        return self


class CheckInDoc(_Strict):
    """One version of an entry. Read it with `parse` or `parse_json`, which know which answers belong to which form."""

    id: UUID
    entry_id: UUID
    form: str
    local_date: date
    answered_at: AwareDatetime
    source: Literal["page", "notice"] = "page"
    session_id: UUID | None = None
    note: Note | None = None
    answers: Answers


class IntakeDoc(CheckInDoc):
    form: Literal["intake"]
    answers: IntakeAnswers


class DailyDoc(CheckInDoc):
    form: Literal["daily"]
    answers: DailyAnswers


class WeeklyDoc(CheckInDoc):
    form: Literal["weekly"]
    answers: WeeklyAnswers


class FortnightDoc(CheckInDoc):
    form: Literal["fortnight"]
    answers: FortnightAnswers


class MonthlyDoc(CheckInDoc):
    form: Literal["monthly"]
    answers: MonthlyAnswers


class MorningDoc(CheckInDoc):
    """A morning belongs to a session."""

    form: Literal["morning"]
    session_id: UUID
    answers: MorningAnswers


class FlagsDoc(CheckInDoc):
    form: Literal["flags"]
    answers: FlagsAnswers


_ANY: Final = TypeAdapter[CheckInDoc](
    Annotated[
        IntakeDoc | DailyDoc | WeeklyDoc | FortnightDoc | MonthlyDoc | MorningDoc | FlagsDoc,
        Field(discriminator="form"),
        BeforeValidator(_few_keys),
    ]
)


def parse(data: Any) -> CheckInDoc:
    """A document from Python values. Raises pydantic's ValidationError."""
    return _ANY.validate_python(data)


def parse_json(body: bytes) -> CheckInDoc:
    """A document as it came over the wire. Raises pydantic's ValidationError."""
    return _ANY.validate_json(body)


def problems_of(error: ValidationError) -> dict[str, str]:
    """What is wrong, by the path of the field; the form's own name in the path is left out."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return {
        ".".join(str(part) for part in each["loc"] if part not in rules_forms.FORMS) or "document": each["msg"]
        for each in found
    }


def salvage(data: Any, *, at: datetime, today: date) -> CheckInDoc | None:
    """The red flags of a document that could not be read otherwise, as an entry of the form `flags`; None when there
    are none. The same document gives the same id. `at` and `today` stand in for an instant that is none.
    """
    if not isinstance(data, dict) or not isinstance(data.get("answers"), dict):
        return None
    answers = data["answers"]
    flags = {}
    given = answers.get("flags")
    if isinstance(given, dict):
        for code in RED_FLAGS:
            flag = _believable(FlagDoc, given.get(code))
            if flag is not None:
                flags[code] = flag
    self_harm = answers.get("self_harm") is True
    if not flags and not self_harm:
        return None
    identity = uuid5(_SALVAGED, json.dumps([str(data.get("id")), sorted(flags), self_harm]))
    return FlagsDoc(
        id=identity,
        entry_id=identity,
        form="flags",
        local_date=_believable(TypeAdapter(date), data.get("local_date")) or today,
        answered_at=_believable(TypeAdapter(AwareDatetime), data.get("answered_at")) or at,
        answers=FlagsAnswers(flags=flags, self_harm=self_harm or None),
    )


def _believable(kind: Any, value: Any) -> Any:
    """`value` as `kind`, or None. An answer with an unreadable detail keeps the answer."""
    if value is None:
        return None
    try:
        return kind.validate_python(value) if isinstance(kind, TypeAdapter) else kind.model_validate(value)
    except ValidationError:
        # Not a set: what a stranger sends there need not be hashable.
        if isinstance(value, dict) and value.get("answer") in ("new", "checked") and kind is FlagDoc:
            return FlagDoc(answer=value["answer"])
        return None


# ---------------------------------------------------------------------------------------------- free text


def without_words(answers: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
    """Stored answers, parted from what the person wrote in their own words: the names of medicines. The words of their
    activities are kept with the settings of their diary, once.
    """
    kept = dict(answers)
    words = None
    if kept.get("medicines"):
        words = json.dumps([each["name"] for each in kept["medicines"]])
        kept["medicines"] = [{"days": each["days"]} for each in kept["medicines"]]
    if kept.get("activities") and isinstance(kept["activities"], list):
        kept["activities"] = [
            {key: value for key, value in each.items() if key != "words"} for each in kept["activities"]
        ]
    return kept, words


def with_words(answers: dict[str, Any], words: str | None) -> dict[str, Any]:
    """The reverse, as far as the medicines go."""
    if words is None or not answers.get("medicines"):
        return answers
    named = zip(json.loads(words), answers["medicines"], strict=True)
    return {**answers, "medicines": [{"name": name, **each} for name, each in named]}


__all__ = [
    "LARGEST_DOCUMENT", "MOST_ACTIVITIES", "MOST_MEDICINES", "SELF_HARM", "Answers", "CheckInDoc", "DailyAnswers",
    "FlagsAnswers", "IntakeAnswers", "parse", "parse_json", "problems_of", "salvage", "with_words", "without_words",
]  # fmt: skip
