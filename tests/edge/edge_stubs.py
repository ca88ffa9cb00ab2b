"""Chat as the edge sees it: a gRPC server that answers by question. And the other services, see gate_stubs.py.

Run as a program, so that a test can kill it: prints its ports as one JSON line, then writes every call that it serves
as a JSON line into the file named by `--record`.
"""

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc, visitor_pb2_grpc
from envoy.service.auth.v3 import external_auth_pb2_grpc
from envoy.service.ratelimit.v3 import rls_pb2_grpc
from google.protobuf import struct_pb2
from google.rpc import status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.errors import Text
from services.rpc.reflection import enable_reflection
from services.rpc.server import SERVER_OPTIONS
from tests.edge.gate_replies import metadata_of
from tests.edge.gate_stubs import Note, StubAuth, StubQuota
from tests.edge.visitor_stub import StubVisitor
from tests.edge.web_stub import StubWeb

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_FOUND_TEXT = "Something “quoted” \\ was not found.\nSecond line: 100 %"


def sources() -> struct_pb2.ListValue:
    """One source."""
    values = struct_pb2.ListValue()
    values.append({"url": "https://example.com/a", "title": "A “page”"})
    return values


class StubChat(chat_pb2_grpc.ChatServiceServicer):
    """An answer by the question: `abort CODE`, `flood SECONDS`, `hang`, `crash`, `many N`, or as usual.

    `abort-late CODE` and `hang-late` do so after the first token.
    """

    def __init__(self, note: Note) -> None:
        self._noted = note

    def _note(self, method: str, request: Any, context: Any) -> None:
        self._noted(
            "chat",
            method=method,
            metadata=metadata_of(context),
            message=request.message,
            session_id=request.session_id if request.HasField("session_id") else None,
            include_sources=request.include_sources if request.HasField("include_sources") else None,
        )

    async def _before_the_first_message(self, request: Any, context: Any) -> None:
        verb, _, rest = request.message.partition(" ")
        if verb == "abort":
            code, _, how = rest.partition(" ")
            extra = (("retry-after", "7"), ("x-ratelimit-reason", "day"), ("x-internal", "secret"))
            if how == "initial":
                await context.send_initial_metadata(extra)
                await context.abort(grpc.StatusCode[code], NOT_FOUND_TEXT)
            details = status_pb2.Status(code=5, message=NOT_FOUND_TEXT).SerializeToString()
            await context.abort(grpc.StatusCode[code], NOT_FOUND_TEXT, (*extra, ("grpc-status-details-bin", details)))
        if verb == "flood":
            await asyncio.sleep(float(rest or 0))
            text = Text.OVERLOADED.template
            await context.abort(grpc.StatusCode.UNAVAILABLE, text, (("retry-after", "1"),))
        if verb == "crash":
            raise RuntimeError("secret of the chat service")
        if verb == "hang":
            with self._told_to_stop():
                await asyncio.sleep(600)

    @contextmanager
    def _told_to_stop(self) -> Iterator[None]:
        try:
            yield
        # The second where a client left while the first token was still on its way to it.
        except (asyncio.CancelledError, GeneratorExit):
            self._noted("cancelled")
            raise

    async def Chat(self, request: chat_pb2.ChatRequest, context: Any) -> chat_pb2.ChatResponse:
        self._note("Chat", request, context)
        await self._before_the_first_message(request, context)
        await context.send_initial_metadata((("x-internal", "secret"), ("set-cookie", "a=b")))
        return chat_pb2.ChatResponse(
            message=f"You said: {request.message}",
            sources=sources(),
            usage=chat_pb2.Usage(credits_used=1, credits_remaining=0),
        )

    async def StreamChat(
        self, request: chat_pb2.StreamChatRequest, context: Any
    ) -> AsyncIterator[chat_pb2.StreamChatResponse]:
        self._note("StreamChat", request, context)
        await self._before_the_first_message(request, context)
        verb, _, rest = request.message.partition(" ")
        with self._told_to_stop():
            yield chat_pb2.StreamChatResponse(type="token", content="You ")
            if verb == "hang-late":
                await asyncio.sleep(600)
        if verb == "abort-late":
            await context.abort(grpc.StatusCode[rest], NOT_FOUND_TEXT)
        if verb == "many":
            for number in range(int(rest)):
                await asyncio.sleep(0.02)
                yield chat_pb2.StreamChatResponse(type="token", content=str(number))
        yield chat_pb2.StreamChatResponse(type="token", content=f"said: {request.message}")
        yield chat_pb2.StreamChatResponse(type="sources", sources=struct_pb2.ListValue())
        yield chat_pb2.StreamChatResponse(type="done")


async def start(service: str, port: int, note: Note) -> tuple[grpc.aio.Server, int]:
    """Serves one stub; returns its server and its port."""
    server = grpc.aio.server(options=SERVER_OPTIONS)
    if service == "auth":
        external_auth_pb2_grpc.add_AuthorizationServicer_to_server(StubAuth(note), server)
    elif service == "quota":
        rls_pb2_grpc.add_RateLimitServiceServicer_to_server(StubQuota(note), server)
    elif service == "chat":
        chat_pb2_grpc.add_ChatServiceServicer_to_server(StubChat(note), server)
        visitor_pb2_grpc.add_VisitorServiceServicer_to_server(StubVisitor(note), server)
        enable_reflection(server, [service.full_name for service in chat_pb2.DESCRIPTOR.services_by_name.values()])
    checks = health.aio.HealthServicer()
    await checks.set("", SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, bound


def recorder(file: Path) -> Note:
    """Writes down what a stub saw of a call."""

    def note(service: str, **seen: object) -> None:
        with file.open("a") as record:
            record.write(json.dumps({"service": service, "at": time.time(), **seen}) + "\n")

    return note


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("services", nargs="+", help="name or name=port")
    arguments = parser.parse_args()
    note = recorder(arguments.record)
    ports: dict[str, int] = {}
    servers: list[grpc.aio.Server] = []  # a server ends with its last reference
    for each in arguments.services:
        service, _, port = each.partition("=")
        if service == "web":
            ports[service] = await StubWeb(note).start(int(port or 0))
            continue
        server, ports[service] = await start(service, int(port or 0), note)
        servers.append(server)
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
