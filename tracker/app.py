"""Where everything is wired: `create_app(settings)` and nothing else.

Every blueprint declares here who may come in; a page without a declared guard is refused. The rooms know each other
only through this file.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tracker.accounts import account_views, administration_views
from tracker.accounts import views as accounts_views
from tracker.accounts.service import Passwords
from tracker.accounts.sign_in_service import clear_up
from tracker.clinic import views as clinic_views
from tracker.clock import Clock, SystemClock
from tracker.db import create_engine_from, session_factory
from tracker.regimen import own_views
from tracker.regimen import views as regimen_views
from tracker.reminders.scheduler import Job
from tracker.settings import PROJECT_ROOT
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
    from flask import Flask

    from tracker.settings import Settings

ROOMS: Final = (
    (assets.blueprint, Guard.PUBLIC),
    (accounts_views.blueprint, Guard.PUBLIC),
    (account_views.blueprint, Guard.SIGNED_IN),
    (administration_views.blueprint, Guard.ADMIN),
    (regimen_views.library_pages, Guard.SIGNED_IN),
    (regimen_views.plan_pages, Guard.CLINICIAN),
    (regimen_views.programme_pages, Guard.PATIENT),
    (own_views.own_pages, Guard.PLANNER),
    (own_views.own_api, Guard.PLANNER),
    (training_views.today_pages, Guard.PATIENT),
    (training_views.session_pages, Guard.PATIENT),
    (training_views.training_api, Guard.PATIENT),
    (clinic_views.clinic_pages, Guard.CLINICIAN),
)

JOBS: Final = (
    Job("clear up sign-in", timedelta(hours=1), clear_up),
    Job("expire tracks", timedelta(hours=1), expire_tracks),
)
"""What the heartbeat does, in `tracker serve` and in `tracker scheduler`."""

CONSENT_WITHDRAWN: Final = (consent_withdrawn,)
"""What happens at once when somebody takes a consent back."""


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
    return app
