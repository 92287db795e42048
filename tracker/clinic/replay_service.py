"""The stored joint positions of a set, for a clinician who reviews it. Never a pixel: there is none. Never commits.

They are shown only while the patient agrees to their being stored, and only until their time has come; both are asked
at the moment of showing, so nothing depends on a job having run. That the patient shares is asked at the door
(`accounts.access.patient_for`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from tracker.accounts import service as accounts
from tracker.accounts.access import NotFound
from tracker.accounts.models import ConsentKind
from tracker.clinic import rules_replay as rules
from tracker.training.models import SetResult, Track, TrainingSession
from tracker.training.rules import MANUAL_ENGINE
from tracker.training.tracks import read_header

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Kept:
    """Whether a set can be replayed (`standing` of rules_replay), and until when; `frames` is 0 where it cannot."""

    standing: str
    frames: int = 0
    expires_at: datetime | None = None

    @property
    def shown(self) -> bool:
        return self.standing == "kept"


def kept_of(session: Session, row: TrainingSession, *, at: datetime, kept: timedelta) -> dict[UUID, Kept]:
    """For each set of a session what is stored of it, in two statements; the positions themselves are not read."""
    consents = accounts.has_consent(session, row.patient_id, ConsentKind.LANDMARKS)
    stored = {
        set_id: (frames, expires_at)
        for set_id, frames, expires_at in session.execute(
            select(Track.set_id, Track.frames, Track.expires_at)
            .join(SetResult, SetResult.id == Track.set_id)
            .where(SetResult.session_id == row.id)
        )
    }
    return {each.id: _kept(each, stored.get(each.id), consents=consents, at=at, kept=kept) for each in row.sets}


def _kept(
    row: SetResult, stored: tuple[int, datetime] | None, *, consents: bool, at: datetime, kept: timedelta
) -> Kept:
    frames, expires_at = stored or (0, None)
    facts = rules.SetFacts(
        by_hand=row.engine_version == MANUAL_ENGINE,
        consents=consents,
        done_at=row.started_at,
        expires_at=expires_at if frames else None,
    )
    found = rules.standing(facts, at=at, kept=kept)
    return Kept(found, frames, expires_at) if found == "kept" else Kept(found)


def packed_track(session: Session, patient_id: UUID, session_id: UUID, set_id: UUID, *, at: datetime) -> bytes:
    """The joint positions of one set as they were packed (training/tracks.py).

    Raises NotFound where there is nothing to show to anybody now, and TrackError where what is stored cannot be read.
    """
    if not accounts.has_consent(session, patient_id, ConsentKind.LANDMARKS):
        raise NotFound
    blob = session.scalar(
        select(Track.blob)
        .join(SetResult, SetResult.id == Track.set_id)
        .join(TrainingSession, TrainingSession.id == SetResult.session_id)
        .where(
            Track.set_id == set_id,
            SetResult.session_id == session_id,
            TrainingSession.patient_id == patient_id,
            Track.expires_at > at,
        )
    )
    if blob is None:
        raise NotFound
    read_header(blob)
    return blob
