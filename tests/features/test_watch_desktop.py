"""Presence and notices against a real message bus, with services that speak the desktop's protocols."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.features.desktop_bus import SESSION_PATH, Daemon, Desktop, until
from tests.features.watch_house import CLIP, Agent, Peer, pair_with, still_recording
from tracker.cli import main
from tracker.vision.estimator import BUNDLE_FOLDER
from tracker.vision.watch.desk import Desk
from tracker.vision.watch.notices import Answer, notice_of
from tracker.vision.watch.presence import Presence
from tracker.vision.watch.taken import OtherPrograms

pytestmark = pytest.mark.skipif(shutil.which("dbus-daemon") is None, reason="there is no dbus-daemon")


@pytest.fixture(scope="module")
def bus() -> Iterator[str]:
    with Daemon() as address:
        yield address


@pytest.fixture
def desktop(bus: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desktop]:
    running = Desktop(bus)
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def woken() -> threading.Event:
    return threading.Event()


@pytest.fixture
def desk(desktop: Desktop, woken: threading.Event) -> Iterator[Desk]:
    assert desktop.address
    others = OtherPrograms(None)
    made = Desk(woken.set, others, notices=True)
    made.start()
    assert made.presence == Presence()
    yield made
    made.close()
    others.close()


def test_a_locked_session_is_known_at_once(desk: Desk, desktop: Desktop, woken: threading.Event):
    desktop.do(lambda: desktop.session.change(locked=True))
    assert woken.wait(10)
    assert desk.presence == Presence(locked=True)

    desktop.do(lambda: desktop.session.change(locked=False))
    until(lambda: desk.presence == Presence())


def test_the_request_to_lock_is_enough(desk: Desk, desktop: Desktop):
    desktop.do(desktop.session.Lock)
    until(lambda: desk.presence.locked)


def test_who_is_not_the_login_service_has_no_say(desk: Desk, desktop: Desktop):
    """Anybody with an account on the computer may send signals over the system's bus."""
    manager, session = "org.freedesktop.login1.Manager", "org.freedesktop.login1.Session"
    desktop.do(lambda: desktop.session.change(locked=True))
    until(lambda: desk.presence == Presence(locked=True))
    desktop.stranger("/org/freedesktop/login1", manager, "PrepareForSleep", "b", True)
    desktop.stranger("/org/freedesktop/login1", manager, "PrepareForSleep")
    desktop.stranger(SESSION_PATH, session, "Unlock")
    desktop.do(lambda: desktop.session.change(idle=True))
    until(lambda: desk.presence.idle)
    assert desk.presence == Presence(locked=True, idle=True)


def test_an_idle_session_is_known(desk: Desk, desktop: Desktop):
    desktop.do(lambda: desktop.session.change(idle=True))
    until(lambda: desk.presence == Presence(idle=True))


def test_an_active_screen_saver_is_like_a_lock(desk: Desk, desktop: Desktop):
    desktop.do(lambda: desktop.saver.ActiveChanged(True))
    until(lambda: desk.presence.locked)
    desktop.do(lambda: desktop.saver.ActiveChanged(False))
    until(lambda: not desk.presence.locked)


def test_five_minutes_without_a_key_are_idle(desktop: Desktop, woken: threading.Event):
    desktop.idle.idle_ms = 301_000
    others = OtherPrograms(None)
    made = Desk(woken.set, others, notices=False)
    made.start()
    try:
        assert made.presence == Presence(idle=True)
    finally:
        made.close()
        others.close()


def test_the_computer_waits_with_sleeping_until_the_camera_is_released(desk: Desk, desktop: Desktop):
    until(lambda: desktop.manager.delays)
    desktop.do(lambda: desktop.manager.PrepareForSleep(True))
    until(lambda: desk.presence.asleep)
    assert desktop.manager.is_delayed()

    desk.ready_to_sleep()
    until(lambda: not desktop.manager.is_delayed())

    desktop.do(lambda: desktop.manager.PrepareForSleep(False))
    until(lambda: not desk.presence.asleep)
    until(lambda: len(desktop.manager.delays) == 2)
    assert desktop.manager.is_delayed()


def test_a_notice_arrives_with_its_words_and_buttons_and_the_answer_comes_back(desk: Desk, desktop: Desktop):
    notice = notice_of("still", paired=True)
    desk.tell(notice)
    told = until(lambda: desktop.notifications.told)[0]

    assert (told.app, told.title) == ("Rhomboid", "Time to move")
    assert told.text == "You have been still for a while. Stand up, stretch, or just sit differently."
    assert [label for key, label in told.actions.items() if key != "default"] == [
        "Take a break", "Not now", "Snooze for 1 hour",
    ]  # fmt: skip

    snooze = next(key for key, label in told.actions.items() if label.startswith("Snooze"))
    desktop.do(lambda: desktop.notifications.ActionInvoked(told.id, snooze))

    assert desk.answers.get(timeout=10) == (notice.id, Answer.SNOOZE)


def test_a_settled_notice_is_taken_off_the_screen(desk: Desk, desktop: Desktop):
    notice = notice_of("clock", paired=True)
    desk.tell(notice)
    told = until(lambda: desktop.notifications.told)[0]
    until(lambda: desk.can_tell)

    desk.take_back(notice.id)

    assert until(lambda: desktop.notifications.closed) == [told.id]


def test_without_any_bus_nothing_is_known_and_nothing_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    nowhere = f"unix:path={tmp_path}/no-bus"
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", nowhere)
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", nowhere)
    others = OtherPrograms(None)
    made = Desk(lambda: None, others, notices=True)
    made.start()
    made.tell(notice_of("still", paired=False))
    try:
        until(lambda: not made.can_tell)
        assert made.presence == Presence()
    finally:
        made.close()
        others.close()


OPENS = "import sys; file = open(sys.argv[1], 'rb'); print('open', flush=True); sys.stdin.read()"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")
@pytest.mark.usefixtures("desktop")
def test_another_program_that_opens_the_camera_is_noticed_at_once_and_again_when_it_is_done(
    woken: threading.Event, tmp_path: Path
):
    node = tmp_path / "video0"
    node.touch()
    others = OtherPrograms(node)
    made = Desk(woken.set, others, notices=False)
    made.start()
    try:
        with others.ourselves():
            node.read_bytes()
        assert not others.wanted(0.0)
        woken.clear()
        with subprocess.Popen(
            [sys.executable, "-c", OPENS, str(node)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as other:
            assert other.stdout is not None
            assert other.stdin is not None
            assert other.stdout.readline() == b"open\n"
            assert woken.wait(10)
            assert others.wanted(1.0)
            assert others.wanted(10.0)  # still held
            woken.clear()
            other.stdin.close()
            other.wait(10)
        assert woken.wait(10)
        assert others.wanted(11.0)
        assert not others.wanted(15.0)
    finally:
        made.close()
        others.close()


@pytest.mark.media
@pytest.mark.skipif(
    not CLIP.is_file() or not (BUNDLE_FOLDER / "pose_landmarker_lite.task").is_file(),
    reason="the recordings are not in TRACKER_TEST_MEDIA, or the pose bundles are not built",
)
def test_the_whole_way_from_a_still_minute_to_an_answered_notice_and_a_locked_screen(desktop: Desktop, tmp_path: Path):
    peer = Peer(settings={"break_rule": "clock", "break_every_s": 60, "notices_per_hour": 3, "quiet": False})
    peer.start()
    folder = tmp_path / "state"
    pair_with(peer, folder)
    clip = still_recording(tmp_path / "still.avi", seconds=24)
    words = ("--calibrate", "--without-slouch", "--speed", "max", "--source", str(clip), "--folder", str(folder))
    assert CliRunner().invoke(main, ["watch", *words]).exit_code == 0
    assert len(peer.baselines) == 1
    agent = Agent(folder, clip, "--loop", "--speed", "10", environment=desktop.environment())
    told = until(lambda: desktop.notifications.told, within_s=60)[0]
    assert told.title == "Time to move"

    not_now = next(key for key, label in told.actions.items() if label == "Not now")
    desktop.do(lambda: desktop.notifications.ActionInvoked(told.id, not_now))
    until(lambda: [each["outcome"] for each in peer.breaks.values()] == ["not_now"], within_s=60)

    desktop.do(lambda: desktop.session.change(locked=True))
    until(lambda: [line["hold"] for line in agent.events("hold")][-1:] == ["locked"])
    desktop.do(lambda: desktop.session.change(locked=False))
    until(lambda: [line["hold"] for line in agent.events("hold")][-1:] == [None])
    assert agent.end() == 0
    peer.stop()
