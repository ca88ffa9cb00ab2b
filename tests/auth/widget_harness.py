"""Widgets at a running Auth server: who owns them, who visits them, and who stands at the door."""

from typing import Any

from auth_harness import Auth
from chatmount.auth.v1 import auth_pb2, widget_pb2
from envoy.service.auth.v3 import external_auth_pb2
from people_harness import WEB, door_request

from services.trust.principal import Principal, Role

SITE = "https://www.example.com"


def owner(chatbot: auth_pb2.Chatbot) -> Principal:
    """An operator at a chatbot."""
    return Principal(Role.ROLE_OPERATOR, chatbot.account_id, chatbot.id, subject="ada@laptop")


async def widget_of(auth: Auth, chatbot: auth_pb2.Chatbot) -> widget_pb2.Widget:
    """The chatbot's widget as it is now."""
    widget: widget_pb2.Widget = (await auth.call("GetWidget", owner(chatbot))).widget
    return widget


async def change(auth: Auth, chatbot: auth_pb2.Chatbot, **fields: Any) -> widget_pb2.Widget:
    """The chatbot's widget, changed."""
    widget: widget_pb2.Widget = (await auth.call("UpdateWidget", owner(chatbot), **fields)).widget
    return widget


async def admit(auth: Auth, widget_id: str, origin: str = SITE, **fields: Any) -> widget_pb2.AdmitVisitorResponse:
    """A visitor of a page of this origin."""
    reply: widget_pb2.AdmitVisitorResponse = await auth.call(
        "AdmitVisitor", WEB, widget_id=widget_id, origin=origin, **fields
    )
    return reply


async def knock(auth: Auth, ticket: str, scheme: str = "Bearer") -> external_auth_pb2.CheckResponse:
    """What Envoy is answered for a question with this ticket."""
    request = door_request(None, "/widget/v1/chat", "POST", "widget", authorization=f"{scheme} {ticket}")
    return await auth.knock(request)


async def answer(auth: Auth, ticket: str) -> tuple[int, str]:
    """The HTTP status and text for a question with this ticket; (200, "") when it goes on."""
    response = await knock(auth, ticket)
    return response.denied_response.status.code or 200, response.denied_response.body
