"""What a watcher sends about the desk, checked at the edge: types, bounds, and nothing unknown.

Minutes are checked one by one. One that cannot be kept is refused with a reason and takes no other with it, so that a
program which has spooled a week can drop the one and is rid of the rest. The engine's baseline is kept as it is: only
the engine reads it, and an older or newer engine may say more. It is bounded in size, and the names of places and
cameras are taken out of it: they are stored encrypted, beside it.

As in training, a list is given up at its first wrong entry and an object with more entries than any of ours is not
looked at.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from tracker.posture import rules

if TYPE_CHECKING:
    from tracker.posture.models import PostureBaseline, Watcher

MOST_MINUTES: Final = 1_500
LARGEST_MINUTES: Final = 1024 * 1024
"""Bytes: 1,500 minutes with every digit they can have."""
LARGEST_DOCUMENT: Final = 64 * 1024
LARGEST_BASELINE: Final = 32 * 1024
"""Characters of the engine's part; it has some two thousand."""
DEEPEST_BASELINE: Final = 20
"""Objects and lists within each other; the engine's part has three. `tracker watch` gives up at fifty in an answer."""
MOST_KEYS: Final = 100
_LONGEST_ECHO: Final = 40

_Seconds = Annotated[int, Field(ge=0, le=rules.MINUTE_S)]
_Count = Annotated[int, Field(ge=0, le=1_000)]
_StillSeconds = Annotated[int, Field(ge=0, le=7 * 86_400)]
_Name = Annotated[str, StringConstraints(max_length=120, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Version = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.+-]{0,16}$")]
_View = Literal["front", "side"]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _few(cls, data: Any) -> Any:
        if isinstance(data, dict) and len(data) > MOST_KEYS:
            raise ValueError("too many entries")
        return data


# ---------------------------------------------------------------------------------------------- minutes


def _written(at: Any) -> Any:
    if not isinstance(at, str):
        raise ValueError("not an instant")  # noqa: TRY004  # pydantic takes ValueError only
    return at


class MinuteDoc(Strict):
    """One minute; `at` is its first instant. What is missing to sixty seconds was not watched."""

    at: Annotated[AwareDatetime, BeforeValidator(_written)]
    comfort_s: _Seconds
    slouch_s: _Seconds
    away_s: _Seconds
    unknown_s: _Seconds
    changes: _Count = 0
    stands: _Count = 0
    movement: Annotated[float, Field(ge=0, le=1_000, allow_inf_nan=False)] = 0.0
    still_s: _StillSeconds = 0
    score: Annotated[int, Field(ge=0, le=100)] | None = None
    view: _View | None = None
    baseline_id: UUID | None = None

    def minute(self) -> rules.Minute:
        told = self.model_dump(exclude={"at"})
        if told["baseline_id"] == rules.NO_BASELINE:
            told["baseline_id"] = None
        return rules.Minute(self.at.astimezone(UTC), **told)


@dataclass(frozen=True, slots=True)
class Refused:
    """A minute that was not kept: its instant as it was sent, and the key of the reason."""

    at: str
    reason: str


class MinutesDoc(Strict):
    """Minutes of one watcher. A computer is known by its token; a browser says who it is."""

    watcher: UUID
    name: _Name = ""
    version: _Version = ""
    minutes: Annotated[list[Any], Field(max_length=MOST_MINUTES)]

    def believable(self, received_at: datetime) -> tuple[list[rules.Minute], list[Refused]]:
        """The minutes that can be kept, and the others."""
        kept, refused = [], []
        for entry in self.minutes:
            minute, reason = _read(entry, received_at)
            if minute is not None and reason is None:
                kept.append(minute)
            else:
                refused.append(Refused(_echo(entry), reason or "malformed"))
        return kept, refused


def _read(entry: Any, received_at: datetime) -> tuple[rules.Minute | None, str | None]:
    try:
        minute = MinuteDoc.model_validate(entry).minute()
        return minute, rules.problem_of(minute, received_at)
    except (ValidationError, OverflowError):
        # Overflow: an instant at the very ends of the calendar.
        return None, "malformed"


def _echo(entry: Any) -> str:
    at = entry.get("at") if isinstance(entry, dict) else None
    return at[:_LONGEST_ECHO] if isinstance(at, str) else ""


# ---------------------------------------------------------------------------------------------- baselines


class BaselineDoc(Strict):
    """One calibration of one place."""

    id: UUID
    place: UUID
    name: Annotated[_Name, StringConstraints(min_length=1)]
    camera: _Name = ""
    view: _View
    confidence: Literal["normal", "low"]
    made_at: AwareDatetime
    document: dict[str, Any]

    @field_validator("made_at")
    @classmethod
    def _no_broken_clock(cls, made_at: datetime) -> datetime:
        if made_at.year < _FIRST_YEAR:
            raise ValueError("long ago")
        return made_at

    @field_validator("document")
    @classmethod
    def _bounded(cls, document: dict[str, Any]) -> dict[str, Any]:
        try:
            text = json.dumps(document, allow_nan=False)
        except RecursionError as error:
            raise ValueError("too deep") from error
        if len(text) > LARGEST_BASELINE:
            raise ValueError("too large")
        if _depth_of(document) > DEEPEST_BASELINE:
            raise ValueError("too deep")
        if "\\u0000" in text:
            raise ValueError("no text")  # PostgreSQL takes no NUL in a document
        version = document.get("engine_version")
        if not isinstance(version, str) or not 1 <= len(version) <= _LONGEST_VERSION:
            raise ValueError("no engine version")
        return document

    @property
    def engine_version(self) -> str:
        return str(self.document["engine_version"])

    def kept(self) -> dict[str, Any]:
        """What is stored of the engine's part."""
        return {key: value for key, value in self.document.items() if key not in _KEPT_BESIDE}


_FIRST_YEAR: Final = 2020
_LONGEST_VERSION: Final = 16
_KEPT_BESIDE: Final = frozenset({"id", "place", "name", "camera", "made_at"})


def _depth_of(document: Any) -> int:
    """How many objects and lists lie within each other, itself included; without recursion."""
    depth, level = 0, [document]
    while level := [each for each in level if isinstance(each, dict | list)]:
        depth += 1
        level = [inner for each in level for inner in (each.values() if isinstance(each, dict) else each)]
    return depth


def baseline_json(row: PostureBaseline) -> dict[str, Any]:
    """A stored calibration as it was sent; the engine's part knows again which one it is."""
    beside = {
        "id": str(row.id),
        "place": str(row.place_id),
        "name": row.place_name,
        "camera": row.camera,
        "made_at": row.made_at.isoformat(),
    }
    document = {**row.document, **beside}
    return {**beside, "view": row.view, "confidence": row.confidence, "document": document}


# ---------------------------------------------------------------------------------------------- state


class StateDoc(Strict):
    """What changes from the desk itself: silence until an instant (null ends it), quiet mode."""

    snoozed_until: AwareDatetime | None = None
    paused_until: AwareDatetime | None = None
    quiet: Annotated[bool, Field(strict=True)] = False

    def wanted(self) -> dict[str, Any]:
        """Only what was said."""
        return self.model_dump(include=self.model_fields_set)


def state_json(
    settings: rules.Settings,
    baselines: list[PostureBaseline],
    other: Watcher | None,
    *,
    today: Any,
    quiet_until: datetime | None,
    at: datetime,
) -> dict[str, Any]:
    """What a watcher has to know."""
    return {
        "now": at.isoformat(),
        "settings": {
            "break_rule": settings.break_rule,
            "break_every_s": settings.break_every_s(today),
            "notices_per_hour": settings.notices_per_hour,
            "quiet": settings.quiet,
            "sit_stand": settings.sit_stand,
            "snoozed_until": _instant(rules.later(settings.snoozed_until, at)),
            "paused_until": _instant(rules.later(settings.paused_until, at)),
            # The end of the quiet hours of the reminders, when it is quiet now: nothing is said at the desk either.
            "quiet_hours_until": _instant(quiet_until),
        },
        "baselines": [baseline_json(row) for row in baselines],
        "other_watcher": (
            {"name": other.name, "kind": other.kind, "seen_at": other.seen_at.isoformat()} if other else None
        ),
    }


def _instant(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


# ---------------------------------------------------------------------------------------------- pairing


class PairDoc(Strict):
    """A computer that wants to watch: the code it was told, and how it calls itself."""

    code: Annotated[str, StringConstraints(max_length=32)]
    name: Annotated[_Name, StringConstraints(min_length=1)]
    watcher: UUID
    version: _Version = ""
