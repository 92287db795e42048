"""What a patient's pages cost with a year of data against a week: server time of a request, and statements. Requests
take turns; the first ones are not counted.
"""

from __future__ import annotations

from functools import partial

import pytest

from tests.benchmarks.test_caseload_bench import DAYS, Desk, in_turns

pytestmark = pytest.mark.benchmark

A_WEEK = 7
MOST = 3.0


@pytest.mark.parametrize("page", ["", "/course?period=365"])
def test_a_year_costs_at_most_three_times_a_week(tmp_path_factory: pytest.TempPathFactory, page: str) -> None:
    desks = {days: Desk(tmp_path_factory.mktemp(f"days{days}"), 1, days) for days in (A_WEEK, DAYS)}
    spent, asked = in_turns(
        {days: partial(desk.look, f"/patients/{desk.patients[0]}{page}") for days, desk in desks.items()}
    )
    ratio = spent[DAYS] / spent[A_WEEK]
    print(
        f"\npatient page {page or '(now)'}: {1000 * spent[A_WEEK]:.0f} ms, {asked[A_WEEK]} statements with "
        f"a week, {1000 * spent[DAYS]:.0f} ms and {asked[DAYS]} statements with a year; ratio {ratio:.2f}, "
        f"bound {MOST}"
    )
    assert ratio <= MOST
