"""The session document as a client sends it, checked at the edge.

Types and bounds are checked here (pydantic), what must agree with what in `rules`. Unknown fields of the client's own
part are refused, so that its mistake is seen and not swallowed. Unknown fields of the engine's part are dropped: a page
that was opened before an update may report with an older or newer engine, and what a person did must not be refused for
that.

A document of a few megabytes can hold millions of mistakes, and a list of millions of errors would stop the server. So
a list is given up at its first wrong entry, and an object with more entries than any of ours is not looked at.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from tracker.training import rules

Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Unit = Annotated[str, StringConstraints(pattern=r"^[a-z%]{0,16}$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.+-]{1,16}$")]
ExerciseId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]
Side = Literal["left", "right", "both"]
Seconds = Annotated[float, Field(ge=0, le=rules.LONGEST_SET_S + rules.END_SLACK_S, allow_inf_nan=False)]
Number = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
Score = Annotated[int, Field(ge=0, le=100)]
ZeroToTen = Annotated[int, Field(ge=0, le=10)]
Count = Annotated[int, Field(ge=0, le=5_000)]

StopReason = Literal["finished", "pain", "tired", "no_time", "unsure_how", "technical", "other"]
STOP_REASONS: Final = ("finished", "pain", "tired", "no_time", "unsure_how", "technical", "other")

MOST_SETS: Final = 40
MOST_CANDIDATES: Final = 2_000
MOST_TRACE_POINTS: Final = 20_000  # half an hour at the engine's ten points a second
MOST_PACKED_TRACK: Final = 6_000_000  # characters of base64
MOST_KEYS: Final = 100


def _few_keys(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > MOST_KEYS:
        raise ValueError("too many entries")
    return value


Few = BeforeValidator(_few_keys)
"""For a dict: refused as a whole when it has more entries than any of ours."""


class _Document(BaseModel):
    @model_validator(mode="before")
    @classmethod
    def _few(cls, data: Any) -> Any:
        return _few_keys(data)


class _Strict(_Document):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _FromEngine(_Document):
    model_config = ConfigDict(extra="ignore", frozen=True)


class RangeDoc(_FromEngine):
    """How far one repetition went, in `unit` of `measure`; `share` of the range that was wanted (1 = all of it)."""

    measure: Key
    unit: Unit
    start: Number | None = None
    peak: Number | None = None
    value: Number | None = None
    error: Number | None = None
    share: Number | None = None


class TempoDoc(_FromEngine):
    """Seconds out, at the turning point, and back."""

    out_s: Seconds | None = None
    peak_s: Seconds | None = None
    back_s: Seconds | None = None


class FaultDoc(_FromEngine):
    """A departure from the form: how severe (0..1) and when (seconds since the set began)."""

    key: Key
    severity: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.0
    at: Seconds | None = None


class RepetitionDoc(_FromEngine):
    """One candidate repetition with the engine's verdict."""

    number: Count | None = None
    start: Seconds
    peak: Seconds | None = None
    end: Seconds
    side: Side
    range: RangeDoc | None = None
    by_side: Annotated[dict[Side, RangeDoc], Few] = {}
    tempo: TempoDoc | None = None
    score: Score | None = None
    faults: Annotated[list[FaultDoc], Field(fail_fast=True, max_length=50)] = []
    counted: bool
    reason: Key


class HoldDoc(_FromEngine):
    """One stretch of time inside the window of a hold."""

    start: Seconds
    end: Seconds
    side: Side
    held_s: Seconds
    score: Score | None = None
    counted: bool
    reason: Key
    faults: Annotated[list[FaultDoc], Field(fail_fast=True, max_length=50)] = []


class TraceDoc(_FromEngine):
    """The measure over time, for the chart: parallel lists, None where it could not be told."""

    measure: Key
    unit: Unit
    t: Annotated[list[Seconds], Field(fail_fast=True, max_length=MOST_TRACE_POINTS)]
    left: Annotated[list[Number | None], Field(fail_fast=True, max_length=MOST_TRACE_POINTS)] | None = None
    right: Annotated[list[Number | None], Field(fail_fast=True, max_length=MOST_TRACE_POINTS)] | None = None
    phase: Annotated[list[Key], Field(fail_fast=True, max_length=MOST_TRACE_POINTS)]

    @model_validator(mode="after")
    def _same_length(self) -> TraceDoc:
        lists: list[list[Any] | None] = [self.left, self.right, self.phase]
        if any(values is not None and len(values) != len(self.t) for values in lists):
            raise ValueError("the lists of a trace must have the same length")
        return self


class AsymmetryDoc(_FromEngine):
    """How far each side went on average, and the error of their difference (left minus right)."""

    measure: Key
    unit: Unit
    left: Number
    right: Number
    difference: Number
    error: Number


class SummaryDoc(_FromEngine):
    """The engine's SetSummary; with `engine_version` "manual", what a person counted or timed themselves."""

    exercise: ExerciseId
    revision: Count | None = None
    engine_version: Version
    kind: Literal["repetitions", "hold", "timer"]
    side: Side
    view: Key | None = None
    duration_s: Seconds = 0.0
    count: Count
    counts: Annotated[dict[Side, Count], Few] = {}
    partial: Count = 0
    target: Count | None = None
    repetitions: Annotated[list[RepetitionDoc], Field(fail_fast=True, max_length=MOST_CANDIDATES)] = []
    holds: Annotated[list[HoldDoc], Field(fail_fast=True, max_length=MOST_CANDIDATES)] = []
    held_s: Seconds = 0.0
    gate: Annotated[dict[Key, Seconds], Few] = {}
    quality: Score | None = None
    trace: TraceDoc | None = None
    personal_range: Annotated[dict[Key, Number | None], Few] | None = None
    asymmetry: AsymmetryDoc | None = None

    def facts(self) -> rules.SetFacts:
        """What the rules check."""
        return rules.SetFacts(
            engine_version=self.engine_version,
            kind=self.kind,
            count=self.count,
            duration_s=self.duration_s,
            held_s=self.held_s,
            candidates=tuple(
                rules.Candidate(entry.start, entry.peak, entry.end, entry.side, entry.counted)
                for entry in self.repetitions
            ),
            holds=tuple(rules.HoldFacts(entry.start, entry.end, entry.held_s) for entry in self.holds),
        )


class SetDoc(_Strict):
    """One finished set. `repetition_ids`: the client's ids, one per candidate, in order."""

    id: UUID
    number: Annotated[int, Field(ge=1, le=MOST_SETS)]
    side: Side
    started_at: AwareDatetime
    summary: SummaryDoc
    track: Annotated[str, StringConstraints(max_length=MOST_PACKED_TRACK)] | None = None
    repetition_ids: Annotated[list[UUID], Field(fail_fast=True, max_length=MOST_CANDIDATES)] = []

    @model_validator(mode="after")
    def _one_id_per_repetition(self) -> SetDoc:
        if len(self.repetition_ids) != len(self.summary.repetitions):
            raise ValueError("every repetition needs one id")
        if len(set(self.repetition_ids)) != len(self.repetition_ids):
            raise ValueError("two repetitions have the same id")
        return self

    def track_bytes(self) -> bytes | None:
        """The packed track, None without one; raises ValueError when it is not base64."""
        if self.track is None:
            return None
        try:
            return base64.b64decode(self.track, validate=True)
        except binascii.Error as error:
            raise ValueError("not base64") from error


class SessionDoc(_Strict):
    """One session: sets may arrive one after the other, in several documents with the same ids."""

    id: UUID
    prescription_id: UUID | None
    """None for an exercise outside the plan: the one of a break at the desk."""
    exercise: ExerciseId
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    source: Literal["camera", "file", "manual"]
    sets: Annotated[list[SetDoc], Field(fail_fast=True, max_length=MOST_SETS)] = []
    stop_reason: StopReason | None = None
    pain_before: ZeroToTen | None = None
    pain_during: ZeroToTen | None = None
    effort: ZeroToTen | None = None
    note: Annotated[str, StringConstraints(max_length=2_000, strip_whitespace=True)] | None = None

    @field_validator("sets")
    @classmethod
    def _sets_once(cls, sets: list[SetDoc]) -> list[SetDoc]:
        if len({entry.id for entry in sets}) != len(sets):
            raise ValueError("the same set twice in one document")
        return sets

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> SessionDoc:
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise ValueError("the session ends before it begins")
        return self


class CorrectionDoc(_Strict):
    """What a person says about one repetition: it counts, it does not, or (null) what the engine said."""

    counted: bool | None


def problems_of_time(document: SessionDoc, received_at: datetime) -> dict[str, str]:
    """The key of what is wrong with each instant of the document, by its field; empty when all can be believed."""
    instants = {"started_at": document.started_at, "ended_at": document.ended_at}
    instants |= {f"sets.{index}.started_at": entry.started_at for index, entry in enumerate(document.sets)}
    found = ((field, rules.problem_of_instant(instant, received_at)) for field, instant in instants.items() if instant)
    return {field: key for field, key in found if key}
