"""The documentation says what the code does: settings, links, decision records."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracker import settings

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
LINK = re.compile(r"\]\(([^)\s]+)\)")

# Defaults that depend on other settings are documented with those at their own defaults, and the data folder by name.
KNOWN = {
    "data_folder": Path("TRACKER_DATA"),
    "host": "127.0.0.1",
    "port": 8000,
    "base_url": "http://127.0.0.1:8000",
    "smtp_security": "starttls",
    "mail_from": "rhomboid@127.0.0.1",
}


def _documented_default(description: settings.Description) -> str:
    if description.secret_file is not None:
        return f"made on first start in `secrets/{description.secret_file}`"
    default = description.default(KNOWN) if callable(description.default) else description.default
    return f"`{default.replace(str(settings.PROJECT_ROOT), '.')}`" if default else "empty"


def _expected_table() -> list[str]:
    return [
        f"| `{description.env}` | {_documented_default(description)} | {description.about} |"
        for _name, description in settings._descriptions()
    ]


def test_every_setting_is_documented_as_it_is():
    text = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    found = [line for line in text.splitlines() if line.startswith("| `")]
    expected = _expected_table()
    assert found == expected, "docs/settings.md should have these lines:\n" + "\n".join(expected)


def test_variables_named_anywhere_in_the_documentation_exist():
    known = {description.env for _name, description in settings._descriptions()} | {"TRACKER_TEST_MEDIA"}
    for document in DOCUMENTS:
        named = set(re.findall(r"\bTRACKER_[A-Z_]+\b", document.read_text(encoding="utf-8")))
        assert named <= known, f"{document.name} names settings that do not exist"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document):
    text = document.read_text(encoding="utf-8")
    targets = [*LINK.findall(text), *re.findall(r'(?:src|srcset|href)="([^"]+)"', text)]
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        place = (document.parent / path).resolve() if path else document
        assert place.exists(), f"{document.name} links to {target}"
        if anchor and place.suffix == ".md":
            assert anchor in _anchors(place), f"{document.name} links to {target}"


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("record", DECISIONS, ids=lambda path: path.stem)
def test_decision_records_have_their_four_parts_and_a_line_in_the_list(record):
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {record.stem[:4]} ")
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == ["Context", "Weighed", "Decided", "Consequences"]
    assert f"({record.name})" in (record.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_commands_in_the_documentation_exist(document):
    known = set(re.findall(r"^COMMANDS := (.+)$", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)[0].split())
    named = set(re.findall(r"`make ([a-z]+)", document.read_text(encoding="utf-8")))
    assert named <= known | {"help"}
