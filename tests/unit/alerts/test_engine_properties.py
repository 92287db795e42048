"""What must hold for every history: against a second implementation, and by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.alerts.histories import history, states
from tests.unit.alerts.oracle import judge
from tracker.alerts import rules, rules_channel
from tracker.alerts.rules import DEFAULT, PRESETS, ClinicianEvent, DayFacts, ExercisePain, Family, evaluate
from tracker.regimen.rules_levels import Level

FIXED_SILENCE = replace(DEFAULT, personal_silence=False)

pain = st.integers(0, 10)


@st.composite
def wandering(draw: st.DrawFn, most_days: int = 90) -> list[int | None]:
    """Pain that stays for a while, jumps, drifts, and is sometimes not reported; uniform noise would trigger little."""
    averages: list[int | None] = []
    level = draw(pain)
    while len(averages) < most_days:
        kind = draw(st.sampled_from(["stay", "stay", "drift", "silence", "end"]))
        if kind == "end":
            break
        length = draw(st.integers(1, 24))
        if kind == "silence":
            averages += [None] * length
            continue
        target = draw(pain)
        for step in range(length):
            base = level + (target - level) * step / length if kind == "drift" else target
            noise = draw(st.sampled_from([0, 0, 0, 1, -1, 2, -2, None]))
            averages.append(None if noise is None else min(10, max(0, round(base + noise))))
        level = target
    return (averages or [level])[:most_days]


@st.composite
def said(draw: st.DrawFn, averages: list[int | None]) -> dict[int, dict[str, Any]]:
    """Extra answers on a few of the answered days."""
    answered = [day for day, average in enumerate(averages) if average is not None]
    if not answered:
        return {}
    answer = st.fixed_dictionaries(
        {},
        optional={
            "worse": st.booleans(),
            "func_loss": st.just(True),
            "intf": pain,
            "flags": st.sampled_from([["E_NUMB"], ["U_FEVER"], ["D_ARM"], ["E_WEAK", "U_FEVER"]]),
            "ex": st.fixed_dictionaries({"pre": pain, "during": pain, "next": pain}),
        },
    )
    return draw(st.dictionaries(st.sampled_from(answered), answer, max_size=6))


def facts(extra: Mapping[int, Mapping[str, Any]]) -> dict[int, dict[str, Any]]:
    """The answers of `said` in the engine's words."""
    levels = {"E": Level.EMERGENCY, "U": Level.URGENT, "D": Level.REVIEW}
    translated: dict[int, dict[str, Any]] = {}
    for day, answers in extra.items():
        taken: dict[str, Any] = {}
        if "flags" in answers:
            taken["flags"] = {code: levels[code[0]] for code in answers["flags"]}
        if "ex" in answers:
            session = answers["ex"]
            taken["exercises"] = (ExercisePain(session["pre"], session["during"], session["next"]),)
        taken["worse_than_usual"] = answers.get("worse", False)
        taken["cannot_do_activities"] = answers.get("func_loss", False)
        taken["interference"] = answers.get("intf")
        translated[day] = taken
    return translated


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_the_engine_agrees_with_a_literal_reading_on_every_day(data):
    averages = data.draw(wandering())
    extra = data.draw(said(averages))
    intake = data.draw(pain)
    results = evaluate(history(averages, facts(extra), intake=intake), FIXED_SILENCE)
    trigger, state, shown = judge(intake, averages, extra)
    for result in results:
        assert list(result.rules) == shown[result.day]
        assert (int(result.trigger), int(result.state)) == (trigger[result.day], state[result.day])


@settings(max_examples=200, deadline=None)
@given(averages=wandering(), intake=pain, preset=st.sampled_from(sorted(PRESETS)))
def test_leaving_the_costly_trend_out_below_the_gate_changes_nothing(averages, intake, preset):
    def ungated(channel, parameters=DEFAULT):
        """The four rules, each with all its conditions, and the trend worked out every time."""
        found, excess = channel.recent_trend(), channel.excess
        shown = {
            "C1": channel.cusum >= parameters.h1 and excess >= channel.gate1,
            "C2": channel.cusum >= parameters.h2 and excess >= channel.gate2,
            "T1": found is not None
            and found.z >= parameters.trend_z1
            and found.rise >= parameters.trend_rise1
            and excess >= parameters.trend_gate,
            "T2": found is not None
            and found.z >= parameters.trend_z2
            and found.rise >= parameters.trend_rise2
            and excess >= channel.gate1,
        }
        levels = {"C1": Level.SELF_CARE, "T1": Level.SELF_CARE}
        return [
            rules.Firing(rule, levels.get(rule, Level.REVIEW), Family.TREND, {}) for rule, true in shown.items() if true
        ]

    past = history(averages, intake=intake)
    gated = evaluate(past, PRESETS[preset])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rules, "channel_firings", ungated)
        plain = evaluate(past, PRESETS[preset])
    assert [(r.rules, r.state) for r in gated] == [(r.rules, r.state) for r in plain]


@settings(deadline=None)
@given(averages=wandering(60), intake=pain, data=st.data())
def test_what_is_known_later_does_not_change_what_was_said_before(averages, intake, data):
    extra = facts(data.draw(said(averages)))
    cut = data.draw(st.integers(0, len(averages) - 1))
    whole = evaluate(history(averages, extra, intake=intake))
    early = {day: answers for day, answers in extra.items() if day <= cut}
    assert evaluate(history(averages[: cut + 1], early, intake=intake)) == whole[: cut + 1]
    assert evaluate(replace(history(averages, extra, intake=intake), last_day=cut)) == whole[: cut + 1]


@settings(deadline=None)
@given(averages=wandering(60), intake=pain, data=st.data())
def test_the_order_in_which_entries_arrive_does_not_matter(averages, intake, data):
    past = history(averages, facts(data.draw(said(averages))), intake=intake)
    shuffled = dict(data.draw(st.permutations(list(past.days.items()))))
    events = [
        ClinicianEvent(5, "closed"),
        ClinicianEvent(5, "accepted_baseline", value=4.0),
        ClinicianEvent(9, "closed"),
    ]
    mixed = tuple(data.draw(st.permutations(events)))
    first = evaluate(replace(past, events=tuple(events)))
    assert evaluate(replace(past, days=shuffled, events=mixed)) == first


@settings(deadline=None)
@given(averages=wandering(60), intake=pain, day=st.integers(0, 59), data=st.data())
def test_an_emergency_flag_holds_until_a_clinician_closes_it(averages, intake, day, data):
    day = min(day, len(averages) - 1)
    extra = facts(data.draw(said(averages)))
    extra.setdefault(day, {})["flags"] = {"E_NUMB": Level.EMERGENCY}
    results = evaluate(history(averages, extra, intake=intake))
    assert all(result.state == Level.EMERGENCY for result in results[day:])
    closed = replace(
        history(averages, {day: extra[day]}, intake=intake),
        events=(ClinicianEvent(day, "closed", after_entry=True),),
    )
    assert all(result.state < Level.EMERGENCY for result in evaluate(closed)[day:])


@settings(deadline=None)
@given(
    averages=wandering(60),
    intake=pain,
    day=st.integers(0, 59),
    level=st.sampled_from([Level.URGENT, Level.EMERGENCY]),
    data=st.data(),
)
def test_one_more_red_flag_never_lowers_a_later_state(averages, intake, day, level, data):
    # For E and U flags. A D flag takes its day out of the baseline, which may rightly move either way.
    extra = facts(data.draw(said(averages)))
    before = states(evaluate(history(averages, extra, intake=intake)))
    flagged = extra.setdefault(min(day, len(averages) - 1), {})
    flagged["flags"] = {**flagged.get("flags", {}), "U_LUNG": level}
    after = states(evaluate(history(averages, extra, intake=intake)))
    assert all(low <= high for low, high in zip(before, after, strict=True))


@settings(deadline=None)
@given(averages=wandering(60), intake=pain)
def test_a_day_without_a_check_in_moves_nothing_but_the_count_of_silence(averages, intake):
    results = evaluate(history(averages, intake=intake))
    for before, now in pairwise(results):
        if not now.answered:
            assert (now.ewma, now.cusum) == (before.ewma, before.cusum)
            assert now.state >= before.state
            assert {firing.family for firing in now.firings} <= {Family.NONRESPONSE}


@settings(deadline=None)
@given(averages=wandering(60), intake=pain)
def test_days_on_which_nothing_was_expected_are_no_silence(averages, intake):
    free = {day: {"expected": False} for day, average in enumerate(averages) if average is None}
    for result in evaluate(history(averages, free, intake=intake)):
        assert not any(firing.family is Family.NONRESPONSE for firing in result.firings)


@settings(deadline=None)
@given(averages=wandering(90), intake=pain)
def test_the_baseline_never_rises_by_more_than_a_quarter_of_a_point_a_week(averages, intake):
    results = evaluate(history(averages, intake=intake))
    for before, now in pairwise(results):
        if now.day >= DEFAULT.run_in_days:
            assert now.baseline <= before.baseline + DEFAULT.upward_cap + 1e-9
            if now.day % 7:
                assert now.baseline == before.baseline
        assert DEFAULT.spread_least <= now.spread <= DEFAULT.spread_most


def test_a_channel_shares_nothing_with_another():
    first, second = (rules_channel.Channel(DEFAULT, 3.0) for _ in range(2))
    first.take(0, 5.0)
    assert second.days == []
    assert DayFacts().flags == {}
