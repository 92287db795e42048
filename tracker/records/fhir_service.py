"""Reads what `fhir.py` needs, and has the bundle checked by the library of the standard before anybody gets it.

Texts are in English whoever reads: another system does, and its terms are not this page's.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from tracker.accounts.models import Person
from tracker.accounts.service import names_of
from tracker.alerts.models import Alert, AlertEvent
from tracker.clock import local_date
from tracker.diary import rules as diary_rules
from tracker.diary import service as diary_service
from tracker.diary import texts as diary_texts
from tracker.records import fhir
from tracker.regimen import rules as plan_rules
from tracker.regimen.library import known
from tracker.regimen.models import Plan, PlanRevision
from tracker.regimen.service import revisions_in_force
from tracker.training.measured import readings_of
from tracker.training.models import SetResult, TrainingSession
from tracker.training.service import sets_done

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.diary.rules import Entry

WEEK: Final = timedelta(days=7)
_STEPS: Final = {
    "acknowledged": "Acknowledged",
    "contacted": "The patient was contacted",
    "snoozed": "Put off",
    "closed": "Closed",
    "accepted_baseline": "Accepted as the new usual",
    "confirmed": "Confirmed that it has settled",
    "settled": "Settled by itself",
}


def checked_bundle(session: Session, person: Person, at: datetime) -> bytes:
    """The bundle of this person as JSON. Should it not be FHIR R4B, that is a defect: pydantic's ValidationError."""
    from fhir.resources.R4B.bundle import Bundle

    document = fhir.bundle(facts_of(session, person, at))
    Bundle.model_validate(document)
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1).encode()


def facts_of(session: Session, person: Person, at: datetime) -> fhir.RecordFacts:
    """The main facts of the record."""
    with force_locale("en"):
        return fhir.RecordFacts(
            patient=fhir.PatientFacts(
                person.id, person.name, person.email, person.phone, person.birth_year, person.locale.replace("_", "-"),
                person.clinic.name, person.active,
            ),
            lines=tuple(_lines(session, person)),
            entries=tuple(_entries(session, person)),
            ranges=tuple(_ranges(session, person)),
            weeks=tuple(_weeks(session, person, at)),
            alerts=tuple(_alerts(session, person)),
            at=at,
        )  # fmt: skip


def _lines(session: Session, person: Person) -> Iterator[fhir.LineFacts]:
    revisions = session.scalars(
        select(PlanRevision)
        .join(Plan, Plan.id == PlanRevision.plan_id)
        .where(Plan.patient_id == person.id)
        .order_by(PlanRevision.number)
        .options(selectinload(PlanRevision.prescriptions))
    ).all()
    names = names_of(session, {revision.author_id for revision in revisions})
    titles = known(session, {line.exercise for revision in revisions for line in revision.prescriptions})
    for revision in revisions:
        for line in revision.prescriptions:
            definition = titles.get(line.exercise)
            yield fhir.LineFacts(
                id=line.id,
                exercise=line.exercise,
                title=definition.title if definition else line.exercise,
                sets=line.sets,
                reps=line.reps,
                hold_s=line.hold_s,
                weekdays=tuple(sorted(plan_rules.weekdays_from_text(line.weekdays))),
                side=line.side,
                note=line.note,
                saved_at=revision.created_at,
                author=names.get(revision.author_id),
                holds=revision is revisions[-1],
            )


# ---------------------------------------------------------------------------------------------- diary


def _entries(session: Session, person: Person) -> Iterator[fhir.EntryFacts]:
    versions = diary_service.all_versions(session, person.id)
    times: dict[UUID, int] = {}
    for version in versions:
        times[version.entry_id] = times.get(version.entry_id, 0) + 1
    words = {each.id: each.words for each in diary_service.activities_of(session, person.id)}
    for entry in diary_rules.in_force(versions):
        daily = entry.form == "daily"
        yield fhir.EntryFacts(
            id=entry.id,
            form=entry.form,
            title=str(diary_texts.FORM_TITLES.get(entry.form, entry.form)),
            day=entry.local_date,
            answered_at=entry.answered_at,
            amended=times[entry.entry_id] > 1,
            answers=tuple(_answers(entry, words)),
            average=entry.answers.get("average") if daily else None,
            worst=entry.answers.get("worst") if daily else None,
        )


def _answers(entry: Entry, words: Mapping[str, str]) -> Iterator[fhir.AnswerFacts]:
    for key, value in sorted(entry.answers.items()):
        values = tuple(_values(value, words))
        if values:
            yield fhir.AnswerFacts(key, _question(entry.form, key), values)
    if entry.note and entry.note.strip():
        yield fhir.AnswerFacts("note", "In the person's own words", (entry.note,))


def _question(form: str, key: str) -> str:
    found = diary_texts.QUESTIONS.get(f"{form}.{key}", diary_texts.QUESTIONS.get(key, key))
    return str(found).replace("**", "")


def _values(value: Any, words: Mapping[str, str]) -> Iterator[int | bool | str]:
    """The answers to one question; lists and objects are said one by one."""
    if isinstance(value, bool | int | str):
        yield value
    elif isinstance(value, dict):
        for code, given in value.items():
            yield f"{code}: {given['answer']}" if isinstance(given, dict) else f"{code}: {given}"
    elif isinstance(value, list):
        yield from (_one(each, words) for each in value)


def _one(each: Any, words: Mapping[str, str]) -> int | str:
    if not isinstance(each, dict):
        return each if isinstance(each, int) else str(each)
    name = each.get("words") or words.get(each.get("id", "")) or each.get("name") or each.get("spot") or each.get("id")
    number = next((each[key] for key in ("score", "days", "intensity") if key in each), None)
    return str(name) if number is None else f"{name}: {number}"


# ---------------------------------------------------------------------------------------------- training


def _ranges(session: Session, person: Person) -> Iterator[fhir.RangeFacts]:
    """What tests of range measured (what training does in passing is not a measurement)."""
    done = set(
        session.scalars(select(TrainingSession.exercise).where(TrainingSession.patient_id == person.id).distinct())
    )
    tests = {name: each for name, each in known(session, done).items() if each.goal == "test"}
    rows = session.scalars(
        select(TrainingSession)
        .where(TrainingSession.patient_id == person.id, TrainingSession.exercise.in_(tests))
        .order_by(TrainingSession.started_at, TrainingSession.id)
        .options(selectinload(TrainingSession.sets).selectinload(SetResult.repetitions))
    )
    for row in rows:
        for reading in readings_of(row):
            yield fhir.RangeFacts(
                session_id=row.id,
                title=tests[row.exercise].title,
                measure=reading.measure.replace("_", " "),
                side=reading.side,
                value=reading.value,
                error=reading.error,
                unit=reading.unit,
                tries=len(reading.tries),
                at=row.started_at,
            )


def _weeks(session: Session, person: Person, at: datetime) -> Iterator[fhir.WeekFacts]:
    """Whole weeks since the first plan, from its first day; the last may still be running and is left out."""
    revisions = revisions_in_force(session, {person.id: person.time_zone}).get(person.id, [])
    if not revisions:
        return
    today = local_date(at, person.time_zone)
    first = revisions[0].since
    done = sets_done(session, [person.id], first=first, last=today).get(person.id, {})
    while first + WEEK <= today:
        last: date = first + WEEK - timedelta(days=1)
        # The rule is lenient with the last day it is given, which still runs; so it is given the day after, empty.
        until_then = {day: sets for day, sets in done.items() if day <= last}
        found = plan_rules.adherence(revisions, until_then, last=first + WEEK, days=WEEK.days + 1)
        if found.sets_due:
            yield fhir.WeekFacts(first, last, found.sets_done, found.sets_due)
        first += WEEK


# ---------------------------------------------------------------------------------------------- alerts


def _alerts(session: Session, person: Person) -> Iterator[fhir.AlertFacts]:
    rows = session.scalars(select(Alert).where(Alert.patient_id == person.id).order_by(Alert.opened_at, Alert.id)).all()
    events: dict[UUID, list[AlertEvent]] = {}
    for event in session.scalars(
        select(AlertEvent)
        .join(Alert, Alert.id == AlertEvent.alert_id)
        .where(Alert.patient_id == person.id, AlertEvent.kind.in_(_STEPS))
        .order_by(AlertEvent.at, AlertEvent.id)
    ):
        events.setdefault(event.alert_id, []).append(event)
    names = names_of(session, {event.actor_id for found in events.values() for event in found})
    for row in rows:
        yield fhir.AlertFacts(
            id=row.id,
            level=row.level,
            family=row.family,
            sentence=row.sentence,
            opened_at=row.opened_at,
            closed=row.closed_at is not None,
            mitigation=tuple(
                (_STEPS[event.kind], event.at, names.get(event.actor_id)) for event in events.get(row.id, ())
            ),
        )
