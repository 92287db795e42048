"""The words of the diary: questions (CLINICAL 4.1), red flags (1.4), what a level means for the person (5.1), and what
their numbers may mean (4.2). Keys come from `rules_forms`, `rules_flags` and `rules_meaning`; a test compares them.

Plain words, second person, no blame. What must stand out stands between two asterisks. No sentence here says that
somebody is well: the product cannot know it. Sentences for the urgent levels stand alone and need nobody's reply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flask_babel import format_date, format_decimal, gettext, lazy_gettext, ngettext

from tracker.diary import rules_meaning
from tracker.regimen.rules_levels import Level

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from tracker.accounts.emergency import Numbers

Sentences = dict[str, Any]
"""Key to a lazily translated sentence."""

FORM_TITLES: Final[Sentences] = {
    "intake": lazy_gettext("Before you start"),
    "daily": lazy_gettext("Daily check-in"),
    "weekly": lazy_gettext("Your week"),
    "fortnight": lazy_gettext("Your activities"),
    "monthly": lazy_gettext("How you feel"),
    "morning": lazy_gettext("The morning after"),
    "flags": lazy_gettext("Anything new?"),
}

FORM_LEADS: Final[Sentences] = {
    "intake": lazy_gettext(
        "First the signs that a doctor should look at. No exercise starts before these are answered. Nobody reads your "
        "answers live."
    ),
    "daily": lazy_gettext("How was your upper back?"),
    "weekly": lazy_gettext("About the last seven days."),
    "fortnight": lazy_gettext("How well do the things go that matter to you?"),
    "monthly": lazy_gettext("Two questions about the last two weeks."),
    "morning": lazy_gettext("How is it on the morning after your exercises?"),
    "flags": lazy_gettext("Tell it as it is; it helps to decide whether to exercise."),
}

FORM_WHY: Final[Sentences] = {
    "intake": lazy_gettext("Needed before the first exercise."),
    "daily": lazy_gettext("Under a minute."),
    "weekly": lazy_gettext("Once a week."),
    "fortnight": lazy_gettext("Every two weeks."),
    "monthly": lazy_gettext("Once a month."),
    "morning": lazy_gettext("One question about yesterday's exercises."),
    "flags": lazy_gettext("When something is new or worse, at any time."),
}

STEP_TITLES: Final[Sentences] = {
    "flags": lazy_gettext("Warning signs"),
    "pain": lazy_gettext("Pain"),
    "episode": lazy_gettext("How it began"),
    "person": lazy_gettext("About you"),
    "goals": lazy_gettext("What matters to you"),
    "night": lazy_gettext("Night and medicine"),
    "body": lazy_gettext("Where it hurts"),
    "peg": lazy_gettext("Your week with the pain"),
    "mood": lazy_gettext("Mood"),
    "medicines": lazy_gettext("Medicines"),
    "activities": lazy_gettext("Your activities"),
    "phq2": lazy_gettext("The last two weeks"),
    "self_harm": lazy_gettext("One more question"),
}

QUESTIONS: Final[Sentences] = {
    "intake.flags": lazy_gettext("**Do you have any of these?** Look at each one."),
    "intake.average_7d": lazy_gettext(
        "On a scale from 0 (no pain) to 10 (worst pain you can imagine), how strong was your upper back pain "
        "**on average in the last 7 days**?"
    ),
    "intake.worst_7d": lazy_gettext("How strong was it **at its worst in the last 7 days**?"),
    "intake.body": lazy_gettext("Where does it hurt, and how much?"),
    "intake.symptoms": lazy_gettext("What is it like? Tick all that fit."),
    "intake.began_on": lazy_gettext("When did this pain begin? Roughly is enough."),
    "intake.examined": lazy_gettext("Has a doctor or physiotherapist examined you for this pain?"),
    "intake.examined_on": lazy_gettext("When was that?"),
    "intake.causes": lazy_gettext("What could have to do with it? Tick all that fit."),
    "intake.age_band": lazy_gettext("How old are you?"),
    "intake.cautions": lazy_gettext("Does any of this apply to you? Exercises are chosen with it in mind."),
    "intake.work": lazy_gettext("What is your work like?"),
    "intake.kit": lazy_gettext("What do you have at home?"),
    "intake.activities": lazy_gettext(
        "Name up to three things that you cannot do, or not well, because of your back. You will see how they change."
    ),
    "intake.note": lazy_gettext("What do you want to be able to do again?"),
    "daily.flags": lazy_gettext("**New or worse since your last check-in?** Tick all."),
    "daily.average": lazy_gettext(
        "On a scale from 0 (no pain) to 10 (worst pain you can imagine), how strong was your upper back pain "
        "**on average in the last 24 hours**?"
    ),
    "daily.worst": lazy_gettext("How strong was it **at its worst in the last 24 hours**?"),
    "daily.now": lazy_gettext("How strong is it **right now**?"),
    "daily.interference": lazy_gettext(
        "In the last 24 hours, how much did the pain **get in the way of your usual activities**?"
    ),
    "daily.sleep": lazy_gettext("How well did you **sleep last night**?"),
    "daily.compared": lazy_gettext("Compared with your usual pain, it is"),
    "daily.flare": lazy_gettext("Has your pain **flared up**?"),
    "daily.activities": lazy_gettext("Did you do your normal activities?"),
    "daily.medicine": lazy_gettext("Did you take a medicine for the pain?"),
    "daily.body": lazy_gettext("Where did it hurt, and how much?"),
    "daily.note": lazy_gettext("Anything to add?"),
    "weekly.peg_pain": lazy_gettext("What number best describes your **pain on average** in the past week?"),
    "weekly.peg_enjoyment": lazy_gettext(
        "What number best describes how, during the past week, pain has interfered with your **enjoyment of life**?"
    ),
    "weekly.peg_activity": lazy_gettext(
        "What number best describes how, during the past week, pain has interfered with your **general activity**?"
    ),
    "weekly.mood": lazy_gettext("How was your **mood** in the past week?"),
    "weekly.stress": lazy_gettext("How much **stress** did you have in the past week?"),
    "weekly.medicines": lazy_gettext("Which medicines for the pain did you take in the last 7 days?"),
    "weekly.over_label": lazy_gettext("Did you take more of one than its label allows?"),
    "weekly.body": lazy_gettext("Where did it hurt in the past week, and how much?"),
    "weekly.note": lazy_gettext("Anything to add?"),
    "fortnight.activities": lazy_gettext("How well can you do this today?"),
    "fortnight.naming": lazy_gettext(
        "Name up to three things that you cannot do, or not well, because of your back. You will see how they change."
    ),
    "monthly.phq2-0": lazy_gettext(
        "Over the last 2 weeks, how often have you been bothered by **little interest or pleasure in doing things**?"
    ),
    "monthly.phq2-1": lazy_gettext(
        "Over the last 2 weeks, how often have you been bothered by **feeling down, depressed, or hopeless**?"
    ),
    "monthly.self_harm": lazy_gettext("Do you have thoughts of harming yourself?"),
    "morning.pain": lazy_gettext(
        "On a scale from 0 (no pain) to 10 (worst pain you can imagine), how strong is your upper back pain "
        "**this morning**?"
    ),
    "flags.flags": lazy_gettext("**New or worse since your last check-in?** Tick all."),
    "flags.now": lazy_gettext("How strong is your upper back pain **right now**?"),
    "flags.note": lazy_gettext("Anything to add?"),
}
"""By form and question."""

HELPS: Final[Sentences] = {
    "intake.flags": lazy_gettext(
        "Answer yes also when you are not sure. If a clinician has already looked at it and it has not become worse "
        "since, say so."
    ),
    "intake.examined": lazy_gettext("For this pain, not for another one."),
    "intake.activities": lazy_gettext("For example: carrying shopping, sitting through a film, lifting my child."),
    "intake.began_on": lazy_gettext("If it comes and goes: when did this spell begin?"),
    "daily.flare": lazy_gettext(
        "A worsening, lasting hours to weeks, that is hard to tolerate and usually affects your activities or emotions."
    ),
    "weekly.medicines": lazy_gettext(
        "Only the name and the days. Follow the label, and ask a pharmacist when you are not sure."
    ),
    "fortnight.activities": lazy_gettext("0: not at all. 10: as well as before the pain."),
    "monthly.self_harm": lazy_gettext("Whatever you answer, you see where to find somebody to talk to."),
}

ANCHORS: Final[Sentences] = {
    "no_pain": lazy_gettext("no pain"),
    "worst_pain": lazy_gettext("worst pain you can imagine"),
    "not_at_all": lazy_gettext("not at all"),
    "completely": lazy_gettext("completely"),
    "very_bad": lazy_gettext("very badly"),
    "very_good": lazy_gettext("very well"),
    "bad_mood": lazy_gettext("very low"),
    "good_mood": lazy_gettext("very good"),
    "no_interference": lazy_gettext("does not interfere"),
    "full_interference": lazy_gettext("completely interferes"),
    "no_stress": lazy_gettext("none"),
    "most_stress": lazy_gettext("as much as I can imagine"),
    "unable": lazy_gettext("cannot do it"),
    "as_before": lazy_gettext("as before"),
}

CHOICES: Final[Sentences] = {
    "compared.better": lazy_gettext("Better"),
    "compared.same": lazy_gettext("About the same"),
    "compared.worse": lazy_gettext("Worse"),
    "activities.yes": lazy_gettext("Yes"),
    "activities.no": lazy_gettext("No, I cannot do them"),
    "activities.new_no": lazy_gettext("No, and that is new or worse"),
    "age_band.under_20": lazy_gettext("Under 20"),
    "age_band.20_50": lazy_gettext("20 to 50"),
    "age_band.over_50": lazy_gettext("Over 50"),
    "work.sitting": lazy_gettext("Mostly sitting"),
    "work.standing": lazy_gettext("Mostly standing or walking"),
    "work.lifting": lazy_gettext("Lifting and carrying"),
    "work.mixed": lazy_gettext("A bit of everything"),
    "work.none": lazy_gettext("I do not work at present"),
    "phq2-0.0": lazy_gettext("Not at all"),
    "phq2-0.1": lazy_gettext("Several days"),
    "phq2-0.2": lazy_gettext("More than half the days"),
    "phq2-0.3": lazy_gettext("Nearly every day"),
    "phq2-1.0": lazy_gettext("Not at all"),
    "phq2-1.1": lazy_gettext("Several days"),
    "phq2-1.2": lazy_gettext("More than half the days"),
    "phq2-1.3": lazy_gettext("Nearly every day"),
    "kit.band": lazy_gettext("An exercise band"),
    "kit.dumbbell": lazy_gettext("Dumbbells"),
    "kit.bottle": lazy_gettext("A bottle of water"),
    "kit.mat": lazy_gettext("A mat"),
    "kit.chair": lazy_gettext("A firm chair"),
    "kit.wall": lazy_gettext("A free wall or a door frame"),
    "kit.stick": lazy_gettext("A broomstick"),
    "kit.table": lazy_gettext("A table"),
    "kit.towel": lazy_gettext("A towel"),
    "cautions.OP": lazy_gettext("Osteoporosis, or a broken bone of the spine"),
    "cautions.SH": lazy_gettext("A shoulder operation, or a shoulder that hurts or dislocates"),
    "cautions.CX": lazy_gettext("Pain, tingling or weakness that runs from the neck into an arm, or a neck operation"),
    "cautions.HT": lazy_gettext("High blood pressure or heart disease"),
    "cautions.PG": lazy_gettext("Pregnant, or recently given birth"),
    "cautions.WR": lazy_gettext("A wrist that hurts"),
    "cautions.KN": lazy_gettext("A knee that hurts"),
    "cautions.FL": lazy_gettext("I fall easily, or feel unsteady"),
    "causes.overuse": lazy_gettext("Overuse, repetitive work, a strain"),
    "causes.sprain": lazy_gettext("A sprain, an awkward movement, heavy lifting"),
    "causes.workstation": lazy_gettext("My workplace, or sitting for long"),
    "causes.sports_injury": lazy_gettext("An old or recent sports injury"),
    "causes.accident": lazy_gettext("An accident"),
    "causes.fracture": lazy_gettext("A fall or a broken bone"),
    "causes.osteoporosis": lazy_gettext("Thin bones (osteopenia, osteoporosis)"),
    "causes.arthritis": lazy_gettext("Worn joints of the spine or ribs (osteoarthritis)"),
    "causes.disc": lazy_gettext("A worn or slipped disc"),
    "causes.stenosis": lazy_gettext("A narrow spinal canal (worse standing straight, better bent)"),
    "causes.scoliosis": lazy_gettext("A curved spine (scoliosis, kyphosis)"),
    "causes.myofascial": lazy_gettext("Painful muscles and tissues (myofascial pain)"),
    "causes.pinched_nerve": lazy_gettext("A pinched nerve, bone spurs"),
    "causes.organ": lazy_gettext("An illness of heart, lungs, pancreas, gallbladder or kidneys"),
    "causes.cancer_infection": lazy_gettext("Cancer, a tumour or an infection, now or earlier"),
    "causes.stress": lazy_gettext("Stress, worry or low mood"),
    "causes.inactivity": lazy_gettext("Little movement"),
    "causes.overweight": lazy_gettext("Body weight"),
    "causes.smoking": lazy_gettext("Smoking"),
    "causes.heavy_bags": lazy_gettext("Heavy bags"),
    "causes.weak_core": lazy_gettext("Weak back or belly muscles"),
    "causes.unknown": lazy_gettext("I do not know"),
    "symptoms.dull": lazy_gettext("Dull, aching"),
    "symptoms.burning": lazy_gettext("Burning"),
    "symptoms.sharp": lazy_gettext("Sharp, stabbing"),
    "symptoms.shooting": lazy_gettext("Shooting"),
    "symptoms.spasm": lazy_gettext("A spasm, a cramp"),
    "symptoms.stiffness": lazy_gettext("Stiff, tight"),
    "symptoms.less_movement": lazy_gettext("I can move less"),
    "symptoms.tender": lazy_gettext("Tender to touch"),
    "symptoms.tender_ribs": lazy_gettext("Tender over the ribs"),
    "symptoms.headache": lazy_gettext("Headache from the base of the skull"),
    "symptoms.chest_band": lazy_gettext("Like a band around the chest"),
    "symptoms.deep_breath": lazy_gettext("Worse on a deep breath"),
    "symptoms.arm_pain": lazy_gettext("Pain in an arm"),
    "symptoms.hand_numbness": lazy_gettext("A numb hand"),
    "symptoms.widespread": lazy_gettext("In many places"),
    "symptoms.prickling": lazy_gettext("Prickling"),
    "symptoms.radiating": lazy_gettext("It spreads to arms or legs"),
    "symptoms.bent": lazy_gettext("I cannot straighten up"),
}
"""By question and choice."""

YES_NO: Final = (("yes", lazy_gettext("Yes")), ("no", lazy_gettext("No")))

FLAGS: Final[Sentences] = {
    "E_CARDIAC": lazy_gettext(
        "Back pain together with chest pain or pressure, shortness of breath, sweating, jaw pain, or nausea?"
    ),
    "E_TEARING": lazy_gettext(
        "Sudden, severe, tearing or ripping pain in chest or between the shoulder blades, or fainting with it?"
    ),
    "E_BREATH": lazy_gettext("Sudden breathlessness, or sudden sharp pain with breathlessness?"),
    "E_BLADDER_BOWEL": lazy_gettext("New loss of control of, or difficulty with, bladder or bowels?"),
    "E_SADDLE": lazy_gettext("Numbness around genitals, buttocks or inner thighs?"),
    "E_WEAK": lazy_gettext("New weakness in arms or legs?"),
    "E_NUMB": lazy_gettext("New numbness or tingling in arms, legs, stomach or chest?"),
    "E_GAIT": lazy_gettext("Legs unsteady or stiff, hands clumsy, electric shocks down the spine?"),
    "E_TRAUMA": lazy_gettext("Did this pain start after an injury: a fall, crash or blow?"),
    "E_SPREAD_CHEST": lazy_gettext("New tight band round the chest?"),
    "U_FEVER": lazy_gettext("Fever or chills, or feeling very ill, with the back pain?"),
    "U_WEIGHT_LOSS": lazy_gettext("Losing weight without trying?"),
    "U_CANCER": lazy_gettext("Ever had cancer, and this is new or constant pain?"),
    "U_IMMUNE": lazy_gettext(
        "Weak immune system, injected drugs, recent bacterial infection or spinal procedure, with new pain?"
    ),
    "U_NIGHT": lazy_gettext("Constant pain, not eased by any position or rest, waking you every night?"),
    "U_BREATH_PAIN": lazy_gettext("Pain clearly worse on a deep breath or cough (no breathlessness)?"),
    "U_LUNG": lazy_gettext("Known lung disease and new upper back pain?"),
    "U_OSTEO": lazy_gettext(
        "Osteoporosis or long steroid use, and sudden back pain after lifting, a cough or a minor bump?"
    ),
    "U_SHAPE": lazy_gettext("New lump, swelling or change of shape of the back?"),
    "U_SEVERE": lazy_gettext("Pain 8 to 10 and you cannot do normal activities?"),
    "D_ARM": lazy_gettext("Shooting pain down one arm, or headache from the base of the skull, unchanged for weeks?"),
    "D_ORGAN": lazy_gettext("Pain linked to meals, or belly pain, kidney or gallbladder disease?"),
    "D_AGE": lazy_gettext("New back pain, and you are under 20 or over 50?"),
    "D_PREG": lazy_gettext("Pregnant, recent surgery, blood thinners, uncontrolled blood pressure or heart disease?"),
    "C_MOOD": lazy_gettext("Thoughts of harming yourself?"),
}

FLAG_DETAILS: Final[Sentences] = {
    "sudden": lazy_gettext("Did it come suddenly?"),
    "older_than_14_days": lazy_gettext("Was the injury more than 14 days ago?"),
    "severe": lazy_gettext("Is the pain severe?"),
}

FLAG_ANSWERS: Final = (
    ("no", lazy_gettext("No")),
    ("new", lazy_gettext("Yes, new or worse")),
    ("checked", lazy_gettext("Yes, old and already checked by a clinician")),
)

FLAG_GROUPS: Final[Sentences] = {
    "emergency": lazy_gettext("Signs of an emergency"),
    "urgent": lazy_gettext("Signs to have looked at today"),
    "doctor": lazy_gettext("Signs to tell a doctor about"),
}

NONE_OF_THESE: Final = lazy_gettext("None of these")

REGIONS: Final[Sentences] = {
    "back-head": lazy_gettext("Back of the head"),
    "back-neck": lazy_gettext("Neck, back"),
    "back-upper_thoracic": lazy_gettext("Upper back, top third"),
    "back-middle_thoracic": lazy_gettext("Upper back, between the shoulder blades"),
    "back-lower_thoracic": lazy_gettext("Upper back, down to the lowest rib"),
    "back-lumbar": lazy_gettext("Lower back"),
    "back-shoulder_blade": lazy_gettext("Shoulder blade"),
    "back-shoulder": lazy_gettext("Shoulder, from behind"),
    "back-upper_arm": lazy_gettext("Upper arm, from behind"),
    "back-forearm": lazy_gettext("Forearm, from behind"),
    "back-hand": lazy_gettext("Hand, from behind"),
    "front-neck": lazy_gettext("Neck, front"),
    "front-chest": lazy_gettext("Chest"),
    "front-ribs": lazy_gettext("Ribs, front"),
    "front-shoulder": lazy_gettext("Shoulder, from the front"),
    "front-upper_arm": lazy_gettext("Upper arm, from the front"),
    "front-forearm": lazy_gettext("Forearm, from the front"),
    "front-hand": lazy_gettext("Hand, from the front"),
    "front-belly": lazy_gettext("Belly"),
}

SIDES: Final[Sentences] = {
    "left": lazy_gettext("left"),
    "centre": lazy_gettext("middle"),
    "right": lazy_gettext("right"),
}

_ONLY_IN_THE_MIDDLE: Final = frozenset({"back-head", "front-neck", "front-belly"})


def spot_text(spot: str) -> str:
    """A place of the body map in words."""
    region, _dash, side = spot.rpartition("-")
    if region in _ONLY_IN_THE_MIDDLE:
        return str(REGIONS[region])
    return str(gettext("%(region)s, %(side)s", region=REGIONS[region], side=SIDES[side]))


PROBLEMS: Final[Sentences] = {
    "clock_ahead": lazy_gettext("The clock of your device is ahead. Set it and send the check-in again."),
    "too_old": lazy_gettext("This was answered more than a year ago."),
    "future_day": lazy_gettext("That day has not come yet."),
    "too_long_ago": lazy_gettext(
        "That day is too long ago to remember well. You can fill in today and the two days before; nothing is wrong "
        "with a gap."
    ),
    "too_large": lazy_gettext("That is too much at once. Please write less."),
    "another_form": lazy_gettext("This entry belongs to another form."),
    "unknown_activity": lazy_gettext("This is none of your activities."),
    "began_later": lazy_gettext("That day has not come yet."),
    "missing": lazy_gettext("Please answer this."),
    "flags_missing": lazy_gettext('Please look at the warning signs: tick what is true, or "None of these".'),
    "not_a_date": lazy_gettext("This is no date."),
    "invalid": lazy_gettext("This answer cannot be stored."),
    "_": lazy_gettext("This cannot be stored."),
}


def say(table: Sentences, key: str) -> str:
    """The sentence for a key, or the table's fallback."""
    return str(table.get(key, table.get("_", "")))


# ---------------------------------------------------------------------------------------------- after an entry


def stored(form: str, *, late: bool, counts: bool) -> str:
    """That it is stored, and what of it is used."""
    if not counts:
        return str(gettext("The warning signs you ticked are stored. The rest is too long ago to be used."))
    if late:
        return str(gettext("Stored, for an earlier day."))
    return str(
        {"intake": gettext("Stored."), "flags": gettext("Stored. Thank you.")}.get(
            form, gettext("Thank you. That is stored.")
        )
    )


def advice(level: Level, *, watched: bool, numbers: Numbers) -> tuple[str, ...]:
    """What to do at a level (CLINICAL 5.1). The two highest depend on nobody."""
    if level is Level.EMERGENCY:
        return (
            gettext("Call %(number)s now.", number=numbers.emergency_text),
            gettext("Do not exercise."),
        )
    if level is Level.URGENT:
        return (
            gettext("Contact a doctor today, on the out-of-hours number %(number)s if need be.", number=numbers.urgent)
            if numbers.urgent
            else gettext("Contact a doctor today, out of hours as well."),
            gettext("Your exercises are paused."),
        )
    if level is Level.REVIEW:
        return (
            gettext("Your physiotherapist will look at this within two working days.")
            if watched
            else gettext("Nobody else sees this. Book an appointment with a doctor or physiotherapist."),
            gettext("Book a doctor if it does not get better within a few days, and at once if it gets worse."),
        )
    if level is Level.SELF_CARE:
        return (
            gettext("Take it easier today: fewer sets, smaller movements, more breaks."),
            gettext("Keep moving gently. Rest does not have to mean lying still."),
        )
    return (gettext("Go on with your plan as far as it feels right."),)


def next_contact(level: Level, *, watched: bool, next_day: date, today: date) -> str:
    """When something happens next, and who looks."""
    tomorrow = (next_day - today).days == 1
    when = gettext("tomorrow") if tomorrow else format_date(next_day, "EEEE, d MMMM")
    check_in = gettext("Your next check-in is %(day)s.", day=when)
    if level >= Level.URGENT:
        who = (
            gettext("Your physiotherapist is told as well, but do not wait for a call.")
            if watched
            else gettext("Nobody else is told. It is up to you to call.")
        )
        return f"{who} {check_in}"
    return str(check_in)


def worried(numbers: Numbers) -> str:
    """The sentence that follows every answer."""
    return str(
        gettext("If you are worried, or it gets worse suddenly, call %(number)s.", number=numbers.emergency_text)
    )


# ---------------------------------------------------------------------------------------------- what it may mean


SERIES: Final[Sentences] = {
    "average": lazy_gettext("Pain, on average"),
    "worst": lazy_gettext("Pain, at its worst"),
    "interference": lazy_gettext("In the way of activities"),
    "sleep": lazy_gettext("Sleep"),
    "exercise": lazy_gettext("Exercise (minutes)"),
    "posture": lazy_gettext("Changes of posture at the desk (per hour)"),
    "breaks": lazy_gettext("Breaks taken at the desk"),
}

AXES: Final[Sentences] = {"posture": lazy_gettext("per hour"), "breaks": lazy_gettext("Breaks")}
"""What stands at the axis of a series whose name is too long for it."""

_MEANINGS: Final[Mapping[str, Mapping[str, Any]]] = {
    "average": {
        rules_meaning.IMPROVING: lazy_gettext("Your pain is lower than two weeks before, by more than it varies."),
        rules_meaning.STEADY: lazy_gettext(
            "Your pain is about where it was. The ups and downs of single days are usual."
        ),
        rules_meaning.RISING: lazy_gettext("Your pain is higher than two weeks before."),
        rules_meaning.TOO_FEW: lazy_gettext("There are too few check-ins yet to say where your pain is going."),
    },
    "interference": {
        rules_meaning.IMPROVING: lazy_gettext("It gets in your way less than two weeks before."),
        rules_meaning.STEADY: lazy_gettext("It gets in your way about as much as before."),
        rules_meaning.RISING: lazy_gettext("It gets in your way more than two weeks before."),
        rules_meaning.TOO_FEW: lazy_gettext("There are too few check-ins yet to say whether it gets in your way less."),
    },
}


def meaning_sentence(series: str, found: rules_meaning.Meaning) -> str:
    """What the last weeks may mean, in a sentence."""
    return str(_MEANINGS[series][found.key])


def meaning_detail(found: rules_meaning.Meaning) -> str:
    """The numbers behind it, and what would count as a change."""
    if found.recent is None or found.earlier is None or found.needed is None:
        return str(
            ngettext(
                "It takes at least five in each of two fortnights. There is one in the last.",
                "It takes at least five in each of two fortnights. There are %(num)d in the last.",
                found.recent_days,
            )
        )
    return str(
        gettext(
            "%(recent)s of 10 on average in the last 14 days, %(earlier)s in the 14 days before. From a difference of "
            "%(needed)s on it would be called a change.",
            recent=format_decimal(found.recent, format="0.0"),
            earlier=format_decimal(found.earlier, format="0.0"),
            needed=format_decimal(found.needed, format="0.#"),
        )
    )


def caution() -> str:
    """What the pictures cannot show."""
    return str(
        gettext(
            "Two lines that move together do not show that one causes the other. And no number here can tell that "
            "nothing is wrong: that takes an examination."
        )
    )


def worried_about_progress(numbers: Numbers) -> str:
    """What to do when the picture, or the back, causes worry."""
    return str(
        gettext(
            "Are you worried, or is it getting worse? Tell your physiotherapist or a doctor; you need no number for "
            "that. If it gets worse suddenly, or something from the warning signs comes up, call %(number)s.",
            number=numbers.emergency_text,
        )
    )
