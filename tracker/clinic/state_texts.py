"""How somebody is now, in words: what a report and the course say before anything about weeks that are over, so that a
quiet average of a long time never stands where an alert is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask_babel import format_date

from tracker.alerts import rule_texts
from tracker.alerts import texts as alert_texts
from tracker.clinic.report_parts import gettext, number
from tracker.clinic.rules_week import WEEK_DAYS, Place

if TYPE_CHECKING:
    from tracker.alerts.models import Alert
    from tracker.clinic.report_service import Material
    from tracker.clinic.rules_week import Now


def pain_now(now: Now) -> str:
    """The last seven days against the week before and against what is usual."""
    if now.week.mean is None:
        return gettext("Now: pain was not told in the last %(length)d days.", length=WEEK_DAYS)
    known = {"average": number(now.week.mean), "length": WEEK_DAYS, "days": now.week.days}
    if now.before.mean is None:
        said = gettext("Now: average pain %(average)s of 10 in the last %(length)d days (%(days)d told)", **known)
    else:
        said = gettext(
            "Now: average pain %(average)s of 10 in the last %(length)d days (%(days)d told; %(before)s the week "
            "before)",
            before=number(now.before.mean),
            **known,
        )
    return gettext("%(now)s, %(place)s.", now=said, place=_place(now))


def _place(now: Now) -> str:
    if now.usual is None or now.week.mean is None:
        return gettext("what is usual is not known yet")
    level, spread = now.usual
    said = {"usual": number(level), "spread": number(spread), "by": number(abs(now.week.mean - level))}
    sentences: dict[Place, str] = {
        Place.ABOVE: gettext("%(by)s above the usual %(usual)s ± %(spread)s", **said),
        Place.BELOW: gettext("%(by)s below the usual %(usual)s ± %(spread)s", **said),
        Place.WITHIN: gettext("within the usual %(usual)s ± %(spread)s", **said),
    }
    return sentences[now.place]


def open_alert(alert: Alert) -> str:
    """The alert, how urgent it is, and since when."""
    return gettext(
        "Open since %(day)s, “%(level)s”: %(sentence)s",
        day=format_date(alert.first_day, "d MMM"),
        level=alert_texts.LEVELS[alert.level],
        sentence=rule_texts.alert_sentence(alert),
    )


def lines(material: Material) -> tuple[str, ...]:
    """How it is now, and what is open of it, the most urgent only."""
    return (pain_now(material.now), *(open_alert(each) for each in material.open_alerts[:_MOST_ALERTS]))


_MOST_ALERTS: Final = 1
