"""The page of a chatbot's keys."""

from typing import Any

from services.config.plans import DEFAULT_PLANS
from tests.web.browser import Reply
from tests.web.dashboard import Dashboard
from tests.web.html_check import Element

MOST = DEFAULT_PLANS["plus"].keys_per_chatbot
IN_DIALOG = {"hx_request": "true", "hx_target": "dialog#dialog"}


def keys(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.chatbot.id}/keys{rest}"


def rows(reply: Reply) -> list[Element]:
    return [row for body in reply.page.all("tbody") for row in body.all("tr")]


def told(row: Element) -> list[str]:
    return [cell.text for cell in row.children[:4]]


async def made(dashboard: Dashboard, name: str = "Web shop", **fields: Any) -> Any:
    """A key with its secret, made by an operator."""
    return await dashboard.auth("CreateApiKey", chatbot_id=dashboard.chatbot.id, name=name, **fields)


async def filled_in(dashboard: Dashboard, **fields: str) -> dict[str, str]:
    """The form of a new key with these fields."""
    form = (await dashboard.get(keys(dashboard, "/new"))).page
    return {"creation_id": form.one("input", name="creation_id").get("value"), **fields}


def secret_in(reply: Reply) -> str:
    return reply.page.one("code", id="secret").text
