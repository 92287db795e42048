"""The person's own calm pose at one place, as a document that is kept: what every later picture is compared with.

A document is plain JSON. ``id``, ``place`` and ``name`` belong to the caller and are carried along. Units are those of
`exercises.posture_features`. A broken or foreign document raises `BaselineError` with the field that is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import inf, isfinite
from typing import Any, NamedTuple

from exercises import ENGINE_VERSION
from exercises.body import Side
from exercises.posture_algebra import Vector
from exercises.posture_features import FRONT, FRONT_FEATURES, SIDE

VERSION = 1
"""Of the document's shape."""
NORMAL = "normal"
LOW = "low"


class BaselineError(ValueError):
    """A document that is no baseline; ``key`` is ``baseline`` and ``field`` names what is wrong in it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.key = "baseline"
        self.field = field
        self.reason = reason


class Zone(NamedTuple):
    """Where head and shoulders of the calm pose are: left upper corner, width and height, shares of the picture."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True, slots=True)
class FrontPose:
    """The calm pose seen from the front.

    ``unit_px`` shoulder width; ``calm`` the five features; ``weights`` of the slouch index, ``noticed`` the weighted
    sum from which it should be noticed; ``size_span`` and ``height_span`` how far f2 and f5 went from calm while the
    chair was moved (lowest, highest). ``turn`` and ``nose_drop`` in ear distances, ``slouch_nose_drop`` in the own
    slouch, the tilts in degrees, ``sideways`` in shoulder widths, ``x`` of the shoulders in shoulder widths; ``None``
    where a landmark was not seen.
    """

    unit_px: float
    calm: Vector
    weights: Vector
    noticed: float
    x: float
    sideways: float
    head_tilt: float
    shoulder_tilt: float
    size_span: Vector
    height_span: Vector
    turn: float | None = None
    nose_drop: float | None = None
    slouch_nose_drop: float | None = None


@dataclass(frozen=True, slots=True)
class SidePose:
    """The calm pose seen from the side: CLINICAL 3.3 in degrees and ear-shoulder distances, and the index's weights.

    ``trunk_zero`` is the trunk's lean of the calm pose: camera roll and the chair's back together, subtracted.
    """

    facing: float
    near: Side
    unit_px: float
    neck: float
    ear_y: float
    shoulder_y: float
    shoulder_x: float
    weights: Vector
    trunk: float | None = None
    pitch: float | None = None
    shoulder_ahead: float | None = None
    slouch_known: bool = False


@dataclass(frozen=True, slots=True)
class Baseline:
    """One place of one person. ``pose`` is what the view asks for."""

    view: str
    confidence: str
    width: float
    height: float
    zone: Zone
    pose: FrontPose | SidePose
    id: str | None = None
    place: str | None = None
    name: str | None = None
    made_at: str | None = None
    engine_version: str = ENGINE_VERSION

    @property
    def front(self) -> FrontPose | None:
        return self.pose if isinstance(self.pose, FrontPose) else None

    @property
    def side(self) -> SidePose | None:
        return self.pose if isinstance(self.pose, SidePose) else None


def baseline_to_dict(baseline: Baseline) -> dict[str, Any]:
    """The baseline as plain JSON values; `baseline_from_dict` reads exactly this back."""
    pose = {}
    for field in fields(baseline.pose):
        value = getattr(baseline.pose, field.name)
        pose[field.name] = list(value) if isinstance(value, tuple) else value
    if isinstance(baseline.pose, SidePose):
        pose["near"] = baseline.pose.near.value
    return {
        "version": VERSION,
        "id": baseline.id,
        "place": baseline.place,
        "name": baseline.name,
        "view": baseline.view,
        "confidence": baseline.confidence,
        "width": baseline.width,
        "height": baseline.height,
        "made_at": baseline.made_at,
        "engine_version": baseline.engine_version,
        "zone": baseline.zone._asdict(),
        "pose": pose,
    }


def baseline_from_dict(document: Mapping[str, Any]) -> Baseline:
    """The baseline in ``document``. Raises `BaselineError`."""
    if not isinstance(document, Mapping):
        raise BaselineError("document", "must be an object")
    if document.get("version") != VERSION:
        raise BaselineError("version", f"must be {VERSION}")
    view = document.get("view")
    if view not in (FRONT, SIDE):  # tuples, because a list or an object has no place in a set
        raise BaselineError("view", "must be front or side")
    if document.get("confidence") not in (NORMAL, LOW):
        raise BaselineError("confidence", "must be normal or low")
    read = _Reader("pose", document.get("pose"))
    zone = _Reader("zone", document.get("zone"))
    size = _Reader("", document)
    return Baseline(
        view=view,
        confidence=document["confidence"],
        width=size.positive("width"),
        height=size.positive("height"),
        zone=Zone(*(zone.number(key) for key in Zone._fields)),
        pose=_front(read) if view == FRONT else _side(read),
        id=size.text("id"),
        place=size.text("place"),
        name=size.text("name"),
        made_at=size.text("made_at"),
        engine_version=size.text("engine_version") or ENGINE_VERSION,
    )


def _front(read: _Reader) -> FrontPose:
    return FrontPose(
        unit_px=read.positive("unit_px"),
        calm=read.vector("calm", FRONT_FEATURES),
        weights=read.vector("weights", FRONT_FEATURES),
        noticed=read.share("noticed"),
        x=read.number("x"),
        sideways=read.number("sideways"),
        head_tilt=read.number("head_tilt"),
        shoulder_tilt=read.number("shoulder_tilt"),
        size_span=read.vector("size_span", 2),
        height_span=read.vector("height_span", 2),
        turn=read.maybe("turn"),
        nose_drop=read.maybe("nose_drop"),
        slouch_nose_drop=read.maybe("slouch_nose_drop"),
    )


def _side(read: _Reader) -> SidePose:
    near = read.text("near")
    if near not in {side.value for side in Side}:
        raise BaselineError("pose.near", "must be left or right")
    facing = read.number("facing")
    if facing not in {1.0, -1.0}:
        raise BaselineError("pose.facing", "must be 1 or -1")
    return SidePose(
        facing=facing,
        near=Side(near),
        unit_px=read.positive("unit_px"),
        neck=read.number("neck"),
        ear_y=read.number("ear_y"),
        shoulder_y=read.number("shoulder_y"),
        shoulder_x=read.number("shoulder_x"),
        weights=read.vector("weights", SIDE_DIMENSIONS),
        trunk=read.maybe("trunk"),
        pitch=read.maybe("pitch"),
        shoulder_ahead=read.maybe("shoulder_ahead"),
        slouch_known=read.document.get("slouch_known") is True,
    )


SIDE_DIMENSIONS = 6
"""Neck, trunk, shoulder ahead, pitch, drop of the ear, drop of the shoulder: see `exercises.posture_weights`."""


class _Reader:
    """Reads numbers out of a part of the document and names the field that is no number."""

    def __init__(self, part: str, document: Any) -> None:
        if not isinstance(document, Mapping):
            raise BaselineError(part, "must be an object")
        self._part = part
        self.document: Mapping[str, Any] = document

    def number(self, key: str) -> float:
        value = self.document.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BaselineError(self._named(key), "must be a finite number")
        try:
            number = float(value)
        except OverflowError:  # JSON's whole numbers have no end
            number = inf
        if not isfinite(number):
            raise BaselineError(self._named(key), "must be a finite number")
        return number

    def positive(self, key: str) -> float:
        value = self.number(key)
        if value <= 0:
            raise BaselineError(self._named(key), "must be positive")
        return value

    def share(self, key: str) -> float:
        value = self.number(key)
        if not 0.0 < value < 1.0:
            raise BaselineError(self._named(key), "must lie between 0 and 1")
        return value

    def maybe(self, key: str) -> float | None:
        return None if self.document.get(key) is None else self.number(key)

    def text(self, key: str) -> str | None:
        value = self.document.get(key)
        if value is not None and not isinstance(value, str):
            raise BaselineError(self._named(key), "must be text")
        return value

    def vector(self, key: str, length: int) -> Vector:
        values = self.document.get(key)
        if not isinstance(values, list | tuple) or len(values) != length:
            raise BaselineError(self._named(key), f"must be {length} numbers")
        return tuple(_Reader(self._named(key), dict(enumerate(values))).numbers())

    def numbers(self) -> list[float]:
        return [self.number(key) for key in self.document]

    def _named(self, key: str) -> str:
        return f"{self._part}.{key}".lstrip(".")
