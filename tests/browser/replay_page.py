"""Sessions with stored joint positions, for whoever opens their replay: invented movement, judged by the engine."""

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from exercises.coach import Coach
from exercises.definition import load_library
from exercises.figure import ideal_progress, synthetic_pose
from exercises.wire import summary_to_dict
from tests.browser.house import Account, Clinic
from tracker.accounts.models import Person
from tracker.clock import SystemClock
from tracker.training import service
from tracker.training.documents import SessionDoc
from tracker.training.tracks import pack

EXERCISE = "overhead-press"
REPETITION_S = 4.0
STILL_S = 1.5
NOISE_M = 0.003


def judged_set(reaches: Sequence[float], frames_a_second: int) -> tuple[dict[str, Any], bytes]:
    """The engine's summary and the packed joint positions of one set; `reaches`: how far each repetition goes."""
    definition = load_library()[EXERCISE]
    coach = Coach(definition, side="both")
    rng = random.Random(6)  # noise of invented landmarks
    length_s = STILL_S + len(reaches) * REPETITION_S + 1.0
    times = [number / frames_a_second for number in range(int(length_s * frames_a_second))]
    values: list[int] = []
    for moment in times:
        place, since = divmod(moment - STILL_S, REPETITION_S)
        moving = 0 <= place < len(reaches)
        progress = reaches[int(place)] * ideal_progress(since, REPETITION_S) if moving else 0.0
        pose = synthetic_pose(definition, progress, time_s=moment, noise=lambda: rng.gauss(0, NOISE_M))
        coach.observe(pose, moment)
        for point in pose.points:
            assert point is not None
            values += [round(point.x * 10_000), round(point.y * 10_000), round(point.visibility * 10_000)]
    return summary_to_dict(coach.finish()), pack(times, values, width=640, height=480)


def stored_session(clinic: Clinic, patient: Account, *sets: tuple[dict[str, Any], bytes | None]) -> str:
    """A session as the live page would have sent it; its address for the physiotherapist."""
    at = SystemClock().now() - timedelta(hours=1)
    document: dict[str, Any] = {
        "id": str(uuid.uuid4()),
        "prescription_id": clinic.prescription_of(patient, EXERCISE),
        "exercise": EXERCISE,
        "started_at": at.isoformat(),
        "source": "camera",
        "sets": [
            {
                "id": str(uuid.uuid4()),
                "number": number,
                "side": "both",
                "started_at": (at + timedelta(seconds=number * 180)).isoformat(),
                "summary": summary,
                "track": None if track is None else base64.b64encode(track).decode("ascii"),
                "repetition_ids": [str(uuid.uuid4()) for _ in summary["repetitions"]],
            }
            for number, (summary, track) in enumerate(sets, start=1)
        ],
    }
    with clinic.server.database() as session:
        service.receive(
            session,
            patient=session.get_one(Person, patient.id),
            document=SessionDoc.model_validate(document),
            keep_tracks=True,
            received_at=SystemClock().now(),
        )
        session.commit()
    return f"/patients/{patient.id}/sessions/{document['id']}"
