"""Builds the invented clinic through the same services that requests use, so everything it holds could have come from
real people: invitations, consents, plan revisions, session documents and diary entries that pass the checks at the
edge, corrections, messages. Alerts come from the rules that look at all that, at the instants at which it came.

Every patient's days are made first; then everything happens in the order of time (`curves.Agenda`). In life the rules
look at a record after every entry. Here they look at the first questions and at what a story calls out of the ordinary,
at every entry for as long as anything is open, at every entry and the end of every silent day of the last days
(`care.WATCHED_DAYS`), and once more at the end: the state at the end is a function of the whole record, and what an
ordinary Tuesday two months ago would have said has long settled. Looking every time would double the work.

The result depends on `now` and on nothing else: every draw comes from a generator of its own with a fixed seed. Only
password salts, link tokens and the ids of people, alerts and messages differ, because those services make them. Never
commits.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tracker.accounts import service as accounts
from tracker.accounts.models import Person, Role
from tracker.accounts.service import Newcomer
from tracker.alerts.service import record_changed
from tracker.clinic import proposal_service
from tracker.demo import stories
from tracker.demo.care import Care, working_time
from tracker.demo.crowd import YEAR
from tracker.demo.curves import HISTORY_DAYS, Agenda
from tracker.demo.desk import DESKS, DeskDays
from tracker.demo.life import Life
from tracker.demo.sessions import TRACKS_OF_LAST_DAYS
from tracker.demo.year import Rounds, YearLife

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tracker.accounts.service import Passwords
    from tracker.db import Session
    from tracker.demo.crowd import Member

__all__ = ["HISTORY_DAYS", "TRACKS_OF_LAST_DAYS", "DemoClinic", "NotADemoError", "build_demo"]

_LINK_LIFETIME: Final = timedelta(days=14)
_FEW_NIGHTS: Final = 3
"""With some fifty people each of them takes a while, and the last ones say the same."""
_OPENED_BEFORE: Final = 30
"""Days before the first patient came."""


class NotADemoError(Exception):
    """There are people in this database who are not the demo's."""


@dataclass(frozen=True, slots=True)
class DemoClinic:
    """`accounts`: (role, name, e-mail, password) of everybody who can sign in; `created` says whether it is new."""

    accounts: tuple[tuple[str, str, str, str], ...]
    created: bool


def build_demo(
    session: Session, now: datetime, passwords: Passwords, *, days: int = HISTORY_DAYS, crowd: Sequence[Member] = ()
) -> DemoClinic:
    """Fill an empty database with the clinic and the sessions and diaries of its last `days` days; the caller commits.
    `crowd`: who else comes, beside the eight of `stories`, for a year (`crowd.crowd`).

    Changes nothing where the clinic is there already. Raises NotADemoError where other people are.
    """
    if not accounts.is_empty(session):
        if accounts.person_by_email(session, stories.FIRST_PHYSIO.email) is None:
            raise NotADemoError
        return DemoClinic(_sign_ins(), created=False)
    # One hash for all of them: the password is printed anyway, and making ten takes seconds.
    opened = (YEAR if crowd else HISTORY_DAYS) + _OPENED_BEFORE
    clinic = Clinic(session, now, passwords.hash(stories.PASSWORD), opened)
    patients = [Life(clinic, story, number) for number, story in enumerate(stories.PATIENTS)]
    for patient in patients:
        patient.join()
    people = {each.story.key: each.person for each in patients}
    care = Care(session, now, clinic.first, clinic.second, people, **({"nights": _FEW_NIGHTS} if crowd else {}))
    care.settle_in(clinic.opened_at + timedelta(hours=3))
    agenda = Agenda(now)
    for patient in patients:
        patient.plan(agenda, care, min(days, HISTORY_DAYS))
        if patient.story.key in DESKS:
            DeskDays(session, patient.person, patient.story.key, now).plan(agenda)
    care.plan(agenda)
    others = _crowd(clinic, care, agenda, crowd)
    agenda.run()
    for patient in [*patients, *others]:
        record_changed(session, patient.person.id, now)
    for patient in others:
        # In life this follows every session; what it says at the end depends on the last ones only.
        proposal_service.record_changed(session, patient.person.id, now)
    return DemoClinic(_sign_ins(), created=True)


def _crowd(clinic: Clinic, care: Care, agenda: Agenda, crowd: Sequence[Member]) -> list[Life]:
    rounds = Rounds(clinic.session, clinic.now)
    lives: list[Life] = []
    for number, member in enumerate(crowd):
        life = YearLife(clinic, member.story, number, diary=member.diary)
        life.join()
        life.person.birth_year = member.birth_year
        life.plan(agenda, care, YEAR)
        rounds.members[life.person.id] = (member, life.person, clinic.first)
        lives.append(life)
    rounds.plan(agenda)
    return lives


def _sign_ins() -> tuple[tuple[str, str, str, str], ...]:
    staff = [(Role.PHYSIO, each.name, each.email) for each in (stories.FIRST_PHYSIO, stories.SECOND_PHYSIO)]
    patients = [(Role.PATIENT, each.name, each.email) for each in stories.PATIENTS]
    return tuple((str(role), name, email, stories.PASSWORD) for role, name, email in (*staff, *patients))


class Clinic:
    """The clinic and its staff. `first` runs it and looks after every patient."""

    def __init__(self, session: Session, now: datetime, hashed: str, opened_days_ago: int) -> None:
        self.session = session
        self.now = now
        self.hashed = hashed
        self.opened_at = at = self.working_time(opened_days_ago, minute=9 * 60)
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
        return working_time(self.now, days_ago, minute=minute)

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
