"""The words of plans: doses, weekdays, what changed, what cannot be saved, and the ready-made programmes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_decimal, gettext, lazy_gettext, ngettext

from tracker.regimen.library import library
from tracker.regimen.rules import EVERY_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tracker.regimen.rules import Change, Prescribed, Violation

WEEKDAYS: Final[dict[int, Any]] = {
    1: lazy_gettext("Mon"),
    2: lazy_gettext("Tue"),
    3: lazy_gettext("Wed"),
    4: lazy_gettext("Thu"),
    5: lazy_gettext("Fri"),
    6: lazy_gettext("Sat"),
    7: lazy_gettext("Sun"),
}

SIDES: Final[dict[str, Any]] = {
    "both": lazy_gettext("Left and right in turn"),
    "left": lazy_gettext("Left only"),
    "right": lazy_gettext("Right only"),
}

FIELDS: Final[dict[str, Any]] = {
    "sets": lazy_gettext("sets"),
    "reps": lazy_gettext("repetitions"),
    "hold_s": lazy_gettext("seconds to hold"),
    "weekdays": lazy_gettext("days"),
    "side": lazy_gettext("side"),
    "note": lazy_gettext("note"),
}

PROGRAMMES: Final[dict[str, tuple[Any, Any]]] = {
    "settle": (
        lazy_gettext("Settle"),
        lazy_gettext("While it hurts: one gentle stretch every day, nothing heavy."),
    ),
    "build": (
        lazy_gettext("Build"),
        lazy_gettext("When the pain is easing: rows on three days, the stretch every day."),
    ),
    "keep": (
        lazy_gettext("Keep"),
        lazy_gettext("When you feel well: rows, presses and a stretch on three days a week."),
    ),
}

KIT: Final = lazy_gettext("Nothing but yourself")


def title_of(exercise: str) -> str:
    """The title of an exercise, or its id once it has left the library."""
    definition = library().get(exercise)
    return str(gettext(definition.title)) if definition else exercise


def dose_text(item: Prescribed) -> str:
    """What to do, short: "3 sets of 10", "3 times 20 s on each side"."""
    if item.reps is not None:
        text = ngettext("%(num)d set of %(reps)d", "%(num)d sets of %(reps)d", item.sets, reps=item.reps)
    else:
        hold = format_decimal(item.hold_s or 0, format="0.#")
        text = ngettext("Once %(hold)s s", "%(num)d times %(hold)s s", item.sets, hold=hold)
    if item.sided:
        text = {
            "both": gettext("%(dose)s on each side", dose=text),
            "left": gettext("%(dose)s on the left", dose=text),
            "right": gettext("%(dose)s on the right", dose=text),
        }[item.side]
    return str(text)


def weekdays_text(weekdays: Iterable[int]) -> str:
    """The days in words: "every day", "Mon, Wed, Fri"."""
    days = frozenset(weekdays)
    if days == EVERY_DAY:
        return str(gettext("every day"))
    return ", ".join(str(WEEKDAYS[day]) for day in sorted(days))


def _value(field: str | None, value: Any) -> str:
    if field == "weekdays":
        return weekdays_text(value)
    if field == "side":
        return str(SIDES.get(value, value))
    if isinstance(value, float):
        return str(format_decimal(value, format="0.#"))
    return str(value)


def change_text(change: Change) -> str:
    """One difference as a person would say it."""
    title = title_of(change.exercise)
    if change.kind == "added":
        return str(gettext("%(exercise)s is new.", exercise=title))
    if change.kind == "removed":
        return str(gettext("%(exercise)s is taken out.", exercise=title))
    if change.kind == "reordered":
        return str(gettext("The order has changed."))
    if change.field == "note":
        return str(gettext("%(exercise)s: the note has changed.", exercise=title))
    return str(
        gettext(
            "%(exercise)s: %(field)s %(before)s → %(after)s.",
            exercise=title,
            field=str(FIELDS[change.field or ""]),
            before=_value(change.field, change.before),
            after=_value(change.field, change.after),
        )
    )


def violation_text(violation: Violation) -> str:
    """Why one field cannot be saved, and what fits."""
    if violation.key == "outside":
        return str(gettext("Between %(low)d and %(high)d.", low=violation.low, high=violation.high))
    sentences = {
        "no_day": gettext("Choose at least one day."),
        "unknown_day": gettext("Choose days from Monday to Sunday."),
        "unknown_side": gettext("Choose a side."),
        "not_used": gettext("This exercise does not use it."),
        "twice": gettext("This exercise is in the plan twice."),
        "unknown_exercise": gettext("This exercise is not in the library."),
    }
    return str(sentences[violation.key])
