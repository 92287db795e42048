"""What set-up says, and how it runs other programs: one line per step, their chatter in a log file.

A step that fails shows the end of its log and what to do; nothing else is ever a wall of text.
"""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TAIL_LINES = 12
TICK_S = 1.0


class Problem(Exception):  # noqa: N818 - it is shown to a person, who has a problem rather than an exception
    """Set-up cannot go on: `what` happened, and what to `do` about it. Both are sentences for a person."""

    def __init__(self, what: str, do: str, *, log: Sequence[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.do = do
        self.log = tuple(log)

    def __str__(self) -> str:
        tail = "".join(f"    | {line}\n" for line in self.log)
        return f"\n{self.what}\n{tail}\n{self.do}\n"


def say(text: str = "") -> None:
    """One line to the terminal, at once: set-up often runs behind a pipe."""
    print(text, flush=True)


def duration(seconds: float) -> str:
    """A length of time as a person says it: ``0.4 s``, ``43 s``, ``2 min 5 s``."""
    if seconds < 10:  # noqa: PLR2004 - below ten seconds the tenth still means something
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def run(
    command: Sequence[str | Path],
    *,
    log: Path,
    cwd: Path,
    environment: Mapping[str, str],
    what: str,
    do: str,
    lock: int | None = None,
) -> None:
    """Run `command` with its output in `log`; raise `Problem` with the end of that output when it fails.

    `lock`: a file descriptor the program keeps open, so that the set-up lock outlives us if we are killed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    with log.open("a", encoding="utf-8", errors="replace") as sink:
        sink.write(f"\n$ {' '.join(words)}\n")
        sink.flush()
        start = sink.tell()
        code = _wait(words, sink=sink.fileno(), cwd=cwd, environment=environment, lock=lock)
    if code != 0:
        raise Problem(f"{what} (it ended with code {code}).", do, log=_tail(log, start))


def _wait(words: list[str], *, sink: int, cwd: Path, environment: Mapping[str, str], lock: int | None) -> int:
    try:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            pass_fds=() if lock is None else (lock,),
        )
    except OSError as error:
        raise Problem(
            f"{words[0]} could not be started: {error.strerror}.", "Run `make clean`, then try again."
        ) from error
    started = time.monotonic()
    while True:
        try:
            return process.wait(timeout=TICK_S)
        except subprocess.TimeoutExpired:
            _show_elapsed(time.monotonic() - started)
        except KeyboardInterrupt:
            process.wait()  # Ctrl-C reached the child as well: let it finish writing
            raise


def _show_elapsed(seconds: float) -> None:
    if sys.stdout.isatty():
        print(f"\r      {duration(seconds)} ", end="", flush=True)


def clear_elapsed() -> None:
    """Return to the start of the line on which the elapsed time was shown."""
    if sys.stdout.isatty():
        print("\r", end="")


def _tail(log: Path, start: int) -> list[str]:
    with log.open("rb") as source:
        source.seek(start)
        text = source.read().decode("utf-8", errors="replace")
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    return lines[-TAIL_LINES:]
