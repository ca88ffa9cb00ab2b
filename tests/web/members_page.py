"""The page of an account's members."""

from tests.web.browser import Reply
from tests.web.dashboard import Dashboard
from tests.web.html_check import Element

CREATION = "creation-of-this-test-"


def members(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.account.id}/members{rest}"


def of(dashboard: Dashboard, who: str, deed: str) -> str:
    return members(dashboard, f"/{dashboard.users[who].id}/{deed}")


def rows(reply: Reply) -> list[list[str]]:
    return [[cell.text for cell in row.children] for body in reply.page.all("tbody") for row in body.all("tr")]


def link_named(page: Element, name: str) -> str:
    (found,) = [link.get("href") for link in page.all("a") if name in (link.text, link.get("aria-label"))]
    return found


async def invite(
    dashboard: Dashboard, email: str, role: str = "editor", creation: str = "1", who: str = "owner"
) -> Reply:
    fields = {"email": email, "role": role, "creation_id": CREATION + creation + dashboard.account.id}
    return await dashboard.post(members(dashboard, "/invite"), fields, who)
