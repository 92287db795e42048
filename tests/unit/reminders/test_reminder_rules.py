from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.reminders import rules
from tracker.reminders.rules import Kind, Planned, Quiet, Rule, Wishes, instant_of, slots

BERLIN = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SOME_INSTANT = st.integers(0, 2 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + minutes * MINUTE
)

# Zones that are links to others behave the same, but a test of every zone is a test of every zone.
ZONES = sorted(available_timezones() - {"localtime"})
FIRST, LAST = datetime(2025, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@cache
def changes(name, first=FIRST, last=LAST):
    """The instants at which the clocks of a zone are changed between two instants, to the minute."""
    zone = ZoneInfo(name)
    found = []
    day = first
    while day < last:
        if (day + timedelta(days=1)).astimezone(zone).utcoffset() != day.astimezone(zone).utcoffset():
            low, high = 0, 24 * 60
            before = day.astimezone(zone).utcoffset()
            while high - low > 1:
                middle = (low + high) // 2
                if (day + middle * MINUTE).astimezone(zone).utcoffset() == before:
                    low = middle
                else:
                    high = middle
            found.append(day + high * MINUTE)
        day += timedelta(days=1)
    return found


# ---------------------------------------------------------------------------------------------- wall-clock times


@pytest.mark.parametrize(
    "text", ["", "7:00", "07:0", "24:00", "07:60", "0700", "07:00:00", "ab:cd", "-1:00", "\u0660\u0667:00"]
)
def test_what_is_not_a_time_is_refused(text):
    with pytest.raises(ValueError, match=r"hour|minute|not a time"):
        rules.wall_time(text)


@pytest.mark.parametrize(
    ("day", "at", "expected"),
    [
        ((2026, 3, 29), "01:59", utc(2026, 3, 29, 0, 59)),
        ((2026, 3, 29), "02:00", utc(2026, 3, 29, 1, 0)),  # does not exist: the first instant after the gap
        ((2026, 3, 29), "02:30", utc(2026, 3, 29, 1, 0)),
        ((2026, 3, 29), "03:00", utc(2026, 3, 29, 1, 0)),
        ((2026, 10, 25), "02:30", utc(2026, 10, 25, 0, 30)),  # happens twice: the first time
        ((2026, 10, 25), "03:00", utc(2026, 10, 25, 2, 0)),
    ],
)
def test_when_the_clocks_change_in_berlin(day, at, expected):
    assert instant_of(date(*day), rules.wall_time(at), BERLIN) == expected


def test_a_day_that_a_country_skipped_has_no_slots():
    apia = ZoneInfo("Pacific/Apia")
    assert instant_of(date(2011, 12, 30), time(12), apia) is None
    found = slots(["12:00"], "1234567", apia, date(2011, 12, 29), date(2011, 12, 31))
    assert [slot.day.day for slot in found] == [29, 31]
    assert rules.midnight_after(utc(2011, 12, 29, 22), apia) == utc(2011, 12, 30, 10)


def test_two_times_that_a_gap_pushes_together_ring_once():
    found = slots(["02:10", "02:40"], "1234567", BERLIN, date(2026, 3, 29), date(2026, 3, 29))
    assert [(slot.time, slot.due_at) for slot in found] == [("02:10", utc(2026, 3, 29, 1))]


def test_only_on_the_chosen_weekdays():
    found = slots(["08:00"], "15", BERLIN, date(2026, 3, 9), date(2026, 3, 15))
    assert [slot.day for slot in found] == [date(2026, 3, 9), date(2026, 3, 13)]


def test_every_zone_over_two_years_of_changes():
    """Around every change of every zone: each wall-clock time is due once, at the first instant that shows it, and
    where none does, at the first instant after the gap. Compared with a walk through the minutes.
    """
    checked = 0
    reach = timedelta(hours=4)
    for name in ZONES:
        zone = ZoneInfo(name)
        for change in changes(name):
            # What the clock on the wall shows, minute by minute.
            shown = {}
            instant = change - reach
            walls = []
            while instant <= change + reach:
                wall = instant.astimezone(zone).replace(tzinfo=None)
                shown.setdefault(wall, instant)
                walls.append((wall, instant))
                instant += MINUTE
            first, last = walls[0][0], max(wall for wall, _ in walls)
            wall = first + timedelta(hours=1)
            while wall < last - timedelta(hours=1):
                expected = shown.get(wall) or next(instant for each, instant in walls if each >= wall)
                assert instant_of(wall.date(), wall.time(), zone) == expected, (name, wall)
                checked += 1
                wall += timedelta(minutes=7)
    assert checked > 20_000


def test_every_zone_rings_once_a_day_also_in_weeks_without_end():
    """One slot a local day, in order, in every zone, across every change of two years."""
    for name in ZONES:
        zone = ZoneInfo(name)
        for change in changes(name):
            middle = change.astimezone(zone).date()
            for at in ("00:00", "02:30", "23:45"):
                found = slots([at], "1234567", zone, middle - timedelta(days=2), middle + timedelta(days=2))
                assert [slot.day for slot in found] == [middle + timedelta(days=number) for number in range(-2, 3)]
                assert [slot.due_at for slot in found] == sorted(slot.due_at for slot in found)


@given(
    name=st.sampled_from(ZONES),
    start=SOME_INSTANT,
    cuts=st.lists(st.integers(1, 60 * 24 * 4), max_size=4),
    times=st.lists(st.times().map(lambda at: at.strftime("%H:%M")), min_size=1, max_size=4),
)
@settings(max_examples=150, deadline=None)
def test_windows_that_touch_find_everything_once(name, start, cuts, times):
    zone = ZoneInfo(name)
    begin = start
    end = begin + timedelta(days=4)
    edges = [begin, *sorted(begin + cut * MINUTE for cut in cuts), end]
    pieces = [
        slot for first, last in pairwise(edges) for slot in rules.due_between(times, "1234567", zone, first, last)
    ]
    assert pieces == rules.due_between(times, "1234567", zone, begin, end)


def test_breaks_ring_between_two_times():
    assert rules.break_times("09:00", "11:00", 45) == ("09:00", "09:45", "10:30")


# ---------------------------------------------------------------------------------------------- quiet hours

NIGHT = Quiet(time(21, 30), time(7, 30))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (utc(2026, 3, 10, 20, 29), utc(2026, 3, 10, 20, 29)),
        (utc(2026, 3, 10, 20, 30), utc(2026, 3, 11, 6, 30)),
        (utc(2026, 3, 11, 2, 0), utc(2026, 3, 11, 6, 30)),
        (utc(2026, 3, 11, 6, 30), utc(2026, 3, 11, 6, 30)),
    ],
)
def test_quiet_time_ends_in_the_morning(at, expected):
    assert rules.after_quiet(at, NIGHT, BERLIN) == expected


def test_the_same_time_twice_means_no_quiet_hours():
    assert rules.after_quiet(NOON, Quiet(time(8), time(8)), BERLIN) == NOON


@given(
    name=st.sampled_from(ZONES),
    at=SOME_INSTANT,
    start=st.integers(0, 95),
    end=st.integers(0, 95),
)
@settings(max_examples=300, deadline=None)
def test_after_quiet_is_never_earlier_nor_quiet_nor_a_day_away(name, at, start, end):
    zone, instant = ZoneInfo(name), at
    quiet = Quiet(time(start // 4, start % 4 * 15), time(end // 4, end % 4 * 15))
    found = rules.after_quiet(instant, quiet, zone)
    assert instant <= found <= instant + timedelta(hours=26)
    # An hour that happens twice may look quiet again; time has gone on all the same.
    repeated = found.astimezone(zone).fold or found == instant
    assert repeated or not quiet.holds(found.astimezone(zone).time())


# ---------------------------------------------------------------------------------------------- planning


def rule(kind=Kind.EXERCISE, times=("19:00",), **fields):
    return Rule(
        **{"key": str(kind), "kind": kind, "times": times, "weekdays": "1234567", "changed_at": LONG_AGO, **fields}
    )


def wishes(zone="Europe/Berlin", **fields):
    return Wishes(zone=ZoneInfo(zone), **fields)


def dues(planned: list[Planned]):
    return [(item.rule.kind.value, item.slot.day, item.slot.time, item.slot.due_at) for item in planned]


def test_two_days_are_planned_and_planning_again_changes_nothing():
    found = rules.plan([rule()], wishes(), NOON)
    assert [item.slot.due_at for item in found] == [utc(2026, 3, 10, 18), utc(2026, 3, 11, 18)]
    assert rules.plan([rule()], wishes(), NOON) == found


def test_a_rule_made_in_the_afternoon_does_not_ring_for_the_morning():
    found = rules.plan([rule(times=("08:00", "19:00"), changed_at=NOON)], wishes(), NOON)
    assert [item.slot.time for item in found if item.slot.day == date(2026, 3, 10)] == ["19:00"]


def test_in_quiet_hours_exercises_wait_and_breaks_do_not_come():
    found = rules.plan(
        [rule(times=("06:00",)), rule(Kind.POSTURE_BREAK, ("06:00", "08:30"), every_minutes=60)],
        wishes(quiet=NIGHT),
        utc(2026, 3, 10, 0),
    )
    assert [(item.rule.kind, item.not_before) for item in found if item.slot.day == date(2026, 3, 10)] == [
        (Kind.EXERCISE, utc(2026, 3, 10, 6, 30)),
        (Kind.POSTURE_BREAK, utc(2026, 3, 10, 7, 0)),
    ]


def test_the_budget_keeps_what_matters_and_spreads_the_breaks():
    rules_of_day = [
        rule(Kind.POSTURE_BREAK, ("09:00", "17:00"), every_minutes=30),
        rule(Kind.EXERCISE, ("17:30",)),
        rule(Kind.CHECK_IN, ("19:30",)),
    ]
    found = rules.plan(rules_of_day, wishes(budget=6), utc(2026, 3, 10, 0))
    today = [item for item in found if item.slot.day == date(2026, 3, 10)]
    assert [item.slot.time for item in today] == ["10:00", "12:00", "14:00", "16:00", "17:30", "19:30"]
    only_one = rules.plan(rules_of_day, wishes(budget=1), utc(2026, 3, 10, 0))
    assert [item.rule.kind for item in only_one if item.slot.day == date(2026, 3, 10)] == [Kind.CHECK_IN]


@given(
    budget=st.integers(1, 12),
    every=st.integers(20, 120),
    hour=st.integers(0, 23),
    times=st.lists(
        st.integers(0, 95).map(lambda n: f"{n // 4:02}:{n % 4 * 15:02}"), min_size=1, max_size=4, unique=True
    ),
)
@settings(max_examples=100, deadline=None)
def test_no_day_has_more_than_its_budget_whenever_it_is_planned(budget, every, hour, times):
    chosen = [
        rule(Kind.POSTURE_BREAK, ("08:00", "18:00"), every_minutes=every),
        rule(Kind.EXERCISE, tuple(times)),
        rule(Kind.CHECK_IN, ("20:00",)),
    ]
    wish = wishes(budget=budget, quiet=NIGHT)
    at = utc(2026, 3, 10, 0) + timedelta(hours=hour)
    early = {(item.rule.key, item.slot) for item in rules.plan(chosen, wish, utc(2026, 3, 9, 23))}
    late = {(item.rule.key, item.slot) for item in rules.plan(chosen, wish, at)}
    for day in (date(2026, 3, 10), date(2026, 3, 11)):
        assert len([slot for _, slot in early if slot.day == day]) <= budget
    # What is planned later in the day is part of what was planned in the morning.
    assert {each for each in late if each[1].day == date(2026, 3, 10)} <= early


# ---------------------------------------------------------------------------------------------- a journey


def lived(stays, rule_of_person, start, hours, step=timedelta(minutes=15), down=()):
    """Live through some hours as the planner does: `stays` maps instants to zones, from then on. Gives what was fired:
    (local day, time, instant). `down`: spans in which nothing runs.
    """
    fired, waiting = [], {}
    now = start
    while now <= start + timedelta(hours=hours):
        zone = [name for since, name in stays if since <= now][-1]
        if not any(first <= now < last for first, last in down):
            served = {(rule_of_person.key, day, at) for day, at, _ in fired}
            served |= {(rule_of_person.key, *slot) for slot, due_at in waiting.items() if due_at <= now}
            planned = {
                (item.slot.day, item.slot.time): item.slot.due_at
                for item in rules.plan([rule_of_person], wishes(zone), now, served=served)
            }
            kept = {slot: due_at for slot, due_at in waiting.items() if due_at <= now}
            waiting = {**planned, **kept}
            for slot, due_at in sorted(waiting.items(), key=lambda each: each[1]):
                if due_at <= now:
                    fired.append((*slot, now))
                    del waiting[slot]
        now += step
    return fired


def test_flying_west_after_the_reminder_does_not_ring_again_that_day():
    stays = [(utc(2026, 3, 9), "Europe/Berlin"), (utc(2026, 3, 10, 19), "America/New_York")]
    fired = lived(stays, rule(times=("19:00",)), utc(2026, 3, 10, 10), 40)
    assert [(day.day, at, instant) for day, at, instant in fired] == [
        (10, "19:00", utc(2026, 3, 10, 18)),
        (11, "19:00", utc(2026, 3, 11, 23)),
    ]


def test_flying_east_past_the_time_rings_on_arrival_and_loses_no_day():
    stays = [(utc(2026, 3, 9), "America/New_York"), (utc(2026, 3, 10, 20), "Europe/Berlin")]
    fired = lived(stays, rule(times=("19:00",)), utc(2026, 3, 10, 12), 36)
    assert [(day.day, instant) for day, _, instant in fired] == [
        (10, utc(2026, 3, 10, 20)),
        (11, utc(2026, 3, 11, 18)),
    ]


@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=2, max_size=4),
    hops=st.lists(st.integers(1, 30), min_size=3, max_size=3),
    times=st.lists(st.sampled_from(["00:00", "08:00", "12:30", "19:00", "23:45"]), min_size=1, max_size=2, unique=True),
    start=st.integers(0, 364 * 24),
)
@settings(max_examples=120, deadline=None)
def test_on_any_journey_nothing_rings_twice_a_day_and_no_day_that_was_lived_is_lost(zones, hops, times, start):
    begin = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=start)
    stays, instant = [(begin, zones[0])], begin
    for name, hours in zip(zones[1:], hops, strict=False):
        instant += timedelta(hours=hours)
        stays.append((instant, name))
    hours = 120
    fired = lived(stays, rule(times=tuple(times)), begin, hours)
    assert len({(day, at) for day, at, _ in fired}) == len(fired)
    # A slot is owed when the person's clock stood at or after its time on its day for a while, except on the first day.
    owed = set()
    step = timedelta(minutes=15)
    now = begin
    while now <= begin + timedelta(hours=hours):
        local = now.astimezone(ZoneInfo([name for since, name in stays if since <= now][-1]))
        owed |= {(local.date(), at) for at in times if rules.wall_time(at) <= local.time().replace(tzinfo=None)}
        now += step
    assert owed <= {(day, at) for day, at, _ in fired}


def test_after_two_days_without_power_only_today_is_planned():
    down = [(utc(2026, 3, 10, 12), utc(2026, 3, 13, 12))]
    fired = lived([(utc(2026, 3, 9), "Europe/Berlin")], rule(times=("08:00",)), utc(2026, 3, 10, 0), 96, down=down)
    # The tenth rang before; the eleventh and the twelfth were waiting in the queue (the queue merges them).
    assert [day.day for day, _, _ in fired] == [10, 11, 12, 13]
    assert [instant for day, _, instant in fired if day.day == 13] == [utc(2026, 3, 13, 12)]


# ---------------------------------------------------------------------------------------------- at the time of sending


@pytest.mark.parametrize(
    ("kind", "minutes", "late"),
    [
        (Kind.POSTURE_BREAK, 9, False),
        (Kind.POSTURE_BREAK, 10, True),
        (Kind.EXERCISE, 4 * 60 + 59, False),
        (Kind.EXERCISE, 5 * 60, True),  # midnight in Berlin
        (Kind.MESSAGE, 6 * 24 * 60, False),
        (Kind.MESSAGE, 7 * 24 * 60, True),
        (Kind.ESCALATION, 30 * 24 * 60, False),
        (Kind.WELFARE, 30 * 24 * 60, False),
    ],
)
def test_how_long_something_is_worth_sending(kind, minutes, late):
    due_at = utc(2026, 3, 10, 18)
    assert rules.is_too_late(kind, due_at, wishes(), due_at + minutes * MINUTE) is late


def test_an_evening_reminder_in_quiet_hours_holds_for_the_day_it_is_moved_to():
    due_at = utc(2026, 3, 10, 21)  # 22:00 in Berlin
    assert rules.expires_at(Kind.CHECK_IN, due_at, wishes(quiet=NIGHT)) == utc(2026, 3, 11, 23)


@pytest.mark.parametrize(
    ("kind", "fields", "how", "expected"),
    [
        (Kind.EXERCISE, {}, {}, rules.SEND),
        (Kind.EXERCISE, {}, {"done": "done"}, rules.Verdict(skip="done")),
        (Kind.EXERCISE, {"paused_until": NOON + timedelta(days=1)}, {}, rules.Verdict(skip="paused")),
        (Kind.EXERCISE, {"paused_until": NOON}, {}, rules.SEND),
        (Kind.EXERCISE, {"quiet": Quiet(time(12), time(14))}, {}, rules.Verdict(wait_until=utc(2026, 3, 10, 13))),
        (Kind.POSTURE_BREAK, {"quiet": Quiet(time(12), time(14))}, {}, rules.Verdict(skip="quiet")),
        (Kind.POSTURE_BREAK, {"budget": 2}, {"sent_today": {"exercise": 2}}, rules.Verdict(skip="budget")),
        (Kind.CHECK_IN, {"budget": 2}, {"sent_today": {"exercise": 1, "posture_break": 1}}, rules.SEND),
        (Kind.CHECK_IN, {"budget": 1}, {"sent_today": {"check_in": 1}}, rules.Verdict(skip="budget")),
        # Matters of safety keep neither pause nor quiet hours nor budget.
        (
            Kind.ESCALATION,
            {"budget": 1, "quiet": Quiet(time(12), time(14)), "paused_until": NOON + timedelta(days=9)},
            {"sent_today": {"message": 5}},
            rules.SEND,
        ),
        (Kind.ESCALATION, {}, {"done": "closed"}, rules.Verdict(skip="closed")),
    ],
)  # fmt: skip
def test_the_verdict_at_the_time_of_sending(kind, fields, how, expected):
    assert rules.verdict(kind, NOON - MINUTE, wishes(**fields), NOON, **how) == expected


def test_waiting_grows_and_ends():
    minutes = [rules.backoff(tries).total_seconds() / 60 for tries in range(1, 10)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert rules.most_tries(Kind.ESCALATION) > rules.most_tries(Kind.EXERCISE)


@pytest.mark.parametrize(("asked", "expected"), [(0, 4), (5, 5), (600, 60)])
def test_whoever_asks_for_time_gets_it_within_reason(asked, expected):
    assert rules.wait_after(3, asked * MINUTE) == expected * MINUTE


@pytest.mark.parametrize(("minutes", "expected"), [(1, 10), (60, 60), (100_000, 240)])
def test_a_snooze_has_bounds(minutes, expected):
    assert rules.snoozed_until(NOON, minutes) == NOON + expected * MINUTE


def test_the_wording_changes_from_day_to_day_and_not_within_one():
    days = [date(2026, 3, 1) + timedelta(days=number) for number in range(8)]
    numbers = [rules.wording_number(Kind.EXERCISE, day, 4) for day in days]
    assert all(first != second for first, second in pairwise(numbers))
    assert set(numbers) == {0, 1, 2, 3}
    assert rules.wording_number(Kind.EXERCISE, days[0], 4) == numbers[0]


@pytest.mark.parametrize(
    ("kind", "times", "weekdays", "every", "problems"),
    [
        (Kind.EXERCISE, ["08:00"], "135", None, {}),
        (Kind.EXERCISE, [], "135", None, {"times": "number_of_times"}),
        (Kind.EXERCISE, ["08:00", "09:00", "10:00", "11:00", "12:00"], "1", None, {"times": "number_of_times"}),
        (Kind.EXERCISE, ["8"], "1", None, {"times": "not_a_time"}),
        (Kind.EXERCISE, ["08:00"], "18", None, {"weekdays": "not_weekdays"}),
        (Kind.EXERCISE, ["08:00"], "11", None, {"weekdays": "not_weekdays"}),
        (Kind.MESSAGE, [], "1234567", None, {}),
        (Kind.POSTURE_BREAK, ["09:00", "17:00"], "12345", 45, {}),
        (Kind.POSTURE_BREAK, ["17:00", "09:00"], "12345", 5, {"times": "not_a_span", "every_minutes": "not_in_range"}),
        (Kind.POSTURE_BREAK, ["09:00", "17:00"], "12345", None, {"every_minutes": "not_in_range"}),
    ],
)
def test_what_may_be_chosen(kind, times, weekdays, every, problems):
    assert rules.problems_of_rule(kind, times, weekdays, every) == problems


def test_the_defaults_are_acceptable_and_leave_breaks_off():
    for kind, (enabled, times, every) in rules.DEFAULTS.items():
        assert rules.problems_of_rule(kind, times, "1234567", every) == {}
        assert enabled is (kind is not Kind.POSTURE_BREAK)
