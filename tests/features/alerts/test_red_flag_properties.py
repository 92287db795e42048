"""Whatever else happens in a history: a red flag that is told, at any point and on any way, always leads to its level,
the page, the lock and the messages, until a clinician closes it; and nothing that is told later takes that back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from tests.features.alerts.conftest import Office, Told
from tracker.accounts.models import Person
from tracker.alerts import workflow_service
from tracker.alerts.workflow_service import Outcome
from tracker.diary.rules_flags import RED_FLAGS, Answer, FlagAnswer, flag_levels
from tracker.regimen.rules_levels import LOCKED_FROM, Level

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)

codes = st.sampled_from([code for code in RED_FLAGS if code != "C_MOOD"])
answers = st.sampled_from(["new", "new", "checked"])
details = st.sampled_from([None, True, False])
flags = st.dictionaries(codes, st.tuples(answers, details), min_size=1, max_size=3)

actions = st.one_of(
    st.tuples(st.just("day"), st.integers(0, 10)),
    st.tuples(st.just("wait"), st.integers(1, 4)),
    # A red flag: in which form, and how many days ago it was answered (the outbox keeps that) and about which day.
    st.tuples(
        st.just("flag"),
        flags,
        st.sampled_from(["flags", "daily", "intake"]),
        st.sampled_from([0, 0, 0, 1, 2, 9, 40]),
        st.integers(0, 2),
    ),
    st.tuples(st.just("self_harm"), st.sampled_from(["flags", "monthly"])),
    st.tuples(st.just("edit"), st.integers(0, 20), st.booleans()),
    st.tuples(st.just("acknowledge")),
    st.tuples(st.just("helped"), st.sampled_from(["yes", "no", "waiting"])),
    st.tuples(st.just("close")),
)


@dataclass
class Story:
    """Plays a history and knows what must hold."""

    told: Told
    office: Office
    patient: Person
    physio: Person
    must: Level = Level.STEADY
    owned: bool = False
    helped: bool = False
    entries: list[tuple[str, str, dict[str, Any], Any]] = field(default_factory=list)
    said: dict[tuple[str, str], Level] = field(default_factory=dict)

    def play(self, action: tuple[Any, ...]) -> None:
        getattr(self, f"do_{action[0]}")(*action[1:])
        self.check()

    def do_day(self, average: int) -> None:
        self.told.day(self.patient, average)

    def do_wait(self, days: int) -> None:
        self.told.next_day(days)
        self.told.look(self.patient)

    def do_flag(self, given: dict[str, tuple[str, Any]], form: str, answered_ago: int, about_before: int) -> None:
        name = f"entry {len(self.entries)}"
        answered_at = self.told.at - timedelta(days=answered_ago)
        about = self.told.today(self.patient) - timedelta(days=answered_ago + about_before)
        document = {code: {"answer": answer, "detail": detail} for code, (answer, detail) in given.items()}
        self.entries.append((name, form, document, (about, answered_at)))
        self.expect(name, document)
        self.told.tell(self.patient, form, entry=name, about=about, answered_at=answered_at, flags=document)

    def do_self_harm(self, form: str) -> None:
        more = {"phq2": [2, 2]} if form == "monthly" else {}
        self.raised(Level.EMERGENCY)
        self.told.tell(self.patient, form, self_harm=True, **more)

    def do_edit(self, index: int, keeps: bool) -> None:
        """The person changes an entry, and takes the flag out of it or leaves it in."""
        if not self.entries:
            return
        name, form, document, (about, _at) = self.entries[index % len(self.entries)]
        if self.told.today(self.patient) - about > timedelta(days=2):
            return
        kept = {"flags": document} if keeps else {"none_of_these": True}
        if keeps:
            self.expect(name, document)
        self.told.tell(self.patient, form, entry=name, about=about, **kept)

    def do_acknowledge(self) -> None:
        for alert in self.open():
            if alert.acknowledged_at is None:
                workflow_service.acknowledge(self.office.session, alert, self.physio, self.told.at)
                self.owned = True
        self.office.session.commit()

    def do_helped(self, how: str) -> None:
        for alert in self.open():
            if alert.level >= LOCKED_FROM:
                workflow_service.patient_outcome(self.office.session, self.patient, alert, helped=how, at=self.told.at)
                self.helped = how == "yes"
                self.owned = self.owned and how != "no"
        self.office.session.commit()

    def do_close(self) -> None:
        for alert in self.open():
            workflow_service.close(
                self.office.session,
                alert,
                self.physio,
                self.told.at,
                disposition="referred",
                outcome=Outcome("doctor"),
            )
        self.office.session.commit()
        self.must, self.owned, self.helped = Level.STEADY, False, False
        self.told.clock.advance(timedelta(minutes=1))

    def open(self) -> list[Any]:
        return [alert for alert in self.office.alerts(self.patient) if alert.closed_at is None]

    def expect(self, name: str, document: dict[str, Any]) -> None:
        """What a version of an entry says must be acted on, unless an earlier version of it has said the same."""
        levels = flag_levels(
            {code: FlagAnswer(Answer(each["answer"]), each["detail"]) for code, each in document.items()}
        )
        for code, level in levels.items():
            if level > self.said.get((name, code), Level.STEADY):
                self.raised(level)
            self.said[name, code] = max(level, self.said.get((name, code), Level.STEADY))

    def raised(self, level: Level) -> None:
        if level > self.must:
            self.owned = False
        self.must = max(self.must, level)
        self.helped = self.helped and level < LOCKED_FROM

    def check(self) -> None:
        if self.must < LOCKED_FROM:
            return
        standing = self.office.standing(self.patient)
        note(f"must {self.must!r}, standing {standing.level} {standing.page}")
        alert = next(alert for alert in self.open() if alert.family == "red")
        assert alert.level >= self.must
        assert standing.level >= self.must
        assert standing.locked
        assert standing.page is not None or self.helped
        assert self.must < Level.EMERGENCY or self.helped or standing.page in {"emergency", "crisis"}
        waiting = self.office.deliveries(f"alert:{alert.id}")
        assert self.owned or self.physio.id in {row.person_id for row in waiting}
        assert all(row.payload["level"] >= LOCKED_FROM for row in waiting)


@settings(
    phases=[p for p in Phase if p is not Phase.explain],
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(history=st.lists(actions, min_size=1, max_size=12))
def test_a_red_flag_always_leads_to_its_level_the_page_the_lock_and_the_messages(history, people, physio, told, office):
    told.ids.clear()
    told.clock.instant = NOON
    story = Story(told, office, people.patient(physio, intake_done=False), physio)
    for action in history:
        story.play(action)
