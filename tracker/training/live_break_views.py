"""The exercise of a break at the desk on the live page: one set, in the plan or not. HTTP only.

Which exercises those are, and how often, is for the room that offers breaks to say; training does not know it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

from flask import redirect, render_template, request, url_for

from tracker.accounts.access import NotFound
from tracker.accounts.models import ConsentKind
from tracker.accounts.service import consents_of
from tracker.regimen.library import find
from tracker.regimen.rules import BOTH, EVERY_DAY, Prescribed, Progress
from tracker.training import service, texts
from tracker.training.views import card_of, closed_door, live_config, today_pages
from tracker.web.context import db, now, viewer
from tracker.web.headers import uses_camera

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from exercises.definition import Definition
    from tracker.db import Session

SOURCES: Final = ("camera", "manual")


class Choice(Protocol):
    """The exercise of a break: how often or how long, and the line of the plan it comes from."""

    @property
    def reps(self) -> int | None: ...
    @property
    def hold_s(self) -> float | None: ...
    @property
    def prescription_id(self) -> str | None: ...


Breaks = Callable[["Session", Any, datetime, str], Choice | None]
_breaks: list[Breaks] = []


def register_breaks(may_do: Breaks) -> None:
    """Let the live page open for the exercise of a break: `may_do(session, person, at, exercise)`, None where no break
    would bring it to this person now.
    """
    _breaks[:] = [may_do]


@today_pages.get("/live/break/<exercise_id>")
@uses_camera
def live_break(exercise_id: str) -> ResponseReturnValue:
    """One set of this exercise. The gate and the consents are those of every session; `of`: the break it belongs to."""
    closed = closed_door()
    if closed is not None:
        return closed
    definition = find(db(), exercise_id, viewer().clinic_id)
    if definition is None:
        raise NotFound
    break_id = request.args.get("of", type=UUID)
    back = url_for("break_pages.one", break_id=break_id) if break_id else url_for("break_pages.now_page")
    choice = _breaks[0](db(), viewer(), now(), exercise_id) if _breaks else None
    card = card_of(_progress(definition, choice)) if choice else None
    if card is None:
        return redirect(back)
    consents = consents_of(db(), viewer().id)
    source = request.args.get("source", "camera")
    if source not in SOURCES or (source == "camera" and not (ConsentKind.CAMERA in consents and definition.views)):
        return redirect(url_for(".live_break", exercise_id=exercise_id, source="manual", of=break_id))
    item = card.progress.item
    return render_template(
        "training/live.html",
        title=card.title,
        definition=definition,
        config=live_config(
            card,
            source,
            consents,
            back=back,
            done=url_for("posture_pages.day"),
            sets=[(card.progress.done_by_side.get(side, 0) + 1, side) for side in item.sides],
        ),
        texts=texts.live_texts(definition),
    )


def _progress(definition: Definition, choice: Choice) -> Progress:
    """The line of today's plan it comes from, else one set outside the plan."""
    if choice.prescription_id is not None:
        plan = service.day_of(db(), viewer(), now())
        listed = [each for each in plan.today.items if each.item.exercise == definition.id]
        lines = [Progress(item) for item in plan.plan.items if item.exercise == definition.id]
        return next(iter([*listed, *lines]))
    item = Prescribed(
        id="",
        exercise=definition.id,
        sets=1,
        reps=choice.reps,
        hold_s=choice.hold_s if definition.kind != "repetitions" else None,
        weekdays=EVERY_DAY,
        side=BOTH,
        sided=definition.sided,
    )
    return Progress(item)
