"""What somebody with bad intent would send, and that it neither breaks in, nor breaks down, nor locks others out."""

from __future__ import annotations

import copy
import json
import re
import tracemalloc
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DatabaseError, OperationalError

from tests.features.conftest import PASSWORD, Browser
from tests.features.training.conftest import Training
from tracker.accounts import service
from tracker.accounts.models import AuditEvent, Role
from tracker.training import service as training_service
from tracker.training.models import SetResult, TrainingSession
from tracker.web import context
from tracker.web.headers import CONTENT_SECURITY_POLICY

EVIL = "\"'><script>alert(1)</script></script>{{7*7}}"


@pytest.fixture
def training(database, clock):
    return Training(database, clock)


@pytest.fixture
def physio(people):
    return people.physio()


@pytest.fixture
def patient(people, physio):
    return people.patient(physio)


@pytest.fixture
def browser(app, patient, signed_in):
    app.testing = False  # an error becomes the answer 500, as for a visitor
    return signed_in(patient)


@pytest.fixture
def press(patient, training):
    return training.plan(patient)["overhead-press"]


def by_hand(training: Training, press: Any, **fields: Any) -> dict[str, Any]:
    return training.document(press, training.manual_set(), source="manual", **fields)


def send_raw(browser: Browser, body: bytes) -> Any:
    headers = {**browser.headers, "X-CSRF-Token": browser.token(), "Content-Type": "application/json"}
    return browser.client.post("/api/sessions", data=body, headers=headers)


class TestDocuments:
    @pytest.mark.parametrize(
        "instant", ["9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+12:00"]
    )
    @pytest.mark.parametrize("field", ["started_at", "ended_at", "sets.0.started_at"])
    def test_an_instant_at_the_end_of_time(self, browser, training, press, field, instant):
        document = by_hand(training, press)
        (document["sets"][0] if field.startswith("sets") else document)[field.rpartition(".")[2]] = instant
        answer = browser.post_json("/api/sessions", document)
        assert answer.status_code == 422
        assert field in answer.json["fields"] or field == "ended_at"

    @pytest.mark.parametrize(
        "body",
        [b"", b"null", b"NaN", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 50_000, b'{"id":' + b"9" * 5_000 + b"}"],
        ids=["nothing", "null", "nan", "bytes", "deep list", "deep object", "long number"],
    )
    def test_what_is_no_document(self, browser, body):
        assert send_raw(browser, body).status_code == 422

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("note", "\ud800"),
            ("count", float("nan")),
            ("count", 1e308),
            ("count", 10**400),
            ("count", -1),
            ("held_s", float("inf")),
            ("engine_version", "1\x00"),
            ("gate", {f"k{number}": 0.0 for number in range(1_000)}),
        ],
        ids=lambda value: str(value)[:12].encode("ascii", "replace").decode(),
    )
    def test_a_value_that_cannot_be(self, browser, training, press, field, value):
        document = by_hand(training, press)
        (document if field == "note" else document["sets"][0]["summary"])[field] = value
        assert send_raw(browser, json.dumps(document).encode()).status_code == 422

    @pytest.mark.parametrize("where", ["range", "trace"])
    def test_a_unit_with_a_character_that_postgresql_refuses(self, browser, training, press, where):
        entry = copy.deepcopy(training.set())
        (entry["summary"]["trace"] if where == "trace" else entry["summary"]["repetitions"][0]["range"])["unit"] = (
            "\x00"
        )
        assert browser.post_json("/api/sessions", training.document(press, entry)).status_code == 422

    def test_a_million_mistakes_are_not_a_million_errors(self, browser, training, press):
        document = by_hand(training, press)
        wrong = [""] * 110_000
        document["sets"][0]["summary"]["trace"] = {"measure": "a", "unit": "deg", "t": wrong, "phase": wrong}
        document["sets"][0]["summary"]["gate"] = {f"{number}!": "" for number in range(50_000)}
        document |= {f"x{number}": 0 for number in range(50_000)}
        body = json.dumps(document).encode()
        tracemalloc.start()
        answer = send_raw(browser, body)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert answer.status_code == 422
        assert len(answer.json["fields"]) < 10
        assert peak < 60_000_000

    def test_a_session_cannot_grow_without_end(self, browser, training, press, database):
        document = by_hand(training, press)
        answers = []
        for _ in range(2):
            document["sets"] = [training.manual_set() for _ in range(25)]
            answers.append(browser.post_json("/api/sessions", document).status_code)
        assert answers == [201, 422]
        assert database.scalar(select(func.count()).select_from(SetResult)) == 25

    def test_nobody_does_hundreds_of_sessions_a_day(self, browser, training, press, database, clock, monkeypatch):
        monkeypatch.setattr(training_service, "MOST_SESSIONS_A_DAY", 3)
        documents = [by_hand(training, press) for _ in range(4)]
        answers = [browser.post_json("/api/sessions", document) for document in documents]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert browser.post_json("/api/sessions", documents[0]).status_code == 200
        assert database.scalar(select(func.count()).select_from(TrainingSession)) == 3
        clock.advance(timedelta(days=1, seconds=1))
        assert browser.post_json("/api/sessions", documents[3]).status_code == 201

    def test_a_session_stays_with_its_exercise(self, browser, training, patient):
        plan = training.plan(patient, training.line(), training.line("seated-row"))
        document = by_hand(training, plan["overhead-press"])
        assert browser.post_json("/api/sessions", document).status_code == 201
        other = training.document(
            plan["seated-row"], training.manual_set("seated-row"), source="manual", id=document["id"]
        )
        assert browser.post_json("/api/sessions", other).status_code == 422

    def test_what_waits_in_a_browser_is_not_sent_as_the_next_persons(self, browser, people, training, database):
        """A page of one person that is still open when the next one signs in: its form token is worth nothing."""
        next_one = people.patient()
        press = training.plan(next_one)["overhead-press"]
        old_token = browser.token()
        browser.post("/sign-out")
        browser.post("/sign-in", {"email": next_one.email, "password": PASSWORD})
        headers = {**browser.headers, "X-CSRF-Token": old_token}
        answer = browser.client.post("/api/sessions", json=by_hand(training, press), headers=headers)
        assert answer.status_code == 400
        assert browser.get("/api/csrf-token").json["person"] == str(next_one.id)
        assert database.scalar(select(func.count()).select_from(TrainingSession)) == 0


class TestPages:
    @pytest.mark.parametrize("page", ["9" * 30, "9" * 5_000, "-9", "x", "1e9"])
    def test_a_page_number_that_is_none(self, browser, signed_in, physio, patient, page):
        for visitor, path in ((browser, "/sessions"), (signed_in(physio), f"/patients/{patient.id}")):
            assert visitor.get(f"{path}?page={page}").status_code == 200

    @pytest.mark.parametrize(
        "typed",
        [
            {"base_number": "9" * 5_000},
            {"overhead-press-included": "y", "overhead-press-sets": "9" * 400, "overhead-press-order": "9" * 400},
            {"cross-body-stretch-included": "y", "cross-body-stretch-hold_s": "9" * 400},
            {"cross-body-stretch-included": "y", "cross-body-stretch-hold_s": "-" + "9" * 400},
        ],
    )
    @pytest.mark.usefixtures("press")
    def test_numbers_that_are_no_dose(self, app, signed_in, physio, patient, typed):
        app.testing = False
        answer = signed_in(physio).post(f"/patients/{patient.id}/plan", {"base_number": "1", **typed})
        assert answer.status_code in {409, 422}

    def test_an_answer_that_is_no_number_from_zero_to_ten(self, browser, training, press):
        document = by_hand(training, press)
        browser.post_json("/api/sessions", document)
        answer = browser.post(f"/sessions/{document['id']}", {"effort": "9" * 400, "pain_during": "-1"})
        assert answer.status_code == 422

    def test_what_people_write_is_shown_as_text(self, people, signed_in, anonymous, training, clock, database):
        physio = people.physio(people.clinic(name=EVIL), name=EVIL, is_admin=True)
        patient = people.patient(physio, name=EVIL)
        press = training.plan(patient, training.line(note=EVIL), author=physio)["overhead-press"]
        theirs, mine = signed_in(physio), signed_in(patient)
        document = training.document(press, training.set(), note=EVIL)
        assert mine.post_json("/api/sessions", document).status_code == 201
        _, token = service.invite(
            database, inviter=physio, role=Role.PATIENT, name=EVIL, email=None, at=clock.now(), lifetime=timedelta(1)
        )
        database.commit()
        record = f"/patients/{patient.id}"
        pages = [(theirs, path) for path in ("/patients", record, f"{record}/plan", "/clinic-settings", "/account")]
        pages += [(theirs, f"{record}/sessions/{document['id']}"), (anonymous, f"/invitation/{token}")]
        pages += [(mine, f"/{path}/{press.id}") for path in ("today", "live")]
        pages += [(mine, path) for path in ("/today", "/account", f"/sessions/{document['id']}")]
        for visitor, path in pages:
            page = visitor.get(path)
            assert page.status_code == 200
            assert "<script>alert" not in page.text, path
            assert "&gt;49" not in page.text, path

    def test_an_invitation_link_does_not_follow_the_request(self, people, signed_in, settings):
        browser = signed_in(people.physio())
        page = browser.post("/patients/invite", {"name": "Pat"}, environ_overrides={"SERVER_PORT": "666"})
        assert re.search(rf'"{re.escape(settings.base_url)}/invitation/[\w-]+"', page.text)

    def test_the_list_of_patients_says_whose_figures_were_seen(self, people, signed_in, physio, patient, database):
        people.patient(people.physio(physio.clinic))
        signed_in(physio).get("/patients")
        line = database.scalars(select(AuditEvent).where(AuditEvent.action == "caseload.read")).one()
        assert line.detail == {"patients": [str(patient.id)]}

    def test_who_is_invited_to_run_the_settings_can(self, people, signed_in, anonymous):
        page = signed_in(people.physio(is_admin=True)).post(
            "/clinic-settings/invitations",
            {"colleague-name": "Ada", "colleague-email": "ada@example.org", "colleague-role": "admin"},
        )
        token = re.search(r"/invitation/([\w-]+)", page.text).group(1)
        newcomer = {"name": "Ada", "email": "ada@example.org", "password": "seven loud magpies", "time_zone": "UTC"}
        anonymous.post(f"/invitation/{token}", newcomer)
        assert anonymous.get("/", follow_redirects=True).status_code == 200


class TestBreakdowns:
    @pytest.mark.parametrize("path", ["/today", "/api/csrf-token"])
    def test_an_answer_comes_also_when_the_database_does_not(self, app, browser, monkeypatch, capsys, path):
        def broken() -> Any:
            raise OperationalError("SELECT secret-of-anna", {}, Exception("secret-of-anna"))

        browser.database.commit()
        monkeypatch.setitem(app.extensions, "rhomboid", replace(context.services_of(app), sessions=broken))
        answer = browser.client.get(path)
        assert answer.status_code == 500
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert "Something broke on our side" in answer.text
        printed = capsys.readouterr()
        assert "secret-of-anna" not in answer.text + printed.out + printed.err

    def test_a_failed_write_leaves_a_page_that_can_be_read(self, browser, press, training, monkeypatch):
        """The transaction is unusable after it; the page that says so greets the visitor all the same."""

        def fail(session: Any, **_how: Any) -> None:
            session.execute(text("SELECT no_such_column FROM person"))

        monkeypatch.setattr(training_service, "save_feedback", fail)
        document = by_hand(training, press)
        browser.post_json("/api/sessions", document)
        answer = browser.post(f"/sessions/{document['id']}", {"effort": "3"})
        assert answer.status_code == 500
        assert "Something broke on our side" in answer.text
        assert "/account" in answer.text


class TestLockingOut:
    @staticmethod
    def guess(browser: Browser, email: str, password: str = "wrong", address: str = "192.0.2.7") -> int:
        form = {"email": email, "password": password}
        return browser.post("/sign-in", form, environ_overrides={"REMOTE_ADDR": address}).status_code

    def test_a_stranger_does_not_lock_the_owner_out_of_a_browser_they_have_used(self, app, people, database, anonymous):
        patient = people.patient()
        stranger = Browser(app.test_client(), database)
        assert self.guess(anonymous, patient.email, PASSWORD) == 302
        anonymous.post("/sign-out")
        assert [self.guess(stranger, patient.email) for _ in range(6)] == [422] * 5 + [429]
        assert self.guess(anonymous, patient.email, PASSWORD, "198.51.100.1") == 302
        # The owner's success does not give the stranger fresh tries.
        assert self.guess(stranger, patient.email) == 429

    def test_a_known_browser_is_slowed_down_as_well(self, people, anonymous):
        patient = people.patient()
        self.guess(anonymous, patient.email, PASSWORD)
        anonymous.post("/sign-out")
        assert [self.guess(anonymous, patient.email) for _ in range(6)] == [422] * 5 + [429]

    def test_it_is_known_for_one_account_only(self, app, people, database, anonymous):
        mine, other = people.patient(), people.patient()
        stranger = Browser(app.test_client(), database)
        self.guess(anonymous, mine.email, PASSWORD)
        anonymous.post("/sign-out")
        for _ in range(5):
            self.guess(stranger, other.email)
        assert self.guess(anonymous, other.email, PASSWORD) == 429

    @pytest.mark.parametrize("forged", ["", "x", "e30.aaaa.bbbb", "ü", "." * 4_000])
    def test_the_mark_cannot_be_made_up_and_names_nobody(self, app, people, database, anonymous, forged):
        patient = people.patient()
        self.guess(anonymous, patient.email, PASSWORD)
        cookie = anonymous.client.get_cookie("rhomboid_known")
        assert (cookie.http_only, cookie.same_site) == (True, "Lax")
        assert "example" not in cookie.decoded_value
        stranger = Browser(app.test_client(), database)
        for _ in range(5):
            stranger.client.set_cookie("rhomboid_known", forged)
            self.guess(stranger, patient.email)
        stranger.client.set_cookie("rhomboid_known", forged)
        assert self.guess(stranger, patient.email) == 429

    def test_guesses_at_the_door_do_not_keep_anybody_from_changing_the_password(self, people, anonymous, signed_in):
        patient = people.patient()
        for _ in range(6):
            self.guess(anonymous, patient.email)
        change = {"current": PASSWORD, "password": "seven loud magpies"}
        assert signed_in(patient).post("/account/password", change).status_code == 302

    def test_a_household_has_one_address_however_many_it_makes_up(self, anonymous):
        answers = [
            self.guess(anonymous, f"a{number}@example.org", address=f"2001:db8:1:2:{number:x}::1")
            for number in range(31)
        ]
        assert answers == [422] * 30 + [429]
        assert self.guess(anonymous, "b@example.org", address="2001:db8:1:3::1") == 422


class TestAuditTrail:
    @pytest.mark.parametrize("key", ["id", "rowid"])
    def test_no_line_is_replaced(self, database, clock, key):
        service.record_audit(database, actor=None, patient=None, action="true", subject="x", at=clock.now())
        database.commit()
        new_id = "id" if key == "id" else "'0' || substr(id, 2)"
        columns = f"{'rowid, ' if key == 'rowid' else ''}id, at, action, subject"
        values = f"{'rowid, ' if key == 'rowid' else ''}{new_id}, at, 'forged', subject"
        with pytest.raises(DatabaseError, match="append-only"):
            database.execute(text(f"INSERT OR REPLACE INTO audit_event ({columns}) SELECT {values} FROM audit_event"))


def test_the_database_file_names_nobody(people, signed_in, training, settings, database):
    """Names, addresses and notes are encrypted; the disk shows none of them, also not the write-ahead log."""
    physio = people.physio(name="Zanzibarina", email="zanzi@quuxmail.example")
    patient = people.patient(physio, name="Quetzalina", clinic=people.clinic(name="Grumpywood"))
    press = training.plan(patient, training.line(note="wobblynote"))["overhead-press"]
    document = training.document(press, training.manual_set(), source="manual", note="achingnote")
    assert signed_in(patient).post_json("/api/sessions", document).status_code == 201
    database.commit()
    words = (b"zanzi", b"quuxmail", b"quetzal", b"grumpywood", b"wobblynote", b"achingnote")
    files = [path for path in settings.data_folder.iterdir() if path.name.startswith("rhomboid.sqlite3")]
    assert files
    for path in files:
        content = path.read_bytes().lower()
        assert [word for word in words if word in content] == [], path.name
