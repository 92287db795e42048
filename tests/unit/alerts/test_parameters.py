"""The numbers of the engine: what may be changed, and what is refused with a reason."""

from __future__ import annotations

import json
import math
from dataclasses import fields

import pytest

from tracker.alerts.rules_parameters import BOUNDS, DEFAULT, PRESETS, Parameters, ParametersError, parameters_from


def test_parameters_survive_json():
    for preset in PRESETS.values():
        assert parameters_from(json.loads(json.dumps(preset.to_dict()))) == preset


def test_every_number_has_bounds_and_the_defaults_keep_them():
    numbers = {f.name for f in fields(Parameters) if not isinstance(getattr(DEFAULT, f.name), str | bool)}
    assert numbers == set(BOUNDS)
    assert parameters_from(DEFAULT.to_dict()) == DEFAULT


def test_presets_differ_as_clinical_says_and_have_their_own_version():
    assert PRESETS["sensitive"].h2 == 3.5
    assert PRESETS["specific"].k == 1.0
    assert len({preset.version for preset in PRESETS.values()}) == 3


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"h1": math.nan}, "h1 must be a number"),
        ({"h1": math.inf}, "h1 must be a number"),
        ({"h1": "2"}, "h1 must be a number"),
        ({"h1": True}, "h1 must be a number"),
        ({"h1": None}, "h1 must be a number"),
        ({"h1": 0}, "h1 must be between 0.5 and 20"),
        ({"missed1": 2.5}, "missed1 must be a whole number"),
        ({"second_channel": 1}, "second_channel must be true or false"),
        ({"version": ""}, "version must be a short text"),
        ({"version": 3}, "version must be a short text"),
        ({"h3": 1}, "no parameter called 'h3'"),
        ({"h1": 5.0}, "h1 (5) must not exceed h2 (4.5)"),
        ({"trend_gate": 1.2}, "trend_gate (1.2) must not exceed gate1_least (1)"),
        ({"missed1": 9}, "missed1 (9) must not exceed missed2 (5)"),
    ],
)
def test_a_bad_value_is_refused_with_its_name(values, word):
    with pytest.raises(ParametersError) as refused:
        parameters_from(values)
    assert word in str(refused.value)


def test_all_bad_values_are_named_at_once():
    with pytest.raises(ParametersError) as refused:
        parameters_from({"h1": 0, "k": -1, "x": 1})
    assert len(refused.value.problems) == 3


def test_whole_numbers_are_taken_as_numbers():
    changed = parameters_from({"h2": 5, "missed2": 6.0}, PRESETS["specific"])
    assert (changed.h2, changed.missed2, changed.k) == (5.0, 6, 1.0)
    assert isinstance(changed.h2, float)
    assert isinstance(changed.missed2, int)
