"""Fills in an invented patient's diary: documents as the check-in page sends them, and the instants at which they come.

Pain goes along the story's curve with ordinary ups and downs (standard deviation 1.2, autocorrelation 0.35, CLINICAL
4.4), which get smaller near the floor of the scale; worst pain, interference and sleep follow it. What is told on a day
is drawn from a generator of that day's own, so it does not depend on what else was told, nor on the day of the week.
"""

from __future__ import annotations

import random
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tracker.clock import local_date
from tracker.demo.curves import SEED, instant, on, scale
from tracker.diary.documents import parse
from tracker.diary.rules_forms import PHQ_ASKS_FROM
from tracker.diary.rules_timing import EVERY, FIRST_AFTER, THRICE_WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tracker.demo.diaries import Diary, Span, Told
    from tracker.demo.stories import Patient
    from tracker.diary.documents import CheckInDoc

AUTOCORRELATION: Final = 0.35
_WEEK: Final = 7
_LONGEST_BY_CHANCE: Final = 2  # days without a word
_ABOUT_USUAL: Final = 1.3  # points from the week before that somebody notices
_OVERLOOKED: Final = 0.05  # share of the questions that may be skipped
_NEXT_MORNING: Final = 0.05  # share of the days that are filled in afterwards
_EDITED: Final = 0.03
_RECENT: Final = 3  # days ago: too fresh to have been filled in late
_FORM_SKIPPED: Final = 0.1
_MORNING_ANSWERED: Final = 0.65
_HURTS: Final = 4.5  # a tablet is likely from here on
_MORNING: Final = 7 * 60 + 35
_MIDNIGHT: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Page:
    """One version of one entry. `looked_at`: it matters at once, so that the rules are asked there and then."""

    at: datetime
    document: CheckInDoc
    looked_at: bool = False


@dataclass(slots=True)
class Teller:
    """Tells one patient's diary. `first`: how many days ago the diary begins; `begins_at`: when, if not in the evening
    of that day.
    """

    story: Patient
    diary: Diary
    now: datetime
    first: int
    begins_at: datetime | None = None
    _noise: tuple[float, ...] = ()
    _pending: dict[int, list[Told]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = self._rng("noise")
        steps, value = [], rng.gauss(0, 1)
        for _day in range(self.first + 2 * _WEEK + 1):
            steps.append(value)
            value = AUTOCORRELATION * value + (1 - AUTOCORRELATION**2) ** 0.5 * rng.gauss(0, 1)
        # Counted back from today, so that a shorter history ends like a longer one.
        self._noise = tuple(steps)
        for told in self.diary.told:
            self._pending.setdefault(told.days_ago, []).append(told)

    # -- pain -----------------------------------------------------------------------------------------------------

    def felt(self, days_ago: int) -> float:
        """How much it hurts on average on a day, before it becomes a whole number."""
        mean = on(self.story.pain, days_ago)
        nearer_the_floor = min(1.0, 0.45 + mean / 5)
        noise = self._noise[min(days_ago, len(self._noise) - 1)]
        return min(max(mean + self.diary.spread * nearer_the_floor * noise, 0.0), 10.0)

    def lately(self, days_ago: int) -> float:
        """The mean of the seven days up to this one."""
        return sum(self.felt(days_ago + back) for back in range(_WEEK)) / _WEEK

    def rests(self, days_ago: int) -> bool:
        """Whether this person does not exercise on that day, whatever the plan says."""
        return _within(days_ago, self.diary.rests)

    # -- the whole diary ------------------------------------------------------------------------------------------

    def pages(self) -> Iterator[Page]:
        """Everything that has been told by now, in no particular order."""
        for page in self._everything():
            if page.at <= self.now:
                yield page

    def _everything(self) -> Iterator[Page]:
        yield self._intake()
        missed = self._missed_days()
        for days_ago in range(self.first - 1, -1, -1):
            if self._is_told(days_ago, missed):
                yield from self._daily(days_ago)
            for told in self._pending.get(days_ago, ()):
                if told.form == "flags" or told.minutes_ago is not None:
                    yield self._out_of_the_ordinary(told)
        yield from self._regular("weekly", self._weekly)
        yield from self._regular("fortnight", self._fortnight)
        for days_ago, answers in self.diary.monthly:
            if days_ago < self.first:
                yield self._monthly(days_ago, answers)

    def _missed_days(self) -> set[int]:
        found: set[int] = set()
        for days_ago in range(self.first - 1, -1, -1):
            before = {days_ago + back for back in range(1, _LONGEST_BY_CHANCE + 1)}
            if self._rng("missed", days_ago).random() < self.diary.missed and not before <= found:
                found.add(days_ago)
        return found

    def _is_told(self, days_ago: int, missed: set[int]) -> bool:
        if any(told.form == "daily" and told.minutes_ago is None for told in self._pending.get(days_ago, ())):
            return True
        if days_ago in missed or _within(days_ago, self.diary.silent):
            return False
        tapered = self.diary.tapered
        return tapered is None or days_ago > tapered or self.day(days_ago).isoweekday() in THRICE_WEEKDAYS

    # -- forms ----------------------------------------------------------------------------------------------------

    def _intake(self) -> Page:
        rng = self._rng("intake")
        intake, day = self.diary.intake, self.day(self.first)
        answers: dict[str, Any] = {
            "none_of_these": True,
            "average_7d": scale(on(self.story.pain, self.first)),
            "worst_7d": scale(on(self.story.pain, self.first) + 2.2),
            "began_on": (day - timedelta(days=intake.began)).isoformat(),
            "examined": intake.examined,
            "age_band": intake.age_band,
            "causes": list(intake.causes),
            "symptoms": list(intake.symptoms),
            "kit": list(intake.kit),
            "work": intake.work,
            "cautions": list(intake.cautions),
            "activities": [{"id": f"own-{n}", "words": words} for n, words in enumerate(intake.activities, 1)],
            "body": self._body(on(self.story.pain, self.first)),
        }
        if intake.examined:
            answers["examined_on"] = (day - timedelta(days=1)).isoformat()
        at = self.begins_at or self._usual_time(self.first, rng)
        return self._page("intake", at, day, answers, rng, note=intake.goals, looked_at=True)

    def _daily(self, days_ago: int) -> Iterator[Page]:
        rng = self._rng("daily", days_ago)
        answers = self._daily_answers(days_ago, rng)
        note, looked_at = None, False
        for told in self._pending.get(days_ago, ()):
            if told.form == "daily" and told.minutes_ago is None:
                answers |= told.answers
                note, looked_at = told.note, bool(told.answers)
        at, habit = self._usual_time(days_ago, rng), rng.random()
        day = self.day(days_ago)
        if habit < _NEXT_MORNING and not looked_at and days_ago >= _RECENT:
            at = instant(day + timedelta(days=1), _MORNING + 40, self.story.zone)
        page = self._page("daily", at, day, answers, rng, note=note, looked_at=looked_at)
        yield page
        if habit > 1 - _EDITED and not looked_at:
            again = answers | {"worst": scale(answers["worst"] + 1)}
            yield self._page(
                "daily", at + timedelta(minutes=9), day, again, rng, note=note, entry=page.document.entry_id
            )

    def _daily_answers(self, days_ago: int, rng: random.Random) -> dict[str, Any]:
        felt = self.felt(days_ago)
        average = scale(felt)
        usual = self.lately(days_ago + 1)
        compared = "worse" if felt - usual > _ABOUT_USUAL else "better" if usual - felt > _ABOUT_USUAL else "same"
        worst = max(average, scale(felt + 0.7 + abs(rng.gauss(0, 0.8))))
        likely = felt >= _HURTS or rng.random() < felt / 30
        answers: dict[str, Any] = {
            "none_of_these": True,
            "average": average,
            "worst": worst,
            "now": min(worst, scale(felt + rng.gauss(-0.3, 0.8))),
            "interference": scale(0.8 * felt + rng.gauss(-0.2, 0.6)),
            "sleep": scale(8.8 - 0.55 * felt + rng.gauss(0, 0.8)),
            "compared": compared,
            "flare": False,
            "activities": "yes",
            "medicine": likely and self.diary.medicine is not None,
        }
        for question in ("now", "sleep", "medicine"):
            if rng.random() < _OVERLOOKED:
                del answers[question]
        if rng.random() < 1 / _WEEK:
            answers["body"] = self._body(felt)
        return answers

    def _out_of_the_ordinary(self, told: Told) -> Page:
        rng = self._rng("told", told.days_ago)
        if told.minutes_ago is not None:
            at = self.now - timedelta(minutes=told.minutes_ago)
            day = local_date(at, self.story.zone)
        else:
            day = self.day(told.days_ago)
            at = instant(day, told.minute or self.diary.minute_of_day, self.story.zone)
        answers = {**(self._daily_answers(told.days_ago, rng) if told.form == "daily" else {}), **told.answers}
        return self._page(told.form, at, day, answers, rng, note=told.note, looked_at=True)

    def _regular(self, form: str, answers: partial[dict[str, Any]] | Any) -> Iterator[Page]:
        """A form that comes again and again, counted from the first day; sometimes a day or two late, or not at all."""
        turn = 0
        for due in range(self.first - FIRST_AFTER[form], -1, -EVERY[form]):
            rng = self._rng(form, turn)
            turn += 1
            skipped, delay = rng.random() < _FORM_SKIPPED, rng.choice((0, 0, 0, 1))
            days_ago = max(due - delay, 0)
            if (skipped and turn > 1) or _within(days_ago, self.diary.silent):
                continue
            at = self._usual_time(days_ago, rng) + timedelta(minutes=3)
            yield self._page(form, at, self.day(days_ago), answers(days_ago, rng), rng)

    def _weekly(self, days_ago: int, rng: random.Random) -> dict[str, Any]:
        lately = self.lately(days_ago)
        days = sum(self.felt(days_ago + back) >= _HURTS for back in range(_WEEK))
        medicine = self.diary.medicine
        return {
            "peg_pain": scale(lately + rng.gauss(0, 0.3)),
            "peg_enjoyment": scale(0.8 * lately + rng.gauss(0, 0.4)),
            "peg_activity": scale(0.85 * lately + rng.gauss(0, 0.4)),
            "mood": scale(on(self.diary.well, days_ago) + rng.gauss(0, 0.5)),
            "stress": scale(8 - 0.6 * on(self.diary.well, days_ago) + rng.gauss(0, 0.8)),
            "medicines": [{"name": medicine, "days": days}] if medicine and days else [],
            "over_label": False,
            "body": self._body(lately),
        }

    def _fortnight(self, days_ago: int, rng: random.Random) -> dict[str, Any]:
        """10 is as before: what hurts less goes better."""
        able = 9.2 - 1.25 * self.lately(days_ago)
        return {
            "activities": [
                {"id": f"own-{number}", "score": scale(able - 0.6 * (number - 2) + rng.gauss(0, 0.4))}
                for number in range(1, len(self.diary.intake.activities) + 1)
            ]
        }

    def _monthly(self, days_ago: int, answers: tuple[int, int]) -> Page:
        rng = self._rng("monthly", days_ago)
        told: dict[str, Any] = {"phq2": list(answers)}
        if sum(answers) >= PHQ_ASKS_FROM:
            told["self_harm"] = False
        at = self._usual_time(days_ago, rng) + timedelta(minutes=6)
        return self._page("monthly", at, self.day(days_ago), told, rng, looked_at=sum(answers) >= PHQ_ASKS_FROM)

    def morning(self, days_ago: int, session_id: str, before: int | None) -> Page | None:
        """The question on the morning after a session of `days_ago`; None when it stays unanswered."""
        if days_ago == 0 or _within(days_ago - 1, self.diary.silent):
            return None
        rng = self._rng("morning", days_ago)
        answered, pain = rng.random() < _MORNING_ANSWERED, scale(self.felt(days_ago - 1) + rng.gauss(-0.3, 0.4))
        if before is not None:
            pain = min(pain, before + 1)  # "settled by the next morning", where no story says otherwise
        day = self.day(days_ago - 1)
        at = instant(day, _MORNING + rng.randrange(25), self.story.zone)
        if not answered or at > self.now:
            return None
        return self._page("morning", at, day, {"pain": pain}, rng, session_id=session_id)

    # -- pieces ---------------------------------------------------------------------------------------------------

    def day(self, days_ago: int) -> date:
        return local_date(self.now, self.story.zone) - timedelta(days=days_ago)

    def _usual_time(self, days_ago: int, rng: random.Random) -> datetime:
        minute = self.diary.minute_of_day + round(rng.gauss(0, 18))
        return instant(self.day(days_ago), min(minute, _MIDNIGHT - 15), self.story.zone)

    def _body(self, pain: float) -> list[dict[str, Any]]:
        marks = [(spot, round(share * pain)) for spot, share in self.diary.places]
        return [{"spot": spot, "intensity": min(intensity, 10)} for spot, intensity in marks if intensity >= 1]

    def _page(
        self,
        form: str,
        at: datetime,
        day: date,
        answers: Mapping[str, Any],
        rng: random.Random,
        *,
        note: str | None = None,
        entry: uuid.UUID | None = None,
        session_id: str | None = None,
        looked_at: bool = False,
    ) -> Page:
        identity = _uuid(rng)
        document = parse(
            {
                "id": str(identity),
                "entry_id": str(entry or _uuid(rng)),
                "form": form,
                "local_date": day.isoformat(),
                "answered_at": at.isoformat(),
                "session_id": session_id,
                "note": note,
                "answers": dict(answers),
            }
        )
        return Page(at, document, looked_at)

    def _rng(self, *what: object) -> random.Random:
        name = " ".join(str(each) for each in (SEED, self.story.key, self.diary.draw, *what))
        return random.Random(name)  # noqa: S311  # invented people, not secrets


def _within(days_ago: int, spans: tuple[Span, ...]) -> bool:
    return any(first >= days_ago >= last for first, last in spans)


def _uuid(rng: random.Random) -> uuid.UUID:
    return uuid.UUID(int=rng.getrandbits(128), version=4)
