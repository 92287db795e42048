"""Programmes that a clinic has put together to begin plans with. Never commits. Other clinics never see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from tracker.accounts.access import NotFound
from tracker.accounts.service import record_audit
from tracker.regimen.library import known
from tracker.regimen.models import PlanTemplate
from tracker.regimen.rules import Prescribed, weekdays_from_text, weekdays_to_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from tracker.accounts.models import Person
    from tracker.db import Session

LONGEST_NAME: Final = 80
MOST_TEMPLATES: Final = 100


class TemplateError(ValueError):
    """It cannot be kept; `key` names the sentence."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def templates_of(session: Session, clinic_id: UUID) -> list[PlanTemplate]:
    """What a clinic offers, by name (names are encrypted in the table, so the order is made here)."""
    found = session.scalars(
        select(PlanTemplate).where(PlanTemplate.clinic_id == clinic_id, PlanTemplate.archived_at.is_(None))
    )
    return sorted(found, key=lambda each: each.name.casefold())


def save(session: Session, *, author: Person, name: str, items: Sequence[Prescribed], at: datetime) -> PlanTemplate:
    """Keep the lines of a plan as a programme: doses, days and sides, nothing about the person they were for.
    Raises TemplateError: "no_name", "long_name", "empty", "taken", "too_many".
    """
    name = name.strip()
    if not name:
        raise TemplateError("no_name")
    if len(name) > LONGEST_NAME:
        raise TemplateError("long_name")
    if not items:
        raise TemplateError("empty")
    mine = templates_of(session, author.clinic_id)
    if any(each.name.casefold() == name.casefold() for each in mine):
        raise TemplateError("taken")
    if len(mine) >= MOST_TEMPLATES:
        raise TemplateError("too_many")
    row = PlanTemplate(
        clinic_id=author.clinic_id,
        name=name,
        items=[_kept(item) for item in items],
        author_id=author.id,
        created_at=at,
    )
    session.add(row)
    session.flush()
    subject = f"plan_template:{row.id}"
    record_audit(session, actor=author, patient=None, action="plan_template.saved", subject=subject, at=at)
    return row


def items_of(session: Session, clinic_id: UUID, template_id: UUID) -> tuple[Prescribed, ...]:
    """The lines of a programme, without what has left the library. Raises NotFound for another clinic's."""
    row = _own(session, clinic_id, template_id)
    definitions = known(session, {each["exercise"] for each in row.items})
    return tuple(
        Prescribed(
            id="",
            exercise=each["exercise"],
            sets=each["sets"],
            reps=each["reps"],
            hold_s=each["hold_s"],
            weekdays=weekdays_from_text(each["weekdays"]),
            side=each["side"],
            sided=definitions[each["exercise"]].sided,
            # A programme kept by an earlier version may hold what was written to one patient.
            note=None,
        )
        for each in row.items
        if each["exercise"] in definitions
    )


def archive(session: Session, *, actor: Person, template_id: UUID, at: datetime) -> None:
    """Offer it no more; plans that began with it stay as they are. Raises NotFound."""
    row = _own(session, actor.clinic_id, template_id)
    row.archived_at = at
    subject = f"plan_template:{row.id}"
    record_audit(session, actor=actor, patient=None, action="plan_template.archived", subject=subject, at=at)


def _own(session: Session, clinic_id: UUID, template_id: UUID) -> PlanTemplate:
    row = session.get(PlanTemplate, template_id)
    if row is None or row.clinic_id != clinic_id or row.archived_at is not None:
        raise NotFound
    return row


def _kept(item: Prescribed) -> dict[str, Any]:
    """A line without its note, which is for the patient it was written to and nobody else in the clinic."""
    return {
        "exercise": item.exercise,
        "sets": item.sets,
        "reps": item.reps,
        "hold_s": item.hold_s,
        "weekdays": weekdays_to_text(item.weekdays),
        "side": item.side,
    }
