"""The page on which the browser watches has a word for whatever the engine may say to it."""

from __future__ import annotations

import re

from flask import Flask
from flask_babel import Babel

from exercises.posture_breaks import CLOCK, STILL
from exercises.posture_guide import LASTS_S
from tracker.posture import watch_texts
from tracker.settings import PROJECT_ROOT

SAID = re.compile(r'(?:Gate|CalibrationError)\(\s*"(\w+)",\s*(f?)"([^"]+)"')
"""How the engine says that it cannot tell, and what to do: two keys."""

BLAMES = re.compile(r"\b(damage|harm|bad|wrong|should|must|failed|pain)\b|!", re.IGNORECASE)


def said_by_engine() -> tuple[set[str], set[str]]:
    reasons, remedies = set(), set()
    for path in sorted((PROJECT_ROOT / "exercises").glob("posture*.py")):
        for reason, varies, remedy in SAID.findall(path.read_text(encoding="utf-8")):
            reasons.add(reason)
            remedies |= {remedy.format(view=view) for view in ("front", "side")} if varies else {remedy}
    return reasons, remedies


def test_every_reason_and_every_remedy_has_a_sentence():
    reasons, remedies = said_by_engine()
    assert {"nobody", "too_dark", "turned", "same_pose"} <= reasons, "the engine was read"
    assert reasons <= set(watch_texts.REASONS)
    assert {each for each in remedies if "{" not in each} <= set(watch_texts.REMEDIES)


def test_every_phase_and_every_notice_has_a_sentence():
    assert set(LASTS_S) == set(watch_texts.PHASES) == set(watch_texts.PHASE_WORDS)
    assert {STILL, CLOCK} <= set(watch_texts.NOTICES)
    assert set(watch_texts.STATES) == set(watch_texts.STATE_WORDS)


def test_no_sentence_blames_or_frightens():
    app = Flask(__name__)
    Babel(app, default_locale="en", default_timezone="UTC")
    with app.test_request_context():
        told = [sentence for group in watch_texts.engine_texts().values() for sentence in group.values()]
    assert not [each for each in told if BLAMES.search(each)]
    assert len(told) > 50
