"""Steps forward that the rules propose (CLINICAL 2.0), and what a physiotherapist makes of them. Never commits.

A proposal is stored when the record first asks for it and lapses as soon as it no longer does: an alert of L2 or higher
opens, a session was not good, the line has changed. It is never shown from what is stored alone: whoever lists or
accepts one asks the rules again. A step that was decided is not proposed again until two more occasions were good.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tracker.accounts.access import NotFound
from tracker.accounts.models import Person, Role
from tracker.accounts.service import record_audit
from tracker.alerts.models import Alert
from tracker.alerts.service import locked_standing
from tracker.clinic.models import Proposal
from tracker.clinic.progression_service import Record, record_of, records
from tracker.clinic.service import sharing
from tracker.clinic.step_back_service import look_again
from tracker.diary.service import watched
from tracker.regimen import easing_service, rules_easing
from tracker.regimen.models import Easing, Plan, Standing
from tracker.regimen.rules_levels import Level
from tracker.regimen.rules_progression import Outcome, Step, progress
from tracker.regimen.service import current_plan, patients_of, save_revision
from tracker.web.logs import error_fields, log

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.clinic.progression_service import Line
    from tracker.regimen.models import PlanRevision
    from tracker.regimen.rules import Prescribed

PROGRESS = "progress"


class NotAnyMoreError(Exception):
    """What was proposed no longer holds; `why` is the key of the reason (proposal_texts.WHY_NOT), or "decided"."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class OutsideError(ValueError):
    """The number asked for is outside what may be prescribed, or changes nothing."""

    def __init__(self, low: int, high: int) -> None:
        super().__init__(f"between {low} and {high}")
        self.low, self.high = low, high


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal that holds at this moment, with what it is about."""

    row: Proposal
    person: Person
    line: Line
    outcome: Outcome
    plan_number: int

    @property
    def step(self) -> Step:
        assert self.outcome.step is not None
        return self.outcome.step

    @property
    def range(self) -> tuple[int, int] | None:
        """What the number may be changed to; None where there is none."""
        return getattr(self.line.limits, self.step.field) if self.step.field != "load" else None


# ---------------------------------------------------------------------------------------------- looking again


def record_changed(session: Session, patient_id: UUID, at: datetime) -> None:
    """Look at a patient's record again after it has changed: steps back first, then steps forward.

    Whatever fails here is undone and logged, and nothing else: what was told, and the alert it raised, stay.
    """
    session.flush()
    try:
        with session.begin_nested():
            person = session.get(Person, patient_id)
            if person is not None and person.role == Role.PATIENT and _has_plan(session, patient_id):
                look(session, person, at)
    except Exception as error:  # noqa: BLE001  # a lost red flag would be worse than a step that is not taken
        log.error("progression failed", patient_id=str(patient_id), **error_fields(error))


def _has_plan(session: Session, patient_id: UUID) -> bool:
    return session.scalar(select(Plan.id).where(Plan.patient_id == patient_id)) is not None


def look(session: Session, person: Person, at: datetime) -> Record:
    """Bring a patient's easings and proposals to what the rules say now; the record they looked at. Who looks at the
    same time waits, and then finds what this one has stored.
    """
    locked_standing(session, person.id, at)
    record = look_again(session, record_of(session, person, at), at)
    _keep(session, record, at, seen=watched(session, person, at))
    return record


def outcome_of(record: Record, line: Line) -> Outcome:
    """What the rules say about one line."""
    reliefs = easing_service.reliefs_of(record.person, record.easings, record.stories, (), record.today)
    loads = rules_easing.loads(line.definition.goal)
    eased = any(relief.holds_for(line.item, loads=loads) for relief in reliefs)
    return progress(line.item, line.limits, line.definition.goal, line.since_dose, record.situation(eased=eased))


def _keep(session: Session, record: Record, at: datetime, *, seen: bool) -> None:
    """Store, refresh and lapse; where nobody may see them (`seen`), nothing is proposed."""
    rows = session.scalars(
        select(Proposal).where(Proposal.patient_id == record.person.id, Proposal.decided_at.is_(None))
    )
    kept = {row.exercise: row for row in rows}
    wanted = {
        exercise: outcome
        for exercise, line in record.lines.items()
        if seen and (outcome := outcome_of(record, line)).step is not None
    }
    for exercise, row in list(kept.items()):
        still = wanted.get(exercise)
        if still is None or row.change != _change(still):
            lapse(row, at)
            del kept[exercise]
    session.flush()
    for exercise, outcome in wanted.items():
        found = kept.get(exercise)
        if found is not None:
            found.plan_number, found.evidence = record.plan_number, _evidence(outcome)
            continue
        # Refused where another request has stored it a moment ago.
        with suppress(IntegrityError), session.begin_nested():
            session.add(
                Proposal(
                    patient_id=record.person.id,
                    exercise=exercise,
                    plan_number=record.plan_number,
                    kind=PROGRESS,
                    change=_change(outcome),
                    evidence=_evidence(outcome),
                    made_at=at,
                )
            )
            session.flush()
    session.flush()


def _change(outcome: Outcome) -> dict[str, Any]:
    assert outcome.step is not None
    return asdict(outcome.step)


def _evidence(outcome: Outcome) -> dict[str, Any]:
    return {"occasions": [asdict(each) | {"day": each.day.isoformat()} for each in outcome.seen]}


def lapse(row: Proposal, at: datetime) -> None:
    """The record no longer asks for it; nobody decided."""
    row.decided_at, row.decision = at, "lapsed"


# ---------------------------------------------------------------------------------------------- lists


def offers(session: Session, people: Sequence[Person], at: datetime) -> list[Offer]:
    """The open proposals of these patients that still hold, in the order of the people and their plans. A fixed number
    of statements; patients without a proposal cost nothing.
    """
    rows: dict[UUID, list[Proposal]] = defaultdict(list)
    for row in session.scalars(
        select(Proposal).where(Proposal.patient_id.in_([person.id for person in people]), Proposal.decided_at.is_(None))
    ):
        rows[row.patient_id].append(row)
    asked = [person for person in people if person.id in rows]
    found = records(session, asked, at) if asked else {}
    return [offer for person in asked for offer in _offers_of(found[person.id], rows[person.id])]


def _offers_of(record: Record, rows: Sequence[Proposal]) -> list[Offer]:
    by_exercise = {row.exercise: row for row in rows}
    found = []
    for exercise, line in record.lines.items():
        row = by_exercise.get(exercise)
        if row is None:
            continue
        outcome = outcome_of(record, line)
        if outcome.step is not None and row.change == _change(outcome):
            found.append(Offer(row, record.person, line, outcome, record.plan_number))
    return found


def offers_for(session: Session, physio: Person, at: datetime) -> list[Offer]:
    """Everything that is proposed among the patients in somebody's care who share their record."""
    people = patients_of(session, physio.id, at)
    shared = sharing(session, [person.id for person in people])
    return offers(session, [person for person in people if person.id in shared], at)


def counts(session: Session, patient_ids: Collection[UUID]) -> dict[UUID, int]:
    """How many proposals are open, for a list of patients, in one statement. What the rules would no longer say because
    of how the patient is now is left out; the page of proposals asks them in full.
    """
    serious = (
        select(Alert.id)
        .where(Alert.patient_id == Proposal.patient_id, Alert.closed_at.is_(None), Alert.level >= Level.REVIEW)
        .exists()
    )
    rows = session.execute(
        select(Proposal.patient_id, func.count().label("number"))
        .join(Standing, Standing.patient_id == Proposal.patient_id)
        .where(
            Proposal.patient_id.in_(patient_ids),
            Proposal.decided_at.is_(None),
            Standing.level == Level.STEADY,
            ~serious,
        )
        .group_by(Proposal.patient_id)
    )
    return {row.patient_id: row.number for row in rows}


# ---------------------------------------------------------------------------------------------- deciding


def open_offer(session: Session, person: Person, proposal_id: UUID, at: datetime) -> Offer:
    """A proposal of this patient as the rules see it now, locked until the end of the transaction, as is the patient's
    standing: an alert that opens at the same moment waits, or was there first. Raises NotFound and NotAnyMoreError.
    """
    locked_standing(session, person.id, at)
    row = session.scalars(
        select(Proposal)
        .where(Proposal.id == proposal_id, Proposal.patient_id == person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.decided_at is not None:
        raise NotAnyMoreError("decided")
    record = record_of(session, person, at)
    found = _offers_of(record, [row])
    if not found:
        line = record.lines.get(row.exercise)
        why = outcome_of(record, line).why if line else None
        lapse(row, at)
        raise NotAnyMoreError(why or "changed")
    return found[0]


def accept(
    session: Session,
    offer: Offer,
    *,
    physio: Person,
    base_number: int,
    evidence: str,
    at: datetime,
    flags: Mapping[str, datetime | None] | None = None,
    value: int | None = None,
    note: str | None = None,
) -> PlanRevision | None:
    """Take the step, or with `value` another number of the same variable, as a new revision of the plan. More load has
    no number: its words go to the patient in `note`. `evidence`: what was seen, in words. `flags`: as for
    `save_revision`: what became known since is looked at before more is prescribed.

    Raises OutsideError, and what `save_revision` raises.
    """
    step = offer.step
    number = value if value is not None else step.after
    if offer.range is not None and number is not None:
        low, high = offer.range
        if not low <= number <= high or number == step.before:
            raise OutsideError(low, high)
    plan = current_plan(session, offer.person.id)
    items = [
        _stepped(item, step.field, number, note) if item.exercise == offer.row.exercise else item for item in plan.items
    ]
    revision = save_revision(
        session,
        patient_id=offer.person.id,
        author_id=physio.id,
        base_number=base_number,
        items=items,
        reason=None,
        evidence=evidence,
        flags=flags,
        at=at,
    )
    decision = "accepted" if number == step.after else "changed"
    _decide(session, offer.row, decision, physio, offer.person, at)
    if revision is not None:
        record_audit(
            session,
            actor=physio,
            patient=offer.person,
            action="plan.saved",
            subject=f"plan_revision:{revision.id}",
            at=at,
        )
    return revision


def _stepped(item: Prescribed, name: str, number: float | None, note: str | None) -> Prescribed:
    if name == "load" or number is None:
        return replace(item, note=note)
    if name == "hold_s":
        return replace(item, hold_s=float(number))
    return replace(item, sets=int(number)) if name == "sets" else replace(item, reps=int(number))


def decline(session: Session, offer: Offer, *, physio: Person, words: str | None, at: datetime) -> None:
    """Not now. It is proposed again when two more occasions were good."""
    offer.row.note = words or None
    _decide(session, offer.row, "declined", physio, offer.person, at)


def _decide(session: Session, row: Proposal, decision: str, physio: Person, patient: Person, at: datetime) -> None:
    row.decided_at, row.decided_by, row.decision = at, physio.id, decision
    record_audit(
        session, actor=physio, patient=patient, action=f"proposal.{decision}", subject=f"proposal:{row.id}", at=at
    )
    session.flush()


# ---------------------------------------------------------------------------------------------- easings


def easing_of(session: Session, person: Person, easing_id: UUID) -> Easing:
    """An easing of this patient that has not ended. Raises NotFound, and NotAnyMoreError for one that has."""
    row = session.scalars(
        select(Easing).where(Easing.id == easing_id, Easing.patient_id == person.id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound
    if row.ended_at is not None:
        raise NotAnyMoreError("decided")
    return row


def end_easing(session: Session, person: Person, row: Easing, *, physio: Person, at: datetime) -> None:
    """The full dose of the plan again, by a physiotherapist's word."""
    easing_service.end(row, at, physio.id)
    record_audit(session, actor=physio, patient=person, action="easing.ended", subject=f"easing:{row.id}", at=at)


def adoptable(record: Record, exercise: str) -> Prescribed | None:
    """The dose that is asked for now, as one that may be prescribed; None where it is the library's least already."""
    line = record.lines.get(exercise)
    if line is None:
        return None
    own = [
        easing_service.as_relief(row)
        for row in record.easings
        if row.exercise == exercise and easing_service.holds(row, record.today)
    ]
    factor = rules_easing.factor_for(line.item, own, loads=True)
    return rules_easing.as_prescribed(line.item, factor, line.limits)


def adopt_easing(
    session: Session, person: Person, row: Easing, *, physio: Person, base_number: int, evidence: str, at: datetime
) -> PlanRevision | None:
    """Make what is asked for now the plan, and end the easings of that exercise. Raises NotAnyMoreError where there is
    nothing to make of it, and what `save_revision` raises.
    """
    record = record_of(session, person, at)
    asked = adoptable(record, row.exercise or "")
    if asked is None:
        raise NotAnyMoreError("least")
    plan = current_plan(session, person.id)
    revision = save_revision(
        session,
        patient_id=person.id,
        author_id=physio.id,
        base_number=base_number,
        items=[asked if item.exercise == row.exercise else item for item in plan.items],
        reason=None,
        evidence=evidence,
        at=at,
    )
    for each in record.easings:
        if each.exercise == row.exercise and each.ended_at is None:
            easing_service.end(each, at, physio.id)
    record_audit(session, actor=physio, patient=person, action="easing.adopted", subject=f"easing:{row.id}", at=at)
    if revision is not None:
        record_audit(
            session,
            actor=physio,
            patient=person,
            action="plan.saved",
            subject=f"plan_revision:{revision.id}",
            at=at,
        )
    return revision
