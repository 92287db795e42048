"""What a definition may say, and the loader that reads the library.

A definition is data: one TOML file per exercise. It names the measures, the start and peak zones with different enter
and release thresholds (hysteresis), the faults, the dose, the words and two key poses for the figure. The engine has
no exercise name in it. Units: degrees, seconds, torso lengths or shoulder widths as `exercises.measures` says.
Every error names the file, the key and the reason, so that whoever writes a definition can mend it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from exercises.body import Joint
from exercises.measures import MEASURES
from exercises.view import YAW_BANDS

KINDS = ("repetitions", "hold", "timer")
TIERS = ("draft", "reviewed", "validated")
PHASES = ("start", "out", "peak", "back")
BASELINES = ("none", "start", "first", "first_ratio", "phase_ratio")
SIDES = ("both", "near", "asked")
CAUTION_FLAGS = ("OP", "SH", "CX", "HT", "PG", "WR", "KN", "FL")
GOALS = ("strength", "mobility", "stretch", "core", "posture", "warm-up", "test")
"""What an exercise is for; the library page groups by it."""
EQUIPMENT = ("none", "band", "weights", "chair", "wall", "door", "mat")
POSTURES = ("standing", "sitting", "kneeling", "all_fours", "supine", "plank")

COMMON_CUES: Mapping[str, str] = MappingProxyType(
    {
        "reach_further": "Go a little further if it is comfortable.",
        "return_fully": "Come all the way back to the start.",
        "slower": "Slow down, smooth and steady.",
        "slow_return": "Take your time on the way back.",
        "hold_peak": "Pause for a moment at the end.",
        "even_sides": "Bring both arms the same way.",
    }
)
"""Cues that the engine itself can give, for every exercise."""


class DefinitionError(ValueError):
    """A definition is broken; carries the file, the key and the reason."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"{file}: {key}: {reason}")
        self.file = file
        self.key = key
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Threshold:
    """One condition: the measure is beyond ``enter`` to come in, and stays in until it is back past ``release``.

    ``sign`` is +1 for "at least" and -1 for "at most". ``tolerance`` is the measuring error granted to the person:
    the zone is entered ``tolerance`` before the clinical value ``target``, so ``enter == target - sign * tolerance``.
    With ``from_rest`` all values are differences from the person's own calm start pose (`exercises.rest`).
    """

    measure: str
    sign: int
    target: float
    enter: float
    release: float
    from_rest: bool = False

    def holds(self, value: float | None, *, inside: bool) -> bool:
        """Whether ``value`` satisfies the condition, given whether it did before; unseen never does."""
        if value is None:
            return False
        return (value - (self.release if inside else self.enter)) * self.sign >= 0


@dataclass(frozen=True, slots=True)
class Zone:
    """A pose to reach: all thresholds together, for at least ``hold_s`` seconds; the first is the primary one."""

    thresholds: tuple[Threshold, ...]
    hold_s: float

    @property
    def primary(self) -> Threshold:
        return self.thresholds[0]

    def holds(self, values: Mapping[str, float | None], *, inside: bool) -> bool:
        return all(t.holds(values[t.measure], inside=inside) for t in self.thresholds)


@dataclass(frozen=True, slots=True)
class Fault:
    """A form fault: a measure beyond a limit for ``min_s``; ``full`` is where its severity is 1."""

    key: str
    cue: str
    measure: str
    relative: str
    limit: float
    full: float
    sign: int
    phases: tuple[str, ...]
    min_s: float
    priority: int


@dataclass(frozen=True, slots=True)
class Tempo:
    """Shortest comfortable times in seconds between the start zone and the peak zone, out and back."""

    out_s: float
    back_s: float


MOST_NEGATIVE = -10_000
"""No pair of a definition reaches further than this, either way."""
DEFAULT_TRAVEL = 0.6
"""How far the hips may go during one repetition, in torso lengths, before it was a step and not an exercise."""


@dataclass(frozen=True, slots=True)
class View:
    """How the exercise is judged from one view of the camera.

    ``sides``: both arms together, the side near the camera, or the asked side (each side apart when none is asked).
    ``turns``: the trunk turns as part of the movement, so the view is judged in the start pose only. ``travel``: how
    far the hips may go in one repetition, in torso lengths. ``rest_measures``: those whose zones start from rest.
    ``range_error``: half width of the range's error band where this view is worse than its measure usually is.
    """

    name: str
    sides: str
    needs: tuple[Joint, ...]
    start: Zone
    peak: Zone
    safe_maximum: float
    personal_minimum: float
    faults: tuple[Fault, ...]
    measures: tuple[str, ...]
    rest_measures: frozenset[str] = frozenset()
    turns: bool = False
    travel: float = DEFAULT_TRAVEL
    range_error: float | None = None

    @property
    def primary(self) -> str:
        return self.peak.primary.measure


@dataclass(frozen=True, slots=True)
class Arm:
    """A key pose of one arm, in degrees.

    Elevation (0 hanging, 180 overhead), plane (0 sideways, 90 forward, 180 across), elbow flexion (0 straight) and
    roll (where the forearm goes: 0 towards more elevation, 90 towards the front).
    """

    elevation: float = 5.0
    plane: float = 60.0
    elbow: float = 10.0
    roll: float = 0.0


@dataclass(frozen=True, slots=True)
class Leg:
    """A key pose of one leg, in degrees.

    ``hip``: direction of the thigh against the vertical of the room (0 down, 90 forward, 180 up, -90 backward);
    ``knee``: flexion (0 straight); ``out``: to the side.
    """

    hip: float = 0.0
    knee: float = 0.0
    out: float = 3.0


@dataclass(frozen=True, slots=True)
class KeyPose:
    """A key pose of the body. Angles in degrees, lengths in metres; a side movement is positive to the subject's left.

    ``trunk_lean`` from upright, forward positive (90 on all fours, -90 on the back); ``trunk_side`` and ``trunk_turn``
    of the shoulders over the hips; ``neck_lean`` of the ear before the shoulder, against the trunk; ``head_side``,
    ``head_turn`` and ``head_pitch`` (down positive) against the trunk; ``shrug`` raises and ``retraction`` draws back
    the shoulders; ``bend`` rounds the drawn back (positive) or hollows it and moves no landmark.
    """

    left: Arm = Arm()
    right: Arm = Arm()
    left_leg: Leg = Leg()
    right_leg: Leg = Leg()
    trunk_lean: float = 0.0
    trunk_side: float = 0.0
    trunk_turn: float = 0.0
    neck_lean: float = 15.0
    head_side: float = 0.0
    head_turn: float = 0.0
    head_pitch: float = 0.0
    shrug: float = 0.0
    retraction: float = 0.0
    bend: float = 0.0


@dataclass(frozen=True, slots=True)
class Figure:
    """The two key poses between which the figure moves, how the body rests, and from where it is drawn.

    ``close`` draws head and trunk large, for movements of a few centimetres.
    """

    posture: str
    view: str
    seconds: float
    start: KeyPose
    peak: KeyPose
    close: bool = False


@dataclass(frozen=True, slots=True)
class Dose:
    """Default prescription and its bounds. ``reps`` counts per side where the exercise is done one side at a time."""

    sets: int
    reps: int
    hold_s: float
    rest_s: float
    days_per_week: int
    sets_range: tuple[int, int]
    reps_range: tuple[int, int]
    hold_s_range: tuple[float, float]
    progression: str
    regression: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One exercise of the library."""

    id: str
    revision: int
    tier: str
    validation: str
    card: str
    kind: str
    sided: bool
    goal: str
    equipment: tuple[str, ...]
    title: str
    aim: str
    muscles: tuple[str, ...]
    kit: tuple[str, ...]
    start: str
    movement: str
    steps: tuple[str, ...]
    camera: str
    blind: str
    cautions: tuple[str, ...]
    caution_text: str
    evidence: tuple[str, ...]
    dose: Dose
    tempo: Tempo
    cues: Mapping[str, str]
    fault_names: Mapping[str, str]
    views: Mapping[str, View]
    figure: Figure

    @property
    def view_names(self) -> tuple[str, ...]:
        """The views it can be judged from, the preferred one first."""
        return tuple(self.views)


@cache
def load_library() -> Mapping[str, Definition]:
    """Every definition of the library by id, in alphabetical order. Raises `DefinitionError` for a broken file."""
    folder = resources.files("exercises") / "library"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    library: dict[str, Definition] = {}
    for file in files:
        definition = parse_definition(file.read_text("utf-8"), file.name)
        if file.name != f"{definition.id}.toml":
            raise DefinitionError(file.name, "id", f"is {definition.id!r}; it must be the file's name")
        library[definition.id] = definition
    return MappingProxyType(library)


def parse_definition(text: str, file: str) -> Definition:
    """The definition written in ``text``. Raises `DefinitionError` that names ``file``, the key and the reason."""
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5000 digits, brackets without end
        raise DefinitionError(file, "(file)", f"is not valid TOML: {error}") from error
    return definition_from_document(document, file)


def definition_from_document(document: Mapping[str, Any], file: str) -> Definition:
    """The definition in ``document``, the tables of a library file as plain values (a clinic's own are kept so).

    Raises `DefinitionError` that names ``file``, the key and the reason.
    """
    return _definition(_Reader(file, "", dict(document)))


class _Reader:
    """Reads typed values from one table and complains with file and full key; unknown keys are complaints too."""

    def __init__(self, file: str, path: str, table: object) -> None:
        self.file = file
        self.path = path
        if not isinstance(table, dict):
            raise DefinitionError(file, path or "(file)", "must be a table")
        self._table: dict[str, Any] = table
        self._used: set[str] = set()

    def fail(self, key: str, reason: str) -> DefinitionError:
        return DefinitionError(self.file, f"{self.path}{key}", reason)

    def has(self, key: str) -> bool:
        return key in self._table

    def _get(self, key: str, default: Any) -> Any:
        self._used.add(key)
        if key in self._table:
            return self._table[key]
        if default is _REQUIRED:
            raise self.fail(key, "is missing")
        return default

    def text(self, key: str, default: Any = None) -> str:
        value = self._get(key, _REQUIRED if default is None else default)
        if not isinstance(value, str) or (not value.strip() and default is None):
            raise self.fail(key, "must be a text")
        return value

    def choice(self, key: str, choices: Iterable[str], default: Any = None) -> str:
        value = self.text(key, default)
        allowed = tuple(choices)
        if value not in allowed:
            raise self.fail(key, f"is {value!r}; it must be one of {', '.join(allowed)}")
        return value

    def number(self, key: str, low: float, high: float, default: Any = None) -> float:
        value = self._get(key, _REQUIRED if default is None else default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail(key, "must be a number")
        if not low <= value <= high:
            raise self.fail(key, f"is {value}; it must be between {low} and {high}")
        return float(value)

    def integer(self, key: str, low: int, high: int, default: Any = None) -> int:
        value = self.number(key, low, high, default)
        if value != int(value):
            raise self.fail(key, "must be a whole number")
        return int(value)

    def flag(self, key: str, *, default: bool) -> bool:
        value = self._get(key, default)
        if not isinstance(value, bool):
            raise self.fail(key, "must be true or false")
        return value

    def texts(self, key: str, default: Any = None) -> tuple[str, ...]:
        value = self._get(key, _REQUIRED if default is None else default)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) and item for item in value):
            raise self.fail(key, "must be a list of texts")
        return tuple(value)

    def choices(self, key: str, choices: Iterable[str], default: Any = None) -> tuple[str, ...]:
        allowed = tuple(choices)
        values = self.texts(key, default)
        for value in values:
            if value not in allowed:
                raise self.fail(key, f"has {value!r}; it may have {', '.join(allowed)}")
        return values

    def pair(self, key: str, default: tuple[float, float]) -> tuple[float, float]:
        value = self._get(key, list(default))
        if (
            not isinstance(value, list | tuple)
            or len(value) != 2  # noqa: PLR2004  # a pair
            or any(isinstance(v, bool) or not isinstance(v, int | float) for v in value)
            or not MOST_NEGATIVE <= value[0] <= value[1] <= -MOST_NEGATIVE  # also refuses what is not a number
        ):
            raise self.fail(key, "must be two numbers, the smaller first")
        return float(value[0]), float(value[1])

    def table(self, key: str) -> _Reader:
        return _Reader(self.file, f"{self.path}{key}.", self._get(key, _REQUIRED))

    def tables(self, key: str) -> list[_Reader]:
        value = self._get(key, [])
        if not isinstance(value, list):
            raise self.fail(key, "must be a list of tables")
        return [_Reader(self.file, f"{self.path}{key}[{n}].", item) for n, item in enumerate(value)]

    def words(self, key: str) -> Mapping[str, str]:
        reader = self.table(key) if self.has(key) else _Reader(self.file, f"{self.path}{key}.", {})
        self._used.add(key)
        return MappingProxyType({name: reader.text(name) for name in reader._table})  # noqa: SLF001  # own class

    def done(self) -> None:
        unknown = sorted(set(self._table) - self._used)
        if unknown:
            raise self.fail(unknown[0], "is not a key of a definition")


_REQUIRED: object = object()
_JOINTS = {str(joint): joint for joint in Joint}


def _definition(r: _Reader) -> Definition:
    kind = r.choice("kind", KINDS)
    cues = MappingProxyType({**COMMON_CUES, **r.words("cues")})
    fault_names = r.words("fault_names")
    text = r.table("text")
    fault_tables = r.tables("fault")
    views = {}
    for table in r.tables("view"):
        view = _view(table, fault_tables, cues, fault_names)
        if view.name in views:
            raise table.fail("name", f"{view.name!r} is described twice")
        views[view.name] = view
    if kind != "timer" and not views:
        raise r.fail("view", "is missing: at least one view must say how the exercise is judged")
    if kind == "timer" and views:
        raise r.fail("view", "a timer has none: what the camera can judge is repetitions or a hold")
    tempo = r.table("tempo")
    tier = r.choice("tier", TIERS)
    definition = Definition(
        id=r.text("id"),
        revision=r.integer("revision", 1, 10_000),
        tier=tier,
        validation=r.text("validation", None if tier == "validated" else ""),
        card=r.text("card", ""),
        kind=kind,
        sided=r.flag("sided", default=False),
        goal=r.choice("goal", GOALS),
        equipment=r.choices("equipment", EQUIPMENT),
        title=text.text("title"),
        aim=text.text("aim"),
        muscles=text.texts("muscles"),
        kit=text.texts("kit"),
        start=text.text("start"),
        movement=text.text("movement"),
        steps=text.texts("steps"),
        camera=text.text("camera"),
        blind=text.text("blind"),
        cautions=r.choices("cautions", CAUTION_FLAGS),
        caution_text=text.text("caution"),
        evidence=text.texts("evidence"),
        dose=_dose(r.table("dose"), kind),
        tempo=Tempo(tempo.number("out_s", 0, 10), tempo.number("back_s", 0, 10)),
        cues=cues,
        fault_names=fault_names,
        views=MappingProxyType(views),
        figure=_figure(r.table("figure")),
    )
    if not definition.steps or not definition.equipment or not definition.evidence:
        raise r.fail("text.steps", "steps, equipment and evidence must each have at least one entry")
    for reader in (r, text, tempo, *fault_tables):
        reader.done()
    return definition


def _dose(r: _Reader, kind: str) -> Dose:
    sets_low, sets_high = r.pair("sets_range", (1, 5))
    reps_low, reps_high = r.pair("reps_range", (1, 30))
    dose = Dose(
        sets=r.integer("sets", 1, 10),
        reps=r.integer("reps", 1, 50, None if kind == "repetitions" else 1),
        hold_s=r.number("hold_s", 0, 300, 0 if kind == "repetitions" else None),
        rest_s=r.number("rest_s", 0, 300),
        days_per_week=r.integer("days_per_week", 1, 7),
        sets_range=(int(sets_low), int(sets_high)),
        reps_range=(int(reps_low), int(reps_high)),
        hold_s_range=r.pair("hold_s_range", (5, 120)),
        progression=r.text("progression"),
        regression=r.text("regression"),
    )
    r.done()
    return dose


def _view(r: _Reader, fault_tables: list[_Reader], cues: Mapping[str, str], fault_names: Mapping[str, str]) -> View:
    name = r.choice("name", YAW_BANDS)
    start = _zone(r.table("start"), name)
    peak_table = r.table("peak")
    personal_minimum = peak_table.number("personal_minimum", -360, 360, 0.0)
    safe_maximum = peak_table.number("safe_maximum", -360, 360, 360.0)
    peak = _zone(peak_table, name)
    primary = peak.primary
    if start.primary.measure != primary.measure:
        raise r.fail("start.measure", "must be the peak's measure: it is the one that moves")
    if start.primary.sign == primary.sign:
        raise r.fail("start", "must lie on the other side of the movement than the peak (at_least against at_most)")
    if (primary.enter - start.primary.enter) * primary.sign <= 0:
        raise r.fail("peak", "overlaps the start: the person could be in both at once")
    if not peak_table.has("personal_minimum"):
        personal_minimum = start.primary.enter + 0.6 * (primary.enter - start.primary.enter)
    faults = tuple(fault for table in fault_tables if (fault := _fault(table, name, cues, fault_names)) is not None)
    measures = dict.fromkeys(
        [t.measure for zone in (start, peak) for t in zone.thresholds] + [fault.measure for fault in faults]
    )
    thresholds = [*start.thresholds, *peak.thresholds]
    rest_measures = frozenset(t.measure for t in thresholds if t.from_rest)
    if any(t.measure in rest_measures and not t.from_rest for t in thresholds):
        raise r.fail("peak.from_rest", "a measure is taken from rest in every zone or in none")
    view = View(
        name=name,
        sides=r.choice("sides", SIDES),
        needs=tuple(_JOINTS[name] for name in r.choices("needs", _JOINTS)),
        start=start,
        peak=peak,
        safe_maximum=safe_maximum,
        personal_minimum=personal_minimum,
        faults=faults,
        measures=tuple(measures),
        rest_measures=rest_measures,
        turns=r.flag("turns", default=False),
        travel=r.number("travel", 0.1, 5, DEFAULT_TRAVEL),
        range_error=r.number("range_error", 0, 180) if r.has("range_error") else None,
    )
    r.done()
    return view


def _zone(r: _Reader, view: str) -> Zone:
    thresholds = [_threshold(r, view), *(_threshold(also, view) for also in r.tables("also"))]
    zone = Zone(tuple(thresholds), hold_s=r.number("hold_s", 0, 10, 0.0))
    r.done()
    return zone


def _threshold(r: _Reader, view: str) -> Threshold:
    measure = _measure(r, view)
    if r.has("at_least") == r.has("at_most"):
        raise r.fail("at_least", "give exactly one of at_least and at_most")
    sign = 1 if r.has("at_least") else -1
    target = r.number("at_least" if sign > 0 else "at_most", -360, 360)
    enter = target - sign * r.number("tolerance", 0, 60, 0.0)
    release = r.number("release", -360, 360)
    if (enter - release) * sign <= 0:
        raise r.fail("release", "must lie outside the zone, or the count would flutter at the threshold")
    from_rest = r.flag("from_rest", default=False)
    if r.path.endswith("]."):
        r.done()
    return Threshold(measure, sign, target, enter, release, from_rest)


def _measure(r: _Reader, view: str) -> str:
    name = r.choice("measure", MEASURES)
    if view not in MEASURES[name].error:
        raise r.fail("measure", f"{name!r} is not valid from the {view}")
    return name


def _fault(r: _Reader, view: str, cues: Mapping[str, str], fault_names: Mapping[str, str]) -> Fault | None:
    views = r.choices("views", YAW_BANDS)
    key = r.text("key")
    if key not in fault_names:
        raise r.fail("key", f"{key!r} has no name in fault_names")
    cue = r.choice("cue", cues)
    if r.has("more_than") == r.has("less_than"):
        raise r.fail("more_than", "give exactly one of more_than and less_than")
    sign = 1 if r.has("more_than") else -1
    limit = r.number("more_than" if sign > 0 else "less_than", -360, 360)
    full = r.number("full", -360, 360)
    if (full - limit) * sign <= 0:
        raise r.fail("full", "must lie beyond the limit: it is where the fault is at its worst")
    fault = Fault(
        key=key,
        cue=cue,
        measure=r.choice("measure", MEASURES),
        relative=r.choice("relative", BASELINES, "none"),
        limit=limit,
        full=full,
        sign=sign,
        phases=r.choices("phases", PHASES, ("out", "peak", "back")),
        min_s=r.number("min_s", 0, 5, 0.3),
        priority=r.integer("priority", 1, 9, 5),
    )
    if view not in views:
        return None
    _measure(r, view)
    return fault


def _figure(r: _Reader) -> Figure:
    posture = r.choice("posture", POSTURES)
    figure = Figure(
        posture=posture,
        view=r.choice("view", YAW_BANDS),
        seconds=r.number("seconds", 1, 20),
        start=_key_pose(r.table("start"), _REST[posture]),
        peak=_key_pose(r.table("peak"), _REST[posture]),
        close=r.flag("close", default=False),
    )
    r.done()
    return figure


_REST: Mapping[str, KeyPose] = {
    "standing": KeyPose(),
    "sitting": KeyPose(left_leg=Leg(90, 90), right_leg=Leg(90, 90)),
    "kneeling": KeyPose(left_leg=Leg(0, 90), right_leg=Leg(0, 90)),
    "all_fours": KeyPose(trunk_lean=86, left_leg=Leg(0, 90), right_leg=Leg(0, 90)),
    "supine": KeyPose(trunk_lean=-90, neck_lean=0, left_leg=Leg(180, 90), right_leg=Leg(180, 90)),
    "plank": KeyPose(trunk_lean=82, left_leg=Leg(-82, 0), right_leg=Leg(-82, 0)),
}
"""What a key pose has where it says nothing, by posture."""

TRUNK_LIMITS: Mapping[str, tuple[float, float]] = {
    "trunk_lean": (-100, 120),
    "trunk_side": (-60, 60),
    "trunk_turn": (-90, 90),
    "neck_lean": (-60, 90),
    "head_side": (-60, 60),
    "head_turn": (-90, 90),
    "head_pitch": (-60, 80),
    "shrug": (-0.05, 0.2),
    "retraction": (-0.1, 0.1),
    "bend": (-0.2, 0.2),
}
"""What a key pose may say of trunk and head, and below of an arm and a leg: degrees, metres for the last three."""
ARM_LIMITS: Mapping[str, tuple[float, float]] = {
    "elevation": (-70, 190),
    "plane": (-60, 200),
    "elbow": (0, 155),
    "roll": (-180, 180),
}
LEG_LIMITS: Mapping[str, tuple[float, float]] = {"hip": (-120, 200), "knee": (0, 160), "out": (-30, 80)}


def _key_pose(r: _Reader, rest: KeyPose) -> KeyPose:
    arms = _arm(r.table("arms")) if r.has("arms") else None
    legs = _leg(r.table("legs"), rest.left_leg) if r.has("legs") else None
    pose = KeyPose(
        left=arms or _arm(r.table("left")),
        right=arms or _arm(r.table("right")),
        left_leg=legs or (_leg(r.table("left_leg"), rest.left_leg) if r.has("left_leg") else rest.left_leg),
        right_leg=legs or (_leg(r.table("right_leg"), rest.right_leg) if r.has("right_leg") else rest.right_leg),
        **{key: r.number(key, low, high, getattr(rest, key)) for key, (low, high) in TRUNK_LIMITS.items()},
    )
    r.done()
    return pose


def _leg(r: _Reader, rest: Leg) -> Leg:
    leg = Leg(**{key: r.number(key, low, high, getattr(rest, key)) for key, (low, high) in LEG_LIMITS.items()})
    r.done()
    return leg


def _arm(r: _Reader) -> Arm:
    arm = Arm(
        elevation=r.number("elevation", *ARM_LIMITS["elevation"]),
        plane=r.number("plane", *ARM_LIMITS["plane"]),
        elbow=r.number("elbow", *ARM_LIMITS["elbow"]),
        roll=r.number("roll", *ARM_LIMITS["roll"], 0.0),
    )
    r.done()
    return arm
