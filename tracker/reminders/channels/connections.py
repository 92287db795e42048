"""Connections to addresses that a stranger gave us. After a connection is made and before a byte is sent, it is looked
at whom it has reached: a name that leads into a private network (where only we can go) is refused, whatever the name
server said a moment before. No redirect is followed and no proxy is used, which would hide who is at the other end.
"""

from __future__ import annotations

import ipaddress
import logging
import socket
from contextlib import suppress
from threading import Event, Timer
from typing import TYPE_CHECKING, Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from tracker.reminders.channels.link_local import inner

if TYPE_CHECKING:
    from urllib3.response import HTTPResponse

ANSWER_WITHIN_S: Final = 10.0
"""Status line and headers together. The time-out of a socket starts anew with every byte."""


# It quotes whole addresses when an answer is odd, and the address of a browser is a secret.
logging.getLogger("urllib3").setLevel(logging.ERROR)


class PrivateAddressError(HTTPError):
    """A name led into a private network."""


def _refuse_private(connected: socket.socket, *, loopback_too: bool) -> socket.socket:
    address = ipaddress.ip_address(connected.getpeername()[0].partition("%")[0])
    meant = inner(address)
    site_local = getattr(meant, "is_site_local", False)
    if (meant.is_global and not meant.is_multicast and not site_local) or (loopback_too and meant.is_loopback):
        return connected
    connected.close()
    raise PrivateAddressError("this address is inside a private network")


def _hang_up(connected: socket.socket) -> None:
    """End a connection that another thread is reading from. Not the method of a TLS socket, which would take its state
    away from under the reader.
    """
    with suppress(OSError):
        socket.socket.shutdown(connected, socket.SHUT_RDWR)


class _Punctual(HTTPConnection):
    """Whoever has not answered in time is hung up on."""

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]  # as urllib3 does
        too_late = Event()

        def give_up(connected: socket.socket) -> None:
            too_late.set()
            _hang_up(connected)

        watch = Timer(ANSWER_WITHIN_S, give_up, args=(self.sock,))
        watch.daemon = True
        watch.start()
        try:
            answer = super().getresponse()
        finally:
            watch.cancel()
        if too_late.is_set():
            # What was cut off looks like an answer that has ended.
            answer.close()
            self.close()
            raise TimeoutError
        return answer


class _Public(_Punctual, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _refuse_private(super()._new_conn(), loopback_too=False)


class _PublicOrLoopback(_Punctual, HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _refuse_private(super()._new_conn(), loopback_too=True)


class _PlainLoopback(_Punctual):
    def _new_conn(self) -> socket.socket:
        return _refuse_private(super()._new_conn(), loopback_too=True)


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _Public


class _PublicOrLoopbackPool(HTTPSConnectionPool):
    ConnectionCls = _PublicOrLoopback


class _PlainLoopbackPool(HTTPConnectionPool):
    ConnectionCls = _PlainLoopback


class _Adapter(HTTPAdapter):
    def __init__(self, *, on_loopback: bool) -> None:
        self._on_loopback = on_loopback
        super().__init__(pool_connections=4, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **keywords: Any) -> None:
        super().init_poolmanager(*args, **keywords)
        self.poolmanager.pool_classes_by_scheme = (
            {"https": _PublicOrLoopbackPool, "http": _PlainLoopbackPool}
            if self._on_loopback
            else {"https": _PublicPool}
        )


class _CarefulSession(requests.Session):
    """Reads the status of an answer and leaves the rest: nobody fills our memory, or our time, with a long one."""

    def send(self, request: requests.PreparedRequest, **keywords: Any) -> requests.Response:
        answer = super().send(request, **{**keywords, "stream": True})
        answer.close()
        return answer


def careful_session(*, on_loopback: bool) -> requests.Session:
    """A session that reaches public hosts over https; on a machine that is for itself alone, loopback too."""
    session = _CarefulSession()
    session.trust_env = False
    session.max_redirects = 0
    session.adapters.clear()
    session.mount("https://", _Adapter(on_loopback=on_loopback))
    if on_loopback:
        session.mount("http://", _Adapter(on_loopback=True))
    return session


def led_inside(error: BaseException) -> bool:
    """Whether a failed request failed because it would have reached a private network."""
    seen: BaseException | None = error
    while seen is not None:
        reason = getattr(seen.args[0], "reason", None) if seen.args else None
        if isinstance(seen, PrivateAddressError) or isinstance(reason, PrivateAddressError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False
