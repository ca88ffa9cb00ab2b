"""The page of a chatbot's settings."""

from typing import Any

from services.web.dashboard.profiles import FIELDS
from tests.web.browser import Reply
from tests.web.dashboard import Dashboard

DEFAULT_FALLBACK = "I could not find an answer to that in the pages I know."
AS_IT_COMES = {
    "instructions": "",
    "fallback": DEFAULT_FALLBACK,
    "abstention_threshold": "0.4",
    "model": "",
    "temperature": "",
    "answer_tokens": "",
}
CHANGED = {
    "instructions": "Be brief.\n\nSay <b>you</b>.",
    "fallback": "Write to us.",
    "abstention_threshold": "0.55",
    "model": "gpt-4.1",
    "temperature": "0",
    "answer_tokens": "2048",
}


def settings(dashboard: Dashboard, rest: str = "") -> str:
    return f"/dashboard/{dashboard.chatbot.id}/settings{rest}"


def shown(reply: Reply) -> dict[str, str]:
    """What the fields of how it answers hold."""
    fields = {name: reply.page.one(id=name) for name in FIELDS}
    return {name: each.get("value") if each.tag == "input" else each.text for name, each in fields.items()}


async def filled_in(dashboard: Dashboard, **fields: str) -> dict[str, str]:
    """The form of how it answers as it is now, with these fields changed."""
    reply = await dashboard.get(settings(dashboard))
    return {**shown(reply), "seen": reply.page.one("input", name="seen").get("value"), **fields}


async def profile(dashboard: Dashboard) -> Any:
    return (await dashboard.call("chat", "GetProfile")).profile


def buttons(reply: Reply) -> set[str]:
    main = reply.page.one("main")
    return {each.text for each in (*main.all("button"), *main.all("a", class_="button"))}
