"""The pages of the day and the week, from nothing watched to five hundred minutes."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.features.posture.desk import minute, minutes, upload
from tracker.posture import day_service, rules_day, service
from tracker.posture.models import PostureBreak

MINUTE = timedelta(minutes=1)


@pytest.fixture
def watch(browser):
    """`watch(first, count, ...)`: Ada's browser reports these minutes."""
    own = str(uuid.uuid4())

    def tell(first, count, *, watcher=own, **fields):
        told = minutes(first, count, **fields)
        answer = browser.post_json("/api/posture/minutes", upload(watcher, *told, name="Firefox"))
        assert answer.status_code == 200
        assert answer.get_json()["refused"] == []

    return tell


def take_break(database, ada, offered_at, **fields):
    database.add(
        PostureBreak(
            **{
                "id": uuid.uuid4(),
                "patient_id": ada.id,
                "cause": "still",
                "offered_at": offered_at,
                "local_date": offered_at.date(),
                **fields,
            }
        )
    )
    database.commit()


# ---------------------------------------------------------------------------------------------- the first step


def test_before_anything_was_watched_the_page_teaches_the_first_step(browser):
    page = browser.get("/posture").text
    assert "First, let something watch" in page
    assert 'href="/posture/watch"' in page
    assert 'href="/posture/computers"' in page
    assert "Take a break now" in page
    assert '<svg class="band-picture"' not in page


def test_without_the_consent_the_page_says_where_to_give_it(people, signed_in):
    shy = people.patient(people.physio(), consents=("sharing",))
    page = signed_in(shy).get("/posture").text
    assert "You have not agreed to the camera" in page
    assert 'href="/posture/watch"' not in page


# ---------------------------------------------------------------------------------------------- today


def test_one_minute_is_a_band_and_no_figures_are_made_up(browser, watch, clock):
    watch(clock.now() - 2 * MINUTE, 1)
    page = browser.get("/posture").text
    assert page.count('class="bar-comfort"') == 2  # the minute, and the legend
    assert "There is little to say yet" in page
    assert page.count("not known yet") == 2
    assert "Not enough days yet to say what is usual for you: 0 of 5." in page


def test_five_hundred_minutes_are_one_page_with_the_right_sums(browser, watch, clock):
    begin = clock.now() - 500 * MINUTE
    for number in range(5):
        fields = {"comfort_s": 0, "slouch_s": 60} if number % 2 else {}
        watch(begin + number * 100 * MINUTE, 100, **fields)
    page = browser.get("/posture").text
    assert page.count('class="bar-slouch"') == 3  # two runs, and the legend
    assert '<span class="value">60<span class="unit"> %' in page
    assert '<span class="value">60<span class="unit"> an hour' in page
    assert "In your comfort zone: 5 h." in page
    assert len(page) < 100_000


def test_the_band_says_in_words_and_as_a_table_what_it_shows(browser, watch):
    watch(datetime(2026, 3, 10, 8, 0, tzinfo=UTC), 60)
    watch(datetime(2026, 3, 10, 9, 0, tzinfo=UTC), 30, comfort_s=0, unknown_s=60, score=None)
    page = browser.get("/posture").text
    assert "From 09:00 to 10:30. In your comfort zone: 1 h. Could not tell: 30 min." in page
    assert '<th scope="row" class="text-nowrap">09:00</th><td class="num">1 h</td>' in page


def test_the_longest_spell_is_told_with_its_times(browser):
    eight = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
    told = [minute(eight + n * MINUTE, still_s=60 * (n % 65 + 1), changes=0) for n in range(100)]
    browser.post_json("/api/posture/minutes", upload(str(uuid.uuid4()), *told))
    page = browser.get("/posture").text
    assert "Your longest time without moving was 65 minutes, from 09:00." in page
    assert '<span class="value">1 h 5 min</span><span class="line">09:00 to 10:05</span>' in page


def test_it_says_what_watches_and_since_when(browser, watch, clock):
    watch(clock.now() - 10 * MINUTE, 10)
    page = browser.get("/posture").text
    assert "Firefox" in page
    assert "since 12:50" in page
    assert "Not for an hour" in page


def test_the_next_break_is_told_by_the_rule_and_its_settings(browser, watch, clock):
    watch(clock.now() - 10 * MINUTE, 10, still_s=300)
    assert "At 13:40, if you have not moved by then." in browser.get("/posture").text
    clock.advance(timedelta(hours=1))
    assert "Nothing is watching now" in browser.get("/posture").text


def test_quiet_hours_of_the_reminders_hold_here_too(browser, watch, clock):
    clock.advance(timedelta(hours=9))
    watch(clock.now() - 10 * MINUTE, 10)
    assert "Quiet hours until 07:30." in browser.get("/posture").text


def test_a_desk_to_stand_at_has_a_rhythm(browser, watch, ada, database, clock):
    service.change_settings(database, patient=ada, wanted={"sit_stand": True}, at=clock.now())
    database.commit()
    watch(clock.now() - 21 * MINUTE, 21)
    assert "Standing suits now, until 13:07." in browser.get("/posture").text


def test_what_is_usual_is_told_after_five_days_with_the_aim(browser, watch, clock):
    for days in range(1, 6):
        watch(clock.now() - timedelta(days=days), 60, changes=0)
        watch(clock.now() - timedelta(days=days, hours=-1), 12, changes=1)
    watch(clock.now() - 40 * MINUTE, 40)
    page = browser.get("/posture").text
    assert "Usual for you: 10. Aim for 12." in page
    assert "clearly more than the 10 that are usual for you" in page


def test_an_earlier_day_is_there_by_its_address_and_a_later_one_is_today(browser, watch, clock):
    watch(clock.now() - timedelta(days=1), 60)
    watch(clock.now() - 5 * MINUTE, 5)
    page = browser.get("/posture?day=2026-03-09").text
    assert "Monday, 9 March" in page
    assert "You were in your comfort zone for 100 % of the time." in page
    assert "Next break" not in page
    assert 'href="/posture?day=2026-03-08"' in page
    assert 'href="/posture?day=2026-03-10"' in page
    for strange in ("2026-03-11", "9999-12-31", "0001-01-01", "yesterday", ""):
        assert "Next break" in browser.get("/posture", query_string={"day": strange}).text


def test_breaks_are_counted_and_what_was_not_the_moment_is_not_scored(browser, watch, database, ada, clock):
    watch(clock.now() - 60 * MINUTE, 60)
    at = clock.now() - 50 * MINUTE
    take_break(database, ada, at, outcome="taken", credited_by="stand", ended_at=at + MINUTE)
    take_break(database, ada, at + 20 * MINUTE, outcome="not_now", ended_at=at + 20 * MINUTE)
    take_break(database, ada, at + 30 * MINUTE, cause="asked", outcome="taken", ended_at=at + 31 * MINUTE)
    page = browser.get("/posture").text
    assert '<span class="value">1 of 2</span>' in page
    assert "One more by yourself. Once it was not the moment." in page
    assert page.count('class="break-mark"') == 3  # two marks, and the legend


def test_the_day_of_somebody_else_is_not_in_it(people, signed_in, watch, clock):
    watch(clock.now() - 5 * MINUTE, 5)
    other = people.patient(people.physio())
    assert "First, let something watch" in signed_in(other).get("/posture").text


@pytest.mark.parametrize(
    ("day", "first", "words"),
    [
        # In Berlin 29 March has 23 hours and 25 October has 25.
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, 0, tzinfo=UTC), ("00:00", "01:00", "03:00")),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, 0, tzinfo=UTC), ("00:00", "01:00", "02:00", "02:00", "03:00")),
    ],
)
def test_a_day_on_which_the_clocks_change_has_its_own_hours(signed_in, ada, clock, day, first, words):
    clock.advance(datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=12) - clock.now())
    told = signed_in(ada)
    for number in range(len(words)):
        answer = told.post_json(
            "/api/posture/minutes",
            upload("5e9a4a39-2c55-4bd7-a44a-df04a17a10d9", *minutes(first + timedelta(hours=number), 60)),
        )
        assert answer.status_code == 200
    page = told.get("/posture").text
    rows = [part.partition("<")[0] for part in page.split('<th scope="row" class="text-nowrap">')[1:]]
    assert tuple(rows) == words


# ---------------------------------------------------------------------------------------------- the week


def test_a_week_shows_each_day_and_compares_with_the_weeks_before(browser, watch, clock):
    for days in range(7, 13):
        watch(clock.now() - timedelta(days=days), 120, changes=0)
        watch(clock.now() - timedelta(days=days, hours=-2), 20, changes=1)
    for days in range(3):
        watch(clock.now() - timedelta(days=days, minutes=60), 60, changes=1)
    page = browser.get("/posture/week").text
    assert page.count('class="day"') == 7
    assert page.count("not watched") == 4
    assert "More variety: you changed your posture 60 times an hour, and 8.6 in the four weeks before." in page
    assert "shown, not proof" in page
    assert "4 to 10 March" in page
    assert "Seven days before" in page
    earlier = browser.get("/posture/week?to=2026-03-03").text
    assert "25 February to 3 March" in earlier
    assert "Seven days after" in earlier


def test_what_the_bars_of_a_week_are_made_of_is_said_in_words(browser, watch, clock):
    watch(clock.now() - timedelta(minutes=60), 60, slouch_s=20.0, comfort_s=40.0)
    legend = re.search(
        r'<ul class="band-legend for-week" aria-label="What the bars show">(.*?)</ul>',
        browser.get("/posture/week").text,
        re.DOTALL,
    )[1]
    assert re.findall(r"</svg>([^<]+)</li>", legend) == ["Comfort zone", "Outside it"]


def test_a_week_of_nothing_teaches_how_to_begin(browser):
    page = browser.get("/posture/week").text
    assert "Your week begins with the first day" in page
    assert browser.get("/posture/week?to=0001-01-03").status_code == 200


def test_sums_of_a_day_choose_between_two_watchers_as_the_day_does(watch, ada, database, clock):
    begin = clock.now() - 100 * MINUTE
    watch(begin, 60, comfort_s=20, slouch_s=10, unknown_s=30, changes=1)
    other = str(uuid.uuid4())
    watch(begin + 30 * MINUTE, 60, watcher=other, comfort_s=50, away_s=10, changes=2, still_s=900)
    database.commit()
    day = clock.now().date()
    summed = day_service.figures_by_day(database, ada.id, day, day)
    assert summed == {day: rules_day.figures(service.minutes_of(database, ada.id, day, day))}
    assert summed[day].changes == 30 + 2 * 60


# ---------------------------------------------------------------------------------------------- progress


def test_the_time_line_shows_changes_and_breaks_and_claims_nothing(browser, watch, database, ada, clock):
    watch(clock.now() - 60 * MINUTE, 60)
    take_break(database, ada, clock.now() - 30 * MINUTE, outcome="taken", ended_at=clock.now() - 29 * MINUTE)
    page = browser.get("/progress").text
    assert "Changes of posture at the desk (per hour): 60 on one day." in page
    assert "Breaks taken at the desk: 1 on one day." in page
    assert "do not show that one causes the other" in page


def test_without_a_desk_the_time_line_has_no_column_for_it(browser):
    assert "at the desk" not in browser.get("/progress").text.lower().partition("<main")[2].partition("</main>")[0]


FORBIDDEN = ("bad posture", "damage", "harm", "wrong posture", "should have", "causes pain", "!")


def test_no_word_of_it_blames(browser, watch, clock):
    watch(clock.now() - 90 * MINUTE, 90, comfort_s=0, slouch_s=60, changes=0, still_s=5400)
    for path in ("/posture", "/posture/week", "/posture/settings", "/posture/break"):
        page = browser.get(path).text.partition("<main")[2].partition("</main>")[0].lower()
        for word in FORBIDDEN:
            assert word not in page.replace("<!--", ""), f"{path}: {word}"
