"""The body as the engine sees it: named landmarks and one pose per picture.

Conventions: left and right are the *subject's*. Image coordinates are normalised (x 0..1 to the right, y 0..1
downward); z has roughly the scale of x, is relative to the hips and smaller towards the camera. Nothing here knows
MediaPipe; the order of the landmarks is that of the published 33-point BlazePose topology. Limits: z is good for a
sign or a coarse check only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple, Self


class Landmark(IntEnum):
    """The 33 landmarks, in the order of the BlazePose topology."""

    NOSE = 0
    LEFT_EYE_INNER = 1
    LEFT_EYE = 2
    LEFT_EYE_OUTER = 3
    RIGHT_EYE_INNER = 4
    RIGHT_EYE = 5
    RIGHT_EYE_OUTER = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    MOUTH_LEFT = 9
    MOUTH_RIGHT = 10
    LEFT_SHOULDER = 11
    RIGHT_SHOULDER = 12
    LEFT_ELBOW = 13
    RIGHT_ELBOW = 14
    LEFT_WRIST = 15
    RIGHT_WRIST = 16
    LEFT_PINKY = 17
    RIGHT_PINKY = 18
    LEFT_INDEX = 19
    RIGHT_INDEX = 20
    LEFT_THUMB = 21
    RIGHT_THUMB = 22
    LEFT_HIP = 23
    RIGHT_HIP = 24
    LEFT_KNEE = 25
    RIGHT_KNEE = 26
    LEFT_ANKLE = 27
    RIGHT_ANKLE = 28
    LEFT_HEEL = 29
    RIGHT_HEEL = 30
    LEFT_FOOT_INDEX = 31
    RIGHT_FOOT_INDEX = 32


LANDMARK_COUNT = len(Landmark)


def _twin(landmark: Landmark) -> int:
    """The same joint on the other side; the nose is its own."""
    left, right = ("LEFT", "RIGHT") if "LEFT" in landmark.name else ("RIGHT", "LEFT")
    return Landmark[landmark.name.replace(left, right)].value


TWINS: tuple[int, ...] = tuple(_twin(landmark) for landmark in Landmark)
"""For every landmark the one that takes its place in a mirrored picture, where left and right change names."""


class Side(StrEnum):
    """A side of the subject's body."""

    LEFT = "left"
    RIGHT = "right"

    @property
    def other(self) -> Side:
        return Side.RIGHT if self is Side.LEFT else Side.LEFT


class Joint(StrEnum):
    """A joint that exists on both sides (or, for the nose, once), with its two landmarks."""

    left: Landmark
    right: Landmark

    def __new__(cls, name: str, left: Landmark, right: Landmark) -> Self:
        joint = str.__new__(cls, name)
        joint._value_ = name
        # Kept on the member: a look-up by enum key costs more than all the geometry of a frame.
        joint.left = left
        joint.right = right
        return joint

    NOSE = ("nose", Landmark.NOSE, Landmark.NOSE)
    EAR = ("ear", Landmark.LEFT_EAR, Landmark.RIGHT_EAR)
    SHOULDER = ("shoulder", Landmark.LEFT_SHOULDER, Landmark.RIGHT_SHOULDER)
    ELBOW = ("elbow", Landmark.LEFT_ELBOW, Landmark.RIGHT_ELBOW)
    WRIST = ("wrist", Landmark.LEFT_WRIST, Landmark.RIGHT_WRIST)
    HIP = ("hip", Landmark.LEFT_HIP, Landmark.RIGHT_HIP)
    KNEE = ("knee", Landmark.LEFT_KNEE, Landmark.RIGHT_KNEE)
    ANKLE = ("ankle", Landmark.LEFT_ANKLE, Landmark.RIGHT_ANKLE)


def landmark(joint: Joint, side: Side) -> Landmark:
    """The landmark of ``joint`` on ``side``; the nose has no side."""
    return joint.left if side is Side.LEFT else joint.right


class Point(NamedTuple):
    """One landmark: x and y normalised to the image, z in about the scale of x, visibility 0..1."""

    x: float
    y: float
    z: float
    visibility: float


@dataclass(frozen=True, slots=True)
class Pose:
    """One person in one picture.

    ``time_s`` is the time of the picture in seconds on any clock that does not jump; ``points`` holds 33 entries in
    the order of `Landmark`, ``None`` where the source has no such joint; ``width`` and ``height`` are the picture's
    size in pixels (only their ratio matters).
    """

    time_s: float
    points: tuple[Point | None, ...]
    width: float
    height: float

    def __post_init__(self) -> None:
        if len(self.points) != LANDMARK_COUNT:
            raise ValueError(f"a pose has {LANDMARK_COUNT} points, not {len(self.points)}")
        if self.width <= 0 or self.height <= 0:
            raise ValueError("the picture's width and height must be positive")
