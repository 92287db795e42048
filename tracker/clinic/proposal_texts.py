"""The words of proposals: what is proposed and why, why nothing is, what a plan's history says of an accepted step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_decimal, gettext, lazy_gettext, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from exercises.definition import Definition
    from tracker.clinic.proposal_service import Offer
    from tracker.regimen.rules_progression import Occasion, Step

WHY_NOT: Final[dict[str, Any]] = {
    "alert_open": lazy_gettext("An alert of level 2 or higher is open: nothing is raised until it is closed."),
    "level_unknown": lazy_gettext("Nothing has been told in the diary yet, so there is no level."),
    "level": lazy_gettext("The patient is not at level 0: the dose stays as it is."),
    "eased": lazy_gettext("It is eased at the moment."),
    "away": lazy_gettext("More than 7 days without exercises: first two steps lower."),
    "measurement": lazy_gettext("A measurement has no next step."),
    "two_sessions": lazy_gettext("Needs two sessions at the dose it has now."),
    "pain": lazy_gettext("Pain during was above 3, or it was stopped because of pain."),
    "morning": lazy_gettext("It hurt more on the next morning than before."),
    "effort": lazy_gettext("It was harder than 6 of 10."),
    "not_done": lazy_gettext("Not every prescribed repetition was done."),
    "quality": lazy_gettext("Quality was below 80."),
    "quality_unknown": lazy_gettext("Quality is not known: not every set was seen by a camera."),
    "pain_unknown": lazy_gettext("Pain during was not told."),
    "before_unknown": lazy_gettext("Pain before was not told."),
    "effort_unknown": lazy_gettext("Effort was not told."),
    "morning_waits": lazy_gettext("The morning after has not been told yet."),
    "morning_unknown": lazy_gettext("The morning after was not told."),
    "at_the_top": lazy_gettext("It is at the top of its range."),
}
"""Why no step is proposed for an exercise."""

REFUSED: Final[dict[str, Any]] = {
    "decided": lazy_gettext("Somebody has decided this already. Here is how it stands."),
    "alert_open": lazy_gettext(
        "Nothing was changed: an alert of level 2 or higher has opened in the meantime. Please look at it first."
    ),
    "changed": lazy_gettext("Nothing was changed: the record has moved on, and this step is no longer proposed."),
    "least": lazy_gettext("Nothing was changed: the plan is at the least that can be prescribed already."),
}
"""What is said when a decision comes too late."""

_WITH_KIT: Final = frozenset({"band", "weights"})


def refused(why: str) -> str:
    """Why a decision was not taken."""
    if why in REFUSED:
        return str(REFUSED[why])
    return f"{REFUSED['changed']} {WHY_NOT[why]}" if why in WHY_NOT else str(REFUSED["changed"])


def sentence(offer: Offer) -> str:
    """For the physiotherapist: what was seen, and the step."""
    return str(
        gettext("%(seen)s: %(step)s.", seen=seen(offer.outcome.seen), step=step_text(offer.step, offer.line.definition))
    )


def seen(occasions: Sequence[Occasion]) -> str:
    """What the rules looked at: "Two sessions at quality 84 and 88, pain 2, effort 4 and 5"."""
    return str(
        gettext(
            "Two sessions at quality %(quality)s, pain %(pain)s, effort %(effort)s",
            quality=_both([each.quality for each in occasions]),
            pain=_both([each.pain_during for each in occasions]),
            effort=_both([each.effort for each in occasions]),
        )
    )


def _both(values: Sequence[float | None]) -> str:
    told = [format_decimal(round(value), format="0") for value in values if value is not None]
    return str(told[0]) if len(set(told)) == 1 else str(gettext("%(one)s and %(two)s", one=told[0], two=told[-1]))


def step_text(step: Step, definition: Definition) -> str:
    """The step in words, with its numbers: "2 more repetitions (10 → 12)"."""
    if step.field == "load":
        if _WITH_KIT & set(definition.equipment):
            return str(gettext("the next band, or 2 to 10 % more weight, at the same numbers"))
        return str(gettext("a harder form, at the same numbers"))
    before, after = step.before or 0, step.after or 0
    more = round(after - before)
    words = {
        "reps": ngettext("%(num)d more repetition", "%(num)d more repetitions", more),
        "hold_s": ngettext("%(num)d second longer", "%(num)d seconds longer", more),
        "sets": ngettext("%(num)d more set", "%(num)d more sets", more),
    }[step.field]
    return f"{words} ({_number(before)} → {_number(after)})"


def _number(value: float) -> str:
    return str(format_decimal(value, format="0.#"))


def evidence(offer: Offer) -> str:
    """What the plan's history, which the patient reads too, says of an accepted step."""
    return str(gettext("It went well: %(seen)s.", seen=_lower(seen(offer.outcome.seen))))


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def note_for(offer: Offer) -> str:
    """What to suggest as the note to the patient where the step is more load."""
    if _WITH_KIT & set(offer.line.definition.equipment):
        words = gettext("Take the next stronger band, or a little more weight.")
    else:
        words = str(gettext(offer.line.definition.dose.progression))
    return f"{offer.line.item.note} {words}" if offer.line.item.note else str(words)
