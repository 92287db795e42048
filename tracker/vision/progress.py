"""A progress bar on stderr, shown only where somebody can see it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[int, int | None], None]
"""Takes the frames done and the frames expected (None: not known)."""

_REFRESHES_PER_S = 4  # drawing takes the interpreter away from the pipeline


@contextmanager
def progress_bar(title: str) -> Iterator[Progress | None]:
    """A function that moves the bar, or None where stderr is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        # Told, not asked: the descriptor is a pipe while native notices are filtered.
        console=Console(stderr=True, force_terminal=True),
        refresh_per_second=_REFRESHES_PER_S,
        transient=True,
    )
    with bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, expected: int | None) -> None:
            bar.update(task, completed=done, total=max(done, expected) if expected else None)

        yield advance
