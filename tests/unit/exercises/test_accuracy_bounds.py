"""The bounds of docs/accuracy.md on sets that are not in it, and that the page is the one of this engine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from exercises import ENGINE_VERSION
from exercises.definition import Definition, load_library
from exercises.synthetic import DISTRACTORS
from tests.benchmarks.accuracy import EXACT_ASKED, FALSE_ASKED, IN_WORDS, document, replay
from tests.benchmarks.accuracy_sets import (
    IN_BAND,
    Played,
    Reached,
    ideal_ranges,
    judged_definitions,
    play,
    play_all,
    quantile,
    spread,
    wilson,
)

PAGE = Path(__file__).parents[3] / "docs" / "accuracy.md"
SEEDS = 3
"""Per definition: some 110 sets, most of a minute of one core."""
FIRST_SEED = 10_000
"""Far beyond the seeds of the page."""


@pytest.fixture(scope="module")
def played() -> list[Played]:
    return play_all(spread(SEEDS * len(judged_definitions()), first_seed=FIRST_SEED), processes=1)


def test_the_count_is_exact_in_99_of_100_sets(played: list[Played]) -> None:
    failed = [(one.exercise, one.seed, one.expected, one.counted) for one in played if not one.exact]
    assert len(failed) <= (1 - EXACT_ASKED) * len(played), failed


def test_distractions_count_nothing_in_995_of_1000_sets(played: list[Played]) -> None:
    failed = [(one.exercise, one.seed, one.false) for one in played if one.false]
    assert len(failed) <= (1 - FALSE_ASKED) * len(played), failed


def test_the_stated_band_holds_the_true_range(played: list[Played]) -> None:
    ranges = [reached for one in played for reached in one.ranges]
    assert len(ranges) > SEEDS * len(judged_definitions())
    assert fmean(reached.in_band for reached in ranges) >= IN_BAND, [one for one in ranges if not one.in_band]


@pytest.mark.parametrize("definition", judged_definitions(), ids=lambda d: d.id)
def test_the_range_is_right_at_the_asked_view_and_within_its_band_at_the_others(definition: Definition) -> None:
    asked = definition.view_names[0]
    off = [one for one in ideal_ranges(definition) if not (one.exact or (one.view != asked and one.in_band))]
    assert off == []


def test_the_page_is_the_one_of_this_engine_and_names_every_exercise() -> None:
    page = PAGE.read_text(encoding="utf-8")
    again = "write it again: python -m tests.benchmarks.accuracy"
    assert f"engine {ENGINE_VERSION} " in page, again
    missing = [name for name in load_library() if f"| {name} |" not in page and f"`{name}`" not in page]
    assert missing == [], again


def test_sets_are_spread_evenly_and_every_one_has_its_own_seed() -> None:
    number = len(judged_definitions())
    sets = spread(2 * number + 1, first_seed=5)
    assert len({name for name, _ in sets}) == number
    assert [seed for _, seed in sets] == list(range(5, 5 + len(sets)))


def test_the_same_seed_is_the_same_set() -> None:
    assert play("chin-tuck", FIRST_SEED) == play("chin-tuck", FIRST_SEED)


@pytest.mark.parametrize(
    ("successes", "number", "low", "high"),
    [(0, 0, 0, 1), (10, 10, 0.7225, 1), (0, 10, 0, 0.2775), (50, 100, 0.404, 0.596)],
)
def test_the_interval_of_a_share(successes: int, number: int, low: float, high: float) -> None:
    assert list(wilson(successes, number)) == pytest.approx([low, high], abs=5e-4)


def test_a_quantile_is_a_value_that_was_seen() -> None:
    values = [float(n) for n in range(20, 0, -1)]
    assert (quantile(values, 0.5), quantile(values, 0.95), quantile(values, 1.0), quantile([3.0], 0.5)) == (
        10,
        19,
        20,
        3,
    )


def test_the_page_says_what_failed_and_what_is_beyond_its_bounds(played: list[Played]) -> None:
    first = replace(played[0], counted=played[0].expected + 1, false=1)
    ideal = [Reached(one.id, view, "elbow_angle", "deg", 8.0, 3.5) for one in judged_definitions()
             for view in one.view_names if one.kind == "repetitions"]  # fmt: skip
    outside = replace(played[1], ranges=(replace(ideal[1], error=-8.5), replace(ideal[1], error=1.0)))
    rest = [replace(one, ranges=()) for one in played[2:]]
    page = document(None, [first, outside, *rest], ideal)
    assert "Sets that failed: 1." in page
    assert f"| {first.exercise} | {first.seed} | {first.conditions.view} |" in page
    assert "**3.5**" in page
    assert "**50 %**" in page
    assert "no numbers" in page


def test_every_distraction_has_words() -> None:
    assert list(IN_WORDS) == list(DISTRACTORS)


def test_a_set_can_be_seen_again() -> None:
    shown = replay("overhead-press", 3)
    assert "truth" in shown
    assert "complete" in shown
