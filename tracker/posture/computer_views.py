"""Computers that watch: connect one with a short code, see them, disconnect them. HTTP only.

posture/computers.html receives: `consent` (whether the person agrees to the camera), `code` (Shown: the code on show,
or None), `command` (what to type on the computer, with the code or with a place for it), `computers` (Watchers that
are connected), `full` (no more can be connected).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask import session as page_session
from flask_babel import gettext as _

from tracker.accounts.access import NotFound
from tracker.accounts.models import ConsentKind
from tracker.accounts.service import has_consent
from tracker.posture import pairing_service
from tracker.web.context import db, now, settings, viewer

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

computer_pages = Blueprint("computer_pages", __name__)

_CODE: Final = "pairing"
"""Where the code on show waits in the signed page cookie: {person, code}. The database only knows its fingerprint."""
_MINUTE_S: Final = 60


@dataclass(frozen=True, slots=True)
class Shown:
    """A code on show. `used`: a computer has been connected with it; `minutes`: how long it still works."""

    code: str
    until: datetime
    used: bool
    minutes: int

    @property
    def open(self) -> bool:
        return not self.used and self.minutes > 0


def _code_on_show() -> Shown | None:
    kept = page_session.get(_CODE)
    if not isinstance(kept, dict) or kept.get("person") != str(viewer().id):
        return None
    row = pairing_service.pairing_of(db(), viewer(), kept["code"])
    if row is None:
        return None
    left_s = (row.expires_at - now()).total_seconds()
    return Shown(kept["code"], row.expires_at, row.used_at is not None, max(0, -int(-left_s // _MINUTE_S)))


@computer_pages.get("/posture/computers")
def computers() -> ResponseReturnValue:
    """How to connect a computer, and which are connected."""
    found = pairing_service.computers_of(db(), viewer().id)
    code = _code_on_show()
    if code is not None and code.used:
        # Said once; afterwards the list says it.
        page_session.pop(_CODE, None)
    return render_template(
        "posture/computers.html",
        consent=has_consent(db(), viewer().id, ConsentKind.CAMERA),
        code=code,
        command=f"tracker watch --server {settings().base_url} --pair {code.code if code and code.open else 'CODE'}",
        computers=found,
        full=len(found) >= pairing_service.MOST_COMPUTERS,
    )


@computer_pages.post("/posture/computers/code")
def show_code() -> ResponseReturnValue:
    """A fresh code; the one before stops working."""
    # Without the consent the page says what is missing.
    if has_consent(db(), viewer().id, ConsentKind.CAMERA):
        try:
            code = pairing_service.open_code(db(), viewer(), now())
        except pairing_service.TooManyWatchersError:
            flash(_("No more computers can be connected. Disconnect one that you do not use any more."), "warning")
            return redirect(url_for(".computers"))
        db().commit()
        page_session[_CODE] = {"person": str(viewer().id), "code": code}
    return redirect(url_for(".computers") + "#connect")


@computer_pages.post("/posture/computers/<uuid:watcher_id>/disconnect")
def disconnect(watcher_id: UUID) -> ResponseReturnValue:
    """The computer's token is worthless from now on; what it has told stays."""
    if not pairing_service.disconnect(db(), viewer(), watcher_id, now(), action="computer.revoked"):
        raise NotFound
    db().commit()
    flash(_("That computer is disconnected. It does not watch any more."), "success")
    return redirect(url_for(".computers"))
