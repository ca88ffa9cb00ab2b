"""An owner's decision on a widget holds for the next question, on every replica and connection; so do credits."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest
from chatmount.auth.v1 import widget_pb2, widget_pb2_grpc
from chatmount.quota.v1 import quota_pb2, quota_pb2_grpc

from tests.contract.client import Client
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.visitor import Visitor
from tests.promises.replicated.many_at_once import ask_at_once
from tests.promises.replicated.replicated_stack import ReplicatedStack

SITE, OTHER = "https://www.example.com", "https://other.example"
# Connections of one visitor; the minute of one address holds ten questions.
CONNECTIONS = 4


class Owner:
    """Changes the widget of a chatbot."""

    def __init__(self, operator: OperatorClient, tenant: Tenant) -> None:
        self._operator = operator
        self._tenant = tenant
        self.widget_id = self.call("GetWidget", widget_pb2.GetWidgetRequest()).widget.id

    def call(self, method: str, request: Any) -> Any:
        return self._operator.call(widget_pb2_grpc.WidgetServiceStub, method, request, **self._tenant.scope)

    def update(self, **fields: Any) -> None:
        self.call("UpdateWidget", widget_pb2.UpdateWidgetRequest(**fields))

    def set_enabled(self, enabled: bool) -> None:
        self._operator.set_enabled(self._tenant.chatbot_id, enabled)


def off_the_list(owner: Owner) -> None:
    owner.update(remove_origins=[SITE])


def off(owner: Owner) -> None:
    owner.update(enabled=False)


def disabled(owner: Owner) -> None:
    owner.set_enabled(False)


def renewed(owner: Owner) -> None:
    owner.call("RenewWidgetId", widget_pb2.RenewWidgetIdRequest())


@pytest.mark.stack
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("decide", "status"),
    [(off_the_list, 403), (off, 403), (disabled, 403), (renewed, 401)],
    ids=["off the list", "off", "disabled", "renewed"],
)
def test_it_holds_for_the_next_question_of_an_open_chat(
    replicated: ReplicatedStack, operator: OperatorClient, decide: Callable[[Owner], None], status: int
) -> None:
    owner = Owner(operator, operator.tenant("roomy", pages=False))
    owner.update(add_origins=[SITE, OTHER])
    with ExitStack() as stack:
        chats = []
        for _ in range(CONNECTIONS):
            client = Client(replicated.base_url)
            stack.callback(client.close)
            chats.append(Visitor(client, owner.widget_id, SITE))
        assert chats[0].come().status == 200
        for chat in chats:
            chat.ticket = chats[0].ticket
            assert chat.ask().of_type("done")
        decide(owner)
        for chat in chats * 3:
            reply = chat.ask()
            assert reply.status == status, reply.text
            assert reply.error
        assert chats[0].come().status in (403, 404)


@pytest.mark.stack
@pytest.mark.timeout(300)
async def test_of_the_last_ten_credits_exactly_ten_are_answered_over_both_channels(
    replicated: ReplicatedStack, operator: OperatorClient
) -> None:
    tenant = operator.tenant("ten", pages=False)
    owner = Owner(operator, tenant)
    owner.update(add_origins=[SITE])
    with ExitStack() as stack:
        chats = []
        for number in range(10):
            client = Client(replicated.base_url, address=f"127.0.9.{number + 1}")
            stack.callback(client.close)
            chats.append(Visitor(client, owner.widget_id, SITE))
            assert chats[-1].come().status == 200
        with ThreadPoolExecutor(20) as threads:
            visiting = [threads.submit(chat.ask) for chat in chats * 2]
            asked = await ask_at_once(replicated.base_url, [tenant.key] * 20)
            visited = [each.result() for each in visiting]
    replies = {"api": asked, "widget": visited}
    assert Counter(reply.status for reply in asked + visited) == {200: 10, 429: 30}
    assert {reply.headers["x-ratelimit-reason"] for reply in asked + visited if reply.status == 429} == {"month"}
    usage = operator.usage(tenant, "ten")
    assert (usage.credits_used, usage.credits_remaining, usage.credits_reserved) == (10, 0, 0)
    for channel, of_channel in replies.items():
        request = quota_pb2.ListLedgerEntriesRequest(channel=channel)
        listed = operator.call(quota_pb2_grpc.QuotaServiceStub, "ListLedgerEntries", request, **tenant.scope)
        settled = [each for each in listed.entries if each.state == quota_pb2.LEDGER_STATE_SETTLED]
        assert len(settled) == sum(reply.status == 200 for reply in of_channel)
