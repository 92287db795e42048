"""Where set-up keeps things. Everything it makes lies inside the project, in folders that git ignores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """The folders of one checkout; `root` is absolute and may contain spaces."""

    root: Path

    @property
    def tools(self) -> Path:
        return self.root / ".tools"

    @property
    def stamps(self) -> Path:
        return self.tools / "stamps"

    @property
    def environment(self) -> Path:
        return self.root / ".venv"

    @property
    def build(self) -> Path:
        return self.root / "build"

    @property
    def log(self) -> Path:
        return self.build / "setup.log"

    def program(self, name: str) -> Path:
        """A program of the project's own Python environment."""
        return self.environment / "bin" / name
