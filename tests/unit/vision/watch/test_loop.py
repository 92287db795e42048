"""The loop at a desk that is not there: when it looks, when it gives the camera back, and which minute gets what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.vision.watch.doubles import Desk, total
from tracker.vision.watch.courier import Link
from tracker.vision.watch.presence import Presence
from tracker.vision.watch.telling import Hold
from tracker.vision.watch.wishes import wish


def test_every_second_is_under_its_minute(desk: Desk):
    desk.work(5 * 60)
    desk.finish()

    watched = desk.watched_s()

    assert watched == {"09:00": 30, "09:01": 60, "09:02": 60, "09:03": 60, "09:04": 60, "09:05": 30}
    assert [total(minute) for minute in desk.ear.minutes] == [30, 60, 60, 60, 60]


def test_at_most_four_looks_a_second_and_none_while_nothing_is_due(desk: Desk):
    desk.work(60)

    assert 30 <= desk.camera.looks <= 60 * 4 + 12


def test_something_that_stirs_brings_the_next_look_forward(desk: Desk):
    desk.work(40)
    before = desk.camera.looks
    desk.camera.brightness = 100  # nothing changes
    desk.work(0.6)
    calm = desk.camera.looks - before

    desk.camera._picture = _half_bright  # type: ignore[method-assign]
    desk.work(0.6)

    assert desk.camera.looks - before - calm >= 1


def _half_bright():
    import numpy as np

    picture = np.full((48, 64, 3), 60, np.uint8)
    picture[:, 32:] = 200
    return picture


@pytest.mark.parametrize(
    ("presence", "hold"),
    [(Presence(locked=True), Hold.LOCKED), (Presence(idle=True), Hold.IDLE), (Presence(asleep=True), Hold.ASLEEP)],
)
def test_the_camera_is_given_back_at_once(desk: Desk, presence: Presence, hold: Hold):
    desk.work(20)
    assert desk.camera.is_open

    desk.presence = presence
    desk.watching.step()

    assert not desk.camera.is_open
    assert desk.ear.holds == [None, hold]


def test_behind_a_locked_screen_time_counts_as_away_and_watching_goes_on_afterwards(desk: Desk):
    desk.work(30)
    desk.presence = Presence(locked=True)
    desk.work(60)
    desk.presence = Presence()
    desk.work(60)

    minutes = desk.minutes()
    assert minutes["2026-11-26T09:01:00Z"]["away_s"] >= 58
    assert minutes["2026-11-26T09:02:00Z"]["away_s"] <= 2
    assert desk.camera.is_open


def test_sleep_counts_as_nothing_and_the_computer_may_sleep_once_the_camera_is_released(desk: Desk):
    desk.work(30)
    desk.presence = Presence(asleep=True)
    desk.work(1)
    assert desk.slept
    assert not desk.camera.is_open

    desk.time.passed_s += 3600
    desk.presence = Presence()
    desk.work(120)

    watched = desk.watched_s()
    assert watched["09:00"] >= 28
    assert watched.keys() == {"09:00", "10:01", "10:02"}
    assert all(seconds <= 60 for seconds in watched.values())


def test_a_computer_that_slept_without_a_word_leaves_a_hole(desk: Desk):
    desk.work(45)
    desk.time.passed_s += 600
    desk.work(60)
    desk.finish()

    watched = desk.watched_s()
    assert watched["09:00"] == 30
    assert 13 <= watched["09:01"] <= 15
    assert watched.keys() == {"09:00", "09:01", "09:11", "09:12"}
    assert 58 <= watched["09:11"] + watched["09:12"] <= 61


def test_paused_means_not_watched(desk: Desk):
    desk.work(30)
    wish(desk.spool, paused_until=desk.time.utc() + timedelta(minutes=3))
    desk.work(60)
    assert not desk.camera.is_open
    assert desk.ear.holds[-1] is Hold.PAUSED

    desk.work(130)

    watched = desk.watched_s()
    assert desk.camera.is_open
    assert "09:02" not in watched
    assert watched["09:00"] >= 28


def test_a_pause_can_be_ended_early(desk: Desk):
    wish(desk.spool, paused_until=desk.time.utc() + timedelta(hours=3))
    desk.work(5)
    wish(desk.spool, paused_until=None)
    desk.work(5)

    assert desk.ear.holds == [Hold.PAUSED, None]


@pytest.mark.parametrize(("link", "hold"), [(Link.NOT_PAIRED, Hold.NOT_PAIRED), (Link.NO_CONSENT, Hold.NO_CONSENT)])
def test_nothing_is_watched_for_an_account_that_does_not_want_it_any_more(desk: Desk, link: Link, hold: Hold):
    desk.work(90)
    desk.link = link
    desk.work(90)

    assert not desk.camera.is_open
    assert desk.ear.holds[-1] is hold
    assert desk.watched_s().keys() <= {"09:00", "09:01", "09:02"}
    assert desk.watched_s()["09:01"] == 60  # kept


def test_an_unplugged_camera_is_awaited_and_used_again(desk: Desk):
    desk.work(60)
    desk.camera.plugged_in = False
    desk.work(180)
    assert desk.ear.holds[-1] is Hold.UNPLUGGED
    opened = desk.camera.opened

    desk.camera.plugged_in = True
    desk.work(120)

    watched = desk.watched_s()
    assert desk.ear.holds[-1] is None
    assert desk.camera.opened == opened + 1
    assert "09:03" not in watched
    assert watched["09:00"] + watched["09:01"] >= 58


def test_without_a_camera_at_the_start_it_waits(desk: Desk):
    desk.camera.plugged_in = False
    desk.work(120)
    assert desk.ear.holds == [Hold.UNPLUGGED]
    assert desk.spool.minutes() == []

    desk.camera.plugged_in = True
    desk.work(90)

    assert desk.ear.holds == [Hold.UNPLUGGED, None]


def test_with_nobody_there_the_camera_is_closed_after_a_minute_and_only_glances(desk: Desk):
    desk.camera.somebody = False
    desk.work(300)

    assert not desk.camera.is_open
    assert 1 + (300 - 80) // 30 - 1 <= desk.camera.opened <= 1 + (300 - 55) // 30 + 1
    away = [minute["away_s"] for minute in desk.spool.minutes()]
    assert sum(away) >= 290


def test_a_glance_that_finds_somebody_keeps_the_camera(desk: Desk):
    desk.camera.somebody = False
    desk.work(200)
    desk.camera.somebody = True
    desk.work(60)

    assert desk.camera.is_open
    assert desk.ear.holds[-1] is None
    assert desk.ear.verdicts[-1]["state"] != "away"


def test_the_wall_clock_set_forward_neither_doubles_nor_loses_seconds(desk: Desk):
    desk.work(90)
    desk.time.wall = timedelta(hours=2)
    desk.work(90)
    desk.finish()

    watched = desk.watched_s()
    assert sum(watched.values()) == 180
    assert watched["09:00"] == 30
    assert watched["09:01"] == 60
    assert all(seconds <= 60 for seconds in watched.values())


def test_the_wall_clock_set_back_moves_minutes_that_cannot_have_been(desk: Desk):
    desk.time.wall = timedelta(hours=2)  # the clock is wrong from the start
    desk.work(150)
    desk.time.wall = timedelta(0)
    desk.work(60)
    desk.finish()

    watched = desk.watched_s()
    assert watched == {"09:00": 30, "09:01": 60, "09:02": 60, "09:03": 60}


def test_a_minute_that_comes_twice_keeps_sixty_seconds(desk: Desk):
    desk.work(210)
    desk.time.wall = -timedelta(minutes=2)
    desk.work(210)
    desk.finish()

    watched = desk.watched_s()
    assert max(watched.values()) == 60
    assert min(list(watched.values())[1:-1]) == 60


@pytest.mark.parametrize("seconds", [1.0, 7.0, 19.0, 33.0, 61.0, 100.5])
def test_a_killed_program_loses_less_than_a_checkpoint(desk: Desk, seconds: float):
    desk.work(seconds)
    before = sum(desk.watched_s().values())
    desk.camera.closed = desk.camera.opened  # the system closes it for a dead program
    desk.begin()
    desk.work(120)
    desk.finish()

    watched = desk.watched_s()
    assert seconds - before <= 11
    assert sum(watched.values()) >= before + 119
    assert all(seconds <= 60 for seconds in watched.values())


def test_a_verdict_comes_with_the_size_of_the_picture_and_its_light(desk: Desk):
    desk.work(3)
    assert desk.ear.verdicts[0]["time_s"] == pytest.approx(1000.0)
    assert replace(Presence(), idle=False) == Presence()
