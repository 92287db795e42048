"""What is new about an alert: firings on their way into one, and whether somebody has dealt with them already. Pure.

See `store_service` for how they are used.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from tracker.alerts.rules import Family
from tracker.regimen.rules_levels import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tracker.alerts.diary_facts import Closing, Telling
    from tracker.alerts.models import Alert

STILL_NEWS: Final = timedelta(days=14)
"""A firing that comes to light after this many days is history, not an alert; a red flag never grows old."""
NOTED_FOR: Final = timedelta(days=28)
"""So long after a clinician closed it, the same sign of the "doctor soon" group is known and raises nothing new."""

_RULE_OF: Final = {Level.EMERGENCY: "RED-E", Level.URGENT: "RED-U", Level.REVIEW: "RED-D"}
_CRISIS: Final = "C_"


@dataclass(slots=True)
class Record:
    """One firing on its way into an alert."""

    rule: str
    level: Level
    day: date
    values: dict[str, Any]
    told: tuple[str, ...] = ()
    late: bool = False

    def stored(self) -> dict[str, Any]:
        kept: dict[str, Any] = {
            "rule": self.rule,
            "level": int(self.level),
            "day": self.day.isoformat(),
            "values": self.values,
        }
        return kept | {"told": list(self.told)} if self.told else kept

    def __str__(self) -> str:
        return f"{self.rule}:L{int(self.level)}@{self.day.isoformat()}"


def covers(alert: Alert, record: Record, closing: Closing | None) -> bool:
    """Whether closing this alert has dealt with that firing."""
    if alert.closed_on is None or record.level > alert.level:
        return False
    if record.day == alert.closed_on:
        # What ended by itself had not fired on that day; what fires on it now was told since.
        return closing is not None and closing.after_entry
    return record.day < alert.closed_on


def unknown_to(alert: Alert, records: Iterable[Record]) -> list[Record]:
    """What an open alert does not know yet, or knows at a lower level."""
    known = {(firing["rule"], firing["day"]): firing["level"] for firing in alert.firings}
    oldest = alert.last_day - STILL_NEWS
    return [
        record
        for record in records
        if record.level > known.get((record.rule, record.day.isoformat()), Level.STEADY)
        and (record.day >= oldest or record.level > alert.level)
    ]


def is_noted(code: str, level: Level, telling: Telling, closed: Iterable[Alert]) -> bool:
    """Whether a clinician has lately closed an alert about the same sign of the "doctor soon" group. It is stored with
    the diary and shown; to raise it every evening would hide what is new. Anything more urgent is always raised.
    """
    if level > Level.REVIEW:
        return False
    return any(
        alert.closed_at is not None
        and alert.closed_at <= telling.received_at
        and telling.received_at - alert.closed_at <= NOTED_FOR
        and code in codes_of(alert)
        for alert in closed
    )


def records_of(telling: Telling, news: Mapping[str, Level]) -> list[Record]:
    """One record for each level of a telling."""
    grouped: dict[tuple[str, Level], list[str]] = {}
    for code, level in sorted(news.items()):
        rule = "CRISIS" if code.startswith(_CRISIS) else _RULE_OF[max(level, Level.REVIEW)]
        grouped.setdefault((rule, max(level, Level.REVIEW)), []).append(code)
    return [
        Record(rule, level, telling.day, {"codes": ", ".join(codes)}, (telling.id,), late=telling.late)
        for (rule, level), codes in grouped.items()
    ]


def codes_in(values: Mapping[str, Any]) -> set[str]:
    return {code for code in str(values.get("codes", "")).split(", ") if code}


def codes_of(alert: Alert) -> set[str]:
    """The red flags an alert knows of."""
    if alert.family != Family.RED:
        return set()
    return {code for firing in alert.firings for code in codes_in(firing["values"])}
