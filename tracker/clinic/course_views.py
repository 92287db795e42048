"""A patient's course over weeks, months or a year: one time line, the calendar, ranges, each exercise. HTTP only."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from flask import render_template, request

from tracker.accounts.access import patient_for
from tracker.clinic import course_charts, course_service, course_texts, rules_course, state_texts, texts
from tracker.clinic.room_views import clinic_pages
from tracker.clock import local_date
from tracker.training import texts as training_texts
from tracker.web.context import db, now, viewer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person


@clinic_pages.get("/patients/<uuid:patient_id>/course")
def course(patient_id: UUID) -> ResponseReturnValue:
    """`?period=84` chooses the days, `?month=2026-03` the month of the calendar."""
    whom = patient_for(db(), viewer(), patient_id, purpose="course.read", at=now(), read_health=True)
    days = request.args.get("period", rules_course.PERIODS[1], type=int)
    days = days if days in rules_course.PERIODS else rules_course.PERIODS[1]
    found = course_service.read(db(), whom, days, now())
    month = _month(whom)
    columns, rows = course_charts.table(found)
    return render_template(
        "clinic/course.html",
        patient=whom,
        course=found,
        days=days,
        periods=course_texts.PERIODS,
        line=course_charts.time_line(found),
        columns=columns,
        rows=rows,
        now_lines=state_texts.lines(found.material),
        changes=course_texts.changes(found),
        ranges=course_texts.ranges(found),
        differences=course_texts.differences(found),
        calendar=course_service.calendar(db(), whom, month, now()),
        month=month,
        before=(month - timedelta(days=1)).replace(day=1),
        after=_next_month(month, whom),
        title_of=found.material.title,
        fault_of=lambda exercise, key: training_texts.fault_text(found.material.definitions.get(exercise), key),
        reason_of=lambda key: training_texts.say(training_texts.STOP_REASONS_FOR_PHYSIO, key),
        texts=texts,
        course_texts=course_texts,
    )


def _month(patient: Person) -> date:
    """The first day of the month that is asked for; this one where that cannot be read, or has not come."""
    this = local_date(now(), patient.time_zone).replace(day=1)
    try:
        asked = date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        return this
    return min(asked, this) if asked.year >= 2000 else this  # noqa: PLR2004  # before anybody could have a plan


def _next_month(month: date, patient: Person) -> date | None:
    following = (month + timedelta(days=32)).replace(day=1)
    return following if following <= local_date(now(), patient.time_zone) else None
