"""Whom to call: the person's country before the clinic's, the clinic's own numbers before the table's, no guesses."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel

from tracker.accounts.emergency import COUNTRIES, Numbers, dialled, is_phone_number, numbers_for, numbers_of
from tracker.accounts.models import Clinic, Person

EU = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905  # a list of codes
)


@pytest.fixture(autouse=True)
def words():
    app = Flask(__name__)
    Babel(app)
    with app.test_request_context():
        yield


def person(lives_in: str = "", /, **clinic) -> Person:
    return Person(country=lives_in, clinic=Clinic(**{"country": "", **clinic}))


@pytest.mark.parametrize("country", EU)
def test_112_works_in_the_whole_european_union(country):
    assert numbers_of(country).emergency == "112"


@pytest.mark.parametrize(
    ("country", "emergency", "urgent", "crisis"),
    [
        ("DE", "112", "116117", "0800 111 0 111"),
        ("GB", "999", "111", "116 123"),
        ("US", "911", None, "988"),
        ("CA", "911", "811", "988"),
        ("CH", "144", None, "143"),
        ("NO", "113", "116117", "116 123"),
        ("IS", "112", "1700", "1717"),
        ("AU", "000", "1800 022 222", "13 11 14"),
        ("NZ", "111", "0800 611 116", "1737"),
        ("IN", "112", None, "14416"),
        ("JP", "119", None, "0120-279-338"),
        ("BR", "192", None, "188"),
        ("ZA", "112", None, "0800 567 567"),
    ],
)
def test_numbers_of_some_countries(country, emergency, urgent, crisis):
    assert numbers_of(country) == Numbers(emergency, urgent, crisis, country)


def test_the_persons_country_comes_before_the_clinics():
    assert numbers_for(person("GB", country="DE")).emergency == "999"
    assert numbers_for(person("", country="DE")).emergency == "112"


def test_without_a_country_no_number_is_claimed_and_the_sentence_still_says_what_to_do():
    for unknown in (person(), person("AQ"), person("", country="AQ")):
        numbers = numbers_for(unknown)
        assert (numbers.emergency, numbers.calls) == (None, {})
        assert numbers.emergency_text == "112 / 911 / 999: your local emergency number"


def test_the_clinics_own_numbers_replace_the_countrys():
    own = {"country": "DE", "emergency_number": "030 1234", "urgent_number": "030 5678"}
    assert numbers_for(person("", **own)) == Numbers("030 1234", "030 5678", "0800 111 0 111", "DE")
    assert numbers_for(person("DE", **own)).emergency == "030 1234"


def test_the_clinics_own_numbers_do_not_hold_in_another_country():
    own = {"country": "DE", "emergency_number": "030 1234", "urgent_number": "030 5678"}
    assert numbers_for(person("FR", **own)) == Numbers("112", None, "3114", "FR")


def test_a_clinics_number_holds_where_the_country_is_not_known():
    assert numbers_for(person("", emergency_number="555 100")).emergency == "555 100"


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_every_number_of_the_table_can_be_dialled(country):
    numbers = numbers_of(country)
    assert len(country) == 2
    assert country.isupper()
    assert numbers.emergency is not None
    for number in (numbers.emergency, numbers.urgent, numbers.crisis):
        assert number is None or is_phone_number(number)
    assert all(number.strip("+*0123456789") == "" for number in numbers.calls.values())


@pytest.mark.parametrize("text", ["112", "+49 30 1234-56", "(030) 1234/56", "0800.111.0.111", "*4141", "#7119"])
def test_telephone_numbers(text):
    assert is_phone_number(text)


@pytest.mark.parametrize(
    "text", ["", "1", "call us", "112; DROP", "tel:112", "1" * 33, "٣٣٣", "+", "112\n113", "112\n"]
)
def test_what_is_no_telephone_number(text):
    assert not is_phone_number(text)


def test_a_number_is_dialled_without_what_is_there_for_the_eye():
    assert dialled("+49 (0)30 12-34") == "+490301234"
    assert dialled("#7119") == "%237119"
