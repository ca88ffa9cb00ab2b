"""The widget's door, asked as Envoy asks it: a ticket becomes a signed visitor, as things stand now."""

import hashlib

import jwt
import pytest
from auth_harness import NOW, SECRET, Auth, headers_of
from chatmount.auth.v1 import auth_pb2
from widget_harness import SITE, admit, answer, change, knock, owner, widget_of

from services.errors import Text
from services.trust.principal import Channel, Role

TEN_MINUTES = 600
INVALID = (401, Text.INVALID_TICKET.template)


@pytest.fixture
async def chatbot(auth: Auth) -> auth_pb2.Chatbot:
    """A chatbot whose widget answers on one site."""
    chatbot = await auth.new_chatbot()
    await change(auth, chatbot, add_origins=[SITE])
    return chatbot


async def test_a_ticket_becomes_a_signed_visitor(auth: Auth, chatbot: auth_pb2.Chatbot) -> None:
    widget = await widget_of(auth, chatbot)
    admitted = await admit(auth, widget.id)
    response = await knock(auth, admitted.ticket)
    assert response.status.code == 0
    principal = auth.signer.verify(headers_of(response)["authorization"].removeprefix("Bearer "), "chat")
    digest = hashlib.sha256(f"{chatbot.id}:{admitted.visitor}".encode()).hexdigest()
    assert (principal.role, principal.channel) == (Role.ROLE_VISITOR, Channel.WIDGET)
    assert (principal.account_id, principal.chatbot_id, principal.plan) == (chatbot.account_id, chatbot.id, "plus")
    assert (principal.visitor_digest, principal.conversation_id) == (digest, admitted.conversation)
    assert principal.key_id == f"{widget.id}:{digest[:32]}"
    assert principal.may_begin
    assert (principal.subject, principal.user_session_id, principal.member_role) == ("", "", "")
    assert dict(response.dynamic_metadata) == {
        "account_id": chatbot.account_id,
        "chatbot_id": chatbot.id,
        "widget_id": widget.id,
        "plan": "plus",
    }
    assert admitted.expires_in == TEN_MINUTES
    timeless = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(admitted.ticket, SECRET, ["HS256"], audience="widget", options=timeless)
    assert claims["exp"] == int(NOW) + TEN_MINUTES
    assert admitted.visitor not in str(claims)


async def test_what_the_owner_does_holds_for_the_next_question(auth: Auth, chatbot: auth_pb2.Chatbot) -> None:
    ticket = (await admit(auth, (await widget_of(auth, chatbot)).id)).ticket
    assert await answer(auth, ticket) == (200, "")
    await change(auth, chatbot, remove_origins=[SITE])
    assert await answer(auth, ticket) == (403, Text.SITE_NOT_LISTED.template)
    await auth.call("SetChatbotEnabled", chatbot_id=chatbot.id, enabled=False)
    assert await answer(auth, ticket) == (403, Text.CHATBOT_DISABLED.template)
    await change(auth, chatbot, enabled=False)
    assert await answer(auth, ticket) == (403, Text.WIDGET_OFF.template)
    await change(auth, chatbot, enabled=True, add_origins=[SITE])
    await auth.call("SetChatbotEnabled", chatbot_id=chatbot.id, enabled=True)
    assert await answer(auth, ticket) == (200, "")
    await auth.call("RenewWidgetId", owner(chatbot))
    assert await answer(auth, ticket) == INVALID


async def test_a_ticket_ends_after_ten_minutes(auth: Auth, chatbot: auth_pb2.Chatbot) -> None:
    ticket = (await admit(auth, (await widget_of(auth, chatbot)).id)).ticket
    auth.clock.now += TEN_MINUTES - 1
    assert await answer(auth, ticket) == (200, "")
    auth.clock.now += 1
    assert await answer(auth, ticket) == INVALID
