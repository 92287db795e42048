"""What a clinic reaches with Apprise: its own chat, pager or phone service. Off until an administrator writes addresses
down, and loaded only then: the library is large.

Apprise can do more than send: show windows on the server's desktop, write to its system log, read files that an address
names. So only schemes on a list of services that are reached over the network may be used, and none of the parameters
that name a file. Which parameters an address has is read more liberally than any parser would: Apprise splits at
more characters than the standard does, and forgives spaces around a name.

Whom an address reaches is for the clinic to say, machines of its own network included. Only the wire itself is refused
(`link_local`): by what the host of an address resolves to, when it is stored and again before each message, and by what
is connected to while a message is sent.
"""

from __future__ import annotations

import logging
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from threading import Thread
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from tracker.clock import stopwatch_s
from tracker.reminders.channels import link_local
from tracker.reminders.outgoing import SENT, Outcome
from tracker.web.logs import error_fields, log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from tracker.reminders.channels.link_local import Resolve
    from tracker.reminders.outgoing import Outgoing, Words

MOST_ADDRESSES: Final = 5
TIME_FOR_ONE_S: Final = 20.0
"""For all addresses of one message."""

_ALLOWED: Final = """
apprise apprises discord form forms gchat gotify gotifys hassio hassios json jsons mailto mailtos matrix matrixs mmost
mmosts ncloud nclouds nctalk nctalks ntfy ntfys opsgenie pagerduty pover rocket rockets signal signals signl4
slack tgram threema twilio webex workflow workflows wxteams xml xmls zulip
"""
ALLOWED: Final = frozenset(_ALLOWED.split())
"""Schemes an address may have."""

FILE_PARAMETERS: Final = frozenset({"keyfile", "pgpkey", "subfile", "template", "attach", "attach-as", "config"})
"""Parameters that make Apprise read a file of this machine."""

_METHOD: Final = "method"
"""A message is posted. To delete or overwrite something elsewhere is nothing an alert has to do."""
_BETWEEN_PARAMETERS: Final = re.compile(r"[?&;#]")


def addresses(text: str) -> list[str]:
    """The addresses in a text with one on each line."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def problem_of(url: str) -> str | None:
    """What is wrong with how an address is written, as a key; None when it can be used. Asks nobody."""
    scheme, separator, _ = url.partition("://")
    if not separator:
        return "not_an_address"
    if scheme.lower() not in ALLOWED:
        return "scheme_not_allowed"
    if not url.isprintable():
        return "not_an_address"
    names = _parameters(url)
    if names & FILE_PARAMETERS:
        return "file_not_allowed"
    if _METHOD in names:
        return "not_an_address"
    return None if _service(url) is not None else "not_an_address"


def _parameters(url: str) -> set[str]:
    """The names of everything that anybody might take for a parameter."""
    parts = _BETWEEN_PARAMETERS.split(url.partition("?")[2])
    names = (unquote_plus(unquote_plus(part.partition("=")[0])) for part in parts)
    return {name.strip().lstrip("+-:").strip().lower() for name in names}


def problem_of_place(url: str, resolve: Resolve = link_local.addresses_of) -> str | None:
    """What is wrong with where an address, which is written as it should be, leads: as a key, None when nothing is.
    Asks the name server, and waits for it.
    """
    return _problem_of_host(_host_of(_service(url)), resolve)


def _problem_of_host(host: str | None, resolve: Resolve) -> str | None:
    if host is None:
        return None
    found = resolve(host)
    if any(map(link_local.is_link_local, found)):
        return "not_an_address"
    return None if found else "unknown_host"


_AT_ITS_MAKER: Final = frozenset({"cloud", "t2bot"})
"""Modes of ntfy and Matrix in which an address names no host: the part in its place is a topic or a token."""


def _host_of(service: Any) -> str | None:
    """The host that whoever wrote an address has chosen; None where the service is at its maker's, always the same.

    In the addresses of those the part in the place of the host is a secret, which no name server must hear.
    """
    if hasattr(service, "smtp_host"):
        chosen = service.smtp_host
    elif hasattr(service, "organization"):
        chosen = f"{service.organization}.{service.hostname}"  # Zulip
    elif "host" in service.template_tokens and getattr(service, "mode", None) not in _AT_ITS_MAKER:
        chosen = service.host
    else:
        return None
    return str(chosen).strip("[]")


def _service(url: str) -> Any:
    """What Apprise makes of an address; None when it makes nothing of it."""
    library = _library()
    # Nothing of ours in what it sends about itself, nothing stored on disk, no other plug-ins, no other threads.
    asset = library.AppriseAsset(
        app_id="Rhomboid", app_desc="", app_url="", async_mode=False, storage_mode="memory", plugin_paths=()
    )
    return library.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)


@cache
def _library() -> Any:
    """Apprise with its services loaded, which it does at the first address. What they say about the age of the modules
    they use is not for us to hear.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        # It says what is wrong with an address, and the address is a secret.
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        apprise.Apprise.instantiate("json://localhost")
    return apprise


@dataclass(frozen=True, slots=True)
class AppriseChannel:
    """Whatever the addresses of a message reach."""

    time_for_one_s: float = TIME_FOR_ONE_S
    resolve: Resolve = link_local.addresses_of

    @contextmanager
    def opened(self) -> Iterator[AppriseChannel]:
        yield self

    def send(self, message: Outgoing, words: Words, _at: datetime) -> Outcome:
        """Every address of the clinic. Reached over one of them is reached; Apprise does not say why one failed."""
        services = [_service(url) for url in message.addresses if problem_of(url) is None]
        usable = [service for service in services if service is not None]
        if not usable:
            return Outcome(reason="bad_address")
        text = f"{words.body}\n{words.open_url}"
        until = stopwatch_s() + self.time_for_one_s
        reached = [
            _within(until - stopwatch_s(), partial(_notify, service, self.resolve, body=text, title=words.subject))
            for service in usable
        ]
        return SENT if any(reached) else Outcome(again=True, reason="not_reached")


def _notify(service: Any, resolve: Resolve, *, body: str, title: str) -> bool:
    """Whether it was reached. A host that leads elsewhere than when it was stored, or nowhere, was not: names and
    name servers are mended, so that is tried again like any failure.
    """
    if _problem_of_host(_host_of(service), resolve) is not None:
        return False
    with link_local.refused():
        return bool(service.notify(body=body, title=title))


def _within(seconds: float, notify: Callable[[], Any]) -> bool:
    """Whether it was reached in time. Apprise waits for as long as a server keeps it waiting; the next message, which
    may be another clinic's emergency, does not.
    """
    if seconds <= 0:
        return False
    answers: list[bool] = []

    def work() -> None:
        try:
            answers.append(bool(notify()))
        except Exception as error:  # noqa: BLE001  # nobody is left to tell but the log
            log.error("sending failed", **error_fields(error))

    thread = Thread(target=work, name="apprise", daemon=True)
    thread.start()
    thread.join(seconds)
    return any(answers)
