"""Recording an exercise of one's own, and the list of those recorded: HTTP only.

Blueprints, both for whoever writes plans (staff, and a person without a physiotherapist): `own_pages` (list, recording,
numbers), `own_api` (what the recording page sends). The recording itself stays in the browser: what comes here is the
definition that was learned from it, never a picture and no landmarks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from pydantic import BaseModel, ConfigDict, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge, TooManyRequests

from exercises.definition import CAUTION_FLAGS, EQUIPMENT, GOALS
from exercises.measures import MEASURES
from tracker.accounts.models import ConsentKind
from tracker.accounts.service import consents_of
from tracker.regimen import numbers, own_service, own_texts, texts
from tracker.web.context import db, now, viewer
from tracker.web.headers import uses_camera

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from tracker.regimen.own_service import OwnExercise

own_pages = Blueprint("own_pages", __name__)
own_api = Blueprint("own_api", __name__)

CREATED: Final = 201
CONFLICT: Final = 409
INVALID: Final = 422
A_DAY_S: Final = 86_400


class OwnDocument(BaseModel):
    """What the page sends: the tables of a definition, the revision they are based on (None for a new one), and whether
    "none of these" is ticked where nobody needs a caution.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    document: dict[str, Any]
    base_number: int | None = None
    for_everybody: bool = False


# ---------------------------------------------------------------------------------------------- pages


@own_pages.get("/own-exercises")
def index() -> ResponseReturnValue:
    """The exercises this clinic recorded itself."""
    found = own_service.own_exercises(db(), viewer().clinic_id)
    return render_template(
        "regimen/own_list.html",
        exercises=[each for each in found if not each.archived],
        archived=[each for each in found if each.archived],
        names=own_service.author_names(db(), found),
        texts=texts,
    )


@own_pages.get("/own-exercises/record")
@uses_camera
def record() -> ResponseReturnValue:
    """Record a new one, in front of the camera or from a video."""
    return _page(None)


@own_pages.get("/own-exercises/<own_id>")
@uses_camera
def edit(own_id: str) -> ResponseReturnValue:
    """The numbers and words of one; saving makes a new revision."""
    return _page(own_service.own_exercise(db(), viewer().clinic_id, own_id))


def _page(own: OwnExercise | None) -> str:
    camera = viewer().is_staff or ConsentKind.CAMERA in consents_of(db(), viewer().id)
    return render_template(
        "regimen/own_record.html",
        own=own,
        camera=camera,
        revisions=own_service.revisions_of(db(), viewer().clinic_id, own.slug) if own else (),
        # What a test of range is takes more than a count: how it is read out is made for the library's own.
        choices={"goal": [goal for goal in GOALS if goal != "test"], "equipment": EQUIPMENT, "cautions": CAUTION_FLAGS},
        texts=texts,
        own_texts=own_texts,
        config={
            "document": own.document if own else None,
            "base_number": own.number if own else None,
            "camera": camera,
            "urls": {
                "save": url_for("own_api.revise", own_id=own.slug) if own else url_for("own_api.save_new"),
                "list": url_for(".index"),
            },
            "measures": {
                name: {"title": str(numbers.MEASURES.get(name, numbers.MEASURES["_"])), "unit": measure.unit}
                for name, measure in MEASURES.items()
            },
            "units": {key: str(words) for key, words in numbers.UNITS.items()},
            "views": {key: str(words) for key, words in texts.VIEWS.items()},
            "numbers": {key: str(words) for key, words in own_texts.NUMBERS.items()},
            "places": {key: str(words) for key, words in own_texts.PLACES.items()},
            "gates": {key: str(words) for key, words in own_texts.REMEDIES.items()},
            "troubles": {key: str(words) for key, words in own_texts.TROUBLES.items()},
        },
    )


@own_pages.post("/own-exercises/<own_id>/archive")
def archive(own_id: str) -> ResponseReturnValue:
    """Take it out of what can be prescribed. Plans that have it keep it."""
    own_service.set_archived(db(), actor=viewer(), slug=own_id, archived=True, at=now())
    db().commit()
    flash(_("It is archived: it can no longer be added to a plan. Plans that have it keep it."), "success")
    return redirect(url_for(".index"))


@own_pages.post("/own-exercises/<own_id>/restore")
def restore(own_id: str) -> ResponseReturnValue:
    """Put it back into what can be prescribed."""
    own_service.set_archived(db(), actor=viewer(), slug=own_id, archived=False, at=now())
    db().commit()
    flash(_("It can be prescribed again."), "success")
    return redirect(url_for(".index"))


# ---------------------------------------------------------------------------------------------- api


@own_api.post("/api/own-exercises")
def save_new() -> ResponseReturnValue:
    """Keep a new one. 201 with its address, or 422 with what is wrong by field; nothing is half stored."""
    try:
        sent = _sent()
        own = own_service.save_new(
            db(), author=viewer(), document=sent.document, for_everybody=sent.for_everybody, at=now()
        )
    except ValidationError:
        return _unreadable()
    except own_service.InvalidExerciseError as error:
        return _invalid(error)
    except own_service.TooManyExercisesError:
        db().rollback()
        raise TooManyRequests(retry_after=A_DAY_S) from None
    response = _saved(own)
    response.status_code = CREATED
    return response


@own_api.post("/api/own-exercises/<own_id>")
def revise(own_id: str) -> ResponseReturnValue:
    """Write a new revision. 200, 409 when somebody else saved meanwhile, 422 with what is wrong by field, or 429."""
    try:
        sent = _sent()
        own = own_service.revise(
            db(),
            author=viewer(),
            slug=own_id,
            base_number=-1 if sent.base_number is None else sent.base_number,
            document=sent.document,
            for_everybody=sent.for_everybody,
            at=now(),
        )
    except ValidationError:
        own_service.own_exercise(db(), viewer().clinic_id, own_id)
        return _unreadable()
    except own_service.InvalidExerciseError as error:
        return _invalid(error)
    except own_service.StaleExerciseError:
        db().rollback()
        sentence = _("Somebody saved this exercise while you were working on it. Open it again to see what it is now.")
        return jsonify(error=sentence, fields={}), CONFLICT
    except own_service.TooManyExercisesError:
        db().rollback()
        raise TooManyRequests(retry_after=A_DAY_S) from None
    return _saved(own)


def _sent() -> OwnDocument:
    body = request.get_data(cache=False)
    if len(body) > own_service.LARGEST_DOCUMENT:
        raise RequestEntityTooLarge
    return OwnDocument.model_validate_json(body)


def _saved(own: OwnExercise) -> Response:
    db().commit()
    flash(_("%(title)s is saved as version %(number)d.", title=own.title, number=own.number), "success")
    return jsonify(id=own.slug, number=own.number, url=url_for("library_pages.exercise", exercise_id=own.slug))


def _invalid(error: own_service.InvalidExerciseError) -> ResponseReturnValue:
    db().rollback()
    sentence = own_texts.complaint(error.key, error.reason)
    return jsonify(error=_("This is not saved yet."), fields={error.key: sentence}), INVALID


def _unreadable() -> ResponseReturnValue:
    db().rollback()
    return jsonify(error=_("What the page sent cannot be read. Reload the page and try again."), fields={}), INVALID
