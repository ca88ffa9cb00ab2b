"""`python -m tests.replicas.replica_process NAME ADDRESS`: a replica of a service, which answers with its NAME."""

import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.server import Registration, run_service
from services.tokens import TokenSigner
from tests.conftest import SECRET


class Replica(chat_pb2_grpc.ChatServiceServicer):
    def __init__(self, name: str) -> None:
        self._name = name

    async def Chat(self, request: chat_pb2.ChatRequest, context: Any) -> chat_pb2.ChatResponse:
        return chat_pb2.ChatResponse(message=self._name)


@asynccontextmanager
async def build(name: str) -> AsyncIterator[Sequence[Registration]]:
    yield [
        Registration(
            "chatmount.chat.v1.ChatService",
            lambda server: chat_pb2_grpc.add_ChatServiceServicer_to_server(Replica(name), server),
        )
    ]


if __name__ == "__main__":
    run_service(sys.argv[1], sys.argv[2], TokenSigner([SECRET]), lambda: build(sys.argv[1]))
