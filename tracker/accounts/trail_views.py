"""The audit trail: for who runs the clinic all of it, for a patient the lines about themselves. HTTP only."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from flask import Response, render_template, request, stream_with_context
from flask_babel import gettext as _
from flask_babel import ngettext

from tracker.accounts import service, trail_service, trail_texts
from tracker.accounts.account_views import blueprint as account_pages
from tracker.accounts.administration_views import blueprint as administration_pages
from tracker.accounts.forms import EmptyForm
from tracker.clock import day_begins
from tracker.db import session_factory
from tracker.web.cells import guarded
from tracker.web.context import db, now, services, settings, viewer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.accounts.trail_service import Line, Verdict, Wanted

__all__ = ["account_pages", "administration_pages"]

LINES_A_PAGE: Final = 100
MOST_LINES: Final = 50_000
"""Of one file; more than a clinic writes in months. The rest is under another date."""


@administration_pages.get("/clinic/audit")
def audit() -> ResponseReturnValue:
    """Who read or changed what, the newest first; `?check=1` looks at the seals."""
    wanted = _wanted()
    verdict = _checked() if request.args.get("check") else None
    # Read before this look is written down, so that a page does not begin with itself.
    lines = trail_service.lines_of(db(), viewer().clinic_id, wanted, before=_before(), limit=LINES_A_PAGE + 1)
    _note("audit.checked" if verdict else "audit.read")
    return render_template(
        "accounts/audit.html",
        lines=lines[:LINES_A_PAGE],
        more=_key_of(lines[LINES_A_PAGE - 1]) if len(lines) > LINES_A_PAGE else None,
        people=service.staff_of(db(), viewer().clinic_id),
        verdict=verdict,
        args={name: request.args.get(name, "") for name in ("who", "whose", "kind", "first", "last")},
        subject=_subject(wanted),
        texts=trail_texts,
        button=EmptyForm(formdata=None),
    )


def _checked() -> Verdict:
    """Look at every seal, in a transaction of its own that makes nobody wait."""
    with session_factory(services().engine, reads_only=True)() as session:
        return trail_service.verify(session, settings())


@administration_pages.get("/clinic/audit.csv")
def audit_file() -> ResponseReturnValue:
    """The same lines as a file."""
    wanted, clinic_id = _wanted(), viewer().clinic_id
    _note("audit.exported")
    lines = trail_service.lines_of(db(), clinic_id, wanted, before=None, limit=MOST_LINES)
    name = f"audit-{now().date().isoformat()}.csv"
    return Response(
        stream_with_context(_as_csv(lines)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _as_csv(lines: list[Line]) -> Iterator[str]:
    yield "\N{ZERO WIDTH NO-BREAK SPACE}"  # spreadsheets then read it as UTF-8
    head = [_("When (UTC)"), _("Who"), _("Whose record"), _("What"), _("Action"), _("Subject")]
    yield _row(head)
    for line in lines:
        yield _row(
            [
                line.at.astimezone(UTC).isoformat(timespec="seconds"),
                line.actor or str(line.actor_id or ""),
                line.patient or str(line.patient_id or "") or _listed(line),
                trail_texts.action(line.action),
                line.action,
                line.subject,
            ]
        )


def _listed(line: Line) -> str:
    """How many were on the list that was read; nothing where it was no list."""
    return str(ngettext("one patient on a list", "%(num)d patients on a list", line.listed)) if line.listed else ""


def _row(cells: list[str]) -> str:
    """A line of the file."""
    out = io.StringIO()
    csv.writer(out).writerow([guarded(cell) for cell in cells])
    return out.getvalue()


@account_pages.get("/account/record-log")
def record_log() -> ResponseReturnValue:
    """Who has looked at one's own record, or changed something in it."""
    lines = trail_service.lines_about(db(), viewer(), before=_before(), limit=LINES_A_PAGE + 1)
    return render_template(
        "accounts/record_log.html",
        lines=lines[:LINES_A_PAGE],
        more=_key_of(lines[LINES_A_PAGE - 1]) if len(lines) > LINES_A_PAGE else None,
        texts=trail_texts,
    )


# ---------------------------------------------------------------------------------------------- what is asked for


def _wanted() -> Wanted:
    kind = request.args.get("kind", "all")
    first, last = _day("first"), _day("last")
    return trail_service.Wanted(
        actor_id=_id("who"),
        patient_id=_id("whose"),
        kind=kind if kind in trail_texts.KINDS else "all",
        since=day_begins(first, viewer().time_zone) if first else None,
        until=day_begins(last + timedelta(days=1), viewer().time_zone) if last else None,
    )


def _id(name: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.args.get(name, ""))
    except ValueError:
        return None


def _day(name: str) -> date | None:
    try:
        found = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2200 else None  # noqa: PLR2004  # what a clock here can say


def _key_of(line: Line) -> str:
    return f"{line.at.timestamp():.6f}_{line.id}"


def _before() -> tuple[datetime, uuid.UUID] | None:
    """The place at which a page goes on; None begins at the newest."""
    at, _mark, event_id = request.args.get("before", "").partition("_")
    try:
        return datetime.fromtimestamp(float(at), tz=UTC), uuid.UUID(event_id)
    except (ValueError, OverflowError, OSError):
        return None


def _subject(wanted: Wanted) -> Person | None:
    """The patient a filter is about, where they are of this clinic."""
    found = service.person(db(), wanted.patient_id) if wanted.patient_id else None
    return found if found is not None and found.clinic_id == viewer().clinic_id else None


def _note(action: str) -> None:
    service.record_audit(
        db(), actor=viewer(), patient=None, action=action, subject=f"clinic:{viewer().clinic_id}", at=now()
    )
