"""A file that is no record, or means harm, is refused quickly and with a sentence."""

from __future__ import annotations

import json

import pytest

from tracker.clock import stopwatch_s
from tracker.records import rules_import
from tracker.records.errors import RefusedRecordError

HARMFUL = {
    "empty": (b"", "is not JSON"),
    "not JSON": (b"{", "is not JSON"),
    "not UTF-8": (b'"\xff"', "is not UTF-8"),
    "a list": (b"[]", "does not hold a record"),
    "nested a million times": (b"[" * 1_000_000, "is nested too deeply"),
    "objects nested": (b'{"a":' * 1_000_000, "is nested too deeply"),
    "NaN": (b'{"version": NaN}', "holds a number that is none"),
    "infinity": (b'{"version": -Infinity}', "holds a number that is none"),
    "a number of a million digits": (b'{"version": ' + b"9" * 1_000_000 + b"}", "is not JSON"),
    "a version of four hundred digits": (
        b'{"format": "rhomboid-record", "version": 1' + b"0" * 400 + b"}", "version is not 1",
    ),
    "the same key twice": (b'{"format": "a", "format": "rhomboid-record"}', "says something twice"),
    "another program's": (b'{"format": "fhir"}', "format is not rhomboid-record"),
    "without its parts": (json.dumps({"format": "rhomboid-record", "version": 1}).encode(), "is missing"),
}  # fmt: skip


@pytest.mark.parametrize("what", HARMFUL)
def test_it_is_refused(what):
    content, sentence = HARMFUL[what]
    started = stopwatch_s()
    with pytest.raises(RefusedRecordError, match=sentence) as refused:
        rules_import.read(content, {})
    assert stopwatch_s() - started < 5
    assert len(str(refused.value)) < 200


def test_a_file_that_is_too_large_is_not_even_read(monkeypatch):
    monkeypatch.setattr(rules_import, "LARGEST_FILE", 10)
    with pytest.raises(RefusedRecordError, match="larger than"):
        rules_import.read(b"x" * 11, {})
