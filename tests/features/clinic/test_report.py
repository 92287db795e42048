"""Reports and letters: what was chosen stands in them, as a page and as a PDF, for nobody else, and nothing is kept."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select

from tracker.accounts.models import AuditEvent, Consent
from tracker.alerts.models import Alert
from tracker.clinic import report_pdf, report_texts, report_views
from tracker.clock import local_date
from tracker.diary import documents
from tracker.diary import service as diary
from tracker.regimen.models import Standing

ALL = list(report_texts.SECTIONS)


@pytest.fixture
def patient(people, physio):
    return people.patient(physio, name="Ada Łęcka", birth_year=1971)


@pytest.fixture
def told(database, patient, clock):
    """Thirty days of pain that falls from 7 to 4, two of them with a flare."""
    for day in range(30):
        clock.advance(timedelta(days=1))
        average = 7 - day // 10
        answers = {
            "average": average,
            "worst": average + 1,
            "interference": 3,
            "compared": "same",
            "flare": day in (3, 4),
            "medicine": day < 12,
            "none_of_these": True,
        }
        document = documents.parse(
            {
                "id": str(uuid.uuid4()),
                "entry_id": str(uuid.uuid4()),
                "form": "daily",
                "local_date": local_date(clock.now(), patient.time_zone).isoformat(),
                "answered_at": clock.now().isoformat(),
                "source": "page",
                "answers": answers,
            }
        )
        diary.receive(database, patient=patient, document=document, received_at=clock.now())
    database.commit()


@pytest.fixture
def ask(physio, patient, signed_in):
    """`ask(**fields)`: what the form answers; a report of twelve weeks with everything unless said otherwise."""

    def send(**fields: Any) -> Any:
        chosen = {"kind": "report", "period": "84", "sections": ALL, "as": "page", **fields}
        return signed_in(physio).post(f"/patients/{patient.id}/report", chosen)

    return send


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        pages = [document[number] for number in range(len(document))]
        texts = [page.get_textpage() for page in pages]
        found = "\n".join(text.get_text_range() for text in texts)
        for each in (*texts, *pages):
            each.close()
        return " ".join(found.split())
    finally:
        document.close()


@pytest.mark.usefixtures("told")
def test_the_figures_are_those_of_the_diary(ask):
    page = ask().text
    assert "6 of 10" in page  # ten days each of 7, 6 and 5
    for words in (
        "20 of 30 days answered",
        "12 of 30 days answered",
        "told on 30 of 30 days since the diary began",
        "points a week (95% interval -",
    ):
        assert words in page, words
    assert "Born" in page
    assert "1971" in page


@pytest.fixture
def alert(database, patient, clock):
    """`alert(level=2)`: something open about the patient."""

    def make(level=2, family="trend", *, ago=0, **fields):
        at = clock.now() - timedelta(days=ago)
        stored = {"rule": "C2", "level": level, "day": at.date().isoformat(), "values": {"baseline": 2.1, "ewma": 4.1}}
        database.add(
            Alert(
                **{
                    "patient_id": patient.id,
                    "family": family,
                    "level": level,
                    "opened_at": at,
                    "first_day": at.date(),
                    "last_day": at.date(),
                    "sentence": "",
                    "engine_version": "1",
                    "due_at": at + timedelta(days=1),
                    "firings": [{**stored, **fields.pop("firing", {})}],
                    "parameters_version": "1",
                    **fields,
                }
            )
        )
        database.commit()

    return make


def in_short(page: str) -> list[str]:
    """The lines of the first part."""
    part = page[page.index('class="part part-summary"') :]
    return re.findall(r"<li>(.*?)</li>", part[: part.index("</section>")], re.DOTALL)


@pytest.mark.usefixtures("told")
def test_what_holds_now_stands_before_the_period_and_what_is_open_between_them(ask, alert, database, patient):
    standing = database.get(Standing, patient.id)
    standing.baseline, standing.spread = 2.1, 1.0
    alert(1, "acute", firing={"rule": "A3", "values": {}})
    alert(2)
    alert(4, "red", closed_at=standing.since, disposition="spoke")
    now, opened, period, *rest = in_short(ask().text)
    assert (
        now
        == "Now: average pain 5 of 10 in the last 7 days (7 told; 5.6 the week before), 2.9 above the usual 2.1 ± 1."
    )
    assert opened.startswith("Open since ")
    assert "“Look soon”" in opened
    assert "(3 alerts raised in this period; open now: 2.)" in opened
    assert period.startswith("Whole period: average pain 6 of 10")
    assert len(rest) == 2, "five lines that a doctor reads first"


@pytest.mark.usefixtures("told")
def test_what_was_raised_before_the_period_and_is_still_open_is_said(ask, alert):
    alert(ago=29)
    page = ask(period="28", sections=["summary", "alerts"]).text
    assert in_short(page)[1].startswith("Open since ")
    assert page.count("<tr>") == 2, "and stands in the table"


@pytest.mark.usefixtures("told")
def test_a_week_without_a_word_is_said_and_not_filled_in(ask, clock):
    clock.advance(timedelta(days=8))
    assert in_short(ask().text)[0] == "Now: pain was not told in the last 7 days."


@pytest.mark.usefixtures("told")
def test_no_percent_sign_is_doubled(ask):
    page, said = ask().text, text_of(ask(**{"as": "pdf"}).data)
    assert "Sen's 95% interval" in unescape(page)
    assert "%%" not in page
    assert "%%" not in said


@pytest.mark.usefixtures("told")
def test_days_are_of_one_number_and_what_differs_is_named(ask, clock):
    clock.advance(timedelta(days=2))
    page = ask().text
    assert page.count("of 32 days since the diary began") == 3, "in short, and twice where it is said what is missing"
    assert "30 of 32 days" in page
    assert "2 of 32 days" in page, "without any word"
    assert "of 84 days" not in page
    assert "28 days" in ask(period="28", sections=["missing"]).text


@pytest.mark.usefixtures("told")
def test_a_table_is_not_named_twice(ask, alert):
    alert()
    page = ask(sections=["alerts", "pain"]).text
    assert "<caption>Alerts</caption>" not in page
    assert 'aria-label="Alerts"' in page
    assert "<caption>Pain in numbers</caption>" in page


@pytest.mark.usefixtures("told")
def test_page_and_pdf_say_the_same(ask):
    answer = ask(**{"as": "pdf"})
    assert answer.mimetype == "application/pdf"
    said = text_of(answer.data)
    for words in ("Report about Ada Łęcka", "20 of 30 days answered", "12 of 30 days answered", "How to read this"):
        assert words in said, words


def test_an_empty_record_makes_a_report_that_says_so(ask):
    answer = ask(**{"as": "pdf"})
    assert "Whole period: pain not told in this period." in text_of(answer.data)
    assert ask().text.count("Nothing in this period.") >= 5


@pytest.mark.usefixtures("told")
def test_only_what_was_chosen_is_in_it(ask):
    page = ask(sections=["summary", "medicines"]).text
    assert "Days with pain medicine" in page
    assert "Days with a flare" not in page


@pytest.mark.usefixtures("told")
def test_a_letter_has_its_reader_its_words_and_its_writer(ask):
    said = text_of(
        ask(
            kind="letter",
            sections=["summary"],
            addressee="Dr. Moreau\nHill Street 1",
            words="Please look at <b>it</b>.",
            **{"as": "pdf"},
        ).data
    )
    for words in ("Dr. Moreau", "Hill Street 1", "Please look at <b>it</b>.", "Jonas Berg", "Practice by the river"):
        assert words in said, words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sections": []}, "choose at least one part"),
        ({"kind": "letter", "words": " "}, "A letter needs some words of yours"),
        ({"kind": "poem"}, "Not a valid choice"),
        ({"period": "4000"}, "Not a valid choice"),
        ({"sections": ["everything"]}, "not a valid choice"),
        ({"words": "a" * 5001}, "At most 5000 characters"),
    ],
)
def test_what_cannot_be_made_is_said(ask, database, fields, words):
    answer = ask(**fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert not database.scalars(select(AuditEvent).where(AuditEvent.action.in_(["report.made", "letter.made"]))).all()


@pytest.mark.usefixtures("told")
def test_that_one_was_made_is_in_the_trail_and_its_words_are_not(ask, database):
    answer = ask(kind="letter", words="Suspects a fracture.", **{"as": "pdf"})
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Ada" not in answer.headers["Content-Disposition"]
    database.commit()
    (line,) = database.scalars(select(AuditEvent).where(AuditEvent.action == "letter.made"))
    assert line.detail is not None
    assert "fracture" not in str(line.detail)
    assert line.detail["as"] == "pdf"


@pytest.mark.usefixtures("told")
def test_without_the_consent_to_share_there_is_no_report(ask, database, patient, clock):
    for consent in database.scalars(select(Consent).where(Consent.person_id == patient.id, Consent.kind == "sharing")):
        consent.withdrawn_at = clock.now()
    database.commit()
    assert ask().status_code == 404


def test_a_machine_without_pango_says_what_to_do(ask, monkeypatch):
    def missing() -> Any:
        raise report_pdf.PdfUnavailableError

    monkeypatch.setattr(report_pdf, "_weasyprint", missing)
    answer = ask(**{"as": "pdf"})
    assert answer.status_code == 503
    assert "Open the page instead and print it" in answer.text


def test_nothing_is_fetched_for_a_pdf():
    fetched = report_pdf._fetcher({})
    for address in ("file:///etc/passwd", "http://127.0.0.1:1/x", "rhomboid:0"):
        with pytest.raises(ValueError, match="fetches nothing"):
            fetched.fetch(address)


def test_our_typeface_is_used(settings):
    assert report_views._typefaces(settings.assets_folder), "the assets have been built"
