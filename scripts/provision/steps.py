"""The steps from a fresh clone to something that runs, in order, each with what it is made from and what it makes."""

from __future__ import annotations

import os
import ssl
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from provision import stamps, system, uv
from provision.console import Problem, clear_elapsed, duration, run, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from provision.layout import Layout

SUPPORTED_PYTHON = ((3, 11), (3, 14))  # from, up to but not including; pyproject.toml says the same
SUPPORTED_PLATFORMS = {("Linux", "x86_64", "glibc"), ("Darwin", "arm64", "")}

MODELS = ("pose_landmarker_lite.task", "pose_landmarker_full.task")
BUILD_MODELS = (
    "from pathlib import Path; from tracker.vision.bundle import build_bundles; "
    "build_bundles(Path('node_modules/@mediapipe/pose'), Path('build/models'))"
)
BUILD_ASSETS = (
    "from pathlib import Path; from tracker.web.assets import build_assets; "
    "build_assets(Path.cwd(), Path('build/assets').resolve())"
)
IMPORT_LIBRARIES = "import cv2, mediapipe, weasyprint; from mediapipe.tasks.python import vision"
ALL_OF_THEM = "error:HarfBuzz-Subset"
"""WeasyPrint only warns where the library that it makes fonts small with is missing."""

FETCH_AGAIN = uv.AGAIN
BUILD_AGAIN = "Run `make clean`, then the same command again. If it fails again, the whole story is in {log}."


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the work of a step may use."""

    layout: Layout
    environment: Mapping[str, str]  # of the programs that set-up starts
    lock: int | None = None  # the set-up lock, which those programs keep open

    def run(self, command: Sequence[str | Path], *, what: str, do: str) -> None:
        layout = self.layout
        advice = do.format(log=layout.log.relative_to(layout.root))
        run(
            command,
            log=layout.log,
            cwd=layout.root,
            environment=self.environment,
            what=what,
            do=advice,
            lock=self.lock,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One thing set-up does. `expect` is for a person: how long it takes on a first start, and how much it fetches."""

    key: str
    title: str
    expect: str
    made_from: Callable[[Layout], str]
    makes: Callable[[Layout], Sequence[Path]]
    work: Callable[[Workshop], None]
    satisfies: tuple[str, ...] = ()  # steps that need not be done any more once this one is


def _count_due(steps: Sequence[Step], layout: Layout) -> int:
    """How many steps are not done yet, leaving out those that an earlier one of them will satisfy."""
    due = [step for step in steps if not _is_done(step, layout)]
    satisfied = {key for step in due for key in step.satisfies}
    return sum(step.key not in satisfied for step in due)


def _is_done(step: Step, layout: Layout) -> bool:
    return stamps.is_done(layout.stamps / step.key, step.made_from(layout), step.makes(layout))


def perform(steps: Sequence[Step], workshop: Workshop) -> None:
    """Do what is due, with one line before and one after each step."""
    layout = workshop.layout
    planned = _count_due(steps, layout)
    if planned:
        layout.log.unlink(missing_ok=True)  # the log tells of one set-up, the last one
    number = 0
    for step in steps:
        if _is_done(step, layout):
            continue
        number += 1
        say(f"[{number}/{planned}] {step.title}: {step.expect}")
        started = time.monotonic()
        step.work(workshop)
        for key in (step.key, *step.satisfies):
            stamps.write(layout.stamps / key, step.made_from(layout))
        clear_elapsed()
        say(f"      done in {duration(time.monotonic() - started)}")


# What programs started by set-up see ------------------------------------------------------------------------------


def child_environment(environment: Mapping[str, str], layout: Layout) -> dict[str, str]:
    """The caller's environment, so that proxies and certificates work, without what would lead the tools astray."""
    astray = {"VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "UV_PROJECT", "PYTHONHOME", "PYTHONPATH"}
    child = {name: value for name, value in environment.items() if name not in astray}
    child["PATH"] = os.pathsep.join([str(layout.environment / "bin"), environment.get("PATH", os.defpath)])
    child.setdefault("UV_NO_PROGRESS", "1")
    child.setdefault("PYTHONUTF8", "1")
    if _has_system_certificates():
        # A company's or a laboratory's own certificate authority is installed there; the tools' built-in lists lack it.
        child.setdefault("UV_SYSTEM_CERTS", "1")
        child.setdefault("NODE_USE_SYSTEM_CA", "1")
    if "SSL_CERT_FILE" in child:
        child.setdefault("NODE_EXTRA_CA_CERTS", child["SSL_CERT_FILE"])
    index = uv.index_override(environment)
    if index:
        child.setdefault("UV_DEFAULT_INDEX", index)
    return child


def _has_system_certificates() -> bool:
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or (bool(paths.capath) and any(Path(paths.capath).iterdir()))


# uv ---------------------------------------------------------------------------------------------------------------


def _fetch_uv(workshop: Workshop) -> None:
    if uv.find(workshop.layout.tools) is None:
        uv.fetch(workshop.layout.tools, os.environ)


def _uv(workshop: Workshop) -> Path:
    found = uv.find(workshop.layout.tools)
    if found is None:
        raise Problem("uv was here a moment ago and is gone.", "Run the same command again.")
    return found


UV = Step(
    key="uv",
    title="uv, which installs the Python libraries",
    expect="a few seconds",
    made_from=lambda layout: stamps.fingerprint(words=[uv.VERSION], root=layout.root),
    makes=lambda _: (),
    work=_fetch_uv,
)


# Python libraries -------------------------------------------------------------------------------------------------


def check_platform(system_name: str, machine: str, library: str) -> None:
    """Raise `Problem` where MediaPipe does not exist, before anything large is fetched."""
    if (system_name, machine, library) in SUPPORTED_PLATFORMS:
        return
    kind = f" with {library}" if library else ""
    raise Problem(
        f"Rhomboid's pose estimation (MediaPipe 0.10.31) is not published for this computer: "
        f"{system_name}, {machine}{kind}.",
        "It runs on Linux (x86-64, glibc 2.28 or newer), macOS on Apple silicon, and 64-bit Windows (see README.md).",
    )


def _python_choice() -> list[str]:
    """Use the Python that runs set-up when the project supports it; else let uv find or fetch one that it does."""
    oldest, too_new = SUPPORTED_PYTHON
    return ["--python", sys.executable] if oldest <= sys.version_info[:2] < too_new else []


def _install_libraries(workshop: Workshop, *, groups: Sequence[str], exact: bool) -> None:
    check_platform(*uv.this_platform())
    selected = [word for group in groups for word in ("--group", group)]
    if uv.index_override(os.environ):
        _install_from_mirror(workshop, selected)
        return
    command: list[str | Path] = [_uv(workshop), "sync", "--locked", *selected, *_python_choice()]
    if not exact:
        command.append("--inexact")  # `make run` after `make test` keeps what only the tests need
    workshop.run(command, what="The Python libraries could not be installed", do=FETCH_AGAIN)


def _install_from_mirror(workshop: Workshop, selected: Sequence[str]) -> None:
    """The same versions and checksums from another index: uv.lock names pypi.org's own addresses, so it is exported."""
    program = _uv(workshop)
    listing = workshop.layout.build / "requirements.txt"
    what, again = "The Python libraries could not be installed from your package index", FETCH_AGAIN
    python = workshop.layout.program("python")
    listing.parent.mkdir(parents=True, exist_ok=True)
    export: list[str | Path] = [program, "export", "--frozen", "--no-emit-project", *selected, "--output-file", listing]
    workshop.run(export, what=what, do=again)
    if not python.exists():
        workshop.run(
            [program, "venv", "--allow-existing", *_python_choice(), workshop.layout.environment], what=what, do=again
        )
    workshop.run([program, "pip", "sync", "--require-hashes", "--python", python, listing], what=what, do=again)
    workshop.run([program, "pip", "install", "--no-deps", "--python", python, "--editable", "."], what=what, do=again)


def _libraries_made_from(layout: Layout) -> str:
    # The path is part of it: a moved checkout has an environment that points to the old place.
    words = [str(layout.root), *uv.this_platform()]
    return stamps.fingerprint(
        files=[layout.root / "uv.lock", layout.root / "pyproject.toml"], words=words, root=layout.root
    )


def _libraries_make(layout: Layout) -> Sequence[Path]:
    return [layout.program("python"), layout.program("tracker"), layout.program("npm")]


LIBRARIES = Step(
    key="libraries",
    title="Python libraries",
    expect="about 1 minute on a fast line",
    made_from=_libraries_made_from,
    makes=_libraries_make,
    work=lambda workshop: _install_libraries(workshop, groups=["setup"], exact=False),
)

TEST_LIBRARIES = Step(
    key="test-libraries",
    title="Python libraries, with those of the tests",
    expect="about 1 minute on a fast line",
    made_from=_libraries_made_from,
    makes=lambda layout: [*_libraries_make(layout), layout.program("pytest")],
    work=lambda workshop: _install_libraries(workshop, groups=["setup", "dev"], exact=True),
    satisfies=("libraries",),
)


# System libraries -------------------------------------------------------------------------------------------------


def _import_libraries(workshop: Workshop) -> str | None:
    """What goes wrong when what needs the system is imported in a fresh interpreter, or None."""
    attempt = subprocess.run(
        [str(workshop.layout.program("python")), "-W", ALL_OF_THEM, "-c", IMPORT_LIBRARIES],
        cwd=workshop.layout.root,
        env=dict(workshop.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if attempt.returncode == 0:
        return None
    lines = attempt.stderr.strip().splitlines()
    return lines[-1] if lines else f"the interpreter ended with code {attempt.returncode}"


def _install_system_libraries(workshop: Workshop) -> None:
    trouble = _import_libraries(workshop)
    if trouble is None:
        return
    why = f"OpenCV or WeasyPrint lacks a system library: {trouble}."
    if not system.has_apt():
        raise Problem(why, system.libraries_advice())
    layout = workshop.layout
    system.install(system.LIBRARY_PACKAGES, why=why, log=layout.log, cwd=layout.root, environment=workshop.environment)
    trouble = _import_libraries(workshop)
    if trouble is not None:
        raise Problem(f"The libraries still do not load: {trouble}.", BUILD_AGAIN.format(log=layout.log))


SYSTEM_LIBRARIES = Step(
    key="system-libraries",
    title="System libraries for OpenCV and PDFs",
    expect="seconds when they are here, else about 1 minute",
    made_from=lambda layout: stamps.fingerprint(
        files=[layout.root / "uv.lock"], words=[str(layout.root), ALL_OF_THEM, IMPORT_LIBRARIES], root=layout.root
    ),
    makes=lambda _: (),
    work=_install_system_libraries,
)


# Browser libraries, pose models, web assets -----------------------------------------------------------------------


def _install_browser_libraries(workshop: Workshop) -> None:
    command: list[str | Path] = [workshop.layout.program("npm"), "ci", "--ignore-scripts"]
    workshop.run(command, what="The browser libraries could not be installed", do=FETCH_AGAIN)


BROWSER_LIBRARIES = Step(
    key="browser-libraries",
    title="Browser libraries",
    expect="about half a minute",
    made_from=lambda layout: stamps.fingerprint(
        files=[layout.root / "package.json", layout.root / "package-lock.json"], root=layout.root
    ),
    makes=lambda layout: [layout.root / "node_modules" / ".package-lock.json"],
    work=_install_browser_libraries,
)


def _build_models(workshop: Workshop) -> None:
    command: list[str | Path] = [workshop.layout.program("python"), "-c", BUILD_MODELS]
    workshop.run(command, what="The pose models could not be put together", do=BUILD_AGAIN)


def _models_made_from(layout: Layout) -> str:
    sources = [layout.root / "tracker" / "vision" / "bundle.py", layout.root / "package-lock.json"]
    return stamps.fingerprint(files=sources, root=layout.root)


MODEL_BUNDLES = Step(
    key="models",
    title="Pose models",
    expect="a few seconds",
    made_from=_models_made_from,
    makes=lambda layout: [layout.build / "models" / name for name in MODELS],
    work=_build_models,
)


def _build_assets(workshop: Workshop) -> None:
    command: list[str | Path] = [workshop.layout.program("python"), "-c", BUILD_ASSETS]
    workshop.run(command, what="The files for the browser could not be built", do=BUILD_AGAIN)


def _assets_made_from(layout: Layout) -> str:
    root = layout.root
    sources = [root / "exercises", root / "tracker" / "web" / "static", root / "tracker" / "web" / "assets.py"]
    return stamps.fingerprint(
        files=[*sources, root / "package-lock.json"], words=[_models_made_from(layout)], root=root
    )


ASSETS = Step(
    key="assets",
    title="Files for the browser",
    expect="about half a minute the first time",
    made_from=_assets_made_from,
    makes=lambda layout: [layout.build / "assets"],
    work=_build_assets,
)


def _install_test_needs(workshop: Workshop) -> None:
    layout = workshop.layout
    system.install_needs(system.TEST_NEEDS, log=layout.log, cwd=layout.root, environment=workshop.environment)


TEST_PROGRAMS = Step(
    key="test-programs",
    title="Chromium, fonts, ffmpeg and PostgreSQL for the tests",
    expect="seconds when they are here, else 1 to 3 minutes",
    # Asked anew each time: looking is quicker than remembering, and the system may have changed.
    made_from=lambda _: "missing" if system.missing(system.TEST_NEEDS) else "present",
    makes=lambda _: (),
    work=_install_test_needs,
)

TO_RUN = (UV, LIBRARIES, SYSTEM_LIBRARIES, BROWSER_LIBRARIES, MODEL_BUNDLES, ASSETS)
TO_TEST = (UV, TEST_LIBRARIES, LIBRARIES, SYSTEM_LIBRARIES, TEST_PROGRAMS, BROWSER_LIBRARIES, MODEL_BUNDLES, ASSETS)
TO_LINT = (UV, TEST_LIBRARIES)
