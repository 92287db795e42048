"""The five lines that a doctor reads first: how it is now and what is open, then the period (CLINICAL 7.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracker.clinic import state_texts
from tracker.clinic.report_parts import Section, gettext, mean, ngettext, number, of_days, share, trend_text
from tracker.clinic.rules_report import trend
from tracker.regimen import rules as plan_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tracker.clinic.report_service import Material
    from tracker.regimen.rules import RevisionInForce


def summary(material: Material) -> Section:
    """Five lines, what holds now first."""
    return Section(
        "summary",
        lines=(
            state_texts.pain_now(material.now),
            _alerts_line(material),
            _period_line(material),
            _exercise_line(material),
            _plan_line(material),
        ),
    )


def adherence_of(material: Material, revisions: Sequence[RevisionInForce]) -> plan_rules.Adherence:
    """What was done of what these versions of the plan asked for in the period."""
    period = material.period
    return plan_rules.adherence(revisions, material.sets, last=period.last, days=period.days)


def _alerts_line(material: Material) -> str:
    if not material.alerts:
        return gettext("Alerts: none in this period.")
    raised = sum(material.is_in(alert.opened_at) for alert in material.alerts)
    total = ngettext("%(num)d alert", "%(num)d alerts", raised)
    if not material.open_alerts:
        return gettext("Alerts: none is open; %(number)s raised in this period.", number=total)
    return gettext(
        "%(alert)s (%(number)s raised in this period; open now: %(open)d.)",
        alert=state_texts.open_alert(material.open_alerts[0]),
        number=total,
        open=len(material.open_alerts),
    )


def _period_line(material: Material) -> str:
    average = material.average
    if not average:
        return gettext("Whole period: pain not told in this period.")
    return gettext(
        "Whole period: average pain %(average)s of 10 (told on %(days)s), worst %(worst)s; %(trend)s. What is missing "
        "is not filled in.",
        average=number(mean(average.values())),
        days=of_days(material, len(average)),
        worst=number(max(material.worst.values(), default=None)),
        trend=trend_text(trend(average)),
    )


def _exercise_line(material: Material) -> str:
    adherence = adherence_of(material, material.revisions)
    if not adherence.exercises_due:
        return gettext("Exercise: nothing was due in this period.")
    return gettext(
        "Exercise: %(share)s of the prescribed sets, %(done)d of %(due)d exercises.",
        share=share(adherence.share),
        done=adherence.exercises_done,
        due=adherence.exercises_due,
    )


def _plan_line(material: Material) -> str:
    if not material.plan.items:
        return gettext("Plan: none at the moment.")
    names = ", ".join(material.title(item.exercise) for item in material.plan.items)
    return gettext("Plan, version %(number)d: %(names)s.", number=material.plan.number, names=names)
