"""`tracker alerts replay` and `simulate` as somebody at a terminal meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tracker.alerts.commands import alerts

USUAL = [3, 3, 4, 3, 2, 3, 3, 4, 3, 3, 3, 2, 3, 3, 3, 4, 3, 3, 2, 3, 3]
STEP = {"id": "step", "intake_avg": 3, "avg": [*USUAL, 5, 5, 5, 6]}


def run(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(alerts, [str(argument) for argument in arguments], input=text)


def replayed(document: Any, *arguments: str) -> Result:
    return run("replay", "-", *arguments, text=json.dumps(document))


def one(**fields: Any) -> dict[str, Any]:
    return {"id": "one", "intake_avg": 3, "avg": USUAL, **fields}


def last(**said: Any) -> dict[str, Any]:
    """The result of a last day on which this was said."""
    result = replayed([one(extra={"20": said})])
    assert result.exit_code == 0, result.stderr
    return {key: values[-1] for key, values in json.loads(result.stdout)["one"].items()}


@pytest.mark.parametrize(
    "document",
    [
        {"vignettes": [STEP]},
        {"histories": [STEP]},
        [STEP],
        {"step": {key: value for key, value in STEP.items() if key != "id"}},
        {"params": {}, "step": STEP},
        {"params": {"H1": 2.5, "h2": 4.5}, "vignettes": [STEP]},
    ],
)
def test_every_shape_gives_one_entry_per_day(document):
    result = replayed(document)
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)["step"]
    assert found["trigger"] == [0] * 23 + [1, 2]
    assert found["state"] == [0] * 23 + [1, 2]
    assert found["rules"] == [[]] * 23 + [["C1:L1"], ["C1:L1", "C2:L2"]]


def test_a_single_history_and_one_without_a_name():
    assert list(json.loads(replayed(STEP).stdout)) == ["step"]
    assert list(json.loads(replayed([{"intake_avg": 3, "avg": []}]).stdout)) == ["history 1"]


def test_it_reads_a_file(tmp_path: Path):
    path = tmp_path / "histories.json"
    path.write_text(json.dumps([STEP]), encoding="utf-8")
    assert json.loads(run("replay", path).stdout)["step"]["state"][-1] == 2


@pytest.mark.parametrize(
    ("said", "rules"),
    [
        ({"flags": ["E_NUMB"]}, ["RED-E:L4"]),
        ({"flags": {"E_NUMB": "checked"}}, ["RED-D:L2"]),
        ({"flags": {"E_NUMB": "no", "U_FEVER": "new"}}, ["RED-U:L3"]),
        ({"flags": {"E_GAIT": {"answer": "new", "detail": False}}}, ["RED-U:L3"]),
        ({"flags": {"E_GAIT": True, "U_LUNG": False}}, ["RED-E:L4"]),
        ({"flags": ["E_SPREAD_CHEST", "E_WEAK"]}, ["RED-E:L4"]),
        ({"flags": ["C_MOOD"]}, ["CRISIS:L4"]),
        ({"ex": {"pre": 3, "during": 6, "next": 3}}, ["X1:L1"]),
        ({"ex": [{"during": 2}, {"sharp": True}]}, ["X1:L1"]),
        ({"ex": {"neuro": 1}}, ["X1:L1"]),
        ({"func_loss": True, "flare": True, "worse": None}, ["A3:L1", "F1:L2"]),
        ({"intf": 9, "worst": 4, "mood": 2, "phq2": 3}, ["M1:L2"]),
        ({"expected": True}, []),
    ],
)
def test_everything_that_can_be_said(said, rules):
    assert last(**said)["rules"] == rules


def test_events_episodes_and_enrolment_are_replayed():
    closed = one(extra={"5": {"flags": ["E_NUMB"]}}, events=[{"day": 6, "kind": "closed", "family": "red"}])
    assert json.loads(replayed([closed]).stdout)["one"]["state"][4:8] == [0, 4, 0, 0]
    accepted = one(events=[{"day": 6, "kind": "accepted_baseline", "value": 3, "after_entry": True}])
    assert replayed([accepted]).exit_code == 0
    episode = one(intake_avg=6, avg=[6] * 8, episode={"began_day": 0, "intake_average": 6})
    assert json.loads(replayed([episode]).stdout)["one"]["rules"][7] == ["TM7:L2"]
    seen = one(intake_avg=6, avg=[6] * 8, episode={"intake_average": 6, "seen_by_clinician_day": 0, "review_day": 7})
    assert json.loads(replayed([seen]).stdout)["one"]["rules"][7] == ["TMR:L2"]
    assert json.loads(replayed([one(intake_avg=8, avg=[8], enrolment=True)]).stdout)["one"]["rules"] == [["EN:L2"]]


def test_what_nobody_knows_is_named_and_does_not_stop_it():
    document = {
        "params": {"FOO": 1},
        "vignettes": [one(colour="red", extra={"20": {"shoe": 1, "ex": {"hat": 2}, "flags": ["E_NEW_ONE"]}})],
    }
    result = replayed(document)
    assert result.exit_code == 0
    for word in ("'FOO'", "'colour'", "'shoe'", "'hat'", "'E_NEW_ONE'"):
        assert word in result.stderr
    assert json.loads(result.stdout)["one"]["state"][-1] == 4


def test_the_reference_keeps_its_fixed_limits_of_silence():
    silent = one(avg=[*USUAL, *USUAL, None, None, None])
    assert json.loads(replayed([silent]).stdout)["one"]["trigger"][-3:] == [0, 1, 2]
    fixed = replayed({"params": {"MISS_L1": 3, "MISS_L2": 5}, "vignettes": [silent]})
    assert json.loads(fixed.stdout)["one"]["trigger"][-3:] == [0, 0, 1]


def test_a_preset_is_used_and_the_file_may_change_it():
    steps = [one(avg=[*USUAL, 5, None, 5, None, 6])]
    assert json.loads(replayed(steps).stdout)["one"]["state"][-1] == 1
    assert json.loads(replayed(steps, "--preset", "sensitive").stdout)["one"]["state"][-1] == 2
    back = {"params": {"H2": 4.5}, "histories": steps}
    assert json.loads(replayed(back, "--preset", "sensitive").stdout)["one"]["state"][-1] == 1


def test_check_compares_with_what_the_file_expects():
    good = {**STEP, "state": [0] * 23 + [1, 2], "state_changes": [[24, 2, ["C2:L2", "C1:L1"]]]}
    result = replayed([good], "--check")
    assert (result.exit_code, result.stderr) == (0, "1 histories, 0 differences\n")
    bad = {**good, "trigger": [0] * 25, "state_changes": [[23, 1, []]]}
    result = replayed([bad], "--check")
    assert result.exit_code == 1
    assert "step: trigger differs on days [23, 24]" in result.stderr
    assert "day 23 expects []" in result.stderr
    assert replayed([{**STEP, "state_changes": [7]}], "--check").exit_code == 2
    assert replayed([{**STEP, "state": [0]}], "--check").exit_code == 1


@pytest.mark.parametrize(
    ("document", "word"),
    [
        (3, "expected a list, found 3"),
        ("x", "found a text"),
        ({"vignettes": None}, "found null"),
        ([7], "expected an object"),
        ([[]], "found a list"),
        ([{"id": "a"}], "a: a history needs intake_avg and avg"),
        ([{"id": "a", "intake_avg": 3}], "a: a history needs"),
        ([STEP, STEP], "two histories are called 'step'"),
        ([one(avg={})], "one: avg: expected a list, found an object"),
        ([one(avg=[3, 11])], "one: avg, day 1: 11 is not between 0 and 10"),
        ([one(avg=[True])], "one: avg, day 0: expected a number from 0 to 10, found true"),
        ([one(avg=["3"])], "found a text"),
        ([one(intake_avg=None)], "one: intake_avg: expected a number"),
        ([one(extra=[1])], "one: extra: expected an object"),
        ([one(extra={"x": {}})], "'x' is no number of a day"),
        ([one(extra={"21": {}})], "day 21 lies outside avg"),
        ([one(extra={"-1": {}})], "day -1 lies outside avg"),
        ([one(extra={"3": 4})], "one: extra, day 3: expected an object"),
        ([one(extra={"3": {"worse": "yes"}})], "worse: expected true or false"),
        ([one(extra={"3": {"worse": []}})], "worse: expected true or false"),
        ([one(extra={"3": {"ndi": 51}})], "51 is not between 0 and 50"),
        ([one(extra={"3": {"flags": ["X_ODD"]}})], "'X_ODD' is no red flag"),
        ([one(extra={"3": {"flags": 4}})], "flags: expected an object"),
        ([one(extra={"3": {"flags": {"E_NUMB": "maybe"}}})], "'maybe' is no answer"),
        ([one(extra={"3": {"flags": {"E_NUMB": [1]}}})], "is no answer"),
        ([one(events=[{"day": 1, "kind": "lost"}])], "event 1: kind must be one of"),
        ([one(events=[{"day": 1, "kind": "closed", "family": "x"}])], "family must be one of"),
        ([one(events=[{"day": 1, "kind": "accepted_baseline"}])], "needs a value"),
        ([one(events=[{"day": 1.5, "kind": "closed"}])], "expected a whole number, found 1.5"),
        ([one(episode={"began_day": 0})], "episode: intake_average"),
        ({"params": {"H1": "x"}, "vignettes": [STEP]}, "params: h1 must be a number"),
        ({"params": [], "vignettes": [STEP]}, "params: expected an object"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_with_the_place(document, word):
    result = replayed(document)
    assert (result.exit_code, result.stdout) == (2, "")
    assert word in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("text", ["", "{", "[NaN]", '{"a": Infinity}', "[" * 100_000])
def test_what_is_no_json_is_refused(text):
    result = run("replay", "-", text=text)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path):
    assert run("replay", tmp_path / "missing.json").exit_code == 2
    assert run("replay", tmp_path).exit_code == 2
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe")
    result = run("replay", tmp_path / "bytes.json")
    assert (result.exit_code, "UTF-8" in result.stderr) == (2, True)


# ------------------------------------------------------------------------------------------------ simulate


def test_simulate_prints_false_alarms_delays_and_their_limit(tmp_path: Path):
    series = tmp_path / "pain.csv"
    rows = "".join(f"P1,back,2024-01-{day:02d},3\n" for day in range(1, 29))
    series.write_text("participant,site,date,intensity\n" + rows, encoding="utf-8")
    written = tmp_path / "figures.json"
    result = run("simulate", "--patients", 20, "--jobs", 1, "--pain-csv", series, "--json", written)
    assert result.exit_code == 0, result.stderr
    for word in ("false L2 episodes per patient-year", "step +2", "ramp +0.05/d", "P1 back", "no L2"):
        assert word in result.stdout
    figures = json.loads(written.read_text(encoding="utf-8"))
    assert figures["patients"] == 20
    assert figures["real_series"] == [
        {"name": "P1 back", "days": 21, "answered": 21, "l1_episodes": 0, "l2_episodes": 0}
    ]


def test_simulate_writes_json_alone_to_stdout():
    result = run("simulate", "--patients", 3, "--jobs", 1, "--json", "-", "--preset", "specific", "--sd", 1.6)
    figures = json.loads(result.stdout)
    assert figures["parameters_version"].endswith("specific")
    assert figures["population"]["sd"] == 1.6


def test_simulate_tells_of_real_alarms(tmp_path: Path):
    series = tmp_path / "pain.csv"
    rows = "".join(f"P1,back,2024-01-{day:02d},{3 if day < 20 else 8}\n" for day in range(1, 29))
    series.write_text("participant,site,date,intensity\n" + rows, encoding="utf-8")
    result = run("simulate", "--patients", 2, "--jobs", 1, "--pain-csv", series)
    assert "one L2 in 21 days" in result.stdout


@pytest.mark.parametrize(
    "arguments", [("--patients", 0), ("--sd", 0), ("--phi", 1), ("--missing", 1), ("--jobs", 0), ("--preset", "odd")]
)
def test_simulate_refuses_what_makes_no_sense(arguments):
    assert run("simulate", *arguments).exit_code == 2


def test_simulate_refuses_files_it_cannot_use(tmp_path: Path):
    (tmp_path / "odd.csv").write_text("a,b\n", encoding="utf-8")
    small = ("simulate", "--patients", 1, "--jobs", 1)
    assert run(*small, "--pain-csv", tmp_path / "odd.csv").exit_code == 2
    assert run(*small, "--pain-csv", tmp_path / "missing.csv").exit_code == 2
    assert run(*small, "--json", tmp_path / "no" / "where.json").exit_code == 2
