"""The pages of an installation."""

import re

from services.web.dashboard.routes import routes
from tests.web.browser import Reply
from tests.web.dashboard import Dashboard

PATH = "/dashboard/installation/"
PEOPLE = f"{PATH}people"
CREATION = "creation-of-a-test-"
ADDRESSES = sorted({(route.method, route.path) for route in routes() if route.path.startswith(PATH)})
MADE_UP = re.compile(r"{\w+:([a-z]+)_[^{}]*}")


def rows(reply: Reply) -> list[list[str]]:
    return [[cell.text for cell in row.children] for body in reply.page.all("tbody") for row in body.all("tr")]


def of(dashboard: Dashboard, deed: str) -> str:
    return f"{PATH}accounts/{dashboard.account.id}/{deed}"


def person(dashboard: Dashboard, who: str, deed: str) -> str:
    return f"{PEOPLE}/{dashboard.users[who].id}/{deed}"


async def all_rows(dashboard: Dashboard, path: str) -> list[list[str]]:
    """Of all pages."""
    found: list[list[str]] = []
    while path:
        reply = await dashboard.get(path, "operator")
        assert len(rows(reply)) <= 50
        found += rows(reply)
        path = next((link.get("href") for link in reply.page.all("a", rel="next")), "")
    return found
