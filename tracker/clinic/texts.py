"""The words of the physiotherapist's room."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_date, format_datetime, gettext, lazy_gettext

from tracker.clinic.rules import DAYS_OF_SILENCE, MANY_MEDICINE_DAYS
from tracker.clock import zone

if TYPE_CHECKING:
    from datetime import date, datetime

    from tracker.regimen.rules import Adherence

FLAGS: Final[dict[str, Any]] = {
    "pain": lazy_gettext("Too much pain"),
    "wrote": lazy_gettext("Wrote to you"),
    "silent": lazy_gettext("No session for %(days)d days or more", days=DAYS_OF_SILENCE),
    "low_quality": lazy_gettext("Form is often off"),
    "low_adherence": lazy_gettext("Less than 60 % of the sets"),
    "medicine": lazy_gettext("Pain medicine on more than %(days)d of 28 days", days=MANY_MEDICINE_DAYS),
    "corrections": lazy_gettext("Corrected the count"),
    "no_plan": lazy_gettext("No plan yet"),
    "not_shared": lazy_gettext("Does not share sessions"),
}

FILTERS: Final[dict[str, Any]] = {
    "all": lazy_gettext("Everybody"),
    "open": lazy_gettext("Something is open"),
    "unacknowledged": lazy_gettext("Nobody has it yet"),
    "wrote": lazy_gettext("Unread messages"),
    "proposals": lazy_gettext("A step is proposed"),
    "ready": lazy_gettext("Ready for more, or to finish"),
    "silent": lazy_gettext("No session for %(days)d days", days=DAYS_OF_SILENCE),
    "little": lazy_gettext("Does less than 60 %"),
    "quiet": lazy_gettext("Nothing to do"),
    "private": lazy_gettext("Does not share"),
    "stand_in": lazy_gettext("I stand in"),
}

INBOX: Final[dict[str, Any]] = {
    "unacknowledged": lazy_gettext("patients with an alert that nobody has yet"),
    "wrote": lazy_gettext("wrote, not read yet"),
    "proposals": lazy_gettext("patients with a proposed step"),
}

SHORTCUTS: Final[tuple[tuple[str, Any], ...]] = (
    ("j k", lazy_gettext("Next or previous patient (arrow keys too)")),
    ("o", lazy_gettext("Open or close the row")),
    ("a", lazy_gettext("Take the alert")),
    ("m", lazy_gettext("Write a message")),
    ("e", lazy_gettext("Change the dose")),
    ("/", lazy_gettext("Find a name")),
    ("?", lazy_gettext("This list")),
)

VIEW_ERRORS: Final[dict[str, Any]] = {
    "no_name": lazy_gettext("Please give the view a name."),
    "long_name": lazy_gettext("The name is longer than 60 characters. Please choose a shorter one."),
    "too_many": lazy_gettext("You have 20 views. Please delete one first."),
}

URGENT: Final = frozenset({"pain"})

NOTHING: Final = "\N{EN DASH}"
MINUS: Final = "\N{MINUS SIGN}"

DOTS: Final[dict[str, Any]] = {
    "rest": lazy_gettext("nothing due"),
    "missed": lazy_gettext("not done"),
    "part": lazy_gettext("partly done"),
    "done": lazy_gettext("done"),
    "open": lazy_gettext("today, still open"),
}


def days_ago(days: int | None, today: date, readers_today: date) -> str:
    """When something was, in words. Days are the patient's, as on the patient's page; where it is another day for the
    reader at this moment, the day is named, because "today" alone would be misread.
    """
    if days is None:
        return str(gettext("never"))
    if days > 1:
        return str(gettext("%(days)d days ago", days=days))
    word = str(gettext("yesterday") if days == 1 else gettext("today"))
    if today == readers_today:
        return word
    return f"{word}, {format_date(today - timedelta(days=max(days, 0)), 'EEE d MMM')}"


def patients_time(instant: datetime, zone_name: str, pattern: str) -> str:
    """An instant as the patient's own clock and calendar show it: what a patient did belongs to the patient's day."""
    return str(format_datetime(instant.astimezone(zone(zone_name)), pattern, rebase=False))


def share(adherence: Adherence) -> str:
    """Doses done of doses prescribed in percent; a dash where nothing was due."""
    return NOTHING if adherence.share is None else f"{adherence.share * 100:.0f} %"


def of_due(adherence: Adherence) -> str:
    """Exercises done of exercises due; a dash where nothing was due."""
    if not adherence.exercises_due:
        return NOTHING
    return str(gettext("%(done)d of %(due)d", done=adherence.exercises_done, due=adherence.exercises_due))


def age(band: int | None) -> str:
    """The decade of somebody's age."""
    return "" if band is None else str(gettext("%(from)d to %(to)d", **{"from": band, "to": band + 9}))


def signed(value: float | None, digits: int = 1) -> str:
    """A change with its sign; a dash where it is not known."""
    if value is None:
        return NOTHING
    rounded = round(value, digits)
    return f"{'+' if rounded > 0 else MINUS if rounded < 0 else '±'}{abs(rounded):.{digits}f}"


def mean(value: float | None) -> str:
    """A mean of answers from 0 to 10; a dash where there is none."""
    return NOTHING if value is None else f"{value:.1f}"


def percent(value: float | None) -> str:
    """A share in percent; a dash where it is not known."""
    return NOTHING if value is None else f"{value * 100:.0f} %"
