from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tracker.clock import (
    FixedClock,
    SystemClock,
    day_begins,
    local_date,
    program_processor_s,
    steady_s,
    stopwatch_s,
    zone,
)


def test_the_system_clock_is_aware_utc():
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_fixed_clock_stands_until_it_is_moved():
    clock = FixedClock(datetime(2026, 1, 1, tzinfo=UTC))
    clock.advance(timedelta(hours=1))
    assert clock.now() == datetime(2026, 1, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone_name", "day"),
    [("Pacific/Auckland", date(2026, 3, 11)), ("UTC", date(2026, 3, 10)), ("America/Los_Angeles", date(2026, 3, 10))],
)
def test_the_day_is_the_persons_own(zone_name, day):
    assert local_date(datetime(2026, 3, 10, 12, 0, tzinfo=UTC), zone_name) == day


@pytest.mark.parametrize(
    ("zone_name", "begins"),
    [
        ("UTC", datetime(2026, 3, 29, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 3, 29, 7, tzinfo=UTC)),
    ],
)
def test_a_day_begins_where_the_person_lives(zone_name, begins):
    found = day_begins(date(2026, 3, 29), zone_name)
    assert (found, found.utcoffset()) == (begins, timedelta(0))
    assert local_date(found, zone_name) == date(2026, 3, 29)
    assert local_date(found - timedelta(microseconds=1), zone_name) == date(2026, 3, 28)


@pytest.mark.parametrize("name", ["Mars/Base", "", "../../etc/passwd", "/etc/localtime"])
def test_an_unknown_zone_is_utc(name):
    assert zone(name).key == "UTC"


def test_the_stopwatch_never_runs_backwards():
    assert stopwatch_s() <= stopwatch_s()


def test_the_clock_that_counts_sleep_never_runs_backwards():
    assert steady_s() <= steady_s()


def test_processor_time_grows_with_work():
    before = program_processor_s()
    assert sum(range(200_000)) > 0
    assert program_processor_s() > before
