"""The pages that need no more than an account and a chatbot: new ones are found by themselves."""

import re

from services.web.dashboard.routes import routes

_PLACES = {"account_id": "account", "chatbot_id": "chatbot"}
_ID = re.compile(r"{(\w+):[^{}]*}")
# Streams, and what leads elsewhere.
_NO_PAGE = ("sources/progress", "/export")


def _pages() -> list[str]:
    found = {route.path for route in routes() if route.method == "GET"}
    short = {_ID.sub(lambda match: _PLACES.get(match[1], "{"), path) for path in found}
    return sorted(path.removeprefix("/dashboard/") for path in short if "{" not in path and path != "/dashboard")


PAGES = [page for page in _pages() if not page.endswith(_NO_PAGE)]
"""`account/usage`, `chatbot/keys`, `me`, …: see Site.address."""
