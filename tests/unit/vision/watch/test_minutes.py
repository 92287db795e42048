from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tracker.vision.watch.minutes import MINUTE_MS, Part, part_of, shared_out, whole_seconds

AT = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
lengths = st.lists(st.integers(0, MINUTE_MS), min_size=4, max_size=4).filter(lambda each: sum(each) <= MINUTE_MS)


@given(lengths)
def test_whole_seconds_add_up_and_stay_close(lengths_ms: list[int]):
    seconds = whole_seconds(lengths_ms)
    assert sum(seconds) == round(sum(lengths_ms) / 1000) <= 60
    assert all(abs(second - length / 1000) < 1 for second, length in zip(seconds, lengths_ms, strict=True))


@given(lengths, st.integers(0, MINUTE_MS))
def test_a_part_is_cut_to_the_room_there_is(lengths_ms: list[int], room_ms: int):
    part = Part(*lengths_ms)
    cut = part.cut(room_ms)
    assert cut.total_ms <= room_ms
    assert cut.total_ms >= min(part.total_ms, room_ms) - 4
    assert min(cut.comfort_ms, cut.slouch_ms, cut.away_ms, cut.unknown_ms) >= 0


@given(st.integers(0, 3600), st.floats(0.5, 600), st.integers(1, 100))
def test_a_stretch_is_shared_out_without_loss(begin_s: int, length_s: float, share: int):
    began = AT + timedelta(seconds=begin_s)
    part = Part(comfort_ms=round(length_s * 10 * share), changes=3)
    shares = list(shared_out(part, began, began + timedelta(seconds=length_s)))
    assert abs(sum(each.comfort_ms for _at, each in shares) - part.comfort_ms) <= len(shares)
    assert sum(each.changes for _at, each in shares) == 3
    assert len({at for at, _each in shares}) == len(shares)
    assert all(at.second == 0 for at, _each in shares)


def test_the_engines_tally_becomes_a_minute():
    tally = {
        "comfort_s": 40.0, "slouch_s": 19.6, "away_s": 0.0, "unknown_s": 0.0, "changes": 2, "stands": 1,
        "movement": 1.5, "still_s": 130.2, "score": 71, "view": "front", "baseline_id": "b",
    }  # fmt: skip
    assert part_of(tally).as_document() == {
        "comfort_s": 40, "slouch_s": 20, "away_s": 0, "unknown_s": 0, "changes": 2, "stands": 1,
        "movement": 1.5, "still_s": 130, "score": 71, "view": "front", "baseline_id": "b",
    }  # fmt: skip
