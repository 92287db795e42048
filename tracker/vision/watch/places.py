"""Calibrated places of this person: what the server knows, and what was calibrated on this computer.

A baseline belongs to a place ("my desk", "kitchen table"); the newest of a place counts. The engine gets them all and
finds out by itself which place it is looking at.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from exercises.posture_wire import is_readable
from tracker.vision.watch.spool import Spool, instant_of

BASELINE: Final = "baseline"
_DAY_S: Final = 86_400.0
_TEXTS: Final = ("id", "place", "name", "camera", "made_at")


def newest_per_place(spool: Spool) -> list[dict[str, Any]]:
    """The baseline of each place that counts, as it is sent to the server; newest first."""
    by_age = sorted(spool.documents(BASELINE), key=lambda each: instant_of(each["made_at"]), reverse=True)
    newest: dict[str, dict[str, Any]] = {}
    for each in by_age:
        newest.setdefault(each["place"], each)
    return list(newest.values())


def for_engine(places: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The engine's documents, which know whose they are; without those that this engine cannot read."""
    documents = [{**each["document"], **{name: each[name] for name in _TEXTS}} for each in places]
    # What is not readable is a newer engine's, perhaps: then this place is not calibrated for this program.
    return [document for document in documents if is_readable(document)]


def days_old(places: Iterable[Mapping[str, Any]], now: datetime) -> dict[str, float]:
    """Age of each baseline in days, by its id."""
    return {each["id"]: max((now - instant_of(each["made_at"])).total_seconds() / _DAY_S, 0.0) for each in places}


def _is_place(listed: object) -> bool:
    if not isinstance(listed, Mapping) or not isinstance(listed.get("document"), Mapping):
        return False
    if not all(isinstance(listed.get(name), str) for name in _TEXTS):
        return False
    try:
        instant_of(listed["made_at"])
    except ValueError:
        return False
    return True


def new_baseline(
    document: Mapping[str, Any], *, name: str, camera: str, made_at: datetime, known: Iterable[Mapping[str, Any]]
) -> dict[str, Any]:
    """A fresh calibration of the place called ``name``: that place again, or a new one."""
    place = next((each["place"] for each in known if each["name"].casefold() == name.casefold()), str(uuid.uuid4()))
    return {
        "id": str(uuid.uuid4()),
        "place": place,
        "name": name,
        "camera": camera,
        "view": document["view"],
        "confidence": document["confidence"],
        "made_at": made_at.isoformat(timespec="seconds"),
        "document": dict(document),
    }


def keep_servers(spool: Spool, listed: Iterable[Mapping[str, Any]]) -> None:
    """The server's list: what it has is known, what it has no more is forgotten. What is no place is left out: kept, it
    would stop the agent at every start.
    """
    listed = [each for each in listed if _is_place(each)]
    unsent = {each.id for each in spool.unsent_documents(BASELINE)}
    have = {each["id"]: each for each in spool.documents(BASELINE)}
    for each in listed:
        if each["id"] not in unsent and have.get(each["id"]) != each:
            spool.put(BASELINE, each, known=True)
    spool.keep_only(BASELINE, [each["id"] for each in listed])
