"""Decisions about passwords, tries, sign-in sessions and links, without a database or a clock.

Passwords follow NIST SP 800-63B: length counts, composition rules do not; what is widely used, or is about the person
themselves, is refused. Everything that can be guessed is throttled.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SHORTEST_PATIENT_PASSWORD: Final = 10
SHORTEST_STAFF_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 200
"""Characters; a bound only so that hashing cannot be used to keep the server busy."""

_FEWEST_DIFFERENT: Final = 5
_LONGEST_EMAIL: Final = 254
_SHORTEST_CONTEXT: Final = 4

_COMMON: Final = frozenset(
    """
    password passwort motdepasse contrasena qwerty qwertz azerty letmein welcome willkommen iloveyou admin
    administrator monkey dragon football baseball basketball soccer hockey master sunshine princess shadow superman
    batman trustno michael jennifer jordan hunter ranger harley thomas robert daniel george andrew charlie freedom
    whatever computer internet starwars pokemon cheese summer winter spring autumn january february march april june
    july august september october november december monday friday london berlin secret changeme default guest login
    access hello killer pepper ginger cookie flower orange purple chelsea liverpool arsenal matrix mustang corvette
    mercedes ferrari porsche samsung google facebook apple microsoft windows linux physio physiotherapy
    physiotherapist therapy exercise rhomboid tracker posture patient clinic doctor hospital health shoulder
    backpain correcthorsebatterystaple correcthorse batterystaple qwertyuiop asdfghjkl zxcvbnm qazwsx qazwsxedc asdf
    zxcv qwer abcd abcdef abcdefgh abcdefghij abcdefghijkl onetwothree test testtest passphrase mypassword iloveu
    loveme babygirl lovely ashley nicole jessica michelle amanda joshua matthew anthony justin donald trump biden
    kennwort geheim hallo schatz sommer fussball passw0rd
    """.split()  # noqa: SIM905  # one word list is easier to read than 170 quotes
)
"""Roots of the passwords that head every published list of leaked ones; digits and signs around them add nothing."""

_SEQUENCES: Final = (
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1q2w3e4r5t6y7u8i9o0p",
)

_LOOKALIKES: Final = str.maketrans("013457@$!", "oleastasi")


class PasswordProblem(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "too_short"
    TOO_LONG = "too_long"
    TOO_COMMON = "too_common"
    ABOUT_YOU = "about_you"


def normal_password(password: str) -> str:
    """The same password however the keyboard composes its characters (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def password_problem(password: str, *, shortest: int, about: Iterable[str] = ()) -> PasswordProblem | None:
    """Why this password cannot be used, or None. `about`: names and addresses of the person and the clinic."""
    text = normal_password(password)
    if len(text) < shortest:
        return PasswordProblem.TOO_SHORT
    if len(text) > LONGEST_PASSWORD:
        return PasswordProblem.TOO_LONG
    if _is_common(text.casefold()):
        return PasswordProblem.TOO_COMMON
    if _is_about(text.casefold(), about):
        return PasswordProblem.ABOUT_YOU
    return None


def _is_common(text: str) -> bool:
    if len(set(text)) < _FEWEST_DIFFERENT:
        return True
    if any(text in row or text[::-1] in row for row in _SEQUENCES):
        return True
    return any(_repeated_root(root) in _COMMON for root in _roots(text))


def _roots(text: str) -> set[str]:
    """What is left of a password without the decoration people put around a word."""
    letters = text.strip("0123456789 !?.,;:-_+*#$%&/()=@<>|'\"")
    return {
        text,
        letters,
        letters.translate(_LOOKALIKES),
        text.translate(_LOOKALIKES).strip(" !?.,;:-_+*#$%&/()=<>|'\""),
    }


def _repeated_root(text: str) -> str:
    """`word` for `wordword`, `wordwordword`; otherwise the text itself."""
    for length in range(1, len(text) // 2 + 1):
        if len(text) % length == 0 and text == text[:length] * (len(text) // length):
            return text[:length]
    return text


def _is_about(text: str, about: Iterable[str]) -> bool:
    """Whether little remains of the password once the words about the person are taken out."""
    remaining = text
    for phrase in about:
        words = phrase.casefold().replace("@", " ").replace(".", " ").split()
        for word in ("".join(words), *words):
            if len(word) >= _SHORTEST_CONTEXT:
                remaining = remaining.replace(word, "")
    return remaining != text and len(remaining.strip("0123456789 !?.,;:-_")) < _SHORTEST_CONTEXT + 2


def normal_email(text: str) -> str | None:
    """An address as it is compared and stored, or None if it is not one.

    Only the shape is checked (one @, something before it, a dot after it); whether it can be delivered shows when
    something is sent.
    """
    address = unicodedata.normalize("NFKC", text.strip()).casefold()
    local, _, domain = address.rpartition("@")
    plausible = bool(local) and "@" not in local and "." in domain.strip(".") and domain == domain.strip(".")
    if (
        not plausible
        or len(address) > _LONGEST_EMAIL
        or any(char.isspace() or not char.isprintable() for char in address)
    ):
        return None
    return address


@dataclass(frozen=True, slots=True)
class ThrottleRule:
    """`free` wrong tries within `window` cost nothing; each further one doubles the wait, from `first` to `longest`."""

    free: int
    window: timedelta
    first: timedelta
    longest: timedelta


PER_ACCOUNT: Final = ThrottleRule(5, timedelta(hours=24), timedelta(seconds=30), timedelta(minutes=15))
"""At most about a hundred wrong tries a day against one account (SP 800-63B, 5.2.2: at most 100 in a row)."""

PER_ADDRESS: Final = ThrottleRule(30, timedelta(hours=1), timedelta(seconds=30), timedelta(minutes=15))
"""One address may be a whole clinic behind its router."""


_HOUSEHOLD: Final = 64
"""Bits of an IPv6 address that name a household or a machine; the rest its owner chooses anew at will."""


def throttled_address(text: str) -> str:
    """The part of an internet address that tries are counted by: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return text
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address, _HOUSEHOLD), strict=False))


def wait_after(failures: Sequence[datetime], now: datetime, rule: ThrottleRule) -> timedelta:
    """How long until the next try is looked at; zero: at once. `failures` in any order; older ones are ignored.

    Those *after* `now` count as well: a request that waited in a queue has an earlier instant than the ones that
    overtook it, and a crowd sent at once must not slip through that gap.
    """
    recent = [at for at in failures if at > now - rule.window]
    if len(recent) < rule.free:
        return timedelta(0)
    # The exponent is bounded: 2 to the power of a few thousand failures is no duration.
    delay = min(rule.longest, rule.first * (1 << min(len(recent) - rule.free, 16)))
    return max(timedelta(0), max(recent) + delay - now)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """How long a sign-in lasts: unused (`idle`) and at the very most (`absolute`)."""

    idle: timedelta
    absolute: timedelta


TOUCH_EVERY: Final = timedelta(minutes=1)
"""How exactly "last seen" is kept; each update is a write."""


def session_is_alive(
    *, last_seen: datetime, expires: datetime, revoked: datetime | None, idle: timedelta, now: datetime
) -> bool:
    """Whether a sign-in still counts."""
    return revoked is None and now < expires and now - last_seen < idle


def link_is_open(*, expires: datetime, used: datetime | None, withdrawn: datetime | None, now: datetime) -> bool:
    """Whether an invitation can still be used."""
    return used is None and withdrawn is None and now < expires


def safe_path(target: str | None) -> str | None:
    """`target` if it leads to a page of this application, otherwise None.

    Browsers read a backslash as a slash and drop tabs and line breaks before they decide what is a host, so anything
    with one of these in it is refused rather than understood.
    """
    if not target or not target.startswith("/") or target.startswith("//"):
        return None
    if "\\" in target or any(ord(char) < 0x21 or ord(char) == 0x7F for char in target):  # noqa: PLR2004  # ASCII controls
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else target


def device_name(user_agent: str) -> str:
    """A browser in words its owner recognises; the untrusted header itself is not kept."""
    browsers = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "Chromebook"),
        ("Linux", "Linux"),
    )
    browser = next((name for mark, name in browsers if mark in user_agent), None)
    system = next((name for mark, name in systems if mark in user_agent), None)
    return " · ".join(part for part in (browser, system) if part)
