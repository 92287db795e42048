"""The invented clinic: who works there, who comes, and what the last ninety days were like for each of them.

Data only. Days are counted back from today; clock times are local. The reasons and notes are what physiotherapists and
patients of this clinic wrote, so they are in the clinic's language and not in the catalogue.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracker.demo.curves import Curve
from tracker.demo.motion import Style
from tracker.regimen.rules import EVERY_DAY

ROW: Final = "seated-row"
PRESS: Final = "overhead-press"
STRETCH: Final = "cross-body-stretch"

BERLIN: Final = "Europe/Berlin"
TORONTO: Final = "America/Toronto"

CLINIC_NAME: Final = "Practice at the Old Lock"
COUNTRY: Final = "DE"
CANADA: Final = "CA"
PASSWORD: Final = "nine paper lanterns"  # noqa: S105  # printed for whoever tries the demo; the people are invented

MON_WED_FRI: Final = frozenset({1, 3, 5})
TUE_THU: Final = frozenset({2, 4})
TUE_THU_SAT: Final = frozenset({2, 4, 6})
TODAY: Final = frozenset[int]()
"""Stands for "Tuesday, Thursday and whatever day it is today": the newcomer has something to do today."""


@dataclass(frozen=True, slots=True)
class Line:
    """One exercise of a plan: `reps`, or seconds to `hold`."""

    exercise: str
    sets: int
    weekdays: frozenset[int]
    reps: int | None = None
    hold: float | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A revision of the plan, so many days ago."""

    days_ago: int
    reason: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """From so many days ago on, this person moves in this way; exercises that are not named go on as before."""

    days_ago: int
    styles: dict[str, Style]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at the next session of an exercise from `days_ago` on.

    `counted` ends the first set after so many repetitions and the session with it. `corrects`: the person disagrees
    with the engine about so many repetitions, which then count (True) or do not (False).
    """

    days_ago: int
    exercise: str
    stop_reason: str | None = None
    counted: int | None = None
    pain_during: int | None = None
    note: str | None = None
    corrects: tuple[bool, int] | None = None


@dataclass(frozen=True, slots=True)
class Patient:
    """One patient's ninety days. Pain and effort go from 0 to 10. `country`: where they live, if elsewhere."""

    key: str
    name: str
    zone: str
    joined_days_ago: int
    plan: tuple[Step, ...]
    stages: tuple[Stage, ...] = ()
    attends: Curve = ()  # chance that a prescribed exercise is done, 0..1
    pain: Curve = ()
    effort: Curve = ()
    minute_of_day: int = 18 * 60
    events: tuple[Event, ...] = ()
    consents: frozenset[str] = frozenset({"camera", "landmarks", "sharing"})
    manual: bool = False
    counts_along: bool = False  # stops after the prescribed number of movements, counted or not
    trains_today: bool = False
    keeps_tracks: bool = False
    second_physio: bool = False
    country: str = ""

    @property
    def email(self) -> str:
        return f"{self.key}@example.org"


@dataclass(frozen=True, slots=True)
class Physio:
    """Somebody who works in the clinic."""

    key: str
    name: str

    @property
    def email(self) -> str:
        return f"{self.key}@example.org"


FIRST_PHYSIO: Final = Physio("mirela.castellane", "Mirela Castellane")
SECOND_PHYSIO: Final = Physio("tobias.achterberg", "Tobias Achterberg")
WAITING: Final = ("Edda Wolkenstein", "edda.wolkenstein@example.org")
"""Invited, and has not opened the link yet."""

# How people move. Early sets are short and quick, later ones long and calm; faults are the ones the library names.
_SHY: Final = Style("shy", reach=0.88, spread=0.04, tiring=0.04, out_s=1.0, peak_s=0.5, back_s=1.1, short_peaks=0.15)
_WOBBLY: Final = Style(
    "wobbly", reach=0.88, spread=0.04, tiring=0.04, out_s=0.8, peak_s=0.5, back_s=0.85, lean_deg=-21, fault_share=0.6
)
_HURRIED: Final = Style("hurried", reach=0.98, spread=0.03, out_s=0.85, peak_s=0.4, back_s=0.9, rest_s=0.4)
_STEADY: Final = Style("steady", reach=0.98, spread=0.025, out_s=1.6, back_s=1.8, short_peaks=0.03)
_CALM: Final = Style("calm", reach=1.03, spread=0.015, tiring=0.02, out_s=2.1, peak_s=0.7, back_s=2.1)
_FLAWLESS: Final = Style("flawless", reach=1.05, spread=0.01, tiring=0.01, out_s=2.3, peak_s=0.8, back_s=2.3)
_ROCKING: Final = Style("rocking", reach=0.97, spread=0.03, out_s=1.2, back_s=1.3, lean_deg=-19, fault_share=0.55)
_CHIN_FIRST: Final = Style("chin first", reach=0.98, out_s=1.4, back_s=1.5, chin_deg=13, fault_share=0.4)
_UNEVEN: Final = Style("uneven", reach=0.98, spread=0.03, out_s=1.3, back_s=1.5, uneven_deg=27, fault_share=0.5)
_GUARDED: Final = Style("guarded", reach=0.87, spread=0.03, out_s=1.9, back_s=2.0, short_peaks=0.2, shrug_m=0.04)
_INTERRUPTED: Final = Style("interrupted", reach=0.97, spread=0.03, out_s=1.3, back_s=1.5, away_s=2.6)
_HALF_WAY: Final = Style("half way back", reach=1.0, spread=0.02, out_s=1.2, back_s=1.4, short_bottoms=0.5)
_MOSTLY_BACK: Final = Style("mostly back", reach=1.0, spread=0.02, out_s=1.5, back_s=1.7, short_bottoms=0.28)

_LOOSE_STRETCH: Final = Style("loose", reach=0.86, out_s=1.0, back_s=1.0, turn_deg=31, fault_share=0.45)
_TENSE_STRETCH: Final = Style("tense", reach=0.92, out_s=1.1, back_s=1.1, shrug_m=0.046, fault_share=0.5)
_QUIET_STRETCH: Final = Style("quiet", reach=1.0, out_s=1.4, back_s=1.4)


_IMPROVING: Final = Patient(
    key="amara.applewood",
    name="Amara Applewood",
    zone=BERLIN,
    joined_days_ago=90,
    minute_of_day=18 * 60 + 20,
    attends=((90, 0.8), (60, 0.85), (0, 0.88)),
    pain=((90, 5.2), (75, 4.8), (50, 3.4), (25, 2.0), (0, 1.0)),
    effort=((90, 6.0), (63, 4.4), (60, 5.6), (36, 4.2), (33, 5.4), (12, 4.0), (9, 5.0), (0, 4.0)),
    plan=(
        Step(
            90,
            "First plan: start lightly, get to know the row.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=8),
                Line(STRETCH, 1, MON_WED_FRI, hold=15, note="Only as far as it feels pleasant."),
            ),
        ),
        Step(
            62,
            "Rows go well and pain is down to 3 of 10: two more repetitions, and the press joins.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=10),
                Line(PRESS, 1, MON_WED_FRI, reps=6, note="Two half-litre bottles are enough."),
                Line(STRETCH, 1, MON_WED_FRI, hold=15),
            ),
        ),
        Step(
            34,
            "Quality above 85 in two sessions running: a second set of presses, a longer stretch.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=10),
                Line(PRESS, 2, MON_WED_FRI, reps=8),
                Line(STRETCH, 1, MON_WED_FRI, hold=20),
            ),
        ),
        Step(
            11,
            "Ready for more: rows to 12, presses to 10.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=12),
                Line(PRESS, 2, MON_WED_FRI, reps=10),
                Line(STRETCH, 1, MON_WED_FRI, hold=20),
            ),
        ),
    ),
    stages=(
        Stage(90, {ROW: _WOBBLY, STRETCH: _LOOSE_STRETCH}),
        Stage(66, {ROW: _ROCKING, PRESS: _SHY, STRETCH: _LOOSE_STRETCH}),
        Stage(44, {ROW: _STEADY, PRESS: _STEADY, STRETCH: _QUIET_STRETCH}),
        Stage(18, {ROW: _CALM, PRESS: _CALM}),
    ),
    events=(
        Event(88, ROW, note="The band slipped off the door once. I moved the anchor."),
        Event(58, PRESS, corrects=(True, 1), note="One of them was fine, I think the lamp was in the way."),
        Event(24, ROW, note="First day without the neck pulling in the evening."),
    ),
)

_IRREGULAR: Final = Patient(
    key="jonas.feldhase",
    name="Jonas Feldhase",
    zone=BERLIN,
    joined_days_ago=86,
    minute_of_day=21 * 60 + 5,
    attends=((86, 0.85), (74, 0.7), (66, 0.1), (58, 0.1), (52, 0.75), (44, 0.3), (26, 0.2), (14, 0.55), (0, 0.35)),
    pain=((86, 4.0), (60, 4.5), (40, 3.6), (20, 4.2), (0, 3.6)),
    effort=((86, 5.0), (40, 5.6), (0, 5.0)),
    plan=(
        Step(
            86,
            "First plan after the assessment.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=10),
                Line(PRESS, 1, MON_WED_FRI, reps=8),
                Line(STRETCH, 1, MON_WED_FRI, hold=20),
            ),
        ),
        Step(
            41,
            "Three exercises do not fit into his evenings: rows and the stretch only, so that it can work.",
            (Line(ROW, 2, MON_WED_FRI, reps=10), Line(STRETCH, 1, MON_WED_FRI, hold=15)),
        ),
    ),
    stages=(
        Stage(86, {ROW: _HURRIED, PRESS: _UNEVEN, STRETCH: _LOOSE_STRETCH}),
        Stage(52, {ROW: _CHIN_FIRST}),
        Stage(20, {ROW: _HURRIED, STRETCH: _TENSE_STRETCH}),
    ),
    events=(
        Event(70, PRESS, stop_reason="no_time", counted=5),
        Event(46, ROW, stop_reason="tired", counted=6, note="Long day, that was it for today."),
        Event(12, ROW, stop_reason="no_time", counted=7),
    ),
    second_physio=True,
)

_IN_PAIN: Final = Patient(
    key="priya.lanternwala",
    name="Priya Lanternwala",
    zone=BERLIN,
    joined_days_ago=82,
    minute_of_day=12 * 60 + 40,
    attends=((82, 0.88), (0, 0.9)),
    pain=((82, 4.4), (50, 2.6), (28, 2.0), (9, 2.2), (5, 3.7), (2, 4.7), (0, 5.0)),
    effort=((82, 5.0), (40, 4.2), (22, 5.4), (10, 6.6), (5, 3.6), (0, 3.2)),
    plan=(
        Step(
            82,
            "First plan: rows and the stretch, three days a week.",
            (Line(ROW, 2, MON_WED_FRI, reps=8), Line(STRETCH, 1, MON_WED_FRI, hold=20)),
        ),
        Step(
            54,
            "Good progress: rows to 10.",
            (Line(ROW, 2, MON_WED_FRI, reps=10), Line(STRETCH, 1, MON_WED_FRI, hold=20)),
        ),
        Step(
            26,
            "Pain at 2 of 10 for two weeks: the press joins, carefully.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=10),
                Line(PRESS, 1, MON_WED_FRI, reps=8, note="Stop when it pinches on top of the shoulder."),
                Line(STRETCH, 1, MON_WED_FRI, hold=20),
            ),
        ),
        Step(
            4,
            "She stopped the press with 6 of 10 at the top of the shoulder: press out until I have seen her, rows back "
            "to 8, stretch shorter.",
            (Line(ROW, 2, MON_WED_FRI, reps=8), Line(STRETCH, 1, MON_WED_FRI, hold=10)),
        ),
    ),
    stages=(
        Stage(82, {ROW: _SHY, PRESS: _GUARDED, STRETCH: _TENSE_STRETCH}),
        Stage(54, {ROW: _STEADY, STRETCH: _QUIET_STRETCH}),
        Stage(10, {ROW: _GUARDED}),
    ),
    events=(
        Event(15, PRESS, pain_during=4, note="A pull on top of the right shoulder, gone after an hour."),
        Event(
            9,
            PRESS,
            stop_reason="pain",
            counted=4,
            pain_during=6,
            note="Sharp on top of the right shoulder when the arm goes up. I stopped.",
        ),
    ),
)

_PARTIAL: Final = Patient(
    key="mateo.ventisca",
    name="Mateo Ventisca",
    zone=TORONTO,
    country=CANADA,
    joined_days_ago=75,
    minute_of_day=17 * 60 + 10,
    attends=((75, 0.8), (40, 0.75), (0, 0.85)),
    pain=((75, 3.4), (40, 3.0), (0, 2.2)),
    effort=((75, 4.0), (40, 4.6), (0, 4.8)),
    plan=(
        Step(
            75,
            "First plan, by video call.",
            (Line(ROW, 2, TUE_THU_SAT, reps=10), Line(PRESS, 1, TUE_THU_SAT, reps=10)),
        ),
        Step(
            37,
            "Half of the rows turn round before the arms are long: the same dose, with a note.",
            (
                Line(ROW, 2, TUE_THU_SAT, reps=10, note="Let your arms get long before you pull again."),
                Line(PRESS, 1, TUE_THU_SAT, reps=10, note="Hands all the way down beside your shoulders."),
            ),
        ),
        Step(
            13,
            "More of them go the whole way now. Fewer repetitions, and a short stretch every day.",
            (
                Line(ROW, 2, TUE_THU_SAT, reps=8, note="Let your arms get long before you pull again."),
                Line(PRESS, 1, TUE_THU_SAT, reps=8, note="Hands all the way down beside your shoulders."),
                Line(STRETCH, 1, EVERY_DAY, hold=15),
            ),
        ),
    ),
    stages=(
        Stage(75, {ROW: _HALF_WAY, PRESS: _HALF_WAY, STRETCH: _TENSE_STRETCH}),
        Stage(30, {ROW: _MOSTLY_BACK, PRESS: _HALF_WAY}),
    ),
    events=(
        Event(60, ROW, corrects=(True, 2), note="These felt complete to me."),
        Event(19, ROW, corrects=(True, 2)),
        Event(8, PRESS, corrects=(True, 1), note="I did go down on that one."),
    ),
    counts_along=True,
    trains_today=True,
    keeps_tracks=True,
    second_physio=True,
)

_NEW: Final = Patient(
    key="yuki.morgentau",
    name="Yuki Morgentau",
    zone=BERLIN,
    joined_days_ago=1,
    pain=((9, 4.6), (0, 4.3)),
    plan=(
        Step(
            1,
            "First plan: try it out, we talk again next week.",
            (Line(ROW, 2, TODAY, reps=8), Line(STRETCH, 1, TODAY, hold=15)),
        ),
    ),
)

_PRIVATE: Final = Patient(
    key="safiya.sternberg",
    name="Safiya Sternberg",
    zone=TORONTO,
    country=CANADA,
    joined_days_ago=68,
    minute_of_day=7 * 60 + 15,
    attends=((68, 0.8), (30, 0.7), (0, 0.8)),
    pain=((68, 3.8), (0, 2.4)),
    effort=((68, 4.6), (0, 4.2)),
    plan=(
        Step(
            68,
            "First plan. She would rather keep her sessions to herself; we go by what she tells me.",
            (Line(PRESS, 1, TUE_THU, reps=8), Line(STRETCH, 1, TUE_THU, hold=20)),
        ),
        Step(
            27,
            "She reports that it is easy now: two sets of presses.",
            (Line(PRESS, 2, TUE_THU, reps=8), Line(STRETCH, 1, TUE_THU, hold=20)),
        ),
    ),
    stages=(
        Stage(68, {PRESS: _INTERRUPTED, STRETCH: _TENSE_STRETCH}),
        Stage(30, {PRESS: _STEADY, STRETCH: _QUIET_STRETCH}),
    ),
    consents=frozenset({"camera"}),
)

_WITHOUT_CAMERA: Final = Patient(
    key="ingrid.osei-nordlicht",
    name="Ingrid Osei-Nordlicht",
    zone=BERLIN,
    joined_days_ago=88,
    minute_of_day=9 * 60 + 30,
    attends=((88, 0.92), (40, 0.88), (0, 0.95)),
    pain=((88, 4.2), (45, 3.4), (0, 2.6)),
    effort=((88, 4.4), (0, 4.0)),
    plan=(
        Step(
            88,
            "First plan. She exercises without the camera and counts for herself.",
            (Line(ROW, 2, MON_WED_FRI, reps=8), Line(STRETCH, 1, MON_WED_FRI, hold=20)),
        ),
        Step(
            48,
            "Two more repetitions of the row.",
            (Line(ROW, 2, MON_WED_FRI, reps=10), Line(STRETCH, 1, MON_WED_FRI, hold=20)),
        ),
        Step(
            16,
            "One set of presses to try, without weights.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=10),
                Line(PRESS, 1, MON_WED_FRI, reps=6),
                Line(STRETCH, 1, MON_WED_FRI, hold=20),
            ),
        ),
    ),
    events=(
        Event(52, ROW, stop_reason="tired", counted=6, note="Slept badly."),
        Event(6, PRESS, note="Sitting works better than standing."),
    ),
    consents=frozenset({"sharing"}),
    manual=True,
)

_EXCELLENT: Final = Patient(
    key="tomasz.himmelreich",
    name="Tomasz Himmelreich",
    zone=BERLIN,
    joined_days_ago=90,
    minute_of_day=6 * 60 + 45,
    attends=((90, 0.97), (0, 0.99)),
    pain=((90, 3.0), (60, 1.8), (30, 0.8), (0, 0.2)),
    effort=((90, 5.0), (62, 4.0), (58, 5.0), (30, 4.0), (26, 5.0), (0, 3.8)),
    plan=(
        Step(
            90,
            "First plan: wants to get back to rowing in summer.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=10),
                Line(PRESS, 1, MON_WED_FRI, reps=8),
                Line(STRETCH, 1, MON_WED_FRI, hold=20),
            ),
        ),
        Step(
            60,
            "Everything done, quality above 90: one more set of presses.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=10),
                Line(PRESS, 2, MON_WED_FRI, reps=8),
                Line(STRETCH, 1, MON_WED_FRI, hold=20),
            ),
        ),
        Step(
            28,
            "Next step: rows to 12, presses to 10.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=12),
                Line(PRESS, 2, MON_WED_FRI, reps=10),
                Line(STRETCH, 1, MON_WED_FRI, hold=20),
            ),
        ),
        Step(
            10,
            "Strength is there. A longer stretch, every morning.",
            (
                Line(ROW, 2, MON_WED_FRI, reps=12),
                Line(PRESS, 2, MON_WED_FRI, reps=10),
                Line(STRETCH, 1, EVERY_DAY, hold=30),
            ),
        ),
    ),
    stages=(
        Stage(90, {ROW: _STEADY, PRESS: _STEADY, STRETCH: _QUIET_STRETCH}),
        Stage(58, {ROW: _CALM, PRESS: _CALM}),
        Stage(27, {ROW: _FLAWLESS, PRESS: _FLAWLESS}),
    ),
    events=(
        Event(64, ROW, corrects=(False, 1), note="The last one was more of a wriggle."),
        Event(3, STRETCH, note="Rowed 4 km yesterday, nothing hurt."),
    ),
    trains_today=True,
    keeps_tracks=True,
)

PATIENTS: Final = (
    _IMPROVING,
    _IRREGULAR,
    _IN_PAIN,
    _PARTIAL,
    _NEW,
    _PRIVATE,
    _WITHOUT_CAMERA,
    _EXCELLENT,
)
