"""The pages of the dashboard: new ones are found by themselves."""

import re

from services.web.dashboard.routes import routes

_PLACES = {"account_id": "account", "chatbot_id": "chatbot"}
_ID = re.compile(r"{(\w+)(?::([^{}]*))?}")
# Streams, files, and what leads elsewhere.
_NO_PAGE = ("sources/progress", "/export", "/openapi.yaml", "{source_id}/enabled", "/state")


def _short(path: str) -> str:
    """`account/usage`, `chatbot/keys/{key_id}/rotate`, `me`."""
    named = _ID.sub(lambda match: _PLACES.get(match[1], f"{{{match[1]}}}"), path)
    return named.removeprefix("/dashboard").removeprefix("/")


_ROUTES = sorted(
    {route.path for route in routes() if route.method == "GET" and not _short(route.path).endswith(_NO_PAGE)}
)
_PATTERNS = {path: re.compile(_ID.sub(lambda match: match[2] or "[^/]+", path)) for path in _ROUTES}


def name_of(path: str) -> str | None:
    """The name of the page at a path, such as `chatbot/keys/{key_id}/rotate`; None: there is none."""
    return next((_short(route) for route, pattern in _PATTERNS.items() if pattern.fullmatch(path)), None)


PAGES = [page for page in map(_short, _ROUTES) if "{" not in page]
"""Those that need no more than an account and a chatbot: see Site.address."""

PAGES_OF_THINGS = frozenset(page for page in map(_short, _ROUTES) if "{" in page)
"""Those of a key, a source, a member and the like."""
