"""The commands behind ``make``: ``setup``, ``run``, ``demo``, ``test``, ``lint``, ``bench`` and ``clean``."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from provision import checks, stamps, steps
from provision.console import Problem, clear_elapsed, say
from provision.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parents[2]

# What `make clean` removes: all of it can be fetched or built again. A data folder is never in this list.
FETCHED_OR_BUILT = (
    ".venv",
    ".tools",
    "node_modules",
    "build",
    "dist",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
    ".hypothesis",
    ".import_linter_cache",
)

INTERRUPTED = 130  # the shell's own code for "stopped by Ctrl-C"


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    chosen = _parser().parse_args(arguments)
    layout = Layout(ROOT)
    os.chdir(layout.root)
    try:
        return COMMANDS[chosen.command](layout)
    except Problem as problem:
        clear_elapsed()
        print(problem, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        clear_elapsed()
        print("\nStopped. Run the same command again; it goes on where it was.", file=sys.stderr, flush=True)
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bootstrap.py", description="Set up, start and test Rhomboid.")
    parser.add_argument("command", choices=sorted(COMMANDS), help="what to do")
    return parser


def _set_up(layout: Layout, wanted: Sequence[steps.Step]) -> dict[str, str]:
    """Bring the checkout up to date; returns the environment for the programs started next."""
    environment = steps.child_environment(os.environ, layout)
    with stamps.only_one(layout.tools / "lock", _say_waiting) as lock:
        steps.perform(wanted, steps.Workshop(layout, environment, lock))
    return environment


def _say_waiting() -> None:
    say("Another set-up is at work in this folder; waiting for it.")


def _setup(layout: Layout) -> int:
    _set_up(layout, steps.TO_RUN)
    say("Everything is here. `make run` starts Rhomboid, `make demo` starts it with an invented clinic.")
    return 0


def _run(layout: Layout) -> int:
    _set_up(layout, steps.TO_RUN)
    return _become(layout, ["serve"], os.environ)


def _demo(layout: Layout) -> int:
    _set_up(layout, steps.TO_RUN)
    return _become(layout, ["demo"], {"TRACKER_DATA": str(layout.root / "var-demo"), **os.environ})


def _become(layout: Layout, words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Turn this process into `tracker`, so that Ctrl-C and a supervisor's signals reach it directly."""
    sys.stdout.flush()
    program = str(layout.program("tracker"))
    os.execve(program, [program, *words], dict(environment))  # noqa: S606 - our own program, no shell


def _test(layout: Layout) -> int:
    return checks.run_tests(layout, _set_up(layout, steps.TO_TEST))


def _lint(layout: Layout) -> int:
    failed = checks.lint(layout, _set_up(layout, steps.TO_LINT))
    say(f"Failed: {', '.join(failed)}" if failed else "No complaints.")
    return 1 if failed else 0


def _bench(layout: Layout) -> int:
    return checks.run_benchmarks(layout, _set_up(layout, steps.TO_TEST))


def _clean(layout: Layout) -> int:
    for name in FETCHED_OR_BUILT:
        shutil.rmtree(layout.root / name, ignore_errors=True)
    say("Removed what set-up had fetched and built. Your data (var, var-demo) is untouched.")
    return 0


COMMANDS: Mapping[str, Callable[[Layout], int]] = {
    "setup": _setup,
    "run": _run,
    "demo": _demo,
    "test": _test,
    "lint": _lint,
    "bench": _bench,
    "clean": _clean,
}
