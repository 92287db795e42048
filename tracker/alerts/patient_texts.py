"""What a level means for the person (CLINICAL 5.1, 5.6), in plain words and without blame.

L3 and L4 stand alone: what to do never depends on whether anybody looks. No sentence says that somebody is well; the
product cannot know it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flask_babel import format_datetime, gettext

from tracker.regimen.rules_levels import Level

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class PatientWords:
    """What a level means for the person. `contact` says who looks at it by when, or that nobody does."""

    headline: str
    what: str
    contact: str
    worry: str


_SEES_A_DOCTOR: Final = frozenset({"TM7", "TM14", "TM28", "F1", "RED-D", "K1"})
"""Rules of L2 that send a person to a doctor as well (5.1: "doctor soon if W/T/F rule")."""


def patient_words(
    level: Level, *, watched: bool, crisis: bool = False, rules: Collection[str] = (), by: datetime | None = None
) -> PatientWords:
    """What the person reads. `watched`: a physiotherapist is told; `by`: until when they will have looked.

    L3 and L4 stand alone: what to do never depends on whether anybody looks.
    """
    worry = str(gettext("If you are worried, or it gets worse suddenly, call for help at once."))
    if level == Level.EMERGENCY:
        return PatientWords(*_emergency(crisis=crisis, watched=watched), worry)
    if level == Level.URGENT:
        return PatientWords(
            str(gettext("A doctor should see you today.")),
            str(
                gettext(
                    "Call your doctor today, or the out-of-hours service. Your exercises are paused. Do not wait for "
                    "an answer from here."
                )
            ),
            _told(watched=watched),
            worry,
        )
    if level == Level.REVIEW and set(rules) == {"M1"}:
        return PatientWords(
            str(gettext("You told us that your mood is low.")),
            str(gettext("That often comes with pain, and help works. Talk to somebody you trust, or to your doctor.")),
            looked_at(watched=watched, by=by),
            worry,
        )
    if level == Level.REVIEW:
        doctor = bool(_SEES_A_DOCTOR & set(rules))
        return PatientWords(
            str(gettext("Somebody should look at this.")),
            str(
                gettext("Book an appointment with a doctor. Until then keep moving gently, and make nothing harder.")
                if doctor
                else gettext("Keep moving gently, and make nothing harder until it was looked at.")
            ),
            looked_at(watched=watched, by=by),
            worry,
        )
    if level == Level.SELF_CARE:
        return PatientWords(
            str(gettext("Take it a little easier.")),
            str(gettext("Do less of what hurts for a few days, and keep moving gently.")),
            "",
            worry,
        )
    return PatientWords(
        str(gettext("Thank you, it is noted.")), str(gettext("Go on with your plan as it is.")), "", worry
    )


def _emergency(*, crisis: bool, watched: bool) -> tuple[str, str, str]:
    if crisis:
        return (
            str(gettext("You do not have to be alone with this.")),
            str(gettext("Call a crisis line or the emergency number now, or go to somebody you trust.")),
            _told(watched=watched),
        )
    return (
        str(gettext("Call the emergency number now.")),
        str(gettext("Do not exercise, and do not drive yourself.")),
        _told(watched=watched),
    )


def _told(*, watched: bool) -> str:
    if watched:
        return str(gettext("Your physiotherapist is told as well, but do not wait for them."))
    return str(gettext("Nobody is told by this app: only you can call."))


def looked_at(*, watched: bool, by: datetime | None) -> str:
    """Who looks at it by when, or that nobody does."""
    if not watched:
        return str(gettext("Nobody looks at this by itself: show it to a physiotherapist or a doctor."))
    if by is None:
        return str(gettext("Your physiotherapist will look at this."))
    return str(gettext("Your physiotherapist will look at this by %(when)s.", when=format_datetime(by, "EEEE, HH:mm")))


def taken_up() -> str:
    """What replaces "will look at this" once somebody has acknowledged it."""
    return str(gettext("Your physiotherapist has seen this and has taken it up."))


def doctor(level: Level, rules: Collection[str]) -> tuple[str, ...]:
    """When to see a doctor, beside what `patient_words` says (CLINICAL 1.8 Q1, 5.1, 5.2)."""
    fired = set(rules)
    found = []
    if level == Level.REVIEW and "K1" in fired:
        found.append(str(gettext("Speak to a pharmacist or a doctor about your pain medicine today.")))
    if level == Level.REVIEW and not (_SEES_A_DOCTOR & fired or fired == {"M1"}):
        found.append(
            str(gettext("Book a doctor if it does not get better within a few days, and at once if it gets worse."))
        )
    if level == Level.SELF_CARE and "TM4" in fired:
        found.append(
            str(gettext("Consider seeing a doctor: it has hardly improved, and no clinician has examined it."))
        )
    return tuple(found)


def waits_for_examination() -> str:
    """Why there are no exercises although nothing is urgent (CLINICAL 1.4: "clearance first")."""
    return str(gettext("Your exercises begin when a doctor or physiotherapist has examined you."))


def not_reviewed_yet() -> str:
    """What replaces "will look at this" once the time has passed (5.6)."""
    return str(
        gettext("We have not been able to look at this yet. Please call the practice, or a doctor if it gets worse.")
    )
