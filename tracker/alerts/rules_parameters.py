"""The numbers of the escalation engine, as one versioned value that can be stored beside every alert (CLINICAL 5).

Defaults are CLINICAL's, not ours to tune: 5.2 to 5.4 and 5.6 for the rules, 5.5 for the presets. Units: pain in points
of 0..10, times in days of the patient's local calendar, gates and limits in the unit their docstring names. A value
read from outside is checked against bounds outside of which a rule would be switched off without saying so.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final

PARAMETERS_VERSION: Final = "2026.1"


class ParametersError(ValueError):
    """Numbers the engine cannot work with; `problems` names each of them in a sentence."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Parameters:
    """All numbers of CLINICAL 5. Build changed ones with `parameters_from`, which checks them."""

    version: str = PARAMETERS_VERSION

    # Baseline (5.3)
    run_in_days: int = 21
    guard_days: int = 7
    """Days too young for the baseline, so that a worsening under way is not absorbed."""
    window_days: int = 42
    recent_days: int = 21
    """The fortnight of the improvement ratchet ends at the guard and begins here."""
    recent_least: int = 6
    baseline_least: int = 5
    update_days: int = 7
    intake_weight: float = 4.0
    """How many days the intake answer is worth."""
    trimmed_share: float = 0.2
    upward_cap: float = 0.25
    improvement: float = 1.0
    improvement_spreads: float = 0.9
    prior_spread: float = 1.3
    prior_weight: float = 10.0
    spread_least: float = 0.8
    spread_most: float = 2.0

    # CUSUM and EWMA (5.3)
    z_most: float = 2.5
    k: float = 0.75
    h1: float = 2.5
    h2: float = 4.5
    smoothing: float = 0.25
    gap_halves_days: int = 7
    gap_restarts_days: int = 14
    gate1_least: float = 1.0
    gate2_least: float = 1.5
    gate1_spreads: float = 0.8
    gate2_spreads: float = 1.25
    ceiling: float = 7.0
    ceiling_gate: float = 0.75
    ceiling_headroom: float = 0.5

    # Theil-Sen and Mann-Kendall (5.3)
    trend_from_day: int = 7
    trend_days: int = 21
    trend_least: int = 8
    trend_span_days: int = 12
    autocorrelation: float = 0.35
    trend_z1: float = 1.645
    trend_z2: float = 2.326
    trend_rise1: float = 1.0
    trend_rise2: float = 2.0
    trend_gate: float = 0.5
    persistence_days: int = 7
    persistence_window_days: int = 10

    # Acute and exercise rules (5.2, 4.3, 4.5)
    very_severe: float = 8.0
    severe: float = 7.0
    jump: float = 2.0
    severe_jump: float = 3.0
    severe_jump_spreads: float = 2.0
    severe_again_days: int = 3
    flares: int = 3
    flare_window_days: int = 7
    exercise_red: float = 5.0
    exercise_rise: float = 2.0
    exercise_red_most: float = 8.0
    exercise_times: int = 3
    exercise_window_days: int = 14

    # Well-being (5.2)
    peg_rise: float = 1.0
    peg_strong_rise: float = 2.0
    psfs_fall: float = 2.0
    ndi_rise: float = 10.0
    low_mood: float = 2.0
    low_mood_days: int = 3
    low_mood_window_days: int = 5
    phq2: int = 3
    medicine_days: int = 10
    medicine_window_days: int = 14

    # Silence (5.2, 5.3)
    missed1: int = 3
    missed2: int = 5
    missed1_worsening: int = 2
    missed2_worsening: int = 3
    missed_when_urgent: int = 1
    personal_silence: bool = True
    """False keeps the fixed limits for good, as the reference of 5.7 does."""
    silence_days: int = 28
    silence_prior: float = 0.15
    silence_prior_weight: float = 10.0
    """Expected check-ins the prior is worth `[design]`: 5.3 names the prior, not its weight; ten as for the spread."""
    silence_interval1_days: float = 100.0
    silence_interval2_days: float = 1000.0

    # Second channel (5.2)
    second_channel: bool = True
    second_channel_least: int = 10
    """Ratings of interference that its own baseline needs; there is no intake answer to lean on `[design]`."""
    both_channels_raise: bool = False

    # De-escalation (5.6)
    calm1_check_ins: int = 3
    calm1_gate: float = 0.5
    calm2_check_ins: int = 7
    calm2_gate: float = 0.75

    # Time rules (1.8 Q1)
    unresolved: float = 2.0

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON and for the row of an alert."""
        return asdict(self)


DEFAULT: Final = Parameters()
PRESETS: Final[Mapping[str, Parameters]] = {
    "default": DEFAULT,
    "sensitive": replace(DEFAULT, h2=3.5, version=f"{PARAMETERS_VERSION}-sensitive"),
    "specific": replace(DEFAULT, k=1.0, version=f"{PARAMETERS_VERSION}-specific"),
}
"""5.5: chosen per patient by the physiotherapist. Sensitive: 1.9 false reviews a year; specific: 0.54, but slower."""

_COUNT = (1.0, 100.0)
_POINTS = (0.0, 10.0)
_POSITIVE_POINTS = (0.05, 10.0)

BOUNDS: Final[Mapping[str, tuple[float, float]]] = {
    "run_in_days": (7, 90), "guard_days": (0, 30), "window_days": (14, 180), "recent_days": (10, 90),
    "recent_least": _COUNT, "baseline_least": _COUNT, "update_days": (1, 28), "intake_weight": (0.5, 50),
    "trimmed_share": (0, 0.45), "upward_cap": _POINTS, "improvement": _POSITIVE_POINTS, "improvement_spreads": (0, 5),
    "prior_spread": (0.1, 5), "prior_weight": (2, 100), "spread_least": (0.1, 5), "spread_most": (0.1, 5),
    "z_most": (1, 10), "k": (0.1, 3), "h1": (0.5, 20), "h2": (0.5, 20), "smoothing": (0.01, 1),
    "gap_halves_days": (1, 60), "gap_restarts_days": (1, 90), "gate1_least": _POINTS, "gate2_least": _POINTS,
    "gate1_spreads": (0, 5), "gate2_spreads": (0, 5), "ceiling": (5, 10), "ceiling_gate": _POSITIVE_POINTS,
    "ceiling_headroom": (0, 1), "trend_from_day": (0, 60), "trend_days": (7, 90), "trend_least": (4, 90),
    "trend_span_days": (3, 89), "autocorrelation": (0, 0.9), "trend_z1": (0.5, 6), "trend_z2": (0.5, 6),
    "trend_rise1": _POINTS, "trend_rise2": _POINTS, "trend_gate": _POINTS, "persistence_days": _COUNT,
    "persistence_window_days": _COUNT, "very_severe": _POINTS, "severe": _POINTS, "jump": _POSITIVE_POINTS,
    "severe_jump": _POSITIVE_POINTS, "severe_jump_spreads": (0, 5), "severe_again_days": (1, 14), "flares": _COUNT,
    "flare_window_days": (1, 60), "exercise_red": _POINTS, "exercise_rise": _POSITIVE_POINTS,
    "exercise_red_most": _POINTS, "exercise_times": _COUNT, "exercise_window_days": (1, 90), "peg_rise": _POINTS,
    "peg_strong_rise": _POINTS, "psfs_fall": _POSITIVE_POINTS, "ndi_rise": (1, 50), "low_mood": _POINTS,
    "low_mood_days": _COUNT, "low_mood_window_days": (1, 60), "phq2": (1, 6), "medicine_days": (1, 60),
    "medicine_window_days": (1, 90), "missed1": (1, 14), "missed2": (1, 30), "missed1_worsening": (1, 14),
    "missed2_worsening": (1, 30), "missed_when_urgent": (1, 7), "silence_days": (7, 180), "silence_prior": (0.01, 0.9),
    "silence_prior_weight": (0.5, 100), "silence_interval1_days": (10, 10_000),
    "silence_interval2_days": (10, 100_000), "second_channel_least": (3, 60), "calm1_check_ins": (1, 30),
    "calm1_gate": _POSITIVE_POINTS, "calm2_check_ins": (1, 30), "calm2_gate": _POSITIVE_POINTS,
    "unresolved": _POSITIVE_POINTS,
}  # fmt: skip
"""Smallest and largest sensible value of every number."""

ORDERED: Final = (
    ("h1", "h2"), ("spread_least", "spread_most"), ("trend_z1", "trend_z2"), ("trend_rise1", "trend_rise2"),
    ("trend_gate", "gate1_least"), ("trend_gate", "ceiling_gate"), ("gate1_least", "gate2_least"),
    ("gate1_spreads", "gate2_spreads"), ("guard_days", "recent_days"), ("recent_days", "window_days"),
    ("guard_days", "run_in_days"), ("trend_span_days", "trend_days"), ("trend_least", "trend_days"),
    ("persistence_days", "persistence_window_days"), ("missed1", "missed2"),
    ("missed1_worsening", "missed2_worsening"), ("gap_halves_days", "gap_restarts_days"),
    ("silence_interval1_days", "silence_interval2_days"), ("severe", "very_severe"), ("peg_rise", "peg_strong_rise"),
)  # fmt: skip
"""The first must not exceed the second. That the trend gate is the lowest gate is what allows the engine to leave the
costly trend test out below it (`rules_channel.trending`)."""


def parameters_from(values: Mapping[str, Any], base: Parameters = DEFAULT) -> Parameters:
    """`base` with `values` in place, all checked. Raises ParametersError, which names every bad value at once."""
    known = {field.name: getattr(base, field.name) for field in fields(Parameters)}
    problems = [f"there is no parameter called {name!r}" for name in values if name not in known]
    taken: dict[str, Any] = {}
    for name, default in known.items():
        if name in values:
            problem, value = _read(name, values[name], default)
            problems += [problem] if problem else []
            taken[name] = value
    if problems:
        raise ParametersError(tuple(problems))
    merged = known | taken
    problems = [
        f"{low} ({merged[low]:g}) must not exceed {high} ({merged[high]:g})"
        for low, high in ORDERED
        if merged[low] > merged[high]
    ]
    if problems:
        raise ParametersError(tuple(problems))
    return replace(base, **taken)


def _read(name: str, value: Any, default: Any) -> tuple[str | None, Any]:
    """What is wrong with `value` (None if nothing), and the value in the field's type."""
    if isinstance(default, str):
        good = isinstance(value, str) and 0 < len(value) <= 40  # noqa: PLR2004  # a name, not an essay
        return (None if good else f"{name} must be a short text"), value
    if isinstance(default, bool):
        return (None if isinstance(value, bool) else f"{name} must be true or false"), value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return f"{name} must be a number, not {value!r}", value
    low, high = BOUNDS[name]
    if not low <= value <= high:
        return f"{name} must be between {low:g} and {high:g}, not {value:g}", value
    if isinstance(default, int):
        return (None if value == int(value) else f"{name} must be a whole number, not {value:g}"), int(value)
    return None, float(value)
