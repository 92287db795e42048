"""What somebody is asked for today where that is less than their plan says: the easings that are stored, and the two
that follow from the record by themselves. Takes a database session and an instant; never commits.

An easing at level L1, and one after a time away, hold from the moment their reason is there, whether or not anything
has looked at the record since: `eased_plan` reads them off. The rows are written when it is looked at
(`tracker.clinic.easing_service`), so that a physiotherapist can see and end them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import or_, select
from sqlalchemy.orm import contains_eager, selectinload

from tracker.clock import local_date
from tracker.regimen import rules_easing as rules
from tracker.regimen.library import known
from tracker.regimen.models import Easing, Plan, PlanRevision, Prescription
from tracker.regimen.rules import due_on
from tracker.regimen.rules_levels import Level
from tracker.regimen.service import standing_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.accounts.models import Person
    from tracker.regimen.rules import Prescribed
    from tracker.regimen.rules_easing import Eased, Relief
    from tracker.regimen.service import CurrentPlan

REMEMBERED: Final = timedelta(days=60)
"""How far back ended easings are read: long enough not to begin the same one again."""


@dataclass(frozen=True, slots=True)
class DoseStory:
    """Since when a line of a plan is what it is. `numbers_since`: sets, repetitions and seconds, set by `author_id`;
    `line_since`: those or its note, which is where a heavier band stands.
    """

    numbers_since: datetime
    line_since: datetime
    author_id: UUID | None


@dataclass(frozen=True, slots=True)
class EasedPlan:
    """A plan's lines as they are asked for today; `eased` by exercise, for those that are asked for less."""

    items: tuple[Prescribed, ...]
    eased: Mapping[str, Eased] = field(default_factory=dict)

    def on(self, day: date) -> tuple[Eased, ...]:
        """The eased ones among what is due on a day."""
        return tuple(self.eased[item.exercise] for item in due_on(day, self.items) if item.exercise in self.eased)


def dose_stories(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, dict[str, DoseStory]]:
    """By patient and exercise of their newest revision. Two statements, whatever the number of patients."""
    revisions = session.scalars(
        select(PlanRevision)
        .join(PlanRevision.plan)
        .where(Plan.patient_id.in_(patient_ids))
        .order_by(PlanRevision.number)
        .options(contains_eager(PlanRevision.plan), selectinload(PlanRevision.prescriptions))
    ).unique()
    found: dict[UUID, dict[str, DoseStory]] = {}
    before: dict[UUID, dict[str, Prescription]] = defaultdict(dict)
    for revision in revisions:
        patient_id = revision.plan.patient_id
        stories, old = found.get(patient_id, {}), before[patient_id]
        found[patient_id] = {
            row.exercise: _story(row, old.get(row.exercise), stories.get(row.exercise), revision)
            for row in revision.prescriptions
        }
        before[patient_id] = {row.exercise: row for row in revision.prescriptions}
    return found


def _story(row: Prescription, old: Prescription | None, story: DoseStory | None, revision: PlanRevision) -> DoseStory:
    at = revision.created_at
    if old is None or story is None or _numbers(row) != _numbers(old):
        return DoseStory(at, at, revision.author_id)
    return story if row.note == old.note else replace(story, line_since=at)


def _numbers(row: Prescription) -> tuple[Any, ...]:
    return row.sets, row.reps, row.hold_s, row.side


# ---------------------------------------------------------------------------------------------- what holds


def easings(session: Session, patient_ids: Collection[UUID], at: datetime) -> dict[UUID, list[Easing]]:
    """The easings of these patients that have not ended, and those that lately have; oldest first. One statement."""
    since = (at - REMEMBERED).date()
    rows = session.scalars(
        select(Easing)
        .where(Easing.patient_id.in_(patient_ids), or_(Easing.ended_at.is_(None), Easing.from_on >= since))
        .order_by(Easing.created_at, Easing.id)
    )
    found: dict[UUID, list[Easing]] = defaultdict(list)
    for row in rows:
        found[row.patient_id].append(row)
    return found


def holds(row: Easing, day: date) -> bool:
    """Whether an easing is in force on a local day, as far as it is known now."""
    return row.ended_at is None and rules.holds_on(as_relief(row), day)


def as_relief(row: Easing, spares: frozenset[str] = frozenset()) -> Relief:
    day = row.detail.get("day")
    return rules.Relief(
        cause=row.cause,
        factor=row.factor,
        from_on=row.from_on,
        until_on=row.until_on,
        exercise=row.exercise,
        day=date.fromisoformat(day) if day else None,
        spares=spares,
    )


def reliefs_of(
    person: Person,
    rows: Sequence[Easing],
    stories: Mapping[str, DoseStory],
    implied: Sequence[Relief],
    day: date,
) -> tuple[Relief, ...]:
    """What holds for this person on a local day. A dose that somebody else has set since counts in full: whoever set it
    knew the record. One's own does not, since nobody else has looked.
    """
    found = [as_relief(row, _spared(person, stories, row.created_at)) for row in rows if holds(row, day)]
    for relief in implied:
        # The day after the reason: a dose set on the day itself may be older than the reason.
        since = datetime.combine((relief.day or relief.from_on) + timedelta(days=1), datetime.min.time(), UTC)
        found.append(replace(relief, spares=_spared(person, stories, since)))
    return tuple(found)


def _spared(person: Person, stories: Mapping[str, DoseStory], since: datetime) -> frozenset[str]:
    return frozenset(
        exercise
        for exercise, story in stories.items()
        if story.numbers_since > since and story.author_id is not None and story.author_id != person.id
    )


def implied(
    person: Person, rows: Sequence[Easing], *, today: date, last_day: date | None, level: int, since: datetime | None
) -> tuple[Relief, ...]:
    """The easings that follow from the record and have no row yet. `last_day`: of any
    exercise; `since`: of the level.
    """
    kept = {(row.cause, row.detail.get("day")) for row in rows}
    found = []
    if level == Level.SELF_CARE and since is not None:
        found.append(rules.for_level(local_date(since, person.time_zone)))
    if last_day is not None and rules.was_away(last_day, today):
        found.append(rules.for_return(last_day, today))
    return tuple(
        relief
        for relief in found
        if rules.holds_on(relief, today) and (relief.cause, relief.day and relief.day.isoformat()) not in kept
    )


def eased_plan(
    session: Session, person: Person, plan: CurrentPlan, *, at: datetime, last_day: date | None
) -> EasedPlan:
    """The plan as it is asked for at this instant."""
    if not plan.items:
        return EasedPlan(plan.items)
    today = local_date(at, person.time_zone)
    rows = easings(session, [person.id], at).get(person.id, [])
    standing = standing_of(session, person.id)
    by_itself = implied(
        person,
        rows,
        today=today,
        last_day=last_day,
        level=standing.level if standing else 0,
        since=standing.since if standing else None,
    )
    if not by_itself and not any(holds(row, today) for row in rows):
        return EasedPlan(plan.items)
    stories = dose_stories(session, [person.id]).get(person.id, {})
    return apply(session, plan.items, reliefs_of(person, rows, stories, by_itself, today))


def apply(session: Session, items: Sequence[Prescribed], reliefs: Sequence[Relief]) -> EasedPlan:
    """These lines under these easings."""
    definitions = known(session, [item.exercise for item in items])
    found: dict[str, Eased] = {}
    for item in items:
        definition = definitions.get(item.exercise)
        eased = rules.eased(item, reliefs, loads=rules.loads(definition.goal if definition else None))
        if eased is not None:
            found[item.exercise] = eased
    return EasedPlan(tuple(found[item.exercise].item if item.exercise in found else item for item in items), found)


# ---------------------------------------------------------------------------------------------- rows


def begin(session: Session, patient_id: UUID, relief: Relief, values: Mapping[str, Any], at: datetime) -> Easing:
    """Store an easing with what its rule saw. Who calls has looked whether there is one for this cause and day."""
    day = {} if relief.day is None else {"day": relief.day.isoformat()}
    row = Easing(
        patient_id=patient_id,
        exercise=relief.exercise,
        factor=relief.factor,
        from_on=relief.from_on,
        until_on=relief.until_on,
        cause=relief.cause,
        detail={**day, **values},
        created_at=at,
    )
    session.add(row)
    return row


def end(row: Easing, at: datetime, by: UUID | None = None) -> None:
    """The full dose again from now on. `by`: whose decision it was; None for the rules'."""
    row.ended_at, row.ended_by = at, by
