"""The cards: one file each, read and checked once, with errors that name the file and the key.

A card is `content/<language>/<id>.md`: TOML between two lines `+++`, then four parts of Markdown, each under a line
`## do`, `## how`, `## limits`, `## ask` (what to do, how, what it will not do, when to stop or ask). What is the same
in every language (group, order, sources, links) stands in the English file alone; a translation has words only, and a
card without one is shown in English. Sources are listed once, in `sources.toml`, so that a card can name no other.

Of Markdown there are paragraphs, lists, emphasis and links, and a link leads to a card (`card:lifting`) or to an
exercise (`exercise:chin-tuck`) that exists. Everything else, HTML above all, is text.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markdown_it import MarkdownIt

from tracker.regimen.finding import plain
from tracker.regimen.library import library as exercises

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from markdown_it.renderer import RendererHTML
    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

CONTENT: Final = Path(__file__).parent / "content"
SOURCE_LANGUAGE: Final = "en"

GROUPS: Final = ("desk", "day", "night", "hurts", "stronger")
PARTS: Final = ("do", "how", "limits", "ask")
SURE: Final = ("studied", "usual", "contested", "memory", "own")
"""How sure a card is: tested in trials; common advice; experts disagree; widely given but not checked again; ours."""
DOORS: Final = ("posture", "desk-check", "check-in", "progress", "today", "exercises", "reminders")
"""Pages of the application that a card can lead to."""
DRAWINGS: Final = ("sleep", "lift", "bag", "cold", "heat", "walk")
PRACTICES: Final = ("breathing",)
"""What can be done on the card itself."""

_FENCE: Final = "+++"
_GUIDELINE: Final = re.compile(r"[PHW][0-9]{1,2}")
_LINK: Final = re.compile(r"(card|exercise):([a-z0-9-]+)")
_WORDS: Final = {"title": str, "summary": str, "sure_note": str, "words": str}
_FACTS: Final = {
    "group": str,
    "order": int,
    "covers": list,
    "sure": str,
    "sources": list,
    "doors": list,
    "exercises": list,
    "related": list,
    "drawing": str,
    "practice": str,
}
_KIND_NAMES: Final = {str: "a text", int: "a whole number", list: "a list of texts"}
_OPTIONAL: Final = frozenset({"sure_note", "words", "exercises", "drawing", "practice"})


class CardError(ValueError):
    """A card or the list of sources cannot be used. `file`: its name under content/; `key`: where in it."""

    def __init__(self, file: str, key: str, problem: str) -> None:
        super().__init__(f"{file}: {key}: {problem}")
        self.file, self.key = file, key


@dataclass(frozen=True, slots=True)
class Source:
    """Where something on a card comes from. `kind`: page, study, guidance, memory or own."""

    id: str
    kind: str
    text: str


SOURCE_KINDS: Final = ("page", "study", "guidance", "memory", "own")


@dataclass(frozen=True, slots=True)
class Card:
    """One card. `parts`: Markdown by the names of PARTS; `covers`: the guidelines of the clinical specification it
    answers; `words`: what else people may look for it by; `language`: the one it is written in.
    """

    id: str
    language: str
    title: str
    summary: str
    sure_note: str
    words: str
    parts: Mapping[str, str]
    group: str
    order: int
    covers: tuple[str, ...]
    sure: str
    sources: tuple[Source, ...]
    doors: tuple[str, ...]
    exercises: tuple[str, ...]
    related: tuple[str, ...]
    drawing: str
    practice: str

    @property
    def text(self) -> str:
        """All that a reader reads of it above its sources, without marks."""
        return "\n".join([self.title, self.summary, *(plain_text(self.parts[part]) for part in PARTS)])


# ---------------------------------------------------------------------------------------------- Markdown


def _markdown() -> MarkdownIt:
    reader = MarkdownIt("zero").enable(["list", "emphasis", "link"])
    reader.add_render_rule("link_open", _open_link)
    reader.add_render_rule("link_close", _close_link)
    return reader


def _open_link(
    _renderer: RendererHTML, tokens: Sequence[Token], index: int, _options: OptionsDict, env: EnvType
) -> str:
    address = env["address_of"](*_target(str(tokens[index].attrGet("href"))))
    return f'<a href="{address}">'


def _close_link(
    _renderer: RendererHTML, _tokens: Sequence[Token], _index: int, _options: OptionsDict, _env: EnvType
) -> str:
    return "</a>"


def _target(href: str) -> tuple[str, str]:
    found = _LINK.fullmatch(href)
    if found is None:
        raise ValueError(f"a link leads to card:<id> or exercise:<id>, not to {href!r}")
    return found[1], found[2]


_reader: Final = _markdown()


def html(markdown: str, address_of: Callable[[str, str], str]) -> str:
    """A part as HTML. `address_of(kind, id)` gives the address of a card or an exercise, ready for an attribute."""
    return str(_reader.render(markdown, {"address_of": address_of}))


def plain_text(markdown: str) -> str:
    """The words of a part, one paragraph or list item a line."""
    blocks = (token for token in _reader.parse(markdown) if token.type == "inline")
    return "\n".join("".join(child.content for child in block.children or ()) for block in blocks)


def links_in(markdown: str) -> Iterator[str]:
    """Where the links of a part lead, as they are written."""
    for block in _reader.parse(markdown):
        for child in block.children or ():
            if child.type == "link_open":
                yield str(child.attrGet("href"))


# ---------------------------------------------------------------------------------------------- reading


def load(content: Path = CONTENT, language: str = SOURCE_LANGUAGE) -> dict[str, Card]:
    """Every card by its id, in reading order, in `language` where there is a translation and in English where not.

    Raises CardError for the first thing that is wrong.
    """
    sources = _sources(content)
    cards = [_card(path, sources) for path in sorted((content / SOURCE_LANGUAGE).glob("*.md"))]
    cards.sort(key=lambda card: (GROUPS.index(card.group), card.order))
    _check_together(cards)
    if language == SOURCE_LANGUAGE:
        return {card.id: card for card in cards}
    return {card.id: _translated(card, content / language / f"{card.id}.md", language) for card in cards}


@cache
def cards(language: str) -> Mapping[str, Card]:
    """`load`, once for each language. A language nobody has written cards in reads English."""
    tag = language if (CONTENT / language).is_dir() else language.partition("-")[0]
    return load(CONTENT, tag if (CONTENT / tag).is_dir() else SOURCE_LANGUAGE)


def _sources(content: Path) -> dict[str, Source]:
    path = content / SOURCE_LANGUAGE / "sources.toml"
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    found = {}
    for key, entry in document.items():
        if set(entry) != {"kind", "text"}:
            raise CardError(path.name, key, "needs kind and text, and nothing else")
        if entry["kind"] not in SOURCE_KINDS:
            raise CardError(path.name, key, f"kind is one of {', '.join(SOURCE_KINDS)}")
        found[key] = Source(key, entry["kind"], entry["text"])
    return found


def _card(path: Path, sources: Mapping[str, Source]) -> Card:
    front, body = _split(path)
    _check_keys(path, front, _WORDS | _FACTS)
    for key, known in _known(sources).items():
        given = front.get(key, [])
        _check_known(path, key, given if isinstance(given, list) else [given], known)
    if not all(_GUIDELINE.fullmatch(each) for each in front["covers"]):
        raise CardError(path.name, "covers", "names guidelines of the clinical specification, such as P01")
    for key in ("sources", "covers"):
        if not front[key]:
            raise CardError(path.name, key, "is empty")
    if not front["doors"] and not front.get("exercises"):
        raise CardError(path.name, "doors", "a card leads to something that can be done here")
    return Card(
        id=path.stem,
        language=SOURCE_LANGUAGE,
        title=front["title"],
        summary=front["summary"],
        sure_note=front.get("sure_note", ""),
        words=front.get("words", ""),
        parts=_parts(path, body),
        group=front["group"],
        order=front["order"],
        covers=tuple(front["covers"]),
        sure=front["sure"],
        sources=tuple(sources[key] for key in front["sources"]),
        doors=tuple(front["doors"]),
        exercises=tuple(front.get("exercises", [])),
        related=tuple(front["related"]),
        drawing=front.get("drawing", ""),
        practice=front.get("practice", ""),
    )


def _known(sources: Mapping[str, Source]) -> dict[str, Iterable[str]]:
    """By key, what may stand there."""
    return {
        "group": GROUPS,
        "sure": SURE,
        "drawing": DRAWINGS,
        "practice": PRACTICES,
        "doors": DOORS,
        "sources": sources,
        "exercises": exercises(),
    }


def _translated(card: Card, path: Path, language: str) -> Card:
    if not path.is_file():
        return card
    front, body = _split(path)
    _check_keys(path, front, _WORDS)
    return replace(
        card,
        language=language,
        title=front["title"],
        summary=front["summary"],
        sure_note=front.get("sure_note", ""),
        words=front.get("words", ""),
        parts=_parts(path, body),
    )


def _split(path: Path) -> tuple[dict[str, Any], str]:
    before, fence, rest = path.read_text(encoding="utf-8").partition(f"{_FENCE}\n")
    front, second_fence, body = rest.partition(f"\n{_FENCE}\n")
    if before or not fence or not second_fence:
        raise CardError(path.name, "front matter", f"stands first, between two lines {_FENCE}")
    try:
        return tomllib.loads(front), body
    except tomllib.TOMLDecodeError as error:
        raise CardError(path.name, "front matter", str(error)) from error


def _parts(path: Path, body: str) -> dict[str, str]:
    before, *pieces = re.split(r"^## (.*)\n", body, flags=re.MULTILINE)
    names, texts = pieces[::2], [text.strip() for text in pieces[1::2]]
    if before.strip() or tuple(names) != PARTS:
        raise CardError(path.name, "parts", f"are {', '.join(PARTS)}, in this order and with nothing before them")
    for name, text in zip(names, texts, strict=True):
        if not text:
            raise CardError(path.name, name, "is empty")
        if "](" in plain_text(text):
            raise CardError(path.name, name, "has a link that cannot be read; it leads to card:<id> or exercise:<id>")
        for href in links_in(text):
            try:
                _target(href)
            except ValueError as error:
                raise CardError(path.name, name, str(error)) from error
    return dict(zip(names, texts, strict=True))


# ---------------------------------------------------------------------------------------------- checking


def _check_keys(path: Path, front: Mapping[str, Any], kinds: Mapping[str, type]) -> None:
    for key, value in front.items():
        if key not in kinds:
            raise CardError(path.name, key, f"is not a key of a card; there are {', '.join(kinds)}")
        if not _is_a(value, kinds[key]):
            raise CardError(path.name, key, f"is {_KIND_NAMES[kinds[key]]}")
    for key in kinds:
        if key not in front and key not in _OPTIONAL:
            raise CardError(path.name, key, "is missing")


def _is_a(value: Any, kind: type) -> bool:
    if kind is list:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    return isinstance(value, kind) and not isinstance(value, bool)


def _check_known(path: Path, key: str, values: Iterable[str], known: Iterable[str]) -> None:
    allowed = tuple(known)
    for value in values:
        if value not in allowed:
            raise CardError(path.name, key, f"{value!r} is none of {', '.join(allowed)}")


def _check_together(all_cards: Sequence[Card]) -> None:
    """What only shows when all are there: links between cards, and places in the reading order."""
    ids = {card.id for card in all_cards}
    places: dict[tuple[str, int], str] = {}
    for card in all_cards:
        file = f"{card.id}.md"
        for other in card.related:
            if other not in ids or other == card.id:
                raise CardError(file, "related", f"{other!r} is no other card")
        for part, text in card.parts.items():
            for kind, target in map(_target, links_in(text)):
                if target not in (ids if kind == "card" else exercises()):
                    raise CardError(file, part, f"there is no {kind} {target!r}")
        if (taken := places.setdefault((card.group, card.order), file)) != file:
            raise CardError(file, "order", f"{card.order} is the place of {taken}")


# ---------------------------------------------------------------------------------------------- finding


def found(words: str, among: Iterable[Card]) -> tuple[Card, ...]:
    """The cards that have every word, in the order they came; all of them for no words. Capitals and accents make no
    difference, and the beginning of a word is enough.
    """
    wanted = plain(words).split()
    return tuple(card for card in among if all(word in plain(f"{card.text} {card.words}") for word in wanted))


def by_group(among: Sequence[Card]) -> tuple[tuple[str, tuple[Card, ...]], ...]:
    """Grouped, in reading order; groups without a card are left out."""
    groups = ((group, tuple(card for card in among if card.group == group)) for group in GROUPS)
    return tuple((group, members) for group, members in groups if members)


def beside(card_id: str, among: Sequence[Card]) -> tuple[Card | None, Card | None]:
    """The card before and the card after, in reading order; None at the ends."""
    place = next(index for index, card in enumerate(among) if card.id == card_id)
    before = among[place - 1] if place else None
    return before, among[place + 1] if place + 1 < len(among) else None
