"""What a person's record is, table by table. Pure data; everything that exports, imports or erases reads it.

Every table of the schema is in exactly one of three places, and a test fails for one that is in none, and for a column
that is neither exported nor `omitted` with a reason:

- `RECORD`: what the person takes along. It comes back from an import as it was.
- `HERE`: what happened to the record in this installation, such as who looked at it. Exported to be read, not imported.
- `LEFT_OUT`: not about this person, or a secret; with the reason.

Tables are named, not imported: rooms that do not see each other (`tracker.clinic` and this one) have tables in the same
record. The names are looked up in the schema when the application runs, and a name that is not there is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

FORMAT: Final = "rhomboid-record"
VERSION: Final = 1

PERSON: Final = "person"
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Part:
    """One table of a record.

    `whose`: the column that says whose a row is: the person's id, or with `of` the key of a row of that table. The
    column with the person's id is not written: it would say the same in every row. `order` makes the order of rows
    stable; its last columns are unique. `loose`: columns with the id of a row of another table that need not be there
    any more, and that no foreign key guards. `also`: further columns with the person's id that make a row theirs.
    `fresh`: ids besides the key that must be unknown where it is imported.
    """

    table: str
    whose: str = "patient_id"
    of: str | None = None
    order: tuple[str, ...] = ("id",)
    loose: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    also: tuple[str, ...] = ()
    fresh: tuple[str, ...] = ()
    omitted: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def is_the_persons(self) -> bool:
        """Whether its rows carry the person's id themselves."""
        return self.of is None and self.whose != "id"


_DECIDED_HERE: Final = "decided anew by the installation that has the record"

RECORD: Final = (
    Part(
        PERSON,
        whose="id",
        omitted={
            "clinic_id": _DECIDED_HERE,
            "role": "always patient",
            "is_admin": "only staff run a clinic",
            "solo": _DECIDED_HERE,
            "active": _DECIDED_HERE,
            "email_hash": "made from the address with a key of the installation",
            "password_hash": "a secret",
            "totp_secret": "a secret",
            "totp_last_step": "belongs to the secret",
        },
    ),
    Part("consent", whose="person_id", order=("granted_at", "id")),
    Part(
        "alert_parameters",
        order=("number",),
        omitted={
            "clinic_id": _DECIDED_HERE,
            "number": "counts through a whole clinic; the order of rows says the same",
        },
    ),
    Part("plan", order=("created_at", "id")),
    Part("plan_revision", whose="plan_id", of="plan", order=("plan_id", "number")),
    Part("prescription", whose="revision_id", of="plan_revision", order=("revision_id", "position", "id")),
    Part("easing", order=("created_at", "id")),
    Part("proposal", order=("made_at", "id")),
    Part("training_session", order=("started_at", "id")),
    Part("set_result", whose="session_id", of="training_session", order=("started_at", "number", "id")),
    Part("repetition", whose="set_id", of="set_result", order=("set_id", "position")),
    Part("track", whose="set_id", of="set_result", order=("created_at", "set_id")),
    Part(
        "check_in",
        order=("received_at", "answered_at", "id"),
        loose={"session_id": "training_session"},
        fresh=("entry_id",),
    ),
    Part("episode", order=("created_at", "id")),
    Part("diary_settings", order=("patient_id",)),
    Part("desk_check", order=("created_at", "id")),
    Part(
        "standing",
        order=("patient_id",),
        loose={"alert_id": "alert"},
        omitted={"evaluated_through": "how far the regular look of an installation has come"},
    ),
    Part("alert", order=("opened_at", "id")),
    Part("alert_event", whose="alert_id", of="alert", order=("at", "id")),
    Part("posture_settings", order=("patient_id",)),
    Part("posture_baseline", order=("made_at", "id"), fresh=("place_id",)),
    Part(
        "posture_watcher",
        order=("created_at", "id"),
        omitted={"token_hash": "a secret", "revoked_at": "an imported computer has no token and is never let in"},
    ),
    Part("posture_minute", order=("starts_at", "watcher_id"), loose={"baseline_id": "posture_baseline"}),
    Part(
        "posture_break",
        order=("offered_at", "id"),
        loose={"watcher_id": "posture_watcher", "prescription_id": "prescription"},
    ),
    Part(
        "reminder_settings",
        whose="person_id",
        order=("person_id",),
        omitted={"calendar_hash": "a secret", "calendar_since": "belongs to the secret"},
    ),
    Part("reminder_rule", whose="person_id"),
    Part("message", order=("sent_at", "id")),
    Part("patient_note", order=("at", "id")),
    Part("appointment", order=("starts_at", "id")),
)
"""In the order in which rows can be written: nothing refers to what comes later."""

EXERCISES: Final = (
    Part("clinic_exercise", whose="id", order=("id",), omitted={"clinic_id": _DECIDED_HERE}),
    Part("clinic_exercise_revision", whose="exercise_id", of="clinic_exercise", order=("exercise_id", "number")),
)
"""The clinic's own exercises that the record mentions: without them, nobody could read what was prescribed."""

HERE: Final = (
    Part("care_link", order=("since", "id"), omitted={"absence_id": "about the physiotherapist's absence"}),
    Part(
        "delivery",
        whose="person_id",
        order=("created_at", "id"),
        omitted={"lease": "of the queue", "lease_until": "of the queue"},
    ),
    Part(
        "audit_event",
        order=("at", "id"),
        loose={"actor_id": PERSON},
        also=("actor_id",),
        omitted={"clinic_id": "the same for the whole trail"},
    ),
)
"""Care links say who may open the record here; a message that was planned here must not be sent from elsewhere; and an
audit trail into which somebody can bring lines of their own proves nothing.
"""

PARTS: Final = (*RECORD, *EXERCISES, *HERE)

LEFT_OUT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "clinic": "about the clinic; the one that imports takes its place",
        "absence": "about a physiotherapist",
        "invitation": "holds the hash of a link that lets somebody in; whom it brought is the person",
        "set_up_link": "about the installation, and a secret",
        "sign_in_session": "what lets a browser in",
        "sign_in_attempt": "keyed fingerprints for the throttle, kept for a day",
        "recovery_code": "secrets; staff only",
        "audit_seal": "covers the trail of the whole installation",
        "audit_sealed": "covers the trail of the whole installation",
        "plan_template": "about the clinic",
        "clinic_duty": "about the clinic",
        "clinic_channels": "about the clinic, and secrets",
        "push_subscription": "keys with which a browser can be written to",
        "posture_pairing": "a short-lived secret",
        "message_template": "about the clinic",
        "saved_view": "about a physiotherapist",
        "erasure": "about somebody who is gone",
    }
)

MENTIONS_EXERCISES: Final = (
    ("prescription", "exercise"),
    ("easing", "exercise"),
    ("proposal", "exercise"),
    ("training_session", "exercise"),
    ("posture_break", "exercise"),
)
"""Where a record names exercises."""


def part_of(table: str) -> Part:
    """The part with this table. Raises KeyError."""
    return _BY_TABLE[table]


_BY_TABLE: Final = {part.table: part for part in PARTS}
