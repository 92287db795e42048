"""Logging. Lines carry ids, counts and names of our own code; a list of allowed fields keeps everything else out.

Names, addresses, notes and tokens must not reach a log, and a message of an exception may quote any of them. So an
error is logged as its type and the places in the code it passed through, without its text.
"""

from __future__ import annotations

import logging
import secrets
import sys
import traceback
from typing import TYPE_CHECKING, Final

import structlog
from flask import Flask, Response, g, request

from tracker.clock import stopwatch_s
from tracker.web.context import person_id_or_none

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from types import TracebackType

    from structlog.typing import EventDict, Processor, WrappedLogger

    from tracker.settings import Settings

ALLOWED: Final = frozenset(
    {
        "clinic_id",
        "duration_ms",
        "endpoint",
        "error",
        "event",
        "job",
        "level",
        "method",
        "patient_id",
        "person_id",
        "reason",
        "request_id",
        "rows",
        "seal",
        "status",
        "timestamp",
        "where",
    }
)

log = structlog.get_logger("tracker")


def only_allowed(_logger: WrappedLogger, _method: str, line: EventDict) -> MutableMapping[str, object]:
    """Drop every field that is not on the list."""
    return {name: value for name, value in line.items() if name in ALLOWED}


def configure_logging(settings: Settings) -> None:
    """Write lines to standard error, as text or JSON."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries speak through the standard module; they are heard only when something is wrong.
    logging.basicConfig(level=max(level, logging.WARNING), format="%(asctime)s [%(levelname)s] %(name)s: %(message)s")


def error_fields(error: BaseException) -> dict[str, str]:
    """What may be logged of an exception: its type and where it came from."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames[-6:]))
    return {"error": type(error).__name__, "where": where}


class QuietFlask(Flask):
    """Flask that logs an unhandled error without the text of its message."""

    def log_exception(
        self,
        exc_info: tuple[type, BaseException, TracebackType | None] | tuple[None, None, None],
    ) -> None:
        error = exc_info[1]
        if error is not None:
            log.error("request failed", request_id=g.get("request_id"), **error_fields(error))


def init_request_log(app: Flask) -> None:
    """One line for each request. Its endpoint, not its path: paths of links carry tokens."""

    @app.before_request
    def begin() -> None:
        g.request_id = secrets.token_hex(8)
        g.started_s = stopwatch_s()

    @app.after_request
    def finish(response: Response) -> Response:
        endpoint = request.endpoint or "none"
        if endpoint.startswith("assets."):
            return response
        log.info(
            "request",
            request_id=g.get("request_id"),
            method=request.method,
            endpoint=endpoint,
            status=response.status_code,
            duration_ms=round((stopwatch_s() - g.started_s) * 1000) if "started_s" in g else None,
            person_id=person_id_or_none(),
        )
        return response
