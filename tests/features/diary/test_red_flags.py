"""A red flag, however and whenever it is told, leads to its level, its page and the lock, and stays until it is closed.

Random histories go through `receive` and the evaluation in one transaction, as every view does it; a few go all the way
through the browser's requests.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracker.alerts import service as alerts_service
from tracker.diary import documents, service
from tracker.diary.rules_flags import RED_FLAGS, flag_levels
from tracker.regimen.models import Standing
from tracker.regimen.rules_levels import Level

URGENT_CODES = sorted(code for code, flag in RED_FLAGS.items() if flag.level >= Level.URGENT and not flag.crisis)

KINDS = (
    "calm", "flag", "flag late", "flag far too late", "flag offline", "flag wrong clock", "edit in", "edit out",
    "self-harm",
)  # fmt: skip

one_flag = st.fixed_dictionaries(
    {"answer": st.sampled_from(["new", "new", "checked"])}, optional={"detail": st.booleans()}
)
flags = st.dictionaries(st.sampled_from(sorted(set(RED_FLAGS) - {"C_MOOD"})), one_flag, min_size=1, max_size=2)
calm = st.fixed_dictionaries(
    {"none_of_these": st.just(value=True)}, optional={"average": st.integers(0, 4), "worst": st.integers(0, 5)}
)


@st.composite
def steps(draw):
    """What somebody does over some days: check-ins, with and without flags, late, far too late, out of the outbox, with
    a wrong clock, and corrections of what was told before.
    """
    found = []
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from(KINDS))
        found.append(
            {
                "kind": kind,
                "wait_h": draw(st.integers(0, 40)),
                "form": draw(st.sampled_from(["daily", "flags", "intake"])),
                "flags": draw(flags),
                "calm": draw(calm),
                "days_ago": draw({"flag late": st.integers(1, 2), "flag far too late": st.integers(3, 800)}.get(
                    kind, st.just(0)
                )),
                "shift_h": draw({"flag offline": st.integers(-300, -1), "flag wrong clock": st.sampled_from(
                    [-20_000, 40, 20_000]
                )}.get(kind, st.just(0))),
            }
        )  # fmt: skip
    return found


def document_of(step: dict[str, Any], diary, entries: list[tuple[str, str]], pick: int) -> dict[str, Any]:
    answered_at = diary.clock.now() + timedelta(hours=step["shift_h"])
    told = {"flags": step["flags"]}
    if step["kind"] in {"calm", "edit out"}:
        told = dict(step["calm"]) if step["form"] == "daily" else {"none_of_these": True}
    if step["kind"] == "self-harm":
        return diary.document("flags", only={"self_harm": True})
    entry: dict[str, Any] = {}
    form = step["form"]
    if step["kind"].startswith("edit") and entries:
        entry["entry_id"], form = entries[pick % len(entries)]
        told = told if form == "daily" or "flags" in told else {"none_of_these": True}
    about = (answered_at - timedelta(days=step["days_ago"])).date().isoformat()
    return diary.document(form, only=told, answered_at=answered_at, local_date=about, **entry)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps(), st.integers(0, 5))
def test_whatever_happens_the_level_is_at_least_that_of_every_flag_that_was_ever_told(
    people, diary, database, clock, story, pick
):
    patient = people.patient(consents=("sharing",), intake_done=False)
    entries: list[tuple[str, str]] = []
    wanted = Level.STEADY
    for step in story:
        clock.advance(timedelta(hours=step["wait_h"]))
        document = document_of(step, diary, entries, pick)
        parsed = documents.parse(document)
        levels = flag_levels(service.flags_of(parsed)).values()
        service.receive(database, patient=patient, document=parsed, received_at=clock.now())
        entries.append((document["entry_id"], document["form"]))
        alerts_service.record_changed(database, patient.id, clock.now())
        database.commit()
        wanted = max([wanted, *(level for level in levels if level >= Level.URGENT)])
        standing = database.get(Standing, patient.id)
        assert standing is not None
        assert standing.level >= wanted
        # "Clearance first" (D_AGE, D_PREG) closes the exercises as well, without a page of its own.
        assert standing.locked or standing.level < Level.URGENT
        assert (standing.page is not None) == (standing.level >= Level.URGENT)
        if wanted is Level.EMERGENCY:
            assert standing.page in {"emergency", "crisis"}


# ---------------------------------------------------------------------------------------------- through the browser


@pytest.fixture
def patient(people):
    return people.patient(people.physio())


@pytest.fixture
def browser(patient, signed_in):
    return signed_in(patient)


def standing_of(database, patient) -> Standing:
    database.commit()
    found = database.get(Standing, patient.id)
    assert found is not None
    return found


@pytest.mark.parametrize("code", URGENT_CODES)
def test_every_urgent_question_has_its_level_its_page_and_the_lock(browser, diary, patient, database, code):
    level = RED_FLAGS[code].level
    answer = browser.post_json("/api/check-ins", diary.flagged(code)).get_json()
    page = "/help/emergency" if level is Level.EMERGENCY else "/help/urgent"
    assert (answer["level"], answer["page"]) == (level, page)
    standing = standing_of(database, patient)
    assert (standing.level, standing.locked) == (level, True)


@pytest.mark.parametrize("days_ago", [0, 1, 2, 3, 30, 800])
def test_w10_numbness_told_late_is_an_emergency_now(browser, diary, patient, database, days_ago):
    diary.tell(patient)
    answer = browser.post_json("/api/check-ins", diary.flagged("E_NUMB", days_ago=days_ago)).get_json()
    assert (answer["page"], answer["late"]) == ("/help/emergency", days_ago > 0)
    assert standing_of(database, patient).level == Level.EMERGENCY


def test_a_flag_edited_in_counts(browser, diary, patient, database, clock):
    document = diary.document()
    browser.post_json("/api/check-ins", document)
    clock.advance(timedelta(hours=2))
    edited = diary.flagged("E_NUMB", entry_id=document["entry_id"])
    assert browser.post_json("/api/check-ins", edited).get_json()["page"] == "/help/emergency"
    assert standing_of(database, patient).level == Level.EMERGENCY


def test_w08_a_flag_edited_out_or_denied_the_next_day_stays(browser, diary, patient, database, clock):
    document = diary.flagged("E_CARDIAC")
    browser.post_json("/api/check-ins", document)
    clock.advance(timedelta(hours=2))
    answer = browser.post_json("/api/check-ins", diary.document(entry_id=document["entry_id"])).get_json()
    assert (answer["level"], answer["page"]) == (4, "/help/emergency")
    clock.advance(timedelta(days=1))
    answer = browser.post_json("/api/check-ins", diary.document()).get_json()
    assert (answer["level"], answer["page"]) == (4, "/help/emergency")
    assert standing_of(database, patient).locked


def test_w11_old_and_checked_is_noted_and_worse_later_is_an_emergency(browser, diary, patient, database, clock):
    diary.tell(patient, form="intake")
    answer = browser.post_json("/api/check-ins", diary.flagged("E_NUMB", answer="checked")).get_json()
    assert answer["page"] is None
    assert not standing_of(database, patient).locked
    clock.advance(timedelta(days=1))
    assert browser.post_json("/api/check-ins", diary.flagged("E_NUMB")).get_json()["page"] == "/help/emergency"


def test_w16_phq2_with_thoughts_of_self_harm_leads_to_the_crisis_page(browser, diary, patient, database):
    answer = browser.post_json("/api/check-ins", diary.document("monthly", only={"phq2": [2, 2], "self_harm": True}))
    assert answer.get_json()["page"] == "/help/crisis"
    standing = standing_of(database, patient)
    assert (standing.level, standing.page, standing.locked) == (4, "crisis", True)


def test_somebody_whom_nobody_watches_is_led_to_the_same_page_and_locked_as_well(people, signed_in, diary, database):
    alone = people.solo()
    answer = signed_in(alone).post_json("/api/check-ins", diary.flagged("U_FEVER")).get_json()
    assert (answer["level"], answer["page"]) == (3, "/help/urgent")
    assert standing_of(database, alone).locked


def test_the_page_comes_even_if_the_evaluation_did_not(browser, diary, monkeypatch):
    """The view looks at the flags itself: two independent ways to the same page."""
    monkeypatch.setattr("tracker.diary.telling_views.record_changed", lambda _patient_id: None)
    answer = browser.post_json("/api/check-ins", diary.flagged("E_CARDIAC")).get_json()
    assert (answer["level"], answer["page"]) == (4, "/help/emergency")


def test_a_calm_check_in_with_an_unknown_entry_id_is_just_a_check_in(browser, diary):
    answer = browser.post_json("/api/check-ins", diary.document(entry_id=str(uuid.uuid4()))).get_json()
    assert (answer["level"], answer["page"]) == (0, None)
