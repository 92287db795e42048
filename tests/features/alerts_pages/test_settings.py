"""The numbers of a clinic: shown with their bounds, tried out before they are saved, kept with version and author."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.features.alerts_pages.conftest import CALM, RISE
from tracker.accounts.models import AuditEvent
from tracker.alerts.models import AlertParameters
from tracker.alerts.rules_parameters import BOUNDS, DEFAULT, Parameters

PATH = "/clinic-settings/alerts"


@pytest.fixture
def admin(people, physio):
    return people.admin(physio.clinic, name="Ines Moor")


@pytest.fixture
def lead(people):
    """A physiotherapist who also runs the clinic."""
    return people.physio(name="Rosa Lind", is_admin=True)


def numbers(**changes: float) -> dict[str, str]:
    """Every number as the form sends it; a switch that is off is not sent."""
    fields = {}
    for name in (*BOUNDS, *(name for name in DEFAULT.to_dict() if isinstance(getattr(DEFAULT, name), bool))):
        value = changes.get(name, getattr(DEFAULT, name))
        if value is True:
            fields[f"n-{name}"] = "1"
        elif value is not False:
            fields[f"n-{name}"] = str(value)
    return fields


def form(preset="own", base_number=0, **changes: float) -> dict[str, str]:
    return {"preset": preset, "base_number": str(base_number), **numbers(**changes)}


def versions(database) -> list[AlertParameters]:
    database.commit()
    return list(database.scalars(select(AlertParameters).order_by(AlertParameters.number)))


def test_every_number_is_shown_with_its_meaning_and_its_bounds(admin, signed_in):
    page = signed_in(admin).get(PATH).text
    for name in DEFAULT.to_dict().keys() - {"version"}:
        assert f'id="n-{name}"' in page, name
    assert "From 0.5 to 20." in page
    assert "The numbers Rhomboid comes with are in force." in page


def test_a_preset_is_tried_out_and_then_saved(database, admin, signed_in):
    browser = signed_in(admin)
    tried = browser.post(f"{PATH}/preview", form("sensitive"))
    assert tried.status_code == 200
    assert "Before you save" in tried.text
    assert versions(database) == [], "trying out saves nothing"
    saved = browser.post(PATH, form("sensitive"))
    assert saved.status_code == 302
    (row,) = versions(database)
    assert (row.number, row.preset, row.author_id, row.document["h2"]) == (1, "sensitive", admin.id, 3.5)
    page = browser.get(PATH).text
    assert "Version 1 is in force: Sensitive." in page
    assert "Ines Moor" in page


def test_ones_own_numbers_are_kept(database, admin, signed_in):
    browser = signed_in(admin)
    browser.post(PATH, form(h2=6.0, missed1=2, personal_silence=False))
    (row,) = versions(database)
    assert (row.document["h2"], row.document["missed1"], row.document["personal_silence"]) == (6.0, 2, False)
    page = browser.get(PATH).text
    assert re.search(r'name="n-h2" value="6"', page)
    assert "(usually 4.5)" in page


def test_a_comma_is_a_decimal_point(database, admin, signed_in):
    signed_in(admin).post(PATH, {**form(), "n-h2": "4,75"})
    assert versions(database)[0].document["h2"] == 4.75


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("h2", "200", "From 0.5 to 20."),
        ("h2", "nan", "From 0.5 to 20."),
        ("h2", "inf", "From 0.5 to 20."),
        ("h2", "", "Please enter a number."),
        ("h2", "many", "Please enter a number."),
        ("missed1", "2.5", "A whole number, please."),
    ],
)
@pytest.mark.parametrize("step", ["/preview", ""])
def test_a_number_that_would_switch_a_rule_off_is_refused_and_named(
    database, admin, signed_in, name, value, words, step
):
    answer = signed_in(admin).post(f"{PATH}{step}", {**form(), f"n-{name}": value})
    assert answer.status_code == 422
    assert words in answer.text
    assert f'href="#n-{name}"' in answer.text
    assert f'name="n-{name}" value="{value}"' in answer.text, "what was typed is still there"
    assert versions(database) == []


def test_numbers_that_contradict_each_other_are_named_in_words(database, admin, signed_in):
    answer = signed_in(admin).post(f"{PATH}/preview", form(h1=5.0, h2=4.0))
    assert answer.status_code == 422
    assert "“Sum for “watch”” must not be larger than “Sum for “look soon””." in answer.text
    assert versions(database) == []


def test_an_unknown_preset_is_refused(database, admin, signed_in):
    assert signed_in(admin).post(f"{PATH}/preview", form("loud")).status_code == 422
    assert signed_in(admin).post(PATH, form("clinic")).status_code == 422
    assert versions(database) == []


def test_who_saves_after_somebody_else_is_told(database, admin, people, signed_in):
    other = people.admin(admin.clinic)
    signed_in(admin).post(PATH, form("sensitive", base_number=0))
    answer = signed_in(other).post(PATH, form("specific", base_number=0))
    assert answer.status_code == 409
    assert "Somebody has saved other numbers meanwhile." in answer.text
    assert [row.preset for row in versions(database)] == ["sensitive"]
    assert signed_in(other).post(PATH, form("specific", base_number=1)).status_code == 302
    assert [row.preset for row in versions(database)] == ["sensitive", "specific"]


def test_the_numbers_of_another_clinic_stay_as_they_are(admin, people, signed_in):
    signed_in(admin).post(PATH, form("sensitive"))
    stranger = people.admin()
    assert "The numbers Rhomboid comes with are in force." in signed_in(stranger).get(PATH).text


# Trying out


def test_the_preview_counts_what_the_last_ninety_days_would_have_raised(admin, patient, told, signed_in):
    told.intake(patient)
    told.days(patient, CALM + RISE)
    page = signed_in(admin).post(f"{PATH}/preview", form(h1=15.0, h2=20.0, trend_z1=6.0, trend_z2=6.0)).text
    row = re.search(r"<tfoot>(.*?)</tfoot>", page, re.DOTALL)[1]
    cells = [re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r'<td class="num[^"]*">(.*?)</td>', row, re.DOTALL)]
    # Emergency, today, look soon, watch: the rise is found by the present numbers and not by the new ones.
    assert [cell.replace(" (fewer)", "") for cell in cells] == ["0 → 0", "0 → 0", "1 → 0", "1 → 0"]


def test_who_only_runs_the_clinic_sees_counts_and_no_names(admin, patient, told, signed_in):
    told.intake(patient)
    told.days(patient, CALM + RISE)
    page = signed_in(admin).post(f"{PATH}/preview", form("sensitive")).text
    assert "Ada Field" not in page
    assert "All patients" in page


def test_who_also_treats_sees_the_names_of_their_own_patients_only(people, lead, told, signed_in):
    own = people.patient(lead, name="Ben Okafor")
    other = people.patient(people.physio(lead.clinic), name="Zoe Last")
    for each in (own, other):
        told.intake(each)
    told.days(own, CALM + RISE)
    page = signed_in(lead).post(f"{PATH}/preview", form("sensitive")).text
    assert "Ben Okafor" in page
    assert "Zoe Last" not in page
    assert "Patients of colleagues" in page


def test_who_does_not_share_is_not_counted(people, admin, physio, told, signed_in):
    closed = people.patient(physio, consents=("camera",))
    told.intake(closed)
    told.days(closed, CALM + RISE)
    page = signed_in(admin).post(f"{PATH}/preview", form("sensitive")).text
    assert "(0 patients)" in page


def test_trying_out_leaves_what_is_open_as_it_is(database, admin, rising, signed_in):
    signed_in(admin).post(f"{PATH}/preview", form("specific"))
    database.expire_all()
    assert rising.closed_at is None
    assert rising.parameters_version == DEFAULT.version


def test_one_can_go_back_from_the_preview_without_typing_again(admin, signed_in):
    answer = signed_in(admin).post(f"{PATH}/preview", {**form(h2=6.5), "change": "1"})
    assert answer.status_code == 200
    assert re.search(r'name="n-h2" value="6.5"', answer.text)


# Duty and channels


def test_duty_is_kept(database, admin, people, signed_in):
    backup = people.physio(admin.clinic, name="Rosa Lind")
    browser = signed_in(admin)
    answer = browser.post(
        f"{PATH}/duty",
        {"backup_id": str(backup.id), "lead_id": "", "weekdays": ["1", "2", "6"], "opens": "07:30", "closes": "16:00"},
    )
    assert answer.status_code == 302
    page = browser.get(PATH).text
    assert re.search(rf'<option selected value="{backup.id}">Rosa Lind', page)
    assert 'value="07:30"' in page
    database.commit()
    assert "duty.changed" in set(database.scalars(select(AuditEvent.action)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"opens": "7 o'clock"},
        {"opens": "18:00", "closes": "08:00"},
        {"closes": "24:30"},
        {"weekdays": []},
        {"weekdays": ["8"]},
        {"backup_id": "somebody"},
    ],
)
def test_hours_and_people_that_make_no_sense_are_refused(admin, signed_in, wrong):
    fields = {"backup_id": "", "lead_id": "", "weekdays": ["1"], "opens": "08:00", "closes": "18:00"}
    answer = signed_in(admin).post(f"{PATH}/duty", {**fields, **wrong})
    assert answer.status_code == 422
    assert "errors-summary" in answer.text


def test_nobody_from_elsewhere_stands_in(admin, people, patient, signed_in):
    fields = {"lead_id": "", "weekdays": ["1"], "opens": "08:00", "closes": "18:00"}
    for whom in (people.physio(), patient):
        answer = signed_in(admin).post(f"{PATH}/duty", {**fields, "backup_id": str(whom.id)})
        assert answer.status_code == 422


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's own
def test_addresses_of_the_clinic_are_kept_and_shown_again(admin, signed_in):
    browser = signed_in(admin)
    assert browser.post(f"{PATH}/channels", {"addresses": "json://127.0.0.1/alerts"}).status_code == 302
    assert "json://127.0.0.1/alerts" in browser.get(PATH).text


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("not an address", "One of these is no address"),
        ("file:///etc/passwd", "Messages are not sent this way"),
        ("json://127.0.0.1/?template=/etc/passwd", "must not name files"),
    ],
)
def test_an_address_that_cannot_be_used_is_refused_with_the_reason(admin, signed_in, address, words):
    browser = signed_in(admin)
    answer = browser.post(f"{PATH}/channels", {"addresses": address})
    assert answer.status_code == 422
    assert words in answer.text
    assert address in answer.text, "what was typed is still there"
    assert address not in browser.get(PATH).text


# Doors


@pytest.mark.parametrize("who", ["physio", "patient"])
@pytest.mark.parametrize("step", ["", "/preview", "/duty", "/channels"])
def test_only_who_runs_the_clinic_gets_in(physio, patient, signed_in, who, step):
    browser = signed_in({"physio": physio, "patient": patient}[who])
    assert browser.post(f"{PATH}{step}", form()).status_code == 403
    assert browser.get(PATH).status_code == 403


def test_the_words_cover_every_number():
    from dataclasses import fields

    from tracker.alerts.parameter_texts import GROUPS, NAMES

    assert {field.name for field in fields(Parameters)} - {"version"} == set(NAMES)
    assert len(NAMES) == sum(len(group.numbers) for group in GROUPS), "each of them once"
