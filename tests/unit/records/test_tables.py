"""Every table and column of the schema is exported, or left out with a reason; a new one has to be thought about."""

from __future__ import annotations

import pytest

from tracker import schema
from tracker.db import EncryptedText
from tracker.records.checks import CHECKS
from tracker.records.schema_service import shape_of
from tracker.records.tables import EXERCISES, HERE, LEFT_OUT, MENTIONS_EXERCISES, PARTS, PERSON, RECORD, part_of

TABLES = schema.metadata.tables


def test_every_table_is_in_exactly_one_place():
    named = [part.table for part in PARTS] + list(LEFT_OUT)
    assert len(named) == len(set(named))
    assert set(named) == set(TABLES)
    assert all(LEFT_OUT.values())


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.table)
def test_every_column_travels_or_has_a_reason(part):
    columns = set(TABLES[part.table].columns.keys())
    own = {part.whose} if part.is_the_persons else set()
    travelling = set(shape_of(part.table).names)
    assert travelling | set(part.omitted) | own == columns
    assert not travelling & {*part.omitted, *own}
    assert all(part.omitted.values())


SECRET = ("hash", "token", "secret", "password", "totp", "p256dh", "auth", "endpoint", "lease")


def test_nothing_that_lets_somebody_in_travels():
    for part in PARTS:
        for name in shape_of(part.table).names:
            assert not any(word in name.split("_") for word in SECRET), f"{part.table}.{name}"


def test_parents_come_before_what_refers_to_them():
    seen: set[str] = {PERSON}
    for part in (*EXERCISES, *RECORD):
        if part.of is not None:
            assert part.of in seen, part.table
        for each in shape_of(part.table).fields:
            assert each.refers is None or each.refers in seen, f"{part.table}.{each.name}"
        seen.add(part.table)


def test_the_order_of_rows_is_complete():
    """Its columns hold a key of the table, so that no two rows can change places; and none of them is encrypted."""
    for part in PARTS:
        there = TABLES[part.table]
        keys = [{column.name for column in there.primary_key.columns}]
        keys += [
            {column.name for column in constraint.columns}
            for constraint in there.constraints
            if type(constraint).__name__ == "UniqueConstraint"
        ]
        order = set(part.order)
        # What holds the person's id is the same in every row; a number of a clinic is unique for one person as well.
        assert any(key - {part.whose, "clinic_id"} <= order for key in keys), part.table
        assert not any(isinstance(there.c[name].type, EncryptedText) for name in part.order), part.table


def test_what_is_named_elsewhere_is_there():
    for part in PARTS:
        assert set(part.omitted) | set(part.loose) | set(part.fresh) <= set(TABLES[part.table].columns.keys())
        assert set(part.loose.values()) <= set(TABLES)
    for table, column in MENTIONS_EXERCISES:
        assert column in TABLES[table].columns
        part_of(table)
    assert set(CHECKS) <= {part.table for part in (*RECORD, *EXERCISES)}


def test_what_happened_here_is_never_imported():
    assert {part.table for part in HERE} == {"care_link", "delivery", "audit_event"}
