"""Every key the engine can say has words, so that nobody reads a key."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path

import pytest

from exercises import holds, repetitions
from exercises.definition import load_library
from exercises.measures import MEASURES
from exercises.repetitions import RepetitionCounter
from tracker.training import rules, service, texts, tracks
from tracker.training.documents import STOP_REASONS

SOURCES = {
    name: (resources.files("exercises") / name).read_text("utf-8") for name in ("coach.py", "view.py", "holds.py")
}


def gates() -> list[tuple[str, str]]:
    """Reason and remedy of every gate the engine's source makes."""
    found = re.findall(r'Gate\(\s*"([a-z_]+)",\s*f?"([a-z_{}]+)', SOURCES["coach.py"] + SOURCES["view.py"])
    assert len(found) >= 5
    return found


def test_every_reason_of_a_repetition_has_words():
    reasons = {value for name, value in vars(repetitions).items() if name.isupper() and isinstance(value, str)}
    assert RepetitionCounter.__module__ == repetitions.__name__
    assert {"complete", "partial_range"} <= reasons <= set(texts.REASONS)


def test_every_reason_of_a_hold_has_words():
    reasons = set(re.findall(r'_close\("([a-z_]+)"\)', SOURCES["holds.py"]))
    assert holds.HoldTimer
    assert {"complete", "too_short"} <= reasons <= set(texts.HOLD_REASONS)


@pytest.mark.parametrize("table", [texts.GATES, texts.GATES_NOW])
def test_every_gate_has_words(table):
    assert {reason for reason, _remedy in gates()} <= set(table)


def test_every_remedy_has_words():
    remedies = {remedy for _reason, remedy in gates() if "{" not in remedy}
    turns = {f"turn_{view}" for definition in load_library().values() for view in definition.views}
    assert remedies | turns <= set(texts.REMEDIES)


def test_every_measure_and_unit_has_words():
    assert set(MEASURES) <= set(texts.MEASURES)
    assert {measure.unit for measure in MEASURES.values()} <= set(texts.UNITS)


def test_every_stop_reason_has_words_for_both_readers():
    assert set(STOP_REASONS) == set(texts.STOP_REASONS)
    assert set(STOP_REASONS) <= set(texts.STOP_REASONS_FOR_PHYSIO)


def test_every_reason_to_refuse_a_document_has_words():
    sources = [Path(module.__file__).read_text("utf-8") for module in (rules, tracks, service)]
    found = set(
        re.findall(
            r'(?:Problem\([^()]*|TrackError\(|RejectedError\(.*|fields\[[^\]]+\] = )"([a-z_]+)"',
            "\n".join(sources),
        )
    )
    found |= set(re.findall(r'return "(clock_ahead|too_old)"', sources[0]))
    assert {"count_disagrees", "track_size", "id_taken", "unknown_prescription", "clock_ahead"} <= found
    assert found - set(texts.PROBLEMS) == set()
