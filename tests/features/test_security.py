"""Doors: who gets in where, with whose ids, and what the browser is told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from argon2 import extract_parameters
from flask import Blueprint
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DatabaseError

from tracker.accounts import access
from tracker.accounts.models import AppendOnlyError, AuditEvent, CareLink, SignInSession
from tracker.accounts.service import record_audit
from tracker.app import create_app
from tracker.settings import Settings
from tracker.web.guards import Guard, guard_of, register
from tracker.web.headers import CONTENT_SECURITY_POLICY, uses_camera

PASSWORD = "six quiet herons"


@pytest.fixture
def app(new_app):
    """Pages are added to it here."""
    return new_app


class TestSignIn:
    def test_right_and_wrong(self, anonymous, people):
        patient = people.patient()
        assert anonymous.post("/sign-in", {"email": patient.email, "password": "wrong"}).status_code == 422
        answer = anonymous.post("/sign-in", {"email": f" {patient.email.upper()} ", "password": PASSWORD})
        assert answer.status_code == 302
        assert anonymous.get("/account").status_code == 200

    def test_nothing_tells_whether_an_address_is_known(self, people, anonymous):
        patient = people.patient()
        answers = [
            anonymous.post("/sign-in", {"email": email, "password": "wrong wrong"})
            for email in (patient.email, "nobody@example.org")
        ]
        known, unknown = (re.sub(r'value="[^"]*"|content="[^"]*"', "", answer.text) for answer in answers)
        assert known == unknown
        assert [answer.status_code for answer in answers] == [422, 422]

    def test_an_unknown_account_costs_a_password_check_as_well(self, app, people, anonymous, monkeypatch):
        patient = people.patient()
        checked = []
        passwords = app.extensions["rhomboid"].passwords
        verify = passwords._hasher.verify
        spy = type("Spy", (), {"verify": lambda _self, *given: checked.append(1) or verify(*given)})()
        monkeypatch.setattr(passwords, "_hasher", spy)
        for email in (patient.email, "nobody@example.org", "no address at all"):
            anonymous.post("/sign-in", {"email": email, "password": "wrong wrong"})
        assert len(checked) == 3

    def test_the_hash_of_nobody_costs_as_much_as_a_real_one(self, app):
        passwords = app.extensions["rhomboid"].passwords
        real, nobody = (extract_parameters(text) for text in (passwords.hash("six quiet herons"), passwords._nobody))
        assert real == nobody
        assert not passwords.matches(None, "six quiet herons")

    def test_an_account_is_slowed_down_after_five_wrong_tries_from_anywhere(self, people, anonymous, clock):
        patient = people.patient()
        for number in range(5):
            wrong = anonymous.post(
                "/sign-in",
                {"email": patient.email, "password": "wrong"},
                environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"},
            )
            assert wrong.status_code == 422
        refused = anonymous.post("/sign-in", {"email": patient.email, "password": PASSWORD})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 31
        clock.advance(timedelta(seconds=31))
        assert anonymous.post("/sign-in", {"email": patient.email, "password": PASSWORD}).status_code == 302

    def test_waiting_is_asked_of_unknown_accounts_too(self, anonymous):
        anonymous_answers = [
            anonymous.post("/sign-in", {"email": "nobody@example.org", "password": "wrong"}).status_code
            for _ in range(6)
        ]
        assert anonymous_answers == [422] * 5 + [429]

    def test_one_address_cannot_try_many_accounts(self, anonymous):
        answers = [
            anonymous.post("/sign-in", {"email": f"a{number}@example.org", "password": "wrong"}).status_code
            for number in range(31)
        ]
        assert answers == [422] * 30 + [429]

    def test_tries_are_written_down_without_names(self, anonymous, database):
        anonymous.post("/sign-in", {"email": "somebody@example.org", "password": "wrong"})
        rows = str(database.connection().exec_driver_sql("SELECT * FROM sign_in_attempt").all())
        assert "somebody" not in rows
        assert "127.0.0.1" not in rows

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "javascript:alert(1)",
            "http:/evil.example",
            " /account",
        ],
    )
    def test_it_leads_nowhere_else(self, anonymous, people, target):
        patient = people.patient()
        answer = anonymous.post(
            "/sign-in", {"email": patient.email, "password": PASSWORD}, query_string={"next": target}
        )
        assert answer.location == "/"

    def test_it_leads_back_to_where_one_was_going(self, anonymous, people):
        patient = people.patient()
        asked = anonymous.get("/account?tab=1")
        assert asked.location == "/sign-in?next=/account?tab%3D1"
        answer = anonymous.post(asked.location, {"email": patient.email, "password": PASSWORD})
        assert answer.location == "/account?tab=1"


class TestSession:
    def test_the_cookie(self, anonymous, people):
        patient = people.patient()
        answer = anonymous.post("/sign-in", {"email": patient.email, "password": PASSWORD})
        cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("rhomboid_sign_in="))
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert len(cookie.partition("=")[2].partition(";")[0]) == 43

    def test_over_tls_it_is_secure_and_bound_to_the_host(self, settings, clock, people):
        patient = people.patient()
        secure = create_app(
            Settings.load({**environ_of(settings), "TRACKER_BASE_URL": "https://clinic.example"}), clock=clock
        )
        client = secure.test_client()
        how = {"base_url": "https://clinic.example", "headers": {"Referer": "https://clinic.example/sign-in"}}
        token = re.search(r'csrf-token" content="([^"]+)', client.get("/sign-in", **how).text).group(1)
        answer = client.post(
            "/sign-in", data={"email": patient.email, "password": PASSWORD, "csrf_token": token}, **how
        )
        cookies = answer.headers.getlist("Set-Cookie")
        assert any(line.startswith("__Host-rhomboid_sign_in=") and "; Secure" in line for line in cookies)
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert all("Secure" in line for line in cookies)
        secure.extensions["rhomboid"].engine.dispose()

    def test_a_token_from_before_signing_in_is_worth_nothing_after(self, anonymous, people):
        first, second = people.patient(), people.patient()
        anonymous.post("/sign-in", {"email": first.email, "password": PASSWORD})
        before = anonymous.client.get_cookie("rhomboid_sign_in").value
        anonymous.post("/sign-out")
        anonymous.post("/sign-in", {"email": second.email, "password": PASSWORD})
        after = anonymous.client.get_cookie("rhomboid_sign_in").value
        assert before != after
        anonymous.client.set_cookie("rhomboid_sign_in", before)
        assert anonymous.get("/account").status_code == 302

    def test_the_token_is_not_in_the_database(self, anonymous, people, database):
        patient = people.patient()
        anonymous.post("/sign-in", {"email": patient.email, "password": PASSWORD})
        token = anonymous.client.get_cookie("rhomboid_sign_in").value
        assert token not in str(database.connection().exec_driver_sql("SELECT * FROM sign_in_session").all())

    def test_signing_out_ends_it_on_the_server(self, people, signed_in):
        browser = signed_in(people.patient())
        token = browser.client.get_cookie("rhomboid_sign_in").value
        assert browser.post("/sign-out").status_code == 302
        browser.client.set_cookie("rhomboid_sign_in", token)
        assert browser.get("/account").status_code == 302

    def test_signing_out_needs_a_post(self, people, signed_in):
        assert signed_in(people.patient()).get("/sign-out").status_code == 405

    @pytest.mark.parametrize(
        ("role", "idle", "absolute"),
        [("physio", timedelta(minutes=60), timedelta(hours=12)), ("patient", timedelta(days=30), timedelta(days=90))],
    )
    def test_it_ends_when_unused_and_after_a_while_in_any_case(self, people, signed_in, clock, role, idle, absolute):
        person = people.person(role)
        unused, used = signed_in(person), signed_in(person)
        step = idle - timedelta(seconds=2)
        passed = timedelta(0)
        while passed + step < absolute:
            clock.advance(step)
            passed += step
            assert used.get("/account").status_code == 200
        clock.advance(absolute - passed)
        assert used.get("/account").status_code == 302
        assert unused.get("/account").status_code == 302

    def test_it_ends_unused(self, people, signed_in, clock):
        browser = signed_in(people.physio())
        clock.advance(timedelta(minutes=60))
        assert browser.get("/account").status_code == 302

    @pytest.mark.parametrize("token", ["", "x", "x" * 3000, "ü", "' OR 1=1 --"])
    def test_a_made_up_token_is_nobody(self, anonymous, token):
        anonymous.client.set_cookie("rhomboid_sign_in", token)
        assert anonymous.get("/account").status_code == 302

    def test_the_second_step_cookie_is_no_sign_in(self, anonymous, people):
        physio = people.physio(totp_secret="JBSWY3DPEHPK3PXP")
        anonymous.post("/sign-in", {"email": physio.email, "password": PASSWORD})
        waiting = anonymous.client.get_cookie("rhomboid_second_step").value
        anonymous.client.set_cookie("rhomboid_sign_in", waiting)
        assert anonymous.get("/account").status_code == 302

    def test_looking_does_not_write_each_time(self, people, signed_in, clock, database):
        browser = signed_in(people.patient())
        begun = clock.now()
        clock.advance(timedelta(seconds=59))
        browser.get("/account")
        assert database.scalar(select(SignInSession.last_seen_at)) == begun
        clock.advance(timedelta(seconds=1))
        browser.get("/account")
        assert database.scalar(select(SignInSession.last_seen_at)) == clock.now()


def environ_of(settings: Settings) -> dict[str, str]:
    """The environment that leads to these settings' folder and keys."""
    return {
        "TRACKER_DATA": str(settings.data_folder),
        "TRACKER_SIGNING_KEYS": "s" * 40,
        "TRACKER_FIELD_KEYS": "A" * 43 + "=",
        "TRACKER_INDEX_KEY": "B" * 43 + "=",
        "TRACKER_PASSWORD_MEMORY_KIB": "64",
        "TRACKER_PASSWORD_ROUNDS": "1",
    }


class TestForgedRequests:
    def test_without_a_form_token(self, people, signed_in):
        browser = signed_in(people.patient())
        assert browser.client.post("/sign-out", headers=browser.headers).status_code == 400
        assert browser.get("/account").status_code == 200

    def test_with_the_token_of_another_browser(self, people, signed_in):
        patient = people.patient()
        theirs, mine = signed_in(patient), signed_in(patient)
        assert theirs.post("/sign-out", {"csrf_token": mine.token()}).status_code == 400

    @pytest.mark.parametrize(
        "headers",
        [
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://localhost.evil.example"},
            {"Origin": "http://localhost:1234"},
        ],
    )
    def test_from_another_origin_even_with_a_token(self, people, signed_in, headers):
        browser = signed_in(people.patient())
        assert browser.post("/sign-out", headers=headers).status_code == 403
        assert browser.get("/account").status_code == 200

    def test_json_needs_the_header(self, people, signed_in):
        browser = signed_in(people.patient())
        answer = browser.client.post("/api/csrf-token", json={}, headers=browser.headers)
        assert answer.status_code in {400, 405}
        assert answer.is_json

    def test_a_fresh_token_can_be_fetched(self, people, signed_in):
        browser = signed_in(people.patient())
        token = browser.get("/api/csrf-token").json["token"]
        answer = browser.client.post("/sign-out", headers={**browser.headers, "X-CSRF-Token": token})
        assert answer.status_code == 302

    @pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost@evil.example", "a b", ""])
    def test_under_a_strange_host_name(self, anonymous, host):
        answer = anonymous.get("/", headers={"Host": host})
        assert answer.status_code == 400
        assert "evil" not in answer.text
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY

    def test_forwarded_headers_are_not_believed(self, anonymous):
        answer = anonymous.get("/account", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"})
        assert answer.location == "/sign-in?next=/account"

    def test_too_large(self, anonymous):
        answer = anonymous.client.post("/sign-in", data=b"x" * 8_388_609, content_type="application/octet-stream")
        assert answer.status_code == 413


class TestHeaders:
    @pytest.mark.parametrize("path", ["/", "/sign-in", "/account", "/nothing", "/assets/nothing", "/api/csrf-token"])
    def test_every_answer_carries_them(self, anonymous, path):
        headers = anonymous.get(path).headers
        assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert "unsafe-inline" not in headers["Content-Security-Policy"]

    def test_pages_are_kept_nowhere(self, people, signed_in):
        browser = signed_in(people.patient())
        for path in ("/account", "/welcome", "/nothing", "/api/csrf-token"):
            assert browser.get(path).headers["Cache-Control"] == "no-store"

    def test_a_private_page_cannot_loosen_it(self, app, people, signed_in):
        blueprint = Blueprint("loose", __name__)
        blueprint.get("/loose")(lambda: ("x", {"Cache-Control": "public, max-age=9999"}))
        register(app, blueprint, Guard.SIGNED_IN)
        assert signed_in(people.patient()).get("/loose").headers["Cache-Control"] == "no-store"

    def test_the_camera_is_open_where_it_is_used(self, app, people, signed_in):
        blueprint = Blueprint("lens", __name__)
        blueprint.get("/lens")(uses_camera(lambda: "x"))
        register(app, blueprint, Guard.SIGNED_IN)
        assert "camera=(self)" in signed_in(people.patient()).get("/lens").headers["Permissions-Policy"]

    @pytest.mark.parametrize("path", ["/sign-in", "/nothing"])
    def test_pages_have_nothing_inline(self, anonymous, path):
        page = anonymous.get(path).text
        assert " style=" not in page
        assert not re.search(r"\son[a-z]+=", page)
        scripts = re.findall(r"<script\b([^>]*)>(.*?)</script>", page, re.DOTALL)
        assert all("src=" in tag or "application/json" in tag for tag, _ in scripts)


class TestGuards:
    def test_a_page_nobody_declared_is_refused(self, app, people, signed_in):
        app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
        assert signed_in(people.physio(is_admin=True)).get("/forgotten").status_code == 403

    def test_a_blueprint_registered_past_the_guards_is_refused(self, app, people, signed_in):
        blueprint = Blueprint("sneaky", __name__)
        blueprint.get("/sneaky")(lambda: "secret")
        app.register_blueprint(blueprint)
        assert signed_in(people.physio(is_admin=True)).get("/sneaky").status_code == 403

    def test_every_page_has_a_guard(self, app):
        with app.app_context():
            assert all(guard_of(rule.endpoint) is not None for rule in app.url_map.iter_rules())


class TestErrors:
    def test_a_page_is_kind_and_an_api_answer_is_json(self, people, signed_in):
        browser = signed_in(people.patient())
        assert "There is nothing here" in browser.get("/nothing").text
        assert browser.get("/api/nothing").json == {
            "error": "There is nothing here. The page or the record does not exist, or it is not yours to see."
        }

    def test_an_anonymous_api_call_gets_401(self, anonymous):
        answer = anonymous.get("/api/csrf-token")
        assert answer.status_code == 401
        assert answer.is_json

    def test_what_is_typed_into_the_address_is_not_repeated(self, anonymous):
        assert "<script>" not in anonymous.get("/<script>alert(1)</script>").text.replace("<script src", "")

    def test_a_breakdown_says_nothing_about_itself(self, app, anonymous, capsys):
        def broken() -> str:
            raise RuntimeError("secret-of-anna")

        blueprint = Blueprint("broken", __name__)
        blueprint.get("/broken")(broken)
        register(app, blueprint, Guard.PUBLIC)
        app.testing = False
        answer = anonymous.get("/broken")
        assert answer.status_code == 500
        assert "secret-of-anna" not in answer.text
        assert answer.headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        printed = capsys.readouterr()
        assert "secret-of-anna" not in printed.out + printed.err
        assert "RuntimeError" in printed.out + printed.err


class TestAccess:
    def test_oneself(self, people, database, clock):
        patient = people.patient()
        found = access.patient_for(database, patient, patient.id, purpose="plan.read", at=clock.now(), read_health=True)
        assert found is patient

    @pytest.mark.parametrize("who", ["patient", "unlinked", "elsewhere", "admin", "former", "future", "closed"])
    def test_for_others_the_record_does_not_exist(self, people, database, clock, who):
        physio = people.physio()
        patient = people.patient(physio)
        later, earlier = clock.now() + timedelta(days=1), clock.now() - timedelta(days=1)
        if who == "former":
            database.execute(update(CareLink).values(until=clock.now()))
        elif who == "future":
            database.execute(update(CareLink).values(since=later))
        viewers = {
            "patient": lambda: people.patient(physio),
            "unlinked": lambda: people.physio(physio.clinic),
            "elsewhere": people.physio,
            "admin": lambda: people.admin(physio.clinic),
            "former": lambda: physio,
            "future": lambda: physio,
            "closed": lambda: physio,
        }
        viewer = viewers[who]()
        if who == "closed":
            viewer.active = False
        assert earlier < later
        with pytest.raises(access.NotFound):
            access.patient_for(database, viewer, patient.id, purpose="plan.read", at=clock.now())

    def test_a_physio_who_changed_clinics_has_lost_it(self, people, database, clock):
        physio = people.physio()
        patient = people.patient(physio)
        physio.clinic_id = people.clinic().id
        database.commit()
        with pytest.raises(access.NotFound):
            access.patient_for(database, physio, patient.id, purpose="plan.read", at=clock.now())

    def test_health_needs_the_patients_consent_to_share(self, people, database, clock):
        physio = people.physio()
        patient = people.patient(physio, consents=("camera",))
        access.patient_for(database, physio, patient.id, purpose="plan.read", at=clock.now())
        with pytest.raises(access.NotShared):
            access.patient_for(database, physio, patient.id, purpose="session.read", at=clock.now(), read_health=True)

    @pytest.mark.parametrize("wrong", ["", "x", "../../etc", "00000000-0000-0000-0000-000000000000"])
    def test_an_id_that_is_none(self, people, database, clock, wrong):
        with pytest.raises(access.NotFound):
            access.patient_for(database, people.physio(), wrong, purpose="plan.read", at=clock.now())

    def test_staff_are_no_records(self, people, database, clock):
        physio = people.physio()
        with pytest.raises(access.NotFound):
            access.patient_for(database, physio, physio.id, purpose="plan.read", at=clock.now())

    def test_each_look_leaves_a_line(self, people, database, clock):
        physio = people.physio()
        patient = people.patient(physio)
        access.patient_for(database, physio, patient.id, purpose="plan.read", at=clock.now())
        line = database.scalars(select(AuditEvent)).one()
        assert (line.actor_id, line.patient_id, line.action, line.at) == (
            physio.id,
            patient.id,
            "plan.read",
            clock.now(),
        )


class TestAuditTrail:
    @pytest.fixture
    def line(self, people, database, clock) -> AuditEvent:
        physio = people.physio()
        record_audit(database, actor=physio, patient=None, action="test", subject="x", at=clock.now())
        database.commit()
        return database.scalars(select(AuditEvent)).one()

    def test_no_line_is_changed_through_the_mapper(self, line, database):
        line.action = "something else"
        with pytest.raises(AppendOnlyError):
            database.flush()

    def test_no_line_is_removed_through_the_mapper(self, line, database):
        database.delete(line)
        with pytest.raises(AppendOnlyError):
            database.flush()

    @pytest.mark.parametrize(
        "statement",
        [
            update(AuditEvent).values(action="x"),
            delete(AuditEvent),
            text("UPDATE audit_event SET action = 'x'"),
            text("DELETE FROM audit_event"),
        ],
    )
    def test_nor_with_sql(self, line, database, statement):
        del line
        with pytest.raises(DatabaseError, match="append-only"):
            database.execute(statement)

    def test_a_page_that_only_reads_keeps_its_line(self, app, people, signed_in, database):
        from tracker.web.context import db, now, viewer

        blueprint = Blueprint("reader", __name__)

        @blueprint.get("/reader/<patient_id>")
        def read(patient_id: str) -> str:
            return access.patient_for(db(), viewer(), patient_id, purpose="plan.read", at=now()).name

        register(app, blueprint, Guard.CLINICIAN)
        physio = people.physio()
        patient = people.patient(physio)
        assert signed_in(physio).get(f"/reader/{patient.id}").text == patient.name
        assert database.scalars(select(AuditEvent).where(AuditEvent.action == "plan.read")).one().actor_id == physio.id
        assert signed_in(people.physio()).get(f"/reader/{patient.id}").status_code == 404
