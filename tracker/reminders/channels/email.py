"""E-mail by SMTP (RFC 5321), text with a simple HTML twin.

The Message-ID is the id of the delivery: when a crash makes a message go out twice, mail programs see one. One
connection serves a handful of messages. What fails for good is what the server says about *this* message (a 5xx
answer); what concerns the server itself (no connection, no encryption, a refused sign-in) stops the line and is tried
again later, so that a changed password loses nothing.
"""

from __future__ import annotations

import smtplib
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP as WIRE_FORMAT
from email.utils import format_datetime, formataddr
from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from tracker.reminders.outgoing import SENT, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tracker.reminders.outgoing import Outgoing, Words
    from tracker.settings import Settings

TIMEOUT_S: Final = 10.0
"""For each step of the conversation. Fewer than twelve steps make a message, less than a lease."""
_FIRST_PERMANENT: Final = 500
_LAST_PERMANENT: Final = 599
_SERVICE_CLOSING: Final = 421


@dataclass(frozen=True, slots=True)
class EmailChannel:
    """The mail server of the settings. `tls`: how its certificate is checked; by default as browsers do."""

    settings: Settings
    tls: ssl.SSLContext | None = None
    timeout_s: float = TIMEOUT_S

    @contextmanager
    def opened(self) -> Iterator[EmailLine]:
        line = EmailLine(self)
        try:
            yield line
        finally:
            line.close()


class EmailLine:
    """A connection to the mail server, made with the first message and made anew when the server hung up."""

    def __init__(self, channel: EmailChannel) -> None:
        self._channel = channel
        self._server: smtplib.SMTP | None = None

    def send(self, message: Outgoing, words: Words, at: datetime) -> Outcome:
        try:
            letter = compose(self._channel.settings, message, words, at)
        except ValueError:  # an address or a header that no mail program could read
            return Outcome(reason="bad_address")
        if self._server is None:
            problem = self._connect()
            if problem is not None:
                return problem
        return self._hand_over(letter)

    def _hand_over(self, letter: EmailMessage) -> Outcome:
        assert self._server is not None  # `send` has connected
        try:
            self._server.send_message(letter)
        except smtplib.SMTPException as error:
            self._after(error)
            return outcome_of(error)
        except UnicodeError:  # an address beyond ASCII, and a server without SMTPUTF8
            return Outcome(reason="bad_address")
        except OSError:  # a server that takes its time over one message has none for the next
            self.close()
            return Outcome(again=True, reason="network", blocked=True)
        return SENT

    def _connect(self) -> Outcome | None:
        """Connect, encrypt and sign in; what went wrong, if so."""
        settings, timeout = self._channel.settings, self._channel.timeout_s
        context = self._channel.tls or ssl.create_default_context()
        try:
            server: smtplib.SMTP = (
                smtplib.SMTP_SSL(settings.smtp_host, settings.smtp_port, timeout=timeout, context=context)
                if settings.smtp_security == "tls"
                else smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=timeout)
            )
        except (OSError, smtplib.SMTPException) as error:
            reason = "no_tls" if isinstance(error, ssl.SSLError) else "network"
            return Outcome(again=True, reason=reason, blocked=True)
        try:
            if settings.smtp_security == "starttls":
                server.starttls(context=context)
            if settings.smtp_user:
                server.login(settings.smtp_user, settings.smtp_password)
        except (OSError, smtplib.SMTPException) as error:
            _hang_up(server)
            return Outcome(again=True, reason=_why_no_connection(error), blocked=True)
        self._server = server
        return None

    def _after(self, error: smtplib.SMTPException) -> None:
        """Keep the connection when it can still be used."""
        if isinstance(error, smtplib.SMTPServerDisconnected) or getattr(error, "smtp_code", 0) == _SERVICE_CLOSING:
            self.close()
            return
        if self._server is not None:
            try:
                self._server.rset()
            except (OSError, smtplib.SMTPException):
                self.close()

    def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            _hang_up(server)


def _hang_up(server: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):
        server.quit()
    server.close()


def _why_no_connection(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "sign_in_refused"
    if isinstance(error, ssl.SSLError | smtplib.SMTPNotSupportedError):
        return "no_tls"
    return "network"


def outcome_of(error: smtplib.SMTPException) -> Outcome:
    """What an answer of the server means for this message."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
        refused = bool(codes) and all(_is_permanent(code) for code in codes)
        return Outcome(reason="address_refused") if refused else Outcome(again=True, reason="address_deferred")
    if isinstance(error, smtplib.SMTPResponseException):
        if _is_permanent(error.smtp_code):
            return Outcome(reason="refused")
        return Outcome(again=True, reason="deferred", blocked=error.smtp_code == _SERVICE_CLOSING)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Outcome(reason="bad_address")
    # Hung up in the middle: whether the message was taken is unknown; it is sent again with the same Message-ID.
    return Outcome(again=True, reason="network")


def _is_permanent(code: int) -> bool:
    return _FIRST_PERMANENT <= code <= _LAST_PERMANENT


def message_id(settings: Settings, message: Outgoing) -> str:
    """The Message-ID of a delivery, the same at every try."""
    host = (urlsplit(settings.base_url).hostname or "localhost").strip("[]").replace(":", ".")
    return f"<{message.id}@{host}>"


def compose(settings: Settings, message: Outgoing, words: Words, at: datetime) -> EmailMessage:
    """The letter. Raises ValueError where there is no address or one that cannot stand in a header."""
    if not message.address:
        raise ValueError("there is no address")
    letter = EmailMessage(policy=WIRE_FORMAT)
    letter["Message-ID"] = message_id(settings, message)
    letter["Date"] = format_datetime(at)
    letter["From"] = formataddr((words.subject, settings.mail_from))
    letter["To"] = message.address
    letter["Subject"] = words.subject
    # An automatic letter: no absence notes in return, and a way to have no more of them.
    letter["Auto-Submitted"] = "auto-generated"
    letter["X-Auto-Response-Suppress"] = "All"
    letter["List-Unsubscribe"] = f"<{words.settings_url}>"
    if message.urgent:
        letter["Importance"] = "high"
    letter.set_content(_text(words))
    letter.add_alternative(_html(words, message.locale), subtype="html")
    return letter


def _text(words: Words) -> str:
    answer = f"{words.answer_label}:\n{words.answer_url}\n\n" if words.answer_url else ""
    return f"{words.body}\n\n{words.open_label}:\n{words.open_url}\n\n{answer}-- \n{words.why}\n{words.settings_url}\n"


def _html(words: Words, locale: str) -> str:
    """No pictures, nothing fetched from anywhere, readable in the dark."""
    answer = (
        f'<p><a href="{escape(words.answer_url)}">{escape(words.answer_label)}</a></p>\n' if words.answer_url else ""
    )
    return f"""\
<!doctype html>
<html lang="{escape(locale)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{escape(words.subject)}</title>
</head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 34em; margin: 1.5em auto; padding: 0 1em">
<p>{escape(words.body)}</p>
<p><a href="{escape(words.open_url)}" style="font-weight: bold">{escape(words.open_label)}</a></p>
{answer}<hr style="border: 0; border-top: 1px solid #999">
<p style="font-size: 0.9em">{escape(words.why)}<br>
<a href="{escape(words.settings_url)}">{escape(words.settings_url)}</a></p>
</body>
</html>
"""
