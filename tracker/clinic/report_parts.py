"""What a report is put together from: sections as data, and the words for a figure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final

import flask_babel
from flask_babel import format_date, format_decimal, format_percent

from tracker.clinic.report_texts import SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from markupsafe import Markup

    from tracker.clinic.report_service import Material
    from tracker.clinic.rules_report import Trend

_CONFIDENCE: Final = 0.95
"""Of the interval around a trend (`rules_report`)."""


@dataclass(frozen=True, slots=True)
class Table:
    """A small table with a caption and column heads."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report. `facts`: label and value; `lines`: sentences."""

    key: str
    lines: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    chart: Markup | None = None
    note: str = ""

    @property
    def title(self) -> str:
        return str(SECTIONS[self.key])

    @property
    def is_empty(self) -> bool:
        return not (self.lines or self.facts or self.tables or self.chart)


# ---------------------------------------------------------------------------------------------- words for figures


def gettext(text: str, **values: Any) -> str:
    """Flask-Babel's, with its type."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int) -> str:
    """Flask-Babel's, with its type."""
    return str(flask_babel.ngettext(one, many, num))


def number(value: float | None) -> str:
    """With one digit at most."""
    return gettext("not told") if value is None else str(format_decimal(round(value, 1)))


def of_ten(value: float | None) -> str:
    """A value on a scale of 0 to 10."""
    return number(None) if value is None else gettext("%(value)s of 10", value=number(value))


def share(part: float | None) -> str:
    """A share of what was due, in percent."""
    return gettext("nothing was due") if part is None else str(format_percent(part))


def day_text(day: date) -> str:
    """A day with its year."""
    return str(format_date(day, "d MMM yyyy"))


def mean(values: Iterable[float]) -> float | None:
    """None of nothing."""
    found = list(values)
    return fmean(found) if found else None


def confidence() -> str:
    """How sure an interval is. As a value of a sentence: a percent sign in a text is taken for a place to fill."""
    return str(format_percent(_CONFIDENCE))


def trend_text(found: Trend | None) -> str:
    """A trend over the whole period with its uncertainty, and whether it is one."""
    if found is None:
        return gettext("too few days to say")
    said = {name: f"{getattr(found, name):+.2f}" for name in ("per_week", "low", "high")}
    text = gettext("%(per_week)s points a week (%(share)s interval %(low)s to %(high)s)", share=confidence(), **said)
    return text if found.is_told_apart else gettext("%(trend)s: no steady change that can be told", trend=text)


def of_days(material: Material, num: int) -> str:
    """Days of those on which there could have been any: since the diary began, where that lies in the period."""
    if material.began_on is not None and material.began_on > material.period.first:
        return gettext("%(num)d of %(days)d days since the diary began", num=num, days=material.days)
    return gettext("%(num)d of %(days)d days", num=num, days=material.days)
