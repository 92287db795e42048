"""Short English for the engine's keys, as shown by the command line and on annotated videos.

The web pages have their own, fuller sentences; here there is room for a few words only. A key without an entry reads
as its own words, so a new exercise needs no change here. Texts go through gettext; without a catalogue they stay as
they are.
"""

from __future__ import annotations

from gettext import gettext as _
from typing import Any, Final

REASONS: Final = {
    "complete": "counted",
    "complete_at_end": "counted (the recording ends there)",
    "partial_range": "partial: short of the end position",
    "partial_start": "partial: short of the start position",
    "partial_return": "partial: not all the way back",
    "no_peak_hold": "partial: end position not held",
    "unfinished": "partial: the recording ends on the way",
    "one_side_only": "only one side moved",
    "too_fast": "too fast",
    "too_slow": "too slow",
    "lost_sight": "out of sight meanwhile",
    "moved_away": "the whole body changed its place",
    "too_short": "held too briefly",
}

GATE: Final = {
    "no_person": "nobody in the picture",
    "not_visible": "can't see",
    "outside_frame": "outside the picture",
    "wrong_view": "wrong view",
    "too_few_frames": "too few pictures a second",
    "camera_tilted": "camera tilted",
    "too_far": "too far away",
    "other_person": "somebody else in the picture",
    "wrong_side": "the other side is nearer",
}

REMEDIES: Final = {
    "step_into_view": "step into view",
    "step_back": "step back",
    "come_closer": "come closer",
    "turn_front": "face the camera",
    "turn_side": "turn sideways",
    "level_camera": "level the camera",
    "show_part": "turn so that it shows, or make more light",
    "close_programs": "close other programs",
    "turn_oblique": "turn half sideways",
    "turn_round": "turn round",
    "stand_alone": "wait, or ask them to step aside",
}

PHASES: Final = {
    "idle": "get ready",
    "start": "start",
    "out": "out",
    "peak": "end position",
    "back": "back",
    "cannot_tell": "can't tell",
}


def words(table: dict[str, str], key: str) -> str:
    """What ``key`` means in a few words."""
    return _(table[key]) if key in table else key.replace("_", " ")


def gate_sentence(gate: dict[str, Any]) -> str:
    """“can't see left elbow: step back”."""
    parts = ", ".join(str(part).replace("_", " ") for part in gate.get("parts") or ())
    reason = f"{words(GATE, gate['reason'])} {parts}".strip()
    remedy = gate.get("remedy")
    return f"{reason}: {words(REMEDIES, remedy)}" if remedy else reason
