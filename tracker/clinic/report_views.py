"""A progress report or a referral letter about a patient: chosen, looked at as a page, taken along as a PDF. HTTP only.

Both are answers to a form, so that nothing of what is written stands in an address; neither is kept here. That one was
made is in the audit trail.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import Response, flash, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from tracker.accounts.access import patient_for
from tracker.accounts.service import record_audit
from tracker.clinic import report_pdf, report_sections, report_service, report_texts
from tracker.clinic.forms import ReportForm
from tracker.clinic.room_views import INVALID, clinic_pages
from tracker.clock import local_date
from tracker.web.context import db, now, settings, viewer
from tracker.web.locale import page_language

if TYPE_CHECKING:
    from pathlib import Path

    from flask.typing import ResponseReturnValue

    from tracker.accounts.models import Person

NO_STORE: Final = "no-store"
SERVICE_UNAVAILABLE: Final = 503
NO_PDF: Final = lazy_gettext(
    "This server cannot make PDFs at the moment: a library of the system is missing (Pango). Open the page instead and "
    "print it."
)


@clinic_pages.route("/patients/<uuid:patient_id>/report", methods=["GET", "POST"])
def report(patient_id: UUID) -> ResponseReturnValue:
    """Choose what a report or letter holds, and get it as a page or as a PDF."""
    whom = patient_for(db(), viewer(), patient_id, purpose="report.read", at=now(), read_health=True)
    form = ReportForm()
    if not form.is_submitted():
        return _choose(whom, form)
    if not form.validate():
        return _choose(whom, form, INVALID)
    as_pdf = request.form.get("as") == "pdf"
    content = _content(whom, form)
    try:
        answer = _pdf(content) if as_pdf else Response(render_template("report/page.html", **content))
    except report_pdf.PdfUnavailableError:
        flash(NO_PDF, "warning")
        return _choose(whom, form, SERVICE_UNAVAILABLE)
    record_audit(
        db(),
        actor=viewer(),
        patient=whom,
        action=f"{form.kind.data}.made",
        subject="patient",
        at=now(),
        detail={"days": int(form.period.data), "sections": list(form.sections.data), "as": "pdf" if as_pdf else "page"},
    )
    db().commit()
    answer.headers["Cache-Control"] = NO_STORE
    return answer


def _choose(whom: Person, form: ReportForm, status: int = 200) -> ResponseReturnValue:
    return render_template(
        "report/choose.html", patient=whom, form=form, of_a_letter=list(report_texts.OF_A_LETTER)
    ), status


def _content(whom: Person, form: ReportForm) -> dict[str, Any]:
    last = local_date(now(), whom.time_zone)
    period = report_service.Period(last - timedelta(days=int(form.period.data) - 1), last)
    material = report_service.read(db(), whom, period, now())
    is_letter = form.kind.data == "letter"
    return {
        "patient": whom,
        "author": viewer(),
        "made_at": now(),
        "is_letter": is_letter,
        "title": _("Letter about %(name)s", name=whom.name)
        if is_letter
        else _("Report about %(name)s", name=whom.name),
        "addressee": form.addressee.data or "",
        "words": form.words.data or "",
        "head": report_sections.head_of(material),
        "sections": report_sections.sections_of(material, form.sections.data),
        "methods": report_sections.methods_of(material),
        "language": page_language(),
    }


def _pdf(content: dict[str, Any]) -> Response:
    made = report_pdf.pdf_of(render_template("report/print.html", **content), _typefaces(settings().assets_folder))
    name = f"rhomboid-{local_date(now(), viewer().time_zone).isoformat()}-{content['patient'].id.hex[:8]}.pdf"
    return Response(made, mimetype="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}"'})


_SCRIPTS: Final = ("latin", "latin-ext", "greek", "cyrillic", "vietnamese")


def _typefaces(assets: Path) -> list[Path]:
    """Inter, one file for each group of scripts, as browsers get it."""
    found = (next(assets.glob(f"inter-*/files/inter-{script}-wght-normal.woff2"), None) for script in _SCRIPTS)
    return [file for file in found if file is not None]
