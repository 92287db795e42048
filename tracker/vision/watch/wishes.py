"""How the person wants to be told and watched: the server's settings, and what was said on this computer since.

A wish made here (pause, snooze, quiet) counts at once and is carried to the server when it can be reached; until then
it lies over the server's settings. Without pairing it simply stays.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from gettext import gettext as _
from typing import Any, Final

from tracker.vision.watch.spool import Spool, instant_of, text_of

SETTINGS: Final = "settings"
WISHES: Final = "wishes"
_DURATION: Final = re.compile(r"(\d{1,4}) *(s|min|m|h)?")
_UNITS_S: Final = {"s": 1, "m": 60, "min": 60, "h": 3600}
_LONGEST: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What counts now."""

    break_rule: str = "still"
    break_every_s: float = 1800.0
    notices_per_hour: int = 3
    quiet: bool = False
    snoozed_until: datetime | None = None
    paused_until: datetime | None = None
    quiet_hours_until: datetime | None = None
    """The end of the quiet hours of the reminders, as of the last time the server was asked."""

    def engine_options(self) -> dict[str, Any]:
        """As `exercises.posture_wire.WatchSession` takes them."""
        return {
            "break_rule": self.break_rule,
            "break_every_s": self.break_every_s,
            "notices_per_hour": self.notices_per_hour,
            "quiet": self.quiet,
        }

    def paused(self, now: datetime) -> bool:
        return self.paused_until is not None and now < self.paused_until

    @property
    def silence(self) -> tuple[datetime | None, datetime | None]:
        """Until when nothing is said, because it was put off and because of quiet hours."""
        return self.snoozed_until, self.quiet_hours_until

    def snoozed_s(self, now: datetime) -> float:
        """For how long nothing is said any more, 0 when it is."""
        return max((0.0, *((until - now).total_seconds() for until in self.silence if until is not None)))


def wanted_of(spool: Spool) -> Wanted:
    """The wishes in the spool. What an older or newer server says that makes no sense counts as not said."""
    settings = spool.noted(SETTINGS)
    said = {**(settings if isinstance(settings, dict) else {}), **(spool.noted(WISHES) or {})}
    default = Wanted()
    rule = said.get("break_rule")
    return Wanted(
        break_rule=rule if rule in ("still", "clock", "both", "off") else default.break_rule,
        break_every_s=_number(said, "break_every_s", default.break_every_s, most=86_400),
        notices_per_hour=int(_number(said, "notices_per_hour", default.notices_per_hour, most=60)),
        quiet=said.get("quiet") is True,
        snoozed_until=_instant(said.get("snoozed_until")),
        paused_until=_instant(said.get("paused_until")),
        quiet_hours_until=_instant(said.get("quiet_hours_until")),
    )


def wish(spool: Spool, **said: Any) -> None:
    """Keep wishes made on this computer: ``paused_until``, ``snoozed_until`` (instants or None), ``quiet``."""
    texts = {name: text_of(value) if isinstance(value, datetime) else value for name, value in said.items()}
    spool.note(WISHES, {**(spool.noted(WISHES) or {}), **texts})


def duration_of(text: str) -> timedelta:
    """“30m”, “1h”, “90” (minutes). Raises `ValueError` with a sentence."""
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(_("write a time like 30m or 1h"))
    duration = timedelta(seconds=int(found[1]) * _UNITS_S[found[2] or "m"])
    if not timedelta(0) < duration <= _LONGEST:
        raise ValueError(_("at most 24 hours, and more than nothing"))
    return duration


def _number(said: Mapping[str, Any], name: str, default: float, *, most: float) -> float:
    value = said.get(name)
    return float(value) if isinstance(value, int | float) and 0 <= value <= most else default


def _instant(text: Any) -> datetime | None:
    try:
        return instant_of(text) if isinstance(text, str) else None
    except ValueError:
        return None
