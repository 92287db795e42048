"""What the agent says on the desktop, and what can be answered to it.

Calm, short, and nothing about health: somebody else may look at the same screen. The engine decides when something is
said and keeps to the budget; this module only has the words and the buttons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from gettext import gettext as _
from typing import Final

from tracker.vision.watch.pairing import new_watcher


class Answer(StrEnum):
    """What somebody may answer to a notice."""

    BREAK = "break"
    NOT_NOW = "not_now"
    SNOOZE = "snooze"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: what it is about, in which words, with which answers."""

    key: str
    title: str
    text: str
    answers: tuple[Answer, ...]
    id: str = field(default_factory=new_watcher)


BREAKS: Final = frozenset({"still", "clock"})
"""Keys of notices that offer a break."""


def notice_of(key: str, *, paired: bool) -> Notice:
    """The notice for a key of the engine, or for one of the agent's own (``not_paired``)."""
    title, text = _words()[key]
    if key in BREAKS:
        answers = (*((Answer.BREAK,) if paired else ()), Answer.NOT_NOW, Answer.SNOOZE)
    elif key == "slouch":
        answers = (Answer.NOT_NOW, Answer.SNOOZE)
    else:
        answers = ()
    return Notice(key, title, text, answers)


def _words() -> dict[str, tuple[str, str]]:
    return {
        "still": (_("Time to move"), _("You have been still for a while. Stand up, stretch, or just sit differently.")),
        "clock": (_("Time to move"), _("You have been here for a while. A minute or two on your feet is enough.")),
        "slouch": (
            _("Another position?"),
            _("You have left your comfortable position for a while. Change it, or walk a few steps."),
        ),
        "recalibrate": (
            _("The picture looks different"),
            _("Camera, chair or desk may have moved. Calibrate again when it suits you."),
        ),
        "not_paired": (
            _("This computer is no longer connected"),
            _("Nothing is watched. Pair it again when you like; what was kept is sent then."),
        ),
    }


def label_of(answer: Answer) -> str:
    return {
        Answer.BREAK: _("Take a break"),
        Answer.NOT_NOW: _("Not now"),
        Answer.SNOOZE: _("Snooze for 1 hour"),
    }[answer]
