"""The audit trail in words. An action is `what.deed`; both have a word, and a test walks the code for new ones."""

from __future__ import annotations

from typing import Any, Final

from flask_babel import gettext, lazy_gettext

WHAT: Final[dict[str, Any]] = {
    "absence": lazy_gettext("Absence"),
    "account": lazy_gettext("Account"),
    "alert": lazy_gettext("Alert"),
    "alert_parameters": lazy_gettext("Numbers of alerts"),
    "alerts": lazy_gettext("Alerts"),
    "appointment": lazy_gettext("Appointment"),
    "audit": lazy_gettext("Audit trail"),
    "baseline": lazy_gettext("Sitting pose"),
    "break": lazy_gettext("Break"),
    "call": lazy_gettext("Call"),
    "care": lazy_gettext("Care"),
    "caseload": lazy_gettext("List of patients"),
    "cautions": lazy_gettext("Cautions"),
    "channels": lazy_gettext("Ways of reminding"),
    "check_in": lazy_gettext("Check-in"),
    "clinic": lazy_gettext("Clinic"),
    "course": lazy_gettext("Course"),
    "computer": lazy_gettext("Computer at the desk"),
    "consent": lazy_gettext("Consent"),
    "desk_check": lazy_gettext("Desk check"),
    "duty": lazy_gettext("Duty"),
    "easing": lazy_gettext("Easing"),
    "episode": lazy_gettext("Examination"),
    "exercise": lazy_gettext("Own exercise"),
    "invitation": lazy_gettext("Invitation"),
    "letter": lazy_gettext("Letter"),
    "library": lazy_gettext("Page of an exercise, with the names to prescribe it to"),
    "message": lazy_gettext("Message"),
    "message_template": lazy_gettext("Words for messages"),
    "minutes": lazy_gettext("Minutes at the desk"),
    "note": lazy_gettext("Note"),
    "password": lazy_gettext("Password"),
    "patient": lazy_gettext("Record"),
    "place": lazy_gettext("Place at the desk"),
    "plan": lazy_gettext("Plan"),
    "plan_template": lazy_gettext("Programme"),
    "posture": lazy_gettext("Posture"),
    "profile": lazy_gettext("Profile"),
    "proposal": lazy_gettext("Proposed step"),
    "proposals": lazy_gettext("List of proposed steps"),
    "record": lazy_gettext("Whole record"),
    "recovery_code": lazy_gettext("Recovery code"),
    "repetition": lazy_gettext("Repetition"),
    "report": lazy_gettext("Report"),
    "second_factor": lazy_gettext("Second step of signing in"),
    "session": lazy_gettext("Session"),
    "sign_in": lazy_gettext("Sign-in"),
    "solo": lazy_gettext("Installation"),
    "team": lazy_gettext("Team"),
    "track": lazy_gettext("Movement of a session"),
    "view": lazy_gettext("View of the list"),
    "worklist": lazy_gettext("List of alerts"),
}

DEED: Final[dict[str, Any]] = {
    "accepted": lazy_gettext("accepted"),
    "accepted_baseline": lazy_gettext("usual level accepted"),
    "acknowledged": lazy_gettext("taken"),
    "adopted": lazy_gettext("put into the plan"),
    "archived": lazy_gettext("put away"),
    "booked": lazy_gettext("booked"),
    "cancelled": lazy_gettext("taken back"),
    "changed": lazy_gettext("changed"),
    "checked": lazy_gettext("checked"),
    "closed": lazy_gettext("closed"),
    "confirmed": lazy_gettext("confirmed"),
    "contacted": lazy_gettext("contact made"),
    "correct": lazy_gettext("opened to correct"),
    "corrected": lazy_gettext("corrected"),
    "decide": lazy_gettext("opened to decide"),
    "declined": lazy_gettext("declined"),
    "done": lazy_gettext("done"),
    "ended": lazy_gettext("ended"),
    "erased": lazy_gettext("erased"),
    "examine": lazy_gettext("opened to note an examination"),
    "examined": lazy_gettext("noted"),
    "exported": lazy_gettext("exported"),
    "failed": lazy_gettext("failed"),
    "feedback": lazy_gettext("answered about"),
    "forgotten": lazy_gettext("forgotten"),
    "granted": lazy_gettext("given"),
    "handed_over": lazy_gettext("handed over"),
    "imported": lazy_gettext("brought in"),
    "lapsed": lazy_gettext("lapsed"),
    "left": lazy_gettext("signed off"),
    "made": lazy_gettext("made"),
    "marked_read": lazy_gettext("marked as read"),
    "off": lazy_gettext("turned off"),
    "on": lazy_gettext("turned on"),
    "opened": lazy_gettext("opened again"),
    "outcome": lazy_gettext("outcome told"),
    "paired": lazy_gettext("paired"),
    "planned": lazy_gettext("planned"),
    "preview": lazy_gettext("tried out"),
    "read": lazy_gettext("looked at"),
    "received": lazy_gettext("received"),
    "recorded": lazy_gettext("recorded"),
    "release_refused": lazy_gettext("lock not lifted"),
    "released": lazy_gettext("lock lifted"),
    "renamed": lazy_gettext("renamed"),
    "reset_link": lazy_gettext("link for a new one made"),
    "restored": lazy_gettext("brought back"),
    "revised": lazy_gettext("changed"),
    "revoked": lazy_gettext("ended from elsewhere"),
    "rhythm": lazy_gettext("rhythm changed"),
    "saved": lazy_gettext("saved"),
    "sent": lazy_gettext("sent"),
    "set_up": lazy_gettext("set up"),
    "settings": lazy_gettext("settings changed"),
    "shared": lazy_gettext("shared"),
    "snoozed": lazy_gettext("put to rest"),
    "stand_in": lazy_gettext("stood in"),
    "succeeded": lazy_gettext("done"),
    "used": lazy_gettext("used"),
    "withdrawn": lazy_gettext("taken back"),
    "write": lazy_gettext("opened to write"),
    "written": lazy_gettext("written"),
}

KINDS: Final[dict[str, Any]] = {
    "all": lazy_gettext("Everything"),
    "reads": lazy_gettext("Who looked"),
    "changes": lazy_gettext("Who changed something"),
    "accounts": lazy_gettext("Accounts and signing in"),
}

FLAWS: Final[dict[str, Any]] = {
    "changed": lazy_gettext("Lines under seal %(seal)d were changed."),
    "removed": lazy_gettext("Lines under seal %(seal)d are missing."),
    "no_seal": lazy_gettext("Seal %(seal)d is missing, or does not follow the one before."),
    "late": lazy_gettext("A line under seal %(seal)d says that it is older than it can be."),
    "not_as_kept": lazy_gettext("Seal %(seal)d is not the one that was kept."),
}


def action(key: str) -> str:
    """What was done, in words; the key itself where it is from another version."""
    what, _dot, deed = key.partition(".")
    if what not in WHAT or deed not in DEED:
        return key
    return str(gettext("%(what)s: %(deed)s", what=WHAT[what], deed=DEED[deed]))


def flaw(key: str, seal: int) -> str:
    """What is wrong with the trail, and where."""
    return str(FLAWS[key]) % {"seal": seal}
