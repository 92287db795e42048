"""One invented patient: joins, is examined, exercises, fills in the diary; everything at its own instant."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from tracker.accounts import access
from tracker.accounts import service as accounts
from tracker.accounts.models import CareLink, ConsentKind, Person, Role
from tracker.alerts.service import record_changed
from tracker.clock import local_date, zone
from tracker.demo import stories
from tracker.demo.care import WATCHED_DAYS, Care, next_working_time
from tracker.demo.curves import SEED, Agenda, instant, on
from tracker.demo.diaries import DIARIES
from tracker.demo.sessions import SessionMaker
from tracker.demo.telling import Teller
from tracker.diary import service as diary_service
from tracker.diary.rules_timing import THRICE
from tracker.regimen import service as regimen
from tracker.regimen.library import library
from tracker.regimen.rules import Prescribed, weekdays_from_text
from tracker.regimen.rules_levels import Level
from tracker.training import service as training
from tracker.training.documents import SessionDoc

if TYPE_CHECKING:
    from datetime import date, datetime

    from tracker.db import Session
    from tracker.demo.build import Clinic
    from tracker.demo.diaries import Diary
    from tracker.demo.sessions import Session as Exercised
    from tracker.demo.stories import Event, Line, Patient, Step
    from tracker.demo.telling import Page
    from tracker.regimen.models import PlanRevision, Prescription

_EARLIEST_MINUTE: Final = 5 * 60 + 30
_LATEST_MINUTE: Final = 22 * 60 + 15
_WAKING_HOUR: Final = 4
_JUST_BEFORE: Final = timedelta(minutes=30)
_REVIEWED_AFTER: Final = timedelta(days=56)
_A_DAY: Final = 8
"""Patients whom one day of the clinic can hold."""
_TO_STORE: Final = timedelta(seconds=2)
_WHY_IT_FITS: Final = {
    "SH": "Shoulder examined on the first day: stable, full range, no painful arc. Light, and stops before it hurts.",
    "HT": "Blood pressure treated and under control. Breathes on, no long straining.",
}
"""What the physiotherapist writes about the caution flags of the invented patients."""


@dataclass(slots=True)
class Life:
    """Lives the days of one patient at the clinic."""

    clinic: Clinic
    story: Patient
    number: int
    diary: Diary | None = None
    """None: the one told in `diaries`."""
    rng: random.Random = field(init=False)
    person: Person = field(init=False)
    teller: Teller = field(init=False)
    maker: SessionMaker = field(init=False)
    joined_at: datetime = field(init=False)
    revisions: list[PlanRevision] = field(default_factory=list)
    pending: list[Event] = field(default_factory=list)
    hurt: set[str] = field(default_factory=set)
    postponed: bool = False
    exercised: dict[int, list[Exercised]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{SEED} {self.story.key}")  # noqa: S311  # invented people, not secrets
        self.pending = list(self.story.events)

    @property
    def session(self) -> Session:
        return self.clinic.session

    def plan(self, agenda: Agenda, care: Care, days: int) -> None:
        """Put the last `days` days on the agenda, from the first questions on."""
        for step in self.story.plan:
            self._revise(step)
        self._begin_diary(days)
        for page in self.teller.pages():
            agenda.add(page.at, partial(self._tell, page))
        self._be_examined(agenda)
        tapered = self.teller.diary.tapered
        if tapered is not None:
            at = instant(self.teller.day(tapered), self.teller.diary.minute_of_day + 60, self.story.zone)
            agenda.add(at, self._taper)
        if self.story.attends:
            for days_ago in range(self.teller.first - 1, -1, -1):
                self._live(days_ago)
        for days_ago, sessions in self.exercised.items():
            for each in sessions:
                self._plan_session(agenda, care, each, days_ago)
            morning = self._morning_after(days_ago, sessions)
            if morning is not None:
                agenda.add(morning.at, partial(self._tell, morning))

    def _plan_session(self, agenda: Agenda, care: Care, exercised: Exercised, days_ago: int) -> None:
        agenda.add(exercised.ends_at + _TO_STORE, partial(self._store, exercised, days_ago))
        if exercised.document["stop_reason"] == "pain":
            morning_at = next_working_time(exercised.ends_at, minute=8 * 60 + 40)
            agenda.add(morning_at, partial(care.call_about_pain, self.person))

    # -- joining and plans ----------------------------------------------------------------------------------------

    def join(self) -> None:
        """Accept the invitation and answer the questions about consent."""
        story, clinic = self.story, self.clinic
        self.joined_at = at = clinic.working_time(
            story.joined_days_ago, minute=9 * 60 + 40 + 35 * (self.number % _A_DAY)
        )
        self.person = clinic.welcome(Role.PATIENT, story.name, story.email, story.zone, at)
        for seconds, kind in enumerate(ConsentKind, start=40):
            if kind in story.consents:
                when = at + timedelta(seconds=seconds)
                accounts.set_consent(clinic.session, self.person, kind, agrees=True, at=when)
        # Numbers that the authorities of both countries keep for invented people.
        self.person.phone = f"{'+1 416 555 01' if story.country else '+49 30 23125 0'}{self.number + 10}"
        if story.country:
            self.person.country = story.country
            subject, when = f"person:{self.person.id}", at + timedelta(minutes=2)
            accounts.record_audit(
                clinic.session,
                actor=self.person,
                patient=self.person,
                action="profile.changed",
                subject=subject,
                at=when,
            )
        if story.second_physio:
            # Both physiotherapists look after this one; there is no page for that yet.
            since = at + timedelta(minutes=30)
            clinic.session.add(CareLink(patient_id=self.person.id, physio_id=clinic.second.id, since=since))
            clinic.session.flush()

    def _revise(self, step: Step) -> None:
        clinic = self.clinic
        minute = 10 * 60 + 50 + 35 * (self.number % _A_DAY)
        at = clinic.working_time(step.days_ago, minute=minute)
        access.patient_for(clinic.session, clinic.first, self.person.id, purpose="plan.read", at=at)
        revision = regimen.save_revision(
            clinic.session,
            patient_id=self.person.id,
            author_id=clinic.first.id,
            base_number=len(self.revisions),
            items=[self._prescribed(line) for line in step.lines],
            reason=step.reason,
            at=at + timedelta(minutes=4),
        )
        assert revision is not None, "every step of a story changes something"
        self.revisions.append(revision)

    def _prescribed(self, line: Line) -> Prescribed:
        today = local_date(self.clinic.now, self.story.zone)
        flags = self._cautions(line.exercise)
        return Prescribed(
            id="",
            exercise=line.exercise,
            sets=line.sets,
            reps=line.reps,
            hold_s=line.hold,
            weekdays=line.weekdays or stories.TUE_THU | {today.isoweekday()},
            sided=library()[line.exercise].sided,
            note=line.note,
            overridden=frozenset(flags),
            override_reason=" ".join(_WHY_IT_FITS[flag] for flag in flags) or None,
        )

    def _cautions(self, exercise: str) -> tuple[str, ...]:
        """What speaks against an exercise for this patient, as far as the physiotherapist may know it: they ask on the
        first day what the diary asks in the evening.
        """
        if "sharing" not in self.story.consents:
            return ()
        told = (self.diary or DIARIES[self.story.key]).intake.cautions
        return tuple(flag for flag in told if flag in library()[exercise].cautions)

    # -- diary ----------------------------------------------------------------------------------------------------

    def _begin_diary(self, days: int) -> None:
        """The diary begins on the evening of the first day, and exercising on the day after; a newcomer, who joined
        yesterday, has answered the first questions on the spot.
        """
        story, now = self.story, self.clinic.now
        if story.attends:
            first, begins_at = min(story.joined_days_ago, days) - 1, None
        else:
            begins_at = self.joined_at + timedelta(minutes=40)
            first = (local_date(now, story.zone) - local_date(begins_at, story.zone)).days
        self.teller = Teller(story, self.diary or DIARIES[story.key], now, first, begins_at)
        self.maker = SessionMaker(story, self.rng, now, self.teller.felt)

    def _tell(self, page: Page, at: datetime) -> None:
        diary_service.receive(self.session, patient=self.person, document=page.document, received_at=at)
        standing = regimen.standing_of(self.session, self.person.id)
        worried = standing is not None and standing.level > Level.STEADY
        if page.looked_at or worried or self.clinic.now - at < timedelta(days=WATCHED_DAYS):
            record_changed(self.session, self.person.id, at)

    def _morning_after(self, days_ago: int, sessions: list[Exercised]) -> Page | None:
        """Asked about the session of the day that began with the least pain, as the page asks."""
        told = [
            each.document for each in sessions if {each.document["pain_before"], each.document["pain_during"]} != {None}
        ]
        told.sort(
            key=lambda document: (document["pain_before"] is None, document["pain_before"], document["started_at"])
        )
        return self.teller.morning(days_ago, told[0]["id"], told[0]["pain_before"]) if told else None

    def _be_examined(self, agenda: Agenda) -> None:
        """The physiotherapist notes that they have examined this pain, and when they will look at it again."""
        if not self.teller.diary.intake.examined or "sharing" not in self.story.consents:
            return
        evening = instant(self.teller.day(self.teller.first), 23 * 60, self.story.zone)
        agenda.add(next_working_time(evening, minute=8 * 60 + 20 + self.number % _A_DAY), self._examine)
        for revision in self.revisions:
            if revision.created_at > evening + timedelta(days=1):
                agenda.add(revision.created_at + timedelta(minutes=6), self._examine)

    def _examine(self, at: datetime) -> None:
        examined_on = local_date(self.joined_at, self.story.zone)
        review_on = local_date(at, self.story.zone) + _REVIEWED_AFTER
        diary_service.set_examined(self.session, self.person, examined_on, review_on, self.clinic.first, at)

    def _taper(self, at: datetime) -> None:
        """Three check-ins a week instead of one a day, where that may be offered."""
        diary_service.choose_rhythm(self.session, self.person, THRICE, at)

    # -- days -----------------------------------------------------------------------------------------------------

    def _live(self, days_ago: int) -> None:
        """One local day: does what is due, or some of it, or yesterday's."""
        day = self.teller.day(days_ago)
        starts_at = self._start_of_exercise(day, days_ago)
        lines = self._plan_at(starts_at)
        due = [line for line in lines if day.isoweekday() in weekdays_from_text(line.weekdays)]
        late = not due and self.postponed
        self.postponed = False
        if late:
            yesterday = (day - timedelta(days=1)).isoweekday()
            due = [line for line in lines if yesterday in weekdays_from_text(line.weekdays)]
        chance = on(self.story.attends, days_ago)
        if self.teller.rests(days_ago):
            return
        called = self._is_called(due, days_ago)
        if not called and not late and self.rng.random() >= chance:
            self.postponed = bool(due) and self.rng.random() < chance / 4
            return
        self._do(due, starts_at, days_ago, chance)

    def _do(self, due: list[Prescription], starts_at: datetime, days_ago: int, chance: float) -> None:
        """One exercise after the other; somebody with little time leaves out the last ones."""
        for position, line in enumerate(due):
            if line.exercise in self.hurt:
                continue  # nobody does again what hurt so much, until it is talked about
            event = self._event_for(line.exercise, days_ago)
            if position and event is None and self.rng.random() > 0.8 + chance / 5:
                continue
            exercised = self.maker.session(line, starts_at, days_ago, event)
            if exercised is None:
                return
            self.exercised[days_ago].append(exercised)
            if event is not None and exercised.settles:
                self.pending.remove(event)
                if event.stop_reason == "pain":
                    self.hurt.add(event.exercise)
            starts_at = exercised.ends_at + timedelta(seconds=self.rng.uniform(70, 240))

    def _start_of_exercise(self, day: date, days_ago: int) -> datetime:
        wanted = self.story.minute_of_day + round(self.rng.gauss(0, 24))
        starts_at = instant(day, min(max(wanted, _EARLIEST_MINUTE), _LATEST_MINUTE), self.story.zone)
        starts_at += timedelta(seconds=self.rng.randrange(60))
        latest = (self.clinic.now - _JUST_BEFORE).astimezone(zone(self.story.zone))
        awake = latest.date() == day and latest.hour >= _WAKING_HOUR
        if days_ago == 0 and self.story.trains_today and awake:
            return min(starts_at, latest)
        return starts_at

    def _plan_at(self, at: datetime) -> list[Prescription]:
        held = [revision for revision in self.revisions if revision.created_at <= at]
        return list(held[-1].prescriptions) if held else []

    def _is_called(self, due: list[Prescription], days_ago: int) -> bool:
        """Whether the story needs this day."""
        if days_ago == 0 and self.story.trains_today:
            return True
        return any(self._event_for(line.exercise, days_ago) for line in due)

    def _event_for(self, exercise: str, days_ago: int) -> Event | None:
        return next((e for e in self.pending if e.exercise == exercise and e.days_ago >= days_ago), None)

    # -- sessions -------------------------------------------------------------------------------------------------

    def _store(self, exercised: Exercised, days_ago: int, at: datetime) -> None:
        training.receive(
            self.session,
            patient=self.person,
            document=SessionDoc.model_validate(exercised.document),
            keep_tracks="landmarks" in self.story.consents,
            received_at=at,
        )
        for seconds, (repetition_id, wanted) in enumerate(exercised.disputed, start=20):
            corrected_at = exercised.ends_at + timedelta(seconds=seconds)
            training.correct(
                self.session, patient=self.person, repetition_id=repetition_id, wanted=wanted, at=corrected_at
            )
        hurt = exercised.document["stop_reason"] == "pain"
        if hurt or days_ago == 0:
            record_changed(self.session, self.person.id, at)
