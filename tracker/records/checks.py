"""What the rows of an imported record must be beyond their types, so that every page and rule that reads them later
finds what it would have stored itself. Pure; what is said of a row does not repeat what it holds.

Where a room checks its own documents at the edge, the same reader looks at them here.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import available_timezones

from tracker.accounts.emergency import is_phone_number
from tracker.accounts.rules import normal_email
from tracker.alerts import evidence
from tracker.alerts.parameters_service import CHOICES, THE_CLINICS
from tracker.alerts.rules import Family, Parameters, parameters_from
from tracker.diary import documents
from tracker.diary.rules_timing import RHYTHMS
from tracker.learn import rules as desk
from tracker.posture.documents import BaselineDoc
from tracker.records.values import ValueKind, from_json
from tracker.regimen.own_service import LARGEST_DOCUMENT, PREFIX
from tracker.regimen.rules import SIDES
from tracker.reminders.outgoing import CHANNELS
from tracker.training.documents import STOP_REASONS, FaultDoc, SummaryDoc
from tracker.training.tracks import TrackError, read_header

Row = Mapping[str, Any]
Check = Callable[[Row], None]

_ZONES: Final = frozenset(available_timezones())
_MINUTE_S: Final = 60
_LONGEST_NAME: Final = 100
_FIRST_BIRTH_YEAR: Final = 1880
_LAST_BIRTH_YEAR: Final = 2100
_HIGHEST_LEVEL: Final = 4
_MOST_EVIDENCE: Final = 20_000_000
_MOST_IN_A_LIST: Final = 1_000
_PAGES: Final = (None, "emergency", "urgent", "crisis")
_WEEKDAYS: Final = frozenset("1234567")
_LARGEST_FACTOR: Final = 2.0


def problem(table: str, row: Row) -> str | None:
    """What is wrong with this row: a sentence that begins with the column, or None."""
    try:
        for check in CHECKS.get(table, ()):
            check(row)
    except _WrongError as error:
        return str(error)
    except (ValueError, TypeError, KeyError, AttributeError, LookupError):
        # The reader of another room has found something in a document; its message could quote what was told.
        return f"{_DOCUMENT_OF.get(table, 'a document')} is not what this program stores"
    return None


class _WrongError(ValueError):
    pass


def _must(name: str, *, hold: bool, be: str) -> None:
    if not hold:
        raise _WrongError(f"{name} is not {be}")


# ---------------------------------------------------------------------------------------------- what many have


def _one_of(name: str, values: Iterable[Any]) -> Check:
    allowed = frozenset(values)

    def check(row: Row) -> None:
        _must(name, hold=row[name] in allowed, be="one of the values that there are")

    return check


def _within(name: str, low: float, high: float) -> Check:
    def check(row: Row) -> None:
        _must(name, hold=row[name] is None or low <= row[name] <= high, be=f"between {low:g} and {high:g}")

    return check


def _object(name: str) -> Check:
    def check(row: Row) -> None:
        _must(name, hold=row[name] is None or isinstance(row[name], dict), be="an object")

    return check


def _texts(name: str, allowed: Iterable[str] | None = None) -> Check:
    """A list of texts, from a choice where there is one."""
    choice = None if allowed is None else frozenset(allowed)

    def check(row: Row) -> None:
        given = row[name]
        fits = given is None or (
            isinstance(given, list)
            and len(given) <= _MOST_IN_A_LIST
            and all(isinstance(each, str) and (choice is None or each in choice) for each in given)
        )
        _must(name, hold=fits, be="a list of texts that there are")

    return check


def _zone(row: Row) -> None:
    _must("time_zone", hold=row["time_zone"] in _ZONES, be="a time zone")


def _weekdays(row: Row) -> None:
    given = row["weekdays"]
    _must("weekdays", hold=set(given) <= _WEEKDAYS and len(set(given)) == len(given), be="days of the week, 1 to 7")


def _is_wall_time(text: Any) -> bool:
    if not isinstance(text, str) or len(text) != len("00:00") or text[2] != ":":
        return False
    hour, minute = text[:2], text[3:]
    return f"{hour}{minute}".isascii() and (hour + minute).isdigit() and int(hour) < 24 and int(minute) < 60  # noqa: PLR2004  # a clock's


def _wall_time(name: str) -> Check:
    def check(row: Row) -> None:
        _must(name, hold=_is_wall_time(row[name]), be="a time of the day such as 21:30")

    return check


# ---------------------------------------------------------------------------------------------- by table


def _person(row: Row) -> None:
    _zone(row)
    name, email, phone = row["name"], row["email"], row["phone"]
    _must("name", hold=bool(name.strip()) and len(name) <= _LONGEST_NAME, be="a name")
    _must("email", hold=email is None or normal_email(email) == email, be="an e-mail address")
    _must("phone", hold=phone is None or is_phone_number(phone), be="a telephone number")
    country = row["country"]
    _must("country", hold=country == "" or (country.isascii() and country.isalpha() and country.isupper()), be="a code")
    _must("locale", hold=row["locale"].replace("_", "").isalpha() and row["locale"].isascii(), be="a language")


def _session(row: Row) -> None:
    ended = row["ended_at"]
    _must("ended_at", hold=ended is None or ended >= row["started_at"], be="after the beginning")


def _set(row: Row) -> None:
    summary = SummaryDoc.model_validate(row["summary"])
    _must("engine_version", hold=summary.engine_version == row["engine_version"], be="the one of the summary")


def _faults(row: Row) -> None:
    _must("faults", hold=isinstance(row["faults"], list) and len(row["faults"]) <= _MOST_IN_A_LIST, be="a list")
    for each in row["faults"]:
        FaultDoc.model_validate(each)


def _track(row: Row) -> None:
    try:
        header = read_header(row["blob"])
    except TrackError:
        raise _WrongError("blob is not a track of landmarks") from None
    _must(
        "blob",
        hold=(header.frames, header.width, header.height) == (row["frames"], row["width"], row["height"]),
        be="the track that the row says it is",
    )


def _check_in(row: Row) -> None:
    answers = documents.with_words(row["answers"], row["words"])
    if row["form"] == "intake" and "activities" in answers:
        # Their words are kept once, with the settings of the diary; the form wants some.
        answers = {**answers, "activities": [{"words": "-", **each} for each in answers["activities"]]}
    names = ("id", "entry_id", "form", "local_date", "answered_at", "session_id")
    documents.parse({**{name: row[name] for name in names}, "answers": answers})


def _diary_settings(row: Row) -> None:
    activities = json.loads(row["activities"] or "[]")
    _must("activities", hold=isinstance(activities, list) and len(activities) <= documents.MOST_ACTIVITIES, be="a list")
    for each in activities:
        documents.ActivityDoc.model_validate(each)
    _must("earlier", hold=isinstance(row["earlier"], list) and len(row["earlier"]) <= _MOST_IN_A_LIST, be="a list")
    for each in row["earlier"]:
        _must("earlier", hold=each["rhythm"] in RHYTHMS and _is_day(each["since"]), be="a list of rhythms")


def _is_day(text: Any) -> bool:
    return bool(from_json(ValueKind.DAY, text))


def _desk_check(row: Row) -> None:
    given = row["answers"]
    fits = isinstance(given, dict) and all(value in set(desk.Answer) for value in given.values())
    _must("answers", hold=fits, be="one answer to each item")


def _firings(row: Row) -> None:
    given = row["firings"]
    _must("firings", hold=isinstance(given, list) and 0 < len(given) <= _MOST_IN_A_LIST, be="a list of firings")
    for each in given:
        fits = (
            each.keys() - {"told"} == {"rule", "level", "day", "values"}
            and isinstance(each["rule"], str)
            and type(each["level"]) is int
            and 1 <= each["level"] <= _HIGHEST_LEVEL
            and _is_day(each["day"])
            and isinstance(each["values"], dict)
            and all(isinstance(told, str) for told in each.get("told", []))
        )
        _must("firings", hold=fits, be="a list of firings")


def _evidence(row: Row) -> None:
    packed = row["evidence"]
    if packed is None:
        return
    # Small bytes can say something endless: looked at before the reader unpacks them whole.
    unpacker = zlib.decompressobj()
    try:
        unpacker.decompress(packed, _MOST_EVIDENCE)
    except zlib.error:
        raise _WrongError("evidence is not packed evidence") from None
    _must("evidence", hold=unpacker.eof, be="packed evidence of a believable size")
    try:
        evidence.unpack(packed)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _WrongError("evidence is not packed evidence") from None


def _parameters(row: Row) -> None:
    _must("preset", hold=row["preset"] in {*CHOICES, THE_CLINICS}, be="one that there is")
    known = {each.name for each in fields(Parameters)}
    parameters_from({name: value for name, value in row["document"].items() if name in known})


def _baseline(row: Row) -> None:
    names = ("id", "view", "confidence", "made_at", "camera", "document")
    BaselineDoc.model_validate(
        {**{name: row[name] for name in names}, "place": row["place_id"], "name": row["place_name"]}
    )


_SECONDS: Final = ("comfort_s", "slouch_s", "away_s", "unknown_s")


def _minute(row: Row) -> None:
    seconds = [row[name] for name in _SECONDS]
    _must("seconds", hold=min(seconds) >= 0 and sum(seconds) <= _MINUTE_S, be="at most a minute")
    counts = (row["changes"], row["stands"], row["still_s"])
    _must("changes", hold=min(counts) >= 0 and row["movement"] >= 0, be="a count")
    _must("view", hold=row["view"] in {None, "front", "side"}, be="front or side")
    _must("score", hold=row["score"] is None or 0 <= row["score"] <= 100, be="0 to 100")  # noqa: PLR2004  # a score's


def _rule_times(row: Row) -> None:
    given = row["times"]
    _must("times", hold=isinstance(given, list) and len(given) <= 24 and all(map(_is_wall_time, given)), be="times")  # noqa: PLR2004  # a day's hours
    every = row["every_minutes"]
    _must("every_minutes", hold=every is None or 5 <= every <= 24 * 60, be="minutes")  # noqa: PLR2004  # a day's


def _own_exercise(row: Row) -> None:
    _must("slug", hold=row["slug"].startswith(PREFIX), be="the id of an own exercise")


def _own_revision(row: Row) -> None:
    document = row["document"]
    _must("document", hold=isinstance(document, dict), be="a definition")
    size = len(json.dumps(document).encode())
    _must("document", hold=size <= LARGEST_DOCUMENT and row["number"] >= 1, be="a definition of a believable size")


_SCORES: Final = tuple(_within(name, 0, 10) for name in ("pain_before", "pain_during", "effort"))

CHECKS: Final[Mapping[str, tuple[Check, ...]]] = MappingProxyType(
    {
        "person": (
            _person,
            _one_of("theme", ("auto", "light", "dark")),
            _within("birth_year", _FIRST_BIRTH_YEAR, _LAST_BIRTH_YEAR),
        ),
        "alert_parameters": (_parameters,),
        "plan_revision": (_within("number", 1, 100_000),),
        "prescription": (
            _one_of("side", SIDES),
            _weekdays,
            _object("targets"),
            _texts("overridden"),
            _within("sets", 1, 50),
            _within("reps", 1, 1_000),
            _within("hold_s", 0, 3_600),
        ),
        "easing": (_object("detail"), _within("factor", 0, _LARGEST_FACTOR)),
        "proposal": (_object("change"), _object("evidence")),
        "training_session": (
            _session,
            *_SCORES,
            _one_of("source", ("camera", "file", "manual")),
            _one_of("stop_reason", (None, *STOP_REASONS)),
        ),
        "set_result": (
            _set,
            _one_of("side", SIDES),
            _within("duration_s", 0, 1e5),
            _within("held_s", 0, 1e5),
            _within("quality", 0, 100),
        ),
        "repetition": (_faults, _one_of("side", SIDES), _within("score", 0, 100)),
        "track": (_track,),
        "check_in": (_check_in, _zone),
        "diary_settings": (_diary_settings, _one_of("rhythm", RHYTHMS)),
        "desk_check": (_desk_check,),
        "standing": (_within("level", 0, _HIGHEST_LEVEL), _one_of("page", _PAGES)),
        "alert": (
            _firings,
            _one_of("family", Family),
            _object("outcome"),
            _texts("notified_codes"),
            _within("notified_level", 1, _HIGHEST_LEVEL),
        ),
        "alert_event": (_evidence, _object("detail")),
        "posture_baseline": (_baseline,),
        "posture_minute": (_minute,),
        "reminder_settings": (
            _wall_time("quiet_from"),
            _wall_time("quiet_to"),
            _texts("channels", CHANNELS),
            _within("daily_budget", 0, 100),
        ),
        "reminder_rule": (_rule_times, _weekdays),
        "clinic_exercise": (_own_exercise,),
        "clinic_exercise_revision": (_own_revision,),
    }
)
"""By table. What a constraint of the database limits is left to it."""

_DOCUMENT_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "check_in": "answers",
        "set_result": "summary",
        "repetition": "faults",
        "alert": "firings",
        "alert_parameters": "document",
        "posture_baseline": "document",
        "diary_settings": "activities",
    }
)
