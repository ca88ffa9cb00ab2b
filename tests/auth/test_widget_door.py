"""The widget's door, asked as Envoy asks it: a ticket becomes a signed visitor, as things stand now."""

import hashlib
from dataclasses import replace
from pathlib import Path

import grpc
import jwt
import pytest
from auth_harness import METHODS, NOW, SECRET, Auth, headers_of, refusal_of
from chatmount.auth.v1 import auth_pb2
from people_harness import door_request
from sqlalchemy import create_engine, text
from widget_harness import SITE, admit, answer, change, knock, owner, widget_of

from services.errors import Text
from services.trust.principal import Channel, Principal, Role
from services.trust.tickets import Ticket, TicketSigner

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
    again = await admit(auth, widget.id, visitor=admitted.visitor, conversation=admitted.conversation)
    token = headers_of(await knock(auth, again.ticket))["authorization"].removeprefix("Bearer ")
    assert auth.signer.verify(token, "chat") == replace(principal, may_begin=False)


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


async def test_what_is_no_ticket_is_turned_away_with_a_401(auth: Auth, chatbot: auth_pb2.Chatbot) -> None:
    ticket = (await admit(auth, (await widget_of(auth, chatbot)).id)).ticket
    key = (await auth.new_key(chatbot.id)).secret
    member = auth.signer.sign(Principal(Role.ROLE_MEMBER, chatbot.account_id, chatbot.id))
    visitor = Principal(Role.ROLE_VISITOR, chatbot.account_id, chatbot.id, visitor_digest="ab" * 32)
    tokens = (key, member, auth.signer.sign(visitor), auth.signer.sign(visitor, audience=("widget",)))
    for wrong in ("", "x", *tokens, f"{ticket}x", f"{ticket} {ticket}", f"{ticket},Bearer {ticket}", "ü"):
        response = await knock(auth, wrong)
        assert (response.denied_response.status.code, response.denied_response.body) == INVALID, wrong
        assert response.status.code == 16
        assert headers_of(response) == {"www-authenticate": "Bearer"}
    assert (await knock(auth, ticket, "Basic")).denied_response.status.code == 401
    assert (await auth.knock(door_request(None, door="widget"))).denied_response.status.code == 401
    assert (await knock(auth, ticket, "bearer")).status.code == 0


async def test_a_ticket_opens_nothing_else(auth: Auth, chatbot: auth_pb2.Chatbot) -> None:
    ticket = (await admit(auth, (await widget_of(auth, chatbot)).id)).ticket
    assert (await auth.check(f"Bearer {ticket}")).denied_response.status.code == 401, "the door of API keys"
    session = await auth.knock(door_request(f"__Host-chatmount={ticket}"))
    assert session.denied_response.status.code == 303, "the door of the dashboard"
    for method in METHODS:
        assert (await refusal_of(auth.call_with(ticket, method))).code() == grpc.StatusCode.UNAUTHENTICATED, method


async def test_a_ticket_names_its_chatbot_alone(auth: Auth, chatbot: auth_pb2.Chatbot) -> None:
    other = await auth.new_chatbot()
    other_id = (await change(auth, other, add_origins=[SITE])).id
    tickets = TicketSigner(auth.signer.source, auth.clock)
    right = Ticket(chatbot.id, (await widget_of(auth, chatbot)).id, SITE, "ab" * 32, f"cnv_{'0' * 32}", True)
    assert await answer(auth, tickets.sign(right)) == (200, "")
    for wrong in (replace(right, chatbot_id=other.id), replace(right, widget_id=other_id)):
        assert await answer(auth, tickets.sign(wrong)) == INVALID


@pytest.mark.parametrize("plan", ["free", "go", "plus", "a plan that was removed"])
async def test_plans_without_api_have_the_widget(auth: Auth, tmp_path: Path, plan: str) -> None:
    chatbot = await auth.new_chatbot()
    widget_id = (await change(auth, chatbot, add_origins=[SITE])).id
    engine = create_engine(f"sqlite:///{tmp_path / 'auth.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE accounts SET plan = :plan"), {"plan": plan})
    engine.dispose()
    response = await knock(auth, (await admit(auth, widget_id)).ticket)
    assert response.status.code == 0, "what the plan allows is the Quota service's to say"
    assert dict(response.dynamic_metadata)["plan"] == plan


async def test_what_the_owner_does_holds_on_every_replica(replicas: tuple[Auth, Auth]) -> None:
    first, second = replicas
    chatbot = await first.new_chatbot()
    widget_id = (await change(first, chatbot, add_origins=[SITE])).id
    ticket = (await admit(first, widget_id)).ticket
    for _ in range(3):
        assert [await answer(one, ticket) for one in replicas] == [(200, "")] * 2
        await change(first, chatbot, remove_origins=[SITE])
        assert [await answer(one, ticket) for one in replicas] == [(403, Text.SITE_NOT_LISTED.template)] * 2
        await change(second, chatbot, add_origins=[SITE])
        assert [await answer(one, ticket) for one in replicas] == [(200, "")] * 2
        await change(second, chatbot, enabled=False)
        assert [await answer(one, ticket) for one in replicas] == [(403, Text.WIDGET_OFF.template)] * 2
        await change(first, chatbot, enabled=True)
    await second.call("RenewWidgetId", owner(chatbot))
    assert [await answer(one, ticket) for one in replicas] == [INVALID] * 2


async def test_apps_that_are_let_in_no_more_are_out_at_the_next_question(auth: Auth, chatbot: auth_pb2.Chatbot) -> None:
    widget_id = (await change(auth, chatbot, allow_apps=True)).id
    of_app, of_site = [(await admit(auth, widget_id, origin)).ticket for origin in ("null", SITE)]
    assert [await answer(auth, one) for one in (of_app, of_site)] == [(200, "")] * 2
    await change(auth, chatbot, allow_apps=False)
    assert await answer(auth, of_app) == (403, Text.SITE_NOT_LISTED.template)
    assert await answer(auth, of_site) == (200, "")


async def test_a_database_that_is_gone_does_not_look_like_a_wrong_ticket(
    auth: Auth, chatbot: auth_pb2.Chatbot, tmp_path: Path
) -> None:
    ticket = (await admit(auth, (await widget_of(auth, chatbot)).id)).ticket
    engine = create_engine(f"sqlite:///{tmp_path / 'auth.db'}")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE widgets RENAME TO elsewhere"))
    engine.dispose()
    error = await refusal_of(knock(auth, ticket))
    assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.INTERNAL)
