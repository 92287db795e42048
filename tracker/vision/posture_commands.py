"""`tracker evaluate-posture`: the posture coach on recordings whose labels are known, and on synthetic scenes.

Conventions as in `tracker.vision.commands`: results on stdout, everything else on stderr; exit code 3 when a recording
among others could not be read. Limits: what is heavy is imported when the command runs.
"""

from __future__ import annotations

import json
import sys
from gettext import gettext as _
from pathlib import Path
from typing import Any

import click

from tracker.vision.commands import (
    check_outputs,
    json_option,
    model_option,
    show_json,
    spoken_errors,
    tracks_option,
)
from tracker.vision.errors import SourceError

_BODIES = 40


@click.command(
    "evaluate-posture",
    epilog="Exit codes: 0 done, 2 wrong arguments, 3 unreadable manifest, or recordings among others that could not be "
    "read, 5 no pose model, 6 output not writable.",
)
@click.argument("manifest", required=False, type=click.Path(path_type=Path))
@json_option
@click.option(
    "--plots", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
    help="Draw two pictures per recording: the index over time, and the ROC curve.",
)  # fmt: skip
@model_option("full")
@tracks_option
@click.option(
    "--calibrate", type=click.Choice(["first", "random"]), default="first", show_default=True,
    help="Calibrate on the first tenth of the good frames and of each slouch, or on a random tenth.",
)  # fmt: skip
@click.option("--seed", default=1, show_default=True, help="Of the random tenth; with --scenes the first body's seed.")
@click.option("--no-slouch-pose", "slouch_pose", flag_value=False, default=True, help="Calibrate on good frames only.")
@click.option(
    "--scenes", is_flag=True, help="Also act the scripted scenes with synthetic bodies (MANIFEST may be left out)."
)
@click.option(
    "--view", type=click.Choice(["front", "side"]), default="front", show_default=True, help="Camera of the scenes.",
)  # fmt: skip
@click.option(
    "--bodies", default=_BODIES, show_default=True, type=click.IntRange(1), help="How many bodies act every scene."
)
def evaluate_posture(
    manifest: Path | None, json_to: Path | None, plots: Path | None, model: str, tracks: Path | None, calibrate: str,
    seed: int, *, slouch_pose: bool, scenes: bool, view: str, bodies: int,
) -> None:  # fmt: skip
    """Score the recordings of MANIFEST.json against their labels: calibrate on a part of each, score the rest."""
    if manifest is None and not scenes:
        raise click.UsageError(_("Name a MANIFEST, or ask for --scenes."))
    with spoken_errors():
        check_outputs(json_to)
        result: dict[str, Any] = {"recordings": [], "total": None}
        if manifest is not None:
            from tracker.vision.posture_evaluation import Way, evaluate_posture
            from tracker.vision.progress import progress_bar

            result = evaluate_posture(
                manifest, way=Way(calibrate, seed, slouch_pose), model=model, tracks=tracks, plots=plots,
                bar=progress_bar,
            )  # fmt: skip
        if scenes:
            result["scenes"] = _scenes(seed, bodies, view, slouch_pose=slouch_pose)
        if show_json(json.dumps(result, indent=2, ensure_ascii=False, allow_nan=False), json_to):
            from tracker.vision.posture_report import print_posture

            print_posture(result)
        if result["total"] is not None and result["total"]["failed"]:
            sys.exit(SourceError.exit_code)


def _scenes(seed: int, bodies: int, view: str, *, slouch_pose: bool) -> dict[str, Any]:
    from tracker.vision.posture_trials import ALL_SCENES, run_trials, scene_figures
    from tracker.vision.progress import progress_bar

    with progress_bar(_("scenes")) as advance:
        trials = run_trials(
            ALL_SCENES, range(seed, seed + bodies), side=view == "side", slouch_pose=slouch_pose, advance=advance
        )
    return {"view": view, "slouch_pose": slouch_pose, **scene_figures(trials)}
