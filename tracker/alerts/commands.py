"""`tracker alerts replay` and `tracker alerts simulate`: the escalation engine without a database.

Conventions: results go to stdout, everything else to stderr. Exit codes: 0 done, 1 differences found by ``--check``,
2 wrong arguments or an unreadable file.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NoReturn

import click

from tracker.alerts.replay import ReplayError, differences, load, replay
from tracker.alerts.rules import PRESETS
from tracker.alerts.simulation import (
    Detection,
    Population,
    RealSeries,
    SeriesError,
    Simulation,
    read_series,
    run_series,
    simulate,
)

_STDOUT = Path("-")
_PRESET = click.option(
    "--preset", type=click.Choice(list(PRESETS)), default="default", show_default=True, help="Set of parameters."
)


@click.group("alerts")
def alerts() -> None:
    """Escalation: replay histories, measure false alarms and delays."""


@alerts.command("replay", epilog="Exit codes: 0 done, 1 differences found by --check, 2 unreadable file.")
@click.argument("histories", type=click.Path(path_type=Path, allow_dash=True))
@_PRESET
@click.option("--check", is_flag=True, help="Compare with the trigger, state and state_changes in the file.")
def replay_command(histories: Path, preset: str, check: bool) -> None:
    """Run the engine over HISTORIES.json and print trigger, rules and state for every day.

    The file holds {"vignettes": [...]}, a list, or an object of histories by id; "-" reads it from stdin.
    """
    try:
        document = load(_read(histories), PRESETS[preset])
        for remark in document.remarks:
            click.echo(f"{histories}: {remark}", err=True)
        results = replay(document)
        found = differences(document, results) if check else []
    except ReplayError as error:
        _refuse(f"{histories}: {error}")
    click.echo(json.dumps(results, indent=1 if sys.stdout.isatty() else None))
    for sentence in found:
        click.echo(sentence, err=True)
    if check:
        click.echo(f"{len(document.histories)} histories, {len(found)} differences", err=True)
    if found:
        sys.exit(1)


@alerts.command("simulate")
@click.option("--patients", type=click.IntRange(1, 1_000_000), default=2000, show_default=True)
@click.option("--sd", type=click.FloatRange(0.1, 5), default=1.2, show_default=True, help="Within-person SD, points.")
@click.option("--phi", type=click.FloatRange(0, 0.95), default=0.35, show_default=True, help="Lag-1 autocorrelation.")
@click.option(
    "--missing", type=click.FloatRange(0, 0.9), default=0.15, show_default=True, help="Share of missing days."
)
@_PRESET
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option(
    "--json", "json_to", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True), metavar="FILE|-",
    help="Write the figures as JSON; “-” writes them to stdout, without the table.",
)  # fmt: skip
@click.option(
    "--pain-csv", type=click.Path(path_type=Path, dir_okay=False),
    help="Real series as well: participant, site, date, intensity.",
)  # fmt: skip
def simulate_command(
    patients: int, sd: float, phi: float, missing: float, preset: str, seed: int, jobs: int, json_to: Path | None,
    pain_csv: Path | None,
) -> None:  # fmt: skip
    """Measure false alarms and delays on virtual patients (CLINICAL 5.5), pain rules only, no clinician acting."""
    real: tuple[RealSeries, ...] = ()
    if pain_csv is not None:
        try:
            real = run_series(read_series(_read(pain_csv)), PRESETS[preset])
        except (SeriesError, ReplayError) as error:
            _refuse(f"{pain_csv}: {error}")
    population = Population(sd=sd, phi=phi, missing=missing)
    result = simulate(population, PRESETS[preset], patients=patients, seed=seed, jobs=jobs)
    document = result.to_dict() | {"real_series": [_series(one) for one in real]}
    if json_to != _STDOUT:
        click.echo("\n".join([*_table(result), *_real_table(real)]))
    if json_to is not None:
        text = json.dumps(document, indent=2)
        if json_to == _STDOUT:
            click.echo(text)
            return
        try:
            json_to.write_text(text + "\n", encoding="utf-8")
        except OSError as error:
            _refuse(f"{json_to}: {error.strerror}")


def _read(path: Path) -> str:
    try:
        return sys.stdin.read() if path == _STDOUT else path.read_text(encoding="utf-8")
    except OSError as error:
        raise ReplayError(error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise ReplayError("is no text in UTF-8") from error


def _refuse(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    sys.exit(2)


# ---------------------------------------------------------------------------------------------- tables


def _table(result: Simulation) -> list[str]:
    alarms, population = result.false_alarms, result.population
    arl0 = "none" if alarms.arl0_days is None else f"one in {alarms.arl0_days:.0f} d"
    who = f"SD {population.sd:g}, phi {population.phi:g}, {population.missing:.0%} missing"
    active = f"L1 or more on {alarms.l1_days_share:.1%} of days"
    return [
        f"{result.patients} patients, {who}, parameters {result.parameters_version}, seed {result.seed}",
        "",
        "Nothing changes, one year each:",
        f"  false L1 episodes per patient-year  {alarms.l1_per_year:6.2f}   ({active})",
        f"  false L2 episodes per patient-year  {alarms.l2_per_year:6.2f}   (ARL0: {arl0})",
        f"  any false L2 in the first 90 days   {alarms.l2_within_90_days:6.1%}",
        "",
        "Days until found          L1 median  L2 median    p90   mean  limit  found in 60 d  patients",
        *[_detection_row(one) for one in result.detections],
        "",
        "limit: the least mean delay any detector can have at this ARL0, with a known baseline (CLINICAL 5.4)",
    ]


def _detection_row(one: Detection) -> str:
    return (
        f"  {one.name:22}  {_days(one.l1_median):>9}  {_days(one.l2_median):>9}  {_days(one.l2_p90):>5}"
        f"  {_days(one.l2_mean, 1):>5}  {_days(one.limit_mean, 1):>5}  {one.l2_found:13.1%}  {one.patients:8}"
    )


def _days(value: float | None, digits: int = 0) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _series(one: RealSeries) -> dict[str, str | int]:
    return {
        "name": one.name,
        "days": one.days,
        "answered": one.answered,
        "l1_episodes": one.l1_episodes,
        "l2_episodes": one.l2_episodes,
    }


def _real_table(real: tuple[RealSeries, ...]) -> list[str]:
    if not real:
        return []
    days, answered = sum(one.days for one in real), sum(one.answered for one in real)
    reviews = sum(one.l2_episodes for one in real)
    every = f"one L2 in {days / reviews:.0f} days, {answered / reviews:.0f} check-ins" if reviews else "no L2"
    return [
        "",
        "Real series                 days  check-ins  L1 episodes  L2 episodes",
        *[
            f"  {one.name:22}  {one.days:6}  {one.answered:9}  {one.l1_episodes:11}  {one.l2_episodes:11}"
            for one in real
        ],
        f"  together: {days} days, {answered} check-ins, {every}",
    ]
