"""A gRPC server with a constant reply behind a transcoder: the least that could answer.

What the product costs above this is the price of keys, limits, credits, retrieval and sessions.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import yaml
from chatmount.chat.v1 import chat_pb2, chat_pb2_grpc

from services.edge.binary import envoy_binary

ROOT = Path(__file__).parents[1]
FILTERS = "type.googleapis.com/envoy.extensions.filters"
TOKENS = ["A ", "constant ", "answer ", "of ", "a ", "dozen ", "words, ", "about ", "as ", "long ", "as ", "usual."]


class EchoServicer(chat_pb2_grpc.ChatServiceServicer):
    async def Chat(self, request: chat_pb2.ChatRequest, context: Any) -> chat_pb2.ChatResponse:
        return chat_pb2.ChatResponse(message="".join(TOKENS))

    async def StreamChat(
        self, request: chat_pb2.StreamChatRequest, context: Any
    ) -> AsyncIterator[chat_pb2.StreamChatResponse]:
        for token in TOKENS:
            yield chat_pb2.StreamChatResponse(type="token", content=token)
        yield chat_pb2.StreamChatResponse(type="done")


def envoy_config(http_port: int, grpc_port: int) -> dict[str, Any]:
    """A listener, the transcoder, a router."""
    transcoder = {
        "@type": f"{FILTERS}.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
        "proto_descriptor": str(ROOT / "gen" / "descriptor_set.pb"),
        "services": ["chatmount.chat.v1.ChatService"],
        "match_incoming_request_route": True,
        "print_options": {
            "preserve_proto_field_names": True,
            "stream_newline_delimited": True,
            "stream_sse_style_delimited": True,
        },
    }
    manager = {
        "@type": f"{FILTERS}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "echo",
        "route_config": {
            "virtual_hosts": [
                {
                    "name": "all",
                    "domains": ["*"],
                    "routes": [
                        {"match": {"path": "/alone"}, "direct_response": {"status": 404}},
                        {"match": {"prefix": "/"}, "route": {"cluster": "echo", "timeout": "60s"}},
                    ],
                }
            ]
        },
        "http_filters": [
            {"name": "transcoder", "typed_config": transcoder},
            {
                "name": "router",
                "typed_config": {"@type": f"{FILTERS}.http.router.v3.Router"},
            },
        ],
    }
    cluster = {
        "name": "echo",
        "connect_timeout": "1s",
        "type": "STATIC",
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": {"http2_protocol_options": {}},
            }
        },
        "load_assignment": {
            "cluster_name": "echo",
            "endpoints": [{"lb_endpoints": [{"endpoint": {"address": _loopback(grpc_port)}}]}],
        },
    }
    listener = {
        "name": "http",
        "address": _loopback(http_port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _loopback(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


@asynccontextmanager
async def bare_envoy(folder: Path, http_port: int, grpc_port: int) -> AsyncIterator[tuple[str, int]]:
    """The URL and process id of an Envoy with that configuration."""
    file = folder / "echo.yaml"
    file.write_text(yaml.safe_dump(envoy_config(http_port, grpc_port)))
    with (folder / "echo.log").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            envoy_binary(), "-c", file, "--concurrency", "2", "--disable-hot-restart", stdout=log, stderr=log
        )
    try:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", http_port)
                writer.close()
                break
            except OSError:
                await asyncio.sleep(0.05)
        yield f"http://127.0.0.1:{http_port}", process.pid
    finally:
        process.terminate()
        await process.wait()


async def serve_echo(port_file: Path) -> None:
    """Runs the echo server in a process of its own; writes its port to `port_file`."""
    server = grpc.aio.server()
    chat_pb2_grpc.add_ChatServiceServicer_to_server(EchoServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    port_file.write_text(str(port))
    await server.wait_for_termination()


if __name__ == "__main__":
    import sys

    import uvloop

    uvloop.run(serve_echo(Path(sys.argv[1])))
