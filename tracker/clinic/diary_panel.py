"""What a patient's diary says, for the physiotherapist's page: the time line and a handful of figures.

Pain is compared with what is usual for this person (the baseline of escalation), never with other people. A day that
was not told is not filled in: every figure says of how many days it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import fmean
from typing import TYPE_CHECKING, Final

from flask_babel import format_date, gettext

from tracker.alerts import charts
from tracker.alerts import safety_service as alerts
from tracker.clinic import rules, rules_week
from tracker.clock import local_date
from tracker.diary import service as diary
from tracker.diary import texts, told_words
from tracker.diary.told_words import Told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tracker.accounts.models import Person
    from tracker.db import Session
    from tracker.diary.rules import Entry
    from tracker.regimen.service import RevisionStory
    from tracker.training.charts import ChartView

TIME_LINE_DAYS: Final = 84
LONG_DAYS: Final = 28
MEDICINE_DAYS: Final = 14


@dataclass(frozen=True, slots=True)
class Change:
    """A score now and when it was first asked."""

    now: float
    first: float | None
    since: date


@dataclass(frozen=True, slots=True)
class Panel:
    """The diary at a glance. None: not told."""

    chart: ChartView | None
    last_told_on: date | None
    told_days: int
    long_days: int
    week: float | None
    worst: float | None
    usual: float
    spread: float
    improving: bool
    provisional: bool
    high_days: int
    interference: float | None
    medicine_days: int
    peg: Change | None
    psfs: Change | None

    @property
    def rise(self) -> float | None:
        """How far the last week lies above what is usual; negative below it."""
        return None if self.week is None else self.week - self.usual


def panel(session: Session, patient: Person, stories: Sequence[RevisionStory], at: datetime) -> Panel | None:
    """The diary of a patient who shares it; None before anything was told."""
    evaluation = alerts.evaluation_of(session, patient, at)
    if evaluation is None:
        return None
    today = local_date(at, patient.time_zone)
    days = diary.day_facts(session, patient)
    first = max(evaluation.first_day, today - timedelta(days=TIME_LINE_DAYS - 1))
    marks = [
        charts.Mark(local_date(story.created_at, patient.time_zone), story.reason or gettext("The plan was changed"))
        for story in stories
    ]
    shown = charts.pain_days(evaluation, first, evaluation.last_day)
    week = rules_week.in_days(days, today, rules_week.WEEK_DAYS)
    month = rules_week.in_days(days, today, LONG_DAYS)
    newest = evaluation.last
    return Panel(
        chart=charts.pain_chart("time-line", shown, marks),
        last_told_on=max((day for day, told in days.items() if told.told), default=None),
        told_days=sum(told.told for told in month.values()),
        long_days=min(LONG_DAYS, (today - evaluation.first_day).days + 1),
        week=_mean([told.average for told in week.values()]),
        worst=max((told.worst for told in week.values() if told.worst is not None), default=None),
        usual=newest.baseline,
        spread=newest.spread,
        improving=newest.improving,
        provisional=newest.provisional,
        high_days=rules.high_days(month.values()),
        interference=_mean([told.interference for told in week.values()]),
        medicine_days=sum(told.medicine is True for told in rules_week.in_days(days, today, MEDICINE_DAYS).values()),
        peg=_change({day: told.peg for day, told in days.items()}),
        psfs=_change({day: told.psfs for day, told in days.items()}),
    )


def intake(session: Session, patient: Person) -> Told | None:
    """What the patient said before the first exercise; None before it."""
    entries = diary.entries_in_force(session, patient.id, forms=["intake"])
    if not entries:
        return None
    entry = max(entries, key=lambda each: each.order)
    told = told_words.told(session, patient, entry)
    return Told(told.day, told.title, (*_intake_facts(entry), *told.facts), told.flags, told.note)


def recent(session: Session, patient: Person, at: datetime) -> tuple[Told, ...]:
    """The newest entries of four weeks that say more than numbers."""
    return told_words.since(session, patient, local_date(at, patient.time_zone) - timedelta(days=LONG_DAYS))


def _intake_facts(entry: Entry) -> tuple[tuple[str, str], ...]:
    """What no other page says of an intake."""
    answers = entry.answers
    labels = {
        "cautions": gettext("Cautions"),
        "symptoms": gettext("What it is like"),
        "causes": gettext("Could have to do with it"),
        "age_band": gettext("Age"),
        "work": gettext("Work"),
        "kit": gettext("At home"),
    }
    found = []
    if answers.get("average_7d") is not None:
        found.append((gettext("Average pain, 7 days"), gettext("%(pain)d of 10", pain=answers["average_7d"])))
    if answers.get("began_on"):
        found.append((gettext("Began"), format_date(_day(answers["began_on"]), "d MMM yyyy")))
    if answers.get("examined_on"):
        found.append((gettext("Says it was examined"), format_date(_day(answers["examined_on"]), "d MMM yyyy")))
    for key, label in labels.items():
        given = answers.get(key) or ()
        chosen = [given] if isinstance(given, str) else list(given)
        if chosen:
            found.append((label, "; ".join(texts.say(texts.CHOICES, f"{key}.{each}") for each in chosen)))
    own = [each["words"] for each in answers.get("activities") or () if isinstance(each, dict) and each.get("words")]
    if own:
        found.append((gettext("Wants to do again"), "; ".join(own)))
    return tuple(found)


def _day(given: date | str) -> date:
    return date.fromisoformat(given) if isinstance(given, str) else given


def _mean(values: Sequence[float | None]) -> float | None:
    told = [value for value in values if value is not None]
    return fmean(told) if told else None


def _change(values: Mapping[date, float | None]) -> Change | None:
    told = [(day, value) for day, value in sorted(values.items()) if value is not None]
    if not told:
        return None
    return Change(now=told[-1][1], first=told[0][1] if len(told) > 1 else None, since=told[0][0])
