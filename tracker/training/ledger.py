"""A session in words: every repetition and hold with what was measured, whether it counted, and why or why not.

Made from stored rows for pages; both the patient's summary and the physiotherapist's session page read it, so both say
the same about the same repetition. Numbers carry their unit and, where the measure has one, its error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import format_decimal, gettext, ngettext

from tracker.training import rules, texts
from tracker.training.charts import ChartView, angle_chart
from tracker.training.service import count_of, verdict_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from uuid import UUID

    from exercises.definition import Definition
    from tracker.training.models import Repetition, SetResult, TrainingSession


@dataclass(frozen=True, slots=True)
class Bead:
    """One candidate repetition. `state`: full, partial or corrected; `position` counts every candidate from 1.

    `number` counts what counts (None for the others), so that the last number is the set's count.
    """

    id: UUID
    position: int
    number: int | None
    side: str
    side_text: str
    state: str
    counted: bool
    engine_counted: bool
    corrected: bool
    reason: str
    reason_text: str
    correction_text: str
    start_s: float
    peak_s: float | None
    end_s: float
    measure: str | None
    unit: str | None
    range_start: float | None
    range_peak: float | None
    range_text: str
    share_text: str
    tempo_text: str
    score: int | None
    faults: tuple[str, ...]
    label: str

    @property
    def correct_url(self) -> str:
        return f"/api/repetitions/{self.id}/correction"

    @property
    def duration_s(self) -> float:
        return self.end_s - self.start_s


@dataclass(frozen=True, slots=True)
class HoldLine:
    """One stretch of time inside the window of a hold, in seconds."""

    number: int
    side: str
    side_text: str
    start: float
    end: float
    held_s: float
    held_text: str
    counted: bool
    reason: str
    reason_text: str
    score: int | None
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GateLine:
    """Time in which the camera could not tell, by reason."""

    reason: str
    text: str
    seconds: float
    seconds_text: str


@dataclass(frozen=True, slots=True)
class RangeBar:
    """Range of the counted repetitions against the person's own; `error` is the measure's 95 % band."""

    unit: str
    median: float
    error: float
    smallest: float
    largest: float
    own: float | None
    text: str


@dataclass(frozen=True, slots=True)
class SetView:
    """One set. `count` is after corrections, `engine_count` before."""

    id: UUID
    number: int
    side: str
    side_text: str
    count: int
    engine_count: int
    target: int | None
    partial: int
    held_s: float
    held_text: str
    target_hold_s: float | None
    quality: int | None
    duration_s: float
    duration_text: str
    manual: bool
    view: str | None
    engine_version: str
    revision: int | None
    """Which version of the exercise judged it."""
    repetitions: tuple[Bead, ...]
    holds: tuple[HoldLine, ...]
    gate: tuple[GateLine, ...]
    range: RangeBar | None
    asymmetry_text: str
    chart: ChartView | None


@dataclass(frozen=True, slots=True)
class SessionView:
    """One session and its sets, for a page."""

    id: UUID
    exercise: str
    title: str
    kind: str
    source: str
    source_text: str
    started_at: datetime
    local_date: date
    ended_at: datetime | None
    stop_reason: str | None
    stop_text: str
    pain_before: int | None
    pain_during: int | None
    effort: int | None
    note: str | None
    sets: tuple[SetView, ...]

    @property
    def count(self) -> int:
        return sum(each.count for each in self.sets)

    @property
    def held_s(self) -> float:
        return sum(each.held_s for each in self.sets)

    @property
    def held_text(self) -> str:
        return texts.duration(self.held_s)


def title_of(exercise: str, definitions: Mapping[str, Definition]) -> str:
    """The title of an exercise, or its id once it has left the library."""
    definition = definitions.get(exercise)
    return texts.library_text(definition.title) if definition else exercise


def kind_of(exercise: str, definitions: Mapping[str, Definition]) -> str:
    """How an exercise is counted; "repetitions" once it has left the library."""
    definition = definitions.get(exercise)
    return definition.kind if definition else "repetitions"


def session_view(row: TrainingSession, definitions: Mapping[str, Definition], *, charts: bool = True) -> SessionView:
    """The session with everything a page shows; `row` comes with sets, repetitions and prescription loaded."""
    definition = definitions.get(row.exercise)
    hold_s = row.prescription.hold_s if row.prescription else None
    kind = definition.kind if definition else (row.sets[0].summary["kind"] if row.sets else "repetitions")
    return SessionView(
        id=row.id,
        exercise=row.exercise,
        title=title_of(row.exercise, definitions),
        kind=kind,
        source=row.source,
        source_text=texts.say(texts.SOURCES, row.source),
        started_at=row.started_at,
        local_date=row.local_date,
        ended_at=row.ended_at,
        stop_reason=row.stop_reason,
        stop_text=texts.say(texts.STOP_REASONS_FOR_PHYSIO, row.stop_reason),
        pain_before=row.pain_before,
        pain_during=row.pain_during,
        effort=row.effort,
        note=row.note,
        sets=tuple(_set_view(each, definition, hold_s, charts=charts) for each in row.sets),
    )


def headline(view: SessionView) -> str:
    """What was done, in one sentence to the person who did it."""
    sets = len(view.sets)
    if not sets:
        return str(gettext("No set is stored yet."))
    if view.kind == "repetitions":
        done = ngettext("%(num)d repetition", "%(num)d repetitions", view.count)
        return str(ngettext("You did %(done)s in one set.", "You did %(done)s in %(num)d sets.", sets, done=done))
    held = texts.duration(view.held_s)
    if view.kind == "timer":
        return str(
            ngettext(
                "You exercised for %(held)s in one set.", "You exercised for %(held)s in %(num)d sets.", sets, held=held
            )
        )
    return str(ngettext("You held for %(held)s in one set.", "You held for %(held)s in %(num)d sets.", sets, held=held))


def _set_view(row: SetResult, definition: Definition | None, hold_s: float | None, *, charts: bool) -> SetView:
    summary = row.summary
    beads = _beads(row, definition)
    holds = tuple(_hold(number, hold, definition) for number, hold in enumerate(summary.get("holds") or (), start=1))
    return SetView(
        id=row.id,
        number=row.number,
        side=row.side,
        side_text=texts.say(texts.SIDES, row.side),
        count=count_of(row),
        engine_count=row.count,
        target=summary.get("target"),
        partial=row.partial,
        held_s=row.held_s,
        held_text=texts.duration(row.held_s),
        target_hold_s=hold_s,
        quality=row.quality,
        duration_s=row.duration_s,
        duration_text=texts.duration(row.duration_s),
        manual=row.engine_version == rules.MANUAL_ENGINE,
        view=summary.get("view"),
        engine_version=row.engine_version,
        revision=summary.get("revision"),
        repetitions=beads,
        holds=holds,
        gate=_gate(summary.get("gate") or {}),
        range=_range_bar(row, beads),
        asymmetry_text=_asymmetry_text(summary.get("asymmetry")),
        chart=angle_chart(f"chart-{row.id}", summary, beads, holds) if charts else None,
    )


def _asymmetry_text(found: dict[str, Any] | None) -> str:
    """Left against right in one sentence, empty where only one side was seen."""
    if not found:
        return ""
    said = {side: texts.amount(found[side], found["unit"]) for side in ("left", "right")}
    apart, error = abs(found["difference"]), found["error"]
    if apart <= error:
        return str(gettext("Left %(left)s, right %(right)s on average: no difference the camera can tell.", **said))
    said |= {"apart": texts.amount(apart, found["unit"]), "error": texts.amount(error, found["unit"])}
    return str(
        gettext(
            "Left %(left)s, right %(right)s on average: %(apart)s apart, more than the measuring error of %(error)s.",
            **said,
        )
    )


def _beads(row: SetResult, definition: Definition | None) -> tuple[Bead, ...]:
    found: list[Bead] = []
    number = 0
    for repetition in row.repetitions:
        counted = rules.effective(verdict_of(repetition))
        number += counted
        found.append(_bead(repetition, definition, number if counted else None, counted=counted))
    return tuple(found)


def _bead(row: Repetition, definition: Definition | None, number: int | None, *, counted: bool) -> Bead:
    corrected = row.corrected_to is not None
    state = "corrected" if corrected else ("full" if counted else "partial")
    side_text = texts.say(texts.SIDES, row.side)
    reason_text = texts.say(texts.REASONS, row.reason)
    range_text = _range_text(row)
    faults = tuple(texts.fault_text(definition, fault["key"]) for fault in row.faults)
    return Bead(
        id=row.id,
        position=row.position,
        number=number,
        side=row.side,
        side_text=side_text,
        state=state,
        counted=counted,
        engine_counted=row.counted,
        corrected=corrected,
        reason=row.reason,
        reason_text=reason_text,
        correction_text=_correction_text(row.corrected_to),
        start_s=row.start_s,
        peak_s=row.peak_s,
        end_s=row.end_s,
        measure=row.range_measure,
        unit=row.range_unit,
        range_start=row.range_start,
        range_peak=row.range_peak,
        range_text=range_text,
        share_text="" if row.range_share is None else format_decimal(row.range_share * 100, format="0") + " %",
        tempo_text=_tempo_text(row),
        score=row.score,
        faults=faults,
        label=_label(row.position, side_text, reason_text, range_text, faults, counted=counted, corrected=corrected),
    )


def _correction_text(corrected_to: bool | None) -> str:
    if corrected_to is None:
        return ""
    return str(gettext("Corrected: it counts") if corrected_to else gettext("Corrected: it does not count"))


def _label(
    position: int,
    side: str,
    reason: str,
    reach: str,
    faults: tuple[str, ...],
    *,
    counted: bool,
    corrected: bool,
) -> str:
    """The complete accessible name of one bead."""
    verdict = gettext("counted") if counted else gettext("not counted")
    if corrected:
        verdict = gettext("%(verdict)s, corrected by you", verdict=verdict)
    parts = [gettext("Movement %(number)d", number=position), side, verdict, reason.rstrip("."), reach, *faults]
    return ", ".join(part for part in parts if part)


def _range_text(row: Repetition) -> str:
    """What was measured with the measure's own error: 80° ± 8°."""
    value = texts.amount(row.range_value, row.range_unit)
    if not value or row.range_error is None:
        return value
    return f"{value} ± {texts.amount(row.range_error, row.range_unit)}"


def _tempo_text(row: Repetition) -> str:
    seconds = (row.tempo_out_s, row.tempo_peak_s, row.tempo_back_s)
    if all(value is None for value in seconds):
        return ""
    return " / ".join("?" if value is None else format_decimal(value, format="0.0") for value in seconds) + " s"


def _hold(number: int, hold: dict[str, Any], definition: Definition | None) -> HoldLine:
    return HoldLine(
        number=number,
        side=hold["side"],
        side_text=texts.say(texts.SIDES, hold["side"]),
        start=hold["start"],
        end=hold["end"],
        held_s=hold["held_s"],
        held_text=texts.duration(hold["held_s"]),
        counted=hold["counted"],
        reason=hold["reason"],
        reason_text=texts.say(texts.HOLD_REASONS, hold["reason"]),
        score=hold.get("score"),
        faults=tuple(texts.fault_text(definition, fault["key"]) for fault in hold.get("faults") or ()),
    )


def _gate(seconds_by_reason: dict[str, float]) -> tuple[GateLine, ...]:
    """Longest first; moments below half a second are not worth a line."""
    ordered = sorted(seconds_by_reason.items(), key=lambda entry: -entry[1])
    return tuple(
        GateLine(reason, texts.say(texts.GATES, reason), seconds, texts.duration(max(seconds, 1.0)))
        for reason, seconds in ordered
        if seconds >= 0.5  # noqa: PLR2004 - see the docstring
    )


def _range_bar(row: SetResult, beads: tuple[Bead, ...]) -> RangeBar | None:
    counted = {bead.id for bead in beads if bead.counted}
    measured = [rep for rep in row.repetitions if rep.id in counted and rep.range_value is not None]
    if not measured:
        return None
    unit = measured[0].range_unit or ""
    summary = rules.range_summary(
        [rep.range_value for rep in measured if rep.range_value is not None],
        unit=unit,
        error=measured[0].range_error or 0.0,
    )
    if summary is None:
        return None
    return RangeBar(
        unit=unit,
        median=summary.median,
        error=summary.error,
        smallest=summary.smallest,
        largest=summary.largest,
        own=_own_range(row, measured),
        text=gettext(
            "Range: mostly %(median)s, between %(smallest)s and %(largest)s. The camera measures to ± %(error)s.",
            median=texts.amount(summary.median, unit),
            smallest=texts.amount(summary.smallest, unit),
            largest=texts.amount(summary.largest, unit),
            error=texts.amount(summary.error, unit),
        ),
    )


def _own_range(row: SetResult, measured: list[Repetition]) -> float | None:
    """The person's own range as the engine learned it: its peak value less where these repetitions began."""
    own: list[float] = [value for value in (row.summary.get("personal_range") or {}).values() if value is not None]
    starts = [rep.range_start for rep in measured if rep.range_start is not None]
    if not own or not starts:
        return None
    return abs(sum(own) / len(own) - sum(starts) / len(starts))
