from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tracker.vision.errors import OutputError
from tracker.vision.watch import places
from tracker.vision.watch.breaks import Breaks
from tracker.vision.watch.courier import BREAK
from tracker.vision.watch.minutes import Part
from tracker.vision.watch.pairing import Pairing, Places, only_one, read_pairing, write_pairing
from tracker.vision.watch.spool import FUTURE, Spool, text_of
from tracker.vision.watch.wishes import duration_of, wanted_of, wish

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path / "watch.sqlite3") as opened:
        yield opened


def comfort(seconds: float, **more: object) -> Part:
    return Part(comfort_ms=round(seconds * 1000), **more)  # type: ignore[arg-type]


_WRITES_AND_STAYS = """
import sys
from pathlib import Path
from tracker.vision.watch.spool import Spool
first, second = Spool(Path(sys.argv[1])), Spool(Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.readline()
"""


def test_who_opens_and_closes_it_beside_a_running_program_takes_nothing_away(tmp_path):
    """The agent has it open twice; `tracker watch --pause` opens and closes it. A lock lost there lost minutes."""
    path = tmp_path / "spool.sqlite3"
    running = subprocess.Popen(
        [sys.executable, "-c", _WRITES_AND_STAYS, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout.readline() == "open\n"
        Spool(path).close()
        assert path.with_name("spool.sqlite3-wal").exists()
    finally:
        running.communicate("\n", timeout=30)


def test_parts_of_a_minute_are_added_up_to_sixty_seconds(spool: Spool):
    spool.add([(AT, comfort(25, changes=1))])
    spool.add([(AT, comfort(20, changes=1))])
    spool.add([(AT, Part(away_ms=30_000))])

    (minute,) = spool.minutes()
    assert (minute["comfort_s"], minute["away_s"], minute["changes"]) == (45, 15, 2)


def test_means_are_weighed_by_time(spool: Spool):
    spool.add([(AT, comfort(10, score_sum=90 * 10_000, score_ms=10_000, movement_sum=2 * 10_000))])
    spool.add([(AT, comfort(30, score_sum=50 * 30_000, score_ms=30_000))])
    (minute,) = spool.minutes()
    assert (minute["score"], minute["movement"]) == (60, 0.5)


def test_what_the_server_confirmed_is_not_sent_again_unless_it_grew(spool: Spool):
    spool.add([(AT, comfort(20))])
    sent = spool.unsent(AT + MINUTE, 10)
    spool.confirm(sent, {})
    assert spool.unsent(AT + MINUTE, 10) == []

    spool.add([(AT, comfort(5))])
    assert [each.minute["comfort_s"] for each in spool.unsent(AT + MINUTE, 10)] == [25]


def test_what_grew_while_it_was_on_its_way_is_sent_again(spool: Spool):
    spool.add([(AT, comfort(20))])
    sent = spool.unsent(AT + MINUTE, 10)
    spool.add([(AT, comfort(5))])
    spool.confirm(sent, {})
    assert len(spool.unsent(AT + MINUTE, 10)) == 1


def test_the_running_minute_and_an_empty_one_wait(spool: Spool):
    spool.add([(AT, Part(changes=1)), (AT + MINUTE, comfort(30))])
    assert spool.unsent(AT + MINUTE + timedelta(seconds=30), 10) == []


def test_a_refused_minute_is_given_up_but_one_of_the_future_is_tried_again(spool: Spool):
    spool.add([(AT, comfort(20)), (AT + MINUTE, comfort(20))])
    sent = spool.unsent(AT + 5 * MINUTE, 10)
    spool.confirm(sent, {text_of(AT): "malformed", text_of(AT + MINUTE): FUTURE})
    assert [each.minute["at"] for each in spool.unsent(AT + 5 * MINUTE, 10)] == [text_of(AT + MINUTE)]


def test_minutes_are_kept_for_thirty_five_days(spool: Spool):
    spool.add([(AT, comfort(20)), (AT + timedelta(days=3), comfort(20))])
    spool.forget_old(AT + timedelta(days=36))
    assert [minute["at"] for minute in spool.minutes()] == [text_of(AT + timedelta(days=3))]


def test_two_programs_see_each_others_wishes(spool: Spool, tmp_path: Path):
    before = spool.state()
    with Spool(tmp_path / "watch.sqlite3") as other:
        wish(other, quiet=True, paused_until=AT)
    assert spool.state() != before
    assert wanted_of(spool).quiet
    assert wanted_of(spool).paused(AT - MINUTE)
    assert not wanted_of(spool).paused(AT)


def test_a_wish_made_here_lies_over_the_servers_settings_and_nonsense_counts_as_not_said(spool: Spool):
    spool.note("settings", {"quiet": True, "break_rule": "whenever", "break_every_s": "x", "snoozed_until": "soon"})
    wish(spool, quiet=False)
    wanted = wanted_of(spool)
    assert (wanted.quiet, wanted.break_rule, wanted.break_every_s, wanted.snoozed_until) == (False, "still", 1800, None)


def test_quiet_hours_are_as_silent_as_what_was_put_off_and_the_later_end_counts(spool: Spool):
    spool.note("settings", {"quiet_hours_until": text_of(AT + 2 * MINUTE)})
    assert wanted_of(spool).snoozed_s(AT) == 120
    wish(spool, snoozed_until=AT + 5 * MINUTE)
    assert wanted_of(spool).snoozed_s(AT) == 300
    assert wanted_of(spool).snoozed_s(AT + 6 * MINUTE) == 0


@pytest.mark.parametrize(
    ("text", "minutes"), [("30m", 30), ("1h", 60), ("90", 90), ("45 min", 45), ("60s", 1), ("24h", 1440)]
)
def test_durations(text: str, minutes: int):
    assert duration_of(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "soon", "-5m", "0m", "25h", "1d", "1e3"])
def test_what_is_no_duration(text: str):
    with pytest.raises(ValueError, match=r"."):
        duration_of(text)


def test_only_notices_of_the_last_hour_count(spool: Spool):
    for minutes in (5, 59, 61):
        spool.tell(AT - timedelta(minutes=minutes))
    assert spool.told_s_ago(AT) == [300, 3540]


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path):
    with pytest.raises(OutputError):
        Spool(tmp_path / "missing" / "watch.sqlite3")


def test_the_token_is_for_its_owner_only_and_replaces_another_whole(tmp_path: Path):
    file = Places.of(tmp_path).pairing
    assert read_pairing(file) is None
    for token in ("one", "two"):
        write_pairing(file, Pairing("https://server", token, "w", "Jo"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_pairing(file) == Pairing("https://server", "two", "w", "Jo")
    assert [path.name for path in tmp_path.iterdir()] == ["pairing.json"]


@pytest.mark.usefixtures("spool")
def test_the_spool_is_for_its_owner_only(tmp_path: Path):
    assert stat.S_IMODE((tmp_path / "watch.sqlite3").stat().st_mode) == 0o600
    with only_one(Places.of(tmp_path)):
        pass


def test_nobody_else_can_hold_the_lock(tmp_path: Path):
    folders = Places.of(tmp_path)
    with only_one(folders):
        assert stat.S_IMODE(folders.lock.stat().st_mode) == 0o600


def breaks_in(spool: Spool) -> list[tuple[str, str | None]]:
    return [(each["outcome"], each["credited_by"]) for each in spool.documents(BREAK)]


def test_a_break_is_credited_declined_or_passes(spool: Spool):
    breaks = Breaks(spool)
    breaks.offer("1", "still", AT)
    assert breaks.take("stand", AT + MINUTE) == "1"
    assert breaks.take("stand", AT + MINUTE) is None
    breaks.offer("2", "clock", AT)
    breaks.decline("1", AT)
    breaks.decline("2", AT)
    breaks.offer("3", "still", AT)
    breaks.tick(AT + 9 * MINUTE)
    breaks.tick(AT + 10 * MINUTE)
    assert breaks_in(spool) == [("taken", "stand"), ("not_now", None), ("passed", None)]


def test_an_open_break_is_still_open_after_a_restart(spool: Spool):
    Breaks(spool).offer("1", "still", AT)
    assert Breaks(spool).take("shift", AT + MINUTE) == "1"


def test_a_break_never_ends_before_it_was_offered(spool: Spool):
    breaks = Breaks(spool)
    breaks.offer("1", "still", AT)
    breaks.take("stand", AT - timedelta(hours=1))
    (document,) = spool.documents(BREAK)
    assert document["ended_at"] == document["offered_at"]


def baseline(number: str, place: str, made_at: datetime) -> dict[str, object]:
    return {
        "id": number, "place": place, "name": "Desk", "camera": "", "view": "front", "confidence": "normal",
        "made_at": made_at.isoformat(), "document": {"engine_version": "0"},
    }  # fmt: skip


def test_the_newest_calibration_of_a_place_counts_and_an_unreadable_one_is_left_out(spool: Spool):
    for each in (baseline("1", "a", AT), baseline("2", "a", AT + MINUTE), baseline("3", "b", AT)):
        spool.put(places.BASELINE, each)
    newest = places.newest_per_place(spool)
    assert [each["id"] for each in newest] == ["2", "3"]
    assert places.for_engine(newest) == []
    assert places.days_old(newest, AT + timedelta(days=2, minutes=1))["2"] == pytest.approx(2)


def test_the_servers_list_is_followed_but_what_it_has_not_got_yet_stays(spool: Spool):
    spool.put(places.BASELINE, baseline("old", "a", AT), known=True)
    spool.put(places.BASELINE, baseline("mine", "b", AT))
    places.keep_servers(spool, [baseline("new", "c", AT)])
    assert {each["id"] for each in spool.documents(places.BASELINE)} == {"mine", "new"}
    assert [each.id for each in spool.unsent_documents(places.BASELINE)] == ["mine"]


def test_calibrating_a_place_again_keeps_the_place():
    known = [baseline("1", "a", AT)]
    document = {"view": "front", "confidence": "low"}
    again = places.new_baseline(document, name="desk", camera="c", made_at=AT, known=known)
    other = places.new_baseline(document, name="Kitchen", camera="c", made_at=AT, known=known)
    assert again["place"] == "a"
    assert other["place"] != "a"
