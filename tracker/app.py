"""Where everything is wired: `create_app(settings)` and nothing else.

Every blueprint declares here who may come in; a page without a declared guard is refused. The rooms know each other
only through this file.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from tracker.accounts import account_views, trail_views
from tracker.accounts import views as accounts_views
from tracker.accounts.jobs import seal_trail
from tracker.accounts.service import Passwords
from tracker.accounts.sign_in_service import clear_up
from tracker.alerts import jobs as alerts_jobs
from tracker.alerts import notify_service, patient_service, safety_service, worklist_service
from tracker.alerts import service as alerts_service
from tracker.alerts import views as alerts_views
from tracker.clinic import message_service, message_views, proposal_service
from tracker.clinic import views as clinic_views
from tracker.clock import Clock, SystemClock
from tracker.db import create_engine_from, session_factory
from tracker.diary import service as diary_service
from tracker.diary import views as diary_views
from tracker.learn import views as learn_views
from tracker.posture import (
    agent_views,
    api_views,
    break_views,
    breaks_service,
    computer_views,
    day_service,
    day_views,
    watch_views,
)
from tracker.posture import service as posture_service
from tracker.posture.jobs import clear_up_codes
from tracker.records import views as record_views
from tracker.regimen import own_views
from tracker.regimen import views as regimen_views
from tracker.reminders import views as reminders_views
from tracker.reminders import wishes_service
from tracker.reminders.delivery_service import Wanted
from tracker.reminders.jobs import clear_up_reminders, rounds
from tracker.reminders.scheduler import Job, Round
from tracker.settings import PROJECT_ROOT
from tracker.training import live_break_views
from tracker.training import service as training_service
from tracker.training import views as training_views
from tracker.training.jobs import expire_tracks
from tracker.training.service import consent_withdrawn
from tracker.web import assets
from tracker.web.context import Services, init_context
from tracker.web.errors import init_errors
from tracker.web.guards import Guard, init_guards, register
from tracker.web.headers import init_headers
from tracker.web.locale import init_locale
from tracker.web.logs import QuietFlask, init_request_log
from tracker.web.navigation import init_navigation
from tracker.web.sign_in import init_sign_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

    from tracker.settings import Settings

ROOMS: Final = (
    (assets.blueprint, Guard.PUBLIC),
    (accounts_views.blueprint, Guard.PUBLIC),
    (account_views.blueprint, Guard.SIGNED_IN),
    (trail_views.administration_pages, Guard.ADMIN),
    (regimen_views.library_pages, Guard.SIGNED_IN),
    (regimen_views.plan_pages, Guard.CLINICIAN),
    (regimen_views.programme_pages, Guard.PATIENT),
    (own_views.own_pages, Guard.PLANNER),
    (own_views.own_api, Guard.PLANNER),
    (training_views.today_pages, Guard.PATIENT),
    (training_views.session_pages, Guard.PATIENT),
    (training_views.training_api, Guard.PATIENT),
    (diary_views.check_in_pages, Guard.PATIENT),
    (diary_views.progress_pages, Guard.PATIENT),
    (diary_views.help_pages, Guard.PATIENT),
    (diary_views.diary_api, Guard.PATIENT),
    (day_views.posture_pages, Guard.PATIENT),
    (watch_views.watch_pages, Guard.PATIENT),
    (break_views.break_pages, Guard.PATIENT),
    (break_views.break_api, Guard.PATIENT),
    (computer_views.computer_pages, Guard.PATIENT),
    (api_views.posture_api, Guard.PATIENT),
    (agent_views.watch_api, Guard.PROGRAM),
    (learn_views.learn_pages, Guard.SIGNED_IN),
    (learn_views.desk_pages, Guard.PATIENT),
    (reminders_views.reminder_pages, Guard.SIGNED_IN),
    (reminders_views.push_api, Guard.SIGNED_IN),
    (reminders_views.open_pages, Guard.PUBLIC),
    (alerts_views.outcome_pages, Guard.PATIENT),
    (alerts_views.alert_pages, Guard.CLINICIAN),
    (alerts_views.alert_settings_pages, Guard.ADMIN),
    (message_views.message_pages, Guard.PATIENT),
    (clinic_views.clinic_pages, Guard.CLINICIAN),
    (record_views.record_pages, Guard.CLINICIAN),
    (record_views.my_record_pages, Guard.PATIENT),
    (record_views.erasure_pages, Guard.ADMIN),
)

JOBS: Final = (
    Job("clear up sign-in", timedelta(hours=1), clear_up),
    Job("expire tracks", timedelta(hours=1), expire_tracks),
    Job("clear up reminders", timedelta(hours=1), clear_up_reminders),
    Job("clear up pairing codes", timedelta(hours=1), clear_up_codes),
    *alerts_jobs.JOBS,
)
"""What the heartbeat does in one transaction each, in `tracker serve` and in `tracker scheduler`."""

WANTED: Final[Mapping[str, Wanted]] = {
    message_service.KIND: message_service.wanted,
    notify_service.ESCALATION: notify_service.wanted,
    notify_service.DIGEST: notify_service.wanted,
    notify_service.WELFARE: notify_service.wanted,
}
"""Who is asked, by the kind of a message, whether it is still wanted when its time has come."""

CONSENT_WITHDRAWN: Final = (
    consent_withdrawn,
    alerts_service.consent_withdrawn,
    posture_service.consent_withdrawn,
)
"""What happens at once when somebody takes a consent back."""

PASSWORD_CHANGED: Final = (posture_service.password_changed, wishes_service.password_changed)
"""What happens at once when somebody has a new password, besides that other browsers are signed out."""

RECORD_CHANGED: Final = (safety_service.record_changed, proposal_service.record_changed)
"""Who looks at a patient's record again when the diary or a session has told something new."""

COUNTS: Final = {
    "alert_pages.worklist": worklist_service.open_count,
    "message_pages.inbox": message_service.unread_count,
}
"""What waits for somebody behind an entry of the menu."""


SEALED_EVERY: Final = timedelta(minutes=10)


def heartbeat(settings: Settings) -> tuple[Job | Round, ...]:
    """Everything that happens by itself."""
    seal = Job("seal the audit trail", SEALED_EVERY, partial(seal_trail, settings=settings))
    return (*JOBS, seal, *rounds(settings, WANTED))


def create_app(settings: Settings, *, clock: Clock | None = None) -> Flask:
    """The application. The order of what looks at a request first: log, origin and form token, guard, view."""
    app = QuietFlask("tracker", static_folder=None, template_folder=str(PROJECT_ROOT / "templates"))
    engine = create_engine_from(settings)
    init_context(
        app,
        Services(
            settings=settings,
            clock=clock or SystemClock(),
            engine=engine,
            sessions=session_factory(engine),
            passwords=Passwords(settings),
            consent_withdrawn=CONSENT_WITHDRAWN,
            password_changed=PASSWORD_CHANGED,
            record_changed=RECORD_CHANGED,
            cautions_since=diary_service.cautions_since,
            bests_of=training_service.bests,
            counts=COUNTS,
        ),
    )
    init_request_log(app)
    init_headers(app, settings)
    init_sign_in(app)
    init_guards(app)
    init_locale(app)
    init_navigation(app)
    init_errors(app)
    assets.init_assets(app, PROJECT_ROOT, settings.assets_folder)
    for blueprint, guard in ROOMS:
        register(app, blueprint, guard)
    _introduce_rooms()
    return app


def _introduce_rooms() -> None:
    """Let the rooms that do not know each other show what the other one knows."""
    diary_views.register_source("exercise", training_service.minutes_by_day)
    diary_views.register_mornings(training_service.sessions_with_pain)
    diary_views.register_matters(patient_service.matter)
    diary_views.register_source("posture", day_service.changes_by_day)
    diary_views.register_source("breaks", breaks_service.taken_by_day)
    training_views.register_check_in(diary_views.today_row)
    training_views.register_session_done(breaks_service.credit_exercise)
    live_break_views.register_breaks(break_views.may_do)
    break_views.register_readiness(training_service.why_rest)
    break_views.register_cautions(diary_service.cautions_of)
    api_views.register_quiet_hours(wishes_service.quiet_until)
    training_views.register_desk_check(learn_views.desk_check_row_today)
    day_views.register_desk_check(learn_views.desk_check_row)
