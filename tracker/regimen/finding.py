"""Finding exercises in the library: what a person asks for, and which exercises answer it.

Pure: no web, no database. Words are looked for in the text a page shows, in the reader's language, so the caller hands
it in; capitals and accents make no difference. A question that nobody asked leaves everything in.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from exercises.definition import CAUTION_FLAGS, EQUIPMENT, GOALS
from exercises.view import YAW_BANDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from exercises.definition import Definition

WITHOUT_CAMERA: Final = "without"
"""The view of an exercise that no camera judges."""

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "goal": GOALS,
    "kit": EQUIPMENT,
    "view": (*YAW_BANDS, WITHOUT_CAMERA),
    "leave": CAUTION_FLAGS,
}
"""What can be asked, by the name of the question in an address."""

# A band and a weight do the same work in the library's exercises: whoever has one of them is equipped.
_LOADS: Final = frozenset({"band", "weights"})
LONGEST_WORDS: Final = 80


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for. `chosen`: by question, the answers ticked; `words`: free text."""

    words: str = ""
    chosen: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, words: str, answers: Callable[[str], Iterable[str]]) -> Wish:
        """From an address: `answers(question)` are the values given. What is not a choice is as if not given."""
        given = {name: frozenset(answers(name)) & frozenset(choices) for name, choices in CHOICES.items()}
        return cls(" ".join(words.split())[:LONGEST_WORDS], {name: values for name, values in given.items() if values})

    def __bool__(self) -> bool:
        return bool(self.words or self.chosen)

    def of(self, question: str) -> frozenset[str]:
        return self.chosen.get(question, frozenset())

    def without(self, question: str, answer: str | None = None) -> Wish:
        """The same wish less one answer; `words` is a question too."""
        if question == "words":
            return replace(self, words="")
        left = {**self.chosen, question: self.of(question) - {answer}}
        return replace(self, chosen={name: values for name, values in left.items() if values})

    @property
    def answers(self) -> tuple[tuple[str, str], ...]:
        """Every answer ticked, in the order of the questions."""
        return tuple((name, value) for name, values in CHOICES.items() for value in values if value in self.of(name))

    @property
    def address(self) -> dict[str, str | list[str]]:
        """The arguments of the address that asks the same again."""
        arguments: dict[str, str | list[str]] = {"q": self.words} if self.words else {}
        return arguments | {name: [value for value in CHOICES[name] if value in self.of(name)] for name in self.chosen}


def views_of(definition: Definition) -> frozenset[str]:
    """How the camera may stand, or that it is not used."""
    return frozenset(definition.views) or frozenset({WITHOUT_CAMERA})


def equipped(definition: Definition, kit: frozenset[str]) -> bool:
    """Whether somebody who has only `kit` can do it: all of what stands in the room, and one of what loads."""
    needed = frozenset(definition.equipment)
    if "none" in needed:
        return True
    return needed - _LOADS <= kit and (not needed & _LOADS or bool(needed & _LOADS & kit))


def plain(text: str) -> str:
    """The text as it is compared: without capitals and accents."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def answers_to(wish: Wish, definition: Definition, text: str) -> bool:
    """Whether this exercise, described by `text`, is what is looked for."""
    if wish.of("goal") and definition.goal not in wish.of("goal"):
        return False
    if wish.of("kit") and not equipped(definition, wish.of("kit")):
        return False
    if wish.of("view") and not wish.of("view") & views_of(definition):
        return False
    if wish.of("leave") & frozenset(definition.cautions):
        return False
    described = plain(text)
    return all(word in described for word in plain(wish.words).split())


def found(
    wish: Wish, definitions: Iterable[Definition], text_of: Callable[[Definition], str]
) -> tuple[Definition, ...]:
    """The exercises that answer the wish, in the order they came."""
    return tuple(each for each in definitions if answers_to(wish, each, text_of(each)))


def by_goal(definitions: Sequence[Definition]) -> tuple[tuple[str, tuple[Definition, ...]], ...]:
    """Grouped by what they are for, in the order of the goals; goals without an exercise are left out."""
    groups = ((goal, tuple(each for each in definitions if each.goal == goal)) for goal in GOALS)
    return tuple((goal, members) for goal, members in groups if members)
