"""Builds the invented clinic through the same services that requests use, so everything it holds could have come from
real people: invitations, consents, plan revisions, session documents that pass the checks at the edge, corrections.

The result depends on `now` and on nothing else: every draw comes from a generator of its own with a fixed seed. Only
password salts, link tokens and the ids of people differ, because those services make them. Never commits.
"""

from __future__ import annotations

import base64
import random
import uuid
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from tracker.accounts import access
from tracker.accounts import service as accounts
from tracker.accounts.models import CareLink, ConsentKind, Person, Role
from tracker.accounts.service import Newcomer
from tracker.clock import local_date, zone
from tracker.demo import stories
from tracker.demo.motion import Moment, Style, Take, hold_take, repetitions_take
from tracker.regimen import service as regimen
from tracker.regimen.library import library
from tracker.regimen.rules import Prescribed, sides_of, weekdays_from_text
from tracker.training import service as training
from tracker.training.documents import SessionDoc
from tracker.training.rules import MANUAL_ENGINE, PERSONAL_RANGE_VALID

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from exercises.definition import Definition
    from tracker.accounts.service import Passwords
    from tracker.db import Session
    from tracker.demo.stories import Curve, Event, Line, Patient, Step
    from tracker.regimen.models import PlanRevision, Prescription

HISTORY_DAYS: Final = 90
VARIATIONS: Final = 3
"""Takes per exercise and style: enough that neighbouring sets differ, few enough to build quickly."""
TRACKS_OF_LAST_DAYS: Final = 4
_SEED: Final = "Practice at the Old Lock, 1"
_LINK_LIFETIME: Final = timedelta(days=14)
_FIRST_DAY: Final = timedelta(days=120)  # before today: when the clinic was set up
_EARLIEST_MINUTE: Final = 5 * 60 + 30
_LATEST_MINUTE: Final = 22 * 60 + 15
_WAKING_HOUR: Final = 4
_JUST_BEFORE: Final = timedelta(minutes=30)
_SATURDAY: Final = 6
_HIGHEST: Final = 10  # of the scales for pain and effort
_UNANSWERED: Final = 0.06  # share of questions
_LETS_GO: Final = 0.15  # share of holds
_MISCOUNTED: Final = 0.1  # share of sets without camera that end one short


class NotADemoError(Exception):
    """There are people in this database who are not the demo's."""


@dataclass(frozen=True, slots=True)
class DemoClinic:
    """`accounts`: (role, name, e-mail, password) of everybody who can sign in; `created` says whether it is new."""

    accounts: tuple[tuple[str, str, str, str], ...]
    created: bool


def build_demo(session: Session, now: datetime, passwords: Passwords, *, days: int = HISTORY_DAYS) -> DemoClinic:
    """Fill an empty database with the clinic and the sessions of its last `days` days; the caller commits.

    Changes nothing where the clinic is there already. Raises NotADemoError where other people are.
    """
    if not accounts.is_empty(session):
        if accounts.person_by_email(session, stories.FIRST_PHYSIO.email) is None:
            raise NotADemoError
        return DemoClinic(_sign_ins(), created=False)
    # One hash for all of them: the password is printed anyway, and making ten takes seconds.
    clinic = _Clinic(session, now, passwords.hash(stories.PASSWORD))
    for number, story in enumerate(stories.PATIENTS):
        _PatientBuilder(clinic, story, number).build(min(days, HISTORY_DAYS))
    return DemoClinic(_sign_ins(), created=True)


def _sign_ins() -> tuple[tuple[str, str, str, str], ...]:
    staff = [(Role.PHYSIO, each.name, each.email) for each in (stories.FIRST_PHYSIO, stories.SECOND_PHYSIO)]
    patients = [(Role.PATIENT, each.name, each.email) for each in stories.PATIENTS]
    return tuple((str(role), name, email, stories.PASSWORD) for role, name, email in (*staff, *patients))


class _Clinic:
    """The clinic and its staff. `first` runs it and looks after every patient."""

    def __init__(self, session: Session, now: datetime, hashed: str) -> None:
        self.session = session
        self.now = now
        self.hashed = hashed
        at = self.working_time(_FIRST_DAY.days, minute=9 * 60)
        token = accounts.renew_set_up_link(session, at)
        assert token is not None, "nobody is set up yet"
        self.first = accounts.set_up_clinic(
            session,
            token,
            clinic_name=stories.CLINIC_NAME,
            who=self.newcomer(stories.FIRST_PHYSIO.name, stories.FIRST_PHYSIO.email, stories.BERLIN),
            hashed=hashed,
            at=at,
        )
        self.second = self.welcome(
            Role.PHYSIO,
            stories.SECOND_PHYSIO.name,
            stories.SECOND_PHYSIO.email,
            stories.BERLIN,
            at + timedelta(hours=2),
        )
        name, email = stories.WAITING
        accounts.invite(
            session,
            inviter=self.first,
            role=Role.PATIENT,
            name=name,
            email=email,
            at=self.working_time(1, minute=15 * 60),
            lifetime=_LINK_LIFETIME,
        )

    @staticmethod
    def newcomer(name: str, email: str, zone_name: str) -> Newcomer:
        return Newcomer(name, email, zone_name)

    def working_time(self, days_ago: int, *, minute: int) -> datetime:
        """That minute of the day in the clinic so many days ago; on a weekend, of the Friday before."""
        day = local_date(self.now, stories.BERLIN) - timedelta(days=days_ago)
        day -= timedelta(days=max(0, day.isoweekday() - _SATURDAY + 1))
        return _instant(day, minute, stories.BERLIN)

    def welcome(self, role: Role, name: str, email: str, zone_name: str, at: datetime) -> Person:
        """Invite somebody, who opens the link at `at`."""
        _invitation, token = accounts.invite(
            self.session,
            inviter=self.first,
            role=role,
            name=name,
            email=email,
            at=at - timedelta(minutes=20),
            lifetime=_LINK_LIFETIME,
        )
        who = self.newcomer(name, email, zone_name)
        return accounts.accept(self.session, token, who=who, hashed=self.hashed, at=at)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A set that is going to happen: what the engine said about it, and how long it took."""

    number: int
    side: str
    summary: dict[str, Any]
    take: Take | None = None
    moment: Moment | None = None

    @property
    def duration_s(self) -> float:
        return float(self.summary["duration_s"])


@dataclass(slots=True)
class _PatientBuilder:
    """Lives the ninety days of one patient."""

    clinic: _Clinic
    story: Patient
    number: int
    rng: random.Random = field(init=False)
    person: Person = field(init=False)
    revisions: list[PlanRevision] = field(default_factory=list)
    pending: list[Event] = field(default_factory=list)
    range_known_at: dict[str, datetime] = field(default_factory=dict)
    hurt: set[str] = field(default_factory=set)
    postponed: bool = False

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{_SEED} {self.story.key}")  # noqa: S311  # invented people, not secrets
        self.pending = list(self.story.events)

    def build(self, days: int) -> None:
        self._join()
        for step in self.story.plan:
            self._revise(step)
        if not self.story.attends:
            return
        for days_ago in range(min(self.story.joined_days_ago, days, HISTORY_DAYS) - 1, -1, -1):
            self._live(days_ago)

    # -- joining and plans ----------------------------------------------------------------------------------------

    def _join(self) -> None:
        story, clinic = self.story, self.clinic
        at = clinic.working_time(story.joined_days_ago, minute=9 * 60 + 40 + 35 * self.number)
        self.person = clinic.welcome(Role.PATIENT, story.name, story.email, story.zone, at)
        for seconds, kind in enumerate(ConsentKind, start=40):
            if kind in story.consents:
                when = at + timedelta(seconds=seconds)
                accounts.set_consent(clinic.session, self.person, kind, agrees=True, at=when)
        if story.second_physio:
            # Both physiotherapists look after this one; there is no page for that yet.
            clinic.session.add(CareLink(patient_id=self.person.id, physio_id=clinic.second.id, since=at))
            clinic.session.flush()

    def _revise(self, step: Step) -> None:
        clinic = self.clinic
        minute = 10 * 60 + 50 + 35 * self.number
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
        return Prescribed(
            id="",
            exercise=line.exercise,
            sets=line.sets,
            reps=line.reps,
            hold_s=line.hold,
            weekdays=line.weekdays or stories.TUE_THU | {today.isoweekday()},
            sided=library()[line.exercise].sided,
            note=line.note,
        )

    # -- days -----------------------------------------------------------------------------------------------------

    def _live(self, days_ago: int) -> None:
        """One local day: does what is due, or some of it, or yesterday's."""
        day = local_date(self.clinic.now, self.story.zone) - timedelta(days=days_ago)
        starts_at = self._start_of_exercise(day, days_ago)
        lines = self._plan_at(starts_at)
        due = [line for line in lines if day.isoweekday() in weekdays_from_text(line.weekdays)]
        late = not due and self.postponed
        self.postponed = False
        if late:
            yesterday = (day - timedelta(days=1)).isoweekday()
            due = [line for line in lines if yesterday in weekdays_from_text(line.weekdays)]
        chance = _on(self.story.attends, days_ago)
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
            ends_at = self._train(line, starts_at, days_ago, event)
            if ends_at is None:
                return
            starts_at = ends_at + timedelta(seconds=self.rng.uniform(70, 240))

    def _start_of_exercise(self, day: date, days_ago: int) -> datetime:
        wanted = self.story.minute_of_day + round(self.rng.gauss(0, 24))
        starts_at = _instant(day, min(max(wanted, _EARLIEST_MINUTE), _LATEST_MINUTE), self.story.zone)
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

    def _train(self, line: Prescription, starts_at: datetime, days_ago: int, event: Event | None) -> datetime | None:
        """One session, stored; its end, or None when it would not be over by now."""
        sets = list(self._sets(line, days_ago, event, starts_at))
        rest_s = library()[line.exercise].dose.rest_s
        cuts_short = event is not None and event.stop_reason is not None
        if not cuts_short and len(sets) > 1 and self.rng.random() < 0.25 * (1 - _on(self.story.attends, days_ago)):
            sets = sets[: len(sets) // 2]
        entries, at = [], starts_at + timedelta(seconds=self.rng.uniform(25, 60))
        for planned in sets:
            entries.append(self._entry(planned, at, with_track=days_ago < TRACKS_OF_LAST_DAYS))
            ended_at = at + timedelta(seconds=planned.duration_s)
            at = ended_at + timedelta(seconds=rest_s + self.rng.uniform(2, 12))
        ends_at = ended_at + timedelta(seconds=self.rng.uniform(2, 9))
        if ends_at + timedelta(minutes=2) > self.clinic.now:
            return None
        whole = len(sets) == line.sets * len(_sides(line))
        document = {
            "id": str(self._id()),
            "prescription_id": str(line.id),
            "exercise": line.exercise,
            "started_at": starts_at.isoformat(),
            "ended_at": ends_at.isoformat(),
            "source": "manual" if self.story.manual else "camera",
            "sets": entries,
            **self._answers(event, days_ago, whole=whole),
        }
        self._store(document, event, ends_at)
        if any(entry["summary"].get("personal_range") for entry in entries):
            self.range_known_at[line.exercise] = ends_at
        return ends_at

    def _store(self, document: dict[str, Any], event: Event | None, ends_at: datetime) -> None:
        disputed = _disputed(document, event)
        if event is not None and event.corrects is not None and not disputed:
            document["note"] = None  # nothing to disagree about this time; the event waits for the next session
        elif event is not None:
            self.pending.remove(event)
            if event.stop_reason == "pain":
                self.hurt.add(event.exercise)
        session = self.clinic.session
        training.receive(
            session,
            patient=self.person,
            document=SessionDoc.model_validate(document),
            keep_tracks="landmarks" in self.story.consents,
            received_at=ends_at + timedelta(seconds=2),
        )
        for seconds, (repetition_id, wanted) in enumerate(disputed, start=20):
            at = ends_at + timedelta(seconds=seconds)
            training.correct(session, patient=self.person, repetition_id=repetition_id, wanted=wanted, at=at)

    def _sets(self, line: Prescription, days_ago: int, event: Event | None, starts_at: datetime) -> Iterator[_Planned]:
        """The sets in the order in which the live page asks for them; sides take turns."""
        definition = library()[line.exercise]
        stops_at = event.counted if event else None
        known_at = self.range_known_at.get(line.exercise)
        knows_range = known_at is not None and starts_at - known_at <= PERSONAL_RANGE_VALID
        first = self.rng.randrange(VARIATIONS)
        for number in range(1, line.sets + 1):
            for side in _sides(line):
                if self.story.manual:
                    yield self._manual(definition, line, number, side, stops_at)
                elif line.hold_s is not None:
                    yield self._held(line, number, side, days_ago, (first + number) % (VARIATIONS - 1))
                else:
                    take = self._take(line, days_ago, (first + number) % VARIATIONS, knows_range=knows_range)
                    yield self._counted(take, line, number, stops_at)
                if stops_at is not None:
                    return

    def _take(self, line: Prescription, days_ago: int, variation: int, *, knows_range: bool) -> Take:
        return repetitions_take(line.exercise, self._style(line.exercise, days_ago), variation, knows_range=knows_range)

    def _counted(self, take: Take, line: Prescription, number: int, stops_at: int | None) -> _Planned:
        reps = line.reps or 0
        if self.story.counts_along and stops_at is None:
            moment = take.ending(movements=reps)
        else:
            moment = take.ending(counted=stops_at or reps)
        return _Planned(number, "both", {**moment.to_dict(), "target": reps}, take, moment)

    def _held(self, line: Prescription, number: int, side: str, days_ago: int, variation: int) -> _Planned:
        hold_s = line.hold_s or 0.0
        style = self._style(line.exercise, days_ago)
        # In the first weeks somebody who is not used to it lets go a little early now and then.
        learning = style.fault_share > 0 and style.reach < 1 and days_ago > HISTORY_DAYS / 3
        held_s = hold_s * 0.7 if learning and self.rng.random() < _LETS_GO else hold_s
        take = hold_take(line.exercise, style, variation, side=side, hold_s=hold_s, held_s=held_s)
        moment = take.ending(counted=1)
        return _Planned(number, side, moment.to_dict(), take, moment)

    def _manual(
        self, definition: Definition, line: Prescription, number: int, side: str, stops_at: int | None
    ) -> _Planned:
        """A set without camera, in the shape in which the live page reports it."""
        counts = definition.kind == "repetitions"
        reps = line.reps or 0
        count = (stops_at or reps - (self.rng.random() < _MISCOUNTED)) if counts else 1
        held_s = 0.0 if counts else line.hold_s or 0.0
        duration_s = count * self.rng.uniform(3.6, 4.6) + 6 if counts else held_s + self.rng.uniform(4, 9)
        summary = {
            "exercise": line.exercise,
            "engine_version": MANUAL_ENGINE,
            "kind": definition.kind,
            "side": side,
            "view": None,
            "duration_s": round(duration_s, 1),
            "count": count,
            "counts": {"left": 0, "right": 0, "both": 0, side: count},
            "target": line.reps,
            "held_s": held_s,
        }
        return _Planned(number, side, summary)

    def _style(self, exercise: str, days_ago: int) -> Style:
        begun = [
            stage.styles[exercise]
            for stage in self.story.stages
            if stage.days_ago >= days_ago and exercise in stage.styles
        ]
        return begun[-1]

    def _entry(self, planned: _Planned, at: datetime, *, with_track: bool) -> dict[str, Any]:
        """The set as the document holds it."""
        track = None
        if with_track and self.story.keeps_tracks and planned.take and planned.moment:
            track = base64.b64encode(planned.take.packed_track(planned.moment)).decode("ascii")
        return {
            "id": str(self._id()),
            "number": planned.number,
            "side": planned.side,
            "started_at": at.isoformat(),
            "summary": planned.summary,
            "track": track,
            "repetition_ids": [str(self._id()) for _repetition in planned.summary.get("repetitions", ())],
        }

    def _answers(self, event: Event | None, days_ago: int, *, whole: bool) -> dict[str, Any]:
        """Pain, effort, why it ended, a note; now and then a question stays unanswered."""
        before = _scale(_on(self.story.pain, days_ago) + self.rng.gauss(0, 0.6))
        during = _scale(before + self.rng.choice((-1, 0, 0, 0, 1)))
        effort = _scale(_on(self.story.effort, days_ago) + self.rng.gauss(0, 0.6))
        stop_reason = "finished" if whole else self.rng.choice(("no_time", "tired"))
        answers: dict[str, Any] = {
            "pain_before": None if self.rng.random() < _UNANSWERED else before,
            "pain_during": None if self.rng.random() < _UNANSWERED else during,
            "effort": None if self.rng.random() < _UNANSWERED else effort,
            "stop_reason": stop_reason,
            "note": None,
        }
        if event is None:
            return answers
        told = {
            "pain_during": event.pain_during,
            "stop_reason": event.stop_reason,
            "note": event.note,
        }
        return answers | {name: value for name, value in told.items() if value is not None}

    def _id(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)


def _instant(day: date, minute: int, zone_name: str) -> datetime:
    """The instant at which a clock in that zone shows this minute of the day."""
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone(zone_name))


def _sides(line: Prescription) -> tuple[str, ...]:
    return sides_of(line.side, sided=library()[line.exercise].sided)


def _disputed(document: dict[str, Any], event: Event | None) -> list[tuple[uuid.UUID, bool]]:
    """The repetitions this person disagrees about, and what they say: the last ones the engine judged otherwise."""
    if event is None or event.corrects is None:
        return []
    wanted, number = event.corrects
    judged = [
        (uuid.UUID(identity), repetition)
        for entry in document["sets"]
        for identity, repetition in zip(entry["repetition_ids"], entry["summary"]["repetitions"], strict=True)
    ]
    others = [identity for identity, repetition in judged if repetition["counted"] is not wanted]
    return [(identity, wanted) for identity in others[-number:]]


def _on(curve: Curve, days_ago: int) -> float:
    """The curve's value so many days ago; outside it, its nearest end."""
    if days_ago >= curve[0][0]:
        return curve[0][1]
    for (earlier, before), (later, after) in pairwise(curve):
        if days_ago >= later:
            return before + (after - before) * (earlier - days_ago) / (earlier - later)
    return curve[-1][1]


def _scale(value: float) -> int:
    return min(max(round(value), 0), _HIGHEST)
