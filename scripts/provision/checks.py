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

    Three passes: what branch coverage is measured of; then what reaches nothing new and is several times slower under
    it (synthetic sets by the hundred, whole clinics, every door for every role) or happens in other processes
    (browsers, servers, programs that are killed); then the tests that count in front of a webcam, alone. Those need the
    machine's whole speed: a page that gets only a few pictures a second rightly refuses to count.
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


_WORKERS = min(max(os.cpu_count() or 2, 2), MOST_WORKERS)
_AT_THE_CAMERA = "tests/browser/test_main_job.py"
_WITHOUT_COVERAGE = (
    "tests/browser",
    "tests/features/reminders/test_exactly_once.py",
    "tests/features/test_analyze_media.py",
    "tests/features/test_demo_year.py",
    "tests/features/test_evaluate_posture.py",
    "tests/features/test_every_door.py",
    "tests/features/test_watch_survives.py",
    "tests/unit/exercises/test_accuracy_bounds.py",
    "tests/unit/exercises/test_counting.py",
    "tests/unit/vision/test_posture_acceptance.py",
)


def _in_parallel(workers: int) -> tuple[str, ...]:
    """How tests are dealt out to the workers, and which come first, is in tests/conftest.py."""
    return ("-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder")


_PASSES: Mapping[str, tuple[str, ...]] = {
    "tests": (
        *("-m", "not benchmark", *(f"--ignore={path}" for path in _WITHOUT_COVERAGE)),
        *_in_parallel(_WORKERS),
        *("--cov", "--cov-report=term", f"--cov-fail-under={COVERAGE_FLOOR_PERCENT}"),
    ),
    # Browsers wait as much as they compute, so one worker more than there are processors.
    "browsers and slow proofs": (*_WITHOUT_COVERAGE, f"--ignore={_AT_THE_CAMERA}", *_in_parallel(_WORKERS + 1)),
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
