"""Every setting of the application: one frozen object, read once.

Nothing else reads the environment. Each setting has a default, an environment variable and a sentence; `tracker
settings` prints them. Secrets come from their variable or, by default, from a file in the data folder that is
written on first start (folder 0700, file 0600). A secret is a list with the newest first: the first one signs or
encrypts, all of them are accepted, so a key is rotated by adding a line on top and removed when nothing uses it.
"""
# ruff: noqa: RUF009  # `_setting` and `_secret` return a dataclass field; that is what a default may be

from __future__ import annotations

import os
import re
import secrets as randomness
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit
from zoneinfo import available_timezones

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

PROJECT_ROOT = Path(__file__).resolve().parent.parent

_LONGEST_PORT = 65_535
_KEY_BYTES = 32
_SHORTEST_SIGNING_KEY = 32
_SECRETS_FOLDER = "secrets"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HIDDEN = frozenset({"database_url", "smtp_password"})
_VITAL = frozenset({"field-keys", "index-key"})
_DATABASE_FILE = "rhomboid.sqlite3"
_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
_MAIL_ADDRESS = re.compile(r"^[^@\s<>,;:\"]+@[^@\s<>,;:\"]+$")
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The number of points of the curve P-256 (FIPS 186-4, D.1.2.3): a private key is a number from 1 below it."""
_SMTP_PORTS = {"starttls": "587", "tls": "465", "none": "25"}
_HOST_NAME = re.compile(r"^(\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])$")


class SettingsError(Exception):
    """One or more settings cannot be used; `problems` holds a sentence for each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Description:
    """What is known about a setting besides its value. `default` may depend on the settings above it."""

    env: str
    default: str | Callable[[Mapping[str, Any]], str]
    parse: Callable[[str], Any]
    about: str
    secret_file: str | None = None
    make: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `tracker settings`. `value` is None for secrets, which are never shown."""

    name: str
    env: str
    default: str
    source: str
    value: str | None
    about: str


def _setting(
    env: str,
    default: str | Callable[[Mapping[str, Any]], str],
    parse: Callable[[str], Any],
    about: str,
    *,
    shown: bool = True,
) -> Any:
    return field(repr=shown, metadata={"setting": Description(env, default, parse, about)})


def _secret(env: str, file: str, make: Callable[[], str], parse: Callable[[str], Any], about: str) -> Any:
    return field(repr=False, metadata={"setting": Description(env, "", parse, about, secret_file=file, make=make)})


def _text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


def _folder(value: str) -> Path:
    return Path(_text(value)).expanduser().resolve()


def _yes_or_no(value: str) -> bool:
    answers = {"yes": True, "true": True, "1": True, "on": True, "no": False, "false": False, "0": False, "off": False}
    try:
        return answers[value.strip().lower()]
    except KeyError:
        raise ValueError("must be yes or no") from None


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        try:
            number = int(value)
        except ValueError:
            raise ValueError("must be a whole number") from None
        if not least <= number <= most:
            raise ValueError(f"must be from {least} to {most}")
        return number

    return parse


def _span(unit: str, least: int, most: int) -> Callable[[str], timedelta]:
    whole = _whole(least, most)

    def parse(value: str) -> timedelta:
        return timedelta(**{unit: whole(value)})

    return parse


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value.strip().lower() not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value.strip().lower()

    return parse


def _origin(value: str) -> str:
    parts = urlsplit(value.strip().rstrip("/"))
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must look like https://clinic.example")
    if parts.path or parts.query or parts.fragment or parts.username:
        raise ValueError("must be scheme, host and port only, like https://clinic.example")
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _hosts(value: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in value.split(",") if name.strip())
    wrong = [name for name in names if not _HOST_NAME.match(name)]
    if wrong:
        raise ValueError(f"these are not host names (no scheme, no port): {', '.join(wrong)}")
    if not names:
        raise ValueError("must name at least one host")
    return names


def _database(value: str) -> str:
    text = value.strip()
    for short in ("postgres://", "postgresql://"):
        if text.startswith(short):
            text = "postgresql+psycopg://" + text.removeprefix(short)
    if not text.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ValueError("must start with sqlite:/// or postgresql://")
    if text in {"sqlite:///", "sqlite:///:memory:"}:
        raise ValueError("must name a file; a database in memory would be a different one for each connection")
    return text


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("must be an IANA time zone such as Europe/Berlin")
    return value


def _lines(value: str) -> tuple[str, ...]:
    """Keys separated by line breaks (files) or commas (variables)."""
    return tuple(key for key in re.split(r"[\s,]+", value.strip()) if key)


def _signing_keys(value: str) -> tuple[str, ...]:
    keys = _lines(value)
    if not keys or any(len(key) < _SHORTEST_SIGNING_KEY for key in keys):
        raise ValueError(f"must hold keys of at least {_SHORTEST_SIGNING_KEY} characters")
    return keys


def _field_keys(value: str) -> tuple[str, ...]:
    keys = _lines(value)
    if not keys:
        raise ValueError("must hold at least one key")
    for key in keys:
        _key_bytes(key)
    return keys


def _key_bytes(value: str) -> bytes:
    try:
        key = urlsafe_b64decode(value.strip())
    except ValueError:
        raise ValueError("must be url-safe base64 of 32 bytes") from None
    if len(key) != _KEY_BYTES:
        raise ValueError("must be url-safe base64 of 32 bytes")
    return key


def _new_key() -> str:
    return urlsafe_b64encode(randomness.token_bytes(_KEY_BYTES)).decode()


def _host_or_nothing(value: str) -> str:
    return _hosts(value)[0] if value.strip() else ""


def _mail_address(value: str) -> str:
    if not _MAIL_ADDRESS.match(value.strip()):
        raise ValueError("must be an e-mail address such as rhomboid@clinic.example")
    return value.strip()


def _vapid_subject(value: str) -> str:
    text = value.strip()
    if text.startswith("mailto:"):
        return f"mailto:{_mail_address(text.removeprefix('mailto:'))}"
    return _https_only(text)


def _https_only(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError("must be a mailto: or https:// address at which somebody can be reached")
    return text


def _vapid_key(value: str) -> str:
    text = value.strip()
    if not 1 <= int.from_bytes(_key_bytes(text), "big") < _P256_ORDER:
        raise ValueError("must be a private key of the curve P-256")
    return text


def _new_vapid_key() -> str:
    number = 1 + randomness.randbelow(_P256_ORDER - 1)
    return urlsafe_b64encode(number.to_bytes(_KEY_BYTES, "big")).decode()


def _default_smtp_port(known: Mapping[str, Any]) -> str:
    return _SMTP_PORTS[known["smtp_security"]]


def _default_mail_from(known: Mapping[str, Any]) -> str:
    return f"rhomboid@{(urlsplit(known['base_url']).hostname or 'localhost').strip('[]')}"


def _default_vapid_subject(known: Mapping[str, Any]) -> str:
    """Push services want to know whom to ask; the site itself where it is on the net, else the sender of e-mail."""
    parts = urlsplit(known["base_url"])
    return f"https://{parts.hostname}" if parts.scheme == "https" else f"mailto:{known['mail_from']}"


def _default_base_url(known: Mapping[str, Any]) -> str:
    host = known["host"]
    # An address that means "every interface" is no address a browser can open.
    shown = "localhost" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104
    return f"http://{shown}:{known['port']}"


def _default_hosts(known: Mapping[str, Any]) -> str:
    host = urlsplit(known["base_url"]).hostname or "localhost"
    shown = f"[{host}]" if ":" in host else host
    return ",".join(dict.fromkeys([shown, "localhost", "127.0.0.1"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All settings. Build it with `Settings.load(environ)`."""

    data_folder: Path = _setting(
        "TRACKER_DATA", "./var", _folder, "Folder for everything that must be kept: database and secrets."
    )
    database_url: str = _setting(
        "DATABASE_URL",
        lambda known: f"sqlite:///{(known['data_folder'] / _DATABASE_FILE).as_posix()}",
        _database,
        "Database. By default an SQLite file in the data folder; postgresql://... for several machines.",
        shown=False,
    )
    host: str = _setting("TRACKER_HOST", "127.0.0.1", _text, "Address the server listens on.")
    port: int = _setting("TRACKER_PORT", "8000", _whole(1, _LONGEST_PORT), "Port the server listens on.")
    threads: int = _setting("TRACKER_THREADS", "8", _whole(1, 64), "Requests the server works on at the same time.")
    base_url: str = _setting(
        "TRACKER_BASE_URL", _default_base_url, _origin, "The address people type, as seen from outside."
    )
    trusted_hosts: tuple[str, ...] = _setting(
        "TRACKER_TRUSTED_HOSTS",
        _default_hosts,
        _hosts,
        "Host names the server answers to, separated by commas. Others are refused.",
    )
    proxies: int = _setting(
        "TRACKER_PROXIES",
        "0",
        _whole(0, 5),
        "Number of reverse proxies in front whose X-Forwarded headers are believed.",
    )
    body_limit_bytes: int = _setting(
        "TRACKER_BODY_LIMIT", "8388608", _whole(100_000, 100_000_000), "Largest request that is accepted, in bytes."
    )
    patient_idle: timedelta = _setting(
        "TRACKER_PATIENT_IDLE_DAYS", "30", _span("days", 1, 365), "A patient stays signed in this many days unused."
    )
    patient_absolute: timedelta = _setting(
        "TRACKER_PATIENT_ABSOLUTE_DAYS", "90", _span("days", 1, 365), "A patient signs in again after this many days."
    )
    staff_idle: timedelta = _setting(
        "TRACKER_STAFF_IDLE_MINUTES", "60", _span("minutes", 5, 1440), "Staff stay signed in this many minutes unused."
    )
    staff_absolute: timedelta = _setting(
        "TRACKER_STAFF_ABSOLUTE_HOURS", "12", _span("hours", 1, 168), "Staff sign in again after this many hours."
    )
    invitation_lifetime: timedelta = _setting(
        "TRACKER_INVITATION_DAYS", "7", _span("days", 1, 60), "An invitation link works this many days."
    )
    # Never longer than what patients read when they agree to it.
    tracks_kept: timedelta = _setting(
        "TRACKER_TRACK_DAYS", "30", _span("days", 1, 30), "Stored joint positions are deleted after this many days."
    )
    password_memory_kib: int = _setting(
        "TRACKER_PASSWORD_MEMORY_KIB", "65536", _whole(64, 4_194_304), "Memory argon2id uses for one password, in KiB."
    )
    password_rounds: int = _setting("TRACKER_PASSWORD_ROUNDS", "3", _whole(1, 50), "Passes of argon2id.")
    default_time_zone: str = _setting(
        "TRACKER_TIME_ZONE", "UTC", _zone, "Time zone offered first when a person is set up."
    )
    heartbeat: bool = _setting(
        "TRACKER_HEARTBEAT", "yes", _yes_or_no, "Whether `tracker serve` also runs the regular jobs."
    )
    smtp_host: str = _setting(
        "TRACKER_SMTP_HOST", "", _host_or_nothing, "Mail server that takes our messages. Empty: no e-mail is sent."
    )
    smtp_security: str = _setting(
        "TRACKER_SMTP_SECURITY",
        "starttls",
        _one_of("starttls", "tls", "none"),
        "How the connection to the mail server is encrypted; none only for a server on the same machine.",
    )
    smtp_port: int = _setting(
        "TRACKER_SMTP_PORT", _default_smtp_port, _whole(1, _LONGEST_PORT), "Port of the mail server."
    )
    smtp_user: str = _setting(
        "TRACKER_SMTP_USER", "", str.strip, "Name we sign in with at the mail server. Empty: without signing in."
    )
    smtp_password: str = _setting(
        "TRACKER_SMTP_PASSWORD", "", str, "Password at the mail server. Never shown.", shown=False
    )
    mail_from: str = _setting("TRACKER_MAIL_FROM", _default_mail_from, _mail_address, "Sender of our e-mail.")
    vapid_subject: str = _setting(
        "TRACKER_VAPID_SUBJECT",
        _default_vapid_subject,
        _vapid_subject,
        "Whom a push service asks when something is wrong with our web push: mailto:... or https://...",
    )
    log_level: str = _setting(
        "TRACKER_LOG_LEVEL", "info", _one_of("debug", "info", "warning", "error"), "How much is logged."
    )
    log_format: str = _setting("TRACKER_LOG_FORMAT", "text", _one_of("text", "json"), "How log lines are written.")
    models_folder: Path = _setting(
        "TRACKER_MODELS", str(PROJECT_ROOT / "build" / "models"), _folder, "Folder of the pose bundles."
    )
    assets_folder: Path = _setting(
        "TRACKER_ASSETS", str(PROJECT_ROOT / "build" / "assets"), _folder, "Folder of the built browser files."
    )
    signing_keys: tuple[str, ...] = _secret(
        "TRACKER_SIGNING_KEYS",
        "signing-keys",
        _new_key,
        _signing_keys,
        "Keys that sign cookies and form tokens, newest first.",
    )
    field_keys: tuple[str, ...] = _secret(
        "TRACKER_FIELD_KEYS",
        "field-keys",
        _new_key,
        _field_keys,
        "Keys that encrypt names, addresses and notes, newest first.",
    )
    index_key: bytes = _secret(
        "TRACKER_INDEX_KEY",
        "index-key",
        _new_key,
        _key_bytes,
        "Key that makes an e-mail address findable without storing it in clear. Cannot be rotated.",
    )
    vapid_key: str = _secret(
        "TRACKER_VAPID_KEY",
        "vapid-key",
        _new_vapid_key,
        _vapid_key,
        "Key that signs web push (VAPID, P-256). With another one every browser has to subscribe again.",
    )

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read every setting from `environ` (the process environment by default).

        Creates the data folder and the secret files when they are missing. Raises `SettingsError` with a sentence
        for each setting that cannot be used.
        """
        source = os.environ if environ is None else environ
        known: dict[str, Any] = {}
        problems: list[str] = []
        for name, description in _descriptions():
            try:
                known[name] = _read(description, source, known)
            except (ValueError, OSError) as error:
                problems.append(f"{description.env} {error}")
            except KeyError:
                continue  # its default depends on a setting that is already reported
        if not problems:
            problems = _contradictions(known)
        if problems:
            raise SettingsError(problems)
        return cls(**known)

    @property
    def https(self) -> bool:
        """Whether people reach the application over TLS."""
        return self.base_url.startswith("https://")

    @property
    def on_loopback(self) -> bool:
        """Whether the application is for this machine only."""
        return urlsplit(self.base_url).hostname in {"localhost", "127.0.0.1", "::1"}

    @property
    def embedded_database(self) -> bool:
        """Whether the database is the SQLite file of this machine."""
        return self.database_url.startswith("sqlite:")


def _contradictions(known: Mapping[str, Any]) -> list[str]:
    """Settings that are fine alone and wrong together."""
    problems = []
    if known["patient_idle"] > known["patient_absolute"]:
        problems.append("TRACKER_PATIENT_IDLE_DAYS must not be longer than TRACKER_PATIENT_ABSOLUTE_DAYS")
    if known["staff_idle"] > known["staff_absolute"]:
        problems.append("TRACKER_STAFF_IDLE_MINUTES must not be longer than TRACKER_STAFF_ABSOLUTE_HOURS")
    if known["smtp_user"] and known["smtp_security"] == "none" and known["smtp_host"] not in _LOOPBACK:
        problems.append(
            "TRACKER_SMTP_USER must not be used with TRACKER_SMTP_SECURITY none: the password could be read"
        )
    return problems


def _descriptions() -> Iterator[tuple[str, Description]]:
    for each in fields(Settings):
        yield each.name, each.metadata["setting"]


def _read(description: Description, environ: Mapping[str, str], known: Mapping[str, Any]) -> Any:
    text = environ.get(description.env)
    if text is None and description.secret_file is not None and description.make is not None:
        text = _stored_secret(known["data_folder"], description.secret_file, description.make)
    if text is None:
        text = description.default(known) if callable(description.default) else description.default
    return description.parse(text)


def _stored_secret(data_folder: Path, file_name: str, make: Callable[[], str]) -> str:
    """The secret in the data folder; made on first start, never again.

    Raises ValueError when the embedded database exists but its key does not: a new key would make every name and
    note in it unreadable, and that must not look like a normal start.
    """
    folder = data_folder / _SECRETS_FOLDER
    path = folder / file_name
    if not path.exists():
        if file_name in _VITAL and (data_folder / _DATABASE_FILE).exists():
            raise ValueError(f"is missing: there is a database in {data_folder}, but not its key {path}")
        _make_private_folder(data_folder)
        _make_private_folder(folder)
        _write_once(path, make())
    _tighten(path, _PRIVATE_FILE)
    return path.read_text(encoding="ascii")


def _make_private_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE_FOLDER)
    _tighten(folder, _PRIVATE_FOLDER)


def _tighten(path: Path, mode: int) -> None:
    """Take away what others may do with `path`, for instance after a restore with a lax umask."""
    if os.name == "posix" and path.stat().st_mode & 0o077:
        path.chmod(mode)


def _write_once(path: Path, content: str) -> None:
    """Write a private file whole or not at all; of two processes that start together the first one wins."""
    draft = path.with_name(f"{path.name}.{randomness.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE_FILE)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def describe(settings: Settings, environ: Mapping[str, str] | None = None) -> list[Row]:
    """Every setting with its variable, default, and where the present value comes from; secrets without values."""
    source = os.environ if environ is None else environ
    known = {each.name: getattr(settings, each.name) for each in fields(settings)}
    rows = []
    for name, description in _descriptions():
        secret = description.secret_file is not None
        hidden = secret or name in _HIDDEN
        default = description.default(known) if callable(description.default) else description.default
        origin = "environment" if description.env in source else "file" if secret else "default"
        stored = f"made on first start in {_SECRETS_FOLDER}/{description.secret_file}"
        value = None if hidden and (secret or origin == "environment") else _shown(known[name])
        rows.append(Row(name, description.env, stored if secret else default, origin, value, description.about))
    return rows


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    return str(value)


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Variables that look like settings of ours and are none: most likely a slip of the pen."""
    source = os.environ if environ is None else environ
    known = {description.env for _, description in _descriptions()}
    return sorted(
        name for name in source if name.startswith("TRACKER_") and name not in known and name != "TRACKER_TEST_MEDIA"
    )
