"""What a report says: facts and tables by section (CLINICAL 7.3). Sections are data, so that the page, the PDF and a
letter show the same.

Every figure says of how many days or sets it is. Posture stands for itself: no link to pain is claimed.
"""
# ruff: noqa: RUF001  # an en dash between two dates or numbers is how a range is written

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any, Final

import flask_babel
from flask_babel import format_date, format_datetime, format_decimal, format_percent

from exercises import ENGINE_VERSION
from tracker.alerts import rule_texts
from tracker.alerts import texts as alert_texts
from tracker.alerts.worklist_service import PEG_MCID, PSFS_MCID
from tracker.clinic import rules
from tracker.clinic.report_charts import pain_svg
from tracker.clinic.report_texts import SECTIONS
from tracker.clinic.rules_report import trend
from tracker.clock import local_date
from tracker.posture import rules_day
from tracker.regimen import rules as plan_rules
from tracker.regimen import texts as plan_texts
from tracker.training.measured import measured

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date, datetime

    from markupsafe import Markup

    from tracker.alerts.models import Alert
    from tracker.clinic.report_service import Material
    from tracker.clinic.rules_report import Trend
    from tracker.regimen.rules import RevisionInForce

_MOST_WEEKS: Final = 13
_WEEK: Final = 7
_MINUTES_AS_MINUTES: Final = 120
_HOURS_AS_HOURS: Final = 48


@dataclass(frozen=True, slots=True)
class Table:
    """A small table with a caption and column heads."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report. `facts`: label and value; `lines`: sentences."""

    key: str
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    chart: Markup | None = None
    note: str = ""

    @property
    def title(self) -> str:
        return str(SECTIONS[self.key])

    @property
    def is_empty(self) -> bool:
        return not (self.lines or self.facts or self.tables or self.chart)


def sections_of(material: Material, keys: Collection[str]) -> tuple[Section, ...]:
    """The sections that were asked for, in the order of a report."""
    return tuple(_BUILDERS[key](material) for key in SECTIONS if key in keys)


def head_of(material: Material) -> tuple[tuple[str, str], ...]:
    """Who it is about, and when."""
    patient, period = material.patient, material.period
    begun = material.revisions[0].since if material.revisions else None
    facts = (
        (gettext("Patient"), patient.name),
        (gettext("Born"), str(patient.birth_year or "")),
        (gettext("Practice"), patient.clinic.name),
        (gettext("Period"), f"{_day(period.first)} – {_day(period.last)}"),
        (gettext("In the programme since"), _day(begun) if begun else ""),
        (gettext("Shared"), gettext("with the patient's consent")),
    )
    return tuple((label, value) for label, value in facts if value)


def methods_of(material: Material) -> tuple[str, ...]:
    """What a reader must know to judge the figures."""
    return (
        gettext(
            "Pain, interference and function are the patient's own answers on scales from 0 to 10. Trends: Theil–Sen "
            "slope of the daily averages with Sen's 95%% interval, widened for autocorrelation."
        ),
        gettext(
            "Differences that matter: PEG %(peg)s, PSFS %(psfs)s points. Alerts: parameters %(version)s. Repetitions "
            "and form: engine %(engine)s, one camera; no video is kept or sent.",
            peg=_number(PEG_MCID),
            psfs=_number(PSFS_MCID),
            version=material.parameters_version,
            engine=ENGINE_VERSION,
        ),
        gettext(
            "Information for treatment by professionals; it is no diagnosis and does not replace an examination. "
            "Nobody watches these data live."
        ),
    )


# ---------------------------------------------------------------------------------------------- words for figures


def gettext(text: str, **values: Any) -> str:
    """Flask-Babel's, with its type."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int) -> str:
    """Flask-Babel's, with its type."""
    return str(flask_babel.ngettext(one, many, num))


def _number(value: float | None) -> str:
    return gettext("not told") if value is None else str(format_decimal(round(value, 1)))


def _of_ten(value: float | None) -> str:
    return _number(None) if value is None else gettext("%(value)s of 10", value=_number(value))


def _share(part: float | None) -> str:
    return gettext("nothing was due") if part is None else str(format_percent(part))


def _day(day: date) -> str:
    return str(format_date(day, "d MMM yyyy"))


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return fmean(found) if found else None


def _trend(found: Trend | None) -> str:
    if found is None:
        return gettext("too few days to say")
    said = {name: f"{getattr(found, name):+.2f}" for name in ("per_week", "low", "high")}
    text = gettext("%(per_week)s points a week (95%% interval %(low)s to %(high)s)", **said)
    return text if found.is_told_apart else gettext("%(trend)s: no change that can be told", trend=text)


def _too_little(value: float | None, words: Callable[[float], str]) -> str:
    return gettext("too little to say") if value is None else words(value)


def _adherence_of(material: Material, revisions: Sequence[RevisionInForce]) -> plan_rules.Adherence:
    period = material.period
    return plan_rules.adherence(revisions, material.sets, last=period.last, days=period.days)


# ---------------------------------------------------------------------------------------------- sections


def _summary(material: Material) -> Section:
    """Five lines that a doctor reads first."""
    average = material.average
    adherence = _adherence_of(material, material.revisions)
    told = sum(each.told for each in material.told)
    lines = (
        gettext(
            "Pain: average %(average)s of 10 (%(days)s told), worst %(worst)s; %(trend)s.",
            average=_number(_mean(average.values())),
            days=ngettext("%(num)d day", "%(num)d days", len(average)),
            worst=_number(max(material.worst.values(), default=None)),
            trend=_trend(trend(average)),
        )
        if average
        else gettext("Pain: not told in this period."),
        gettext(
            "Exercise: %(share)s of the prescribed sets, %(done)d of %(due)d exercises.",
            share=_share(adherence.share),
            done=adherence.exercises_done,
            due=adherence.exercises_due,
        )
        if adherence.exercises_due
        else gettext("Exercise: nothing was due in this period."),
        _alerts_line(material.alerts),
        _plan_line(material),
        gettext(
            "Told on %(told)d of %(days)d days; what is missing is not filled in.", told=told, days=material.period.days
        ),
    )
    return Section("summary", lines=lines)


def _alerts_line(alerts: Sequence[Alert]) -> str:
    if not alerts:
        return gettext("Alerts: none in this period.")
    return gettext(
        "Alerts: %(number)s, the highest “%(level)s”; %(open)d open.",
        number=ngettext("%(num)d alert", "%(num)d alerts", len(alerts)),
        level=alert_texts.LEVELS[max(alert.level for alert in alerts)],
        open=sum(alert.closed_at is None for alert in alerts),
    )


def _plan_line(material: Material) -> str:
    if not material.plan.items:
        return gettext("Plan: none at the moment.")
    names = ", ".join(material.title(item.exercise) for item in material.plan.items)
    return gettext("Plan, version %(number)d: %(names)s.", number=material.plan.number, names=names)


def _pain(material: Material) -> Section:
    average, worst = material.average, material.worst
    if not average and not worst:
        return Section("pain")
    usual = _usual(material)
    values = list(average.values())
    high = rules.high_days(material.told)
    interference = [float(each.interference) for each in material.told if each.interference is not None]
    facts = (
        (gettext("Average of the days"), _of_ten(_mean(values))),
        (gettext("Worst"), _of_ten(max(worst.values(), default=None))),
        (gettext("Spread from day to day (SD)"), _number(stdev(values) if len(values) > 1 else None)),
        (gettext("Trend"), _trend(trend(average))),
        (
            gettext("Usual for this person"),
            f"{_number(usual[0])} ± {_number(usual[1])}" if usual else gettext("not known yet"),
        ),
        (gettext("Days at 7 or more"), gettext("%(num)d of %(days)d told", num=high, days=len(material.told))),
        (gettext("Days with a flare"), str(sum(each.flare for each in material.told))),
        (gettext("Gets in the way, average"), _of_ten(_mean(interference))),
    )
    zone_name = material.patient.time_zone
    chart = pain_svg(
        average,
        worst,
        first=material.period.first,
        last=material.period.last,
        usual=usual,
        marks={
            local_date(story.created_at, zone_name): gettext("Plan, version %(number)d", number=story.number)
            for story in material.stories
        },
    )
    note = gettext(
        "Line: average of the day. Rings: worst of the day. Grey band: usual for this person. Dashed: the plan was "
        "changed."
    )
    return Section("pain", facts=facts, tables=(_weeks(material),), chart=chart, note=note)


def _usual(material: Material) -> tuple[float, float] | None:
    standing = material.standing
    if standing is None or standing.baseline is None or standing.spread is None:
        return None
    return standing.baseline, standing.spread


def _weeks(material: Material) -> Table:
    """The chart as a table: by week, or by as many weeks as keep it short."""
    period = material.period
    weeks = -(-period.days // _WEEK)
    step = _WEEK * -(-weeks // _MOST_WEEKS)
    rows = []
    for ahead in range(0, period.days, step):
        first = period.first + timedelta(days=ahead)
        last = min(first + timedelta(days=step - 1), period.last)
        told = [each for each in material.told if first <= each.day <= last]
        rows.append(
            (
                f"{format_date(first, 'd MMM')} – {format_date(last, 'd MMM')}",
                _number(_mean(float(each.average) for each in told if each.average is not None)),
                _number(max((each.worst for each in told if each.worst is not None), default=None)),
                str(len(told)),
            )
        )
    columns = (gettext("Days"), gettext("Average"), gettext("Worst"), gettext("Days told"))
    return Table(gettext("Pain in numbers"), columns, tuple(rows))


def _function(material: Material) -> Section:
    """PEG and the patient's own activities, first against latest in the period."""
    rows = []
    for name, better, mcid, label in (
        ("peg", -1, PEG_MCID, gettext("PEG (0–10, less is better)")),
        ("psfs", 1, PSFS_MCID, gettext("Own activities, PSFS (0–10, 10 is as before)")),
    ):
        told = [(each.day, getattr(each, name)) for each in material.told if getattr(each, name) is not None]
        if not told:
            continue
        (first_day, first), (last_day, last) = told[0], told[-1]
        change = _meaning((last - first) * better, mcid) if len(told) > 1 else gettext("asked once")
        rows.append((label, f"{_number(first)} ({_day(first_day)})", f"{_number(last)} ({_day(last_day)})", change))
    columns = (gettext("Instrument"), gettext("First"), gettext("Latest"), gettext("Change"))
    return Section("function", tables=_tables(gettext("Function"), columns, rows))


def _meaning(gain: float, mcid: float) -> str:
    """In words, against the smallest difference that matters."""
    said = {"points": _number(abs(gain)), "mcid": _number(mcid)}
    if abs(gain) < mcid:
        return gettext("%(points)s points, less than the %(mcid)s that matter", **said)
    if gain > 0:
        return gettext("better by %(points)s points (%(mcid)s matter)", **said)
    return gettext("worse by %(points)s points (%(mcid)s matter)", **said)


def _tables(caption: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> tuple[Table, ...]:
    return (Table(caption, columns, tuple(rows)),) if rows else ()


def _adherence(material: Material) -> Section:
    whole = _adherence_of(material, material.revisions)
    if not whole.exercises_due and not whole.exercises_done:
        return Section("adherence")
    rows = []
    for exercise in dict.fromkeys(item.exercise for each in material.revisions for item in each.items):
        found = _adherence_of(material, [_only(exercise, each) for each in material.revisions])
        if found.exercises_due or found.exercises_done:
            days = gettext("%(done)d of %(due)d", done=found.exercises_done, due=found.exercises_due)
            rows.append((material.title(exercise), days, _share(found.share)))
    columns = (gettext("Exercise"), gettext("Done of due"), gettext("Dose"))
    return Section(
        "adherence",
        facts=((gettext("Dose done of dose prescribed"), _share(whole.share)),),
        tables=_tables(gettext("By exercise"), columns, rows),
        note=gettext("More than was prescribed on one day does not make up for another day."),
    )


def _only(exercise: str, revision: RevisionInForce) -> RevisionInForce:
    return plan_rules.RevisionInForce(
        revision.since, tuple(item for item in revision.items if item.exercise == exercise)
    )


def _progression(material: Material) -> Section:
    rows = [
        (
            _day(local_date(story.created_at, material.patient.time_zone)),
            str(story.number),
            "; ".join(plan_texts.change_text(change, material.definitions) for change in story.changes),
            story.reason or "",
        )
        for story in material.stories
    ]
    columns = (gettext("Day"), gettext("Version"), gettext("What changed"), gettext("Why"))
    return Section("progression", tables=_tables(gettext("Versions of the plan"), columns, rows))


def _quality(material: Material) -> Section:
    rows = [
        (
            material.title(each.exercise),
            str(each.sessions),
            str(each.counted),
            str(each.partial),
            gettext("not scored") if each.quality is None else _number(each.quality),
        )
        for each in sorted(material.exercises, key=lambda each: material.title(each.exercise))
    ]
    columns = (
        gettext("Exercise"),
        gettext("Sessions"),
        gettext("Counted"),
        gettext("Partial"),
        gettext("Form, 0–100"),
    )
    note = gettext("Form as the camera saw it; sets that were counted by hand have none.")
    return Section("quality", tables=_tables(gettext("By exercise"), columns, rows), note=note)


def _range(material: Material) -> Section:
    """The latest test in the period against the first one in it; change only beyond the error."""
    rows = []
    for test in material.tests:
        found = measured(test.last, material.definitions.get(test.exercise), test.first)
        rows += [
            (
                f"{material.title(test.exercise)}, {side.side_text}",
                _day(test.last.local_date),
                f"{side.value_text} ± {side.error_text}",
                side.change_text or gettext("measured once"),
            )
            for side in (found.sides if found else ())
        ]
    columns = (gettext("Movement"), gettext("Day"), gettext("Reached, with its error"), gettext("Change"))
    note = gettext("Measured by one camera in the plane of the picture; a change is called one only beyond the error.")
    return Section("range", tables=_tables(gettext("Tests"), columns, rows), note=note)


def _posture(material: Material) -> Section:
    if not material.posture:
        return Section("posture")
    total = rules_day.together(material.posture.values())
    facts = (
        (
            gettext("Watched"),
            gettext(
                "%(hours)s hours on %(days)s",
                hours=_number(total.at_desk_s / 3600),
                days=ngettext("%(num)d day", "%(num)d days", len(material.posture)),
            ),
        ),
        (gettext("Near the own calm pose"), _too_little(total.comfort_share, lambda share: str(format_percent(share)))),
        (gettext("Changes of posture an hour"), _too_little(total.changes_per_hour, _number)),
        (
            gettext("Longest spell without a change"),
            ngettext("%(num)d minute", "%(num)d minutes", total.longest_still_s // 60),
        ),
        (
            gettext("Breaks"),
            gettext(
                "%(moved)d taken, %(offered)d offered", moved=material.breaks.moved, offered=material.breaks.offered
            ),
        ),
    )
    note = gettext("Against this person's own calm pose. A link between posture and pain is not shown by this.")
    return Section("posture", facts=facts, note=note)


def _alerts(material: Material) -> Section:
    rows = [
        (
            str(format_datetime(alert.opened_at, "d MMM yyyy, HH:mm")),
            str(alert_texts.LEVELS[alert.level]),
            rule_texts.alert_sentence(alert),
            _after(alert.opened_at, alert.acknowledged_at),
            _ending(material, alert),
        )
        for alert in material.alerts
    ]
    columns = (
        gettext("Raised"),
        gettext("Level"),
        gettext("Why"),
        gettext("Acknowledged after"),
        gettext("What came of it"),
    )
    return Section("alerts", tables=_tables(gettext("Alerts"), columns, rows))


def _after(begin: datetime, end: datetime | None) -> str:
    if end is None:
        return gettext("not acknowledged")
    minutes = max(int((end - begin).total_seconds() // 60), 0)
    if minutes < _MINUTES_AS_MINUTES:
        return ngettext("%(num)d minute", "%(num)d minutes", minutes)
    hours = minutes // 60
    if hours < _HOURS_AS_HOURS:
        return ngettext("%(num)d hour", "%(num)d hours", hours)
    return ngettext("%(num)d day", "%(num)d days", hours // 24)


def _ending(material: Material, alert: Alert) -> str:
    if alert.closed_at is None:
        return gettext("open")
    day = _day(local_date(alert.closed_at, material.patient.time_zone))
    if alert.disposition is None:
        return gettext("settled by itself, %(day)s", day=day)
    return f"{alert_texts.DISPOSITIONS.get(alert.disposition, alert.disposition)}, {day}"


def _medicines(material: Material) -> Section:
    answered = [each for each in material.told if each.medicine is not None]
    if not answered:
        return Section("medicines")
    taken = sum(each.medicine is True for each in answered)
    too_much = any(each.over_label for each in material.told)
    facts = [
        (
            gettext("Days with pain medicine"),
            gettext("%(num)d of %(days)d told", num=taken, days=len(answered)),
        ),
        (gettext("More than the label says"), gettext("told") if too_much else gettext("not told")),
    ]
    if material.medicine_names:
        facts.append((gettext("Named by the patient"), ", ".join(material.medicine_names)))
    return Section("medicines", facts=tuple(facts), note=gettext("As told by the patient, not checked."))


def _missing(material: Material) -> Section:
    complete = {each.day for each in material.told if each.complete}
    answered = sum(day in complete for day in material.expected)
    share = answered / len(material.expected) if material.expected else None
    said = {"num": answered, "days": len(material.expected), "share": _share(share)}
    facts = (
        (gettext("Check-ins answered of those expected"), gettext("%(num)d of %(days)d (%(share)s)", **said)),
        (gettext("Days without any word"), str(material.period.days - sum(each.told for each in material.told))),
        (gettext("Days filled in later"), str(sum(each.late for each in material.told))),
    )
    return Section("missing", facts=facts)


_BUILDERS: Final[dict[str, Callable[[Material], Section]]] = {
    "summary": _summary,
    "pain": _pain,
    "function": _function,
    "adherence": _adherence,
    "progression": _progression,
    "quality": _quality,
    "range": _range,
    "posture": _posture,
    "alerts": _alerts,
    "medicines": _medicines,
    "missing": _missing,
}
