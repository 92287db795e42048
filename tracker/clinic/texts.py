"""The words of the physiotherapist's room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import gettext, lazy_gettext

from tracker.clinic.rules import DAYS_OF_SILENCE

if TYPE_CHECKING:
    from tracker.regimen.rules import Adherence

FLAGS: Final[dict[str, Any]] = {
    "pain": lazy_gettext("Too much pain"),
    "wrote": lazy_gettext("Wrote to you"),
    "silent": lazy_gettext("No session for %(days)d days or more", days=DAYS_OF_SILENCE),
    "low_quality": lazy_gettext("Form is often off"),
    "low_adherence": lazy_gettext("Less than 60 % of the sets"),
    "corrections": lazy_gettext("Corrected the count"),
    "no_plan": lazy_gettext("No plan yet"),
    "not_shared": lazy_gettext("Does not share sessions"),
}

URGENT: Final = frozenset({"pain"})

NOTHING: Final = "\N{EN DASH}"

DOTS: Final[dict[str, Any]] = {
    "rest": lazy_gettext("nothing due"),
    "missed": lazy_gettext("not done"),
    "part": lazy_gettext("partly done"),
    "done": lazy_gettext("done"),
    "open": lazy_gettext("today, still open"),
}


def days_ago(days: int | None) -> str:
    """When the last session was, in words."""
    if days is None:
        return str(gettext("never"))
    if days <= 0:
        return str(gettext("today"))
    if days == 1:
        return str(gettext("yesterday"))
    return str(gettext("%(days)d days ago", days=days))


def share(adherence: Adherence) -> str:
    """Doses done of doses prescribed in percent; a dash where nothing was due."""
    return NOTHING if adherence.share is None else f"{adherence.share * 100:.0f} %"


def of_due(adherence: Adherence) -> str:
    """Exercises done of exercises due; a dash where nothing was due."""
    if not adherence.exercises_due:
        return NOTHING
    return str(gettext("%(done)d of %(due)d", done=adherence.exercises_done, due=adherence.exercises_due))
