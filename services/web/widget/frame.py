"""GET /widget/frame/wgt_…: the page with the chat, which a website shows in a frame."""

import re
from pathlib import Path

from aiohttp import hdrs, web
from google.protobuf.json_format import MessageToDict
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.errors import ChatmountError, Reason, invalid
from services.web.widget.desk import DESK, OpenWidget, open_widget
from services.web.widget.json_in_markup import json_in_markup
from services.web.widget.languages import AUTO
from services.web.widget.sites import is_listed
from services.web.widget.static_files import AT_ONCE

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    auto_reload=False,
)
_PAGE, _SENTENCE = _TEMPLATES.get_template("frame.html"), _TEMPLATES.get_template("sentence.html")
_HOST = re.compile(r"[0-9A-Za-z._-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")


async def serve_frame(request: web.Request) -> web.Response:
    """The page, for the sites of its widget.

    The loader says as the query on which site it is. Where the widget has meanwhile been switched off, renewed, or
    taken from the site, its visitor reads so: of the page itself, the browser would show that the connection is
    refused. What the query says lets nobody in.
    """
    desk = request.app[DESK]
    own, site = own_origin(request), request.query_string
    try:
        widget = await open_widget(request)
    except ChatmountError as refused:
        if not site or refused.reason is not Reason.NOT_FOUND:
            raise
        return _sentence(request, AUTO, 404)
    if site and widget.origins is not None and not is_listed(widget.origins, site):
        return _sentence(request, widget.appearance.language, 403)
    appearance = MessageToDict(
        widget.appearance, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )
    accepted = request.headers.get(hdrs.ACCEPT_LANGUAGE, "")
    settings = {
        "widget": widget.id,
        "origins": widget.origins,
        "appearance": appearance,
        "languages": desk.languages.texts,
    }
    html = _PAGE.render(
        language=desk.languages.choose(widget.appearance.language, accepted),
        title=widget.appearance.title or "Chat",
        style=desk.files.path("frame.css"),
        script=desk.files.path("frame.js"),
        modules=[desk.files.path(name) for name in AT_ONCE],
        settings=Markup(json_in_markup(settings)),  # noqa: S704 - it is in ASCII and holds no markup
    )
    response = web.Response(text=html, content_type="text/html", charset="utf-8")
    response.headers["Content-Security-Policy"] = content_security_policy(widget, {own, desk.public_origin or own})
    return response


def _sentence(request: web.Request, language: str, status: int) -> web.Response:
    """That there is no chat here. Any site may show it: it holds nothing of the widget's."""
    desk = request.app[DESK]
    chosen = desk.languages.choose(language, request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    html = _SENTENCE.render(language=chosen, texts=desk.languages.texts[chosen], style=desk.files.path("frame.css"))
    response = web.Response(text=html, status=status, content_type="text/html", charset="utf-8")
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return response


def own_origin(request: web.Request) -> str:
    """Where the browser has asked, as the edge tells.

    INVALID_FIELD for a Host that could not stand in a policy.
    """
    if not _HOST.fullmatch(request.host):
        raise invalid("The Host header must be a host name, with a port or without.")
    return f"{request.headers.get('x-forwarded-proto', 'http')}://{request.host}"


def content_security_policy(widget: OpenWidget, own: set[str]) -> str:
    """What the page may do, and who may show it. `own`: origins of this installation."""
    parts = [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        # The path keeps it off the pages of the dashboard.
        " ".join(("connect-src", *(f"{origin}/widget/" for origin in sorted(own)))),
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    if widget.origins is not None:
        parts.append(" ".join(("frame-ancestors", *(widget.origins or ("'none'",)))))
    return "; ".join(parts)
