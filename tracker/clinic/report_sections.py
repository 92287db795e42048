"""What a report says: facts and tables by section (CLINICAL 7.3). Sections are data, so that the page, the PDF and a
letter show the same.

Every figure says of how many days or sets it is. Posture stands for itself: no link to pain is claimed.
"""
# ruff: noqa: RUF001  # an en dash between two dates or numbers is how a range is written

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from statistics import stdev
from typing import TYPE_CHECKING, Final

from flask_babel import format_date, format_datetime, format_percent

from exercises import ENGINE_VERSION
from tracker.alerts import rule_texts
from tracker.alerts import texts as alert_texts
from tracker.alerts.worklist_service import PEG_MCID, PSFS_MCID
from tracker.clinic import rules
from tracker.clinic.report_charts import pain_svg
from tracker.clinic.report_parts import (
    Section,
    Table,
    confidence,
    day_text,
    gettext,
    mean,
    ngettext,
    number,
    of_days,
    of_ten,
    share,
    trend_text,
)
from tracker.clinic.report_summary import adherence_of, summary
from tracker.clinic.report_texts import SECTIONS
from tracker.clinic.rules_report import trend
from tracker.clock import local_date
from tracker.posture import rules_day
from tracker.regimen import rules as plan_rules
from tracker.regimen import texts as plan_texts
from tracker.training.measured import measured

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from tracker.alerts.models import Alert
    from tracker.clinic.report_service import Material
    from tracker.regimen.rules import RevisionInForce

_MOST_WEEKS: Final = 13
_WEEK: Final = 7
_MINUTES_AS_MINUTES: Final = 120
_HOURS_AS_HOURS: Final = 48


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
        (gettext("Period"), f"{day_text(period.first)} – {day_text(period.last)}"),
        (gettext("In the programme since"), day_text(begun) if begun else ""),
        (gettext("Shared"), gettext("with the patient's consent")),
    )
    return tuple((label, value) for label, value in facts if value)


def methods_of(material: Material) -> tuple[str, ...]:
    """What a reader must know to judge the figures."""
    return (
        gettext(
            "Pain, interference and function are the patient's own answers on scales from 0 to 10. Trends: Theil–Sen "
            "slope of the daily averages with Sen's %(share)s interval, widened for autocorrelation. Now: the last 7 "
            "days; usual: the level and spread that alerts are judged by.",
            share=confidence(),
        ),
        gettext(
            "Days are the patient's own calendar days, counted from the first day of the diary where it lies in the "
            "period. A question that was not asked or not answered on a day makes its figure one of fewer days."
        ),
        gettext(
            "Differences that matter: PEG %(peg)s, PSFS %(psfs)s points. Alerts: parameters %(version)s. Repetitions "
            "and form: engine %(engine)s, one camera; no video is kept or sent.",
            peg=number(PEG_MCID),
            psfs=number(PSFS_MCID),
            version=material.parameters_version,
            engine=ENGINE_VERSION,
        ),
        gettext(
            "Information for treatment by professionals; it is no diagnosis and does not replace an examination. "
            "Nobody watches these data live."
        ),
    )


def _of_told(num: int, days: int) -> str:
    """Of the days on which this was answered, which are fewer than those with a check-in."""
    return gettext("%(num)d of %(days)d days answered", num=num, days=days)


def _too_little(value: float | None, words: Callable[[float], str]) -> str:
    return gettext("too little to say") if value is None else words(value)


# ---------------------------------------------------------------------------------------------- sections


def _pain(material: Material) -> Section:
    average, worst = material.average, material.worst
    if not average and not worst:
        return Section("pain")
    usual = material.usual
    values = list(average.values())
    high = rules.high_days(material.told)
    interference = [float(each.interference) for each in material.told if each.interference is not None]
    facts = (
        (gettext("Average of the days"), of_ten(mean(values))),
        (gettext("Worst"), of_ten(max(worst.values(), default=None))),
        (gettext("Spread from day to day (SD)"), number(stdev(values) if len(values) > 1 else None)),
        (gettext("Trend over the period"), trend_text(trend(average))),
        (
            gettext("Usual for this person"),
            f"{number(usual[0])} ± {number(usual[1])}" if usual else gettext("not known yet"),
        ),
        (
            gettext("Days at 7 or more"),
            _of_told(high, sum(each.day in average or each.day in worst for each in material.told)),
        ),
        (gettext("Days with a flare"), str(sum(each.flare for each in material.told))),
        (gettext("Gets in the way, average"), of_ten(mean(interference))),
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
                number(mean(float(each.average) for each in told if each.average is not None)),
                number(max((each.worst for each in told if each.worst is not None), default=None)),
                str(sum(each.told for each in told)),
            )
        )
    columns = (gettext("Days"), gettext("Average"), gettext("Worst"), gettext("Days with a check-in"))
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
        rows.append(
            (label, f"{number(first)} ({day_text(first_day)})", f"{number(last)} ({day_text(last_day)})", change)
        )
    columns = (gettext("Instrument"), gettext("First"), gettext("Latest"), gettext("Change"))
    return Section("function", tables=_tables(gettext("Function"), columns, rows))


def _meaning(gain: float, mcid: float) -> str:
    """In words, against the smallest difference that matters."""
    said = {"points": number(abs(gain)), "mcid": number(mcid)}
    if abs(gain) < mcid:
        return gettext("%(points)s points, less than the %(mcid)s that matter", **said)
    if gain > 0:
        return gettext("better by %(points)s points (%(mcid)s matter)", **said)
    return gettext("worse by %(points)s points (%(mcid)s matter)", **said)


def _tables(caption: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> tuple[Table, ...]:
    return (Table(caption, columns, tuple(rows)),) if rows else ()


def _adherence(material: Material) -> Section:
    whole = adherence_of(material, material.revisions)
    if not whole.exercises_due and not whole.exercises_done:
        return Section("adherence")
    rows = []
    for exercise in dict.fromkeys(item.exercise for each in material.revisions for item in each.items):
        found = adherence_of(material, [_only(exercise, each) for each in material.revisions])
        if found.exercises_due or found.exercises_done:
            days = gettext("%(done)d of %(due)d", done=found.exercises_done, due=found.exercises_due)
            rows.append((material.title(exercise), days, share(found.share)))
    columns = (gettext("Exercise"), gettext("Done of due"), gettext("Dose"))
    return Section(
        "adherence",
        facts=((gettext("Dose done of dose prescribed"), share(whole.share)),),
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
            day_text(local_date(story.created_at, material.patient.time_zone)),
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
            gettext("not scored") if each.quality is None else number(each.quality),
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
                day_text(test.last.local_date),
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
                hours=number(total.at_desk_s / 3600),
                days=ngettext("%(num)d day", "%(num)d days", len(material.posture)),
            ),
        ),
        (gettext("Near the own calm pose"), _too_little(total.comfort_share, lambda part: str(format_percent(part)))),
        (gettext("Changes of posture an hour"), _too_little(total.changes_per_hour, number)),
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
    day = day_text(local_date(alert.closed_at, material.patient.time_zone))
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
            _of_told(taken, len(answered)),
        ),
        (gettext("More than the label says"), gettext("told") if too_much else gettext("not told")),
    ]
    if material.medicine_names:
        facts.append((gettext("Named by the patient"), ", ".join(material.medicine_names)))
    return Section("medicines", facts=tuple(facts), note=gettext("As told by the patient, not checked."))


def _missing(material: Material) -> Section:
    complete = {each.day for each in material.told if each.complete}
    answered = sum(day in complete for day in material.expected)
    part = answered / len(material.expected) if material.expected else None
    said = {"num": answered, "days": len(material.expected), "share": share(part)}
    told = sum(each.told for each in material.told)
    facts = (
        (gettext("Days with a check-in"), of_days(material, told)),
        (gettext("Check-ins answered of those expected"), gettext("%(num)d of %(days)d (%(share)s)", **said)),
        (gettext("Days without any word"), of_days(material, material.days - told)),
        (gettext("Days filled in later"), str(sum(each.late for each in material.told))),
    )
    return Section("missing", facts=facts)


_BUILDERS: Final[dict[str, Callable[[Material], Section]]] = {
    "summary": summary,
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
