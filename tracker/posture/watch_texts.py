"""The words of the page on which the browser watches: what the engine's keys say to a person. A test compares the keys
with those the engine uses.

Comfort, variety, time to move. What somebody reads at work is short and kind, and none of it judges a posture.
"""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext

Sentences = dict[str, Any]
"""Key to a lazily translated sentence."""

STATES: Final[Sentences] = {
    "starting": lazy_gettext("Getting a first look."),
    "comfort": lazy_gettext("In your comfort zone."),
    "slouch": lazy_gettext("You have settled lower."),
    "away": lazy_gettext("You are away, and that is a break."),
    "unknown": lazy_gettext("I cannot tell right now."),
    "paused": lazy_gettext("Paused. The camera is off."),
}
"""The state in one sentence."""

STATE_WORDS: Final[Sentences] = {
    "starting": "",
    "comfort": "",
    "slouch": "",
    "away": lazy_gettext("I look again when something stirs."),
    "unknown": "",
    "paused": "",
}
"""What follows the state where there is no reason to give."""

REASONS: Final[Sentences] = {
    "nobody": lazy_gettext("I see nobody."),
    "too_dark": lazy_gettext("It is too dark."),
    "cut_off": lazy_gettext("Part of your head or shoulders is outside the picture or hidden."),
    "turned": lazy_gettext("You are looking to the side."),
    "tilted": lazy_gettext("The picture is tilted, or your head is."),
    "hand_at_face": lazy_gettext("A hand is at your face."),
    "arms_busy": lazy_gettext("Your arms are up."),
    "two_people": lazy_gettext("Somebody else may be in the picture."),
    "standing": lazy_gettext("You are standing."),
    "looking_down": lazy_gettext("You are looking down."),
    "no_baseline": lazy_gettext("I do not know this place yet."),
    "other_view": lazy_gettext("The camera sees you from another side than when this place was set up."),
    "starting": lazy_gettext("I have only just begun to look."),
    # Of a calibration.
    "too_few": lazy_gettext("I saw too little of you for that."),
    "wrong_view": lazy_gettext("I see you neither from the front nor from the side."),
    "restless": lazy_gettext("There was a lot of movement."),
    "same_pose": lazy_gettext("Both ways of sitting looked the same to me."),
    "moved_away": lazy_gettext("You sat in another place the second time."),
    "not_finished": lazy_gettext("This was not finished."),
}
"""Why it cannot be told, or why a calibration came to nothing."""

REMEDIES: Final[Sentences] = {
    "come_into_view": lazy_gettext("Sit so that the camera sees your head and shoulders."),
    "more_light": lazy_gettext("Turn on a lamp in front of you, not behind."),
    "whole_head_and_shoulders": lazy_gettext("Move back or turn the camera until both shoulders and your head show."),
    "show_part": lazy_gettext("Make sure that nothing hides your ears and shoulders."),
    "face_camera": lazy_gettext("I go on when you look to the screen again."),
    "hand_down": lazy_gettext("I go on when it is down again."),
    "arms_down": lazy_gettext("I go on when they are down again."),
    "alone_in_picture": lazy_gettext("I go on when it is only you."),
    "view_as_calibrated": lazy_gettext("Turn the camera back, or set the place up anew."),
    "as_calibrated": lazy_gettext("Sit facing the same way as when this place was set up."),
    "head_upright": lazy_gettext("I go on when your head is upright."),
    "straighten_camera": lazy_gettext("Straighten the camera or the lid."),
    "look_ahead": lazy_gettext("I go on when you look ahead."),
    "face_or_side": lazy_gettext("Face the camera, or put it exactly at your side."),
    "turn_front": lazy_gettext("Face the camera."),
    "turn_side": lazy_gettext("Put the camera exactly at your side."),
    "calibrate": lazy_gettext("Set this place up; it takes half a minute."),
    "sit_down": lazy_gettext("I go on when you sit down."),
    "wait": lazy_gettext("One moment."),
    "try_again": lazy_gettext("Try it once more."),
    "sit_still": lazy_gettext("Hold each way of sitting quietly for a few seconds."),
    "stay_on_chair": lazy_gettext("Stay in the same place on the chair, and only let yourself sink."),
    "slouch_more": lazy_gettext("Sink a little more the second time, or leave that part out."),
    "go_on": lazy_gettext("Go on, or begin again."),
}
"""What to do about it."""

PHASES: Final[Sentences] = {
    "look": lazy_gettext("Sit as you usually do, and look at the screen."),
    "tall": lazy_gettext("Sit tall and comfortable."),
    "slouch": lazy_gettext("Now sit the way you end up late in the day."),
    "moves": lazy_gettext("Now move as you do at work."),
}
"""What is asked in a phase of the calibration."""

PHASE_WORDS: Final[Sentences] = {
    "look": lazy_gettext("Head and both shoulders in the picture are enough."),
    "tall": lazy_gettext("Not stiff: a position you could hold for a while. Look at the screen and breathe."),
    "slouch": lazy_gettext("Let yourself sink, and stay there. It only shows me the difference."),
    "moves": lazy_gettext(
        "Roll your chair forward and back a little, look at the keyboard, lean back once. None of that counts as "
        "sinking."
    ),
}

RECALIBRATE: Final[Sentences] = {
    "moved": lazy_gettext(
        "The camera or the chair seems to stand elsewhere. Set this place up anew when it suits you."
    ),
    "resolution": lazy_gettext(
        "The camera gives another picture than before. Set this place up anew when it suits you."
    ),
    "old": lazy_gettext("This place was set up more than two weeks ago. It is worth doing it again."),
    "drift": lazy_gettext("You sit differently than when this place was set up. Set it up anew when it suits you."),
}
"""Why it is worth setting a place up again."""

NOTICES: Final[Sentences] = {
    "slouch": lazy_gettext("A small change of position might feel good."),
    "still": lazy_gettext("Time to move."),
    "clock": lazy_gettext("Time to move."),
    "recalibrate": lazy_gettext("This place could be set up anew."),
}
"""What a notice says. It may stand on a screen that others see: no word about health."""

PLACES: Final[Sentences] = {
    "desk": lazy_gettext("Desk"),
    "laptop": lazy_gettext("Laptop"),
}
"""Names to choose from."""


def engine_texts() -> dict[str, dict[str, str]]:
    """All of it for the script, by what it is about."""
    groups = {
        "states": STATES,
        "state_words": STATE_WORDS,
        "reasons": REASONS,
        "remedies": REMEDIES,
        "phases": PHASES,
        "phase_words": PHASE_WORDS,
        "recalibrate": RECALIBRATE,
        "notices": NOTICES,
    }
    return {name: {key: str(sentence) for key, sentence in group.items()} for name, group in groups.items()}
