"""What can go wrong between a camera or a file and the engine, in words a user can act on.

Every error carries its data besides its sentence, and ``exit_code`` for the command line, so that a script can tell
the cases apart without reading English. Limits: a defect of ours is not one of these; it keeps its traceback.
"""

from __future__ import annotations

from gettext import gettext as _
from pathlib import Path


class VisionError(Exception):
    """Something outside the program prevents the work; the message says what happened and what to do."""

    exit_code = 1


class UnknownExerciseError(VisionError):
    """No exercise has this id; carries the nearest ids there are."""

    exit_code = 2  # the same as click's for any other wrong argument

    def __init__(self, exercise_id: str, nearest: tuple[str, ...], known: tuple[str, ...]) -> None:
        self.exercise_id = exercise_id
        self.nearest = nearest
        suggestion = (
            _("Did you mean {names}?").format(names=_(" or ").join(nearest))
            if nearest
            else _("There are: {names}.").format(names=", ".join(known))
        )
        super().__init__(_("There is no exercise “{name}”.").format(name=exercise_id) + " " + suggestion)


class TimerExerciseError(VisionError):
    """The exercise is a guided timer: no camera can judge it."""

    exit_code = 2

    def __init__(self, exercise_id: str) -> None:
        self.exercise_id = exercise_id
        super().__init__(
            _("“{name}” is done with the timer: a camera cannot judge it, so there is nothing to count.").format(
                name=exercise_id
            )
        )


class BrokenExerciseError(VisionError):
    """The file of an exercise cannot be used; carries which and why."""

    exit_code = 2

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class SourceError(VisionError):
    """The video or landmark track cannot be used; carries which and why."""

    exit_code = 3

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class NoPersonError(VisionError):
    """Frames were read, but nobody was found in any of them."""

    exit_code = 4

    def __init__(self, path: Path, frames: int) -> None:
        self.path = path
        self.frames = frames
        super().__init__(
            _(
                "{path}: no person found in {frames} frames. The upper body should fill about half of the picture's "
                "height, in even light."
            ).format(path=path, frames=frames)
        )


class ModelError(VisionError):
    """The pose model is missing or is not a pose model; carries its path."""

    exit_code = 5

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class OutputError(VisionError):
    """A result cannot be written; carries where to."""

    exit_code = 6

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class CameraError(VisionError):
    """The local camera cannot be opened or stopped giving pictures; carries its number."""

    exit_code = 7

    def __init__(self, device: int, reason: str) -> None:
        self.device = device
        self.reason = reason
        super().__init__(_("Camera {device}: {reason}").format(device=device, reason=reason))
