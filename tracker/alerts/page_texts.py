"""The words of the pages of escalation that are not the alert's own sentence: clocks, filters, what stood in the way.
Sentences about rules, levels, dispositions and events are in `texts`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_datetime, format_decimal, format_timedelta, gettext, ngettext
from flask_babel import lazy_gettext as _l

from tracker.alerts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tracker.alerts.models import Alert
    from tracker.alerts.worklist_service import EventLine

SOON: Final = timedelta(hours=2)
LONG: Final = timedelta(hours=24)

VIEWS: Final[dict[str, Any]] = {
    "open": _l("Open"),
    "new": _l("To acknowledge"),
    "owned": _l("In hand"),
    "snoozed": _l("Snoozed"),
    "settled": _l("Settled, to confirm"),
    "closed": _l("Closed, 14 days"),
}
"""Ways to look at the worklist; the first one holds everything that is open."""

FROM_LEVEL: Final[dict[int, Any]] = {1: _l("All levels"), 2: _l("Look soon and above"), 3: _l("Today and above")}

EMPTY: Final[dict[str, tuple[Any, Any]]] = {
    "open": (
        _l("Nothing is open"),
        _l("Every check-in and every session is looked at as it comes in. What needs you is here, most urgent first."),
    ),
    "new": (
        _l("Everything is in hand"),
        _l("Somebody has said “I own it” about every alert that asks for it. “Watch” asks for nothing."),
    ),
    "owned": (_l("Nothing in hand"), _l("Open an alert and acknowledge it: then everybody sees that it is yours.")),
    "snoozed": (_l("Nothing is snoozed"), _l("“Watch” and “look soon” can rest for up to 14 days, with a reason.")),
    "settled": (
        _l("Nothing to confirm"),
        _l("When the numbers calm down by themselves, an alert waits here until somebody agrees."),
    ),
    "closed": (_l("Nothing was closed"), _l("What was closed in the last 14 days stands here.")),
}

CONFLICTS: Final[dict[str, Any]] = {
    "closed": _l("Somebody has closed this alert meanwhile. Nothing was changed; below is how it stands now."),
    "acknowledged": _l("Somebody has acknowledged this alert meanwhile. Nothing was changed."),
    "cannot_snooze": _l("This level cannot rest, and red flags never can. Acknowledge it instead."),
    "reason_needed": _l("Say why it can rest: whoever reads this next needs to know."),
    "bad_days": _l("It can rest for 1 to 14 days."),
    "not_resolved": _l("The numbers have not calmed down, or no longer have. Close it with a reason instead."),
    "outcome_needed": _l("At this level, say what came of it before it is closed: was the patient seen, and by whom?"),
    "unknown_disposition": _l("Choose what came of it."),
    "bad_value": _l("The usual level is a number from 0 to 10."),
    "not_for_this": _l(
        "A usual level of pain settles only what is open about pain and is not urgent. Nothing was changed."
    ),
    "watched": _l("Your physiotherapist has been told about this, so only they can lift the lock."),
    "examination_needed": _l("Say when the examination was; it cannot lie in the future."),
    "not_escalated": _l("This alert is with somebody else again. Nothing was changed."),
    "newer_version": _l("Somebody has saved other numbers meanwhile. Look at them before you save yours."),
    "_": _l("This no longer fits. Nothing was changed; below is how it stands now."),
}
"""Why an action was not done, by the reason of `ConflictError`."""

SEEN_BY: Final[dict[str, Any]] = {
    "doctor": _l("A doctor"),
    "emergency": _l("Emergency services or a hospital"),
    "physio": _l("A physiotherapist, in person"),
    "other": _l("Somebody else who treats people"),
    "nobody": _l("Nobody"),
}

CHANNELS: Final[dict[str, Any]] = {
    "too_many": _l("That is more addresses than can be told at once."),
    "not_an_address": _l("One of these is no address that Apprise knows. Please check them, one a line."),
    "scheme_not_allowed": _l(
        "Messages are not sent this way from here: one of the addresses begins with another word."
    ),
    "file_not_allowed": _l("Addresses must not name files of this machine."),
    "unknown_host": _l("The name of one of these servers leads nowhere. Please check how it is written."),
    "_": _l("One of these addresses cannot be used. Please check them, one a line."),
}
"""What is wrong with a clinic's Apprise addresses."""

REASONS: Final[dict[str, Any]] = {
    "first": _l("for the first time"),
    "level_rose": _l("because it became more urgent"),
    "new_red_flag": _l("because of a new warning sign"),
    "pain_rose": _l("because pain has risen further"),
    "open_too_long": _l("because it has been open for two weeks"),
    "higher_level": _l("because it became more urgent"),
    "no_help": _l("because the patient got no help"),
    "silence": _l("because nothing was heard by ten in the morning"),
    "time": _l("because the time is over"),
}
"""Why somebody was told, asked again, or why a snooze ended. What is not in it is not said."""

HOW: Final[dict[str, Any]] = {"message": _l("by message"), "call": _l("by phone")}

HELPED: Final[dict[str, Any]] = {
    "yes": _l("Yes, I got help"),
    "waiting": _l("Not yet, I am waiting for it"),
    "no": _l("No"),
}


def span(length: timedelta) -> str:
    """A length of time in the reader's language: "45 minutes", "3 hours"."""
    return str(format_timedelta(length, granularity="minute", threshold=1.5))


def clock_text(due_at: datetime, at: datetime) -> str:
    """How long there is until somebody should have acknowledged, or by how much that has passed."""
    left = due_at - at
    if left < timedelta(0):
        return str(gettext("overdue by %(time)s", time=span(-left)))
    if left <= LONG:
        return str(gettext("within %(time)s", time=span(left)))
    return str(gettext("by %(when)s", when=format_datetime(due_at, "EEE d MMM, HH:mm")))


def clock_kind(due_at: datetime, at: datetime) -> str:
    """overdue, soon or calm: how the clock is drawn; the words say the same."""
    if due_at < at:
        return "overdue"
    return "soon" if due_at - at <= SOON else "calm"


def ago(then: datetime, at: datetime) -> str:
    """How long ago something was, in words."""
    if at - then < timedelta(minutes=1):
        return str(gettext("just now"))
    return str(gettext("%(time)s ago", time=span(at - then)))


def conflict_text(reason: str) -> str:
    """A kind sentence for the reason of a ConflictError."""
    return str(CONFLICTS.get(reason, CONFLICTS["_"]))


def accepting_text(alerts: Iterable[Alert]) -> str:
    """What accepting a usual level does, and which open alerts (`workflow_service.closed_by_accepting`) it closes."""
    names = [
        gettext("%(kind)s (%(level)s)", kind=texts.say(texts.FAMILIES, each.family), level=texts.LEVELS[each.level])
        for each in alerts
    ]
    return str(
        gettext(
            "From today on, alerts are measured from this level. It closes: %(alerts)s. Everything else that is open "
            "stays open.",
            alerts=", ".join(names),
        )
    )


def channel_problem(key: str) -> str:
    """What is wrong with a clinic's Apprise addresses."""
    return str(CHANNELS.get(key, CHANNELS["_"]))


def outcome_text(outcome: Mapping[str, Any]) -> str:
    """What came of an urgent alert, as the patient or a clinician said it."""
    parts = []
    if outcome.get("helped") in HELPED:
        parts.append(str(HELPED[outcome["helped"]]))
    if outcome.get("seen_by") in SEEN_BY:
        parts.append(str(gettext("Seen by: %(whom)s", whom=SEEN_BY[outcome["seen_by"]])))
    told = outcome.get("said") or outcome.get("what")
    if told:
        parts.append(f"\N{LEFT DOUBLE QUOTATION MARK}{told}\N{RIGHT DOUBLE QUOTATION MARK}")
    return ". ".join(parts) + "."


def event_detail(line: EventLine) -> str:
    """What is worth saying about an event besides its name; empty for most."""
    detail = line.detail
    if line.kind == "snoozed" and detail.get("days"):
        return str(ngettext("for one day", "for %(num)d days", int(detail["days"])))
    if line.kind == "accepted_baseline" and detail.get("value") is not None:
        return str(gettext("%(value)s of 10", value=format_decimal(detail["value"], format="0.#")))
    if line.kind == "outcome":
        return outcome_text(detail)
    table, key = {
        "contacted": (HOW, "how"),
        "closed": (texts.DISPOSITIONS, "disposition"),
        "notified": (REASONS, "reason"),
        "escalated": (REASONS, "why"),
        "woken": (REASONS, "why"),
    }.get(line.kind, ({}, ""))
    return str(table.get(detail.get(key), ""))
