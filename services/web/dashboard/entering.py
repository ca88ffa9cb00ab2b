"""The pages that begin a session: their form, their cookies, and where they lead."""

from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from chatmount.auth.v1 import people_pb2

from services.web.dashboard import cookies
from services.web.dashboard.forms import Form
from services.web.dashboard.visit import Visit

HTTPS_PORT = 443


def open_page(visit: Visit, template: str, form: Form, **values: Any) -> web.Response:
    """The reply with a form that begins a session."""
    response = visit.page(template, status=form.status, form=form, **values)
    cookies.try_out(response)
    return response


def enter(visit: Visit, session: people_pb2.NewSession, path: str) -> web.Response:
    """The reply that gives the browser its session and sends it to `path`."""
    response = visit.see(path)
    cookies.begin_session(response, session, visit.frame.now)
    return response


def advice_without_cookies(visit: Visit) -> str:
    """What to do when the probe did not come back."""
    if visit.request.headers.get("x-forwarded-proto") == "https":
        return "Your browser keeps no cookie of this page. Allow cookies for it, and try again."
    return f"Signing in takes an encrypted connection. Go to {_https_address(visit)} and try again there."


def _https_address(visit: Visit) -> str:
    if visit.dashboard.url.startswith("https:"):
        return visit.link(visit.request.path)
    try:
        host = urlsplit(f"//{visit.request.host}").hostname or ""
    except ValueError:
        host = ""
    host = f"[{host}]" if ":" in host else host
    port = visit.dashboard.https_port
    return f"https://{host}{'' if port == HTTPS_PORT else f':{port}'}{visit.request.path}"
