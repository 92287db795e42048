"""What ``tracker watch --status`` says: from the spool and the lock, without disturbing the agent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from gettext import gettext as _
from typing import Any

from tracker.vision.watch.courier import Link
from tracker.vision.watch.pairing import Places, is_running, read_pairing
from tracker.vision.watch.places import newest_per_place
from tracker.vision.watch.spool import Spool, instant_of, text_of
from tracker.vision.watch.telling import Hold
from tracker.vision.watch.wishes import wanted_of
from tracker.vision.watch.words import hold_words, link_words, verdict_words


def report_of(folders: Places, spool: Spool, now: datetime) -> dict[str, Any]:
    """The facts."""
    pairing = read_pairing(folders.pairing)
    wanted = wanted_of(spool)
    running = is_running(folders)
    return {
        "running": running,
        "paired": None if pairing is None else {"server": pairing.server, "person": pairing.person},
        "places": [place["name"] for place in newest_per_place(spool)],
        "unsent_minutes": spool.count_unsent(),
        "quiet": wanted.quiet,
        "paused_until": _later(wanted.paused_until, now),
        "snoozed_until": _later(wanted.snoozed_until, now),
        "quiet_hours_until": _later(wanted.quiet_hours_until, now),
        "now": spool.noted("status") if running else None,
    }


def _later(until: datetime | None, now: datetime) -> str | None:
    return text_of(until) if until is not None and until > now else None


def sentences_of(report: Mapping[str, Any]) -> str:
    """The same for a person."""
    return "\n".join(_sentences(report))


def _sentences(report: Mapping[str, Any]) -> list[str]:
    now, paired = report["now"], report["paired"]
    said = [_running(now) if report["running"] else _("Not running.")]
    if paired is None:
        said.append(_("Not paired: everything stays on this computer."))
    else:
        said.append(_("Connected with the account of {person} at {server}.").format(**paired))
    if now is not None and now["link"] not in {Link.FINE, Link.UNTRIED, Link.ALONE}:
        said.append(f"{link_words(Link(now['link'])).capitalize()}.")
    if paired is not None and report["unsent_minutes"]:
        said.append(_("Minutes that wait for the server: {count}.").format(count=report["unsent_minutes"]))
    places = ", ".join(report["places"])
    said.append(_("Calibrated: {places}.").format(places=places) if places else _("Not calibrated yet."))
    if report["quiet"]:
        said.append(_("Quiet: nothing is said."))
    for name, sentence in (
        ("paused_until", _("Paused until {time}.")),
        ("snoozed_until", _("Snoozed until {time}.")),
        ("quiet_hours_until", _("Quiet hours until {time}.")),
    ):
        if report[name]:
            said.append(sentence.format(time=f"{instant_of(report[name]).astimezone():%H:%M}"))
    return said


def _running(now: Mapping[str, Any] | None) -> str:
    if now is None:
        return _("Starting.")
    if now["hold"]:
        return f"{hold_words(Hold(now['hold']))}."
    return f"{verdict_words(now['verdict'])}." if now["verdict"] else _("Starting.")
