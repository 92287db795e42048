"""The audit trail: in words, one's own clinic's only, and whole or not."""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import re
from base64 import urlsafe_b64encode
from datetime import timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from tests.features.conftest import KEYS
from tracker.accounts import trail_service, trail_texts
from tracker.accounts.commands import audit
from tracker.accounts.jobs import seal_trail
from tracker.accounts.models import AuditEvent, AuditSeal, AuditSealed
from tracker.accounts.service import record_audit
from tracker.accounts.trail_views import LINES_A_PAGE
from tracker.settings import PROJECT_ROOT


@pytest.fixture
def admin(people):
    return people.admin()


@pytest.fixture
def physio(people, admin):
    return people.physio(admin.clinic, name="Jonas Berg")


@pytest.fixture
def patient(people, physio):
    return people.patient(physio, name="Ada Field")


@pytest.fixture
def write(database, physio, patient, clock):
    """`write(3)`: so many lines, a minute apart."""

    def work(number: int, action: str = "patient.read") -> None:
        for _ in range(number):
            clock.advance(timedelta(minutes=1))
            record_audit(database, actor=physio, patient=patient, action=action, subject="patient", at=clock.now())
        database.commit()

    return work


@pytest.fixture
def seal(database, settings, clock):
    def work() -> int:
        made = trail_service.seal(database, clock.now(), settings=settings)
        database.commit()
        return sum(each.events for each in made)

    return work


def change(database, statement, **values):
    """What somebody with SQL in hand does: the triggers are no obstacle to them."""
    for name in database.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
        database.execute(text(f'DROP TRIGGER "{name}"'))
    database.execute(text(statement), values)
    database.commit()
    database.expire_all()


def flaws(database, settings):
    return [(each.key, each.seal) for each in trail_service.verify(database, settings).flaws]


def test_what_was_written_is_sealed_once_and_is_whole(write, seal, database, settings):
    write(3)
    before = database.query(AuditEvent).count()
    assert seal() == before
    assert seal() == 0
    write(2)
    assert seal() == 2
    found = trail_service.verify(database, settings)
    assert found.whole
    assert (found.lines, found.seals, found.unsealed) == (before + 2, 2, 0)
    newest = database.get(AuditSeal, 2)
    assert found.newest == (2, newest.digest)


@pytest.mark.parametrize("column", ["action", "subject", "actor_id", "patient_id", "at", "detail"])
def test_a_line_that_is_changed_shows(write, seal, database, settings, column):
    write(4)
    seal()
    (event,) = database.query(AuditEvent).order_by(AuditEvent.at.desc()).limit(1)
    other = {"at": "2020-01-01 00:00:00.000000", "detail": '{"a": 1}'}.get(column, "0" * 32)
    change(database, f"UPDATE audit_event SET {column} = :value WHERE id = :id", value=other, id=event.id.hex)
    assert ("changed", 1) in flaws(database, settings)


def test_a_line_that_is_taken_away_shows(write, seal, database, settings):
    write(4)
    seal()
    event = database.query(AuditEvent).order_by(AuditEvent.at).first()
    change(database, "DELETE FROM audit_event WHERE id = :id", id=event.id.hex)
    assert flaws(database, settings) == [("removed", 1)]


def test_a_line_taken_away_with_its_place_shows(write, seal, database, settings):
    write(4)
    seal()
    last = database.query(AuditSealed).order_by(AuditSealed.position.desc()).first()
    key = last.event_id.hex
    change(database, "DELETE FROM audit_event WHERE id = :id", id=key)
    change(database, "DELETE FROM audit_sealed WHERE event_id = :id", id=key)
    assert flaws(database, settings) == [("removed", 1)]


def test_a_seal_that_is_taken_away_shows_and_one_without_the_key_does_not_fit(write, seal, database, settings):
    for _ in range(3):
        write(2)
        seal()
    change(database, "UPDATE audit_seal SET digest = :digest WHERE number = 2", digest="1" * 64)
    assert set(flaws(database, settings)) == {("changed", 2), ("no_seal", 3)}


def test_a_line_that_is_slipped_in_later_shows(write, seal, database, settings, clock, physio, patient):
    write(2)
    seal()
    long_ago = clock.now() - timedelta(days=3)
    record_audit(database, actor=physio, patient=patient, action="note.written", subject="x", at=long_ago)
    clock.advance(timedelta(minutes=10))
    seal()
    assert flaws(database, settings) == [("late", 2)]


@pytest.mark.parametrize("column", ["sealed_at", "events", "scheme"])
def test_what_a_seal_says_of_itself_cannot_be_changed(write, seal, database, settings, column):
    write(2)
    seal()
    value = {"sealed_at": "2020-01-01 00:00:00.000000", "events": 1, "scheme": 1}[column]
    change(database, f"UPDATE audit_seal SET {column} = :value", value=value)
    assert {key for key, _seal in flaws(database, settings)} <= {"changed", "removed"}
    assert flaws(database, settings) != []


def test_a_seal_of_the_first_scheme_still_fits(write, seal, database, settings):
    write(2)
    seal()
    (row,) = database.query(AuditSeal).all()
    events = [each for _place, each in sorted(trail_service._under(database, row).items())]
    first = hmac.new(settings.index_key, b"rhomboid audit seal 1", hashlib.sha256).digest()
    told = row.previous.encode() + b"\n" + b"".join(trail_service._line(each) for each in events)
    old = hmac.new(first, told, hashlib.sha256).hexdigest()
    change(database, "UPDATE audit_seal SET scheme = 1, digest = :digest", digest=old)
    write(1)
    seal()
    assert trail_service.verify(database, settings).whole


def test_seals_that_were_all_made_anew_show_by_a_seal_that_was_kept_and_by_how_late_they_are(
    write, seal, database, settings, clock
):
    write(3)
    seal()
    kept = trail_service.verify(database, settings).newest
    assert trail_service.verify(database, settings, kept=kept).whole
    clock.advance(timedelta(days=3))
    for statement in (
        "DELETE FROM audit_sealed",
        "DELETE FROM audit_seal",
        "UPDATE audit_event SET action = 'plan.read' WHERE action = 'patient.read'",
    ):
        change(database, statement)
    sealed = seal()
    found = trail_service.verify(database, settings)
    assert found.whole  # nobody could tell, but for this:
    assert (found.sealed_late, found.since) == (sealed, clock.now())
    assert [each.key for each in trail_service.verify(database, settings, kept=kept).flaws] == ["not_as_kept"]


def test_each_seal_is_in_the_log(write, database, settings, clock, capsys):
    write(2)
    assert seal_trail(database, clock.now(), settings=settings) >= 2
    newest = trail_service.verify(database, settings).newest
    assert ":".join(map(str, newest)) in "".join(capsys.readouterr())


def test_a_trail_is_whole_after_the_signing_keys_were_renewed_and_fits_no_other_installation(
    write, seal, database, settings
):
    write(2)
    seal()
    here = {"TRACKER_DATA": str(settings.data_folder), **KEYS}
    renewed = type(settings).load({**here, "TRACKER_SIGNING_KEYS": "n" * 44})
    assert trail_service.verify(database, renewed).whole
    elsewhere = type(settings).load({**here, "TRACKER_INDEX_KEY": urlsafe_b64encode(b"e" * 32).decode()})
    assert [each.key for each in trail_service.verify(database, elsewhere).flaws] == ["changed"]


def test_the_page_says_who_did_what_in_words_and_only_of_ones_own_clinic(
    write, people, signed_in, admin, patient, database, clock
):
    write(1, "plan.saved")
    stranger = people.physio(is_admin=True, name="Far Away")
    record_audit(database, actor=stranger, patient=None, action="clinic.changed", subject="x", at=clock.now())
    database.commit()
    page = signed_in(admin).get("/clinic/audit").text
    assert "Plan: saved" in page
    assert "Jonas Berg" in page
    assert "Ada Field" in page
    assert "Far Away" not in page
    theirs = signed_in(stranger).get(f"/clinic/audit?whose={patient.id}").text
    assert "Ada Field" not in theirs
    assert "Jonas Berg" not in theirs


def test_filters_pages_and_the_file_tell_the_same(write, signed_in, admin):
    write(130)
    write(3, "plan.saved")
    browser = signed_in(admin)
    first = browser.get("/clinic/audit?kind=reads")
    assert first.text.count("Record: looked at") == 100
    older = re.search(r'href="(/clinic/audit\?[^"]*before=[^"]+)"', first.text).group(1).replace("&amp;", "&")
    assert browser.get(older).text.count("Record: looked at") == 30
    assert browser.get("/clinic/audit?kind=changes").text.count("Plan: saved") == 3
    assert "No lines" in browser.get("/clinic/audit?first=2001-01-01&last=2001-01-02").text
    assert browser.get("/clinic/audit?first=nonsense&before=x_y&who=1&whose=2").status_code == 200
    rows = list(csv.reader(io.StringIO(browser.get("/clinic/audit.csv?kind=changes").text)))
    assert sum(row[4] == "plan.saved" for row in rows) == 3


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("patient.read", "reads"),
        ("alerts.preview", "reads"),
        ("plan.write", "reads"),
        ("session.correct", "reads"),
        ("proposal.decide", "reads"),
        ("episode.examine", "reads"),
        ("plan.saved", "changes"),
        ("message.marked_read", "changes"),
        ("note.written", "changes"),
        ("account.closed", "accounts"),
        ("second_factor.off", "accounts"),
        ("recovery_code.used", "accounts"),
        ("sign_in.failed", "accounts"),
        ("password.reset_link", "accounts"),
    ],
)
def test_a_line_is_of_one_kind(write, database, admin, action, kind):
    write(1, action)
    wanted = {
        each: trail_service.lines_of(
            database, admin.clinic_id, trail_service.Wanted(kind=each), before=None, limit=LINES_A_PAGE
        )
        for each in ("reads", "changes", "accounts")
    }
    assert [each for each, lines in wanted.items() if action in {line.action for line in lines}] == [kind]


def test_the_kinds_are_told_by_words_that_exist():
    assert set(trail_service.READS) <= set(trail_texts.DEED)
    assert set(trail_service.ACCOUNTS) <= set(trail_texts.WHAT)


def test_a_cell_is_never_a_formula(signed_in, people, admin, database, clock):
    bad = people.physio(admin.clinic, name="=HYPERLINK(1)")
    record_audit(database, actor=bad, patient=None, action="team.read", subject="team", at=clock.now())
    database.commit()
    assert ",=HYPERLINK" not in signed_in(admin).get("/clinic/audit.csv").text


def test_a_patient_sees_who_has_looked(write, signed_in, patient, people, physio):
    write(2)
    page = signed_in(patient).get("/account/record-log").text
    assert page.count("Jonas Berg") == 2
    assert "Record: looked at" in page
    other = people.patient(physio)
    assert "Jonas Berg" not in signed_in(other).get("/account/record-log").text


def test_a_look_at_a_list_is_a_look_at_everybody_on_it(signed_in, physio, patient, people, admin):
    other = people.patient(physio, name="Ben Other")
    absent = people.patient(people.physio(admin.clinic), name="Cleo Elsewhere")
    assert signed_in(physio).get("/patients").status_code == 200
    for whom in (patient, other):
        page = signed_in(admin).get(f"/clinic/audit?whose={whom.id}").text
        assert "List of patients: looked at" in page
        assert "2 patients on a list" in page
        assert "List of patients: looked at" in signed_in(whom).get("/account/record-log").text
    assert "List of patients" not in signed_in(admin).get(f"/clinic/audit?whose={absent.id}").text
    assert "List of patients" not in signed_in(absent).get("/account/record-log").text
    rows = list(csv.reader(io.StringIO(signed_in(admin).get(f"/clinic/audit.csv?whose={patient.id}").text)))
    assert any("2 patients on a list" in row for row in rows)


@pytest.mark.usefixtures("patient")
def test_leafing_through_the_library_makes_one_line(signed_in, physio, people, database, clock):
    desk = signed_in(physio)

    def lines() -> int:
        database.commit()
        return database.query(AuditEvent).filter_by(action="library.read").count()

    for exercise in ("chin-tuck", "plank", "cat-cow"):
        desk.get(f"/library/{exercise}")
    assert lines() == 1
    people.patient(physio)
    desk.get("/library/plank")
    assert lines() == 2
    clock.advance(timedelta(hours=13))
    signed_in(physio).get("/library/plank")
    assert lines() == 3


def test_a_failed_sign_in_of_a_colleague_is_on_the_clinics_trail(anonymous, signed_in, physio, admin, people):
    stranger = people.physio(is_admin=True)
    anonymous.post("/sign-in", {"email": physio.email, "password": "not the password"})
    assert "Sign-in: failed" in signed_in(admin).get("/clinic/audit?kind=accounts").text
    assert "Sign-in: failed" not in signed_in(stranger).get("/clinic/audit?kind=accounts").text


def test_the_check_says_whether_it_is_whole(write, seal, signed_in, admin, database):
    write(2)
    seal()
    browser = signed_in(admin)
    assert "The trail is whole." in browser.get("/clinic/audit?check=1").text
    change(database, "UPDATE audit_event SET action = 'x.read' WHERE action = 'patient.read'")
    page = browser.get("/clinic/audit?check=1").text
    assert "not what it was" in page
    assert "seal 1 were changed" in page


def test_every_action_of_the_code_has_words():
    found = set()
    for path in (PROJECT_ROOT / "tracker").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'(?:action|purpose)\s*=\s*"([a-z_]+\.[a-z_]+)"', source))
        found |= set(re.findall(r'_(?:note|audit)\(\s*"([a-z_]+\.[a-z_]+)"', source))
    assert len(found) > 60
    assert [key for key in sorted(found) if trail_texts.action(key) == key] == []


def test_on_the_command_line(write, database, settings, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA", str(settings.data_folder))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    write(3)
    runner = CliRunner()
    assert "lines sealed" in runner.invoke(audit, ["seal"]).output
    good = runner.invoke(audit, ["verify"])
    assert good.exit_code == 0
    assert "The trail is whole." in good.output
    kept = re.search(r"Newest seal: (\d+:[0-9a-f]{64})", good.output).group(1)
    assert runner.invoke(audit, ["verify", "--expect", kept]).exit_code == 0
    other = runner.invoke(audit, ["verify", "--expect", f"1:{'0' * 64}"])
    assert other.exit_code == 1
    assert "Seal 1: it is not the seal that was kept." in other.output
    assert runner.invoke(audit, ["verify", "--expect", "the last one"]).exit_code == 2
    change(database, "DELETE FROM audit_event WHERE action = 'patient.read'")
    bad = runner.invoke(audit, ["verify"])
    assert bad.exit_code == 1
    assert "lines are missing" in bad.output
