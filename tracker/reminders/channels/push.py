"""Web push: RFC 8030 (the service), RFC 8291 (encryption), RFC 8292 (VAPID, who we are), through pywebpush.

The address of a push service comes from a browser and is therefore a stranger's. We talk https only, and not to a
machine inside our own network (`connections`). An installation on loopback, and only that, may talk to loopback.

The topic is the id of the delivery: a message that goes out twice replaces itself while the device is away.
"""

from __future__ import annotations

import ipaddress
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tracker.clock import stopwatch_s
from tracker.reminders.outgoing import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    import requests

    from tracker.reminders.outgoing import Device, Outgoing, Words
    from tracker.settings import Settings

TIMEOUT_S: Final = 8.0
TIME_FOR_ONE_S: Final = 20.0
"""For all devices of one message: nobody keeps others waiting with ten addresses that take their time."""
TTL_S: Final = 4 * 3600
"""How long a push service keeps a reminder for a device that is away; what is urgent is kept a day."""
TTL_URGENT_S: Final = 24 * 3600
_VAPID_LIFETIME_S: Final = 12 * 3600  # RFC 8292: at most 24 hours

LONGEST_ENDPOINT: Final = 1_000
_POINT_BYTES: Final = 65
_SECRET_BYTES: Final = 16
_LONGEST_WAIT_S: Final = 86_400
_OK: Final = range(200, 300)
_GONE: Final = frozenset({404, 410})
_BUSY: Final = 429
_SERVER_ERRORS: Final = range(500, 600)


# ---------------------------------------------------------------------------------------------- keys and subscriptions


def application_server_key(vapid_key: str) -> str:
    """Our public key as `pushManager.subscribe` wants it: the uncompressed point in base64url without padding."""
    number = int.from_bytes(_bytes_of(vapid_key), "big")
    point = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    return urlsafe_b64encode(point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).decode().rstrip("=")


def _bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text.strip() + "=" * (-len(text.strip()) % 4))


def problem_of(endpoint: str, p256dh: str, auth: str, *, on_loopback: bool) -> str | None:
    """What is wrong with a subscription that a browser sent, as a key; None when it can be used."""
    if len(endpoint) > LONGEST_ENDPOINT or not _may_be_called(endpoint, on_loopback=on_loopback):
        return "bad_endpoint"
    try:
        point, secret = _bytes_of(p256dh), _bytes_of(auth)
        if len(point) != _POINT_BYTES or len(secret) != _SECRET_BYTES:
            return "bad_keys"
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        return "bad_keys"
    return None


def _may_be_called(endpoint: str, *, on_loopback: bool) -> bool:
    """Whether the address itself is acceptable; where its name leads is seen when it is called."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username or parts.password or port == 0:
        return False
    if _is_loopback(host):
        return on_loopback and parts.scheme in {"http", "https"}
    try:
        public = ipaddress.ip_address(host).is_global
    except ValueError:
        public = "." in host  # a name; one without a dot is a machine of the house
    return parts.scheme == "https" and public


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


# ---------------------------------------------------------------------------------------------- sending


@dataclass(frozen=True, slots=True)
class PushChannel:
    """The push services that browsers have chosen."""

    settings: Settings
    timeout_s: float = TIMEOUT_S
    time_for_one_s: float = TIME_FOR_ONE_S

    @contextmanager
    def opened(self) -> Iterator[PushLine]:
        # The libraries are slow to load; a web process that only hands out the key never needs them.
        from tracker.reminders.channels.connections import careful_session

        with careful_session(on_loopback=self.settings.on_loopback) as session:
            yield PushLine(self, session)


@dataclass(slots=True)
class PushLine:
    """A few connections. A host that did not answer is left alone for the rest of the batch."""

    channel: PushChannel
    session: requests.Session
    silent: set[str] = field(default_factory=set)
    asked_to_wait_s: int = 0

    def send(self, message: Outgoing, words: Words, at: datetime) -> Outcome:
        """Every device of the person. Reached on one of them is reached."""
        self.asked_to_wait_s = 0
        started = stopwatch_s()
        results = [
            (
                device.id,
                "network"
                if stopwatch_s() - started > self.channel.time_for_one_s
                else self._to(device, message, words, at),
            )
            for device in message.devices
        ]
        gone = tuple(device_id for device_id, result in results if result == "gone")
        answers = [result for _, result in results]
        if None in answers:
            return Outcome(sent=True, gone=gone)
        again = [result for result in answers if result in {"busy", "network"}]
        if again:
            return Outcome(again=True, reason=again[0], gone=gone, wait=timedelta(seconds=self.asked_to_wait_s))
        return Outcome(reason="refused" if "refused" in answers else "no_device", gone=gone)

    def _to(self, device: Device, message: Outgoing, words: Words, at: datetime) -> str | None:
        """Send to one device: None when its service took it, else why not."""
        import requests
        from pywebpush import WebPusher  # type: ignore[import-untyped]  # ships no types
        from urllib3.exceptions import HTTPError

        from tracker.reminders.channels.connections import led_inside

        settings = self.channel.settings
        if not _may_be_called(device.endpoint, on_loopback=settings.on_loopback):
            return "refused"
        host = urlsplit(device.endpoint).netloc
        if host in self.silent:
            return "network"
        keys = {"p256dh": device.p256dh, "auth": device.auth}
        try:
            answer = WebPusher({"endpoint": device.endpoint, "keys": keys}, requests_session=self.session).send(
                payload_of(message, words),
                headers=headers_of(settings, device.endpoint, message, at),
                ttl=TTL_URGENT_S if message.urgent else TTL_S,
                content_encoding="aes128gcm",
                timeout=self.channel.timeout_s,
            )
        except (requests.RequestException, HTTPError, OSError) as error:
            if led_inside(error) or isinstance(error, requests.TooManyRedirects):
                return "refused"
            self.silent.add(host)
            return "network"
        waiting = answer.headers.get("Retry-After", "")
        if waiting.isdecimal():
            self.asked_to_wait_s = max(self.asked_to_wait_s, min(int(waiting), _LONGEST_WAIT_S))
        return _meaning(answer.status_code)


def _meaning(status: int) -> str | None:
    if status in _OK:
        return None
    if status in _GONE:
        return "gone"
    return "busy" if status == _BUSY or status in _SERVER_ERRORS else "refused"


def payload_of(message: Outgoing, words: Words) -> bytes:
    """What the service worker shows. Encrypted for the browser, and neutral all the same: it ends on a lock screen."""
    document = {
        "id": str(message.id),
        "title": words.subject,
        "body": words.body,
        "url": _path(words.open_url),
        "actions_url": _path(words.answer_url) if words.answer_url else None,
        "tag": str(message.id),
        "urgent": message.urgent,
        "lang": message.locale,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _path(url: str) -> str:
    return urlsplit(url).path


def headers_of(settings: Settings, endpoint: str, message: Outgoing, at: datetime) -> dict[str, str]:
    """VAPID, topic and urgency (RFC 8030, 5.3 and 5.4)."""
    from py_vapid import Vapid02  # type: ignore[import-untyped]  # ships no types

    parts = urlsplit(endpoint)
    claims = {
        "sub": settings.vapid_subject,
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(at.timestamp()) + _VAPID_LIFETIME_S,
    }
    return {
        **Vapid02.from_raw(settings.vapid_key.rstrip("=").encode()).sign(claims),
        "Topic": topic_of(message.id),
        "Urgency": "high" if message.urgent else "normal",
    }


def topic_of(delivery_id: UUID) -> str:
    """At most 32 characters of the base64url alphabet: exactly the digits of a UUID."""
    return delivery_id.hex
