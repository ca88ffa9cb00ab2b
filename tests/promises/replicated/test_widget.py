"""An owner's decision on a widget holds for the next question, on every replica and connection."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from chatmount.auth.v1 import widget_pb2, widget_pb2_grpc

from tests.contract.client import Client
from tests.contract.operator_client import OperatorClient, Tenant
from tests.contract.visitor import Visitor
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
