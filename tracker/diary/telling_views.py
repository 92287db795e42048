"""Telling something: storing an entry, and what comes first for the person after it. HTTP only; see `views`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from flask import Blueprint, jsonify, request, url_for
from flask_babel import gettext as _
from pydantic import ValidationError
from werkzeug.exceptions import TooManyRequests

from tracker.clock import local_date
from tracker.diary import documents, service, texts
from tracker.diary.rules import SELF_HARM
from tracker.diary.rules_flags import flag_levels
from tracker.regimen.rules_levels import Level
from tracker.regimen.service import standing_of
from tracker.web.context import db, now, record_changed, viewer

if TYPE_CHECKING:
    from datetime import datetime

    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person
    from tracker.db import Session
    from tracker.diary.documents import CheckInDoc
    from tracker.diary.service import Saved

diary_api = Blueprint("diary_api", __name__)

CREATED: Final = 201
TOO_LARGE: Final = 413
INVALID: Final = 422
RETRY_AFTER_S: Final = 3600

EMERGENCY: Final = "emergency"
CRISIS: Final = "crisis"
URGENT: Final = "urgent"
_FIRST_PAGES: Final = (None, URGENT, CRISIS, EMERGENCY)
"""Which page comes first, the most pressing last."""

# ---------------------------------------------------------------------------------------------- what other rooms know

Source = Callable[["Session", UUID, date, date], Mapping[date, float]]
Mornings = Callable[["Session", UUID, date], Sequence[UUID]]


class Matter(Protocol):
    """What is open about a person, in words for them: see `alerts.patient_service`."""

    @property
    def headline(self) -> str: ...
    @property
    def sentences(self) -> tuple[str, ...]: ...
    @property
    def lasting(self) -> bool: ...


Matters = Callable[["Session", "Person", "datetime"], Matter | None]

sources: dict[str, Source] = {}
_mornings: list[Mornings] = []
_matters: list[Matters] = []


def register_source(name: str, source: Source) -> None:
    """Let the time line show a series of another room. `name` has words in texts.SERIES; `source(session, patient_id,
    first, last)` gives its value by local day.
    """
    sources[name] = source


def register_mornings(sessions: Mornings) -> None:
    """Let the diary ask on the morning after a session. `sessions(session, patient_id, day)` gives the sessions of that
    local day in which pain was told, the one to ask about first.
    """
    _mornings[:] = [sessions]


def register_matters(matter: Matters) -> None:
    """Let the diary say what is open about the person and who looks at it by when: `matter(session, person, at)`, None
    where there is nothing. The diary does not know escalation.
    """
    _matters[:] = [matter]


def matter_of(person: Person) -> Matter | None:
    """What is open about the person who is signed in, below the levels that have pages of their own."""
    return _matters[0](db(), person, now()) if _matters else None


def sessions_of_yesterday() -> Sequence[UUID]:
    """The sessions that the question on the morning after may be about."""
    yesterday = today_here() - timedelta(days=1)
    return _mornings[0](db(), viewer().id, yesterday) if _mornings else ()


def today_here() -> date:
    """The day it is for the person who is signed in."""
    return local_date(now(), viewer().time_zone)


# ---------------------------------------------------------------------------------------------- what comes first


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a person's state asks for, after what they have just told."""

    level: Level
    page: str | None

    @property
    def page_url(self) -> str | None:
        return page_url(self.page)


def page_url(page: str | None) -> str | None:
    """The address of the page that comes first."""
    return url_for(f"help_pages.{page}") if page in {EMERGENCY, URGENT, CRISIS} else None


def outcome_of(news: Mapping[str, Any]) -> Outcome:
    """The level and the page, from the person's state and from the red flags just told: whatever is more pressing. The
    flags are looked at here as well, so that no trouble elsewhere keeps the page back.
    """
    levels = flag_levels(news)
    standing = standing_of(db(), viewer().id)
    level = max([Level(standing.level) if standing else Level.STEADY, *levels.values()])
    asked = {None, *(_page_of(code, found) for code, found in levels.items())}
    if standing is not None and standing.page in _FIRST_PAGES:
        asked.add(standing.page)
    return Outcome(level, max(asked, key=_FIRST_PAGES.index))


def _page_of(code: str, level: Level) -> str | None:
    if code == SELF_HARM:
        return CRISIS
    return {Level.EMERGENCY: EMERGENCY, Level.URGENT: URGENT}.get(level)


def keep(document: CheckInDoc) -> Saved:
    """Store one version and let escalation look; the caller commits."""
    saved = service.receive(db(), patient=viewer(), document=document, received_at=now())
    if saved.created:
        record_changed(viewer().id)
    return saved


def keep_flags(data: Any) -> Outcome | None:
    """Store what red flags there are in a document whose rest was refused; None when there are none. Commits."""
    document = documents.salvage(data, at=now(), today=today_here())
    if document is None:
        return None
    news: Mapping[str, Any] = service.flags_of(document)
    try:
        saved = keep(document)
        news = saved.news
        db().commit()
    except (service.RejectedError, service.TooManyError):
        db().rollback()
    return outcome_of(news)


# ---------------------------------------------------------------------------------------------- api


@diary_api.post("/api/check-ins")
def receive() -> ResponseReturnValue:
    """Keep one version of an entry. 201 when new, 200 when known, 422 with reasons (and with `page` when there were red
    flags in it, which are stored all the same).
    """
    body = request.get_data(cache=False)
    if len(body) > documents.LARGEST_DOCUMENT:
        return _refused({"document": texts.say(texts.PROBLEMS, "too_large")}, _loaded(body), status=TOO_LARGE)
    try:
        document = documents.parse_json(body)
    except ValidationError as error:
        return _refused(documents.problems_of(error), _loaded(body))
    try:
        saved = keep(document)
    except service.RejectedError as error:
        db().rollback()
        return _refused({field: texts.say(texts.PROBLEMS, key) for field, key in error.fields.items()}, _loaded(body))
    except service.TooManyError:
        db().rollback()
        # The outbox keeps it and tries again.
        raise TooManyRequests(retry_after=RETRY_AFTER_S) from None
    db().commit()
    found = outcome_of(saved.news)
    answer = jsonify(
        id=str(saved.id),
        entry_id=str(saved.entry_id),
        late=saved.late,
        level=int(found.level),
        page=found.page_url,
        next=url_for("check_in_pages.done", version_id=saved.id),
        says=texts.stored(saved.form, late=saved.late, counts=saved.counts),
    )
    return answer, CREATED if saved.created else 200


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _refused(problems: Mapping[str, str], data: Any, *, status: int = INVALID) -> ResponseReturnValue:
    flags = keep_flags(data)
    return jsonify(
        error=_("This could not be stored: %(why)s", why=next(iter(problems.values()))),
        fields=dict(problems),
        level=int(flags.level) if flags else None,
        page=flags.page_url if flags else None,
    ), status
