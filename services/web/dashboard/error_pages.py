"""Errors as pages: what went wrong, what to do, and nothing of the inside."""

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from aiohttp import web
from multidict import CIMultiDict

from services.errors import ChatmountError, Reason, Text, refusal
from services.web.dashboard.page_statuses import status_of_page
from services.web.dashboard.texts import HEADINGS, LINK_ENDED, MISSING, OTHERWISE, SIGN_IN_PATH
from services.web.dashboard.visit import see
from services.web.dashboard.ways_in import as_refused

logger = logging.getLogger("chatmount.web")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_SIGNED_OUT = frozenset({Reason.SESSION_ENDED, Reason.INVALID_TOKEN})
_BAD_TOKEN = _SIGNED_OUT | {Reason.ROLE_NOT_ALLOWED}


@web.middleware
async def with_error_pages(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raises into a page."""
    try:
        return await handler(request)
    except ChatmountError as refused:
        return await _refused(request, refused)
    except web.HTTPException as error:
        return await _error_page(request, error.status, _words(error), error.headers)
    except ConnectionError:
        # The browser has left: nobody reads this, and aiohttp would log an error.
        return web.Response(status=499)
    except Exception:
        logger.exception("%s %s failed", request.method, request.path)
        return await _error_page(request, 500, "")


async def _refused(request: web.Request, refused: ChatmountError) -> web.Response:
    is_signed_in, is_link = "authorization" in request.headers, refused.reason == Reason.LINK_ENDED
    if refused.reason in _SIGNED_OUT and is_signed_in:
        return to_sign_in(request)
    if refused.reason in _BAD_TOKEN and not is_signed_in:
        # On an open page the token is this process's own.
        logger.error("Auth does not take the token of this process: %s", refused.text)
        refused = refusal(Text.NO_WEB_TOKEN)
    status = status_of_page(refused.reason)
    text = {404: refused.text if is_link else MISSING, 500: ""}.get(status, refused.text)
    headers = CIMultiDict[str]()
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    return await _error_page(request, status, text, headers, refused.retry_after, LINK_ENDED if is_link else "")


def to_sign_in(request: web.Request) -> web.Response:
    """The way to sign in and back: every form posts to a path whose GET is a page."""
    here = request.path_qs if request.method == "GET" else request.path
    is_htmx = request.headers.get("hx-request") == "true"
    response = see(f"{SIGN_IN_PATH}?next={quote(here, safe='')}", is_htmx=is_htmx)
    if is_htmx:
        response.set_status(401)
    return response


def _words(error: web.HTTPException) -> str:
    if error.status == 404:
        return MISSING
    # Without words of our own there is only the status, in aiohttp's.
    return "" if error.text is None or error.text == f"{error.status}: {error.reason}" else error.text


async def _error_page(
    request: web.Request,
    status: int,
    text: str,
    headers: "CIMultiDict[str] | None" = None,
    wait: int | None = None,
    heading: str = "",
) -> web.Response:
    heading = heading or HEADINGS.get(status, OTHERWISE)
    visit = await as_refused(request, status)
    response = visit.page("error.html", status=status, heading=heading, text=text, wait=wait, code=status)
    for name in ("Allow", "Retry-After"):
        if headers and name in headers:
            response.headers[name] = headers[name]
    return response
