"""The client for a Qdrant server: over gRPC where its port is given, else over REST.

`https://` means TLS for both.
"""

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from qdrant_client import AsyncQdrantClient

GRPC_OPTIONS = {
    # A server that is back is found again at once, not after the two minutes that gRPC may wait in the end.
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 1000,
    "grpc.keepalive_time_ms": 30_000,
}
# Qdrant closes a connection that was idle for five seconds. A request that meets that moment fails.
REST_LIMITS = httpx.Limits(keepalive_expiry=2.0)
_sending: set["asyncio.Future[httpx.Response]"] = set()


def open_client(url: str, api_key: str, grpc_port: int, timeout_seconds: int) -> AsyncQdrantClient:
    """Connect to nothing yet. `grpc_port` 0: REST."""
    client = AsyncQdrantClient(
        url=url,
        api_key=api_key or None,
        prefer_grpc=bool(grpc_port),
        grpc_port=grpc_port or 6334,
        grpc_options=dict(GRPC_OPTIONS),
        timeout=timeout_seconds,
        limits=REST_LIMITS,
        check_compatibility=False,
    )
    client.http.client.add_middleware(_to_its_end)
    return client


async def _to_its_end(
    request: httpx.Request, send: Callable[[httpx.Request], Awaitable[httpx.Response]]
) -> httpx.Response:
    """The response. A request whose caller leaves ends by itself, or by the client's timeout.

    Cancelled at some moments, httpx neither closes its connection nor uses it again.
    """
    sending = asyncio.ensure_future(send(request))
    _sending.add(sending)
    sending.add_done_callback(_sending.discard)
    return await asyncio.shield(sending)
