"""Use cases of watchers: the browsers and computers that watch, and how a computer becomes one with a short code. Takes
a database session and an instant; never commits.

A code is shown to somebody who is signed in, lasts ten minutes and works once; one person has one open code. Of the
code only a keyed fingerprint is stored, by which it is found again: ten characters could be guessed from a bare hash.
The token that the computer gets for it has 256 random bits; its SHA-256 is stored. Both are looked up by what is
stored, so the time an answer takes says nothing about how much of a guess was right.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, select, update

from tracker.accounts.models import ConsentKind, Person, Role
from tracker.accounts.service import LONGEST_TOKEN, changed, has_consent, new_token, record_audit, token_hash
from tracker.db import affected, blind_index, insert_into
from tracker.posture import rules
from tracker.posture.models import Pairing, Watcher

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

AGENT: Final = "agent"
BROWSER: Final = "browser"
MOST_COMPUTERS: Final = 10
MOST_NEW_BROWSERS_A_DAY: Final = 20
"""A browser that forgets everything when it is closed is a new one each time."""
TOUCH_EVERY: Final = timedelta(seconds=20)
"""How exactly "last seen" is kept; each update is a write."""
CODES_KEPT: Final = timedelta(days=1)
"""A code that is over stays this long, to be told from one that never was."""


class CodeNotOpenError(Exception):
    """This code was used, has expired or never existed. Which of them is not said."""


class OtherIdError(Exception):
    """This id cannot be used: it is somebody else's, or of another kind. Which of them is not said."""


class TooManyWatchersError(Exception):
    """More computers, or more new browsers within a day, than anybody has."""


# ---------------------------------------------------------------------------------------------- codes


def open_code(session: Session, person: Person, at: datetime) -> str:
    """A fresh code for this person, as it is shown; the one before stops working. Raises TooManyWatchersError."""
    if len(computers_of(session, person.id)) >= MOST_COMPUTERS:
        raise TooManyWatchersError
    session.execute(delete(Pairing).where(Pairing.patient_id == person.id))
    code = rules.code_from(secrets.randbelow(len(rules.CODE_ALPHABET)) for _ in range(rules.CODE_LENGTH))
    session.add(
        Pairing(
            code_hash=_code_hash(session, code),
            patient_id=person.id,
            created_at=at,
            expires_at=at + rules.CODE_LASTS,
        )
    )
    session.flush()
    return code


def pairing_of(session: Session, person: Person, code: str) -> Pairing | None:
    """What became of a code that this person was shown; None once it is forgotten."""
    row = session.get(Pairing, _code_hash(session, code), populate_existing=True)
    return row if row is not None and row.patient_id == person.id else None


def _code_hash(session: Session, code: str) -> str:
    return blind_index(session, f"pairing:{rules.plain_code(code)}")


def pair(
    session: Session, code: str, *, watcher_id: UUID, name: str, version: str, at: datetime
) -> tuple[Watcher, Person, str]:
    """Use a code up and make this computer a watcher of its person; the token is shown to nobody else, ever.

    A computer that was connected to the same person before keeps its id, and with it its minutes. Raises
    CodeNotOpenError, OtherIdError; the caller then rolls back, and the code still works.
    """
    mark = _code_hash(session, code)
    used = changed(
        session,
        update(Pairing)
        .where(Pairing.code_hash == mark, Pairing.used_at.is_(None), Pairing.expires_at > at)
        .values(used_at=at),
    )
    if not used:
        raise CodeNotOpenError
    person = session.get_one(Person, session.get_one(Pairing, mark, populate_existing=True).patient_id)
    if not _may_watch(person) or not has_consent(session, person.id, ConsentKind.CAMERA):
        raise CodeNotOpenError
    watcher = _own_watcher(session, person, watcher_id, AGENT, name=name, version=version, at=at)
    token = new_token()
    watcher.token_hash = token_hash(token)
    watcher.revoked_at = None
    session.flush()
    _audit(session, person, watcher, "computer.paired", at)
    return watcher, person, token


def _may_watch(person: Person) -> bool:
    return person.active and person.role == Role.PATIENT


def clear_up_codes(session: Session, at: datetime) -> int:
    """Delete codes that are over; returns how many."""
    return affected(session, delete(Pairing).where(Pairing.expires_at < at - CODES_KEPT))


# ---------------------------------------------------------------------------------------------- computers


def watcher_of_token(session: Session, token: str, at: datetime) -> tuple[Watcher, Person] | None:
    """The computer behind a token and its person, None for a token that is worthless (now); notes that it was seen."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    found = session.execute(
        select(Watcher, Person)
        .join(Person, Person.id == Watcher.patient_id)
        .where(Watcher.token_hash == token_hash(token), Watcher.kind == AGENT, Watcher.revoked_at.is_(None))
    ).one_or_none()
    if found is None:
        return None
    watcher, person = found
    if not _may_watch(person):
        return None
    touch(session, watcher, at)
    return watcher, person


def computers_of(session: Session, person_id: UUID) -> Sequence[Watcher]:
    """The computers that are connected, last seen first."""
    return session.scalars(
        select(Watcher)
        .where(Watcher.patient_id == person_id, Watcher.kind == AGENT, Watcher.revoked_at.is_(None))
        .order_by(Watcher.seen_at.desc(), Watcher.id)
        .execution_options(populate_existing=True)
    ).all()


def disconnect(session: Session, person: Person, watcher_id: UUID, at: datetime, *, action: str) -> bool:
    """End the connection of one of one's computers; whether there was one. Its minutes stay."""
    done = changed(session, _end(at).where(Watcher.id == watcher_id, Watcher.patient_id == person.id))
    if done:
        subject = f"watcher:{watcher_id}"
        record_audit(session, actor=person, patient=person, action=action, subject=subject, at=at)
    return done


def disconnect_all(session: Session, person_id: UUID, at: datetime, *, action: str) -> int:
    """End the connections of all computers of a person, and their open code; returns how many computers."""
    session.execute(delete(Pairing).where(Pairing.patient_id == person_id))
    person = session.get(Person, person_id)
    found = computers_of(session, person_id)
    return sum(disconnect(session, person, row.id, at, action=action) for row in found) if person else 0


def _end(at: datetime) -> Any:
    """Also forgets the hash: a token that was taken back is like one that never was."""
    living = (Watcher.kind == AGENT, Watcher.revoked_at.is_(None))
    return update(Watcher).where(*living).values(revoked_at=at, token_hash=None)


# ---------------------------------------------------------------------------------------------- all watchers


def browser_of(session: Session, person: Person, watcher_id: UUID, *, name: str, version: str, at: datetime) -> Watcher:
    """The browser of this person with the id it has given itself; made when it is new. Raises OtherIdError and
    TooManyWatchersError.
    """
    watcher = _own_watcher(session, person, watcher_id, BROWSER, name=name, version=version, at=at)
    if watcher.created_at == at and _new_browsers(session, person.id, at) > MOST_NEW_BROWSERS_A_DAY:
        raise TooManyWatchersError
    return watcher


def _new_browsers(session: Session, person_id: UUID, at: datetime) -> int:
    lately = Watcher.created_at > at - timedelta(days=1)
    count = select(func.count()).where(Watcher.patient_id == person_id, Watcher.kind == BROWSER, lately)
    return session.scalar(count) or 0


def _own_watcher(
    session: Session, person: Person, watcher_id: UUID, kind: str, *, name: str, version: str, at: datetime
) -> Watcher:
    """The row of a watcher, made if need be, and locked until the end of the transaction."""
    row = {
        "id": watcher_id,
        "patient_id": person.id,
        "kind": kind,
        "name": name,
        "version": version,
        "created_at": at,
        "seen_at": at,
    }
    session.execute(insert_into(session, Watcher).on_conflict_do_nothing(index_elements=["id"]), row)
    watcher = session.scalars(
        select(Watcher).where(Watcher.id == watcher_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    if watcher.patient_id != person.id or watcher.kind != kind:
        raise OtherIdError
    if (watcher.name, watcher.version) != (name, version):
        watcher.name, watcher.version = name, version
    touch(session, watcher, at)
    return watcher


def touch(session: Session, watcher: Watcher, at: datetime, *, version: str = "") -> None:
    """Note that a watcher was heard of, and that it has been brought up to date."""
    if at - watcher.seen_at >= TOUCH_EVERY:
        watcher.seen_at = at
    if version and version != watcher.version:
        watcher.version = version
    session.flush()


def watching(session: Session, person_id: UUID, at: datetime) -> Sequence[Watcher]:
    """The browsers and computers of this person that watch now, last seen first."""
    return session.scalars(
        select(Watcher)
        .where(
            Watcher.patient_id == person_id,
            Watcher.revoked_at.is_(None),
            Watcher.seen_at > at - rules.WATCHING_WITHIN,
        )
        .order_by(Watcher.seen_at.desc(), Watcher.id)
    ).all()


def _audit(session: Session, person: Person, watcher: Watcher, action: str, at: datetime) -> None:
    record_audit(session, actor=person, patient=person, action=action, subject=f"watcher:{watcher.id}", at=at)
