"""Turns what the engine says about every day into alerts: raised once, updated while open, never raised again for what
somebody has already dealt with (CLINICAL 5.1, 5.6). Never commits; the caller holds the patient's lock.

The engine is asked for the whole history each time, so what it says about the past can change with an entry that comes
late. What is new is decided here. For statistics a firing is *dealt with* when an alert of its family was closed after
that day, at that level or a higher one. For a red flag that is not enough: what counts is each *telling*, by the
version of the entry that told it, so that a flag told late, again on the day of a closing, or taken out again by an
edit always leads to an alert (`Telling`). The engine's own red-flag firings are used only where no answer names the
flag.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from tracker.alerts import evidence, rule_texts
from tracker.alerts.diary_facts import U_SEVERE, plain_values
from tracker.alerts.models import Alert, AlertEvent
from tracker.alerts.records import STILL_NEWS, Record, codes_in, codes_of, covers, is_noted, records_of, unknown_to
from tracker.alerts.rules import ENGINE_VERSION, Family
from tracker.regimen.rules_levels import LOCKED_FROM, Level

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from tracker.accounts.models import Person
    from tracker.alerts.diary_facts import Reading
    from tracker.alerts.parameters_service import InForce
    from tracker.alerts.rules import DayResult, Firing
    from tracker.db import Session

MOST_FIRINGS: Final = 120
"""Kept with an alert, newest last. One that stays open for months says the same every day."""

CLOSED_BY_ITSELF: Final = "settled"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the engine said about a patient's record, day by day, and what it was told. Without `results` it has failed;
    red flags are acted upon all the same.
    """

    reading: Reading
    results: tuple[DayResult, ...]
    in_force: InForce

    @property
    def first_day(self) -> date:
        return self.reading.first_day

    @property
    def last_day(self) -> date:
        return self.reading.last_day

    @property
    def last(self) -> DayResult:
        return self.results[-1]

    @property
    def parameters_version(self) -> str:
        return self.in_force.version

    def day_of(self, index: int) -> date:
        return self.reading.day_of(index)


def alerts_of(session: Session, patient_id: UUID) -> list[Alert]:
    """Every alert of a patient, the oldest first, as the database has them now."""
    wanted = select(Alert).where(Alert.patient_id == patient_id).order_by(Alert.opened_at, Alert.id)
    return list(session.scalars(wanted.execution_options(populate_existing=True)))


def open_alerts(session: Session, patient_id: UUID) -> list[Alert]:
    """What is open, the most urgent first."""
    wanted = select(Alert).where(Alert.patient_id == patient_id, Alert.closed_at.is_(None))
    return sorted(session.scalars(wanted), key=urgency)


def open_alerts_of(session: Session, patient_ids: Collection[UUID]) -> list[Alert]:
    """What is open for any of these patients, the oldest first."""
    wanted = select(Alert).where(Alert.patient_id.in_(patient_ids), Alert.closed_at.is_(None))
    return list(session.scalars(wanted.order_by(Alert.opened_at, Alert.id)))


def urgency(alert: Alert) -> tuple[int, bool, datetime, str]:
    return (-alert.level, alert.family != Family.RED, alert.opened_at, alert.id.hex)


def add_event(
    session: Session,
    alert: Alert,
    kind: str,
    at: datetime,
    *,
    actor: Person | None = None,
    local_date: date | None = None,
    detail: Mapping[str, Any] | None = None,
    note: str | None = None,
    proof: bytes | None = None,
) -> AlertEvent:
    """Write down what happened to an alert."""
    row = AlertEvent(
        alert_id=alert.id,
        at=at,
        kind=kind,
        actor_id=actor.id if actor else None,
        local_date=local_date,
        detail=dict(detail) if detail else None,
        note=note,
        evidence=proof,
    )
    session.add(row)
    session.flush()
    return row


@dataclass(frozen=True, slots=True)
class Stored:
    """The open alerts, the most urgent first, and those of them that are new or have risen."""

    open: tuple[Alert, ...]
    louder: tuple[Alert, ...]


def store(session: Session, patient: Person, evaluation: Evaluation, at: datetime) -> Stored:
    """Bring the patient's alerts up to date."""
    writer = _Writer(session, patient, evaluation, at)
    alerts = alerts_of(session, patient.id)
    by_family: dict[str, list[Alert]] = {family: [] for family in Family}
    for alert in alerts:
        by_family[alert.family].append(alert)
    firings = _firings_by_family(evaluation)
    for family in Family:
        known = by_family[family]
        if family is Family.RED:
            writer.take_red(known, firings.get(family, []))
        elif not evaluation.results:
            writer.keep(known)
        else:
            writer.take(family, known, firings.get(family, []))
    still_open = tuple(sorted(writer.open.values(), key=urgency))
    return Stored(still_open, tuple(alert for alert in still_open if alert.id in writer.louder))


def _firings_by_family(evaluation: Evaluation) -> dict[Family, list[tuple[int, Firing]]]:
    found: dict[Family, list[tuple[int, Firing]]] = {}
    for result in evaluation.results:
        for firing in result.firings:
            found.setdefault(firing.family, []).append((result.day, firing))
    return found


@dataclass(slots=True)
class _Writer:
    """Writes the alerts of one patient for one evaluation."""

    session: Session
    patient: Person
    evaluation: Evaluation
    at: datetime
    open: dict[str, Alert] = field(default_factory=dict)
    louder: set[UUID] = field(default_factory=set)
    _proof: bytes | None = None

    # ------------------------------------------------------------------------------------------ families of statistics

    def keep(self, known: Iterable[Alert]) -> None:
        """Leave what is open as it is."""
        self.open |= {alert.family: alert for alert in known if alert.closed_at is None}

    def take(self, family: Family, known: Sequence[Alert], firings: Sequence[tuple[int, Firing]]) -> None:
        """Update, raise or settle the one open alert of a family."""
        alert = next((each for each in known if each.closed_at is None), None)
        closed = [each for each in known if each.closed_at is not None]
        records = [
            record for index, firing in firings if not self._dealt_with(record := self._record(index, firing), closed)
        ]
        if alert is not None:
            self.open[family] = alert
            self._update(alert, unknown_to(alert, records))
            self._follow(alert)
            return
        records = self._still_news(family, records)
        if records:
            self.open[family] = self._raise(family, records)
            self._follow(self.open[family])

    def _record(self, index: int, firing: Firing) -> Record:
        day = self.evaluation.day_of(index)
        values = plain_values(firing.values)
        if firing.rule in {"C1", "C2"}:
            values |= self._above(index)
        return Record(firing.rule, firing.level, day, values, late=self._came_late(day))

    def _came_late(self, day: date) -> bool:
        """Whether a firing about this day is found out after the day was dealt with. One day back is no delay: pain
        on the morning after an exercise belongs to the day of the exercise.
        """
        reading = self.evaluation.reading
        return day in reading.late_days or day < reading.last_day - timedelta(days=1)

    def _above(self, index: int) -> dict[str, float]:
        """For how many days, up to this one, pain has been above the usual without a calmer answer in between, and its
        mean in them: the words of the sentence, not of the decision.
        """
        days, above, first = self.evaluation.reading.history.days, [], index
        usual = self.evaluation.results[index].baseline
        for earlier in range(index, -1, -1):
            average = days[earlier].average if earlier in days else None
            if average is None:
                continue
            if average < usual + _ABOVE:
                break
            above.append(average)
            first = earlier
        if not above:
            return {}
        return {"days_above": index - first + 1, "mean_above": round(sum(above) / len(above), 2)}

    def _dealt_with(self, record: Record, closed: Iterable[Alert]) -> bool:
        return any(covers(alert, record, self.evaluation.reading.closings.get(alert.id)) for alert in closed)

    def _still_news(self, family: Family, records: Sequence[Record]) -> list[Record]:
        """What may open an alert now. A self-care prompt only while it holds; what has settled or what is high only
        while it is news.
        """
        if not records:
            return []
        state = self.evaluation.last.families.get(family, Level.STEADY)
        newest = max(record.day for record in records)
        fresh = self.evaluation.last_day - newest <= STILL_NEWS
        highest = max(record.level for record in records)
        if state == Level.STEADY and (highest == Level.SELF_CARE or not fresh):
            return []
        since = self._began(family, newest)
        most = Level.EMERGENCY if fresh else min(state, Level.REVIEW)
        return [record for record in records if record.day >= since and record.level <= most]

    def _began(self, family: Family, newest: date) -> date:
        """Since when the family has been open without a break, up to its newest firing."""
        first = self.evaluation.first_day
        index = (newest - first).days
        while index > 0 and family in self.evaluation.results[index - 1].families:
            index -= 1
        return first + timedelta(days=index)

    def _follow(self, alert: Alert) -> None:
        """Let an alert end or settle where the engine's state has (5.6). L3 and L4 only a clinician ends."""
        state = self.evaluation.last.families.get(Family(alert.family), Level.STEADY)
        if alert.level >= LOCKED_FROM:
            return
        if alert.level == Level.SELF_CARE and state == Level.STEADY:
            alert.closed_at, alert.closed_on = self.at, self.evaluation.last_day
            alert.disposition = CLOSED_BY_ITSELF
            add_event(self.session, alert, "settled", self.at, local_date=self.evaluation.last_day)
            del self.open[alert.family]
        elif alert.level == Level.REVIEW and state < Level.REVIEW and alert.resolved_at is None:
            alert.resolved_at = self.at
            add_event(self.session, alert, "resolved", self.at, local_date=self.evaluation.last_day)
        elif alert.level == Level.REVIEW and state >= Level.REVIEW and alert.resolved_at is not None:
            # After a calm week it is news again, for somebody who may have thought it over.
            alert.resolved_at = alert.acknowledged_at = alert.acknowledged_by = alert.notified_at = None
            self.louder.add(alert.id)
            add_event(self.session, alert, "returned", self.at, local_date=self.evaluation.last_day)

    # ------------------------------------------------------------------------------------------ red flags

    def take_red(self, known: Sequence[Alert], firings: Sequence[tuple[int, Firing]]) -> None:
        """Every telling of a red flag that no alert knows yet."""
        alert = next((each for each in known if each.closed_at is None), None)
        closed = [each for each in known if each.closed_at is not None]
        if alert is not None:
            self.open[Family.RED] = alert
        records = [*self._tellings(known, closed, has_open=alert is not None), *self._unnamed(known, closed, firings)]
        if not records:
            return
        if alert is None:
            self.open[Family.RED] = self._raise(Family.RED, records)
        else:
            self._update(alert, records)

    def _tellings(self, known: Sequence[Alert], closed: Sequence[Alert], *, has_open: bool) -> list[Record]:
        ids = {identity for alert in known for firing in alert.firings for identity in firing.get("told", ())}
        said: dict[tuple[Any, str], Level] = {}
        records: list[Record] = []
        for telling in self.evaluation.reading.tellings:
            # Another version of the same entry, with the same flags, says nothing new.
            news = {
                code: level
                for code, level in telling.levels.items()
                if level > said.get((telling.entry_id, code), Level.STEADY)
            }
            if telling.id in ids or news:
                said |= {(telling.entry_id, code): level for code, level in telling.levels.items()}
            if telling.id in ids:
                continue
            if not has_open and not records:
                news = {code: level for code, level in news.items() if not is_noted(code, level, telling, closed)}
            records.extend(records_of(telling, news))
        return records

    def _unnamed(
        self, known: Sequence[Alert], closed: Sequence[Alert], firings: Sequence[tuple[int, Firing]]
    ) -> list[Record]:
        """U_SEVERE, which the engine reads from severe pain together with "cannot do normal activities"."""
        ids = {identity for alert in known for firing in alert.firings for identity in firing.get("told", ())}
        named = {telling.day for telling in self.evaluation.reading.tellings if U_SEVERE in telling.levels}
        records = []
        for index, firing in firings:
            day = self.evaluation.day_of(index)
            if U_SEVERE not in str(firing.values.get("codes", "")) or day in named:
                continue
            facts = self.evaluation.reading.history.days[index]
            identity = f"{day.isoformat()}:{facts.average}:{U_SEVERE}"
            record = Record(
                firing.rule, firing.level, day, plain_values(firing.values) | {"codes": U_SEVERE}, (identity,)
            )
            record.late = self._came_late(day)
            old = self.evaluation.last_day - day > STILL_NEWS
            if identity not in ids and not old and not self._dealt_with(record, closed):
                records.append(record)
        return records

    # ------------------------------------------------------------------------------------------ writing

    def _raise(self, family: Family, records: Sequence[Record]) -> Alert:
        ordered = sorted(records, key=lambda record: (record.day, record.level, record.rule))
        newest = max(ordered, key=lambda record: record.day)
        stored = [record.stored() for record in ordered][-MOST_FIRINGS:]
        alert = Alert(
            patient_id=self.patient.id,
            family=family,
            level=max(record.level for record in ordered),
            first_day=ordered[0].day,
            last_day=newest.day,
            days=len({record.day for record in ordered}),
            late=all(record.late for record in ordered if record.day == newest.day),
            sentence=rule_texts.sentence_of(stored, english=True),
            firings=stored,
            parameters_version=self.evaluation.parameters_version,
            engine_version=ENGINE_VERSION,
            opened_at=self.at,
            notified_codes=[],
        )
        self.session.add(alert)
        self.session.flush()
        self._tell("raised", alert, ordered)
        return alert

    def _update(self, alert: Alert, records: Sequence[Record]) -> None:
        """Add what is new to an open alert. It rises with a higher level and with a flag it did not know."""
        if not records:
            return
        codes = codes_of(alert)
        level = max(record.level for record in records)
        told = {code for record in records for code in codes_in(record.values)}
        rises = level > alert.level or (alert.family == Family.RED and not told <= codes)
        if alert.family == Family.RED and alert.outcome is not None and level >= LOCKED_FROM:
            # Help was there, or was on the way, for what was told before. This is told since.
            alert.outcome, rises = None, True
            alert.notified_codes = [code for code in alert.notified_codes if code not in told]
        again = {(record.day.isoformat(), record.rule) for record in records if not record.told}
        kept = [firing for firing in alert.firings if (firing["day"], firing["rule"]) not in again]
        stored = [*kept, *(record.stored() for record in records)]
        stored.sort(key=lambda firing: firing["day"])
        # A telling must stay known however many there are.
        spare = max(0, len(stored) - MOST_FIRINGS)
        stored = [
            firing for number, firing in enumerate(stored) if number >= spare or firing.get("told") or number == 0
        ]
        days_before = {firing["day"] for firing in alert.firings}
        alert.days += len({record.day.isoformat() for record in records} - days_before)
        alert.firings = stored
        alert.level = max(alert.level, level)
        alert.first_day = min(alert.first_day, *(record.day for record in records))
        alert.last_day = max(alert.last_day, *(record.day for record in records))
        alert.sentence = rule_texts.sentence_of(stored, english=True)
        alert.parameters_version, alert.engine_version = self.evaluation.parameters_version, ENGINE_VERSION
        if rises:
            self._tell("rose", alert, records)
        self.session.flush()

    def _tell(self, kind: str, alert: Alert, records: Sequence[Record]) -> None:
        self.louder.add(alert.id)
        if self._proof is None:
            reading = self.evaluation.reading
            self._proof = evidence.pack(reading.history, self.evaluation.in_force.parameters)
        detail = {
            "level": alert.level,
            "firings": [str(record) for record in records],
            "first_day": self.evaluation.first_day.isoformat(),
            "parameters": self.evaluation.parameters_version,
            "engine": ENGINE_VERSION,
            "late": alert.late,
        }
        add_event(self.session, alert, kind, self.at, detail=detail, proof=self._proof)


_ABOVE: Final = 0.5
"""Points above the usual from which a day counts as above it, in the sentence only."""
