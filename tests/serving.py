"""A real gRPC server on a port of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.rpc.server import Registration, start_server
from services.trust.principal_tokens import TokenSigner
from services.trust.transport import InternalTls


@asynccontextmanager
async def serving(
    signer: TokenSigner, *registrations: Registration, address: str = "127.0.0.1:0", tls: InternalTls | None = None
) -> AsyncIterator[str]:
    """Serve during the block; yields the address."""
    server, port, _ = await start_server(address, registrations, signer, tls)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)
