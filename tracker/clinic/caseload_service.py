"""The list of patients in the order of triage (CLINICAL 7.2), with what a row says (7.1). Never commits.

What decides order and filters is read for every patient (`everybody`); the figures of a row only for the rows that are
shown (`rows`). Both take a fixed number of statements, however many patients there are, and read nothing of what a
patient does not share. Details: docs/decisions/0033.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import case, func, select

from tracker.accounts.care_service import standing_in_for
from tracker.accounts.models import Person
from tracker.alerts.charts import sparkline
from tracker.alerts.models import Alert, AlertEvent
from tracker.alerts.rules import Family
from tracker.alerts.rules_workflow import settled_by_usual
from tracker.alerts.worklist_service import NO_CONTACT_DAYS, is_contact, lines_by_patient, severity_of
from tracker.clinic import message_service, note_service, proposal_service, rules
from tracker.clinic.models import Message, PatientNote
from tracker.clinic.service import LONG_WINDOW_DAYS, SHORT_WINDOW_DAYS, day_dots, sharing
from tracker.clock import local_date
from tracker.diary.models import CheckIn
from tracker.diary.rules import days_of
from tracker.diary.service import versions_of_people
from tracker.regimen import rules as plan_rules
from tracker.regimen.models import Plan, PlanRevision, Standing
from tracker.regimen.service import lock_of, patients_of, revisions_in_force
from tracker.training.models import SetResult, TrainingSession
from tracker.training.service import Overview, last_days, overviews, sets_done

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tracker.alerts.charts import Sparkline
    from tracker.alerts.worklist_service import AlertLine
    from tracker.clinic.service import Dot
    from tracker.diary.rules import DiaryDay
    from tracker.regimen.rules import Adherence, Prescribed, RevisionInForce

TREND_DAYS: Final = 14
"""Quality of the last fourteen days against the fourteen before."""
CALM_DAYS: Final = 14
"""CLINICAL 7.2: at most 3 of 10 for 14 days, before somebody may be ready for more, or for good-bye."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One patient, with what decides their place in the list and which filters they pass."""

    person: Person
    shares: bool
    alerts: tuple[AlertLine, ...]
    """What is open, the most urgent first."""
    standing: Standing | None
    last_session_on: date | None
    hurt: bool
    """A session of the last weeks hurt too much, whatever the rules made of it."""
    plan_since: date | None
    contact: datetime | None
    unread: int
    proposals: int
    standing_in: tuple[str, date] | None
    """Whom the reader stands in for, and until which day."""

    @property
    def alert(self) -> AlertLine | None:
        """The most urgent thing that is open."""
        return next(iter(self.alerts), None)

    @property
    def has_plan(self) -> bool:
        return self.plan_since is not None


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One line of the list. The figures are None or empty while the patient does not share them."""

    entry: Entry
    programme: tuple[Prescribed, ...]
    plan_number: int
    day_in_programme: int | None
    appointment: datetime | None
    today: date
    """The patient's own day, by which the days since are counted."""
    days_since_last: int | None
    days_since_check_in: int | None
    week: Adherence
    month: Adherence
    quality: float | None
    quality_change: float | None
    """Against the fortnight before; None where it is not more than the noise (`rules.QUALITY_NOISE`)."""
    partial_share: float | None
    flags: tuple[str, ...]
    dots: tuple[Dot, ...]
    pain: Pain
    sparkline: Sparkline | None
    red_flag_on: date | None
    ready: bool

    @property
    def id(self) -> UUID:
        return self.entry.person.id

    @property
    def name(self) -> str:
        return self.entry.person.name

    @property
    def shares(self) -> bool:
        return self.entry.shares

    @property
    def alert(self) -> AlertLine | None:
        return self.entry.alert

    @property
    def alerts(self) -> tuple[AlertLine, ...]:
        return self.entry.alerts

    @property
    def settled(self) -> list[Alert]:
        """What accepting a usual level closes (`workflow_service.closed_by_accepting`); it is said about the first."""
        return [line.alert for line in self.alerts if settled_by_usual(line.alert.family, line.alert.level)]

    @property
    def lock(self) -> str | None:
        """Why the exercises are locked (rules_levels.lock_reason)."""
        return lock_of(self.entry.standing)


@dataclass(frozen=True, slots=True)
class Pain:
    """The diary of the last weeks in numbers: means of 7 days, days of 28."""

    week: float | None = None
    rise: float | None = None
    interference: float | None = None
    high_days: int = 0
    told_days: int = 0
    medicine_days: int = 0


# ---------------------------------------------------------------------------------------------- everybody


def everybody(session: Session, physio: Person, at: datetime) -> list[Entry]:
    """Every patient of a physiotherapist in the order of triage."""
    people = patients_of(session, physio.id, at, with_closed=True)
    ids = [person.id for person in people]
    shared = sharing(session, ids)
    alerts = lines_by_patient(session, physio, at)
    standings = {row.patient_id: row for row in session.scalars(select(Standing).where(Standing.patient_id.in_(ids)))}
    trained = last_days(session, shared, since=at - timedelta(days=LONG_WINDOW_DAYS))
    plans = dict(_plans_since(session, ids))
    contacts = _contacts(session, ids)
    unread = message_service.unread_answers(session, ids)
    proposals = proposal_service.counts(session, shared)
    stand_ins = standing_in_for(session, physio, at)
    entries = [
        Entry(
            person=person,
            shares=person.id in shared,
            alerts=tuple(alerts.get(person.id, ())),
            standing=standings.get(person.id) if person.id in shared else None,
            last_session_on=trained[person.id][0] if person.id in trained else None,
            hurt=person.id in trained and trained[person.id][1] > 0,
            plan_since=local_date(plans[person.id], person.time_zone) if person.id in plans else None,
            contact=contacts.get(person.id),
            unread=unread.get(person.id, 0),
            proposals=proposals.get(person.id, 0),
            standing_in=stand_ins.get(person.id),
        )
        for person in people
    ]
    place = {patient_id: index for index, patient_id in enumerate(alerts)}
    return sorted(entries, key=lambda entry: (place.get(entry.person.id, len(place)), *_quiet_key(entry, at)))


def _quiet_key(entry: Entry, at: datetime) -> tuple[bool, float, float, str]:
    """The criteria of 7.2 that are left where nothing is open: severity, days since last contact, name. Whoever had to
    stop because of pain stands before them: the rules know of it only where a diary is kept.
    """
    days = NO_CONTACT_DAYS if entry.contact is None else (at - entry.contact).total_seconds() / 86400
    # To a tenth of a gate: what is less says nothing about whom to call first.
    return not entry.hurt, -round(severity_of(entry.standing), 1), -days, entry.person.name.casefold()


def _plans_since(session: Session, ids: Collection[UUID]) -> Iterable[tuple[UUID, datetime]]:
    """When the first plan of each patient was written; a plan without exercises counts, since it was one."""
    rows = session.execute(
        select(Plan.patient_id, func.min(PlanRevision.created_at))
        .join(PlanRevision, PlanRevision.plan_id == Plan.id)
        .where(Plan.patient_id.in_(ids))
        .group_by(Plan.patient_id)
    )
    return ((row[0], row[1]) for row in rows)


def _contacts(session: Session, ids: Collection[UUID]) -> dict[UUID, datetime]:
    """When somebody of the clinic and each patient last heard of each other: about an alert, a message, a call. A note
    that colleagues write for each other is none.
    """
    dealt = (
        select(Alert.patient_id, func.max(AlertEvent.at))
        .join(AlertEvent, AlertEvent.alert_id == Alert.id)
        .where(Alert.patient_id.in_(ids), is_contact())
        .group_by(Alert.patient_id)
    )
    wrote = (
        select(Message.patient_id, func.max(Message.sent_at))
        .where(Message.patient_id.in_(ids), Message.author_id != Message.patient_id)
        .group_by(Message.patient_id)
    )
    noted = (
        select(PatientNote.patient_id, func.max(PatientNote.at))
        .where(PatientNote.patient_id.in_(ids), PatientNote.kind == "call")
        .group_by(PatientNote.patient_id)
    )
    found: dict[UUID, datetime] = {}
    for wanted in (dealt, wrote, noted):
        for patient_id, when in session.execute(wanted):
            found[patient_id] = max(when, found.get(patient_id, when))
    return found


# ---------------------------------------------------------------------------------------------- rows


def rows(session: Session, entries: Sequence[Entry], at: datetime) -> list[PatientRow]:
    """The lines of these patients, in their order."""
    ids = [entry.person.id for entry in entries]
    shared = {entry.person.id for entry in entries if entry.shares}
    zones = {entry.person.id: entry.person.time_zone for entry in entries}
    known = _Known(
        plans=revisions_in_force(session, zones),
        # The patients' dates differ by a day at most; the window is widened by one on each side.
        done=sets_done(
            session,
            shared,
            first=at.date() - timedelta(days=LONG_WINDOW_DAYS + 1),
            last=at.date() + timedelta(days=1),
        ),
        overviews=overviews(session, shared, since=at - timedelta(days=LONG_WINDOW_DAYS)),
        told=_told(session, shared, at.date() - timedelta(days=LONG_WINDOW_DAYS)),
        appointments=note_service.next_appointments(session, ids, at),
        forms=dict(_forms(session, shared, at)),
        red_flags=dict(_red_flags(session, shared)),
    )
    return [_row(entry, known, at) for entry in entries]


@dataclass(frozen=True, slots=True)
class _Form:
    """How sets were done lately."""

    now: float | None
    before: float | None
    partial: int
    counted: int


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read for the rows of a page, by patient."""

    plans: Mapping[UUID, list[RevisionInForce]]
    done: Mapping[UUID, dict[date, dict[str, dict[str, int]]]]
    overviews: Mapping[UUID, Overview]
    told: Mapping[UUID, dict[date, DiaryDay]]
    appointments: Mapping[UUID, datetime]
    forms: Mapping[UUID, _Form]
    red_flags: Mapping[UUID, date]


def _told(session: Session, ids: Collection[UUID], since: date) -> dict[UUID, dict[date, DiaryDay]]:
    versions = versions_of_people(session, ids, CheckIn.form == "daily", CheckIn.local_date >= since)
    return {patient_id: days_of(entries) for patient_id, entries in versions.items()}


def _forms(session: Session, ids: Collection[UUID], at: datetime) -> Iterable[tuple[UUID, _Form]]:
    late = SetResult.started_at >= at - timedelta(days=TREND_DAYS)
    found = session.execute(
        select(
            TrainingSession.patient_id,
            func.avg(case((late, SetResult.quality))),
            func.avg(case((~late, SetResult.quality))),
            func.sum(SetResult.partial),
            func.sum(SetResult.count),
        )
        .join(TrainingSession.sets)
        .where(
            TrainingSession.patient_id.in_(ids),
            TrainingSession.started_at >= at - timedelta(days=2 * TREND_DAYS),
            TrainingSession.source != "manual",
        )
        .group_by(TrainingSession.patient_id)
    )
    return (
        (patient_id, _Form(_number(now), _number(before), int(partial or 0), int(counted or 0)))
        for patient_id, now, before, partial, counted in found
    )


def _number(value: object) -> float | None:
    return None if value is None else float(str(value))


def _red_flags(session: Session, ids: Collection[UUID]) -> Iterable[tuple[UUID, date]]:
    """The last day on which a warning sign was told, of whoever has told one."""
    found = session.execute(
        select(Alert.patient_id, func.max(Alert.first_day))
        .where(Alert.patient_id.in_(ids), Alert.family == Family.RED)
        .group_by(Alert.patient_id)
    )
    return ((row[0], row[1]) for row in found)


def _row(entry: Entry, known: _Known, at: datetime) -> PatientRow:
    person = entry.person
    today = local_date(at, person.time_zone)
    revisions = known.plans.get(person.id, [])
    done = known.done.get(person.id, {})
    overview = known.overviews.get(person.id, Overview())
    nothing = plan_rules.Adherence()
    month = plan_rules.adherence(revisions, done, last=today, days=LONG_WINDOW_DAYS) if entry.shares else nothing
    week = plan_rules.adherence(revisions, done, last=today, days=SHORT_WINDOW_DAYS) if entry.shares else nothing
    programme = revisions[-1].items if revisions else ()
    form = known.forms.get(person.id, _Form(None, None, 0, 0))
    told = known.told.get(person.id, {})
    pain = _pain(entry, told, today)
    facts = rules.Facts(
        shares=entry.shares,
        has_plan=bool(programme),
        last_day=overview.last_day,
        plan_since=revisions[0].since if revisions else None,
        adherence_28=month.share,
        quality=overview.quality,
        stopped_for_pain=overview.stopped_for_pain,
        corrections=overview.corrections,
        unread=entry.unread,
        medicine_days=pain.medicine_days,
    )
    checked_in_on = entry.standing.last_check_in_on if entry.standing else None
    return PatientRow(
        entry=entry,
        programme=programme,
        plan_number=len(revisions),
        day_in_programme=(today - revisions[0].since).days + 1 if revisions else None,
        appointment=known.appointments.get(person.id),
        today=today,
        days_since_last=None if overview.last_day is None else (today - overview.last_day).days,
        days_since_check_in=None if checked_in_on is None else (today - checked_in_on).days,
        week=week,
        month=month,
        quality=overview.quality,
        quality_change=rules.quality_change(form.now, form.before),
        partial_share=form.partial / (form.partial + form.counted) if form.partial + form.counted else None,
        flags=rules.flags(facts, today),
        dots=day_dots(revisions, done, today) if entry.shares else (),
        pain=pain,
        sparkline=_sparkline(entry, told, at.date()),
        red_flag_on=known.red_flags.get(person.id),
        ready=_is_ready(entry, told, today),
    )


def _pain(entry: Entry, told: Mapping[date, DiaryDay], today: date) -> Pain:
    if entry.standing is None:
        return Pain()
    week = [each for day, each in told.items() if 0 <= (today - day).days < SHORT_WINDOW_DAYS]
    month = [each for day, each in told.items() if 0 <= (today - day).days < LONG_WINDOW_DAYS]
    mean = _mean([each.average for each in week])
    usual = entry.standing.baseline
    return Pain(
        week=mean,
        rise=None if mean is None or usual is None else mean - usual,
        interference=_mean([each.interference for each in week]),
        high_days=rules.high_days(month),
        told_days=sum(each.told for each in month),
        medicine_days=sum(each.medicine is True for each in month),
    )


def _mean(values: Sequence[int | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _sparkline(entry: Entry, told: Mapping[date, DiaryDay], today: date) -> Sparkline | None:
    """The last 28 days of pain. The day of the reader is near enough for a line of this size."""
    if not told:
        return None
    days = [today - timedelta(days=LONG_WINDOW_DAYS - 1 - ahead) for ahead in range(LONG_WINDOW_DAYS)]
    return sparkline(
        days,
        {day: each.average for day, each in told.items() if each.average is not None},
        {day: each.worst for day, each in told.items() if each.worst is not None},
        baseline=entry.standing.baseline if entry.standing else None,
        spread=entry.standing.spread if entry.standing else None,
    )


# ---------------------------------------------------------------------------------------------- filters


def _is_ready(entry: Entry, told: Mapping[date, DiaryDay], today: date) -> bool:
    if entry.alert is not None or entry.standing is None:
        return False
    values = [
        each.average for day, each in told.items() if each.average is not None and 0 <= (today - day).days < CALM_DAYS
    ]
    return rules.is_ready(improving=entry.standing.improving, averages=values)


def _ready(session: Session, entries: Sequence[Entry], at: datetime) -> set[UUID]:
    """Who gets the chip "ready to progress or to finish": asked of those only whom it can concern."""
    likely = [each for each in entries if each.standing is not None and each.standing.improving and each.alert is None]
    told = _told(session, [each.person.id for each in likely], at.date() - timedelta(days=CALM_DAYS + 1))
    return {
        each.person.id
        for each in likely
        if _is_ready(each, told.get(each.person.id, {}), local_date(at, each.person.time_zone))
    }


def _doing_little(session: Session, entries: Sequence[Entry], at: datetime) -> set[UUID]:
    return {row.id for row in rows(session, entries, at) if "low_adherence" in row.flags}


def narrowed(session: Session, entries: Sequence[Entry], show: str, at: datetime) -> list[Entry]:
    """Those whom a filter (`rules.FILTERS`) lets through, in their order."""
    if show == "ready":
        ready = _ready(session, entries, at)
        return [entry for entry in entries if entry.person.id in ready]
    if show == "little":
        found = _doing_little(session, entries, at)
        return [entry for entry in entries if entry.person.id in found]
    return [entry for entry in entries if _passes(entry, show, at)]


def _passes(entry: Entry, show: str, at: datetime) -> bool:
    alert = entry.alert
    today = local_date(at, entry.person.time_zone)
    return {
        "all": True,
        "open": alert is not None,
        "unacknowledged": any(line.asks for line in entry.alerts),
        "wrote": entry.unread > 0,
        "proposals": entry.proposals > 0,
        "silent": entry.shares and entry.has_plan and rules.is_silent(entry.last_session_on, entry.plan_since, today),
        "quiet": alert is None and not entry.unread and not entry.proposals,
        "private": not entry.shares,
        "stand_in": entry.standing_in is not None,
    }[show]


def counts(entries: Sequence[Entry], at: datetime) -> dict[str, int]:
    """How many pass each filter that costs nothing to ask."""
    found: dict[str, int] = defaultdict(int)
    for show in rules.COUNTED_FILTERS:
        found[show] = sum(_passes(entry, show, at) for entry in entries)
    return found
