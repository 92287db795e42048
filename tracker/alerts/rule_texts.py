"""The sentence a physiotherapist reads for what fired.

It is made from the values that were stored when a rule fired, so it can be said anew in any language years later. It
says what was seen and never what it means for the body. The sentence stored beside an alert is always the English
source (`english=True`); a translated one depends on who reads, and only pages have a reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_decimal, gettext, ngettext

from tracker.alerts import texts

if TYPE_CHECKING:
    from tracker.alerts.models import Alert


class _Reader:
    """Says things in the language of whoever reads the page."""

    def gettext(self, text: str, **values: Any) -> str:
        return str(gettext(text, **values))

    def ngettext(self, one: str, many: str, number: int, **values: Any) -> str:
        return str(ngettext(one, many, number, **values))

    def number(self, value: float, digits: int = 0) -> str:
        pattern = "0." + "0" * digits if digits else "0"
        return str(format_decimal(value, format=pattern))

    def entry(self, table: Mapping[Any, Any], key: str) -> str:
        return texts.say(table, key)


class _English(_Reader):
    """Says things in the source language, with no reader and no application around."""

    def gettext(self, text: str, **values: Any) -> str:
        return text % values if values else text

    def ngettext(self, one: str, many: str, number: int, **values: Any) -> str:
        return (one if number == 1 else many) % {"num": number, **values}

    def number(self, value: float, digits: int = 0) -> str:
        return f"{value:.{digits}f}"

    def entry(self, table: Mapping[Any, Any], key: str) -> str:
        # A lazy text keeps its source as the argument it will translate.
        return str(table.get(key, table[texts.FALLBACK])._args[0])  # noqa: SLF001  # no public way to the source of a lazy text


_READER: Final = _Reader()
_ENGLISH: Final = _English()


# ---------------------------------------------------------------------------------------------- for physiotherapists


def firing_sentence(firing: Mapping[str, Any], *, english: bool = False) -> str:
    """What one rule saw, from a stored firing: `rule`, `level` and `values`."""
    values = firing.get("values") or {}
    words = _ENGLISH if english else _READER
    for kinds, sentence in _SENTENCES:
        if firing["rule"] in kinds:
            return sentence(words, firing["rule"], values)
    return words.entry(texts.RULES, firing["rule"])


_STRONGER: Final = {"C1": "C2", "T1": "T2", "N1": "N2", "A3": "A2"}
"""What the stronger rule says as well."""
MOST_SENTENCES: Final = 3


def sentence_of(firings: Iterable[Mapping[str, Any]], *, english: bool = False) -> str:
    """One line for a whole alert: the newest word of each rule, the most urgent first, at most three."""
    newest: dict[str, Mapping[str, Any]] = {}
    codes: set[str] = set()
    for firing in sorted(firings, key=lambda firing: (firing["day"], firing["level"])):
        newest[firing["rule"]] = firing
    chosen = [
        firing
        for rule, firing in newest.items()
        if not (_STRONGER.get(rule) in newest and newest[_STRONGER[rule]]["day"] >= firing["day"])
    ]
    chosen.sort(key=lambda firing: (-firing["level"], _reverse_day(firing["day"])))
    sentences: list[str] = []
    for firing in chosen:
        said, own = firing_sentence(firing, english=english), set(_codes(firing))
        if said not in sentences and not (own and own <= codes):
            sentences.append(said)
        codes |= own
    return " ".join(sentences[:MOST_SENTENCES])


def alert_sentence(alert: Alert) -> str:
    """Why an alert is open, for whoever reads it now."""
    return sentence_of(alert.firings)


def _reverse_day(day: str) -> int:
    return -int(day.replace("-", ""))


def _codes(firing: Mapping[str, Any]) -> list[str]:
    return [code for code in str((firing.get("values") or {}).get("codes", "")).split(", ") if code]


def _red(words: _Reader, rule: str, values: Mapping[str, Any]) -> str:
    codes = [code for code in str(values.get("codes", "")).split(", ") if code]
    signs = "; ".join(words.entry(texts.FLAGS, code) for code in codes)
    if rule == "CRISIS":
        return words.gettext("Thoughts of self-harm.")
    if rule == "RED-E":
        return words.gettext("Emergency sign reported: %(signs)s.", signs=signs)
    if rule == "RED-U":
        return words.gettext("Sign that a doctor should see the same day: %(signs)s.", signs=signs)
    return words.gettext("Sign that a doctor should see soon: %(signs)s.", signs=signs)


def _very_severe(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    return words.gettext(
        "Average pain %(average)s of 10 and interference %(interference)s of 10; the usual pain is %(usual)s.",
        average=words.number(values["average"]),
        interference=words.number(values["interference"]),
        usual=words.number(values["baseline"], 1),
    )


def _severe(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    average, usual = words.number(values["average"]), words.number(values["baseline"], 1)
    if values.get("again"):
        return words.gettext(
            "Average pain %(average)s of 10, the second severe day within three days; the usual is %(usual)s.",
            average=average,
            usual=usual,
        )
    return words.gettext("Average pain %(average)s of 10; the usual is %(usual)s.", average=average, usual=usual)


def _bad_day(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    if "average" not in values:
        return words.gettext("A flare.")
    average, usual = words.number(values["average"]), words.number(values["baseline"], 1)
    if values.get("flare"):
        return words.gettext(
            "A flare; average pain %(average)s of 10, the usual is %(usual)s.", average=average, usual=usual
        )
    return words.gettext(
        "A day worse than usual: average pain %(average)s of 10, the usual is %(usual)s.", average=average, usual=usual
    )


def _flares(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    return words.gettext(
        "A flare on %(flares)s of the last %(days)s days.",
        flares=words.number(values["flares"]),
        days=words.number(values["days"]),
    )


def _unable(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    if "average" not in values:
        return words.gettext("Cannot do normal activities.")
    return words.gettext(
        "Cannot do normal activities; average pain %(average)s of 10.", average=words.number(values["average"])
    )


def _shift(words: _Reader, rule: str, values: Mapping[str, Any]) -> str:
    points = words.number(_points(values), 0 if _points(values) >= _WHOLE_FROM else 1)
    usual = words.number(values["baseline"], 1)
    days = int(values.get("days_above") or 0)
    if rule.startswith("I"):
        return words.gettext(
            "Interference with activities has been about %(points)s points above the usual %(usual)s.",
            points=points,
            usual=usual,
        )
    if rule.startswith("W"):
        return words.gettext(
            "Worst pain has been about %(points)s points above the usual %(usual)s.", points=points, usual=usual
        )
    if days > 1:
        return words.ngettext(
            "Average pain has been about %(points)s points above the usual %(usual)s for %(num)s day.",
            "Average pain has been about %(points)s points above the usual %(usual)s for %(num)s days.",
            days,
            points=points,
            usual=usual,
        )
    return words.gettext(
        "Average pain has been about %(points)s points above the usual %(usual)s.", points=points, usual=usual
    )


_WHOLE_FROM: Final = 1.75
"""Below it "about 1.4 points" says more than "about 1 point"."""


def _points(values: Mapping[str, Any]) -> float:
    """Points above the usual: of the days that lie above it where they are known, else of the smoothed value."""
    return float(values.get("mean_above", values["ewma"])) - float(values["baseline"])


def _rise(words: _Reader, rule: str, values: Mapping[str, Any]) -> str:
    rise = words.number(values.get("rise", 0), 1)
    if rule.startswith("I"):
        return words.gettext(
            "Interference with activities has risen by about %(rise)s points in three weeks.", rise=rise
        )
    if rule.startswith("W"):
        return words.gettext("Worst pain has risen by about %(rise)s points in three weeks.", rise=rise)
    return words.gettext("Average pain has risen by about %(rise)s points in three weeks.", rise=rise)


def _persistent(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    return words.gettext(
        "Above the usual on %(days)s of the last %(of)s days: self-care has not helped so far.",
        days=words.number(values["days"]),
        of=words.number(values["of"]),
    )


def _both(words: _Reader, _rule: str, _values: Mapping[str, Any]) -> str:
    return words.gettext("Pain and interference both stay above the usual.")


def _with_exercise(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    reasons = [reason for reason in str(values.get("why", "")).split(", ") if reason]
    why = "; ".join(words.entry(texts.EXERCISE_REASONS, reason) for reason in reasons)
    times = int(values.get("times", 1))
    if times > 1:
        return words.gettext(
            "Pain with exercise, %(why)s; on %(times)s days in two weeks.", why=why, times=words.number(times)
        )
    return words.gettext("Pain with exercise, %(why)s.", why=why)


def _function(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    parts = []
    if "peg" in values:
        parts.append(
            words.gettext(
                "PEG %(now)s, at first %(base)s",
                now=words.number(values["peg"], 1),
                base=words.number(values["peg_base"], 1),
            )
        )
    if "psfs" in values:
        parts.append(
            words.gettext(
                "own activities (PSFS) %(now)s, at first %(base)s",
                now=words.number(values["psfs"], 1),
                base=words.number(values["psfs_base"], 1),
            )
        )
    if "ndi" in values:
        parts.append(
            words.gettext(
                "NDI %(now)s, at first %(base)s",
                now=words.number(values["ndi"]),
                base=words.number(values["ndi_base"]),
            )
        )
    return words.gettext("Function has become worse: %(what)s.", what="; ".join(parts))


def _mood(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    parts = []
    if "phq2" in values:
        parts.append(words.gettext("PHQ-2 %(sum)s of 6", sum=words.number(values["phq2"])))
    if "low_days" in values:
        parts.append(
            words.gettext(
                "mood %(mood)s of 10, low on %(days)s days",
                mood=words.number(values["mood"]),
                days=words.number(values["low_days"]),
            )
        )
    return words.gettext("Low mood: %(what)s.", what="; ".join(parts))


def _medicine(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    if values.get("over_label"):
        return words.gettext("Takes more pain medicine than the label says.")
    return words.gettext(
        "Pain medicine on %(days)s of 14 days while pain rises.", days=words.number(values["medicine_days"])
    )


def _silence(words: _Reader, _rule: str, values: Mapping[str, Any]) -> str:
    missed = int(values["missed"])
    said = words.ngettext("%(num)s expected check-in missed.", "%(num)s expected check-ins missed in a row.", missed)
    if values.get("urgent"):
        return words.gettext("%(said)s An urgent alert is open.", said=said)
    if values.get("worsening"):
        return words.gettext("%(said)s Pain was rising before.", said=said)
    return said


def _time(words: _Reader, rule: str, values: Mapping[str, Any]) -> str:
    if rule == "EN":
        return words.gettext(
            "Pain %(intake)s of 10 at the start: a rise would hardly show, so somebody should look once.",
            intake=words.number(values["intake_average"]),
        )
    facts = {
        "days": words.number(values["days"]),
        "average": words.number(values["average"]),
        "intake": words.number(values["intake_average"]),
    }
    if rule == "TMR":
        return words.gettext("The review date has come; average pain %(average)s of 10.", **facts)
    if rule == "TM84":
        return words.gettext("Three months of pain: from here on it is watched against the personal usual.")
    if rule == "TM28":
        return words.gettext(
            "Day %(days)s of the episode, average pain %(average)s of 10: assess again. No clinician has examined it.",
            **facts,
        )
    return words.gettext(
        "Day %(days)s of the episode, average pain %(average)s of 10 (%(intake)s at the start). "
        "No clinician has examined it.",
        **facts,
    )


_SENTENCES: Final = (
    ({"RED-E", "RED-U", "RED-D", "CRISIS"}, _red),
    ({"A1"}, _very_severe),
    ({"A2"}, _severe),
    ({"A3"}, _bad_day),
    ({"A4"}, _flares),
    ({"F1"}, _unable),
    ({"C1", "C2", "IC1", "IC2", "WC1", "WC2"}, _shift),
    ({"T1", "T2", "IT1", "IT2", "WT1", "WT2"}, _rise),
    ({"C3"}, _persistent),
    ({"I2"}, _both),
    ({"X1"}, _with_exercise),
    ({"P1"}, _function),
    ({"M1"}, _mood),
    ({"K1"}, _medicine),
    ({"N1", "N2"}, _silence),
    ({"TM4", "TM7", "TM14", "TM28", "TM84", "TMR", "EN"}, _time),
)
