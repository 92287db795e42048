"""Manifests: lists of recordings together with what truly happens in them, as JSON.

Format: an object with ``clips`` (a bare list works too). Of an entry these fields are read, everything else is
ignored: ``file`` relative to the manifest, ``exercise`` (an id, or the path of a ``.toml`` file relative to the
manifest; null for a negative control, then ``negative_for`` lists the exercises that must count nothing), ``view``,
``side``, ``reps`` attempted, ``correct`` where known, ``fps`` where the file does not know it. NaN reads as null,
because tables exported from elsewhere write it for an empty cell. Limits: the truth is believed; whether a file exists
is found out when it is its turn.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Any

from tracker.vision.errors import SourceError


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording and its truth. ``side`` None: both; ``fps`` None: as the file says; ``exercise`` None: negative."""

    file: str
    path: Path
    exercise: str | None
    view: str | None
    side: str | None
    reps: int | None
    correct: int | None
    negative_for: tuple[str, ...]
    fps: float | None

    @property
    def asked(self) -> tuple[str, ...]:
        """The exercises that are to be tried on it: its own, or those that must count nothing."""
        return self.negative_for if self.exercise is None else (self.exercise,)


def read_document(path: Path) -> Any:
    """What a manifest's JSON says. Raises `SourceError`."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SourceError(path, _("there is no such file.")) from error
    except OSError as error:
        raise SourceError(path, _("this file may not be read ({reason}).").format(reason=error.strerror)) from error
    except (ValueError, RecursionError) as error:  # also text that is not UTF-8
        raise SourceError(path, _("this manifest is not JSON ({reason}).").format(reason=error)) from error


def read_manifest(path: Path) -> tuple[Clip, ...]:
    """The clips of a manifest. Raises `SourceError` naming the first entry and field that is wrong."""
    document = read_document(path)
    entries = document.get("clips") if isinstance(document, dict) else document
    if not isinstance(entries, list):
        raise SourceError(path, _("a manifest is an object with a list “clips”, or such a list itself."))
    return tuple(_Entry(path, number, entry).clip() for number, entry in enumerate(entries, start=1))


class _Entry:
    """One entry while it is read: every complaint names the manifest, the entry and the field."""

    def __init__(self, manifest: Path, number: int, entry: object) -> None:
        self._manifest = manifest
        self._name = str(number)
        if not isinstance(entry, Mapping):
            raise SourceError(manifest, _("clip {name} should be an object.").format(name=number))
        self._fields = {key: None if _is_nan(value) else value for key, value in entry.items()}

    def clip(self) -> Clip:
        file = self._text("file")
        if not file:
            raise self._wrong("file", _("the path of a recording"))
        self._name = f"{self._name} ({file})"
        exercise = self._text("exercise")
        side = self._text("side")
        if side not in (None, "left", "right", "both"):
            raise self._wrong("side", _("left, right, both or null"))
        reps = self._count("reps")
        if exercise is not None and reps is None:
            raise self._wrong("reps", _("the number of repetitions attempted"))
        return Clip(
            file=file,
            path=self._manifest.parent / file,
            exercise=exercise,
            view=self._text("view"),
            side=None if side == "both" else side,
            reps=reps,
            correct=self._count("correct"),
            negative_for=self._negative_for() if exercise is None else (),
            fps=self._rate(),
        )

    def _wrong(self, field: str, expected: str) -> SourceError:
        sentence = _("clip {name}: “{field}” should be {expected}, not {value}.")
        value = json.dumps(self._fields.get(field), ensure_ascii=False)
        return SourceError(
            self._manifest, sentence.format(name=self._name, field=field, expected=expected, value=value)
        )

    def _text(self, field: str) -> str | None:
        value = self._fields.get(field)
        if value is not None and not isinstance(value, str):
            raise self._wrong(field, _("text"))
        return value

    def _count(self, field: str) -> int | None:
        value = self._number(field, _("a whole number of 0 or more"))
        if value is None:
            return None
        if value < 0 or value != int(value):
            raise self._wrong(field, _("a whole number of 0 or more"))
        return int(value)

    def _rate(self) -> float | None:
        value = self._number("fps", _("a positive number or null"))
        if value is not None and value <= 0:
            raise self._wrong("fps", _("a positive number or null"))
        return value

    def _number(self, field: str, expected: str) -> float | None:
        value = self._fields.get(field)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isinf(value):
            raise self._wrong(field, expected)
        return float(value)

    def _negative_for(self) -> tuple[str, ...]:
        names = self._fields.get("negative_for")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise self._wrong("negative_for", _("a list of exercises, because “exercise” is null"))
        return tuple(dict.fromkeys(names))


def _is_nan(value: object) -> bool:
    return isinstance(value, float) and math.isnan(value)
