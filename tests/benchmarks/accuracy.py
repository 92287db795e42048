"""Writes docs/accuracy.md: what the engine counts and measures, on recordings and on synthetic sets, and where not.

    python -m tests.benchmarks.accuracy [--sets N] [--out docs/accuracy.md]
    python -m tests.benchmarks.accuracy --replay EXERCISE SEED

The page has no date and no time in seconds, so the same engine and the same recordings give the same page, except for
the line that compares the engine with the pose model. Shares are 0..1 here and per cent on the page. Limits: the
recordings are measured only where they lie on this machine; the page says so where they do not.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from textwrap import fill
from typing import Any

from exercises import ENGINE_VERSION
from exercises.definition import TIERS, Definition, load_library
from exercises.synthetic import DISTRACTORS, HOLD_S, Conditions, Take, any_conditions, judge
from tests.benchmarks.accuracy_sets import (
    EXACT_DEG,
    EXACT_OTHER,
    IN_BAND,
    Played,
    Reached,
    by_view,
    ideal_ranges,
    judged_definitions,
    play_all,
    print_progress,
    quantile,
    spread,
    wilson,
)
from tests.benchmarks.accuracy_weak import WEAK
from tracker.vision.evaluation import EVALUATED, NEGATIVE, evaluate

ROOT = Path(__file__).parents[2]
MEDIA = Path(os.environ.get("TRACKER_TEST_MEDIA", ROOT.parent / "shared" / "data"))
SETS = 2100
SHOWN_FAILURES = 10
EXACT_ASKED, FALSE_ASKED = 0.99, 0.995

IN_WORDS = {
    "walk_off": "turns aside, walks out of the picture with swinging arms, comes back",
    "sit_or_stand": "sits down and stands up again, or the other way round",
    "reach_for_camera": "leans to the camera and reaches for it",
    "scratch_head": "brings a hand to the head",
    "drink": "brings a glass to the mouth",
    "look_round": "looks over the shoulder",
    "pick_up": "bends down for something on the floor",
    "fold_arms": "folds the arms",
    "passer_by": "the skeleton leaps to somebody who walks past, and back",
}


def document(evaluation: Mapping[str, Any] | None, played: Sequence[Played], ideal: Sequence[Reached]) -> str:
    """The page. ``evaluation`` as `evaluate` gives it, None without recordings; ``ideal`` ranges of perfect bodies."""
    blocks = [
        *_head(len(played)),
        "## Recordings of people",
        *(_without_recordings() if evaluation is None else _recordings(evaluation)),
        "## Synthetic sets with exact truth",
        *_sets(played),
        "## Range on synthetic bodies",
        *_ranges(played, ideal),
        "## What stands behind each exercise",
        *_behind(),
        WEAK.strip(),
    ]
    return "\n\n".join(blocks) + "\n"


def _head(sets: int) -> list[str]:
    return [
        "# Accuracy",
        _prose(
            f"""What engine {ENGINE_VERSION} counts and measures, on recordings of people and on synthetic bodies, and
            where it is weak. This page is written by a command, do not edit it:"""
        ),
        f"```sh\n.venv/bin/python -m tests.benchmarks.accuracy --sets {sets}\n```",
        _prose(
            """One set of engine parameters judges everything here; nothing is set per recording. Why the thresholds are
            as they are is in the [decision records](decisions/README.md) from 0010 on. No number on this page compares
            an angle with a goniometer: the error bands come from published agreement studies
            (`exercises/measures.py`) and from the synthetic bodies."""
        ),
    ]


# -- recordings -------------------------------------------------------------------------------------------------------


def _without_recordings() -> list[str]:
    return [
        _prose(
            """The recordings were not on the machine that wrote this page (`TRACKER_TEST_MEDIA`), so there are no
            numbers."""
        )
    ]


def _recordings(evaluation: Mapping[str, Any]) -> list[str]:
    clips, total = evaluation["clips"], evaluation["total"]
    negatives = [clip for clip in clips if clip["status"] == NEGATIVE]
    others = [clip for clip in clips if clip["status"] not in (EVALUATED, NEGATIVE)]
    blocks = [
        _prose(
            """**All of these recordings were used while developing.** They show that the engine copes with real bodies
            and a real pose model; they do not show how it does on people it has never seen. Some are short clips
            looped, some are two photographs shown in turn, two are made by a video model; tracks named `irds` are
            Kinect joints of a patient, tracks named `keraal` BlazePose joints. *Attempted* is the truth and is
            compared with counted plus partial; *correct*, where somebody labelled it, is compared with counted. The
            biceps curl, the clips of the video model (`ai`) and the two presses from the side (288 pixels wide) may
            be off by one."""
        ),
        _table(
            ("recording", "exercise", "view seen", "attempted", "counted", "partial", "error", "correct", "error",
             "cannot tell"),
            [_clip_row(clip) for clip in clips if clip["status"] == EVALUATED],
            numbers=range(3, 10),
        ),
        _table(
            ("in total", "", "aim"),
            [
                ("recordings", total["clips"], ""),
                ("exact", _percent(total["exact"]), "85 %"),
                ("off by at most one", _percent(total["obo"]), "95 %"),
                ("mean of error / attempted", _percent(total["mae"]), ""),
                ("correct ones told apart exactly", _percent(total["correct_exact"]), ""),
                ("mean of error of correct / attempted", _percent(total["correct_mae"]), ""),
                ("time in which it could not tell", _percent(total["cannot_tell"]), ""),
            ],
            numbers=(1, 2),
        ),
        "Negative controls show other movements; every exercise named in the manifest watched each of them.",
        _table(
            ("negative control", "exercises watching", "false repetitions", "partial noted"),
            [
                (f"`{clip['file']}`", len(clip["by_exercise"]), clip["false_reps"], clip["false_partials"])
                for clip in negatives
            ],
            numbers=range(1, 4),
        ),
        _prose(
            f"""{total["false_reps"]} false repetitions, {_number(total["false_reps_per_min"], 2)} per minute watched.
            {_cost(total)}"""
        ),
    ]  # fmt: skip
    if others:
        blocks.append("Not judged: " + ", ".join(f"`{clip['file']}` ({clip['status']})" for clip in others) + ".")
    return blocks


def _clip_row(clip: Mapping[str, Any]) -> tuple[object, ...]:
    known = clip["correct"] is not None
    return (
        f"`{clip['file']}`",
        clip["exercise"],
        clip["view_seen"] or "none",
        clip["reps"],
        clip["counted"],
        clip["partial"],
        _signed(clip["error"]),
        clip["correct"] if known else "",
        _signed(clip["correct_error"]) if known else "",
        _percent(clip["cannot_tell_share"]),
    )


def _cost(total: Mapping[str, Any]) -> str:
    if not total["inference_ms"]:
        return "The landmarks were kept from an earlier run, so the engine's time was not compared with the model's."
    share = total["ms_per_frame"] / total["inference_ms"]
    return (
        f"Per picture the engine took {_percent(share, 2)} of the time that the full pose model took in the same run."
    )


# -- synthetic sets ---------------------------------------------------------------------------------------------------


def _sets(played: Sequence[Played]) -> list[str]:
    distracted = [one for one in played if one.conditions.distractors]
    groups = [(d, [one for one in played if one.exercise == d.id]) for d in judged_definitions()]
    return [
        _prose(
            """A body made from each definition's own key poses moves in front of an imperfect camera
            (`exercises/synthetic.py`, [decision 0014](decisions/0014-synthetic-recordings.md)). Seeds count from 0,
            and every set has its own; the same exercise and seed give the same set."""
        ),
        _conditions([one.conditions for one in played]),
        _table(
            ("in total", "sets", "share", "95 % interval", "asked"),
            [
                ("count exact", *_tally([one.exact for one in played]), _percent(EXACT_ASKED)),
                ("no false repetition, of sets with a distraction", *_tally([not one.false for one in distracted]),
                 _percent(FALSE_ASKED)),
                ("a partial repetition noted during a distraction", *_tally([one.distracted > 0 for one in distracted]),
                 ""),
            ],
            numbers=range(1, 5),
        ),
        _prose(
            """A partial repetition that is noted during a distraction changes no count; the person may hear a cue that
            was not meant for them, and the physiotherapist sees a line in the ledger."""
        ),
        *_failures(played),
        _table(
            ("exercise", "sets", "repetitions or holds", "exact", "false", "sets with a partial in a distraction",
             "kinds of distraction"),
            [_set_row(definition, group) for definition, group in groups],
            numbers=range(1, 7),
        ),
        "The kinds of distraction:",
        _table(
            ("the body", "sets", "for exercises"),
            [
                (IN_WORDS[name], sum(name in one.conditions.distractors for one in played),
                 sum(distractor.suits(definition) for definition, _ in groups))
                for name, distractor in DISTRACTORS.items()
            ],
            numbers=range(1, 3),
        ),
        _prose(
            """A distraction that *is* the exercise (a glass brought to the mouth for an elbow bend, sitting down for a
            squat) proves nothing there and is left out; so are those that nobody can do in the posture."""
        ),
    ]  # fmt: skip


def _set_row(definition: Definition, group: Sequence[Played]) -> tuple[object, ...]:
    return (
        definition.id,
        len(group),
        sum(one.expected for one in group),
        _percent(_share(one.exact for one in group)),
        sum(one.false for one in group),
        sum(one.distracted > 0 for one in group),
        _kinds(definition),
    )


def _conditions(drawn: Sequence[Conditions]) -> str:
    """How the sets were made, from what was really drawn."""

    def between(name: str, digits: int = 0, factor: float = 1.0) -> str:
        values = [factor * getattr(conditions, name) for conditions in drawn]
        low, high = (_number(end, digits) for end in (min(values), max(values)))
        return low if low == high else f"{low} to {high}"

    less = _number(100 * max(conditions.asymmetry for conditions in drawn), 0)
    most = max(len(conditions.distractors) for conditions in drawn)
    items = [
        f"{between('fps')} pictures a second, of which {between('lost_pictures', 0, 100)} % are lost",
        f"every view of the definition, {between('yaw_off_deg')} degrees off it; half of the pictures mirrored",
        f"noise of {between('noise', 0, 100)} % of the shoulder width on every joint and axis (standard deviation)",
        f"{between('repetitions')} repetitions or holds, {between('pause_s', 1)} s between them",
        f"repetitions of {between('seconds', 1)} s; holds of {HOLD_S + 1:.0f} s where {HOLD_S:.0f} s are asked",
        f"{between('high', 0, 100)} % of the way to the peak pose, the second arm up to {less} % less",
        f"up to {most} distractions before, between or after the repetitions",
    ]  # fmt: skip
    return "\n".join(f"- {item}" for item in items)


def _failures(played: Sequence[Played]) -> list[str]:
    failed = [one for one in played if not one.exact or one.false]
    if not failed:
        return ["No set failed."]
    rows = [
        (one.exercise, one.seed, one.conditions.view, one.expected, one.counted, one.false)
        for one in failed[:SHOWN_FAILURES]
    ]
    return [
        f"Sets that failed: {len(failed)}. The first {len(rows)}, to be seen with `--replay EXERCISE SEED`:",
        _table(("exercise", "seed", "view", "done", "counted", "false"), rows, numbers=(1, 3, 4, 5)),
    ]


def _kinds(definition: Definition) -> int:
    return sum(distractor.suits(definition) for distractor in DISTRACTORS.values())


# -- ranges -----------------------------------------------------------------------------------------------------------


def _ranges(played: Sequence[Played], ideal: Sequence[Reached]) -> list[str]:
    ranges = [reached for one in played for reached in one.ranges]
    elsewhere = sum(one.elsewhere for one in played)
    perfect, noisy = by_view(ideal), by_view(ranges)
    number, share, interval = _tally([reached.in_band for reached in ranges])
    return [
        _prose(
            f"""The measured range of every counted repetition against the truth: the same plane measure on the
            noise-free key poses at the ideal view. *Ideal* is the largest error at exactly that view without noise;
            asked are {EXACT_DEG:.0f} degrees or {EXACT_OTHER} of a length. The other columns are the sets above: up to
            15 degrees off the view, with noise and distractions. *Band* is what the engine states with every range.
            Holds have no range. What is beyond the asked is **bold**. Where a second view hides the movement (an arm
            that points at the camera, somebody who sits down towards it) only the band is promised; a band as wide as
            the movement says that it is counted and not measured."""
        ),
        _table(
            ("exercise", "view", "measure", "unit", "ideal", "ranges", "median error", "95 % below", "band", "in band"),
            [_range_row(perfect[key], noisy.get(key, [])) for key in sorted(perfect)],
            numbers=range(4, 10),
        ),
        _prose(
            f"""{number} ranges lie within their band: {share} (95 % interval {interval}); asked are
            {_percent(IN_BAND)}. {elsewhere} more repetitions were judged from a neighbouring view and have no fair
            truth. The truth is what the picture shows at the ideal view: a wrong plane of the movement itself is not in
            these numbers."""
        ),
    ]


def _range_row(ideal: Sequence[Reached], ranges: Sequence[Reached]) -> tuple[object, ...]:
    first = ideal[0]
    digits = 1 if first.unit == "deg" else 3
    worst = max(abs(reached.error) for reached in ideal)
    errors = [abs(reached.error) for reached in ranges]
    share = _share(reached.in_band for reached in ranges)
    return (
        first.exercise,
        first.view,
        f"`{first.measure}`",
        first.unit,
        _bold(_number(worst, digits), when=not all(reached.exact for reached in ideal)),
        len(ranges),
        _number(quantile(errors, 0.5), digits) if errors else "",
        _number(quantile(errors, 0.95), digits) if errors else "",
        f"{first.band:g}",
        _bold(_percent(share), when=share < IN_BAND) if errors else "",
    )


# -- what stands behind an exercise -----------------------------------------------------------------------------------


def _behind() -> list[str]:
    library = load_library().values()
    timers = [f"`{definition.id}`" for definition in library if not definition.views]
    validated = [definition for definition in library if definition.tier == TIERS[-1]]
    return [
        _prose(f"""Guided timers, which the camera does not judge and nothing here is about: {", ".join(timers)}."""),
        _prose(
            f"""{len(validated)} definitions are of the tier `{TIERS[-1]}` and say what they were tried on. All others
            stand on synthetic bodies and on what the first table shows of them, if anything."""
        ),
        _table(("exercise", "tried on"), [(definition.id, definition.validation) for definition in validated]),
    ]


# -- writing ----------------------------------------------------------------------------------------------------------


def _prose(text: str) -> str:
    """A paragraph, however it was broken into lines before."""
    return fill(" ".join(text.split()), width=120, break_long_words=False, break_on_hyphens=False)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]], numbers: Iterable[int] = ()) -> str:
    """A Markdown table; ``numbers`` are the columns that are flush right."""
    right = set(numbers)
    rule = ["--:" if n in right else "---" for n in range(len(head))]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in (head, rule, *rows))


def _tally(holds: Sequence[bool]) -> tuple[str, str, str]:
    """How many of how many, the share, and its interval."""
    true = sum(holds)
    low, high = wilson(true, len(holds))
    return f"{true} of {len(holds)}", _percent(_share(holds)), f"{100 * low:.1f} to {100 * high:.1f} %"


def _share(holds: Iterable[bool]) -> float:
    known = list(holds)
    return fmean(known) if known else 0.0


def _percent(share: float | None, digits: int = 1) -> str:
    """Rounded down when short of everything: 100 % means all of them."""
    if share is None:
        return "none"
    text = f"{100 * share:.{digits}f}"
    if share < 1 and float(text) == 100:
        text = f"{100 - 10**-digits:.{digits}f}"
    return f"{text.rstrip('0').rstrip('.') if '.' in text else text} %"


def _number(value: float | None, digits: int) -> str:
    if value is None:
        return "none"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _signed(error: int | None) -> str:
    return "" if error is None else f"{error:+d}" if error else "0"


def _bold(text: str, *, when: bool) -> str:
    return f"**{text}**" if when else text


# -- the command ------------------------------------------------------------------------------------------------------


def replay(exercise: str, seed: int) -> str:
    """What happened in one set: its conditions and the engine's ledger."""
    definition = load_library()[exercise]
    take = Take(definition, any_conditions(definition, seed))
    verdict = judge(take)
    lines = [f"{exercise}, seed {seed}: {take.conditions}"]
    lines += [f"done {verdict.expected}, counted {verdict.counted}, false {verdict.false}, partial {verdict.partial}"]
    at = 0.0
    for seconds, kind, _ in take.scenes():
        lines.append(f"  truth  {at:6.1f} s to {at + seconds:6.1f} s  {kind}")
        at += seconds
    summary = verdict.summary
    lines += [
        f"  engine {r.start_s:6.1f} s to {r.end_s:6.1f} s  {r.reason}, {r.side}, {r.range.value:.1f} {r.range.unit}"
        for r in summary.repetitions
    ]
    lines += [f"  engine {h.hold.start_s:6.1f} s to {h.hold.end_s:6.1f} s  {h.hold.reason}" for h in summary.holds]
    lines += [f"  gate   {seconds:6.1f} s  {reason}" for reason, seconds in summary.gate.items()]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; see the first paragraph."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.accuracy", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--sets", type=int, default=SETS, help="number of synthetic sets (default %(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "accuracy.md", help="the page to write")
    parser.add_argument("--processes", type=int, help="processes for the synthetic sets (default: every core)")
    parser.add_argument("--tracks", type=Path, help="folder in which landmarks of the recordings are kept")
    parser.add_argument("--replay", nargs=2, metavar=("EXERCISE", "SEED"), help="show one set and write nothing")
    given = parser.parse_args(arguments)
    if given.replay:
        print(replay(given.replay[0], int(given.replay[1])))
        return 0
    wanted = spread(given.sets)
    if len(wanted) < len(judged_definitions()):
        parser.error(f"--sets must be at least {len(judged_definitions())}: one for every definition")
    manifest = MEDIA / "manifest.json"
    evaluation = None
    if manifest.is_file():
        print(f"recordings of {manifest.name}", file=sys.stderr)
        evaluation = evaluate(manifest, tracks=given.tracks)
    told: Callable[[int], None] = lambda done: print_progress(done, len(wanted))  # noqa: E731  # a line's worth
    played = play_all(wanted, processes=given.processes, told=told)
    ideal = [reached for definition in judged_definitions() for reached in ideal_ranges(definition)]
    given.out.write_text(document(evaluation, played, ideal), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
