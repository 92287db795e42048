"""Pairing this computer with an account, and leaving it."""

from __future__ import annotations

import platform
import uuid
from gettext import gettext as _
from http import HTTPStatus
from typing import Any, Final

from exercises import ENGINE_VERSION
from tracker.clock import SystemClock
from tracker.vision.errors import VisionError
from tracker.vision.watch.addresses import checked_address
from tracker.vision.watch.courier import WORTHLESS, Courier, Link
from tracker.vision.watch.errors import PairingError, ServerUnreachableError
from tracker.vision.watch.pairing import (
    Pairing,
    Places,
    forget_pairing,
    new_watcher,
    read_pairing,
    write_pairing,
)
from tracker.vision.watch.server import RefusedError, Server
from tracker.vision.watch.spool import Spool

_OWNER: Final = "owner"
_LONGEST_NAME: Final = 120


def pair(folders: Places, address: str, code: str) -> Pairing:
    """Connect this computer. Raises `tracker.vision.errors.VisionError`."""
    server = Server(checked_address(address))
    before = _known(folders)
    same_server = before is not None and before.server == server.address
    watcher = before.watcher if before is not None and same_server else new_watcher()
    try:
        answer = _ask(server, code, watcher)
    finally:
        server.close()
    pairing = _pairing_of(server, answer)
    with Spool(folders.spool) as spool:
        # The watcher, because a first name is not one person: the server lets nobody have somebody else's.
        _hand_over(spool, [pairing.server, pairing.person, pairing.watcher])
    write_pairing(folders.pairing, pairing)
    return pairing


def _pairing_of(server: Server, answer: dict[str, Any]) -> Pairing:
    try:
        return Pairing(server.address, str(answer["token"]), str(uuid.UUID(answer["watcher"])), str(answer["person"]))
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise ServerUnreachableError(server.address, _("this is not an address of a server")) from error


def _known(folders: Places) -> Pairing | None:
    try:
        return read_pairing(folders.pairing)
    except PairingError:
        return None  # a broken file is replaced


def _ask(server: Server, code: str, watcher: str) -> dict[str, Any]:
    document = {
        "code": code.strip(),
        "name": (platform.node() or "computer")[:_LONGEST_NAME],
        "watcher": watcher,
        "version": ENGINE_VERSION,
    }
    try:
        try:
            return server.post("/api/watch/pair", document)
        except RefusedError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
            # This computer was connected with somebody else's account before.
            return server.post("/api/watch/pair", {**document, "watcher": new_watcher()})
    except ServerUnreachableError as error:
        raise _why_not(error) from error


def _why_not(error: ServerUnreachableError) -> VisionError:
    if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return PairingError(
            _("This code does not work (any more). Open Posture, Computers on {server} for a new one.").format(
                server=error.server
            )
        )
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return PairingError(_("Too many codes were tried. Please wait a while, then take a new code."))
    return error


def _hand_over(spool: Spool, owner: list[str]) -> None:
    """What lies in the spool belongs to the account before, or to nobody yet; another one's must not be mixed in."""
    before = spool.noted(_OWNER)
    if before is not None and before != owner:
        spool.forget_everything()
    spool.note(_OWNER, owner)
    spool.note(WORTHLESS, None)


def leave(folders: Places) -> bool:
    """Send what waits, say good-bye, and forget everything; whether the server knows about it.

    Raises `PairingError` when this computer is not paired.
    """
    pairing = read_pairing(folders.pairing)
    if pairing is None:
        raise PairingError(_("This computer is not paired."))
    told = Courier(folders.pairing, folders.spool, SystemClock(), _nothing).carry_once() is Link.FINE
    if told:
        server = Server(pairing.server, pairing.token)
        try:
            server.post("/api/watch/leave", {})
        except VisionError:
            told = False
        finally:
            server.close()
    forget_pairing(folders.pairing)
    with Spool(folders.spool) as spool:
        spool.forget_everything()
    return told


def _nothing() -> None:
    """Nobody waits for news."""
