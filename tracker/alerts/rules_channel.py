"""One daily number and what is usual for this person: baseline, spread, CUSUM and EWMA (CLINICAL 5.3).

The engine runs one channel on average pain, and further ones on interference and worst pain. A channel looks only
backwards: what it says on a day never depends on later days. `days` and `values` hold the valid check-ins in order;
the work per day is a handful of operations, except on the days of the weekly baseline and of a trend test.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container
from dataclasses import dataclass, field

from tracker.alerts.rules_parameters import DEFAULT, Parameters
from tracker.alerts.rules_statistics import Trend, spread, trend, trimmed_mean


def gates(baseline: float, usual_spread: float, parameters: Parameters = DEFAULT) -> tuple[float, float]:
    """g1 and g2 of 5.3: how far E must be above mu0, in points, for L1 and for L2."""
    if baseline > parameters.ceiling:
        # Little room is left above: the usual gates could not be reached (5.3, headroom).
        return parameters.ceiling_gate, max(parameters.ceiling_gate, parameters.ceiling_headroom * (10 - baseline))
    return (
        max(parameters.gate1_least, parameters.gate1_spreads * usual_spread),
        max(parameters.gate2_least, parameters.gate2_spreads * usual_spread),
    )


@dataclass(slots=True)
class Channel:
    """The running state of one number. `anchor` is the intake answer, or the baseline a clinician accepted, and None
    for a number that nobody was asked about at intake; such a channel says nothing until it has a baseline.
    """

    parameters: Parameters
    anchor: float | None
    excluded: Container[int] = frozenset()
    """Days that must not shape the baseline: those that worried somebody (5.3)."""
    anchor_day: int = 0
    prior_spread: float = 0.0
    trend_since: int = 0
    """The first day a trend may look at; closing an alert begins a new look."""

    days: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    baseline: float = 0.0
    spread: float = 0.0
    ready: bool = False
    ewma: float | None = None
    cusum: float = 0.0
    lower_cusum: float = 0.0
    returned_day: int | None = None
    """When the person came back after a gap so long that the baseline is provisional, until it is confirmed."""
    gate1: float = 0.0
    gate2: float = 0.0

    def __post_init__(self) -> None:
        self.prior_spread = self.parameters.prior_spread
        if self.anchor is not None:
            self._set_baseline(self.anchor, [])

    # ------------------------------------------------------------------------------------------ baseline

    def begin_day(self, day: int) -> None:
        """Brings the baseline up to date before the answer of `day` is looked at: daily in the run-in, then weekly."""
        since = day - self.anchor_day - self.parameters.run_in_days
        if since < 0:
            if self.anchor is not None:
                self._run_in(day)
        elif since % self.parameters.update_days == 0:
            self._weekly(day)

    def _run_in(self, day: int) -> None:
        # Only a new answer can move it, and a day becomes an answer only after it was looked at.
        if self.days and self.days[-1] == day - 1:
            self._set_baseline(*self._with_anchor(self._usual(self.anchor_day, day - 1)))

    def _weekly(self, day: int) -> None:
        parameters = self.parameters
        newest = day - parameters.guard_days - 1
        usual = self._usual(max(self.anchor_day, day - parameters.window_days), newest)
        if self.anchor is None and len(usual) < parameters.second_channel_least:
            return
        if len(usual) >= parameters.baseline_least:
            centre = trimmed_mean(usual, parameters.trimmed_share)
        elif self.returned_day is not None or self._is_away(day):
            return  # "baseline kept, marked provisional": an old intake answer knows less than what was usual before
        else:
            centre, usual = self._with_anchor(usual)
        recent = self._usual(max(self.anchor_day, day - parameters.recent_days), newest)
        if len(recent) >= parameters.recent_least:
            # The improvement ratchet. Compared with the whole window and not with the capped baseline: otherwise old,
            # higher days would pull the reference up again in the weeks after.
            lower = trimmed_mean(recent, parameters.trimmed_share)
            if lower <= centre - max(parameters.improvement, parameters.improvement_spreads * self.spread):
                centre, usual = lower, recent
        if self.ready:
            centre = min(centre, self.baseline + parameters.upward_cap)
        if self.returned_day is not None and len(self._usual(self.returned_day, newest)) >= parameters.baseline_least:
            self.returned_day = None
        self._set_baseline(centre, usual)

    def _is_away(self, day: int) -> bool:
        return bool(self.days) and day - self.days[-1] > self.parameters.gap_restarts_days

    def _usual(self, first: int, last: int) -> list[float]:
        """The values of the days from `first` to `last` that may shape the baseline."""
        low, high = bisect_left(self.days, first), bisect_right(self.days, last)
        excluded = self.excluded
        return [
            value for day, value in zip(self.days[low:high], self.values[low:high], strict=True) if day not in excluded
        ]

    def _with_anchor(self, usual: list[float]) -> tuple[float, list[float]]:
        weight, count = self.parameters.intake_weight, len(usual)
        anchor = self.anchor or 0.0
        if not count:
            return anchor, usual
        mean = trimmed_mean(usual, self.parameters.trimmed_share)
        return (weight * anchor + count * mean) / (weight + count), usual

    def _set_baseline(self, centre: float, usual: list[float]) -> None:
        parameters = self.parameters
        self.ready = True
        self.baseline = centre
        self.spread = spread(
            usual,
            centre,
            prior=self.prior_spread,
            weight=parameters.prior_weight,
            least=parameters.spread_least,
            most=parameters.spread_most,
        )
        self.gate1, self.gate2 = gates(centre, self.spread, parameters)

    # ------------------------------------------------------------------------------------------ one answer

    def take(self, day: int, value: float) -> None:
        """Adds the answer of `day`. Missing days hold C and E; a long silence halves C, a longer one restarts both."""
        parameters = self.parameters
        gap = day - self.days[-1] if self.days else 1
        self.days.append(day)
        self.values.append(value)
        if self.ewma is None or gap > parameters.gap_restarts_days:
            self.ewma = value
        else:
            self.ewma += (1 - (1 - parameters.smoothing) ** gap) * (value - self.ewma)
        if gap > parameters.gap_restarts_days:
            self.cusum = self.lower_cusum = 0.0
            self.returned_day = day
        elif gap > parameters.gap_halves_days:
            self.cusum /= 2
            self.lower_cusum /= 2
        if self.ready:
            z = (value - self.baseline) / self.spread
            z = min(parameters.z_most, max(-parameters.z_most, z))
            self.cusum = max(0.0, self.cusum + z - parameters.k)
            self.lower_cusum = max(0.0, self.lower_cusum - z - parameters.k)

    @property
    def excess(self) -> float:
        """E - mu0 in points, 0 as long as there is nothing to compare."""
        return self.ewma - self.baseline if self.ewma is not None and self.ready else 0.0

    @property
    def improving(self) -> bool:
        """The mirrored CUSUM has passed h1: lower than usual, and not by chance."""
        return self.lower_cusum >= self.parameters.h1

    def recent_trend(self) -> Trend | None:
        """The trend up to the latest answer, None with too few answers or too short a span."""
        parameters = self.parameters
        if not self.days:
            return None
        first = max(self.trend_since, self.days[-1] - parameters.trend_days + 1)
        start = bisect_left(self.days, first)
        days = self.days[start:]
        if len(days) < parameters.trend_least or days[-1] - days[0] < parameters.trend_span_days:
            return None
        return trend(days, self.values[start:], parameters.autocorrelation)

    # ------------------------------------------------------------------------------------------ a clinician

    def look_anew(self, day: int) -> None:
        """A clinician has closed what this channel said: evidence counts from `day` on, the baseline stays (5.6)."""
        self.cusum = 0.0
        self.trend_since = day

    def accept(self, day: int, baseline: float) -> None:
        """A clinician accepts `baseline` as usual: from `day` on a new run-in around it, with the known spread."""
        self.look_anew(day)
        self.lower_cusum = 0.0
        self.anchor, self.anchor_day = baseline, day
        self.prior_spread = self.spread
        self.ewma = baseline
        self.returned_day = None
        self._set_baseline(baseline, [])
