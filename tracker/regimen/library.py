"""The exercise library as the application uses it: loaded once per process, and what may be prescribed from it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from exercises.definition import load_library
from exercises.figure import figure_frames
from tracker.regimen.rules import Limits, Prescribed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from exercises.definition import Definition


@cache
def library() -> Mapping[str, Definition]:
    """Every exercise by its id, in the library's order."""
    return load_library()


@cache
def figure(exercise: str) -> Mapping[str, Any]:
    """The frames of the moving figure; computed once, they never change while the process runs."""
    return figure_frames(library()[exercise])


def limits(definition: Definition) -> Limits:
    """What may be prescribed: repetitions for what is counted, seconds for what is held or timed, never both."""
    dose = definition.dose
    if definition.kind == "repetitions":
        return Limits(dose.sets_range, dose.reps_range, None)
    low, high = dose.hold_s_range
    return Limits(dose.sets_range, None, (int(low), int(high)))


def suggested(definition: Definition) -> Prescribed:
    """The library's own dose as a prescription, spread over the week; `id` is empty until it is saved."""
    counted = definition.kind == "repetitions"
    return Prescribed(
        id="",
        exercise=definition.id,
        sets=definition.dose.sets,
        reps=definition.dose.reps if counted else None,
        hold_s=None if counted else definition.dose.hold_s,
        weekdays=spread(definition.dose.days_per_week),
        sided=definition.sided,
    )


def spread(days_per_week: int) -> frozenset[int]:
    """Training days with rest between them where the week allows: 3 becomes Monday, Wednesday, Friday."""
    return _SPREAD[min(max(days_per_week, 1), 7)]


_SPREAD: Final = {
    1: frozenset({1}),
    2: frozenset({1, 4}),
    3: frozenset({1, 3, 5}),
    4: frozenset({1, 2, 4, 5}),
    5: frozenset({1, 2, 3, 4, 5}),
    6: frozenset({1, 2, 3, 4, 5, 6}),
    7: frozenset({1, 2, 3, 4, 5, 6, 7}),
}
