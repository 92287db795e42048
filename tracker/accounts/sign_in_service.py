"""Use cases of signing in: the throttle, the server-side session, the second factor, and clearing up afterwards.

Nothing here commits. A try is written down *before* the secret is looked at, and the caller commits it at once: a
hundred tries at the same moment then count each other.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pyotp
from sqlalchemy import delete, select, update

from tracker.accounts.models import Invitation, Person, RecoveryCode, Role, SignInAttempt, SignInSession
from tracker.accounts.rules import (
    PER_ACCOUNT,
    PER_ADDRESS,
    TOUCH_EVERY,
    Lifetime,
    ThrottleRule,
    session_is_alive,
    wait_after,
)
from tracker.accounts.service import LONGEST_TOKEN, changed, new_token, record_audit, token_hash
from tracker.db import Session, affected, blind_index

if TYPE_CHECKING:
    import uuid
    from collections.abc import Sequence
    from datetime import datetime

    from tracker.settings import Settings

BETWEEN_FACTORS: Final = timedelta(minutes=10)
"""How long the second factor may take after the password."""

KEPT_AFTER_END: Final = timedelta(days=7)
"""Ended sessions and closed links stay this long before they are deleted, to answer "was that me?"."""

RECOVERY_CODES: Final = 10
_TOTP_STEP_S: Final = 30
_RECOVERY_BYTES: Final = 10


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long people stay signed in: staff shortly, because their screen shows many records."""

    staff: Lifetime
    patient: Lifetime

    @classmethod
    def from_settings(cls, settings: Settings) -> Lifetimes:
        return cls(
            staff=Lifetime(settings.staff_idle, settings.staff_absolute),
            patient=Lifetime(settings.patient_idle, settings.patient_absolute),
        )

    def of(self, person: Person) -> Lifetime:
        return self.staff if person.is_staff else self.patient


# Throttle


_MARK_LENGTH: Final = 16


def account_mark(session: Session, account: str) -> str:
    """A short keyed fingerprint of an account, for the cookie of a browser that knows it."""
    return blind_index(session, f"mark:{account}")[:_MARK_LENGTH]


def begin_attempt(session: Session, account: str, address: str, at: datetime) -> SignInAttempt:
    """Write down that somebody tries a secret of `account` from `address`. It counts as failed until settled."""
    attempt = SignInAttempt(
        account_hash=blind_index(session, f"account:{account}"),
        address_hash=blind_index(session, f"address:{address}"),
        at=at,
        outcome="failed",
    )
    session.add(attempt)
    session.flush()
    return attempt


def wait_before(session: Session, attempt: SignInAttempt, rule: ThrottleRule = PER_ACCOUNT) -> timedelta:
    """How long this try has to wait before its secret is looked at; zero: it may go on."""
    by_account = _failures(session, attempt, SignInAttempt.account_hash == attempt.account_hash, rule.window)
    by_address = _failures(session, attempt, SignInAttempt.address_hash == attempt.address_hash, PER_ADDRESS.window)
    return max(
        wait_after(by_account, attempt.at, rule),
        wait_after(by_address, attempt.at, PER_ADDRESS),
    )


def _failures(session: Session, attempt: SignInAttempt, whose: Any, window: timedelta) -> Sequence[datetime]:
    return session.scalars(
        select(SignInAttempt.at).where(
            whose,
            SignInAttempt.at > attempt.at - window,
            SignInAttempt.outcome == "failed",
            SignInAttempt.id != attempt.id,
        )
    ).all()


def settle_blocked(attempt: SignInAttempt) -> None:
    """The try was refused without looking; it does not make the wait longer."""
    attempt.outcome = "blocked"


def settle_succeeded(session: Session, attempt: SignInAttempt, *, forgive: bool = True) -> None:
    """The secret was right: earlier failures of this account are forgiven, those of the address stay. `forgive=False`
    where many people share the account: one of them must not wipe out the tries of another.
    """
    attempt.outcome = "succeeded"
    if not forgive:
        session.flush()
        return
    changed(
        session,
        update(SignInAttempt)
        .where(SignInAttempt.account_hash == attempt.account_hash, SignInAttempt.outcome == "failed")
        .values(outcome="forgiven"),
    )


# Sessions


def start(
    session: Session, person: Person, *, device: str, at: datetime, lifetimes: Lifetimes, complete: bool = True
) -> tuple[SignInSession, str]:
    """A new sign-in session and the token for its cookie. Always a new row and a new token: nothing to fixate.

    `complete=False`: the password was right, the second factor is still to come.
    """
    token = new_token()
    row = SignInSession(
        person_id=person.id,
        token_hash=token_hash(token),
        complete=complete,
        created_at=at,
        last_seen_at=at,
        expires_at=at + (lifetimes.of(person).absolute if complete else BETWEEN_FACTORS),
        device=device,
    )
    session.add(row)
    session.flush()
    if complete:
        _audit(session, person, "sign_in.succeeded", at)
    return row, token


def resume(
    session: Session, token: str, *, at: datetime, lifetimes: Lifetimes, complete: bool = True, touch: bool = True
) -> SignInSession | None:
    """The living session behind a cookie, or None; notes that it was used, unless nobody need be there (`touch`)."""
    if not token or len(token) > LONGEST_TOKEN:
        return None
    row = session.scalar(select(SignInSession).where(SignInSession.token_hash == token_hash(token)))
    if row is None or row.complete is not complete or not row.person.active:
        return None
    if not session_is_alive(
        last_seen=row.last_seen_at,
        expires=row.expires_at,
        revoked=row.revoked_at,
        idle=lifetimes.of(row.person).idle,
        now=at,
    ):
        return None
    if touch and at - row.last_seen_at >= TOUCH_EVERY:
        row.last_seen_at = at
        session.flush()
    return row


def end(session: Session, row: SignInSession, at: datetime) -> None:
    """Sign out: the cookie is worthless from now on."""
    changed(
        session,
        update(SignInSession)
        .where(SignInSession.id == row.id, SignInSession.revoked_at.is_(None))
        .values(revoked_at=at),
    )
    if row.complete:
        _audit(session, row.person, "sign_out", at)


def revoke(session: Session, person: Person, session_id: uuid.UUID, at: datetime) -> bool:
    """Sign out one of one's own browsers; whether there was one."""
    done = changed(
        session,
        update(SignInSession)
        .where(
            SignInSession.id == session_id,
            SignInSession.person_id == person.id,
            SignInSession.revoked_at.is_(None),
        )
        .values(revoked_at=at),
    )
    if done:
        _audit(session, person, "sign_in.revoked", at)
    return done


def living_sessions(session: Session, person: Person, at: datetime, lifetimes: Lifetimes) -> list[SignInSession]:
    """Where somebody is signed in now, last used first."""
    idle = lifetimes.of(person).idle
    return list(
        session.scalars(
            select(SignInSession)
            .where(
                SignInSession.person_id == person.id,
                SignInSession.complete,
                SignInSession.revoked_at.is_(None),
                SignInSession.expires_at > at,
                SignInSession.last_seen_at > at - idle,
            )
            .order_by(SignInSession.last_seen_at.desc())
        )
    )


# Second factor


def new_totp_secret() -> str:
    return pyotp.random_base32()


def totp_uri(secret: str, account: str) -> str:
    """What the QR code says to an authenticator app."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name="Rhomboid")


def matching_step(secret: str, code: str, at: datetime) -> int | None:
    """The 30-second step whose code this is; the one before and the one after count, for clocks that differ."""
    digits = "".join(code.split())
    totp = pyotp.TOTP(secret)
    now_step = int(at.timestamp()) // _TOTP_STEP_S
    fitting = [
        step
        for step in (now_step - 1, now_step, now_step + 1)
        if hmac.compare_digest(totp.generate_otp(step).encode(), digits.encode())
    ]
    return max(fitting, default=None)


def enrol(session: Session, person: Person, secret: str, code: str, at: datetime) -> list[str] | None:
    """Turn the second factor on, once a code proves that the app has the secret; returns the recovery codes."""
    step = matching_step(secret, code, at)
    if step is None:
        return None
    person.totp_secret = secret
    person.totp_last_step = step
    session.flush()
    _audit(session, person, "second_factor.on", at)
    return renew_recovery_codes(session, person)


def remove_second_factor(session: Session, person: Person, at: datetime) -> None:
    person.totp_secret = None
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    session.flush()
    _audit(session, person, "second_factor.off", at)


def renew_recovery_codes(session: Session, person: Person) -> list[str]:
    """Fresh recovery codes, shown once; the ones before stop working."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCode(person_id=person.id, code_hash=_recovery_hash(session, person, code)) for code in codes
    )
    session.flush()
    return codes


def use_second_factor(session: Session, person: Person, code: str, at: datetime) -> bool:
    """Whether the code is right and unused: from the app, or one of the recovery codes. Uses it up."""
    if person.totp_secret is None:
        return False
    step = matching_step(person.totp_secret, code, at)
    if step is not None:
        return changed(
            session,
            update(Person).where(Person.id == person.id, Person.totp_last_step < step).values(totp_last_step=step),
        )
    used = changed(
        session,
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person.id,
            RecoveryCode.code_hash == _recovery_hash(session, person, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=at),
    )
    if used:
        _audit(session, person, "recovery_code.used", at)
    return used


def _recovery_code() -> str:
    """80 random bits in four groups of four letters and digits."""
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def _recovery_hash(session: Session, person: Person, code: str) -> str:
    plain = "".join(char for char in code.casefold() if char.isalnum())
    return blind_index(session, f"recovery:{person.id}:{plain}")


# Clearing up


def clear_up(session: Session, at: datetime) -> int:
    """Delete what is over: ended sessions, old tries, closed links. Returns the number of rows."""
    ended = at - KEPT_AFTER_END
    return sum(
        affected(session, statement)
        for statement in (
            delete(SignInSession).where((SignInSession.expires_at < ended) | (SignInSession.revoked_at < ended)),
            delete(SignInAttempt).where(SignInAttempt.at < at - PER_ACCOUNT.window - KEPT_AFTER_END),
            delete(Invitation).where((Invitation.expires_at < ended) | (Invitation.used_at < ended)),
        )
    )


def audit_failure(session: Session, person: Person | None, at: datetime) -> None:
    """A wrong secret. Written for an unknown account as well: the same work, so the same time."""
    patient = person if person is not None and person.role == Role.PATIENT else None
    subject = f"person:{person.id}" if person else "unknown"
    # Nobody has acted yet, and a colleague's account is nobody's record: it is the account that says whose trail it is.
    clinic_id = person.clinic_id if person else None
    record_audit(
        session, actor=None, patient=patient, action="sign_in.failed", subject=subject, at=at, clinic_id=clinic_id
    )


def _audit(session: Session, person: Person, action: str, at: datetime) -> None:
    patient = person if person.role == Role.PATIENT else None
    record_audit(session, actor=person, patient=patient, action=action, subject=f"person:{person.id}", at=at)
