"""`tracker analyze`, `camera` and `evaluate`: the motion engine on a recording, a local webcam, or a list of
recordings whose truth is known.

Conventions: results go to stdout, everything else (progress, errors) to stderr; with ``--json -`` stdout carries JSON
alone. Exit codes: 0 done, 1 interrupted, 2 wrong arguments or unknown exercise, 3 unreadable file (for `evaluate` also
a single one among others, which are still evaluated), 4 no person found, 5 no pose model, 6 output not writable, 7 no
camera. Limits: what is heavy (MediaPipe, OpenCV, Altair) is imported when a command runs, so that ``tracker --help``
stays quick.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from gettext import gettext as _
from pathlib import Path
from typing import Any, TypeVar

import click

from tracker.vision.errors import SourceError, VisionError
from tracker.vision.outputs import check_output, write_text

_Command = TypeVar("_Command", bound=Callable[..., None])
_STDOUT = Path("-")

json_option = click.option(
    "--json", "json_to", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), metavar="FILE|-",
    help="Write the result as JSON; “-” writes it to stdout, without the table.",
)  # fmt: skip
tracks_option = click.option(
    "--tracks", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Keep estimated landmarks here and use them again: a second run needs no pose estimation.",
)  # fmt: skip


def model_option(default: str) -> Callable[[_Command], _Command]:
    """The pose model; ``default``: the variant that suits the command."""
    return click.option(
        "--model", default=default, show_default=True, metavar="lite|full|PATH",
        help="Pose model: a variant, or the path of a pose_landmarker .task file.",
    )  # fmt: skip


def _engine_options(command: _Command) -> _Command:
    """The options that both commands share."""
    options = (
        click.option(
            "--exercise", required=True, metavar="ID|FILE.toml",
            help="Exercise to count: an id such as overhead-press, or a file as “tracker learn” writes it.",
        ),
        click.option("--side", type=click.Choice(["left", "right"]), help="Side of the body, where one side works."),
        json_option,
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    "analyze",
    epilog="Exit codes: 0 done, 2 wrong arguments or unknown exercise, 3 unreadable file, 4 no person found, "
    "5 no pose model, 6 output not writable.",
)
@click.argument("video", type=click.Path(path_type=Path))
@_engine_options
@click.option(
    "--annotate", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT.mp4",
    help="Write the video with skeleton, angle, count and phase (.mp4, or .webm, which is written faster).",
)  # fmt: skip
@click.option(
    "--plot", type=click.Path(path_type=Path, dir_okay=False), metavar="OUT.svg",
    help="Draw the measured angle with phases and repetitions.",
)  # fmt: skip
@model_option("full")
def analyze(
    video: Path, exercise: str, side: str | None, json_to: Path | None, annotate: Path | None, plot: Path | None,
    model: str,
) -> None:  # fmt: skip
    """Count an exercise in VIDEO: mp4, mov, avi, webm, gif, or an .npz landmark track."""
    with spoken_errors():
        check_outputs(json_to, plot)
        result = _analyze(video, exercise, side=side, annotate=annotate, model=model)
        if plot is not None:
            from tracker.vision.plot import save_plot

            save_plot(result, plot)
        _report(result, json_to)


@click.command("camera", epilog="Exit codes: as for “tracker analyze”, and 7 when there is no camera.")
@_engine_options
@click.option("--device", default=0, show_default=True, help="Number of the camera.")
@model_option("lite")
@click.option(
    "--window/--no-window", "window", default=None, help="Preview window; by default where there is a display."
)
@click.option("--display", envvar=["WAYLAND_DISPLAY", "DISPLAY"], hidden=True)
def camera(
    exercise: str, side: str | None, json_to: Path | None, device: int, model: str, window: bool | None,
    display: str | None,
) -> None:  # fmt: skip
    """Count an exercise live from this computer's webcam. Ends with q in the window, or Ctrl+C."""
    with spoken_errors():
        from tracker.vision.camera import has_display, watch_camera

        check_outputs(json_to)
        shown = has_display(display) if window is None else window
        result = watch_camera(exercise, side=side, device=device, model=model, window=shown)
        _report(result, json_to)


@click.command(
    "evaluate",
    epilog="Exit codes: 0 done, 2 wrong arguments or unknown exercise, 3 unreadable manifest, or clips among others "
    "that could not be read, 5 no pose model, 6 output not writable.",
)
@click.argument("manifest", type=click.Path(path_type=Path))
@json_option
@click.option(
    "--plots", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Draw a picture per clip: angle, phases, repetitions, and where the engine could not tell.",
)  # fmt: skip
@model_option("full")
@click.option("--only", multiple=True, metavar="ID|FILE.toml", help="Only this exercise (may be given several times).")
@tracks_option
def evaluate(
    manifest: Path, json_to: Path | None, plots: Path | None, model: str, only: tuple[str, ...], tracks: Path | None
) -> None:
    """Compare what the engine counts with the truth of every recording in MANIFEST.json."""
    with spoken_errors():
        from tracker.vision import evaluation
        from tracker.vision.progress import progress_bar

        check_outputs(json_to)
        result = evaluation.evaluate(manifest, model=model, only=only, tracks=tracks, plots=plots, bar=progress_bar)
        if show_json(json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False), json_to):
            from tracker.vision.evaluation_report import print_evaluation

            print_evaluation(result)
        if result["total"]["failed"]:
            sys.exit(SourceError.exit_code)


@contextmanager
def spoken_errors() -> Iterator[None]:
    """Errors of the outside world become one sentence on stderr and an exit code, never a traceback."""
    try:
        yield
    except VisionError as error:
        click.echo(_("Error: {message}").format(message=error), err=True)
        sys.exit(error.exit_code)


def _analyze(video: Path, exercise: str, *, side: str | None, annotate: Path | None, model: str) -> dict[str, Any]:
    from tracker.vision import analysis
    from tracker.vision.progress import progress_bar

    definition = analysis.find_exercise(exercise)
    with ExitStack() as closing:
        watchers: list[analysis.Watcher] = []
        if annotate is not None:
            from tracker.vision.annotate import AnnotatedVideo

            watchers.append(closing.enter_context(AnnotatedVideo(annotate, cues=definition.cues)))
        progress = closing.enter_context(progress_bar(video.name))
        return analysis.analyze(video, exercise, side=side, model=model, watchers=watchers, progress=progress)


def _report(result: dict[str, Any], json_to: Path | None) -> None:
    if show_json(json.dumps(result, indent=2, ensure_ascii=False), json_to):
        from tracker.vision.report import print_report

        print_report(result)


def check_outputs(*paths: Path | None) -> None:
    """Complain before the work about what cannot be written after it; “-” always can. Raises `OutputError`."""
    for path in paths:
        if path is not None and path != _STDOUT:
            check_output(path)


def show_json(text: str, json_to: Path | None) -> bool:
    """Write a result where it was asked for; whether the person still has to be shown it. Raises `OutputError`."""
    if json_to == _STDOUT:
        click.echo(text)
        return False
    if json_to is not None:
        write_text(json_to, f"{text}\n")
    return True
