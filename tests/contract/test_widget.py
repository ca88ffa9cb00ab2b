"""The widget at the public port: who gets a ticket, what it opens, and when that ends."""

import base64
import re
from urllib.parse import urlsplit

import grpc
import httpx
import pytest
from chatmount.auth.v1 import auth_pb2, auth_pb2_grpc, widget_pb2, widget_pb2_grpc
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc, visitor_pb2, visitor_pb2_grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc
from chatmount.retrieval.v1 import retrieval_pb2, retrieval_pb2_grpc

from services.errors import Text
from tests.each import for_each
from tests.waiting import PATIENCE

from .client import QUESTION, Client, Reply
from .operator_client import OperatorClient, Tenant
from .stack import Stack
from .visitor import CHAT, CONVERSATION, SITE, Change, Visitor

INVALID = (401, Text.INVALID_TICKET.template)


def said(reply: Reply) -> tuple[int, str]:
    assert list(reply.json) == ["error"]
    return reply.status, reply.json["error"]


def test_a_visitor_asks_reads_and_deletes(visitor: Visitor, client: Client) -> None:
    came = visitor.come()
    assert (came.status, came.headers["access-control-allow-origin"], came.headers["vary"]) == (200, SITE, "Origin")
    answer = visitor.ask()
    assert answer.streamed_text == client.ask().json["message"]
    assert not [name for name in answer.headers if name.startswith("x-ratelimit")]
    assert visitor.ask("And on Sunday?", session_id="user-42", stream=False).of_type("done"), "both fields are not read"
    turns = visitor.read().json["turns"]
    assert [turn["question"] for turn in turns] == [QUESTION, "And on Sunday?"]
    assert visitor.come().json["conversation"] == visitor.conversation
    assert visitor.delete().status == 200
    assert [visitor.read().status, visitor.delete().status, visitor.ask().status] == [404, 404, 404]
    assert visitor.come(new=True).status == 200
    assert visitor.ask().status == 200


def test_a_widget_without_sites_answers_nowhere(visitor: Visitor, change: Change) -> None:
    change(remove_origins=[SITE])
    assert visitor.framed_by() == "'none'"
    reply = visitor.come()
    assert said(reply) == (403, Text.SITE_NOT_LISTED.template)
    assert "access-control-allow-origin" not in reply.headers


@for_each("site", ["http://www.example.com", "https://example.com", f"{SITE}.evil.test", "null", ""])
def test_another_site_gets_no_ticket(visitor: Visitor, site: str) -> None:
    assert visitor.framed_by() == SITE
    visitor.site = site
    assert said(visitor.come()) == (403, Text.SITE_NOT_LISTED.template)


def test_an_origin_that_no_browser_writes_is_no_site(visitor: Visitor, client: Client) -> None:
    path, origin = f"/widget/v1/ticket/{visitor.widget_id}", "https://münchen.example".encode()
    reply = client.send(path=path, key="", headers=httpx.Headers([(b"origin", origin)]), content="{}")
    assert said(reply) == (403, Text.SITE_NOT_LISTED.template)


def test_what_the_owner_does_holds_at_the_next_question(
    visitor: Visitor, change: Change, operator: OperatorClient, tenant: Tenant
) -> None:
    assert (visitor.come().status, visitor.ask().status) == (200, 200)
    change(remove_origins=[SITE])
    assert said(visitor.ask()) == (403, Text.SITE_NOT_LISTED.template)
    change(add_origins=[SITE], enabled=False)
    assert said(visitor.ask()) == said(visitor.read()) == (403, Text.WIDGET_OFF.template)
    assert visitor.come().status == 404
    change(enabled=True)
    operator.set_enabled(tenant.chatbot_id, False)
    try:
        assert said(visitor.ask()) == (403, Text.CHATBOT_DISABLED.template)
    finally:
        operator.set_enabled(tenant.chatbot_id, True)
    assert visitor.ask().status == 200
    change("RenewWidgetId")
    assert said(visitor.ask()) == said(visitor.read()) == INVALID
    assert visitor.come().status == 404


def test_a_ticket_opens_nothing_else(visitor: Visitor, client: Client, operator: OperatorClient, stack: Stack) -> None:
    visitor.come()
    assert client.ask(key=visitor.ticket).status == 401
    bearer = (("authorization", f"Bearer {visitor.ticket}"),)
    calls = [
        (auth_pb2_grpc.AccountServiceStub, "ListAccounts", auth_pb2.ListAccountsRequest()),
        (widget_pb2_grpc.WidgetServiceStub, "GetWidget", widget_pb2.GetWidgetRequest()),
        (chat_pb2_grpc.ChatServiceStub, "Chat", chat_pb2.ChatRequest(message=QUESTION)),
        (chat_pb2_grpc.SessionServiceStub, "ListSessions", chat_pb2.ListSessionsRequest()),
        (visitor_pb2_grpc.VisitorServiceStub, "GetConversation", visitor_pb2.GetConversationRequest()),
        (quota_pb2_grpc.QuotaServiceStub, "Reserve", quota_pb2.ReserveRequest()),
        (retrieval_pb2_grpc.RetrievalServiceStub, "Search", retrieval_pb2.SearchRequest(query="bike")),
    ]
    public = grpc.insecure_channel(urlsplit(stack.base_url).netloc)
    with public:
        for stub, method, request in calls:
            _, service, *_ = stub.__module__.split(".")
            for channel in (public, operator.channel(service)):
                with pytest.raises(grpc.RpcError) as caught:
                    getattr(stub(channel), method)(request, metadata=bearer, timeout=PATIENCE)
                # The public port has no route to most of them.
                wanted = {grpc.StatusCode.UNAUTHENTICATED} | (
                    {grpc.StatusCode.UNIMPLEMENTED} if channel is public else set()
                )
                assert caught.value.code() in wanted, (method, channel is public)


def test_nothing_else_opens_the_widget(
    visitor: Visitor, client: Client, operator: OperatorClient, tenant: Tenant
) -> None:
    visitor.come()
    member = dict(operator.metadata(**tenant.scope))["authorization"].removeprefix("Bearer ")
    for credential in ("", tenant.key, member, visitor.ticket[:-2], visitor.visitor):
        assert said(client.send(path=CHAT, key=credential, json={"message": QUESTION})) == INVALID
        assert said(client.send("GET", CONVERSATION, key=credential)) == INVALID


def test_a_visitor_reaches_no_conversation_of_another(visitor: Visitor, client: Client) -> None:
    visitor.come()
    visitor.ask()
    assert client.ask(session_id="user-42").status == 200
    other = Visitor(client, visitor.widget_id, SITE)
    other.come()
    other.conversation = visitor.conversation
    assert other.come().json["conversation"] == visitor.conversation
    assert [reply.status for reply in (other.read(), other.delete(), other.ask())] == [404, 404, 404]
    # What Auth did not make is not taken over.
    other.conversation = "user-42"
    assert other.come().json["conversation"] != "user-42"
    assert [turn["question"] for turn in visitor.read().json["turns"]] == [QUESTION]
    taken = client.ask(session_id=visitor.conversation)
    assert taken.status == 400, "nor does the API"


def test_nothing_that_a_visitor_gets_names_the_account_a_key_or_another(
    visitor: Visitor, client: Client, tenant: Tenant
) -> None:
    other = Visitor(client, visitor.widget_id, SITE)
    other.come()
    other.ask("Where do I find the harbour master?")
    came = visitor.come()
    script, frame = (
        client.send("GET", f"/widget/{path}", key="")
        for path in (f"{visitor.widget_id}.js", f"frame/{visitor.widget_id}")
    )
    answered = visitor.ask()
    rated = client.send(
        path=f"/widget/v1/turns/{answered.headers['x-request-id']}/rating", key=visitor.ticket, json={"rating": "up"}
    )
    replies = [came, script, frame, answered, visitor.read(), rated, visitor.delete(), visitor.ask(), visitor.read()]
    assert [reply.status for reply in replies] == [200] * 7 + [404] * 2
    got = "".join(f"{reply.text}{reply.headers}" for reply in replies)
    # Visitors can read their own tickets.
    got += base64.urlsafe_b64decode(visitor.ticket.split(".")[1] + "==").decode()
    for secret in (tenant.account_id, tenant.key, other.visitor, other.conversation, other.ticket, "harbour master"):
        assert secret not in got
    assert not re.search(r"cm_live_|acct_|key_[0-9A-Za-z]{8}", got)
