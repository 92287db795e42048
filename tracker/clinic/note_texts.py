"""The words of notes, calls and appointments, and the words that a message can begin with.

What comes with the house says nothing about anybody's health, because it is written before anybody is known; whoever
sends it looks at it first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flask_babel import lazy_gettext as _l

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from tracker.clinic.models import MessageTemplate

KINDS: Final[dict[str, Any]] = {"note": _l("Note"), "call": _l("Call")}

NOT_KEPT: Final[dict[str, Any]] = {
    "over": _l("This time is over. Please choose one that lies ahead."),
    "too_far": _l("This is more than two years ahead. Please look at the date."),
    "taken": _l("There is an appointment at this time already."),
    "too_many": _l("That is more than this page can hold. Nothing was stored."),
}


@dataclass(frozen=True, slots=True)
class Template:
    """Words to begin a message with. `key` is what an address says; `own`: None where they come with the house."""

    key: str
    title: Any
    text: Any
    own: UUID | None = None


BUILT_IN: Final = (
    Template(
        "how-are-you",
        _l("How are you?"),
        _l("How have the last days been, and how are you getting on with the exercises?"),
    ),
    Template(
        "missed",
        _l("Not seen for a while"),
        _l(
            "I have not seen an entry from you for a while. Is something in the way: too painful, no time, not sure "
            "how, or simply better? A word is enough, and we can change the plan."
        ),
    ),
    Template(
        "ease",
        _l("Do less for some days"),
        _l(
            "Please do about a third less for some days and keep the easy movements. If it gets worse, or anything new "
            "comes, say so in the check-in, and in an emergency call the emergency number."
        ),
    ),
    Template(
        "well-done",
        _l("It is going well"),
        _l("Your last weeks look steady. Keep going as you are; I have looked at the plan, and it still fits."),
    ),
    Template(
        "book", _l("Come and see me"), _l("I would like to see you. Please call the practice for an appointment.")
    ),
)


def templates(own: Iterable[MessageTemplate]) -> list[Template]:
    """What a message can begin with: the clinic's own words, then those of the house."""
    return [*(Template(str(row.id), row.title, row.text, row.id) for row in own), *BUILT_IN]
