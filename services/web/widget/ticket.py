"""POST /widget/v1/ticket/wgt_…: a page of a listed site gets a ticket for its visitor."""

import json
from typing import Any

from aiohttp import hdrs, web
from chatmount.auth.v1 import widget_pb2

from services.errors import invalid
from services.web.callers import call
from services.web.widget.desk import DESK
from services.web.widget.json_reply import json_reply

TYPES = {"visitor": (str, "a string"), "conversation": (str, "a string"), "new": (bool, "true or false")}


async def serve_ticket(request: web.Request) -> web.Response:
    """The ticket. Only a page of the site that it is for may read it."""
    desk = request.app[DESK]
    # A browser sends one, in ASCII. Two are of nobody.
    origin = ", ".join(request.headers.getall(hdrs.ORIGIN, ()))
    if not origin.isascii():
        origin = ""
    admit = widget_pb2.AdmitVisitorRequest(
        widget_id=request.match_info["widget_id"], origin=origin, **read_fields(await request.read())
    )
    admitted = await call(desk.services.widgets.AdmitVisitor, admit, desk.token.current())
    response = json_reply(
        {
            "ticket": admitted.ticket,
            "visitor": admitted.visitor,
            "conversation": admitted.conversation,
            "expires_in": admitted.expires_in,
        }
    )
    if origin:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
    return response


def read_fields(body: bytes) -> dict[str, Any]:
    """What a visitor brings along. INVALID_FIELD for what can't be read."""
    try:
        members = json.loads(body or b"{}")
    # Not only for invalid JSON: also for invalid UTF-8, and numbers that are too long.
    except (ValueError, RecursionError):
        members = None
    if not isinstance(members, dict):
        raise invalid('The body must be a JSON object such as {} or {"visitor": "…", "conversation": "…"}.')
    fields = {}
    for name, (kind, words) in TYPES.items():
        value = members.get(name)
        if value is None:
            continue
        if not isinstance(value, kind):
            raise invalid(f"Field '{name}' must be {words}.")
        if isinstance(value, str) and not value.isascii():
            raise invalid(f"Field '{name}' must be as an earlier reply gave it.")
        fields[name] = value
    return fields
