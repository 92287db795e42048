"""The words of recording an exercise: which field of the page a key of the definition is, and why a demonstration could
not be learned.

The loader names a key such as "view[0].peak.release"; a person reads "Turning point: lets go at". The page's fields
carry these keys as their names, so a complaint finds its place; what has no field of its own is said at the part it
belongs to.
"""

from __future__ import annotations

import re
from typing import Any, Final

from flask_babel import gettext, lazy_gettext

PLACES: Final[dict[str, Any]] = {
    "text.title": lazy_gettext("Name"),
    "text.aim": lazy_gettext("What it is for"),
    "text.start": lazy_gettext("Start position"),
    "text.movement": lazy_gettext("The movement in one sentence"),
    "text.steps": lazy_gettext("Steps"),
    "text.kit": lazy_gettext("What one needs"),
    "text.muscles": lazy_gettext("Muscles"),
    "text.camera": lazy_gettext("Where the camera stands"),
    "text.blind": lazy_gettext("What the camera cannot see"),
    "text.caution": lazy_gettext("Take care"),
    "text.evidence": lazy_gettext("Where it comes from"),
    "text": lazy_gettext("The words"),
    "goal": lazy_gettext("Aim"),
    "equipment": lazy_gettext("Equipment"),
    "cautions": lazy_gettext("Not for"),
    "dose.sets": lazy_gettext("Sets"),
    "dose.reps": lazy_gettext("Repetitions"),
    "dose.hold_s": lazy_gettext("Seconds to hold"),
    "dose.rest_s": lazy_gettext("Rest between sets"),
    "dose.days_per_week": lazy_gettext("Days a week"),
    "dose.progression": lazy_gettext("Harder"),
    "dose.regression": lazy_gettext("Easier"),
    "dose": lazy_gettext("Dose"),
    "tempo.out_s": lazy_gettext("Quickest way out"),
    "tempo.back_s": lazy_gettext("Quickest way back"),
    "tempo": lazy_gettext("Tempo"),
    "view.start": lazy_gettext("Start"),
    "view.peak": lazy_gettext("Turning point"),
    "view": lazy_gettext("What the camera judges"),
    "figure": lazy_gettext("The figure"),
}
"""By the beginning of the key; the longest that fits wins. Numbers of lists are left out of keys here."""

NUMBERS: Final[dict[str, Any]] = {
    "at_least": lazy_gettext("at least"),
    "at_most": lazy_gettext("at most"),
    "tolerance": lazy_gettext("tolerance"),
    "release": lazy_gettext("lets go at"),
    "hold_s": lazy_gettext("stays for"),
}
"""The numbers of a start or turning point."""

TROUBLES: Final[dict[str, Any]] = {
    "no_person": lazy_gettext(
        "Nobody could be seen for long enough. Stand where the camera sees you from head to hips, with light from the "
        "front, and record again."
    ),
    "too_short": lazy_gettext(
        "The recording is too short to learn from. Do at least two whole repetitions, with a moment of rest before the "
        "first and after the last."
    ),
    "nothing_moved": lazy_gettext(
        "No movement came back again and again. Do the same movement two to five times, as far as a patient should go, "
        "and come back to the start each time."
    ),
    "wrong_number": lazy_gettext(
        "{found} repetitions were found, and you said {asked}. Pause for a moment at the start each time, or "
        "choose another number and let it look again."
    ),
    "not_repeated": lazy_gettext(
        "The repetitions were too different from one another. Do the same movement each time, as far and as slowly as "
        "the time before, and record again."
    ),
    "unsteady_view": lazy_gettext(
        "You turned while you moved, so the angles cannot be trusted. Stay facing one way, put the camera down firmly, "
        "and record again."
    ),
    "_": lazy_gettext(
        "This could not be learned. Make the movement a little larger and slower, all of you in the picture, and "
        "record again."
    ),
}
"""Why a demonstration could not be learned, by the key of the engine's DemonstrationError; and what to do."""


REMEDIES: Final[dict[str, Any]] = {
    "step_into_view": lazy_gettext("Step into the picture."),
    "step_back": lazy_gettext("Step back a little."),
    "come_closer": lazy_gettext("Come a little closer."),
    "show_part": lazy_gettext("Turn so that it shows, or make the room brighter."),
    "turn_front": lazy_gettext("Turn to face the camera."),
    "turn_side": lazy_gettext("Turn side on to the camera."),
    "turn_oblique": lazy_gettext("Turn half to the side."),
    "level_camera": lazy_gettext("Set the camera upright and level."),
    "turn_round": lazy_gettext("Turn round, so that the working side is near the camera."),
    "stand_alone": lazy_gettext("Wait a moment, or ask them to step aside."),
    "close_programs": lazy_gettext("Close other programs on this device."),
    "_": lazy_gettext("Stay where the camera sees all of you."),
}
"""What to do when the camera cannot tell, by the engine's key; the live page says the same."""


def place_of(key: str) -> str:
    """The words for a key of a definition: "Turning point: lets go at"."""
    bare = re.sub(r"\[\d+\]", "", key)
    known = [place for place in PLACES if bare == place or bare.startswith(f"{place}.")]
    if not known:
        return str(gettext("The recording"))
    words = str(PLACES[max(known, key=len)])
    number = NUMBERS.get(bare.rpartition(".")[2])
    return words if number is None else f"{words}: {number}"


def complaint(key: str, reason: str) -> str:
    """What is wrong with a field, in a sentence that names it."""
    return str(gettext("%(place)s %(reason)s.", place=place_of(key), reason=reason))
