"""What the clinic does about its patients, and what happens by itself: who stands in, alerts taken up and closed,
messages, reminders, and the heartbeat of the last days.

Everything goes through the use cases that requests and jobs use, at its own instant, in the order of time (`Agenda`).
No alert is written here: they come from what patients tell (`build`), and whoever acts on one looks for it first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from tracker.accounts import service as accounts
from tracker.alerts import duty_service, notify_service, watch_service, workflow_service
from tracker.alerts.rules import Family
from tracker.alerts.service import open_alerts
from tracker.alerts.workflow_service import Outcome
from tracker.alerts.worklist_service import alert_for
from tracker.clinic import message_service
from tracker.clock import local_date
from tracker.demo import stories
from tracker.demo.curves import instant
from tracker.demo.diaries import EMERGENCY_DAYS_AGO, EMERGENCY_MINUTE, LOW_MOOD_DAYS_AGO
from tracker.reminders import delivery_service, planning_service
from tracker.reminders import service as reminders
from tracker.reminders.planning_service import Outlets
from tracker.reminders.rules import Kind
from tracker.reminders.service import RuleChoice

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from tracker.accounts.models import Person
    from tracker.alerts.models import Alert
    from tracker.db import Session
    from tracker.demo.curves import Agenda

WATCHED_DAYS: Final = 8
"""The days before today on which the rules are asked at every entry, as in life; before that only where something
happens. The state of two weeks ago does not depend on how often somebody has looked."""
REMINDED_FOR: Final = timedelta(hours=34)
_NOTHING_LEAVES: Final = Outlets(email=False, push=False)
"""Invented people have no mailboxes: of what would be sent only the notices inside the application are delivered."""
_AT_ONCE: Final = 500
_FRIDAY: Final = 5
_BEATS: Final = (8 * 60 + 5, 13 * 60 + 5, 18 * 60 + 5)
_NIGHT: Final = 7  # minutes after midnight

_WANTED: Final[Mapping[str, delivery_service.Wanted]] = {
    message_service.KIND: message_service.wanted,
    notify_service.ESCALATION: notify_service.wanted,
    notify_service.DIGEST: notify_service.wanted,
    notify_service.WELFARE: notify_service.wanted,
}


@dataclass(frozen=True, slots=True)
class Note:
    """A message, so many days ago: from the first physiotherapist, or from the patient themselves."""

    key: str
    days_ago: int
    minute: int
    text: str
    by_patient: bool = False


@dataclass(frozen=True, slots=True)
class Wishes:
    """How somebody wants to be reminded; what is not said is as the house has it."""

    key: str
    rules: tuple[RuleChoice, ...] = ()
    quiet: tuple[str, str] = ("21:30", "07:30")
    budget: int = 6
    channels: tuple[str, ...] = ("in_app", "push", "email")


_NOTES: Final = (
    Note(
        "amara.applewood",
        11,
        16 * 60 + 20,
        "Twelve rows from now on. You have earned them: the last two weeks were the calmest since we began.",
    ),
    Note(
        "amara.applewood",
        10,
        19 * 60 + 5,
        "Thank you! Is it all right if I swim on the days in between?",
        by_patient=True,
    ),
    Note("amara.applewood", 8, 9 * 60 + 15, "Very much so. Easy lengths, and stop while it still feels good."),
    Note(
        "priya.lanternwala",
        4,
        15 * 60 + 30,
        "I have taken the press out of your plan until I have looked at the shoulder. Please call us for a time this "
        "week.",
    ),
    Note(
        "priya.lanternwala",
        3,
        20 * 60 + 40,
        "Thank you. A morning would suit me. Turning over in bed still wakes me, and now my neck joins in.",
        by_patient=True,
    ),
    Note(
        "mateo.ventisca",
        1,
        17 * 60 + 10,
        "I looked at the presses you corrected: you are right about that one, your hands were down. Let the next ones "
        "be as calm as those.",
    ),
)

_READ: Final = (("amara.applewood", 7, 19 * 60 + 30),)
"""Messages that somebody reads without an answer: who, how many days ago, at which minute of their day."""

_WORK_BREAKS: Final = RuleChoice(
    Kind.POSTURE_BREAK, enabled=True, times=("09:00", "17:00"), every_minutes=45, weekdays="12345"
)
_WISHES: Final = (
    Wishes(
        "amara.applewood",
        (RuleChoice(Kind.EXERCISE, enabled=True, times=("17:30",), weekdays="135"), _WORK_BREAKS),
    ),
    Wishes("jonas.feldhase", quiet=("23:30", "10:00"), budget=2, channels=("in_app",)),
    Wishes("priya.lanternwala", (RuleChoice(Kind.CHECK_IN, enabled=True, times=("20:45",)),)),
    Wishes("mateo.ventisca", (RuleChoice(Kind.EXERCISE, enabled=True, times=("06:40", "16:45")), _WORK_BREAKS)),
    Wishes("safiya.sternberg", (RuleChoice(Kind.EXERCISE, enabled=True, times=("06:50",), weekdays="24"),)),
    Wishes("ingrid.osei-nordlicht", (RuleChoice(Kind.CHECK_IN, enabled=True, times=("09:00", "18:30")),)),
    Wishes(
        "tomasz.himmelreich",
        (
            RuleChoice(Kind.EXERCISE, enabled=True, times=("06:15",)),
            RuleChoice(Kind.MORNING, enabled=True, times=("06:00",)),
        ),
        quiet=("21:00", "05:30"),
    ),
)


@dataclass(slots=True)
class Care:
    """The clinic at work. `people`: the patients by the key of their story."""

    session: Session
    now: datetime
    first: Person
    second: Person
    people: Mapping[str, Person]
    nights: int = WATCHED_DAYS
    """At the end of how many of the last days it is noticed who has said nothing."""

    def plan(self, agenda: Agenda) -> None:
        """Put everything that people of the clinic do, and that happens by itself, on the agenda."""
        self._emergency(agenda)
        self._low_mood(agenda)
        for note in _NOTES:
            agenda.add(self._time_of(note), partial(self._write, note))
        for key, days_ago, minute in _READ:
            agenda.add(self._at_home(self.people[key], days_ago, minute), partial(self._read, self.people[key]))
        starts_at = self.now - REMINDED_FOR
        agenda.add(starts_at, self._set_up_reminders)
        for hours in range(0, int(REMINDED_FOR.total_seconds() // 3600), 11):
            agenda.add(starts_at + timedelta(hours=hours, minutes=5), self._plan_reminders)
            agenda.add(starts_at + timedelta(hours=hours + 5, minutes=5), self._send)
        self._heartbeat(agenda)
        agenda.add(self.now, self._plan_reminders)
        agenda.add(self.now, self._send)

    # -- the clinic -----------------------------------------------------------------------------------------------

    def settle_in(self, at: datetime) -> None:
        """Where the clinic is, and who stands in for whom."""
        self.first.clinic.country = stories.COUNTRY
        subject = f"clinic:{self.first.clinic_id}"
        accounts.record_audit(
            self.session, actor=self.first, patient=None, action="clinic.changed", subject=subject, at=at
        )
        duty_service.save_duty(
            self.session,
            self.first.clinic_id,
            backup_id=self.second.id,
            lead_id=self.first.id,
            weekdays="12345",
            opens="08:00",
            closes="18:00",
            actor=self.first,
            at=at,
        )

    def _write(self, note: Note, at: datetime) -> None:
        patient = self.people[note.key]
        author = patient if note.by_patient else self.first
        message_service.send(self.session, patient=patient, author=author, text=note.text, at=at)

    def _time_of(self, note: Note) -> datetime:
        patient = self.people[note.key]
        if note.by_patient:
            return self._at_home(patient, note.days_ago, note.minute)
        return working_time(self.now, note.days_ago, minute=note.minute)

    def _at_home(self, patient: Person, days_ago: int, minute: int) -> datetime:
        day = local_date(self.now, patient.time_zone) - timedelta(days=days_ago)
        return instant(day, minute, patient.time_zone)

    def _read(self, patient: Person, at: datetime) -> None:
        message_service.read_by_patient(self.session, patient, at)

    # -- alerts ---------------------------------------------------------------------------------------------------

    def _emergency(self, agenda: Agenda) -> None:
        """Chest pressure on the ergometer, 45 days ago: an ambulance, a call, all clear, and closed two days later."""
        patient = self.people["tomasz.himmelreich"]
        at = self._at_home(patient, EMERGENCY_DAYS_AGO, EMERGENCY_MINUTE)
        next_day = self._at_home(patient, EMERGENCY_DAYS_AGO - 1, 10 * 60 + 5)
        agenda.add(at + timedelta(minutes=1), self._send)
        agenda.add(at + timedelta(minutes=7), partial(self._take_up, patient, Family.RED, self.first))
        agenda.add(at + timedelta(minutes=11), partial(self._called, patient, Family.RED))
        agenda.add(next_day, self._send)
        agenda.add(next_day + timedelta(minutes=17), partial(self._has_been_seen, patient))
        closes_at = next_working_time(next_day + timedelta(hours=12), minute=9 * 60 + 25)
        agenda.add(closes_at, partial(self._close_after_hospital, patient))

    def _low_mood(self, agenda: Agenda) -> None:
        """Twelve days ago two questions were answered low: the second physiotherapist takes it up the next morning."""
        patient = self.people["jonas.feldhase"]
        at = next_working_time(self._at_home(patient, LOW_MOOD_DAYS_AGO, 23 * 60 + 59), minute=9 * 60 + 40)
        agenda.add(at, partial(self._take_up, patient, Family.WELLBEING, self.second))
        text = "You wrote that things are heavy at the moment. Would a call help? It need not be about the back."
        agenda.add(at + timedelta(minutes=4), partial(self._offer_a_call, patient, text))
        agenda.add(self._at_home(patient, LOW_MOOD_DAYS_AGO - 4, 22 * 60 + 20), partial(self._read, patient))

    def _find(self, patient: Person, family: Family, viewer: Person, at: datetime) -> Alert | None:
        """The open alert of a family, as this person opens it; None where a shorter history has not got it."""
        found = [alert for alert in open_alerts(self.session, patient.id) if alert.family == family]
        return alert_for(self.session, viewer, found[0].id, at).alert if found else None

    def _take_up(self, patient: Person, family: Family, actor: Person, at: datetime) -> None:
        alert = self._find(patient, family, actor, at)
        if alert is not None:
            workflow_service.acknowledge(self.session, alert, actor, at)

    def _called(self, patient: Person, family: Family, at: datetime) -> None:
        alert = self._find(patient, family, self.first, at)
        if alert is not None:
            workflow_service.note_contact(self.session, alert, self.first, at, how="call")

    def _offer_a_call(self, patient: Person, text: str, at: datetime) -> None:
        alert = self._find(patient, Family.WELLBEING, self.second, at)
        if alert is not None:
            workflow_service.note_contact(self.session, alert, self.second, at, how="message")
            message_service.send(self.session, patient=patient, author=self.second, text=text, at=at)

    def _has_been_seen(self, patient: Person, at: datetime) -> None:
        found = [alert for alert in open_alerts(self.session, patient.id) if alert.family == Family.RED]
        if found:
            said = "ECG and blood were normal. They say a rib joint is inflamed. No hard rowing for a week."
            workflow_service.patient_outcome(
                self.session, patient, found[0], helped="yes", seen_by="emergency", said=said, at=at
            )

    def _close_after_hospital(self, patient: Person, at: datetime) -> None:
        alert = self._find(patient, Family.RED, self.first, at)
        if alert is not None:
            workflow_service.close(
                self.session,
                alert,
                self.first,
                at,
                disposition="resolved",
                outcome=Outcome("emergency", "Letter seen: heart and lungs without findings, costovertebral joint."),
                note="Cleared for exercise. Easy for a week, then as before.",
            )

    def call_about_pain(self, patient: Person, at: datetime) -> None:
        """Exercise hurt too much: a call the next morning, and no more of that until it has been looked at."""
        alert = self._find(patient, Family.EXERCISE, self.first, at)
        if alert is not None:
            workflow_service.note_contact(self.session, alert, self.first, at, how="call")
            note = "Called. No presses until I have looked at the shoulder; rows as far as they are comfortable."
            workflow_service.close(self.session, alert, self.first, at, disposition="contacted", note=note)

    # -- reminders ------------------------------------------------------------------------------------------------

    def _set_up_reminders(self, at: datetime) -> None:
        for wishes in _WISHES:
            person = self.people[wishes.key]
            if wishes.rules:
                reminders.save_rules(self.session, person, wishes.rules, at)
            reminders.save_settings(
                self.session,
                person,
                quiet_from=wishes.quiet[0],
                quiet_to=wishes.quiet[1],
                daily_budget=wishes.budget,
                channels=wishes.channels,
                at=at,
            )

    def _plan_reminders(self, at: datetime) -> None:
        planning_service.plan_people(self.session, self._ids(), at, _NOTHING_LEAVES)

    def _ids(self) -> list[UUID]:
        return [person.id for person in self.people.values()]

    def _send(self, at: datetime) -> None:
        """What the loop that sends does; nothing but notices inside the application is ready to go."""
        for urgent in (True, False):
            taken = 1
            while taken:
                batch = delivery_service.take_batch(
                    self.session, at, urgent=urgent, limit=_AT_ONCE, outlets=_NOTHING_LEAVES, wanted=_WANTED
                )
                taken = batch.taken

    # -- by itself ------------------------------------------------------------------------------------------------

    def _heartbeat(self, agenda: Agenda) -> None:
        """Days that end without a word, and what waits to be sent."""
        for zone_name in (stories.BERLIN, stories.TORONTO):
            today = local_date(self.now, zone_name)
            for days_ago in range(self.nights):
                night = instant(today - timedelta(days=days_ago), _NIGHT, zone_name)
                agenda.add(night, self._look_at_silence)
        today = local_date(self.now, stories.BERLIN)
        for days_ago in range(WATCHED_DAYS + 3):
            for minute in _BEATS:
                agenda.add(instant(today - timedelta(days=days_ago), minute, stories.BERLIN), self._send)

    def _look_at_silence(self, at: datetime) -> None:
        watch_service.evaluate_silent(self.session, at)


def working_time(now: datetime, days_ago: int, *, minute: int) -> datetime:
    """That minute of the day in the clinic so many days ago; on a weekend, of the Friday before."""
    day = local_date(now, stories.BERLIN) - timedelta(days=days_ago)
    day -= timedelta(days=max(0, day.isoweekday() - _FRIDAY))
    return instant(day, minute, stories.BERLIN)


def next_working_time(after: datetime, *, minute: int) -> datetime:
    """The first time after `after` that the clinic's clock shows this minute on a working day."""
    day = local_date(after, stories.BERLIN)
    while day.isoweekday() > _FRIDAY or instant(day, minute, stories.BERLIN) <= after:
        day += timedelta(days=1)
    return instant(day, minute, stories.BERLIN)
