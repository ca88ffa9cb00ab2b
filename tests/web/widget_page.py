"""The page of a chatbot's widget."""

from typing import Any

from services.trust.principal import Principal, Role
from tests.web.browser import Reply
from tests.web.dashboard import Dashboard
from tests.web.html_check import Element

SITE, OTHER = "https://www.example.com", "https://*.example.org"
NOWHERE = "The chat appears nowhere: no site is listed."
OF_EDITORS = {"Switch off", "Add site", "Allow apps", "Renew id", "Change the look", "Copy"}


def widget(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.chatbot.id}/widget{rest}"


def sites(reply: Reply) -> list[str]:
    """What is said of each."""
    return [item.text for each in reply.page.all("ul", class_="sites") for item in each.all("li")]


def buttons(reply: Reply) -> set[str]:
    main = reply.page.one("main")
    return {each.text for each in (*main.all("button"), *main.all("a", class_="button"))}


def section(reply: Reply, name: str) -> Element:
    return reply.page.one("section", aria_labelledby=name)


async def listed(dashboard: Dashboard, *origins: str, **changes: Any) -> Any:
    """The widget with these sites."""
    known = (await dashboard.call("auth", "GetWidget")).widget.origins
    added = [origin for origin in origins if origin not in known]
    return (await dashboard.call("auth", "UpdateWidget", add_origins=added, **changes)).widget


async def admit(dashboard: Dashboard, origin: str) -> None:
    """A visitor opens the chat there."""
    known = (await dashboard.call("auth", "GetWidget")).widget
    await dashboard.call("auth", "AdmitVisitor", Principal(Role.ROLE_WEB), widget_id=known.id, origin=origin)
