"""Whom to call in an emergency, by country.

Pure. A wrong number here is the worst mistake this application could make, so the table holds only what is long
established or known nation-wide, and leaves a gap where a number depends on the region or has changed lately: a page
then says "your local emergency number". `emergency` is the one that sends an ambulance where that differs from the
police's. `urgent` is medical advice outside office hours; `crisis` is a line to talk to when somebody may harm
themselves, not all of them open around the clock. Compared in 2026 with public directories; a clinic checks its own
country's numbers when it chooses the country, and can replace them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask_babel import gettext

if TYPE_CHECKING:
    from tracker.accounts.models import Person

SHORTEST_NUMBER: Final = 2
LONGEST_NUMBER: Final = 32
_PHONE: Final = re.compile(r"[+*#(]?[0-9*#][0-9 ()/.*#-]*")


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers that hold for somebody; None where we know none."""

    emergency: str | None = None
    urgent: str | None = None
    crisis: str | None = None
    country: str = ""

    @property
    def emergency_text(self) -> str:
        """What a sentence says in its place."""
        return self.emergency or str(gettext("112 / 911 / 999: your local emergency number"))

    @property
    def calls(self) -> dict[str, str]:
        """The known ones as a telephone dials them, for `tel:` links."""
        known = {"emergency": self.emergency, "urgent": self.urgent, "crisis": self.crisis}
        return {name: dialled(number) for name, number in known.items() if number}


def dialled(number: str) -> str:
    """A number without what is only there for the eye. A hash sign would end the address of a link."""
    return "".join("%23" if char == "#" else char for char in number if char in "+*#0123456789")


def is_phone_number(text: str) -> bool:
    """Whether a telephone could dial this."""
    digits = sum(char.isdigit() for char in text)
    return digits >= SHORTEST_NUMBER and len(text) <= LONGEST_NUMBER and _PHONE.fullmatch(text) is not None


# Country: emergency, urgent advice, crisis line.
_NUMBERS: Final[dict[str, tuple[str | None, str | None, str | None]]] = {
    # European Union
    "AT": ("112", "1450", "142"),
    "BE": ("112", "1733", None),  # the crisis line depends on the language: 1813 (nl), 0800 32 123 (fr)
    "BG": ("112", None, None),
    "CY": ("112", None, None),
    "CZ": ("112", None, "116 123"),
    "DE": ("112", "116117", "0800 111 0 111"),
    "DK": ("112", None, "70 201 201"),
    "EE": ("112", "1220", None),
    "ES": ("112", None, "024"),
    "FI": ("112", "116117", "09 2525 0111"),
    "FR": ("112", None, "3114"),
    "GR": ("112", None, "1018"),
    "HR": ("112", None, None),
    "HU": ("112", None, "116 123"),
    "IE": ("112", None, "116 123"),
    "IT": ("112", None, "02 2327 2327"),
    "LT": ("112", None, "116 123"),
    "LU": ("112", None, "454545"),
    "LV": ("112", None, "116 123"),
    "MT": ("112", None, "1579"),
    "NL": ("112", None, "113"),
    "PL": ("112", None, "800 70 2222"),
    "PT": ("112", "808 24 24 24", "808 24 24 24"),
    "RO": ("112", None, None),
    "SE": ("112", "1177", "90101"),
    "SI": ("112", None, "116 123"),
    "SK": ("112", None, None),
    # EEA, Switzerland, United Kingdom and small neighbours
    "IS": ("112", "1700", "1717"),
    "LI": ("112", None, "143"),
    "NO": ("113", "116117", "116 123"),
    "CH": ("144", None, "143"),
    "GB": ("999", "111", "116 123"),
    "AD": ("112", None, None),
    "GG": ("999", None, "116 123"),
    "IM": ("999", None, "116 123"),
    "JE": ("999", None, "116 123"),
    "MC": ("112", None, None),
    "SM": ("112", None, None),
    # The rest of Europe and its neighbours
    "AL": ("112", None, None),
    "BA": ("124", None, None),
    "GE": ("112", None, None),
    "MD": ("112", None, None),
    "ME": ("112", None, None),
    "MK": ("112", None, None),
    "RS": ("194", None, None),
    "RU": ("112", None, None),
    "TR": ("112", None, None),
    "UA": ("112", None, "7333"),
    "XK": ("112", None, None),
    # The Americas
    "US": ("911", None, "988"),
    "CA": ("911", "811", "988"),
    "MX": ("911", None, "800 911 2000"),
    "AR": ("911", None, "0800 999 0091"),
    "BR": ("192", None, "188"),
    "CL": ("131", None, "*4141"),
    "CO": ("123", None, None),
    "CR": ("911", None, None),
    "EC": ("911", None, None),
    "PA": ("911", None, None),
    "PE": ("106", None, None),
    "PR": ("911", None, "988"),
    "UY": ("911", None, None),
    # Asia and the Pacific
    "AU": ("000", "1800 022 222", "13 11 14"),
    "NZ": ("111", "0800 611 116", "1737"),
    "IN": ("112", None, "14416"),
    "JP": ("119", None, "0120-279-338"),
    "KR": ("119", None, "109"),
    "CN": ("120", None, None),
    "HK": ("999", None, "2389 2222"),
    "MO": ("999", None, None),
    "TW": ("119", None, "1925"),
    "SG": ("995", None, "1767"),
    "MY": ("999", None, "15555"),
    "PH": ("911", None, "1553"),
    "TH": ("1669", None, "1323"),
    "VN": ("115", None, None),
    "BD": ("999", None, None),
    "LK": ("1990", None, "1926"),
    "NP": ("102", None, "1166"),
    "PK": ("1122", None, None),
    # Middle East and Africa
    "AE": ("998", None, None),
    "BH": ("999", None, None),
    "EG": ("123", None, None),
    "GH": ("112", None, None),
    "IL": ("101", None, "1201"),
    "JO": ("911", None, None),
    "KE": ("999", None, None),
    "KW": ("112", None, None),
    "MA": ("150", None, None),
    "NG": ("112", None, None),
    "OM": ("9999", None, None),
    "QA": ("999", None, None),
    "RW": ("912", None, None),
    "SA": ("997", None, None),
    "TN": ("190", None, None),
    "ZA": ("112", None, "0800 567 567"),
}

COUNTRIES: Final = frozenset(_NUMBERS)
"""ISO 3166 codes of the countries we know a number for."""


def numbers_of(country: str) -> Numbers:
    """The numbers of a country; none of them where we know none."""
    emergency, urgent, crisis = _NUMBERS.get(country, (None, None, None))
    return Numbers(emergency, urgent, crisis, country)


def numbers_for(person: Person) -> Numbers:
    """The numbers for this person: of their own country, else of their clinic's. What the clinic has entered replaces
    the country's, but not for somebody who lives in another one.
    """
    clinic = person.clinic
    found = numbers_of(person.country or clinic.country)
    if person.country not in {"", clinic.country}:
        return found
    return Numbers(
        clinic.emergency_number or found.emergency, clinic.urgent_number or found.urgent, found.crisis, found.country
    )
