"""Errors of the widget's paths, in the form of the API's."""

import logging
from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

from services.errors import ChatmountError, EdgeText, Reason, Text, refusal
from services.web.widget.json_reply import json_reply

logger = logging.getLogger("chatmount.web")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# About the token of this process, and not the visitor's.
_OWN_TOKEN = frozenset({Reason.INVALID_TOKEN, Reason.MISSING_CREDENTIALS, Reason.ROLE_NOT_ALLOWED})


@web.middleware
async def with_json_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raises into `{"error": …}`."""
    try:
        return await handler(request)
    except ChatmountError as refused:
        return _refused(refused)
    except web.HTTPException as error:
        allowed = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return _error(error.status, EdgeText.NOT_FOUND.format() if error.status == 404 else error.reason, allowed)
    except ConnectionError:
        # The visitor has left: see error_pages.py, which stands around this.
        raise
    except Exception:
        logger.exception("%s %s failed", request.method, request.path)
        return _error(500, Text.INTERNAL.format())


def _refused(refused: ChatmountError) -> web.Response:
    if refused.reason in _OWN_TOKEN:
        logger.error("Auth does not take the token of this process: %s", refused.text)
    if refused.reason in _OWN_TOKEN or refused.reason is Reason.UNAVAILABLE:
        # Visitors need not know of which parts this is made.
        refused = refusal(Text.UNAVAILABLE)
    return _error(refused.reason.http_status, refused.text, dict(refused.headers()))


def _error(status: int, text: str, headers: Mapping[str, str] | None = None) -> web.Response:
    return json_reply({"error": text}, status, headers)
