"""Missed check-ins: when silence is more than chance (CLINICAL 5.2 N1, N2; 5.3 personal silence rule).

Silence is a lack of information and not bad pain (F39), except after a worsening. How long it must last depends on how
often this person misses anyhow. That share is taken from the days *before* the silence began: a run of misses must not
raise the limit it is measured against.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tracker.alerts.rules_facts import DayFacts, Family, Firing
from tracker.alerts.rules_parameters import Parameters
from tracker.alerts.rules_statistics import shortest_run
from tracker.regimen.rules_levels import Level

_FIRST_BOUNDS = (2, 5)
_SECOND_BOUNDS = (3, 7)


@dataclass(slots=True)
class Silence:
    """Counts expected check-ins that did not come. A day without an expected check-in neither counts nor ends a run."""

    parameters: Parameters
    missed: list[bool | None] = field(default_factory=list)
    """For every day: missed, kept, or nothing expected and nothing came (None)."""
    run: int = 0
    limits: tuple[int, int] | None = None
    """Of the run that is under way."""
    share: float | None = None

    def look(self, facts: DayFacts, *, worsening: bool, urgent: bool) -> Firing | None:
        """N1 or N2, whichever holds on the next day. `urgent`: an L3 or L4 is open, so one missed day is enough."""
        if facts.heard_from:
            self.missed.append(False)
            self.run, self.limits = 0, None
            return None
        if not facts.expected:
            self.missed.append(None)
            return None
        if self.limits is None:
            self.limits = self._limits(worsening=worsening)
        self.missed.append(True)
        self.run += 1
        first, second = self.limits
        if urgent:
            second = min(second, self.parameters.missed_when_urgent)
        values: dict[str, float | str | bool] = {"missed": self.run, "worsening": worsening, "urgent": urgent}
        if self.share is not None:
            values["usual_share"] = self.share
        if self.run >= second:
            return Firing("N2", Level.REVIEW, Family.NONRESPONSE, values | {"limit": second})
        if self.run >= first:
            return Firing("N1", Level.SELF_CARE, Family.NONRESPONSE, values | {"limit": first})
        return None

    def start_again(self) -> None:
        """A clinician has dealt with the silence so far. What is usual for the person stays as it was before it."""
        self.run = 0

    def _limits(self, *, worsening: bool) -> tuple[int, int]:
        parameters = self.parameters
        self.share = None
        if worsening:
            return parameters.missed1_worsening, parameters.missed2_worsening
        if not parameters.personal_silence or len(self.missed) < parameters.silence_days:
            return parameters.missed1, parameters.missed2
        expected = [missed for missed in self.missed[-parameters.silence_days :] if missed is not None]
        weight = parameters.silence_prior_weight
        self.share = (sum(expected) + weight * parameters.silence_prior) / (len(expected) + weight)
        least1, most1 = _FIRST_BOUNDS
        least2, most2 = _SECOND_BOUNDS
        return (
            shortest_run(self.share, parameters.silence_interval1_days, least=least1, most=most1),
            shortest_run(self.share, parameters.silence_interval2_days, least=least2, most=most2),
        )
