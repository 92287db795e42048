from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.accounts.rules import (
    PER_ACCOUNT,
    PER_ADDRESS,
    PasswordProblem,
    device_name,
    link_is_open,
    normal_email,
    password_problem,
    safe_path,
    session_is_alive,
    throttled_address,
    wait_after,
)

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "password",
    [
        "six quiet herons",
        "møøse over fjord",
        "tr0ub4dor&3xkcd",
        "a1!b2?c3-d4",
        "parkbench window 7",
        "长城上的十二只白鹭在飞",
    ],
)
def test_a_good_password(password):
    assert password_problem(password, shortest=10) is None


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        ("short", PasswordProblem.TOO_SHORT),
        ("x" * 201, PasswordProblem.TOO_LONG),
        ("aaaaaaaaaaaa", PasswordProblem.TOO_COMMON),
        ("abababababab", PasswordProblem.TOO_COMMON),
        ("password1234", PasswordProblem.TOO_COMMON),
        ("P@ssw0rd!!!!", PasswordProblem.TOO_COMMON),
        ("passwordpassword", PasswordProblem.TOO_COMMON),
        ("1234567890", PasswordProblem.TOO_COMMON),
        ("0987654321", PasswordProblem.TOO_COMMON),
        ("qwertyuiop", PasswordProblem.TOO_COMMON),
        ("physiotherapist!1", PasswordProblem.TOO_COMMON),
        ("ada moor 1984", PasswordProblem.ABOUT_YOU),
        ("adamoor1984!!", PasswordProblem.ABOUT_YOU),
        ("riverside2026", PasswordProblem.ABOUT_YOU),
    ],
)
def test_a_bad_password_and_why(password, problem):
    about = ["Ada Moor", "ada.moor@example.org", "Riverside"]
    assert password_problem(password, shortest=10, about=about) is problem


def test_the_same_characters_composed_differently_are_the_same_length():
    assert password_problem("é" * 3 + "abcdefg", shortest=10) == password_problem(
        "e\u0301" * 3 + "abcdefg", shortest=10
    )


@given(st.text(max_size=300), st.lists(st.text(max_size=20), max_size=3))
def test_any_password_gets_an_answer(password, about):
    password_problem(password, shortest=10, about=about)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (" Ada@Example.ORG ", "ada@example.org"),
        ("a+b@mail.example.co", "a+b@mail.example.co"),
        ("ada", None),
        ("ada@", None),
        ("@example.org", None),
        ("ada@example", None),
        ("ada@.org", None),
        ("ada@example.org.", None),
        ("a b@example.org", None),
        ("a@b@example.org", None),
        ("ada\x00@example.org", None),
        ("a" * 250 + "@example.org", None),
    ],
)
def test_addresses(written, stored):
    assert normal_email(written) == stored


def test_five_wrong_tries_are_free():
    assert wait_after([NOON] * 4, NOON, PER_ACCOUNT) == timedelta(0)


@pytest.mark.parametrize(("wrong", "seconds"), [(5, 30), (6, 60), (7, 120), (8, 240), (9, 480), (10, 900), (5000, 900)])
def test_then_each_doubles_the_wait(wrong, seconds):
    assert wait_after([NOON] * wrong, NOON, PER_ACCOUNT) == timedelta(seconds=seconds)


def test_a_wait_ends():
    assert wait_after([NOON] * 5, NOON + timedelta(seconds=30), PER_ACCOUNT) == timedelta(0)


def test_failures_that_overtook_this_try_count():
    assert wait_after([NOON + timedelta(seconds=1)] * 5, NOON, PER_ACCOUNT) > timedelta(0)


def test_old_failures_are_forgotten():
    assert wait_after([NOON] * 50, NOON + PER_ACCOUNT.window, PER_ACCOUNT) == timedelta(0)


def test_nobody_gets_many_more_than_a_hundred_tries_a_day():
    tries, now = [], NOON
    while now < NOON + timedelta(hours=24):
        wait = wait_after(tries, now, PER_ACCOUNT)
        if wait:
            now += wait
            continue
        tries.append(now)
        now += timedelta(milliseconds=1)
    assert len(tries) <= 110


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=2)), max_size=60))
def test_a_wait_is_never_negative_and_never_longer_than_a_quarter_of_an_hour(ago):
    for rule in (PER_ACCOUNT, PER_ADDRESS):
        assert timedelta(0) <= wait_after([NOON - each for each in ago], NOON, rule) <= rule.longest


@pytest.mark.parametrize(
    ("changes", "alive"),
    [
        ({}, True),
        ({"now": NOON + timedelta(minutes=59, seconds=59)}, True),
        ({"now": NOON + timedelta(hours=1)}, False),
        ({"expires": NOON}, False),
        ({"revoked": NOON}, False),
    ],
)
def test_a_session(changes, alive):
    facts = {
        "last_seen": NOON,
        "expires": NOON + timedelta(hours=12),
        "revoked": None,
        "idle": timedelta(hours=1),
        "now": NOON,
    }
    assert session_is_alive(**{**facts, **changes}) is alive


@pytest.mark.parametrize(
    ("changes", "is_open"),
    [({}, True), ({"used": NOON}, False), ({"withdrawn": NOON}, False), ({"expires": NOON}, False)],
)
def test_a_link(changes, is_open):
    facts = {"expires": NOON + timedelta(days=7), "used": None, "withdrawn": None, "now": NOON}
    assert link_is_open(**{**facts, **changes}) is is_open


@pytest.mark.parametrize("target", ["/today", "/patients/1?x=%2F%2Fevil", "/", "/a#b"])
def test_ways_within(target):
    assert safe_path(target) == target


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "today",
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\n/evil",
        "/\t/evil",
        "/a\\b",
        " /a",
    ],
)
def test_ways_out(target):
    assert safe_path(target) is None


@given(st.text(max_size=40))
def test_a_safe_way_begins_with_one_slash(target):
    found = safe_path(target)
    assert found is None or (found.startswith("/") and not found.startswith(("//", "/\\")))


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox · Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge · Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari · iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome · Android"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_browsers_by_name(agent, name):
    assert device_name(agent) == name


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_tries_are_counted_by_household(address, counted):
    assert throttled_address(address) == counted
