"""The words of reports and letters. `SECTIONS` is also the order in which they stand (CLINICAL 7.3)."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import lazy_gettext as _l

SECTIONS: Final[dict[str, Any]] = {
    "summary": _l("In short"),
    "pain": _l("Pain"),
    "function": _l("Function"),
    "adherence": _l("Exercise done"),
    "progression": _l("Changes of the plan"),
    "quality": _l("How it was done"),
    "range": _l("Range of motion"),
    "posture": _l("Posture and breaks"),
    "alerts": _l("Alerts"),
    "medicines": _l("Medicines"),
    "missing": _l("What is missing"),
}

OF_A_LETTER: Final = ("summary", "pain", "function", "alerts", "medicines")
"""What goes with a referral letter unless something else is chosen."""

PERIODS: Final[dict[str, Any]] = {"28": _l("4 weeks"), "84": _l("12 weeks"), "182": _l("6 months"), "365": _l("1 year")}

KINDS: Final[dict[str, Any]] = {"report": _l("Progress report"), "letter": _l("Referral letter")}
