"""Reads a patient's record into what the engine is told: diary, training and what clinicians did (CLINICAL 5.1, 5.2).

Never writes. Day 0 is the day the diary began. The last day is today when something was told about it, else yesterday:
a check-in of today is not missed before the day is over in the patient's time zone. What is made of the rows is in
`diary_facts`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import or_, select

from tracker.alerts import rules
from tracker.alerts.diary_facts import (
    Closing,
    ClosingEvent,
    Exercise,
    Reading,
    Sources,
    fill_medicines,
    fill_silent_days,
    first_average,
    intake_average,
    mark_what_came_later,
    tellings_in,
    was_known,
)
from tracker.alerts.models import Alert, AlertEvent
from tracker.alerts.rules import ClinicianEvent, DayFacts, History
from tracker.clock import local_date
from tracker.diary import service as diary_service
from tracker.diary.rules import DiaryDay, days_of
from tracker.training.models import TrainingSession

if TYPE_CHECKING:
    from tracker.accounts.models import Person
    from tracker.db import Session


def read(session: Session, patient: Person, at: datetime) -> Reading | None:
    """The record of a patient as it is now; None for somebody who has told nothing."""
    versions = diary_service.versions_without_words(session, patient.id)
    if not versions:
        return None
    counting = [version.local_date for version in versions if version.counts]
    # A red flag with an impossible date is kept, but does not move the beginning of the diary.
    first = min(counting or [version.local_date for version in versions])
    today = local_date(at, patient.time_zone)
    days = days_of(versions)
    rhythm = diary_service.settings_of(session, patient.id).rhythm
    sources = Sources(tuple(versions), _exercises(session, patient.id, first), rhythm)
    events = _closings(session, patient.id)
    told = {day for day in (*days, *sources.exercises) if day >= first}
    # Somebody who travels east may be a day ahead of their profile; anything later is a wrong clock.
    newest = max((day for day in told if day <= today + timedelta(days=1)), default=first)
    last = max(newest, today - timedelta(days=1))
    facts = {(day - first).days: sources.facts(day, whole=days.get(day, DiaryDay(day))) for day in told if day <= last}
    early = {code: level for day, whole in days.items() if day < first for code, level in whole.levels.items()}
    if early:
        # A red flag with a date from before the diary: what counts is that it was told.
        start = facts.get(0, DayFacts(expected=False))
        facts[0] = replace(start, flags={**early, **start.flags})
    fill_silent_days(facts, rhythm, first, last, today)
    fill_medicines(facts, days, first)
    mark_what_came_later(facts, sources, events, first, patient.time_zone)
    after_entry = {event.id: was_known(sources, event) for event in events}
    intake = intake_average(versions)
    history = History(
        intake_average=first_average(facts) if intake is None else intake,
        days=facts,
        last_day=(last - first).days,
        events=tuple(
            ClinicianEvent(
                day=(event.local_date - first).days,
                kind=event.kind,
                family=event.family,
                value=event.value,
                after_entry=after_entry[event.id],
            )
            for event in events
        ),
        episode=_episode(session, patient.id, first, intake),
        enrolment=intake is not None,
    )
    return Reading(
        first_day=first,
        history=history,
        tellings=tuple(tellings_in(versions)),
        closings={event.alert_id: Closing(event.local_date, after_entry[event.id]) for event in events},
        late_days=frozenset(day for day, told_day in days.items() if told_day.late),
        screened=any(version.form == "intake" and version.screened for version in versions),
        last_told_on=max(version.local_date for version in versions),
    )


# ---------------------------------------------------------------------------------------------- pieces of the record


def _closings(session: Session, patient_id: UUID) -> list[ClosingEvent]:
    """What clinicians closed, confirmed or accepted, in the order in which they did."""
    rows = session.execute(
        select(
            AlertEvent.id,
            AlertEvent.alert_id,
            Alert.family,
            AlertEvent.at,
            AlertEvent.kind,
            AlertEvent.local_date,
            AlertEvent.detail,
        )
        .join(Alert, Alert.id == AlertEvent.alert_id)
        .where(
            Alert.patient_id == patient_id,
            AlertEvent.kind.in_(rules.CLOSING_KINDS),
            AlertEvent.local_date.is_not(None),
        )
        .order_by(AlertEvent.at, AlertEvent.id)
    )
    return [
        ClosingEvent(
            row.id, row.alert_id, row.family, row.at, row.kind, row.local_date, (row.detail or {}).get("value")
        )
        for row in rows
    ]


def _exercises(session: Session, patient_id: UUID, first: date) -> dict[date, list[Exercise]]:
    found: dict[date, list[Exercise]] = defaultdict(list)
    rows = session.execute(
        select(
            TrainingSession.id,
            TrainingSession.local_date,
            TrainingSession.created_at,
            TrainingSession.pain_before,
            TrainingSession.pain_during,
            TrainingSession.stop_reason,
        )
        .where(
            TrainingSession.patient_id == patient_id,
            TrainingSession.local_date >= first,
            or_(
                TrainingSession.pain_before.is_not(None),
                TrainingSession.pain_during.is_not(None),
                TrainingSession.stop_reason == "pain",
            ),
        )
        .order_by(TrainingSession.started_at, TrainingSession.id)
    )
    for row in rows:
        found[row.local_date].append(
            Exercise(
                row.id, row.local_date, row.created_at, row.pain_before, row.pain_during, row.stop_reason == "pain"
            )
        )
    return found


def _episode(session: Session, patient_id: UUID, first: date, intake: float | None) -> rules.Episode | None:
    row = diary_service.episode_of(session, patient_id)
    if row is None or intake is None:
        return None
    return rules.Episode(
        began_day=(row.began_on - first).days,
        intake_average=intake,
        seen_by_clinician_day=(row.examined_on - first).days if row.examined_on else None,
        review_day=(row.review_on - first).days if row.review_on else None,
    )
