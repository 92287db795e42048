"""Use cases of a clinic's own exercises: save what was recorded, revise its numbers, archive it, find its definition.
Takes a database session and an instant; never commits.

What is stored is the document of a library file, read by the same loader as the library, so an own exercise is judged
by the same engine in the same way. Its id, revision and tier are ours to say, whatever the document claims. A stored
document that a later engine can no longer read is left out where exercises are offered, and stays in the list so that
somebody can record it again; it never breaks a page.
"""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import defer

from exercises.definition import Definition, DefinitionError, definition_from_document
from tracker.accounts.access import NotFound
from tracker.accounts.models import Person
from tracker.accounts.service import record_audit
from tracker.regimen.models import ClinicExercise, ClinicExerciseRevision

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

PREFIX: Final = "own-"
LONGEST_TITLE: Final = 120
LARGEST_DOCUMENT: Final = 64 * 1024
MOST_OF_A_CLINIC: Final = 500
"""Own exercises of one clinic, archived ones included: far more than anybody records, fewer than fill a disk."""
MOST_VERSIONS_A_DAY: Final = 200
"""Versions that one clinic saves within 24 hours, of all its exercises: every one is kept for ever."""
A_DAY: Final = timedelta(days=1)
LARGEST_NUMBER: Final = 10_000
"""No number of a definition comes near it. Larger ones, and those that are none, have no place in a plan."""


class InvalidExerciseError(ValueError):
    """The document cannot be saved. `key` is its place in the document ("view[0].peak.release"), `reason` says why."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


class StaleExerciseError(Exception):
    """Somebody saved another revision since this editor was opened."""


class TooManyExercisesError(Exception):
    """The clinic has as many own exercises as it can have, or has saved as many versions today as it may."""


@dataclass(frozen=True, slots=True)
class OwnExercise:
    """An own exercise as it is now. `definition` is None when this version of the engine cannot read the document."""

    slug: str
    title: str
    number: int
    document: dict[str, Any]
    definition: Definition | None
    saved_at: datetime
    author_id: uuid.UUID | None
    archived_at: datetime | None

    @property
    def archived(self) -> bool:
        return self.archived_at is not None


def is_own(exercise: str) -> bool:
    """Whether this id names a clinic's own exercise and not one of the library."""
    return exercise.startswith(PREFIX)


# ---------------------------------------------------------------------------------------------- reading


def own_exercises(session: Session, clinic_id: uuid.UUID) -> list[OwnExercise]:
    """Every own exercise of a clinic with its newest revision; the archived ones last, each part by title."""
    rows = session.execute(_newest().where(ClinicExercise.clinic_id == clinic_id)).all()
    found = [_as_it_is(exercise, revision) for exercise, revision in rows]
    return sorted(found, key=lambda each: (each.archived, each.title.casefold(), each.slug))


def own_exercise(session: Session, clinic_id: uuid.UUID, slug: str) -> OwnExercise:
    """One own exercise of this clinic. Raises NotFound for somebody else's and for nobody's."""
    row = session.execute(
        _newest().where(ClinicExercise.clinic_id == clinic_id, ClinicExercise.slug == slug)
    ).one_or_none()
    if row is None:
        raise NotFound
    return _as_it_is(*row)


def definitions_of(session: Session, slugs: Iterable[str]) -> dict[str, Definition]:
    """The newest definitions of these own exercises, whoever's they are: for what is prescribed or done already.

    One statement; none when there is nothing to look for.
    """
    wanted = {slug for slug in slugs if is_own(slug)}
    if not wanted:
        return {}
    rows = session.execute(_newest().where(ClinicExercise.slug.in_(wanted))).all()
    found = (_as_it_is(exercise, revision) for exercise, revision in rows)
    return {each.slug: each.definition for each in found if each.definition is not None}


def document_of(session: Session, slug: str) -> dict[str, Any] | None:
    """The newest document of an own exercise, as the engine in a browser takes it; None for any other."""
    if not is_own(slug):
        return None
    row = session.execute(_newest().where(ClinicExercise.slug == slug)).one_or_none()
    return None if row is None else dict(row[1].document)


def definitions_offered(session: Session, clinic_id: uuid.UUID, *, keep: Collection[str] = ()) -> dict[str, Definition]:
    """What of a clinic's own can be prescribed: what is not archived, and of the archived what `keep` names."""
    return {
        each.slug: each.definition
        for each in own_exercises(session, clinic_id)
        if each.definition is not None and (not each.archived or each.slug in keep)
    }


def revisions_of(session: Session, clinic_id: uuid.UUID, slug: str) -> list[ClinicExerciseRevision]:
    """Every revision of an own exercise of this clinic, newest first; when and by whom, without the documents."""
    return list(
        session.scalars(
            select(ClinicExerciseRevision)
            .join(ClinicExerciseRevision.exercise)
            .where(ClinicExercise.clinic_id == clinic_id, ClinicExercise.slug == slug)
            .order_by(ClinicExerciseRevision.number.desc())
            .options(defer(ClinicExerciseRevision.document, raiseload=True))
        )
    )


def author_names(session: Session, exercises: Iterable[OwnExercise]) -> dict[uuid.UUID, str]:
    """The names of those who saved these last."""
    ids = {each.author_id for each in exercises if each.author_id}
    if not ids:
        return {}
    return {person.id: person.name for person in session.scalars(select(Person).where(Person.id.in_(ids)))}


def _newest() -> Select[ClinicExercise, ClinicExerciseRevision]:
    newest = (
        select(func.max(ClinicExerciseRevision.number))
        .where(ClinicExerciseRevision.exercise_id == ClinicExercise.id)
        .correlate(ClinicExercise)
        .scalar_subquery()
    )
    return (
        select(ClinicExercise, ClinicExerciseRevision)
        .join(ClinicExerciseRevision, ClinicExerciseRevision.exercise_id == ClinicExercise.id)
        .where(ClinicExerciseRevision.number == newest)
    )


def _as_it_is(exercise: ClinicExercise, revision: ClinicExerciseRevision) -> OwnExercise:
    return OwnExercise(
        slug=exercise.slug,
        title=exercise.title,
        number=revision.number,
        document=revision.document,
        definition=_definition_of(revision),
        saved_at=revision.created_at,
        author_id=revision.author_id,
        archived_at=exercise.archived_at,
    )


# A revision is written once, so what was read from it stays right for as long as the process runs.
_read: dict[uuid.UUID, Definition | None] = {}
_MOST_KEPT: Final = 2_000


def _definition_of(revision: ClinicExerciseRevision) -> Definition | None:
    if revision.id not in _read:
        if len(_read) >= _MOST_KEPT:
            _read.clear()
        try:
            _read[revision.id] = definition_from_document(revision.document, f"{revision.id}")
        except DefinitionError:
            _read[revision.id] = None
    return _read[revision.id]


# ---------------------------------------------------------------------------------------------- writing


def save_new(
    session: Session, *, author: Person, document: Mapping[str, Any], for_everybody: bool = False, at: datetime
) -> OwnExercise:
    """Keep a recorded exercise as revision 1. `for_everybody`: whoever saves it says that no caution applies; without
    a caution and without this word it is refused. Raises InvalidExerciseError and TooManyExercisesError.
    """
    slug = f"{PREFIX}{uuid.uuid4().hex[:16]}"
    own, definition = _checked(document, slug, 1, for_everybody=for_everybody)
    recorded = session.scalar(select(func.count()).where(ClinicExercise.clinic_id == author.clinic_id))
    if (recorded or 0) >= MOST_OF_A_CLINIC:
        raise TooManyExercisesError
    _check_versions_of_the_day(session, author.clinic_id, at)
    exercise = ClinicExercise(clinic_id=author.clinic_id, slug=slug, title=definition.title, created_at=at)
    revision = ClinicExerciseRevision(exercise=exercise, number=1, author_id=author.id, document=own, created_at=at)
    session.add(revision)
    session.flush()
    _write_down(session, author, "exercise.recorded", exercise, 1, at)
    return _as_it_is(exercise, revision)


def revise(
    session: Session,
    *,
    author: Person,
    slug: str,
    base_number: int,
    document: Mapping[str, Any],
    for_everybody: bool = False,
    at: datetime,
) -> OwnExercise:
    """Write a new revision on top of `base_number`; the present one when nothing would change.

    Plans that have the exercise go on with the new numbers; a session says which revision judged it. `for_everybody`
    as for `save_new`. Raises NotFound,
    StaleExerciseError, InvalidExerciseError and TooManyExercisesError.
    """
    exercise = _locked(session, author.clinic_id, slug)
    current = own_exercise(session, author.clinic_id, slug)
    if current.number != base_number:
        raise StaleExerciseError
    own, definition = _checked(document, slug, base_number + 1, for_everybody=for_everybody)
    if own == {**current.document, "revision": own["revision"]}:
        return current
    _check_versions_of_the_day(session, author.clinic_id, at)
    revision = ClinicExerciseRevision(
        exercise_id=exercise.id, number=base_number + 1, author_id=author.id, document=own, created_at=at
    )
    exercise.title = definition.title
    try:
        with session.begin_nested():
            session.add(revision)
    except IntegrityError as error:
        raise StaleExerciseError from error
    _write_down(session, author, "exercise.revised", exercise, revision.number, at)
    return _as_it_is(exercise, revision)


def set_archived(session: Session, *, actor: Person, slug: str, archived: bool, at: datetime) -> None:
    """Take an own exercise out of what can be prescribed, or put it back. Raises NotFound."""
    exercise = _locked(session, actor.clinic_id, slug)
    if (exercise.archived_at is not None) == archived:
        return
    exercise.archived_at = at if archived else None
    action = "exercise.archived" if archived else "exercise.restored"
    record_audit(session, actor=actor, patient=None, action=action, subject=f"exercise:{slug}", at=at)


def _locked(session: Session, clinic_id: uuid.UUID, slug: str) -> ClinicExercise:
    exercise = session.scalars(
        select(ClinicExercise)
        .where(ClinicExercise.clinic_id == clinic_id, ClinicExercise.slug == slug)
        .with_for_update()
    ).one_or_none()
    if exercise is None:
        raise NotFound
    return exercise


def _check_versions_of_the_day(session: Session, clinic_id: uuid.UUID, at: datetime) -> None:
    saved = session.scalar(
        select(func.count())
        .select_from(ClinicExerciseRevision)
        .join(ClinicExerciseRevision.exercise)
        .where(ClinicExercise.clinic_id == clinic_id, ClinicExerciseRevision.created_at > at - A_DAY)
    )
    if (saved or 0) >= MOST_VERSIONS_A_DAY:
        raise TooManyExercisesError


def _write_down(
    session: Session, actor: Person, action: str, exercise: ClinicExercise, number: int, at: datetime
) -> None:
    record_audit(
        session,
        actor=actor,
        patient=None,
        action=action,
        subject=f"exercise:{exercise.slug}",
        detail={"revision": number},
        at=at,
    )


def _checked(
    document: Mapping[str, Any], slug: str, number: int, *, for_everybody: bool
) -> tuple[dict[str, Any], Definition]:
    """The document as it will be stored, and what it says. Raises InvalidExerciseError."""
    own: dict[str, Any] = {**document, "id": slug, "revision": number, "tier": "draft", "card": ""}
    own.pop("validation", None)  # nobody validated a recording
    _check_values(own)
    try:
        definition = definition_from_document(own, slug)
    except DefinitionError as error:
        raise InvalidExerciseError(error.key, error.reason) from error
    _check_title(definition.title)
    if definition.goal == "test":  # how a test of range is read out is made for the library's own
        raise InvalidExerciseError("goal", "cannot be a test")
    _check_cautions(definition, for_everybody=for_everybody)
    _check_dose(definition)
    return own, definition


def _check_cautions(definition: Definition, *, for_everybody: bool) -> None:
    """Nothing ticked may be forgotten or meant; the library's filter and the programmes rely on its being meant."""
    if definition.cautions and for_everybody:
        raise InvalidExerciseError("cautions", "cannot be both: untick “none of these”, or what is ticked beside it")
    if not definition.cautions and not for_everybody:
        raise InvalidExerciseError("cautions", "has no answer yet: tick at least one, or “none of these”")


def _check_title(title: str) -> None:
    if len(title) > LONGEST_TITLE:
        raise InvalidExerciseError("text.title", f"is too long; at most {LONGEST_TITLE} characters")
    if "\n" in title or not any(letter.isalnum() for letter in title):
        raise InvalidExerciseError("text.title", "must be one line with letters in it")


def _check_values(own: dict[str, Any]) -> None:
    """The loader asks what a value means; this asks first whether it can be stored and shown at all. Browsers send
    1e999 as infinity, and a title that turns its writing direction would turn the page's as well.
    """
    for key, value in _values(own, ""):
        if isinstance(value, str) and any(_unfit(letter) for letter in value):
            raise InvalidExerciseError("text", "has a character that cannot be stored")
        # Compared, not converted: a whole number of JSON may have more digits than a float or a text can. What is no
        # number (NaN) is not within anything either.
        if isinstance(value, int | float) and not -LARGEST_NUMBER <= value <= LARGEST_NUMBER:
            raise InvalidExerciseError(key, "is no number that can be used here")


def _values(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Every text and number of a document with its key, names of tables among the texts."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield key or "text", name
            yield from _values(inner, f"{key}.{name}" if key else name)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _values(inner, f"{key}[{number}]")
    else:
        yield key, value


def _unfit(letter: str) -> bool:
    """Control characters other than new line and tabulator, halves of a character, and what turns the writing."""
    return (unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\t") or letter in _STEERING


_STEERING: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def _check_dose(definition: Definition) -> None:
    """The usual dose must be one that can be prescribed, or every plan would be refused as it is suggested; and what
    can be prescribed is no wider than what the loader takes for a usual dose.
    """
    dose, kind = definition.dose, definition.kind
    prescribed: list[tuple[str, float, tuple[float, float], tuple[float, float]]] = [
        ("dose.sets", dose.sets, dose.sets_range, (1, 10))
    ]
    if kind != "hold":
        prescribed.append(("dose.reps", dose.reps, dose.reps_range, (1, 50)))
    if kind != "repetitions":
        prescribed.append(("dose.hold_s", dose.hold_s, dose.hold_s_range, (1, 300)))
    for key, value, (low, high), (least, most) in prescribed:
        if not least <= low <= high <= most:
            raise InvalidExerciseError(key, f"may be prescribed from {least:g} to {most:g}, not {low:g} to {high:g}")
        if not low <= value <= high:
            raise InvalidExerciseError(key, f"is {value:g}; it must be between {low:g} and {high:g}")
