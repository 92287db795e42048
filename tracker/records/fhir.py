"""The record's main facts as FHIR R4B resources (hl7.org/fhir/R4B): plain JSON values from plain facts. Pure.

A bundle of the type "collection": Patient, CarePlan, one ServiceRequest for each line of the plan, Observation for
pain, range of motion and adherence, QuestionnaireResponse for what the diary asked, DetectedIssue for alerts. Every
resource is known by a `urn:uuid:`; those without a row of their own get one that is made from the row they come from,
so that two exports name the same thing alike.

Codes: only those that are certain. Pain is LOINC 72514-3, what is prescribed is SNOMED CT 229065009, units are UCUM,
categories are FHIR's own. Everything else is text, in English: no published code means exactly "the strongest pain of
the last 24 hours", "sets done of those prescribed", or the angle of a shoulder from one webcam with its error. A code
that is nearly right is read as if it were right. docs/decisions/0031 lists what was weighed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID, uuid5

from tracker.records.values import instant_text

Resource = dict[str, Any]

UCUM: Final = "http://unitsofmeasure.org"
URN: Final = "urn:ietf:rfc:3986"
PAIN: Final[Mapping[str, str]] = MappingProxyType(
    {
        "system": "http://loinc.org",
        "code": "72514-3",
        "display": "Pain severity - 0-10 verbal numeric rating [Score] - Reported",
    }
)
EXERCISE_THERAPY: Final[Mapping[str, str]] = MappingProxyType(
    {"system": "http://snomed.info/sct", "code": "229065009", "display": "Exercise therapy"}
)
_CATEGORY: Final = "http://terminology.hl7.org/CodeSystem/observation-category"
_NAMES: Final = UUID("5d1e1f58-6a0f-4c55-9a3e-2f0c0f0a6b31")
"""Names the ids of resources that are made from a part of a row."""
_UNITS: Final[Mapping[str, tuple[str, str]]] = MappingProxyType({"deg": ("degree", "deg"), "%": ("%", "%")})
_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SEVERITY: Final[Mapping[int, str]] = MappingProxyType({1: "low", 2: "moderate", 3: "high", 4: "high"})


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """Who it is about."""

    id: UUID
    name: str
    email: str | None
    phone: str | None
    birth_year: int | None
    language: str
    clinic: str
    active: bool


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One line of a revision of the plan. `holds`: it is of the revision that holds now."""

    id: UUID
    exercise: str
    title: str
    sets: int
    reps: int | None
    hold_s: float | None
    weekdays: tuple[int, ...]
    side: str
    note: str | None
    saved_at: datetime
    author: str | None
    holds: bool


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """One answer to one question: a whole number, a yes or no, a day, or text."""

    key: str
    question: str
    values: tuple[int | bool | date | str, ...]


@dataclass(frozen=True, slots=True)
class EntryFacts:
    """One entry of the diary as it holds now. `amended`: it was told again."""

    id: UUID
    form: str
    title: str
    day: date
    answered_at: datetime
    amended: bool
    answers: tuple[AnswerFacts, ...]
    average: int | None = None
    worst: int | None = None


@dataclass(frozen=True, slots=True)
class RangeFacts:
    """What a test of range measured on one side in one session: the middle of its tries and the error."""

    session_id: UUID
    title: str
    measure: str
    side: str
    value: float
    error: float
    unit: str
    tries: int
    at: datetime


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """One week of training: sets done of those prescribed, ends included."""

    first: date
    last: date
    done: int
    due: int


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """One alert. `mitigation`: what somebody did about it, when, and who."""

    id: UUID
    level: int
    family: str
    sentence: str
    opened_at: datetime
    closed: bool
    mitigation: tuple[tuple[str, datetime, str | None], ...]


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """All of it, at one instant."""

    patient: PatientFacts
    lines: Sequence[LineFacts]
    entries: Sequence[EntryFacts]
    ranges: Sequence[RangeFacts]
    weeks: Sequence[WeekFacts]
    alerts: Sequence[AlertFacts]
    at: datetime


def bundle(facts: RecordFacts) -> Resource:
    """The bundle. The same facts give the same bundle."""
    resources = list(_resources(facts))
    return {
        "resourceType": "Bundle",
        "identifier": _identifier(_named(facts.patient.id, "bundle", instant_text(facts.at))),
        "type": "collection",
        "timestamp": instant_text(facts.at),
        "entry": [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in resources],
    }


def _resources(facts: RecordFacts) -> Iterator[Resource]:
    who = facts.patient
    yield _patient(who)
    yield from _plan(facts)
    for entry in facts.entries:
        yield _response(entry, who)
        yield from _pain(entry, who)
    yield from (_range(each, who) for each in facts.ranges)
    yield from (_adherence(each, who) for each in facts.weeks)
    yield from (_issue(each, who) for each in facts.alerts)


def _named(of: UUID, *what: str) -> UUID:
    return uuid5(_NAMES, ":".join((str(of), *what)))


def _identifier(identity: UUID) -> Resource:
    return {"system": URN, "value": f"urn:uuid:{identity}"}


def _head(kind: str, identity: UUID) -> Resource:
    return {"resourceType": kind, "id": str(identity), "identifier": [_identifier(identity)]}


def _subject(who: PatientFacts) -> Resource:
    return {"reference": f"urn:uuid:{who.id}"}


def _text(text: str) -> Resource:
    return {"text": text}


def _score(value: float) -> Resource:
    return {"value": value, "unit": "score", "system": UCUM, "code": "{score}"}


def _patient(who: PatientFacts) -> Resource:
    telecom = [
        {"system": system, "value": value} for system, value in (("email", who.email), ("phone", who.phone)) if value
    ]
    found = _head("Patient", who.id) | {
        "active": who.active,
        "name": [{"text": who.name}],
        "managingOrganization": {"display": who.clinic},
        "communication": [
            {"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": who.language}]}, "preferred": True}
        ],
    }
    if telecom:
        found["telecom"] = telecom
    if who.birth_year is not None:
        found["birthDate"] = str(who.birth_year)
    return found


def _plan(facts: RecordFacts) -> Iterator[Resource]:
    if not facts.lines:
        return
    current = [line for line in facts.lines if line.holds]
    plan = _head("CarePlan", _named(facts.patient.id, "plan")) | {
        "status": "active" if current else "completed",
        "intent": "plan",
        "title": "Exercises at home",
        "subject": _subject(facts.patient),
        "created": instant_text(min(line.saved_at for line in facts.lines)),
        "category": [{"coding": [dict(EXERCISE_THERAPY)]}],
    }
    if current:
        plan["activity"] = [{"reference": {"reference": f"urn:uuid:{line.id}"}} for line in current]
    yield plan
    yield from (_request(line, facts.patient) for line in facts.lines)


def _request(line: LineFacts, who: PatientFacts) -> Resource:
    found = _head("ServiceRequest", line.id) | {
        "status": "active" if line.holds else "revoked",
        "intent": "plan",
        "category": [{"coding": [dict(EXERCISE_THERAPY)]}],
        "code": _text(line.title),
        "subject": _subject(who),
        "authoredOn": instant_text(line.saved_at),
        "basedOn": [{"reference": f"urn:uuid:{_named(who.id, 'plan')}"}],
        "occurrenceTiming": {
            "repeat": {
                "frequency": 1,
                "period": 1,
                "periodUnit": "wk",
                "dayOfWeek": [_DAYS[day - 1] for day in line.weekdays],
            }
        },
        "patientInstruction": _dose(line),
    }
    if not line.weekdays:
        del found["occurrenceTiming"]
    if line.author:
        found["requester"] = {"display": line.author}
    if line.note:
        found["note"] = [{"text": line.note}]
    return found


def _dose(line: LineFacts) -> str:
    parts = [f"{line.sets} sets"]
    if line.reps is not None:
        parts.append(f"{line.reps} repetitions")
    if line.hold_s is not None:
        parts.append(f"{line.hold_s:g} s each")
    if line.side != "both":
        parts.append(f"{line.side} side")
    return ", ".join(parts)


def _response(entry: EntryFacts, who: PatientFacts) -> Resource:
    found = _head("QuestionnaireResponse", entry.id) | {
        # Unlike everywhere else, this resource has one identifier.
        "identifier": _identifier(entry.id),
        "status": "amended" if entry.amended else "completed",
        "subject": _subject(who),
        "source": _subject(who),
        "authored": instant_text(entry.answered_at),
        "item": [
            {"linkId": "local_date", "text": "The day it is about", "answer": [{"valueDate": entry.day.isoformat()}]},
            *(
                {
                    "linkId": each.key,
                    "text": each.question,
                    "answer": [_answer(value) for value in each.values],
                }
                for each in entry.answers
            ),
        ],
    }
    return found | {"questionnaire": f"urn:rhomboid:form:{entry.form}"}


def _answer(value: int | bool | date | str) -> Resource:
    if isinstance(value, bool):
        return {"valueBoolean": value}
    if isinstance(value, int):
        return {"valueInteger": value}
    if isinstance(value, date):
        return {"valueDate": value.isoformat()}
    return {"valueString": value}


def _observation(
    identity: UUID, who: PatientFacts, *, category: str, code: Resource, when: Resource, value: Resource
) -> Resource:
    return (
        _head("Observation", identity)
        | {
            "status": "final",
            "category": [{"coding": [{"system": _CATEGORY, "code": category}]}],
            "code": code,
            "subject": _subject(who),
        }
        | when
        | value
    )


def _pain(entry: EntryFacts, who: PatientFacts) -> Iterator[Resource]:
    for which, value, said in (
        ("average", entry.average, "Average pain of the last 24 hours"),
        ("worst", entry.worst, "Worst pain of the last 24 hours"),
    ):
        if value is None:
            continue
        yield _observation(
            _named(entry.id, which),
            who,
            category="survey",
            code={"coding": [dict(PAIN)], "text": said},
            when={"effectiveDateTime": entry.day.isoformat(), "issued": instant_text(entry.answered_at)},
            value={"valueQuantity": _score(value)},
        ) | {"derivedFrom": [{"reference": f"urn:uuid:{entry.id}"}]}


def _range(reading: RangeFacts, who: PatientFacts) -> Resource:
    unit, code = _UNITS.get(reading.unit, (reading.unit, ""))
    quantity: Resource = {"value": round(reading.value, 1), "unit": unit}
    if code:
        quantity |= {"system": UCUM, "code": code}
    return _observation(
        _named(reading.session_id, reading.measure, reading.side),
        who,
        category="exam",
        code=_text(f"{reading.title}: {reading.measure}"),
        when={"effectiveDateTime": instant_text(reading.at)},
        value={"valueQuantity": quantity},
    ) | {
        "bodySite": _text(f"{reading.side} side"),
        "method": _text(f"Estimated from landmarks of one camera; the middle of {reading.tries} tries"),
        "note": [{"text": f"95 % error of the measurement: {reading.error:.0f} {unit}"}],
    }


def _adherence(week: WeekFacts, who: PatientFacts) -> Resource:
    return _observation(
        _named(who.id, "adherence", week.first.isoformat()),
        who,
        category="activity",
        code=_text("Sets of prescribed exercises that were done"),
        when={"effectivePeriod": {"start": week.first.isoformat(), "end": week.last.isoformat()}},
        value={
            "valueQuantity": {"value": round(100 * week.done / week.due), "unit": "%", "system": UCUM, "code": "%"},
        },
    ) | {"note": [{"text": f"{week.done} of {week.due} sets"}]}


def _issue(alert: AlertFacts, who: PatientFacts) -> Resource:
    found = _head("DetectedIssue", alert.id) | {
        "status": "final" if alert.closed else "preliminary",
        "code": _text(f"Alert of level {alert.level} of 4 ({alert.family})"),
        "severity": _SEVERITY[alert.level],
        "patient": _subject(who),
        "identifiedDateTime": instant_text(alert.opened_at),
        "detail": alert.sentence,
    }
    steps = [_step(*each) for each in alert.mitigation]
    return found | {"mitigation": steps} if steps else found


def _step(action: str, at: datetime, who: str | None) -> Resource:
    found: Resource = {"action": _text(action), "date": instant_text(at)}
    return found | {"author": {"display": who}} if who else found


def count_by_kind(document: Resource) -> dict[str, int]:
    """How many resources of each kind a bundle has."""
    kinds: Iterable[str] = (entry["resource"]["resourceType"] for entry in document["entry"])
    found: dict[str, int] = {}
    for kind in kinds:
        found[kind] = found.get(kind, 0) + 1
    return found
