"""Labels of sitting posture as other people write them: words to one of a few classes, and text or lists to intervals.

Vocabulary: *good* (also upright, neutral, correct, straight, tall, 0 ...), *sideways* (left, right), *back* (leaning
back, which is comfortable and not asked of the engine), *out* (standing, away, drinking: not part of the question), and
everything else is *slouch*. Intervals are in frames (both ends belong to them) or seconds; where nothing says which,
whole numbers that do not fit into the recording's seconds are frames. Limits: a list of frames beyond the recording is
cut off silently; of overlapping intervals the last wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray


class Sat(StrEnum):
    """What a label means for the question whether somebody slouches."""

    GOOD = "good"
    SLOUCH = "slouch"
    SIDEWAYS = "sideways"
    BACK = "back"
    OUT = "out"


_WORDS: Final = {
    Sat.GOOD: "good upright neutral correct straight tall ok okay normal proper calm comfortable comfort healthy fine "
    "ideal aligned ergonomic erect tup",
    Sat.SIDEWAYS: "left right sideways side lateral tll tlr",
    Sat.BACK: "backward backwards recline reclined reclining tlb",
    Sat.OUT: "standing stand away absent other unknown ignore ignored exclude excluded transition none nan empty "
    "unsure unlabelled unlabeled phone drink drinking eating talking yawning stretching moving walking turned turning "
    "nobody",
}
"""Words that name a class; tup, tll, tlr and tlb are codes of a public data set."""
_KNOWN: Final = {sat: frozenset(words.split()) for sat, words in _WORDS.items()}
_NOT: Final = frozenset(("not", "non", "no", "un"))
_LEANING: Final = frozenset(("lean", "leaning", "leant", "leaned"))
_TOKEN: Final = re.compile(r"[a-z]+|-?\d+(?:\.\d+)?")
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def meaning(label: object) -> Sat:
    """The class of a label: text in any style, or a number (0 is good, negative is none)."""
    if isinstance(label, int | float | np.number | np.bool_):
        number = float(label)
        return Sat.GOOD if number == 0 else Sat.SLOUCH if number > 0 else Sat.OUT
    text = str(label).strip()
    try:
        return meaning(float(text))
    except ValueError:
        return _in_words({*_TOKEN.findall(_CAMEL.sub(" ", text).lower())})


def _in_words(words: set[str]) -> Sat:
    if not words or words & _KNOWN[Sat.OUT]:
        return Sat.OUT
    if words & _KNOWN[Sat.GOOD]:
        return Sat.SLOUCH if words & _NOT else Sat.GOOD
    if words & _KNOWN[Sat.SIDEWAYS]:
        return Sat.SIDEWAYS
    back = words & _KNOWN[Sat.BACK] or ("back" in words and words & _LEANING)
    return Sat.BACK if back else Sat.SLOUCH


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch with one label. ``unit``: "frames", "seconds", or None where nothing says which."""

    start: float
    end: float
    label: str
    unit: str | None = None


class LabelError(ValueError):
    """A description of labels that cannot be understood; the text says what was expected."""


def labels_on(intervals: Sequence[Interval], times_s: NDArray[np.float64]) -> list[str | None]:
    """The label of every frame, None where no interval has it; times count from the first frame."""
    since_s = times_s - times_s[0]
    unit = _guess(intervals, len(times_s), float(since_s[-1]))
    labels: list[str | None] = [None] * len(times_s)
    frames = np.arange(len(times_s))
    for interval in intervals:
        scale = frames if (interval.unit or unit) == "frames" else since_s
        for index in np.flatnonzero((scale >= interval.start - 1e-9) & (scale <= interval.end + 1e-9)):
            labels[index] = interval.label
    return labels


def _guess(intervals: Sequence[Interval], frames: int, seconds: float) -> str:
    unknown = [interval for interval in intervals if interval.unit is None]
    ends = [edge for interval in unknown for edge in (interval.start, interval.end)]
    if any(edge != int(edge) for edge in ends):
        return "seconds"
    if max(ends, default=0.0) > 1.05 * seconds + 1 or frames <= 1:
        return "frames"
    return "seconds"


# -- lists and objects ------------------------------------------------------------------------------------------------

_STARTS: Final = ("from", "start", "begin", "from_s", "start_s", "from_frame", "start_frame")
_ENDS: Final = ("to", "end", "until", "to_s", "end_s", "to_frame", "end_frame")
_NAMES: Final = ("label", "class", "posture", "name", "value")


def intervals_from(value: object, unit: str | None = None) -> list[Interval]:
    """Intervals as a list of objects or triples, as an object of label to ranges, or as text. Raises `LabelError`."""
    if isinstance(value, str):
        return intervals_in_text(value)
    if isinstance(value, Mapping):
        named = [(str(label), ranges) for label, ranges in value.items() if label not in ("unit", "units")]
        unit = unit_of(value.get("unit", value.get("units"))) or unit
        return [Interval(a, b, label, unit) for label, ranges in named for a, b in ranges_from(ranges)]
    if isinstance(value, Sequence):
        return [_interval(item, unit) for item in value]
    raise LabelError("intervals are a list, an object of label to ranges, or text")


def ranges_from(value: object) -> list[tuple[float, float]]:
    """One range or several: [a, b], [[a, b], ...] or {"from": a, "to": b}. Raises `LabelError`."""
    if isinstance(value, Mapping):
        interval = _interval({"label": "", **value}, None)
        return [(interval.start, interval.end)]
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) == 2 and all(_is_number(edge) for edge in value):  # noqa: PLR2004  # a start and an end
            return [(float(value[0]), float(value[1]))]
        if all(isinstance(item, Sequence | Mapping) and not isinstance(item, str) for item in value):
            return [found for item in value for found in ranges_from(item)]
    if isinstance(value, str):
        return [(interval.start, interval.end) for interval in intervals_in_text(value, label="")]
    raise LabelError("a range is two numbers, as in [0, 18], or a list of such pairs")


def _interval(item: object, unit: str | None) -> Interval:
    if isinstance(item, Mapping):
        start = _first(item, _STARTS)
        end = _first(item, _ENDS)
        label = _first(item, _NAMES)
        if start is None or end is None or label is None or not (_is_number(start[1]) and _is_number(end[1])):
            raise LabelError("an interval has “from”, “to” (numbers) and “label”")
        own = unit_of(item.get("unit")) or (
            "seconds" if start[0].endswith("_s") else "frames" if start[0].endswith("_frame") else unit
        )
        return Interval(float(start[1]), float(end[1]), str(label[1]), own)
    if isinstance(item, Sequence) and not isinstance(item, str) and len(item) == 3:  # noqa: PLR2004  # start, end, label
        if _is_number(item[0]) and _is_number(item[1]):
            return Interval(float(item[0]), float(item[1]), str(item[2]), unit)
        if _is_number(item[1]) and _is_number(item[2]):
            return Interval(float(item[1]), float(item[2]), str(item[0]), unit)
    raise LabelError("an interval is an object with “from”, “to” and “label”, or [from, to, label]")


def unit_of(value: object) -> str | None:
    """Either "frames" or "seconds", from what people call them."""
    if value is None:
        return None
    text = str(value).lower()
    return "frames" if text.startswith("f") else "seconds" if text.startswith("s") else None


def _first(item: Mapping[Any, Any], keys: Iterable[str]) -> tuple[str, Any] | None:
    return next(((key, item[key]) for key in keys if key in item), None)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


# -- text -------------------------------------------------------------------------------------------------------------

_RANGE: Final = re.compile(
    r"(?P<before>frames?|seconds?|secs?)?\s*(?P<start>\d+(?:\.\d+)?)\s*(?:-|\u2013|\.\.|to)\s*(?P<end>\d+(?:\.\d+)?)"
    r"\s*(?P<after>frames?\b|seconds?\b|secs?\b|s\b)?",
    re.IGNORECASE,
)
_ASIDE: Final = re.compile(r"\([^)]*\)")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_ -]*")
_NUMBERED: Final = re.compile(r"\b(\d+)\s*(?:=|:| is )\s*([A-Za-z][\w-]*)")


def intervals_in_text(text: str, label: str | None = None) -> list[Interval]:
    """Ranges in free text, each with the words after it (“frames 0-18 good, 21-32 bad”) or before it (“good: 0-18”).

    ``label`` is for text of ranges only. No range: an empty list.
    """
    plain = _ASIDE.sub(" ", text)
    found = list(_RANGE.finditer(plain))
    intervals: list[Interval] = []
    unit: str | None = None
    before = _said(plain[: found[0].start()]) if found else ""
    leading = bool(before) and label is None
    for number, match in enumerate(found):
        unit = unit_of(match["before"] or match["after"]) or unit
        following = plain[match.end() : found[number + 1].start() if number + 1 < len(found) else len(plain)]
        said = label
        if said is None:
            said = before if leading else _said(following)
            before = _said(following) or before
        if not said and label is None:
            raise LabelError(f"“{match[0].strip()}” has no label after it")
        intervals.append(Interval(float(match["start"]), float(match["end"]), said, unit))
    if unit is not None:
        intervals = [Interval(one.start, one.end, one.label, one.unit or unit) for one in intervals]
    return intervals


def _said(text: str) -> str:
    words = _WORD.findall(text)
    return "" if not words else re.sub(r"\b(frames?|seconds?|secs?|and|from)\b", "", words[0]).strip(" -_")


def names_in_text(text: str) -> dict[int, str]:
    """Names of numbered classes in free text: “0 = good, 1 = slouch”."""
    return {int(number): name for number, name in _NUMBERED.findall(text)}
