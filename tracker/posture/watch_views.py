"""The page on which the browser watches. HTTP only.

posture/watch.html: `consent` (whether the camera may be used), `config` (JSON for the script: urls, version of the
engine, time zone), `texts` (sentences by the engine's keys), `places` (names to choose from), `band` (charts.BandView
of today, or None).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, render_template, url_for

from exercises import ENGINE_VERSION
from tracker.accounts.models import ConsentKind
from tracker.accounts.service import has_consent
from tracker.clock import local_date
from tracker.posture import watch_texts
from tracker.posture.api_views import refuse_tab_of_another
from tracker.posture.charts import band_view
from tracker.posture.day_service import day_of
from tracker.web.context import db, now, viewer
from tracker.web.headers import uses_camera

if TYPE_CHECKING:
    from tracker.posture.charts import BandView

watch_pages = Blueprint("watch_pages", __name__)

SOMEWHERE: Final = "00000000-0000-0000-0000-000000000000"
"""Stands for an id in an address that the script fills in."""


@watch_pages.get("/posture/watch")
@uses_camera
def watch() -> str:
    """Set up a place, and let this browser watch. Without the camera consent the page says what works without."""
    consent = has_consent(db(), viewer().id, ConsentKind.CAMERA)
    return render_template(
        "posture/watch.html",
        consent=consent,
        config=_config() if consent else None,
        texts=watch_texts.engine_texts(),
        places=watch_texts.PLACES,
        band=_band() if consent else None,
    )


@watch_pages.get("/posture/watch/today")
def today() -> str:
    """The band of today's minutes as a part of that page, which asks for it again when a minute has been stored."""
    refuse_tab_of_another()
    return render_template("posture/_watch_today.html", band=_band())


def _band() -> BandView | None:
    at, zone = now(), viewer().time_zone
    return band_view(day_of(db(), viewer(), local_date(at, zone), at), zone)


def _config() -> dict[str, Any]:
    return {
        "version": ENGINE_VERSION,
        "zone": viewer().time_zone,
        "urls": {
            "state": url_for("posture_api.state"),
            "minutes": url_for("posture_api.receive_minutes"),
            "baselines": url_for("posture_api.receive_baseline"),
            "forget": url_for("posture_api.forget_place", place_id=SOMEWHERE),
            "breaks": url_for("break_api.receive"),
            "break": url_for("break_pages.one", break_id=SOMEWHERE),
            "watch": url_for("watch_pages.watch"),
            "today": url_for("watch_pages.today"),
        },
    }
