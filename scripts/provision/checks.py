"""Linters, types, tests and benchmarks. Everything is run, everything that fails is named, and the last line counts."""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provision.console import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from provision.layout import Layout

COVERAGE_FLOOR_PERCENT = 90  # of lines and branches; raised when the suite has earned it, never lowered to pass
MOST_WORKERS = 6


@dataclass(frozen=True, slots=True)
class Check:
    """A program that judges the sources; it passes when it exits with 0."""

    name: str
    command: tuple[str, ...]


CHECKS = (
    Check("ruff check", ("ruff", "check", ".")),
    Check("ruff format", ("ruff", "format", "--check", ".")),
    Check("mypy", ("mypy",)),
)


@dataclass(frozen=True, slots=True)
class Counts:
    """What pytest's report says: tests that passed, failed (errors included) and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def plus(self, other: Counts) -> Counts:
        """The totals of both."""
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)


def test_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """A developer's own settings must not decide a test: only ``TRACKER_TEST_...`` passes."""

    def is_setting(name: str) -> bool:
        return name == "DATABASE_URL" or (name.startswith("TRACKER_") and not name.startswith("TRACKER_TEST_"))

    return {name: value for name, value in environment.items() if not is_setting(name)}


def lint(layout: Layout, environment: Mapping[str, str]) -> list[str]:
    """Run the linters; returns the names of those that failed."""
    return [check.name for check in CHECKS if not _passes(check, layout, environment)]


def _passes(check: Check, layout: Layout, environment: Mapping[str, str]) -> bool:
    say(f"{check.name}:")
    program, *words = check.command
    return _run([layout.program(program), *words], layout, environment) == 0


def run_tests(layout: Layout, environment: Mapping[str, str]) -> int:
    """Linters, then the whole suite; returns the exit code of ``make test``.

    Three passes: everything in parallel with branch coverage; then the tests that play synthetic sets by the hundred,
    without it, because measuring coverage makes the engine five times slower and they reach nothing new; then the
    tests that count in front of a webcam, alone. Those need the machine's whole speed: a page that gets only a few
    pictures a second rightly refuses to count.
    """
    environment = test_environment(environment)
    failed_checks = lint(layout, environment)
    counts = Counts()
    for name, options in _PASSES.items():
        say(f"{name}:")
        code, more = _pytest(layout, environment, options)
        counts = counts.plus(more)
        if code and not more.failed:
            failed_checks.append(f"{name}: coverage, or the run itself")
    # pytest's own last line knows only of its pass; whoever reads the last line must see the whole.
    besides = f" (besides tests: {', '.join(failed_checks)})" if failed_checks else ""
    failed = counts.failed + len(failed_checks)
    say(f"{counts.passed} passed, {failed} failed, {counts.skipped} skipped{besides}")
    return int(bool(failed))


# One for each processor: a third Chromium on two of them starves the other two.
_WORKERS = min(max(os.cpu_count() or 2, 2), MOST_WORKERS)
_AT_THE_CAMERA = "tests/browser/test_main_job.py"
_MANY_SETS = ("tests/unit/exercises/test_accuracy_bounds.py", "tests/unit/exercises/test_counting.py")
# How tests are dealt out is in tests/conftest.py; in the order of collection the slow browser tests come first.
_IN_PARALLEL = ("-n", str(_WORKERS), "--dist", "loadfile", "--no-loadscope-reorder")
_PASSES: Mapping[str, tuple[str, ...]] = {
    "tests": (
        *("-m", "not benchmark", *(f"--ignore={path}" for path in (_AT_THE_CAMERA, *_MANY_SETS))),
        *_IN_PARALLEL,
        *("--cov", "--cov-report=term", f"--cov-fail-under={COVERAGE_FLOOR_PERCENT}"),
    ),
    "synthetic sets": (*_MANY_SETS, *_IN_PARALLEL),
    "tests in front of a webcam": (_AT_THE_CAMERA,),
}


def _pytest(layout: Layout, environment: Mapping[str, str], options: Sequence[str]) -> tuple[int, Counts]:
    """Run one pass; returns pytest's exit code and what its report says."""
    report = layout.build / "tests.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    command: list[str | Path] = [layout.program("python"), "-m", "pytest", "-q", f"--junitxml={report}", *options]
    return _run(command, layout, environment), read_counts(report)


def run_benchmarks(layout: Layout, environment: Mapping[str, str]) -> int:
    """The benchmarks, alone and one after the other, with the figures they print."""
    command: list[str | Path] = [layout.program("python"), "-m", "pytest", "-q", "-s", "-m", "benchmark"]
    return _run(command, layout, test_environment(environment))


def read_counts(report: Path) -> Counts:
    """The totals of a JUnit report; all zero when pytest did not get as far as writing one."""
    try:
        suites = ET.parse(report).getroot().iter("testsuite")  # noqa: S314 - our own pytest wrote it
    except (OSError, ET.ParseError):
        return Counts()
    total = failed = skipped = 0
    for suite in suites:
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return Counts(passed=total - failed - skipped, failed=failed, skipped=skipped)


def _run(command: Sequence[str | Path], layout: Layout, environment: Mapping[str, str]) -> int:
    words = [str(word) for word in command]
    return subprocess.run(
        words, cwd=layout.root, env=dict(environment), stdin=subprocess.DEVNULL, check=False
    ).returncode
