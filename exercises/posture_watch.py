"""Watches one person at the desk: one picture in, one verdict out. The only door live code uses, through the wire.

Order of things: can we tell (`posture_gate`), which place is it (`posture_places`), index and score of this picture
(`posture_judge`), calmed over time (`posture_spells`), movement (`posture_movement`), and what may be
said (`posture_breaks`). Seconds are attributed to the state found at their end; a gap of more than 12 s counts as
nothing. Times in seconds on a clock that does not jump.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from exercises.body import Pose
from exercises.person import PersonLock
from exercises.posture_baseline import NORMAL, Baseline
from exercises.posture_breaks import BreakClock, Budget
from exercises.posture_features import SIDE, Sight, sight, view_of
from exercises.posture_gate import SITTING, fits_pose, found, hands, out_of_seat, place_of, seen_enough
from exercises.posture_judge import FrameScore, Judge
from exercises.posture_movement import Movement, size_px, stance_of
from exercises.posture_places import (
    MOVED,
    RESOLUTION,
    Setting,
    at_size,
    choose,
    first_proposal,
    known_of,
    placing,
)
from exercises.posture_spells import Spell
from exercises.posture_verdict import Notice, Options, Tally, Verdict
from exercises.view import Gate

LONGEST_INTERVAL_S = 12.0
"""A longer gap counts as nothing: nobody knows what happened in it."""
START_S = 2.0
"""So long is looked before the place is chosen, where there are several."""
AWAY_AFTER_S = 5.0
UP_AFTER_S = 2.0
GONE_S = 30.0
"""Nobody there for so long: somebody got up, even if nobody saw it."""
RECALIBRATE_AFTER_S = 60.0
LOOK_MOVING_S, LOOK_SETTLED_S, LOOK_STILL_S, LOOK_AWAY_S = 0.25, 1.0, 2.0, 10.0


class Watch:
    """Follows one person at one desk after another."""

    def __init__(self, baselines: Sequence[Baseline], options: Options | None = None) -> None:
        self._baselines = tuple(baselines)
        self.options = options or Options()
        self._budget = Budget(self.options.notices_per_hour, quiet=self.options.quiet)
        self._breaks = BreakClock()
        self._movement = Movement()
        self._spell = Spell()
        self._lock = PersonLock(SITTING)
        self._tally = Tally()
        self._size: tuple[float, float] | None = None
        self._judge: Judge | None = None
        self._chosen: Baseline | None = None
        self._setting = Setting()
        self._looked: list[Sight] = []
        self._last_s: float | None = None
        self._empty_since: float | None = None
        self._rose_since: float | None = None
        self._up = False
        self._proposed_since: float | None = None
        self._proposals_told: set[str] = set()
        self._view: str | None = None
        self._unit_px: float | None = None

    # -- what the caller knows -----------------------------------------------------------------------------------------

    def set_options(self, options: Options) -> None:
        """Other options from now on."""
        self.options = options
        self._budget.per_hour, self._budget.quiet = options.notices_per_hour, options.quiet

    def remember_told(self, times_s: Iterable[float]) -> None:
        """Notices that were told before this watch began, on its clock: they count for the budget."""
        self._budget.remember(times_s)

    def away(self, time_s: float) -> None:
        """The person is known to be away: the screen is locked, the camera is off."""
        interval = self._interval(time_s)
        self._empty_since = time_s - GONE_S if self._empty_since is None else self._empty_since
        self._tally.add("away", interval, None)
        self._breaks.away(interval)
        self._leave(time_s)

    def gap(self, time_s: float) -> None:
        """Nothing was watched until now: whatever was going on is unknown and counts as nothing."""
        self._last_s = time_s
        self._empty_since = self._rose_since = None
        self._up = False
        self._spell.restart()
        self._breaks.interrupt()
        self._movement.forget()
        self._setting.absent()
        self._lock.forget()
        self._looked.clear()
        self._choose_again()

    def moved(self, time_s: float, by: str) -> None:
        """A break was taken: ``stand``, ``shift``, ``exercise`` or ``said``."""
        if by == "shift":
            self._breaks.changed()
        else:
            self._breaks.rested(time_s, stood=by in {"stand", "exercise"})

    def hush(self, until_time_s: float) -> None:
        """Watch, and say nothing until then."""
        self._budget.hushed_until_s = until_time_s

    def take(self) -> Tally:
        """The tally since the last call; a new one begins."""
        tally, self._tally = self._tally, Tally()
        return tally

    @property
    def baseline(self) -> Baseline | None:
        """The place that was chosen."""
        return self._chosen

    @property
    def view(self) -> str | None:
        """The view the camera has, as far as it is known."""
        return self._view

    @property
    def movement(self) -> float:
        """The movement index, see `exercises.posture_movement`."""
        return self._movement.index

    @property
    def still_s(self) -> float:
        """Seconds at the desk since the last change of posture."""
        return self._breaks.still_s

    # -- a picture -----------------------------------------------------------------------------------------------------

    def observe(
        self, pose: Pose | None, time_s: float, width: float, height: float, light: float | None = None
    ) -> Verdict:
        """The verdict on one picture; ``light`` is its mean luma 0..1, ``None`` when unknown."""
        interval = self._interval(time_s)
        self._at_size(width, height)
        gate, seen = self._gate(pose, light)
        credit = self._presence(pose, gate, time_s)
        self._spell.gaze(interval, down=gate is not None and gate.reason == "looking_down")
        judged = self._judged(gate, seen, time_s, interval)
        if seen is not None and self._moves(gate, seen, time_s) and credit is None:
            self._breaks.changed()
            self._tally.changes += 1
            credit = "shift"
        state = self._state(gate, time_s)
        if state == "away":
            self._breaks.away(interval)
        elif pose is not None:
            self._breaks.sit(interval)
        self._tally.add(state, interval, self._spell.score if judged is not None else None)
        recalibrate = self._setting.proposal
        notice = self._notice(state, recalibrate, time_s)
        return self._verdict(time_s, state, gate, judged, notice, credit, recalibrate)

    def _interval(self, time_s: float) -> float:
        passed = 0.0 if self._last_s is None else time_s - self._last_s
        self._last_s = time_s
        return passed if 0.0 < passed <= LONGEST_INTERVAL_S else 0.0

    def _at_size(self, width: float, height: float) -> None:
        if self._size != (width, height):
            self._size = (width, height)
            self._choose_again()

    def _choose_again(self) -> None:
        """The place is chosen anew by what is seen next; with a single one there is nothing to choose."""
        self._looked.clear()
        self._judge = None
        if len(self._baselines) == 1 and self._size is not None:
            self._settle(self._baselines[0])

    def _settle(self, baseline: Baseline) -> None:
        assert self._size is not None, "a picture has been seen"
        placed = at_size(baseline, *self._size)
        if self._chosen is not baseline:
            self._spell.restart()
            self._movement.forget()
            self._setting = Setting(first_proposal(baseline, *self._size, self.options.days_old))
        elif self._setting.proposal in {None, RESOLUTION}:
            self._setting.proposal = first_proposal(baseline, *self._size, self.options.days_old)
        self._chosen, self._judge = baseline, Judge(placed)
        self._unit_px = None

    def _gate(self, pose: Pose | None, light: float | None) -> tuple[Gate | None, Sight | None]:
        """Why nothing can be told, if so, and the points as far as somebody who is the person is seen."""
        gate = found(pose, light)
        if gate is not None or pose is None:
            return gate, None
        seen = sight(pose)
        placed = None if self._judge is None else self._judge.baseline
        if placed is not None:
            gate = out_of_seat(placed, pose, seen)
            if gate is not None:
                return gate, None
        if not self._lock.same(place_of(seen)):
            return Gate("two_people", "alone_in_picture"), None
        self._view = view_of(seen) or self._view
        view = placed.view if placed is not None else self._view
        gate = seen_enough(pose, seen, view, light) or hands(seen)
        if gate is None and placed is not None:
            gate = fits_pose(placed, seen)
        if gate is None and placed is None:
            gate = self._start(seen)
        return gate, seen

    def _start(self, seen: Sight) -> Gate | None:
        """Look for a moment before the place is chosen."""
        if not self._baselines:
            return Gate("no_baseline", "calibrate")
        self._looked.append(seen)
        if seen.time_s - self._looked[0].time_s < START_S or self._size is None:
            return Gate("starting", "wait")
        chosen = choose(self._baselines, self._looked, *self._size)
        assert chosen is not None, "there are baselines"
        self._settle(chosen)
        assert self._judge is not None, "just settled"
        return fits_pose(self._judge.baseline, seen)

    # -- presence ------------------------------------------------------------------------------------------------------

    def _presence(self, pose: Pose | None, gate: Gate | None, time_s: float) -> str | None:
        """Follow who is there; ``stand`` when somebody has got up just now."""
        reason = None if gate is None else gate.reason
        if reason == "standing":
            self._empty_since = None
            self._rose_since = time_s if self._rose_since is None else self._rose_since
            return self._stand_up(time_s) if time_s - self._rose_since >= UP_AFTER_S else None
        if reason == "nobody" or (reason == "two_people" and self._empty_since is not None):
            self._empty_since = time_s if self._empty_since is None else self._empty_since
            if time_s - self._empty_since >= AWAY_AFTER_S:
                self._setting.absent()
            if time_s - self._empty_since >= GONE_S:
                self._leave(time_s)
                return self._stand_up(time_s)
            return None
        if pose is not None and reason not in {"two_people", "cut_off"}:
            self._return(time_s)
        return None

    def _stand_up(self, time_s: float) -> str | None:
        """Count it once per absence."""
        if self._up:
            return None
        self._up = True
        self._spell.end()
        self._breaks.stood(time_s)
        self._tally.stands += 1
        return "stand"

    def _leave(self, time_s: float) -> None:
        """Nobody is at the desk any more: who comes next may sit elsewhere."""
        self._spell.wait(time_s)
        self._setting.absent()
        self._movement.forget()
        self._lock.forget()
        if len(self._baselines) > 1:
            self._choose_again()

    def _return(self, time_s: float) -> None:
        if self._empty_since is not None and time_s - self._empty_since >= AWAY_AFTER_S:
            self._movement.forget()
        self._empty_since = self._rose_since = None
        self._up = False

    # -- judging -------------------------------------------------------------------------------------------------------

    def _judged(self, gate: Gate | None, seen: Sight | None, time_s: float, interval: float) -> FrameScore | None:
        if gate is not None or seen is None or self._judge is None:
            self._spell.wait(time_s)
            return None
        placed = self._judge.baseline
        features, x = placing(placed, seen)
        if features is not None and self._setting.observe(known_of(placed), features, x, time_s):
            self._movement.forget()
        judged = self._judge.judge(seen, lift=self._setting.lift)
        if judged is None or judged.score is None or judged.index is None:
            return None
        self._setting.score(judged.index, interval, self._breaks.changes)
        self._spell.observe(judged.score, time_s)
        return judged

    def _moves(self, gate: Gate | None, seen: Sight, time_s: float) -> bool:
        """Whether this picture completes a change of posture. While the head is busy the trunk still counts."""
        busy = {"hand_at_face", "turned", "tilted", "looking_down", "no_baseline", "starting"}
        if gate is not None and gate.reason not in busy:
            return False
        size = size_px(seen, side=self._view == SIDE)
        if size is None:
            return False
        self._unit_px = self._unit_px or size
        head = gate is None or gate.reason in {"no_baseline", "starting"}
        stance = stance_of(seen, self._unit_px, side=self._view == SIDE, anchor=None if head else self._movement.anchor)
        return (head or self._movement.anchor is not None) and self._movement.observe(stance, time_s)

    def _state(self, gate: Gate | None, time_s: float) -> str:
        if self._empty_since is not None and time_s - self._empty_since >= AWAY_AFTER_S:
            return "away"
        if gate is None:
            return "slouch" if self._spell.slouching else "comfort"
        return "starting" if gate.reason == "starting" else "unknown"

    # -- saying --------------------------------------------------------------------------------------------------------

    def _notice(self, state: str, recalibrate: str | None, time_s: float) -> Notice | None:
        """At most one notice: first whether the measure still holds, then the slouch, then time to move."""
        if recalibrate is None:
            self._proposed_since = None
        elif self._proposed_since is None:
            self._proposed_since = time_s
        if state in {"away", "starting"} or not self._budget.allows(time_s):
            return None
        notice = self._wanted(state, recalibrate, time_s)
        if notice is not None:
            self._budget.spend(time_s)
        return notice

    def _wanted(self, state: str, recalibrate: str | None, time_s: float) -> Notice | None:
        since = self._proposed_since
        if recalibrate is not None and since is not None and recalibrate not in self._proposals_told:
            if time_s - since < RECALIBRATE_AFTER_S:
                return None
            self._proposals_told.add(recalibrate)
            return Notice("recalibrate", recalibrate)
        # Who got up lately sits down anew, a little elsewhere perhaps; the screen hints, and nothing is told.
        tell = recalibrate not in {MOVED, RESOLUTION} and not self._breaks.stood_lately(time_s)
        if state == "slouch" and self._spell.due and tell:
            self._spell.told = True
            return Notice("slouch")
        kind = self._breaks.due(self.options.break_rule, self.options.break_every_s, time_s)
        if kind is not None and state != "unknown":
            self._breaks.offered()
            return Notice(kind)
        return None

    def _verdict(
        self,
        time_s: float,
        state: str,
        gate: Gate | None,
        judged: FrameScore | None,
        notice: Notice | None,
        credit: str | None,
        recalibrate: str | None,
    ) -> Verdict:
        chosen, breaks = self._chosen, self._breaks
        moving = self._movement.moving(time_s)
        return Verdict(
            time_s=time_s,
            state=state,
            gate=gate,
            score=self._spell.score if judged is not None else None,
            index=None if judged is None else judged.index,
            view=self._view,
            confidence=NORMAL if chosen is None else chosen.confidence,
            place_id=None if chosen is None else chosen.place,
            baseline_id=None if chosen is None else chosen.id,
            lean=None if judged is None else judged.lean,
            neck_lean_deg=None if judged is None else judged.neck_lean_deg,
            tilt_deg=None if judged is None else judged.tilt_deg,
            slouch_s=self._spell.spell_s,
            hint=gate is None and self._spell.hint and recalibrate not in {MOVED, RESOLUTION},
            still_s=breaks.still_s,
            break_in_s=None if state == "away" else self._break_in_s(),
            changes=breaks.changes,
            stands=breaks.stands,
            changes_per_hour=breaks.changes_per_hour,
            moving=moving,
            movement=self._movement.index,
            notice=notice,
            credit=credit,
            recalibrate=recalibrate,
            zone=None if chosen is None else chosen.zone,
            look_again_s=self._look_again(state, time_s, moving=moving),
        )

    def _break_in_s(self) -> float | None:
        return self._breaks.due_in_s(self.options.break_rule, self.options.break_every_s)

    def _look_again(self, state: str, time_s: float, *, moving: bool) -> float:
        """Fast while somebody moves, slow while they sit still, hardly ever while nobody is there."""
        if state == "away" and self._empty_since is not None and time_s - self._empty_since >= GONE_S:
            return LOOK_AWAY_S
        # A joint that was lost in one picture is mostly there in the next: looked at soon, it makes no gap.
        lost_now = state == "unknown" and self._spell.fresh(time_s)
        if moving or lost_now or state == "starting":
            return LOOK_MOVING_S
        return LOOK_STILL_S if self._movement.still(time_s) else LOOK_SETTLED_S
