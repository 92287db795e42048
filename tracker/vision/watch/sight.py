"""The camera with the pose model behind it: opened when wanted, given back, and opened again with patience.

A camera that cannot be opened is tried again after two seconds, then after twice as long each time, up to a minute.
The pose model stays loaded while the camera is closed: at rest it costs no processor time (its threads sleep), and
loading it anew for every glance would cost more than it saves. Pictures do not leave this module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from exercises.body import Pose
from tracker.vision.video import Picture
from tracker.vision.watch.cameras import CameraGoneError, Eye, Eyes, Glimpse
from tracker.vision.watch.stirring import stirred
from tracker.vision.watch.taken import OtherPrograms
from tracker.vision.watch.times import ROUNDING_S

Estimate = Callable[[Picture, float], Pose | None]
_FIRST_RETRY_S: Final = 2.0
_LONGEST_RETRY_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What the engine takes of one picture: its time, 33 x (x, y, z, visibility) or None, its size, and its light."""

    time_s: float
    values: list[float] | None
    width: int
    height: int
    light: float


class Sight:
    """One camera, open or not."""

    def __init__(self, eyes: Eyes, others: OtherPrograms, estimate: Estimate, now_s: Callable[[], float]) -> None:
        self._eyes = eyes
        self._others = others
        self._estimate = estimate
        self._now_s = now_s
        self._eye: Eye | None = None
        self._before: Glimpse | None = None
        self._retry_wait_s = _FIRST_RETRY_S
        self._retry_at_s: float | None = None

    @property
    def is_open(self) -> bool:
        return self._eye is not None

    def retry_in_s(self, now_s: float) -> float:
        """How long to leave the camera alone after it could not be opened."""
        return 0.0 if self._retry_at_s is None else max(self._retry_at_s - now_s, 0.0)

    def open(self, now_s: float) -> bool:
        """Open the camera unless it is open; false when that does not work now."""
        if self._eye is not None:
            return True
        if self.retry_in_s(now_s) > ROUNDING_S:
            return False
        try:
            with self._others.ourselves():
                self._eye = self._eyes.open(now_s)
        except CameraGoneError:
            self.lost(now_s)
            return False
        if self._others.look_for_holders(now_s):
            self.close()
            return False
        return True

    def close(self) -> None:
        """Give the camera back."""
        if self._eye is not None:
            with self._others.ourselves():
                self._eye.close()
            self._eye = self._before = None

    def lost(self, now_s: float) -> None:
        """The camera gave no picture: close it and leave it alone for a while."""
        self.close()
        self._retry_at_s = now_s + self._retry_wait_s
        self._retry_wait_s = min(2 * self._retry_wait_s, _LONGEST_RETRY_S)

    def look(self, now_s: float) -> Seen:
        """Look through the open camera. Raises `CameraGoneError`, `RecordingOverError`."""
        if self._eye is None:
            raise CameraGoneError
        look = self._eye.look(now_s)
        taken_s = self._now_s()  # a webcam lets one wait for a new picture
        self._retry_wait_s, self._retry_at_s = _FIRST_RETRY_S, None
        self._before = look.glimpse
        pose = self._estimate(look.picture, taken_s)
        height, width = look.picture.shape[:2]
        return Seen(taken_s, None if pose is None else flat_values(pose), width, height, look.light)

    def stirred(self, now_s: float, zone: Mapping[str, Any] | None) -> bool:
        """Whether anything moved since the last look. Raises `CameraGoneError`, `RecordingOverError`."""
        if self._eye is None or self._before is None:
            return False
        return stirred(self._before, self._eye.glimpse(now_s), zone)


def flat_values(pose: Pose) -> list[float]:
    """The pose as `exercises.posture_wire` takes it; NaN marks an unseen joint."""
    flat: list[float] = []
    for point in pose.points:
        flat.extend(_UNSEEN if point is None else (point.x, point.y, point.z, point.visibility))
    return flat


_UNSEEN: Final = (float("nan"),) * 4
