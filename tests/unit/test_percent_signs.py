"""A percent sign is doubled only where a text is filled in: without values, gettext leaves both signs standing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tracker.settings import PROJECT_ROOT

CALLS = {"gettext", "lazy_gettext", "_", "_l"}


def doubled(source: str) -> Iterator[str]:
    """Texts with a doubled sign that nothing fills in: no values in the call, and no place for one in the text, as
    there is where a table's texts are filled in later.
    """
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        text = node.args[0]
        if name in CALLS and isinstance(text, ast.Constant) and "%%" in str(text.value) and "%(" not in str(text.value):
            yield str(text.value)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('gettext("a 95%% interval")', 1),
        ('flask_babel.gettext("a 95%% interval")', 1),
        ('gettext("%(n)s %%", n=1)', 0),
        ('lazy_gettext("%(n)s %%")', 0),
        ('gettext("60 % of it")', 0),
    ],
)
def test_what_is_looked_for(source, found):
    assert len(list(doubled(source))) == found


def test_no_text_keeps_a_doubled_sign():
    files: list[Path] = sorted((PROJECT_ROOT / "tracker").rglob("*.py"))
    assert [(file.name, text) for file in files for text in doubled(file.read_text(encoding="utf-8"))] == []
