"""The words of the pages of reminders and notices; those of the reminders themselves are in `texts`."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from babel.lists import format_list
from flask_babel import format_datetime, format_time, get_locale, gettext, lazy_gettext

from tracker.clock import zone
from tracker.reminders.rules import Kind

if TYPE_CHECKING:
    from datetime import datetime

    from tracker.reminders.service import RuleChoice

KINDS: Final[dict[str, tuple[Any, Any]]] = {
    "exercise": (
        lazy_gettext("Your exercises"),
        lazy_gettext("When something of your plan is still to do that day."),
    ),
    "check_in": (
        lazy_gettext("The check-in"),
        lazy_gettext("Not sent on a day on which you have done it already."),
    ),
    "morning": (
        lazy_gettext("The morning after"),
        lazy_gettext("One question on the day after you exercised: how is the pain now?"),
    ),
    "posture_break": (
        lazy_gettext("Breaks from sitting"),
        lazy_gettext(
            "Change position and move for a minute or two, by the clock. Left out when you have just moved, and while "
            "something watches you at the desk, which then asks by itself. One that is missed is simply left out."
        ),
    ),
    "message": (
        lazy_gettext("A message for you"),
        lazy_gettext("When your physiotherapist has written to you."),
    ),
}
"""Kinds of reminders on the page of settings: name and when it comes."""

ICONS: Final = {
    "exercise": "play",
    "check_in": "heart",
    "morning": "today",
    "posture_break": "turn",
    "message": "mail",
    "escalation": "alert",
    "digest": "list",
    "welfare": "heart",
    "erased": "info",
    "test": "bell",
}

DO: Final[dict[str, Any]] = {
    "exercise": lazy_gettext("Do it now"),
    "check_in": lazy_gettext("Open"),
    "morning": lazy_gettext("Open"),
    "posture_break": lazy_gettext("Do it now"),
    "message": lazy_gettext("Read it"),
    "escalation": lazy_gettext("Open the alert"),
    "digest": lazy_gettext("Open the list"),
    "welfare": lazy_gettext("Open"),
    "erased": lazy_gettext("Open my patients"),
    "test": lazy_gettext("Open"),
}
"""What the first button of a notice says."""

WEEKDAYS: Final = {
    "1": lazy_gettext("Mon"),
    "2": lazy_gettext("Tue"),
    "3": lazy_gettext("Wed"),
    "4": lazy_gettext("Thu"),
    "5": lazy_gettext("Fri"),
    "6": lazy_gettext("Sat"),
    "7": lazy_gettext("Sun"),
}
_EVERY_DAY: Final = "1234567"

PROBLEMS: Final[dict[str, Any]] = {
    "not_a_time": lazy_gettext("This is not a time."),
    "not_weekdays": lazy_gettext("Please choose days of the week."),
    "not_a_span": lazy_gettext("The end must be later than the beginning."),
    "not_in_range": lazy_gettext("This number is too small or too large."),
    "number_of_times": lazy_gettext("Please choose at least one time."),
}


def when_line(choice: RuleChoice) -> str:
    """When a kind of reminder comes, in one line; nothing for one that comes when something happens."""
    if not choice.times:
        return ""
    first, last = choice.times[0], choice.times[-1]
    if choice.every_minutes is not None:
        span = {"num": choice.every_minutes, "first": first, "last": last}
        what = str(gettext("Every %(num)d minutes from %(first)s to %(last)s", **span))
    else:
        what = str(gettext("At %(times)s", times=format_list(choice.times, locale=get_locale())))
    return what if choice.kind is Kind.MORNING else f"{what}, {_days(choice.weekdays)}"


def _days(weekdays: str) -> str:
    if weekdays == _EVERY_DAY:
        return str(gettext("every day"))
    return ", ".join(str(WEEKDAYS[day]) for day in weekdays)


def problem(key: str) -> str:
    """Why something was not stored."""
    return str(PROBLEMS.get(key, lazy_gettext("This does not fit.")))


def when(instant: datetime, now: datetime, zone_name: str) -> str:
    """An instant as somebody says it who lives in this zone: "today, 18:30"."""
    there = zone(zone_name)
    days = (instant.astimezone(there).date() - now.astimezone(there).date()).days
    clock = format_time(instant, "HH:mm")
    if days == 0:
        return str(gettext("today, %(time)s", time=clock))
    if days == 1:
        return str(gettext("tomorrow, %(time)s", time=clock))
    if days == -1:
        return str(gettext("yesterday, %(time)s", time=clock))
    if abs(days) < timedelta(weeks=1).days:
        return str(format_datetime(instant, "EEEE, HH:mm"))
    return str(format_datetime(instant, "d MMM yyyy, HH:mm"))


def place(zone_name: str) -> str:
    """The town that a time zone is named after."""
    return zone_name.rpartition("/")[2].replace("_", " ")
