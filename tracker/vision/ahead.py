"""Runs a slow iterator in a thread, a few items ahead of whoever uses them.

Decoding, inference and judging happen in native code that releases the interpreter, so three such stages chained by
bounded queues keep two cores busy at no cost in memory. Order is kept, errors surface at the consumer, and a consumer
that stops early ends the threads. Limits: an item handed over must not be changed by the producer any more.
"""

from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from queue import Empty, Full, Queue
from threading import Event
from typing import Final, TypeVar, cast

Item = TypeVar("Item")
_END: Final = object()


def ahead(source: Generator[Item], depth: int, *, keep_newest: bool = False) -> Generator[Item]:
    """The items of ``source``, produced in a thread up to ``depth`` items in advance.

    With ``keep_newest`` the oldest waiting item is dropped instead of making the producer wait: a live camera must
    not fall behind.
    """
    waiting: Queue[object] = Queue(maxsize=depth)
    stop = Event()

    def produce() -> None:
        try:
            with closing(source):
                for item in source:
                    _hand_over(waiting, item, keep_newest=keep_newest)
                    if stop.is_set():
                        return
        finally:
            waiting.put(_END)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as pool:
        producing = pool.submit(produce)
        ended = False
        try:
            while not ended:
                item = waiting.get()
                ended = item is _END
                if not ended:
                    yield cast("Item", item)
            producing.result()  # raises here what stopped the producer
        finally:
            stop.set()
            while not ended:  # make room, so that a waiting producer can see that it should stop
                ended = waiting.get() is _END


def _hand_over(waiting: Queue[object], item: object, *, keep_newest: bool) -> None:
    if not keep_newest:
        waiting.put(item)
        return
    try:
        waiting.put_nowait(item)
    except Full:
        with suppress(Empty):  # the consumer may be quicker
            waiting.get_nowait()
        waiting.put(item)
