"""The headers that tell a browser what a website may do with a reply of the widget."""

from aiohttp import hdrs, web

from services.web.widget.loader import BRIDGE

SCRIPT, FRAME, TICKET = "/widget/{widget_id}.js", "/widget/frame/{widget_id}", "/widget/v1/ticket/{widget_id}"

# A refusal that is the same for every site says nothing that a site must not know: its script can tell the visitor why.
FOR_ANY_SITE = frozenset({404, 429, 503, 504})


async def add_widget_headers(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """A signal handler: after the one that every reply of this process passes."""
    assert isinstance(request, web.Request)  # noqa: S101 - signals of an application are for its own requests
    resource = request.match_info.route.resource
    path = resource.canonical if resource is not None else ""
    if path in (SCRIPT, FRAME):
        # A site that asks it of all it loads can have the widget too.
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        response.headers["Cross-Origin-Embedder-Policy"] = "require-corp"
    # Pages of sites import it, and browsers let them only what says so.
    if request.match_info.get("name") == BRIDGE.name:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
    if path == TICKET:
        response.headers[hdrs.VARY] = hdrs.ORIGIN
        if response.status in FOR_ANY_SITE:
            response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = "*"
        response.headers[hdrs.ACCESS_CONTROL_EXPOSE_HEADERS] = hdrs.RETRY_AFTER
