"""The words for the engine's keys, and for what pages of sessions say. The engine speaks in keys (a reason, a gate, a
remedy, a fault); here they become short second-person sentences, through the translation catalogue.

A key that is not in a table is a gap in this file, not an error for a patient: `say` then gives the table's own
fallback, and a test compares the tables with the engine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import gettext, lazy_gettext, ngettext

from tracker.regimen import numbers, own_texts

if TYPE_CHECKING:
    from exercises.definition import Definition
    from tracker.regimen.rules import Encouragement

Sentences = dict[str, Any]
"""Key to a lazily translated sentence."""

FALLBACK: Final = "_"

REASONS: Final[Sentences] = {
    "complete": lazy_gettext("The whole way."),
    "complete_at_end": lazy_gettext("The whole way; the set ended before you were back."),
    "partial_range": lazy_gettext("Not the whole way: it turned back early."),
    "partial_start": lazy_gettext("It did not begin from the start position."),
    "partial_return": lazy_gettext("It did not come all the way back."),
    "no_peak_hold": lazy_gettext("No pause at the turning point."),
    "too_fast": lazy_gettext("Too quick to judge well."),
    "too_slow": lazy_gettext("It took very long, as if paused on the way."),
    "lost_sight": lazy_gettext("The camera lost sight on the way."),
    "moved_away": lazy_gettext("The whole body changed its place."),
    "unfinished": lazy_gettext("The set ended before it was finished."),
    "one_side_only": lazy_gettext("Only one arm went the whole way."),
    FALLBACK: lazy_gettext("Not counted."),
}
"""Why a repetition counted or did not; without "you", since patient and physiotherapist both read it."""

HOLD_REASONS: Final[Sentences] = {
    "complete": lazy_gettext("Held for the whole time."),
    "too_short": lazy_gettext("Held for less than the time asked."),
    FALLBACK: lazy_gettext("Not counted."),
}

GATES: Final[Sentences] = {
    "no_person": lazy_gettext("Nobody was in the picture"),
    "not_visible": lazy_gettext("A joint was hidden"),
    "outside_frame": lazy_gettext("A part of the body was outside the picture"),
    "wrong_view": lazy_gettext("Seen from another side than this exercise needs"),
    "too_few_frames": lazy_gettext("Too few pictures a second"),
    "camera_tilted": lazy_gettext("The camera stood crooked"),
    "too_far": lazy_gettext("Too far away from the camera"),
    "other_person": lazy_gettext("Somebody else was in the picture"),
    "wrong_side": lazy_gettext("The other side was nearer to the camera"),
    FALLBACK: lazy_gettext("The camera could not tell"),
}

GATES_NOW: Final[Sentences] = {
    "no_person": lazy_gettext("I can't see you."),
    "not_visible": lazy_gettext("I can't see {parts}."),
    "outside_frame": lazy_gettext("I can't see {parts}: outside the picture."),
    "wrong_view": lazy_gettext("I see you from the wrong side for this exercise."),
    "too_few_frames": lazy_gettext("The pictures come too slowly to count well."),
    "camera_tilted": lazy_gettext("The camera stands crooked."),
    "too_far": lazy_gettext("You are too far away."),
    "other_person": lazy_gettext("Somebody else is in the picture."),
    "wrong_side": lazy_gettext("Your other side is nearer to the camera."),
    FALLBACK: lazy_gettext("I can't tell right now."),
}

REMEDIES: Final[Sentences] = own_texts.REMEDIES

PARTS: Final[Sentences] = {
    "nose": lazy_gettext("your face"),
    "left_ear": lazy_gettext("your left ear"),
    "right_ear": lazy_gettext("your right ear"),
    "left_shoulder": lazy_gettext("your left shoulder"),
    "right_shoulder": lazy_gettext("your right shoulder"),
    "left_elbow": lazy_gettext("your left elbow"),
    "right_elbow": lazy_gettext("your right elbow"),
    "left_wrist": lazy_gettext("your left hand"),
    "right_wrist": lazy_gettext("your right hand"),
    "left_hip": lazy_gettext("your left hip"),
    "right_hip": lazy_gettext("your right hip"),
    "left_knee": lazy_gettext("your left knee"),
    "right_knee": lazy_gettext("your right knee"),
    "left_ankle": lazy_gettext("your left foot"),
    "right_ankle": lazy_gettext("your right foot"),
    FALLBACK: lazy_gettext("a part of you"),
}

PHASES: Final[Sentences] = {
    "idle": lazy_gettext("Before the start"),
    "start": lazy_gettext("Start"),
    "out": lazy_gettext("On the way"),
    "peak": lazy_gettext("Turning point"),
    "back": lazy_gettext("Way back"),
    "hold": lazy_gettext("Holding"),
    "cannot_tell": lazy_gettext("Could not tell"),
    FALLBACK: lazy_gettext("Other"),
}

STOP_REASONS: Final[Sentences] = {
    "finished": lazy_gettext("I did what I wanted to do"),
    "pain": lazy_gettext("It hurt"),
    "tired": lazy_gettext("I was tired"),
    "no_time": lazy_gettext("I had no time"),
    "unsure_how": lazy_gettext("I was not sure how to do it"),
    "technical": lazy_gettext("Something did not work"),
    "other": lazy_gettext("Something else"),
}

STOP_REASONS_FOR_PHYSIO: Final[Sentences] = {
    "finished": lazy_gettext("Finished"),
    "pain": lazy_gettext("Stopped because of pain"),
    "tired": lazy_gettext("Stopped, tired"),
    "no_time": lazy_gettext("Stopped, no time"),
    "unsure_how": lazy_gettext("Stopped, unsure how to do it"),
    "technical": lazy_gettext("Stopped, technical problem"),
    "other": lazy_gettext("Stopped for another reason"),
    FALLBACK: lazy_gettext("No reason given"),
}

SIDES: Final[Sentences] = {
    "left": lazy_gettext("Left"),
    "right": lazy_gettext("Right"),
    "both": lazy_gettext("Both sides"),
}

SOURCES: Final[Sentences] = {
    "camera": lazy_gettext("Camera"),
    "file": lazy_gettext("Video file"),
    "manual": lazy_gettext("Without camera"),
}

MEASURES: Final[Sentences] = numbers.MEASURES
UNITS: Final[Sentences] = numbers.UNITS
amount = numbers.amount

GREETINGS: Final[Sentences] = {
    "morning": lazy_gettext("Good morning"),
    "afternoon": lazy_gettext("Good afternoon"),
    "evening": lazy_gettext("Good evening"),
}

PROBLEMS: Final[Sentences] = {
    "too_long": lazy_gettext("The time is longer than a set can be."),
    "longer_than_set": lazy_gettext("The hold is longer than the set."),
    "manual_has_no_ledger": lazy_gettext("A set counted by hand has no measured repetitions."),
    "implausible_count": lazy_gettext("The count is not believable."),
    "count_disagrees": lazy_gettext("The count is not the number of counted repetitions."),
    "times_not_ordered": lazy_gettext("The times are not in order."),
    "outside_set": lazy_gettext("The repetition lies outside its set."),
    "not_in_order": lazy_gettext("The repetitions are not in order."),
    "clock_ahead": lazy_gettext("The clock of this device is ahead. Set it right and send again; nothing is lost."),
    "too_old": lazy_gettext("This session is more than a year old."),
    "unknown_prescription": lazy_gettext("This exercise is not in your plan."),
    "unknown_exercise": lazy_gettext("There is no such exercise here."),
    "too_many_sets": lazy_gettext("A session cannot have so many sets."),
    "another_exercise": lazy_gettext("The set belongs to another exercise."),
    "source_disagrees": lazy_gettext("The set does not fit the way it was recorded."),
    "id_taken": lazy_gettext("This set is already known elsewhere."),
    "track_header": lazy_gettext("The track of landmarks cannot be read."),
    "track_size": lazy_gettext("The track of landmarks is not complete."),
    "track_times": lazy_gettext("The times of the track are not in order."),
    "track_not_gzip": lazy_gettext("The track of landmarks cannot be unpacked."),
    "track_too_large": lazy_gettext("The track of landmarks is too large."),
    FALLBACK: lazy_gettext("This cannot be stored."),
}


def say(table: Sentences, key: str | None) -> str:
    """The sentence for a key, or the table's fallback."""
    return str(table.get(key or FALLBACK, table.get(FALLBACK, "")))


def library_text(text: str) -> str:
    """A text of a definition in the reader's language; the catalogue holds the library's texts too."""
    return str(gettext(text))


def fault_text(definition: Definition | None, key: str) -> str:
    """The name of a fault in words; an exercise that has left the library still shows something readable."""
    if definition is None or key not in definition.fault_names:
        return key.replace("_", " ")
    return library_text(definition.fault_names[key])


def cues(definition: Definition) -> dict[str, str]:
    """Every cue the coach can give in this exercise."""
    return {key: library_text(sentence) for key, sentence in definition.cues.items()}


def spoken(table: Sentences) -> dict[str, str]:
    """A whole table as plain text, for a page's JSON block."""
    return {key: str(sentence) for key, sentence in table.items()}


def live_texts(definition: Definition) -> dict[str, dict[str, str]]:
    """Everything the live page may have to say in words for this exercise."""
    return {
        "cues": cues(definition),
        "gates": spoken(GATES_NOW),
        "remedies": spoken(REMEDIES),
        "parts": spoken(PARTS),
        "reasons": spoken({**REASONS, "too_short": HOLD_REASONS["too_short"]}),
        "stop_reasons": spoken(STOP_REASONS),
        "sides": spoken(SIDES),
        "phases": spoken(PHASES),
    }


def duration(seconds: float) -> str:
    """Seconds as a person says them: "45 s", "2 min 5 s"."""
    whole = round(seconds)
    if whole < MINUTE_S:
        return str(gettext("%(seconds)d s", seconds=whole))
    if whole % MINUTE_S == 0:
        return str(gettext("%(minutes)d min", minutes=whole // MINUTE_S))
    return str(gettext("%(minutes)d min %(seconds)d s", minutes=whole // MINUTE_S, seconds=whole % MINUTE_S))


MINUTE_S: Final = 60


def encouragement(chosen: Encouragement) -> str:
    """One line that is true, in words."""
    numbers = chosen.numbers
    sentences = {
        "all_done": lambda: ngettext(
            "One set done today. Well done.", "%(num)d sets done today. Well done.", numbers["sets"]
        ),
        "on_the_way": lambda: ngettext("One exercise to go.", "%(num)d exercises to go.", numbers["left"]),
        "first_time": lambda: gettext("This is your first time. Go slowly, it does not have to be perfect."),
        "gentle_return": lambda: gettext("Good to see you again. Start gently today."),
        "this_week": lambda: gettext("%(done)d exercises done in the last seven days.", done=numbers["done"]),
        "one_is_enough": lambda: gettext("One exercise is a good start."),
    }
    return str(sentences[chosen.key]())
