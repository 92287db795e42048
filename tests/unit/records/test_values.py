"""A value is written in one way and read strictly."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.records.values import ValueKind, WrongValueError, from_json, row_writer

NUMBERS = st.floats(-1e15, 1e15, allow_nan=False)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
DOCUMENTS = st.dictionaries(
    TEXTS,
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | NUMBERS | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)
VALUES = {
    ValueKind.ID: st.uuids(),
    ValueKind.INSTANT: st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  # as it asks for
    ValueKind.DAY: st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    ValueKind.WHOLE: st.integers(-(2**31) + 1, 2**31 - 1),
    ValueKind.NUMBER: NUMBERS,
    ValueKind.YES_NO: st.booleans(),
    ValueKind.TEXT: TEXTS,
    ValueKind.DOCUMENT: DOCUMENTS,
    ValueKind.BYTES: st.binary(max_size=50),
}


def written(kind: ValueKind, value: object) -> str:
    return row_writer([kind])([value])[1:-1]


@given(st.data())
def test_what_is_written_is_read_back(data):
    kind = data.draw(st.sampled_from(list(ValueKind)))
    value = data.draw(VALUES[kind])
    assert from_json(kind, json.loads(written(kind, value))) == value


def test_nothing_stays_nothing():
    assert all(written(kind, None) == "null" for kind in ValueKind)


def test_an_instant_is_written_in_utc_whatever_zone_it_came_in():
    there = datetime(2026, 3, 10, 13, 0, tzinfo=timezone(timedelta(hours=1)))
    assert written(ValueKind.INSTANT, there) == '"2026-03-10T12:00:00Z"'
    assert written(ValueKind.INSTANT, there.replace(microsecond=5)) == '"2026-03-10T12:00:00.000005Z"'


def test_zero_has_no_sign_and_keys_have_an_order():
    assert written(ValueKind.DOCUMENT, {"b": -0.0, "a": [{"d": 1, "c": -0.0}]}) == '{"a":[{"c":0.0,"d":1}],"b":0.0}'
    assert written(ValueKind.DOCUMENT, {"b": "-0.0", "a": -0.05}) == '{"a":-0.05,"b":"-0.0"}'
    assert written(ValueKind.NUMBER, -0.0) == "0.0"


DEEP: object = "x"
for _ in range(20):
    DEEP = [DEEP]

WRONG = [
    (ValueKind.ID, "6F9619FF-8B86-D011-B42D-00C04FC964FF"),
    (ValueKind.ID, "6f9619ff8b86d011b42d00c04fc964ff"),
    (ValueKind.ID, 5),
    (ValueKind.ID, UUID(int=1)),
    (ValueKind.INSTANT, "2026-03-10T12:00:00"),
    (ValueKind.INSTANT, "2026-03-10T12:00:00+01:00"),
    (ValueKind.INSTANT, "2026-03-10 12:00:00Z"),
    (ValueKind.INSTANT, "9999-12-31T23:59:59Z"),
    (ValueKind.INSTANT, "20260310T120000Z"),
    (ValueKind.INSTANT, 1),
    (ValueKind.DAY, "20260310"),
    (ValueKind.DAY, "2026-W11-2"),
    (ValueKind.DAY, "2026-02-30"),
    (ValueKind.DAY, 1),
    (ValueKind.WHOLE, 1.0),
    (ValueKind.WHOLE, True),
    (ValueKind.WHOLE, 2**31),
    (ValueKind.WHOLE, "1"),
    (ValueKind.NUMBER, float("inf")),
    (ValueKind.NUMBER, float("nan")),
    (ValueKind.NUMBER, 10**400),
    (ValueKind.NUMBER, True),
    (ValueKind.NUMBER, "1"),
    (ValueKind.YES_NO, 1),
    (ValueKind.TEXT, "half \ud800"),
    (ValueKind.TEXT, "zero \0"),
    (ValueKind.TEXT, "x" * 200_001),
    (ValueKind.TEXT, 1),
    (ValueKind.DOCUMENT, {"a": [10**400]}),
    (ValueKind.DOCUMENT, {"a": float("nan")}),
    (ValueKind.DOCUMENT, {"\ud800": 1}),
    (ValueKind.DOCUMENT, {"a": "\0"}),
    (ValueKind.DOCUMENT, DEEP),
    (ValueKind.BYTES, "AA=A"),
    (ValueKind.BYTES, "ä"),
    (ValueKind.BYTES, 1),
    (ValueKind.BYTES, "AAAA" * 2_700_000),
]


@pytest.mark.parametrize(("kind", "value"), WRONG, ids=range(len(WRONG)))
def test_a_value_of_another_kind_is_refused_and_not_repeated(kind, value):
    with pytest.raises(WrongValueError) as refused:
        from_json(kind, value)
    assert len(str(refused.value)) < 100
