"""Pages and API of training, for the person who exercises: HTTP only.

Blueprints, all for patients: `today_pages` (the day's list, what to do, the live page), `session_pages` (history and
summary), `training_api` (what the live page sends).

What templates receive:

training/today.html: `greeting`, `first_name`, `date_text`, `day` (service.Day), `next_card` (Card or None), `others`
(Cards), `easier` (sentences: why less is asked for than the plan says), `line` (one true sentence), `next_day_text`,
`gate` (Gate or None: why there are no exercises), `diary` (what the diary asks, `diary.views.today_row`; None where
nobody registered it), `desk_check` (a row of learn, or None).

training/prepare.html: `card` (Card), `easier` (as above, of this exercise), `definition`, `consents` (set of kinds),
`fault_names`, `check` (Check: what is known of the check before the session), `errors` (set of the questions of the
check that were left out).

training/live.html: `title`, `definition`, `config` (JSON for the page: exercise, prescription, sets still to do with
number and side, sets done and prescribed today, source, engine options, consents, urls, csrf), `texts` (sentences by
the engine's keys: cues, gates, remedies, parts, reasons, stop_reasons, sides, phases).

training/summary.html: `session` (ledger.SessionView), `headline`, `sets` (ledger.SetView), `form` (forms.FeedbackForm),
`measured` (measured.Measured of a test, or None), `stop_reasons` (pairs of key and label), `next_url` and `next_title`
(what is next today, or None; None after pain), `hurt` (stopped because of pain, or too much of it), `can_correct`.

training/history.html: `lines` (service.SessionLine), `page`, `pages`, `total`, `title_of`, `texts`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask import session as page_session
from flask_babel import format_date
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from pydantic import ValidationError
from werkzeug.exceptions import TooManyRequests

from tracker.accounts.access import NotFound, shares
from tracker.accounts.models import ConsentKind
from tracker.accounts.service import consents_of, physios_of
from tracker.clock import zone
from tracker.regimen import easing_texts, own_service
from tracker.regimen import rules as plan_rules
from tracker.regimen import texts as plan_texts
from tracker.regimen.library import known
from tracker.regimen.service import current_equivalent, prescription_of, standing_of
from tracker.regimen.service import history as plan_history
from tracker.training import ledger, rules, service, texts
from tracker.training.documents import STOP_REASONS, CorrectionDoc, SessionDoc
from tracker.training.forms import FeedbackForm
from tracker.training.measured import measured
from tracker.web.context import db, now, record_changed, settings, viewer
from tracker.web.headers import uses_camera

if TYPE_CHECKING:
    from uuid import UUID

    from flask.typing import ResponseReturnValue

    from exercises.definition import Definition
    from tracker.db import Session
    from tracker.regimen.rules_easing import Eased

today_pages = Blueprint("today_pages", __name__)
session_pages = Blueprint("session_pages", __name__)
training_api = Blueprint("training_api", __name__)

CREATED: Final = 201
INVALID: Final = 422
LARGEST_DOCUMENT: Final = 8 * 1024 * 1024
_CHECK: Final = "pre_session"
"""Where the check before a session stands in the page cookie: {person, pain, at}."""
_TEN: Final = 10
SESSIONS_PER_PAGE: Final = 25
SOURCES: Final = ("camera", "file", "manual")
_IN_FULL: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Card:
    """One exercise of the day as a page shows it."""

    progress: plan_rules.Progress
    definition: Definition
    title: str
    dose: str
    minutes: int
    instead: str | None = None
    """Where less is asked for than the plan says: "instead of 10"."""

    @property
    def id(self) -> str:
        return self.progress.item.id


def card_of(progress: plan_rules.Progress, eased: Mapping[str, Eased] = _IN_FULL) -> Card | None:
    """None for an exercise that has left the library: it cannot be shown, so it is not asked for. `eased`: of what less
    is asked for than the plan says, by exercise.
    """
    item = progress.item
    definition = known(db(), [item.exercise]).get(item.exercise)
    if definition is None:
        return None
    return Card(
        progress=progress,
        definition=definition,
        title=texts.library_text(definition.title),
        dose=plan_texts.dose_text(item),
        minutes=plan_rules.minutes_needed(
            item,
            rest_s=definition.dose.rest_s,
            sets=len(progress.remaining) or progress.prescribed,
            pause_s=definition.dose.hold_s,
        ),
        instead=easing_texts.instead_of(eased[item.exercise]) if item.exercise in eased else None,
    )


def _easier(eased: Sequence[Eased]) -> list[str]:
    """Why less is asked for, in sentences: one for what holds for everything that loads, one for each exercise that has
    a reason of its own.
    """
    if not eased:
        return []
    watched = _watched()
    definitions = known(db(), [each.item.exercise for each in eased])
    leading = [(each, easing_texts.leading(each)) for each in eased]
    whole = {relief.cause: relief for _each, relief in leading if relief.exercise is None}
    return [
        *(easing_texts.whole_sentence(relief, watched=watched) for relief in whole.values()),
        *(
            easing_texts.sentence(each, plan_texts.title_of(each.item.exercise, definitions), watched=watched)
            for each, relief in leading
            if relief.exercise is not None
        ),
    ]


def _watched() -> bool:
    """Whether a physiotherapist sees what this person does."""
    return not viewer().solo and shares(db(), viewer().id) and bool(physios_of(db(), viewer().id, now()))


# ---------------------------------------------------------------------------------------------- what other rooms say

CheckIn = Callable[["Session", Any, datetime], dict[str, Any]]
_check_in: list[CheckIn] = []


def register_check_in(row: CheckIn) -> None:
    """Let the page Today show what the diary asks: `row(session, person, at)`. Training does not know the diary."""
    _check_in[:] = [row]


DeskCheck = Callable[["Session", Any, datetime], dict[str, Any] | None]
_desk_check: list[DeskCheck] = []


def register_desk_check(row: DeskCheck) -> None:
    """Let the page Today mention the desk check where it is due: `row(session, person, at)`."""
    _desk_check[:] = [row]


SessionDone = Callable[["Session", Any, str, datetime], None]
_session_done: list[SessionDone] = []


def register_session_done(tell: SessionDone) -> None:
    """Let a room know that somebody has exercised: `tell(session, person, exercise, started_at)`, in the transaction
    that stores it and as often as its document arrives.
    """
    _session_done[:] = [tell]


@dataclass(frozen=True, slots=True)
class Gate:
    """Why somebody should not exercise now. `key`: emergency, urgent, crisis, locked or intake. `watched`: whether a
    physiotherapist sees it. `outcome_url`: where to say what came of it; None where there is nothing to ask about.
    """

    key: str
    url: str
    watched: bool
    outcome_url: str | None


def _gate() -> Gate | None:
    key = service.gate_of(db(), viewer().id)
    if key is None:
        return None
    standing = standing_of(db(), viewer().id)
    asks = standing is not None and standing.alert_id is not None and key != "intake"
    return Gate(
        key,
        url=_gate_url(key),
        watched=_watched(),
        outcome_url=url_for("help_pages.outcome") if asks else None,
    )


def _gate_url(key: str) -> str:
    if key == "intake":
        return url_for("check_in_pages.fill_in", form="intake", next=url_for("today_pages.today"))
    return url_for("today_pages.today") if key == "locked" else url_for(f"help_pages.{key}")


def closed_door() -> ResponseReturnValue | None:
    """Where to go instead of an exercise, None when one may be done."""
    key = service.gate_of(db(), viewer().id)
    return None if key is None else redirect(_gate_url(key))


# ---------------------------------------------------------------------------------------------- today


@today_pages.get("/today")
def today() -> ResponseReturnValue:
    """The day's list: one thing to do now, the rest in short; or why there is nothing to do now."""
    person = viewer()
    day = service.day_of(db(), person, now())
    gate = _gate()
    local = now().astimezone(zone(person.time_zone))
    first = None if day.hurt or gate else day.today.next
    rest = () if gate else day.today.items if day.hurt else day.today.others
    return render_template(
        "training/today.html",
        greeting=texts.say(texts.GREETINGS, rules.part_of_day(local.hour)),
        first_name=person.name.split()[0] if person.name.split() else "",
        date_text=format_date(day.today.day, "EEEE, d MMMM"),
        day=day,
        next_card=card_of(first, day.eased.eased) if first else None,
        others=[card for item in rest if (card := card_of(item, day.eased.eased))],
        easier=[] if gate else _easier(day.eased.on(day.today.day)),
        line=texts.encouragement(day.encouragement),
        news=_news(day),
        next_day_text=format_date(day.next_day, "EEEE") if day.next_day else None,
        gate=gate,
        diary=_check_in[0](db(), person, now()) if _check_in else None,
        desk_check=_desk_check[0](db(), person, now()) if _desk_check and not gate else None,
    )


NEWS_FOR: Final = timedelta(days=7)


def _news(day: service.Day) -> tuple[str | None, list[str]] | None:
    """What somebody has changed in one's plan and why, until the first session after it or for a week."""
    plan = day.plan
    if plan.created_at is None or plan.number == 1 or plan.author_id == viewer().id:
        return None
    if now() - plan.created_at > NEWS_FOR or service.trained_since(db(), viewer().id, plan.created_at):
        return None
    story = plan_history(db(), viewer().id, shared=True)[0]
    definitions = known(db(), {change.exercise for change in story.changes})
    return story.reason, [plan_texts.change_text(change, definitions) for change in story.changes]


def _progress_of(prescription_id: UUID) -> tuple[plan_rules.Progress, Eased | None]:
    """Today's progress of one prescription of the viewer, and whether less is asked for than the plan says. An older
    revision's id leads to what holds now.

    Raises NotFound for somebody else's prescription and for an exercise that is no longer in the plan.
    """
    row = prescription_of(db(), viewer().id, prescription_id)
    if row is None:
        raise NotFound
    day = service.day_of(db(), viewer(), now())
    item = current_equivalent(day.plan, row)
    if item is None:
        raise NotFound
    listed = next((each for each in day.today.items if each.item.exercise == item.exercise), None)
    return listed or plan_rules.Progress(item), day.eased.eased.get(item.exercise)


def _card(prescription_id: UUID) -> tuple[Card, Eased | None]:
    """The card of one prescription of the viewer. Raises NotFound."""
    progress, eased = _progress_of(prescription_id)
    card = card_of(progress, {} if eased is None else {progress.item.exercise: eased})
    if card is None:
        raise NotFound
    return card, eased


@dataclass(frozen=True, slots=True)
class Check:
    """The check before a session (CLINICAL 4.6). `done`: answered lately enough; `pain`: what was said."""

    done: bool
    pain: int | None


def _check() -> Check:
    """What this browser's person has answered lately. It waits in the signed page cookie until the session is sent."""
    kept = page_session.get(_CHECK)
    if not isinstance(kept, dict) or kept.get("person") != str(viewer().id):
        return Check(done=False, pain=None)
    age_s = now().timestamp() - float(kept["at"])
    fresh = 0 <= age_s < rules.CHECK_HOLDS.total_seconds()
    return Check(done=fresh, pain=kept["pain"] if fresh else None)


@today_pages.get("/today/<uuid:prescription_id>")
def prepare(prescription_id: UUID) -> ResponseReturnValue:
    """What to do, what to look out for, how to set up the camera, and the choice how to be counted."""
    check = Check(done=False, pain=None) if request.args.get("check") == "again" else _check()
    return closed_door() or _prepare_page(prescription_id, check)


def _prepare_page(
    prescription_id: UUID, check: Check, *, errors: frozenset[str] = frozenset(), status: int = 200
) -> ResponseReturnValue:
    card, eased = _card(prescription_id)
    return render_template(
        "training/prepare.html",
        card=card,
        easier=_easier([eased] if eased else []),
        definition=card.definition,
        consents=set(consents_of(db(), viewer().id)),
        fault_names=[texts.library_text(name) for name in card.definition.fault_names.values()],
        check=check,
        errors=errors,
    ), status


@today_pages.post("/today/<uuid:prescription_id>")
def begin(prescription_id: UUID) -> ResponseReturnValue:
    """The check before a session: pain now, and anything new? If so, the red flags come before the exercise."""
    closed = closed_door()
    if closed is not None:
        return closed
    _card(prescription_id)
    here = url_for(".prepare", prescription_id=prescription_id)
    pain, anything_new = request.form.get("pain_before", type=int), request.form.get("anything_new")
    if anything_new == "yes":
        page_session.pop(_CHECK, None)
        return redirect(url_for("check_in_pages.fill_in", form="flags", next=here))
    answered = {
        "pain_before": pain is not None and 0 <= pain <= _TEN,
        "anything_new": anything_new == "no",
    }
    if not all(answered.values()):
        missing = frozenset(question for question, given in answered.items() if not given)
        said = Check(done=False, pain=pain if answered["pain_before"] else None)
        return _prepare_page(prescription_id, said, errors=missing, status=INVALID)
    page_session[_CHECK] = {"person": str(viewer().id), "pain": pain, "at": now().timestamp()}
    source = request.form.get("source", "")
    if source not in SOURCES:
        return redirect(here)
    return redirect(url_for(".live", prescription_id=prescription_id, source=source))


@today_pages.get("/live/<uuid:prescription_id>")
@uses_camera
def live(prescription_id: UUID) -> ResponseReturnValue:
    """The session itself. Without the camera consent only the way without a camera is open."""
    closed = closed_door()
    if closed is not None:
        return closed
    card, _eased = _card(prescription_id)
    consents = consents_of(db(), viewer().id)
    source = request.args.get("source", "camera")
    camera_works = ConsentKind.CAMERA in consents and card.definition.views
    if source not in SOURCES or (source != "manual" and not camera_works):
        return redirect(url_for(".live", prescription_id=prescription_id, source="manual"))
    return render_template(
        "training/live.html",
        title=card.title,
        definition=card.definition,
        config=live_config(card, source, consents, back=url_for(".prepare", prescription_id=card.id)),
        texts=texts.live_texts(card.definition),
    )


def live_config(
    card: Card,
    source: str,
    consents: dict[str, Any],
    *,
    back: str,
    done: str | None = None,
    sets: Sequence[tuple[int, str]] = (),
) -> dict[str, Any]:
    """What the live page needs to know. `back`: where it is left to before anything was done; `done`: where to go
    afterwards, Today by default; `sets` (number and side): these rather than what is left of today's.
    """
    item, definition = card.progress.item, card.definition
    extra = [(item.sets + 1, side) for side in item.sides]
    return {
        "exercise": {
            "id": definition.id,
            # A clinic's own exercise is not among the files that the browser's engine comes with.
            "document": own_service.document_of(db(), definition.id),
            "title": card.title,
            "kind": definition.kind,
            "sided": definition.sided,
            "views": list(definition.views),
            "start": texts.library_text(definition.start),
            "movement": texts.library_text(definition.movement),
            "camera": texts.library_text(definition.camera),
            "blind": texts.library_text(definition.blind),
        },
        "prescription": {
            "id": item.id or None,
            "sets": item.sets,
            "reps": item.reps,
            "hold_s": item.hold_s,
            "rest_s": definition.dose.rest_s,
            "side": item.side,
            "note": item.note,
        },
        "sets": [{"number": number, "side": side} for number, side in sets or card.progress.remaining or extra],
        "done": card.progress.done,
        "prescribed": card.progress.prescribed,
        "source": source,
        "pain_before": _check().pain,
        "options": {"personal_range": service.personal_range(db(), viewer().id, definition.id, at=now())},
        "consents": {
            "camera": ConsentKind.CAMERA in consents,
            "landmarks": ConsentKind.LANDMARKS in consents,
        },
        "urls": {
            "save": url_for("training_api.receive"),
            "today": done or url_for("today_pages.today"),
            "exercise": back,
            "summary": url_for("session_pages.history") + "/__id__",
            "figure": url_for("library_pages.figure_json", exercise_id=definition.id),
        },
        "csrf": generate_csrf(),
    }


# ---------------------------------------------------------------------------------------------- sessions


@session_pages.get("/sessions")
def history() -> ResponseReturnValue:
    """One's own sessions, newest first."""
    total = service.number_of_sessions(db(), viewer().id)
    pages = -(-total // SESSIONS_PER_PAGE)
    page = min(max(request.args.get("page", 1, type=int), 1), max(pages, 1))
    lines = service.session_lines(db(), viewer().id, limit=SESSIONS_PER_PAGE, offset=(page - 1) * SESSIONS_PER_PAGE)
    definitions = known(db(), {line.exercise for line in lines})
    return render_template(
        "training/history.html",
        lines=lines,
        page=page,
        pages=pages,
        total=total,
        title_of=partial(ledger.title_of, definitions=definitions),
        kind_of=partial(ledger.kind_of, definitions=definitions),
        texts=texts,
    )


@session_pages.route("/sessions/<uuid:session_id>", methods=["GET", "POST"])
def summary(session_id: UUID) -> ResponseReturnValue:
    """What was done, repetition by repetition, and how it felt."""
    row = service.own_session(db(), viewer().id, session_id)
    form = FeedbackForm(obj=row)
    if form.validate_on_submit():
        service.save_feedback(
            db(),
            patient=viewer(),
            session_id=session_id,
            stop_reason=form.stop_reason.data or None,
            pain_during=form.pain_during.data,
            effort=form.effort.data,
            note=form.note.data,
            at=now(),
        )
        record_changed(viewer().id)
        db().commit()
        flash(_("Thank you, that is noted."), "success")
        return redirect(url_for("today_pages.today"))
    view = ledger.session_view(row, known(db(), [row.exercise]))
    day = service.day_of(db(), viewer(), now())
    hurt = rules.stopped_because_of_pain(row.stop_reason, row.pain_during)
    first = None if hurt or day.hurt or service.gate_of(db(), viewer().id) else day.today.next
    status = INVALID if form.is_submitted() else 200
    return render_template(
        "training/summary.html",
        session=view,
        headline=ledger.headline(view),
        sets=view.sets,
        form=form,
        stop_reasons=[(key, str(texts.STOP_REASONS[key])) for key in STOP_REASONS],
        next_url=url_for("today_pages.prepare", prescription_id=first.item.id) if first else None,
        next_title=ledger.title_of(first.item.exercise, known(db(), [first.item.exercise])) if first else None,
        hurt=hurt,
        measured=measured(row, known(db(), [row.exercise]).get(row.exercise), service.measured_before(db(), row)),
        can_correct=True,
    ), status


# ---------------------------------------------------------------------------------------------- api


@training_api.post("/api/sessions")
def receive() -> ResponseReturnValue:
    """Merge a session document; sending it again changes nothing. 201 when new, 200 when known, 422 with reasons."""
    request.max_content_length = LARGEST_DOCUMENT
    try:
        document = SessionDoc.model_validate_json(request.get_data(cache=False))
    except ValidationError as error:
        return _malformed(error)
    keep_tracks = ConsentKind.LANDMARKS in consents_of(db(), viewer().id)
    try:
        saved = service.receive(
            db(),
            patient=viewer(),
            document=document,
            keep_tracks=keep_tracks,
            received_at=now(),
            tracks_kept=settings().tracks_kept,
        )
    except service.RejectedError as error:
        db().rollback()
        return _refused({field: texts.say(texts.PROBLEMS, key) for field, key in error.fields.items()})
    except service.TooManyError:
        db().rollback()
        # The outbox keeps it and tries again.
        raise TooManyRequests(retry_after=3600) from None
    if document.sets:
        for tell in _session_done:
            tell(db(), viewer(), document.exercise, document.started_at)
    record_changed(viewer().id)
    db().commit()
    body = jsonify(id=str(saved.session_id), sets=[str(set_id) for set_id in saved.set_ids])
    return body, CREATED if saved.created else 200


def _malformed(error: ValidationError) -> ResponseReturnValue:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return _refused({".".join(map(str, each["loc"])) or "document": each["msg"] for each in found})


def _refused(fields: dict[str, str]) -> ResponseReturnValue:
    first = next(iter(fields.values()))
    return jsonify(error=_("This could not be stored: %(why)s", why=first), fields=fields), INVALID


@training_api.post("/api/repetitions/<uuid:repetition_id>/correction")
def correct(repetition_id: UUID) -> ResponseReturnValue:
    """The person's own verdict on one repetition, beside the engine's."""
    try:
        wanted = CorrectionDoc.model_validate_json(request.get_data(cache=False)).counted
    except ValidationError as error:
        return _malformed(error)
    repetition = service.correct(db(), patient=viewer(), repetition_id=repetition_id, wanted=wanted, at=now())
    db().commit()
    counted = rules.effective(service.verdict_of(repetition))
    corrected = repetition.corrected_to is not None
    return jsonify(
        id=str(repetition.id),
        counted=counted,
        state="corrected" if corrected else ("full" if counted else "partial"),
        set={"id": str(repetition.set_id), "count": service.count_of(repetition.set)},
    )
