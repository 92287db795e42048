"""A year of the crowd (`crowd`), kept in bulk: the same documents, the same checks of their shape and the same rows as
when they come one by one, without asking the database about each, which for some ten thousand would take minutes.

The rules look at a record at the first questions, every four weeks, where somebody tells something out of the ordinary,
more often in the last weeks and at every entry in the last days; on each working morning the clinic takes up what is
open and closes what is settled. So what is open at the end came up lately, as in a clinic that keeps up with its work.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tracker.accounts.models import AuditEvent
from tracker.alerts import workflow_service
from tracker.alerts.rules import Family
from tracker.alerts.service import record_changed
from tracker.alerts.store_service import open_alerts_of
from tracker.alerts.workflow_service import Outcome
from tracker.alerts.worklist_service import alert_for
from tracker.clinic import message_service, note_service
from tracker.clock import local_date
from tracker.demo.care import next_working_time, working_time
from tracker.demo.crowd import YEAR
from tracker.demo.curves import SEED, instant
from tracker.demo.life import Life
from tracker.demo.stories import BERLIN
from tracker.diary import service as diary_service
from tracker.regimen.rules_levels import Level, locks
from tracker.training import service as training
from tracker.training.documents import SessionDoc

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from tracker.accounts.models import Person
    from tracker.alerts.models import Alert
    from tracker.db import Session
    from tracker.demo.crowd import Member
    from tracker.demo.curves import Agenda
    from tracker.demo.sessions import Session as Exercised
    from tracker.demo.telling import Page

_LOOKED_AT_EVERY: Final = ((3, 0), (24, 3), (YEAR, 28))
"""Up to so many days ago, the rules look after so many days."""
_CURVE_STEP: Final = 4
"""Every so manieth point of a set's curve is kept: a year of them is long."""
_WORKDAYS: Final = frozenset({1, 2, 3, 4, 5})
_MORNING_MINUTE: Final = 9 * 60 + 5
_NIGHT_MINUTE: Final = 23 * 60 + 7
_SETTLES_WITHIN: Final = timedelta(days=3)
_LEFT_OPEN: Final = timedelta(days=4)
"""What came up in the last days is still on the worklist."""
_SILENCE_SEEN_AFTER: Final = 6
"""Days: then the rules have spoken of it, and the clinic asks."""
_LOOKED_AT_AGAIN: Final = timedelta(days=56)


@dataclass(slots=True)
class YearLife(Life):
    """Lives the year of one of the crowd."""

    last_look: datetime | None = None

    def _tell(self, page: Page, at: datetime) -> None:
        first = page.document.form == "intake"
        if first:
            diary_service.receive(self.session, patient=self.person, document=page.document, received_at=at)
        else:
            self.session.add(diary_service.version_row(self.person, page.document, at, page.document.id))
            self._note("check_in.received", page.document.entry_id, at)
        if first or page.looked_at or self._is_due(at):
            self.last_look = at
            record_changed(self.session, self.person.id, at)

    def _is_due(self, at: datetime) -> bool:
        ago = self.clinic.now - at
        every = next((every for up_to, every in _LOOKED_AT_EVERY if ago < timedelta(days=up_to)), 0)
        return self.last_look is None or at - self.last_look >= timedelta(days=every)

    def _store(self, exercised: Exercised, _days_ago: int, at: datetime) -> None:
        document = SessionDoc.model_validate(_thinned(exercised.document))
        self.session.add_all(training.rows_of(self.person, document, at))
        self._note("session.received", document.id, at)

    def _note(self, action: str, subject: UUID, at: datetime) -> None:
        self.session.add(
            AuditEvent(
                at=at,
                clinic_id=self.person.clinic_id,
                actor_id=self.person.id,
                patient_id=self.person.id,
                action=action,
                subject=str(subject),
            )
        )


def _thinned(document: dict[str, Any]) -> dict[str, Any]:
    """The document with a coarser curve."""
    return {**document, "sets": [{**entry, "summary": _with_less(entry["summary"])} for entry in document["sets"]]}


def _with_less(summary: dict[str, Any]) -> dict[str, Any]:
    trace = summary.get("trace")
    if not trace:
        return summary
    less = {name: value[::_CURVE_STEP] if isinstance(value, list | tuple) else value for name, value in trace.items()}
    return {**summary, "trace": less}


# ---------------------------------------------------------------------------------------------- the clinic

_LINES: Final = {
    Family.TREND: "Your pain has been going up for a while. Let us ease off this week, and tell me how it goes.",
    Family.ACUTE: "That was a bad day. Keep moving gently; if it is not better in three days, call us.",
    Family.NONRESPONSE: "I have not read from you for a while. Is something in the way? A word is enough.",
    Family.TIME: "Some weeks have passed. Let us look at your back together: please call for a time.",
}
_CLOSING: Final = {
    Family.TREND: ("plan_changed", "Eased the plan for a week; it has settled."),
    Family.ACUTE: ("expected", "A hard day; better by itself."),
    Family.NONRESPONSE: ("contacted", "Reached by telephone: no time lately, and goes on."),
    Family.TIME: ("contacted", "Looked at together; goes on as planned."),
}
_SETTLED: Final = ("contacted", "Talked about it on the telephone.")
_SEEN: Final = Outcome("doctor", "Seen by the family doctor: no serious cause found.")
_NOTES: Final = (
    "Shoulder freer than last month, still guards the end of the movement.",
    "Prefers mornings. Band replaced.",
    "Showed the row again, elbows lower. Understood at once.",
    "Wants to go back to swimming; from next month, easily.",
)


@dataclass(slots=True)
class Rounds:
    """What the clinic does about the crowd: its mornings, notes and appointments."""

    session: Session
    now: datetime
    members: dict[UUID, tuple[Member, Person, Person]] = field(default_factory=dict)
    """Patient's id: who they are in the story, the patient, and the physiotherapist who looks after them."""

    def plan(self, agenda: Agenda) -> None:
        for days_ago in range(YEAR - 1, 0, -1):
            day = local_date(self.now, BERLIN) - timedelta(days=days_ago)
            if day.isoweekday() in _WORKDAYS:
                agenda.add(instant(day, _MORNING_MINUTE, BERLIN), self._morning)
        for member, patient, physio in self.members.values():
            self._notice_silence(member, patient, agenda)
            rng = random.Random(f"{SEED} rounds {member.story.key}")  # noqa: S311  # invented people, not secrets
            for days_ago in range(rng.randint(20, 50), YEAR - 5, 70):
                at = working_time(self.now, days_ago, minute=rng.randint(9 * 60, 17 * 60))
                kind = rng.choice((note_service.NOTE, note_service.CALL))
                agenda.add(at, partial(self._write, patient, physio, kind, rng.choice(_NOTES)))
            starts_at = next_working_time(
                self.now + timedelta(days=rng.randint(0, 30)), minute=rng.choice(range(9 * 60, 17 * 60, 30))
            )
            if rng.random() < 0.8:  # noqa: PLR2004  # most have one
                agenda.add(self.now - timedelta(days=2), partial(self._book, patient, physio, starts_at))

    def _notice_silence(self, member: Member, patient: Person, agenda: Agenda) -> None:
        for since, _until in member.diary.silent:
            day = local_date(self.now, BERLIN) - timedelta(days=since - _SILENCE_SEEN_AFTER)
            agenda.add(instant(day, _NIGHT_MINUTE, BERLIN), lambda at: record_changed(self.session, patient.id, at))

    def _write(self, patient: Person, physio: Person, kind: str, text: str, at: datetime) -> None:
        note_service.add_note(self.session, patient=patient, author=physio, kind=kind, text=text, at=at)

    def _book(self, patient: Person, physio: Person, starts_at: datetime, at: datetime) -> None:
        note_service.book(self.session, patient=patient, physio=physio, starts_at=starts_at, note=None, at=at)

    def _morning(self, at: datetime) -> None:
        for row in open_alerts_of(self.session, self.members):
            if row.closed_at is None and row.opened_at < at and self.now - row.opened_at > _LEFT_OPEN:
                self._see_to(row, at)

    def _see_to(self, row: Alert, at: datetime) -> None:
        if row.acknowledged_at is not None and at - row.acknowledged_at < _SETTLES_WITHIN:
            return
        member, patient, physio = self.members[row.patient_id]
        alert = alert_for(self.session, physio, row.id, at).alert
        family = Family(alert.family)
        if alert.acknowledged_at is None:
            workflow_service.acknowledge(self.session, alert, physio, at)
            workflow_service.note_contact(
                self.session, alert, physio, at, how="message" if family in _LINES else "call"
            )
            if family in _LINES:
                message_service.send(self.session, patient=patient, author=physio, text=_LINES[family], at=at)
            return
        if family is Family.NONRESPONSE and member.diary.silent and self.now - at < _silent_for(member):
            return  # asked, and not heard of yet
        if family is Family.TIME:
            again = local_date(at, patient.time_zone)
            diary_service.set_examined(self.session, patient, again, again + _LOOKED_AT_AGAIN, physio, at)
        disposition, note = _CLOSING.get(family, _SETTLED)
        red = family is Family.RED or locks(Level(alert.level))
        workflow_service.close(
            self.session,
            alert,
            physio,
            at,
            disposition="referred" if red else disposition,
            outcome=_SEEN if red else None,
            note=note if not red else "Cleared for exercise.",
        )


def _silent_for(member: Member) -> timedelta:
    return timedelta(days=max(since for since, _until in member.diary.silent))
