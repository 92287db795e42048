"""The agent as a process, and what may happen to it: minutes are complete and not doubled."""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.features.desktop_bus import until
from tests.features.watch_house import Agent, Peer, fullness, kept_minutes, pair_with, still_recording, total_s
from tracker.vision.estimator import BUNDLE_FOLDER
from tracker.vision.watch.minutes import PARTS

pytestmark = pytest.mark.skipif(
    not (BUNDLE_FOLDER / "pose_landmarker_lite.task").is_file(), reason="the pose bundles are not built (make setup)"
)

BEGAN = datetime.now(UTC).replace(minute=0, second=20, microsecond=0) - timedelta(hours=5)
CHECKPOINT_S = 10.0
LONGEST_LOOK_S = 10.0


def text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return still_recording(tmp_path_factory.mktemp("clips") / "still.avi")


@pytest.fixture(scope="module")
def empty_chair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return still_recording(tmp_path_factory.mktemp("clips") / "nobody.avi", frame=None)


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    made.start()
    yield made
    made.stop()


def test_a_server_that_is_down_for_an_hour_gets_everything_afterwards_once(
    peer: Peer, tmp_path: Path, empty_chair: Path
):
    folder = tmp_path / "state"
    pair_with(peer, folder)
    peer.stop()
    agent = Agent(folder, empty_chair, "--loop", "--speed", "max", "--recorded-at", text(BEGAN), "--no-notices")
    until(lambda: len(list(agent.events("minute"))) >= 60, within_s=60)
    assert peer.minutes == {}

    peer.lose_answers = 1  # what is sent arrives, the answer does not
    peer.start()
    assert agent.end() == 0  # with a last try
    kept = kept_minutes(folder)
    assert peer.minutes == kept
    before = text(BEGAN - timedelta(hours=1))
    again = Agent(folder, empty_chair, "--speed", "max", "--recorded-at", before, "--no-notices")
    assert again.wait() == 0

    sent = [minute["at"] for path, body in peer.received if path == "/api/watch/minutes" for minute in body["minutes"]]
    assert len(sent) >= 2 * len(kept)
    assert peer.minutes == kept_minutes(folder)
    assert all(peer.minutes[at] == minute for at, minute in kept.items())
    inner = sorted(kept)[1:-1]
    assert len(inner) >= 59
    assert {total_s(kept[at]) for at in inner} == {60}
    assert total_s(kept[text(BEGAN.replace(second=0))]) == 40


def test_killed_again_and_again_it_loses_at_most_a_checkpoint_each_time(peer: Peer, tmp_path: Path, recording: Path):
    folder = tmp_path / "state"
    pair_with(peer, folder)
    chance = random.Random(20)
    began, watched_s, kills = BEGAN, 0.0, 4
    for _kill in range(kills):
        agent = Agent(
            folder, recording, "--loop", "--speed", "20", "--recorded-at", text(began), "--every", "--no-notices"
        )
        run_s = chance.uniform(8.0, 40.0)
        until(lambda agent=agent, run_s=run_s: _reached_s(agent) >= run_s, within_s=60)
        assert agent.end(signal.SIGKILL) == -signal.SIGKILL
        watched_s += _reached_s(agent)
        # The next one begins where this one died, as it would at a desk.
        began += timedelta(seconds=round(_reached_s(agent)))
    agent = Agent(folder, recording, "--speed", "max", "--recorded-at", text(began), "--no-notices")
    assert agent.wait() == 0

    kept = kept_minutes(folder)
    assert max(total_s(minute) for minute in kept.values()) <= 60
    total = sum(total_s(minute) for minute in kept.values())
    assert total >= watched_s - kills * (CHECKPOINT_S + 1)
    assert total <= watched_s + kills * LONGEST_LOOK_S + 10
    until(lambda: _seconds(peer.minutes) == _seconds(kept), within_s=10)
    # A part of a second that is added to a minute after a kill changes no whole second of it: then the server keeps the
    # fuller of two reports that are equally long, which may be the one before.
    assert all(fullness(peer.minutes[at]) >= fullness(kept[at]) for at in kept)


def _seconds(minutes: dict[str, dict[str, Any]]) -> dict[str, list[int]]:
    return {at: [minute[f"{name}_s"] for name in PARTS] for at, minute in minutes.items()}


def _reached_s(agent: Agent) -> float:
    return max((line["time_s"] for line in agent.events("verdict")), default=0.0)


def test_a_camera_that_is_unplugged_and_comes_back(tmp_path: Path, recording: Path):
    folder, camera = tmp_path / "state", tmp_path / "camera.avi"
    camera.symlink_to(recording)
    agent = Agent(folder, camera, "--loop", "--speed", "20", "--recorded-at", text(BEGAN), "--every", "--no-notices")
    until(lambda: _reached_s(agent) > 70)
    camera.unlink()
    until(lambda: [line["hold"] for line in agent.events("hold")][-1:] == ["unplugged"])
    lost_s = _reached_s(agent)
    camera.symlink_to(recording)
    until(lambda: [line["hold"] for line in agent.events("hold")][-1:] == [None])
    until(lambda: _reached_s(agent) > lost_s + 1)
    found_s = next(line["time_s"] for line in agent.events("verdict") if line["time_s"] > lost_s + 1)
    until(lambda: _reached_s(agent) > found_s + 60)
    reached_s = _reached_s(agent)
    assert agent.end() == 0

    kept = kept_minutes(folder)
    total = sum(total_s(minute) for minute in kept.values())
    assert max(total_s(minute) for minute in kept.values()) <= 60
    assert abs(total - lost_s - (reached_s - found_s)) <= 20


def test_a_computer_that_sleeps_leaves_a_hole_and_no_doubt(tmp_path: Path, recording: Path):
    folder = tmp_path / "state"
    agent = Agent(folder, recording, "--loop", "--speed", "30", "--recorded-at", text(BEGAN), "--every", "--no-notices")
    until(lambda: _reached_s(agent) > 30)
    agent.process.send_signal(signal.SIGSTOP)
    stopped_s = _reached_s(agent)
    with pytest.raises(TimeoutError):
        _stays(agent, 4.0)
    agent.process.send_signal(signal.SIGCONT)
    until(lambda: _reached_s(agent) > stopped_s + 30 * 4 + 30)
    reached_s = _reached_s(agent)
    woke_s = min(line["time_s"] for line in agent.events("verdict") if line["time_s"] > stopped_s + 60)
    assert agent.end() == 0

    kept = kept_minutes(folder)
    total = sum(total_s(minute) for minute in kept.values())
    assert max(total_s(minute) for minute in kept.values()) <= 60
    assert woke_s - stopped_s > 100
    assert abs(total - stopped_s - (reached_s - woke_s)) <= 25


def _stays(agent: Agent, for_s: float) -> None:
    """Wait while the process cannot end."""
    import subprocess

    try:
        agent.process.wait(for_s)
    except subprocess.TimeoutExpired as error:
        raise TimeoutError from error


def test_only_one_agent_uses_a_folder_and_a_killed_one_does_not_block_it(tmp_path: Path, recording: Path):
    folder = tmp_path / "state"
    first = Agent(folder, recording, "--loop", "--no-notices")
    until(lambda: list(first.events("hold")))
    second = Agent(folder, recording, "--loop", "--no-notices")
    assert second.wait() == 10
    first.end(signal.SIGKILL)
    third = Agent(folder, recording, "--speed", "max", "--no-notices")
    assert third.wait() == 0


def test_unpaired_by_the_server_it_stops_watching_and_keeps_what_it_has(peer: Peer, tmp_path: Path, empty_chair: Path):
    folder = tmp_path / "state"
    pair_with(peer, folder)
    peer.status, peer.error = 401, "not_paired"
    agent = Agent(folder, empty_chair, "--loop", "--speed", "20", "--recorded-at", text(BEGAN), "--no-notices")
    until(lambda: [line["hold"] for line in agent.events("hold")][-1:] == ["not_paired"])
    asked = len(peer.received)
    assert [line["key"] for line in agent.events("notice")] == ["not_paired"]
    assert agent.end() == 0
    assert len(peer.received) == asked

    peer.error = ""
    again = Agent(folder, empty_chair, "--speed", "max", "--recorded-at", text(BEGAN), "--no-notices")
    assert again.wait() == 0
    assert peer.minutes.keys() == kept_minutes(folder).keys()


def test_without_consent_nothing_is_watched(peer: Peer, tmp_path: Path, empty_chair: Path):
    folder = tmp_path / "state"
    pair_with(peer, folder)
    peer.status, peer.error = 403, "no_consent"
    agent = Agent(folder, empty_chair, "--loop", "--no-notices")
    until(lambda: [line["hold"] for line in agent.events("hold")][-1:] == ["no_consent"])
    assert agent.end() == 0
