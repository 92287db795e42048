"""Use cases of training: keep what a client reports, correct a repetition, read sessions back. Takes a database session
and an instant; never commits.

Receiving is idempotent. Ids come from the client, so the same document sent twice, or two documents of one session
arriving at once, end in the same rows: the session's row is made once and then locked, sets that are known are left as
they are, and unknown ones are added.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, case, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from tracker.accounts.access import NotFound
from tracker.accounts.models import ConsentKind
from tracker.accounts.service import record_audit
from tracker.clock import local_date
from tracker.regimen import easing_service
from tracker.regimen import rules as plan_rules
from tracker.regimen.library import find
from tracker.regimen.service import CurrentPlan, current_plan, prescription_of, revisions_in_force, standing_of
from tracker.training import rules
from tracker.training.documents import MOST_SETS, problems_of_time
from tracker.training.models import Repetition, SetResult, Track, TrainingSession
from tracker.training.tracks import TrackError, read_header

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from tracker.accounts.models import Person
    from tracker.training.documents import RepetitionDoc, SessionDoc, SetDoc

TRACKS_KEPT: Final = timedelta(days=30)
"""Unless the installation keeps them shorter."""
MOST_SESSIONS_A_DAY: Final = 200
"""New sessions taken from one person within 24 hours: weeks without a connection fit, a script that fills the disk does
not."""

SetsByDay = dict["date", dict[str, dict[str, int]]]
"""Sets done by local date, exercise and side."""


class RejectedError(ValueError):
    """The document cannot be kept; `fields` maps a field's path to the key of a sentence (texts.PROBLEMS)."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{field}: {key}" for field, key in fields.items()))
        self.fields = dict(fields)


class TooManyError(Exception):
    """This person has sent more sessions within a day than anybody can do; later ones are taken again."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What the server knows of a session after a document; `created` says whether it was new."""

    session_id: UUID
    set_ids: tuple[UUID, ...]
    created: bool


# ---------------------------------------------------------------------------------------------- receiving


def receive(
    session: Session,
    *,
    patient: Person,
    document: SessionDoc,
    keep_tracks: bool,
    received_at: datetime,
    tracks_kept: timedelta = TRACKS_KEPT,
) -> Saved:
    """Merge a session document. `keep_tracks`: whether the patient consents to storing landmarks at this moment;
    `tracks_kept`: for how long.

    Raises RejectedError, TooManyError, and NotFound when the id belongs to somebody else.
    """
    _check(session, patient, document, received_at)
    row, created = _locked_row(session, patient, document, received_at)
    known = set(session.scalars(select(SetResult.id).where(SetResult.session_id == row.id)))
    fresh = [(index, entry) for index, entry in enumerate(document.sets) if entry.id not in known]
    if len(known) + len(fresh) > MOST_SETS:
        raise RejectedError({"sets": "too_many_sets"})
    for index, entry in fresh:
        track = _track_of(entry, f"sets.{index}", received_at, tracks_kept) if keep_tracks else None
        _add_set(session, row, entry, f"sets.{index}", track)
    changed = _update_feedback(row, document)
    session.flush()
    if created or fresh or changed:
        record_audit(
            session, actor=patient, patient=patient, action="session.received", subject=str(row.id), at=received_at
        )
    return Saved(row.id, tuple(known | {entry.id for _index, entry in fresh}), created)


def _check(session: Session, patient: Person, document: SessionDoc, received_at: datetime) -> None:
    fields = problems_of_time(document, received_at)
    _check_exercise(session, patient, document, fields)
    for index, entry in enumerate(document.sets):
        where = f"sets.{index}"
        if entry.summary.exercise != document.exercise:
            fields[f"{where}.summary.exercise"] = "another_exercise"
        if (document.source == "manual") != entry.summary.facts().manual:
            fields[f"{where}.summary.engine_version"] = "source_disagrees"
        for problem in rules.problems(entry.summary.facts()):
            fields[f"{where}.summary.{problem.field}"] = problem.key
    if fields:
        raise RejectedError(fields)


def _check_exercise(session: Session, patient: Person, document: SessionDoc, fields: dict[str, str]) -> None:
    """It is in a plan of this person; outside a plan it is one that their clinic has."""
    if document.prescription_id is None:
        if find(session, document.exercise, patient.clinic_id) is None:
            fields["exercise"] = "unknown_exercise"
        return
    prescription = prescription_of(session, patient.id, document.prescription_id)
    if prescription is None:
        fields["prescription_id"] = "unknown_prescription"
    elif prescription.exercise != document.exercise:
        fields["exercise"] = "another_exercise"


def _locked_row(
    session: Session, patient: Person, document: SessionDoc, received_at: datetime
) -> tuple[TrainingSession, bool]:
    """The session's row, made if need be and locked until the end of the transaction."""
    wanted = select(TrainingSession).where(TrainingSession.id == document.id).with_for_update()
    row = session.scalars(wanted).one_or_none()
    created = False
    if row is None:
        # Refused when the same document is being received elsewhere; the statement below then waits for that row.
        with suppress(IntegrityError), session.begin_nested():
            session.add(_new_row(patient, document, received_at))
            session.flush()
            created = True
        row = session.scalars(wanted).one()
    if row.patient_id != patient.id:
        raise NotFound
    if row.exercise != document.exercise:
        raise RejectedError({"exercise": "another_exercise"})
    if created and _received_lately(session, patient.id, received_at) > MOST_SESSIONS_A_DAY:
        raise TooManyError
    return row, created


def _received_lately(session: Session, patient_id: UUID, at: datetime) -> int:
    """How many sessions of this person have come in within the last 24 hours."""
    lately = TrainingSession.created_at.between(at - timedelta(days=1), at)
    return session.scalar(select(func.count()).where(TrainingSession.patient_id == patient_id, lately)) or 0


def _new_row(patient: Person, document: SessionDoc, received_at: datetime) -> TrainingSession:
    return TrainingSession(
        id=document.id,
        patient_id=patient.id,
        prescription_id=document.prescription_id,
        exercise=document.exercise,
        source=document.source,
        started_at=document.started_at,
        local_date=local_date(document.started_at, patient.time_zone),
        created_at=received_at,
    )


def _add_set(session: Session, row: TrainingSession, entry: SetDoc, where: str, track: Track | None) -> None:
    try:
        with session.begin_nested():
            session.add(set_row(row.id, entry))
            session.flush()
            session.add_all(
                repetition_row(entry, position, candidate)
                for position, candidate in enumerate(entry.summary.repetitions, start=1)
            )
            if track is not None:
                session.add(track)
    except IntegrityError as error:
        raise RejectedError({f"{where}.id": "id_taken"}) from error


def rows_of(
    patient: Person, document: SessionDoc, received_at: datetime
) -> list[TrainingSession | SetResult | Repetition]:
    """Every row of a whole session, without tracks, for who keeps many at once."""
    row = _new_row(patient, document, received_at)
    _update_feedback(row, document)
    sets = [set_row(document.id, entry) for entry in document.sets]
    repetitions = [
        repetition_row(entry, position, candidate)
        for entry in document.sets
        for position, candidate in enumerate(entry.summary.repetitions, start=1)
    ]
    return [row, *sets, *repetitions]


def set_row(session_id: UUID, entry: SetDoc) -> SetResult:
    """The row of one reported set."""
    summary = entry.summary
    return SetResult(
        id=entry.id,
        session_id=session_id,
        number=entry.number,
        side=entry.side,
        started_at=entry.started_at,
        engine_version=summary.engine_version,
        duration_s=summary.duration_s,
        count=summary.count,
        partial=summary.partial,
        held_s=summary.held_s,
        quality=summary.quality,
        summary=summary.model_dump(mode="json"),
    )


def repetition_row(entry: SetDoc, position: int, candidate: RepetitionDoc) -> Repetition:
    """The row of one candidate; `position` counts from 1."""
    reach = candidate.range
    tempo = candidate.tempo
    return Repetition(
        id=entry.repetition_ids[position - 1],
        set_id=entry.id,
        position=position,
        number=candidate.number,
        side=candidate.side,
        start_s=candidate.start,
        peak_s=candidate.peak,
        end_s=candidate.end,
        range_measure=reach.measure if reach else None,
        range_unit=reach.unit if reach else None,
        range_start=reach.start if reach else None,
        range_peak=reach.peak if reach else None,
        range_value=reach.value if reach else None,
        range_error=reach.error if reach else None,
        range_share=reach.share if reach else None,
        tempo_out_s=tempo.out_s if tempo else None,
        tempo_peak_s=tempo.peak_s if tempo else None,
        tempo_back_s=tempo.back_s if tempo else None,
        score=candidate.score,
        faults=[fault.model_dump(mode="json") for fault in candidate.faults],
        counted=candidate.counted,
        reason=candidate.reason,
    )


def _track_of(entry: SetDoc, where: str, received_at: datetime, kept: timedelta) -> Track | None:
    try:
        packed = entry.track_bytes()
        if packed is None:
            return None
        header = read_header(packed)
    except TrackError as error:
        raise RejectedError({f"{where}.track": error.key}) from error
    except ValueError as error:
        raise RejectedError({f"{where}.track": "track_not_gzip"}) from error
    return Track(
        set_id=entry.id,
        frames=header.frames,
        width=header.width,
        height=header.height,
        blob=packed,
        created_at=received_at,
        expires_at=received_at + kept,
    )


_FEEDBACK: Final = ("ended_at", "stop_reason", "pain_before", "pain_during", "effort", "note")


def _update_feedback(row: TrainingSession, document: SessionDoc) -> bool:
    """Newer answers replace older ones; a document without an answer takes none away, since documents of one session
    may arrive in any order.
    """
    changed = False
    for name in _FEEDBACK:
        value = getattr(document, name)
        if value not in (None, "", getattr(row, name)):
            setattr(row, name, value)
            changed = True
    return changed


def save_feedback(
    session: Session,
    *,
    patient: Person,
    session_id: UUID,
    stop_reason: str | None,
    pain_during: int | None,
    effort: int | None,
    note: str | None,
    at: datetime,
) -> TrainingSession:
    """The answers of the summary page; an empty one leaves what is stored. Raises NotFound."""
    row = own_session(session, patient.id, session_id)
    answers = {"stop_reason": stop_reason, "pain_during": pain_during, "effort": effort, "note": note or None}
    for name, value in answers.items():
        if value is not None:
            setattr(row, name, value)
    record_audit(session, actor=patient, patient=patient, action="session.feedback", subject=str(row.id), at=at)
    return row


# ---------------------------------------------------------------------------------------------- corrections


def correct(session: Session, *, patient: Person, repetition_id: UUID, wanted: bool | None, at: datetime) -> Repetition:
    """Store what the patient says about one of their repetitions; None takes it back. Raises NotFound."""
    repetition = session.scalars(
        select(Repetition)
        .join(Repetition.set)
        .join(SetResult.session)
        .where(Repetition.id == repetition_id, TrainingSession.patient_id == patient.id)
        .options(selectinload(Repetition.set).selectinload(SetResult.repetitions))
    ).one_or_none()
    if repetition is None:
        raise NotFound
    corrected = rules.correction(verdict_of(repetition), wanted)
    repetition.corrected_to = corrected
    repetition.corrected_by = None if corrected is None else patient.id
    repetition.corrected_at = None if corrected is None else at
    record_audit(
        session, actor=patient, patient=patient, action="repetition.corrected", subject=str(repetition.id), at=at
    )
    return repetition


def verdict_of(repetition: Repetition) -> rules.Verdict:
    """The two facts about whether it counts."""
    return rules.Verdict(repetition.counted, repetition.corrected_to)


def count_of(result: SetResult) -> int:
    """The repetitions of a set after corrections."""
    return rules.effective_count(result.count, (verdict_of(repetition) for repetition in result.repetitions))


# ---------------------------------------------------------------------------------------------- reading


def own_session(session: Session, patient_id: UUID, session_id: UUID) -> TrainingSession:
    """A session of this patient with its sets and repetitions; raises NotFound."""
    row = session.scalars(
        select(TrainingSession)
        .where(TrainingSession.id == session_id, TrainingSession.patient_id == patient_id)
        .options(
            selectinload(TrainingSession.sets).selectinload(SetResult.repetitions),
            selectinload(TrainingSession.prescription),
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return row


def measured_before(session: Session, row: TrainingSession) -> TrainingSession | None:
    """The same person's last session of this exercise before this one in which a camera measured something."""
    return session.scalars(
        select(TrainingSession)
        .where(
            TrainingSession.patient_id == row.patient_id,
            TrainingSession.exercise == row.exercise,
            TrainingSession.started_at < row.started_at,
            TrainingSession.source != "manual",
            TrainingSession.sets.any(SetResult.repetitions.any(Repetition.range_value.is_not(None))),
        )
        .order_by(TrainingSession.started_at.desc(), TrainingSession.id)
        .limit(1)
        .options(selectinload(TrainingSession.sets).selectinload(SetResult.repetitions))
    ).one_or_none()


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One session as a list shows it; `count` and `not_counted` (movements a camera saw) are after corrections."""

    id: UUID
    exercise: str
    source: str
    started_at: datetime
    local_date: date
    sets: int
    count: int
    not_counted: int
    held_s: float
    quality: float | None
    corrections: int
    stop_reason: str | None
    pain_during: int | None

    @property
    def needs_a_look(self) -> bool:
        return rules.stopped_because_of_pain(self.stop_reason, self.pain_during)


def session_lines(
    session: Session, patient_id: UUID, *, limit: int, offset: int = 0, exercise: str | None = None
) -> list[SessionLine]:
    """A patient's sessions, newest first, in one statement; with `exercise` those of it alone."""
    corrections = (
        select(
            SetResult.session_id,
            func.count(Repetition.id).label("number"),
            func.sum(case((Repetition.corrected_to.is_(True), 1), else_=-1)).label("change"),
        )
        .join(Repetition.set)
        .join(SetResult.session)
        .where(TrainingSession.patient_id == patient_id, Repetition.corrected_to.is_not(None))
        .group_by(SetResult.session_id)
        .subquery()
    )
    sums = (
        select(
            SetResult.session_id,
            func.count(SetResult.id).label("sets"),
            func.sum(SetResult.count).label("repetitions"),
            func.sum(SetResult.held_s).label("held_s"),
            func.avg(SetResult.quality).label("quality"),
        )
        .join(SetResult.session)
        .where(TrainingSession.patient_id == patient_id)
        .group_by(SetResult.session_id)
        .subquery()
    )
    not_counted = (
        select(func.count(Repetition.id))
        .join(Repetition.set)
        .where(
            SetResult.session_id == TrainingSession.id,
            func.coalesce(Repetition.corrected_to, Repetition.counted).is_(False),
        )
        .correlate(TrainingSession)
        .scalar_subquery()
        .label("not_counted")
    )
    rows = session.execute(
        select(TrainingSession, sums, corrections.c.number, corrections.c.change, not_counted)
        .outerjoin(sums, sums.c.session_id == TrainingSession.id)
        .outerjoin(corrections, corrections.c.session_id == TrainingSession.id)
        .where(TrainingSession.patient_id == patient_id, *_of(exercise))
        .order_by(TrainingSession.started_at.desc(), TrainingSession.id)
        .limit(limit)
        .offset(offset)
    ).all()
    return [
        SessionLine(
            id=row.TrainingSession.id,
            exercise=row.TrainingSession.exercise,
            source=row.TrainingSession.source,
            started_at=row.TrainingSession.started_at,
            local_date=row.TrainingSession.local_date,
            sets=row.sets or 0,
            count=(row.repetitions or 0) + (row.change or 0),
            not_counted=row.not_counted,
            held_s=row.held_s or 0.0,
            quality=None if row.quality is None else float(row.quality),
            corrections=row.number or 0,
            stop_reason=row.TrainingSession.stop_reason,
            pain_during=row.TrainingSession.pain_during,
        )
        for row in rows
    ]


def number_of_sessions(session: Session, patient_id: UUID, *, exercise: str | None = None) -> int:
    """How many sessions a patient has in all, or of one exercise."""
    return session.scalar(select(func.count()).where(TrainingSession.patient_id == patient_id, *_of(exercise))) or 0


def _of(exercise: str | None) -> tuple[ColumnElement[bool], ...]:
    return () if exercise is None else (TrainingSession.exercise == exercise,)


def _something_was_done() -> ColumnElement[bool]:
    """A set counts as done when anything is in it. Somebody who stopped because of pain did what they could; the
    reason they gave says the rest, and a half set must not look like a day on the sofa.
    """
    return or_(SetResult.count > 0, SetResult.partial > 0, SetResult.held_s >= 1)


def sets_done(session: Session, patient_ids: Collection[UUID], *, first: date, last: date) -> dict[UUID, SetsByDay]:
    """Sets done by these patients between two local dates (ends included), in one statement."""
    rows = session.execute(
        select(
            TrainingSession.patient_id,
            TrainingSession.local_date,
            TrainingSession.exercise,
            SetResult.side,
            func.count(SetResult.id).label("sets"),
        )
        .join(TrainingSession.sets)
        .where(
            TrainingSession.patient_id.in_(patient_ids),
            TrainingSession.local_date.between(first, last),
            _something_was_done(),
        )
        .group_by(TrainingSession.patient_id, TrainingSession.local_date, TrainingSession.exercise, SetResult.side)
    )
    found: dict[UUID, SetsByDay] = defaultdict(dict)
    for patient_id, day, exercise, side, sets in rows:
        found[patient_id].setdefault(day, {}).setdefault(exercise, {})[side] = sets
    return found


@dataclass(frozen=True, slots=True)
class Overview:
    """What a row of the patient list says about sessions."""

    last_day: date | None = None
    last_started_at: datetime | None = None
    sessions_in_all: int = 0
    quality: float | None = None
    stopped_for_pain: int = 0
    corrections: int = 0


def overviews(session: Session, patient_ids: Collection[UUID], *, since: datetime) -> dict[UUID, Overview]:
    """Last session ever, and since `since`: mean quality of the sets, sessions with too much pain, corrections.

    Three statements, whatever the number of patients.
    """
    recent = TrainingSession.started_at >= since
    sessions = _sessions_of(session, patient_ids, since)
    quality = _by_patient(
        session.execute(
            select(TrainingSession.patient_id, func.avg(SetResult.quality))
            .join(TrainingSession.sets)
            .where(TrainingSession.patient_id.in_(patient_ids), recent)
            .group_by(TrainingSession.patient_id)
        ).all()
    )
    corrections = _by_patient(
        session.execute(
            select(TrainingSession.patient_id, func.count(Repetition.id))
            .join(TrainingSession.sets)
            .join(SetResult.repetitions)
            .where(TrainingSession.patient_id.in_(patient_ids), recent, Repetition.corrected_to.is_not(None))
            .group_by(TrainingSession.patient_id)
        ).all()
    )
    return {
        patient_id: Overview(
            last_day=last_day,
            last_started_at=last_started_at,
            sessions_in_all=number,
            quality=None if quality.get(patient_id) is None else float(quality[patient_id]),
            stopped_for_pain=int(pain or 0),
            corrections=corrections.get(patient_id, 0),
        )
        for patient_id, last_day, last_started_at, number, pain in sessions
    }


def last_days(session: Session, patient_ids: Collection[UUID], *, since: datetime) -> dict[UUID, tuple[date, int]]:
    """The last session ever of each of them, and how many hurt too much since `since`. One statement."""
    return {
        patient_id: (last_day, int(pain or 0))
        for patient_id, last_day, _started_at, _number, pain in _sessions_of(session, patient_ids, since)
    }


def _sessions_of(session: Session, patient_ids: Collection[UUID], since: datetime) -> Sequence[Any]:
    """By patient: last day, last start, how many sessions, and how many hurt too much since `since`."""
    painful = and_(
        TrainingSession.started_at >= since,
        or_(TrainingSession.stop_reason == "pain", TrainingSession.pain_during > rules.TOO_MUCH_PAIN),
    )
    return session.execute(
        select(
            TrainingSession.patient_id,
            func.max(TrainingSession.local_date),
            func.max(TrainingSession.started_at),
            func.count(),
            func.sum(case((painful, 1), else_=0)),
        )
        .where(TrainingSession.patient_id.in_(patient_ids))
        .group_by(TrainingSession.patient_id)
    ).all()


def _by_patient(rows: Sequence[Any]) -> dict[UUID, Any]:
    return {row[0]: row[1] for row in rows}


def bests(session: Session, patient_id: UUID, at: datetime) -> dict[str, dict[str, float]]:
    """How far somebody got in each exercise within the time a range holds, in degrees by side: the median of what
    counted, so that one reading that went astray sets no target. Only what is measured in degrees.
    """
    rows = session.execute(
        select(TrainingSession.exercise, Repetition.side, Repetition.range_value)
        .join(TrainingSession.sets)
        .join(SetResult.repetitions)
        .where(
            TrainingSession.patient_id == patient_id,
            TrainingSession.started_at >= at - rules.PERSONAL_RANGE_VALID,
            Repetition.counted,
            Repetition.range_unit == "deg",
            Repetition.range_value.is_not(None),
        )
    )
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for exercise, side, value in rows:
        found[exercise][side].append(float(value or 0))
    return {exercise: {side: median(values) for side, values in sides.items()} for exercise, sides in found.items()}


def trained_since(session: Session, patient_id: UUID, since: datetime) -> bool:
    """Whether there is a session that began after this instant."""
    later = select(TrainingSession.id).where(
        TrainingSession.patient_id == patient_id, TrainingSession.started_at > since
    )
    return session.scalar(later.limit(1)) is not None


def last_training_day(session: Session, patient_id: UUID) -> date | None:
    """The local date of the newest session."""
    return session.scalar(select(func.max(TrainingSession.local_date)).where(TrainingSession.patient_id == patient_id))


def personal_range(session: Session, patient_id: UUID, exercise: str, *, at: datetime) -> dict[str, Any] | None:
    """The newest range of motion measured in this exercise within the time it holds; None makes the engine measure."""
    summaries = session.scalars(
        select(SetResult.summary)
        .join(SetResult.session)
        .where(
            TrainingSession.patient_id == patient_id,
            TrainingSession.exercise == exercise,
            SetResult.started_at >= at - rules.PERSONAL_RANGE_VALID,
        )
        .order_by(SetResult.started_at.desc())
        .limit(20)
    )
    return next((summary["personal_range"] for summary in summaries if summary.get("personal_range")), None)


def minutes_by_day(session: Session, patient_id: UUID, first: date, last: date) -> dict[date, float]:
    """How long somebody exercised, by local day: the time of the sets in which something was done. A set by hand that
    was only counted has no length; a repetition is then taken to last some seconds.
    """
    rows = session.execute(
        select(TrainingSession.local_date, SetResult.duration_s, SetResult.held_s, SetResult.count)
        .join(TrainingSession.sets)
        .where(
            TrainingSession.patient_id == patient_id,
            TrainingSession.local_date.between(first, last),
            _something_was_done(),
        )
    )
    found: dict[date, float] = defaultdict(float)
    for day, duration_s, held_s, count in rows:
        found[day] += max(duration_s, held_s, count * rules.A_REPETITION_S) / 60
    return {day: round(minutes, 1) for day, minutes in found.items()}


def sessions_with_pain(session: Session, patient_id: UUID, day: date) -> list[UUID]:
    """The sessions of a local day in which pain was told, the one first that began with the least: the next morning is
    compared with it, and a rise shows there first.
    """
    return list(
        session.scalars(
            select(TrainingSession.id)
            .where(
                TrainingSession.patient_id == patient_id,
                TrainingSession.local_date == day,
                or_(TrainingSession.pain_before.is_not(None), TrainingSession.pain_during.is_not(None)),
            )
            .order_by(TrainingSession.pain_before.is_(None), TrainingSession.pain_before, TrainingSession.started_at)
        )
    )


# ---------------------------------------------------------------------------------------------- may one exercise


def gate_of(session: Session, patient_id: UUID) -> str | None:
    """Why this person should not exercise now (rules.gate); None: go ahead."""
    standing = standing_of(session, patient_id)
    if standing is None:
        return "intake"
    return rules.gate(locked=standing.locked, page=standing.page, screened=standing.intake_done)


HURT: Final = "hurt"


def why_rest(session: Session, person: Person, at: datetime) -> str | None:
    """Why this person should not exercise at this instant: as `gate_of`, or HURT where a session of the day hurt."""
    key = gate_of(session, person.id)
    if key is not None:
        return key
    return HURT if _hurt_on(session, person.id, local_date(at, person.time_zone)) else None


# ---------------------------------------------------------------------------------------------- today


@dataclass(frozen=True, slots=True)
class Day:
    """A person's local day: the plan in force as it is asked for today, the list with what is done, the last seven
    days, and what comes next. `eased`: where less is asked for than the plan says.
    """

    plan: CurrentPlan
    eased: easing_service.EasedPlan
    today: plan_rules.Today
    week: plan_rules.Adherence
    days_since_last: int | None
    next_day: date | None
    hurt: bool
    """A session of this day was stopped because of pain, or hurt too much: no more is asked for today."""

    @property
    def encouragement(self) -> plan_rules.Encouragement:
        return plan_rules.encouragement(self.today, self.week, self.days_since_last)


def day_of(session: Session, person: Person, at: datetime) -> Day:
    """The day of this person at this instant, by the calendar of their own time zone."""
    day = local_date(at, person.time_zone)
    plan = current_plan(session, person.id)
    done = sets_done(session, [person.id], first=day - timedelta(days=6), last=day).get(person.id, {})
    revisions = revisions_in_force(session, {person.id: person.time_zone}).get(person.id, [])
    last = last_training_day(session, person.id)
    eased = easing_service.eased_plan(session, person, plan, at=at, last_day=last)
    return Day(
        plan=replace(plan, items=eased.items),
        eased=eased,
        today=plan_rules.today(day, eased.items, done.get(day, {})),
        week=plan_rules.adherence(revisions, done, last=day, days=7),
        days_since_last=None if last is None else (day - last).days,
        next_day=plan_rules.next_day_with_exercises(day, plan.items),
        hurt=_hurt_on(session, person.id, day),
    )


def _hurt_on(session: Session, patient_id: UUID, day: date) -> bool:
    answers = session.execute(
        select(TrainingSession.stop_reason, TrainingSession.pain_during).where(
            TrainingSession.patient_id == patient_id, TrainingSession.local_date == day
        )
    )
    return any(rules.stopped_because_of_pain(stop_reason, pain) for stop_reason, pain in answers)


# ---------------------------------------------------------------------------------------------- tracks


def forget_expired_tracks(session: Session, at: datetime) -> int:
    """Delete tracks whose time has come; returns how many."""
    return len(session.scalars(delete(Track).where(Track.expires_at <= at).returning(Track.set_id)).all())


def consent_withdrawn(session: Session, person_id: UUID, kind: str, at: datetime) -> None:
    """Taking back the consent to landmarks deletes the ones that are stored, in the same transaction."""
    del at
    if kind != ConsentKind.LANDMARKS:
        return
    theirs = select(SetResult.id).join(SetResult.session).where(TrainingSession.patient_id == person_id)
    session.execute(delete(Track).where(Track.set_id.in_(theirs)))
