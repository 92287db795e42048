"""A page as a PDF, by WeasyPrint. Nothing is fetched from anywhere: the style and the typeface are files of ours.

WeasyPrint needs the system's Pango; where that is missing, `PdfUnavailableError` says so, and the page itself can be
printed.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from tracker.settings import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_STYLE: Final = PROJECT_ROOT / "tracker" / "web" / "static" / "css" / "report.css"
_OURS: Final = "rhomboid:"


class PdfUnavailableError(RuntimeError):
    """PDFs cannot be made on this machine."""


def pdf_of(html: str, typefaces: Sequence[Path] = ()) -> bytes:
    """The document as a PDF/UA: tagged, with a title and a language, so that it can be read aloud. `typefaces`: files
    of Inter, each with some scripts; without them the system's sans-serif is used.
    """
    weasyprint = _weasyprint()
    fetcher = _fetcher({f"{_OURS}{number}": file for number, file in enumerate(typefaces)})
    fonts = weasyprint.text.fonts.FontConfiguration()
    style = weasyprint.CSS(string=_style(len(typefaces)), url_fetcher=fetcher, font_config=fonts)
    document = weasyprint.HTML(string=html, base_url=_OURS, url_fetcher=fetcher)
    made: bytes = document.write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")
    return made


@cache
def _weasyprint() -> Any:
    try:
        import weasyprint
        import weasyprint.text.fonts
    except OSError as error:  # a shared library of the system is missing
        raise PdfUnavailableError from error
    return weasyprint


def _style(typefaces: int) -> str:
    """The style of a report, and a family for each file: a letter is taken from the first one that has it."""
    faces = "".join(
        f'@font-face {{ font-family: "Inter {number}"; src: url("{_OURS}{number}"); }}\n' for number in range(typefaces)
    )
    families = "".join(f'"Inter {number}", ' for number in range(typefaces))
    return f"{faces}{_STYLE.read_text(encoding='utf-8')}\nbody {{ font-family: {families}sans-serif; }}"


def _fetcher(files: dict[str, Path]) -> Any:
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OnlyOurs(URLFetcher):  # type: ignore[misc]  # WeasyPrint ships no types
        """Gives our typefaces and refuses every other address."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            del headers
            if url not in files:
                raise ValueError("a report fetches nothing")
            return URLFetcherResponse(url, files[url].read_bytes(), {"Content-Type": "font/woff2"})

    return OnlyOurs()
