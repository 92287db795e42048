"""Every page of the application for every kind of person, found by asking the application for its routes, so that a new
page cannot be forgotten: a route whose parameters nobody here can fill, or which nobody here can open, is an error.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

from flask import Flask
from sqlalchemy import func, select

from tests.browser.house import Account, Clinic, Server
from tests.features.notices import notice_row
from tests.features.own import own_document
from tracker.accounts import service as accounts
from tracker.accounts import sign_in_service
from tracker.accounts.models import CareLink, Consent, Person, Role
from tracker.alerts import service as alerts
from tracker.alerts.models import Alert
from tracker.app import create_app
from tracker.clinic import message_service
from tracker.clock import SystemClock, local_date
from tracker.db import Session
from tracker.demo import build_demo, stories
from tracker.demo.crowd import Member
from tracker.diary import documents
from tracker.diary import service as diary
from tracker.diary.models import CheckIn
from tracker.learn import rules as desk_rules
from tracker.learn.service import save_check
from tracker.posture import breaks_service
from tracker.regimen.models import Standing
from tracker.regimen.own_service import save_new
from tracker.regimen.rules import Prescribed
from tracker.regimen.rules_levels import Level
from tracker.regimen.service import current_plan
from tracker.reminders.tokens import action_token
from tracker.training.models import Repetition, SetResult, TrainingSession
from tracker.web.context import services_of
from tracker.web.guards import Guard, guard_of

PARAMETER = re.compile(r"<(?:[^:>]*:)?(\w+)>")
NO_PAGES = frozenset(
    {
        "assets.serve",
        "library_pages.figure_json",
        "clinic_pages.track",
        "administration.audit_file",
        "account.csrf_token",
        "reminder_pages.waiting",
        "push_api.key",
        "posture_api.baselines",
        "watch_pages.today",
        "posture_api.state",
        "watch_api.baselines",
        "watch_api.state",
        "open_pages.service_worker",
        "open_pages.manifest",
        "open_pages.calendar_feed",
        "record_pages.patient_json",
        "record_pages.patient_tables",
        "record_pages.patient_fhir",
        "my_record_pages.own_json",
        "my_record_pages.own_tables",
        "my_record_pages.own_fhir",
        "open_pages.open_notice",
        "help_pages.outcome",
    }
)
"""Routes that answer with something else than a page; the last two only lead to one."""

FORMS_AT_ANY_TIME = ["intake", "daily", "weekly", "fortnight", "monthly", "flags"]
"""Of the diary. The morning after is asked only after a session that hurt."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who walks through the application: `account` is None for somebody who has not signed in.
    `examples`: what to put for a parameter in an address, by its name.
    """

    name: str
    server: Server
    account: Account | None
    examples: dict[str, list[str]]
    extra: tuple[str, ...] = ()
    only: tuple[str, ...] = ("/",)
    """How the addresses begin that look different for them; the others are walked by somebody else."""


def pages_of(visitor: Visitor) -> dict[str, list[str]]:
    """The addresses of every page whose guard lets this visitor in, by endpoint."""
    app = create_app(visitor.server.settings)
    try:
        with app.app_context(), visitor.server.database() as session:
            person = session.get_one(Person, visitor.account.id) if visitor.account else None
            return {
                rule.endpoint: [
                    path for path in addresses(rule.rule, visitor.examples) if path.startswith(visitor.only)
                ]
                for rule in app.url_map.iter_rules()
                if rule.endpoint not in NO_PAGES
                and "GET" in (rule.methods or ())
                and (guard := guard_of(rule.endpoint)) is not None
                and guard.admits(person)
                and (person is None or guard is not Guard.PUBLIC)
            }
    finally:
        services_of(app).engine.dispose()


def endpoints_with_pages(app: Flask) -> set[str]:
    """Every route that is meant to show a page."""
    return {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGES
    }


def addresses(rule: str, examples: dict[str, list[str]]) -> list[str]:
    """A rule with its parameters filled in, once for each combination of examples; none without an example."""
    names = PARAMETER.findall(rule)
    choices = product(*(examples.get(name, []) for name in names))
    return [filled(rule, dict(zip(names, values, strict=True))) for values in choices]


def filled(rule: str, values: dict[str, str]) -> str:
    return PARAMETER.sub(lambda part: values[part.group(1)], rule)


# The demo clinic: people with ninety days behind them


def demo_visitors(server: Server, crowd: Sequence[Member] = ()) -> list[Visitor]:
    """Fills the server's empty database with the demo clinic; its busiest patient, their physio, and a stranger.
    `crowd`: who comes to it for a year.
    """
    with server.database() as session:
        build_demo(session, SystemClock().now(), accounts.Passwords(server.settings), crowd=crowd)
        session.commit()
        busiest = session.scalars(
            select(TrainingSession.patient_id)
            .join(SetResult)
            .join(Repetition)
            .where(Repetition.corrected_to.is_not(None))
            .group_by(TrainingSession.patient_id)
            .order_by(func.count().desc())
        ).first()
        assert busiest is not None, "somebody in the demo clinic corrects repetitions"
        patient = session.get_one(Person, busiest)
        physio = accounts.physios_of(session, patient.id, SystemClock().now())[0]
        private = session.scalars(
            select(CareLink.patient_id).where(
                CareLink.physio_id == physio.id,
                CareLink.patient_id.not_in(select(Consent.person_id).where(Consent.kind == "sharing")),
            )
        ).all()
        sessions = telling_sessions(session, patient.id)
        plan = current_plan(session, patient.id)
        token = _open_invitation(session, server, physio)
        notice = _notices(session, server, patient, ("test", "message", "check_in"))
        _notices(session, server, physio, ("digest", "escalation"))
        alert = _alert(session, patient, physio)
        locked, urgent = _locked(session)
        closed = _closed_emergency(session)
        kinds = _one_of_each_kind(plan.items)
        common = {"exercise_id": [item.exercise for item in kinds], "token": [token]}
        _desk_checks(session, patient)
        patient_examples = {
            **common,
            "card_id": ["stress", "cold", "lifting", "when-to-see-a-doctor"],
            "alert_id": [alert],
            "prescription_id": [item.id for item in kinds],
            "session_id": [str(each) for each in sessions],
            "form": FORMS_AT_ANY_TIME,
            "version_id": [_last_check_in(session, patient)],
            "break_id": _breaks(session, patient),
        }
        physio_examples = {
            **common,
            "card_id": ["pain-relief"],
            "alert_id": [alert, urgent, closed],
            "patient_id": [str(patient.id), *(str(each) for each in private[:1]), str(locked.id)],
            "session_id": [str(each) for each in sessions],
            "own_id": [_own_exercise(session, physio)],
        }
        return [
            Visitor("patient", server, _account(patient), patient_examples, ("/no-such-page",)),
            Visitor(
                "physio",
                server,
                _account(physio),
                physio_examples,
                (
                    "/no-such-page",
                    f"/patients?open={locked.id}",
                    f"/patients/{patient.id}/course?period=365",
                    "/clinic/audit?check=1",
                ),
            ),
            Visitor(
                "locked",
                server,
                _account(locked),
                {"alert_id": [urgent]},
                only=("/today", "/check-in", "/help", "/outcome"),
            ),
            Visitor("nobody", server, None, {"token": [token, notice, "not-a-token"]}, ("/no-such-page",)),
        ]


def _one_of_each_kind(items: Iterable[Prescribed]) -> list[Prescribed]:
    """Pages of exercises differ by how they are counted, and by whether sides are."""
    found = {(item.reps is None, item.hold_s is None, item.sided): item for item in items}
    return list(found.values())


def _locked(session: Session) -> tuple[Person, str]:
    """Whoever may not exercise, and the alert behind it."""
    standing = session.scalars(select(Standing).where(Standing.locked)).first()
    assert standing is not None, "somebody in the demo clinic has told something urgent"
    return session.get_one(Person, standing.patient_id), str(standing.alert_id)


def _closed_emergency(session: Session) -> str:
    wanted = select(Alert.id).where(Alert.level == Level.EMERGENCY, Alert.closed_at.is_not(None))
    found = session.scalars(wanted).first()
    assert found is not None, "an emergency in the demo clinic is over"
    return str(found)


def _last_check_in(session: Session, patient: Person) -> str:
    """The newest version of a daily entry."""
    daily = select(CheckIn.id).where(CheckIn.patient_id == patient.id, CheckIn.form == "daily")
    found = session.scalars(daily.order_by(CheckIn.answered_at.desc()).limit(1)).first()
    assert found is not None, "the busiest patient of the demo clinic checks in"
    return str(found)


def _desk_checks(session: Session, patient: Person) -> None:
    """Two looks at a desk, with something to change first, something that can wait, and something settled."""
    fine = dict.fromkeys(desk_rules.ITEMS, desk_rules.Answer.YES)
    then = fine | dict.fromkeys(("laptop", "light", "phone", "armrests", "room_to_move"), desk_rules.Answer.NO)
    today = then | {"light": desk_rules.Answer.YES, "back_support": desk_rules.Answer.NOT_HERE}
    for days_ago, answers in ((95, then), (0, today)):
        at = SystemClock().now() - timedelta(days=days_ago)
        save_check(session, patient=patient, check_id=uuid.uuid4(), answers=answers, at=at)
    session.commit()


def _breaks(session: Session, patient: Person) -> list[str]:
    """A break that nobody has answered, one that was taken, and one for which it was not the moment."""
    at = SystemClock().now()
    answered = [
        breaks_service.answer(session, patient, uuid.uuid4(), outcome, exercise=None, at=at)
        for outcome in ("taken", "not_now")
    ]
    session.commit()
    return [str(uuid.uuid4()), *(str(row.id) for row in answered)]


def _own_exercise(session: Session, author: Person) -> str:
    own = save_new(session, author=author, document=own_document(), at=SystemClock().now())
    session.commit()
    return own.slug


def _notices(session: Session, server: Server, person: Person, kinds: tuple[str, ...]) -> str:
    """Something at the bell, of each of these kinds; the token that a message about the last one carries."""
    at = SystemClock().now()
    rows = [notice_row(person.id, kind, at) for kind in kinds]
    session.add_all(rows)
    session.commit()
    return action_token(server.settings, rows[-1].id, at)


def _alert(session: Session, patient: Person, physio: Person) -> str:
    """Something open about the patient that locks nothing, and words that go with it."""
    at = SystemClock().now()
    sign = documents.parse(
        {
            "id": str(uuid.uuid4()),
            "entry_id": str(uuid.uuid4()),
            "form": "flags",
            "local_date": local_date(at, patient.time_zone).isoformat(),
            "answered_at": at.isoformat(),
            "answers": {"flags": {"D_ARM": {"answer": "new"}}},
        }
    )
    diary.receive(session, patient=patient, document=sign, received_at=at)
    alerts.record_changed(session, patient.id, at)
    message_service.send(session, patient=patient, author=physio, text="How is the arm today?", at=at)
    message_service.send(session, patient=patient, author=patient, text="A little better.", at=at)
    session.commit()
    return str(next(alert.id for alert in alerts.open_alerts(session, patient.id) if alert.family == "red"))


def _account(person: Person) -> Account:
    assert person.email is not None
    return Account(person.id, person.role, person.email, person.name, stories.PASSWORD)


def _open_invitation(session: Session, server: Server, inviter: Person) -> str:
    _, token = accounts.invite(
        session,
        inviter=inviter,
        role=Role.PATIENT,
        name="Noor Vale",
        email=None,
        at=SystemClock().now(),
        lifetime=server.settings.invitation_lifetime,
    )
    session.commit()
    return token


def telling_sessions(session: Session, patient_id: uuid.UUID) -> list[uuid.UUID]:
    """A session of each kind: one with a corrected repetition, one without camera, one with holds."""
    mine = select(TrainingSession.id).join(SetResult).where(TrainingSession.patient_id == patient_id)
    newest = mine.order_by(TrainingSession.started_at.desc())
    kinds = (
        newest.join(Repetition).where(Repetition.corrected_to.is_not(None)),
        newest.where(TrainingSession.source == "manual"),
        newest.where(SetResult.held_s > 0),
    )
    return list(dict.fromkeys(found for kind in kinds if (found := session.scalars(kind.limit(1)).first())))


# An empty clinic, and people on their first day


def first_day_visitors(clinic: Clinic) -> list[Visitor]:
    """Pages before anything has happened: no plan, no patients, nothing done; and a person without a clinic."""
    server = clinic.server
    patient = clinic.patient(name="Nils Anders", consents=(), plan=())
    physio = clinic.physio("Una Falk")
    solo = clinic.patient(name="Sol Winter", plan=())
    guarded = clinic.physio("Vera Totp")
    with server.database() as session:
        session.get_one(Person, solo.id).solo = True
        session.get_one(Person, guarded.id).totp_secret = sign_in_service.new_totp_secret()
        session.commit()
    # Forms and cards are walked by the patient of the demo clinic; here they would look the same.
    anything = {"form": ["intake"], "exercise_id": ["overhead-press"]}
    return [
        Visitor("new patient", server, patient, anything),
        Visitor("new physio", server, physio, anything),
        Visitor("solo", server, solo, anything | {"form": ["daily"]}),
        Visitor("second step", server, guarded, {}, ("/sign-in/code",)),
    ]


def empty_visitors(server: Server) -> list[Visitor]:
    """An installation in which nobody is set up yet."""
    with server.database() as session:
        token = accounts.renew_set_up_link(session, SystemClock().now())
        session.commit()
    assert token is not None
    return [Visitor("set-up", server, None, {"token": [token]})]
