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

COVERAGE_FLOOR_PERCENT = 80  # of lines and branches; raised when the suite has earned it, never lowered to pass
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
    """Linters, then the whole suite in parallel with branch coverage; returns the exit code of ``make test``."""
    environment = test_environment(environment)
    failed_checks = lint(layout, environment)
    report = layout.build / "tests.xml"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.unlink(missing_ok=True)
    say("tests:")
    code = _run([layout.program("python"), "-m", "pytest", *_test_options(report)], layout, environment)
    counts = read_counts(report)
    others = failed_checks + (["coverage, or the run itself"] if code and not counts.failed else [])
    if others:
        # pytest's own last line knows only of tests; whoever reads the last line must see that something else failed.
        say(f"{counts.passed} passed, {counts.failed + len(others)} failed (besides tests: {', '.join(others)})")
    return code or int(bool(failed_checks))


def _test_options(report: Path) -> list[str]:
    workers = min(max(os.cpu_count() or 2, 2), MOST_WORKERS)
    return [
        "-q",
        *("-m", "not benchmark"),
        # How tests are dealt out is in tests/conftest.py; in the order of collection the slow browser tests come first.
        *("-n", str(workers), "--dist", "loadfile", "--no-loadscope-reorder"),
        *("--cov", "--cov-report=term", f"--cov-fail-under={COVERAGE_FLOOR_PERCENT}"),
        f"--junitxml={report}",
    ]


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
