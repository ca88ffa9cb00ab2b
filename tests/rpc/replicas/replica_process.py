"""A replica that answers with its NAME: `… replica_process NAME ADDRESS [AGE [LEAVE]]`.

AGE: how old its connections may become, in milliseconds. LEAVE: for how many seconds it serves on when it is to stop.
"""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.config.settings import load_settings
from services.rpc import process, server
from services.rpc.links import Neighbours
from services.rpc.process import Hosted, run_services
from services.rpc.server import Registration
from services.trust.principal_tokens import TokenSigner
from tests.secret import SECRET


class Replica(chat_pb2_grpc.ChatServiceServicer):
    def __init__(self, name: str) -> None:
        self._name = name

    async def Chat(self, request: chat_pb2.ChatRequest, context: Any) -> chat_pb2.ChatResponse:
        return chat_pb2.ChatResponse(message=self._name)


@asynccontextmanager
async def build(name: str) -> AsyncIterator[Sequence[Registration]]:
    yield [(Replica(name), chat_pb2_grpc.add_ChatServiceServicer_to_server)]


if __name__ == "__main__":
    if len(sys.argv) > 3:
        options = dict(server.SERVER_OPTIONS) | {"grpc.max_connection_age_ms": int(sys.argv[3])}
        server.SERVER_OPTIONS = tuple(options.items())
    if len(sys.argv) > 4:
        process.LEAVE_SECONDS = float(sys.argv[4])
    signer = TokenSigner([SECRET])
    hosted = Hosted(sys.argv[1], sys.argv[2], lambda *_: build(sys.argv[1]))
    run_services([hosted], signer, Neighbours(load_settings({}), signer, None))
