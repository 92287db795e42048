from __future__ import annotations

import re
import threading
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from tracker.accounts import service
from tracker.accounts.models import AuditEvent, CareLink, Consent, Invitation, Person, Role, SignInSession
from tracker.accounts.service import LinkNotOpenError, Newcomer
from tracker.db import Session
from tracker.web.context import services_of

PASSWORD = "six quiet herons"

CLINIC = {
    "clinic_name": "Practice by the river",
    "name": "Ada Moor",
    "email": "Ada@Example.org",
    "password": PASSWORD,
    "time_zone": "Europe/Berlin",
}
ALONE = {"name": "Jo", "email": "", "password": PASSWORD, "time_zone": "Europe/Berlin"}
NEWCOMER = {"name": "Pat Lee", "email": "pat@example.org", "password": PASSWORD, "time_zone": "Europe/Berlin"}


def invited(people, database, *, role=Role.PATIENT, **fields):
    """A physio and the token of an invitation by them."""
    physio = people.physio(is_admin=True)
    invitation, token = service.invite(
        database,
        inviter=physio,
        role=role,
        at=people.at,
        lifetime=timedelta(days=7),
        **{"name": "Pat Lee", "email": "pat@example.org", **fields},
    )
    database.commit()
    return physio, invitation, token


class TestSetUp:
    def test_an_empty_installation_says_where_the_link_is(self, anonymous):
        page = anonymous.get("/")
        assert page.status_code == 200
        assert "prints a link" in page.text

    def test_the_link_offers_a_clinic_and_just_me(self, anonymous, set_up_token):
        page = anonymous.get(f"/set-up/{set_up_token}")
        assert "A clinic" in page.text
        assert "Just me" in page.text

    def test_a_clinic_begins_with_a_physio_who_runs_it_and_is_signed_in(self, anonymous, set_up_token, database):
        answer = anonymous.post(f"/set-up/{set_up_token}/clinic", CLINIC)
        assert answer.status_code == 302
        person = database.scalars(select(Person)).one()
        assert (person.role, person.is_admin, person.solo, person.email) == ("physio", True, False, "ada@example.org")
        assert person.clinic.name == "Practice by the river"
        assert anonymous.get("/account").status_code == 200

    def test_just_me_is_a_patient_without_a_physio_who_signs_in_with_the_password_alone(
        self, anonymous, set_up_token, database
    ):
        assert anonymous.post(f"/set-up/{set_up_token}/alone", ALONE).location == "/welcome"
        person = database.scalars(select(Person)).one()
        assert (person.role, person.solo, person.email) == ("patient", True, None)
        assert "physiotherapist" not in anonymous.get("/welcome").text
        anonymous.post("/sign-out")
        page = anonymous.get("/sign-in")
        assert 'name="email"' not in page.text
        assert anonymous.post("/sign-in", {"password": "wrong password"}).status_code == 422
        assert anonymous.post("/sign-in", {"password": PASSWORD}).status_code == 302

    @pytest.mark.parametrize("page", ["", "/clinic", "/alone"])
    def test_the_link_works_once(self, anonymous, set_up_token, page):
        anonymous.post(f"/set-up/{set_up_token}/clinic", CLINIC)
        assert anonymous.get(f"/set-up/{set_up_token}{page}").status_code == 410

    def test_another_token_opens_nothing(self, anonymous, set_up_token):
        assert anonymous.get(f"/set-up/{set_up_token[::-1]}").status_code == 410
        assert anonymous.post("/set-up/guess/clinic", CLINIC).status_code == 410

    def test_a_new_link_replaces_the_old_one(self, app, anonymous, set_up_token, clock):
        with services_of(app).sessions.begin() as session:
            fresh = service.renew_set_up_link(session, clock.now())
        assert anonymous.get(f"/set-up/{set_up_token}").status_code == 410
        assert anonymous.get(f"/set-up/{fresh}").status_code == 200

    def test_there_is_no_link_once_somebody_is_set_up(self, database, people, clock):
        people.physio()
        assert service.renew_set_up_link(database, clock.now()) is None

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("password", "short"),
            ("password", "password1234"),
            ("password", "adamoor adamoor"),
            ("email", "no address"),
            ("time_zone", "Mars/Base"),
            ("name", " "),
        ],
    )
    def test_what_does_not_fit_is_said_and_nothing_is_made(self, anonymous, set_up_token, database, field, value):
        answer = anonymous.post(f"/set-up/{set_up_token}/clinic", {**CLINIC, field: value})
        assert answer.status_code == 422
        assert database.scalars(select(Person)).all() == []
        assert anonymous.get(f"/set-up/{set_up_token}").status_code == 200

    def test_two_visitors_with_the_same_link_make_one_clinic(self, app, set_up_token, clock, database):
        start = threading.Barrier(2)
        outcomes: list[str] = []

        def visit(name: str) -> None:
            start.wait()
            with services_of(app).sessions() as session:
                try:
                    who = Newcomer(name, f"{name}@example.org", "UTC")
                    service.set_up_solo(session, set_up_token, who=who, hashed="x", at=clock.now())
                    session.commit()
                    outcomes.append("in")
                except LinkNotOpenError:
                    outcomes.append("out")

        visitors = [threading.Thread(target=visit, args=(name,)) for name in ("one", "two")]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        assert sorted(outcomes) == ["in", "out"]
        assert len(database.scalars(select(Person)).all()) == 1


class TestInvitation:
    def test_it_shows_who_invites(self, anonymous, people, database):
        physio, _, token = invited(people, database)
        page = anonymous.get(f"/invitation/{token}")
        assert physio.name in page.text
        assert physio.clinic.name in page.text

    def test_a_patient_joins_signed_in_and_cared_for_by_who_invited(self, anonymous, people, database):
        physio, invitation, token = invited(people, database)
        answer = anonymous.post(f"/invitation/{token}", NEWCOMER)
        assert answer.location == "/welcome"
        patient = database.scalars(select(Person).where(Person.role == "patient")).one()
        assert patient.clinic_id == physio.clinic_id
        link = database.scalars(select(CareLink)).one()
        assert (link.patient_id, link.physio_id) == (patient.id, physio.id)
        assert invitation.person_id == patient.id
        assert anonymous.get("/welcome").status_code == 200

    def test_a_colleague_joins_without_rights_over_the_clinic(self, anonymous, people, database):
        _, _, token = invited(people, database, role=Role.PHYSIO)
        anonymous.post(f"/invitation/{token}", {**NEWCOMER, "is_admin": "1", "role": "admin", "solo": "1"})
        joined = database.scalars(select(Person).order_by(Person.created_at.desc(), Person.is_admin)).first()
        assert (joined.role, joined.is_admin, joined.solo) == ("physio", False, False)

    def test_it_works_once(self, anonymous, people, database):
        _, _, token = invited(people, database)
        anonymous.post(f"/invitation/{token}", NEWCOMER)
        assert anonymous.get(f"/invitation/{token}").status_code == 410
        assert anonymous.post(f"/invitation/{token}", {**NEWCOMER, "email": "b@example.org"}).status_code == 410

    def test_it_works_for_seven_days(self, anonymous, people, database, clock):
        _, _, token = invited(people, database)
        clock.advance(timedelta(days=7) - timedelta(seconds=1))
        assert anonymous.get(f"/invitation/{token}").status_code == 200
        clock.advance(timedelta(seconds=1))
        assert anonymous.get(f"/invitation/{token}").status_code == 410
        assert anonymous.post(f"/invitation/{token}", NEWCOMER).status_code == 410

    def test_a_withdrawn_one_is_closed(self, anonymous, people, database, clock):
        physio, invitation, token = invited(people, database)
        assert service.withdraw_invitation(database, physio, invitation.id, clock.now())
        database.commit()
        assert anonymous.get(f"/invitation/{token}").status_code == 410

    def test_one_of_somebody_whose_account_is_closed_is_closed(self, anonymous, people, database):
        physio, _, token = invited(people, database)
        physio.active = False
        database.commit()
        assert anonymous.get(f"/invitation/{token}").status_code == 410

    def test_only_who_made_it_can_withdraw_it(self, people, database, clock):
        physio, invitation, _ = invited(people, database)
        other = people.physio(physio.clinic)
        assert not service.withdraw_invitation(database, other, invitation.id, clock.now())

    def test_an_address_in_use_leaves_the_invitation_open(self, anonymous, people, database):
        people.physio(email="taken@example.org")
        _, _, token = invited(people, database)
        answer = anonymous.post(f"/invitation/{token}", {**NEWCOMER, "email": "Taken@example.org"})
        assert answer.status_code == 422
        assert anonymous.get(f"/invitation/{token}").status_code == 200

    def test_of_many_who_use_it_at_once_one_gets_in(self, app, people, database, clock):
        _, _, token = invited(people, database)
        start = threading.Barrier(6)
        outcomes: list[str] = []

        def visit(number: int) -> None:
            start.wait()
            with services_of(app).sessions() as session:
                try:
                    who = Newcomer("Pat", f"pat{number}@example.org", "UTC")
                    service.accept(session, token, who=who, hashed="x", at=clock.now())
                    session.commit()
                    outcomes.append("in")
                except LinkNotOpenError:
                    outcomes.append("out")

        visitors = [threading.Thread(target=visit, args=(number,)) for number in range(6)]
        for visitor in visitors:
            visitor.start()
        for visitor in visitors:
            visitor.join()
        assert sorted(outcomes) == ["in"] + ["out"] * 5

    def test_the_token_itself_is_not_stored(self, people, database):
        _, _, token = invited(people, database)
        rows = database.connection().exec_driver_sql("SELECT * FROM invitation").all()
        assert token not in str(rows)
        assert "pat@example.org" not in str(rows)


class TestConsent:
    def test_nothing_is_agreed_to_beforehand_and_each_stands_by_itself(self, people, signed_in, database):
        patient = people.patient(people.physio(), consents=())
        browser = signed_in(patient)
        assert "checked" not in browser.get("/welcome").text
        browser.post("/welcome", {"landmarks": "y"})
        assert set(service.consents_of(database, patient.id)) == {"landmarks"}

    def test_it_can_be_taken_back_and_given_again(self, people, signed_in, database):
        patient = people.patient(people.physio())
        browser = signed_in(patient)
        assert browser.post("/account/consents/sharing/withdraw").status_code == 302
        assert not service.has_consent(database, patient.id, "sharing")
        assert browser.post("/account/consents/sharing/grant").status_code == 302
        assert service.has_consent(database, patient.id, "sharing")
        kept = database.scalars(select(Consent).where(Consent.kind == "sharing")).all()
        assert len(kept) == 2
        actions = database.scalars(select(AuditEvent.action).order_by(AuditEvent.at)).all()
        assert {"consent.withdrawn", "consent.granted"} <= set(actions)

    def test_twice_the_same_changes_nothing(self, people, signed_in, database):
        patient = people.patient(people.physio())
        browser = signed_in(patient)
        browser.post("/account/consents/camera/grant")
        assert len(database.scalars(select(Consent).where(Consent.kind == "camera")).all()) == 1

    def test_staff_are_not_asked(self, people, signed_in):
        browser = signed_in(people.physio())
        assert browser.get("/welcome").status_code == 404
        assert browser.post("/account/consents/camera/grant").status_code == 404

    def test_without_a_physio_there_is_nobody_to_share_with(self, people, signed_in):
        assert signed_in(people.solo()).post("/account/consents/sharing/grant").status_code == 404


class TestAccountPage:
    def test_only_the_fields_of_the_form_change(self, people, signed_in):
        patient = people.patient(people.physio())
        answer = signed_in(patient).post(
            "/account/profile",
            {
                "name": "  New   name ",
                "time_zone": "Asia/Tokyo",
                "locale": "en",
                "theme": "dark",
                "role": "physio",
                "is_admin": "1",
                "clinic_id": "0",
                "email": "x@example.org",
            },
        )
        assert answer.status_code == 302
        assert (patient.name, patient.time_zone, patient.theme) == ("New name", "Asia/Tokyo", "dark")
        assert (patient.role, patient.is_admin, patient.email) == ("patient", False, "patient2@example.org")

    def test_a_name_is_shown_as_text(self, people, signed_in):
        patient = people.patient(people.physio(), name="<script>alert(1)</script>")
        page = signed_in(patient).get("/account").text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page

    def test_a_new_password_signs_out_every_other_browser(self, people, signed_in):
        patient = people.patient(people.physio())
        here, there = signed_in(patient), signed_in(patient)
        answer = here.post("/account/password", {"current": PASSWORD, "password": "seven loud geese"})
        assert answer.status_code == 302
        assert here.get("/account").status_code == 200
        assert there.get("/account").status_code == 302

    @pytest.mark.parametrize(
        ("current", "fresh"),
        [("not this one at all", "seven loud geese"), (PASSWORD, "short"), (PASSWORD, "1234567890")],
    )
    def test_a_password_that_may_not_be_changed_stays(self, people, signed_in, current, fresh):
        patient = people.patient(people.physio())
        before = patient.password_hash
        answer = signed_in(patient).post("/account/password", {"current": current, "password": fresh})
        assert answer.status_code == 422
        assert patient.password_hash == before

    def test_a_browser_can_be_signed_out_from_another_one(self, people, signed_in, database):
        patient = people.patient(people.physio())
        here, there = signed_in(patient), signed_in(patient)
        rows = database.scalars(select(SignInSession).where(SignInSession.person_id == patient.id)).all()
        page = here.get("/account").text
        other = next(row for row in rows if f"/devices/{row.id}/" in page)
        assert here.post(f"/account/devices/{other.id}/revoke").status_code == 302
        assert there.get("/account").status_code == 302
        assert here.get("/account").status_code == 200

    def test_nobody_signs_out_somebody_elses_browser(self, people, signed_in, database):
        patient, other = people.patient(people.physio()), people.patient(people.physio())
        there = signed_in(other)
        row = database.scalars(select(SignInSession).where(SignInSession.person_id == other.id)).one()
        assert signed_in(patient).post(f"/account/devices/{row.id}/revoke").status_code == 404
        assert there.get("/account").status_code == 200


def enrol(browser, clock):
    """Turn on the second step; returns the secret and the recovery codes."""
    secret = re.search(r"<code class=\"text-break\">(\w+)</code>", browser.get("/account/second-factor").text).group(1)
    page = browser.post("/account/second-factor", {"current": PASSWORD, "code": pyotp.TOTP(secret).at(clock.now())})
    return secret, re.findall(r"<code>([a-z2-7-]+)</code>", page.text)


class TestSecondStep:
    def test_it_is_asked_for_after_the_password(self, people, signed_in, anonymous, clock):
        physio = people.physio()
        secret, codes = enrol(signed_in(physio), clock)
        assert len(codes) == 10
        answer = anonymous.post("/sign-in", {"email": physio.email, "password": PASSWORD})
        assert answer.location.startswith("/sign-in/code")
        assert anonymous.get("/account").status_code == 302
        clock.advance(timedelta(seconds=30))
        anonymous.post("/sign-in/code", {"code": pyotp.TOTP(secret).at(clock.now())})
        assert anonymous.get("/account").status_code == 200

    def test_a_code_works_once(self, people, signed_in, clock):
        physio = people.physio()
        browser = signed_in(physio)
        secret, _ = enrol(browser, clock)
        browser.post("/sign-out")
        browser.post("/sign-in", {"email": physio.email, "password": PASSWORD})
        assert browser.post("/sign-in/code", {"code": pyotp.TOTP(secret).at(clock.now())}).status_code == 422

    def test_a_recovery_code_works_once(self, people, signed_in, clock):
        physio = people.physio()
        browser = signed_in(physio)
        _, codes = enrol(browser, clock)
        for expected in (302, 422):
            browser.post("/sign-out")
            browser.post("/sign-in", {"email": physio.email, "password": PASSWORD})
            assert browser.post("/sign-in/code", {"code": codes[0].upper()}).status_code == expected

    def test_the_password_is_forgotten_after_ten_minutes(self, people, signed_in, clock):
        physio = people.physio()
        browser = signed_in(physio)
        secret, _ = enrol(browser, clock)
        browser.post("/sign-out")
        browser.post("/sign-in", {"email": physio.email, "password": PASSWORD})
        clock.advance(timedelta(minutes=11))
        answer = browser.post("/sign-in/code", {"code": pyotp.TOTP(secret).at(clock.now())})
        assert answer.location == "/sign-in"

    def test_guessing_codes_is_slowed_down(self, people, signed_in, clock):
        physio = people.physio()
        browser = signed_in(physio)
        enrol(browser, clock)
        browser.post("/sign-out")
        browser.post("/sign-in", {"email": physio.email, "password": PASSWORD})
        answers = [browser.post("/sign-in/code", {"code": "000000"}).status_code for _ in range(7)]
        assert answers == [422] * 5 + [429] * 2

    def test_a_wrong_code_does_not_turn_it_on(self, people, signed_in):
        physio = people.physio()
        browser = signed_in(physio)
        assert browser.post("/account/second-factor", {"current": PASSWORD, "code": "000000"}).status_code == 422
        assert physio.totp_secret is None

    def test_a_clinic_can_demand_it(self, people, signed_in, clock):
        clinic = people.clinic(require_totp=True)
        browser = signed_in(people.physio(clinic))
        assert browser.get("/account").location == "/account/second-factor"
        assert browser.get("/clinic-settings").status_code in {302, 403}
        enrol(browser, clock)
        assert browser.get("/account").status_code == 200

    def test_it_is_not_offered_to_patients(self, people, signed_in):
        assert signed_in(people.patient(people.physio())).get("/account/second-factor").status_code == 404

    def test_it_can_be_turned_off_with_the_password(self, people, signed_in, clock):
        physio = people.physio()
        browser = signed_in(physio)
        enrol(browser, clock)
        assert browser.post("/account/second-factor/remove", {"current": "wrong wrong wrong"}).status_code == 422
        assert browser.post("/account/second-factor/codes", {"current": PASSWORD}).text.count("<code>") == 10
        assert browser.post("/account/second-factor/remove", {"current": PASSWORD}).status_code == 302
        assert physio.totp_secret is None


class TestClinicSettings:
    def test_the_settings_change(self, people, signed_in):
        physio = people.physio(is_admin=True)
        answer = signed_in(physio).post(
            "/clinic-settings", {"name": "New name", "time_zone": "Europe/Paris", "require_totp": "y"}
        )
        assert answer.status_code == 302
        assert (physio.clinic.name, physio.clinic.require_totp) == ("New name", True)

    def test_a_colleague_gets_a_link_from_the_configured_address(self, people, signed_in, anonymous):
        browser = signed_in(people.physio(is_admin=True))
        page = browser.post(
            "/clinic-settings/invitations",
            {"colleague-name": "Bo", "colleague-email": "bo@example.org", "colleague-role": "physio"},
        )
        link = re.search(r'value="(http://127\.0\.0\.1:8000/invitation/[^"]+)"', page.text)
        assert link is not None
        assert anonymous.get(link.group(1).removeprefix("http://127.0.0.1:8000")).status_code == 200

    def test_a_patient_cannot_be_invited_here(self, people, signed_in, database):
        browser = signed_in(people.physio(is_admin=True))
        answer = browser.post(
            "/clinic-settings/invitations",
            {"colleague-name": "Bo", "colleague-email": "bo@example.org", "colleague-role": "patient"},
        )
        assert answer.status_code == 422
        assert database.scalars(select(Invitation)).all() == []

    def test_a_closed_account_is_signed_out_and_stays_out(self, people, signed_in, anonymous):
        head = people.physio(is_admin=True)
        colleague = people.physio(head.clinic)
        there, here = signed_in(colleague), signed_in(head)
        assert here.post(f"/clinic-settings/staff/{colleague.id}/close").status_code == 302
        assert there.get("/account").status_code == 302
        assert anonymous.post("/sign-in", {"email": colleague.email, "password": PASSWORD}).status_code == 422
        here.post(f"/clinic-settings/staff/{colleague.id}/open")
        assert anonymous.post("/sign-in", {"email": colleague.email, "password": PASSWORD}).status_code == 302

    def test_a_password_link_signs_out_everywhere_and_works_once(self, people, signed_in, anonymous):
        head = people.physio(is_admin=True)
        colleague = people.physio(head.clinic)
        there = signed_in(colleague)
        page = signed_in(head).post(f"/clinic-settings/staff/{colleague.id}/reset-link").text
        path = re.search(r'value="http://127\.0\.0\.1:8000(/invitation/[^"]+)"', page).group(1)
        assert anonymous.post(path, {"password": "a brand new sentence"}).location == "/sign-in"
        assert there.get("/account").status_code == 302
        assert anonymous.get(path).status_code == 410
        answer = anonymous.post("/sign-in", {"email": colleague.email, "password": "a brand new sentence"})
        assert answer.status_code == 302

    def test_people_of_other_clinics_and_patients_are_out_of_reach(self, people, signed_in):
        head = people.physio(is_admin=True)
        browser = signed_in(head)
        for person in (people.physio(), people.patient(head), head):
            for what in ("reset-link", "close"):
                assert browser.post(f"/clinic-settings/staff/{person.id}/{what}").status_code == 404


def test_names_and_addresses_are_unreadable_in_the_database(people, database: Session):
    people.patient(people.physio(), name="Wilhelmina Quist", email="quist@example.org")
    rows = str(database.connection().exec_driver_sql("SELECT * FROM person").all())
    assert "Quist" not in rows
    assert "quist" not in rows


@pytest.mark.parametrize(
    ("year", "kept"), [("1975", 1975), ("", None), ("1700", 1980), ("75", 1980), ("2999", 1980), ("9" * 400, 1980)]
)
def test_a_year_of_birth_is_optional_and_has_to_be_one(people, signed_in, database, year, kept):
    patient = people.patient(people.physio(), birth_year=1980)
    browser = signed_in(patient)
    fields = {"name": patient.name, "time_zone": "Europe/Berlin", "locale": "en", "theme": "auto", "country": ""}
    page = browser.get("/account")
    assert 'value="1980"' in page.text
    answer = browser.post("/account/profile", {**fields, "birth_year": year})
    assert answer.status_code == (302 if kept != 1980 else 422)
    database.refresh(patient)
    assert patient.birth_year == kept
