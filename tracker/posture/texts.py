"""The words of the desk: what a day was, what may be said of it, breaks and their answers. Keys come from `rules_day`
and `rules_breaks`; a test compares them.

Comfort, variety, time to move. No posture is bad, nothing is damaged, a missed break is no failure, and no sentence
links posture with pain.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask_babel import (
    format_date,
    format_decimal,
    format_time,
    gettext,
    lazy_gettext,
    ngettext,
    to_user_timezone,
)

from tracker.posture import rules_breaks, rules_day
from tracker.posture.rules_breaks import Position, Rest, When
from tracker.posture.rules_day import Kind, Saying, Variety

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

Sentences = dict[str, Any]
"""Key to a lazily translated sentence."""

_HOUR_MIN: Final = 60
_WHOLE_FROM: Final = 10
_A_HOLD_S: Final = 2
"""Shorter than this is part of the movement and is not said."""

KINDS: Final[Sentences] = {
    Kind.COMFORT: lazy_gettext("In your comfort zone"),
    Kind.SLOUCH: lazy_gettext("Outside your comfort zone"),
    Kind.UNKNOWN: lazy_gettext("Could not tell"),
    Kind.AWAY: lazy_gettext("Away"),
}
NOT_WATCHED: Final = lazy_gettext("Not watched")

BREAK_RULES: Final[Sentences] = {
    "still": lazy_gettext("After sitting still"),
    "clock": lazy_gettext("By the clock"),
    "both": lazy_gettext("Both"),
    "off": lazy_gettext("Never"),
}
BREAK_RULES_WHY: Final[Sentences] = {
    "still": lazy_gettext("When your posture has not changed for that long. Every shift starts the time anew."),
    "clock": lazy_gettext("When you have sat at the desk for that long, whether you moved or not."),
    "both": lazy_gettext("Whichever comes first."),
    "off": lazy_gettext("You take breaks when you like; nothing asks."),
}

BREAK_PROBLEMS: Final[Sentences] = {
    "not_believed": lazy_gettext("This time cannot be right."),
    "erased": lazy_gettext("You have erased what was kept until then."),
    "too_many": lazy_gettext("There are more breaks on this day than anybody can take."),
}

REST: Final[Sentences] = {
    Rest.EMERGENCY: lazy_gettext("No exercises until somebody has looked at what you told us."),
    Rest.URGENT: lazy_gettext("No exercises until somebody has looked at what you told us."),
    Rest.CRISIS: lazy_gettext("The exercises can wait."),
    Rest.LOCKED: lazy_gettext("Your exercises are paused until a clinician has looked at what you told us."),
    Rest.INTAKE: lazy_gettext("Exercises open when you have answered the first questions."),
    Rest.HURT: lazy_gettext("It hurt today, so there is no exercise now."),
    Rest.NOTHING_FITS: lazy_gettext("No exercise fits now."),
}

POSITIONS: Final[Sentences] = {
    Position.SIT: lazy_gettext("Sitting suits now, until %(time)s."),
    Position.STAND: lazy_gettext("Standing suits now, until %(time)s."),
    Position.MOVE: lazy_gettext("Two minutes of moving suit now, until %(time)s."),
}


def duration(seconds: float) -> str:
    """A length of time as one reads it: "48 min", "3 h 20 min"."""
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, _HOUR_MIN)
    if not hours:
        return str(gettext("%(minutes)d min", minutes=rest))
    if not rest:
        return str(gettext("%(hours)d h", hours=hours))
    return str(gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=rest))


def spoken(seconds: float) -> str:
    """A length of time in words, for a sentence."""
    minutes = max(round(seconds / 60), 1)
    if minutes < 2 * _HOUR_MIN:
        return str(ngettext("one minute", "%(num)d minutes", minutes))
    return duration(seconds)


def clock(instant: datetime) -> str:
    return str(format_time(instant, "HH:mm"))


def hour(instant: datetime) -> str:
    """A full hour as short as the language has it, for an axis."""
    return str(format_time(instant, format="H"))


def short_day(day: date) -> str:
    return str(format_date(day, "EEE d MMM"))


def percent(share: float | None) -> str | None:
    return None if share is None else str(format_decimal(share * 100, format="0"))


def rate(per_hour: float | None) -> str | None:
    """Changes per hour: whole numbers, halves below ten."""
    if per_hour is None:
        return None
    return str(format_decimal(per_hour, format="0" if per_hour >= _WHOLE_FROM else "0.#"))


# ---------------------------------------------------------------------------------------------- a day


def day_name(day: date, today: date) -> str:
    return str(gettext("Today")) if day == today else str(format_date(day, "EEEE, d MMMM"))


def saying(
    key: Saying, day: rules_day.Figures, usual: rules_day.Usual | None, still: rules_day.Still | None, *, today: bool
) -> str:
    """The one sentence about a day: true, kind, and about movement first."""
    numbers = {
        "rate": rate(day.changes_per_hour),
        "usual": rate(usual.per_hour) if usual else None,
        "share": percent(day.comfort_share),
        "still": spoken(day.longest_still_s),
        "from": clock(still.starts_at) if still else "",
    }
    return str((_TODAY if today else _EARLIER)[key]) % numbers


_TODAY: Final[Sentences] = {
    Saying.NOTHING: lazy_gettext("Nothing has been watched today."),
    Saying.BEGUN: lazy_gettext("There is little to say yet: it has been less than half an hour at the desk."),
    Saying.CANNOT_TELL: lazy_gettext(
        "Most of the time the camera could not tell how you sat. More light, or your head and shoulders in the "
        "picture, helps."
    ),
    Saying.MORE_THAN_AIM: lazy_gettext(
        "You change your posture %(rate)s times an hour today, clearly more than the %(usual)s that are usual for "
        "you. More variety is what this is about."
    ),
    Saying.MORE_THAN_USUAL: lazy_gettext(
        "You change your posture %(rate)s times an hour today, a little more than the %(usual)s that are usual for you."
    ),
    Saying.LONG_STILL: lazy_gettext(
        "Your longest time without moving was %(still)s, from %(from)s. Any other way to sit would be a change."
    ),
    Saying.COMFORT: lazy_gettext(
        "You have been in your comfort zone for %(share)s %% of the time. Change now and then all the same."
    ),
    Saying.AS_USUAL: lazy_gettext(
        "You change your posture %(rate)s times an hour today, about as often as usual. A stretch or a few steps "
        "add to it."
    ),
    Saying.CHANGES: lazy_gettext(
        "You change your posture %(rate)s times an hour today. Any other way to sit, or to stand, is a good one."
    ),
}
_EARLIER: Final[Sentences] = {
    Saying.NOTHING: lazy_gettext("Nothing was watched on this day."),
    Saying.BEGUN: lazy_gettext("There is little to say: it was less than half an hour at the desk."),
    Saying.CANNOT_TELL: lazy_gettext("Most of the time the camera could not tell how you sat."),
    Saying.MORE_THAN_AIM: lazy_gettext(
        "You changed your posture %(rate)s times an hour, clearly more than the %(usual)s that were usual for you."
    ),
    Saying.MORE_THAN_USUAL: lazy_gettext(
        "You changed your posture %(rate)s times an hour, a little more than the %(usual)s that were usual for you."
    ),
    Saying.LONG_STILL: lazy_gettext("Your longest time without moving was %(still)s, from %(from)s."),
    Saying.COMFORT: lazy_gettext("You were in your comfort zone for %(share)s %% of the time."),
    Saying.AS_USUAL: lazy_gettext("You changed your posture %(rate)s times an hour, about as often as usual."),
    Saying.CHANGES: lazy_gettext("You changed your posture %(rate)s times an hour."),
}


def usual_line(usual: rules_day.Usual | None, days: int) -> str:
    """What is usual and what to aim for, or how many days are missing."""
    if usual is None:
        return str(
            gettext(
                "Not enough days yet to say what is usual for you: %(days)d of %(needed)d.",
                days=days,
                needed=rules_day.USUAL_NEEDS_DAYS,
            )
        )
    return str(gettext("Usual for you: %(usual)s. Aim for %(aim)s.", usual=rate(usual.per_hour), aim=rate(usual.aim)))


def position(where: Position, until: datetime) -> str:
    """What suits now at a desk to stand at."""
    return str(POSITIONS[where]) % {"time": clock(until)}


def taken_of_offered(found: rules_breaks.Tally) -> str | None:
    """Breaks taken of those offered; those of one's own accord alone where none was offered; None without any."""
    if found.offered:
        return str(gettext("%(taken)d of %(offered)d", taken=found.taken, offered=found.offered))
    return str(found.own) if found.own else None


def breaks_line(found: rules_breaks.Tally) -> str:
    """What became of the breaks beside those that were taken; nothing is scored."""
    parts = []
    if found.own and found.offered:
        parts.append(ngettext("One more by yourself.", "%(num)d more by yourself.", found.own))
    if found.not_now:
        parts.append(ngettext("Once it was not the moment.", "%(num)d times it was not the moment.", found.not_now))
    return " ".join(str(part) for part in parts)


def band_text(day: rules_day.Figures, band: rules_day.Band) -> str:
    """What the picture of a day shows, in words."""
    parts = [
        gettext("From %(first)s to %(last)s.", first=clock(band.runs[0].starts_at), last=clock(band.runs[-1].ends_at))
    ]
    for kind, seconds in (
        (Kind.COMFORT, day.comfort_s),
        (Kind.SLOUCH, day.slouch_s),
        (Kind.UNKNOWN, day.unknown_s),
        (Kind.AWAY, day.away_s),
    ):
        if seconds:
            parts.append(gettext("%(what)s: %(time)s.", what=KINDS[kind], time=duration(seconds)))
    return " ".join(str(part) for part in parts)


# ---------------------------------------------------------------------------------------------- a week

_VARIETY: Final[Sentences] = {
    Variety.NOT_ENOUGH: lazy_gettext(
        "Less than an hour at the desk was watched this week; that is too little to compare."
    ),
    Variety.FIRST: lazy_gettext(
        "You changed your posture %(rate)s times an hour. After some more days you see here how that compares "
        "with what is usual for you."
    ),
    Variety.MORE: lazy_gettext(
        "More variety: you changed your posture %(rate)s times an hour, and %(usual)s in the four weeks before."
    ),
    Variety.SAME: lazy_gettext(
        "About as much variety as before: you changed your posture %(rate)s times an hour, and %(usual)s in the "
        "four weeks before."
    ),
    Variety.LESS: lazy_gettext(
        "You changed your posture %(rate)s times an hour, and %(usual)s in the four weeks before. Weeks differ; "
        "one walk more a day is a good beginning."
    ),
}


def variety(key: Variety, week: rules_day.Figures, usual: rules_day.Usual | None) -> str:
    """How much variety a week had."""
    return str(_VARIETY[key]) % {
        "rate": rate(week.changes_per_hour),
        "usual": rate(usual.per_hour) if usual else None,
    }


def of_offered(found: rules_breaks.Tally) -> str:
    """Breaks in a cell: "3 of 5", and those of one's own accord."""
    words = taken_of_offered(found) or ""
    return f"{words} + {found.own}" if found.own and found.offered else words


def span(first: date, last: date) -> str:
    """A stretch of days: "4 to 10 March"."""
    begin = format_date(first, "d" if first.month == last.month else "d MMMM")
    return str(gettext("%(first)s to %(last)s", first=begin, last=format_date(last, "d MMMM")))


# ---------------------------------------------------------------------------------------------- breaks


def next_break(found: rules_breaks.NextBreak) -> str:
    """What can be said about the next break, in one sentence."""
    time = clock(found.at) if found.at else ""
    sentences = {
        When.OFF: gettext("No breaks are offered; you have chosen that."),
        When.PAUSED: paused(found.at) if found.at else "",
        When.SNOOZED: snoozed(found.at) if found.at else "",
        When.QUIET_MODE: gettext("Quiet mode: minutes are kept, nothing asks."),
        When.QUIET_HOURS: gettext("Quiet hours until %(time)s.", time=time),
        When.NOT_WATCHED: gettext("Nothing is watching now, so breaks are yours to take."),
        When.AWAY: gettext("You are away from the desk, and that is a break."),
        When.NOW: gettext("Now is a good moment for one."),
        When.AT: gettext("At %(time)s, if you have not moved by then.", time=time)
        if found.rule == "still"
        else gettext("At %(time)s.", time=time),
    }
    return str(sentences[found.when])


def silence(wanted: Mapping[str, datetime | None]) -> str:
    """What follows from a silence that was asked for, or was ended."""
    for setting, until in wanted.items():
        if until is not None:
            return paused(until) if setting == "paused_until" else snoozed(until)
    return str(gettext("Watching and notices go on."))


def paused(until: datetime) -> str:
    """Until when nothing watches."""
    if _ends_the_day(until):
        return str(gettext("Watching is paused for the rest of the day."))
    return str(gettext("Watching is paused until %(time)s.", time=clock(until)))


def snoozed(until: datetime) -> str:
    """Until when nothing is said."""
    if _ends_the_day(until):
        return str(gettext("No notices for the rest of the day."))
    return str(gettext("No notices until %(time)s.", time=clock(until)))


def _ends_the_day(until: datetime) -> bool:
    """Whether a day of the reader begins at this instant, which is 00:00 nearly everywhere: who asked for the rest of
    the day is not told of an hour they never said. A silence lasts a day at most, so it is the day that is now.
    """
    begins: bool = to_user_timezone(until).date() != to_user_timezone(until - timedelta(seconds=1)).date()
    return begins


NOT_NOW: Final = lazy_gettext("All right. It comes again later.")
MOVED: Final = lazy_gettext("Good. Every change counts.")


def week_of_breaks(found: rules_breaks.Tally) -> str:
    """What became of the breaks of the last seven days, without a score."""
    if not found.offered and not found.own:
        return str(gettext("None in the last seven days. One a day is a beginning."))
    parts = []
    if found.offered:
        parts.append(
            ngettext(
                "In the last seven days one break was offered, and you took %(taken)d.",
                "In the last seven days %(num)d breaks were offered, and you took %(taken)d.",
                found.offered,
                taken=found.taken,
            )
        )
    if found.own:
        parts.append(ngettext("One you took by yourself.", "%(num)d you took by yourself.", found.own))
    if found.not_now:
        parts.append(ngettext("Once it was not the moment.", "%(num)d times it was not the moment.", found.not_now))
    if found.passed:
        parts.append(ngettext("One passed by.", "%(num)d passed by.", found.passed))
    return " ".join(str(part) for part in parts)


def dose(candidate: rules_breaks.Candidate) -> str:
    """How often or how long, in a few words."""
    if candidate.reps is None:
        words = ngettext("one second", "%(num)d seconds", round(candidate.hold_s or 0))
    elif candidate.hold_s and candidate.hold_s >= _A_HOLD_S:
        words = gettext(
            "%(reps)d times, %(seconds)d seconds each", reps=candidate.reps, seconds=round(candidate.hold_s)
        )
    else:
        words = ngettext("once", "%(num)d times", candidate.reps)
    if candidate.sides > 1:
        return str(gettext("%(dose)s, on each side", dose=words))
    return str(words)
