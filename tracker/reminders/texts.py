"""The words of reminders. Inside the application a notice says what it is about; what leaves the house says only that
there is something, in words that are the same for everybody.

The heartbeat speaks without a page around it, so sentences are marked with `N_` and translated with the catalogue of
the receiver's language.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from babel.support import NullTranslations, Translations
from flask_babel import get_locale, lazy_gettext

from tracker.reminders.outgoing import Words
from tracker.reminders.rules import FOR_STAFF, GENTLE, Kind
from tracker.web.locale import SOURCE_LANGUAGE, TRANSLATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

N_: Final = str
"""Marks a sentence for the catalogue."""

NAME: Final = "Rhomboid"
"""The name of the product; all that a lock screen shows besides a neutral sentence."""

KINDS: Final[Mapping[Kind, Any]] = {
    Kind.EXERCISE: lazy_gettext("Exercises"),
    Kind.CHECK_IN: lazy_gettext("Check-in"),
    Kind.MORNING: lazy_gettext("The morning after"),
    Kind.POSTURE_BREAK: lazy_gettext("Movement breaks"),
    Kind.MESSAGE: lazy_gettext("Messages from your physiotherapist"),
    Kind.ESCALATION: lazy_gettext("Alerts"),
    Kind.DIGEST: lazy_gettext("Alerts of the day"),
    Kind.WELFARE: lazy_gettext("Asking how you are"),
    Kind.ERASED: lazy_gettext("Erased records"),
    Kind.TEST: lazy_gettext("Test"),
}

# Several ways to say the same, one a day in turn: a sentence that never changes is no longer read.
_NOTICES: Final[Mapping[Kind, tuple[tuple[str, str], ...]]] = {
    Kind.EXERCISE: (
        (N_("Time for your exercises"), N_("They are waiting for you, whenever it suits you today.")),
        (N_("Your exercises for today"), N_("A few minutes are enough. You can do them one by one.")),
        (N_("Ready to move?"), N_("Today's exercises take only a little while.")),
        (N_("A good moment for your exercises"), N_("Start with one, the rest may follow later.")),
    ),
    Kind.CHECK_IN: (
        (N_("How was your day?"), N_("Your check-in takes less than a minute.")),
        (N_("Your check-in"), N_("A few taps, so that you can see how things develop.")),
        (N_("A minute for your diary"), N_("Tell how it has been in the last 24 hours.")),
    ),
    Kind.MORNING: (
        (N_("Good morning"), N_("How does it feel after yesterday's exercises?")),
        (N_("The morning after"), N_("One number: how is the pain this morning?")),
    ),
    Kind.POSTURE_BREAK: (
        (N_("Time to move"), N_("Stand up, stretch, look into the distance.")),
        (N_("A short break"), N_("Change your position, whatever it is.")),
        (N_("Loosen up"), N_("Roll your shoulders and take a few steps.")),
        (N_("Shift a little"), N_("Your next posture is your best posture.")),
    ),
    Kind.MESSAGE: ((N_("A message for you"), N_("Your physiotherapist has written to you.")),),
    Kind.ESCALATION: ((N_("An alert needs you"), N_("Please look at it and say that you take it over.")),),
    Kind.DIGEST: ((N_("Alerts of today"), N_("In the order in which they need you.")),),
    Kind.WELFARE: ((N_("How are you today?"), N_("Please tell us whether you got help, and what came of it.")),),
    Kind.ERASED: (
        (
            N_("A patient has erased their record"),
            N_("Something urgent was still open in it. The alert and the name are gone with the record."),
        ),
    ),
    Kind.TEST: ((N_("This is a test"), N_("Reminders reach you here.")),),
}
_URGENT_NOTICE: Final = (N_("An urgent alert needs you now"), N_("Please look at it at once and say that you take it."))

_OUTSIDE: Final = (
    N_("There is something for you in Rhomboid."),
    N_("A short reminder. Open it when you have a minute."),
    N_("Rhomboid has something for you, whenever it suits you."),
)
_OUTSIDE_TODAY: Final = N_("There is something for you in Rhomboid. Please look at it today.")
_OUTSIDE_URGENT: Final = N_("Please open Rhomboid now: something is waiting for you.")
_OUTSIDE_TEST: Final = N_("This is a test: messages from Rhomboid reach you here.")
_OPEN: Final = N_("Open Rhomboid")
_ANSWER: Final = N_("Later, or not today")
_WHY: Final = N_("You get this message because of your settings in Rhomboid. Change them here:")
_WHY_STAFF: Final = N_("You get this message because you work with Rhomboid. Your settings are here:")


_CALENDAR: Final[Mapping[Kind, str]] = {Kind.EXERCISE: N_("Exercises"), Kind.CHECK_IN: N_("Check-in")}


@cache
def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(str(TRANSLATIONS), [locale])


def _said(sentence: str, locale: str | None) -> str:
    language = locale or str(get_locale() or SOURCE_LANGUAGE)
    return str(_catalogue(language).ugettext(sentence))


def wordings(kind: Kind) -> int:
    """How many ways there are to say it."""
    return len(_NOTICES[kind])


def notice_words(kind: Kind, wording: int = 0, *, urgent: bool = False, locale: str | None = None) -> tuple[str, str]:
    """Title and sentence of a notice inside the application, in `locale` or the language of the page."""
    choices = _NOTICES[kind]
    chosen = _URGENT_NOTICE if urgent and kind is Kind.ESCALATION else choices[wording % len(choices)]
    return _said(chosen[0], locale), _said(chosen[1], locale)


def calendar_title(kind: Kind, locale: str) -> str:
    """What an entry of the private calendar is called."""
    return _said(_CALENDAR[kind], locale)


def outside_words(
    kind: Kind, wording: int, *, urgent: bool, locale: str, open_url: str, answer_url: str | None, settings_url: str
) -> Words:
    """What a message says that leaves the house. It depends on nothing about the person or their record but the
    language, and on whether it can wait.
    """
    if kind is Kind.TEST:
        body = _OUTSIDE_TEST
    elif kind in GENTLE:
        body = _OUTSIDE[wording % len(_OUTSIDE)]
    else:
        body = _OUTSIDE_URGENT if urgent else _OUTSIDE_TODAY
    return Words(
        subject=NAME,
        body=_said(body, locale),
        open_label=_said(_OPEN, locale),
        answer_label=_said(_ANSWER, locale),
        why=_said(_WHY_STAFF if kind in FOR_STAFF else _WHY, locale),
        open_url=open_url,
        answer_url=answer_url,
        settings_url=settings_url,
    )
