"""Rules on what is asked weekly or fades over days: function, mood, medicine, and time itself (CLINICAL 5.2, 1.8 Q1).

P1 compares with the first value of an instrument, or with the latest one at the time a clinician accepted a new
baseline. Two weekly forms count as consecutive when they are 4 to 10 days apart: people fill them in a day or two
early or late. "While the average rises" of K1 is read as E - mu0 of at least 0.5, the lowest rise any rule speaks of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tracker.alerts.rules_channel import Channel
from tracker.alerts.rules_facts import DayFacts, Episode, Family, Firing, History
from tracker.alerts.rules_parameters import Parameters
from tracker.regimen.rules_levels import Level

_WEEK_APART: Final = range(4, 11)

# 1.8 Q1: days since the episode began, and how much better the pain must be by then, in points or as a share.
_FEW_DAYS, _ONE_WEEK, _TWO_WEEKS, _FOUR_WEEKS, _TWELVE_WEEKS = 4, 7, 14, 28, 84
_STAGES: Final = (_TWELVE_WEEKS, _FOUR_WEEKS, _TWO_WEEKS, _ONE_WEEK, _FEW_DAYS)
_BETTER: Final = {_FEW_DAYS: (1.0, 0.15), _ONE_WEEK: (2.0, 0.30)}
_REVIEW: Final = -1
"""The stage of a clinician's review date."""


@dataclass(slots=True)
class SlowRules:
    """P1, M1, K1 and the time rules, with what they need to remember."""

    parameters: Parameters
    history: History

    first: dict[str, float] = field(default_factory=dict)
    latest: dict[str, float] = field(default_factory=dict)
    high_peg_days: list[int] = field(default_factory=list)
    low_mood_days: list[int] = field(default_factory=list)
    medicine_days: list[int] = field(default_factory=list)
    closed_stages: set[int] = field(default_factory=set)
    stage: int | None = None

    def look(self, day: int, facts: DayFacts, pain: Channel) -> list[Firing]:
        """What the answers of `day` say."""
        return [*self._function(day, facts), *self._mood(day, facts), *self._medicine(day, facts, pain)]

    # ------------------------------------------------------------------------------------------ well-being

    def _function(self, day: int, facts: DayFacts) -> list[Firing]:
        """P1, on the day an instrument was filled in."""
        parameters = self.parameters
        reasons: dict[str, float | str | bool] = {}
        for name, value in (("peg", facts.peg), ("psfs", facts.psfs), ("ndi", facts.ndi)):
            if value is None:
                continue
            base = self.first.setdefault(name, value)
            self.latest[name] = value
            if name == "peg":
                due = self._peg_rose(day, value - base)
            elif name == "psfs":
                due = base - value >= parameters.psfs_fall
            else:
                due = value - base >= parameters.ndi_rise
            if due:
                reasons |= {name: value, f"{name}_base": base}
        return [Firing("P1", Level.REVIEW, Family.WELLBEING, reasons)] if reasons else []

    def _peg_rose(self, day: int, rise: float) -> bool:
        parameters = self.parameters
        if rise < parameters.peg_rise:
            return False
        before = any(day - earlier in _WEEK_APART for earlier in self.high_peg_days)
        self.high_peg_days.append(day)
        return before or rise >= parameters.peg_strong_rise

    def _mood(self, day: int, facts: DayFacts) -> list[Firing]:
        """M1. The self-harm item is no matter of statistics: see the red flags."""
        parameters = self.parameters
        values: dict[str, float | str | bool] = {}
        if facts.mood is not None and facts.mood <= parameters.low_mood:
            self.low_mood_days = [d for d in self.low_mood_days if day - d < parameters.low_mood_window_days]
            self.low_mood_days.append(day)
            if len(self.low_mood_days) >= parameters.low_mood_days:
                values |= {"mood": facts.mood, "low_days": len(self.low_mood_days)}
        if facts.phq2 is not None and facts.phq2 >= parameters.phq2:
            values["phq2"] = facts.phq2
        return [Firing("M1", Level.REVIEW, Family.WELLBEING, values)] if values else []

    def _medicine(self, day: int, facts: DayFacts, pain: Channel) -> list[Firing]:
        """K1, on a day with medicine."""
        parameters = self.parameters
        values: dict[str, float | str | bool] = {}
        if facts.medicine_taken:
            self.medicine_days = [d for d in self.medicine_days if day - d < parameters.medicine_window_days]
            self.medicine_days.append(day)
            if len(self.medicine_days) > parameters.medicine_days and pain.excess >= parameters.trend_gate:
                values |= {"medicine_days": len(self.medicine_days), "rise": pain.excess}
        if facts.medicine_over_label:
            values["over_label"] = True
        return [Firing("K1", Level.REVIEW, Family.WELLBEING, values)] if values else []

    # ------------------------------------------------------------------------------------------ time

    def review(self, day: int, pain: Channel, fired: list[Firing]) -> None:
        """Adds the time rule in force on `day`. They go by the latest average, and only speak on a check-in."""
        episode = self.history.episode
        if episode is None or not pain.days or pain.days[-1] != day:
            return
        found = self._time(day, episode, pain.values[-1])
        if found is not None:
            fired.append(found)

    def _time(self, day: int, episode: Episode, average: float) -> Firing | None:
        parameters = self.parameters
        values: dict[str, float | str | bool] = {
            "average": average,
            "intake_average": episode.intake_average,
            "days": day - episode.began_day,
        }
        if episode.seen_by_clinician_day is not None and episode.seen_by_clinician_day <= day:
            # "For patients already under a clinician the T-rules become the clinician's review date."
            due = episode.review_day is not None and day >= episode.review_day and _REVIEW not in self.closed_stages
            self.stage = _REVIEW if due else None
            return (
                Firing("TMR", Level.REVIEW, Family.TIME, values) if due and average >= parameters.unresolved else None
            )
        elapsed = day - episode.began_day
        self.stage = next((stage for stage in _STAGES if elapsed >= stage), None)
        if self.stage is None or self.stage in self.closed_stages:
            return None
        if self.stage in _BETTER:
            points, share = _BETTER[self.stage]
            better = episode.intake_average - average
            if better >= points or better >= share * episode.intake_average:
                return None
            level = Level.SELF_CARE if self.stage == _FEW_DAYS else Level.REVIEW
        elif average < parameters.unresolved:
            return None
        elif self.stage == _TWELVE_WEEKS:
            # From here on it is called chronic and watched against the personal baseline: said once.
            self.closed_stages.add(self.stage)
            level = Level.SELF_CARE
        else:
            level = Level.REVIEW
        return Firing(f"TM{self.stage}", level, Family.TIME, values)

    # ------------------------------------------------------------------------------------------ a clinician

    def close(self, family: Family) -> None:
        """A clinician has dealt with what fired; the evidence begins anew, a time rule waits for its next stage."""
        if family == Family.TIME:
            if self.stage is not None:
                self.closed_stages.add(self.stage)
            return
        self.high_peg_days.clear()
        self.low_mood_days.clear()
        self.medicine_days.clear()

    def accept(self) -> None:
        """The latest answers become what is usual."""
        self.first |= self.latest
