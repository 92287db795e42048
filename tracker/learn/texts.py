"""The words around the cards, and those of the desk check. The cards' own words are files (see `library`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask_babel import format_date
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from tracker.learn import rules

GROUPS: Final[dict[str, Any]] = {
    "desk": _l("At the desk"),
    "day": _l("In the day"),
    "night": _l("At night"),
    "hurts": _l("When it hurts"),
    "stronger": _l("Stronger"),
}

GROUP_WHY: Final[dict[str, Any]] = {
    "desk": _l("Comfort, change, and time to move."),
    "day": _l("Lifting, carrying, walking, and what else belongs to a day."),
    "night": _l("How you lie, and what you lie on."),
    "hurts": _l("What may ease it, how long it takes, and when to have it looked at."),
    "stronger": _l("Strength, stretching, and a steady middle."),
}

PARTS: Final[dict[str, Any]] = {
    "do": _l("What to do"),
    "how": _l("How"),
    "limits": _l("What it will not do"),
    "ask": _l("When to stop or ask"),
}

SURE: Final[dict[str, Any]] = {
    "studied": _l("Tested in studies."),
    "usual": _l("Common advice. We know of no good study behind it."),
    "contested": _l("Experts do not agree."),
    "memory": _l("Advice that is widely given, written from memory and not checked again for this page."),
    "own": _l("Put together for this page. A clinician has yet to confirm it."),
}

SOURCE_KINDS: Final[dict[str, Any]] = {
    "page": _l("general information"),
    "study": _l("study"),
    "guidance": _l("guidance"),
    "memory": _l("from memory, not checked again"),
    "own": _l("our own choice"),
}


@dataclass(frozen=True, slots=True)
class DoorText:
    """A page of the application that a card leads to: what it is called and what it is good for there."""

    endpoint: str
    icon: str
    label: Any
    why: Any


DOORS: Final[dict[str, DoorText]] = {
    "posture": DoorText(
        "posture_pages.day", "posture", _l("Posture"), _l("Your day at the desk, and a break when you want one.")
    ),
    "desk-check": DoorText(
        "desk_pages.desk_check", "clipboard", _l("Desk check"), _l("Ten questions about your desk, two minutes.")
    ),
    "check-in": DoorText(
        "check_in_pages.overview", "heart", _l("Check-in"), _l("Note pain, sleep, stress and what you took.")
    ),
    "progress": DoorText(
        "progress_pages.progress", "chart", _l("Progress"), _l("How the weeks have gone, good and bad days together.")
    ),
    "today": DoorText("today_pages.today", "today", _l("Today"), _l("The exercises of your day.")),
    "exercises": DoorText("library_pages.index", "book", _l("Exercises"), _l("All of them, by what they are for.")),
    "reminders": DoorText(
        "reminder_pages.settings_page",
        "bell",
        _l("Reminders"),
        _l("What you want to be reminded of, and when."),
    ),
}


# ---------------------------------------------------------------------------------------------- desk check


@dataclass(frozen=True, slots=True)
class ItemText:
    """One item of the desk check: its short name, the question (yes: it is so), and what to do if not."""

    name: Any
    question: Any
    remedy: Any


ITEMS: Final[dict[str, ItemText]] = {
    "screen_height": ItemText(
        _l("Screen height"),
        _l("Is the top of your screen about as high as your eyes?"),
        _l("Raise or lower it until it is. With glasses for near and far, a little lower may be easier."),
    ),
    "screen_distance": ItemText(
        _l("Screen distance"),
        _l("Is the screen about an arm's length away, and straight in front of you?"),
        _l("Put it straight ahead, about an arm's length away. Make the text larger, so that you need not lean in."),
    ),
    "laptop": ItemText(
        _l("Laptop"),
        _l("If you work on a laptop for long: is it raised, with a keyboard and mouse of its own?"),
        _l("Put it on a stand or some books, and add a keyboard and a mouse. Or use a second screen."),
    ),
    "keyboard_mouse": ItemText(
        _l("Keyboard and mouse"),
        _l("Do you reach keyboard and mouse with your elbows close to your body?"),
        _l("Pull both closer. What you seldom use can go to the side."),
    ),
    "chair_height": ItemText(
        _l("Chair and feet"),
        _l("Do your feet rest on the floor or on a footrest?"),
        _l("Lower the chair, or put a box or a thick book under your feet."),
    ),
    "back_support": ItemText(
        _l("Back support"),
        _l("Does the backrest hold your back when you lean on it?"),
        _l("Sit right back and set the backrest. A small cushion or a rolled towel can fill the gap."),
    ),
    "armrests": ItemText(
        _l("Shoulders and arms"),
        _l("Can your shoulders hang loose while your forearms rest on the desk or on armrests?"),
        _l("Set desk or armrests to the height of your elbows. If armrests keep you from the desk, lower them."),
    ),
    "light": ItemText(
        _l("Light"),
        _l("Can you read the screen without glare and without screwing up your eyes?"),
        _l("Turn the screen away from the window, draw the blind, or move the lamp."),
    ),
    "phone": ItemText(
        _l("Phone"),
        _l("Can you talk on the phone without holding it between ear and shoulder?"),
        _l("Use a headset or the loudspeaker, or hold it in your hand."),
    ),
    "room_to_move": ItemText(
        _l("Room to move"),
        _l("Is there room to stretch your legs, change how you sit, and stand up easily?"),
        _l("Clear the space under the desk and behind the chair. Keep something you often need a few steps away."),
    ),
}

ANSWERS: Final[dict[str, Any]] = {
    "yes": _l("Yes"),
    "no": _l("No"),
    "not_here": _l("Does not apply here"),
}

SHORT_ANSWERS: Final[dict[str, Any]] = {
    "yes": _l("Fits"),
    "no": _l("To change"),
    "not_here": _l("Not here"),
}
"""The same in the table of checks."""

ANSWER_SIGNS: Final[dict[str, str]] = {"yes": "check", "no": "close", "not_here": "minus"}
RESULT_SIGNS: Final[dict[str, str]] = {"yes": "check", "no": "edit", "not_here": "minus"}


def due_row(due: rules.Due) -> tuple[str, str]:
    """Title and sentence for a check that may be made now."""
    if due.last is None:
        return _("Look at your desk"), _("Desk check: ten questions, about two minutes.")
    return (
        _("Look at your desk again"),
        _("Desk check: the last one was on %(day)s. Look again when it suits you.", day=day(due.last)),
    )


def day(on: Any) -> str:
    """A day as a sentence names it."""
    return str(format_date(on, "d MMMM y"))
