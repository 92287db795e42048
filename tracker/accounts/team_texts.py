"""The words of hand-over and absence, and where they stand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_date, format_datetime, gettext, lazy_gettext, ngettext, to_user_timezone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from tracker.accounts.care_service import CareError

_NAMED: Final = 3
_DAY: Final = "EEE d MMM"
_TIME: Final = "EEE d MMM, HH:mm"

REFUSALS: Final[dict[str, Any]] = {
    "not_a_colleague": lazy_gettext("Please choose a colleague of your clinic whose account is open."),
    "bad_times": lazy_gettext("The last day has to come after the first, and not lie in the past."),
    "too_long": lazy_gettext("An absence of more than a year: please hand the patients over instead."),
    "away_already": lazy_gettext("There is an absence at this time already. Please end it, or choose other days."),
}


FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "not_a_colleague": ("backup", "to"),
    "nobody_left": ("patients",),
    "bad_times": ("last",),
    "too_long": ("last",),
    "away_already": ("first",),
    "backup_away": ("backup",),
    "stands_in": ("first",),
}
"""The field that a refusal is about, by its name in whichever form has one of them."""


def mark(form: Any, error: CareError) -> None:
    """Put a refusal beside the field that it is about, as if the form had found it itself."""
    field = next(form[name] for name in FIELDS[error.key] if name in form)
    field.errors = [*field.errors, refusal(error)]


def refusal(error: CareError) -> str:
    """Why something could not be, and what to do."""
    if error.key == "nobody_left":
        return str(
            gettext(
                "Nobody else looks after %(name)s, and the alerts would reach nobody. Please hand over instead.",
                name=error.name,
            )
        )
    if error.key == "backup_away":
        return str(gettext("%(name)s is away at this time. Please choose somebody else.", name=error.name))
    if error.key == "stands_in":
        return str(
            gettext("At this time you stand in for %(name)s. Please let somebody else do that first.", name=error.name)
        )
    return str(REFUSALS[error.key])


# ---------------------------------------------------------------------------------------------- days


def last_day(until: datetime) -> date:
    """The last day of an absence, where its reader lives: it ends when that day is over, so `until` itself lies in the
    day after.
    """
    day: date = to_user_timezone(until - timedelta(seconds=1)).date()
    return day


def whole_days(until: datetime) -> bool:
    """Whether an absence ends with a day of its reader's."""
    return bool(to_user_timezone(until).date() != last_day(until))


def span(since: datetime, until: datetime) -> str:
    """From when to when: days, the last one included; with the time where it ends in the middle of a day, as it does
    for who reads it in another time zone.
    """
    if whole_days(until):
        first, last = to_user_timezone(since).date(), last_day(until)
        if first == last:
            return str(gettext("on %(day)s", day=format_date(first, _DAY)))
        return str(gettext("%(first)s to %(last)s", first=format_date(first, _DAY), last=format_date(last, _DAY)))
    first_time, last_time = format_datetime(since, _TIME), format_datetime(until, _TIME)
    return str(gettext("%(first)s to %(last)s", first=first_time, last=last_time))


# ---------------------------------------------------------------------------------------------- hand-over

HOWS: Final[dict[str, Any]] = {
    "over": lazy_gettext(
        "From then on %(name)s looks after them, and you do not any more: their records close for you, and alerts and "
        "messages go to %(name)s."
    ),
    "also": lazy_gettext(
        "From then on both of you look after them: %(name)s sees their records, alerts and messages too."
    ),
    "stop": lazy_gettext(
        "From then on you do not look after them any more: their records close for you, and alerts go to whoever else "
        "looks after them."
    ),
}
"""What changes, by what was chosen."""

ASKS: Final[dict[str, Any]] = {
    "over": lazy_gettext("Hand over to %(name)s?"),
    "also": lazy_gettext("Share with %(name)s?"),
    "stop": lazy_gettext("Stop looking after them?"),
}

BUTTONS: Final[dict[str, Any]] = {
    "over": lazy_gettext("Hand over"),
    "also": lazy_gettext("Share"),
    "stop": lazy_gettext("Stop"),
}


def with_name(sentence: Any, name: str) -> str:
    """A sentence of `HOWS` or `ASKS`, about this colleague."""
    return str(sentence) % {"name": name}


def done(how: str, patients: Sequence[str], colleague: str) -> str:
    """What has been done, with whom: it cannot be taken back, so who did it must see a slip at once."""
    who = listed(patients)
    if how == "stop":
        return str(gettext("You no longer look after %(who)s.", who=who))
    if how == "also":
        return str(gettext("You and %(name)s look after these together now: %(who)s.", name=colleague, who=who))
    return str(gettext("Handed over to %(name)s: %(who)s.", name=colleague, who=who))


def listed(names: Sequence[str]) -> str:
    """Up to three names, and how many more there are."""
    shown, rest = ", ".join(names[:_NAMED]), len(names) - _NAMED
    if rest <= 0:
        return shown
    return str(ngettext("%(shown)s and one more", "%(shown)s and %(num)d more", rest, shown=shown))
