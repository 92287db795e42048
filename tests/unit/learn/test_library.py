"""Cards as files: what is there, what a wrong file is told, translations, links, and finding."""

from __future__ import annotations

import shutil

import pytest

from tracker.learn import library, texts
from tracker.learn.library import CONTENT, CardError, Source, beside, by_group, found, html, load

CARD = """+++
title = "Carry less"
summary = "A light bag."
group = "day"
order = 10
covers = ["P13"]
sure = "usual"
sources = ["page"]
doors = ["today"]
related = []
+++
## do
Carry *less*, and see [an exercise](exercise:chin-tuck).

## how
- One
- Two

## limits
Not much.

## ask
Ask.
"""


@pytest.fixture
def content(tmp_path):
    """A folder with one card, `bags`, and one source."""
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "sources.toml").write_text('[page]\nkind = "page"\ntext = "A page."\n')
    (tmp_path / "en" / "bags.md").write_text(CARD)
    return tmp_path


def write(content, text, name="bags", language="en"):
    (content / language).mkdir(exist_ok=True)
    (content / language / f"{name}.md").write_text(text)


def test_a_card_is_read_whole(content):
    card = load(content)["bags"]
    assert (card.title, card.group, card.language) == ("Carry less", "day", "en")
    assert card.sources == (Source("page", "page", "A page."),)
    assert card.text.splitlines() == [
        "Carry less", "A light bag.", "Carry less, and see an exercise.", "One", "Two", "Not much.", "Ask.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("was", "becomes", "key"),
    [
        ('title = "Carry less"\n', "", "title"),
        ('title = "Carry less"', "title = 3", "title"),
        ("order = 10", "order = true", "order"),
        ('title = "Carry less"', 'title = "Carry less"\ncolour = "red"', "colour"),
        ('group = "day"', 'group = "evening"', "group"),
        ('sure = "usual"', 'sure = "very"', "sure"),
        ('sources = ["page"]', 'sources = ["elsewhere"]', "sources"),
        ('sources = ["page"]', "sources = []", "sources"),
        ('covers = ["P13"]', 'covers = ["thirteen"]', "covers"),
        ('covers = ["P13"]', "covers = [13]", "covers"),
        ('doors = ["today"]', 'doors = ["nowhere"]', "doors"),
        ('doors = ["today"]', "doors = []", "doors"),
        ("related = []", 'related = ["nothing"]', "related"),
        ("related = []", 'related = ["bags"]', "related"),
        ("related = []", 'related = []\nexercises = ["flying"]', "exercises"),
        ("related = []", 'related = []\ndrawing = "mona-lisa"', "drawing"),
        ("related = []", 'related = []\npractice = "juggling"', "practice"),
        ("## limits\nNot much.\n\n", "", "parts"),
        ("## how", "## why", "parts"),
        ("## do\n", "Before it all.\n## do\n", "parts"),
        ("Not much.", "", "limits"),
        ("exercise:chin-tuck", "exercise:flying", "do"),
        ("exercise:chin-tuck", "card:flying", "do"),
        ("exercise:chin-tuck", "https://example.org/", "do"),
        ("exercise:chin-tuck", "javascript:alert(1)", "do"),
        ("exercise:chin-tuck", "/library/chin-tuck", "do"),
        ("+++\n## do", "## do", "front matter"),
        ('title = "Carry less"', "title = Carry less", "front matter"),
    ],
)
def test_a_wrong_card_is_told_the_file_and_the_key(content, was, becomes, key):
    assert was in CARD
    write(content, CARD.replace(was, becomes))
    with pytest.raises(CardError) as wrong:
        load(content)
    assert (wrong.value.file, wrong.value.key) == ("bags.md", key)
    assert str(wrong.value).startswith(f"bags.md: {key}: ")


@pytest.mark.parametrize(
    "entry", ['kind = "page"', 'kind = "rumour"\ntext = "x"', 'kind = "page"\ntext = "x"\nurl = "y"']
)
def test_a_wrong_source_is_told_so_too(content, entry):
    (content / "en" / "sources.toml").write_text(f"[page]\n{entry}\n")
    with pytest.raises(CardError) as wrong:
        load(content)
    assert (wrong.value.file, wrong.value.key) == ("sources.toml", "page")


def test_two_cards_cannot_have_one_place(content):
    write(content, CARD, name="rucksack")
    with pytest.raises(CardError, match=r"rucksack.md: order: 10 is the place of bags.md"):
        load(content)


# Translations

WORDS = """+++
title = "Weniger tragen"
summary = "Eine leichte Tasche."
+++
## do
Weniger tragen.

## how
- Eins

## limits
Wenig.

## ask
Fragen.
"""


def test_a_translation_has_words_only_and_the_rest_is_the_english_card_s(content):
    write(content, CARD.replace("order = 10", "order = 20"), name="rucksack")
    write(content, WORDS, language="de")
    cards = load(content, "de")
    assert [(card.id, card.language) for card in cards.values()] == [("bags", "de"), ("rucksack", "en")]
    assert (cards["bags"].title, cards["bags"].order, cards["bags"].covers) == ("Weniger tragen", 10, ("P13",))


@pytest.mark.parametrize(
    ("was", "becomes", "key"),
    [
        ('title = "Weniger tragen"', 'title = "Weniger"\ngroup = "night"', "group"),
        ('summary = "Eine leichte Tasche."\n', "", "summary"),
        ("## ask\nFragen.\n", "", "parts"),
    ],
)
def test_a_wrong_translation_is_told_the_file_and_the_key(content, was, becomes, key):
    write(content, WORDS.replace(was, becomes), language="de")
    with pytest.raises(CardError) as wrong:
        load(content, "de")
    assert (wrong.value.file, wrong.value.key) == ("bags.md", key)


@pytest.mark.parametrize("language", ["en", "en-GB", "xx", "pt-BR", "../en"])
def test_a_language_without_cards_reads_english(language):
    assert {card.language for card in library.cards(language).values()} == {"en"}


# Markdown


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "<b>x</b>", "![x](card:bags)", "[x](javascript:alert(1))", "<https://example.org>"],
)
def test_nothing_but_our_marks_becomes_html(text):
    made = html(text, lambda kind, target: f"/{kind}/{target}")
    assert not any(mark in made for mark in ("<script", "<b>", "<img", 'href="javascript', 'example.org"'))


def test_links_lead_where_the_application_says():
    made = html("See [this](card:cold) and [that](exercise:chin-tuck).", lambda kind, target: f"/{kind}/{target}")
    assert made == '<p>See <a href="/card/cold">this</a> and <a href="/exercise/chin-tuck">that</a>.</p>\n'


# What there is

ALL = load()


def test_every_guideline_and_home_treatment_has_its_card():
    covered = {each for card in ALL.values() for each in card.covers}
    assert {f"P{number:02}" for number in range(1, 15)} <= covered
    assert {f"H{number}" for number in range(1, 11)} <= covered
    assert "W6" in ALL["healing-takes-time"].covers


def test_every_source_is_used_and_every_key_has_its_words():
    used = {source.id for card in ALL.values() for source in card.sources}
    assert used == set(library._sources(CONTENT))
    assert (set(texts.GROUPS), set(texts.GROUP_WHY)) == (set(library.GROUPS), set(library.GROUPS))
    assert set(texts.PARTS) == set(library.PARTS)
    assert set(texts.SURE) == set(library.SURE)
    assert set(texts.SOURCE_KINDS) == set(library.SOURCE_KINDS)
    assert set(texts.DOORS) == set(library.DOORS)


def test_every_drawing_is_drawn():
    drawn = (CONTENT.parents[1] / "web" / "static" / "img" / "learn.svg").read_text()
    for name in library.DRAWINGS:
        assert f'id="{name}"' in drawn
    assert {card.drawing for card in ALL.values()} - {""} == set(library.DRAWINGS)


def test_every_card_goes_with_others_and_can_be_reached_from_one():
    assert all(card.related for card in ALL.values())
    reached = {other for card in ALL.values() for other in card.related}
    assert reached == set(ALL)


def test_cards_travel_with_the_package(tmp_path):
    shutil.copytree(CONTENT, tmp_path / "content")
    assert load(tmp_path / "content").keys() == ALL.keys()


# Finding


def test_all_words_have_to_be_there_and_their_beginning_is_enough():
    everything = tuple(ALL.values())
    assert found("", everything) == everything
    assert next(card.id for card in found("cold pack", everything)) == "cold"
    assert "cold" in [card.id for card in found("PEA ic", everything)]
    assert found("pillow trampoline", everything) == ()


def test_groups_keep_their_order_and_empty_ones_are_left_out():
    groups = by_group(found("pillow", tuple(ALL.values())))
    assert [group for group, _cards in groups] == [group for group in library.GROUPS if group in dict(groups)]
    assert all(members for _group, members in groups)


def test_the_first_card_has_none_before_it_and_the_last_none_after():
    order = tuple(ALL.values())
    assert beside(order[0].id, order) == (None, order[1])
    assert beside(order[-1].id, order) == (order[-2], None)
