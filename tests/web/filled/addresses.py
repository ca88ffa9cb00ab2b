"""The addresses of all pages that are full, found by their routes."""

import re
from collections.abc import Iterator, Mapping

from services.web.dashboard.routes import routes

_ID = re.compile(r"{(\w+)(?::([a-z]+)_[^{}]*)?}")
# No page of its own, and one that whoever has signed in has no need of.
_LEFT_OUT = re.compile(r"^/dashboard(/static/.*|/link|/invitation)?$")
# Of lists that can be narrowed: what fits a part of them, and what fits nothing, for which all are looked at.
FILTERED = {
    "": ("all",),
    "acct/audit": ("action=key.allow", "action=key.revoke"),
    "acct/usage": ("by=channel",),
    "acct/usage/ledger": ("channel=playground", "state=expired"),
    "bot/": ("session={ply}",),
    "bot/conversations": ("channel=widget", "rated=down", "rated=up", "text=th", "text=not+a+word+of+these"),
    "bot/sources": ("state=failed", "text=help", "text=not+a+word+of+these"),
}


def addresses(known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The name and the address of each page; `known`: an id of each kind.

    LookupError for a page that needs an id of another kind.
    """
    for route in routes():
        if route.method == "GET" and not _LEFT_OUT.search(route.path):
            name = _ID.sub(_kind, route.path).removeprefix("/dashboard/")
            missing = {_kind(found) for found in _ID.finditer(route.path)} - known.keys()
            if missing:
                raise LookupError(f"{route.path} needs ids that tests/web/filled does not give: {missing}")
            address = _ID.sub(lambda found: known[_kind(found)], route.path)
            yield name, address
            for query in FILTERED.get(name, ()):
                yield f"{name}?{query}", f"{address}?{query.format_map(known)}"


def _kind(found: re.Match[str]) -> str:
    return found[2] or found[1]
