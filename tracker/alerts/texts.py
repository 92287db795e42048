"""The words of escalation: names of levels, families, rules, red flags, and of what happens to an alert (CLINICAL 1.4,
5.1, 5.2). What a rule saw is said in `rule_texts`, what a patient reads in `patient_texts`. A test compares the tables
with the engine.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask_babel import lazy_gettext

Sentences = Mapping[Any, Any]
"""Key to a lazily translated sentence."""

FALLBACK: Final = "_"

LEVELS: Final[Sentences] = {
    0: lazy_gettext("Steady"),
    1: lazy_gettext("Watch"),
    2: lazy_gettext("Look soon"),
    3: lazy_gettext("Today"),
    4: lazy_gettext("Emergency"),
    FALLBACK: lazy_gettext("Unknown"),
}

FAMILIES: Final[Sentences] = {
    "red": lazy_gettext("Warning sign"),
    "acute": lazy_gettext("Sudden worsening"),
    "trend": lazy_gettext("Slow worsening"),
    "time": lazy_gettext("Takes long"),
    "nonresponse": lazy_gettext("Silence"),
    "exercise": lazy_gettext("Pain with exercise"),
    "wellbeing": lazy_gettext("Function, mood, medicine"),
    FALLBACK: lazy_gettext("Other"),
}

RULES: Final[Sentences] = {
    "RED-E": lazy_gettext("Warning sign: emergency"),
    "RED-U": lazy_gettext("Warning sign: same day"),
    "RED-D": lazy_gettext("Warning sign: see a doctor"),
    "CRISIS": lazy_gettext("Thoughts of self-harm"),
    "A1": lazy_gettext("Very severe pain that limits everything"),
    "A2": lazy_gettext("Severe pain far above the usual"),
    "A3": lazy_gettext("A bad day or a flare"),
    "A4": lazy_gettext("Flares on several days"),
    "F1": lazy_gettext("Cannot do normal activities"),
    "C1": lazy_gettext("Pain stays above the usual"),
    "C2": lazy_gettext("Pain stays clearly above the usual"),
    "C3": lazy_gettext("Self-care has not helped"),
    "T1": lazy_gettext("Pain rises over weeks"),
    "T2": lazy_gettext("Pain rises clearly over weeks"),
    "IC1": lazy_gettext("Interference stays above the usual"),
    "IT1": lazy_gettext("Interference rises over weeks"),
    "WC1": lazy_gettext("Worst pain stays above the usual"),
    "WT1": lazy_gettext("Worst pain rises over weeks"),
    "I2": lazy_gettext("Pain and interference both rise"),
    "X1": lazy_gettext("Pain with an exercise"),
    "P1": lazy_gettext("Function has fallen"),
    "M1": lazy_gettext("Low mood"),
    "K1": lazy_gettext("Much pain medicine"),
    "N1": lazy_gettext("Missed check-ins"),
    "N2": lazy_gettext("Many missed check-ins"),
    "TM4": lazy_gettext("No improvement after a few days"),
    "TM7": lazy_gettext("Little improvement after a week"),
    "TM14": lazy_gettext("Still in pain after two weeks"),
    "TM28": lazy_gettext("Still in pain after four weeks"),
    "TM84": lazy_gettext("Three months"),
    "TMR": lazy_gettext("Review date"),
    "EN": lazy_gettext("High pain at the start"),
    FALLBACK: lazy_gettext("Another rule"),
}

FLAGS: Final[Sentences] = {
    "E_CARDIAC": lazy_gettext("back pain with signs of the heart"),
    "E_TEARING": lazy_gettext("sudden tearing pain or fainting"),
    "E_BREATH": lazy_gettext("sudden breathlessness"),
    "E_BLADDER_BOWEL": lazy_gettext("bladder or bowel control"),
    "E_SADDLE": lazy_gettext("numbness around genitals, buttocks or inner thighs"),
    "E_WEAK": lazy_gettext("weakness in arms or legs"),
    "E_NUMB": lazy_gettext("numbness or tingling"),
    "E_GAIT": lazy_gettext("unsteady legs, clumsy hands or electric shocks"),
    "E_TRAUMA": lazy_gettext("pain after an injury"),
    "E_SPREAD_CHEST": lazy_gettext("a tight band round the chest"),
    "U_FEVER": lazy_gettext("fever, chills or feeling very ill"),
    "U_WEIGHT_LOSS": lazy_gettext("unexplained weight loss"),
    "U_CANCER": lazy_gettext("a history of cancer with new or constant pain"),
    "U_IMMUNE": lazy_gettext("a risk of infection with new pain"),
    "U_NIGHT": lazy_gettext("constant pain that no position eases, at night too"),
    "U_BREATH_PAIN": lazy_gettext("pain on a deep breath or cough"),
    "U_LUNG": lazy_gettext("a lung disease with new pain"),
    "U_OSTEO": lazy_gettext("weak bones and sudden pain"),
    "U_SHAPE": lazy_gettext("a lump, swelling or change of shape"),
    "U_SEVERE": lazy_gettext("severe pain that stops normal activities"),
    "D_ARM": lazy_gettext("pain shooting down an arm, or headache from the base of the skull"),
    "D_ORGAN": lazy_gettext("pain linked to meals or organs"),
    "D_AGE": lazy_gettext("new pain under 20 or over 50"),
    "D_PREG": lazy_gettext("pregnancy, surgery, blood thinners, blood pressure or heart"),
    "C_MOOD": lazy_gettext("thoughts of self-harm"),
    FALLBACK: lazy_gettext("another warning sign"),
}

EXERCISE_REASONS: Final[Sentences] = {
    "during": lazy_gettext("above the safe zone during the exercise"),
    "sharp": lazy_gettext("stopped because of pain"),
    "neurological": lazy_gettext("numbness or tingling with it"),
    "next morning": lazy_gettext("not settled by the next morning"),
    FALLBACK: lazy_gettext("outside the safe zone"),
}

DISPOSITIONS: Final[Sentences] = {
    "contacted": lazy_gettext("Spoke with the patient"),
    "plan_changed": lazy_gettext("Changed the plan"),
    "expected": lazy_gettext("Expected, nothing to do"),
    "referred": lazy_gettext("Sent on to a doctor"),
    "false_alarm": lazy_gettext("False alarm"),
    "resolved": lazy_gettext("Has settled"),
    "new_baseline": lazy_gettext("Accepted as the new usual"),
    "released": lazy_gettext("Lifted by the person after an examination"),
    "settled": lazy_gettext("Ended by itself"),
    FALLBACK: lazy_gettext("Closed"),
}
"""What came of an alert. `workflow_service.DISPOSITIONS` are those that somebody chooses when closing."""

EVENTS: Final[Sentences] = {
    "raised": lazy_gettext("Raised"),
    "rose": lazy_gettext("Became more urgent"),
    "notified": lazy_gettext("Told somebody"),
    "escalated": lazy_gettext("Asked again"),
    "acknowledged": lazy_gettext("Acknowledged"),
    "snoozed": lazy_gettext("Put off"),
    "woken": lazy_gettext("Is back"),
    "resolved": lazy_gettext("Has settled by itself"),
    "returned": lazy_gettext("Fired again"),
    "outcome": lazy_gettext("The patient answered"),
    "contacted": lazy_gettext("Contacted the patient"),
    "release_refused": lazy_gettext("The person may not exercise yet"),
    "closed": lazy_gettext("Closed"),
    "accepted_baseline": lazy_gettext("Accepted as the new usual"),
    "confirmed": lazy_gettext("Confirmed"),
    "settled": lazy_gettext("Ended by itself"),
    FALLBACK: lazy_gettext("Something happened"),
}


def say(table: Sentences, key: Any) -> str:
    """The sentence for a key, or the table's fallback."""
    return str(table.get(key, table[FALLBACK]))
