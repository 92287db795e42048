"""The physiotherapist's pages, all of them: importing this module is what adds them to the blueprint."""

from __future__ import annotations

from tracker.clinic import (
    caseload_views,
    course_views,
    note_views,
    patient_views,
    proposal_views,
    report_views,
    session_views,
    team_views,
    thread_views,
)
from tracker.clinic.room_views import clinic_pages

__all__ = [
    "caseload_views",
    "clinic_pages",
    "course_views",
    "note_views",
    "patient_views",
    "proposal_views",
    "report_views",
    "session_views",
    "team_views",
    "thread_views",
]
