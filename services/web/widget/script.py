"""GET /widget/wgt_….js: the script that websites embed."""

from aiohttp import ETag, hdrs, web

from services.errors import ChatmountError, Reason
from services.security_headers import NOT_KEPT
from services.web.widget.desk import DESK, open_widget
from services.web.widget.languages import AUTO
from services.web.widget.loader import absence, tag_of

FIVE_MINUTES = "public, max-age=300"
OFF = "is off, or has another id by now."
AWAY = "can't be loaded at the moment."
UNLOADED = "unloaded"
"""The text for visitors to whom no more than this script came."""


async def serve_script(request: web.Request) -> web.Response:
    """The loader with its settings.

    Without a widget it is a script too: the website must not suffer from it.
    """
    try:
        widget = await open_widget(request)
    except ChatmountError as refused:
        is_off = refused.reason in (Reason.NOT_FOUND, Reason.INVALID_FIELD)
        text = absence(request.match_info["widget_id"], OFF if is_off else AWAY)
        return _script(text, NOT_KEPT, 200 if is_off else refused.reason.http_status)
    desk, own_language = request.app[DESK], widget.appearance.language
    language = desk.languages.choose(own_language, request.headers.get(hdrs.ACCEPT_LANGUAGE, ""))
    error = desk.languages.texts[language][UNLOADED]
    text = desk.loader.script(widget.id, widget.origins, widget.appearance, error)
    tag = ETag(tag_of(text), is_weak=True)
    asked = request.if_none_match or ()
    is_known = any(each.value in (tag.value, "*") for each in asked)
    response = web.Response(status=304) if is_known else _script(text, FIVE_MINUTES)
    response.headers[hdrs.CACHE_CONTROL] = FIVE_MINUTES
    if own_language == AUTO:
        response.headers[hdrs.VARY] = hdrs.ACCEPT_LANGUAGE
    response.etag = tag
    return response


def _script(text: str, cache: str, status: int = 200) -> web.Response:
    return web.Response(
        text=text,
        status=status,
        content_type="text/javascript",
        charset="utf-8",
        headers={hdrs.CACHE_CONTROL: cache},
    )
