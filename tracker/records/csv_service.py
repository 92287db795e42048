"""The record as tables for a spreadsheet: a zip of CSV files (RFC 4180, UTF-8 with a mark by which spreadsheets know
it).

Every file has a header row; a name says its unit. What is listed here is chosen for reading and counting; the complete
record is the JSON. Files are written row by row into the zip.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select

from tracker.accounts.models import Person
from tracker.accounts.service import names_of
from tracker.alerts.models import Alert
from tracker.diary import rules as diary_rules
from tracker.diary import service as diary_service
from tracker.posture import day_service
from tracker.posture.models import PostureMinute
from tracker.records.rules_csv import cell
from tracker.regimen import rules as plan_rules
from tracker.regimen.models import Plan, PlanRevision, Prescription
from tracker.training.models import Repetition, SetResult, TrainingSession
from tracker.training.rules import Verdict, effective, effective_count

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

ROWS_AT_ONCE: Final = 500
_MARK: Final = "utf-8-sig"

_SCORES: Final = (
    "average", "worst", "now", "interference", "sleep", "pain", "average_7d", "worst_7d", "peg_pain", "peg_enjoyment",
    "peg_activity", "mood", "stress",
)  # fmt: skip
_WORDS: Final = (
    "compared",
    "flare",
    "activities",
    "medicine",
    "over_label",
    "examined",
    "examined_on",
    "began_on",
    "work",
)
_LISTS: Final = ("symptoms", "causes", "kit", "cautions")

Rows = Iterable[Sequence[Any]]
Table = tuple[Sequence[str], Callable[["Session", Person], Rows]]


def write_zip(session: Session, person: Person, at: datetime, out: Any) -> None:
    """Write the zip to `out`, something that takes bytes."""
    moment = at.astimezone(UTC).timetuple()[:6]
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (header, rows) in TABLES.items():
            entry = zipfile.ZipInfo(f"{name}.csv", moment)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            with archive.open(entry, "w") as raw, io.TextIOWrapper(raw, _MARK, newline="") as text:
                writer = csv.writer(text)
                writer.writerow(header)
                writer.writerows([cell(value) for value in row] for row in rows(session, person))


# ---------------------------------------------------------------------------------------------- diary

_CHECK_INS: Final = (
    "entry_id", "form", "local_date", "answered_at_utc", "holds", "told_late",
    *(f"{name}_0_10" for name in _SCORES), *_WORDS, *_LISTS, "phq2_first_0_3", "phq2_second_0_3", "red_flags",
    "own_activities_0_10", "medicines_days_of_7", "body_map_1_10", "note",
)  # fmt: skip


def _check_ins(session: Session, person: Person) -> Rows:
    """Every version of every entry; `holds` says which one is valid."""
    versions = diary_service.all_versions(session, person.id)
    holding = {entry.id for entry in diary_rules.in_force(versions)}
    words = {each.id: each.words for each in diary_service.activities_of(session, person.id)}
    for entry in versions:
        told = entry.answers
        phq = told.get("phq2") or (None, None)
        yield (
            entry.entry_id, entry.form, entry.local_date, entry.answered_at, entry.id in holding, entry.late,
            *(told.get(name) for name in _SCORES),
            *(told.get(name) if not isinstance(told.get(name), list) else None for name in _WORDS),
            *("; ".join(told.get(name) or ()) for name in _LISTS),
            *phq,
            "; ".join(f"{code}: {answer.answer}" for code, answer in entry.flags.items()),
            "; ".join(_activities(told, words)),
            "; ".join(f"{each['name']}: {each['days']}" for each in told.get("medicines") or ()),
            "; ".join(f"{each['spot']}: {each['intensity']}" for each in told.get("body") or ()),
            entry.note,
        )  # fmt: skip


def _activities(told: Mapping[str, Any], words: Mapping[str, str]) -> Iterator[str]:
    given = told.get("activities")
    for each in given if isinstance(given, list) else ():
        name = each.get("words") or words.get(each["id"], each["id"])
        yield f"{name}: {each['score']}" if "score" in each else name


# ---------------------------------------------------------------------------------------------- training

_SESSIONS: Final = (
    "session_id", "local_date", "started_at_utc", "ended_at_utc", "exercise", "source", "sets", "repetitions",
    "held_s", "duration_s", "quality_0_100", "pain_before_0_10", "pain_during_0_10", "effort_0_10", "stop_reason",
    "note",
)  # fmt: skip
_REPETITIONS: Final = (
    "session_id", "exercise", "set", "side", "position", "start_s", "peak_s", "end_s", "range", "range_unit",
    "range_error", "range_measure", "range_share_percent", "out_s", "at_peak_s", "back_s", "score_0_100",
    "counted_by_camera", "counts", "reason", "faults",
)  # fmt: skip


def _sessions(session: Session, person: Person) -> Rows:
    sets = _sets_by_session(session, person)
    rows = session.scalars(
        select(TrainingSession)
        .where(TrainingSession.patient_id == person.id)
        .order_by(TrainingSession.started_at, TrainingSession.id),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )
    for row in rows:
        done = sets.get(row.id, [])
        scored = [each.quality for each in done if each.quality is not None]
        yield (
            row.id, row.local_date, row.started_at, row.ended_at, row.exercise, row.source, len(done),
            sum(each.repetitions for each in done), sum(each.held_s for each in done),
            sum(each.duration_s for each in done), round(sum(scored) / len(scored)) if scored else None,
            row.pain_before, row.pain_during, row.effort, row.stop_reason, row.note,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Set:
    """What a session's line sums up. `repetitions` after the patient's corrections."""

    repetitions: int
    held_s: float
    duration_s: float
    quality: int | None


def _sets_by_session(session: Session, person: Person) -> dict[UUID, list[_Set]]:
    """Every set, without the engine's summaries, which are long."""
    theirs = (SetResult.session_id == TrainingSession.id, TrainingSession.patient_id == person.id)
    corrected: dict[UUID, list[Verdict]] = defaultdict(list)
    for set_id, counted, to in session.execute(
        select(Repetition.set_id, Repetition.counted, Repetition.corrected_to).where(
            Repetition.set_id == SetResult.id, *theirs, Repetition.corrected_to.is_not(None)
        )
    ):
        corrected[set_id].append(Verdict(counted, to))
    found: dict[UUID, list[_Set]] = defaultdict(list)
    for set_id, session_id, count, held_s, duration_s, quality in session.execute(
        select(
            SetResult.id,
            SetResult.session_id,
            SetResult.count,
            SetResult.held_s,
            SetResult.duration_s,
            SetResult.quality,
        ).where(*theirs)
    ):
        found[session_id].append(_Set(effective_count(count, corrected[set_id]), held_s, duration_s, quality))
    return found


def _repetitions(session: Session, person: Person) -> Rows:
    one = Repetition
    rows = session.execute(
        select(
            TrainingSession.id, TrainingSession.exercise, SetResult.number, one.side, one.position, one.start_s,
            one.peak_s, one.end_s, one.range_value, one.range_unit, one.range_error, one.range_measure,
            one.range_share, one.tempo_out_s, one.tempo_peak_s, one.tempo_back_s, one.score, one.counted,
            one.corrected_to, one.reason, one.faults,
        )
        .where(
            TrainingSession.patient_id == person.id, SetResult.session_id == TrainingSession.id,
            one.set_id == SetResult.id,
        )
        .order_by(
            TrainingSession.started_at, TrainingSession.id, SetResult.started_at, SetResult.number, SetResult.id,
            one.position,
        ),
        execution_options={"yield_per": ROWS_AT_ONCE},
    )  # fmt: skip
    for *first, share, out_s, peak_s, back_s, score, counted, to, reason, faults in rows:
        yield (
            *first, None if share is None else share * 100, out_s, peak_s, back_s, score, counted,
            effective(Verdict(counted, to)), reason, "; ".join(str(fault.get("key", "")) for fault in faults),
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------- posture

_POSTURE_DAYS: Final = (
    "local_date", "comfortable_s", "slouching_s", "away_s", "could_not_tell_s", "changes", "longest_still_s",
)  # fmt: skip


def _posture_days(session: Session, person: Person) -> Rows:
    first, last = (
        session.scalar(select(end(PostureMinute.local_date)).where(PostureMinute.patient_id == person.id))
        for end in (func.min, func.max)
    )
    if first is None or last is None:
        return
    for day, found in sorted(day_service.figures_by_day(session, person.id, first, last).items()):
        yield (
            day, found.comfort_s, found.slouch_s, found.away_s, found.unknown_s, found.changes, found.longest_still_s
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------- alerts and plan

_ALERTS: Final = (
    "alert_id", "opened_at_utc", "family", "level_1_4", "first_day", "last_day", "sentence", "due_at_utc",
    "acknowledged_at_utc", "acknowledged_by", "snoozed_until_utc", "closed_at_utc", "closed_by", "disposition", "note",
)  # fmt: skip
_PLAN: Final = (
    "revision", "saved_at_utc", "author", "evidence", "reason", "position", "exercise", "sets", "repetitions", "hold_s",
    "weekdays_1_monday", "side", "note", "cautions_overridden", "reason_to_override",
)  # fmt: skip


def _alerts(session: Session, person: Person) -> Rows:
    rows = session.scalars(select(Alert).where(Alert.patient_id == person.id).order_by(Alert.opened_at, Alert.id)).all()
    names = names_of(session, {who for row in rows for who in (row.acknowledged_by, row.closed_by)})
    for row in rows:
        yield (
            row.id, row.opened_at, row.family, row.level, row.first_day, row.last_day, row.sentence, row.due_at,
            row.acknowledged_at, names.get(row.acknowledged_by), row.snoozed_until, row.closed_at,
            names.get(row.closed_by), row.disposition, row.note,
        )  # fmt: skip


def _plan(session: Session, person: Person) -> Rows:
    rows = session.execute(
        select(PlanRevision, Prescription)
        .join(Plan, Plan.id == PlanRevision.plan_id)
        .join(Prescription, Prescription.revision_id == PlanRevision.id)
        .where(Plan.patient_id == person.id)
        .order_by(PlanRevision.number, Prescription.position, Prescription.id)
    ).all()
    names = names_of(session, {revision.author_id for revision, _ in rows})
    for revision, line in rows:
        yield (
            revision.number, revision.created_at, names.get(revision.author_id), revision.evidence, revision.reason,
            line.position, line.exercise, line.sets, line.reps, line.hold_s,
            " ".join(str(day) for day in sorted(plan_rules.weekdays_from_text(line.weekdays))),
            line.side, line.note, "; ".join(line.overridden or ()), line.override_reason,
        )  # fmt: skip


TABLES: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "check-ins": (_CHECK_INS, _check_ins),
        "sessions": (_SESSIONS, _sessions),
        "repetitions": (_REPETITIONS, _repetitions),
        "posture-days": (_POSTURE_DAYS, _posture_days),
        "alerts": (_ALERTS, _alerts),
        "plan": (_PLAN, _plan),
    }
)
"""The files of the zip: header, and what gives the rows."""
