"""One set as the session page shows it: the chart, each movement in words, and what the replay's script is told.

Made from stored rows, like the ledger (training.ledger), which says the same to the patient; here the reader is the
physiotherapist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import format_date, gettext

from exercises.body import Side, landmark
from exercises.measures import MEASURES
from tracker.clinic import rules_replay as rules
from tracker.clinic.replay_charts import SetChart, set_chart, sides_in, until_s
from tracker.training import texts
from tracker.training.charts import curve_of, phase_runs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from exercises.definition import Definition
    from tracker.clinic.replay_service import Kept
    from tracker.training.ledger import Bead, HoldLine, SetView
    from tracker.training.models import Repetition, SetResult

_JOINTS_OF_AN_ANGLE = 3


@dataclass(frozen=True, slots=True)
class Move:
    """One repetition or hold. Times in seconds since the set began; `reached` in the unit of `measure`.

    `keys`: where the ideal figure stands meanwhile (rules_replay). `faults`: when, and what.
    """

    position: int
    side: str
    start: float
    peak: float | None
    end: float
    counted: bool
    corrected: bool
    measure: str | None
    reached: float | None
    flags: tuple[str, ...]
    faults: tuple[tuple[float, str], ...]
    words: str
    keys: tuple[rules.Key, ...]


@dataclass(frozen=True, slots=True)
class Review:
    """A set with what is needed to look at it again. `told`: for the script, None where nothing can be replayed."""

    view: SetView
    kept: Kept
    kept_text: str
    chart: SetChart | None
    moves: tuple[Move, ...]
    told: dict[str, Any] | None


def review_of(
    row: SetResult, view: SetView, definition: Definition | None, kept: Kept, *, kept_for: timedelta
) -> Review:
    """The review of one set; `kept_for`: how long joint positions are kept here."""
    trace = curve_of(row.summary)
    moves = _repetitions(row, view, definition) if view.repetitions else _holds(row, view)
    return Review(
        view=view,
        kept=kept,
        kept_text=_kept_text(kept, kept_for),
        chart=set_chart(view, row.summary, trace, moves) if trace and not view.manual else None,
        moves=moves,
        told=_told(view, trace, definition, moves) if kept.shown else None,
    )


# ---------------------------------------------------------------------------------------------- movements


def _repetitions(row: SetResult, view: SetView, definition: Definition | None) -> tuple[Move, ...]:
    stored = {each.id: each for each in row.repetitions}
    return tuple(_repetition(bead, stored[bead.id], definition) for bead in view.repetitions)


def _repetition(bead: Bead, row: Repetition, definition: Definition | None) -> Move:
    middle = bead.peak_s if bead.peak_s is not None else (bead.start_s + bead.end_s) / 2
    faults = tuple(
        (middle if fault.get("at") is None else fault["at"], texts.fault_text(definition, fault["key"]))
        for fault in row.faults
    )
    return Move(
        position=bead.position,
        side=bead.side,
        start=bead.start_s,
        peak=bead.peak_s,
        end=bead.end_s,
        counted=bead.counted,
        corrected=bead.corrected,
        measure=bead.measure,
        reached=bead.range_peak,
        flags=rules.flags(counted=bead.counted, corrected=bead.corrected, faults=bool(faults)),
        faults=faults,
        words=_words_of_bead(bead),
        keys=rules.repetition_keys(
            bead.start_s,
            bead.peak_s,
            bead.end_s,
            rules.Tempo(row.tempo_out_s, row.tempo_peak_s, row.tempo_back_s),
        ),
    )


def _words_of_bead(bead: Bead) -> str:
    verdict = gettext("counted") if bead.engine_counted else gettext("not counted")
    first = gettext(
        "Movement %(number)d (%(side)s): %(verdict)s.",
        number=bead.position,
        side=bead.side_text.lower(),
        verdict=verdict,
    )
    parts = [first]
    if not bead.engine_counted or bead.reason != "complete":
        parts.append(bead.reason_text)
    if bead.corrected:
        parts.append(
            gettext("The patient says that it counts.")
            if bead.counted
            else gettext("The patient says that it does not count.")
        )
    if bead.range_text:
        parts.append(gettext("Range %(range)s.", range=bead.range_text))
    parts += [f"{fault[:1].upper()}{fault[1:].rstrip('.')}." for fault in bead.faults]
    return " ".join(parts)


def _holds(row: SetResult, view: SetView) -> tuple[Move, ...]:
    """The engine's own list has the times of the faults; the ledger has their words, in the same order."""
    stored = row.summary.get("holds") or ()
    return tuple(
        _hold(line, tuple(fault.get("at") for fault in each.get("faults") or ()))
        for line, each in zip(view.holds, stored, strict=True)
    )


def _hold(hold: HoldLine, at: tuple[float | None, ...]) -> Move:
    verdict = gettext("counted") if hold.counted else gettext("not counted")
    first = gettext(
        "Hold %(number)d (%(side)s), %(time)s: %(verdict)s.",
        number=hold.number,
        side=hold.side_text.lower(),
        time=hold.held_text,
        verdict=verdict,
    )
    parts = [first] if hold.counted else [first, hold.reason_text]
    parts += [f"{fault[:1].upper()}{fault[1:].rstrip('.')}." for fault in hold.faults]
    return Move(
        position=hold.number,
        side=hold.side,
        start=hold.start,
        peak=None,
        end=hold.end,
        counted=hold.counted,
        corrected=False,
        measure=None,
        reached=None,
        flags=rules.flags(counted=hold.counted, corrected=False, faults=bool(hold.faults)),
        faults=tuple(
            (hold.start if moment is None else moment, fault) for moment, fault in zip(at, hold.faults, strict=True)
        ),
        words=" ".join(parts),
        keys=rules.hold_keys(hold.start, hold.end),
    )


# ---------------------------------------------------------------------------------------------- words


def _kept_text(kept: Kept, kept_for: timedelta) -> str:
    """Until when the joint positions are kept, or why there are none."""
    if kept.shown:
        return str(
            gettext(
                "Joint positions only, no picture. Kept until %(date)s, then deleted.",
                date=format_date(kept.expires_at, "d MMMM yyyy"),
            )
        )
    if kept.standing == "no_consent":
        return str(
            gettext("No replay: the patient does not agree to joint positions being stored. They can change that.")
        )
    if kept.standing == "expired":
        return str(
            gettext(
                "No replay: joint positions are deleted after %(days)d days, and this set is older.", days=kept_for.days
            )
        )
    if kept.standing == "missing":
        return str(
            gettext(
                "No replay: no joint positions came with this set. The consent may be newer than the set, or the "
                "browser could not pack them."
            )
        )
    return ""


# ---------------------------------------------------------------------------------------------- for the script


def _told(
    view: SetView, trace: Mapping[str, Any] | None, definition: Definition | None, moves: Sequence[Move]
) -> dict[str, Any]:
    """What static/js/replay.js needs besides the joint positions. Nothing here was not on the page already."""
    return {
        "until": round(until_s(view, trace), 3),
        "view": view.view,
        "side": view.side,
        "angle": _angle_joints(view, trace, definition),
        "measure": texts.say(texts.MEASURES, trace["measure"]) if trace else "",
        "unit": trace["unit"] if trace else "",
        "curve": _curve(trace) if trace else None,
        "blind": _blind(trace),
        "moves": [
            {
                "n": move.position,
                "side": move.side,
                "start": round(move.start, 3),
                "end": round(move.end, 3),
                "flags": move.flags,
                "words": move.words,
                "keys": [[round(moment, 3), share] for moment, share in move.keys],
            }
            for move in moves
        ],
    }


def _curve(trace: Mapping[str, Any]) -> dict[str, Any]:
    """The measured values as they are read out: tenths of a degree, hundredths of a length, None where nobody knows."""
    digits = 1 if trace["unit"] == "deg" else 2
    sides = {
        side: [None if value is None else round(value, digits) for value in trace[side]] for side in sides_in(trace)
    }
    return {"t": [round(moment, 2) for moment in trace["t"]], **sides}


def _blind(trace: Mapping[str, Any] | None) -> list[tuple[float, float]]:
    """When the camera could not tell."""
    if trace is None:
        return []
    return [(start, end) for phase, start, end in phase_runs(trace) if phase == "cannot_tell"]


def _angle_joints(
    view: SetView, trace: Mapping[str, Any] | None, definition: Definition | None
) -> dict[str, list[int]] | None:
    """The three joints of the measured angle on each side, where it is one: `exercises.coach` draws its arc by the same
    rule. None where the measure is a distance, a lean, or counted from the person's own rest.
    """
    if trace is None or trace["measure"] not in MEASURES:
        return None
    measure = MEASURES[trace["measure"]]
    judged_by = definition.views.get(view.view or "") if definition else None
    from_rest = judged_by is not None and trace["measure"] in judged_by.rest_measures
    if measure.unit != "deg" or len(measure.joints) != _JOINTS_OF_AN_ANGLE or from_rest:
        return None
    return {side.value: [int(landmark(joint, side)) for joint in measure.joints] for side in (Side.LEFT, Side.RIGHT)}
