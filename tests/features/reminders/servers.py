"""Real peers on loopback: a mail server, a push service that can open what it is sent, a web server that answers."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import http_ece
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate for localhost: how a server shows it, and how a client that knows it checks it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return server, ssl.create_default_context(cafile=str(folder / "cert.pem"))


# ---------------------------------------------------------------------------------------------- mail


@dataclass
class Mailbox:
    """What a mail server has received, and how it answers a recipient (None: it takes the message)."""

    port: int = 0
    answer: Callable[[str], str | None] = lambda _address: None
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        refusal = self.answer(address)
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, _server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        letter = message_from_bytes(envelope.content, policy=modern)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        self.recipients.extend(envelope.rcpt_tos)
        self.encrypted.append(session.ssl is not None)
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        right = data.password == b"open sesame"
        if right:
            self.users.append(data.login.decode())
        return AuthResult(success=right, handled=False)


@contextmanager
def mail_server(tls: ssl.SSLContext | None = None, *, login: bool = False) -> Iterator[Mailbox]:
    """A mail server on a free port of loopback; with `tls` it insists on STARTTLS, with `login` on a password."""
    box = Mailbox()
    how: dict[str, Any] = {"tls_context": tls, "require_starttls": True} if tls else {}
    if login:
        how |= {"authenticator": box.authenticate, "auth_required": True}
    # The loop lives in its thread from beginning to end: in a worker that has driven a browser, Playwright's own loop
    # runs in the main thread for ever, and another one cannot be run there.
    loop = asyncio.new_event_loop()
    ready = Event()

    async def serve() -> None:
        server = await loop.create_server(lambda: SMTP(box, hostname="localhost", loop=loop, **how), "127.0.0.1", 0)
        box.port = server.sockets[0].getsockname()[1]
        ready.set()
        await closing.wait()
        server.close()
        await _calm_down(asyncio.all_tasks(loop) - {asyncio.current_task(loop)})

    closing = asyncio.Event()
    thread = Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(timeout=30), "the mail server did not start"
        yield box
    finally:
        loop.call_soon_threadsafe(closing.set)
        thread.join()
        loop.close()


async def _calm_down(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


# ---------------------------------------------------------------------------------------------- the web


@dataclass
class Received:
    """A request as it came."""

    path: str
    headers: Message
    body: bytes


@dataclass
class WebServer:
    """A web server that keeps what it gets. `answer` gives status and headers for a path."""

    port: int = 0
    answer: Callable[[str], tuple[int, dict[str, str]]] = lambda _path: (201, {})
    requests: list[Received] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@contextmanager
def web_server() -> Iterator[WebServer]:
    """A web server on a free port of loopback."""
    kept = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            kept.requests.append(Received(self.path, self.headers, body))
            status, headers = kept.answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": "0", **headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    kept.port = server.server_port
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# ---------------------------------------------------------------------------------------------- web push


def plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class PushBrowser:
    """A browser that has subscribed: it holds the private key and opens what its service hands on."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = b"0123456789abcdef"

    @property
    def p256dh(self) -> str:
        return plain(self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))

    @property
    def auth(self) -> str:
        return plain(self.secret)

    def opened(self, request: Received) -> dict[str, Any]:
        """The message: RFC 8291 (aes128gcm) with the keys of this browser."""
        assert request.headers["Content-Encoding"] == "aes128gcm"
        text = http_ece.decrypt(request.body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        document = json.loads(text)
        assert isinstance(document, dict)
        return document


def vapid_claims(request: Received, server_key: str) -> dict[str, Any]:
    """The claims a push service reads, after it has checked who signed them (RFC 8292). Raises InvalidSignature."""
    scheme, _, rest = request.headers["Authorization"].partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert parts["k"] == server_key
    signed, _, signature = parts["t"].rpartition(".")
    numbers = raw(signature)
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(parts["k"]))
    der = encode_dss_signature(int.from_bytes(numbers[:32], "big"), int.from_bytes(numbers[32:], "big"))
    key.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
    header, claims = (json.loads(raw(part)) for part in signed.split("."))
    assert header["alg"] == "ES256"
    assert isinstance(claims, dict)
    return claims
