"""The session's cookie, and a probe that tells whether the browser keeps such cookies.

Browsers drop a `__Host-` cookie that came over http, except on localhost, and say nothing: without the probe, signing
in would lead back to signing in forever.
"""

from aiohttp import web
from chatmount.auth.v1 import people_pb2

SESSION = "__Host-chatmount"
PROBE = "__Host-chatmount-probe"


def begin_session(response: web.StreamResponse, session: people_pb2.NewSession, now: float) -> None:
    """Let the browser keep the session."""
    _set(response, SESSION, session.secret, max(1, int(session.expires_at - now)))


def end_session(response: web.StreamResponse) -> None:
    """Let the browser forget the session."""
    _set(response, SESSION, "", 0)


def try_out(response: web.StreamResponse) -> None:
    """Set the probe, beside a form that begins a session."""
    _set(response, PROBE, "1", None)


def are_kept(request: web.Request) -> bool:
    """Whether the probe came back."""
    return PROBE in request.cookies


def _set(response: web.StreamResponse, name: str, value: str, seconds: int | None) -> None:
    response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="Lax")
