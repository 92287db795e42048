"""A decision's inputs as one packed value: the history and the parameters that the engine was given.

Zipped JSON (zlib, format 1) of plain values, only what differs from the defaults. Packing is lossless for everything
the engine reads, so that `evaluate` gives the same answer for what comes out again, whatever has happened to the diary
and to the clinic's numbers since. A field that a later version does not know is left out when unpacking: then the
answer may differ, and that is seen because the stored one lies beside it.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from tracker.alerts.rules import (
    ClinicianEvent,
    DayFacts,
    Episode,
    ExercisePain,
    History,
    Parameters,
)
from tracker.regimen.rules_levels import Level

FORMAT: Final = 1
_NO_FACTS: Final = DayFacts()


class UnreadableEvidenceError(ValueError):
    """Stored evidence that this version cannot read."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the engine was given."""

    history: History
    parameters: Parameters


def pack(history: History, parameters: Parameters) -> bytes:
    """The bytes to keep."""
    document = {
        "format": FORMAT,
        "parameters": parameters.to_dict(),
        "intake_average": history.intake_average,
        "last_day": history.last_day,
        "enrolment": history.enrolment,
        "days": {str(day): _facts_to_plain(facts) for day, facts in sorted(history.days.items())},
        "events": [asdict(event) for event in history.events],
        "episode": asdict(history.episode) if history.episode else None,
    }
    text = json.dumps(document, allow_nan=False, separators=(",", ":"))
    return zlib.compress(text.encode(), level=9)


def unpack(packed: bytes) -> Evidence:
    """What `pack` was given. Raises UnreadableEvidenceError."""
    try:
        document = json.loads(zlib.decompress(packed))
    except (zlib.error, ValueError) as error:
        raise UnreadableEvidenceError("the bytes are not packed evidence") from error
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UnreadableEvidenceError("this format is not known")
    history = History(
        intake_average=document["intake_average"],
        days={int(day): _facts_from_plain(plain) for day, plain in document["days"].items()},
        last_day=document["last_day"],
        events=tuple(ClinicianEvent(**_known(ClinicianEvent, plain)) for plain in document["events"]),
        episode=Episode(**_known(Episode, document["episode"])) if document["episode"] else None,
        enrolment=document["enrolment"],
    )
    return Evidence(history, Parameters(**_known(Parameters, document["parameters"])))


def _facts_to_plain(facts: DayFacts) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for each in fields(DayFacts):
        value = getattr(facts, each.name)
        if value == getattr(_NO_FACTS, each.name):
            continue
        if each.name == "flags":
            value = {code: int(level) for code, level in value.items()}
        elif each.name == "exercises":
            value = [asdict(pain) for pain in value]
        plain[each.name] = value
    return plain


def _facts_from_plain(plain: dict[str, Any]) -> DayFacts:
    values = _known(DayFacts, plain)
    if "flags" in values:
        values["flags"] = {code: Level(level) for code, level in values["flags"].items()}
    if "exercises" in values:
        values["exercises"] = tuple(ExercisePain(**_known(ExercisePain, pain)) for pain in values["exercises"])
    return DayFacts(**values)


def _known(kind: Any, plain: dict[str, Any]) -> dict[str, Any]:
    names = {each.name for each in fields(kind)}
    return {name: value for name, value in plain.items() if name in names}
