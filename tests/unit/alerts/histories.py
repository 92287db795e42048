"""Builders of pain histories for the tests of the escalation engine, complete by default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracker.alerts.rules import DayFacts, DayResult, History, Parameters, evaluate
from tracker.regimen.rules_levels import Level

USUAL = (3, 3, 4, 3, 2, 3, 3, 4, 3, 3, 3, 2, 3, 3, 3, 4, 3, 3, 2, 3, 3)
"""Three weeks of a steady person (CLINICAL 5.7)."""

STEADY, SELF_CARE, REVIEW, URGENT, EMERGENCY = Level


def history(
    averages: Sequence[float | None],
    extra: Mapping[int, Mapping[str, Any]] | None = None,
    *,
    intake: float = 3.0,
    **fields: Any,
) -> History:
    """A history with these averages from day 0 on; None is a day without a check-in."""
    said: dict[int, dict[str, Any]] = {day: {"average": v} for day, v in enumerate(averages) if v is not None}
    for day, facts in (extra or {}).items():
        said.setdefault(day, {}).update(facts)
    last = max([len(averages) - 1, *said])
    return History(intake, {day: DayFacts(**facts) for day, facts in said.items()}, last, **fields)


def states(results: Sequence[DayResult]) -> list[int]:
    return [int(result.state) for result in results]


def triggers(results: Sequence[DayResult]) -> list[int]:
    return [int(result.trigger) for result in results]


def after_usual(
    averages: Sequence[float | None],
    extra: Mapping[int, Mapping[str, Any]] | None = None,
    *,
    parameters: Parameters | None = None,
    **fields: Any,
) -> tuple[DayResult, ...]:
    """The results from day 21 on; `extra` counts from there too."""
    shifted = {day + len(USUAL): facts for day, facts in (extra or {}).items()}
    past = history([*USUAL, *averages], shifted, **fields)
    return (evaluate(past) if parameters is None else evaluate(past, parameters))[len(USUAL) :]
