"""The library is complete, and a broken definition is refused with file, key and reason."""

from __future__ import annotations

import copy
import tomllib
from importlib import resources

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exercises.definition import COMMON_CUES, Definition, DefinitionError, load_library, parse_definition

FILES = {
    f.name: f.read_text("utf-8")
    for f in (resources.files("exercises") / "library").iterdir()
    if f.name.endswith(".toml")
}
PRESS = FILES["overhead-press.toml"]


def test_the_library_has_the_exercises_of_the_first_programme():
    assert {"seated-row", "overhead-press", "cross-body-stretch"} <= set(load_library())


@pytest.mark.parametrize("definition", load_library().values(), ids=lambda d: d.id)
def test_every_definition_says_everything_a_person_needs(definition: Definition):
    texts = (
        definition.title,
        definition.aim,
        definition.start,
        definition.movement,
        definition.camera,
        definition.blind,
        definition.caution_text,
        definition.dose.progression,
        definition.dose.regression,
    )
    assert all(len(text) > 3 for text in texts)
    assert all((definition.steps, definition.muscles, definition.kit, definition.evidence))
    assert set(COMMON_CUES) <= set(definition.cues)
    for view in definition.views.values():
        for fault in view.faults:
            assert fault.cue in definition.cues
            assert fault.key in definition.fault_names


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ('tier = "', 'tier = "un', "tier", "must be one of"),
        ("sided = false", 'sided = "no"', "sided", "true or false"),
        ("release = 112", "release = 90", "view[0].start.release", "flutter"),
        ("at_least = 155", "at_least = 95", "view[0].peak.release", "flutter"),
        ('measure = "wrist_above_ear"', 'measure = "wrist_hight"', "view[0].start.also[0].measure", "must be one of"),
        ('cue = "stay_tall"', 'cue = "stand_up"', "fault[0].cue", "must be one of"),
        ('lean_back = "leaning back"', "", "fault[0].key", "no name"),
        ("reps = 10", 'reps = "ten"', "dose.reps", "must be a number"),
        ("reps = 10", "reps = 1000", "dose.reps", "between"),
        ("rest_s = 60", "rest = 60", "dose.rest_s", "is missing"),
        ('title = "Overhead press"', 'title = ""', "text.title", "must be a text"),
        ("elbow = 130", "elbow = 300", "figure.start.arms.elbow", "between"),
        ('name = "side"', 'name = "front"', "view[1].name", "twice"),
        ("revision = 1", "revision = 1\ncolour = 'red'", "colour", "not a key"),
        ('measure = "trunk_lean"', 'measure = "trunk_side_shift"', "measure", "not valid from the side"),
    ],
)
def test_a_broken_definition_names_file_key_and_reason(old, new, key, reason):
    assert old in PRESS
    with pytest.raises(DefinitionError) as caught:
        parse_definition(PRESS.replace(old, new, 1), "mine.toml")
    assert caught.value.file == "mine.toml"
    assert key in caught.value.key
    assert reason in caught.value.reason


def test_a_file_that_is_not_toml_is_refused_by_name():
    with pytest.raises(DefinitionError, match=r"mine\.toml: \(file\): is not valid TOML"):
        parse_definition("= 3", "mine.toml")


def _paths(value, path=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from _paths(item, (*path, key))
    elif isinstance(value, list):
        for n, item in enumerate(value):
            yield (*path, n)
            yield from _paths(item, (*path, n))


def _to_toml(value):
    """TOML of a nested value as one inline document (enough for the loader, which only sees the parsed tables)."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_to_toml(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_to_toml(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "x", "elbow_angle", "side"]),
    st.just([]),
    st.just({}),
    st.just([1, 2, 3]),
)


@given(data=st.data())
@settings(max_examples=300, deadline=None)
def test_any_damage_gives_a_definition_or_a_named_error_never_another_exception(data):
    document = copy.deepcopy(tomllib.loads(FILES[data.draw(st.sampled_from(sorted(FILES)))]))
    path = data.draw(st.sampled_from(list(_paths(document))))
    junk = data.draw(JUNK)
    target = document
    for step in path[:-1]:
        target = target[step]
    if junk is None:
        del target[path[-1]]
    else:
        target[path[-1]] = junk
    text = "\n".join(f'"{key}" = {_to_toml(item)}' for key, item in document.items())
    try:
        parse_definition(text, "damaged.toml")
    except DefinitionError as error:
        complaint = error
    else:
        return
    assert complaint.file == "damaged.toml"
    assert all((complaint.key, complaint.reason))


@pytest.mark.parametrize(
    "text",
    ["a = " + "[" * 5000, "a = " + "9" * 5000, PRESS.replace("sets_range = [1, 4]", "sets_range = [nan, nan]"),
     PRESS.replace("sets_range = [1, 4]", "sets_range = [1, inf]")],
    ids=["brackets without end", "five thousand digits", "no numbers", "infinite"],
)  # fmt: skip
def test_what_no_person_writes_is_a_named_error_too(text):
    with pytest.raises(DefinitionError):
        parse_definition(text, "x.toml")
