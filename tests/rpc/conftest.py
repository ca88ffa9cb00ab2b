"""Both ways from one service to another."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from chatmount.chat.v1 import chat_pb2_grpc

from services.config.settings import load_settings
from services.rpc.links import Neighbours, stub_on
from services.rpc.memory import ServiceInMemory
from services.trust.principal import Principal, set_current_principal
from services.trust.principal_tokens import TokenSigner
from tests.rpc.ways import CALLER, Chat, Open, Way
from tests.serving import serving


@pytest.fixture(params=["wire", "memory"])
def way(request: pytest.FixtureRequest, signer: TokenSigner) -> Open:
    """Opens a way to a Chat: a context manager, with the principal that its calls are for."""

    @asynccontextmanager
    async def open_way(principal: Principal | None = None) -> AsyncIterator[Way]:
        set_current_principal(CALLER)
        chat = Chat()
        registration = (chat, chat_pb2_grpc.add_ChatServiceServicer_to_server)
        source = {} if principal is None else {"principal": lambda: principal}
        if request.param == "memory":
            memory = ServiceInMemory([registration], signer)
            neighbours = Neighbours(load_settings({}), signer, None)
            neighbours.are_joined_by("chat", memory)
            async with neighbours.link("chat", **source) as link:
                yield Way(stub_on(link, chat_pb2_grpc.ChatServiceStub), chat, memory.close)
            await memory.close()
            return
        async with serving(signer, registration) as address:
            neighbours = Neighbours(load_settings({"CHATMOUNT_CHAT_ADDRESS": address}), signer, None)
            async with neighbours.link("chat", **source) as link:
                yield Way(stub_on(link, chat_pb2_grpc.ChatServiceStub), chat, lambda: None)

    return open_way
