"""Posture at the desk: calibrate once on one's own calm pose, then watch. This is the door; the rooms are beside it.

Judged is the change from the person's own comfortable pose and the time without movement, never an absolute angle:
normal variation is wide and cut-offs lack validity (CLINICAL 3.1). Nothing here says that a posture is harmful. What is
measured and how is in `posture_features` and `posture_score`; what makes a baseline in `posture_calibration`; when
nothing can be told in `posture_gate`; durations and notices in `posture_spells`, `posture_breaks` and `posture_watch`.
"""

from __future__ import annotations

from exercises.posture_baseline import Baseline, BaselineError, Zone, baseline_from_dict, baseline_to_dict
from exercises.posture_calibration import CalibrationError, baseline_from
from exercises.posture_guide import Calibrator, Guidance
from exercises.posture_judge import NECK_LEAN_ERROR_DEG, FrameScore, frame_score
from exercises.posture_verdict import Notice, Options, Tally, Verdict
from exercises.posture_watch import Watch
from exercises.posture_wire import CalibrationSession, WatchSession

__all__ = [
    "NECK_LEAN_ERROR_DEG",
    "Baseline",
    "BaselineError",
    "CalibrationError",
    "CalibrationSession",
    "Calibrator",
    "FrameScore",
    "Guidance",
    "Notice",
    "Options",
    "Tally",
    "Verdict",
    "Watch",
    "WatchSession",
    "Zone",
    "baseline_from",
    "baseline_from_dict",
    "baseline_to_dict",
    "frame_score",
]
