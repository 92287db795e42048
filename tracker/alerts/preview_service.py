"""What other numbers would have done: the last days of every patient of a clinic, judged by two sets of parameters.

Only reads. Both sides are made by the engine from the same histories, so that the difference is the numbers' alone;
what was really raised may differ, since clinicians have acted in between. Only patients who share are counted. A matter
counts once, on the day on which its family reaches a level that it did not have the day before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from tracker.accounts.models import Consent, ConsentKind, Person, Role
from tracker.alerts import rules
from tracker.alerts.history_service import read
from tracker.alerts.parameters_service import parameters_for
from tracker.diary.models import CheckIn
from tracker.regimen.rules_levels import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from tracker.alerts.rules import DayResult, Parameters
    from tracker.db import Session


@dataclass(frozen=True, slots=True)
class Counts:
    """Alerts by level, and how many of them each rule had a part in."""

    levels: Mapping[int, int]
    rules: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One patient. `now`: with the numbers in force for them; `then`: with the others."""

    patient_id: UUID
    now: Counts
    then: Counts


@dataclass(frozen=True, slots=True)
class Preview:
    """All patients of a clinic who share, and their sum."""

    patients: tuple[PreviewLine, ...]
    now: Counts
    then: Counts


def preview(session: Session, clinic_id: UUID, parameters: Parameters, at: datetime, *, days: int = 90) -> Preview:
    """What `parameters` would have raised within the last `days`, beside what those in force do."""
    lines = []
    for patient in _patients(session, clinic_id, at, days):
        reading = read(session, patient, at)
        if reading is None:
            continue
        in_force = parameters_for(session, patient)
        first = max(0, reading.history.last_day - days + 1)
        now = counts(rules.evaluate(reading.history, in_force.parameters), first)
        # A patient with a preset of their own is not judged by the clinic's numbers.
        own = in_force.row is not None and in_force.row.patient_id is not None
        then = now if own else counts(rules.evaluate(reading.history, parameters), first)
        lines.append(PreviewLine(patient.id, now, then))
    return Preview(
        tuple(lines),
        now=_sum(line.now for line in lines),
        then=_sum(line.then for line in lines),
    )


def _patients(session: Session, clinic_id: UUID, at: datetime, days: int) -> Sequence[Person]:
    """Those who share and have told anything within the window."""
    told = select(CheckIn.patient_id).where(CheckIn.received_at >= at - timedelta(days=days + 1))
    shared = select(Consent.person_id).where(Consent.kind == ConsentKind.SHARING, Consent.withdrawn_at.is_(None))
    return session.scalars(
        select(Person)
        .where(
            Person.clinic_id == clinic_id,
            Person.role == Role.PATIENT,
            Person.active,
            Person.id.in_(told),
            Person.id.in_(shared),
        )
        .order_by(Person.created_at, Person.id)
    ).all()


def counts(results: Sequence[DayResult], first: int) -> Counts:
    """The matters that reached a level from day `first` on, and the rules behind them."""
    levels: Counter[int] = Counter()
    fired: Counter[str] = Counter()
    before: Mapping[rules.Family, Level] = results[first - 1].families if first else {}
    for result in results[first:]:
        for family, level in result.families.items():
            if level > before.get(family, Level.STEADY):
                levels[int(level)] += 1
                fired.update(
                    {firing.rule for firing in result.firings if firing.family == family and firing.level == level}
                )
        before = result.families
    return Counts(dict(levels), dict(fired))


def _sum(parts: Iterable[Counts]) -> Counts:
    levels: Counter[int] = Counter()
    fired: Counter[str] = Counter()
    for part in parts:
        levels.update(part.levels)
        fired.update(part.rules)
    return Counts(dict(levels), dict(fired))
