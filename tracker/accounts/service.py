"""Use cases of people: set-up, invitation, consent, care, and the audit trail. Sign-in is in `sign_in`.

Functions take a database session and an instant and never commit; a link is used up by one conditional UPDATE, so of
two visitors who hold the same link only one gets in, on either engine.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import and_, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from tracker.accounts.models import (
    Absence,
    AuditEvent,
    CareLink,
    Clinic,
    Consent,
    ConsentKind,
    Invitation,
    InvitationPurpose,
    Person,
    Role,
    SetUpLink,
    SignInSession,
)
from tracker.accounts.rules import link_is_open, normal_password
from tracker.db import Session, affected, blind_index

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Select, Update

    from tracker.settings import Settings

TOKEN_BYTES: Final = 32
LONGEST_TOKEN: Final = 64
_SALT_BYTES: Final = 16


class LinkNotOpenError(Exception):
    """This link was used, withdrawn, has expired, or never existed. Which of them is not said to the visitor."""


class AddressTakenError(Exception):
    """Somebody signs in with this address already."""


class AlreadySetUpError(Exception):
    """The installation has people; the set-up link is for an empty one."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What somebody says about themselves when they join."""

    name: str
    email: str | None
    time_zone: str
    locale: str = "en"


class Passwords:
    """argon2id with the cost of this installation. Checking takes the same time whether or not there is an account."""

    def __init__(self, settings: Settings) -> None:
        self._hasher = PasswordHasher(time_cost=settings.password_rounds, memory_cost=settings.password_memory_kib)
        # A well-formed hash of no password: checking against it is the full work, making it is none.
        costs = f"m={self._hasher.memory_cost},t={self._hasher.time_cost},p={self._hasher.parallelism}"
        self._nobody = f"$argon2id$v=19${costs}${_base64_of(_SALT_BYTES)}${_base64_of(TOKEN_BYTES)}"

    def hash(self, password: str) -> str:
        return self._hasher.hash(normal_password(password))

    def matches(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one behind `stored`. None (no such account) costs as much and is never right."""
        try:
            self._hasher.verify(stored or self._nobody, normal_password(password))
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Whether the hash was made with other costs than today's."""
        return self._hasher.check_needs_rehash(stored)


def _base64_of(count: int) -> str:
    """`count` random bytes as argon2 writes them (base64 without padding)."""
    return b64encode(secrets.token_bytes(count)).decode("ascii").rstrip("=")


def new_token() -> str:
    """256 random bits for a link or a cookie."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def changed(session: Session, statement: Update) -> bool:
    """Run a conditional UPDATE; whether it found its row."""
    return affected(session, statement) > 0


# People


def person(session: Session, person_id: uuid.UUID) -> Person | None:
    return session.get(Person, person_id)


def person_by_email(session: Session, email: str) -> Person | None:
    """The person who signs in with this (normalised) address."""
    return session.scalar(select(Person).where(Person.email_hash == blind_index(session, email)))


def is_empty(session: Session) -> bool:
    """Whether nobody has been set up yet."""
    return session.scalar(select(Person.id).limit(1)) is None


def lone_person(session: Session) -> Person | None:
    """The one person of a *just me* installation who signs in without an address."""
    people = session.scalars(select(Person).limit(2)).all()
    return people[0] if len(people) == 1 and people[0].solo and people[0].email is None else None


def staff_of(session: Session, clinic_id: uuid.UUID) -> list[Person]:
    """Everybody who works in the clinic, by name."""
    found = session.scalars(select(Person).where(Person.clinic_id == clinic_id, Person.role != Role.PATIENT))
    return sorted(found, key=lambda each: each.name.casefold())


def _add_person(session: Session, who: Newcomer, *, clinic: Clinic, role: Role, hashed: str, at: datetime) -> Person:
    """A new row of person. Raises AddressTakenError, also when two take the same address in the same moment."""
    fresh = Person(
        clinic=clinic,
        role=role,
        name=who.name,
        email=who.email,
        email_hash=blind_index(session, who.email) if who.email else None,
        password_hash=hashed,
        time_zone=who.time_zone,
        locale=who.locale,
        created_at=at,
    )
    try:
        with session.begin_nested():
            session.add(fresh)
    except IntegrityError as error:
        raise AddressTakenError from error
    return fresh


# Set-up


def renew_set_up_link(session: Session, at: datetime) -> str | None:
    """A fresh token for the set-up link, replacing the one before; None once somebody is set up."""
    if not is_empty(session):
        return None
    token = new_token()
    row = session.get(SetUpLink, 1, with_for_update=True)
    if row is None:
        session.add(SetUpLink(id=1, token_hash=token_hash(token), created_at=at))
    else:
        row.token_hash, row.created_at, row.used_at = token_hash(token), at, None
    session.flush()
    return token


def set_up_link_is_open(session: Session, token: str) -> bool:
    """Whether this token is the set-up link of a still empty installation."""
    row = session.get(SetUpLink, 1)
    fits = row is not None and row.used_at is None and secrets.compare_digest(row.token_hash, token_hash(token))
    return fits and is_empty(session)


def set_up_clinic(
    session: Session, token: str, *, clinic_name: str, who: Newcomer, hashed: str, at: datetime
) -> Person:
    """Use the set-up link for a clinic; returns its first physio, who also runs its settings."""
    _use_set_up_link(session, token, at)
    clinic = Clinic(name=clinic_name, time_zone=who.time_zone, created_at=at)
    first = _add_person(session, who, clinic=clinic, role=Role.PHYSIO, hashed=hashed, at=at)
    first.is_admin = True
    record_audit(session, actor=first, patient=None, action="clinic.set_up", subject=f"clinic:{clinic.id}", at=at)
    return first


def set_up_solo(session: Session, token: str, *, who: Newcomer, hashed: str, at: datetime) -> Person:
    """Use the set-up link for one person who exercises without a physio."""
    _use_set_up_link(session, token, at)
    clinic = Clinic(name=who.name, time_zone=who.time_zone, created_at=at)
    alone = _add_person(session, who, clinic=clinic, role=Role.PATIENT, hashed=hashed, at=at)
    alone.solo = True
    record_audit(session, actor=alone, patient=alone, action="solo.set_up", subject=f"person:{alone.id}", at=at)
    return alone


def _use_set_up_link(session: Session, token: str, at: datetime) -> None:
    """Take the link. Whoever comes second finds it used: the UPDATE waits for the first one's transaction."""
    taken = changed(
        session,
        update(SetUpLink)
        .where(SetUpLink.id == 1, SetUpLink.token_hash == token_hash(token), SetUpLink.used_at.is_(None))
        .values(used_at=at),
    )
    if not taken:
        raise LinkNotOpenError
    if not is_empty(session):
        raise AlreadySetUpError


# Invitations


def invite(
    session: Session,
    *,
    inviter: Person,
    role: Role,
    name: str | None,
    email: str | None,
    at: datetime,
    lifetime: timedelta,
) -> tuple[Invitation, str]:
    """A new invitation to the inviter's clinic and the token of its link, which is shown once and not stored."""
    token = new_token()
    invitation = Invitation(
        token_hash=token_hash(token),
        purpose=InvitationPurpose.JOIN,
        clinic_id=inviter.clinic_id,
        inviter_id=inviter.id,
        role=role,
        name=name,
        email=email,
        created_at=at,
        expires_at=at + lifetime,
    )
    session.add(invitation)
    session.flush()
    record_audit(
        session, actor=inviter, patient=None, action="invitation.made", subject=f"invitation:{invitation.id}", at=at
    )
    return invitation, token


def invite_to_reset(session: Session, *, actor: Person | None, whom: Person, at: datetime, lifetime: timedelta) -> str:
    """The token of a link with which `whom` chooses a new password. Earlier reset links stop working."""
    token = new_token()
    changed(
        session,
        update(Invitation)
        .where(
            Invitation.person_id == whom.id,
            Invitation.purpose == InvitationPurpose.RESET,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=at),
    )
    session.add(
        Invitation(
            token_hash=token_hash(token),
            purpose=InvitationPurpose.RESET,
            clinic_id=whom.clinic_id,
            inviter_id=actor.id if actor else None,
            role=whom.role,
            created_at=at,
            expires_at=at + lifetime,
            person_id=whom.id,
        )
    )
    session.flush()
    patient = whom if whom.role == Role.PATIENT else None
    record_audit(
        session, actor=actor, patient=patient, action="password.reset_link", subject=f"person:{whom.id}", at=at
    )
    return token


def open_invitation(session: Session, token: str, at: datetime) -> Invitation:
    """The invitation behind a link. Raises LinkNotOpenError."""
    found = session.scalar(select(Invitation).where(Invitation.token_hash == token_hash(token)))
    if found is None or not link_is_open(
        expires=found.expires_at, used=found.used_at, withdrawn=found.withdrawn_at, now=at
    ):
        raise LinkNotOpenError
    inviter = session.get(Person, found.inviter_id) if found.inviter_id else None
    if inviter is not None and not inviter.active:
        raise LinkNotOpenError
    return found


def open_invitations(session: Session, inviter_id: uuid.UUID, at: datetime) -> Sequence[Invitation]:
    """What somebody invited to and nobody has accepted yet, newest first."""
    return session.scalars(
        select(Invitation)
        .where(
            Invitation.inviter_id == inviter_id,
            Invitation.purpose == InvitationPurpose.JOIN,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > at,
        )
        .order_by(Invitation.created_at.desc())
    ).all()


def withdraw_invitation(session: Session, inviter: Person, invitation_id: uuid.UUID, at: datetime) -> bool:
    """Close an invitation of one's own that nobody has used; whether there was one."""
    done = changed(
        session,
        update(Invitation)
        .where(
            Invitation.id == invitation_id,
            Invitation.inviter_id == inviter.id,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=at),
    )
    if done:
        subject = f"invitation:{invitation_id}"
        record_audit(session, actor=inviter, patient=None, action="invitation.withdrawn", subject=subject, at=at)
    return done


def accept(session: Session, token: str, *, who: Newcomer, hashed: str, at: datetime) -> Person:
    """Use an invitation: makes the person and, for a patient, the care link to who invited them.

    Raises LinkNotOpenError or AddressTakenError; in both cases the caller rolls back.
    """
    invitation = open_invitation(session, token, at)
    if invitation.purpose != InvitationPurpose.JOIN:
        raise LinkNotOpenError
    _use_invitation(session, invitation, at)
    clinic = session.get_one(Clinic, invitation.clinic_id)
    fresh = _add_person(session, who, clinic=clinic, role=Role(invitation.role), hashed=hashed, at=at)
    invitation.person_id = fresh.id
    # Running the settings is all that this role is for.
    fresh.is_admin = fresh.role == Role.ADMIN
    patient = fresh if fresh.role == Role.PATIENT else None
    if patient is not None and invitation.inviter_id is not None:
        open_care(session, fresh.id, invitation.inviter_id, at)
    session.flush()
    subject = f"invitation:{invitation.id}"
    record_audit(session, actor=fresh, patient=patient, action="invitation.accepted", subject=subject, at=at)
    return fresh


def reset_password(session: Session, token: str, hashed: str, at: datetime) -> Person:
    """Use a reset link: a new password, and every browser that was signed in is signed out."""
    invitation = open_invitation(session, token, at)
    if invitation.purpose != InvitationPurpose.RESET or invitation.person_id is None:
        raise LinkNotOpenError
    _use_invitation(session, invitation, at)
    whom = session.get_one(Person, invitation.person_id)
    change_password(session, whom, hashed, at)
    return whom


def change_password(
    session: Session, whom: Person, hashed: str, at: datetime, *, except_session: uuid.UUID | None = None
) -> None:
    """Store a new password and sign out every other browser."""
    whom.password_hash = hashed
    others = update(SignInSession).where(SignInSession.person_id == whom.id, SignInSession.revoked_at.is_(None))
    if except_session is not None:
        others = others.where(SignInSession.id != except_session)
    changed(session, others.values(revoked_at=at))
    patient = whom if whom.role == Role.PATIENT else None
    record_audit(session, actor=whom, patient=patient, action="password.changed", subject=f"person:{whom.id}", at=at)


def set_active(session: Session, actor: Person, whom: Person, *, active: bool, at: datetime) -> None:
    """Close an account (every browser is signed out at once) or open it again."""
    whom.active = active
    session.flush()
    if not active:
        changed(
            session,
            update(SignInSession)
            .where(SignInSession.person_id == whom.id, SignInSession.revoked_at.is_(None))
            .values(revoked_at=at),
        )
    action = "account.opened" if active else "account.closed"
    record_audit(session, actor=actor, patient=None, action=action, subject=f"person:{whom.id}", at=at)


def _use_invitation(session: Session, invitation: Invitation, at: datetime) -> None:
    used = changed(
        session,
        update(Invitation)
        .where(
            Invitation.id == invitation.id,
            Invitation.used_at.is_(None),
            Invitation.withdrawn_at.is_(None),
            Invitation.expires_at > at,
        )
        .values(used_at=at),
    )
    if not used:
        raise LinkNotOpenError
    session.refresh(invitation)


# Care


def holds(at: datetime) -> ColumnElement[bool]:
    """Whether a care link is open at this instant."""
    return and_(CareLink.since <= at, or_(CareLink.until.is_(None), CareLink.until > at))


def for_good(physio_id: uuid.UUID) -> ColumnElement[bool]:
    """Whether a care link is this physio's own: without an end, so not as a stand-in."""
    return and_(CareLink.physio_id == physio_id, CareLink.until.is_(None))


def open_care(
    session: Session, patient_id: uuid.UUID, physio_id: uuid.UUID, at: datetime, reason: str | None = None
) -> None:
    """Begin looking after a patient for good, and let whoever stands in for this physio see them too.

    Whoever has locked the patient before must have locked the physio before that (`lock_team`).
    """
    lock_team(session, physio_id)
    if session.scalar(select(CareLink.id).where(CareLink.patient_id == patient_id, for_good(physio_id))) is not None:
        return
    session.add(CareLink(patient_id=patient_id, physio_id=physio_id, since=at, reason=reason))
    for absence in session.scalars(absences_from(at).where(Absence.physio_id == physio_id)):
        stand_in_for(session, absence, [patient_id], at)
    session.flush()


def lock_team(session: Session, *physio_ids: uuid.UUID) -> None:
    """Until the end of the transaction nobody else changes whom these look after, or when they are away. An absence and
    a patient who moves, written at once, must not overlook each other: then nobody would stand in for that patient.
    In the order of the ids, and before any lock on a patient, so that two who do this never wait for each other; and
    only as far as others who write a line that points to one of them (an alert's message, say) need not wait.
    """
    wanted = select(Person.id).where(Person.id.in_(physio_ids)).order_by(Person.id)
    session.execute(wanted.with_for_update(key_share=True)).all()


def absences_from(at: datetime) -> Select[Absence]:
    """Absences that are, or lie ahead."""
    return select(Absence).where(Absence.ended_at.is_(None), Absence.until > at)


def stand_in_for(session: Session, absence: Absence, patients: Iterable[uuid.UUID], at: datetime) -> None:
    """Let whoever stands in see these patients for as long as the absence lasts."""
    session.add_all(
        CareLink(
            patient_id=patient_id,
            physio_id=absence.backup_id,
            since=max(absence.since, at),
            until=absence.until,
            absence_id=absence.id,
        )
        for patient_id in patients
    )
    session.flush()


def cares_for(session: Session, physio_id: uuid.UUID, patient_id: uuid.UUID, at: datetime) -> bool:
    """Whether the physio has a care link with the patient that is open at this instant."""
    found = session.scalar(
        select(CareLink.id).where(CareLink.physio_id == physio_id, CareLink.patient_id == patient_id, holds(at))
    )
    return found is not None


def physios_of(session: Session, patient_id: uuid.UUID, at: datetime) -> list[Person]:
    """Who cares for the patient now, by name."""
    found = session.scalars(
        select(Person)
        .join(CareLink, CareLink.physio_id == Person.id)
        .where(CareLink.patient_id == patient_id, holds(at))
    )
    return sorted(found, key=lambda each: each.name.casefold())


# Consent


def names_of(session: Session, ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID | None, str]:
    """The names of these people, in one statement; None and whoever is gone are left out."""
    wanted = set(ids) - {None}
    if not wanted:
        return {}
    return {row.id: row.name for row in session.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))}


def has_consent(session: Session, person_id: uuid.UUID, kind: str) -> bool:
    """Whether the person agrees to this now."""
    return kind in consents_of(session, person_id)


def consents_of(session: Session, person_id: uuid.UUID) -> dict[str, datetime]:
    """What the person agrees to now, and since when."""
    rows = session.execute(
        select(Consent.kind, Consent.granted_at).where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
    )
    return {kind: granted_at for kind, granted_at in rows}  # noqa: C416  # dict(rows) would hide what the pairs are


def set_consent(session: Session, whom: Person, kind: ConsentKind, *, agrees: bool, at: datetime) -> bool:
    """Agree or take back; whether that changed anything. Only ever about oneself."""
    if agrees == has_consent(session, whom.id, kind):
        return False
    if agrees:
        session.add(Consent(person_id=whom.id, kind=kind, granted_at=at))
        session.flush()
    else:
        changed(
            session,
            update(Consent)
            .where(Consent.person_id == whom.id, Consent.kind == kind, Consent.withdrawn_at.is_(None))
            .values(withdrawn_at=at),
        )
    action = "consent.granted" if agrees else "consent.withdrawn"
    record_audit(session, actor=whom, patient=whom, action=action, subject=f"consent:{kind}", at=at)
    return True


# Audit


def record_audit(
    session: Session,
    *,
    actor: Person | None,
    patient: Person | uuid.UUID | None,
    action: str,
    subject: str,
    at: datetime,
    detail: dict[str, Any] | None = None,
    clinic_id: uuid.UUID | None = None,
) -> None:
    """Add a line to the audit trail, in the transaction of what it tells about. `actor` None: the system itself.
    `clinic_id`: whose trail it is, where neither the actor nor the patient says it.
    """
    session.add(
        AuditEvent(
            at=at,
            clinic_id=clinic_id or _clinic_of(session, actor, patient),
            actor_id=actor.id if actor else None,
            patient_id=patient.id if isinstance(patient, Person) else patient,
            action=action,
            subject=subject,
            detail=detail,
        )
    )
    session.flush()


def audit_details(session: Session, actor: Person, action: str, *, since: datetime) -> list[dict[str, Any]]:
    """The details of what somebody has done since an instant, of one kind."""
    wanted = select(AuditEvent.detail).where(
        AuditEvent.actor_id == actor.id, AuditEvent.action == action, AuditEvent.at > since
    )
    return [detail for detail in session.scalars(wanted) if detail]


def _clinic_of(session: Session, actor: Person | None, patient: Person | uuid.UUID | None) -> uuid.UUID | None:
    """Whose trail a line belongs to: the clinic of whoever acts, else of the record."""
    if actor is not None:
        return actor.clinic_id
    whose = patient if patient is None or isinstance(patient, Person) else session.get(Person, patient)
    return whose.clinic_id if whose is not None else None


def audit_count(session: Session) -> int:
    """How many lines the audit trail has."""
    return session.scalar(select(func.count()).select_from(AuditEvent)) or 0
