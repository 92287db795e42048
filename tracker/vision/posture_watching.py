"""Labelled stretches as a live watch: what would have been said, after the duration gates.

Stretches of a recording are mostly seconds long, while a notice takes minutes. They are therefore played over and
over, there and back again so that nothing jumps within a stretch, at the rate that the engine asks for; the time that
was watched this way is told beside every rate. Times in seconds. Limits: a loop repeats the same moments; it is kinder
than an hour of the same person, and it holds a slump more exactly than anybody does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import median
from typing import Any, Final

from exercises.posture import Baseline, baseline_to_dict
from exercises.posture_wire import WatchSession
from tracker.vision.posture_labels import Sat, meaning
from tracker.vision.posture_recordings import Labelled

WATCHED_S: Final = 1800.0
"""Good stretches are played for at least this long."""
SLOUCH_S: Final = 240.0
SETTLED_S: Final = 60.0
"""Good frames before each slouch, where there are some."""
SHORTEST_FRAMES: Final = 3
_FASTEST_S: Final = 0.05
_OPTIONS: Final = {"break_rule": "off", "notices_per_hour": 3600, "quiet": False}
"""Nothing is held back: every notice that the gates would give is counted."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Neighbouring frames of one class, without those that were calibrated on."""

    sat: Sat
    frames: tuple[int, ...]


def stretches(recording: Labelled, without: Sequence[int] = ()) -> list[Stretch]:
    """Runs of frames of one class; frames that were calibrated on are taken out, but do not end a run."""
    left_out = {*without}
    sats = [None if label is None else meaning(label) for label in recording.labels]
    found: list[Stretch] = []
    for sat, run in groupby(range(len(sats)), key=lambda number: sats[number]):
        frames = tuple(number for number in run if number not in left_out)
        if sat is not None and len(frames) >= SHORTEST_FRAMES:
            found.append(Stretch(sat, frames))
    return found


class Loop:
    """A watch that is fed stretches; its clock goes on from one to the next."""

    def __init__(self, baseline: Baseline, recording: Labelled) -> None:
        document = {**baseline_to_dict(baseline), "id": "evaluated", "place": "evaluated", "name": "evaluated"}
        self._watch = WatchSession([document], _OPTIONS)
        self._values = recording.values()
        self._recording = recording
        self.time_s = 0.0

    def play(self, stretch: Stretch, seconds: float) -> Iterator[tuple[float, dict[str, Any]]]:
        """The verdicts over ``seconds`` of this stretch, with the time since it began."""
        frames = stretch.frames
        since_s = self._recording.times_s[list(frames)] - self._recording.times_s[frames[0]]
        length = max(float(since_s[-1]), _FASTEST_S)
        started = self.time_s
        while self.time_s - started < seconds:
            passed = (self.time_s - started) % (2 * length)
            place = int(since_s.searchsorted(passed if passed <= length else 2 * length - passed))
            number = frames[min(place, len(frames) - 1)]
            verdict = self._watch.frame(
                self.time_s, self._values[number], self._recording.width, self._recording.height
            )
            yield self.time_s - started, verdict
            self.time_s += max(_FASTEST_S, float(verdict["look_again_s"]))


def false_alarms(baseline: Baseline, recording: Labelled, calibrated: Sequence[int]) -> dict[str, Any]:
    """The good stretches, one after the other and again until half an hour is full: what was said wrongly."""
    good = [stretch for stretch in stretches(recording, calibrated) if stretch.sat is Sat.GOOD]
    if not good:
        good = [stretch for stretch in stretches(recording) if stretch.sat is Sat.GOOD]
    if not good:
        return {"false_alarms": None, "false_alarms_per_hour": None, "watched_hours": 0.0, "recalibrate": None}
    loop = Loop(baseline, recording)
    said: Counter[str] = Counter()
    each_s = max(WATCHED_S / len(good), SETTLED_S)
    for stretch in good:
        for _since, verdict in loop.play(stretch, each_s):
            if verdict["notice"] is not None:
                said[verdict["notice"]["key"]] += 1
    hours = loop.time_s / 3600
    return {
        "false_alarms": said["slouch"],
        "false_alarms_per_hour": round(said["slouch"] / hours, 3),
        "watched_hours": round(hours, 3),
        "recalibrate": said["recalibrate"],
    }


def noticed(baseline: Baseline, recording: Labelled, calibrated: Sequence[int]) -> dict[str, Any]:
    """Every stretch of slouch, held for four minutes after a minute of good ones: whether and when it was told."""
    slouches = [stretch for stretch in stretches(recording, calibrated) if stretch.sat is Sat.SLOUCH]
    good = next((stretch for stretch in stretches(recording) if stretch.sat is Sat.GOOD), None)
    after_s: list[float] = []
    for stretch in slouches:
        loop = Loop(baseline, recording)
        if good is not None:
            for _verdict in loop.play(good, SETTLED_S):
                pass
        told = next(
            (since for since, verdict in loop.play(stretch, SLOUCH_S)
             if verdict["notice"] is not None and verdict["notice"]["key"] == "slouch"),
            None,
        )  # fmt: skip
        if told is not None:
            after_s.append(told)
    return {
        "stretches": len(slouches),
        "noticed": len(after_s),
        "median_s": round(median(after_s), 1) if after_s else None,
        "latest_s": round(max(after_s), 1) if after_s else None,
    }
