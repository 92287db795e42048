"""Use cases of plans: read the plan in force, write a new revision. Takes a database session and an instant; never
commits.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import contains_eager, selectinload

from tracker.accounts.models import CareLink, Person
from tracker.accounts.service import holds, names_of
from tracker.clock import local_date
from tracker.regimen import rules_cautions
from tracker.regimen.library import known, library, limits, offered
from tracker.regimen.models import ClinicExercise, ClinicExerciseRevision, Plan, PlanRevision, Prescription, Standing
from tracker.regimen.rules import (
    Change,
    Prescribed,
    RevisionInForce,
    Violation,
    difference,
    violations,
    weekdays_from_text,
    weekdays_to_text,
)
from tracker.regimen.rules_levels import lock_reason

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from exercises.definition import Definition
    from tracker.regimen.rules_cautions import Reason


_REACH: Final = "reach_deg"


class StalePlanError(Exception):
    """Somebody saved another revision since this editor was opened. `current` is the plan as it is now."""

    def __init__(self, current: CurrentPlan) -> None:
        super().__init__(f"the plan is at revision {current.number}")
        self.current = current


class InvalidPlanError(Exception):
    """The plan cannot be saved as it is; `violations` say why."""

    def __init__(self, found: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{violation.exercise}.{violation.field}: {violation.key}" for violation in found))
        self.violations = tuple(found)


@dataclass(frozen=True, slots=True)
class CurrentPlan:
    """A plan as it is now. Number 0 without items: nothing has been prescribed yet."""

    number: int = 0
    items: tuple[Prescribed, ...] = ()
    created_at: datetime | None = None
    author_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RevisionStory:
    """One step of a plan's history and what it changed. `reason`: why, as far as the reader may know it."""

    number: int
    created_at: datetime
    author_id: UUID | None
    reason: str | None
    changes: tuple[Change, ...]
    cautions: tuple[Reason, ...] = ()
    """Why something that speaks against an exercise does not matter, as far as it was said with this step. For
    clinicians, and only while the patient shares: it says what the patient has told.
    """


def as_prescribed(row: Prescription, definitions: Mapping[str, Definition]) -> Prescribed:
    """The row as the rules see it. An exercise that has left the library counts as not sided."""
    definition = definitions.get(row.exercise)
    return Prescribed(
        id=str(row.id),
        exercise=row.exercise,
        sets=row.sets,
        reps=row.reps,
        hold_s=row.hold_s,
        weekdays=weekdays_from_text(row.weekdays),
        side=row.side,
        sided=definition.sided if definition else False,
        note=row.note,
        overridden=frozenset(row.overridden or ()),
        override_reason=row.override_reason,
        reach=(row.targets or {}).get(_REACH),
    )


def current_plan(session: Session, patient_id: UUID) -> CurrentPlan:
    """The newest revision of a patient's plan."""
    revision = session.scalars(
        select(PlanRevision)
        .join(Plan)
        .where(Plan.patient_id == patient_id)
        .order_by(PlanRevision.number.desc())
        .limit(1)
        .options(selectinload(PlanRevision.prescriptions))
    ).one_or_none()
    if revision is None:
        return CurrentPlan()
    definitions = _definitions(session, [revision])
    return CurrentPlan(
        revision.number,
        tuple(as_prescribed(row, definitions) for row in revision.prescriptions),
        revision.created_at,
        revision.author_id,
    )


def _definitions(session: Session, revisions: Iterable[PlanRevision]) -> Mapping[str, Definition]:
    return known(session, {row.exercise for revision in revisions for row in revision.prescriptions})


def prescription_of(session: Session, patient_id: UUID, prescription_id: UUID) -> Prescription | None:
    """A prescription of this patient, from whatever revision; None when it is not theirs."""
    return session.scalars(
        select(Prescription)
        .join(PlanRevision)
        .join(Plan)
        .where(Plan.patient_id == patient_id, Prescription.id == prescription_id)
    ).one_or_none()


def current_equivalent(plan: CurrentPlan, prescription: Prescription) -> Prescribed | None:
    """The line of the current plan for the same exercise: an old page or bookmark leads to what holds now."""
    return next((item for item in plan.items if item.exercise == prescription.exercise), None)


def revisions_in_force(session: Session, zones: Mapping[UUID, str]) -> dict[UUID, list[RevisionInForce]]:
    """Every revision of these patients with its first local day, oldest first. `zones`: IANA zone by patient id.

    Two statements, whatever the number of patients; a third where a clinic's own exercise is prescribed.
    """
    rows = session.scalars(
        select(PlanRevision)
        .join(PlanRevision.plan)
        .where(Plan.patient_id.in_(zones))
        .order_by(PlanRevision.number)
        .options(contains_eager(PlanRevision.plan), selectinload(PlanRevision.prescriptions))
    ).unique()
    revisions = rows.all()
    definitions = _definitions(session, revisions)
    found: dict[UUID, list[RevisionInForce]] = defaultdict(list)
    for revision in revisions:
        patient_id = revision.plan.patient_id
        items = tuple(as_prescribed(row, definitions) for row in revision.prescriptions)
        found[patient_id].append(RevisionInForce(local_date(revision.created_at, zones[patient_id]), items))
    return found


def history(session: Session, patient_id: UUID, *, shared: bool) -> list[RevisionStory]:
    """Every revision, newest first, with what it changed. `shared`: the reader may know what the patient has told."""
    revisions = session.scalars(
        select(PlanRevision)
        .join(Plan)
        .where(Plan.patient_id == patient_id)
        .order_by(PlanRevision.number)
        .options(selectinload(PlanRevision.prescriptions))
    ).all()
    definitions = _definitions(session, revisions)
    stories: list[RevisionStory] = []
    before: tuple[Prescribed, ...] = ()
    for revision in revisions:
        after = tuple(as_prescribed(row, definitions) for row in revision.prescriptions)
        why = (revision.evidence, revision.reason) if shared else (revision.reason,)
        stories.append(
            RevisionStory(
                revision.number,
                revision.created_at,
                revision.author_id,
                " ".join(filter(None, why)) or None,
                difference(before, after),
                rules_cautions.new_reasons(before, after) if shared else (),
            )
        )
        before = after
    return stories[::-1]


def prescribable(session: Session, patient_id: UUID, plan: CurrentPlan) -> Mapping[str, Definition]:
    """What can be in this patient's plan: what their clinic has, and what is in the plan already."""
    patient = session.get_one(Person, patient_id)
    return offered(session, patient.clinic_id, keep={item.exercise for item in plan.items})


def check(items: Sequence[Prescribed], definitions: Mapping[str, Definition] | None = None) -> tuple[Violation, ...]:
    """Everything that keeps these lines from being saved. `definitions`: what may be prescribed; by default the
    library.
    """
    allowed = library() if definitions is None else definitions
    found: list[Violation] = []
    seen: set[str] = set()
    for item in items:
        definition = allowed.get(item.exercise)
        if definition is None or item.exercise in seen:
            found.append(Violation(item.exercise, "exercise", "twice" if definition else "unknown_exercise"))
            continue
        seen.add(item.exercise)
        found.extend(violations(replace(item, sided=definition.sided), limits(definition)))
    return tuple(found)


def save_revision(
    session: Session,
    *,
    patient_id: UUID,
    author_id: UUID,
    base_number: int,
    items: Sequence[Prescribed],
    reason: str | None,
    at: datetime,
    flags: Mapping[str, datetime | None] | None = None,
    evidence: str | None = None,
) -> PlanRevision | None:
    """Write a new revision on top of revision `base_number`; None when nothing would change. `flags`: the person's
    caution flags, and since when they can be read, None where whoever writes may not know them; what is new in the plan
    and what is newer than it (rules_cautions) needs a reason. `evidence`: what the patient has told that led to it, in
    words.

    Raises InvalidPlanError, and StalePlanError when the plan has moved on since the editor read it.
    """
    before = current_plan(session, patient_id)
    definitions = prescribable(session, patient_id, before)
    standing = standing_lines(session, patient_id, before)
    cautions = {key: each.cautions for key, each in definitions.items()}
    found = check(items, definitions)
    found += rules_cautions.unanswered(items, cautions, flags or {}, standing)
    if found:
        raise InvalidPlanError(found)
    items = [
        rules_cautions.with_answer(item, cautions[item.exercise], flags, standing.get(item.exercise)) for item in items
    ]
    plan = _locked_plan(session, patient_id, at)
    current = current_plan(session, patient_id)
    if current.number != base_number:
        raise StalePlanError(current)
    if current.number and not difference(current.items, items) and _looked_at(current.items) == _looked_at(items):
        return None
    revision = PlanRevision(
        plan_id=plan.id,
        number=base_number + 1,
        author_id=author_id,
        reason=reason or None,
        evidence=evidence,
        created_at=at,
    )
    revision.prescriptions = [
        Prescription(
            position=position,
            exercise=item.exercise,
            sets=item.sets,
            reps=item.reps,
            hold_s=item.hold_s,
            weekdays=weekdays_to_text(item.weekdays),
            side=item.side,
            targets={} if item.reach is None else {_REACH: item.reach},
            note=item.note or None,
            overridden=sorted(item.overridden) or None,
            override_reason=(item.override_reason or "").strip() or None if item.overridden else None,
        )
        for position, item in enumerate(items, start=1)
    ]
    session.add(revision)
    session.flush()
    return revision


def standing_lines(session: Session, patient_id: UUID, plan: CurrentPlan) -> dict[str, rules_cautions.Standing]:
    """The lines of the plan in force by their exercise, each with the instant from which it has been in it without a
    gap: whoever prescribed it then had its cautions before them.
    """
    if not plan.items:
        return {}
    rows = session.execute(
        select(
            PlanRevision.number,
            PlanRevision.created_at,
            Prescription.exercise,
            Prescription.overridden,
            Prescription.override_reason,
        )
        .join(Plan)
        .join(Prescription)
        .where(Plan.patient_id == patient_id, PlanRevision.number <= plan.number)
    )
    since: dict[str, dict[int, datetime]] = defaultdict(dict)
    said: dict[str, dict[int, tuple[datetime, object]]] = defaultdict(dict)
    for number, created_at, exercise, overridden, reason in rows:
        since[exercise][number] = created_at
        said[exercise][number] = created_at, (frozenset(overridden or ()), reason)
    cards = _cards_since(session, {item.exercise for item in plan.items})
    return {
        item.exercise: rules_cautions.Standing(
            item,
            _since(since[item.exercise], plan.number),
            _answered_at(said[item.exercise], plan.number),
            cards.get(item.exercise),
        )
        for item in plan.items
    }


def _since(revisions: Mapping[int, datetime], newest: int) -> datetime:
    """When the unbroken row of revisions that ends with the newest one began."""
    first = newest
    while first - 1 in revisions:
        first -= 1
    return revisions[first]


def _answered_at(said: Mapping[int, tuple[datetime, object]], newest: int) -> datetime:
    """When the answer of the newest revision was first given, in the unbroken row of those that say the same."""
    answer = said[newest][1]
    same = {number: at for number, (at, told) in said.items() if told == answer}
    return _since(same, newest)


def _cards_since(session: Session, exercises: Collection[str]) -> dict[str, datetime]:
    """When the cards of a clinic's own exercises were last changed, by exercise."""
    rows = session.execute(
        select(ClinicExercise.slug, func.max(ClinicExerciseRevision.created_at))
        .join(ClinicExerciseRevision)
        .where(ClinicExercise.slug.in_(exercises), ClinicExerciseRevision.number > 1)
        .group_by(ClinicExercise.slug)
    )
    return dict(rows.all())


def _looked_at(items: Sequence[Prescribed]) -> set[tuple[str, frozenset[str], str | None]]:
    """The conflicts that were looked at, and why they do not matter: a change of these is a change of the plan."""
    return {(item.exercise, item.overridden, item.override_reason) for item in items if item.overridden}


def items_of_version(session: Session, patient_id: UUID, number: int) -> tuple[Prescribed, ...] | None:
    """The lines of one revision; None where there is none of this number. What has left the library stays out."""
    revision = session.scalars(
        select(PlanRevision)
        .join(Plan)
        .where(Plan.patient_id == patient_id, PlanRevision.number == number)
        .options(selectinload(PlanRevision.prescriptions))
    ).one_or_none()
    if revision is None:
        return None
    definitions = _definitions(session, [revision])
    return tuple(as_prescribed(row, definitions) for row in revision.prescriptions if row.exercise in definitions)


def _locked_plan(session: Session, patient_id: UUID, at: datetime) -> Plan:
    """The patient's plan, made if need be, locked until the end of the transaction: two editors take turns."""
    wanted = select(Plan).where(Plan.patient_id == patient_id).with_for_update()
    plan = session.scalars(wanted).one_or_none()
    if plan is not None:
        return plan
    # Refused when another request made it a moment ago; the statement below then finds that request's row.
    with suppress(IntegrityError), session.begin_nested():
        session.add(Plan(patient_id=patient_id, created_at=at))
    return session.scalars(wanted).one()


def patients_of(session: Session, physio_id: UUID, at: datetime, *, with_closed: bool = False) -> list[Person]:
    """The patients with an open care link to this physiotherapist, by name; ``with_closed`` those too whose account
    is closed: their record stays readable, but nobody writes a plan for them.
    """
    open_links = select(CareLink.patient_id).where(CareLink.physio_id == physio_id, holds(at))
    wanted = select(Person).where(Person.id.in_(open_links))
    people = session.scalars(wanted if with_closed else wanted.where(Person.active))
    # Names are encrypted in the table, so the order is made here.
    return sorted(people, key=lambda person: person.name.casefold())


def author_names(session: Session, stories: Sequence[RevisionStory]) -> dict[UUID | None, str]:
    """The names of those who wrote these revisions."""
    return names_of(session, (story.author_id for story in stories))


def standing_of(session: Session, patient_id: UUID) -> Standing | None:
    """How urgent the patient's state is now; None before anything was told."""
    return session.get(Standing, patient_id)


def lock_of(standing: Standing | None) -> str | None:
    """Why this patient's exercises are locked (rules_levels.lock_reason); None: they are not."""
    if standing is None:
        return None
    return lock_reason(locked=standing.locked, page=standing.page, level=standing.level)
