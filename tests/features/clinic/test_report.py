"""Reports and letters: what was chosen stands in them, as a page and as a PDF, for nobody else, and nothing is kept."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
from sqlalchemy import select

from tracker.accounts.models import AuditEvent, Consent
from tracker.clinic import report_pdf, report_texts, report_views
from tracker.clock import local_date
from tracker.diary import documents
from tracker.diary import service as diary

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
    for words in ("20 of 30 told", "12 of 30 told", "Told on 30 of 84 days", "points a week (95% interval -"):
        assert words in page, words
    assert "Born" in page
    assert "1971" in page


@pytest.mark.usefixtures("told")
def test_page_and_pdf_say_the_same(ask):
    answer = ask(**{"as": "pdf"})
    assert answer.mimetype == "application/pdf"
    said = text_of(answer.data)
    for words in ("Report about Ada Łęcka", "20 of 30 told", "12 of 30 told", "How to read this"):
        assert words in said, words


def test_an_empty_record_makes_a_report_that_says_so(ask):
    answer = ask(**{"as": "pdf"})
    assert "Pain: not told in this period." in text_of(answer.data)
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
