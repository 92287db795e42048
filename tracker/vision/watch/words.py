"""The agent's words in the terminal: short, calm, second person. A key without an entry reads as its own words."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import gettext as _
from typing import Any, Final

from tracker.vision.watch.courier import Link
from tracker.vision.watch.telling import Hold

_HOLDS: Final = {
    Hold.NO_CONSENT: "Nothing is watched: you took back your consent to the camera",
    Hold.NOT_PAIRED: "Nothing is watched: this computer is no longer connected with your account",
    Hold.PAUSED: "Paused",
    Hold.ASLEEP: "Camera released: the computer sleeps",
    Hold.LOCKED: "Camera released: the screen is locked",
    Hold.IDLE: "Camera released: nobody at the keyboard",
    Hold.LENT: "Camera released: calibration",
    Hold.TAKEN: "Camera released: another program needs it",
    Hold.UNPLUGGED: "No picture: the camera is unplugged or in use. Trying again",
    Hold.NOBODY: "Nobody there: camera closed, a glance every half minute",
}

_STATES: Final = {
    "starting": "Looking",
    "comfort": "Comfortable",
    "slouch": "Away from your comfortable position",
    "away": "Nobody there",
}

_LINKS: Final = {
    Link.ALONE: "not paired: everything stays on this computer",
    Link.UNTRIED: "connecting",
    Link.FINE: "connected",
    Link.UNREACHABLE: "the server does not answer: minutes wait here",
    Link.NOT_PAIRED: "no longer connected: pair this computer again",
    Link.NO_CONSENT: "consent taken back",
}

_REASONS: Final = {
    "nobody": "nobody in the picture",
    "too_dark": "too dark",
    "cut_off": "partly outside the picture",
    "turned": "turned away",
    "tilted": "head or shoulders tilted",
    "hand_at_face": "a hand at the face",
    "arms_busy": "arms at work",
    "two_people": "two people",
    "standing": "standing",
    "looking_down": "looking down",
    "no_baseline": "not calibrated yet",
    "other_view": "another view than the calibrated one",
    "starting": "looking",
    "too_few": "too few clear pictures",
    "wrong_view": "neither from the front nor from the side",
    "restless": "too much movement",
    "same_pose": "both positions look the same",
    "moved_away": "out of the picture",
    "not_finished": "not finished",
}

_REMEDIES: Final = {
    "come_into_view": "come into view",
    "more_light": "make more light",
    "whole_head_and_shoulders": "show head and both shoulders",
    "show_part": "turn so that it shows, or make more light",
    "face_camera": "face the camera",
    "calibrate": "start “tracker watch --calibrate”",
    "go_on": "go on",
}

PHASES: Final = {
    "look": "Sit where you usually sit, and look at the screen",
    "tall": "Sit tall and comfortable, the way you would like to sit",
    "slouch": "Now sit the way you end up late in the day",
    "moves": "Move the chair a little to and fro, lean back once, look at the keyboard",
}


def hold_words(hold: Hold) -> str:
    return _(_HOLDS[hold])


def link_words(link: Link) -> str:
    return _(_LINKS[link])


def gate_words(gate: Mapping[str, Any]) -> str:
    """Why it cannot be told, and what to do."""
    reason = _key(_REASONS, gate["reason"])
    return f"{reason}: {_key(_REMEDIES, gate['remedy'])}" if gate.get("remedy") else reason


def verdict_words(verdict: Mapping[str, Any]) -> str:
    """One calm line: how you sit, for how long you have been still."""
    gate = verdict["gate"]
    if gate is not None and verdict["state"] not in {"away", "starting"}:
        return _("Can't tell ({why})").format(why=gate_words(gate))
    parts = [_key(_STATES, verdict["state"])]
    if verdict["state"] in {"comfort", "slouch"} and verdict["still_s"] >= 60:  # noqa: PLR2004 - a minute
        parts.append(_("still for {minutes} min").format(minutes=int(verdict["still_s"] // 60)))
    if verdict.get("break_in_s") is not None:
        parts.append(_("next break in {minutes} min").format(minutes=round(verdict["break_in_s"] / 60)))
    return " · ".join(parts)


def _key(table: Mapping[str, str], key: str) -> str:
    return _(table[key]) if key in table else key.replace("_", " ")
