"""Use cases of the diary: keep what a person tells, and read it back. Takes a database session and an instant; never
commits.

Receiving is idempotent by the document's id. Rows are never changed: telling an entry again, with the same `entry_id`,
adds a version. An id that comes back with other answers is no repetition, so it becomes a version of its own rather
than being dropped. Nothing that holds a red flag is refused for being late (`rules_timing`).

Whoever calls `receive` also calls `tracker.web.context.record_changed` in the same transaction: the evaluation belongs
to escalation, which the diary does not know.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid5

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from tracker.accounts.access import NotFound, shares
from tracker.accounts.service import physios_of, record_audit
from tracker.clock import local_date
from tracker.diary import rules_timing
from tracker.diary.documents import IntakeAnswers, with_words, without_words
from tracker.diary.models import CheckIn, DiarySettings, Episode
from tracker.diary.rules import DiaryDay, Entry, days_of, in_force
from tracker.diary.rules_timing import DAILY, DueFacts, Rhythm, Spell, timing
from tracker.regimen.rules_levels import Level
from tracker.regimen.service import standing_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from tracker.accounts.models import Person
    from tracker.diary.documents import CheckInDoc
    from tracker.diary.rules_flags import FlagAnswer

MOST_VERSIONS_A_DAY: Final = 200
"""New versions taken from one person within 24 hours: weeks without a connection fit, a script that fills the disk does
not. Twice as many when there is a red flag in it, so that nobody uses up the place of an emergency."""

_NEW_SPELL_AFTER: Final = timedelta(days=28)
"""An intake that says the pain began so much later than the last one did tells of another spell of pain."""


class RejectedError(ValueError):
    """The entry cannot be kept; `fields` maps a field's path to the key of a sentence (texts.PROBLEMS)."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(", ".join(f"{field}: {key}" for field, key in fields.items()))
        self.fields = dict(fields)


class TooManyError(Exception):
    """This person has told more within a day than anybody can; later ones are taken again."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a document. `created`: it was new. `news`: the red flags that no earlier version of this entry
    had. `late`: it is about an earlier day than the one it reached us on. `counts`: False when it came so late that
    only its red flags are used.
    """

    id: UUID
    entry_id: UUID
    form: str
    created: bool
    late: bool
    counts: bool = True
    news: Mapping[str, FlagAnswer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Activity:
    """One of the person's own activities."""

    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What a person's diary asks: how often, and about which activities."""

    rhythm: Rhythm = field(default_factory=Rhythm)
    activities: tuple[Activity, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """The answers of the intake that hold. None is *not answered*. `goals` are the person's own words."""

    entry: Entry
    average_7d: int | None
    worst_7d: int | None
    began_on: date | None
    examined: bool | None
    examined_on: date | None
    age_band: str | None
    causes: tuple[str, ...]
    symptoms: tuple[str, ...]
    kit: tuple[str, ...]
    work: str | None
    cautions: tuple[str, ...]
    goals: str | None

    @property
    def complete(self) -> bool:
        """Whether there is more than the red-flag screen."""
        return None not in {self.average_7d, self.began_on, self.examined}


# ---------------------------------------------------------------------------------------------- receiving


def receive(session: Session, *, patient: Person, document: CheckInDoc, received_at: datetime) -> Saved:
    """Keep one version of an entry. Sending it again changes nothing.

    Raises RejectedError, TooManyError, and NotFound when an id belongs to somebody else.
    """
    before = _versions_of(session, patient, document)
    answers, words = without_words(document.answers.stored())
    identity, known = _identity(session, patient, document, answers, words)
    if known is not None:
        return Saved(known.id, known.entry_id, known.form, created=False, late=known.late, counts=known.counts)
    row = version_row(patient, document, received_at, identity)
    _check(session, patient, document, local_date(received_at, patient.time_zone))
    created = _add(session, row)
    if not created:
        # Somebody was faster with this id by a moment. Only when they said the same is this no news.
        identity, known = _identity(session, patient, document, answers, words)
        row = version_row(patient, document, received_at, identity)
        created = known is None and _add(session, row)
    if not created:
        return Saved(identity, document.entry_id, document.form, created=False, late=row.late, counts=row.counts)
    _refuse_a_flood(session, patient.id, received_at, flag=document.answers.has_red_flag)
    _keep_what_follows(session, patient, document, received_at)
    record_audit(
        session,
        actor=patient,
        patient=patient,
        action="check_in.changed" if before else "check_in.received",
        subject=str(document.entry_id),
        at=received_at,
    )
    told = {code: answer for version in before for code, answer in version.flags.items()}
    news = {code: answer for code, answer in _entry(row).flags.items() if told.get(code) != answer}
    return Saved(row.id, row.entry_id, row.form, created=True, late=row.late, counts=row.counts, news=news)


def version_row(patient: Person, document: CheckInDoc, received_at: datetime, identity: UUID) -> CheckIn:
    """The row of one version of an entry. Raises RejectedError where its day cannot be."""
    judged = timing(
        local_date=document.local_date,
        answered_at=document.answered_at,
        answered_on=local_date(document.answered_at, patient.time_zone),
        received_at=received_at,
        received_on=local_date(received_at, patient.time_zone),
        flag=document.answers.has_red_flag,
    )
    if judged.problem is not None:
        raise RejectedError({"local_date": judged.problem})
    answers, words = without_words(document.answers.stored())
    return CheckIn(
        id=identity,
        entry_id=document.entry_id,
        patient_id=patient.id,
        form=document.form,
        local_date=judged.local_date,
        time_zone=patient.time_zone,
        answered_at=judged.answered_at,
        received_at=received_at,
        late=judged.late,
        counts=judged.counts,
        source=document.source,
        session_id=document.session_id,
        answers=answers,
        words=words,
        note=document.note or None,
    )


def _versions_of(session: Session, patient: Person, document: CheckInDoc) -> list[Entry]:
    """The versions of this entry so far."""
    rows = session.scalars(select(CheckIn).where(CheckIn.entry_id == document.entry_id)).all()
    if any(row.patient_id != patient.id for row in rows):
        raise NotFound
    if any(row.form != document.form for row in rows):
        raise RejectedError({"entry_id": "another_form"})
    return [_entry(row) for row in rows]


def _identity(
    session: Session, patient: Person, document: CheckInDoc, answers: Mapping[str, Any], words: str | None
) -> tuple[UUID, CheckIn | None]:
    """The id under which to keep this document, and the row when it is known already."""
    for identity in (document.id, _id_by_content(document, answers, words)):
        row = session.get(CheckIn, identity)
        if row is None:
            return identity, None
        if row.patient_id != patient.id:
            raise NotFound
        same = (row.entry_id, row.answers, row.words, row.note) == (
            document.entry_id,
            answers,
            words,
            document.note or None,
        )
        if same:
            return identity, row
    return _id_by_content(document, answers, words), row


def _id_by_content(document: CheckInDoc, answers: Mapping[str, Any], words: str | None) -> UUID:
    content = [str(document.entry_id), answers, words, document.note or None]
    return uuid5(document.id, json.dumps(content, sort_keys=True))


def _check(session: Session, patient: Person, document: CheckInDoc, received_on: date) -> None:
    """What must fit to the rest of the record."""
    fields: dict[str, str] = {}
    answers = document.answers
    if isinstance(answers, IntakeAnswers):
        latest = received_on + timedelta(days=1)
        fields |= {
            f"answers.{name}": "began_later"
            for name in ("began_on", "examined_on")
            if (getattr(answers, name) or latest) > latest
        }
    if document.form == "fortnight":
        mine = {activity.id for activity in activities_of(session, patient.id)}
        scored = getattr(answers, "activities", ())
        if any(each.id not in mine and each.words is None for each in scored):
            fields["answers.activities"] = "unknown_activity"
    if fields:
        raise RejectedError(fields)


def _add(session: Session, row: CheckIn) -> bool:
    """Whether it was new: the same document may be arriving twice at once."""
    try:
        with session.begin_nested():
            session.add(row)
            session.flush()
    except IntegrityError:
        kept = session.get(CheckIn, row.id, populate_existing=True)
        if kept is None or kept.patient_id != row.patient_id:
            raise NotFound from None
        return False
    return True


def _refuse_a_flood(session: Session, patient_id: UUID, at: datetime, *, flag: bool) -> None:
    lately = CheckIn.received_at.between(at - timedelta(days=1), at)
    number = session.scalar(select(func.count()).where(CheckIn.patient_id == patient_id, lately)) or 0
    if number > MOST_VERSIONS_A_DAY * (2 if flag else 1):
        raise TooManyError


def _keep_what_follows(session: Session, patient: Person, document: CheckInDoc, at: datetime) -> None:
    """What an entry changes beside itself: the rhythm begins, a spell of pain is known, activities have names."""
    answers = document.answers
    if isinstance(answers, IntakeAnswers):
        _settings_row(session, patient, at)
        _keep_episode(session, patient, at)
        if answers.activities:
            save_activities(session, patient, [Activity(each.id, each.words) for each in answers.activities], at)
    if document.form == "fortnight":
        named = [Activity(each.id, each.words) for each in getattr(answers, "activities", ()) if each.words]
        if named:
            known = {activity.id: activity for activity in activities_of(session, patient.id)}
            save_activities(session, patient, list((known | {each.id: each for each in named}).values()), at)


# ---------------------------------------------------------------------------------------------- reading


def _entry(row: CheckIn) -> Entry:
    return Entry(
        id=row.id,
        entry_id=row.entry_id,
        form=row.form,
        local_date=row.local_date,
        answered_at=row.answered_at,
        received_at=row.received_at,
        answers=with_words(row.answers, row.words),
        counts=row.counts,
        late=row.late,
        session_id=row.session_id,
        note=row.note,
        time_zone=row.time_zone,
    )


def all_versions(
    session: Session, patient_id: UUID, since: date | None = None, *, forms: Collection[str] | None = None
) -> list[Entry]:
    """Every version of every entry about `since` or later, in the order in which they were answered."""
    wanted = select(CheckIn).where(CheckIn.patient_id == patient_id)
    if since is not None:
        wanted = wanted.where(CheckIn.local_date >= since)
    if forms is not None:
        wanted = wanted.where(CheckIn.form.in_(forms))
    rows = session.scalars(wanted.order_by(CheckIn.answered_at, CheckIn.received_at, CheckIn.id))
    return [_entry(row) for row in rows]


def entries_in_force(
    session: Session, patient_id: UUID, *, forms: Collection[str] | None = None, since: date | None = None
) -> list[Entry]:
    """The version of each entry that holds, oldest day first."""
    return list(in_force(all_versions(session, patient_id, since, forms=forms)))


def entry_of(session: Session, patient_id: UUID, entry_id: UUID) -> Entry:
    """The version of one entry that was told last; raises NotFound for somebody else's."""
    rows = session.scalars(select(CheckIn).where(CheckIn.entry_id == entry_id, CheckIn.patient_id == patient_id))
    versions = sorted((_entry(row) for row in rows), key=lambda entry: entry.order)
    if not versions:
        raise NotFound
    return versions[-1]


def version_of(session: Session, patient_id: UUID, version_id: UUID) -> Entry:
    """One version; raises NotFound for somebody else's."""
    row = session.get(CheckIn, version_id)
    if row is None or row.patient_id != patient_id:
        raise NotFound
    return _entry(row)


def flags_of(document: CheckInDoc) -> dict[str, FlagAnswer]:
    """The red flags of a document, before anything is stored."""
    return Entry(
        document.id, document.entry_id, document.form, document.local_date, document.answered_at, document.answered_at,
        document.answers.stored(),
    ).flags  # fmt: skip


def medicine_names(session: Session, patient_id: UUID) -> tuple[str, ...]:
    """The medicines of the last weekly entries, the newest first: nobody writes them anew each week."""
    names: dict[str, None] = {}
    for entry in entries_in_force(session, patient_id, forms=("weekly",))[:-9:-1]:
        names |= dict.fromkeys(each["name"] for each in entry.answers.get("medicines") or ())
    return tuple(names)


def day_facts(session: Session, patient: Person, since: date | None = None) -> Mapping[date, DiaryDay]:
    """What every local day was (`rules.days_of`)."""
    return days_of(versions_without_words(session, patient.id, *([CheckIn.local_date >= since] if since else [])))


def versions_without_words(session: Session, patient_id: UUID, *only: ColumnElement[bool]) -> list[Entry]:
    """Every version of every entry in one statement, as escalation reads it on each check-in: nothing that the person
    wrote is deciphered.
    """
    return versions_of_people(session, [patient_id], *only).get(patient_id, [])


def versions_of_people(
    session: Session, patient_ids: Collection[UUID], *only: ColumnElement[bool]
) -> dict[UUID, list[Entry]]:
    """The same for several people at once; whoever has told nothing is left out."""
    rows = session.execute(
        select(
            CheckIn.patient_id,
            CheckIn.id,
            CheckIn.entry_id,
            CheckIn.form,
            CheckIn.local_date,
            CheckIn.answered_at,
            CheckIn.received_at,
            CheckIn.answers,
            CheckIn.counts,
            CheckIn.late,
            CheckIn.session_id,
        ).where(CheckIn.patient_id.in_(patient_ids), *only)
    )
    found: dict[UUID, list[Entry]] = {}
    for patient_id, *version in rows:
        found.setdefault(patient_id, []).append(Entry(*version))
    return found


def intake_of(session: Session, patient_id: UUID) -> Intake | None:
    """The newest intake that goes beyond the red-flag screen, else the newest screen; None before any."""
    entries = entries_in_force(session, patient_id, forms=("intake",))
    if not entries:
        return None
    entries.sort(key=lambda entry: entry.order)
    full = [entry for entry in entries if entry.answers.get("average_7d") is not None]
    return _intake((full or entries)[-1])


def _intake(entry: Entry) -> Intake:
    told = IntakeAnswers.model_validate({**entry.answers, "activities": []})
    return Intake(
        entry=entry,
        average_7d=told.average_7d,
        worst_7d=told.worst_7d,
        began_on=told.began_on,
        examined=told.examined,
        examined_on=told.examined_on or (entry.local_date if told.examined else None),
        age_band=told.age_band,
        causes=tuple(told.causes),
        symptoms=tuple(told.symptoms),
        kit=tuple(told.kit),
        work=told.work,
        cautions=tuple(told.cautions),
        goals=entry.note,
    )


def cautions_of(session: Session, patient_id: UUID) -> frozenset[str]:
    """What the newest intake says that exercises have to be chosen with in mind (`rules_forms.CAUTIONS`)."""
    intake = intake_of(session, patient_id)
    return frozenset(intake.cautions) if intake else frozenset()


def cautions_since(session: Session, patient_id: UUID) -> dict[str, datetime | None]:
    """The same, each with the instant from which it has been here without being taken back."""
    now_told = cautions_of(session, patient_id)
    versions = sorted(all_versions(session, patient_id, forms=("intake",)), key=lambda entry: entry.order)
    # A screen for red flags alone asks for no cautions, and takes none back (as in `intake_of`).
    full = [entry for entry in versions if entry.answers.get("average_7d") is not None]
    since: dict[str, datetime | None] = dict.fromkeys(now_told)
    for flag in now_told:
        for entry in reversed(full or versions):
            if flag not in (entry.answers.get("cautions") or ()):
                break
            since[flag] = entry.received_at
    return since


def screened_on(session: Session, patient: Person) -> date | None:
    """The first day on which the red-flag screen of an intake was answered; None before that."""
    screens = [entry for entry in all_versions(session, patient.id, forms=("intake",)) if entry.screened]
    if screens:
        return min(local_date(entry.received_at, patient.time_zone) for entry in screens)
    standing = standing_of(session, patient.id)
    return local_date(standing.since, patient.time_zone) if standing and standing.intake_done else None


def watched(session: Session, patient: Person, at: datetime) -> bool:
    """Whether a physiotherapist is told what the diary says: there is one, and the person shares it."""
    return not patient.solo and shares(session, patient.id) and bool(physios_of(session, patient.id, at))


# ---------------------------------------------------------------------------------------------- episodes


def episode_of(session: Session, patient_id: UUID) -> Episode | None:
    """The spell of pain that is under way."""
    return session.scalars(
        select(Episode)
        .where(Episode.patient_id == patient_id, Episode.ended_on.is_(None))
        .order_by(Episode.began_on.desc(), Episode.created_at.desc())
        .limit(1)
    ).one_or_none()


def _keep_episode(session: Session, patient: Person, at: datetime) -> None:
    """Let the spell of pain agree with the newest intake. What a clinician has said about it stays."""
    intake = intake_of(session, patient.id)
    if intake is None or intake.began_on is None:
        return
    episode = episode_of(session, patient.id)
    if episode is not None and intake.began_on - episode.began_on > _NEW_SPELL_AFTER:
        episode.ended_on = intake.began_on - timedelta(days=1)
        episode = None
    if episode is None:
        episode = Episode(patient_id=patient.id, began_on=intake.began_on, created_at=at)
        session.add(episode)
    episode.began_on = intake.began_on
    if episode.review_on is None:
        episode.examined_on = intake.examined_on
    session.flush()


def set_examined(
    session: Session, patient: Person, examined_on: date | None, review_on: date | None, actor: Person, at: datetime
) -> Episode:
    """Note that a clinician has examined this spell of pain, and when it will be looked at again: from then on the time
    rules give way to that date. None takes the one or the other back.

    Of several examinations the first counts: a later one must not turn the weeks before it into weeks in which nobody
    had looked. To correct a first date to a later one, take it back first.
    """
    episode = episode_of(session, patient.id)
    if episode is None:
        episode = Episode(
            patient_id=patient.id, began_on=examined_on or local_date(at, patient.time_zone), created_at=at
        )
        session.add(episode)
    first = episode.examined_on
    episode.examined_on = min(first, examined_on) if first and examined_on else examined_on
    episode.review_on = review_on
    session.flush()
    record_audit(
        session, actor=actor, patient=patient, action="episode.examined", subject=f"episode:{episode.id}", at=at
    )
    return episode


# ---------------------------------------------------------------------------------------------- settings


def _settings_row(session: Session, patient: Person, at: datetime) -> DiarySettings:
    row = session.get(DiarySettings, patient.id)
    if row is None:
        with suppress(IntegrityError), session.begin_nested():
            today = local_date(at, patient.time_zone)
            session.add(DiarySettings(patient_id=patient.id, rhythm=DAILY, since=today, earlier=[]))
            session.flush()
        row = session.get_one(DiarySettings, patient.id)
    return row


def settings_of(session: Session, patient_id: UUID) -> Settings:
    """What this person's diary asks. Before the intake nothing is expected."""
    row = session.get(DiarySettings, patient_id)
    if row is None:
        return Settings()
    return Settings(_rhythm(row), _activities(row))


def _rhythm(row: DiarySettings) -> Rhythm:
    earlier = [Spell(date.fromisoformat(each["since"]), each["rhythm"]) for each in row.earlier]
    return Rhythm((*earlier, Spell(row.since, row.rhythm)))


def _activities(row: DiarySettings) -> tuple[Activity, ...]:
    return tuple(Activity(each["id"], each["words"]) for each in json.loads(row.activities or "[]"))


def activities_of(session: Session, patient_id: UUID) -> tuple[Activity, ...]:
    """The person's own activities, at most three."""
    return settings_of(session, patient_id).activities


def save_activities(session: Session, patient: Person, activities: Sequence[Activity], at: datetime) -> None:
    """Name the person's own activities; whoever keeps an id keeps the line of its scores."""
    row = _settings_row(session, patient, at)
    row.activities = json.dumps([{"id": each.id, "words": each.words} for each in activities[-3:]])
    session.flush()


def expected_days(settings: Settings, first: date, last: date) -> tuple[date, ...]:
    """The days between `first` and `last` (both included) on which a check-in is expected: daily, or three times a
    week, by the rhythm that was in force on each day. None before the intake.
    """
    return rules_timing.expected_days(settings.rhythm, first, last)


def choose_rhythm(session: Session, patient: Person, kind: str, at: datetime) -> bool:
    """From today on another rhythm; whether it was granted. Three times a week only where it may be offered."""
    row = _settings_row(session, patient, at)
    today = local_date(at, patient.time_zone)
    if _rhythm(row).kind_on(today) == kind:
        return True
    if kind != DAILY and not may_taper(session, patient, at):
        return False
    _change_rhythm(row, kind, today)
    record_audit(session, actor=patient, patient=patient, action="check_in.rhythm", subject=kind, at=at)
    return True


def _change_rhythm(row: DiarySettings, kind: str, on: date) -> None:
    spells = _rhythm(row).changed(kind, on).spells
    row.earlier = [{"rhythm": spell.kind, "since": spell.since.isoformat()} for spell in spells[:-1]]
    row.rhythm, row.since = spells[-1].kind, spells[-1].since


def return_to_daily(session: Session, patient: Person, at: datetime) -> bool:
    """After any L1 or more, daily check-ins again; whether that changed anything."""
    row = session.get(DiarySettings, patient.id)
    standing = standing_of(session, patient.id)
    today = local_date(at, patient.time_zone)
    if row is None or standing is None:
        return False
    if not rules_timing.must_return(_rhythm(row), level=Level(standing.level), today=today):
        return False
    _change_rhythm(row, DAILY, today)
    return True


def may_taper(session: Session, patient: Person, at: datetime) -> bool:
    """Whether three check-ins a week may be offered."""
    standing = standing_of(session, patient.id)
    if standing is None:
        return False
    today = local_date(at, patient.time_zone)
    first = today - timedelta(days=rules_timing.STABLE_DAYS - 1)
    answered = sum(day.complete for day in day_facts(session, patient, since=first).values())
    return rules_timing.may_taper(
        settings_of(session, patient.id).rhythm,
        level=Level(standing.level),
        steady_since=local_date(standing.since, patient.time_zone),
        today=today,
        answered=answered,
    )


# ---------------------------------------------------------------------------------------------- what is open


def open_mornings(session: Session, patient_id: UUID, session_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """These sessions of one day, unless the question on the morning after was answered for one of them: it is asked
    once a morning.
    """
    answered = session.scalar(
        select(CheckIn.id)
        .where(CheckIn.patient_id == patient_id, CheckIn.form == "morning", CheckIn.session_id.in_(session_ids))
        .limit(1)
    )
    return () if answered else tuple(session_ids)


def told_on(session: Session, patient: Person, day: date) -> bool:
    """Whether there is a complete check-in about this day."""
    found = day_facts(session, patient, since=day).get(day)
    return found is not None and found.complete


def forms_due(session: Session, patient: Person, at: datetime, mornings: Sequence[UUID] = ()) -> tuple[str, ...]:
    """The forms that are open now, the most important first. `mornings`: yesterday's sessions in which pain was told,
    which the caller knows.
    """
    today = local_date(at, patient.time_zone)
    standing = standing_of(session, patient.id)
    intake = intake_of(session, patient.id)
    settings = settings_of(session, patient.id)
    last = session.execute(
        select(CheckIn.form, func.max(CheckIn.local_date).label("newest"))
        .where(CheckIn.patient_id == patient.id, CheckIn.counts)
        .group_by(CheckIn.form)
    )
    day = day_facts(session, patient, since=today).get(today)
    return rules_timing.forms_due(
        DueFacts(
            today=today,
            started_on=screened_on(session, patient),
            intake_complete=intake is None or intake.complete,
            expected_today=settings.rhythm.began_on is None or rules_timing.is_expected(settings.rhythm, today),
            daily_done=day is not None and day.complete,
            locked=standing is not None and standing.locked,
            open_mornings=len(open_mornings(session, patient.id, mornings)),
            last={row.form: row.newest for row in last},
        )
    )
