"""The guided calibration in the terminal: half a minute in front of the camera, one sentence at a time."""

from __future__ import annotations

from collections.abc import Mapping
from gettext import gettext as _
from typing import Any, Final, Protocol

from exercises.posture_wire import CalibrationSession
from tracker.vision.watch.cameras import CameraGoneError, RecordingOverError
from tracker.vision.watch.errors import CalibrationError, NoCameraError
from tracker.vision.watch.sight import Sight
from tracker.vision.watch.times import Time
from tracker.vision.watch.words import PHASES, gate_words

EVERY_S: Final = 0.1
_LONGEST_S: Final = 240.0


class Guide(Protocol):
    """Speaks to the person."""

    def phase(self, sentence: str) -> None:
        """What to do now."""

    def progress(self, share: float, left_s: float, hint: str | None) -> None:
        """How far this phase is, and what keeps it from going on."""


def calibrate(sight: Sight, time: Time, guide: Guide, options: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's baseline document. Raises `CalibrationError`."""
    session = CalibrationSession(options)
    phase: str | None = None
    began_s = time.now_s()
    try:
        while time.now_s() - began_s < _LONGEST_S:
            told = _look(session, sight, time)
            if told["phase"] in {"done", "failed"}:
                break
            if told["phase"] != phase:
                phase = told["phase"]
                guide.phase(_(PHASES[told["phase"]]))
            guide.progress(told["done_share"], told["left_s"], gate_words(told["gate"]) if told["gate"] else None)
            time.wait(EVERY_S)
    except RecordingOverError:
        pass
    except CameraGoneError as error:
        raise NoCameraError(_("The camera gives no picture. Is another program using it?")) from error
    result = session.result()
    if "baseline" in result:
        baseline: dict[str, Any] = result["baseline"]
        return baseline
    key, remedy = result["error"]["key"], result["error"]["remedy"]
    raise CalibrationError(
        key, _("The calibration did not succeed ({why}). Please try again.").format(
            why=gate_words({"reason": key, "remedy": remedy})
        ),
    )  # fmt: skip


def _look(session: CalibrationSession, sight: Sight, time: Time) -> dict[str, Any]:
    if not sight.open(time.now_s()):
        raise CameraGoneError
    seen = sight.look(time.now_s())
    return session.frame(seen.time_s, seen.values, seen.width, seen.height, seen.light)
