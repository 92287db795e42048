from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from tracker.vision.ahead import ahead


def numbers(count: int) -> Generator[int]:
    yield from range(count)


def test_items_arrive_complete_and_in_order() -> None:
    assert list(ahead(numbers(100), 3)) == list(range(100))


def test_stages_can_be_chained() -> None:
    def doubled(source: Generator[int]) -> Generator[int]:
        for number in source:
            yield 2 * number

    assert list(ahead(doubled(ahead(numbers(50), 2)), 2)) == [2 * number for number in range(50)]


def test_what_went_wrong_in_the_thread_is_raised_at_the_consumer_after_the_good_items() -> None:
    def failing() -> Generator[int]:
        yield 1
        raise LookupError("no more")

    items = ahead(failing(), 2)

    assert next(items) == 1
    with pytest.raises(LookupError, match="no more"):
        next(items)


def test_a_consumer_that_stops_early_ends_the_thread_and_closes_the_source() -> None:
    closed = threading.Event()

    def endless() -> Generator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    before = threading.active_count()
    items = ahead(endless(), 2)
    assert next(items) == 0
    items.close()

    assert closed.is_set()
    assert threading.active_count() == before


def test_an_abandoned_chain_ends_all_its_threads() -> None:
    def passed_on(source: Generator[int]) -> Generator[int]:
        try:
            yield from source
        finally:
            source.close()

    before = threading.active_count()
    items = ahead(passed_on(ahead(numbers(10_000), 2)), 2)
    assert next(items) == 0
    items.close()

    assert threading.active_count() == before


def test_a_live_source_drops_the_oldest_waiting_item_instead_of_falling_behind() -> None:
    produced, taken = threading.Event(), threading.Event()

    def camera() -> Generator[int]:
        yield 0
        taken.wait(10)  # the consumer holds picture 0
        yield from (1, 2, 3)
        produced.set()

    items = ahead(camera(), 1, keep_newest=True)
    assert next(items) == 0
    taken.set()
    produced.wait(10)

    assert list(items) == [3]
