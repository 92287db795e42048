"""Ways to look at the list of patients that somebody comes back to: filters under a name of their own. No commits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from tracker.accounts.access import NotFound
from tracker.accounts.service import record_audit
from tracker.clinic.models import SavedView
from tracker.clinic.rules import FILTERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from tracker.accounts.models import Person
    from tracker.db import Session

MOST_VIEWS: Final = 20
LONGEST_NAME: Final = 60
KEPT: Final = ("show",)
"""What of an address is kept: never the words somebody looked for, which are names, and lie in clear there."""


class ViewError(ValueError):
    """It cannot be kept; `key` names the sentence."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def views_of(session: Session, physio_id: UUID) -> list[SavedView]:
    """One's own, by name (names are encrypted in the table, so the order is made here)."""
    found = session.scalars(select(SavedView).where(SavedView.physio_id == physio_id))
    return sorted(found, key=lambda view: view.name.casefold())


def save(session: Session, physio: Person, *, name: str, query: Mapping[str, str], at: datetime) -> SavedView:
    """Keep filters; one of the same name is replaced. Raises ViewError: "no_name", "long_name", "too_many"."""
    name = name.strip()
    if not name:
        raise ViewError("no_name")
    if len(name) > LONGEST_NAME:
        raise ViewError("long_name")
    mine = views_of(session, physio.id)
    view = next((each for each in mine if each.name.casefold() == name.casefold()), None)
    if view is None and len(mine) >= MOST_VIEWS:
        raise ViewError("too_many")
    show = query.get("show", "")
    kept = {"show": show if show in FILTERS else ""}
    if view is None:
        view = SavedView(physio_id=physio.id, name=name, query=kept, created_at=at)
        session.add(view)
    view.name, view.query = name, kept
    session.flush()
    record_audit(session, actor=physio, patient=None, action="view.saved", subject=f"view:{view.id}", at=at)
    return view


def delete(session: Session, physio: Person, view_id: UUID) -> None:
    """Forget one of one's own. Raises NotFound."""
    view = session.get(SavedView, view_id)
    if view is None or view.physio_id != physio.id:
        raise NotFound
    session.delete(view)
