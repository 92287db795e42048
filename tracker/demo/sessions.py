"""What one session of an invented patient looks like, as the document that the live page would have sent.

Every draw comes from the patient's own generator, in the order in which things happen, so that the same moment gives
the same sessions.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from tracker.demo.curves import on, scale
from tracker.demo.motion import Moment, Style, Take, hold_take, repetitions_take
from tracker.regimen.library import library
from tracker.regimen.rules import sides_of
from tracker.training.rules import MANUAL_ENGINE, PERSONAL_RANGE_VALID

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from exercises.definition import Definition
    from tracker.demo.stories import Event, Patient
    from tracker.regimen.models import Prescription

VARIATIONS: Final = 3
"""Takes per exercise and style: enough that neighbouring sets differ, few enough to build quickly."""
TRACKS_OF_LAST_DAYS: Final = 4
_UNANSWERED: Final = 0.06  # share of questions
_LETS_GO: Final = 0.15  # share of holds
_MISCOUNTED: Final = 0.1  # share of sets without camera that end one short
_LEARNING_UNTIL: Final = 30  # days ago
_AMBER: Final = 5
"""More pain than this during exercise is the red zone (CLINICAL 4.5): that happens where a story says so."""


@dataclass(frozen=True, slots=True)
class _Planned:
    """A set that is going to happen: what the engine said about it, and how long it took."""

    number: int
    side: str
    summary: dict[str, Any]
    take: Take | None = None
    moment: Moment | None = None

    @property
    def duration_s(self) -> float:
        return float(self.summary["duration_s"])


@dataclass(frozen=True, slots=True)
class Session:
    """One session: the document, when it ended, and the repetitions about which the person disagrees."""

    document: dict[str, Any]
    ends_at: datetime
    disputed: tuple[tuple[uuid.UUID, bool], ...]
    settles: bool
    """Whether what the story wanted of it has happened."""


@dataclass(slots=True)
class SessionMaker:
    """Makes the sessions of one patient, oldest first. `felt`: how much it hurts on a day, by days ago."""

    story: Patient
    rng: random.Random
    now: datetime
    felt: Callable[[int], float]
    range_known_at: dict[str, datetime] = field(default_factory=dict)

    def session(self, line: Prescription, starts_at: datetime, days_ago: int, event: Event | None) -> Session | None:
        """One session; None when it would not be over by now."""
        sets = list(self._sets(line, days_ago, event, starts_at))
        rest_s = library()[line.exercise].dose.rest_s
        cuts_short = event is not None and event.stop_reason is not None
        if not cuts_short and len(sets) > 1 and self.rng.random() < 0.25 * (1 - on(self.story.attends, days_ago)):
            sets = sets[: len(sets) // 2]
        entries, at = [], starts_at + timedelta(seconds=self.rng.uniform(25, 60))
        for planned in sets:
            entries.append(self._entry(planned, at, with_track=days_ago < TRACKS_OF_LAST_DAYS))
            ended_at = at + timedelta(seconds=planned.duration_s)
            at = ended_at + timedelta(seconds=rest_s + self.rng.uniform(2, 12))
        ends_at = ended_at + timedelta(seconds=self.rng.uniform(2, 9))
        if ends_at + timedelta(minutes=2) > self.now:
            return None
        whole = len(sets) == line.sets * len(_sides(line))
        document = {
            "id": str(self._id()),
            "prescription_id": str(line.id),
            "exercise": line.exercise,
            "started_at": starts_at.isoformat(),
            "ended_at": ends_at.isoformat(),
            "source": "manual" if self.story.manual else "camera",
            "sets": entries,
            **self._answers(event, days_ago, whole=whole),
        }
        if any(entry["summary"].get("personal_range") for entry in entries):
            self.range_known_at[line.exercise] = ends_at
        disputed = _disputed(document, event)
        waits = event is not None and event.corrects is not None and not disputed
        if waits:
            document["note"] = None  # nothing to disagree about this time; the event waits for the next session
        return Session(document, ends_at, disputed, settles=not waits)

    def _sets(self, line: Prescription, days_ago: int, event: Event | None, starts_at: datetime) -> Iterator[_Planned]:
        """The sets in the order in which the live page asks for them; sides take turns."""
        definition = library()[line.exercise]
        stops_at = event.counted if event else None
        known_at = self.range_known_at.get(line.exercise)
        knows_range = known_at is not None and starts_at - known_at <= PERSONAL_RANGE_VALID
        first = self.rng.randrange(VARIATIONS)
        for number in range(1, line.sets + 1):
            for side in _sides(line):
                if self.story.manual:
                    yield self._manual(definition, line, number, side, stops_at)
                elif line.hold_s is not None:
                    yield self._held(line, number, side, days_ago, (first + number) % (VARIATIONS - 1))
                else:
                    variation = (first + number) % VARIATIONS
                    style = self._style(line.exercise, days_ago)
                    take = repetitions_take(line.exercise, style, variation, knows_range=knows_range, side=side)
                    yield self._counted(take, line, number, stops_at)
                if stops_at is not None:
                    return

    def _counted(self, take: Take, line: Prescription, number: int, stops_at: int | None) -> _Planned:
        reps = line.reps or 0
        if self.story.counts_along and stops_at is None:
            moment = take.ending(movements=reps)
        else:
            moment = take.ending(counted=stops_at or reps)
        return _Planned(number, take.side, {**moment.document, "target": reps}, take, moment)

    def _held(self, line: Prescription, number: int, side: str, days_ago: int, variation: int) -> _Planned:
        hold_s = line.hold_s or 0.0
        style = self._style(line.exercise, days_ago)
        # In the first weeks somebody who is not used to it lets go a little early now and then.
        learning = style.fault_share > 0 and style.reach < 1 and days_ago > _LEARNING_UNTIL
        held_s = hold_s * 0.7 if learning and self.rng.random() < _LETS_GO else hold_s
        take = hold_take(line.exercise, style, variation, side=side, hold_s=hold_s, held_s=held_s)
        moment = take.ending(counted=1)
        return _Planned(number, side, moment.document, take, moment)

    def _manual(
        self, definition: Definition, line: Prescription, number: int, side: str, stops_at: int | None
    ) -> _Planned:
        """A set without camera, in the shape in which the live page reports it."""
        counts = definition.kind == "repetitions"
        reps = line.reps or 0
        count = (stops_at or reps - (self.rng.random() < _MISCOUNTED)) if counts else 1
        held_s = 0.0 if counts else line.hold_s or 0.0
        duration_s = count * self.rng.uniform(3.6, 4.6) + 6 if counts else held_s + self.rng.uniform(4, 9)
        summary = {
            "exercise": line.exercise,
            "engine_version": MANUAL_ENGINE,
            "kind": definition.kind,
            "side": side,
            "view": None,
            "duration_s": round(duration_s, 1),
            "count": count,
            "counts": {"left": 0, "right": 0, "both": 0, side: count},
            "target": line.reps,
            "held_s": held_s,
        }
        return _Planned(number, side, summary)

    def _style(self, exercise: str, days_ago: int) -> Style:
        begun = [
            stage.styles[exercise]
            for stage in self.story.stages
            if stage.days_ago >= days_ago and exercise in stage.styles
        ]
        return begun[-1]

    def _entry(self, planned: _Planned, at: datetime, *, with_track: bool) -> dict[str, Any]:
        """The set as the document holds it."""
        track = None
        if with_track and self.story.keeps_tracks and planned.take and planned.moment:
            track = base64.b64encode(planned.take.packed_track(planned.moment)).decode("ascii")
        return {
            "id": str(self._id()),
            "number": planned.number,
            "side": planned.side,
            "started_at": at.isoformat(),
            "summary": planned.summary,
            "track": track,
            "repetition_ids": [str(self._id()) for _repetition in planned.summary.get("repetitions", ())],
        }

    def _answers(self, event: Event | None, days_ago: int, *, whole: bool) -> dict[str, Any]:
        """Pain, effort, why it ended, a note; now and then a question stays unanswered. The pain is the diary's."""
        before = scale(self.felt(days_ago) + self.rng.gauss(0, 0.6))
        during = min(scale(before + self.rng.choice((-1, 0, 0, 0, 1))), _AMBER)
        effort = scale(on(self.story.effort, days_ago) + self.rng.gauss(0, 0.6))
        stop_reason = "finished" if whole else self.rng.choice(("no_time", "tired"))
        answers: dict[str, Any] = {
            "pain_before": None if self.rng.random() < _UNANSWERED else before,
            "pain_during": None if self.rng.random() < _UNANSWERED else during,
            "effort": None if self.rng.random() < _UNANSWERED else effort,
            "stop_reason": stop_reason,
            "note": None,
        }
        if event is None:
            return answers
        told = {
            "pain_during": event.pain_during,
            "stop_reason": event.stop_reason,
            "note": event.note,
        }
        return answers | {name: value for name, value in told.items() if value is not None}

    def _id(self) -> uuid.UUID:
        return uuid.UUID(int=self.rng.getrandbits(128), version=4)


def _sides(line: Prescription) -> tuple[str, ...]:
    return sides_of(line.side, sided=library()[line.exercise].sided)


def _disputed(document: dict[str, Any], event: Event | None) -> tuple[tuple[uuid.UUID, bool], ...]:
    """The repetitions this person disagrees about, and what they say: the last ones the engine judged otherwise."""
    if event is None or event.corrects is None:
        return ()
    wanted, number = event.corrects
    judged = [
        (uuid.UUID(identity), repetition)
        for entry in document["sets"]
        for identity, repetition in zip(entry["repetition_ids"], entry["summary"]["repetitions"], strict=True)
    ]
    others = [identity for identity, repetition in judged if repetition["counted"] is not wanted]
    return tuple((identity, wanted) for identity in others[-number:])
