"""A clinic's own exercise as the recording page sends it: the tables of a library file, with another name."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Any


def own_document(title: str = "Reach for the shelf", **changes: Any) -> dict[str, Any]:
    """A document that can be saved; `changes` replace whole tables or values at its top."""
    source = resources.files("exercises") / "library" / "overhead-press.toml"
    document: dict[str, Any] = tomllib.loads(source.read_text("utf-8"))
    document["text"]["title"] = title
    return {**document, **changes}
