"""The words of plans and of the library: doses, weekdays, what changed, what cannot be saved, ready-made programmes,
and what aims, kit, views, cautions and tiers of exercises are called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_decimal, gettext, lazy_gettext, ngettext

from exercises.definition import CAUTION_FLAGS
from exercises.measures import MEASURES
from tracker.regimen.library import library
from tracker.regimen.rules import EVERY_DAY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from exercises.definition import Definition
    from tracker.regimen.rules import Change, Prescribed, Programme, Violation
    from tracker.regimen.rules_cautions import Reason

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
    "reach": lazy_gettext("degrees to reach"),
    "note": lazy_gettext("note"),
}

PROGRAMMES: Final[dict[str, tuple[Any, Any]]] = {
    "settle": (
        lazy_gettext("Settle"),
        lazy_gettext(
            "While it hurts: four gentle things every day, nothing heavy. Turn only half as far as you could."
        ),
    ),
    "build": (
        lazy_gettext("Build"),
        lazy_gettext("When the pain is easing: pull, push, loosen and stretch on three days, about 20 minutes."),
    ),
    "keep": (
        lazy_gettext("Keep"),
        lazy_gettext(
            "When you feel well: pull, press, raise and hold on three days, and two minutes with a band every day."
        ),
    ),
    "careful": (
        lazy_gettext("Careful with bones"),
        lazy_gettext("With osteoporosis: upright strength, no far bending or twisting. Ask your doctor first."),
    ),
}

KIT: Final = lazy_gettext("Nothing but yourself")

GOALS: Final[dict[str, Any]] = {
    "strength": lazy_gettext("Get stronger"),
    "mobility": lazy_gettext("Move more freely"),
    "stretch": lazy_gettext("Stretch"),
    "core": lazy_gettext("Steady the trunk"),
    "posture": lazy_gettext("Posture and shoulder blades"),
    "warm-up": lazy_gettext("Warm up"),
    "test": lazy_gettext("Measure how far"),
}

GOAL_WHY: Final[dict[str, Any]] = {
    "strength": lazy_gettext("Slow, controlled work. The last repetitions may feel hard, but never painful."),
    "mobility": lazy_gettext("Gentle movement through the range that is comfortable today."),
    "stretch": lazy_gettext("A mild pull, held while you breathe. Pain is too much."),
    "core": lazy_gettext("The trunk stays quiet while arms or legs do something."),
    "posture": lazy_gettext(
        "Small, precise movements of head and shoulder blades; many fit into a break from sitting."
    ),
    "warm-up": lazy_gettext("Easy, loose movement before the rest."),
    "test": lazy_gettext("A few slow movements that the camera measures, left and right, to compare over weeks."),
}

EQUIPMENT: Final[dict[str, Any]] = {
    "none": lazy_gettext("Nothing at all"),
    "band": lazy_gettext("Elastic band"),
    "weights": lazy_gettext("Weights or bottles"),
    "chair": lazy_gettext("Chair"),
    "wall": lazy_gettext("Free wall"),
    "door": lazy_gettext("Door frame"),
    "mat": lazy_gettext("Mat"),
}

VIEWS: Final[dict[str, Any]] = {
    "front": lazy_gettext("From the front"),
    "oblique": lazy_gettext("At an angle"),
    "side": lazy_gettext("From the side"),
    "without": lazy_gettext("Without camera"),
}

SHORT_VIEWS: Final[dict[str, Any]] = {
    "front": lazy_gettext("front"),
    "oblique": lazy_gettext("at an angle"),
    "side": lazy_gettext("side"),
}

CAUTIONS: Final[dict[str, Any]] = {
    "OP": lazy_gettext("Osteoporosis"),
    "SH": lazy_gettext("Shoulder trouble"),
    "CX": lazy_gettext("Nerve pain from the neck"),
    "HT": lazy_gettext("High blood pressure"),
    "PG": lazy_gettext("Pregnancy"),
    "WR": lazy_gettext("Wrist trouble"),
    "KN": lazy_gettext("Knee trouble"),
    "FL": lazy_gettext("Risk of falling"),
}
"""The flags of CLINICAL 2.0 in plain words; `CAUTION_WHY` says whom each means."""

CAUTION_WHY: Final[dict[str, Any]] = {
    "OP": lazy_gettext("brittle bones or a broken vertebra: no far bending or twisting, nothing heavy overhead"),
    "SH": lazy_gettext("a recent operation, a shoulder that slips out, or pain while lifting the arm"),
    "CX": lazy_gettext("pain, tingling or weakness that runs from the neck into the arm"),
    "HT": lazy_gettext("blood pressure that is not under control: no long straining or holding the breath"),
    "PG": lazy_gettext("no lying on the back after the 20th week, no lying on the front"),
    "WR": lazy_gettext("leaning on the hands hurts"),
    "KN": lazy_gettext("kneeling or deep bending hurts"),
    "FL": lazy_gettext("unsteady on the feet: have a chair or a wall within reach"),
}

# Only here a side is a direction; of an arm or a leg everybody knows which one is meant.
_SIDES_MOVED_TO: Final = frozenset({"stretch", "test", "mobility"})
_OF_THE_HEAD: Final = frozenset({"head_tilt", "head_turn"})

LOCKS: Final[dict[str, Any]] = {
    "urgent": lazy_gettext(
        "They open again when nothing urgent is open any more: close the alert with what came of it."
    ),
    "examination": lazy_gettext(
        "Somebody has to examine the patient first. They open again when the examination is noted, or the warning sign "
        "is closed."
    ),
}
"""What opens locked exercises again, by `rules_levels.lock_reason`."""

TIERS: Final[dict[str, Any]] = {
    "draft": lazy_gettext("Draft"),
    "reviewed": lazy_gettext("Reviewed"),
    "validated": lazy_gettext("Validated"),
}

TIER_WHY: Final[dict[str, Any]] = {
    "draft": lazy_gettext("Written from the sources named below. Its numbers have not been checked on people yet."),
    "reviewed": lazy_gettext("Text and numbers were checked a second time, but not measured on recorded people."),
    "validated": lazy_gettext("Its counting was measured on recordings of people."),
}


def title_in_words(definition: Definition) -> str:
    """The title in the reader's language; a clinic's own stays as it was written."""
    return str(gettext(definition.title))


def title_of(exercise: str, definitions: Mapping[str, Definition]) -> str:
    """The title of an exercise, or its id once it has left the library."""
    definition = definitions.get(exercise)
    return title_in_words(definition) if definition else exercise


def dose_text(item: Prescribed) -> str:
    """What to do, short: "3 sets of 10", "3 times 20 s on each side", "2 sets of 10 times 5 s", "Measure 3 times"."""
    hold = format_decimal(item.hold_s or 0, format="0.#")
    if is_test(item.exercise) and item.reps is not None:
        # A person measures three times on each side; in how many sets is the plan's business.
        text = ngettext("Measure %(num)d time", "Measure %(num)d times", item.reps * item.sets)
    elif item.reps is not None and item.hold_s is not None and item.reps > 1:
        text = ngettext(
            "%(num)d set of %(reps)d times %(hold)s s",
            "%(num)d sets of %(reps)d times %(hold)s s",
            item.sets,
            reps=item.reps,
            hold=hold,
        )
    elif item.hold_s is not None:
        text = ngettext("Once %(hold)s s", "%(num)d times %(hold)s s", item.sets, hold=hold)
    else:
        text = ngettext("%(num)d set of %(reps)d", "%(num)d sets of %(reps)d", item.sets, reps=item.reps or 0)
    if item.sided:
        text = {
            "both": gettext("%(dose)s on each side", dose=text),
            "left": gettext("%(dose)s on the left", dose=text),
            "right": gettext("%(dose)s on the right", dose=text),
        }[item.side]
    if item.reach is not None:
        text = gettext("%(dose)s, aim for %(reach)d°", dose=text, reach=item.reach)
    return str(text)


def sides_text(best: Mapping[str, float]) -> str:
    """How far somebody got, by side: "left 132°, right 140°"."""
    names = {"left": gettext("left"), "right": gettext("right"), "both": gettext("both")}
    return ", ".join(f"{names.get(side, side)} {value:.0f}°" for side, value in sorted(best.items()))


def is_test(exercise: str) -> bool:
    """Whether this is a measurement of range rather than training."""
    definition = library().get(exercise)
    return definition is not None and definition.goal == "test"


def kit_text(definition: Definition) -> str:
    """What is needed, short: "Elastic band, chair", "Nothing at all", "Nothing, or elastic band"."""
    names = [str(EQUIPMENT[each]) for each in definition.equipment if each != "none"]
    small = [name[:1].lower() + name[1:] for name in names]
    if "none" not in definition.equipment:
        return ", ".join([*names[:1], *small[1:]])
    return str(gettext("Nothing, or %(kit)s", kit=", ".join(small)) if small else EQUIPMENT["none"])


def view_text(definition: Definition) -> str:
    """Where the camera stands, short: "Camera: front, side or at an angle", "Without camera: a timer"."""
    if not definition.views:
        return str(gettext("Without camera: a timer"))
    *most, last = (str(SHORT_VIEWS[view]) for view in definition.views)
    views = f"{', '.join(most)} {gettext('or')} {last}" if most else last
    return str(gettext("Camera: %(views)s", views=views))


def said_about(definition: Definition) -> str:
    """Everything a person may type to find this exercise, in their language."""
    told = (
        definition.title,
        definition.aim,
        definition.start,
        definition.movement,
        *definition.muscles,
        *definition.kit,
    )
    words = [str(gettext(each)) for each in told]
    named = [GOALS[definition.goal], *(EQUIPMENT[each] for each in definition.equipment)]
    views = [VIEWS[view] for view in definition.views] or [VIEWS["without"]]
    return " ".join([*words, *(str(each) for each in (*named, *views)), definition.card])


def side_text(definition: Definition) -> str:
    """Which side is meant, where that is a question: of head and trunk the one moved to. Empty where it is none."""
    if not definition.sided or definition.goal not in _SIDES_MOVED_TO:
        return ""
    directed = {view.primary for view in definition.views.values() if MEASURES[view.primary].towards_side}
    if not directed:
        return ""
    if definition.goal == "stretch" and directed <= _OF_THE_HEAD:
        return str(gettext("The side your head goes to; the other side is stretched."))
    return str(gettext("The side you move to."))


def programme_cautions(programme: Programme) -> str:
    """For whom something in a ready-made programme is not meant, in plain words; empty when it is for everybody."""
    lines = (library()[line.exercise] for line in programme.lines if line.exercise in library())
    flags = {flag for definition in lines for flag in definition.cautions}
    if not flags:
        return ""
    words = [str(CAUTIONS[flag]) for flag in CAUTION_FLAGS if flag in flags]
    told = ", ".join(each[:1].lower() + each[1:] for each in words)
    return str(gettext("Not without asking first: %(cautions)s.", cautions=told))


def flags_text(flags: Collection[str]) -> str:
    """Caution flags in plain words, in the order of the cards."""
    return ", ".join(str(CAUTIONS[flag]) for flag in CAUTION_FLAGS if flag in flags)


def caution_reason(reason: Reason, definitions: Mapping[str, Definition]) -> str:
    """Why an exercise fits although something speaks against it, for colleagues."""
    return str(
        gettext(
            "%(exercise)s fits all the same (%(flags)s): %(words)s",
            exercise=title_of(reason.exercise, definitions),
            flags=flags_text(reason.flags),
            words=reason.words,
        )
    )


def weekdays_text(weekdays: Iterable[int]) -> str:
    """The days in words: "every day", "Mon, Wed, Fri"."""
    days = frozenset(weekdays)
    if days == EVERY_DAY:
        return str(gettext("every day"))
    return ", ".join(str(WEEKDAYS[day]) for day in sorted(days))


def _value(field: str | None, value: Any) -> str:
    if value is None:
        return str(gettext("none"))
    if field == "weekdays":
        return weekdays_text(value)
    if field == "side":
        return str(SIDES.get(value, value))
    if isinstance(value, float):
        return str(format_decimal(value, format="0.#"))
    return str(value)


def change_text(change: Change, definitions: Mapping[str, Definition]) -> str:
    """One difference as a person would say it."""
    title = title_of(change.exercise, definitions)
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


TEMPLATE_ERRORS: Final[dict[str, Any]] = {
    "no_name": lazy_gettext("Please give the programme a name."),
    "long_name": lazy_gettext("The name is longer than 80 characters. Please choose a shorter one."),
    "empty": lazy_gettext("There is nothing in this plan yet. Please save it first."),
    "taken": lazy_gettext("A programme of this name exists already. Please choose another name."),
    "too_many": lazy_gettext("The clinic has 100 programmes. Please put one away first."),
}


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
        "caution": gettext("Something speaks against it for this person. Please say why it fits all the same."),
        "caution_new": gettext(
            "This became known after it was prescribed. Please say why it fits all the same, or take it out."
        ),
        "caution_since": gettext(
            "Something became known since you wrote this. Please say why it fits with that too, or take it out."
        ),
    }
    return str(sentences[violation.key])
