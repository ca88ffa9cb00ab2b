"""Auth, Quota and Chat as the edge sees them: gRPC servers that answer by key and question. And web, see web_stub.py.

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
from envoy.config.core.v3 import base_pb2
from envoy.service.auth.v3 import external_auth_pb2, external_auth_pb2_grpc
from envoy.service.ratelimit.v3 import rls_pb2, rls_pb2_grpc
from envoy.type.v3 import http_status_pb2
from google.protobuf import struct_pb2
from google.rpc import code_pb2, status_pb2
from grpc_health.v1 import health, health_pb2, health_pb2_grpc

from services.errors import Text
from services.rpc.reflection import enable_reflection
from services.rpc.server import SERVER_OPTIONS
from tests.edge.web_stub import StubWeb
from tests.edge.widget_stubs import StubVisitor, check_ticket, header, limit_of

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_FOUND_TEXT = "Something “quoted” \\ was not found.\nSecond line: 100 %"


class Recorder:
    """Appends what a stub saw to a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def note(self, service: str, **seen: object) -> None:
        """One call, with what was seen of it."""
        with self._path.open("a") as file:
            file.write(json.dumps({"service": service, "at": time.time(), **seen}) + "\n")


def metadata_of(context: Any) -> dict[str, str]:
    """The call's metadata; values of a name that was sent twice are joined."""
    seen: dict[str, str] = {}
    for name, value in context.invocation_metadata() or ():
        text = value if isinstance(value, str) else value.hex()
        seen[name] = f"{seen[name]},{text}" if name in seen else text
    return seen


def window(limit: int, remaining: int) -> list[tuple[str, str]]:
    """The three headers of a rate limit window."""
    return [
        ("X-RateLimit-Limit", str(limit)),
        ("X-RateLimit-Remaining", str(remaining)),
        ("X-RateLimit-Reset", str(int(time.time()) + 42)),
    ]


PASSING = {"good", "over-limit", "quota-fails", "quota-hangs", "nameless"}
DENIALS = {
    "unknown": (401, 'The API key is "missing" or invalid.', (("WWW-Authenticate", "Bearer"),)),
    "forbidden": (403, "This key may not be used from your address.", ()),
    "tried-too-often": (429, "Too many failed attempts.", (("X-RateLimit-Reason", "minute"), ("Retry-After", "17"))),
}


class StubAuth(external_auth_pb2_grpc.AuthorizationServicer):
    """An answer by the key: PASSING ones pass, `nameless` without an id; DENIALS are denied.

    `auth-fails` and `auth-hangs` do as they say, and any other is a 401.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def Check(self, request: external_auth_pb2.CheckRequest, context: Any) -> external_auth_pb2.CheckResponse:
        http = request.attributes.request.http
        self._recorder.note(
            "auth",
            metadata=metadata_of(context),
            headers=dict(http.headers),
            path=http.path,
            client=http.headers.get("x-envoy-external-address"),
            body=http.body,
            door=dict(request.attributes.context_extensions),
        )
        door = request.attributes.context_extensions.get("door")
        if door == "widget":
            return await check_ticket(dict(http.headers))
        if door:
            return self._session(dict(http.headers), http.path)
        key = http.headers.get("authorization", "").removeprefix("Bearer ")
        if key == "auth-hangs":
            await asyncio.sleep(600)
        if key == "auth-fails":
            await context.abort(grpc.StatusCode.INTERNAL, "secret of the auth service at 10.1.2.3")
        if key not in PASSING:
            status, text, extra = DENIALS.get(key, DENIALS["unknown"])
            remaining = {429: 0, 401: 59}.get(status, 60)
            return external_auth_pb2.CheckResponse(
                status=status_pb2.Status(code=code_pb2.PERMISSION_DENIED),
                denied_response=external_auth_pb2.DeniedHttpResponse(
                    status=http_status_pb2.HttpStatus(code=status),  # type: ignore[arg-type]
                    headers=[header(name, value) for name, value in (*window(60, remaining), *extra)],
                    body=text,
                ),
            )
        facts = struct_pb2.Struct()
        facts.update(
            {
                "key_id": f"key_{key}",
                "chatbot_id": "bot_1",
                "account_id": "acct_1",
                "plan": "plus",
                "requests_per_minute": 60 if key == "good" else 200,
            }
        )
        if key == "nameless":
            facts.Clear()
        return external_auth_pb2.CheckResponse(
            status=status_pb2.Status(code=code_pb2.OK),
            ok_response=external_auth_pb2.OkHttpResponse(headers=[header("authorization", f"Bearer jwt-of-{key}")]),
            dynamic_metadata=facts,
        )

    def _session(self, headers: dict[str, str], path: str) -> external_auth_pb2.CheckResponse:
        """`good` is somebody's session, and `auth-fails` does so. Any other cookie is sent to sign in."""
        cookie = headers.get("cookie", "").rpartition("__Host-chatmount=")[2]
        if cookie == "auth-fails":
            raise RuntimeError("secret of the auth service")
        if cookie == "good":
            facts = struct_pb2.Struct()
            facts.update({"user_id": "usr_1"})
            return external_auth_pb2.CheckResponse(
                status=status_pb2.Status(code=code_pb2.OK),
                ok_response=external_auth_pb2.OkHttpResponse(headers=[header("authorization", "Bearer jwt-of-user")]),
                dynamic_metadata=facts,
            )
        by_script = "hx-request" in headers
        where = ("HX-Redirect", "/dashboard/sign-in") if by_script else ("Location", f"/dashboard/sign-in?next={path}")
        return external_auth_pb2.CheckResponse(
            status=status_pb2.Status(code=code_pb2.UNAUTHENTICATED),
            denied_response=external_auth_pb2.DeniedHttpResponse(
                status=http_status_pb2.HttpStatus(code=401 if by_script else 303),  # type: ignore[arg-type]
                headers=[header(*where), header("Cache-Control", "no-store")],
                body="Your session has ended.",
            ),
        )


class StubQuota(rls_pb2_grpc.RateLimitServiceServicer):
    """`quota-fails` and `quota-hangs` do as they say, `over-limit` is over it; others pass."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    async def ShouldRateLimit(self, request: rls_pb2.RateLimitRequest, context: Any) -> rls_pb2.RateLimitResponse:
        entries = [{entry.key: entry.value for entry in each.entries} for each in request.descriptors]
        self._recorder.note("quota", metadata=metadata_of(context), domain=request.domain, descriptors=entries)
        if "limit" in entries[0]:
            return limit_of(entries[0])
        if entries[0].get("door") == "page":
            return self._page(entries[0]["masked_remote_address"])
        key = entries[0]["key_id"]
        if key == "key_quota-hangs":
            await asyncio.sleep(600)
        if key == "key_quota-fails":
            await context.abort(grpc.StatusCode.INTERNAL, "secret of the quota service")
        over = key == "key_over-limit"
        headers = window(200, 0) if over else window(60, 58)
        if over:
            headers += [("X-RateLimit-Reason", "minute"), ("Retry-After", "42")]
        return rls_pb2.RateLimitResponse(
            overall_code=rls_pb2.RateLimitResponse.OVER_LIMIT if over else rls_pb2.RateLimitResponse.OK,
            response_headers_to_add=[base_pb2.HeaderValue(key=name, value=value) for name, value in headers],
            raw_body=b"Too many requests in this minute." if over else b"",
        )

    def _page(self, address: str) -> rls_pb2.RateLimitResponse:
        """127.0.0.9 has tried too often."""
        over = address == "127.0.0.9/32"
        return rls_pb2.RateLimitResponse(
            overall_code=rls_pb2.RateLimitResponse.OVER_LIMIT if over else rls_pb2.RateLimitResponse.OK,
            response_headers_to_add=[base_pb2.HeaderValue(key="Retry-After", value="42")] if over else [],
            raw_body=b"Too many tries from your address." if over else b"",
        )


def sources() -> struct_pb2.ListValue:
    """One source."""
    values = struct_pb2.ListValue()
    values.append({"url": "https://example.com/a", "title": "A “page”"})
    return values


class StubChat(chat_pb2_grpc.ChatServiceServicer):
    """An answer by the question: `abort CODE`, `flood`, `hang`, `crash`, `many N`, or as usual.

    `abort-late CODE` and `hang-late` do so after the first token.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def _note(self, method: str, request: Any, context: Any) -> None:
        self._recorder.note(
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
            self._recorder.note("cancelled")
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


async def start(service: str, port: int, recorder: Recorder) -> tuple[grpc.aio.Server, int]:
    """Serves one stub; returns its server and its port."""
    server = grpc.aio.server(options=SERVER_OPTIONS)
    if service == "auth":
        external_auth_pb2_grpc.add_AuthorizationServicer_to_server(StubAuth(recorder), server)
    elif service == "quota":
        rls_pb2_grpc.add_RateLimitServiceServicer_to_server(StubQuota(recorder), server)
    elif service == "chat":
        chat_pb2_grpc.add_ChatServiceServicer_to_server(StubChat(recorder), server)
        visitor_pb2_grpc.add_VisitorServiceServicer_to_server(StubVisitor(recorder.note), server)
        enable_reflection(server, [service.full_name for service in chat_pb2.DESCRIPTOR.services_by_name.values()])
    checks = health.aio.HealthServicer()
    await checks.set("", SERVING)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    bound = server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    return server, bound


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--record", type=Path, required=True)
    parser.add_argument("services", nargs="+", help="name or name=port")
    arguments = parser.parse_args()
    recorder = Recorder(arguments.record)
    ports: dict[str, int] = {}
    servers: list[grpc.aio.Server] = []  # a server ends with its last reference
    for each in arguments.services:
        service, _, port = each.partition("=")
        if service == "web":
            ports[service] = await StubWeb(recorder.note).start(int(port or 0))
            continue
        server, ports[service] = await start(service, int(port or 0), recorder)
        servers.append(server)
    print(json.dumps(ports), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
