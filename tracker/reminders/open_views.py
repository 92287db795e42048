"""What browsers and calendar programs fetch without anybody being signed in: the service worker, the page it shows
without a connection, the manifest with which the application is put on a home screen, and the private calendar.

reminders/offline.html receives `styles`. It must be the same for everybody: the service worker keeps it.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from flask import Response, abort, current_app, jsonify, render_template, request, url_for
from flask_babel import gettext as _

from tracker.reminders import calendar, service
from tracker.reminders.notice_views import open_pages
from tracker.web import assets
from tracker.web.context import db, now, settings
from tracker.web.locale import page_language

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

__all__ = ["open_pages"]

_WORKER: Final = Path(assets.__file__).parent / "static" / "js" / "service_worker.js"
_STYLES: Final = (
    "inter/inter.css",
    "bootstrap/bootstrap.min.css",
    "app/css/tokens.css",
    "app/css/app.css",
    "app/css/reminders.css",
)
_FURTHER_FILES: Final = (
    "inter/files/inter-latin-wght-normal.woff2",
    "app/js/theme.js",
    "app/js/offline.js",
    "app/img/icon.svg",
    "app/img/app-192.png",
    "app/img/badge-96.png",
)
_GROUND: Final = "#faf8f5"
_VERSION_CHARACTERS: Final = 12


def _asset(name: str) -> str:
    return str(current_app.jinja_env.globals["asset"](name))  # type: ignore[operator]  # init_assets put it there


@open_pages.get("/service-worker.js")
def service_worker() -> ResponseReturnValue:
    """The worker, behind one line that says what it keeps and what it says. Browsers compare it byte by byte with the
    one they have, so a change of anything it keeps makes them fetch that anew.
    """
    files = [_asset(name) for name in (*_STYLES, *_FURTHER_FILES)]
    offline_page = _offline_page()
    shell: dict[str, Any] = {
        "version": hashlib.sha256("\n".join([*files, offline_page]).encode()).hexdigest()[:_VERSION_CHARACTERS],
        "lang": page_language(),
        "offline": url_for("open_pages.offline"),
        "files": files,
        "icon": _asset("app/img/app-192.png"),
        "badge": _asset("app/img/badge-96.png"),
        "notices": url_for("reminder_pages.notices"),
        "push_key": url_for("push_api.key"),
        "csrf_token": url_for("account.csrf_token"),
        "subscriptions": url_for("push_api.subscribe"),
        "texts": {
            "title": _("Rhomboid"),
            "body": _("There is something for you in Rhomboid."),
            "snooze": _("In an hour"),
            "not_today": _("Not today"),
        },
    }
    body = f"self.SHELL = {json.dumps(shell, sort_keys=True)};\n{_WORKER.read_text(encoding='utf-8')}"
    response = Response(body, mimetype="text/javascript")
    # Mounted below the root, the worker still may look after the whole application and nothing beyond it.
    response.headers["Service-Worker-Allowed"] = f"{request.script_root}/"
    return response


@open_pages.get("/offline")
def offline() -> ResponseReturnValue:
    return _offline_page()


def _offline_page() -> str:
    return render_template("reminders/offline.html", styles=_STYLES)


@open_pages.get("/manifest.webmanifest")
def manifest() -> ResponseReturnValue:
    """How the application looks on a home screen."""
    response = jsonify(
        id=url_for("accounts.home"),
        name=_("Rhomboid"),
        short_name=_("Rhomboid"),
        description=_("Exercises, check-ins and breaks for your upper back."),
        lang=page_language(),
        start_url=url_for("accounts.home"),
        scope=f"{request.script_root}/",
        display="standalone",
        background_color=_GROUND,
        theme_color=_GROUND,
        icons=_icons(),
    )
    response.mimetype = "application/manifest+json"
    return response


def _icons() -> list[dict[str, str]]:
    drawn = {"src": _asset("app/img/icon.svg"), "type": "image/svg+xml", "sizes": "any", "purpose": "any"}
    # The pictures leave room all around, so that a system may cut them to any shape.
    painted = [
        {"src": _asset(f"app/img/app-{size}.png"), "type": "image/png", "sizes": f"{size}x{size}", "purpose": purpose}
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    return [drawn, *painted]


@open_pages.get("/calendar/<string(maxlength=128):token>.ics")
def calendar_feed(token: str) -> ResponseReturnValue:
    """The private calendar, for whoever holds its address."""
    person = service.person_of_calendar(db(), token)
    if person is None:
        abort(404)
    host = urlsplit(settings().base_url).hostname or "localhost"
    feed = calendar.build(service.calendar_of(db(), person, now()), host=host, locale=person.locale)
    response = Response(feed, mimetype="text/calendar")
    response.headers["Content-Disposition"] = 'inline; filename="rhomboid.ics"'
    return response
