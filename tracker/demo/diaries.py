"""What the patients of the invented clinic tell about their pain: the first questions, what is usual for them, and the
days on which something happened.

Data only, as in `stories`; how much it hurts is there (`Patient.pain`). What people write is in the clinic's language.
`draw` chooses one of the many diaries with the same curve: one in which chance does not tell another story than the one
that is meant. Whoever changes a curve has to look for it again (tests/features/test_demo.py says whether it fits).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from tracker.demo.curves import Curve

Span = tuple[int, int]
"""From so many days ago until so many days ago, both included."""


EMERGENCY_DAYS_AGO: Final = 45
EMERGENCY_MINUTE: Final = 6 * 60 + 52
LOW_MOOD_DAYS_AGO: Final = 12
"""What the clinic answers to (`care`)."""


@dataclass(frozen=True, slots=True)
class Intake:
    """The first questions, as this person answered them. `began`: how many days before the first day the pain began."""

    began: int
    examined: bool
    age_band: str
    causes: tuple[str, ...]
    symptoms: tuple[str, ...]
    kit: tuple[str, ...]
    work: str
    goals: str
    activities: tuple[str, ...]
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Something out of the ordinary: `answers` replace the usual ones of that form. `minute`: of the day, None for the
    usual time; `minutes_ago`: counted back from now instead, whatever day that is.
    """

    days_ago: int
    form: str = "daily"
    answers: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None
    minute: int | None = None
    minutes_ago: int | None = None


@dataclass(frozen=True, slots=True)
class Diary:
    """How one person keeps the diary. `missed`: share of days without a word, never three in a row by chance; `silent`
    and `rests`: spans without a word and without exercise. `places`: spots of the body map and how much it hurts there
    compared with the average. `monthly`: (days ago, answers) of the PHQ-2. `tapered`: from so many days ago on three
    check-ins a week are asked for.
    """

    intake: Intake
    draw: int = 1
    spread: float = 1.2
    minute_of_day: int = 20 * 60 + 15
    missed: float = 0.15
    silent: tuple[Span, ...] = ()
    rests: tuple[Span, ...] = ()
    places: tuple[tuple[str, float], ...] = ()
    medicine: str | None = None
    well: Curve = ((90, 6.0), (0, 7.5))  # mood
    monthly: tuple[tuple[int, tuple[int, int]], ...] = ()
    told: tuple[Told, ...] = ()
    tapered: int | None = None


_IMPROVING: Final = Diary(
    Intake(
        began=75,
        examined=True,
        age_band="20_50",
        causes=("workstation", "overuse", "stress"),
        symptoms=("dull", "stiffness", "tender", "headache"),
        kit=("band", "bottle", "chair", "wall"),
        work="sitting",
        goals="A whole day at the desk without the pull between the shoulder blades, and sleeping on my side again.",
        activities=(
            "Working at the desk for two hours",
            "Carrying my daughter up the stairs",
            "Backstroke, 20 minutes",
        ),
    ),
    draw=6,
    missed=0.12,
    places=(("back-upper_thoracic-left", 1.0), ("back-upper_thoracic-centre", 0.9), ("back-neck-left", 0.7)),
    medicine="Ibuprofen",
    well=((90, 5.4), (40, 7.0), (0, 8.2)),
    monthly=((83, (1, 1)), (53, (1, 0)), (23, (0, 0))),
    told=(
        Told(
            71, answers={"flare": True, "compared": "worse"}, note="Moved the desk to the window. Bad idea, that day."
        ),
        Told(38, note="Swam for the first time again, ten minutes."),
        Told(24, note="Woke up and did not think of my back until lunch."),
        Told(6, note="A long drive, and it was quiet."),
    ),
)

_IRREGULAR: Final = Diary(
    Intake(
        began=120,
        examined=True,
        age_band="20_50",
        causes=("overuse", "inactivity", "heavy_bags"),
        symptoms=("burning", "stiffness", "spasm"),
        kit=("band", "mat", "chair"),
        work="mixed",
        goals="Get through a shift in the kitchen without having to lie down.",
        activities=("Standing at the stove for a whole shift", "Lifting the stock pot", "Football with the boys"),
    ),
    draw=541,
    minute_of_day=22 * 60 + 40,
    missed=0.3,
    silent=((7, 0),),
    rests=((7, 0),),
    places=(("back-middle_thoracic-right", 1.0), ("back-shoulder_blade-right", 0.8), ("back-lumbar-centre", 0.4)),
    medicine="Ibuprofen",
    well=((86, 5.6), (30, 4.6), (0, 4.0)),
    monthly=((78, (1, 0)), (44, (1, 1)), (LOW_MOOD_DAYS_AGO, (2, 1))),
    told=(
        Told(46, note="Double shift."),
        Told(9, note="Everything takes more effort than it should at the moment."),
    ),
)

_IN_PAIN: Final = Diary(
    Intake(
        began=50,
        examined=True,
        age_band="over_50",
        causes=("sprain", "workstation"),
        symptoms=("sharp", "stiffness", "less_movement", "arm_pain"),
        kit=("band", "bottle", "chair", "wall", "towel"),
        work="sitting",
        goals="Reach the top shelf, and hang the washing without thinking about it.",
        activities=("Reaching the top shelf", "Turning over in bed", "Playing the viola for half an hour"),
        cautions=("SH",),
    ),
    draw=14,
    minute_of_day=21 * 60 + 5,
    missed=0.08,
    places=(("back-shoulder-right", 1.1), ("front-shoulder-right", 0.8), ("back-upper_thoracic-right", 0.9)),
    medicine="Paracetamol",
    well=((82, 6.0), (28, 7.2), (8, 5.4), (0, 5.0)),
    monthly=((75, (0, 1)), (45, (0, 0)), (15, (0, 1))),
    told=(
        Told(30, note="Played a whole rehearsal."),
        Told(8, note="The top of the shoulder is sore since the press."),
        Told(5, note="Cannot find a way to lie."),
        Told(2, answers={"compared": "worse"}, note="It is creeping up again, now the neck as well."),
    ),
)

_PARTIAL: Final = Diary(
    Intake(
        began=200,
        examined=True,
        age_band="20_50",
        causes=("workstation", "inactivity", "weak_core"),
        symptoms=("dull", "stiffness"),
        kit=("band", "dumbbell", "chair"),
        work="sitting",
        goals="Code for a day and still want to go for a run.",
        activities=("Four hours of screen work", "Running 5 km", "Putting the bike on the roof rack"),
    ),
    draw=9,
    missed=0.18,
    places=(("back-upper_thoracic-centre", 1.0), ("back-middle_thoracic-centre", 0.8)),
    monthly=((67, (0, 1)), (37, (0, 0)), (7, (1, 0))),
    told=(
        Told(44, note="Ran 3 km, felt it only afterwards."),
        Told(
            1,
            answers={"flare": True, "compared": "worse", "average": 4, "worst": 6, "interference": 4},
            note="Carried boxes all afternoon. Tight and hot between the shoulder blades, hard to sit through a call.",
        ),
    ),
)

_NEW: Final = Diary(
    Intake(
        began=1,
        examined=False,
        age_band="20_50",
        causes=("unknown",),
        symptoms=("stiffness", "tender"),
        kit=("chair", "wall", "towel"),
        work="standing",
        goals="Know what it is, and stand through a concert.",
        activities=("Standing for an hour", "Looking over my shoulder in the car"),
    ),
    missed=0,
    spread=0.4,
    places=(("back-middle_thoracic-left", 1.0),),
)

_PRIVATE: Final = Diary(
    Intake(
        began=90,
        examined=True,
        age_band="20_50",
        causes=("stress", "overuse"),
        symptoms=("dull", "spasm", "headache"),
        kit=("bottle", "chair"),
        work="lifting",
        goals="Work my shifts at the nursery without tablets.",
        activities=("Lifting a child", "Sitting on the floor for story time", "Sleeping through"),
    ),
    draw=4,
    minute_of_day=21 * 60 + 30,
    missed=0.2,
    places=(("back-upper_thoracic-right", 1.0), ("back-shoulder_blade-right", 0.9)),
    medicine="Ibuprofen",
    monthly=((60, (1, 1)), (30, (1, 0))),
    told=(
        Told(
            3,
            answers={"activities": "new_no", "compared": "worse", "average": 5, "worst": 7, "interference": 7},
            note="Could not lift anybody today. I swapped with a colleague.",
        ),
    ),
)

_WITHOUT_CAMERA: Final = Diary(
    Intake(
        began=60,
        examined=True,
        age_band="over_50",
        causes=("arthritis", "inactivity"),
        symptoms=("dull", "stiffness", "less_movement"),
        kit=("band", "chair", "wall", "stick"),
        work="none",
        goals="Work in the garden in spring, and sit through a church service.",
        activities=("An hour in the garden", "Sitting on a wooden bench", "Putting on my coat"),
        cautions=("HT",),
    ),
    draw=7,
    minute_of_day=18 * 60 + 45,
    missed=0.08,
    rests=((0, 0),),
    places=(("back-middle_thoracic-centre", 1.0), ("back-lower_thoracic-centre", 0.8)),
    medicine="Paracetamol",
    monthly=((81, (1, 0)), (51, (0, 0)), (21, (0, 0))),
    told=(
        Told(52, note="Slept badly."),
        Told(17, note="Pruned the roses."),
        Told(
            0,
            answers={
                "flags": {"U_FEVER": {"answer": "new"}},
                "none_of_these": False,
                "average": 4,
                "worst": 5,
                "now": 5,
                "interference": 5,
                "compared": "worse",
                "medicine": True,
            },
            note="Shivering since the night, 38.6 this morning, and the back aches all over.",
            minutes_ago=50,
        ),
    ),
)

_EXCELLENT: Final = Diary(
    Intake(
        began=40,
        examined=True,
        age_band="20_50",
        causes=("sports_injury", "overuse"),
        symptoms=("sharp", "tender_ribs", "less_movement"),
        kit=("band", "dumbbell", "mat", "chair", "wall"),
        work="mixed",
        goals="Back in the boat in summer.",
        activities=("Rowing 10 km", "Carrying the boat", "Taking a deep breath after a sprint"),
    ),
    draw=14,
    spread=0.8,
    minute_of_day=19 * 60 + 10,
    missed=0.05,
    rests=((EMERGENCY_DAYS_AGO, EMERGENCY_DAYS_AGO - 5),),
    places=(("back-lower_thoracic-left", 1.0), ("front-ribs-left", 0.6)),
    well=((90, 7.0), (46, 8.0), (44, 5.0), (30, 8.0), (0, 9.0)),
    monthly=((83, (0, 0)), (53, (0, 0)), (23, (0, 0))),
    told=(
        Told(
            EMERGENCY_DAYS_AGO,
            form="flags",
            answers={"flags": {"E_CARDIAC": {"answer": "new"}}, "none_of_these": False, "now": 3},
            note="On the ergometer: pressure on the chest, short of breath, sweating. It does not go away.",
            minute=EMERGENCY_MINUTE,
        ),
        Told(40, note="First easy row. The rib lets me breathe."),
        Told(3, note="Rowed 4 km yesterday, nothing hurt."),
    ),
    tapered=20,
)

DIARIES: Final[Mapping[str, Diary]] = MappingProxyType(
    {
        "amara.applewood": _IMPROVING,
        "jonas.feldhase": _IRREGULAR,
        "priya.lanternwala": _IN_PAIN,
        "mateo.ventisca": _PARTIAL,
        "yuki.morgentau": _NEW,
        "safiya.sternberg": _PRIVATE,
        "ingrid.osei-nordlicht": _WITHOUT_CAMERA,
        "tomasz.himmelreich": _EXCELLENT,
    }
)
"""By the key of the story."""
