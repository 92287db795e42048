"""The escalation engine: a patient's history in, a level and its reasons for every day out (CLINICAL 5.1 to 5.6).

Pure, and replayable: `evaluate` knows nothing but its arguments, walks through the days once and never looks ahead, so
that the answer for a day is the same whether or not later days are known. Late and edited entries therefore need no
special case: put them where they belong and walk again.

Conventions: see `rules_facts`. A *trigger* is the highest level that the rules give on a day. The *state* rises to a
trigger at once and is kept per family, so that a clinician can close one matter and leave another open; it falls only
as 5.6 says, and from L3 on only by a clinician. Days without a check-in change nothing but the count of silence.

Limits: one daily number cannot be judged faster than 5.4 allows. The engine does not read free text, does not know
which exercise hurt, and "rising week to week" of 4.5 is left to the trend rules: CLINICAL gives it no number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tracker.alerts.rules_channel import Channel, gates
from tracker.alerts.rules_facts import (
    USUAL_SETTLES,
    ClinicianEvent,
    DayFacts,
    DayResult,
    Episode,
    ExercisePain,
    Family,
    Firing,
    History,
)
from tracker.alerts.rules_parameters import DEFAULT, PRESETS, Parameters, ParametersError, parameters_from
from tracker.alerts.rules_silence import Silence
from tracker.alerts.rules_slow import SlowRules
from tracker.alerts.rules_statistics import Trend
from tracker.regimen.rules_levels import Level

__all__ = [
    "CLOSING_KINDS",
    "DEFAULT",
    "ENGINE_VERSION",
    "PRESETS",
    "ClinicianEvent",
    "DayFacts",
    "DayResult",
    "Episode",
    "ExercisePain",
    "Family",
    "Firing",
    "History",
    "Parameters",
    "ParametersError",
    "evaluate",
    "parameters_from",
    "severity",
]  # fmt: skip

ENGINE_VERSION: Final = "1.1.0"
"""Changes whenever the same history and parameters could give another answer."""

CLOSED: Final = "closed"
LEVEL_CLOSED: Final = "level_closed"
ACCEPTED_BASELINE: Final = "accepted_baseline"
CONFIRMED: Final = "confirmed"
CLOSING_KINDS: Final = (CLOSED, LEVEL_CLOSED, ACCEPTED_BASELINE, CONFIRMED)

U_SEVERE: Final = "U_SEVERE"
_CRISIS_PREFIX: Final = "C_"
_RED_NAMES: Final = {Level.EMERGENCY: "RED-E", Level.URGENT: "RED-U", Level.REVIEW: "RED-D"}
_NOTHING: Final = DayFacts()
# A pain that had to be looked at must not become "usual"; that somebody should see a doctor because an unchanged pain
# has lasted for weeks (TIME) says nothing of the kind, and would keep the baseline from ever being learnt.
_NEUTRAL_FOR_BASELINE: Final = frozenset({Family.TIME, Family.NONRESPONSE})


def evaluate(history: History, parameters: Parameters = DEFAULT) -> tuple[DayResult, ...]:
    """One result for every day from 0 to `history.last_day`. Days outside are ignored.

    Raises ValueError for an event of an unknown kind, or one without the value its kind needs.
    """
    walk = _Walk(history, parameters)
    before, after = _by_day(history.events)
    results = []
    for day in range(history.last_day + 1):
        for event in before.get(day, ()):
            walk.obey(event)
        facts = history.days.get(day, _NOTHING)
        fired = walk.look(day, facts)
        trigger = max((firing.level for firing in fired), default=Level.STEADY)
        walk.settle(day, facts, fired, trigger)
        for event in after.get(day, ()):
            walk.obey(event)
        results.append(walk.result(day, facts, fired, trigger))
    return tuple(results)


def severity(result: DayResult, parameters: Parameters = DEFAULT) -> float:
    """(E - mu0) / g2, by which a worklist sorts what is equally urgent (7.2): 1 is as far as C2 asks for."""
    if result.ewma is None:
        return 0.0
    _, gate2 = gates(result.baseline, result.spread, parameters)
    return (result.ewma - result.baseline) / gate2


def _by_day(
    events: Sequence[ClinicianEvent],
) -> tuple[dict[int, list[ClinicianEvent]], dict[int, list[ClinicianEvent]]]:
    """The events that come before and after each day's check-in, in an order of their own, not in that of arrival."""
    for event in events:
        if event.kind not in CLOSING_KINDS:
            raise ValueError(f"{event.kind!r} is no kind of event: {', '.join(CLOSING_KINDS)}")
        if event.kind in {ACCEPTED_BASELINE, LEVEL_CLOSED} and event.value is None:
            raise ValueError(f"{event.kind} needs a value")
    before: dict[int, list[ClinicianEvent]] = {}
    after: dict[int, list[ClinicianEvent]] = {}
    for event in sorted(events, key=lambda e: (e.day, CLOSING_KINDS.index(e.kind), e.family or "", e.value or 0.0)):
        (after if event.after_entry else before).setdefault(event.day, []).append(event)
    return before, after


@dataclass(slots=True)
class _Walk:
    """What has to be remembered from day to day."""

    history: History
    parameters: Parameters

    pain: Channel = field(init=False)
    interference: Channel = field(init=False)
    worst: Channel = field(init=False)
    silence: Silence = field(init=False)
    slow: SlowRules = field(init=False)

    open: dict[Family, Level] = field(default_factory=dict)
    late: list[tuple[int, Family, Level]] = field(default_factory=list)
    """What late entries said, with the day it became known: a closing before that day did not mean it."""
    calm1: int = 0
    calm2: int = 0
    resolved: set[Family] = field(default_factory=set)
    """What was at L2 and settled by itself, until a clinician confirms."""

    excluded: set[int] = field(default_factory=set)
    trending_days: list[int] = field(default_factory=list)
    severe_days: list[int] = field(default_factory=list)
    flare_days: list[int] = field(default_factory=list)
    red_exercise_days: list[int] = field(default_factory=list)
    was_unable: bool = False
    worsening: bool = False
    """Whether C1 or T1 was true at the latest check-in; silence after that is more worrying."""

    def __post_init__(self) -> None:
        self.pain = Channel(self.parameters, self.history.intake_average, self.excluded)
        self.interference = Channel(self.parameters, None, self.excluded)
        self.worst = Channel(self.parameters, None, self.excluded)
        self.silence = Silence(self.parameters)
        self.slow = SlowRules(self.parameters, self.history)

    @property
    def state(self) -> Level:
        return max(self.open.values(), default=Level.STEADY)

    # ------------------------------------------------------------------------------------------ one day's rules

    def look(self, day: int, facts: DayFacts) -> list[Firing]:
        """All rules that are in force on `day`."""
        self.pain.begin_day(day)
        fired: list[Firing] = []
        if self.history.enrolment and day == 0:
            fired += self._high_start()
        if facts is not _NOTHING:
            fired += _red_flags(facts, also=(U_SEVERE,) if self._newly_unable(facts) else ())
            if facts.average is not None:
                self.pain.take(day, facts.average)
                fired += self._acute(day, facts, facts.average)
                fired += self._trend(day, facts)
            elif facts.cannot_do_activities:
                fired.append(Firing("F1", Level.REVIEW, Family.ACUTE, {}))
            fired += self._flares(day, facts)
            fired += self._exercise(day, facts)
            fired += self.slow.look(day, facts, self.pain)
        self.slow.review(day, self.pain, fired)
        missed = self.silence.look(facts, worsening=self.worsening, urgent=self.state >= Level.URGENT)
        if missed is not None:
            fired.append(missed)
        return fired

    def _high_start(self) -> list[Firing]:
        """5.3, ceiling: pain that starts near the top cannot show a rise, so somebody looks at it once."""
        intake = self.history.intake_average
        if intake < self.parameters.ceiling:
            return []
        return [Firing("EN", Level.REVIEW, Family.TIME, {"intake_average": intake})]

    def _newly_unable(self, facts: DayFacts) -> bool:
        """F1 "new or worse with avg >= 8 = flag U_SEVERE". Somebody who lives with both would be urgent every day."""
        if facts.average is None:
            return False
        was_unable, self.was_unable = self.was_unable, facts.cannot_do_activities
        worse = facts.worse_than_usual or (bool(self.pain.values) and facts.average > self.pain.values[-1])
        severe = facts.average >= self.parameters.very_severe
        return facts.cannot_do_activities and severe and (worse or not was_unable)

    def _acute(self, day: int, facts: DayFacts, average: float) -> list[Firing]:
        """A1 to A3 and F1, which need no run-in."""
        parameters, baseline = self.parameters, self.pain.baseline
        rise, headroom = average - baseline, 10 - baseline
        seen: dict[str, float | str | bool] = {"average": average, "baseline": baseline, "spread": self.pain.spread}
        fired = []
        if (
            average >= parameters.very_severe
            and (facts.interference or 0) >= parameters.very_severe
            and rise >= min(parameters.jump, headroom)
        ):
            fired.append(Firing("A1", Level.URGENT, Family.ACUTE, seen | {"interference": facts.interference or 0}))
        needed = max(parameters.severe_jump, parameters.severe_jump_spreads * self.pain.spread)
        if baseline > parameters.ceiling:
            needed = max(1.0, headroom)
        if average >= parameters.severe and rise >= needed:
            again = any(day - earlier <= parameters.severe_again_days for earlier in self.severe_days)
            level = Level.REVIEW if again else Level.SELF_CARE
            fired.append(Firing("A2", level, Family.ACUTE, seen | {"needed": needed, "again": again}))
            self.severe_days.append(day)
            self.excluded.add(day)
        if facts.flare or (facts.worse_than_usual and rise >= parameters.jump):
            fired.append(Firing("A3", Level.SELF_CARE, Family.ACUTE, seen | {"flare": facts.flare}))
        if facts.cannot_do_activities:
            fired.append(Firing("F1", Level.REVIEW, Family.ACUTE, seen))
        return fired

    def _flares(self, day: int, facts: DayFacts) -> list[Firing]:
        """4.3: a flare is asked for directly, since most are no days of above-average pain."""
        if not facts.flare:
            return []
        parameters = self.parameters
        self.flare_days = [d for d in self.flare_days if day - d < parameters.flare_window_days]
        self.flare_days.append(day)
        count = len(self.flare_days)
        fired = []
        if facts.average is None:
            fired.append(Firing("A3", Level.SELF_CARE, Family.ACUTE, {"flare": True}))
        if count >= parameters.flares:
            values = {"flares": count, "days": parameters.flare_window_days}
            fired.append(Firing("A4", Level.REVIEW, Family.ACUTE, values))
        return fired

    def _exercise(self, day: int, facts: DayFacts) -> list[Firing]:
        """X1: the red and late red zones of the pain-monitoring model (4.5), counted in days with such a session."""
        parameters, baseline = self.parameters, self.pain.baseline
        reds = [red for pain in facts.exercises if (red := exercise_red(pain, baseline, parameters)) is not None]
        if not reds:
            return []
        self.red_exercise_days = [d for d in self.red_exercise_days if day - d < parameters.exercise_window_days]
        self.red_exercise_days.append(day)
        times = len(self.red_exercise_days)
        level = Level.REVIEW if times >= parameters.exercise_times else Level.SELF_CARE
        return [Firing("X1", level, Family.EXERCISE, {"why": ", ".join(sorted(set(reds))), "times": times})]

    def _trend(self, day: int, facts: DayFacts) -> list[Firing]:
        """C1 to C3, T1 and T2 on average pain, and what the other channels add."""
        parameters = self.parameters
        fired = channel_firings(self.pain, parameters) if day >= parameters.trend_from_day else []
        own = any(firing.rule in {"C1", "T1"} for firing in fired)
        self.worsening = own
        if own:
            self.trending_days.append(day)
        self.trending_days = [d for d in self.trending_days if day - d < parameters.persistence_window_days]
        if len(self.trending_days) >= parameters.persistence_days:
            values = {"days": len(self.trending_days), "of": parameters.persistence_window_days}
            fired.append(Firing("C3", Level.REVIEW, Family.TREND, values))
        if parameters.second_channel:
            others = self._other_channels(day, facts)
            fired += others
            if own and parameters.both_channels_raise and any(firing.rule.startswith("I") for firing in others):
                fired.append(Firing("I2", Level.REVIEW, Family.TREND, {"both": True}))
        return fired

    def _other_channels(self, day: int, facts: DayFacts) -> list[Firing]:
        """Interference always, worst pain near the ceiling: they may raise to L1 and no further (5.2, 5.3)."""
        fired = []
        near_ceiling = self.pain.baseline > self.parameters.ceiling
        channels = (("I", self.interference, facts.interference, True), ("W", self.worst, facts.worst, near_ceiling))
        for letter, channel, value, counts in channels:
            if value is None:
                continue
            self._catch_up(channel, day)
            channel.take(day, value)
            if counts and channel.ready:
                fired += [
                    Firing(letter + firing.rule, Level.SELF_CARE, Family.TREND, firing.values)
                    for firing in channel_firings(channel, self.parameters)
                    if firing.level == Level.SELF_CARE
                ]
        return fired

    def _catch_up(self, channel: Channel, day: int) -> None:
        """Most people are not asked for these every day, so their weekly baseline is caught up with when one comes."""
        first = channel.days[-1] + 1 if channel.days else day
        for skipped in range(first, day + 1):
            channel.begin_day(skipped)

    # ------------------------------------------------------------------------------------------ state

    def settle(self, day: int, facts: DayFacts, fired: list[Firing], trigger: Level) -> None:
        """Raises the state to what fired, and lets it fall where 5.6 allows."""
        for firing in fired:
            if firing.level > self.open.get(firing.family, Level.STEADY):
                self.open[firing.family] = firing.level
            if firing.level >= Level.REVIEW:
                self.resolved.discard(firing.family)
            if facts.received_day is not None and facts.received_day > day:
                self.late.append((facts.received_day, firing.family, firing.level))
        if facts.answered and any(
            firing.level >= Level.REVIEW and firing.family not in _NEUTRAL_FOR_BASELINE for firing in fired
        ):
            self.excluded.add(day)
        self._calm_down(facts, trigger)

    def _calm_down(self, facts: DayFacts, trigger: Level) -> None:
        """5.6: three quiet check-ins end L1, seven end L2; any trigger in between starts the count again."""
        parameters, excess = self.parameters, self.pain.excess
        if trigger > Level.STEADY:
            self.calm1 = 0
        if trigger > Level.SELF_CARE:
            self.calm2 = 0
        if not facts.answered:
            return
        quiet1 = trigger == Level.STEADY and excess < parameters.calm1_gate
        quiet2 = trigger <= Level.SELF_CARE and excess < parameters.calm2_gate
        self.calm1 = self.calm1 + 1 if quiet1 else 0
        self.calm2 = self.calm2 + 1 if quiet2 else 0
        if not self.open:
            return
        calm1, calm2 = self.calm1 >= parameters.calm1_check_ins, self.calm2 >= parameters.calm2_check_ins
        for family, level in tuple(self.open.items()):
            if level == Level.REVIEW and calm2:
                self.resolved.add(family)
                self.open[family] = Level.SELF_CARE
            if self.open[family] == Level.SELF_CARE and calm1:
                del self.open[family]

    # ------------------------------------------------------------------------------------------ a clinician

    def obey(self, event: ClinicianEvent) -> None:
        """Does what a clinician decided."""
        if event.kind == CONFIRMED:
            self.resolved -= {family for family in Family if event.family in {None, family}}
            return
        start = event.day + 1 if event.after_entry else event.day
        if event.kind == ACCEPTED_BASELINE:
            # Accepting a pain as usual says nothing about what is no pain, or urgent; those are closed by name. Before
            # 1.1.0 it could be said about any family: what was closed then stays closed.
            settled = (USUAL_SETTLES | {event.family}) - {Family.RED}
            for family in Family:
                if family in settled and self.open.get(family, Level.STEADY) <= Level.REVIEW:
                    self._close(family, event, start)
            self.pain.accept(start, event.value or 0.0)
            self.slow.accept()
            return
        for family in Family:
            if event.kind == CLOSED:
                meant = event.family is None or event.family == family
            else:
                meant = self.open.get(family, Level.STEADY) <= (event.value or 0)
            if meant:
                self._close(family, event, start)

    def _close(self, family: Family, event: ClinicianEvent, start: int) -> None:
        """Closes `family`, and lets its evidence count from `start` on; else old evidence would fire again at once."""
        unknown = [
            level
            for received, of, level in self.late
            if of == family and (received > event.day or (received == event.day and not event.after_entry))
        ]
        self.open.pop(family, None)
        self.resolved.discard(family)
        if unknown:
            self.open[family] = max(unknown)
        if family == Family.TREND:
            self.trending_days.clear()
            self.worsening = False
            for channel in (self.pain, self.interference, self.worst):
                channel.look_anew(start)
        elif family == Family.ACUTE:
            self.severe_days.clear()
            self.flare_days.clear()
        elif family == Family.EXERCISE:
            self.red_exercise_days.clear()
        elif family == Family.NONRESPONSE:
            self.silence.start_again()
        elif family in {Family.WELLBEING, Family.TIME}:
            self.slow.close(family)

    def result(self, day: int, facts: DayFacts, fired: list[Firing], trigger: Level) -> DayResult:
        pain = self.pain
        return DayResult(
            day=day,
            answered=facts.answered,
            trigger=trigger,
            firings=tuple(fired),
            state=self.state,
            baseline=pain.baseline,
            spread=pain.spread,
            ewma=pain.ewma,
            cusum=pain.cusum,
            improving=pain.improving,
            provisional=pain.returned_day is not None,
            resolved=bool(self.resolved),
            families=dict(self.open),
        )


# ---------------------------------------------------------------------------------------------- single rules


def _red_flags(facts: DayFacts, also: Sequence[str] = ()) -> list[Firing]:
    """RED and the crisis path: before all statistics, at whatever pain (5.2). One firing per level names its codes.

    `also`: urgent flags that follow from other answers.
    """
    fired = []
    if facts.self_harm or any(code.startswith(_CRISIS_PREFIX) for code in facts.flags):
        fired.append(Firing("CRISIS", Level.EMERGENCY, Family.RED, {"codes": "C_MOOD"}))
    by_level: dict[Level, list[str]] = {Level.URGENT: list(also)} if also else {}
    for code, level in facts.flags.items():
        if level > Level.STEADY and not code.startswith(_CRISIS_PREFIX):
            by_level.setdefault(max(level, Level.REVIEW), []).append(code)
    for level, codes in by_level.items():
        fired.append(Firing(_RED_NAMES[level], level, Family.RED, {"codes": ", ".join(sorted(set(codes)))}))
    return fired


def exercise_red(pain: ExercisePain, baseline: float, parameters: Parameters = DEFAULT) -> str | None:
    """Why this pain is in a red zone of 4.5, None if it is in none. A baseline above 5 moves the limit to pre + 2."""
    if pain.neurological:
        return "neurological"
    if pain.sharp:
        return "sharp"
    limit = parameters.exercise_red
    if baseline > parameters.exercise_red and pain.before is not None:
        limit = max(limit, min(parameters.exercise_red_most, pain.before + parameters.exercise_rise))
    if pain.during is not None and pain.during > limit:
        return "during"
    rose = (
        pain.next_morning is not None
        and pain.before is not None
        and pain.next_morning >= pain.before + parameters.exercise_rise
    )
    return "next morning" if rose or pain.settled is False else None


def channel_firings(channel: Channel, parameters: Parameters = DEFAULT) -> list[Firing]:
    """C1, C2, T1 and T2 on one channel, after it has taken the day's answer.

    Every trend rule also asks for E - mu0 of at least the trend gate, the lowest of all gates (`parameters_from` sees
    to it); below it the pairs of the last three weeks need not be compared at all. That is most days.
    """
    excess = channel.excess
    if excess < parameters.trend_gate:
        return []
    levels: list[tuple[str, Level]] = []
    if channel.cusum >= parameters.h1 and excess >= channel.gate1:
        levels.append(("C1", Level.SELF_CARE))
    if channel.cusum >= parameters.h2 and excess >= channel.gate2:
        levels.append(("C2", Level.REVIEW))
    found = channel.recent_trend()
    if found is not None and found.z >= parameters.trend_z1 and found.rise >= parameters.trend_rise1:
        levels.append(("T1", Level.SELF_CARE))
        if found.z >= parameters.trend_z2 and found.rise >= parameters.trend_rise2 and excess >= channel.gate1:
            levels.append(("T2", Level.REVIEW))
    values = _trend_values(channel, found) if levels else {}
    return [Firing(rule, level, Family.TREND, values) for rule, level in levels]


def _trend_values(channel: Channel, found: Trend | None) -> Mapping[str, float | str | bool]:
    values: dict[str, float | str | bool] = {
        "average": channel.values[-1],
        "baseline": channel.baseline,
        "spread": channel.spread,
        "ewma": channel.ewma or 0.0,
        "cusum": channel.cusum,
    }
    return values if found is None else values | {"z": found.z, "rise": found.rise}
