"""What every response says to the browser about itself, and which requests are refused before they reach a page.

The content security policy allows nothing inline and no other origin; WebAssembly is needed for the pose model and the
engine. The camera is switched off by policy everywhere except on the pages that use it (`@uses_camera`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import Forbidden
from werkzeug.middleware.proxy_fix import ProxyFix

from tracker.web.guards import Guard, guard_of
from tracker.web.sign_in import cookie_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracker.settings import Settings

    View = TypeVar("View", bound=Callable[..., object])

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'self'; "
    "script-src 'self' 'wasm-unsafe-eval'; "
    "worker-src 'self'; "
    "connect-src 'self'; "
    "img-src 'self' data: blob:; "
    "media-src 'self' blob:; "
    "object-src 'none'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'; "
    "form-action 'self'"
)

_NEVER_USED: Final = ("accelerometer", "display-capture", "geolocation", "gyroscope", "microphone", "payment", "usb")
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ONE_YEAR_S: Final = 31_536_000

ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": browsers would then hide the origin of our own forms from us as well.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}


def uses_camera(view: View) -> View:
    """Mark a view whose page may ask for the camera. Goes directly on the function, below the route."""
    view.uses_camera = True  # type: ignore[attr-defined]  # a mark on the function is all it is
    return view


def init_headers(app: Flask, settings: Settings) -> None:
    """Set up hosts, cookies, limits, form tokens and response headers."""
    app.config.update(
        SECRET_KEY=settings.signing_keys[0],
        SECRET_KEY_FALLBACKS=list(settings.signing_keys[1:]),
        TRUSTED_HOSTS=list(settings.trusted_hosts),
        MAX_CONTENT_LENGTH=settings.body_limit_bytes,
        SESSION_COOKIE_NAME=cookie_name("rhomboid_page", https=settings.https),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        SESSION_COOKIE_PATH="/",
        PREFERRED_URL_SCHEME="https" if settings.https else "http",
        # A live session may stay open for hours; the token ends with the browser's session cookie.
        WTF_CSRF_TIME_LIMIT=None,
    )
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]  # Flask's documented way

    @app.before_request
    def refuse_other_origins() -> None:
        if request.method not in _SAFE_METHODS and not _comes_from_here(settings.base_url):
            raise Forbidden("cross-origin")

    CSRFProtect(app)

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in ALWAYS.items():
            response.headers[name] = value
        response.headers["Permissions-Policy"] = _permissions()
        if settings.https:
            response.headers["Strict-Transport-Security"] = f"max-age={_ONE_YEAR_S}"
        if not _may_be_cached(response):
            response.headers["Cache-Control"] = "no-store"
        return response


def _comes_from_here(base_url: str) -> bool:
    """Whether a request that changes something was made by our own pages, as far as the browser says.

    Old browsers send neither header; the form token still protects those.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    own = urlsplit(request.host_url)
    return origin.lower() in {base_url, f"{own.scheme}://{own.netloc}"}


def _permissions() -> str:
    view = current_app.view_functions.get(request.endpoint or "")
    camera = "camera=(self)" if getattr(view, "uses_camera", False) else "camera=()"
    return ", ".join([camera, *(f"{feature}=()" for feature in _NEVER_USED)])


def _may_be_cached(response: Response) -> bool:
    """Only what is public and says itself how it may be cached; every page of a person is kept nowhere."""
    if request.endpoint is None or "Cache-Control" not in response.headers:
        return False
    return guard_of(request.endpoint) is Guard.PUBLIC
