"""Use cases of the desk: keep minutes and baselines, read them back, settings and the present state. Takes a database
session and an instant; never commits.

Receiving is idempotent and does not depend on the order of arrival. A minute of a watcher exists once; of two reports
the fuller one is kept, by one upsert whose condition is `rules.fullness` in SQL. So a program may send again whatever
it is not sure about, and two processes may send the same minutes at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select, tuple_, update

from tracker.accounts.access import NotFound
from tracker.accounts.models import ConsentKind
from tracker.accounts.service import audit_details, changed, record_audit
from tracker.clock import local_date
from tracker.db import insert_into, table_of
from tracker.posture import pairing_service, rules
from tracker.posture.models import PostureBaseline, PostureMinute, PostureSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.accounts.models import Person
    from tracker.posture.documents import BaselineDoc
    from tracker.posture.models import Watcher

MOST_MINUTES: Final = 200_000
"""Minutes kept of one person within the last five weeks: four watchers that never rest. More is a script that fills the
disk."""
MOST_BASELINES_A_DAY: Final = 60
MOST_BASELINES: Final = 1_000
"""Of one person altogether: when they were made is for whoever sends them to say."""
MOST_PLACES: Final = 20
"""The places calibrated last; more are kept but not offered."""
_LOOK_BACK: Final = timedelta(hours=26)
"""A local day has begun at most this long before any instant of it."""


class TooManyError(Exception):
    """This person has sent more than anybody can; later it is taken again."""


# ---------------------------------------------------------------------------------------------- minutes


def receive_minutes(
    session: Session, *, patient: Person, watcher: Watcher, minutes: Iterable[rules.Minute], received_at: datetime
) -> int:
    """Keep minutes of a watcher of this patient; how many are new or say more than what was there. Those that cannot be
    believed have been left out already (`rules.problem_of`). Raises TooManyError.
    """
    erased = erased_at(session, patient.id)
    told = [each for each in rules.fullest(minutes) if erased is None or each.starts_at >= erased]
    if not told:
        return 0
    if _minutes_lately(session, patient.id, received_at) + len(told) > MOST_MINUTES:
        raise TooManyError
    days = {minute.starts_at: local_date(minute.starts_at, patient.time_zone) for minute in told}
    fresh_days = set(days.values()) - _days_known(session, watcher.id, told)
    rows = [
        {
            **{name: getattr(minute, name) for name in ("starts_at", *_TOLD)},
            "watcher_id": watcher.id,
            "patient_id": patient.id,
            "local_date": days[minute.starts_at],
            "received_at": received_at,
        }
        for minute in told
    ]
    kept = _upsert_minutes(session, rows)
    _begin(session, patient.id, min(days.values()), received_at)
    for day in sorted(fresh_days):
        # Once a day and watcher: a line for each minute would bury the rest of the trail.
        record_audit(
            session,
            actor=patient,
            patient=patient,
            action="minutes.received",
            subject=f"watcher:{watcher.id}",
            at=received_at,
            detail={"day": day.isoformat()},
        )
    return kept


_TOLD: Final = (
    "comfort_s",
    "slouch_s",
    "away_s",
    "unknown_s",
    "changes",
    "stands",
    "movement",
    "still_s",
    "score",
    "view",
    "baseline_id",
)
"""What a minute says, by the names that `rules.Minute` and the table share."""


def _upsert_minutes(session: Session, rows: Sequence[Mapping[str, Any]]) -> int:
    """Rows in the order of time, so that two processes wait for each other instead of locking crosswise."""
    there = table_of(PostureMinute).c
    statement = insert_into(session, PostureMinute)
    new = statement.excluded
    statement = statement.on_conflict_do_update(
        index_elements=["watcher_id", "starts_at"],
        set_={name: new[name] for name in (*_TOLD, "received_at")},
        where=_fullness(new) > _fullness(there),
    )
    return len(session.execute(statement.returning(there.starts_at), [dict(row) for row in rows]).all())


def _fullness(column: Any) -> Any:
    """`rules.fullness` of a row."""
    return tuple_(
        column.comfort_s + column.slouch_s + column.away_s + column.unknown_s,
        column.comfort_s + column.slouch_s,
        column.comfort_s,
        column.away_s,
        column.changes,
        column.stands,
        column.still_s,
        column.movement,
        func.coalesce(column.score, -1),
        func.coalesce(column.view, ""),
        func.coalesce(column.baseline_id, rules.NO_BASELINE, type_=column.baseline_id.type),
    )


def _minutes_lately(session: Session, patient_id: UUID, at: datetime) -> int:
    since = (at - rules.OLDEST - timedelta(days=1)).date()
    lately = select(func.count()).where(PostureMinute.patient_id == patient_id, PostureMinute.local_date >= since)
    return session.scalar(lately) or 0


def _days_known(session: Session, watcher_id: UUID, told: Sequence[rules.Minute]) -> set[date]:
    """The local days of which this watcher has told something, around what it tells now."""
    around = PostureMinute.starts_at.between(told[0].starts_at - _LOOK_BACK, told[-1].starts_at + _LOOK_BACK)
    wanted = select(PostureMinute.local_date).where(PostureMinute.watcher_id == watcher_id, around)
    return set(session.scalars(wanted.distinct()))


def _begin(session: Session, patient_id: UUID, day: date, at: datetime) -> None:
    """The first day at the desk, whatever comes in first."""
    if (began_on := settings_of(session, patient_id).began_on) is not None and began_on <= day:
        return
    _make_settings(session, patient_id, at)
    changed(
        session,
        update(PostureSettings)
        .where(
            PostureSettings.patient_id == patient_id,
            PostureSettings.began_on.is_(None) | (PostureSettings.began_on > day),
        )
        .values(began_on=day),
    )


def forget_before(session: Session, patient_id: UUID, at: datetime) -> None:
    """Everything measured until now is erased: it begins anew, and what watchers still hold does not come back."""
    _make_settings(session, patient_id, at)
    erased = update(PostureSettings).where(PostureSettings.patient_id == patient_id)
    changed(session, erased.values(began_on=None, erased_at=at, changed_at=at))


def erased_at(session: Session, patient_id: UUID) -> datetime | None:
    """What was measured before this instant, the person has erased."""
    return session.scalar(select(PostureSettings.erased_at).where(PostureSettings.patient_id == patient_id))


def is_erased(session: Session, patient_id: UUID, measured_at: datetime) -> bool:
    """Whether the person has erased what was measured then."""
    erased = erased_at(session, patient_id)
    return erased is not None and measured_at < erased


def minutes_of(session: Session, patient_id: UUID, first: date, last: date) -> list[rules.Minute]:
    """The minutes of these local days, each once, whoever watched (`rules.merge`), in the order of time."""
    rows = session.execute(
        select(PostureMinute.starts_at, *(getattr(PostureMinute, name) for name in _TOLD)).where(
            PostureMinute.patient_id == patient_id, PostureMinute.local_date.between(first, last)
        )
    )
    return rules.merge(rules.Minute(starts_at, *told) for starts_at, *told in rows)


# ---------------------------------------------------------------------------------------------- baselines


def receive_baseline(session: Session, *, patient: Person, document: BaselineDoc, source: str, at: datetime) -> bool:
    """Keep one calibration; whether it was new. Raises TooManyError, and NotFound when the id is somebody else's."""
    _check_room(session, patient.id, at)
    # A clock that is ahead must not make this the newest for ever.
    made_at = min(document.made_at, at)
    if is_erased(session, patient.id, made_at):
        return False
    row = {
        "id": document.id,
        "patient_id": patient.id,
        "place_id": document.place,
        "place_name": document.name,
        "camera": document.camera,
        "view": document.view,
        "confidence": document.confidence,
        "engine_version": document.engine_version,
        "document": document.kept(),
        "source": source,
        "made_at": made_at,
        "forgotten_at": _forgotten_since(session, patient.id, document.place, made_at),
    }
    statement = insert_into(session, PostureBaseline).on_conflict_do_nothing(index_elements=["id"])
    created = bool(session.execute(statement.returning(table_of(PostureBaseline).c.id), row).all())
    if not created:
        _own_baseline(session, patient.id, document.id)
        return False
    subject = f"baseline:{document.id}"
    record_audit(session, actor=patient, patient=patient, action="baseline.received", subject=subject, at=at)
    return True


def _check_room(session: Session, patient_id: UUID, at: datetime) -> None:
    lately = PostureBaseline.made_at > at - timedelta(days=1)
    count = select(func.count(), func.count().filter(lately)).where(PostureBaseline.patient_id == patient_id)
    altogether, today = session.execute(count).one()
    if altogether >= MOST_BASELINES or today >= MOST_BASELINES_A_DAY:
        raise TooManyError


def _own_baseline(session: Session, patient_id: UUID, baseline_id: UUID) -> None:
    if session.scalar(select(PostureBaseline.patient_id).where(PostureBaseline.id == baseline_id)) != patient_id:
        raise NotFound


def _forgotten_since(session: Session, patient_id: UUID, place_id: UUID, made_at: datetime) -> datetime | None:
    """When the place was removed after this calibration was made: one that arrives late does not bring it back."""
    return session.scalar(
        select(func.max(PostureBaseline.forgotten_at)).where(
            PostureBaseline.patient_id == patient_id,
            PostureBaseline.place_id == place_id,
            PostureBaseline.forgotten_at >= made_at,
        )
    )


def baselines_of(session: Session, patient_id: UUID) -> list[PostureBaseline]:
    """The newest calibration of each place that was not removed, the newest place first."""
    newest: dict[UUID, PostureBaseline] = {}
    rows = session.scalars(
        select(PostureBaseline)
        .where(PostureBaseline.patient_id == patient_id, PostureBaseline.forgotten_at.is_(None))
        .order_by(PostureBaseline.made_at.desc(), PostureBaseline.id.desc())
    )
    for row in rows:
        newest.setdefault(row.place_id, row)
    return list(newest.values())[:MOST_PLACES]


def forget_place(session: Session, *, patient: Person, place_id: UUID, at: datetime) -> None:
    """Stop using a place; what was measured there stays. Raises NotFound where this patient has no such place."""
    there = changed(
        session,
        update(PostureBaseline)
        .where(
            PostureBaseline.patient_id == patient.id,
            PostureBaseline.place_id == place_id,
            PostureBaseline.forgotten_at.is_(None),
        )
        .values(forgotten_at=at),
    )
    if not there:
        raise NotFound
    record_audit(session, actor=patient, patient=patient, action="place.forgotten", subject=f"place:{place_id}", at=at)


# ---------------------------------------------------------------------------------------------- settings and state


def settings_of(session: Session, patient_id: UUID) -> rules.Settings:
    """How somebody wants to be told; `rules.DEFAULTS` for who has chosen nothing."""
    row = session.get(PostureSettings, patient_id, populate_existing=True)
    if row is None:
        return rules.DEFAULTS
    return rules.Settings(**{name: getattr(row, name) for name in rules.Settings.__slots__})


def change_settings(session: Session, *, patient: Person, wanted: Mapping[str, Any], at: datetime) -> rules.Settings:
    """Change some of the settings, by their names in `rules.Settings`; the others stay as they are.

    Raises ValueError for a value outside the bounds of `rules.checked`.
    """
    values = rules.checked(wanted, at)
    # A program may say the same every few seconds: that writes nothing, and waits for nobody.
    if not rules.really_changed(settings_of(session, patient.id), values, at):
        return settings_of(session, patient.id)
    _make_settings(session, patient.id, at)
    session.get_one(PostureSettings, patient.id, populate_existing=True, with_for_update=True)
    different = rules.really_changed(settings_of(session, patient.id), values, at)
    changed(
        session,
        update(PostureSettings).where(PostureSettings.patient_id == patient.id).values(**values, changed_at=at),
    )
    if different - _settings_told(session, patient, at):
        record_audit(
            session,
            actor=patient,
            patient=patient,
            action=_SETTINGS_CHANGED,
            subject="patient",
            at=at,
            detail={"changed": sorted(different)},
        )
    return settings_of(session, patient.id)


_SETTINGS_CHANGED: Final = "posture.settings"
_TELL_AGAIN: Final = timedelta(days=1)


def _settings_told(session: Session, patient: Person, at: datetime) -> set[str]:
    """The settings whose change is in the trail already, within the last day.

    Pausing, snoozing and quiet are switches that a program turns as often as it likes, and nobody but the person and
    their programs can turn them. So each setting makes one line a day: a handful altogether, whatever a program does.
    More would bury who has looked at the record, and would say nothing, because no line says to what it was changed.
    """
    lately = audit_details(session, patient, _SETTINGS_CHANGED, since=at - _TELL_AGAIN)
    return {name for detail in lately for name in detail.get("changed", ())}


def _make_settings(session: Session, patient_id: UUID, at: datetime) -> None:
    """Make sure that there is a row."""
    statement = insert_into(session, PostureSettings).on_conflict_do_nothing(index_elements=["patient_id"])
    session.execute(statement, {"patient_id": patient_id, "changed_at": at})


# ---------------------------------------------------------------------------------------------- what others cause


def consent_withdrawn(session: Session, person_id: UUID, kind: str, at: datetime) -> None:
    """Without the consent to the camera nothing watches: computers are disconnected, an open code is worthless."""
    if kind == ConsentKind.CAMERA:
        pairing_service.disconnect_all(session, person_id, at, action="computer.revoked")


def password_changed(session: Session, person_id: UUID, at: datetime) -> None:
    """Whoever had got hold of the password may have connected a computer of theirs with it."""
    pairing_service.disconnect_all(session, person_id, at, action="computer.revoked")
