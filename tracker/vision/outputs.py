"""Writing results: checked before the work begins, and complete or not there at all."""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path

from tracker.vision.errors import OutputError


def partial_path(path: Path) -> Path:
    """The name under which ``path`` is written until it is complete; same folder, same suffix."""
    return path.with_name(f".{path.stem}.partial{path.suffix}")


def check_output(path: Path) -> None:
    """Complain before minutes of work rather than after them. Raises `OutputError`."""
    if not path.absolute().parent.is_dir():
        raise OutputError(path, _("its folder does not exist."))
    if path.is_dir():
        raise OutputError(path, _("this is a folder."))


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8. Raises `OutputError`."""
    partial = partial_path(path)
    try:
        partial.write_text(text, encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise OutputError(path, error.strerror or str(error)) from error


def make_folder(folder: Path) -> None:
    """Make a folder for results. Raises `OutputError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(folder, error.strerror or str(error)) from error
