"""Every route x every kind of person x another patient's ids. A route without a declared expectation fails."""

from __future__ import annotations

import re
import uuid
from base64 import b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.features.own import own_document
from tracker.accounts import care_service, service, sign_in_service
from tracker.accounts.models import AuditEvent, Role
from tracker.accounts.sign_in_service import Lifetimes
from tracker.alerts.models import Alert
from tracker.clinic import note_service, view_service
from tracker.clinic.models import Proposal
from tracker.posture.models import PostureBaseline, PostureBreak, Watcher
from tracker.regimen import template_service
from tracker.regimen.models import Easing
from tracker.regimen.own_service import save_new
from tracker.regimen.rules import Prescribed
from tracker.regimen.service import current_plan, save_revision
from tracker.reminders.models import Delivery, PushSubscription
from tracker.training.tracks import JOINTS, pack

EVERYBODY = frozenset(
    {"anonymous", "owner", "other patient", "solo", "physio", "colleague", "stranger", "admin", "former physio"}
)
SIGNED_IN = EVERYBODY - {"anonymous"}
PATIENTS = frozenset({"owner", "other patient", "solo"})
CLINICIANS = frozenset({"physio", "colleague", "stranger", "former physio"})
STAFF = CLINICIANS | {"admin"}
NOBODY: frozenset[str] = frozenset()

# Who gets in, when the ids in the address are those of `owner`, of the physio who cares for them (their invitation),
# or of the clinic's staff. "stranger" runs another clinic.
OPENS: dict[str, frozenset[str]] = {
    "assets.serve": EVERYBODY,
    "accounts.home": EVERYBODY,
    "accounts.sign_in": EVERYBODY,
    "accounts.second_step": EVERYBODY,
    "accounts.sign_out": EVERYBODY,
    "accounts.set_up": EVERYBODY,
    "accounts.set_up_clinic": EVERYBODY,
    "accounts.set_up_alone": EVERYBODY,
    "accounts.invitation": EVERYBODY,
    "account.overview": SIGNED_IN,
    "account.profile": SIGNED_IN,
    "account.welcome": PATIENTS,
    "account.consent": PATIENTS,
    "account.change_password": SIGNED_IN,
    "account.second_factor": STAFF,
    "account.change_second_factor": NOBODY,  # nobody here has a second step
    "account.revoke_device": frozenset({"owner"}),
    "account.csrf_token": SIGNED_IN,
    "administration.clinic": frozenset({"admin", "stranger"}),
    "administration.invite": frozenset({"admin", "stranger"}),
    "administration.withdraw": NOBODY,  # the invitation is the physio's, who does not run the clinic
    "administration.reset_link": frozenset({"admin"}),
    "administration.set_active": frozenset({"admin"}),
    "administration.hand_all_over": frozenset({"admin", "stranger"}),
    "administration.plan_absence": frozenset({"admin", "stranger"}),
    "administration.end_absence": frozenset({"admin"}),
    "administration.audit": frozenset({"admin", "stranger"}),
    "administration.audit_file": frozenset({"admin", "stranger"}),
    "account.record_log": SIGNED_IN,
    "clinic_pages.team": CLINICIANS,
    "clinic_pages.course": frozenset({"physio"}),
    "clinic_pages.hand_over": CLINICIANS,
    "clinic_pages.plan_absence": CLINICIANS,
    "clinic_pages.end_absence": frozenset({"physio"}),
    "clinic_pages.save_view": CLINICIANS,
    "clinic_pages.delete_view": frozenset({"physio"}),
    "library_pages.index": SIGNED_IN,
    "library_pages.exercise": SIGNED_IN,
    "library_pages.figure_json": SIGNED_IN,
    "own_pages.index": STAFF | {"solo"},
    "own_pages.record": STAFF | {"solo"},
    "own_pages.edit": STAFF - {"stranger"},
    "own_pages.archive": STAFF - {"stranger"},
    "own_pages.restore": STAFF - {"stranger"},
    "own_api.save_new": STAFF | {"solo"},
    "own_api.revise": STAFF - {"stranger"},
    "plan_pages.edit": frozenset({"physio"}),
    "plan_pages.save_template": frozenset({"physio"}),
    "plan_pages.archive_template": frozenset({"physio", "colleague", "former physio"}),
    "plan_pages.save": frozenset({"physio"}),
    "programme_pages.own": frozenset({"solo"}),
    "programme_pages.save_own": frozenset({"solo"}),
    "today_pages.today": PATIENTS,
    "today_pages.prepare": frozenset({"owner"}),
    "today_pages.live": frozenset({"owner"}),
    "session_pages.history": PATIENTS,
    "session_pages.summary": frozenset({"owner"}),
    "training_api.receive": PATIENTS,
    "training_api.correct": frozenset({"owner"}),
    "record_pages.patient_exports": frozenset({"physio"}),
    "record_pages.patient_json": frozenset({"physio"}),
    "record_pages.patient_tables": frozenset({"physio"}),
    "record_pages.patient_fhir": frozenset({"physio"}),
    "my_record_pages.own": PATIENTS,
    "my_record_pages.own_json": PATIENTS,
    "my_record_pages.own_tables": PATIENTS,
    "my_record_pages.own_fhir": PATIENTS,
    "my_record_pages.erase_own": PATIENTS,
    "erasure_pages.erase_for_somebody": frozenset({"admin", "stranger"}),
    "clinic_pages.caseload": CLINICIANS,
    "clinic_pages.find": CLINICIANS,
    "clinic_pages.invite_patient": CLINICIANS,
    "clinic_pages.withdraw": frozenset({"physio"}),
    "clinic_pages.patient": frozenset({"physio"}),
    "clinic_pages.session": frozenset({"physio"}),
    "clinic_pages.track": frozenset({"physio"}),
    "today_pages.begin": frozenset({"owner"}),
    "check_in_pages.overview": PATIENTS,
    "check_in_pages.fill_in": PATIENTS,
    "check_in_pages.send": PATIENTS,
    "check_in_pages.begin": PATIENTS,
    "check_in_pages.rhythm": PATIENTS,
    "check_in_pages.entries": PATIENTS,
    "check_in_pages.done": frozenset({"owner"}),
    "progress_pages.progress": PATIENTS,
    "help_pages.emergency": PATIENTS,
    "help_pages.urgent": PATIENTS,
    "help_pages.crisis": PATIENTS,
    "help_pages.help_now": PATIENTS,
    "help_pages.help_mood": PATIENTS,
    "help_pages.outcome": PATIENTS,
    "diary_api.receive": PATIENTS,
    "computer_pages.computers": PATIENTS,
    "computer_pages.show_code": PATIENTS,
    "computer_pages.disconnect": frozenset({"owner"}),
    "today_pages.live_break": PATIENTS,
    "watch_pages.watch": PATIENTS,
    "watch_pages.today": PATIENTS,
    "posture_pages.day": PATIENTS,
    "posture_pages.week": PATIENTS,
    "posture_pages.settings": PATIENTS,
    "posture_pages.silence": PATIENTS,
    "posture_pages.erase": PATIENTS,
    "break_pages.now_page": PATIENTS,
    # A watcher may lead to the page of a break before it is known: a strange id shows nothing of anybody's.
    "break_pages.one": PATIENTS,
    "break_pages.answer": PATIENTS,
    "break_api.receive": PATIENTS,
    "posture_api.receive_minutes": PATIENTS,
    "posture_api.baselines": PATIENTS,
    "posture_api.receive_baseline": PATIENTS,
    "posture_api.forget_place": frozenset({"owner"}),
    "posture_api.state": PATIENTS,
    "posture_api.change_state": PATIENTS,
    "watch_api.pair": EVERYBODY,
    "watch_api.leave": NOBODY,
    "watch_api.receive_minutes": NOBODY,
    "watch_api.baselines": NOBODY,
    "watch_api.receive_baseline": NOBODY,
    "watch_api.state": NOBODY,
    "watch_api.change_state": NOBODY,
    "watch_api.receive_break": NOBODY,
    "learn_pages.index": SIGNED_IN,
    "learn_pages.card": SIGNED_IN,
    "desk_pages.desk_check": PATIENTS,
    "desk_pages.questions": PATIENTS,
    "desk_pages.save": PATIENTS,
    "outcome_pages.outcome": frozenset({"owner"}),
    "outcome_pages.release": frozenset({"owner"}),
    "message_pages.inbox": PATIENTS,
    "clinic_pages.messages": frozenset({"physio"}),
    "clinic_pages.messages_read": frozenset({"physio"}),
    "clinic_pages.notes": frozenset({"physio"}),
    "clinic_pages.report": frozenset({"physio"}),
    "clinic_pages.appointments": frozenset({"physio"}),
    "clinic_pages.cancel_appointment": frozenset({"physio"}),
    "clinic_pages.message_templates": CLINICIANS,
    "clinic_pages.archive_template": CLINICIANS - {"stranger"},
    "clinic_pages.proposals": CLINICIANS,
    "clinic_pages.decide_proposal": frozenset({"physio"}),
    "clinic_pages.decide_easing": frozenset({"physio"}),
    "clinic_pages.examined": frozenset({"physio"}),
    "clinic_pages.alert_numbers": frozenset({"physio"}),
    "alert_pages.worklist": CLINICIANS,
    "alert_pages.alert": frozenset({"physio"}),
    "alert_pages.acknowledge": frozenset({"physio"}),
    "alert_pages.snooze": frozenset({"physio"}),
    "alert_pages.close": frozenset({"physio"}),
    "alert_pages.baseline": frozenset({"physio"}),
    "alert_pages.confirm": frozenset({"physio"}),
    "alert_pages.called": frozenset({"physio"}),
    "alert_pages.stand_in": NOBODY,  # nothing has escalated to anybody
    "alert_settings_pages.overview": frozenset({"admin", "stranger"}),
    "alert_settings_pages.preview": frozenset({"admin", "stranger"}),
    "alert_settings_pages.save": frozenset({"admin", "stranger"}),
    "alert_settings_pages.save_duty": frozenset({"admin", "stranger"}),
    "alert_settings_pages.save_channels": frozenset({"admin", "stranger"}),
    "reminder_pages.settings_page": SIGNED_IN,
    "reminder_pages.save": SIGNED_IN,
    "reminder_pages.pause": SIGNED_IN,
    "reminder_pages.change_zone": SIGNED_IN,
    "reminder_pages.calendar": PATIENTS,
    "reminder_pages.send_test": SIGNED_IN,
    "reminder_pages.notices": SIGNED_IN,
    "reminder_pages.waiting": SIGNED_IN,
    "reminder_pages.act": frozenset({"owner"}),
    "reminder_pages.remove_browser": frozenset({"owner"}),
    "push_api.key": SIGNED_IN,
    "push_api.subscribe": SIGNED_IN,
    "push_api.unsubscribe": SIGNED_IN,
    "open_pages.service_worker": EVERYBODY,
    "open_pages.manifest": EVERYBODY,
    "open_pages.offline": EVERYBODY,
    "open_pages.notice": EVERYBODY,
    "open_pages.open_notice": EVERYBODY,
    "open_pages.answer_notice": EVERYBODY,
    "open_pages.calendar_feed": EVERYBODY,
}

# These answer for a token or a file, not for a person; nothing in the walk has the right one.
BY_TOKEN = {
    "accounts.set_up",
    "accounts.set_up_clinic",
    "accounts.set_up_alone",
    "accounts.invitation",
    "assets.serve",
    "open_pages.notice",
    "open_pages.open_notice",
    "open_pages.answer_notice",
    "open_pages.calendar_feed",
}

PERSONAL = {"patient_id", "alert_id"}
"""What an address holds that is about one patient's record."""

PROGRAMS = "watch_api."
"""Doors for programs with a token of their own: nobody is signed in there, whoever comes, and no form token counts."""

# What looks at or changes a patient's record, done by the physio: the action that must be in the audit trail.
AUDITED = {
    ("plan_pages.edit", "GET"): "plan.read",
    ("plan_pages.save", "POST"): "plan.write",
    ("clinic_pages.patient", "GET"): "patient.read",
    ("clinic_pages.session", "GET"): "session.read",
    ("clinic_pages.track", "GET"): "track.read",
    ("clinic_pages.messages", "GET"): "message.read",
    ("clinic_pages.notes", "GET"): "note.read",
    ("clinic_pages.appointments", "GET"): "appointment.read",
    ("clinic_pages.report", "GET"): "report.read",
    ("clinic_pages.course", "GET"): "course.read",
    ("clinic_pages.caseload", "GET"): "caseload.read",
    ("clinic_pages.team", "GET"): "team.read",
    ("alert_pages.worklist", "GET"): "worklist.read",
    ("library_pages.exercise", "GET"): "library.read",
    ("alert_pages.alert", "GET"): "alert.read",
    ("record_pages.patient_exports", "GET"): "record.read",
    ("record_pages.patient_json", "GET"): "record.exported",
    ("record_pages.patient_tables", "GET"): "record.exported",
    ("record_pages.patient_fhir", "GET"): "record.exported",
}


@dataclass
class World:
    """People around one patient, and what belongs to that patient."""

    browsers: dict[str, Any]
    persons: dict[str, Any]
    ids: dict[str, str]
    device_id: str
    routes: list[tuple[str, str, Any]]

    def path(self, rule: Any, ids: dict[str, str]) -> str:
        found = dict(ids)
        if rule.endpoint == "account.revoke_device":
            found["session_id"] = self.device_id if ids is self.ids else str(uuid.uuid4())
        return re.sub(r"<(?:[^:>]*:)?(\w+)>", lambda part: found[part.group(1)], rule.rule)


@pytest.fixture
def world(app, people, database, signed_in, anonymous, settings, clock) -> World:
    clinic = people.clinic()
    physio = people.physio(clinic)
    persons = {
        "physio": physio,
        "owner": people.patient(physio),
        "other patient": people.patient(physio),
        "solo": people.solo(),
        "colleague": people.physio(clinic),
        "stranger": people.physio(is_admin=True),
        "admin": people.admin(clinic),
        "former physio": people.physio(clinic),
    }
    owner = persons["owner"]
    people.care(owner, persons["former physio"], until=clock.now())
    save_revision(
        database,
        patient_id=owner.id,
        author_id=physio.id,
        base_number=0,
        items=[Prescribed("", "overhead-press", 3, 10, None, frozenset(range(1, 8)))],
        reason=None,
        at=clock.now(),
    )
    _, invitation_token = service.invite(
        database, inviter=physio, role=Role.PATIENT, name="Pat", email=None, at=clock.now(), lifetime=timedelta(days=7)
    )
    device, _ = sign_in_service.start(
        database, owner, device="x", at=clock.now(), lifetimes=Lifetimes.from_settings(settings)
    )
    database.commit()
    browsers = {name: signed_in(person) for name, person in persons.items()} | {"anonymous": anonymous}
    prescription_id = current_plan(database, owner.id).items[0].id
    own = save_new(database, author=physio, document=own_document(), at=clock.now())
    database.commit()
    document = session_document(prescription_id, clock.now())
    stored = browsers["owner"].post_json("/api/sessions", document)
    assert stored.status_code == 201, stored.text
    told = browsers["owner"].post_json("/api/check-ins", check_in_document(clock.now()))
    assert told.status_code == 201, told.text
    database.commit()
    alert_id = database.scalars(select(Alert.id).where(Alert.patient_id == owner.id)).one()
    browser_of_owner = subscription(database, owner, clock.now())
    notice = Delivery(
        kind="exercise",
        subject="rule:test",
        person_id=owner.id,
        due_at=clock.now(),
        not_before=clock.now(),
        channel="in_app",
        state="sent",
        payload={"day": clock.now().date().isoformat(), "time": "12:00"},
        created_at=clock.now(),
        finished_at=clock.now(),
    )
    database.add(notice)
    database.commit()
    invitation = service.open_invitation(database, invitation_token, clock.now())
    computer, place, offered = at_the_desk(database, owner, clock.now())
    proposal, easing = steps_of(database, owner, clock.now())
    in_two_days = clock.now() + timedelta(days=2)
    booked = note_service.book(database, patient=owner, physio=physio, starts_at=in_two_days, note=None, at=clock.now())
    programme = template_service.save(
        database, author=physio, name="Ours", items=current_plan(database, owner.id).items, at=clock.now()
    )
    view = view_service.save(database, physio, name="Mine", query={"show": "open"}, at=clock.now())
    absence = care_service.plan_absence(
        database,
        actor=physio,
        physio=physio,
        backup=persons["former physio"],
        since=clock.now() + timedelta(days=30),
        until=clock.now() + timedelta(days=40),
        note=None,
        at=clock.now(),
    )
    words = note_service.save_template(database, author=physio, title="Words", text="Often", at=clock.now())
    database.commit()
    ids = {
        "appointment_id": str(booked.id),
        "view_id": str(view.id),
        "plan_template_id": str(programme.id),
        "absence_id": str(absence.id),
        "template_id": str(words.id),
        "proposal_id": str(proposal.id),
        "easing_id": str(easing.id),
        "watcher_id": str(computer.id),
        "place_id": str(place.place_id),
        "break_id": str(offered.id),
        "form": "daily",
        "version_id": told.get_json()["id"],
        "alert_id": str(alert_id),
        "notice_id": str(notice.id),
        "subscription_id": str(browser_of_owner.id),
        "token": "not-a-token",
        "name": "no-such-file",
        "kind": "camera",
        "what": "grant",
        "patient_id": str(owner.id),
        "person_id": str(persons["colleague"].id),
        "prescription_id": prescription_id,
        "session_id": document["id"],
        "set_id": document["sets"][0]["id"],
        "repetition_id": document["sets"][0]["repetition_ids"][0],
        "invitation_id": str(invitation.id),
        "exercise_id": "overhead-press",
        "own_id": own.slug,
        "card_id": "lifting",
    }
    routes = [
        (rule.endpoint, method, rule)
        for rule in app.url_map.iter_rules()
        for method in sorted(rule.methods & {"GET", "POST", "PUT", "PATCH", "DELETE"})
    ]
    # An empty form there takes every consent back, which ends what stands on one.
    routes.sort(key=lambda route: route[0] == "account.welcome")
    return World(browsers, persons, ids, str(device.id), routes)


def subscription(database: Any, owner: Any, at: Any) -> PushSubscription:
    """A browser of the owner that takes web push."""
    row = PushSubscription(
        person_id=owner.id,
        endpoint="https://push.example.org/a",
        endpoint_hash="0" * 64,
        p256dh="x",
        auth="x",
        created_at=at,
    )
    database.add(row)
    database.commit()
    return row


def steps_of(database: Any, owner: Any, at: Any) -> tuple[Proposal, Easing]:
    """A step forward that was proposed, and a step back that holds."""
    proposal = Proposal(
        patient_id=owner.id,
        exercise="overhead-press",
        plan_number=1,
        kind="progress",
        change={"field": "reps", "before": 10, "after": 12},
        evidence={},
        made_at=at,
    )
    easing = Easing(
        patient_id=owner.id,
        exercise="overhead-press",
        factor=0.7,
        from_on=at.date(),
        cause="effort",
        detail={"day": at.date().isoformat(), "effort": 9},
        created_at=at,
    )
    database.add_all([proposal, easing])
    database.commit()
    return proposal, easing


def at_the_desk(database: Any, owner: Any, at: Any) -> tuple[Watcher, PostureBaseline, PostureBreak]:
    """A computer of the owner that watches, a place it knows, and a break it has offered."""
    computer = Watcher(id=uuid.uuid4(), patient_id=owner.id, kind="agent", name="Desk", created_at=at, seen_at=at)
    place = PostureBaseline(
        id=uuid.uuid4(),
        patient_id=owner.id,
        place_id=uuid.uuid4(),
        place_name="Desk",
        camera="",
        view="front",
        confidence="normal",
        engine_version="1.0.0",
        document={},
        source="agent",
        made_at=at,
    )
    offered = PostureBreak(
        id=uuid.uuid4(), patient_id=owner.id, cause="still", offered_at=at, local_date=at.date(), watcher_id=computer.id
    )
    database.add_all([computer, place, offered])
    database.commit()
    return computer, place, offered


def check_in_document(at: Any) -> dict[str, Any]:
    """A day with a flare: a matter for the lowest level, which locks nothing."""
    return {
        "id": str(uuid.uuid4()),
        "entry_id": str(uuid.uuid4()),
        "form": "daily",
        "local_date": at.date().isoformat(),
        "answered_at": at.isoformat(),
        "source": "page",
        "answers": {
            "average": 4,
            "worst": 5,
            "interference": 3,
            "compared": "same",
            "flare": True,
            "none_of_these": True,
        },
    }


def session_document(prescription_id: str, at: Any) -> dict[str, Any]:
    """One set of one repetition, as the live page sends it."""
    return {
        "id": str(uuid.uuid4()),
        "prescription_id": prescription_id,
        "exercise": "overhead-press",
        "started_at": at.isoformat(),
        "source": "camera",
        "sets": [
            {
                "id": str(uuid.uuid4()),
                "number": 1,
                "side": "both",
                "started_at": at.isoformat(),
                "repetition_ids": [str(uuid.uuid4())],
                "track": b64encode(pack([0.0], [5_000] * JOINTS * 3, width=640, height=480)).decode(),
                "summary": {
                    "exercise": "overhead-press",
                    "engine_version": "1.0.0",
                    "kind": "repetitions",
                    "side": "both",
                    "view": "front",
                    "duration_s": 6.0,
                    "count": 1,
                    "counts": {"left": 1, "right": 1, "both": 1},
                    "repetitions": [
                        {
                            "number": 1,
                            "start": 0.5,
                            "peak": 1.5,
                            "end": 3.0,
                            "side": "both",
                            "score": 90,
                            "counted": True,
                            "reason": "complete",
                        }
                    ],
                },
            }
        ],
    }


def send(browser: Any, method: str, path: str) -> Any:
    if method == "GET":
        return browser.get(path)
    if method == "DELETE":
        return browser.client.delete(path, json={}, headers={**browser.headers, "X-CSRF-Token": browser.token()})
    if path.endswith("/correction"):
        return browser.post_json(path, {"counted": False})
    if path.startswith("/api/"):
        return browser.post_json(path, {})
    if path.endswith("/rhythm"):
        return browser.post(path, {"rhythm": "daily"})
    return browser.post(path)


def concrete(path: str) -> str:
    """Paths with a choice in them (`what`) take the harmless one."""
    harmless = "/open" if "/staff/" in path else "/codes" if "/second-factor/" in path else "/grant"
    return re.sub(r"/grant$", harmless, path)


def test_every_route_has_an_expectation(app):
    assert {rule.endpoint for rule in app.url_map.iter_rules()} == set(OPENS)


@pytest.mark.parametrize("visitor", sorted(EVERYBODY))
def test_each_door_opens_for_whom_it_should(world, visitor):
    browser = world.browsers[visitor]
    wrong = []
    for endpoint, method, rule in world.routes:
        if endpoint == "accounts.sign_out":
            continue  # it would end the walk
        path = concrete(world.path(rule, world.ids))
        answer = send(browser, method, path)
        if verdict(endpoint, visitor, answer) is False:
            wrong.append(f"{visitor}: {method} {path} -> {answer.status_code} {answer.location or ''}")
    assert wrong == []


def verdict(endpoint: str, visitor: str, answer: Any) -> bool:
    """Whether this answer is right for this visitor."""
    to_sign_in = answer.status_code == 302 and answer.location.startswith("/sign-in?next=")
    if endpoint in BY_TOKEN:
        return answer.status_code in {404, 410}
    if endpoint.startswith(PROGRAMS) and visitor not in OPENS[endpoint]:
        return answer.status_code == 401
    if visitor in OPENS[endpoint]:
        # 422: an empty form does not fit; 409: an empty plan is older than the one there is.
        return answer.status_code in {200, 302, 409, 422} and not to_sign_in
    if visitor == "anonymous":
        return to_sign_in or answer.status_code == 401
    return answer.status_code in {403, 404}


@pytest.mark.parametrize("visitor", sorted(SIGNED_IN))
def test_somebody_elses_record_looks_like_no_record(world, visitor):
    """The same answer for an id of somebody else as for an id of nobody, down to the text."""
    browser = world.browsers[visitor]
    nobody = {
        **world.ids,
        **{name: str(uuid.uuid4()) for name in world.ids if name.endswith("_id") and name != "exercise_id"},
    }
    for endpoint, method, rule in world.routes:
        if not any(argument.endswith("_id") for argument in rule.arguments) or "exercise_id" in rule.arguments:
            continue
        if visitor in OPENS[endpoint]:
            continue
        theirs = send(browser, method, concrete(world.path(rule, world.ids)))
        none = send(browser, method, concrete(world.path(rule, nobody)))
        assert (theirs.status_code, plain(theirs)) == (none.status_code, plain(none)), (method, rule.rule)


def plain(answer: Any) -> str:
    """The text of an answer without what differs between any two requests."""
    return re.sub(r'content="[^"]*"|value="[^"]*"', "", answer.text)


@pytest.mark.parametrize("visitor", ["physio", "owner", "admin"])
def test_what_is_private_is_kept_nowhere(world, visitor):
    browser = world.browsers[visitor]
    for endpoint, method, rule in world.routes:
        if method == "GET" and endpoint != "assets.serve":
            answer = browser.get(world.path(rule, world.ids))
            assert answer.headers["Cache-Control"] == "no-store", rule.rule


@pytest.mark.parametrize("visitor", sorted(EVERYBODY))
def test_no_page_has_anything_inline(world, visitor):
    browser = world.browsers[visitor]
    for _, method, rule in world.routes:
        if method != "GET":
            continue
        page = browser.get(world.path(rule, world.ids))
        if page.mimetype != "text/html":
            continue
        assert not re.search(r"<[^>]+\sstyle=", page.text), rule.rule
        assert not re.search(r"<[^>]+\son[a-z]+=", page.text), rule.rule
        scripts = re.findall(r"<script\b([^>]*)>", page.text)
        assert all("src=" in tag or "application/json" in tag for tag in scripts), rule.rule
        assert "<style" not in page.text, rule.rule


def test_only_the_pages_that_look_may_use_the_camera(world):
    browser = world.browsers["owner"]
    open_to_camera = {
        endpoint
        for endpoint, method, rule in world.routes
        if method == "GET" and "camera=(self)" in browser.get(world.path(rule, world.ids)).headers["Permissions-Policy"]
    }
    assert open_to_camera == {
        "today_pages.live",
        "today_pages.live_break",
        "watch_pages.watch",
        "own_pages.record",
        "own_pages.edit",
    }


@pytest.mark.parametrize(("route", "action"), AUDITED.items())
def test_what_a_physio_sees_or_changes_of_a_record_is_written_down(world, database, route, action):
    endpoint, method = route
    rule = next(rule for name, how, rule in world.routes if (name, how) == route)
    send(world.browsers["physio"], method, world.path(rule, world.ids))
    if method == "POST":
        send(world.browsers["physio"], "GET", world.path(rule, world.ids))
    expected = action if method == "GET" else "plan."
    assert any(seen.startswith(expected) for seen in seen_by_physio(world, database)), endpoint


def seen_by_physio(world: World, database: Any) -> list[str]:
    """What the trail says that the physio did with the owner's record, alone or on a list."""
    database.commit()
    owner, physio = world.persons["owner"], world.persons["physio"]
    lines = database.scalars(select(AuditEvent).where(AuditEvent.actor_id == physio.id)).all()
    return [
        line.action
        for line in lines
        if line.patient_id == owner.id or str(owner.id) in (line.detail or {}).get("patients", ())
    ]


def test_a_refused_form_shows_the_record_and_that_is_written_down(world, database):
    """What is sent empty or out of date is answered with a page of the record: nothing is changed, but it was seen."""
    refused = set()
    for endpoint, method, rule in world.routes:
        if method != "POST" or "physio" not in OPENS[endpoint] or not rule.arguments & PERSONAL:
            continue
        before = len(seen_by_physio(world, database))
        answer = send(world.browsers["physio"], method, concrete(world.path(rule, world.ids)))
        if answer.status_code in {409, 422}:
            refused.add(endpoint)
            assert len(seen_by_physio(world, database)) > before, endpoint
    assert refused >= {
        *("plan_pages.save", "clinic_pages.examined", "clinic_pages.messages", "clinic_pages.notes"),
        *("clinic_pages.appointments", "clinic_pages.report", "alert_pages.close", "alert_pages.snooze"),
    }


def test_without_the_consent_to_share_a_session_does_not_exist_for_the_physio(world):
    path = f"/patients/{world.ids['patient_id']}/sessions/{world.ids['session_id']}"
    physio = world.browsers["physio"]
    assert physio.get(path).status_code == 200
    world.browsers["owner"].post("/account/consents/sharing/withdraw")
    assert physio.get(path).status_code == 404
    page = physio.get(f"/patients/{world.ids['patient_id']}")
    assert page.status_code == 200
    assert world.ids["session_id"] not in page.text


def test_without_a_form_token_nothing_is_changed_anywhere(world):
    browser = world.browsers["owner"]
    for endpoint, method, rule in world.routes:
        if method != "GET":
            path = concrete(world.path(rule, world.ids))
            expected = {422 if endpoint == "watch_api.pair" else 401} if endpoint.startswith(PROGRAMS) else {400}
            assert browser.client.open(path, method=method, headers=browser.headers).status_code in expected, endpoint
