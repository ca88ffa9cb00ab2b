"""The form of a widget's look, as the page shows it and as it is sent."""

from typing import Any

from services.web.dashboard.appearance_fields import GROUPS, Kind
from services.web.dashboard.appearances import FIELDS
from tests.web.browser import Reply
from tests.web.dashboard import Dashboard

CHANGED = {
    "title": "Ask <us>",
    "greeting": "Hello!\n\nHow can I help?",
    "suggestions": "When are you open?\nWhat does it cost?",
    "placeholder": "Your question",
    "footer": "Answers by Example Ltd",
    "privacy_url": "https://www.example.com/privacy",
    "resting_text": "Back tomorrow.",
    "language": "de",
    "accent": "#aa3311",
    "color_scheme": "dark",
    "side": "left",
    "offset_x": "8",
    "offset_y": "80",
    "z_index": "5000",
    "launcher_icon": "spark",
    "launcher_text": "Ask",
    "sources": "",
    "ratings": "",
    "history": "",
    "new_button": "",
    "message_events": "on",
    "open_after_seconds": "30",
    "hidden_paths": "/checkout\n/account/*",
}


def look(dashboard: Dashboard) -> str:
    return f"/dashboard/{dashboard.chatbot.id}/widget/look"


def shown(reply: Reply) -> dict[str, str]:
    """What the fields hold, as a browser would send it."""
    held = {}
    for name in FIELDS:
        field = reply.page.one(id=name)
        if field.tag == "select":
            held[name] = field.one("option", selected="").get("value")
        elif field.tag == "textarea":
            held[name] = "".join(map(str, field.pieces)).removeprefix("\n")
        elif field.get("type") == "checkbox":
            held[name] = "on" if "checked" in field.attributes else ""
        else:
            held[name] = field.get("value")
    return held


def sent(held: dict[str, str]) -> dict[str, str]:
    """A browser leaves out what is not checked."""
    checks = {each.name for group in GROUPS.values() for each in group if each.kind == Kind.CHECK}
    return {name: value for name, value in held.items() if value or name not in checks}


async def filled_in(dashboard: Dashboard, **fields: str) -> dict[str, str]:
    """The form as it is now, with these fields changed."""
    reply = await dashboard.get(look(dashboard))
    return sent({**shown(reply), "seen": reply.page.one("input", name="seen").get("value"), **fields})


async def appearance(dashboard: Dashboard) -> Any:
    return (await dashboard.call("chat", "GetAppearance")).appearance


def shown_in(held: Any) -> str:
    return "".join(map(str, held.pieces)).removeprefix("\n") if held.tag == "textarea" else str(held.get("value"))
