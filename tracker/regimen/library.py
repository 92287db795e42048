"""The exercises as the application uses them: the library, loaded once per process, and with a database session the
clinic's own beside it; and what may be prescribed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from exercises.definition import load_library
from exercises.figure import figure_frames
from tracker.accounts.access import NotFound
from tracker.regimen import own_service
from tracker.regimen.rules import Limits, Prescribed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from typing import Any
    from uuid import UUID

    from exercises.definition import Definition
    from tracker.db import Session


@cache
def library() -> Mapping[str, Definition]:
    """Every exercise by its id, in the library's order."""
    return load_library()


def known(session: Session, exercises: Iterable[str]) -> Mapping[str, Definition]:
    """The definitions of these exercises, of the library and of any clinic's own (newest revision, archived or not):
    for what is prescribed or done already. What nobody knows is missing. Asks the database only for own ones.
    """
    wanted = tuple(exercises)
    everywhere = library()
    return {each: everywhere[each] for each in wanted if each in everywhere} | own_service.definitions_of(
        session, wanted
    )


def find(session: Session, exercise: str, clinic_id: UUID) -> Definition | None:
    """An exercise of the library or of this clinic; None for another clinic's, as for one that does not exist."""
    if not own_service.is_own(exercise):
        return library().get(exercise)
    try:
        return own_service.own_exercise(session, clinic_id, exercise).definition
    except NotFound:
        return None


def offered(session: Session, clinic_id: UUID, *, keep: Collection[str] = ()) -> Mapping[str, Definition]:
    """What can be prescribed in this clinic: the library, then the clinic's own. `keep`: what a plan has already, and
    so may have even if it was archived since.
    """
    return {**library(), **own_service.definitions_offered(session, clinic_id, keep=keep)}


_figures: dict[tuple[str, int], Mapping[str, Any]] = {}
_MOST_FIGURES: Final = 500


def figure_of(definition: Definition) -> Mapping[str, Any]:
    """The frames of the moving figure and the kit to draw with it; computed once for each revision."""
    key = (definition.id, definition.revision)
    if key not in _figures:
        if len(_figures) >= _MOST_FIGURES:
            _figures.clear()
        _figures[key] = figure_frames(definition) | {"kit": list(definition.equipment)}
    return _figures[key]


def limits(definition: Definition) -> Limits:
    """What may be prescribed: repetitions for what is counted, seconds for what is held, both for a timer's rounds."""
    dose = definition.dose
    low, high = dose.hold_s_range
    return Limits(
        dose.sets_range,
        None if definition.kind == "hold" else dose.reps_range,
        None if definition.kind == "repetitions" else (int(low), int(high)),
    )


def suggested(definition: Definition) -> Prescribed:
    """The library's own dose as a prescription, spread over the week; `id` is empty until it is saved."""
    return Prescribed(
        id="",
        exercise=definition.id,
        sets=definition.dose.sets,
        reps=None if definition.kind == "hold" else definition.dose.reps,
        hold_s=None if definition.kind == "repetitions" else definition.dose.hold_s,
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
