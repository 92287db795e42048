"""What a patient and a physiotherapist read about an easing: why, how much less, until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_date, format_decimal, gettext, lazy_gettext

from tracker.regimen import rules_easing as rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tracker.regimen.rules_easing import Eased, Relief

_DAY: Final = "EEEE, d MMMM"
_SHORT_DAY: Final = "d MMM"

WHY: Final[dict[str, Any]] = {
    rules.PAIN_DURING: lazy_gettext("it hurt too much on %(day)s"),
    rules.NEXT_MORNING: lazy_gettext("on the morning after %(day)s it hurt clearly more than before"),
    rules.EFFORT: lazy_gettext("it was very hard on %(day)s"),
    rules.QUALITY: lazy_gettext("the movement got difficult to do well, last on %(day)s"),
    rules.LEVEL: lazy_gettext("your last check-ins ask for some easier days"),
    rules.AWAY: lazy_gettext("you come back after more than a week without exercises"),
}
"""The rest of a sentence that begins with "because"."""

WHOLE: Final[dict[str, Any]] = {
    rules.LEVEL: lazy_gettext(
        "Your last check-ins ask for some easier days: you do a little less of what loads. What only moves or "
        "stretches stays as it is."
    ),
    rules.AWAY: lazy_gettext(
        "Welcome back. After more than a week without exercises you begin with about half of the plan in what "
        "loads, and it grows again when it goes well."
    ),
}

FOR_PHYSIO: Final[dict[str, Any]] = {
    rules.PAIN_DURING: lazy_gettext("pain during %(pain)s, limit %(limit)s, on %(day)s"),
    rules.NEXT_MORNING: lazy_gettext("pain %(before)s before, %(morning)s on the morning after %(day)s"),
    rules.EFFORT: lazy_gettext("effort %(effort)s of 10 on %(day)s"),
    rules.QUALITY: lazy_gettext("quality %(first)s and %(second)s in two sessions, last on %(day)s"),
    rules.LEVEL: lazy_gettext("the level has been “Watch” since %(day)s"),
    rules.AWAY: lazy_gettext("back after more than 7 days off, last exercises on %(day)s"),
}


_SEEN: Final = ("pain", "limit", "before", "morning", "effort", "first", "second")


def instead(eased: Eased) -> str:
    """How much less: "7 repetitions instead of 10"."""
    if eased.item.reps != eased.planned.reps:
        return str(gettext("%(now)d repetitions instead of %(plan)d", now=eased.item.reps, plan=eased.planned.reps))
    return str(
        gettext(
            "%(now)s seconds instead of %(plan)s",
            now=_number(eased.item.hold_s or 0),
            plan=_number(eased.planned.hold_s or 0),
        )
    )


def instead_of(eased: Eased) -> str:
    """What the plan says, beside a dose that is less: "instead of 10"."""
    if eased.item.reps != eased.planned.reps:
        return str(gettext("instead of %(plan)d", plan=eased.planned.reps))
    return str(gettext("instead of %(plan)s s", plan=_number(eased.planned.hold_s or 0)))


def sentence(eased: Eased, title: str, *, watched: bool) -> str:
    """For the patient, about one exercise: how much less, because of what, and until when."""
    relief = leading(eased)
    why = str(WHY[relief.cause]) % {"day": _day(relief, _DAY)}
    head = gettext("%(exercise)s: %(instead)s, because %(why)s.", exercise=title, instead=instead(eased), why=why)
    return f"{head} {until(relief, watched=watched)}"


def leading(eased: Eased) -> Relief:
    """The easing to name: of the exercise itself where there is one, the newest."""
    own = [relief for relief in eased.reliefs if relief.exercise is not None]
    return (own or list(eased.reliefs))[-1]


def whole_sentence(relief: Relief, *, watched: bool) -> str:
    """For the patient, about an easing of everything that loads."""
    return f"{WHOLE[relief.cause]} {until(relief, watched=watched)}"


def until(relief: Relief, *, watched: bool) -> str:
    """Until when. `watched`: whether a physiotherapist sees it."""
    if relief.until_on is not None:
        return str(gettext("Until %(day)s at the latest.", day=format_date(relief.until_on, _DAY)))
    if watched:
        return str(gettext("It stays so until your physiotherapist has looked at it."))
    return str(
        gettext(
            "It stays so for at least a week, and until it has gone well twice: say how it was after each exercise and "
            "on the morning after. If it does not get better, ask a doctor or physiotherapist."
        )
    )


def reason(cause: str, detail: Mapping[str, Any], relief: Relief) -> str:
    """For the physiotherapist: what the rule saw."""
    if cause == rules.PAIN_DURING and detail.get("stopped"):
        return str(gettext("stopped because of pain on %(day)s", day=_day(relief, _SHORT_DAY)))
    numbers = {key: _number(value) if isinstance(value := detail.get(key), int | float) else "?" for key in _SEEN}
    return str(FOR_PHYSIO[cause]) % {"day": _day(relief, _SHORT_DAY), **numbers}


def _day(relief: Relief, how: str) -> str:
    return str(format_date(relief.day or relief.from_on, how))


def _number(value: float) -> str:
    return str(format_decimal(round(value), format="0") if float(value).is_integer() else format_decimal(value, "0.#"))
