"""Manifests of sitting posture: recordings together with who sat how and when, as JSON.

Format: an object with ``posture`` or ``recordings``, or a bare list. Of an entry these fields are read, everything else
is ignored: ``file`` relative to the manifest; ``labels`` (or ``label``, ``intervals``) as text (“frames 0-18 good,
21-32 bad”, “0 = good, 1 = slouch”, or one label for all), as a list of ``{"from", "to", "label"}``, as an object of
label to ``[[from, to], ...]``, as one label per frame, or as the name of an .npz, .json or .csv file beside it; without
any, the labels are those in the track itself. ``good``, ``slouch``, ``sideways`` and ``exclude`` may hold ranges of
their own. ``unit`` "frames" or "seconds", ``view`` "front" or "side" (or a ``kind`` that says so), ``fps``, ``wh``, and
``calibrate``: a share of each class (0.1), or an object of class or label to ``{"first": 0.1}`` or ranges. Limits: the
labels are believed; whether a file exists is found out when it is its turn.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from gettext import gettext as _
from pathlib import Path
from typing import Any, Final

from tracker.vision.errors import SourceError
from tracker.vision.manifest import read_document
from tracker.vision.posture_labels import (
    Interval,
    LabelError,
    Sat,
    intervals_from,
    intervals_in_text,
    meaning,
    names_in_text,
    ranges_from,
    unit_of,
)

LISTS: Final = ("posture", "recordings")
SIDECARS: Final = (".npz", ".json", ".csv")
_LABEL_FIELDS: Final = ("labels", "intervals", "segments", "label")
_LABEL_FILES: Final = ("labels_file", "label_file")
_CLASS_FIELDS: Final = {
    "good": Sat.GOOD.value, "slouch": Sat.SLOUCH.value, "bad": Sat.SLOUCH.value,
    "sideways": Sat.SIDEWAYS.value, "exclude": "excluded",
}  # fmt: skip
_DERIVED: Final = "derived"
_ONE_LABEL: Final = re.compile(r"[\w-]+(?: [\w-]+){0,2}")


@dataclass(frozen=True, slots=True)
class Part:
    """What of a class is calibrated on: a share of its frames from the start, or ranges. One of both is empty."""

    first: float | None = None
    ranges: tuple[Interval, ...] = ()


@dataclass(frozen=True, slots=True)
class LabelsSaid:
    """What an entry says about labels; where it says nothing, the recording itself is asked.

    ``names`` are those of numbered classes, by number as text; ``unit`` of ranges in ``sidecar``.
    """

    intervals: tuple[Interval, ...] = ()
    per_frame: tuple[Any, ...] | None = None
    whole: str | None = None
    sidecar: Path | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class PostureClip:
    """One recording and its labels. ``skipped``: why it cannot be judged, though nothing is wrong with it."""

    file: str
    path: Path
    view: str | None
    fps: float | None
    size: tuple[float, float] | None
    labels: LabelsSaid
    calibrate: Mapping[str, Part]
    skipped: str | None = None
    broken: str | None = None


def read_posture_manifest(path: Path) -> tuple[PostureClip, ...]:
    """The recordings of a manifest. An entry that cannot be understood is kept with the sentence that says why.

    Raises `SourceError` for what concerns all of them.
    """
    document = entries = read_document(path)
    if isinstance(document, dict):
        entries = next((document[name] for name in LISTS if name in document), None)
    if not isinstance(entries, list):
        raise SourceError(path, _("a manifest is an object with a list “posture” or “recordings”, or such a list."))
    return tuple(_clip(path, number, entry) for number, entry in enumerate(entries, start=1))


def _clip(manifest: Path, number: int, entry: object) -> PostureClip:
    fields = dict(entry) if isinstance(entry, Mapping) else {}
    file = fields.get("file")
    name = file if isinstance(file, str) and file else f"entry {number}"
    try:
        if not isinstance(entry, Mapping):
            raise _wrong("recording {name} should be an object.", number)
        if not isinstance(file, str) or not file:
            raise _wrong("recording {name}: “file” should be the path of a recording.", number)
        return _Entry(manifest.parent, fields, file, f"{number} ({file})").clip()
    except _EntryError as error:
        path = manifest.parent / name
        return PostureClip(name, path, None, None, None, LabelsSaid(), {}, broken=str(error))


class _EntryError(ValueError):
    """An entry that cannot be understood; the text names it and its field."""


def _wrong(sentence: str, name: object, **said: object) -> _EntryError:
    return _EntryError(_(sentence).format(name=name, **said))


class _Entry:
    """One entry while it is read."""

    def __init__(self, folder: Path, fields: dict[str, Any], file: str, name: str) -> None:
        self._folder = folder
        self._fields = {
            key: None if isinstance(value, float) and math.isnan(value) else value for key, value in fields.items()
        }
        self._file = file
        self._name = name

    def clip(self) -> PostureClip:
        kind = str(self._fields.get("kind") or "").lower()
        skipped = None
        if _DERIVED in kind or Path(self._file).suffix.lower() == ".csv":
            skipped = _("these are derived features; the engine needs the landmarks they were derived from.")
        return PostureClip(
            file=self._file,
            path=self._folder / self._file,
            view=self._view(kind),
            fps=self._rate(),
            size=self._size(),
            labels=LabelsSaid() if skipped else self._labels(),
            calibrate={} if skipped else self._calibrate(),
            skipped=skipped,
        )

    def _said(self, field_name: str, expected: str, reason: object = None) -> _EntryError:
        sentence = _("recording {name}: “{field}” should be {expected}, not {value}.")
        value = json.dumps(self._fields.get(field_name), ensure_ascii=False, default=str)
        text = sentence.format(name=self._name, field=field_name, expected=expected, value=value[:120])
        return _EntryError(text if reason is None else f"{text} {reason}")

    def _view(self, kind: str) -> str | None:
        view = self._fields.get("view")
        if view is not None and not isinstance(view, str):
            raise self._said("view", _("front, side or null"))
        return _view_in(view or kind)  # another word (oblique, three-quarter): what is seen decides

    def _rate(self) -> float | None:
        value = self._fields.get("fps")
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
            raise self._said("fps", _("a positive number or null"))
        return float(value)

    def _size(self) -> tuple[float, float] | None:
        value = self._fields.get("wh")
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != 2 or not all(_positive(v) for v in value):  # noqa: PLR2004
            raise self._said("wh", _("the picture's width and height, two positive numbers"))
        return float(value[0]), float(value[1])

    # -- labels -------------------------------------------------------------------------------------------------------

    def _labels(self) -> LabelsSaid:
        unit = unit_of(self._fields.get("unit", self._fields.get("units")))
        own = self._class_ranges(unit)
        for file_field in _LABEL_FILES:
            beside = self._fields.get(file_field)
            if beside is not None:
                if not isinstance(beside, str):
                    raise self._said(file_field, _("the name of an .npz, .json or .csv file"))
                return LabelsSaid(own, sidecar=self._folder / beside, unit=unit)
        name = next((name for name in _LABEL_FIELDS if self._fields.get(name) is not None), None)
        if name is None:
            return LabelsSaid(own, unit=unit, names=self._names())
        value = self._fields[name]
        try:
            if isinstance(value, str):
                return self._in_text(value, own, unit)
            if isinstance(value, list) and value and all(isinstance(one, str | int) for one in value):
                return LabelsSaid(own, per_frame=tuple(value), names=self._names())
            if isinstance(value, Mapping) and value and all(isinstance(one, str) for one in value.values()):
                return LabelsSaid(own, names={int(key): text for key, text in value.items()}, unit=unit)
            return LabelsSaid((*own, *intervals_from(value, unit)), names=self._names(), unit=unit)
        except ValueError as error:  # also a LabelError
            raise self._said(name, _("labels"), f"({error})") from error

    def _in_text(self, text: str, own: tuple[Interval, ...], unit: str | None) -> LabelsSaid:
        beside = self._folder / text
        if beside.suffix.lower() in SIDECARS:
            return LabelsSaid(own, sidecar=beside, unit=unit)
        names = {**names_in_text(text), **self._names()}
        intervals = [] if names else intervals_in_text(text)
        if intervals:
            return LabelsSaid((*own, *(Interval(i.start, i.end, i.label, i.unit or unit) for i in intervals)))
        one = text.strip() if _ONE_LABEL.fullmatch(text.strip()) else None  # no description of what is elsewhere
        return LabelsSaid(own, whole=one, names=names, unit=unit)

    def _names(self) -> dict[int, str]:
        value = self._fields.get("names", self._fields.get("classes"))
        if isinstance(value, list):
            return {number: str(name) for number, name in enumerate(value)}
        if isinstance(value, Mapping):
            try:
                return {int(number): str(name) for number, name in value.items()}
            except ValueError as error:
                raise self._said("names", _("names by the number of the class")) from error
        return {}

    def _class_ranges(self, unit: str | None) -> tuple[Interval, ...]:
        found: list[Interval] = []
        for name, label in _CLASS_FIELDS.items():
            value = self._fields.get(name)
            if value is None or isinstance(value, int | float):
                continue  # some manifests count frames here
            try:
                found += [Interval(start, end, label, unit) for start, end in ranges_from(value)]
            except LabelError as error:
                raise self._said(name, _("a list of ranges"), f"({error})") from error
        return tuple(found)

    # -- calibration --------------------------------------------------------------------------------------------------

    def _calibrate(self) -> dict[str, Part]:
        value = self._fields.get("calibrate")
        if value is None:
            return {}
        if _positive(value):
            return {sat.value: self._share(value) for sat in (Sat.GOOD, Sat.SLOUCH)}
        if not isinstance(value, Mapping):
            raise self._said("calibrate", _("a share, or an object of class to share or ranges"))
        if "first" in value:
            return {sat.value: self._share(value["first"]) for sat in (Sat.GOOD, Sat.SLOUCH)}
        return {str(label): self._part(part) for label, part in value.items()}

    def _part(self, value: object) -> Part:
        if isinstance(value, Mapping) and "first" in value:
            return self._share(value["first"])
        if isinstance(value, int | float):
            return self._share(value)
        unit = unit_of(self._fields.get("unit"))
        try:
            return Part(ranges=tuple(Interval(a, b, "", unit) for a, b in ranges_from(value)))
        except LabelError as error:
            raise self._said(
                "calibrate", _("a share, or an object of class to share or ranges"), f"({error})"
            ) from error

    def _share(self, value: object) -> Part:
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise self._said("calibrate", _("shares between 0 and 1"))
        return Part(first=float(value))


def part_for(calibrate: Mapping[str, Part], label: str) -> Part | None:
    """What an entry says about calibrating on this label: by its own name first, then by its class."""
    return calibrate.get(label, calibrate.get(meaning(label).value))


def _view_in(text: str) -> str | None:
    lowered = text.lower()
    if "front" in lowered:
        return "front"
    return "side" if any(word in lowered for word in ("side", "profile", "lateral", "sagittal")) else None


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
