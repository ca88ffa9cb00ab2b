"""A visitor of a website, as the page and the frame of the widget ask."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chatmount.auth.v1 import widget_pb2

from .client import QUESTION, Client, Reply, parse_events

SITE = "https://www.example.com"
CHAT, CONVERSATION = "/widget/v1/chat", "/widget/v1/conversation"


Change = Callable[..., widget_pb2.Widget]
"""Changes the widget of the shared chatbot."""


@dataclass
class Visitor:
    """Somebody on a page of `site`; what is empty is not known yet."""

    client: Client
    widget_id: str
    site: str
    ticket: str = ""
    visitor: str = ""
    conversation: str = ""

    def come(self, **fields: Any) -> Reply:
        """Ask for a ticket, and keep what comes with it."""
        kept = {"visitor": self.visitor, "conversation": self.conversation}
        reply = self.client.send(
            path=f"/widget/v1/ticket/{self.widget_id}",
            key="",
            headers={"origin": self.site, "content-type": "text/plain"},
            json={name: value for name, value in kept.items() if value} | fields,
        )
        if reply.status == 200:
            self.ticket, self.visitor, self.conversation = (
                reply.json[name] for name in ("ticket", "visitor", "conversation")
            )
        return reply

    def ask(self, message: str = QUESTION, **fields: Any) -> Reply:
        reply = self.client.send(path=CHAT, key=self.ticket, json={"message": message, **fields})
        if reply.status == 200:
            reply.events = parse_events(reply.text)
        return reply

    def read(self) -> Reply:
        return self.client.send("GET", CONVERSATION, key=self.ticket)

    def delete(self) -> Reply:
        return self.client.send("DELETE", CONVERSATION, key=self.ticket)

    def framed_by(self) -> str:
        """What the frame's policy says of the sites that may show it."""
        policy = self.client.send("GET", f"/widget/frame/{self.widget_id}", key="").headers["content-security-policy"]
        (ancestors,) = re.findall(r"frame-ancestors ([^;]*)", policy)
        return str(ancestors)
