"""The forty patients of the invented clinic who have been coming for a year.

The eight of `stories` are told one by one; these follow one of seven courses (`COURSES`), each with its own curve of
pain and diligence, so that a list of patients looks as it does in a clinic: most get better, some relapse, fall silent,
do little, do everything, or have had a warning sign. A course says what happens; how far, when and to whom comes from a
generator of the person's own, so that no two are alike and the same moment always gives the same clinic.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tracker.demo.curves import SEED
from tracker.demo.diaries import Diary, Intake, Told
from tracker.demo.motion import Style
from tracker.demo.stories import BERLIN, STRETCH, Line, Patient, Stage, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tracker.demo.curves import Curve

YEAR: Final = 365
_MON_THU: Final = frozenset({1, 4})
_TUE_FRI: Final = frozenset({2, 5})
_MON_WED_FRI: Final = frozenset({1, 3, 5})
_SUNDAY: Final = frozenset({7})
_SETTLES_IN: Final = 30
"""Days in which somebody gets used to it."""

SHOULDER_TEST: Final = "shoulder-abduction-rom"
TRUNK_TEST: Final = "trunk-rotation-rom"


@dataclass(frozen=True, slots=True)
class Course:
    """How a year goes. `pain` and `attends` make the curves; `styles`: how the person moves at first, in the middle and
    at the end; `reach`: of the range tests, at first and at the end, in parts of the definition's own.
    """

    name: str
    pain: Callable[[random.Random], Curve]
    attends: Callable[[random.Random], Curve]
    styles: tuple[str, str, str]
    reach: tuple[float, float]
    missed: float
    steps: Sequence[tuple[int, int, str]]
    """Days ago, stage of the programme, reason."""
    told: Callable[[random.Random], tuple[Told, ...]] = lambda _rng: ()
    silent_for: Callable[[random.Random], int] = lambda _rng: 0


# ---------------------------------------------------------------------------------------------- how people move

_STYLES: Final = {
    "careful": Style(
        "careful", reach=0.9, spread=0.03, out_s=1.2, peak_s=0.5, back_s=1.3, fault_share=0.7, shrug_m=0.06,
        uneven_deg=15,
    ),
    "loose": Style(
        "loose year", reach=0.93, spread=0.04, out_s=0.9, back_s=1.0, fault_share=0.9, lean_deg=-30, shrug_m=0.06,
        uneven_deg=17, sway_m=0.12,
    ),
    "hasty": Style(
        "hasty", reach=0.97, spread=0.03, out_s=0.55, peak_s=0.35, back_s=0.5, rest_s=0.4, fault_share=0.7,
        lean_deg=-26, shrug_m=0.06, uneven_deg=14, sway_m=0.1,
    ),
    "even": Style(
        "even", reach=0.99, spread=0.02, out_s=1.6, back_s=1.8, fault_share=0.3, shrug_m=0.06, uneven_deg=12
    ),
    "sure": Style("sure", reach=1.04, spread=0.012, tiring=0.01, out_s=2.0, peak_s=0.7, back_s=2.1),
    "sparing": Style(
        "sparing", reach=0.9, spread=0.03, out_s=1.8, back_s=1.9, fault_share=0.7, short_peaks=0.2, shrug_m=0.065,
        uneven_deg=15,
    ),
}  # fmt: skip


def _tested(reach: float) -> Style:
    """Somebody who shows how far they get, calmly, three times."""
    return Style(f"test {reach:.2f}", reach=reach, spread=0.012, tiring=0.0, out_s=1.8, peak_s=0.8, back_s=1.8)


# ---------------------------------------------------------------------------------------------- programmes

_ROWS: Final = (
    (("seated-row", 2, 8), ("cross-body-stretch", 1, 15)),
    (("seated-row", 2, 10), ("cross-body-stretch", 1, 20)),
    (("seated-row", 2, 12), ("overhead-press", 1, 8)),
    (("seated-row", 3, 10), ("overhead-press", 2, 8)),
)
_BANDS: Final = (
    (("band-pull-apart", 1, 8), ("chest-opening", 1, 8)),
    (("band-pull-apart", 2, 8), ("chest-opening", 1, 8)),
    (("band-pull-apart", 2, 10), ("external-rotation", 1, 10)),
    (("band-pull-apart", 2, 12), ("external-rotation", 2, 10)),
)
_WALLS: Final = (
    (("wall-angel", 1, 6), ("upper-back-stretch", 1, 6)),
    (("wall-angel", 2, 6), ("upper-back-stretch", 1, 8)),
    (("wall-push-up", 1, 8), ("wall-angel", 2, 8)),
    (("wall-push-up", 2, 10), ("wall-angel", 2, 8)),
)
_PROGRAMMES: Final = (_ROWS, _BANDS, _WALLS)


def _lines(programme: tuple[tuple[tuple[str, int, int], ...], ...], stage: int, days: frozenset[int]) -> list[Line]:
    lines = [
        Line(exercise, sets, days, hold=float(number))
        if exercise == STRETCH
        else Line(exercise, sets, days, reps=number)
        for exercise, sets, number in programme[stage]
    ]
    return [*lines, Line(SHOULDER_TEST, 1, _SUNDAY, reps=3), Line(TRUNK_TEST, 1, _SUNDAY, reps=3)]


# ---------------------------------------------------------------------------------------------- courses


def _falling(rng: random.Random) -> Curve:
    high, low, turn = rng.uniform(4.6, 6.3), rng.uniform(0.7, 1.9), rng.randint(130, 240)
    return ((YEAR, high), (YEAR - _SETTLES_IN, high - 0.4), (turn, (high + low) / 2), (70, low + 0.3), (0, low))


def _steady(level: tuple[float, float]) -> Callable[[random.Random], Curve]:
    return lambda rng: ((YEAR, rng.uniform(*level)), (180, rng.uniform(*level)), (0, rng.uniform(*level)))


def _back_again(rng: random.Random) -> Curve:
    """Better, worse, better; for some the second rise is now."""
    high, low = rng.uniform(4.5, 5.8), rng.uniform(1.2, 2.2)
    first, second = rng.randint(190, 240), rng.choice((4, 6, 60, 90, 120))
    curve = [
        (YEAR, high),
        (290, low + 0.6),
        (first + 14, low),
        (first, high),
        (first - 35, low + 0.4),
        (second + 12, low),
        (second, high - 0.3),
    ]
    tail = [(second - 40, low + 0.3), (0, low)] if second > 40 else [(0, high)]  # noqa: PLR2004  # days, as in the list
    return (*curve, *tail)


def _well(rng: random.Random) -> Curve:
    return ((YEAR, rng.uniform(3.4, 4.6)), (230, 1.6), (120, 0.6), (40, 0.2), (0, 0.0))


def _diligent(low: float, high: float) -> Callable[[random.Random], Curve]:
    return lambda rng: ((YEAR, rng.uniform(low, high)), (120, rng.uniform(low, high)), (0, rng.uniform(low, high)))


def _fading(rng: random.Random) -> Curve:
    return ((YEAR, rng.uniform(0.6, 0.8)), (250, 0.35), (120, rng.uniform(0.15, 0.3)), (0, rng.uniform(0.1, 0.25)))


def _was_referred(code: str, days_ago: tuple[int, int], note: str) -> Callable[[random.Random], tuple[Told, ...]]:
    """A warning sign on one evening."""

    def told(rng: random.Random) -> tuple[Told, ...]:
        answers = {"flags": {code: {"answer": "new"}}, "none_of_these": False, "compared": "worse"}
        return (Told(rng.randint(*days_ago), answers=answers, note=note),)

    return told


_NOTES: Final = (
    "Long day at the desk, stiff in the evening.",
    "Slept through for the first time in weeks.",
    "Carried shopping up four floors. It was all right.",
    "Visitors all weekend, no time for anything.",
    "The garden is done, and so am I.",
    "A good day. I forgot about it until now.",
    "Drove for six hours. Neck and shoulders tight.",
    "New chair at work.",
)


def _everyday(rng: random.Random) -> tuple[Told, ...]:
    days = sorted(rng.sample(range(8, YEAR - 10), 5), reverse=True)
    return tuple(Told(day, note=rng.choice(_NOTES)) for day in days)


_UPWARD: Final = (
    (365, 0, "First plan: light, and as often as it fits."),
    (300, 1, "Pain is down and the form is good: more repetitions."),
    (205, 2, "A new exercise joins; the stretch has done its work."),
    (95, 3, "Strength is coming back: one more set."),
)
_UP_AND_DOWN: Final = (
    (365, 0, "First plan after the examination."),
    (290, 2, "Quick progress: a step further."),
    (215, 0, "Worse again: back to the first plan until it has settled."),
    (150, 1, "Settled. Slowly up again."),
    (80, 2, "Four calm weeks: the step from last autumn again."),
)
_LITTLE: Final = (
    (365, 1, "First plan, two evenings a week."),
    (240, 0, "Too much for the evenings: less, so that it can work."),
    (110, 0, "We agree on the same plan and a reminder at a better time."),
)

COURSES: Final = {
    course.name: course
    for course in (
        Course("improving", _falling, _diligent(0.72, 0.9), ("loose", "even", "sure"), (0.78, 0.98), 0.14, _UPWARD),
        Course(
            "relapsing", _back_again, _diligent(0.6, 0.85), ("careful", "even", "sparing"), (0.8, 0.86), 0.18,
            _UP_AND_DOWN,
        ),
        Course(
            "silent", _falling, _diligent(0.6, 0.8), ("careful", "hasty", "hasty"), (0.84, 0.9), 0.2, _UPWARD,
            silent_for=lambda rng: rng.randint(12, 45),
        ),
        Course(
            "warning sign", _falling, _diligent(0.65, 0.85), ("careful", "even", "even"), (0.8, 0.92), 0.12, _UPWARD,
            told=_was_referred("U_NIGHT", (40, 260), "It wakes me every night now, whichever way I lie."),
        ),
        Course(
            "warning sign now", _steady((3.2, 4.2)), _diligent(0.6, 0.8), ("careful", "even", "even"), (0.82, 0.88),
            0.1, _UPWARD,
            told=_was_referred("U_WEIGHT_LOSS", (1, 1), "Six kilos since summer, and I have not tried to."),
        ),
        Course("little", _steady((3.4, 4.6)), _fading, ("hasty", "loose", "hasty"), (0.85, 0.85), 0.45, _LITTLE),
        Course("excellent", _well, _diligent(0.94, 0.99), ("even", "sure", "sure"), (0.88, 1.02), 0.05, _UPWARD),
    )
}  # fmt: skip

_PEOPLE: Final = (
    ("Adaeze Obiora", "improving"), ("Benedikt Sturmvogel", "relapsing"), ("Carmela Tessitore", "improving"),
    ("Dragan Vukelic", "little"), ("Elin Bergstrand", "excellent"), ("Farid Nazari", "improving"),
    ("Greta Ostermoor", "silent"), ("Hamza Belkacem", "relapsing"), ("Ilse Kranewitter", "warning sign"),
    ("Joanna Wierzbicka", "improving"), ("Kwame Asantewaa", "little"), ("Leonie Federspiel", "excellent"),
    ("Marek Dolezal", "silent"), ("Nadia Ferhat", "improving"), ("Oskar Lindenblatt", "relapsing"),
    ("Paula Estrela", "little"), ("Quirin Hallhuber", "improving"), ("Rosa Menotti", "warning sign now"),
    ("Samir Khoury", "relapsing"), ("Tilda Rasmussen", "excellent"), ("Ulrich Steinwender", "silent"),
    ("Valentina Cordero", "improving"), ("Wanda Jastrzebska", "little"), ("Xaver Moosgruber", "relapsing"),
    ("Yara Haddad", "improving"), ("Zoltan Feher", "silent"), ("Annika Soderlund", "excellent"),
    ("Bilal Demirci", "little"), ("Clara Winterhalter", "warning sign"), ("Dorothea Petridis", "relapsing"),
    ("Emre Yalcin", "improving"), ("Freya Thorvald", "excellent"), ("Georg Ahlbrecht", "improving"),
    ("Hanae Matsuda", "relapsing"), ("Ilir Hoxha", "little"), ("Jolanda Brenner", "improving"),
    ("Kerem Aydin", "excellent"), ("Lucia Fontanarossa", "silent"), ("Miloslav Hruska", "warning sign"),
    ("Nora Feuerstein", "improving"),
)  # fmt: skip

_ACTIVITIES: Final = (
    "Working at the screen for two hours", "Carrying a full basket", "Looking over my shoulder in the car",
    "Playing the violin", "Lifting my son", "Swimming ten lengths", "Sleeping on my side", "Hanging up the washing",
    "A whole shift on my feet", "Cycling to work",
)  # fmt: skip
_GOALS: Final = (
    "Get through a working day without thinking of my back.",
    "Sleep through, and wake up without the stiffness.",
    "Play with the children on the floor again.",
    "Sport twice a week, without paying for it the day after.",
    "Sit through a film.",
)
_PLACES: Final = (
    "back-upper_thoracic-centre", "back-upper_thoracic-left", "back-middle_thoracic-right",
    "back-shoulder_blade-right", "back-middle_thoracic-centre", "back-neck-left",
)  # fmt: skip
_WORKS: Final = ("sitting", "sitting", "sitting", "standing", "lifting", "mixed", "none")
_OVER_50_BORN: Final = 1975


@dataclass(frozen=True, slots=True)
class Member:
    """One of the crowd: what they do, what they write, and what the clinic knows about them."""

    story: Patient
    diary: Diary
    course: str
    birth_year: int


def crowd() -> tuple[Member, ...]:
    """All of them, in the order in which they joined."""
    return tuple(_member(number, name, COURSES[course]) for number, (name, course) in enumerate(_PEOPLE))


def _member(number: int, name: str, course: Course) -> Member:
    key = name.lower().replace(" ", ".")
    rng = random.Random(f"{SEED} crowd {key}")  # noqa: S311  # invented people, not secrets
    birth_year = rng.randint(1948, 2002)
    silent_for = course.silent_for(rng)
    story = _story(number, name, key, course, rng)
    diary = Diary(
        _intake(rng, birth_year),
        minute_of_day=rng.randint(18 * 60, 21 * 60),
        missed=course.missed,
        spread=rng.uniform(0.9, 1.25),
        silent=((silent_for, 0),) if silent_for else (),
        rests=((silent_for, 0),) if silent_for else (),
        places=tuple((place, share) for place, share in zip(rng.sample(_PLACES, 2), (1.0, 0.8), strict=True)),
        medicine=rng.choice((None, None, "Ibuprofen", "Paracetamol")),
        well=((YEAR, rng.uniform(5, 6.5)), (0, rng.uniform(6.5, 8.5))),
        monthly=tuple((day, (rng.choice((0, 0, 1)), rng.choice((0, 0, 1)))) for day in range(YEAR - 10, 10, -30)),
        told=(*_everyday(rng), *course.told(rng)),
    )
    return Member(story, diary, course.name, birth_year)


def _story(number: int, name: str, key: str, course: Course, rng: random.Random) -> Patient:
    programme = _PROGRAMMES[number % len(_PROGRAMMES)]
    days = rng.choice((_MON_THU, _TUE_FRI)) if course.name != "excellent" else _MON_WED_FRI
    shift = rng.randint(0, 20)
    steps = tuple(
        Step(max(days_ago - shift, 1) if days_ago < YEAR else YEAR, reason, tuple(_lines(programme, stage, days)))
        for days_ago, stage, reason in course.steps
    )
    return Patient(
        key=key,
        name=name,
        zone=BERLIN,
        joined_days_ago=YEAR,
        plan=tuple(_changed(steps)),
        stages=_stages(programme, course, rng),
        attends=course.attends(rng),
        pain=course.pain(rng),
        effort=((YEAR, 5.5), (200, 4.5), (0, 4.5)),
        minute_of_day=rng.randint(6 * 60 + 30, 20 * 60),
        second_physio=number % 3 == 0,
    )


def _changed(steps: Sequence[Step]) -> list[Step]:
    """A revision that changes nothing would not be one: a note makes the difference where the dose stays."""
    kept: list[Step] = []
    for step in steps:
        lines = step.lines
        if kept and lines == kept[-1].lines:
            lines = (replace(lines[0], note="After the evening news: it takes seven minutes."), *lines[1:])
        kept.append(replace(step, lines=lines))
    return kept


def _stages(
    programme: tuple[tuple[tuple[str, int, int], ...], ...], course: Course, rng: random.Random
) -> tuple[Stage, ...]:
    exercises = {exercise for stage in programme for exercise, _sets, _number in stage}
    stages = [
        Stage(days_ago, dict.fromkeys(exercises, _STYLES[style]))
        for days_ago, style in zip((YEAR, rng.randint(220, 280), rng.randint(60, 130)), course.styles, strict=True)
    ]
    first, last = course.reach
    for part, days_ago in enumerate(range(YEAR, 0, -73)):
        reach = round(first + (last - first) * part / 4, 2)
        stages.append(Stage(days_ago, {SHOULDER_TEST: _tested(reach), TRUNK_TEST: _tested(reach)}))
    return tuple(sorted(stages, key=lambda stage: -stage.days_ago))


def _intake(rng: random.Random, birth_year: int) -> Intake:
    return Intake(
        began=rng.randint(30, 400),
        examined=True,
        age_band="over_50" if birth_year < _OVER_50_BORN else "20_50",
        causes=tuple(rng.sample(("workstation", "overuse", "stress", "inactivity", "weak_core"), 2)),
        symptoms=tuple(rng.sample(("dull", "stiffness", "tender", "burning", "headache", "less_movement"), 2)),
        kit=("band", "chair", "wall"),
        work=rng.choice(_WORKS),
        goals=rng.choice(_GOALS),
        activities=tuple(rng.sample(_ACTIVITIES, 3)),
        cautions=("HT",) if birth_year < _OVER_50_BORN - 10 and rng.random() < 0.4 else (),  # noqa: PLR2004
    )
