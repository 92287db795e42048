"""Which address of a server the token of a pairing may be sent to: an encrypted one, or this computer itself."""

from __future__ import annotations

from gettext import gettext as _
from typing import Final
from urllib.parse import SplitResult, urlsplit

from tracker.vision.watch.errors import PairingError

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_NEVER_IN_AN_ADDRESS: Final = frozenset("\\@?#")


def checked_address(address: str) -> str:
    """The address without a slash at its end. Raises `PairingError` for one that is none or would send in the clear."""
    parts = _parts_of(address)
    # What asks reads a backslash as the end of the host; a name and a password before it would be sent along.
    if parts.scheme not in {"http", "https"} or not parts.hostname or set(address) & _NEVER_IN_AN_ADDRESS:
        raise PairingError(
            _("“{address}” is not the address of a server. It begins with https://").format(address=address)
        )
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise PairingError(
            _("{address} is not encrypted: others on the network could read along. Use its https address.").format(
                address=address
            )
        )
    return address.rstrip("/")


def _parts_of(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")  # brackets that do not close
