"""Reads pain histories from plain JSON and runs the escalation engine over them: the vignettes of CLINICAL 5.7, and
what somebody wants to try out.

Conventions: one object per history with `intake_avg`, `avg` (one number or null per day, day 0 first) and `extra`
(what else was said, by day). Keys nobody knows are named and otherwise ignored; a value that makes no sense is an
error that names the history, the key and the value, because a history read wrongly would look like a verdict.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Final

from tracker.alerts.rules import (
    CLOSING_KINDS,
    DEFAULT,
    ClinicianEvent,
    DayFacts,
    DayResult,
    Episode,
    ExercisePain,
    Family,
    History,
    Parameters,
    ParametersError,
    evaluate,
    parameters_from,
)
from tracker.diary.rules_flags import RED_FLAGS, Answer, FlagAnswer, flag_levels
from tracker.regimen.rules_levels import Level


class ReplayError(ValueError):
    """A file that cannot be replayed; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Named:
    """A history with its name, and what the file says should come out, if it says anything."""

    name: str
    history: History
    expected: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """A file of histories. `remarks` name what was ignored."""

    histories: tuple[Named, ...]
    parameters: Parameters
    remarks: tuple[str, ...]


# The reference of 5.7 has names of its own for the same numbers.
_REFERENCE_NAMES: Final[Mapping[str, str]] = {
    "G": "guard_days", "W": "window_days", "RUNIN": "run_in_days", "N0": "intake_weight", "SD0": "prior_spread",
    "NU0": "prior_weight", "SMIN": "spread_least", "SMAX": "spread_most", "ZC": "z_most", "K": "k", "H1": "h1",
    "H2": "h2", "LAM": "smoothing", "G1": "gate1_least", "G2": "gate2_least", "G1S": "gate1_spreads",
    "G2S": "gate2_spreads", "UPCAP": "upward_cap", "IMP": "improvement", "TW": "trend_days", "TN": "trend_least",
    "TSPAN": "trend_span_days", "PHI": "autocorrelation", "Z1": "trend_z1", "Z2": "trend_z2", "TS1": "trend_rise1",
    "TS2": "trend_rise2", "PERS_N": "persistence_days", "PERS_W": "persistence_window_days", "MISS_L1": "missed1",
    "MISS_L2": "missed2",
}  # fmt: skip

_EXPECTED: Final = ("look_from_day", "trigger", "state", "state_changes", "max_state")
_KEYS: Final = frozenset({"id", "title", "why", "intake_avg", "avg", "extra", "events", "episode", "enrolment"})
_NUMBERS: Final[Mapping[str, tuple[str, float]]] = {
    "worst": ("worst", 10), "intf": ("interference", 10), "interference": ("interference", 10), "peg": ("peg", 10),
    "psfs": ("psfs", 10), "ndi": ("ndi", 50), "mood": ("mood", 10), "phq2": ("phq2", 6),
}  # fmt: skip
"""Key in the file -> field of DayFacts and its largest value."""
_TICKS: Final[Mapping[str, str]] = {
    "worse": "worse_than_usual", "worse_than_usual": "worse_than_usual", "flare": "flare",
    "func_loss": "cannot_do_activities", "cannot_do_activities": "cannot_do_activities", "self_harm": "self_harm",
    "medicine": "medicine_taken", "medicine_taken": "medicine_taken", "over_label": "medicine_over_label",
    "medicine_over_label": "medicine_over_label", "expected": "expected",
}  # fmt: skip
_EXERCISE_NUMBERS: Final[Mapping[str, str]] = {
    "pre": "before", "before": "before", "during": "during", "next": "next_morning", "next_morning": "next_morning",
}  # fmt: skip
_EXERCISE_TICKS: Final[Mapping[str, str]] = {
    "sharp": "sharp", "neuro": "neurological", "neurological": "neurological", "settled": "settled",
}  # fmt: skip
_ANSWERS: Final[Mapping[Any, Answer]] = {
    True: Answer.NEW, "new": Answer.NEW, "yes": Answer.NEW, "worse": Answer.NEW, "new or worse": Answer.NEW,
    "yes, new or worse": Answer.NEW, "checked": Answer.CHECKED, "old": Answer.CHECKED,
    "old and checked": Answer.CHECKED, "yes, old and already checked by a clinician": Answer.CHECKED,
    False: Answer.NO, None: Answer.NO, "no": Answer.NO,
}  # fmt: skip
# A flag this version has no question for is still somebody's yes: its prefix says how urgent, and it is named.
_PREFIXES: Final = {"E_": Level.EMERGENCY, "C_": Level.EMERGENCY, "U_": Level.URGENT, "D_": Level.REVIEW}


def load(text: str, base: Parameters = DEFAULT) -> Document:
    """The histories in `text`: {"vignettes": [...]}, a list, {id: history}, or one history. Raises ReplayError.

    A `params` block in the file replaces numbers of `base`. Where it names the reference's silence limits these hold
    throughout, as they do in the reference; otherwise a history of 28 days gets personal ones (5.3).
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ReplayError(f"not valid JSON: {error}") from error
    return _Reader(base).document(document)


def _refuse_constant(name: str) -> float:
    raise ReplayError(f"{name} is no number")


class _Reader:
    """Walks through a document and collects remarks on the way."""

    def __init__(self, base: Parameters) -> None:
        self._base = base
        self._remarks: list[str] = []

    def document(self, document: Any) -> Document:
        entries, params = _entries(document)
        parameters = self._parameters(params)
        histories: list[Named] = []
        for name, entry in entries:
            if any(name == other.name for other in histories):
                raise ReplayError(f"two histories are called {name!r}")
            histories.append(self._named(name, entry))
        return Document(tuple(histories), parameters, tuple(dict.fromkeys(self._remarks)))

    def _parameters(self, params: Any) -> Parameters:
        if params is None:
            return self._base
        known = {field.name for field in fields(Parameters)}
        values: dict[str, Any] = {}
        for key, value in _mapping("params", params).items():
            name = _REFERENCE_NAMES.get(key, key)
            if name not in known:
                self._remarks.append(f"params: {key!r} is not known and was ignored")
                continue
            values[name] = value
        if not {"MISS_L1", "MISS_L2"}.isdisjoint(params):
            values.setdefault("personal_silence", False)
        try:
            return parameters_from(values, self._base)
        except ParametersError as error:
            raise ReplayError(f"params: {error}") from error

    def _named(self, name: str, entry: Any) -> Named:
        found = _mapping(name, entry)
        self._name_unknown(name, found, _KEYS | set(_EXPECTED))
        if "intake_avg" not in found or "avg" not in found:
            raise ReplayError(f"{name}: a history needs intake_avg and avg")
        averages = _list(f"{name}: avg", found["avg"])
        facts: dict[int, dict[str, Any]] = {}
        for day, value in enumerate(averages):
            if value is not None:
                facts[day] = {"average": _number(f"{name}: avg, day {day}", value, 10)}
        for key, extra in _mapping(f"{name}: extra", found.get("extra") or {}).items():
            day = _day(f"{name}: extra", key, len(averages))
            facts.setdefault(day, {}).update(self._extra(f"{name}: extra, day {day}", extra))
        history = History(
            intake_average=_number(f"{name}: intake_avg", found["intake_avg"], 10),
            days={day: DayFacts(**values) for day, values in facts.items()},
            last_day=len(averages) - 1,
            events=tuple(
                _event(f"{name}: event {number}", event)
                for number, event in enumerate(_list(f"{name}: events", found.get("events") or []), 1)
            ),
            episode=_episode(f"{name}: episode", found["episode"]) if found.get("episode") else None,
            enrolment=_tick(f"{name}: enrolment", found.get("enrolment", False)),
        )
        return Named(name, history, {key: found[key] for key in _EXPECTED if key in found})

    def _extra(self, where: str, extra: Any) -> dict[str, Any]:
        taken: dict[str, Any] = {}
        for key, value in _mapping(where, extra).items():
            if value is None:
                continue
            if key in _NUMBERS:
                name, most = _NUMBERS[key]
                number = _number(f"{where}: {key}", value, most)
                taken[name] = int(number) if name == "phq2" else number
            elif key in _TICKS:
                taken[_TICKS[key]] = _tick(f"{where}: {key}", value)
            elif key == "flags":
                taken["flags"] = self._flags(where, value)
            elif key == "ex":
                sessions = value if isinstance(value, list) else [value]
                taken["exercises"] = tuple(self._exercise(f"{where}: ex", session) for session in sessions)
            else:
                self._name_unknown(where, {key: value}, ())
        return taken

    def _exercise(self, where: str, session: Any) -> ExercisePain:
        taken: dict[str, Any] = {}
        for key, value in _mapping(where, session).items():
            if value is None:
                continue
            if key in _EXERCISE_NUMBERS:
                taken[_EXERCISE_NUMBERS[key]] = _number(f"{where}: {key}", value, 10)
            elif key in _EXERCISE_TICKS:
                taken[_EXERCISE_TICKS[key]] = _tick(f"{where}: {key}", value)
            else:
                self._name_unknown(where, {key: value}, ())
        return ExercisePain(**taken)

    def _flags(self, where: str, value: Any) -> dict[str, Level]:
        """A list of codes that are new, or an answer by code."""
        given: Mapping[str, Any] = (
            dict.fromkeys(value, "new") if _is_texts(value) else _mapping(f"{where}: flags", value)
        )
        answers = {code: _answer(f"{where}: flags: {code}", answer) for code, answer in given.items()}
        levels = flag_levels({code: answer for code, answer in answers.items() if code in RED_FLAGS})
        for code, answer in answers.items():
            if code in RED_FLAGS or answer.answer is Answer.NO:
                continue
            if code[:2] not in _PREFIXES:
                raise ReplayError(f"{where}: {code!r} is no red flag this version knows")
            levels[code] = _PREFIXES[code[:2]]
            self._remarks.append(f"{where}: {code!r} is not known; its prefix was taken as its level")
        return levels

    def _name_unknown(self, where: str, found: Iterable[str], known: Iterable[str]) -> None:
        self._remarks += [f"{where}: {key!r} is not known and was ignored" for key in found if key not in known]


def _entries(document: Any) -> tuple[list[tuple[str, Any]], Any]:
    """(name, history) pairs and the params of any accepted shape."""
    params = None
    if isinstance(document, dict):
        params = document.get("params")
        rest = {key: value for key, value in document.items() if key != "params"}
        listed = next((rest[key] for key in ("vignettes", "histories") if key in rest), None)
        if listed is not None:
            document = listed
        elif "avg" in rest:
            document = [rest]
        else:
            document = rest
    if isinstance(document, dict):
        return [(str(key), value) for key, value in document.items()], params
    entries = _list("the file", document)
    return [(str(_id(entry, number)), entry) for number, entry in enumerate(entries, 1)], params


def _id(entry: Any, number: int) -> Any:
    found = entry.get("id") if isinstance(entry, dict) else None
    return f"history {number}" if found is None else found


def _mapping(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ReplayError(f"{where}: expected an object, found {_kind(value)}")
    return value


def _list(where: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ReplayError(f"{where}: expected a list, found {_kind(value)}")
    return value


def _number(where: str, value: Any, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ReplayError(f"{where}: expected a number from 0 to {most:g}, found {_kind(value)}")
    if not 0 <= value <= most:
        raise ReplayError(f"{where}: {value:g} is not between 0 and {most:g}")
    return float(value)


def _tick(where: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in {0, 1}:
        return bool(value)
    raise ReplayError(f"{where}: expected true or false, found {_kind(value)}")


def _day(where: str, key: Any, count: int) -> int:
    try:
        day = int(key)
    except (TypeError, ValueError):
        raise ReplayError(f"{where}: {key!r} is no number of a day") from None
    if not 0 <= day < count:
        raise ReplayError(f"{where}: day {day} lies outside avg, which has {count} days")
    return day


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _answer(where: str, value: Any) -> FlagAnswer:
    detail = None
    if isinstance(value, dict):
        detail = value.get("detail")
        detail = None if detail is None else _tick(f"{where}: detail", detail)
        value = value.get("answer")
    if isinstance(value, list | dict) or value not in _ANSWERS:
        raise ReplayError(f"{where}: {value!r} is no answer; say new, checked or no")
    return FlagAnswer(_ANSWERS[value], detail)


def _event(where: str, value: Any) -> ClinicianEvent:
    found = _mapping(where, value)
    kind, family = found.get("kind"), found.get("family")
    if kind not in CLOSING_KINDS:
        raise ReplayError(f"{where}: kind must be one of {', '.join(CLOSING_KINDS)}")
    if family is not None and (not isinstance(family, str) or family not in set(Family)):
        raise ReplayError(f"{where}: family must be one of {', '.join(Family)}")
    number = found.get("value")
    if number is None and kind in {"accepted_baseline", "level_closed"}:
        raise ReplayError(f"{where}: {kind} needs a value")
    return ClinicianEvent(
        day=_whole(f"{where}: day", found.get("day")),
        kind=kind,
        family=family,
        value=None if number is None else _number(f"{where}: value", number, 10),
        after_entry=_tick(f"{where}: after_entry", found.get("after_entry", False)),
    )


def _episode(where: str, value: Any) -> Episode:
    found = _mapping(where, value)
    optional = {
        name: _whole(f"{where}: {name}", found[name])
        for name in ("seen_by_clinician_day", "review_day")
        if found.get(name) is not None
    }
    return Episode(
        began_day=_whole(f"{where}: began_day", found.get("began_day", 0)),
        intake_average=_number(f"{where}: intake_average", found.get("intake_average"), 10),
        **optional,
    )


def _whole(where: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ReplayError(f"{where}: expected a whole number, found {_kind(value)}")
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, str):
        return "a text"
    return "a list" if isinstance(value, list) else "an object"


# ---------------------------------------------------------------------------------------------- running and comparing


def replay(document: Document) -> dict[str, dict[str, Any]]:
    """Trigger, rules in force and state for every day of every history, as JSON can hold them."""
    return {named.name: _plain(evaluate(named.history, document.parameters)) for named in document.histories}


def _plain(results: Sequence[DayResult]) -> dict[str, Any]:
    return {
        "trigger": [int(result.trigger) for result in results],
        "rules": [list(result.rules) for result in results],
        "state": [int(result.state) for result in results],
    }


def differences(document: Document, results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Where `results` differ from what the file expects, one sentence each. Raises ReplayError."""
    found = []
    for named in document.histories:
        try:
            found += _differences(named, results[named.name])
        except (TypeError, ValueError, IndexError, KeyError) as error:
            raise ReplayError(f"{named.name}: what is expected cannot be read: {error}") from error
    return found


def _differences(named: Named, result: Mapping[str, Any]) -> list[str]:
    found = []
    for key in ("trigger", "state"):
        expected = named.expected.get(key)
        if expected is not None and list(expected) != result[key]:
            days = [day for day, (a, b) in enumerate(zip(expected, result[key], strict=False)) if a != b]
            found.append(f"{named.name}: {key} differs on days {days or 'that only one of them has'}")
    for day, _state, rules in named.expected.get("state_changes", ()):
        if sorted(rules) != result["rules"][day]:
            found.append(f"{named.name}: day {day} expects {rules}, found {result['rules'][day]}")
    return found
