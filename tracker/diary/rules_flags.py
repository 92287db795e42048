"""Red flags: which question has which urgency (CLINICAL 1.4 and 1.8).

Pure. A question is answered *no*, *yes, new or worse*, or *yes, old and already checked by a clinician*. Being checked
lowers only what CLINICAL says it lowers: the signs of nerves and spinal cord become "doctor soon" and stay on record,
an injury does once it is also older than two weeks, and pain on breathing does; everything else keeps its level,
because the product over-refers rather than reassure (CLINICAL, "five facts", 2). No answer ever says "you are fine".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from tracker.regimen.rules_levels import Level


class Answer(StrEnum):
    """What somebody says to a red-flag question."""

    NO = "no"
    NEW = "new"
    CHECKED = "checked"


@dataclass(frozen=True, slots=True)
class FlagAnswer:
    """An answer with the one detail some questions need; `detail` is that question's own (see `RedFlag.detail`)."""

    answer: Answer
    detail: bool | None = None


@dataclass(frozen=True, slots=True)
class RedFlag:
    """One question of CLINICAL 1.4.

    `level` holds when it is new or worse, `checked` when a clinician has already looked at it. `detail` names a second
    question with yes or no; when its answer is `detail_is`, `level_then` replaces `level`. A detail that is missing
    changes nothing.
    """

    code: str
    level: Level
    checked: Level
    detail: str | None = None
    detail_is: bool | None = None
    level_then: Level | None = None
    crisis: bool = False


E, U, D = Level.EMERGENCY, Level.URGENT, Level.REVIEW

_FLAGS: Final = (
    RedFlag("E_CARDIAC", E, E),
    RedFlag("E_TEARING", E, E),
    RedFlag("E_BREATH", E, E),
    RedFlag("E_BLADDER_BOWEL", E, D),
    RedFlag("E_SADDLE", E, D),
    RedFlag("E_WEAK", E, D),
    RedFlag("E_NUMB", E, D),
    # "E if sudden, else U".
    RedFlag("E_GAIT", E, D, detail="sudden", detail_is=False, level_then=U),
    # 1.8 Q2: an emergency unless older than 14 days *and* already assessed. The detail is asked with "checked" only.
    RedFlag("E_TRAUMA", E, E, detail="older_than_14_days"),
    # "E with any cardiac or nerve sign, alone: U"; see `flag_levels`.
    RedFlag("E_SPREAD_CHEST", U, U),
    RedFlag("U_FEVER", U, U),
    RedFlag("U_WEIGHT_LOSS", U, U),
    RedFlag("U_CANCER", U, U),
    RedFlag("U_IMMUNE", U, U),
    RedFlag("U_NIGHT", U, U),
    RedFlag("U_BREATH_PAIN", U, D),
    RedFlag("U_LUNG", U, U),
    RedFlag("U_OSTEO", U, U),
    RedFlag("U_SHAPE", U, U),
    RedFlag("U_SEVERE", U, U),
    RedFlag("D_ARM", D, D),
    # "D (E if severe)".
    RedFlag("D_ORGAN", D, E, detail="severe", detail_is=True, level_then=E),
    RedFlag("D_AGE", D, D),
    RedFlag("D_PREG", D, D),
    RedFlag("C_MOOD", E, E, crisis=True),
)

RED_FLAGS: Final[Mapping[str, RedFlag]] = MappingProxyType({flag.code: flag for flag in _FLAGS})
"""Every question by its code, the most urgent first."""

CLEARANCE_FIRST: Final = frozenset({"D_AGE", "D_PREG"})
"""Signs after which no programme starts before a clinician has examined the person (1.4: "D before programme",
"clearance first"), although they are no more urgent than "doctor soon".
"""

WITH_CHEST_BAND: Final = frozenset(
    {"E_CARDIAC", "E_TEARING", "E_BREATH", "E_BLADDER_BOWEL", "E_SADDLE", "E_WEAK", "E_NUMB", "E_GAIT"}
)
"""Cardiac and nerve signs that make a tight band round the chest an emergency."""


class UnknownFlagError(ValueError):
    """A code that is no red flag of ours; `code` holds it. Never ignored: it could be one that a newer page asks."""

    def __init__(self, code: str) -> None:
        super().__init__(f"{code} is not a red flag this version knows")
        self.code = code


def flag_level(code: str, given: FlagAnswer) -> Level:
    """How urgent one answer is by itself. Raises UnknownFlagError."""
    if code not in RED_FLAGS:
        raise UnknownFlagError(code)
    flag = RED_FLAGS[code]
    if given.answer is Answer.NO:
        return Level.STEADY
    if code == "E_TRAUMA" and given.answer is Answer.CHECKED:
        return D if given.detail is True else E
    level = flag.level
    if flag.level_then is not None and given.detail is flag.detail_is:
        level = flag.level_then
    return min(level, flag.checked) if given.answer is Answer.CHECKED else level


def flag_levels(answers: Mapping[str, FlagAnswer]) -> dict[str, Level]:
    """The level of every answer that says yes, by code. Raises UnknownFlagError.

    A tight band round the chest is an emergency together with any new sign of heart or nerves.
    """
    found = {code: flag_level(code, given) for code, given in answers.items()}
    found = {code: level for code, level in found.items() if level > Level.STEADY}
    together = any(found.get(code, Level.STEADY) is E for code in WITH_CHEST_BAND)
    if "E_SPREAD_CHEST" in found and together:
        found["E_SPREAD_CHEST"] = E
    return found
