"""What a day in the diary was, from everything that was ever told about it (CLINICAL 4.1).

Pure: no clock, no database, no web. An *entry* may have several *versions*: an edit is a new version, and the one that
was answered last holds. Statistics use one value per local calendar day, of the latest complete daily entry; the worst
pain is the highest of the day. Red flags count from every version of every entry, also from those that no longer hold
and from those that came too late to count otherwise: a later "no" clears none (5.6). The result depends on the set of
versions alone, not on the order in which they arrived, and telling the same thing twice changes nothing.

A day is the calendar day an entry is *about*, as it was where the person was then; nothing here computes days from
instants, so a journey over many time zones neither doubles nor loses one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from tracker.diary.rules_flags import Answer, FlagAnswer, flag_level, flag_levels
from tracker.regimen.rules_levels import Level

FORMS: Final = ("intake", "daily", "weekly", "fortnight", "monthly", "morning", "flags")

SELF_HARM: Final = "C_MOOD"
"""The red flag that a yes to the question about harming oneself stands for."""

_SIDES: Final = ("left", "right")
_ACROSS: Final = ("left", "centre", "right")

SPOTS: Final[tuple[str, ...]] = (
    "back-head-centre",
    *(
        f"back-{region}-{side}"
        for region in ("neck", "upper_thoracic", "middle_thoracic", "lower_thoracic", "lumbar")
        for side in _ACROSS
    ),
    *(
        f"back-{region}-{side}"
        for region in ("shoulder_blade", "shoulder", "upper_arm", "forearm", "hand")
        for side in _SIDES
    ),
    "front-neck-centre",
    *(f"front-chest-{side}" for side in _ACROSS),
    *(f"front-{region}-{side}" for region in ("ribs", "shoulder", "upper_arm", "forearm", "hand") for side in _SIDES),
    "front-belly-centre",
)
"""Every place of the body map, `{front|back}-{region}-{side}`; left and right are the person's own."""

COMPLETE_DAILY: Final = ("average", "worst", "interference", "compared")
"""With these, and the question about red flags, a daily entry is complete: it counts for the statistics."""

_ABLE: Final = {"yes": 0, "no": 1, "new_no": 2}
"""Normal activities, from best to worst."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of one entry. `answers` has the shape of `documents`; `counts` is False for what was told so long
    afterwards that only its red flags are used.
    """

    id: UUID
    entry_id: UUID
    form: str
    local_date: date
    answered_at: datetime
    received_at: datetime
    answers: Mapping[str, Any]
    counts: bool = True
    late: bool = False
    session_id: UUID | None = None
    note: str | None = None
    time_zone: str = "UTC"

    @property
    def order(self) -> tuple[datetime, datetime, str]:
        """Of two versions the greater one holds."""
        return (self.answered_at, self.received_at, self.id.hex)

    @property
    def flags(self) -> dict[str, FlagAnswer]:
        """Its red flags, with the one that thoughts of self-harm are."""
        told = {
            code: FlagAnswer(Answer(given["answer"]), given.get("detail"))
            for code, given in (self.answers.get("flags") or {}).items()
        }
        if self.answers.get("self_harm") is True:
            told[SELF_HARM] = FlagAnswer(Answer.NEW)
        return told

    @property
    def screened(self) -> bool:
        """Whether the question about red flags was answered, with or without one."""
        return bool(self.answers.get("none_of_these") or self.answers.get("flags"))

    @property
    def complete(self) -> bool:
        """A daily entry that the statistics can use."""
        return (
            self.form == "daily"
            and self.screened
            and all(self.answers.get(question) is not None for question in COMPLETE_DAILY)
        )


@dataclass(frozen=True, slots=True)
class DiaryDay:
    """One local day. None is *not asked or not answered* and never means 0.

    `complete`: there is a complete daily entry. `told`: there is any daily entry or answer about red flags, so the day
    was no silence. `flags`: the gravest answer to each question, over all versions; `levels`: how urgent each of them
    is. `known_at`: when the last of it reached us; `flags_known_at`: when each flag was first told that gravely.
    `peg` is the mean of its three items, `psfs` that of the own activities (10 = as before), `phq2` a sum of 0 to 6,
    `mood` 10 = good. `mornings`: pain on the morning after a session, by the session's id. `body`: (spot, intensity).
    """

    day: date
    complete: bool = False
    told: bool = False
    average: int | None = None
    worst: int | None = None
    now: int | None = None
    interference: int | None = None
    sleep: int | None = None
    compared: str | None = None
    flare: bool = False
    activities: str | None = None
    medicine: bool | None = None
    flags: Mapping[str, FlagAnswer] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    peg: float | None = None
    mood: int | None = None
    stress: int | None = None
    medicine_days: int | None = None
    over_label: bool = False
    psfs: float | None = None
    phq2: int | None = None
    self_harm: bool = False
    mornings: Mapping[UUID, int] = field(default_factory=dict)
    body: tuple[tuple[str, int], ...] = ()
    late: bool = False
    known_at: datetime | None = None
    flags_known_at: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """The most urgent of its red flags."""
        return max(self.levels.values(), default=Level.STEADY)


def in_force(versions: Iterable[Entry]) -> tuple[Entry, ...]:
    """The version of each entry that holds, oldest first. An entry of which no version counts has none."""
    newest: dict[UUID, Entry] = {}
    for version in versions:
        if version.counts and (version.entry_id not in newest or newest[version.entry_id].order < version.order):
            newest[version.entry_id] = version
    return tuple(sorted(newest.values(), key=lambda entry: (entry.local_date, *entry.order)))


def days_of(versions: Iterable[Entry]) -> dict[date, DiaryDay]:
    """Every day that anything was told about, in the order of the calendar."""
    everything = tuple(versions)
    told: dict[date, list[Entry]] = defaultdict(list)
    holding: dict[date, list[Entry]] = defaultdict(list)
    for version in everything:
        told[version.local_date].append(version)
    for version in in_force(everything):
        holding[version.local_date].append(version)
    return {day: _day(day, told[day], holding[day]) for day in sorted(told)}


def _day(day: date, told: list[Entry], holding: list[Entry]) -> DiaryDay:
    daily = [entry for entry in holding if entry.form == "daily"]
    complete = [entry for entry in daily if entry.complete]
    latest: Mapping[str, Any] = complete[-1].answers if complete else {}
    flags, flags_known_at = union_of_flags(told)
    weekly = _latest(holding, "weekly")
    monthly = _latest(holding, "monthly")
    return DiaryDay(
        day=day,
        complete=bool(complete),
        told=any(entry.form in {"daily", "flags"} for entry in holding) or bool(flags),
        average=latest.get("average"),
        worst=_highest(entry.answers.get(name) for entry in daily for name in ("worst", "average")),
        now=_last(entry.answers.get("now") for entry in holding),
        interference=latest.get("interference"),
        sleep=latest.get("sleep"),
        compared=latest.get("compared"),
        flare=any(entry.answers.get("flare") is True for entry in daily),
        activities=max(
            (entry.answers["activities"] for entry in daily if entry.answers.get("activities")),
            key=_ABLE.__getitem__,
            default=None,
        ),
        medicine=_any_of(entry.answers.get("medicine") for entry in daily),
        flags=MappingProxyType(flags),
        levels=MappingProxyType(flag_levels(flags)),
        peg=_mean(weekly.get(name) for name in ("peg_pain", "peg_enjoyment", "peg_activity")),
        mood=weekly.get("mood"),
        stress=weekly.get("stress"),
        medicine_days=_highest(each.get("days") for each in weekly.get("medicines") or ()),
        over_label=any(entry.answers.get("over_label") is True for entry in holding),
        psfs=_mean(each.get("score") for each in _latest(holding, "fortnight").get("activities") or ()),
        phq2=sum(monthly["phq2"]) if monthly.get("phq2") else None,
        self_harm=SELF_HARM in flags,
        mornings={
            entry.session_id: entry.answers["pain"]
            for entry in holding
            if entry.form == "morning" and entry.session_id is not None
        },
        body=_body(holding),
        late=any(entry.late for entry in told),
        known_at=max(entry.received_at for entry in told),
        flags_known_at=MappingProxyType(flags_known_at),
    )


def union_of_flags(versions: Iterable[Entry]) -> tuple[dict[str, FlagAnswer], dict[str, datetime]]:
    """The gravest answer to each red flag in any of these versions, and when it was first told so."""
    given: dict[str, list[tuple[FlagAnswer, datetime]]] = defaultdict(list)
    for version in versions:
        for code, answer in version.flags.items():
            given[code].append((answer, version.received_at))
    flags: dict[str, FlagAnswer] = {}
    since: dict[str, datetime] = {}
    for code in sorted(given):
        flags[code] = max((answer for answer, _at in given[code]), key=lambda answer: _gravity(code, answer))
        # As soon as it was told at that level; another wording of the same level told later is no news.
        gravest = flag_level(code, flags[code])
        since[code] = min(at for answer, at in given[code] if flag_level(code, answer) == gravest)
    return flags, since


def _gravity(code: str, answer: FlagAnswer) -> tuple[Level, bool, str]:
    """A total order, so that the union does not depend on which version came first."""
    return (flag_level(code, answer), answer.answer is Answer.NEW, str(answer.detail))


def _latest(holding: Iterable[Entry], form: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = {}
    for entry in holding:
        if entry.form == form:
            found = entry.answers
    return found


def _body(holding: Iterable[Entry]) -> tuple[tuple[str, int], ...]:
    maps = [entry.answers["body"] for entry in holding if entry.answers.get("body")]
    return tuple(sorted((mark["spot"], mark["intensity"]) for mark in maps[-1])) if maps else ()


def _highest(values: Iterable[int | None]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _last(values: Iterable[int | None]) -> int | None:
    return next(iter([value for value in values if value is not None][::-1]), None)


def _any_of(values: Iterable[bool | None]) -> bool | None:
    said = [value for value in values if value is not None]
    return any(said) if said else None


def _mean(values: Iterable[float | None]) -> float | None:
    """The mean, None unless every part was answered: a mean of two items is another instrument."""
    parts = list(values)
    known = [part for part in parts if part is not None]
    return sum(known) / len(known) if known and len(known) == len(parts) else None
