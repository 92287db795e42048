"""Carries minutes, breaks, baselines and wishes to the server, and the server's settings back, in a thread of its own.

What is carried lies in the spool and stays there until the server has said 200, so it does not matter when this thread
or the program dies, or whether an answer got lost: everything is sent again, and the server knows it already. While
the server does not answer, waits grow from seconds to ten minutes; they differ from computer to computer, so that a
server that comes back is not met by all at once. Unpaired (401) and without consent (403), nothing is sent any more.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from exercises import ENGINE_VERSION
from tracker.clock import Clock
from tracker.vision.watch import places
from tracker.vision.watch.errors import NoConsentError, PairingError, ServerUnreachableError
from tracker.vision.watch.pairing import Pairing, read_pairing
from tracker.vision.watch.server import NotPairedError, RefusedError, Server
from tracker.vision.watch.spool import Spool
from tracker.vision.watch.wishes import SETTINGS, WISHES

BATCH: Final = 500
ASK_EVERY_S: Final = 30.0
BREAK: Final = "break"
WORTHLESS: Final = "worthless"
"""Name of the fact that the server has taken the pairing back, and how; pairing again removes it."""
_DOCUMENTS: Final = ((places.BASELINE, "/api/watch/baselines"), (BREAK, "/api/watch/breaks"))
_SOONEST_S: Final = 1.0
_FIRST_WAIT_S: Final = 2.0
_LONGEST_WAIT_S: Final = 600.0


class Link(StrEnum):
    """How this computer and the server are connected."""

    ALONE = "alone"
    UNTRIED = "untried"
    FINE = "fine"
    UNREACHABLE = "unreachable"
    NOT_PAIRED = "not_paired"
    NO_CONSENT = "no_consent"


class Courier:
    """Start it with `start`, wake it with `nudge`, end it with `stop`; ``changed`` is called in its thread whenever
    ``link`` is another one or the server's settings have come.
    """

    def __init__(self, pairing: Path, spool: Path, clock: Clock, changed: Callable[[], None]) -> None:
        self.link = Link.UNTRIED
        self._pairing_file = pairing
        self._spool_file = spool
        self._clock = clock
        self._changed = changed
        self._worthless: dict[str, Link] = {}
        self._nudged = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        with Spool(self._spool_file) as spool:
            known = spool.noted(WORTHLESS)
        if known is not None:
            self.link = Link(known)  # nothing is watched while the server is asked once more
        self._thread.start()

    def carry_once(self) -> Link:
        """Carry what there is, here and now, without a thread."""
        with Spool(self._spool_file) as spool:
            return self._try(spool)

    def nudge(self) -> None:
        """There is something to carry."""
        self._nudged.set()

    def stop(self, within_s: float) -> None:
        """A last try to carry what is there, for at most that long."""
        self._ending.set()
        self._nudged.set()
        self._thread.join(within_s)

    def _run(self) -> None:
        with Spool(self._spool_file) as spool:
            failures = 0
            while True:
                ending = self._ending.is_set()
                before, self.link = self.link, self._try(spool)
                failures = failures + 1 if self.link is Link.UNREACHABLE else 0
                if self.link is not before or self.link is Link.FINE:
                    self._changed()
                if ending:
                    return
                self._wait(failures)

    def _wait(self, failures: int) -> None:
        if failures:
            wait_s = min(_FIRST_WAIT_S * 2 ** min(failures - 1, 16), _LONGEST_WAIT_S) * self._own_pace
            self._ending.wait(wait_s)
            return
        self._ending.wait(_SOONEST_S)
        self._nudged.wait(ASK_EVERY_S - _SOONEST_S)
        self._nudged.clear()

    _own_pace = 1.0

    def _try(self, spool: Spool) -> Link:
        try:
            pairing = read_pairing(self._pairing_file)
        except PairingError:
            return Link.NOT_PAIRED
        if pairing is None:
            return Link.ALONE
        if pairing.token in self._worthless:
            return self._worthless[pairing.token]
        # Between 0.75 and 1.25, and always the same on this computer.
        self._own_pace = 0.75 + (uuid.UUID(pairing.watcher).int % 1000) / 2000
        link = self._carry(pairing, spool)
        if link in {Link.NOT_PAIRED, Link.NO_CONSENT}:
            self._worthless[pairing.token] = link
            spool.note(WORTHLESS, link)
        elif link is Link.UNREACHABLE and self.link in {Link.NOT_PAIRED, Link.NO_CONSENT}:
            return self.link  # what was known stays true until the server says otherwise
        return link

    def _carry(self, pairing: Pairing, spool: Spool) -> Link:
        server = Server(pairing.server, pairing.token)
        try:
            self._round(server, spool, pairing)
        except NotPairedError:
            return Link.NOT_PAIRED
        except NoConsentError:
            return Link.NO_CONSENT
        except ServerUnreachableError:
            return Link.UNREACHABLE
        finally:
            server.close()
        return Link.FINE

    def _round(self, server: Server, spool: Spool, pairing: Pairing) -> None:
        self._exchange_wishes(server, spool)
        for kind, path in _DOCUMENTS:
            for document in spool.unsent_documents(kind):
                with suppress(RefusedError):  # sending it again would be for ever
                    server.post(path, document.body)
                spool.confirm_document(kind, document)
        while self._carry_minutes(server, spool, pairing):
            pass

    def _exchange_wishes(self, server: Server, spool: Spool) -> None:
        wishes = spool.noted(WISHES)
        if wishes:
            with suppress(RefusedError):  # an instant too far ahead, perhaps by a wrong clock
                server.post("/api/watch/state", wishes)
            spool.renote(WISHES, wishes, {})
        state = server.get("/api/watch/state")
        spool.note(SETTINGS, state.get("settings") or {})
        spool.note("other_watcher", state.get("other_watcher"))
        places.keep_servers(spool, _listed(state, "baselines"))

    def _carry_minutes(self, server: Server, spool: Spool, pairing: Pairing) -> bool:
        """Carry one batch; true when there may be more."""
        unsent = spool.unsent(self._clock.now(), BATCH)
        if not unsent:
            return False
        answer: dict[str, Any] = server.post(
            "/api/watch/minutes",
            {"watcher": pairing.watcher, "version": ENGINE_VERSION, "minutes": [each.minute for each in unsent]},
        )
        refused = {str(each.get("at")): str(each.get("reason")) for each in _listed(answer, "refused")}
        spool.confirm(unsent, refused)
        return len(unsent) == BATCH and len(refused) < BATCH


def _listed(answer: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects that an answer lists there. What something else has sent must not end this thread."""
    found = answer.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
