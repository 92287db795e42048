"""Every page of the application for every kind of person, found by asking the application for its routes, so that a new
page cannot be forgotten: a route whose parameters nobody here can fill, or which nobody here can open, is an error.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from itertools import product

from flask import Flask
from sqlalchemy import func, select

from tests.browser.house import Account, Clinic, Server
from tests.features.own import own_document
from tracker.accounts import service as accounts
from tracker.accounts import sign_in_service
from tracker.accounts.models import CareLink, Consent, Person, Role
from tracker.app import create_app
from tracker.clock import SystemClock
from tracker.db import Session
from tracker.demo import build_demo
from tracker.regimen.own_service import save_new
from tracker.regimen.service import current_plan
from tracker.training.models import Repetition, SetResult, TrainingSession
from tracker.web.context import services_of
from tracker.web.guards import Guard, guard_of

PARAMETER = re.compile(r"<(?:[^:>]*:)?(\w+)>")
NO_PAGES = frozenset({"assets.serve", "library_pages.figure_json", "account.csrf_token"})
"""Routes that answer with something else than a page."""


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


def pages_of(visitor: Visitor) -> dict[str, list[str]]:
    """The addresses of every page whose guard lets this visitor in, by endpoint."""
    app = create_app(visitor.server.settings)
    try:
        with app.app_context(), visitor.server.database() as session:
            person = session.get_one(Person, visitor.account.id) if visitor.account else None
            return {
                rule.endpoint: list(addresses(rule.rule, visitor.examples))
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


def demo_visitors(server: Server) -> list[Visitor]:
    """Fills the server's empty database with the demo clinic; its busiest patient, their physio, and a stranger."""
    with server.database() as session:
        made = build_demo(session, SystemClock().now(), accounts.Passwords(server.settings))
        session.commit()
        passwords = {email: password for _role, _name, email, password in made.accounts}
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
        common = {"exercise_id": [item.exercise for item in plan.items], "token": [token]}
        patient_examples = {
            **common,
            "prescription_id": [item.id for item in plan.items],
            "session_id": [str(each) for each in sessions],
        }
        physio_examples = {
            **common,
            "patient_id": [str(patient.id), *(str(each) for each in private[:1])],
            "session_id": [str(each) for each in sessions],
            "own_id": [_own_exercise(session, physio)],
        }
        return [
            Visitor("patient", server, _account(patient, passwords), patient_examples, ("/no-such-page",)),
            Visitor("physio", server, _account(physio, passwords), physio_examples, ("/no-such-page",)),
            Visitor("nobody", server, None, {"token": [token, "not-a-token"]}, ("/no-such-page",)),
        ]


def _own_exercise(session: Session, author: Person) -> str:
    own = save_new(session, author=author, document=own_document(), at=SystemClock().now())
    session.commit()
    return own.slug


def _account(person: Person, passwords: dict[str, str]) -> Account:
    assert person.email is not None
    return Account(person.id, person.role, person.email, person.name, passwords[person.email])


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
    anything = {"exercise_id": ["overhead-press"]}
    return [
        Visitor("new patient", server, patient, anything),
        Visitor("new physio", server, physio, anything),
        Visitor("solo", server, solo, anything),
        Visitor("second step", server, guarded, {}, ("/sign-in/code",)),
    ]


def empty_visitors(server: Server) -> list[Visitor]:
    """An installation in which nobody is set up yet."""
    with server.database() as session:
        token = accounts.renew_set_up_link(session, SystemClock().now())
        session.commit()
    assert token is not None
    return [Visitor("set-up", server, None, {"token": [token]})]
