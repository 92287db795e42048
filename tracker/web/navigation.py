"""What is in the menu, by what kind of person looks at it. Data over code: a new room adds a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, request, url_for
from flask_babel import lazy_gettext as _l

from tracker.web.context import db, now, services, viewer_or_none
from tracker.web.guards import guard_of
from tracker.web.locale import page_language

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.accounts.models import Person


@dataclass(frozen=True, slots=True)
class Item:
    """One entry of the menu, ready to be drawn."""

    label: str
    href: str
    icon: str
    current: bool
    count: int = 0
    """How many things wait behind it; 0 shows nothing."""
    in_tab_bar: bool = True
    """Whether it is among the few that a phone shows at the bottom; the others are small signs at its top."""


@dataclass(frozen=True, slots=True)
class _Entry:
    endpoint: str
    label: Any
    icon: str
    shown_to: Callable[[Person], bool] = lambda _person: True
    also: tuple[str, ...] = ()
    """Other rooms that lie behind this entry."""
    in_tab_bar: Callable[[Person], bool] = lambda _person: True


_ENTRIES: Final = (
    _Entry("today_pages.today", _l("Today"), "today"),
    _Entry("check_in_pages.overview", _l("Check-in"), "heart"),
    _Entry("progress_pages.progress", _l("Progress"), "chart"),
    _Entry(
        "posture_pages.day",
        _l("Posture"),
        "posture",
        also=("watch_pages", "break_pages", "computer_pages", "desk_pages"),
    ),
    # A phone's tab bar holds five; one's sessions are a tap away on Today and Progress.
    _Entry("session_pages.history", _l("Sessions"), "list", in_tab_bar=lambda _person: False),
    _Entry("programme_pages.own", _l("Programme"), "clipboard", lambda person: person.solo),
    _Entry(
        "message_pages.inbox",
        _l("Messages"),
        "mail",
        lambda person: not person.solo,
        in_tab_bar=lambda _person: False,
    ),
    _Entry("clinic_pages.caseload", _l("Patients"), "people", also=("record_pages",)),
    _Entry("alert_pages.worklist", _l("Alerts"), "alert"),
    # Who picks a programme finds the exercises there, and a phone's tab bar holds five.
    _Entry(
        "library_pages.index",
        _l("Exercises"),
        "book",
        also=("own_pages", "learn_pages"),
        in_tab_bar=lambda person: not person.solo,
    ),
    _Entry("administration.clinic", _l("Clinic"), "home", also=("alert_settings_pages", "erasure_pages")),
)


def navigation(person: Person | None) -> list[Item]:
    """The menu of this person: every entry whose guard lets them in."""
    if person is None:
        return []
    return [
        Item(
            str(entry.label),
            url_for(entry.endpoint),
            entry.icon,
            current=_is_current(entry),
            count=count_of(entry.endpoint, person),
            in_tab_bar=entry.in_tab_bar(person),
        )
        for entry in _ENTRIES
        if _opens(entry.endpoint, person) and entry.shown_to(person)
    ]


def count_of(endpoint: str, person: Person) -> int:
    """How many things wait for this person behind a page; 0 where nobody counts."""
    counting = services().counts.get(endpoint)
    return counting(db(), person, now()) if counting else 0


def _opens(endpoint: str, person: Person) -> bool:
    guard = guard_of(endpoint)
    return guard is not None and guard.admits(person)


def _is_current(entry: _Entry) -> bool:
    return request.blueprint in {entry.endpoint.partition(".")[0], *entry.also}


def init_navigation(app: Flask) -> None:
    """Give every page its menu and the addresses of its frame."""

    @app.context_processor
    def frame() -> dict[str, Any]:
        person = viewer_or_none()
        return {
            "viewer": person,
            "nav": navigation(person),
            "home_url": url_for("accounts.home"),
            "account_url": url_for("account.overview"),
            "sign_in_url": url_for("accounts.sign_in"),
            "sign_out_url": url_for("accounts.sign_out"),
            "page_language": page_language(),
            "theme": person.theme if person else "auto",
        }
