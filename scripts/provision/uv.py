"""uv, the tool that installs the locked Python libraries: found on PATH, or fetched once into ``.tools/``.

It is fetched as the pinned wheel from the Python package index (the HTML form of the simple page, which every index
and mirror serves), checked against a SHA-256 recorded here, and unpacked: no pip, no installer script. The index is
``UV_DEFAULT_INDEX``, ``UV_INDEX_URL`` or ``PIP_INDEX_URL`` when one is set, else pypi.org.
"""

from __future__ import annotations

import base64
import hashlib
import html.parser
import os
import platform
import re
import shutil
import ssl
import stat
import subprocess
import urllib.error
import urllib.parse
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provision.console import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

VERSION = "0.13.8"
PUBLIC_INDEX = "https://pypi.org/simple"
INDEX_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
TIMEOUT_S = 60

AGAIN = "Check the internet connection and run the same command again; it goes on where it stopped."


@dataclass(frozen=True, slots=True)
class Wheel:
    """One file of the index: its name and the SHA-256 it must have."""

    name: str
    sha256: str


def _wheel(tags: str, sha256: str) -> Wheel:
    return Wheel(f"uv-{VERSION}-py3-none-{tags}.whl", sha256)


# One wheel per (system, machine, C library); checksums as published for this version.
WHEELS: Mapping[tuple[str, str, str], Wheel] = {
    ("Linux", "x86_64", "glibc"): _wheel(
        "manylinux_2_17_x86_64.manylinux2014_x86_64",
        "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984",
    ),
    ("Linux", "x86_64", "musl"): _wheel(
        "musllinux_1_1_x86_64",
        "29451c60f5e8b07403e0a175d5229efc36b0289b34143ff4aaa499a5dd52553a",
    ),
    ("Linux", "aarch64", "glibc"): _wheel(
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d",
    ),
    ("Linux", "aarch64", "musl"): _wheel(
        "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64",
        "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d",
    ),
    ("Darwin", "x86_64", ""): _wheel(
        "macosx_10_12_x86_64",
        "b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1",
    ),
    ("Darwin", "arm64", ""): _wheel(
        "macosx_11_0_arm64",
        "62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49",
    ),
}

MACHINE_NAMES = {"amd64": "x86_64", "arm64": "aarch64"}  # the other name some Linux systems report


@dataclass(frozen=True, slots=True)
class Link:
    """A file of a simple index page: its name and where to get it."""

    name: str
    url: str


def this_platform() -> tuple[str, str, str]:
    """The system, the machine and (on Linux) the C library, in the words of `WHEELS`."""
    system = platform.system()
    machine = platform.machine()
    if system != "Linux":
        return system, machine, ""
    library = "glibc" if platform.libc_ver()[0] == "glibc" else "musl"
    return system, MACHINE_NAMES.get(machine.lower(), machine), library


def wheel_for(system: str, machine: str, library: str) -> Wheel:
    """The pinned wheel for a platform; raises `Problem` when there is none."""
    wheel = WHEELS.get((system, machine, library))
    if wheel is None:
        raise Problem(
            f"Set-up has no uv for this computer ({system}, {machine}).",
            f"Install uv {VERSION} or newer yourself so that it is on PATH, then run the same command again.",
        )
    return wheel


def index_override(environment: Mapping[str, str]) -> str | None:
    """The package index a person chose through their environment, without its trailing slash."""
    for name in INDEX_VARIABLES:
        value = environment.get(name, "").strip()
        if value:
            return value.rstrip("/")
    return None


class _SimplePage(html.parser.HTMLParser):
    """Collects the links of a PEP 503 page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._target: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._target = dict(attrs).get("href")

    def handle_data(self, data: str) -> None:
        if self._target and data.strip():
            self.found.append((data.strip(), self._target))
            self._target = None


def parse_index(page: str, address: str) -> list[Link]:
    """The files named by a simple index page that was read from `address` (PEP 503: links may be relative)."""
    parser = _SimplePage()
    parser.feed(page)
    return [
        Link(name=name, url=urllib.parse.urldefrag(urllib.parse.urljoin(address, target)).url)
        for name, target in parser.found
    ]


def find_link(links: list[Link], wheel: Wheel) -> Link:
    """The link to `wheel`; raises `Problem` when the index does not carry it."""
    for link in links:
        if link.name == wheel.name:
            return link
    raise Problem(
        f"The package index does not carry {wheel.name}.",
        f"Unset {', '.join(INDEX_VARIABLES)} to use {PUBLIC_INDEX}, or install uv {VERSION} or newer yourself.",
    )


def check(content: bytes, wheel: Wheel) -> None:
    """Raise `Problem` unless `content` is the file whose SHA-256 is pinned."""
    found = hashlib.sha256(content).hexdigest()
    if found != wheel.sha256:
        raise Problem(
            f"{wheel.name} is not the file that was pinned: its SHA-256 is {found[:16]}..., "
            f"expected {wheel.sha256[:16]}...",
            "Nothing was installed. A damaged download goes away when you run the same command again; "
            "if it does not, the index or something on the way changed the file.",
        )


def version_of(program: Path | str) -> tuple[int, ...] | None:
    """The version a uv program reports, or None when it does not run."""
    try:
        answer = subprocess.run(
            [str(program), "--version"], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(\d+)\.(\d+)\.(\d+)", answer)
    return tuple(int(part) for part in found.groups()) if found else None


def pinned_version() -> tuple[int, ...]:
    return tuple(int(part) for part in VERSION.split("."))


def find(tools: Path) -> Path | None:
    """A usable uv that is already here: the one fetched before, or one on PATH that is new enough."""
    fetched = _place(tools)
    if fetched.exists() and version_of(fetched) is not None:
        return fetched
    on_path = shutil.which("uv")
    if on_path is None:
        return None
    version = version_of(on_path)
    return Path(on_path) if version is not None and version >= pinned_version() else None


def fetch(tools: Path, environment: Mapping[str, str]) -> Path:
    """Download, check and unpack the pinned uv; returns the program."""
    wheel = wheel_for(*this_platform())
    page_address = f"{index_override(environment) or PUBLIC_INDEX}/uv/"
    page = _read(page_address, environment, accept="text/html").decode("utf-8", errors="replace")
    link = find_link(parse_index(page, page_address), wheel)
    content = _read(link.url, environment, accept="*/*")
    check(content, wheel)
    return _unpack(content, _place(tools))


def _place(tools: Path) -> Path:
    return tools / f"uv-{VERSION}" / "uv"


def _unpack(content: bytes, place: Path) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    archive = place.with_suffix(".whl")
    archive.write_bytes(content)
    with zipfile.ZipFile(archive) as wheel:
        program = wheel.read(f"uv-{VERSION}.data/scripts/uv")
    partial = place.with_suffix(".partial")
    partial.write_bytes(program)
    partial.chmod(stat.S_IRWXU | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
    partial.replace(place)  # an interrupted download never leaves half a program
    archive.unlink()
    return place


def _read(address: str, environment: Mapping[str, str], *, accept: str) -> bytes:
    request = _request(address, accept)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S, context=_trust(environment)) as answer:  # noqa: S310 - http(s) only, see _request
            content: bytes = answer.read()
    except urllib.error.HTTPError as error:
        raise Problem(f"{_shown(address)} answered {error.code} {error.reason}.", AGAIN) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise Problem(
                f"The certificate of {_shown(address)} is not trusted here: {reason.verify_message}.",
                "Behind a company's proxy, set SSL_CERT_FILE to its certificate file. On a bare Debian or Ubuntu: "
                "apt-get install ca-certificates. Then run the same command again.",
            ) from error
        raise Problem(f"{_shown(address)} could not be reached: {reason}.", AGAIN) from error
    return content


def _request(address: str, accept: str) -> urllib.request.Request:
    """A request whose user name and password, if the address has them, travel in the header."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme not in {"http", "https"}:
        raise Problem(
            f"{_shown(address)} is not a web address.", "The package index must start with https:// or http://."
        )
    request = urllib.request.Request(_without_credentials(address), headers={"Accept": accept})  # noqa: S310 - checked above
    if parts.username is not None:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode("ascii"))
    return request


def _without_credentials(address: str) -> str:
    parts = urllib.parse.urlsplit(address)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _shown(address: str) -> str:
    """An address as it may be printed: never with a password in it."""
    return _without_credentials(address)


def _trust(environment: Mapping[str, str]) -> ssl.SSLContext:
    chosen = environment.get("SSL_CERT_FILE")
    if chosen and not os.path.isfile(chosen):  # noqa: PTH113 - a plain question about a plain string
        raise Problem(f"SSL_CERT_FILE names {chosen}, which does not exist.", "Correct or unset SSL_CERT_FILE.")
    return ssl.create_default_context(cafile=chosen or None)
