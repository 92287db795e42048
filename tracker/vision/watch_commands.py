"""`tracker watch`: the desktop agent, and the ways to speak to one that runs.

Conventions: with ``--json`` stdout carries one JSON object a line and nothing else; everything for people goes to
stderr, except the answer to ``--status``. Exit codes: 0 done, 2 wrong arguments, 3 unreadable recording or baseline,
5 no pose model, 6 folder not writable or not yours alone, 7 no camera to calibrate with, 8 the server does not answer,
9 the code or the pairing does not work, 10 already running, 12 calibration did not succeed. Limits: what is heavy
(MediaPipe, OpenCV) is imported when watching begins, so that ``--status`` and ``--pause`` answer at once.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import click

from tracker.clock import SystemClock
from tracker.vision.errors import VisionError

if TYPE_CHECKING:
    from tracker.vision.watch.agent import Options
    from tracker.vision.watch.pairing import Places

_ACTIONS: Final = ("calibrate", "status", "pause", "snooze", "quiet", "resume", "leave")
_FASTEST: Final = 1000.0


class _Duration(click.ParamType[timedelta]):
    """“30m”, “1h”."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        from tracker.vision.watch.wishes import duration_of

        if isinstance(value, timedelta):
            return value
        try:
            return duration_of(str(value))
        except ValueError as error:
            self.fail(f"“{value}”: {error}.", param, ctx)


class _Speed(click.ParamType["float | None"]):
    """A factor, or “max”, which is None."""

    name = "X|max"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float | None:
        if value is None or value == "max":
            return None
        try:
            speed = float(value)
        except ValueError:
            self.fail(_("“{value}” is neither a number nor “max”.").format(value=value), param, ctx)
        if not 0 < speed <= _FASTEST:
            self.fail(_("the speed is more than 0 and at most {most:g}.").format(most=_FASTEST), param, ctx)
        return speed


class _Instant(click.ParamType[datetime]):
    """An instant with its zone, such as 2026-11-26T09:00:00Z."""

    name = "INSTANT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from tracker.vision.watch.spool import instant_of

        if isinstance(value, datetime):
            return value
        try:
            return instant_of(str(value))
        except ValueError:
            self.fail(_("“{value}” is no instant like 2026-11-26T09:00:00Z.").format(value=value), param, ctx)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be done, apart from watching."""

    calibrate: bool
    status: bool
    pause: timedelta | None
    snooze: timedelta | None
    quiet: bool
    resume: bool
    leave: bool

    def checked(self, *, pairing: bool) -> str | None:
        """The one action asked for, None for watching."""
        actions = [name for name in _ACTIONS if getattr(self, name)]
        if len(actions) + pairing > 1:
            names = ", ".join(f"--{name}" for name in (["pair"] if pairing else []) + actions)
            raise click.UsageError(_("Only one of {names} at a time.").format(names=names))
        return actions[0] if actions else None


@click.command(
    "watch",
    epilog="Exit codes: 0 done, 2 wrong arguments, 3 unreadable recording or baseline, 5 no pose model, 6 folder not "
    "writable or not yours alone, 7 no camera to calibrate with, 8 the server does not answer, 9 the code or the "
    "pairing does not work, 10 already running, 12 calibration did not succeed.",
)
@click.option("--server", metavar="URL", help="Address of the server, to pair with.")
@click.option("--pair", "code", metavar="CODE", help="Pair this computer: the code is on the page Posture, Computers.")
@click.option("--calibrate", is_flag=True, help="Learn how you sit comfortably here: half a minute, guided.")
@click.option("--place", default="My desk", show_default=True, help="Name of the place that is calibrated.")
@click.option("--without-slouch", is_flag=True, help="Calibrate the comfortable position alone: less certain.")
@click.option("--status", is_flag=True, help="What the running agent is doing.")
@click.option("--pause", type=_Duration(), help="Watch nothing for that long, such as 30m.")
@click.option("--snooze", type=_Duration(), help="Say nothing for that long, such as 1h.")
@click.option("--quiet", is_flag=True, help="Say nothing until --resume.")
@click.option("--resume", is_flag=True, help="End pause, snooze and quiet.")
@click.option("--leave", is_flag=True, help="Disconnect this computer and forget everything on it.")
@click.option("--source", default="0", show_default=True, metavar="DEVICE|FILE", help="Camera, or a recording.")
@click.option("--loop", is_flag=True, help="Play the recording over and over.")
@click.option("--speed", type=_Speed(), default="1", show_default=True, help="How fast a recording plays.")
@click.option("--recorded-at", type=_Instant(), help="When the recording begins; now, if not said.")
@click.option(
    "--baseline", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE.json",
    help="Judge by this baseline alone; nothing is kept or sent.",
)  # fmt: skip
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Where pairing and minutes are kept, instead of your system's own place.",
)  # fmt: skip
@click.option("--no-notices", is_flag=True, help="Show nothing on the desktop.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on stdout.")
@click.option("--every", is_flag=True, help="With --json: every verdict, not only changes.")
@click.option(
    "--model", default="lite", show_default=True, metavar="lite|full|PATH",
    help="Pose model: a variant, or the path of a pose_landmarker .task file.",
)  # fmt: skip
def watch(
    server: str | None, code: str | None, place: str, without_slouch: bool, source: str, loop: bool,
    speed: float | None, recorded_at: datetime | None, baseline: Path | None, folder: Path | None,
    no_notices: bool, as_json: bool, every: bool, model: str, **asked: Any,
) -> None:  # fmt: skip
    """Watch how you sit through this computer's webcam, and say when it is time to move."""
    if (server is None) != (code is None):
        raise click.UsageError(_("--server and --pair belong together."))
    action = _Asked(**asked).checked(pairing=code is not None)
    with _spoken_errors(), _folders(folder, temporary=baseline is not None and folder is None) as folders:
        if action in {"status", "pause", "snooze", "quiet", "resume", "leave"}:
            _speak_to(folders, action, asked, as_json=as_json)
            return
        from tracker.vision.watch.agent import Options
        from tracker.vision.watch.cameras import source_of

        options = Options(
            source_of(source, repeated=loop), speed=speed, recorded_at=recorded_at, notices=not no_notices,
            script=as_json, every=every, baseline=baseline, model=model,
        )  # fmt: skip
        if action == "calibrate":
            _calibrate(folders, options, place, slouch=not without_slouch)
            return
        if server is not None and code is not None and _pair(folders, server, code):
            return
        _watch(folders, options)


def _pair(folders: Places, server: str, code: str) -> bool:
    """Pair; true when an agent runs already and goes on with it."""
    from tracker.vision.watch.joining import pair
    from tracker.vision.watch.pairing import is_running

    pairing = pair(folders, server, code)
    click.echo(
        _("This computer is connected with the account of {person} at {server}.").format(
            person=pairing.person, server=pairing.server
        ),
        err=True,
    )
    return is_running(folders)


def _watch(folders: Places, options: Options) -> None:
    from tracker.vision.watch import agent
    from tracker.vision.watch.pairing import read_pairing

    if options.baseline is None and read_pairing(folders.pairing) is None:
        click.echo(
            _(
                "This computer is not paired: it watches for you alone, and everything stays here. To see it on your "
                "page, take a code from Posture, Computers and start “tracker watch --server ADDRESS --pair CODE”."
            ),
            err=True,
        )
    agent.watch(folders, options)


def _calibrate(folders: Places, options: Options, place: str, *, slouch: bool) -> None:
    from tracker.vision.watch import agent
    from tracker.vision.watch.courier import Link

    with _TerminalGuide() as guide:
        link = agent.calibrate(folders, options, guide, place=place, slouch=slouch)
    click.echo(_("“{place}” is calibrated.").format(place=place), err=True)
    if link is Link.UNREACHABLE:
        click.echo(_("The server does not answer; it gets the calibration later."), err=True)


class _TerminalGuide:
    """Sentences, and a bar that fills where there is a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(stderr=True)
        self._bar = Progress(
            TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[hint]}"),
            console=console, disable=not console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=1.0, hint="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._bar.stop()

    def phase(self, sentence: str) -> None:
        click.echo(sentence, err=True)
        self._bar.reset(self._task)
        if self._bar.console.is_terminal:
            self._bar.console.bell()

    def progress(self, share: float, left_s: float, hint: str | None) -> None:
        rest = hint if hint is not None else _("{seconds} s").format(seconds=round(left_s))
        self._bar.update(self._task, completed=share, hint=rest)


def _speak_to(folders: Places, action: str, asked: dict[str, Any], *, as_json: bool) -> None:
    from tracker.vision.watch import joining, reporting
    from tracker.vision.watch.spool import Spool
    from tracker.vision.watch.wishes import wish

    if action == "leave":
        told = joining.leave(folders)
        click.echo(_("This computer is disconnected, and nothing is kept on it."), err=True)
        if not told:
            click.echo(_("The server did not answer: remove the computer on the page as well."), err=True)
        return
    with Spool(folders.spool) as spool:
        now = SystemClock().now()
        match action:
            case "pause":
                wish(spool, paused_until=now + asked["pause"])
            case "snooze":
                wish(spool, snoozed_until=now + asked["snooze"])
            case "quiet":
                wish(spool, quiet=True)
            case "resume":
                wish(spool, paused_until=None, snoozed_until=None, quiet=False)
        report = reporting.report_of(folders, spool, now)
    click.echo(json.dumps(report, ensure_ascii=False) if as_json else reporting.sentences_of(report))


@contextmanager
def _folders(folder: Path | None, *, temporary: bool) -> Iterator[Places]:
    from tracker.vision.watch.pairing import Places

    if not temporary:
        yield Places.of(folder)
        return
    with tempfile.TemporaryDirectory(prefix="rhomboid-watch-") as passing:
        yield Places.of(Path(passing))


@contextmanager
def _spoken_errors() -> Iterator[None]:
    """Errors of the outside world become one sentence on stderr and an exit code, never a traceback."""
    try:
        yield
    except VisionError as error:
        click.echo(_("Error: {message}").format(message=error), err=True)
        sys.exit(error.exit_code)
