"""`tracker learn`: an exercise of one's own from a demonstration in a video or a landmark track.

What was learned (`exercises.demonstration` says how) goes to a TOML file in the form of the library's, which
`tracker analyze --exercise FILE.toml` takes. Conventions and exit codes as in `tracker.vision.commands`, and 8 when
nothing can be learned from the recording. Limits: the file is a draft; its texts and numbers are there to be edited.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from gettext import gettext as _
from pathlib import Path
from typing import Any, Final

import click

from exercises import demonstration
from exercises.body import Pose
from exercises.demonstration import DemonstrationError, Learned
from exercises.drafting import slug
from exercises.measures import MEASURES
from tracker.vision.errors import OutputError, SourceError, VisionError
from tracker.vision.outputs import check_output, write_text

_STDOUT: Final = Path("-")
_WIDTH: Final = 120  # columns for a file or a pipe, where nothing is too wide


class NothingLearnedError(VisionError):
    """The recording teaches nothing; carries the key of `exercises.demonstration.DemonstrationError`."""

    exit_code = 8

    def __init__(self, path: Path, error: DemonstrationError) -> None:
        self.path = path
        self.key = error.key
        sentence = _(_SENTENCES.get(error.key, error.key)).format_map(_Known(error.data))
        super().__init__(f"{path}: {sentence}")


class _Known(dict[str, Any]):
    """Data of an error for its sentence; what it does not carry reads as a question mark."""

    def __missing__(self, key: str) -> str:
        return "?"


_SENTENCES: Final = {
    "too_short": "this is too short. Show two to five repetitions, with a calm moment before and after them.",
    "no_person": "nobody was found in most of the pictures. The upper body should fill about half of their height.",
    "nothing_moved": "nothing moved that the camera can measure. Face the camera or turn your side to it, so that the "
    "movement goes across the picture.",
    "not_repeated": "no movement was repeated alike. Show the same movement two to five times at an even pace, and "
    "come back to the start pose each time.",
    "wrong_number": "{found} repetitions were found, not {asked}. Give their number with --reps, or cut the recording "
    "with --from and --to.",
    "unsteady_view": "the person turned too much to tell the view. Stay turned the same way to the camera.",
}


@click.command(
    "learn",
    epilog="Exit codes: 0 done, 2 wrong arguments, 3 unreadable file, 5 no pose model, 6 output not writable, "
    "8 nothing can be learned from this recording.",
)
@click.argument("video", type=click.Path(path_type=Path))
@click.option("--name", required=True, metavar="NAME", help="What the exercise is called.")
@click.option("--reps", type=click.IntRange(2, 20), metavar="N", help="How many repetitions are shown.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), metavar="FILE.toml|-",
    help="Where to write it; by default a new file in this folder, “-” writes it to stdout.",
)  # fmt: skip
@click.option("--from", "from_s", type=click.FloatRange(0), default=0.0, metavar="S", help="Begin at this second.")
@click.option("--to", "to_s", type=click.FloatRange(0), metavar="S", help="End at this second.")
@click.option(
    "--model", default="full", show_default=True, metavar="lite|full|PATH",
    help="Pose model: a variant, or the path of a pose_landmarker .task file.",
)  # fmt: skip
def learn(
    video: Path, name: str, reps: int | None, out: Path | None, from_s: float, to_s: float | None, model: str
) -> None:
    """Learn an exercise from two to five repetitions in VIDEO: mp4, mov, avi, webm, gif, or an .npz landmark track."""
    try:
        target = _target(out, name)
        learned = learn_from(video, name, repetitions=reps, from_s=from_s, to_s=to_s, model=model)
        text = to_toml(learned.document)
        if target == _STDOUT:
            click.echo(text, nl=False)
            return
        write_text(target, text)
        print_learned(learned)
        click.echo(_("Written to {path}.").format(path=target))
        click.echo(_("Try it: tracker analyze VIDEO --exercise {path}").format(path=target))
    except VisionError as error:
        click.echo(_("Error: {message}").format(message=error), err=True)
        sys.exit(error.exit_code)


def learn_from(
    path: Path,
    name: str,
    *,
    repetitions: int | None = None,
    from_s: float = 0.0,
    to_s: float | None = None,
    model: str = "full",
) -> Learned:
    """What the recording teaches between two seconds of it.

    Raises `NothingLearnedError`, or another `VisionError` when the recording cannot be read.
    """
    from tracker.vision.progress import progress_bar

    if to_s is not None and to_s <= from_s:
        raise SourceError(path, _("nothing is left between --from and --to."))
    with progress_bar(path.name) as progress:
        frames = list(_poses(path, model, to_s, progress))
    try:
        return demonstration.learn(
            [frame for frame in frames if frame[0] >= from_s], name=name, repetitions=repetitions
        )
    except DemonstrationError as error:
        raise NothingLearnedError(path, error) from error


def _poses(path: Path, model: str, to_s: float | None, progress: Any) -> Iterator[tuple[float, Pose | None]]:
    from tracker.vision.analysis import open_source

    with open_source(path, model) as source, closing(source.seen()) as frames:
        for done, seen in enumerate(frames, start=1):
            if to_s is not None and seen.time_s > to_s:
                return
            if progress is not None:
                progress(done, source.frame_count)
            yield seen.time_s, seen.pose


def _target(out: Path | None, name: str) -> Path:
    """Where to write, checked before the work. Raises `OutputError`."""
    if out == _STDOUT:
        return _STDOUT
    target = out or Path(f"own-{slug(name)}.toml")
    check_output(target)
    if out is None and target.exists():
        raise OutputError(target, _("exists already. Choose a place with --out."))
    return target


def to_toml(document: dict[str, Any]) -> str:
    """The document as the text of a library file."""
    import tomli_w

    return tomli_w.dumps(document)


def print_learned(learned: Learned) -> None:
    """Print what was found: the repetitions, the view, and what tells start from peak."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in (_("no."), _("start"), _("peak"), _("end")):
        table.add_column(title, justify="right")
    for number, segment in enumerate(learned.segments, start=1):
        table.add_row(str(number), *(f"{time_s:.1f}" for time_s in segment))
    console.print(table)
    zones = Table(box=None, pad_edge=False, header_style="bold")
    for title in (_("measure"), _("start"), _("end position"), _("tolerance")):
        zones.add_column(title)
    view = learned.document["view"][0]
    for start, peak in zip(_conditions(view["start"]), _conditions(view["peak"]), strict=True):
        unit = "°" if MEASURES[start["measure"]].unit == "deg" else f" {MEASURES[start['measure']].unit}"
        tolerance = f"{peak['tolerance']:g}{unit}" if "tolerance" in peak else ""
        zones.add_row(start["measure"].replace("_", " "), _bound(start) + unit, _bound(peak) + unit, tolerance)
    console.print()
    console.print(zones)
    console.print()
    check = learned.check
    for line in (
        _("{name}: {count} repetitions, {view} view, {side}").format(
            name=learned.document["text"]["title"],
            count=learned.repetitions,
            view=learned.view,
            side=_("both sides") if learned.side == "both" else _("{side} side").format(side=learned.side),
        ),
        _("Counted again with what was learned: {counted}; as its mirror image: {mirrored}").format(
            counted=check["counted"], mirrored=check["mirrored_counted"]
        ),
    ):
        console.print(line, markup=False)


def _conditions(zone: dict[str, Any]) -> list[dict[str, Any]]:
    return [zone, *zone.get("also", [])]


def _bound(condition: dict[str, Any]) -> str:
    sign, value = ("≥", condition["at_least"]) if "at_least" in condition else ("≤", condition["at_most"])
    rest = _(" from rest") if condition.get("from_rest") else ""
    return f"{sign} {value:g}{rest}"
