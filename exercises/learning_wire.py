"""The door for learning an exercise from a demonstration: flat numbers in, plain JSON values out.

Apart from `exercises.wire`, whose shapes it shares, because only whoever records an exercise needs it and a live page
should not wait for it. All times are seconds; ``flats`` holds 132 numbers per picture, as `exercises.wire` has them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from exercises import demonstration
from exercises.body import Pose
from exercises.definition import DefinitionError, definition_from_document
from exercises.wire import JsonObject, pose_from_flat


def learn_from_flat(
    times: Sequence[float],
    flats: Sequence[Sequence[float] | None],
    width: float,
    height: float,
    name: str,
    repetitions: int | None = None,
) -> JsonObject:
    """What a demonstration teaches (see `exercises.demonstration.learn`), or ``error`` with its key and what was seen.

    ``times`` in seconds and ``flats`` have one entry per picture; an entry is ``None`` when nobody was found.
    """
    try:
        learned = demonstration.learn(_poses(times, flats, width, height), name=name, repetitions=repetitions)
    except demonstration.DemonstrationError as error:
        return {"error": {"key": error.key, **error.data}}
    return {
        "document": learned.document,
        "repetitions": learned.repetitions,
        "segments": [[round(time_s, 3) for time_s in segment] for segment in learned.segments],
        "view": learned.view,
        "side": learned.side,
        "measures": list(learned.measures),
        "check": dict(learned.check),
        "curve": {
            key: [None if value is None else round(value, 3) for value in column]
            for key, column in learned.curve.items()
        },
    }


def recount(
    document: Mapping[str, Any],
    times: Sequence[float],
    flats: Sequence[Sequence[float] | None],
    width: float,
    height: float,
    side: str | None = None,
) -> JsonObject:
    """What the definition in ``document`` counts in a demonstration and in its mirror image.

    ``side``: the side that works in it, if that is known. ``error`` with key and reason when the document is broken.
    """
    try:
        definition = definition_from_document(document, str(document.get("id", "")))
    except DefinitionError as error:
        return {"error": {"key": error.key, "reason": error.reason}}
    if not definition.views:
        return {"error": {"key": "kind", "reason": "a timer has nothing to count"}}
    counted = demonstration.recount(definition, _poses(times, flats, width, height), side=side)
    return {
        "counted": counted.counted,
        "partial": counted.partial,
        "mirrored_counted": counted.mirrored_counted,
        "mirrored_partial": counted.mirrored_partial,
        "reasons": list(counted.reasons),
        "segments": [[round(time_s, 3) for time_s in segment] for segment in counted.segments],
        "side": counted.side,
    }


def _poses(
    times: Sequence[float], flats: Sequence[Sequence[float] | None], width: float, height: float
) -> list[tuple[float, Pose | None]]:
    return [
        (time_s, None if values is None else pose_from_flat(time_s, values, width, height))
        for time_s, values in zip(times, flats, strict=True)
    ]
