"""Language and time zone of a page: the person's own, or the browser's wish while nobody is signed in."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from babel import Locale
from flask import Flask, request
from flask_babel import Babel, get_locale

from tracker.settings import PROJECT_ROOT
from tracker.web.context import settings, viewer_or_none

if TYPE_CHECKING:
    from pathlib import Path

SOURCE_LANGUAGE: Final = "en"
TRANSLATIONS: Final[Path] = PROJECT_ROOT / "translations"


@cache
def languages() -> tuple[str, ...]:
    """The languages there are: the source and every compiled catalogue."""
    translated = {path.parts[-3] for path in TRANSLATIONS.glob("*/LC_MESSAGES/messages.mo")}
    return (SOURCE_LANGUAGE, *sorted(translated - {SOURCE_LANGUAGE}))


def language_choices() -> list[tuple[str, str]]:
    """Languages with their own names, for a form."""
    return [(code, (Locale.parse(code).get_display_name() or code).capitalize()) for code in languages()]


def page_language() -> str:
    """The language of the page that is being drawn, for its `lang` attribute."""
    locale = get_locale()
    return str(locale).replace("_", "-") if locale else SOURCE_LANGUAGE


def _locale() -> str:
    person = viewer_or_none()
    if person is not None and person.locale in languages():
        return person.locale
    return request.accept_languages.best_match(languages()) or SOURCE_LANGUAGE


def _zone() -> str:
    person = viewer_or_none()
    return person.time_zone if person else settings().default_time_zone


def init_locale(app: Flask) -> None:
    """Set up Flask-Babel; `_()` in templates."""
    Babel(
        app,
        default_locale=SOURCE_LANGUAGE,
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=_locale,
        timezone_selector=_zone,
    )
