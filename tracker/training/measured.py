"""What a range-of-motion test measured, in words: how far each side went with its error, left against right, and this
time against the last time. A difference is called one only when it leaves the measuring error, and only the same
measure is compared: the same movement is another one from another view.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import format_date, gettext, ngettext

from tracker.training import rules, texts
from tracker.training.service import verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from exercises.definition import Definition
    from tracker.training.models import TrainingSession


@dataclass(frozen=True, slots=True)
class MeasuredSide:
    """One side: "142° ± 8°", its tries, and how it compares with the last time (empty without one).

    `share`, `error_share` and `before_share`: the value, its error and the last value for a bar, 0..1 of the longest.
    """

    side_text: str
    value_text: str
    error_text: str
    tries_text: str
    change_text: str
    share: float
    error_share: float
    before_share: float | None


@dataclass(frozen=True, slots=True)
class Measured:
    """The result of a test. Without `sides` the camera saw tries and could measure none: `difference_text` says why."""

    measure_text: str
    sides: tuple[MeasuredSide, ...]
    difference_text: str


def measured(
    row: TrainingSession, definition: Definition | None, before: TrainingSession | None = None
) -> Measured | None:
    """The result of a test's session; None for training, and where no camera measured."""
    if definition is None or definition.goal != "test":
        return None
    tries = tuple(_tries(row))
    if not tries:
        return None
    now = _readings(tries)
    if not now:
        return Measured(
            _named(tries),
            (),
            str(
                gettext(
                    "From this side the camera can count, but not measure: turn as the exercise's camera note says."
                )
            ),
        )
    earlier = readings_of(before) if before else ()
    several = len({each.measure for each in now}) > 1
    return Measured(
        measure_text=_named(now),
        sides=tuple(
            _side(each, _same(each, earlier), before, _longest(each, (*now, *earlier)), named=several) for each in now
        ),
        difference_text=_difference(now),
    )


def readings_of(row: TrainingSession) -> tuple[rules.Reading, ...]:
    """What a session measured, by side and with its error; without what the camera could only count."""
    return _readings(_tries(row))


def _readings(tries: Iterable[rules.Try]) -> tuple[rules.Reading, ...]:
    """What the tries say that the camera could measure and not only count."""
    return rules.readings(each for each in tries if rules.telling(each))


def _named(measured_by: Iterable[rules.Try | rules.Reading]) -> str:
    """What was measured, in words; every measure once."""
    return ", ".join(dict.fromkeys(texts.say(texts.MEASURES, each.measure) for each in measured_by))


def _same(reading: rules.Reading, earlier: Iterable[rules.Reading]) -> rules.Reading | None:
    """The earlier reading of the same side by the same measure."""
    return next((each for each in earlier if each.side == reading.side and rules.comparable(each, reading)), None)


def _longest(reading: rules.Reading, everything: Iterable[rules.Reading]) -> float:
    """How long a bar can be: the farthest that this measure goes, with its error."""
    return max(each.value + each.error for each in everything if rules.comparable(each, reading)) or 1.0


def _tries(row: TrainingSession) -> Iterator[rules.Try]:
    for each in row.sets:
        for rep in each.repetitions:
            counts = rules.effective(verdict_of(rep)) or (
                rep.corrected_to is None and rep.reason in rules.MEASURED_REASONS
            )
            if counts and rep.range_value is not None:
                yield rules.Try(
                    rep.side, rep.range_measure or "", rep.range_value, rep.range_error or 0.0, rep.range_unit or ""
                )


def _side(
    reading: rules.Reading, before: rules.Reading | None, when: TrainingSession | None, longest: float, *, named: bool
) -> MeasuredSide:
    side = texts.say(texts.SIDES, reading.side)
    tries = [texts.amount(value, reading.unit) for value in reading.tries]
    return MeasuredSide(
        side_text=f"{side}: {texts.say(texts.MEASURES, reading.measure)}" if named else side,
        value_text=texts.amount(reading.value, reading.unit),
        error_text=texts.amount(reading.error, reading.unit),
        tries_text=ngettext("one try", "%(num)d tries: %(tries)s", len(tries), tries=", ".join(tries)),
        change_text=_change(reading, before, when) if before and when else "",
        share=reading.value / longest,
        error_share=reading.error / longest,
        before_share=before.value / longest if before else None,
    )


def _change(now: rules.Reading, before: rules.Reading, when: TrainingSession) -> str:
    said = {"day": format_date(when.local_date, "d MMM"), "before": texts.amount(before.value, before.unit)}
    if not rules.tells_apart(now, before):
        return str(gettext("On %(day)s it was %(before)s: no difference the camera can tell.", **said))
    change = texts.amount(abs(now.value - before.value), now.unit)
    if now.value > before.value:
        return str(gettext("%(change)s further than on %(day)s (%(before)s).", change=change, **said))
    return str(gettext("%(change)s less far than on %(day)s (%(before)s).", change=change, **said))


def _difference(readings: Iterable[rules.Reading]) -> str:
    """Left against right, for each measure by which both sides were measured."""
    by_measure: dict[str, dict[str, rules.Reading]] = {}
    for each in readings:
        by_measure.setdefault(each.measure, {})[each.side] = each
    return " ".join(filter(None, map(_left_and_right, by_measure.values())))


def _left_and_right(sides: Mapping[str, rules.Reading]) -> str:
    if not {"left", "right"} <= set(sides):
        return ""
    left, right = sides["left"], sides["right"]
    if not rules.tells_apart(left, right):
        return str(gettext("Left and right: no difference the camera can tell."))
    difference = texts.amount(abs(left.value - right.value), left.unit)
    if left.value > right.value:
        return str(gettext("The left side goes %(difference)s further than the right.", difference=difference))
    return str(gettext("The right side goes %(difference)s further than the left.", difference=difference))
