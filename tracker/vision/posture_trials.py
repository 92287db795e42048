"""Scripted scenes in front of synthetic cameras: how often somebody is told wrongly, and how soon a slump is told.

A trial is one body that is calibrated as the guidance asks and then acts one scene, watched at the rate the engine asks
for. Seeds name everything: the body and its camera, the scene, and the noise. What counts: a notice of a slouch is
false unless a slump of the scene is being held; one that the scene makes right is timed from the moment the slump was
complete. Proposals to calibrate again are counted apart; they are wrong except where the camera was bumped. Movement
breaks are no part of this: no scene lasts thirty minutes, so any that is told for sitting still is false as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from exercises.posture_acting import Calibrating, Player
from exercises.posture_desk import HEIGHTS_M, Desk, draw_desk
from exercises.posture_scenes import LAPTOP_HEIGHTS_M, NUISANCES, SLUMPS, Scene, scene_of
from exercises.posture_wire import CalibrationSession, WatchSession

SCENE_S: Final = 600.0
NOTICED_WITHIN_S: Final = 150.0
_CALIBRATION_FPS: Final = 5.0
_LONGEST_CALIBRATION_S: Final = 120.0
_TRIES: Final = 3
"""Who is asked to calibrate again tries again, but not for ever."""
_SLOWEST_JITTER: Final = 0.15
_FASTEST_S: Final = 0.2
_OPTIONS: Final = {"break_rule": "still", "break_every_s": 1800, "notices_per_hour": 3600, "quiet": False}
"""The budget of three notices an hour would hide false ones behind the first three."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one scene came to. Times in seconds of the scene; ``error`` is why no calibration was had."""

    scene: Scene
    seed: int
    height_m: float
    calibrations: int
    error: str | None = None
    false_s: tuple[float, ...] = ()
    still_s: tuple[float, ...] = ()
    recalibrate: tuple[tuple[float, str], ...] = ()
    noticed_after_s: float | None = None
    unknown_share: float = 0.0
    trace: tuple[tuple[float, float | None, str | None], ...] = ()


def trial(
    name: str, seed: int, *, side: bool = False, slouch_pose: bool = True, seconds: float = SCENE_S,
    traced: bool = False,
) -> Trial:  # fmt: skip
    """One body acts one scene before a camera in front or at its ``side``. ``traced`` keeps every verdict."""
    heights_m = LAPTOP_HEIGHTS_M if name == "laptop_below_eye_level" else HEIGHTS_M
    desk = draw_desk(seed, heights_m=heights_m, side=side)
    scene = scene_of(name, seed, seconds)
    player = Player(desk, seed)
    baseline: dict[str, Any] | None = None
    error: str | None = None
    clock_s, tries = 0.0, 0
    while baseline is None and tries < _TRIES:
        tries += 1
        baseline, error, clock_s = calibrate(desk, player, clock_s, slouch_pose=slouch_pose)
    if baseline is None:
        return Trial(scene, seed, desk.height_m, tries, error=error)
    return _watch(desk, player, scene, {**baseline, "id": "trial", "place": "desk", "name": "desk"}, clock_s, seed,
                  tries, traced=traced)  # fmt: skip


def calibrate(
    desk: Desk, player: Player, clock_s: float, *, slouch_pose: bool
) -> tuple[dict[str, Any] | None, str | None, float]:
    """The baseline of a guided calibration, or why there is none, and the clock after it."""
    session = CalibrationSession({"view": "auto", "slouch": slouch_pose})
    person = Calibrating(desk)
    width, height = desk.camera.width, desk.camera.height
    phase, started = "look", clock_s
    while clock_s - started < _LONGEST_CALIBRATION_S:
        values = player.sees(clock_s, person.sitting(phase, clock_s))
        told = session.frame(clock_s, values, width, height, 0.45)
        clock_s += 1 / _CALIBRATION_FPS
        phase = told["phase"]
        if phase == "failed":
            return None, str(told["error"]["key"]), clock_s
        if phase == "done":
            result = session.result()
            error = result.get("error")
            return result.get("baseline"), None if error is None else str(error["key"]), clock_s
    return None, f"never finished: {phase}", clock_s


def _watch(
    desk: Desk, player: Player, scene: Scene, baseline: dict[str, Any], clock_s: float, seed: int, tries: int, *,
    traced: bool,
) -> Trial:  # fmt: skip
    rng = random.Random(f"watch {seed}")  # noqa: S311  # when pictures are taken
    session = WatchSession([baseline], _OPTIONS)
    started = clock_s
    false_s: list[float] = []
    still_s: list[float] = []
    recalibrate: list[tuple[float, str]] = []
    trace: list[tuple[float, float | None, str | None]] = []
    noticed: float | None = None
    blind_s = 0.0
    while (at := clock_s - started) < scene.seconds:
        values = player.acts(scene, at, clock_s)
        verdict = session.frame(clock_s, values, desk.camera.width, desk.camera.height, 0.45)
        notice = verdict["notice"]
        key = None if notice is None else notice["key"]
        if key == "slouch":
            if scene.slump is not None and scene.slump[0] <= at < scene.slump[1] + _GRACE_S:
                noticed = at - scene.slump[0] if noticed is None else noticed
            else:
                false_s.append(at)
        elif key == "still":
            still_s.append(at)
        elif key == "recalibrate":
            recalibrate.append((at, str(notice["reason"])))
        if traced:
            trace.append((at, verdict["index"], verdict["gate"] and verdict["gate"]["reason"]))
        step = max(_FASTEST_S, float(verdict["look_again_s"])) * (1 + rng.uniform(0, _SLOWEST_JITTER))
        blind_s += 0.0 if verdict["can_tell"] or verdict["state"] == "away" else step
        clock_s += step
    return Trial(
        scene, seed, desk.height_m, tries, false_s=tuple(false_s), still_s=tuple(still_s),
        recalibrate=tuple(recalibrate), noticed_after_s=noticed, unknown_share=blind_s / scene.seconds,
        trace=tuple(trace),
    )  # fmt: skip


_GRACE_S: Final = 5.0
"""A slump that ends while its notice is on the way was one."""


def run_trials(
    names: Iterable[str], seeds: Sequence[int], *, side: bool = False, slouch_pose: bool = True,
    seconds: float = SCENE_S, advance: Callable[[int, int | None], None] | None = None,
) -> list[Trial]:  # fmt: skip
    """Every scene with every seed; scenes of the same seed have the same body."""
    asked = [(name, seed) for seed in seeds for name in names]
    trials = []
    for done, (name, seed) in enumerate(asked, start=1):
        trials.append(trial(name, seed, side=side, slouch_pose=slouch_pose, seconds=seconds))
        if advance is not None:
            advance(done, len(asked))
    return trials


ALL_SCENES: Final = (*NUISANCES, *SLUMPS)


def scene_figures(trials: Sequence[Trial]) -> dict[str, Any]:
    """False notices an hour per nuisance and in total, and how many slumps were told how soon."""
    named: dict[str, list[Trial]] = {}
    for one in trials:
        named.setdefault(one.scene.name, []).append(one)
    nuisances = {name: _nuisance(named[name]) for name in NUISANCES if name in named}
    slumps = {name: _slump(named[name]) for name in SLUMPS if name in named}
    bodies = {one.seed for one in trials}
    return {
        "bodies": len(bodies),
        "seeds": [min(bodies), max(bodies)] if bodies else None,
        "not_calibrated": sorted({one.seed for one in trials if one.error is not None}),
        "calibrated_again": len({one.seed for one in trials if one.calibrations > 1}),
        "nuisances": nuisances,
        "nuisances_total": _nuisance([one for one in trials if one.scene.name in NUISANCES]),
        "slumps": slumps,
        "slump_15_by_height": _by_height(named.get("slump_15", [])),
    }


def _nuisance(trials: Sequence[Trial]) -> dict[str, Any]:
    run = [one for one in trials if one.error is None]
    hours = sum(one.scene.seconds for one in run) / 3600
    false = sum(len(one.false_s) for one in run)
    wrong = sum(len(one.recalibrate) for one in run if not one.scene.remade)
    return {
        "trials": len(run),
        "hours": round(hours, 2),
        "false_notices": false,
        "per_hour": round(false / hours, 3) if hours else None,
        "still_notices": sum(len(one.still_s) for one in run),
        "recalibrate": sum(len(one.recalibrate) for one in run),
        "recalibrate_without_reason": wrong,
        "cannot_tell": _mean([one.unknown_share for one in run]),
        "seeds_with_false": sorted({one.seed for one in run if one.false_s}),
    }


def _slump(trials: Sequence[Trial]) -> dict[str, Any]:
    run = [one for one in trials if one.error is None]
    after = sorted(one.noticed_after_s for one in run if one.noticed_after_s is not None)
    soon = [value for value in after if value <= NOTICED_WITHIN_S]
    return {
        "trials": len(run),
        "noticed": len(after),
        "share_in_time": round(len(soon) / len(run), 4) if run else None,
        "median_s": round(median(after), 1) if after else None,
        "p95_s": round(after[min(len(after) - 1, int(0.95 * len(after)))], 1) if after else None,
        "false_before": sum(len(one.false_s) for one in run),
        "missed_seeds": sorted(
            one.seed for one in run if one.noticed_after_s is None or one.noticed_after_s > NOTICED_WITHIN_S
        ),
    }  # fmt: skip


def _by_height(trials: Sequence[Trial]) -> dict[str, Any]:
    bands = {
        "below": [one for one in trials if one.height_m < -0.15],  # noqa: PLR2004  # the lower third, the middle, above
        "little_below": [one for one in trials if -0.15 <= one.height_m < 0],  # noqa: PLR2004
        "above": [one for one in trials if one.height_m >= 0],
    }
    return {name: _slump(some)["share_in_time"] for name, some in bands.items()}


def _mean(values: Sequence[float]) -> float | None:
    return round(sum(values) / len(values), 4) if values else None
