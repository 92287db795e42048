"""A second, literal reading of CLINICAL 5.2 to 5.6 for the rules of its reference: slow, without any short cut.

Written apart from `tracker.alerts.rules` and sharing nothing with it, so that a property test can compare both. It
keeps the reference's fixed limits of silence.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


def _trimmed(values: list[float]) -> float:
    cut = int(0.2 * len(values))
    kept = sorted(values)[cut : len(values) - cut]
    return sum(kept) / len(kept)


def _spread(values: list[float], centre: float) -> float:
    variance = (10 * 1.3**2 + sum((y - centre) ** 2 for y in values)) / (10 + len(values) - 1)
    return min(2.0, max(0.8, math.sqrt(variance)))


def _trend(points: list[tuple[int, float]]) -> tuple[float, float]:
    n = len(points)
    pairs = [(a, b) for i, a in enumerate(points) for b in points[i + 1 :]]
    score = sum((b[1] > a[1]) - (b[1] < a[1]) for a, b in pairs)
    slopes = sorted((b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs)
    m = len(slopes)
    slope = slopes[m // 2] if m % 2 else (slopes[m // 2 - 1] + slopes[m // 2]) / 2
    ties = sum(c * (c - 1) * (2 * c + 5) for c in Counter(y for _, y in points).values())
    variance = (n * (n - 1) * (2 * n + 5) - ties) / 18 * 1.35 / 0.65
    z = (score - (score > 0) + (score < 0)) / math.sqrt(variance) if variance > 0 else 0.0
    return z, slope * (points[-1][0] - points[0][0])


def judge(  # noqa: C901, PLR0912, PLR0915  # one page from top to bottom, to be read beside CLINICAL
    intake: float, averages: Sequence[float | None], extra: Mapping[int, Mapping[str, Any]]
) -> tuple[list[int], list[int], list[list[str]]]:
    """Trigger, state and rules of every day. `extra` knows worse, flare, func_loss, flags, intf and ex."""
    values: dict[int, float] = {}
    excluded: set[int] = set()
    severe: list[int] = []
    red: list[int] = []
    trending: list[int] = []
    mu, s, e, c, state, calm1, calm2, missed = float(intake), 1.3, 0.0, 0.0, 0, 0, 0, 0
    active = unable = False
    away_until_known: int | None = None
    triggers, states, rules = [], [], []
    for day, y in enumerate(averages):
        said = extra.get(day, {})

        def aged(youngest: int, oldest: int, day: int = day, first: int = 0) -> list[float]:
            days = range(max(first, day - oldest), day - youngest + 1)
            return [values[t] for t in days if t in values and t not in excluded]

        if day < 21:
            usual = aged(1, 99)
            n = len(usual)
            mu = (4 * intake + n * _trimmed(usual)) / (4 + n) if n else float(intake)
            s = _spread(usual, mu)
        elif day % 7 == 0:
            usual = aged(8, 42)
            n = len(usual)
            last = max(values, default=None)
            if n >= 5 or not (away_until_known is not None or (last is not None and day - last > 14)):
                if n >= 5:
                    centre = _trimmed(usual)
                else:
                    centre = (4 * intake + n * _trimmed(usual)) / (4 + n) if n else float(intake)
                recent = aged(8, 21)
                if len(recent) >= 6 and _trimmed(recent) <= centre - max(1.0, 0.9 * s):
                    centre, usual = _trimmed(recent), recent
                mu = min(centre, mu + 0.25)
                s = _spread(usual, mu)
                if away_until_known is not None and len(aged(8, 10_000, first=away_until_known)) >= 5:
                    away_until_known = None
        g1, g2 = max(1.0, 0.8 * s), max(1.5, 1.25 * s)
        if mu > 7:
            g1, g2 = 0.75, max(0.75, 0.5 * (10 - mu))

        found: dict[str, int] = {}
        if y is None:
            missed += 1
            first, second = (2, 3) if active else (3, 5)
            if state >= 3:
                second = 1
            if missed >= second:
                found["N2"] = 2
            elif missed >= first:
                found["N1"] = 1
        else:
            missed = 0
            last = max(values, default=None)
            gap = 1 if last is None else day - last
            if last is None or gap > 14:
                e = float(y)
            else:
                e += (1 - 0.75**gap) * (y - e)
            if gap > 14:
                c, away_until_known = 0.0, day
            elif gap > 7:
                c /= 2
            values[day] = y
            c = max(0.0, c + max(-2.5, min(2.5, (y - mu) / s)) - 0.75)
            for code in said.get("flags", ()):
                found[f"RED-{code[0]}"] = {"E": 4, "U": 3, "D": 2}[code[0]]
            if y >= 8 and said.get("intf", 0) >= 8 and y - mu >= min(2, 10 - mu):
                found["A1"] = 3
            if y >= 7 and y - mu >= (max(1, 10 - mu) if mu > 7 else max(3, 2 * s)):
                found["A2"] = 2 if any(day - t <= 3 for t in severe) else 1
                severe.append(day)
                excluded.add(day)
            if said.get("flare") or (said.get("worse") and y - mu >= 2):
                found["A3"] = 1
            if said.get("func_loss"):
                found["F1"] = 2
                if y >= 8 and (not unable or said.get("worse") or (last is not None and y > values[last])):
                    found["RED-U"] = 3
            unable = bool(said.get("func_loss"))
            if day >= 7:
                if c >= 2.5 and e - mu >= g1:
                    found["C1"] = 1
                if c >= 4.5 and e - mu >= g2:
                    found["C2"] = 2
                points = [(t, v) for t, v in sorted(values.items()) if t > day - 21]
                if len(points) >= 8 and points[-1][0] - points[0][0] >= 12:
                    z, rise = _trend(points)
                    if z >= 1.645 and rise >= 1 and e - mu >= 0.5:
                        found["T1"] = 1
                    if z >= 2.326 and rise >= 2 and e - mu >= g1:
                        found["T2"] = 2
            active = "C1" in found or "T1" in found
            if active:
                trending.append(day)
            if sum(day - t < 10 for t in trending) >= 7:
                found["C3"] = 2
            session = said.get("ex")
            if session and (
                session["during"] > max(5, _red_limit(mu, session)) or session["next"] >= session["pre"] + 2
            ):
                red.append(day)
                found["X1"] = 2 if sum(day - t < 14 for t in red) >= 3 else 1

        trigger = max(found.values(), default=0)
        state = max(state, trigger)
        if trigger > 0:
            calm1 = 0
        if trigger > 1:
            calm2 = 0
        if y is not None:
            if trigger >= 2:
                excluded.add(day)
            calm1 = calm1 + 1 if trigger == 0 and e - mu < 0.5 else 0
            calm2 = calm2 + 1 if trigger <= 1 and e - mu < 0.75 else 0
            if state == 2 and calm2 >= 7:
                state = 1
            if state == 1 and calm1 >= 3:
                state = 0
        triggers.append(trigger)
        states.append(state)
        rules.append(sorted(f"{rule}:L{level}" for rule, level in found.items()))
    return triggers, states, rules


def _red_limit(mu: float, session: Mapping[str, float]) -> float:
    return min(8, session["pre"] + 2) if mu > 5 else 5
