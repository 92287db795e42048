"""The words of hand-over and absence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import gettext, lazy_gettext

if TYPE_CHECKING:
    from tracker.accounts.care_service import CareError

REFUSALS: Final[dict[str, Any]] = {
    "not_a_colleague": lazy_gettext("Please choose a colleague of your clinic whose account is open."),
    "nobody_left": lazy_gettext(
        "Nobody else looks after this patient, and their alerts would reach nobody. Please hand over instead."
    ),
    "bad_times": lazy_gettext("The last day has to come after the first, and not lie in the past."),
    "too_long": lazy_gettext("An absence of more than a year: please hand the patients over instead."),
    "away_already": lazy_gettext("There is an absence at this time already. Please end it, or choose other days."),
}


def refusal(error: CareError) -> str:
    """Why something could not be, and what to do."""
    if error.key == "backup_away":
        return str(gettext("%(name)s is away at this time. Please choose somebody else.", name=error.name))
    if error.key == "stands_in":
        return str(
            gettext("At this time you stand in for %(name)s. Please let somebody else do that first.", name=error.name)
        )
    return str(REFUSALS[error.key])
