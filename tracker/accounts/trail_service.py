"""The audit trail as somebody reads it, and the seals that show whether it is whole. Never commits.

A seal covers the lines that lie under no seal yet: an HMAC over its own number, time and count, the seal before and
every line, with a key that only the application has (docs/decisions/0027). Whoever can write to the database can change
a line, but not make a seal that fits it. A line taken away leaves its place; one slipped in lies under a later seal
than its time says. Whoever empties the seals has everything sealed anew, under seals that say how late they were made;
a seal that was kept elsewhere, in the log or on paper, shows it for certain.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Text, and_, cast, func, insert, or_, select

from tracker.accounts.access import LISTED
from tracker.accounts.models import AuditEvent, AuditSeal, AuditSealed, Person
from tracker.accounts.service import names_of

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from tracker.db import Session
    from tracker.settings import Settings

LINES_A_SEAL: Final = 5_000
LATE: Final = timedelta(hours=1)
"""A transaction may take a while; a line that claims to be older than this when it turns up was slipped in."""
_SCHEME: Final = 2
_NOTHING_BEFORE: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Flaw:
    """A place where the trail is not what it was. `key`: changed, removed, no_seal, late, not_as_kept."""

    key: str
    seal: int
    position: int | None = None
    event_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of the trail has found. `newest`: number and digest of the last seal, to be kept elsewhere.

    `since`: when the first seal was made, and `sealed_late` how many lines were older than `LATE` when they got theirs:
    after an update or a stop of the heartbeat that is so; where nobody knows of one, the seals were made anew.
    """

    lines: int
    seals: int
    unsealed: int
    newest: tuple[int, str] | None
    since: datetime | None
    sealed_late: int
    flaws: tuple[Flaw, ...]

    @property
    def whole(self) -> bool:
        return not self.flaws


def _key(settings: Settings, scheme: int) -> bytes:
    """Derived from the one key of an installation that is never renewed: seals have to fit for as long as it lives."""
    return hmac.new(settings.index_key, f"rhomboid audit seal {scheme}".encode(), hashlib.sha256).digest()


def _line(event: AuditEvent) -> bytes:
    """Everything a line says, in one way of writing."""
    said = [
        str(event.id),
        event.at.isoformat(),
        str(event.clinic_id),
        str(event.actor_id),
        str(event.patient_id),
        event.action,
        event.subject,
        event.detail,
    ]
    return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode() + b"\n"


# ---------------------------------------------------------------------------------------------- seals


def seal(session: Session, at: datetime, *, settings: Settings) -> list[AuditSeal]:
    """Put every line that has none under a seal; returns the seals. Two that do so at once: one of them fails on the
    seal's number and tries again the next time.
    """
    made: list[AuditSeal] = []
    while events := _unsealed(session):
        last = session.scalars(select(AuditSeal).order_by(AuditSeal.number.desc()).limit(1)).first()
        row = AuditSeal(
            number=last.number + 1 if last else 1,
            sealed_at=at,
            events=len(events),
            previous=last.digest if last else _NOTHING_BEFORE,
            scheme=_SCHEME,
        )
        row.digest = _digest(row, events, settings)
        session.add(row)
        session.flush()
        places = [
            {"event_id": event.id, "seal_number": row.number, "position": position}
            for position, event in enumerate(events)
        ]
        session.execute(insert(AuditSealed), places)
        made.append(row)
        for event in events:  # a long trail is not held in memory
            session.expunge(event)
    return made


def _unsealed(session: Session) -> list[AuditEvent]:
    missing = ~select(AuditSealed.event_id).where(AuditSealed.event_id == AuditEvent.id).exists()
    wanted = select(AuditEvent).where(missing).order_by(AuditEvent.at, AuditEvent.id).limit(LINES_A_SEAL)
    return list(session.scalars(wanted))


def _digest(row: AuditSeal, events: Sequence[AuditEvent], settings: Settings) -> str:
    """The digest of a seal in its own scheme, over all that it says but the digest."""
    mac = hmac.new(_key(settings, row.scheme), digestmod=hashlib.sha256)
    if row.scheme != 1:
        of_itself = [row.scheme, row.number, row.sealed_at.astimezone(UTC).isoformat(), row.events]
        mac.update(json.dumps(of_itself).encode() + b"\n")
    mac.update(row.previous.encode() + b"\n")
    for event in events:
        mac.update(_line(event))
    return mac.hexdigest()


def verify(session: Session, settings: Settings, *, kept: tuple[int, str] | None = None) -> Verdict:
    """Look at every seal in turn. `kept`: number and digest of a seal that was written down elsewhere, to compare.

    Costs as much as there are lines, and holds a seal's lines at a time.
    """
    flaws: list[Flaw] = []
    lines, late, expected, previous, before = 0, 0, 1, _NOTHING_BEFORE, None
    seals = session.scalars(select(AuditSeal).order_by(AuditSeal.number)).all()
    for each in seals:
        if each.number != expected or each.previous != previous:
            flaws.append(Flaw("no_seal", expected))
        found = _under(session, each)
        flaws += _flaws_of(each, found, settings, before)
        lines += len(found)
        late += sum(event.at < each.sealed_at - LATE for event in found.values())
        expected, previous, before = each.number + 1, each.digest, each.sealed_at
    if kept is not None and kept not in {(each.number, each.digest) for each in seals}:
        flaws.append(Flaw("not_as_kept", kept[0]))
    total = session.scalar(select(func.count()).select_from(AuditEvent)) or 0
    return Verdict(
        lines=lines,
        seals=len(seals),
        unsealed=total - lines,
        newest=(seals[-1].number, seals[-1].digest) if seals else None,
        since=seals[0].sealed_at if seals else None,
        sealed_late=late,
        flaws=tuple(flaws),
    )


def _under(session: Session, each: AuditSeal) -> dict[int, AuditEvent]:
    """The lines of a seal by their place."""
    rows = session.execute(
        select(AuditSealed.position, AuditEvent)
        .join(AuditEvent, AuditEvent.id == AuditSealed.event_id)
        .where(AuditSealed.seal_number == each.number)
        .order_by(AuditSealed.position)
        .execution_options(populate_existing=True)
    ).all()
    found: dict[int, AuditEvent] = {}
    for position, event in rows:
        session.expunge(event)
        found[position] = event
    return found


def _flaws_of(
    each: AuditSeal, found: dict[int, AuditEvent], settings: Settings, before: datetime | None
) -> Iterator[Flaw]:
    gone = [position for position in range(each.events) if position not in found]
    if gone or len(found) != each.events:
        yield Flaw("removed", each.number, gone[0] if gone else None)
    elif not _fits(each, [found[position] for position in range(each.events)], settings):
        yield Flaw("changed", each.number)
    if before is None:
        return
    for position, event in found.items():
        if event.at < before - LATE:
            yield Flaw("late", each.number, position, event.id)
            return


def _fits(each: AuditSeal, events: Sequence[AuditEvent], settings: Settings) -> bool:
    return hmac.compare_digest(_digest(each, events, settings), each.digest)


# ---------------------------------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines somebody wants to see. Times are instants; None: no limit."""

    actor_id: uuid.UUID | None = None
    patient_id: uuid.UUID | None = None
    kind: str = "all"
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is shown. Names are None for somebody who is no longer there, or for the system."""

    id: uuid.UUID
    at: datetime
    actor: str | None
    actor_id: uuid.UUID | None
    patient: str | None
    patient_id: uuid.UUID | None
    listed: int
    """How many patients were on the list that was read."""
    action: str
    subject: str


READS: Final = ("correct", "decide", "examine", "preview", "read", "write")
"""What an action that only looks ends with. Opening a form to change something is a look; the change has its own."""
ACCOUNTS: Final = ("account", "clinic", "invitation", "password", "recovery_code", "second_factor", "sign_in")
"""What an action about an account, or about signing in, begins with."""


def _of_kind(kind: str) -> ColumnElement[bool]:
    is_read = or_(*(AuditEvent.action.endswith(f".{end}") for end in READS))
    is_account = or_(*(AuditEvent.action.startswith(f"{what}.") for what in ACCOUNTS))
    return {"reads": is_read, "accounts": is_account, "changes": and_(~is_read, ~is_account)}[kind]


def _of_clinic(clinic_id: uuid.UUID) -> ColumnElement[bool]:
    """One clinic's own lines; lines from before they said whose they are, by the people in them."""
    people = select(Person.id).where(Person.clinic_id == clinic_id)
    unnamed = and_(
        AuditEvent.clinic_id.is_(None),
        or_(AuditEvent.actor_id.in_(people), AuditEvent.patient_id.in_(people)),
    )
    return or_(AuditEvent.clinic_id == clinic_id, unnamed)


def _about(patient_id: uuid.UUID, clinic_id: uuid.UUID | None) -> ColumnElement[bool]:
    """Lines about a patient's record, and those of lists of the clinic on which their figures stood. The ids of a list
    are only in the line's detail: a look at a list is one line, not hundreds.
    """
    on_a_list = and_(
        AuditEvent.clinic_id == clinic_id,
        AuditEvent.patient_id.is_(None),
        cast(AuditEvent.detail, Text).contains(str(patient_id)),
    )
    return or_(AuditEvent.patient_id == patient_id, on_a_list)


def lines_of(
    session: Session, clinic_id: uuid.UUID, wanted: Wanted, *, before: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[Line]:
    """A page of a clinic's trail, the newest first. `before`: instant and id of the last line of the page before."""
    chosen = select(AuditEvent).where(_of_clinic(clinic_id))
    if wanted.actor_id is not None:
        chosen = chosen.where(AuditEvent.actor_id == wanted.actor_id)
    if wanted.patient_id is not None:
        chosen = chosen.where(_about(wanted.patient_id, clinic_id))
    if wanted.kind != "all":
        chosen = chosen.where(_of_kind(wanted.kind))
    if wanted.since is not None:
        chosen = chosen.where(AuditEvent.at >= wanted.since)
    if wanted.until is not None:
        chosen = chosen.where(AuditEvent.at < wanted.until)
    return _named(session, chosen, before, limit)


def lines_about(
    session: Session, patient: Person, *, before: tuple[datetime, uuid.UUID] | None, limit: int
) -> list[Line]:
    """Who else has looked at, or changed, one's own record: the newest first."""
    chosen = select(AuditEvent).where(
        _about(patient.id, patient.clinic_id),
        or_(AuditEvent.actor_id != patient.id, AuditEvent.actor_id.is_(None)),
    )
    return _named(session, chosen, before, limit)


def _named(session: Session, chosen: Any, before: tuple[datetime, uuid.UUID] | None, limit: int) -> list[Line]:
    if before is not None:
        at, event_id = before
        chosen = chosen.where(or_(AuditEvent.at < at, and_(AuditEvent.at == at, AuditEvent.id < event_id)))
    events = session.scalars(chosen.order_by(AuditEvent.at.desc(), AuditEvent.id.desc()).limit(limit)).all()
    names = names_of(session, {each.actor_id for each in events} | {each.patient_id for each in events})
    return [
        Line(
            id=each.id,
            at=each.at,
            actor=names.get(each.actor_id),
            actor_id=each.actor_id,
            patient=names.get(each.patient_id),
            patient_id=each.patient_id,
            listed=len((each.detail or {}).get(LISTED, ())),
            action=each.action,
            subject=each.subject,
        )
        for each in events
    ]
