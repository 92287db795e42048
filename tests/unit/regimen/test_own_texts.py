"""The words of recording: every reason of the engine has a sentence, every key of a definition a name, every script its
texts.
"""

from __future__ import annotations

import ast
import re

import pytest

from tracker.regimen import own_texts
from tracker.settings import PROJECT_ROOT

PAGE = (PROJECT_ROOT / "templates" / "regimen" / "own_record.html").read_text("utf-8")
ENGINE = sorted((PROJECT_ROOT / "exercises").glob("*.py"))
SCRIPTS = sorted((PROJECT_ROOT / "tracker" / "web" / "static" / "js").glob("record*.js"))


def reasons() -> set[str]:
    """The first argument of every DemonstrationError that the engine raises."""
    calls = [
        node
        for module in ENGINE
        for node in ast.walk(ast.parse(module.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "DemonstrationError"
    ]
    texts = (node.value for call in calls for node in ast.walk(call.args[0]) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str)}


def test_every_reason_why_nothing_was_learned_has_its_own_sentence():
    found = reasons()
    assert {"too_short", "no_person", "wrong_number"} <= found
    assert found == set(own_texts.TROUBLES) - {"_"}


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("text.title", "Name"),
        ("view[0].peak.release", "Turning point: lets go at"),
        ("view[1].start.also[0].at_most", "Start: at most"),
        ("view[0].peak", "Turning point"),
        ("dose.sets", "Sets"),
        ("dose.sets_range", "Dose"),
        ("figure.start.arms", "The figure"),
        ("fault[2].full", "The recording"),
        ("", "The recording"),
    ],
)
def test_a_key_of_a_definition_is_said_in_words(key, words):
    assert own_texts.place_of(key) == words


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_page_brings_every_text_its_script_says(script):
    source = script.read_text("utf-8")
    either = re.findall(r'text\(\w+ \? "([^"]+)" : "([^"]+)"', source)
    said = {*re.findall(r'\btext\("([^"]+)"', source), *(key for pair in either for key in pair)}
    missing = {key for key in said if f"'{key}':" not in PAGE}
    assert missing == set()


def test_every_camera_trouble_has_a_sentence():
    camera = (PROJECT_ROOT / "tracker" / "web" / "static" / "js" / "camera.js").read_text("utf-8")
    keys = set(re.findall(r'Error: "(\w+)"', camera)) | {"insecure", "unsupported", "other"}
    assert {key for key in keys if f"'camera.{key}':" not in PAGE} == set()
