"""Whatever moves in a demonstration is learned: the definition counts another set of it, and its mirror image."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from exercises import learning_wire, wire
from exercises.body import Joint, Landmark, Pose, Side
from exercises.coach import Coach
from exercises.definition import DefinitionError, definition_from_document, load_library
from exercises.demonstration import DemonstrationError, Learned, learn, mirrored, recount
from exercises.figure import VIEW_YAW_DEG, Camera, body, key_pose_at, project, synthetic_pose
from exercises.likeness import figure_values
from exercises.measures import Frame
from tests.unit.exercises.motion import Motion

LIBRARY = load_library()
Timed = list[tuple[float, Pose | None]]

FRONT = Camera(VIEW_YAW_DEG["front"])


def shown(exercise: str, **changes: object) -> Timed:
    """A demonstration of this exercise of the library."""
    motion = Motion(LIBRARY[exercise], repetitions=3, noise_m=0.0035, lost_frames=0.03)
    return list(replace(motion, **changes).frames())


def one_arm(progress: float, time_s: float, side: Side = Side.LEFT) -> Pose:
    """One arm is raised sideways, the other hangs."""
    rest = LIBRARY["overhead-press"].figure.start
    hanging = replace(rest.left, elevation=8.0, plane=0.0, elbow=10.0)
    raised = replace(hanging, elevation=8.0 + 112.0 * progress)
    arms = (raised, hanging) if side is Side.LEFT else (hanging, raised)
    return project(body(replace(rest, left=arms[0], right=arms[1]), "standing"), FRONT, (0, 1, 0), time_s=time_s)


def still(seconds: float, fps: float = 20.0) -> Timed:
    press = LIBRARY["overhead-press"]
    return [(n / fps, synthetic_pose(press, 0.0, time_s=n / fps)) for n in range(int(seconds * fps))]


def counted(learned: Learned, frames: Timed, side: str | None = None) -> tuple[int, int]:
    coach = Coach(definition_from_document(learned.document, "learned"), side=side or learned.side)
    for time_s, pose in frames:
        coach.observe(pose, time_s)
    summary = coach.finish()
    return summary.count, summary.partial


@pytest.mark.parametrize(
    ("exercise", "fps", "seconds", "noise_m"),
    [
        ("overhead-press", 30, 3.0, 0.0035),
        ("overhead-press", 12, 4.5, 0.005),
        ("seated-row", 25, 2.4, 0.0035),
        ("seated-row", 50, 3.5, 0.0),
    ],
)
def test_a_learned_exercise_counts_another_set_and_the_mirror_image_exactly(exercise, fps, seconds, noise_m):
    learned = learn(shown(exercise, fps=fps, seconds=seconds, noise_m=noise_m, seed=3), name="My own")

    assert learned.repetitions == 3
    for seed, mirror, pace in ((11, False, 2.2), (12, True, 4.0), (13, False, 3.0)):
        fresh = shown(exercise, repetitions=5, seed=seed, mirrored=mirror, seconds=pace)
        assert counted(learned, fresh) == (5, 0), seed


@pytest.mark.parametrize(
    ("exercise", "posture"),
    [
        ("shoulder-abduction-rom", "standing"),
        ("trunk-rotation-rom", "standing"),
        ("chin-tuck", "sitting"),
        ("sit-to-stand", "standing"),
        ("bird-dog", "all_fours"),
        ("dead-bug", "supine"),
    ],
)
def test_all_kinds_of_movement_are_learned(exercise, posture):
    """One arm, a turning trunk, a few centimetres of the neck, the whole body, and lying."""
    learned = learn(shown(exercise, fps=20, seconds=3.5), name="Mine", repetitions=3)
    definition = definition_from_document(learned.document, "learned")

    fresh = shown(exercise, repetitions=4, fps=20, seconds=3.0, seed=21)
    result = recount(definition, fresh, side=learned.side)

    assert (result.counted, result.partial, result.mirrored_counted, result.mirrored_partial) == (4, 0, 4, 0)
    assert definition.figure.posture == posture


@pytest.mark.parametrize("repetitions", [2, 5])
def test_the_number_of_repetitions_is_found_or_taken(repetitions):
    frames = shown("overhead-press", repetitions=repetitions)

    assert learn(frames, name="Press").repetitions == repetitions
    assert learn(frames, name="Press", repetitions=repetitions).repetitions == repetitions


def test_getting_into_position_and_out_of_it_is_not_part_of_the_exercise():
    """Hanging arms rise to the start pose of a press, and sink after it."""
    press = LIBRARY["overhead-press"]
    hanging = replace(press.figure.start, left=replace(press.figure.start.left, elevation=5, elbow=8, plane=30))
    hanging = replace(hanging, right=hanging.left)
    way_in = replace(press, figure=replace(press.figure, start=hanging, peak=press.figure.start))
    inner = shown("overhead-press")
    rise = [(n / 30, synthetic_pose(way_in, min(n / 30, 1.0), time_s=n / 30)) for n in range(40)]
    end_s = 40 / 30 + inner[-1][0]
    fall = [(end_s + n / 30, synthetic_pose(way_in, max(1 - n / 30, 0.0))) for n in range(1, 60)]
    whole = [*rise, *((40 / 30 + t, pose) for t, pose in inner), *fall]

    learned = learn(whole, name="Press", repetitions=3)

    assert (learned.check["counted"], learned.check["mirrored_counted"]) == (3, 3)
    assert counted(learned, shown("overhead-press", repetitions=6, seed=9)) == (6, 0)


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_one_arm_alone_makes_an_exercise_for_either_side(side):
    motion = Motion(LIBRARY["overhead-press"], repetitions=3)
    frames: Timed = [(n / 25, one_arm(motion.progress(n / 25), n / 25, side)) for n in range(int(motion.length_s * 25))]

    learned = learn(frames, name="Arm raise")

    assert learned.side == side.value
    assert learned.document["sided"] is True
    assert learned.document["view"][0]["sides"] == "asked"
    assert counted(learned, frames) == (3, 0)
    other = [(t, mirrored(pose)) for t, pose in frames if pose is not None]
    assert counted(learned, other, side.other.value) == (3, 0)
    assert counted(learned, frames, side.other.value) == (0, 0)


def test_what_is_learned_says_where_it_was_seen_and_from_where():
    learned = learn(shown("seated-row"), name="Row with a band")

    assert learned.view == "side"
    assert learned.document["view"][0]["sides"] == "near"
    assert learned.document["id"] == "own-row-with-a-band"
    assert learned.document["tier"] == "draft"
    starts = [segment[0] for segment in learned.segments]
    assert starts == pytest.approx([1.3, 4.3, 7.3], abs=0.7)  # a movement begins when the start zone is left
    assert all(start < peak < end for start, peak, end in learned.segments)
    assert len(learned.curve["t"]) == len(learned.curve[learned_side(learned)])


def learned_side(learned: Learned) -> str:
    return next(key for key in learned.curve if key != "t")


@pytest.mark.parametrize("exercise", ["overhead-press", "seated-row"])
def test_the_figure_shows_the_measures_that_were_seen(exercise):
    learned = learn(shown(exercise, noise_m=0.0), name="Mine")
    definition = definition_from_document(learned.document, "learned")
    measure = learned.measures[0]

    for progress in (0.0, 1.0):
        truth = figure_values(
            key_pose_at(LIBRARY[exercise].figure, progress), LIBRARY[exercise].figure.posture, learned.view, (measure,)
        )
        drawn = figure_values(
            key_pose_at(definition.figure, progress), definition.figure.posture, learned.view, (measure,)
        )
        assert drawn[measure] == pytest.approx(truth[measure], abs=8 if measure.endswith(("angle", "trunk")) else 0.1)
    assert definition.figure.posture == LIBRARY[exercise].figure.posture


def test_a_pause_at_the_end_becomes_half_as_long_a_hold():
    press = LIBRARY["overhead-press"]

    def progress(time_s: float) -> float:
        at = (time_s - 1.0) % 6.0 if 1.0 <= time_s < 19.0 else 0.0
        return min(at, 1.0) if at < 4 else max(0.0, 5.0 - at)  # a second up, three above, a second down, a rest

    frames: Timed = [(n / 20, synthetic_pose(press, progress(n / 20), time_s=n / 20)) for n in range(20 * 20)]

    learned = learn(frames, name="Press and hold")

    assert learned.repetitions == 3
    assert learned.document["view"][0]["peak"]["hold_s"] == pytest.approx(1.5, abs=0.2)


@dataclass(frozen=True)
class Refused:
    """A recording from which nothing can be learned, and why."""

    key: str
    frames: Timed
    repetitions: int | None = None


def turning(seconds: float = 6.0) -> Iterator[tuple[float, Pose]]:
    """Somebody who turns round and round instead of exercising."""
    points = body(LIBRARY["overhead-press"].figure.start, "standing")
    for n in range(int(seconds * 20)):
        yield n / 20, project(points, Camera(n * 6.0), (0, 1, 0), time_s=n / 20)


REFUSED = [
    Refused("too_short", still(1.0)),
    Refused("no_person", [(n / 20, None) for n in range(200)]),
    Refused("no_person", [(t, pose if n % 5 == 0 else None) for n, (t, pose) in enumerate(still(6.0))]),
    Refused("nothing_moved", still(6.0)),
    Refused("not_repeated", shown("overhead-press", repetitions=1)),
    Refused("wrong_number", shown("overhead-press", repetitions=5), 2),
    Refused("unsteady_view", list(turning())),
]


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.key)
def test_a_recording_that_teaches_nothing_is_refused_with_the_reason(refused):
    with pytest.raises(DemonstrationError) as caught:
        learn(refused.frames, name="Mine", repetitions=refused.repetitions)

    assert caught.value.key == refused.key
    if refused.key == "wrong_number":
        assert caught.value.data == {"found": 5, "asked": 2}


def test_a_mirrored_pose_is_the_other_side():
    pose = one_arm(1.0, 0.0, Side.LEFT)
    left, right = Frame(pose).pair(Joint.ELBOW)
    turned = Frame(mirrored(pose)).pair(Joint.ELBOW)

    assert left is not None
    assert right is not None
    assert turned == ((pose.width - right[0], right[1]), (pose.width - left[0], left[1]))
    assert mirrored(mirrored(pose)).points[Landmark.NOSE] == pytest.approx(pose.points[Landmark.NOSE])


def flat(frames: Timed) -> tuple[list[float], list[list[float] | None]]:
    return [t for t, _ in frames], [
        None if pose is None else [value for point in pose.points for value in (point or (float("nan"),) * 4)]
        for _, pose in frames
    ]


def test_the_door_for_other_languages_speaks_json():
    frames = shown("overhead-press")
    times, flats = flat(frames)
    width, height = FRONT.width, FRONT.height

    answer = json.loads(json.dumps(learning_wire.learn_from_flat(times, flats, width, height, "Mine", 3)))

    assert answer["repetitions"] == len(answer["segments"]) == 3
    assert answer["check"] == {"counted": 3, "partial": 0, "mirrored_counted": 3, "mirrored_partial": 0}
    again = learning_wire.recount(answer["document"], times, flats, width, height)
    assert (again["counted"], again["mirrored_counted"]) == (3, 3)
    session = wire.Session("own-mine", {"target": 3}, answer["document"])
    for time_s, values in zip(times, flats, strict=True):
        session.frame(time_s, values, width, height)
    assert session.finish()["exercise"] == "own-mine"
    assert learning_wire.learn_from_flat(times[:5], flats[:5], width, height, "Mine") == {
        "error": {"key": "too_short", "seconds": pytest.approx(0.1, abs=0.1)}
    }


def test_a_set_does_not_load_what_only_learning_needs():
    """In a browser every module is compiled anew on each visit, so a live page would wait for it."""
    code = "import sys; sys.path.insert(0, '.'); import exercises.wire; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True)
    learning = {"demonstration", "learning_wire", "drafting", "moving", "cycles", "likeness", "scene", "synthetic"}
    assert learning.isdisjoint(name.removeprefix("exercises.") for name in done.stdout.split())


def test_a_broken_document_is_answered_with_its_key():
    times, flats = flat(shown("overhead-press"))
    document = learning_wire.learn_from_flat(times, flats, 640, 480, "Mine")["document"]
    broken = document | {"dose": document["dose"] | {"sets": 99}}

    answer = learning_wire.recount(broken, times, flats, 640, 480)

    assert answer["error"]["key"] == "dose.sets"
    with pytest.raises(DefinitionError):
        wire.Session("own-mine", None, broken)


def test_edited_numbers_change_the_recount_and_say_why():
    frames = shown("overhead-press")
    learned = learn(frames, name="Mine")
    document = json.loads(json.dumps(learned.document))
    peak = document["view"][0]["peak"]
    beyond = "at_least" if "at_least" in peak else "at_most"
    peak["tolerance"] = 0.0
    peak[beyond] += 25 if beyond == "at_least" else -25
    peak["safe_maximum"] = peak[beyond]

    result = recount(definition_from_document(document, "edited"), frames)

    assert result.counted == 0
    assert result.reasons
