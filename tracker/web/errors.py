"""What a person reads when something did not work: what happened, what is safe, what to do.

Pages get HTML, `/api` gets JSON `{"error": sentence}`. A record that is not there and one that is somebody else's give
the same answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import Flask, current_app, jsonify, render_template, request
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, SecurityError
from werkzeug.exceptions import NotFound as PageNotFound

from tracker.accounts import access
from tracker.web.context import abandon, person_id_or_none, wants_json
from tracker.web.locale import SOURCE_LANGUAGE
from tracker.web.logs import error_fields, log

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from werkzeug.wrappers import Response

TEXTS: Final = {
    400: (_l("That did not arrive as it should"), _l("Nothing was changed. Go back, reload the page and try again.")),
    401: (
        _l("Please sign in"),
        _l("You are not signed in any more. Sign in, then do this again; nothing was changed."),
    ),
    403: (_l("This page is not open to you"), _l("You are signed in, but this belongs to somebody with another role.")),
    404: (_l("There is nothing here"), _l("The page or the record does not exist, or it is not yours to see.")),
    405: (_l("That does not work this way"), _l("Nothing was changed. Go back and use the buttons of the page.")),
    413: (_l("That is too large"), _l("Nothing was stored. Send less at once, or a smaller file.")),
    422: (_l("Something is missing or does not fit"), _l("Nothing was stored. Go back and check what you entered.")),
    429: (_l("Too many tries"), _l("To keep accounts safe there is a short pause now. Try again in a while.")),
    500: (_l("Something broke on our side"), _l("What you had saved is safe. Try again in a minute.")),
}
_FIRST_SERVER_ERROR: Final = 500


def init_errors(app: Flask) -> None:
    """Answer every error with one of our pages."""
    app.register_error_handler(HTTPException, _answer)
    app.register_error_handler(InternalServerError, _broken)
    app.register_error_handler(access.NotFound, _hidden)
    app.register_error_handler(CSRFError, _stale_form)


def _hidden(error: access.NotFound) -> ResponseReturnValue:
    """A record the visitor may not open. Logged with ids, because somebody may be trying doors."""
    log.warning("record refused", endpoint=request.endpoint, person_id=person_id_or_none(), reason=type(error).__name__)
    return _answer(PageNotFound())


def _stale_form(error: CSRFError) -> ResponseReturnValue:
    title = _("This page was open for too long")
    text = _("Nothing was changed. Reload the page and send it again.")
    return _render(error, 400, title, text)


def _broken(error: InternalServerError) -> ResponseReturnValue:
    """Something failed. Greeting the visitor in their language asks the database, which may be what failed: the answer
    must not fail for the same reason, or a bare one of the server would go out without our headers.
    """
    try:
        abandon()
        return _answer(error)
    except Exception as again:  # noqa: BLE001  # whatever it is, the visitor gets an answer
        log.error("error page failed", **error_fields(again))
        with force_locale(SOURCE_LANGUAGE):
            title, text = map(str, TEXTS[_FIRST_SERVER_ERROR])
            if wants_json():
                return jsonify(error=f"{title}. {text}"), _FIRST_SERVER_ERROR
            return _bare(_FIRST_SERVER_ERROR, title, text), _FIRST_SERVER_ERROR


def _answer(error: HTTPException) -> ResponseReturnValue:
    status = error.code or _FIRST_SERVER_ERROR
    if status < 400:  # noqa: PLR2004  # redirects of the router are exceptions, too
        return error.get_response()
    fallback = 500 if status >= _FIRST_SERVER_ERROR else 400
    title, text = TEXTS.get(status, TEXTS[fallback])
    return _render(error, status, str(title), str(text))


def _render(error: HTTPException, status: int, title: str, text: str) -> ResponseReturnValue:
    if wants_json():
        return _with_headers(jsonify(error=f"{title}. {text}"), error, status)
    if isinstance(error, SecurityError):
        # The host name is none of ours: no address can be built, and none should be offered.
        return _bare(status, title, text), status
    page = render_template("errors/page.html", status=status, title=title, text=text)
    response = error.get_response()
    response.set_data(page)
    response.content_type = "text/html; charset=utf-8"
    return response


def _bare(status: int, title: str, text: str) -> str:
    """A page without its frame, which may be what failed."""
    return current_app.jinja_env.get_template("errors/bare.html").render(status=status, title=title, text=text)


def _with_headers(body: Response, error: HTTPException, status: int) -> ResponseReturnValue:
    """`body` with what the error says in headers, such as Retry-After or Allow."""
    for name, value in error.get_headers():
        if name.lower() not in {"content-type", "content-length"}:
            body.headers[name] = value
    body.status_code = status
    return body
