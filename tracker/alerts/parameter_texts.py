"""Every number of escalation in words: what it is called, its unit, and what a larger one does. Data over code: the
page of settings is drawn from `GROUPS`, and a test compares them with `Parameters`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask_babel import lazy_gettext as _l


@dataclass(frozen=True, slots=True)
class Number:
    """One number (or switch) of `Parameters`, in words."""

    name: str
    label: Any
    unit: Any
    help: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Numbers that belong to one idea. `daily`: what somebody who tunes alarms looks at; the rest is folded away."""

    key: str
    title: Any
    lead: Any
    numbers: tuple[Number, ...]
    daily: bool = False


_DAYS: Final = _l("days")
_POINTS: Final = _l("points of 10")
_CHECK_INS: Final = _l("check-ins")
_TIMES: Final = _l("times")
_SPREADS: Final = _l("spreads")
_NONE: Final = _l("no unit")
_MISSED: Final = _l("missed check-ins")

GROUPS: Final = (
    Group(
        "shift",
        _l("Pain that stays above the usual"),
        _l(
            "Each day adds what lies above the person's own usual level to a running sum; days below take from it. "
            "A lasting rise fills the sum in days, a single bad day does not."
        ),
        (
            Number(
                "k",
                _l("Allowance a day"),
                _SPREADS,
                _l("What a day may lie above the usual before it counts. Larger: fewer alerts, later ones."),
            ),
            Number("h1", _l("Sum for “watch”"), _SPREADS, _l("The sum at which self-care advice begins.")),
            Number(
                "h2",
                _l("Sum for “look soon”"),
                _SPREADS,
                _l("The sum at which a physiotherapist is asked. Larger: fewer alerts, later ones."),
            ),
            Number(
                "gate1_least",
                _l("Least rise for “watch”"),
                _POINTS,
                _l("The smoothed pain must lie at least this far above the usual as well."),
            ),
            Number(
                "gate2_least",
                _l("Least rise for “look soon”"),
                _POINTS,
                _l("The smoothed pain must lie at least this far above the usual as well."),
            ),
        ),
        daily=True,
    ),
    Group(
        "acute",
        _l("Sudden strong pain"),
        _l("These rules look at one day and do not wait for a trend."),
        (
            Number("severe", _l("Severe"), _POINTS, _l("Average pain from which a jump is looked at.")),
            Number(
                "severe_jump",
                _l("Jump to severe"),
                _POINTS,
                _l("How far above the usual such a day must lie."),
            ),
            Number(
                "severe_again_days",
                _l("Second severe day within"),
                _DAYS,
                _l("Two such days so close together ask for a physiotherapist."),
            ),
            Number(
                "very_severe",
                _l("Very severe"),
                _POINTS,
                _l("Pain and interference both from here on: contact a doctor the same day."),
            ),
            Number(
                "jump",
                _l("Jump to very severe, or “worse than usual”"),
                _POINTS,
                _l("How far above the usual the day must lie for these two rules."),
            ),
            Number("flares", _l("Flares"), _TIMES, _l("So many days with a flare in the window below: look soon.")),
            Number("flare_window_days", _l("Flares are counted over"), _DAYS, _l("The window for the number above.")),
        ),
        daily=True,
    ),
    Group(
        "silence",
        _l("Silence"),
        _l("Missed check-ins are a lack of information, and more worrying after a worsening."),
        (
            Number("missed1", _l("Missed for “watch”"), _MISSED, _l("In a row, where a check-in was due.")),
            Number("missed2", _l("Missed for “look soon”"), _MISSED, _l("In a row, where a check-in was due.")),
            Number(
                "missed1_worsening", _l("Missed for “watch” after a worsening"), _MISSED, _l("While a trend is rising.")
            ),
            Number(
                "missed2_worsening",
                _l("Missed for “look soon” after a worsening"),
                _MISSED,
                _l("While a trend is rising."),
            ),
            Number(
                "missed_when_urgent",
                _l("Missed while something urgent is open"),
                _MISSED,
                _l("The urgent alert is raised again."),
            ),
            Number(
                "personal_silence",
                _l("Use each person's own rhythm"),
                "",
                _l("After the days below, the first two limits follow how often this person usually misses one."),
            ),
            Number("silence_days", _l("Rhythm is learnt over"), _DAYS, _l("How far back the person's rhythm is read.")),
        ),
        daily=True,
    ),
    Group(
        "exercise",
        _l("Pain with exercise"),
        _l("Each time the dose is lowered by itself; repeated, a physiotherapist is asked."),
        (
            Number("exercise_red", _l("Pain during exercise"), _POINTS, _l("Above it the exercise was too much.")),
            Number(
                "exercise_rise", _l("Rise the morning after"), _POINTS, _l("Pain the next morning above that before.")
            ),
            Number(
                "exercise_red_most",
                _l("Highest limit for people with much pain"),
                _POINTS,
                _l("For a high usual level the limit rises with it, up to here."),
            ),
            Number("exercise_times", _l("Too much, repeated"), _TIMES, _l("In the window below: look soon.")),
            Number(
                "exercise_window_days", _l("Repeats are counted over"), _DAYS, _l("The window for the number above.")
            ),
        ),
        daily=True,
    ),
    Group(
        "calm",
        _l("Calming down"),
        _l("When a level falls by itself. Urgent levels never do."),
        (
            Number("calm1_check_ins", _l("“Watch” ends after"), _CHECK_INS, _l("In a row without any rule firing.")),
            Number(
                "calm1_gate",
                _l("“Watch” ends below"),
                _POINTS,
                _l("Smoothed pain above the usual must be less than this."),
            ),
            Number(
                "calm2_check_ins",
                _l("“Look soon” has settled after"),
                _CHECK_INS,
                _l("Then it waits for somebody to confirm; it never closes itself."),
            ),
            Number(
                "calm2_gate",
                _l("“Look soon” has settled below"),
                _POINTS,
                _l("Smoothed pain above the usual must be less than this."),
            ),
        ),
        daily=True,
    ),
    Group(
        "trend",
        _l("Slow rise"),
        _l("A straight line through the last weeks (Theil-Sen), and whether it could be chance (Mann-Kendall)."),
        (
            Number("trend_from_day", _l("Not before day"), _DAYS, _l("Trends need some history.")),
            Number("trend_days", _l("Looks back over"), _DAYS, _l("Longer: finds slower rises, later.")),
            Number("trend_least", _l("Least number of values"), _CHECK_INS, _l("With fewer, nothing is said.")),
            Number("trend_span_days", _l("Values span at least"), _DAYS, _l("With a shorter span, nothing is said.")),
            Number(
                "autocorrelation",
                _l("Likeness of neighbouring days"),
                _NONE,
                _l("0: every day for itself; larger: a run of bad days counts less as proof."),
            ),
            Number("trend_z1", _l("Certainty for “watch”"), _NONE, _l("1.645 is one chance in twenty.")),
            Number("trend_z2", _l("Certainty for “look soon”"), _NONE, _l("2.326 is one chance in a hundred.")),
            Number("trend_rise1", _l("Rise for “watch”"), _POINTS, _l("Over the whole window.")),
            Number("trend_rise2", _l("Rise for “look soon”"), _POINTS, _l("Over the whole window.")),
            Number("trend_gate", _l("Least rise now"), _POINTS, _l("Smoothed pain above the usual, for “watch”.")),
            Number(
                "persistence_days",
                _l("“Watch” for so many days"),
                _DAYS,
                _l("Self-care has not helped: a physiotherapist is asked."),
            ),
            Number("persistence_window_days", _l("Counted over"), _DAYS, _l("The window for the number above.")),
        ),
    ),
    Group(
        "wellbeing",
        _l("Function, mood and medicines"),
        _l("From the weekly and monthly questions. Thoughts of self-harm are never a matter of numbers."),
        (
            Number(
                "peg_rise", _l("PEG rise, two weeks running"), _POINTS, _l("Pain, enjoyment and activity together.")
            ),
            Number("peg_strong_rise", _l("PEG rise, once"), _POINTS, _l("Enough in a single week.")),
            Number(
                "psfs_fall", _l("Fall in own activities (PSFS)"), _POINTS, _l("The mean of the person's activities.")
            ),
            Number("ndi_rise", _l("Rise in the disability index"), _l("points of 50"), _l("Only where it is asked.")),
            Number("low_mood", _l("Low mood"), _POINTS, _l("At or below it a day counts as low; 10 is good.")),
            Number("low_mood_days", _l("Low days"), _DAYS, _l("So many in the window below: look soon.")),
            Number(
                "low_mood_window_days", _l("Low days are counted over"), _DAYS, _l("The window for the number above.")
            ),
            Number(
                "phq2", _l("PHQ-2 from"), _l("points of 6"), _l("Two questions about mood: look soon from here on.")
            ),
            Number(
                "medicine_days", _l("Days with pain medicine, more than"), _DAYS, _l("While pain rises: look soon.")
            ),
            Number(
                "medicine_window_days", _l("Medicine is counted over"), _DAYS, _l("The window for the number above.")
            ),
            Number(
                "unresolved",
                _l("“Not over yet”"),
                _POINTS,
                _l("Pain from which a new episode nobody has examined still counts as there."),
            ),
        ),
    ),
    Group(
        "baseline",
        _l("What is usual for somebody"),
        _l("The usual level and how much it varies, learnt from each person's own days."),
        (
            Number(
                "run_in_days", _l("Learning at first"), _DAYS, _l("The answer at the start is blended with the days.")
            ),
            Number("intake_weight", _l("Weight of the answer at the start"), _DAYS, _l("As many days as it is worth.")),
            Number("guard_days", _l("Newest days left out"), _DAYS, _l("So that a worsening is not learnt as usual.")),
            Number("window_days", _l("Learns from the last"), _DAYS, _l("Older days are forgotten.")),
            Number(
                "recent_days", _l("An improvement is read from the last"), _DAYS, _l("The newest days left out apart.")
            ),
            Number("recent_least", _l("Values for an improvement"), _CHECK_INS, _l("With fewer, the usual stays.")),
            Number(
                "baseline_least", _l("Values for a new usual level"), _CHECK_INS, _l("With fewer, the start helps out.")
            ),
            Number("update_days", _l("Learnt anew every"), _DAYS, _l("After the first weeks.")),
            Number(
                "trimmed_share", _l("Extremes left out"), _l("share at each end"), _l("Of the mean; 0.2 is a fifth.")
            ),
            Number("upward_cap", _l("Most it rises a week"), _POINTS, _l("So that a creeping rise is not swallowed.")),
            Number(
                "improvement", _l("Improvement is taken over from"), _POINTS, _l("Then the better weeks are the usual.")
            ),
            Number("improvement_spreads", _l("and from"), _SPREADS, _l("The larger of the two holds.")),
            Number("prior_spread", _l("Variation assumed at first"), _POINTS, _l("From day to day.")),
            Number("prior_weight", _l("Weight of that assumption"), _DAYS, _l("As many days as it is worth.")),
            Number("spread_least", _l("Least variation"), _POINTS, _l("Nobody is taken to be steadier than this.")),
            Number("spread_most", _l("Most variation"), _POINTS, _l("Nobody is taken to vary more than this.")),
        ),
    ),
    Group(
        "fine",
        _l("Fine print of the running sum"),
        _l("Rarely changed."),
        (
            Number("z_most", _l("Most a day can add"), _SPREADS, _l("One extreme day cannot fill the sum.")),
            Number("smoothing", _l("Smoothing of pain"), _NONE, _l("The weight of today; 1 is no smoothing.")),
            Number("gap_halves_days", _l("Gap that halves the sum"), _DAYS, _l("Without any answer.")),
            Number("gap_restarts_days", _l("Gap after which it starts anew"), _DAYS, _l("Without any answer.")),
            Number(
                "gate1_spreads", _l("Least rise for “watch”, in spreads"), _SPREADS, _l("The larger of both holds.")
            ),
            Number(
                "gate2_spreads", _l("Least rise for “look soon”, in spreads"), _SPREADS, _l("The larger of both holds.")
            ),
            Number("ceiling", _l("High usual level above"), _POINTS, _l("There is little room to rise; gates shrink.")),
            Number("ceiling_gate", _l("Least rise there"), _POINTS, _l("Instead of the gates above.")),
            Number(
                "ceiling_headroom", _l("Share of the room left"), _NONE, _l("For “look soon” at a high usual level.")
            ),
            Number("severe_jump_spreads", _l("Jump to severe, in spreads"), _SPREADS, _l("The larger of both holds.")),
            Number("second_channel", _l("Watch interference as well"), "", _l("It can raise “watch” only.")),
            Number("second_channel_least", _l("Ratings that needs"), _CHECK_INS, _l("With fewer, nothing is said.")),
            Number(
                "both_channels_raise",
                _l("Pain and interference together raise to “look soon”"),
                "",
                _l("Off by default."),
            ),
            Number("silence_prior", _l("Share missed, assumed at first"), _NONE, _l("0.15 is one in seven.")),
            Number("silence_prior_weight", _l("Weight of that assumption"), _CHECK_INS, _l("As many as it is worth.")),
            Number(
                "silence_interval1_days",
                _l("Chance silence for “watch”, rarer than every"),
                _DAYS,
                _l("From the rhythm."),
            ),
            Number(
                "silence_interval2_days",
                _l("Chance silence for “look soon”, rarer than every"),
                _DAYS,
                _l("From the rhythm."),
            ),
        ),
    ),
)

PRESETS: Final[dict[str, tuple[Any, Any]]] = {
    "default": (
        _l("Balanced"),
        _l("About one false “look soon” a patient and year; a rise of two points is found in six days (median)."),
    ),
    "sensitive": (
        _l("Sensitive"),
        _l("The same rise in five days (median); about two false ones a patient and year."),
    ),
    "specific": (
        _l("Quiet"),
        _l("About one false one in two patient years; eight days (median), and one rise in twelve is not found in 60."),
    ),
    "own": (_l("Our own numbers"), _l("Everything below, each within bounds that keep its rule alive.")),
}

NAMES: Final = {number.name: number for group in GROUPS for number in group.numbers}
