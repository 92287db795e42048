"""What only the operating system can give: shared libraries, a browser, fonts, PostgreSQL.

With apt and the right to use it (root, or sudo without a password) missing packages are installed; otherwise set-up
stops and prints the one command to type. It never asks for a password and never guesses on another system.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provision.console import Problem, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

APT = ("apt-get", "-o", "DPkg::Lock::Timeout=300")


@dataclass(frozen=True, slots=True)
class Need:
    """Something the system must have, whether it has it, and what it is called in apt and in Homebrew."""

    name: str
    is_met: Callable[[], bool]
    apt: tuple[str, ...]
    brew: tuple[str, ...] = ()


# opencv-python: libxcb.so.1, libGL.so.1, libgthread-2.0.so.0 at import; libSM.so.6 for the preview window of
# `tracker camera`. mediapipe 0.10.31 needs nothing beyond the C++ library that Python's own packages bring.
# weasyprint: libpango-1.0.so.0, libpangoft2-1.0.so.0 and libharfbuzz-subset.so.0 at import, for reports as PDF.
LIBRARY_PACKAGES = (
    *("libgl1", "libglib2.0-0", "libsm6", "libxcb1"),
    *("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
)
LIBRARIES_ELSEWHERE = {
    "brew": "brew install pango",
    "dnf": "sudo dnf install mesa-libGL glib2 libSM libxcb pango",
    "pacman": "sudo pacman -S --needed libglvnd glib2 libsm libxcb pango",
    "zypper": "sudo zypper install Mesa-libGL1 libglib-2_0-0 libSM6 libxcb1 libpango-1_0-0 libharfbuzz-subset0",
}

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_ON_MACOS = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)


def has_chromium() -> bool:
    return any(shutil.which(name) for name in CHROMIUM_NAMES) or any(path.exists() for path in CHROMIUM_ON_MACOS)


def has_ffmpeg() -> bool:
    return shutil.which("ffmpeg") is not None


def has_fonts() -> bool:
    """Text without any font is drawn as empty boxes: screenshots and zoom tests would measure nothing."""
    folders = ("/usr/share/fonts/truetype", "/usr/local/share/fonts", "/System/Library/Fonts")
    return any(next(Path(folder).rglob("*.tt?"), None) for folder in folders if Path(folder).is_dir())


def has_postgresql() -> bool:
    if shutil.which("postgres") and shutil.which("initdb"):
        return True
    places = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/opt/homebrew/opt").glob("postgresql*/bin")]
    return any((place / "initdb").exists() for place in places)


def has_libatomic() -> bool:
    """The Node that Playwright brings is linked to it; a minimal Debian lacks it. On macOS it is part of the system."""
    if platform.system() != "Linux":
        return True
    try:
        ctypes.CDLL("libatomic.so.1")
    except OSError:
        return False
    return True


def has_dbus_daemon() -> bool:
    """The desktop program is tested against a message bus of its own; macOS has none."""
    return platform.system() != "Linux" or shutil.which("dbus-daemon") is not None


TEST_NEEDS = (
    Need("Chromium", has_chromium, apt=("chromium",), brew=("--cask", "chromium")),
    Need("fonts", has_fonts, apt=("fonts-dejavu-core",)),
    Need("libatomic", has_libatomic, apt=("libatomic1",)),
    Need("ffmpeg", has_ffmpeg, apt=("ffmpeg",), brew=("ffmpeg",)),
    Need("PostgreSQL", has_postgresql, apt=("postgresql",), brew=("postgresql@16",)),
    Need("D-Bus", has_dbus_daemon, apt=("dbus",)),
)


def missing(needs: Sequence[Need]) -> list[Need]:
    return [need for need in needs if not need.is_met()]


def privilege() -> tuple[str, ...] | None:
    """The words before a command that needs root: none for root, sudo when it asks nothing, None when it would ask."""
    if os.geteuid() == 0:
        return ()
    if shutil.which("sudo") is None:
        return None
    quiet = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ("sudo", "-n") if quiet.returncode == 0 else None


def apt_command(packages: Sequence[str]) -> str:
    """The one line to type when set-up may not install packages itself."""
    before = "sudo " if shutil.which("sudo") else ""
    return f"{before}apt-get install --no-install-recommends {' '.join(packages)}"


def _apt_advice(packages: Sequence[str]) -> str:
    who = "" if shutil.which("sudo") else " as root"
    return f"Type this once{who}, then run the same command again:\n\n    {apt_command(packages)}"


def has_apt() -> bool:
    return shutil.which("apt-get") is not None


def install(packages: Sequence[str], *, why: str, log: Path, cwd: Path, environment: Mapping[str, str]) -> None:
    """Install Debian packages, or raise a `Problem` whose advice is the command to type."""
    rights = privilege()
    advice = _apt_advice(packages)
    if rights is None:
        raise Problem(f"{why}\nInstalling it needs the administrator's rights.", advice)
    quiet = {**environment, "DEBIAN_FRONTEND": "noninteractive"}
    words = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", *APT]
    refresh = [*words, "update"]
    failed = "apt could not install what is missing"
    with contextlib.suppress(Problem):
        # One unreachable third-party source fails the whole refresh, yet the packages may well be known already.
        run(refresh, log=log, cwd=cwd, environment=quiet, what=failed, do=advice)
    get = [*words, "install", "-y", "--no-install-recommends", *packages]
    run(get, log=log, cwd=cwd, environment=quiet, what=failed, do=advice)


def install_needs(needs: Sequence[Need], *, log: Path, cwd: Path, environment: Mapping[str, str]) -> None:
    """See to it that every need is met; what is missing is named together, once."""
    lacking = missing(needs)
    if not lacking:
        return
    names = ", ".join(need.name for need in lacking)
    why = f"The tests need {names}, which this computer does not have."
    if not has_apt():
        raise Problem(why, _elsewhere(lacking))
    packages = [package for need in lacking for package in need.apt]
    install(packages, why=why, log=log, cwd=cwd, environment=environment)
    still = missing(lacking)
    if still:
        raise Problem(
            f"{', '.join(need.name for need in still)} still cannot be found after installing {' '.join(packages)}.",
            f"See {log} for what apt said.",
        )


def _elsewhere(lacking: Sequence[Need]) -> str:
    if platform.system() == "Darwin":
        commands = "\n".join(f"    brew install {' '.join(need.brew)}" for need in lacking if need.brew)
        return f"Type this once, then run the same command again:\n\n{commands}"
    return "Install it with your system's package manager, then run the same command again."


def libraries_advice() -> str:
    """How to get the shared libraries of OpenCV and WeasyPrint without apt."""
    for manager, command in LIBRARIES_ELSEWHERE.items():
        if shutil.which(manager):
            return f"Type this once, then run the same command again:\n\n    {command}"
    return "Install the packages that contain libGL.so.1, libgthread-2.0.so.0, libSM.so.6, libxcb.so.1 and Pango."
