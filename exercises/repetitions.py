"""Phases with hysteresis become repetitions; every candidate is kept with the reason why it counted or did not.

One counter follows one side of the body. Its input is a time stamp in seconds and the smoothed measures; it never
counts frames, so frame rate, dropped frames and gaps do not change the result. Progress is 0 at the start threshold
and 1 at the peak threshold of the primary measure.

A candidate is a rise of at least `RISE` in progress. It is closed when the start zone has been held again, or when
the movement turns round before it gets there (a repetition that is short at the bottom). It counts when the start
zone was held before and after, the peak zone was held, and it was neither faster nor slower than a body moves.
Limits: two repetitions without any return of `RISE` between them are one movement to this counter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

from exercises.definition import Threshold, View, Zone
from exercises.measures import MEASURES
from exercises.rest import CALM
from exercises.scoring import range_share

READY_HOLD_S = 0.5
"""The start pose must have been held for this long, all in all, before anything counts (CLINICAL 2.0, repetition
machine): somebody who repeats without a rest shows it in pieces."""
MIN_AWAY_S = 0.45
"""Shortest time away from the start pose: a 1.2 s repetition (CLINICAL 2.0) spends about half of it there, and less
where the start zone is wide."""
MAX_AWAY_S = 12.0
"""Longest way out and back; holding at the peak is not counted in (CLINICAL 2.0: 12 s, and holds of up to 10 s)."""
RISE = 0.35
"""Progress that must be gained or lost before a movement counts as one: about 15 degrees of elbow angle, twice the
error of the angle."""
RANGE_FROM_S = 1.5
"""The range begins at the furthest value in this time before the start zone is left: a slow turning round fits in, and
what the person did with their arms before does not."""
LEAST_MOVEMENT = 0.75
"""The same in calm spreads (`exercises.rest`): where the zones lie a few degrees apart, 35 % of that is noise."""
PARTIAL_SHARE = 0.5
"""A movement that makes this share of the asked one is kept as a partial repetition, a smaller one is fidgeting."""
WHOLE_SHARE = 0.25
"""Share that every other measure with a way to go must make too: an elbow that straightens towards the camera instead
of overhead is no half press."""
RANGE_REPETITIONS = 3
"""Slow repetitions from which the personal range is taken (CLINICAL 2.0)."""
PERSONAL_SHARE = 0.8
"""Share of the own range that later repetitions must reach (CLINICAL 2.0)."""
LONGEST_STEP_S = 0.25
"""One frame stands for at most this long in a zone: two lost pictures at 10 a second, not a gap."""

COMPLETE = "complete"
COMPLETE_AT_END = "complete_at_end"
PARTIAL_RANGE = "partial_range"
PARTIAL_START = "partial_start"
PARTIAL_RETURN = "partial_return"
NO_PEAK_HOLD = "no_peak_hold"
TOO_FAST = "too_fast"
TOO_SLOW = "too_slow"
LOST_SIGHT = "lost_sight"
UNFINISHED = "unfinished"
MOVED_AWAY = "moved_away"
ONE_SIDE_ONLY = "one_side_only"
SHORT_RANGE_REASONS = frozenset({PARTIAL_RANGE, PARTIAL_START, PARTIAL_RETURN, NO_PEAK_HOLD, UNFINISHED})
"""Reasons that say a movement was short of the asked one (the others are not counted for another cause)."""
PARTIAL_REASONS = SHORT_RANGE_REASONS | {ONE_SIDE_ONLY}
"""What the partial count of a set adds up: movements that were short, or made by one arm of two."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One movement of one side. Times in seconds; values in the unit of the primary measure."""

    start_s: float
    peak_s: float
    end_s: float
    start_value: float
    peak_value: float
    out_s: float
    hold_s: float
    back_s: float
    reason: str

    @property
    def counted(self) -> bool:
        return self.reason in (COMPLETE, COMPLETE_AT_END)


@dataclass(slots=True)
class _Open:
    """A movement that is under way."""

    from_start: bool
    left_start_s: float
    start_value: float
    whole: float = 0.0
    high: float = 0.0
    high_s: float = 0.0
    high_value: float = 0.0
    peak_entered_s: float | None = None
    peak_left_s: float | None = None
    peak_held_s: float = 0.0
    peak_touched: bool = False
    peak_held: bool = False
    low_since_high: float = 1.0
    low_since_high_s: float = 0.0
    low_in_peak: bool = False
    low_since_high_value: float = 0.0
    lost_sight: bool = False


class RepetitionCounter:
    """Follows one side through start, out, peak and back; returns a `Candidate` whenever a movement is over."""

    def __init__(
        self, view: View, *, own_peak: float | None = None, find_range: bool = False, neutral: float | None = None
    ) -> None:
        """``own_peak``: the person's own peak value of the primary measure, if it is known.

        ``find_range``: count the first slow repetitions from the generic minimum and take the range from them.
        ``neutral``: where a movement to one side begins, for measures that go on to the other side.
        """
        self._neutral = neutral
        span = abs(view.peak.primary.enter - view.start.primary.enter)
        self._rise = max(RISE, LEAST_MOVEMENT * CALM[MEASURES[view.primary].unit] / span)
        self._view = view
        self._start = view.start
        self._peak = view.peak
        # What else has a way to go from the start zone to the peak zone: all of it makes the movement.
        self._pairs = tuple(
            (start, peak)
            for peak in view.peak.thresholds[1:]
            for start in view.start.thresholds[1:]
            if start.measure == peak.measure and (peak.enter - start.enter) * peak.sign > 0
        )
        self._own_peaks: list[float] = []
        self._finding = find_range and own_peak is None
        if own_peak is not None:
            self._peak = personal_peak(view, own_peak)
        elif find_range:
            self._peak = personal_peak(view, view.personal_minimum, share=1.0)
        self._at_rest = False
        self._shown_s = 0.0
        self._in_start = False
        self._in_peak = False
        self._start_since = 0.0
        self._peak_since = 0.0
        self._time: float | None = None
        self._step = 0.0
        self.fidget: tuple[float, float] | None = None
        self._open: _Open | None = None
        self._low: tuple[float, float, float] | None = None  # progress, time, value since the last movement
        self._recent: deque[tuple[float, float]] = deque()
        self._start_confirmed = False
        self.ready = False
        self.progress = 0.0

    @property
    def phase(self) -> str:
        """``idle`` before the start pose, then ``start``, ``out``, ``peak`` or ``back``."""
        if self._in_peak and self._open is not None:
            return "peak"
        if self._in_start:
            return "start"
        if self._open is None:
            return "start" if self.ready and self.progress < RISE else "idle"
        return "back" if self._open.peak_touched or self._open.high - self.progress > self._rise / 2 else "out"

    @property
    def moving(self) -> bool:
        """Whether a movement is under way."""
        return self._open is not None

    @property
    def peak_zone(self) -> Zone:
        """The peak zone in force, personal range included."""
        return self._peak

    def observe(self, time_s: float, values: Mapping[str, float | None]) -> Candidate | None:
        """Take one frame; every measure of the zones must be known. Returns the movement that ended with it."""
        value = values[self._peak.primary.measure]
        assert value is not None, "the gate lets only complete frames through"
        step = 0.0 if self._time is None else min(time_s - self._time, LONGEST_STEP_S)
        self._time, self._step = time_s, step
        self.progress = progress = self._progress(value)
        self._follow_zones(time_s, step, values)
        whole = min((_part(pair, values) for pair in self._pairs), default=progress)

        start_held = self._in_start and time_s - self._start_since + step >= self._start.hold_s
        self._shown_s += step if self._in_start else 0.0
        if start_held and (self._shown_s >= READY_HOLD_S or time_s - self._start_since >= READY_HOLD_S):
            self.ready = True
        closed = self._follow_movement(time_s, value, progress, start_held=start_held)
        if self._open is not None:
            self._open.whole = max(self._open.whole, min(progress, whole))
        if start_held:
            self._low = (progress, time_s, self._deepest(time_s, value))
            self._start_confirmed = True
        return closed

    def interrupt(self, *, long: bool) -> Candidate | None:
        """The body is out of sight. ``long``: give the movement up and ask for the start pose again."""
        if self._open is not None and not self._open.peak_held:
            self._open.lost_sight = True
        if not long:
            return None
        closed = self._close(self._open, self._time or 0.0, LOST_SIGHT) if self._open else None
        self._open, self._low = None, None
        self._shown_s = 0.0
        self.ready = self._start_confirmed = self._in_start = self._in_peak = False
        return closed

    @property
    def resting(self) -> bool:
        """Whether the person is ready and in the start pose."""
        return self.ready and self._in_start and self._open is None

    def begin_at_rest(self) -> None:
        """If the next frame shows the start pose, it has been held for long enough already."""
        self._at_rest = True

    def finish(self) -> Candidate | None:
        """The set is over. A movement that has held its peak is a repetition although it did not come back."""
        current = self._open
        self._open = None
        if current is None or self._time is None:
            return None
        complete = current.from_start and current.peak_held and not current.lost_sight
        return self._close(current, self._time, COMPLETE_AT_END if complete else UNFINISHED)

    def own_range(self) -> float | None:
        """The person's own peak value: the middle of the counted ones, at least three of them."""
        if len(self._own_peaks) < RANGE_REPETITIONS:
            return None
        ordered = sorted(self._own_peaks)
        return ordered[len(ordered) // 2]

    def _deepest(self, time_s: float, value: float) -> float:
        """The value furthest from the peak in the last moments in the start zone: where the range begins."""
        recent = self._recent
        if not self._start_confirmed:
            recent.clear()
        recent.append((time_s, value))
        while time_s - recent[0][0] > RANGE_FROM_S:
            recent.popleft()
        sign = self._start.primary.sign
        deepest = max(known * sign for _, known in recent) * sign
        if self._neutral is not None:
            deepest = min(deepest * sign, self._neutral * sign) * sign
        return deepest

    def _progress(self, value: float) -> float:
        start, peak = self._start.primary.enter, self._peak.primary.enter
        return max(0.0, (value - start) / (peak - start))

    def _follow_zones(self, time_s: float, step: float, values: Mapping[str, float | None]) -> None:
        in_start = self._start.holds(values, inside=self._in_start)
        if in_start and not self._in_start:
            self._start_since = time_s - (READY_HOLD_S if self._at_rest else 0.0)
        self._at_rest = False
        self._in_start = in_start
        in_peak = self._peak.holds(values, inside=self._in_peak)
        if in_peak and not self._in_peak:
            self._peak_since = time_s
        current = self._open
        if current is not None and in_peak:
            current.peak_touched = True
            current.peak_held_s += step
            if current.peak_entered_s is None:
                current.peak_entered_s = time_s
            current.peak_left_s = time_s
            if time_s - self._peak_since + step >= self._peak.hold_s:
                current.peak_held = True
        self._in_peak = in_peak

    def _follow_movement(self, time_s: float, value: float, progress: float, *, start_held: bool) -> Candidate | None:
        current = self._open
        if current is None:
            self._maybe_open(time_s, value, progress)
            return None
        if progress > current.high:
            current.high, current.high_s, current.high_value = progress, time_s, value
            current.low_since_high = progress
        if progress <= current.low_since_high:
            current.low_since_high = progress
            current.low_in_peak = self._in_peak
            current.low_since_high_s, current.low_since_high_value = time_s, value
        if start_held:
            self._open = None
            return self._close(current, max(self._start_since, current.high_s), self._verdict(current))
        # Wavering inside the peak zone is holding: turning round there takes twice as much.
        fall = self._rise * (2.0 if current.low_in_peak else 1.0)
        turned = (
            current.high - current.low_since_high >= fall
            and progress - current.low_since_high >= self._rise
            and not self._in_start
        )
        if not turned:
            return None
        low = (current.low_since_high, current.low_since_high_s, current.low_since_high_value)
        self._start_confirmed = False
        self._open = self._movement_from(low, time_s, value, progress)
        reason = PARTIAL_START if not current.from_start else PARTIAL_RETURN
        if current.from_start and not current.peak_held:
            reason = PARTIAL_RANGE
        return self._close(current, low[1], LOST_SIGHT if current.lost_sight else reason)

    def _maybe_open(self, time_s: float, value: float, progress: float) -> None:
        low = self._low
        if low is None or (progress <= low[0] and not self._start_confirmed):
            self._low = (progress, time_s, value)
            return
        if self._in_start or progress - low[0] < self._rise:
            return
        self._open = self._movement_from(low, time_s, value, progress)
        self._start_confirmed = False
        self._low = None

    def _movement_from(self, low: tuple[float, float, float], time_s: float, value: float, progress: float) -> _Open:
        movement = _Open(
            from_start=self._start_confirmed and self.ready,
            left_start_s=low[1],
            start_value=low[2],
            high=progress,
            high_s=time_s,
            high_value=value,
            low_since_high=progress,
        )
        if self._in_peak:
            # The zone was entered in the very frame that opened the movement (a jump between two pictures).
            movement.peak_touched = True
            movement.peak_held = self._step >= self._peak.hold_s
            movement.peak_entered_s = movement.peak_left_s = time_s
        return movement

    def _verdict(self, current: _Open) -> str:
        """The reason for a movement that has come back to the start zone."""
        if current.lost_sight:
            return LOST_SIGHT
        if not current.from_start:
            return PARTIAL_START
        if not current.peak_held:
            return NO_PEAK_HOLD if current.peak_touched else PARTIAL_RANGE
        away = self._start_since - current.left_start_s
        if away < MIN_AWAY_S:
            return TOO_FAST
        if away - current.peak_held_s > MAX_AWAY_S:
            return TOO_SLOW
        return COMPLETE

    def _close(self, current: _Open, end_s: float, reason: str) -> Candidate | None:
        made = range_share(current.start_value, current.high_value, self._start.primary, self._peak.primary)
        if (made < PARTIAL_SHARE or current.whole < WHOLE_SHARE) and not current.peak_touched:
            self.fidget = (current.left_start_s, end_s)
            return None
        if not self.ready and not current.peak_touched:
            return None  # getting into position
        entered = current.peak_entered_s if current.peak_entered_s is not None else current.high_s
        left = current.peak_left_s if current.peak_left_s is not None else current.high_s
        candidate = Candidate(
            start_s=current.left_start_s,
            peak_s=min(max(current.high_s, current.left_start_s), end_s),
            end_s=end_s,
            start_value=current.start_value,
            peak_value=current.high_value,
            out_s=max(0.0, entered - current.left_start_s),
            hold_s=max(0.0, left - entered),
            back_s=max(0.0, end_s - left),
            reason=reason,
        )
        if candidate.counted:
            self._learn_range(candidate)
        return candidate

    def _learn_range(self, candidate: Candidate) -> None:
        self._own_peaks.append(candidate.peak_value)
        own = self.own_range()
        if self._finding and own is not None:
            self._peak = personal_peak(self._view, own)
            self._finding = False


def _part(pair: tuple[Threshold, Threshold], values: Mapping[str, float | None]) -> float:
    """Progress of one further measure between its thresholds in the two zones."""
    start, peak = pair
    value = values[peak.measure]
    assert value is not None, "the gate lets only complete frames through"
    return (value - start.enter) / (peak.enter - start.enter)


def personal_peak(view: View, own_peak: float, share: float = PERSONAL_SHARE) -> Zone:
    """The peak zone for a person whose own peak value is ``own_peak``.

    ``share`` of the own range, at least the definition's minimum, never beyond its safe maximum, and never harder than
    the generic zone: a wide range is praised in the score, it must not make the counting stricter (CLINICAL 2.0).
    """
    start, peak = view.start.primary, view.peak.primary
    sign = peak.sign

    def further(a: float, b: float) -> float:
        return max(a, b) if sign > 0 else min(a, b)

    def nearer(a: float, b: float) -> float:
        return min(a, b) if sign > 0 else max(a, b)

    enter = further(view.personal_minimum, start.target + share * (own_peak - start.target))
    enter = nearer(nearer(enter, view.safe_maximum), peak.enter)
    part = (enter - start.enter) / (peak.enter - start.enter)
    moved = [
        replace(
            peak,
            target=enter,
            enter=enter,
            release=start.enter + part * (peak.release - start.enter),
        )
    ]
    for also in view.peak.thresholds[1:]:
        origin = next((t for t in view.start.thresholds if t.measure == also.measure), None)
        moved.append(_nearer_to(also, origin, part) if origin else also)
    return Zone(tuple(moved), view.peak.hold_s)


def _nearer_to(threshold: Threshold, origin: Threshold, part: float) -> Threshold:
    """The same threshold at ``part`` of its way from the start zone."""
    return replace(
        threshold,
        target=origin.enter + part * (threshold.target - origin.enter),
        enter=origin.enter + part * (threshold.enter - origin.enter),
        release=origin.enter + part * (threshold.release - origin.enter),
    )
